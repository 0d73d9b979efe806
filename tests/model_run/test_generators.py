import importlib
import random

import numpy as np
import pytest

import mesa_doe as doe
from mesa_doe.model_run.generators import GlobalGenerators
from mesa_doe.runner.checks import recipes_of
from mesa_doe.runner.chunks import Order, Task, run_chunk

execute_module = importlib.import_module("mesa_doe.model_run.execute")

DRAWS = {
    "random": random.random,
    "gauss": lambda: random.gauss(0, 1),
    "choices": lambda: random.choices(range(10**9))[0],
    "numpy": np.random.random,
    "normal": np.random.normal,
    "permutation": lambda: int(np.random.permutation(10**6)[0]),  # noqa: NPY002
    "bytes": lambda: int.from_bytes(np.random.bytes(4)),  # noqa: NPY002
    "seeded by itself": lambda: random.seed(3) or random.random(),
    "numpy seeded by itself": lambda: np.random.seed(3) or np.random.random(),  # noqa: NPY002
}
MADE = []


def sometimes(x, draws, at):
    """Draws from a global generator in its runs from ``at`` on."""
    MADE.append(x)
    return {"y": DRAWS[draws]() if x >= at else x}


def made_in(sizes, draws, at):
    """Return what twelve runs give in chunks of these sizes, and how often runs were made."""
    design = doe.explicit({"x": range(12)}, doe.ParameterSpace(x=doe.Integer(0, 11), draws=draws, at=at))
    runs = design.configurations(sometimes, rng=1)
    MADE.clear()
    values, start = [], 0
    for size in sizes:
        report = run_chunk(Task.of(runs, np.arange(start, start + size), recipes_of(runs), Order()))
        values += report.block.data.model.to_frame()["y"].tolist()
        start += size
    return values, len(MADE)


@pytest.mark.parametrize("at", [0, 1, 5, 11])
@pytest.mark.parametrize("draws", sorted(DRAWS))
def test_what_a_run_gives_depends_on_its_seed_and_not_on_the_runs_before(draws, at):
    alone, _ = made_in([1] * 12, draws, at)
    assert made_in([12], draws, at)[0] == alone
    assert made_in([3, 1, 8], draws, at)[0] == alone


def test_runs_that_draw_from_the_first_on_and_runs_that_never_draw_are_made_once():
    assert made_in([12], "random", 0)[1] == 12
    assert made_in([12], "random", 99)[1] == 12


def test_only_runs_among_which_one_draws_after_all_are_made_again(monkeypatch):
    # The first is looked at by itself, the 2nd to 5th together, then the 6th to 9th, of which one drew.
    monkeypatch.setattr(execute_module, "_MOST_WAITING", 4)
    monkeypatch.setattr(execute_module, "_LONGEST_WAIT", 1e9)
    assert made_in([12], "normal", 5)[1] == 12 + 4


def test_runs_that_take_their_time_are_looked_at_one_by_one(monkeypatch):
    monkeypatch.setattr(execute_module, "_LONGEST_WAIT", 0)
    assert made_in([12], "normal", 5)[1] == 12 + 1


def test_runs_of_a_list_are_watched_by_their_model():
    design = doe.explicit({"x": range(12)}, doe.ParameterSpace(x=doe.Integer(0, 11), draws="random", at=4))
    runs = list(design.configurations(sometimes, rng=1))
    MADE.clear()
    report = run_chunk(Task.of(runs, np.arange(12), recipes_of(runs), Order()))
    assert report.block.data.model.to_frame()["y"].tolist() == made_in([1] * 12, "random", 4)[0]


def test_a_run_that_fails_because_it_drew_unseeded_numbers_is_made_again():
    design = doe.explicit({"x": range(8)})
    runs = design.configurations(picky, rng=1)
    report = run_chunk(Task.of(runs, np.arange(8), recipes_of(runs), Order()))
    alone = [run_chunk(Task.of(runs, np.arange(k, k + 1), recipes_of(runs), Order())) for k in range(8)]
    assert report.block.runs["error"] == [one.block.runs["error"][0] for one in alone]
    assert any(report.block.runs["error"])


def picky(x):
    if x > 2:
        raise ValueError(random.random())
    return {"y": x}


def flaky(x):
    MADE.append(x)
    if x == 3:
        raise ValueError
    return {"y": x}


def test_a_run_that_is_tried_again_does_not_have_the_next_one_made_twice():
    runs = doe.explicit({"x": range(8)}).configurations(flaky, rng=1)
    MADE.clear()
    run_chunk(Task.of(runs, np.arange(8), recipes_of(runs), Order(retries=2)))
    assert MADE == [0, 1, 2, 3, 3, 3, 4, 5, 6, 7]


def test_the_twins_stay_in_step_over_many_runs():
    generators = GlobalGenerators()
    for seed in range(2000):
        generators.ready(seed)
        assert not generators.in_vain()
