"""What ``outputs=`` keeps: kinds and names, each at its own steps, and functions beside them."""

import math
import pickle

import mesa
import numpy as np
import pytest

import mesa_doe as doe
from mesa_doe.model_run import check_model, recipe_of
from tests.ids import stable_id
from tests.model_run.test_collect import with_recorders


class Wolf(mesa.Agent):
    pass


class Town(mesa.Model):
    """Has one of everything that a collector can hold; values are the number of the step."""

    def __init__(self, every=1, rng=None):
        super().__init__(rng=rng)
        self.n, self.every = 0, every
        self.looked = 0
        Wolf(self)
        self.datacollector = mesa.DataCollector(
            model_reporters={"gini": "n", "size": lambda m: m.n},
            agent_reporters={"wealth": lambda a: a.model.look(), "age": lambda a: a.model.n},
            agenttype_reporters={Wolf: {"hunger": lambda a: a.model.n}},
            tables={"deaths": ["at"], "births": ["at"]},
        )
        self.datacollector.collect(self)

    def look(self):
        self.looked += 1
        return self.n

    def step(self):
        self.n += 1
        for table in ("deaths", "births"):
            self.datacollector.add_table_row(table, {"at": self.n})
        if self.n % self.every == 0:
            self.datacollector.collect(self)


def run(outputs, model_cls=Town, period=2, steps=5, **parameters):
    return doe.run(
        doe.RunConfiguration(
            model_cls, run_id=0, seed=1, max_steps=steps, data_collection_period=period,
            outputs=outputs, parameters=parameters,
        )
    )  # fmt: skip


def columns(record):
    """Return the names of the columns of every table that is there."""
    model = set(record.model.columns) - {"run_id", "step"}
    agents = {f"{kind}.{c}" for kind, f in record.agents.items() for c in f.columns[3:]}
    return model | agents | {f"table {name}" for name in record.tables}


EVERYTHING = {"gini", "size", "Agent.wealth", "Agent.age", "Wolf.hunger", "table deaths", "table births"}


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        (None, EVERYTHING),
        (["model", "agents", "tables"], EVERYTHING),
        ("model", {"gini", "size"}),
        ("agents", {"Agent.wealth", "Agent.age", "Wolf.hunger"}),
        ("tables", {"table deaths", "table births"}),
        ("gini", {"gini"}),
        ("wealth", {"Agent.wealth"}),
        ("Agent", {"Agent.wealth", "Agent.age"}),
        ("Wolf", {"Wolf.hunger"}),
        ("hunger", {"Wolf.hunger"}),
        ("deaths", {"table deaths"}),
        (("gini", "Wolf", "births"), {"gini", "Wolf.hunger", "table births"}),
        ({"size": 1, "tables": None}, {"size", "table deaths", "table births"}),
        ({"n": lambda model: model.n}, {"n"}),
        ({"n": lambda model: model.n, "age": None}, {"n", "Agent.age"}),
    ],
    ids=stable_id,
)
def test_what_is_named_is_kept_and_nothing_else(outputs, expected):
    assert columns(run(outputs)) == expected


@pytest.mark.parametrize(("outputs", "collections"), [("tables", 0), ("gini", 1), ("Wolf", 1)])
def test_a_model_that_never_collects_is_collected_only_for_what_is_wanted(outputs, collections):
    class Forgets(Town):
        def __init__(self, rng=None):
            super().__init__(rng=rng)
            self.datacollector = mesa.DataCollector(
                {"gini": "n"}, agenttype_reporters={Wolf: {"hunger": lambda a: 1}}, tables={"deaths": ["at"]}
            )

        def step(self):
            self.n += 1

    record = run(outputs, Forgets)
    assert len(record.notes) == collections
    assert len(record.model) + len(record.agents.get("Wolf", ())) == collections


