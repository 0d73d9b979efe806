"""How long a run lasted is an output, beside those that the model reports."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import mesa_doe as doe
from mesa_doe.cli.main import main
from tests import models


class Patience(models.mesa.Model):
    """Stops after a + b steps."""

    def __init__(self, a=1, b=1, called="y", seed=None):
        super().__init__(rng=seed)
        self.a, self.b = a, b
        self.datacollector = models.mesa.DataCollector(
            {called: lambda m: 10 * m.a}, tables={"events": ["when", "steps_taken"]}
        )

    def step(self):
        self.running = self.steps < self.a + self.b
        self.datacollector.add_table_row("events", {"when": self.steps, "steps_taken": 1})
        self.datacollector.collect(self)


def results_of(store=None, replications=1, period=-1, **constants):
    space = doe.ParameterSpace(a=doe.Integer(1, 4), b=doe.Integer(1, 4), **constants)
    design = doe.sobol(space, 16, rng=1)
    configurations = design.configurations(
        Patience, rng=1, max_steps=50, replications=replications, data_collection_period=period
    )
    return doe.BatchRunner(configurations, store=store).run_all()


pytestmark = pytest.mark.filterwarnings(
    "ignore:.*seed",
    "ignore:at every point the 2 replications are the same",
    "ignore:the interval of quantile",
    "ignore:too few runs",
    "ignore:64 runs are of 16 different points",
)


@pytest.fixture(scope="module")
def results():
    return results_of()


def test_the_steps_of_runs_are_an_output(results):
    expected = (results.runs["a"] + results.runs["b"]).tolist()
    assert results.output("steps").tolist() == expected
    assert results.points("steps")["mean"].tolist() == expected
    assert results.to_xy("steps")[1].tolist() == expected


def test_it_is_analysed_also_beside_others(results):
    found = results.sensitivity(["steps", "y"])
    assert found.outputs == ["steps", "y"]
    y = results.output("steps").to_numpy()
    expected = doe.analyze.sobol(results.design, y).table()
    np.testing.assert_allclose(found.table("steps").to_numpy(), expected.to_numpy())
    results.uncertainty("steps")
    results.convergence("steps")


def test_it_is_drawn_and_counted(results):
    assert results.plot.scatter("steps", "a", ax=Figure().subplots()).get_ylabel() == "steps"
    assert results.tabulate("steps").categories == (2, 3, 4, 5, 6, 7, 8)


def test_its_variance_is_split():
    assert results_of(replications=2).split_variance("steps").to_frame()["share"].tolist() == [1, 0]


def test_it_is_no_output_by_default(results):
    assert results.outputs == ["y"]
    assert "steps" not in repr(results).partition("outputs")[2]


def test_a_reporter_of_that_name_wins():
    named = results_of(called="steps")
    assert named.output("steps").tolist() == (10 * named.runs["a"]).tolist()


@pytest.mark.parametrize("at", ["mean", "all", 3, lambda s: s.max()])
def test_it_is_one_number_a_run_whatever_was_kept(results, at):
    with pytest.raises(doe.AnalysisError, match="'steps' is how long each run lasted, one number a run"):
        results.output("steps", at=at)


def test_it_is_not_asked_how_series_are_joined(results):
    with pytest.raises(doe.AnalysisError, match="unequal='last' says how whole series are joined"):
        results.output("steps", unequal="last")


def test_it_has_no_course_over_time(results):
    with pytest.raises(doe.AnalysisError, match="'steps' is how long each run lasted, one number a run"):
        results.plot.series("steps")


def test_it_is_among_the_outputs_that_there_are(results):
    with pytest.raises(doe.AnalysisError, match="no output 'z'; there are y, steps"):
        results.output("z")


def test_runs_without_steps_have_no_length():
    space = doe.ParameterSpace(a=doe.Integer(1, 4))
    runs = doe.BatchRunner(doe.sobol(space, 8, rng=1).configurations(lambda a: {"y": a}, rng=1)).run_all()
    with pytest.raises(doe.AnalysisError, match="there is no output 'steps'"):
        runs.output("steps")


@pytest.mark.parametrize("name", ["when", "events.when", "events"])
def test_a_column_of_a_table_is_told_as_one_with_the_way_to_a_number(results, name):
    with pytest.raises(doe.AnalysisError) as caught:
        results.sensitivity(name)
    told = str(caught.value)
    assert "results.tables['events']" in told
    assert "outputs={" in told


def test_commands_take_it(tmp_path, capsys):
    results_of(store=tmp_path)
    assert main(["analyze", str(tmp_path), "steps"]) == 0
    assert "sobol: 'steps'" in capsys.readouterr().out
    assert main(["analyze", str(tmp_path), "steps", "--method", "tabulate"]) == 0


def test_run_until_waits_for_it(tmp_path):
    space = doe.ParameterSpace(a=doe.Integer(1, 4), b=doe.Integer(1, 4))
    configurations = doe.sobol(space, 8, rng=1).configurations(Patience, rng=1, max_steps=50)
    until = doe.run_until(configurations, "steps", ci_width=5, max_runs=200, store=tmp_path)
    assert until.reached


def test_a_report_shows_it(results, tmp_path):
    page = doe.write_report(results, tmp_path / "page.html", outputs=["steps", "y"])
    assert "Distribution of steps" in page.read_text(encoding="utf-8")
