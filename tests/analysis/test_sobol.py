import re
import warnings

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import sobol as salib_sobol
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.bootstrap import widened
from tests import models
from tests.analysis.helpers import (
    NOISY_SPACE,
    angles,
    ishigami,
    quiet,
    some_outputs,
    unit_space,
)
from tests.random_state import global_state


def problem(d):
    return {"num_vars": d, "names": [f"x{i}" for i in range(d)], "bounds": [[0, 1]] * d}


@pytest.mark.parametrize("second_order", [False, True])
@pytest.mark.parametrize("d", [2, 3, 6])
def test_point_estimates_equal_salibs(d, second_order):
    design = doe.sobol(unit_space(d), 64, rng=3, second_order=second_order)
    y = some_outputs(design)
    result = doe.analyze.sobol(design, y, resamples=100).to_frame()
    for k in range(3):
        theirs = salib_sobol.analyze(problem(d), y[:, k], calc_second_order=second_order, seed=1)
        ours = result[result["output"] == f"y{k}"]
        for measure in ("S1", "ST"):
            got = ours.loc[ours["measure"] == measure, "estimate"].to_numpy()
            np.testing.assert_allclose(got, theirs[measure], rtol=1e-12, atol=1e-13)
        if second_order:
            got = ours.loc[ours["measure"] == "S2", "estimate"].to_numpy()
            np.testing.assert_allclose(got, theirs["S2"][np.triu_indices(d, 1)], rtol=1e-10, atol=1e-12)


