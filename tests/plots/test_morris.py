from __future__ import annotations

import re
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from mesa_doe.errors import AnalysisError
from mesa_doe.plots.morris import plane
from tests.plots import drawn
from tests.plots.conftest import NAMES
from tests.plots.drawn import intervals, legend_texts, note, of

# The size of a new figure, for which the names find their places.
axes = partial(drawn.axes, figsize=(8, 5))


def effects(names=NAMES, *, crowded=False):
    """μ, μ* and σ of some factors; crowded ones lie in the corner."""
    rng = np.random.default_rng(2)
    rows = []
    for i, factor in enumerate(names):
        mu_star = rng.uniform(0, 0.6) if crowded and i > 2 else rng.uniform(0.2, 10)
        sigma = mu_star * rng.uniform(0.05, 1.4)
        rows.append((factor, "mu", -mu_star, -mu_star, mu_star))
        rows.append((factor, "mu_star", mu_star, 0.8 * mu_star, 1.1 * mu_star))
        rows.append((factor, "sigma", sigma, 0.9 * sigma, 1.1 * sigma))
    return pd.DataFrame(rows, columns=["factor", "measure", "estimate", "low", "high"])


def names(ax):
    """The names of the points, without those of the rays."""
    return [text for text in ax.texts if not text.get_text().startswith("σ/μ*")]


def told(ax):
    """The factors that the labels name, and how many they only count."""
    words = [word for text in names(ax) for word in re.split(r",\s|\n", text.get_text())]
    counted = [re.fullmatch(r"and (\d+) more", word) for word in words]
    return (
        [word for word, count in zip(words, counted, strict=True) if not count],
        sum(int(count[1]) for count in counted if count),
    )


def assert_readable(ax):
    """No label lies on another, or reaches over the edge."""
    ax.figure.draw_without_rendering()
    # Of the text alone, without the line that leads to it.
    boxes = [super(type(text), text).get_window_extent() for text in names(ax)]
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])
    room = ax.get_window_extent().padded(2)
    assert all(room.contains(*corner) for box in boxes for corner in (box.p0, box.p1))


def at(**places):
    """Effects of factors at these places (μ*, σ)."""
    rows = [
        (factor, measure, estimate, 0.9 * estimate, 1.1 * estimate)
        for factor, place in places.items()
        for measure, estimate in zip(("mu_star", "sigma"), place, strict=True)
    ]
    return pd.DataFrame(rows, columns=["factor", "measure", "estimate", "low", "high"])


def test_each_factor_is_a_point_and_the_seed_is_hollow():
    frame = effects()
    ax = plane(frame, axes())
    filled, hollow = ax.collections
    points = np.column_stack([of(frame, measure="mu_star"), of(frame, measure="sigma")])
    np.testing.assert_array_equal(filled.get_offsets(), points[:-1])
    np.testing.assert_array_equal(hollow.get_offsets(), points[-1:])
    np.testing.assert_array_equal(hollow.get_facecolor()[0], [1, 1, 1, 1])


def test_bars_are_the_intervals_of_mu_star():
    frame = effects()
    bars = intervals(plane(frame, axes()))
    ends = np.column_stack([of(frame, "low", measure="mu_star"), of(frame, "high", measure="mu_star")])
    np.testing.assert_array_equal([line.get_xdata() for line in bars], ends)
    np.testing.assert_array_equal([line.get_ydata()[0] for line in bars], of(frame, measure="sigma"))


def test_an_interval_that_is_not_finite_is_left_out():
    frame = effects()
    frame.loc[1, "low"], frame.loc[4, "high"] = np.nan, np.inf
    ax = plane(frame, axes())
    assert len(intervals(ax)) == len(NAMES) - 2
    assert np.isfinite([*ax.get_xlim(), *ax.get_ylim()]).all()


def test_the_rays_have_the_ratios_and_their_names():
    ax = plane(effects(), axes())
    rays = [line for line in ax.lines if line.get_linestyle() == "--"]
    ratios = [line.get_ydata()[1] / line.get_xdata()[1] for line in rays]
    np.testing.assert_allclose(ratios, [0.1, 0.5, 1.0])
    assert [text.get_text() for text in ax.texts[:3]] == ["σ/μ* = 0.1", "σ/μ* = 0.5", "σ/μ* = 1"]


def test_the_noise_floor_is_hatched_from_zero_and_in_the_legend():
    ax = plane(effects(), axes(), noise_floor=0.25)
    (band,) = ax.patches
    assert (band.get_x(), band.get_width()) == (0.0, 0.25)
    assert band.get_hatch()
    assert legend_texts(ax) == ["noise floor 0.25"]


def test_the_noise_floor_of_sigma_lies_across_and_is_seen_whole():
    ax = plane(effects(), axes(), noise_floor=0.25, sigma_floor=50.0)
    _, band = ax.patches
    assert (band.get_y(), band.get_height()) == (0.0, 50.0)
    assert ax.get_ylim()[1] > 50
    assert legend_texts(ax) == ["noise floor 0.25", "noise floor of σ 50"]


@pytest.mark.parametrize("floor", [None, 0.0])
def test_without_a_noise_floor_there_is_no_legend(floor):
    ax = plane(effects(), axes(), noise_floor=floor, sigma_floor=floor)
    assert ax.get_legend() is None
    assert len(ax.patches) == 0


