"""Whether an output varies at all, and by more than chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mesa_doe.analysis.outputs import Outputs
from mesa_doe.arrays import BoolArray, FloatArray

__all__ = [
    "LEAST_SHARE",
    "flat_outputs",
    "noise_alone",
    "per_variance",
    "seed_driven",
    "still_factors",
]

#: Below this share of the variance between design points, indices describe noise.
LEAST_SHARE = 0.005


def still_factors(factors: Sequence[str], still: BoolArray) -> list[str]:
    """Say which factors do not vary.

    Parameters
    ----------
    factors : sequence of str
    still : ndarray of bool (factors,)

    Returns
    -------
    list of str
    """
    return [
        f"factor {name!r} has one value at every point: it has no estimates"
        for name, is_still in zip(factors, still, strict=True)
        if is_still
    ]


def noise_alone(outputs: Outputs, seed_policy: str | None, *, blocks: int | None = None) -> BoolArray:
    """Tell which outputs vary no more between design points than chance would have it.

    Parameters
    ----------
    outputs : Outputs
    seed_policy : str or None
    blocks : int, optional
        How many blocks share seeds under ``"block"``; 0 where only changes within a block are looked at,
        of which shared noise is no part.

    Returns
    -------
    ndarray of bool (outputs,)
        False where nothing is known of the noise.
    """
    shared = {"common": 0, "fixed": 0, "block": blocks}.get(seed_policy or "")
    # How many points have noise of their own.
    units = len(outputs.means) if shared is None else shared
    # Common random numbers: the noise is the same at every point, and no part of their differences.
    if not units or outputs.replications == 1:
        return np.zeros(len(outputs.names), dtype=bool)
    noise = (outputs.noise_deviation / outputs.scale) ** 2
    noise_of_means = noise * (1 / outputs.runs).mean(axis=0)
    between = outputs.scaled.var(axis=0) - noise_of_means
    # Three standard errors of that difference, were there nothing but noise.
    chance = 3 * noise_of_means * np.sqrt(2 / units)
    flat: BoolArray = between < np.maximum(chance, LEAST_SHARE * (np.maximum(between, 0.0) + noise))
    return flat


def flat_outputs(
    outputs: Outputs,
    seed_policy: str | None,
    *,
    blocks: int | None = None,
    constant: BoolArray | None = None,
    where: str = "design point",
) -> list[str]:
    """Say which outputs do not vary between design points, or no more than chance.

    Parameters
    ----------
    outputs : Outputs
    seed_policy, blocks
        As of :func:`noise_alone`.
    constant : ndarray of bool (outputs,), optional
        Outputs that are the same at the points that an analysis reads; by default, at all.
    where : str, default "design point"
        What these points are.

    Returns
    -------
    list of str
    """
    said = []
    flat = noise_alone(outputs, seed_policy, blocks=blocks)
    for k, still in enumerate(outputs.constant if constant is None else constant):
        name = outputs.names[k]
        if still:
            place = "design point" if np.ptp(outputs.means[:, k]) == 0 else where
            said.append(
                f"output {name!r} is the same ({outputs.means[0, k]:g}) at every {place}: it has no "
                "variance to explain, so its indices are NaN"
            )
        elif flat[k]:
            said.append(
                f"output {name!r} varies no more between design points than between replications of one "
                "point: its indices describe noise; use more replications or wider axes"
            )
    return said


def seed_driven(
    outputs: Outputs,
    by_factors: FloatArray,
    between: FloatArray,
    noise: FloatArray,
    skipped: BoolArray,
    seed_policy: str | None,
) -> list[str]:
    """Say which outputs the seeds of the blocks move, and the factors hardly.

    Within a block that shares its seeds noise cancels, so that indices and their intervals look sure
    however little the factors do.

    Parameters
    ----------
    outputs : Outputs
    by_factors : ndarray (outputs,)
        Variance that steps of the factors make within the blocks.
    between : ndarray (outputs,)
        Variance between the blocks, of points spread over the space: with one replication, of factors and
        seeds together.
    noise : ndarray (outputs,)
        Variance between replications of one point, in the unit of the others; not read of one replication.
    skipped : ndarray of bool (outputs,)
        Outputs of which something else is said.
    seed_policy : str or None

    Returns
    -------
    list of str
    """
    if outputs.replications == 1:
        whole = between
    elif seed_policy == "block":
        whole = by_factors + noise
    else:
        return []
    return [
        f"output {name!r} varies from block to block, as their seeds do, and hardly with the factors: what "
        f"they do is {part / of:.2g} of its variance, below {LEAST_SHARE}; its indices compare what is "
        "negligible; use wider axes"
        for name, part, of, skip in zip(
            outputs.names, by_factors.tolist(), whole.tolist(), skipped, strict=True
        )
        if not skip and of > 0 and part < LEAST_SHARE * of
    ]


def per_variance(amounts: FloatArray, moments: FloatArray, base: FloatArray) -> FloatArray:
    """Divide what was found in resamples by the variance of their base points.

    Parameters
    ----------
    amounts : ndarray (..., outputs, factors)
    moments : ndarray (..., outputs, 2)
        Mean of the base points, and of their squares.
    base : ndarray (points, outputs)
        All base points, less their mean.

    Returns
    -------
    ndarray (..., outputs, factors)
        NaN where a resample has drawn one base point alone.
    """
    variance = moments[..., 1:] - moments[..., :1] ** 2
    shares = np.full_like(amounts, np.nan)
    # Below, the difference is rounding.
    least = 1e-14 * (base**2).max(axis=0)[:, None]
    np.divide(amounts, variance, out=shares, where=variance > least)
    return shares
