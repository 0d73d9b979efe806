"""What the uncertainty of the inputs makes of an output: its distribution over the design points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.analysis.bootstrap import percentiles
from mesa_doe.analysis.noise import replicated
from mesa_doe.analysis.outputs import Missing, checked_bootstrap
from mesa_doe.analysis.sampled import check_sampled
from mesa_doe.analysis.variation import ROUNDING
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, counted, warn
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["Uncertainty", "uncertainty"]

FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
IntArray: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]

# Weights held at once: 32 MB of float64.
_AT_ONCE = 2**22
_MOMENTS = ("mean", "std", "skewness")


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

    def _rows(self, of: str) -> pd.DataFrame:
        rows: pd.DataFrame = self.estimates[self.estimates["of"] == of]
        if rows.empty:
            known = ", ".join(dict.fromkeys(self.estimates["of"]))
            message = f"there is no distribution of {of!r}; there is that of {known}"
            raise AnalysisError(message)
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
        for of in dict.fromkeys(self.estimates["of"]):
            rows = self._rows(of)
            cells = [
                f"{value:.4g} [{low:.4g}, {high:.4g}]"
                for value, low, high in rows[["estimate", "low", "high"]].to_numpy()
            ]
            wide = self._wide(of, cells)
            shown = wide.iloc[:, :5].reset_index()
            more = f"\n… and {wide.shape[1] - 5} more groups" if wide.shape[1] > 5 else ""
            parts.append(f"distribution of {of}\n{shown.to_string(index=False)}{more}")
        return "\n\n".join([*parts, *(f"Note: {said}" for said in (*self.warnings, *self.notes))])


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
        block are drawn together.
    thresholds : sequence of float, optional
        For each, the probability that the output is above it.
    quantiles : sequence of float, default (0.05, 0.25, 0.5, 0.75, 0.95)
        Between 0 and 1.
    confidence : float, default 0.95
        Level of the percentile intervals.
    by : sequence (points,), optional
        Labels, such as the levels of a categorical factor: each has its own distribution.
    weights : array_like (points,), optional
        How much each point counts; by default all alike.
    blocks : array_like (points,), optional
        Where there is no design: points of one block are drawn together, since they depend on each other.
    missing : {"raise", "drop"}, default "raise"
        Where a run has no finite value: name its point, or leave the run out and say so.
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
        If an output does not vary, points are too few for a quantile's interval, or runs were left out.

    Notes
    -----
    Estimates are those of the weighted sample as it is: the standard deviation has divisor n, and a quantile
    is the smallest value with at least its share at or below. A run's weight is that of its point over how
    many runs the point has, so that points count alike however often they ran. Integer weights are the same
    as rows repeated, but for the intervals.

    An interval takes points as independent: of Latin hypercubes and low-discrepancy points it is too wide. A
    quantile q of n points has no upper end if q^n, and no lower if (1 − q)^n, is above (1 − confidence)/2;
    where no point, or every one, is above a threshold the bootstrap sees no doubt, so that the open end is
    Clopper and Pearson's. With weights, n is Kish's (Σw)²/Σw².

    References
    ----------
    Efron & Tibshirani 1993, An introduction to the bootstrap; Clopper & Pearson 1934; Kish 1965.

    Examples
    --------
    >>> uncertainty(np.random.default_rng(1).normal(5, 1, size=400), quantiles=[0.5], thresholds=[6])
    distribution of runs
       statistic                       all
            mean      4.918 [4.829, 5.008]
             std   0.9101 [0.8342, 0.9764]
        skewness 0.06856 [-0.2049, 0.3473]
    quantile 0.5      4.946 [4.861, 5.028]
          P(> 6)      0.09 [0.065, 0.1175]
    <BLANKLINE>
    Note: every point counts alike: right for samples of the inputs' laws (see check_sampled)
    """
    resamples, confidence = checked_bootstrap("uncertainty", resamples, confidence)
    shares = _shares(quantiles)
    limits = _numbers(thresholds, "thresholds")
    values, said = _checked_values(y, missing)
    count = len(values)
    notes = list(_alike(design, count, blocks, weighted=weights is not None))
    weight = _weights(weights, count)
    labels, groups = _labels(by, count)
    unit = _units(blocks if design is None else design.blocks, count)
    runs = np.isfinite(values).sum(axis=1)
    used = (weight > 0) & (runs > 0)
    views = ["runs", "means"] if values.shape[1] > 1 else ["runs"]
    options = (shares, limits, resamples, confidence, root_entropy(rng))
    frames, sizes = [], {}
    for code, group in enumerate(groups):
        mine = used & (labels == code)
        if not mine.any():
            message = f"uncertainty: no point of group {group!r} can be used"
            raise AnalysisError(message)
        _, units = np.unique(unit[mine], return_inverse=True)
        sizes[group] = (int(mine.sum()), int(runs[mine].sum()), int(units.max()) + 1)
        found, trouble = _distribution(values[mine], weight[mine], units, views, *options)
        of_group = f" of group {group!r}" if by is not None else ""
        said += [message.format(of_group) for message in trouble]
        frames.append(found.assign(group=pd.Series([group] * len(found), dtype=object, index=found.index)))
    frame = pd.concat(frames, ignore_index=True)
    # All of the runs first, so that each distribution is one piece.
    frame = frame.sort_values("of", key=lambda of: of != "runs", kind="stable", ignore_index=True)
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
    at_share = slice(len(_MOMENTS), len(_MOMENTS) + len(shares))
    at_limit = slice(at_share.stop, None)
    frames, said = [], []
    for view in views:
        sample = _sample(values, weight, units, view)
        point = sample.statistics(np.ones((1, count)), shares, limits)[0]
        low = high = np.full(len(point), np.nan)
        if count > 1:
            # The same draws for both views.
            drawn = _resampled(sample, count, shares, limits, resamples, np.random.default_rng(entropy))
            low, high = (ends[0] for ends in percentiles(drawn[:, None, :], confidence)[:2])
            low[at_share] = np.where((1 - shares) ** effective > tail, np.nan, low[at_share])
            high[at_share] = np.where(shares**effective > tail, np.nan, high[at_share])
            chance = point[at_limit]
            low[at_limit] = np.where(chance == 1, tail ** (1 / effective), low[at_limit])
            high[at_limit] = np.where(chance == 0, 1 - tail ** (1 / effective), high[at_limit])
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


