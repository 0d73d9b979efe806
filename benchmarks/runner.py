"""The runner against bare loops and its peers: ``make benchmark``, or one part of it by its name.

``python benchmarks/runner.py trivial agents memory million``

Only the ratios of one run mean anything: all of a part are measured in turn in one process. The bare loops
make the very runs that ours makes, of the same parameters and seeds. EMA Workbench is measured where it is
installed (``pip install ema_workbench``), mesa.batch_run where Mesa has it.
"""

import importlib.util
import inspect
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import mesa
import numpy as np

import mesa_doe as doe

WORKERS = 2
HAS_EMA = importlib.util.find_spec("ema_workbench") is not None
SEED = "rng" if "rng" in inspect.signature(mesa.Model).parameters else "seed"


class Trivial(mesa.Model):
    """As cheap as a Mesa model gets: nearly all of it is Mesa's constructor."""

    def __init__(self, x: float = 0.0, rng: int | None = None) -> None:
        super().__init__(**{SEED: rng})
        self.y = x * x
        self.running = False
        self.datacollector = mesa.DataCollector({"y": "y"})
        self.datacollector.collect(self)


class Crowd(mesa.Model):
    """100 agents that report at each of 100 steps."""

    def __init__(self, x: float = 0.0, rng: int | None = None) -> None:
        super().__init__(**{SEED: rng})
        self.x = x
        self.datacollector = mesa.DataCollector(
            {"mean": lambda m: sum(a.wealth for a in m.agents) / len(m.agents)}, {"wealth": "wealth"}
        )
        for _ in range(100):
            Person(self)

    def step(self) -> None:
        self.agents.do("act")
        self.datacollector.collect(self)


class Person(mesa.Agent):
    """Draws one number a step."""

    def __init__(self, model: Crowd) -> None:
        super().__init__(model)
        self.wealth = 0.0

    def act(self) -> None:
        self.wealth += self.model.x * self.random.random()


def square(x: float) -> dict[str, float]:
    """A model of a microsecond."""
    return {"y": x * x}


def one_trivial(x: float, seed: int) -> float:
    model = Trivial(x, seed)
    while model.running:
        model.step()
    return model.datacollector.model_vars["y"][-1]


def one_crowd(x: float, seed: int) -> Any:
    model = Crowd(x, seed)
    while model.running and model.steps < 100:
        model.step()
    return model.datacollector.model_vars, model.datacollector._agent_records


def configurations(model: Any, runs: int, **options: Any) -> doe.Configurations:
    design = doe.monte_carlo(doe.ParameterSpace(x=doe.Real(0, 1)), runs, rng=1)
    return design.configurations(model, rng=1, seed_policy="independent", **options)


def inputs(runs: doe.Configurations) -> list[tuple[float, int]]:
    return [(parameters["x"], seed) for _, parameters, seed in runs.inputs()]


def seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def least(*functions: Callable[[], Any], rounds: int = 3) -> list[float]:
    """Return the least time of each, measured in turn: a machine has faster and slower minutes."""
    rows = [[seconds(one) for one in functions] for _ in range(rounds)]
    return [min(times) for times in zip(*rows, strict=True)]


def ours(runs: doe.Configurations, n_jobs: int, **options: Any) -> Callable[[], Any]:
    return lambda: doe.BatchRunner(runs, n_jobs, display_progress=False, **options).run_all()


def through_joblib(function: Any, values: list[float]) -> Callable[[], Any]:
    return lambda: joblib.Parallel(WORKERS)(joblib.delayed(function)(x, k) for k, x in enumerate(values))


def through_batch_run(model: Any, values: list[float], **options: Any) -> Callable[[], Any]:
    return lambda: mesa.batch_run(
        model, {"x": values}, number_processes=WORKERS, display_progress=False, **options
    )


def through_ema(function: Any, runs: int) -> Callable[[], Any]:
    import ema_workbench as ema

    problem = ema.Model("model", function=function)
    problem.uncertainties = [ema.RealParameter("x", 0, 1)]
    problem.outcomes = [ema.ScalarOutcome("y")]

    def run() -> Any:
        with ema.MultiprocessingEvaluator(problem, n_processes=WORKERS) as evaluator:
            return evaluator.perform_experiments(scenarios=runs)

    return run


def ema_trivial(x: float) -> dict[str, float]:
    return {"y": one_trivial(x, 1)}


def ema_crowd(x: float) -> dict[str, float]:
    return {"y": one_crowd(x, 1)[0]["mean"][-1]}


def table(title: str, rows: list[tuple[str, int, float]]) -> None:
    """Print seconds as microseconds a run, and as a ratio to the first row."""
    print(f"\n{title}\n\n| what | runs | µs a run | of the bare loop |\n|---|---|---|---|")
    bare = rows[0][2] / rows[0][1]
    for what, runs, spent in rows:
        print(f"| {what} | {runs:,} | {spent / runs * 1e6:,.1f} | {spent / runs / bare:.2f} |", flush=True)


def trivial() -> None:
    """(a): a trivial model and a function."""
    many = 100_000
    values = np.random.default_rng(1).random(many).tolist()
    few = values[:5_000]
    runs, functions = configurations(Trivial, many), configurations(square, many)
    more = configurations(Trivial, 10 * many)
    known = inputs(runs)
    bare, here, workers = least(
        lambda: [one_trivial(x, seed) for x, seed in known], ours(runs, 1), ours(more, WORKERS)
    )
    rows = [("bare loop", many, bare), ("mesa-doe, in process", many, here)]
    rows.append((f"mesa-doe, {WORKERS} workers", 10 * many, workers))
    with tempfile.TemporaryDirectory() as folder:
        options = {"store": Path(folder) / "study"}
        rows.append(("mesa-doe, in process, with a store", many, seconds(ours(runs, 1, **options))))
    rows.append((f"joblib, {WORKERS} workers", many, seconds(through_joblib(one_trivial, values))))
    if hasattr(mesa, "batch_run"):
        rows.append(
            (f"mesa.batch_run, {WORKERS} processes", len(few), seconds(through_batch_run(Trivial, few)))
        )
    if HAS_EMA:
        rows.append((f"EMA Workbench, {WORKERS} processes", 2_000, seconds(through_ema(ema_trivial, 2_000))))
    table("A trivial Mesa model", rows)
    bare, here = least(lambda: [square(x)["y"] for x in values], ours(functions, 1))
    table("A function of a microsecond", [("bare loop", many, bare), ("mesa-doe, in process", many, here)])


