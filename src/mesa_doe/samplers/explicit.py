"""Points of the user's own, from a table of any form."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import Array
from mesa_doe.design import Design
from mesa_doe.errors import DesignError, SpaceError, listed
from mesa_doe.samplers.declare import declare
from mesa_doe.samplers.native import native_column
from mesa_doe.space import Boolean, Categorical, Constant, Integer, ParameterSpace, Real
from mesa_doe.space.points import points_frame
from mesa_doe.space.values import as_column, objects, same

__all__ = ["explicit"]


@declare(
    library="mesa-doe",
    purpose="points of your own",
    points="those given",
    extension="none",
    random=False,
    even=False,
    correlated=True,
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
        With the values as they were given, each of its axis' own type.

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
        raise DesignError(f"explicit needs at least one point and one column, got shape {frame.shape}")
    missing = {name: rows for name in frame.columns if (rows := _missing(frame[name], space)).any()}
    if missing:
        row = int(np.any(list(missing.values()), axis=0).argmax())
        raise DesignError(f"explicit: values are missing in {', '.join(missing)}, first at point {row}")
    if space is None:
        space = _space_of(frame)
    problems = [
        f"column {name!r} is no axis of the space"
        for name in frame.columns
        if not {name} & {*space.names, *space.constants, *space.derived}
    ]
    problems += space.problems_of(frame)
    if problems:
        raise DesignError(listed(problems, "the points do not lie in the space"))
    # An array or a CSV file may hold whole numbers as floats; models get ints.
    columns = {name: native_column(axis, frame[name]) for name, axis in space.axes.items()}
    own = points_frame(columns, len(frame))
    return Design(space, space.to_unit(own), method="explicit", options={"n": len(frame)}, points=own)


def _frame(points: Any, space: ParameterSpace | None) -> pd.DataFrame:
    if isinstance(points, (str, os.PathLike)):
        path = Path(points)
        if not path.is_file():
            raise DesignError(
                f"explicit: there is no file {str(path)!r}; a str is taken as the path of a CSV file"
            )
        return _read_csv(path, space)
    if isinstance(points, np.ndarray) and points.dtype.names is None:
        if space is None or points.ndim != 2 or points.shape[1] != len(space):
            need = "a space, to name its columns" if space is None else f"{len(space)} columns"
            raise DesignError(f"explicit: an array needs {need}, got shape {points.shape}")
        frame = pd.DataFrame({name: points[:, k] for k, name in enumerate(space.names)})
        return frame.infer_objects()
    try:
        frame = pd.DataFrame(points)
    except (TypeError, ValueError) as error:
        kind = type(points).__name__
        raise DesignError(
            f"explicit takes a DataFrame, records, an array or a CSV file, got a {kind}: {error}"
        ) from error
    frame = frame.rename(columns=str).reset_index(drop=True)
    if not frame.columns.is_unique:
        repeated = sorted(set(frame.columns[frame.columns.duplicated()]))
        raise DesignError(
            f"explicit: columns must have different names, got more than one {', '.join(repeated)}"
        )
    return frame


def _missing(column: pd.Series[Any], space: ParameterSpace | None) -> Array:
    missing = column.isna().to_numpy(dtype=bool)
    if missing.any() and space is not None and column.name in space:
        # None may be a level or a constant.
        missing = missing & space[str(column.name)].outside(as_column(column))
    return missing


def _read_csv(path: Path, space: ParameterSpace | None) -> pd.DataFrame:
    axes = {} if space is None else space.axes
    try:
        frame = pd.read_csv(path)
        # Words as they are written: read as values, the level "None" is missing, and 1 beside 2.5 is 1.0.
        words = pd.read_csv(path, dtype=str, keep_default_na=False)
    except ValueError as error:  # so are pandas' own parser errors
        raise DesignError(f"explicit: {str(path)!r} is no CSV file that pandas reads: {error}") from error
    if len(frame.columns) == 1 and ";" in str(frame.columns[0]):
        raise DesignError(
            f"explicit: {str(path)!r} has semicolons between its columns, as spreadsheets of some languages "
            "write: read it with pandas.read_csv(path, sep=';', decimal=','), and give the DataFrame"
        )
    for name, axis in axes.items():
        if name in frame and isinstance(axis, Categorical):
            frame[name] = _levels_of(words[name].tolist(), name, axis)
    return frame if "point" in axes else frame.drop(columns=["point"], errors="ignore")


def _levels_of(words: list[str], name: str, axis: Categorical) -> pd.Series[Any]:
    """Give the words of a CSV file back the levels that they stand for."""
    texts = ["" if level is None else str(level) for level in axis.levels]
    if len(set(texts)) < len(texts):
        raise DesignError(
            f"explicit: a CSV file cannot tell the levels of axis {name!r} apart, which are written "
            f"alike: {axis.levels!r}; give the points as a DataFrame"
        )
    by_text = dict(zip(texts, axis.levels, strict=True))
    return pd.Series(objects(by_text.get(word, word or None) for word in words), dtype=object)


def _space_of(frame: pd.DataFrame) -> ParameterSpace:
    axes: dict[str, Any] = {}
    for name in frame.columns:
        column = frame[name]
        values = column.tolist()
        kind = column.dtype.kind
        if all(same(value, values[0]) for value in values):
            axes[name] = Constant(values[0])
        elif kind == "b":
            axes[name] = Boolean()
        elif kind in "iu":
            axes[name] = Integer(min(values), max(values))
        elif kind == "f":
            axes[name] = Real(min(values), max(values))
        else:
            levels: list[Any] = []
            for value in values:
                if not any(same(value, level) for level in levels):
                    levels.append(value)
            axes[name] = Categorical(levels)
    try:
        return ParameterSpace(axes)
    except SpaceError as error:
        raise DesignError(
            f"explicit: no space can be read off the columns; give it with space=. {error}"
        ) from error
