"""The least number of runs that is enough: for a width, for a power, for a spread that has settled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mesa_doe.arrays import FloatArray

__all__ = ["MOST", "at_most", "for_power", "for_width", "power_of", "settles", "t_quantile"]

#: What asks for more is taken for out of reach.
MOST = 10**9


def for_width(stds: FloatArray, wanted: FloatArray, confidence: float) -> FloatArray:
    """Return the least n with t(n - 1)·std/√n ≤ wanted; 1 without noise, NaN where there is none."""
    needed = np.ones(len(stds))
    noisy = stds > 0
    ratio = wanted[noisy] / stds[noisy]
    needed[noisy] = _fewest(
        lambda n: t_quantile(0.5 + confidence / 2, n - 1) / np.sqrt(n) <= ratio, int(np.count_nonzero(noisy))
    )
    return needed


def for_power(f: FloatArray, k: int, power: float, alpha: float) -> FloatArray:
    """Return the least n with which each Cohen's f is found with this power; NaN where there is none."""
    return _fewest(lambda n: power_of(n, f, k, alpha) >= power, len(f))


def power_of(n: Any, f: Any, k: int, alpha: float) -> FloatArray:
    """Return with which probability n runs of each of k settings find Cohen's f."""
    from scipy.special import fdtri, ncfdtr

    n = np.asarray(n, dtype=np.float64)
    between, within = k - 1, k * (n - 1)
    critical = fdtri(between, within, 1 - alpha)
    # Beyond, it is 1 in all digits, and the library gives NaN in the end. Of two degrees within, the power is
    # about 1 - exp(-λ/critical), and of more it rises faster.
    most = 1000.0 * k + 100 * between * critical
    with np.errstate(over="ignore"):
        noncentral = np.minimum(k * n * np.asarray(f) ** 2, most)
    found: FloatArray = 1 - ncfdtr(between, within, noncentral, critical)
    return found


def _fewest(enough: Callable[[FloatArray], Any], count: int) -> FloatArray:
    """Return the least whole number from 2 that is enough, each of many; NaN where none is found."""
    low, high = np.ones(count), np.full(count, 2.0)
    while np.any(short := ~enough(high) & (high < MOST)):
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    found = enough(high) & (high <= 2 * MOST)
    while np.any(high - low > 1):
        middle = np.floor((low + high) / 2)
        good = enough(middle)
        low, high = np.where(good, low, middle), np.where(good, middle, high)
    return np.where(found & (high <= MOST), high, np.nan)


def settles(values: FloatArray, epsilon: float) -> float:
    """Return the n from which on the coefficient of variation stays within epsilon; NaN if none does."""
    if len(values) < 3:
        return np.nan
    size = float(np.abs(values).max()) or 1.0
    mean = float((values / size).mean())
    own = values / size - mean
    n = np.arange(1, len(own) + 1)
    sums, squares = np.cumsum(own), np.cumsum(own**2)
    spread = np.sqrt(np.maximum(squares[1:] - sums[1:] ** 2 / n[1:], 0.0) / (n[1:] - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = spread / np.abs(mean + sums[1:] / n[1:])
        # Largest and smallest of all that come after; NaN and infinity stay in them.
        most = np.maximum.accumulate(cv[::-1])[::-1][1:]
        least = np.minimum.accumulate(cv[::-1])[::-1][1:]
        still = (np.abs(cv[:-1] - most) < epsilon) & (np.abs(cv[:-1] - least) < epsilon)
    return float(np.argmax(still) + 2) if still.any() else np.nan


def t_quantile(share: float, degrees: Any) -> FloatArray:
    """Return the value that this share of Student's t is below."""
    from scipy.special import stdtrit

    found: FloatArray = stdtrit(np.asarray(degrees, dtype=np.float64), share)
    return found


def at_most(stds: Any, degrees: Any, confidence: float) -> FloatArray:
    """Return the upper ends of the intervals of standard deviations, of normal values."""
    from scipy.special import chdtri

    # Of chi-squared, the value that a share is above.
    found: FloatArray = stds * np.sqrt(degrees / chdtri(degrees, 0.5 + confidence / 2))
    return found
