import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mesa_doe.space import Discrete, Integer, Real

ENDS = np.array([0.0, 1.0])
FINE = (np.arange(60_000) + 0.5) / 60_000
reals = st.floats(-1e150, 1e150)
units = st.lists(st.floats(0, 1), min_size=1, max_size=20).map(np.array)


@given(reals, reals, units)
def test_real_reaches_its_ends_and_never_leaves_them(a, b, u):
    low, high = min(a, b), max(a, b)
    assume(low < high)
    axis = Real(low, high)
    assert axis.problems() == []
    assert axis.from_unit(ENDS).tolist() == [low, high]
    assert not axis.outside(axis.from_unit(u)).any()


@given(st.floats(1e-200, 1e200), st.floats(1.001, 1e50), units)
def test_log_real_reaches_its_ends_and_never_leaves_them(low, ratio, u):
    axis = Real(low, low * ratio, log=True)
    assert axis.problems() == []
    assert axis.from_unit(ENDS).tolist() == [axis.low, axis.high]
    assert not axis.outside(axis.from_unit(u)).any()


@pytest.mark.parametrize(
    "axis", [Real(-3, 7), Real(0.01, 100, log=True), Real(low=np.float64(1), high=np.int64(2))]
)
def test_real_goes_to_values_and_back(axis):
    values = axis.from_unit(FINE)
    assert values.dtype == np.float64
    np.testing.assert_allclose(axis.to_unit(values), FINE, atol=1e-12)
    np.testing.assert_allclose(axis.from_unit(axis.to_unit(values)), values, rtol=1e-12, atol=1e-12)


def test_log_real_counts_factors_not_differences():
    assert Real(0.01, 1, log=True).from_unit(np.array([0.5]))[0] == pytest.approx(0.1)


@given(st.integers(-(2**62), 2**62), st.integers(2, 10**6), units)
def test_integer_goes_to_values_and_back_exactly(low, k, u):
    axis = Integer(low, low + k - 1)
    assert axis.problems() == []
    values = axis.from_unit(np.concatenate([u, ENDS]))
    assert values.dtype == np.int64
    assert values[-2:].tolist() == [low, low + k - 1]
    assert not axis.outside(values).any()
    centres = axis.to_unit(values)
    assert axis.from_unit(centres).tolist() == values.tolist()
    assert axis.to_unit(axis.from_unit(centres)).tolist() == centres.tolist()


@pytest.mark.parametrize(
    "axis", [Integer(0, 4), Integer(-3, 2), Discrete([1, 10, 100]), Discrete([0.5, 1, 2, 4])]
)
def test_every_value_is_drawn_its_equal_share(axis):
    values, counts = np.unique(axis.from_unit(FINE), return_counts=True)
    assert len(values) == axis.n_levels
    assert set(counts) == {len(FINE) // axis.n_levels}


def test_discrete_gives_ints_only_if_all_are():
    assert Discrete([1, 2]).from_unit(ENDS).dtype == np.int64
    assert Discrete([1, 2.5]).from_unit(ENDS).dtype == np.float64
    assert Discrete([1, 2.5]).values == (1.0, 2.5)
    assert Discrete([1, 2]) != Discrete([1.0, 2.0])
    assert hash(Discrete([1, 2])) == hash(Discrete((1, 2)))


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=9, unique=True).map(sorted), units)
def test_discrete_goes_to_values_and_back_exactly(values, u):
    axis = Discrete(values)
    drawn = axis.from_unit(np.concatenate([u, ENDS]))
    assert drawn[-2:].tolist() == [values[0], values[-1]]
    assert axis.from_unit(axis.to_unit(drawn)).tolist() == drawn.tolist()


