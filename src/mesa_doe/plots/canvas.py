"""Axes, and what all figures put on them: intervals, titles, labels, ticks and legends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mesa_doe._optional import require
from mesa_doe.errors import AnalysisError
from mesa_doe.plots.naming import folded, plain
from mesa_doe.plots.palette import BLUE, INK
from mesa_doe.plots.units import Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def axes_of(ax: Axes | None, *, width: float, height: float) -> Axes:
    """Return the Axes given, or those of a new figure of so many inches.

    Raises
    ------
    AnalysisError
        If ``ax`` is no Axes, as the array of several that ``plt.subplots(2)`` gives.
    """
    if ax is not None:
        return _checked_axes(ax)
    _, ax = require("matplotlib.pyplot", extra="plot").subplots(figsize=(width, height), layout="constrained")
    return ax


def _checked_axes(ax: Any) -> Axes:
    if isinstance(ax, require("matplotlib.axes", extra="plot").Axes):
        checked: Axes = ax
        return checked
    several = isinstance(ax, (np.ndarray, list, tuple))
    got = f"{len(ax)} of them: take one, as ax=axes[0]" if several else repr(ax)
    raise AnalysisError(f"ax takes matplotlib Axes, as the second of what plt.subplots() gives, got {got}")


def interval(
    ax: Axes,
    at: float,
    low: float,
    high: float,
    *,
    upright: bool = False,
    colour: str = INK,
    zorder: float = 2.0,
) -> None:
    """Draw an interval as a line with ends; one that is not finite is left out.

    Parameters
    ----------
    at : float
        Where it lies on the other axis.
    upright : bool, default False
        Whether it runs along y.
    """
    # No errorbar: that raises when an estimate lies outside its interval, as bootstrap ones may.
    if np.isfinite(low) and np.isfinite(high):
        along, across = [low, high], [at, at]
        x, y, marker = (across, along, "_") if upright else (along, across, "|")
        ax.plot(x, y, color=colour, linewidth=1.2, marker=marker, markersize=5, zorder=zorder)


def slot_width(ax: Axes, count: int) -> float:
    """Return the width of one of so many equal slots along x, in points; at most, before a layout."""
    return float(ax.get_window_extent().width) / float(ax.figure.dpi) * 72 / count


def write_title(ax: Axes, title: str, **style: Any) -> None:
    """Write a title, in lines that are no wider than the Axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The Axes, before any layout engine has run.
    title : str
        Left as it is where it may hold a formula.
    **style
        Of ``Axes.set_title``.
    """
    # A character is about 0.62 of its size wide; names of rows and a legend may take a third of the width.
    character = 0.62 * {"small": 8.3, "medium": 10}.get(style.get("fontsize", ""), 12)
    ax.set_title(_fitting(title, 0.65 * slot_width(ax, 1) / character), **style)


def write_labels(ax: Axes, *, x: str | None = None, y: str | None = None) -> None:
    """Write the labels of the axes, in lines no longer than these; as they are where they may be formulas."""
    height = float(ax.get_window_extent().height) / float(ax.figure.dpi) * 72
    if x is not None:
        ax.set_xlabel(_fitting(x, 0.85 * slot_width(ax, 1) / 6.5))
    if y is not None:
        ax.set_ylabel(_fitting(y, 0.85 * height / 6.5))


def _fitting(text: str, characters: float) -> str:
    # A formula must not be broken.
    return text if "$" in text else folded(text, max(int(characters), 12))


def room_for(names: Sequence[str], usual: int = 20) -> float:
    """Return by how much a figure must grow for names that are longer than usual, in inches.

    Parameters
    ----------
    names : sequence of str
        Of 10 points, on one side of the Axes.
    usual : int, default 20
        Characters for which there is room.

    Examples
    --------
    >>> round(room_for(["a", "b" * 30]), 9)
    0.9
    """
    return 0.09 * max(max(map(len, names), default=0) - usual, 0)


def name_x_ticks(ax: Axes, names: Sequence[str]) -> None:
    """Write names at x = 0, 1, …, upright when they would run into each other."""
    # A 10-point character is about 6.5 points wide; a legend or colour bar may yet take a third of the width.
    crowded = max(map(len, names)) * 6.5 > 0.65 * slot_width(ax, len(names))
    ax.set_xticks(range(len(names)), labels=names, rotation=90 if crowded else 0)


def name_levels(ax: Axes, names: Sequence[str]) -> None:
    """Write levels at x = 0, 1, …, with room beside them for points that are spread."""
    name_x_ticks(ax, names)
    ax.set_xlim(-0.5, len(names) - 0.5)


def cloud(count: int) -> dict[str, Any]:
    """Return the style of so many points of runs: the more, the fainter; very many are an image."""
    faint = float(np.clip(10 / np.sqrt(count), 0.08, 0.8))
    return {"color": BLUE, "alpha": faint, "linewidths": 0, "rasterized": count > 5000}


def name_rows(ax: Axes, names: Sequence[str], *, legend_lines: int = 0) -> None:
    """Write names at y = 0, 1, … from the top, and leave room below them for a legend inside.

    Parameters
    ----------
    names : sequence of str
        One name a row.
    legend_lines : int
        Lines of the legend inside; none by default. Bars may fill every corner, so it needs its own room.
    """
    ax.set_yticks(range(len(names)), labels=names)
    # In points, with room for a layout engine that makes the Axes less high.
    height = float(ax.get_window_extent().height) / float(ax.figure.dpi) * 72
    share = min((15.0 * legend_lines + 12.0) / height, 0.5) if legend_lines else 0.0
    ax.set_ylim(len(names) / (1 - share) - 0.5, -0.5)


def label_axes(ax: Axes, x: tuple[Any, str | None], y: tuple[Any, str | None], unit: Unit) -> None:
    """Write the labels given, and where there is none, the name of a Series.

    Parameters
    ----------
    x, y : (array_like, str or None)
        The values along an axis, and the label given.
    unit : Unit
        In which those of y are drawn.
    """
    x_label, y_label = (
        label if label is not None else None if getattr(values, "name", None) is None else plain(values.name)
        for values, label in (x, y)
    )
    write_labels(ax, x=x_label, y=unit.label(y_label))


def legend(
    ax: Axes, handles: Sequence[Any], *, beside: bool, note: str | None = None, inside: str = "best"
) -> None:
    """Draw the legend beside the Axes on a figure of ours, else inside.

    Parameters
    ----------
    handles : sequence of matplotlib artists
        Labelled artists.
    beside : bool
        Whether the figure is ours, so that its layout engine makes room beside the Axes.
    note : str, optional
        A line above the entries.
    inside : str
        Location inside the Axes of a figure that the user laid out.
    """
    # Not above the Axes: a title that the user sets later would be printed over it. Not beside in a figure
    # that the user laid out: it would print over the neighbour, or squeeze every panel.
    if beside:
        place: dict[str, Any] = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0), "frameon": False}
    else:
        place = {"loc": inside, "framealpha": 0.8}
    # A key shorter than three dashes looks like a line without.
    dashed = any(getattr(handle, "is_dashed", bool)() for handle in handles)
    ax.legend(
        handles=list(handles),
        title=note,
        fontsize="small",
        title_fontsize="small",
        alignment="left",
        handlelength=3.0 if dashed else 2.0,
        **place,
    )


def whole_ticks(ax: Axes, numbers: Iterable[float]) -> None:
    """Put the ticks of the x axis at whole numbers, where all that is drawn is: there is no half a step."""
    if all(float(number).is_integer() for number in numbers):
        # Of one number there is but one tick.
        locator = require("matplotlib.ticker", extra="plot").MaxNLocator(integer=True, min_n_ticks=1)
        ax.xaxis.set_major_locator(locator)


def tidy_spines(ax: Axes) -> None:
    """Remove the frame's top and right lines."""
    ax.spines[["top", "right"]].set_visible(False)
