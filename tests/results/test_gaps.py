"""Runs that were made, but reported no number: what is said of them, and what is left to analyse."""

import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.cli.main import main
from tests import models

NO_SEED = pytest.mark.filterwarnings("ignore:.*cannot be seeded", "ignore:.*has no effect")


class Growing(models.mesa.Model):
    """Growth has no value before the first step; a run with a of 6 never has one."""

    def __init__(self, a=1, b=1, seed=None):
        super().__init__(rng=seed)
        self.a, self.b = a, b
        self.datacollector = models.mesa.DataCollector(
            {
                "growth": lambda m: None if m.steps == 0 else m.steps * m.a + m.b,
                "gone": lambda m: None,
                "unbounded": lambda m: np.inf if m.a == 1 else m.a,
                "sound": lambda m: m.a + m.b * m.steps,
                "late": lambda m: m.a if m.steps == 0 else None,
                "fate": lambda m: None if m.a == 1 else "good",
            }
        )
        self.datacollector.collect(self)

    def step(self):
        if self.a == 6 and self.b == 6:
            raise ValueError("too much")
        self.datacollector.collect(self)


def results_of(points=16, store=None, period=1):
    space = doe.ParameterSpace(a=doe.Integer(1, 5), b=doe.Integer(1, 5))
    design = doe.sobol(space, points, rng=1)
    configurations = design.configurations(
        Growing, rng=1, max_steps=3, data_collection_period=period, seed_policy="common"
    )
    return doe.BatchRunner(configurations, store=store).run_all()


@pytest.fixture(scope="module")
def results():
    return results_of()


def said_of(results, *args, **options):
    with pytest.raises(doe.AnalysisError) as caught:
        results.sensitivity(*args, **options)
    return str(caught.value)


def test_a_mean_over_a_step_without_value_is_told_with_the_step_and_the_way_around_it(results):
    told = said_of(results, "growth", at="mean")
    assert told.startswith("64 of 64 runs that are ok gave nothing (None or NaN) for 'growth' at step 0 ")
    assert "no run failed" in told
    assert "results.failures" not in told
    assert "at=lambda s: s.mean() leaves out such steps" in told
    assert results.sensitivity("growth", at=lambda s: s.mean()).table().notna().all(axis=None)


@pytest.mark.parametrize("at", ["min", "max"])
def test_the_least_and_the_greatest_need_all_steps_as_the_mean_does(results, at):
    assert f"at=lambda s: s.{at}() leaves out such steps" in said_of(results, "growth", at=at)


def test_a_first_value_that_is_missing_is_told_as_that(results):
    assert "for 'growth' at their first step" in said_of(results, "growth", at="first")


def test_what_the_way_around_cannot_help_it_is_not_told_for(results):
    told = said_of(results, "gone", at="mean")
    assert "gave nothing (None or NaN) for 'gone' at steps 0, 1, 2, 3" in told
    assert "lambda" not in told


def test_an_infinite_number_is_told_as_one(results):
    told = said_of(results, "unbounded")
    assert "gave an infinite number for 'unbounded' at their last step" in told
    assert "missing='drop'" in told


@pytest.mark.parametrize(("at", "where"), [(1, "at step 1"), (lambda s: None, "by the function at=")])
def test_it_is_told_where_there_was_nothing(results, at, where):
    assert f"gave nothing (None or NaN) for 'late' {where}" in said_of(results, "late", at=at)


def test_over_time_the_steps_are_told(results):
    told = said_of(results, "growth", at="all")
    assert told.startswith("64 of 64 runs that are ok gave nothing (None or NaN) for 'growth' at step 0 ")
    assert "missing='drop' goes on without" in told


def test_over_time_steps_without_any_value_are_left_out_with_a_warning(results):
    with pytest.warns(doe.MesaDoeWarning, match="no run has a finite value of 'growth' there: step 0"):
        found = results.sensitivity(["growth", "sound"], at="all", missing="drop")
    assert any("step 0" in text for text in found.warnings)
    frame = found.to_frame()
    assert frame[frame["output"] == "growth"]["step"].unique().tolist() == [1, 2, 3]
    assert frame[frame["output"] == "sound"]["step"].unique().tolist() == [0, 1, 2, 3]
    assert found.steps == found.to_xarray()["step"].values.tolist() == [0, 1, 2, 3]
    alone = results.sensitivity("sound", at="all").to_frame()
    ours = frame[frame["output"] == "sound"].reset_index(drop=True)
    pd.testing.assert_frame_equal(ours, alone)


def test_an_output_that_lacks_the_last_step_is_shown_at_its_own_last(results):
    with pytest.warns(doe.MesaDoeWarning, match="there: steps 1, 2, 3"):
        found = results.sensitivity(["late", "sound"], at="all", missing="drop")
    assert len(found.table("late")) == 2
    assert "'late' at step 0" in repr(found)
    assert found.plot(output="late").get_title()


@pytest.mark.parametrize("at", ["final", "all"])
def test_where_no_run_has_a_value_nothing_is_left(results, at):
    told = said_of(results, "gone", at=at, missing="drop")
    assert "gave nothing (None or NaN) for 'gone'" in told
    assert "nothing is left to analyse" in told
    assert "failed again" not in told


def test_uncertainty_and_convergence_tell_it_as_well(results):
    for method in (results.uncertainty, results.convergence):
        with pytest.raises(doe.AnalysisError, match=r"gave nothing .* for 'growth' at step 0.*no run failed"):
            method("growth", at="mean")


def test_outcomes_in_words_tell_it_as_well(results):
    with pytest.raises(doe.AnalysisError, match=r"gave nothing .* for 'fate' at their last step"):
        results.tabulate("fate")


def test_runs_that_failed_are_told_beside():
    space = doe.ParameterSpace(a=doe.Integer(1, 6), b=doe.Integer(1, 6))
    design = doe.sobol(space, 16, rng=1)
    configurations = design.configurations(
        Growing, rng=1, max_steps=3, data_collection_period=1, seed_policy="common"
    )
    with pytest.warns(doe.MesaDoeWarning, match="runs failed"):
        results = doe.BatchRunner(configurations).run_all()
    told = said_of(results, "growth", at="mean")
    assert f"{len(results.failures)} more failed: see results.failures" in told
    # Where failures are all that there is, it is they that are told.
    assert "Look at results.failures" in said_of(results, "growth")


def test_commands_tell_it_in_their_words(tmp_path, capsys):
    results_of(store=tmp_path)
    capsys.readouterr()
    assert main(["analyze", str(tmp_path), "growth", "--at", "mean"]) == 1
    told = capsys.readouterr().err
    assert "at step 0" in told
    assert "in Python at=lambda s: s.mean()" in told
    assert "--missing drop" not in told  # nothing would be left
    assert main(["analyze", str(tmp_path), "unbounded"]) == 1
    assert "--missing drop goes on" in capsys.readouterr().err
