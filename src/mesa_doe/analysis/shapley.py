"""Shapley effects from trajectories between two random points, for all outputs at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from mesa_doe.analysis.block_bootstrap import BlockBootstrap
from mesa_doe.analysis.bootstrap import by_outputs, undefined
from mesa_doe.analysis.common_seeds import few_seeds, no_intervals
from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.estimates import Label, tidy
from mesa_doe.analysis.inflation import inflated
from mesa_doe.analysis.moves import by_block, turns
from mesa_doe.analysis.options import checked_bootstrap
from mesa_doe.analysis.outputs import Missing, checked_outputs
from mesa_doe.analysis.rare_events import rare_events
from mesa_doe.analysis.replication_noise import corrects, noise_shares, nothing_left, shares_told
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.analysis.scaling import check_squares, constant_outputs, standardised
from mesa_doe.analysis.variation import flat_outputs, noise_alone, seed_driven
from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["shapley"]


@declare(
    designs=("shapley",),
    default_for=("shapley",),
    library="mesa-doe; a test holds it to SALib.analyze.shapley",
    measures="Shapley effects, of the variance (effect) and as its shares (Sh)",
    source="Goda 2021",
)
def shapley(
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
    """Shapley effects: shares of the variance that sum to one, interactions dealt out evenly.

    Parameters
    ----------
    design : Design
        Made by ``doe.shapley``.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design.
    outputs : sequence, optional
        Names of the outputs.
    noise : {"corrected", "kept"}, default "corrected"
        Effects on the expected output, whose noise is taken away by products of different replications; or
        on the mean of the replications as it is, noise and all. One replication cannot be corrected.
    resamples : int, default 1000
        Bootstrap resamples of whole trajectories; at least 100.
    confidence : float, default 0.95
        Level of the percentile intervals.
    rng : int, SeedSequence or Generator, default 0
        Of the bootstrap.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave out their whole trajectories and say so.
    seed_policy : str, optional
        How the runs were seeded; ``"independent"`` adds what the noise does to the effects.

    Returns
    -------
    SensitivityResult
        Measures ``effect``, in the squared unit of the output, and ``Sh``, its share of the sum.
        ``settings["noise_share"]`` is the share of the variance of a single run that is noise, by output; NaN
        with one replication. ``settings["few_events"]`` are, by output, the measures that too few points with
        a rare event tell; a warning names them.

    Raises
    ------
    AnalysisError
        If the design is none of Goda's trajectories, outputs are missing, or so large or small that their
        squares are no floats.

    Warns
    -----
    MesaDoeWarning
        If an output does not vary, or hardly but by the seed, or at too few points, noise inflates the
        effects, or trajectories were left out.

    Notes
    -----
    Point estimates are those of `SALib.analyze.shapley
    <https://salib.readthedocs.io/en/latest/api.html>`_ of the means. Unlike SALib: intervals are percentiles,
    not a normal approximation; all outputs are analysed at once.

    Effects are products of differences. With replications those are of two different ones, as in ``sobol``,
    which hold no noise. With one, or ``noise="kept"``, noise of its own in every run is credited to the
    factor that moves first. As that is any of the d factors, it adds its variance over d to every effect.

    Under ``seed_policy="common"`` all trajectories share the noise, of which drawing trajectories shows
    nothing. Of three replications and more, intervals are widened by the jackknife over them; of fewer they
    hold for the seeds that were run.

    References
    ----------
    Goda 2021, A simple algorithm for global sensitivity analysis with Shapley effects; jackknife: Efron &
    Stein 1981.

    Examples
    --------
    >>> from mesa_doe.samplers import shapley as sample
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = sample(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 4000, rng=1)
    >>> shapley(design, 2 * design.points["a"] + design.points["b"]).table()["Sh"].round(1).tolist()
    [0.8, 0.2]
    """
    resamples, confidence = checked_bootstrap("shapley", resamples, confidence)
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="shapley")
    factors = list(design.factors)
    turn = turns(design, checked, [(j,) for j in range(len(factors))], "shapley")
    names = checked.names
    corrected = corrects("shapley", noise, checked.replications)
    few = few_seeds(seed_policy, checked.replications)
    runs, scale = standardised(checked.values if corrected or few else checked.means[:, None])
    means = runs.mean(axis=1)
    constant = constant_outputs(means)
    check_squares("shapley", names, scale, constant)
    bootstrap = BlockBootstrap(corrected, few, resamples, confidence, root_entropy(rng))

    def parts(values: FloatArray) -> FloatArray:
        """Return what each factor adds (trajectories, outputs, factors)."""
        paths = by_block(values, len(factors) + 1)
        before, after = paths[:, :-1], paths[:, 1:]
        steps = (paths[:, :1] - (before + after) / 2) * (before - after)
        own: FloatArray = np.take_along_axis(steps, turn[:, :, None], axis=1).transpose(0, 2, 1)
        return own

    def estimate(means: FloatArray) -> FloatArray:
        totals = means.sum(axis=-1, keepdims=True)
        shares = np.full_like(means, np.nan)
        np.divide(means, totals, out=shares, where=totals > ROUNDING)
        return np.concatenate([means, shares], axis=-1)

    def found(chosen: slice) -> tuple[FloatArray, ...]:
        return bootstrap.of(parts, runs[..., chosen], estimate)[1:]

    numbers = 3 * len(factors) * (resamples + len(turn))
    point, low, high, lost = by_outputs(found, len(names), numbers)
    variance = point[:, : len(factors)].sum(axis=1)
    for values in (point, low, high):
        values[:, : len(factors)] *= np.where(constant, 1.0, scale)[:, None] ** 2
        values[constant] = np.nan

    own_noise = (checked.noise_deviation / scale) ** 2
    no_variance = constant | noise_alone(checked, seed_policy, blocks=0)
    said = [*checked.said, *flat_outputs(checked, seed_policy, blocks=0, constant=constant)]
    paths = by_block(means, len(factors) + 1)
    first = paths[:, 0].var(axis=0)
    said += seed_driven(checked, variance, first, own_noise, no_variance, seed_policy)
    base = paths[:, [0, -1]].reshape(-1, len(names))
    of_events, few_events = rare_events(names, base, constant, blocks=len(turn), of_one=["Sh"])
    said += of_events
    if few:
        said += no_intervals(names, point, low)
    said += nothing_left(names, point, no_variance, corrected=corrected)
    said += undefined(names, lost, no_variance, corrected=corrected)
    if seed_policy == "independent" and not corrected:
        none = constant | ~(variance > 0)
        added = np.minimum(1.0, own_noise / checked.replications / np.where(none, 1.0, variance))
        said += inflated(checked, point[:, len(factors) :], added / len(factors), none, index="share")
        variance = variance - own_noise / checked.replications
    shares = noise_shares(variance, own_noise, constant)
    settings: dict[str, Any] = {
        "trajectories": len(turn),
        "noise": "corrected" if corrected else "kept",
        "resamples": resamples,
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_trajectories": checked.dropped,
        "noise_variance": checked.by_output(checked.noise),
        "noise_share": checked.by_output(shares),
        "few_events": few_events,
    }
    notes = shares_told(settings["noise_share"], corrected=corrected, seed_policy=seed_policy)
    labels: list[Label] = [(measure, factor, "") for measure in ("effect", "Sh") for factor in factors]
    frame = tidy(names, labels, point, low, high)
    return SensitivityResult("shapley", frame, settings, tuple(said), plotted=("Sh",), notes=notes)
