"""Rows of one run: their steps, which collections are kept, and names that hide none of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mesa_doe.columns import Table, as_column, free_names

__all__ = ["append_rows", "kept_collections", "outputs_row", "step_column"]


def append_rows(
    table: Table,
    run_id: int,
    columns: Mapping[Any, Sequence[Any]],
    steps: Sequence[float] | None = None,
    agent_ids: Sequence[Any] | None = None,
) -> list[str]:
    """Append the rows of one run to a table, under names that hide none of its own columns.

    Parameters
    ----------
    table : Table
    run_id : int
    columns : mapping of object to sequence (rows,)
        A column named like one of the table's own gets ``_reporter`` appended.
    steps, agent_ids : sequence (rows,), optional
        Of each row, in a table that has them.

    Returns
    -------
    list of str
        What the user should hear once.
    """
    rows = len(steps) if steps is not None else max(map(len, columns.values()), default=0)
    arrays: dict[str, Any] = {}
    if steps is not None:
        arrays["step"] = step_column(steps)
    if agent_ids is not None:
        arrays["agent_id"], _ = as_column(agent_ids)
    notes = []
    taken = {"run_id", *arrays}
    for name, values in zip(free_names(columns, taken, "_reporter"), columns.values(), strict=True):
        arrays[name], converted = as_column(values)
        if converted:
            notes.append(f"{name!r} holds values that are no numbers or strings; they became text")
    table.append(run_id, arrays, rows)
    return notes


def outputs_row(row: Any, what: str) -> dict[str, Any]:
    """Check what a function gave for one row of outputs."""
    if not isinstance(row, Mapping):
        message = (
            f"{what} must be a mapping of names to values, e.g. {{'y': 1.0}}, "
            f"got {type(row).__name__}: {row!r}"
        )
        raise TypeError(message)
    return {str(name): value for name, value in row.items()}


def step_column(steps: Sequence[float]) -> np.ndarray[Any, np.dtype[Any]]:
    """Return steps as ints where they all are whole; Mesa 3.5 counts them as floats."""
    array = np.asarray(steps, dtype=np.float64)
    whole = array.astype(np.int64)
    return whole if np.array_equal(whole, array) else array


def kept_collections(steps: Sequence[float], period: int) -> list[int]:
    """Return the positions of the collections to keep.

    Of several collections at one step the last one counts, as in Mesa's own agent records.

    Parameters
    ----------
    steps : sequence of float
        The step of each collection, in order.
    period : int

    Returns
    -------
    list of int

    Examples
    --------
    >>> kept_collections([0, 1, 2, 3, 4, 5], 2)
    [0, 2, 4, 5]
    >>> kept_collections([0, 1, 2], -1)
    [2]
    """
    last = {step: position for position, step in enumerate(steps)}
    if not last:
        return []
    final = last[steps[-1]]
    if period == -1:
        return [final]
    return sorted({position for step, position in last.items() if step % period == 0} | {final})
