from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.errors import AnalysisError
from mesa_doe.plots.dependence import cusunoro, partial_dependence
from mesa_doe.plots.responses import scatter
from tests.plots.drawn import axes, band_at, legend_texts, note, x_labels


def curve(ax, name):
    (line,) = (line for line in ax.lines if line.get_label() == name)
    return line.get_xydata()


@pytest.fixture
def table():
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "density": rng.uniform(size=400),
            "radius": rng.integers(1, 6, size=400),
            "torus": rng.integers(0, 2, size=400).astype(bool),
            "network": np.array(["ring", "grid", "random"])[rng.integers(0, 3, size=400)],
        }
    )
    return frame.assign(y=np.sin(6 * frame["density"]) + 0.5 * rng.normal(size=400))


def test_the_line_is_the_mean_of_bins_of_equal_count(table):
    ax = partial_dependence(table["density"], table["y"], axes())
    grouped = table.groupby(pd.qcut(table["density"], 20), observed=True)[["density", "y"]].mean()
    np.testing.assert_allclose(ax.lines[1].get_xydata(), grouped)
    assert note(ax) == "400 points in 20 bins"


def test_the_bands_are_the_standard_error_and_the_spread_of_a_bin(table):
    ax = partial_dependence(table["density"], table["y"], axes(), bins=8)
    third = table.groupby(pd.qcut(table["density"], 8, labels=False)).get_group(2)
    x, mean, error = third["density"].mean(), third["y"].mean(), third["y"].sem()
    spread, errors = ax.collections
    np.testing.assert_allclose(band_at(spread, x), third["y"].quantile([0.1, 0.9]))
    np.testing.assert_allclose(band_at(errors, x), [mean - error, mean + error])
    assert spread.get_alpha() < errors.get_alpha()


def test_bins_hold_at_least_ten_points(table):
    ax = partial_dependence(table["density"][:45], table["y"][:45], axes())
    assert note(ax) == "45 points in 4 bins"
    ax = partial_dependence(table["density"][:15], table["y"][:15], axes())
    np.testing.assert_allclose(ax.lines[1].get_xydata(), [table[["density", "y"]][:15].mean()])
    ax.figure.draw_without_rendering()


@pytest.mark.parametrize("name", ["radius", "torus", "network"])
def test_few_values_and_levels_are_their_own_groups(name, table):
    ax = partial_dependence(table[name], table["y"], axes())
    grouped = table.groupby(name)["y"]
    np.testing.assert_allclose(ax.lines[1].get_ydata(), grouped.mean())
    if name != "radius":
        assert x_labels(ax) == [str(level) for level in grouped.mean().index]
        assert ax.lines[1].get_linestyle() == "None"
        spread = np.array([segment[:, 1] for segment in ax.collections[0].get_segments()])
        np.testing.assert_allclose(spread, grouped.quantile([0.1, 0.9]).unstack())


def test_the_dashed_line_is_the_mean_of_all(table):
    ax = partial_dependence(table["density"], table["y"], axes())
    np.testing.assert_allclose(ax.lines[0].get_ydata(), table["y"].mean())
    assert ax.lines[0].get_linestyle() == "--"


def test_what_is_not_finite_is_left_out_and_counted(table):
    table.loc[:2, "y"] = np.nan
    table.loc[3, "density"] = np.inf
    ax = partial_dependence(table["density"], table["y"], axes())
    assert note(ax) == "396 points in 20 bins\n4 not finite, left out"


def test_names_of_series_label_the_axes_unless_told(table):
    ax = partial_dependence(table["density"], table["y"], axes())
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("density", "y")
    ax = partial_dependence(table["density"], table["y"], axes(), xlabel="share", ylabel="")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("share", "")


def test_a_level_of_one_point_is_drawn():
    ax = partial_dependence(["a", "b", "b"], [1.0, 2.0, 4.0], axes())
    ax.figure.draw_without_rendering()
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [1, 3])


def test_a_curve_is_the_cumulated_scaled_output(table):
    inputs = table.drop(columns="y")
    ax = cusunoro(inputs, table["y"], axes())
    y = table["y"].to_numpy()[np.argsort(table["density"])]
    # Plischke's normalisation: the root of n times the sum of squares.
    sums = np.cumsum(y - y.mean()) / np.sqrt(len(y) * ((y - y.mean()) ** 2).sum())
    expected = np.column_stack([np.arange(401) / 400, [0.0, *sums]])
    np.testing.assert_allclose(curve(ax, "density"), expected, atol=1e-14)


