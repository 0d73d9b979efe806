"""Analyses of stars, a base point with one long step a factor: elementary effects and total indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from mesa_doe.analysis.block_bootstrap import BlockBootstrap
from mesa_doe.analysis.bootstrap import by_outputs, groups_in, undefined
from mesa_doe.analysis.common_seeds import few_seeds, no_intervals
from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.elementary_effects import summarised
from mesa_doe.analysis.estimates import tidy
from mesa_doe.analysis.inflation import inflated
from mesa_doe.analysis.moves import by_block, positions, star_steps
from mesa_doe.analysis.options import checked_bootstrap
from mesa_doe.analysis.outputs import Missing, checked_outputs
from mesa_doe.analysis.pairs_in_step import held_for_pairs, pairs_of_stars, said_of_pairs
from mesa_doe.analysis.rare_events import rare_changes, rare_events
from mesa_doe.analysis.replication_noise import corrects, noise_shares, nothing_left, shares_told
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.scaling import constant_outputs, standardised
from mesa_doe.analysis.variation import flat_outputs, noise_alone, per_variance, seed_driven
from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["jansen", "radial_effects"]


@declare(
    designs=("radial",),
    default_for=("radial",),
    axes="ordered",
    library="mesa-doe; a test holds it to SALib.analyze.radial_ee",
    measures="elementary effects: mean (mu), mean of absolute values (mu_star), deviation (sigma)",
    source="Campolongo, Saltelli & Cariboni 2011",
)
def radial_effects(
    design: Design,
    y: Any,
    *,
    outputs: Sequence[Any] | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    rng: RNG = 0,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """Elementary effects of steps of every length: which factors matter (mu_star), and how evenly (sigma).

    Parameters
    ----------
    design : Design
        Made by ``doe.radial``.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design. Replications are averaged.
    outputs : sequence, optional
        Names of the outputs.
    resamples : int, default 1000
        Bootstrap resamples of whole stars; at least 100.
    confidence : float, default 0.95
        Level of the percentile intervals.
    rng : int, SeedSequence or Generator, default 0
        Of the bootstrap.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave out their whole stars and say so.
    seed_policy : str, optional
        How the runs were seeded; of it depends what noise alone reads.

    Returns
    -------
    SensitivityResult
        Measures ``mu``, ``mu_star`` and ``sigma``; settings as of ``morris``.

    Raises
    ------
    AnalysisError
        If the design is not radial, outputs are missing, or no step changes the level of a factor.

    Warns
    -----
    MesaDoeWarning
        If an output is constant, or hardly varies but by the seed, ``mu_star`` or ``sigma`` is no larger than
        noise alone reads, steps that stay on a level were left out, or stars were.

    Notes
    -----
    Effects and steps are those of ``morris``: over the whole range, and on levels from the first to the last.
    Some steps are short, and noise over a short step is a large effect: ``jansen`` reads the same runs
    and does not divide by steps.

    Point estimates on real axes are those of `SALib.analyze.radial_ee
    <https://salib.readthedocs.io/en/latest/api.html>`_ in the unit cube. Unlike SALib: effects of factors
    with different ranges can be compared; a step of length zero is left out, and not an effect of zero or
    1.8e308.

    References
    ----------
    Campolongo, Saltelli & Cariboni 2011, From screening to quantitative sensitivity analysis.

    Examples
    --------
    >>> from mesa_doe.samplers import radial
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = radial(ParameterSpace(a=Real(0, 10), b=Real(0, 1)), 16, rng=1)
    >>> y = 2 * design.points["a"] + design.points["b"]
    >>> radial_effects(design, y).table()["mu_star"].round(6).tolist()
    [20.0, 1.0]
    """
    resamples, confidence = checked_bootstrap("radial_effects", resamples, confidence)
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="radial_effects")
    step, change, _ = star_steps(design, checked, positions(design), checked.scaled, "radial_effects")
    return summarised(
        "radial_effects",
        checked,
        list(design.factors),
        step,
        np.ones_like(change),
        change,
        unit=checked.scale,
        signed=True,
        resamples=resamples,
        confidence=confidence,
        rng=rng,
        seed_policy=seed_policy,
        settings={"stars": len(step)},
        scale="effect over the whole range, in units of the output",
    )


@declare(
    designs=("radial",),
    library="mesa-doe; a test holds it to SALib.analyze.sobol_jansen",
    measures="total-order indices (ST)",
    source="Jansen 1999; Campolongo, Saltelli & Cariboni 2011",
)
def jansen(
    design: Design,
    y: Any,
    *,
    outputs: Sequence[Any] | None = None,
    noise: Literal["corrected", "kept"] = "corrected",
    resamples: int = 1000,
    confidence: float = 0.95,
    rng: RNG = 0,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """Total-order indices from stars: n(d + 1) runs.

    Parameters
    ----------
    design : Design
        Made by ``doe.radial``.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design.
    outputs : sequence, optional
        Names of the outputs.
    noise : {"corrected", "kept"}, default "corrected"
        Indices of the expected output, whose noise is taken away by products of different replications; or
        of the mean of the replications as it is, noise and all. One replication cannot be corrected.
    resamples : int, default 1000
        Bootstrap resamples of whole stars; at least 100.
    confidence : float, default 0.95
        Level of the percentile intervals.
    rng : int, SeedSequence or Generator, default 0
        Of the bootstrap.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave out their whole stars and say so.
    seed_policy : str, optional
        How the runs were seeded; ``"independent"`` adds what the noise does to the indices.

    Returns
    -------
    SensitivityResult
        Measure ``ST``. ``settings["noise_share"]`` is the share of the variance of a single run that is
        noise, by output; NaN with one replication. ``settings["few_events"]`` are, by output, the measures
        that too few points with a rare event tell; a warning names them.

    Raises
    ------
    AnalysisError
        If the design is not radial, or outputs are missing.

    Warns
    -----
    MesaDoeWarning
        If an output does not vary, or hardly but by the seed, or at too few points, a factor changes it in
        hardly any star, noise inflates the indices, or stars were left out.

    Notes
    -----
    Half the mean square of the change, over the variance of the base points. It may exceed one, as that
    variance is an estimate too. With replications, squares are products of two different ones, as in
    ``sobol``, which hold no noise. With one, or ``noise="kept"``, under ``seed_policy="block"`` the variance
    holds the noise, which the changes do not.

    A Sobol sequence may move pairs of factors in step, as in ``sobol``; intervals are wider for what stars
    misplace of such a pair, had that as large an S2 as ST allows.

    Under ``seed_policy="common"`` all stars share the noise, of which drawing stars shows nothing. Of three
    replications and more, intervals are widened by the jackknife over them; of fewer they hold for the seeds
    that were run.

    Point estimates are those of `SALib.analyze.sobol_jansen
    <https://salib.readthedocs.io/en/latest/api.html>`_ of the means. Unlike SALib: intervals are percentiles
    over stars, with the variance of the same stars; SALib's depend on the number of resamples.

    References
    ----------
    Jansen 1999, Analysis of variance designs for model output; jackknife: Efron & Stein 1981.

    Examples
    --------
    >>> from mesa_doe.samplers import radial
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = radial(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 256, rng=1)
    >>> jansen(design, 2 * design.points["a"] + design.points["b"]).table()["ST"].round(1).tolist()
    [0.8, 0.2]
    """
    resamples, confidence = checked_bootstrap("jansen", resamples, confidence)
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="jansen")
    factors, names = list(design.factors), checked.names
    corrected = corrects("jansen", noise, checked.replications)
    few = few_seeds(seed_policy, checked.replications)
    runs, scale = standardised(checked.values if corrected or few else checked.means[:, None])
    base = star_steps(design, checked, design.unit, runs.mean(axis=1), "jansen")[2]
    base = base - base.mean(axis=0)
    constant = constant_outputs(base)
    is_sequence = design.options.get("kind") == "sobol" and not checked.dropped
    groups = groups_in(design.space) if is_sequence else ()
    bootstrap = BlockBootstrap(corrected, few, resamples, confidence, root_entropy(rng), groups)

    def squares(values: FloatArray) -> FloatArray:
        stars = by_block(values, len(factors) + 1)
        # What a seed adds to all points alike is no effect of a factor.
        first = stars[:, :1] - stars[:, :1].mean(axis=0)
        changes = (stars[:, 1:] - stars[:, :1]) ** 2 / 2
        return np.concatenate([first, first**2, changes], axis=1).transpose(0, 2, 1)

    def found(chosen: slice) -> tuple[FloatArray, ...]:
        def estimate(means: FloatArray) -> FloatArray:
            return per_variance(means[..., 2:], means[..., :2], base[:, chosen])

        means, *estimates = bootstrap.of(squares, runs[..., chosen], estimate)
        return means[:, 1], means[:, 2:].sum(axis=1), *estimates

    numbers = (2 * len(factors) + 2) * (resamples + len(base))
    variance, by_factors, point, low, high, lost = by_outputs(found, len(names), numbers)
    pairs = pairs_of_stars(design, checked) if design.options.get("kind") == "sobol" else []
    # Stars have no S1: as much as ST allows may be the pair's.
    ends = [np.hstack([np.zeros_like(values), values]) for values in (point, low, high)]
    *ends, misplaced = held_for_pairs(pairs, len(factors), *ends)
    low, high = (values[:, len(factors) :] for values in ends)
    for values in (point, low, high):
        values[constant] = np.nan

    own_noise = (checked.noise_deviation / scale) ** 2
    stars = len(base)
    no_variance = constant | noise_alone(checked, seed_policy, blocks=stars)
    said = [*checked.said]
    said += flat_outputs(checked, seed_policy, blocks=stars, constant=constant, where="base point")
    said += seed_driven(checked, by_factors, variance, own_noise, no_variance, seed_policy)
    of_events, few_events = rare_events(names, base, constant, blocks=stars, of_one=["ST"])
    of_changes, few_events = rare_changes(
        names, factors, by_block(runs, len(factors) + 1), point, constant, corrected=corrected, few=few_events
    )
    said += of_events + of_changes
    if few:
        said += no_intervals(names, point, low)
    said += nothing_left(names, point, no_variance)
    said += undefined(names, lost, no_variance, corrected=corrected)
    if seed_policy == "independent" and not corrected:
        added = own_noise / checked.replications / np.where(constant, 1.0, variance)
        said += inflated(checked, point, added, constant)
    # Of the means' variance a part is noise, unless all points share it.
    if not corrected and seed_policy != "common":
        variance = variance - own_noise / checked.replications
    shares = noise_shares(variance, own_noise, constant)
    settings: dict[str, Any] = {
        "stars": stars,
        "noise": "corrected" if corrected else "kept",
        "resamples": resamples,
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_stars": checked.dropped,
        "noise_variance": checked.by_output(checked.noise),
        "noise_share": checked.by_output(shares),
        "few_events": few_events,
    }
    notes = [
        *shares_told(settings["noise_share"], corrected=corrected, seed_policy=seed_policy),
        *said_of_pairs(names, factors, pairs, misplaced, f"{stars} stars"),
    ]
    frame = tidy(names, [("ST", factor, "") for factor in factors], point, low, high)
    return SensitivityResult("jansen", frame, settings, tuple(said), notes=tuple(notes))
