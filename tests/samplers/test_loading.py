import warnings

import numpy as np
import pytest

from mesa_doe.errors import DesignError, MesaDoeWarning
from mesa_doe.samplers import LONGER, SAMPLERS, latin_hypercube, load_design, radial
from mesa_doe.space import Integer, ParameterSpace, Real

SPACE = ParameterSpace(x=Real(0, 1), n=Integer(1, 9))
EXTENDED = [name for name, info in SAMPLERS.items() if info.extension != "none"]


def test_every_sampler_whose_designs_can_be_longer_is_known():
    assert sorted(LONGER) == sorted(EXTENDED)


@pytest.mark.parametrize("name", EXTENDED)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_design_that_was_read_is_extended_as_before(tmp_path, name, kind):
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MesaDoeWarning)
        design = SAMPLERS[name].function(SPACE, 8, rng=1)
        getattr(design, f"to_{kind}")(tmp_path / "plan")
        again = load_design(tmp_path / "plan").extend(16)
        np.testing.assert_array_equal(again.unit, design.extend(16).unit)
        assert again.points.equals(design.extend(16).points)
        assert dict(again.options) == dict(design.extend(16).options)
        assert len(again.extend(32)) == 2 * len(again)


def test_what_could_not_be_extended_says_the_same_as_before(tmp_path):
    for design in (latin_hypercube(SPACE, 9, rng=1, strength=2), radial(SPACE, 8, rng=1, kind="monte_carlo")):
        design.to_csv(tmp_path / "plan.csv")
        said = []
        for one in (design, load_design(tmp_path / "plan.csv")):
            with pytest.raises(DesignError) as caught:
                one.extend(18)
            said.append(str(caught.value))
        assert said[0] == said[1]


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DesignError, match=r"load_design: there is no file .*gone.csv"):
        load_design(tmp_path / "gone.csv")
