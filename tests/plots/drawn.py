"""What a drawn picture shows: helpers of the tests of plots."""

from __future__ import annotations

from itertools import pairwise

from matplotlib.figure import Figure


def axes(**options):
    return Figure(**options).subplots()


def legend_texts(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def note(ax):
    """The line above the entries of the legend."""
    return ax.get_legend().get_title().get_text()


def x_labels(ax):
    return [label.get_text() for label in ax.get_xticklabels()]


def y_labels(ax):
    return [label.get_text() for label in ax.get_yticklabels()]


def intervals(ax, marker="|"):
    """The lines of intervals: ``"|"`` along x, ``"_"`` along y."""
    return [line for line in ax.lines if line.get_marker() == marker]


def band_at(collection, x):
    """Lowest and highest edge of a band at one x."""
    vertices = collection.get_paths()[0].vertices
    values = vertices[vertices[:, 0] == x, 1]
    return values.min(), values.max()


def of(frame, column="estimate", **where):
    """The values of a column in the rows where other columns have these values."""
    for name, value in where.items():
        frame = frame[frame[name] == value]
    return frame[column].to_numpy()


def assert_apart(labels, axis):
    """No label's box meets its neighbour's, along the axis (0 is x)."""
    boxes = [label.get_window_extent() for label in labels]
    spans = sorted((box.get_points()[0, axis], box.get_points()[1, axis]) for box in boxes)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def assert_clips_nothing(ax):
    """All that is drawn lies inside the figure."""
    ax.figure.draw_without_rendering()
    box = ax.figure.get_tightbbox()
    width, height = ax.figure.get_size_inches()
    assert min(box.x0, box.y0) >= -0.01
    assert box.x1 <= width + 0.01
    assert box.y1 <= height + 0.01
