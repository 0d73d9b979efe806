"""Ctrl-C that waits until what was computed is kept."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

__all__ = ["HeldInterrupt", "held_interrupt"]


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
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if ours:
        signal.signal(signal.SIGINT, held._ring)
    try:
        yield held
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
