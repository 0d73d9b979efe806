"""The bootstrap of estimators that are functions of means over blocks, for all outputs at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

__all__ = ["Estimate", "intervals", "percentiles", "resampled", "undefined"]

FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

#: From weighted means (resamples, outputs, products) to estimates (resamples, outputs, measures).
Estimate: TypeAlias = Callable[[FloatArray], FloatArray]

# Resampled weights held at once: half a megabyte of float64, beside products of many.
_WEIGHTS_AT_ONCE = 2**16


def resampled(
    products: FloatArray, estimate: Estimate, resamples: int, generator: np.random.Generator
) -> FloatArray:
    """Return an estimator of resampled blocks.

    A resample of blocks is a weighted mean of the same products, so that one matrix product serves all
    outputs, measures and resamples.

    Parameters
    ----------
    products : ndarray (blocks, outputs, products)
        What the estimator takes means of: of a point, a Saltelli block or a trajectory.
    estimate : callable
        From means (resamples, outputs, products) to estimates (resamples, outputs, measures); NaN where a
        resample has none.
    resamples : int
    generator : Generator

    Returns
    -------
    ndarray (resamples, outputs, measures)
    """
    count, outputs, width = products.shape
    flat = products.reshape(count, -1)
    found = []
    at_once = max(1, _WEIGHTS_AT_ONCE // count)
    for start in range(0, resamples, at_once):
        size = min(at_once, resamples - start)
        drawn = generator.integers(count, size=(size, count)) + count * np.arange(size)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count) / count
        found.append(estimate((weights @ flat).reshape(size, outputs, width)))
    return np.concatenate(found)


def percentiles(estimates: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the ends of percentile intervals.

    Parameters
    ----------
    estimates : ndarray (resamples, outputs, measures)
    confidence : float

    Returns
    -------
    low, high : ndarray (outputs, measures)
        Over the resamples that have an estimate.
    undefined : ndarray (outputs,)
        Share of the resamples that have none at all.
    """
    tails = (0.5 - confidence / 2, 0.5 + confidence / 2)
    lost = np.isnan(estimates)
    if not lost.any():
        low, high = np.quantile(estimates, tails, axis=0)  # many times as fast as nanquantile
    else:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="All-NaN slice", category=RuntimeWarning)
            low, high = np.nanquantile(estimates, tails, axis=0)
    return low, high, lost.all(axis=-1).mean(axis=0)


def intervals(
    products: FloatArray, estimate: Estimate, resamples: int, confidence: float, entropy: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return percentile intervals of an estimator over resampled blocks.

    Parameters
    ----------
    products, estimate, resamples
        As of :func:`resampled`.
    confidence : float
    entropy : int
        Root of the generator.

    Returns
    -------
    low, high, undefined
        As of :func:`percentiles`.

    References
    ----------
    Efron & Tibshirani 1993, An introduction to the bootstrap, chapter 13.

    Examples
    --------
    >>> values = np.arange(100.0)[:, None, None]
    >>> low, high, _ = intervals(values, lambda means: means, 1000, 0.95, 1)
    >>> bool(low < 49.5 < high)
    True
    """
    generator = np.random.default_rng(entropy)
    return percentiles(resampled(products, estimate, resamples, generator), confidence)


def undefined(names: list[Any], shares: FloatArray, constant: Any) -> list[str]:
    """Say of which outputs some resamples had no estimate.

    Parameters
    ----------
    names : list
    shares : ndarray (outputs,)
        As `intervals` returns them.
    constant : array_like of bool (outputs,)
        Outputs of which another warning says that they do not vary.

    Returns
    -------
    list of str
    """
    return [
        f"output {name!r} varies in so few blocks that {share:.1%} of the bootstrap resamples have no "
        "variance; they are left out of the intervals, which are too narrow: use a larger n"
        for name, share, flat in zip(names, shares.tolist(), constant, strict=True)
        if share > 0 and not flat
    ]
