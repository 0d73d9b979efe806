"""Typed columns of many runs that join without loss, whatever the order in which they arrive.

A run's values become one typed array a column (:func:`as_column`). A :class:`Table` keeps those arrays
as they are, and only :meth:`Table.to_frame` chooses the type of a whole column: the narrowest of
bool, int, float, text that holds all of it. So the final frame cannot depend on how runs were chunked.

Most runs give few values, for which an array costs more than the run itself. So few values of one type may
stay a list (:func:`as_values`), and the table makes one array of the lists of neighbouring runs.
"""

from __future__ import annotations

import enum
import json
import math
import numbers
import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

__all__ = ["Table", "Tables", "Values", "as_column", "as_values", "free_names"]

Array = np.ndarray[Any, np.dtype[Any]]
#: Values of one type: a typed array, or a short list of bool, int (of 64 bits), float or str; None where
#: nothing is known of the type.
Values: TypeAlias = Array | list[Any] | None

# The address in a default repr differs from process to process: the same run must give the same text.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
_PLAIN = {bool, int, float, str, type(None)}
_WIDTH = {"b": 0, "i": 1, "f": 2, "O": 3}
_DTYPES: dict[type, Any] = {bool: np.bool_, int: np.int64, float: np.float64, str: object}
# Up to how many values a list is quicker than an array of its own.
_SHORT = 100
# Types of which every value fits the array; of int not all do.
_SURE = frozenset({bool, float, str})
_LEAST_INT, _MOST_INT = -(2**63), 2**63 - 1
_NO_LIST: tuple[int, list[Any]] = (-1, [])
# Python's numbers take four times the memory of an array's.
_LONGEST_LIST = 10_000


def as_column(values: Iterable[Any]) -> tuple[Array | None, bool]:
    """Turn the values of one run into one typed array.

    Parameters
    ----------
    values : iterable
        Whatever a model reported: numbers, strings, None, or any object.

    Returns
    -------
    array : ndarray (n,) or None
        bool, int64, float64 (None becomes NaN; ints too large for int64 are rounded) or object holding
        only str and None; None where every value is None, so that nothing is known of the type.
    converted : bool
        Whether a value that is no number, string or None was stored as text: an enum member as its
        name, lists, dicts, sets and arrays as JSON, anything else as its repr without addresses.

    Examples
    --------
    >>> as_column([1, None, 3])
    (array([ 1., nan,  3.]), False)
    >>> as_column([[1, 2], "a"])
    (array(['[1, 2]', 'a'], dtype=object), True)
    """
    return _as_array(*_plain_items(values))


def as_values(values: Sequence[Any]) -> tuple[Values, bool]:
    """Turn the values of one run into what :meth:`Table.append` takes, the same as by :func:`as_column`.

    Parameters
    ----------
    values : sequence

    Returns
    -------
    values : list, ndarray (n,) or None
        Few values of one type are a list.
    converted : bool

    Examples
    --------
    >>> as_values([1.0, np.float64(2)]), as_values([1, None])
    (([1.0, 2.0], False), (array([ 1., nan]), False))
    """
    if len(values) == 1 and type(values[0]) in _SURE:  # nearly all of what short runs give
        return [values[0]], False
    items, types = _plain_items(values)
    if len(types) == 1 and len(items) <= _SHORT:
        kind = type(items[0])
        if kind in _SURE or (kind is int and min(items) >= _LEAST_INT and max(items) <= _MOST_INT):
            return items, False
    return _as_array(items, types)


def _plain_items(values: Iterable[Any]) -> tuple[list[Any], set[type]]:
    items = values if type(values) is list else list(values)
    types = set(map(type, items))
    if not types <= _PLAIN:
        items = [_plain(value) for value in items]
        types = set(map(type, items))
    return items, types


