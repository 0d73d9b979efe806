"""Analyses against SALib's on the same sample: ``make benchmark``, or ``python benchmarks/analysis.py``.

Times and peaks of one process, taken in turn; only ratios mean anything. SALib analyses one output a call.
"""

import time
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from SALib.analyze import delta, dgsm, fast, morris, pawn, rbd_fast, shapley
from SALib.analyze import sobol as salib_sobol

import mesa_doe as doe


def space_of(d: int) -> doe.ParameterSpace:
    return doe.ParameterSpace({f"x{k}": doe.Real(0, 1) for k in range(d)})


def problem_of(d: int) -> dict[str, Any]:
    return {"num_vars": d, "names": [f"x{k}" for k in range(d)], "bounds": [[0.0, 1.0]] * d}


def outputs(unit: np.ndarray, count: int) -> np.ndarray:
    """Sobol-G like functions, a different one an output."""
    weights = 1 + np.arange(unit.shape[1])[:, None] * np.linspace(0.5, 2, count)
    return np.prod((np.abs(4 * unit[:, :, None] - 2) + weights) / (1 + weights), axis=1)


def seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


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


def methods() -> None:
    """Each other analysis with as many resamples as SALib makes."""
    d = 10
    problem = problem_of(d)
    rows = []

    def compare(name: str, design: doe.Design, ours: Callable[..., Any], theirs: Callable[..., Any]) -> None:
        y = outputs(design.unit, 1)[:, 0]
        mine = min(seconds(lambda: ours(design, y)) for _ in range(3))
        rows.append((name, len(design), mine, min(seconds(lambda: theirs(design.unit, y)) for _ in range(3))))

    analyze: Any = doe.analyze
    compare(
        "morris", doe.morris(space_of(d), 200, rng=1),
        lambda design, y: analyze.morris(design, y, resamples=1000),
        lambda x, y: morris.analyze(dict(problem), x, y, num_resamples=1000, seed=1),
    )  # fmt: skip
    compare(
        "fast", doe.fast(space_of(d), 1000, rng=1),
        analyze.fast, lambda _, y: fast.analyze(dict(problem), y, seed=1),
    )  # fmt: skip
    compare(
        "rbd_fast", doe.rbd_fast(space_of(d), 2000, rng=1),
        lambda design, y: analyze.rbd_fast(design, y, resamples=100),
        lambda x, y: rbd_fast.analyze(dict(problem), x, y, seed=1),
    )  # fmt: skip
    compare(
        "dgsm", doe.finite_difference(space_of(d), 500, rng=1),
        lambda design, y: analyze.dgsm(design, y, resamples=100),
        lambda x, y: dgsm.analyze(dict(problem), x, y, seed=1),
    )  # fmt: skip
    compare(
        "shapley", doe.shapley(space_of(d), 1000, rng=1),
        analyze.shapley, lambda x, y: shapley.analyze(dict(problem), x, y),
    )  # fmt: skip
    lhs = doe.latin_hypercube(space_of(d), 1000, rng=1)
    compare(
        "pawn (SALib has no intervals)", lhs,
        lambda design, y: analyze.pawn(design, y, resamples=100),
        lambda x, y: pawn.analyze(dict(problem), x, y),
    )  # fmt: skip
    compare(
        "delta", lhs,
        lambda design, y: analyze.delta(design, y, resamples=100),
        lambda x, y: delta.analyze(dict(problem), x, y, num_resamples=100, seed=1, method="delta"),
    )  # fmt: skip
    print("One output, 10 factors\n")
    print("| analysis | points | ours (s) | SALib (s) | SALib / ours |")
    print("|---|---|---|---|---|")
    for name, points, mine, peer in rows:
        print(f"| {name} | {points:,} | {mine:.3f} | {peer:.3f} | {peer / mine:.1f} |")


def main() -> None:
    """Print the tables."""
    warnings.simplefilter("ignore")
    large_sobol()
    many_outputs()
    methods()


if __name__ == "__main__":
    main()
