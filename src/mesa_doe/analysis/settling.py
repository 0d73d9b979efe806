"""How far estimates have settled as a sample grows: the widest interval, and how far ranks move."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe import plots
from mesa_doe._optional import require
from mesa_doe.analysis.dummy import of_dummy
from mesa_doe.analysis.options import checked_positive, one_of
from mesa_doe.analysis.rare_events import told_by_few
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.shown import as_html, notes_of
from mesa_doe.arrays import FloatArray
from mesa_doe.errors import AnalysisError, counted

__all__ = ["Convergence", "converged", "criteria_of", "ranks_moved"]

_CRITERIA = ("indices", "ranking", "screening")
# Outputs that are written out.
_MOST_SHOWN = 5
_KEYS = ["output", "measure", "factor", "partner"]
# Of pairs of halves, as in the paper.
_QUANTILE = 0.95


@dataclass(frozen=True, eq=False, repr=False)
class Convergence:
    """What an analysis finds on the growing beginnings of a design, and how far it has settled.

    Parameters
    ----------
    results : mapping of int to SensitivityResult
        By size, from the smallest.
    criteria : DataFrame
        One row an output, size and measure: columns ``output``, ``size``, ``runs``, ``measure``, and
        ``indices`` (the widest interval), ``ranking`` (ranks by which a factor moves) and ``screening`` (the
        widest interval of a factor that may be below the threshold). NaN where it cannot be told.
    unit : {"blocks", "points"}
        What ``size`` counts.
    settings : mapping
        ``threshold``, ``halves``, ``relative``.
    warnings : tuple of str
        Those of the analysis of the whole design, and the sizes left out.

    Examples
    --------
    >>> frame = pd.DataFrame({"output": ["y"], "size": [64], "runs": [256], "measure": ["ST"],
    ...                       "indices": [0.2], "ranking": [0.1], "screening": [0.04]})
    >>> Convergence({}, frame, "blocks")
    convergence of 'y'
    blocks  runs measure  indices  ranking  screening
        64   256      ST    0.200    0.100      0.040
    """

    results: Mapping[int, SensitivityResult]
    criteria: pd.DataFrame
    unit: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def outputs(self) -> list[Any]:
        """The outputs analysed, in order."""
        return list(dict.fromkeys(self.criteria["output"]))

    def to_frame(self) -> pd.DataFrame:
        """Return all estimates, one row an output, size, measure and factor.

        Returns
        -------
        DataFrame
            Columns ``output``, ``size``, ``runs``, ``measure``, ``factor``, ``partner``, ``estimate``,
            ``low``, ``high``.
        """
        runs = dict(zip(self.criteria["size"], self.criteria["runs"], strict=True))
        parts = []
        for size, result in self.results.items():
            rows = result.to_frame()
            rows.insert(1, "size", size)
            rows.insert(2, "runs", runs[size])
            parts.append(rows)
        rows = pd.concat(parts, ignore_index=True)
        place = {name: k for k, name in enumerate(self.outputs)}
        return rows.sort_values(
            "output", key=lambda names: names.map(place), kind="stable", ignore_index=True
        )

    def to_xarray(self) -> Any:
        """Return all estimates as labelled arrays.

        Returns
        -------
        xarray.Dataset
            As :meth:`SensitivityResult.to_xarray <mesa_doe.SensitivityResult.to_xarray>`, with the dimension
            ``size`` before the others; ``runs`` is a coordinate of it.

        Raises
        ------
        MissingDependencyError
            If xarray is not installed.

        Examples
        --------
        >>> from mesa_doe.analysis import convergence, sobol
        >>> from mesa_doe.samplers import sobol as sample
        >>> from mesa_doe.space import ParameterSpace, Real
        >>> design = sample(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 32, rng=1)
        >>> found = convergence(design, design.points["a"], analysis=sobol, halves=2, resamples=100)
        >>> found.to_xarray()["runs"].dims
        ('size',)
        """
        xarray = require("xarray", extra="xarray")
        runs = dict(zip(self.criteria["size"], self.criteria["runs"], strict=True))
        sizes = pd.Index(list(self.results), name="size")
        joined = xarray.concat(
            [result.to_xarray() for result in self.results.values()], dim=sizes, data_vars="all", join="outer"
        )
        return joined.assign_coords(runs=("size", [runs[size] for size in self.results]))

    def plot(self, ax: Any = None, *, output: Any = None, measure: str | None = None) -> Any:
        """Draw each factor's estimate over the size of the sample, with its interval.

        Parameters
        ----------
        ax : matplotlib Axes, optional
        output : object, optional
            Which output; needed where there are several.
        measure : str, optional
            Which measure; the last of those judged by default, such as ``"ST"``.

        Returns
        -------
        matplotlib Axes
        """
        output = one_of("output", output, self.outputs)
        measure = self.criteria["measure"].iloc[-1] if measure is None else measure
        rows = self.to_frame()
        rows = rows[(rows["output"] == output) & (rows["partner"] == "")]
        return plots.convergence(rows, ax, measure=measure, xlabel=self.unit)

    def __repr__(self) -> str:
        parts = [
            f"{title}\n{rows.to_string(index=False, float_format='{:.3f}'.format)}"
            for title, rows in self._shown
        ]
        return "\n\n".join([*parts, *self._said])

    def _repr_html_(self) -> str:
        return as_html(self._shown, self._said)

    @property
    def _shown(self) -> list[tuple[str, pd.DataFrame]]:
        rows = self.criteria.rename(columns={"size": self.unit})
        return [
            (f"convergence of {output!r}", rows[rows["output"] == output].drop(columns="output"))
            for output in self.outputs[:_MOST_SHOWN]
        ]

    @property
    def _said(self) -> list[str]:
        left = len(self.outputs) - _MOST_SHOWN
        more = [f"… and {counted(left, 'more output')}: criteria has all"] if left > 0 else []
        unknown = self.criteria["indices"].isna().any()
        why = (
            ["NaN: there is no interval, or the output changes at too few points to tell it"]
            if unknown
            else []
        )
        return [*more, *why, *notes_of(self.warnings)]


def criteria_of(
    results: Mapping[int, SensitivityResult],
    halves: Mapping[int, Sequence[SensitivityResult]],
    runs: Mapping[int, int],
    *,
    measures: Sequence[str] | None,
    threshold: float,
    relative: bool,
) -> pd.DataFrame:
    """Return the criteria of each output, measure and size.

    Parameters
    ----------
    results : mapping of int to SensitivityResult
        By size, from the smallest.
    halves : mapping of int to sequence of SensitivityResult
        Of random halves of each size.
    runs : mapping of int to int
        How many each size took.
    measures, threshold, relative
        As of :func:`mesa_doe.analysis.convergence.convergence`.

    Returns
    -------
    DataFrame
        As :attr:`Convergence.criteria`.
    """
    last = results[max(results)]
    keys = last.estimates[_KEYS]
    alone = _of_factors(last).to_numpy()
    groups = last.estimates.groupby(["output", "measure"], sort=False).indices
    places = {key: rows[alone[rows]] for key, rows in groups.items()}
    found = {size: _values(result, keys) for size, result in results.items()}
    redrawn = {size: [_values(half, keys)[:, 0] for half in halves[size]] for size in results}
    whole = found[max(results)][:, 0]
    rows: list[tuple[Any, ...]] = []
    for output in last.outputs:
        for measure in _judged(last, measures):
            here = places[output, measure]
            scale = float(np.abs(whole[here]).max()) if relative else 1.0
            for size in results:
                widest, doubtful = _widths(found[size][here], scale, threshold)
                moved = ranks_moved(np.array(redrawn[size])[:, here]) if redrawn[size] else np.nan
                rows.append((output, size, runs[size], measure, widest, moved, doubtful))
    return pd.DataFrame(rows, columns=["output", "size", "runs", "measure", *_CRITERIA])


def converged(
    result: Convergence | SensitivityResult, *, width: float = 0.05, ranks: float = 0.5
) -> pd.DataFrame:
    """Tell which criteria hold of the whole sample.

    Parameters
    ----------
    result : Convergence or SensitivityResult
        Of the latter, only the width of its intervals can be judged.
    width : float, default 0.05
        The widest interval that is narrow enough, for indices and for screening.
    ranks : float, default 0.5
        Ranking is settled where factors move by less.

    Returns
    -------
    DataFrame of bool
        Index ``output`` and ``measure``; columns ``indices``, and of a Convergence ``ranking`` and
        ``screening``. What cannot be told does not hold: NaN, and what is made of too few points with a rare
        event, of which the analysis warns.

    Raises
    ------
    AnalysisError
        If ``result`` is neither, or ``width`` or ``ranks`` is no number above 0.

    Notes
    -----
    A width of 0.05 is that of Sarrazin et al. 2016. They let ranks move by less than 1, but two factors that
    hold most of the weight come out below 1 even where they change places in every other resample.

    Examples
    --------
    >>> frame = pd.DataFrame({"output": "y", "measure": "S1", "factor": ["a", "b"], "partner": "",
    ...                       "estimate": 0.5, "low": [0.4, 0.5], "high": [0.6, 0.5]})
    >>> converged(SensitivityResult("sobol", frame), width=0.3)["indices"].to_dict()
    {('y', 'S1'): True}
    """
    width = checked_positive("converged", "width", width)
    ranks = checked_positive("converged", "ranks", ranks)
    given: Any = result
    if isinstance(given, Convergence):
        # Sizes differ between outputs where values are missing.
        sizes = given.criteria["size"]
        last = given.criteria[sizes == sizes.groupby(given.criteria["output"]).transform("max")]
        found = last.set_index(["output", "measure"])[list(_CRITERIA)]
        held: pd.DataFrame = found <= width
        held["ranking"] = found["ranking"] < ranks
        return held
    if isinstance(given, SensitivityResult):
        judged = given.estimates["measure"].isin(_judged(given, None))
        rows = given.estimates[judged & _of_factors(given)]
        narrow = (rows["high"] - rows["low"]).le(width) & ~told_by_few(rows, given.settings)
        of_measure = narrow.groupby([rows["output"], rows["measure"]], sort=False)
        return of_measure.all().to_frame("indices")
    raise AnalysisError(f"converged takes a Convergence or a SensitivityResult, got {type(given).__name__}")


def _judged(result: SensitivityResult, measures: Sequence[str] | None) -> list[str]:
    """Return the measures to judge: those asked for, or those drawn."""
    rows = result.estimates
    there = list(dict.fromkeys(rows["measure"]))
    if measures is None:
        alone = list(dict.fromkeys(rows.loc[rows["partner"] == "", "measure"]))
        return [name for name in alone if name in result.plotted] or alone
    several = isinstance(measures, Iterable) and not isinstance(measures, str)
    asked = list(measures) if several else []
    if not asked or any(name not in there for name in asked):
        raise AnalysisError(f"convergence: measures takes some of {there!r}, got {measures!r}")
    return asked


def _of_factors(result: SensitivityResult) -> pd.Series[bool]:
    """Tell which rows are of factors, no dummy; of a measure that only pairs have, which are of pairs."""
    estimates = result.estimates
    alone = estimates["partner"] == ""
    only_pairs = ~alone.groupby(estimates["measure"]).transform("any")
    return (alone | only_pairs) & ~of_dummy(estimates, result.settings)


def _values(result: SensitivityResult, keys: pd.DataFrame) -> FloatArray:
    """Return estimates and the ends of their intervals (rows, 3), in the order of the keys.

    Ends are NaN where too few events tell them.
    """
    frame = result.estimates
    if not frame[_KEYS].equals(keys):  # many times as fast as aligning
        frame = keys.merge(frame, how="left", on=_KEYS)
    values: FloatArray = frame[["estimate", "low", "high"]].to_numpy(dtype=np.float64, copy=True)
    values[told_by_few(frame, result.settings), 1:] = np.nan
    return values


def _widths(values: FloatArray, scale: float, threshold: float) -> tuple[float, float]:
    """Return the widest interval, and the widest of those that reach below the threshold."""
    low, high = values[:, 1], values[:, 2]
    with np.errstate(divide="ignore", invalid="ignore"):  # where all estimates are 0
        widths = (high - low) / scale
    if not np.isfinite(widths).all():
        return np.nan, np.nan
    # Of a measure with a sign, the end that is nearer to zero.
    nearest = np.where(low * high <= 0, 0.0, np.minimum(np.abs(low), np.abs(high)))
    return float(widths.max()), float(widths[nearest < threshold * scale].max(initial=0.0))


def ranks_moved(estimates: FloatArray) -> float:
    """Return by how many ranks factors move between resamples, weighted by their indices.

    Parameters
    ----------
    estimates : ndarray (resamples, factors)

    Returns
    -------
    float
        That which most pairs of resamples do not exceed; NaN where an estimate is missing.

    Examples
    --------
    >>> ranks_moved(np.array([[0.9, 0.1], [0.8, 0.2]]))
    0.0
    """
    if np.isnan(estimates).any():
        return np.nan
    size = np.abs(estimates)
    ranks = size.argsort(axis=1).argsort(axis=1)
    one, other = np.triu_indices(len(size), 1)
    weights = np.maximum(size[one], size[other]) ** 2
    moved = (np.abs(ranks[one] - ranks[other]) * weights).sum(axis=1)
    # Where all indices are 0, so is the rank that each moves.
    whole = np.maximum(weights.sum(axis=1), np.finfo(np.float64).tiny)
    return float(np.quantile(moved / whole, _QUANTILE))
