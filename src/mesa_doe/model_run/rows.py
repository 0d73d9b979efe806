"""Rows of one run: their steps, which collections are kept, and names that hide none of ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from mesa_doe.columns import Table, Tables, Values, as_values, free_names, is_plain
from mesa_doe.columns.values import mixes
from mesa_doe.errors import ConfigurationError

__all__ = [
    "Kind",
    "Reading",
    "Row",
    "Series",
    "kept_at",
    "kept_collections",
    "outputs_row",
    "read_row",
    "side_by_side",
    "told_together",
]

Kind: TypeAlias = Literal["model", "agents", "tables"]
#: Steps, and columns of one value a step.
Series: TypeAlias = tuple[Sequence[float], Mapping[Any, Sequence[Any]]]

_OURS = frozenset({"run_id", "step", "agent_id"})
# What is said of one column, and of several.
_OF_VALUES = (
    " holds values that are no numbers or strings; they became text",
    " hold values that are no numbers or strings; they became text",
)
_OF_NUMBERS = (
    " holds numbers and text, so its numbers became text; where there is no number, report None",
    " hold numbers and text, so their numbers became text; where there is no number, report None",
)


def told_together(notes: Iterable[str]) -> list[str]:
    """Say once what is said of several columns, where the first of them is.

    Examples
    --------
    >>> told_together(["'a'" + _OF_VALUES[0], "no seed", "'b'" + _OF_VALUES[0]])
    ["'a', 'b' hold values that are no numbers or strings; they became text", 'no seed']
    """
    told: dict[str, list[str]] = {}
    for note in notes:
        ending = next((one for one, _ in (_OF_VALUES, _OF_NUMBERS) if note.endswith(one)), "")
        told.setdefault(ending or note, []).append(note.removesuffix(ending))
    several = dict((_OF_VALUES, _OF_NUMBERS))
    return [
        columns[0]
        if ending not in several
        else ", ".join(columns) + (several[ending] if len(columns) > 1 else ending)
        for ending, columns in told.items()
    ]


class Reading:
    """What one run reported, as typed columns that are in no table yet.

    A run is first read whole and then put into tables, so that one that fails while it is read leaves
    no row behind.

    Attributes
    ----------
    notes : list of str
        What the user should hear once.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._parts: list[tuple[Kind, str, dict[str, Values], int]] = []

    def add(
        self,
        kind: Kind,
        name: str,
        columns: Mapping[Any, Sequence[Any]],
        steps: Sequence[float] | np.ndarray[Any, Any] | None = None,
        agent_ids: Sequence[Any] | np.ndarray[Any, Any] | None = None,
    ) -> None:
        """Take the rows of one table.

        Parameters
        ----------
        kind : {"model", "agents", "tables"}
        name : str
            Of the table.
        columns : mapping of object to sequence (rows,)
            A column named like one of the table's own gets ``_reporter`` appended.
        steps, agent_ids : sequence (rows,), optional
            Of each row, in a table that has them; ids may be typed already.
        """
        rows = len(steps) if steps is not None else max(map(len, columns.values()), default=0)
        typed: dict[str, Values] = {}
        if steps is not None:
            typed["step"] = _step_values(steps)
        if agent_ids is not None:
            typed["agent_id"] = agent_ids if isinstance(agent_ids, np.ndarray) else as_values(agent_ids)[0]
        if not _OURS.isdisjoint(columns) or set(map(type, columns)) != {str}:
            names = free_names(columns, {"run_id", *typed}, "_reporter")
            columns = dict(zip(names, columns.values(), strict=True))
        for column, values in columns.items():
            typed[column], converted = as_values(values)
            if converted:
                self.notes.append(f"{column!r}{_OF_VALUES[0]}")
            elif _is_text(typed[column]) and mixes(values):
                self.notes.append(f"{column!r}{_OF_NUMBERS[0]}")
        self._parts.append((kind, name, typed, rows))

    def put(self, tables: Tables, run_id: int) -> None:
        """Append all rows to the tables of many runs."""
        for kind, name, columns, rows in self._parts:
            if kind == "model":
                table = tables.model
            else:
                known = tables.agents if kind == "agents" else tables.tables
                table = known.get(name) or known.setdefault(name, Table())
            table.append(run_id, columns, rows)


