import math

import numpy as np
import pytest
from scipy import stats

from mesa_doe.errors import DesignError
from mesa_doe.samplers import base_case, full_factorial
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, ParameterSpace, Real
from tests.ids import stable_id

LEVEL = [1]
SPACE = ParameterSpace(
    x=Real(0, 1),
    n=Integer(1, 4),
    kind=Categorical(["a", LEVEL, len]),
    torus=Boolean(),
    rate=Discrete([0.5, 2]),
    width=20,
)


def test_the_reference_comes_first_and_one_factor_moves_at_a_time():
    design = base_case(SPACE, {"x": [0, 0.3, 1]}, base={"x": 0.3, "n": 2})
    points = design.points.values.tolist()
    assert points[0] == [0.3, 2, "a", False, 2.0]
    assert len(points) == 1 + 2 + 3 + 2 + 1 + 1
    moved = [
        [k for k in range(5) if row[k] is not points[0][k] and row[k] != points[0][k]] for row in points[1:]
    ]
    assert moved == [[0]] * 2 + [[1]] * 3 + [[2]] * 2 + [[3]] + [[4]]
    assert [row[0] for row in points[1:3]] == [0.0, 1.0]
    assert [row[1] for row in points[3:6]] == [1, 3, 4]
    assert points[6][2] is LEVEL
    assert design.method == "base_case"
    assert design.options["base"] == {"x": 0.3, "n": 2, "kind": "a", "torus": False, "rate": 2.0}
    assert design.options["levels"] == {"x": 3, "n": 4, "kind": 3, "torus": 2, "rate": 2}


def test_a_reference_that_is_no_level_is_a_point_beside_them():
    design = base_case(ParameterSpace(x=Real(0, 1)), 3, base={"x": 0.1})
    assert design.points["x"].tolist() == [0.1, 0.0, 0.5, 1.0]


def test_values_keep_their_last_digit():
    levels = [0.1, 0.30000000000000004, 1 / 3]
    design = base_case(ParameterSpace(x=Real(0, 1)), {"x": levels}, base={"x": 1 / 3})
    assert design.points["x"].tolist() == [1 / 3, 0.1, 0.30000000000000004]


@pytest.mark.parametrize(
    ("axis", "middle"),
    [
        (Real(1, 3), 2.0),
        (Real(0.01, 1, log=True), 0.1),
        (Integer(1, 9), 5),
        (Discrete([1, 10, 100]), 10),
        (Categorical(["b", "a"]), "b"),
        (Boolean(), False),
        (stats.norm(3, 1), 3.0),
    ],
    ids=stable_id,
)
def test_without_a_base_the_middle_is_taken_and_the_first_of_names(axis, middle):
    levels = None if ParameterSpace(x=axis)["x"].n_levels else 3
    first = base_case(ParameterSpace(x=axis), levels).points["x"].iloc[0]
    assert first == middle if isinstance(middle, str) else math.isclose(first, middle)


@pytest.mark.parametrize("levels", [1, 3, 5, 11])
@pytest.mark.parametrize(
    "axis",
    [
        stats.norm(0, 1),
        stats.norm(5, 0.001),
        stats.beta(2, 2),
        stats.t(3),
        stats.uniform(-1, 2),
        stats.semicircular(),
        # Its density is zero at the median, so that a last digit of the quantile is many of the value.
        stats.dweibull(2.0),
        stats.Normal(mu=0, sigma=1),
        Real(-1, 1),
        Real(0.01, 1, log=True),
    ],
    ids=stable_id,
)
def test_the_middle_is_one_of_an_odd_number_of_levels_and_comes_once(axis, levels):
    x = base_case(ParameterSpace(x=axis, on=Boolean()), levels).points["x"].tolist()
    assert len(x) == levels + 1
    assert x.count(x[0]) == 2  # of the reference, and of the switch
    assert sum(value < x[0] for value in x) == levels // 2


@pytest.mark.parametrize("levels", [1, 3, 5, 9, 11])
@pytest.mark.parametrize("axis", [Integer(1, 9), Discrete([0.1 * k for k in range(1, 10)])], ids=stable_id)
def test_the_middle_of_an_axis_that_has_levels_comes_once(axis, levels):
    x = base_case(ParameterSpace(x=axis), levels).points["x"].tolist()
    assert len(x) == len(set(x)) == min(levels, 9)
    assert x[0] == axis.from_unit(np.array([0.5]))[0]


