import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mesa_doe.errors import DesignError
from mesa_doe.samplers import SAMPLERS, full_factorial, two_level_factorial
from mesa_doe.samplers.coded import coded_design, coded_levels
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, ParameterSpace, Real
from tests.ids import stable_id

TWO, THREE = np.array([-1.0, 1.0]), np.array([-1.0, 0.0, 1.0])


def levels_of(axis, scale, levels=None, **options):
    given = None if levels is None else {"x": levels}
    (native,) = coded_levels(ParameterSpace(x=axis), [scale], method="mine", levels=given, **options)
    return native.tolist()


@pytest.mark.parametrize(
    ("axis", "two", "three"),
    [
        (Real(0.1, 0.9), [0.1, 0.9], [0.1, 0.5, 0.9]),
        (Real(0.01, 100, log=True), [0.01, 100.0], [0.01, 1.0, 100.0]),
        (Integer(1, 9), [1, 9], [1, 5, 9]),
        (Integer(1, 4), [1, 4], [1, 3, 4]),
        (Integer(0, 10**12), [0, 10**12], [0, 5 * 10**11, 10**12]),
        (Discrete([1, 10, 100]), [1, 100], [1, 10, 100]),
        (Discrete([0.5, 1, 8, 9, 10]), [0.5, 10.0], [0.5, 8.0, 10.0]),
        (stats.uniform(0, 100), [5.0, 95.0], [5.0, 50.0, 95.0]),
        (stats.poisson(10), [5, 15], [5, 10, 15]),
        (stats.binom(60, 0.5), [24, 36], [24, 30, 36]),
        (Categorical(["a", "b"]), ["a", "b"], None),
        (Categorical(["a", None, "b"]), None, ["a", None, "b"]),
        (Boolean(), [False, True], None),
    ],
    ids=stable_id,
)
def test_codes_are_the_ends_and_the_middle_of_every_kind_of_axis(axis, two, three):
    for scale, expected in ((TWO, two), (THREE, three)):
        if expected is not None:
            found = levels_of(axis, scale)
            assert [*map(type, found)] == [*map(type, expected)]
            assert found == (pytest.approx(expected, rel=1e-12) if type(expected[0]) is float else expected)


def test_quantiles_that_stand_for_the_ends_of_a_law_can_be_chosen():
    law = stats.norm(10, 2)
    expected = law.ppf([0.25, 0.5, 0.75])
    np.testing.assert_allclose(levels_of(law, THREE, quantiles=(0.25, 0.75)), expected, rtol=1e-12)
    assert levels_of(stats.uniform(0, 8), TWO, quantiles=(0, 1)) == [0, 8]
    # Bounds are not cut.
    assert levels_of(Real(0, 1), TWO, quantiles=(0.25, 0.75)) == [0, 1]


@pytest.mark.parametrize(
    "quantiles",
    [(0.9, 0.1), (0.5, 0.5), (-0.1, 1), (0, 1.1), (0.1,), 0.1, ("a", "b"), (None, 1)],
    ids=stable_id,
)
def test_quantiles_that_are_none_are_refused(quantiles):
    with pytest.raises(DesignError, match=r"mine: quantiles takes two numbers with 0 <= first < second <= 1"):
        levels_of(stats.norm(), TWO, quantiles=quantiles)


@pytest.mark.parametrize(
    ("axis", "levels", "scale", "expected"),
    [
        (Real(0, 1), (0.1, 0.3), TWO, [0.1, 0.3]),
        (Real(0, 1), (0.1, 0.3), THREE, [0.1, 0.2, 0.3]),
        (Real(0, 1), (0.1, 0.15, 0.3), THREE, [0.1, 0.15, 0.3]),
        (Real(1, 100, log=True), (1, 4), THREE, [1, 2, 4]),
        (Integer(1, 9), [3, 7], THREE, [3, 5, 7]),
        (Integer(1, 9), np.array([3.0, 7.0]), TWO, [3, 7]),
        (Integer(2**60, 2**60 + 9), (2**60 + 1, 2**60 + 3), THREE, [2**60 + 1, 2**60 + 2, 2**60 + 3]),
        (Discrete([1, 10, 100, 1000]), (10, 1000), THREE, [10, 100, 1000]),
        (stats.uniform(0, 1), (0.2, 0.4), THREE, [0.2, 0.3, 0.4]),
        (Categorical(["a", "b", "c"]), ("c", "a"), TWO, ["c", "a"]),
        (Categorical(["a", "b", "c", "d"]), ("c", "a", "b"), THREE, ["c", "a", "b"]),
        (Boolean(), (True, False), TWO, [True, False]),
    ],
    ids=stable_id,
)
def test_chosen_levels_are_kept_exactly(axis, levels, scale, expected):
    found = levels_of(axis, scale, levels)
    assert found == (expected if len(levels) == len(scale) else pytest.approx(expected, rel=1e-12))
    if not isinstance(axis, (Boolean, Categorical)):
        assert (found[0], found[-1]) == (expected[0], expected[-1])


