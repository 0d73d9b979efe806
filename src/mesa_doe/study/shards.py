"""A shard: the runs of one chunk as one Parquet file, a row a run, what models reported nested in it.

A column may hold numbers in one run and text in another. Each type that occurs is a field of its own in
the file, with gaps where a run has another: so what is read back is what was written, run by run, and the
final tables cannot depend on how runs were cut into shards.
"""

from __future__ import annotations

import contextlib
import json
import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mesa_doe._optional import require
from mesa_doe.columns import Table, Tables, free_names
from mesa_doe.errors import StudyError
from mesa_doe.study.whole_file import whole_file

__all__ = ["REMEDY", "RUN_COLUMNS", "Shard", "ShardFile", "write_shard"]

Array = np.ndarray[Any, np.dtype[Any]]

#: Columns of ``Results.runs`` that a run decides, in order.
RUN_COLUMNS = ("status", "origin", "error_type", "error", "steps", "wall_time", "traceback")

#: What to do with a shard that cannot be read.
REMEDY = "move it out of the study's folder and run the study again: its runs are then run anew"

_FORMAT = "mesa-doe shard"
_VERSION = 1
_KEY = b"mesa_doe.shard"
# Of the text under that key: those of Parquet's pages do not cover it.
_CHECKSUM = b"mesa_doe.checksum"
_NUMBERS = ("steps", "wall_time")
_KINDS = {"b": "bool", "i": "int", "f": "float", "O": "text"}


@dataclass
class Shard:
    """The runs of one chunk.

    Parameters
    ----------
    points, iterations : array_like of int (runs,)
        What a run is called in its study, whatever its ``run_id`` in this batch.
    runs : mapping of str to sequence (runs,)
        Columns :data:`RUN_COLUMNS`.
    data : Tables
        Its ``run_ids`` are positions in ``points``.
    notes : sequence of str
        What the user should hear once.
    session : int
        Of several records of one run, that of the last session counts.
    """

    points: Sequence[int] | Array
    iterations: Sequence[int] | Array
    runs: Mapping[str, Sequence[Any]]
    data: Tables = field(default_factory=Tables)
    notes: Sequence[str] = ()
    session: int = 1


def write_shard(folder: Path, study: str, shard: Shard) -> str:
    """Write a shard so that it is there as a whole or not at all, whatever happens meanwhile.

    Parameters
    ----------
    folder : Path
    study : str
        Id of the study.
    shard : Shard

    Returns
    -------
    str
        The name of its file.

    Raises
    ------
    OSError
        If the disk is full, say; then nothing of the shard is left.
    """
    pa, pq = require("pyarrow", extra="store"), require("pyarrow.parquet", extra="store")
    columns = {
        "point": pa.array(np.asarray(shard.points, dtype=np.int64)),
        "iteration": pa.array(np.asarray(shard.iterations, dtype=np.int64)),
    }
    for name in RUN_COLUMNS:
        kind = pa.float64() if name in _NUMBERS else pa.string()
        columns[name] = pa.array(shard.runs[name], type=kind)
    described = []
    named = list(_named(shard.data))
    ours = free_names((f"{kind} {name}".rstrip() for kind, name, _ in named), columns, " (table)")
    for column, (kind, name, table) in zip(ours, named, strict=True):
        columns[column], fields = _nested(pa, table, len(shard.points))
        described.append({"kind": kind, "name": name, "column": column, "fields": fields})
    document = {
        "format": _FORMAT, "version": _VERSION, "study": study, "session": shard.session,
        "notes": list(shard.notes), "tables": described,
    }  # fmt: skip
    text = json.dumps(document).encode()
    whole = pa.table(columns).replace_schema_metadata({_KEY: text, _CHECKSUM: str(zlib.crc32(text))})
    name = f"{uuid.uuid4().hex}.parquet"
    with whole_file(folder / name) as file:
        # Arrow's own pool keeps what it had for the next shard: 40 MB a worker.
        pq.write_table(whole, file, write_page_checksum=True, memory_pool=pa.system_memory_pool())
    return name


def _named(data: Tables) -> Iterator[tuple[str, str, Table]]:
    yield "model", "", data.model
    for kind, tables in (("agents", data.agents), ("table", data.tables)):
        for name, table in tables.items():
            yield kind, name, table


def _nested(pa: Any, table: Table, runs: int) -> tuple[Any, list[dict[str, Any]]]:
    """Return a table as one column, a list of rows a run, and what its fields are."""
    table.compact()
    kinds: dict[str, list[str]] = {
        name: list(dict.fromkeys(array.dtype.kind for _, array in segments))
        for name, segments in table.segments.items()
    }
    wanted: list[tuple[str, str | None]] = []
    for name, found in kinds.items():
        wanted += [(name, kind) for kind in found] or [(name, None)]
    texts = [
        name if len(kinds[name]) < 2 or kind is None else f"{name} ({_KINDS[kind]})" for name, kind in wanted
    ]
    arrays, fields = [], []
    for label, (name, kind) in zip(free_names(texts, (), " (field)"), wanted, strict=True):
        arrays.append(_full(pa, table, name, kind))
        fields.append({"field": label, "name": name, "kind": kind, "born": table.born[name]})
    counts = np.zeros(runs, dtype=np.int64)
    np.add.at(counts, np.asarray(table.run_ids, dtype=np.int64), np.asarray(table.counts, dtype=np.int64))
    offsets = np.concatenate([[0], np.cumsum(counts)])
    # A struct needs a field to have a length.
    rows = pa.StructArray.from_arrays(
        arrays or [pa.nulls(table.rows)], [one["field"] for one in fields] or ["nothing"]
    )
    return pa.LargeListArray.from_arrays(pa.array(offsets), rows), fields


