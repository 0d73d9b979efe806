"""The study folder: made, opened for reading or writing, and what in it is ours.

::

    study.json        the plan (space, design, seeds, model, settings) and what it was made with
    points.parquet    the design points, or the runs of a list
    design.parquet    the design itself, where it can be saved
    origin.parquet    in its place where equal points were merged: the design before that
    shards/           the runs, a Parquet file a chunk: the truth
    ledger/           which shard holds which runs: an index, made anew where it is missing
    locks/            who writes
    set-aside/        files found in shards/ that are not ours, or torn

Nothing in it is executed or unpickled when it is opened, and no name in a file is followed out of it.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mesa_doe.errors import StudyError, counted, listed, sentence, warn
from mesa_doe.study.ledger import Entry, Ledger, entry_of
from mesa_doe.study.lock import Lock, writing
from mesa_doe.study.numbering import Numbering
from mesa_doe.study.plan import Plan
from mesa_doe.study.provenance import git_state, git_state_of_script, versions
from mesa_doe.study.reading import (
    FILE,
    FILES,
    FORMAT,
    VERSION,
    entries_since,
    read_document,
    read_entries,
    shard_files,
    told_if_damaged,
)
from mesa_doe.study.records import Records
from mesa_doe.study.stored_model import Document
from mesa_doe.study.whole_file import whole_file

__all__ = ["StudyFolder", "StudyWriter", "open_study"]

# Those that are made with the study.
_FOLDERS = ("shards", "ledger", "locks")
_ASIDE = "set-aside"
# Bytes of a name that is kept: with what is set before it, it has at most 255.
_NAME = 200


class StudyFolder:
    """A study folder as it was when it was read.

    Parameters
    ----------
    path : Path
    longer : mapping of str to callable, optional
        What ``design.extend`` calls, by method.

    Raises
    ------
    StudyError
        If there is no study, it is damaged, or a later version wrote it.
    """

    def __init__(self, path: Path, longer: Mapping[str, Any] | None = None) -> None:
        self.path = path
        self.document = read_document(path)
        self.plan = Plan.read(path, self.document["plan"], longer)
        self.entries, self.strangers = read_entries(path, self.id)

    @property
    def id(self) -> str:
        """What its shards are marked with."""
        return str(self.document["id"])

    @property
    def shards(self) -> Path:
        """Where its shards lie."""
        return self.path / "shards"

    def records(self, numbering: Numbering) -> Records:
        """Return what is recorded of a batch: since it was begun afresh, if it was."""
        return Records(self.shards, entries_since(self.document, self.entries.values()), numbering)

    def told_strangers(self, done: str) -> str:
        """Say what was done with the files that are no shards of this study."""
        first = next(iter(self.strangers.values()))
        were = "was" if len(self.strangers) == 1 else "were"
        return f"{counted(len(self.strangers), 'file')} in the study {were} {done}: {first}"


class StudyWriter(StudyFolder):
    """A study folder of which this process holds the lock."""

    def __init__(self, path: Path, part: tuple[int, int] | None, lock: Lock) -> None:
        super().__init__(path)
        self._lock = lock
        self._ledger = Ledger(path / "ledger")
        written = self._ledger.read()
        for name, entry in self.entries.items():
            if name not in written or written[name] != entry:
                self._ledger.write(entry)
        self.session = 1 + max((entry.session for entry in self.entries.values()), default=0)
        if part is None:
            self._clear()
        elif self.strangers:
            warn(self.told_strangers("ignored"))

    def _clear(self) -> None:
        """Move away what is not ours: it is never trusted, and never deleted."""
        # Of a process that was killed while it wrote.
        cut_off = [*self.path.glob(".*.tmp"), *self.shards.glob(".*.tmp")]
        aside = self.path / _ASIDE
        for path in [*(self.shards / name for name in self.strangers), *cut_off]:
            aside.mkdir(exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                kept = os.fsdecode(os.fsencode(path.name.lstrip("."))[-_NAME:])
                path.rename(aside / f"{uuid.uuid4().hex[:8]}-{kept}")
        if self.strangers:
            warn(self.told_strangers(f"set aside in {str(aside)!r}"))

    def record(self, entry: Entry) -> None:
        """Enter a shard into the ledger.

        Raises
        ------
        StudyError
            If the ledger cannot be written, or the lock was lost.
        """
        with _told_if_unwritable(self.path):
            self._ledger.write(entry)
        self.entries[entry.shard] = entry
        if not self._lock.held():
            raise StudyError(
                f"this process lost the lock of the study in {str(self.path)!r}: another took it over "
                "while this one slept, or it was removed. What is recorded is kept: run the same again"
            )

    def begin_afresh(self) -> None:
        """Let only what is recorded from now on count, or go on with that where it was interrupted.

        Else an interrupted study would be a mixture of old runs and new ones, and look finished.
        """
        afresh = self.document.get("afresh")
        if afresh is None or afresh["is_done"] or self.is_whole:
            self.save(afresh={"session": self.session, "is_done": False})

    def finish_afresh(self) -> None:
        """Note that all runs were made since the study was begun afresh, if they were."""
        afresh = self.document.get("afresh")
        if afresh and not afresh["is_done"] and self.is_whole:
            self.save(afresh={**afresh, "is_done": True})

    @property
    def is_whole(self) -> bool:
        """Whether all runs are recorded, as far as this process knows."""
        numbering = self.plan.numbering
        return len(self.records(numbering)) == len(numbering.runs)

    def look_again(self) -> None:
        """Learn of what other parts have recorded meanwhile."""
        self.entries, self.strangers = read_entries(self.path, self.id)

    def find_lost(self) -> list[Entry]:
        """Enter shards that a worker wrote whole before it could say so, and return their entries."""
        found = []
        for name in sorted(shard_files(self.shards).keys() - self.entries.keys()):
            try:
                entry = entry_of(self.shards, name, self.id)
            except StudyError:  # torn, or of another study
                continue
            self.record(entry)
            found.append(entry)
        return found

    def save(self, **changes: Any) -> None:
        """Change what ``study.json`` says, of which other parts may have changed something else."""
        self.document = read_document(self.path) | changes
        with _told_if_unwritable(self.path):
            _write_document(self.path, self.document)


@contextlib.contextmanager
def open_study(
    path: Path, plan: Plan, *, part: tuple[int, int] | None = None, any_source: bool = False
) -> Iterator[StudyWriter]:
    """Open a study for writing, and make it where there is none.

    Parameters
    ----------
    path : Path
    plan : Plan
        Of the runs that are to be made. It may have more points, replications or runs than the study's
        own, which then grows, or fewer.
    part : tuple (i, n), optional
        Part i of n, beside which the other parts may be written.
    any_source : bool
        Whether the code of the model may differ.

    Raises
    ------
    StudyError
        If something else is in the folder, another process writes, or the study is of other runs.
    """
    with _told_if_unwritable(path):
        _make(path)
    with writing(path, part=part) as lock:
        with told_if_damaged(path), _told_if_unwritable(path):
            if not (path / FILE).exists():
                _tell_of_drawn_roots(path, plan)
                _create(path, plan)
            _agree(path, plan, any_source, part)
            writer = StudyWriter(path, part, lock)
        yield writer


@contextlib.contextmanager
def _told_if_unwritable(path: Path) -> Iterator[None]:
    """Turn an error of the file system into one that says what to do."""
    try:
        yield
    except OSError as error:
        raise StudyError(
            f"the study in {str(path)!r} cannot be written: {sentence(error)} What is recorded is kept: "
            "free space or mend the folder, and run the same again"
        ) from error


def _make(path: Path) -> None:
    if path.exists() and not (path / FILE).exists() and not _is_begun(path):
        raise StudyError(f"{str(path)!r} holds other files and no study: give store= a new or empty folder")
    for name in _FOLDERS:
        (path / name).mkdir(parents=True, exist_ok=True)


def _is_begun(path: Path) -> bool:
    """Whether a folder holds nothing but what a study that was just begun has."""
    if not path.is_dir():
        return False
    begun = {*_FOLDERS, _ASIDE, *FILES}
    return all(entry.name in begun or entry.name.startswith(".") for entry in path.iterdir())


def _tell_of_drawn_roots(path: Path, plan: Plan) -> None:
    if plan.drawn:
        places = {"points": "the sampler", "seeds": "design.configurations(...)"}
        where = " and in ".join(places[what] for what in plan.drawn)
        warn(
            f"the same script cannot go on with the study in {str(path)!r}: its {' and '.join(plan.drawn)} "
            f"come from rng=None, which draws others each time; set rng= in {where}"
        )


def _create(path: Path, plan: Plan) -> None:
    plan.write(path)
    document = {
        "format": FORMAT, "version": VERSION, "id": plan.id,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "plan": plan.document, "noise": {}, "made_with": [{**_made_with(plan), "changed_model": []}],
    }  # fmt: skip
    # Parts of an array job start at once: the first one to get here makes the study, for all. Where a server
    # knows no links or tells late what is there, it may be the last one, of the same id.
    _write_document(path, document, keep=True)


def _agree(path: Path, plan: Plan, any_source: bool, part: tuple[int, int] | None) -> None:
    """Refuse a plan of other runs, where there are runs; let the study grow where the plan has more."""
    document = read_document(path)
    stored = Plan.read(path, document["plan"])
    differences = stored.differences(plan, any_source=any_source)
    if differences and part is None and not any(read_entries(path, document["id"])):
        # No run would be lost: most likely a first one told of a mistake, which is mended. Until all of the
        # new plan is there, there is no study: one of two plans would be neither.
        (path / FILE).unlink()
        _create(path, plan)
        return
    if differences:
        told = listed(differences, "differences")
        raise StudyError(f"the study in {str(path)!r} is of other runs: {told}\n{_remedy(stored, plan)}")
    made, now = document["made_with"][-1]["versions"], versions()
    if made.get("mesa") != now.get("mesa"):
        warn(
            f"the study in {str(path)!r} was made with Mesa {made.get('mesa')}, this is {now.get('mesa')}: "
            "the same seed may give other results"
        )
    # What is left of the differences is allowed: the code, which from now on is that of the study.
    changed = stored.differences(plan)
    was_changed = bool(changed) or any(one.get("was_changed") for one in document["plan"]["models"])
    if changed:
        document["plan"]["models"] = plan.document["models"]
    grows = plan.covers(stored) and not stored.covers(plan)
    if grows:
        plan.write(path)
        document["plan"] = plan.document
    for one in document["plan"]["models"] if was_changed else ():
        one["was_changed"] = True
    if changed or grows or made != now:
        document["made_with"].append({**_made_with(plan), "changed_model": changed})
        _write_document(path, document)


def _remedy(stored: Plan, plan: Plan) -> str:
    """Say what to do with a plan of other runs than those of a study."""
    if _roots_differ(stored.document, plan):
        return (
            f"the {' and the '.join(plan.drawn)} come from rng=None, which draws others each time: set rng= "
            "in the sampler and in design.configurations(...). A study that was made without cannot go on: "
            "then use another folder"
        )
    if stored.differences(plan, any_source=True):
        return "use another folder for it"
    return (
        "use another folder for it, or allow_changed_model=True (on the command line --allow-changed-model) "
        "if the change does not matter to the results"
    )


def _roots_differ(stored: Document, plan: Plan) -> bool:
    """Whether points or seeds were drawn that are not those of the study."""
    new = plan.document
    designs = [(one["design"] or {}).get("options") for one in (stored, new)]
    differ = {"points": designs[0] != designs[1], "seeds": stored["seed_root"] != new["seed_root"]}
    return any(differ[what] for what in plan.drawn)


def _made_with(plan: Plan) -> Document:
    files = [one["model"]["file"] for one in plan.document["models"]]
    code = files[0] if files and files[0] else Path.cwd()
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": socket.gethostname(),
        "versions": versions(),
        "git": git_state(code) or git_state_of_script(),
    }


def _write_document(path: Path, document: Document, *, keep: bool = False) -> None:
    with whole_file(path / FILE, keep=keep) as place, place.open("w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, allow_nan=False)
