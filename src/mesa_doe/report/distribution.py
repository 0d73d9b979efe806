"""How the numbers of runs are distributed: bars, and the share that is at most as large."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mesa_doe._optional import require
from mesa_doe.errors import counted
from mesa_doe.plots import canvas, naming, palette
from mesa_doe.plots.units import unit_of
from mesa_doe.report.figures import Figures
from mesa_doe.report.markup import Markup, paragraph
from mesa_doe.results import Results

__all__ = ["distribution"]


def distribution(
    results: Results, name: str, values: pd.Series[Any], when: str, figures: Figures, *, replicated: bool
) -> Markup:
    """Return the figure of one number a run of an output, and of the means of points that were replicated."""
    known = values[np.isfinite(values)].to_numpy(np.float64)
    if not len(known):
        return paragraph("No run has a finite value.", class_="missing")
    label = f"Distribution of {name} {when}"
    left = (
        f", {counted(len(values) - len(known), 'run')} without a finite value left out"
        if len(known) < len(values)
        else ""
    )
    means = None
    if replicated:
        means = values.groupby(results.runs["point"].reindex(values.index)).mean().to_numpy(np.float64)
        means = means[np.isfinite(means)]
    caption = f"{label}, over {counted(len(known), 'run')}{left}: how many"
    if name in results.outputs and results.model[name].dtype.kind == "b":
        caption += ", and the share of points of which at most that share is True." if replicated else "."
        return figures.draw(lambda: _draw_truths(known, means, name), label, caption)
    caption += ", and the share that is at most as large"
    caption += "; dashed, the means of points." if means is not None else "."
    return figures.draw(lambda: _draw_distribution(known, means, name), label, caption)


def _draw_truths(values: Any, means: Any, name: str) -> Any:
    """Draw how many runs are False and True, and how the shares of True of the points are distributed."""
    plt = require("matplotlib.pyplot", extra="plot")
    panels = 1 if means is None else 2
    _, axes = plt.subplots(1, panels, figsize=(4.0 * panels, 2.7), layout="constrained", squeeze=False)
    left = axes[0, 0]
    true = int(values.sum())
    left.bar([0, 1], [len(values) - true, true], 0.6, color=palette.OKABE_ITO[4], linewidth=0)
    left.set_xticks([0, 1], labels=["False", "True"])
    canvas.write_labels(left, x=naming.plain(name), y="runs")
    if means is not None:
        right = axes[0, 1]
        right.ecdf(means, color=palette.VERMILLION, linewidth=1.6, linestyle="--")
        right.set_xlim(-0.02, 1.02)
        canvas.write_labels(right, x=f"share of True: {naming.plain(name)}", y="share of points")
    for ax in axes.flat:
        canvas.tidy_spines(ax)
    return left


def _draw_distribution(values: Any, means: Any, name: str) -> Any:
    plt = require("matplotlib.pyplot", extra="plot")
    _, (left, right) = plt.subplots(1, 2, figsize=(8.0, 2.7), layout="constrained")
    unit = unit_of(values)
    values, means = unit.of(values), unit.of(means)
    own = np.unique(values)
    if len(own) <= 25:
        width = 0.8 * float(np.diff(own).min()) if len(own) > 1 else 0.8
        left.bar(
            own, [int((values == one).sum()) for one in own], width, color=palette.OKABE_ITO[4], linewidth=0
        )
        if len(own) == 1:
            left.set_xlim(own[0] - 2, own[0] + 2)
    else:
        edges = np.histogram_bin_edges(values, bins=int(np.clip(np.sqrt(len(values)), 8, 40)))
        left.hist(values, edges, color=palette.OKABE_ITO[4], edgecolor="white", linewidth=0.5)
    left.set_ylabel("runs")
    right.ecdf(values, color=palette.BLUE, linewidth=1.6, label="runs")
    if means is not None and len(means):
        right.ecdf(means, color=palette.VERMILLION, linewidth=1.6, linestyle="--", label="means of points")
        right.legend(fontsize="small", frameon=False, loc="best")
    right.set_ylabel("share of runs")
    for ax in (left, right):
        ax.set_xlabel(unit.label(naming.plain(name)))
        canvas.tidy_spines(ax)
    return left
