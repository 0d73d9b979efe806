import itertools
import sys
import types

import numpy as np
import pyDOE3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mesa_doe.errors import DesignError
from mesa_doe.samplers import full_factorial, two_level_factorial
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, Law, ParameterSpace, Real
from tests.samplers.samples import coded, codes_of


def levels_of(axis, levels=None):
    return full_factorial(ParameterSpace(x=axis), levels).points["x"].tolist()


@settings(deadline=None)
@given(st.lists(st.integers(2, 5), min_size=1, max_size=4))
def test_every_combination_comes_once_in_the_order_of_the_library(counts):
    space = ParameterSpace({f"x{k}": Integer(0, count - 1) for k, count in enumerate(counts)})
    points = full_factorial(space).points.to_numpy()
    assert sorted(map(tuple, points)) == list(itertools.product(*map(range, counts)))
    np.testing.assert_array_equal(points, pyDOE3.fullfact(counts))


def test_the_first_factor_changes_fastest_over_axes_of_every_kind():
    levels = ["a", [1], None]
    space = ParameterSpace(s=Boolean(), k=Categorical(levels), n=Integer(3, 4), c=20)
    points = full_factorial(space).points
    expected = [(s, k, n) for n in (3, 4) for k in levels for s in (False, True)]
    assert list(points.itertuples(index=False, name=None)) == expected
    assert points["k"][2] is levels[1]


def test_axes_with_levels_of_their_own_need_none():
    assert levels_of(Integer(1, 4)) == [1, 2, 3, 4]
    assert levels_of(Discrete([1, 10, 100])) == [1, 10, 100]
    assert levels_of(Boolean()) == [False, True]
    assert levels_of(Categorical(["b", "a"], weights=[0.99, 0.01])) == ["b", "a"]


@pytest.mark.parametrize(
    ("k", "expected"), [(1, [0.5]), (2, [0, 1]), (3, [0, 0.5, 1]), (5, [0, 0.25, 0.5, 0.75, 1])]
)
def test_levels_of_a_real_lie_evenly_from_end_to_end(k, expected):
    assert levels_of(Real(0, 1), k) == expected
    assert levels_of(Real(0, 1), {"x": np.int64(k)}) == expected


def test_levels_of_a_logarithmic_real_lie_evenly_in_the_logarithm():
    np.testing.assert_allclose(levels_of(Real(0.01, 100, log=True), 5), [0.01, 0.1, 1, 10, 100], rtol=1e-12)
    assert levels_of(Real(0.01, 100, log=True), 2) == [0.01, 100]


@settings(deadline=None)
@given(low=st.integers(-50, 50), n=st.integers(2, 40), k=st.integers(2, 40))
def test_integers_are_thinned_evenly_with_both_ends_kept(low, n, k):
    levels = levels_of(Integer(low, low + n - 1), k)
    kept = min(n, k)
    assert len(set(levels)) == len(levels) == kept
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (low, low + n - 1)
    evenly = np.linspace(low, low + n - 1, kept)
    assert np.abs(np.array(levels) - evenly).max() <= 0.5 + 1e-9


def test_discrete_values_are_thinned_by_rank_with_both_ends_kept():
    assert levels_of(Discrete([1, 10, 100, 1000, 10_000]), 3) == [1, 100, 10_000]
    assert levels_of(Discrete([1, 10, 100]), 2) == [1, 100]
    assert levels_of(Discrete([1, 10, 100]), 1) == [10]
    assert levels_of(Discrete([1, 10, 100]), 9) == [1, 10, 100]


def test_one_int_for_all_never_thins_out_names_and_switches():
    space = ParameterSpace(k=Categorical(["a", "b", "c"]), s=Boolean(), n=Integer(1, 9), x=Real(0, 1))
    assert dict(full_factorial(space, 2).options) == {"levels": {"k": 3, "s": 2, "n": 2, "x": 2}}
    assert dict(full_factorial(space, 1).options) == {"levels": {"k": 3, "s": 2, "n": 1, "x": 1}}


