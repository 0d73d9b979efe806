"""The global generators of a process, ``random`` and ``numpy.random``, for one run after the other."""

from __future__ import annotations

import random

import numpy as np

__all__ = ["GlobalGenerators", "seed_global_generators"]


def seed_global_generators(seed: int) -> None:
    """Seed ``random`` and ``numpy.random``.

    Many models draw from them somewhere (Mesa's virus model makes its graph so): unseeded, the same
    configuration would give other results in another process.

    Parameters
    ----------
    seed : int
        ``random`` gets all of it, ``numpy.random`` its lowest 32 bits.
    """
    random.seed(seed)
    np.random.seed(_of_numpy(seed))  # noqa: NPY002


class GlobalGenerators:
    """Seeds the global generators for the runs of one model, as long as these draw from them.

    To seed them takes as long as a short run, and most models never draw from them. So the first run is
    seeded and watched. If it draws, all others are seeded too. If it does not, they are only watched, a few
    at a time, and those among which one draws after all were made in vain: the caller makes them again,
    seeded, as all later ones. So what a run gives depends on its seed alone, whichever runs came before it.

    A run that drew is known by the next number of each generator, which is no longer that of its twin.

    Attributes
    ----------
    are_seeded : bool
        Whether the generators are seeded for each run, so that none is in vain.

    Examples
    --------
    >>> generators = GlobalGenerators()
    >>> generators.ready(5)
    >>> generators.in_vain()
    False
    >>> generators.ready(6)
    >>> drawn = random.random()
    >>> generators.in_vain()
    True
    >>> generators.ready(6)
    >>> random.random() == random.Random(6).random(), generators.in_vain()
    (True, False)
    """

    def __init__(self) -> None:
        self._twins: tuple[random.Random, np.random.MT19937] | None = None
        self._seed = 0
        self.are_seeded = True
        self._is_watched = True

    def ready(self, seed: int) -> None:
        """Make the generators ready for a run."""
        if self.are_seeded:
            self._seed = int(seed)
            seed_global_generators(self._seed)

    def in_vain(self) -> bool:
        """Tell, after the first run and then after some, whether they drew from unseeded generators."""
        if not self._is_watched:
            return False
        if self._twins is None:
            self._twins = _twins(self._seed)
        twin, numpy_twin = self._twins
        drew = (
            random.getrandbits(64) != twin.getrandbits(64)
            or np.random.mtrand.get_bit_generator().random_raw() != numpy_twin.random_raw()
        )
        was_seeded = self.are_seeded
        self.are_seeded, self._is_watched = drew, not drew
        return drew and not was_seeded


def _twins(seed: int) -> tuple[random.Random, np.random.MT19937]:
    bits = np.random.MT19937(0)
    np.random.RandomState(bits).seed(_of_numpy(seed))
    return random.Random(seed), bits


def _of_numpy(seed: int) -> int:
    # 32 bits of the seed only: all four words take numpy 10 µs more, and would be the most of a short run.
    # Of 10^5 runs some share a stream of numpy's global generator, which no model that is seeded draws from.
    return seed & 0xFFFFFFFF
