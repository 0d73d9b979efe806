import warnings

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import pawn as salib_pawn
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.delta import delta
from mesa_doe.analysis.discrepancy import discrepancy
from mesa_doe.analysis.partition import slices
from mesa_doe.analysis.pawn import pawn
from mesa_doe.analysis.rbd_fast import rbd_fast
from mesa_doe.analysis.rsa import rsa
from mesa_doe.errors import AnalysisError, MesaDoeWarning
from tests.analysis.helpers import PROBLEM, quiet, unit_space

MEASURES = ("minimum", "mean", "median", "maximum")


def some_outputs(design):
    u = design.unit
    return np.column_stack(
        [2 * u[:, 0] + u[:, 1] * u[:, 2], np.exp(3 * u[:, 0]) + u[:, 2] + u[:, 1], u @ [1, 2, 3]]
    )


def table(result, output=None):
    return result.table(output)


# ---- slices ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 3, 6, 9, 21, 38])
def test_slices_have_equal_counts_and_ascend(count):
    values = np.random.default_rng(1).random(400)
    found = slices(values, count)
    sizes = np.bincount(found)
    assert len(sizes) == count
    assert np.ptp(sizes) <= 1
    assert (np.diff(found[np.argsort(values)]) >= 0).all()


def test_slices_never_part_equal_values():
    values = np.repeat([0.0, 1.0, 2.0, 3.0, 4.0], [500, 1, 300, 100, 99])
    found = slices(values, 4)
    assert all(len(set(found[values == value].tolist())) == 1 for value in set(values.tolist()))
    assert sorted(set(found.tolist())) == list(range(found.max() + 1))
    assert slices(values, 5).tolist() == values.tolist()


# ---- against SALib and scipy -------------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 6, 10, 29])
def test_estimates_are_scipys_distances_of_the_slices(count):
    design = doe.monte_carlo(unit_space(3), 300, rng=2)
    y = some_outputs(design)
    result = pawn(design, y, slides=count, resamples=100, dummy=False)
    for k in range(3):
        for j, factor in enumerate(design.factors):
            part = slices(design.unit[:, j], count)
            each = [stats.ks_2samp(y[part == s, k], y[:, k], method="asymp").statistic for s in range(count)]
            summaries = [np.min(each), np.mean(each), np.median(each), np.max(each)]
            ours = table(result, f"y{k}").loc[factor, list(MEASURES)]
            np.testing.assert_allclose(ours.astype(float), summaries, rtol=1e-12, atol=1e-15)


def test_points_of_equal_outputs_count_as_one_in_a_distance():
    design = doe.monte_carlo(unit_space(3), 300, rng=2)
    y = np.floor(4 * design.unit @ [1, 0.5, 0.25])
    result = table(pawn(design, y, slides=7, resamples=100, dummy=False))
    for j, factor in enumerate(design.factors):
        part = slices(design.unit[:, j], 7)
        each = [stats.ks_2samp(y[part == s], y, method="asymp").statistic for s in range(7)]
        np.testing.assert_allclose(result.loc[factor, "mean"], np.mean(each), rtol=1e-12)


def test_estimates_are_salibs_but_for_the_largest_value_which_it_leaves_out():
    design = doe.latin_hypercube(unit_space(3), 1000, rng=2)
    y = some_outputs(design)
    result = pawn(design, y, resamples=100, dummy=False)
    for k in range(3):
        theirs = salib_pawn.analyze(PROBLEM, design.unit, y[:, k], S=10)
        for measure in MEASURES:
            # one of the hundred points of the last slide
            np.testing.assert_allclose(table(result, f"y{k}")[measure], theirs[measure], atol=0.01)


def test_the_top_level_of_a_discrete_factor_counts():
    # x in {0..4}, y = 10 (x == 4) + u: the distance of the level 4 is .8, which SALib reads as .20.
    design = doe.latin_hypercube(doe.ParameterSpace(x=doe.Integer(0, 4), u=doe.Real(0, 1)), 1000, rng=1)
    y = 10 * (design.points["x"] == 4) + design.points["u"]
    assert table(pawn(design, y, resamples=100)).loc["x", "maximum"] == pytest.approx(0.8, abs=1e-12)
    assert table(pawn(design, y, slides=6, resamples=100)).loc["x", "maximum"] == pytest.approx(0.8)


