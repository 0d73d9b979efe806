import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.sampled import CHOSEN, SAMPLED, check_sampled
from mesa_doe.analysis.uncertainty import uncertainty
from mesa_doe.errors import AnalysisError, MesaDoeWarning
from mesa_doe.samplers.declare import SAMPLERS
from tests.random_state import global_state


def outputs(points=120, replications=4, seed=1):
    rng = np.random.default_rng(seed)
    return rng.gamma(3, 1, (points, 1)) + rng.normal(0, 0.5, (points, replications))


def numbers(found):
    return found.to_frame()[["estimate", "low", "high"]].to_numpy()


def test_estimates_of_runs_and_means_are_numpys_and_scipys():
    y = outputs()
    found = uncertainty(y, thresholds=[2, 4.5], quantiles=[0.1, 0.5, 0.9], resamples=100)
    for of, sample in (("runs", y.ravel()), ("means", y.mean(axis=1))):
        column = found.table(of)["all"]
        assert column["mean"] == pytest.approx(sample.mean(), rel=1e-12)
        assert column["std"] == pytest.approx(sample.std(), rel=1e-12)
        assert column["skewness"] == pytest.approx(stats.skew(sample), rel=1e-10)
        for q in (0.1, 0.5, 0.9):
            assert column[f"quantile {q}"] == pytest.approx(np.quantile(sample, q, method="inverted_cdf"))
        assert column["P(> 2)"] == pytest.approx((sample > 2).mean())
        assert column["P(> 4.5)"] == pytest.approx((sample > 4.5).mean())
    assert found.table("means").loc["std", "all"] < found.table("runs").loc["std", "all"]


def test_integer_weights_are_rows_repeated():
    y = outputs(points=60)
    weights = np.arange(60) % 4
    options = {"thresholds": [2, 3], "quantiles": [0.2, 0.5, 0.8], "resamples": 100}
    found = uncertainty(y, weights=weights, **options).to_frame()
    repeated = uncertainty(np.repeat(y, weights, axis=0), **options).to_frame()
    np.testing.assert_allclose(found["estimate"], repeated["estimate"], rtol=1e-12)
    scaled = uncertainty(y, weights=weights * 0.125, **options).to_frame()
    pd.testing.assert_frame_equal(found, scaled)


def test_equal_weights_are_none():
    y = outputs()
    np.testing.assert_array_equal(
        numbers(uncertainty(y, weights=np.full(120, 3), resamples=100)),
        numbers(uncertainty(y, resamples=100)),
    )


def test_points_count_alike_however_often_they_ran():
    y = np.array([[1.0, 1.0, 1.0], [4.0, np.nan, np.nan], [7.0, 7.0, np.nan]])
    with pytest.warns(MesaDoeWarning, match="3 runs of points 1, 2. If runs fail"):
        found = uncertainty(y, quantiles=[], missing="drop", resamples=100)
    assert found.table("runs").loc["mean", "all"] == pytest.approx(4)
    assert found.table("means").loc["mean", "all"] == pytest.approx(4)
    assert found.settings["runs"] == {"all": 6}


def test_means_of_values_that_are_never_negative_are_not_so_by_rounding():
    y = np.zeros((30, 1))
    y[0] = 0.1 * np.pi
    for sign, end in ((1, "low"), (-1, "high")):
        found = uncertainty(sign * y, quantiles=[], resamples=100).to_frame().set_index("statistic")
        assert found.loc["mean", end] == 0.0


def test_intervals_of_the_mean_and_the_skewness_are_percentiles_over_whole_points():
    y = outputs(points=80)
    found = uncertainty(y, quantiles=[], resamples=200, rng=7).to_frame()
    found = found[found["statistic"] != "std"]
    drawn = np.random.default_rng(doe.seeding.root_entropy(7)).integers(80, size=(200, 80))
    for of in ("runs", "means"):
        ours = found[found["of"] == of]
        samples = [y[rows].ravel() if of == "runs" else y[rows].mean(axis=1) for rows in drawn]
        low, high = np.quantile([[one.mean(), stats.skew(one)] for one in samples], [0.025, 0.975], axis=0)
        np.testing.assert_allclose(ours["low"], low, rtol=1e-9)
        np.testing.assert_allclose(ours["high"], high, rtol=1e-9)


