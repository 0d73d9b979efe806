"""Time and peak memory of designs against the bare libraries: ``python benchmarks/designs.py``.

One table of ratios, mesa-doe / peer, each pair measured in turn in one process: processor time as the best
of several calls, memory as the peak of what Python and numpy allocate (tracemalloc), the result included.
Absolute times are of this machine and this moment; only the ratios mean anything.

- *sample*: ``doe.<sampler>(space, n)`` over five Real axes, against the library's unit sample alone.
- *values*: the same with ``design.points``, against the unit sample and ``low + (high - low) * u`` by hand.
- *mixed*: the same over Real, Integer, Categorical and a normal law, against the columns mapped by hand
  (floor, take, ppf).
"""

import gc
import math
import sys
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import pyDOE3
import scipy
from SALib.sample import fast_sampler, latin, morris, sobol
from scipy import stats
from scipy.stats import qmc

import mesa_doe as doe

D = 5
LOW, HIGH = np.full(D, 2.0), np.full(D, 10.0)
KINDS = np.array(["random", "sequential", "staged"], dtype=object)

REALS = doe.ParameterSpace({f"x{k}": doe.Real(LOW[k], HIGH[k]) for k in range(D)})
MIXED = doe.ParameterSpace(
    density=doe.Real(0, 10),
    cost=doe.Real(0.01, 100, log=True),
    radius=doe.Integer(1, 8),
    kind=doe.Categorical(KINDS),
    wealth=stats.norm(10, 2),
)


def scaled(u: Any) -> list[Any]:
    return [low + (high - low) * column for low, high, column in zip(LOW, HIGH, u.T, strict=True)]


def mapped(u: Any) -> list[Any]:
    """Turn a unit sample into the values of ``MIXED``, as a user would by hand."""
    return [
        10 * u[:, 0],
        0.01 * 10_000 ** u[:, 1],
        1 + np.minimum((8 * u[:, 2]).astype(np.int64), 7),
        KINDS[np.minimum((3 * u[:, 3]).astype(np.int64), 2)],
        stats.norm(10, 2).ppf(u[:, 4].clip(1e-9, 1 - 1e-9)),
    ]


def problem() -> dict[str, Any]:
    return {"num_vars": D, "names": [f"x{k}" for k in range(D)], "bounds": [[0.0, 1.0]] * D}


def levels_of(points: int) -> list[int]:
    """Return how many levels of each factor make about so many combinations."""
    return [round(points ** (1 / D))] * D


def over_levels(points: int) -> doe.ParameterSpace:
    return doe.ParameterSpace({f"n{k}": doe.Integer(1, most) for k, most in enumerate(levels_of(points))})


Ours = Callable[[doe.ParameterSpace, int], doe.Design]
Peer = Callable[[int], Any]

