"""How many replications: from a pilot, by the precision of means, the stability of spread, or power."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.analysis.noise import replicated
from mesa_doe.analysis.variation import ROUNDING
from mesa_doe.errors import AnalysisError, counted, warn

__all__ = ["Recommendation", "by_cv", "by_power", "by_precision", "recommend_replications"]

FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

#: What asks for more is taken for out of reach.
_MOST = 10**9
#: Of a mean nearer to zero than so many standard errors, relative figures are chance.
_NEAR_ZERO = 2.0


@dataclass(frozen=True, eq=False, repr=False)
class Recommendation:
    """How many replications, why, and from what.

    Parameters
    ----------
    by : {"precision", "cv", "power"}
    replications : int or None
        Of each design point; None where no number was found, which ``reading`` explains.
    reading : str
        What the number means, in words.
    formula, source : str
        By what, and whose.
    figures : mapping
        The options, and what was computed on the way.
    points : DataFrame
        One row a point of the pilot that was used, index ``point``: ``runs``, ``mean``, ``std`` and the
        ``replications`` that it alone would ask for (missing where no number was found).
    warnings : tuple of str
        What makes the number doubtful.

    Examples
    --------
    >>> by_power(cohen_f=0.25, settings=2, power=0.8, alpha=0.05).replications
    64
    """

    by: str
    replications: int | None
    reading: str
    formula: str
    source: str
    figures: Mapping[str, Any]
    points: pd.DataFrame = field(default_factory=pd.DataFrame)
    warnings: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row a point of the pilot, as :attr:`points` but a copy.

        Returns
        -------
        DataFrame
        """
        return self.points.copy()

    def __repr__(self) -> str:
        count = "not reached" if self.replications is None else f"{self.replications:,}"
        lines = [f"replications by {self.by}: {count}", self.reading, f"{self.formula} ({self.source})"]
        return "\n".join([*lines, *(f"Note: {said}" for said in self.warnings)])


@dataclass(frozen=True)
class _Pilot:
    """Runs of one output: mean and spread of each point that has two or more."""

    values: FloatArray
    points: Any
    runs: Any
    means: FloatArray
    stds: FloatArray
    said: list[str]

    def frame(self, needed: FloatArray, **more: Any) -> pd.DataFrame:
        columns = {"runs": self.runs, "mean": self.means, "std": self.stds, **more}
        index = pd.Index(self.points, name="point")
        return pd.DataFrame({**columns, "replications": _whole(needed)}, index=index)

    def near_zero(self) -> list[int]:
        """Return points whose mean cannot be told from zero."""
        near = (self.stds > 0) & (np.abs(self.means) <= _NEAR_ZERO * self.stds / np.sqrt(self.runs))
        return [int(point) for point in self.points[near]]


