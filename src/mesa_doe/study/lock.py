"""The lock of a study folder: one writer at a time, or the parts of one array job side by side.

A lock is a file of its own, ``locks/<whole|i-of-n>.<token>.json``, which its holder touches again and
again. A process first puts its file there, then looks for others, and holds the lock only if it finds
none that conflicts: of two processes that start at once, the later to look sees the other's file. Since
no two locks ever share a name, a file can be removed without the danger that it is somebody else's by
now. Nothing is asked of the file system but that what was put there is seen by who looks afterwards:
no advisory locks, no hard links, no exclusive creation, which network file systems keep only more or less.
"""

from __future__ import annotations

import contextlib
import json
import math
import operator
import os
import re
import socket
import stat
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from mesa_doe.errors import ConfigurationError, StudyError, warn
from mesa_doe.study import processes

__all__ = ["Holder", "Lock", "holders", "writing"]

Part: TypeAlias = tuple[int, int]

#: Seconds between two touches of a lock by its holder.
HEARTBEAT = 15.0
#: Seconds without a touch after which a lock is stale; file servers' clients may lag a minute behind.
STALE_AFTER = 120.0

#: Seconds between two looks while several processes ask at once, and how long to go on.
_POLL = 0.02
_PATIENCE = 15.0

#: Bytes of a lock: always as many, so that one write replaces all that it says.
_SIZE = 1024

_NAME = re.compile(r"(?:whole|(\d+)-of-(\d+))\.([0-9a-f]{32})\.json")


@dataclass(frozen=True)
class Holder:
    """Who writes a study, as its lock tells.

    Parameters
    ----------
    part : tuple (i, n) or None
        Part i of n, or None for the whole study.
    host : str
    pid : int
    since : str
        ISO time, by the holder's clock.
    path : Path
        The lock.
    """

    part: Part | None
    host: str
    pid: int
    since: str
    path: Path

    def __str__(self) -> str:
        who = f"process {self.pid} on {self.host!r}"
        return f"{_named(self.part)} is being written by {who} since {self.since}"


@dataclass(frozen=True)
class _Name:
    """What the name of a lock's file tells."""

    path: Path
    part: Part | None
    token: str

    def conflicts_with(self, part: Part | None) -> bool:
        if self.part is None or part is None:
            return True
        return self.part[1] != part[1] or self.part[0] == part[0]


@dataclass(frozen=True)
class _Content:
    """What is in the file: who made it, whether the lock is held yet, and where its pid means something."""

    host: str
    pid: int
    machine: str | None
    started: str | None
    since: str
    holds: bool


@dataclass(frozen=True)
class _Found:
    """A lock as it was seen; ``content`` is None where it cannot be read, as while it is written."""

    name: _Name
    content: _Content | None
    touched: float

    @property
    def holds(self) -> bool:
        return self.content is not None and self.content.holds

    def is_stale(self, now: float) -> bool:
        who = self.content
        if who is not None and who.machine is not None and who.machine == processes.machine():
            return processes.is_gone(who.pid, who.started)
        return now - self.touched > STALE_AFTER

    def __str__(self) -> str:
        if self.content is None:
            return f"{_named(self.name.part)} is locked by a file that cannot be read"
        return str(self.holder(self.content))

    def holder(self, who: _Content) -> Holder:
        return Holder(self.name.part, who.host, who.pid, who.since, self.name.path)