class Row:
    """What a run reported, where that is one row of plain values: all that most short runs give.

    Parameters
    ----------
    values : dict of str to bool, int (of 64 bits), float or str
        With the step.
    """

    __slots__ = ("values",)
    notes: Sequence[str] = ()

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def put(self, tables: Tables, run_id: int) -> None:
        """Append the row to the tables of many runs."""
        tables.model.append_rows([run_id], [self.values])


def read_row(columns: dict[Any, Any], step: float) -> Reading | Row:
    """Read one row of the model's table.

    Parameters
    ----------
    columns : dict of object to object
        A value a column; it is taken over.
    step : float
    """
    for name, value in columns.items():
        if type(name) is not str or name in _OURS or (type(value) is not float and not is_plain(value)):
            break
    else:
        if columns:
            whole_step = int(step)
            columns["step"] = whole_step if whole_step == step else float(step)
            return Row(columns)
    reading = Reading()
    reading.add("model", "", {name: [value] for name, value in columns.items()}, [step])
    return reading


def outputs_row(row: Any, what: str) -> dict[str, Any]:
    """Check what a function gave for one row of outputs.

    Raises
    ------
    ConfigurationError
        If it is no mapping: no run of the function will give one, most likely.
    """
    if type(row) is not dict and not isinstance(row, Mapping):
        raise ConfigurationError(
            f"{what} must be a mapping of names to values, e.g. {{'y': 1.0}}, "
            f"got {type(row).__name__}: {row!r}"
        )
    return {str(name): value for name, value in row.items()}


def _is_text(values: Values) -> bool:
    """Whether values are an array of text; of a list it is known that all are."""
    return isinstance(values, np.ndarray) and values.dtype == object


def _step_values(steps: Sequence[float] | np.ndarray[Any, Any]) -> Values:
    """Return steps as ints where they all are whole; Mesa 3.5 counts them as floats."""
    if len(steps) == 1:
        whole_step = int(steps[0])
        return [whole_step if whole_step == steps[0] else float(steps[0])]
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

    Examples
    --------
    >>> kept_collections([0, 1, 2, 3, 4, 5], 2)
    [0, 2, 4, 5]
    >>> kept_collections([0, 1, 2], -1)
    [2]
    """
    if not steps:
        return []
    final = len(steps) - 1
    if period == -1:
        return [final]
    last = {step: position for position, step in enumerate(steps)}
    return sorted({position for step, position in last.items() if step % period == 0} | {final})


def kept_at(steps: Sequence[float], periods: Iterable[int]) -> tuple[list[int], dict[int, set[int]]]:
    """Return the positions of the collections that any of several periods keeps, and those of each.

    Examples
    --------
    >>> kept_at([0, 1, 2, 3], [2, -1])
    ([0, 2, 3], {2: {0, 2, 3}, -1: {3}})
    """
    different = set(periods)
    own = {period: set(kept_collections(steps, period)) for period in different}
    return sorted(set().union(*own.values())), own


def side_by_side(series: Sequence[Series]) -> Series:
    """Join series kept at different steps into rows, one a step; None where a series has no value.

    Examples
    --------
    >>> side_by_side([([0, 2], {"a": [5, 6]}), ([1, 2], {"b": [7, 8]})])
    ([0, 1, 2], {'a': [5, None, 6], 'b': [None, 7, 8]})
    """
    steps = sorted({step for own, _ in series for step in own})
    columns: dict[Any, list[Any]] = {}
    for own, values in series:
        at = {step: position for position, step in enumerate(own)}
        for name, column in values.items():
            columns[name] = [column[at[step]] if step in at else None for step in steps]
    return steps, columns
