"""One run: how far it goes, what becomes of failures, and what it leaves behind."""

import gc
import random
import time
import weakref

import mesa
import mesa.model
import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.model_run import check_model, execute, recipe_of, run
from mesa_doe.seeding import kept_generators

SEED = 2**127 + 5
VERSION = tuple(map(int, mesa.__version__.split(".")[:2]))


class Counter(mesa.Model):
    """Stops by itself after ``stop`` steps, and counts those that were made."""

    def __init__(self, stop=None, warm=0, rng=None):
        super().__init__(rng=rng)
        self.count = 0
        self.stop = stop
        self.running = stop != 0
        self.datacollector = mesa.DataCollector({"count": "count", "draw": lambda m: m.random.random()})
        self.datacollector.collect(self)

    def step(self):
        self.count += 1
        self.running = self.count != self.stop
        self.datacollector.collect(self)


def configuration(model_cls=Counter, **settings):
    settings = {"run_id": 0, "seed": SEED, "max_steps": 5, "data_collection_period": 1, **settings}
    return doe.RunConfiguration(model_cls, **settings)


# --- how far ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("max_steps", [0, 1, 7, np.int64(3)])
def test_exactly_max_steps_are_made(max_steps):
    record = run(configuration(max_steps=max_steps))
    assert record.steps == max_steps
    assert record.model["count"].tolist() == list(range(int(max_steps) + 1))
    assert record.model["step"].tolist() == record.model["count"].tolist()


def test_a_model_that_is_not_running_makes_no_step_but_what_it_collected_counts():
    record = run(configuration(parameters={"stop": 0}))
    assert record.status == "ok"
    assert record.steps == 0
    assert record.model[["step", "count"]].values.tolist() == [[0, 0]]


def test_a_model_that_stops_running_is_stepped_no_further():
    record = run(configuration(parameters={"stop": 3}, max_steps=10))
    assert record.steps == 3
    assert record.model["count"].tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("clock", ["set back", "a list"])
def test_a_model_whose_own_clock_stands_still_comes_to_an_end(clock):
    class Stuck(mesa.Model):
        def __init__(self, rng=None):
            super().__init__(rng=rng)
            self.made = 0

        def step(self):
            self.made += 1
            if clock == "set back" and VERSION < (4, 0):
                self.steps = 0
            if clock == "a list" and VERSION >= (3, 4):
                self.steps = [self.made] if VERSION >= (4, 0) else self.steps

    record = run(configuration(Stuck, outputs=lambda model: {"made": model.made}, data_collection_period=-1))
    assert record.model["made"].tolist() == [5]


def test_a_model_made_by_hand_gives_the_same_values():
    by_hand = Counter(rng=SEED)
    for _ in range(5):
        by_hand.step()
    expected = by_hand.datacollector.get_model_vars_dataframe()
    series = run(configuration()).model
    assert series["draw"].tolist() == expected["draw"].tolist()
    assert series["count"].tolist() == expected["count"].tolist()
    assert series["draw"].nunique() > 3


def test_the_same_configuration_gives_the_same_whatever_ran_before():
    first = run(configuration()).model
    random.seed(1)
    run(configuration(seed=1))
    pd.testing.assert_frame_equal(run(configuration()).model, first, check_exact=True)
    assert not run(configuration(seed=1)).model["draw"].equals(first["draw"])


def test_models_that_draw_from_the_global_generators_are_repeatable():
    class Careless(mesa.Model):
        def __init__(self, rng=None):
            super().__init__(rng=rng)
            self.drawn = (random.random(), np.random.random())  # noqa: NPY002

    def outputs(model):
        return {"a": model.drawn[0], "b": model.drawn[1]}

    frames = [run(configuration(Careless, outputs=outputs)).model for _ in range(2)]
    other = run(configuration(Careless, outputs=outputs, seed=SEED + 1)).model
    assert frames[0].equals(frames[1])
    assert (frames[0][["a", "b"]] != other[["a", "b"]]).all(axis=None)


# --- failures -----------------------------------------------------------------------------------------------


