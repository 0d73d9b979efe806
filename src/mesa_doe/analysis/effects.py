"""Main effects and interactions of factorial designs, without those that the design confounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mesa_doe.analysis.contrasts import margin, standard_errors
from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.estimates import Label, tidy
from mesa_doe.analysis.level_model import LevelModel, level_model
from mesa_doe.analysis.options import checked_bool, checked_share
from mesa_doe.analysis.outputs import Missing, checked_outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.scaling import standardised
from mesa_doe.analysis.variation import flat_outputs
from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design

__all__ = ["effects"]

_DESIGNS = (
    "full_factorial",
    "two_level_factorial",
    "fractional_factorial",
    "plackett_burman",
    "folded_hadamard",
    "generalized_subset",
    "orthogonal_array",
    "grid",
)
# Contrasts from which Lenth's method can tell noise.
_LEAST_CONTRASTS = 5


@declare(
    designs=_DESIGNS,
    default_for=_DESIGNS,
    library="mesa-doe; a test holds it to SALib.analyze.ff",
    measures="effects of two-level factors and pairs, shares of the sum of squares of all",
    source="Box, Hunter & Hunter 2005; without replications: Lenth 1989",
)
def effects(
    design: Design,
    y: Any,
    *,
    interactions: bool = True,
    outputs: Sequence[Any] | None = None,
    confidence: float = 0.95,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """Effects of factors and of pairs of factors.

    Parameters
    ----------
    design : Design
        Factorial, whole or a fraction.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design.
    interactions : bool, default True
        Whether to estimate pairs of factors, where the design can tell them.
    outputs : sequence, optional
        Names of the outputs.
    confidence : float, default 0.95
        Level of the intervals, of Student's t.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave them out and say so.
    seed_policy : str, optional
        How the runs were seeded. Under ``"independent"`` the noise is pooled over points; else each
        replication gives its own effects, whose spread does not contain the noise that points share.

    Returns
    -------
    SensitivityResult
        ``effect`` (factors of two levels and their pairs): mean at the high less mean at the low level; of a
        pair, half the difference of the effects of one factor at the levels of the other. ``share`` (all):
        of the sum of squares between points; it has no interval. ``settings["level_means"]`` are pairs
        (level, mean) by output and factor, ``settings["aliases"]`` the pairs that stand for others too, and
        ``settings["error"]`` what the intervals are from.

    Raises
    ------
    AnalysisError
        If the points cannot tell the main effects apart, there are too many levels, or outputs are missing.

    Warns
    -----
    MesaDoeWarning
        If pairs cannot be told from main effects or from one another, or an output does not vary.

    Notes
    -----
    What is confounded is read off the points that were run. A pair mixed with a main effect is left out; of
    pairs that are one column, the first stands for their sum. Where terms are not orthogonal, effects are
    those of a least-squares fit of all terms, and shares are of type II: what a term explains beyond all
    terms that do not contain it.

    The error of the effects is, the first that there is: that of replications; the residual of the model;
    Lenth's pseudo standard error, for orthogonal two-level designs with five contrasts or more, which takes
    most effects to be noise; none. ``SALib.analyze.ff`` gives half these effects.

    References
    ----------
    Box, Hunter & Hunter 2005, Statistics for Experimenters; Lenth 1989, Technometrics 31.

    Examples
    --------
    >>> from mesa_doe.samplers import two_level_factorial
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = two_level_factorial(ParameterSpace(a=Real(0, 1), b=Real(0, 1), c=Real(0, 1)))
    >>> a, b = design.points["a"], design.points["b"]
    >>> effects(design, 2 * a + 4 * a * b).table()["effect"].round(6).abs().tolist()
    [4.0, 2.0, 0.0, 2.0, 0.0, 0.0]
    """
    confidence = checked_share("effects", "confidence", confidence)
    interactions = checked_bool("effects", "interactions", interactions)
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="effects", leaves_out="point")
    model = level_model(design, checked.points, interactions=interactions, method="effects")
    scaled, scale = standardised(checked.values)
    means = scaled.mean(axis=1)
    constant = checked.constant
    said = [*checked.said, *model.unvaried(), *model.confounding()]
    said += flat_outputs(checked, seed_policy)

    two_level = [k for k, term in enumerate(model.terms) if term.columns.shape[1] == 1]
    linear = 2 * model.linear[[model.slices[k].start for k in two_level]]
    effect = (linear @ means).T
    errors, df, source = standard_errors(
        linear, scaled, residual=model.residual(means), df=model.residual_df, seed_policy=seed_policy
    )
    half = margin(errors, df, confidence)
    if df == 0 and model.orthogonal and len(two_level) == len(model.terms) >= _LEAST_CONTRASTS:
        source = "Lenth's pseudo standard error, which takes most effects to be noise"
        half = _lenth(effect, confidence)[:, None] * np.ones_like(effect)
    share = _shares(model, means, constant)
    nothing = np.full_like(share, np.nan)
    width = scale[:, None] * np.where(constant, np.nan, 1.0)[:, None]
    labels: list[Label] = [("effect", *model.terms[k].pair) for k in two_level]
    labels += [("share", *term.pair) for term in model.terms]
    frame = tidy(
        checked.names,
        labels,
        np.hstack([width * effect, share]),
        np.hstack([width * (effect - half), nothing]),
        np.hstack([width * (effect + half), nothing]),
    )
    notes = []
    if not model.orthogonal:
        notes.append(
            "the terms of these points are not orthogonal: effects are those of a least-squares fit of all "
            "terms, and shares (type II) need not add up"
        )
    if df == 0:
        no = "there are no intervals; use replications"
        told = no if source == "none" else f"intervals are from {source}"
        notes.append(f"one replication and no points beyond the terms: {told}")
    settings = {
        "interactions": interactions,
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_points": checked.dropped,
        "error": source,
        "df": df,
        "aliases": model.aliases,
        "left_out": model.left_out,
        "level_means": _level_means(model, checked.names, checked.means),
    }
    whole = len(two_level) == len(model.terms)
    return SensitivityResult(
        "effects",
        frame,
        settings,
        tuple(said),
        notes=tuple(notes),
        scale="change of the output from low to high" if whole else "share of the sum of squares",
        plotted=("effect",) if whole else ("share",),
    )


def _lenth(effect: FloatArray, confidence: float) -> FloatArray:
    """Return the margin of error of each output (outputs,), from contrasts most of which are noise."""
    size = np.abs(effect)
    first = 1.5 * np.median(size, axis=1, keepdims=True)
    # Where half are nothing at all, so is the noise.
    inert = np.where((size < 2.5 * first) | (first == 0), size, np.nan)
    pseudo = np.where(first[:, 0] == 0, 0.0, 1.5 * np.nanmedian(inert, axis=1))
    return margin(pseudo, effect.shape[1] / 3, confidence)


def _shares(model: LevelModel, means: FloatArray, constant: Any) -> FloatArray:
    total = ((means - means.mean(axis=0)) ** 2).sum(axis=0)
    total = np.where(constant, np.nan, total)
    shares: FloatArray = (model.sums_of_squares(means) / total).T
    return shares


def _level_means(model: LevelModel, names: list[Any], means: FloatArray) -> dict[Any, dict[str, Any]]:
    """Return, by output and factor, pairs of a level and the mean of the output at it, others balanced."""
    coefficients = model.linear @ means
    found: dict[Any, dict[str, Any]] = {name: {} for name in names}
    for term, own in zip(model.terms, model.slices, strict=True):
        if len(term.factors) > 1:
            continue
        levels = model.levels[term.factors[0]]
        rows = [int(np.argmax(model.codes[term.factors[0]] == k)) for k in range(len(levels))]
        at = coefficients[0] + term.columns[rows] @ coefficients[own]
        for k, name in enumerate(names):
            found[name][term.factors[0]] = list(zip(levels.tolist(), at[:, k].tolist(), strict=True))
    return found
