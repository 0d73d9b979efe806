"""PAWN: how far the distribution of an output moves when a factor is known, whatever its shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from mesa_doe.analysis.bootstrap import ends
from mesa_doe.analysis.declare import check_design, declare
from mesa_doe.analysis.estimates import tidy
from mesa_doe.analysis.options import checked_bootstrap
from mesa_doe.analysis.outputs import Missing, checked_outputs
from mesa_doe.analysis.partition import classes, like_dummy, rows_of, slices
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.variation import constant_outputs, flat_outputs, noise_units, standardised
from mesa_doe.design import Design
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["pawn"]

FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
IntArray: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

_MEASURES = ("minimum", "mean", "median", "maximum")
# Weights held at once: 32 MB of float64.
_AT_ONCE = 2**22


@declare(
    library="mesa-doe; a test holds it to SALib.analyze.pawn",
    measures="distance between conditional and unconditional distributions (median, …)",
    source="Pianosi & Wagener 2018; dummy: Zadeh et al. 2017",
    seed_factor=True,
)
def pawn(
    design: Design,
    y: Any,
    *,
    slides: int = 10,
    dummy: bool = True,
    outputs: Sequence[Any] | None = None,
    resamples: int = 200,
    confidence: float = 0.95,
    rng: RNG = 0,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """PAWN indices: Kolmogorov-Smirnov distances of an output with and without knowledge of a factor.

    Parameters
    ----------
    design : Design
        Of any method.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design. Replications are averaged.
    slides : int, default 10
        Parts of equal count into which a factor is cut. One with no more levels than that is cut by level,
        as every category is.
    dummy : bool, default True
        Add a row ``"dummy"``: what a factor without effect reads on these outputs, mean and interval over
        random cuts. Its floor is not zero: about 0.07 at 2000 points.
    outputs : sequence, optional
        Names of the outputs.
    resamples : int, default 200
        Bootstrap resamples of the points, and random cuts of the dummy; at least 100.
    confidence : float, default 0.95
        Level of the intervals.
    rng : int, SeedSequence or Generator, default 0
        Of the bootstrap and the dummy.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave them out and say so.
    seed_policy : str, optional
        How the runs were seeded.

    Returns
    -------
    SensitivityResult
        Measures ``minimum``, ``mean``, ``median`` and ``maximum`` over the slides; 0 to 1.

    Raises
    ------
    AnalysisError
        If there are fewer than two points a slide or level, ``dummy`` is no bool, or outputs are missing.

    Warns
    -----
    MesaDoeWarning
        If an output does not vary, or a factor's median is no larger than a dummy's may be by chance.

    Notes
    -----
    Noise of the model lowers every index a little; it does not raise that of an inert factor above the dummy.

    Distances between few points are too large, all the more for weak factors: read them against the dummy,
    and compare only results of as many points and slides. An interval says how far the estimate of another
    sample of this size may lie. As resampling adds to the distances, it takes the spread of the bootstrap
    around the estimate, not its level.

    Unlike `SALib.analyze.pawn <https://salib.readthedocs.io/en/latest/api.html>`_: the largest value of a
    factor is in the last slide, so that the top level of a discrete one counts; every number of slides
    works; equal values are in one slide.

    Examples
    --------
    >>> from mesa_doe.samplers import latin_hypercube
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = latin_hypercube(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 1000, rng=1)
    >>> found = pawn(design, 2 * design.points["a"] + design.points["b"]).table()["median"]
    >>> bool(found["a"] > found["b"] > found["dummy"])
    True
    """
    check_design(design, "pawn")
    resamples, confidence = checked_bootstrap("pawn", resamples, confidence)
    factors = rows_of(design.factors, "pawn", dummy=dummy)
    checked = checked_outputs(
        design, y, names=outputs, missing=missing, method="pawn", given_data=True, means_only=True
    )
    parts = classes(design, checked.points, slides, "pawn", "slides")
    constant = constant_outputs(standardised(checked.means)[0])
    generator = np.random.default_rng(root_entropy(rng))
    count = len(checked.means)
    weights = generator.multinomial(count, np.full(count, 1 / count), size=resamples).astype(np.float64)
    inert = [slices(np.arange(count), slides)] if dummy else []
    cuts = [generator.permuted(np.tile(cut, (resamples, 1)), axis=1) for cut in inert]
    found = []
    for values in checked.means.T:
        rows = []
        for part in parts.T:
            point = _distances(values, part[None], np.ones((1, count)))[0]
            drawn = _distances(values, part[None], weights)
            rows.append([point, *(point + ends(drawn, confidence) - drawn.mean(axis=0))])
        for cut in cuts:
            drawn = _distances(values, cut, np.ones((1, count)))
            rows.append([drawn.mean(axis=0), *ends(drawn, confidence)])
        found.append(rows)
    # (outputs, factors, estimate and ends, measures), as the labels: measure by measure
    estimates = np.moveaxis(np.array(found), (2, 3), (0, 2))
    estimates[:, constant] = np.nan
    estimates[1:] = np.clip(estimates[1:], 0.0, 1.0)

    said = [*checked.said, *flat_outputs(checked, constant, units=noise_units(checked, seed_policy))]
    if dummy:
        median = _MEASURES.index("median")
        point, _, top = estimates[:, :, median]
        said += like_dummy(checked.names, design.factors, point[:, :-1], top[:, -1], "median")
    settings = {
        "points": count,
        "slides": slides,
        "dummy": bool(dummy),
        "resamples": resamples,
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_points": checked.dropped,
    }
    labels = [(measure, factor, "") for measure in _MEASURES for factor in factors]
    frame = tidy(checked.names, labels, *estimates)
    return SensitivityResult(
        "pawn", frame, settings, tuple(said), scale="Kolmogorov-Smirnov distance", plotted=("median",)
    )


def _distances(values: FloatArray, parts: IntArray, weights: FloatArray) -> FloatArray:
    """Return minimum, mean, median and maximum of the distances over the parts of a factor.

    Parameters
    ----------
    values : ndarray (points,)
    parts : ndarray (1 or resamples, points)
    weights : ndarray (1 or resamples, points)
        How often a point is in a resample.

    Returns
    -------
    ndarray (resamples, 4)
    """
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    # Distribution functions are compared where they have taken all points of one value in.
    last = np.append(ordered[1:] != ordered[:-1], True)
    rows = max(len(parts), len(weights))
    size = max(1, _AT_ONCE // len(values))
    found = []
    for start in range(0, rows, size):
        here = slice(start, start + size)
        part = (parts if len(parts) == 1 else parts[here])[:, order]
        weight = (weights if len(weights) == 1 else weights[here])[:, order]
        whole = np.cumsum(weight, axis=1)
        whole /= whole[:, -1:]
        distances = []
        for number in range(int(parts.max()) + 1):
            inside = np.cumsum(np.where(part == number, weight, 0.0), axis=1)
            with np.errstate(invalid="ignore"):  # a level that a resample has not drawn
                inside /= inside[:, -1:]
            distances.append(np.abs(inside - whole)[:, last].max(axis=1))
        each = np.array(distances)
        found.append(
            np.stack(
                [
                    np.nanmin(each, axis=0),
                    np.nanmean(each, axis=0),
                    np.nanmedian(each, axis=0),
                    np.nanmax(each, axis=0),
                ],
                axis=1,
            )
        )
    return np.concatenate(found)
