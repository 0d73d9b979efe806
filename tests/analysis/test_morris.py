import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from SALib.analyze import morris as salib_morris
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.morris import morris
from mesa_doe.analysis.moves import positions
from mesa_doe.design.salib import unit_problem
from tests import models
from tests.analysis.helpers import (
    COLUMNS,
    LOOSE,
    NOISY_SPACE,
    estimates,
    noisy_runs,
    some_outputs,
    unit_space,
)


@pytest.mark.parametrize("scaled", [False, True])
@pytest.mark.parametrize(("d", "levels", "optimal"), [(2, 4, None), (5, 8, None), (3, 2, None), (4, 6, 5)])
def test_point_estimates_equal_salibs_without_being_told_the_levels(d, levels, optimal, scaled):
    design = doe.morris(unit_space(d), 12, rng=3, levels=levels, optimal=optimal)
    y = some_outputs(design)
    result = morris(design, y, scaled=scaled, resamples=100)
    for k in range(3):
        theirs = salib_morris.analyze(
            unit_problem(design.factors), design.unit, y[:, k], num_levels=levels, scaled=scaled, seed=1
        )
        for measure in ("mu", "mu_star", "sigma"):
            got = estimates(result, f"y{k}", measure)
            expected = np.asarray(theirs[measure], dtype=float)
            np.testing.assert_allclose(got, expected, rtol=1e-12, atol=2e-14 * np.abs(y[:, k]).max())


@pytest.mark.parametrize("scaled", [False, True])
def test_groups_have_the_mu_star_of_salib_and_no_measure_with_a_sign(scaled):
    groups = {"net": ["x0", "x2"], "rest": ["x1"], "last": ["x3"]}
    design = doe.morris(unit_space(4), 10, rng=3, groups=groups)
    y = some_outputs(design)[:, 2]
    table = morris(design, y, scaled=scaled).table()
    theirs = salib_morris.analyze(
        unit_problem(design.factors, design.groups), design.unit, y, scaled=scaled, seed=1
    )
    assert table.index.tolist() == ["net", "rest", "last"]
    assert table.columns.tolist() == ["mu_star", "mu_star_low", "mu_star_high"]
    np.testing.assert_allclose(table["mu_star"], np.asarray(theirs["mu_star"], dtype=float), rtol=1e-12)


def test_members_of_a_group_that_stay_on_their_level_do_not_shorten_its_step():
    kind = doe.Categorical(["a", "b"], weights=[0.9, 0.1])
    space = doe.ParameterSpace(a=doe.Real(0, 1), kind=kind, b=doe.Real(0, 1))
    design = doe.morris(space, 12, rng=1, groups={"both": ["a", "kind"], "b": ["b"]})
    level = (design.points["kind"] == "b").to_numpy().reshape(12, 3)
    moved = (level != level[:, :1]).any(axis=1)
    assert 0 < moved.sum() < 12
    y = 3 * design.points["a"] + design.points["b"]
    # The step is 2/3 where "kind" stays, else the mean of 2/3 and 1.
    expected = np.where(moved, 3 * (2 / 3) / (5 / 6), 3).mean()
    assert morris(design, y).table()["mu_star"].tolist() == pytest.approx([expected, 1])


def test_intervals_are_percentiles_of_salibs_estimates_of_resampled_trajectories():
    design = doe.morris(unit_space(3), 10, rng=3)
    y = some_outputs(design)[:, 2]
    result = morris(design, y, resamples=100, rng=9).to_frame()
    drawn = np.random.default_rng(doe.seeding.root_entropy(9)).integers(10, size=(100, 10))
    x, z = design.unit.reshape(10, 4, 3), y.reshape(10, 4)
    found = []
    for rows in drawn:
        one = salib_morris.analyze(
            unit_problem(design.factors), x[rows].reshape(-1, 3), z[rows].ravel(), num_resamples=2, seed=1
        )
        found.append([*one["mu"], *one["mu_star"], *one["sigma"]])
    low, high = np.quantile(np.array(found, dtype=float), [0.025, 0.975], axis=0)
    np.testing.assert_allclose(result["low"], low, **LOOSE)
    np.testing.assert_allclose(result["high"], high, **LOOSE)


def test_rounding_in_a_trajectory_without_change_is_no_scaled_effect():
    design = doe.morris(unit_space(2), 6, rng=1)
    y = 1 + design.unit[:, 0]
    y[design.blocks == 2] = [1.0, 1.0 + 2.3e-16, 1.0]
    flat = np.where(design.blocks == 2, 1.0, y)
    pd.testing.assert_frame_equal(
        morris(design, y, scaled=True).to_frame(), morris(design, flat, scaled=True).to_frame()
    )


# Axes with levels


def test_an_effect_over_levels_is_that_of_the_whole_range():
    space = doe.ParameterSpace(
        on=doe.Boolean(),
        three=doe.Integer(1, 3),
        list=doe.Discrete([1, 10, 100]),
        kind=doe.Categorical(["a", "b"], weights=[0.4, 0.6]),
        real=doe.Real(0, 1),
    )
    design = doe.morris(space, 20, rng=1)
    p = design.points
    y = 5 * p["on"] + 3 * p["three"] + 4 * np.log10(p["list"]) + 7 * (p["kind"] == "b") + 2 * p["real"]
    table = morris(design, y).table()
    assert table["mu_star"].tolist() == pytest.approx([5, 6, 8, 7, 2])
    assert table["mu"].tolist() == pytest.approx([5, 6, 8, 7, 2])
    assert table["sigma"].max() < 1e-9
    wrong = salib_morris.analyze(unit_problem(design.factors), design.unit, y.to_numpy(dtype=float), seed=1)
    assert wrong["mu_star"][0] == pytest.approx(7.5)


def test_counts_of_a_law_are_where_their_shares_lie():
    space = doe.ParameterSpace(n=doe.Law(stats.poisson(3)), k=doe.Law(stats.binom(4, 0.5)), b=doe.Real(0, 1))
    design = doe.morris(space, 20, rng=1, levels=4)
    place = positions(design)
    for j, name in enumerate(["n", "k"]):
        pairs = set(zip(design.points[name].tolist(), place[:, j].tolist(), strict=True))
        assert len(pairs) == design.points[name].nunique()
    ends = positions(doe.Design(space, [[0.0] * 3, [1.0] * 3], method="mine", options={}))
    np.testing.assert_allclose(ends, [[0, 0, 0], [1, 1, 1]], atol=1e-12)
    y = 2 * place[:, 0] + place[:, 1]
    assert morris(design, y).table()["mu_star"].iloc[:2].tolist() == pytest.approx([2, 1])


def test_steps_that_stay_on_a_level_are_left_out_and_told():
    space = doe.ParameterSpace(kind=doe.Categorical(["a", "b"], weights=[0.9, 0.1]), b=doe.Real(0, 1))
    design = doe.morris(space, 20, rng=1)
    level = (design.points["kind"] == "b").to_numpy().reshape(20, 3)
    stayed = int((level == level[:, :1]).all(axis=1).sum())
    assert 0 < stayed < 20
    y = 3.0 * (design.points["kind"] == "b") + design.points["b"]
    with pytest.warns(doe.MesaDoeWarning, match=f"{stayed} of 20 of kind"):
        result = morris(design, y)
    assert result.table().loc["kind", "mu_star"] == pytest.approx(3)
    assert result.settings["unmoved"] == {"kind": stayed}


def test_a_factor_that_never_changes_its_level_is_refused():
    space = doe.ParameterSpace(kind=doe.Categorical(["a", "b"], weights=[0.4, 0.6]), b=doe.Real(0, 1))
    design = doe.morris(space, 4, rng=1)
    unit = design.unit.copy()
    unit[:, 0] = 0.9 + unit[:, 0] / 20
    still = doe.Design(space, unit, method="morris", options={}, blocks=design.blocks)
    with pytest.raises(doe.AnalysisError, match="no step changes the level of kind"):
        morris(still, still.unit[:, 1])


def test_categories_without_order_are_refused():
    space = doe.ParameterSpace(rule=doe.Categorical(["a", "b", "c"]), b=doe.Real(0, 1))
    with pytest.warns(doe.MesaDoeWarning, match="have no order"):
        design = doe.morris(space, 4, rng=1)
    with pytest.raises(doe.AnalysisError, match="levels of rule have none"):
        morris(design, design.unit[:, 1])


# Known answers


def test_morris_own_function_of_20_factors_is_screened():
    def function(x):
        w = 2 * (x - 0.5)
        for i in (2, 4, 6):
            w[:, i] = 2 * (1.1 * x[:, i] / (x[:, i] + 0.1) - 0.5)
        first = np.array([20.0] * 10 + [(-1.0) ** i for i in range(11, 21)])
        y = w @ first
        for i in range(20):
            for j in range(i + 1, 20):
                y += (-15.0 if j < 6 else (-1.0) ** (i + j)) * w[:, i] * w[:, j]
        for i in range(5):
            for j in range(i + 1, 5):
                for k in range(j + 1, 5):
                    y -= 10 * w[:, i] * w[:, j] * w[:, k]
        return y + 5 * w[:, 0] * w[:, 1] * w[:, 2] * w[:, 3]

    design = doe.morris(unit_space(20), 40, rng=1)
    table = morris(design, function(design.unit.copy())).table()
    assert table["mu_star"].iloc[:10].min() > 2 * table["mu_star"].iloc[10:].max()
    assert (table["sigma"].iloc[7:10] < 0.5 * table["mu_star"].iloc[7:10]).all()
    assert (table["mu_star_low"] <= table["mu_star"]).all()
    assert (table["mu_star"] <= table["mu_star_high"]).all()


# Noise


def noisy_results(policy, n=200, replications=4):
    return noisy_runs(doe.morris(NOISY_SPACE, n, rng=1), policy, replications)


@pytest.mark.parametrize("policy", ["block", "common"])
@pytest.mark.parametrize("replications", [1, 3])
def test_an_inert_factor_reads_zero_where_a_trajectory_shares_its_seeds(policy, replications):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = noisy_results(policy, n=8, replications=replications).sensitivity("y")
    assert result.method == "morris"
    assert result.table().loc["inert", "mu_star"] == 0
    assert result.table()["mu_star"].tolist() == pytest.approx([1, 0.5, 0])
    assert result.settings["noise_floor"] == {"y": 0.0}


def test_the_floor_of_independent_seeds_is_what_the_inert_factor_reads():
    with pytest.warns(doe.MesaDoeWarning, match=r"of inert \(.*, noise 0\..*\); use seed_policy='block'"):
        result = noisy_results("independent").sensitivity("y")
    exact = np.sqrt(2 / np.pi) * np.sqrt(2 * models.NOISE**2 / 4) / (2 / 3)
    assert result.settings["noise_floor"]["y"] == pytest.approx(exact, rel=0.05)
    assert result.table().loc["inert", "mu_star"] == pytest.approx(exact, rel=0.2)


def test_the_floor_of_scaled_effects_is_what_the_inert_factor_reads():
    with pytest.warns(doe.MesaDoeWarning, match="than noise alone reads of inert"):
        result = noisy_results("independent").sensitivity("y", scaled=True)
    assert result.settings["noise_floor"]["y"] == pytest.approx(
        result.table().loc["inert", "mu_star"], rel=0.2
    )


def test_one_replication_of_independent_seeds_tells_no_floor():
    with pytest.warns(doe.MesaDoeWarning, match="one replication, noise adds to every mu_star, up to 0"):
        result = noisy_results("independent", n=20, replications=1).sensitivity("y")
    assert result.settings["noise_floor"] == {"y": None}


