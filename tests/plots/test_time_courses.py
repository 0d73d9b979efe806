from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from mesa_doe.errors import AnalysisError
from mesa_doe.plots.time_courses import over_time
from tests.plots.drawn import assert_clips_nothing, axes, legend_texts, note, of

NAMES = ("density", "reproduction_probability", "seed")


@pytest.fixture
def indices():
    """Both indices of three factors at the steps 0, 10, …, 90."""
    rng = np.random.default_rng(4)
    rows = []
    for step in range(0, 100, 10):
        for factor in NAMES:
            share = rng.uniform(0.05, 0.3)
            rows.append((step, factor, "S1", share, share - 0.05, share + 0.1))
            rows.append((step, factor, "ST", share + 0.1, share, share + 0.3))
    return pd.DataFrame(rows, columns=["step", "factor", "measure", "estimate", "low", "high"])


def lines(ax):
    return {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}


def edges(collection, step):
    """Lowest and highest edge of an area at one step; nothing where it has a gap."""
    vertices = np.concatenate([path.vertices for path in collection.get_paths()])
    values = vertices[vertices[:, 0] == step, 1]
    return [values.min(), values.max()] if len(values) else []


@pytest.mark.parametrize("measure", ["S1", "ST"])
def test_each_factor_has_a_line_and_a_band(measure, indices):
    ax = over_time(indices, axes(), measure=measure)
    drawn = lines(ax)
    assert list(drawn) == ["density", "reproduction_probability", "seed (noise)"]
    for factor, line, band in zip(NAMES, drawn.values(), ax.collections, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), range(0, 100, 10))
        np.testing.assert_array_equal(line.get_ydata(), of(indices, measure=measure, factor=factor))
        ends = [of(indices, name, measure=measure, factor=factor)[4] for name in ("low", "high")]
        np.testing.assert_allclose(edges(band, 40), ends)


def test_total_order_is_the_default_and_the_axis_says_so(indices):
    assert over_time(indices, axes()).get_ylabel() == "total-order index ST"
    assert over_time(indices, axes(), xlabel="tick").get_xlabel() == "tick"


def test_the_seed_is_dashed_black_and_hatched(indices):
    ax = over_time(indices, axes())
    seed = lines(ax)["seed (noise)"]
    assert (seed.get_linestyle(), to_hex(seed.get_color())) == ("--", "#222222")
    assert [bool(band.get_hatch()) for band in ax.collections] == [False, False, True]


def test_the_legend_lists_the_factors_from_the_highest_at_the_end(indices):
    last = indices[(indices["step"] == 90) & (indices["measure"] == "ST")]
    order = last.sort_values("estimate", ascending=False)["factor"].replace("seed", "seed (noise)")
    assert legend_texts(over_time(indices, axes())) == list(order)


def test_the_order_of_rows_does_not_matter(indices):
    line = lines(over_time(indices.sample(frac=1, random_state=0), axes()))["density"]
    np.testing.assert_array_equal(line.get_ydata(), of(indices, measure="ST", factor="density"))


def test_an_estimate_that_is_not_finite_is_a_gap(indices):
    indices.loc[(indices["factor"] == "density") & (indices["step"] == 50), "estimate"] = np.inf
    line = lines(over_time(indices, axes()))["density"]
    np.testing.assert_array_equal(np.isnan(line.get_ydata()), np.arange(0, 100, 10) == 50)


def test_an_interval_that_is_not_finite_is_left_out(indices):
    indices.loc[(indices["factor"] == "density") & (indices["step"] == 50), "high"] = np.nan
    band = over_time(indices, axes()).collections[0]
    assert edges(band, 50) == []
    assert edges(band, 40) != []


def test_a_step_between_gaps_and_a_single_step_are_seen(indices):
    gaps = (indices["factor"] == "density") & indices["step"].isin([40, 60])
    indices.loc[gaps, ["estimate", "low", "high"]] = np.nan
    ax = over_time(indices, axes())
    line = lines(ax)["density"]
    assert (line.get_marker(), line.get_markevery()) == ("o", [5])
    (whisker,) = [line for line in ax.lines if line.get_marker() == "_"]
    ends = [of(indices, name, measure="ST", factor="density")[5] for name in ("low", "high")]
    np.testing.assert_array_equal(whisker.get_ydata(), ends)
    single = over_time(indices[indices["step"] == 0], axes())
    assert {line.get_marker() for line in lines(single).values()} == {"o"}
    assert {line.get_marker() for line in lines(over_time(indices[:30], axes())).values()} == {"none"}


def test_stacked_areas_are_as_high_as_the_indices(indices):
    ax = over_time(indices, axes(), stacked=True)
    assert ax.get_ylabel() == "first-order index S1"
    tops = np.cumsum([of(indices, measure="S1", factor=factor)[3] for factor in NAMES])
    for area, low, high in zip(ax.collections, [0, *tops], tops, strict=False):
        np.testing.assert_allclose(edges(area, 30), [low, high])
    assert [bool(area.get_hatch()) for area in ax.collections] == [False, False, True]
    assert legend_texts(ax) == ["seed (noise)", "reproduction_probability", "density"]
    assert ax.get_ylim()[0] == 0
    assert ax.get_ylim()[1] >= 1


def test_stacked_areas_say_what_they_do_not_draw(indices):
    first = indices["measure"] == "S1"
    indices.loc[first & (indices["step"] == 0) & (indices["factor"] == "density"), "estimate"] = -0.1
    indices.loc[first & (indices["step"] == 50) & (indices["factor"] == "seed"), "estimate"] = np.nan
    ax = over_time(indices, axes(), stacked=True)
    said = note(ax)
    assert said == "1 of 27 below zero, drawn as zero\n1 step not finite, left blank"
    assert [edges(area, 50) for area in ax.collections] == [[], [], []]
    assert edges(ax.collections[0], 0) == [0, 0]


def test_many_areas_are_told_apart_by_colour_or_hatch():
    rows = [(step, f"x{i}", "S1", 0.01, 0.0, 0.2) for step in (0, 1) for i in range(30)]
    frame = pd.DataFrame(rows, columns=["step", "factor", "measure", "estimate", "low", "high"])
    areas = over_time(frame, axes(), stacked=True).collections
    assert len({(to_hex(area.get_facecolor()[0]), area.get_hatch()) for area in areas}) == 30


def test_a_new_figure_of_areas_clips_nothing(indices):
    assert_clips_nothing(over_time(indices, stacked=True))


def test_what_cannot_be_drawn_is_refused(indices):
    with pytest.raises(AnalysisError, match="there is no measure 'delta'; given: 'S1', 'ST'"):
        over_time(indices, measure="delta")
    with pytest.raises(AnalysisError, match="use measure='S1', or stacked=False"):
        over_time(indices, measure="ST", stacked=True)
    with pytest.raises(AnalysisError, match=r"more than one for step 0\.0, factor 'density'"):
        over_time(pd.concat([indices, indices]))
    with pytest.raises(AnalysisError, match="step must be finite"):
        over_time(indices.assign(step=np.nan)[:2])
    with pytest.raises(AnalysisError, match="given 30 of ST, none finite"):
        over_time(indices.assign(estimate=np.nan))
    with pytest.raises(
        AnalysisError, match="at least two steps with a finite estimate of every factor, given 1"
    ):
        over_time(indices[indices["step"] == 0], stacked=True)
    with pytest.raises(AnalysisError, match="at most 30 lines that can be told apart, given 31"):
        over_time(indices.iloc[[1] * 31].assign(factor=range(31)))
    assert plt.get_fignums() == []
