"""Borgonovo's delta and first-order indices from any sample, by cutting it into classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mesa_doe.analysis.between_classes import advised_classes, first_order
from mesa_doe.analysis.bootstrap import ends, times_drawn
from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.dependent_points import checked_units_of
from mesa_doe.analysis.dummy import dummies, rows_of, told_from_dummies
from mesa_doe.analysis.estimates import tidy
from mesa_doe.analysis.options import checked_bootstrap
from mesa_doe.analysis.outputs import Missing, checked_outputs
from mesa_doe.analysis.partition import classes, slices
from mesa_doe.analysis.rare_events import narrow_events
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.variation import flat_outputs
from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.columns import Units
from mesa_doe.design import Design
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["delta"]

# Random cuts that show what an inert factor reads, and the resamples that reduce the bias of each.
_CUTS, _CUT_RESAMPLES = 200, 25


@declare(
    library="mesa-doe; tests hold it to SALib.analyze.delta and to exact values",
    measures="moment-independent delta and first-order (S1) indices",
    source="Borgonovo 2007; Plischke, Borgonovo & Smith 2013",
    seed_factor=True,
)
def delta(
    design: Design,
    y: Any,
    *,
    bins: int | None = None,
    dummy: bool = True,
    outputs: Sequence[Any] | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    rng: RNG = 0,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """Delta: how much of an output's distribution moves, on average, when a factor becomes known.

    Parameters
    ----------
    design : Design
        Of any method.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design. Replications are averaged.
    bins : int, optional
        Parts of equal count into which factors and outputs are cut for delta; what has no more values than
        that is cut by value, and a category always by level. By default the cube root of the number of
        points, up to an even number: 8 at 500 points, 14 at 2000. For ``S1``, which reads no cells of
        the output, factors are cut into as many classes as a class has points: 22 and 44; in a design with
        blocks, into as many as a class has blocks.
    dummy : bool, default True
        Add a row ``"dummy"``: what delta a factor without effect that is cut into ``bins`` parts reads on
        these outputs, mean and interval over 200 random cuts; in a design with blocks, over factors of it
        (of those of most parts, up to ``bins``) whose blocks are shuffled. The warning compares each factor
        with a dummy cut as that factor is; what these may read is in ``settings["dummy_floors"]``, by output
        and factor.
    outputs : sequence, optional
        Names of the outputs.
    resamples : int, default 1000
        Bootstrap resamples of the points, or of whole blocks; at least 100.
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
        Measures ``delta``, 0 to 1, and ``S1``.

    Raises
    ------
    AnalysisError
        If there are fewer than two points a class, ``dummy`` is no bool, or outputs are missing.

    Warns
    -----
    MesaDoeWarning
        If an output does not vary, all but few points are alike, so that S1 is too low, or a factor's delta
        is no larger than that of a dummy cut alike may be by chance.

    Notes
    -----
    Delta is half the mean area between the densities of the output with and without knowledge of the factor,
    so half the sum of absolute differences between the joint shares of classes and the products of their
    single shares. It does not change with the unit or a monotone scale of the output, so outputs are cut by
    rank, and discrete ones by value: no bandwidth, and no constant class to skip, as in
    `SALib.analyze.delta <https://salib.readthedocs.io/en/latest/api.html>`_, which gives about zero to the
    factor that drives a discrete output.

    The bias, upwards, is reduced by the bootstrap as in the paper, by 40 % where a factor has no effect:
    what is left is read from the dummy. Intervals are of the reduced estimates: they hold what another sample
    of this size would give, and not delta itself. A strong factor reads too little, since classes hide what
    goes on within them (0.505 reads 0.476 at 500 points and 0.49 at 2000; the 0.42 of the factor of
    Ishigami's function that bends most reads 0.32 and 0.37), and a weak one too much, since chance adds to
    absolute differences (0.0575 reads 0.094 and 0.089). Extrapolating from half as many classes mends the
    first, by no fixed amount, and makes the second worse. So compare factors, and with the dummy.

    The fewer classes a factor has, the less it reads by chance. So it is told from a dummy of as many (of as
    many points each, where they are uneven): two levels 0.5, 0.7 and 0.9 standard deviations of the noise
    apart were told in 52, 80 and 100 % of 60 Latin hypercubes of 200 points, beside the row of six classes
    in 12, 37 and 77. Factors without effect of any number of levels stood out in 0 to 7 %, 3 on average.

    ``S1`` is the share of variance between classes, freed of what chance puts there. What the output does
    within a class is lost: 0.01 of the factor of Ishigami's function that bends most at 500 points, where
    SALib's five classes lose 0.19. In an even sample, such as a Latin hypercube, its intervals err on the
    wide side.

    Noise of the model lowers both measures; it does not raise an inert factor above the dummy.

    Points of a block (of Saltelli's scheme, a star, a trajectory) are no independent sample. So blocks are
    drawn whole, the dummy is a factor of the design whose blocks have changed places, and ``S1`` is made of
    products of points of different blocks.

    Examples
    --------
    >>> from mesa_doe.samplers import latin_hypercube
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = latin_hypercube(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 2000, rng=1)
    >>> quadrant = 2 * (design.points["a"] > 0.5) + (design.points["b"] > 0.5)
    >>> delta(design, quadrant).table()["delta"].round(1).tolist()
    [0.5, 0.5, 0.0]
    """
    resamples, confidence = checked_bootstrap("delta", resamples, confidence)
    factors = rows_of(design.factors, "delta", dummy=dummy)
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="delta", leaves_out="run")
    count = len(checked.means)
    bins = _advised(count) if bins is None else bins
    parts = classes(design, checked.points, bins, "delta", "bins")
    scaled, constant = checked.scaled, checked.constant
    root = root_entropy(rng)
    units = checked_units_of(design, checked, "delta")
    found, tops = [], []
    for values in scaled.T:
        # Of each output anew: what is drawn for one does not hang on the others.
        generator = np.random.default_rng(root)
        cells = slices(values, bins)
        rows = []
        for part in parts.T:
            drawn = _reduced(part[None], cells, units, resamples, generator)[0]
            rows.append([drawn.mean(), *ends(drawn, confidence)])
        if dummy:
            cuts, which = dummies(parts, bins, _CUTS, units, generator)
            each = [_reduced(kind, cells, units, _CUT_RESAMPLES, generator).mean(axis=1) for kind in cuts]
            limits = [[inert.mean(), *ends(inert, confidence)] for inert in each]
            rows.append(limits[0])
            tops.append([limits[kind][2] for kind in which])
        found.append(rows)
    fine = classes(
        design, checked.points, advised_classes(count if units is None else units.count), "delta", "bins"
    )
    shares = first_order(fine, scaled, resamples, confidence, root, units)
    estimates = np.concatenate([np.moveaxis(np.array(found), 2, 0), shares], axis=2)
    estimates[:, constant] = np.nan

    said = [*checked.said, *flat_outputs(checked, seed_policy)]
    said += narrow_events(
        design, checked.names, scaled, constant, parts=int(fine.max()) + 1, remedy="more points, or sobol"
    )
    settings: dict[str, Any] = {
        "points": count,
        "bins": int(bins),
        "bins_of_S1": {name: int(k) for name, k in zip(design.factors, fine.max(axis=0) + 1, strict=True)},
        "dummy": bool(dummy),
        "resamples": resamples,
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_points": checked.dropped,
    }
    if dummy:
        point = estimates[0, :, : len(design.factors)]
        lost, settings["dummy_floors"] = told_from_dummies(
            checked.names, design, point, np.array(tops), constant, "delta"
        )
        said += lost
    labels = [("delta", factor, "") for factor in factors] + [("S1", factor, "") for factor in design.factors]
    frame = tidy(checked.names, labels, *estimates)
    return SensitivityResult("delta", frame, settings, tuple(said), scale="delta", plotted=("delta",))


def _advised(count: int) -> int:
    # An even number, so that an effect that begins at the median is not blurred by the class around it.
    return 2 * max(1, int(np.ceil(np.cbrt(count) / 2)))


def _crossed(part: IntArray, cells: IntArray) -> FloatArray:
    """Return how many points are in each class and cell (classes, cells)."""
    shape = (int(part.max()) + 1, int(cells.max()) + 1)
    counts = np.bincount(part * shape[1] + cells, minlength=shape[0] * shape[1])
    return counts.reshape(shape).astype(np.float64)


def _delta(counts: FloatArray | IntArray) -> FloatArray:
    joint = counts / counts.sum(axis=(-2, -1), keepdims=True)
    apart = joint.sum(axis=-1, keepdims=True) * joint.sum(axis=-2, keepdims=True)
    half: FloatArray = np.abs(joint - apart).sum(axis=(-2, -1)) / 2
    return half


def _reduced(
    cuts: IntArray, cells: IntArray, units: Units | None, resamples: int, generator: np.random.Generator
) -> FloatArray:
    """Return bootstrap replicates of delta whose mean is its estimate of less bias.

    Parameters
    ----------
    cuts : ndarray (cuts, points) of int
        Of as many classes each.
    cells : ndarray (points,) of int
    units : Units or None
        Which points are drawn together.

    Returns
    -------
    ndarray (cuts, resamples)
    """
    counts = np.stack([_crossed(part, cells) for part in cuts])
    if units is None:
        # Points resampled are counts resampled.
        shares = (counts / len(cells)).reshape(len(cuts), 1, -1)
        drawn = generator.multinomial(len(cells), shares, size=(len(cuts), resamples))
        again = _delta(drawn.reshape(len(cuts), resamples, *counts.shape[1:]))
    else:
        again = np.stack([_delta(_of_units(part, cells, units, resamples, generator)) for part in cuts])
    reduced: FloatArray = 2 * _delta(counts)[:, None] - again
    return reduced


def _of_units(
    part: IntArray, cells: IntArray, units: Units, resamples: int, generator: np.random.Generator
) -> FloatArray:
    """Return the counts (resamples, classes, cells) of units resampled."""
    from scipy.sparse import csr_array

    shape = (int(part.max()) + 1, int(cells.max()) + 1)
    place = (part * shape[1] + cells, units.of)
    table = csr_array((np.ones(len(part)), place), shape=(shape[0] * shape[1], units.count))
    times = times_drawn(units.count, resamples, generator)
    counts: FloatArray = (table @ times.T.astype(np.float64)).T.reshape(resamples, *shape)
    return counts
