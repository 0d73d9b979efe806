"""``Cost``: how many runs a design takes, and how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mesa_doe.errors import DesignError, counted, duration, listed
from mesa_doe.space.values import is_int, is_number, plain

__all__ = ["Cost", "cost_of"]


@dataclass(frozen=True, repr=False)
class Cost:
    """What running a design takes.

    Parameters
    ----------
    points, replications : int
    n_jobs : int
        How many runs at once.
    seconds_per_run : float or None

    Examples
    --------
    >>> Cost(32, 10, n_jobs=4, seconds_per_run=1.5)
    32 points × 10 replications = 320 runs: at least 2 min (1.5 s a run, 4 at once)
    """

    points: int
    replications: int
    n_jobs: int = 1
    seconds_per_run: float | None = None

    @property
    def runs(self) -> int:
        """Number of runs."""
        return self.points * self.replications

    @property
    def seconds(self) -> float | None:
        """The least time of all runs, without that of starting and writing; None if not known."""
        # Not runs / n_jobs: the last ones wait for nothing, but leave workers idle.
        return None if self.seconds_per_run is None else -(-self.runs // self.n_jobs) * self.seconds_per_run

    def __repr__(self) -> str:
        text = (
            f"{counted(self.points, 'point')} × {counted(self.replications, 'replication')} = "
            f"{counted(self.runs, 'run')}"
        )
        if self.seconds is None:
            return text
        return (
            f"{text}: at least {duration(self.seconds)} ({self.seconds_per_run:g} s a run, "
            f"{self.n_jobs} at once)"
        )


def cost_of(points: int, replications: Any, seconds_per_run: Any, n_jobs: Any) -> Cost:
    """Return the cost of so many points, or say which numbers are wrong.

    Raises
    ------
    DesignError
        Naming each wrong number.

    Examples
    --------
    >>> cost_of(8, 0, None, 1)
    Traceback (most recent call last):
    mesa_doe.errors.DesignError: replications takes an int from 1, got 0
    """
    problems = []
    if not is_int(replications) or replications < 1:
        problems.append(f"replications takes an int from 1, got {replications!r}")
    if seconds_per_run is not None and not (is_number(plain(seconds_per_run)) and seconds_per_run >= 0):
        problems.append(f"seconds_per_run takes a number from 0, got {seconds_per_run!r}")
    if not is_int(n_jobs) or n_jobs == 0:
        problems.append(f"n_jobs takes an int from 1, or -1 for all processors, got {n_jobs!r}")
    if problems:
        raise DesignError(listed(problems, "the cost cannot be told"))
    at_once = int(n_jobs)
    if at_once < 0:
        from joblib import cpu_count

        at_once = max(1, cpu_count() + 1 + at_once)
    return Cost(points, int(replications), at_once, plain(seconds_per_run))
