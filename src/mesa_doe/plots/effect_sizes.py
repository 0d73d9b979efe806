"""The Pareto chart of effects: the largest first, the sign told by the colour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe._optional import require
from mesa_doe.errors import AnalysisError, counted
from mesa_doe.plots import canvas, naming, palette
from mesa_doe.plots.checks import refuse_repeats, tidy, with_floats
from mesa_doe.plots.units import in_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIGNS = (("positive", palette.BLUE), ("negative", palette.VERMILLION))


def pareto(
    estimates: pd.DataFrame,
    ax: Axes | None = None,
    *,
    limit: float | None = None,
    most: int = 30,
    xlabel: str = "size of the effect",
) -> Axes:
    """Draw the sizes of the effects as horizontal bars, the largest on top.

    Intervals are those of the effect, turned with its sign: one that crosses zero reaches left of it. An
    interval that is not finite is left out, and an effect that is not is written as text, below the
    others. What involves the factor ``seed`` is hatched: it is the model's own noise.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Columns ``factor``, ``estimate``, ``low`` and ``high``, and ``partner`` where there are interactions
        (empty for main effects); one row for each factor and partner.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure that grows with the number of effects.
    limit : float, optional
        Size from which an effect is significant, drawn as a dashed line.
    most : int, default 30
        How many effects are drawn; the legend says how many more there are.
    xlabel : str
        Label of the x axis.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If a column is missing, there are no rows, an effect comes twice, the limit is no positive number,
        or `most` is below one.

    Notes
    -----
    There is no line of cumulated shares, as charts of defects have: sizes of effects add up to no total.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> rows = pd.DataFrame({"factor": ["a", "a"], "partner": ["", "b"], "estimate": [1.0, -2.0]})
    >>> ax = pareto(rows.assign(low=[0.5, -2.5], high=[1.5, -1.5]), Figure().subplots())
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['a × b', 'a']
    """
    frame = _effects(estimates)
    if limit is not None and not (np.isfinite(limit) and limit > 0):
        raise AnalysisError(
            f"pareto: limit must be a finite number above zero, given {limit!r}; "
            "leave it out where there is none"
        )
    if most < 1:
        raise AnalysisError(f"pareto: most must be at least 1, given {most!r}")
    more = len(frame) - most
    frame, unit = in_unit(frame.iloc[:most], "estimate", "low", "high")

    patches = require("matplotlib.patches", extra="plot")
    ours = ax is None
    rows: list[Any] = list(frame.itertuples())
    names = [_name(row) for row in rows]
    ax = canvas.axes_of(ax, width=8.0 + canvas.room_for(names), height=1.2 + 0.3 * len(frame))
    for y, row in enumerate(rows):
        if not np.isfinite(row.estimate):
            ax.text(0.0, y, f" {row.estimate}", va="center", fontsize="small", color=palette.INK)
            continue
        sign = -1.0 if row.estimate < 0 else 1.0
        style: dict[str, Any] = {"color": _SIGNS[sign < 0][1], **palette.hatching(row.factor, row.partner)}
        ax.barh(y, abs(row.estimate), 0.72, linewidth=0, **style)
        canvas.interval(ax, y, *sorted([sign * row.low, sign * row.high]))
    ax.axvline(0.0, color=palette.INK, linewidth=0.8)
    handles: list[Any] = [patches.Patch(color=colour, label=f"{sign} effect") for sign, colour in _SIGNS]
    if limit is not None:
        label = f"significant from {limit:.3g}"
        handles.append(
            ax.axvline(unit.of(limit), color=palette.INK, linewidth=1, linestyle="--", label=label)
        )
    note = f"{counted(more, 'more effect')} not drawn" if more > 0 else None
    lines = 0 if ours else len(handles) + (note is not None)
    canvas.name_rows(ax, names, legend_lines=lines)
    canvas.write_labels(ax, x=unit.label(xlabel))
    canvas.tidy_spines(ax)
    canvas.legend(ax, handles, beside=ours, note=note, inside="lower right")
    return ax


def _effects(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return the checked rows, the largest effect first and those that are not finite last."""
    columns = ["factor", "estimate", "low", "high"]
    paired = isinstance(estimates, pd.DataFrame) and "partner" in estimates.columns
    frame = tidy(estimates, [*columns, "partner"] if paired else columns, caller="pareto")
    if not paired:
        frame["partner"] = ""
    refuse_repeats(frame, ["factor", "partner"], caller="pareto")
    frame = with_floats(frame, ["estimate", "low", "high"], caller="pareto")
    size = frame["estimate"].abs().where(np.isfinite(frame["estimate"]), -1.0)
    return frame.loc[size.sort_values(ascending=False, kind="stable").index]


def _name(row: Any) -> str:
    factor = naming.factor_name(row.factor)
    return factor if row.partner == "" else f"{factor} × {naming.factor_name(row.partner)}"
