"""The outputs: how they are distributed, over time, and how much of them is noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.errors import MesaDoeError, counted
from mesa_doe.plots.units import unit_of
from mesa_doe.report.distribution import distribution
from mesa_doe.report.figures import Figures
from mesa_doe.report.markup import Markup, code, element, joined, paragraph
from mesa_doe.report.tables import interval, table
from mesa_doe.report.values import alike, short
from mesa_doe.report.words import words
from mesa_doe.results import Results

__all__ = ["Outputs", "outputs", "when_of"]


@dataclass(frozen=True)
class Outputs:
    """Which outputs are shown, and their numbers.

    Parameters
    ----------
    values : mapping of str to Series
        One number a run.
    words : sequence of str
        Those that are text.
    problems : mapping of str to str
        Why others have no numbers.
    at : object
        Which number of a run is taken.
    """

    values: Mapping[str, pd.Series[Any]]
    words: Sequence[str]
    problems: Mapping[str, str]
    at: Any


def outputs(results: Results, shown: Outputs, figures: Figures) -> Markup:
    """Return the part about the outputs."""
    parts: list[Markup] = []
    if shown.values:
        header = ["Output", "Runs", "Mean", "SD", "Least", "5 %", "Median", "95 %", "Most"]
        rows = [(code(name), *_summary(values)) for name, values in shown.values.items()]
        caption = f"Outputs {when_of(shown.at)}, over all runs"
        parts.append(table(header, rows, caption=caption, sortable=True))
    replicated = int(results.runs["iteration"].max() or 0) > 0 if len(results) else False
    replicated = replicated and not results.runs["point"].isna().any()
    for place, (name, values) in enumerate(shown.values.items(), 1):
        parts.append(element("h3", code(name), id=f"output-{place}"))
        when = when_of(shown.at)
        parts.append(distribution(results, name, values, when, figures, replicated=replicated))
        if _has_steps(results, name):
            draw = results.plot.noise_fan if replicated else results.plot.series
            label = f"{name} over the steps"
            parts.append(figures.draw(partial(draw, name), label, f"{label}, {_of_runs(results, name)}."))
        if replicated:
            parts.append(_noise(results, name, shown.at))
    for place, name in enumerate(shown.words, 1):
        parts.append(element("h3", code(name), id=f"words-{place}"))
        parts.append(words(results, name))
    parts += [
        paragraph(code(name), f" is not shown: {why}", class_="missing")
        for name, why in shown.problems.items()
    ]
    if parts:
        return joined(*parts)
    return paragraph("No output was asked for." if results.outputs else "No run has reported an output.")


def when_of(at: Any) -> str:
    """Say which number of a run is taken.

    Parameters
    ----------
    at : str, number or callable
        As in :meth:`Results.output`, or the name of such a callable.

    Examples
    --------
    >>> when_of("final"), when_of(20), when_of(max)
    ('at the last step', 'at step 20', 'as max of the series')
    """
    named = {
        "final": "at the last step",
        "first": "at the first step",
        "mean": "as means over the steps",
        "all": "over the steps",
    }
    if isinstance(at, str) or callable(at):
        return named.get(at, f"as {at if isinstance(at, str) else short(at)} of the series")
    return f"at step {at:g}"


def _of_runs(results: Results, name: str) -> str:
    """Say of which runs a figure over time is."""
    rows = results.model[results.model[name].notna()]
    counts = rows.groupby("step")["run_id"].nunique()
    if counts.nunique() == 1:
        return f"of {counted(int(counts.iloc[0]), 'run')}"
    if counts.is_monotonic_decreasing:
        first, last = (
            f"{counts.loc[step]:,} at step {step:g}" for step in (counts.index[0], counts.index[-1])
        )
        return f"of the runs still going: {first}, {last}"
    return f"of the runs that have a value: {counts.min():,} to {counts.max():,} a step"


def _summary(values: pd.Series[Any]) -> list[float | int]:
    known = values[np.isfinite(values)]
    if known.empty:
        return [0, *[float("nan")] * 7]
    unit = unit_of(known)  # squares of the largest and the smallest are no floats
    deviation = known.std() if not unit.power else unit.of(known).std() * 10.0**unit.power
    low, middle, high = known.quantile([0.05, 0.5, 0.95])
    return [len(known), *map(float, (known.mean(), deviation, known.min(), low, middle, high, known.max()))]


def _has_steps(results: Results, name: str) -> bool:
    if name not in results.outputs or not len(results.model):
        return False
    series = results.model.loc[results.model[name].notna(), "step"]
    return bool(series.nunique() > 1) and results.data_collection_period != -1


def _noise(results: Results, name: str, at: Any) -> Markup:
    try:
        split = results.split_variance(name, at)
    except MesaDoeError as error:
        return paragraph(f"Parameters and noise are not told apart: {error}", class_="missing")
    frame, keys = split.to_frame(), ("variance", "share")
    rows = [
        (
            str(one["source"]),
            *(interval(one, key, f"{key}_low", f"{key}_high", alike(frame[key])) for key in keys),
        )
        for one in frame.to_dict("records")
    ]
    told = table(["Source", "Variance", "Share"], rows, caption=f"Parameters and noise in {name}")
    return joined(told, *(paragraph(text, class_="note") for text in getattr(split, "warnings", ())))
