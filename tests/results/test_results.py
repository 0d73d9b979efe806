import json
import pickle

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import mesa_doe as doe
from tests import models


def growth(start, rate, stop=None, word="w"):
    """A model whose series is known: start, start + rate, …; ends early at step ``stop``."""

    class Line(models.mesa.Model):
        def __init__(self, seed=None):
            super().__init__(rng=seed)
            self.y = start
            self.datacollector = models.mesa.DataCollector({"y": "y", "word": lambda m: word})
            self.datacollector.collect(self)

        def step(self):
            self.y += rate
            self.running = stop is None or self._collected() < stop
            self.datacollector.collect(self)

        def _collected(self):
            return len(self.datacollector.model_vars["y"])

    return Line()


def line_results(points, period=1, replications=1, **options):
    design = doe.explicit(points)
    configurations = design.configurations(
        growth, rng=1, max_steps=4, data_collection_period=period, replications=replications, **options
    )
    with pytest.warns(doe.MesaDoeWarning, match="cannot be seeded"):
        return doe.BatchRunner(configurations).run_all()


@pytest.fixture(scope="module")
def lines():
    return line_results([{"start": 0, "rate": 1.0}, {"start": 10, "rate": 2.5}])


def test_runs_have_the_documented_columns(lines):
    assert lines.runs.index.name == "run_id"
    assert list(lines.runs.columns) == [
        "point", "iteration", "seed", "start", "rate", "status", "origin", "error_type", "error",
        "steps", "wall_time",
    ]  # fmt: skip
    assert lines.runs["steps"].tolist() == [4, 4]
    assert [int(seed) for seed in lines.runs["seed"]]


def test_model_is_tidy(lines):
    assert list(lines.model.columns) == ["run_id", "step", "y", "word"]
    assert lines.model["step"].tolist() == [0, 1, 2, 3, 4] * 2
    assert lines.model["y"].tolist() == [0, 1, 2, 3, 4, 10, 12.5, 15, 17.5, 20]
    assert lines.outputs == ["y", "word"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("final", [4, 20]),
        ("mean", [2, 15]),
        ("first", [0, 10]),
        ("min", [0, 10]),
        ("max", [4, 20]),
        (2, [2, 15]),
        (0, [0, 10]),
        (lambda series: series.max() - series.loc[1], [3, 7.5]),
    ],
)
def test_output_reduces_each_run_to_a_number(lines, at, expected):
    series = lines.output("y", at)
    assert series.tolist() == expected
    assert series.index.tolist() == [0, 1]
    assert series.name == "y"


def test_unknown_output_is_refused_with_what_there_is(lines):
    with pytest.raises(doe.AnalysisError, match="no output 'z'; there are y, word"):
        lines.output("z")


@pytest.mark.parametrize("several", [["y", "word"], ("y", "word")])
def test_several_outputs_in_the_place_of_one_are_refused_as_several(lines, several):
    asked = [lines.output, lines.points, lines.to_xy, lines.split_variance, lines.recommend_replications,
             lines.convergence, lines.uncertainty, lines.tabulate, lines.plot.series]  # fmt: skip
    for ask in asked:
        with pytest.raises(doe.AnalysisError, match="name one output at a time, got"):
            ask(several)


def test_text_output_is_refused(lines):
    with pytest.raises(doe.AnalysisError, match="'word' holds text"):
        lines.output("word")


@pytest.mark.parametrize("at", ["last", "median", None, True, [1, 2]])
def test_unknown_word_for_at_is_refused(lines, at):
    with pytest.raises(doe.AnalysisError, match="at takes 'final', 'mean'"):
        lines.output("y", at)


def test_an_unknown_word_is_told_before_what_was_kept():
    last = line_results([{"start": 0, "rate": 1.0}], period=-1)
    with pytest.raises(doe.AnalysisError, match="at takes 'final', 'mean'"):
        last.output("y", "last")


def test_a_step_that_some_runs_lack_is_refused_with_their_number():
    results = line_results([{"start": 0, "rate": 1.0, "stop": 2}, {"start": 0, "rate": 1.0, "stop": 9}])
    with pytest.raises(doe.AnalysisError, match=r"1 of 2 runs have no value of 'y' at step 4 \(first: run 0"):
        results.output("y", at=4)


@pytest.mark.parametrize("at", ["mean", 2, np.mean])
def test_asking_for_steps_that_were_not_kept_is_refused(at):
    results = line_results([{"start": 0, "rate": 1.0}, {"start": 1, "rate": 1.0}], period=-1)
    assert results.output("y").tolist() == [4, 5]
    with pytest.raises(doe.AnalysisError, match="data_collection_period=1"):
        results.output("y", at)


