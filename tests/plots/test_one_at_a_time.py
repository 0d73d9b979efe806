from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from mesa_doe.errors import AnalysisError
from mesa_doe.plots.one_at_a_time import spider, tornado
from tests.plots.conftest import NAMES
from tests.plots.drawn import assert_apart, axes, intervals, legend_texts, y_labels

BLUE, VERMILLION, GREEN = "#0072b2", "#d55e00", "#009e73"


def rows(*changes):
    """Return a frame of (factor, measure, estimate), with intervals of ±0.5."""
    frame = pd.DataFrame(changes, columns=["factor", "measure", "estimate"])
    return frame.assign(low=frame["estimate"] - 0.5, high=frame["estimate"] + 0.5)


@pytest.fixture
def changes():
    return rows(
        ("density", "least", -1.0),
        ("density", "greatest", 2.0),
        ("seed", "least", -0.25),
        ("seed", "greatest", 0.5),
        ("radius", "least", -4.0),
        ("radius", "greatest", 0.0),
        ("radius", "swing", 4.0),
    )


@pytest.fixture
def told(changes):
    sides = ["lower", "higher", "other", "higher", "other", "lower", "lower"]
    return changes.assign(level=[0.1, 0.25, 3, 4, "a_network_with_a_long_name", 1, 1], side=sides)


@pytest.fixture
def curves():
    frame = pd.DataFrame([(name, k / 4) for name in NAMES for k in range(5)], columns=["factor", "position"])
    slope = frame["factor"].map({name: k for k, name in enumerate(NAMES)})
    return frame.assign(output=10 + slope * (frame["position"] - 0.5))


def test_factors_are_sorted_by_the_span_of_their_bars(changes):
    assert y_labels(tornado(changes, axes())) == ["radius", "density", "seed (noise)"]


def test_bars_run_from_the_base_case_to_the_output(changes):
    ax = tornado(changes, axes(), base=10.0)
    assert {bar.get_x() for bar in ax.patches} == {10.0}
    assert [bar.get_width() for bar in ax.patches] == [-1.0, 2.0, -0.25, 0.5, -4.0, 0.0]
    assert ax.get_xlabel() == "output (base case: 10)"
    assert tornado(changes, axes()).get_xlabel() == "change of the output from the base case"


def test_sides_are_told_by_colour_and_the_seed_by_hatches(told):
    ax = tornado(told, axes())
    colours = [BLUE, VERMILLION, GREEN, VERMILLION, GREEN, BLUE]
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == colours
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False, False, True, True, False, False]
    assert legend_texts(ax) == ["at a lower level", "at a higher level", "at another category"]


def test_the_legend_names_the_sides_that_are_seen_and_without_sides_there_is_none(told, changes):
    seen = told[told["factor"] == "density"]
    assert legend_texts(tornado(seen.replace({"estimate": {2.0: 0.0}}), axes())) == ["at a lower level"]
    assert tornado(changes, axes()).get_legend() is None


def test_a_level_is_written_beyond_its_bar_and_interval(told):
    ax = tornado(told, axes())
    written = {text.get_text(): text.xy for text in ax.texts}
    assert written == {
        "0.1": (-1.5, 1),
        "0.25": (2.5, 1),
        "3": (-0.75, 2),
        "4": (1.0, 2),
        "a_network_with_a_long_n…": (-4.5, 0),
    }
    assert {text.get_ha() for text in ax.texts if text.xy[0] < 0} == {"right"}


@pytest.mark.parametrize("width", [5.5, 9.0])
@pytest.mark.parametrize("ours", [True, False])
def test_a_long_level_stays_beside_the_names_of_factors(told, ours, width):
    ax = tornado(told, None if ours else axes(figsize=(width, 4.0)))
    ax.figure.draw_without_rendering()
    frame = ax.get_window_extent()
    for text in ax.texts:
        box = text.get_window_extent()
        assert frame.x0 <= box.x0 <= box.x1 <= frame.x1, text.get_text()


def test_a_legend_inside_covers_no_bar(told):
    ax = tornado(told, axes())
    ax.figure.draw_without_rendering()
    legend = ax.get_legend().get_window_extent()
    assert not any(legend.overlaps(bar.get_window_extent()) for bar in ax.patches)


