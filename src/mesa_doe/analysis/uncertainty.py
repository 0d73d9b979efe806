"""What the uncertainty of the inputs makes of an output: its distribution over the design points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe._optional import require
from mesa_doe.analysis.bootstrap import percentiles
from mesa_doe.analysis.options import check_policy, checked_blocks, checked_bootstrap
from mesa_doe.analysis.outputs import Missing
from mesa_doe.analysis.sampled import check_sampled
from mesa_doe.analysis.shown import as_html, labelled, notes_of
from mesa_doe.analysis.uncertain_points import (
    checked_labels,
    checked_numbers,
    checked_shares,
    checked_values,
    checked_weights,
)
from mesa_doe.analysis.weighted_sample import resampled, weighted_sample
from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.design import Design
from mesa_doe.design.dependence import dependence_of
from mesa_doe.errors import AnalysisError, counted, warn
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["Uncertainty", "uncertainty"]

_MOMENTS = ("mean", "std", "skewness")
# What a statistic is of, beside its group.
_DIMENSIONS = {"quantile": "share", "exceedance": "threshold"}
# Groups that are written out.
_MOST_SHOWN = 5
_WEIGHTED = (
    "weighted points are read as drawn by chance; of the points of a quadrature rule, which are none, "
    "moments are the rule's, and intervals and quantiles mean little"
)


@dataclass(frozen=True, eq=False, repr=False)
class Uncertainty:
    """The distribution of one output.

    Parameters
    ----------
    estimates : DataFrame
        Tidy: one row an estimate, columns ``group`` (``"all"`` without ``by=``), ``of`` (``"runs"``, or
        ``"means"`` of the replications of each point), ``statistic`` (``"mean"``, ``"std"``, ``"skewness"``,
        ``"quantile"``, ``"exceedance"``), ``at`` (the share of a quantile, or the threshold), ``estimate``,
        ``low``, ``high``. An end that the points cannot tell is NaN.
    settings : mapping
        Points, runs and units drawn of each group, and the options.
    warnings : tuple of str
        What changes the meaning of the estimates.
    notes : tuple of str
        What is good to know beside.

    Examples
    --------
    >>> found = uncertainty(np.arange(100.0), thresholds=[89.5])
    >>> found.table().loc["P(> 89.5)", "all"].round(2)
    np.float64(0.1)
    """

    estimates: pd.DataFrame
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return the tidy estimates, as :attr:`estimates` but a copy.

        Returns
        -------
        DataFrame
        """
        return self.estimates.copy()

    def table(self, of: str = "runs") -> pd.DataFrame:
        """Return the estimates, a row a statistic and a column a group.

        Parameters
        ----------
        of : {"runs", "means"}, default "runs"
            The distribution of single runs, or of the means of the replications of each point.

        Returns
        -------
        DataFrame

        Raises
        ------
        AnalysisError
            If there is no such distribution: the means of one replication are the runs.
        """
        return self._wide(of, self._rows(of)["estimate"])

    def to_xarray(self) -> Any:
        """Return the estimates as labelled arrays.

        Returns
        -------
        xarray.Dataset
            Variables ``mean``, ``std``, ``skewness``, ``quantile`` and ``exceedance``, and two for the
            interval of each (``mean_low``, ``mean_high``), with dimensions ``of`` and ``group``; quantiles
            have their ``share`` too, exceedances their ``threshold``.

        Raises
        ------
        MissingDependencyError
            If xarray is not installed.

        Examples
        --------
        >>> cube = uncertainty(np.arange(40.0), resamples=100, quantiles=[0.5]).to_xarray()
        >>> float(cube["mean"].sel(of="runs", group="all"))
        19.5
        """
        xarray = require("xarray", extra="xarray")
        labels = {"of": list(dict.fromkeys(self.estimates["of"])), "group": list(self.settings["points"])}
        found = []
        for statistic in dict.fromkeys(self.estimates["statistic"]):
            rows = self.estimates[self.estimates["statistic"] == statistic]
            more = {}
            if statistic in _DIMENSIONS:
                count = len(rows) // (len(labels["of"]) * len(labels["group"]))
                more = {_DIMENSIONS[statistic]: rows["at"].tolist()[:count]}
            names = {"estimate": statistic, "low": f"{statistic}_low", "high": f"{statistic}_high"}
            found.append(labelled(rows, labels | more, names))
        return xarray.merge(found)

    def _rows(self, of: str) -> pd.DataFrame:
        rows: pd.DataFrame = self.estimates[self.estimates["of"] == of]
        if rows.empty:
            known = ", ".join(dict.fromkeys(self.estimates["of"]))
            raise AnalysisError(f"there is no distribution of {of!r}; there is that of {known}")
        return rows

    def _wide(self, of: str, cells: Any) -> pd.DataFrame:
        rows = self._rows(of)
        groups = list(self.settings["points"])
        labels = [_label(*one) for one in zip(rows["statistic"], rows["at"], strict=True)]
        count = len(labels) // len(groups)
        return pd.DataFrame(
            np.asarray(cells).reshape(len(groups), count).T,
            index=pd.Index(labels[:count], name="statistic"),
            columns=pd.Index(groups, dtype=object, tupleize_cols=False),
        )

    def __repr__(self) -> str:
        parts = []
        for title, shown in self._shown:
            parts.append("\n".join([title, shown.to_string(index=False), *self._more]))
        return "\n\n".join([*parts, *notes_of(self.warnings, self.notes)])

    def _repr_html_(self) -> str:
        return as_html(self._shown, [*self._more, *notes_of(self.warnings, self.notes)])

    @property
    def _shown(self) -> list[tuple[str, pd.DataFrame]]:
        parts = []
        for of in dict.fromkeys(self.estimates["of"]):
            rows = self._rows(of)
            cells = [
                f"{value:.4g} [{low:.4g}, {high:.4g}]"
                for value, low, high in rows[["estimate", "low", "high"]].to_numpy()
            ]
            shown = self._wide(of, cells).iloc[:, :_MOST_SHOWN].reset_index()
            parts.append((f"distribution of {of}", shown))
        return parts

    @property
    def _more(self) -> list[str]:
        left = len(self.settings["points"]) - _MOST_SHOWN
        return [f"… and {counted(left, 'more group')}"] if left > 0 else []


