"""The values of one run are typed by what they hold; what is no number becomes text, and says so."""

import enum
import math

import numpy as np
import pandas as pd
import pytest

from mesa_doe.columns import as_column, as_values


class Colour(enum.Enum):
    RED = 1


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Whole(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([True, False], bool, [True, False]),
        ([np.True_, False], bool, [True, False]),
        ([1, 2], np.int64, [1, 2]),
        ([True, 2], np.int64, [1, 2]),
        ([np.int8(1), np.uint64(2)], np.int64, [1, 2]),
        ([-(2**63), 2**63 - 1], np.int64, [-(2**63), 2**63 - 1]),
        ([1, 2**63], np.float64, [1.0, 2.0**63]),
        ([1, 2.5], np.float64, [1.0, 2.5]),
        ([10**400, -(10**400), 1.5], np.float64, [math.inf, -math.inf, 1.5]),
        ([np.float32(0.5), np.longdouble(2)], np.float64, [0.5, 2.0]),
        (["a", np.str_("b")], object, ["a", "b"]),
        (["a", None], object, ["a", None]),
        (
            ["a", math.nan, pd.NA, True, 2, 0.1, math.inf],
            object,
            ["a", None, None, "True", "2", "0.1", "inf"],
        ),
        ([], np.float64, []),
    ],
)
def test_values_get_the_narrowest_type_that_holds_them(values, dtype, expected):
    column, converted = as_column(values)
    assert column.dtype == dtype
    assert column.tolist() == expected
    assert [type(value) for value in column.tolist()] == [type(value) for value in expected]
    assert not converted


@pytest.mark.parametrize(
    "values",
    [[1, None], [True, None], [0.5, None], [1, pd.NA], [1.5, np.ma.masked], [1, np.datetime64("NaT", "s")]],
)
def test_none_among_numbers_is_nan(values):
    column, converted = as_column(values)
    assert column.dtype == np.float64
    assert column[0] == float(values[0])
    assert math.isnan(column[1])
    assert not converted


def test_nothing_but_none_tells_no_type():
    assert as_column([None, pd.NA]) == (None, False)


class Live:
    pass


class Broken:
    def __repr__(self):
        raise RuntimeError


class BrokenMapping(dict):
    def items(self):
        raise RuntimeError


loop = []
loop.append(loop)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Colour.RED, "RED"),
        (Whole.ONE, "ONE"),
        (Rights.READ | Rights.WRITE, "READ|WRITE"),
        (Rights(0), "<Rights: 0>"),
        ([1, None, "a"], '[1, null, "a"]'),
        ((Colour.RED, Whole.ONE), '["RED", "ONE"]'),
        ({"a": np.arange(2), 1: np.float64(2)}, '{"a": [0, 1], "1": 2.0}'),
        ({1: "a", "1": "b"}, '[["1", "a"], ["1", "b"]]'),
        ({(1, frozenset("ba")): 2}, '{"[1, [\\"a\\", \\"b\\"]]": 2}'),
        ({("b", 1), ("a", 2)}, '[["a", 2], ["b", 1]]'),
        (np.array([[1.5, 2.0]]), "[[1.5, 2.0]]"),
        (np.array([None, "a"], dtype=object), '[null, "a"]'),
        (1 + 2j, "(1+2j)"),
        (b"a", "b'a'"),
        (Broken(), "<Broken: repr failed with RuntimeError>"),
        (loop, "[[...]]"),
        (BrokenMapping(a=1), "{'a': 1}"),
    ],
)
def test_what_is_no_number_becomes_text_and_says_so(value, text):
    column, converted = as_column([value])
    assert column.tolist() == [text]
    assert column.dtype == object
    assert converted


@pytest.mark.parametrize(
    "wrap", [lambda v: v, lambda v: [v], lambda v: {"a": v}, lambda v: {v}, lambda v: {v: 1}]
)
def test_texts_hold_no_addresses(wrap):
    texts = [as_column([wrap(Live())])[0][0] for _ in range(3)]
    assert "Live object" in texts[0]
    assert "0x" not in texts[0]
    assert len(set(texts)) == 1


def test_a_set_of_live_objects_has_one_order():
    class Named(Live):
        def __init__(self, name):
            self.name = name

        def __repr__(self):
            return f"<{self.name} at {hex(id(self))}>"

    texts = {as_column([{Named(name) for name in order}])[0][0] for order in ("abcdef", "fedcba", "cafebd")}
    assert len(texts) == 1


def test_few_values_of_one_type_stay_a_list_and_what_an_array_would_change_does_not():
    for values in ([1.5], [1, 2], [True], ["a", "b"], [np.float64(0.5), 1.0]):
        assert as_values(values)[0] == values
        assert {type(value) for value in as_values(values)[0]} <= {bool, int, float, str}
    for values in ([2**63], [-(2**63) - 1], [1, None], [1, 2.5], [Colour.RED], [[1]], list(range(1000))):
        found, converted = as_values(values)
        assert isinstance(found, np.ndarray)
        assert repr((found, converted)) == repr(as_column(values))
    assert as_values([None]) == (None, False)
