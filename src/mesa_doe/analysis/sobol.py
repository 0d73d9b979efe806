"""Sobol indices of all outputs at once: SALib's estimators, with bootstrap intervals over whole blocks."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.analysis.declare import check_design, declare
from mesa_doe.analysis.outputs import Missing, Outputs, checked_outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, counted, warn
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["sobol"]

FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

# Resampled weights held at once: 32 MB of float64.
_WEIGHTS_AT_ONCE = 2**22
# Below this share of the variance between design points, indices describe noise.
_LEAST_SHARE = 0.005
# Of an output scaled to deviations of at most one: what is less is rounding.
_ROUNDING = 4 * np.finfo(float).eps


@declare(
    designs=("sobol",),
    measures="first- (S1), total- (ST) and second-order (S2) indices",
    source="Saltelli et al. 2010; second order: Saltelli 2002",
)
def sobol(
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
    """Sobol indices with bootstrap intervals.

    Parameters
    ----------
    design : Design
        Made by ``doe.sobol``.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design. Replications are averaged.
    outputs : sequence, optional
        Names of the outputs.
    resamples : int, default 1000
        Bootstrap resamples of whole blocks; at least 100.
    confidence : float, default 0.95
        Level of the percentile intervals.
    rng : int, SeedSequence or Generator, default 0
        Of the bootstrap.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave out their whole blocks and say so.
    seed_policy : str, optional
        How the runs were seeded; ``"independent"`` adds what the noise does to the indices.

    Returns
    -------
    SensitivityResult
        Measures ``S1``, ``ST`` and, for a design with second order, ``S2``.

    Raises
    ------
    AnalysisError
        If the design is no Saltelli design, or outputs are missing.

    Warns
    -----
    MesaDoeWarning
        If an output has no variance between design points, noise inflates the indices, or blocks
        were left out.

    Notes
    -----
    Point estimates are those of `SALib.analyze.sobol <https://salib.readthedocs.io/en/latest/api.html>`_.
    Unlike SALib: intervals are percentiles, not a normal approximation; a constant output gives NaN,
    not zero; NaN in the outputs never gives zeros.

    Examples
    --------
    >>> from mesa_doe.samplers import sobol as sample
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = sample(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 256, rng=1)
    >>> sobol(design, 2 * design.points["a"] + design.points["b"]).table()["ST"].round(2).tolist()
    [0.8, 0.2]
    """
    check_design(design, "sobol")
    if isinstance(resamples, bool) or not isinstance(resamples, (int, np.integer)) or resamples < 100:
        message = f"sobol: resamples takes an int from 100, got {resamples!r}"
        raise AnalysisError(message)
    if isinstance(confidence, (str, bool)) or not 0 < confidence < 1:
        message = f"sobol: confidence takes a number between 0 and 1, got {confidence!r}"
        raise AnalysisError(message)
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="sobol")
    # Factors that move together have one index together.
    factors = list(design.groups or design.factors)
    second_order = bool(design.options.get("second_order", False))
    step = len(factors) * (2 if second_order else 1) + 2
    if design.blocks is None or not np.array_equal(design.blocks, np.arange(len(design)) // step):
        message = (
            f"sobol reads blocks of {step} rows ({len(factors)} factors, second_order={second_order}), but "
            "those of this design are others; make it with doe.sobol"
        )
        raise AnalysisError(message)
    blocks = checked.means.reshape(-1, step, len(checked.names))
    if len(blocks) < 2:
        message = (
            f"sobol needs at least two complete blocks, got {len(blocks)}; make the design with a larger n"
        )
        raise AnalysisError(message)
    scaled, scale = _scaled(blocks)
    base = scaled[:, [0, -1]].reshape(-1, len(checked.names))
    constant = np.ptp(base, axis=0) <= _ROUNDING
    products, estimate = _estimator(_standardised(scaled, constant), len(factors), second_order)
    point = estimate(products.mean(axis=0)[None])[0]
    low, high, undefined = _bootstrap(products, estimate, int(resamples), confidence, root_entropy(rng))
    for values in (point, low, high):
        values[constant] = np.nan

    said = _dropped(checked, len(blocks))
    noise = (np.sqrt(checked.noise) / scale) ** 2
    units = len(blocks) if seed_policy == "block" else len(checked.means)
    spread = scaled.reshape(-1, len(checked.names)).var(axis=0)
    said += _flat(checked, constant, noise, spread, units if seed_policy != "common" else None)
    said += _undefined(checked.names, undefined, constant)
    if seed_policy == "independent":
        totals = point[:, len(factors) : 2 * len(factors)]
        said += _inflation(checked, totals, noise / np.where(constant, 1.0, base.var(axis=0)), constant)
    for warning in said:
        warn(warning)
    settings = {
        "blocks": len(blocks),
        "resamples": int(resamples),
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_blocks": checked.dropped_blocks,
        "noise_variance": dict(zip(checked.names, checked.noise.tolist(), strict=True)),
    }
    frame = _tidy(checked.names, factors, second_order, point, low, high)
    return SensitivityResult("sobol", frame, settings, tuple(said))


def _scaled(blocks: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Centre each output over all points, and divide by its largest deviation: squares stay finite."""
    centred = blocks - blocks.mean(axis=(0, 1))
    largest = np.abs(centred).max(axis=(0, 1))
    size = np.maximum(np.abs(blocks).max(axis=(0, 1)), np.finfo(float).tiny)
    # What is left of a constant after its mean is taken away is rounding, not a deviation.
    scale = np.where(largest <= _ROUNDING * size, size, largest)
    return centred / scale, scale


