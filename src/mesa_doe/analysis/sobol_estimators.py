"""Estimators of Sobol indices: ratios of means over Saltelli blocks, all outputs and resamples at once."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mesa_doe.analysis.block_bootstrap import BlockBootstrap
from mesa_doe.analysis.bootstrap import by_outputs
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.arrays import FloatArray

__all__ = ["ESTIMATORS", "Blocks", "Estimator", "SobolPlan"]

# Mean and mean square of the base sample, and what a dummy is told from, come before an estimator's products.
_MOMENTS, _OF_DUMMY = 2, 3


@dataclass(frozen=True)
class Blocks:
    """Outputs of Saltelli blocks, by the part of the block.

    Parameters
    ----------
    a, b : ndarray (blocks, outputs)
        Of the two base points.
    ab : ndarray (blocks, outputs, factors)
        Of a with one factor taken from b.
    ba : ndarray (blocks, outputs, factors) or None
        Of b with one factor taken from a, in a design with second order.
    """

    a: FloatArray
    b: FloatArray
    ab: FloatArray
    ba: FloatArray | None

    @classmethod
    def of(cls, rows: FloatArray, factors: int, second_order: bool) -> Blocks:
        """Take apart rows (blocks, rows of a block, outputs)."""
        ab = np.moveaxis(rows[:, 1 : factors + 1], 1, 2)
        ba = np.moveaxis(rows[:, factors + 1 : 2 * factors + 1], 1, 2) if second_order else None
        return cls(rows[:, 0], rows[:, -1], ab, ba)


@dataclass(frozen=True)
class Estimator:
    """One way to first- and total-order indices.

    Parameters
    ----------
    products : callable
        From blocks to arrays (blocks, outputs, factors), of which it takes means.
    indices : callable
        From those means (resamples, outputs, factors), and the variance (resamples, outputs, 1) of the base
        sample, to first- and total-order indices (resamples, outputs, factors).
    needs_ba : bool
        Whether the design must have second order.
    source : str
    also_of_both : tuple of str, default ()
        Measures beside S1 that are made of products of outputs of a and b, or of points that differ by all
        factors but one.
    """

    products: Callable[[Blocks], list[FloatArray]]
    indices: Callable[[list[FloatArray], FloatArray], tuple[FloatArray, FloatArray]]
    needs_ba: bool
    source: str
    also_of_both: tuple[str, ...] = ()


def _half_squares(blocks: Blocks) -> FloatArray:
    return 0.5 * (blocks.a[..., None] - blocks.ab) ** 2


def _saltelli(blocks: Blocks) -> list[FloatArray]:
    return [blocks.b[..., None] * (blocks.ab - blocks.a[..., None]), _half_squares(blocks)]


def _jansen(blocks: Blocks) -> list[FloatArray]:
    return [0.5 * (blocks.b[..., None] - blocks.ab) ** 2, _half_squares(blocks)]


def _janon(blocks: Blocks) -> list[FloatArray]:
    found = []
    for base in (blocks.b[..., None], blocks.a[..., None]):
        found += [base * blocks.ab, (base + blocks.ab) / 2, (base**2 + blocks.ab**2) / 2]
    return found


def _azzini(blocks: Blocks) -> list[FloatArray]:
    a, b, ab = blocks.a[..., None], blocks.b[..., None], blocks.ab
    assert blocks.ba is not None
    ba = blocks.ba
    return [2 * (ba - b) * (a - ab), (b - ba) ** 2 + (a - ab) ** 2, (a - b) ** 2 + (ba - ab) ** 2]


def _correlation(product: FloatArray, mean: FloatArray, square: FloatArray) -> FloatArray:
    return (product - mean**2) / _positive(square - mean**2)


def _positive(variance: FloatArray) -> FloatArray:
    # A resample may draw only blocks in which the output is the same: no variance, and no index.
    positive: FloatArray = np.where(variance > ROUNDING, variance, np.nan)
    return positive


#: By name.
ESTIMATORS = {
    "saltelli": Estimator(
        _saltelli,
        lambda means, variance: (means[0] / variance, means[1] / variance),
        needs_ba=False,
        source="Saltelli et al. 2010; total order: Jansen 1999",
    ),
    "jansen": Estimator(
        _jansen,
        lambda means, variance: (1 - means[0] / variance, means[1] / variance),
        needs_ba=False,
        source="Jansen 1999",
    ),
    "janon": Estimator(
        _janon,
        lambda means, _: (_correlation(*means[:3]), 1 - _correlation(*means[3:])),
        needs_ba=False,
        source="Monod, Naud & Makowski 2006; Janon et al. 2014",
        also_of_both=("ST",),
    ),
    "azzini": Estimator(
        _azzini,
        lambda means, _: (means[0] / _positive(means[2]), means[1] / _positive(means[2])),
        needs_ba=True,
        source="Azzini, Mara & Rosati 2021",
        also_of_both=("ST",),
    ),
}


@dataclass(frozen=True)
class SobolPlan:
    """What is computed of each output, and how.

    Parameters
    ----------
    factors : int
    second_order : bool
    dummy : bool
        Whether a factor without effect is computed too.
    estimator : Estimator
    bootstrap : BlockBootstrap
    """

    factors: int
    second_order: bool
    dummy: bool
    estimator: Estimator
    bootstrap: BlockBootstrap

    def indices(self, blocks: FloatArray, scale: FloatArray) -> tuple[FloatArray, ...]:
        """Return indices and their intervals, a few outputs at a time, so that memory stays bounded.

        Parameters
        ----------
        blocks : ndarray (blocks, rows of a block, replications, outputs)
        scale : ndarray (outputs,)
            What each output is divided by.

        Returns
        -------
        point, low, high : ndarray (outputs, indices)
            S1 of all factors and the dummy, ST likewise, S2 of all pairs.
        undefined : ndarray (outputs,)
            Share of the resamples that have no variance.
        """

        def found(chosen: slice) -> tuple[FloatArray, ...]:
            some = blocks[..., chosen]
            # Each replication by its own mean: what a seed adds to all points alike is no effect of a factor.
            scaled = (some - some.mean(axis=(0, 1))) / scale[chosen]
            return self.bootstrap.of(self._of_rows, np.moveaxis(scaled, 2, 1), self._estimates)[1:]

        width = 6 * self.factors + len(self._pairs[0])
        return by_outputs(found, len(scale), width * max(len(blocks), self.bootstrap.resamples))

    def _of_rows(self, rows: FloatArray) -> FloatArray:
        """Return what indices are ratios of means of, an array (blocks, outputs, products).

        Parameters
        ----------
        rows : ndarray (blocks, rows of a block, outputs)
        """
        blocks = Blocks.of(rows, self.factors, self.second_order)
        a, b, d = blocks.a, blocks.b, self.factors
        of_dummy = [part[..., None] for part in (a * b, a**2, a)] if self.dummy else []
        parts = [(a + b)[..., None] / 2, (a**2 + b**2)[..., None] / 2, *of_dummy]
        parts += self.estimator.products(blocks)
        width = sum(part.shape[-1] for part in parts)
        # Filled in place: of twenty factors, the pairs alone are nine tenths of the memory.
        products: FloatArray = np.empty((*a.shape, width + len(self._pairs[0])))
        np.concatenate(parts, axis=-1, out=products[..., :width])
        if blocks.ba is not None:
            for i in range(d - 1):
                here = products[..., width : width + d - 1 - i]
                np.multiply(blocks.ba[..., i : i + 1], blocks.ab[..., i + 1 :], out=here)
                here -= (a * b)[..., None]
                width += d - 1 - i
        return products

    def _estimates(self, means: FloatArray) -> FloatArray:
        """Return indices (resamples, outputs, indices) from means of products; NaN without variance."""
        mean = means[..., :1]
        variance = _positive(means[..., 1:2] - mean**2)
        left, right = self._pairs
        start = _MOMENTS + (_OF_DUMMY if self.dummy else 0)
        own = means[..., start : means.shape[-1] - len(left)]
        first, total = self.estimator.indices(np.split(own, own.shape[-1] // self.factors, axis=-1), variance)
        found = [first, total]
        if self.dummy:
            # A column of B that moves nothing makes AB what A is. Both less the mean: a shift is no effect.
            product, square, of_a = np.split(means[..., _MOMENTS:start], _OF_DUMMY, axis=-1)
            kept = square - 2 * mean * of_a + mean**2
            found = [first, (product - mean**2) / variance, total, 1 - kept / variance]
        if left:
            found.append(means[..., -len(left) :] / variance - first[..., left] - first[..., right])
        return np.concatenate(found, axis=-1)

    @property
    def _pairs(self) -> tuple[list[int], list[int]]:
        pairs = list(itertools.combinations(range(self.factors), 2)) if self.second_order else []
        return [i for i, _ in pairs], [j for _, j in pairs]
