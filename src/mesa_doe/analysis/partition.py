"""Cutting factors into classes, for analyses that compare the outputs of classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.analysis.inputs import level_codes
from mesa_doe.analysis.options import checked_bool, checked_int
from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.columns import Units
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError
from mesa_doe.space import Categorical

__all__ = ["classes", "dummies", "input_values", "like_dummy", "of_dummy", "rows_of", "slices", "unordered"]

# Name of the row that tells what a factor without effect reads.
_DUMMY = "dummy"


def rows_of(factors: Sequence[str], method: str, *, dummy: bool) -> list[str]:
    """Name what has a row in the result: the factors, and at the end the dummy if there is one.

    Parameters
    ----------
    factors : sequence of str
        Or groups.
    method : str
        Of the analysis, for the error.
    dummy : bool
        Whether there is a row of a factor without effect.

    Returns
    -------
    list of str

    Raises
    ------
    AnalysisError
        If ``dummy`` is not True or False, or a factor has the name of the dummy.
    """
    if checked_bool(method, "dummy", dummy) and _DUMMY in factors:
        message = (
            f"{method}: a factor of the design is called {_DUMMY!r}, as is the row of dummy=True; use False"
        )
        raise AnalysisError(message)
    return [*factors, *([_DUMMY] if dummy else [])]


def of_dummy(estimates: pd.DataFrame, settings: Mapping[str, Any]) -> pd.Series[bool]:
    """Tell which rows of a result are of the dummy; with ``dummy=False`` a factor may have its name.

    Parameters
    ----------
    estimates : DataFrame
        With a column ``factor``.
    settings : mapping
        Of the same result.

    Returns
    -------
    Series of bool

    Examples
    --------
    >>> of_dummy(pd.DataFrame({"factor": ["a", "dummy"]}), {"dummy": True}).tolist()
    [False, True]
    """
    return (estimates["factor"] == _DUMMY) & bool(settings.get("dummy", False))


def like_dummy(
    names: Sequence[Any], factors: Sequence[str], estimates: FloatArray, floors: FloatArray, measure: str
) -> list[str]:
    """Say which factors read no more than the dummy may.

    Parameters
    ----------
    names : sequence
        Of the outputs.
    factors : sequence of str
    estimates : ndarray (outputs, factors)
    floors : ndarray (outputs,)
        Upper ends of the dummy's intervals.
    measure : str
        Of what these are.

    Returns
    -------
    list of str
    """
    said = []
    for name, values, floor in zip(names, estimates, floors, strict=True):
        if lost := [factor for factor, value in zip(factors, values, strict=True) if value <= floor]:
            said.append(
                f"output {name!r}: {', '.join(lost)} read no more than a dummy may by chance ({measure} of "
                f"{floor:.3f}): no effect can be told; use more points"
            )
    return said


def dummies(
    parts: IntArray, count: int, draws: int, units: Units | None, generator: np.random.Generator
) -> IntArray:
    """Cut points into classes as factors without effect would be, drawn at random.

    Parameters
    ----------
    parts : ndarray (points, factors) of int
        Classes of the factors.
    count : int
        Into how many slices points are cut that all have different values.
    draws : int
    units : Units or None
        Which points go together. A factor has one or few values in each, and so has its dummy: it is a
        factor of the design, one of those of most classes, whose units have changed places.
    generator : Generator

    Returns
    -------
    ndarray (draws, points) of int

    Examples
    --------
    >>> units = Units(np.array([0, 0, 1, 1]))
    >>> found = dummies(np.array([[0], [0], [1], [1]]), 2, 20, units, np.random.default_rng(1))
    >>> sorted(set(map(tuple, found.tolist())))
    [(0, 0, 1, 1), (1, 1, 0, 0)]
    """
    if units is None:
        cut = slices(np.arange(len(parts)), count)
        drawn: IntArray = generator.permuted(np.tile(cut, (draws, 1)), axis=1)
        return drawn
    sizes = parts.max(axis=0)
    if units.crossed is not None:
        # Others vary within units, of which there are more rows: their dummies are lower.
        sizes = np.where(units.crossed.own, sizes, -1)
    which = generator.choice(np.flatnonzero(sizes == sizes.max()), size=draws)
    shuffled: IntArray = parts[units.shuffled(draws, generator), which[:, None]]
    return shuffled


def unordered(design: Design) -> list[bool]:
    """Tell which factors have three levels or more without an order: categories, and the seed.

    Parameters
    ----------
    design : Design

    Returns
    -------
    list of bool
        In the order of ``design.factors``.
    """
    axes = design.space.axes
    return [
        name not in axes or (isinstance(axis := axes[name], Categorical) and (axis.n_levels or 0) > 2)
        for name in design.factors
    ]


def input_values(design: Design, points: IntArray) -> FloatArray:
    """Return the inputs as shares of their laws, one value a level, seeds by number.

    Parameters
    ----------
    design : Design
    points : ndarray of int
        Which points.

    Returns
    -------
    ndarray (points, factors)
    """
    values = level_codes(design)
    if design.seed_levels is not None:
        values[:, -1] = design.seed_levels
    return values[points]


def classes(design: Design, points: IntArray, count: int, method: str, option: str) -> IntArray:
    """Cut every factor into classes: its levels, or slices of equal count.

    Parameters
    ----------
    design : Design
    points : ndarray of int
        Which points.
    count : int
        How many slices; a factor with no more values has a class a value, and so has one without an order.
    method, option : str
        Names, for messages.

    Returns
    -------
    ndarray (points, factors) of int
        Numbers from 0 on.

    Raises
    ------
    AnalysisError
        If ``count`` is no int from 2, or there are not two points a class.
    """
    count = checked_int(method, option, count, 2)
    found = []
    for name, values, free in zip(
        design.factors, input_values(design, points).T, unordered(design), strict=True
    ):
        distinct, codes = np.unique(values, return_inverse=True)
        sliced = len(distinct) > count and not free
        # A real factor with no more points than slices would else have a class a point.
        least = 2 * (count if sliced else len(distinct))
        if len(points) < least:
            message = (
                f"{method}: the {least // 2} classes of factor {name!r} with {option}={count} need at least "
                f"{least} points, got {len(points)}; use fewer {'levels' if free else option} or more points"
            )
            raise AnalysisError(message)
        found.append(slices(values, count) if sliced else codes)
    return np.stack(found, axis=1)


def slices(values: Any, count: int) -> IntArray:
    """Cut values into slices of equal count, never between equal values.

    Parameters
    ----------
    values : array_like (points,)
    count : int

    Returns
    -------
    ndarray (points,) of int
        Slice of each value, from 0 on; where there are no more values than slices, one each.

    Examples
    --------
    >>> slices([0.1, 0.9, 0.4, 0.2], 2).tolist()
    [0, 1, 1, 0]
    """
    distinct, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(distinct) <= count:
        return codes.astype(np.int64)
    # The mean rank of equal values.
    rank = np.cumsum(counts) - (counts - 1) / 2
    slice_of = np.ceil(count * rank / len(codes)).astype(np.int64) - 1
    return np.unique(slice_of, return_inverse=True)[1][codes].astype(np.int64)