def test_bootstrap_interval_is_the_percentile_of_salibs_estimator_on_resampled_blocks_by_students_t():
    design = doe.sobol(unit_space(2), 32, rng=3, second_order=True)
    y = some_outputs(design)[:, 0]
    result = doe.analyze.sobol(design, y, resamples=100, rng=9).to_frame()
    step, n = 6, 32
    z = ((y - y.mean()) / y.std()).reshape(n, step)
    drawn = np.random.default_rng(doe.seeding.root_entropy(9)).integers(n, size=(100, n))
    found = []
    for rows in drawn:
        a, ab, ba, b = z[rows, 0], z[rows, 1:3], z[rows, 3:5], z[rows, 5]
        s1 = [salib_sobol.first_order(a, ab[:, j], b) for j in range(2)]
        st = [salib_sobol.total_order(a, ab[:, j], b) for j in range(2)]
        s2 = salib_sobol.second_order(a, ab[:, 0], ab[:, 1], ba[:, 0], b)
        found.append([*s1, *st, s2])
    low, high = widened(*np.quantile(found, [0.025, 0.975], axis=0), result["estimate"], n, 0.95)
    np.testing.assert_allclose(result["low"], low, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(result["high"], high, rtol=1e-9, atol=1e-12)


def check_against(result, measure, truth):
    rows = result.to_frame()
    rows = rows[(rows["measure"] == measure)].set_index("factor")
    for factor, exact in truth.items():
        low, high = rows.loc[factor, ["low", "high"]]
        assert low - 1e-9 <= exact <= high + 1e-9, (measure, factor, exact, low, high)


def whole_flow(space, model, **options):
    design = doe.sobol(space, 4096, rng=1, **options)
    configurations = design.configurations(model, rng=2)
    return design, doe.BatchRunner(configurations).run_all()


def test_ishigami_through_the_whole_flow_has_its_analytic_indices():
    space = angles()
    design, results = whole_flow(space, models.ishigami, second_order=True)
    result = results.sensitivity("y")
    check_against(result, "S1", models.ISHIGAMI_S1)
    check_against(result, "ST", models.ISHIGAMI_ST)
    pairs = result.to_frame().query("measure == 'S2'").set_index(["factor", "partner"])
    for pair, exact in models.ISHIGAMI_S2.items():
        assert pairs.loc[pair, "low"] <= exact <= pairs.loc[pair, "high"]
    by_hand = ishigami(design)
    theirs = salib_sobol.analyze(problem(3), np.array(by_hand), calc_second_order=True, seed=1)
    np.testing.assert_allclose(result.table()["ST"].iloc[:3], theirs["ST"], rtol=1e-12)
    np.testing.assert_allclose(result.table()["S1"].iloc[:3], theirs["S1"], rtol=1e-12, atol=1e-13)


def test_sobol_g_through_the_whole_flow_has_its_analytic_indices():
    _, results = whole_flow(unit_space(8), models.sobol_g)
    first, total = models.sobol_g_indices()
    assert first["x0"] == pytest.approx(0.716192, abs=1e-6)
    assert total["x1"] == pytest.approx(0.242198, abs=1e-6)
    result = results.sensitivity("y")
    check_against(result, "S1", first)
    check_against(result, "ST", total)


def test_indices_agree_with_scipys_own_estimator():
    space = unit_space(3)
    design = doe.sobol(space, 2048, rng=5)

    def g(u):
        return u[0] + 2 * u[1] * u[2]

    result = doe.analyze.sobol(design, g(design.unit.T)).table()
    theirs = stats.sobol_indices(func=g, n=2048, dists=[stats.uniform()] * 3, rng=np.random.default_rng(5))
    np.testing.assert_allclose(result["S1"], theirs.first_order, atol=0.03)
    np.testing.assert_allclose(result["ST"], theirs.total_order, atol=0.03)


def test_integer_factor_gets_its_exact_share():
    # y = 2 * level of five + b: variances 4 * 2 and 1/12.
    space = doe.ParameterSpace(level=doe.Integer(0, 4), b=doe.Real(0, 1))
    design = doe.sobol(space, 4096, rng=1)
    y = 2 * design.points["level"] + design.points["b"]
    result = doe.analyze.sobol(design, y)
    check_against(result, "S1", {"level": 0.989691, "b": 0.010309})
    check_against(result, "ST", {"level": 0.989691, "b": 0.010309})


# ---- noise -------------------------------------------------------------------------------------------

V_A, V_B, V_NOISE = 1 / 12, 1 / 48, models.NOISE**2
V = V_A + V_B + V_NOISE


def noisy_results(n=2048, replications=1, seed_factor=False, **options):
    design = doe.sobol(NOISY_SPACE, n, rng=1, seed_factor=seed_factor)
    configurations = design.configurations(models.noisy, rng=2, replications=replications, **options)
    return doe.BatchRunner(configurations).run_all()


def test_seed_as_factor_recovers_the_shares_of_factors_and_noise():
    result = noisy_results(seed_factor=True).sensitivity("y", confidence=0.999)
    shares = {"a": V_A / V, "b": V_B / V, "inert": 0.0, "seed": V_NOISE / V}
    check_against(result, "S1", shares)
    check_against(result, "ST", shares)


def test_block_policy_gives_the_inert_factor_no_total_index():
    result = noisy_results(seed_policy="block").sensitivity("y")
    check_against(result, "ST", {"inert": 0.0})
    assert result.warnings == ()


def test_independent_seeds_inflate_the_inert_factor_as_theory_says_and_it_is_said():
    results = noisy_results(seed_policy="independent")
    with pytest.warns(doe.MesaDoeWarning, match=r"one replication, noise inflates.*up to 0\.4"):
        result = results.sensitivity("y")
    check_against(result, "ST", {"inert": V_NOISE / V})  # theory: noise / (signal + noise)
    assert result.table().loc["inert", "ST_low"] > 0.3


def test_with_replications_the_noise_is_measured_and_said():
    results = noisy_results(n=512, replications=4, seed_policy="independent")
    expected = V_NOISE / 4 / (V_A + V_B + V_NOISE / 4)
    with pytest.warns(doe.MesaDoeWarning, match="4 replications") as said:
        result = results.sensitivity("y", noise="kept")
    told = float(str(said[0].message).split("by about ")[1].split(";")[0])
    assert told == pytest.approx(expected, abs=0.03)
    assert result.table().loc["inert", "ST"] == pytest.approx(expected, abs=0.05)


def test_noiseless_output_of_a_seeded_model_draws_no_warning_with_replications():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        noisy_results(n=64, replications=2, seed_policy="independent").sensitivity("exact")


@pytest.mark.parametrize("model", [lambda x0, x1: {"y": x0 * x1}, lambda x0, x1, seed: {"y": x0 + x1}])
def test_deterministic_model_draws_no_noise_warning(model):
    design = doe.sobol(unit_space(2), 64, rng=1)
    runs = design.configurations(model, seed_policy="independent", rng=1)
    assert doe.BatchRunner(runs).run_all().sensitivity("y").warnings == ()


@pytest.mark.parametrize("replications", [4, 10])
def test_noise_of_common_seeds_is_no_part_of_the_differences_between_points(replications):
    result = noisy_results(n=64, replications=replications, seed_policy="common").sensitivity("y")
    assert result.warnings == ()
    assert result.table().loc["inert", "ST"] == pytest.approx(0, abs=1e-12)


def noise_alone(x0, x1, rng):
    return {"y": rng.normal()}


@pytest.mark.parametrize("rng", range(10))
def test_pure_noise_under_the_block_policy_is_said_too(rng):
    design = doe.sobol(unit_space(2), 64, rng=rng)
    results = doe.BatchRunner(design.configurations(noise_alone, replications=5, rng=rng)).run_all()
    with pytest.warns(doe.MesaDoeWarning, match="no more between design points than between replications"):
        results.sensitivity("y")


def test_output_that_is_noise_alone_draws_a_warning():
    design = doe.sobol(unit_space(2), 64, rng=1)
    y = np.random.default_rng(0).normal(size=(len(design), 5, 1))
    with pytest.warns(doe.MesaDoeWarning, match="no more between design points than between replications"):
        doe.analyze.sobol(design, y)


@pytest.mark.parametrize("policy", [None, "block"])
@pytest.mark.parametrize("second_order", [False, True])
def test_an_output_that_the_seeds_of_the_blocks_move_alone_is_told_of_one_replication(policy, second_order):
    design = doe.sobol(unit_space(3), 256, rng=1, second_order=second_order)
    y = 0.001 * design.unit[:, 0] + np.random.default_rng(1).normal(size=256)[design.blocks]
    with pytest.warns(doe.MesaDoeWarning, match="hardly with the factors: what they do is .*below 0.005"):
        doe.analyze.sobol(design, y, seed_policy=policy)
    # The factor has .08 of the variance.
    loud = y + design.unit[:, 0]
    assert doe.analyze.sobol(design, loud, seed_policy=policy).warnings == ()


# ---- what must never be silent -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sample", "analyse"), [(doe.sobol, doe.analyze.sobol), (doe.radial, doe.analyze.jansen)]
)
def test_intervals_hold_where_sixteenths_of_the_sequence_err_alike_in_a_factor_of_two_levels(sample, analyse):
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Boolean(), c=doe.Real(0, 1))
    mean = 0.4 * 0.5
    truth = 0.4 * 0.5 * 0.5 / (mean - mean**2)
    held = 0
    for seed in range(20):
        design = sample(space, 64, rng=seed)
        y = design.points.eval("a > 0.6 and b").astype(float)
        rows = quiet(analyse, design, y, resamples=200).to_frame()
        own = rows.query("measure == 'ST' and factor == 'b'").iloc[0]
        held += own["low"] <= truth <= own["high"]
    # Sixteen groups of four blocks alone hold it in a third of the designs.
    assert held >= 18


