import gc
import weakref

import numpy as np
import pytest

import mesa_doe as doe
from mesa_doe.runner.checks import recipes_of
from mesa_doe.runner.chunks import Order, Task, run_chunk
from mesa_doe.runner.garbage import collected_between_runs

ALIVE = []


class Circle:
    """Garbage that refers to itself, as a model does."""

    def __init__(self, size):
        self.own = self
        self.parts = [[] for _ in range(size)]


def circles(size):
    ALIVE[:] = [one for one in ALIVE if one() is not None]
    found = len(ALIVE)
    ALIVE.append(weakref.ref(Circle(size)))
    return {"alive": found}


def chunk_of(model, sizes):
    runs = doe.explicit({"size": sizes}).configurations(model, rng=1, seed_policy="common")
    return run_chunk(Task.of(runs, np.arange(len(sizes)), recipes_of(runs), Order()))


@pytest.mark.parametrize(("size", "most"), [(30_000, 1), (100_000, 1), (500_000, 1), (1_000, 64)])
def test_what_a_run_leaves_is_gone_before_the_next_and_of_short_runs_after_some(size, most):
    ALIVE.clear()
    report = chunk_of(circles, [size] * 30)
    assert max(report.block.data.model.to_frame()["alive"]) <= most


def test_what_small_runs_leave_is_collected_now_and_then():
    ALIVE.clear()
    report = chunk_of(circles, [10] * 500)
    assert max(report.block.data.model.to_frame()["alive"]) < 100


def test_afterwards_all_is_as_it_was():
    before = gc.get_threshold()
    chunk_of(circles, [10] * 5)
    assert gc.get_threshold() == before
    assert gc.isenabled()
    assert any(one is ALIVE for one in gc.get_objects())


def test_an_error_puts_it_back_too():
    before = gc.get_threshold()
    with pytest.raises(KeyboardInterrupt), collected_between_runs():
        raise KeyboardInterrupt
    assert gc.get_threshold() == before
    assert any(one is ALIVE for one in gc.get_objects())


def test_a_collector_that_is_switched_off_stays_off():
    gc.disable()
    try:
        chunk_of(circles, [10] * 5)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_threshold_of_zero_which_switches_it_off_too_stays():
    before = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with collected_between_runs():
            assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)


def test_garbage_of_one_chunk_does_not_outlive_the_next():
    ALIVE.clear()
    for _ in range(3):
        chunk_of(circles, [10] * 5)
    assert sum(one() is not None for one in ALIVE) == 0
