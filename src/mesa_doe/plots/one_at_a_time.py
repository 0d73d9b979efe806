"""One factor at a time: the tornado of the extremes, and the spider of the curves."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe._optional import require
from mesa_doe.errors import AnalysisError
from mesa_doe.plots import canvas, naming, palette
from mesa_doe.plots.checks import refuse_repeats, tidy, with_floats
from mesa_doe.plots.units import in_unit, unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MEASURES = ("least", "greatest")
_SIDES = {
    "lower": ("at a lower level", palette.BLUE),
    "higher": ("at a higher level", palette.VERMILLION),
    "other": ("at another category", palette.OKABE_ITO[2]),
}


def tornado(estimates: pd.DataFrame, ax: Axes | None = None, *, base: float | None = None) -> Axes:
    """Draw how far each factor alone moves the output from its base case, the widest on top.

    A bar reaches from the least to the greatest change over all levels of its factor. An interval that is
    not finite is left out, and a change that is not is written as text. The factor ``seed`` is hatched: it
    is the model's own noise.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Columns ``factor``, ``measure``, ``estimate``, ``low`` and ``high``, where the measure is ``"least"``
        or ``"greatest"``: the signed change of the output. Other measures are not read. With ``level``, the
        level at which that change is, it is written beside the bar; with ``side``, where that level lies from
        that of the base case (``"lower"``, ``"higher"`` or ``"other"``, which no order tells), the bar is
        coloured by it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure that grows with the number of factors.
    base : float, optional
        The output of the base case. The bars then start there, and the axis shows the output itself.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If a column is missing, no row is of ``"least"`` or ``"greatest"``, a factor and measure come twice, a
        side is unknown, or the base is not finite.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> rows = pd.DataFrame({"factor": "density", "measure": ["least", "greatest"], "estimate": [-1.0, 3.0]})
    >>> ax = tornado(rows.assign(low=[-1.5, 2.5], high=[-0.5, 3.5]), Figure().subplots(), base=10.0)
    >>> [(float(bar.get_x()), float(bar.get_width())) for bar in ax.patches]
    [(10.0, -1.0), (10.0, 3.0)]
    """
    frame, told = _changes(estimates)
    if base is not None and not np.isfinite(base):
        raise AnalysisError(f"tornado: base must be finite, given {base!r}; leave it out to draw the changes")
    numbers = frame[["estimate", "low", "high"]]
    # With the base case, beside which a change may be small.
    unit = unit_of(numbers, 0.0 if base is None else base)
    frame = frame.assign(**unit.of(numbers))
    origin = 0.0 if base is None else float(unit.of(base))
    # Sorted by what is drawn: the bar spans both changes and the base case.
    finite = frame["estimate"].where(np.isfinite(frame["estimate"]), 0.0).groupby(frame["factor"], sort=False)
    swing = finite.max().clip(lower=0.0) - finite.min().clip(upper=0.0)
    factors = list(swing.sort_values(ascending=False, kind="stable").index)

    patches = require("matplotlib.patches", extra="plot")
    ours = ax is None
    names = [naming.factor_name(factor) for factor in factors]
    ax = canvas.axes_of(ax, width=8.0 + canvas.room_for(names), height=1.2 + 0.36 * len(factors))
    rows: list[Any] = list(frame.itertuples())
    for row in rows:
        _bar(ax, factors.index(row.factor), row, origin)
    ax.axvline(origin, color=palette.INK, linewidth=1.0, zorder=3)
    # Of bars that are seen.
    drawn = set(frame.loc[frame["estimate"] != 0, "side"]) if "side" in told else set()
    handles = [
        patches.Patch(color=colour, label=label) for side, (label, colour) in _SIDES.items() if side in drawn
    ]
    canvas.name_rows(ax, names, legend_lines=1 + len(handles) if handles and not ours else 0)
    text = "change of the output from the base case" if base is None else f"output (base case: {base:.4g})"
    canvas.write_labels(ax, x=unit.label(text))
    canvas.tidy_spines(ax)
    if handles:
        canvas.legend(ax, handles, beside=ours, note="one factor moved", inside="lower right")
    if "level" in told:
        if ours:
            figure: Any = ax.figure
            figure.draw_without_rendering()  # how wide the Axes are is decided by the layout
        ax.margins(x=_margin(ax, [_level(row) for row in rows if row.estimate]))
    return ax


def _changes(estimates: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the checked rows, and what else they tell: the level, the side."""
    told = [name for name in ("level", "side") if name in getattr(estimates, "columns", ())]
    frame = tidy(estimates, ["factor", "measure", "estimate", "low", "high", *told], caller="tornado")
    known = ", ".join(repr(name) for name in frame["measure"].unique())
    frame = frame[frame["measure"].isin(_MEASURES)]
    if frame.empty:
        raise AnalysisError(f"tornado: needs rows of the measures 'least' and 'greatest'; given: {known}")
    refuse_repeats(frame, ["factor", "measure"], caller="tornado")
    frame = with_floats(frame, ["estimate", "low", "high"], caller="tornado")
    if "side" in told and (strange := [side for side in frame["side"].unique() if side not in _SIDES]):
        raise AnalysisError(f"tornado: side must be one of {', '.join(_SIDES)}; given {strange[0]!r}")
    return frame, told