def test_many_levels_without_an_order_are_not_merged():
    space = doe.ParameterSpace(kind=doe.Categorical(list("abcdefghijkl")), u=doe.Real(0, 1))
    design = doe.latin_hypercube(space, 1200, rng=1)
    y = 10.0 * (design.points["kind"] == "f") + design.points["u"]
    assert table(pawn(design, y, slides=4, resamples=100)).loc["kind", "maximum"] == pytest.approx(11 / 12)


# ---- dummy and intervals -----------------------------------------------------------------------------


def test_an_inert_factor_reads_what_the_dummy_reads_and_that_is_said():
    design = doe.monte_carlo(unit_space(3), 2000, rng=1)
    noise = np.random.default_rng(1).normal(0, 0.3, len(design))
    y = design.unit[:, 0] + 0.5 * design.unit[:, 1] + noise
    with pytest.warns(MesaDoeWarning, match="output 'y': x2 read no more than a dummy"):
        result = pawn(design, y, seed_policy="independent")
    found = table(result)
    assert found.loc["dummy", "median_low"] < found.loc["x2", "median"] < found.loc["dummy", "median_high"]
    assert found.loc["dummy", "median"] == pytest.approx(0.06, abs=0.01)
    assert (found["median"].iloc[:2] > 0.1).all()
    assert "dummy" not in table(pawn(design, y, dummy=False, resamples=100)).index


def test_dummy_interval_is_that_of_inert_factors():
    # A factor beyond the 95 % interval of the dummy: 1 in 40 of 120, so more than 10 has a chance of 1e-3.
    beyond = 0
    space = unit_space(3)
    for seed in range(40):
        design = doe.monte_carlo(space, 200, rng=seed)
        y = np.random.default_rng(seed).random(200)
        with pytest.warns(MesaDoeWarning, match="dummy"):
            found = table(pawn(design, y, resamples=100, rng=seed))
        beyond += (found["median"].iloc[:3] > found.loc["dummy", "median_high"]).sum()
    assert beyond <= 10


def test_intervals_are_as_wide_as_the_estimates_of_other_samples_are_apart():
    # The deviation of 60 estimates has an error of 9 %: three of these, and some for the bootstrap.
    estimates, widths = [], []
    for seed in range(60):
        design = doe.monte_carlo(unit_space(3), 300, rng=seed)
        found = table(pawn(design, design.unit @ [1, 2, 3], dummy=False, resamples=100, rng=seed))
        assert ((found["median_low"] <= found["median"]) & (found["median"] <= found["median_high"])).all()
        estimates.append(found["mean"])
        widths.append(found["mean_high"] - found["mean_low"])
    ratio = np.mean(widths, axis=0) / (2 * 1.96 * np.std(estimates, axis=0))
    np.testing.assert_allclose(ratio, 1, atol=0.35)


MIXED = doe.ParameterSpace(
    policy=doe.Boolean(),
    rare=doe.Categorical(["no", "yes"], weights=[0.9, 0.1]),
    kind=doe.Categorical(list("abc")),
    level=doe.Integer(1, 10),
    x=doe.Real(0, 1),
)


def floors_of(method, design, y, **options):
    """What each factor reads, and its dummy may."""
    result = quiet(method, design, y, resamples=100, **options)
    assert set(result.settings["dummy_floors"]) == {"y"}
    return result.table().iloc[:-1][result.plotted[0]], pd.Series(result.settings["dummy_floors"]["y"])


# A t-test has p < 1e-5 in each; 14 of pawn were below a dummy of ten slices, 2 of delta below one of six.
@pytest.mark.parametrize("method", [pawn, delta])
def test_the_effect_of_a_factor_of_two_levels_is_not_lost_below_a_dummy_of_more_classes(method):
    told = 0
    for seed in range(20):
        design = doe.latin_hypercube(
            doe.ParameterSpace(policy=doe.Boolean(), x=doe.Real(0, 1)), 200, rng=seed
        )
        on = design.points["policy"].to_numpy()
        y = 0.9 * on + np.random.default_rng(seed).normal(size=200)
        told += not any("policy" in line for line in quiet(method, design, y, resamples=100).warnings)
    assert told == 20


