"""An executor of joblib's workers: futures as of any other, and one that loses a worker goes on."""

import concurrent.futures as cf
import contextlib
import os
import subprocess
import sys
import threading
import time

import joblib
import pytest
from joblib._parallel_backends import LokyBackend

import mesa_doe as doe
from mesa_doe.bridges import JoblibExecutor, WorkerDiedError

pytestmark = pytest.mark.filterwarnings("ignore:A worker stopped:UserWarning")


class LoadedNowhere:
    def __reduce__(self):
        return refuse, ("cannot be loaded",)

    def __repr__(self):
        return "this"


def refuse(*words):
    raise ValueError(*words)


def leave():
    sys.exit(3)


def halve_or_die(number, deadly):
    if number in deadly:
        os._exit(3)
    return number / 2


@pytest.fixture(params=[1, 2], ids=["one job", "two jobs"])
def executor(request):
    with JoblibExecutor(request.param) as executor:
        yield executor


# ---- calls and futures -----------------------------------------------------------------------------------


def test_values_come_to_their_futures(executor):
    futures = {executor.submit(pow, base, exp=2): base for base in range(20)}
    assert {futures[future]: future.result() for future in cf.as_completed(futures)} == {
        base: base**2 for base in range(20)
    }
    assert list(executor.map(divmod, [7, 8, 9], [4, 4, 4])) == [(1, 3), (2, 0), (2, 1)]


def test_what_a_notebook_defines_travels(executor):
    factor = 3
    assert list(executor.map(lambda x: factor * x, [1, 2])) == [3, 6]


def test_a_call_that_raises_gives_its_error_and_where_it_was_raised(executor):
    failed, done = executor.submit(refuse, "no", 1), executor.submit(abs, -1)
    error = failed.exception()
    assert type(error) is ValueError
    assert error.args == ("no", 1)
    assert "in refuse\n    raise ValueError(*words)" in error.__notes__[0]
    assert done.result() == 1


@pytest.mark.parametrize(
    ("call", "kind", "match"),
    [
        ((lambda: refuse(LoadedNowhere()),), RuntimeError, "^ValueError: this\nIn a worker:\nTraceback"),
        ((LoadedNowhere,), ValueError, "cannot be loaded"),
        ((type, LoadedNowhere()), ValueError, "cannot be loaded"),
        ((threading.Lock,), TypeError, "cannot pickle"),
        ((type, threading.Lock()), TypeError, "cannot pickle"),
        ((leave,), SystemExit, "3"),
    ],
    ids=["an error", "a value", "an argument", "no pickle of the value", "of the argument", "an exit"],
)
def test_what_cannot_travel_is_told_to_its_own_future_alone(executor, call, kind, match):
    failed, done = executor.submit(*call), executor.submit(abs, -1)
    with pytest.raises(kind, match=match):
        failed.result()
    assert done.result() == 1


def test_calls_may_come_at_any_time(executor):
    assert executor.submit(abs, -1).result() == 1
    deadline = time.monotonic() + 60
    while executor._thread is not None:  # it ends with the last call
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert executor.submit(abs, -2).result() == 2


# ---- workers ---------------------------------------------------------------------------------------------


def test_two_jobs_are_other_processes_and_one_is_this():
    with JoblibExecutor(2) as executor:
        assert os.getpid() not in executor.map(lambda _: os.getpid(), range(4))
    with JoblibExecutor() as executor:
        assert executor.submit(os.getpid).result() == os.getpid()


# Up to joblib 1.4, a backend has apply_async instead.
SUBMIT = "submit" if hasattr(LokyBackend, "submit") else "apply_async"


class Watched(LokyBackend):
    calls = 0

    def submit(self, func, callback=None):
        type(self).calls += 1
        return getattr(super(), SUBMIT)(func, callback)

    if SUBMIT != "submit":
        apply_async = submit


class AllAtOnce(Watched):
    supports_return_generator = False


@pytest.mark.parametrize("backend", [Watched, AllAtOnce])
@pytest.mark.parametrize("through_config", [True, False])
def test_the_backend_and_the_jobs_of_joblibs_configuration_are_taken(backend, through_config, monkeypatch):
    monkeypatch.setattr(backend, "calls", 0)
    joblib.register_parallel_backend("watched", backend)
    config = joblib.parallel_config("watched", n_jobs=2) if through_config else contextlib.nullcontext()
    with config:
        executor = JoblibExecutor() if through_config else JoblibExecutor(2, backend="watched")
    with executor:
        assert list(executor.map(abs, range(12))) == list(range(12))
    assert backend.calls == 12


def test_a_backend_that_cannot_run_models_is_refused():
    with pytest.raises(doe.ConfigurationError, match="joblib knows no backend 'lokky'"):
        JoblibExecutor(2, backend="lokky")
    with pytest.raises(doe.ConfigurationError, match="runs cannot share a process"):
        JoblibExecutor(2, backend="threading")


class Stopped(LokyBackend):
    def submit(self, func, callback=None):
        raise OSError("the cluster went away")

    if SUBMIT != "submit":
        apply_async = submit


def test_a_backend_that_stops_leaves_no_future_waiting():
    joblib.register_parallel_backend("stopped", Stopped)
    with JoblibExecutor(2, backend="stopped") as executor:
        futures = [executor.submit(abs, number) for number in range(8)]
        for future in futures:
            with pytest.raises(OSError, match="the cluster went away"):
                future.result(timeout=60)


def test_calls_that_kill_their_worker_are_found_and_all_others_are_made():
    deadly = {3, 4}
    with JoblibExecutor(2) as executor:
        futures = [executor.submit(halve_or_die, number, deadly) for number in range(12)]
        for number, future in enumerate(futures):
            if number in deadly:
                with pytest.raises(WorkerDiedError, match="ended the process"):
                    future.result()
                assert not isinstance(future.exception(), cf.BrokenExecutor)
            else:
                assert future.result() == number / 2
        assert executor.submit(abs, -1).result() == 1


# ---- the end ---------------------------------------------------------------------------------------------


def test_calls_that_have_not_begun_can_be_cancelled():
    with JoblibExecutor(1) as executor:
        first = executor.submit(time.sleep, 0.5)
        second, third = executor.submit(abs, -1), executor.submit(abs, -2)
        assert second.cancel()
    assert first.result() is None
    assert second.cancelled()
    assert third.result() == 2


def test_what_has_not_begun_is_cancelled_where_the_block_ends_by_an_exception():
    with contextlib.suppress(KeyboardInterrupt), JoblibExecutor(1) as executor:
        futures = [executor.submit(time.sleep, 0.3) for _ in range(100)]
        raise KeyboardInterrupt
    assert all(future.done() for future in futures)
    assert sum(future.cancelled() for future in futures) > 90


def test_after_the_end_no_call_is_taken(executor):
    last = executor.submit(abs, -1)
    executor.shutdown(wait=False)
    with pytest.raises(RuntimeError, match="was shut down"):
        executor.submit(abs, -1)
    assert last.result() == 1


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_program_that_never_shuts_it_down_ends_with_its_calls(n_jobs, tmp_path):
    script = f"""
import time
from mesa_doe.bridges import JoblibExecutor

if __name__ == "__main__":
    executor = JoblibExecutor({n_jobs})
    print(executor.submit(abs, -1).result())
    for _ in range(3):
        executor.submit(time.sleep, 0.1)
"""
    (tmp_path / "script.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr
