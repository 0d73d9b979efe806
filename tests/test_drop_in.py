"""What `batch_run` shares with Mesa's function of that name, and each difference that the docs list."""

import gc
import itertools
import multiprocessing
import os
import subprocess
import sys
import time
import warnings

import mesa
import numpy as np
import pytest

import mesa_doe as doe
from mesa_doe import batch_run
from tests import models

#: Up to Mesa 3.4.0 collectors do not say at which steps they collected.
NOTES_STEPS = hasattr(mesa.DataCollector(), "_collection_steps")
#: Mesa 3.3 knows no rng.
SHOWS_NO_SEED = mesa.__version__.startswith("3.3.")


class Cell(mesa.Agent):
    def __init__(self, model, size):
        super().__init__(model)
        self.size = size


class Host(mesa.Agent):
    def __init__(self, model):
        super().__init__(model)
        self.load = 0.5


class Dish(mesa.Model):
    """Counts its steps, collects `often` times in each step that `every` divides, and holds two agents."""

    def __init__(self, size=1, often=1, every=1, first=False, stop=None, rng=None, **reporters):
        super().__init__(rng=rng)
        self.ticks, self.collections, self.size = 0, 0, size
        self.often, self.every, self.stop = often, every, stop
        reporters = reporters or {"model_reporters": {"ticks": "ticks", "size": "size"}}
        self.datacollector = mesa.DataCollector(**reporters)
        Cell(self, size), Cell(self, 2 * size)
        if first:
            self.collect()

    def collect(self):
        self.collections += 1
        self.datacollector.collect(self)

    def step(self):
        self.ticks += 1
        for cell in self.agents_by_type[Cell]:
            cell.size += 1
        for _ in range(self.often if self.ticks % self.every == 0 else 0):
            self.collect()
        self.running = self.ticks != self.stop


class WithAgents(Dish):
    def __init__(self, size=1, rng=None, **options):
        kinds = {"model_reporters": {"ticks": "ticks"}, "agent_reporters": {"size_of": "size"}}
        super().__init__(size, rng=rng, **kinds, **options)


class OnlyAgents(Dish):
    def __init__(self, rng=None):
        super().__init__(rng=rng, agent_reporters={"size_of": "size"})


class Typed(Dish):
    """One agent in three has a reporter of its type; with `both`, all have one besides."""

    def __init__(self, both=False, rng=None):
        every = {"agent_reporters": {"number": "unique_id"}} if both else {}
        super().__init__(rng=rng, agenttype_reporters={Host: {"load": "load"}}, **every)
        Host(self)


class Box:
    """An object that no table could hold."""

    def __init__(self, held):
        self.held = held

    def __eq__(self, other):
        return isinstance(other, Box) and self.held == other.held

    __hash__ = None


THINGS = {
    "ints": [1, 2], "pair": (1, "a"), "by_name": {"a": {1, 2}}, "none": None, "yes": True, "large": 10**30,
    "whole": 3, "text": "x", "array": np.float64(0.5), "box": Box([1]),
}  # fmt: skip


class Things(Dish):
    def __init__(self, rng=None):
        self.things = THINGS
        super().__init__(rng=rng, model_reporters={name: (lambda m, n=name: m.things[n]) for name in THINGS})


class Drawing(Dish):
    """Reports one random number, seeded by a default of its own unless it is given another seed."""

    def __init__(self, n=1, rng=7):
        super().__init__(rng=rng, model_reporters={"drawn": lambda m: m.random.random()})


class Seeded(mesa.Model):
    def __init__(self, seed=None):
        super().__init__(seed=seed)
        self.datacollector = mesa.DataCollector({"drawn": lambda m: m.random.random()})

    def step(self):
        self.datacollector.collect(self)


class Either(Dish):
    def __init__(self, seed=None, rng=None):
        self.got = [seed, rng]
        super().__init__(rng=rng, model_reporters={"got": "got"})


