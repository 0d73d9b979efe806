"""Studies that are killed again and again, and must end with the same tables: ``make kills``.

Each round starts a study in processes of its own and sends SIGKILL or SIGTERM, at a random moment, to all of
them, to the parent alone or to one worker; sometimes it deletes the ledger; and it goes on until the study
has ended. What ``doe.load`` then reads is compared, byte for byte, with the tables of a study that nothing
disturbed. The ways take turns: one process, two workers, a Dask executor, and three jobs of an array.
"""

import contextlib
import hashlib
import importlib.util
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import pandas as pd

import mesa_doe as doe
from tests import study_models as models

ROUNDS = 50
RUNS = 100
WAYS = ["one process", "two workers", "array of three jobs"]
if importlib.util.find_spec("distributed"):
    WAYS.append("Dask executor")


def configurations() -> doe.Configurations:
    space = doe.ParameterSpace(n=doe.Integer(1, 4), torus=doe.Boolean(), pace=doe.Real(0.1, 2))
    design = doe.latin_hypercube(space, RUNS, rng=1)
    return design.configurations(
        models.Walkers, rng=2, replications=3, max_steps=6, data_collection_period=1,
        seed_policy="independent",
    )  # fmt: skip


def work(way: str, store: str, part: int) -> None:
    """Run the study, or a part of it: what is killed."""
    options = {"store": store, "chunk_size": 7, "display_progress": False}
    if way == "one process":
        doe.BatchRunner(configurations(), **options).run_all()
    elif way == "two workers":
        doe.BatchRunner(configurations(), 2, **options).run_all()
    elif way == "array of three jobs":
        doe.BatchRunner(configurations(), **options).run_shard(part, of=3)
    else:
        from distributed import Client, LocalCluster

        with (
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            runner = doe.BatchRunner(configurations(), 2, executor=client.get_executor(), **options)
            runner.run_all()


def tables(results: doe.Results) -> str:
    """Return a fingerprint of all that a study gave, but for the time that it took."""
    told = hashlib.sha256()
    frames = {"runs": results.runs.drop(columns="wall_time").reset_index(), "model": results.model}
    for name, frame in {**frames, **results.agents, **results.tables}.items():
        told.update(f"{name}: {frame.dtypes.to_dict()}\n".encode())
        told.update(frame.to_csv(index=False, float_format=None).encode())
        told.update(pd.util.hash_pandas_object(frame).to_numpy().tobytes())
    return told.hexdigest()


def start(way: str, store: Path, parts: list[int]) -> list[subprocess.Popen]:
    return [
        subprocess.Popen(
            [sys.executable, __file__, "work", way, str(store), str(part)],
            start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for part in parts
    ]  # fmt: skip


def members(leader: int) -> list[int]:
    """The processes of a session, its leader first."""
    found = [leader]
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[3]) == leader and int(path.parent.name) != leader:
                found.append(int(path.parent.name))
    return found


def disturb(
    children: list[subprocess.Popen], store: Path, chance: random.Random, counts: Counter[str]
) -> None:
    """Kill at a random moment: everything, a parent alone, or some other process of it."""
    shards = len(list(store.glob("shards/*.parquet")))
    deadline = time.monotonic() + 30
    # Mostly while runs are made, sometimes while all is only beginning.
    while chance.random() < 0.99 and time.monotonic() < deadline and children[0].poll() is None:
        if len(list(store.glob("shards/*.parquet"))) > shards:
            break
        time.sleep(0.05)
    time.sleep(chance.uniform(0.0, 1.0))
    child = chance.choice(children)
    if child.poll() is not None:
        counts["ended before the kill"] += 1
        return
    processes = members(child.pid)
    whom = chance.choice(["everything", "the parent", "a worker"] if processes[1:] else ["the parent"])
    if whom == "everything":
        victims = processes
    elif whom == "the parent":
        victims = processes[:1]
    else:
        victims = [chance.choice(processes[1:])]
    how = chance.choice([signal.SIGKILL, signal.SIGTERM])
    for victim in victims:
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, how)
    counts[f"{how.name} to {whom}"] += 1


def one_round(number: int, folder: Path, counts: Counter[str]) -> tuple[str, int]:
    """Run one study to its end through kills, and return its fingerprint."""
    chance = random.Random(number)
    way = WAYS[number % len(WAYS)]
    store = folder / str(number)
    kills = chance.randint(1, 3)
    for attempt in range(kills + 1):
        children = start(way, store, [0, 1, 2] if way == "array of three jobs" else [0])
        if attempt < kills:
            disturb(children, store, chance, counts)
        for child in children:
            try:
                child.wait(timeout=120)
            except subprocess.TimeoutExpired:
                counts["hung"] += 1
                for victim in members(child.pid):
                    os.kill(victim, signal.SIGKILL)
                child.wait()
        if chance.random() < 0.3:
            shutil.rmtree(store / "ledger", ignore_errors=True)
            counts["deleted the ledger"] += 1
    # What an array job of which one part was refused or killed has left.
    doe.BatchRunner(configurations(), store=store, display_progress=False).run_all()
    fingerprint = tables(doe.load(store))
    shutil.rmtree(store)
    return fingerprint, kills


def main() -> None:
    """Print what was done in each round, and whether the tables are the same."""
    warnings.simplefilter("ignore")
    expected = tables(doe.BatchRunner(configurations()).run_all())
    counts: Counter[str] = Counter()
    different = []
    folder = Path(tempfile.mkdtemp())
    for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS):
        fingerprint, kills = one_round(number, folder, counts)
        same = fingerprint == expected
        different += [] if same else [number]
        told = "same tables" if same else "OTHER TABLES"
        print(f"round {number}: {WAYS[number % len(WAYS)]}, {kills} disturbances: {told}", flush=True)
    shutil.rmtree(folder)
    print(", ".join(f"{what}: {count}" for what, count in sorted(counts.items())))
    if different or counts["hung"]:
        sys.exit(f"rounds with other tables: {different}; hung: {counts['hung']}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["work"]:
        warnings.simplefilter("ignore")
        work(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()
