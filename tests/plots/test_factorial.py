from __future__ import annotations

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from mesa_doe.errors import AnalysisError
from mesa_doe.plots.factorial import interaction, main_effects
from tests.plots.conftest import NAMES
from tests.plots.drawn import axes, intervals, note, x_labels

LEVELS = ([0.1, 0.5], [1, 2, 3], [False, True], ["ring", "grid", "a_small_world_network"], [10_000, 20_000])


def curves(ax):
    """The lines of means, without intervals, separators and the mean of all."""
    return [line for line in ax.lines if line.get_linewidth() == 1.8]


def factor_labels(ax):
    return [label.get_text() for label in ax.get_xticklabels(minor=True)]


@pytest.fixture
def effects():
    rng = np.random.default_rng(5)
    rows = [(name, level, rng.normal(5)) for i, name in enumerate(NAMES) for level in LEVELS[i % len(LEVELS)]]
    frame = pd.DataFrame(rows, columns=["factor", "level", "mean"])
    return frame.assign(low=frame["mean"] - 0.5, high=frame["mean"] + 1.0)


@pytest.fixture
def means():
    rows = [
        (level, trace, i * j) for i, level in enumerate(["slow", "fast"]) for j, trace in enumerate([2, 1, 3])
    ]
    frame = pd.DataFrame(rows, columns=["level", "trace", "mean"])
    return frame.assign(low=frame["mean"] - 0.5, high=frame["mean"] + 1.0)


def test_each_factor_has_a_curve_of_its_level_means(effects):
    drawn = curves(main_effects(effects, axes()))
    assert len(drawn) == len(NAMES)
    for line, (_, part) in zip(drawn, effects.groupby("factor", sort=False), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), part["mean"])


def test_factors_lie_side_by_side_with_a_gap(effects):
    places = np.concatenate([line.get_xdata() for line in curves(main_effects(effects, axes()))])
    steps = np.diff(places)
    same = effects["factor"].to_numpy()[1:] == effects["factor"].to_numpy()[:-1]
    assert (steps[same] == 1).all()
    assert (steps[~same] == 2).all()


def test_levels_and_factors_are_named_in_the_order_given(effects):
    ax = main_effects(effects, axes())
    names = ["0.1", "0.5", "1", "2", "3", "False", "True", "ring", "grid", "a_small_world_network"]
    assert x_labels(ax)[:10] == names
    assert factor_labels(ax) == [*NAMES[:-1], "seed (noise)"]
    centres = [line.get_xdata().mean() for line in curves(ax)]
    np.testing.assert_allclose(ax.get_xticks(minor=True), centres)


def test_intervals_run_from_low_to_high(effects):
    ax = main_effects(effects, axes())
    np.testing.assert_array_equal([line.get_ydata() for line in intervals(ax, "_")], effects[["low", "high"]])


def test_the_mean_of_the_level_means_is_dotted(effects):
    ax = main_effects(effects, axes())
    (line,) = [line for line in ax.lines if line.get_linestyle() == ":"]
    expected = effects.groupby("factor")["mean"].mean().mean()
    np.testing.assert_allclose(line.get_ydata(), [expected, expected])
    assert [text.get_text() for text in ax.texts] == ["mean"]


def test_the_seed_is_black_and_dashed(effects):
    drawn = curves(main_effects(effects, axes()))
    assert {(line.get_linestyle(), to_hex(line.get_color())) for line in drawn[:-1]} == {("-", "#0072b2")}
    assert (drawn[-1].get_linestyle(), to_hex(drawn[-1].get_color())) == ("--", "#222222")


def test_a_mean_or_an_interval_that_is_not_finite_is_left_out(effects, means):
    for function, frame in ((main_effects, effects), (interaction, means)):
        frame = frame.astype({"mean": float})
        frame.loc[0, "mean"], frame.loc[1, "low"], frame.loc[2, "high"] = np.inf, np.nan, np.inf
        ax = function(frame, axes())
        assert len(intervals(ax, "_")) == len(frame) - 2
        assert np.isnan(curves(ax)[0].get_ydata()[0])
        with pytest.raises(AnalysisError, match=f"{function.__name__}: needs at least one finite mean"):
            function(frame.assign(mean=np.nan))


def test_levels_may_be_any_objects():
    levels = [None, max, [1, 2], True, 1]
    frame = pd.DataFrame({"factor": "f", "level": pd.Series(levels, dtype=object), "mean": range(5)})
    assert x_labels(main_effects(frame.assign(low=0, high=9), axes())) == [
        "None",
        "max",
        "[1, 2]",
        "True",
        "1",
    ]


@pytest.mark.parametrize("count", [3, 12])
def test_names_of_levels_and_factors_do_not_overlap(count, effects):
    ax = main_effects(effects[effects["factor"].isin(NAMES[:count])])
    ax.figure.draw_without_rendering()
    levels, factors = (
        [label.get_window_extent() for label in ax.get_xticklabels(minor=m)] for m in (False, True)
    )
    for boxes in (levels, factors):
        assert all(left.x1 <= right.x0 for left, right in pairwise(boxes))
    assert max(box.y1 for box in factors) <= min(box.y0 for box in levels)


def test_each_trace_has_a_line_over_the_levels(means):
    ax = interaction(means, axes())
    drawn = curves(ax)
    assert [line.get_label() for line in drawn] == ["2", "1", "3"]
    for line, slope in zip(drawn, range(3), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), [0, slope])
        np.testing.assert_array_equal(line.get_xdata().round(), [0, 1])
    assert x_labels(ax) == ["slow", "fast"]
    assert len({(line.get_marker(), to_hex(line.get_color())) for line in drawn}) == 3


def test_intervals_of_one_level_stand_apart(means):
    drawn = intervals(interaction(means, axes()), "_")
    assert len({line.get_xdata()[0] for line in drawn}) == 6
    ends = means.sort_values("trace", key=lambda column: column.map({2: 0, 1: 1, 3: 2}), kind="stable")
    np.testing.assert_array_equal([line.get_ydata() for line in drawn], ends[["low", "high"]])


def test_the_axis_and_the_legend_have_the_names_of_the_factors(means):
    ax = interaction(means, axes(), factor="cost_$", partner="seed", ylabel="infected")
    assert (ax.get_xlabel(), ax.get_ylabel()) == (r"cost_\$", "infected")
    assert note(ax) == "seed (noise)"


def test_a_single_trace_and_pairs_that_were_not_run_are_drawn(means):
    assert curves(interaction(means[means["trace"] == 1], axes()))[0].get_xdata().tolist() == [0, 1]
    ragged = means.drop(index=5)
    assert [len(line.get_xdata()) for line in curves(interaction(ragged, axes()))] == [2, 2, 1]


def test_what_cannot_be_drawn_is_refused(effects, means):
    with pytest.raises(
        AnalysisError, match="given 4 for the 2 levels of 'density'; select the rows of one output"
    ):
        main_effects(pd.concat([effects, effects]))
    with pytest.raises(AnalysisError, match="more than one for level slow, trace 2"):
        interaction(pd.concat([means, means]))
    assert plt.get_fignums() == []
