import warnings

import numpy as np
import pytest
from SALib.analyze import radial_ee, sobol_jansen

import mesa_doe as doe
from mesa_doe.analysis.bootstrap import widened
from mesa_doe.analysis.radial import jansen, radial_effects
from mesa_doe.design.salib import unit_problem
from mesa_doe.seeding import kept_generators
from tests import models
from tests.analysis.helpers import (
    COLUMNS,
    LOOSE,
    NOISY_SPACE,
    angles,
    estimates,
    ishigami,
    noisy_runs,
    quiet,
    some_outputs,
    unit_space,
)

BOTH = pytest.mark.parametrize("analysis", [radial_effects, jansen])


@pytest.mark.parametrize("kind", ["sobol", "monte_carlo"])
@pytest.mark.parametrize("d", [2, 5])
def test_point_estimates_equal_salibs(d, kind):
    design = doe.radial(unit_space(d), 16, rng=3, kind=kind)
    y = some_outputs(design)
    effects, totals = radial_effects(design, y, resamples=100), jansen(design, y, resamples=100)
    for k in range(3):
        with kept_generators():
            theirs = radial_ee.analyze(unit_problem(design.factors), design.unit, y[:, k], 16, seed=1)
            st = sobol_jansen.analyze(unit_problem(design.factors), y[:, k], 16, seed=1)["ST"]
        for measure in ("mu", "mu_star", "sigma"):
            got = estimates(effects, f"y{k}", measure)
            np.testing.assert_allclose(got, theirs[measure], rtol=1e-11, atol=1e-12 * np.abs(y[:, k]).max())
        np.testing.assert_allclose(estimates(totals, f"y{k}", "ST"), st, rtol=1e-11, atol=1e-25)


def test_one_factor_alone_has_the_whole_effect():
    design = doe.radial(unit_space(1), 64, rng=1)
    assert radial_effects(design, 3 * design.unit[:, 0]).table()["mu"].tolist() == pytest.approx([3])
    assert jansen(design, design.unit[:, 0]).table()["ST"].tolist() == pytest.approx([1], abs=0.2)


def test_intervals_are_percentiles_of_salibs_estimates_of_resampled_stars():
    design = doe.radial(unit_space(3), 16, rng=3)
    y = some_outputs(design)[:, 2]
    effects = radial_effects(design, y, resamples=100, rng=9).to_frame()
    totals = jansen(design, y, resamples=100, rng=9).to_frame()
    drawn = np.random.default_rng(doe.seeding.root_entropy(9)).integers(16, size=(100, 16))
    x, z = design.unit.reshape(16, 4, 3), y.reshape(16, 4)
    problem = unit_problem(design.factors)
    found, shares = [], []
    with kept_generators():
        for rows in drawn:
            one = radial_ee.analyze(problem, x[rows].reshape(-1, 3), z[rows].ravel(), 16, num_resamples=2)
            found.append([*one["mu"], *one["mu_star"], *one["sigma"]])
            shares.append(sobol_jansen.analyze(problem, z[rows].ravel(), 16, num_resamples=2)["ST"])
    for frame, theirs in ((effects, found), (totals, shares)):
        low, high = np.quantile(np.array(theirs, dtype=float), [0.025, 0.975], axis=0)
        if frame is totals:
            low, high = widened(low, high, frame["estimate"], 16, 0.95)
        np.testing.assert_allclose(frame["low"], low, **LOOSE)
        np.testing.assert_allclose(frame["high"], high, **LOOSE)


# Known answers


def check_within(result, truth):
    table = result.table()
    for factor, exact in truth.items():
        low, high = table.loc[factor, ["ST_low", "ST_high"]]
        assert low - 1e-9 <= exact <= high + 1e-9, (factor, exact, low, high)


