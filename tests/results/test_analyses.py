import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from tests import models

NOISY_SPACE = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), inert=doe.Real(0, 1))


def failing_above_one(x, rng):
    if x > 1 and rng.random() < 2:
        raise RuntimeError("no such x")
    return {"y": x}


def test_sensitivity_names_the_points_whose_runs_failed():
    design = doe.sobol(doe.ParameterSpace(x=doe.Real(0, 1.1)), 16, rng=1)
    with pytest.warns(doe.MesaDoeWarning, match="runs failed"):
        results = doe.BatchRunner(design.configurations(failing_above_one, rng=1)).run_all()
    bad = results.failures["point"].tolist()
    with pytest.raises(doe.AnalysisError, match=f"points {', '.join(map(str, bad))}"):
        results.sensitivity("y")
    with pytest.warns(doe.MesaDoeWarning, match="left out whole"):
        result = results.sensitivity("y", missing="drop")
    assert np.isfinite(result.to_frame()["estimate"]).all()


def test_sensitivity_of_a_part_of_the_runs_names_what_is_missing():
    design = doe.sobol(doe.ParameterSpace(x=doe.Real(0, 1)), 4, rng=1)
    results = doe.BatchRunner(design.configurations(failing_above_one, rng=1)[:-2]).run_all()
    with pytest.raises(doe.AnalysisError, match="points 10, 11"):
        results.sensitivity("y")


def test_sensitivity_of_a_shuffled_hand_built_list_needs_its_design_and_keeps_the_order():
    design = doe.sobol(NOISY_SPACE, 64, rng=1)
    runs = list(design.configurations(models.noisy, rng=2))
    expected = doe.BatchRunner(runs).run_all().sensitivity("exact", design=design)
    results = doe.BatchRunner(runs[::-1]).run_all()
    with pytest.raises(doe.AnalysisError, match="carry no design"):
        results.sensitivity("exact")
    pd.testing.assert_frame_equal(results.sensitivity("exact", design=design).to_frame(), expected.to_frame())
    with pytest.raises(doe.AnalysisError, match="not those of the design"):
        results.sensitivity("exact", design=doe.sobol(design.space, 32, rng=1))


def test_sensitivity_of_a_design_without_analysis_says_what_can_be_had():
    space = doe.ParameterSpace(x=doe.Real(0, 1))
    design = doe.explicit({"x": [0.1, 0.2, 0.3, 0.4]}, space)
    results = doe.BatchRunner(design.configurations(failing_above_one, rng=1)).run_all()
    with pytest.raises(
        doe.AnalysisError, match=r"no analysis is made for designs of explicit.*results.points"
    ):
        results.sensitivity("y")
    with pytest.raises(doe.AnalysisError, match=r"no analysis 'deltas'; there are .*sobol"):
        results.sensitivity("y", method="deltas")


def test_a_design_with_other_points_is_refused():
    results = doe.BatchRunner(doe.sobol(NOISY_SPACE, 8, rng=1).configurations(models.noisy, rng=2)).run_all()
    with pytest.raises(doe.AnalysisError, match=r"run 0 of point 0 has a=.*, the design has"):
        results.sensitivity("exact", design=doe.sobol(NOISY_SPACE, 8, rng=9))
    other = doe.ParameterSpace({"q": doe.Real(0, 1), "w": doe.Real(0, 1), "v": doe.Real(0, 1)})
    with pytest.raises(doe.AnalysisError, match="no parameter 'q'"):
        results.sensitivity("exact", design=doe.sobol(other, 8, rng=1))


@pytest.mark.parametrize("policy", ["independent", "common", "block"])
def test_the_seed_policy_of_a_hand_built_list_is_read_off_its_seeds(policy):
    design = doe.sobol(NOISY_SPACE, 64, rng=1)
    runs = list(design.configurations(models.noisy, rng=2, seed_policy=policy))
    results = doe.BatchRunner(runs).run_all()
    assert results.seed_policy is None
    if policy == "independent":
        with pytest.warns(doe.MesaDoeWarning, match="noise inflates"):
            result = results.sensitivity("y", design=design)
    else:
        result = results.sensitivity("y", design=design)
    assert result.settings["seed_policy"] == policy


@pytest.mark.filterwarnings("ignore:.*has an open end")
def test_a_distribution_by_a_factor_has_a_column_for_a_level_none_unless_another_is_written_so():
    space = doe.ParameterSpace(a=doe.Real(0, 1), cap=doe.Categorical([None, 2]))
    found = distribution_by_cap(space)
    assert found.table().loc["mean", 2] == pytest.approx(2 + found.table().loc["mean", "None"], abs=0.3)
    alike = doe.ParameterSpace(a=doe.Real(0, 1), cap=doe.Categorical([None, "None"]))
    with pytest.raises(doe.AnalysisError, match="none of them missing"):
        distribution_by_cap(alike)


def distribution_by_cap(space):
    def model(a, cap):
        return {"y": a + (cap if isinstance(cap, int) else 0)}

    runs = doe.latin_hypercube(space, 40, rng=1).configurations(model, rng=1)
    return doe.BatchRunner(runs).run_all().uncertainty("y", by="cap")
