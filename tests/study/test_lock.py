import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesa_doe.errors import ConfigurationError, MesaDoeWarning, StudyError
from mesa_doe.study import lock as lock_module
from mesa_doe.study.lock import holders, writing

PARTS = st.none() | st.integers(1, 4).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n)))

# Imports once, then forks a process that holds a lock for each line "folder|part" (killed: kept as a zombie
# until a line "wait"), or lets 6 processes ask at once for "race|folder|rounds".
SERVER = """
import os, signal, sys, time, traceback, warnings
from mesa_doe.errors import StudyError
from mesa_doe.study.lock import writing
warnings.simplefilter("ignore")  # of forking beside numpy's threads

def say(word, number):
    os.write(1, f"{word} {number}\\n".encode())  # in one piece, as print may not

def hold(folder, part):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with writing(folder, part=eval(part)):
        say("held", os.getpid())
        while True:
            time.sleep(0.01)  # not pause(), which a signal just before it would not end

def race(folder, rounds):
    entries = 0
    while not os.path.exists(folder + "/go"):
        pass
    for _ in range(int(rounds)):
        try:
            with writing(folder) as lock:
                os.close(os.open(folder + "/inside", os.O_CREAT | os.O_EXCL))
                entries += 1
                time.sleep(0.005)
                assert lock.held()
                os.unlink(folder + "/inside")
        except StudyError as error:
            assert "is being written by process" in str(error)
    say("raced", entries)

for line in sys.stdin:
    what, *arguments = line.strip().split("|")
    if what == "wait":
        os.wait()
        say("waited", 0)
        continue
    for _ in range(6 if what == "race" else 1):
        if os.fork() == 0:
            try:
                globals()[what](*arguments)
            except Exception:
                traceback.print_exc()
                say("failed", 0)
            finally:
                os._exit(0)
"""


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")


class Processes:
    """Processes that hold locks, or race for one."""

    def __init__(self):
        command = [sys.executable, "-c", SERVER]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *words):
        self._server.stdin.write("|".join(map(str, words)) + "\n")
        self._server.stdin.flush()

    def answer(self, expected):
        word, number = self._server.stdout.readline().split()
        assert word == expected
        return int(number)

    def hold(self, folder, part=None):
        self.ask("hold", folder, part)
        return self.answer("held")

    def end(self, pid, how=signal.SIGTERM):
        os.kill(pid, how)
        self.ask("wait")
        self.answer("waited")

    def close(self):
        self._server.stdin.close()
        self._server.stdout.close()
        assert self._server.wait(timeout=30) == 0


@pytest.fixture(scope="module")
def processes():
    if not hasattr(os, "fork"):
        pytest.skip("needs os.fork")
    started = Processes()
    yield started
    started.close()


def files(folder):
    return sorted(path.name for path in (folder / "locks").iterdir())


def change(folder, **changes):
    """Change what the one lock in a folder says, and return its path."""
    (path,) = (folder / "locks").iterdir()
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return path


def age(path, seconds):
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


def left_by_another_machine(folder, **changes):
    """Leave a lock as a process of another machine would, and return its path."""
    with writing(folder):
        (path,) = (folder / "locks").iterdir()
        content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"machine": "another", "host": "node7"} | changes))
    return path


def test_the_lock_is_held_in_its_block_and_gone_after_it(tmp_path):
    with writing(tmp_path) as lock:
        assert lock.held()
        (holder,) = holders(tmp_path)
        assert (holder.part, holder.pid) == (None, os.getpid())
        assert holder.path.parent == tmp_path / "locks"
    assert not lock.held()
    assert files(tmp_path) == holders(tmp_path) == []


def test_the_lock_is_released_on_an_exception(tmp_path):
    with pytest.raises(ZeroDivisionError), writing(tmp_path):
        1 / 0  # noqa: B018
    assert files(tmp_path) == []


