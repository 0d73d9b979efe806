"""What the axes say of the factors' columns: in which order levels stand, and which are logarithmic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.design import Design
from mesa_doe.space import Categorical

__all__ = ["in_declared_order", "logarithmic"]


def in_declared_order(frame: pd.DataFrame, design: Design | None) -> pd.DataFrame:
    """Return a frame whose columns of categories are pandas categoricals, in the order of their axes.

    Parameters
    ----------
    frame : DataFrame
        A column a factor. Numbers and truths have an order of their own, and stay.
    design : Design or None

    Returns
    -------
    DataFrame

    Examples
    --------
    >>> from mesa_doe.samplers import full_factorial
    >>> from mesa_doe.space import ParameterSpace
    >>> design = full_factorial(ParameterSpace(tax=Categorical(["low", "high"])))
    >>> in_declared_order(design.points, design)["tax"].cat.categories.tolist()
    ['low', 'high']
    """
    axes = {} if design is None else design.space.axes
    ordered = {
        name: _categorical(frame[name], axis)
        for name, axis in axes.items()
        if name in frame and isinstance(axis, Categorical)
    }
    return frame.assign(**ordered)


def logarithmic(design: Design | None) -> list[str]:
    """Return the names of the factors that are spread evenly in their logarithm."""
    axes = {} if design is None else design.space.axes
    return [name for name, axis in axes.items() if getattr(axis, "log", False)]


def _categorical(column: pd.Series[Any], axis: Categorical) -> pd.Series[Any]:
    # Levels may be unhashable, but each has its own place in the unit interval, in their order.
    places = axis.to_unit(column)
    if np.isnan(places).any():  # of a study whose levels are known by their text alone
        return column
    codes = np.searchsorted(axis.to_unit(axis.levels), places)
    # Pandas takes True and 1 for one category, and no lists; by their text they differ.
    for levels in (axis.levels, [str(level) for level in axis.levels]):
        try:
            known = pd.Index(levels, dtype=object, tupleize_cols=False)
            return pd.Series(pd.Categorical.from_codes(codes, known), index=column.index, name=column.name)
        except (TypeError, ValueError):
            continue
    return column