def test_intervals_of_very_few_blocks_hold_about_as_often_as_they_say():
    truth = np.array([61, 61, 66, 66]) / 127  # of (x0 + x1)²
    held = []
    for seed in range(100):
        design = doe.sobol(unit_space(2), 4, rng=seed)
        rows = quiet(doe.analyze.sobol, design, design.unit.sum(axis=1) ** 2, resamples=200).to_frame()
        held.append((rows["low"] <= truth) & (truth <= rows["high"]))
    # 0.83; percentiles alone hold it in 0.67.
    assert np.mean(held) > 0.75


def test_an_output_that_varies_in_one_block_has_intervals_of_the_resamples_that_vary():
    design = doe.sobol(unit_space(2), 8, rng=1)
    there = design.blocks == 3
    y = np.where(there, design.unit[:, 0] - design.unit[there, 0].mean(), 0.0)
    result = quiet(doe.analyze.sobol, design, y)
    assert "of the bootstrap resamples have no variance" in " ".join(result.warnings)
    assert np.isfinite(result.to_frame()[["estimate", "low", "high"]].to_numpy()).all()


def test_resamples_without_variance_beside_the_noise_are_told_by_their_cause():
    design = doe.sobol(unit_space(2), 16, rng=1)
    noise = np.random.default_rng(6).normal(0, 1.0, (len(design), 2, 1))
    result = quiet(doe.analyze.sobol, design, design.unit[:, :1, None] + noise, seed_policy="independent")
    told = " ".join(result.warnings)
    assert re.search(r"beside its noise, that \d.*have no variance.*a larger n or more replications", told)


