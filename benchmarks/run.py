"""Speed and memory as ratios in one run against a named peer: ``make benchmark``.

Absolute times are of this machine and this moment; only the ratios mean anything.
"""

import time
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import mesa
import numpy as np
from mesa.examples import VirusOnNetwork
from SALib.analyze import sobol as salib_sobol

import mesa_doe as doe
from mesa_doe.seeding import SeedPlan


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = function()
    return time.perf_counter() - start, result


def peak(function: Callable[[], Any]) -> float:
    """Peak of what Python allocates while the function runs, in MB; its result counts."""
    tracemalloc.start()
    kept = function()
    megabytes = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    del kept
    return megabytes


def unit_space(d: int) -> doe.ParameterSpace:
    return doe.ParameterSpace({f"x{k}": doe.Real(0, 1) for k in range(d)})


def seeds() -> tuple[str, str, float, float]:
    """100,000 seeds of 128 bits, against a numpy SeedSequence with a spawn key each."""
    count = 100_000
    plan = SeedPlan(7, np.arange(count), "independent")
    ours, _ = timed(lambda: plan.seeds(slice(None), 0))
    peer, _ = timed(
        lambda: [
            int.from_bytes(np.random.SeedSequence(7, spawn_key=(k,)).generate_state(4).tobytes(), "little")
            for k in range(count)
        ]
    )
    return "100,000 seeds of 128 bits (s)", "numpy SeedSequence(spawn_key)", ours, peer


def million() -> Any:
    design = doe.latin_hypercube(unit_space(5), 100_000, rng=1)

    def ours() -> Any:
        return design.configurations(dict, rng=1, replications=10, seed_policy="independent")

    def peer() -> Any:
        records = design.points.to_dict("records")
        return [{"run_id": k, "iteration": k % 10, **records[k // 10]} for k in range(1_000_000)]

    return design, ours, peer


def configurations_time() -> tuple[str, str, float, float]:
    """A million configurations, against a list of dictionaries as in the usual glue."""
    _, ours, peer = million()
    return "10⁶ configurations: time (s)", "a list of dicts", timed(ours)[0], timed(peer)[0]


def configurations_memory() -> tuple[str, str, float, float]:
    """The same, in memory."""
    _, ours, peer = million()
    return "10⁶ configurations: peak (MB)", "a list of dicts", peak(ours), peak(peer)


def indices() -> tuple[str, str, float, float]:
    """Sobol indices of 50 outputs with 1,000 resamples, against SALib called for each output."""
    d, outputs = 8, 50
    design = doe.sobol(unit_space(d), 512, rng=1)
    y = np.random.default_rng(1).normal(size=(d, outputs))
    y = design.unit @ y + (design.unit**2) @ y[::-1]
    problem = {"num_vars": d, "names": list(design.factors), "bounds": [[0, 1]] * d}
    ours, _ = timed(lambda: doe.analyze.sobol(design, y, resamples=1000))
    peer, _ = timed(
        lambda: [
            salib_sobol.analyze(problem, y[:, k], calc_second_order=False, num_resamples=1000, seed=1)
            for k in range(outputs)
        ]
    )
    return "Sobol indices of 50 outputs, 1,000 resamples (s)", "SALib 1.6", ours, peer


class Flat(mesa.Model):
    """A cheap model, so that what is measured is the runner and not the model."""

    def __init__(self, x: float = 0.0, rng: int | None = None, seed: int | None = None) -> None:
        super().__init__(rng=rng if seed is None else seed)
        self.x = x
        self.datacollector = mesa.DataCollector({"x": "x", "r": lambda m: m.random.random()})
        self.datacollector.collect(self)

    def step(self) -> None:
        self.datacollector.collect(self)


def _empty_model() -> tuple[Callable[[], Any], Callable[[], Any]]:
    values = np.linspace(0, 1, 500).tolist()
    design = doe.full_factorial(doe.ParameterSpace(x=doe.Real(0, 1)), levels=500)
    runs = design.configurations(
        Flat, rng=1, max_steps=50, data_collection_period=1, seed_policy="independent"
    )

    def peer() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return mesa.batch_run(
                Flat, {"x": values}, number_processes=1, max_steps=50, data_collection_period=1,
                display_progress=False,
            )  # fmt: skip

    return lambda: doe.BatchRunner(runs).run_all(), peer


def _virus_model() -> tuple[Callable[[], Any], Callable[[], Any]]:
    chances = np.linspace(0.1, 0.9, 50).tolist()
    design = doe.explicit([{"virus_spread_chance": chance, "num_nodes": 200} for chance in chances])
    runs = design.configurations(
        VirusOnNetwork, rng=1, max_steps=30, data_collection_period=1, seed_policy="independent"
    )

    def peer() -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return mesa.batch_run(
                VirusOnNetwork, {"virus_spread_chance": chances, "num_nodes": 200}, number_processes=1,
                max_steps=30, data_collection_period=1, display_progress=False,
            )  # fmt: skip

    return lambda: doe.BatchRunner(runs).run_all(), peer


def runner() -> list[tuple[str, str, float, float]]:
    """Whole sweeps in one process with their results, against Mesa's batch_run (gone in Mesa 4)."""
    if not hasattr(mesa, "batch_run"):
        return []
    rows = []
    for what, (ours, peer) in {
        "50 runs × 30 steps of VirusOnNetwork": _virus_model(),
        "500 runs × 50 steps of an empty model": _empty_model(),
    }.items():
        ours()  # imports once
        rows.append((f"{what}: time (s)", "mesa.batch_run", timed(ours)[0], timed(peer)[0]))
        rows.append((f"{what}: peak (MB)", "mesa.batch_run", peak(ours), peak(peer)))
    return rows


def main() -> None:
    """Print the table."""
    print(f"Mesa {mesa.__version__}\n")
    print("| what | mesa-doe | peer | peer / mesa-doe | peer is |")
    print("|---|---|---|---|---|")
    for what, name, ours, peer in [
        seeds(), configurations_time(), configurations_memory(), indices(), *runner()
    ]:  # fmt: skip
        print(f"| {what} | {ours:.4g} | {peer:.4g} | {peer / ours:.3g} | {name} |")


if __name__ == "__main__":
    main()
