"""What is recorded of a batch: which shard has the word on each run, and their tables when asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.columns import Table
from mesa_doe.errors import StudyError
from mesa_doe.study.ledger import Entry, Ints, joined, last_words
from mesa_doe.study.numbering import Numbering
from mesa_doe.study.shards import REMEDY, RUN_COLUMNS, ShardFile

__all__ = ["Place", "Records", "StoredTables"]


@dataclass
class Place:
    """Where the runs of a batch are found in one shard.

    Parameters
    ----------
    shard : str
    rows : ndarray of int
        Of the shard, ascending.
    positions : ndarray of int
        In the batch.
    """

    shard: str
    rows: Ints
    positions: Ints


class Records:
    """The recorded runs of a batch.

    Where a run was recorded more than once the last session has the word; within one, a run that is ok.

    Parameters
    ----------
    folder : Path
        Of the shards.
    entries : iterable of Entry
    numbering : Numbering
        Of the batch; other runs of the study are left out.

    Attributes
    ----------
    folder : Path
    numbering : Numbering
    places : list of Place
        A shard each.
    positions : ndarray of int
        Of the recorded runs in the batch, ascending.
    ok : ndarray of bool
        Whether each of them is.
    """

    def __init__(self, folder: Path, entries: Iterable[Entry], numbering: Numbering) -> None:
        self.folder = folder
        self.numbering = numbering
        known = sorted(entries, key=lambda entry: entry.shard)
        columns = [_rows_of(entry, numbering) for entry in known]
        sizes = [len(positions) for positions, _ in columns]
        positions = np.concatenate([np.empty(0, np.int64), *(column for column, _ in columns)])
        ok = np.concatenate([np.empty(0, bool), *(column for _, column in columns)])
        shards = np.repeat(np.arange(len(known)), sizes)
        rows = np.concatenate([np.empty(0, np.int64), *map(np.arange, sizes)]).astype(np.int64)
        sessions = np.repeat(np.array([entry.session for entry in known], dtype=np.int64), sizes)
        last = last_words(positions, sessions, ok, shards)
        last = last[positions[last] >= 0]
        self.positions = positions[last]
        self.ok = ok[last]
        self.places: list[Place] = []
        by_shard = last[np.argsort(shards[last], kind="stable")]
        for group in np.split(by_shard, np.flatnonzero(np.diff(shards[by_shard])) + 1):
            if len(group):
                group = np.sort(group)
                self.places.append(Place(known[shards[group[0]]].shard, rows[group], positions[group]))

    def __len__(self) -> int:
        return len(self.positions)

    def _files(self) -> Iterator[tuple[Place, ShardFile]]:
        for place in self.places:
            yield place, self._file(place)

    def _file(self, place: Place) -> ShardFile:
        try:
            return ShardFile(self.folder / place.shard)
        except StudyError as error:
            raise StudyError(f"{error}; {REMEDY}") from error

    def outcome(self, names: Sequence[str] = RUN_COLUMNS) -> dict[str, list[Any]]:
        """Return columns that runs decide, in the order of :attr:`positions`."""
        columns: dict[str, list[Any]] = {name: [None] * len(self) for name in names}
        for place, file in self._files():
            where = np.searchsorted(self.positions, place.positions).tolist()
            for name, values in file.columns(names).items():
                column = columns[name]
                known = values if isinstance(values, list) else values.tolist()
                for row, position in zip(place.rows.tolist(), where, strict=True):
                    column[position] = known[row]
        return columns

    @cached_property
    def tables(self) -> StoredTables:
        """What models reported."""
        return StoredTables(self)

    def names(self, kind: str) -> list[str]:
        """Return the names of the tables of one kind."""
        return sorted({name for _, file in self._files() for name in file.names(kind)})

    def table(self, kind: str, name: str) -> Table:
        """Return a table of all recorded runs, as the models' runs gave it."""
        whole = Table(["step"]) if kind == "model" else Table()
        for part in self.parts(kind, name):
            whole.extend(part)
        return whole

    def parts(self, kind: str, name: str) -> Iterator[Table]:
        """Yield what each shard has of a table, one after the other."""
        for place in self.places:
            if (part := self.part(place, kind, name)) is not None:
                yield part

    def part(self, place: Place, kind: str, name: str) -> Table | None:
        """Return what one shard has of a table, of the runs on which it has the word."""
        file = self._file(place)
        if name not in file.names(kind):
            return None
        table = file.table(kind, name)
        numbers = np.full(len(table.run_ids), -1, dtype=np.int64)
        numbers[place.rows] = np.asarray(self.numbering.runs)[place.positions]
        return _renumbered(table, numbers)


def _renumbered(table: Table, run_ids: Ints) -> Table:
    """Give the runs of a shard's table their ids in the batch; those of id -1 are left out."""
    keep = run_ids >= 0
    # Where the run that first had a column is left out, the next one stands for it.
    heirs = np.append(np.where(keep, np.arange(len(keep)), len(keep)), len(keep))
    heirs = np.minimum.accumulate(heirs[::-1])[::-1]
    numbers = np.append(run_ids, np.iinfo(np.int64).max)
    found = Table()
    rows = np.repeat(keep, table.counts)
    before = np.concatenate([[0], np.cumsum(rows)])
    for name, segments in table.segments.items():
        run, place = table.born[name]
        found.born[name] = (run if run < 0 else int(numbers[heirs[run]]), place)
        found.segments[name] = [
            (int(before[start]), array[rows[start : start + len(array)]])
            for start, array in segments
            if rows[start : start + len(array)].any()
        ]
    found.run_ids = run_ids[keep].tolist()
    found.counts = np.asarray(table.counts, dtype=np.int64)[keep].tolist()
    found.rows = int(rows.sum())
    return found


def _rows_of(entry: Entry, numbering: Numbering) -> tuple[Ints, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Return the position in the batch of each row of a shard (-1: none), and whether it is ok."""
    numbers = joined(entry.runs)
    points, iterations = np.divmod(numbers, entry.replications)
    failed = [joined(spans) for spans in entry.not_ok.values()]
    return numbering.positions(points, iterations), ~np.isin(numbers, np.concatenate([[], *failed]))


@dataclass(frozen=True)
class StoredTable:
    """A table that is read when its frame is asked for."""

    records: Records
    kind: str
    name: str = ""

    def to_frame(self) -> pd.DataFrame:
        """Read it."""
        return self.records.table(self.kind, self.name).to_frame()


@dataclass(frozen=True)
class StoredTables:
    """What models reported, on disk; the counterpart of ``Tables``."""

    records: Records

    @property
    def model(self) -> StoredTable:
        """The models' time series."""
        return StoredTable(self.records, "model")

    @property
    def agents(self) -> Mapping[str, StoredTable]:
        """By agent type."""
        return {name: StoredTable(self.records, "agents", name) for name in self.records.names("agents")}

    @property
    def tables(self) -> Mapping[str, StoredTable]:
        """By name."""
        return {name: StoredTable(self.records, "table", name) for name in self.records.names("table")}
