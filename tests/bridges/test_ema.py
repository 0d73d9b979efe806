from importlib.util import find_spec

import mesa
import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.bridges import from_ema, to_ema
from mesa_doe.configurations import RunConfiguration
from tests import models

SPACE = doe.ParameterSpace(
    a=doe.Real(0, 1), n=doe.Integer(1, 4), torus=doe.Boolean(), kind=doe.Categorical(["plain", "twice"])
)


def model(a, n, torus, kind):
    return {"y": a + 0.1 * (kind == "twice"), "word": kind}


class Until(mesa.Model):
    """Agents that count steps, for so many of them."""

    def __init__(self, n, steps, **kwargs):
        super().__init__(**kwargs)
        self.last = steps
        for _ in range(n):
            mesa.Agent(self).x = 0
        self.datacollector = mesa.DataCollector(agent_reporters={"x": "x"})
        self.datacollector.collect(self)

    def step(self):
        for agent in self.agents:
            agent.x += 1
        self.running = self.agents[0].x < self.last
        self.datacollector.collect(self)


@pytest.fixture(scope="module")
def results():
    design = doe.latin_hypercube(SPACE, 120, rng=1)
    return doe.BatchRunner(design.configurations(model, rng=1, seed_policy="common")).run_all()


def walks(**options):
    space = doe.ParameterSpace(n=doe.Integer(3, 6), pace=doe.Real(0.5, 2), **options)
    design = doe.latin_hypercube(space, 8, rng=1)
    runs = design.configurations(models.Walkers, replications=3, rng=1, max_steps=4, data_collection_period=1)
    return doe.BatchRunner(runs).run_all()


def test_experiments_and_outcomes_have_the_form_of_the_workbench(results):
    experiments, outcomes = to_ema(results)
    assert experiments.columns.tolist() == ["a", "n", "torus", "kind", "scenario", "policy", "model"]
    assert experiments.dtypes.astype(str).tolist() == ["float64", "int64", "bool"] + ["category"] * 4
    assert experiments["scenario"].tolist() == list(range(120))
    assert set(experiments["policy"]) == {"None"}
    assert set(experiments["model"]) == {"model"}
    assert list(outcomes) == ["y"]  # words are no outcome
    np.testing.assert_array_equal(outcomes["y"], results.output("y"))


def test_replications_are_averaged_and_time_series_kept():
    found = walks()
    experiments, outcomes = to_ema(found, "alive")
    np.testing.assert_array_equal(outcomes["alive"], found.points("alive")["mean"])
    _, series = to_ema(found, ["alive"], at="all")
    assert series["alive"].shape == (8, 5)
    np.testing.assert_array_equal(series["alive"][:, 0], experiments["n"])
    np.testing.assert_array_equal(series["alive"][:, -1], outcomes["alive"])


def test_agents_are_reduced_and_runs_that_end_at_different_steps_joined_as_is_said():
    design = doe.explicit({"n": [1, 2], "steps": [2, 3]})
    runs = design.configurations(Until, replications=2, rng=1, data_collection_period=1)
    with pytest.warns(doe.MesaDoeWarning, match="the 2 replications are the same run"):
        found = doe.BatchRunner(runs).run_all()
    with pytest.raises(doe.AnalysisError, match="say how they become one number with reduce="):
        to_ema(found, "x")
    with pytest.raises(doe.AnalysisError, match=r"end at different steps \(2 to 3\)"):
        to_ema(found, "x", at="all", reduce="sum")
    # Each of n agents has taken as many steps as the model.
    assert to_ema(found, "x", reduce="sum")[1]["x"].tolist() == [2.0, 6.0]
    for unequal, series in (
        ("common", [[0.0, 1.0, 2.0], [0.0, 2.0, 4.0]]),
        ("last", [[0.0, 1.0, 2.0, 2.0], [0.0, 2.0, 4.0, 6.0]]),
        (-1, [[0.0, 1.0, 2.0, -1.0], [0.0, 2.0, 4.0, 6.0]]),
    ):
        _, outcomes = to_ema(found, "x", at="all", reduce="sum", unequal=unequal)
        assert outcomes["x"].tolist() == series


def test_what_is_missing_is_named_or_left_out():
    with pytest.warns(doe.MesaDoeWarning, match="failed"):
        found = walks(fail_at=doe.Discrete([-1, 2]))
    with pytest.raises(doe.AnalysisError, match="to_ema: 4 of 8 points have no finite value"):
        to_ema(found, "alive")
    with pytest.warns(doe.MesaDoeWarning, match="to_ema left out 4 of 8 points"):
        experiments, outcomes = to_ema(found, "alive", missing="drop")
    assert len(experiments) == len(outcomes["alive"]) == 4
    assert set(experiments["fail_at"]) == {-1}