@pytest.mark.parametrize("base", [None, 10.0])
def test_intervals_are_at_their_bars(base, changes):
    ax = tornado(changes, axes(), base=base)
    ends = changes.loc[:5, ["low", "high"]] + (base or 0.0)
    np.testing.assert_array_equal([line.get_xdata() for line in intervals(ax)], ends)
    middles = [bar.get_y() + bar.get_height() / 2 for bar in ax.patches]
    np.testing.assert_allclose([line.get_ydata()[0] for line in intervals(ax)], middles)


def test_an_interval_that_is_not_finite_is_left_out_and_a_change_is_written(changes):
    changes.loc[0, "low"] = np.nan
    changes.loc[[4, 5], ["estimate", "low", "high"]] = np.nan
    ax = tornado(changes, axes())
    assert len(intervals(ax)) == 3
    assert y_labels(ax)[-1] == "radius"
    assert [text.get_text().strip() for text in ax.texts] == ["nan", "nan"]


def test_a_factor_with_one_change_has_one_bar():
    assert len(tornado(rows(("a", "greatest", 1.0)), axes()).patches) == 1


@pytest.mark.parametrize("given", [True, False])
def test_names_of_twelve_factors_do_not_overlap(given):
    frame = rows(*((name, side, 1.0) for name in NAMES for side in ("least", "greatest")))
    ax = tornado(frame, axes() if given else None)
    ax.figure.draw_without_rendering()
    assert_apart(ax.get_yticklabels(), 1)


def test_what_no_tornado_can_be_drawn_from_is_refused(changes):
    with pytest.raises(AnalysisError, match="rows of the measures 'least' and 'greatest'; given: 'swing'"):
        tornado(changes[changes["measure"] == "swing"])
    with pytest.raises(AnalysisError, match="more than one for factor 'density', measure 'least'"):
        tornado(pd.concat([changes, changes]))
    with pytest.raises(AnalysisError, match="side must be one of lower, higher, other; given 'up'"):
        tornado(changes.assign(side="up"))
    with pytest.raises(AnalysisError, match="base must be finite, given nan"):
        tornado(changes, base=np.nan)
    assert plt.get_fignums() == []


def test_each_curve_is_drawn_by_position(curves):
    ax = spider(curves.sample(frac=1, random_state=0).assign(), axes())
    drawn = {line.get_label(): line for line in ax.lines}
    line = drawn["radius"]
    np.testing.assert_array_equal(line.get_xdata(), np.arange(5) / 4)
    np.testing.assert_allclose(line.get_ydata(), 10 + 3 * (np.arange(5) / 4 - 0.5))
    assert (drawn["seed (noise)"].get_linestyle(), drawn["seed (noise)"].get_color()) == ("--", "#222222")
    assert len({(line.get_linestyle(), to_hex(line.get_color())) for line in ax.lines}) == 12


def test_the_legend_lists_the_widest_curve_first(curves):
    texts = legend_texts(spider(curves, axes()))
    assert texts == ["seed (noise)", *NAMES[-2::-1]]


def test_an_output_that_is_not_finite_is_a_gap(curves):
    curves.loc[2, "output"] = np.inf
    curves.loc[5:9, "output"] = np.nan
    ax = spider(curves, axes(), ylabel="segregation")
    assert np.isnan(ax.lines[0].get_ydata()).tolist() == [False, False, True, False, False]
    assert legend_texts(ax)[-1] == "homophily"
    assert ax.get_ylabel() == "segregation"


def test_what_no_spider_can_be_drawn_from_is_refused(curves):
    with pytest.raises(AnalysisError, match=r"position must be from 0 to 1, .* given 25 for 'density'"):
        spider(curves.replace({"position": {0.25: 25.0}}))
    with pytest.raises(AnalysisError, match=r"position must be from 0 to 1, .* given nan for 'density'"):
        spider(curves.replace({"position": {0.25: np.nan}}))
    with pytest.raises(AnalysisError, match=r"more than one for factor 'density', position 0\.0"):
        spider(pd.concat([curves, curves]))
    assert plt.get_fignums() == []
