"""Cutting factors into classes, for analyses that compare the outputs of classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesa_doe.analysis.inputs import level_codes
from mesa_doe.analysis.options import checked_int
from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError
from mesa_doe.space import Categorical

__all__ = ["classes", "input_values", "slices", "unordered"]


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
            raise AnalysisError(
                f"{method}: the {least // 2} classes of factor {name!r} with {option}={count} need at least "
                f"{least} points, got {len(points)}; use fewer {'levels' if free else option} or more points"
            )
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
