"""Intervals where all points share their seeds: what other seeds might have given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mesa_doe.arrays import BoolArray, FloatArray

__all__ = ["few_seeds", "for_other_seeds", "no_intervals", "without_each"]

# Replications, of which two that differ are left when one is taken away.
_FEWEST = 3


def few_seeds(seed_policy: str | None, replications: int) -> bool:
    """Tell whether all points share their seeds, and these are enough to tell what others might give.

    Examples
    --------
    >>> few_seeds("common", 3), few_seeds("common", 2), few_seeds("block", 3)
    (True, False, False)
    """
    return seed_policy == "common" and replications >= _FEWEST


def without_each(
    products: Callable[[FloatArray], FloatArray], runs: FloatArray, *, corrected: bool
) -> FloatArray:
    """Return means of products over blocks, each time without one of the replications.

    Parameters
    ----------
    products : callable
        As of :func:`~mesa_doe.analysis.replication_noise.between_replications`, with blocks as first axis.
    runs : ndarray (points, replications, outputs)
    corrected : bool
        Products of different replications, or those of the means.

    Returns
    -------
    ndarray (replications, outputs, products)

    Examples
    --------
    >>> runs = np.array([[[1.0], [2.0], [4.0]]])
    >>> without_each(lambda values: values[:, :, None] ** 2, runs, corrected=True).ravel().tolist()
    [8.0, 4.0, 2.0]
    """
    count, rest = runs.shape[1], runs.shape[1] - 1
    total = runs.sum(axis=1)
    of_means = np.stack([products((total - runs[:, k]) / rest).mean(axis=0) for k in range(count)])
    if not corrected:
        return of_means
    own = np.stack([products(runs[:, k]).mean(axis=0) for k in range(count)])
    between: FloatArray = (rest**2 * of_means - (own.sum(axis=0) - own)) / (rest**2 - rest)
    return between


def for_other_seeds(
    low: FloatArray, high: FloatArray, point: FloatArray, without: FloatArray, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Widen intervals over blocks by the error of few seeds, which all blocks share.

    That error is the jackknife's over replications, times Student's t: of few, a bootstrap of replications is
    too narrow. It adds to that of the blocks as variances do. What a seed does at one point alone is
    in both, so that intervals of models with much of it err on the wide side.

    Parameters
    ----------
    low, high, point : ndarray (outputs, measures)
        Ends of intervals that hold for the seeds that were run, and the estimates.
    without : ndarray (replications, outputs, measures)
        Estimates without each of the replications, of which there are three or more.
    confidence : float

    Returns
    -------
    low, high : ndarray (outputs, measures)

    References
    ----------
    Jackknife: Efron & Stein 1981, The jackknife estimate of variance.

    Examples
    --------
    >>> ends = np.array([[0.0]]), np.array([[2.0]])
    >>> same = np.ones((4, 1, 1))
    >>> [float(end[0, 0]) for end in for_other_seeds(*ends, same[0], same, 0.95)]
    [0.0, 2.0]
    """
    from scipy.special import stdtrit

    count = len(without)
    error = np.sqrt((count - 1) * without.var(axis=0))
    reach = float(stdtrit(count - 1, 0.5 + confidence / 2)) * error
    ends = [end - point for end in (low, high)]
    below, above = (np.hypot(end, reach) - np.abs(end) for end in ends)
    return low - below, high + above


def no_intervals(names: Sequence[Any], point: FloatArray, low: FloatArray) -> list[str]:
    """Say of which outputs the seeds tell no interval, since without one of them no variance is left.

    Parameters
    ----------
    names : sequence
        Of the outputs.
    point, low : ndarray (outputs, measures)
        Estimates and lower ends, as of :func:`for_other_seeds`.

    Returns
    -------
    list of str

    Examples
    --------
    >>> no_intervals(["y"], np.array([[0.5]]), np.array([[np.nan]]))
    ["output 'y' has no intervals (NaN): without one of the seeds that all points share, no variance is ..."]
    """
    without: BoolArray = np.asarray((np.isfinite(point) & np.isnan(low)).any(axis=1))
    return [
        f"output {name!r} has no intervals (NaN): without one of the seeds that all points share, no "
        "variance is left beside the noise; use more replications, a larger n or wider axes"
        for name, none in zip(names, without, strict=True)
        if none
    ]
