import math
import pickle
import time

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mesa_doe.errors import SpaceError
from mesa_doe.space.expressions import Expression

ROWS = {
    "a": np.array([-3, -1, 0, 1, 2, 7]),
    "b": np.array([2, 0, 0, -1, 5, 1]),
    "x": np.array([-1.5, 0.25, 0.0, 3.0, 2.0, 0.5]),
    "flag": np.array([True, False, True, False, True, False]),
    "kind": np.array(["near", "far", "near", "near", "far", "far"], dtype=object),
}
PYTHON = {"__builtins__": {}, "min": min, "max": max, "abs": abs}


def python(text):
    """What Python's own eval gives for each row."""
    rows = zip(*(column.tolist() for column in ROWS.values()), strict=True)
    return [eval(text, PYTHON, dict(zip(ROWS, row, strict=True))) for row in rows]


def ours(text):
    expression = Expression(text)
    assert expression.problems() == []
    return expression(ROWS, 6)


def joined(*operators):
    return lambda parts: st.tuples(parts, st.sampled_from(operators), parts).map(lambda t: f"({' '.join(t)})")


def numbers():
    leaves = st.sampled_from(["a", "b", "x", "flag", "0", "1", "3", "-2", "0.5", "2.0"])
    return st.recursive(
        leaves,
        lambda parts: st.one_of(
            joined("+", "-", "*", "/", "%")(parts),
            st.tuples(parts, st.sampled_from(["0", "1", "2", "-1"])).map(lambda t: f"({t[0]} ** {t[1]})"),
            parts.map(lambda t: f"-{t}"),
            parts.map(lambda t: f"+{t}"),
            parts.map(lambda t: f"abs({t})"),
            st.tuples(st.sampled_from(["min", "max"]), parts, parts, parts).map(
                lambda t: f"{t[0]}({t[1]}, {t[2]}, {t[3]})"
            ),
        ),
        max_leaves=6,
    )


def conditions():
    parts = numbers()
    compared = st.one_of(
        joined("<", "<=", ">", ">=", "==", "!=")(parts),
        st.tuples(parts, parts, parts).map(lambda t: f"({t[0]} <= {t[1]} < {t[2]})"),
        st.tuples(parts, parts).map(lambda t: f"({t[0]} < {t[1]} in [0, 1, 2.5])"),
        parts.map(lambda t: f"{t} not in (1, -3)"),
        st.sampled_from(
            ["kind == 'near'", "'far' != kind", "kind in ['far', 'x']", "kind not in []", "flag"]
        ),
    )
    return st.recursive(
        compared, lambda p: st.one_of(joined("and", "or")(p), p.map(lambda t: f"(not {t})")), max_leaves=5
    )


def held_to_python(text, equal):
    try:
        expected = python(text)
        raises = any(isinstance(value, complex) for value in expected)
    except (ZeroDivisionError, OverflowError):
        raises = True
    # The stated differences: numbers alone that cannot be computed are refused even where Python would not
    # come to them, ints have 64 bits, and a whole number to a negative power is an error.
    assume(not Expression(text).problems())
    try:
        found = ours(text)
    except SpaceError as error:
        message = str(error)
        assume("64 bits" not in message and "negative power" not in message)
        assert raises or "not finite" in message, message
        return
    assert not raises
    equal(found, expected)


@given(numbers())
def test_numbers_are_those_of_python(text):
    def equal(found, expected):
        np.testing.assert_allclose(found.astype(float), np.array(expected, dtype=float), rtol=1e-12)
        if found.dtype.kind == "i":
            assert found.tolist() == expected
            assert all(isinstance(value, int) for value in expected)

    held_to_python(text, equal)


@given(conditions())
def test_conditions_are_those_of_python(text):
    def equal(found, expected):
        assert found.dtype == np.bool_
        assert found.tolist() == expected

    held_to_python(text, equal)


@pytest.mark.parametrize(
    "text",
    [
        "a + b * 2 - x / 4",
        "-a ** 2",
        "2 ** -1.0",
        "a % 3",
        "a % -3",
        "x % 1",
        "a - -b",
        "b != 0 and a / b > 1",
        "b == 0 or a % b == 0",
        "0 < a < 5 > b",
        "a == a == a",
        "not a < 0 and not flag",
        "flag and a < 3 or x > 2",
        "flag == True",
        "flag + flag + a",
        "kind == 'near' and a > 0",
        "kind != 'far'",
        "'near' == kind",
        "kind in ('near', 'far')",
        "min(a, b, x) < max(a, 1)",
        "abs(a - b)",
        "  a < b  ",
        "1e3 * a",
        "a in [1, 2, -3]",
        "1 < 2 < a",
    ],
)
def test_by_hand_too(text):
    assert ours(text).tolist() == pytest.approx(python(text.strip()))


