"""Figures of results: which numbers each one takes; how they are drawn is the room of the plots."""

from __future__ import annotations

import math
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe import plots
from mesa_doe.analysis.options import check_known
from mesa_doe.columns import levels_of
from mesa_doe.design.dependence import dependence_of
from mesa_doe.errors import AnalysisError
from mesa_doe.plots import canvas
from mesa_doe.results.declared import in_declared_order, logarithmic
from mesa_doe.results.level_means import level_means
from mesa_doe.results.noise import policy_of_seeds
from mesa_doe.results.numbers import At, Reduce
from mesa_doe.results.outputs import by_replications, one_number, series_of
from mesa_doe.results.points import some_factors

if TYPE_CHECKING:
    from mesa_doe.design import Design
    from mesa_doe.results.results import Results

__all__ = ["Drawings"]

_MOST_LEVELS = 12
_BARS = "bars: 95 % intervals by the noise of replications"


class Drawings:
    """Figures of a batch of runs; made by :attr:`Results.plot`. Every one takes ``ax=`` and returns Axes.

    Parameters
    ----------
    results : Results
    """

    def __init__(self, results: Results) -> None:
        self._results = results

    def __repr__(self) -> str:
        figures = sorted(name for name in vars(type(self)) if not name.startswith("_"))
        return f"<figures of {self._results!r}: {', '.join(f'plot.{name}' for name in figures)}>"

    def scatter(
        self, output: str, factor: str, at: At = "final", *, ax: Any = None, reduce: Reduce | None = None
    ) -> Any:
        """Draw one output of every design point over one factor, with its binned conditional mean.

        Parameters
        ----------
        output, factor : str
        at, reduce : as in :meth:`Results.output`
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes
        """
        x, y = self._over(output, factor, at, reduce)
        log = factor in self._logarithmic
        return plots.scatter(
            x, y, ax=ax, xlabel=factor, ylabel=output, logarithmic=log, blocks=self._blocks(x.index)
        )

    def series(self, output: str, *, ax: Any = None, reduce: Reduce | None = None) -> Any:
        """Draw the time series of one output over all runs: median and quantile bands.

        Parameters
        ----------
        output : str
        ax : matplotlib Axes, optional
        reduce : as in :meth:`Results.output`

        Returns
        -------
        matplotlib Axes
        """
        series = series_of(self._results, output, reduce).rename(columns={output: "value"})
        return plots.fan(series, ax=ax, ylabel=output)

    def noise_fan(self, output: str, *, ax: Any = None, reduce: Reduce | None = None) -> Any:
        """Draw the time series of one output, the spread of parameters apart from that of replications.

        Parameters
        ----------
        output : str
        ax : matplotlib Axes, optional
        reduce : as in :meth:`Results.output`

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        AnalysisError
            If there are no replications.
        """
        self._need_replications("noise_fan", "plot.series")
        series = series_of(self._results, output, reduce).rename(columns={output: "value"})
        runs = self._results.runs[["point", "iteration"]].astype(int)
        return plots.noise_fan(series.join(runs, on="run_id"), ax=ax, ylabel=output)

    def partial_dependence(
        self,
        output: str,
        factor: str,
        at: At = "final",
        *,
        ax: Any = None,
        bins: int = 20,
        reduce: Reduce | None = None,
    ) -> Any:
        """Draw the mean of one output in bins of a factor, with its error and the spread.

        Parameters
        ----------
        output, factor : str
        at, reduce : as in :meth:`Results.output`
        ax : matplotlib Axes, optional
        bins : int, default 20
            Of equal count; a factor of few values or of categories has one a value.

        Returns
        -------
        matplotlib Axes
        """
        x, y = self._over(output, factor, at, reduce)
        log = factor in self._logarithmic
        names = {"xlabel": factor, "ylabel": output}
        return plots.partial_dependence(
            x, y, ax=ax, bins=bins, **names, logarithmic=log, blocks=self._blocks(x.index)
        )

    def cusunoro(self, output: str, at: At = "final", *, ax: Any = None, reduce: Reduce | None = None) -> Any:
        """Draw the CUSUNORO curve of each factor: where in its range it moves the mean of the output.

        Parameters
        ----------
        output : str
        at, reduce : as in :meth:`Results.output`
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes
        """
        frame, y = self._factors(output, at, reduce)
        return plots.cusunoro(frame, y, ax=ax, blocks=self._blocks(frame.index))

    def parallel(
        self,
        output: str,
        at: At = "final",
        *,
        ax: Any = None,
        highlight: tuple[float, float] | None = None,
        reduce: Reduce | None = None,
    ) -> Any:
        """Draw every point as a line over its factors, those whose output is in a range in colour.

        Parameters
        ----------
        output : str
        at, reduce : as in :meth:`Results.output`
        ax : matplotlib Axes, optional
        highlight : tuple of two float, optional
            The range; either end may be infinite.

        Returns
        -------
        matplotlib Axes
        """
        frame, y = self._factors(output, at, reduce)
        log = self._logarithmic
        return plots.parallel(frame, y.rename(output), ax=ax, highlight=highlight, logarithmic=log)

    def main_effects(
        self, output: str, at: At = "final", *, ax: Any = None, reduce: Reduce | None = None
    ) -> Any:
        """Draw the mean of one output at each level of each factor, with its 95 % interval.

        The interval is that of the noise: the points at a level are those of the design, and no sample of
        others, so that what the other factors do there makes their mean no less sure. It is drawn where
        there are replications.

        Parameters
        ----------
        output : str
        at, reduce : as in :meth:`Results.output`
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        AnalysisError
            If a factor has more than twelve levels in the design.
        """
        frame = self._ordered()
        values, policy = self._replications(output, at, reduce, "main_effects")
        parts = [
            level_means([self._few(frame, name, "main_effects")], values, seed_policy=policy).assign(
                factor=name
            )
            for name in map(str, frame)
        ]
        means = pd.concat(parts)
        return _explained(plots.main_effects(means, ax=ax, ylabel=f"mean of {output}"), means)

    def interaction(
        self,
        output: str,
        factor: str,
        partner: str,
        at: At = "final",
        *,
        ax: Any = None,
        reduce: Reduce | None = None,
    ) -> Any:
        """Draw the mean of one output over the levels of a factor, a line a level of another.

        Intervals are as those of :meth:`main_effects`.

        Parameters
        ----------
        output, factor, partner : str
        at, reduce : as in :meth:`Results.output`
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes
        """
        frame = self._ordered()
        values, policy = self._replications(output, at, reduce, "interaction")
        keys = [self._few(frame, name, "interaction") for name in (factor, partner)]
        means = level_means(keys, values, seed_policy=policy)
        drawn = plots.interaction(means, ax=ax, factor=factor, partner=partner, ylabel=f"mean of {output}")
        return _explained(drawn, means)

    def replications(
        self,
        output: str,
        at: At = "final",
        *,
        ax: Any = None,
        target: float | None = None,
        reduce: Reduce | None = None,
    ) -> Any:
        """Draw the running mean over replications of each point, with its interval.

        Parameters
        ----------
        output : str
        at, reduce : as in :meth:`Results.output`
        ax : matplotlib Axes, optional
        target : float, optional
            Half width that is wanted; where it is reached is marked.

        Returns
        -------
        matplotlib Axes
        """
        self._need_replications("replications", "plot.scatter")
        results = self._results
        values = by_replications(results, one_number(results, output, at, reduce, "plot.replications"))
        # Of points whose other runs failed there is nothing to average.
        enough = values[np.isfinite(values).sum(axis=1) > 1]
        drawn = plots.replications(enough, ax=ax, target=target, ylabel=f"running mean of {output}")
        if len(enough) < len(values):
            lost = len(values) - len(enough)
            drawn.set_title(f"{lost} points with less than two values left out", size="small")
        return drawn

    def convergence(
        self,
        output: str,
        at: At = "final",
        *,
        ax: Any = None,
        measure: str | None = None,
        reduce: Reduce | None = None,
        **options: Any,
    ) -> Any:
        """Draw each factor's index over the size of the sample, with its interval.

        Parameters
        ----------
        output : str
        at, reduce : as in :meth:`Results.output`
        ax : matplotlib Axes, optional
        measure : str, optional
            Which, such as ``"S1"``; by default the last of those judged.
        **options
            Of :meth:`Results.convergence`.

        Returns
        -------
        matplotlib Axes
        """
        grown = self._results.convergence(output, at, reduce=reduce, **options)
        return grown.plot(ax, measure=measure)

    def failures(self, *, ax: Any = None, x: str | None = None, y: str | None = None) -> Any:
        """Draw where in the space runs failed, over the two factors along which they differ most.

        Parameters
        ----------
        ax : matplotlib Axes, optional
        x, y : str, optional
            Other factors.

        Returns
        -------
        matplotlib Axes
        """
        results = self._results
        status = results.runs["status"]
        frame = in_declared_order(results.factors("runs"), results.design)
        return plots.failures(frame, status.to_numpy(), ax=ax, x=x, y=y, logarithmic=self._logarithmic)

    def spider(
        self,
        output: str,
        at: At = "final",
        *,
        ax: Any = None,
        reduce: Reduce | None = None,
        design: Design | None = None,
    ) -> Any:
        """Draw the output over the range of each factor of a one-at-a-time design.

        Parameters
        ----------
        output : str
        at, reduce : as in :meth:`Results.output`
        ax : matplotlib Axes, optional
        design : as in :meth:`Results.sensitivity`

        Returns
        -------
        matplotlib Axes
        """
        found = self._results.sensitivity(output, at, reduce=reduce, method="one_at_a_time", design=design)
        log = logarithmic(design or self._results.design)
        rows = [
            {"factor": factor, "position": place, "output": value}
            for factor, curve in found.settings["curves"][output].items()
            for place, value in zip(
                _places([level for level, _ in curve], logarithmic=factor in log),
                [value for _, value in curve],
                strict=True,
            )
        ]
        return plots.spider(pd.DataFrame(rows), ax=ax, ylabel=output, logarithmic=log)

    def _need_replications(self, plot: str, instead: str) -> None:
        if int(self._results.runs["iteration"].max()) < 1:
            raise AnalysisError(
                f"plot.{plot} compares replications, but each point was run once: make the configurations "
                f"with replications=2 or more, or use {instead}"
            )

    def _over(self, output: str, factor: str, at: At, reduce: Reduce | None) -> tuple[Any, Any]:
        frame, y = self._factors(output, at, reduce)
        return self._one(frame, factor), y

    def _factors(self, output: str, at: At, reduce: Reduce | None) -> tuple[pd.DataFrame, pd.Series[float]]:
        """Return the factors of each design point, by their names, and the mean of its replications."""
        return self._ordered(), self._results.points(output, at, reduce=reduce)["mean"]

    def _ordered(self) -> pd.DataFrame:
        return in_declared_order(some_factors(self._results), self._results.design)

    @property
    def _logarithmic(self) -> list[str]:
        return logarithmic(self._results.design)

    def _blocks(self, points: pd.Index[Any]) -> Any:
        design = self._results.design
        units = None if design is None else dependence_of(design).units
        return None if units is None else units[points]

    def _replications(
        self, output: str, at: At, reduce: Reduce | None, plot: str
    ) -> tuple[pd.DataFrame, str | None]:
        """Return an output, a row a point and a column a replication, and how seeds reach it."""
        results = self._results
        values = by_replications(results, one_number(results, output, at, reduce, f"plot.{plot}"))
        return values, policy_of_seeds(results, output, results.design)

    def _one(self, frame: pd.DataFrame, factor: str) -> pd.Series[Any]:
        check_known("factor", factor, frame)
        column: pd.Series[Any] = frame[factor]
        return column

    def _few(self, frame: pd.DataFrame, factor: str, plot: str) -> pd.Series[Any]:
        column = self._one(frame, factor)
        levels = len(levels_of(column)[1])
        if levels > _MOST_LEVELS:
            raise AnalysisError(
                f"{plot} draws factors of at most {_MOST_LEVELS} levels, but {factor!r} has {levels} values; "
                "use plot.partial_dependence, which bins them"
            )
        return column


def _explained(ax: Any, means: pd.DataFrame) -> Any:
    """Say what the bars of a figure are, where it has some."""
    if np.isfinite(means["low"]).any():
        canvas.write_title(ax, _BARS, fontsize="small")
    return ax


def _places(levels: list[Any], *, logarithmic: bool) -> list[float]:
    """Return where levels lie in their range: numbers by value or its logarithm, others by number."""
    if not all(isinstance(level, Real) for level in levels):
        levels = list(range(len(levels)))
    if logarithmic:
        levels = [math.log(level) for level in levels]
    low, high = float(min(levels)), float(max(levels))
    return [(float(level) - low) / (high - low) if high > low else 0.0 for level in levels]
