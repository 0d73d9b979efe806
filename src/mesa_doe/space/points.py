"""Tables of native values: made of columns, and checked against axes and constants."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import Array
from mesa_doe.errors import SpaceError, listed
from mesa_doe.space.axes import Axis
from mesa_doe.space.levels import Constant
from mesa_doe.space.values import as_column, as_numbers, objects, plain

__all__ = ["close_to", "points_frame", "points_problems", "typed_columns"]


def close_to(name: Any, names: Iterable[Any]) -> str:
    """Offer the names that a misspelled one may stand for, as the end of a message.

    Examples
    --------
    >>> close_to("densty", ["density", "width"])
    "; close: 'density'"
    """
    close = sorted(difflib.get_close_matches(str(name), [str(other) for other in names]))
    return f"; close: {', '.join(map(repr, close))}" if close else ""


def points_frame(columns: Mapping[str, Array], count: int) -> pd.DataFrame:
    """Hold columns that nobody else holds, since they are not copied, as a table with the index ``point``.

    Examples
    --------
    >>> points_frame({"kind": objects(["a", "b"])}, 2).dtypes.tolist()
    [dtype('O')]
    """
    index = pd.RangeIndex(count, name="point")
    # The dtype is said: left to itself, pandas 3 turns an object column of strings into its own strings.
    series = {
        name: pd.Series(column, index=index, dtype=column.dtype, copy=False)
        for name, column in columns.items()
    }
    return pd.DataFrame(series, index=index, copy=False)


def points_problems(entries: Mapping[str, Axis], points: Any) -> list[str]:
    """Say what keeps a table from being points of these axes; `ParameterSpace.problems_of` tells more.

    Examples
    --------
    >>> points_problems({"width": Constant(20)}, {"width": [20, 21]})
    ["axis 'width': 21 in row 1 is no value of Constant(value=20)"]
    """
    if problems := _table_problems(points):
        return problems
    columns = {}
    for name, axis in entries.items():
        if name not in points:
            if not isinstance(axis, Constant):
                problems.append(f"axis {name!r}: the column is missing{close_to(name, points)}")
            continue
        try:
            column = columns[name] = as_column(points[name])
        except SpaceError as error:
            problems.append(f"axis {name!r}: {error}")
            continue
        rows = np.flatnonzero(axis.outside(column))
        if len(rows):
            more = f" (nor are {len(rows) - 1} more)" if len(rows) > 1 else ""
            value = plain(column[rows[0]])
            problems.append(f"axis {name!r}: {value!r} in row {rows[0]} is no value of {axis!r}{more}")
    return problems + _length_problems(columns)


def typed_columns(axes: Mapping[str, Axis], points: Any) -> tuple[dict[str, Array], int]:
    """Read the columns of these axes off a table, each of the type that its axis gives, and count the rows.

    Values are not checked against the axes; what is no number, in a column of numbers, is NaN.

    Raises
    ------
    SpaceError
        If a column is missing, or the columns are not equally long.

    Examples
    --------
    >>> from mesa_doe.space.axes import Integer
    >>> typed_columns({"n": Integer(1, 4)}, {"n": [1, 2], "other": "?"})
    ({'n': array([1, 2])}, 2)
    """
    if problems := _table_problems(points):
        raise SpaceError(problems[0])
    columns = {}
    for name, axis in axes.items():
        try:
            if name not in points:
                raise SpaceError(f"the column is missing{close_to(name, points)}")
            columns[name] = _typed(as_column(points[name]), axis.from_unit(np.empty(0)).dtype.kind)
        except SpaceError as error:
            problems.append(f"axis {name!r}: {error}")
    if problems := problems + _length_problems(columns):
        raise SpaceError(listed(problems, "the points do not fit the parameter space"))
    if isinstance(points, pd.DataFrame):
        return columns, len(points)
    return columns, len(next(iter(columns.values()), ()))


def _table_problems(points: Any) -> list[str]:
    if isinstance(points, (pd.DataFrame, Mapping)):
        return []
    return [f"points must be a DataFrame or a mapping of columns, got {type(points).__name__}"]


def _length_problems(columns: Mapping[str, Array]) -> list[str]:
    lengths = {name: len(column) for name, column in columns.items()}
    return [f"columns must be equally long, got {lengths!r}"] if len(set(lengths.values())) > 1 else []


def _typed(column: Array, kind: str) -> Array:
    if kind == "O":
        return column if column.dtype.kind == "O" else objects(map(plain, column))
    if kind == "b":
        if column.dtype.kind != "b" and not all(isinstance(value, (bool, np.bool_)) for value in column):
            raise SpaceError("a value is neither True nor False")
        return column.astype(np.bool_)
    numbers = as_numbers(column)
    whole = numbers.dtype.kind == "i" or (numbers.dtype.kind == "u" and numbers.max(initial=0) < 2**63)
    return numbers.astype(np.int64 if whole else np.float64)