class Unseedable(mesa.Model):
    def __init__(self, n):
        super().__init__()
        self.datacollector = mesa.DataCollector({"drawn": lambda m: m.random.random()})

    def step(self):
        self.datacollector.collect(self)


class Slow(Dish):
    """The first run ends last."""

    def __init__(self, rank, rng=None):
        super().__init__(rng=rng)
        time.sleep(0.6 if rank == 0 else 0.0)


class Spoilt(Exception):
    pass


class Spoiling(Dish):
    def __init__(self, day, rng=None):
        super().__init__(rng=rng)
        if day in (2, 3):
            raise Spoilt(f"on day {day}")
        SPOILING_RAN.append(day)


SPOILING_RAN = []


def rows_of(model_cls=Dish, parameters=None, **options):
    options = {"max_steps": 4, "display_progress": False, **options}
    return batch_run(model_cls, parameters or {}, **options)


def steps_of(model_cls=Dish, parameters=None, **options):
    rows = rows_of(model_cls, parameters, data_collection_period=options.pop("period", 1), **options)
    return [row["Step"] for row in rows]


# Rows, as Mesa gives them


def test_a_row_holds_run_step_parameters_seed_model_and_agent_in_this_order():
    rows = rows_of(WithAgents, {"size": 5}, rng=[3])
    common = {"RunId": 0, "iteration": 0, "Step": 4, "size": 5, "rng": 3, "ticks": 4}
    expected = [{**common, "AgentID": 1, "size_of": 9}, {**common, "AgentID": 2, "size_of": 14}]
    assert rows == expected
    assert [list(row) for row in rows] == [list(row) for row in expected]


def test_without_agent_reporters_a_run_is_one_row():
    assert rows_of(parameters={"size": 2}, rng=1) == [
        {"RunId": 0, "iteration": 0, "Step": 4, "size": 2, "rng": 1, "ticks": 4}
    ]


def test_a_model_without_agents_at_a_step_gives_its_row_without_them():
    rows = rows_of(models.Walkers, {"n": 0, "pace": 1.0}, rng=1)
    assert [row.get("AgentID", "none") for row in rows] == ["none"]
    assert rows[0]["mean"] is None


def test_each_seed_runs_all_combinations_and_the_last_parameter_changes_first():
    rows = rows_of(parameters={"size": (1, 2), "often": range(1, 3)}, rng=[7, 8])
    seen = [(row["RunId"], row["iteration"], row["size"], row["often"], row["rng"]) for row in rows]
    product = itertools.product([(0, 7), (1, 8)], (1, 2), (1, 2))
    expected = [(iteration, size, often, seed) for (iteration, seed), size, often in product]
    assert seen == [(run, *row) for run, row in enumerate(expected)]


def test_text_and_what_cannot_be_iterated_are_one_value():
    rows = rows_of(parameters={"size": 4, "stop": "ab", "every": [1]})
    assert [(row["size"], row["stop"], row["every"]) for row in rows] == [(4, "ab", 1)]


def test_a_dictionary_stands_for_its_keys():
    assert [row["size"] for row in rows_of(parameters={"size": {3: "a", 4: "b"}})] == [3, 4]


def test_a_container_in_a_list_is_a_value_and_no_run_changes_it_for_the_next():
    rows = rows_of(appending, {"held": [{"key": [1]}]}, rng=[1, 2])
    assert [row["held"] for row in rows] == [{"key": [1]}] * 2
    assert [row["size"] for row in rows] == [2, 2]


def appending(held, seed=None):
    held["key"].append(2)
    return Dish(size=len(held["key"]), rng=seed)


@pytest.mark.parametrize("processes", [1, 2])
def test_values_are_what_the_reporters_gave(processes):
    row = rows_of(Things, rng=1, number_processes=processes)[0]
    given = {name: row[name] for name in THINGS}
    assert given == THINGS
    assert {name: type(value) for name, value in given.items()} == {n: type(v) for n, v in THINGS.items()}


