import pickle

import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe

SPACE = doe.ParameterSpace(n=doe.Integer(1, 3), mode=doe.Categorical([["a"], ["b"]]), flag=doe.Boolean())


def noisy(n, mode, flag, rng):
    return {"y": n + 2 * (mode == ["a"]) * flag + rng.normal()}


def exact(n, mode, flag):
    return {"y": n + 2 * (mode == ["a"]) * flag}


def indices(design, model, **options):
    results = doe.BatchRunner(design.configurations(model, rng=2, **options)).run_all()
    return results.sensitivity("y").to_frame()


def test_each_point_is_left_once_in_its_order():
    design = doe.sobol(SPACE, 32, rng=1)
    once = design.deduplicate(across_blocks=True)
    assert len(once) == 12
    assert once.describe().twins == 0
    pd.testing.assert_frame_equal(
        once.points.iloc[once.twin_of].reset_index(drop=True), design.points.reset_index(drop=True)
    )
    firsts = pd.Series(once.twin_of).drop_duplicates()
    assert firsts.tolist() == list(range(len(once)))


def test_runs_of_twins_in_a_block_are_the_same_so_indices_of_a_noisy_model_are_too():
    design = doe.sobol(SPACE, 32, rng=1)
    once = design.deduplicate()
    assert len(once) < 0.7 * len(design)
    pd.testing.assert_frame_equal(indices(once, noisy), indices(design, noisy))


def test_the_seed_as_a_factor_keeps_points_apart_that_differ_in_it():
    design = doe.sobol(SPACE, 32, rng=1, seed_factor=True)
    once = design.deduplicate()
    assert len(once) < len(design)
    pd.testing.assert_frame_equal(indices(once, noisy), indices(design, noisy))


def test_a_model_without_noise_may_be_merged_across_blocks():
    design = doe.sobol(SPACE, 32, rng=1)
    once = design.deduplicate(across_blocks=True)
    pd.testing.assert_frame_equal(indices(once, exact), indices(design, exact))


@pytest.mark.parametrize("across", ["no", 1, None], ids=repr)
def test_whether_to_merge_across_blocks_is_true_or_false(across):
    design = doe.sobol(SPACE, 8, rng=1)
    with pytest.raises(doe.DesignError, match=r"^deduplicate: across_blocks takes True or False, got"):
        design.deduplicate(across_blocks=across)
    assert design.deduplicate(across_blocks=np.True_).options["across_blocks"] is True


def test_noise_that_is_merged_across_blocks_is_said():
    once = doe.sobol(SPACE, 8, rng=1).deduplicate(across_blocks=True)
    results = doe.BatchRunner(once.configurations(noisy, rng=2)).run_all()
    with (
        pytest.warns(doe.MesaDoeWarning, match="points of different blocks were merged"),
        pytest.warns(doe.MesaDoeWarning, match="noise inflates"),
    ):
        results.sensitivity("y")


def test_a_design_without_twins_is_left_as_it_is():
    design = doe.latin_hypercube(doe.ParameterSpace(x=doe.Real(0, 1)), 8, rng=1)
    once = design.deduplicate()
    np.testing.assert_array_equal(once.unit, design.unit)
    assert once.origin is design
    assert design.origin is None
    assert design.twin_of is None


def test_what_was_merged_survives_pickling():
    once = pickle.loads(pickle.dumps(doe.sobol(SPACE, 8, rng=1).deduplicate()))
    assert len(once.origin) == 8 * 5
    assert once.twin_of.max() == len(once) - 1


def test_merging_without_blocks_is_said_unless_the_model_is_said_to_have_no_noise():
    design = doe.monte_carlo(SPACE, 30, rng=1)
    with pytest.warns(doe.MesaDoeWarning, match=r"merged 30 points to \d+, .*across_blocks=True.* no noise"):
        once = design.deduplicate()
    assert once.origin.unit is design.unit
    assert once.origin.merged.tolist() == once.twin_of.tolist()
    again = pickle.loads(pickle.dumps(once))
    assert again.origin.merged.tolist() == once.twin_of.tolist()
    # Warnings are errors.
    quiet = design.deduplicate(across_blocks=True)
    assert quiet.origin is design
    assert quiet.origin.merged is None


def test_merging_within_blocks_that_have_no_seed_of_their_own_is_said():
    design = doe.sobol(SPACE, 16, rng=1)
    once = design.deduplicate()
    with pytest.warns(doe.MesaDoeWarning, match="seed_policy='independent': twins of this design were"):
        once.configurations(noisy, rng=2, seed_policy="independent")
    once.configurations(noisy, rng=2)
    once.configurations(noisy, rng=2, seed_policy="common")
    design.deduplicate(across_blocks=True).configurations(exact, rng=2, seed_policy="independent")


def test_results_of_merged_points_count_each_of_them_once():
    with pytest.warns(doe.MesaDoeWarning, match="deduplicate merged 100 points"):
        once = doe.monte_carlo(SPACE, 100, rng=1).deduplicate()
    results = doe.BatchRunner(once.configurations(noisy, rng=2)).run_all()
    found = results.uncertainty("y", quantiles=[0.5])
    assert found.settings["points"] == {"all": 100}
    assert found.settings["units"] == {"all": len(once)}
