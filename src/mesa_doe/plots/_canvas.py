"""What the figures share: new Axes, colours, line styles, intervals, legends and names on an axis."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mesa_doe._optional import require
from mesa_doe.errors import AnalysisError
from mesa_doe.plots._units import Unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito (2008), told apart with every common colour blindness; yellow, weak on white, comes last.
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000", "#F0E442")
BLUE, VERMILLION = OKABE_ITO[0], OKABE_ITO[5]
INK, GREY = "#222222", "#888888"
LONGEST_LEVEL = 24

# Drawn among the parameters, but none themselves.
NO_PARAMETERS = {"seed": "noise", "dummy": "inert"}
# Black is the seed's, and yellow too weak for a line on white.
LINE_COLOURS = OKABE_ITO[:6]
DASHES: tuple[Any, ...] = ("-", "-.", ":", (0, (4, 1)), (0, (3, 1, 1, 1, 1, 1)))


def axes_of(ax: Axes | None, *, width: float, height: float) -> Axes:
    """Return the Axes given, or those of a new figure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        Where the caller wants the drawing.
    width, height : float
        Size of a new figure, in inches.

    Returns
    -------
    matplotlib.axes.Axes

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


def plain(name: object) -> str:
    r"""Return a name as text that matplotlib prints as it is.

    Parameters
    ----------
    name : object
        A factor, a measure or a level.

    Returns
    -------
    str

    Examples
    --------
    >>> plain("price_$")
    'price_\\$'
    """
    # Two dollar signs would start a formula, and may make the drawing fail long after this call.
    return str(name).replace("$", r"\$")


def factor_name(factor: object) -> str:
    """Return a factor's label; the seed is said to be noise, and the dummy to be inert.

    Parameters
    ----------
    factor : object
        Name of the factor.

    Returns
    -------
    str

    Examples
    --------
    >>> factor_name("density"), factor_name("seed"), factor_name("dummy")
    ('density', 'seed (noise)', 'dummy (inert)')
    """
    return f"{factor} ({NO_PARAMETERS[factor]})" if factor in NO_PARAMETERS else plain(factor)


def hatching(*factors: object) -> dict[str, str]:
    """Return the hatches of a bar that involves no parameter only: seed or dummy.

    Parameters
    ----------
    *factors : object
        The factor of the bar, or both of a pair.

    Returns
    -------
    dict
        Keywords of ``Axes.barh``.

    Examples
    --------
    >>> hatching("density"), hatching("density", "seed")
    ({}, {'hatch': '////', 'edgecolor': 'white'})
    """
    none = any(factor in NO_PARAMETERS for factor in factors)
    return {"hatch": "////", "edgecolor": "white"} if none else {}


