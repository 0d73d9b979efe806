from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb

from mesa_doe.errors import AnalysisError
from mesa_doe.plots import bars, heatmap
from tests.plots.drawn import assert_apart, axes, intervals, legend_texts, y_labels


def test_each_bar_is_as_long_as_its_estimate(indices):
    ax = bars(indices, axes())
    np.testing.assert_array_equal([bar.get_width() for bar in ax.patches], indices["estimate"])
    assert {bar.get_x() for bar in ax.patches} == {0.0}


def test_each_interval_runs_from_low_to_high_at_its_bar(indices):
    ax = bars(indices, axes())
    drawn = intervals(ax)
    np.testing.assert_array_equal([line.get_xdata() for line in drawn], indices[["low", "high"]])
    heights = [bar.get_y() + bar.get_height() / 2 for bar in ax.patches]
    np.testing.assert_allclose([line.get_ydata()[0] for line in drawn], heights)


def test_an_estimate_outside_its_interval_is_drawn_and_not_refused(indices):
    indices.loc[0, ["estimate", "low", "high"]] = [0.1, 0.3, 0.4]
    ax = bars(indices, axes())
    assert ax.patches[0].get_width() == 0.1
    np.testing.assert_array_equal(intervals(ax)[0].get_xdata(), [0.3, 0.4])


def test_an_interval_that_is_not_finite_is_left_out(indices):
    indices.loc[[0, 1], "low"] = np.nan
    indices.loc[2, "high"] = np.inf
    ax = bars(indices, axes())
    assert len(intervals(ax)) == len(indices) - 3
    assert len(ax.patches) == len(indices)


def test_an_estimate_that_is_nan_is_written(indices):
    indices.loc[0, "estimate"] = np.nan
    ax = bars(indices, axes())
    assert [text.get_text().strip() for text in ax.texts] == ["nan"]
    assert len(ax.patches) == len(indices) - 1


def test_factors_keep_their_order_from_the_top_and_the_seed_is_noise(indices):
    ax = bars(indices, axes())
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert labels[:2] == ["density", "homophily"]
    assert labels[-1] == "seed (noise)"
    bottom, top = ax.get_ylim()
    assert bottom > top
    assert [bool(bar.get_hatch()) for bar in ax.patches] == list(indices["factor"] == "seed")


def test_the_legend_has_the_names_of_the_field(indices):
    indices["measure"] = indices["measure"].replace("ST", "delta")
    assert legend_texts(bars(indices, axes())) == ["first-order index S1", "delta"]


def test_a_measure_keeps_its_colour_when_drawn_alone(indices):
    together = bars(indices, axes()).patches[1].get_facecolor()
    alone = bars(indices[indices["measure"] == "ST"], axes()).patches[0].get_facecolor()
    assert to_hex(together) == to_hex(alone) == "#e69f00"


def test_many_measures_are_drawn_in_different_colours(indices):
    first = indices[indices["measure"] == "S1"]
    frame = pd.concat([first.assign(measure=name) for name in ("S1", "ST", "mu", "sigma", "delta")])
    ax = bars(frame, axes())
    assert len({to_hex(bar.get_facecolor()) for bar in ax.patches}) == 5


def test_many_outcomes_are_told_apart(indices):
    first = indices[indices["measure"] == "S1"]
    frame = pd.concat([first.assign(measure=f"outcome {k}") for k in range(15)])
    colours = [to_rgb(bar.get_facecolor()) for bar in bars(frame, axes()).patches[:: len(first)]]
    apart = np.abs(np.subtract.outer(np.array(colours), np.array(colours)).diagonal(axis1=1, axis2=3))
    assert apart.max(axis=-1)[~np.eye(15, dtype=bool)].min() > 0.1
    assert min(max(colour) for colour in colours) > 0.3  # on black no interval would be seen


def test_bars_of_negative_estimates_go_left_with_their_intervals(indices):
    frame = indices.assign(measure=indices["measure"].map({"S1": "SRC", "ST": "PRCC"}))
    frame[["estimate", "low", "high"]] = -frame[["estimate", "high", "low"]].to_numpy()
    ax = bars(frame, axes())
    np.testing.assert_array_equal([bar.get_width() for bar in ax.patches], frame["estimate"])
    np.testing.assert_array_equal([line.get_xdata() for line in intervals(ax)], frame[["low", "high"]])
    assert legend_texts(ax) == ["standardised coefficient SRC", "partial rank correlation PRCC"]


