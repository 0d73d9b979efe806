"""Which values of a column are one level, and in which order levels stand."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import IntArray

__all__ = ["levels_of"]


def levels_of(values: pd.Series[Any]) -> tuple[IntArray, list[Any]]:
    """Give each value the number of its level, levels sorted where they have an order.

    Parameters
    ----------
    values : pandas.Series, shape (n,)
        A factor's values, of any type.

    Returns
    -------
    codes : ndarray of int, shape (n,)
        Position of each value's level.
    levels : list
        The objects themselves: in the order of a categorical dtype, else sorted, else by first appearance.

    Examples
    --------
    >>> codes, levels = levels_of(pd.Series(["b", "a", "b"]))
    >>> codes.tolist(), levels
    ([1, 0, 1], ['a', 'b'])
    """
    keys = [_key(value) for value in values]
    first: dict[Any, Any] = {}
    for key, value in zip(keys, values, strict=True):
        first.setdefault(key, value)
    if isinstance(values.dtype, pd.CategoricalDtype):
        known = {_key(category): place for place, category in enumerate(values.cat.categories)}
        levels = sorted(first.values(), key=lambda level: known.get(_key(level), len(known)))
    else:
        levels = _in_order([*first.values()])
    place = {_key(level): code for code, level in enumerate(levels)}
    return np.array([place[key] for key in keys], dtype=np.int64), levels


def _key(value: Any) -> Any:
    """Return what tells levels apart: True is not 1, and a list, though unhashable, is a level."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return (type(value), "missing")
    try:
        hash(value)
    except TypeError:
        return (type(value), repr(value))
    return (type(value), value)


def _in_order(levels: Sequence[Any]) -> list[Any]:
    """Sort levels, or leave them as they come where they have no order."""
    try:
        ordered = sorted(levels)
        # Sets compare by inclusion, which sorts without complaint and orders nothing.
        ranked = all(a < b or a == b for a, b in itertools.pairwise(ordered))
    except (TypeError, ValueError):  # of arrays, which compare item by item
        return [*levels]
    return ordered if ranked else [*levels]
