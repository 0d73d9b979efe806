"""Discrepancy: a ranking of factors by how uneven the scatter plot of each against the output is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.estimates import tidy
from mesa_doe.analysis.inputs import shares
from mesa_doe.analysis.outputs import Missing, Outputs, checked_outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.variation import flat_outputs
from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, some

__all__ = ["Kind", "discrepancy"]

#: Wrap-around, centred, mixture and L2-star discrepancy.
Kind: TypeAlias = Literal["WD", "CD", "MD", "L2-star"]


@declare(
    axes="real",
    library="scipy.stats.qmc.discrepancy, as SALib.analyze.discrepancy",
    measures="share of discrepancy: a ranking, no effect size",
    source="Puy, Roy & Saltelli 2023",
    intervals=False,
)
def discrepancy(
    design: Design,
    y: Any,
    *,
    kind: Kind = "WD",
    outputs: Sequence[Any] | None = None,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """Rank factors by the discrepancy of their scatter plots against the output; no more than a ranking.

    Parameters
    ----------
    design : Design
        Of real axes, evenly covered: a factor that is not has its rank inflated.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design. Replications are averaged.
    kind : {"WD", "CD", "MD", "L2-star"}, default "WD"
        Wrap-around, centred, mixture or L2-star discrepancy.
    outputs : sequence, optional
        Names of the outputs.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave them out and say so.
    seed_policy : str, optional
        How the runs were seeded.

    Returns
    -------
    SensitivityResult
        Measure ``discrepancy``: shares that sum to one, without intervals.

    Raises
    ------
    AnalysisError
        If an axis is discrete, the kind is unknown, an output takes two values only, or outputs are missing.

    Warns
    -----
    MesaDoeWarning
        If an output does not vary.

    Notes
    -----
    Ranking only: every factor, an inert one too, has a part that comes from the output's own distribution,
    so that shares are nearly alike (0.335, 0.333 and 0.332 for the Ishigami function). Levels would add
    unevenness of their own, and are refused. So is an output of two values, such as true and false: the
    scatter plot is two lines, which wrapped around are one, and other kinds may rank the factor that decides
    last. The cost grows with the square of the number of points.

    Wraps `scipy.stats.qmc.discrepancy
    <https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.qmc.discrepancy.html>`_ of every factor
    with the output, as SALib does; inputs are given as shares of their laws, so that every law is taken.

    Examples
    --------
    >>> from mesa_doe.samplers import latin_hypercube
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = latin_hypercube(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 200, rng=1)
    >>> found = discrepancy(design, 2 * design.points["a"] + design.points["b"]).table()["discrepancy"]
    >>> bool(found["a"] > found["b"])
    True
    """
    from scipy.stats import qmc

    if kind not in get_args(Kind):
        raise AnalysisError(f"discrepancy: kind takes {', '.join(map(repr, get_args(Kind)))}, got {kind!r}")
    checked = checked_outputs(
        design, y, names=outputs, missing=missing, method="discrepancy", leaves_out="run"
    )
    scaled, constant = checked.scaled, checked.constant
    _check_values(checked, scaled)
    inputs = checked.kept(shares(design))
    found = np.full((len(checked.names), inputs.shape[1]), np.nan)
    for k in np.flatnonzero(~constant):
        values = (scaled[:, k] - scaled[:, k].min()) / np.ptp(scaled[:, k])
        each = [qmc.discrepancy(np.column_stack([column, values]), method=kind) for column in inputs.T]
        found[k] = np.array(each) / sum(each)

    said = [*checked.said, *flat_outputs(checked, seed_policy)]
    settings = {
        "points": len(checked.means),
        "kind": kind,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_points": checked.dropped,
    }
    labels = [("discrepancy", factor, "") for factor in design.factors]
    frame = tidy(checked.names, labels, found)
    return SensitivityResult("discrepancy", frame, settings, tuple(said), scale="share of discrepancy")


def _check_values(checked: Outputs, scaled: FloatArray) -> None:
    two = [
        repr(name)
        for name, values in zip(checked.names, scaled.T, strict=True)
        if len(np.unique(values)) == 2
    ]
    if two:
        raise AnalysisError(
            f"discrepancy: {some(two)} {'takes' if len(two) == 1 else 'take'} two values only, whose "
            "scatter plots tell nothing of the factors; rsa, pawn and delta read such outputs"
        )
