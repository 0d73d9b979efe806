"""The design and the failures: two parts of a page."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import Any

import pandas as pd

from mesa_doe.report.figures import Figures
from mesa_doe.report.markup import Child, Markup, code, element, joined, paragraph
from mesa_doe.report.tables import pairs, table
from mesa_doe.report.values import short
from mesa_doe.results import Results
from mesa_doe.space.values import is_nan

__all__ = ["design", "failures"]

_MOST_FAILURES = 50
_MOST_TRACEBACK = 6_000
_MOST_DRAWN = 8
# Points times panels: more of them are an image.
_MANY = 20_000


def design(results: Results, figures: Figures) -> Markup:
    """Return the part about the design."""
    known = results.design
    if known is None:
        return paragraph("The runs carry no design: they were built by hand, or it could not be saved.")
    lines = [line.partition("  ") for line in repr(known.describe()).splitlines()]
    names = [*known.space.names]
    drawn = names[:_MOST_DRAWN]
    caption = "The points as seen from each pair of factors, and how often each value comes."
    if len(drawn) < len(names):
        caption += f" The first {len(drawn)} of {len(names)} factors."
    heavy = len(known) * len(drawn) ** 2 / 2 > _MANY
    figure = figures.draw(
        lambda: known.plot(drawn), "Design points by pairs of factors", caption, heavy=heavy
    )
    return joined(pairs([(name.capitalize(), said.strip()) for name, _, said in lines]), figure)


def failures(results: Results, figures: Figures, rest: str) -> Markup:
    """Return the part about the runs that are not ok."""
    counts = results.runs["status"].value_counts()
    rows = [(status, int(count)) for status, count in counts.items()]
    if results.pending:
        rows.append(("pending", results.pending))
    parts = [table(["Status", "Runs"], rows, caption="Runs by status")]
    failed = results.failures
    if failed.empty:
        return joined(paragraph("No recorded run failed."), *parts)
    columns = (failed[name].map(_told) for name in ("status", "origin", "error_type"))
    kinds = Counter(zip(*columns, strict=True)).most_common()
    header, rows = ["Status", "Origin", "Error", "Runs"], [(*kind, int(count)) for kind, count in kinds]
    parts.append(table(header, rows, caption="What went wrong"))
    factors = results.factors("runs")
    if factors.shape[1] > 1:
        label = "Where in the space runs failed"
        none_left = len(failed) == len(results)
        which = "two factors" if none_left else "the two factors along which they differ most from the others"
        caption = f"{label}, over {which}."
        if none_left and factors.shape[1] > 2:
            caption += " No run is left from which they could differ, so these are the first."
        parts.append(figures.draw(results.plot.failures, label, caption))
    shown = failed.iloc[:_MOST_FAILURES]
    parts.append(element("h3", "Runs that failed", id="failed-runs"))
    if len(shown) < len(failed):
        parts.append(paragraph(f"The first {len(shown)} of {len(failed):,}. {rest}", class_="missing"))
    header = ["Run", "Point", "Origin", "Error", "Message and traceback"]
    caption = "Runs that failed, with their factors and tracebacks"
    factors = factors.loc[shown.index]
    told = [_failure(shown, factors, place) for place in range(len(shown))]
    return joined(*parts, table(header, told, caption=caption))


def _failure(shown: pd.DataFrame, factors: pd.DataFrame, place: int) -> list[Child]:
    row = shown.iloc[place]
    # Each from its own column: a row of a frame makes floats of ints.
    settings = ", ".join(f"{name} = {short(column.iloc[place])}" for name, column in factors.items())
    traceback = str(row["traceback"])
    if len(traceback) > _MOST_TRACEBACK:
        told = f"… the last {_MOST_TRACEBACK:,} of {len(traceback):,} characters:"
        traceback = f"{told}\n{traceback[-_MOST_TRACEBACK:]}"
    message = textwrap.shorten(str(row["error"]), 2_000, placeholder=" …")
    details = element(
        "details",
        element("summary", message or "no message"),
        paragraph(settings, class_="quiet"),
        element("pre", f"\n{traceback}", tabindex="0"),
    )
    point = "" if pd.isna(row["point"]) else int(row["point"])
    return [int(shown.index[place]), point, _told(row["origin"]), code(_told(row["error_type"])), details]


def _told(value: Any) -> str:
    return "" if value is None or is_nan(value) else str(value)
