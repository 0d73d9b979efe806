from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from mesa_doe.errors import AnalysisError
from mesa_doe.plots import partial_dependence, scatter
from tests.plots.drawn import assert_apart, axes, legend_texts, note, x_labels


def means(ax):
    """x and y of the mean's markers, shape (groups, 2)."""
    return ax.containers[0].lines[0].get_xydata()


def half_lengths(ax):
    """Half the length of each error bar."""
    return np.array([np.ptp(segment[:, 1]) / 2 for segment in ax.containers[0].lines[2][0].get_segments()])


@pytest.fixture
def table():
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "density": rng.uniform(size=200),
            "radius": rng.integers(1, 6, size=200),
            "torus": rng.integers(0, 2, size=200).astype(bool),
            "network": np.array(["ring", "grid", "random"])[rng.integers(0, 3, size=200)],
            "y": rng.normal(size=200),
        }
    )


def test_many_numbers_are_binned_by_equal_count(table):
    ax = scatter(table["density"], table["y"], axes(), bins=8)
    grouped = table.groupby(pd.qcut(table["density"], 8), observed=True)
    np.testing.assert_allclose(means(ax), grouped[["density", "y"]].mean())
    np.testing.assert_allclose(half_lengths(ax), grouped["y"].sem())


def test_few_numbers_are_their_own_bins(table):
    ax = scatter(table["radius"], table["y"], axes())
    grouped = table.groupby("radius")["y"].mean()
    np.testing.assert_allclose(means(ax), np.column_stack([grouped.index, grouped]))


@pytest.mark.parametrize("name", ["torus", "network"])
def test_levels_have_their_means_in_sorted_order(name, table):
    ax = scatter(table[name], table["y"], axes())
    grouped = table.groupby(name)["y"].mean()
    np.testing.assert_allclose(means(ax)[:, 1], grouped)
    assert x_labels(ax) == [str(level) for level in grouped.index]
    assert ax.containers[0].lines[0].get_linestyle() == "None"


def test_points_of_levels_are_spread_but_keep_their_output_and_their_level(table):
    ax = scatter(table["torus"], table["y"], axes())
    offsets = np.asarray(ax.collections[0].get_offsets())
    np.testing.assert_array_equal(offsets[:, 1], table["y"])
    np.testing.assert_array_equal(offsets[:, 0].round(), table["torus"])
    assert np.unique(offsets[:, 0]).size == len(table)


def test_points_of_numbers_are_where_they_are(table):
    ax = scatter(table["radius"], table["y"], axes())
    np.testing.assert_array_equal(np.asarray(ax.collections[0].get_offsets()), table[["radius", "y"]])


def test_levels_without_an_order_come_by_first_appearance():
    ax = scatter([None, "b", 1, True, "b"], [1, 2, 3, 4, 4], axes())
    assert x_labels(ax) == ["None", "b", "1", "True"]
    np.testing.assert_array_equal(means(ax)[:, 1], [1, 3, 3, 4])
    ax = scatter([{3}, {1, 2}, {1}], [1, 2, 3], axes())
    assert x_labels(ax) == ["{3}", "{1, 2}", "{1}"]


def test_a_categorical_keeps_its_own_order():
    x = pd.Categorical(["low", "high", "low"], categories=["low", "middle", "high"], ordered=True)
    assert x_labels(scatter(x, [1, 2, 3], axes())) == ["low", "high"]


def test_functions_are_levels_and_have_their_names():
    assert x_labels(scatter([max, min, max], [1, 2, 3], axes())) == ["max", "min"]


def test_ints_in_an_object_column_are_numbers(table):
    ax = scatter(table["radius"].astype(object), table["y"], axes())
    assert means(ax)[:, 0].tolist() == [1, 2, 3, 4, 5]


def test_points_that_are_not_finite_are_left_out_and_counted(table):
    table.loc[:2, "y"] = np.nan
    table.loc[3, "density"] = np.inf
    ax = scatter(table["density"], table["y"], axes())
    assert len(ax.collections[0].get_offsets()) == 196
    assert note(ax) == "4 not finite, left out"
    assert legend_texts(ax)[0] == "196 of 200 points"
    assert np.isfinite(means(ax)).all()


