import importlib
import signal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mesa_doe as doe
from mesa_doe.runner.checks import recipes_of
from mesa_doe.runner.chunks import ChunkSizes, Order, Shelf, Task, run_chunk
from mesa_doe.runner.interrupts import held_interrupt
from mesa_doe.study.shards import read_shard


def chunks(runs, workers, seconds, cells=0, growing=False):
    """Cut runs that take so long each, learning from each chunk before the next is cut."""
    sizes = ChunkSizes(workers, growing=growing)
    for chunk in sizes.cut(np.arange(runs)):
        yield chunk
        sizes.learn(len(chunk), seconds * len(chunk), cells * len(chunk))


@given(st.integers(0, 500), st.integers(1, 8), st.floats(1e-6, 10))
def test_chunks_cover_every_run_once_whatever_the_run_time(runs, workers, seconds):
    found = [run for chunk in chunks(runs, workers, seconds) for run in chunk.tolist()]
    assert found == list(range(runs))


def test_chunks_grow_to_about_a_second_of_work():
    found = [len(chunk) for chunk in chunks(10_000, 1, 0.01)]
    assert found[0] == 1
    assert set(found[2:-1]) <= {99, 100, 101}


def test_files_of_a_day_are_some_thousands_and_none_holds_more_than_a_hundredth_of_the_time_so_far():
    a_day = 2 * 86_400 * 10  # of two workers and runs of a tenth of a second
    found = np.array([len(chunk) for chunk in chunks(a_day, 2, 0.1, growing=True)])
    assert len(found) < 5_000
    assert len(list(chunks(a_day, 2, 0.1))) > 150_000
    before = np.concatenate([[0], np.cumsum(found)[:-1]]) * 0.1 / 2
    assert (found * 0.1 <= np.maximum(1, before / 100) + 0.1).all()
    assert found.max() == 600


def test_runs_that_give_much_go_in_smaller_chunks():
    found = [len(chunk) for chunk in chunks(10_000, 1, 0.001, cells=100_000, growing=True)]
    assert max(found[2:]) == 20
    assert {len(chunk) for chunk in chunks(20, 1, 0.001, cells=10**8)} == {1}


def test_slow_runs_go_one_by_one():
    assert {len(chunk) for chunk in chunks(20, 2, 5.0)} == {1}


def test_chunks_shrink_towards_the_end_so_that_workers_finish_together():
    sizes = [len(chunk) for chunk in chunks(1000, 2, 1e-5)]
    assert max(sizes) <= 250
    assert sizes[-1] == 1


def test_the_first_run_which_is_slow_for_other_reasons_is_forgotten():
    sizes = ChunkSizes(1)
    sizes.learn(1, 2.0)
    assert sizes.left(10) == 20
    sizes.learn(1, 0.001)
    assert sizes.left(10) == pytest.approx(0.01)


def test_a_fixed_size_is_kept():
    assert [len(chunk) for chunk in ChunkSizes(2, fixed=4).cut(np.arange(10))] == [4, 4, 2]


def square(x):
    return {"y": x * x}


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("hit", ["_Runs._attempt", "Reading.put"])
def test_ctrl_c_between_the_rows_and_the_record_of_a_run_leaves_neither(tmp_path, monkeypatch, stored, hit):
    where = importlib.import_module("mesa_doe.model_run.execute")
    *path, name = hit.split(".")
    for part in path:
        where = getattr(where, part)
    real, calls = getattr(where, name), []

    def interrupting(*arguments):
        calls.append(arguments)
        made = real(*arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return made

    monkeypatch.setattr(where, name, interrupting)
    design = doe.explicit({"x": [1.0, 2.0, 3.0, 4.0]})
    runs = design.configurations(square, rng=1, seed_policy="common")
    order = Order(Shelf(tmp_path, "study", 1, 1) if stored else None)
    report = run_chunk(Task.of(runs, np.arange(4), recipes_of(runs), order))
    assert report.interrupted
    assert report.positions.tolist() == [0, 1]
    table = read_shard(tmp_path / report.entry.shard).table("model") if stored else report.block.data.model
    assert table.to_frame()["y"].tolist() == [1.0, 4.0]


@pytest.mark.parametrize("stored", [True, False])
def test_ctrl_c_while_a_chunk_is_kept_waits_until_it_is(tmp_path, monkeypatch, stored):
    chunks = importlib.import_module("mesa_doe.runner.chunks")
    real = chunks.keep

    def interrupted(*given):
        signal.raise_signal(signal.SIGINT)
        real(*given)

    monkeypatch.setattr(chunks, "keep", interrupted)
    runs = doe.explicit({"x": [1.0, 2.0]}).configurations(square, rng=1)
    order = Order(Shelf(tmp_path, "study", 1, 1) if stored else None)
    report = run_chunk(Task.of(runs, np.arange(2), recipes_of(runs), order))
    assert report.interrupted
    assert report.positions.tolist() == [0, 1]
    assert (report.entry if stored else report.block) is not None
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_ctrl_c_while_a_chunk_is_kept_does_not_wait():
    with held_interrupt():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_of_the_users_is_left_alone():
    heard = []
    earlier = signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    try:
        with held_interrupt() as held:
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, earlier)
    assert heard == [1]
    assert not held.rang