def test_equal_values_are_one_straight_piece_whatever_the_order_of_rows(table):
    ax = cusunoro(table[["radius"]], table["y"], axes())
    shuffled = table.sample(frac=1, random_state=0)
    again = cusunoro(shuffled[["radius"]], shuffled["y"], axes())
    drawn = curve(ax, "radius")
    assert drawn.shape == (6, 2)
    np.testing.assert_allclose(drawn, curve(again, "radius"), atol=1e-14)
    scaled = (table["y"] - table["y"].mean()) / table["y"].std(ddof=0)
    slopes = np.diff(drawn[:, 1]) / np.diff(drawn[:, 0])
    np.testing.assert_allclose(slopes, scaled.groupby(table["radius"]).mean())


def test_levels_come_in_their_own_order():
    kinds = pd.Categorical(["low", "high", "low", "high"], categories=["low", "high"])
    ax = cusunoro(pd.DataFrame({"kind": kinds}), [0.0, 2.0, 0.0, 2.0], axes())
    np.testing.assert_allclose(curve(ax, "kind"), [[0, 0], [0.5, -0.5], [1, 0]])


def test_every_curve_ends_at_zero_and_the_band_is_the_bridges_quantile(table):
    ax = cusunoro(table.drop(columns="y"), table["y"], axes())
    for line in ax.lines[1:]:
        np.testing.assert_allclose(line.get_xydata()[[0, -1]], [[0, 0], [1, 0]], atol=1e-12)
    box = ax.patches[0].get_extents().transformed(ax.transData.inverted())
    np.testing.assert_allclose([box.y0, box.y1], [-1.358 / 20, 1.358 / 20])


def test_inert_factors_stay_in_the_band_as_often_as_it_says():
    rng = np.random.default_rng(11)
    inputs = pd.DataFrame(rng.uniform(size=(500, 30)), columns=[f"x{i}" for i in range(30)])
    inside = 0
    for _ in range(10):
        ax = cusunoro(inputs, rng.normal(size=500), axes())
        inside += sum(np.abs(line.get_ydata()).max() < 1.358 / np.sqrt(500) for line in ax.lines[1:])
    # 300 curves, of one expected count 285: fewer than 270 has a chance below 1 in 1000.
    assert inside >= 270


def test_inert_factors_of_blocks_leave_the_band_no_more_often_than_it_says():
    space = doe.ParameterSpace({name: doe.Real(0, 1) for name in "abc"})
    outside = 0
    for seed in range(20):
        design = doe.sobol(space, 64, rng=seed)
        y = design.unit[:, 0] + np.random.default_rng([7, seed]).normal(size=64)[design.blocks]
        ax = cusunoro(design.points, y, axes(), blocks=design.blocks)
        top = ax.patches[0].get_extents().transformed(ax.transData.inverted()).y1
        outside += sum(np.abs(curve(ax, name)[:, 1]).max() > top for name in "bc")
    # Of 40 at 5 %, more than 8 have a chance of 1e-4; of independent points it would be 16.
    assert outside <= 8


def test_the_standard_error_is_that_of_the_blocks_whose_points_are_alike():
    y = np.random.default_rng(1).normal(size=60)
    x = np.repeat([0.0, 1.0, 2.0], 20)
    blocks = np.repeat(np.arange(60), 4)
    single, blocked = (
        partial_dependence(*given, axes(), **options)
        for given, options in (((x, y), {}), ((x[blocks], y[blocks]), {"blocks": blocks}))
    )
    bands = [ax.collections[1].get_paths()[0].vertices for ax in (single, blocked)]
    np.testing.assert_allclose(bands[1], bands[0], atol=1e-12)


def test_blocks_that_are_not_one_a_row_are_refused(table):
    with pytest.raises(AnalysisError, match=r"cusunoro: blocks must be one a row, 400; given shape \(3,\)"):
        cusunoro(table[["density"]], table["y"], axes(), blocks=[1, 2, 3])


