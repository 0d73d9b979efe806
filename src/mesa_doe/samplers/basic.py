"""Designs of our own: the user's points, as they are, and one factor at a time around a scenario."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.design import Design
from mesa_doe.errors import DesignError, SpaceError, listed
from mesa_doe.samplers.axis_levels import Levels, chosen_levels, from_levels
from mesa_doe.samplers.declare import check_space, declare
from mesa_doe.samplers.native import native_column
from mesa_doe.space import Axis, Boolean, Categorical, Constant, Integer, ParameterSpace, Real
from mesa_doe.space.points import close_to
from mesa_doe.space.values import as_column, objects, plain, same

__all__ = ["base_case", "explicit"]

# By this share of the largest level two values may differ and be one.
_ROUNDING = 1e-14


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
    if space is not None:
        check_space(space, "explicit")
    frame = _frame(points, space)
    if len(frame) == 0 or len(frame.columns) == 0:
        message = f"explicit needs at least one point and one column, got shape {frame.shape}"
        raise DesignError(message)
    missing = {name: rows for name in frame.columns if (rows := _missing(frame[name], space)).any()}
    if missing:
        row = int(np.any(list(missing.values()), axis=0).argmax())
        message = f"explicit: values are missing in {', '.join(missing)}, first at point {row}"
        raise DesignError(message)
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
    own = pd.DataFrame(index=pd.RangeIndex(len(frame), name="point"))
    for name, axis in space.axes.items():
        # An array or a CSV file may hold whole numbers as floats; models get ints.
        column = native_column(axis, frame[name])
        own[name] = pd.Series(column, index=own.index, dtype=column.dtype)
    return Design(space, space.to_unit(own), method="explicit", options={"n": len(frame)}, points=own)


@declare(
    library="mesa-doe",
    purpose="a reference scenario, and what each factor does to it alone",
    points="1 + the levels of each factor, but the reference",
    extension="none",
    random=False,
    source="",
    even=False,
    laws="quantiles",
    analysis="one_at_a_time",
)
def base_case(
    space: ParameterSpace,
    levels: Levels | Mapping[str, Levels] | None = None,
    *,
    base: Mapping[str, Any] | None = None,
) -> Design:
    """One factor at a time: a reference scenario, and each factor's other levels beside it.

    Parameters
    ----------
    space : ParameterSpace
    levels : int, sequence or mapping of str to either, optional
        How many levels, or which, as in :func:`full_factorial`; an axis that has only a few has all of them.
    base : mapping of str to object, optional
        The reference value of some or all factors. Else it is the middle of an axis of numbers, the median of
        a law, the first of a list of names, and False.

    Returns
    -------
    Design
        The reference first, then the levels of the first factor with all others at the reference, and so on.
        A level that misses the reference by rounding only is the reference.
        Interactions of factors cannot be seen in it.

    Raises
    ------
    DesignError
        If a level or a reference value lies outside its axis, or an axis needs levels; all are named.

    Examples
    --------
    >>> space = ParameterSpace(n=Integer(1, 9), torus=Boolean())
    >>> base_case(space, {"n": [1, 3, 9]}, base={"n": 3}).points.to_dict("list")
    {'n': [3, 1, 9, 3], 'torus': [False, False, False, True]}
    """
    check_space(space, "base_case")
    values = _reference(space, base)
    natives = chosen_levels(space, levels, "base_case")
    columns, moved = [], []
    for k, (axis, value, native) in enumerate(zip(space.axes.values(), values, natives, strict=True)):
        others = native[~_is_base(axis, native, value)]
        columns.append(np.concatenate([value, others]))
        moved.append(np.zeros((len(others), len(values)), dtype=np.intp))
        moved[-1][:, k] = 1 + np.arange(len(others))
    options = {
        "levels": {name: len(native) for name, native in zip(space, natives, strict=True)},
        "base": {name: plain(value[0]) for name, value in zip(space, values, strict=True)},
    }
    index = np.vstack([np.zeros((1, len(values)), dtype=np.intp), *moved])
    return from_levels(space, columns, index, method="base_case", options=options)


def _reference(space: ParameterSpace, base: Any) -> list[np.ndarray[Any, Any]]:
    """Return the reference value of each axis, an array (1,) as the axis would give it."""
    if base is not None and not isinstance(base, Mapping):
        message = f"base_case: base takes a mapping of names to values, got {base!r}"
        raise DesignError(message)
    given = dict(base or {})
    problems = [
        f"base names {name!r}, which is no factor of the space{close_to(name, space.names)}"
        for name in given
        if name not in space.names
    ]
    problems += [
        f"axis {name!r}: the reference {given[name]!r} is no value of {axis!r}"
        for name, axis in space.axes.items()
        if name in given and axis.outside(objects([given[name]]))[0]
    ]
    if problems:
        raise DesignError(listed(problems, "base_case cannot be made"))
    return [
        native_column(axis, objects([given[name]])) if name in given else _middle(axis)
        for name, axis in space.axes.items()
    ]


def _is_base(axis: Axis, native: np.ndarray[Any, Any], value: np.ndarray[Any, Any]) -> Any:
    """Tell which levels are the reference value, or miss it by rounding, as 3 * 0.1 misses 0.3."""
    if native.dtype.kind == "O":  # levels may not be comparable, but each has a place of its own
        return axis.to_unit(native) == axis.to_unit(value)
    if native.dtype.kind != "f" or axis.n_levels is not None:
        return native == value
    near = np.abs(native - value) <= _ROUNDING * max(np.abs(native).max(), np.abs(value[0]))
    # Nearness of values is not enough: an axis of logarithms tells 1e-15 from 2e-15.
    return near & (np.abs(axis.to_unit(native) - axis.to_unit(value)) < 1e-9)


def _middle(axis: Axis) -> np.ndarray[Any, Any]:
    first = isinstance(axis, (Boolean, Categorical))
    return axis.from_unit(np.array([0.0 if first else 0.5]))


def _frame(points: Any, space: ParameterSpace | None) -> pd.DataFrame:
    if isinstance(points, (str, os.PathLike)):
        path = Path(points)
        if not path.is_file():
            message = f"explicit: there is no file {str(path)!r}; a str is taken as the path of a CSV file"
            raise DesignError(message)
        return _read_csv(path, space)
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
        kind = type(points).__name__
        message = f"explicit takes a DataFrame, records, an array or a CSV file, got a {kind}: {error}"
        raise DesignError(message) from error
    frame = frame.rename(columns=str).reset_index(drop=True)
    if not frame.columns.is_unique:
        repeated = sorted(set(frame.columns[frame.columns.duplicated()]))
        message = f"explicit: columns must have different names, got more than one {', '.join(repeated)}"
        raise DesignError(message)
    return frame


def _missing(column: pd.Series[Any], space: ParameterSpace | None) -> np.ndarray[Any, Any]:
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
        message = f"explicit: {str(path)!r} is no CSV file that pandas reads: {error}"
        raise DesignError(message) from error
    for name, axis in axes.items():
        if name in frame and isinstance(axis, Categorical):
            frame[name] = _levels_of(words[name].tolist(), name, axis)
    return frame if "point" in axes else frame.drop(columns=["point"], errors="ignore")


def _levels_of(words: list[str], name: str, axis: Categorical) -> pd.Series[Any]:
    """Give the words of a CSV file back the levels that they stand for."""
    texts = ["" if level is None else str(level) for level in axis.levels]
    if len(set(texts)) < len(texts):
        message = (
            f"explicit: a CSV file cannot tell the levels of axis {name!r} apart, which are written "
            f"alike: {axis.levels!r}; give the points as a DataFrame"
        )
        raise DesignError(message)
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
        message = f"explicit: no space can be read off the columns; give it with space=. {error}"
        raise DesignError(message) from error
