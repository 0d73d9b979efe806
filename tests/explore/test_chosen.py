import dataclasses

import pytest

from mesa_doe.errors import StudyError
from mesa_doe.explore.chosen import chosen_run, configuration_of, differences, replayed, why_not
from mesa_doe.explore.opened import Opened
from mesa_doe.runner import load
from tests import models
from tests.explore import studies

pytestmark = pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")


def a_run(opened, status):
    runs = opened.results.runs
    return int(runs.index[(runs["status"] == status).to_numpy()][0])


def test_a_run_is_told_with_its_parameters_seed_and_outputs(opened):
    study = opened("drawing")
    run = chosen_run(study, 3)
    row = study.results.runs.loc[3]
    assert run.heading == f"point {row['point']}, replication {row['iteration']}"
    assert run.facts["seed"] == row["seed"]
    assert float(run.parameters["scale"]) == pytest.approx(row["scale"])
    assert float(run.outputs["total"]) == pytest.approx(study.results.output("total")[3])
    assert run.others == [2, 3]
    assert (run.status, run.error, run.traceback) == ("ok", "", "")


def test_a_run_that_failed_is_told_with_its_traceback(opened):
    run = chosen_run(opened("walking"), a_run(opened("walking"), "failed"))
    assert run.status == "failed (stepping)"
    assert run.error == "ZeroDivisionError: told to fail"
    assert "told to fail" in run.traceback
    assert run.outputs == {}


@pytest.mark.parametrize("name", ["drawing", "noisy", "walking", "schelling"])
def test_a_replay_is_the_same(opened, name):
    study = opened(name)
    comparison = replayed(study, a_run(study, "ok"))
    assert comparison.kind == "same", comparison.lines
    assert "All outputs are the same" in comparison.lines[0]


def test_a_run_that_failed_fails_again_in_the_same_way(opened):
    study = opened("walking")
    comparison = replayed(study, a_run(study, "failed"))
    assert comparison.kind == "same"
    assert comparison.lines == ["It failed again, in the same way: ZeroDivisionError: told to fail"]


@pytest.mark.parametrize(("name", "error"), [("quitting", "SystemExit"), ("panicking", "Panic")])
def test_a_model_that_ends_its_process_does_not_end_the_page(opened, name, error):
    comparison = replayed(opened(name), 0)
    assert comparison.lines == [f"It failed again, in the same way: {error}: enough"]


def test_ctrl_c_is_no_outcome_of_a_replay(opened, monkeypatch):
    study = opened("quitting")
    monkeypatch.setattr(study.results, "replay", interrupted)
    with pytest.raises(KeyboardInterrupt):
        replayed(study, 0)


def interrupted(*_, **__):
    raise KeyboardInterrupt


def test_another_outcome_is_told_step_by_step(opened):
    study = opened("drawing")
    run, other = (study.results.replay(k) for k in (0, 1))
    recorded = study.results.model[study.results.model["run_id"] == 0]
    assert differences(recorded, run) == []
    lines = differences(recorded, other)
    assert any("steps" in line for line in lines)
    changed = recorded.assign(total=recorded["total"] + (recorded["step"] == 2))
    (line,) = differences(changed, run)
    assert line.startswith(f"total differs at 1 of {len(recorded)} steps, first at step 2:")


def test_results_in_memory_can_be_replayed_too():
    study = Opened(studies.noisy())
    assert study.folder is None
    assert replayed(study, 5).kind == "same"


def test_a_model_that_cannot_be_imported_is_said(folders):
    results = load(folders("noisy"))
    one = results.configurations.model_cls
    one.described["model"]["module"] = "nowhere.to_be_found"
    comparison = replayed(Opened(results), 0)
    assert comparison.kind == "not made"
    assert "nowhere.to_be_found:noisy" in comparison.lines[0]
    # One that is given stands in for it, when the run is made and not before.
    asked = []
    given = Opened(results, model=lambda: asked.append(1) or models.noisy)
    assert asked == []
    assert replayed(given, 0).kind in ("same", "not made")
    assert asked == [1]


def test_a_model_whose_code_was_changed_is_refused(folders):
    results = load(folders("noisy"))
    source = results.configurations.model_cls.described["source"]
    for name in source:
        source[name] = "0" * len(source[name])
    comparison = replayed(Opened(results), 0)
    assert comparison.kind == "not made"
    assert "the code was changed" in comparison.lines[0]
    with pytest.raises(StudyError, match="the code was changed"):
        configuration_of(Opened(results), 0)
    assert replayed(Opened(results, allow_changed_model=True), 0).kind == "same"


@pytest.mark.parametrize(("status", "told"), [("crashed", "killed its process"), ("timeout", "took longer")])
def test_a_run_that_would_end_or_hold_the_page_is_not_made_here(folders, status, told):
    study = Opened(load(folders("noisy")))
    study.results.runs.loc[4, "status"] = status
    assert told in why_not(study, 4)
    assert f"mesa-doe replay {study.folder} 4" in why_not(study, 4)
    assert replayed(study, 4).kind == "not made"
    assert chosen_run(study, 4).status == status
    in_memory = Opened(studies.noisy())
    in_memory.results.runs.loc[4, "status"] = status
    assert "results.replay(4)" in why_not(in_memory, 4)


def test_a_configuration_is_whole(opened):
    configuration = configuration_of(opened("drawing"), 2)
    assert configuration.model_cls is studies.Drawing
    assert dataclasses.replace(configuration).seed == configuration.seed
