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
        To be called after each run.

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
        yield _collect
    finally:
        gc.set_threshold(*thresholds)
        # Left to the next chunk, it would be put out of sight too, chunk after chunk.
        gc.collect()
        gc.unfreeze()


def _collect() -> None:
    if gc.get_count()[0] > _BETWEEN_RUNS:
        gc.collect(1)