def _level(row: Any) -> str:
    return f"{row.level:.4g}" if isinstance(row.level, float) else naming.level_names([row.level])[0]


def _margin(ax: Axes, levels: list[str]) -> float:
    """Return the share of the bars' span that the levels beside them need at each end."""
    # A character of this size is about 4.3 points wide, and the level stands 4 points from its bar.
    needed = (8 + 4.3 * max(map(len, levels), default=0)) / canvas.slot_width(ax, 1)
    return max(0.12, needed / (1 - 2 * min(needed, 0.35)))


def _bar(ax: Axes, y: float, row: Any, origin: float) -> None:
    """Draw one change from the base case, with its interval and the level beside it."""
    side = -1 if row.measure == "least" else 1
    canvas.interval(ax, y, origin + row.low, origin + row.high, zorder=4)
    if not np.isfinite(row.estimate):
        align = "right" if side < 0 else "left"
        ax.text(origin, y, f" {row.estimate} ", va="center", ha=align, fontsize="small", color=palette.INK)
        return
    colour = _SIDES[getattr(row, "side", "lower")][1]
    style: dict[str, Any] = {"color": colour, **palette.hatching(row.factor)}
    ax.barh(y, row.estimate, 0.72, left=origin, linewidth=0, **style)
    if row.estimate and hasattr(row, "level"):
        whole = np.isfinite(row.low) and np.isfinite(row.high)
        reached = [row.estimate, row.low, row.high] if whole else [row.estimate]
        ax.annotate(
            _level(row),
            (origin + side * max(side * one for one in reached), y),
            xytext=(4 * side, 0),
            textcoords="offset points",
            va="center",
            ha="right" if side < 0 else "left",
            fontsize="x-small",
            color=palette.INK,
        )


def spider(
    curves: pd.DataFrame,
    ax: Axes | None = None,
    *,
    ylabel: str = "output",
    logarithmic: Collection[str] = (),
) -> Axes:
    """Draw the output over each factor's range, all other factors at their base case.

    The legend lists the factors from the widest curve to the narrowest. Where an output is not finite, the
    curve has a gap. The factor ``seed`` is black and dashed: it is the model's own noise.

    Parameters
    ----------
    curves : pandas.DataFrame
        Columns ``factor``, ``position`` (from 0, the factor's lowest level, to 1, its highest) and
        ``output``; one row for each factor and position, at most 30 factors beside the seed.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    ylabel : str
        Label of the y axis.
    logarithmic : collection of str, optional
        Factors whose position is that of the logarithm; the legend says so.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If a column is missing, there are no rows or too many factors, a position lies outside 0 to 1, or a
        factor and position come twice.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> rows = pd.DataFrame({"factor": "density", "position": [1.0, 0.0], "output": [4.0, 2.0]})
    >>> spider(rows, Figure().subplots()).lines[0].get_ydata()
    array([2., 4.])
    """
    frame = tidy(curves, ["factor", "position", "output"], caller="spider")
    frame, unit = in_unit(with_floats(frame, ["position", "output"], caller="spider"), "output")
    refuse_repeats(frame, ["factor", "position"], caller="spider")
    outside = ~frame["position"].between(0.0, 1.0)
    if outside.any():
        row = frame[outside].iloc[0]
        raise AnalysisError(
            f"spider: position must be from 0 to 1, the share of the factor's range; given "
            f"{row['position']:g} for {row['factor']!r}"
        )
    factors = list(frame["factor"].unique())
    styles = palette.line_styles(factors, caller="spider")

    ours = ax is None
    ax = canvas.axes_of(ax, width=8.0, height=max(4.2, 0.6 + 0.22 * len(factors)))
    lines, widths = [], []
    for factor in factors:
        curve = frame[frame["factor"] == factor].sort_values("position")
        output = curve["output"].where(np.isfinite(curve["output"])).to_numpy()
        name = f"{naming.factor_name(factor)}{' (log)' * (factor in logarithmic)}"
        lines += ax.plot(
            curve["position"].to_numpy(), output, marker="o", markersize=4, label=name, **styles[factor]
        )
        known = output[np.isfinite(output)]
        widths.append(np.ptp(known) if len(known) else -1.0)
    ax.set_xlim(-0.03, 1.03)
    ax.set_xlabel("position in the factor's range (0: lowest level, 1: highest)")
    canvas.write_labels(ax, y=unit.label(ylabel))
    canvas.tidy_spines(ax)
    canvas.legend(ax, [lines[k] for k in np.argsort(-np.array(widths), kind="stable")], beside=ours)
    return ax