@pytest.mark.parametrize(
    ("measure", "scale", "label"),
    [
        ("ST", "share of variance", "total-order index ST (share of variance)"),
        ("mu_star", "effect in units of the output", "μ* (effect in units of the output)"),
        ("median", "Kolmogorov-Smirnov distance", "median (Kolmogorov-Smirnov distance)"),
        ("SRC", "standardised coefficient", "standardised coefficient SRC"),
        ("bound", "upper bound of the total index", "upper bound of the total index"),
        ("$cost", "", r"\$cost"),
    ],
)
def test_a_single_measure_is_named_below_the_axis_and_has_no_legend(measure, scale, label, indices):
    frame = indices[indices["measure"] == "ST"].assign(measure=measure)
    ax = bars(frame, axes(), xlabel=scale)
    assert ax.get_xlabel() == label
    assert ax.get_legend() is None
    assert legend_texts(bars(frame, axes(), reference=0.1)) == ["reference 0.1"]


def test_the_dummy_is_hatched_as_the_seed_is_and_said_to_be_inert(indices):
    indices["factor"] = indices["factor"].replace("density", "dummy")
    ax = bars(indices, axes())
    assert y_labels(ax)[0] == "dummy (inert)"
    assert [bool(bar.get_hatch()) for bar in ax.patches] == list(indices["factor"].isin(["dummy", "seed"]))


def test_a_legend_inside_covers_no_bar(indices):
    ax = bars(indices[indices["factor"] != "seed"][-8:], axes())
    ax.figure.draw_without_rendering()
    legend = ax.get_legend().get_window_extent()
    assert not any(legend.overlaps(bar.get_window_extent()) for bar in ax.patches)
    assert bars(indices).get_ylim() == (11.5, -0.5)


def test_no_bar_is_black_as_intervals_are(indices):
    first = indices[indices["measure"] == "S1"]
    frame = pd.concat([first.assign(measure=name) for name in ("min", "mean", "median", "max", "CV")])
    colours = {to_hex(bar.get_facecolor()) for bar in bars(frame, axes()).patches}
    assert len(colours) == 5
    assert "#000000" not in colours


def test_title_label_and_reference_are_drawn(indices):
    ax = bars(indices, axes(), title="Segregation", xlabel="share", reference=0.05)
    assert (ax.get_title(), ax.get_xlabel()) == ("Segregation", "share")
    assert legend_texts(ax)[-1] == "reference 0.05"
    assert list(ax.lines[-1].get_xdata()) == [0.05, 0.05]


def test_a_factor_and_measure_given_twice_is_refused(indices):
    with pytest.raises(AnalysisError, match="more than one for factor 'density', measure 'S1'"):
        bars(pd.concat([indices, indices]), axes())


def test_dollar_signs_in_names_are_printed_and_start_no_formula(indices):
    indices["factor"] = indices["factor"].replace("density", "$cost_$_{")
    ax = bars(indices, axes())
    ax.figure.draw_without_rendering()
    assert ax.get_yticklabels()[0].get_text() == r"\$cost_\$_{"


def test_object_and_categorical_columns_and_any_index_are_read(indices):
    frame = indices.astype({"factor": "category", "estimate": object})
    frame.index = [0] * len(frame)
    ax = bars(frame, axes())
    np.testing.assert_array_equal([bar.get_width() for bar in ax.patches], indices["estimate"])


@pytest.mark.parametrize("given", [True, False])
def test_twelve_factors_have_labels_that_do_not_overlap(given, indices, pairs):
    ax = bars(indices, axes() if given else None)
    ax.figure.draw_without_rendering()
    assert_apart(ax.get_yticklabels(), 1)
    ax = heatmap(pairs, axes() if given else None)
    ax.figure.draw_without_rendering()
    assert_apart(ax.get_yticklabels(), 1)
    assert_apart(ax.get_xticklabels(), 0)


def test_a_new_figure_grows_with_the_factors(indices, pairs):
    few = bars(indices[:4]).figure.get_size_inches()[1]
    assert bars(indices).figure.get_size_inches()[1] > few
    few = heatmap(pairs[:2]).figure.get_size_inches()[1]
    assert heatmap(pairs).figure.get_size_inches()[1] > few


def test_the_map_is_symmetric_centred_on_zero_and_empty_on_its_diagonal(pairs):
    ax = heatmap(pairs, axes())
    image = ax.images[0]
    matrix = np.ma.filled(image.get_array(), np.nan)
    np.testing.assert_array_equal(matrix, matrix.T)
    assert np.isnan(np.diag(matrix)).all()
    np.testing.assert_array_equal(matrix[np.triu_indices(12, 1)], pairs["estimate"])
    assert -image.norm.vmin == image.norm.vmax == pairs["estimate"].abs().max()


