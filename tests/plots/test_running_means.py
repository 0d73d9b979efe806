from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy import stats

from mesa_doe.errors import AnalysisError
from mesa_doe.plots.running_means import replications
from tests.plots.drawn import axes, band_at, legend_texts, note


def halves(row, confidence=0.95):
    """Half widths by scipy, for two replications and more."""
    found = []
    for n in range(2, len(row) + 1):
        low, high = stats.t.interval(confidence, n - 1, loc=0, scale=stats.sem(row[:n]))
        found.append((high - low) / 2)
    return np.array(found)


@pytest.fixture
def row():
    return np.random.default_rng(6).normal(10, 2, size=40)


def test_the_line_is_the_running_mean_and_the_band_its_t_interval(row):
    ax = replications(row, axes(), confidence=0.9)
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), range(1, 41))
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.cumsum(row) / np.arange(1, 41))
    for n in (2, 7, 40):
        expected = stats.t.interval(0.9, n - 1, loc=row[:n].mean(), scale=stats.sem(row[:n]))
        np.testing.assert_allclose(band_at(ax.collections[0], n), expected)
    assert legend_texts(ax) == ["mean, 90 % interval"]


def test_small_differences_of_large_numbers_are_not_lost(row):
    near, far = (replications(row + shift, axes()).collections[0] for shift in (0.0, 1e9))
    widths = [np.diff(band_at(band, 20)) for band in (near, far)]
    np.testing.assert_allclose(widths[1], widths[0], rtol=1e-6)


def test_the_mark_stands_where_the_half_width_stays_within_the_target(row):
    # Two nearly equal replications at the start have a narrow interval, which does not stay.
    row[1] = row[0] + 1e-3
    target = 0.8
    wide = np.flatnonzero(halves(row) > target)
    enough = wide[-1] + 2 + 1
    ax = replications(row, axes(), target=target)
    assert halves(row)[0] < target < halves(row)[1]
    assert ax.lines[-1].get_marker() == "D"
    np.testing.assert_allclose(ax.lines[-1].get_xydata(), [[enough, row[:enough].mean()]])
    assert legend_texts(ax)[1] == f"half width ≤ 0.8: from n={enough}"


def test_a_target_that_is_not_reached_is_said(row):
    ax = replications(row, axes(), target=1e-6)
    assert legend_texts(ax)[1] == "half width ≤ 1e-06: not reached"
    assert len(ax.lines) == 1


def test_a_point_without_noise_has_reached_any_target_at_two():
    ax = replications([3.0, 3.0, 3.0], axes(), target=0.1)
    assert legend_texts(ax)[1] == "half width ≤ 0.1: from n=2"
    ax.figure.draw_without_rendering()


def test_several_points_have_a_line_and_a_band_each():
    rng = np.random.default_rng(5)
    values = rng.normal(size=(3, 30)) * [[0.1], [1], [100]]
    ax = replications(values, axes(), target=0.5)
    np.testing.assert_allclose([line.get_ydata()[-1] for line in ax.lines[:1]], values[0].mean())
    assert len(ax.collections) == 3
    assert legend_texts(ax)[:3] == ["point 0", "point 1", "point 2"]
    reached = [2 + int(np.flatnonzero(np.r_[True, halves(row) > 0.5])[-1]) for row in values[:2]]
    assert legend_texts(ax)[3] == f"half width ≤ 0.5: from n={reached[0]}..{reached[1]}, 2 of 3 points"
    assert note(ax) == "95 % intervals"


def test_more_than_eight_points_are_faint_lines():
    values = np.random.default_rng(5).normal(size=(9, 12))
    ax = replications(values, axes())
    assert len(ax.lines) == 9
    assert len(ax.collections) == 0
    np.testing.assert_allclose([line.get_ydata()[-1] for line in ax.lines], values.mean(axis=1))
    assert legend_texts(ax) == ["9 points"]


def test_lines_are_the_fainter_the_more_they_are_but_seen():
    alphas = {}
    for count in (9, 36, 100, 900):
        lines = replications(np.random.default_rng(5).normal(size=(count, 3)), axes()).lines
        (alphas[count],) = {line.get_alpha() for line in lines}
    assert alphas == pytest.approx({9: 1, 36: 0.5, 100: 0.3, 900: 0.15})


def test_wide_intervals_of_few_replications_do_not_flatten_the_rest(row):
    ax = replications(row, axes())
    low, high = ax.get_ylim()
    assert high - low < 2 * halves(row)[0]
    assert low < (ax.lines[0].get_ydata() - np.r_[0, halves(row)])[4:].min()


def test_replications_that_are_not_finite_do_not_count(row):
    holes = np.insert(row, [0, 5], [np.nan, np.inf])
    ax = replications([holes], axes())
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.cumsum(row) / np.arange(1, 41))
    assert note(ax) == "2 not finite, left out"


def test_booleans_and_integers_are_numbers():
    ax = replications([True, False, True, True], axes())
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [1, 1 / 2, 2 / 3, 3 / 4])


@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        (3.0, {}, r"given \(\)"),
        (np.ones((2, 2, 2)), {}, r"given \(2, 2, 2\); select one output"),
        ([1.0], {}, "at least two finite replications of each point; point 0 has 1"),
        ([], {}, "point 0 has 0"),
        (np.ones((0, 3)), {}, "at least two finite replications"),
        ([[1.0, 2.0], [1.0, np.nan]], {}, "point 1 has 1; run it with more replications"),
        ([[1.0, 2.0], [1.0]], {}, "as many replications for each point; fill up with NaN"),
        (["a", "b"], {}, "values must be numbers"),
        ([1.0, 2.0], {"confidence": 95}, "confidence must be between 0 and 1, given 95"),
        ([1.0, 2.0], {"target": 0}, "target must be above zero, given 0"),
        ([1.0, 2.0], {"target": float("nan")}, "target must be above zero, given nan"),
    ],
)
def test_what_has_no_running_mean_is_refused(values, options, words):
    with pytest.raises(AnalysisError, match=f"replications: .*{words}"):
        replications(values, **options)
    assert plt.get_fignums() == []
