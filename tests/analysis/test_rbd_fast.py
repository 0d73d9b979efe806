import re
import warnings

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import rbd_fast as salib_rbd_fast

import mesa_doe as doe
from mesa_doe.analysis.rbd_fast import rbd_fast
from mesa_doe.errors import AnalysisError, MesaDoeWarning
from tests import models
from tests.analysis.helpers import PROBLEM, angles, ishigami, quiet, rows, some_outputs, unit_space


@pytest.mark.parametrize(("n", "M"), [(100, 10), (501, 10), (200, 4)])
@pytest.mark.parametrize("sampler", [doe.latin_hypercube, doe.monte_carlo, doe.sobol_sequence])
def test_rbd_fast_equals_salibs(sampler, n, M):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lengths that are no power of two
        design = sampler(unit_space(3), n, rng=3)
    y = some_outputs(design)
    result = rbd_fast(design, y, M=M, resamples=100)
    for k in range(3):
        theirs = salib_rbd_fast.analyze(PROBLEM, design.unit, y[:, k], M=M, seed=1)
        np.testing.assert_allclose(
            rows(result, "S1", f"y{k}")["estimate"], theirs["S1"], rtol=1e-12, atol=1e-13
        )


def test_rbd_fast_intervals_hold_ishigamis_indices():
    design = doe.rbd_fast(angles(), 2000, rng=1)
    found = rows(rbd_fast(design, ishigami(design), resamples=400), "S1")
    for factor, exact in models.ISHIGAMI_S1.items():
        assert found.loc[factor, "low"] < exact < found.loc[factor, "high"]
        assert found.loc[factor, "low"] < found.loc[factor, "estimate"] < found.loc[factor, "high"]


def test_rbd_fast_intervals_cover_as_often_as_they_say():
    # Binomial(60, .95): fewer than 51 hits have a chance below 1e-3 (and inert factors are covered more).
    truth = {"x0": 0.8, "x1": 0.2, "x2": 0.0}
    hits = dict.fromkeys(truth, 0)
    for seed in range(60):
        design = doe.monte_carlo(unit_space(3), 300, rng=seed)
        found = rows(rbd_fast(design, design.unit @ [2, 1, 0], resamples=200, rng=seed), "S1")
        for factor, exact in truth.items():
            hits[factor] += found.loc[factor, "low"] <= exact <= found.loc[factor, "high"]
    assert min(hits.values()) >= 51


def category(order):
    return doe.ParameterSpace(kind=doe.Categorical(order), b=doe.Real(0, 1))


def test_rbd_fast_of_a_category_does_not_change_with_its_labels():
    height = {"low": 0, "mid": 1, "high": 2, "top": 3}
    found = []
    for order in (["low", "mid", "high", "top"], ["top", "low", "high", "mid"]):
        design = doe.latin_hypercube(category(order), 2000, rng=1)
        y = design.points["kind"].map(height).astype(float) + 0.5 * design.points["b"]
        with pytest.warns(MesaDoeWarning, match="4 levels"):
            found.append(rows(rbd_fast(design, y, resamples=100), "S1").loc["kind", "estimate"])
    # truth: 1.25 / (1.25 + .25 / 12) = .984; SALib reads .83 with alternating labels
    assert found == pytest.approx([0.97, 0.97], abs=0.015)


def test_rbd_fast_of_an_inert_category_is_about_zero():
    design = doe.latin_hypercube(category(list("abcdef")), 2000, rng=1)
    found = rows(rbd_fast(design, design.unit[:, 1], resamples=100), "S1")
    assert abs(found.loc["kind", "estimate"]) < 0.02


def test_rbd_fast_of_a_grid_does_not_take_the_order_of_the_rows_for_an_effect():
    design = doe.grid(unit_space(3), 9)
    found = rows(rbd_fast(design, 2 * design.points["x0"] + design.points["x1"], resamples=100), "S1")
    np.testing.assert_allclose(found["estimate"], [0.8, 0.2, 0.0], atol=0.05)