class Trouble(mesa.Model):
    def __init__(self, where, error=ZeroDivisionError, rng=None):
        super().__init__(rng=rng)
        self.where, self.error = where, error
        mesa.Agent(self)
        reporters = {"y": self.report, "z": lambda m: m.fail("validated")}
        agents = {"a": lambda agent: agent.model.fail("agent")}
        self.datacollector = mesa.DataCollector(reporters, agents)
        self.fail("constructor")

    def report(self):
        self.fail("reporter")
        return 1

    def fail(self, where):
        if where == self.where:
            raise self.error("told by the user")  # the user's line

    def step(self):
        self.fail("step")
        self.datacollector.collect(self)


class Panic(BaseException):
    """As what an extension in Rust raises when it panics."""


@pytest.mark.parametrize(
    ("where", "origin"),
    [
        ("constructor", "building"),
        ("step", "stepping"),
        ("reporter", "collecting"),
        ("validated", "collecting"),
        ("agent", "collecting"),
    ],
)
@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit, Panic])
def test_a_failure_is_a_record_that_says_where(where, origin, error):
    settings = configuration(Trouble, parameters={"where": where, "error": error})
    record = run(settings, on_error="record")
    assert (record.status, record.origin) == ("failed", origin)
    assert "told by the user" in record.error
    assert "the user's line" in record.traceback
    assert record.model.empty
    assert record.exception is not None
    assert type(record.exception).__name__ == record.error_type


def test_steps_counts_those_that_were_finished():
    class FailsInThird(Counter):
        def step(self):
            super().step()
            if self.count == 3:
                raise ValueError

    record = run(configuration(FailsInThird), on_error="record")
    assert (record.status, record.steps) == ("failed", 2)


@pytest.mark.parametrize("where", ["constructor", "step"])
@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit])
def test_by_default_the_original_error_is_raised(where, error):
    with pytest.raises(error, match="told by the user"):
        run(configuration(Trouble, parameters={"where": where, "error": error}))


@pytest.mark.parametrize("where", ["constructor", "step"])
def test_a_keyboard_interrupt_passes_through_and_the_generators_are_put_back(where):
    state = random.getstate()
    settings = configuration(Trouble, parameters={"where": where, "error": KeyboardInterrupt})
    with pytest.raises(KeyboardInterrupt):
        run(settings, on_error="record")
    assert random.getstate() == state


def test_a_failing_outputs_function_is_a_failure_of_collecting():
    record = run(configuration(outputs=lambda model: 1 / 0), on_error="record")
    assert (record.origin, record.error_type) == ("collecting", "ZeroDivisionError")


@pytest.mark.parametrize("value", [None, 1.5, [("y", 1)]])
def test_a_function_that_returns_no_mapping_fails_with_a_clear_message(value):
    def harvest(x):
        return value

    record = run(configuration(harvest, parameters={"x": 1}), on_error="record")
    assert (record.status, record.origin, record.error_type) == ("failed", "collecting", "ConfigurationError")
    assert record.error.startswith(
        "what harvest returns must be a mapping of names to values, e.g. {'y': 1.0}, got"
    )
    assert repr(value) in record.error


def test_outputs_that_are_no_mapping_are_called_by_their_name():
    for model_cls in (Counter, lambda: {"y": 1}):
        with pytest.raises(doe.ConfigurationError, match=r"^outputs must be a mapping"):
            run(configuration(model_cls, outputs=lambda _: 3))


def test_an_error_that_cannot_be_written_is_recorded_all_the_same():
    class Unwritable(Exception):
        def __str__(self):
            raise RuntimeError

    record = run(configuration(Trouble, parameters={"where": "step", "error": Unwritable}), on_error="record")
    assert record.error_type == "Unwritable"
    assert record.error == "<its text cannot be had: RuntimeError>"


def test_several_configurations_are_no_run():
    design = doe.monte_carlo(doe.ParameterSpace(x=doe.Real(0, 1)), 4, rng=1)
    runs = design.configurations(lambda x: {"y": x}, rng=1)
    with pytest.raises(
        doe.ConfigurationError, match=r"got <Configurations: 4 runs .*; take one .* configurations\[0\]"
    ):
        run(runs)
    with pytest.raises(
        doe.ConfigurationError, match=r"got \[RunConfiguration.*…; take one of them"
    ) as caught:
        run(list(runs))
    assert len(str(caught.value)) < 500
    with pytest.raises(
        doe.ConfigurationError, match=r"run takes one RunConfiguration, got <class 'object'>$"
    ):
        run(object)


