import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.analysis.outputs import alike, checked_outputs, replicated
from tests.analysis.helpers import unit_space

DESIGN = doe.monte_carlo(unit_space(2), 4, rng=1)


def checked(y, missing="drop", leaves_out="point"):
    return checked_outputs(DESIGN, y, names=None, missing=missing, method="pawn", leaves_out=leaves_out)


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


GAPS = np.array([[1.0, 3.0, np.nan], [4.0, np.nan, np.inf], [np.nan] * 3, [2.0, 2.0, 5.0]])[:, :, None]


def test_means_are_those_of_the_replications_that_there_are():
    found = checked(GAPS, leaves_out="run")
    assert found.means.ravel().tolist() == [2, 4, 3]
    assert found.runs.ravel().tolist() == [2, 1, 3]
    assert found.dropped == [2]
    # Squares of 2 and 6 within the points, of which three runs are free.
    assert found.noise.tolist() == pytest.approx([8 / 3])
    left_out, averaged = found.said
    assert left_out == "left out, since they have no finite value of y: 1 point (2); left: 3"
    assert averaged == "averaged over the replications that have a finite value of y: 2 points (0, 1)"


def test_who_reads_replications_apart_gets_whole_points_and_is_told_that_a_replication_is_what_they_lack():
    found = checked(GAPS)
    assert found.means.ravel().tolist() == [3]
    assert found.dropped == [0, 1, 2]
    words = "no finite value of y in one or more of 3 replications: 3 points"
    assert words in found.said[0]
    words = r"3 of 4 lack a finite value of y in one or more of 3 replications.*resume='failed'.*retries="
    with pytest.raises(doe.AnalysisError, match=words):
        checked(GAPS, missing="raise")


def test_points_with_one_run_each_tell_nothing_of_noise():
    once = np.array([[1.0, np.nan], [np.nan, 4.0], [3.0, np.nan], [5.0, np.nan]])[:, :, None]
    assert np.isnan(checked(once, leaves_out="run").noise).all()


def test_an_int_that_no_float_holds_is_told():
    for y in ([1, 2, 10**400, 3], [[1, 2], [3, 4], [-(10**400), 5], [6, 7]]):
        with pytest.raises(
            doe.AnalysisError, match="pawn: outputs have ints that are beyond a float; give them"
        ):
            checked(y)
    assert checked([1, 2, 10**300, 3]).values.ravel().tolist() == [1, 2, 1e300, 3]


def test_points_with_different_numbers_of_values_are_told():
    runs = [[1.0, 2.0], [3.0], [4.0, 5.0], [6.0, 7.0]]
    words = "pawn needs as many values of each point, got 2 of the first and 1 of point 1: use NaN for a run"
    for y in (runs, [np.array(run) for run in runs], tuple(map(tuple, runs))):
        with pytest.raises(doe.AnalysisError, match=words):
            checked(y)
    with pytest.raises(doe.AnalysisError, match="pawn needs as many values of each point"):
        checked([1.0, [2.0], [3.0, 4.0], 5.0])
    with pytest.raises(doe.AnalysisError, match="split_variance needs as many values of each point"):
        replicated(runs, "split_variance")
    deep = [[[1.0], [2.0]], [[3.0], [4.0, 5.0]], [[4.0], [5.0]], [[6.0], [7.0]]]
    with pytest.raises(doe.AnalysisError, match="pawn needs as many values of each point"):
        checked(deep)


def test_means_that_differ_by_rounding_alone_are_the_same_and_no_others():
    # Their sums are 0.6000000000000001, 0.6 and 0.6.
    y = np.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [0.2, 0.2, 0.2], [0.2, 0.2, 0.2 + 1e-12]])
    means = checked(y[:, :, None]).means[:, 0]
    assert np.unique(y.mean(axis=1)).size > 2
    assert np.unique(means).size == 2
    assert np.unique(means[:3]).size == 1


def test_a_long_row_of_neighbours_does_not_become_one_value():
    steps = 1 + np.arange(400) * np.finfo(float).eps
    design = doe.monte_carlo(unit_space(2), 400, rng=1)
    y = np.repeat(steps[:, None, None], 2, axis=1)
    means = checked_outputs(design, y, names=None, missing="raise", method="pawn", leaves_out="point").means
    np.testing.assert_allclose(means[:, 0], steps, rtol=4 * np.finfo(float).eps)
    assert np.unique(means).size > 390


def test_names_that_do_not_fit_are_left_to_the_check():
    assert alike([[1.0, np.nan], [2.0, 3.0]], ["a"], "pawn") == (["a"], [])
    assert alike([[1.0, np.nan], [2.0, 3.0]], ["a", "a"], "pawn") == (["a", "a"], [])
