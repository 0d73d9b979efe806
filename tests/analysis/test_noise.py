import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mesa_doe.analysis.noise import split_variance
from mesa_doe.errors import AnalysisError, MesaDoeWarning
from tests.random_state import global_state

# Of normal values, in one of a hundred samples.
FEW_BY_CHANCE = pytest.mark.filterwarnings("ignore:.*few points make the variance")


def one_way(points=60, replications=5, between=2.0, within=1.0, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(0, between, (points, 1)) + rng.normal(0, within, (points, replications))


def common_seeds(points=50, replications=20, sizes=(2.0, 1.0, 0.5), seed=1):
    rng = np.random.default_rng(seed)
    return (
        rng.normal(0, sizes[0], (points, 1))
        + rng.normal(0, sizes[1], (1, replications))
        + rng.normal(0, sizes[2], (points, replications))
    )


def variances(result, output="y"):
    rows = result.to_frame()
    return rows[rows["output"] == output].set_index("source")["variance"]


def test_one_way_is_the_analysis_of_variance():
    y = one_way()
    found = variances(split_variance(y, resamples=100))
    within = y.var(axis=1, ddof=1).mean()
    ratio = stats.f_oneway(*y).statistic  # MSB / MSW
    assert found["seed"] == pytest.approx(within, rel=1e-12)
    assert found["parameters"] == pytest.approx(within * (ratio - 1) / 5, rel=1e-12)


def test_points_count_alike_however_often_they_ran():
    y = one_way(points=30, replications=6)
    y[np.arange(30) % 3 == 0, 3:] = np.nan
    y[np.arange(30) % 5 == 0, 1:] = np.nan  # a single run is left
    groups = [row[np.isfinite(row)] for row in y]
    within = np.mean([group.var(ddof=1) for group in groups if len(group) > 1])
    of_means = np.mean([(group.var(ddof=1) if len(group) > 1 else within) / len(group) for group in groups])
    with pytest.warns(MesaDoeWarning, match="of 180 have no value"):
        found = variances(split_variance(y, resamples=100))
    assert found["seed"] == pytest.approx(within, rel=1e-12)
    between = np.var([group.mean() for group in groups], ddof=1)
    assert found["parameters"] == pytest.approx(between - of_means, rel=1e-12)


@pytest.mark.parametrize("runs", [(10, 2), (2, 10)])
def test_more_runs_where_there_is_more_noise_do_not_change_the_shares(runs):
    rng = np.random.default_rng(1)
    mean = rng.uniform(-1, 1, 1000)
    y = mean[:, None] + np.where(mean > 0, 1.0, 0.25)[:, None] * rng.normal(size=(1000, 10))
    y[np.arange(10) >= np.where(mean > 0, *runs)[:, None]] = np.nan
    with pytest.warns(MesaDoeWarning, match="have no value"):
        share = split_variance(y, resamples=100).share("y")["parameters"]
    # Three standard errors; counted by runs it would be 0.15 and 0.64.
    assert share == pytest.approx((1 / 3) / (1 / 3 + (1 + 1 / 16) / 2), abs=0.1)


def test_common_seeds_are_a_two_way_layout():
    y = common_seeds(points=12, replications=17)
    mean, rows, columns = y.mean(), y.mean(axis=1), y.mean(axis=0)
    rest = ((y - rows[:, None] - columns + mean) ** 2).sum() / (11 * 16)
    found = variances(split_variance(y, seed_policy="common", resamples=100))
    assert found["interaction"] == pytest.approx(rest, rel=1e-12)
    assert found["parameters"] == pytest.approx(rows.var(ddof=1) - rest / 17, rel=1e-12)
    assert found["seed"] == pytest.approx(columns.var(ddof=1) - rest / 12, rel=1e-12)


@FEW_BY_CHANCE
def test_one_way_intervals_agree_with_the_exact_ones_of_normal_noise_and_cover():
    covered = 0
    widths = []
    for k in range(150):
        y = one_way(points=40, replications=4, between=1.0, seed=k)
        row = split_variance(y, resamples=200, rng=k).to_frame().iloc[0]
        covered += row["share_low"] <= 0.5 <= row["share_high"]
        ratio = stats.f_oneway(*y).statistic
        ends = [ratio / stats.f.ppf(tail, 39, 120) for tail in (0.975, 0.025)]
        exact = [(end - 1) / (end + 3) for end in ends]
        widths.append((row["share_high"] - row["share_low"]) / (exact[1] - exact[0]))
    # Nominal .95; three standard errors of 150 trials and the known shortfall of percentiles.
    assert covered / 150 > 0.88
    assert 0.85 < np.mean(widths) < 1.15


@FEW_BY_CHANCE
def test_two_way_intervals_cover():
    truth = np.array([4.0, 1.0, 0.25])
    covered = np.zeros(3)
    for k in range(200):
        y = common_seeds(points=60, replications=25, seed=1000 + k)
        rows = split_variance(y, seed_policy="common", resamples=200, rng=k).to_frame()
        covered += (rows["variance_low"] <= truth) & (truth <= rows["variance_high"])
    # Of 0.92, 0.89 and 0.95, less three standard errors of 200 trials.
    assert (covered / 200 > [0.86, 0.82, 0.90]).all(), covered


@FEW_BY_CHANCE
def test_intervals_of_blocks_that_share_values_and_seeds_cover():
    rng = np.random.default_rng(5)
    covered = np.zeros(2)
    for k in range(100):
        # 40 blocks of six points: half of what varies between points, and all of the noise, is a block's.
        of_blocks, noise = rng.normal(size=(40, 1)), rng.normal(size=(40, 2))
        values = np.repeat(of_blocks + noise, 6, axis=0) + rng.normal(size=(240, 1))
        blocks = np.repeat(np.arange(40), 6)
        for j, given in enumerate((blocks, None)):
            row = split_variance(values, blocks=given, resamples=200, rng=k).to_frame().iloc[0]
            covered[j] += row["share_low"] <= 2 / 3 <= row["share_high"]
    # Nominal 0.95, less three standard errors of 100 trials; points drawn one by one hold it in about 0.6.
    assert covered[0] >= 86
    assert covered[1] < 80


@pytest.mark.parametrize("policy", ["common", "independent"])
def test_blocks_of_one_point_are_points(policy):
    y = common_seeds(points=30, replications=12)
    alone = split_variance(y, seed_policy=policy, resamples=100).to_frame()
    numbered = split_variance(y, seed_policy=policy, resamples=100, blocks=7 + np.arange(30)).to_frame()
    pd.testing.assert_frame_equal(numbered, alone)


def test_a_point_without_runs_leaves_its_block_and_blocks_are_whole_numbers():
    y = one_way(points=40, replications=3)
    y[4] = np.nan
    blocks = np.repeat(np.arange(10), 4)
    with pytest.warns(MesaDoeWarning, match="3 runs of 120 have no value"):
        found = split_variance(y, blocks=blocks, resamples=100)
    kept = np.arange(40) != 4
    whole = split_variance(y[kept], blocks=blocks[kept], resamples=100)
    pd.testing.assert_frame_equal(found.to_frame(), whole.to_frame())
    with pytest.raises(
        AnalysisError, match=r"blocks takes 40 whole numbers, .* got shape \(10,\) of type int64"
    ):
        split_variance(y, blocks=np.arange(10))
    with pytest.raises(AnalysisError, match="all points are of one block"):
        split_variance(y[:4], blocks=np.zeros(4, dtype=int))


def test_resamples_are_centred_on_the_estimate():
    y = common_seeds(points=30, replications=18)
    for policy in ("common", "independent"):
        rows = split_variance(y, seed_policy=policy, resamples=2000, confidence=0.02).to_frame()
        middle = (rows["variance_low"] + rows["variance_high"]) / 2
        np.testing.assert_allclose(middle, rows["variance"], rtol=0.15)


def test_several_outputs_are_what_each_is_alone():
    y = np.stack([common_seeds(seed=k) * 10**k for k in range(3)], axis=2)
    for policy in ("common", None):
        together = split_variance(y, outputs=["a", "b", "c"], seed_policy=policy, resamples=100).to_frame()
        for k, name in enumerate("abc"):
            alone = split_variance(y[:, :, k], seed_policy=policy, resamples=100).to_frame()
            mine = together[together["output"] == name]
            np.testing.assert_allclose(mine.iloc[:, 2:], alone.iloc[:, 2:], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("policy", ["common", "independent"])
def test_an_output_without_noise_is_the_parameters_alone(policy):
    y = np.repeat(0.1 * np.arange(10.0)[:, None], 16, axis=1) + 1 / 3
    shares = split_variance(y, seed_policy=policy, resamples=100).share("y")
    assert shares["parameters"] == 1
    assert (shares[1:] == 0).all()


def test_common_noise_alone_is_the_seeds():
    y = np.tile(np.arange(16.0), (10, 1))
    with pytest.warns(MesaDoeWarning, match="without variance between design points"):
        found = split_variance(y, seed_policy="common", resamples=100)
    assert found.share("y")["seed"] == 1


@pytest.mark.parametrize("policy", ["common", "independent"])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e300])
def test_a_constant_output_has_no_shares_and_is_said(policy, value):
    with pytest.warns(MesaDoeWarning, match="same in every run"):
        found = split_variance(np.full((5, 16), value), seed_policy=policy, resamples=100)
    assert found.to_frame()["share"].isna().all()
    assert (found.to_frame()["variance"] == 0).all()


