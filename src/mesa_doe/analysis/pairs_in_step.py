"""Pairs of factors that a Sobol sequence moves in step, and what indices misplace of such a pair."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mesa_doe.analysis.moves import by_block
from mesa_doe.analysis.outputs import Outputs
from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.errors import some

__all__ = ["PairInStep", "held_for_pairs", "pairs_in_step", "pairs_of_stars", "said_of_pairs"]

# Fewer blocks are drawn one by one, and what they misplace is no more than intervals hold.
_FEWEST = 64
# Standard errors of points by chance: intervals hold what is less.
_ERRORS = 2.0
# Of the S2 of a pair, how much of it ST - S1 shows at least.
_LEAST_KEPT = 0.1
# Of the variance: intervals are wider for less, too, but nobody need be told.
_NEGLIGIBLE = 0.1


@dataclass(frozen=True)
class PairInStep:
    """What indices are read of the product of two factors, whose S2 and ST are 1, and whose S1 is 0.

    Parameters
    ----------
    i, j : int
        Places of the factors, or of their groups.
    first, total : ndarray (factors,)
        Errors of S1 and ST.
    second : ndarray (factors, factors)
        Errors of S2.
    variance : float
        What the variance that indices are shares of lacks.
    """

    i: int
    j: int
    first: FloatArray
    total: FloatArray
    second: FloatArray
    variance: float

    def most(self, first: FloatArray, total: FloatArray) -> FloatArray:
        """Return the largest S2 (outputs,) of the pair that these S1 and ST (outputs, factors) allow."""
        left = []
        for k in (self.i, self.j):
            # ST - S1 has all of the S2 in it, and the errors that it makes.
            beyond = np.maximum(total[:, k] - first[:, k], 0.0)
            kept = 1.0 + self.total[k] - self.first[k] + self.variance * beyond
            left.append(beyond / np.maximum(kept, _LEAST_KEPT))
        least: FloatArray = np.minimum(*left)
        return least


def pairs_in_step(design: Design, checked: Outputs, factors: int, estimator: str) -> list[PairInStep]:
    """Return the pairs of which a Saltelli design misplaces more than points by chance would.

    A Sobol sequence is even in each factor and most pairs, but not in four columns: of six factors and up to
    512 blocks, the signs of the first and the fourth in A and in B multiply to the same number in all blocks.
    What should be zero on average is not, and no part of the blocks shows it.

    Parameters
    ----------
    design : Design
    checked : Outputs
        Says which points are left.
    factors : int
        Or groups; with the seed.
    estimator : str

    Returns
    -------
    list of PairInStep

    Examples
    --------
    >>> from mesa_doe.analysis.outputs import checked_outputs
    >>> from mesa_doe.samplers import sobol
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = sobol(ParameterSpace({name: Real(0, 1) for name in "abcdef"}), 512, rng=1)
    >>> y = checked_outputs(design, design.unit[:, 0], names=None, missing="raise", method="sobol")
    >>> (0, 3) in [(pair.i, pair.j) for pair in pairs_in_step(design, y, 6, "saltelli")]
    True
    """
    step = factors * (2 if design.options.get("second_order") else 1) + 2
    # The column of the seed says nothing of what a seed does.
    unit = checked.kept(design.unit)[:, : len(design.space.names)]
    a, b = _standardised(design, unit[::step], unit[step - 1 :: step])
    blocks = len(a)
    # Means over blocks that are zero of endless points: of b_i² a_j b_j, a_i² a_j b_j and a_i b_i a_j b_j.
    of_b, of_a, of_both = (left.T @ (a * b) / blocks for left in (b**2, a**2, a * b))
    least = _least(blocks)
    largest = np.maximum(np.abs(of_both), np.maximum(np.abs(of_b), np.abs(of_a)))
    # An error is of two of them at most.
    may_be = np.triu(2 * np.maximum(largest, largest.T) >= least, 1)
    found = []
    groups = _groups(design)
    for one, other in np.argwhere(may_be).tolist():
        # What two of one group do together is the group's own.
        i, j = sorted((one, other), key=groups.__getitem__)
        of = [groups[i], groups[j]]
        if of[0] == of[1]:
            continue
        here, there, both = [i, j], [j, i], float(of_both[i, j])
        first, total = np.zeros(factors), np.zeros(factors)
        if estimator == "azzini":
            first[of] = (of_b[here, there] + of_a[here, there]) / 2 - both
            total[of] = -(of_b[there, here] + of_a[there, here]) / 2
        else:
            # Of the product of f(B) and f(AB), from which only Saltelli's takes that of f(B) and f(A).
            first[:] = 0.0 if estimator == "saltelli" else both
            first[of] = of_b[here, there] - (both if estimator == "saltelli" else 0.0)
            total[of] = -of_a[there, here]
        if max(abs(both), np.abs(first).max(), np.abs(total).max()) < least:
            continue
        second = -first[:, None] - first
        second[of] += (of_a[here, there] - both)[:, None]
        second[:, of] += of_b[here, there] - both
        # Of the pair itself, of which both were added.
        square = float(a[:, i] ** 2 @ b[:, j] ** 2) / blocks
        second[of[0], of[1]] += square - 1 + both - of_a[i, j] - of_b[j, i]
        found.append(PairInStep(of[0], of[1], first, total, second, both if estimator == "azzini" else 0.0))
    return found


def pairs_of_stars(design: Design, checked: Outputs) -> list[PairInStep]:
    """Return the pairs of which stars misplace more than points by chance would; S1 and S2 are not theirs.

    Parameters
    ----------
    design : Design
    checked : Outputs
        Says which points are left.

    Returns
    -------
    list of PairInStep

    Examples
    --------
    >>> from mesa_doe.analysis.outputs import checked_outputs
    >>> from mesa_doe.samplers import radial
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = radial(ParameterSpace({name: Real(0, 1) for name in "abcdefghijkl"}), 256, rng=1)
    >>> y = checked_outputs(design, design.unit[:, 0], names=None, missing="raise", method="jansen")
    >>> (5, 6) in [(pair.i, pair.j) for pair in pairs_of_stars(design, y)]
    True
    """
    factors = len(design.factors)
    stars = by_block(checked.kept(design.unit), factors + 1)
    a, b = _standardised(design, stars[:, 0], np.einsum("njj->nj", stars[:, 1:]))
    of_a = (a**2).T @ (a * b) / len(a)
    largest = np.maximum(np.abs(of_a), np.abs(of_a).T)
    found = []
    for i, j in np.argwhere(np.triu(largest >= _least(len(a)), 1)).tolist():
        total, none = np.zeros(factors), np.zeros(factors)
        total[[i, j]] = -of_a[[j, i], [i, j]]
        found.append(PairInStep(i, j, none, total, np.zeros((factors, factors)), 0.0))
    return found


def _groups(design: Design) -> list[int]:
    """Return the place of each factor's group among the groups; without these, its own."""
    if not design.groups:
        return list(range(len(design.space.names)))
    place = {name: k for k, members in enumerate(design.groups.values()) for name in members}
    return [place[name] for name in design.space.names]