def uncertainty(
    y: Any,
    *,
    design: Design | None = None,
    thresholds: Sequence[float] = (),
    quantiles: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
    confidence: float = 0.95,
    by: Any = None,
    weights: Any = None,
    blocks: Any = None,
    missing: Missing = "raise",
    seed_policy: str | None = None,
    resamples: int = 1000,
    rng: RNG = 0,
) -> Uncertainty:
    """Describe the distribution of an output over points that were sampled from the laws of the inputs.

    Parameters
    ----------
    y : array_like (points,) or (points, replications)
        One output.
    design : Design, optional
        Whose points these are: checked to be a sample of the laws (:func:`check_sampled`). Points of one
        block, with one point of a crossed sample, or that were merged, are drawn together.
    thresholds : sequence of float, optional
        For each, the probability that the output is above it.
    quantiles : sequence of float, default (0.05, 0.25, 0.5, 0.75, 0.95)
        Between 0 and 1.
    confidence : float, default 0.95
        Level of the intervals.
    by : sequence (points,), optional
        Labels, such as the levels of a factor: each has its own distribution. Numbers of more than 10 values
        are cut into five bins of about as many points, as ``tabulate`` does.
    weights : array_like (points,), optional
        How much each point counts; by default all alike.
    blocks : array_like (points,), optional
        Where there is no design: points of one block are drawn together, since they depend on each other.
    missing : {"raise", "drop"}, default "raise"
        Where a run has no finite value: name its point, or leave the run out and say so.
    seed_policy : str, optional
        How the runs were seeded. Under ``"common"`` and ``"fixed"`` all points share their noise, of which
        the intervals know nothing: it is said.
    resamples : int, default 1000
        Bootstrap resamples of whole points, or blocks, with all their replications; at least 100.
    rng : int, SeedSequence or Generator, default 0
        Of the bootstrap.

    Returns
    -------
    Uncertainty
        Of single runs, whose spread is that of parameters and seeds; and, with replications, of the means of
        each point, where noise is averaged.

    Raises
    ------
    AnalysisError
        If values are missing, the points of the design are no sample, or an option does not fit.

    Warns
    -----
    MesaDoeWarning
        If an output does not vary, points are too few for a quantile's interval, all points share their
        seeds, or runs were left out.

    Notes
    -----
    Estimates are those of the weighted sample as it is: the standard deviation has divisor n, and a quantile
    is the smallest value with at least its share at or below. A run's weight is that of its point over how
    many runs the point has, so that points count alike however often they ran. Integer weights are the same
    as rows repeated, but for the intervals.

    An interval takes points as independent: of Latin hypercubes and low-discrepancy points it is too wide.
    Those of quantiles are order statistics, and those of exceedances Clopper and Pearson's, since percentiles
    of a bootstrap lie too far inside near the ends of a distribution: of 80 points, that of the quantile 0.95
    would hold it in 0.89. Where points weigh differently or come in blocks, they are of as many independent
    points as would know the share as well. A quantile q of n points has no upper end if q^n, and no lower if
    (1 − q)^n, is above (1 − confidence)/2; with weights, n is Kish's (Σw)²/Σw².

    The interval of the standard deviation is a bootstrap-t of its logarithm, as percentiles of it lie too
    low: of outputs of two values, and of fewer than 25 points or blocks, they are what there is. Of 1000
    samples each, with one or four runs a point, it held the truth of a normal output in 0.94 (50 points) and
    0.93 (100), where percentiles held it in 0.88 and 0.90, and of a gamma law with noise in 0.90 and 0.91,
    where they held it in 0.83 and 0.86.

    Weights stand for how likely a point is beside how often it was drawn. Of uniform points that stood for
    a beta law (2, 5), and of t that stood for normal ones, intervals held all of these in 0.93 to 1.00 of 300
    samples of 50 to 400 points, and where levels of 0.9 and 0.1 had as many points each, in 0.90 (skewness)
    to 1.00. Where weights grow in the tail, as of points too narrow for their law, the sample does not show
    it: of exponential points that stood for ones 1.4 times as long, the mean was held by 0.84 (100 points)
    and 0.88 (400). Of nine Gauss points with 20 noisy runs each intervals were two to four times too wide;
    without noise the mean was exact, and its interval as wide as the law.

    Where all points share their seeds, what a seed does to all of them alike is in the estimates and not in
    the intervals, which resample points: they hold for the seeds that were run, and are too narrow for
    others.

    References
    ----------
    Efron & Tibshirani 1993, An introduction to the bootstrap; of standard deviations: Cojbasic & Tomovic
    2007; of quantiles: Woodruff 1952; of exceedances: Clopper & Pearson 1934, Korn & Graubard 1998; Kish
    1965.

    Examples
    --------
    >>> uncertainty(np.random.default_rng(1).normal(5, 1, size=400), quantiles=[0.5], thresholds=[6])
    distribution of runs
       statistic                       all
            mean      4.918 [4.829, 5.008]
             std   0.9101 [0.8451, 0.9951]
        skewness 0.06856 [-0.2049, 0.3473]
    quantile 0.5      4.946 [4.825, 5.034]
          P(> 6)    0.09 [0.06383, 0.1224]
    <BLANKLINE>
    Note: every point counts alike: right for samples of the inputs' laws (see check_sampled)
    """
    resamples, confidence = checked_bootstrap("uncertainty", resamples, confidence)
    check_policy("uncertainty", seed_policy)
    shares = checked_shares(quantiles)
    limits = checked_numbers(thresholds, "thresholds")
    values, said = checked_values(y, missing)
    count = len(values)
    notes = list(_alike(design, count, blocks, weighted=weights is not None))
    weight = checked_weights(weights, count)
    labels, groups = checked_labels(by, count)
    known = blocks if design is None else dependence_of(design).units
    unit = np.arange(count) if known is None else checked_blocks("uncertainty", known, count)
    runs = np.isfinite(values).sum(axis=1)
    used = (weight > 0) & (runs > 0)
    views = ["runs", "means"] if values.shape[1] > 1 else ["runs"]
    options = (shares, limits, resamples, confidence, root_entropy(rng))
    frames, sizes = [], {}
    for code, group in enumerate(groups):
        mine = used & (labels == code)
        if not mine.any():
            raise AnalysisError(f"uncertainty: no point of group {group!r} can be used")
        _, units = np.unique(unit[mine], return_inverse=True)
        sizes[group] = (int(mine.sum()), int(runs[mine].sum()), int(units.max()) + 1)
        found, trouble = _distribution(values[mine], weight[mine], units, views, *options)
        of_group = f" of group {group!r}" if by is not None else ""
        said += [message.format(of_group) for message in trouble]
        frames.append(found.assign(group=pd.Series([group] * len(found), dtype=object, index=found.index)))
    frame = pd.concat(frames, ignore_index=True)
    # All of the runs first, so that each distribution is one piece.
    frame = frame.sort_values("of", key=lambda of: of != "runs", kind="stable", ignore_index=True)
    if seed_policy in ("common", "fixed") and _may_be_noisy(values, seed_policy):
        said.append(
            f"all points share their seeds (seed_policy={seed_policy!r}): what those do to all points alike "
            "is no part of the intervals, which hold for these seeds alone; use seed_policy='independent'"
        )
    for warning in said:
        warn(warning)
    if len(views) > 1:
        notes.append("means of r replications keep 1/r of the noise variance: split_variance tells how much")
    settings = {
        **{
            name: {group: size[k] for group, size in sizes.items()}
            for k, name in enumerate(("points", "runs", "units"))
        },
        "confidence": confidence,
        "resamples": resamples,
        "weighted": weights is not None,
        "seed_policy": seed_policy,
    }
    columns = ["group", "of", "statistic", "at", "estimate", "low", "high"]
    return Uncertainty(frame[columns], settings, tuple(said), tuple(notes))