def test_a_noise_floor_beyond_all_points_is_seen_whole():
    assert plane(effects(), axes(), noise_floor=50.0).get_xlim()[1] > 50


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("crowded", [True, False])
def test_names_of_twelve_factors_overlap_neither_each_other_nor_the_edge(given, crowded):
    ax = plane(effects(crowded=crowded), axes() if given else None, title="plane")
    assert sorted(told(ax)[0]) == sorted([*NAMES[:-1], "seed (noise)"])
    assert_readable(ax)


@pytest.mark.parametrize("given", [True, False])
def test_points_that_lie_on_each_other_share_a_label(given):
    frame = at(x1=(3, 1), x2=(2, 0.5), x3=(1, 0.6), x4=(1, 0.6), x5=(1.001, 0.6))
    ax = plane(frame, axes() if given else None)
    assert [text.get_text() for text in names(ax)] == ["x1", "x2", "x3, x4, x5"]
    assert [text.xy for text in names(ax)] == [(3, 1), (2, 0.5), (1, 0.6)]
    assert_readable(ax)


@pytest.mark.parametrize("given", [True, False])
def test_eight_factors_of_twelve_without_effect_are_all_named(given):
    moving = dict(zip(NAMES[:4], [(5, 2), (3, 2.5), (2, 0.5), (1, 0.9)], strict=True))
    ax = plane(at(**moving, **dict.fromkeys(NAMES[4:], (0.0, 0.0))), axes() if given else None)
    assert len(names(ax)) == 5
    assert sorted(told(ax)[0]) == sorted([*NAMES[:-1], "seed (noise)"])
    assert_readable(ax)


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("kind", ["inert", "falling", "spread"])
def test_names_of_forty_factors_are_read_or_counted(given, kind):
    rng = np.random.default_rng(3)
    falling = np.geomspace(10, 0.01, 40)
    places = {
        "inert": [(k, 0.4 * k) for k in range(5, 0, -1)] + [(0.0, 0.0)] * 35,
        "falling": list(zip(falling, falling * rng.uniform(0.2, 1.2, 40), strict=True)),
        "spread": rng.uniform(0, 10, (40, 2)).tolist(),
    }[kind]
    every = [f"factor_{k}" for k in range(40)]
    ax = plane(at(**dict(zip(every, places, strict=True))), axes() if given else None)
    named, counted = told(ax)
    assert len(set(named)) + counted == 40
    assert set(named) <= set(every)
    # Those that move the output are named in any case.
    assert set(every[:5]) <= set(named)
    assert_readable(ax)


def test_what_is_behind_a_name_is_white_in_axes_without_a_colour_too():
    ax = axes()
    ax.set_facecolor("none")  # as in a report
    plane(effects(), ax)
    assert {text.get_bbox_patch().get_facecolor() for text in names(ax)} == {(1, 1, 1, 0.75)}


def test_a_great_crowd_is_drawn_all_the_same():
    crowd = effects([f"a_factor_with_a_long_name_{i}" for i in range(60)], crowded=True)
    named, counted = told(plane(crowd, axes()))
    assert len(set(named)) + counted == 60


def test_names_can_be_left_out_and_a_title_set():
    ax = plane(effects(), axes(), label=False, title="Segregation")
    assert names(ax) == []
    assert ax.get_title() == "Segregation"


def test_dollar_signs_in_names_are_printed():
    ax = plane(effects(["$cost_$_{"]), axes())
    ax.figure.draw_without_rendering()
    assert names(ax)[0].get_text() == r"\$cost_\$_{"


def test_a_linear_model_has_points_on_the_axis_and_the_lowest_ray_in_sight():
    frame = effects(NAMES[:3])
    frame.loc[frame["measure"] == "sigma", ["estimate", "low", "high"]] = 0.0
    ax = plane(frame, axes())
    assert ax.get_ylim()[1] > 0.1 * ax.get_xlim()[1]
    zero = plane(frame.assign(estimate=0.0, low=0.0, high=0.0), axes())
    assert (zero.get_xlim(), zero.get_ylim()[0]) == ((0.0, 1.0), 0.0)


def test_factors_that_are_not_finite_are_left_out_and_named():
    frame = effects()
    frame.loc[frame["factor"].isin(["radius", "seed"]) & (frame["measure"] == "sigma"), "estimate"] = np.nan
    ax = plane(frame, axes())
    assert len(ax.collections[0].get_offsets()) == len(NAMES) - 2
    assert note(ax) == "not finite, left out:\nradius\nseed (noise)"
    with pytest.raises(AnalysisError, match="at least one factor with finite mu_star and sigma; given 12"):
        plane(frame.assign(estimate=np.nan), axes())


def test_what_cannot_be_drawn_is_refused():
    frame = effects()
    with pytest.raises(
        AnalysisError, match=r"missing: sigma of 'density', .*draw the measures there are with bars"
    ):
        plane(frame[frame["measure"] != "sigma"])
    with pytest.raises(
        AnalysisError, match="needs the measures mu_star and sigma of each factor; missing: both"
    ):
        plane(frame[frame["measure"] == "mu"])
    with pytest.raises(AnalysisError, match="more than one for factor 'density', measure 'mu_star'"):
        plane(pd.concat([frame, frame]))
    for floor in (-1.0, np.nan, np.inf):
        with pytest.raises(AnalysisError, match="noise_floor must be a finite number, zero or more"):
            plane(frame, noise_floor=floor)
        with pytest.raises(AnalysisError, match="sigma_floor must be a finite number, zero or more"):
            plane(frame, sigma_floor=floor)
    assert plt.get_fignums() == []
