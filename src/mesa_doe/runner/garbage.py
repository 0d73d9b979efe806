"""The garbage collector while runs are made."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Callable, Iterator

__all__ = ["collected_between_runs"]

# Python's own threshold is met ten times and more in the middle of a run that collects agents' values.
_IN_A_RUN = 20_000
_BETWEEN_RUNS = 700


@contextlib.contextmanager
def collected_between_runs() -> Iterator[Callable[[], None]]:
    """Have garbage collected when a run has ended, among what was made since the block began.

    A model is garbage in circles, at the end of its run. In the middle of it there is little to find, and
    each time that the collector looks at everything it walks over the modules of a whole process: hundreds
    of thousands of objects, none of which has become garbage.

    Yields
    ------
    callable
        To be called after each run, or a few short ones.

    Examples
    --------
    >>> before = [[]]
    >>> with collected_between_runs() as collect:
    ...     collect()
    ...     any(one is before for one in gc.get_objects())
    False
    >>> any(one is before for one in gc.get_objects())
    True
    """
    thresholds = gc.get_threshold()
    # Who has switched the collector off, in one way or the other, wants it off.
    if not gc.isenabled() or not thresholds[0]:
        yield lambda: None
        return
    gc.freeze()
    gc.set_threshold(max(_IN_A_RUN, thresholds[0]), *thresholds[1:])
    try:
        yield _Collector().collect
    finally:
        gc.set_threshold(*thresholds)
        # Left to the next chunk, it would be put out of sight too, chunk after chunk.
        gc.collect()
        gc.unfreeze()


class _Collector:
    """Collects what short runs left together, and what a long one left at its end."""

    def __init__(self) -> None:
        self._far = gc.get_count()[2]

    def collect(self) -> None:
        """Collect, after each run or a few."""
        young, moved, far = gc.get_count()
        # In a run of many objects Python collects too, and moves those still in use to an older generation,
        # at last to the one at which only a full collection looks.
        if far != self._far:
            gc.collect()
        elif moved or young > _BETWEEN_RUNS:
            gc.collect(1)
        else:
            return
        self._far = gc.get_count()[2]