def test_estimates_that_the_noise_leaves_without_variance_are_told():
    design = doe.sobol(unit_space(2), 16, rng=1)
    row = np.arange(len(design)) % 4
    between = np.where((row == 0) | (row == 3), 0.0, 9 * design.unit[:, 0])  # nothing at the base points
    noise = np.random.default_rng(1).normal(0, 1.0, (len(design), 2, 1))
    result = quiet(doe.analyze.sobol, design, between[:, None, None] + noise, seed_policy="independent")
    assert result.table()["ST"].isna().all()
    assert "when its noise is taken away no variance is left" in " ".join(result.warnings)


def test_an_output_that_varies_only_off_the_base_sample_is_nan():
    design = doe.sobol(unit_space(2), 8, rng=1)
    first, last = np.arange(len(design)) % 4 == 0, np.arange(len(design)) % 4 == 3
    y = np.where(first | last, 0.0, design.unit[:, 0])
    with pytest.warns(doe.MesaDoeWarning, match="at every point of the base sample"):
        result = doe.analyze.sobol(design, y)
    assert result.table()["ST"].isna().all()


@pytest.mark.parametrize("factor", [1e-200, 1e200, -1e150])
def test_indices_do_not_depend_on_the_unit_of_the_output(factor):
    design = doe.sobol(unit_space(3), 32, rng=3)
    y = some_outputs(design)[:, 0]
    plain, scaled = (doe.analyze.sobol(design, v).to_frame() for v in (y, factor * y))
    columns = ["estimate", "low", "high"]
    np.testing.assert_allclose(plain[columns], scaled[columns], rtol=1e-9, atol=1e-12)


def test_masked_outputs_are_missing_and_other_numbers_are_refused():
    design = doe.sobol(unit_space(2), 8, rng=1)
    y = np.ma.masked_array(design.unit[:, 0], mask=np.arange(len(design)) == 5)
    with pytest.raises(doe.AnalysisError, match="points 5"):
        doe.analyze.sobol(design, y)
    for wrong in (design.unit[:, 0] * 1j, design.unit[:, 0].astype(str), ["1"] * len(design)):
        with pytest.raises(doe.AnalysisError, match="needs real numbers"):
            doe.analyze.sobol(design, wrong)
    with pytest.raises(doe.AnalysisError, match="names of outputs must differ"):
        doe.analyze.sobol(design, design.unit, outputs=["y", "y"])


def test_a_reordered_series_is_refused():
    design = doe.sobol(unit_space(2), 8, rng=1)
    y = pd.Series(design.unit[:, 0], index=design.points.index, name="y")
    with pytest.raises(doe.AnalysisError, match="in the order of the design, but row 0 is point 31"):
        doe.analyze.sobol(design, y.iloc[::-1])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"resamples": 99}, "resamples takes an int from 100"),
        ({"resamples": 1e3}, "resamples takes an int from 100"),
        ({"confidence": 1.0}, "confidence takes a number between 0 and 1"),
        ({"missing": "zero"}, "missing takes 'raise' or 'drop'"),
        ({"outputs": ["a", "b"]}, "2 names"),
    ],
)
def test_wrong_options_are_refused(options, words):
    design = doe.sobol(unit_space(2), 8, rng=1)
    with pytest.raises(doe.AnalysisError, match=words):
        doe.analyze.sobol(design, design.unit[:, 0], **options)


def test_blocks_that_missing_runs_took_are_not_said_to_be_too_few_of_the_design():
    design = doe.sobol(doe.ParameterSpace(a=doe.Real(0, 1)), 16, rng=1)
    y = np.stack([design.unit[:, 0]] * 2, axis=1)[:, :, None]
    y[3:, 1] = np.nan
    words = (
        r"at least two complete blocks, but values that are missing leave 1 of 16\. .*run what failed again"
    )
    with pytest.raises(doe.AnalysisError, match=words):
        doe.analyze.sobol(design, y, missing="drop")


def test_intervals_are_seeded_and_leave_global_generators_alone():
    design = doe.sobol(unit_space(2), 32, rng=1)
    y = some_outputs(design)
    state = global_state()
    first, again = (doe.analyze.sobol(design, y).to_frame() for _ in range(2))
    other = doe.analyze.sobol(design, y, rng=7).to_frame()
    pd.testing.assert_frame_equal(first, again)
    assert not first["low"].equals(other["low"])
    assert first["estimate"].equals(other["estimate"])
    assert global_state() == state


