import random

import mesa
import numpy as np
import pytest
from mesa.examples import Schelling

import mesa_doe as doe
from tests import models


def test_a_factor_that_reaches_no_output_is_named():
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Integer(1, 5), inert=doe.Real(0, 1))
    design = doe.latin_hypercube(space, 4, rng=1)
    found = doe.check_factors(design, models.noisy)
    assert found["changes"].to_dict() == {"a": True, "b": True, "inert": False}


def test_factors_of_a_mesa_model_are_moved_one_at_a_time():
    space = doe.ParameterSpace(
        density=doe.Real(0.5, 0.9), homophily=doe.Real(0.2, 0.7), radius=doe.Integer(1, 3), width=8, height=8
    )
    found = doe.check_factors(doe.latin_hypercube(space, 4, rng=1), Schelling, steps=3)
    assert found["changes"].all()
    assert (found["moves"] >= 2).all()


def test_a_model_gets_the_very_values_that_a_batch_gives_it():
    days = [np.datetime64(f"2024-0{month}-01", "ns") for month in (1, 2, 3)]
    space = doe.ParameterSpace(day=doe.Categorical(days), share=doe.Real(0, 1), n=doe.Integer(1, 3))
    design = doe.latin_hypercube(space, 6, rng=1)
    got = []

    def model(**parameters):
        got.append(parameters)
        return {"y": f"{parameters}"}

    assert doe.check_factors(design, model)["changes"].all()
    batch = design.configurations(model, rng=1, seed_policy="common")
    of_the_batch = {name: {type(run.parameters[name]) for run in batch} for name in space.names}
    assert {name: {type(one[name]) for one in got} for name in space.names} == of_the_batch
    assert {one["day"] for one in got} <= set(days)


def test_a_model_that_does_not_repeat_is_an_error():
    generator = random.SystemRandom()

    def model(x):
        return {"y": generator.random()}

    design = doe.latin_hypercube(doe.ParameterSpace(x=doe.Real(0, 1)), 4, rng=1)
    with pytest.raises(doe.StudyError, match="different results for the same configuration and seed"):
        doe.check_factors(design, model)


@pytest.mark.parametrize(
    ("answer", "words"), [(lambda x: 1 / 0, "failed"), (lambda x: {}, "reported nothing")]
)
def test_when_the_middle_run_tells_nothing_it_is_an_error(answer, words):
    design = doe.latin_hypercube(doe.ParameterSpace(x=doe.Real(0, 1)), 4, rng=1)
    with pytest.raises(doe.StudyError, match=words):
        doe.check_factors(design, answer)


def test_moves_that_give_the_same_value_do_not_count():
    design = doe.latin_hypercube(doe.ParameterSpace(n=doe.Integer(1000, 1001)), 4, rng=1)
    assert doe.check_factors(design, lambda n: {"y": n})["moves"].tolist() == [2]


def draws_from_everywhere(x, rng):
    import random
    import time

    return {"x": x, "seeded": rng.normal(), "clock": time.perf_counter(), "module": random.random()}


def test_outputs_that_the_seed_does_not_decide_are_found():
    configuration = doe.RunConfiguration(draws_from_everywhere, run_id=0, parameters={"x": 1}, seed=3)
    found = doe.check_reproducible(configuration)
    assert found.to_dict() == {"x": True, "seeded": True, "clock": False, "module": True}


def test_what_agents_and_tables_report_is_looked_at_too():
    configuration = doe.RunConfiguration(models.Walkers, run_id=0, parameters={"n": 9}, seed=3, max_steps=9)
    assert set(doe.check_reproducible(configuration).index) >= {"mean", "Agent.x", "deaths.at"}


def test_a_run_that_fails_cannot_be_compared():
    configuration = doe.RunConfiguration(models.Walkers, run_id=0, parameters={"fail_at": 1}, seed=3)
    with pytest.raises(doe.StudyError, match="the run failed"):
        doe.check_reproducible(configuration)


class Errors(mesa.Model):
    """Has a table, and agents, that are called error; a draws nothing."""

    def __init__(self, a=1, inert=1, rng=None):
        super().__init__(rng=rng)
        self.a = a
        self.datacollector = mesa.DataCollector({"error": "a"}, tables={"error": ["error", "size"]})

    def step(self):
        self.datacollector.add_table_row("error", {"error": self.random.random(), "size": self.a})
        self.datacollector.collect(self)


def test_a_table_or_a_column_called_error_is_no_failure():
    configuration = doe.RunConfiguration(Errors, run_id=0, parameters={"a": 1}, seed=3, max_steps=3)
    found = doe.check_reproducible(configuration).to_dict()
    assert found == {"error": True, "error.error": True, "error.size": True, "steps": True}
    space = doe.ParameterSpace(a=doe.Integer(1, 4), inert=doe.Integer(1, 4))
    found = doe.check_factors(doe.latin_hypercube(space, 4, rng=1), Errors)
    assert found["changes"].to_dict() == {"a": True, "inert": False}


LENGTHS = iter(())


class Ending(mesa.Model):
    """Lasts as long as no seed decides, and reports the same."""

    def __init__(self, reporters=None, rng=None):
        super().__init__(rng=rng)
        self.length = next(LENGTHS)
        self.datacollector = mesa.DataCollector(reporters or {"share": lambda model: 1.0})

    def step(self):
        self.datacollector.collect(self)
        self.running = self.steps < self.length


@pytest.mark.parametrize("lengths", [(3, 3), (3, 4)])
def test_lengths_of_runs_that_the_seed_does_not_decide_are_found(lengths, monkeypatch):
    monkeypatch.setattr(f"{__name__}.LENGTHS", iter([*lengths, *lengths]))
    configuration = doe.RunConfiguration(Ending, run_id=0, parameters={}, seed=3, max_steps=9)
    same = lengths[0] == lengths[1]
    assert doe.check_reproducible(configuration).to_dict() == {"share": True, "steps": same}
    own = doe.RunConfiguration(
        Ending, run_id=0, parameters={"reporters": {"steps": lambda model: 1}}, seed=3, max_steps=9
    )
    assert doe.check_reproducible(own).to_dict() == {"steps": True}
