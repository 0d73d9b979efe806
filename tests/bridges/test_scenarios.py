"""To Mesa's Scenarios and back from its Store: the same runs, by point and iteration."""

import dataclasses
import enum
import os
from unittest import mock

import mesa
import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.bridges import JoblibExecutor, from_store, to_scenarios

if not hasattr(mesa.model, "Scenario"):
    pytest.skip("Scenario came with Mesa 3.5", allow_module_level=True)

from mesa.experimental.data_collection import DataRecorder
from mesa.experimental.scenarios import Scenario

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning")
KNOWS_POINTS = "scenario_id" in Scenario.__init__.__kwdefaults__


class PondScenario(Scenario):
    frogs: int = 3
    luck: float = 0.5


class Frog(mesa.Agent):
    def __init__(self, model):
        super().__init__(model)
        self.leaps = 0

    def leap(self):
        self.leaps += self.random.random() < self.model.scenario.luck


class Pond(mesa.Model):
    def __init__(self, depth=1.0, scenario: PondScenario = PondScenario):
        super().__init__(scenario=scenario)
        self.depth = depth
        self.data_recorder = DataRecorder(self)
        Frog.create_agents(self, self.scenario.frogs)
        self.data_registry.track_agents(self.agents, "frogs", "leaps").record(self.data_recorder)
        self.data_registry.track_model(self, "pond", "total").record(self.data_recorder)

    @property
    def total(self):
        return sum(frog.leaps for frog in self.agents)

    def step(self):
        if self.scenario.luck > 0.9:
            raise ValueError("dried up")
        self.agents.do("leap")


SPACE = doe.ParameterSpace(frogs=doe.Integer(1, 5), luck=doe.Real(0, 1))


def configurations(space=SPACE, model=Pond, n=6, **settings):
    settings = {"max_steps": 4, "seed_policy": "independent", "data_collection_period": 1, **settings}
    return doe.latin_hypercube(space, n, rng=1).configurations(model, rng=2, replications=2, **settings)


# ---- to Mesa -------------------------------------------------------------------------------------------


def test_each_run_is_a_scenario_of_the_models_own_class_with_its_seed_and_parameters():
    runs = configurations()
    scenarios = to_scenarios(runs)
    assert len(scenarios) == len(runs) == 12
    for run, scenario in zip(runs, scenarios, strict=True):
        assert type(scenario) is PondScenario
        assert {name: getattr(scenario, name) for name in ("frogs", "luck")} == run.parameters
        if KNOWS_POINTS:
            assert (scenario.scenario_id, scenario.replication_id) == (run.point, run.iteration)
            expected = np.random.default_rng(run.seed).random(3)
            assert scenario.rng.random(3).tolist() == expected.tolist()
        else:
            assert (scenario._scenario_id, scenario.rng) == (run.run_id, run.seed)


def test_a_model_that_gets_such_a_scenario_runs_as_with_the_batch_runner():
    runs = configurations(doe.ParameterSpace(frogs=doe.Integer(1, 5), luck=doe.Real(0, 0.9)))
    results = doe.BatchRunner(runs, display_progress=False).run_all()
    totals = []
    for scenario in to_scenarios(runs):
        model = Pond(scenario=scenario)
        for _ in range(4):
            model.step()
        totals.append(model.total)
    assert results.output("total").tolist() == totals


def test_arguments_of_the_model_itself_are_told_where_they_are_the_same():
    with pytest.warns(doe.MesaDoeWarning, match=r"'depth' is an argument .*model_kwargs=\{'depth': 2\.0\}"):
        scenarios = to_scenarios(configurations(doe.ParameterSpace(luck=doe.Real(0, 1), depth=2.0)))
    assert not hasattr(scenarios[0], "depth")


def test_arguments_of_the_model_itself_that_differ_are_refused():
    runs = configurations(doe.ParameterSpace(luck=doe.Real(0, 1), depth=doe.Real(1, 2)))
    with pytest.raises(doe.ConfigurationError, match=r"'depth' is an argument of .*fields of PondScenario"):
        to_scenarios(runs)


def other(x):
    return {"y": x}


