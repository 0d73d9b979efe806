from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from mesa_doe.errors import AnalysisError
from mesa_doe.plots.coordinates import parallel
from tests.plots.drawn import axes, legend_texts, note, x_labels
from tests.random_state import global_state


def paths(collection):
    """Heights of a group's lines, shape (runs, axes)."""
    return np.array([segment[:, 1] for segment in collection.get_segments()])


def texts(ax):
    return [text.get_text() for text in ax.texts]


@pytest.fixture
def runs():
    return pd.DataFrame(
        {
            "density": [0.1, 0.5, 0.9, 0.3],
            "radius": pd.Series([1, 2, 5, 3], dtype=object),
            "network": ["ring", "grid", "grid", "lattice"],
            "seed": [7, 7, 7, 7],
        }
    )


OUTPUT = [10.0, 20.0, 30.0, 15.0]


def test_each_run_is_a_line_over_its_scaled_values(runs):
    ax = parallel(runs, OUTPUT, axes())
    (lines,) = ax.collections
    heights = paths(lines)
    np.testing.assert_allclose(heights[:, 0], [0, 0.5, 1, 0.25])
    np.testing.assert_allclose(heights[:, 1], [0, 0.25, 1, 0.5])
    np.testing.assert_allclose(heights[:, 2], [1, 0, 0, 0.5], atol=0.015)
    np.testing.assert_array_equal(heights[:, 3], 0.5)
    np.testing.assert_allclose(heights[:, 4], [0, 0.5, 1, 0.25])
    assert lines.get_segments()[0][:, 0].tolist() == [0, 1, 2, 3, 4]


def test_the_runs_in_the_range_ends_included_are_above_and_coloured(runs):
    ax = parallel(runs, OUTPUT, axes(), highlight=(15, 20))
    chosen, others = ax.collections
    np.testing.assert_allclose(paths(chosen)[:, 0], [0.5, 0.25])
    np.testing.assert_allclose(paths(others)[:, 0], [0, 1])
    assert chosen.get_zorder() > others.get_zorder()
    assert chosen.get_linewidths()[0] > others.get_linewidths()[0]
    assert legend_texts(ax) == ["2 runs with output 15 to 20", "2 other runs"]


def test_the_range_is_marked_on_the_outputs_axis(runs):
    ax = parallel(runs, OUTPUT, axes(), highlight=(20, np.inf))
    np.testing.assert_allclose(ax.lines[-1].get_xydata(), [[4, 0.5], [4, 1]])
    assert legend_texts(ax)[0] == "2 runs with output ≥ 20"
    ax = parallel(runs, OUTPUT, axes(), highlight=(-np.inf, 12))
    assert legend_texts(ax)[0] == "1 runs with output ≤ 12"


def test_a_range_that_holds_no_run_is_drawn_and_said(runs):
    ax = parallel(runs, OUTPUT, axes(), highlight=(100, 200))
    ax.figure.draw_without_rendering()
    assert legend_texts(ax) == ["0 runs with output 100 to 200", "4 other runs"]


def test_the_ends_of_ranges_and_the_levels_are_written(runs):
    ax = parallel(runs, pd.Series(OUTPUT, name="segregation"), axes())
    written = ["0.1", "0.9", "1", "5", "grid", "lattice", "ring", "7", "10", "30"]
    assert texts(ax) == written
    names = [label.get_text() for label in ax.get_xticklabels()]
    assert names == ["density", "radius", "network", "seed (noise)", "segregation"]


def test_many_levels_are_labelled_in_part():
    ax = parallel(pd.DataFrame({"kind": [f"kind_{i:02}" for i in range(30)]}), range(30), axes())
    labels = [text for text in texts(ax) if text.startswith("kind")]
    assert labels == [f"kind_{i:02}" for i in range(0, 30, 3)]


def test_runs_that_are_not_finite_are_left_out_and_counted(runs):
    runs.loc[0, "density"] = np.nan
    ax = parallel(runs, [10.0, np.inf, 30.0, 15.0], axes())
    assert len(ax.collections[0].get_segments()) == 2
    assert note(ax) == "2 of 4 runs not finite, left out"


def test_many_lines_become_an_image_and_fade():
    rng = np.random.default_rng(2)
    few = parallel(pd.DataFrame(rng.uniform(size=(50, 3))), range(50), axes()).collections[0]
    many = parallel(pd.DataFrame(rng.uniform(size=(5000, 3))), range(5000), axes()).collections[0]
    assert not few.get_rasterized()
    assert many.get_rasterized()
    assert many.get_alpha() < few.get_alpha()


def test_the_picture_repeats_and_no_random_state_moves(runs):
    state = global_state()
    first, second = (paths(parallel(runs, OUTPUT, axes()).collections[0]) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert global_state() == state


@pytest.mark.parametrize(
    ("frame", "values", "options", "words"),
    [
        ({"a": [1]}, [1.0], {}, "given a dict"),
        (pd.DataFrame({"a": []}), [], {}, "given 0 rows of 1 columns"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), [1.0], {}, "different names"),
        (pd.DataFrame({"a": [1, 2]}), [1.0], {}, "of one length, given 2 and 1"),
        (pd.DataFrame({"a": [1, 2]}), [np.nan, np.nan], {}, "given 2, none finite"),
        (pd.DataFrame({"a": [1, 2]}), ["x", "y"], {}, "values must be numbers"),
        (pd.DataFrame({"a": [1, 2]}), [1.0, 2.0], {"highlight": (2, 1)}, r"low first; given \(2, 1\)"),
        (pd.DataFrame({"a": [1, 2]}), [1.0, 2.0], {"highlight": (2,)}, "low first"),
        (pd.DataFrame({"a": [1, 2]}), [1.0, 2.0], {"highlight": (np.nan, 1)}, "low first"),
    ],
)
def test_what_cannot_be_drawn_is_refused(frame, values, options, words):
    with pytest.raises(AnalysisError, match=f"parallel: .*{words}"):
        parallel(frame, values, **options)
    assert plt.get_fignums() == []


def test_logarithmic_numbers_are_even_in_their_logarithm_and_named_so():
    frame = pd.DataFrame({"a": [0.01, 0.1, 1.0], "b": [0.0, 0.5, 1.0]})
    ax = parallel(frame, [1.0, 2.0, 3.0], axes(), logarithmic=["a"])
    np.testing.assert_allclose([line[0, 1] for line in ax.collections[0].get_segments()], [0, 0.5, 1])
    assert x_labels(ax)[:2] == ["a (log)", "b"]
    with pytest.raises(AnalysisError, match="on a logarithmic axis b must be above zero, given 0"):
        parallel(frame, [1.0, 2.0, 3.0], axes(), logarithmic=["b"])


def test_the_outermost_levels_are_named_beyond_the_lines():
    frame = pd.DataFrame({"kind": pd.Categorical(["a", "b", "c"]), "x": [1.0, 2.0, 3.0]})
    ax = parallel(frame, [1.0, 2.0, 3.0], axes())
    sides = {text.get_text(): text.get_va() for text in ax.texts}
    assert [sides[level] for level in "abc"] == ["top", "center", "bottom"]