@pytest.mark.parametrize("method", [pawn, delta])
def test_inert_factors_of_any_classes_stand_above_their_dummies_as_often_as_they_may(method):
    # 1 in 40 of 150, a few more since the dummy has 100 draws: none, or more than 14, have a chance of 1e-2
    # and 1e-3.
    beyond = 0
    for seed in range(30):
        design = doe.latin_hypercube(MIXED, 200, rng=seed)
        read, floors = floors_of(method, design, np.random.default_rng(seed + 100).normal(size=200), rng=seed)
        beyond += (read > floors).sum()
    assert 0 < beyond <= 14


def test_a_dummy_has_as_many_classes_of_as_many_points_as_the_factor():
    design = doe.latin_hypercube(MIXED, 200, rng=1)
    y = np.random.default_rng(1).normal(size=200)
    found = quiet(pawn, design, y, resamples=100)
    floors = found.settings["dummy_floors"]["y"]
    # The more points, the lower; a slice and a level of ten have as many, and so have the row's.
    assert floors["policy"] < floors["kind"] < floors["x"]
    assert floors["policy"] < floors["rare"]
    assert floors["level"] == floors["x"] == found.table().loc["dummy", "median_high"]
    assert quiet(pawn, design, y, resamples=100).settings == found.settings
    assert "dummy_floors" not in quiet(pawn, design, y, resamples=100, dummy=False).settings


@pytest.mark.parametrize("method", [pawn, delta])
def test_a_seed_of_many_levels_is_no_yardstick_for_parameters(method):
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), flag=doe.Boolean())
    design = doe.sobol(space, 64, rng=1, seed_factor=True)
    shift = np.random.default_rng(1).normal(size=design.seed_levels.max() + 1)
    y = 1.5 * design.unit[:, 0] + 0.7 * design.points["flag"] + 0.5 * shift[design.seed_levels]
    found = quiet(method, design, y.to_numpy(), resamples=100)
    (warning,) = [line for line in found.warnings if "no more than a dummy" in line]
    assert warning.startswith("output 'y': b, seed read")
    assert warning.endswith("use more points and sobol for the seed (more points are of other seeds)")
    floors = found.settings["dummy_floors"]["y"]
    assert floors["flag"] < floors["a"] == floors["b"] < floors["seed"]
    rows = found.to_frame().query("measure == @found.plotted[0]").set_index("factor")
    assert floors["a"] == rows.loc["dummy", "high"]


@pytest.mark.parametrize("method", [pawn, delta])
def test_of_a_seed_alone_more_points_are_not_advised(method):
    design = doe.sobol(doe.ParameterSpace(a=doe.Real(0, 1)), 64, rng=1, seed_factor=True)
    found = quiet(method, design, design.points["a"].to_numpy(), resamples=100)
    (warning,) = [line for line in found.warnings if "no more than a dummy" in line]
    assert warning.startswith("output 'y': seed read")
    assert "use sobol for the seed" in warning


@pytest.mark.parametrize("method", [pawn, delta])
def test_seeds_and_names_that_are_all_of_more_levels_than_slices_have_dummies_of_their_own(method):
    space = doe.ParameterSpace(kind=doe.Categorical(list("abcdefghijklmn")))
    design = doe.sobol(space, 64, rng=1, seed_factor=True)
    y = np.random.default_rng(1).normal(size=len(design))
    _, floors = floors_of(method, design, y, **{"slides" if method is pawn else "bins": 4})
    assert floors["kind"] < floors["seed"]


def test_policies_and_the_sample_that_they_are_crossed_with_have_dummies_of_their_own():
    policies = doe.full_factorial(doe.ParameterSpace(tax=doe.Boolean(), idle=doe.Boolean()))
    sample = doe.latin_hypercube(doe.ParameterSpace(a=doe.Real(0, 1), flag=doe.Boolean()), 50, rng=1)
    design = doe.cross(policies, sample)
    y = (17.3 * design.points["a"] + 0.1 * design.points["tax"]).to_numpy() % 1
    read, floors = floors_of(pawn, design, y)
    assert floors["tax"] == floors["idle"] < floors["flag"] < floors["a"]
    assert read["idle"] <= floors["idle"]


