from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from mesa_doe.errors import AnalysisError
from mesa_doe.plots.effect_sizes import pareto
from tests.plots.conftest import NAMES
from tests.plots.drawn import (
    assert_apart,
    assert_clips_nothing,
    axes,
    intervals,
    legend_texts,
    note,
    y_labels,
)

BLUE, VERMILLION = "#0072b2", "#d55e00"


@pytest.fixture
def effects():
    rows = [("a", "", 1.0), ("b", "", -4.0), ("seed", "", 0.5), ("a", "b", 2.0), ("a", "seed", -0.25)]
    frame = pd.DataFrame(rows, columns=["factor", "partner", "estimate"])
    return frame.assign(low=frame["estimate"] - 0.5, high=frame["estimate"] + 1.0)


def many():
    rng = np.random.default_rng(1)
    rows = [(a, b, rng.normal()) for i, a in enumerate(NAMES) for b in ("", *NAMES[i + 1 :])]
    return pd.DataFrame(rows, columns=["factor", "partner", "estimate"]).assign(low=np.nan, high=np.nan)


def test_the_largest_effect_is_on_top(effects):
    ax = pareto(effects, axes())
    assert y_labels(ax) == ["b", "a × b", "a", "seed (noise)", "a × seed (noise)"]
    assert [bar.get_width() for bar in ax.patches] == [4.0, 2.0, 1.0, 0.5, 0.25]
    bottom, top = ax.get_ylim()
    assert bottom > top


def test_the_sign_is_told_by_the_colour_and_noise_by_hatches(effects):
    bars = pareto(effects, axes()).patches
    colours = [VERMILLION, BLUE, BLUE, BLUE, VERMILLION]
    assert [to_hex(bar.get_facecolor()) for bar in bars] == colours
    assert [bool(bar.get_hatch()) for bar in bars] == [False, False, False, True, True]


def test_intervals_are_turned_with_the_sign_and_may_cross_zero(effects):
    drawn = [line.get_xdata() for line in intervals(pareto(effects, axes()))]
    np.testing.assert_array_equal(drawn, [[3.0, 4.5], [1.5, 3.0], [0.5, 2.0], [0.0, 1.5], [-0.75, 0.75]])


def test_an_interval_that_is_not_finite_is_left_out(effects):
    effects.loc[0, "low"], effects.loc[1, "high"] = np.nan, np.inf
    ax = pareto(effects, axes())
    assert len(intervals(ax)) == 3
    assert len(ax.patches) == 5


def test_an_effect_that_is_not_finite_is_written_last(effects):
    effects.loc[1, "estimate"] = np.nan
    ax = pareto(effects, axes())
    assert y_labels(ax)[-1] == "b"
    assert [text.get_text().strip() for text in ax.texts] == ["nan"]


def test_the_limit_is_a_dashed_line_in_the_legend(effects):
    ax = pareto(effects, axes(), limit=0.75, xlabel="|effect| on infected")
    assert ax.lines[-1].get_xdata() == [0.75, 0.75]
    assert ax.lines[-1].get_linestyle() == "--"
    assert legend_texts(ax) == ["positive effect", "negative effect", "significant from 0.75"]
    assert ax.get_xlabel() == "|effect| on infected"


def test_main_effects_alone_need_no_partner(effects):
    alone = effects[effects["partner"] == ""].drop(columns="partner")
    assert y_labels(pareto(alone, axes())) == ["b", "a", "seed (noise)"]


def test_the_smallest_of_many_effects_are_counted():
    frame = many()
    ax = pareto(frame, axes())
    widths = [bar.get_width() for bar in ax.patches]
    np.testing.assert_array_equal(widths, np.sort(frame["estimate"].abs())[::-1][:30])
    assert note(ax) == "48 more effects not drawn"
    assert len(pareto(frame, axes(), most=78).patches) == 78


def test_names_of_pairs_do_not_overlap_and_a_new_figure_clips_nothing():
    ax = pareto(many(), limit=1.0)
    assert_clips_nothing(ax)
    assert_apart(ax.get_yticklabels(), 1)


def test_what_cannot_be_drawn_is_refused(effects):
    with pytest.raises(AnalysisError, match="more than one for factor 'a', partner ''"):
        pareto(pd.concat([effects, effects]))
    for limit in (0.0, -1.0, np.nan):
        with pytest.raises(AnalysisError, match="limit must be a finite number above zero"):
            pareto(effects, limit=limit)
    with pytest.raises(AnalysisError, match="most must be at least 1, given 0"):
        pareto(effects, most=0)
    assert plt.get_fignums() == []
