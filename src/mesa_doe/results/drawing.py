"""Figures of results: which numbers each one takes; how they are drawn is the room of the plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mesa_doe import plots
from mesa_doe.errors import AnalysisError
from mesa_doe.results.numbers import At, Reduce

if TYPE_CHECKING:
    from mesa_doe.results.results import Results

__all__ = ["Drawings"]


class Drawings:
    """Figures of a batch of runs; made by :attr:`Results.plot`. Every one takes ``ax=`` and returns Axes.

    Parameters
    ----------
    results : Results
    """

    def __init__(self, results: Results) -> None:
        self._results = results

    def scatter(
        self, output: str, factor: str, at: At = "final", ax: Any = None, *, reduce: Reduce | None = None
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

    def series(self, output: str, ax: Any = None, *, reduce: Reduce | None = None) -> Any:
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

    def _over(self, output: str, factor: str, at: At, reduce: Reduce | None) -> tuple[Any, Any]:
        results = self._results
        frame = results.points(output, at, reduce=reduce)
        if factor not in results.parameters:
            message = f"there is no parameter {factor!r}; there are {', '.join(results.parameters)}"
            raise AnalysisError(message)
        column = frame.columns[results.parameters.index(factor)]
        return frame[column], frame["mean"]