def test_each_value_is_written_in_both_of_its_cells(pairs):
    ax = heatmap(pairs[:1].assign(estimate=-0.5), axes())
    assert [text.get_text() for text in ax.texts] == ["-0.50", "-0.50"]
    assert sorted(text.get_position() for text in ax.texts) == [(0, 1), (1, 0)]


@pytest.mark.parametrize(
    ("estimates", "written"),
    [
        ([0.3, -0.001], ["0.30", "0.00"]),
        ([-6.25, 0.5], ["-6.25", "0.50"]),
        ([31.24, -0.5], ["31.2", "-0.5"]),
        ([1500.4, -12.0], ["1500", "-12"]),
        ([0.0123, 0.004], ["0.012", "0.004"]),
        ([2.5e6, -1e5], ["2.5e+06", "-1.0e+05"]),
        ([0.0, 0.0], ["0.00", "0.00"]),
    ],
)
def test_values_have_the_decimals_that_their_largest_needs(estimates, written, pairs):
    ax = heatmap(pairs[:2].assign(estimate=estimates), axes())
    assert [text.get_text() for text in ax.texts[:2]] == written


def test_the_colour_bar_says_what_is_shown(pairs):
    def said(ax):
        return ax.figure.axes[-1].get_ylabel()

    assert said(heatmap(pairs, axes())) == "second-order index S2"
    assert said(heatmap(pairs, axes(), label="interaction effect")) == "interaction effect"


@pytest.mark.parametrize("scale", [1, 1e4, 1e-3, 1e7])
def test_written_values_stay_inside_their_cells(scale, pairs):
    ax = heatmap(pairs.assign(estimate=scale * pairs["estimate"]))
    ax.figure.draw_without_rendering()
    cell = ax.get_window_extent().width / 12
    assert max(text.get_window_extent().width for text in ax.texts) < cell


def test_a_pair_both_ways_round_is_read_once_unless_it_differs(pairs):
    turned = pairs.rename(columns={"factor": "partner", "partner": "factor"})
    assert len(heatmap(pd.concat([pairs, turned]), axes()).texts) == 12 * 11
    with pytest.raises(AnalysisError, match="one estimate a pair; 'homophily' and 'density' were given"):
        heatmap(pd.concat([pairs, turned.assign(estimate=9.0)]), axes())


def test_nan_pairs_and_the_diagonal_stay_empty():
    frame = pd.DataFrame(
        {"factor": ["a", "a", "b"], "partner": ["b", "c", "b"], "estimate": [np.nan, 0.0, 1.0]},
    )
    ax = heatmap(frame, axes(), title="pairs")
    assert [text.get_text() for text in ax.texts] == ["0.00", "0.00"]
    assert ax.get_title() == "pairs"


def test_a_map_with_no_finite_pair_is_drawn_empty(pairs):
    ax = heatmap(pairs.assign(estimate=np.nan), axes())
    ax.figure.draw_without_rendering()
    assert len(ax.texts) == 0


def hatched(ax):
    """Cells (row, column) that are hatched, of the upper triangle."""
    cells = [(round(p.get_y() + 0.5), round(p.get_x() + 0.5)) for p in ax.patches if p.get_hatch()]
    return sorted(cell for cell in cells if cell[0] < cell[1])


def test_a_pair_whose_interval_contains_zero_is_hatched_without_colour_and_that_is_said(pairs):
    some = pairs[:3].assign(estimate=[0.2, -0.3, 0.06], low=[0.1, -0.5, -0.1], high=[0.3, 0.1, 0.2])
    ax = heatmap(some, axes())
    assert hatched(ax) == [(0, 2), (0, 3)]
    shown = np.ma.filled(ax.images[0].get_array(), np.nan)
    np.testing.assert_array_equal(shown[0], [np.nan, 0.2, np.nan, np.nan])
    assert [text.get_text() for text in ax.texts[:3]] == ["0.20", "-0.30", "0.06"]
    # what chance made does not set the colours
    assert ax.images[0].norm.vmax == 0.2
    assert ax.get_xlabel() == "hatched: the interval contains zero"


def test_where_every_interval_contains_zero_the_colours_reach_to_their_ends(pairs):
    ax = heatmap(pairs.assign(low=pairs["estimate"] - 9, high=pairs["estimate"] + 9), axes())
    assert len(hatched(ax)) == len(pairs)
    assert ax.images[0].norm.vmax == 9 + pairs["estimate"].abs().max()


def test_pairs_without_intervals_are_drawn_in_colour(pairs):
    plain = heatmap(pairs, axes())
    unknown = heatmap(pairs.assign(low=np.nan, high=np.nan), axes())
    for ax in (plain, unknown):
        assert hatched(ax) == []
        assert ax.get_xlabel() == ""
