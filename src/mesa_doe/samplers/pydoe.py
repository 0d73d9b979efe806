"""Designs of pyDOE3, or of its successor pydoe where that is installed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from mesa_doe._optional import pydoe
from mesa_doe.design import Design
from mesa_doe.errors import DesignError, listed
from mesa_doe.samplers.declare import check_space, declare
from mesa_doe.space import Categorical, Law, ParameterSpace

__all__ = ["full_factorial"]

Levels: TypeAlias = int | Sequence[Any]

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
        int for all thins out only those ordered axes that have more. k levels of a Real lie evenly from
        end to end (evenly in the logarithm for ``log=True``), of a law between its quantiles 0.05 and 0.95.

    Returns
    -------
    Design
        The first factor changes fastest.

    Raises
    ------
    DesignError
        If a continuous axis is given no levels, a level is no value of its axis, or the product of
        the levels is beyond ten million.

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
    units = []
    for name in space.names:
        wanted = by_axis.get(name) if isinstance(levels, Mapping) else levels
        found = _unit_levels(space, name, wanted, for_all=not isinstance(levels, Mapping))
        if isinstance(found, str):
            problems.append(f"axis {name!r}: {found}")
        else:
            units.append(found)
    if problems:
        raise DesignError(listed(problems, "full_factorial cannot be made"))
    counts = [len(unit) for unit in units]
    if math.prod(counts) > _MOST_POINTS:
        message = (
            f"full_factorial would have {' × '.join(map(str, counts))} = {math.prod(counts):,} points; "
            f"the most is {_MOST_POINTS:,}: use fewer levels, or sample with latin_hypercube"
        )
        raise DesignError(message)
    # The library's levels are floats: ints again, before anything is looked up with them.
    coded = np.asarray(pydoe().fullfact(levels=counts)).astype(np.intp)
    unit = np.column_stack([levels_[coded[:, column]] for column, levels_ in enumerate(units)])
    options = {"levels": dict(zip(space.names, counts, strict=True))}
    return Design(space, unit, method="full_factorial", options=options, rows=math.prod(counts))


def _unit_levels(space: ParameterSpace, name: str, wanted: Levels | None, *, for_all: bool) -> Any:
    """Return the unit coordinates of an axis' levels, or what is wrong with them."""
    axis = space[name]
    own = axis.n_levels
    if wanted is None:
        if own is None:
            return "it is continuous or unbounded; say how many levels, e.g. levels=3, or which"
        return (np.arange(own) + 0.5) / own if not isinstance(axis, (Categorical, Law)) else _all(axis, own)
    if isinstance(wanted, str) or not isinstance(wanted, (int, np.integer, Sequence, np.ndarray)):
        return f"levels takes an int or a sequence of values, got {wanted!r}"
    if isinstance(wanted, (int, np.integer)):
        return _counted(axis, own, int(wanted), for_all=for_all)
    values = list(wanted)
    if not values:
        return "levels is empty"
    column = np.empty(len(values), dtype=object)
    column[:] = values
    outside = np.asarray(axis.outside(column))
    if outside.any():
        return f"{values[int(np.argmax(outside))]!r} is no value of {axis!r}"
    unit = np.asarray(axis.to_unit(column))
    if len(np.unique(unit)) < len(unit):
        return f"levels repeats a value: {values!r}"
    return unit


def _counted(axis: Any, own: int | None, k: int, *, for_all: bool) -> Any:
    if k < 1:
        return f"levels takes an int from 1, got {k}"
    if own is None:
        low, high = _LAW_ENDS if isinstance(axis, Law) else (0.0, 1.0)
        return np.linspace(low, high, k) if k > 1 else np.array([0.5])
    if k == own or (for_all and (k > own or isinstance(axis, Categorical))):
        return _all(axis, own)
    if k > own or isinstance(axis, Categorical):
        return f"it has {own} levels, not {k}; leave it out of levels=, or list the levels to use"
    picked = np.round(np.linspace(0, own - 1, k)).astype(int) if k > 1 else np.array([own // 2])
    return _all(axis, own)[picked]


def _all(axis: Any, own: int) -> Any:
    """Return the unit coordinates of every level of an axis that has finitely many."""
    if isinstance(axis, Categorical):
        column = np.empty(own, dtype=object)
        for k, level in enumerate(axis.levels):
            column[k] = level
        return np.asarray(axis.to_unit(column))
    if isinstance(axis, Law):
        low = int(axis.from_unit(np.array([0.0]))[0])
        return np.asarray(axis.to_unit(np.arange(low, low + own)))
    return (np.arange(own) + 0.5) / own
