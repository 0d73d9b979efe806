"""Sensitivity indices over the steps of a run: a line a factor, or stacked areas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.errors import AnalysisError, counted
from mesa_doe.plots import canvas, naming, palette
from mesa_doe.plots.checks import refuse_repeats, tidy, with_floats
from mesa_doe.plots.indices import FIELD_NAMES
from mesa_doe.plots.units import in_unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_Styles: TypeAlias = Mapping[Any, Mapping[str, Any]]

# One for each of the dashes of lines.
_HATCHES = (None, "....", "xxxx", "----", "oooo")


def over_time(
    estimates: pd.DataFrame,
    ax: Axes | None = None,
    *,
    measure: str | None = None,
    stacked: bool = False,
    xlabel: str = "step",
) -> Axes:
    """Draw each factor's index at each step, inside the band of its interval.

    The legend lists the factors from the highest to the lowest at the end. Where an estimate is not
    finite, the line has a gap; an interval that is not finite is left out. The factor ``seed`` is black
    and dashed, its band or area hatched: it is the model's own noise.

    Parameters
    ----------
    estimates : pandas.DataFrame
        Columns ``step``, ``factor``, ``measure``, ``estimate``, ``low`` and ``high``; one row for each step,
        factor and measure, at most 30 factors beside the seed.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    measure : str, optional
        Which measure to draw; by default ``"ST"``, and ``"S1"`` when stacked.
    stacked : bool, default False
        Draw areas on top of each other, without intervals: the blank up to one is the share of interactions.
        An estimate below zero is drawn as zero, and a step that lacks one is left blank; the legend says so.
    xlabel : str
        Label of the x axis.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    AnalysisError
        If a column is missing, there are no rows of the measure, none is finite, a step and factor come
        twice, there are too many factors, or total-order indices are to be stacked.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> rows = {"step": [0, 10], "factor": "density", "measure": "ST", "estimate": [0.2, 0.6]}
    >>> ax = over_time(pd.DataFrame(rows).assign(low=[0.1, 0.5], high=[0.3, 0.7]), Figure().subplots())
    >>> ax.lines[0].get_ydata()
    array([0.2, 0.6])
    """
    measure = measure if measure is not None else "S1" if stacked else "ST"
    if stacked and measure == "ST":
        raise AnalysisError(
            "over_time: total-order indices count an interaction once for each of its factors, so areas of "
            "them add up to no share; use measure='S1', or stacked=False"
        )
    frame, unit = in_unit(_rows(estimates, measure), "estimate", "low", "high")
    factors = list(frame["factor"].unique())
    tables = {name: _wide(frame, name, factors) for name in ("estimate", "low", "high")}
    if stacked and (whole := int(tables["estimate"].notna().all(axis=1).sum())) < 2:
        raise AnalysisError(
            "over_time: areas need at least two steps with a finite estimate of every factor, "
            f"given {whole}; use stacked=False"
        )

    styles = palette.line_styles(factors, caller="over_time")
    ours = ax is None
    ax = canvas.axes_of(ax, width=8.0, height=max(4.2, 0.6 + 0.22 * len(factors)))
    note = None
    if stacked:
        handles, note = _areas(ax, styles, tables["estimate"])
    else:
        handles = _lines(ax, styles, **tables)
    ax.set_xlabel(xlabel)
    canvas.write_labels(ax, y=unit.label(FIELD_NAMES.get(measure, naming.plain(measure))))
    ax.margins(x=0.01)
    canvas.whole_ticks(ax, tables["estimate"].index)
    canvas.tidy_spines(ax)
    canvas.legend(ax, handles, beside=ours, note=note)
    return ax


def _rows(estimates: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return the checked rows of one measure, by step."""
    frame = tidy(
        estimates, ["step", "factor", "measure", "estimate", "low", "high"], caller="over_time"
    ).astype({"factor": object})
    known = ", ".join(repr(name) for name in frame["measure"].unique())
    frame = frame[frame["measure"] == measure]
    if frame.empty:
        raise AnalysisError(f"over_time: there is no measure {measure!r}; given: {known}")
    frame = with_floats(frame, ["step", "estimate", "low", "high"], caller="over_time")
    refuse_repeats(frame, ["step", "factor"], caller="over_time")
    if not np.isfinite(frame["step"]).all():
        raise AnalysisError("over_time: step must be finite in every row; leave out the rows where it is not")
    if not np.isfinite(frame["estimate"]).any():
        raise AnalysisError(
            f"over_time: needs at least one finite estimate; given {len(frame)} of {measure}, none finite"
        )
    return frame


