"""Statistics of elementary effects, with intervals over whole blocks and what noise alone would read."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from mesa_doe.analysis.bootstrap import intervals
from mesa_doe.analysis.estimates import Label, tidy
from mesa_doe.analysis.outputs import Outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.variation import (
    LEAST_SHARE,
    constant_outputs,
    flat_outputs,
    noise_units,
    standardised,
)
from mesa_doe.errors import AnalysisError
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["summarised"]

FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
BoolArray: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]


def summarised(
    method: str,
    checked: Outputs,
    factors: list[str],
    step: FloatArray,
    stretch: FloatArray,
    change: FloatArray,
    *,
    unit: FloatArray,
    signed: bool,
    resamples: int,
    confidence: float,
    rng: RNG,
    seed_policy: str | None,
    settings: dict[str, Any],
    scale: str,
) -> SensitivityResult:
    """Return the statistics of elementary effects, with intervals over whole blocks.

    Parameters
    ----------
    method : str
    checked : Outputs
    factors : list of str
        Names of the factors, or of the groups.
    step : ndarray (blocks, factors)
        Zero where a step stays on its level.
    stretch : ndarray (blocks, factors, outputs)
        By what changes are multiplied, beside 1/step.
    change : ndarray (blocks, factors, outputs)
        Of the standardised outputs.
    unit : ndarray (outputs,)
        In what the effects are to be told.
    signed : bool
        Whether effects have a sign, and so a mean and a deviation.
    resamples, confidence, rng, seed_policy
        As of the analysis.
    settings : dict
        Of the method's own.
    scale : str
        What the effects are measured in.

    Returns
    -------
    SensitivityResult

    Raises
    ------
    AnalysisError
        If a factor has no step that changes its level.
    """
    moved = step != 0
    if still := [name for name, moves in zip(factors, moved.any(axis=0), strict=True) if not moves]:
        message = (
            f"{method}: no step changes the level of {', '.join(still)}, so nothing is known of its effect; "
            "make the design with a larger n, or with fewer levels"
        )
        raise AnalysisError(message)
    weight = np.where(moved, 1.0, 0.0)[:, :, None] * stretch / np.where(moved, step, 1.0)[:, :, None]
    found = _statistics(change * weight, moved, signed, resamples, confidence, root_entropy(rng))
    scaled, scale_of_outputs = standardised(checked.means)
    constant = constant_outputs(scaled)
    for values in found:
        values *= unit[:, None]
        values[constant] = np.nan
    point, low, high = found
    stars = point[:, len(factors) : 2 * len(factors)] if signed else point
    floor, most = _noise_alone(checked, weight * (unit / scale_of_outputs), moved, seed_policy)

    unmoved = {name: n for name, n in zip(factors, (~moved).sum(axis=0).tolist(), strict=True) if n}
    said = [*checked.said]
    if unmoved:
        told = ", ".join(f"{left} of {len(moved)} of {name}" for name, left in unmoved.items())
        said.append(f"{method}: left out steps that stay on a level, which show no effect: {told}")
    said += flat_outputs(checked, constant, units=noise_units(checked, seed_policy, blocks=0))
    said += _within_noise(checked, factors, stars, floor, most, constant, seed_policy)
    floors = [None if np.isnan(own).any() else float(own.max()) for own in floor]
    settings = {
        **settings,
        "resamples": resamples,
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_blocks": checked.dropped,
        "unmoved": unmoved,
        "noise_variance": dict(zip(checked.names, checked.noise.tolist(), strict=True)),
        "noise_floor": dict(zip(checked.names, floors, strict=True)),
    }
    measures = ("mu", "mu_star", "sigma") if signed else ("mu_star",)
    labels: list[Label] = [(measure, factor, "") for measure in measures for factor in factors]
    frame = tidy(checked.names, labels, point, low, high)
    return SensitivityResult(method, frame, settings, tuple(said), scale=scale, plotted=("mu_star",))


def _statistics(
    effects: FloatArray, moved: BoolArray, signed: bool, resamples: int, confidence: float, entropy: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return estimates and ends of intervals (outputs, measures x factors)."""
    count = len(effects)
    steps = moved.sum(axis=0)[:, None]
    mean = effects.sum(axis=0) / steps
    # About their mean: squares of large numbers would lose the digits of a small deviation.
    centred = np.where(moved[:, :, None], effects - mean, 0.0)
    star = np.abs(effects).sum(axis=0) / steps
    sigma = np.full_like(mean, np.nan)
    np.divide((centred**2).sum(axis=0), steps - 1, out=sigma, where=steps > 1)
    point = np.concatenate([mean, star, np.sqrt(sigma)] if signed else [star])

    def estimate(means: FloatArray) -> FloatArray:
        steps, total, first, second = np.split(means, 4, axis=-1)
        drawn = np.rint(steps * count)
        with np.errstate(divide="ignore", invalid="ignore"):  # of a resample without steps nothing is known
            stars = total / steps
            shift = first / steps
            variance = np.maximum(second / steps - shift**2, 0.0) * drawn / (drawn - 1)
        variance[drawn < 2] = np.nan
        return np.concatenate([mean.T + shift, stars, np.sqrt(variance)] if signed else [stars], axis=-1)

    parts = [np.broadcast_to(moved[:, :, None], effects.shape), np.abs(effects), centred, centred**2]
    products = np.concatenate(parts, axis=1).transpose(0, 2, 1).astype(np.float64)
    low, high, _ = intervals(products, estimate, resamples, confidence, entropy)
    return point.T, low, high


def _noise_alone(
    checked: Outputs, weight: FloatArray, moved: BoolArray, seed_policy: str | None
) -> tuple[FloatArray, FloatArray]:
    """Return the mu_star that noise reads on average, and at most but for chance (outputs, factors)."""
    shape = (len(checked.names), moved.shape[1])
    if seed_policy in ("block", "common", "fixed"):
        return np.zeros(shape), np.zeros(shape)
    if seed_policy != "independent" or checked.replications == 1:
        return np.full(shape, np.nan), np.full(shape, np.nan)
    steps = moved.sum(axis=0)[:, None]
    deviation = np.sqrt(2 * checked.noise / checked.replications)[:, None]
    floor = np.sqrt(2 / np.pi) * deviation * (np.abs(weight).sum(axis=0) / steps).T
    chance = np.sqrt(1 - 2 / np.pi) * deviation * (np.sqrt((weight**2).sum(axis=0)) / steps).T
    return floor, floor + 2 * chance


def _within_noise(
    checked: Outputs,
    factors: list[str],
    stars: FloatArray,
    floor: FloatArray,
    most: FloatArray,
    constant: BoolArray,
    seed_policy: str | None,
) -> list[str]:
    if seed_policy != "independent":
        return []
    said = []
    remedy = "use seed_policy='block'"
    for k, name in enumerate(checked.names):
        if constant[k]:
            continue
        if checked.replications > 1:
            inert = [
                f"{factor} ({stars[k, j]:.3g}, noise {floor[k, j]:.3g})"
                for j, factor in enumerate(factors)
                if 0 < stars[k, j] <= most[k, j]
            ]
            if inert:
                said.append(
                    f"output {name!r}: with independent seeds and {checked.replications} replications, "
                    f"mu_star is no larger than noise alone reads of {', '.join(inert)}; {remedy}, or more "
                    "replications"
                )
        elif stars[k].min() >= LEAST_SHARE * stars[k].max():
            said.append(
                f"output {name!r}: with independent seeds and one replication, noise adds to every mu_star, "
                f"up to {stars[k].min():.3g} here (the smallest); {remedy}, or replications to measure the "
                "noise"
            )
    return said