def test_one_factor_alone_explains_everything():
    design = doe.sobol(unit_space(1), 64, rng=1)
    result = doe.analyze.sobol(design, design.unit[:, 0])
    assert result.table().loc["x0", "ST"] == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("second_order", [False, True])
def test_groups_have_one_index_each_equal_to_salibs(second_order):
    groups = {"net": ["x0", "x2"], "rest": ["x1"], "last": ["x3"]}
    design = doe.sobol(unit_space(4), 64, rng=3, groups=groups, second_order=second_order)
    y = some_outputs(design)[:, 0]
    result = doe.analyze.sobol(design, y)
    labels = {**problem(4), "groups": ["net", "rest", "net", "last"]}
    theirs = salib_sobol.analyze(labels, y, calc_second_order=second_order, seed=1)
    table = result.table()
    assert table.index[:3].tolist() == ["net", "rest", "last"]
    np.testing.assert_allclose(table["ST"].iloc[:3], theirs["ST"], rtol=1e-12)
    np.testing.assert_allclose(table["S1"].iloc[:3], theirs["S1"], rtol=1e-12, atol=1e-13)


def test_a_sample_that_only_claims_to_be_a_sobol_design_is_refused():
    space = unit_space(2)
    unit = np.random.default_rng(1).random((16, 2))
    for blocks in (None, np.arange(16) // 8):
        design = doe.Design(space, unit, method="sobol", options={}, blocks=blocks)
        with pytest.raises(doe.AnalysisError, match="blocks of 4 rows"):
            doe.analyze.sobol(design, unit[:, 0])


@pytest.mark.parametrize("replications", [1, 3])
def test_a_constant_output_beside_a_noisy_one_draws_its_own_warning_only(replications):
    design = doe.sobol(unit_space(2), 64, rng=1)
    noise = np.random.default_rng(0).normal(0, 0.1, (len(design), replications))
    y = np.stack([np.full_like(noise, 5.0), design.unit[:, :1] + noise], axis=-1)
    with pytest.warns(doe.MesaDoeWarning) as said:
        doe.analyze.sobol(design, y, outputs=["still", "moving"], seed_policy="independent", noise="kept")
    assert sorted("'still'" in str(one.message) for one in said) == [False, True]


# Noise taken away


SHARE_A = V_A / (V_A + V_B)


@pytest.mark.parametrize("policy", ["independent", "block", "common"])
def test_corrected_indices_are_those_of_the_expected_output_under_every_seed_policy(policy):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = noisy_results(n=1024, replications=4, seed_policy=policy).sensitivity("y")
    table = result.table()
    check_against(result, "ST", {"inert": 0.0})
    for measure in ("S1", "ST"):
        np.testing.assert_allclose(table[measure], [SHARE_A, 1 - SHARE_A, 0.0], atol=0.06)
    assert table.loc["inert", "ST_high"] - table.loc["inert", "ST_low"] < 0.1
    if policy != "common":  # of which four draws of noise are all that is known
        expected = V_NOISE / (V_A + V_B + V_NOISE)
        assert result.settings["noise_share"]["y"] == pytest.approx(expected, abs=0.05)
        assert "of the variance of a single run noise is 'y' 0." in repr(result)


def test_the_inert_factor_is_within_its_interval_of_zero_with_the_seed_as_a_factor():
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), inert=doe.Real(0, 1))
    design = doe.sobol(space, 512, rng=1, seed_factor=True)
    y = doe.BatchRunner(design.configurations(models.noisy, rng=2)).run_all().sensitivity("y")
    check_against(y, "ST", {"inert": 0.0})


def test_kept_noise_gives_the_estimates_of_salib_of_the_means():
    design = doe.sobol(unit_space(3), 64, rng=3)
    y = np.random.default_rng(1).normal(design.unit.sum(axis=1)[:, None, None], 0.3, (len(design), 4, 1))
    ours = doe.analyze.sobol(design, y, noise="kept").table()
    theirs = salib_sobol.analyze(problem(3), y.mean(axis=1)[:, 0], calc_second_order=False, seed=1)
    np.testing.assert_allclose(ours["ST"], theirs["ST"], rtol=1e-12)
    np.testing.assert_allclose(ours["S1"], theirs["S1"], rtol=1e-12, atol=1e-13)


