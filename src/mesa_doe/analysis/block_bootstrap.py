"""Estimates from blocks of points that were run with several seeds, and their intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mesa_doe.analysis.bootstrap import Estimate, intervals
from mesa_doe.analysis.common_seeds import for_other_seeds, without_each
from mesa_doe.analysis.replication_noise import between_replications
from mesa_doe.arrays import FloatArray

__all__ = ["BlockBootstrap"]


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
        self, products: Callable[[FloatArray], FloatArray], runs: FloatArray, estimate: Estimate
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
        if self.few_seeds:
            without = estimate(without_each(products, runs, corrected=self.corrected))
            low, high = for_other_seeds(low, high, point, without, self.confidence)
        return means, point, low, high, lost
