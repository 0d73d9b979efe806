"""How far a study is, told from its ``study.json``, its ledger and its locks alone."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np

from mesa_doe._optional import require
from mesa_doe.study.ledger import Entry, joined, last_words
from mesa_doe.study.lock import Holder, holders
from mesa_doe.study.reading import TABLE, entries_since, read_document, read_entries, told_if_damaged
from mesa_doe.study.unpacking import unpacked

__all__ = ["StudyState", "state_of"]

_STATUSES = ("ok", "failed", "timeout", "crashed")


@dataclass(frozen=True)
class StudyState:
    """How far a study is.

    Parameters
    ----------
    folder : Path
    created : str
        ISO time.
    models : list of str
    design : str or None
        Its method; None for runs that were built by hand.
    points, factors : int or None
        Of the design.
    replications : int
    planned : int
        Runs.
    statuses : dict of str to int
        How many of them are recorded as ``ok``, ``failed``, ``timeout`` and ``crashed``.
    work : float
        Seconds that all recorded runs took, those that were made again too.
    writers : list of Holder
        Who writes now.
    pace : float or None
        Runs a second since the first of the writers began; None where nobody writes, or nothing is known.
    set_aside, ignored : int
        Files that were moved out of ``shards/``, and those in it that are none of the study's.
    """

    folder: Path
    created: str
    models: list[str]
    design: str | None
    points: int | None
    factors: int | None
    replications: int
    planned: int
    statuses: dict[str, int]
    work: float
    writers: list[Holder]
    pace: float | None
    set_aside: int
    ignored: int

    @property
    def recorded(self) -> int:
        """How many runs are."""
        return sum(self.statuses.values())

    @property
    def pending(self) -> int:
        """How many runs are planned and not recorded."""
        return self.planned - self.recorded

    @property
    def progress(self) -> Literal["running", "finished", "stopped"]:
        """Whether somebody writes; if not, whether all runs are recorded."""
        if self.writers:
            return "running"
        return "stopped" if self.pending else "finished"

    @property
    def remaining(self) -> float | None:
        """Seconds that the pending runs take at the present pace."""
        return self.pending / self.pace if self.pace else None


def state_of(folder: Path) -> StudyState:
    """Look at a study that is finished, was killed or is being written, without writing anything.

    Parameters
    ----------
    folder : Path
        Also an archive.

    Raises
    ------
    StudyError
        If there is no study, or it is damaged.
    """
    with told_if_damaged(folder):
        is_archive = folder.is_file()
    if is_archive:
        study, temporary = unpacked(folder)
        with temporary:
            return replace(state_of(study), folder=folder)
    document = read_document(folder)
    with told_if_damaged(folder):
        plan = document["plan"]
        design = plan["design"] or {}
        entries, strangers = read_entries(folder, document["id"])
        writers = holders(folder)
        return StudyState(
            folder=folder,
            created=document["created"],
            models=[f"{one['model']['module']}:{one['model']['qualname']}" for one in plan["models"]],
            design=design.get("method"),
            points=design.get("points"),
            factors=len(design["factors"]) if design else None,
            replications=plan["replications"],
            planned=_planned(folder, plan),
            statuses=_statuses(entries_since(document, entries.values())),
            work=sum(entry.seconds for entry in entries.values()),
            writers=writers,
            pace=_pace(folder / "shards", entries.values(), writers),
            set_aside=sum(1 for _ in (folder / "set-aside").glob("*")),
            ignored=len(strangers),
        )


def _planned(folder: Path, plan: dict[str, Any]) -> int:
    if plan["runs"] is not None:
        return len(range(*plan["runs"]))
    # A list of runs is only in its table.
    pq = require("pyarrow.parquet", extra="store")
    rows: int = pq.read_metadata((folder / TABLE).absolute()).num_rows
    return rows


def _statuses(entries: Iterable[Entry]) -> dict[str, int]:
    """Count the runs by the status of the record that counts."""
    known = sorted(entries, key=lambda entry: entry.shard)
    replications = max((entry.replications for entry in known), default=1)
    nothing = np.empty(0, dtype=np.int64)
    runs, statuses, sessions, shards = [nothing], [nothing], [nothing], [nothing]
    for place, entry in enumerate(known):
        numbers = joined(entry.runs)
        points, iterations = np.divmod(numbers, entry.replications)
        status = np.zeros(len(numbers), dtype=np.int64)
        for kind, spans in entry.not_ok.items():
            status[np.isin(numbers, joined(spans))] = _STATUSES.index(kind)
        runs.append(points * replications + iterations)
        statuses.append(status)
        sessions.append(np.full(len(numbers), entry.session))
        shards.append(np.full(len(numbers), place))
    status = np.concatenate(statuses)
    last = last_words(np.concatenate(runs), np.concatenate(sessions), status == 0, np.concatenate(shards))
    counts = np.bincount(status[last], minlength=len(_STATUSES)).tolist()
    return dict(zip(_STATUSES, counts, strict=True))


def _pace(shards: Path, entries: Iterable[Entry], writers: list[Holder]) -> float | None:
    if not writers:
        return None
    start = min(datetime.fromisoformat(writer.since).timestamp() for writer in writers)
    made = sum(
        len(joined(entry.runs)) for entry in entries if (shards / entry.shard).stat().st_mtime >= start
    )
    seconds = time.time() - start
    return made / seconds if made and seconds > 0 else None
