"""The analyses: their warnings, figures and estimates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from numbers import Number
from typing import Any

import pandas as pd

from mesa_doe.analysis import SensitivityResult
from mesa_doe.analysis.shown import method_name
from mesa_doe.errors import counted
from mesa_doe.report.figures import Figures
from mesa_doe.report.markup import Markup, code, element, joined, paragraph
from mesa_doe.report.outputs import when_of
from mesa_doe.report.tables import interval, table
from mesa_doe.report.values import alike, short

__all__ = ["Analysed", "headings", "indices"]

_MOST_FACTORS = 20


@dataclass(frozen=True)
class Analysed:
    """What is shown of analyses.

    Parameters
    ----------
    results : sequence of SensitivityResult
    problems : sequence of str
        Why there are no others.
    """

    results: Sequence[SensitivityResult]
    problems: Sequence[str]

    def named(self) -> list[tuple[int, SensitivityResult, str]]:
        """Return each result with its number, from 1, and what it is called."""
        places = range(1, len(self.results) + 1)
        return list(zip(places, self.results, headings(self.results), strict=True))


def indices(analysed: Analysed, figures: Figures, most: int) -> Markup:
    """Return the part about the analyses: figures and tables of at most so many outputs each."""
    parts = [paragraph(told, class_="missing") for told in analysed.problems]
    for place, result, heading in analysed.named():
        name = method_name(result.method)
        parts.append(element("h3", heading, id=f"analysis-{place}"))
        for kind, texts in (("warning", result.warnings), ("note", result.notes)):
            bold = element("strong", f"{kind.capitalize()}. ")
            parts += [element("div", bold, text, class_=kind, role="note") for text in texts]
        parts.append(_settings(result))
        for number_, output in enumerate(result.outputs[:most], 1):
            parts.append(element("h4", code(output), id=f"analysis-{place}-{number_}"))
            parts += _estimates(result, output, name, figures)
        if (more := len(result.outputs) - most) > 0:
            told = f"And {counted(more, 'other output')}, in the table of indices."
            parts.append(paragraph(told, class_="missing"))
    return joined(*parts)


def headings(results: Sequence[SensitivityResult]) -> list[str]:
    """Return what analyses are called: by their methods, and by what tells those of one method apart."""
    found = [method_name(result.method) for result in results]
    for add in (_when, _only_output):
        counts = Counter(found)
        found = [
            f"{name} {add(result)}".rstrip() if counts[name] > 1 else name
            for name, result in zip(found, results, strict=True)
        ]
    return found


def _only_output(result: SensitivityResult) -> str:
    return f"of {result.outputs[0]}" if len(result.outputs) == 1 else ""


def _when(result: SensitivityResult) -> str:
    """Say which number of a run was analysed; nothing where only arrays were given."""
    at = "all" if result.steps else result.settings.get("at")
    return "" if at is None else when_of(at)


def _settings(result: SensitivityResult) -> Markup:
    plain = {
        key: value
        for key, value in result.settings.items()
        if isinstance(value, (str, bool, Number)) and key != "entropy"
    }
    return paragraph(", ".join(f"{key} = {short(value)}" for key, value in plain.items()), class_="quiet")


def _estimates(result: SensitivityResult, output: Any, method: str, figures: Figures) -> list[Markup]:
    label = f"{method} of {output}"
    drawn, left = _largest(result, output)
    steps = result.steps
    caption = f"{label} {_when(result)}".rstrip() + f", {result.scale}."
    if not steps and _has_intervals(result, output):
        caption += f" Lines are {_interval_name(result)}."
    if left:
        caption += f" Only the {_MOST_FACTORS} factors with the largest estimates, of {_MOST_FACTORS + left}."
    parts = [figures.draw(lambda: _untitled(drawn.plot(output=output)), label, caption)]
    frame = result.table(output)
    measures = [name for name in frame.columns if f"{name}_low" in frame.columns]
    write = {name: alike(frame[name]) for name in measures}
    rows = [
        (
            code(factor),
            *(interval(row, name, f"{name}_low", f"{name}_high", write[name]) for name in measures),
        )
        for factor, row in zip(frame.index, frame.to_dict("records"), strict=True)
    ]
    at = f" at step {steps[-1]}, the last of {len(steps)}" if steps else ""
    title = f"Estimates for {output}{at}, with {_interval_name(result)}"
    parts.append(table(["Factor", *measures], rows, caption=title, sortable=True))
    if (drawn.estimates["partner"] != "").any():
        pairs_of = f"Pairs of factors, {output}"
        told = f"{pairs_of}." if not left else f"{pairs_of}, of the same factors."
        draw = partial(drawn.plot_interactions, output=output)
        parts.append(figures.draw(lambda: _untitled(draw()), pairs_of, told, light=True))
    return parts


def _largest(result: SensitivityResult, output: Any) -> tuple[SensitivityResult, int]:
    """Return what a figure can show of one output: of many factors the largest, and how many are left out."""
    rows = result.estimates[result.estimates["output"] == output]
    single = _of_the_figure(result, rows[rows["partner"] == ""])
    sizes = single.assign(size=single["estimate"].abs()).groupby("factor", sort=False)["size"].max()
    if len(sizes) <= _MOST_FACTORS:
        return result, 0
    kept = {*sizes.sort_values(ascending=False, kind="stable").index[:_MOST_FACTORS], ""}
    rows = rows[rows["factor"].isin(kept) & rows["partner"].isin(kept)]
    return replace(result, estimates=rows), len(sizes) - _MOST_FACTORS


def _has_intervals(result: SensitivityResult, output: Any) -> bool:
    """Whether there are intervals of what the figure shows."""
    rows = _of_the_figure(result, result.estimates[result.estimates["output"] == output])
    return bool(rows["low"].notna().any())


def _of_the_figure(result: SensitivityResult, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the measures that are drawn, all where there are none of these."""
    drawn = rows["measure"].isin(result.plotted)
    return rows[drawn] if drawn.any() else rows


def _untitled(ax: Any) -> Any:
    ax.set_title("")  # the caption has it
    return ax


def _interval_name(result: SensitivityResult) -> str:
    confidence = result.settings.get("confidence")
    return "intervals" if confidence is None else f"{100 * confidence:g} % intervals"
