"""Many runs at once over all factors: parallel coordinates, with a range of the output in colour."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe._optional import require
from mesa_doe.arrays import BoolArray, FloatArray
from mesa_doe.columns import levels_of
from mesa_doe.errors import AnalysisError
from mesa_doe.plots import canvas, naming, palette
from mesa_doe.plots.checks import as_floats, factor_frame
from mesa_doe.plots.finite import Values, finite_rows
from mesa_doe.plots.groups import check_logarithm, is_numeric
from mesa_doe.plots.units import unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_RASTER_FROM = 500
_MOST_LABELS = 12
_JITTER = 0.015


def parallel(
    frame: pd.DataFrame,
    values: Values,
    ax: Axes | None = None,
    *,
    highlight: tuple[float, float] | None = None,
    logarithmic: Collection[str] = (),
) -> Axes:
    """Draw each run as a line across one axis a factor, and the output as the last axis.

    The runs whose output lies in the highlighted range, ends included, are drawn in colour above the others,
    so that the values of each factor that lead there show. Numbers are scaled to the range of their column,
    whose ends are written. Levels have equal distances, and their lines are spread a little, so that many
    are told from few. A value that is not finite leaves its run out, and the legend says how many.

    Parameters
    ----------
    frame : pandas.DataFrame, shape (n, factors)
        A column a factor.
    values : array_like, shape (n,)
        The output; matched to `frame` by position, never by index.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure that grows with the number of factors.
    highlight : (low, high), optional
        Range of the output to put in colour; either end may be infinite. By default all runs are alike.
    logarithmic : collection of str, optional
        Factors whose numbers are scaled by their logarithms; their names say so.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If it is no frame, the lengths differ, no run is finite, the range is upside down, or a number has
        no logarithm.

    Notes
    -----
    Inselberg (1985), "The plane with parallel coordinates", The Visual Computer 1. More than 500 lines are
    drawn as an image inside a vector file.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> runs = pd.DataFrame({"density": [0.1, 0.9], "network": ["grid", "ring"]})
    >>> ax = parallel(runs, [3.0, 5.0], Figure().subplots(), highlight=(4, 6))
    >>> [len(lines.get_segments()) for lines in ax.collections]
    [1, 1]
    """
    inputs = factor_frame(frame, caller="parallel")
    inputs, output, left_out = finite_rows(inputs, values, ("frame", "values"), caller="parallel")
    chosen = np.ones(len(output), dtype=bool) if highlight is None else _inside(output, highlight)
    parts = [*_columns(inputs, logarithmic), _scaled(output)]
    lines, ticks = np.column_stack([heights for heights, _ in parts]), [tick for _, tick in parts]
    count, places = lines.shape
    label = getattr(values, "name", None)
    names = [
        f"{naming.factor_name(name)}{' (log)' * (name in logarithmic and is_numeric(inputs[name]))}"
        for name in inputs
    ]
    names.append("output" if label is None else naming.plain(label))

    ours = ax is None
    ax = _axes_for(ax, names)
    for place, tick in enumerate(ticks):
        _axis(ax, place, tick, last=place == places - 1)
    handles = _draw_runs(ax, lines, chosen, highlight)
    if highlight is not None:
        _mark_range(ax, places - 1, output, highlight)
    ax.set_xlim(-0.15, places - 0.85)
    # Lines fill the Axes: a legend inside needs room of its own above them.
    low = min(-0.05 - 0.05 * naming.folded(tick.get(0.0, ""), 14).count("\n") - 0.04 for tick in ticks)
    ax.set_ylim(low, 1.09 if ours else 1.35)
    ax.set_yticks([])
    canvas.name_x_ticks(ax, names)
    ax.tick_params(axis="x", length=0)
    ax.spines[:].set_visible(False)
    note = f"{left_out} of {count + left_out} runs not finite, left out" if left_out else None
    canvas.legend(ax, handles, beside=ours, note=note, inside="upper right")
    return ax


def _axes_for(ax: Axes | None, names: list[str]) -> Axes:
    longest = max(map(len, names))
    # Few axes may stand as far apart as their names are long; many would make the figure too wide.
    gap = 1.15 if len(names) > 6 else float(np.clip(0.15 * longest, 1.15, 2.4))
    # Names that stand upright, since they would run into each other, take their length off the height.
    upright = 6.5 * longest > 0.6 * 72 * gap
    tall = 4.2 + (canvas.room_for(names, usual=0) if upright else 0.0)
    return canvas.axes_of(ax, width=3.0 + gap * len(names), height=tall)


def _draw_runs(
    ax: Axes, lines: FloatArray, chosen: BoolArray, highlight: tuple[float, float] | None
) -> list[Any]:
    """Draw the runs, those in the range above the others, and return the keys of the legend."""
    draw = require("matplotlib.collections", extra="plot").LineCollection
    key = require("matplotlib.lines", extra="plot").Line2D
    groups = [(chosen, palette.BLUE, _said(highlight), 2.0, 0.25), (~chosen, "0.6", "other runs", 1.0, 0.06)]
    handles: list[Any] = []
    count, places = lines.shape
    for members, colour, text, order, faintest in groups[: 1 if highlight is None else 2]:
        many = int(members.sum())
        style = {
            "colors": colour,
            "linewidths": 0.5 * order,
            "alpha": float(np.clip(6 * order / np.sqrt(max(many, 1)), faintest, 0.8)),
            "zorder": order,
            "rasterized": count > _RASTER_FROM,
        }
        paths = np.stack(np.broadcast_arrays(np.arange(places), lines[members]), axis=-1)
        ax.add_collection(draw(paths, **style), autolim=False)
        handles.append(key([], [], color=colour, label=f"{many} {text}"))
    return handles


def _mark_range(ax: Axes, place: int, output: FloatArray, highlight: tuple[float, float]) -> None:
    """Draw the range that is highlighted on the axis of the output."""
    unit, (least, most) = unit_of(output), (output.min(), output.max())
    ends = np.interp(unit.of(np.asarray(highlight)), unit.of(np.array([least, most])), (0, 1))
    ends = ends if least < most else (0.5, 0.5)
    ax.plot([place] * 2, ends, color=palette.VERMILLION, linewidth=5, solid_capstyle="butt", zorder=4)


def _inside(output: FloatArray, highlight: tuple[float, float]) -> BoolArray:
    """Return which runs the range holds."""
    ends = as_floats(highlight, "highlight", caller="parallel")
    if len(ends) != 2 or not ends[0] <= ends[1]:
        raise AnalysisError(f"parallel: highlight must be (low, high), low first; given {highlight!r}")
    inside: BoolArray = (ends[0] <= output) & (output <= ends[1])
    return inside


def _said(highlight: tuple[float, float] | None) -> str:
    """Return what the runs in colour have in common."""
    if highlight is None:
        return "runs"
    low, high = highlight
    if np.isinf(high):
        return f"runs with output ≥ {low:g}"
    return f"runs with output ≤ {high:g}" if np.isinf(low) else f"runs with output {low:g} to {high:g}"


def _columns(
    inputs: pd.DataFrame, logarithmic: Collection[str]
) -> Iterator[tuple[FloatArray, dict[float, str]]]:
    """Yield the heights of the runs on the axis of each factor, and its labels."""
    # A generator of its own: the same picture each time, and nobody's random state moves.
    rng = np.random.default_rng(0)
    for name in inputs:
        if not is_numeric(inputs[name]):
            yield _spread(inputs[name], rng)
            continue
        numbers = as_floats(inputs[name], str(name), caller="parallel")
        if name in logarithmic:
            check_logarithm(numbers, str(name), caller="parallel")
        yield _scaled(numbers, logarithmic=name in logarithmic)


def _scaled(column: FloatArray, *, logarithmic: bool = False) -> tuple[FloatArray, dict[float, str]]:
    """Return numbers as shares of their range, and the labels of its ends."""
    low, high = float(column.min()), float(column.max())
    if low == high:
        return np.full(len(column), 0.5), {0.5: _written(low)}
    # Of a range that is narrow and far from zero, so many digits that its ends differ.
    digits = next((k for k in range(3, 17) if f"{low:.{k}g}" != f"{high:.{k}g}"), 17)
    labels = {0.0: _written(low, digits), 1.0: _written(high, digits)}
    if logarithmic:
        return np.log(column / low) / np.log(high / low), labels
    unit = unit_of(column)
    least, span = unit.of(low), unit.of(high) - unit.of(low)
    return (unit.of(column) - least) / span, labels


def _written(number: float, digits: int = 3) -> str:
    """Return a number as short text; whole ones, such as populations, in full."""
    whole = number == round(number) and abs(number) < 1e7
    return (f"{number:.0f}" if whole else f"{number:.{digits}g}").replace("-", "−")


def _spread(column: pd.Series[Any], rng: np.random.Generator) -> tuple[FloatArray, dict[float, str]]:
    """Return levels at equal distances, spread a little, and the labels of at most twelve of them."""
    codes, levels = levels_of(column)
    places = np.linspace(0, 1, len(levels)) if len(levels) > 1 else np.array([0.5])
    step = -(-len(levels) // _MOST_LABELS)
    names = naming.level_names(levels)
    labels = {float(places[i]): names[i] for i in range(0, len(levels), step)}
    return places[codes] + rng.uniform(-_JITTER, _JITTER, len(codes)), labels


def _axis(ax: Axes, place: int, labels: dict[float, str], *, last: bool) -> None:
    """Draw one factor's axis: the ends of a range above and below it, what is between them beside it."""
    ax.plot([place, place], [0, 1], color=palette.INK, linewidth=1.0, zorder=3)
    for height, label in labels.items():
        beside = 0.0 < height < 1.0
        ax.annotate(
            naming.folded(label, 14),
            (place, height),
            xytext=(-4 if last else 4, 0) if beside else (0, 4 if height else -4),
            textcoords="offset points",
            ha=("right" if last else "left") if beside else "center",
            va="center" if beside else "bottom" if height else "top",
            fontsize="x-small",
            color=palette.INK,
            # Not to be read through the lines of runs.
            bbox={"facecolor": "white", "alpha": 0.9, "linewidth": 0, "pad": 0.8},
            zorder=5,
        )