def test_a_folder_that_is_no_study_has_no_holders_and_stays_as_it_is(tmp_path):
    assert holders(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@given(held=PARTS, asked=PARTS)
def test_the_whole_conflicts_with_all_and_a_part_with_all_but_other_parts_of_its_job(
    tmp_path_factory, held, asked
):
    folder = tmp_path_factory.mktemp("study")
    beside = held is not None and asked is not None and held[1] == asked[1] and held[0] != asked[0]
    with writing(folder, part=held) as first:
        if beside:
            with writing(folder, part=asked):
                assert [holder.part for holder in holders(folder)] == sorted([held, asked])
        else:
            with pytest.raises(StudyError, match="cannot write"), writing(folder, part=asked):
                pass
        assert first.held()
        assert [holder.part for holder in holders(folder)] == [held]


@pytest.mark.parametrize("part", [(2, 2), (-1, 2), (0, 0), (0.5, 2), (1,), 3, "ab"])
def test_a_part_that_is_none_is_refused(tmp_path, part):
    with pytest.raises(ConfigurationError, match="part i of n with 0 <= i < n"), writing(tmp_path, part=part):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_error_says_who_writes_since_when_and_what_to_do(tmp_path, processes):
    pid = processes.hold(tmp_path, (1, 3))
    (holder,) = holders(tmp_path)
    with pytest.raises(StudyError) as caught, writing(tmp_path):
        pass
    message = str(caught.value)
    assert message.startswith(
        f"cannot write the whole of the study in {str(tmp_path)!r}: part 1 of 3 is being"
    )
    assert f"by process {pid} on {holder.host!r} since {holder.since}" in message
    assert "doe.load reads meanwhile" in message
    assert message.endswith(f"remove {str(holder.path)!r}")
    assert files(tmp_path) == [holder.path.name]
    processes.end(pid)
    assert files(tmp_path) == []


def test_the_lock_of_a_killed_process_is_taken_over_at_once(tmp_path, processes):
    processes.end(processes.hold(tmp_path), signal.SIGKILL)
    assert len(files(tmp_path)) == 1
    assert holders(tmp_path) == []
    with writing(tmp_path) as lock:
        assert lock.held()
        assert len(files(tmp_path)) == 1


@needs_proc
def test_a_killed_process_for_which_its_parent_did_not_wait_is_gone(tmp_path, processes):
    pid = processes.hold(tmp_path)
    os.kill(pid, signal.SIGKILL)
    while holders(tmp_path):
        time.sleep(0.01)
    assert Path(f"/proc/{pid}/stat").exists()
    processes.end(pid)


@needs_proc
def test_the_next_owner_of_a_pid_is_not_taken_for_the_holder(tmp_path, processes):
    pid = processes.hold(tmp_path)
    assert len(holders(tmp_path)) == 1
    change(tmp_path, started="1")
    assert holders(tmp_path) == []
    with writing(tmp_path):
        pass
    processes.end(pid)


def test_a_stopped_process_of_this_machine_keeps_its_lock_however_long(tmp_path, processes):
    pid = processes.hold(tmp_path)
    os.kill(pid, signal.SIGSTOP)
    (path,) = (tmp_path / "locks").iterdir()
    age(path, 10_000)
    with pytest.raises(StudyError), writing(tmp_path):
        pass
    os.kill(pid, signal.SIGCONT)
    processes.end(pid)
    assert files(tmp_path) == []


def test_the_lock_of_another_machine_is_live_while_it_is_touched(tmp_path):
    path = left_by_another_machine(tmp_path)
    age(path, lock_module.STALE_AFTER - 30)
    with pytest.raises(StudyError, match="on 'node7'"), writing(tmp_path):
        pass
    assert [holder.host for holder in holders(tmp_path)] == ["node7"]
    age(path, 60)
    assert holders(tmp_path) == []
    with writing(tmp_path):
        assert not path.exists()


def test_what_is_stale_is_judged_by_the_clock_of_the_file_server(tmp_path, monkeypatch):
    path = left_by_another_machine(tmp_path)
    monkeypatch.setattr(lock_module.time, "time", lambda: 0.0)
    age(path, lock_module.STALE_AFTER + 30)
    with writing(tmp_path):
        assert not path.exists()


def test_where_pids_cannot_be_looked_up_the_touches_decide(tmp_path, monkeypatch):
    monkeypatch.setattr(lock_module.processes, "machine", lambda: None)
    path = left_by_another_machine(tmp_path, machine=None, pid=2**31 - 1)
    with pytest.raises(StudyError), writing(tmp_path):
        pass
    age(path, lock_module.STALE_AFTER + 30)
    with writing(tmp_path):
        assert not path.exists()


def test_the_holder_touches_its_lock(tmp_path, monkeypatch):
    monkeypatch.setattr(lock_module, "HEARTBEAT", 0.01)
    with writing(tmp_path):
        (path,) = (tmp_path / "locks").iterdir()
        age(path, 1000)
        old = path.stat().st_mtime
        give_up = time.monotonic() + 30
        while path.stat().st_mtime < old + 900 and time.monotonic() < give_up:
            time.sleep(0.01)
        assert path.stat().st_mtime >= old + 900


def test_no_thread_is_left(tmp_path):
    before = set(threading.enumerate())
    with writing(tmp_path):
        with pytest.raises(StudyError), writing(tmp_path):
            pass
        started = set(threading.enumerate()) - before
    assert started
    for thread in started:
        thread.join(timeout=30)
        assert not thread.is_alive()


def test_a_lock_that_was_removed_is_lost_for_good(tmp_path):
    with writing(tmp_path) as lock:
        (path,) = (tmp_path / "locks").iterdir()
        path.unlink()
        assert not lock.held()
        with writing(tmp_path) as other:
            assert other.held()
            assert not lock.held()
    assert files(tmp_path) == []


def test_a_lock_is_not_lost_while_the_file_server_is_out_of_reach_for_less_than_a_minute(
    tmp_path, monkeypatch
):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    now = time.monotonic
    with writing(tmp_path) as lock:
        with monkeypatch.context() as away:
            away.setattr(os, "utime", fail)
            away.setattr(lock_module.time, "monotonic", lambda: now() + 30)
            assert lock.held()
            away.setattr(lock_module.time, "monotonic", lambda: now() + 61)
            assert not lock.held()
        assert lock.held()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_a_forked_child_neither_holds_nor_releases_the_lock_of_its_parent(tmp_path):
    with writing(tmp_path) as lock:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                with pytest.raises(StudyError), writing(tmp_path):
                    pass
                lock._release()
                code = int(lock.held())
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        assert lock.held()
        assert len(holders(tmp_path)) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '"x"', "[" * 4000, '{"pid": 0}', "\udcff"])
