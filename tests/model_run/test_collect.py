"""What collectors, recorders and functions recorded, read into tables."""

import enum
import math
from collections import defaultdict

import mesa
import mesa.model
import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.model_run import Recipe, check_model, recipe_of
from mesa_doe.model_run.rows import kept_collections

VERSION = tuple(map(int, mesa.__version__.split(".")[:2]))
with_recorders = pytest.mark.skipif(
    VERSION < (3, 5), reason="DataRecorder came with Mesa 3.5; below there is none to read"
)


class Walker(mesa.Agent):
    def __init__(self, model, energy=0):
        super().__init__(model)
        self.energy = energy


class Tree(mesa.Agent):
    def __init__(self, model):
        super().__init__(model)
        self.height = 1.5


class Base(mesa.Model):
    """Collects as its class attributes say."""

    at_start = True
    every = 1
    times = 1
    collector = {"model_reporters": {"n": lambda model: model.n}}  # noqa: RUF012

    def __init__(self, rng=None):
        super().__init__(rng=rng)
        self.n = 0
        self.datacollector = mesa.DataCollector(**self.collector)
        self.setup()
        if self.at_start:
            self.collect()

    def setup(self):
        pass

    def act(self):
        pass

    def collect(self):
        for _ in range(self.times):
            self.datacollector.collect(self)
            self.n += 100

    def step(self):
        self.n = self.n - self.n % 100 + self.n % 100 + 1
        self.act()
        if self.n % 100 % self.every == 0:
            self.collect()


def model(**attributes):
    attributes = {
        key: staticmethod(value) if type(value) is type(len) else value for key, value in attributes.items()
    }
    return type("Changed", (Base,), {"__module__": __name__, **attributes})


def run(model_cls, period=1, steps=4, **settings):
    settings = {"seed": 3, **settings}
    return doe.run(
        doe.RunConfiguration(model_cls, run_id=7, max_steps=steps, data_collection_period=period, **settings)
    )


# --- when it was collected ----------------------------------------------------------------------------------


def test_the_constructors_collection_is_step_0():
    assert run(Base).model.to_dict("list") == {
        "run_id": [7] * 5,
        "step": [0, 1, 2, 3, 4],
        "n": [0, 101, 202, 303, 404],
    }


def test_without_one_the_steps_start_at_1():
    assert run(model(at_start=False)).model["step"].tolist() == [1, 2, 3, 4]


def test_steps_are_ints_on_every_version():
    record = run(model(collector={"agent_reporters": {"id": "unique_id"}}, setup=lambda self: Walker(self)))
    assert record.agents["Agent"]["step"].dtype == np.int64
    assert run(Base).model["step"].dtype == np.int64


@pytest.mark.parametrize(
    ("period", "expected"), [(1, [0, 3, 6]), (2, [0, 6]), (6, [0, 6]), (4, [0, 6]), (-1, [6])]
)
def test_a_model_that_collects_every_third_step_keeps_what_there_is(period, expected):
    assert run(model(every=3), period=period, steps=8).model["step"].tolist() == expected


@pytest.mark.parametrize("at_start", [True, False])
def test_of_two_collections_a_step_the_last_counts(at_start):
    record = run(model(times=2, at_start=at_start, collector={
        "model_reporters": {"n": lambda m: m.n}, "agent_reporters": {"energy": lambda a: a.model.n}},
        setup=lambda self: Walker(self)), steps=2)  # fmt: skip
    steps = [0, 1, 2] if at_start else [1, 2]
    assert record.model["step"].tolist() == steps
    agents = record.agents["Agent"]
    assert agents["step"].tolist() == steps
    assert record.model["n"].tolist() == agents["energy"].tolist()
    assert record.model["n"].tolist() == ([100, 301, 502] if at_start else [101, 302])


with_steps = pytest.mark.skipif(VERSION < (3, 5), reason="there a collector does not say when it collected")
LOSES = "the model collects more than once in a step"


@with_steps
@pytest.mark.parametrize("outputs", [None, {"n": 1}])
def test_rows_of_one_step_that_are_lost_are_said(outputs):
    record = run(model(times=2), outputs=outputs, steps=2)
    assert [note.split(": the last")[0] for note in record.notes] == [LOSES]


