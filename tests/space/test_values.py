import enum
import math

import numpy as np
import pandas as pd
import pytest

from mesa_doe.errors import SpaceError
from mesa_doe.space.values import (
    as_column,
    as_numbers,
    is_int,
    is_nan,
    is_number,
    json_ready,
    objects,
    plain,
    same,
)


class Colour(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    ("given", "expected"),
    [(np.int64(3), 3), (np.float64(0.5), 0.5), (np.bool_(True), True), (np.str_("a"), "a")],
)
def test_numpy_scalars_become_python_scalars(given, expected):
    assert plain(given) == expected
    assert type(plain(given)) is type(expected)


@pytest.mark.parametrize("unit", ["s", "ns"])
@pytest.mark.parametrize("kind", [np.datetime64, np.timedelta64])
def test_a_date_or_a_span_of_time_does_not_become_an_int(kind, unit):
    time = kind(3, unit)
    assert plain(time) is time


def test_bools_and_infinities_are_no_numbers():
    assert not any(map(is_number, [True, math.inf, math.nan, "1", None, 10**400]))


@pytest.mark.parametrize("value", [3, -1, 10**400, np.int8(3), np.uint64(3), enum.IntEnum("N", "ONE").ONE])
def test_ints_are_those_of_python_and_of_numpy_of_any_size(value):
    assert is_int(value)


@pytest.mark.parametrize(
    "value", [True, np.True_, 3.0, np.float64(3), "3", None, np.timedelta64(3, "s"), np.array(3)], ids=repr
)
def test_bools_spans_of_time_and_whole_floats_are_no_ints(value):
    assert not is_int(value)


def test_every_nan_is_known():
    assert all(
        map(is_nan, [math.nan, np.float64("nan"), complex("nan"), pd.NA, pd.NaT, np.datetime64("NaT", "s")])
    )
    assert not any(map(is_nan, [None, 0, "nan", [math.nan], np.array([math.nan])]))


def test_sameness_survives_arrays_and_raising_comparisons():
    class Angry:
        def __eq__(self, other):
            raise RuntimeError

        __hash__ = None

    assert not same(Angry(), Angry())
    assert same(np.array([1, 2]), np.array([1, 2]))
    assert not same(np.array([1, 2]), np.array([1.0, 2.0]))
    assert not same(pd.Series([1]), pd.Series([1]))
    assert not same(True, 1)


def test_lists_stay_whole_in_an_object_array():
    held = [[1, 2], [3, 4]]
    assert all(a is b for a, b in zip(objects(held), held, strict=True))


def test_columns_of_strings_come_as_python_strings():
    assert all(type(value) is str for value in as_column(pd.Series(["a", "b"])))


@pytest.mark.parametrize("bad", [3, "abc", {"a": 1}, {1, 2}, np.zeros((2, 2)), pd.DataFrame({"a": [1]})])
def test_what_is_no_column_is_refused(bad):
    with pytest.raises(SpaceError, match="a column must be"):
        as_column(bad)


def test_big_ints_stay_exact_and_what_is_no_number_is_nan():
    assert as_numbers([2**60 + 1, 1]).tolist() == [2**60 + 1, 1]
    np.testing.assert_array_equal(as_numbers([1, "a", True, None]), [1, np.nan, np.nan, np.nan])


@pytest.mark.parametrize("value", [None, True, 1, 0.1, "a", [1, ["b"]], {"a": [None]}])
def test_json_ready_copies_what_survives(value):
    assert json_ready(value) == value


@pytest.mark.parametrize("value", [(1, 2), Colour.RED, len, math.nan, math.inf, b"a", {1: 2}, [(1,)], {1}])
def test_json_ready_refuses_what_does_not_survive(value):
    with pytest.raises(SpaceError, match="cannot be written to JSON"):
        json_ready(value)
