"""Response surfaces: a quadratic model of the outputs, how well it fits, and where it is flat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from mesa_doe.analysis.contrasts import margin
from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.dependent_points import checked_units_of
from mesa_doe.analysis.estimates import Label, tidy
from mesa_doe.analysis.options import checked_bool, checked_share
from mesa_doe.analysis.outputs import Missing, checked_outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.scaling import standardised
from mesa_doe.analysis.surface_fit import SurfaceFit, numbered
from mesa_doe.analysis.surface_terms import Scale, other_models, problem_of, scales_of, terms_of
from mesa_doe.analysis.variation import flat_outputs
from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError

__all__ = ["response_surface"]

# Of the largest curvature: below, the surface is a ridge, and has no one stationary point.
_RIDGE = 1e-9


@declare(
    axes="ordered",
    default_for=(
        "central_composite",
        "box_behnken",
        "doehlert",
        "d_optimal",
        "a_optimal",
        "i_optimal",
        "definitive_screening",
    ),
    library="mesa-doe; a test holds it to statsmodels.OLS",
    measures="linear, quadratic and interaction coefficients in coded units",
    source="Box & Wilson 1951; Myers, Montgomery & Anderson-Cook 2016",
)
def response_surface(
    design: Design,
    y: Any,
    *,
    order: Literal[1, 2] | None = None,
    interactions: bool | None = None,
    outputs: Sequence[Any] | None = None,
    confidence: float = 0.95,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """Fit a polynomial of first or second order to the outputs.

    Parameters
    ----------
    design : Design
        Any whose points tell the terms apart.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design.
    order : {1, 2}, optional
        By default 2, or the degree that an optimal design was made for, if that is less.
    interactions : bool, optional
        Whether products of two factors are terms; by default with order 2, but not of a definitive screening
        design, which has too few points for all of them.
    outputs : sequence, optional
        Names of the outputs.
    confidence : float, default 0.95
        Level of the intervals, of Student's t.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave them out and say so.
    seed_policy : str, optional
        How the runs were seeded; ``"independent"`` pools the noise of replications over points.

    Returns
    -------
    SensitivityResult
        Coefficients ``linear``, ``quadratic`` and ``interaction`` in coded units: each factor from -1 at its
        smallest to 1 at its largest value in the design (of the logarithm on a log axis). By output,
        ``settings`` has ``intercept``, ``R2``, ``R2_adjusted``, ``lack_of_fit`` (F and p) and ``stationary``:
        the point where the surface is flat in native units, its value and kind (maximum, minimum or saddle),
        or None where it lies outside the design or there is no single one.

    Raises
    ------
    AnalysisError
        If the points cannot tell all terms apart (they are named), or outputs are missing.

    Warns
    -----
    MesaDoeWarning
        If the model does not fit by more than chance, or an output does not vary.

    Notes
    -----
    Factors of two levels have no quadratic term. The error of the coefficients is, the first that there is:
    that of replications; that of repeated points, where seeds and outputs differ between them; what the
    model leaves. Lack of fit is tested against the first two.

    Points of a block (of Saltelli's scheme, a star, a trajectory) are no independent sample: without
    replications the error is there that of the sums of what the model leaves of each block, on as many
    degrees of freedom as there are blocks but one. It is too small of fewer than about 20 blocks, or of not
    many more than coefficients. Where the points of a block share their seeds, lack of fit is not tested.

    Box & Wilson 1951, J. R. Stat. Soc. B 13; Myers, Montgomery & Anderson-Cook 2016, Response Surface
    Methodology.

    Examples
    --------
    >>> from mesa_doe.samplers import central_composite
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = central_composite(ParameterSpace(a=Real(0, 4), b=Real(0, 1)))
    >>> result = response_surface(design, 5 - (design.points["a"] - 1) ** 2 - design.points["b"] ** 2)
    >>> found = result.settings["stationary"]["y"]
    >>> found["kind"], round(found["point"]["a"], 6)
    ('maximum', 1.0)
    """
    confidence = checked_share("response_surface", "confidence", confidence)
    degree, products = _asked(design, order, interactions)
    checked = checked_outputs(
        design, y, names=outputs, missing=missing, method="response_surface", leaves_out="point"
    )
    scales = scales_of(design, checked.points)
    codes = np.stack([scale.codes for scale in scales], axis=1)
    labels, matrix = terms_of(scales, codes, degree, products)
    if problem := problem_of(labels, matrix):
        remedies = [*other_models(scales, codes, degree, products), "a design of more points or levels"]
        raise AnalysisError(f"response_surface: {problem}; use {', or '.join(remedies)}")
    scaled, scale = standardised(checked.values)
    means = scaled.mean(axis=1)
    constant = checked.constant
    said = [*checked.said]
    said += flat_outputs(checked, seed_policy)

    linear = np.asarray(np.linalg.pinv(matrix), dtype=np.float64)
    coefficients = linear @ means
    units = checked_units_of(design, checked, "response_surface")
    fit = SurfaceFit(matrix, scaled, means - matrix @ coefficients, numbered(codes), seed_policy, units)
    errors, df, sources = fit.errors(linear)
    half = margin(errors, df[:, None], confidence)
    width = np.where(constant, np.nan, scale)
    estimate, half = coefficients.T * width[:, None], half * width[:, None]
    # The mean was taken away before.
    estimate[:, 0] += checked.means.mean(axis=0)
    r2, adjusted = fit.explained()
    f, p = fit.lack_of_fit()
    for k, name in enumerate(checked.names):
        if not constant[k] and p[k] < 1 - confidence:
            remedies = [
                *other_models(scales, codes, degree, products, larger=True),
                "narrower axes",
                "a space-filling design for rbd_fast or pawn, which ask for no shape",
            ]
            said.append(
                f"output {name!r}: the model leaves more than the noise (lack of fit: F = {f[k]:.3g}, p = "
                f"{p[k]:.2g}); the surface has another shape: use {', or '.join(remedies)}"
            )

    def by_output(values: FloatArray) -> dict[Any, float]:
        return checked.by_output(np.where(constant, np.nan, values))

    settings = {
        "order": degree,
        "interactions": products,
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_points": checked.dropped,
        "error": dict(zip(checked.names, sources, strict=True)),
        "df": by_output(df),
        "intercept": by_output(estimate[:, 0]),
        "R2": by_output(r2),
        "R2_adjusted": by_output(adjusted),
        "lack_of_fit": {
            name: {"F": ratio, "p": chance}
            for (name, ratio), chance in zip(by_output(f).items(), by_output(p).values(), strict=True)
        },
        "stationary": {
            name: None if constant[k] or degree == 1 else _stationary(scales, labels, estimate[k])
            for k, name in enumerate(checked.names)
        },
    }
    frame = tidy(
        checked.names, labels, estimate[:, 1:], estimate[:, 1:] - half[:, 1:], estimate[:, 1:] + half[:, 1:]
    )
    return SensitivityResult(
        "response_surface",
        frame,
        settings,
        tuple(said),
        scale="coefficient in coded units",
        plotted=("linear", "quadratic") if degree == 2 else ("linear",),
    )


def _asked(design: Design, order: Any, interactions: Any) -> tuple[int, bool]:
    if order is None:
        made_for = design.options.get("degree", 2) if design.method.endswith("_optimal") else 2
        order = min(2, int(made_for))
    if isinstance(order, bool) or order not in (1, 2):
        raise AnalysisError(f"response_surface: order takes 1 or 2, got {order!r}")
    if interactions is None:
        interactions = order == 2 and design.method != "definitive_screening"
    return int(order), checked_bool("response_surface", "interactions", interactions)


def _stationary(scales: list[Scale], labels: list[Label], estimate: FloatArray) -> dict[str, Any] | None:
    """Return where the surface is flat, if at one place inside the design."""
    if not all(scale.curved for scale in scales):
        return None
    place = {scale.name: k for k, scale in enumerate(scales)}
    slope, curvature = np.zeros(len(scales)), np.zeros((len(scales), len(scales)))
    for (measure, factor, partner), value in zip(labels, estimate[1:].tolist(), strict=True):
        i = place[factor]
        if measure == "linear":
            slope[i] = value
        elif measure == "quadratic":
            curvature[i, i] = value
        else:
            curvature[i, place[partner]] = curvature[place[partner], i] = value / 2
    bends = np.linalg.eigvalsh(curvature)
    if np.abs(bends).min() <= _RIDGE * np.abs([*bends, *slope]).max():
        return None
    codes = np.linalg.solve(curvature, -slope / 2)
    if np.abs(codes).max() > 1 + _RIDGE:
        return None
    kind = "maximum" if bends.max() < 0 else "minimum" if bends.min() > 0 else "saddle"
    point = {scale.name: scale.native(code) for scale, code in zip(scales, codes.tolist(), strict=True)}
    return {"point": point, "value": float(estimate[0] + slope @ codes / 2), "kind": kind}