@pytest.mark.parametrize(
    ("runs", "match"),
    [
        (
            lambda: configurations(doe.ParameterSpace(x=doe.Real(0, 1)), other),
            "takes its parameters as keywords",
        ),
        (lambda: [doe.RunConfiguration(Pond, run_id=3)], "run 3 has no point"),
        (
            lambda: [
                doe.RunConfiguration(Pond, run_id=0, point=0),
                doe.RunConfiguration(other, run_id=1, point=1, parameters={"x": 1}),
            ],
            r"of several \(Pond, other\)",
        ),
        (
            lambda: [doe.RunConfiguration(Pond, run_id=0, point=0, parameters={"lucks": 1})],
            "did you mean 'luck'",
        ),
        (list, "no configurations"),
    ],
)
def test_runs_that_are_no_scenarios_are_refused(runs, match):
    with pytest.raises(doe.ConfigurationError, match=match):
        to_scenarios(runs())


class Closed(Scenario):
    def __init__(self, luck=0.5, rng=None):
        super().__init__(rng=rng, luck=luck)


class ClosedPond(Pond):
    def __init__(self, scenario: Closed = Closed):
        super().__init__(scenario=scenario)


def test_a_scenario_that_takes_no_ids_is_refused_with_what_to_do():
    runs = configurations(doe.ParameterSpace(luck=doe.Real(0, 1)), ClosedPond)
    with pytest.raises(doe.ConfigurationError, match=r"Closed cannot be made with its ids .*as \*\*kwargs"):
        to_scenarios(runs)


# ---- back from a store -----------------------------------------------------------------------------------


class Status(enum.Enum):
    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    ABORTED = "ABORTED"


@dataclasses.dataclass(frozen=True)
class RunId:
    scenario_id: int
    replication_id: int


class Kept:
    """A store as Mesa 4's protocol has it, for versions of Mesa that have none."""

    def __init__(self, runs):
        self.records = {RunId(run.point, run.iteration): mock.Mock(status=Status.PENDING) for run in runs}
        for record, scenario in zip(self.records.values(), to_scenarios(runs), strict=True):
            record.scenario = scenario

    def set(self, point, iteration, status, **values):
        record = self.records[RunId(point, iteration)]
        record.status = status
        vars(record).update(values)

    def _of(self, status):
        return {run: record for run, record in self.records.items() if record.status is status}

    def succeeded(self):
        return self._of(Status.SUCCEEDED)

    def failed(self):
        return self._of(Status.FAILED)

    def aborted(self):
        return self._of(Status.ABORTED)

    def pending(self):
        return self._of(Status.PENDING)


def failure(origin, kind="ValueError"):
    return mock.Mock(
        origin=mock.Mock(value=origin),
        exception_type=kind,
        message="dried up",
        traceback="Traceback …",
    )


def frames(value):
    return {
        "pond": pd.DataFrame({"time": [0.0, 1.0, 2.0], "total": [0, value, 2 * value]}),
        "frogs": pd.DataFrame(
            {"unique_id": [1, 2, 1, 2], "time": [0.0, 0.0, 2.0, 2.0], "leaps": [0, 0, value, value]}
        ),
        "places": pd.DataFrame({"place": ["a", "b"]}),
    }


def stored(runs):
    store = Kept(runs)
    for point in range(6):
        store.set(point, 0, Status.SUCCEEDED, output=frames(point))
    for iteration, origin in enumerate(("instantiating", "running", "extracting", "writing"), start=0):
        store.set(iteration, 1, Status.FAILED, failure=failure(origin))
    store.set(4, 1, Status.ABORTED, failure=failure("aborted"))
    return store


def test_a_store_gives_results_in_run_order_with_failures_and_what_is_pending():
    runs = configurations()
    results = from_store(stored(runs), runs)
    assert results.runs["status"].tolist() == ["ok", "failed"] * 4 + ["ok", "crashed", "ok"]
    assert results.failures["origin"].tolist() == [
        "building",
        "stepping",
        "collecting",
        "collecting",
        "crashed",
    ]
    assert results.failures["error"].tolist() == ["dried up"] * 5
    assert results.pending == 1
    assert results.output("total").tolist() == [0, 2, 4, 6, 8, 10]
    assert results.runs["steps"].tolist()[::2] == [2] * 6
    assert results.runs["wall_time"].isna().all()
    assert results.model["step"].tolist() == [0, 1, 2] * 6
    assert results.agents["frogs"]["leaps"].sum() == 2 * sum(range(6))
    assert results.tables["places"]["place"].tolist() == ["a", "b"] * 6
    assert results.design is runs.design
    assert results.seed_policy == "independent"


