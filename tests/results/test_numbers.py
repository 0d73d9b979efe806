from copy import copy

import numpy as np
import pytest

import mesa_doe as doe
from tests import models


class Dying(models.mesa.Model):
    """One agent fewer a step, until none is left; wealth is known."""

    def __init__(self, n=3, seed=None):
        super().__init__(rng=seed)
        self.datacollector = models.mesa.DataCollector(
            {"alive": lambda m: len(m.agents)}, {"wealth": "wealth"}
        )
        for k in range(n):
            models.mesa.Agent(self).wealth = 10.0 * (k + 1)
        self.datacollector.collect(self)

    def step(self):
        self.agents[0].remove()
        self.running = len(self.agents) > 0
        self.datacollector.collect(self)


@pytest.fixture(scope="module")
def dying():
    configurations = doe.explicit([{"n": 3}, {"n": 2}]).configurations(
        Dying, rng=1, max_steps=9, data_collection_period=1
    )
    return doe.BatchRunner(configurations).run_all()


def test_outputs_of_agents_need_a_reducer(dying):
    with pytest.raises(doe.AnalysisError, match=r"say how they become one number with reduce=.*got None"):
        dying.output("wealth")
    with pytest.raises(doe.AnalysisError, match="got 'average'"):
        dying.output("wealth", reduce="average")
    with pytest.raises(doe.AnalysisError, match=r"no output 'welth'; there are alive, steps, Agent\.wealth"):
        dying.output("welth")
    with pytest.raises(doe.AnalysisError, match=r"'alive' is an output of the model.*leave out reduce"):
        dying.output("alive", reduce="mean")


@pytest.mark.parametrize("name", ["wealth", "Agent.wealth"])
def test_agents_are_reduced_by_run_and_step(dying, name):
    means = dying.output(name, at="all", reduce="mean", unequal="common")
    assert means.to_numpy().tolist()[0] == [20, 25, 30]
    assert means.columns.tolist() == [0, 1, 2]
    assert dying.output(name, at=1, reduce="max").tolist() == [30, 20]
    spread = dying.output(name, at=0, reduce=lambda wealth: wealth.max() - wealth.min())
    assert spread.tolist() == [20, 10]


def test_where_no_agent_is_left_there_is_no_mean_but_a_count_and_a_sum(dying):
    assert dying.output("alive").tolist() == [0, 0]
    assert dying.output("wealth", reduce="mean").isna().all()
    assert dying.output("wealth", reduce="count").tolist() == [0, 0]
    assert dying.output("wealth", reduce="sum").tolist() == [0, 0]


def test_runs_of_unequal_length_are_joined_by_a_stated_rule_only(dying):
    with pytest.raises(doe.AnalysisError, match=r"end at different steps \(2 to 3\).*unequal='last'"):
        dying.output("alive", at="all")
    with pytest.raises(doe.AnalysisError, match="unequal takes 'refuse', 'common', 'last' or a number"):
        dying.output("alive", at="all", unequal="pad")
    common = dying.output("alive", at="all", unequal="common")
    assert common.to_numpy().tolist() == [[3, 2, 1], [2, 1, 0]]
    assert common.index.name == "run_id"
    assert common.columns.name == "step"
    assert dying.output("alive", at="all", unequal="last").to_numpy().tolist() == [[3, 2, 1, 0], [2, 1, 0, 0]]
    filled = dying.output("alive", at="all", unequal=-1)
    assert filled.to_numpy().tolist() == [[3, 2, 1, 0], [2, 1, 0, -1]]


def test_steps_at_which_only_some_runs_ended_are_left_out():
    configurations = doe.explicit([{"n": 5}, {"n": 4}]).configurations(
        Dying, rng=1, max_steps=9, data_collection_period=2
    )
    results = doe.BatchRunner(configurations).run_all()
    # Kept: 0, 2, 4, 5 of the first run, and 0, 2, 4 of the other.
    assert results.output("alive", at="all").columns.tolist() == [0, 2, 4]


def test_a_missing_value_within_a_run_stays_missing():
    results = doe.BatchRunner(doe.explicit([{"x": 1}, {"x": 2}]).configurations(gap, rng=1)).run_all()
    assert np.isnan(results.output("y").iloc[1])


def gap(x):
    return {"y": 1.0 if x == 1 else None}


def test_points_take_no_whole_series(dying):
    with pytest.raises(doe.AnalysisError, match="one number a run"):
        dying.points("wealth", at="all", reduce="count")
    counts = dying.points("wealth", at=0, reduce="count")
    assert counts["mean"].tolist() == [3, 2]


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (lambda series: series.tail(1), "Series"),
        (lambda series: (series.min(), series.max()), "tuple"),
        (lambda series: series.to_numpy()[:1], "ndarray"),
        (lambda series: "high", "'high'"),
    ],
)
def test_a_function_that_gives_no_number_is_told_what_it_gave(dying, number, told):
    for ask in (dying.output, dying.points):
        with pytest.raises(doe.AnalysisError, match=rf"^at\(series\) must return one number, got {told}$"):
            ask("alive", at=number)
    with pytest.raises(doe.AnalysisError, match=rf"^reduce\(values\) must return one number, got {told}$"):
        dying.output("wealth", reduce=number)