def test_agent_types_have_rows_of_their_own():
    rows = rows_of(Typed, rng=1)
    assert [(row["AgentID"], row["load"]) for row in rows] == [(3, 0.5)]


def test_an_agent_with_reporters_of_both_kinds_comes_twice():
    rows = rows_of(Typed, {"both": True}, rng=1)
    assert [(row["AgentID"], row.get("number"), row.get("load")) for row in rows] == [
        (1, 1, None), (2, 2, None), (3, 3, None), (3, None, 0.5),
    ]  # fmt: skip
    assert "load" not in rows[0]


def test_a_reporter_hides_the_column_that_it_is_named_like():
    assert rows_of(misnamed, {"size": 1})[0]["Step"] == 40


def misnamed(size, seed=None):
    return Dish(size=size, rng=seed, model_reporters={"Step": lambda m: 10 * m.ticks})


@pytest.mark.skipif(not hasattr(mesa, "batch_run"), reason="this Mesa has no batch_run")
@pytest.mark.parametrize("period", [-1, 1, 3])
def test_rows_are_those_of_mesas_own(period):
    # Mesa's sets the start method of the whole process.
    method = multiprocessing.get_start_method(allow_none=True)
    seeds = {} if SHOWS_NO_SEED else {"rng": [5, 6]}
    parameters = {"n": [3, 30], "torus": [True, False], "rng": [5, 6]}
    if seeds:
        del parameters["rng"]
    options = {"data_collection_period": period, "max_steps": 6, "display_progress": False, **seeds}
    try:
        expected = mesa.batch_run(models.Walkers, parameters, **options)
    finally:
        multiprocessing.set_start_method(method, force=True)
    rows = batch_run(models.Walkers, parameters, **options)
    assert len(rows) > 8 * 3
    assert rows == expected
    assert [list(row) for row in rows] == [list(row) for row in expected]


# Steps and collections


@pytest.mark.parametrize("first", [True, False])
def test_max_steps_is_the_number_of_steps_on_every_version(first):
    rows = rows_of(parameters={"first": first})
    assert [(row["Step"], row["ticks"]) for row in rows] == [(4, 4)]
    assert type(rows[0]["Step"]) is int


def test_a_model_that_stops_has_its_last_collection():
    assert steps_of(parameters={"stop": 2}, period=-1) == [2]


def test_a_run_of_no_steps_shows_what_the_constructor_collected():
    assert rows_of(parameters={"first": True}, max_steps=0)[0]["Step"] == 0


def test_period_1_is_every_collection():
    assert steps_of() == [1, 2, 3, 4]
    assert steps_of(parameters={"first": True}) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("first", "steps"), [(False, [1, 3, 5, 6]), (True, [0, 2, 4, 6])])
def test_period_n_is_each_nth_collection_and_the_last(first, steps):
    assert steps_of(parameters={"first": first}, period=2, max_steps=6) == steps
    assert steps_of(WithAgents, {"first": first}, period=2, max_steps=6) == [s for s in steps for _ in (1, 2)]


@pytest.mark.parametrize("first", [False, True])
def test_a_model_that_collects_now_and_then_has_rows_for_these_steps_alone(first):
    rows = rows_of(parameters={"every": 5, "first": first}, max_steps=17, data_collection_period=1)
    steps = [0, 5, 10, 15] if first else [5, 10, 15]
    assert [(row["Step"], row["ticks"]) for row in rows] == [(step, step) for step in steps]


def test_several_collections_in_a_step_are_a_row_each_with_their_own_values():
    rows = rows_of(counting, {"often": 2}, data_collection_period=1, max_steps=3)
    assert [(row["Step"], row["count"]) for row in rows] == [(1, 1), (1, 2), (2, 3), (2, 4), (3, 5), (3, 6)]


def counting(often, seed=None):
    return Dish(often=often, rng=seed, model_reporters={"count": "collections"})


