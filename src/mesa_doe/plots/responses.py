"""An output over one factor: every run, and the mean that the factor explains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe.errors import AnalysisError
from mesa_doe.plots import canvas, palette
from mesa_doe.plots.finite import Values, finite_pairs
from mesa_doe.plots.groups import centres, grouped, mean_errors, units_kept
from mesa_doe.plots.units import unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def scatter(
    x: Values,
    y: Values,
    ax: Axes | None = None,
    *,
    xlabel: str | None = None,
    ylabel: str | None = None,
    bins: int = 10,
    logarithmic: bool = False,
    blocks: Any = None,
) -> Axes:
    """Draw an output over one factor, with the mean of the output given the factor.

    Numbers are binned, each bin holding about as many points; up to twelve distinct ones are their own
    bins. Booleans, text and other objects are levels, with the points spread sideways so that they can be
    seen. Points that are not finite are left out, and the legend says how many. The standard error takes
    the points as independent, or the blocks, which common seeds and replications are not.

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
    logarithmic : bool, default False
        Whether numbers of `x` stand on a logarithmic axis.
    blocks : array_like, shape (n,), optional
        The block of each point, as ``design.blocks``: its points are not independent, and count together in
        the standard error.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If `x` and `y` are not of one length, nothing is left to draw, `bins` is below one, or a number has no
        logarithm.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = scatter(["slow", "fast", "slow"], [1.0, 5.0, 2.0], Figure().subplots())
    >>> ax.containers[0].lines[0].get_ydata()
    array([5. , 1.5])
    """
    if bins < 1:
        raise AnalysisError(f"scatter: bins must be at least 1, given {bins!r}")
    factor, output, left_out = finite_pairs(x, y, caller="scatter")
    unit = unit_of(output)
    output = unit.of(output)
    groups = grouped(factor, bins, caller="scatter", logarithmic=logarithmic)
    position, codes, names, kind = groups
    # A generator of its own: the same picture each time, and nobody's random state moves.
    aside = np.random.default_rng(0).uniform(-0.25, 0.25, len(position)) if names else 0.0
    by_group = pd.Series(output).groupby(codes)
    units = units_kept(blocks, len(output) + left_out, factor.index, caller="scatter")
    mean, error = by_group.mean(), mean_errors(output, codes, units)

    ours = ax is None
    height = 4.2 + 0.07 * max(map(len, names), default=0)
    ax = canvas.axes_of(ax, width=8.0 + 0.2 * len(names), height=height)
    count = len(output)
    label = f"{count} points" if not left_out else f"{count} of {count + left_out} points"
    points = ax.scatter(position + aside, output, s=14, label=label, **canvas.cloud(count))
    means = ax.errorbar(
        centres(groups, logarithmic=logarithmic),
        mean.to_numpy(),
        yerr=error,
        color=palette.VERMILLION,
        marker="D" if names else "o",
        markersize=5,
        linestyle="none" if names else "-",
        capsize=3,
        zorder=3,
        label=f"mean a {kind} ± standard error",
    )
    if names:
        canvas.name_levels(ax, names)
    elif logarithmic and np.ptp(position) > 0:  # of one value, matplotlib finds no limits
        ax.set_xscale("log")
    canvas.label_axes(ax, (x, xlabel), (y, ylabel), unit)
    canvas.tidy_spines(ax)
    # A fixed corner: matplotlib's "best" tries every point, and warns when there are many.
    note = f"{left_out} not finite, left out" if left_out else None
    canvas.legend(ax, [points, means], beside=ours, note=note, inside="upper right")
    return ax
