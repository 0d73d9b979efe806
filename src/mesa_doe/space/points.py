"""Checking a table of native values, a user's own design say, against axes and constants."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.errors import SpaceError
from mesa_doe.space.axes import Axis
from mesa_doe.space.levels import Constant
from mesa_doe.space.values import as_column, plain

__all__ = ["close_to", "points_problems"]


def close_to(name: Any, names: Iterable[Any]) -> str:
    """Offer the names that a misspelled one may stand for, as the end of a message.

    Examples
    --------
    >>> close_to("densty", ["density", "width"])
    "; close: 'density'"
    """
    close = sorted(difflib.get_close_matches(str(name), [str(other) for other in names]))
    return f"; close: {', '.join(map(repr, close))}" if close else ""


def points_problems(entries: Mapping[str, Axis], points: Any) -> list[str]:
    """Say what keeps a table from being points of these axes; `ParameterSpace.problems_of` tells more.

    Examples
    --------
    >>> points_problems({"width": Constant(20)}, {"width": [20, 21]})
    ["axis 'width': 21 in row 1 is no value of Constant(value=20)"]
    """
    if not isinstance(points, (pd.DataFrame, Mapping)):
        return [f"points must be a DataFrame or a mapping of columns, got {type(points).__name__}"]
    problems, lengths = [], {}
    for name, axis in entries.items():
        if name not in points:
            if not isinstance(axis, Constant):
                problems.append(f"axis {name!r}: the column is missing{close_to(name, points)}")
            continue
        try:
            column = as_column(points[name])
        except SpaceError as error:
            problems.append(f"axis {name!r}: {error}")
            continue
        lengths[name] = len(column)
        rows = np.flatnonzero(axis.outside(column))
        if len(rows):
            more = f" (nor are {len(rows) - 1} more)" if len(rows) > 1 else ""
            value = plain(column[rows[0]])
            problems.append(f"axis {name!r}: {value!r} in row {rows[0]} is no value of {axis!r}{more}")
    if len(set(lengths.values())) > 1:
        problems.append(f"columns must be equally long, got {lengths!r}")
    return problems
