"""The bootstrap of estimators that are functions of means over blocks, for all outputs at once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.space import ParameterSpace

__all__ = [
    "Estimate",
    "at_a_time",
    "by_outputs",
    "ends",
    "groups_in",
    "intervals",
    "percentiles",
    "resampled",
    "times_drawn",
    "undefined",
    "undefined_halves",
    "widened",
    "widening",
]

#: From weighted means (resamples, outputs, products) to estimates (resamples, outputs, measures).
Estimate: TypeAlias = Callable[[FloatArray], FloatArray]

# Enough for a variance, and few enough that a group is long and even.
_GROUPS = 16
_FEWEST_IN_GROUPS = 64
# Resampled weights held at once: half a megabyte of float64, beside products of many.
_WEIGHTS_AT_ONCE = 2**16
# Products and estimates held at once, for as many outputs as fit: 64 MB of float64.
_NUMBERS_AT_ONCE = 2**23


def by_outputs(
    found: Callable[[slice], tuple[FloatArray, ...]], outputs: int, numbers: int
) -> tuple[FloatArray, ...]:
    """Compute a few outputs at a time, so that memory stays bounded.

    Parameters
    ----------
    found : callable
        From a slice of the outputs to arrays (outputs of the slice, ...).
    outputs : int
        How many there are.
    numbers : int
        How many are held of one output on the way.

    Returns
    -------
    tuple of ndarray (outputs, ...)

    Examples
    --------
    >>> by_outputs(lambda some: (np.arange(5.0)[some] ** 2,), 5, 2**21)[0].tolist()
    [0.0, 1.0, 4.0, 9.0, 16.0]
    """
    at_once = max(1, _NUMBERS_AT_ONCE // numbers)
    parts = [found(slice(start, start + at_once)) for start in range(0, outputs, at_once)]
    return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))


def at_a_time(draws: int, numbers: int, most: int) -> list[int]:
    """Return how many draws to make at a time, each of so many numbers, so that memory stays bounded.

    Parameters
    ----------
    draws : int
        How many are made in all.
    numbers : int
        How many are held of one draw.
    most : int
        Numbers held at once, but for those of one draw.

    Returns
    -------
    list of int

    Examples
    --------
    >>> at_a_time(5, 10, 20), at_a_time(2, 10, 5)
    ([2, 2, 1], [1, 1])
    """
    size = max(1, most // numbers)
    return [min(size, draws - start) for start in range(0, draws, size)]


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
    for size in at_a_time(resamples, count, _WEIGHTS_AT_ONCE):
        weights = times_drawn(count, size, generator) / count
        found.append(estimate((weights @ flat).reshape(size, outputs, width)))
    return np.concatenate(found)


def times_drawn(count: int, resamples: int, generator: np.random.Generator) -> IntArray:
    """Draw so many units with replacement, and return how often each was drawn.

    Parameters
    ----------
    count : int
    resamples : int
    generator : Generator

    Returns
    -------
    ndarray (resamples, units) of int

    Examples
    --------
    >>> times_drawn(3, 2, np.random.default_rng(1)).sum(axis=1).tolist()
    [3, 3]
    """
    drawn = generator.integers(count, size=(resamples, count))
    drawn += count * np.arange(resamples)[:, None]
    times: IntArray = np.bincount(drawn.ravel(), minlength=resamples * count).reshape(resamples, count)
    return times


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
    low, high = ends(estimates, confidence)
    return low, high, np.isnan(estimates).all(axis=-1).mean(axis=0)


def ends(drawn: FloatArray, confidence: float) -> FloatArray:
    """Return the ends of the middle part of what was drawn.

    Parameters
    ----------
    drawn : ndarray (draws, ...)
        NaN where a draw has no estimate.
    confidence : float
        Share of the draws that lies between.

    Returns
    -------
    ndarray (2, ...)

    Examples
    --------
    >>> ends(np.arange(101.0), 0.9).round(9).tolist()
    [5.0, 95.0]
    """
    tails = (0.5 - confidence / 2, 0.5 + confidence / 2)
    found: FloatArray
    if not np.isnan(drawn).any():
        found = np.quantile(drawn, tails, axis=0)  # many times as fast as nanquantile
        return found
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="All-NaN slice", category=RuntimeWarning)
        found = np.nanquantile(drawn, tails, axis=0)
    return found


def groups_in(space: ParameterSpace) -> tuple[int, ...]:
    """Return in how many groups neighbouring blocks of a Sobol sequence are drawn together.

    Blocks of such a sequence are spread more evenly than by chance, which a bootstrap of single blocks does
    not see: its intervals are too wide, the more so the longer the sequence. A group of neighbours, of a
    power of two, is a net of its own and keeps the evenness.

    Where levels are halves or quarters of the cube, nets of one size may hold just as many points of each and
    all err alike, which they cannot show; nets of half that size do, and the wider intervals are taken.

    Parameters
    ----------
    space : ParameterSpace

    Returns
    -------
    tuple of int
        ``(16,)``, or ``(16, 32)`` where an axis has levels.

    References
    ----------
    Random groups: Wolter 2007, Introduction to variance estimation, chapter 2.

    Examples
    --------
    >>> from mesa_doe.space import Boolean, Real
    >>> groups_in(ParameterSpace(a=Real(0, 1))), groups_in(ParameterSpace(a=Real(0, 1), b=Boolean()))
    ((16,), (16, 32))
    """
    has_levels = any(axis.n_levels is not None for axis in space.axes.values())
    return (_GROUPS, 2 * _GROUPS) if has_levels else (_GROUPS,)


def widened(
    low: FloatArray, high: FloatArray, point: FloatArray, groups: int, confidence: float
) -> tuple[FloatArray, FloatArray]:
    """Widen percentile intervals from few groups, which a bootstrap makes too narrow, by Student's t.

    They are of shares and mean squares, which are not below zero: an end that was above it stays there.

    Parameters
    ----------
    low, high, point : ndarray (outputs, measures)
    groups : int
        How many were resampled.
    confidence : float

    Returns
    -------
    low, high : ndarray (outputs, measures)
    """
    factor = widening(groups, confidence)
    lower: FloatArray = point + (low - point) * factor
    return np.where(low >= 0, np.maximum(lower, 0.0), lower), point + (high - point) * factor


def widening(groups: int, confidence: float) -> float:
    """Return how many times as wide intervals of few groups must be as their spread tells, by Student's t.

    Examples
    --------
    >>> round(widening(16, 0.95), 2)
    1.12
    """
    from scipy.special import ndtri, stdtrit

    tail = 0.5 + confidence / 2
    return float(np.sqrt(groups / (groups - 1)) * stdtrit(groups - 1, tail) / ndtri(tail))


def intervals(
    products: FloatArray,
    estimate: Estimate,
    resamples: int,
    confidence: float,
    entropy: int,
    *,
    groups: tuple[int, ...] | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return percentile intervals of an estimator over resampled blocks.

    Parameters
    ----------
    products, estimate, resamples
        As of :func:`resampled`.
    confidence : float
    entropy : int
        Root of the generator: of the same blocks the same are drawn, whichever outputs are given.
    groups : tuple of int, optional
        In how many groups neighbouring blocks are drawn together, as of :func:`groups_in`; the interval
        holds those of each. Fewer than 64 blocks, and not a power of two, are drawn one by one. Intervals are
        as wide as Student's t of so few groups, or blocks, makes them: by default they are not.

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
    count = len(products)
    if groups is None:
        drawn = resampled(products, estimate, resamples, np.random.default_rng(entropy))
        return percentiles(drawn, confidence)
    if count < _FEWEST_IN_GROUPS or count & (count - 1):
        groups = ()
    point = estimate(products.mean(axis=0)[None])[0]
    found = []
    for number in groups or (count,):
        means = products.reshape(number, count // number, *products.shape[1:]).mean(axis=1)
        drawn = resampled(means, estimate, resamples, np.random.default_rng(entropy))
        low, high, lost = percentiles(drawn, confidence)
        found.append((*widened(low, high, point, number, confidence), lost))
    lows, highs, shares = zip(*found, strict=True)
    return np.fmin.reduce(lows), np.fmax.reduce(highs), np.max(shares, axis=0)


def undefined(names: list[Any], shares: FloatArray, constant: Any, *, corrected: bool = False) -> list[str]:
    """Say of which outputs some resamples had no estimate.

    Parameters
    ----------
    names : list
    shares : ndarray (outputs,)
        As `intervals` returns them.
    constant : array_like of bool (outputs,)
        Outputs of which another warning says that they do not vary.
    corrected : bool, default False
        Whether noise was taken away, which may leave nothing.

    Returns
    -------
    list of str
    """
    why, more = (", or so little beside its noise,", " or more replications") if corrected else ("", "")
    return [
        f"output {name!r} varies in so few blocks{why} that {share:.1%} of the bootstrap resamples have no "
        f"variance; they are left out of the intervals, which are too narrow: use a larger n{more}"
        for name, share, flat in zip(names, shares.tolist(), constant, strict=True)
        if share > 0 and not flat
    ]


def undefined_halves(names: Sequence[Any], shares: FloatArray, constant: Any) -> list[str]:
    """Say of which outputs some random halves of the points had no estimate.

    Parameters
    ----------
    names, shares, constant
        As of :func:`undefined`.

    Returns
    -------
    list of str
    """
    return [
        f"output {name!r}: {share:.1%} of the random halves have no estimate, since the output or a "
        "factor does not vary in them, one factor is a function of others, or they are too few points; they "
        "are left out of the intervals, which are too narrow or missing: use more points"
        for name, share, flat in zip(names, shares.tolist(), constant, strict=True)
        if share > 0 and not flat
    ]
