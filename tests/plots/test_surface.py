"""What every plot promises: the Axes given, the user's data untouched, matplotlib only when called."""

from __future__ import annotations

import inspect
import subprocess
import sys
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from mesa_doe import plots
from mesa_doe.errors import AnalysisError, MissingDependencyError
from tests.plots.drawn import assert_clips_nothing
from tests.random_state import global_state

# Plots of one tidy frame, and the fixture that they draw.
TABLES = [
    (plots.bars, "indices"),
    (plots.convergence, "growing"),
    (plots.fan, "runs"),
    (plots.heatmap, "pairs"),
    (plots.interaction, "pair_means"),
    (plots.main_effects, "level_means"),
    (plots.noise_fan, "replicated"),
    (plots.over_time, "courses"),
    (plots.pareto, "effects"),
    (plots.plane, "morris"),
    (plots.spider, "curves"),
    (plots.tornado, "changes"),
]
FACTORS, OUTPUT = slice(None, -1), "a_long_output_name"
CALLS = {
    **{row[0].__name__: partial(lambda draw, table, data, ax: draw(data[table], ax), *row) for row in TABLES},
    "cusunoro": lambda data, ax: plots.cusunoro(data["points"].iloc[:, FACTORS], data["points"][OUTPUT], ax),
    "failures": lambda data, ax: plots.failures(
        data["points"].iloc[:, FACTORS], data["points"][OUTPUT] > 1, ax
    ),
    "parallel": lambda data, ax: plots.parallel(
        data["points"].iloc[:, FACTORS], data["points"][OUTPUT], ax, highlight=(0, 1)
    ),
    "partial_dependence": lambda data, ax: plots.partial_dependence(
        data["points"]["network_kind"], data["points"][OUTPUT], ax
    ),
    "replications": lambda data, ax: plots.replications(
        data["replicated"]["value"].to_numpy().reshape(5, 60), ax, target=0.5
    ),
    "scatter": lambda data, ax: plots.scatter(data["points"]["network_kind"], data["points"][OUTPUT], ax),
}


def test_the_surface_is_the_list():
    assert plots.__all__ == sorted(CALLS)
    for name in plots.__all__:
        assert inspect.signature(getattr(plots, name)).parameters["ax"].default is None


def test_importing_plots_imports_no_matplotlib():
    code = (
        "import sys, mesa_doe; before = set(sys.modules); import mesa_doe.plots; "
        "assert not [m for m in set(sys.modules) - before if m.startswith('matplotlib')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", CALLS)
def test_the_axes_given_are_returned_no_figure_is_opened_and_the_users_frames_are_unchanged(name, data):
    before = {key: frame.copy(deep=True) for key, frame in data.items()}
    ax = Figure().subplots()
    assert CALLS[name](data, ax) is ax
    assert plt.get_fignums() == []
    for key, frame in data.items():
        pd.testing.assert_frame_equal(frame, before[key])


@pytest.mark.parametrize("name", CALLS)
def test_without_axes_one_new_figure_is_drawn_that_clips_nothing(name, data):
    ax = CALLS[name](data, None)
    assert len(plt.get_fignums()) == 1
    assert_clips_nothing(ax)


@pytest.mark.parametrize("name", CALLS)
def test_the_global_random_state_does_not_move_and_the_picture_repeats(name, data):
    state = global_state()
    pictures = []
    for _ in range(2):
        figure = Figure()
        CALLS[name](data, figure.subplots())
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        pictures.append(np.asarray(canvas.buffer_rgba()).copy())
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert global_state() == state


@pytest.mark.parametrize(("function", "table"), TABLES)
def test_a_missing_column_is_named_with_those_given(function, table, data):
    frame = data[table]
    lost = frame.columns[-1]
    with pytest.raises(
        AnalysisError, match=f"{function.__name__}: needs the columns .*; missing: {lost}; given"
    ):
        function(frame.drop(columns=lost))
    assert plt.get_fignums() == []


@pytest.mark.parametrize(("function", "table"), TABLES)
def test_a_column_in_the_index_is_pointed_out(function, table, data):
    frame = data[table]
    with pytest.raises(ValueError, match=r"reset_index\(\)"):
        function(frame.set_index(frame.columns[0]))


@pytest.mark.parametrize(("function", "table"), TABLES)
def test_an_empty_frame_and_no_frame_are_refused(function, table, data):
    with pytest.raises(AnalysisError, match="at least one row"):
        function(data[table].iloc[:0])
    with pytest.raises(AnalysisError, match="given a dict"):
        function({})


@pytest.mark.parametrize(("function", "table"), TABLES)
def test_text_in_a_number_column_is_refused(function, table, data):
    column = data[table].columns[-1]
    with pytest.raises(AnalysisError, match=f"{function.__name__}: {column} must be numbers, given text"):
        function(data[table].assign(**{column: "0.1"}))


@pytest.mark.parametrize("name", CALLS)
def test_without_matplotlib_the_install_line_is_given(name, data, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(MissingDependencyError, match=r'pip install "mesa-doe\[plot\]"'):
        CALLS[name](data, None)
