"""Designs of our own: the user's points, as they are."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.design import Design
from mesa_doe.errors import DesignError, SpaceError, listed
from mesa_doe.samplers.declare import declare
from mesa_doe.space import Boolean, Categorical, Integer, ParameterSpace, Real

__all__ = ["explicit"]


@declare(
    library="mesa-doe",
    points="those given",
    extension="none",
    random=False,
    source="",
)
def explicit(points: Any, space: ParameterSpace | None = None) -> Design:
    """Points of your own, in their own order.

    Parameters
    ----------
    points : DataFrame, records, mapping of columns, array (points, factors) or path of a CSV file
        One row a point, one column a parameter. An array needs ``space``, whose order of names it has.
    space : ParameterSpace, optional
        The axes that the points lie on; without it they are read off the columns: numbers span a
        Real or an Integer axis, other values are the levels of a Categorical one, and a column that
        has only one value is a constant.

    Returns
    -------
    Design
        With the values as they were given.

    Raises
    ------
    DesignError
        If there are no points, or a value is missing, or lies outside its axis; all are named.

    Examples
    --------
    >>> design = explicit([{"n": 50, "torus": True}, {"n": 100, "torus": False}])
    >>> design.points["n"].tolist(), design.space.names
    ([50, 100], ('n', 'torus'))
    """
    frame = _frame(points, space)
    if len(frame) == 0 or len(frame.columns) == 0:
        message = f"explicit needs at least one point and one column, got shape {frame.shape}"
        raise DesignError(message)
    missing = [str(name) for name in frame.columns if frame[name].isna().any()]
    if missing:
        row = int(frame[missing].isna().any(axis=1).to_numpy().argmax())
        message = f"explicit: values are missing in {', '.join(missing)}, first at point {row}"
        raise DesignError(message)
    if space is None:
        space = _space_of(frame)
    problems = [
        f"column {name!r} is no axis of the space"
        for name in frame.columns
        if name not in space.names and name not in space.constants
    ]
    problems += space.problems_of(frame)
    if problems:
        raise DesignError(listed(problems, "the points do not lie in the space"))
    own = frame[list(space.names)].rename_axis(index="point")
    for name, axis in space.axes.items():
        if isinstance(axis, Integer):
            # An array or a CSV file may hold whole numbers as floats; models get ints.
            own[name] = own[name].astype("int64")
    return Design(space, space.to_unit(own), method="explicit", options={"n": len(frame)}, points=own)


def _frame(points: Any, space: ParameterSpace | None) -> pd.DataFrame:
    if isinstance(points, (str, os.PathLike)):
        path = Path(points)
        if not path.is_file():
            message = f"explicit: there is no file {str(path)!r}; a str is taken as the path of a CSV file"
            raise DesignError(message)
        frame = pd.read_csv(path)
        return _as_levels(frame.drop(columns=["point"], errors="ignore"), space)
    if isinstance(points, np.ndarray) and points.dtype.names is None:
        if space is None or points.ndim != 2 or points.shape[1] != len(space):
            need = "a space, to name its columns" if space is None else f"{len(space)} columns"
            message = f"explicit: an array needs {need}, got shape {points.shape}"
            raise DesignError(message)
        frame = pd.DataFrame({name: points[:, k] for k, name in enumerate(space.names)})
        return frame.infer_objects()
    try:
        frame = pd.DataFrame(points)
    except (TypeError, ValueError) as error:
        message = f"explicit takes a DataFrame, records, an array or a CSV file, got {type(points).__name__}"
        raise DesignError(message) from error
    return frame.rename(columns=str).reset_index(drop=True)


def _as_levels(frame: pd.DataFrame, space: ParameterSpace | None) -> pd.DataFrame:
    """Give the words of a CSV file back the levels that they stand for."""
    for name, axis in ({} if space is None else space.axes).items():
        if name in frame and isinstance(axis, Categorical):
            by_text: Mapping[str, Any] = {str(level): level for level in axis.levels}
            column = np.empty(len(frame), dtype=object)
            for row, value in enumerate(frame[name].tolist()):
                column[row] = by_text.get(str(value), value)
            frame[name] = pd.Series(column, dtype=object)
    return frame


def _space_of(frame: pd.DataFrame) -> ParameterSpace:
    axes: dict[str, Any] = {}
    for name in frame.columns:
        column = frame[name]
        values = column.tolist()
        kind = column.dtype.kind
        if all(_same(value, values[0]) for value in values):
            axes[name] = values[0]
        elif kind == "b":
            axes[name] = Boolean()
        elif kind in "iu":
            axes[name] = Integer(min(values), max(values))
        elif kind == "f":
            axes[name] = Real(min(values), max(values))
        else:
            levels: list[Any] = []
            for value in values:
                if not any(_same(value, level) for level in levels):
                    levels.append(value)
            axes[name] = Categorical(levels)
    try:
        return ParameterSpace(axes)
    except SpaceError as error:
        message = f"explicit: no space can be read off the columns; give it with space=. {error}"
        raise DesignError(message) from error


def _same(a: Any, b: Any) -> bool:
    return a is b or (type(a) is type(b) and bool(a == b))