@dataclass(frozen=True)
class _Sample:
    """A weighted sample, in ascending order: values, centred and scaled, and whose they are."""

    values: FloatArray
    scaled: FloatArray
    centre: float
    scale: float
    weight: FloatArray
    units: IntArray

    def statistics(self, drawn: FloatArray, shares: FloatArray, limits: FloatArray) -> FloatArray:
        """Return the statistics of resamples (resamples, statistics), units drawn so many times each."""
        weight = drawn[:, self.units] * self.weight
        weight /= weight.sum(axis=1, keepdims=True)
        first, second, third = (weight @ self.scaled**power for power in (1, 2, 3))
        variance = second - first**2
        variance = np.where(variance <= 4 * ROUNDING * second, 0.0, variance)
        with np.errstate(invalid="ignore", divide="ignore"):
            skewness = (third - 3 * first * second + 2 * first**3) / variance**1.5
        moments = [
            self.centre + self.scale * first,
            self.scale * np.sqrt(variance),
            np.where(variance > 0, skewness, np.nan),
        ]
        below = np.cumsum(weight, axis=1)
        # Sums of weights are equal to a share up to rounding only.
        at = [np.argmax(below >= share - 1e-12, axis=1) for share in shares.tolist()]
        above = [self.values > limit for limit in limits.tolist()]
        # Not the sum where it is all of them: that may miss 1 by rounding.
        chances = [np.ones(len(weight)) if these.all() else weight[:, these].sum(axis=1) for these in above]
        return np.stack([*moments, *(self.values[where] for where in at), *chances], axis=1)


def _sample(values: FloatArray, weight: FloatArray, units: IntArray, view: str) -> _Sample:
    have = np.isfinite(values)
    runs = have.sum(axis=1)
    size = float(np.abs(values[have]).max()) or 1.0
    if view == "means":
        shrunk = np.where(have, values, 0.0) / size
        flat, owner, each = size * (shrunk.sum(axis=1) / runs), np.arange(len(values)), weight
    else:
        owner, _ = np.nonzero(have)
        flat, each = values[have], (weight / runs)[owner]
    order = np.argsort(flat, kind="stable")
    flat, each, owner = flat[order], each[order], owner[order]
    centre = float((each / each.sum()) @ (flat / size))
    centred = flat / size - centre
    centred[np.abs(centred) <= ROUNDING] = 0.0  # what is left of a constant is rounding
    scale = float(np.abs(centred).max()) or 1.0
    return _Sample(flat, centred / scale, centre * size, scale * size, each / each.sum(), units[owner])


