import numpy as np
import pytest

import mesa_doe as doe
from mesa_doe.explore import clouds, listing
from mesa_doe.explore.opened import Held, Opened, at_text
from tests import models
from tests.explore import studies
from tests.report.pages import run

pytestmark = pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")


def test_outputs_that_are_words_are_named_and_not_offered(opened):
    assert opened("walking").outputs == ["mean", "alive"]
    assert opened("walking").words == ["torus"]


def test_steps_are_those_that_all_runs_have_or_all_where_values_are_held(opened):
    study = opened("walking")
    shared, held = study.choices("alive"), study.choices("alive", hold=True)
    if study.ends_differ("alive"):
        assert shared[-1] == "final"
        assert len(held) > len(shared) - 1
    assert opened("drawing").ends_differ("total")
    assert opened("drawing").choices("total", hold=True)[-1] == Held(8.0)


def test_only_the_end_of_runs_can_be_chosen_where_no_steps_were_kept(opened):
    assert opened("noisy").choices("y") == ["final"]
    assert opened("noisy").steps("y") == []


@pytest.mark.parametrize("hold", [False, True])
def test_values_are_those_of_the_results_at_each_choice(opened, hold):
    study = opened("drawing")
    for at in study.choices("total", hold):
        expected = study.results.output("total", at)
        assert study.values("total", at).to_numpy() == pytest.approx(expected.to_numpy(), rel=0, abs=0)


def test_indices_are_those_of_the_results_and_are_worked_out_once(opened):
    study = opened("noisy")
    answer = study.indices("y", "final")
    assert answer.result.to_frame().equals(study.results.sensitivity("y").to_frame())
    assert study.indices("y", "final") is answer


def test_another_analysis_can_be_chosen_of_those_that_the_design_allows(opened):
    study = opened("noisy")
    assert {"sobol", "pawn"} <= set(study.methods)
    assert "morris" not in study.methods
    answer = study.indices("y", "final", method="pawn")
    assert answer.result.method == "pawn"
    assert study.indices("y", "final").result.method == "sobol"


def test_indices_over_time_and_of_held_values_agree_at_a_step(opened):
    study = opened("schelling")
    for hold in (False, True):
        steps = study.steps("happy", hold)
        if not steps:
            continue
        over_time = study.indices("happy", "all", hold=hold).result
        at = Held(steps[-1]) if hold else steps[-1]
        alone = study.indices("happy", at).result.table("happy")["ST"]
        assert over_time.table("happy", step=over_time.steps[-1])["ST"].to_numpy() == pytest.approx(
            alone.to_numpy(), nan_ok=True
        )


def test_a_design_with_gaps_has_a_message_and_no_traceback(opened):
    study = opened("walking")
    assert study.has_gaps
    answer = study.indices("alive", "final")
    assert answer.result is None
    assert "points" in answer.problem
    assert study.indices("alive", "final", "drop").result is not None


def test_runs_without_a_design_have_a_message(monkeypatch):
    results = studies.noisy()
    monkeypatch.setattr(results, "design", None)
    assert "carry no design" in Opened(results).indices("y", "final").problem


def test_a_design_without_an_analysis_says_where_the_page_has_others():
    results = run(doe.explicit({"x": [0.1, 0.2, 0.4]}), models.ishigami_of_x, seed_policy="common")
    told = Opened(results).indices("y", "final").problem
    assert told.startswith("no analysis is made for designs of explicit; choose one under Analysis: ")
    assert "results." not in told


def test_the_state_counts_what_failed(opened):
    study = opened("walking")
    failed = int((study.results.runs["status"] != "ok").sum())
    assert study.state() == f"24 runs, {failed} failed"


def test_a_logarithmic_axis_is_known(opened):
    assert opened("walking").is_log("pace")
    assert not opened("walking").is_log("n")


def test_a_click_on_a_design_point_chooses_a_run_that_failed(opened):
    study = opened("walking")
    cloud = clouds.of_points(study, "alive", "final")
    assert set(cloud.frame["failed"]) == {True, False}
    runs = study.results.runs
    for point, failed in cloud.frame["failed"].items():
        run = clouds.run_of(study, cloud, point)
        assert runs["point"].loc[run] == point
        assert (runs["status"].loc[run] != "ok") == failed
        assert clouds.point_of(study, cloud, run) == point


def test_points_have_the_mean_of_their_runs(opened):
    study = opened("noisy")
    cloud = clouds.of_points(study, "y", "final")
    assert cloud.frame["value"].to_numpy() == pytest.approx(study.results.points("y")["mean"].to_numpy())


def test_of_very_many_points_some_are_drawn_and_the_page_says_so(opened, monkeypatch):
    monkeypatch.setattr(clouds, "MOST", 10)
    cloud = clouds.of_runs(opened("noisy"), "y", "final")
    assert len(cloud.frame) == 10
    assert cloud.left_out == "10 of 80 runs are drawn; the table has all."


def test_the_table_is_sorted_with_gaps_last(opened):
    study = opened("walking")
    columns = listing.columns_of(study, "alive")
    rows = [
        row
        for page in range(listing.pages(study))
        for row in listing.page_of(study, "alive", "final", sort="alive", descending=True, page=page)
    ]
    assert columns[:3] == ["run", "alive", "status"]
    assert sorted(row[0] for row in rows) == list(range(24))
    shown = [row[1] for row in rows]
    known = [float(cell) for cell in shown if cell]
    assert known == sorted(known, reverse=True)
    assert shown == [*shown[: len(known)], *[""] * (24 - len(known))]


@pytest.mark.parametrize("column", ["run", "status", "n", "torus", "pace"])
def test_the_table_is_sorted_by_any_column(opened, column):
    study = opened("walking")
    rows = listing.page_of(study, "alive", "final", sort=column)
    assert len(rows) == listing.ROWS


def test_choices_have_names():
    assert [at_text(at) for at in (2.0, Held(0.5), "final")] == ["step 2", "step 0.5", "the end of each run"]


def test_opening_a_study_imports_no_model(opened):
    study = opened("drawing")
    study.indices("total", "final")
    clouds.of_points(study, "total", "final")
    assert repr(study.results.configurations[0].model_cls).endswith("not loaded>")
    assert np.isfinite(study.values("total", "final")).all()