def test_intervals_of_quantiles_and_exceedances_are_exact_ones():
    y = outputs(points=80, replications=1)
    frame = uncertainty(y, thresholds=[2, 5], quantiles=[0.1, 0.5, 0.9]).to_frame().set_index("statistic")
    for row in frame.loc["quantile"].itertuples():
        test = stats.quantile_test(y[:, 0], p=row.at)
        exact = test.confidence_interval(0.95)
        assert (row.low, row.high) == (exact.low, exact.high)
    for row in frame.loc["exceedance"].itertuples():
        exact = stats.binomtest(int((y > row.at).sum()), 80).proportion_ci(0.95, method="exact")
        assert (row.low, row.high) == pytest.approx((exact.low, exact.high))


def test_intervals_near_the_ends_of_a_distribution_cover():
    held = np.zeros(3)
    for k in range(300):
        y = np.random.default_rng(k).random(80)
        frame = uncertainty(y, thresholds=[0.95], quantiles=[0.05, 0.95], resamples=100).to_frame().iloc[3:]
        held += (frame["low"] <= [0.05, 0.95, 0.05]) & (frame["high"] >= [0.05, 0.95, 0.05])
    # 0.95 at least; of percentiles 0.88 to 0.91. Three standard errors of 300 trials.
    assert (held / 300 > 0.912).all(), held


def test_units_that_tell_less_than_their_values_widen_the_intervals():
    rng = np.random.default_rng(3)
    shared = np.repeat(rng.normal(size=100), 5) + 0.5 * rng.normal(size=500)
    options = {"quantiles": [0.3], "thresholds": [1.0], "resamples": 100}
    apart = uncertainty(shared, **options)
    whole = uncertainty(shared, blocks=np.repeat(np.arange(100), 5), **options)
    width = [np.diff(numbers(one)[3:, 1:], axis=1)[:, 0] for one in (apart, whole)]
    # A correlation of 0.8 of the values makes one of about 0.6 of these indicators: √(1 + 4·0.6) = 1.8.
    assert (width[1] > 1.3 * width[0]).all()
    assert (width[1] < 2.3 * width[0]).all()


def test_points_are_drawn_with_all_their_replications():
    # Replications that are copies tell nothing: intervals are those of one run a point.
    y = outputs(replications=1)
    once = uncertainty(y, thresholds=[3]).to_frame()
    copies = uncertainty(np.repeat(y, 10, axis=1), thresholds=[3]).to_frame()
    for of in ("runs", "means"):
        mine = copies[copies["of"] == of]
        np.testing.assert_allclose(numbers_of(mine), numbers_of(once), rtol=1e-9)


def numbers_of(frame):
    return frame[["estimate", "low", "high"]].to_numpy()


def test_blocks_are_drawn_whole():
    y = np.repeat(outputs(points=80, replications=1), 5, axis=0)
    apart = uncertainty(y, quantiles=[0.5])
    whole = uncertainty(y, quantiles=[0.5], blocks=np.repeat(np.arange(80), 5) + 7)
    width = [np.diff(numbers(one)[:, 1:], axis=1)[:, 0] for one in (apart, whole)]
    assert 1.9 < width[1][0] / width[0][0] < 2.6  # √5
    np.testing.assert_array_equal(numbers(apart)[:, 0], numbers(whole)[:, 0])
    assert whole.settings["units"] == {"all": 80}


def test_intervals_cover():
    truth = {
        "mean": 3,
        "std": np.sqrt(3),
        "quantile 0.5": stats.gamma.ppf(0.5, 3),
        "P(> 5)": stats.gamma.sf(5, 3),
    }
    covered = dict.fromkeys(truth, 0)
    for k in range(200):
        y = np.random.default_rng(k).gamma(3, 1, 150)
        found = uncertainty(y, thresholds=[5], quantiles=[0.5], resamples=200, rng=k)
        frame = found.to_frame().set_index(found.table().index)
        for name, exact in truth.items():
            covered[name] += frame.loc[name, "low"] <= exact <= frame.loc[name, "high"]
    # The nominal .95, less three standard errors of 200 trials; a skewed law's spread is the hardest.
    for name, count in covered.items():
        assert count / 200 > (0.82 if name == "std" else 0.90), covered


