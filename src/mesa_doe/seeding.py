"""From ``rng=`` to one seed a run: stateless, so neither order, extension nor resume changes a seed.

A seed is a function of the root entropy, one *unit* (which design points share it) and the replication.
It is read from the counter-based generator Philox (Salmon et al. 2011, https://doi.org/10.1145/2063384.2063405)
at the counter (unit, replication), keyed by the root: seeds of a whole design cost nanoseconds each.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np

from mesa_doe.errors import ConfigurationError

__all__ = [
    "RNG",
    "DrawnRoot",
    "SeedPlan",
    "SeedPolicy",
    "holds_drawn_root",
    "kept_generators",
    "library_seed",
    "policy_of",
    "root_entropy",
    "seed_units",
]

#: What every ``rng=`` takes (SPEC 7).
RNG: TypeAlias = int | np.integer[Any] | np.random.SeedSequence | np.random.Generator | None

SeedPolicy: TypeAlias = Literal["independent", "common", "block", "fixed"]

#: Up to how many times more units than needed are computed, since neighbours come in bulk.
_DENSE = 16

_Units: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]


class DrawnRoot(int):
    """A root that the operating system gave, as ``rng=None`` asks: the same script gets another next time."""


def root_entropy(rng: RNG) -> int:
    """Return the 128-bit integer from which everything random of one object is derived.

    Parameters
    ----------
    rng : int, SeedSequence, Generator or None
        An int or a SeedSequence always gives the same root; a Generator is advanced; None asks the
        operating system, and gives a :class:`DrawnRoot`.

    Returns
    -------
    int
        In [0, 2**128).

    Raises
    ------
    ConfigurationError
        If ``rng`` is anything else, or a negative int.

    Examples
    --------
    >>> root_entropy(1) == root_entropy(np.random.SeedSequence(1))
    True
    """
    if isinstance(rng, np.random.Generator):
        return int.from_bytes(rng.bytes(16), "little")
    if rng is None:
        return DrawnRoot(root_entropy(np.random.SeedSequence()))
    if isinstance(rng, (int, np.integer)) and not isinstance(rng, bool) and rng >= 0:
        rng = np.random.SeedSequence(int(rng))
    if not isinstance(rng, np.random.SeedSequence):
        message = (
            f"rng takes a non-negative int, a numpy SeedSequence, a numpy Generator or None, got {rng!r}"
        )
        raise ConfigurationError(message)
    low, high = rng.generate_state(2, np.uint64).tolist()
    return (int(high) << 64) | int(low)


def holds_drawn_root(value: Any) -> bool:
    """Tell whether a value is a root that was drawn, or holds one, as the options of a design do.

    Examples
    --------
    >>> holds_drawn_root({"n": 8, "entropy": root_entropy(None)}), holds_drawn_root(root_entropy(1))
    (True, False)
    """
    if isinstance(value, Mapping):
        return any(map(holds_drawn_root, value.values()))
    if isinstance(value, (list, tuple)):
        return any(map(holds_drawn_root, value))
    return isinstance(value, DrawnRoot)


def library_seed(root: int) -> int:
    """Return a seed for a library that takes plain ints only: at least 1, since SALib reads 0 as none.

    Parameters
    ----------
    root : int
        Root entropy.

    Returns
    -------
    int
        In [1, 2**32).
    """
    return int(np.random.SeedSequence(root).generate_state(1)[0]) or 1


@contextlib.contextmanager
def kept_generators() -> Iterator[None]:
    """Put ``random`` and ``numpy.random`` back as they were, whatever a run or a library draws meanwhile."""
    state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)  # noqa: NPY002


def seed_units(policy: SeedPolicy, points: int, blocks: np.ndarray[Any, Any] | None) -> _Units:
    """Return which unit each design point draws its seed from.

    Parameters
    ----------
    policy : {"independent", "common", "block", "fixed"}
    points : int
        Number of design points.
    blocks : ndarray (points,) of int, or None
        The block of each point: a row of the base sample for Saltelli's scheme, a trajectory for Morris.

    Returns
    -------
    ndarray (points,) of int64

    Raises
    ------
    ConfigurationError
        If the policy is unknown, or ``"block"`` on a design that has no blocks.
    """
    if policy not in get_args(SeedPolicy):
        message = f"seed_policy takes {', '.join(sorted(get_args(SeedPolicy)))}, got {policy!r}"
        raise ConfigurationError(message)
    if policy == "block":
        if blocks is None:
            message = (
                "seed_policy='block' needs a design made of blocks (sobol or morris, say); "
                "use 'independent' or 'common'"
            )
            raise ConfigurationError(message)
        return np.asarray(blocks, dtype=np.int64)
    if policy == "independent":
        return np.arange(points, dtype=np.int64)
    return np.zeros(points, dtype=np.int64)


def policy_of(
    seeds: Sequence[Any],
    points: Sequence[Any],
    iterations: Sequence[Any],
    blocks: np.ndarray[Any, Any] | None,
) -> str | None:
    """Read the seed policy off the seeds of runs that were built by hand.

    Parameters
    ----------
    seeds, points, iterations : sequence (runs,)
    blocks : ndarray (points,) of int, or None
        Of the design.

    Returns
    -------
    str or None
        None where the seeds follow no policy, or there are none.

    Examples
    --------
    >>> policy_of([5, 6, 5, 6], [0, 0, 1, 1], [0, 1, 0, 1], None)
    'common'
    """
    known = list(seeds)
    if not known or any(seed is None or seed != seed for seed in known):
        return None
    distinct = len(set(known))

    def shared_by(units: Sequence[Any]) -> bool:
        groups = dict.fromkeys(zip(units, iterations, strict=True))
        pairs = set(zip(units, iterations, known, strict=True))
        return len(pairs) == len(groups) == distinct

    if distinct == len(known):
        return "independent"
    if shared_by([0] * len(known)):
        return "common"
    if blocks is not None and shared_by(blocks[np.asarray(points, dtype=int)].tolist()):
        return "block"
    return None


@dataclass(frozen=True)
class SeedPlan:
    """The seeds of all runs of a design.

    Parameters
    ----------
    root : int
        128-bit root entropy.
    units : ndarray (points,) of int64
        Points that share a unit share their seeds.
    policy : str
        The policy that the units come from; ``"fixed"`` gives each replication the same seed, and
        ``"factor"`` says that the seed is a column of the design.

    Examples
    --------
    >>> plan = SeedPlan(7, np.array([0, 0, 1]), "block")
    >>> plan.seed(0, 0) == plan.seed(1, 0) != plan.seed(2, 0)
    True
    """

    root: int
    units: _Units
    policy: str

    def seed(self, point: int, replication: int) -> int:
        """Return the seed of one run, an int in [0, 2**128)."""
        return self.seeds(slice(point, point + 1), replication)[0]

    def seeds(self, points: slice, replication: int) -> list[int]:
        """Return the seeds of one replication of neighbouring points.

        Parameters
        ----------
        points : slice
            Positions in ``units``.
        replication : int

        Returns
        -------
        list of int
        """
        units = self.units[points]
        if len(units) == 0:
            return []
        first = int(units.min())
        count = int(units.max()) - first + 1
        if count <= _DENSE * len(units):
            words = self._words(first, count, replication)[units - first]
        else:  # blocks numbered far apart, of a selection say: not everything between is computed
            numbers, where = np.unique(units, return_inverse=True)
            words = np.concatenate([self._words(unit, 1, replication) for unit in numbers.tolist()])[where]
        return [(high << 64) | low for low, high in words.tolist()]

    def _words(self, first: int, count: int, replication: int) -> np.ndarray[Any, np.dtype[np.uint64]]:
        counter = first | (replication << 64 if self.policy != "fixed" else 0)
        philox = np.random.Philox(key=self.root, counter=counter)
        return philox.random_raw(4 * count).reshape(-1, 4)[:, :2]

    def part(self, points: slice) -> SeedPlan:
        """Return the plan of some of the points; their seeds stay what they were."""
        return SeedPlan(self.root, self.units[points], self.policy)
