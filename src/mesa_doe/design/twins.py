"""Points of a design that are the same run, which integers and categories make; and one run for all."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mesa_doe.arrays import IntArray
from mesa_doe.design.choosing import part_of
from mesa_doe.design.crossing import rows_alike

if TYPE_CHECKING:
    from mesa_doe.design.design import Design

__all__ = ["ONE_NOISE", "deduplicated", "first_of_twins", "has_merged_runs", "identities"]

#: What it means that twins with noise of their own were merged, and what to do.
ONE_NOISE = (
    "the noise of one run answers for all its twins, which an analysis may take for an effect. Say "
    "deduplicate(across_blocks=True) if the model has no noise; else run the design as it is"
)


def identities(design: Design) -> pd.DataFrame:
    """Return what tells a point from others: its values, and its seed where that is a factor.

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


def deduplicated(design: Design, *, across_blocks: bool) -> Design:
    """Return what :meth:`Design.deduplicate` tells, without its warning."""
    table = identities(design)
    if design.blocks is not None and not across_blocks:
        table["block"] = design.blocks
    rows, twin_of = first_of_twins(table)
    # A merged point belongs to several blocks at once, so it is of none.
    blocks = None if across_blocks else design.blocks
    once = part_of(design, rows, blocks, method="deduplicate", across_blocks=across_blocks)
    origin = design
    if design.blocks is None and design.seed_levels is None and not across_blocks and len(once) < len(design):
        origin = copy.copy(design)
        origin.merged = twin_of
    once.origin, once.twin_of = origin, twin_of
    return once


def has_merged_runs(design: Design) -> bool:
    """Whether twins were merged that may have noise of their own."""
    merged = design.origin is not None and len(design) < len(design.origin)
    return merged and not design.options["across_blocks"]
