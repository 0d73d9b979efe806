from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mesa_doe.errors import AnalysisError
from mesa_doe.plots.failure_map import failures
from tests.plots.drawn import assert_clips_nothing, axes, legend_texts


def chosen(ax):
    return ax.get_xlabel(), ax.get_ylabel()


@pytest.fixture
def points():
    rng = np.random.default_rng(4)
    return pd.DataFrame(
        {
            "a": rng.uniform(size=300),
            "density": rng.uniform(size=300),
            "b": rng.integers(1, 6, size=300),
            "network": np.array(["ring", "grid", "random"])[rng.integers(0, 3, size=300)],
            "torus": rng.integers(0, 2, size=300).astype(bool),
        }
    )


@pytest.fixture
def failed(points):
    return (points["density"] > 0.7) & (points["network"] != "random")


def test_the_factors_that_separate_most_are_chosen_and_said(points, failed):
    ax = failures(points, failed, axes())
    assert chosen(ax) == ("density", "network")
    bad = failed.to_numpy()
    ks = stats.ks_2samp(points["density"][bad], points["density"][~bad]).statistic
    shares = [points["network"][own].value_counts(normalize=True) for own in (bad, ~bad)]
    variation = shares[0].sub(shares[1], fill_value=0).abs().sum() / 2
    assert ax.get_title() == (
        f"{bad.sum()} of 300 failed; differ most along\ndensity ({ks:.2f}) and network ({variation:.2f})"
    )


def test_a_level_in_the_middle_counts_whatever_its_place(points):
    ax = failures(points[["b", "network", "a"]], points["network"] == "random", axes())
    assert ax.get_xlabel() == "network"
    assert "network (1.00)" in ax.get_title()


def test_factors_that_are_given_are_drawn(points, failed):
    ax = failures(points, failed, axes(), x="a", y="b")
    assert chosen(ax) == ("a", "b")
    assert ax.get_title() == f"{failed.sum()} of 300 failed"
    assert chosen(failures(points, failed, axes(), x="density")) == ("density", "network")
    ax = failures(points, failed, axes(), y="density")
    assert chosen(ax) == ("network", "density")
    assert "density" not in ax.get_title()


def test_points_stand_where_they_are_the_failed_above(points, failed):
    ax = failures(points, failed, axes(), x="a", y="b")
    fine, bad = ax.collections
    np.testing.assert_array_equal(np.asarray(fine.get_offsets()), points.loc[~failed, ["a", "b"]])
    np.testing.assert_array_equal(np.asarray(bad.get_offsets()), points.loc[failed, ["a", "b"]])
    assert fine.get_zorder() < bad.get_zorder()
    assert fine.get_alpha() < bad.get_alpha()
    assert legend_texts(ax) == [f"failed: {failed.sum()}", f"ok: {(~failed).sum()}"]


def test_levels_are_spread_around_their_ticks(points, failed):
    ax = failures(points, failed, axes(), x="torus", y="network")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["False", "True"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["grid", "random", "ring"]
    offsets = np.asarray(ax.collections[1].get_offsets())
    np.testing.assert_array_equal(offsets[:, 0].round(), points.loc[failed, "torus"])
    assert np.unique(offsets[:, 0]).size == failed.sum()


def test_each_status_has_its_colour_and_marker(points):
    status = np.array(["ok", "failed", "timeout"])[np.arange(300) % 3]
    ax = failures(points, status, axes(), x="a", y="b")
    assert legend_texts(ax) == ["failed: 100", "timeout: 100", "ok: 100"]
    assert ax.get_title() == "200 of 300 not ok"
    colours = {tuple(group.get_facecolor()[0]) for group in ax.collections}
    markers = {group.get_paths()[0].vertices.tobytes() for group in ax.collections}
    assert (len(colours), len(markers)) == (3, 3)


@pytest.mark.parametrize("all_failed", [True, False])
def test_without_a_difference_the_first_factors_are_drawn(all_failed, points):
    ax = failures(points, [all_failed] * 300, axes())
    ax.figure.draw_without_rendering()
    assert chosen(ax) == ("a", "density")
    assert ax.get_title() == f"{300 * all_failed} of 300 failed"


def test_statuses_are_matched_by_position(points, failed):
    shuffled = failed.set_axis(range(900, 1200))
    again = failures(points.set_axis(range(300, 600)), shuffled, axes())
    first = failures(points, failed, axes())
    np.testing.assert_array_equal(
        np.asarray(first.collections[1].get_offsets()), np.asarray(again.collections[1].get_offsets())
    )


TWO = pd.DataFrame({"a": [1, 2], "b": [1, 2]})


@pytest.mark.parametrize(
    ("points", "failed", "options", "words"),
    [
        ({"a": [1]}, [True], {}, "given a dict"),
        (TWO.iloc[:0], [], {}, "given 0 rows"),
        (TWO[["a"]], [True, False], {}, "at least two factors, given a; draw one with scatter"),
        (TWO, [True], {}, "of one length, given 2 and 1"),
        (TWO, [], {}, "of one length, given 2 and 0"),
        (TWO, [1.0, 0.0], {}, "all statuses as text; given float"),
        (TWO, ["ok", None], {}, "all statuses as text; given NoneType, str"),
        (TWO, [True, "ok"], {}, "all booleans, or all statuses as text; given bool, str"),
        (TWO, [True, False], {"x": "c"}, "no factor 'c'; choose from a, b"),
        (TWO, [True, False], {"x": "a", "y": "a"}, "two factors, given 'a' twice"),
        (TWO.assign(a=[1.0, np.nan]), [True, False], {}, "a must be finite, given nan in row 1"),
    ],
)
def test_what_is_no_map_of_failures_is_refused(points, failed, options, words):
    with pytest.raises(AnalysisError, match=f"failures: .*{words}"):
        failures(points, failed, **options)
    assert plt.get_fignums() == []


def test_a_new_figure_of_many_levels_clips_nothing(points, failed):
    points["kind"] = [f"a_network_of_some_kind_{i % 12:02}" for i in range(300)]
    assert_clips_nothing(failures(points, failed, x="kind", y="network"))


def test_a_logarithmic_factor_has_a_logarithmic_axis():
    points = pd.DataFrame({"a": [0.01, 0.1, 1.0], "b": ["x", "y", "x"], "c": [-1.0, 0.0, 1.0]})
    failed = [True, False, False]
    ax = failures(points, failed, axes(), x="a", y="b", logarithmic=["a", "b"])
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "linear")
    with pytest.raises(AnalysisError, match="on a logarithmic axis c must be above zero, given -1"):
        failures(points, failed, axes(), x="a", y="c", logarithmic=["c"])


def test_a_category_of_many_levels_without_effect_is_not_chosen_before_a_factor_with_one():
    rng = np.random.default_rng(1)
    points = pd.DataFrame(
        {
            "a": rng.random(100),
            "b": rng.random(100),
            "kind": rng.permutation([f"k{k}" for k in range(50)] * 2),
        }
    )
    ax = failures(points, (points["a"] > 0.7) & (points["b"] > 0.3))
    assert set(chosen(ax)) == {"a", "b"}


def test_a_category_of_many_levels_with_an_effect_is_chosen():
    rng = np.random.default_rng(1)
    number = rng.permutation([*range(20)] * 10)
    points = pd.DataFrame({"a": rng.random(200), "b": rng.random(200), "kind": [f"k{k}" for k in number]})
    ax = failures(points, number < 6)
    assert chosen(ax)[0] == "kind"