@pytest.mark.parametrize("number", [2, 2.0, np.float32(2), np.array(2), np.int64(2)])
def test_a_function_may_give_any_kind_of_number_or_none(dying, number):
    assert dying.output("alive", at=lambda series: number).tolist() == [2, 2]
    assert dying.output("alive", at=lambda series: series.max() > 2).tolist() == [1, 0]
    assert dying.output("alive", at=lambda series: None).isna().all()
    assert dying.output("wealth", at=0, reduce=lambda values: number).tolist() == [2, 2]


# Analyses of several outputs, and over time


class Ramp(models.mesa.Model):
    """``y`` is a at first, and b counts more with each step."""

    def __init__(self, a=0.0, b=0.0, seed=None):
        super().__init__(rng=seed)
        self.a, self.b, self.t = a, b, 0
        self.datacollector = models.mesa.DataCollector(
            {
                "y": lambda m: m.a + m.b * m.t / 4,
                "late": lambda m: m.b * m.t,
                "noise": lambda m: m.a + m.random.random(),
            }
        )
        self.datacollector.collect(self)

    def step(self):
        self.t += 1
        self.datacollector.collect(self)


@pytest.fixture(scope="module")
def ramps():
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1))
    configurations = doe.sobol(space, 64, rng=1).configurations(
        Ramp, rng=1, max_steps=4, data_collection_period=1, replications=2
    )
    return doe.BatchRunner(configurations).run_all()


def test_indices_over_time_are_those_of_each_step(ramps):
    result = ramps.sensitivity("y", at="all")
    assert result.outputs == ["y"]
    assert result.steps == [0, 1, 2, 3, 4]
    for step in result.steps:
        alone = ramps.sensitivity("y", at=step).table()
        np.testing.assert_allclose(result.table(step=step), alone, rtol=1e-9, atol=1e-12)
    share = result.to_frame().query("measure == 'ST' and factor == 'b'")["estimate"].to_numpy()
    weights = (np.arange(5) / 4) ** 2
    np.testing.assert_allclose(share, weights / (1 + weights), atol=0.02)


def test_what_is_said_of_many_steps_is_said_once(ramps):
    with pytest.warns(doe.MesaDoeWarning) as said:
        result = ramps.sensitivity("late", at="all")
    assert len(said) == 1
    assert result.warnings == (str(said[0].message),)
    assert "output 'late' at step 0 is the same (0) at every design point" in result.warnings[0]
    assert result.table(step=0)["ST"].isna().all()
    assert result.table(step=4).loc["b", "ST"] == pytest.approx(1, abs=0.05)


def test_several_outputs_are_analysed_together_each_as_alone(ramps):
    both = ramps.sensitivity(["noise", "y"])
    assert both.outputs == ["noise", "y"]
    for name in both.outputs:
        alone = ramps.sensitivity(name)
        np.testing.assert_allclose(both.table(name), alone.table(), rtol=1e-9, atol=1e-12)
    # The seed decides one of them, and the other has no noise.
    assert both.settings["noise_share"]["y"] == 0
    assert both.settings["noise_share"]["noise"] > 0.2
    with pytest.raises(doe.AnalysisError, match="several different ones in a list"):
        ramps.sensitivity(["y", "y"])


def test_a_gap_at_one_step_takes_no_points_from_other_steps_and_outputs(ramps):
    results = copy(ramps)
    lost = results.model["run_id"].isin([0, 1])
    model = results.model.assign(y=results.model["y"].mask(lost & (results.model["step"] == 2)))
    results.model = model
    with pytest.raises(doe.AnalysisError, match=r"for 'y' at step 2 \(first: run 0 of point 0\); no run"):
        results.sensitivity(["noise", "y"], at="all")
    with pytest.warns(doe.MesaDoeWarning, match="no finite value of 'y' at step 2.*1 block"):
        found = results.sensitivity(["noise", "y"], at="all", missing="drop")
    whole = ramps.sensitivity(["noise", "y"], at="all")
    assert found.outputs == ["noise", "y"]
    assert found.steps == whole.steps == [0, 1, 2, 3, 4]
    here, there = (
        one.to_frame().set_index(["output", "step", "measure", "factor", "partner"]) for one in (found, whole)
    )
    assert here.index.equals(there.index)
    changed = ~np.isclose(here["estimate"], there["estimate"], rtol=1e-9, atol=1e-12, equal_nan=True)
    assert set(here.index[changed].droplevel(["measure", "factor", "partner"])) == {("y", 2)}
    assert found.settings["dropped_blocks"]["y", 2] == [0]
    assert found.settings["dropped_blocks"]["y", 3] == []


def test_several_outputs_over_time_have_rows_of_both(ramps):
    frame = ramps.sensitivity(["y", "noise"], at="all").to_frame()
    assert frame.groupby("output", sort=False)["step"].nunique().to_dict() == {"y": 5, "noise": 5}


def test_an_output_that_there_is_not_is_told_with_those_of_agents_where_nothing_else_was_kept():
    design = doe.explicit({"n": [1, 2]})
    configurations = design.configurations(models.Walkers, rng=1, max_steps=1, outputs="agents")
    results = doe.BatchRunner(configurations).run_all()
    with pytest.raises(doe.AnalysisError, match=r"^there is no output 'y'; there are steps, Agent\.x$"):
        results.output("y")
