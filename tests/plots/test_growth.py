from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from mesa_doe.errors import AnalysisError
from mesa_doe.plots.growth import convergence
from tests.plots.drawn import assert_clips_nothing, axes, legend_texts, x_labels

SIZES = [64, 128, 256, 512]


def growing(names, sizes=SIZES):
    rows = [
        (size, name, i + 1 / size, i - 8 / size, i + 9 / size)
        for i, name in enumerate(names)
        for size in sizes
    ]
    return pd.DataFrame(rows, columns=["size", "factor", "estimate", "low", "high"])


def test_each_factor_has_its_line_over_the_size_whatever_the_order_of_rows():
    frame = growing(["density", "radius"])
    ax = convergence(frame.sample(frac=1, random_state=3), axes())
    for line in ax.lines:
        own = frame[frame["factor"] == line.get_label()]
        np.testing.assert_array_equal(line.get_xydata(), own[["size", "estimate"]])


def test_the_band_is_the_interval():
    ax = convergence(growing(["density"]), axes())
    vertices = ax.collections[0].get_paths()[0].vertices
    at = vertices[vertices[:, 0] == 256, 1]
    np.testing.assert_allclose([at.min(), at.max()], [-8 / 256, 9 / 256])


def test_what_is_not_finite_is_left_out():
    frame = growing(["density"])
    frame.loc[0, "low"] = np.nan
    frame.loc[1, "estimate"] = np.nan
    ax = convergence(frame, axes())
    assert ax.collections[0].get_paths()[0].vertices[:, 0].min() == 128
    assert np.isnan(ax.lines[0].get_ydata()[1])
    ax = convergence(frame.assign(low=np.nan), axes())
    assert len(ax.collections[0].get_paths()) == 0
    ax.figure.draw_without_rendering()


def test_the_sizes_given_are_the_ticks_of_a_logarithmic_axis():
    ax = convergence(growing(["density"]), axes())
    assert ax.get_xscale() == "log"
    assert ax.get_xticks().tolist() == SIZES
    assert x_labels(ax) == ["64", "128", "256", "512"]
    assert len(ax.get_xticks(minor=True)) == 0


def test_labels_of_sizes_that_stand_close_are_left_out():
    ax = convergence(growing(["density"], range(100, 2001, 100)), axes())
    assert len(ax.get_xticks()) == 20
    written = [int(text) for text in x_labels(ax) if text]
    assert (written[0], written[-1]) == (100, 2000)
    assert np.diff(np.log2(written)).min() >= 0.07 * np.log2(20)


def test_one_size_is_seen():
    ax = convergence(growing(["density"], [64]), axes())
    ax.figure.draw_without_rendering()
    assert x_labels(ax) == ["64"]
    assert ax.lines[0].get_marker() == "o"


def test_the_threshold_is_a_dotted_line_unlike_the_seed():
    ax = convergence(growing(["density"]), axes(), threshold=0.05)
    assert legend_texts(ax) == ["density", "threshold 0.05"]
    np.testing.assert_array_equal(ax.lines[-1].get_ydata(), 0.05)
    assert ax.lines[-1].get_linestyle() == ":"


def test_the_legend_follows_the_ends_of_the_lines_and_names_the_seed_noise():
    ax = convergence(growing(["a", "seed", "b"]), axes())
    assert legend_texts(ax) == ["b", "seed (noise)", "a"]


def test_one_measure_is_drawn_and_labels_the_axis():
    both = pd.concat([growing(["a"]).assign(measure="S1"), growing(["a"]).assign(measure="ST", estimate=0.7)])
    ax = convergence(both, axes(), measure="ST")
    assert ax.get_ylabel() == "ST"
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), 0.7)
    assert convergence(growing(["a"]).assign(measure="S1"), axes()).get_ylabel() == "S1"
    assert convergence(growing(["a"]), axes()).get_ylabel() == "estimate"
    ax = convergence(both, axes(), measure="ST", ylabel="total order", xlabel="runs")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("runs", "total order")


def test_the_seed_is_black_and_dashed():
    line = convergence(growing(["a", "seed"]), axes()).lines[1]
    assert (line.get_linestyle(), line.get_color()) == ("--", "#222222")


TWO = growing(["a"]).assign(measure=["S1", "ST"] * 2)


@pytest.mark.parametrize(
    ("frame", "options", "words"),
    [
        (growing(["a"]), {"measure": "ST"}, "missing: measure"),
        (TWO, {}, "one measure at a time; choose measure= from S1, ST"),
        (TWO, {"measure": "S2"}, "given 'S2'; choose measure= from S1, ST"),
        (growing(["a", "a"]), {}, "more than one for size 64, factor 'a'"),
        (growing(["a"]).assign(size=[0, 1, 2, 3]), {}, "sizes must be above zero, given 0.0"),
        (growing(["a"]).assign(size=[64, 128, np.nan, 512]), {}, "sizes must be above zero, given nan"),
        (growing(range(31)), {}, "at most 30 lines that can be told apart, given 31"),
    ],
)
def test_what_does_not_converge_is_refused(frame, options, words):
    with pytest.raises(AnalysisError, match=f"convergence: .*{words}"):
        convergence(frame, **options)
    assert plt.get_fignums() == []


def test_a_new_figure_of_many_long_names_clips_nothing():
    assert_clips_nothing(convergence(growing([f"a_factor_with_a_long_name_{i}" for i in range(20)])))
