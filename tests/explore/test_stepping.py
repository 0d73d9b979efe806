import random

import numpy as np
import pytest

from mesa_doe.configurations import RunConfiguration
from mesa_doe.errors import ConfigurationError
from mesa_doe.explore.chosen import configuration_of
from mesa_doe.explore.portraying import CLASS, attributes_of, by_default, portrayal
from mesa_doe.explore.stepping import stepped
from tests import models
from tests.explore.studies import Drawing

pytestmark = pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")


def to_the_end(model, disturb=lambda: None):
    while model.running:
        disturb()
        model.step()
    return model.datacollector.get_model_vars_dataframe()


def recorded(study, run):
    model = study.results.model
    return model[model["run_id"] == run]


@pytest.mark.parametrize("name", ["drawing", "schelling", "walking"])
def test_stepping_to_the_end_gives_the_recorded_outputs(opened, name):
    study = opened(name)
    ok = study.results.runs.index[study.results.runs["status"] == "ok"]
    for run in map(int, ok[:3]):
        model = stepped(configuration_of(study, run))
        found = to_the_end(model)
        own = recorded(study, run)
        assert model.now == study.results.runs["steps"].loc[run]
        shared = set(found) & set(study.outputs)
        # "drawn" is of a function, which no collector has.
        assert shared == set(study.outputs) - {"drawn"}
        for output in shared:
            assert found[output].to_numpy(float) == pytest.approx(
                own[output].to_numpy(float), rel=0, abs=0, nan_ok=True
            )


def test_others_may_draw_from_the_global_generators_meanwhile(opened):
    study = opened("drawing")

    def disturb():
        random.random()
        np.random.random()  # noqa: NPY002

    found = to_the_end(stepped(configuration_of(study, 1)), disturb)
    assert found["total"].tolist() == recorded(study, 1)["total"].tolist()


def test_two_models_are_stepped_by_turns(opened):
    study = opened("drawing")
    one, other = (stepped(configuration_of(study, run)) for run in (0, 5))
    for _ in range(8):
        one.step()
        other.step()
    for model, run in ((one, 0), (other, 5)):
        found = model.datacollector.get_model_vars_dataframe()["total"]
        assert found.tolist() == recorded(study, run)["total"].tolist()


def test_the_global_generators_are_as_before(opened):
    before, numpy_before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    model = stepped(configuration_of(opened("drawing"), 0))
    model.step()
    assert random.getstate() == before
    assert np.random.get_state()[1].tolist() == numpy_before  # noqa: NPY002


def test_it_goes_as_far_as_the_run_and_no_further(opened):
    study = opened("drawing")
    model = stepped(configuration_of(study, 0))
    found = to_the_end(model)
    model.step()
    assert len(model.datacollector.get_model_vars_dataframe()) == len(found)


def test_a_clock_that_stands_still_ends_too():
    class Still(Drawing):
        def step(self):
            super().step()
            self.running = True
            self.steps = 0

    model = stepped(RunConfiguration(Still, run_id=0, parameters={"scale": 0.0}, seed=1, max_steps=3))
    assert len(to_the_end(model)) <= 4


def test_its_type_makes_the_run_again_whatever_it_is_given(opened):
    model = stepped(configuration_of(opened("drawing"), 3))
    whole = to_the_end(model)
    again = type(model)(scale=99, rng=5, scenario=None)
    assert again.now == 0
    assert to_the_end(again).equals(whole)
    assert type(model).__name__ == "Drawing"
    assert model.scenario is None


def test_the_failure_of_a_step_is_kept(opened):
    study = opened("walking")
    run = int(study.results.failures.index[0])
    model = stepped(configuration_of(study, run))
    to_the_end(model)
    assert model.failure.strip().endswith("ZeroDivisionError: told to fail")
    assert not model.running
    assert model.now == study.results.runs["steps"].loc[run]


@pytest.mark.parametrize(("name", "error"), [("quitting", "SystemExit"), ("panicking", "Panic")])
def test_a_model_that_ends_its_process_in_a_step_fails_there(opened, name, error):
    model = stepped(configuration_of(opened(name), 0))
    to_the_end(model)
    assert model.failure.strip().endswith(f"{error}: enough")


def test_ctrl_c_in_a_step_is_no_failure():
    class Interrupted(Drawing):
        def step(self):
            raise KeyboardInterrupt

    model = stepped(RunConfiguration(Interrupted, run_id=0, seed=1))
    with pytest.raises(KeyboardInterrupt):
        model.step()
    assert not model.failure


def test_one_that_is_let_go_of_is_not_played_on(opened):
    model = stepped(configuration_of(opened("drawing"), 0))
    model.step()
    model.close()
    assert not model.running
    model.step()
    assert model.now == 1


def test_a_function_has_no_steps(opened):
    with pytest.raises(ConfigurationError, match="noisy is a function, which has no steps: replay it"):
        stepped(configuration_of(opened("noisy"), 0))


def test_what_it_does_not_have_its_model_has(opened):
    model = stepped(configuration_of(opened("drawing"), 3))
    assert model.scale == model.model.scale
    with pytest.raises(AttributeError):
        _ = model.no_such_attribute
    model.close()


class Sheep:
    def __init__(self, k):
        self.unique_id, self.pos, self.state, self._hidden = k, (k, k), "ab"[k % 2], k % 2


class Patch(Sheep):
    pass


def test_agents_are_coloured_by_class_or_by_a_telling_attribute():
    flock = [Sheep(k) for k in range(30)]
    assert attributes_of(flock) == ["state"]
    assert by_default(flock) == "state"
    assert by_default([*flock, Patch(0)]) == CLASS
    assert by_default([models.Walkers]) == CLASS
    assert by_default([]) == CLASS


def test_classes_that_stand_still_are_pale_squares():
    portray, colours = portrayal(CLASS, (Patch,), dict)
    drawn = [portray(agent) for agent in (Sheep(0), Patch(0), Sheep(1))]
    assert [one["marker"] for one in drawn] == ["o", "s", "o"]
    assert drawn[0]["color"] == drawn[2]["color"] == colours["Sheep"]
    assert colours["Patch"].endswith("40")


def test_of_very_many_kinds_the_rest_is_grey():
    portray, colours = portrayal("unique_id", (), dict)
    for k in range(20):
        portray(Sheep(k))
    assert len(set(colours.values())) == 9
