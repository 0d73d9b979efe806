"""First-order indices of any sample: the share of variance that lies between classes of a factor."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np

from mesa_doe.analysis.bootstrap import at_a_time, ends, times_drawn
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.columns import Units

__all__ = ["advised_classes", "first_order"]

# Weights of points held at once: 8 MB of float64.
_AT_ONCE = 2**20


def advised_classes(count: int) -> int:
    """Return into how many classes of equal count to cut a factor: as many as a class has points.

    What an effect does within a class is lost, a share that falls with the square of their number; what few
    points a class leave to chance is subtracted. So there may be many.

    Parameters
    ----------
    count : int
        Of the points.

    Returns
    -------
    int
        An even number, so that an effect that begins at the median is not blurred by the class around it.

    Examples
    --------
    >>> advised_classes(500), advised_classes(2000)
    (22, 44)
    """
    return 2 * max(1, round(sqrt(count) / 2))


def first_order(
    parts: IntArray,
    values: FloatArray,
    resamples: int,
    confidence: float,
    entropy: int,
    units: Units | None = None,
) -> FloatArray:
    """Return first-order indices and the ends of their percentile intervals over resampled points.

    Parameters
    ----------
    parts : ndarray (points, factors)
        Class of each point, numbered from 0 on for each factor.
    values : ndarray (points, outputs)
        With a mean near zero.
    resamples : int
    confidence : float
    entropy : int
        Root of the generator.
    units : Units, optional
        Which points go together: they are drawn whole, and what they share is not counted.

    Returns
    -------
    ndarray (3, outputs, factors)
        Estimate, low and high; NaN without variance.

    References
    ----------
    Plischke, Borgonovo & Smith 2013; what chance puts between classes is taken away as by the adjusted R².

    Examples
    --------
    >>> step = np.repeat([0, 1], 50)
    >>> first_order(step[:, None], step[:, None] - 0.5, 100, 0.95, 1)[0].tolist()
    [[1.0]]
    """
    from scipy.sparse import csr_array

    generator = np.random.default_rng(entropy)
    count = len(values)
    sizes = at_a_time(resamples, count, _AT_ONCE)
    if units is not None:
        found = _between_units(parts, values, units)
        again = [found(times_drawn(units.count, size, generator).astype(float)) for size in sizes]
        return np.concatenate([found(np.ones((1, units.count))), ends(np.concatenate(again), confidence)])
    classes = parts.max(axis=0) + 1
    starts = np.cumsum(classes) - classes
    # Which points a class has: (classes of all factors, points).
    rows = (parts + starts).ravel()
    points = np.repeat(np.arange(count), parts.shape[1])
    member = csr_array((np.ones(len(rows)), (rows, points)), shape=(int(classes.sum()), count))

    def shares(weights: FloatArray, drawn: int) -> FloatArray:
        inside = member @ weights.T
        # Each draw of the points puts chance between the classes once more.
        spare = drawn * (np.add.reduceat(inside > 0, starts, axis=0, dtype=float) - 1)
        left = (count - 1) / np.maximum(count - 1 - spare, 1)
        found = []
        for y in values.T:
            mean, square = weights @ y / count, weights @ y**2 / count
            variance = np.where(square - mean**2 > ROUNDING, square - mean**2, np.nan)
            sums = member @ (weights * y).T
            between = np.add.reduceat(sums**2 / np.maximum(inside, 1.0), starts, axis=0) / count - mean**2
            found.append(1 - (1 - between / variance) * left)
        return np.moveaxis(np.array(found), -1, 0)

    even = np.full(count, 1 / count)
    again = [shares(generator.multinomial(count, even, size=size).astype(float), 2) for size in sizes]
    return np.concatenate([shares(np.ones((1, count)), 1), ends(np.concatenate(again), confidence)])


def _between_units(parts: IntArray, values: FloatArray, units: Units) -> Callable[[FloatArray], FloatArray]:
    """Return the indices of units as a function of how often each is drawn.

    Points of one unit share more than a class, such as a seed. So the mean square of the classes is that of
    products of points of different units; it holds nothing of what chance puts into one.

    Returns
    -------
    callable
        From ndarray (resamples, units) to ndarray (resamples, outputs, factors).
    """
    from scipy.sparse import csr_array

    sizes = parts.max(axis=0) + 1
    starts = np.cumsum(sizes) - sizes
    place = ((parts + starts).ravel(), np.repeat(units.of, parts.shape[1]))

    def table(each: FloatArray) -> Any:
        """Return the sums over the points of each class of all factors and each unit (classes, units)."""
        shape = (int(sizes.sum()), units.count)
        return csr_array((np.repeat(each, parts.shape[1]), place), shape=shape)

    def pairs(table: Any, times: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return sums (rows, resamples), and those of products of two points of different units."""
        sums = table @ times.T
        return sums, sums**2 - (table * table) @ (times**2).T

    points = np.bincount(units.of).astype(np.float64)[None]
    in_classes = table(np.ones(len(values)))
    of_outputs = [(table(y), units.sums(np.stack([y, y**2], axis=1)).T) for y in values.T]

    def shares(times: FloatArray) -> FloatArray:
        whole, all_pairs = pairs(points, times)
        inside, class_pairs = pairs(in_classes, times)
        # A class of points of one unit tells nothing.
        weight = np.where(class_pairs > 0, inside, 0.0)
        told = np.add.reduceat(weight, starts, axis=0)
        found = []
        for by_class, totals in of_outputs:
            squares = pairs(by_class, times)[1] / np.maximum(class_pairs, 1.0)
            # A resample may have drawn one unit alone.
            with np.errstate(invalid="ignore", divide="ignore"):
                of_all = pairs(totals[:1], times)[1] / all_pairs
                between = np.add.reduceat(weight * squares, starts, axis=0) / told - of_all
            variance = totals[1:] @ times.T / whole - of_all
            found.append(between / np.where(variance > ROUNDING, variance, np.nan))
        return np.moveaxis(np.array(found), -1, 0)

    return shares