@settings(deadline=None)
@given(
    low=st.integers(-20, 20),
    width=st.integers(1, 40),
    # No nearer to half-way between two levels than rounding allows.
    codes=st.lists(st.floats(-1, 1).map(lambda code: round(code, 6)), min_size=2, max_size=6, unique=True),
)
def test_whole_numbers_take_the_nearest_level_or_are_refused_if_two_codes_would_share_one(low, width, codes):
    scale = np.sort([-1.0, 1.0, *(code for code in codes if abs(code) < 0.999)])
    ranks = (scale + 1) / 2 * width
    exact = low + ranks
    if len(set(np.round(ranks))) < len(scale):
        with pytest.raises(DesignError, match="would fall on"):
            levels_of(Integer(low, low + width), scale)
        return
    found = levels_of(Integer(low, low + width), scale)
    assert np.abs(np.array(found) - exact).max() <= 0.5 + 1e-9
    assert (np.diff(found) > 0).all()


def test_codes_beyond_one_reach_out_of_chosen_levels_and_are_refused_out_of_the_axis():
    scale = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    assert levels_of(Real(0, 1), scale, (0.25, 0.75)) == [0, 0.25, 0.5, 0.75, 1]
    assert levels_of(Integer(1, 9), scale, (3, 7)) == [1, 3, 5, 7, 9]
    assert levels_of(stats.uniform(0, 1), scale, quantiles=(0.3, 0.7)) == pytest.approx(
        [0.1, 0.3, 0.5, 0.7, 0.9]
    )
    for axis in (Real(0, 1), Integer(1, 9), stats.norm()):
        with pytest.raises(DesignError, match=r"axis 'x': code 2 lies beyond .*levels= farther inside"):
            levels_of(axis, scale)


@pytest.mark.parametrize(
    ("axis", "scale", "levels", "words"),
    [
        (
            Boolean(),
            THREE,
            None,
            "axis 'x': mine asks 3 levels of it, and Boolean() has 2; use two_level_factorial, "
            "fractional_factorial, plackett_burman, full_factorial, generalized_subset or orthogonal_array",
        ),
        (
            Categorical([1, 2, 3]),
            TWO,
            None,
            "axis 'x': mine asks 2 levels of it, and Categorical(levels=(1, 2, 3), weights=None) has 3; "
            "list 2 of them in levels=, or use full_factorial, generalized_subset or orthogonal_array",
        ),
        (Categorical(["a", "b"]), TWO, ("a",), "mine asks 2 levels of it, got 1 in levels=: ['a']"),
        (Categorical(["a", "b"]), TWO, ("a", "c"), "'c' is no value of Categorical"),
        (Categorical(["a", "b"]), TWO, ("a", "a"), "levels repeats a value: ['a', 'a']"),
        (Integer(1, 2), THREE, None, "mine asks 3 levels of it, which would fall on 2 values of Integer"),
        (stats.poisson(0.1), THREE, None, "mine asks 3 levels of it, which would fall on 2 values of Law"),
        (Real(0, 1), TWO, (0.9, 0.1), "levels must increase, got [0.9, 0.1]"),
        (Real(0, 1), TWO, (0.1, 0.1), "levels repeats a value"),
        (Real(0, 1), TWO, (0, 2), "2 is no value of Real"),
        (Real(0, 1), TWO, (0, 0.5, 1), "levels takes (low, high), got [0, 0.5, 1]"),
        (Real(0, 1), THREE, (1,), "levels takes (low, high), or the 3 values of codes -1, 0, 1, got [1]"),
        (Real(0, 1), TWO, 2, "levels takes the values to use, such as (low, high), got 2"),
        (Integer(1, 4), TWO, "14", "levels takes the values to use, such as (low, high), got '14'"),
    ],
    ids=stable_id,
)
def test_an_axis_that_cannot_carry_the_codes_is_refused_with_why_and_what_would_do(
    axis, scale, levels, words
):
    with pytest.raises(DesignError, match=re.escape(words)):
        levels_of(axis, scale, levels)


