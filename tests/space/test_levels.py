import enum
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesa_doe.space import Boolean, Categorical, Constant

ENDS = np.array([0.0, 1.0])
FINE = (np.arange(60_000) + 0.5) / 60_000


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


def rule():
    return 1


ODD = [
    [1, 2],
    rule,
    Colour.RED,
    None,
    ("a",),
    ([],),
    {"k": 1},
    np.array([1, 2]),
    int,
    True,
    1,
    1.0,
    "1",
    object(),
]


def test_levels_keep_identity_through_a_sample():
    axis = Categorical(ODD)
    assert axis.problems() == []
    centres = (np.arange(len(ODD)) + 0.5) / len(ODD)
    drawn = axis.from_unit(centres)
    assert drawn.dtype == object
    assert all(a is b for a, b in zip(drawn, ODD, strict=True))
    np.testing.assert_allclose(axis.to_unit(drawn), centres, atol=1e-15)
    assert not axis.outside(drawn).any()


def test_ends_reach_the_first_and_the_last_level():
    assert Categorical(["a", "b", "c"]).from_unit(ENDS).tolist() == ["a", "c"]
    assert Categorical(["a", "b", "c"], [0.1] * 2 + [0.8]).from_unit(ENDS).tolist() == ["a", "c"]
    assert Boolean().from_unit(ENDS).tolist() == [False, True]


def test_levels_are_drawn_their_equal_share():
    for k in range(2, 13):
        _, counts = np.unique(Categorical(list(range(k))).from_unit(FINE).astype(int), return_counts=True)
        assert counts.max() - counts.min() <= 1
    assert Boolean().from_unit(FINE).mean() == 0.5


@given(st.lists(st.integers(1, 50), min_size=2, max_size=8))
def test_weighted_levels_are_drawn_their_weight(counts):
    weights = [count / sum(counts) for count in counts]
    axis = Categorical(list(range(len(counts))), weights)
    assert axis.problems() == []
    shares = np.bincount(axis.from_unit(FINE).astype(int), minlength=len(counts)) / len(FINE)
    np.testing.assert_allclose(shares, weights, atol=2 / len(FINE))  # a border falls between two grid points
    assert axis.from_unit(axis.to_unit(list(range(len(counts))))).tolist() == list(range(len(counts)))


def test_numpy_levels_become_python_values():
    axis = Categorical(np.array(["a", "b"]))
    assert all(type(level) is str for level in axis.levels)
    assert Categorical(Colour).levels == (Colour.RED, Colour.BLUE)


def test_values_of_another_type_are_no_levels():
    axis = Categorical([1, 2, [3]])
    assert axis.outside([1, True, 1.0, "1", [3], [4], np.int64(2)]).tolist() == [
        False,
        True,
        True,
        True,
        False,
        True,
        False,
    ]
    assert np.isnan(axis.to_unit([9]))[0]


def test_pandas_columns_of_levels_are_read():
    axis = Categorical(["a", "b"])
    for column in (
        pd.Series(["a", "b"]),
        pd.Series(["a", "b"], dtype="category"),
        pd.Series(["a", "b"], dtype=object),
    ):
        assert axis.to_unit(column).tolist() == [0.25, 0.75]


@pytest.mark.parametrize(
    ("axis", "problem"),
    [
        (Categorical("ab"), "levels must be a list or a tuple, which have an order, got 'ab'"),
        (Categorical({"a"}), "levels must be a list or a tuple, which have an order"),
        (Categorical(3), "levels must be a list or a tuple, which have an order, got 3"),
        (Categorical([]), "at least two levels are needed, got none"),
        (Categorical(["a"]), "a single level is a constant: write name=value"),
        (Categorical(["a", math.nan]), "nan cannot be a level"),
        (Categorical(["a", "b", "a"]), "level 'a' is given more than once"),
        (Categorical([[1], [1]]), "level [1] is given more than once"),
        (Categorical(["a", "b"], [1.0]), "2 levels need as many weights, got 1"),
        (
            Categorical(["a", "b"], [0.0, 1.0]),
            "level 'a' has weight 0 and would never be drawn: leave the level out",
        ),
        (Categorical(["a", "b"], [-0.5, 1.5]), "the weight of 'a' must be positive, got -0.5"),
        (Categorical(["a", "b"], [0.5, math.nan]), "the weight of 'b' must be a finite number, got nan"),
        (Categorical(["a", "b"], [0.5, 0.4]), "weights must sum to 1"),
        (Categorical(["a", "b"], 0.5), "weights must be a list or a tuple of numbers, got 0.5"),
        (Constant(math.nan), "nan cannot be a constant"),
    ],
)
def test_a_bad_axis_is_made_and_says_what_is_wrong(axis, problem):
    (found,) = axis.problems()
    assert problem in found


def test_equality_looks_at_types_and_survives_arrays():
    assert Categorical([True, False]) != Categorical([1, 0])
    assert Categorical([np.array([1, 2]), "a"]) == Categorical([np.array([1, 2]), "a"])
    assert Categorical(["a", "b"]) != Categorical(["b", "a"])
    assert Categorical(["a", "b"]) != Categorical(["a", "b"], [0.4, 0.6])
    assert hash(Categorical([[1], 2])) == hash(Categorical([[1], 2]))
    assert Constant(True) != Constant(1)
    assert Constant([1]) == Constant([1])
    assert hash(Constant([1])) == hash(Constant([1]))


def test_boolean_takes_bools_only():
    axis = Boolean()
    assert axis.from_unit(FINE).dtype == np.bool_
    assert axis.outside([True, np.False_, 1, "True", None]).tolist() == [False, False, True, True, True]
    assert axis.from_unit(axis.to_unit(np.array([True, False]))).tolist() == [True, False]
    assert axis.to_unit([]).dtype == np.float64


def test_a_constant_is_an_axis_of_one_value():
    held = [1, 2]
    axis = Constant(held)
    assert all(value is held for value in axis.from_unit(np.zeros(3)))
    assert axis.to_unit([[1, 2]]).tolist() == [0.5]
    assert axis.outside([[1, 2], [3]]).tolist() == [False, True]
    assert axis.n_levels == 1
    assert type(Constant(np.int64(3)).value) is int
