import datetime
import enum
import itertools
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from mesa_doe.columns import levels_of


def held(values):
    column = pd.Series([None] * len(values), dtype=object)
    for place, value in enumerate(values):
        column.iat[place] = value
    return column


def levels(values):
    return levels_of(held(values))[1]


DAY = datetime.date(2024, 1, 1)


@pytest.mark.parametrize(
    "ordered",
    [
        [1, 2, 2.5],
        ["a", "b", "c"],
        [DAY, DAY.replace(day=2), DAY.replace(month=2)],
        list(np.array(["2024-01-01", "2024-01-02", "2025-01-01"], dtype="datetime64[ns]")),
        [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-02")],
        [Decimal("0.1"), Decimal("0.2")],
        [(1, 2), (1, 3), (2,)],
        [[0], [0, 1], [1]],
        [frozenset(), frozenset({1}), frozenset({1, 2})],
    ],
    ids=lambda ordered: type(ordered[0]).__name__,
)
def test_levels_with_an_order_stand_in_it_whatever_that_of_the_rows(ordered):
    for rows in itertools.permutations(ordered):
        codes, found = levels_of(held(rows))
        assert found == ordered
        assert all(found[code] is value for code, value in zip(codes, rows, strict=True))


@pytest.mark.parametrize(
    "free",
    [
        [frozenset({1}), frozenset({2}), frozenset({1, 3})],
        [(frozenset({1}),), (frozenset({2}),)],
        [{1}, {2}, {3}],
        ["a", 1, None],
        [np.array([2, 1]), np.array([1, 2])],
        [enum.Enum("Rule", "ONE TWO").TWO, len, max],
        [{"a": 1}, {"b": 1}],
    ],
    ids=lambda free: type(free[0]).__name__,
)
def test_levels_without_an_order_stand_as_they_first_appear(free):
    for rows in itertools.permutations(free):
        codes, found = levels_of(held([*rows, *rows[::-1]]))
        assert [id(level) for level in found] == [id(value) for value in rows]
        assert codes.tolist() == [*range(len(rows)), *range(len(rows))[::-1]]


def test_equal_values_of_one_type_are_one_level_and_of_two_types_two():
    assert levels([True, 1, 1.0, True, 1]) == [True, 1, 1.0]
    assert [type(level) for level in levels([True, 1, 1.0])] == [bool, int, float]
    # Of these sets Python writes one as {0, 8}, the other as {8, 0}.
    assert levels([frozenset([0, 8]), frozenset([8, 0])]) == [frozenset({0, 8})]
    assert levels([[1, 2], [1, 2]]) == [[1, 2]]
    assert len(levels([float("nan"), np.nan, None, None])) == 2


def test_ragged_lists_are_levels():
    assert levels([[[2], [3, 4]], [[1], [3, 4]]]) == [[[1], [3, 4]], [[2], [3, 4]]]


def test_a_categorical_dtype_has_an_order_of_its_own():
    column = pd.Series(pd.Categorical(["b", "a", "b"], categories=["c", "b", "a"]))
    codes, found = levels_of(column)
    assert found == ["b", "a"]
    assert codes.tolist() == [0, 1, 0]
