"""Analyses against SALib's on the same sample: ``make benchmark``, or ``python benchmarks/analysis.py``.

Times and peaks of one process, taken in turn; only ratios mean anything. SALib analyses one output a call.
"""

import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from SALib.analyze import (
    delta,
    dgsm,
    discrepancy,
    enhanced_hdmr,
    fast,
    ff,
    hdmr,
    morris,
    pawn,
    radial_ee,
    rbd_fast,
    rsa,
    shapley,
    sobol_jansen,
)
from SALib.analyze import sobol as salib_sobol

import mesa_doe as doe


def space_of(d: int) -> doe.ParameterSpace:
    return doe.ParameterSpace({f"x{k}": doe.Real(0, 1) for k in range(d)})


def problem_of(d: int) -> dict[str, Any]:
    return {"num_vars": d, "names": [f"x{k}" for k in range(d)], "bounds": [[0.0, 1.0]] * d}


def outputs(unit: np.ndarray, count: int) -> np.ndarray:
    """Sobol-G like functions, a different one an output; not the same at all corners, as Sobol's own is."""
    weights = 1 + np.arange(unit.shape[1])[:, None] * np.linspace(0.5, 2, count)
    return np.prod((np.abs(4 * unit[:, :, None] - 1.9) + weights) / (1 + weights), axis=1)


def seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def fastest(*calls: Callable[[], Any]) -> list[float]:
    """Return the least seconds of each call, taken in turn: three rounds, or as many as take a second."""
    least, start = [np.inf] * len(calls), time.perf_counter()
    rounds = 0
    while rounds < 3 or time.perf_counter() - start < 1:
        least = [min(best, seconds(call)) for best, call in zip(least, calls, strict=True)]
        rounds += 1
    return least


def megabytes(function: Callable[[], Any]) -> float:
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    return peak


def large_sobol() -> None:
    """The case of the issue: 20 factors, second order, 8192 blocks."""
    d, n = 20, 8192
    design = doe.sobol(space_of(d), n, rng=1, second_order=True)
    y = outputs(design.unit, 1)[:, 0]

    def ours() -> Any:
        return doe.analyze.sobol(design, y, resamples=100)

    def theirs() -> Any:
        return salib_sobol.analyze(problem_of(d), y, calc_second_order=True, num_resamples=100, seed=1)

    mine, peer = min(seconds(ours) for _ in range(3)), seconds(theirs)
    products = n * (2 + 2 * d + d * (d - 1) // 2) * 8 / 1e6
    print("Sobol, d=20, n=8192, second order, 100 resamples\n")
    print(f"ours {mine:.2f} s, SALib {peer:.1f} s: {peer / mine:.0f} times as fast")
    print(
        f"peak of ours {megabytes(ours):.0f} MB: {megabytes(ours) / products:.2f} times its products, ",
        end="",
    )
    print(f"{products:.0f} MB\n")


def many_outputs() -> None:
    """A time series of 500 steps."""
    design = doe.sobol(space_of(10), 1024, rng=1)
    y = outputs(design.unit, 500)
    took = min(seconds(lambda: doe.analyze.sobol(design, y, resamples=1000)) for _ in range(2))
    print(f"Sobol of 500 outputs, d=10, n=1024, 1,000 resamples: {took:.1f} s")
    print(f"peak {megabytes(lambda: doe.analyze.sobol(design, y, resamples=1000)):.0f} MB\n")


@dataclass(frozen=True)
class Peer:
    """An analysis and SALib's of the same sample.

    ``resamples`` are as many as SALib makes, or ours where it makes none.
    """

    name: str
    design: doe.Design
    ours: Callable[..., Any]
    theirs: Callable[..., Any]
    resamples: int | None = None
    salib_resamples: bool = True

    def row(self) -> str:
        """Time both, ours with intervals and without, and write the row."""
        x, y = self.design.unit.copy(), outputs(self.design.unit, 1)[:, 0]
        theirs, ours = partial(self.theirs, x, y), partial(self.ours, self.design, y)
        if self.resamples is None:
            peer, mine = fastest(theirs, ours)
            intervals, told = 0.0, "none"
        else:
            counts = self.resamples, 5 * self.resamples
            peer, mine, more = fastest(theirs, *(partial(ours, resamples=count) for count in counts))
            # Each resample takes as long as any other.
            intervals, told = max(more - mine, 0.0) / 4, f"{self.resamples:,}"
        # Of what is left of a difference, less than a fiftieth is noise of the clock.
        alone = max(mine - intervals, mine / 50)
        if not self.salib_resamples:
            told += " (SALib none)"
        ratios = [peer / mine, peer / alone]
        if self.resamples is not None and self.salib_resamples:
            ratios[1] = np.nan
        return (
            f"| {self.name} | {len(self.design):,} | {told} | {mine:.4f} | {alone:.4f} | {peer:.4f} | "
            f"{ratios[0]:.2f} | {'' if np.isnan(ratios[1]) else f'{ratios[1]:.2f}'} |"
        )


def peers() -> Iterator[Peer]:
    """Yield each other analysis that SALib has: of 10 factors where nothing else is said."""
    d, analyze = 10, doe.analyze
    space, problem = space_of(d), problem_of(d)
    stars = doe.radial(space, 500, rng=1)
    lhs = doe.latin_hypercube(space, 1000, rng=1)
    few = doe.latin_hypercube(space_of(3), 1000, rng=1)
    yield Peer(
        "morris", doe.morris(space, 200, rng=1), analyze.morris,
        lambda x, y: morris.analyze(dict(problem), x, y, num_resamples=1000, seed=1), 1000,
    )  # fmt: skip
    yield Peer(
        "radial_effects", stars, analyze.radial_effects,
        lambda x, y: radial_ee.analyze(problem, x, y, sample_sets=500, num_resamples=100, seed=1), 100,
    )  # fmt: skip
    yield Peer(
        "jansen (SALib's intervals mean nothing)", stars, analyze.jansen,
        lambda _, y: sobol_jansen.analyze(problem, y, sample_sets=500, num_resamples=1000, seed=1), 1000,
    )  # fmt: skip
    yield Peer(
        "jansen, SALib drawing as many stars and making its frame", stars, analyze.jansen,
        lambda _, y: sobol_jansen.analyze(problem, y, sample_sets=500, num_resamples=50_000, seed=1).to_df(),
        1000,
    )  # fmt: skip
    yield Peer(
        "fast (SALib's intervals mean nothing)", doe.fast(space, 1000, rng=1), analyze.fast,
        lambda _, y: fast.analyze(dict(problem), y, seed=1),
    )  # fmt: skip
    yield Peer(
        "rbd_fast", doe.rbd_fast(space, 2000, rng=1), analyze.rbd_fast,
        lambda x, y: rbd_fast.analyze(dict(problem), x, y, num_resamples=100, seed=1), 100,
    )  # fmt: skip
    yield Peer(
        "dgsm", doe.finite_difference(space, 500, rng=1), analyze.dgsm,
        lambda x, y: dgsm.analyze(dict(problem), x, y, num_resamples=100, seed=1), 100,
    )  # fmt: skip
    yield Peer(
        "shapley", doe.shapley(space, 1000, rng=1), analyze.shapley,
        lambda x, y: shapley.analyze(dict(problem), x, y), 1000, salib_resamples=False,
    )  # fmt: skip
    yield Peer(
        "shapley, SALib making its frame", doe.shapley(space, 1000, rng=1), analyze.shapley,
        lambda x, y: shapley.analyze(dict(problem), x, y).to_df(), 1000, salib_resamples=False,
    )  # fmt: skip
    yield Peer(
        "pawn", lhs, partial(analyze.pawn, dummy=False),
        lambda x, y: pawn.analyze(dict(problem), x, y), 100, salib_resamples=False,
    )  # fmt: skip
    yield Peer(
        "delta with S1", lhs, partial(analyze.delta, dummy=False),
        lambda x, y: delta.analyze(dict(problem), x, y, num_resamples=100, seed=1), 100,
    )  # fmt: skip
    polynomials = partial(analyze.enhanced_hdmr, poly_order=3)

    def splines_of(x: Any, y: Any, fits: int) -> Any:
        return hdmr.analyze(problem_of(3), x, y, m=4, K=fits)

    def polynomials_of(x: Any, y: Any, fits: int) -> Any:
        return enhanced_hdmr.analyze(problem_of(3), x, y, poly_order=3, bootstrap=fits, seed=1)

    yield Peer(
        "hdmr, 3 factors", few, analyze.hdmr, lambda x, y: splines_of(x, y, 20), 20,
    )  # fmt: skip
    yield Peer(
        "hdmr, 3 factors, SALib fitting all points too", few, analyze.hdmr,
        lambda x, y: (splines_of(x, y, 1), splines_of(x, y, 20)), 20,
    )  # fmt: skip
    yield Peer(
        "enhanced_hdmr, 3 factors", few, polynomials, lambda x, y: polynomials_of(x, y, 20), 20,
    )  # fmt: skip
    yield Peer(
        "enhanced_hdmr, 3 factors, SALib fitting all points too", few, polynomials,
        lambda x, y: (polynomials_of(x, y, 1), polynomials_of(x, y, 20)), 20,
    )  # fmt: skip
    yield Peer(
        "rsa, 20 bins", lhs, partial(analyze.rsa, bins=20),
        lambda x, y: rsa.analyze(problem, x, y, bins=20),
    )  # fmt: skip
    yield Peer(
        "discrepancy", lhs, analyze.discrepancy, lambda x, y: discrepancy.analyze(problem, x, y),
    )  # fmt: skip
    yield Peer(
        "effects (SALib's ff tells no aliases)", doe.folded_hadamard(space_of(16)), analyze.effects,
        lambda x, y: ff.analyze(problem_of(16), x, y, second_order=True),
    )  # fmt: skip
    yield Peer(
        "effects, SALib making its frames", doe.folded_hadamard(space_of(16)), analyze.effects,
        lambda x, y: ff.analyze(problem_of(16), x, y, second_order=True).to_df(),
    )  # fmt: skip


def methods() -> None:
    """Each other analysis, at equal work."""
    print("One output, 10 factors\n")
    print("Where SALib makes no intervals, equal work is that without ours: the last column.\n")
    print(
        "| analysis | points | resamples | ours (s) | without intervals | SALib (s) | SALib / ours "
        "| SALib / ours without |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for peer in peers():
        print(peer.row(), flush=True)


def main() -> None:
    """Print the tables."""
    warnings.simplefilter("ignore")
    large_sobol()
    many_outputs()
    methods()


if __name__ == "__main__":
    main()