def _standardised(scaled: FloatArray, constant: np.ndarray[Any, np.dtype[np.bool_]]) -> FloatArray:
    """Divide each output by its deviation over all points, as SALib does."""
    standard: FloatArray = scaled / np.where(constant, 1.0, scaled.std(axis=(0, 1)))
    return standard


def _estimator(blocks: FloatArray, d: int, second_order: bool) -> tuple[FloatArray, Any]:
    """Return per-block products, and the function from their (weighted) means to the indices.

    Every estimator is a ratio of means over blocks, so a bootstrap resample is a weighted mean of the
    same products: one matrix product serves all outputs, indices and resamples.

    Parameters
    ----------
    blocks : ndarray (blocks, rows of a block, outputs)

    Returns
    -------
    products : ndarray (blocks, outputs, products)
    estimate : callable
        (resamples, outputs, products) -> (resamples, outputs, indices), ordered S1, ST, S2.
    """
    a, b = blocks[:, 0], blocks[:, -1]
    ab = np.moveaxis(blocks[:, 1 : d + 1], 1, 2)
    first = b[..., None] * (ab - a[..., None])
    total = 0.5 * (a[..., None] - ab) ** 2
    parts = [np.stack([(a + b) / 2, (a**2 + b**2) / 2], axis=-1), first, total]
    pairs = list(itertools.combinations(range(d), 2)) if second_order else []
    if pairs:
        ba = np.moveaxis(blocks[:, d + 1 : 2 * d + 1], 1, 2)
        left, right = (list(side) for side in zip(*pairs, strict=True))
        parts.append(ba[..., left] * ab[..., right] - (a * b)[..., None])

    def estimate(means: FloatArray) -> FloatArray:
        variance = (means[..., 1] - means[..., 0] ** 2)[..., None]
        # A resample may draw only blocks in which the output is the same: no variance, and no index.
        variance = np.where(variance > _ROUNDING, variance, np.nan)
        indices: FloatArray = means[..., 2:] / variance
        if pairs:
            indices[..., 2 * d :] -= indices[..., left] + indices[..., right]
        return indices

    return np.concatenate(parts, axis=-1), estimate