def test_points_give_mean_spread_and_standard_error_of_replications():
    design = doe.latin_hypercube(
        doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), inert=doe.Real(0, 1)), 5, rng=1
    )
    configurations = design.configurations(models.noisy, rng=2, replications=4)
    results = doe.BatchRunner(configurations).run_all()
    points = results.points("y")
    y = results.output("y").to_numpy().reshape(5, 4)
    np.testing.assert_allclose(points["mean"], y.mean(axis=1))
    np.testing.assert_allclose(points["std"], y.std(axis=1, ddof=1))
    np.testing.assert_allclose(points["sem"], y.std(axis=1, ddof=1) / 2)
    assert points["replications"].tolist() == [4] * 5
    pd.testing.assert_frame_equal(points[["a", "b", "inert"]], design.points)


def failing(x, rng):
    if x > 1 and rng.random() < 2:
        raise RuntimeError("no such x")
    return {"y": x}


@pytest.fixture(scope="module")
def with_failures():
    design = doe.explicit([{"x": 0.5}, {"x": 1.5}, {"x": 1.0}])
    with (
        pytest.warns(doe.MesaDoeWarning, match="2 replications are the same run"),
        pytest.warns(doe.MesaDoeWarning, match="2 of 6 runs failed. The first: run 2 failed while stepping"),
    ):
        return doe.BatchRunner(design.configurations(failing, rng=1, replications=2)).run_all()


def test_failed_runs_are_told_and_left_out_of_outputs(with_failures):
    assert with_failures.output("y").index.tolist() == [0, 1, 4, 5]
    points = with_failures.points("y")
    assert points["replications"].tolist() == [2, 0, 2]
    assert np.isnan(points.loc[1, "mean"])
    assert with_failures.failures["error"].tolist() == ["no such x"] * 2
    assert repr(with_failures) == "<Results: 6 runs (4 ok, 2 failed); outputs y>"


def test_when_every_run_failed_the_outputs_say_so():
    design = doe.explicit([{"x": 1.5}, {"x": 1.7}])
    with pytest.warns(doe.MesaDoeWarning, match="2 of 2 runs failed"):
        results = doe.BatchRunner(design.configurations(failing, rng=1)).run_all()
    with pytest.raises(doe.AnalysisError, match=r"no run was finished\. Look at results\.failures"):
        results.output("y")


def test_records_are_plain_and_json_able():
    results = line_results([{"start": 0, "rate": 1.0}, {"start": 1, "rate": 1.0}], period=2)
    records = results.to_records()
    assert len(records) == len(results.model) == 6
    assert records[0] == {
        "run_id": 0, "point": 0, "iteration": 0, "seed": results.runs.loc[0, "seed"], "start": 0,
        "rate": 1.0, "step": 0, "y": 0, "word": "w",
    }  # fmt: skip
    json.dumps(records)


def test_an_output_named_like_a_parameter_is_kept_beside_it():
    def model(x):
        return {"x": 10 * x, "point": -1}

    design = doe.explicit([{"x": 1}, {"x": 2}])
    results = doe.BatchRunner(design.configurations(model, rng=1)).run_all()
    assert results.output("x").tolist() == [10, 20]
    assert [(r["x"], r["x_output"], r["point_output"]) for r in results.to_records()] == [
        (1, 10, -1),
        (2, 20, -1),
    ]


def test_a_parameter_named_like_a_column_is_kept_beside_it():
    def model(steps, mean):
        return {"y": steps + mean}

    design = doe.explicit([{"steps": 1, "mean": 5}, {"steps": 2, "mean": 7}])
    results = doe.BatchRunner(design.configurations(model, rng=1)).run_all()
    assert results.runs["steps_parameter"].tolist() == [1, 2]
    assert results.runs["steps"].tolist() == [0, 0]
    points = results.points("y")
    assert points["mean_parameter"].tolist() == [5, 7]
    assert points["mean"].tolist() == [6, 9]


def test_levels_keep_their_objects_from_the_design_to_the_points():
    def double(x):
        return 2 * x

    def model(f, x):
        return {"y": f(x)}

    space = doe.ParameterSpace(f=doe.Categorical([abs, double]), x=3)
    results = doe.BatchRunner(doe.full_factorial(space).configurations(model, rng=1)).run_all()
    assert results.points("y")["mean"].tolist() == [3, 6]
    assert results.points("y")["f"].tolist() == [abs, double]
    assert results.runs["x"].tolist() == [3, 3]


def test_plots_return_the_axes_that_they_are_given(lines):
    ax = Figure().subplots()
    assert lines.plot.scatter("y", "rate", ax=ax) is ax
    assert ax.get_xlabel() == "rate"
    ax = Figure().subplots()
    assert lines.plot.series("y", ax=ax) is ax
    with pytest.raises(doe.AnalysisError, match="no factor 'rat'"):
        lines.plot.scatter("y", "rat")


