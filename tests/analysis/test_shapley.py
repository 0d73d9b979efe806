import warnings

import numpy as np
import pytest
from SALib.analyze import shapley as salib_shapley
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.bootstrap import widened
from mesa_doe.analysis.shapley import shapley
from mesa_doe.design.salib import unit_problem
from tests import models
from tests.analysis.helpers import (
    COLUMNS,
    LOOSE,
    NOISY_SPACE,
    angles,
    ishigami,
    noisy_runs,
    some_outputs,
    unit_space,
)


@pytest.mark.parametrize("d", [2, 5])
def test_point_estimates_equal_salibs(d):
    design = doe.shapley(unit_space(d), 40, rng=3)
    y = some_outputs(design)
    result = shapley(design, y, resamples=100)
    for k in range(3):
        theirs = salib_shapley.analyze(unit_problem(design.factors), design.unit, y[:, k])
        table = result.table(f"y{k}")
        np.testing.assert_allclose(table["effect"], theirs["shapley"], rtol=1e-10, atol=1e-11)
        np.testing.assert_allclose(table["Sh"], theirs["shapley_normalized"], rtol=1e-10, atol=1e-12)
        assert table["Sh"].sum() == pytest.approx(1)


def test_intervals_are_percentiles_of_salibs_estimates_of_resampled_trajectories():
    design = doe.shapley(unit_space(3), 20, rng=3)
    y = some_outputs(design)[:, 2]
    ours = shapley(design, y, resamples=100, rng=9).to_frame()
    drawn = np.random.default_rng(doe.seeding.root_entropy(9)).integers(20, size=(100, 20))
    x, z = design.unit.reshape(20, 4, 3), y.reshape(20, 4)
    found = []
    for rows in drawn:
        one = salib_shapley.analyze(unit_problem(design.factors), x[rows].reshape(-1, 3), z[rows].ravel())
        found.append([*one["shapley"], *one["shapley_normalized"]])
    low, high = widened(*np.quantile(found, [0.025, 0.975], axis=0), ours["estimate"], 20, 0.95)
    np.testing.assert_allclose(ours["low"], low, **LOOSE)
    np.testing.assert_allclose(ours["high"], high, **LOOSE)


def test_intervals_are_about_as_wide_as_salibs_normal_ones():
    design = doe.shapley(unit_space(3), 1000, rng=3)
    y = some_outputs(design)[:, 2]
    table = shapley(design, y).table()
    theirs = salib_shapley.analyze(unit_problem(design.factors), design.unit, y)
    for ours, conf in (("effect", "shapley_conf"), ("Sh", "shapley_normalized_conf")):
        half = (table[f"{ours}_high"] - table[f"{ours}_low"]) / 2
        np.testing.assert_allclose(half, theirs[conf], rtol=0.15)


# Known answers


def test_ishigami_has_its_analytic_shapley_effects_within_the_intervals():
    space = angles()
    design = doe.shapley(space, 4000, rng=1)
    table = shapley(design, ishigami(design)).table()
    exact = np.array([0.435747, 0.442411, 0.121842])
    for measure, truth in (("Sh", exact), ("effect", 13.844588 * exact)):
        assert (table[f"{measure}_low"] <= truth).all()
        assert (truth <= table[f"{measure}_high"]).all()


def test_levels_categories_and_laws_are_factors_like_others():
    space = doe.ParameterSpace(
        rule=doe.Categorical(["a", "b", "c"]), on=doe.Boolean(), n=doe.Law(stats.poisson(2)), b=doe.Real(0, 1)
    )
    design = doe.shapley(space, 2000, rng=1)
    p = design.points
    y = p["rule"].map({"a": 0.0, "b": 5.0, "c": 1.0}) + 2 * p["on"] + p["n"] + p["b"]
    table = shapley(design, y.astype(float)).table()
    variances = np.array([np.var([0.0, 5.0, 1.0]), 1.0, 2.0, 1 / 12])
    assert (table["Sh_low"] <= variances / variances.sum()).all()
    assert (variances / variances.sum() <= table["Sh_high"]).all()