def test_what_is_kept_is_what_it_would_be_among_everything():
    everything, some = run(None), run(["gini", "Agent", "deaths"])
    assert some.model.equals(everything.model[["run_id", "step", "gini"]])
    assert some.agents["Agent"].equals(everything.agents["Agent"])
    assert some.tables["deaths"].equals(everything.tables["deaths"])


def kept(frame, name):
    """Return the steps at which an output was kept, having seen that its value is that of the step."""
    there = frame[frame[name].notna()]
    assert there[name].tolist() == there["step"].tolist()
    return there["step"].tolist()


@pytest.mark.parametrize(
    ("period", "expected"), [(1, [0, 1, 2, 3, 4, 5]), (3, [0, 3, 5]), (-1, [5]), (None, [0, 2, 4, 5])]
)
def test_each_output_has_its_own_period_and_always_the_last_step(period, expected):
    record = run({"gini": period, "size": 4, "wealth": period, "age": 4, "n": lambda model: model.n})
    assert kept(record.model, "gini") == expected
    assert kept(record.model, "size") == [0, 4, 5]
    assert kept(record.model, "n") == [0, 2, 4, 5]
    assert kept(record.agents["Agent"], "wealth") == expected
    assert kept(record.agents["Agent"], "age") == [0, 4, 5]
    for frame in (record.model, record.agents["Agent"]):
        assert frame["step"].is_monotonic_increasing
        assert frame["step"].is_unique
    assert record.model["step"].tolist() == sorted({0, 4, 5, 2} | set(expected))


def test_the_period_of_a_name_goes_before_that_of_its_kind():
    record = run({"model": -1, "gini": 1, "agents": -1, "Agent": 4, "age": 1})
    assert kept(record.model, "gini") == [0, 1, 2, 3, 4, 5]
    assert kept(record.model, "size") == [5]
    assert kept(record.agents["Agent"], "age") == [0, 1, 2, 3, 4, 5]
    assert kept(record.agents["Agent"], "wealth") == [0, 4, 5]
    assert kept(record.agents["Wolf"], "hunger") == [5]


def test_outputs_kept_at_all_rows_keep_their_type_beside_those_with_gaps():
    record = run({"gini": 1, "size": -1})
    assert record.model["gini"].dtype == np.int64
    assert record.model["size"].dtype == np.float64
    assert math.isnan(record.model["size"][0])


def test_a_name_keeps_everything_that_bears_it():
    class Agents(Town):
        def __init__(self, rng=None):
            super().__init__(rng=rng)
            self.datacollector = mesa.DataCollector(
                model_reporters={"agents": lambda m: len(m.agents), "n": "n"},
                agent_reporters={"n": lambda a: a.model.n},
                tables={"n": ["at"]},
            )

        def step(self):
            self.n += 1
            self.datacollector.collect(self)

    assert columns(run("agents", Agents)) == {"agents", "Agent.n"}
    assert columns(run("n", Agents)) == {"n", "Agent.n", "table n"}


# --- functions ----------------------------------------------------------------------------------------------


def test_functions_alone_are_called_at_the_kept_steps_only():
    seen = []
    record = run({"seen": lambda model: seen.append(model.n) or model.n})
    assert seen == [0, 2, 4, 5]
    assert kept(record.model, "seen") == [0, 2, 4, 5]


def test_functions_beside_reporters_share_the_rows_of_what_was_collected():
    record = run({"gini": None, "n": lambda model: model.n}, every=3, period=2, steps=9)
    assert record.model.drop(columns="run_id").to_dict("list") == {
        "step": [0, 6, 9],
        "gini": [0, 6, 9],
        "n": [0, 6, 9],
    }


def test_where_the_model_did_not_collect_at_its_end_the_functions_have_a_last_row_of_their_own():
    record = run({"gini": None, "n": lambda model: model.n}, every=3, period=2, steps=7)
    assert kept(record.model, "gini") == [0, 6]
    assert kept(record.model, "n") == [0, 6, 7]


