"""One run's values of one name as a typed column: numbers, text, and what becomes text."""

from __future__ import annotations

import enum
import json
import math
import numbers
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.arrays import Array

__all__ = ["Array", "Values", "as_column", "as_values", "is_plain", "mixes", "number_text", "written"]

#: Values of one type: a typed array, or a short list of bool, int (of 64 bits), float or str; None where
#: nothing is known of the type.
Values: TypeAlias = Array | list[Any] | None

# The address in a default repr differs from process to process: the same run must give the same text.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_PLAIN = {bool, int, float, str, type(None)}
# Up to how many values a list is quicker than an array of its own.
_SHORT = 100
# Types of which every value fits the array; of int not all do.
_SURE = frozenset({bool, float, str})
_LEAST_INT, _MOST_INT = -(2**63), 2**63 - 1


def as_column(values: Iterable[Any]) -> tuple[Array | None, bool]:
    """Turn the values of one run into one typed array.

    Parameters
    ----------
    values : iterable
        Whatever a model reported: numbers, strings, None, or any object.

    Returns
    -------
    array : ndarray (n,) or None
        bool, int64, float64 (None becomes NaN; ints too large for int64 are rounded) or object holding
        only str and None; None where every value is None, so that nothing is known of the type.
    converted : bool
        Whether a value that is no number, string or None was stored as text: an enum member as its
        name, lists, dicts, sets and arrays as JSON, anything else as its repr without addresses.

    Examples
    --------
    >>> as_column([1, None, 3])
    (array([ 1., nan,  3.]), False)
    >>> as_column([[1, 2], "a"])
    (array(['[1, 2]', 'a'], dtype=object), True)
    """
    return _as_array(*_plain_items(values))


def as_values(values: Sequence[Any]) -> tuple[Values, bool]:
    """Turn the values of one run into what :meth:`Table.append` takes, the same as by :func:`as_column`.

    Returns
    -------
    values : list, ndarray (n,) or None
        Few values of one type are a list.
    converted : bool

    Examples
    --------
    >>> as_values([1.0, np.float64(2)]), as_values([1, None])
    (([1.0, 2.0], False), (array([ 1., nan]), False))
    """
    if len(values) == 1 and type(values[0]) in _SURE:  # nearly all of what short runs give
        return [values[0]], False
    items, types = _plain_items(values)
    if len(types) == 1 and len(items) <= _SHORT:
        kind = type(items[0])
        if kind in _SURE or (kind is int and min(items) >= _LEAST_INT and max(items) <= _MOST_INT):
            return items, False
    return _as_array(items, types)


def is_plain(value: Any) -> bool:
    """Tell whether a value stands for itself in a column, as :meth:`Table.append_rows` takes it.

    Examples
    --------
    >>> is_plain(1), is_plain("x"), is_plain(2**64), is_plain(None)
    (True, True, False, False)
    """
    kind = type(value)
    return kind in _SURE or (kind is int and _LEAST_INT <= value <= _MOST_INT)


def mixes(values: Sequence[Any]) -> bool:
    """Tell whether values that became text hold numbers; NaN is a gap in any column.

    Examples
    --------
    >>> mixes(["-", 1.5]), mixes(["-", None]), mixes(["-", math.nan])
    (True, False, False)
    """
    if set(map(type, values)) <= {str, type(None)}:  # nearly all of what is text
        return False
    return any(type(value) in (bool, int, float) and value == value for value in map(_plain, values))


def _plain_items(values: Iterable[Any]) -> tuple[list[Any], set[type]]:
    items = values if type(values) is list else list(values)
    types = set(map(type, items))
    if not types <= _PLAIN:
        items = [_plain(value) for value in items]
        types = set(map(type, items))
    return items, types


def _as_array(items: list[Any], types: set[type]) -> tuple[Array | None, bool]:
    known = types - {type(None)}
    if not known:
        return (None, False) if items else (np.empty(0, dtype=np.float64), False)
    if known == {bool} and len(types) == 1:
        return np.array(items, dtype=bool), False
    if known <= {bool, int} and len(known) == len(types):
        try:
            return np.array(items, dtype=np.int64), False
        except OverflowError:
            return np.array([_float(item) for item in items]), False
    if types == {float}:
        return np.fromiter(items, np.float64, len(items)), False  # a third quicker than np.array
    if known <= {bool, int, float}:
        try:
            return np.array(items, dtype=np.float64), False  # None becomes NaN
        except OverflowError:
            return np.array([np.nan if item is None else _float(item) for item in items]), False
    texts = np.empty(len(items), dtype=object)
    texts[:] = [number_text(item) if type(item) in (bool, int, float) else _text(item) for item in items]
    return texts, bool(known - {bool, int, float, str})


def _plain(value: Any) -> Any:
    """Return a bool, int, float, str or None where the value is one in disguise, else the value."""
    if type(value) in _PLAIN:
        return value
    if value is pd.NA or value is pd.NaT or value is np.ma.masked:
        return None
    if isinstance(value, enum.Enum):
        return value
    if isinstance(value, (np.generic, np.ndarray)) and value.ndim == 0:
        item = value.item()
        # A long double is its own item.
        if not isinstance(item, (np.generic, np.ndarray)):
            return _plain(item)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return _float(value)
    return value


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value > 0 or -1)


def written(text: str) -> str:
    r"""Return a text as files and tables can hold it: a lone surrogate, as of an odd file name, is spelt.

    Examples
    --------
    >>> written("é"), written("\ud800 bad")
    ('é', '\\ud800 bad')
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def number_text(value: float) -> str | None:
    """Write out a number among texts, in one way everywhere; NaN stays a gap."""
    return None if value != value else repr(value)


def _text(value: Any) -> str | None:
    if value is None or type(value) is str:
        return value and written(value)
    try:
        tree = _tree(value)
        return written(tree) if isinstance(tree, str) else json.dumps(tree)
    except Exception:  # noqa: BLE001 - loops and broken containers have at least a repr
        return _repr(value)


def _tree(value: Any) -> Any:
    """Return what JSON can hold, the same in every process: no addresses, no order of a set."""
    plain = _plain(value)
    if plain is None or type(plain) in (bool, int, float, str):
        return plain
    if isinstance(value, enum.Enum):
        return value.name or _repr(value)
    if isinstance(value, np.ndarray):
        return value.tolist() if value.dtype.kind in "biuf" else _tree(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_tree(item) for item in value]
    if isinstance(value, (set, frozenset)):
        # Iteration order of a set of strings changes with the process' hash seed.
        return sorted(map(_tree, value), key=json.dumps)
    if isinstance(value, Mapping):
        pairs = [(_text(key), _tree(item)) for key, item in value.items()]
        keys = {key for key, _ in pairs}
        return dict(pairs) if len(keys) == len(pairs) and None not in keys else [list(pair) for pair in pairs]
    return _repr(value)


def _repr(value: Any) -> str:
    try:
        return _ADDRESS.sub("", repr(value))
    except Exception as error:  # noqa: BLE001 - a broken repr must not lose the run; the text says so
        return f"<{type(value).__name__}: repr failed with {type(error).__name__}>"
