"""What an expression computes with: columns of numbers, truths and levels, as Python would, row by row.

Different from numpy: truths count as 0 and 1, an int that leaves 64 bits does not wrap around, and division
by zero, or a result that is not finite, is an error that names the row, as in Python.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mesa_doe.arrays import Array, BoolArray, IntArray
from mesa_doe.errors import SpaceError
from mesa_doe.space.values import objects, says_equal

__all__ = ["Rows", "calculate", "compare", "equal", "extreme", "negate", "scalar", "size", "truths"]

# A little less than 2**63, so that it is safe to ask the rounded result.
_WHOLE_LIMIT = 9.2e18
_OPERATIONS: dict[str, np.ufunc] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.true_divide,
    "%": np.remainder,
    "**": np.power,
}
_COMPARISONS: dict[str, np.ufunc] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


@dataclass(frozen=True)
class Rows:
    """Some rows of a table: what an expression, or a part of one, is computed for.

    Parameters
    ----------
    columns : mapping of str to ndarray, shape (n,) or ()
        bool, int64, float64 or object.
    count : int
        How many rows are meant.
    index : ndarray of int, shape (count,), optional
        Which ones; without it all are.
    """

    columns: Mapping[str, Array]
    count: int
    index: IntArray | None = None

    def column(self, name: str) -> Array:
        """Return a column's values in these rows (count,), or the one value () of a constant."""
        column = self.columns[name]
        return column if self.index is None or column.ndim == 0 else column[self.index]

    def at(self, places: IntArray) -> Rows:
        """Return the rows at these places among these."""
        return Rows(self.columns, len(places), places if self.index is None else self.index[places])

    def refuse(self, wrong: Any, what: str) -> None:
        """Raise SpaceError if any row is wrong, naming the first; without rows nothing is."""
        wrong = np.asarray(wrong)
        if not self.count or not wrong.any():
            return
        if wrong.ndim == 0:
            raise SpaceError(what)
        place = int(np.argmax(wrong))
        raise SpaceError(f"{what} in row {place if self.index is None else self.index[place]}")


def scalar(value: Any) -> Array:
    """Hold one value as an array of shape (): a number or a truth as such, anything else as an object.

    Examples
    --------
    >>> scalar(3).dtype, scalar("a").dtype
    (dtype('int64'), dtype('O'))
    """
    if isinstance(value, (bool, float)):
        return np.array(value)
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return np.array(value, dtype=np.int64)
    return np.reshape(objects([value]), ())


def _numbers(values: Array, text: str) -> Array:
    if values.dtype.kind == "O":
        raise SpaceError(
            f"{text!r} holds levels or objects, which can only be compared, by ==, != and in;"
            " for numbers to compute with use Integer or Discrete([...])"
        )
    return values.astype(np.int64) if values.dtype.kind == "b" else values


def calculate(symbol: str, left: Array, right: Array, texts: tuple[str, str, str], rows: Rows) -> Array:
    """Apply ``+ - * / % **`` to numbers; `texts` are those of the whole, the left and the right.

    Raises
    ------
    SpaceError
        Where Python would raise or turn to complex numbers, and where an int leaves 64 bits.

    Examples
    --------
    >>> calculate("**", np.array([2, 3]), scalar(2), ("a ** 2", "a", "2"), Rows({}, 2))
    array([4, 9])
    """
    text = texts[0]
    left, right = _numbers(left, texts[1]), _numbers(right, texts[2])
    operation = _OPERATIONS[symbol]
    whole = left.dtype.kind == right.dtype.kind == "i" and symbol != "/"
    if symbol in ("/", "%"):
        rows.refuse(right == 0, f"{text!r} divides by zero (a condition before it helps: x != 0 and ...)")
    if whole and symbol == "**":
        rows.refuse(right < 0, f"{text!r} is a whole number to a negative power (1.0 * it is a real one)")
        right = np.maximum(right, 0)
    with np.errstate(all="ignore"):
        real: Array = np.asarray(operation(left.astype(np.float64), right.astype(np.float64)))
        if whole:
            rows.refuse(~(np.abs(real) < _WHOLE_LIMIT), _too_big(text))
            return np.asarray(operation(left, right))
    lost = np.isnan(real) & ~np.isnan(left) & ~np.isnan(right)
    rows.refuse(lost | (np.isinf(real) & np.isfinite(left) & np.isfinite(right)), f"{text!r} is not finite")
    return real