def test_a_function_takes_the_place_of_the_reporter_of_its_name_and_of_no_other():
    record = run({"model": 1, "agents": None, "gini": lambda model: -1, "wealth": lambda model: -2})
    assert record.model["gini"].dropna().tolist() == [-1] * 4
    assert record.model["wealth"].dropna().tolist() == [-2] * 4
    assert kept(record.model, "size") == [0, 1, 2, 3, 4, 5]
    assert kept(record.agents["Agent"], "wealth") == [0, 2, 4, 5]


def test_functions_need_no_collector():
    class Silent(mesa.Model):
        def __init__(self, rng=None):
            super().__init__(rng=rng)

    outputs = {"agents": lambda model: len(model.agents)}
    assert run(outputs, Silent, period=-1, steps=2).model["agents"].tolist() == [0]
    check_model(doe.RunConfiguration(Silent, run_id=0, outputs=outputs), recipe_of(Silent))


def test_a_failing_function_is_a_failure_of_collecting():
    with pytest.raises(ZeroDivisionError):
        run({"gini": 1, "broken": lambda model: 1 / 0})


# --- names that are not there -------------------------------------------------------------------------------

ALL_NAMES = "Agent, Wolf, age, agents, births, deaths, gini, hunger, model, size, tables, wealth"


def refused(outputs, model_cls=Town):
    settings = doe.RunConfiguration(model_cls, run_id=0, max_steps=1, outputs=outputs)
    with pytest.raises(doe.ConfigurationError) as caught:
        check_model(settings, recipe_of(model_cls))
    with pytest.raises(doe.ConfigurationError) as again:
        doe.run(settings)
    assert str(caught.value) == str(again.value)
    return str(caught.value)


def test_unknown_names_are_refused_before_the_run_with_the_close_match():
    assert refused("welth") == f"Town has no output 'welth': did you mean 'wealth'? there are {ALL_NAMES}"
    assert refused({"gini": 1, "zzz": 2}) == f"Town has no output 'zzz': there are {ALL_NAMES}"


def test_all_unknown_names_are_told_at_once():
    message = refused(["gini", "zzz", "yyy"])
    assert message.startswith("outputs has problems (2):")
    assert "'zzz'" in message
    assert "'yyy'" in message


def test_what_is_wrong_with_an_output_is_known_by_its_name_in_another_process_too():
    settings = doe.RunConfiguration(Town, run_id=0, max_steps=1, outputs=["gini", "zzz", "yyy"])
    with pytest.raises(doe.ConfigurationError) as caught:
        check_model(settings, recipe_of(Town))
    told = pickle.loads(pickle.dumps(caught.value)).of_outputs
    assert told == {name: f"Town has no output {name!r}: there are {ALL_NAMES}" for name in ("zzz", "yyy")}


@pytest.mark.parametrize("name", ["deaths", "tables"])
def test_a_table_takes_no_period(name):
    assert refused({name: 10}) == f"{name!r} has no steps and is kept whole, so it takes None, not 10"


def test_a_kind_that_the_model_does_not_have_is_unknown():
    class Plain(Town):
        def __init__(self, rng=None):
            super().__init__(rng=rng)
            self.datacollector = mesa.DataCollector({"gini": "n"})

    assert refused("agents", Plain) == "Plain has no output 'agents': there are gini, model"


def test_a_factory_is_told_at_its_first_run():
    def factory(seed):
        return Town(rng=seed)

    settings = doe.RunConfiguration(factory, run_id=0, max_steps=1, seed=1, outputs="ginny")
    check_model(settings, recipe_of(factory))
    with pytest.raises(doe.ConfigurationError, match="did you mean 'gini'"):
        doe.run(settings)


# --- functions as models ------------------------------------------------------------------------------------


def harvest():
    return {"a": 1, "b": 2.5}


