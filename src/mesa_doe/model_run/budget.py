"""The time budget of a run, and the alarm that stops a model in the middle of a step."""

from __future__ import annotations

import math
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any

import numpy as np

from mesa_doe.errors import ConfigurationError

__all__ = ["Budget", "OutOfTime", "check_timeout"]

# A model may catch even a BaseException (a bare except:, a destructor), so the alarm is repeated.
_AGAIN = 0.25


class OutOfTime(BaseException):
    """The budget of a run is used up; no Exception, so that a model's ``except Exception`` lets it pass."""


class Budget:
    """Seconds of wall time for the code in a ``with`` block; any number of blocks, one after the other.

    In the main thread of a process an alarm (SIGALRM) interrupts whatever Python code is running. In
    other threads, and on Windows, time is only looked at in :meth:`check`. Code that never returns to
    Python, and a loop that catches every BaseException, cannot be interrupted at all.

    The handler of SIGALRM and the timer that were there before are put back; a timer that is due
    meanwhile rings at the end of the block.

    Parameters
    ----------
    seconds : float or None
        None is no limit.

    Examples
    --------
    >>> with Budget(60) as budget:
    ...     budget.check()
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = None if seconds is None else float(seconds)
        self._start = 0.0
        self._end = math.inf
        self._armed = False
        self._earlier_handler: Any = None
        self._earlier_timer = (0.0, 0.0)

    def __enter__(self) -> Budget:
        if self.seconds is not None:
            self._start = time.monotonic()
            self._end = self._start + self.seconds
            if _alarm_is_free():
                # First no timer at all: one that rings while the handlers are exchanged would be lost.
                self._earlier_timer = signal.setitimer(signal.ITIMER_REAL, 0)
                self._earlier_handler = signal.signal(signal.SIGALRM, self._ring)
                self._armed = True
                signal.setitimer(signal.ITIMER_REAL, self.seconds, _AGAIN)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None) -> None:
        if self._armed:
            self._armed = False
            left, interval = self._earlier_timer
            if left:
                left = max(left - (time.monotonic() - self._start), 1e-6)
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, self._earlier_handler)
            signal.setitimer(signal.ITIMER_REAL, left, interval)

    def check(self) -> None:
        """Raise :class:`OutOfTime` if the time is used up."""
        if time.monotonic() >= self._end:
            raise OutOfTime

    def _ring(self, _signal: int, frame: FrameType | None) -> None:
        # Raised in __exit__, it would leave the handler and the timer behind.
        if self._armed and (frame is None or frame.f_globals is not globals()):
            raise OutOfTime


def _alarm_is_free() -> bool:
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        # A handler that Python did not set cannot be put back.
        and signal.getsignal(signal.SIGALRM) is not None
    )


def check_timeout(timeout: Any) -> None:
    """Refuse what is no time budget.

    Raises
    ------
    ConfigurationError
    """
    number = isinstance(timeout, (int, float, np.integer, np.floating)) and not isinstance(timeout, bool)
    # A year and more is no budget but a mistake in the unit, and at some point more than the timer holds.
    if timeout is not None and not (number and 0 < timeout < 1e9):
        raise ConfigurationError(f"timeout takes seconds above 0 or None (no limit), got {timeout!r}")