def _full(pa: Any, table: Table, name: str, kind: str | None) -> Any:
    """Return one type of a column over all rows, null where a row has none of it."""
    segments = [(start, array) for start, array in table.segments[name] if array.dtype.kind == kind]
    types = {"b": pa.bool_(), "i": pa.int64(), "f": pa.float64(), "O": pa.string(), None: pa.null()}
    if len(segments) == 1 and len(segments[0][1]) == table.rows:
        return pa.array(segments[0][1], type=types[kind])
    pieces, end = [], 0
    for start, array in segments:
        pieces += [pa.nulls(start - end, types[kind]), pa.array(array, type=types[kind])]
        end = start + len(array)
    return pa.concat_arrays([*pieces, pa.nulls(table.rows - end, types[kind])])


class ShardFile:
    """A shard on disk, read as far as it is asked for.

    Parameters
    ----------
    path : Path

    Raises
    ------
    StudyError
        If the file is torn, or none of ours.
    """

    def __init__(self, path: Path) -> None:
        pa, pq = require("pyarrow", extra="store"), require("pyarrow.parquet", extra="store")
        self._path = path
        try:
            self._file = pq.ParquetFile(path.absolute(), page_checksum_verification=True)
            metadata = self._file.schema_arrow.metadata or {}
            document = json.loads(metadata[_KEY])
            if int(metadata.get(_CHECKSUM, zlib.crc32(metadata[_KEY]))) != zlib.crc32(metadata[_KEY]):
                raise ValueError("what it says of itself was changed")
            if (document["format"], document["version"]) != (_FORMAT, _VERSION):
                raise ValueError(f"it says {document['format']!r}, version {document['version']!r}")
            self.study = str(document["study"])
            self.session = int(document["session"])
            self.notes = [str(note) for note in document["notes"]]
            self._tables = list(document["tables"])
        except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
            raise StudyError(f"{str(path)!r} is no shard of a study: {str(error).strip()}") from error

    def columns(self, names: Sequence[str]) -> dict[str, Any]:
        """Return columns of the runs: ints and floats as arrays, text as lists."""
        with self._told_if_damaged():
            table = self._file.read(columns=list(names))
            return {
                name: table[name].to_pylist() if name in RUN_COLUMNS and name not in _NUMBERS else
                table[name].to_numpy()
                for name in names
            }  # fmt: skip

    def names(self, kind: str) -> list[str]:
        """Return the names of the tables of one kind: ``"model"``, ``"agents"`` or ``"table"``."""
        return [one["name"] for one in self._tables if one["kind"] == kind]

    def table(self, kind: str, name: str = "") -> Table:
        """Return a table; its ``run_ids`` are positions among the runs of the shard."""
        table = Table()
        with self._told_if_damaged() as pa:
            described = next(one for one in self._tables if (one["kind"], one["name"]) == (kind, name))
            column = self._file.read(columns=[described["column"]])[described["column"]].combine_chunks()
            if isinstance(column, pa.ChunkedArray):  # of no rows, or of one chunk, by version
                column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
            rows = column.flatten()
            table.run_ids = list(range(len(column)))
            table.counts = column.value_lengths().to_pylist()
            table.rows = len(rows)
            names = [one["name"] for one in described["fields"]]
            for one in described["fields"]:
                run, place = one["born"]
                table.born[one["name"]] = (run, place)
                segments = table.segments.setdefault(one["name"], [])
                if one["kind"] is not None:
                    # A gap in a text column is as good as a text that is missing.
                    alone = one["kind"] == "O" and names.count(one["name"]) == 1
                    segments += _segments(rows.field(one["field"]), alone)
                    segments.sort(key=lambda segment: segment[0])
        return table

    @contextlib.contextmanager
    def _told_if_damaged(self) -> Iterator[Any]:
        pa = require("pyarrow", extra="store")
        try:
            yield pa
        except (pa.ArrowException, OSError, LookupError, AttributeError) as error:
            raise StudyError(f"{str(self._path)!r} is damaged ({error}); {REMEDY}") from error


def _segments(array: Any, with_gaps: bool) -> list[tuple[int, Array]]:
    if array.null_count == 0 or with_gaps:
        return [(0, array.to_numpy(zero_copy_only=False))] if len(array) else []
    valid = array.is_valid().to_numpy(zero_copy_only=False)
    edges = np.flatnonzero(np.diff(valid, prepend=False, append=False)).reshape(-1, 2)
    return [(a, array.slice(a, b - a).to_numpy(zero_copy_only=False)) for a, b in edges.tolist()]
