"""Curves of one factor at a time: at which levels the least and the greatest output are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import pandas as pd

__all__ = ["with_levels"]


def with_levels(
    changes: pd.DataFrame, curves: Mapping[Any, Sequence[tuple[Any, float]]], base: Mapping[Any, Any]
) -> pd.DataFrame:
    """Return least and greatest changes together with the levels at which they are.

    Parameters
    ----------
    changes : DataFrame
        Columns ``factor``, ``measure`` (``"least"`` or ``"greatest"``) and others.
    curves : mapping of str to sequence of (level, output)
        By factor.
    base : mapping of str to object
        The level of each factor in the base case.

    Returns
    -------
    DataFrame
        With ``level``, and ``side``: whether that is ``"lower"`` or ``"higher"`` than the level of the base
        case, or ``"other"`` where levels are no numbers.

    Examples
    --------
    >>> changes = pd.DataFrame({"factor": "x", "measure": ["least", "greatest"]})
    >>> found = with_levels(changes, {"x": [(1, 5.0), (2, 9.0), (3, 7.0)]}, {"x": 3})
    >>> found[["level", "side"]].values.tolist()
    [[1, 'lower'], [2, 'lower']]
    """
    levels = []
    for factor, measure in zip(changes["factor"], changes["measure"], strict=True):
        end = min if measure == "least" else max
        levels.append(end(curves[factor], key=lambda pair: pair[1])[0])
    sides = [_side(level, base[factor]) for level, factor in zip(levels, changes["factor"], strict=True)]
    return changes.assign(level=pd.Series(levels, dtype=object, index=changes.index), side=sides)


def _side(level: Any, base: Any) -> str:
    if not all(isinstance(one, Real) and not isinstance(one, bool) for one in (level, base)):
        return "other"
    return "lower" if level < base else "higher"
