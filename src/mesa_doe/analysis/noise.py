"""How much of an output's variance is the parameters', how much the seed's; outcomes that are words."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.analysis.bootstrap import intervals, percentiles
from mesa_doe.analysis.outputs import Missing, checked_bootstrap
from mesa_doe.analysis.variation import LEAST_SHARE, ROUNDING
from mesa_doe.errors import AnalysisError, counted, warn
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["Tabulation", "VarianceSplit", "replicated", "split_variance", "tabulate"]

FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
IntArray: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
BoolArray: TypeAlias = np.ndarray[Any, np.dtype[np.bool_]]

#: Seed policies under which every replication has noise of its own at every point, or all but so.
_ONE_WAY = ("independent", "block", "factor", None)
#: Of fewer common seeds, the interval of their main effect is too narrow by far.
_FEW_SEEDS = 10
#: Numbers of more values than this are binned.
_MOST_LEVELS = 10


@dataclass(frozen=True, eq=False, repr=False)
class VarianceSplit:
    """The variance of each output by where it comes from.

    Parameters
    ----------
    estimates : DataFrame
        One row an output and source, columns ``output``, ``source`` (``"parameters"``, ``"seed"`` and, under
        common seeds, ``"interaction"``), ``variance``, ``variance_low``, ``variance_high``, ``share``,
        ``share_low``, ``share_high``.
    settings : mapping
        Points and runs used, confidence, resamples and seed policy.
    warnings : tuple of str
        What changes the meaning of the estimates.

    Examples
    --------
    >>> split_variance([[1.0, 1.2], [3.0, 2.9], [5.0, 5.1]]).share("y")["parameters"].round(2)
    np.float64(1.0)
    """

    estimates: pd.DataFrame
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row an output and source, as :attr:`estimates` but a copy.

        Returns
        -------
        DataFrame
        """
        return self.estimates.copy()

    def share(self, output: Any) -> pd.Series[float]:
        """Return the shares of one output.

        Parameters
        ----------
        output : object

        Returns
        -------
        Series, index ``source``
            They sum to 1; NaN where the output is constant.

        Raises
        ------
        AnalysisError
            If there is no such output.
        """
        rows = self.estimates[self.estimates["output"] == output]
        if rows.empty:
            known = ", ".join(map(str, dict.fromkeys(self.estimates["output"])))
            message = f"there is no output {output!r}; there are {known}"
            raise AnalysisError(message)
        shares: pd.Series[float] = rows.set_index("source")["share"]
        return shares

    def __repr__(self) -> str:
        shown = pd.DataFrame(
            {
                "output": self.estimates["output"].map(str),
                "source": self.estimates["source"],
                "variance": self.estimates["variance"].map("{:.4g}".format),
                "share": [
                    "nan" if np.isnan(share) else f"{share:.3f} [{low:.3f}, {high:.3f}]"
                    for share, low, high in self.estimates[["share", "share_low", "share_high"]].to_numpy()
                ],
            }
        )
        return "\n".join([shown.to_string(index=False), *(f"Note: {said}" for said in self.warnings)])


