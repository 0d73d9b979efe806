import contextlib
import importlib
import importlib.util
import logging
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor

import dask
import distributed
import joblib
import pytest

import mesa_doe as doe
from tests import study_models as models
from tests.runner.test_store import made, noisy, run, same, walkers

SETTINGS = {
    # A run that kills its worker does so once in each of its two trials, not four times.
    "distributed.scheduler.allowed-failures": 0,
    # On a busy machine a worker needs long to come back.
    "distributed.deploy.lost-worker-timeout": "300s",
    "distributed.worker.multiprocessing-method": "forkserver",
}


@contextlib.contextmanager
def cluster(**options):
    """Start a cluster whose client is a context's target; quiet, with nothing left behind."""
    with (
        dask.config.set(SETTINGS),
        distributed.LocalCluster(dashboard_address=":0", silence_logs=logging.CRITICAL, **options) as local,
        distributed.Client(local) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def client():
    with cluster(n_workers=2, threads_per_worker=2) as client:
        yield client


def through(client, configurations, **options):
    return run(configurations, executor=client.get_executor(), n_jobs=4, **options)


# ---- Dask's executor -------------------------------------------------------------------------------------


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("configurations", [noisy(), walkers()])
def test_dask_gives_the_same(client, tmp_path, configurations, stored):
    options = {"store": tmp_path} if stored else {}
    same(through(client, configurations, chunk_size=3, **options), run(configurations))


@pytest.mark.parametrize("stored", [True, False])
def test_a_run_that_kills_its_worker_is_found_and_all_others_complete(client, tmp_path, stored):
    runs = doe.explicit({"x": [58, 59, 60, 61, 117, 62]}).configurations(models.troublesome, rng=1)
    options = {"store": tmp_path} if stored else {}
    with pytest.warns(doe.MesaDoeWarning, match="2 of 6 runs failed"):
        results = through(client, runs, chunk_size=1, **options)
    assert results.runs["status"].tolist() == ["ok", "ok", "crashed", "ok", "failed", "ok"]


def test_a_worker_that_is_killed_from_outside_costs_no_run(client):
    killed = []

    def kill_one(progress):
        if not killed:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    executor = client.get_executor()
    runner = doe.BatchRunner(noisy(), 4, executor=executor, chunk_size=3, display_progress=kill_one)
    same(runner.run_all(), run(noisy()))
    assert len(killed) == 1


def test_a_cluster_without_workers_that_starts_no_others_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.import_module("mesa_doe.runner.dispatch"), "_PATIENCE", 0.1)
    with cluster(n_workers=1, threads_per_worker=2, processes=False) as client:

        def dismiss(progress):
            client.cluster.scale(0)
            while client.scheduler_info()["workers"]:
                time.sleep(0.05)

        runner = doe.BatchRunner(
            noisy(), 2, executor=client.get_executor(), store=tmp_path, chunk_size=1, display_progress=dismiss
        )
        with pytest.raises(doe.StudyError, match=r"takes no more work .* run the same again with a new"):
            runner.run_all()
    assert 1 <= len(doe.load(tmp_path)) < len(noisy())
    same(run(noisy(), store=tmp_path), run(noisy()))


def test_a_scheduler_that_goes_away_is_told_and_the_study_goes_on_elsewhere(tmp_path):
    # Its workers are threads: it starts at once.
    with cluster(n_workers=1, threads_per_worker=2, processes=False) as client:
        runner = doe.BatchRunner(
            noisy(), 2, executor=client.get_executor(), store=tmp_path, chunk_size=4,
            display_progress=lambda progress: client.cluster.close(),
        )  # fmt: skip
        with pytest.raises(doe.StudyError, match=r"takes no more work .* run the same again with a new"):
            runner.run_all()
    assert 4 <= len(doe.load(tmp_path)) < len(noisy())
    same(run(noisy(), store=tmp_path), run(noisy()))


# ---- other executors -------------------------------------------------------------------------------------


class Answering(Executor):
    """Gives each task the same answer, and does not say how many workers it has."""

    def __init__(self, error):
        self.error = error

    def submit(self, function, /, *arguments):
        future = Future()
        if self.error is None:
            future.set_result(function(*arguments))
        else:
            future.set_exception(self.error)
        return future


def test_workers_without_the_packages_of_a_model_are_told_from_workers_that_died():
    executor = Answering(ModuleNotFoundError("No module named 'mesa_doe'"))
    with pytest.raises(doe.StudyError, match="ModuleNotFoundError: No module named 'mesa_doe'"):
        run(noisy(), executor=executor, n_jobs=2)


def test_an_executor_that_does_not_say_how_many_workers_it_has_is_asked_for_with_n_jobs():
    with pytest.warns(doe.MesaDoeWarning, match="does not tell how many workers it has"):
        run(noisy(), executor=Answering(None))
    run(noisy(), executor=Answering(None), n_jobs=2)