# Noise


def noisy_results(policy, n=1500, replications=2):
    return noisy_runs(doe.shapley(NOISY_SPACE, n, rng=1), policy, replications)


@pytest.mark.parametrize("policy", ["block", "common"])
def test_an_inert_factor_has_no_effect_where_a_trajectory_shares_its_seeds(policy):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = noisy_results(policy, n=50).sensitivity("y")
    assert result.method == "shapley"
    assert result.table().loc["inert", "Sh"] == 0


def test_independent_seeds_are_told_with_what_noise_adds():
    with pytest.warns(doe.MesaDoeWarning) as said:
        result = noisy_results("independent").sensitivity("y", noise="kept")
    noise = models.NOISE**2 / 2
    exact = noise / 3 / (1 / 12 + 1 / 48 + noise)
    told = float(str(said[0].message).split("by about ")[1].split(";")[0])
    assert told == pytest.approx(exact, rel=0.2)
    table = result.table()
    assert table.loc["inert", "Sh_low"] <= exact <= table.loc["inert", "Sh_high"]
    assert table.loc["inert", "effect"] == pytest.approx(noise / 3, rel=0.2)
    with pytest.warns(doe.MesaDoeWarning, match="one replication, noise inflates every share, by up to"):
        noisy_results("independent", n=200, replications=1).sensitivity("y")


def test_with_replications_effects_are_those_on_the_expected_output():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = noisy_results("independent", replications=4).sensitivity("y")
    table = result.table()
    exact = np.array([1 / 12, 1 / 48, 0])
    for measure, truth in (("effect", exact), ("Sh", exact / exact.sum())):
        assert (table[f"{measure}_low"] <= truth).all()
        assert (truth <= table[f"{measure}_high"]).all()
    assert table["Sh"].sum() == pytest.approx(1)
    share = models.NOISE**2 / (models.NOISE**2 + 5 / 48)
    assert result.settings["noise_share"]["y"] == pytest.approx(share, abs=0.03)
    assert "of the variance of a single run noise is 'y' 0.4" in result.notes[0]


@pytest.mark.parametrize(("replications", "policy"), [(1, None), (1, "block"), (3, "block")])
def test_an_output_that_the_seeds_of_the_trajectories_move_alone_is_told(replications, policy):
    design = doe.shapley(unit_space(2), 64, rng=1)
    seeds = np.random.default_rng(1).normal(size=(64, replications))[design.blocks]
    y = (0.001 * design.unit[:, :1] + seeds)[:, :, None]
    with pytest.warns(doe.MesaDoeWarning, match="hardly with the factors: what they do is .*below 0.005"):
        result = shapley(design, y, seed_policy=policy)
    assert len(result.warnings) == 1
    # The factors have .08 of the variance of a run.
    loud = (design.unit[:, :1] + seeds)[:, :, None]
    assert shapley(design, loud, seed_policy=policy).warnings == ()


# What must never be silent


@pytest.mark.parametrize("factor", [1e-100, 1e100])
def test_shares_do_not_depend_on_the_unit_of_the_output(factor):
    design = doe.shapley(unit_space(3), 20, rng=1)
    y = some_outputs(design)[:, 0]
    plain, large = (shapley(design, v).to_frame().query("measure == 'Sh'") for v in (y, factor * y))
    np.testing.assert_allclose(plain[COLUMNS], large[COLUMNS], **LOOSE)


def test_an_output_that_is_the_same_at_both_ends_of_all_paths_has_no_indices():
    design = doe.shapley(unit_space(3), 8, rng=1)
    y = np.zeros((8, 4))
    y[1, 1:3] = [1 / 3, -2 / 3]
    with pytest.warns(doe.MesaDoeWarning, match="no variance between blocks is left, so indices"):
        found = doe.analyze.shapley(design, y.ravel(), resamples=100)
    assert found.table()["Sh"].isna().all()
