"""Estimates from blocks of points that were run with several seeds, and their intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mesa_doe.analysis.bootstrap import Estimate, intervals
from mesa_doe.analysis.common_seeds import for_other_seeds, without_each
from mesa_doe.analysis.replication_noise import between_replications
from mesa_doe.arrays import FloatArray

__all__ = ["BlockBootstrap"]

# In how many groups what a surface leaves is drawn; where they differ, the wider interval is taken.
_GROUPS = (16, 64)
# What a surface leaves must have intervals of this part of the width: surfaces that tell less were not safe.
_NARROW = 0.25
# How far off an output may be where no point has been.
_DEVIATIONS = 3.0


@dataclass(frozen=True)
class BlockBootstrap:
    """How estimates are made of blocks, and what their intervals are to hold.

    Parameters
    ----------
    corrected : bool
        Whether noise is taken away, by products of different replications.
    few_seeds : bool
        Whether intervals say what other seeds might have given, because all blocks share theirs.
    resamples : int
    confidence : float
    entropy : int
        As of :func:`~mesa_doe.analysis.bootstrap.intervals`.
    groups : tuple of int, default ()
        As of :func:`~mesa_doe.analysis.bootstrap.intervals`, where blocks follow one another on a Sobol
        sequence and none is left out.

    Examples
    --------
    >>> import numpy as np
    >>> bootstrap = BlockBootstrap(True, False, resamples=100, confidence=0.95, entropy=1)
    >>> runs = np.array([[[3.0], [5.0]], [[1.0], [1.0]]])
    >>> _, point, low, high, _ = bootstrap.of(lambda y: y[:, :, None] ** 2, runs, lambda means: means)
    >>> point.tolist(), low.round(1).tolist(), high.round(1).tolist()
    ([[8.0]], [[0.0]], [[72.2]])
    """

    corrected: bool
    few_seeds: bool
    resamples: int
    confidence: float
    entropy: int
    groups: tuple[int, ...] = ()

    def of(
        self,
        products: Callable[[FloatArray], FloatArray],
        runs: FloatArray,
        estimate: Estimate,
        known: tuple[FloatArray, FloatArray] | None = None,
    ) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, FloatArray]:
        """Return means of products over blocks, estimates that are functions of them, and intervals.

        Parameters
        ----------
        products : callable
            As of :func:`~mesa_doe.analysis.replication_noise.between_replications`, with blocks as first
            axis.
        runs : ndarray (points, replications, outputs)
            Or (blocks, replications, rows of a block, outputs): what ``products`` takes, of each replication.
        estimate : callable
            As of :func:`~mesa_doe.analysis.bootstrap.resampled`.
        known : tuple of ndarray, optional
            Of surfaces that follow the outputs: their values (points, outputs), or (blocks, rows of a block,
            outputs), and what should be estimated of them (outputs, measures), NaN where it is not known.

        Returns
        -------
        means : ndarray (outputs, products)
        point, low, high : ndarray (outputs, measures)
        undefined : ndarray (outputs,)
            As of :func:`~mesa_doe.analysis.bootstrap.percentiles`.
        """
        of_blocks = between_replications(products, runs, corrected=self.corrected)
        means = of_blocks.mean(axis=0)
        point = estimate(means[None])[0]
        low, high, lost = intervals(
            of_blocks, estimate, self.resamples, self.confidence, self.entropy, groups=self.groups
        )
        if known is not None and not self.few_seeds:  # where few seeds are, these make the error
            low, high = self._of_the_rest(products, of_blocks, estimate, known, low, high)
        if self.few_seeds:
            without = estimate(without_each(products, runs, corrected=self.corrected))
            low, high = for_other_seeds(low, high, point, without, self.confidence)
        return means, point, low, high, lost

    def _of_the_rest(
        self,
        products: Callable[[FloatArray], FloatArray],
        of_blocks: FloatArray,
        estimate: Estimate,
        known: tuple[FloatArray, FloatArray],
        low: FloatArray,
        high: FloatArray,
    ) -> tuple[FloatArray, FloatArray]:
        """Return intervals that do not guess what a surface tells: how far off estimates of it are.

        What no point has seen is in no surface. Of N points, it is less than 3/N of the space in 95 of 100
        cases (the rule of three), and if it lies three deviations off, moves an index by 27/N.
        """
        surface, truth = known
        both = np.concatenate([_in_groups(of_blocks), _in_groups(products(surface))], axis=1)
        count = of_blocks.shape[1]

        def put_right(means: FloatArray) -> FloatArray:
            return estimate(means[:, :count]) - estimate(means[:, count:]) + truth

        point = estimate(of_blocks.mean(axis=0)[None])[0]
        least, most, _ = intervals(
            both, put_right, self.resamples, self.confidence, self.entropy, groups=_GROUPS
        )
        unseen = -np.log(1 - self.confidence) * _DEVIATIONS**2 / (2 * len(of_blocks))
        narrow = (most - least < _NARROW * (high - low)) & (most - least + 2 * unseen < high - low)
        least, most = least - unseen, most + unseen
        return np.where(narrow, np.fmin(least, point), low), np.where(narrow, np.fmax(most, point), high)


def _in_groups(of_blocks: FloatArray) -> FloatArray:
    """Return means over the smallest groups, which are all that is drawn."""
    count = max(_GROUPS)
    means: FloatArray = of_blocks.reshape(count, -1, *of_blocks.shape[1:]).mean(axis=1)
    return means