def test_wrong_outputs_and_taken_names_are_refused(results):
    with pytest.raises(doe.AnalysisError, match="no output 'yy'"):
        to_ema(results, "yy")
    with pytest.raises(doe.AnalysisError, match="got \\['y', 'y'\\]"):
        to_ema(results, ["y", "y"])
    with pytest.raises(doe.AnalysisError, match="text, not numbers"):
        to_ema(results, "word")
    design = doe.explicit({"policy": [1, 2]})
    taken = doe.BatchRunner(design.configurations(lambda policy: {"y": policy}, rng=1)).run_all()
    with pytest.raises(doe.AnalysisError, match="columns of its own called policy"):
        to_ema(taken)


def test_there_and_back_is_the_same_design(results):
    design, y = from_ema(*to_ema(results), space=SPACE)
    pd.testing.assert_frame_equal(design.points, results.design.points)
    np.testing.assert_allclose(design.unit[:, 0], results.design.unit[:, 0])
    np.testing.assert_array_equal(y["y"], results.output("y"))
    assert design.space == SPACE


def test_experiments_are_analysed(results):
    design, y = from_ema(*to_ema(results))
    assert design.space.names == SPACE.names
    assert isinstance(design.space.axes["torus"], doe.Boolean)
    with pytest.warns(doe.MesaDoeWarning, match="n, torus, kind read no more than a dummy"):
        found = doe.analyze.pawn(design, y["y"], resamples=100).table()
    assert found["median"].idxmax() == "a"


def test_failed_experiments_are_missing_and_wrong_lengths_refused():
    experiments = pd.DataFrame(
        {"a b": [0.1, 0.2, 0.3], "scenario": [0, 1, 2], "policy": "None", "model": "m"}
    )
    masked = np.ma.array([1, 2, 3], mask=[False, True, False])
    series = np.ma.array(np.ones((3, 2)), mask=[[0, 0], [1, 1], [0, 0]])
    design, y = from_ema(experiments, {"x": masked, "s": series, "whole": [1, 2, 3]})
    assert design.space.names == ("a_b",)
    np.testing.assert_array_equal(y["x"], [1, np.nan, 3])
    np.testing.assert_array_equal(y["s"], [[1, 1], [np.nan, np.nan], [1, 1]])
    assert y["whole"].dtype.kind == "i"
    with pytest.raises(doe.AnalysisError, match=r"outcome 'x' has shape \(2,\), but there are 3"):
        from_ema(experiments, {"x": [1, 2]})
    with pytest.raises(doe.DesignError, match="no value of Real"):
        from_ema(experiments, {}, doe.ParameterSpace(a_b=doe.Real(0, 0.25)))


def test_a_policy_is_a_factor_only_where_nothing_else_tells_it():
    frame = pd.DataFrame({"a": [0.1, 0.2, 0.1, 0.2], "scenario": [0, 1, 0, 1], "model": "m"})
    frame["policy"] = ["tax", "tax", "ban", "ban"]
    design, _ = from_ema(frame, {})
    assert design.space.names == ("a", "policy")
    design, _ = from_ema(frame.assign(lever=[1, 1, 2, 2]), {})
    assert design.space.names == ("a", "lever")


def test_experiments_whose_index_repeats_stay_as_many():
    halves = [
        pd.DataFrame({"a": [0.1, 0.2], "scenario": [0, 1], "policy": policy, "model": "m"})
        for policy in ("tax", "ban")
    ]
    frame = pd.concat(halves)  # of two experiments, each numbered from 0
    design, y = from_ema(frame, {"y": [1.0, 2.0, 3.0, 4.0]})
    assert design.points.to_dict("list") == {"a": [0.1, 0.2] * 2, "policy": ["tax"] * 2 + ["ban"] * 2}
    assert len(y["y"]) == len(design)
    assert frame.index.tolist() == [0, 1, 0, 1]


def test_runs_without_points_are_refused():
    runs = [RunConfiguration(lambda x: {"y": x}, run_id=k, parameters={"x": k}) for k in range(2)]
    with pytest.raises(doe.AnalysisError, match="some runs have no point; give their RunConfigurations one"):
        to_ema(doe.BatchRunner(runs).run_all())


