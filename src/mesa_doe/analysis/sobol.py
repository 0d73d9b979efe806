"""Sobol indices of all outputs at once: SALib's estimators, with bootstrap intervals over whole blocks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from mesa_doe.analysis.bootstrap import intervals, undefined
from mesa_doe.analysis.declare import check_design, declare
from mesa_doe.analysis.estimates import Label, tidy
from mesa_doe.analysis.outputs import Missing, Outputs, checked_bootstrap, checked_outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.variation import LEAST_SHARE, ROUNDING, constant_outputs, flat_outputs, standardised
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, warn
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["sobol"]

FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


@declare(
    designs=("sobol",),
    default_for=("sobol",),
    groups=True,
    library="mesa-doe; a test holds it to SALib.analyze.sobol",
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
    resamples, confidence = checked_bootstrap("sobol", resamples, confidence)
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
    scaled, scale = standardised(blocks)
    base = scaled[:, [0, -1]].reshape(-1, len(checked.names))
    constant = constant_outputs(base)
    # By its deviation over all points, as SALib does.
    standard = scaled / np.where(constant, 1.0, scaled.std(axis=(0, 1)))
    products, estimate = _estimator(standard, len(factors), second_order)
    point = estimate(products.mean(axis=0)[None])[0]
    low, high, lost = intervals(products, estimate, resamples, confidence, root_entropy(rng))
    for values in (point, low, high):
        values[constant] = np.nan

    units = len(blocks) if seed_policy == "block" else len(checked.means)
    said = list(checked.said)
    said += flat_outputs(
        checked,
        constant,
        units=units if seed_policy != "common" else None,
        where="point of the base sample",
    )
    said += undefined(checked.names, lost, constant)
    if seed_policy == "independent":
        totals = point[:, len(factors) : 2 * len(factors)]
        noise = (np.sqrt(checked.noise) / scale) ** 2
        said += _inflation(checked, totals, noise / np.where(constant, 1.0, base.var(axis=0)), constant)
    for warning in said:
        warn(warning)
    settings = {
        "blocks": len(blocks),
        "resamples": resamples,
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_blocks": checked.dropped,
        "noise_variance": dict(zip(checked.names, checked.noise.tolist(), strict=True)),
    }
    frame = tidy(checked.names, _labels(factors, second_order), point, low, high)
    return SensitivityResult("sobol", frame, settings, tuple(said))


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
        variance = np.where(variance > ROUNDING, variance, np.nan)
        indices: FloatArray = means[..., 2:] / variance
        if pairs:
            indices[..., 2 * d :] -= indices[..., left] + indices[..., right]
        return indices

    return np.concatenate(parts, axis=-1), estimate


def _labels(factors: list[str], second_order: bool) -> list[Label]:
    labels = [(measure, factor, "") for measure in ("S1", "ST") for factor in factors]
    pairs = itertools.combinations(factors, 2) if second_order else ()
    return [*labels, *(("S2", *pair) for pair in pairs)]


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
        if share >= LEAST_SHARE:
            said.append(told)
    return said