def test_rbd_fast_is_not_inflated_by_noise():
    design = doe.latin_hypercube(unit_space(3), 2000, rng=1)
    noise = np.random.default_rng(1).normal(0, 0.3, len(design))
    y = design.unit[:, 0] + 0.5 * design.unit[:, 1] + noise
    found = rows(rbd_fast(design, y, resamples=100, seed_policy="independent"), "S1")
    # of the whole variance: .43, .11 and nothing
    np.testing.assert_allclose(found["estimate"], [0.43, 0.107, 0], atol=0.05)
    assert found.loc["x2", "low"] < 0 < found.loc["x2", "high"]


@pytest.mark.parametrize("M", [0, 2.5, True, "4"])
def test_rbd_fast_refuses_a_number_of_harmonics_that_is_none(M):
    design = doe.monte_carlo(unit_space(3), 100, rng=1)
    with pytest.raises(AnalysisError, match="M takes an int from 1"):
        rbd_fast(design, design.unit[:, 0], M=M)


def test_rbd_fast_needs_points_for_its_harmonics():
    design = doe.monte_carlo(unit_space(3), 40, rng=1)
    with pytest.raises(AnalysisError, match="M=10 harmonics need more than 40 points, got 40"):
        rbd_fast(design, design.unit[:, 0])


def test_rbd_fast_says_where_halves_have_no_variance():
    design = doe.monte_carlo(unit_space(3), 100, rng=1)
    y = np.zeros(100)
    y[3] = 1
    said = " ".join(quiet(rbd_fast, design, y, resamples=100).warnings)
    assert re.search(r"\d% of the random halves have no estimate.*use more points", said)


def test_rbd_fast_takes_rng_of_all_kinds_and_repeats_itself():
    design = doe.monte_carlo(unit_space(3), 100, rng=1)
    y = pd.Series(design.unit[:, 0], index=design.points.index)
    first, again, other = (rbd_fast(design, y, resamples=100, rng=rng).to_frame() for rng in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert (first["low"] != other["low"]).all()
    assert (first["estimate"] == other["estimate"]).all()


@pytest.mark.parametrize("points", [41, 42, 60, 80])
def test_halves_of_few_points_give_no_intervals_and_that_is_said(points):
    design = doe.latin_hypercube(doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1)), points, rng=1)
    with pytest.warns(doe.MesaDoeWarning, match=f"no intervals: halves of {points} points are too few"):
        frame = rbd_fast(design, design.unit @ [3, 1]).to_frame()
    assert frame["estimate"].notna().all()
    assert frame[["low", "high"]].isna().all(axis=None)


def test_many_levels_of_a_category_without_effect_read_zero():
    space = doe.ParameterSpace(a=doe.Real(0, 1), kind=doe.Categorical([f"k{k}" for k in range(40)]))
    estimates, above = [], 0
    for seed in range(20):
        design = doe.latin_hypercube(space, 200, rng=seed)
        y = design.points["a"] + np.random.default_rng(seed).normal(0, 0.5, 200)
        kind = rbd_fast(design, y, resamples=100).table().loc["kind"]
        estimates.append(kind["S1"])
        above += kind["S1_low"] > 0
    # Sorted by their means they read 0.15, and the interval was above zero in 29 of 40. Of so many estimates
    # the standard error of the mean is below 0.02.
    assert abs(np.mean(estimates)) < 0.06
    assert above <= 3


def test_many_levels_of_a_category_with_an_effect_read_it():
    space = doe.ParameterSpace(a=doe.Real(0, 1), kind=doe.Categorical([f"k{k:02}" for k in range(40)]))
    design = doe.latin_hypercube(space, 1000, rng=1)
    effect = np.random.default_rng(1).permutation(np.linspace(-0.5, 0.5, 40))
    y = design.points["a"] + effect[design.points["kind"].str[1:].astype(int)]
    found = rbd_fast(design, y, resamples=100).table()
    assert found["S1"].tolist() == pytest.approx([0.5, 0.5], abs=0.05)


@pytest.mark.parametrize("second_order", [False, True])
def test_the_seed_whose_levels_are_of_one_block_each_cannot_be_told(second_order):
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1))
    design = doe.sobol(space, 64, rng=1, seed_factor=True, second_order=second_order)
    with pytest.warns(MesaDoeWarning, match="cannot tell S1 of seed: each level is of one block"):
        found = rbd_fast(design, design.points["a"], resamples=100).table()
    assert found.loc["seed"].isna().all()
    assert found.loc["a", "S1"] == pytest.approx(1, abs=0.05)