def test_correction_is_the_mean_over_pairs_of_different_replications():
    design = doe.sobol(unit_space(2), 16, rng=3)
    y = np.random.default_rng(1).normal(design.unit.sum(axis=1)[:, None], 0.3, (len(design), 3))
    blocks = (y - y.mean(axis=0)).reshape(16, 4, 3)
    a, ab, b = blocks[:, 0], blocks[:, 1:3], blocks[:, 3]
    pairs = [(r, s) for r in range(3) for s in range(3) if r != s]
    square = np.mean([(a[:, r] * a[:, s] + b[:, r] * b[:, s]) / 2 for r, s in pairs])
    mean = np.mean([(a[:, r] + b[:, r]) / 2 * 1 for r in range(3)])
    total = [
        np.mean([(a[:, r] - ab[:, j, r]) * (a[:, s] - ab[:, j, s]) / 2 for r, s in pairs]) for j in range(2)
    ]
    first = [np.mean([b[:, r] * (ab[:, j, s] - a[:, s]) for r, s in pairs]) for j in range(2)]
    table = doe.analyze.sobol(design, y[:, :, None]).table()
    np.testing.assert_allclose(table["ST"], np.array(total) / (square - mean**2), rtol=1e-10)
    np.testing.assert_allclose(table["S1"], np.array(first) / (square - mean**2), rtol=1e-10)


def test_intervals_of_common_seeds_hold_the_draw_of_the_seeds_too():
    # The effect of x1 depends on the seed, and is none on average.
    design = doe.sobol(unit_space(2), 128, rng=3)
    slopes = np.random.default_rng(5).normal(size=8)
    y = (design.unit[:, :1] + design.unit[:, 1:] * slopes)[..., None]
    common = doe.analyze.sobol(design, y, seed_policy="common").table().loc["x1"]
    blocks_alone = doe.analyze.sobol(design, y, seed_policy="block").table().loc["x1"]
    assert common["ST"] == blocks_alone["ST"]
    assert common["ST_low"] <= 0 <= common["ST_high"]
    assert common["ST_high"] - common["ST_low"] > 3 * (blocks_alone["ST_high"] - blocks_alone["ST_low"])


# Estimators


@pytest.mark.parametrize("estimator", ["saltelli", "jansen", "janon", "azzini"])
def test_every_estimator_has_the_analytic_indices_of_ishigami_within_its_intervals(estimator):
    space = angles()
    design = doe.sobol(space, 1024, rng=1, second_order=True)
    y = ishigami(design)
    result = doe.analyze.sobol(design, y, estimator=estimator)
    check_against(result, "S1", models.ISHIGAMI_S1)
    check_against(result, "ST", models.ISHIGAMI_ST)
    assert result.settings["estimator"] == estimator


