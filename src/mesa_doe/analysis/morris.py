"""Elementary effects of Morris' trajectories, for all outputs at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.elementary_effects import summarised
from mesa_doe.analysis.moves import by_block, positions, turns
from mesa_doe.analysis.options import checked_bool, checked_bootstrap
from mesa_doe.analysis.outputs import Missing, checked_outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.seeding import RNG

__all__ = ["morris"]


@declare(
    designs=("morris",),
    default_for=("morris",),
    axes="ordered",
    groups=True,
    library="mesa-doe; a test holds it to SALib.analyze.morris",
    measures="elementary effects: mean (mu), mean of absolute values (mu_star), deviation (sigma)",
    source="Morris 1991; mu_star: Campolongo et al. 2007; scaled: Sin & Gernaey 2009",
)
def morris(
    design: Design,
    y: Any,
    *,
    scaled: bool = False,
    outputs: Sequence[Any] | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    rng: RNG = 0,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """Elementary effects: which factors matter (mu_star), and whether evenly everywhere (sigma).

    Parameters
    ----------
    design : Design
        Made by ``doe.morris``.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design. Replications are averaged.
    scaled : bool, default False
        Effects of one standard deviation of the factor, in standard deviations of the output, both within
        the trajectory: outputs of different units can be compared.
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
        How the runs were seeded; of it depends what noise alone reads.

    Returns
    -------
    SensitivityResult
        Measures ``mu``, ``mu_star`` and ``sigma``; of groups ``mu_star`` only, as signs within a group
        cancel. ``settings["noise_floor"]`` is, by output, the ``mu_star`` that noise alone reads, of the
        factor where that is largest: zero where a trajectory shares its seeds, None where not known;
        ``settings["noise_floor_of_sigma"]`` is the same of ``sigma``.

    Raises
    ------
    AnalysisError
        If the design is not Morris', outputs are missing, or no step changes the level of a factor.

    Warns
    -----
    MesaDoeWarning
        If an output is constant, or hardly varies but by the seed, ``mu_star`` or ``sigma`` is no larger than
        noise alone reads, steps that stay on a level were left out, or trajectories were.

    Notes
    -----
    An effect is the change of the output over the step that was taken. On an axis of real numbers the step
    is a share of the range, or of the law. On one of levels it is the way between the shares' centres, of
    which the first lies at 0 and the last at 1: of K values with even shares, value k lies at k/(K - 1).
    So a Boolean whose two values differ by 5 reads 5, and steps that stay on a level are no steps.

    The step of a group is the mean of its members' steps, of those that moved.

    Point estimates on real axes are those of `SALib.analyze.morris
    <https://salib.readthedocs.io/en/latest/api.html>`_. Unlike SALib: there is no ``num_levels`` that must
    repeat the sampler's, since the step is read off the design; levels are not taken for real numbers, which
    reads 7.5 of that Boolean; intervals are percentiles, and all measures have them.

    With seeds of its own in every run, noise of variance s² and R replications read a ``mu_star`` of
    sqrt(2/π) sqrt(2 s²/R) over the step, and a ``sigma`` of sqrt(2 s²/R) over the step, of a model without
    interactions too.

    References
    ----------
    Morris 1991; Campolongo, Cariboni & Saltelli 2007; Sin & Gernaey 2009.

    Examples
    --------
    >>> from mesa_doe.samplers import morris as sample
    >>> from mesa_doe.space import Boolean, ParameterSpace, Real
    >>> design = sample(ParameterSpace(a=Real(0, 10), fast=Boolean()), 10, rng=1)
    >>> y = 2 * design.points["a"] + 5 * design.points["fast"]
    >>> morris(design, y).table()["mu_star"].round(6).tolist()
    [20.0, 5.0]
    """
    resamples, confidence = checked_bootstrap("morris", resamples, confidence)
    scaled = checked_bool("morris", "scaled", scaled)
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="morris")
    members = _members(design)
    turn = turns(design, checked, list(members.values()), "morris")
    rows = len(members) + 1
    places = by_block(checked.kept(positions(design)), rows)
    ways = np.diff(places, axis=1)
    taken = [
        np.take_along_axis(ways[:, :, list(own)], turn[:, k, None, None], axis=1)[:, 0]
        for k, own in enumerate(members.values())
    ]
    # A factor alone keeps the sign of its step; a group has none.
    step = np.column_stack(
        [way[:, 0] if design.groups is None else _mean_of_moved(np.abs(way)) for way in taken]
    )
    paths = by_block(checked.scaled, rows)
    change = np.take_along_axis(np.diff(paths, axis=1), turn[:, :, None], axis=1)
    stretch = np.ones_like(change)
    if scaled:
        spread = paths.std(axis=1)[:, None, :]
        inputs = places.std(axis=1)
        own_spread = np.column_stack([_mean_of_moved(inputs[:, list(own)]) for own in members.values()])
        # In a trajectory without any change there are no effects, as SALib has it.
        varies = spread > ROUNDING
        stretch = np.where(varies, own_spread[:, :, None] / np.where(varies, spread, 1.0), 0.0)
    return summarised(
        "morris",
        checked,
        list(members),
        step,
        stretch,
        change,
        unit=np.ones_like(checked.scale) if scaled else checked.scale,
        signed=design.groups is None,
        resamples=resamples,
        confidence=confidence,
        rng=rng,
        seed_policy=seed_policy,
        settings={"trajectories": len(paths), "scaled": scaled},
        scale="scaled effect" if scaled else "effect over the whole range, in units of the output",
    )


def _members(design: Design) -> dict[str, tuple[int, ...]]:
    groups = design.groups or {name: (name,) for name in design.factors}
    return {name: tuple(design.factors.index(one) for one in own) for name, own in groups.items()}


def _mean_of_moved(steps: FloatArray) -> FloatArray:
    """Return the mean over members (trajectories,) of those above zero, else zero."""
    mean: FloatArray = steps.sum(axis=1) / np.maximum(np.count_nonzero(steps, axis=1), 1)
    return mean
