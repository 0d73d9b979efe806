"""Time series of replicated runs: what the parameters do apart from what is noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe.errors import AnalysisError
from mesa_doe.plots import _canvas
from mesa_doe.plots._checks import series_of_runs
from mesa_doe.plots._units import in_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes


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
    ax = _canvas.axes_of(ax, width=8.0, height=4.2)
    # A line or band at one step has no length: bars and a marker keep the figure from looking empty.
    one = len(steps) == 1
    draw: Any = ax.vlines if one else ax.fill_between
    low, high = means.quantile(0.1).to_numpy(), means.quantile(0.9).to_numpy()
    label = "parameters: 10–90 % of point means"
    outer = draw(steps, low, high, color=_canvas.BLUE, alpha=0.25, linewidth=9 * one, label=label)
    colour, label = _canvas.OKABE_ITO[1], "noise: ± sd of replications"
    low, high = middle - noise, middle + noise
    if frame["value"].isin([0.0, 1.0]).all() and ((low < 0) | (high > 1)).any():
        # Of yes and no there is nothing beyond.
        low, high = np.maximum(low, 0.0), np.minimum(high, 1.0)
        label += ", cut at 0 and 1"
    inner = draw(steps, low, high, color=colour, alpha=0.55, linewidth=4 * one, label=label)
    (line,) = ax.plot(
        steps,
        middle,
        color=_canvas.INK,
        linewidth=2,
        marker="o" if one else "none",
        label="median of point means",
    )
    told = _canvas.runs_note(by_step["count"].sum().tolist())
    points = frame["point"].nunique()
    _canvas.write_labels(ax, x=xlabel, y=unit.label(ylabel))
    ax.margins(x=0.01)
    _canvas.whole_ticks(ax, steps)
    _canvas.tidy_spines(ax)
    _canvas.legend(ax, [line, outer, inner], beside=ours, note=f"{told}, {points} points")
    return ax