def test_estimators_are_those_of_their_papers():
    design = doe.sobol(unit_space(3), 32, rng=3, second_order=True)
    y = some_outputs(design)[:, 0]
    z = ((y - y.mean()) / y.std()).reshape(32, 8)
    a, ab, ba, b = z[:, 0], z[:, 1:4].T, z[:, 4:7].T, z[:, 7]
    variance = ((a**2 + b**2) / 2).mean() - ((a + b) / 2).mean() ** 2

    def closed(p, q):
        mean = (p + q).mean() / 2
        return ((p * q).mean() - mean**2) / ((p**2 + q**2).mean() / 2 - mean**2)

    both = [((a - b) ** 2 + (ba[j] - ab[j]) ** 2).sum() for j in range(3)]
    expected = {
        "jansen": (
            [1 - ((b - ab[j]) ** 2).mean() / 2 / variance for j in range(3)],
            [((a - ab[j]) ** 2).mean() / 2 / variance for j in range(3)],
        ),
        "janon": ([closed(b, ab[j]) for j in range(3)], [1 - closed(a, ab[j]) for j in range(3)]),
        "azzini": (
            [2 * ((ba[j] - b) * (a - ab[j])).sum() / both[j] for j in range(3)],
            [((b - ba[j]) ** 2 + (a - ab[j]) ** 2).sum() / both[j] for j in range(3)],
        ),
    }
    for estimator, (first, total) in expected.items():
        table = doe.analyze.sobol(design, y, estimator=estimator).table().iloc[:3]
        np.testing.assert_allclose(table["S1"], first, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(table["ST"], total, rtol=1e-10, atol=1e-12)


def test_azzini_needs_second_order_and_an_unknown_estimator_is_refused():
    design = doe.sobol(unit_space(2), 16, rng=3)
    y = design.unit.sum(axis=1)
    with pytest.raises(doe.AnalysisError, match="second_order=True"):
        doe.analyze.sobol(design, y, estimator="azzini")
    with pytest.raises(doe.AnalysisError, match="estimator takes 'saltelli', 'jansen', 'janon', 'azzini'"):
        doe.analyze.sobol(design, y, estimator="homma")
    with pytest.raises(doe.AnalysisError, match="noise takes 'corrected' or 'kept', got 'gone'"):
        doe.analyze.sobol(design, y, noise="gone")


def test_outputs_are_computed_a_few_at_a_time_with_the_same_result(monkeypatch):
    design = doe.sobol(unit_space(3), 32, rng=3, second_order=True)
    y = some_outputs(design)
    together = doe.analyze.sobol(design, y).to_frame()
    monkeypatch.setattr("mesa_doe.analysis.bootstrap._NUMBERS_AT_ONCE", 1)
    apart = doe.analyze.sobol(design, y).to_frame()
    columns = ["estimate", "low", "high"]
    np.testing.assert_allclose(apart[columns], together[columns], rtol=1e-9, atol=1e-12)


# ---- dummy -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("estimator", "second_order"),
    [("saltelli", False), ("saltelli", True), ("jansen", False), ("janon", True), ("azzini", True)],
)
def test_a_dummy_reads_what_a_column_without_effect_does_in_products_of_levels(estimator, second_order):
    # Zadeh et al. 2017, AB of a dummy being A, of outputs less their mean: S1 is mean(f(A) f(B)) / V, and ST
    # 1 - mean(f(A)²) / V.
    design = doe.sobol(unit_space(3), 64, rng=3, second_order=second_order)
    y = some_outputs(design)
    result = doe.analyze.sobol(design, y, dummy=True, estimator=estimator, resamples=100)
    plain = doe.analyze.sobol(design, y, estimator=estimator, resamples=100).to_frame()
    frame = result.to_frame()
    others = frame[frame["factor"] != "dummy"].reset_index(drop=True)
    pd.testing.assert_frame_equal(others, plain)
    blocks = y.reshape(64, -1, 3)
    for k in range(3):
        a, b = blocks[:, [0, -1], k].T - blocks[:, [0, -1], k].mean()
        variance = (np.mean(a**2) + np.mean(b**2)) / 2
        table = result.table(f"y{k}").loc["dummy"]
        assert table["S1"] == pytest.approx(np.mean(a * b) / variance, abs=1e-9)
        assert table["ST"] == pytest.approx(1 - np.mean(a**2) / variance, abs=1e-9)
        assert table["S1_low"] < table["S1_high"]
        assert table["ST_low"] < table["ST_high"]
    assert result.settings["dummy"]


def test_intervals_of_the_dummy_hold_zero():
    # Binomial(60, .95): fewer than 51 hits have a chance below 1e-3.
    hits = np.zeros(2)
    for seed in range(60):
        design = doe.sobol(angles(), 256, rng=seed)
        row = doe.analyze.sobol(design, ishigami(design), dummy=True, rng=seed).table().loc["dummy"]
        hits += [row[f"{measure}_low"] <= 0 <= row[f"{measure}_high"] for measure in ("S1", "ST")]
    assert hits.min() >= 51


def test_the_noise_is_taken_away_from_a_dummy_too():
    row = noisy_results(replications=4, seed_policy="independent").sensitivity("y", dummy=True).table()
    assert row.loc["dummy", "ST_low"] <= 0 <= row.loc["dummy", "ST_high"]
    kept = noisy_results(replications=4, seed_policy="independent")
    with pytest.warns(doe.MesaDoeWarning, match="that of an inert factor too, by about 0.17"):
        kept.sensitivity("y", dummy=True, noise="kept")