def test_negative_variances_are_cut_and_said():
    y = np.array([[0.0, 2.0], [2.0, 0.0], [0.1, 2.0], [2.0, 0.1]])
    with pytest.warns(MesaDoeWarning) as caught:
        found = split_variance(y, resamples=100)
    said = " ".join(str(warning.message) for warning in caught)
    assert "parameters comes out negative" in said
    assert "without variance between design points" in said
    assert variances(found)["parameters"] == 0
    assert found.warnings
    assert "Note: " in repr(found)


def test_offsets_and_units_do_not_matter():
    y = one_way()
    here = split_variance(y, resamples=100).to_frame()
    there = split_variance(1e150 * (y + 1000), resamples=100).to_frame()
    np.testing.assert_allclose(there["share"], here["share"], rtol=1e-9)
    np.testing.assert_allclose(there["share_low"], here["share_low"], rtol=1e-9)


def test_whole_numbers_booleans_and_masked_arrays():
    y = one_way() > 0
    floats = split_variance(y.astype(float), resamples=100).to_frame()
    pd.testing.assert_frame_equal(split_variance(y, resamples=100).to_frame(), floats)
    pd.testing.assert_frame_equal(split_variance(y.astype(object), resamples=100).to_frame(), floats)
    masked = np.ma.masked_array(y.astype(int), mask=np.zeros(y.shape, dtype=bool))
    masked[3, 2] = np.ma.masked
    with pytest.warns(MesaDoeWarning, match="1 run of 300"):
        split_variance(masked, resamples=100)


