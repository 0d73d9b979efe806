import warnings

import numpy as np
import pytest
from SALib.analyze import delta as salib_delta
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.delta import delta
from mesa_doe.errors import AnalysisError, MesaDoeWarning
from tests.analysis.helpers import quiet, unit_space


def normal_scores(design):
    return stats.norm.ppf(design.unit)


def without_dummy(design, y, **options):
    return delta(design, y, dummy=False, **{"resamples": 200} | options).table()


# ---- exact answers -----------------------------------------------------------------------------------


def test_delta_of_a_linear_sum_of_normal_inputs():
    # Y = 2 X0 + X1: .505497 and .160394 by quadrature; the classes cost the first .01.
    design = doe.latin_hypercube(unit_space(3), 8000, rng=1)
    x = normal_scores(design)
    found = without_dummy(design, 2 * x[:, 0] + x[:, 1])
    np.testing.assert_allclose(found["delta"].iloc[:2], [0.505497, 0.160394], atol=0.015)
    np.testing.assert_allclose(found["S1"], [0.8, 0.2, 0.0], atol=0.03)
    both = without_dummy(design, x[:, 0] + x[:, 1])
    np.testing.assert_allclose(both["delta"].iloc[:2], 0.305994, atol=0.015)
    assert (both["delta_low"] < 0.305994).iloc[:2].all()


def test_the_factor_that_drives_a_discrete_output_has_its_exact_delta():
    # SALib gives .013 to x0 and .118 to x1.
    design = doe.latin_hypercube(unit_space(3), 2000, rng=1)
    y = design.unit[:, 0] > 0.5
    found = without_dummy(design, y)
    assert found.loc["x0", "delta"] == pytest.approx(0.5, abs=1e-3)
    # the classes of x0 are those of y but for what S1 owes to chance
    assert found.loc["x0", "S1"] == pytest.approx(1.0, abs=1e-9)
    assert (found["delta"].iloc[1:] < 0.04).all()
    with pytest.warns(
        MesaDoeWarning, match="output 'y': x1, x2 read no more than a dummy may by chance .delta of"
    ):
        delta(design, y, resamples=200)


def test_classes_of_a_discrete_factor_are_its_levels():
    # y is the level of five: half the sum over levels of .2 (.8 + 4 * .2) = .8.
    space = doe.ParameterSpace(level=doe.Integer(0, 4), b=doe.Real(0, 1))
    design = doe.latin_hypercube(space, 1000, rng=1)
    found = without_dummy(design, design.points["level"])
    assert found.loc["level", "delta"] == pytest.approx(0.8, abs=2e-3)
    assert found.loc["level", "S1"] == pytest.approx(1.0, abs=1e-9)
    # y = 2 level + b: .9897
    y = 2 * design.points["level"] + design.points["b"]
    assert without_dummy(design, y).loc["level", "S1"] == pytest.approx(0.989691, abs=0.002)


def test_an_output_that_is_often_zero():
    # zero in half the points, whatever x1 is; else x1: both parts of the distribution count
    design = doe.latin_hypercube(unit_space(3), 4000, rng=1)
    y = np.where(design.unit[:, 0] < 0.5, 0.0, design.unit[:, 1])
    found = without_dummy(design, y)
    assert found.loc["x0", "delta"] == pytest.approx(0.5, abs=0.02)
    # .5, as half the points move to where x1 is; the zeros are one cell of 16, and 8 cells show .5 (1 - 1/8)
    assert found.loc["x1", "delta"] == pytest.approx(0.4375, abs=0.02)


def test_delta_does_not_change_with_a_monotone_scale_of_the_output():
    design = doe.latin_hypercube(unit_space(3), 500, rng=1)
    y = normal_scores(design) @ [2, 1, 0]
    plain, bent = (without_dummy(design, v)["delta"] for v in (y, np.exp(y)))
    np.testing.assert_allclose(plain, bent, rtol=1e-12)


# ---- SALib -------------------------------------------------------------------------------------------


def test_delta_is_near_salibs_on_continuous_outputs():
    design = doe.latin_hypercube(unit_space(3), 1000, rng=1)
    y = normal_scores(design) @ [2, 1, 0]
    count = 1000
    edges = np.linspace(0, count, 11)
    grid = np.linspace(y.min(), y.max(), 100)
    ours = without_dummy(design, y, bins=10)
    for j, factor in enumerate(design.factors):
        # What its delta_raw resamples, which is another each time: .48 to .53 for x0.
        theirs = salib_delta.calc_delta(y, grid, design.unit[:, j], edges)
        assert ours.loc[factor, "delta"] == pytest.approx(theirs, abs=0.035)


