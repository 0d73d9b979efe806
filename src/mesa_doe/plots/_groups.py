"""Grouping an output by a factor: by level, by value or by bins of equal count."""

from __future__ import annotations

from contextlib import suppress
from numbers import Real
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

FEW_VALUES = 12


def is_numeric(values: pd.Series[Any]) -> bool:
    """Tell whether values belong on a number line rather than on an axis of levels.

    Parameters
    ----------
    values : pandas.Series
        A factor's values.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_numeric(pd.Series([1, 2])), is_numeric(pd.Series([True, False]))
    (True, False)
    """
    # A bool is a number to Python and to pandas, but 0.5 lies on no axis between False and True.
    if pd.api.types.is_bool_dtype(values.dtype):
        return False
    # Designs keep ints as ints in object columns; those are numbers all the same.
    if values.dtype == object:
        return all(isinstance(value, Real) and not isinstance(value, bool) for value in values)
    return pd.api.types.is_numeric_dtype(values.dtype)


def levels_of(values: pd.Series[Any]) -> tuple[npt.NDArray[np.intp], list[object]]:
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
        An ordered dtype's own order, else sorted text, numbers or tuples, else by first appearance.

    Examples
    --------
    >>> levels_of(pd.Series(["b", "a", "b"]))[1]
    ['a', 'b']
    """
    first: dict[Any, object] = {}
    for value in values:
        first.setdefault(_key(value), value)
    levels = list(first.values())
    if isinstance(values.dtype, pd.CategoricalDtype):
        known = {_key(category): position for position, category in enumerate(values.cat.categories)}
        levels.sort(key=lambda level: known.get(_key(level), len(known)))
    # Sets compare by inclusion, which sorts without complaint and orders nothing; hence the named types.
    elif all(isinstance(level, (str, Real, tuple, np.generic)) for level in levels):
        with suppress(TypeError):
            levels = sorted(levels)  # type: ignore[type-var]
    position = {_key(level): code for code, level in enumerate(levels)}
    return np.array([position[_key(value)] for value in values], dtype=np.intp), levels


def bin_codes(x: npt.NDArray[np.float64], bins: int) -> npt.NDArray[np.intp]:
    """Give each value the number of its bin; few distinct values are their own bins.

    Parameters
    ----------
    x : ndarray, shape (n,)
        Finite numbers.
    bins : int
        Number of bins of equal count when there are more than twelve distinct values.

    Returns
    -------
    ndarray of int, shape (n,)

    Examples
    --------
    >>> bin_codes(np.array([0.1, 0.5, 0.1]), bins=10)
    array([0, 1, 0])
    """
    distinct, codes = np.unique(x, return_inverse=True)
    if len(distinct) > FEW_VALUES:
        # Bins of equal count, since equal widths leave empty bins under a skewed law; ties share a bin.
        codes = pd.qcut(x, bins, labels=False, duplicates="drop")
    return np.asarray(codes, dtype=np.intp)


def _key(value: Any) -> Any:
    """Return what tells levels apart: True is not 1, and a list, though unhashable, is a level."""
    if value is None or (np.ndim(value) == 0 and pd.isna(value)):
        return (type(value), "missing")
    try:
        hash(value)
    except TypeError:
        return (type(value), repr(value))
    return (type(value), value)
