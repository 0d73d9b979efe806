"""Designs of pyDOE3, or of its successor pydoe where that is installed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe._optional import pydoe
from mesa_doe.design import Design
from mesa_doe.errors import DesignError, listed
from mesa_doe.samplers.declare import check_space, declare
from mesa_doe.samplers.native import native_column
from mesa_doe.space import Axis, Boolean, Categorical, Law, ParameterSpace
from mesa_doe.space.values import objects, plain

__all__ = ["full_factorial"]

Levels: TypeAlias = int | Sequence[Any]
Array: TypeAlias = np.ndarray[Any, Any]

_MOST_POINTS = 10_000_000
#: Quantiles of a law that stand for its ends.
_LAW_ENDS = (0.05, 0.95)


@declare(
    library="pyDOE3.fullfact",
    points="product of the levels",
    extension="none",
    random=False,
    source="Fisher 1935; Montgomery, Design and Analysis of Experiments",
)
def full_factorial(space: ParameterSpace, levels: Levels | Mapping[str, Levels] | None = None) -> Design:
    """Full factorial: every combination of the factors' levels.

    Parameters
    ----------
    space : ParameterSpace
    levels : int, sequence or mapping of str to either, optional
        How many levels, or which: one answer for all axes, or one an axis. Axes that have levels of
        their own (Boolean, Categorical, Discrete, Integer) use all of them unless told otherwise; one
        int for all thins out only those axes of numbers that have more. k levels of a Real lie evenly from
        end to end (evenly in the logarithm for ``log=True``), of a law between its quantiles 0.05 and 0.95.
        Values given are kept exactly.

    Returns
    -------
    Design
        The first factor changes fastest.

    Raises
    ------
    DesignError
        If a continuous axis is given no levels, a level is no value of its axis or comes twice, or
        the product of the levels is beyond ten million.

    Notes
    -----
    Wraps ``pyDOE3.fullfact``; its float levels become the axes' own values.

    Examples
    --------
    >>> from mesa_doe.space import Boolean, ParameterSpace, Real
    >>> full_factorial(ParameterSpace(x=Real(0, 1), grass=Boolean()), levels=3).points["x"].tolist()
    [0.0, 0.5, 1.0, 0.0, 0.5, 1.0]
    """
    check_space(space, "full_factorial")
    by_axis = dict(levels) if isinstance(levels, Mapping) else {}
    problems = [
        f"levels names {name!r}, which is no axis of the space ({', '.join(space.names)})"
        for name in by_axis
        if name not in space.names
    ]
    natives = []
    for name, axis in space.axes.items():
        wanted = by_axis.get(name) if isinstance(levels, Mapping) else levels
        found = _levels(axis, wanted, for_all=not isinstance(levels, Mapping))
        if isinstance(found, str):
            problems.append(f"axis {name!r}: {found}")
        else:
            natives.append(found)
    if problems:
        raise DesignError(listed(problems, "full_factorial cannot be made"))
    counts = [len(native) for native in natives]
    if math.prod(counts) > _MOST_POINTS:
        message = (
            f"full_factorial would have {' × '.join(map(str, counts))} = {math.prod(counts):,} points; "
            f"the most is {_MOST_POINTS:,}: use fewer levels, or sample with latin_hypercube"
        )
        raise DesignError(message)
    # The library's levels are floats: ints again, before anything is looked up with them.
    coded = np.asarray(pydoe().fullfact(levels=counts)).astype(np.intp)
    columns = {name: native[coded[:, k]] for k, (name, native) in enumerate(zip(space, natives, strict=True))}
    units = [axis.to_unit(native) for axis, native in zip(space.axes.values(), natives, strict=True)]
    return Design(
        space,
        np.column_stack([unit[coded[:, k]] for k, unit in enumerate(units)]),
        method="full_factorial",
        options={"levels": dict(zip(space, counts, strict=True))},
        points=_frame(columns),
        rows=math.prod(counts),
    )


def _frame(columns: Mapping[str, Array]) -> pd.DataFrame:
    # The dtype is said: left to itself, pandas turns an object column of strings into its own strings.
    series = {name: pd.Series(column, dtype=column.dtype) for name, column in columns.items()}
    return pd.DataFrame(series).rename_axis(index="point")


def _levels(axis: Axis, wanted: Any, *, for_all: bool) -> Array | str:
    """Return the values of an axis to combine, or what is wrong with the wish."""
    own = axis.n_levels
    if wanted is None and own is None:
        return "it is continuous or unbounded; say how many levels, e.g. levels=3, or which"
    if wanted is None:
        return _own(axis, own)
    if isinstance(wanted, (int, np.integer)) and not isinstance(wanted, bool):
        return _counted(axis, own, int(wanted), for_all=for_all)
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
    if _repeats(axis, native):
        return f"levels repeats a value: {list(wanted)!r}"
    return native


def _repeats(axis: Axis, native: Array) -> bool:
    # Levels may not be comparable, but each has its own place in the unit interval; numbers may share one.
    keys = axis.to_unit(native) if native.dtype.kind == "O" else native
    return len(np.unique(keys)) < len(native)


def _counted(axis: Axis, own: int | None, k: int, *, for_all: bool) -> Array | str:
    named = isinstance(axis, (Boolean, Categorical))
    if k < 1:
        return f"levels takes an int from 1, got {k}"
    if own is not None and (k == own or (for_all and (k > own or named))):
        return _own(axis, own)
    if own is not None and (k > own or named):
        return f"it has {own} levels, not {k}; leave it out of levels=, or list the levels to use"
    if k > _MOST_POINTS:
        return f"{k:,} levels are more than the {_MOST_POINTS:,} points that a design may have"
    if own is not None:
        picked = np.round(np.linspace(0, own - 1, k)).astype(np.int64) if k > 1 else np.array([own // 2])
        return _own(axis, own, picked)
    low, high = _LAW_ENDS if isinstance(axis, Law) else (0.0, 1.0)
    native = axis.from_unit(np.linspace(low, high, k) if k > 1 else np.array([0.5]))
    if _repeats(axis, native):
        return f"{k} levels would repeat a value of {axis!r}; use fewer, or list the levels to use"
    return native


def _own(axis: Axis, own: Any, picked: Array | None = None) -> Array | str:
    """Return the levels of an axis that has finitely many, or those picked by number."""
    if picked is None and own > _MOST_POINTS:
        return (
            f"it has {own:,} levels, more than the {_MOST_POINTS:,} points that a design may have; say fewer"
        )
    if isinstance(axis, Categorical):
        return objects(axis.levels)
    if isinstance(axis, Law):
        drawn = _drawn(axis)
        if len(drawn) != own:
            return "not every level of the law can be told; list the levels to use"
        return drawn if picked is None else drawn[picked]
    return axis.from_unit(((np.arange(own) if picked is None else picked) + 0.5) / own)


def _drawn(axis: Law) -> Array:
    """Return the values, whole steps apart, that a discrete law draws."""
    low, high = axis.from_unit(np.array([0.0, 1.0])).tolist()
    if high - low > _MOST_POINTS:
        return np.array([])
    steps: Array = low + np.arange(round(high - low) + 1)
    return steps[~axis.outside(steps)]