@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ("a", {"a": 1}),
        ("model", {"a": 1, "b": 2.5}),
        (["b"], {"b": 2.5}),
        ({"b": 10, "sum": lambda row: sum(row.values())}, {"b": 2.5, "sum": 3.5}),
        ({"sum": lambda row: sum(row.values())}, {"sum": 3.5}),
        ({"model": None, "a": lambda row: -1}, {"a": -1, "b": 2.5}),
    ],
    ids=stable_id,
)
def test_what_a_function_returns_is_chosen_from_too(outputs, expected):
    assert run(outputs, harvest).model.iloc[0].drop(["run_id", "step"]).to_dict() == expected


@pytest.mark.parametrize("name", ["aa", "agents"])
def test_names_that_a_function_does_not_return_are_refused(name):
    with pytest.raises(
        doe.ConfigurationError, match=f"harvest has no output '{name}'.* there are a, b, model"
    ):
        run(name, harvest)


# --- recorders ----------------------------------------------------------------------------------------------


class Recorded(mesa.Model):
    def __init__(self, collector=False, rng=None):
        super().__init__(rng=rng)
        from mesa.experimental.data_collection import DataRecorder
        from mesa.experimental.data_collection.dataset import TableDataSet

        self.n = self.m = 0
        Wolf(self).hunger = 0
        self.recorder = DataRecorder(self)
        registry = self.data_registry
        registry.track_model(self, "whole", ["n", "m"]).record(self.recorder)
        registry.track_agents(self.agents, "wolves", ["hunger"]).record(self.recorder)
        rows = TableDataSet("deaths", ["at"])
        registry.add_dataset(rows)
        rows.record(self.recorder)
        rows.add_row({"at": 1})
        if collector:
            self.datacollector = mesa.DataCollector({"gini": "n"})
            self.datacollector.collect(self)

    def step(self):
        self.n = self.m = self.n + 1
        for agent in self.agents:
            agent.hunger = self.n
        if hasattr(self, "datacollector"):
            self.datacollector.collect(self)


@with_recorders
@pytest.mark.parametrize(
    ("outputs", "expected"),
    [
        ("model", {"n", "m"}),
        ("whole", {"n", "m"}),
        ("n", {"n"}),
        ("whole.m", {"m"}),
        ("agents", {"wolves.hunger"}),
        ("wolves", {"wolves.hunger"}),
        ("hunger", {"wolves.hunger"}),
        ("tables", {"table deaths"}),
        (["deaths", "m"], {"table deaths", "m"}),
    ],
    ids=stable_id,
)
def test_datasets_of_recorders_are_chosen_from_too(outputs, expected):
    assert columns(run(outputs, Recorded)) == expected


@with_recorders
def test_datasets_have_periods_too():
    record = run({"n": 1, "m": 3, "wolves": -1, "deaths": None, "f": lambda model: model.n}, Recorded)
    assert kept(record.model, "n") == [0, 1, 2, 3, 4, 5]
    assert kept(record.model, "m") == [0, 3, 5]
    assert kept(record.model, "f") == [0, 2, 4, 5]
    assert kept(record.agents["wolves"], "hunger") == [5]
    assert record.tables["deaths"]["at"].tolist() == [1]


@with_recorders
def test_datasets_beside_a_collector_are_tables_with_periods():
    record = run({"gini": -1, "whole": 3}, Recorded, collector=True)
    assert kept(record.model, "gini") == [5]
    assert record.tables["whole"]["step"].tolist() == [0, 3, 5]
    assert columns(run("tables", Recorded, collector=True)) == {"table whole", "table deaths"}


@with_recorders
def test_unknown_names_are_refused_for_recorders_too():
    message = (
        "Recorded has no output 'wolvs': did you mean 'wolves'? there are agents, deaths, hunger, m, model, n"
    )
    assert refused("wolvs", Recorded).startswith(message)
    assert "has no steps" in refused({"deaths": 3}, Recorded)
