import numpy as np
import pytest

from mesa_doe.design import Design
from mesa_doe.errors import DesignError
from mesa_doe.samplers import central_composite, latin_hypercube, morris, sobol
from mesa_doe.space import Boolean, Categorical, ParameterSpace, Real


def test_center_points_lie_behind_the_others():
    space = ParameterSpace(x=Real(0, 1), cost=Real(0.01, 1, log=True), width=20)
    whole = central_composite(space, center=(0, 1))
    design = whole.repeat_center(3)
    assert len(design) == len(whole) + 3
    np.testing.assert_array_equal(design.unit[: len(whole)], whole.unit)
    assert design.points.iloc[: len(whole)].equals(whole.points)
    assert (design.unit[len(whole) :] == 0.5).all()
    np.testing.assert_allclose(design.points.iloc[-1], [0.5, 0.1])
    assert design.points.index.tolist() == list(range(len(design)))
    assert design.method == "repeat_center"
    assert design.options["design"]["method"] == "central_composite"
    assert design.options["k"] == 3


def test_center_points_of_a_design_in_blocks_are_blocks_of_their_own():
    whole = morris(ParameterSpace(x=Real(0, 1), y=Real(0, 1)), 2, rng=1)
    design = whole.repeat_center(2)
    assert design.blocks.tolist() == [0, 0, 0, 1, 1, 1, 2, 3]
    seeds = [run.seed for run in design.configurations(dict, rng=1)]
    assert seeds[-1] != seeds[-2]


def test_axes_of_names_have_no_middle_and_are_given_a_level():
    level = [1]
    space = ParameterSpace(x=Real(0, 1), kind=Categorical(["a", level]), torus=Boolean())
    whole = latin_hypercube(space, 4, rng=1)
    with pytest.raises(DesignError) as caught:
        whole.repeat_center(1)
    assert "axis 'kind' has names without a middle: give its level, as in at={'kind': ...}" in str(
        caught.value
    )
    assert "axis 'torus'" in str(caught.value)
    design = whole.repeat_center(2, at={"kind": level, "torus": False})
    assert design.points.iloc[-1].tolist() == [0.5, level, False]
    assert design.points["kind"].iloc[-1] is level
    assert design.points["torus"].dtype == bool


@pytest.mark.parametrize(
    ("k", "at", "words"),
    [
        (0, None, "repeat_center takes an int from 1, got 0"),
        (True, None, "takes an int from 1, got True"),
        (1.0, None, "takes an int from 1"),
        (1, ["a"], "at takes a mapping of names to levels"),
        (1, {"kind": "c"}, "axis 'kind': 'c' is no value of"),
        (1, {"kind": "a", "x": 0.5}, "at names 'x', which is no axis of names"),
    ],
    ids=repr,
)
def test_a_center_that_is_none_is_refused(k, at, words):
    space = ParameterSpace(x=Real(0, 1), kind=Categorical(["a", "b"]))
    with pytest.raises(DesignError, match=words):
        latin_hypercube(space, 4, rng=1).repeat_center(k, at=at)


def test_a_center_that_breaks_a_constraint_or_has_a_seed_is_refused():
    space = ParameterSpace({"x": Real(0, 1), "y": Real(0, 1)}, constraints=["x < y"])
    design = Design(space, [[0.1, 0.9]], method="mine", options={})
    with pytest.raises(DesignError, match=r"(?s)middle of the cube is no point|constraint 'x < y'"):
        design.repeat_center(1)
    with pytest.raises(DesignError, match="the seed is a factor of this design"):
        sobol(ParameterSpace(x=Real(0, 1)), 4, rng=1, seed_factor=True).repeat_center(1)