def test_each_group_is_what_it_is_alone():
    y = outputs(points=90)
    labels = np.array(["b", "a", "c"])[np.arange(90) % 3]
    found = uncertainty(y, by=labels, quantiles=[0.5], thresholds=[3], resamples=100)
    assert list(found.table().columns) == ["b", "a", "c"]
    for label in "abc":
        alone = uncertainty(y[labels == label], quantiles=[0.5], thresholds=[3], resamples=100)
        rows = found.to_frame()
        np.testing.assert_array_equal(numbers_of(rows[rows["group"] == label]), numbers(alone))
        np.testing.assert_array_equal(found.table("means")[label], alone.table("means")["all"])
    assert "distribution of means" in repr(found)


def test_numbers_of_many_values_are_groups_in_bins_as_in_tabulate():
    x = np.random.default_rng(1).permutation(np.linspace(0, 20, 200))
    found = uncertainty(3 * x, by=x, quantiles=[0.5], resamples=100)
    assert found.table().columns.tolist() == ["[0, 4)", "[4, 8)", "[8, 12)", "[12, 16)", "[16, 20]"]
    np.testing.assert_allclose(found.table().loc["mean"], [6, 18, 30, 42, 54], atol=0.4)
    levels = np.arange(200) % 10
    assert uncertainty(x, by=levels, quantiles=[0.5], resamples=100).table().columns.tolist() == [*range(10)]
    assert found.warnings == ()


def test_labels_keep_their_objects_and_many_groups_are_cut_in_print():
    found = uncertainty(np.arange(60.0), by=[(k % 6, "x") for k in range(60)], quantiles=[0.5], resamples=100)
    assert list(found.table().columns) == [(k, "x") for k in range(6)]
    assert "… and 1 more group\n" in repr(found)


def test_no_event_is_not_no_chance():
    y = np.arange(100.0)
    found = uncertainty(y, thresholds=[1000, -1], quantiles=[]).to_frame().set_index("at")
    never, always = found.loc[1000], found.loc[-1]
    exact = stats.binomtest(0, 100).proportion_ci(0.95, method="exact")
    assert (never["estimate"], never["low"]) == (0, 0)
    assert never["high"] == pytest.approx(exact.high)
    assert (always["estimate"], always["high"]) == (1, 1)
    assert always["low"] == pytest.approx(1 - exact.high)


def test_quantiles_beyond_the_points_have_an_open_end():
    with pytest.warns(
        MesaDoeWarning, match=r"quantile 0\.05, 0\.95 has an open end .* 50 points .* takes 72"
    ):
        frame = uncertainty(np.arange(50.0)).to_frame().set_index("at")
    assert np.isnan(frame.loc[0.05, "low"])
    assert np.isfinite(frame.loc[0.05, "high"])
    assert np.isnan(frame.loc[0.95, "high"])
    assert frame.loc[[0.25, 0.5, 0.75]].notna().all().all()
    assert uncertainty(np.arange(72.0)).to_frame().iloc[3:].notna().all().all()


def test_one_point_has_no_interval():
    with pytest.warns(MesaDoeWarning) as caught:
        found = uncertainty([1.0, 2.0, 3.0, 5.0], by=["a", "b", "b", "b"], quantiles=[0.5], resamples=100)
    assert any("one point of group 'a' tells nothing" in str(one.message) for one in caught)
    assert found.to_frame().query("group == 'a'")[["low", "high"]].isna().all().all()


@pytest.mark.parametrize("value", [0.0, 0.1, -1e300])
def test_a_constant_output_is_said(value):
    with pytest.warns(MesaDoeWarning, match="are all the same"):
        found = uncertainty(np.full((100, 3), value), resamples=100).table()["all"]
    assert found["mean"] == pytest.approx(value)
    assert found["std"] == 0
    assert np.isnan(found["skewness"])