def test_total_indices_of_ishigami_and_sobol_g_are_within_their_intervals():
    design = doe.radial(angles(), 2048, rng=1)
    check_within(
        jansen(design, ishigami(design), confidence=0.999),
        models.ISHIGAMI_ST,
    )
    design = doe.radial(unit_space(8), 2048, rng=2)
    y = [models.sobol_g(x)["y"] for x in design.points.to_dict("records")]
    check_within(jansen(design, y, confidence=0.999), models.sobol_g_indices()[1])


def test_jansens_interval_does_not_depend_on_the_number_of_resamples_as_salibs_does():
    design = doe.radial(unit_space(3), 256, rng=1)
    y = some_outputs(design)[:, 2]
    ours = [jansen(design, y, resamples=n).table() for n in (100, 1000)]
    width = [(table["ST_high"] - table["ST_low"]).to_numpy() for table in ours]
    np.testing.assert_allclose(width[0], width[1], rtol=0.35)
    with kept_generators():
        theirs = [
            sobol_jansen.analyze(unit_problem(design.factors), y, 256, num_resamples=n, seed=1)["ST_conf"]
            for n in (100, 1000)
        ]
    assert (theirs[1] > 2 * theirs[0]).all()


# Levels


def test_steps_of_length_zero_are_left_out_and_not_zero_or_infinite():
    space = doe.ParameterSpace(on=doe.Boolean(), n=doe.Integer(1, 3), b=doe.Real(0, 1))
    design = doe.radial(space, 32, rng=1)
    p = design.points
    level = p["on"].to_numpy().reshape(32, 4)
    stayed = int((level[:, 0] == level[:, 1]).sum())
    assert stayed > 0
    y = (5 * p["on"] + 3 * p["n"] + 2 * p["b"]).to_numpy(dtype=float)
    with pytest.warns(doe.MesaDoeWarning, match=f"{stayed} of 32 of on"):
        result = radial_effects(design, y)
    assert result.table()["mu_star"].tolist() == pytest.approx([5, 6, 2])
    assert result.table()["sigma"].max() < 1e-9
    on_levels = np.column_stack([p["on"], (p["n"] - 1) / 2, p["b"]]).astype(float)
    noisy = y + np.random.default_rng(1).normal(size=len(y))
    with kept_generators(), np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        theirs = radial_ee.analyze(unit_problem(design.factors), on_levels, noisy, 32, seed=1)
    assert not np.isfinite(theirs["mu_star"][0]) or theirs["mu_star"][0] > 1e300
    with pytest.warns(doe.MesaDoeWarning, match="left out steps"):
        assert radial_effects(design, noisy).table()["mu_star"].max() < 100


def test_jansen_takes_levels_and_categories():
    space = doe.ParameterSpace(rule=doe.Categorical(["a", "b", "c"]), b=doe.Real(0, 1))
    with pytest.warns(doe.MesaDoeWarning, match="'radial_effects' will refuse .* name method='jansen'"):
        design = doe.radial(space, 512, rng=1)
    y = design.points["rule"].map({"a": 0.0, "b": 5.0, "c": 1.0}) + design.points["b"]
    v_rule, v_b = np.var([0.0, 5.0, 1.0]), 1 / 12
    check_within(jansen(design, y), {"rule": v_rule / (v_rule + v_b), "b": v_b / (v_rule + v_b)})
    with pytest.raises(
        doe.AnalysisError, match=r"levels of rule have none; this design can be analysed by.*jansen"
    ):
        radial_effects(design, y)


# Noise


def noisy_results(policy, n=256, replications=4):
    return noisy_runs(doe.radial(NOISY_SPACE, n, rng=1), policy, replications)


@pytest.mark.parametrize("policy", ["block", "common"])
def test_an_inert_factor_reads_zero_where_a_star_shares_its_seeds(policy):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        results = noisy_results(policy, n=256, replications=2)
        effects = results.sensitivity("y")
        totals = results.sensitivity("y", method="jansen")
    assert effects.method == "radial_effects"
    assert effects.table()["mu_star"].tolist() == pytest.approx([1, 0.5, 0])
    assert effects.settings["noise_floor"] == {"y": 0.0}
    assert totals.table().loc["inert", "ST"] == 0