class Leaving(Executor):
    """Answers the first task as Dask's executor does for a worker that leaves with its answer on the way."""

    def __init__(self):
        self.tasks = 0

    def submit(self, function, /, *arguments):
        self.tasks += 1
        future, answer = Future(), function(*arguments)
        if self.tasks > 1:
            future.set_result(answer)
            return future
        try:
            _kind, _error, _traceback = answer
        except TypeError as stumbled:
            future.set_exception(stumbled)
        return future


@pytest.mark.parametrize("stored", [True, False])
def test_a_worker_of_dask_that_leaves_while_its_answer_is_on_the_way_is_one_that_died(tmp_path, stored):
    options = {"store": tmp_path} if stored else {}
    executor = Leaving()
    same(run(noisy(), n_jobs=2, executor=executor, chunk_size=3, **options), run(noisy()))
    assert executor.tasks > len(noisy()) / 3


class Late(Executor):
    """Keeps the first result until it is asked for, and loses the second task with its worker."""

    def __init__(self):
        self.futures = []

    def submit(self, function, /, *arguments):
        self.futures.append(Future())
        if len(self.futures) == 1:
            self.first = function(*arguments)
        elif len(self.futures) == 2:
            self.futures[1].set_exception(BrokenExecutor("a worker died"))
        else:
            self.futures[-1].set_result(function(*arguments))
        return self.futures[-1]

    def deliver(self):
        if not self.futures[0].done():
            self.futures[0].set_result(self.first)


def test_a_shard_that_is_found_before_its_task_reports_is_counted_once(tmp_path):
    executor, seen = Late(), []

    def look(progress):
        seen.append(progress)
        executor.deliver()

    runs = doe.explicit({"x": [17, 18, 19, 20]}).configurations(models.troublesome, rng=1)
    runner = doe.BatchRunner(runs, 2, executor=executor, store=tmp_path, chunk_size=2, display_progress=look)
    with pytest.warns(doe.MesaDoeWarning, match="1 of 4 runs failed"):
        runner.run_all()
    assert [(progress.done, dict(progress.statuses)) for progress in (seen[0], seen[-1])] == [
        (2, {"failed": 1, "ok": 1}), (4, {"failed": 1, "ok": 3}),
    ]  # fmt: skip


def test_equal_tasks_are_not_equal_calls():
    seen = []

    class Recording(ThreadPoolExecutor):
        def submit(self, function, /, *arguments):
            seen.append(arguments)
            return super().submit(function, *arguments)

    with Recording(2) as executor:
        for _ in range(2):
            run(noisy(points=2), executor=executor, chunk_size=6)
    # Dask would answer the second with what the first gave.
    assert len({task for _, task in seen}) < len(seen) == len(set(seen))


# ---- joblib's backends ----------------------------------------------------------------------------------


def test_joblibs_dask_backend_gives_the_same(client, tmp_path):
    same(run(walkers(), n_jobs=2, backend="dask", chunk_size=3), run(walkers()))
    with joblib.parallel_config(backend="dask", n_jobs=2):
        same(run(walkers(), n_jobs=None, store=tmp_path, chunk_size=3), run(walkers()))


RAY = """
import ray
from ray.util.joblib import register_ray
from tests.runner.test_store import run, same, walkers

register_ray()
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
same(run(walkers(), n_jobs=2, backend="ray", chunk_size=2), run(walkers()))
same(run(walkers(), n_jobs=2, backend="ray", chunk_size=2, store={store!r}), run(walkers()))
ray.shutdown()
"""


@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="Ray is not installed")
def test_joblibs_ray_backend_gives_the_same(tmp_path):
    # In a process of its own: Ray changes the base classes of joblib's pools.
    code = RAY.format(store=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert doe.load(tmp_path).pending == 0


# ---- array jobs -----------------------------------------------------------------------------------------

PART = """
import os
import signal
import sys
import time
from pathlib import Path

import mesa_doe as doe
from tests.runner.test_store import noisy

part, store = int(sys.argv[1]), Path(sys.argv[2])
chunks = []


def watch(progress):
    chunks.append(progress)
    if part == 1 and len(chunks) == 2:
        os.kill(os.getpid(), signal.SIGKILL)


print("ready", flush=True)
while not (store.parent / "go").exists():
    time.sleep(0.001)
doe.BatchRunner(noisy(), store=store, chunk_size=3, display_progress=watch).run_shard(part, of=3)
"""


def test_parts_that_start_at_once_make_one_study_though_one_is_killed(tmp_path):
    store = tmp_path / "study"
    jobs = [
        subprocess.Popen(
            [sys.executable, "-c", PART, str(part), str(store)], stdout=subprocess.PIPE, text=True
        )
        for part in range(3)
    ]
    assert [job.stdout.readline() for job in jobs] == ["ready\n"] * 3
    (tmp_path / "go").touch()
    for job in jobs:
        job.communicate()
    assert [job.returncode for job in jobs] == [0, -signal.SIGKILL, 0]
    assert doe.load(store).pending == 12 - 6
    same(run(noisy(), store=store), run(noisy()))
    assert made(store) == len(noisy())