def test_units_and_offsets():
    y = outputs()
    here = uncertainty(y, resamples=100, quantiles=[0.5]).to_frame()
    there = uncertainty(y * 1e200 + 5e202, resamples=100, quantiles=[0.5]).to_frame()
    skew = here["statistic"] == "skewness"
    spread = here["statistic"] == "std"
    np.testing.assert_allclose(numbers_of(there[skew]), numbers_of(here[skew]), rtol=1e-9)
    np.testing.assert_allclose(numbers_of(there[spread]), numbers_of(here[spread]) * 1e200, rtol=1e-9)
    rest = ~(skew | spread)
    np.testing.assert_allclose(numbers_of(there[rest]), numbers_of(here[rest]) * 1e200 + 5e202, rtol=1e-9)


def test_booleans_integers_series_and_masked_arrays():
    y = outputs()[:, 0] > 3
    chance = uncertainty(pd.Series(y), quantiles=[], thresholds=[0.5], resamples=100)
    np.testing.assert_allclose(chance.table().loc[["mean", "P(> 0.5)"], "all"], y.mean(), rtol=1e-12)
    of_ints = uncertainty(y.astype(int), quantiles=[], thresholds=[0.5], resamples=100)
    pd.testing.assert_frame_equal(of_ints.to_frame(), chance.to_frame())
    with pytest.raises(AnalysisError, match="1 run of 120 have no finite value, of points 4"):
        uncertainty(np.ma.masked_array(y.astype(float), mask=np.arange(120) == 4))


def test_points_without_weight_or_run_are_no_points():
    y = outputs(points=80)
    y[3] = np.nan
    weights = np.ones(80)
    weights[10:] = np.tile([0, 1], 35)
    with pytest.warns(MesaDoeWarning, match="1 of them are lost whole"):
        found = uncertainty(y, weights=weights, missing="drop", quantiles=[0.5], resamples=100)
    keep = (weights > 0) & (np.arange(80) != 3)
    np.testing.assert_array_equal(
        numbers(found), numbers(uncertainty(y[keep], quantiles=[0.5], resamples=100))
    )
    assert found.settings["points"] == {"all": 44}


@pytest.mark.parametrize(
    ("y", "options", "said"),
    [
        (np.ones((4, 2, 2)), {}, "takes one output"),
        (["a", "b"], {}, "real numbers"),
        ([1.0, np.inf], {}, "infinite"),
        ([1.0, np.nan], {}, "1 run of 2"),
        ([np.nan, np.nan], {"missing": "drop"}, "2 runs of 2"),
        ([1.0, 2.0], {"missing": "skip"}, "missing takes"),
        ([1.0, 2.0], {"quantiles": [0, 0.5]}, "between 0 and 1"),
        ([1.0, 2.0], {"quantiles": 0.5}, "quantiles takes a sequence"),
        ([1.0, 2.0], {"thresholds": ["a"]}, "thresholds takes a sequence of finite"),
        ([1.0, 2.0], {"thresholds": [np.nan]}, "thresholds takes a sequence of finite"),
        ([1.0, 2.0], {"weights": [1, -1]}, "weights takes 2"),
        ([1.0, 2.0], {"weights": [0, 0]}, "weights takes 2"),
        ([1.0, 2.0], {"weights": [1]}, "weights takes 2"),
        ([1.0, 2.0], {"by": ["a"]}, "by takes 2 labels"),
        ([1.0, 2.0], {"by": ["a", None]}, "1 missing"),
        ([1.0, 2.0], {"by": [[1], [2]]}, "can be hashed"),
        ([1.0, 2.0], {"by": ["a", "b"], "weights": [1, 0]}, "no point of group 'b'"),
        ([1.0, 2.0], {"blocks": [0.5, 1]}, "blocks takes 2 whole"),
        ([1.0, 2.0], {"resamples": 10}, "resamples"),
        ([1.0, 2.0], {"confidence": 1}, "confidence"),
    ],
)
def test_what_cannot_be_described_is_refused(y, options, said):
    with pytest.raises(AnalysisError, match=said):
        uncertainty(y, **options)


