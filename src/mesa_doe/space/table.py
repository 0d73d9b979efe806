"""A parameter space as a table that is read or typeset."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from mesa_doe.space.axes import Axis, is_continuous
from mesa_doe.space.derived import Derived
from mesa_doe.space.levels import Boolean, Constant

__all__ = ["levels_of", "table_of", "values_of"]


def _named(level: Any) -> str:
    return str(getattr(level, "__qualname__", level))


def values_of(axis: Axis, written: Callable[[Any], str] = _named) -> str:
    """Write over what an axis goes.

    Parameters
    ----------
    axis : Axis
    written : callable, optional
        What writes a level; by default as text, functions and classes by their names.

    Returns
    -------
    str

    Examples
    --------
    >>> from mesa_doe.space import Categorical, Real
    >>> values_of(Real(0.1, 10, log=True)), values_of(Categorical(["a", "b"], [0.8, 0.2]))
    ('0.1 to 10, logarithmic', 'a (weight 0.8), b (weight 0.2)')
    """
    low, high = getattr(axis, "low", None), getattr(axis, "high", None)
    if low is not None:
        return f"{low} to {high}{', logarithmic' if getattr(axis, 'log', False) else ''}"
    if isinstance(axis, Boolean):
        return "False, True"
    levels = getattr(axis, "levels", getattr(axis, "values", None))
    if levels is None or callable(levels):
        return repr(axis)
    weights = getattr(axis, "weights", None)
    told = [written(level) for level in levels]
    if weights is not None:
        told = [f"{level} (weight {weight:g})" for level, weight in zip(told, weights, strict=True)]
    return ", ".join(told)


def levels_of(axis: Axis) -> int | str:
    """Tell how many levels an axis has, or why it has none that could be counted.

    Examples
    --------
    >>> from scipy import stats
    >>> from mesa_doe.space import Integer, Law, Real
    >>> levels_of(Integer(1, 4)), levels_of(Real(0, 1)), levels_of(Law(stats.poisson(3)))
    (4, 'continuous', 'without end')
    """
    if axis.n_levels is not None:
        return axis.n_levels
    return "continuous" if is_continuous(axis) else "without end"


def table_of(entries: Mapping[str, Axis], derived: Mapping[str, Derived]) -> pd.DataFrame:
    """Return a row a parameter: what kind it is of, over what it goes, and how many levels it has.

    Parameters
    ----------
    entries : mapping of str to Axis
        Factors and constants.
    derived : mapping of str to Derived

    Returns
    -------
    DataFrame
    """
    rows: dict[str, tuple[str, str, str]] = {}
    for name, axis in entries.items():
        if isinstance(axis, Constant):
            rows[name] = ("constant", _named(axis.value), "")
        else:
            rows[name] = (type(axis).__name__, values_of(axis), str(levels_of(axis)))
    for name, one in derived.items():
        rows[name] = ("derived", _named(one.expression), "")
    index = pd.Index(list(rows), name="parameter", dtype=object)
    return pd.DataFrame(list(rows.values()), index, ["kind", "values", "levels"])