def _as_array(items: list[Any], types: set[type]) -> tuple[Array | None, bool]:
    known = types - {type(None)}
    if not known:
        return (None, False) if items else (np.empty(0, dtype=np.float64), False)
    if known == {bool} and len(types) == 1:
        return np.array(items, dtype=bool), False
    if known <= {bool, int} and len(known) == len(types):
        try:
            return np.array(items, dtype=np.int64), False
        except OverflowError:
            return np.array([_float(item) for item in items]), False
    if types == {float}:
        return np.fromiter(items, np.float64, len(items)), False  # a third quicker than np.array
    if known <= {bool, int, float}:
        try:
            return np.array(items, dtype=np.float64), False  # None becomes NaN
        except OverflowError:
            return np.array([np.nan if item is None else _float(item) for item in items]), False
    texts = np.empty(len(items), dtype=object)
    texts[:] = [_number_text(item) if type(item) in (bool, int, float) else _text(item) for item in items]
    return texts, bool(known - {bool, int, float, str})


def _plain(value: Any) -> Any:
    """Return a bool, int, float, str or None where the value is one in disguise, else the value."""
    if type(value) in _PLAIN:
        return value
    if value is pd.NA or value is pd.NaT or value is np.ma.masked:
        return None
    if isinstance(value, enum.Enum):
        return value
    if isinstance(value, (np.generic, np.ndarray)) and value.ndim == 0:
        item = value.item()
        # A long double is its own item.
        if not isinstance(item, (np.generic, np.ndarray)):
            return _plain(item)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return _float(value)
    return value


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value > 0 or -1)


def _number_text(value: float) -> str | None:
    # Numbers among texts are written out, in one way everywhere; NaN stays a gap.
    return None if value != value else repr(value)


def _text(value: Any) -> str | None:
    if value is None or type(value) is str:
        return value
    try:
        tree = _tree(value)
        return tree if isinstance(tree, str) else json.dumps(tree)
    except Exception:  # noqa: BLE001 - loops and broken containers have at least a repr
        return _repr(value)


def _tree(value: Any) -> Any:
    """Return what JSON can hold, the same in every process: no addresses, no order of a set."""
    plain = _plain(value)
    if plain is None or type(plain) in (bool, int, float, str):
        return plain
    if isinstance(value, enum.Enum):
        return value.name or _repr(value)
    if isinstance(value, np.ndarray):
        return value.tolist() if value.dtype.kind in "biuf" else _tree(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_tree(item) for item in value]
    if isinstance(value, (set, frozenset)):
        # Iteration order of a set of strings changes with the process' hash seed.
        return sorted(map(_tree, value), key=json.dumps)
    if isinstance(value, Mapping):
        pairs = [(_text(key), _tree(item)) for key, item in value.items()]
        keys = {key for key, _ in pairs}
        return dict(pairs) if len(keys) == len(pairs) and None not in keys else [list(pair) for pair in pairs]
    return _repr(value)


def _repr(value: Any) -> str:
    try:
        return _ADDRESS.sub("", repr(value))
    except Exception as error:  # noqa: BLE001 - a broken repr must not lose the run; the text says so
        return f"<{type(value).__name__}: repr failed with {type(error).__name__}>"


def free_names(names: Iterable[Any], taken: Iterable[str], suffix: str) -> list[str]:
    """Name columns that join a table which has columns of its own: nothing is overwritten.

    Parameters
    ----------
    names : iterable
        The names wanted, as text.
    taken : iterable of str
        Names that the table already uses.
    suffix : str
        Appended, as often as needed, to a name that clashes.

    Returns
    -------
    list of str
        All different, and none of them taken.

    Examples
    --------
    >>> free_names(["density", "steps"], taken=["steps"], suffix="_parameter")
    ['density', 'steps_parameter']
    """
    wanted, used = [str(name) for name in names], set(taken)
    free = []
    for name in wanted:
        column = name
        while column in used or (column != name and column in wanted):
            column += suffix
        used.add(column)
        free.append(column)
    return free


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
        row, lists = self.rows, self._lists
        for place, (name, values) in enumerate(columns.items()):
            born = self.born.get(name)
            if born is None:
                self._segments[name] = []
            if born is None or (run_id, place) < born:
                self.born[name] = (run_id, place)
            if values is None or not rows:
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
        self.run_ids.append(run_id)
        self.counts.append(rows)
        self.rows += rows

    def _close(self, name: str) -> None:
        """Turn the list of a column into an array."""
        if name in self._lists:
            start, values = self._lists.pop(name)
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
                array = np.array([_number_text(v) for v in array.tolist()], dtype=object)
            column[start : start + len(array)] = array
        return column


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
