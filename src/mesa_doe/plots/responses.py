"""An output over one factor: every run, and the mean that the factor explains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from mesa_doe.errors import AnalysisError
from mesa_doe.plots import _canvas
from mesa_doe.plots._checks import as_floats
from mesa_doe.plots._groups import FEW_VALUES, bin_codes, is_numeric, levels_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Values: TypeAlias = "Sequence[object] | npt.NDArray[Any] | pd.Series[Any]"


def scatter(
    x: Values,
    y: Values,
    ax: Axes | None = None,
    *,
    xlabel: str | None = None,
    ylabel: str | None = None,
    bins: int = 10,
) -> Axes:
    """Draw an output over one factor, with the mean of the output given the factor.

    Numbers are binned, each bin holding about as many points; up to twelve distinct ones are their own
    bins. Booleans, text and other objects are levels, with the points spread sideways so that they can be
    seen. Points that are not finite are left out, and the legend says how many. The standard error takes
    the points as independent, which common seeds and replications are not.

    Parameters
    ----------
    x : array_like, shape (n,)
        The factor's values; matched to `y` by position, never by index.
    y : array_like, shape (n,)
        The output's values.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    xlabel, ylabel : str, optional
        Labels of the axes; by default the names of `x` and `y` when these are Series.
    bins : int
        Number of bins for more than twelve distinct numbers.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If `x` and `y` are not of one length, nothing is left to draw, or `bins` is below one.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = scatter(["slow", "fast", "slow"], [1.0, 5.0, 2.0], Figure().subplots())
    >>> ax.containers[0].lines[0].get_ydata()
    array([5. , 1.5])
    """
    factor, output, left_out = _pairs(x, y, bins)
    numeric = is_numeric(factor)
    levels: list[object] = []
    if numeric:
        position = as_floats(factor, "x", caller="scatter")
        codes = bin_codes(position, bins)
        spread = position
    else:
        codes, levels = levels_of(factor)
        position = codes.astype(float)
        # A generator of its own: the same picture each time, and nobody's random state moves.
        spread = position + np.random.default_rng(0).uniform(-0.25, 0.25, len(position))
    table = pd.DataFrame({"position": position, "output": output}).groupby(codes)
    centre, mean, error = table["position"].mean(), table["output"].mean(), table["output"].sem()

    names = [_canvas.level_name(level) for level in levels]
    ours = ax is None
    height = 4.2 + 0.07 * max(map(len, names), default=0)
    ax = _canvas.axes_of(ax, width=8.0 + 0.2 * len(levels), height=height)
    count = len(output)
    label = f"{count} points" if not left_out else f"{count} of {count + left_out} points"
    points = ax.scatter(
        spread,
        output,
        s=14,
        color=_canvas.BLUE,
        alpha=float(np.clip(10 / np.sqrt(count), 0.08, 0.8)),
        linewidths=0,
        rasterized=count > 5000,
        label=label,
    )
    group = "level" if not numeric else "value" if len(np.unique(position)) <= FEW_VALUES else "bin"
    means = ax.errorbar(
        centre.to_numpy(),
        mean.to_numpy(),
        yerr=error.to_numpy(),
        color=_canvas.VERMILLION,
        marker="o" if numeric else "D",
        markersize=5,
        linestyle="-" if numeric else "none",
        capsize=3,
        zorder=3,
        label=f"mean a {group} ± standard error",
    )
    if not numeric:
        _canvas.name_x_ticks(ax, names)
        ax.set_xlim(-0.5, len(levels) - 0.5)
    for text, source, write in ((xlabel, x, ax.set_xlabel), (ylabel, y, ax.set_ylabel)):
        name = text if text is not None else getattr(source, "name", None)
        if name is not None:
            write(text if text is not None else _canvas.plain(name))
    _canvas.tidy_spines(ax)
    # A fixed corner: matplotlib's "best" tries every point, and warns when there are many.
    note = f"{left_out} not finite, left out" if left_out else None
    _canvas.legend(ax, [points, means], beside=ours, note=note, inside="upper right")
    return ax


def _pairs(x: Values, y: Values, bins: int) -> tuple[pd.Series[Any], npt.NDArray[np.float64], int]:
    """Return the factor and the output where both can be drawn, and how many pairs were left out."""
    if (dimensions := getattr(x, "ndim", 1)) != 1:
        raise AnalysisError(f"scatter: x must be one-dimensional, given {dimensions} dimensions")
    factor = pd.Series(x).reset_index(drop=True)
    output = as_floats(y, "y", caller="scatter")
    if len(factor) != len(output):
        raise AnalysisError(
            f"scatter: x and y must be of one length, given {len(factor)} and {len(output)}; "
            "select the rows of x that y belongs to"
        )
    if bins < 1:
        raise AnalysisError(f"scatter: bins must be at least 1, given {bins!r}")
    kept = np.isfinite(output)
    if is_numeric(factor):
        kept &= np.isfinite(as_floats(factor, "x", caller="scatter"))
    if not kept.any():
        raise AnalysisError(f"scatter: needs at least one finite point; given {len(output)}, none finite")
    return factor[kept], output[kept], int((~kept).sum())