def test_s1_is_salibs_but_for_the_bias_that_it_keeps():
    count, bins = 1000, 32
    design = doe.monte_carlo(unit_space(3), count, rng=1)
    y = normal_scores(design) @ [2, 1, 0] + 5
    found = delta(design, y, dummy=False, resamples=200)
    assert found.settings["bins_of_S1"] == dict.fromkeys(design.factors, bins)
    ours = found.table()
    for j, factor in enumerate(design.factors):
        theirs = salib_delta.sobol_first(y, design.unit[:, j], np.linspace(0, count, bins + 1))
        adjusted = 1 - (1 - theirs) * (count - 1) / (count - bins)
        assert ours.loc[factor, "S1"] == pytest.approx(adjusted, abs=1e-12)


def test_names_that_salib_keeps_for_itself_are_taken():
    space = doe.ParameterSpace(time_step=doe.Real(0, 1), x_raw=doe.Real(0, 1))
    design = doe.latin_hypercube(space, 200, rng=1)
    formatting = warnings.formatwarning
    assert without_dummy(design, design.unit.sum(axis=1)).loc["time_step", "delta"] > 0.2
    assert warnings.formatwarning is formatting


# ---- intervals and dummy -----------------------------------------------------------------------------


def test_s1_intervals_cover_as_often_as_they_say():
    # Binomial(60, .95): fewer than 51 hits have a chance below 1e-3. y is of levels, so that no class
    # has variance within that is the factor's own.
    space = doe.ParameterSpace(a=doe.Integer(0, 3), b=doe.Integer(0, 3), c=doe.Integer(0, 3))
    truth = {"a": 0.8, "b": 0.2, "c": 0.0}
    hits = dict.fromkeys(truth, 0)
    for seed in range(60):
        design = doe.monte_carlo(space, 300, rng=seed)
        y = 2 * design.points["a"] + design.points["b"]
        found = without_dummy(design, y, rng=seed)
        for factor, exact in truth.items():
            hits[factor] += found.loc[factor, "S1_low"] <= exact <= found.loc[factor, "S1_high"]
    assert min(hits.values()) >= 51


def test_inert_factors_read_what_the_dummy_reads():
    # Beyond the 95 % interval of the dummy, 1 in 40 of 90: more than 8 has a chance of 1e-3.
    beyond = 0
    for seed in range(30):
        design = doe.monte_carlo(unit_space(3), 200, rng=seed)
        y = np.random.default_rng(seed).random(200)
        with pytest.warns(MesaDoeWarning, match="dummy"):
            found = delta(design, y, resamples=100, rng=seed).table()
        beyond += (found["delta"].iloc[:3] > found.loc["dummy", "delta_high"]).sum()
    assert beyond <= 8


def test_noise_lowers_indices_and_raises_no_inert_factor():
    design = doe.latin_hypercube(unit_space(3), 2000, rng=1)
    exact = design.unit @ [1, 0.5, 0]
    y = exact + np.random.default_rng(1).normal(0, 0.3, len(design))
    with pytest.warns(MesaDoeWarning, match="output 'y': x2 read no more than a dummy"):
        noisy = delta(design, y, resamples=200, seed_policy="independent").table()
    quiet = without_dummy(design, exact)
    assert (noisy["delta"].iloc[:2] < quiet["delta"].iloc[:2]).all()
    np.testing.assert_allclose(noisy["S1"].iloc[:3], [0.43, 0.107, 0], atol=0.05)


def test_rng_repeats_and_bins_are_told():
    design = doe.monte_carlo(unit_space(3), 500, rng=1)
    y = design.unit @ [2, 1, 0.5]
    first, again, other = (without_dummy(design, y, rng=rng) for rng in (1, 1, 2))
    assert first.equals(again)
    assert not first.equals(other)
    assert delta(design, y, dummy=False, resamples=100).settings["bins"] == 8


@pytest.mark.parametrize("bins", [1, 3.5, True])
def test_nonsense_bins_are_refused(bins):
    design = doe.monte_carlo(unit_space(3), 100, rng=1)
    with pytest.raises(AnalysisError, match="bins takes an int from 2"):
        delta(design, design.unit[:, 0], bins=bins)


@pytest.mark.parametrize("step", [1e-6, 1.5e-6, 1e-5])
def test_few_values_close_together_and_far_from_zero_have_the_indices_of_their_differences(step):
    design = doe.latin_hypercube(doe.ParameterSpace(x=doe.Real(0, 1)), 400, rng=1)
    y = 1e9 + step * design.unit[:, 0]
    far, near = (quiet(delta, design, values, resamples=100).table() for values in (y, y - 1e9))
    assert far.loc["x"].notna().all()
    np.testing.assert_allclose(far["S1"], near["S1"], rtol=1e-6)
