"""Figures of results: which numbers each one takes; how they are drawn is the room of the plots."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe import plots
from mesa_doe.analysis.contrasts import margin
from mesa_doe.analysis.options import check_known
from mesa_doe.columns import levels_of
from mesa_doe.errors import AnalysisError
from mesa_doe.results.numbers import At, Reduce

if TYPE_CHECKING:
    from mesa_doe.results.results import Results

__all__ = ["Drawings"]

_MOST_LEVELS = 12


class Drawings:
    """Figures of a batch of runs; made by :attr:`Results.plot`. Every one takes ``ax=`` and returns Axes.

    Parameters
    ----------
    results : Results
    """

    def __init__(self, results: Results) -> None:
        self._results = results

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
        return plots.scatter(x, y, ax=ax, xlabel=factor, ylabel=output)

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
        series = self._results._numeric(output, reduce).rename(columns={output: "value"})
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
        series = self._results._numeric(output, reduce).rename(columns={output: "value"})
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
        return plots.partial_dependence(x, y, ax=ax, bins=bins, xlabel=factor, ylabel=output)

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
        return plots.cusunoro(frame, y, ax=ax)

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
        return plots.parallel(frame, y.rename(output), ax=ax, highlight=highlight)

    def main_effects(
        self, output: str, at: At = "final", *, ax: Any = None, reduce: Reduce | None = None
    ) -> Any:
        """Draw the mean of one output at each level of each factor, with its 95 % interval.

        The interval is of the mean over all points at the level, so it holds what the other factors do;
        `effects` tells a factor's own effect from that.

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
        frame, y = self._factors(output, at, reduce)
        parts = [
            self._by_level([self._few(frame, name, "main_effects")], y).assign(factor=name)
            for name in map(str, frame)
        ]
        return plots.main_effects(pd.concat(parts), ax=ax, ylabel=f"mean of {output}")

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

        Parameters
        ----------
        output, factor, partner : str
        at, reduce : as in :meth:`Results.output`
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes
        """
        frame, y = self._factors(output, at, reduce)
        keys = [self._few(frame, name, "interaction") for name in (factor, partner)]
        means = self._by_level(keys, y)
        return plots.interaction(means, ax=ax, factor=factor, partner=partner, ylabel=f"mean of {output}")

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
        values = results._by_point(results._one_a_run(output, at, reduce, "plot.replications"))
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
        return plots.failures(results.factors("runs"), status.to_numpy(), ax=ax, x=x, y=y)

    def spider(self, output: str, at: At = "final", *, ax: Any = None, reduce: Reduce | None = None) -> Any:
        """Draw the output over the range of each factor of a one-at-a-time design.

        Parameters
        ----------
        output : str
        at, reduce : as in :meth:`Results.output`
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes
        """
        found = self._results.sensitivity(output, at, reduce=reduce, method="one_at_a_time")
        rows = [
            {"factor": factor, "position": place, "output": value}
            for factor, curve in found.settings["curves"][output].items()
            for place, value in zip(
                _places([level for level, _ in curve]), [v for _, v in curve], strict=True
            )
        ]
        return plots.spider(pd.DataFrame(rows), ax=ax, ylabel=output)

    def _need_replications(self, plot: str, instead: str) -> None:
        if int(self._results.runs["iteration"].max()) < 1:
            message = (
                f"plot.{plot} compares replications, but each point was run once: make the configurations "
                f"with replications=2 or more, or use {instead}"
            )
            raise AnalysisError(message)

    def _over(self, output: str, factor: str, at: At, reduce: Reduce | None) -> tuple[Any, Any]:
        frame, y = self._factors(output, at, reduce)
        return self._one(frame, factor), y

    def _factors(self, output: str, at: At, reduce: Reduce | None) -> tuple[pd.DataFrame, pd.Series[float]]:
        """Return the factors of each design point, by their names, and the mean of its replications."""
        results = self._results
        return results.factors(), results.points(output, at, reduce=reduce)["mean"]

    def _one(self, frame: pd.DataFrame, factor: str) -> pd.Series[Any]:
        check_known("factor", factor, frame)
        column: pd.Series[Any] = frame[factor]
        return column

    def _few(self, frame: pd.DataFrame, factor: str, plot: str) -> pd.Series[Any]:
        column = self._one(frame, factor)
        levels = len(levels_of(column)[1])
        if levels > _MOST_LEVELS:
            message = (
                f"{plot} draws factors of at most {_MOST_LEVELS} levels, but {factor!r} has {levels} values; "
                "use plot.partial_dependence, which bins them"
            )
            raise AnalysisError(message)
        return column

    def _by_level(self, keys: list[pd.Series[Any]], y: pd.Series[float]) -> pd.DataFrame:
        """Return mean and 95 % interval of the point means at each level, or pair of levels."""
        coded = [levels_of(key) for key in keys]
        groups = y.groupby([codes for codes, _ in coded])
        mean = groups.mean()
        degrees = np.asarray(groups.count() - 1, dtype=np.float64)
        error = margin(np.asarray(groups.sem(), dtype=np.float64), degrees, 0.95)
        columns = {
            # Objects, else True would become 1 beside numbers.
            name: pd.Series([levels[code] for code in mean.index.get_level_values(k)], dtype=object)
            for k, (name, (_, levels)) in enumerate(zip(("level", "trace"), coded, strict=False))
        }
        ends = {"mean": mean.array, "low": (mean - error).array, "high": (mean + error).array}
        return pd.DataFrame(columns | ends)


def _places(levels: list[Any]) -> list[float]:
    """Return where levels lie in their range: numbers by value, others by number."""
    if not all(isinstance(level, Real) for level in levels):
        levels = list(range(len(levels)))
    low, high = float(min(levels)), float(max(levels))
    return [(float(level) - low) / (high - low) if high > low else 0.0 for level in levels]
