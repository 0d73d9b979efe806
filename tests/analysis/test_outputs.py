import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.analysis.outputs import checked_outputs, replicated
from tests.analysis.helpers import unit_space

DESIGN = doe.monte_carlo(unit_space(2), 4, rng=1)


def checked(y, missing="drop"):
    return checked_outputs(DESIGN, y, names=None, missing=missing, method="pawn", given_data=True)


@pytest.mark.parametrize("kind", ["Float64", "Int64", "boolean", object])
def test_what_pandas_holds_for_missing_is_a_missing_number(kind):
    y = pd.Series([1, 0, pd.NA, 1], dtype=kind, index=DESIGN.points.index)
    for given in (y, y.to_frame(), y.to_numpy(dtype=object)):
        found = checked(given)
        assert found.values.ravel().tolist() == [1, 0, 1]
        assert found.dropped == [2]
        with pytest.raises(doe.AnalysisError, match=r"1 of 4 lack a finite value of [y0]+: points 2"):
            checked(given, missing="raise")
    runs = np.array([[1.0, pd.NA], [2.0, 3.0]], dtype=object)
    np.testing.assert_array_equal(replicated(runs, "split_variance")[1][:, :, 0], [[1, np.nan], [2, 3]])


def test_masked_objects_are_missing_too():
    y = np.ma.masked_array([1, pd.NA, 2, 3], mask=[False, False, True, False], dtype=object)
    assert checked(y).dropped == [1, 2]


def test_words_are_told_from_numbers_beside_a_missing_one():
    with pytest.raises(doe.AnalysisError, match="pawn needs real numbers as outputs, got values of type obj"):
        checked(pd.Series(["high", pd.NA, "low", "low"], index=DESIGN.points.index))