@pytest.mark.parametrize(("replications", "policy"), [(1, None), (1, "block"), (3, "block")])
@pytest.mark.parametrize("scaled", [False, True])
def test_an_output_that_the_seeds_of_the_trajectories_move_alone_is_told(replications, policy, scaled):
    design = doe.morris(unit_space(2), 50, rng=1)
    seeds = np.random.default_rng(1).normal(size=(50, replications))[design.blocks]
    y = (0.001 * design.unit[:, :1] + seeds)[:, :, None]
    with pytest.warns(doe.MesaDoeWarning, match="hardly with the factors: what they do is .*below 0.005"):
        result = morris(design, y, seed_policy=policy, scaled=scaled)
    assert len(result.warnings) == 1
    # The factors have .08 of the variance of a run.
    loud = (design.unit[:, :1] + seeds)[:, :, None]
    assert morris(design, loud, seed_policy=policy, scaled=scaled).warnings == ()


def test_the_floor_of_sigma_is_what_noise_alone_reads_of_a_linear_model():
    with pytest.warns(doe.MesaDoeWarning, match=r"and sigma is no larger than noise alone reads of a \(0\."):
        result = noisy_results("independent").sensitivity("y")
    exact = np.sqrt(2 * models.NOISE**2 / 4) / (2 / 3)
    assert result.settings["noise_floor_of_sigma"]["y"] == pytest.approx(exact, rel=0.05)
    assert result.table()["sigma"].tolist() == pytest.approx([exact] * 3, rel=0.2)
    assert noisy_results("block", n=8).sensitivity("y").settings["noise_floor_of_sigma"] == {"y": 0.0}


def test_a_sigma_beyond_the_noise_is_not_told_and_groups_have_none():
    design = doe.morris(unit_space(2), 100, rng=1)
    u, noise = design.unit, np.random.default_rng(1).normal(0, 0.3, (303 - 3, 4, 1))
    y = (4 * u[:, 0] * u[:, 1])[:, None, None] + noise
    assert morris(design, y, seed_policy="independent").warnings == ()
    groups = doe.morris(unit_space(3), 100, rng=1, groups={"both": ["x0", "x1"], "last": ["x2"]})
    y = (groups.unit @ [2, 1, 0.5])[:, None, None] + noise
    result = morris(groups, y, seed_policy="independent")
    assert "noise_floor_of_sigma" not in result.settings


def test_floors_are_drawn():
    design = doe.morris(unit_space(2), 20, rng=1)
    y = design.unit.sum(axis=1)[:, None, None] + np.random.default_rng(1).normal(0, 0.3, (60, 4, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", doe.MesaDoeWarning)
        ax = morris(design, y, seed_policy="independent").plot(Figure().subplots())
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert [label.rsplit(" ", 1)[0] for label in labels] == ["noise floor", "noise floor of σ"]


def test_memory_does_not_grow_with_the_resamples_of_all_outputs():
    design = doe.morris(unit_space(10), 100, rng=1)
    y = design.unit[:, :1] * np.linspace(0.5, 2, 1000) + design.unit[:, 1:2] ** 2
    tracemalloc.start()
    try:
        morris(design, y)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Resampled estimates of all at once are 240 MB, and the means that they come from 320 MB.
    assert peak < 250e6


# What must never be silent


@pytest.mark.parametrize("factor", [1e-200, 1e200, -1e150])
def test_effects_are_in_the_unit_of_the_output_however_large(factor):
    design = doe.morris(unit_space(3), 6, rng=1)
    y = some_outputs(design)[:, 0]
    plain, large = (morris(design, v).to_frame().query("measure != 'mu'") for v in (y, factor * y))
    np.testing.assert_allclose(
        abs(factor) * plain[COLUMNS], large[COLUMNS], rtol=1e-9, atol=1e-14 * abs(factor)
    )


def test_a_sample_that_only_claims_to_be_trajectories_is_refused():
    unit = np.random.default_rng(1).random((12, 2))
    for blocks, words in ((None, "blocks of 3 rows"), (np.arange(12) // 3, "each of whose steps moves one")):
        design = doe.Design(unit_space(2), unit, method="morris", options={}, blocks=blocks)
        with pytest.raises(doe.AnalysisError, match=words):
            morris(design, unit[:, 0])
