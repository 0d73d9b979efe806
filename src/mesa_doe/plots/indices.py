"""Sensitivity indices: bars with intervals, and a map of second-order indices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe._optional import require
from mesa_doe.arrays import BoolArray, FloatArray
from mesa_doe.errors import AnalysisError
from mesa_doe.plots import canvas, naming, palette
from mesa_doe.plots.checks import refuse_repeats, tidy, with_floats
from mesa_doe.plots.units import in_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FIELD_NAMES = {
    "S1": "first-order index S1",
    "ST": "total-order index ST",
    "Sh": "Shapley effect Sh",
    "mu_star": "μ*",
    "mu": "μ",
    "sigma": "σ",
    "SRC": "standardised coefficient SRC",
    "SRRC": "standardised rank coefficient SRRC",
    "PCC": "partial correlation PCC",
    "PRCC": "partial rank correlation PRCC",
}
# S1 and ST keep their colours in every figure, drawn alone or together; intervals would be lost on black.
_FIXED = dict(zip(("S1", "ST"), palette.OKABE_ITO, strict=False))
# Of the hatches behind numbers that chance may have made.
_FAINT = "#CCCCCC"
_OTHERS = [colour for colour in palette.OKABE_ITO[2:] if colour != "#000000"]


def _mixed(colour: str, other: str, share: float) -> str:
    parts = zip(bytes.fromhex(colour[1:]), bytes.fromhex(other[1:]), strict=True)
    return "#" + "".join(f"{round(one + share * (two - one)):02X}" for one, two in parts)


# Outcomes in words may be many: then the same colours lighter, and darker.
_FREE = [
    *_OTHERS,
    *(_mixed(colour, "#FFFFFF", 0.6) for colour in _OTHERS),
    *(_mixed(colour, "#000000", 0.5) for colour in _OTHERS),
]


def bars(
    estimates: pd.DataFrame,
    ax: Axes | None = None,
    *,
    title: str | None = None,
    reference: float | None = None,
    xlabel: str = "share of variance",
) -> Axes:
    """Draw each factor's indices as horizontal bars with their intervals.

    Factors keep the order given, the first on top. An interval that is not finite is left out, and an
    estimate that is not is written as text. The factor ``seed``, which is the model's own noise, and the
    row ``dummy`` of an inert factor are hatched. A single measure is named below the x axis and not in a
    legend.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Columns ``factor``, ``measure`` (such as ``"S1"``), ``estimate``, ``low`` and ``high``; one row for
        each factor and measure.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure that grows with the number of factors.
    title : str, optional
        Title of the Axes.
    reference : float, optional
        Where to draw a dashed line, such as the index of an inert factor.
    xlabel : str
        What the estimates are measured in: the label of the x axis, after the name of a single measure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If a column is missing, there are no rows, or a factor and measure come twice.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> row = {"factor": ["density"], "measure": ["S1"], "estimate": [0.4], "low": [0.3], "high": [0.6]}
    >>> ax = bars(pd.DataFrame(row), Figure().subplots())
    >>> float(ax.patches[0].get_width())
    0.4
    """
    frame = tidy(estimates, ["factor", "measure", "estimate", "low", "high"], caller="bars")
    refuse_repeats(frame, ["factor", "measure"], caller="bars")
    columns = ["estimate", "low", "high"]
    frame, unit = in_unit(with_floats(frame, columns, caller="bars"), *columns)
    factors, measures = list(frame["factor"].unique()), list(frame["measure"].unique())
    patches = require("matplotlib.patches", extra="plot")
    ours = ax is None
    rows = [naming.factor_name(factor) for factor in factors]
    height = 1.2 + len(factors) * (0.2 + 0.16 * len(measures))
    ax = canvas.axes_of(ax, width=8.0 + canvas.room_for(rows), height=height)

    colours = _colours(measures)
    thickness = 0.8 / len(measures)
    ax.axvline(0.0, color=palette.INK, linewidth=0.8)
    for factor, measure, estimate, low, high in frame.itertuples(index=False, name=None):
        y = factors.index(factor) + (measures.index(measure) - (len(measures) - 1) / 2) * thickness
        if np.isfinite(estimate):
            style: dict[str, Any] = {"color": colours[measure], **palette.hatching(factor)}
            ax.barh(y, estimate, thickness, linewidth=0, **style)
        else:
            ax.text(0.0, y, f" {estimate}", va="center", fontsize="small", color=palette.INK)
        canvas.interval(ax, y, low, high)

    names = {measure: FIELD_NAMES.get(measure, naming.plain(measure)) for measure in measures}
    handles: list[Any] = []
    if len(measures) > 1:
        handles = [patches.Patch(color=colours[measure], label=name) for measure, name in names.items()]
    else:
        xlabel = _joined(str(measures[0]), names[measures[0]], xlabel)
    if reference is not None:
        label = f"reference {reference:g}"
        handles.append(
            ax.axvline(unit.of(reference), color=palette.INK, linewidth=1, linestyle="--", label=label)
        )
    canvas.name_rows(ax, rows, legend_lines=0 if ours else len(handles))
    canvas.write_labels(ax, x=unit.label(xlabel))
    if title is not None:
        canvas.write_title(ax, title)
    canvas.tidy_spines(ax)
    if handles:
        canvas.legend(ax, handles, beside=ours, inside="lower right")
    return ax


def heatmap(
    estimates: pd.DataFrame,
    ax: Axes | None = None,
    *,
    title: str | None = None,
    label: str = "second-order index S2",
) -> Axes:
    """Draw an estimate of each pair of factors as a symmetric map, centred on zero.

    A pair may be given once or both ways round. The diagonal stays empty, and rows that pair a factor with
    itself are not read; a pair that is not given, or is not finite, stays empty too. The numbers have two
    decimals, or as many as show two digits of the largest.

    Where there are intervals, a pair whose interval contains zero is hatched and has no colour, so that
    colours are for what is more than chance; without any such pair they reach to the ends of the intervals.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Columns ``factor``, ``partner`` and ``estimate``; and ``low`` and ``high``, if there are intervals.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure that grows with the number of factors.
    title : str, optional
        Title of the Axes.
    label : str
        What is shown, such as ``"interaction effect"``: the label of the colour bar.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If a column is missing, there are no rows, or a pair has two different estimates.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> pair = pd.DataFrame({"factor": ["a"], "partner": ["b"], "estimate": [0.2]})
    >>> ax = heatmap(pair, Figure().subplots())
    >>> [text.get_text() for text in ax.texts]
    ['0.20', '0.20']
    """
    ends = ["low", "high"] if {"low", "high"} <= set(getattr(estimates, "columns", ())) else []
    frame = tidy(estimates, ["factor", "partner", "estimate", *ends], caller="heatmap")
    columns = ["estimate", *ends]
    frame, unit = in_unit(with_floats(frame, columns, caller="heatmap"), *columns)
    in_units = f" ({unit.label(None)})" if unit.power else ""
    names = list(dict.fromkeys(frame[["factor", "partner"]].to_numpy().ravel()))
    matrix, by_chance, farthest = _pairs(frame, names, in_units)

    patches = require("matplotlib.patches", extra="plot")
    labels = [naming.factor_name(name) for name in names]
    side = 2.4 + 0.5 * len(names) + canvas.room_for(labels, usual=12)
    ours = ax is None
    ax = canvas.axes_of(ax, width=side + 1.2, height=side)
    told = np.where(by_chance, np.nan, matrix)
    limit = float(np.nanmax(np.abs(told), initial=0.0)) or farthest or 1.0
    # Origin and interpolation are named, since the user's rcParams may turn the map upside down or blur it.
    image = ax.imshow(
        told,
        cmap="RdBu_r",
        vmin=-limit,
        vmax=limit,
        origin="upper",
        interpolation="nearest",
        aspect="equal",
    )
    ax.figure.colorbar(image, ax=ax, label=unit.label(label), shrink=0.8)
    style: dict[str, Any] = {"facecolor": "white", "edgecolor": _FAINT, "hatch": "////", "linewidth": 0}
    for i, j in np.argwhere(by_chance).tolist():
        ax.add_patch(patches.Rectangle((j - 0.5, i - 0.5), 1, 1, **style))
    if by_chance.any():
        ax.set_xlabel("hatched: the interval contains zero", fontsize="small")
    # In a cell that the user's layout engine may yet narrow.
    room = (1.4 if ours else 1.1) * canvas.slot_width(ax, len(names))
    _write_numbers(ax, matrix, np.abs(told) > 0.6 * limit, room)
    ax.set_yticks(range(len(names)), labels=labels)
    canvas.name_x_ticks(ax, labels)
    if title is not None:
        canvas.write_title(ax, title)
    return ax


def _pairs(frame: pd.DataFrame, names: list[Any], in_units: str) -> tuple[FloatArray, BoolArray, float]:
    """Return estimates by pair, which of them may be by chance, and how far the intervals of these reach."""
    matrix = np.full((len(names), len(names)), np.nan)
    by_chance = np.zeros(matrix.shape, dtype=bool)
    farthest = 0.0
    for factor, partner, estimate, *interval in frame.itertuples(index=False, name=None):
        i, j = names.index(factor), names.index(partner)
        if i == j or not np.isfinite(estimate):
            continue
        if np.isfinite(matrix[i, j]) and not np.isclose(matrix[i, j], estimate):
            raise AnalysisError(
                f"heatmap: needs one estimate a pair; {factor!r} and {partner!r} were given "
                f"{matrix[i, j]:g} and {estimate:g}{in_units}; select the rows of one output first"
            )
        matrix[i, j] = matrix[j, i] = estimate
        if interval and interval[0] <= 0 <= interval[1]:
            by_chance[i, j] = by_chance[j, i] = True
            farthest = max(farthest, -interval[0], interval[1])
    return matrix, by_chance, farthest


def _write_numbers(ax: Axes, matrix: FloatArray, is_dark: BoolArray, room: float) -> None:
    """Write the numbers into their cells, which are so wide."""
    largest = float(np.nanmax(np.abs(matrix), initial=0.0)) or 1.0
    written = {(i, j): _written(matrix[i, j], largest) for i, j in np.argwhere(np.isfinite(matrix)).tolist()}
    size = float(np.clip(room / max([5, *map(len, written.values())]), 4, 10))
    for (i, j), text in written.items():
        colour = "white" if is_dark[i, j] else palette.INK
        ax.text(j, i, text, ha="center", va="center", fontsize=size, color=colour)


def _joined(measure: str, name: str, scale: str) -> str:
    """Return the x label of a single measure: its name and what it is measured in, neither twice."""
    if scale.casefold() in name.casefold():
        return name
    return scale if measure.casefold() in scale.casefold().split() else f"{name} ({scale})"


def _colours(measures: list[str]) -> dict[str, str]:
    """Return a colour a measure."""
    others = [measure for measure in measures if measure not in _FIXED]
    return _FIXED | {measure: _FREE[i % len(_FREE)] for i, measure in enumerate(others)}


def _written(number: float, largest: float) -> str:
    """Return a number with two decimals, or as many as show two digits of the largest."""
    size = int(np.floor(np.log10(largest)))
    if not -4 < size < 5:
        return f"{number:.1e}"
    decimals = 1 - size if size < 0 else max(2 - size, 0)
    return f"{round(number, decimals) + 0.0:.{decimals}f}"  # + 0.0 turns -0.00 into 0.00
