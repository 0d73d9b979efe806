"""A weighted sample of an output: its statistics, and those of resamples of whole units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mesa_doe.analysis.bootstrap import at_a_time, times_drawn
from mesa_doe.analysis.order_statistics import independent, quantile_ranks, share_ends
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.analysis.studentised import FEWEST, Spread
from mesa_doe.arrays import FloatArray, IntArray

__all__ = ["WeightedSample", "resampled", "weighted_sample"]

# Weights held at once: 32 MB of float64.
_AT_ONCE = 2**22


@dataclass(frozen=True)
class WeightedSample:
    """A weighted sample, in ascending order.

    Parameters
    ----------
    values : ndarray (values,)
    scaled : ndarray (values,)
        The same, less ``centre`` and over ``scale``: at most one.
    centre, scale : float
    weight : ndarray (values,)
        They sum to one.
    units : ndarray (values,) of int
        Which unit each belongs to; units are drawn whole.
    """

    values: FloatArray
    scaled: FloatArray
    centre: float
    scale: float
    weight: FloatArray
    units: IntArray

    def spread(self, count: int) -> Spread:
        """Return what the standard deviation depends on, of so many units."""
        sums = [np.bincount(self.units, self.weight * self.scaled**power, count) for power in range(3)]
        return Spread(np.stack(sums, axis=1))

    def moments(self, drawn: FloatArray) -> FloatArray:
        """Return mean, standard deviation and skewness (resamples, 3), units drawn so many times each."""
        weight = drawn[:, self.units] * self.weight
        weight /= weight.sum(axis=1, keepdims=True)
        first, second, third = (weight @ self.scaled**power for power in (1, 2, 3))
        variance = second - first**2
        variance = np.where(variance <= 4 * ROUNDING * second, 0.0, variance)
        with np.errstate(invalid="ignore", divide="ignore"):
            skewness = (third - 3 * first * second + 2 * first**3) / variance**1.5
        moments = [
            # By rounding alone it would lie outside: a mean of zeros below zero.
            np.clip(self.centre + self.scale * first, self.values[0], self.values[-1]),
            self.scale * np.sqrt(variance),
            np.where(variance > 0, skewness, np.nan),
        ]
        return np.stack(moments, axis=1)

    def quantiles(self, shares: FloatArray) -> FloatArray:
        """Return the smallest values with at least these shares at or below."""
        # Sums of weights are equal to a share up to rounding only.
        at = np.searchsorted(np.cumsum(self.weight), shares - 1e-12)
        found: FloatArray = self.values[np.minimum(at, len(self.values) - 1)]
        return found

    def exceedances(self, limits: FloatArray) -> FloatArray:
        """Return the shares that are above limits."""
        above = [self.values > limit for limit in limits.tolist()]
        # Not the sum where it is all of them: that may miss 1 by rounding.
        return np.array([1.0 if these.all() else self.weight[these].sum() for these in above])

    def quantile_ends(
        self, quantiles: FloatArray, shares: FloatArray, kish: float, tail: float
    ) -> tuple[FloatArray, FloatArray]:
        """Return the ends of the intervals of quantiles: values of the sample."""
        ranks = [
            quantile_ranks(share, independent(self.values <= at, self.weight, self.units, kish), tail)
            for at, share in zip(quantiles.tolist(), shares.tolist(), strict=True)
        ]
        low, high = np.array(ranks).reshape(-1, 2).T
        return self.quantiles(low), self.quantiles(high)

    def exceedance_ends(
        self, chances: FloatArray, limits: FloatArray, kish: float, tail: float
    ) -> tuple[FloatArray, FloatArray]:
        """Return the ends of the intervals of probabilities to be above limits."""
        counts = [
            independent(self.values > limit, self.weight, self.units, kish) for limit in limits.tolist()
        ]
        return share_ends(chances, np.array(counts), tail)


def weighted_sample(values: FloatArray, weight: FloatArray, units: IntArray, view: str) -> WeightedSample:
    """Return the sample of single runs, or of the means of points.

    Parameters
    ----------
    values : ndarray (points, replications)
        NaN where there is no run.
    weight : ndarray (points,)
    units : ndarray (points,) of int
    view : {"runs", "means"}

    Returns
    -------
    WeightedSample
    """
    have = np.isfinite(values)
    runs = have.sum(axis=1)
    size = float(np.abs(values[have]).max()) or 1.0
    if view == "means":
        shrunk = np.where(have, values, 0.0) / size
        flat, owner, each = size * (shrunk.sum(axis=1) / runs), np.arange(len(values)), weight
    else:
        owner, _ = np.nonzero(have)
        flat, each = values[have], (weight / runs)[owner]
    order = np.argsort(flat, kind="stable")
    flat, each, owner = flat[order], each[order], owner[order]
    centre = float((each / each.sum()) @ (flat / size))
    centred = flat / size - centre
    centred[np.abs(centred) <= ROUNDING] = 0.0  # what is left of a constant is rounding
    scale = float(np.abs(centred).max()) or 1.0
    return WeightedSample(flat, centred / scale, centre * size, scale * size, each / each.sum(), units[owner])


def resampled(
    sample: WeightedSample,
    count: int,
    resamples: int,
    confidence: float,
    generator: np.random.Generator,
) -> tuple[FloatArray, tuple[float, float]]:
    """Return the moments (resamples, moments) of so many units drawn with replacement.

    And the ends of the interval of the standard deviation: both are NaN where there are only percentiles, the
    upper one where it cannot be told.
    """
    # Of two values it depends on how frequent they are, and percentiles know that better.
    is_told = count >= FEWEST and len(np.unique(sample.values)) > 2
    spread = sample.spread(count)
    found, errors = [], []
    for size in at_a_time(resamples, len(sample.values), _AT_ONCE):
        times = times_drawn(count, size, generator)
        found.append(sample.moments(times.astype(np.float64)))
        if is_told:
            errors.append(spread.errors(times))
    low, high = spread.ends(np.concatenate(errors), confidence) if is_told else (np.nan, np.nan)
    return np.concatenate(found), (low * sample.scale, high * sample.scale)