def test_agents_come_with_the_last_collection_of_their_step():
    rows = rows_of(WithAgents, {"often": 2}, data_collection_period=1, max_steps=2)
    assert [(row["Step"], row.get("AgentID")) for row in rows] == [
        (1, None), (1, 1), (1, 2), (2, None), (2, 1), (2, 2),
    ]  # fmt: skip


def test_models_that_report_on_agents_alone_give_rows():
    rows = rows_of(OnlyAgents, rng=1, data_collection_period=1, max_steps=2)
    assert [(row["Step"], row["AgentID"], row["size_of"]) for row in rows] == [
        (1, 1, 2), (1, 2, 3), (2, 1, 3), (2, 2, 4),
    ]  # fmt: skip
    assert [row["Step"] for row in rows_of(OnlyAgents)] == [4, 4]


@pytest.mark.skipif(not NOTES_STEPS, reason="collectors of this Mesa never note their steps")
def test_a_collector_that_notes_no_steps_is_read_as_mesas_tests_hold():
    # Of six steps those from 0 to 5 are counted, each shown by the collection before it, or by the first.
    rows = rows_of(forgetful, max_steps=6, data_collection_period=2)
    assert [(row["Step"], row["ticks"]) for row in rows] == [
        (0, 1),
        (2, 2),
        (2, 2),
        (4, 4),
        (4, 4),
        (5, 5),
        (5, 5),
    ]


def forgetful(seed=None):
    model = WithAgents(rng=seed)
    del model.datacollector._collection_steps
    return model


class BurntIn(Dish):
    """Has made three steps, and collected at the last, when it is constructed."""

    def __init__(self, agents=False, rng=None):
        kinds = {"agent_reporters": {"size_of": "size"}} if agents else {}
        super().__init__(every=3, rng=rng, model_reporters={"ticks": "ticks"}, **kinds)
        for _ in range(3):
            self.step()


@pytest.mark.skipif(NOTES_STEPS, reason="this Mesa notes the steps of collections")
def test_where_mesa_lost_the_steps_they_are_taken_from_the_agents_or_it_is_told():
    assert steps_of(BurntIn, {"agents": True}, max_steps=6) == [3, 3, 6, 6]
    with pytest.raises(doe.ConfigurationError, match=r"does not note at which steps.*3\.4\.1"):
        rows_of(BurntIn, max_steps=6)


@pytest.mark.skipif(not NOTES_STEPS, reason="this Mesa notes no steps")
def test_steps_made_by_the_constructor_count():
    assert steps_of(BurntIn, max_steps=6) == [3, 6]


def test_runs_that_collected_nothing_have_no_rows_and_a_warning():
    with pytest.warns(doe.MesaDoeWarning, match=r"1 of 2 runs collected nothing.*datacollector\.collect"):
        rows = rows_of(parameters={"every": [1, 10]})
    assert [row["RunId"] for row in rows] == [0]


def test_a_model_without_a_collector_is_refused_before_its_first_step():
    with pytest.raises(doe.ConfigurationError, match=r"Bare has no DataCollector.*BatchRunner"):
        rows_of(Bare)


class Bare(mesa.Model):
    def __init__(self, rng=None):
        super().__init__(rng=rng)

    def step(self):
        raise AssertionError("was run")


# Seeds


def test_the_same_seeds_give_the_same_rows_and_others_do_not():
    drawn = [[row["drawn"] for row in rows_of(Drawing, rng=seeds)] for seeds in ([1, 2], [1, 2], [3, 4])]
    assert drawn[0] == drawn[1]
    assert len(set(drawn[0] + drawn[2])) == 4


def test_an_int_is_the_models_own_seed():
    model = Drawing(rng=11)
    for _ in range(4):
        model.step()
    assert rows_of(Drawing, rng=11)[0]["drawn"] == model.datacollector.model_vars["drawn"][-1]


