"""Progress in runs: a bar where a person looks, or a function of the user's."""

from __future__ import annotations

import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from mesa_doe.errors import ConfigurationError, are, counted

__all__ = ["Display", "Progress", "check_display", "shown"]

_PROBLEMS = ("failed", "timeout", "crashed")


@dataclass(frozen=True)
class Progress:
    """How far a batch is.

    Parameters
    ----------
    total : int
        Runs of the batch.
    done : int
        Of them, those that are recorded, of earlier sessions too.
    statuses : mapping of str to int
        How many runs of this session had which status.
    seconds : float
        Since this session began.
    remaining : float or None
        Seconds that the rest will take at the pace of this session; None while nothing is known.
    """

    total: int
    done: int
    statuses: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    remaining: float | None = None


#: Whether a bar is shown (None: where a person looks), or what is called with each :class:`Progress`.
Display: TypeAlias = bool | Callable[[Progress], Any] | None


def check_display(display: Any) -> None:
    """Refuse what is no way to show progress.

    Raises
    ------
    ConfigurationError
    """
    if display is not None and not isinstance(display, bool) and not callable(display):
        raise ConfigurationError(
            f"display_progress takes True, False, None or a function of a Progress, got {display!r}"
        )


class shown:  # noqa: N801 - a context manager, used like a function
    """Show the progress of a batch while the block runs.

    Parameters
    ----------
    display : Display
    total, done : int
        Runs of the batch, and those of them that earlier sessions made.
    """

    def __init__(self, display: Display, total: int, done: int) -> None:
        self._display = display
        self._total = total
        self._before = self._done = done
        self._statuses: Counter[str] = Counter()
        self._start = time.perf_counter()
        self._bar: Any = None

    def __enter__(self) -> shown:
        if not callable(self._display):
            self._bar = _bar(self._display, self._total, self._done)
        return self

    def add(self, counts: Mapping[str, int]) -> None:
        """Count finished runs, by status."""
        self._statuses.update(counts)
        self._done += sum(counts.values())
        if callable(self._display):
            self._display(self.now())
            return
        problems = {name: self._statuses[name] for name in _PROBLEMS if self._statuses[name]}
        if problems:
            self._bar.set_postfix(problems, refresh=False)
        self._bar.update(sum(counts.values()))

    def now(self) -> Progress:
        """Return how far the batch is."""
        seconds = time.perf_counter() - self._start
        made = self._done - self._before
        remaining = seconds / made * (self._total - self._done) if made else None
        return Progress(self._total, self._done, dict(self._statuses), seconds, remaining)

    def __exit__(self, *_: object) -> None:
        if self._bar is None:
            return
        silent = self._bar.disable
        self._bar.close()
        if not silent:
            print(_summary(self.now(), self._before), file=sys.stderr)


def _summary(progress: Progress, before: int) -> str:
    """Say in one line what a session did.

    Examples
    --------
    >>> _summary(Progress(10, 10, {"ok": 3, "failed": 1}, 2.0), before=6)
    '4 runs in 2.0 s (2/s): 3 ok, 1 failed; 10 of 10 are done'
    """
    made = progress.done - before
    told = ", ".join(f"{count} {status}" for status, count in progress.statuses.items()) or "none"
    pace = made / progress.seconds if progress.seconds else 0.0
    return (
        f"{counted(made, 'run')} in {progress.seconds:.1f} s ({pace:.3g}/s): {told}; "
        f"{progress.done} of {progress.total} {are(progress.done)} done"
    )


def _bar(display: bool | None, total: int, done: int) -> Any:
    with warnings.catch_warnings():
        # In a notebook without ipywidgets tqdm falls back to text, and says so at every import.
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm

    # None: only where the stream is a terminal, which that of a notebook is not.
    disable = not display if display is not None else (False if _in_notebook() else None)
    return tqdm(total=total, initial=done, unit="run", disable=disable)


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and "IPKernelApp" in shell.config
