import importlib
import random
import signal

import numpy as np
import pytest

import mesa_doe as doe
from mesa_doe.runner.checks import recipes_of
from mesa_doe.runner.chunks import Order, Shelf, Task, run_chunk
from mesa_doe.runner.interrupts import held_interrupt
from mesa_doe.study.shards import ShardFile


def square(x):
    return {"y": x * x}


def square_of_numpy(x):
    return {"y": np.float64(x * x)}


def mean_of_draws(x):
    """Runs a study of its own."""
    design = doe.explicit({"y": [x, x + 1]})
    runs = design.configurations(drawn, rng=1, seed_policy="independent")
    return {"mean": doe.BatchRunner(runs, display_progress=False).run_all().output("z").mean()}


def drawn(y):
    return {"z": y + random.random()}


def test_a_model_may_run_a_study_of_its_own():
    runs = doe.explicit({"x": [1.0, 2.0, 3.0]}).configurations(mean_of_draws, rng=1, seed_policy="common")
    report = run_chunk(Task.of(runs, np.arange(3), recipes_of(runs), Order()))
    means = report.block.data.model.to_frame()["mean"].to_numpy()
    np.testing.assert_allclose(np.diff(means), 1)


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize(
    ("hit", "at", "kept"),
    [
        ("_Runs._attempt", 3, [0, 1]),
        # The first run is put into the tables alone, the next three together.
        ("_Runs._put", 2, [0]),
        ("Reading.put", 3, [0]),
    ],
)
def test_ctrl_c_between_the_rows_and_the_record_of_a_run_leaves_neither(
    tmp_path, monkeypatch, stored, hit, at, kept
):
    execute = importlib.import_module("mesa_doe.model_run.execute")
    monkeypatch.setattr(execute, "_LONGEST_WAIT", 1e9)
    *path, name = hit.split(".")
    where = execute
    for part in path:
        where = getattr(where, part)
    real, calls = getattr(where, name), []

    def interrupting(*arguments):
        calls.append(arguments)
        made = real(*arguments)
        if len(calls) == at:
            raise KeyboardInterrupt
        return made

    monkeypatch.setattr(where, name, interrupting)
    design = doe.explicit({"x": [1.0, 2.0, 3.0, 4.0]})
    model = square_of_numpy if hit == "Reading.put" else square
    runs = design.configurations(model, rng=1, seed_policy="common")
    order = Order(Shelf(tmp_path, "study", 1, 1) if stored else None)
    report = run_chunk(Task.of(runs, np.arange(4), recipes_of(runs), order))
    assert report.interrupted
    assert report.positions.tolist() == kept
    table = ShardFile(tmp_path / report.entry.shard).table("model") if stored else report.block.data.model
    assert table.to_frame()["y"].tolist() == [(1.0 + k) ** 2 for k in kept]


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
