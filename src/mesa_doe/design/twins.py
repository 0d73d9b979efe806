"""Points of a design that are the same run: integers and categories make them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import IntArray
from mesa_doe.design.crossing import rows_alike

__all__ = ["first_of_twins", "identities"]


def identities(design: Any) -> pd.DataFrame:
    """Return what tells a point from others: its values, and its seed where that is a factor.

    Parameters
    ----------
    design : Design

    Returns
    -------
    DataFrame (points, columns)
    """
    points = design.points
    # Levels may be unhashable, but each has its own place in the unit interval.
    table = pd.DataFrame(
        {
            k: axis.to_unit(points[name]) if points[name].dtype == object else points[name].to_numpy()
            for k, (name, axis) in enumerate(design.space.axes.items())
        },
        index=points.index,
    )
    if design.seed_levels is not None:
        table[len(table.columns)] = design.seed_levels
    return table


def first_of_twins(table: pd.DataFrame) -> tuple[IntArray, IntArray]:
    """Return the first point of each kind, and for each point which of those it is.

    Parameters
    ----------
    table : DataFrame (points, columns)

    Returns
    -------
    rows : ndarray (kinds,) of int
        In order of appearance.
    twin_of : ndarray (points,) of int
        Positions in ``rows``.

    Examples
    --------
    >>> first_of_twins(pd.DataFrame({0: [5, 6, 5], 1: [0.5, 0.5, 0.5]}))
    (array([0, 1]), array([0, 1, 0]))
    """
    twin_of = rows_alike(table)
    rows = np.unique(twin_of, return_index=True)[1].astype(np.int64)
    return rows, twin_of
