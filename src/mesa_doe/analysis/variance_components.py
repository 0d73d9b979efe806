"""Variance components of points and their replications: moments of one and of two ways, with intervals."""

from __future__ import annotations

import numpy as np

from mesa_doe.analysis.bootstrap import intervals, percentiles
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.arrays import FloatArray, IntArray

__all__ = ["one_way", "scaled_deviations", "two_way"]

# Of the variance about the mean of few units.
_LEAST_KEPT = 0.1


def scaled_deviations(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return outputs as deviations of at most one, what they were divided by, and their largest values."""
    size = np.maximum(np.nanmax(np.abs(values), axis=(0, 1)), np.finfo(float).tiny)
    shrunk = values / size
    centred = shrunk - np.nanmean(shrunk, axis=(0, 1))
    largest = np.nanmax(np.abs(centred), axis=(0, 1))
    spread = np.where(largest > ROUNDING, largest, 1.0)
    return centred / spread, spread * size, size


def _settled(deviations: FloatArray, rounding: FloatArray) -> FloatArray:
    """Set deviations that may be rounding to zero: an output without noise has none at all."""
    return np.where(np.abs(deviations) <= rounding, 0.0, deviations)


def _kept(centred: FloatArray, units: IntArray) -> FloatArray:
    """Return which part of the variance of points (points, outputs) is left about the mean of their units.

    Of n points that stand alone (n - 1)/n.
    """
    sums = np.stack([np.bincount(units, column) for column in centred.T], axis=1)
    of_mean, whole = (sums**2).sum(axis=0) / len(units), (centred**2).sum(axis=0)
    alone = np.full_like(whole, 1 / len(units))
    kept: FloatArray = 1 - np.divide(of_mean, whole, out=alone, where=whole > 0)
    return np.maximum(kept, _LEAST_KEPT)


def one_way(
    values: FloatArray,
    rounding: FloatArray,
    units: IntArray,
    resamples: int,
    confidence: float,
    entropy: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return variances (outputs, 2), and the intervals of variances and shares (outputs, 4).

    Units (points,) are drawn whole, numbered from 0 on.
    """
    have = np.isfinite(values)
    runs = have.sum(axis=1).astype(np.float64)
    means = np.where(have, values, 0.0).sum(axis=1) / runs
    own = np.where(have, _settled(values - means[:, None], rounding), 0.0)
    centred = _settled(means - means.mean(axis=0), rounding)
    # A point with one run tells nothing of its noise: there it is taken as large as that of the others.
    told = runs > 1
    noise = (own**2).sum(axis=1) / np.maximum(runs - 1, 1)
    counted = np.ones_like(centred)
    products = np.stack([counted, centred, centred**2, noise, noise / runs, told * 1.0, ~told * 1.0], axis=-1)
    # Sums of whole units, over how many points a unit has on average.
    count = int(units.max()) + 1
    sums = np.zeros((count, *products.shape[1:]))
    np.add.at(sums, units, products * count / len(units))
    kept = _kept(centred, units)

    def moments(means: FloatArray, lost: FloatArray) -> FloatArray:
        of_points = means[..., 1:] / means[..., :1]
        first, second, within, of_means, telling, alone = np.moveaxis(of_points, -1, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            within = np.where(telling > 0, within / telling, np.nan)
            spread = np.maximum(second - first**2, 0.0) / lost
        return np.stack([spread - of_means - alone * within, within], axis=-1)

    estimate = moments(sums.mean(axis=0), kept)
    low, high, _ = intervals(
        sums,
        lambda means: _with_shares(moments(means, kept**2)),
        resamples,
        confidence,
        entropy,
    )
    return estimate, low, high


def two_way(
    values: FloatArray,
    rounding: FloatArray,
    units: IntArray,
    resamples: int,
    confidence: float,
    entropy: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return variances (outputs, 3), and the intervals of variances and shares (outputs, 6).

    Units (points,) are drawn whole, numbered from 0 on.
    """
    a, r, _ = values.shape  # points, seeds
    rows, columns = values.mean(axis=1), values.mean(axis=0)
    mean = values.mean(axis=(0, 1))
    rest = _settled(values - rows[:, None] - columns + mean, 4 * rounding)
    rows, columns = _settled(rows - mean, rounding), _settled(columns - mean, rounding)
    # Rebuilt from its parts, so that what is no more than rounding is gone from resamples too.
    layout = np.ascontiguousarray(np.moveaxis(rows[:, None] + columns + rest, -1, 0))
    squared = layout**2
    generator = np.random.default_rng(entropy)

    def mean_squares(of_points: FloatArray, of_seeds: FloatArray) -> FloatArray:
        by_point, by_seed = layout @ of_seeds / r, of_points @ layout / a
        middle = (by_point @ of_points / a)[:, None]
        points = r * ((by_point - middle) ** 2) @ of_points
        seeds = a * ((by_seed - middle) ** 2) @ of_seeds
        total = squared @ of_seeds @ of_points - a * r * middle[:, 0] ** 2
        left = np.maximum(total - points - seeds, 0.0)
        return np.stack([points / (a - 1), seeds / (r - 1), left / ((a - 1) * (r - 1))], axis=-1)

    def components(squares: FloatArray) -> FloatArray:
        points, seeds, both = np.moveaxis(squares, -1, 0)
        return np.stack([(points - both) / r, (seeds - both) / a, both], axis=-1)

    found = np.stack(
        [
            r * (rows**2).sum(axis=0) / (a - 1),
            a * (columns**2).sum(axis=0) / (r - 1),
            (rest**2).sum(axis=(0, 1)) / ((a - 1) * (r - 1)),
        ],
        axis=-1,
    )
    kept, kept_a, kept_r = _kept(rows, units), (a - 1) / a, (r - 1) / r
    count = int(units.max()) + 1
    drawn = np.empty((resamples, *found.shape))
    for k in range(resamples):
        times = np.bincount(generator.integers(count, size=count), minlength=count)[units]
        of_points = times * (a / times.sum())
        of_seeds = np.bincount(generator.integers(r, size=r), minlength=r).astype(np.float64)
        points, seeds, both = mean_squares(of_points, of_seeds).T
        drawn[k] = np.stack(
            [(points - both) / kept, (seeds - both) / kept_r, both / (kept_a * kept_r)], axis=-1
        )
    low, high, _ = percentiles(_with_shares(components(drawn)), confidence)
    return components(found), low, high


def _with_shares(variances: FloatArray) -> FloatArray:
    """Cut variances at zero, and append their shares."""
    cut = np.maximum(variances, 0.0)
    with np.errstate(invalid="ignore"):
        return np.concatenate([cut, cut / cut.sum(axis=-1, keepdims=True)], axis=-1)
