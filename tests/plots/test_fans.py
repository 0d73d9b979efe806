from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from mesa_doe.errors import AnalysisError
from mesa_doe.plots import fan, noise_fan
from tests.plots.drawn import axes, band_at, legend_texts, note


def test_the_line_is_the_median_of_the_runs(runs):
    ax = fan(runs, axes())
    matrix = runs.pivot_table(index="run_id", columns="step", values="value").to_numpy()
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), range(30))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.median(matrix, axis=0))


def test_the_bands_are_the_quantiles_and_nested(runs):
    ax = fan(runs, axes())
    values = runs.loc[runs["step"] == 20, "value"]
    np.testing.assert_allclose(band_at(ax.collections[0], 20), np.quantile(values, [0.05, 0.95]))
    np.testing.assert_allclose(band_at(ax.collections[1], 20), np.quantile(values, [0.25, 0.75]))
    assert ax.collections[0].get_alpha() < ax.collections[1].get_alpha()


def test_the_legend_names_the_bands_and_counts_the_runs(runs):
    ax = fan(runs, axes())
    names = legend_texts(ax)
    assert names == ["median", "25–75 % of runs", "5–95 % of runs"]
    assert note(ax) == "n=9 runs"


def test_steps_that_fewer_runs_reached_are_drawn_from_those_and_said(runs):
    stopped = runs[(runs["run_id"] < 4) | (runs["step"] < 10)]
    ax = fan(stopped, axes())
    late = stopped.loc[stopped["step"] == 25, "value"]
    assert ax.lines[0].get_ydata()[25] == pytest.approx(np.median(late))
    assert note(ax) == "n=4..9 runs a step"


def test_values_that_are_not_finite_count_for_no_median(runs):
    runs.loc[(runs["run_id"] == 0) & (runs["step"] == 5), "value"] = np.nan
    ax = fan(runs, axes())
    others = runs.loc[(runs["run_id"] > 0) & (runs["step"] == 5), "value"]
    assert ax.lines[0].get_ydata()[5] == pytest.approx(np.median(others))
    assert note(ax) == "n=8..9 runs a step"


def test_a_fan_does_not_depend_on_the_order_of_rows(runs):
    shuffled = runs.sample(frac=1, random_state=0)
    np.testing.assert_array_equal(
        fan(shuffled, axes()).lines[0].get_xydata(), fan(runs, axes()).lines[0].get_xydata()
    )


def test_a_fan_of_one_step_is_seen(runs):
    ax = fan(runs[runs["step"] == 3], axes())
    assert ax.lines[0].get_marker() == "o"
    values = runs.loc[runs["step"] == 3, "value"]
    for band, edges in zip(ax.collections, ([0.05, 0.95], [0.25, 0.75]), strict=True):
        np.testing.assert_allclose(band.get_segments()[0][:, 1], np.quantile(values, edges))
        assert band.get_linewidth()[0] > 0


def test_labels_are_drawn_and_bands_may_be_left_out(runs):
    ax = fan(runs, axes(), xlabel="tick", ylabel="infected", quantiles=())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("tick", "infected")
    assert len(ax.collections) == 0


@pytest.mark.parametrize("quantiles", [(0.5,), (0.9, 0.1), (0.1, 0.2), (-0.1, 0.9), (0.1, 0.1), (5, 95)])
def test_quantiles_that_form_no_bands_are_refused(quantiles, runs):
    with pytest.raises(AnalysisError, match="fan: quantiles must rise, half of them below"):
        fan(runs, axes(), quantiles=quantiles)


def test_a_run_with_a_step_twice_is_refused(runs):
    with pytest.raises(
        AnalysisError, match="more than one for run_id 0, step 0; select the rows of one output"
    ):
        fan(pd.concat([runs, runs]), axes())


def test_no_finite_value_is_refused(runs):
    with pytest.raises(AnalysisError, match="given 270 rows, none finite"):
        fan(runs.assign(value=np.nan), axes())


@pytest.mark.parametrize(
    ("steps", "whole"), [(np.arange(21.0), True), ([5.0], True), (0.5 * np.arange(6), False)]
)
def test_ticks_are_at_whole_steps_where_steps_are_whole(steps, whole):
    steps = np.asarray(steps)
    runs = pd.concat(pd.DataFrame({"run_id": k, "step": steps, "value": k + steps}) for k in range(3))
    ticks = fan(runs, axes()).get_xticks()
    assert bool((ticks % 1 == 0).all()) is whole


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


def test_a_run_with_a_step_twice_and_no_finite_value_are_refused(series):
    with pytest.raises(AnalysisError, match=r"noise_fan: .*more than one for point 0, iteration 0, step 0"):
        noise_fan(pd.concat([series, series]))
    with pytest.raises(AnalysisError, match=r"noise_fan: .*given 1000 rows, none finite"):
        noise_fan(series.assign(value=np.nan))
    assert plt.get_fignums() == []


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