def agents() -> None:
    """(b): 100 agents, 100 steps, agent data each step."""
    many = 400
    values = np.random.default_rng(1).random(many).tolist()
    runs = configurations(Crowd, many, max_steps=100, data_collection_period=1)
    few = configurations(Crowd, 2, max_steps=1)
    start_up = seconds(ours(few, WORKERS, backend="loky"))
    known = inputs(runs)
    bare, here, workers, plain = least(
        lambda: [one_crowd(x, seed) for x, seed in known],
        ours(runs, 1),
        ours(runs, WORKERS, backend="loky"),
        through_joblib(one_crowd, values),
    )
    rows = [("bare loop", many, bare), ("mesa-doe, in process", many, here)]
    rows.append((f"mesa-doe, {WORKERS} workers", many, workers))
    rows.append((f"joblib, {WORKERS} workers", many, plain))
    if hasattr(mesa, "batch_run"):
        options = {"max_steps": 100, "data_collection_period": 1}
        rows.append(
            (
                f"mesa.batch_run, {WORKERS} processes",
                many,
                seconds(through_batch_run(Crowd, values, **options)),
            )
        )
    if HAS_EMA:
        rows.append(
            (f"EMA Workbench, {WORKERS} processes, one outcome", many, seconds(through_ema(ema_crowd, many)))
        )
    table("A model of 100 agents and 100 steps, agent data each step", rows)
    print(f"\nStart-up of {WORKERS} workers, paid once: {start_up:.1f} s")


def high_water(pid: int | str = "self") -> float:
    """Peak of the resident memory of a process, in MB (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1e3 for line in lines if line.startswith("VmHWM"))


def children() -> list[int]:
    """The worker processes of this one."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
            command = path.with_name("cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == os.getpid() and b"loky" in command and b"resource_tracker" not in command:
            found.append(int(path.parent.name))
    return found


def one_memory(many: int) -> None:
    """Run in a process of its own: print the peaks of parent and workers."""
    runs = configurations(Crowd, many, max_steps=100, data_collection_period=1)
    with tempfile.TemporaryDirectory() as folder:
        ours(runs, WORKERS, store=Path(folder) / "study")()
        size = sum(path.stat().st_size for path in Path(folder).rglob("*")) / 1e6
        files = len(list(Path(folder).rglob("*.parquet")))
        workers = ", ".join(f"{high_water(pid):.0f}" for pid in children())
        print(f"| {many:,} | {high_water():.0f} | {workers} | {size:.0f} | {files} |", flush=True)


def memory() -> None:
    """(c): the same model through a store."""
    print("\nPeak memory with a store, the same model\n")
    print("| runs | parent (MB) | workers (MB) | on disk (MB) | files |\n|---|---|---|---|---|", flush=True)
    for many in (200, 2_000, 20_000):
        subprocess.run([sys.executable, __file__, "one_memory", str(many)], check=True)


def one_million(folder: str) -> None:
    """Run in a process of its own, once to be killed and once to the end."""
    runs = configurations(Trivial, 1_000_000)
    start = time.perf_counter()
    results = ours(runs, WORKERS, store=folder)()
    spent = time.perf_counter() - start
    workers = ", ".join(f"{high_water(pid):.0f}" for pid in children())
    peak = high_water()
    start = time.perf_counter()
    total = results.output("y").sum()
    read = time.perf_counter() - start
    print(f"ended after {spent:.0f} s more; peak of parent {peak:.0f} MB, workers {workers} MB")
    print(f"then results.output in {read:.1f} s, sum {total:.6f}, peak {high_water():.0f} MB")


def million() -> None:
    """A million configurations through a store, killed in the middle and resumed."""
    print("\nA million runs of the trivial model through a store\n", flush=True)
    folder = tempfile.mkdtemp()
    command = [sys.executable, __file__, "one_million", f"{folder}/study"]
    start = time.perf_counter()
    child = subprocess.Popen(command, start_new_session=True)
    done = 0
    while done < 500_000 and child.poll() is None:
        time.sleep(1)
        if (Path(folder) / "study" / "study.json").exists():
            done = 1_000_000 - doe.load(f"{folder}/study").pending
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    spent = time.perf_counter() - start
    print(
        f"killed after {spent:.0f} s with {done:,} runs recorded ({done / spent:,.0f} a second)", flush=True
    )
    subprocess.run(command, check=True)
    shutil.rmtree(folder)


def main() -> None:
    """Run the parts that are named, or all."""
    warnings.simplefilter("ignore")
    arguments = sys.argv[1:] or ["trivial", "agents", "memory", "million"]
    if arguments[0] == "one_memory":
        one_memory(int(arguments[1]))
    elif arguments[0] == "one_million":
        one_million(arguments[1])
    else:
        print(f"Mesa {mesa.__version__}, Python {sys.version.split()[0]}, {os.cpu_count()} cores", flush=True)
        for name in arguments:
            {"trivial": trivial, "agents": agents, "memory": memory, "million": million}[name]()


if __name__ == "__main__":
    main()
