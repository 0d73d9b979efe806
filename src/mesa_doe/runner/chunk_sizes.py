"""How many runs a chunk has: about a second of work, as run times become known."""

from __future__ import annotations

from collections.abc import Iterator

from mesa_doe.study import Ints

__all__ = ["ChunkSizes"]

# A second of work makes dispatch cheap; more would only make the bar and the tail coarse.
_SECONDS = 1.0
_FIRST_SECONDS = 0.1
# A chunk is a file of a study. A long study has fewer if each may lose a hundredth of the time in a kill.
_SHARE_AT_RISK = 0.01
_MOST_SECONDS = 60.0
_MOST_RUNS = 10_000
# What a worker holds at once, but for a run that gives more by itself: about 16 MB, and a few times as much
# while it is written.
_MOST_CELLS = 2_000_000


class ChunkSizes:
    """Sizes of chunks of about a second of work, as run times become known.

    Parameters
    ----------
    workers : int
    fixed : int, optional
        The size of every chunk.
    growing : bool, default False
        Whether chunks become longer with the batch, up to a hundredth of its time so far and a minute.

    Examples
    --------
    >>> sizes = ChunkSizes(workers=1)
    >>> sizes.next(left=1000)
    1
    >>> sizes.learn(runs=1, seconds=0.01)
    >>> sizes.next(left=1000)
    10
    """

    def __init__(self, workers: int, fixed: int | None = None, *, growing: bool = False) -> None:
        self._workers = workers
        self._fixed = fixed
        self._growing = growing
        self._done = 0
        self._seconds = 0.0
        self._cells = 0
        self._is_warm = False

    def learn(self, runs: int, seconds: float, cells: int = 0) -> None:
        """Take the run times of a finished chunk into account, and how many values it gave."""
        if self._is_warm:
            self._done += runs
            self._seconds += seconds
            self._cells += cells
        else:
            # The first runs import and compile; they stand in until others are known.
            self._is_warm = self._done > 0
            self._done, self._seconds, self._cells = runs, seconds, cells

    def left(self, runs: int) -> float:
        """Return how many seconds of work some runs are; 0 while nothing is known."""
        return runs * self._seconds / self._done if self._done else 0.0

    def next(self, left: int) -> int:
        """Return the size of the next chunk, where so many runs are left."""
        if self._fixed is not None:
            return self._fixed
        if not self._done:
            return 1
        seconds = _SECONDS if self._is_warm else _FIRST_SECONDS
        if self._growing:
            seconds = max(seconds, min(_MOST_SECONDS, _SHARE_AT_RISK * self._seconds / self._workers))
        fitting = int(seconds * self._done / max(self._seconds, 1e-9))
        if self._cells:
            fitting = min(fitting, _MOST_CELLS * self._done // self._cells)
        # Towards the end in smaller pieces, so that no worker is left alone with a large one.
        fair = -(-left // (2 * self._workers)) if self._workers > 1 else left
        return max(1, min(fitting, fair, _MOST_RUNS))

    def cut(self, positions: Ints) -> Iterator[Ints]:
        """Cut runs into chunks, each sized when it is asked for."""
        start = 0
        while start < len(positions):
            size = self.next(len(positions) - start)
            yield positions[start : start + size]
            start += size
