"""Noise that replications tell apart: products without it, and its share of the variance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mesa_doe.analysis.variation import LEAST_SHARE
from mesa_doe.arrays import BoolArray, FloatArray
from mesa_doe.errors import AnalysisError

__all__ = ["between_replications", "corrects", "noise_shares", "nothing_left", "shares_told"]


def corrects(method: str, noise: Any, replications: int) -> bool:
    """Tell whether noise is taken away: if that is asked for, and there are replications to do it with.

    Raises
    ------
    AnalysisError
        If ``noise`` is neither "corrected" nor "kept".

    Examples
    --------
    >>> corrects("jansen", "corrected", 2), corrects("jansen", "corrected", 1)
    (True, False)
    """
    if noise not in ("corrected", "kept"):
        raise AnalysisError(f"{method}: noise takes 'corrected' or 'kept', got {noise!r}")
    return bool(noise == "corrected" and replications > 1)


def between_replications(
    products: Callable[[FloatArray], FloatArray], runs: FloatArray, *, corrected: bool = True
) -> FloatArray:
    """Return products of linear functions of the outputs, averaged over pairs of different replications.

    A replication's product with itself holds its noise; that of two different ones does not.

    Parameters
    ----------
    products : callable
        From outputs (points, outputs) to an array whose numbers are sums of products of two linear functions
        of them, or of linear functions.
    runs : ndarray (points, replications, outputs)
        With one replication, its own products are returned.
    corrected : bool, default True
        Whether noise is taken away; else products are those of the means.

    Returns
    -------
    ndarray

    Examples
    --------
    >>> between_replications(np.square, np.array([[[3.0], [5.0]]])).tolist()
    [[15.0]]
    """
    count = runs.shape[1]
    of_mean = products(runs.mean(axis=1))
    if count == 1 or not corrected:
        return of_mean
    between: FloatArray = count**2 * of_mean
    for replication in range(count):
        between -= products(runs[:, replication])
    between /= count**2 - count
    return between


def noise_shares(variance: FloatArray, noise: FloatArray, constant: BoolArray) -> FloatArray:
    """Return which share of the variance of a single run is noise.

    Parameters
    ----------
    variance : ndarray (outputs,)
        Between design points, without noise; below zero by chance, if at all.
    noise : ndarray (outputs,)
        NaN where it is not known.
    constant : ndarray of bool (outputs,)

    Returns
    -------
    ndarray (outputs,)
        NaN where the noise is not known or the output constant.
    """
    whole = np.maximum(np.maximum(variance, 0.0) + noise, np.finfo(float).tiny)
    shares: FloatArray = np.where(constant, np.nan, noise / whole)
    return shares


def nothing_left(
    names: Sequence[Any], indices: FloatArray, skipped: BoolArray, *, corrected: bool = True
) -> list[str]:
    """Say of which outputs there are no indices, since no variance is left, most often without the noise.

    Parameters
    ----------
    names : sequence
    indices : ndarray (outputs, indices)
        NaN where there is none.
    skipped : ndarray of bool (outputs,)
        Outputs of which something else is said.
    corrected : bool, default True
        Whether noise was taken away.

    Returns
    -------
    list of str
    """
    cause = "when its noise is taken away no variance" if corrected else "no variance between blocks"
    remedy = "more replications, a larger n" if corrected else "a larger n"
    without: BoolArray = np.asarray(np.isnan(indices).any(axis=1))
    return [
        f"output {name!r}: {cause} is left, so indices are NaN; use {remedy} or wider axes"
        for name, none, skip in zip(names, without, skipped, strict=True)
        if none and not skip
    ]


def shares_told(shares: Mapping[Any, float], *, corrected: bool, seed_policy: str | None) -> tuple[str, ...]:
    """Say of which outputs a part of the variance is noise that the indices have not.

    Parameters
    ----------
    shares : mapping of float
        By output.
    corrected : bool
        Whether noise was taken away: else the indices have it.
    seed_policy : str or None
        Of common seeds there are few: what they say of the noise is chance, and no word is said.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> shares_told({"y": 0.001}, corrected=True, seed_policy="block")
    ()
    """
    if not corrected or seed_policy == "common":
        return ()
    most: dict[Any, float] = {}
    for name, share in shares.items():
        # Over time a name is a pair, with the step.
        own, up_to = (name[0], "up to ") if isinstance(name, tuple) else (name, "")
        if share >= LEAST_SHARE:
            most[own, up_to] = max(share, most.get((own, up_to), 0.0))
    told = [f"{own!r} {up_to}{share:.2f}" for (own, up_to), share in most.items()]
    if not told:
        return ()
    return (
        "these are indices of the expected output; of the variance of a single run noise is "
        f"{', '.join(told[:5])}{', …' if len(told) > 5 else ''}",
    )
