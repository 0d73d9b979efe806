"""One factor at a time: how far each factor alone moves an output from the base case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mesa_doe.analysis.contrasts import margin
from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.estimates import Label, tidy
from mesa_doe.analysis.incomplete import IncompleteError
from mesa_doe.analysis.options import checked_share
from mesa_doe.analysis.outputs import Missing, checked_outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.scaling import standardised
from mesa_doe.analysis.variation import flat_outputs
from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.design import Design

__all__ = ["one_at_a_time"]

_MEASURES = ("down", "up", "least", "greatest", "swing")


@declare(
    designs=("base_case",),
    default_for=("base_case",),
    library="mesa-doe",
    measures="change from the base case: at the lowest and highest level, least and greatest; swing between",
    source="Saltelli & Annoni 2010, which says what it cannot see",
)
def one_at_a_time(
    design: Design,
    y: Any,
    *,
    outputs: Sequence[Any] | None = None,
    confidence: float = 0.95,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """Change of outputs when one factor leaves the base case.

    Parameters
    ----------
    design : Design
        Made by ``doe.base_case``.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design.
    outputs : sequence, optional
        Names of the outputs.
    confidence : float, default 0.95
        Level of the intervals, of Student's t.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave those levels out and say so.
    seed_policy : str, optional
        How the runs were seeded.

    Returns
    -------
    SensitivityResult
        ``down`` and ``up``: output at the lowest and at the highest level of a factor less that of the base
        case (0 where it is the base itself); ``least`` and ``greatest``: the same over all of its levels,
        that of the base among them; ``swing``: the distance of these two. ``settings["curves"]`` are pairs
        (level, output) by output and factor, for a spider plot, ``settings["base"]`` the base case.

    Raises
    ------
    AnalysisError
        If the base case itself is missing, or other outputs are.

    Warns
    -----
    MesaDoeWarning
        If an output is the same at every point, or varies no more than its noise.

    Notes
    -----
    Intervals need two replications. They are of the differences between points in each replication, which
    holds for any seed policy; seeds that points share cancel. Those of the least and greatest change, and of
    the swing, hold for these of the true means: they are made of intervals of all levels, or of all pairs of
    them, that hold together (Bonferroni). Noise biases all three outwards, as the largest of several.

    It is a look at the base case: nothing is seen of interactions, nor of what is away from it (Saltelli &
    Annoni 2010, Environ. Model. Softw. 25).

    Examples
    --------
    >>> from mesa_doe.samplers import base_case
    >>> from mesa_doe.space import Integer, ParameterSpace, Real
    >>> design = base_case(ParameterSpace(n=Integer(1, 5), x=Real(0, 1)), 3)
    >>> result = one_at_a_time(design, design.points["n"] ** 2 - design.points["x"])
    >>> result.table()[["down", "up", "swing"]].to_numpy().tolist()
    [[-8.0, 16.0, 24.0], [0.5, -0.5, 1.0]]
    """
    confidence = checked_share("one_at_a_time", "confidence", confidence)
    checked = checked_outputs(
        design, y, names=outputs, missing=missing, method="one_at_a_time", leaves_out="point"
    )
    if checked.points[0] != 0:
        raise IncompleteError(
            "one_at_a_time compares with the base case, but that point (0) lacks a finite value"
        )
    levels = _levels(design, checked.points)
    values, scale = checked.values, standardised(checked.values)[1]
    said = [*checked.said, *flat_outputs(checked, seed_policy)]
    said += [
        f"factor {name!r} is at its base level at every point that is left: it has no estimates"
        for name, at in levels.items()
        if len(at) < 2
    ]
    of_factors = [_measured(values, at, scale, confidence) for at in levels.values()]
    labels: list[Label] = [(measure, name, "") for measure in _MEASURES for name in levels]
    cube = np.stack([of_one[measure] for measure in _MEASURES for of_one in of_factors], axis=-1)
    cube[:, checked.constant] = np.nan
    settings = {
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_points": checked.dropped,
        "base": {name: _native(design, name, checked.points[:1])[0] for name in levels},
        "curves": {
            output: {
                name: [
                    (level, float(checked.means[point, k]))
                    for level, point in zip(_native(design, name, checked.points[at]), at, strict=True)
                ]
                for name, at in levels.items()
            }
            for k, output in enumerate(checked.names)
        },
    }
    return SensitivityResult(
        "one_at_a_time",
        tidy(checked.names, labels, *cube),
        settings,
        tuple(said),
        scale="change of the output from the base case",
        plotted=("least", "greatest", "swing"),
    )


def _levels(design: Design, points: IntArray) -> dict[str, IntArray]:
    """Return, of each factor, which of the points kept are its levels, in the order of its axis."""
    found = {}
    for name, axis in design.space.axes.items():
        values = design.points[name].to_numpy()
        place = axis.to_unit(values)
        # Levels may not be comparable, but each has a place of its own; numbers may share one.
        keys = place if values.dtype.kind == "O" else values
        own = keys != keys[0]
        own[0] = True  # the base case is a level of every factor
        at = np.flatnonzero(own[points])
        # By value where numbers share a place.
        found[name] = at[np.lexsort((keys[points[at]], place[points[at]]))]
    return found


def _native(design: Design, name: str, points: IntArray) -> list[Any]:
    values: list[Any] = design.points[name].to_numpy()[points].tolist()
    return values


def _difference(each: FloatArray, scale: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Return the mean of differences (…, replications, outputs) and half the width of its interval."""
    replications = each.shape[-2]
    mean: FloatArray = each.mean(axis=-2)
    if replications == 1:
        return mean, np.full_like(mean, np.nan)
    # Scaled, so that squares stay finite.
    errors = (each / scale).std(axis=-2, ddof=1) / np.sqrt(replications)
    return mean, scale * margin(errors, replications - 1, confidence)


def _measured(
    values: FloatArray, at: IntArray, scale: FloatArray, confidence: float
) -> dict[str, FloatArray]:
    """Return, by measure, estimates and their intervals (3, outputs) of the factor with these levels."""
    if len(at) < 2:
        return dict.fromkeys(_MEASURES, np.full((3, len(scale)), np.nan))
    found = {}
    for measure, end in (("down", at[0]), ("up", at[-1])):
        change, half = _difference(values[end] - values[0], scale, confidence)
        found[measure] = np.stack([change, change - half, change + half])
    others = at[at != 0]
    together = 1 - (1 - confidence) / len(others)
    changes, half = _difference(values[others] - values[0], scale, together)
    # The base case is a level too, of change zero. Where all intervals hold, so does that of the extreme.
    ends = np.stack([changes, changes - half, changes + half])
    found["least"] = np.minimum(ends.min(axis=1), 0.0)
    found["greatest"] = np.maximum(ends.max(axis=1), 0.0)
    found["swing"] = _swing(values[at], scale, confidence)
    return found


def _swing(values: FloatArray, scale: FloatArray, confidence: float) -> FloatArray:
    """Return the range over levels (levels, replications, outputs) and its interval (3, outputs)."""
    first, second = np.triu_indices(len(values), 1)
    together = 1 - (1 - confidence) / len(first)
    change, half = _difference(values[first] - values[second], scale, together)
    size = np.abs(change)
    # The true range is no less than any true difference, and one of them.
    found = np.stack([size.max(axis=0), (size - half).max(axis=0), (size + half).max(axis=0)])
    ends: FloatArray = np.maximum(found, 0.0)
    return ends
