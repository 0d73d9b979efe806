"""A sample seen from every pair of its factors, with the share of each value beside."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe._optional import require
from mesa_doe.arrays import Array, FloatArray
from mesa_doe.plots import canvas, naming, palette
from mesa_doe.plots.checks import as_floats, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_BINS = 12
_JITTER = 0.3
# Characters that stand side by side below one panel.
_FIT = 22


def pair_grid(
    points: pd.DataFrame,
    *,
    levels: Mapping[str, Sequence[object]] | None = None,
    logarithmic: Collection[str] = (),
    title: str | None = None,
) -> Array:
    """Draw each pair of columns as a scatter plot, and each column as a histogram on the diagonal.

    Parameters
    ----------
    points : DataFrame (points, columns)
        Numbers; of a column with levels, the position of each point's level.
    levels : mapping of str to sequence, optional
        The levels of such columns, in order. Their points are spread sideways, so that equal ones are seen.
    logarithmic : collection of str, optional
        Columns drawn on a logarithmic scale.
    title : str, optional
        Title of the figure.

    Returns
    -------
    ndarray of matplotlib.axes.Axes (columns, columns)
        Those above the diagonal are empty and hidden.

    Raises
    ------
    AnalysisError
        If it is no frame, has no rows, or a column is not of numbers.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> axes = pair_grid(pd.DataFrame({"x": [0.1, 0.5], "kind": [0, 1]}), levels={"kind": ["a", "b"]})
    >>> axes.shape, axes[1, 0].get_xlabel(), axes[1, 0].get_ylabel()
    ((2, 2), 'x', 'kind')
    """
    frame = tidy(points, list(getattr(points, "columns", ())), caller="pair_grid")
    labels = {name: naming.level_names(them) for name, them in (levels or {}).items()}
    columns = {str(name): as_floats(frame[name], str(name), caller="pair_grid") for name in frame}
    names, count = list(columns), len(frame)
    # A generator of its own: the same picture each time, and nobody's random state moves.
    rng = np.random.default_rng(0)
    spread = {
        name: column + rng.uniform(-_JITTER, _JITTER, count) if name in labels else column
        for name, column in columns.items()
    }
    side = max(4.0, 1.6 * len(names) + 1.0)
    _, axes = require("matplotlib.pyplot", extra="plot").subplots(
        len(names), len(names), figsize=(side, side), layout="constrained", squeeze=False
    )
    for i, below in enumerate(names):
        for j, beside in enumerate(names):
            ax = axes[i, j]
            if j > i:
                ax.set_visible(False)
                continue
            _scale(ax, "x", columns[beside], labels.get(beside), beside in logarithmic)
            if i == j:
                _histogram(ax, columns[below], labels.get(below), below in logarithmic)
            else:
                _scale(ax, "y", columns[below], labels.get(below), below in logarithmic)
                _points(ax, spread[beside], spread[below])
            _label(ax, below, beside, left=j == 0 and i > 0, bottom=i == len(names) - 1)
    if title is not None:
        axes[0, 0].figure.suptitle(title, fontsize="medium")
    return np.asarray(axes)


def _points(ax: Axes, x: FloatArray, y: FloatArray) -> None:
    ax.scatter(x, y, s=float(np.clip(400 / np.sqrt(len(x)), 3, 14)), **canvas.cloud(len(x)))


def _histogram(ax: Axes, column: FloatArray, levels: Sequence[str] | None, logarithmic: bool) -> None:
    if levels is not None:
        counts = np.bincount(column.astype(int), minlength=len(levels))
        ax.bar(range(len(levels)), counts, 0.8, color=palette.OKABE_ITO[4], linewidth=0)
    else:
        low, high = column.min(), column.max()
        edges: Any = _BINS
        if low < high:
            edges = (np.geomspace if logarithmic else np.linspace)(low, high, _BINS + 1)
        ax.hist(column, edges, color=palette.OKABE_ITO[4], edgecolor="white", linewidth=0.5)
    ax.set_ylim(0, None)


def _scale(ax: Axes, which: str, column: FloatArray, levels: Sequence[str] | None, logarithmic: bool) -> None:
    axis, limits = (ax.xaxis, ax.set_xlim) if which == "x" else (ax.yaxis, ax.set_ylim)
    if levels is not None:
        axis.set_ticks(range(len(levels)), labels=levels)
        limits(-0.6, len(levels) - 0.4)
        return
    low, high = float(column.min()), float(column.max())
    if logarithmic:
        (ax.set_xscale if which == "x" else ax.set_yscale)("log")
        room = (high / low) ** 0.05 if low < high else 1.5
        limits(low / room, high * room)
    elif low < high:
        axis.set_major_locator(require("matplotlib.ticker", extra="plot").MaxNLocator(4))
        limits(low - 0.05 * (high - low), high + 0.05 * (high - low))


def _label(ax: Axes, below: str, beside: str, *, left: bool, bottom: bool) -> None:
    """Write names and ticks on the outer edge only, where they belong to the whole row or column."""
    ax.tick_params(labelsize="x-small", labelbottom=bottom, labelleft=left)
    if bottom:
        ax.set_xlabel(naming.folded(naming.plain(beside), _FIT), fontsize="small")
        if sum(len(label.get_text()) + 2 for label in ax.get_xticklabels()) > _FIT:
            ax.tick_params(axis="x", rotation=90)
    if left:
        ax.set_ylabel(naming.folded(naming.plain(below), _FIT), fontsize="small")
    if below == beside:
        # How many points a bar holds says nothing beside the scale of another factor.
        ax.set_yticks([])
        canvas.tidy_spines(ax)