@pytest.mark.parametrize(
    ("axis", "values", "outside"),
    [
        (Real(0, 1), [0, 1, 0.5, -0.1, 1.1, "a", True, None, math.nan], [0, 0, 0, 1, 1, 1, 1, 1, 1]),
        (Integer(1, 3), [1, 3, 2.0, 2.5, 4, 0, True, math.inf, "1"], [0, 0, 0, 1, 1, 1, 1, 1, 1]),
        (Integer(2**60, 2**60 + 1), [2**60, 2**60 + 2], [0, 1]),
        (Integer(-1, 3), np.array([0, 7], dtype=np.uint64), [0, 1]),
        (Discrete([1, 2.5]), [1, 2.5, 2, "a", True], [0, 0, 1, 1, 1]),
        (Discrete([1, 2]), np.array([True, False]), [1, 1]),
    ],
)
def test_values_outside_are_known_and_have_no_unit_value(axis, values, outside):
    assert axis.outside(values).tolist() == [bool(x) for x in outside]
    assert np.isnan(axis.to_unit(values)).tolist() == [bool(x) for x in outside]


@pytest.mark.parametrize(
    ("axis", "problem"),
    [
        (Real(0.9, 0.1), "low must be below high, got low=0.9, high=0.1"),
        (Real(1, 1), "low must be below high, got low=1, high=1"),
        (Real("a", 1), "low must be a finite number, got 'a'"),
        (Real(0, math.inf), "high must be a finite number, got inf"),
        (Real(math.nan, 1), "low must be a finite number, got nan"),
        (Real(False, 1), "low must be a finite number, got False"),
        (Real(0, 1, log=True), "low must be above zero when log=True, got low=0"),
        (Real(1, 2, log="yes"), "log must be True or False, got 'yes'"),
        (Real(-1.7e308, 1.7e308), "wider than a float can hold"),
        (Integer(1, 3.0), "high must be an int, got 3.0: write 3"),
        (Integer(1.5, 3), "low must be an int, got 1.5; for real numbers use Real(low, high)"),
        (Integer(True, 3), "low must be an int, got True"),
        (Integer("1", 3), "low must be an int, got '1'"),
        (Integer(4, 1), "low must be below high, got low=4, high=1"),
        (Integer(0, 2**53), "at most 2**53 values"),
        (Integer(2**63 - 2, 2**63), "high must fit into 64 bits"),
        (Discrete([3, 1, 2]), "values must increase: write (1, 2, 3), got (3, 1, 2)"),
        (Discrete([1, 1, 2]), "values must increase: write (1, 2), got (1, 1, 2)"),
        (Discrete([1]), "at least two different values are needed, got (1,)"),
        (Discrete([]), "at least two different values are needed, got ()"),
        (Discrete([True, 2]), "got True; for False and True use Boolean()"),
        (Discrete(["a", 2]), "got 'a'; for names use Categorical([...])"),
        (Discrete([1, math.nan]), "a value must be a finite number, got nan"),
        (
            Discrete([Decimal("0.5"), 1]),
            "a value must be a finite number, got Decimal('0.5'): write 0.5",
        ),
        (Real(Fraction(1, 4), 1), "low must be a finite number, got Fraction(1, 4): write 0.25"),
        (Real(0, Decimal("inf")), "high must be a finite number, got Decimal('Infinity')"),
        (Discrete([1, 2**63]), "an int must fit into 64 bits"),
        (Discrete(3), "values must be a list or a tuple of numbers, got 3"),
        (Discrete({1, 2}), "values must be a list or a tuple of numbers, got {1, 2}"),
    ],
)
def test_a_bad_axis_is_made_and_says_what_is_wrong(axis, problem):
    (found,) = axis.problems()
    assert problem in found


def test_both_ends_are_told_at_once():
    assert len(Real("a", None).problems()) == 2
    assert len(Integer(1.0, "b").problems()) == 2


def test_numpy_scalars_are_tidied():
    axis = Integer(np.int64(1), np.int32(4))
    assert axis == Integer(1, 4)
    assert type(axis.low) is int
    assert type(Discrete(np.array([1, 2])).values[0]) is int


@pytest.mark.parametrize("axis", [Real(0, 1), Real(1, 2, log=True), Integer(0, 3), Discrete([1, 2])])
def test_an_empty_sample_is_an_empty_column(axis):
    assert axis.from_unit(np.empty(0)).shape == (0,)
    assert axis.to_unit([]).shape == (0,)