def test_the_period_and_the_outputs_of_the_configurations_say_what_is_kept():
    runs = configurations(data_collection_period=-1, outputs=["total"])
    results = from_store(stored(runs), runs)
    assert results.model["step"].tolist() == [2] * 6
    assert results.model["total"].tolist() == [0, 2, 4, 6, 8, 10]
    assert results.agents == results.tables == {}


def test_functions_as_outputs_are_refused():
    runs = configurations()
    functions = configurations(outputs={"double": lambda model: 2 * model.total})
    with pytest.raises(doe.ConfigurationError, match="outputs= has functions"):
        from_store(stored(runs), functions)


def test_a_store_of_other_runs_is_refused():
    runs = configurations()
    longer = configurations(n=7)
    with pytest.raises(doe.ConfigurationError, match=r"scenario 0, replication 0 .*is not run 0"):
        from_store(Kept(longer), runs)
    with pytest.raises(doe.ConfigurationError, match="the store holds 6 runs that are none of these"):
        from_store(stored(runs), runs[:6])


@pytest.mark.skipif(not KNOWS_POINTS, reason="Mesa 3.5 has no ids of points")
def test_a_store_of_other_seeds_is_refused():
    runs = configurations()
    other_seeds = runs.design.configurations(
        Pond, rng=3, replications=2, max_steps=4, seed_policy="independent"
    )
    with pytest.raises(doe.ConfigurationError, match="is not run 0"):
        from_store(Kept(other_seeds), runs)


@pytest.mark.parametrize("kind", ["WorkerDiedError", "KilledWorker"])
def test_a_run_that_ended_the_worker_of_an_executor_has_crashed(kind):
    runs = configurations()
    store = stored(runs)
    store.set(0, 1, Status.FAILED, failure=failure("writing", kind))  # Mesa knows no better
    failed = from_store(store, runs).failures.iloc[0]
    assert failed[["status", "origin", "error_type"]].tolist() == ["crashed", "crashed", kind]


def run_scenarios(runs, executor):
    """Run with Mesa's own runner, where Mesa has one."""
    scenarios = pytest.importorskip(
        "mesa.experimental.scenarios.runner", reason="run_scenarios is not there yet"
    )
    recipe = scenarios.RunConfiguration(runs[0].model_cls, until=4)
    return scenarios.run_scenarios(to_scenarios(runs), recipe, executor=executor, progress=False)


@pytest.mark.parametrize("n_jobs", [None, 1, 2])
def test_what_mesa_runs_is_what_the_batch_runner_runs(n_jobs):
    runs = configurations()
    with JoblibExecutor(n_jobs) as executor:
        store = run_scenarios(runs, executor=None if n_jobs is None else executor)
    theirs = from_store(store, runs)
    with pytest.warns(doe.MesaDoeWarning, match="failed"):
        ours = doe.BatchRunner(runs, display_progress=False).run_all()
    assert theirs.runs["status"].tolist() == ours.runs["status"].tolist()
    assert theirs.failures["origin"].tolist() == ours.failures["origin"].tolist()
    whole = ours.model.merge(theirs.model, on=["run_id", "step"], suffixes=("", "_theirs"))
    assert len(whole) == len(theirs.model) > 0
    assert whole["total"].tolist() == whole["total_theirs"].tolist()


class DeadlyPond(Pond):
    def step(self):
        if self.scenario.luck < 0.2:
            os._exit(3)
        super().step()


@pytest.mark.filterwarnings("ignore:A worker stopped:UserWarning")
def test_a_run_that_kills_its_worker_costs_mesas_runner_no_other_run():
    runs = configurations(model=DeadlyPond)
    with JoblibExecutor(2) as executor:
        results = from_store(run_scenarios(runs, executor), runs)
    deadly = results.runs["luck"] < 0.2
    assert 0 < deadly.sum() < len(runs)
    assert ((results.runs["status"] == "crashed") == deadly).all()
    assert results.pending == 0