def _too_big(text: str) -> str:
    return f"{text!r} is beyond what whole numbers of 64 bits hold (1.0 * it is a real one)"


def negate(values: Array, texts: tuple[str, str], rows: Rows) -> Array:
    """Turn numbers round; `texts` are those of the whole and of its operand."""
    values = _numbers(values, texts[1])
    if values.dtype.kind == "i":
        rows.refuse(~(np.abs(values.astype(np.float64)) < _WHOLE_LIMIT), _too_big(texts[0]))
    return np.asarray(np.negative(values))


def size(values: Array, texts: tuple[str, str], rows: Rows) -> Array:
    """Take numbers without their sign; `texts` are those of the whole and of its operand."""
    negative = negate(values, texts, rows)  # which has checked the values
    return np.asarray(np.abs(negative))


def extreme(smallest: bool, parts: Sequence[Array], texts: Sequence[str]) -> Array:
    """Take the smallest or the largest number of each row.

    Examples
    --------
    >>> extreme(True, [np.array([1, 5]), scalar(3)], ["a", "3"])
    array([1, 3])
    """
    found, *others = [_numbers(part, text) for part, text in zip(parts, texts, strict=True)]
    for other in others:
        found = np.asarray(np.minimum(found, other) if smallest else np.maximum(found, other))
    return found


def truths(values: Array, text: str, count: int) -> BoolArray:
    """Return truths as a new array of shape (count,); SpaceError for anything else."""
    if values.dtype.kind != "b":
        kind = "levels or objects" if values.dtype.kind == "O" else "numbers"
        raise SpaceError(f"{text!r} holds {kind} where True or False is needed: write a comparison")
    return np.array(np.broadcast_to(values, (count,)))


def compare(symbol: str, left: Array, right: Array, texts: tuple[str, str, str]) -> Array:
    """Apply a comparison; levels and other objects know ``==`` and ``!=`` only.

    Raises
    ------
    SpaceError
        If levels are to be ordered, or numbers compared with a text.

    Examples
    --------
    >>> compare("==", objects(["a", "b"]), scalar("a"), ("kind == 'a'", "kind", "'a'"))
    array([ True, False])
    """
    if left.dtype.kind != "O" and right.dtype.kind != "O":
        return np.asarray(_COMPARISONS[symbol](left, right))
    if symbol not in ("==", "!="):
        raise SpaceError(f"{texts[0]!r} orders levels or objects, which know only ==, != and in")
    for one, other, text in ((left, right, texts[1]), (right, left, texts[2])):
        if one.dtype.kind != "O" and other.ndim == 0 and isinstance(other.item(), str):
            raise SpaceError(f"{texts[0]!r} compares numbers with a text: {text!r} holds numbers or truths")
    alike = _alike(right, left) if left.ndim == 0 else _alike(left, right)
    return alike if symbol == "==" else ~alike


def _alike(values: Array, others: Array) -> Array:
    if others.ndim or not values.ndim:
        pairs = np.broadcast(values, others)
        found = np.fromiter((equal(a, b) for a, b in pairs), dtype=np.bool_, count=pairs.size)
        return np.reshape(found, pairs.shape)
    # The same few levels come again and again: each is asked once, as long as the list keeps it alive.
    held, other, asked = values.tolist(), others.item(), dict[int, bool]()
    for value in held:
        if id(value) not in asked:
            asked[id(value)] = equal(value, other)
    return np.fromiter((asked[id(value)] for value in held), dtype=np.bool_, count=len(held))


def equal(a: Any, b: Any) -> bool:
    """Tell whether two values are equal, of any kind; True and 1 are two levels, 1 and 1.0 one number.

    Examples
    --------
    >>> equal(1, 1.0), equal(1, True), equal("a", "a")
    (True, False, True)
    """
    truths_alike = isinstance(a, (bool, np.bool_)) == isinstance(b, (bool, np.bool_))
    return a is b or (truths_alike and says_equal(a, b))
