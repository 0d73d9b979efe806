"""RBD-FAST: first-order indices from the spectrum of any sample, sorted by one factor after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mesa_doe.analysis.bootstrap import at_a_time, ends, undefined_halves
from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.dependent_points import checked_units_of
from mesa_doe.analysis.estimates import tidy
from mesa_doe.analysis.harmonics import too_low
from mesa_doe.analysis.inputs import shares
from mesa_doe.analysis.options import checked_bootstrap, checked_int
from mesa_doe.analysis.outputs import Missing, Outputs, checked_outputs
from mesa_doe.analysis.partition import input_values, unordered
from mesa_doe.analysis.rare_events import narrow_events
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.analysis.variation import flat_outputs
from mesa_doe.arrays import BoolArray, FloatArray, IntArray
from mesa_doe.columns import Units
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["rbd_fast"]

# Resampled values held at once: 32 MB of float64.
_AT_ONCE = 2**22
# As in SALib.
_HARMONICS = 10
# Shuffles of blocks that tell what chance explains.
_SHUFFLES = 100


@declare(
    default_for=("rbd_fast",),
    library="mesa-doe; a test holds it to SALib.analyze.rbd_fast",
    measures="first-order indices (S1)",
    source="Tarantola, Gatelli & Mara 2006; Plischke 2010; Tissot & Prieur 2012",
    least_points=4 * _HARMONICS + 1,
    seed_factor=True,
)
def rbd_fast(
    design: Design,
    y: Any,
    *,
    M: int = _HARMONICS,
    outputs: Sequence[Any] | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    rng: RNG = 0,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """First-order indices from any sample: the spectrum of the output, sorted by one factor after the other.

    Parameters
    ----------
    design : Design
        Of any method.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design. Replications are averaged.
    M : int, default 10
        Number of harmonics.
    outputs : sequence, optional
        Names of the outputs.
    resamples : int, default 1000
        Random halves of the points, or of the blocks; at least 100.
    confidence : float, default 0.95
        Level of the percentile intervals.
    rng : int, SeedSequence or Generator, default 0
        Of the halves, and of the order of points that have the same value.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave them out and say so.
    seed_policy : str, optional
        How the runs were seeded.

    Returns
    -------
    SensitivityResult
        Measure ``S1``; a factor without effect may read a little below zero.

    Raises
    ------
    AnalysisError
        If there are not more than 4M points, or outputs are missing.

    Warns
    -----
    MesaDoeWarning
        If an output does not vary, or S1 is too low, of a discrete axis or a long tail, or since all but few
        points are alike; or if S1 cannot be told, as of the seed.

    Notes
    -----
    Point estimates, with their correction of bias, are those of
    `SALib.analyze.rbd_fast <https://salib.readthedocs.io/en/latest/api.html>`_. Unlike SALib: levels without
    an order are sorted by their mean output, since few harmonics describe a monotone effect best and the
    index must not change with the labels, and what chance explains then is that of shuffled outputs, sorted
    anew; equal values are put in random order; intervals are percentiles
    over halves drawn without replacement (Shao & Wu 1989), as repeated points would be taken for an effect.

    Noise of the model lowers the indices; it does not inflate those of inert factors. Points of a block (of
    Saltelli's scheme, a star, a trajectory) are no independent sample: there halves are of whole blocks, and
    what chance explains, which is taken away, is that of shuffled blocks.

    Examples
    --------
    >>> from mesa_doe.samplers import rbd_fast as sample
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = sample(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 2000, rng=1)
    >>> rbd_fast(design, 2 * design.points["a"] + design.points["b"]).table()["S1"].round(1).tolist()
    [0.8, 0.2]
    """
    resamples, confidence = checked_bootstrap("rbd_fast", resamples, confidence)
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="rbd_fast", leaves_out="run")
    count = len(checked.means)
    M = checked_int("rbd_fast", "M", M, 1)
    if count <= 4 * M:
        raise AnalysisError(f"rbd_fast: M={M} harmonics need more than {4 * M} points, got {count}")
    scaled, constant = checked.scaled, checked.constant
    generator = np.random.default_rng(root_entropy(rng))
    orders = _Orders(design, checked, generator.permutation(count))
    sorted_by = orders.of(scaled)
    everything = np.ones((1, count), dtype=bool)
    units = checked_units_of(design, checked, "rbd_fast")
    point = _first_order(scaled, sorted_by, everything, M, _chance(scaled, orders, everything, M, units))[0]
    # A half of few points has as many harmonics as values.
    enough = count // 2 > 4 * M
    resamples = resamples if enough else 0
    found = [] if enough else [np.full((1, *point.shape), np.nan)]
    by_chance = None
    for size in at_a_time(resamples, count, _AT_ONCE):
        drawn = _halves(size, count, units, generator)
        if by_chance is None:
            by_chance = _chance(scaled, orders, drawn[:1], M, units)
        found.append(_first_order(scaled, sorted_by, drawn, M, by_chance))
    halves = np.concatenate(found)
    lost = np.isnan(halves).all(axis=1).mean(axis=0) if enough else np.zeros(len(checked.names))
    point[:, constant] = np.nan
    low, high = ends(halves, confidence)
    low[:, constant] = high[:, constant] = np.nan
    lone = orders.in_one_unit(units)
    point[lone] = low[lone] = high[lone] = np.nan

    said = [*checked.said, *flat_outputs(checked, seed_policy)]
    if lone.any():
        names = ", ".join(factor for factor, is_lone in zip(design.factors, lone, strict=True) if is_lone)
        said.append(
            f"rbd_fast cannot tell S1 of {names}: each level is of one block, whose points share most else "
            "too; use sobol"
        )
    said += undefined_halves(checked.names, lost, constant)
    if not enough:
        said.append(
            f"rbd_fast has no intervals: halves of {count} points are too few for M={M} harmonics; use more "
            f"than {8 * M + 1} points, or a smaller M="
        )
    larger = "a larger M="
    said += too_low(design, checked, point, M, larger)
    said += narrow_events(design, checked.names, scaled, constant, parts=M, remedy=f"{larger}, or sobol")
    settings = {
        "points": count,
        "M": M,
        "resamples": resamples,
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_points": checked.dropped,
    }
    labels = [("S1", factor, "") for factor in design.factors]
    frame = tidy(checked.names, labels, point.T, low.T, high.T)
    return SensitivityResult("rbd_fast", frame, settings, tuple(said))


class _Orders:
    """The points sorted by each factor.

    Parameters
    ----------
    design : Design
    checked : Outputs
    ties : ndarray of int (points,)
        The order of points that have the same value.
    """

    def __init__(self, design: Design, checked: Outputs, ties: IntArray) -> None:
        raw, levels = checked.kept(shares(design)), input_values(design, checked.points)
        self.unordered = np.array(unordered(design))
        self._ties = ties
        self._by_value = [np.lexsort((ties, column)) for column in raw.T]
        self._codes = [np.unique(column, return_inverse=True)[1] for column in levels.T]

    def of(self, outputs: FloatArray) -> IntArray:
        """Return, for each of the outputs (points, outputs) and factor, the points in order.

        Returns
        -------
        ndarray (outputs, factors, points)
        """
        found = np.empty((outputs.shape[1], len(self._codes), len(outputs)), dtype=np.int64)
        for j, codes in enumerate(self._codes):
            if not self.unordered[j]:
                found[:, j] = self._by_value[j]
                continue
            for k, values in enumerate(outputs.T):
                means = np.bincount(codes, values) / np.bincount(codes)
                # Two levels of equal mean must not mix.
                found[k, j] = np.lexsort((self._ties, codes, means[codes]))
        return found

    def in_one_unit(self, units: Units | None) -> BoolArray:
        """Tell of which factors each level has the points of one unit alone, as of the seed (factors,)."""
        found = np.zeros(len(self._codes), dtype=bool)
        if units is None:
            return found
        for j in np.flatnonzero(self.unordered):
            codes = self._codes[j]
            found[j] = len(np.unique(codes * units.count + units.of)) == codes.max() + 1
        return found


def _halves(draws: int, points: int, units: Units | None, generator: np.random.Generator) -> BoolArray:
    """Return which points are in random halves (draws, points), of equally many each."""
    if units is None:
        return generator.permuted(np.tile(np.arange(points) < points // 2, (draws, 1)), axis=1)
    turns = generator.permuted(np.tile(np.arange(units.count), (draws, 1)), axis=1)
    # Block after block until there are enough: of the last one, some of its points.
    first = np.argsort(turns[:, units.of], axis=1, kind="stable")[:, : points // 2]
    halves = np.zeros((draws, points), dtype=bool)
    np.put_along_axis(halves, first, True, axis=1)
    return halves


def _chance(
    scaled: FloatArray, orders: _Orders, chosen: BoolArray, M: int, units: Units | None
) -> float | FloatArray:
    """Return what the harmonics explain of a sample by chance, of each factor and output if they differ.

    Parameters
    ----------
    scaled : ndarray
        As of :func:`_first_order`.
    orders : _Orders
    chosen : ndarray (1, points)
    units : Units or None
        Points that are alike bring about more than others: as much as their shuffles do.
    """
    usual = 2 * M / int(chosen[0].sum())
    if units is None and not orders.unordered.any():
        return usual
    # A generator of its own: by so many shuffles it does not matter which.
    generator, rows = np.random.default_rng(0), np.arange(len(scaled))
    shuffled = (
        generator.permuted(np.tile(rows, (_SHUFFLES, 1)), axis=1)
        if units is None
        else units.shuffled(_SHUFFLES, generator)
    )
    # Sorted anew: levels that stand in the order of their means seem to have an effect, the more so the more
    # of them there are.
    explained = np.concatenate(
        [_explained(moved, orders.of(moved), chosen, M) for moved in (scaled[order] for order in shuffled)]
    )
    # Of a rare event some halves hold nothing; of a constant all, and its indices are NaN whatever this is.
    told = np.isfinite(explained)
    found: FloatArray = np.nansum(explained, axis=0) / np.maximum(told.sum(axis=0), 1)
    if units is None:
        found[~orders.unordered] = usual
    return found


def _first_order(
    scaled: FloatArray, orders: IntArray, chosen: BoolArray, M: int, chance: float | FloatArray
) -> FloatArray:
    """Return the indices of samples that hold some of the points, equally many each.

    Parameters
    ----------
    scaled : ndarray (points, outputs)
    orders : ndarray (outputs, factors, points)
    chosen : ndarray (samples, points)
    chance : float or ndarray (factors, outputs)
        What is explained of a factor without effect.

    Returns
    -------
    ndarray (samples, factors, outputs)
    """
    first = _explained(scaled, orders, chosen, M)
    found: FloatArray = first - chance / (1 - chance) * (1 - first)
    return found


def _explained(scaled: FloatArray, orders: IntArray, chosen: BoolArray, M: int) -> FloatArray:
    """Return which share of the variance the harmonics have, chance and all."""
    size = int(chosen[0].sum())
    # Up through every second point and down through the others: a period without a jump at its end.
    there_and_back = np.concatenate([np.arange(0, size, 2), np.arange(1, size, 2)[::-1]])
    angles = 2 * np.pi / size * np.outer(there_and_back.argsort(), np.arange(1, M + 1))
    waves = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
    found = np.empty((len(chosen), orders.shape[1], orders.shape[0]))
    for k, j in np.ndindex(orders.shape[:2]):
        order = orders[k, j]
        # By flat numbers: finding two of each is slower than all the rest.
        rows = scaled[order, k][np.flatnonzero(chosen[:, order]) % len(order)].reshape(len(chosen), size)
        rows -= rows.mean(axis=1, keepdims=True)
        whole = size * (rows**2).sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            # A sample of points that all have one value explains nothing.
            whole = np.where(np.ptp(rows, axis=1) > ROUNDING, whole, np.nan)
            found[:, j, k] = 2 * ((rows @ waves) ** 2).sum(axis=1) / whole
    return found