def _bootstrap(
    products: FloatArray, estimate: Any, resamples: int, confidence: float, entropy: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the ends of the intervals, and each output's share of resamples that had no variance."""
    count, outputs, width = products.shape
    generator = np.random.default_rng(entropy)
    flat = products.reshape(count, -1)
    found = []
    at_once = max(1, _WEIGHTS_AT_ONCE // count)
    for start in range(0, resamples, at_once):
        size = min(at_once, resamples - start)
        drawn = generator.integers(count, size=(size, count)) + count * np.arange(size)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count) / count
        found.append(estimate((weights @ flat).reshape(size, outputs, width)))
    tails = (0.5 - confidence / 2, 0.5 + confidence / 2)
    indices = np.concatenate(found)
    undefined = np.isnan(indices).all(axis=-1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="All-NaN slice", category=RuntimeWarning)
        low, high = np.nanquantile(indices, tails, axis=0)
    return low, high, undefined.mean(axis=0)


def _tidy(
    names: list[Any],
    factors: list[str],
    second_order: bool,
    point: FloatArray,
    low: FloatArray,
    high: FloatArray,
) -> pd.DataFrame:
    labels = [(measure, factor, "") for measure in ("S1", "ST") for factor in factors]
    if second_order:
        labels += [("S2", *pair) for pair in itertools.combinations(factors, 2)]
    measure, factor, partner = zip(*labels, strict=True)
    return pd.DataFrame(
        {
            "output": [name for name in names for _ in labels],
            "measure": measure * len(names),
            "factor": factor * len(names),
            "partner": partner * len(names),
            "estimate": point.ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
        }
    )


def _dropped(checked: Outputs, blocks: int) -> list[str]:
    if not checked.dropped_blocks:
        return []
    shown = ", ".join(map(str, checked.dropped_blocks[:10]))
    more = ", …" if len(checked.dropped_blocks) > 10 else ""
    return [
        f"left out whole, since a point of theirs has no finite value: "
        f"{counted(len(checked.dropped_blocks), 'block')} ({shown}{more}); left: {blocks}"
    ]


def _flat(
    checked: Outputs, constant: Any, noise: FloatArray, spread: FloatArray, units: int | None
) -> list[str]:
    """Say which outputs do not vary, or no more than chance; units: how many points have own noise."""
    said = []
    for k, name in enumerate(checked.names):
        if constant[k]:
            where = "design point" if np.ptp(checked.means[:, k]) == 0 else "point of the base sample"
            said.append(
                f"output {name!r} is the same ({checked.means[0, k]:g}) at every {where}: it has no "
                "variance to explain, so its indices are NaN"
            )
            continue
        # Common random numbers: the noise is the same at every point, and no part of their differences.
        if units is None or not np.isfinite(noise[k]):
            continue
        noise_of_means = noise[k] / checked.replications
        between = spread[k] - noise_of_means
        # Three standard errors of that difference, were there nothing but noise.
        chance = 3 * noise_of_means * np.sqrt(2 / units)
        if between < max(chance, _LEAST_SHARE * (max(between, 0.0) + noise[k])):
            said.append(
                f"output {name!r} varies no more between design points than between replications of one "
                "point: its indices describe noise; use more replications or wider axes"
            )
    return said


def _undefined(names: list[Any], undefined: FloatArray, constant: Any) -> list[str]:
    return [
        f"output {name!r} varies in so few blocks that {share:.1%} of the bootstrap resamples have no "
        "variance; they are left out of the intervals, which are too narrow: use a larger n"
        for name, share, flat in zip(names, undefined.tolist(), constant, strict=True)
        if share > 0 and not flat
    ]


def _inflation(checked: Outputs, totals: FloatArray, noise_share: FloatArray, constant: Any) -> list[str]:
    """Say how much of every total index is noise when each run had a seed of its own."""
    said = []
    remedy = "use seed_policy='block', or sobol(…, seed_factor=True)"
    for k, name in enumerate(checked.names):
        if constant[k]:
            continue
        if checked.replications > 1:
            share = min(1.0, noise_share[k] / checked.replications)
            told = (
                f"output {name!r}: with independent seeds and {checked.replications} replications, "
                f"{share:.2f} of the variance is noise, and the total index of even an inert factor "
                f"reads about {share:.2f}; {remedy}, or more replications"
            )
        else:
            share = max(0.0, float(totals[k].min()))
            told = (
                f"output {name!r}: with independent seeds and one replication, noise inflates every "
                f"total index, by up to {share:.2f} here (the smallest total index); {remedy}, or "
                "replications to measure the noise"
            )
        if share >= _LEAST_SHARE:
            said.append(told)
    return said