def test_a_chain_stops_where_it_fails_as_in_python():
    columns = {"a": np.array([4, 4]), "b": np.array([0, 2])}
    assert Expression("0 < b < a / b + 1")(columns, 2).tolist() == [False, True]
    assert Expression("0 < b and a / b > 1")(columns, 2).tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a.real", "'a.real' at position 1 is an attribute"),
        ("a < b.__class__.__mro__", "at position 5 is an attribute"),
        ("a + (1).bit_length()", "is a call of something else than min, max and abs"),
        ("__import__('os')", "is a call of something else"),
        ("eval('1')", "is a call of something else"),
        ("a()", "is a call of something else"),
        ("(lambda: 1)()", "is a call of something else"),
        ("lambda: 1", "is a lambda"),
        ("[a for a in b]", "is a comprehension"),
        ("{a for a in b}", "is a comprehension"),
        ("{a: 1 for a in b}", "is a comprehension"),
        ("min(a for a in b)", "min takes two arguments or more"),
        ("max(*a)", "max takes two arguments or more"),
        ("max(a, *b)", "is a starred argument"),
        ("min(a, b, key=a)", "min takes two arguments or more, without names"),
        ("abs(a, b)", "abs takes one argument"),
        ("(c := a) < 1", "is an assignment"),
        ("a if b else x", "is if ... else"),
        ("a[0]", "is an index"),
        ("a[0:1]", "is an index"),
        ("[1, 2]", "is a list that does not follow 'in'"),
        ("(1, 2)", "is a tuple that does not follow 'in'"),
        ("{1, 2}", "is a set"),
        ("{}", "is a dict"),
        ("'text'", "is a text that is not compared"),
        ("'text' * 1000000000", "is a text that is not compared"),
        ("kind < 'far'", "is a text that is not compared"),
        ("'a' < 'b'", "is a text that is not compared"),
        ("'a' in 'abc'", "is no list"),
        ("kind in 'near'", "is no list: 'in' takes [...] of numbers and texts"),
        ("kind in [a]", "is no number or text, which is all that a list may hold"),
        ("kind in [1 + 1]", "is no number or text"),
        ("kind in ['a'] == flag", "is a list with a comparison after it"),
        ("f'{a}'", "is a formatted text"),
        ("b'x' == kind", "is the value b'x'"),
        ("None", "is the value None"),
        ("...", "is the value Ellipsis"),
        ("2j", "is the value 2j"),
        ("a is b", "compared by 'is'"),
        ("a is not None", "compared by 'is not'"),
        ("a & b", "is an operator on bits (for truths write and, or, not)"),
        ("~a", "is an operator on bits"),
        ("a // b", "is another operator"),
        ("a @ b", "is another operator"),
        ("a << 1000", "is another operator"),
        ("await a", "is await"),
        ("(yield a)", "is yield"),
        ("9 ** 9 ** 9", "is beyond what whole numbers of 64 bits hold"),
        ("9.0 ** 9 ** 9", "is not finite"),
        ("a > 0 and 10 ** 400 > 1", "beyond what whole numbers"),
        ("1 / 0", "divides by zero"),
        ("99999999999999999999 < a", "is a number too large"),
        ("1e999 > a", "is a number too large"),
        ("", "the expression is empty"),
        ("   ", "the expression is empty"),
        ("a <", "this is no expression: invalid syntax at its end"),
        ("a = b", "this is no expression: invalid syntax at position 3 (equality is ==)"),
        ("a; b", "this is no expression"),
        ("import os", "this is no expression"),
        ("a < b)", "this is no expression"),
        ("a < 1\n and b < 2", "must be one line"),
        ("a < 1 # low\n and b", "must be one line"),
        ("a\0b", "must be one line"),
        ("+".join(["a"] * 200), "is nested 201 deep, the most is 150"),
        ("-" * 1500 + "a", ""),
        ("(" * 900 + "a" + ")" * 900, ""),
        ("a + " * 1000 + "a", "has 4001 characters, the most is 2000"),
    ],
)
def test_anything_else_is_refused_at_once_with_its_place(text, problem):
    started = time.perf_counter()
    expression = Expression(text)
    problems = expression.problems()
    assert problems
    assert any(problem in found for found in problems)
    with pytest.raises(SpaceError):
        expression(ROWS, 6)
    assert time.perf_counter() - started < 1


def test_what_is_allowed_is_told():
    (problem,) = Expression("a.b").problems()
    assert "allowed are names of parameters, numbers, + - * / % **, comparisons" in problem