#: By sampler: ours, of a space and a number of points, and the library's unit sample of as many.
SAMPLERS: dict[str, tuple[Ours, Peer]] = {
    "monte_carlo": (
        lambda space, n: doe.monte_carlo(space, n, rng=1),
        lambda n: np.random.default_rng(1).random((n, D)),
    ),
    "latin_hypercube": (
        lambda space, n: doe.latin_hypercube(space, n, rng=1),
        lambda n: qmc.LatinHypercube(D, rng=1).random(n),
    ),
    "sobol_sequence": (
        lambda space, n: doe.sobol_sequence(space, n, rng=1),
        lambda n: qmc.Sobol(D, rng=1).random(n),
    ),
    "halton": (
        lambda space, n: doe.halton(space, n, rng=1),
        lambda n: qmc.Halton(D, rng=1).random(n),
    ),
    "sobol (Saltelli)": (
        lambda space, n: doe.sobol(space, n // (D + 2), rng=1),
        lambda n: sobol.sample(problem(), n // (D + 2), calc_second_order=False, seed=1),
    ),
    "morris": (
        lambda space, n: doe.morris(space, n // (D + 1), rng=1),
        lambda n: morris.sample(problem(), n // (D + 1), seed=1),
    ),
    "fast": (
        lambda space, n: doe.fast(space, n // D, rng=1),
        lambda n: fast_sampler.sample(problem(), n // D, seed=1),
    ),
    "rbd_fast": (
        lambda space, n: doe.rbd_fast(space, n, rng=1),
        lambda n: latin.sample(problem(), n, seed=1),
    ),
    "latin_hypercube_pydoe": (
        lambda space, n: doe.latin_hypercube_pydoe(space, n, criterion="center", rng=1),
        lambda n: pyDOE3.lhs(D, samples=n, criterion="center", seed=1),
    ),
    "korobov": (
        lambda space, n: doe.korobov(space, n, generator=7, rng=1),
        lambda n: pyDOE3.korobov_sequence(n, D, generator_param=7) / n,
    ),
}


#: The most points of a sampler whose library counts them one by one, in Python.
MOST = {"korobov": 100_000}


NOTE = """\
What is above 1 is the gate (two passes over each sample), values that reach both ends of an axis exactly and
never pass them (`low + (high - low) * u` promises neither), and of small designs a fixed cost. It shows where
the peer draws as fast as memory is written: numpy's random numbers, and nearly so scipy's Sobol points.
Values are made in parts that stay in the processor's cache, hence memory below 1. Of a factorial, the sample
in the unit cube is held beside the values.
"""


def timed(function: Callable[[], Any]) -> float:
    start = time.process_time()
    kept = function()
    seconds = time.process_time() - start
    del kept
    return seconds


def peak(function: Callable[[], Any]) -> float:
    """Peak of what Python and numpy allocate while the function runs, in MB; its result counts."""
    gc.collect()
    tracemalloc.start()
    kept = function()
    megabytes = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    del kept
    return megabytes


def compared(ours: Peer, peer: Peer, n: int) -> str:
    """Return both ratios, mesa-doe / peer; the two are timed in turn, so that both meet the same load."""
    ours(1_000), peer(1_000)  # so that no import counts
    seconds: list[tuple[float, float]] = []
    while not seconds or (len(seconds) < 15 and sum(map(sum, seconds)) < 3):
        seconds.append((timed(lambda: ours(n)), timed(lambda: peer(n))))
    of_time = min(mine for mine, _ in seconds) / min(theirs for _, theirs in seconds)
    return f"{of_time:.2f} | {peak(lambda: ours(n)) / peak(lambda: peer(n)):.2f}"


def rows(points: int) -> Iterator[str]:
    """Yield the rows of the table for designs of so many points."""
    for name, (ours, peer) in SAMPLERS.items():
        if points > MOST.get(name, points):
            continue
        n = 2 ** round(math.log2(points)) if name == "sobol_sequence" else points
        cells = [
            compared(partial(ours, REALS), peer, n),
            compared(lambda n, ours=ours: _values(ours(REALS, n)), lambda n, peer=peer: scaled(peer(n)), n),
            compared(lambda n, ours=ours: _values(ours(MIXED, n)), lambda n, peer=peer: mapped(peer(n)), n),
        ]
        yield f"| {name} | {n:,} | {' | '.join(cells)} |"
    yield f"| full_factorial | {math.prod(levels_of(points)):,} | {' | '.join(_factorial(points))} | | |"


def _factorial(points: int) -> list[str]:
    def peer(n: int) -> Any:
        return pyDOE3.fullfact(levels_of(n))

    return [
        compared(lambda n: doe.full_factorial(over_levels(n)), peer, points),
        compared(
            lambda n: _values(doe.full_factorial(over_levels(n))), lambda n: 1 + peer(n).astype(int), points
        ),
    ]


def _values(design: doe.Design) -> Any:
    return design, design.points


def main() -> None:
    """Print the table."""
    sizes = [int(float(size)) for size in sys.argv[1:]] or [10**3, 10**5, 10**6]
    warnings.simplefilter("ignore")  # of samples that are no power of two
    print(f"numpy {np.__version__}, scipy {scipy.__version__}; mesa-doe / peer\n")
    print(NOTE)
    print("| | | sample | | values | | mixed | |")
    print("| design | points | time | memory | time | memory | time | memory |")
    print("|---|---|---|---|---|---|---|---|")
    for size in sizes:
        for row in rows(size):
            print(row, flush=True)


if __name__ == "__main__":
    main()
