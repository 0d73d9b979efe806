"""Where in the space runs fail: a map of them over two factors."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.arrays import Array, BoolArray, FloatArray
from mesa_doe.columns import levels_of
from mesa_doe.errors import AnalysisError
from mesa_doe.plots import canvas, naming, palette
from mesa_doe.plots.checks import as_floats, factor_frame, same_length
from mesa_doe.plots.groups import check_logarithm, is_numeric, order_codes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Statuses: TypeAlias = "Sequence[bool] | Sequence[str] | Array | pd.Series[Any]"

_JITTER = 0.25
_MARKERS = "XsD^vP*"
# Vermillion first, since failures should stand out; grey is for what went well.
_COLOURS = (palette.VERMILLION, *(colour for colour in palette.OKABE_ITO if colour != palette.VERMILLION))


def failures(
    points: pd.DataFrame,
    failed: Statuses,
    ax: Axes | None = None,
    *,
    x: str | None = None,
    y: str | None = None,
    logarithmic: Collection[str] = (),
) -> Axes:
    """Draw points or runs over two factors, those that failed in colour above the others.

    Without `x` and `y`, the two factors are drawn along which the failed differ most from the others, each
    factor by itself; the title says which and how much. Levels and their order are as in the other figures;
    their points are spread sideways so that they can be seen.

    Parameters
    ----------
    points : pandas.DataFrame, shape (n, factors)
        A column a factor, a row a point or run.
    failed : array_like of bool or str, shape (n,)
        Whether each failed, or its status, where ``"ok"`` is no failure and each other status has a marker
        and a colour; matched to `points` by position, never by index.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    x, y : str, optional
        Factors to draw; one that is not given is chosen.
    logarithmic : collection of str, optional
        Factors whose numbers stand on a logarithmic axis.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If there are fewer than two factors, the lengths differ, a factor is unknown, not finite or has no
        logarithm, or `failed` holds something else.

    Notes
    -----
    The difference along numbers is the Kolmogorov-Smirnov statistic. Levels have no order that matters, so
    theirs is half the sum of the differences of shares. Both are the largest difference of probability, 0
    to 1. Chosen are the factors along which it is most beyond what chance gives, which is the more the more
    levels there are. Few failures differ by chance: a factor that is drawn is not thereby the cause. A corner
    of two factors together may differ little along each.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> points = pd.DataFrame({"a": [1, 1, 2, 2], "b": [1, 2, 3, 4], "c": [1, 2, 1, 2]})
    >>> ax = failures(points, [False, False, True, True], Figure().subplots())
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('a', 'b')
    """
    frame = factor_frame(points, caller="failures")
    status = _statuses(failed)
    same_length(frame, status, ("points", "failed"), caller="failures")
    _check_factors(frame, x, y)
    bad = status != "ok"
    across, up, chosen = _choose(frame, bad, x, y)
    # A generator of its own: the same picture each time, and nobody's random state moves.
    rng = np.random.default_rng(0)
    (left, x_names), (right, y_names) = _places(frame[across], rng), _places(frame[up], rng)

    ours = ax is None
    width, height = 7.0 + 0.2 * len(x_names), 4.6 + 0.2 * len(y_names)
    ax = canvas.axes_of(ax, width=width, height=height + 0.07 * max(map(len, x_names), default=0))
    count = len(frame)
    kinds = sorted(set(status[bad]))
    handles = []
    faint = float(np.clip(8 / np.sqrt(count), 0.2, 0.6))
    image = count > 5000
    for kind, colour, marker in [("ok", "0.5", "o"), *zip(kinds, cycle(_COLOURS), cycle(_MARKERS))]:
        own = status == kind
        style: dict[str, Any] = {"s": 13, "alpha": faint, "linewidths": 0, "zorder": 1}
        if kind != "ok":
            style = {"s": 36, "alpha": 0.85, "edgecolors": "white", "linewidths": 0.5, "zorder": 2}
        label = f"{kind}: {own.sum()}"
        drawn = ax.scatter(
            left[own], right[own], color=colour, marker=marker, rasterized=image, label=label, **style
        )
        handles.append(drawn)
    if x_names:
        canvas.name_levels(ax, x_names)
    if y_names:
        ax.set_yticks(range(len(y_names)), labels=y_names)
        ax.set_ylim(-0.5, len(y_names) - 0.5)
    for name, names, rescale in ((across, x_names, ax.set_xscale), (up, y_names, ax.set_yscale)):
        if name in logarithmic and not names:
            check_logarithm(as_floats(frame[name], name, caller="failures"), name, caller="failures")
            rescale("log")
    canvas.write_labels(ax, x=naming.factor_name(across), y=naming.factor_name(up))
    word = "failed" if set(kinds) <= {"failed"} else "not ok"
    canvas.write_title(ax, f"{int(bad.sum())} of {count} {word}{chosen}", fontsize="medium")
    canvas.tidy_spines(ax)
    canvas.legend(ax, [*handles[1:], handles[0]], beside=ours, inside="upper right")
    return ax


def _statuses(failed: Statuses) -> Array:
    """Return a status for each point, ``"ok"`` where it did not fail."""
    values = list(failed)
    if all(isinstance(value, (bool, np.bool_)) for value in values):
        return np.where(np.array(values, dtype=bool), "failed", "ok").astype(object)
    if all(isinstance(value, str) for value in values):
        return np.array(values, dtype=object)
    kinds = ", ".join(sorted({type(value).__name__ for value in values}))
    raise AnalysisError(f"failures: failed must be all booleans, or all statuses as text; given {kinds}")


def _check_factors(frame: pd.DataFrame, x: str | None, y: str | None) -> None:
    if frame.shape[1] < 2:
        raise AnalysisError(
            f"failures: needs at least two factors, given {', '.join(frame.columns)}; draw one with scatter"
        )
    for name in (x, y):
        if name is not None and name not in frame.columns:
            raise AnalysisError(
                f"failures: no factor {name!r}; choose from {', '.join(sorted(frame.columns))}"
            )
    if x is not None and x == y:
        raise AnalysisError(f"failures: x and y must be two factors, given {x!r} twice")


def _choose(frame: pd.DataFrame, bad: BoolArray, x: str | None, y: str | None) -> tuple[str, str, str]:
    """Return the two factors to draw, and what the title says of those that were chosen."""
    if x is not None and y is not None:
        return x, y, ""
    free = [name for name in frame.columns if name not in (x, y)]
    if not bad.any() or bad.all():
        ranked, said = free, ""
    else:
        differ = {name: _difference(frame[name], bad) for name in free}
        beyond = {name: differ[name] - _by_chance(frame[name], bad) for name in free}
        ranked = sorted(free, key=lambda name: -beyond[name])
        chosen = ranked[: 2 - (x is not None) - (y is not None)]
        told = " and ".join(f"{naming.factor_name(name)} ({differ[name]:.2f})" for name in chosen)
        said = f"; differ most along\n{told}"
    across = x if x is not None else ranked[0]
    up = y if y is not None else ranked[0 if x is not None else 1]
    return across, up, said


def _difference(column: pd.Series[Any], bad: BoolArray) -> float:
    """Return the largest difference of probability between failed and other points along one factor."""
    codes = order_codes(column, caller="failures")
    shares = [np.bincount(codes[own], minlength=codes.max() + 1) / own.sum() for own in (bad, ~bad)]
    gaps = shares[0] - shares[1]
    return float(np.abs(np.cumsum(gaps)).max() if is_numeric(column) else np.abs(gaps).sum() / 2)


def _by_chance(column: pd.Series[Any], bad: BoolArray) -> float:
    """Return about how large the difference of a factor is that has nothing to do with failures."""
    spread = math.sqrt(1 / bad.sum() + 1 / (~bad).sum())
    if is_numeric(column):
        # The mean of Kolmogorov's law.
        return math.sqrt(math.pi / 2) * math.log(2) * spread
    codes = order_codes(column, caller="failures")
    shares = np.bincount(codes) / len(codes)
    return float(np.sqrt(shares * (1 - shares)).sum()) * math.sqrt(2 / math.pi) * spread / 2


def _places(column: pd.Series[Any], rng: np.random.Generator) -> tuple[FloatArray, list[str]]:
    """Return where a factor's values stand on its axis, and the names of its levels if it has them."""
    if not is_numeric(column):
        codes, levels = levels_of(column)
        return codes + rng.uniform(-_JITTER, _JITTER, len(codes)), naming.level_names(levels)
    numbers = as_floats(column, str(column.name), caller="failures")
    if not np.isfinite(numbers).all():
        row = int((~np.isfinite(numbers)).argmax())
        raise AnalysisError(f"failures: {column.name} must be finite, given {numbers[row]} in row {row}")
    return numbers, []