def test_a_lock_that_cannot_be_read_counts_until_it_is_old(tmp_path, monkeypatch, text):
    monkeypatch.setattr(lock_module, "_PATIENCE", 0.05)
    path = left_by_another_machine(tmp_path)
    path.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(StudyError, match="locked by a file that cannot be read"), writing(tmp_path):
        pass
    age(path, lock_module.STALE_AFTER + 1)
    with writing(tmp_path):
        assert not path.exists()


@pytest.mark.parametrize(
    "changes", [{"pid": -1}, {"pid": True}, {"pid": "1"}, {"pid": 2**40}, {"host": 3}, {"holds": 1}, {"x": 1}]
)
def test_nonsense_in_a_lock_is_not_trusted(tmp_path, changes):
    left_by_another_machine(tmp_path, **changes)
    assert holders(tmp_path) == []


def test_other_files_beside_the_locks_are_left_alone(tmp_path):
    (tmp_path / "locks").mkdir()
    (tmp_path / "locks" / "notes.json").write_text("{}")
    with writing(tmp_path):
        assert len(holders(tmp_path)) == 1
    assert files(tmp_path) == ["notes.json"]


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StudyError, match=r"cannot be written: .*doe.load reads"), writing(tmp_path / "file"):
        pass


def test_a_lock_that_cannot_be_removed_is_told(tmp_path, monkeypatch):
    def refuse(self, missing_ok=False):
        raise PermissionError

    with pytest.warns(MesaDoeWarning, match="remove it by hand"), writing(tmp_path):
        monkeypatch.setattr(Path, "unlink", refuse)


@pytest.mark.parametrize("rounds", [1, 20])
def test_of_many_processes_that_ask_at_once_one_holds_at_any_moment(tmp_path, processes, rounds):
    processes.end(processes.hold(tmp_path), signal.SIGKILL)
    processes.ask("race", tmp_path, rounds)
    (tmp_path / "go").touch()
    assert sum(processes.answer("raced") for _ in range(6)) >= 1
    assert files(tmp_path) == []
    assert not (tmp_path / "inside").exists()
    for _ in range(6):
        processes.ask("wait")
        processes.answer("waited")


def test_killed_holders_leave_no_more_than_one_lock_behind(tmp_path, processes):
    for _ in range(5):
        processes.end(processes.hold(tmp_path), signal.SIGKILL)
        assert len(files(tmp_path)) == 1


def test_parts_of_one_job_start_at_once_and_all_are_let_in(tmp_path, processes):
    for i in range(4):
        processes.ask("hold", tmp_path, (i, 4))
    pids = [processes.answer("held") for _ in range(4)]
    assert [holder.part for holder in holders(tmp_path)] == [(i, 4) for i in range(4)]
    with pytest.raises(StudyError, match=r"part \d of 4"), writing(tmp_path, part=(0, 5)):
        pass
    for pid in pids:
        processes.end(pid)
    with writing(tmp_path):
        pass


def test_of_all_who_ask_at_once_exactly_one_is_let_in(tmp_path):
    left_by_another_machine(tmp_path)
    change(tmp_path, machine=lock_module.processes.machine(), pid=2**31 - 1)
    gate, answers = threading.Barrier(8), []

    def ask():
        gate.wait()
        try:
            with writing(tmp_path):
                answers.append("held")
                gate.wait(timeout=30)
        except StudyError:
            answers.append("refused")
            gate.wait(timeout=30)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["held"] + ["refused"] * 7