def line_styles(factors: Iterable[Any], *, caller: str) -> dict[Any, dict[str, Any]]:
    """Return a style a factor: six colours, then other lines; seed and dummy are black and grey dashes.

    Parameters
    ----------
    factors : iterable
        Different names, in the order in which they get their styles.
    caller : str
        Name of the plot, for the message.

    Returns
    -------
    dict
        Factor to keywords of ``Axes.plot``.

    Raises
    ------
    AnalysisError
        If there are more than thirty factors, beside seed and dummy.

    Examples
    --------
    >>> line_styles(["density", "seed"], caller="spider")["seed"]
    {'color': '#222222', 'linestyle': '--', 'linewidth': 1.8}
    """
    names = list(factors)
    drawn = [name for name in names if name not in NO_PARAMETERS]
    kinds = [(colour, dash) for dash in DASHES for colour in LINE_COLOURS]
    if len(drawn) > len(kinds):
        raise AnalysisError(
            f"{caller}: draws at most {len(kinds)} lines that can be told apart, given {len(drawn)}; "
            "select those that matter, such as the first of a ranking"
        )
    found = dict(zip(drawn, kinds, strict=False)) | {"seed": (INK, "--"), "dummy": (GREY, "--")}
    return {name: {"color": found[name][0], "linestyle": found[name][1], "linewidth": 1.8} for name in names}


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
    ax : matplotlib.axes.Axes
        The Axes.
    at : float
        Where it lies on the other axis.
    low, high : float
        Its ends.
    upright : bool, default False
        Whether it runs along y.
    colour : str
        Of the line.
    zorder : float
        Of the line.
    """
    # No errorbar: that raises when an estimate lies outside its interval, as bootstrap ones may.
    if np.isfinite(low) and np.isfinite(high):
        along, across = [low, high], [at, at]
        x, y, marker = (across, along, "_") if upright else (along, across, "|")
        ax.plot(x, y, color=colour, linewidth=1.2, marker=marker, markersize=5, zorder=zorder)


def level_names(levels: Iterable[object]) -> list[str]:
    """Return the labels of a factor's levels, those of functions their names; long ones are cut.

    Parameters
    ----------
    levels : iterable
        Of one categorical factor.

    Returns
    -------
    list of str

    Examples
    --------
    >>> level_names(["tax on wealth of the upper fifth", max])
    ['tax on wealth of the up…', 'max']
    >>> level_names(["tax on wealth of the upper fifth", "tax on wealth of the upper half"])
    ['tax on weal…upper fifth', 'tax on weal… upper half']
    """
    names = [str(getattr(level, "__name__", level)) for level in levels]
    begun = [name if len(name) <= LONGEST_LEVEL else name[: LONGEST_LEVEL - 1] + "…" for name in names]
    if len(set(begun)) == len(set(names)):
        return [plain(name) for name in begun]
    half = (LONGEST_LEVEL - 1) // 2
    return [plain(name if len(name) <= LONGEST_LEVEL else f"{name[:half]}…{name[-half:]}") for name in names]


def slot_width(ax: Axes, count: int) -> float:
    """Return the width of one of ``count`` equal slots along the x axis, in points.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The Axes, before any layout engine has run; the width is therefore an upper estimate.
    count : int
        Number of slots.

    Returns
    -------
    float
    """
    return float(ax.get_window_extent().width) / float(ax.figure.dpi) * 72 / count


def folded(text: str, most: int) -> str:
    r"""Break a text into lines, behind spaces and underscores; a longer word has a line of its own.

    Parameters
    ----------
    text : str
        Such as a name.
    most : int
        Characters of a line.

    Returns
    -------
    str

    Examples
    --------
    >>> folded("mean of wealth_tax_rate", 14)
    'mean of \nwealth_tax_\nrate'
    """
    lines = [""]
    for word in re.findall(r"[^ _\n]*[ _]?|\n", text):
        if word == "\n" or (lines[-1] and len((lines[-1] + word).rstrip()) > most):
            lines.append("")
        lines[-1] += word.strip("\n")
    return "\n".join(lines)


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
    """Write the labels of the axes, in lines that are no longer than these.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The Axes, before any layout engine has run.
    x, y : str, optional
        Left as they are where they may hold a formula.
    """
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

    Returns
    -------
    float

    Examples
    --------
    >>> round(room_for(["a", "b" * 30]), 9)
    0.9
    """
    return 0.09 * max(max(map(len, names), default=0) - usual, 0)


def name_x_ticks(ax: Axes, names: Sequence[str]) -> None:
    """Write names at x = 0, 1, …, upright when they would run into each other.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The Axes.
    names : sequence of str
        One name a position.
    """
    # A 10-point character is about 6.5 points wide; a legend or colour bar may yet take a third of the width.
    crowded = max(map(len, names)) * 6.5 > 0.65 * slot_width(ax, len(names))
    ax.set_xticks(range(len(names)), labels=names, rotation=90 if crowded else 0)


def name_rows(ax: Axes, names: Sequence[str], *, legend_lines: int = 0) -> None:
    """Write names at y = 0, 1, … from the top, and leave room below them for a legend inside.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The Axes.
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
    ax : matplotlib.axes.Axes
        The Axes.
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
    ax : matplotlib.axes.Axes
        The Axes.
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


def runs_note(counts: Sequence[int]) -> str:
    """Return the line of a legend that says of how many runs a step is.

    Parameters
    ----------
    counts : sequence of int
        Runs at each step.

    Returns
    -------
    str

    Examples
    --------
    >>> runs_note([9, 9]), runs_note([9, 4])
    ('n=9 runs', 'n=4..9 runs a step')
    """
    fewest, most = min(counts), max(counts)
    return f"n={most} runs" if fewest == most else f"n={fewest}..{most} runs a step"


def whole_ticks(ax: Axes, numbers: Iterable[float]) -> None:
    """Put the ticks of the x axis at whole numbers, where all that is drawn is: there is no half a step.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The Axes.
    numbers : iterable of float
        Places on the x axis.
    """
    if all(float(number).is_integer() for number in numbers):
        # Of one number there is but one tick.
        locator = require("matplotlib.ticker", extra="plot").MaxNLocator(integer=True, min_n_ticks=1)
        ax.xaxis.set_major_locator(locator)


def tidy_spines(ax: Axes) -> None:
    """Remove the frame's top and right lines.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The Axes.
    """
    ax.spines[["top", "right"]].set_visible(False)
