"""Placing names beside points, clear of each other and of what is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians, sin
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from mesa_doe.arrays import FloatArray
from mesa_doe.plots import palette
from mesa_doe.plots.ties import joined_names, sharing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Left, bottom, right and top, in points from the corner of the Axes.
Box: TypeAlias = tuple[float, float, float, float]

SIZE = 8
# A character of the sans-serif fonts is about 0.62 of its size wide; a line is 1.3 of it high.
_WIDE, _HIGH = 0.62 * SIZE, 1.3 * SIZE
_NEAR = 6.0
# Markers are 6 points wide.
_SAME = 4.0
_CROWD = 40.0
_RADII = (_NEAR, 14.0, 24.0, 36.0, 50.0, 66.0, 84.0, 104.0, 128.0, 160.0)
_ANGLES = (0, 180, 90, 270, 45, 315, 135, 225, 22, 338, 67, 292, 112, 248, 158, 202)


def on_paper(ax: Axes, x: npt.ArrayLike, y: npt.ArrayLike) -> FloatArray:
    """Return places of the data in points from the lower left corner of the Axes.

    Returns
    -------
    ndarray, shape (n, 2)
    """
    pixels = ax.transData.transform(np.column_stack([x, y])) - ax.get_window_extent().min
    return np.asarray(pixels * 72 / ax.figure.dpi, dtype=float)


def around(x: float, y: float, half: float) -> Box:
    """Return the square around a place.

    Returns
    -------
    (left, bottom, right, top)

    Examples
    --------
    >>> around(5, 5, 2)
    (3, 3, 7, 7)
    """
    return x - half, y - half, x + half, y + half


def name_points(
    ax: Axes, names: Sequence[str], x: FloatArray, y: FloatArray, *, taken: Sequence[Box]
) -> None:
    """Write each name at the nearest free place around its point, with a line to it when that is far.

    Points that lie on each other share a label, and so do neighbours where there is no room for both.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        The Axes, its limits set and, on a figure of ours, its layout done: what is free depends on both.
    names : sequence of str, length n
        One a point.
    x, y : ndarray, shape (n,)
        The points, in data.
    taken : sequence of boxes
        What else no name may cover.
    """
    extent, scale = ax.get_window_extent(), 72 / ax.figure.dpi
    room = (float(extent.width * scale), float(extent.height * scale))
    points = [(float(u), float(v)) for u, v in on_paper(ax, x, y)]
    reach = [_SAME] * len(points)
    while True:
        groups = sharing(points, reach)
        texts = [joined_names([names[k] for k in group]) for group in groups]
        places = _places([points[group[0]] for group in groups], texts, points, taken, room)
        crowded = [k for group, place in zip(groups, places, strict=True) if not place.free for k in group]
        if min((reach[k] for k in crowded), default=np.inf) > _CROWD:
            break
        for k in crowded:
            reach[k] *= 2
    # Rays and the lines to other names may pass beneath. White, which a report turns into its paper: the
    # colour of its Axes is none, and an opacity would make that black.
    behind = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.5}
    for group, text, place in zip(groups, texts, places, strict=True):
        arrow: dict[str, Any] = {"arrowstyle": "-", "color": "#777777", "linewidth": 0.6}
        ax.annotate(
            text,
            (x[group[0]], y[group[0]]),
            xytext=place.offset,
            textcoords="offset points",
            ha=_side(place.offset[0], "left", "right"),
            va=_side(place.offset[1], "bottom", "top"),
            fontsize=SIZE,
            color=palette.INK,
            bbox=behind,
            arrowprops={**arrow, "shrinkA": 0, "shrinkB": 3} if place.leader else None,
            zorder=4,
        )


class _Place(NamedTuple):
    """Where a label is: its offset from the point, its box, those of the line to it; whether all is clear."""

    offset: tuple[float, float]
    box: Box
    leader: list[Box]
    free: bool


def _places(
    anchors: Sequence[tuple[float, float]],
    texts: Sequence[str],
    points: Sequence[tuple[float, float]],
    taken: Sequence[Box],
    room: tuple[float, float],
) -> list[_Place]:
    """Return a place for each label, clear of the others, of all points and of what is taken."""
    boxes, lines = [*taken, *(around(u, v, 4.5) for u, v in points)], list[Box]()
    # Those that stand alone first, so that the names of a crowd do not take their places.
    near = [sum(abs(u - u0) < _CROWD and abs(v - v0) < _CROWD for u, v in points) for u0, v0 in anchors]
    found: dict[int, _Place] = {}
    for k in sorted(range(len(texts)), key=lambda k: (near[k], -anchors[k][1])):
        found[k] = _freest_place(anchors[k], texts[k], boxes, lines, room)
        boxes += [found[k].box, *found[k].leader]
        lines += [found[k].box, *found[k].leader]
    return [found[k] for k in range(len(texts))]


def _freest_place(
    point: tuple[float, float], text: str, taken: list[Box], lines: list[Box], room: tuple[float, float]
) -> _Place:
    """Return the nearest free place of a label.

    It keeps clear of all that is ``taken``; its line only of other labels and ``lines``, since in a crowd it
    must pass over points. Where no place is free, it is the one that meets the least.
    """
    x, y = point
    written = text.split("\n")
    length, high = _WIDE * max(map(len, written)), _HIGH * len(written)
    best, fewest = _Place((_NEAR, 0.0), around(x, y, 0.0), [], free=False), np.inf
    for radius in _RADII:
        for angle in _ANGLES:
            dx, dy = radius * cos(radians(angle)), radius * sin(radians(angle))
            left = x + dx - length * {"left": 0.0, "center": 0.5, "right": 1.0}[_side(dx, "left", "right")]
            low = y + dy - high * {"bottom": 0.0, "center": 0.5, "top": 1.0}[_side(dy, "bottom", "top")]
            box = (left, low, left + length, low + high)
            if left < 0 or low < 0 or box[2] > room[0] or box[3] > room[1]:
                continue
            covered = _meetings([box], taken)
            if 100 * covered >= fewest:
                continue
            steps = np.arange(8.0, radius, 3.0) / radius if radius > _NEAR else ()
            leader = [around(x + share * dx, y + share * dy, 0.5) for share in steps]
            met = 100 * covered + _meetings(leader, lines)
            if met < fewest:
                best, fewest = _Place((dx, dy), box, leader, free=not covered), met
            if met == 0:
                return best
    return best


def _side(offset: float, positive: str, negative: str) -> str:
    return "center" if abs(offset) < 0.4 * _NEAR else positive if offset > 0 else negative


def _meetings(some: list[Box], others: list[Box]) -> int:
    """Count the pairs of boxes that overlap."""
    if not some or not others:
        return 0
    left, low, right, top = np.array(some).T[:, :, None]
    u, v, w, z = np.array(others).T
    return int(((left < w) & (u < right) & (low < z) & (v < top)).sum())
