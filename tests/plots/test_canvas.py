from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from mesa_doe import plots
from mesa_doe.errors import AnalysisError
from mesa_doe.plots import canvas, labels, palette
from tests.plots.drawn import assert_clips_nothing, axes, intervals


@pytest.mark.parametrize(("given", "told"), [(3, "got 3"), ("top", "got 'top'"), (Figure(), "got <Figure")])
def test_what_is_no_axes_is_refused(given, told):
    with pytest.raises(AnalysisError, match=rf"ax takes matplotlib Axes, .* {told}"):
        plots.scatter([1, 2], [1, 2], ax=given)


def test_several_axes_are_told_as_several():
    with pytest.raises(AnalysisError, match=r"got 2 of them: take one, as ax=axes\[0\]"):
        plots.scatter([1, 2], [1, 2], ax=Figure().subplots(2))


@pytest.mark.parametrize("ends", [(np.nan, 1.0), (0.0, np.inf), (np.nan, np.nan)])
def test_an_interval_that_is_not_finite_is_not_drawn(ends):
    ax = axes()
    canvas.interval(ax, 0.0, *ends)
    assert len(ax.lines) == 0


def test_intervals_lie_or_stand():
    ax = axes()
    canvas.interval(ax, 5.0, 1.0, 2.0)
    canvas.interval(ax, 5.0, 1.0, 2.0, upright=True, colour="#ff0000")
    (lying,), (standing,) = intervals(ax), intervals(ax, "_")
    np.testing.assert_array_equal(lying.get_xydata(), [[1, 5], [2, 5]])
    np.testing.assert_array_equal(standing.get_xydata(), [[5, 1], [5, 2]])
    assert standing.get_color() == "#ff0000"


def test_rows_leave_room_for_a_legend_inside():
    ax = axes()
    canvas.name_rows(ax, ["a", "b"])
    assert ax.get_ylim() == (1.5, -0.5)
    canvas.name_rows(ax, ["a", "b"], legend_lines=2)
    bottom, top = ax.get_ylim()
    height = ax.get_window_extent().height / ax.figure.dpi * 72
    assert (bottom - 1.5) / (bottom - top) * height == pytest.approx(42)


def test_the_keys_of_dashed_lines_are_long_enough_to_show_it():
    lengths = []
    for style in palette.DASHES[:2]:
        ax = axes()
        canvas.legend(ax, ax.plot([0, 1], linestyle=style, label="a"), beside=False)
        lengths.append(ax.get_legend().handlelength)
    assert lengths == [2.0, 3.0]


def test_places_of_the_data_are_given_in_points_from_the_corner():
    ax = axes()
    ax.set_xlim(2, 4)
    ax.set_ylim(-1, 1)
    extent = ax.get_window_extent()
    whole = np.array([extent.width, extent.height]) / ax.figure.dpi * 72
    places = labels.on_paper(ax, [2, 3, 4], [-1, 0, 1])
    np.testing.assert_allclose(places, np.outer([0, 0.5, 1], whole), atol=1e-9)


def test_a_name_keeps_clear_of_what_is_taken():
    ax = axes()
    ax.set_xlim(0, 1)
    ax.set_ylim(0, 1)
    x, y = np.array([0.5]), np.array([0.5])
    (place,) = labels.on_paper(ax, x, y)
    labels.name_points(ax, ["a"], x, y, taken=[])
    labels.name_points(ax, ["b"], x, y, taken=[(place[0], 0.0, place[0] + 500, 500.0)])
    free, left = ax.texts
    assert free.xyann[0] > 0
    assert left.xyann[0] < 0


LONG = [f"wealth_tax_rate_of_the_upper_class_{k}" for k in range(12)]
OUTPUT = "total_cost_of_the_epidemic_in_euros"


def drawn_with_long_names(name, rng):
    """A figure of twelve factors of long names; its Axes."""
    estimates = pd.DataFrame({"factor": LONG, "estimate": 1.0, "low": 0.5, "high": 1.5})
    points = pd.DataFrame(rng.uniform(1, 2, (40, 12)), columns=LONG)
    levels = pd.concat([estimates.assign(level=f"a_level_of_some_length_{k}") for k in range(2)])
    y = pd.Series(points.sum(axis=1), name=OUTPUT)
    return {
        "bars": lambda: plots.bars(estimates.assign(measure="S1"), title=f"Sobol: {OUTPUT}"),
        "pareto": lambda: plots.pareto(estimates.assign(partner=LONG[::-1])),
        "tornado": lambda: plots.tornado(estimates.assign(measure="greatest")),
        "heatmap": lambda: plots.heatmap(estimates.assign(partner=LONG[::-1]), title=f"Pairs, {OUTPUT}"),
        "parallel": lambda: plots.parallel(points, y),
        "failures": lambda: plots.failures(points, y > y.median()),
        "main_effects": lambda: plots.main_effects(
            levels.rename(columns={"estimate": "mean"}), ylabel=f"mean of {OUTPUT}"
        ),
    }[name]()


@pytest.mark.parametrize(
    "name", ["bars", "pareto", "tornado", "heatmap", "parallel", "failures", "main_effects"]
)
def test_long_names_are_not_cut_and_leave_room_for_the_data(name):
    ax = drawn_with_long_names(name, np.random.default_rng(1))
    assert_clips_nothing(ax)
    width, height = ax.figure.get_size_inches()
    inside = ax.get_position()
    assert width * inside.width > 2.5
    assert height * inside.height > 2.0


def test_texts_are_folded_to_the_axes_and_formulas_are_not():
    ax = Figure(figsize=(3, 3)).subplots()
    canvas.write_title(ax, f"Sobol: {OUTPUT}")
    canvas.write_labels(ax, y=OUTPUT)
    assert ax.get_title().count("\n") > 0
    assert ax.get_title().replace("\n", "") == f"Sobol: {OUTPUT}"
    assert ax.get_ylabel().count("\n") > 0
    formula = r"$\frac{long\ numerator}{long\ denominator}$"
    canvas.write_labels(ax, y=formula)
    assert ax.get_ylabel() == formula