def test_wrong_settings_are_all_told_before_the_run():
    with pytest.raises(doe.ConfigurationError, match=r"(?s)max_steps.*data_collection_period.*seed"):
        run(configuration(max_steps=-1, data_collection_period=0, seed=-1))
    with pytest.raises(doe.ConfigurationError, match="on_error takes 'raise' or 'record', got 'ignore'"):
        run(configuration(), on_error="ignore")


# --- what is left behind ------------------------------------------------------------------------------------


class Careless(Counter):
    def __init__(self, fail=False, rng=None):
        random.random()
        np.random.random()  # noqa: NPY002
        super().__init__(rng=rng)
        if fail:
            raise ValueError(fail)


def states():
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002
    return random.getstate(), kind, keys.tolist(), rest


@pytest.mark.parametrize("fail", [False, True])
def test_the_global_generators_stay_as_they_were(fail):
    before = states()
    settings = configuration(Careless, parameters={"fail": fail})
    run(settings, on_error="record")
    assert states() == before
    check_model(settings, recipe_of(Careless))
    assert states() == before
    with kept_generators():
        execute(settings, recipe_of(Careless))
        assert states() != before
    assert states() == before


class Watched(mesa.Model):
    """Has agents on a grid, whose cells have looked around; leaves a weak reference of itself."""

    born = []  # noqa: RUF012

    def __init__(self, fail="", rng=None):
        super().__init__(rng=rng)
        from mesa.discrete_space import CellAgent, OrthogonalMooreGrid

        self.born.append(weakref.ref(self))
        self.fail = fail
        self.grid = OrthogonalMooreGrid((3, 3), random=self.random)
        agent = CellAgent(self)
        agent.cell = next(iter(self.grid.all_cells))
        assert len(agent.cell.get_neighborhood(radius=2)) > 1
        if fail == "constructor":
            raise ValueError("no")

    def step(self):
        if self.fail == "step":
            try:
                raise ValueError("first")
            except ValueError as error:
                raise KeyError("then") from error


def alive():
    gc.collect()
    found = [reference() is not None for reference in Watched.born]
    assert found
    Watched.born.clear()
    return any(found)


@pytest.mark.parametrize("fail", ["", "constructor", "step"])
def test_a_model_is_let_go_after_its_run_even_if_it_failed(fail):
    settings = configuration(Watched, parameters={"fail": fail}, outputs=lambda model: {"y": 1})
    record = run(settings, on_error="record")
    assert record.status == ("failed" if fail else "ok")
    assert not alive()
    assert record.exception is None or record.exception.__traceback__ is not None


@pytest.mark.parametrize("fail", ["", "constructor"])
def test_a_model_is_let_go_after_its_check(fail):
    settings = configuration(Watched, parameters={"fail": fail})
    recipe = recipe_of(Watched)
    if fail:
        check_model(settings, recipe)
    else:
        with pytest.raises(doe.ConfigurationError):
            check_model(settings, recipe)
    assert not alive()


def test_a_model_of_the_users_keeps_counting_its_agents():
    mine = Watched()
    Watched.born.clear()
    ids = [agent.unique_id for agent in mine.agents]
    run(configuration(Watched, outputs=lambda model: {"y": 1}))
    assert mesa.Agent(mine).unique_id == max(ids) + 1


def test_the_check_leaves_errors_of_the_model_to_the_run():
    for error in (ZeroDivisionError, SystemExit, Panic):
        settings = configuration(Trouble, parameters={"where": "constructor", "error": error})
        assert check_model(settings, recipe_of(Trouble)) is None


def test_the_check_leaves_a_constructor_that_takes_too_long_to_the_run():
    built = []

    class Slow(mesa.Model):
        def __init__(self):
            time.sleep(5)
            built.append(True)

    assert check_model(configuration(Slow), recipe_of(Slow), timeout=0.1) is None
    assert not built


def test_the_check_calls_no_function():
    def function(x):
        raise AssertionError

    assert check_model(configuration(function, parameters={"x": 1}), recipe_of(function)) is None
