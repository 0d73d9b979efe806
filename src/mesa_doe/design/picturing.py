"""The points of a design as a table of numbers that can be drawn: levels by their position."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.errors import DesignError, listed
from mesa_doe.space import Axis, ParameterSpace
from mesa_doe.space.points import close_to
from mesa_doe.space.values import plain

__all__ = ["drawable"]

# Up to how many factors a grid of pairs can be read.
_MOST_DRAWN = 8
_FEW_LEVELS = 12


def drawable(
    space: ParameterSpace, points: pd.DataFrame, factors: Sequence[str] | None
) -> tuple[pd.DataFrame, dict[str, list[Any]], list[str]]:
    """Return what a grid of pairs of factors is drawn from.

    Parameters
    ----------
    space : ParameterSpace
    points : DataFrame (points, factors)
    factors : sequence of str or None
        Which, in which order; None is all.

    Returns
    -------
    frame : DataFrame (points, factors)
        Numbers; of a factor with at most twelve values, their positions.
    levels : dict of str to list
        The values of such a factor, in order.
    logarithmic : list of str
        Factors that are spread evenly in their logarithm.

    Raises
    ------
    DesignError
        If there are more factors than can be read, or names that are none.

    Examples
    --------
    >>> from mesa_doe.space import Boolean, Real
    >>> space = ParameterSpace(x=Real(0, 1), torus=Boolean())
    >>> frame, levels, _ = drawable(space, pd.DataFrame({"x": [0.5], "torus": [True]}), None)
    >>> frame.to_dict("list"), levels
    ({'x': [0.5], 'torus': [1]}, {'torus': [False, True]})
    """
    names = _checked_names(space.names, factors)
    frame, levels = {}, {}
    for name in names:
        own = _few(space[name], points[name])
        if own is None:
            frame[name] = points[name].to_numpy(dtype=np.float64)
        else:
            levels[name] = [plain(level) for level in own]
            # Levels may be unhashable, but each has its own place in the unit interval, in their order.
            places = space[name].to_unit(own)
            frame[name] = np.searchsorted(places, space[name].to_unit(points[name]))
    logarithmic = [name for name in names if name not in levels and getattr(space[name], "log", False)]
    return pd.DataFrame(frame), levels, logarithmic


def _checked_names(known: tuple[str, ...], factors: Sequence[str] | None) -> list[str]:
    if isinstance(factors, str):
        factors = [factors]
    names = [*known] if factors is None else [*factors]
    problems = [f"there is no factor {name!r}{close_to(name, known)}" for name in names if name not in known]
    problems += [f"factor {name!r} is named twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    if not names:
        problems.append("factors is empty")
    if problems:
        raise DesignError(listed(problems, "plot: the factors have mistakes"))
    if len(names) > _MOST_DRAWN:
        example = ", ".join(map(repr, known[:3]))
        raise DesignError(
            f"plot: a grid of {len(names)} factors cannot be read, at most {_MOST_DRAWN}; say which, as in "
            f"factors=[{example}]"
        )
    return names


def _few(axis: Axis, column: pd.Series[Any]) -> Any:
    """Return the values of an axis where they are few enough to stand side by side."""
    levels, kind = getattr(axis, "levels", None), column.dtype.kind
    if levels is not None:
        return levels
    if axis.n_levels is not None:
        if axis.n_levels > _FEW_LEVELS:
            return None
        return axis.from_unit((np.arange(axis.n_levels) + 0.5) / axis.n_levels)
    if kind == "i":  # a law of whole numbers
        low, high = int(column.min()), int(column.max())
        # Searched by place, so a gap where the law has no value does no harm.
        return np.unique(column) if high - low < _FEW_LEVELS else None
    return None