@pytest.mark.parametrize(
    ("cls", "settings"),
    [
        (model(times=2), {"period": -1}),  # of which one is kept anyway
        (model(times=2, collector={"model_reporters": {"n": lambda m: m.n // 100 * 0}}), {}),
        (model(times=2, every=3), {"steps": 2}),  # in the constructor alone
        (model(times=2, every=3, at_start=False), {"period": 2, "steps": 4}),  # at a step that is not kept
    ],
    ids=["last", "equal", "constructor", "between"],
)
def test_collections_of_one_step_that_lose_nothing_are_not_said(cls, settings):
    assert run(cls, **settings).notes == ()


@pytest.mark.parametrize(
    ("period", "expected"),
    [(-1, [5]), (1, [0, 1, 2, 3, 4, 5]), (2, [0, 2, 4, 5]), (3, [0, 3, 5]), (5, [0, 5]), (9, [0, 5])],
)
@pytest.mark.parametrize("outputs", [None, lambda model: {"n": model.n}])
def test_the_period_keeps_0_n_2n_and_always_the_last(period, expected, outputs):
    assert run(Base, period=period, steps=5, outputs=outputs).model["step"].tolist() == expected


def test_outputs_are_read_only_when_the_period_asks():
    seen = []
    run(Base, period=2, steps=5, outputs=lambda model: {"seen": seen.append(model.n)})
    assert len(seen) == 4


def test_a_model_that_steps_in_its_constructor_keeps_those_steps():
    warm = model(
        setup=lambda self: [self.step() for _ in range(3)],
        at_start=False,
        collector={
            "model_reporters": {"n": lambda m: m.n},
            "agent_reporters": {"id": "unique_id"},
        },
    )
    assert run(warm, steps=5).model["step"].tolist() == [1, 2, 3, 4, 5]


def test_a_model_that_never_collects_is_read_once_at_the_end_and_told():
    class Forgets(Base):
        def collect(self):
            pass

    record = run(Forgets)
    assert record.model[["step", "n"]].values.tolist() == [[4, 4]]
    [note] = record.notes
    assert "or the model never collects: its reporters were read once, at the end of the run" in note


@pytest.mark.parametrize("runs_on", [True, False])
def test_a_run_that_ended_before_the_model_collects_does_not_say_that_it_never_does(runs_on):
    cls = model(at_start=False, every=3, setup=lambda self: setattr(self, "running", runs_on))
    record = run(cls, steps=1)
    assert record.model["step"].tolist() == [int(runs_on)]
    [note] = record.notes
    assert note.startswith("a run ended before the model had collected anything, or the model never collects")


def test_kept_collections_of_nothing_is_nothing():
    assert kept_collections([], 1) == kept_collections([], -1) == []


def test_kept_collections_takes_the_last_of_a_step_and_fractions():
    assert kept_collections([0, 1, 1.5, 2, 2], 1) == [0, 1, 4]
    assert kept_collections([0, 1, 1.5], 2) == [0, 2]


# --- agents -------------------------------------------------------------------------------------------------


def test_agent_reporters_alone_are_read():
    record = run(
        model(
            collector={"agent_reporters": {"energy": "energy"}},
            setup=lambda self: Walker.create_agents(self, 2),
            act=lambda self: [setattr(agent, "energy", self.n % 100) for agent in self.agents],
        ),
        period=2,
        steps=3,
    )
    assert record.model.empty
    agents = record.agents["Agent"]
    assert agents.to_dict("list") == {
        "run_id": [7] * 6,
        "step": [0, 0, 2, 2, 3, 3],
        "agent_id": [1, 2] * 3,
        "energy": [0, 0, 2, 2, 3, 3],
    }


def test_agents_and_each_type_have_tables_of_their_own():
    def setup(self):
        Walker(self, energy=5)
        Tree(self)

    record = run(
        model(
            collector={
                "agent_reporters": {"id": "unique_id"},
                "agenttype_reporters": {Walker: {"energy": "energy"}, Tree: {"height": "height"}},
            },
            setup=setup,
        ),
        period=-1,
    )
    assert list(record.agents) == ["Agent", "Walker", "Tree"]
    assert record.agents["Agent"]["agent_id"].tolist() == [1, 2]
    assert record.agents["Walker"].drop(columns="run_id").values.tolist() == [[4, 1, 5]]
    assert record.agents["Tree"].drop(columns="run_id").values.tolist() == [[4, 2, 1.5]]


def test_agent_types_that_share_a_name_stay_apart():
    def make(module):
        cls = type("Walker", (Walker,), {"__module__": module})
        cls.__qualname__ = "make.<locals>.Walker"
        return cls

    one, two, other = make("here"), make("here"), make("there")
    plain = type("Agent", (Walker,), {"__module__": "mine", "__qualname__": "Agent"})
    kinds = (one, two, other, plain)

    def setup(self):
        for energy, kind in enumerate(kinds):
            kind(self, energy=energy)

    reporters = {kind: {"energy": "energy"} for kind in kinds}
    record = run(model(collector={"agenttype_reporters": reporters}, setup=setup), period=-1)
    assert {name: frame["energy"].tolist() for name, frame in record.agents.items()} == {
        "here.make.<locals>.Walker#1": [0],
        "here.make.<locals>.Walker#2": [1],
        "there.make.<locals>.Walker": [2],
        "mine.Agent": [3],
    }


def test_no_agent_alive_is_a_fact_and_not_an_error():
    record = run(model(collector={"agent_reporters": {"energy": "energy"}}))
    assert record.status == "ok"
    assert record.agents["Agent"].shape == (0, 4)
    assert record.agents["Agent"].columns.tolist() == ["run_id", "step", "agent_id", "energy"]


def test_agents_that_died_have_no_later_rows():
    def act(self):
        next(iter(self.agents)).remove()

    dying = model(
        collector={"agent_reporters": {"energy": "energy"}, "agenttype_reporters": {Walker: {"e": "energy"}}},
        setup=lambda self: Walker.create_agents(self, 3),
        act=act,
    )
    record = run(dying, steps=3)
    for name in ("Agent", "Walker"):
        assert record.agents[name]["step"].tolist() == [0, 0, 0, 1, 1, 2]
        assert record.agents[name]["agent_id"].tolist() == [1, 2, 3, 2, 3, 3]
        # The last collection found nobody: that is what it says, not the step before.
        assert run(dying, period=-1, steps=3).agents[name].empty


# --- names and values ---------------------------------------------------------------------------------------


def test_reporters_named_like_our_columns_are_kept_under_another_name():
    names = {"step": 1, "run_id": 2, "agent_id": 3, "step_reporter": 4}
    reporters = {name: (lambda _, value=value: value) for name, value in names.items()}
    record = run(
        model(
            collector={"model_reporters": reporters, "agent_reporters": reporters},
            setup=lambda self: Walker(self),
        ),
        period=-1,
    )
    kept = {"step_reporter_reporter": 1, "run_id_reporter": 2, "step_reporter": 4}
    assert record.model.iloc[0].to_dict() == {"run_id": 7, "step": 4, **kept, "agent_id": 3}
    agents = record.agents["Agent"].iloc[0].to_dict()
    assert agents == {"run_id": 7, "step": 4, "agent_id": 1, **kept, "agent_id_reporter": 3}


@pytest.mark.parametrize("as_function", [True, False])
def test_outputs_named_like_our_columns_are_kept_too(as_function):
    def function(x):
        return {"step": 99, "run_id": 98, "y": x}

    changes = (
        {"model_cls": function} if as_function else {"model_cls": Base, "outputs": lambda _: function(1)}
    )
    parameters = {"x": 1} if as_function else {}
    record = run(**changes, parameters=parameters, period=-1)
    assert record.model.to_dict("list") == {
        "run_id": [7],
        "step": [0 if as_function else 4],
        "step_reporter": [99],
        "run_id_reporter": [98],
        "y": [1],
    }


def test_tables_are_read_under_their_own_names():
    def act(self):
        self.datacollector.add_table_row("deaths", {"step": self.n % 100, "age": 1.5, "run_id": "a"})

    record = run(
        model(collector={"tables": {"deaths": ["step", "age", "run_id"], "births": ["who"]}}, act=act)
    )
    assert record.tables["deaths"].to_dict("list") == {
        "run_id": [7] * 4,
        "step": [1, 2, 3, 4],
        "age": [1.5] * 4,
        "run_id_reporter": ["a"] * 4,
    }
    assert record.tables["births"].columns.tolist() == ["run_id", "who"]
    assert record.tables["births"].empty
    assert record.agents == {}


class Colour(enum.Enum):
    RED = 1


VALUES = {
    "agent": (lambda m: next(iter(m.agents)), "Walker"),
    "agents": (lambda m: list(m.agents), "Walker"),
    "model": (lambda m: m, "Changed"),
    "holds the model": (lambda m: {"model": m}, "Changed"),
    "function": (lambda m: m.step, "step"),
    "array": (lambda m: np.arange(3), "[0, 1, 2]"),
    "dict": (lambda m: {"a": 1, "b": {2}}, '{"a": 1, "b": [2]}'),
    "defaultdict": (lambda m: defaultdict(int, a=1), '{"a": 1}'),
    "keys": (lambda m: {(1, 2): "x"}, '{"[1, 2]": "x"}'),
    "enum": (lambda m: Colour.RED, "RED"),
    "enums": (lambda m: [Colour.RED], '["RED"]'),
    "set": (lambda m: {"c", "a", "b"}, '["a", "b", "c"]'),
}  # fmt: skip


@pytest.mark.parametrize("what", VALUES)
def test_objects_become_text_without_addresses_and_are_told_once(what):
    reporter, expected = VALUES[what]
    record = run(
        model(
            collector={
                "model_reporters": {"v": reporter},
                "agent_reporters": {"v": lambda a: reporter(a.model)},
            },
            setup=lambda self: Walker(self),
        ),
        steps=2,
    )
    for column in (record.model["v"], record.agents["Agent"]["v"]):
        assert column.map(type).tolist() == [str] * 3
        assert all(expected in text for text in column)
        assert not column.str.contains("0x").any()
        assert column.nunique() == 1
    assert record.notes.count("'v' holds values that are no numbers or strings; they became text") >= 1


NUMBERS = {
    "int": (lambda m: np.int32(4), np.int64, 4),
    "bool": (lambda m: np.True_, np.bool_, True),
    "float": (lambda m: np.float32(0.5), np.float64, 0.5),
    "inf": (lambda m: -math.inf, np.float64, -math.inf),
    "huge": (lambda m: 2**80, np.float64, 2.0**80),
    "beyond": (lambda m: -(10**400), np.float64, -math.inf),
    "string": (lambda m: np.str_("a"), object, "a"),
    "zero-dimensional": (lambda m: np.array(2), np.int64, 2),
    "long double": (lambda m: np.longdouble(0.5), np.float64, 0.5),
}


@pytest.mark.parametrize("what", NUMBERS)
def test_numbers_and_strings_are_typed(what):
    reporter, dtype, value = NUMBERS[what]
    record = run(model(collector={"model_reporters": {"v": reporter}}), period=-1)
    column = record.model["v"]
    assert column.dtype == dtype or (dtype is object and pd.api.types.is_string_dtype(column))
    assert column.tolist() == [value]
    assert record.notes == ()


@pytest.mark.parametrize("missing", [None, math.nan])
def test_missing_values_are_gaps(missing):
    record = run(model(collector={"model_reporters": {"v": lambda m: missing if m.n < 150 else 1}}), steps=2)
    assert record.model["v"].dtype == np.float64
    assert record.model["v"].isna().tolist() == [True, True, False]


def test_a_function_that_returns_objects_is_told_too():
    record = run(lambda x: {"v": [x]}, parameters={"x": 1})
    assert record.model["v"].tolist() == ["[1]"]
    assert record.notes == ("'v' holds values that are no numbers or strings; they became text",)


# --- where the collector is ---------------------------------------------------------------------------------


class Silent(mesa.Model):
    def __init__(self, rng=None):
        super().__init__(rng=rng)


def configuration(model_cls, **settings):
    return doe.RunConfiguration(model_cls, run_id=0, **settings)


def test_nothing_to_read_is_refused_before_and_in_the_run():
    recipe = recipe_of(Silent)
    assert isinstance(recipe, Recipe)
    with pytest.raises(doe.ConfigurationError, match="Silent has no DataCollector"):
        check_model(configuration(Silent), recipe)
    with pytest.raises(doe.ConfigurationError, match="Silent has no DataCollector"):
        run(Silent)
    check_model(configuration(Silent, outputs=lambda model: {"y": 1}), recipe)
    check_model(configuration(Base), recipe_of(Base))


def test_a_collector_of_any_name_is_read_and_a_second_one_told():
    class Elsewhere(Silent):
        def __init__(self, rng=None):
            super().__init__(rng=rng)
            self.mine = mesa.DataCollector({"y": lambda m: 1})
            self.same = self.mine

    class Two(Elsewhere):
        def __init__(self, rng=None):
            super().__init__(rng=rng)
            self.datacollector = mesa.DataCollector({"y": lambda m: 2})

    assert run(Elsewhere).model["y"].tolist() == [1]
    assert not any("several" in note for note in run(Elsewhere).notes)
    record = run(Two)
    assert record.model["y"].tolist() == [2]
    assert "the model has several data collectors: 'datacollector' is read, not ['mine']" in record.notes


# --- recorders ----------------------------------------------------------------------------------------------


def recording(datasets, beside=None):
    from mesa.experimental.data_collection import DataRecorder

    class Recording(mesa.Model):
        def __init__(self, agents=2, rng=None):
            super().__init__(rng=rng)
            self.n = 0
            Walker.create_agents(self, agents)
            self.recorder = DataRecorder(self)
            if beside:
                self.datacollector = mesa.DataCollector(**beside)
                self.datacollector.collect(self)
            datasets(self)

        def step(self):
            self.n += 1
            for agent in self.agents:
                agent.energy = 10 * self.n + agent.unique_id
            if beside:
                self.datacollector.collect(self)

    return Recording


def both(model):
    model.data_registry.track_model(model, "whole", ["n"]).record(model.recorder)
    model.data_registry.track_agents(model.agents, "walkers", ["energy"]).record(model.recorder)


@with_recorders
def test_a_recorder_gives_every_time_once_and_the_final_state():
    record = run(recording(both), steps=3)
    assert record.model.to_dict("list") == {"run_id": [7] * 4, "step": [0, 1, 2, 3], "n": [0, 1, 2, 3]}
    assert record.agents["walkers"].to_dict("list") == {
        "run_id": [7] * 8,
        "step": [0, 0, 1, 1, 2, 2, 3, 3],
        "agent_id": [1, 2] * 4,
        "energy": [0, 0, 11, 12, 21, 22, 31, 32],
    }
    assert record.agents["walkers"]["agent_id"].dtype == np.int64


@with_recorders
@pytest.mark.parametrize(("period", "expected"), [(-1, [5]), (2, [0, 2, 4, 5]), (3, [0, 3, 5])])
def test_the_period_holds_for_recorders(period, expected):
    record = run(recording(both), steps=5, period=period)
    assert record.model["step"].tolist() == expected
    assert record.agents["walkers"]["step"].unique().tolist() == expected


@with_recorders
def test_a_recorder_beside_a_collector_keeps_to_its_own_tables():
    record = run(recording(both, beside={"model_reporters": {"n": "n"}}), steps=2)
    assert record.model.to_dict("list") == {"run_id": [7] * 3, "step": [0, 1, 2], "n": [0, 1, 2]}
    assert record.tables["whole"].to_dict("list") == record.model.to_dict("list")
    assert len(record.agents["walkers"]) == 6


@with_recorders
def test_several_model_datasets_share_one_row_a_time():
    def datasets(model):
        from mesa.experimental.data_collection import DatasetConfig

        model.twice = 5
        registry = model.data_registry
        registry.track_model(model, "one", ["n"]).record(model.recorder)
        registry.track_model(model, "two", ["n", "twice"]).record(model.recorder, DatasetConfig(interval=2))

    series = run(recording(datasets), steps=3).model
    assert series["step"].tolist() == [0, 1, 2, 3]
    assert series["n"].tolist() == [0, 1, 2, 3]
    assert series["two.n"].fillna(-1).tolist() == [0, -1, 2, 3]
    assert series["twice"].fillna(-1).tolist() == [5, -1, 5, 5]


@with_recorders
def test_agents_that_never_were_leave_an_empty_table():
    record = run(recording(both), parameters={"agents": 0})
    assert record.agents["walkers"].columns.tolist() == ["run_id", "step", "agent_id", "energy"]
    assert record.agents["walkers"].empty
    assert record.tables == {}


@with_recorders
def test_a_table_dataset_gives_each_row_once():
    def datasets(model):
        from mesa.experimental.data_collection.dataset import TableDataSet

        table = TableDataSet("deaths", ["age", "step"])
        model.data_registry.add_dataset(table)
        table.record(model.recorder)
        table.add_row({"age": 1, "step": 0})
        table.add_row({"age": 2, "step": 0})

    record = run(recording(datasets))
    assert record.tables["deaths"].to_dict("list") == {"run_id": [7, 7], "age": [1, 2], "step": [0, 0]}


@with_recorders
def test_an_array_of_agents_has_whole_ids():
    class Charged(mesa.Agent):
        def __init__(self, model, dataset):
            super().__init__(model)
            dataset.add_agent(self)
            self.charge = self.unique_id / 2

    def datasets(model):
        dataset = model.data_registry.track_agents_numpy(Charged, "charges", ["charge"])
        dataset.record(model.recorder)
        for _ in range(2):
            Charged(model, dataset)

    frame = run(recording(datasets), parameters={"agents": 0}, steps=1).agents["charges"]
    assert frame.to_dict("list") == {
        "run_id": [7] * 4,
        "step": [0, 0, 1, 1],
        "agent_id": [1, 2, 1, 2],
        "charge": [0.5, 1.0, 0.5, 1.0],
    }
    assert frame["agent_id"].dtype == np.int64


@pytest.mark.parametrize("count", [3, 200])
def test_ids_of_agents_that_come_and_go_are_those_of_each_step(count):
    class Changing(mesa.Model):
        def __init__(self, rng=None):
            super().__init__(rng=rng)
            self.datacollector = mesa.DataCollector(agent_reporters={"twice": lambda a: 2 * a.unique_id})
            self.age = 0
            for _ in range(count):
                mesa.Agent(self)
            self.datacollector.collect(self)

        def step(self):
            self.age += 1
            if self.age == 3:
                self.agents.do("remove")  # a step without agents
            elif self.age % 2:
                mesa.Agent(self)
            self.datacollector.collect(self)

    configuration = doe.RunConfiguration(
        Changing, run_id=0, parameters={}, seed=1, max_steps=8, data_collection_period=1
    )
    agents = doe.run(configuration).data.agents["Agent"].to_frame()
    assert agents["agent_id"].dtype == np.int64
    assert (agents["twice"] == 2 * agents["agent_id"]).all()
    assert agents.groupby("step").size().to_dict() == {
        0: count, 1: count + 1, 2: count + 1, 5: 1, 6: 1, 7: 2, 8: 2
    }  # fmt: skip


def first_then(first, later):
    return model(
        collector={
            "model_reporters": {"v": lambda m: first if m.n < 100 else later},
            "agent_reporters": {"w": lambda a: first if a.model.n < 100 else later},
        },
        setup=lambda self: Walker(self),
    )


@pytest.mark.parametrize("number", [1.5, 3, True, np.float32(2), np.bool_(False)])
def test_numbers_that_became_text_beside_a_text_are_told(number):
    notes = run(first_then("-", number)).notes
    told = "holds numbers and text, so its numbers became text; where there is no number, report None"
    assert sorted(notes) == [f"'v' {told}", f"'w' {told}"]


@pytest.mark.parametrize("later", ["high", None, math.nan])
def test_text_with_gaps_is_no_matter_to_tell(later):
    assert run(first_then("low", later)).notes == ()
