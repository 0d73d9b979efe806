"""Sobol indices of all outputs at once: SALib's estimators and others, with intervals over whole blocks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from mesa_doe.analysis.block_bootstrap import BlockBootstrap
from mesa_doe.analysis.bootstrap import groups_in, undefined
from mesa_doe.analysis.common_seeds import few_seeds, no_intervals
from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.dummy import rows_of
from mesa_doe.analysis.estimates import Label, tidy
from mesa_doe.analysis.inflation import inflated
from mesa_doe.analysis.options import checked_bootstrap
from mesa_doe.analysis.outputs import Missing, Outputs, checked_outputs, too_few
from mesa_doe.analysis.pairs_in_step import held_for_pairs, pairs_in_step, said_of_pairs
from mesa_doe.analysis.rare_events import rare_changes, rare_events
from mesa_doe.analysis.replication_noise import corrects, noise_shares, nothing_left, shares_told
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.scaling import constant_outputs, standardised
from mesa_doe.analysis.sobol_estimators import ESTIMATORS, SobolPlan
from mesa_doe.analysis.variation import flat_outputs, noise_alone, seed_driven
from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["sobol"]

_FAR_ABOVE_ONE = 1.3


@declare(
    designs=("sobol",),
    default_for=("sobol",),
    groups=True,
    library="mesa-doe; a test holds it to SALib.analyze.sobol",
    measures="first- (S1), total- (ST) and second-order (S2) indices",
    source="Saltelli et al. 2010; second order: Saltelli 2002; dummy: Zadeh et al. 2017",
    seed_factor=True,
)
def sobol(
    design: Design,
    y: Any,
    *,
    outputs: Sequence[Any] | None = None,
    estimator: Literal["saltelli", "jansen", "janon", "azzini"] = "saltelli",
    noise: Literal["corrected", "kept"] = "corrected",
    dummy: bool = False,
    resamples: int = 1000,
    confidence: float = 0.95,
    rng: RNG = 0,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """Sobol indices with bootstrap intervals.

    Parameters
    ----------
    design : Design
        Made by ``doe.sobol``.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design.
    outputs : sequence, optional
        Names of the outputs.
    estimator : {"saltelli", "jansen", "janon", "azzini"}, default "saltelli"
        Of first and total order. ``"janon"`` is the asymptotically efficient one (Monod's);
        ``"azzini"`` uses all points of a block, and needs a design with second order.
    noise : {"corrected", "kept"}, default "corrected"
        Indices of the expected output, whose noise is taken away by products of different replications; or
        of the mean of the replications as it is, noise and all. One replication cannot be corrected.
    dummy : bool, default False
        Add a row ``"dummy"``: what a factor without effect would read by chance in a sample of this size, by
        products of the outputs of A and B; it costs no runs.
    resamples : int, default 1000
        Bootstrap resamples of whole blocks; at least 100.
    confidence : float, default 0.95
        Level of the percentile intervals.
    rng : int, SeedSequence or Generator, default 0
        Of the bootstrap.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave out their whole blocks and say so.
    seed_policy : str, optional
        How the runs were seeded; ``"independent"`` adds what the noise does to the indices.

    Returns
    -------
    SensitivityResult
        Measures ``S1``, ``ST`` and, for a design with second order, ``S2``. ``settings["noise_share"]`` is
        the share of the variance of a single run that is noise, by output; NaN with one replication.
        ``settings["few_events"]`` are, by output, the measures that too few points with a rare event tell; a
        warning names them.

    Raises
    ------
    AnalysisError
        If the design is no Saltelli design, ``dummy`` is no bool, or outputs are missing.

    Warns
    -----
    MesaDoeWarning
        If an output has no variance between design points, or hardly any but the seed's, noise inflates the
        indices, blocks were left out, an output has one value at nearly all points, a factor changes
        it in hardly any block, or S1 of the dummy is that of noise.

    Notes
    -----
    Point estimates of ``"saltelli"`` are those of `SALib.analyze.sobol
    <https://salib.readthedocs.io/en/latest/api.html>`_ of the means. Unlike SALib: intervals are percentiles,
    not a normal approximation; a constant output gives NaN, not zero; NaN in the outputs never gives zeros.

    Every estimator is made of products of two linear functions of the outputs. Over different replications r
    and s of a block the noises are independent, so the mean of their products over r ≠ s has no part of the
    noise, whatever the seed policy.

    The blocks are spread evenly by the Sobol sequence, so neighbouring blocks are drawn together, in sixteen
    groups (of 64 blocks and more, a power of two, none left out), and where an axis has levels in 32
    too, of which the wider interval is taken: see the table of coverage in the docs.

    A sequence that is even in each factor may move pairs of them in step, of some numbers of factors and
    blocks: of six and up to 512, the first and the fourth. Then what the two do together is misplaced, and no
    group of blocks shows it. The design does: intervals are wider by what its columns would make of the
    product of such a pair, had that as large an S2 as S1 and ST allow; not of two of one group.

    Other blocks are drawn one by one, and intervals are as wide as Student's t of so few makes them.

    A block is drawn with all its replications, which covers their noise. Under ``seed_policy="common"`` all
    blocks share the noise, so intervals are wider by the jackknife over replications; of one or two of them
    nothing can be told, and the intervals hold for the seeds that were run.

    The dummy is a yardstick that asks much (Zadeh et al. 2017): S1 is that product of A and B which would be
    zero of endless points, and ST what is left of the variance by A alone. The estimators here take
    differences of outputs of one block, and read zero of an inert factor, where no noise is: an ST whose
    interval lies above zero, but below the dummy's, is small and no chance. A dummy has no runs, and so no
    noise, of its own: what independent seeds add to the factors is said by the warning. With a seed a block
    and one replication A and B share their noise, which S1 of the dummy then reads, and that of factors not.

    References
    ----------
    Saltelli et al. 2010; Jansen 1999; Monod, Naud & Makowski 2006; Janon et al. 2014; Azzini, Mara & Rosati
    2021; second order: Saltelli 2002; bootstrap: Archer, Saltelli & Sobol 1997; dummy: Zadeh, Nossent,
    Sarrazin, Pianosi, van Griensven, Wagener & Bauwens 2017, Environmental Modelling & Software 91.

    Examples
    --------
    >>> from mesa_doe.samplers import sobol as sample
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = sample(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 256, rng=1)
    >>> sobol(design, 2 * design.points["a"] + design.points["b"]).table()["ST"].round(2).tolist()
    [0.8, 0.2]
    """
    if estimator not in ESTIMATORS:
        raise AnalysisError(f"sobol: estimator takes {', '.join(map(repr, ESTIMATORS))}, got {estimator!r}")
    resamples, confidence = checked_bootstrap("sobol", resamples, confidence)
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="sobol")
    # Factors that move together have one index together.
    factors = list(design.groups or design.factors)
    rows = rows_of(factors, "sobol", dummy=dummy)
    second_order = bool(design.options.get("second_order", False))
    if ESTIMATORS[estimator].needs_ba and not second_order:
        raise AnalysisError(
            f"sobol: estimator={estimator!r} reads all points of a design with second order; make it with "
            "sobol(…, second_order=True)"
        )
    names, replications = checked.names, checked.replications
    blocks = _blocks(design, checked, len(factors), second_order)
    scaled, scale = standardised(blocks.mean(axis=2))
    base, deviation = scaled[:, [0, -1]].reshape(-1, len(names)), scaled.std(axis=(0, 1))
    del scaled  # as large as the outputs, which are held beside the products
    constant = constant_outputs(base)
    corrected = corrects("sobol", noise, replications)
    plan = SobolPlan(
        factors=len(factors),
        second_order=second_order,
        dummy=dummy,
        estimator=ESTIMATORS[estimator],
        bootstrap=BlockBootstrap(
            corrected=corrected,
            few_seeds=few_seeds(seed_policy, replications),
            resamples=resamples,
            confidence=confidence,
            entropy=root_entropy(rng),
            groups=() if checked.dropped else groups_in(design.space),
        ),
    )
    # By the deviation over all points, as SALib does: squares stay finite, and rounding can be told.
    point, low, high, lost = plan.indices(blocks, scale * np.where(constant, 1.0, deviation))
    pairs = pairs_in_step(design, checked, len(factors), estimator)
    # The dummy is no factor.
    own = np.r_[: len(factors), len(rows) : len(rows) + len(factors), 2 * len(rows) : point.shape[1]]
    low[:, own], high[:, own], misplaced = held_for_pairs(
        pairs, len(factors), point[:, own], low[:, own], high[:, own]
    )
    for values in (point, low, high):
        values[constant] = np.nan

    said = [*checked.said]
    said += flat_outputs(
        checked, seed_policy, blocks=len(blocks), constant=constant, where="point of the base sample"
    )
    no_variance = constant | noise_alone(checked, seed_policy, blocks=len(blocks))
    said += nothing_left(names, point, no_variance, corrected=corrected)
    said += undefined(names, lost, no_variance, corrected=corrected)
    noise_of_runs = (checked.noise_deviation / scale) ** 2
    variance = np.where(constant, 1.0, base.var(axis=0))
    totals = point[:, len(rows) : len(rows) + len(factors)]
    by_factors = totals.sum(axis=1) * variance
    said += seed_driven(checked, by_factors, variance, noise_of_runs, no_variance, seed_policy)
    of_both = ["S1", *plan.estimator.also_of_both, *(["S2"] if second_order else [])]
    of_one = [] if "ST" in of_both else ["ST"]
    of_events, few_events = rare_events(
        names, base, constant, blocks=len(blocks), of_both=of_both, of_one=of_one
    )
    of_changes, few_events = rare_changes(
        names, factors, blocks, totals, constant, corrected=corrected, few=few_events
    )
    said += of_events + of_changes
    if few_seeds(seed_policy, replications):
        said += no_intervals(names, point, low)
    if dummy and seed_policy == "block" and not corrected:
        said += _noise_of_dummy(names, point[:, len(factors)], low[:, len(factors)])
    if corrected:
        said += _beyond_one(names, point[:, : 2 * len(rows)])
    if seed_policy == "independent" and not corrected:
        remedy = "use seed_policy='block', or sobol(…, seed_factor=True)"
        said += inflated(checked, totals, noise_of_runs / variance / replications, constant, remedy=remedy)
    # Of the means' variance a part is noise, unless all points share it.
    between = variance - (0.0 if seed_policy == "common" else noise_of_runs / replications)
    shares = noise_shares(between, noise_of_runs, constant)
    settings: dict[str, Any] = {
        "blocks": len(blocks),
        "estimator": estimator,
        "noise": "corrected" if corrected else "kept",
        "dummy": bool(dummy),
        "resamples": resamples,
        "confidence": confidence,
        "replications": replications,
        "seed_policy": seed_policy,
        "dropped_blocks": checked.dropped,
        "noise_variance": checked.by_output(checked.noise),
        "noise_share": checked.by_output(shares),
        "few_events": few_events,
    }
    notes = [
        *shares_told(settings["noise_share"], corrected=corrected, seed_policy=seed_policy),
        *said_of_pairs(names, factors, pairs, misplaced, f"{len(blocks)} blocks"),
    ]
    frame = tidy(names, _labels(rows, factors, second_order), point, low, high)
    return SensitivityResult("sobol", frame, settings, tuple(said), notes=tuple(notes))


def _blocks(design: Design, checked: Outputs, factors: int, second_order: bool) -> FloatArray:
    """Return outputs (blocks, rows of a block, replications, outputs)."""
    step = factors * (2 if second_order else 1) + 2
    if design.blocks is None or not np.array_equal(design.blocks, np.arange(len(design)) // step):
        raise AnalysisError(
            f"sobol reads blocks of {step} rows ({factors} factors, second_order={second_order}), but "
            "those of this design are others; make it with doe.sobol"
        )
    blocks = checked.values.reshape(-1, step, *checked.values.shape[1:])
    if len(blocks) < 2:
        raise too_few("sobol", "complete blocks", checked)
    return blocks


def _labels(rows: list[str], factors: list[str], second_order: bool) -> list[Label]:
    labels = [(measure, row, "") for measure in ("S1", "ST") for row in rows]
    pairs = itertools.combinations(factors, 2) if second_order else ()
    return [*labels, *(("S2", *pair) for pair in pairs)]


def _noise_of_dummy(names: list[Any], point: FloatArray, low: FloatArray) -> list[str]:
    """Say where the dummy's S1 holds the noise that A and B share, and S1 of factors does not."""
    return [
        f"output {name!r}: S1 of the dummy is {value:.2f}, as the points of a block share their noise: it "
        "tells how much of the variance is noise, and is no yardstick for S1; compare ST, or use "
        "replications=2"
        for name, value, least in zip(names, point.tolist(), low.tolist(), strict=True)
        if least > 0
    ]


def _beyond_one(names: list[Any], indices: FloatArray) -> list[str]:
    """Say where the noise was taken away from too few blocks."""
    return [
        f"output {name!r}: an index of {most:.2f} cannot be: there are too few blocks for this noise; use a "
        "larger n, more replications, or estimator='janon', which stays nearer to one"
        for name, most in zip(names, indices.max(axis=1).tolist(), strict=True)
        if most > _FAR_ABOVE_ONE
    ]
