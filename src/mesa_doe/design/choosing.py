"""Some points of a design: meant by truths, by positions, or by a condition on their values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import IntArray
from mesa_doe.design.lineage import parent
from mesa_doe.errors import DesignError, SpaceError
from mesa_doe.space import ParameterSpace
from mesa_doe.space.values import plain

if TYPE_CHECKING:
    from mesa_doe.design.design import Design

__all__ = ["chosen_rows", "part_of", "told"]


def chosen_rows(which: Any, space: ParameterSpace, points: pd.DataFrame) -> IntArray:
    """Return the positions of the points that are meant.

    Raises
    ------
    DesignError
        If none is meant, or it is not said clearly which.

    Examples
    --------
    >>> from mesa_doe.space import Integer
    >>> space = ParameterSpace(n=Integer(1, 4))
    >>> chosen_rows("n > 2", space, pd.DataFrame({"n": [1, 4, 3]}))
    array([1, 2])
    """
    count = len(points)
    if isinstance(which, str) or callable(which):
        rows = np.flatnonzero(_satisfied(which, space, points))
    elif isinstance(which, slice):
        rows = np.arange(count)[which]
    else:
        rows = _listed(which, count)
    if len(rows) == 0:
        raise DesignError(f"subset: no point is left by {told(which)}")
    return rows.astype(np.int64)


def told(which: Any) -> str:
    """Write which points are meant, for the options of the design that they make.

    Examples
    --------
    >>> told("a < b"), told([True, False]), told([4, 5, 6])
    ('a < b', '1 true of 2', '3 positions')
    """
    if isinstance(which, str):
        return which
    if callable(which):
        return str(getattr(which, "__name__", "a function"))
    if isinstance(which, slice):
        return repr(which)
    array = np.asarray(which)
    return f"{int(array.sum())} true of {len(array)}" if array.dtype == bool else f"{array.size} positions"


def part_of(
    design: Design, rows: IntArray, blocks: IntArray | None, *, method: str, **options: Any
) -> Design:
    """Return some of the points, which belong to these blocks, as a design of another method."""
    return type(design)(
        design.space,
        design.unit[rows],
        method=method,
        options={"design": parent(design), **options},
        blocks=None if blocks is None else blocks[rows],
        seed_levels=None if design.seed_levels is None else design.seed_levels[rows],
        points=design.points.iloc[rows].set_axis(pd.RangeIndex(len(rows), name="point")),
        groups=design.groups,
    )


def _satisfied(which: Any, space: ParameterSpace, points: pd.DataFrame) -> Any:
    # A space of the same axes whose only constraint this is: names, types and levels are then checked.
    entries = {name: space[name] for name in (*space.axes, *space.constants)}
    try:
        return ParameterSpace({**entries, **space.derived}, constraints=[which]).satisfied(points)
    except SpaceError as error:
        raise DesignError(f"subset: {error}") from error


def _listed(which: Any, count: int) -> Any:
    try:
        array = np.asarray(which)
    except ValueError:
        array = np.array(None)
    if array.ndim == 1 and array.dtype == bool:
        if len(array) != count:
            raise DesignError(f"subset takes a truth for each of {count} points, got {len(array)}")
        return np.flatnonzero(array)
    if array.ndim != 1 or (array.dtype.kind not in "iu" and len(array)):
        raise DesignError(
            "subset takes truths, positions, a slice, a condition such as 'a < b', or a function of columns, "
            f"got {which!r}"
        )
    outside = (array < 0) | (array >= count)
    if outside.any():
        raise DesignError(f"subset takes positions from 0 to {count - 1}, got {plain(array[outside][0])!r}")
    numbers, times = np.unique(array, return_counts=True)
    if (times > 1).any():
        raise DesignError(
            f"subset takes each position once, got {plain(numbers[times > 1][0])!r} more than once"
        )
    return array
