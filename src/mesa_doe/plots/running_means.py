"""How many replications are enough: running means with their intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mesa_doe._optional import require
from mesa_doe.arrays import FloatArray
from mesa_doe.errors import AnalysisError
from mesa_doe.plots import canvas, palette
from mesa_doe.plots.checks import as_floats
from mesa_doe.plots.units import unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_NAMED = 8
# The intervals of two to four replications are so wide that the rest would be a flat line below them.
_SHOWN_FROM = 5


def replications(
    values: npt.ArrayLike,
    ax: Axes | None = None,
    *,
    confidence: float = 0.95,
    target: float | None = None,
    xlabel: str = "replications",
    ylabel: str = "running mean",
) -> Axes:
    """Draw the running mean of a point's replications, with its t interval, over their number.

    Up to eight points have a line and a band each; more are faint lines without bands. A diamond on a line
    marks the number of replications from which on the interval's half width stays within the target, and
    the legend tells the numbers. Intervals of fewer than five replications may run out of the Axes.

    Parameters
    ----------
    values : array_like, shape (replications,) or (points, replications)
        One output of the replications of a point, in the order in which they were run.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    confidence : float
        Level of the intervals, between 0 and 1.
    target : float, optional
        Half width, in units of the output, that is narrow enough.
    xlabel, ylabel : str
        Labels of the axes.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If a point has fewer than two finite replications, or an option is out of its range.

    Notes
    -----
    Robinson (2004), "Simulation: The Practice of Model Development and Use", chapter 9. The interval is
    right for one number of replications that was fixed before; to stop at the first narrow one makes it a
    little too narrow. Replications that are not finite do not count, and the legend says how many.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = replications([1.0, 3.0, 5.0], Figure().subplots())
    >>> ax.lines[0].get_ydata()
    array([1., 2., 3.])
    """
    rows, left_out = _finite_rows(values)
    if not 0 < confidence < 1:
        raise AnalysisError(f"replications: confidence must be between 0 and 1, given {confidence!r}")
    if target is not None and not target > 0:
        raise AnalysisError(f"replications: target must be above zero, given {target!r}")
    unit = unit_of(*rows)
    narrow = unit.of(target)
    means, halves = zip(*(_running(unit.of(row), confidence) for row in rows), strict=True)

    ours = ax is None
    ax = canvas.axes_of(ax, width=8.0, height=4.2)
    few = len(rows) <= _MOST_NAMED
    handles, reached = [], []
    for point, (mean, half) in enumerate(zip(means, halves, strict=True)):
        colour = palette.OKABE_ITO[point] if few else "0.4"
        style = {"linewidth": 1.8} if few else {"linewidth": 0.8, "alpha": max(0.15, 3 / len(rows) ** 0.5)}
        number = np.arange(1, len(mean) + 1)
        (line,) = ax.plot(number, mean, color=colour, label=f"point {point}", **style)
        handles.append(line)
        if few:
            # The first replication alone has no interval.
            band = (mean - half)[1:], (mean + half)[1:]
            ax.fill_between(number[1:], *band, color=colour, alpha=0.35 / len(rows) ** 0.5, linewidth=0)
        if narrow is not None and (enough := _settled(half, narrow)) is not None:
            reached.append(enough)
            ax.plot(
                enough,
                mean[enough - 1],
                color=colour,
                marker="D",
                markersize=6 if few else 3.5,
                markeredgecolor=palette.INK,
                markeredgewidth=0.8,
                alpha=1.0 if few else 0.7,
                clip_on=False,
            )
    canvas.write_labels(ax, x=xlabel, y=unit.label(ylabel))
    ax.set_xlim(1, max(map(len, means)))
    canvas.whole_ticks(ax, ax.get_xlim())
    _limit(ax, means, halves, banded=few)
    canvas.tidy_spines(ax)
    _legend(ax, handles, reached, ours=ours, target=target, confidence=confidence, left_out=left_out)
    return ax


def _finite_rows(values: npt.ArrayLike) -> tuple[list[FloatArray], int]:
    """Return each point's finite replications, and how many of all are not."""
    try:
        shape = np.shape(values)
    except ValueError as error:
        raise AnalysisError(
            "replications: values must have as many replications for each point; fill up with NaN"
        ) from error
    if len(shape) not in (1, 2):
        raise AnalysisError(
            "replications: values must have the shape (replications,) or (points, replications), "
            f"given {shape}; select one output"
        )
    table = np.atleast_2d(np.asarray(values, dtype=object))
    flat = as_floats(table.ravel(), "values", caller="replications").reshape(table.shape)
    rows = [row[np.isfinite(row)] for row in flat]
    short = next((point for point, row in enumerate(rows) if len(row) < 2), None)
    if not rows or short is not None:
        count = len(rows[short]) if short is not None else 0
        raise AnalysisError(
            f"replications: needs at least two finite replications of each point; point {short or 0} has "
            f"{count}; run it with more replications, or leave it out"
        )
    return rows, int((~np.isfinite(flat)).sum())