def _distribution(
    values: FloatArray,
    weight: FloatArray,
    units: IntArray,
    views: list[str],
    shares: FloatArray,
    limits: FloatArray,
    resamples: int,
    confidence: float,
    entropy: int,
) -> tuple[pd.DataFrame, list[str]]:
    """Describe one group; messages have a place for its name."""
    count = int(units.max()) + 1
    per_unit = np.bincount(units, weights=weight)
    effective = float(per_unit.sum() ** 2 / (per_unit**2).sum())
    tail = (1 - confidence) / 2
    labels = [
        *((name, np.nan) for name in _MOMENTS),
        *(("quantile", share) for share in shares.tolist()),
        *(("exceedance", limit) for limit in limits.tolist()),
    ]
    at_std = _MOMENTS.index("std")
    at_share = slice(len(_MOMENTS), len(_MOMENTS) + len(shares))
    at_limit = slice(at_share.stop, None)
    frames, said = [], []
    for view in views:
        sample = weighted_sample(values, weight, units, view)
        moments = sample.moments(np.ones((1, count)))[0]
        point = np.concatenate([moments, sample.quantiles(shares), sample.exceedances(limits)])
        low, high = np.full((2, len(point)), np.nan)
        if count > 1:
            # The same draws for both views.
            generator = np.random.default_rng(entropy)
            drawn, of_std = resampled(sample, count, resamples, confidence, generator)
            of_moments = percentiles(drawn[:, None, :], confidence)[:2]
            low[: len(_MOMENTS)], high[: len(_MOMENTS)] = (ends[0] for ends in of_moments)
            if not np.isnan(of_std[0]):
                low[at_std], high[at_std] = of_std
            if np.isnan(high[at_std]):
                said.append(
                    f"the interval of the standard deviation of {view}{{}} has an open end (NaN): few points "
                    "of a long tail make it what it is"
                )
            below, above = sample.quantile_ends(point[at_share], shares, effective, tail)
            low[at_share] = np.where((1 - shares) ** effective > tail, np.nan, below)
            high[at_share] = np.where(shares**effective > tail, np.nan, above)
            low[at_limit], high[at_limit] = sample.exceedance_ends(point[at_limit], limits, effective, tail)
        statistic, at = zip(*labels, strict=True)
        columns = {"of": view, "statistic": statistic, "at": at, "estimate": point, "low": low, "high": high}
        frames.append(pd.DataFrame(columns))
        if point[1] == 0:
            said.append(f"the {view}{{}} are all the same ({point[0]:g}): there is nothing to describe")
    if count == 1:
        said.append("one point{} tells nothing of its distribution: intervals are NaN")
    elif len(shares) and (worst := float(np.maximum(shares, 1 - shares).max())) ** effective > tail:
        open_ended = ", ".join(f"{q:g}" for q in shares.tolist() if max(q, 1 - q) ** effective > tail)
        needed = int(np.ceil(np.log(tail) / np.log(worst)))
        noun = "point" if len(weight) == count else "block"
        said.append(
            f"the interval of quantile {open_ended}{{}} has an open end (NaN): {counted(count, noun)} "
            f"cannot bound it, it takes {needed}{'' if effective > 0.99 * count else ' of equal weight'}"
        )
    return pd.concat(frames, ignore_index=True), said


def _alike(design: Design | None, count: int, blocks: Any, *, weighted: bool) -> tuple[str, ...]:
    """Return what must be known of points that count alike."""
    if design is None:
        unknown = "every point counts alike: right for samples of the inputs' laws (see check_sampled)"
        return (_WEIGHTED,) if weighted else (unknown,)
    sampled = check_sampled(design)
    if len(design) != count:
        raise AnalysisError(f"uncertainty: the design has {counted(len(design), 'point')}, y has {count}")
    if blocks is not None:
        raise AnalysisError("uncertainty: the design knows its blocks; leave blocks= out, or the design")
    return (_WEIGHTED,) if weighted else sampled


def _may_be_noisy(values: FloatArray, seed_policy: str) -> bool:
    """Tell whether replications differ, or there are none of other seeds to tell."""
    spread = np.nanmax(values, axis=1, initial=-np.inf) - np.nanmin(values, axis=1, initial=np.inf)
    return seed_policy == "fixed" or values.shape[1] == 1 or bool((spread > 0).any())


def _label(statistic: str, at: float) -> str:
    if statistic == "quantile":
        return f"quantile {at:g}"
    return f"P(> {at:g})" if statistic == "exceedance" else statistic
