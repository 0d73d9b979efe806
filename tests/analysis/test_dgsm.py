import warnings

import numpy as np
import pytest
from SALib.analyze import dgsm as salib_dgsm
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.bootstrap import widened
from mesa_doe.analysis.dgsm import dgsm
from mesa_doe.design.salib import unit_problem
from mesa_doe.seeding import kept_generators
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


@pytest.mark.parametrize(("d", "delta"), [(2, 0.01), (5, 0.1)])
def test_point_estimates_equal_salibs(d, delta):
    design = doe.finite_difference(unit_space(d), 16, rng=3, delta=delta)
    y = some_outputs(design)
    result = dgsm(design, y, resamples=100)
    for k in range(3):
        with kept_generators():
            theirs = salib_dgsm.analyze(unit_problem(design.factors), design.unit, y[:, k], seed=1)
        table = result.table(f"y{k}")
        np.testing.assert_allclose(table["nu"], theirs["vi"], rtol=1e-10, atol=1e-20)
        np.testing.assert_allclose(table["bound"], theirs["dgsm"], rtol=1e-10, atol=1e-20)


def test_intervals_are_percentiles_of_salibs_estimates_of_resampled_stars():
    design = doe.finite_difference(unit_space(3), 16, rng=3)
    y = some_outputs(design)[:, 2]
    ours = dgsm(design, y, resamples=100, rng=9).to_frame()
    drawn = np.random.default_rng(doe.seeding.root_entropy(9)).integers(16, size=(100, 16))
    x, z = design.unit.reshape(16, 4, 3), y.reshape(16, 4)
    found = []
    with kept_generators():
        for rows in drawn:
            one = salib_dgsm.analyze(
                unit_problem(design.factors), x[rows].reshape(-1, 3), z[rows].ravel(), num_resamples=2
            )
            found.append([*one["vi"], *one["dgsm"]])
    low, high = widened(*np.quantile(found, [0.025, 0.975], axis=0), ours["estimate"], 16, 0.95)
    np.testing.assert_allclose(ours["low"], low, **LOOSE)
    np.testing.assert_allclose(ours["high"], high, **LOOSE)


# Known answers


def test_ishigami_has_its_analytic_derivatives_and_bounds_above_the_total_indices():
    space = angles()
    design = doe.finite_difference(space, 1024, rng=1, delta=0.001)
    result = dgsm(design, ishigami(design))
    table = result.table()
    native = np.array([7.71959, 24.5, 10.98731])
    for measure, exact in (("nu", native * (2 * np.pi) ** 2), ("bound", [2.230355, 7.078578, 3.174469])):
        np.testing.assert_allclose(table[measure], exact, rtol=0.05)
        assert (table[f"{measure}_low"] <= exact).all()
        assert (exact <= table[f"{measure}_high"]).all()
    assert (table["bound"].to_numpy() > list(models.ISHIGAMI_ST.values())).all()


def test_the_bound_holds_for_laws_that_are_not_uniform():
    # Exact: ST of 2a + b with a, b ~ N(0, 1) are 0.8 and 0.2; SALib's factor is for uniform inputs.
    cut = (0.005, 0.995)
    space = doe.ParameterSpace(
        a=doe.Law(stats.norm(0, 1), quantiles=cut), b=doe.Law(stats.norm(0, 1), quantiles=cut)
    )
    design = doe.finite_difference(space, 512, rng=1, delta=0.001)
    table = dgsm(design, 2 * design.points["a"] + design.points["b"]).table()
    assert (table["bound"] >= [0.8, 0.2]).all()
    assert table.loc["a", "bound"] > 3.5 * table.loc["b", "bound"]


def test_the_interval_is_of_the_bound_and_does_not_depend_on_the_unit_of_a_factor():
    wide = doe.ParameterSpace(a=doe.Real(0, 1000), b=doe.Real(0, 1))
    design = doe.finite_difference(wide, 128, rng=1)
    y = (design.points["a"] / 1000) ** 2 + design.points["b"] ** 2
    table = dgsm(design, y).table()
    width = table["bound_high"] - table["bound_low"]
    assert width["a"] == pytest.approx(width["b"], rel=0.3)
    assert (table["bound_low"] < table["bound"]).all()
    assert (table["bound"] < table["bound_high"]).all()


def test_axes_without_a_derivative_are_refused():
    with pytest.warns(doe.MesaDoeWarning, match="has no derivative"):
        design = doe.finite_difference(doe.ParameterSpace(n=doe.Integer(1, 9), b=doe.Real(0, 1)), 8, rng=1)
    with pytest.raises(doe.AnalysisError, match="needs axes of real numbers, but n have values"):
        dgsm(design, design.unit[:, 1])
    with pytest.warns(doe.MesaDoeWarning, match="has no derivative"):
        design = doe.finite_difference(
            doe.ParameterSpace(n=doe.Law(stats.poisson(3)), b=doe.Real(0, 1)), 8, rng=1
        )
    with pytest.raises(doe.AnalysisError, match="but n have values between which nothing lies; this design"):
        dgsm(design, design.unit[:, 1])


# Noise


@pytest.mark.parametrize(("replications", "policy"), [(1, None), (1, "block"), (2, "block")])
def test_an_output_that_the_seeds_of_the_stars_move_alone_is_told(replications, policy):
    design = doe.finite_difference(unit_space(2), 64, rng=1)
    seeds = np.random.default_rng(1).normal(size=(64, replications))[design.blocks]
    y = 0.001 * design.unit[:, :1] + seeds
    with pytest.warns(doe.MesaDoeWarning, match="hardly with the factors|no more between design points"):
        dgsm(design, y[:, :, None], seed_policy=policy)


def noisy_results(policy, n=256, replications=4):
    return noisy_runs(doe.finite_difference(NOISY_SPACE, n, rng=1, delta=0.1), policy, replications)


def test_an_inert_factor_reads_zero_where_a_star_shares_its_seeds():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = noisy_results("block", n=64).sensitivity("y")
    assert result.method == "dgsm"
    assert result.table()["nu"].tolist() == pytest.approx([1, 0.25, 0])
    assert result.settings["noise_of_nu"] == {"y": 0.0}


def test_independent_seeds_are_told_with_what_noise_adds():
    with pytest.warns(doe.MesaDoeWarning, match="noise over the squared step adds"):
        result = noisy_results("independent").sensitivity("y")
    exact = 2 * models.NOISE**2 / 4 / 0.1**2
    assert result.settings["noise_of_nu"]["y"] == pytest.approx(exact, rel=0.1)
    assert result.table().loc["inert", "nu"] == pytest.approx(exact, rel=0.2)
    with pytest.warns(doe.MesaDoeWarning, match="one replication, noise over the squared step inflates"):
        result = noisy_results("independent", n=32, replications=1).sensitivity("y")
    assert result.settings["noise_of_nu"] == {"y": None}


def test_noise_is_told_where_runs_that_share_a_seed_part():
    # A step into another cell, of which there are fifty, leads to other events.
    told = {}
    for delta in (0.1, 0.001):
        design = doe.finite_difference(unit_space(2), 512, rng=1, delta=delta)
        cells = np.floor(50 * design.unit[:, 0]).astype(int) % 50
        events = np.random.default_rng(1).normal(0, 0.1, (512, 50, 6))
        y = design.unit[:, :1] + events[design.blocks, cells]
        with pytest.warns(doe.MesaDoeWarning, match="seed_policy='block' and 6 replications, noise over the"):
            result = dgsm(design, y[:, :, None], seed_policy="block")
        added = result.settings["noise_of_nu"]["y"]
        # Of 25 stars that step into another cell, both are known to a third.
        assert result.table().loc["x0", "nu"] == pytest.approx(1 + added, rel=0.5)
        told[delta] = added
    assert told[0.001] > 3 * told[0.1]


# What must never be silent


@pytest.mark.parametrize("factor", [1e-100, 1e100])
def test_the_bound_does_not_depend_on_the_unit_of_the_output(factor):
    design = doe.finite_difference(unit_space(3), 16, rng=1)
    y = some_outputs(design)[:, 0]
    plain, large = (dgsm(design, v).to_frame() for v in (y, factor * y))
    unit = np.where(plain["measure"] == "nu", factor**2, 1.0)[:, None]
    np.testing.assert_allclose(plain[COLUMNS].to_numpy() * unit, large[COLUMNS].to_numpy(), rtol=1e-8)


@pytest.mark.parametrize("n", [16, 64, 128, 256])
def test_outputs_that_jump_between_few_values_are_refused_with_the_analyses_that_would_do(n):
    # True and false: exact ST of x0 is 1, and nearly all short steps change nothing.
    design = doe.finite_difference(unit_space(2), n, rng=1)
    x = design.unit[:, 0]
    for values in (x > 0.5, (x > 0.5).astype(int), np.round(3 * x), 5 + np.round(x, 1)):
        with pytest.raises(doe.AnalysisError, match=r"dgsm: 'y1' jumps between few .* with sobol or shapley"):
            dgsm(design, np.column_stack([x, values]))
    with pytest.raises(doe.AnalysisError, match="'y0', 'y1' jump between"):
        dgsm(design, np.column_stack([x > 0.5, x > 0.3]))


def test_outputs_with_slopes_here_and_there_are_not_taken_for_jumps():
    design = doe.finite_difference(unit_space(2), 512, rng=1, delta=0.001)
    x = design.unit[:, 0]
    # Exact: nu is the share of the range that slopes.
    for values, exact in ((np.maximum(x - 0.7, 0), 0.3), (np.clip(x, 0.4, 0.6), 0.2), (x.round(9), 1)):
        assert dgsm(design, values).table().loc["x0", "nu"] == pytest.approx(exact, rel=0.05)


def test_intervals_end_at_zero_as_squares_do():
    design = doe.finite_difference(unit_space(2), 128, rng=1)
    y = np.maximum(design.unit[:, 0] - 0.98, 0)
    table = dgsm(design, y).table()
    assert table.loc["x0", "nu_low"] == 0
    assert table.loc["x0", "nu"] > 0