def _running(row: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Return mean and half width after each replication; the first has no half width."""
    from scipy.stats import t

    number = np.arange(1, len(row) + 1)
    # Around the first value, since squares of large numbers would lose the small differences.
    shifted = row - row[0]
    mean = np.cumsum(shifted) / number
    squares = np.maximum(np.cumsum(shifted**2) - number * mean**2, 0.0)
    half = np.full(len(row), np.nan)
    free = number[1:] - 1
    half[1:] = t.ppf((1 + confidence) / 2, free) * np.sqrt(squares[1:] / free / number[1:])
    return mean + row[0], half


def _settled(half: FloatArray, target: float) -> int | None:
    """Return the number of replications from which on the half width stays within the target."""
    within = half <= target  # the first, NaN, is not
    if not within[-1]:
        return None
    return int(np.flatnonzero(~within)[-1]) + 2


def _limit(ax: Axes, means: Any, halves: Any, *, banded: bool) -> None:
    """Fit the y axis to the means, and to the intervals of five replications and more."""
    edges = list(means)
    if banded:
        for mean, half in zip(means, halves, strict=True):
            start = min(_SHOWN_FROM, len(mean)) - 1
            edges += [(mean - half)[start:], (mean + half)[start:]]
    low, high = float(np.min(np.concatenate(edges))), float(np.max(np.concatenate(edges)))
    room = 0.05 * (high - low) or 0.05 * max(abs(high), 1.0)
    ax.set_ylim(low - room, high + room)


def _legend(
    ax: Axes,
    lines: list[Any],
    reached: list[int],
    *,
    ours: bool,
    target: float | None,
    confidence: float,
    left_out: int,
) -> None:
    """Name the lines, and say at which numbers of replications the target was reached."""
    count, few = len(lines), len(lines) <= _MOST_NAMED
    key = require("matplotlib.lines", extra="plot").Line2D
    # A key as faint as the lines would not be seen.
    handles = lines if few else [key([], [], color="0.4", linewidth=0.8, label=f"{count} points")]
    if count == 1:
        lines[0].set_label(f"mean, {100 * confidence:g} % interval")
    if target is not None:
        found = "not reached"
        if reached:
            first, last = min(reached), max(reached)
            found = f"from n={first}" if first == last else f"from n={first}..{last}"
            found += f", {len(reached)} of {count} points" if count > 1 else ""
        style = {"marker": "D", "markeredgecolor": palette.INK, "linestyle": "none"}
        text = f"half width ≤ {target:g}: {found}"
        handles = [*handles, key([], [], color="white", label=text, **style)]
    notes = [f"{100 * confidence:g} % intervals"] if few and count > 1 else []
    if left_out:
        notes.append(f"{left_out} not finite, left out")
    canvas.legend(ax, handles, beside=ours, note="\n".join(notes) or None)