def test_independent_seeds_are_told_with_what_an_inert_factor_reads():
    results = noisy_results("independent")
    with pytest.warns(doe.MesaDoeWarning, match=r"than noise alone reads of.*inert"):
        effects = results.sensitivity("y")
    stars = results.design.unit.reshape(-1, 4, 3)
    over = 1 / np.abs(np.einsum("njj->nj", stars[:, 1:]) - stars[:, 0])
    deviation = np.sqrt(2 * models.NOISE**2 / 4)
    floor = np.sqrt(2 / np.pi) * deviation * over.mean(axis=0)
    assert effects.settings["noise_floor"]["y"] == pytest.approx(floor.max(), rel=0.05)
    # Short steps weigh most, so that four standard errors are wide.
    chance = 4 * np.sqrt(1 - 2 / np.pi) * deviation * np.sqrt((over[:, 2] ** 2).sum()) / len(over)
    assert effects.table().loc["inert", "mu_star"] == pytest.approx(floor[2], abs=chance)
    with pytest.warns(doe.MesaDoeWarning, match=r"noise inflates every total index, .* by about 0\.1\d"):
        totals = results.sensitivity("y", method="jansen", noise="kept")
    noise = models.NOISE**2 / 4
    exact = noise / (1 / 12 + 1 / 48 + noise)
    assert totals.table().loc["inert", "ST"] == pytest.approx(exact, rel=0.2)
    results = noisy_results("independent", n=32, replications=1)
    with pytest.warns(doe.MesaDoeWarning, match="one replication, noise adds to every mu_star"):
        assert results.sensitivity("y").settings["noise_floor"] == {"y": None}
    with pytest.warns(
        doe.MesaDoeWarning, match=r"one replication, noise inflates every total index, by up to 0"
    ):
        results.sensitivity("y", method="jansen")


def additive_runs(n, replications, noise, seed, blocks=False):
    """2 x0 + x1 of three factors, with exact ST of .8, .2 and 0, and noise by run or by star."""
    design = doe.radial(unit_space(3), n, rng=seed)
    rng = np.random.default_rng(seed)
    if blocks:
        own = rng.normal(0, noise, (n, replications))[design.blocks]
    else:
        own = rng.normal(0, noise, (len(design), replications))
    return design, ((design.unit @ [2, 1, 0])[:, None] + own)[:, :, None]


def test_with_replications_jansens_index_of_an_inert_factor_is_within_its_interval_of_zero():
    # The noise has .6 of the variance of a run; kept, it has .27 of that of the means.
    held, totals = [], []
    for seed in range(40):
        design, y = additive_runs(128, 4, 0.8, seed)
        result = jansen(design, y, seed_policy="independent", resamples=200)
        assert result.warnings == ()
        table = result.table()
        held.append((table["ST_low"] <= [0.8, 0.2, 0]) & (table["ST_high"] >= [0.8, 0.2, 0]))
        totals.append(table["ST"])
    # Nominal .95, less three standard errors of 40 designs.
    assert (np.mean(held, axis=0) > 0.84).all()
    error = 4 * np.std(totals, axis=0) / np.sqrt(40)
    assert (np.abs(np.mean(totals, axis=0) - [0.8, 0.2, 0]) < error + 0.01).all()
    assert "of the variance of a single run noise is 'y' 0.6" in result.notes[0]
    assert result.settings["noise_share"]["y"] == pytest.approx(0.64 / (0.64 + 5 / 12), abs=0.05)
    assert result.settings["noise"] == "corrected"
    with pytest.warns(doe.MesaDoeWarning, match="noise inflates every total index"):
        kept = jansen(design, y, seed_policy="independent", noise="kept")
    assert kept.table().loc["x2", "ST_low"] > 0.15
    assert kept.settings["noise"] == "kept"