@pytest.mark.parametrize(
    ("axis", "levels", "base"),
    [
        (Real(0, 1), 11, 0.3),
        (Real(-1, 1), [-1.0, -(2**-52), 1.0], 0.0),
        (Real(1e-20, 1, log=True), 21, 1e-7),
        (stats.norm(0, 1), [-1.0, 1e-17, 1.0], 0.0),
        (stats.expon(), [0.1, 0.1 + 0.2, 0.5], 0.3),
        (Real(1_000_000, 1_001_000, log=True), [1_000_000, 1_000_500.1 * (1 + 2**-52)], 1_000_500.1),
    ],
    ids=stable_id,
)
def test_a_level_that_misses_the_reference_by_rounding_is_the_reference(axis, levels, base):
    space = ParameterSpace(x=axis)
    x = base_case(space, levels, base={"x": base}).points["x"].to_numpy()
    assert x[0] == base
    assert len(x) == len(full_factorial(space, levels))
    assert np.diff(space["x"].to_unit(np.sort(x))).min() > 1e-3


@pytest.mark.parametrize(
    ("axis", "levels", "base"),
    [
        (Real(1e-20, 1, log=True), [1e-20, 1e-19, 1.0], 1e-20),
        # In the tail the law gives both one place in the unit interval.
        (stats.norm(0, 1), [7.0, 8.0, 9.0], 8.0),
        (Real(0, 1e9), [0.0, 1.0, 1e9], 0.0),
        (Integer(2**60, 2**60 + 2), None, 2**60),
        (Discrete([1e-17, 2e-17, 1.0]), None, 1e-17),
        (stats.poisson(3), [3, 4, 5], 4),
    ],
    ids=stable_id,
)
def test_levels_near_the_reference_are_kept(axis, levels, base):
    x = base_case(ParameterSpace(x=axis), levels, base={"x": base}).points["x"].tolist()
    assert x[0] == base
    assert len(set(x)) == len(x) == 3


def test_levels_are_counted_or_listed_for_each_axis():
    space = ParameterSpace(x=Real(0, 1), n=Integer(1, 99), k=Categorical(["a", "b", "c"]))
    design = base_case(space, {"x": 2, "n": [10, 20], "k": ["c"]}, base={"n": 10})
    assert design.points["x"].tolist() == [0.5, 0.0, 1.0, 0.5, 0.5]
    assert design.points["n"].tolist() == [10, 10, 10, 20, 10]
    assert design.points["k"].tolist() == ["a", "a", "a", "a", "c"]


def test_the_reference_alone_is_a_design():
    assert base_case(ParameterSpace(n=Integer(1, 9)), {"n": [5]}).points["n"].tolist() == [5]


def test_a_reference_held_as_a_float_or_numpy_scalar_is_the_axis_own():
    design = base_case(ParameterSpace(n=Integer(1, 4), m=Integer(1, 3)), base={"n": 2.0, "m": np.int64(1)})
    assert design.points["n"].tolist()[:4] == [2, 1, 3, 4]
    assert design.points["n"].dtype == np.int64
    assert type(design.options["base"]["n"]) is type(design.options["base"]["m"]) is int


@pytest.mark.parametrize(
    ("levels", "base", "words"),
    [
        (None, None, "axis 'x': it is continuous or unbounded; say how many levels"),
        ({"x": 2, "y": 2}, None, "levels names 'y', which is no axis"),
        ({"x": [2]}, None, "axis 'x': 2 is no value of Real"),
        ({"x": 2}, {"m": 1}, "base names 'm', which is no factor of the space"),
        ({"x": 2}, {"width": 1}, "base names 'width', which is no factor"),
        ({"x": 2}, {"n": 2.5}, "axis 'n': the reference 2.5 is no value of Integer"),
        ({"x": 2}, {"kind": [2]}, r"axis 'kind': the reference \[2\] is no value of Categorical"),
        ({"x": 2}, [1], "base takes a mapping of names to values, got"),
    ],
)
def test_what_lies_outside_is_refused_and_named(levels, base, words):
    with pytest.raises(DesignError, match=words):
        base_case(SPACE, levels, base=base)


def test_every_wrong_reference_is_told():
    with pytest.raises(DesignError) as caught:
        base_case(SPACE, {"x": 2}, base={"n": 9, "torus": 1, "q": 0})
    for name in ("'n'", "'torus'", "'q'"):
        assert name in str(caught.value)


def test_a_reference_that_breaks_a_constraint_is_refused():
    space = ParameterSpace({"a": Integer(1, 3), "b": Integer(1, 3)}, constraints=["a <= b"])
    with pytest.raises(DesignError, match="break the constraints"):
        base_case(space)