def _wide(frame: pd.DataFrame, name: str, factors: list[Any]) -> pd.DataFrame:
    """Return one column a factor, rows by step; infinite numbers as missing, since neither is drawn."""
    table = frame.pivot(index="step", columns="factor", values=name).sort_index()
    return table[factors].where(np.isfinite(table[factors]))


def _lines(
    ax: Axes, styles: _Styles, estimate: pd.DataFrame, low: pd.DataFrame, high: pd.DataFrame
) -> list[Any]:
    """Draw a line and a band a factor, and return the lines from the highest end to the lowest."""
    lines = []
    # The fewer the bands, the stronger they can be without hiding each other.
    shade = 0.2 if len(styles) <= 6 else 0.12
    for factor, column in estimate.items():
        # A finite estimate between gaps has no line to either side: without markers it would be lost.
        known = column.notna().to_numpy()
        alone = known & ~np.append(known[1:], False) & ~np.append(False, known[:-1])
        (line,) = ax.plot(
            column.index.to_numpy(),
            column.to_numpy(),
            marker="o" if alone.any() else "none",
            markevery=np.flatnonzero(alone).tolist(),
            label=naming.factor_name(factor),
            zorder=3,
            **styles[factor],
        )
        lines.append(line)
        band: dict[str, Any] = {"color": line.get_color(), "alpha": shade, "linewidth": 0}
        if factor in naming.NO_PARAMETERS:
            band |= {"facecolor": "none", "edgecolor": band.pop("color"), "hatch": "////", "alpha": 0.4}
        ends = low[factor].to_numpy(), high[factor].to_numpy()
        steps = column.index.to_numpy()
        ax.fill_between(steps, *ends, **band)
        for k in np.flatnonzero(alone):
            canvas.interval(ax, steps[k], ends[0][k], ends[1][k], upright=True, colour=line.get_color())
    ax.axhline(0.0, color=palette.INK, linewidth=0.8, zorder=1)
    last = estimate.ffill().iloc[-1].to_numpy()
    return [lines[k] for k in np.argsort(-last, kind="stable")]


def _areas(ax: Axes, styles: _Styles, estimate: pd.DataFrame) -> tuple[list[Any], str | None]:
    """Stack the factors in their order, and return the areas from the top and what must be said."""
    whole = estimate.notna().all(axis=1).to_numpy()
    shares = estimate.where(estimate > 0, 0.0).to_numpy(copy=True)
    shares[~whole] = np.nan
    tops = shares.cumsum(axis=1)
    areas = []
    for i, factor in enumerate(estimate):
        style, noise = styles[factor], factor in naming.NO_PARAMETERS
        area = ax.fill_between(
            estimate.index.to_numpy(),
            tops[:, i] - shares[:, i],
            tops[:, i],
            facecolor="#BBBBBB" if noise else style["color"],
            edgecolor="white",
            hatch="////" if noise else _HATCHES[palette.DASHES.index(style["linestyle"])],
            linewidth=0.5,
            label=naming.factor_name(factor),
        )
        areas.append(area)
    ax.axhline(1.0, color=palette.INK, linewidth=1, linestyle="--")
    ax.set_ylim(0.0, 1.04 * max(1.0, float(np.nanmax(tops))))
    negative = int((estimate[whole] < 0).to_numpy().sum())
    said = [f"{negative} of {shares[whole].size} below zero, drawn as zero"] if negative else []
    said += [f"{counted(int((~whole).sum()), 'step')} not finite, left blank"] if not whole.all() else []
    return areas[::-1], "\n".join(said) or None
