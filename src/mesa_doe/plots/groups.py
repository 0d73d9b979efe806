"""Groups of a factor's values, by level, value or bin, and the mean of an output in each.

``caller`` is the name of the plot, for messages.
"""

from __future__ import annotations

from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.columns import Units, levels_of, units_of
from mesa_doe.errors import AnalysisError
from mesa_doe.plots import naming
from mesa_doe.plots.checks import as_floats

_FEW_VALUES = 12


class Groups(NamedTuple):
    """The groups of a factor's values.

    Parameters
    ----------
    position : ndarray of float, shape (n,)
        Where each point stands on the factor's axis.
    codes : ndarray of int, shape (n,)
        The group of each point.
    names : list of str
        Names of the levels, which stand at 0, 1, …; empty for numbers.
    kind : str
        What a group is: a ``"level"``, a ``"value"`` or a ``"bin"``.
    """

    position: FloatArray
    codes: IntArray
    names: list[str]
    kind: str


def is_numeric(values: pd.Series[Any]) -> bool:
    """Tell whether values belong on a number line rather than on an axis of levels.

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


def grouped(factor: pd.Series[Any], bins: int, *, caller: str, logarithmic: bool = False) -> Groups:
    """Group a factor's values by level, by value up to twelve, or by bins of equal count.

    Parameters
    ----------
    factor : pandas.Series, shape (n,)
        Values of any type; numbers are finite.
    bins : int
        Number of bins.
    logarithmic : bool, default False
        Whether numbers stand on a logarithmic axis, which has none below zero.

    Raises
    ------
    AnalysisError
        If a number has no place on the axis.

    Examples
    --------
    >>> grouped(pd.Series(["b", "a"]), 10, caller="scatter")[2:]
    (['a', 'b'], 'level')
    """
    if not is_numeric(factor):
        codes, levels = levels_of(factor)
        return Groups(codes.astype(float), codes, naming.level_names(levels), "level")
    position = as_floats(factor, str(factor.name), caller=caller)
    if logarithmic:
        check_logarithm(position, str(factor.name), caller=caller)
    distinct, codes = np.unique(position, return_inverse=True)
    if len(distinct) <= _FEW_VALUES:
        return Groups(position, codes, [], "value")
    # Bins of equal count, since equal widths leave empty bins under a skewed law; ties share a bin.
    return Groups(position, np.asarray(pd.qcut(position, bins, labels=False, duplicates="drop")), [], "bin")


def centres(groups: Groups, *, logarithmic: bool) -> FloatArray:
    """Return where the middle of each group stands: the mean, on a logarithmic axis of the logarithms.

    Returns
    -------
    ndarray of float, shape (groups,)

    Examples
    --------
    >>> centres(Groups(np.array([1.0, 100.0]), np.array([0, 0]), [], "bin"), logarithmic=True).round(9)
    array([10.])
    """
    on_axis = logarithmic and not groups.names
    place = pd.Series(np.log(groups.position) if on_axis else groups.position)
    middle = np.asarray(place.groupby(groups.codes).mean(), dtype=np.float64)
    return np.asarray(np.exp(middle)) if on_axis else middle


def check_logarithm(numbers: FloatArray, name: str, *, caller: str) -> None:
    """Refuse numbers that have no place on a logarithmic axis.

    Raises
    ------
    AnalysisError
    """
    if (least := float(numbers.min())) <= 0:
        raise AnalysisError(f"{caller}: on a logarithmic axis {name} must be above zero, given {least:g}")


def units_kept(blocks: Any, rows: int, kept: pd.Index[Any], *, caller: str) -> Units | None:
    """Return which rows that are drawn go together, or None where each stands alone.

    Parameters
    ----------
    blocks : array_like, shape (n,), or None
        The block of each row, as ``design.blocks``.
    rows : int
        How many rows there are.
    kept : pandas.Index
        Positions of those that are drawn.

    Raises
    ------
    AnalysisError
        If there is not one block a row.

    Examples
    --------
    >>> units_kept([4, 4, 9], 3, pd.Index([0, 1, 2]), caller="scatter").of
    array([0, 0, 1])
    """
    if blocks is None:
        return None
    if np.shape(blocks) != (rows,):
        raise AnalysisError(f"{caller}: blocks must be one a row, {rows}; given shape {np.shape(blocks)}")
    return units_of(blocks, kept.to_numpy())


def mean_errors(output: FloatArray, codes: IntArray, units: Units | None) -> FloatArray:
    """Return the standard error of the mean of each group, NaN where it has one row, or one unit.

    Parameters
    ----------
    output : ndarray of float, shape (n,)
    codes : ndarray of int, shape (n,)
        The group of each row.
    units : Units or None
        Which rows go together, as those of a block do, which are not independent.

    Returns
    -------
    ndarray of float, shape (groups,)

    Examples
    --------
    >>> mean_errors(np.array([1.0, 1, 3, 3]), np.zeros(4, dtype=int), units_of([0, 0, 1, 1]))
    array([1.])
    """
    if units is None:
        return np.asarray(pd.Series(output).groupby(codes).sem(), dtype=np.float64)
    return units.mean_error(output, np.unique(codes, return_inverse=True)[1])


def order_codes(factor: pd.Series[Any], *, caller: str) -> IntArray:
    """Give each value its rank among the distinct ones: levels in their order, numbers by size.

    Returns
    -------
    ndarray of int, shape (n,)

    Examples
    --------
    >>> order_codes(pd.Series([0.5, 0.1, 0.5]), caller="cusunoro")
    array([1, 0, 1])
    """
    if not is_numeric(factor):
        return levels_of(factor)[0]
    numbers = as_floats(factor, str(factor.name), caller=caller)
    return np.asarray(np.unique(numbers, return_inverse=True)[1], dtype=np.intp)
