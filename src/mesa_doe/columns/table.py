"""Columns of many runs that join without loss, whatever the order in which they arrive.

A run's values become one typed array a column (:func:`~mesa_doe.columns.as_column`). A :class:`Table` keeps
those arrays as they are, and only :meth:`Table.to_frame` chooses the type of a whole column: the narrowest of
bool, int, float, text that holds all of it. So the final frame cannot depend on how runs were chunked.

Most runs give few values, for which an array costs more than the run itself. So few values of one type may
stay a list (:func:`~mesa_doe.columns.as_values`), and the table makes one array of the lists of neighbouring
runs.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import Array
from mesa_doe.columns.values import Values, number_text, written

__all__ = ["Table", "Tables"]

_WIDTH = {"b": 0, "i": 1, "f": 2, "O": 3}
_DTYPES: dict[type, Any] = {bool: np.bool_, int: np.int64, float: np.float64, str: object}
_NO_LIST: tuple[int, list[Any]] = (-1, [])
# Python's numbers take four times the memory of an array's.
_LONGEST_LIST = 10_000


class Table:
    """Columns of many runs, as the typed arrays that the runs gave.

    Parameters
    ----------
    columns : sequence of str, default ()
        Columns that exist even if no row ever fills them.

    Attributes
    ----------
    run_ids, counts : list of int
        The runs in the order in which they came, and how many rows each one gave.
    born : dict of str to tuple (run_id, place)
        The first run that has a column, and the column's place there: columns are ordered by it, so
        that their order depends on the runs and not on how they were cut into chunks.
    rows : int
        Number of rows so far.

    Examples
    --------
    >>> table = Table()
    >>> table.append(0, {"gini": np.array([0.1, 0.2])}, rows=2)
    >>> table.append(1, {"gini": [1]}, rows=1)
    >>> table.to_frame().values.tolist()
    [[0.0, 0.1], [0.0, 0.2], [1.0, 1.0]]
    """

    def __init__(self, columns: Sequence[str] = ()) -> None:
        self.rows = 0
        self.run_ids: list[int] = []
        self.counts: list[int] = []
        self.born: dict[str, tuple[int, int]] = {name: (-1, place) for place, name in enumerate(columns)}
        self._segments: dict[str, list[tuple[int, Array]]] = {name: [] for name in columns}
        # The last values of a column, while they are a list: the row of the first, and the list.
        self._lists: dict[str, tuple[int, list[Any]]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Send whole numbers in few bytes: steps and ids are most of what agents give."""
        return {**self.__dict__, "_segments": _each(self.segments, _narrowed), "_lists": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._segments = _each(self._segments, _widened)

    @property
    def segments(self) -> dict[str, list[tuple[int, Array]]]:
        """Where in each column each array begins; rows between arrays are gaps."""
        for name in list(self._lists):
            self._close(name)
        return self._segments

    def append(self, run_id: int, columns: Mapping[str, Values], rows: int) -> None:
        """Add the rows of one run; a column that is missing or None leaves a gap in them.

        Parameters
        ----------
        run_id : int
        columns : mapping of str to ndarray (rows,), list (rows,) or None
            A list holds values of one type: bool, int (of 64 bits), float or str.
        rows : int
        """
        self._add(run_id, columns if rows else dict.fromkeys(columns))
        self.run_ids.append(run_id)
        self.counts.append(rows)
        self.rows += rows

    def _add(self, run_id: int, columns: Mapping[str, Values]) -> None:
        """Put values below the last row; ``run_id`` is the first run that they are of."""
        row, lists = self.rows, self._lists
        for place, (name, values) in enumerate(columns.items()):
            born = self.born.get(name)
            if born is None:
                self._segments[name] = []
            if born is None or (run_id, place) < born:
                self.born[name] = (run_id, place)
            if values is None:
                continue
            if not isinstance(values, list):
                self._close(name)
                self._segments[name].append((row, values))
                continue
            start, known = lists.get(name, _NO_LIST)
            if start + len(known) == row and type(known[0]) is type(values[0]) and len(known) < _LONGEST_LIST:
                known += values
            else:
                self._close(name)
                # A copy: the list grows, and is the caller's.
                lists[name] = (row, values.copy())

    def append_rows(self, run_ids: list[int], rows: Sequence[Mapping[str, Any]]) -> None:
        """Add runs of one row each: what :meth:`append` does with each of them, in a fraction of the time.

        Parameters
        ----------
        run_ids : list of int
            One or more.
        rows : sequence of mapping of str to bool, int (of 64 bits), float or str
        """
        columns = _columns_of(rows)
        if columns is None or any(a > b for a, b in itertools.pairwise(run_ids)):
            for run_id, row in zip(run_ids, rows, strict=True):
                self.append(run_id, {name: [value] for name, value in row.items()}, 1)
        else:
            self._add(run_ids[0], columns)
            self.run_ids += run_ids
            self.counts += [1] * len(rows)
            self.rows += len(rows)

    def _close(self, name: str) -> None:
        """Turn the list of a column into an array."""
        if name in self._lists:
            start, values = self._lists.pop(name)
            if type(values[0]) is str:
                values = [*map(written, values)]
            self._segments[name].append((start, np.array(values, dtype=_DTYPES[type(values[0])])))

    def extend(self, other: Table) -> None:
        """Add all rows of another table below these."""
        own = self.segments
        for name, segments in other.segments.items():
            born = other.born[name]
            self.born[name] = min(born, self.born.get(name, born))
            own.setdefault(name, []).extend((self.rows + start, array) for start, array in segments)
        self.run_ids += other.run_ids
        self.counts += other.counts
        self.rows += other.rows

    def cut(self, recorded: Container[int]) -> None:
        """Drop the rows of a last run that is not recorded, also where it was interrupted while appending.

        Parameters
        ----------
        recorded : container of int
            Ids of the runs that stay.
        """
        runs = min(len(self.run_ids), len(self.counts))
        while runs and self.run_ids[runs - 1] not in recorded:
            runs -= 1
        self.run_ids, self.counts = self.run_ids[:runs], self.counts[:runs]
        self.rows = rows = sum(self.counts)
        for name, segments in list(self.segments.items()):
            self._segments[name] = [
                (start, array[: rows - start]) for start, array in segments if start < rows
            ]
            born, _ = self.born.get(name, (0, 0))
            if born >= 0 and born not in recorded:
                del self._segments[name]
                self.born.pop(name, None)

    def compact(self) -> Table:
        """Join neighbouring arrays of one type, which loses nothing, and return self."""
        for name, segments in self.segments.items():
            joined: list[tuple[int, list[Array]]] = []
            end = -1
            for start, array in segments:
                if start == end and joined[-1][1][0].dtype == array.dtype:
                    joined[-1][1].append(array)
                else:
                    joined.append((start, [array]))
                end = start + len(array)
            self._segments[name] = [
                (start, arrays[0] if len(arrays) == 1 else np.concatenate(arrays)) for start, arrays in joined
            ]
        return self

    def to_frame(self) -> pd.DataFrame:
        """Return the whole as a frame; gaps are NaN in number columns, in text columns None (pandas 3: NaN).

        Returns
        -------
        DataFrame (rows, 1 + columns)
            ``run_id`` and the columns; rows in the order of the runs.
        """
        run_ids = np.repeat(np.array(self.run_ids, dtype=np.int64), self.counts)
        order = None if (run_ids[1:] >= run_ids[:-1]).all() else np.argsort(run_ids, kind="stable")
        columns = {"run_id": run_ids}
        segments = self.segments
        for name in sorted(segments, key=self.born.__getitem__):
            columns[name] = self._joined(segments[name])
        if order is not None:
            columns = {name: column[order] for name, column in columns.items()}
        return pd.DataFrame(columns, index=pd.RangeIndex(self.rows))

    def _joined(self, segments: list[tuple[int, Array]]) -> Array:
        width = max((_WIDTH[array.dtype.kind] for _, array in segments), default=2)
        has_gaps = sum(len(array) for _, array in segments) < self.rows
        if has_gaps:
            width = max(width, _WIDTH["f"])
        if width == _WIDTH["O"]:
            column = np.full(self.rows, None, dtype=object)
        elif width == _WIDTH["f"]:
            column = np.full(self.rows, np.nan)
        else:
            column = np.zeros(self.rows, dtype=(bool, np.int64)[width])
        for start, array in segments:
            if width == _WIDTH["O"] and array.dtype != object:
                array = np.array([number_text(v) for v in array.tolist()], dtype=object)
            column[start : start + len(array)] = array
        return column


def _each(
    segments: Mapping[str, list[tuple[int, Array]]], change: Callable[[Array], Array]
) -> dict[str, list[tuple[int, Array]]]:
    return {name: [(start, change(array)) for start, array in own] for name, own in segments.items()}


def _narrowed(array: Array) -> Array:
    if array.dtype.kind != "i" or not len(array):
        return array
    dtype = np.promote_types(*map(np.min_scalar_type, (array.min(), array.max())))
    return array.astype(dtype) if dtype.itemsize < array.itemsize else array


def _widened(array: Array) -> Array:
    return array.astype(np.int64) if array.dtype.kind in "iu" else array


def _columns_of(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]] | None:
    """Turn rows into columns of one type each, if these are so."""
    names = [*rows[0]]
    if any([*row] != names for row in rows):
        return None
    columns = {
        name: [*values]
        for name, values in zip(names, zip(*[row.values() for row in rows], strict=True), strict=True)
    }
    alike = all(len({*map(type, values)}) == 1 for values in columns.values())
    return columns if alike else None


@dataclass
class Tables:
    """All that runs reported: one table of the model, one an agent type, one a named table.

    All but the named tables have a column ``step``.
    """

    model: Table = field(default_factory=lambda: Table(["step"]))
    agents: dict[str, Table] = field(default_factory=dict)
    tables: dict[str, Table] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Table]:
        return iter((self.model, *self.agents.values(), *self.tables.values()))

    @property
    def cells(self) -> int:
        """How many values there are, about: rows by columns, of all tables."""
        return sum(table.rows * len(table.born) for table in self)

    def extend(self, other: Tables) -> None:
        """Add the rows of other runs below these."""
        self.model.extend(other.model)
        for own, theirs in ((self.agents, other.agents), (self.tables, other.tables)):
            for name, table in theirs.items():
                own.setdefault(name, Table()).extend(table)

    def cut(self, recorded: Container[int]) -> None:
        """Drop what a last run gave that is not recorded, and the tables that only it had."""
        for table in self:
            table.cut(recorded)
        for tables in (self.agents, self.tables):
            for name in [name for name, table in tables.items() if not table.run_ids]:
                del tables[name]

    def compact(self) -> Tables:
        """Join neighbouring arrays of one type in every table, and return self."""
        for table in self:
            table.compact()
        return self
