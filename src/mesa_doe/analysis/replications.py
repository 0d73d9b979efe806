"""How many replications: from a pilot, by the precision of means, the stability of spread, or power."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from mesa_doe.analysis.least_number import MOST, at_most, for_width, settles, t_quantile
from mesa_doe.analysis.options import checked_positive, checked_share
from mesa_doe.analysis.power import by_power
from mesa_doe.analysis.recommendation import Pilot, Recommendation, read_pilot, recommended, whole
from mesa_doe.arrays import FloatArray
from mesa_doe.errors import AnalysisError, some

__all__ = ["Recommendation", "by_cv", "by_power", "by_precision", "recommend_replications"]


def recommend_replications(
    pilot: Any, *, by: Literal["precision", "cv", "power"] = "precision", **options: Any
) -> Recommendation:
    """Recommend a number of replications from a pilot.

    Parameters
    ----------
    pilot : array_like (points, replications) or (replications,)
        One output of a few design points, each run some times; NaN where there is no run. Points are called
        by the index of a DataFrame, else by their numbers. None where power is asked for a Cohen's f.
    by : {"precision", "cv", "power"}, default "precision"
        What is wanted: means that are known well enough (:func:`by_precision`), a spread that has settled
        (:func:`by_cv`), or differences that are found (:func:`by_power`).
    **options
        Of the function of that name.

    Returns
    -------
    Recommendation

    Raises
    ------
    AnalysisError
        If ``by`` or an option is unknown, or the pilot has no replications.

    Warns
    -----
    MesaDoeWarning
        If the number is doubtful.

    Notes
    -----
    A pilot holds for its own points: take some in the corners of the space, where noise is often largest.

    Examples
    --------
    >>> pilot = np.random.default_rng(1).normal(10, 2, size=(3, 20))
    >>> recommend_replications(pilot, by="precision", absolute=0.5).replications
    93
    """
    known: dict[str, Callable[..., Recommendation]] = {
        "precision": by_precision,
        "cv": by_cv,
        "power": by_power,
    }
    if by not in known:
        raise AnalysisError(
            f"recommend_replications: by takes {', '.join(map(repr, sorted(known)))}, got {by!r}"
        )
    own = list(inspect.signature(known[by]).parameters)[1:]
    if unknown := sorted(options.keys() - set(own)):
        raise AnalysisError(f"replications by {by} take no {', '.join(unknown)}; they take {', '.join(own)}")
    return known[by](pilot, **options)


def by_precision(
    pilot: Any,
    *,
    relative: float | None = None,
    absolute: float | None = None,
    confidence: float = 0.95,
    quantile: float = 0.9,
) -> Recommendation:
    """Replications after which the mean of every point is known to within a half width.

    Parameters
    ----------
    pilot : array_like (points, replications) or (replications,)
    relative : float, optional
        The half width as a share of the mean's size; 0.05 where ``absolute`` is not given.
    absolute : float, optional
        The half width in units of the output.
    confidence : float, default 0.95
        Level of the t interval of the mean.
    quantile : float, default 0.9
        For which share of the points another, cheaper number is told.

    Returns
    -------
    Recommendation
        For the most demanding point. ``points`` has also the ``half_width`` so far, and
        ``replications_high``, what is needed if the standard deviation is at the upper end of its interval.

    Raises
    ------
    AnalysisError
        If both widths are given, or one is no positive number.

    Warns
    -----
    MesaDoeWarning
        If a mean is too near to zero for a relative width.

    Notes
    -----
    The smallest n with t(n − 1, 1 − α/2)·S/√n ≤ d, where S is the pilot's. Law's relative error is that of
    the true mean: for at most γ of that, give γ/(1 + γ). The most demanding of many points is so by chance,
    too; the quantile tells by how much.

    S of a few runs is too small more often than not, and of skewed outputs most often. From 3, 5, 10 and 30
    runs of one point, with d a quarter of σ, the mean of n runs came within d in 0.83, 0.89, 0.93 and 0.95 of
    trials of a normal output, and in 0.71, 0.77, 0.83 and 0.89 of a lognormal one (its log of deviation 1).
    ``replications_high``, which allows for it (Browne 1995), brought 0.99, and 0.97, 0.95, 0.94 and 0.94. A
    pilot whose runs all gave the same value asks for one run, and tells how rare an event it may have missed.

    References
    ----------
    Law 2015, Simulation modeling and analysis, 5th edition, section 9.4.1; upper end of S: Browne 1995,
    Statistics in Medicine 14.

    Examples
    --------
    >>> found = by_precision([4.0, 6.0, 5.0, 5.0, 4.5, 5.5], relative=0.1)
    >>> found.replications, found.points["replications_high"].tolist()
    (11, [49])
    """
    checked_share("by_precision", "confidence", confidence)
    checked_share("by_precision", "quantile", quantile)
    if relative is not None and absolute is not None:
        raise AnalysisError(
            f"by_precision takes relative= or absolute=, got both ({relative!r} and {absolute!r})"
        )
    if relative is None and absolute is None:
        relative = 0.05
    checked_positive(
        "by_precision",
        "absolute" if relative is None else "relative",
        absolute if relative is None else relative,
    )
    runs = read_pilot(pilot, "by_precision")
    wanted = np.full(len(runs.means), absolute, float) if relative is None else relative * np.abs(runs.means)
    degrees = runs.runs - 1
    needed = for_width(runs.stds, wanted, confidence)
    high = for_width(at_most(runs.stds, degrees, confidence), wanted, confidence)
    half = t_quantile(0.5 + confidence / 2, degrees) * runs.stds / np.sqrt(runs.runs)
    frame = runs.frame(needed, half_width=half, replications_high=whole(high))
    said = [*runs.said]
    if relative is not None and (near := runs.near_zero()):
        said.append(
            f"the mean of points {some(near)} cannot be told from zero, so a share of it is no measure: "
            "use absolute="
        )
    width = f"{relative:g} of its size" if relative is not None else f"{absolute:g} in units of the output"
    reading = (
        f"the half width of the {100 * confidence:g}% interval of the mean is at most {width} at every point"
    )
    figures = {"relative": relative, "absolute": absolute, "confidence": confidence}
    return recommended(
        "precision",
        runs,
        needed,
        frame,
        said,
        quantile=quantile,
        reading=reading,
        lost=f"no number up to {MOST:,} brings the half width down to {width} at points",
        formula="min n: t(n-1, 1-α/2)·S/√n ≤ d",
        source="Law 2015, section 9.4.1",
        figures=figures,
        high=high,
    )


def by_cv(pilot: Any, *, epsilon: float = 0.01, quantile: float = 0.9) -> Recommendation:
    """Replications after which the coefficient of variation of every point has settled.

    Parameters
    ----------
    pilot : array_like (points, replications) or (replications,)
        In the order in which they were run.
    epsilon : float, default 0.01
        How far the coefficient may still move.
    quantile : float, default 0.9
        For which share of the points another, cheaper number is told.

    Returns
    -------
    Recommendation
        For the most demanding point; None where one has not settled within the pilot, so that more runs are
        needed to tell.

    Raises
    ------
    AnalysisError
        If ``epsilon`` is no positive number.

    Warns
    -----
    MesaDoeWarning
        If few runs come after the number, the pilot tells the coefficient no better than to epsilon, or a
        mean is too near to zero for it.

    Notes
    -----
    The coefficient of the first n runs is their S over their mean's size. The number is the smallest n from 2
    whose coefficient differs by less than epsilon from that of every larger m, up to the end of the pilot.
    That the spread has settled does not say how well the mean is known: see :func:`by_precision`.

    It is a rule of thumb: two standard errors of the pilot's own coefficient should be less than epsilon. Of
    normal runs with a coefficient of 0.2, the number held for five times as many runs in 0.1 of pilots of
    100 runs with an epsilon of 0.01, and in 0.6 of 400, of which it is said; with an epsilon of 0.05 in 0.8
    and 0.95. Of long tails it hardly ever does.

    References
    ----------
    Lorscheid, Heine & Meyer 2012, Opening the 'black box' of simulations; Lee et al. 2015, The complexities
    of agent-based modeling output analysis.

    Examples
    --------
    >>> pilot = np.random.default_rng(1).normal(10, 2, size=400)
    >>> by_cv(pilot, epsilon=0.02)
    replications by cv: 26
    beyond it, the coefficient of variation moves by less than 0.02 in the pilot, at every point
    min n: |cv(n) - cv(m)| < ε for all m > n (Lorscheid, Heine & Meyer 2012; Lee et al. 2015)
    """
    checked_positive("by_cv", "epsilon", epsilon)
    checked_share("by_cv", "quantile", quantile)
    runs = read_pilot(pilot, "by_cv")
    needed = np.array([settles(row[np.isfinite(row)], epsilon) for row in runs.values])
    needed[runs.stds == 0] = 1
    final = np.divide(runs.stds, np.abs(runs.means), out=np.full(len(needed), np.nan), where=runs.means != 0)
    said = [*runs.said]
    if near := runs.near_zero():
        said.append(
            f"the mean of points {some(near)} cannot be told from zero, so its coefficient of variation "
            "need not settle: use by='precision' with absolute="
        )
    late = needed > runs.runs / 2
    if late.any():
        said.append(
            f"points {some(runs.called(late))} settle in the second half of their runs, so that few come "
            "after to show it: a longer pilot may give more"
        )
    told = np.isnan(needed) | late | runs.points.isin(near)
    if (roughly := ~told & (2 * _error_of_cv(runs) >= epsilon)).any():
        said.append(
            f"the runs of points {some(runs.called(roughly))} tell the coefficient of variation no better "
            f"than to ±{epsilon:g}, so that it stayed within that may be chance: a longer pilot may give more"
        )
    unsettled = np.isnan(needed)
    short = unsettled & (runs.runs < 3)
    why = []
    if (unsettled & ~short).any():
        why.append(f"the coefficient of variation still moves by {epsilon:g} or more")
    if short.any():
        why.append("two runs do not tell, as three would, whether the coefficient of variation moves")
    return recommended(
        "cv",
        runs,
        needed,
        runs.frame(needed, cv=final),
        said,
        quantile=quantile,
        reading=f"beyond it, the coefficient of variation moves by less than {epsilon:g} in the pilot, at "
        "every point",
        lost=f"more than the pilot's {int(runs.runs.max())} runs are needed: {', or '.join(why)}, at points",
        formula="min n: |cv(n) - cv(m)| < ε for all m > n",
        source="Lorscheid, Heine & Meyer 2012; Lee et al. 2015",
        figures={"epsilon": epsilon},
    )


def _error_of_cv(runs: Pilot) -> FloatArray:
    """Return the standard error of each point's coefficient of variation, by its influence function."""
    # Where it is about infinite nobody asks for its error.
    cv = (runs.stds / np.maximum(np.abs(runs.means), 1e-9 * np.maximum(runs.stds, 1e-300)))[:, None]
    own = (runs.values - runs.means[:, None]) / np.where(runs.stds > 0, runs.stds, 1.0)[:, None]
    influence = cv * ((own**2 - 1) / 2 - np.sign(runs.means)[:, None] * cv * own)
    error: FloatArray = np.sqrt(np.nansum(influence**2, axis=1)) / runs.runs
    return error
