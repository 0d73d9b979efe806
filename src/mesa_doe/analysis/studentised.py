"""The interval of a standard deviation, whose own error is estimated in every resample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mesa_doe.analysis.bootstrap import ends
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.arrays import FloatArray

__all__ = ["FEWEST", "Spread"]

#: Of fewer units, the error of a resample is itself so doubtful that ends may be anywhere.
FEWEST = 25
# An end so many times as large as the estimate, or more, tells that the units cannot bound it.
_BEYOND = 10.0


@dataclass(frozen=True)
class Spread:
    """Units of a weighted sample, as far as its standard deviation depends on them.

    Percentiles of resampled standard deviations lie too low: a resample has less of a long tail, and knows
    less of how little it knows. So the logarithm is taken, and in each resample its deviation from that of
    the sample is measured in standard errors of its own.

    Parameters
    ----------
    sums : ndarray (units, 3)
        Of the weights, and of weights times values, and times their squares.

    References
    ----------
    Bootstrap-t on a transformed scale: Efron & Tibshirani 1993, An introduction to the bootstrap, sections
    12.5 and 12.6; of variances: Cojbasic & Tomovic 2007, Computational Statistics & Data Analysis 51.

    Examples
    --------
    >>> values = np.random.default_rng(1).exponential(size=100)
    >>> spread = Spread(np.stack([np.ones(100), values, values**2], axis=1))
    >>> times = np.random.default_rng(2).multinomial(100, np.full(100, 0.01), size=1000)
    >>> low, high = spread.ends(spread.errors(times), 0.95)
    >>> bool(low < 1 < high)
    True
    """

    sums: FloatArray

    def log_and_error(self, times: Any) -> tuple[FloatArray, FloatArray]:
        """Return log standard deviations and their standard errors, of units drawn so many times each.

        Parameters
        ----------
        times : ndarray (resamples, units)

        Returns
        -------
        log, error : ndarray (resamples,)
            NaN where all values are the same.
        """
        weight, first, second = times @ self.sums[:, :1], times @ self.sums[:, 1:2], times @ self.sums[:, 2:]
        mean, square = first / weight, second / weight
        variance = square - mean**2
        variance = np.where(variance > 4 * ROUNDING * square, variance, np.nan)
        # What a unit adds to the variance is, to first order, linear in its sums: its square is of products.
        parts = np.concatenate([mean**2 - variance, -2 * mean, np.ones_like(mean)], axis=1)
        i, j = np.triu_indices(3)
        products = times @ (self.sums[:, i] * self.sums[:, j])
        influence = (np.where(i == j, 1.0, 2.0) * parts[:, i] * parts[:, j] * products).sum(axis=1)
        error = np.sqrt(np.maximum(influence, 0.0)) / (2 * variance * weight)[:, 0]
        return np.log(variance[:, 0]) / 2, error

    def errors(self, times: Any) -> FloatArray:
        """Return by how many of its own standard errors each resample's logarithm is off; NaN where by none.

        Parameters
        ----------
        times : ndarray (resamples, units)

        Returns
        -------
        ndarray (resamples,)
        """
        own, _ = self.log_and_error(np.ones((1, len(self.sums))))
        log, error = self.log_and_error(times)
        off = np.full(len(log), np.nan)
        np.divide(log - own, error, out=off, where=error > ROUNDING)
        return off

    def ends(self, errors: FloatArray, confidence: float) -> tuple[float, float]:
        """Return the ends of the interval of the standard deviation.

        Parameters
        ----------
        errors : ndarray (resamples,)
        confidence : float

        Returns
        -------
        low, high : float
            Both are NaN where the sample has no error that can be told, as all values are the same, or as far
            from their mean as each other; the upper one, where so few of the units make the standard
            deviation that they cannot bound it.
        """
        log, error = (float(one[0]) for one in self.log_and_error(np.ones((1, len(self.sums)))))
        if not error > ROUNDING:
            return np.nan, np.nan
        least, most = ends(errors, confidence)
        high = float(np.exp(log - least * error)) if -least * error < np.log(_BEYOND) else np.nan
        return float(np.exp(log - most * error)), high
