"""What of an output is rounding, and means that differ by nothing else."""

from __future__ import annotations

import numpy as np

from mesa_doe.arrays import FloatArray

__all__ = ["ROUNDING", "tied"]

#: Of an output scaled to deviations of at most one: what is less is rounding.
ROUNDING = 4 * float(np.finfo(float).eps)


def tied(means: FloatArray) -> FloatArray:
    """Make means the same that differ by the rounding of their sums alone, so that ranks tie.

    Parameters
    ----------
    means : ndarray (points, outputs)
        They are changed in place.

    Returns
    -------
    ndarray, the same

    Examples
    --------
    >>> means = np.array([[0.1 + 0.2 + 0.3], [0.3 + 0.2 + 0.1], [0.7]])
    >>> len(np.unique(means)), len(np.unique(tied(means)))
    (3, 2)
    """
    least = ROUNDING * np.abs(means).max(axis=0)
    gaps = np.diff(np.sort(means.T, axis=1), axis=1)
    # In most outputs none do, which is known in a tenth of the time.
    near = ((gaps > 0) & (gaps <= least[:, None])).any(axis=1)
    means[:, near] = _led(means[:, near], least[near])
    return means


def _led(means: FloatArray, least: FloatArray) -> FloatArray:
    """Give each mean the value of the first of those that are as near to it as rounding."""
    order = means.argsort(axis=0, kind="stable")
    ordered = np.take_along_axis(means, order, axis=0)
    first = np.ones(means.shape, dtype=bool)
    first[1:] = np.diff(ordered, axis=0) > least
    lead = np.maximum.accumulate(np.where(first, np.arange(len(means))[:, None], 0), axis=0)
    leader = np.take_along_axis(ordered, lead, axis=0)
    # Of a long row of neighbours, only those near to the first of them.
    alike = np.where(ordered - leader <= least, leader, ordered)
    tied = np.empty_like(means)
    np.put_along_axis(tied, order, alike, axis=0)
    return tied