def split_variance(
    y: Any,
    *,
    names: Sequence[Any] | None = None,
    confidence: float = 0.95,
    seed_policy: str | None = None,
    resamples: int = 1000,
    rng: RNG = 0,
) -> VarianceSplit:
    """Split the variance of each output into that between design points and that between their replications.

    Parameters
    ----------
    y : array_like (points, replications) or (points, replications, outputs)
        NaN where there is no run: points may have unequal numbers of replications.
    names : sequence, optional
        Of the outputs.
    confidence : float, default 0.95
        Level of the percentile intervals.
    seed_policy : str, optional
        How the runs were seeded. Under ``"common"`` replication j has the same seed at every point, and what
        that seed does to all points alike (``"seed"``) is told from what it does to each (``"interaction"``).
    resamples : int, default 1000
        Bootstrap resamples of whole points, and of seeds where they are common; at least 100.
    rng : int, SeedSequence or Generator, default 0
        Of the bootstrap.

    Returns
    -------
    VarianceSplit

    Raises
    ------
    AnalysisError
        If there are fewer than two points, or no point was replicated.

    Warns
    -----
    MesaDoeWarning
        If the parameters have no share, an estimate was negative and is taken as 0, an output is constant,
        or runs are missing.

    Notes
    -----
    The method of moments in the random-effects layout. One way, of a points with n_i runs, N in all: within
    points MSW = Σ(n_i − 1)s_i²/(N − a), between points (MSB − MSW)/n0 with n0 = (N − Σn_i²/N)/(a − 1). Two
    ways, of r common seeds: interaction MSE, parameters (MSA − MSE)/r, seed (MSS − MSE)/a; a point that
    lacks a run is left out, and what noise there is beside the seed counts as interaction.

    A resample takes (a − 1)/a of the variance between what is drawn, and where both points and seeds are
    drawn it adds the interaction once more; both are put right. Percentile intervals of a variance are too
    narrow where little is drawn: of normal effects, those of level 0.95 held the truth in 0.93 of trials with
    100 points and 0.92 with 40, and that of the seed in 0.89 with 25 common seeds and 0.85 with 10; that of
    the interaction is wider than need be. Seeds that are shared within blocks change the one-way answer by
    the order of one over the number of blocks.

    References
    ----------
    Searle, Casella & McCulloch 1992, Variance components, chapter 3 and section 4.3; bootstrap of two ways:
    Owen 2007, The pigeonhole bootstrap.

    Examples
    --------
    >>> noise = np.random.default_rng(1).normal(size=(200, 10))
    >>> split_variance(np.linspace(0, 6, 200)[:, None] + noise, seed_policy="independent")
    output     source variance                share
         y parameters    3.208 0.759 [0.729, 0.783]
         y       seed     1.02 0.241 [0.217, 0.271]
    """
    resamples, confidence = checked_bootstrap("split_variance", resamples, confidence)
    if seed_policy not in (*_ONE_WAY, "common"):
        message = (
            f"split_variance: seed_policy takes 'independent', 'common', 'block', 'factor' or None, got "
            f"{seed_policy!r}"
        )
        if seed_policy == "fixed":
            message += ": under it all replications of a point are the same run"
        raise AnalysisError(message)
    outputs, values = replicated(y, "split_variance", names)
    common = seed_policy == "common"
    values, said = _present(values, whole=common)
    entropy = root_entropy(rng)
    scaled, scale, size = _scaled(values)
    split = _two_way if common else _one_way
    raw, low, high = split(scaled, ROUNDING * size / scale, resamples, confidence, entropy)
    sources = ["parameters", "seed", "interaction"] if common else ["parameters", "seed"]
    k = len(sources)
    variances = np.maximum(raw, 0.0)
    with np.errstate(invalid="ignore"):  # of a constant output there is nothing to share
        shares = variances / variances.sum(axis=1, keepdims=True)
    said += _said(outputs, sources, raw, shares, scale)
    if common and values.shape[1] < _FEW_SEEDS:
        said.append(
            f"the seed's share rests on {values.shape[1]} common seeds: of fewer than {_FEW_SEEDS}, its "
            "interval is too narrow"
        )
    for warning in said:
        warn(warning)
    unit = scale[:, None]
    columns = {
        "variance": variances * unit * unit,
        "variance_low": low[:, :k] * unit * unit,
        "variance_high": high[:, :k] * unit * unit,
        "share": shares,
        "share_low": low[:, k:],
        "share_high": high[:, k:],
    }
    frame = pd.DataFrame(
        {
            "output": [name for name in outputs for _ in sources],
            "source": sources * len(outputs),
            **{name: column.ravel() for name, column in columns.items()},
        }
    )
    settings = {
        "points": len(values),
        "runs": int(np.isfinite(values).all(axis=2).sum()),
        "confidence": confidence,
        "resamples": resamples,
        "seed_policy": seed_policy,
    }
    return VarianceSplit(frame, settings, tuple(said))


