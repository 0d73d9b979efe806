"""Derivative-based global sensitivity measures: from short steps to bounds of total indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mesa_doe.analysis.bootstrap import by_outputs, groups_in, intervals, undefined
from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.estimates import Label, tidy
from mesa_doe.analysis.moves import by_block, star_steps
from mesa_doe.analysis.options import checked_bootstrap
from mesa_doe.analysis.outputs import Missing, Outputs, checked_outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.analysis.scaling import check_squares, constant_outputs
from mesa_doe.analysis.variation import LEAST_SHARE, flat_outputs, noise_alone, per_variance, seed_driven
from mesa_doe.arrays import BoolArray, FloatArray
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, some
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["dgsm"]


@declare(
    designs=("finite_difference",),
    default_for=("finite_difference",),
    axes="real",
    library="mesa-doe; a test holds it to SALib.analyze.dgsm",
    measures="mean squared derivative (nu), upper bound of the total-order index (bound)",
    source="Sobol' & Kucherenko 2009",
)
def dgsm(
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
    """Mean squared derivatives, and the bounds that they set to total-order indices.

    A bound near zero shows that a factor does not matter; a large one does not show that it does.

    Parameters
    ----------
    design : Design
        Made by ``doe.finite_difference``.
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
        How the runs were seeded; ``"independent"`` adds what the noise does to the derivatives.

    Returns
    -------
    SensitivityResult
        Measures ``nu``, of derivatives with respect to the unit cube, and ``bound``, nu over π² times the
        variance. ``settings["noise_of_nu"]`` is what noise adds to nu, by output, of the factor where that is
        largest; None with one replication.

    Raises
    ------
    AnalysisError
        If the design has no short steps, an axis or an output has no derivative, outputs are missing, or so
        large or small that their squares are no floats.

    Warns
    -----
    MesaDoeWarning
        If an output does not vary, or hardly but by the seed, noise inflates the derivatives, or stars were
        left out.

    Notes
    -----
    On an axis ``Real(low, high)``, nu is (high - low)² times that of the derivative with respect to the
    value.

    Point estimates are those of `SALib.analyze.dgsm
    <https://salib.readthedocs.io/en/latest/api.html>`_ in the unit cube. Unlike SALib: the bound holds for
    every law, not for uniform ones only, since a share of a law is uniform; its interval is of the bound, and
    not of nu; intervals are percentiles, of nu and the variance of the same stars.

    A law without an end, or whose density is zero there, is infinitely steep in shares, so that the nu of
    endless points and short steps is infinite: what is read depends on the design's step and size, and the
    interval is of no fixed number. ST stays below it, but a large bound says nothing: of a linear factor
    whose ST was 0.8, 64 and 4,096 stars read 9 and 10 (normal law), 87 and 205 (lognormal, its log of
    deviation 1), 23 and 38 (exponential), 5 and 6 (beta, 2 and 5) and 2.7 and 2.6 (triangular). Cut such
    laws, or take ``sobol``.

    An output of true and false, or of levels, has no derivative: of the short steps nearly all change
    nothing, and one that does jumps, so that nu is zero, or grows as steps are made shorter. It is refused if
    it takes two values, or if most stars are flat, at values some of which recur, and the steps of the others
    lead from one of these values to another.

    Intervals end at zero, as squares do.

    With seeds of its own in every run, noise of variance s² and R replications add 2 s²/R over the squared
    step to nu. Under ``seed_policy="block"`` noise that merely adds is in the variance alone, and bounds are
    of shares of that. But of an agent-based model a short step leads to other events now and then, after
    which its runs go their own ways: then seeds that are shared do not help, and noise adds to nu in
    proportion to one over the step. Replications tell how much.

    The step is the design's ``delta``. Of a smooth model without noise a short one is better: of a sum of
    squares, 0.1 reads 2 % too little, and 0.01 0.02 %. Of a model of an epidemic, with six replications
    under ``"block"``, the bound of a factor whose total index is 0.73 was 1.1 with steps of 0.2, 1.2 with 0.1
    and 3.9 with 0.01.

    References
    ----------
    Sobol' & Kucherenko 2009, Derivative based global sensitivity measures and their link with global
    sensitivity indices.

    Examples
    --------
    >>> from mesa_doe.samplers import finite_difference
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = finite_difference(ParameterSpace(a=Real(0, 10), b=Real(0, 1)), 64, rng=1)
    >>> y = 2 * design.points["a"] + design.points["b"]
    >>> dgsm(design, y).table()["nu"].round(6).tolist()
    [400.0, 1.0]
    """
    resamples, confidence = checked_bootstrap("dgsm", resamples, confidence)
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="dgsm")
    factors = list(design.factors)
    scale = checked.scale
    step, change, base = star_steps(design, checked, design.unit, checked.scaled, "dgsm")
    base = base - base.mean(axis=0)
    constant = constant_outputs(base)
    check_squares("dgsm", checked.names, scale, constant)
    _check_slopes(checked, change, base, constant)
    groups, entropy = () if checked.dropped else groups_in(design.space), root_entropy(rng)

    def found(chosen: slice) -> tuple[FloatArray, ...]:
        def estimate(means: FloatArray) -> FloatArray:
            nu = means[..., 2:]
            return np.concatenate([nu, per_variance(nu / np.pi**2, means[..., :2], own)], axis=-1)

        own = base[:, chosen]
        slopes = change[:, :, chosen] / step[:, :, None]
        squares = np.concatenate([own[:, None], own[:, None] ** 2, slopes**2], axis=1).transpose(0, 2, 1)
        point = estimate(squares.mean(axis=0))
        return point, *intervals(squares, estimate, resamples, confidence, entropy, groups=groups)

    numbers = (3 * len(factors) + 2) * (resamples + len(base))
    point, low, high, lost = by_outputs(found, len(checked.names), numbers)
    variance = base.var(axis=0)
    by_factors = point[:, : len(factors)].sum(axis=1) / np.pi**2
    added = _added(checked, step, scale)
    for values in (point, low, high):
        values[:, : len(factors)] *= np.where(constant, 1.0, scale)[:, None] ** 2
        values[constant] = np.nan

    stars = len(base)
    said = [*checked.said]
    said += flat_outputs(checked, seed_policy, blocks=stars, constant=constant, where="base point")
    no_variance = constant | noise_alone(checked, seed_policy, blocks=stars)
    own_noise = (checked.noise_deviation / scale) ** 2
    said += seed_driven(checked, by_factors, variance, own_noise, no_variance, seed_policy)
    said += undefined(checked.names, lost, no_variance)
    said += _inflation(checked, factors, point[:, : len(factors)], added, constant, seed_policy)
    known = [None if np.isnan(own) else float(own) for own in added]
    settings = {
        "stars": stars,
        "resamples": resamples,
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_stars": checked.dropped,
        "noise_variance": checked.by_output(checked.noise),
        "noise_of_nu": dict(zip(checked.names, known, strict=True)),
    }
    labels: list[Label] = [(measure, factor, "") for measure in ("nu", "bound") for factor in factors]
    frame = tidy(checked.names, labels, point, low, high)
    return SensitivityResult(
        "dgsm", frame, settings, tuple(said), scale="upper bound of the total index", plotted=("bound",)
    )


def _check_slopes(checked: Outputs, change: FloatArray, base: FloatArray, constant: BoolArray) -> None:
    """Refuse outputs that jump between few values, whose short steps tell nothing of their slope."""
    jumping = [
        repr(name)
        for k, name in enumerate(checked.names)
        if not constant[k]
        and (len(np.unique(checked.values[:, :, k])) == 2 or _jumps(change[:, :, k], base[:, k]))
    ]
    if jumping:
        raise AnalysisError(
            f"dgsm: {some(jumping)} {'jumps' if len(jumping) == 1 else 'jump'} between few values, so "
            "that most short steps change nothing and there is no derivative; make a design with sobol or "
            "shapley"
        )


def _jumps(change: FloatArray, base: FloatArray) -> bool:
    """Tell whether most stars are flat, at values some of which recur, and the others jump between these.

    An output with a slope here and there has values between those of its flats. One that only the seeds of
    the stars move has a value of its own in each.
    """
    moves = np.abs(change) > ROUNDING
    flat = ~moves.any(axis=1)
    flats = np.unique(base[flat])
    if 2 * flat.sum() <= len(base) or not 1 < len(flats) < flat.sum():
        return False
    ends = np.concatenate([base[~flat], (base[:, None] + change)[moves]])
    apart = np.abs(ends[:, None] - flats).min(axis=1) > ROUNDING
    return bool(2 * apart.sum() <= len(ends))


def _added(checked: Outputs, step: FloatArray, scale: FloatArray) -> FloatArray:
    """Return what noise adds to nu, of the factor where that is largest (outputs,); NaN where not known.

    It is what slopes of one star differ by between replications, whether these share seeds or not: those that
    do lose it where a short step leads to other events.
    """
    if checked.replications == 1:
        return np.full(len(checked.names), np.nan)
    paths = by_block(checked.values, step.shape[1] + 1) / scale
    change = paths[:, 1:] - paths[:, :1]
    own = change - change.mean(axis=2, keepdims=True)
    rounding = ROUNDING * np.abs(paths).max(axis=(0, 1, 2))
    slopes = np.where(np.abs(own) <= rounding, 0.0, own) / step[:, :, None, None]
    degrees = checked.replications * (checked.replications - 1)
    most: FloatArray = ((slopes**2).sum(axis=2).mean(axis=0) / degrees).max(axis=0) * scale**2
    return most


def _inflation(
    checked: Outputs,
    factors: list[str],
    nu: FloatArray,
    added: FloatArray,
    constant: BoolArray,
    seed_policy: str | None,
) -> list[str]:
    """Say how much of nu is noise."""
    said: list[str] = []
    independent = seed_policy == "independent"
    if checked.replications == 1 and not independent:
        return said
    seeds = "independent seeds" if independent else f"seed_policy={seed_policy!r}"
    remedy = "use seed_policy='block', or a larger delta" if independent else "use a larger delta"
    for k, name in enumerate(checked.names):
        if constant[k]:
            continue
        if checked.replications > 1:
            told = (
                f"output {name!r}: with {seeds} and {checked.replications} replications, noise over the "
                f"squared step adds up to {added[k]:.3g} to the nu of a factor, the largest of which is "
                f"{nu[k].max():.3g} ({factors[int(nu[k].argmax())]}), and the bounds with it; {remedy}, or "
                "more replications"
            )
            amount = added[k]
        else:
            told = (
                f"output {name!r}: with independent seeds and one replication, noise over the squared step "
                f"inflates every nu, by up to {nu[k].min():.3g} here (the smallest), and the bounds with it; "
                f"{remedy}, or replications to measure the noise"
            )
            amount = nu[k].min()
        if amount > LEAST_SHARE * nu[k].max():
            said.append(told)
    return said
