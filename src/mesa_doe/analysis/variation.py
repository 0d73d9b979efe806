"""Whether an output varies at all, and by more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mesa_doe.analysis.outputs import Outputs
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.arrays import BoolArray, FloatArray
from mesa_doe.errors import AnalysisError, some

__all__ = [
    "LEAST_SHARE",
    "check_squares",
    "constant_outputs",
    "flat_outputs",
    "noise_alone",
    "noise_units",
    "per_variance",
    "seed_driven",
    "standardised",
    "still_factors",
]

#: Below this share of the variance between design points, indices describe noise.
LEAST_SHARE = 0.005
# Squares of what lies between, and their sums, are floats.
_LEAST_SCALE, _MOST_SCALE = 1e-151, 1e151


def standardised(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Centre each output over all points, and divide by its largest deviation: squares stay finite.

    Parameters
    ----------
    values : ndarray (points, ..., outputs)

    Returns
    -------
    scaled : ndarray, of the same shape
        From -1 to 1; rounding alone where an output is constant.
    scale : ndarray (outputs,)
        What it was divided by.

    Examples
    --------
    >>> standardised(np.array([[1e300], [3e300]]))[0].ravel().tolist()
    [-1.0, 1.0]
    """
    others = tuple(range(values.ndim - 1))
    with np.errstate(over="ignore"):  # the sum may be beyond the largest float, where the values are not
        centre = values.mean(axis=others)
    if not np.isfinite(centre).all():
        centre = (values / values[..., 0].size).sum(axis=others)
    centred = values - centre
    largest = np.abs(centred).max(axis=others)
    size = np.maximum(np.abs(values).max(axis=others), np.finfo(float).tiny)
    # What is left of a constant after its mean is taken away is rounding, not a deviation.
    scale = np.where(np.ptp(centred, axis=others) <= ROUNDING * size, size, largest)
    return centred / scale, scale


def constant_outputs(scaled: FloatArray) -> BoolArray:
    """Tell which outputs are the same at every point.

    Parameters
    ----------
    scaled : ndarray (points, outputs)
        As `standardised` gives them.

    Returns
    -------
    ndarray of bool (outputs,)
    """
    constant: BoolArray = np.ptp(scaled, axis=0) <= ROUNDING
    return constant


def check_squares(method: str, names: Sequence[Any], scale: FloatArray, constant: BoolArray) -> None:
    """Refuse outputs whose squares are no floats, where estimates are in the squared unit of the output.

    Parameters
    ----------
    method : str
    names : sequence
    scale : ndarray (outputs,)
        Largest deviations, as `standardised` gives them.
    constant : ndarray of bool (outputs,)

    Raises
    ------
    AnalysisError

    Examples
    --------
    >>> check_squares("dgsm", ["y"], np.array([1e300]), np.array([False]))
    Traceback (most recent call last):
    mesa_doe.errors.AnalysisError: dgsm: output 'y' deviates from its mean by up to 1e+300, whose square ...
    """
    beyond = ~constant & ((scale < _LEAST_SCALE) | (scale > _MOST_SCALE))
    told = [
        f"output {name!r} deviates from its mean by up to {largest:.3g}"
        for name, largest, is_beyond in zip(names, scale, beyond, strict=True)
        if is_beyond
    ]
    if told:
        raise AnalysisError(
            f"{method}: {some(told)}, whose square is beyond a float; give it in another unit"
        )


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


def noise_alone(outputs: Outputs, units: int | None) -> BoolArray:
    """Tell which outputs vary no more between design points than chance would have it.

    Parameters
    ----------
    outputs : Outputs
    units : int or None
        As of :func:`flat_outputs`.

    Returns
    -------
    ndarray of bool (outputs,)
        False where nothing is known of the noise.
    """
    # Common random numbers: the noise is the same at every point, and no part of their differences.
    if units is None or outputs.replications == 1:
        return np.zeros(len(outputs.names), dtype=bool)
    scaled, scale = standardised(outputs.means)
    noise = (outputs.noise_deviation / scale) ** 2
    noise_of_means = noise * (1 / outputs.runs).mean(axis=0)
    between = scaled.var(axis=0) - noise_of_means
    # Three standard errors of that difference, were there nothing but noise.
    chance = 3 * noise_of_means * np.sqrt(2 / units)
    flat: BoolArray = between < np.maximum(chance, LEAST_SHARE * (np.maximum(between, 0.0) + noise))
    return flat


def flat_outputs(
    outputs: Outputs, constant: BoolArray, *, units: int | None, where: str = "design point"
) -> list[str]:
    """Say which outputs do not vary between design points, or no more than chance.

    Parameters
    ----------
    outputs : Outputs
    constant : ndarray of bool (outputs,)
    units : int or None
        How many points have noise of their own: all under independent seeds, the blocks where seeds are
        shared within one; None where all points share their seeds.
    where : str, default "design point"
        Where an output is the same, of one that varies at other points.

    Returns
    -------
    list of str
    """
    said = []
    flat = noise_alone(outputs, units)
    for k, name in enumerate(outputs.names):
        if constant[k]:
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


def noise_units(outputs: Outputs, seed_policy: str | None, *, blocks: int | None = None) -> int | None:
    """Return how many points have noise of their own, as `flat_outputs` takes it.

    Parameters
    ----------
    outputs : Outputs
    seed_policy : str or None
    blocks : int, optional
        How many blocks share seeds under ``"block"``; 0 where only changes within a block are looked at,
        of which shared noise is no part.

    Returns
    -------
    int or None
        None where no point has.
    """
    shared = {"common": 0, "fixed": 0, "block": blocks}.get(seed_policy or "")
    return (len(outputs.means) if shared is None else shared) or None


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
