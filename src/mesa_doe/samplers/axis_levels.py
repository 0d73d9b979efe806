"""Which values of an axis a design combines: all of its own, so many of them, or those listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from mesa_doe.arrays import Array
from mesa_doe.design import Design, frozen
from mesa_doe.design.gate import MOST_POINTS
from mesa_doe.errors import DesignError, listed
from mesa_doe.samplers.native import native_column
from mesa_doe.space import Axis, Boolean, Categorical, Law, ParameterSpace
from mesa_doe.space.points import points_frame
from mesa_doe.space.values import as_tuple, is_int, objects, plain

__all__ = [
    "LAW_ENDS",
    "Levels",
    "chosen_levels",
    "from_levels",
    "given_levels",
    "own_levels",
    "repeats",
    "unknown_names",
]

Levels: TypeAlias = int | Sequence[Any]

#: Quantiles of a law that stand for its ends.
LAW_ENDS = (0.05, 0.95)


def chosen_levels(
    space: ParameterSpace, levels: Levels | Mapping[str, Levels] | None, method: str
) -> list[Array]:
    """Return the values of each axis that a design is to combine.

    Parameters
    ----------
    space : ParameterSpace
    levels : int, sequence or mapping of str to either, optional
        As in :func:`full_factorial`.
    method : str
        Who asks, for messages.

    Returns
    -------
    list of ndarray
        Native values, an array an axis.

    Raises
    ------
    DesignError
        Naming what is wrong with each axis.

    Examples
    --------
    >>> from mesa_doe.space import Integer, Real
    >>> chosen_levels(ParameterSpace(x=Real(0, 1), n=Integer(1, 3)), {"x": 2}, "mine")
    [array([0., 1.]), array([1, 2, 3])]
    """
    problems = unknown_names(space, levels)
    natives = []
    for name, axis in space.axes.items():
        wanted = levels.get(name) if isinstance(levels, Mapping) else levels
        found = _levels(axis, wanted, for_all=not isinstance(levels, Mapping))
        if isinstance(found, str):
            problems.append(f"axis {name!r}: {found}")
        else:
            natives.append(found)
    if problems:
        problems += _as_counts(space, levels)
        raise DesignError(listed(problems, f"{method} cannot be made"))
    return natives


def from_levels(
    space: ParameterSpace, natives: Sequence[Array], index: Any, *, method: str, options: Mapping[str, Any]
) -> Design:
    """Return the design whose points are named by the numbers of their levels.

    Parameters
    ----------
    space : ParameterSpace
    natives : sequence of ndarray
        The levels of each axis.
    index : array_like of int (points, factors)
        Which level of its axis each point has.
    method, options
        As in :class:`Design`.

    Returns
    -------
    Design
        Its values are the levels themselves, to the last digit.
    """
    index = np.asarray(index)
    unit, columns = np.empty(index.shape), {}
    for k, ((name, axis), native) in enumerate(zip(space.axes.items(), natives, strict=True)):
        unit[:, k] = axis.to_unit(native)[index[:, k]]
        columns[name] = native[index[:, k]]
    return Design(
        space,
        frozen(unit),
        method=method,
        options=options,
        points=points_frame(columns, len(index)),
        rows=len(index),
    )


def unknown_names(space: ParameterSpace, levels: Any) -> list[str]:
    """Say which names of a mapping of levels are no axes."""
    return [
        f"levels names {name!r}, which is no axis of the space ({', '.join(space.names)})"
        for name in (levels if isinstance(levels, Mapping) else ())
        if name not in space.names
    ]


def given_levels(axis: Axis, wanted: Any) -> Array | str:
    """Return values that were listed, as their axis would give them, or what is wrong with them."""
    if isinstance(wanted, str) or not isinstance(wanted, (Sequence, np.ndarray)):
        return f"levels takes an int from 1 or a sequence of values, got {wanted!r}"
    if isinstance(wanted, np.ndarray) and wanted.ndim != 1:
        return f"levels takes a one-dimensional array, got shape {wanted.shape}"
    column = objects(wanted)
    if not len(column):
        return "levels is empty"
    outside = np.asarray(axis.outside(column))
    if outside.any():
        return f"{plain(column[int(np.argmax(outside))])!r} is no value of {axis!r}"
    native = native_column(axis, column)
    if repeats(axis, native):
        return f"levels repeats a value: {list(wanted)!r}"
    return native


def repeats(axis: Axis, native: Array) -> bool:
    """Tell whether a value comes twice."""
    # Levels may not be comparable, but each has its own place in the unit interval; numbers may share one.
    keys = axis.to_unit(native) if native.dtype.kind == "O" else native
    return len(np.unique(keys)) < len(native)


def own_levels(axis: Axis, own: Any, picked: Array | None = None) -> Array | str:
    """Return the levels of an axis that has finitely many, or those picked by number."""
    if picked is None and own > MOST_POINTS:
        return (
            f"it has {own:,} levels, more than the {MOST_POINTS:,} points that a design may have; say fewer"
        )
    if isinstance(axis, Categorical):
        return objects(axis.levels)
    if isinstance(axis, Law):
        drawn = _drawn(axis)
        if len(drawn) != own:
            return "not every level of the law can be told; list the levels to use"
        return drawn if picked is None else drawn[picked]
    return axis.from_unit(((np.arange(own) if picked is None else picked) + 0.5) / own)


def _as_counts(space: ParameterSpace, levels: Any) -> list[str]:
    """Say how to give each axis its number of levels, where a list may mean that, as in pyDOE3."""
    counts = as_tuple(levels)
    if not isinstance(counts, tuple) or len(counts) != len(space) or not all(map(is_int, counts)):
        return []
    each = dict(zip(space.names, counts, strict=True))
    return [f"to say how many levels each axis has, name the axes: levels={each!r}"]


def _levels(axis: Axis, wanted: Any, *, for_all: bool) -> Array | str:
    """Return the values of an axis to combine, or what is wrong with the wish."""
    own = axis.n_levels
    if wanted is None and own is None:
        return "it is continuous or unbounded; say how many levels, e.g. levels=3, or which"
    if wanted is None:
        return own_levels(axis, own)
    if is_int(wanted):
        return _counted(axis, own, int(wanted), for_all=for_all)
    return given_levels(axis, wanted)


def _counted(axis: Axis, own: int | None, k: int, *, for_all: bool) -> Array | str:
    named = isinstance(axis, (Boolean, Categorical))
    if k < 1:
        return f"levels takes an int from 1, got {k}"
    if own is not None and (k == own or (for_all and (k > own or named))):
        return own_levels(axis, own)
    if own is not None and (k > own or named):
        return f"it has {own} levels, not {k}; leave it out of levels=, or list the levels to use"
    if k > MOST_POINTS:
        return f"{k:,} levels are more than the {MOST_POINTS:,} points that a design may have"
    if own is not None:
        picked = np.round(np.linspace(0, own - 1, k)).astype(np.int64) if k > 1 else np.array([own // 2])
        return own_levels(axis, own, picked)
    low, high = LAW_ENDS if isinstance(axis, Law) else (0.0, 1.0)
    unit = np.linspace(low, high, k)
    if k % 2:  # between 0.05 and 0.95 it misses the middle by a last digit
        unit[k // 2] = 0.5
    native = axis.from_unit(unit)
    if repeats(axis, native):
        return f"{k} levels would repeat a value of {axis!r}; use fewer, or list the levels to use"
    return native


def _drawn(axis: Law) -> Array:
    """Return the values, whole steps apart, that a discrete law draws."""
    low, high = axis.from_unit(np.array([0.0, 1.0])).tolist()
    if high - low > MOST_POINTS:
        return np.array([])
    steps: Array = low + np.arange(round(high - low) + 1)
    return steps[~axis.outside(steps)]