def test_noise_that_a_block_shares_is_told_where_the_dummy_reads_it():
    design = doe.sobol(unit_space(3), 256, rng=1)
    noise = np.random.default_rng(1).normal(0, 0.4, (256, 2))[design.blocks]
    y = (design.unit @ [2.0, 1.0, 0.5])[:, None] + noise
    # Of a variance of 0.4375 + 0.16, noise is 0.27.
    with pytest.warns(doe.MesaDoeWarning, match=r"S1 of the dummy is 0\.2\d, as the points of a block share"):
        doe.analyze.sobol(design, y[:, 0], dummy=True, seed_policy="block")
    # Of two replications it is taken away.
    row = doe.analyze.sobol(design, y[:, :, None], dummy=True, seed_policy="block").table().loc["dummy"]
    assert row["S1_low"] <= 0 <= row["S1_high"]


def test_a_dummy_goes_along_over_time_and_with_groups():
    design = doe.sobol(unit_space(3), 64, rng=1, groups={"both": ["x0", "x1"], "x2": ["x2"]})
    y = some_outputs(design)
    assert doe.analyze.sobol(design, y[:, 0], dummy=True).table().index.tolist() == ["both", "x2", "dummy"]
    walks = doe.ParameterSpace(n=doe.Integer(1, 6), pace=doe.Real(0, 1))
    results = doe.BatchRunner(
        doe.sobol(walks, 64, rng=1).configurations(
            models.Walkers, rng=1, max_steps=2, data_collection_period=1
        )
    ).run_all()
    over_time = results.sensitivity("alive", at="all", unequal=0, dummy=True)
    assert over_time.to_frame().query("factor == 'dummy'")["step"].unique().tolist() == over_time.steps


def test_a_factor_that_is_called_dummy_is_told_from_the_row():
    space = doe.ParameterSpace(dummy=doe.Real(0, 1), b=doe.Real(0, 1))
    design = doe.sobol(space, 64, rng=1)
    with pytest.raises(doe.AnalysisError, match="sobol: a factor of the design is called 'dummy'"):
        doe.analyze.sobol(design, design.unit[:, 0], dummy=True)
    assert doe.analyze.sobol(design, design.unit[:, 0]).table().loc["dummy", "S1"] > 0.9


def rare_event(n, share):
    design = doe.sobol(unit_space(2), n, rng=1)
    return design, (design.unit[:, 0] > 1 - 2 * share) & (design.unit[:, 1] > 0.5)


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize(("n", "share", "told"), [(256, 0.05, 1024), (512, 0.05, 1024), (128, 0.1, 256)])
def test_a_rare_event_in_too_few_blocks_is_said_with_the_n_that_it_takes(n, share, told, negated):
    design, event = rare_event(n, share)
    words = rf"'y' has one value at all but 0\.\d+ of the base points: S1 is .* of {n} here.* use n={told}$"
    with pytest.warns(doe.MesaDoeWarning, match=words):
        doe.analyze.sobol(design, event ^ negated, resamples=100)


@pytest.mark.parametrize(
    ("estimator", "measures"),
    [("saltelli", "S1 and S2 are"), ("jansen", "S1 and S2 are"), ("janon", "S1 and ST and S2 are"),
     ("azzini", "S1 and ST and S2 are")],
)  # fmt: skip
def test_every_estimator_says_of_which_indices_a_rare_event_leaves_too_few_blocks(estimator, measures):
    design = doe.sobol(unit_space(2), 128, rng=1, second_order=True)
    event = (design.unit[:, 0] > 0.9) & (design.unit[:, 1] > 0.5)
    found = quiet(doe.analyze.sobol, design, event * (1 + design.unit[:, 1]), estimator=estimator)
    assert [measures in text for text in found.warnings] == [True]
    rarer = (design.unit[:, 0] > 0.98) & (design.unit[:, 1] > 0.5)
    found = quiet(doe.analyze.sobol, design, rarer, estimator=estimator)
    assert "ST is" in " ".join(found.warnings) or "ST and" in " ".join(found.warnings)


@pytest.mark.parametrize(("n", "share"), [(1024, 0.05), (256, 0.1), (64, 0.25)])
def test_nothing_is_said_of_an_event_in_enough_blocks(n, share):
    design, event = rare_event(n, share)
    assert doe.analyze.sobol(design, event, resamples=100).warnings == ()
    design, event = rare_event(128, 0.05)
    mixed = event + 0.1 * design.unit[:, 0]
    assert doe.analyze.sobol(design, mixed, resamples=100).warnings == ()