def _least(blocks: int) -> float:
    """Return the least error of an index that intervals do not hold."""
    return _ERRORS * float(np.sqrt(2 / blocks)) if blocks >= _FEWEST else np.inf


def _standardised(design: Design, *units: FloatArray) -> tuple[FloatArray, ...]:
    """Return places of points in the unit cube, levels amid their share, over their spread."""
    unit = np.stack(units)
    for j, axis in enumerate(design.space.axes.values()):
        if axis.n_levels is not None:
            unit[..., j] = axis.to_unit(axis.from_unit(unit[..., j].ravel())).reshape(unit.shape[:-1])
    unit -= unit.mean(axis=(0, 1))
    spread = unit.std(axis=(0, 1))
    return tuple(np.divide(unit, spread, out=np.zeros_like(unit), where=spread > 0))


def held_for_pairs(
    pairs: Sequence[PairInStep], factors: int, point: FloatArray, low: FloatArray, high: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Widen intervals by what indices misplace of pairs in step, if these have as large an S2 as they may.

    Parameters
    ----------
    pairs : sequence of PairInStep
    factors : int
    point, low, high : ndarray (outputs, indices)
        S1 of all factors, their ST, and S2 of all pairs or of none.

    Returns
    -------
    low, high : ndarray (outputs, indices)
    misplaced : ndarray (outputs, pairs)
        The largest error of an index.
    """
    first, total = point[:, :factors], point[:, factors : 2 * factors]
    upper = np.triu_indices(factors, 1)
    left, right = (of[: point.shape[1] - 2 * factors] for of in upper)
    lowest, highest, misplaced = low, high, np.zeros((len(point), len(pairs)))
    for k, pair in enumerate(pairs):
        lack = pair.variance
        errors = [pair.first + lack * first, pair.total + lack * total]
        errors.append(pair.second[left, right] - lack * (first[:, left] + first[:, right]))
        shift = -pair.most(first, total)[:, None] * np.hstack(errors)
        lowest, highest = np.fmin(lowest, low + shift), np.fmax(highest, high + shift)
        misplaced[:, k] = np.nan_to_num(np.abs(shift)).max(axis=1)
    return lowest, highest, misplaced


def said_of_pairs(
    names: Sequence[Any],
    factors: Sequence[str],
    pairs: Sequence[PairInStep],
    misplaced: FloatArray,
    of: str,
) -> list[str]:
    """Say of which outputs indices may misplace what a pair of factors does together.

    Parameters
    ----------
    names, factors : sequence of str
    pairs : sequence of PairInStep
    misplaced : ndarray (outputs, pairs)
        As of :func:`held_for_pairs`.
    of : str
        How many blocks, or stars, the design has.

    Returns
    -------
    list of str
    """
    said = []
    for name, errors in zip(names, misplaced, strict=True):
        told = [
            f"{factors[pair.i]} and {factors[pair.j]} ({error:.2f})"
            for pair, error in zip(pairs, errors.tolist(), strict=True)
            if error > _NEGLIGIBLE
        ]
        if told:
            said.append(
                f"output {name!r}: {of} of the Sobol sequence move some pairs of factors in step, "
                "and indices may be off by a part of what such a pair does together, for which intervals are "
                f"wider: {some(told)}; use a larger n, or give the parameters in another order"
            )
    return said
