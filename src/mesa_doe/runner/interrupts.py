"""Ctrl-C that waits until what was computed is kept, and signals that end a process as Ctrl-C does."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

__all__ = ["ended_by_signals", "held_interrupt"]

# What schedulers send before they kill (Slurm and PBS the first; Grid Engine and LSF the others, and Slurm
# where it is asked to), and what a terminal that closes does.
_ENDINGS = ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU")

# Those of the main thread that are open.
_held: list[HeldInterrupt] = []


class HeldInterrupt:
    """Whether there was a Ctrl-C while it was held back."""

    def __init__(self) -> None:
        self.rang = False

    def _ring(self, number: int, frame: FrameType | None) -> None:
        if self.rang:  # somebody who presses it again does not want to wait
            signal.default_int_handler(number, frame)
        self.rang = True


@contextlib.contextmanager
def held_interrupt() -> Iterator[HeldInterrupt]:
    """Hold back a first Ctrl-C while the block runs; the caller stops after it.

    Where Python does not raise KeyboardInterrupt by itself (in other threads than the main one, or under
    a handler of the user's) nothing is changed.

    Yields
    ------
    HeldInterrupt

    Examples
    --------
    >>> with held_interrupt() as interrupt:
    ...     signal.raise_signal(signal.SIGINT)
    >>> interrupt.rang
    True
    """
    held = HeldInterrupt()
    if threading.current_thread() is not threading.main_thread():
        yield held
        return
    ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, held._ring)
    _held.append(held)
    try:
        yield held
    finally:
        _held.remove(held)
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


class _Ending:
    """What is to end this process, once a signal has said so."""

    def __init__(self) -> None:
        self.stop: BaseException | None = None
        self.before: dict[int, Any] = {}
        self._pid = os.getpid()

    def ring(self, number: int, frame: FrameType | None) -> None:
        before = self.before[number]
        if os.getpid() != self._pid:  # a child that a model forked: it does as it would without us
            signal.signal(number, before)
            signal.raise_signal(number)
            return
        if self.stop is not None:  # a scheduler may send several, and all is being closed
            return
        try:
            if not callable(before):
                raise SystemExit(128 + number)
            before(number, frame)
        except BaseException as stop:  # noqa: BLE001 - raised again in the end; here it would be a model's failure
            self.stop = stop
            if not _held:
                raise KeyboardInterrupt from None
            _held[-1].rang = True


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Have signals that end this process do so as Ctrl-C does: what was computed is kept, and workers end.

    A handler of the user's is called as ever, and what it raises, as ``sys.exit()`` does, is raised after the
    block. Nothing is changed where they are ignored or a library handles them, and in other threads than the
    main one.

    Raises
    ------
    SystemExit
        After the block, where there was such a signal, with the code that a shell has for it.

    Examples
    --------
    >>> with ended_by_signals():
    ...     signal.raise_signal(signal.SIGTERM)
    Traceback (most recent call last):
    SystemExit: 143
    """
    ending = _Ending()
    if threading.current_thread() is threading.main_thread():
        caught = _caught()
        for number in (getattr(signal, name) for name in _ENDINGS if hasattr(signal, name)):
            before = signal.getsignal(number)
            if callable(before) or (before is signal.SIG_DFL and not caught >> number - 1 & 1):
                ending.before[number] = before
                signal.signal(number, ending.ring)
    try:
        yield
    finally:
        for number, before in ending.before.items():
            if signal.getsignal(number) == ending.ring:
                signal.signal(number, before)
        # A KeyboardInterrupt is on its way, with what is to be said of it.
        if ending.stop is not None and not isinstance(ending.stop, KeyboardInterrupt):
            raise ending.stop from None


def _caught() -> int:
    """Return the signals that have a handler, a bit each, or 0 where the system does not tell.

    Python knows its own alone, and none that a library has set: faulthandler, say, or a Java machine.
    """
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    found = re.search(r"^SigCgt:\s*([0-9a-f]+)$", status, re.MULTILINE)
    return int(found[1], 16) if found else 0