def test_every_refused_part_is_told_at_once_with_its_place_in_characters():
    problems = Expression("größe.real < b[0] + 'ü'").problems()
    assert [problem.split(" is ")[0] for problem in problems] == [
        "'größe.real' at position 1",
        "'b[0]' at position 14",
        "\"'ü'\" at position 21",
    ]


def test_dunder_names_are_names_like_others():
    assert Expression("__builtins__ < 1").names == ("__builtins__",)
    with pytest.raises(KeyError):
        Expression("__builtins__ < 1")({}, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a / b", r"'a / b' divides by zero \(.*\) in row 1"),
        ("a % b", "'a % b' divides by zero .* in row 1"),
        ("a > 0 and 1 / (a - 7) < 0", "divides by zero .* in row 5"),
        ("a ** b", "'a \\*\\* b' is a whole number to a negative power .* in row 3"),
        ("a ** 40", "beyond what whole numbers of 64 bits hold .* in row 0"),
        ("9000000000000000000 + a * 1000000000000000000", "64 bits .* in row 3"),
        ("x ** 0.5", "'x \\*\\* 0.5' is not finite in row 0"),
        ("x * 1e308", "is not finite in row 3"),
        ("kind + 1", "'kind' holds levels or objects, which can only be compared"),
        ("min(kind, a)", "'kind' holds levels or objects"),
        ("-kind", "'kind' holds levels or objects"),
        ("abs(kind)", "'kind' holds levels or objects"),
        ("kind < a", "'kind < a' orders levels or objects"),
        ("a == 'near'", "\"a == 'near'\" compares numbers with a text: 'a' holds numbers"),
        ("a in [1, 'near']", "compares numbers with a text"),
        ("a and b < 1", "'a' holds numbers where True or False is needed: write a comparison"),
        ("not kind", "'kind' holds levels or objects where True or False is needed"),
        ("a < 1 or x + 1", r"'x \+ 1' holds numbers where True or False is needed"),
    ],
)
def test_what_cannot_be_computed_is_told(text, message):
    with pytest.raises(SpaceError, match=message):
        ours(text)


def test_true_and_1_are_two_levels_and_1_and_1_point_0_one_number():
    column = np.empty(4, dtype=object)
    column[:] = [True, 1, 1.0, "1"]
    assert Expression("k == 1")({"k": column}, 4).tolist() == [False, True, True, False]
    assert Expression("k in [True, '1']")({"k": column}, 4).tolist() == [True, False, False, True]


def test_objects_of_any_kind_can_be_compared():
    class Angry:
        def __eq__(self, other):
            raise RuntimeError

        __hash__ = None

    column = np.empty(5, dtype=object)
    for i, value in enumerate([[1, 2], np.array([1, 2]), None, Angry(), "a"]):
        column[i] = value
    assert Expression("k == 'a'")({"k": column}, 5).tolist() == [False] * 4 + [True]
    assert Expression("k == k")({"k": column}, 5).tolist() == [True] * 5


def test_nothing_is_shared_with_the_columns():
    column = np.array([1.0, 2.0])
    found = Expression("a")({"a": column}, 2)
    found[0] = 9
    assert column.tolist() == [1, 2]


def test_names_come_once_in_their_order_and_min_may_be_one():
    assert Expression("b < a + b + min(a, min)").names == ("b", "a", "min")


def test_literals_compared_with_a_name_are_known():
    assert Expression("k == 'a' or 'b' != k or n in [1, -2] or k < 3").compared == (
        ("k", "a"),
        ("k", "b"),
        ("n", 1),
        ("n", -2),
    )


def test_expressions_are_equal_by_text_and_pickle():
    expression = Expression("a < b")
    again = pickle.loads(pickle.dumps(expression))
    assert again == expression
    assert hash(again) == hash(expression)
    assert again != Expression("a <b")
    assert again(ROWS, 6).tolist() == python("a < b")
    assert repr(again) == "Expression('a < b')"


def test_infinite_constants_are_numbers():
    assert Expression("a < top")({"a": np.array([1, 2]), "top": np.array(math.inf)}, 2).tolist() == [True] * 2


def test_no_rows_give_no_values_of_the_same_type():
    none = {name: column[:0] for name, column in ROWS.items()}
    for text in ("a + 1", "a / b", "a < b and a / b > 1", "min(a, x)", "b ** -1"):
        try:
            dtype = ours(text).dtype
        except SpaceError:
            dtype = None
        found = Expression(text)(none, 0)
        assert found.shape == (0,)
        assert dtype is None or found.dtype == dtype
