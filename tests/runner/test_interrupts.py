import faulthandler
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mesa_doe as doe
from mesa_doe.runner.interrupts import ended_by_signals, held_interrupt
from mesa_doe.study.processes import started

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs signals")

STUDY = """
import os
import signal
import sys
import time

import mesa_doe as doe

number, workers, store = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]


def told_to_end(x, last=6):
    if x == last and workers == 1:
        os.kill(os.getpid(), number)
    elif x == last:
        open(f"{store}/worker", "w").write(str(os.getpid()))
        os.kill(os.getppid(), number)
        time.sleep(600)
    return {"y": x}


runs = doe.explicit({"x": list(range(20))}).configurations(
    told_to_end, rng=1, seed_policy="independent"
)
try:
    doe.BatchRunner(runs, workers, store=store, chunk_size=4, display_progress=False).run_all()
finally:
    print("closed")
"""


def ended(number, workers, store):
    """Run a study that gets a signal in its run 6, in the middle of its second chunk."""
    command = [sys.executable, "-W", "ignore", "-c", STUDY, str(int(number)), str(workers), str(store)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR1"])
def test_a_signal_of_a_scheduler_keeps_the_runs_of_its_chunk_and_leaves_no_lock(tmp_path, name):
    number = signal.Signals[name]
    done = ended(number, 1, tmp_path)
    assert (done.returncode, done.stdout) == (128 + number, "closed\n"), done.stderr
    assert doe.load(tmp_path).runs["x"].tolist() == [0, 1, 2, 3, 4, 5]
    assert not [*(tmp_path / "locks").iterdir()]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
def test_a_signal_to_the_parent_ends_its_workers(tmp_path):
    done = ended(signal.SIGTERM, 2, tmp_path)
    assert (done.returncode, done.stdout) == (128 + signal.SIGTERM, "closed\n"), done.stderr
    assert not [*(tmp_path / "locks").iterdir()]
    worker, give_up = int((tmp_path / "worker").read_text()), time.monotonic() + 30
    # Where nobody waits for what lost its parent, it stays, and has ended.
    while started(worker) not in (None, "ended"):
        if time.monotonic() > give_up:
            os.kill(worker, signal.SIGKILL)
            pytest.fail("the worker went on")
        time.sleep(0.05)


def test_a_signal_waits_until_what_was_computed_is_kept_and_its_repetition_does_not_disturb():
    with pytest.raises(SystemExit) as caught, ended_by_signals():  # noqa: PT012
        with held_interrupt() as held:
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGTERM)
        assert held.rang
    assert caught.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_what_a_handler_of_the_users_raises_ends_the_study_and_is_no_failure_of_a_run(tmp_path):
    def preempted(number, frame):
        raise InterruptedError("to be queued again")

    def told(x):
        if x == 2:
            signal.raise_signal(signal.SIGUSR2)
        return {"y": x}

    runs = doe.explicit({"x": [0, 1, 2, 3]}).configurations(told, rng=1, seed_policy="independent")
    before = signal.signal(signal.SIGUSR2, preempted)
    try:
        with pytest.raises(InterruptedError, match="to be queued again"):
            doe.BatchRunner(runs, store=tmp_path, chunk_size=4).run_all()
        assert signal.getsignal(signal.SIGUSR2) is preempted
    finally:
        signal.signal(signal.SIGUSR2, before)
    assert doe.load(tmp_path).runs["status"].tolist() == ["ok", "ok"]
    assert not [*(tmp_path / "locks").iterdir()]


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda *_: None])
def test_a_signal_that_is_ignored_or_whose_handler_returns_ends_nothing(handler):
    before = signal.signal(signal.SIGHUP, handler)
    try:
        with ended_by_signals():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is handler
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_a_signal_that_a_library_handles_is_left_to_it(tmp_path):
    with (tmp_path / "stacks").open("w") as file:
        faulthandler.register(signal.SIGUSR1, file=file, all_threads=False)
        try:
            with ended_by_signals():
                signal.raise_signal(signal.SIGUSR1)
            signal.raise_signal(signal.SIGUSR1)
        finally:
            faulthandler.unregister(signal.SIGUSR1)
    assert (tmp_path / "stacks").read_text().count("(most recent call first)") == 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_what_a_model_forked_ends_as_it_would_without_a_study():
    with ended_by_signals():
        child = os.fork()
        if child == 0:
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGTERM
