"""Shapley effects from trajectories between two random points, for all outputs at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from mesa_doe.analysis.bootstrap import intervals, undefined
from mesa_doe.analysis.declare import check_design, declare
from mesa_doe.analysis.estimates import Label, tidy
from mesa_doe.analysis.inflation import inflated
from mesa_doe.analysis.moves import by_block, turns
from mesa_doe.analysis.options import checked_bootstrap
from mesa_doe.analysis.outputs import Missing, checked_outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.variation import (
    constant_outputs,
    flat_outputs,
    noise_alone,
    noise_units,
    standardised,
)
from mesa_doe.design import Design
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["shapley"]

FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
IntArray: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]


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
        Outputs in the order of the design. Replications are averaged.
    outputs : sequence, optional
        Names of the outputs.
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

    Raises
    ------
    AnalysisError
        If the design is none of Goda's trajectories, or outputs are missing.

    Warns
    -----
    MesaDoeWarning
        If an output does not vary, noise inflates the effects, or trajectories were left out.

    Notes
    -----
    Point estimates are those of `SALib.analyze.shapley
    <https://salib.readthedocs.io/en/latest/api.html>`_. Unlike SALib: intervals are percentiles, not a normal
    approximation; all outputs are analysed at once.

    Noise of its own in every run is credited to the factor that moves first. As that is any of the d
    factors, it adds its variance over d to every effect.

    References
    ----------
    Goda 2021, A simple algorithm for global sensitivity analysis with Shapley effects.

    Examples
    --------
    >>> from mesa_doe.samplers import shapley as sample
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = sample(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 4000, rng=1)
    >>> shapley(design, 2 * design.points["a"] + design.points["b"]).table()["Sh"].round(1).tolist()
    [0.8, 0.2]
    """
    check_design(design, "shapley")
    resamples, confidence = checked_bootstrap("shapley", resamples, confidence)
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="shapley")
    factors = list(design.factors)
    turn = turns(design, checked, [(j,) for j in range(len(factors))], "shapley")
    scaled, scale = standardised(checked.means)
    constant = constant_outputs(scaled)
    paths = by_block(scaled, len(factors) + 1)
    before, after = paths[:, :-1], paths[:, 1:]
    steps = (paths[:, :1] - (before + after) / 2) * (before - after)
    # (trajectories, outputs, factors)
    parts = np.take_along_axis(steps, turn[:, :, None], axis=1).transpose(0, 2, 1)

    def estimate(means: FloatArray) -> FloatArray:
        totals = means.sum(axis=-1, keepdims=True)
        shares = np.full_like(means, np.nan)
        np.divide(means, totals, out=shares, where=totals > 0)
        return np.concatenate([means, shares], axis=-1)

    point = estimate(parts.mean(axis=0))
    low, high, lost = intervals(parts, estimate, resamples, confidence, root_entropy(rng))
    for values in (point, low, high):
        values[:, : len(factors)] *= np.where(constant, 1.0, scale)[:, None] ** 2
        values[constant] = np.nan

    units = noise_units(checked, seed_policy, blocks=0)
    said = [*checked.said, *flat_outputs(checked, constant, units=units)]
    said += undefined(checked.names, lost, constant | noise_alone(checked, units))
    if seed_policy == "independent":
        variance = parts.sum(axis=2).mean(axis=0)
        none = constant | ~(variance > 0)
        noise = (np.sqrt(checked.noise) / scale) ** 2 / checked.replications
        added = np.minimum(1.0, noise / np.where(none, 1.0, variance)) / len(factors)
        said += inflated(checked, point[:, len(factors) :], added, none, index="share")
    settings = {
        "trajectories": len(paths),
        "resamples": resamples,
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_trajectories": checked.dropped,
        "noise_variance": dict(zip(checked.names, checked.noise.tolist(), strict=True)),
    }
    labels: list[Label] = [(measure, factor, "") for measure in ("effect", "Sh") for factor in factors]
    frame = tidy(checked.names, labels, point, low, high)
    return SensitivityResult("shapley", frame, settings, tuple(said), plotted=("Sh",))
