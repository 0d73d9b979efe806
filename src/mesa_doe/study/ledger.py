"""The ledger: which shard holds which runs, a line a shard, so that opening a study reads no shard.

Every writer appends to a file of its own, so writers of one study never meet, on any file system. Shards
are the truth: what the ledger lacks, or has wrong, is read from them again. A line has a checksum, so that
none is believed of which a byte was damaged.
"""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from mesa_doe.errors import StudyError

if TYPE_CHECKING:
    from mesa_doe.study.shards import Shard

__all__ = ["Entry", "Ints", "Ledger", "entry_for", "entry_of", "joined", "last_words", "spans"]

Ints: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Spans: TypeAlias = list[list[int]]


@dataclass(frozen=True)
class Entry:
    """One line: what a shard holds.

    Parameters
    ----------
    shard : str
        File name.
    study : str
        Id of the study that it is of.
    size : int
        Bytes; a file of another size is read again.
    session : int
    replications : int
        Runs are numbered point × replications + iteration.
    runs : list of [start, stop, step]
        In the order of the shard's rows.
    not_ok : dict of str to list of [start, stop, step]
        By status.
    seconds : float
        Of work, in all its runs.
    """

    shard: str
    study: str
    size: int
    session: int
    replications: int
    runs: Spans
    not_ok: dict[str, Spans]
    seconds: float


def spans(numbers: Sequence[int] | Ints) -> Spans:
    """Write down numbers as ranges, in their order.

    Examples
    --------
    >>> spans([0, 1, 2, 7]), spans([1, 4, 7])
    ([[0, 3, 1], [7, 8, 1]], [[1, 8, 3]])
    """
    array = np.asarray(numbers, dtype=np.int64)
    if len(array) == 0:
        return []
    steps = np.diff(array)
    if len(array) > 1 and (steps == steps[0]).all() and steps[0] > 0:
        return [[int(array[0]), int(array[-1]) + 1, int(steps[0])]]
    parts = np.split(array, np.flatnonzero(steps != 1) + 1)
    return [[int(part[0]), int(part[-1]) + 1, 1] for part in parts]


def joined(ranges: Spans) -> Ints:
    """Return the numbers that ranges stand for.

    Examples
    --------
    >>> joined([[0, 3, 1], [7, 8, 1]]).tolist()
    [0, 1, 2, 7]
    """
    return np.concatenate([np.empty(0, dtype=np.int64), *(np.arange(*one) for one in ranges)])


def last_words(runs: Ints, sessions: Ints, ok: np.ndarray[Any, np.dtype[np.bool_]], shards: Ints) -> Ints:
    """Return which record of each run counts: that of the last session, and within one, a run that is ok.

    Examples
    --------
    >>> runs, sessions, ok = np.array([4, 7, 4]), np.array([1, 1, 2]), np.array([True, False, False])
    >>> last_words(runs, sessions, ok, shards=np.array([0, 0, 1])).tolist()
    [2, 1]
    """
    order = np.lexsort((shards, ok, sessions, runs))
    ordered = runs[order]
    return order[np.append(ordered[1:] != ordered[:-1], True)] if len(order) else order


def entry_of(folder: Path, shard: str, study: str) -> Entry:
    """Read from a shard what the ledger should say of it.

    Raises
    ------
    StudyError
        If it is torn, or belongs to another study.
    """
    # Here, as a ledger is read without pandas.
    from mesa_doe.study.shards import Shard, ShardFile

    path = folder / shard
    file = ShardFile(path)
    if file.study != study:
        raise StudyError(f"{str(path)!r} belongs to another study ({file.study})")
    columns = file.columns(["point", "iteration", "status", "wall_time"])
    found = Shard(columns["point"], columns["iteration"], columns, session=file.session)
    return entry_for(folder, shard, study, found)


def entry_for(folder: Path, name: str, study: str, shard: Shard) -> Entry:
    """Return what the ledger should say of a shard that was just written."""
    points, iterations = np.asarray(shard.points), np.asarray(shard.iterations)
    replications = int(iterations.max(initial=0)) + 1
    runs = points * replications + iterations
    status = np.asarray(shard.runs["status"], dtype=object)
    not_ok = {kind: spans(runs[status == kind]) for kind in sorted(set(status)) if kind != "ok"}
    size = (folder / name).stat().st_size
    seconds = float(np.sum(shard.runs["wall_time"]))
    return Entry(name, study, size, shard.session, replications, spans(runs), not_ok, seconds)


class Ledger:
    """The ledger of a study.

    Parameters
    ----------
    folder : Path
        Where its files lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = folder / f"{uuid.uuid4().hex}.jsonl"

    def files(self) -> list[Path]:
        """Return its files: no links, which lead elsewhere, nor pipes, of which reading never ends."""
        there = sorted(self._folder.glob("*.jsonl"))
        return [path for path in there if path.is_file() and not path.is_symlink()]

    def read(self) -> dict[str, Entry]:
        """Return what is written down, by shard; a line that was cut off while being written is none."""
        found = {}
        for path in self.files():
            for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
                try:
                    described = json.loads(line)
                    if described.pop("checksum", None) != _checksum(described):
                        continue
                    entry = Entry(**described)
                    joined([*entry.runs, *(span for one in entry.not_ok.values() for span in one)])
                except (ValueError, TypeError, AttributeError):
                    continue
                found[entry.shard] = entry
        return found

    def write(self, entry: Entry) -> None:
        """Append a line."""
        described = asdict(entry)
        with self._own.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**described, "checksum": _checksum(described)}) + "\n")


def _checksum(described: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(described).encode())
