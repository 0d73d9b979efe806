"""The Morris plane: how much each factor moves the output, against how unevenly it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe._optional import require
from mesa_doe.errors import AnalysisError
from mesa_doe.plots import canvas, labels, naming, palette
from mesa_doe.plots.checks import refuse_repeats, tidy, with_floats
from mesa_doe.plots.units import in_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RATIOS = (0.1, 0.5, 1.0)


def plane(
    estimates: pd.DataFrame,
    ax: Axes | None = None,
    *,
    noise_floor: float | None = None,
    sigma_floor: float | None = None,
    title: str | None = None,
    label: bool = True,
) -> Axes:
    """Draw each factor as a point: mean absolute elementary effect μ*, and standard deviation σ.

    Rays show the ratio σ/μ*: below 0.1 an effect is nearly linear, below 0.5 monotone, below 1 nearly so,
    and above it interactions or curvature prevail. Bars are the intervals of μ*; one that is not finite
    is left out. A factor whose μ* or σ is not finite is left out and named. The factor ``seed`` is hollow:
    it is the model's own noise.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Columns ``factor``, ``measure``, ``estimate``, ``low`` and ``high``; for each factor a row of
        ``"mu_star"`` and one of ``"sigma"``. Other measures are not read.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    noise_floor : float, optional
        The μ* that noise alone gives an inert factor; hatched from zero up to it.
    sigma_floor : float, optional
        The σ that noise alone gives any factor; hatched from zero up to it.
    title : str, optional
        Title of the Axes.
    label : bool, default True
        Whether the points have their names. Those that lie on each other, or too close for names, share a
        label, which counts those it has no room for.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If a column, or a measure of a factor, is missing or comes twice, no factor is finite, or a
        floor is negative or not finite.

    Notes
    -----
    The plane is that of Morris (1991), with μ* of Campolongo, Cariboni and Saltelli (2007); the rays are
    those of Garcia Sanchez, Lacarrière, Musy and Bourges (2014).

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> rows = {"factor": ["a", "a"], "measure": ["mu_star", "sigma"], "estimate": [2.0, 0.5]}
    >>> ax = plane(pd.DataFrame(rows).assign(low=[1.8, None], high=[2.2, None]), Figure().subplots())
    >>> ax.collections[0].get_offsets().tolist()
    [[2.0, 0.5]]
    """
    frame, left_out = _points(estimates)
    frame, unit = in_unit(frame, "x", "y", "low", "high")
    floor, floor_of_sigma = _floor("noise_floor", noise_floor), _floor("sigma_floor", sigma_floor)
    right_end, top_end = unit.of(floor), unit.of(floor_of_sigma)
    ours = ax is None
    ax = canvas.axes_of(ax, width=8.0, height=5.2)
    right = 1.08 * float(np.nanmax([frame["x"].max(), frame["high"].max(), right_end or 0.0])) or 1.0
    # A linear model has no σ at all: the lowest ray is seen even then.
    top = max(1.12 * float(frame["y"].max()), 1.12 * (top_end or 0.0), 0.14 * right)
    ax.set_xlim(0.0, right)
    ax.set_ylim(0.0, top)

    ends = [_ray(ax, ratio, right, top) for ratio in RATIOS]
    handles: list[Any] = []
    for span, end, told, hatch, name in (
        (ax.axvspan, right_end, floor, "///", "noise floor"),
        (ax.axhspan, top_end, floor_of_sigma, "\\\\\\", "noise floor of σ"),
    ):
        if end is not None:
            style: dict[str, Any] = {"facecolor": "none", "edgecolor": "#aaaaaa", "linewidth": 0, "zorder": 0}
            handles.append(span(0.0, end, hatch=hatch, label=f"{name} {told:.3g}", **style))
    rows: list[Any] = list(frame.itertuples())
    for row in rows:
        canvas.interval(ax, row.y, row.low, row.high)
    noise = frame["factor"].isin(list(naming.NO_PARAMETERS)).to_numpy()
    for marked, face, marker in ((~noise, palette.BLUE, "o"), (noise, "white", "D")):
        if marked.any():
            place = frame.loc[marked, "x"], frame.loc[marked, "y"]
            # Not clipped: a factor without effect lies in the corner, half outside.
            style = {"marker": marker, "edgecolors": palette.BLUE, "clip_on": False}
            ax.scatter(*place, s=36, color=face, zorder=3, **style)
    across, up = "μ*, mean absolute elementary effect", "σ, standard deviation of the effects"
    canvas.write_labels(ax, x=unit.label(across), y=unit.label(up))
    if title is not None:
        canvas.write_title(ax, title)
    canvas.tidy_spines(ax)
    joined = "\n".join(left_out)
    note = f"not finite, left out:\n{joined}" if left_out else None
    with_legend = bool(handles or note)
    if with_legend:
        canvas.legend(ax, handles, beside=ours, note=note, inside="upper left")
    if label:
        if ours:
            # What is free depends on the layout; only a figure of ours is finished now.
            figure: Any = ax.figure
            figure.draw_without_rendering()
        names = [naming.factor_name(factor) for factor in frame["factor"]]
        in_legend = max(1, len(handles)) if with_legend and not ours else 0
        taken = _taken(ax, frame, ends, in_legend=in_legend)
        labels.name_points(ax, names, frame["x"].to_numpy(), frame["y"].to_numpy(), taken=taken)
    return ax


def _points(estimates: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the factors that can be drawn, and the names of the others.

    Columns ``factor``, ``x``, ``y``, ``low`` and ``high``; an interval that is not finite is NaN.
    """
    frame = tidy(estimates, ["factor", "measure", "estimate", "low", "high"], caller="plane")
    frame = frame[frame["measure"].isin(["mu_star", "sigma"])]
    refuse_repeats(frame, ["factor", "measure"], caller="plane")
    frame = with_floats(frame, ["estimate", "low", "high"], caller="plane")
    halves = {
        measure: frame[frame["measure"] == measure].set_index("factor") for measure in ("mu_star", "sigma")
    }
    factors = list(dict.fromkeys(frame["factor"]))
    missing = [
        f"{measure} of {factor!r}"
        for measure, rows in halves.items()
        for factor in factors
        if factor not in rows.index
    ]
    if missing or not factors:
        raise AnalysisError(
            "plane: needs the measures mu_star and sigma of each factor; missing: "
            f"{', '.join(missing) or 'both'}; draw the measures there are with bars (groups have no sigma)"
        )
    mu_star, sigma = halves["mu_star"].loc[factors], halves["sigma"].loc[factors]
    table = mu_star[["low", "high"]].assign(x=mu_star["estimate"], y=sigma["estimate"]).reset_index()
    known = np.isfinite(table["low"]) & np.isfinite(table["high"])
    table[["low", "high"]] = table[["low", "high"]].where(known)
    finite = np.isfinite(table["x"]) & np.isfinite(table["y"])
    if not finite.any():
        raise AnalysisError(
            f"plane: needs at least one factor with finite mu_star and sigma; given {len(table)}, none finite"
        )
    return table[finite].reset_index(drop=True), [
        naming.factor_name(name) for name in table[~finite]["factor"]
    ]