def test_points_without_a_run_are_left_out_and_said():
    y = common_seeds(points=8, replications=16)
    y[2] = np.nan
    y[5, 1] = np.nan
    with pytest.warns(MesaDoeWarning, match="17 runs of 128 .* 2 points of 8 that lack one are left out"):
        found = split_variance(y, seed_policy="common", resamples=100)
    whole = split_variance(np.delete(y, [2, 5], axis=0), seed_policy="common", resamples=100)
    pd.testing.assert_frame_equal(found.to_frame(), whole.to_frame())
    with pytest.warns(MesaDoeWarning, match="1 point of 8 that lack all"):
        found = split_variance(y, resamples=100)
    assert found.settings["points"] == 7
    assert found.settings["runs"] == 111


@pytest.mark.parametrize(
    ("y", "options", "said"),
    [
        (np.ones((4, 1)), {}, "needs two points or more, and replications"),
        (np.ones((1, 4)), {}, "needs two points or more"),
        (np.full((3, 3), np.nan), {}, "0 of 3 points can be used"),
        (np.ones(4), {}, "of shape"),
        ([["a", "b"]] * 3, {}, "real numbers"),
        ([["1", 2.0]] * 3, {}, "real numbers"),
        ([[1.0, np.inf], [0, 1]], {}, "points 0 have infinite"),
        (np.ones((3, 3)), {"outputs": ["a", "b"]}, "a name of its own"),
        (np.ones((3, 3, 2)), {"outputs": ["a", "a"]}, "a name of its own"),
        (np.ones((3, 3)), {"seed_policy": "fixed"}, "the same run"),
        (np.ones((3, 3)), {"seed_policy": "mine"}, "'mine'"),
        (np.ones((3, 3)), {"resamples": 5}, "resamples"),
        (np.ones((3, 3)), {"confidence": 95}, "confidence"),
    ],
)
def test_what_cannot_be_split_is_refused(y, options, said):
    with pytest.raises(AnalysisError, match=said):
        split_variance(y, **options)


def test_few_common_seeds_are_said():
    with pytest.warns(MesaDoeWarning, match="rests on 3 common seeds"):
        split_variance(common_seeds(replications=3), seed_policy="common", resamples=100)


def test_results_repeat_and_nothing_else_moves():
    y = one_way()
    before, state = y.copy(), global_state()
    first = split_variance(y, rng=4, resamples=100)
    again = split_variance(y, rng=4, resamples=100)
    other = split_variance(y, rng=5, resamples=100)
    pd.testing.assert_frame_equal(first.to_frame(), again.to_frame())
    assert not first.to_frame().equals(other.to_frame())
    np.testing.assert_array_equal(y, before)
    assert global_state() == state
    copy = first.to_frame()
    copy["share"] = 0.0
    assert (first.estimates["share"] > 0).all()
    assert repr(pickle.loads(pickle.dumps(first))) == repr(first)
    with pytest.raises(AnalysisError, match="no output 'z'; there are y"):
        first.share("z")


@pytest.mark.parametrize("policy", ["common", "independent"])
@pytest.mark.parametrize("size", [1e300, 1e-200])
def test_outputs_whose_squares_are_no_floats_are_refused(size, policy):
    with pytest.raises(AnalysisError, match="split_variance: output 'y' deviates from its mean by up to"):
        split_variance(size * one_way(), seed_policy=policy, resamples=100)


def test_variances_that_few_points_make_are_said():
    rng = np.random.default_rng(2)
    noise = rng.normal(size=(100, 4))
    tail = np.exp(2 * rng.normal(size=(100, 1)))
    y = np.stack(
        [tail + noise, tail * noise + 20 * rng.normal(size=(100, 1)), 9 + 2 * tail**0 * noise], axis=2
    )
    y[..., 2] += rng.normal(size=(100, 1))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        split_variance(y, outputs=["skewed", "noisier", "normal"], seed_policy="independent")
    told = [str(one.message).split(", as ")[0] for one in caught]
    assert [text for text in told if "few points" in text] == [
        "output 'skewed': few points make the variance of the parameters",
        "output 'noisier': few points make the variance of the seed",
    ]