@pytest.mark.parametrize("k", [2, 3, 7])
def test_levels_of_a_law_lie_between_its_quantiles_5_and_95_percent(k):
    law = stats.norm(10, 2)
    np.testing.assert_allclose(levels_of(law, k), law.ppf(np.linspace(0.05, 0.95, k)), rtol=1e-12)
    assert levels_of(law, 1) == pytest.approx([10], rel=1e-12)


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (stats.randint(2, 6), [2, 3, 4, 5]),
        (stats.randint(2, 6, loc=0.5), [2.5, 3.5, 4.5, 5.5]),
        (stats.rv_discrete(values=([1, 5, 9], [0.2, 0.3, 0.5]))(), [1, 5, 9]),
        # Its upper levels lie closer to 1 than floats do, and would all be read as the last one.
        (stats.binom(60, 0.5), list(range(61))),
    ],
    ids=["randint", "shifted", "listed", "binom"],
)
def test_a_discrete_law_with_two_ends_has_all_its_levels(law, expected):
    assert levels_of(law) == expected
    assert levels_of(law, 2) == [expected[0], expected[-1]]
    assert {type(value) for value in levels_of(law)} == {type(expected[0])}


def test_a_law_whose_levels_cannot_all_be_told_is_refused():
    with pytest.raises(
        DesignError, match="axis 'x': not every level of the law can be told; list the levels"
    ):
        levels_of(stats.binom(2000, 0.5))


def test_levels_of_an_unbounded_discrete_law_that_would_repeat_are_refused():
    assert levels_of(stats.poisson(10), 3) == [5, 10, 15]
    with pytest.raises(DesignError, match=r"4 levels would repeat a value of Law.poisson"):
        levels_of(stats.poisson(0.1), 4)


@settings(deadline=None)
@given(st.lists(st.floats(0.1, 0.9), min_size=1, max_size=6, unique=True))
def test_values_given_are_kept_exactly_and_in_their_order(values):
    assert levels_of(Real(0.1, 0.9), {"x": values}) == values
    assert levels_of(stats.norm(), {"x": values}) == values
    assert levels_of(Real(0.01, 9, log=True), np.array(values)) == values


def test_values_may_be_any_sequence_of_values_of_the_axis():
    assert levels_of(Integer(1, 9), range(1, 9, 3)) == [1, 4, 7]
    assert levels_of(Integer(1, 9), {"x": [2.0, 1.0]}) == [2, 1]
    assert levels_of(Boolean(), {"x": [True]}) == [True]
    rule = [1, 2]
    assert levels_of(Categorical(["a", rule, [3, 4]]), {"x": [[1, 2], "a"]})[0] is rule
    assert levels_of(Real(0, 1e30), {"x": (0, 1e-300)}) == [0, 1e-300]
    assert {type(value) for value in levels_of(Integer(1, 9), (np.int8(3), 4.0))} == {int}


def test_a_huge_integer_axis_is_thinned_without_listing_it():
    assert levels_of(Integer(0, 10**12), 3) == [0, 5 * 10**11, 10**12]


@pytest.mark.parametrize(
    ("axis", "levels", "words"),
    [
        (
            Real(0, 1),
            None,
            "axis 'x': it is continuous or unbounded; say how many levels, e.g. levels=3, or which",
        ),
        (Law(stats.poisson(3)), None, "axis 'x': it is continuous or unbounded"),
        (Real(0, 1), {}, "axis 'x': it is continuous"),
        (Real(0, 1), {"x": [0.5, 1.5]}, "1.5 is no value of Real(low=0, high=1, log=False)"),
        (Real(0, 1), {"x": [0.5, "a"]}, "'a' is no value of Real"),
        (Real(0, 1), {"x": [np.nan]}, "nan is no value of Real"),
        (Integer(1, 4), {"x": [1, 2.5]}, "2.5 is no value of Integer(low=1, high=4)"),
        (Boolean(), {"x": [1]}, "1 is no value of Boolean()"),
        (Integer(1, 4), {"x": 5}, "it has 4 levels, not 5; leave it out of levels=, or list the levels"),
        (Categorical(["a", "b"]), {"x": 1}, "it has 2 levels, not 1"),
        (Boolean(), {"x": 1}, "it has 2 levels, not 1"),
        (Real(0, 1), {"x": [0.5, 0.5]}, "levels repeats a value: [0.5, 0.5]"),
        (Integer(1, 4), {"x": [1, 1.0]}, "levels repeats a value"),
        (Categorical(["a", [1]]), {"x": [[1], [1]]}, "levels repeats a value: [[1], [1]]"),
        (Real(0, 1), {"x": []}, "levels is empty"),
        (Real(0, 1), {"x": {0.5}}, "levels takes an int from 1 or a sequence of values, got {0.5}"),
        (Real(0, 1), {"x": True}, "levels takes an int from 1 or a sequence of values, got True"),
        (Real(0, 1), np.zeros((2, 2)), "levels takes a one-dimensional array, got shape (2, 2)"),
        (Real(0, 1), np.array(3), "levels takes a one-dimensional array, got shape ()"),
        (Integer(0, 10**12), None, "it has 1,000,000,000,001 levels, more than the 10,000,000 points"),
        (Real(0, 1), 10**12, "1,000,000,000,000 levels are more than the 10,000,000 points"),
    ],
    ids=str,
)
def test_wrong_levels_are_refused_with_what_to_do(axis, levels, words):
    with pytest.raises(DesignError) as caught:
        levels_of(axis, levels)
    assert words in str(caught.value)
    assert "axis 'x'" in str(caught.value)