def test_rows_left_out_take_their_blocks_along(table):
    blocks = np.arange(400) // 4
    table.loc[[0, 1, 2, 3, 9], "y"] = np.nan
    rest = table.dropna(subset="y")
    tops = [
        cusunoro(frame[["density"]], frame["y"], axes(), blocks=own).patches[0].get_extents().y1
        for frame, own in ((table, blocks), (rest, blocks[rest.index]))
    ]
    assert tops[0] == tops[1]


def test_the_legend_lists_the_factors_by_their_reach_and_names_the_seed_noise(table):
    inputs = table[["radius", "density"]].assign(seed=range(400))
    ax = cusunoro(inputs, table["y"], axes())
    names = legend_texts(ax)
    assert names[0] == "density"
    assert set(names) == {"density", "radius", "seed (noise)", "no influence (95 % band)"}


def test_rows_that_are_not_finite_are_left_out_and_counted(table):
    table.loc[:2, "y"] = np.nan
    table.loc[5, "density"] = np.nan
    ax = cusunoro(table[["density"]], table["y"], axes())
    assert note(ax) == "4 rows not finite, left out"
    assert len(curve(ax, "density")) == 397


def test_inside_an_axes_given_many_factors_are_named_only_where_they_leave_the_band(table):
    rng = np.random.default_rng(4)
    inert = pd.DataFrame(rng.uniform(size=(400, 6)), columns=[f"x{i}" for i in range(6)])
    inputs = pd.concat([table[["density"]], inert], axis=1)
    ax = cusunoro(inputs, table["y"], axes())
    outside = [line.get_label() for line in ax.lines[1:] if np.abs(line.get_ydata()).max() > 1.358 / 20]
    assert set(legend_texts(ax)[:-1]) == set(outside)
    assert legend_texts(ax)[-1] == f"no influence (95 % band): {7 - len(outside)} factors"
    assert len(legend_texts(cusunoro(inputs, table["y"]))) == 8


@pytest.mark.parametrize(
    ("inputs", "y", "words"),
    [
        ({"a": [1]}, [1.0], "given a dict"),
        (pd.DataFrame({"a": []}), [], "given 0 rows of 1 columns"),
        (pd.DataFrame({"a": [1, 2]}), [1.0], "of one length, given 2 and 1"),
        (pd.DataFrame({"a": [1, 2]}), [1.0, 1.0], "needs an output that varies; all 2 finite values are 1"),
        (pd.DataFrame({"a": [1, 2]}), [np.nan, np.nan], "at least one finite row; given 2, none finite"),
        (pd.DataFrame({"a": [1, 2]}), ["x", "y"], "y must be numbers"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), [1.0], "different names"),
        (pd.DataFrame(np.ones((2, 33))), [1.0, 2.0], "at most 30 lines that can be told apart, given 33"),
    ],
)
def test_what_makes_no_curves_is_refused(inputs, y, words):
    with pytest.raises(AnalysisError, match=f"cusunoro: .*{words}"):
        cusunoro(inputs, y)
    assert plt.get_fignums() == []


def test_a_bin_on_a_logarithmic_axis_stands_at_the_middle_of_the_logarithms():
    x = 10.0 ** np.arange(40)
    ax = partial_dependence(x, np.arange(40.0), axes(), bins=2, logarithmic=True)
    assert ax.get_xscale() == "log"
    np.testing.assert_allclose(np.log10(ax.lines[1].get_xdata()), [9.5, 29.5])
    levels = partial_dependence(["a", "b"] * 10, np.arange(20.0), axes(), logarithmic=True)
    assert levels.get_xscale() == "linear"
    with pytest.raises(
        AnalysisError, match="partial_dependence: on a logarithmic axis x must be above zero, given 0"
    ):
        partial_dependence([0.0, 1.0], [1.0, 2.0], axes(), logarithmic=True)


@pytest.mark.parametrize("plot", [partial_dependence, scatter])
def test_a_single_value_is_drawn_without_a_logarithmic_axis_for_which_there_are_no_limits(plot):
    ax = plot([2.0] * 20, np.arange(20.0), axes(), logarithmic=True)
    ax.figure.canvas.draw()
    assert ax.get_xscale() == "linear"