def _floor(option: str, floor: float | None) -> float | None:
    if floor is not None and not (np.isfinite(floor) and floor >= 0):
        raise AnalysisError(
            f"plane: {option} must be a finite number, zero or more, given {floor!r}; "
            "leave it out where it is not known"
        )
    return floor or None


def _ray(ax: Axes, ratio: float, right: float, top: float) -> tuple[float, float]:
    """Draw the line of one ratio with its name along its end, and return where the name ends."""
    ax.plot([0.0, right], [0.0, ratio * right], color="#999999", linewidth=0.8, linestyle="--", zorder=1)
    x = 0.95 * min(right, top / ratio)
    # A little above the line, whose angle on paper is known only when the figure is drawn.
    lifted = require("matplotlib.transforms", extra="plot").ScaledTranslation(
        -1 / 72, 2.5 / 72, ax.figure.dpi_scale_trans
    )
    ax.text(
        x,
        ratio * x,
        f"σ/μ* = {ratio:g}",
        transform=ax.transData + lifted,
        ha="right",
        va="bottom",
        rotation=np.degrees(np.arctan(ratio)),
        rotation_mode="anchor",
        transform_rotates_text=True,
        fontsize=labels.SIZE - 1,
        color="#666666",
    )
    return x, ratio * x


def _taken(
    ax: Axes, frame: pd.DataFrame, rays: list[tuple[float, float]], *, in_legend: int
) -> list[labels.Box]:
    """Return what no name may cover: intervals, the names of the rays and a legend of so many lines."""
    low, high = (labels.on_paper(ax, frame[end], frame["y"]) for end in ("low", "high"))
    taken = [(a, y - 3, b, y + 3) for (a, y), (b, _) in zip(low, high, strict=True) if np.isfinite(a)]
    for end in labels.on_paper(ax, *zip(*rays, strict=True)):
        along = end / np.linalg.norm(end)
        above = np.array([-along[1], along[0]])
        middles = (end - back * along + 7 * above for back in range(0, 50, 8))
        taken += [labels.around(float(x), float(y), 5) for x, y in middles]
    if in_legend:
        height = ax.get_window_extent().height * 72 / ax.figure.dpi
        taken.append((0.0, height - 15 - 15 * in_legend, 130.0, height))
    return taken