def test_the_warning_names_what_each_dummy_may_read():
    space = doe.ParameterSpace(policy=doe.Boolean(), x=doe.Real(0, 1), z=doe.Real(0, 1))
    design = doe.latin_hypercube(space, 200, rng=1)
    lost = r"output 'y': policy, x, z read .* by chance \(median of (0\.\d+), (0\.\d+), \2\)"
    with pytest.warns(MesaDoeWarning, match=lost):
        pawn(design, np.random.default_rng(1).normal(size=200))


def test_a_factor_named_dummy_is_no_row_of_the_dummy():
    design = doe.monte_carlo(doe.ParameterSpace(dummy=doe.Real(0, 1), b=doe.Real(0, 1)), 100, rng=1)
    for method in (pawn, delta):
        with pytest.raises(AnalysisError, match="called 'dummy'"):
            method(design, design.unit[:, 0])
        method(design, design.unit[:, 0] + design.unit[:, 1], dummy=False, resamples=100)


@pytest.mark.parametrize("count", [1, 2.5, True, "ten"])
def test_nonsense_slides_are_refused(count):
    design = doe.monte_carlo(unit_space(3), 100, rng=1)
    with pytest.raises(AnalysisError, match="slides takes an int from 2"):
        pawn(design, design.unit[:, 0], slides=count)


@pytest.mark.parametrize(("analysis", "option"), [(pawn, "slides"), (delta, "bins")])
@pytest.mark.parametrize("count", [10, 15, 40])
def test_classes_of_fewer_than_two_points_are_refused(analysis, option, count):
    design = doe.monte_carlo(unit_space(3), 15, rng=1)
    classes = min(count, 15)
    words = (
        f"the {classes} classes of factor 'x0' with {option}={count} need at least {2 * classes} points, "
        f"got 15; use fewer {option} or more points"
    )
    with pytest.raises(AnalysisError, match=words):
        analysis(design, design.unit[:, 0], **{option: count})


def test_levels_of_fewer_than_two_points_are_refused_and_those_of_more_are_classes_whatever_the_slides():
    space = doe.ParameterSpace(kind=doe.Categorical(list("abcdefgh")), x=doe.Integer(1, 3))
    few, enough = (doe.sobol_sequence(space, n, rng=1) for n in (8, 32))
    words = "the 8 classes of factor 'kind' with slides=2 need at least 16 points, got 8; use fewer levels"
    with pytest.raises(AnalysisError, match=words):
        pawn(few, few.unit[:, 0], slides=2)
    y = enough.points["x"]
    by_level, too_many = (quiet(pawn, enough, y, slides=slides, dummy=False) for slides in (10, 1000))
    pd.testing.assert_frame_equal(by_level.to_frame(), too_many.to_frame())


# ---- what the given-data analyses have in common ------------------------------------------------------


def top_half(values):
    return values > np.median(values)


METHODS = {
    "rbd_fast": (rbd_fast, {"resamples": 100}),
    "pawn": (pawn, {"resamples": 100, "dummy": False}),
    "delta": (delta, {"resamples": 100, "dummy": False}),
    "rsa": (rsa, {"behavioural": top_half}),
    "rsa binned": (rsa, {"bins": 4}),
    "rsa binned by factor": (rsa, {"bins": 4, "target": "X"}),
    "discrepancy": (discrepancy, {}),
}
every = pytest.mark.parametrize(("method", "options"), METHODS.values(), ids=METHODS)


@pytest.fixture
def design():
    return doe.latin_hypercube(unit_space(3), 200, rng=4)


@every
def test_several_outputs_at_once_are_what_each_is_alone(design, method, options):
    y = some_outputs(design)
    together = method(design, y, **options).to_frame()
    for k in range(3):
        alone = method(design, y[:, k], **options).to_frame()
        mine = together[together["output"] == f"y{k}"]
        columns = ["estimate", "low", "high"]
        np.testing.assert_allclose(mine[columns], alone[columns], rtol=1e-9, atol=1e-12)
    assert len(together) == 3 * len(alone)


