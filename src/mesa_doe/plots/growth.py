"""How estimates settle as a sample grows: one line a factor, with its interval."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mesa_doe._optional import require
from mesa_doe.arrays import FloatArray
from mesa_doe.errors import AnalysisError
from mesa_doe.plots import canvas, naming, palette
from mesa_doe.plots.checks import refuse_repeats, tidy, with_floats
from mesa_doe.plots.units import in_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Share of the axis that a label of a size takes, with the room to its neighbour.
_LABEL_ROOM = 0.07


def convergence(
    frame: pd.DataFrame,
    ax: Axes | None = None,
    *,
    threshold: float | None = None,
    measure: str | None = None,
    xlabel: str = "points",
    ylabel: str | None = None,
) -> Axes:
    """Draw each factor's estimate over the size of the sample, with its interval as a band.

    The sizes stand on a logarithmic axis, each labelled where there is room. An interval that is not finite
    is left out, and so is an estimate. The legend lists the factors as their lines end, from top to bottom.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``size`` (points or runs so far), ``factor``, ``estimate``, ``low`` and ``high``; one row for
        each size and factor, at most 30 factors beside the seed.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    threshold : float, optional
        Where to draw a dotted line, such as the width under which an interval is narrow enough. To draw
        widths, give them as ``estimate`` and NaN as ``low`` and ``high``.
    measure : str, optional
        The measure to draw, of a frame with a column ``measure``; needed when that holds several.
    xlabel, ylabel : str, optional
        Labels of the axes; by default that of y is the measure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If a column or the measure is missing, a size is not above zero, a size and factor come twice, or
        there are too many factors.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> rows = {"size": [64, 128], "factor": "density", "estimate": [0.3, 0.4], "low": 0.2, "high": 0.5}
    >>> ax = convergence(pd.DataFrame(rows), Figure().subplots(), ylabel="ST")
    >>> ax.lines[0].get_ydata()
    array([0.3, 0.4])
    """
    rows, measure = _one_measure(frame, measure)
    refuse_repeats(rows, ["size", "factor"], caller="convergence")
    columns = ["estimate", "low", "high"]
    rows, unit = in_unit(with_floats(rows, ["size", *columns], caller="convergence"), *columns)
    sizes = np.unique(rows["size"])
    if not (np.isfinite(sizes) & (sizes > 0)).all():
        wrong = sizes[~(np.isfinite(sizes) & (sizes > 0))].tolist()
        raise AnalysisError(f"convergence: sizes must be above zero, given {wrong[0]!r}")
    factors = list(rows["factor"].unique())
    styles = palette.line_styles(factors, caller="convergence")

    ours = ax is None
    ax = canvas.axes_of(ax, width=8.0, height=max(4.2, 1.2 + 0.22 * len(factors)))
    handles, ends = [], []
    for factor in factors:
        own = rows[rows["factor"] == factor].sort_values("size")
        size, estimate = own["size"].to_numpy(), own["estimate"].to_numpy()
        name = naming.factor_name(factor)
        (line,) = ax.plot(size, estimate, marker="o", markersize=3.5, label=name, **styles[factor])
        low, high = own["low"].to_numpy(), own["high"].to_numpy()
        band = np.isfinite(low) & np.isfinite(high)
        # Many bands over one another are a fog; their edges would be no clearer.
        alpha = 0.18 if len(factors) <= 6 else 0.08
        ax.fill_between(size, low, high, where=band, color=line.get_color(), alpha=alpha, linewidth=0)
        handles.append(line)
        finite = estimate[np.isfinite(estimate)]
        ends.append(finite[-1] if len(finite) else -np.inf)
    handles = [handles[place] for place in np.argsort(-np.asarray(ends), kind="stable")]
    if threshold is not None:
        label = f"threshold {threshold:g}"
        handles.append(
            ax.axhline(unit.of(threshold), color=palette.INK, linewidth=1.2, linestyle=":", label=label)
        )
    _size_axis(ax, sizes)
    ax.set_xlabel(xlabel)
    label = ylabel if ylabel is not None else naming.plain(measure or "estimate")
    canvas.write_labels(ax, y=unit.label(label))
    canvas.tidy_spines(ax)
    canvas.legend(ax, handles, beside=ours)
    return ax


def _one_measure(frame: pd.DataFrame, measure: str | None) -> tuple[pd.DataFrame, str | None]:
    """Return the checked rows of one measure, and its name if it has one."""
    columns = ["size", "factor", "estimate", "low", "high"]
    known = measure is not None or (isinstance(frame, pd.DataFrame) and "measure" in frame.columns)
    if not known:
        return tidy(frame, columns, caller="convergence"), None
    rows = tidy(frame, [*columns, "measure"], caller="convergence")
    given = list(rows["measure"].unique())
    if measure is None and len(given) == 1:
        measure = str(given[0])
    if measure not in given:
        names = ", ".join(sorted(map(str, given)))
        wanted = "one measure at a time" if measure is None else f"a measure of the frame, given {measure!r}"
        raise AnalysisError(f"convergence: draws {wanted}; choose measure= from {names}")
    return rows[rows["measure"] == measure].reset_index(drop=True), measure


def _size_axis(ax: Axes, sizes: FloatArray) -> None:
    """Set a tick at each size, and write those that do not run into a larger one's label."""
    place = np.log2(sizes)
    room = _LABEL_ROOM * float(np.ptp(place))
    labels, next_place = [""] * len(sizes), np.inf
    for i in reversed(range(len(sizes))):
        if place[i] <= next_place - room:
            labels[i], next_place = f"{sizes[i]:.12g}", place[i]
    ax.set_xscale("log", base=2)
    ax.set_xticks(sizes, labels=labels)
    ax.xaxis.set_minor_locator(require("matplotlib.ticker", extra="plot").NullLocator())