def replicated(y: Any, method: str, names: Sequence[Any] | None = None) -> tuple[list[Any], FloatArray]:
    """Check outputs of replicated points.

    Parameters
    ----------
    y : array_like (points, replications) or (points, replications, outputs)
        NaN, or masked, where there is no run.
    method : str
        Of whom, for messages.
    names : sequence, optional
        Of the outputs; by default ``y``, or ``y0``, ``y1``, ….

    Returns
    -------
    names : list
    values : ndarray (points, replications, outputs)
        A copy.

    Raises
    ------
    AnalysisError
        If the shape is another, values are no real numbers or infinite, or names do not fit.

    Examples
    --------
    >>> replicated([1, 2, 3], "split_variance")
    Traceback (most recent call last):
    mesa_doe.errors.AnalysisError: split_variance needs y of shape (points, replications) or (points, ...
    """
    raw = y if np.ma.isMaskedArray(y) else np.asarray(y)
    if raw.dtype.kind == "O" and not any(isinstance(value, (str, bytes, complex)) for value in raw.flat):
        with contextlib.suppress(TypeError, ValueError):  # told below
            raw = raw.astype(np.float64)
    if raw.dtype.kind not in "biuf":
        message = (
            f"{method} needs real numbers as outputs, got values of type {raw.dtype}; "
            "tabulate counts outcomes that are words"
        )
        raise AnalysisError(message)
    if raw.ndim not in (2, 3) or raw.size == 0:
        message = (
            f"{method} needs y of shape (points, replications) or (points, replications, outputs), got "
            f"{raw.shape}"
        )
        raise AnalysisError(message)
    floats = raw.astype(np.float64)
    values: FloatArray = np.ma.filled(floats, np.nan).reshape(*raw.shape[:2], -1)
    if np.isinf(values).any():
        where = np.flatnonzero(np.isinf(values).any(axis=(1, 2)))
        told = ", ".join(map(str, where[:10].tolist())) + (", …" if len(where) > 10 else "")
        message = f"{method} needs finite values, but points {told} have infinite ones: use NaN for no run"
        raise AnalysisError(message)
    count = values.shape[2]
    outputs = list(names) if names is not None else ["y"] if count == 1 else [f"y{k}" for k in range(count)]
    if len(outputs) != count or len(set(outputs)) < count:
        told = ", ".join(map(str, outputs))
        message = f"{method} needs a name of its own for each of {counted(count, 'output')}, got {told}"
        raise AnalysisError(message)
    return outputs, values


def _present(values: FloatArray, *, whole: bool) -> tuple[FloatArray, list[str]]:
    """Leave out points without a run, or (of a whole layout) those that lack one; say so."""
    # A run that lacks one output is no run.
    have: BoolArray = np.asarray(np.isfinite(values).all(axis=2))
    kept: BoolArray = np.asarray(have.all(axis=1) if whole else have.any(axis=1))
    said = []
    if not have.all():
        left = f"{counted(int(np.count_nonzero(~have)), 'run')} of {have.size} have no value"
        lost = int(np.count_nonzero(~kept))
        why = "lack one" if whole else "lack all"
        out = f", and {counted(lost, 'point')} of {len(kept)} that {why} are left out" if lost else ""
        said.append(left + out)
    runs = have[kept].sum(axis=1)
    if len(runs) < 2 or runs.max() < 2:
        message = (
            f"split_variance needs two points or more, and replications of them; {len(runs)} of {len(kept)} "
            f"points can be used, with at most {counted(int(runs.max(initial=0)), 'run')} each: run with "
            "replications=2 or more"
        )
        raise AnalysisError(message)
    return np.where(have[:, :, None], values, np.nan)[kept], said