@every
def test_missing_values_are_named_or_left_out_and_said(design, method, options):
    y = some_outputs(design)[:, 0]
    y[[3, 17]] = np.nan, np.inf
    with pytest.raises(AnalysisError, match="points 3, 17"):
        method(design, y, **options)
    with pytest.warns(MesaDoeWarning, match=r"left out, .* 2 points \(3, 17\); left: 198"):
        result = method(design, y, missing="drop", **options)
    keep = np.isfinite(y)
    rest = doe.Design(design.space, design.unit[keep], method="mine", options={})
    np.testing.assert_allclose(
        result.to_frame()["estimate"], method(rest, y[keep], **options).to_frame()["estimate"]
    )
    assert result.settings["dropped_points"] == [3, 17]
    assert result.settings["points"] == 198


@every
def test_a_constant_output_is_nan_and_said(design, method, options):
    y = np.column_stack([np.full(len(design), 0.1), some_outputs(design)[:, 0]])
    with pytest.warns(MesaDoeWarning, match=r"output 'y0' is the same \(0.1\)"):
        found = method(design, y, **options).to_frame()
    estimates = ["estimate", "low", "high"]
    assert found.loc[found["output"] == "y0", estimates].isna().all(axis=None)
    assert found.loc[found["output"] == "y1", "estimate"].notna().all()


@every
def test_huge_and_shifted_outputs_give_the_same_estimates(design, method, options):
    y = some_outputs(design)[:, 0]
    scaled = np.round(y, 3)
    plain, moved = (method(design, v, **options).to_frame()["estimate"] for v in (scaled, 4e200 * scaled))
    np.testing.assert_allclose(moved, plain, rtol=1e-6, atol=1e-9)


@every
def test_the_result_prints_and_draws(design, method, options):
    result = method(design, some_outputs(design)[:, 0], **options)
    assert "x0" in repr(result)
    assert len(result.plot().patches) > 0


@pytest.mark.parametrize("name", ["rbd_fast", "pawn", "delta", "rsa"])
def test_a_seed_among_the_factors_is_taken_as_levels_without_an_order(name):
    method, options = METHODS[name]
    mixed = doe.sobol(doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1)), 64, rng=1, seed_factor=True)
    shift = np.random.default_rng(1).random(mixed.seed_levels.max() + 1)
    y = mixed.unit[:, 0] + mixed.unit[:, 1] + shift[mixed.seed_levels]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "rbd_fast cannot tell S1 of seed")
        result = method(mixed, y, **options)
    assert set(result.table().index) >= {"a", "b", "seed"}


@pytest.mark.parametrize("name", ["rbd_fast", "pawn", "delta", "rsa"])
def test_axes_of_any_kind_are_taken_correlated_or_not(name):
    method, options = METHODS[name]
    space = doe.ParameterSpace(
        {
            "a": doe.Real(0, 1),
            "n": doe.Integer(1, 30),
            "flag": doe.Boolean(),
            "kind": doe.Categorical(list("abc")),
        },
        correlation=np.array([[1, 0.7, 0, 0], [0.7, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]),
    )
    mixed = doe.latin_hypercube(space, 400, rng=1)
    y = mixed.points["a"] + mixed.points["n"] / 10 + mixed.points["flag"] + 2 * (mixed.points["kind"] == "b")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # rbd_fast: that few harmonics describe few levels
        result = method(mixed, y.astype(float), **options)
    assert result.to_frame()["estimate"].notna().all()


@pytest.mark.parametrize("method", [pawn, delta])
def test_the_dummy_of_several_outputs_is_that_of_each_alone(design, method):
    y = np.column_stack([some_outputs(design)[:, 0], design.unit[:, 0] > 0.5])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        together = method(design, y, resamples=100).to_frame()
        alone = method(design, y[:, 1], resamples=100).to_frame()
    mine = together[together["output"] == "y1"]
    np.testing.assert_allclose(
        mine[["estimate", "low", "high"]], alone[["estimate", "low", "high"]], atol=1e-12
    )
