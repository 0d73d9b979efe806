from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from mesa_doe.errors import AnalysisError
from mesa_doe.plots import fan
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


def test_values_that_are_not_finite_do_not_count(runs):
    runs.loc[(runs["run_id"] == 0) & (runs["step"] == 5), "value"] = np.nan
    ax = fan(runs, axes())
    others = runs.loc[(runs["run_id"] > 0) & (runs["step"] == 5), "value"]
    assert ax.lines[0].get_ydata()[5] == pytest.approx(np.median(others))
    assert note(ax) == "n=8..9 runs a step"


def test_the_order_of_rows_does_not_matter(runs):
    shuffled = runs.sample(frac=1, random_state=0)
    np.testing.assert_array_equal(
        fan(shuffled, axes()).lines[0].get_xydata(), fan(runs, axes()).lines[0].get_xydata()
    )


def test_one_step_is_seen(runs):
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