def test_the_designs_that_messages_name_exist_and_take_the_axis():
    space = ParameterSpace(k=Categorical(["a", "b", "c"]), m=Categorical(["a", "b", "c"]))
    for kind, ask in ((Boolean(), THREE), (Categorical(["a", "b", "c"]), TWO)):
        with pytest.raises(DesignError) as caught:
            levels_of(kind, ask)
        named = re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", str(caught.value).split("use ")[1])
        assert set(named) <= set(SAMPLERS)
    for name in ("full_factorial", "generalized_subset", "orthogonal_array"):
        assert set(SAMPLERS[name].function(space).points["k"]) == {"a", "b", "c"}


def test_all_that_is_wrong_is_told_at_once():
    space = ParameterSpace(x=Real(0, 1), k=Categorical(["a", "b", "c"]), s=Boolean())
    with pytest.raises(DesignError) as caught:
        two_level_factorial(space, levels={"x": (0, 2), "z": (1, 2), "s": (True, 1)})
    assert [line.split(":")[0] for line in str(caught.value).splitlines()] == [
        "two_level_factorial cannot be made (4)",
        "  - levels names 'z', which is no axis of the space (x, k, s)",
        "  - axis 'x'",
        "  - axis 'k'",
        "  - axis 's'",
    ]


@pytest.mark.parametrize("levels", [(0, 1), 2, "x", [("x", (0, 1))]], ids=stable_id)
def test_levels_that_are_no_mapping_are_refused(levels):
    with pytest.raises(DesignError, match=r"levels takes a mapping such as \{'x': \(low, high\)\}, got"):
        two_level_factorial(ParameterSpace(x=Real(0, 1)), levels=levels)


def test_rows_that_repeat_stay_repeated_and_in_their_order():
    codes = [[0, 0], [-1, 1], [0, 0], [0, 0], [1, -1]]
    design = coded_design(ParameterSpace(a=Real(-1, 1), n=Integer(1, 3)), codes, method="mine", options={})
    assert design.points.to_dict("list") == {"a": [0, -1, 0, 0, 1], "n": [2, 3, 2, 2, 1]}
    assert dict(design.options) == {"levels": {"a": 3, "n": 3}, "quantiles": (0.05, 0.95)}
    np.testing.assert_allclose(design.unit, (np.array(codes) + 1) / 2 * [1, 2 / 3] + [0, 1 / 6])


def test_codes_that_differ_in_their_last_digit_are_one_level():
    codes = [[0.1 + 0.2], [0.3], [-1], [1]]
    design = coded_design(ParameterSpace(a=Real(-1, 1)), codes, method="mine", options={})
    assert design.options["levels"] == {"a": 3}
    assert design.points["a"].nunique() == 3


@pytest.mark.parametrize("sampler", [full_factorial, two_level_factorial])
def test_correlation_and_broken_constraints_are_refused_with_what_would_do(sampler):
    levels = {"a": (0, 1), "b": (0, 1)}
    space = ParameterSpace(a=Real(0, 1), b=Real(0, 1), correlation=[[1, 0.5], [0.5, 1]])
    with pytest.raises(DesignError, match=r"needs independent factors.*latin_hypercube"):
        sampler(space, levels=levels)
    space = ParameterSpace(a=Real(0, 1), b=Real(0, 1), constraints=["a <= b"])
    with pytest.raises(DesignError, match=r"break the constraints of the space.*a <= b"):
        sampler(space, levels=levels)
    space = ParameterSpace(a=Real(0, 1), b=Real(0, 1), constraints=["a <= b + 1"])
    assert len(sampler(space, levels=levels)) == 4
