from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from mesa_doe.errors import AnalysisError
from mesa_doe.plots.fans import noise_fan
from tests.plots.drawn import assert_clips_nothing, axes, band_at, legend_texts, note


@pytest.fixture
def values():
    """Values of 25 points with 4 replications over 10 steps; parameters of sd 3, noise of sd 1."""
    rng = np.random.default_rng(12)
    return rng.normal(0, 3, size=(25, 1, 1)) + rng.normal(0, 1, size=(25, 4, 10))


@pytest.fixture
def series(values):
    index = pd.MultiIndex.from_product(map(range, values.shape), names=["point", "iteration", "step"])
    return pd.Series(values.ravel(), index=index, name="value").reset_index()


def test_the_line_is_the_median_of_the_points_means(values, series):
    ax = noise_fan(series, axes())
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), range(10))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.median(values.mean(axis=1), axis=0))


def test_the_outer_band_is_the_spread_of_the_points_means(values, series):
    outer = noise_fan(series, axes()).collections[0]
    expected = np.quantile(values.mean(axis=1)[:, 6], [0.1, 0.9])
    np.testing.assert_allclose(band_at(outer, 6), expected)


def test_the_inner_band_is_the_pooled_noise_around_the_median(values, series):
    inner = noise_fan(series, axes()).collections[1]
    noise = np.sqrt(values[:, :, 6].var(axis=1, ddof=1).mean())
    middle = np.median(values.mean(axis=1)[:, 6])
    np.testing.assert_allclose(band_at(inner, 6), [middle - noise, middle + noise])
    # The standard deviation of the noise is 1, known to 2/√(2·75) from 75 degrees of freedom.
    assert abs(noise - 1) < 0.25


def test_the_legend_says_which_is_which(series):
    ax = noise_fan(series, axes(), xlabel="tick", ylabel="infected")
    names = legend_texts(ax)
    assert names == [
        "median of point means",
        "parameters: 10–90 % of point means",
        "noise: ± sd of replications",
    ]
    assert note(ax) == "n=100 runs, 25 points"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("tick", "infected")


def test_points_of_one_replication_have_no_say_in_the_noise(values, series):
    lone = series[(series["point"] > 0) | (series["iteration"] == 0)]
    inner = noise_fan(lone, axes()).collections[1]
    noise = np.sqrt(values[1:, :, 3].var(axis=1, ddof=1).mean())
    np.testing.assert_allclose(np.ptp(band_at(inner, 3)), 2 * noise)


def test_a_step_without_replications_is_a_gap_in_the_noise_and_said(series):
    late = series[(series["step"] < 7) | (series["iteration"] == 0)]
    ax = noise_fan(late, axes())
    assert ax.collections[1].get_paths()[0].vertices[:, 0].max() == 6
    assert ax.collections[0].get_paths()[0].vertices[:, 0].max() == 9
    assert note(ax) == "n=25..100 runs a step, 25 points"


def test_values_that_are_not_finite_do_not_count(values, series):
    series.loc[(series["point"] == 0) & (series["iteration"] == 0), "value"] = np.nan
    ax = noise_fan(series, axes())
    means = values.mean(axis=1)
    means[0] = values[0, 1:].mean(axis=0)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.median(means, axis=0))
    assert note(ax) == "n=99 runs, 25 points"


def test_the_order_of_rows_does_not_matter(series):
    shuffled = series.sample(frac=1, random_state=0)
    np.testing.assert_allclose(
        noise_fan(shuffled, axes()).lines[0].get_xydata(), noise_fan(series, axes()).lines[0].get_xydata()
    )


def test_one_step_is_seen(values, series):
    ax = noise_fan(series[series["step"] == 3], axes())
    ax.figure.draw_without_rendering()
    assert ax.lines[0].get_marker() == "o"
    drawn = ax.collections[0].get_segments()[0][:, 1]
    np.testing.assert_allclose(drawn, np.quantile(values.mean(axis=1)[:, 3], [0.1, 0.9]))


def test_runs_without_replications_are_refused_with_what_would_do(series):
    words = "needs at least 2 replications of a point .* replications=2 or more, or draw fan"
    with pytest.raises(AnalysisError, match=words):
        noise_fan(series[series["iteration"] == 0])
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: {}, "given a dict"),
        (lambda frame: frame.drop(columns="iteration"), "missing: iteration"),
        (lambda frame: frame.iloc[:0], "at least one row"),
        (lambda frame: pd.concat([frame, frame]), "more than one for point 0, iteration 0, step 0"),
        (lambda frame: frame.assign(value=np.nan), "given 1000 rows, none finite"),
        (lambda frame: frame.assign(value="0.1"), "value must be numbers"),
    ],
)
def test_what_is_no_replicated_series_is_refused(change, words, series):
    with pytest.raises(AnalysisError, match=f"noise_fan: .*{words}"):
        noise_fan(change(series))
    assert plt.get_fignums() == []


def test_a_new_figure_clips_nothing_and_leaves_the_data_alone(series):
    before = series.copy(deep=True)
    ax = noise_fan(series)
    pd.testing.assert_frame_equal(series, before)
    assert_clips_nothing(ax)


def test_the_noise_of_a_yes_or_no_is_cut_where_there_is_nothing_beyond():
    values = np.array([[0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0]], dtype=float)
    index = pd.MultiIndex.from_product([range(3), range(4), range(2)], names=["point", "iteration", "step"])
    series = pd.Series(np.repeat(values.ravel(), 2), index=index, name="value").reset_index()
    ax = noise_fan(series, axes())
    assert legend_texts(ax)[2] == "noise: ± sd of replications, cut at 0 and 1"
    low, high = band_at(ax.collections[1], 0)
    assert low == 0
    assert high == pytest.approx(0.25 + np.sqrt(0.25 * 2 / 3))
    doubled = noise_fan(series.assign(value=2 * series["value"]), axes())
    assert legend_texts(doubled)[2] == "noise: ± sd of replications"
    assert band_at(doubled.collections[1], 0)[0] < 0
