"""The table of runs: sorted as asked for, a page at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.explore.opened import At, Opened
from mesa_doe.space.values import is_nan

__all__ = ["ROWS", "columns_of", "page_of", "pages"]

#: Of a page.
ROWS = 12


def columns_of(opened: Opened, output: str) -> list[str]:
    """Return the columns of the table; an output that is named like another of them is marked."""
    factors = opened.factors
    shown = [f"{output} (output)" if output in {"run", "status", *factors} else output]
    return ["run", *shown, "status", *(name for name in factors if name != "run")]


def page_of(
    opened: Opened, output: str, at: At, *, sort: str = "run", descending: bool = False, page: int = 0
) -> list[list[Any]]:
    """Return the rows of a page: the run's number, and the rest as text.

    Parameters
    ----------
    opened : Opened
    output : str
    at : step or "final"
    sort : str
        A column; runs without a value come last.
    descending : bool
    page : int
    """
    runs = opened.results.runs
    value = opened.values(output, at).reindex(runs.index)
    columns = columns_of(opened, output)
    by_name: dict[str, Any] = {str(name): column for name, column in opened.by_run.items()}
    cells = [runs.index.to_series(), value, runs["status"], *(by_name[name] for name in columns[3:])]
    key = pd.Series(cells[columns.index(sort)].array, runs.index)
    if key.dtype == object:
        key = key.map(str)
    order = key.sort_values(ascending=not descending, kind="stable", na_position="last").index
    shown = order[page * ROWS : (page + 1) * ROWS]
    return [[int(run), *(_text(cell.loc[run]) for cell in cells[1:])] for run in shown]


def pages(opened: Opened) -> int:
    """Return how many pages there are."""
    return max(1, -(-len(opened.results) // ROWS))


def _text(value: Any) -> str:
    if value is None or is_nan(value):
        return ""
    if isinstance(value, (float, np.floating)):
        return f"{value:.5g}"
    return str(getattr(value, "__name__", value))