class Lock:
    """The right to write a study, or a part of it; made by :func:`writing`."""

    def __init__(self, folder: Path, part: Part | None) -> None:
        self._study = folder
        self._folder = folder / "locks"
        self._part = part
        self._token = uuid.uuid4().hex
        self._path = self._folder / _file_name(part, self._token)
        self._pid = os.getpid()
        self._asked = False
        self._touched = time.monotonic()
        self._released = threading.Event()

    def held(self) -> bool:
        """Tell whether this process still holds the lock, and touch it.

        A lock is lost when its file was removed by hand, or by another process to which this one looked
        dead: it is on another machine, and had not touched the lock for two minutes (it slept, or the
        file server was out of reach). A lost lock never comes back. Ask before anything is written that
        a second writer could spoil, and stop if the answer is no.

        Returns
        -------
        bool
            False also where the file was out of reach for a minute, after release, and in a forked child: the
            lock is its parent's.
        """
        if os.getpid() != self._pid or self._released.is_set():
            return False
        try:
            # Touching asks the file server; whether a file exists may be answered from a stale cache.
            self._touch()
        except FileNotFoundError:
            return False
        except OSError:
            # The server is out of reach: nobody takes what it dated less than two minutes ago.
            return time.monotonic() - self._touched < STALE_AFTER / 2
        return True

    def _touch(self) -> None:
        now = time.monotonic()  # before: a process may be stopped for long in between
        os.utime(self._path)
        self._touched = now

    def _acquire(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        threading.Thread(target=self._beat, name="mesa-doe lock", daemon=True).start()
        give_up = time.monotonic() + _PATIENCE
        while True:
            others = self._live_conflicts()
            holding = [other for other in others if other.holds]
            if holding or (others and time.monotonic() > give_up):
                raise StudyError(self._refusal((holding or others)[0]))
            if any(other.name.token < self._token for other in others):
                # All that ask at once see each other: those with greater tokens make way, so one is left.
                self._remove()
                time.sleep(_POLL)
            elif not self._asked:
                self._ask()
            elif others:
                time.sleep(_POLL)
            elif self._take():
                return

    def _live_conflicts(self) -> list[_Found]:
        names = [name for name in _names_in(self._folder) if name.token != self._token]
        others = [found for name in names if name.conflicts_with(self._part) if (found := _look_at(name))]
        if not others:
            return []
        now = _server_time(self._folder, self._token)
        live = []
        for other in others:
            if other.is_stale(now):
                other.name.path.unlink(missing_ok=True)
            else:
                live.append(other)
        return live

    def _ask(self) -> None:
        # Written under another name first: a lock must never be seen half written, as of a killed process.
        temporary = self._folder / f".{self._token}.tmp"
        try:
            temporary.write_bytes(self._content(holds=False))
            temporary.rename(self._path)
            self._asked = True
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()

    def _take(self) -> bool:
        """Mark the lock as held; False if it is gone: while it asked, it was taken for dead."""
        try:
            # Not made anew under its name, which would bring back a lock that was removed.
            with self._path.open("r+b", buffering=0) as file:
                self._touched = time.monotonic()
                file.write(self._content(holds=True))
        except FileNotFoundError:
            self._asked = False
        return self._asked

    def _content(self, *, holds: bool) -> bytes:
        content = _Content(
            host=socket.gethostname(),
            pid=self._pid,
            machine=processes.machine(),
            started=processes.started(self._pid),
            since=datetime.now(UTC).isoformat(timespec="seconds"),
            holds=holds,
        )
        return json.dumps(asdict(content)).encode().ljust(_SIZE)

    def _beat(self) -> None:
        while not self._released.wait(HEARTBEAT):
            with contextlib.suppress(OSError):
                self._touch()

    def _remove(self) -> None:
        if self._asked:
            self._path.unlink(missing_ok=True)
        self._asked = False

    def _release(self) -> None:
        if os.getpid() != self._pid:
            return
        self._released.set()
        try:
            self._remove()
        except OSError as error:
            warn(f"the lock {str(self._path)!r} could not be removed ({error}): remove it by hand")

    def _refusal(self, other: _Found) -> str:
        return (
            f"cannot write {_named(self._part)} of the study in {str(self._study)!r}: {other}; wait "
            "until it has ended (doe.load reads meanwhile). If you know that it has, remove "
            f"{str(other.name.path)!r}"
        )


@contextlib.contextmanager
def writing(folder: str | os.PathLike[str], part: Part | None = None) -> Iterator[Lock]:
    """Hold the lock of a study folder while its block runs.

    The whole study conflicts with every other lock; part i of n with the whole, with the same part, and
    with the parts of another n. A lock whose holder has died is removed without a word: at once where it
    ran on this machine, after two minutes where it ran on another or its process cannot be looked up
    (Windows, where asking for a process may end it).

    Parameters
    ----------
    folder : path-like
        The study; the folder ``locks`` is made in it.
    part : tuple (i, n), optional
        Write part i of n, 0 ≤ i < n, beside the other parts.

    Yields
    ------
    Lock
        Which can be asked whether it is still held.

    Raises
    ------
    StudyError
        If another process writes the study, or the folder cannot be written.
    ConfigurationError
        If ``part`` is none.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, writing(folder, part=(0, 2)) as lock:
    ...     lock.held(), [holder.part for holder in holders(folder)]
    (True, [(0, 2)])
    """
    lock = Lock(Path(folder), _checked(part))
    try:
        try:
            lock._acquire()
        except OSError as error:
            raise StudyError(
                f"the study in {str(folder)!r} cannot be written: {error}; choose a folder that can be "
                "(doe.load reads this one)"
            ) from error
        yield lock
    finally:
        lock._release()


def holders(folder: str | os.PathLike[str]) -> list[Holder]:
    """Tell who writes a study at the moment, without writing anything.

    Returns
    -------
    list of Holder
        The whole or by part. What is on other machines is judged by this one's clock, since asking the
        file server's would need a file: for people to see, not for deciding who may write.

    Examples
    --------
    >>> holders("no such study")
    []
    """
    now = time.time()
    found = [lock for name in _names_in(Path(folder) / "locks") if (lock := _look_at(name))]
    live = [
        lock.holder(lock.content) for lock in found if lock.content and lock.holds and not lock.is_stale(now)
    ]
    return sorted(live, key=lambda holder: holder.part or (-1, 0))


def _checked(part: Any) -> Part | None:
    if part is None:
        return None
    try:
        i, n = map(operator.index, part)
    except (TypeError, ValueError):
        i, n = -1, -1
    if not 0 <= i < n:
        raise ConfigurationError(
            f"part takes (i, n), part i of n with 0 <= i < n, or None for the whole, got {part!r}"
        )
    return i, n


def _named(part: Part | None) -> str:
    return "the whole" if part is None else f"part {part[0]} of {part[1]}"


def _file_name(part: Part | None, token: str) -> str:
    return f"{'whole' if part is None else f'{part[0]}-of-{part[1]}'}.{token}.json"


def _names_in(folder: Path) -> list[_Name]:
    try:
        names = [path.name for path in folder.iterdir()]
    except (FileNotFoundError, NotADirectoryError):
        return []
    matches = [match for name in names if (match := _NAME.fullmatch(name))]
    return [
        _Name(folder / match[0], None if match[1] is None else (int(match[1]), int(match[2])), match[3])
        for match in matches
    ]


def _look_at(name: _Name) -> _Found | None:
    """Read a lock, or return None if it is gone."""
    try:
        # Who opens a pipe waits for somebody to write into it.
        if not stat.S_ISREG(name.path.lstat().st_mode):
            return _Found(name, None, math.inf)
        with name.path.open("rb") as file:
            # Of the open file: a network file system's client asks the server when a file is opened.
            return _Found(name, _content_of(file.read(_SIZE)), os.fstat(file.fileno()).st_mtime)
    except FileNotFoundError:
        return None
    except OSError:
        return _Found(name, None, math.inf)


def _content_of(data: bytes) -> _Content | None:
    try:
        content = _Content(**json.loads(data))
    except (ValueError, TypeError, RecursionError):
        return None
    texts = [content.host, content.since, content.machine or "", content.started or ""]
    # A pid from 1 on, as 0 and less are groups of processes.
    sound = all(isinstance(text, str) for text in texts) and type(content.pid) is int and content.pid > 0
    return content if sound and content.pid < 2**31 and type(content.holds) is bool else None


def _server_time(folder: Path, token: str) -> float:
    """Tell the time by the clock that dates the folder's files: a file server's may differ from ours."""
    path = folder / f".{token}.clock"
    try:
        path.touch()
        return path.stat().st_mtime
    finally:
        path.unlink(missing_ok=True)
