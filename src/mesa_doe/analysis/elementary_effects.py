"""Statistics of elementary effects, with intervals over whole blocks and what noise alone would read."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesa_doe.analysis.bootstrap import by_outputs, intervals
from mesa_doe.analysis.estimates import Label, tidy
from mesa_doe.analysis.moves import by_block
from mesa_doe.analysis.outputs import Outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.variation import LEAST_SHARE, flat_outputs, noise_alone, seed_driven
from mesa_doe.arrays import BoolArray, FloatArray
from mesa_doe.errors import AnalysisError
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["summarised"]


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
        raise AnalysisError(
            f"{method}: no step changes the level of {', '.join(still)}, so nothing is known of its effect; "
            "make the design with a larger n, or with fewer levels"
        )
    constant = checked.constant
    over = np.where(moved, 1.0, 0.0) / np.where(moved, step, 1.0)
    deviation = _deviation(checked, seed_policy) * (unit / checked.scale)
    entropy = root_entropy(rng)

    def found(chosen: slice) -> tuple[FloatArray, ...]:
        weight = over[:, :, None] * stretch[:, :, chosen]
        effects = change[:, :, chosen] * weight
        by_factors = (change[:, :, chosen] ** 2).mean(axis=0).sum(axis=0) / 2
        return (
            by_factors,
            *_statistics(effects, moved, signed, resamples, confidence, entropy),
            *_noise_alone(weight, moved, deviation[chosen], signed),
        )

    numbers = 7 * len(factors) * (resamples + len(step))
    by_factors, point, low, high, floor, most = by_outputs(found, len(checked.names), numbers)
    for values in (point, low, high):
        values *= unit[:, None]
        values[constant] = np.nan

    unmoved = {name: n for name, n in zip(factors, (~moved).sum(axis=0).tolist(), strict=True) if n}
    said = [*checked.said]
    if unmoved:
        told = ", ".join(f"{left} of {len(moved)} of {name}" for name, left in unmoved.items())
        said.append(f"{method}: left out steps that stay on a level, which show no effect: {told}")
    said += flat_outputs(checked, seed_policy, blocks=0)
    said += seed_driven(
        checked,
        by_factors,
        by_block(checked.scaled, len(factors) + 1)[:, 0].var(axis=0),
        (checked.noise_deviation / checked.scale) ** 2,
        constant | noise_alone(checked, seed_policy, blocks=0),
        seed_policy,
    )
    # What noise moves: mu_star, and sigma where effects have a sign.
    read = point[:, len(factors) :] if signed else point
    read, floor, most = (
        values.reshape(len(checked.names), -1, len(factors)) for values in (read, floor, most)
    )
    said += _within_noise(checked, factors, read, floor, most, constant, seed_policy)
    floors = [
        dict(zip(checked.names, [None if np.isnan(one) else one for one in of.tolist()], strict=True))
        for of in floor.max(axis=2).T
    ]
    settings = {
        **settings,
        "resamples": resamples,
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_blocks": checked.dropped,
        "unmoved": unmoved,
        "noise_variance": checked.by_output(checked.noise),
        "noise_floor": floors[0],
    }
    if signed:
        settings["noise_floor_of_sigma"] = floors[1]
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


def _deviation(checked: Outputs, seed_policy: str | None) -> FloatArray:
    """Return the standard deviation (outputs,) of what noise adds to a change."""
    if seed_policy in ("block", "common", "fixed"):
        return np.zeros(len(checked.names))
    if seed_policy != "independent" or checked.replications == 1:
        return np.full(len(checked.names), np.nan)
    deviation: FloatArray = np.sqrt(2 / checked.replications) * checked.noise_deviation
    return deviation


def _noise_alone(
    weight: FloatArray, moved: BoolArray, deviation: FloatArray, signed: bool
) -> tuple[FloatArray, FloatArray]:
    """Return the mu_star and sigma that noise reads on average, and at most but for chance.

    Arrays (outputs, measures x factors); sigma only of effects with a sign.
    """
    steps = moved.sum(axis=0)[:, None]
    squares = (weight**2).sum(axis=0)
    floor = [np.sqrt(2 / np.pi) * np.abs(weight).sum(axis=0) / steps]
    chance = [np.sqrt(1 - 2 / np.pi) * np.sqrt(squares) / steps]
    if signed:
        floor.append(np.sqrt(squares / steps))
        # Where no step weighs anything, as scaled effects of flat trajectories, there is no chance either.
        tiny = np.finfo(float).tiny
        chance.append(np.sqrt((weight**4).sum(axis=0) / (2 * steps * np.maximum(squares, tiny))))
    mean, error = (np.concatenate(parts).T * deviation[:, None] for parts in (floor, chance))
    return mean, mean + 2 * error


def _within_noise(
    checked: Outputs,
    factors: list[str],
    read: FloatArray,
    floor: FloatArray,
    most: FloatArray,
    constant: BoolArray,
    seed_policy: str | None,
) -> list[str]:
    """Say what noise alone would read; arrays (outputs, measures, factors), of mu_star and sigma."""
    if seed_policy != "independent":
        return []
    said = []
    remedy = "use seed_policy='block'"
    for k, name in enumerate(checked.names):
        if constant[k]:
            continue
        if checked.replications > 1:
            told = []
            for j, measure in enumerate(("mu_star", "sigma")[: read.shape[1]]):
                inert = [
                    f"{factor} ({own:.3g}, noise {mean:.3g})"
                    for factor, own, mean, end in zip(
                        factors, read[k, j], floor[k, j], most[k, j], strict=True
                    )
                    if 0 < own <= end
                ]
                if inert:
                    told.append(f"{measure} is no larger than noise alone reads of {', '.join(inert)}")
            if told:
                said.append(
                    f"output {name!r}: with independent seeds and {checked.replications} replications, "
                    f"{', and '.join(told)}; {remedy}, or more replications"
                )
        elif (stars := read[k, 0]).min() >= LEAST_SHARE * stars.max():
            said.append(
                f"output {name!r}: with independent seeds and one replication, noise adds to every mu_star, "
                f"up to {stars.min():.3g} here (the smallest), and to sigma; {remedy}, or replications to "
                "measure the noise"
            )
    return said
