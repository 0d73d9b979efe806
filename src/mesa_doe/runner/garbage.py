"""The garbage collector while runs are made."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator

__all__ = ["only_new_garbage"]


@contextlib.contextmanager
def only_new_garbage() -> Iterator[None]:
    """Have the garbage collector look at what is made from here on, and collect all of that at the end.

    Models are garbage in circles, so the collector is busy while runs are made; and each time that it looks
    at everything, it walks over the modules of a whole process: hundreds of thousands of objects, of which
    none has become garbage.

    Examples
    --------
    >>> before = [[]]
    >>> with only_new_garbage():
    ...     any(one is before for one in gc.get_objects())
    False
    >>> any(one is before for one in gc.get_objects())
    True
    """
    if not gc.isenabled():
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        # Left to the next chunk, it would be put out of sight too, chunk after chunk.
        gc.collect()
        gc.unfreeze()