def test_results_repeat_and_nothing_else_moves():
    y = outputs()
    before, state = y.copy(), global_state()
    found = uncertainty(y, rng=3, resamples=100)
    np.testing.assert_array_equal(numbers(found), numbers(uncertainty(y, rng=3, resamples=100)))
    assert not np.array_equal(numbers(found), numbers(uncertainty(y, rng=4, resamples=100)))
    np.testing.assert_array_equal(y, before)
    assert global_state() == state
    assert repr(pickle.loads(pickle.dumps(found))) == repr(found)
    with pytest.raises(AnalysisError, match="no distribution of 'means'; there is that of runs"):
        uncertainty(y[:, 0], resamples=100).table("means")


# --- which designs -----------------------------------------------------------------------------------------


def space():
    return doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), c=doe.Real(0, 1))


def test_the_methods_that_follow_the_laws_are_those_that_say_so():
    even = {name for name, info in SAMPLERS.items() if info.laws == "whole" and info.even}
    # Of finite differences the steps beside each base point do not follow the law, and of curves no two
    # factors together.
    assert even - {"explicit", "finite_difference", "fast"} == SAMPLED


@pytest.mark.parametrize(
    "make",
    [
        lambda: doe.monte_carlo(space(), 8, rng=1),
        lambda: doe.latin_hypercube(space(), 8, rng=1),
        lambda: doe.sobol(space(), 8, rng=1),
        lambda: doe.concat(doe.monte_carlo(space(), 8, rng=1), doe.halton(space(), 8, rng=1)),
    ],
)
def test_samples_of_the_laws_are_taken(make):
    assert "follow the laws" in check_sampled(make())[0]


@pytest.mark.parametrize(
    ("make", "method"),
    [
        (lambda: doe.two_level_factorial(space()), "two_level_factorial"),
        (lambda: doe.full_factorial(space(), 3), "full_factorial"),
        (lambda: doe.central_composite(space()), "central_composite"),
        (lambda: doe.morris(space(), 4, rng=1), "morris"),
        (lambda: doe.concat(doe.monte_carlo(space(), 8, rng=1), doe.morris(space(), 4, rng=1)), "morris"),
        (lambda: doe.monte_carlo(space(), 8, rng=1).repeat_center(2), "repeat_center"),
    ],
)
def test_levels_and_steps_are_refused(make, method):
    with pytest.raises(AnalysisError, match=f"^the design is no sample .*{method} are chosen levels"):
        check_sampled(make())


def test_policies_that_were_crossed_with_a_sample_are_asked_for_one_by_one():
    policies = doe.full_factorial(doe.ParameterSpace(policy=doe.Categorical(["old", "new"])))
    design = doe.cross(policies, doe.latin_hypercube(doe.ParameterSpace(x=doe.Real(0, 1)), 80, rng=1))
    with pytest.raises(AnalysisError, match=r"full_factorial are chosen levels .*by=points\["):
        check_sampled(design)
    y = design.points["x"] + (design.points["policy"] == "new")
    found = doe.analyze.uncertainty(y, by=design.points["policy"]).to_frame()
    means = found[found["statistic"] == "mean"]["estimate"]
    assert means.tolist() == pytest.approx([0.5, 1.5], abs=0.01)


def test_points_by_hand_are_taken_with_a_note():
    assert "given by hand" in check_sampled(doe.explicit({"x": [0.1, 0.7, 0.2]}))[0]


def test_points_of_a_sampler_of_the_users_are_taken_with_a_note():
    design = doe.Design(
        doe.ParameterSpace(x=doe.Real(0, 1)), np.linspace(0, 1, 20)[:, None], method="golden", options={}
    )
    (told,) = check_sampled(design)
    assert told == "the points of golden are read as a sample of the laws, each as likely as any other"
    assert uncertainty(design.points["x"], design=design, quantiles=[0.5]).notes == (told,)


def test_every_sampler_of_ours_is_known_to_draw_or_to_choose():
    assert not SAMPLED & CHOSEN
    assert {*SAMPLERS} <= SAMPLED | CHOSEN | {"explicit"}


def test_merged_twins_are_sent_to_their_origin():
    design = doe.monte_carlo(doe.ParameterSpace(n=doe.Integer(1, 3)), 20, rng=1)
    design = design.deduplicate(across_blocks=True)
    with pytest.raises(AnalysisError, match=r"^twins .* use design\.origin, with y\[design\.twin_of\]"):
        check_sampled(design)
    with pytest.raises(AnalysisError, match="takes a Design"):
        check_sampled("sobol")


