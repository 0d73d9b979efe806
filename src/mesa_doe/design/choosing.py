"""Which points of a design are meant: by truths, by positions, or by a condition on their values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.errors import DesignError, SpaceError, listed
from mesa_doe.space import Boolean, Categorical, ParameterSpace
from mesa_doe.space.values import plain

__all__ = ["center_of", "chosen_rows", "told"]


def chosen_rows(which: Any, space: ParameterSpace, points: pd.DataFrame) -> IntArray:
    """Return the positions of the points that are meant.

    Parameters
    ----------
    which : array_like of bool or int, slice, str or callable
        As in :meth:`Design.subset`.
    space : ParameterSpace
    points : DataFrame (points, factors)

    Returns
    -------
    ndarray of int64

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


def center_of(space: ParameterSpace, at: Mapping[str, Any] | None) -> tuple[FloatArray, dict[str, Any]]:
    """Return the middle of the unit cube, with the level named for each axis that has no middle.

    Parameters
    ----------
    space : ParameterSpace
    at : mapping of str to object, or None
        The levels of axes of names.

    Returns
    -------
    unit : ndarray (1, factors)
    levels : dict
        Those taken.

    Raises
    ------
    DesignError
        Naming each axis that needs a level or was given none of its own.

    Examples
    --------
    >>> from mesa_doe.space import Real
    >>> center_of(ParameterSpace(x=Real(0, 1), kind=Categorical(["a", "b"])), {"kind": "a"})
    (array([[0.5 , 0.25]]), {'kind': 'a'})
    """
    named = {k: axis for k, axis in space.axes.items() if isinstance(axis, (Boolean, Categorical))}
    given: Any = at  # whatever was typed
    if at is not None and not isinstance(given, Mapping):
        raise DesignError(f"repeat_center: at takes a mapping of names to levels, got {at!r}")
    levels = dict(at or {})
    problems = [
        f"axis {name!r} has names without a middle: give its level, as in at={{{name!r}: ...}}"
        for name in named
        if name not in levels
    ]
    for name, level in levels.items():
        if name not in named:
            problems.append(f"at names {name!r}, which is no axis of names; the middle of numbers is taken")
        elif named[name].outside([level])[0]:
            problems.append(f"axis {name!r}: {level!r} is no value of {named[name]!r}")
    if problems:
        raise DesignError(listed(problems, "repeat_center cannot be done"))
    unit = np.array([[named[k].to_unit([levels[k]])[0] if k in named else 0.5 for k in space.names]])
    if broken := space.problems_of(space.from_unit(unit)):
        raise DesignError(listed(broken, "repeat_center: the middle of the cube is no point of the space"))
    return unit, levels


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