@pytest.mark.parametrize("rng", [None, [None, None]])
def test_without_seeds_runs_differ_whatever_the_models_default(rng):
    rows = rows_of(Drawing, {"n": [1, 1]}, rng=rng)
    assert len({row["drawn"] for row in rows}) == len(rows)
    assert {row.get("rng") for row in rows} == {None}
    assert ("rng" in rows[0]) is not SHOWS_NO_SEED


@pytest.mark.filterwarnings("ignore:The use of the `seed` keyword:FutureWarning")
@pytest.mark.skipif(mesa.__version__.startswith("4."), reason="models take no seed in Mesa 4")
def test_a_model_that_takes_seed_has_it_in_a_column_of_that_name():
    rows = rows_of(Seeded, rng=[4])
    assert (rows[0]["seed"], "rng" in rows[0]) == (4, False)


@pytest.mark.skipif(mesa.__version__.startswith("4."), reason="models take no seed in Mesa 4")
def test_a_model_that_takes_seed_and_rng_gets_rng():
    assert (rows_of(Either, rng=4)[0]["rng"], rows_of(Either, rng=4)[0]["got"]) == (4, [None, 4])


@pytest.mark.parametrize("rng", [np.random.SeedSequence(5), [np.random.SeedSequence(5)], [[5, 6]]])
def test_other_kinds_of_seeds_are_shown_as_given_and_repeat_the_run(rng):
    first, again = rows_of(Drawing, rng=rng), rows_of(Drawing, rng=rng)
    assert first == again
    assert first[0]["rng"] == (rng[0] if isinstance(rng, list) else rng)


def test_numpys_ints_are_ints():
    row = rows_of(Drawing, rng=np.array([3]))[0]
    assert (row["rng"], type(row["rng"])) == (3, int)
    assert row["drawn"] == rows_of(Drawing, rng=3)[0]["drawn"]


def test_seeds_among_the_parameters_are_obeyed():
    rows = rows_of(Drawing, {"rng": [1, 2], "n": 3})
    assert [row["drawn"] for row in rows] == [row["drawn"] for row in rows_of(Drawing, rng=[1, 2])]
    assert list(rows[1])[3:5] == ["rng", "n"]
    assert rows[1]["rng"] == 2


@pytest.mark.parametrize("bad", [-1, "a", [1.5], True])
def test_what_seeds_nothing_is_refused(bad):
    with pytest.raises(doe.ConfigurationError, match="rng takes"):
        rows_of(Drawing, rng=bad)


def test_seeds_given_twice_are_refused():
    with pytest.raises(doe.ConfigurationError, match=r"given twice.*'rng'"):
        rows_of(Drawing, {"rng": [1, 2]}, rng=[3])


def test_a_model_that_cannot_be_seeded_runs_without_and_is_refused_with_seeds():
    assert len(rows_of(Unseedable, {"n": [1, 2]})) == 2
    with pytest.raises(doe.ConfigurationError, match="takes neither rng, seed nor scenario"):
        rows_of(Unseedable, {"n": 1}, rng=1)


def test_scenario_models_run_and_are_seeded():
    from mesa.examples import BoltzmannWealth

    rows = rows_of(BoltzmannWealth, {"n": [5, 6]}, rng=[1], data_collection_period=-1)
    assert [row["n"] for row in rows] == [5] * 5 + [6] * 6
    assert rows == rows_of(BoltzmannWealth, {"n": [5, 6]}, rng=[1], data_collection_period=-1)


# iterations, as in Mesa 3.3


def test_iterations_are_unseeded_runs_and_deprecated_at_the_users_line():
    with pytest.warns(DeprecationWarning, match=r"iterations is deprecated.*rng=range\(3\)") as told:
        rows = rows_of_iterations(3)
    assert told[0].filename == __file__
    assert [(row["RunId"], row["iteration"], row.get("rng")) for row in rows] == [
        (0, 0, None), (1, 1, None), (2, 2, None),
    ]  # fmt: skip
    assert len({row["drawn"] for row in rows}) == 3


