"""Tables of a page: small ones as HTML, large ones as data that the page's script shows, sorts and saves."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.report.markup import Child, Markup, element, embedded_json, joined, paragraph
from mesa_doe.report.values import number

__all__ = ["Cell", "DataTables", "interval", "pairs", "table"]

#: Characters of CSV that a page holds of one table.
MOST_CHARACTERS = 2_000_000
_AT_ONCE = 2_000
# Only with this end of a row is a bare carriage return in a text quoted.
_END = "\r\n"


def pairs(rows: Iterable[tuple[Child, Child]]) -> Markup:
    """Return a list of names and what there is to say of each."""
    return element("dl", *(joined(element("dt", name), element("dd", said)) for name, said in rows))


@dataclass(frozen=True)
class Cell:
    """What a cell shows, and by which number it is sorted."""

    shown: Child
    value: float


def table(
    header: Sequence[str], rows: Iterable[Sequence[Child]], *, caption: str, sortable: bool = False
) -> Markup:
    """Return a table whose first column names the rows; floats, ints and cells stand to the right.

    Parameters
    ----------
    header : sequence of str
    rows : iterable of sequence
    caption : str
    sortable : bool, default False
        Whether the page's script puts buttons into its header.
    """
    body, to_the_right = [], set()
    for first, *others in rows:
        body.append(element("tr", element("th", first, scope="row"), *map(_cell, others)))
        to_the_right |= {place for place, one in enumerate(others, 1) if _is_number(one)}
    head = element(
        "tr",
        *(
            element("th", name, scope="col", class_="number" if place in to_the_right else None)
            for place, name in enumerate(header)
        ),
    )
    whole = element(
        "table",
        element("caption", caption),
        element("thead", head),
        element("tbody", *body),
        class_="sortable" if sortable else None,
    )
    return element("div", whole, class_="scroll", tabindex="0", role="group", aria_label=caption)


def _cell(value: Child) -> Markup:
    if isinstance(value, Cell):
        sorted_by = None if math.isnan(value.value) else repr(value.value)
        return element("td", value.shown, class_="number", data_value=sorted_by)
    if _is_number(value):
        return element(
            "td", number(value), class_="number", data_value=None if value != value else repr(value)
        )
    return element("td", value)


def _is_number(value: Child) -> bool:
    return isinstance(value, (int, float, Cell)) and not isinstance(value, bool)


@dataclass
class DataTables:
    """The large tables of a page; their data are embedded once, as CSV."""

    data: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def add(self, name: str, frame: pd.DataFrame, title: str, rest: str = "") -> Markup:
        """Take a frame, and return the place where it is shown.

        Parameters
        ----------
        name : str
            Of the file that is saved.
        frame : DataFrame
        title : str
        rest : str, optional
            How to get rows that are left out.
        """
        csv, rows = _csv(frame)
        kinds = [bool(frame.dtypes.iloc[place].kind in "iuf") for place in range(frame.shape[1])]
        self.data[name] = {"title": title, "rows": rows, "numeric": kinds, "csv": csv}
        told = None
        if rows < len(frame):
            told = paragraph(
                f"Only the first {rows:,} of {len(frame):,} rows are in this file, on the page and in the "
                f"CSV, to keep it small. {rest}".rstrip(),
                class_="missing",
            )
        return joined(
            element("h3", title, id=f"table-{name}"),
            told,
            element(
                "div",
                paragraph("This table is shown and saved by a script, which does not run here."),
                data_table=name,
            ),
        )

    def markup(self) -> Markup:
        """Return the data."""
        return embedded_json(self.data, id="data")


def _csv(frame: pd.DataFrame) -> tuple[str, int]:
    """Write rows, as many as there is room for, and tell how many these are."""
    frame = _named(frame)
    parts, size, rows = [frame.iloc[:0].to_csv(index=False, lineterminator=_END)], 0, 0
    while rows < len(frame):
        part = frame.iloc[rows : rows + _AT_ONCE]
        written = part.to_csv(index=False, header=False, lineterminator=_END)
        if size + len(written) > MOST_CHARACTERS:
            keep = int(len(part) * (MOST_CHARACTERS - size) / len(written))
            parts.append(part.iloc[:keep].to_csv(index=False, header=False, lineterminator=_END))
            return "".join(parts), rows + keep
        parts.append(written)
        size, rows = size + len(written), rows + len(part)
    return "".join(parts), rows


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """Write functions and classes by their names: where they lie in memory differs each time."""
    frame = frame.copy(deep=False)
    for place in range(frame.shape[1]):
        column = frame.iloc[:, place]
        if column.dtype == object and any(map(callable, column)):
            names = [getattr(value, "__qualname__", value) for value in column]
            frame.isetitem(place, np.array(names, dtype=object))
    return frame


def interval(row: Mapping[Any, Any], name: str, low: str, high: str, write: Callable[[float], str]) -> Cell:
    """Return an estimate with its interval, from a row of a frame and the names of its columns."""
    estimate = float(row[name])
    if math.isnan(row[low]):
        return Cell(write(estimate), estimate)
    told = f" [{write(float(row[low]))}, {write(float(row[high]))}]"
    return Cell(joined(write(estimate), element("span", told, class_="interval")), estimate)
