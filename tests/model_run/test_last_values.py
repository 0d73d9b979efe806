"""The short way to read a run gives what the long way does, and is taken where it can be."""

import mesa
import mesa.examples
import pytest

import mesa_doe as doe
from mesa_doe.model_run.collect import Reader
from mesa_doe.model_run.last_values import LastValues, Readers
from mesa_doe.model_run.wanted import Wanted

ALL = Wanted(None, -1)


class Being(mesa.Agent):
    pass


class Counter(mesa.Model):
    """Collects when and what its class attributes say."""

    collector = {"model_reporters": {"n": "n", "word": lambda m: f"n{m.n}"}}  # noqa: RUF012
    at_start, every, times = True, 1, 1

    def __init__(self, rng=None):
        super().__init__(rng=rng)
        self.n = 0
        Being(self)
        self.datacollector = mesa.DataCollector(**self.collector)
        if self.at_start:
            self.datacollector.collect(self)

    def step(self):
        self.n += 1
        if self.n % self.every == 0:
            for _ in range(self.times):
                self.datacollector.collect(self)


class Growing(Counter):
    """Gets reporters of agents after it was built."""

    def step(self):
        super().step()
        self.datacollector.agent_reporters = {"id": "unique_id"}
        self.datacollector._new_agent_reporter("id", "unique_id")


KINDS = {
    "plain": {},
    "not at the start": {"at_start": False},
    "every third step": {"every": 3},
    "never": {"at_start": False, "every": 99},
    "twice a step": {"times": 2},
    "with agents": {"collector": {"model_reporters": {"n": "n"}, "agent_reporters": {"id": "unique_id"}}},
    "agents alone": {"collector": {"agent_reporters": {"id": "unique_id"}}},
    "with agents by type": {
        "collector": {"model_reporters": {"n": "n"}, "agenttype_reporters": {Being: {"id": "unique_id"}}}
    },
    "with a table": {"collector": {"model_reporters": {"n": "n"}, "tables": {"t": ["a"]}}},
    "names like ours": {"collector": {"model_reporters": {"step": "n", "run_id": "n"}}},
    "no numbers": {"collector": {"model_reporters": {"a": lambda m: [m.n], "b": lambda m: None}}},
}


def frames(model, steps=7):
    run = doe.run(doe.RunConfiguration(model, run_id=3, max_steps=steps, seed=5))
    tables = {"model": run.model, **run.agents, **run.tables}
    return {name: frame.to_dict("list") for name, frame in tables.items()}, run.notes


def both_ways(monkeypatch, model):
    short = frames(model)
    monkeypatch.setattr(Readers, "of", lambda self, model: Reader(model, self._wanted))
    return short, frames(model)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_it_reads_what_the_long_way_reads(monkeypatch, kind):
    model = type("Kind", (Counter,), KINDS[kind])
    short, long = both_ways(monkeypatch, model)
    assert repr(short) == repr(long)
    assert short[0]


def test_reporters_that_come_later_are_read_too(monkeypatch):
    short, long = both_ways(monkeypatch, Growing)
    assert repr(short) == repr(long)
    assert short[0]["Agent"]["id"]


@pytest.mark.parametrize("name", sorted({"Schelling", "BoltzmannWealth", "WolfSheep", "VirusOnNetwork"}))
@pytest.mark.filterwarnings("ignore:The use of the `seed` keyword argument is deprecated:FutureWarning")
def test_bundled_models_give_the_same_either_way(monkeypatch, name):
    short, long = both_ways(monkeypatch, getattr(mesa.examples, name))
    assert repr(short) == repr(long)


@pytest.mark.parametrize(("kind", "taken"), [("plain", True), ("agents alone", False)])
def test_it_is_taken_where_there_are_reporters_of_the_model(kind, taken):
    model = type("Kind", (Counter,), KINDS[kind])(rng=1)
    assert isinstance(Readers(ALL).of(model), LastValues) is taken
    assert isinstance(Readers(Wanted(None, 1)).of(model), Reader)
    if taken:
        assert isinstance(Readers(Wanted(["n"], -1)).of(model), Reader)


def test_a_second_collector_or_a_recorder_takes_the_long_way():
    model = Counter(rng=1)
    model.other = mesa.DataCollector({"n": "n"})
    assert isinstance(Readers(ALL).of(model), Reader)


def test_models_of_a_batch_need_not_hold_the_same():
    readers = Readers(ALL)
    for has_other, kind in ((False, LastValues), (True, Reader), (False, LastValues)):
        model = Counter(rng=1)
        model.other = mesa.DataCollector({"n": "n"}) if has_other else None
        assert isinstance(readers.of(model), kind)


class Odd(mesa.Model):
    """Of every third run the output is text, of every fifth there is one more."""

    def __init__(self, x, rng=None):
        super().__init__(rng=rng)
        self.running = False
        reporters = {
            "y": lambda m: str(x) if x % 3 == 0 else x,
            **({"z": lambda m: -x} if x % 5 == 0 else {}),
        }
        self.datacollector = mesa.DataCollector(reporters)
        self.datacollector.collect(self)


def test_runs_that_report_differently_keep_their_own_rows():
    design = doe.explicit({"x": range(40)})
    frame = doe.BatchRunner(design.configurations(Odd, rng=1), 1, display_progress=False).run_all().model
    assert frame["run_id"].tolist() == list(range(40))
    assert frame["y"].tolist() == [str(x) for x in range(40)]
    assert frame["z"].fillna(1).tolist() == [-x if x % 5 == 0 else 1 for x in range(40)]
