from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from mesa_doe.errors import AnalysisError
from mesa_doe.plots import bars, heatmap


def axes():
    return Figure().subplots()


def intervals(ax):
    return [line for line in ax.lines if line.get_marker() == "|"]


def legend_texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def assert_apart(labels, axis):
    """No label's box meets its neighbour's, along the axis (0 is x)."""
    boxes = [label.get_window_extent() for label in labels]
    spans = sorted((box.get_points()[0, axis], box.get_points()[1, axis]) for box in boxes)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


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
    ax = heatmap(pairs[:1].assign(estimate=-0.001), axes())
    assert [text.get_text() for text in ax.texts] == ["0.00", "0.00"]
    assert sorted(text.get_position() for text in ax.texts) == [(0, 1), (1, 0)]


def test_written_values_stay_inside_their_cells(pairs):
    ax = heatmap(pairs)
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