def test_the_callers_data_stay_as_they_were():
    frame = pd.DataFrame({"a": [0.1, 0.2], "scenario": [0, 1]})
    outcome = np.array([1.0, 2.0])
    kept = frame.copy()
    _, y = from_ema(frame, {"y": outcome})
    y["y"][0] = 9
    assert outcome[0] == 1
    pd.testing.assert_frame_equal(frame, kept)


def test_levels_that_are_no_words_come_back_as_they_were():
    space = doe.ParameterSpace(
        start=doe.Categorical([1, None, "x"]),
        size=doe.Categorical([10, 20, 5]),
        law=doe.Categorical([min, max]),
    )
    design = doe.grid(space)
    runs = design.configurations(lambda start, size, law: {"y": law(size, 7)}, rng=1, seed_policy="common")
    experiments, outcomes = to_ema(doe.BatchRunner(runs).run_all())
    back, y = from_ema(experiments, outcomes, space)
    assert back.points.to_dict("list") == design.points.to_dict("list")
    assert y["y"].tolist() == outcomes["y"].tolist()
    # Where a word is a level of its own, it is that.
    words = doe.ParameterSpace(start=doe.Categorical([1, "1", "x"]))
    frame = pd.DataFrame({"start": pd.Categorical(["1", "x", "1"]), "scenario": [0, 1, 2]})
    assert from_ema(frame, {}, words)[0].points["start"].tolist() == ["1", "x", "1"]


def test_what_is_no_experiments_or_outcomes_is_refused():
    frame = pd.DataFrame({"a": [0.1, 0.2], "scenario": [0, 1]})
    outcomes = {"y": np.array([1.0, 2.0])}
    for given in ((outcomes, frame), (frame.to_dict("list"), outcomes)):
        with pytest.raises(doe.AnalysisError, match="from_ema: experiments takes a DataFrame, got dict"):
            from_ema(*given)
    with pytest.raises(
        doe.AnalysisError, match="from_ema: outcomes takes a mapping of names to arrays, got nda"
    ):
        from_ema(frame, outcomes["y"])
    with pytest.raises(doe.AnalysisError, match="got DataFrame"):
        from_ema(frame, frame)


# On the workbench itself.

needs_workbench = pytest.mark.skipif(find_spec("ema_workbench") is None, reason="needs ema_workbench")


def ema_model(a=0.0, n=1, torus=False, kind="plain"):
    return {"y": a + 0.1 * (kind == "twice"), "series": np.array([a, 2 * a])}


@needs_workbench
@pytest.mark.filterwarnings("default")
def test_prim_finds_the_box(results):
    from ema_workbench.analysis import prim

    experiments, outcomes = to_ema(results)
    box = prim.Prim(experiments, outcomes["y"] > 0.8).find_box()
    limits = box.box_lims[-1]
    assert limits["a"].iloc[0] > 0.5
    assert "twice" in limits["kind"].iloc[0]


@needs_workbench
@pytest.mark.filterwarnings("default")
def test_feature_scores_rank_the_factors(results):
    from ema_workbench.analysis import feature_scoring

    experiments, outcomes = to_ema(results)
    scores = feature_scoring.get_feature_scores_all(experiments, outcomes, random_state=1)
    assert scores["y"].idxmax() == "a"


@needs_workbench
@pytest.mark.filterwarnings("default")
def test_experiments_of_the_workbench_come_here():
    from ema_workbench import (
        BooleanParameter,
        CategoricalParameter,
        IntegerParameter,
        Model,
        RealParameter,
        ScalarOutcome,
        SequentialEvaluator,
        TimeSeriesOutcome,
    )

    workbench = Model("example", function=ema_model)
    workbench.uncertainties = [
        RealParameter("a", 0, 1),
        IntegerParameter("n", 1, 4),
        BooleanParameter("torus"),
    ]
    workbench.levers = [CategoricalParameter("kind", ["plain", "twice"])]
    workbench.outcomes = [ScalarOutcome("y"), TimeSeriesOutcome("series")]
    with SequentialEvaluator(workbench) as evaluator:
        found = evaluator.perform_experiments(scenarios=40, policies=2)
    design, y = from_ema(*found)
    assert set(design.space.names) == {"a", "n", "torus", "kind"}
    assert y["series"].shape == (80, 2)
    result = doe.analyze.regression(design, y["series"], resamples=100)
    assert (
        abs(
            result.estimates.query("output == 'y0' and factor == 'a' and measure == 'SRC'")["estimate"].item()
            - 1
        )
        < 0.05
    )
