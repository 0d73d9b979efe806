"""Time series of many runs: the median and the bands around it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pandas as pd

from mesa_doe.errors import AnalysisError
from mesa_doe.plots import _canvas
from mesa_doe.plots._checks import series_of_runs
from mesa_doe.plots._units import in_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def fan(
    series: pd.DataFrame,
    ax: Axes | None = None,
    *,
    xlabel: str = "step",
    ylabel: str | None = None,
    quantiles: Sequence[float] = (0.05, 0.25, 0.75, 0.95),
) -> Axes:
    """Draw the median of the runs at each step, inside nested bands of quantiles.

    A step that fewer runs reached is drawn from those that did, so a late part of the figure may show only
    the runs that last; the legend then says ``n=a..b runs a step``. Values that are not finite do not count.

    Parameters
    ----------
    series : pandas.DataFrame
        Columns ``run_id``, ``step`` and ``value``; one row for each run and step.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    xlabel, ylabel : str, optional
        Labels of the axes.
    quantiles : sequence of float
        Edges of the bands, rising, in pairs from the outside in; empty for the median alone.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If a column is missing, no value is finite, a run has a step twice, or the quantiles do not pair up.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> runs = pd.DataFrame({"run_id": [0, 0, 1, 1], "step": [0, 1, 0, 1], "value": [1.0, 2.0, 3.0, 6.0]})
    >>> fan(runs, Figure().subplots()).lines[0].get_ydata()
    array([2., 4.])
    """
    edges = _edges(quantiles)
    frame, unit = in_unit(series_of_runs(series, ["run_id"], caller="fan"), "value")
    by_step = frame.groupby("step")["value"]
    median = by_step.median()
    steps = median.index.to_numpy()

    ours = ax is None
    ax = _canvas.axes_of(ax, width=8.0, height=4.2)
    # A line or band at one step has no length: bars and a marker keep the figure from looking empty.
    one = len(steps) == 1
    draw: Any = ax.vlines if one else ax.fill_between
    (line,) = ax.plot(
        steps,
        median.to_numpy(),
        color=_canvas.BLUE,
        linewidth=2,
        marker="o" if one else "none",
        label="median",
    )
    handles: list[Any] = [line]
    pairs = list(zip(edges, reversed(edges), strict=True))[: len(edges) // 2]
    for depth, (low, high) in enumerate(pairs, start=1):
        band = draw(
            steps,
            by_step.quantile(low).to_numpy(),
            by_step.quantile(high).to_numpy(),
            color=_canvas.BLUE,
            alpha=0.15 + 0.25 * (depth - 1) / len(pairs),
            linewidth=9 * one,
            label=f"{100 * low:g}–{100 * high:g} % of runs",
        )
        handles.insert(1, band)
    note = _canvas.runs_note(by_step.count().tolist())
    _canvas.write_labels(ax, x=xlabel, y=unit.label(ylabel))
    ax.margins(x=0.01)
    _canvas.whole_ticks(ax, steps)
    _canvas.tidy_spines(ax)
    _canvas.legend(ax, handles, beside=ours, note=note)
    return ax


def _edges(quantiles: Sequence[float]) -> list[float]:
    """Return the quantiles as floats, refusing those that form no nested bands around the median."""
    edges = [float(quantile) for quantile in quantiles]
    rising = all(low < high for low, high in pairwise(edges))
    half = len(edges) // 2
    around = all(0 <= q <= 0.5 for q in edges[:half]) and all(0.5 <= q <= 1 for q in edges[half:])
    if len(edges) % 2 or not rising or not around:
        raise AnalysisError(
            "fan: quantiles must rise, half of them below and half above 0.5, such as "
            f"(0.05, 0.25, 0.75, 0.95); given {tuple(quantiles)!r}"
        )
    return edges
