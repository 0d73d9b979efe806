"""Figures of the page: images, and where on them the points are that can be clicked."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe import plots
from mesa_doe._optional import require
from mesa_doe.analysis import SensitivityResult
from mesa_doe.columns import levels_of
from mesa_doe.errors import MesaDoeError
from mesa_doe.explore.clouds import Cloud
from mesa_doe.plots import canvas, naming, palette
from mesa_doe.plots.groups import is_numeric

__all__ = ["Picture", "Place", "draw", "map_of", "of_indices", "scatter_of"]

_DPI = 120
# A factor of more values is one along which points lie apart.
_MOST_LEVELS = 12
# Of the gap between two levels, to each side.
_JITTER = 0.25
# Matplotlib shares its parser of formulas, as in the labels of a logarithmic axis, between threads.
_DRAWING = threading.Lock()
#: Where a point is, as shares of the width and of the height from the top; its key; what is said of it.
Place = tuple[float, float, int, str]


@dataclass(frozen=True)
class Picture:
    """A figure as an image.

    Parameters
    ----------
    source : str
        A ``data:`` URL; empty where it could not be drawn.
    places : sequence of (x, y, key, label)
    problem : str
        Why it could not be drawn.
    """

    source: str = ""
    places: Sequence[Place] = ()
    problem: str = ""


def draw(make: Callable[[Any], Any], *, height: float, width: float = 6.4) -> tuple[str, Any]:
    """Return a figure as a ``data:`` URL, and what the function that draws it returned.

    Parameters
    ----------
    make : callable
        Draws on the Axes it is given. Pyplot is left alone: a server draws in many threads.
    height, width : float
        In inches.
    """
    file = io.BytesIO()
    with _DRAWING:
        figure = require("matplotlib.figure", extra="plot").Figure(
            figsize=(width, height), dpi=_DPI, layout="constrained"
        )
        made = make(figure.subplots())
        figure.savefig(file, format="png", dpi="figure")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii"), made


def scatter_of(cloud: Cloud, output: str, factor: str, by: str | None, *, log: bool = False) -> Picture:
    """Draw an output over a factor with its binned conditional mean; failed runs are crosses below.

    Parameters
    ----------
    cloud : Cloud
    output, factor : str
    by : str or None
        A factor that colours the points.
    log : bool, default False
        Whether the factor's axis is logarithmic.
    """
    known = np.isfinite(cloud.frame["value"].to_numpy())
    if not known.any():
        return Picture(problem=f"No run has a finite value of {output!r} here.")
    x, y = cloud.factors[factor], cloud.frame["value"]

    def make(ax: Any) -> Any:
        blocks = None if cloud.blocks is None else cloud.blocks[known]
        x_label, y_label = naming.plain(factor), naming.plain(output)
        plots.scatter(x[known], y[known], ax, xlabel=x_label, ylabel=y_label, blocks=blocks)
        points = ax.collections[0]
        points.set_sizes([22])
        # Before the colours, which have a legend of their own.
        ax.get_legend().remove()
        legend = {"loc": "outside lower left", "ncols": 2, "fontsize": "small", "frameon": False}
        ax.figure.legend(*ax.get_legend_handles_labels(), **legend)
        if by is not None:
            _colour(ax, points, cloud.factors.loc[known, by], by)
        if log and is_numeric(x):
            ax.set_xscale("log")
        if len(below):
            ax.plot(
                below, np.full(len(below), 0.02), "x", color=palette.VERMILLION, markersize=6,
                transform=ax.get_xaxis_transform(),
            )  # fmt: skip
        return ax, points.get_offsets()

    failed = (cloud.frame["failed"].to_numpy() & ~known).nonzero()[0]
    # Where the levels of a factor stand is known of the runs that are drawn.
    below = _positions(x, x[known])[failed]
    source, (ax, offsets) = draw(make, height=4.4)
    places = _places(cloud, output, known.nonzero()[0], ax.transData.transform(offsets), ax)
    low = ax.get_xaxis_transform().transform(np.column_stack([below, np.full(len(below), 0.02)]))
    return Picture(source, [*places, *_places(cloud, output, failed, low, ax)])


def map_of(
    cloud: Cloud, output: str, factors: tuple[str, str], *, log: tuple[bool, bool] = (False, False)
) -> Picture:
    """Draw the design over two factors, coloured by an output; a cross has a run that failed."""
    columns = [cloud.factors[name] for name in factors]
    x, y = _apart([_positions(column, column) for column in columns], log)
    value, failed = cloud.frame["value"].to_numpy(), cloud.frame["failed"].to_numpy()
    known = np.isfinite(value)

    def make(ax: Any) -> Any:
        shown = ax.scatter(x[known], y[known], c=value[known], cmap="viridis", s=34, linewidths=0)
        ax.scatter(x[failed], y[failed], marker="x", color=palette.VERMILLION, s=40, linewidths=1.4)
        if known.any():
            ax.figure.colorbar(shown, ax=ax, label=naming.plain(output))
        axes = (ax.xaxis, ax.set_xscale, ax.set_xlabel), (ax.yaxis, ax.set_yscale, ax.set_ylabel)
        for (axis, scale, label), column, name, is_log in zip(axes, columns, factors, log, strict=True):
            label(naming.plain(name))
            if not is_numeric(column):
                names = naming.level_names(levels_of(column)[1])
                axis.set_ticks(range(len(names)), labels=names)
            elif is_log:
                scale("log")
        canvas.tidy_spines(ax)
        return ax

    source, ax = draw(make, height=4.4)
    pixels = ax.transData.transform(np.column_stack([x, y]))
    return Picture(source, _places(cloud, output, (known | failed).nonzero()[0], pixels[known | failed], ax))


def of_indices(result: SensitivityResult) -> Picture:
    """Draw the estimates of an analysis of one output."""
    rows = result.estimates[result.estimates["partner"] == ""]
    tall = 4.4 if result.steps else max(3.2, 1.2 + 0.36 * rows["factor"].nunique())
    try:
        source, _ = draw(lambda ax: result.plot(ax), height=tall)
    except MesaDoeError as error:  # more lines than can be told apart
        return Picture(problem=str(error))
    return Picture(source)


def _positions(column: pd.Series[Any], known: pd.Series[Any]) -> Any:
    """Return where values stand on an axis whose levels are those of others; NaN where they are none."""
    if is_numeric(column):
        return column.to_numpy(dtype=np.float64)
    places = {repr(level): float(place) for place, level in enumerate(levels_of(known)[1])}
    return np.array([places.get(repr(value), np.nan) for value in column])


def _apart(places: list[Any], log: tuple[bool, bool]) -> list[Any]:
    """Move points that lie on each other at levels: one that lies behind is neither seen nor clicked."""
    if len(np.unique(np.column_stack(places), axis=0)) == len(places[0]):
        return places
    rng = np.random.default_rng(0)  # the same picture each time
    moved = []
    for place, is_log in zip(places, log, strict=True):
        along = np.log(place) if is_log else place
        levels = np.unique(along[np.isfinite(along)])
        if len(levels) <= _MOST_LEVELS:
            gap = float(np.diff(levels).min()) if len(levels) > 1 else 1.0
            along = along + rng.uniform(-_JITTER, _JITTER, len(along)) * gap
        moved.append(np.exp(along) if is_log else along)
    return moved


def _colour(ax: Any, points: Any, by: pd.Series[Any], name: str) -> None:
    points.set_alpha(0.85)
    if is_numeric(by):
        points.set_array(by.to_numpy(dtype=np.float64))
        points.set_cmap("viridis")
        ax.figure.colorbar(points, ax=ax, label=naming.plain(name))
        return
    codes, levels = levels_of(by)
    colours = palette.OKABE_ITO
    points.set_facecolor([colours[code % len(colours)] for code in codes])
    names = naming.level_names(levels)
    keys = [
        ax.scatter([], [], color=colours[place % len(colours)], s=22, label=level)
        for place, level in enumerate(names)
    ]
    title = naming.plain(name)
    ax.figure.legend(handles=keys, title=title, loc="outside right upper", fontsize="small", frameon=False)


def _places(cloud: Cloud, output: str, rows: Any, pixels: Any, ax: Any) -> list[Place]:
    size = ax.figure.get_size_inches() * _DPI
    shares = np.round(np.asarray(pixels, dtype=np.float64) / size, 5)
    return [
        (float(x), float(1 - y), int(cloud.frame.index[row]), cloud.label(row, output))
        for row, (x, y) in zip(rows, shares, strict=True)
        if np.isfinite(x) and np.isfinite(y)
    ]