def _scaled(values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return outputs as deviations of at most one, what they were divided by, and their largest values."""
    size = np.maximum(np.nanmax(np.abs(values), axis=(0, 1)), np.finfo(float).tiny)
    shrunk = values / size
    centred = shrunk - np.nanmean(shrunk, axis=(0, 1))
    largest = np.nanmax(np.abs(centred), axis=(0, 1))
    spread = np.where(largest > ROUNDING, largest, 1.0)
    return centred / spread, spread * size, size


def _settled(deviations: FloatArray, rounding: FloatArray) -> FloatArray:
    """Set deviations that may be rounding to zero: an output without noise has none at all."""
    return np.where(np.abs(deviations) <= rounding, 0.0, deviations)


def _one_way(
    values: FloatArray, rounding: FloatArray, resamples: int, confidence: float, entropy: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return variances (outputs, 2), and the intervals of variances and shares (outputs, 4)."""
    have = np.isfinite(values)
    runs = have.sum(axis=1).astype(np.float64)
    means = np.where(have, values, 0.0).sum(axis=1) / runs
    own = np.where(have, _settled(values - means[:, None], rounding), 0.0)
    centred = _settled(means - (runs * means).sum(axis=0) / runs.sum(axis=0), rounding)
    products = np.stack([runs, runs**2, runs * centred, runs * centred**2, (own**2).sum(axis=1)], axis=-1)
    points = len(values)

    def moments(sums: FloatArray, lost: float) -> FloatArray:
        n, squares, sum_, sum_of_squares, of_own = np.moveaxis(sums, -1, 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            within = np.where(n > points, of_own / (n - points), np.nan)
            mean_square = np.maximum(sum_of_squares - sum_**2 / n, 0.0) / (points - 1) / lost
            between = (mean_square - within) / ((n - squares / n) / (points - 1))
        return np.stack([between, within], axis=-1)

    estimate = moments(products.sum(axis=0), 1.0)
    low, high, _ = intervals(
        products,
        lambda means: _with_shares(moments(points * means, (points - 1) / points)),
        resamples,
        confidence,
        entropy,
    )
    return estimate, low, high


def _two_way(
    values: FloatArray, rounding: FloatArray, resamples: int, confidence: float, entropy: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return variances (outputs, 3), and the intervals of variances and shares (outputs, 6)."""
    a, r, _ = values.shape  # points, seeds
    rows, columns = values.mean(axis=1), values.mean(axis=0)
    mean = values.mean(axis=(0, 1))
    rest = _settled(values - rows[:, None] - columns + mean, 4 * rounding)
    rows, columns = _settled(rows - mean, rounding), _settled(columns - mean, rounding)
    # Rebuilt from its parts, so that what is no more than rounding is gone from resamples too.
    layout = np.ascontiguousarray(np.moveaxis(rows[:, None] + columns + rest, -1, 0))
    squared = layout**2
    generator = np.random.default_rng(entropy)

    def mean_squares(of_points: FloatArray, of_seeds: FloatArray) -> FloatArray:
        by_point, by_seed = layout @ of_seeds / r, of_points @ layout / a
        middle = (by_point @ of_points / a)[:, None]
        points = r * ((by_point - middle) ** 2) @ of_points
        seeds = a * ((by_seed - middle) ** 2) @ of_seeds
        total = squared @ of_seeds @ of_points - a * r * middle[:, 0] ** 2
        left = np.maximum(total - points - seeds, 0.0)
        return np.stack([points / (a - 1), seeds / (r - 1), left / ((a - 1) * (r - 1))], axis=-1)

    def components(squares: FloatArray) -> FloatArray:
        points, seeds, both = np.moveaxis(squares, -1, 0)
        return np.stack([(points - both) / r, (seeds - both) / a, both], axis=-1)

    found = np.stack(
        [
            r * (rows**2).sum(axis=0) / (a - 1),
            a * (columns**2).sum(axis=0) / (r - 1),
            (rest**2).sum(axis=(0, 1)) / ((a - 1) * (r - 1)),
        ],
        axis=-1,
    )
    kept_a, kept_r = (a - 1) / a, (r - 1) / r
    drawn = np.empty((resamples, *found.shape))
    for k in range(resamples):
        of_points = np.bincount(generator.integers(a, size=a), minlength=a).astype(np.float64)
        of_seeds = np.bincount(generator.integers(r, size=r), minlength=r).astype(np.float64)
        points, seeds, both = mean_squares(of_points, of_seeds).T
        drawn[k] = np.stack(
            [(points - both) / kept_a, (seeds - both) / kept_r, both / (kept_a * kept_r)], axis=-1
        )
    low, high, _ = percentiles(_with_shares(components(drawn)), confidence)
    return components(found), low, high


def _with_shares(variances: FloatArray) -> FloatArray:
    """Cut variances at zero, and append their shares."""
    cut = np.maximum(variances, 0.0)
    with np.errstate(invalid="ignore"):
        return np.concatenate([cut, cut / cut.sum(axis=-1, keepdims=True)], axis=-1)


def _said(
    outputs: list[Any], sources: list[str], raw: FloatArray, shares: FloatArray, scale: FloatArray
) -> list[str]:
    said = []
    for k, name in enumerate(outputs):
        if not np.any(raw[k]):
            said.append(f"output {name!r} is the same in every run: there is no variance to split")
            continue
        for source, variance in zip(sources, raw[k], strict=True):
            if variance < 0:
                said.append(
                    f"output {name!r}: the variance of the {source} comes out negative "
                    f"({variance * scale[k] ** 2:.2g}), as noise makes it where there is next to none; it "
                    "is taken as 0"
                )
        if shares[k, 0] < LEAST_SHARE:
            said.append(
                f"output {name!r} is without variance between design points: the parameters' share is "
                f"{shares[k, 0]:.4f}, so its sensitivity indices describe noise; use wider axes or another "
                "output"
            )
    return said


@dataclass(frozen=True, eq=False, repr=False)
class Tabulation:
    """An outcome in words, by the levels of each factor.

    Parameters
    ----------
    shares : DataFrame
        One row a factor, level and category: ``factor``, ``level`` (of a number with many values an interval
        in text), ``category``, ``count``, ``runs`` (at the level), ``share``, ``low``, ``high``.
    association : DataFrame
        One row a factor: ``factor``, ``cramers_v``, ``chi2``, ``dof``, ``p``.
    categories : tuple
        The outcomes, in order.
    warnings : tuple of str
        What changes the meaning of the figures.

    Examples
    --------
    >>> tabulate(["a", "b", "a", "b"] * 5, {"x": [1, 2, 1, 2] * 5})
    outcome by x (Cramér's V 1.000, p 7.7e-06)
    level  runs                    a                    b
        1    10 1.000 [0.722, 1.000] 0.000 [0.000, 0.278]
        2    10 0.000 [0.000, 0.278] 1.000 [0.722, 1.000]
    """

    shares: pd.DataFrame
    association: pd.DataFrame
    categories: tuple[Any, ...]
    warnings: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row a factor, level and category, as :attr:`shares` but a copy.

        Returns
        -------
        DataFrame
        """
        return self.shares.copy()

    def table(self, factor: str) -> pd.DataFrame:
        """Return the shares of one factor, a row a level and a column a category.

        Parameters
        ----------
        factor : str

        Returns
        -------
        DataFrame

        Raises
        ------
        AnalysisError
            If there is no such factor.
        """
        rows = self.shares[self.shares["factor"] == factor]
        if rows.empty:
            known = ", ".join(map(str, self.association["factor"]))
            message = f"there is no factor {factor!r}; there are {known}"
            raise AnalysisError(message)
        levels = list(rows["level"])[:: len(self.categories)]
        return pd.DataFrame(
            rows["share"].to_numpy().reshape(len(levels), -1),
            index=pd.Index(levels, dtype=object, name="level", tupleize_cols=False),
            columns=pd.Index(self.categories, dtype=object, tupleize_cols=False),
        )

    def __repr__(self) -> str:
        parts = []
        for factor, v, p in self.association[["factor", "cramers_v", "p"]].itertuples(index=False):
            rows = self.shares[self.shares["factor"] == factor]
            wide = self.table(factor)
            cells = np.array(
                [f"{s:.3f} [{a:.3f}, {b:.3f}]" for s, a, b in rows[["share", "low", "high"]].to_numpy()]
            ).reshape(wide.shape)
            text = pd.DataFrame(cells, columns=wide.columns)
            text.insert(0, "runs", rows["runs"].to_numpy()[:: wide.shape[1]], allow_duplicates=True)
            text.insert(0, "level", [str(level) for level in wide.index], allow_duplicates=True)
            head = f"outcome by {factor} (Cramér's V {v:.3f}, p {p:.2g})"
            parts.append(f"{head}\n{text.to_string(index=False)}")
        return "\n\n".join([*parts, *(f"Note: {said}" for said in self.warnings)])


def tabulate(
    categories: Any,
    factor_levels: Any,
    *,
    bins: int = 5,
    confidence: float = 0.95,
    missing: Missing = "raise",
) -> Tabulation:
    """Count an outcome in words at each level of each factor.

    Parameters
    ----------
    categories : sequence (runs,)
        The outcome of each run: text, booleans or anything that can be told apart; missing where it has none.
    factor_levels : DataFrame or mapping of sequences (runs,)
        The parameters of the same runs, a column a factor. Numbers with more than 10 values are binned.
    bins : int, default 5
        Of about as many runs each.
    confidence : float, default 0.95
        Level of Wilson's intervals.
    missing : {"raise", "drop"}, default "raise"
        Where a run has no outcome: name it, or leave it out and say so.

    Returns
    -------
    Tabulation

    Raises
    ------
    AnalysisError
        If lengths differ, an outcome is missing, or an option is wrong.

    Warns
    -----
    MesaDoeWarning
        If counts are too small for the chi-squared p, runs of one point are replications, or runs were
        left out.

    Notes
    -----
    A category is no number, so its share is counted at each level, and nothing is averaged. Cramér's V is
    (χ²/(N(min(rows, columns) − 1)))^½ without correction: of few runs it is above 0 though there is nothing.
    Intervals and p take runs as independent: replications of one point share its other factors, too, so
    that they hold too little doubt; the warning says where that is.

    References
    ----------
    Wilson 1927; Cramér 1946, Mathematical methods of statistics, section 21.9; small counts: Cochran 1954.

    Examples
    --------
    >>> found = tabulate(["rich", "poor", "rich", "rich"] * 10, {"tax": [0, 1, 0, 1] * 10})
    >>> found.table("tax").loc[1].tolist()
    [0.5, 0.5]
    """
    _, confidence = checked_bootstrap("tabulate", 100, confidence)
    if isinstance(bins, bool) or not isinstance(bins, (int, np.integer)) or bins < 2:
        message = f"tabulate: bins takes an int from 2, got {bins!r}"
        raise AnalysisError(message)
    outcomes, factors, said = _checked_outcomes(categories, factor_levels, missing)
    codes, names = _coded(outcomes)
    if len(names) == 1:
        said.append(f"every run has the outcome {names[0]!r}: no factor can be told to matter")
    tables, associations = [], []
    sparse = []
    for factor, column in factors.items():
        of_level, levels = _binned(column, int(bins))
        counts = np.zeros((len(levels), len(names)), dtype=np.int64)
        np.add.at(counts, (of_level, codes), 1)
        tables.append(_shares(str(factor), levels, names, counts, confidence))
        associations.append({"factor": str(factor), **_association(counts)})
        expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
        if min(counts.shape) > 1 and (expected < 5).mean() > 0.2:
            sparse.append(str(factor))
    if sparse:
        said.append(
            f"too few runs for the chi-squared p of {', '.join(sparse)}: of more than a fifth of the cells "
            "fewer than 5 are expected"
        )
    _, points = _coded(pd.Series(list(map(repr, factors.itertuples(index=False, name=None)))))
    if len(points) < len(factors) and factors.shape[1] > 1:
        said.append(
            f"{len(factors)} runs are of {len(points)} points: replications share all factors, so intervals "
            "are too narrow and p too small where other factors matter"
        )
    for warning in said:
        warn(warning)
    return Tabulation(
        pd.concat(tables, ignore_index=True), pd.DataFrame(associations), tuple(names), tuple(said)
    )


def _checked_outcomes(
    categories: Any, factor_levels: Any, missing: str
) -> tuple[pd.Series[Any], pd.DataFrame, list[str]]:
    if missing not in ("raise", "drop"):
        message = f"missing takes 'raise' or 'drop', got {missing!r}"
        raise AnalysisError(message)
    factors = factor_levels if isinstance(factor_levels, pd.DataFrame) else pd.DataFrame(factor_levels)
    outcomes = categories if isinstance(categories, pd.Series) else pd.Series(list(categories), dtype=object)
    if len(outcomes) != len(factors) or factors.empty:
        message = (
            "tabulate needs one outcome a run and at least one factor, got "
            f"{counted(len(outcomes), 'outcome')} and factors of shape {factors.shape}"
        )
        raise AnalysisError(message)
    both = isinstance(categories, pd.Series) and isinstance(factor_levels, pd.DataFrame)
    if both and not outcomes.index.equals(factors.index):
        message = "tabulate: the outcomes and the factors have another index; use .loc[outcomes.index]"
        raise AnalysisError(message)
    lost = outcomes.isna().to_numpy()
    if not lost.any():
        return outcomes, factors, []
    where = list(map(str, outcomes.index[lost][:10].tolist())) + (["…"] if lost.sum() > 10 else [])
    if missing == "raise" or lost.all():
        message = (
            f"tabulate: {int(lost.sum())} of {counted(len(lost), 'run')} have no outcome: "
            f"{', '.join(where)}. Look at results.failures; or leave them out with missing='drop'"
        )
        raise AnalysisError(message)
    said = f"left out, since they have no outcome: {counted(int(lost.sum()), 'run')} ({', '.join(where)})"
    return outcomes[~lost], factors[~lost], [said]


def _coded(values: pd.Series[Any]) -> tuple[IntArray, list[Any]]:
    """Return the code of each value, and the values in order; levels keep their objects."""
    plain = [value.item() if isinstance(value, np.generic) else value for value in values]
    keys = []
    for value in plain:
        try:
            hash(value)
        except TypeError:
            keys.append((type(value), repr(value)))
        else:
            keys.append((type(value), value))  # True is not 1
    own = dict(zip(keys, plain, strict=True))
    order = list(own)
    with contextlib.suppress(TypeError):  # what has no order stays as it comes
        order.sort(key=lambda key: own[key])
    place = {key: k for k, key in enumerate(order)}
    return np.array([place[key] for key in keys], dtype=np.int64), [own[key] for key in order]


def _binned(column: pd.Series[Any], bins: int) -> tuple[IntArray, list[Any]]:
    if column.dtype.kind not in "iuf" or column.nunique() <= _MOST_LEVELS:
        return _coded(column)
    values = column.to_numpy()
    ends = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)))
    codes = np.clip(np.searchsorted(ends, values, side="right") - 1, 0, len(ends) - 2)
    last = len(ends) - 2
    levels = [
        f"[{low:.4g}, {high:.4g}{']' if k == last else ')'}"
        for k, (low, high) in enumerate(itertools.pairwise(ends.tolist()))
    ]
    kept, codes = np.unique(codes, return_inverse=True)  # quantiles of repeated values leave bins empty
    return codes.astype(np.int64), [levels[k] for k in kept]


def _shares(
    factor: str,
    levels: list[Any],
    names: list[Any],
    counts: IntArray,
    confidence: float,
) -> pd.DataFrame:
    from scipy.special import ndtri

    runs = np.repeat(counts.sum(axis=1, keepdims=True), len(names), axis=1)
    share = counts / runs
    z = float(ndtri(0.5 + confidence / 2))
    middle = (share + z**2 / (2 * runs)) / (1 + z**2 / runs)
    half = z / (1 + z**2 / runs) * np.sqrt(share * (1 - share) / runs + z**2 / (4 * runs**2))
    return pd.DataFrame(
        {
            "factor": factor,
            "level": pd.Series([level for level in levels for _ in names], dtype=object),
            "category": pd.Series(names * len(levels), dtype=object),
            "count": counts.ravel(),
            "runs": runs.ravel(),
            "share": share.ravel(),
            # Wilson's ends are 0 and 1 exactly where no run, or every run, has the outcome.
            "low": np.where(counts == 0, 0.0, middle - half).ravel(),
            "high": np.where(counts == runs, 1.0, middle + half).ravel(),
        }
    )


def _association(counts: IntArray) -> dict[str, float]:
    from scipy.special import chdtrc

    least = min(counts.shape) - 1
    if least == 0:
        return {"cramers_v": np.nan, "chi2": np.nan, "dof": 0, "p": np.nan}
    total = counts.sum()
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / total
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    dof = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return {
        "cramers_v": float(np.sqrt(chi2 / (total * least))),
        "chi2": chi2,
        "dof": dof,
        "p": float(chdtrc(dof, chi2)),
    }
