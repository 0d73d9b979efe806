"""Points too close for a name each: which ones share a label, and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from math import dist

__all__ = ["joined_names", "sharing"]

# Of one label: more names are counted.
_MOST_NAMES = 8
# Characters; a name that is longer has a line of its own.
_LINE = 30


def sharing(points: Sequence[tuple[float, float]], reach: Sequence[float]) -> list[list[int]]:
    """Return which points share a label: those within the reach of the first of them, or that within theirs.

    Parameters
    ----------
    points : sequence of (float, float), length n
        Their places.
    reach : sequence of float, length n
        How near another must be.

    Returns
    -------
    list of list of int
        Numbers of points, ascending.

    Examples
    --------
    >>> sharing([(0, 0), (9, 9), (1, 0)], [2, 2, 2])
    [[0, 2], [1]]
    """
    groups: list[list[int]] = []
    for k, point in enumerate(points):
        for group in groups:
            if dist(point, points[group[0]]) <= max(reach[k], reach[group[0]]):
                group.append(k)
                break
        else:
            groups.append([k])
    return groups


def joined_names(names: Sequence[str]) -> str:
    r"""Write names as one label, in lines; at most so many, and how many more there are.

    Examples
    --------
    >>> joined_names(["x4", "x5", "x6"])
    'x4, x5, x6'
    >>> joined_names([f"parameter_{k}" for k in range(12)]).split("\n")[2:]
    ['parameter_4, parameter_5,', 'parameter_6, parameter_7', 'and 4 more']
    """
    # "and 1 more" would take as much room as the name.
    shown = names if len(names) <= _MOST_NAMES + 1 else names[:_MOST_NAMES]
    lines = [""]
    for k, name in enumerate(shown):
        word = name if k == len(shown) - 1 else f"{name},"
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and len(longer) > _LINE:
            lines.append(word)
        else:
            lines[-1] = longer
    if len(shown) < len(names):
        lines.append(f"and {len(names) - len(shown)} more")
    return "\n".join(lines)
