"""Time series of many runs as bands around a median: of all runs, or of parameters apart from noise."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe.errors import AnalysisError
from mesa_doe.plots import canvas, naming, palette
from mesa_doe.plots.checks import series_of_runs
from mesa_doe.plots.units import in_unit

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
    ax = canvas.axes_of(ax, width=8.0, height=4.2)
    # A line or band at one step has no length: bars and a marker keep the figure from looking empty.
    one = len(steps) == 1
    draw: Any = ax.vlines if one else ax.fill_between
    (line,) = ax.plot(
        steps,
        median.to_numpy(),
        color=palette.BLUE,
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
            color=palette.BLUE,
            alpha=0.15 + 0.25 * (depth - 1) / len(pairs),
            linewidth=9 * one,
            label=f"{100 * low:g}–{100 * high:g} % of runs",
        )
        handles.insert(1, band)
    note = naming.runs_note(by_step.count().tolist())
    canvas.write_labels(ax, x=xlabel, y=unit.label(ylabel))
    ax.margins(x=0.01)
    canvas.whole_ticks(ax, steps)
    canvas.tidy_spines(ax)
    canvas.legend(ax, handles, beside=ours, note=note)
    return ax


def noise_fan(
    series: pd.DataFrame,
    ax: Axes | None = None,
    *,
    xlabel: str = "step",
    ylabel: str | None = None,
) -> Axes:
    """Draw how far parameters and noise move an output at each step, as two bands around a median.

    The band of the parameters holds the means of the points, from the 10th to the 90th percentile. The band
    of the noise is the median of these means ± the standard deviation of replications around the mean of
    their point, pooled over the points; of an output that is 0 or 1 it is cut there. Where it is the wider
    one, a run tells little about its parameters.

    Parameters
    ----------
    series : pandas.DataFrame
        Columns ``point``, ``iteration``, ``step`` and ``value``; one row for each run and step.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    xlabel, ylabel : str, optional
        Labels of the axes.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If a column is missing, no value is finite, a run has a step twice, or no point was replicated.

    Notes
    -----
    Lee et al. (2015), "The complexities of agent-based modeling output analysis", JASSS 18(4) 4, on telling
    the two apart. The means of points with r replications still hold 1/r of the noise's variance, so the
    band of the parameters is a little too wide with few. Noise is pooled as the root of the mean variance
    over points with two replications or more at the step; where there are none, its band has a gap. A step
    that fewer runs reached is drawn from those that did, and the legend then says ``n=a..b runs a step``.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> rows = {"point": [0, 0, 1, 1], "iteration": [0, 1, 0, 1], "step": 0, "value": [1.0, 3.0, 5.0, 7.0]}
    >>> noise_fan(pd.DataFrame(rows), Figure().subplots()).lines[0].get_ydata()
    array([4.])
    """
    frame, unit = in_unit(series_of_runs(series, ["point", "iteration"], caller="noise_fan"), "value")
    cells = frame.groupby(["step", "point"])["value"].agg(["mean", "var", "count"])
    if cells["count"].max() < 2:
        raise AnalysisError(
            "noise_fan: needs at least 2 replications of a point to tell noise from parameters; given one "
            "of each; run the design with replications=2 or more, or draw fan"
        )
    by_step = cells.groupby("step")
    means = by_step["mean"]
    median = means.median()
    steps, middle = median.index.to_numpy(), median.to_numpy()
    noise = np.sqrt(by_step["var"].mean().to_numpy())  # a mean over points with a variance: NaN is skipped

    ours = ax is None
    ax = canvas.axes_of(ax, width=8.0, height=4.2)
    # A line or band at one step has no length: bars and a marker keep the figure from looking empty.
    one = len(steps) == 1
    draw: Any = ax.vlines if one else ax.fill_between
    low, high = means.quantile(0.1).to_numpy(), means.quantile(0.9).to_numpy()
    label = "parameters: 10–90 % of point means"
    outer = draw(steps, low, high, color=palette.BLUE, alpha=0.25, linewidth=9 * one, label=label)
    colour, label = palette.OKABE_ITO[1], "noise: ± sd of replications"
    low, high = middle - noise, middle + noise
    if frame["value"].isin([0.0, 1.0]).all() and ((low < 0) | (high > 1)).any():
        # Of yes and no there is nothing beyond.
        low, high = np.maximum(low, 0.0), np.minimum(high, 1.0)
        label += ", cut at 0 and 1"
    inner = draw(steps, low, high, color=colour, alpha=0.55, linewidth=4 * one, label=label)
    (line,) = ax.plot(
        steps,
        middle,
        color=palette.INK,
        linewidth=2,
        marker="o" if one else "none",
        label="median of point means",
    )
    told = naming.runs_note(by_step["count"].sum().tolist())
    points = frame["point"].nunique()
    canvas.write_labels(ax, x=xlabel, y=unit.label(ylabel))
    ax.margins(x=0.01)
    canvas.whole_ticks(ax, steps)
    canvas.tidy_spines(ax)
    canvas.legend(ax, [line, outer, inner], beside=ours, note=f"{told}, {points} points")
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