def rows_of_iterations(iterations):
    return batch_run(Drawing, {}, iterations=iterations, max_steps=2, display_progress=False)


def test_iterations_and_rng_exclude_each_other():
    with pytest.raises(ValueError, match="iterations and rng exclude each other"):
        rows_of(iterations=1, rng=1)


@pytest.mark.parametrize("iterations", [0, -1, 1.5, True])
def test_iterations_that_are_no_count_are_refused(iterations):
    with pytest.raises(doe.ConfigurationError, match="iterations takes an int from 1"):
        rows_of(iterations=iterations)


# What is refused before any run


@pytest.mark.parametrize("empty", [[], (), set(), range(0), np.array([]), iter(())])
def test_an_empty_iterable_is_refused(empty):
    with pytest.raises(ValueError, match="parameter 'size' contains an empty iterable"):
        rows_of(parameters={"every": [1, 2], "size": empty})


def test_all_empty_iterables_are_named():
    with pytest.raises(doe.ConfigurationError, match=r"'size'(.|\n)*'every'"):
        rows_of(parameters={"size": [], "every": []})


def test_no_seeds_are_refused():
    with pytest.raises(doe.ConfigurationError, match=r"rng=\[\] holds no seed"):
        rows_of(rng=[])


def test_an_iterator_serves_every_iteration():
    assert len(rows_of(parameters={"size": iter([1, 2])}, rng=[1, 2])) == 4


def test_wrong_names_are_refused_with_the_close_match():
    with pytest.raises(doe.ConfigurationError, match="no parameter 'rnk': did you mean 'rank'"):
        rows_of(Slow, {"rank": 1, "rnk": 1})


@pytest.mark.parametrize(
    ("setting", "match"),
    [
        ({"max_steps": 1.5}, "max_steps takes"),
        ({"data_collection_period": 0}, "data_collection_period takes"),
        ({"data_collection_period": -2}, "data_collection_period takes"),
        ({"number_processes": 0}, "number_processes takes"),
        ({"number_processes": -1}, "number_processes takes"),
        ({"parameters": [1]}, "parameters takes a mapping"),
        ({"model_cls": "Dish"}, "model_cls takes"),
    ],
)
def test_wrong_settings_are_refused(setting, match):
    with pytest.raises(doe.ConfigurationError, match=match):
        rows_of(**setting)


def test_all_wrong_settings_are_named():
    with pytest.raises(doe.ConfigurationError, match=r"max_steps(.|\n)*number_processes"):
        rows_of(max_steps=-1, number_processes=0)


# Failures


