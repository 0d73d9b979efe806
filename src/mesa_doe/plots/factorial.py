"""Factorial designs: the mean of the output at each level, and at each pair of levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.columns import levels_of
from mesa_doe.errors import AnalysisError
from mesa_doe.plots import canvas, naming, palette
from mesa_doe.plots.checks import tidy, with_floats
from mesa_doe.plots.units import Unit, in_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MARKERS = "osD^vPX*"


def main_effects(frame: pd.DataFrame, ax: Axes | None = None, *, ylabel: str = "mean of the output") -> Axes:
    """Draw the mean of the output at each level of each factor, the factors side by side.

    Factors and levels keep the order given. A mean or an interval that is not finite is left out. The
    dotted line is the mean of the level means, which in a balanced design is the mean of all points. The
    factor ``seed`` is black and dashed: it is the model's own noise.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``factor``, ``level``, ``mean``, ``low`` and ``high``; one row for each factor and level.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure that grows with the number of levels.
    ylabel : str
        Label of the y axis.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If a column is missing, there are no rows, no mean is finite, or a factor and level come twice.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> rows = pd.DataFrame({"factor": "torus", "level": [False, True], "mean": [1.0, 3.0]})
    >>> ax = main_effects(rows.assign(low=[0.5, 2.5], high=[1.5, 3.5]), Figure().subplots())
    >>> ax.lines[0].get_ydata()
    array([1., 3.])
    """
    table, unit = _means(frame, ["factor", "level", "mean", "low", "high"], caller="main_effects")
    parts = {factor: table[table["factor"] == factor] for factor in table["factor"].unique()}
    levels = {factor: _in_order(part["level"])[1] for factor, part in parts.items()}
    for factor, part in parts.items():
        if len(levels[factor]) < len(part):
            raise AnalysisError(
                f"main_effects: needs one row for each factor and level; given {len(part)} for the "
                f"{len(levels[factor])} levels of {factor!r}; select the rows of one output first"
            )
    # Levels are one apart, and one place stays free before the next factor.
    starts = np.cumsum([0, *(len(part) + 1 for part in parts.values())]).tolist()
    slots = starts.pop()
    names = [naming.factor_name(factor) for factor in parts]
    # Both may stand upright, one below the other.
    written = [level for part in levels.values() for level in part]
    tall = 4.2 + canvas.room_for(names, usual=8) + canvas.room_for(written, usual=8)

    ax = canvas.axes_of(ax, width=float(np.clip(0.36 * slots, 8.0, 18.0)), height=tall)
    for start, (factor, part) in zip(starts, parts.items(), strict=True):
        style = palette.line_styles([factor], caller="main_effects")[factor]
        x = start + np.arange(len(part), dtype=float)
        ax.plot(x, part["mean"].to_numpy(), marker="o", markersize=5, zorder=3, **style)
        _intervals(ax, x, part, style["color"])
        if start:
            ax.axvline(start - 1, color="#DDDDDD", linewidth=0.8, zorder=0)
    overall = float(np.nanmean([part["mean"].mean() for part in parts.values()]))
    ax.axhline(overall, color=palette.GREY, linewidth=1, linestyle=":", zorder=1)
    # Beside its line: a legend for one entry would take a quarter of the width.
    beside: dict[str, Any] = {"xytext": (3, 0), "textcoords": "offset points", "va": "center"}
    ax.annotate("mean", (1.0, overall), xycoords=("axes fraction", "data"), fontsize="small", **beside)
    _name_panels(ax, starts, [levels[factor] for factor in parts], names)
    ax.set_xlim(-1, slots - 1)
    canvas.write_labels(ax, y=unit.label(ylabel))
    canvas.tidy_spines(ax)
    return ax


def interaction(
    frame: pd.DataFrame,
    ax: Axes | None = None,
    *,
    factor: str = "level",
    partner: str | None = None,
    ylabel: str = "mean of the output",
) -> Axes:
    """Draw the mean of the output over one factor's levels, a line for each level of another.

    Parallel lines say that the two factors do not interact. The levels stand equally far apart, numbers
    too, and keep the order given, as do the lines. A mean or an interval that is not finite is left out.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns ``level`` (of the factor on the x axis), ``trace`` (level of the other factor), ``mean``,
        ``low`` and ``high``; one row for each level and trace, at most 30 traces.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    factor : str
        Name of the factor on the x axis.
    partner : str, optional
        Name of the factor that the lines stand for.
    ylabel : str
        Label of the y axis.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If a column is missing, there are no rows or too many traces, no mean is finite, or a level and trace
        come twice.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> rows = {"level": [1, 2, 1, 2], "trace": ["ring", "ring", "grid", "grid"], "mean": [1, 2, 1, 5]}
    >>> ax = interaction(pd.DataFrame(rows).assign(low=None, high=None), Figure().subplots())
    >>> [line.get_label() for line in ax.lines]
    ['ring', 'grid']
    """
    table, unit = _means(frame, ["level", "trace", "mean", "low", "high"], caller="interaction")
    codes, levels = _in_order(table["level"])
    lines, traces = _in_order(table["trace"])
    taken: set[tuple[int, int]] = set()
    for place in zip(codes.tolist(), lines.tolist(), strict=True):
        if place in taken:
            raise AnalysisError(
                "interaction: needs one row for each level and trace; given more than one for level "
                f"{levels[place[0]]}, trace {traces[place[1]]}; select the rows of one output and pair first"
            )
        taken.add(place)

    styles = palette.line_styles(range(len(traces)), caller="interaction")
    ours = ax is None
    tall = max(4.2 + canvas.room_for(levels, usual=8), 0.6 + 0.22 * len(traces))
    ax = canvas.axes_of(ax, width=8.0, height=tall)
    # A little apart, so that the intervals of one level can be told from each other.
    aside = np.linspace(-1, 1, len(traces)) * min(0.02 * len(traces), 0.12) if len(traces) > 1 else [0.0]
    handles = []
    for k, trace in enumerate(traces):
        part = table[lines == k].assign(code=codes[lines == k]).sort_values("code")
        x = part["code"].to_numpy() + aside[k]
        style = {**styles[k], "marker": _MARKERS[k % len(_MARKERS)], "markersize": 5}
        handles += ax.plot(x, part["mean"].to_numpy(), label=trace, zorder=3, **style)
        _intervals(ax, x, part, styles[k]["color"])
    canvas.name_x_ticks(ax, levels)
    ax.set_xlim(-0.4, len(levels) - 0.6)
    canvas.write_labels(ax, x=naming.factor_name(factor), y=unit.label(ylabel))
    canvas.tidy_spines(ax)
    canvas.legend(ax, handles, beside=ours, note=None if partner is None else naming.factor_name(partner))
    return ax


def _means(frame: pd.DataFrame, columns: list[str], *, caller: str) -> tuple[pd.DataFrame, Unit]:
    """Return the checked rows and their unit; infinite numbers as missing, since neither is drawn."""
    table = with_floats(tidy(frame, columns, caller=caller), ["mean", "low", "high"], caller=caller)
    numbers = table[["mean", "low", "high"]]
    table[["mean", "low", "high"]] = numbers.where(np.isfinite(numbers))
    if table["mean"].isna().all():
        raise AnalysisError(f"{caller}: needs at least one finite mean; given {len(table)}, none finite")
    return in_unit(table, "mean", "low", "high")


def _in_order(column: pd.Series[Any]) -> tuple[IntArray, list[str]]:
    """Return the position of each row's level, and the names of the levels as they first appear."""
    codes, levels = levels_of(column)
    codes, order = pd.factorize(codes)
    found = [levels[k] for k in order]
    names = naming.level_names(found)
    told = [
        f"{level:g}" if isinstance(level, float) else name for level, name in zip(found, names, strict=True)
    ]
    return codes, told