def test_what_is_corrected_is_the_mean_of_products_of_different_replications():
    design, y = additive_runs(16, 3, 0.8, 1)
    stars = y[:, :, 0].reshape(16, 4, 3)
    base = stars[:, 0] - stars[:, 0].mean(axis=0)
    changes = stars[:, 1:] - stars[:, :1]
    pairs = [(r, s) for r in range(3) for s in range(3) if r != s]
    variance = np.mean([(base[:, r] * base[:, s]).mean() for r, s in pairs])
    halves = [(changes[:, :, r] * changes[:, :, s]).mean(axis=0) / 2 for r, s in pairs]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", doe.MesaDoeWarning)
        found = jansen(design, y).table()["ST"]
    np.testing.assert_allclose(found, np.mean(halves, axis=0) / variance, **LOOSE)


def test_common_noise_is_no_variance_of_the_expected_output():
    design = doe.radial(unit_space(2), 64, rng=1)
    y = design.unit[:, 0]
    seeds = np.random.default_rng(1).normal(0, 5, 4)
    exact = jansen(design, y).table()["ST"]
    found = jansen(design, (y[:, None] + seeds)[:, :, None], seed_policy="common").table()["ST"]
    np.testing.assert_allclose(found, exact, **LOOSE)


def test_where_no_variance_is_left_without_the_noise_that_is_said():
    design, y = additive_runs(16, 2, 8.0, 1)
    y -= y.mean(axis=1, keepdims=True) - 0.01 * (design.unit @ [2, 1, 0])[:, None, None]
    y[design.blocks == 3] += 0.5
    with pytest.warns(doe.MesaDoeWarning, match="no more between|no variance is left"):
        assert jansen(design, y).table()["ST"].isna().all()


@BOTH
@pytest.mark.parametrize(("replications", "policy"), [(1, None), (1, "block"), (3, "block")])
def test_an_output_that_the_seeds_of_the_stars_move_alone_is_told(analysis, replications, policy):
    design, y = additive_runs(64, replications, 1000, 1, blocks=True)
    with pytest.warns(doe.MesaDoeWarning, match="hardly with the factors|no more between design points"):
        result = analysis(design, y, seed_policy=policy)
    assert len(result.warnings) == 1


@BOTH
def test_an_output_that_seeds_and_factors_move_is_not(analysis):
    # The factors have .05 of the variance of a run.
    design, y = additive_runs(256, 1, 3.0, 1, blocks=True)
    assert analysis(design, y, seed_policy="block").warnings == ()


# What must never be silent


@BOTH
@pytest.mark.parametrize("factor", [1e-200, 1e200])
def test_the_unit_of_the_output_does_not_matter(analysis, factor):
    design = doe.radial(unit_space(3), 16, rng=1)
    y = some_outputs(design)[:, 0]
    plain, large = (analysis(design, v).to_frame()[COLUMNS] for v in (y, factor * y))
    unit = 1.0 if analysis is jansen else factor
    np.testing.assert_allclose(unit * plain, large, rtol=1e-9, atol=1e-12 * unit)


def test_resamples_without_variance_are_told():
    design = doe.radial(unit_space(2), 8, rng=1)
    y = np.where(design.blocks == 3, design.unit[:, 0], 0.0)
    result = quiet(jansen, design, y)
    assert "of the bootstrap resamples have no variance" in " ".join(result.warnings)
    assert np.isfinite(result.to_frame()[COLUMNS].to_numpy()).all()


@BOTH
def test_a_sample_that_only_claims_to_be_stars_is_refused(analysis):
    unit = np.random.default_rng(1).random((24, 2))
    for blocks in (None, np.arange(24) // 3):
        design = doe.Design(unit_space(2), unit, method="radial", options={}, blocks=blocks)
        with pytest.raises(doe.AnalysisError, match="reads stars"):
            analysis(design, unit[:, 0])
