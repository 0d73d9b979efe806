"""What the figures share: new Axes, colours, legends and names on an axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mesa_doe._optional import require

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito (2008), told apart with every common colour blindness; yellow, weak on white, comes last.
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000", "#F0E442")
BLUE, VERMILLION = OKABE_ITO[0], OKABE_ITO[5]
INK = "#222222"
LONGEST_LEVEL = 24


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
    """
    if ax is not None:
        return ax
    _, ax = require("matplotlib.pyplot", extra="plot").subplots(figsize=(width, height), layout="constrained")
    return ax


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
    """Return a factor's label; the seed is no parameter, and is said to be noise.

    Parameters
    ----------
    factor : object
        Name of the factor.

    Returns
    -------
    str

    Examples
    --------
    >>> factor_name("density"), factor_name("seed")
    ('density', 'seed (noise)')
    """
    return "seed (noise)" if factor == "seed" else plain(factor)


def level_name(level: object) -> str:
    """Return a level's label: a function's own name, anything else as text, cut when long.

    Parameters
    ----------
    level : object
        One level of a categorical factor.

    Returns
    -------
    str

    Examples
    --------
    >>> level_name(max), level_name(None)
    ('max', 'None')
    """
    name = str(getattr(level, "__name__", level))
    return plain(name if len(name) <= LONGEST_LEVEL else name[: LONGEST_LEVEL - 1] + "…")


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
    ax.legend(
        handles=list(handles), title=note, fontsize="small", title_fontsize="small", alignment="left", **place
    )


def tidy_spines(ax: Axes) -> None:
    """Remove the frame's top and right lines.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The Axes.
    """
    ax.spines[["top", "right"]].set_visible(False)