def test_the_distribution_of_a_sampled_law_is_that_law():
    laws = doe.ParameterSpace(a=stats.norm(2, 1))
    design = doe.latin_hypercube(laws, 500, rng=1)
    check_sampled(design)
    found = uncertainty(design.points["a"], thresholds=[3]).table()["all"]
    assert found["mean"] == pytest.approx(2, abs=0.01)
    assert found["std"] == pytest.approx(1, abs=0.02)
    assert found["P(> 3)"] == pytest.approx(stats.norm.sf(1), abs=0.005)


def test_a_design_gives_its_blocks_and_says_how_its_points_count():
    design = doe.sobol(doe.ParameterSpace(a=doe.Real(0, 4), b=doe.Real(0, 1)), 64, rng=1)
    y = design.points["a"].to_numpy()
    found = uncertainty(y, design=design, quantiles=[0.5])
    np.testing.assert_array_equal(
        numbers(found), numbers(uncertainty(y, blocks=design.blocks, quantiles=[0.5]))
    )
    assert found.notes == check_sampled(design)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"design": doe.morris(doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1)), 4, rng=1)}, "morris"),
        ({"design": doe.explicit({"x": [0.1, 0.7]})}, "the design has 2 points, y has 3"),
        ({"design": doe.explicit({"x": [0.1, 0.7, 1]}), "blocks": [0, 0, 1]}, "leave blocks= out"),
        ({"design": "sobol"}, "takes a Design, got str"),
    ],
)
def test_a_design_that_does_not_fit_is_refused(options, message):
    with pytest.raises(doe.AnalysisError, match=message):
        uncertainty([1.0, 2.0, 3.0], **options)


@pytest.mark.parametrize("policy", ["common", "fixed"])
def test_seeds_that_all_points_share_are_said_to_be_no_part_of_the_intervals(policy):
    with pytest.warns(
        MesaDoeWarning, match=f"share their seeds .*{policy}.* no part of the intervals"
    ) as said:
        found = uncertainty(outputs(replications=1), seed_policy=policy, quantiles=[0.5], resamples=100)
    assert len(said) == 1
    assert found.settings["seed_policy"] == policy


@pytest.mark.parametrize("policy", [None, "independent", "block", "factor"])
def test_other_seeds_are_no_matter(policy):
    assert uncertainty(outputs(), seed_policy=policy, quantiles=[0.5], resamples=100).warnings == ()


def test_common_seeds_of_an_output_without_noise_are_no_matter():
    y = np.repeat(outputs(replications=1), 3, axis=1)
    assert uncertainty(y, seed_policy="common", quantiles=[0.5], resamples=100).warnings == ()


def test_intervals_of_common_seeds_leave_out_what_the_seeds_share():
    # y = a + seed: the mean over 200 points is known to 0.02 given the seed, which moves it by 1.
    rng = np.random.default_rng(1)
    seeds = rng.normal(size=40)
    held = 0
    for seed in seeds:
        with pytest.warns(MesaDoeWarning, match="share their seeds"):
            found = uncertainty(
                rng.random((200, 1)) + seed, seed_policy="common", quantiles=[], resamples=100
            )
        low, high = found.to_frame().loc[0, ["low", "high"]]
        held += low <= 0.5 <= high
    # Of intervals that told of seeds, 38 would. These do where |seed| < 0.04, of chance 0.032: more than 6
    # of 40 have one below 1e-3.
    assert held <= 6


def test_points_of_a_series_are_called_by_its_index():
    y = pd.Series([1.0, np.nan, 3.0, 4.0], index=[10, 20, 30, 40])
    with pytest.raises(AnalysisError, match=r"of points 20\. Look"):
        uncertainty(y)


def test_weights_are_said_to_be_those_of_a_sample():
    nodes, weights = np.polynomial.hermite_e.hermegauss(9)
    found = uncertainty(np.exp(nodes / 2), weights=weights, quantiles=[])
    assert found.table().loc["mean", "all"] == pytest.approx(np.exp(1 / 8))
    assert "of the points of a quadrature rule, which are none" in found.notes[0]
