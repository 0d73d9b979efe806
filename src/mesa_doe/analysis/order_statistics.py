"""Intervals of quantiles and shares, of a sample whose units hold several values or weigh differently."""

from __future__ import annotations

import numpy as np

from mesa_doe.arrays import BoolArray, FloatArray, IntArray

__all__ = ["independent", "quantile_ranks", "share_ends"]


def independent(inside: BoolArray, weight: FloatArray, units: IntArray, kish: float) -> float:
    """Return of how many independent values a share of the sample is as well known.

    Parameters
    ----------
    inside : ndarray of bool (values,)
        Which values the share is of.
    weight : ndarray (values,)
        They sum to one.
    units : ndarray of int (values,)
        Which values are drawn together.
    kish : float
        How many units of equal weight there are as good as: the answer where all values, or none, are inside.

    Returns
    -------
    float
        At most the number of values.

    References
    ----------
    Effective sample size of a design: Korn & Graubard 1998, Survey Methodology 24.

    Examples
    --------
    >>> inside, weight = np.array([True, True, False, False]), np.full(4, 0.25)
    >>> [independent(inside, weight, np.array(units), 4.0) for units in ([0, 1, 2, 3], [0, 0, 1, 1])]
    [4.0, 2.0]
    """
    share = float(weight @ inside)
    variance = float((np.bincount(units, weight * (inside - share)) ** 2).sum())
    if inside.all() or not inside.any():
        return kish
    most = float(len(weight))
    return min(share * (1 - share) / variance, most) if variance > 0 else most


def quantile_ranks(share: float, count: float, tail: float) -> tuple[float, float]:
    """Return at which shares of the sample the ends of a quantile's interval are.

    Parameters
    ----------
    share : float
    count : float
        As of :func:`independent`.
    tail : float
        What may be left out at either end.

    Returns
    -------
    low, high : float
        Of the order statistics, exact for independent values: outermost ones where none is far enough out.

    References
    ----------
    David & Nagaraja 2003, Order statistics, section 7.1; of other samples: Woodruff 1952, Journal of the
    American Statistical Association 47.

    Examples
    --------
    >>> quantile_ranks(0.5, 20.0, 0.025)
    (0.3, 0.75)
    """
    from scipy.stats import binom

    whole = max(int(count + 1e-9), 1)
    low, high = binom.ppf([tail, 1 - tail], whole, share).tolist()
    return max(low, 1.0) / whole, min(high + 1, whole) / whole


def share_ends(share: FloatArray, count: FloatArray, tail: float) -> tuple[FloatArray, FloatArray]:
    """Return the ends of the interval of shares, Clopper and Pearson's.

    Parameters
    ----------
    share, count : ndarray
        Count as of :func:`independent`.
    tail : float
        What may be left out at either end.

    Returns
    -------
    low, high : ndarray

    References
    ----------
    Clopper & Pearson 1934, Biometrika 26; of other samples: Korn & Graubard 1998, Survey Methodology 24.

    Examples
    --------
    >>> low, high = share_ends(np.array([0.0, 0.1]), np.array([20.0, 20.0]), 0.025)
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.0, 0.012], [0.168, 0.317])
    """
    from scipy.stats import beta

    inside, outside = share * count, (1 - share) * count
    with np.errstate(invalid="ignore"):
        low = np.where(share > 0, beta.ppf(tail, inside, outside + 1), 0.0)
        high = np.where(share < 1, beta.ppf(1 - tail, inside + 1, outside), 1.0)
    return low, high