@pytest.fixture
def stops():
    """Let go of joblib's tasks that were cancelled: it warns of them, whenever it is collected."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.usefixtures("stops")
def test_what_a_model_raises_is_raised_with_the_run_that_it_was(processes):
    with pytest.raises(Spoilt, match=r"on day [23]") as raised:
        rows_of(Spoiling, {"day": [1, 2, 3, 4]}, rng=1, number_processes=processes)
    # Of runs that are made at once, the first one to end stops the others.
    day = int(str(raised.value)[-1])
    assert day == 2 or processes > 1
    (note,) = raised.value.__notes__
    assert f"run {day - 1} of 4" in note
    assert f"{{'day': {day}}}" in note
    assert raised.value.__context__ is None
    assert raised.traceback[-1].name == "__init__"


def test_no_further_runs_are_made():
    SPOILING_RAN.clear()
    with pytest.raises(Spoilt):
        rows_of(Spoiling, {"day": [1, 2, 3, 4]}, rng=1)
    assert SPOILING_RAN == [1]


def test_an_unseeded_failure_is_raised_as_well():
    with pytest.raises(Spoilt):
        rows_of(unlucky, rng=[None] * 20)


def unlucky(seed=None):
    model = Dish(rng=seed)
    if model.random.random() < 0.5:
        raise Spoilt
    return model


def test_a_failure_that_does_not_come_again_is_told():
    fails = iter([True])

    def once(seed=None):
        if next(fails, False):
            raise Spoilt("only today")
        return Dish(rng=seed)

    with pytest.raises(doe.StudyError, match="Spoilt: only today") as raised:
        rows_of(once, rng=1)
    assert any("did not fail when it was made again" in note for note in raised.value.__notes__)


@pytest.mark.usefixtures("stops")
def test_a_run_that_kills_its_worker_is_told_and_not_made_here():
    with pytest.raises(doe.StudyError, match="died"):
        rows_of(Deadly, {"day": [1, 2, 3]}, rng=1, number_processes=2)


class Deadly(Dish):
    def __init__(self, day, rng=None):
        super().__init__(rng=rng)
        if day == 2:
            os._exit(3)


# Processes and the bar


@pytest.mark.parametrize(("number_processes", "n_jobs"), [(None, -1), (1, 1), (3, 3)])
def test_none_is_all_cores_and_a_number_is_that_many(number_processes, n_jobs, monkeypatch):
    def runner(runs, *, n_jobs, **options):
        raise Spoilt(n_jobs)

    # The module is hidden behind the function of its name.
    monkeypatch.setattr(sys.modules[batch_run.__module__], "BatchRunner", runner)
    with pytest.raises(Spoilt, match=f"^{n_jobs}$"):
        rows_of(number_processes=number_processes)


def test_rows_come_in_run_order_from_several_processes():
    rows = rows_of(Slow, {"rank": range(4)}, rng=1, number_processes=2)
    assert [row["rank"] for row in rows] == [0, 1, 2, 3]


def test_the_number_of_processes_changes_no_row():
    options = {"parameters": {"n": [3, 4]}, "rng": [1, 2], "data_collection_period": 1}
    one = rows_of(models.Walkers, **options)
    assert rows_of(models.Walkers, number_processes=2, **options) == one
    assert rows_of(models.Walkers, number_processes=None, **options) == one


@pytest.mark.skipif(
    len(multiprocessing.get_all_start_methods()) == 1,
    reason="there is one start method, which none can change",
)
def test_the_start_method_is_left_alone():
    before = multiprocessing.get_start_method(allow_none=True)
    other = multiprocessing.get_all_start_methods()[0]
    other = other if other != "spawn" else multiprocessing.get_all_start_methods()[1]
    try:
        multiprocessing.set_start_method(other, force=True)
        rows_of(rng=1, number_processes=2)
        assert multiprocessing.get_start_method() == other
    finally:
        multiprocessing.set_start_method(before, force=True)


# In a notebook too the model's module is `__main__`, and there is no file to import it from.
NOTEBOOK = """
import enum, mesa, mesa_doe

class Colour(enum.Enum):
    RED = 1

class Cells(mesa.Model):
    def __init__(self, n, rng=None):
        super().__init__(rng=rng)
        self.datacollector = mesa.DataCollector({"colour": lambda m: Colour.RED})

    def step(self):
        self.datacollector.collect(self)

options = dict(number_processes=2, max_steps=2, rng=1, display_progress=False)
rows = mesa_doe.batch_run(Cells, {"n": [1, 2]}, **options)
print([(row["n"], row["colour"] is Colour.RED) for row in rows])
"""


def test_a_model_of_a_notebook_runs_in_several_processes():
    done = subprocess.run([sys.executable, "-"], input=NOTEBOOK, capture_output=True, text=True, timeout=120)
    assert (done.stdout.strip(), done.returncode) == ("[(1, True), (2, True)]", 0), done.stderr


@pytest.mark.parametrize("shown", [True, False])
def test_the_bar_is_shown_if_asked_for(shown, capsys):
    rows_of(display_progress=shown)
    assert ("1/1" in capsys.readouterr().err) is shown
