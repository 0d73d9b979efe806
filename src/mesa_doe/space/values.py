"""Single values and columns of them: what is a number, what is the same, what survives JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Set
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import Array, FloatArray, IntArray
from mesa_doe.errors import SpaceError

__all__ = [
    "as_column",
    "as_numbers",
    "as_tuple",
    "is_int",
    "is_nan",
    "is_number",
    "json_ready",
    "level_index",
    "objects",
    "plain",
    "same",
    "says_equal",
]


# Not np.generic: item() turns a datetime64 of nanoseconds into a bare int, and leaves a longdouble one.
_PLAIN_SCALARS = (np.bool_, np.integer, np.float64, np.float32, np.float16, np.complex128, np.str_, np.bytes_)


def plain(value: Any) -> Any:
    """Turn a numpy scalar into the Python scalar it stands for; leave any other object as it is.

    Examples
    --------
    >>> plain(np.int64(3)), plain("a")
    (3, 'a')
    """
    # For numpy a span of time is an integer too.
    is_plain = isinstance(value, _PLAIN_SCALARS) and not isinstance(value, np.timedelta64)
    return value.item() if is_plain else value


def as_tuple(values: Any) -> Any:
    """Turn a list-like into a tuple of plain values; leave what has no order, or no parts, for `problems`."""
    if isinstance(values, (str, bytes, bytearray, Mapping, Set)) or not isinstance(values, Iterable):
        return values
    if isinstance(values, np.ndarray) and values.ndim == 0:
        return values
    return tuple(plain(value) for value in values)


def is_int(value: Any) -> bool:
    """Tell whether a value is an int, of Python or numpy; a bool is not, nor a span of time.

    Examples
    --------
    >>> is_int(np.int64(3)), is_int(3.0), is_int(True)
    (True, False, False)
    """
    # For numpy a span of time is an integer too.
    return isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.timedelta64))


def is_number(value: Any) -> bool:
    """Tell whether a value is a finite int or float; a bool is not."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an int that no float can hold
        return False


def is_nan(value: Any) -> bool:
    """Tell whether a value is one of the not-a-numbers (float, complex, pandas), which equal nothing."""
    if value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, (float, complex, np.generic)) and bool(np.ndim(value) == 0 and value != value)


def same(a: Any, b: Any) -> bool:
    """Tell whether two values are one level: the same object, or equal and of one type.

    Examples
    --------
    >>> same("a", "a"), same(True, 1), same([1], [1])
    (True, False, True)
    """
    if a is b:
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and bool(np.array_equal(a, b))
    return says_equal(a, b)


def says_equal(a: Any, b: Any) -> bool:
    """Tell whether ``a == b`` gives a plain yes, as that of arrays does not."""
    try:
        answer = a == b
    except Exception:  # noqa: BLE001 - a user's == may raise anything; such objects are equal only by `is`
        return False
    return isinstance(answer, (bool, np.bool_)) and bool(answer)


def objects(values: Iterable[Any]) -> Array:
    """Put any objects into a one-dimensional object array, each kept as it is."""
    return np.fromiter(values, dtype=object)  # np.array would make lists of one length a table


def level_index(u: FloatArray, k: int) -> IntArray:
    """Give each of `k` levels its equal share of the unit interval.

    Examples
    --------
    >>> level_index(np.array([0.0, 0.49, 0.5, 1.0]), 2)
    array([0, 0, 1, 1])
    """
    # A sample may hold exactly 1.0, so the floor alone would give a level too many.
    index: IntArray = (np.asarray(u, dtype=np.float64) * k).astype(np.int64)
    return np.minimum(index, k - 1, out=index)


def as_column(values: Any) -> Array:
    """Read a column: numbers and bools as numpy holds them, anything else as objects.

    Raises
    ------
    SpaceError
        If the values are not one-dimensional.
    """
    if isinstance(values, (pd.Series, pd.Index)):
        numeric = isinstance(values.dtype, np.dtype) and values.dtype.kind in "biuf"
        return values.to_numpy() if numeric else values.to_numpy(dtype=object)
    if isinstance(values, np.ndarray):
        if values.ndim != 1:
            raise SpaceError(f"a column must be one-dimensional, got an array of shape {values.shape}")
        return values
    if isinstance(values, (str, bytes, Mapping, Set, pd.DataFrame)) or not isinstance(values, Iterable):
        raise SpaceError(f"a column must be a list or an array, got {type(values).__name__}")
    return objects(values)


def as_numbers(values: Any) -> Array:
    """Read a column as ints where all are, else as floats, with NaN for what is no number."""
    column = as_column(values)
    if column.dtype.kind in "iuf":
        return column
    read = [value if is_number(value) else math.nan for value in map(plain, column)]
    if read and all(isinstance(value, int) and abs(value) < 2**63 for value in read):
        return np.array(read, dtype=np.int64)
    return np.array(read, dtype=np.float64)


def json_ready(value: Any) -> Any:
    """Copy a value that comes back from JSON exactly as it is.

    Raises
    ------
    SpaceError
        If it would come back as something else, or not at all (tuples, enums, functions, nan, ...).
    """
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is list:
        return [json_ready(item) for item in value]
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: json_ready(item) for key, item in value.items()}
    raise SpaceError(f"{value!r} cannot be written to JSON and read back as the same {type(value).__name__}")