def test_nothing_is_said_when_nothing_is_left_out(table):
    ax = scatter(table["density"], table["y"], axes())
    assert note(ax) in ("", "None")
    assert legend_texts(ax)[0] == "200 points"


def test_nullable_columns_are_read():
    y = pd.Series([1, None, 3], dtype="Int64")
    ax = scatter(pd.Series([True, True, False], dtype="boolean"), y, axes())
    np.testing.assert_array_equal(means(ax)[:, 1], [3, 1])


def test_names_of_series_label_the_axes_unless_told(table):
    ax = scatter(table["density"], table["y"], axes())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("density", "y")
    ax = scatter(table["density"], table["y"], axes(), xlabel="share", ylabel="")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("share", "")


def test_series_are_matched_by_position(table):
    shuffled = table["y"].set_axis(range(500, 700))
    np.testing.assert_array_equal(
        means(scatter(table["radius"], shuffled, axes())), means(scatter(table["radius"], table["y"], axes()))
    )


def test_a_group_of_one_point_has_no_error_bar_and_is_drawn():
    ax = scatter([1, 2, 2], [1.0, 2.0, 4.0], axes())
    ax.figure.draw_without_rendering()
    np.testing.assert_array_equal(means(ax), [[1, 1], [2, 3]])


def test_ties_in_skewed_numbers_share_a_bin():
    x = np.concatenate([np.zeros(100), np.arange(1.0, 21.0)])
    ax = scatter(x, x, axes())
    assert 0 < len(means(ax)) < 10


def test_points_fade_as_they_grow_in_number(table):
    few = scatter(table["density"][:20], table["y"][:20], axes()).collections[0].get_alpha()
    assert scatter(table["density"], table["y"], axes()).collections[0].get_alpha() < few


@pytest.mark.parametrize("given", [True, False])
def test_twelve_long_levels_have_labels_that_do_not_overlap(given):
    x = [f"a_network_of_some_kind_number_{i}" for i in range(12)]
    ax = scatter(x, np.arange(12.0), axes() if given else None)
    ax.figure.draw_without_rendering()
    assert_apart(ax.get_xticklabels(), 0)


@pytest.mark.parametrize("draw", [scatter, partial_dependence])
@pytest.mark.parametrize(
    ("x", "y", "options", "words"),
    [
        ([1, 2], [1.0], {}, "of one length, given 2 and 1"),
        ([], [], {}, "at least one finite row; given 0"),
        ([1, 2], [np.nan, np.nan], {}, "given 2, none finite"),
        ([1, 2], ["a", "b"], {}, "y must be numbers, given text"),
        ([1, 2], [[1.0], [2.0]], {}, "y must be one-dimensional"),
        (np.ones((2, 2)), [1.0, 2.0], {}, "x must be one-dimensional"),
        ([1, 2], [1.0, 2.0], {"bins": 0}, "bins must be at least 1, given 0"),
    ],
)
def test_what_cannot_be_drawn_over_a_factor_is_refused(draw, x, y, options, words):
    with pytest.raises(AnalysisError, match=f"{draw.__name__}: .*{words}"):
        draw(x, y, **options)
    assert plt.get_fignums() == []


def test_a_bin_on_a_logarithmic_axis_stands_at_the_middle_of_the_logarithms():
    x = 10.0 ** np.arange(40)
    ax = scatter(x, np.arange(40.0), axes(), bins=2, logarithmic=True)
    assert ax.get_xscale() == "log"
    np.testing.assert_allclose(np.log10(ax.containers[0].lines[0].get_xdata()), [9.5, 29.5])
    levels = scatter(["a", "b"] * 10, np.arange(20.0), axes(), logarithmic=True)
    assert levels.get_xscale() == "linear"
    with pytest.raises(AnalysisError, match="scatter: on a logarithmic axis x must be above zero, given 0"):
        scatter([0.0, 1.0], [1.0, 2.0], axes(), logarithmic=True)