def _resampled(
    sample: _Sample,
    count: int,
    shares: FloatArray,
    limits: FloatArray,
    resamples: int,
    generator: np.random.Generator,
) -> FloatArray:
    at_once = max(1, _AT_ONCE // len(sample.values))
    found = []
    for start in range(0, resamples, at_once):
        size = min(at_once, resamples - start)
        drawn = generator.integers(count, size=(size, count)) + count * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
        found.append(sample.statistics(times.astype(np.float64), shares, limits))
    return np.concatenate(found)


def _checked_values(y: Any, missing: str) -> tuple[FloatArray, list[str]]:
    if missing not in ("raise", "drop"):
        message = f"missing takes 'raise' or 'drop', got {missing!r}"
        raise AnalysisError(message)
    raw = y if np.ma.isMaskedArray(y) else np.asarray(y)
    _, values = replicated(raw[:, None] if raw.ndim == 1 else raw, "uncertainty")
    if values.shape[2] > 1:
        message = (
            f"uncertainty takes one output, (points, replications), got {values.shape[2]}: call it for each"
        )
        raise AnalysisError(message)
    values = values[:, :, 0]
    lost = ~np.isfinite(values)
    if not lost.any():
        return values, []
    where = np.flatnonzero(lost.any(axis=1))
    told = ", ".join(map(str, where[:10].tolist())) + (", …" if len(where) > 10 else "")
    if missing == "raise" or lost.all():
        message = (
            f"uncertainty: {counted(int(lost.sum()), 'run')} of {lost.size} have no finite value, of points "
            f"{told}. Look at results.failures and run them again, or leave them out with missing='drop'"
        )
        raise AnalysisError(message)
    none = int(lost.all(axis=1).sum())
    said = (
        f"left out, since they have no finite value: {counted(int(lost.sum()), 'run')} of points {told}"
        f"{f'; {none} of them are lost whole' if none else ''}. If runs fail where outputs are extreme, the "
        "distribution lacks that part"
    )
    return values, [said]


def _alike(design: Design | None, count: int, blocks: Any, *, weighted: bool) -> tuple[str, ...]:
    """Return what must be known of points that count alike."""
    if design is None:
        unknown = "every point counts alike: right for samples of the inputs' laws (see check_sampled)"
        return () if weighted else (unknown,)
    sampled = check_sampled(design)
    if len(design) != count:
        message = f"uncertainty: the design has {counted(len(design), 'point')}, y has {count}"
        raise AnalysisError(message)
    if blocks is not None:
        message = "uncertainty: the design knows its blocks; leave blocks= out, or the design"
        raise AnalysisError(message)
    return () if weighted else sampled


def _numbers(given: Any, name: str) -> FloatArray:
    array = np.asarray(list(given) if isinstance(given, (Sequence, np.ndarray)) else None)
    if array.size == 0 and array.ndim == 1:
        return np.empty(0)
    if array.ndim != 1 or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        message = f"uncertainty: {name} takes a sequence of finite numbers, got {given!r}"
        raise AnalysisError(message)
    return array.astype(np.float64)


def _shares(quantiles: Any) -> FloatArray:
    shares = _numbers(quantiles, "quantiles")
    if ((shares <= 0) | (shares >= 1)).any():
        message = f"uncertainty: quantiles takes numbers between 0 and 1, got {quantiles!r}"
        raise AnalysisError(message)
    return shares


def _weights(weights: Any, count: int) -> FloatArray:
    if weights is None:
        return np.ones(count)
    array = np.asarray(weights)
    good = array.shape == (count,) and array.dtype.kind in "iuf" and np.isfinite(array).all()
    if not good or (array < 0).any() or not array.any():
        message = (
            f"uncertainty: weights takes {count} finite numbers from 0, one a point and not all 0, got shape "
            f"{array.shape} of type {array.dtype}"
        )
        raise AnalysisError(message)
    scaled: FloatArray = array / array.max()
    return scaled


def _labels(by: Any, count: int) -> tuple[IntArray, list[Any]]:
    if by is None:
        return np.zeros(count, dtype=np.int64), ["all"]
    labels = pd.Series(list(by), dtype=object)
    if len(labels) != count or labels.isna().any():
        message = (
            f"uncertainty: by takes {count} labels, one a point, none of them missing; got {len(labels)}, "
            f"{int(labels.isna().sum())} missing"
        )
        raise AnalysisError(message)
    try:
        codes, groups = pd.factorize(labels)
    except TypeError as error:
        message = "uncertainty: by takes labels that can be hashed, such as the names of levels"
        raise AnalysisError(message) from error
    return codes.astype(np.int64), list(groups)


def _units(blocks: Any, count: int) -> IntArray:
    if blocks is None:
        return np.arange(count)
    array = np.asarray(blocks)
    if array.shape != (count,) or array.dtype.kind not in "iu":
        message = (
            f"uncertainty: blocks takes {count} whole numbers, one a point, as design.blocks; got shape "
            f"{array.shape} of type {array.dtype}"
        )
        raise AnalysisError(message)
    return array.astype(np.int64)


def _label(statistic: str, at: float) -> str:
    if statistic == "quantile":
        return f"quantile {at:g}"
    return f"P(> {at:g})" if statistic == "exceedance" else statistic
