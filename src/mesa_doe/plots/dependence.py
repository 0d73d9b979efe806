"""How an output depends on a factor: conditional means with their spread, and CUSUNORO curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import FloatArray
from mesa_doe.columns import Units
from mesa_doe.errors import AnalysisError
from mesa_doe.plots import canvas, naming, palette
from mesa_doe.plots.checks import factor_frame
from mesa_doe.plots.finite import Values, finite_pairs, finite_rows
from mesa_doe.plots.groups import centres, grouped, mean_errors, order_codes, units_kept
from mesa_doe.plots.units import unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# With fewer points, the tenth and the ninetieth percentile of a bin are little more than its extremes.
_FEWEST_A_BIN = 10
# Within 95 % of all Brownian bridges: the Kolmogorov distribution's quantile.
_BRIDGE = 1.358
_NAMED_INSIDE = 6
# Of blocks, to tell where curves without influence go; and numbers of them held at once: 32 MB.
_SHUFFLES = 999
_AT_ONCE = 2**22


def partial_dependence(
    x: Values,
    y: Values,
    ax: Axes | None = None,
    *,
    bins: int = 20,
    xlabel: str | None = None,
    ylabel: str | None = None,
    logarithmic: bool = False,
    blocks: Any = None,
) -> Axes:
    """Draw the mean of an output given one factor, with its standard error and the output's spread.

    Numbers are binned, each bin holding about as many points; up to twelve distinct ones are their own
    bins. Booleans, text and other objects are levels. A dashed line is the mean over all points, along
    which the means of a factor without influence lie.

    Parameters
    ----------
    x : array_like, shape (n,)
        The factor's values; matched to `y` by position, never by index.
    y : array_like, shape (n,)
        The output's values.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    bins : int
        Most bins for more than twelve distinct numbers; there are fewer where a bin would hold fewer than
        ten points.
    xlabel, ylabel : str, optional
        Labels of the axes; by default the names of `x` and `y` when these are Series.
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

    Notes
    -----
    The conditional mean is the partial dependence of Friedman (2001, Annals of Statistics 29(5), section
    8.2) when the factors vary independently, as those of a design do. The spread is that of the points of
    a bin, so it holds the other factors and the noise alike. The standard error takes the points as
    independent, or the blocks, which common seeds and replications are not. Points that are not finite are
    left out, and the legend says how many.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> ax = partial_dependence([1, 1, 2, 2], [1.0, 3.0, 5.0, 6.0], Figure().subplots())
    >>> ax.lines[1].get_ydata()
    array([2. , 5.5])
    """
    if bins < 1:
        raise AnalysisError(f"partial_dependence: bins must be at least 1, given {bins!r}")
    factor, output, left_out = finite_pairs(x, y, caller="partial_dependence")
    unit = unit_of(output)
    output = unit.of(output)
    bins = max(1, min(bins, len(output) // _FEWEST_A_BIN))
    groups = grouped(factor, bins, caller="partial_dependence", logarithmic=logarithmic)
    _, codes, names, kind = groups
    centre = centres(groups, logarithmic=logarithmic)
    by_group = pd.Series(output).groupby(codes)
    units = units_kept(blocks, len(output) + left_out, factor.index, caller="partial_dependence")
    mean, error = by_group.mean().to_numpy(), mean_errors(output, codes, units)
    low, high = by_group.quantile(0.1).to_numpy(), by_group.quantile(0.9).to_numpy()

    ours = ax is None
    height = 4.2 + 0.07 * max(map(len, names), default=0)
    ax = canvas.axes_of(ax, width=8.0 + 0.2 * len(names), height=height)
    everyone = ax.axhline(
        float(output.mean()), color=palette.INK, linewidth=0.8, linestyle="--", label="mean of all points"
    )
    (means,) = ax.plot(
        centre,
        mean,
        color=palette.BLUE,
        marker="D" if names else "o",
        markersize=4,
        linestyle="none" if names else "-",
        zorder=3,
        label=f"mean a {kind}",
    )
    # Between levels there is nothing, and a band over one bin has no width.
    band = not names and len(centre) > 1
    draw: Any = ax.fill_between if band else ax.vlines
    wide, narrow = ({"linewidth": 0},) * 2 if band else ({"linewidth": 7}, {"linewidth": 2.5})
    blue = {"color": palette.BLUE}
    spread = draw(centre, low, high, alpha=0.15, label=f"10–90 % of a {kind}", **blue, **wide)
    errors = draw(centre, mean - error, mean + error, alpha=0.45, label="± standard error", **blue, **narrow)
    if names:
        canvas.name_levels(ax, names)
    elif logarithmic and np.ptp(groups.position) > 0:  # of one value, matplotlib finds no limits
        ax.set_xscale("log")
    canvas.label_axes(ax, (x, xlabel), (y, ylabel), unit)
    canvas.tidy_spines(ax)
    note = f"{len(output)} points in {len(centre)} {kind}s"
    if left_out:
        note += f"\n{left_out} not finite, left out"
    canvas.legend(ax, [means, errors, spread, everyone], beside=ours, note=note)
    return ax


def cusunoro(inputs: pd.DataFrame, y: Values, ax: Axes | None = None, *, blocks: Any = None) -> Axes:
    """Draw the cumulative sums of the normalised output, reordered by each factor.

    A curve rises where the factor's output lies above the mean and falls where it lies below, so its slope
    is the conditional mean in standard deviations of the output. The curve of a factor without influence
    stays, with 95 % confidence, inside the band all along. The legend lists the factors by how far their
    curves leave zero; inside an Axes that was given, more than six are named only where they leave the band.

    Parameters
    ----------
    inputs : pandas.DataFrame, shape (n, factors)
        A column a factor, at most 30 beside the seed; matched to `y` by position, never by index.
    y : array_like, shape (n,)
        The output's values.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    blocks : array_like, shape (n,), optional
        The block of each point, as ``design.blocks``, whose points are not independent.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If there are no or too many factors, the lengths differ, no row is finite, or the outputs of those
        that are do not vary.

    Notes
    -----
    Plischke (2012), "How to compute variance-based sensitivity indicators with your spreadsheet software",
    Environmental Modelling & Software 35. The variance of the slope is the first-order index. The band is
    1.358/√n, the quantile of the Brownian bridge's largest excursion over √n; it holds for independent
    points, and is wide for stratified ones. With `blocks` it is that of 999 shuffles of whole blocks, of the
    factor whose curves go farthest.

    Equal values have no order among themselves, so a curve goes straight from one distinct value to the
    next. Levels come in their own order: that of an ordered dtype, else sorted. The order of levels without
    one changes the look of a curve, but not its slopes. Rows that are not finite are left out and counted.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> inputs = pd.DataFrame({"radius": [1, 2, 3, 4]})
    >>> ax = cusunoro(inputs, [0.0, 0.0, 2.0, 2.0], Figure().subplots())
    >>> ax.lines[1].get_ydata()
    array([ 0.  , -0.25, -0.5 , -0.25,  0.  ])
    """
    frame = factor_frame(inputs, caller="cusunoro")
    styles = palette.line_styles(frame, caller="cusunoro")
    frame, output, left_out = finite_rows(frame, y, ("inputs", "y"), caller="cusunoro")
    if output.min() == output.max():
        raise AnalysisError(
            f"cusunoro: needs an output that varies; all {len(output)} finite values are {output[0]:g}"
        )
    # About the first value, whose differences keep their digits where all are large.
    output = unit_of(output).of(output)
    output = output - output[0]
    scaled = (output - output.mean()) / output.std()
    curves = {name: _cumulated(frame[name], scaled) for name in frame}
    units = units_kept(blocks, len(output) + left_out, frame.index, caller="cusunoro")
    limit = _BRIDGE / np.sqrt(len(output)) if units is None else _limit(frame, scaled, units)

    ours = ax is None
    ax = canvas.axes_of(ax, width=8.0, height=max(4.2, 1.2 + 0.22 * len(curves)))
    ax.axhline(0.0, color=palette.INK, linewidth=0.8)
    band = ax.axhspan(
        -limit, limit, color=palette.INK, alpha=0.12, linewidth=0, label="no influence (95 % band)"
    )
    handles = {}
    for name, (share, total) in curves.items():
        (handles[name],) = ax.plot(share, total, label=naming.factor_name(name), **styles[name])
    ax.set_xlim(0, 1)
    ax.set_xlabel("share of points, in the order of the factor")
    ax.set_ylabel("cumulated output in standard deviations")
    canvas.tidy_spines(ax)
    reach = {name: float(np.abs(total).max()) for name, (_, total) in curves.items()}
    named = sorted(curves, key=lambda name: -reach[name])
    if not ours and len(named) > _NAMED_INSIDE:
        # A legend of every name would hide the curves of an Axes that cannot grow.
        named = [name for name in named if reach[name] > limit]
        band.set_label(f"no influence (95 % band): {len(curves) - len(named)} factors")
    note = f"{left_out} rows not finite, left out" if left_out else None
    canvas.legend(ax, [*(handles[name] for name in named), band], beside=ours, note=note)
    return ax


def _cumulated(factor: pd.Series[Any], scaled: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the shares of the points up to each distinct value, and the sums of the output so far."""
    codes = order_codes(factor, caller="cusunoro")
    count = np.bincount(codes)
    total = np.bincount(codes, weights=scaled)
    share = np.concatenate([[0.0], np.cumsum(count) / len(scaled)])
    return share, np.concatenate([[0.0], np.cumsum(total) / len(scaled)])


def _limit(frame: pd.DataFrame, scaled: FloatArray, units: Units) -> float:
    """Return within what 95 % of the curves stay when whole units of the output are shuffled."""
    codes = [order_codes(frame[name], caller="cusunoro") for name in frame]
    orders = [np.argsort(code, kind="stable") for code in codes]
    last = [np.cumsum(np.bincount(code)) - 1 for code in codes]
    # A generator of its own: the same picture each time, and nobody's random state moves.
    generator = np.random.default_rng(0)
    at_once = max(1, _AT_ONCE // len(scaled))
    reach = []
    for start in range(0, _SHUFFLES, at_once):
        drawn = scaled[units.shuffled(min(at_once, _SHUFFLES - start), generator)]
        totals = (np.cumsum(drawn[:, order], axis=1)[:, at] for order, at in zip(orders, last, strict=True))
        reach.append(np.stack([np.abs(total).max(axis=1) for total in totals], axis=1) / len(scaled))
    return float(np.quantile(np.concatenate(reach), 0.95, axis=0).max())