def recommend_replications(
    pilot: Any, *, by: Literal["precision", "cv", "power"] = "precision", **options: Any
) -> Recommendation:
    """Recommend a number of replications from a pilot.

    Parameters
    ----------
    pilot : array_like (points, replications) or (replications,)
        One output of a few design points, each run some times; NaN where there is no run. None where power
        is asked for a Cohen's f.
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
        message = f"recommend_replications: by takes {', '.join(map(repr, sorted(known)))}, got {by!r}"
        raise AnalysisError(message)
    own = list(inspect.signature(known[by]).parameters)[1:]
    if unknown := sorted(options.keys() - set(own)):
        message = f"replications by {by} take no {', '.join(unknown)}; they take {', '.join(own)}"
        raise AnalysisError(message)
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

    References
    ----------
    Law 2015, Simulation modeling and analysis, 5th edition, section 9.4.1.

    Examples
    --------
    >>> by_precision([4.0, 6.0, 5.0, 5.0, 4.5, 5.5], relative=0.1)
    replications by precision: 11
    the half width of the 95% interval of the mean is at most 0.1 of its size at every point
    min n: t(n-1, 1-α/2)·S/√n ≤ d (Law 2015, section 9.4.1)
    """
    _between("by_precision", "confidence", confidence)
    _between("by_precision", "quantile", quantile)
    if relative is not None and absolute is not None:
        message = f"by_precision takes relative= or absolute=, got both ({relative!r} and {absolute!r})"
        raise AnalysisError(message)
    if relative is None and absolute is None:
        relative = 0.05
    _positive(
        "by_precision",
        "absolute" if relative is None else "relative",
        absolute if relative is None else relative,
    )
    runs = _read(pilot, "by_precision")
    wanted = np.full(len(runs.means), absolute, float) if relative is None else relative * np.abs(runs.means)
    degrees = runs.runs - 1
    needed = _for_width(runs.stds, wanted, confidence)
    high = _for_width(runs.stds * np.sqrt(degrees / _chi2(0.5 - confidence / 2, degrees)), wanted, confidence)
    half = _t(0.5 + confidence / 2, degrees) * runs.stds / np.sqrt(runs.runs)
    frame = runs.frame(needed, half_width=half, replications_high=_whole(high))
    said = [*runs.said]
    if relative is not None and (near := runs.near_zero()):
        said.append(
            f"the mean of points {_some(near)} cannot be told from zero, so a share of it is no measure: "
            "use absolute="
        )
    width = f"{relative:g} of its size" if relative is not None else f"{absolute:g} in units of the output"
    reading = (
        f"the half width of the {100 * confidence:g}% interval of the mean is at most {width} at every point"
    )
    figures = {"relative": relative, "absolute": absolute, "confidence": confidence}
    return _recommended(
        "precision",
        runs,
        needed,
        frame,
        said,
        quantile=quantile,
        reading=reading,
        lost=f"no number up to {_MOST:,} brings the half width down to {width} at points",
        formula="min n: t(n-1, 1-α/2)·S/√n ≤ d",
        source="Law 2015, section 9.4.1",
        figures=figures,
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
        If few runs come after the number, or a mean is too near to zero for a coefficient of variation.

    Notes
    -----
    The coefficient of the first n runs is their S over their mean's size. The number is the smallest n from 2
    whose coefficient differs by less than epsilon from that of every larger m, up to the end of the pilot.
    That the spread has settled does not say how well the mean is known: see :func:`by_precision`.

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
    _positive("by_cv", "epsilon", epsilon)
    _between("by_cv", "quantile", quantile)
    runs = _read(pilot, "by_cv")
    needed = np.array([_settles(row[np.isfinite(row)], epsilon) for row in runs.values])
    needed[runs.stds == 0] = 1
    final = np.divide(runs.stds, np.abs(runs.means), out=np.full(len(needed), np.nan), where=runs.means != 0)
    said = [*runs.said]
    if near := runs.near_zero():
        said.append(
            f"the mean of points {_some(near)} cannot be told from zero, so its coefficient of variation "
            "need not settle: use by='precision' with absolute="
        )
    late = runs.points[needed > runs.runs / 2]
    if len(late):
        said.append(
            f"points {_some(late.tolist())} settle in the second half of their runs, so that few come after "
            "to show it: a longer pilot may give more"
        )
    return _recommended(
        "cv",
        runs,
        needed,
        runs.frame(needed, cv=final),
        said,
        quantile=quantile,
        reading=f"beyond it, the coefficient of variation moves by less than {epsilon:g} in the pilot, at "
        "every point",
        lost=f"more than the pilot's {int(runs.runs.max())} runs are needed: the coefficient of variation "
        f"still moves by {epsilon:g} or more at points",
        formula="min n: |cv(n) - cv(m)| < ε for all m > n",
        source="Lorscheid, Heine & Meyer 2012; Lee et al. 2015",
        figures={"epsilon": epsilon},
    )


def by_power(
    pilot: Any = None,
    *,
    effect: float | None = None,
    cohen_f: float | None = None,
    settings: int = 2,
    power: float = 0.95,
    alpha: float = 0.01,
) -> Recommendation:
    """Replications of each of k settings with which a difference between them is found.

    Parameters
    ----------
    pilot : array_like (points, replications) or (replications,), optional
        What the noise is read from; not needed with ``cohen_f``.
    effect : float, optional
        The smallest difference that matters, between the lowest and the highest setting, in units of the
        output; the other settings lie in the middle.
    cohen_f : float, optional
        In its place, the standard deviation of the settings' means over that of the noise.
    settings : int, default 2
        How many are compared. Two make it the two-sided t-test, of Cohen's d = 2f.
    power : float, default 0.95
        With which probability the difference is found.
    alpha : float, default 0.01
        Level of the test.

    Returns
    -------
    Recommendation
        For the noise of all points pooled; ``points`` has what each alone would ask for.

    Raises
    ------
    AnalysisError
        If not just one of ``effect`` and ``cohen_f`` is given, or an option is out of its range.

    Warns
    -----
    MesaDoeWarning
        If the noise of the points differs much, which the test takes as one.

    Notes
    -----
    The smallest n from 2 with P(F(k − 1, k(n − 1); λ = k·n·f²) > F(1 − α)) ≥ power: the F-test of one way, of
    independent runs. For a difference, f = effect/σ·(2k)^−½. The defaults of power and alpha are those that
    Secchi & Seri ask of agent-based models. Far more replications make any difference significant, whether it
    matters or not: report its size.

    References
    ----------
    Cohen 1988, Statistical power analysis, chapter 8; Secchi & Seri 2017, Controlling for false negatives in
    agent-based models; Seri & Secchi 2017, How many times should one run a computational simulation?

    Examples
    --------
    >>> by_power(cohen_f=0.1)
    replications by power: 893
    of each of 2 settings: a test at 0.01 finds Cohen's f = 0.1 with probability 0.950
    min n: P(F(k-1, k(n-1); λ=k·n·f²) > F(1-α)) ≥ power (Secchi & Seri 2017; Seri & Secchi 2017)
    """
    _between("by_power", "power", power)
    _between("by_power", "alpha", alpha)
    if isinstance(settings, bool) or not isinstance(settings, (int, np.integer)) or settings < 2:
        message = f"by_power: settings takes an int from 2, got {settings!r}"
        raise AnalysisError(message)
    if (effect is None) == (cohen_f is None):
        message = f"by_power takes effect= or cohen_f=, one of them, got {effect!r} and {cohen_f!r}"
        raise AnalysisError(message)
    if pilot is None and cohen_f is None:
        message = "by_power: an effect= in units of the output needs a pilot with the noise; or give cohen_f="
        raise AnalysisError(message)
    _positive("by_power", "effect" if cohen_f is None else "cohen_f", effect if cohen_f is None else cohen_f)
    if power <= alpha:
        message = f"by_power: power must be above alpha, got power={power!r}, alpha={alpha!r}"
        raise AnalysisError(message)
    k = int(settings)
    figures: dict[str, Any] = {"settings": k, "power": power, "alpha": alpha}
    formula = "min n: P(F(k-1, k(n-1); λ=k·n·f²) > F(1-α)) ≥ power"
    source = "Secchi & Seri 2017; Seri & Secchi 2017"
    runs = None if pilot is None else _read(pilot, "by_power")
    sigma = None
    if runs is not None:
        degrees = runs.runs - 1
        largest = float(runs.stds.max()) or 1.0  # squares stay finite
        sigma = largest * float(np.sqrt((degrees * (runs.stds / largest) ** 2).sum() / degrees.sum()))
        figures["std"] = sigma
        if sigma == 0:
            return _without_noise("power", runs, formula, source, figures)
    of_range = 1 / np.sqrt(2 * k)
    f = cohen_f if cohen_f is not None else effect / sigma * of_range  # type: ignore[operator]
    if sigma is not None:
        figures["effect"] = f * sigma / of_range
    needed = float(_for_power(np.array([f]), k, power, alpha)[0])
    n = None if np.isnan(needed) else int(needed)
    figures |= {"cohen_f": f, "reached": None if n is None else float(_power(np.array([n]), f, k, alpha)[0])}
    said, frame = [], pd.DataFrame()
    what = f"Cohen's f = {f:.3g}"
    if runs is not None and sigma is not None:
        said += runs.said
        own = np.full(len(runs.stds), needed)
        if effect is not None:
            what = f"a difference of {effect:g} ({what})"
            own = np.ones(len(runs.stds))
            noisy = runs.stds > 0
            own[noisy] = _for_power(effect / runs.stds[noisy] * of_range, k, power, alpha)
        frame = runs.frame(own)
        worst = int(np.argmax(runs.stds))
        figures["most_demanding_point"] = int(runs.points[worst])
        if runs.stds[worst] > 2 * sigma:
            said.append(
                f"the noise of point {runs.points[worst]} is {runs.stds[worst] / sigma:.1f} times that of "
                "all pooled, but the test takes it as one: see points for what each would ask for"
            )
    if n is None:
        reading = f"no number up to {_MOST:,} finds {what} with probability {power:g}"
    else:
        reading = (
            f"of each of {k} settings: a test at {alpha:g} finds {what} with probability "
            f"{figures['reached']:.3f}"
        )
        if runs is not None and runs.runs.min() > n:
            reading += (
                f"; the pilot's {int(runs.runs.min())} find smaller ones too, so judge differences by their "
                "size, not by their p"
            )
    return _finished(Recommendation("power", n, reading, formula, source, figures, frame, tuple(said)))


def _read(pilot: Any, method: str) -> _Pilot:
    raw = pilot if np.ma.isMaskedArray(pilot) else np.asarray(pilot)
    _, values = replicated(raw[None] if raw.ndim == 1 else raw, method)
    if values.shape[2] > 1:
        message = (
            f"{method} takes one output, (points, replications), got {values.shape[2]}: call it for each"
        )
        raise AnalysisError(message)
    values = values[:, :, 0]
    runs = np.isfinite(values).sum(axis=1)
    used = runs >= 2
    said = []
    if not used.any():
        message = (
            f"{method} needs a pilot with replications, but no point has two runs: got shape {values.shape}, "
            f"at most {counted(int(runs.max()), 'run')} a point"
        )
        raise AnalysisError(message)
    if not used.all():
        left = np.flatnonzero(~used).tolist()
        said.append(f"points {_some(left)} have fewer than two runs, and are left out")
    if runs[used].min() < values.shape[1]:
        lost = int((values.shape[1] - runs[used]).sum())
        said.append(f"{counted(lost, 'run')} of the points used have no value, and are left out")
    kept = values[used]
    size = np.maximum(np.nanmax(np.abs(kept), axis=1, keepdims=True), np.finfo(float).tiny)
    shrunk = kept / size  # so that squares stay finite
    means = np.nanmean(shrunk, axis=1, keepdims=True)
    own = np.where(np.abs(shrunk - means) <= ROUNDING, 0.0, shrunk - means)
    stds = np.sqrt(np.nansum(own**2, axis=1) / (runs[used] - 1))
    return _Pilot(kept, np.flatnonzero(used), runs[used], (means * size)[:, 0], stds * size[:, 0], said)


def _recommended(
    by: str,
    runs: _Pilot,
    needed: FloatArray,
    frame: pd.DataFrame,
    said: list[str],
    *,
    quantile: float,
    reading: str,
    lost: str,
    formula: str,
    source: str,
    figures: Mapping[str, Any],
) -> Recommendation:
    """Take the most demanding point; tell which it is, and what a share of the points asks for."""
    figures = dict(figures)
    if not runs.stds.any():
        return _without_noise(by, runs, formula, source, figures)
    asked = np.where(np.isnan(needed), np.inf, needed)
    at = float(np.quantile(asked, quantile, method="inverted_cdf"))
    worst = int(np.argmax(asked))
    figures |= {
        "most_demanding_point": int(runs.points[worst]),
        "quantile": quantile,
        "replications_at_quantile": None if np.isinf(at) else int(at),
        "pilot_runs": (int(runs.runs.min()), int(runs.runs.max())),
    }
    n: int | None = None if np.isinf(asked[worst]) else int(asked[worst])
    if n is None:
        reading = f"{lost} {_some(runs.points[np.isinf(asked)].tolist())}"
    if len(asked) > 1:
        enough = "no number was found" if np.isinf(at) else f"{int(at):,} are enough"
        reading += (
            f"; most demanding is point {runs.points[worst]}, and for {100 * quantile:g}% of points {enough}"
        )
    return _finished(Recommendation(by, n, reading, formula, source, figures, frame, tuple(said)))


def _without_noise(
    by: str, runs: _Pilot, formula: str, source: str, figures: Mapping[str, Any]
) -> Recommendation:
    reading = "the output has no noise: in this pilot all runs of a point gave the same value"
    frame = runs.frame(np.ones(len(runs.stds)))
    return _finished(Recommendation(by, 1, reading, formula, source, figures, frame, tuple(runs.said)))


def _finished(found: Recommendation) -> Recommendation:
    for warning in found.warnings:
        warn(warning)
    return found


def _for_width(stds: FloatArray, wanted: FloatArray, confidence: float) -> FloatArray:
    """Return the least n with t(n - 1)·std/√n ≤ wanted; 1 without noise, NaN where there is none."""
    needed = np.ones(len(stds))
    noisy = stds > 0
    ratio = wanted[noisy] / stds[noisy]
    needed[noisy] = _fewest(
        lambda n: _t(0.5 + confidence / 2, n - 1) / np.sqrt(n) <= ratio, int(np.count_nonzero(noisy))
    )
    return needed


def _for_power(f: FloatArray, k: int, power: float, alpha: float) -> FloatArray:
    return _fewest(lambda n: _power(n, f, k, alpha) >= power, len(f))


def _power(n: Any, f: Any, k: int, alpha: float) -> FloatArray:
    from scipy.special import fdtri, ncfdtr

    n = np.asarray(n, dtype=np.float64)
    # Beyond λ = 1,000 it is 1 in all digits, and the library's sum has too many terms.
    noncentral = np.minimum(k * n * np.asarray(f) ** 2, 1000.0 * k)
    between, within = k - 1, k * (n - 1)
    found: FloatArray = 1 - ncfdtr(between, within, noncentral, fdtri(between, within, 1 - alpha))
    return found


def _fewest(enough: Callable[[FloatArray], Any], count: int) -> FloatArray:
    """Return the least whole number from 2 that is enough, each of many; NaN where none is found."""
    low, high = np.ones(count), np.full(count, 2.0)
    while np.any(short := ~enough(high) & (high < _MOST)):
        low, high = np.where(short, high, low), np.where(short, 2 * high, high)
    found = enough(high) & (high <= 2 * _MOST)
    while np.any(high - low > 1):
        middle = np.floor((low + high) / 2)
        good = enough(middle)
        low, high = np.where(good, low, middle), np.where(good, middle, high)
    return np.where(found & (high <= _MOST), high, np.nan)


def _settles(values: FloatArray, epsilon: float) -> float:
    """Return the n from which on the coefficient of variation stays within epsilon; NaN if none does."""
    if len(values) < 3:
        return np.nan
    size = float(np.abs(values).max()) or 1.0
    mean = float((values / size).mean())
    own = values / size - mean
    n = np.arange(1, len(own) + 1)
    sums, squares = np.cumsum(own), np.cumsum(own**2)
    spread = np.sqrt(np.maximum(squares[1:] - sums[1:] ** 2 / n[1:], 0.0) / (n[1:] - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        cv = spread / np.abs(mean + sums[1:] / n[1:])
        # Largest and smallest of all that come after; NaN and infinity stay in them.
        most = np.maximum.accumulate(cv[::-1])[::-1][1:]
        least = np.minimum.accumulate(cv[::-1])[::-1][1:]
        still = (np.abs(cv[:-1] - most) < epsilon) & (np.abs(cv[:-1] - least) < epsilon)
    return float(np.argmax(still) + 2) if still.any() else np.nan


def _t(share: float, degrees: Any) -> FloatArray:
    from scipy.special import stdtrit

    found: FloatArray = stdtrit(np.asarray(degrees, dtype=np.float64), share)
    return found


def _chi2(share: float, degrees: Any) -> FloatArray:
    from scipy.special import chdtri

    found: FloatArray = chdtri(degrees, 1 - share)
    return found


def _whole(values: FloatArray) -> Any:
    return pd.array([None if np.isnan(value) else int(value) for value in values], dtype="Int64")


def _between(method: str, name: str, value: Any) -> None:
    if isinstance(value, (str, bool)) or value is None or not 0 < value < 1:
        message = f"{method}: {name} takes a number between 0 and 1, got {value!r}"
        raise AnalysisError(message)


def _positive(method: str, name: str, value: Any) -> None:
    if isinstance(value, (str, bool)) or value is None or not 0 < value < np.inf:
        message = f"{method}: {name} takes a number above 0, got {value!r}"
        raise AnalysisError(message)


def _some(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers[:10])) + (", …" if len(numbers) > 10 else "")
