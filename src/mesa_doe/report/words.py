"""Outputs in words: how often each outcome came, in all and at each level of each factor."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mesa_doe.analysis import Tabulation
from mesa_doe.errors import MesaDoeError, counted, sentence
from mesa_doe.report.markup import Markup, code, element, joined, paragraph
from mesa_doe.report.tables import interval, table
from mesa_doe.report.values import number, short
from mesa_doe.results import Results

__all__ = ["words"]

_MOST_WORDS = 20
_MOST_FACTORS = 20


def words(results: Results, name: str) -> Markup:
    """Return what a page shows of one output in words."""
    last = results.model.groupby("run_id", sort=True)[name].last(skipna=False)
    counts = last.map(short).value_counts().sort_values(ascending=False, kind="stable")
    rows = [(value, int(count), f"{count / len(last):.1%}") for value, count in counts.items()]
    told = table(["Value", "Runs", "Share"], rows[:_MOST_WORDS], caption=f"{name} at the last step, in words")
    if (more := len(rows) - _MOST_WORDS) > 0:
        return joined(told, paragraph(f"And {counted(more, 'other value')}.", class_="missing"))
    return joined(told, _by_factor(results, name))


def _by_factor(results: Results, name: str) -> Markup:
    try:
        # How many are left out stands among the warnings.
        found = results.tabulate(name, missing="drop")
    except MesaDoeError as error:
        return paragraph(f"Not counted by factor: {sentence(error)}", class_="missing")
    shown, left = _strongest(found)
    header = ["Factor", "Level", "Runs", *map(short, found.categories), "Cramér’s V", "p"]
    caption = f"{name} by factor: the share of each outcome at each level, with 95 % intervals"
    parts: list[Markup] = [
        element("div", element("strong", "Warning. "), text, class_="warning", role="note")
        for text in found.warnings
    ]
    parts.append(table(header, _rows(shown), caption=caption, sortable=True))
    if left:
        told = f"Only the {_MOST_FACTORS} factors with the largest V, of {_MOST_FACTORS + left}."
        parts.append(paragraph(told, class_="missing"))
    return joined(*parts)


def _strongest(found: Tabulation) -> tuple[Tabulation, int]:
    """Return what a table can show: of many factors those with the largest V, and how many are left out."""
    all_of = found.association
    kept = all_of.loc[all_of["cramers_v"].sort_values(ascending=False, kind="stable").index[:_MOST_FACTORS]]
    kept = kept.sort_index()
    return replace(found, association=kept), len(all_of) - len(kept)


def _rows(found: Tabulation) -> list[list[Any]]:
    rows = []
    for one in found.association.to_dict("records"):
        shares = found.shares[found.shares["factor"] == one["factor"]].to_dict("records")
        width = len(found.categories)
        for start in range(0, len(shares), width):
            of_level = shares[start : start + width]
            rows.append(
                [
                    code(one["factor"]),
                    _level(of_level[0]["level"]),
                    of_level[0]["runs"],
                    *(interval(share, "share", "low", "high", "{:.3f}".format) for share in of_level),
                    one["cramers_v"],
                    one["p"],
                ]
            )
    return rows


def _level(level: Any) -> str:
    return number(level) if isinstance(level, float) else short(level)