def test_all_mistakes_are_told_at_once():
    space = ParameterSpace(x=Real(0, 1), n=Integer(1, 4), s=Boolean(), c=3)
    with pytest.raises(DesignError) as caught:
        full_factorial(space, {"y": 3, "n": 9, "c": 2})
    assert str(caught.value).splitlines() == [
        "full_factorial cannot be made (4):",
        "  - levels names 'y', which is no axis of the space (x, n, s)",
        "  - levels names 'c', which is no axis of the space (x, n, s)",
        "  - axis 'x': it is continuous or unbounded; say how many levels, e.g. levels=3, or which",
        "  - axis 'n': it has 4 levels, not 9; leave it out of levels=, or list the levels to use",
    ]


def test_more_than_ten_million_points_are_refused_before_they_are_made():
    space = ParameterSpace(a=Integer(1, 1000), b=Integer(1, 1000), c=Integer(1, 11))
    words = r"1000 × 1000 × 11 = 11,000,000 points; the most is 10,000,000: use fewer levels, or sample with"
    with pytest.raises(DesignError, match=words):
        full_factorial(space)


def fake_pydoe(calls):
    module = types.ModuleType("pydoe")

    def fullfact(levels):
        calls.append(levels)
        return pyDOE3.fullfact(levels)

    module.fullfact = fullfact
    return module


def test_the_successor_pydoe_is_preferred_where_it_is_installed(monkeypatch):
    calls = []
    monkeypatch.setitem(sys.modules, "pydoe", fake_pydoe(calls))
    space = ParameterSpace(n=Integer(1, 3), s=Boolean())
    points = full_factorial(space).points
    assert calls == [[3, 2]]
    assert points["n"].tolist() == [1, 2, 3, 1, 2, 3]


def test_the_successor_alone_is_enough(monkeypatch):
    calls = []
    module = fake_pydoe(calls)
    monkeypatch.setitem(sys.modules, "pydoe", module)
    monkeypatch.setitem(sys.modules, "pyDOE3", None)
    assert len(full_factorial(ParameterSpace(n=Integer(1, 3)))) == 3
    assert calls == [[3]]


def test_the_unit_coordinates_are_those_of_the_values():
    space = ParameterSpace(x=Real(0, 2), n=Integer(1, 4), law=Law(stats.norm()))
    design = full_factorial(space, {"x": [0.5, 1.5], "law": 3})
    np.testing.assert_array_equal(design.unit, space.to_unit(design.points))
    assert np.unique(design.unit[:, 2].round(12)).tolist() == [0.05, 0.5, 0.95]


@pytest.mark.parametrize("factors", [1, 2, 5, 10])
def test_the_two_level_factorial_is_that_of_the_library(factors):
    np.testing.assert_array_equal(codes_of(two_level_factorial(coded(factors))), pyDOE3.ff2n(factors))


def test_the_two_level_factorial_has_every_combination_of_ends_over_axes_of_every_kind():
    space = ParameterSpace(
        n=Integer(1, 9), s=Boolean(), k=Categorical(["u", "v"]), d=Discrete([1, 5, 7]), c=3
    )
    points = list(two_level_factorial(space).points.itertuples(index=False, name=None))
    assert points == list(itertools.product((1, 9), (False, True), ("u", "v"), (1, 7)))


def test_too_many_factors_are_refused_with_what_to_use():
    with pytest.raises(DesignError, match=r"2\^24 = 16,777,216 points; .*fractional_factorial or plackett"):
        two_level_factorial(coded(24))