def _intervals(ax: Axes, x: FloatArray, part: pd.DataFrame, colour: str) -> None:
    for at, low, high in zip(x, part["low"], part["high"], strict=True):
        canvas.interval(ax, at, low, high, upright=True, colour=colour)


def _name_panels(ax: Axes, starts: list[int], levels: list[list[str]], names: list[str]) -> None:
    """Write the levels below the axis, and below them the factors."""
    slots = starts[-1] + len(levels[-1]) + 1
    slot = canvas.slot_width(ax, slots)
    # Two upright labels side by side need a slot as wide as they are high.
    size = float(np.clip(0.8 * slot, 4.0, 8.5))
    longest = 0.62 * size * max(len(level) for part in levels for level in part)
    upright = longest > 0.8 * slot
    places = [start + k for start, part in zip(starts, levels, strict=True) for k in range(len(part))]
    ax.set_xticks(places, labels=[level for part in levels for level in part], fontsize=size)
    ax.tick_params(axis="x", labelrotation=90 if upright else 0)
    centres = [start + (len(part) - 1) / 2 for start, part in zip(starts, levels, strict=True)]
    ax.set_xticks(centres, labels=names, minor=True)
    # Else the name of a factor with three levels, which stands at its second, would be dropped.
    ax.xaxis.remove_overlapping_locs = False
    crowded = any(
        6.5 * len(name) > 0.85 * slot * (len(part) + 1) for name, part in zip(names, levels, strict=True)
    )
    below = 11.0 + (longest if upright else size)
    ax.tick_params(axis="x", which="minor", length=0, pad=below, labelrotation=90 if crowded else 0)