def test_a_mean_over_steps_of_which_one_is_missing_is_missing():
    def model(x):
        class Gap(models.mesa.Model):
            def __init__(self):
                super().__init__(rng=1)
                self.datacollector = models.mesa.DataCollector({"y": lambda m: None if m.late() else x})
                self.datacollector.collect(self)

            def late(self):
                return len(self.datacollector.model_vars["y"]) == 1

            def step(self):
                self.datacollector.collect(self)

        return Gap()

    runs = doe.explicit([{"x": 1.0}, {"x": 2.0}]).configurations(
        model, rng=1, max_steps=3, data_collection_period=1
    )
    with pytest.warns(doe.MesaDoeWarning, match="cannot be seeded"):
        results = doe.BatchRunner(runs).run_all()
    assert results.output("y", "mean").isna().all()
    assert results.output("y", lambda series: series.mean()).tolist() == [1.0, 2.0]


def test_records_keep_every_output_whatever_it_is_called():
    runs = doe.explicit([{"a": 1}, {"a": 2}]).configurations(
        lambda a: {"a": 5, "a_output": 6, "step": 7}, rng=1
    )
    record = doe.BatchRunner(runs).run_all().to_records()[0]
    assert (record["a"], record["step"]) == (1, 0)
    assert sorted(value for key, value in record.items() if key.endswith(("_output", "_reporter"))) == [
        5,
        6,
        7,
    ]


def test_factors_are_those_of_points_or_of_runs_by_the_names_of_the_axes():
    space = doe.ParameterSpace(step=doe.Integer(1, 3), word=doe.Categorical([(1, 2), (3,)]), width=5)
    design = doe.full_factorial(space)
    results = doe.BatchRunner(
        design.configurations(lambda step, word, width: {"y": step}, rng=1, seed_policy="common")
    ).run_all()
    pd.testing.assert_frame_equal(results.factors(), design.points, check_names=False, check_dtype=False)
    assert results.factors().index.name == "point"
    runs = results.factors("runs")
    assert (runs.index.name, list(runs), runs["word"].tolist()) == (
        "run_id",
        ["step", "word"],
        design.points["word"].tolist(),
    )
    with pytest.raises(doe.AnalysisError, match="'points' or of 'runs', got 'agents'"):
        results.factors("agents")


def test_without_a_design_factors_are_what_varies():
    runs = [
        doe.RunConfiguration(lambda a, b: {"y": a}, k, parameters={"a": k, "b": 1}, point=k // 2)
        for k in range(4)
    ]
    results = doe.BatchRunner(runs).run_all()
    assert results.factors("runs").to_dict("list") == {"a": [0, 1, 2, 3]}
    assert results.factors().to_dict("list") == {"a": [0, 2]}
    with pytest.raises(doe.AnalysisError, match="some runs have no point"):
        doe.BatchRunner([doe.RunConfiguration(dict, 0, parameters={"a": 1})]).run_all().factors()


@pytest.mark.parametrize("kept", ["memory", "study", "loaded"])
def test_results_pickle_with_their_design_and_tables(tmp_path, kept):
    space = doe.ParameterSpace(n=doe.Integer(2, 5), pace=doe.Real(0, 1))
    configurations = doe.sobol(space, 4, rng=1).configurations(models.Walkers, rng=1, max_steps=2)
    results = doe.BatchRunner(
        configurations, store=None if kept == "memory" else tmp_path / "study"
    ).run_all()
    if kept == "loaded":
        results = doe.load(tmp_path / "study")
    back = pickle.loads(pickle.dumps(results))
    pd.testing.assert_frame_equal(back.runs, results.runs)
    pd.testing.assert_frame_equal(back.model, results.model)
    pd.testing.assert_frame_equal(back.agents["Agent"], results.agents["Agent"])
    pd.testing.assert_frame_equal(back.points("alive"), results.points("alive"))
    pd.testing.assert_frame_equal(back.design.points, results.design.points)
    assert back.noise == results.noise


@pytest.mark.filterwarnings("ignore:.*varies in so few blocks", "ignore:.*is changed by")
def test_a_name_of_numpy_is_told_as_text():
    space = doe.ParameterSpace(n=doe.Integer(2, 5), pace=doe.Real(0, 1))
    configurations = doe.sobol(space, 8, rng=1).configurations(models.Walkers, rng=1, max_steps=2)
    found = doe.BatchRunner(configurations).run_all().sensitivity(np.array(["alive", "mean"]))
    assert list(map(type, found.outputs)) == [str, str]
    assert "str_" not in str((found.settings, found.warnings, found.notes))
