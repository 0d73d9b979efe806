"""The gate of the plots room: what a frame or an array must hold before it is drawn.

Each function gets as ``caller`` the name of the plot, for its message.
"""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import FloatArray
from mesa_doe.errors import AnalysisError


def tidy(frame: object, columns: Sequence[str], *, caller: str) -> pd.DataFrame:
    """Return a copy of the needed columns, rows numbered from zero.

    Raises
    ------
    AnalysisError
        If it is no frame, lacks a column or has no rows.

    Examples
    --------
    >>> tidy(pd.DataFrame({"step": [0]}), ["step", "value"], caller="fan")
    Traceback (most recent call last):
    mesa_doe.errors.AnalysisError: fan: needs the columns step, value; missing: value; given: 'step'
    """
    needed = ", ".join(columns)
    if not isinstance(frame, pd.DataFrame):
        raise AnalysisError(
            f"{caller}: needs a DataFrame with the columns {needed}; given a {type(frame).__name__}"
        )
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        given = ", ".join(repr(name) for name in frame.columns) or "no columns"
        message = f"{caller}: needs the columns {needed}; missing: {', '.join(missing)}; given: {given}"
        if set(missing) & set(frame.index.names):
            message += " (a missing one names the index: pass frame.reset_index())"
        raise AnalysisError(message)
    if frame.empty:
        raise AnalysisError(f"{caller}: needs at least one row of {needed}; the frame given has none")
    return frame.loc[:, list(columns)].reset_index(drop=True)


def factor_frame(frame: object, *, caller: str) -> pd.DataFrame:
    """Return a copy of a frame of factors, its columns named by text and its rows numbered from zero.

    Raises
    ------
    AnalysisError
        If it is no frame, has no rows or columns, or two factors have one name.

    Examples
    --------
    >>> factor_frame(pd.DataFrame({"a": [1]}, index=[7]), caller="cusunoro").index.tolist()
    [0]
    """
    if not isinstance(frame, pd.DataFrame):
        raise AnalysisError(
            f"{caller}: needs a DataFrame with a column a factor; given a {type(frame).__name__}"
        )
    if frame.empty:
        rows, columns = frame.shape
        raise AnalysisError(f"{caller}: needs rows and factors; given {rows} rows of {columns} columns")
    names = [str(name) for name in frame.columns]
    if len(set(names)) < len(names):
        raise AnalysisError(f"{caller}: needs factors of different names; given {', '.join(names)}")
    return frame.set_axis(names, axis=1).reset_index(drop=True)


def same_length(first: Sized, second: Sized, names: tuple[str, str], *, caller: str) -> None:
    """Refuse rows and values of different number.

    Parameters
    ----------
    first, second : sized
        What belongs together by position.
    names : (str, str)
        What the user calls them.

    Raises
    ------
    AnalysisError
        If their lengths differ.
    """
    if len(first) != len(second):
        rows, values = names
        raise AnalysisError(
            f"{caller}: {rows} and {values} must be of one length, given {len(first)} and {len(second)}; "
            f"select the rows of {rows} that belong to {values}"
        )


def refuse_repeats(frame: pd.DataFrame, keys: Sequence[str], *, caller: str) -> None:
    """Refuse a frame in which two rows claim the same place of the figure.

    Raises
    ------
    AnalysisError
        Naming the first place that is claimed twice.
    """
    repeated = frame.duplicated(list(keys)).to_numpy()
    if repeated.any():
        row = int(repeated.argmax())
        # By way of lists, so that the message shows 0 and not np.int64(0).
        place = ", ".join(f"{key} {frame[key].tolist()[row]!r}" for key in keys)
        raise AnalysisError(
            f"{caller}: needs one row for each {' and '.join(keys)}; given more than one for {place}; "
            "select the rows of one output (and one analysis) first"
        )


def as_floats(values: Any, name: str, *, caller: str) -> FloatArray:
    """Return a one-dimensional float copy, with missing values as NaN.

    Parameters
    ----------
    values : array_like, shape (n,)
        Numbers or booleans.
    name : str
        What the user calls them.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    AnalysisError
        If they are not one-dimensional, or not numbers.
    """
    if np.ndim(values) != 1:
        raise AnalysisError(f"{caller}: {name} must be one-dimensional, given shape {np.shape(values)}")
    series = pd.Series(values)
    # Text that looks like numbers ("0.1") would convert silently: it is a reading mistake, so it is refused.
    if series.map(lambda value: isinstance(value, (str, bytes))).any():
        raise AnalysisError(f"{caller}: {name} must be numbers, given text such as {series.iloc[0]!r}")
    try:
        return series.to_numpy(dtype=float, na_value=np.nan, copy=True)
    except (TypeError, ValueError) as error:
        raise AnalysisError(f"{caller}: {name} must be numbers, given {series.dtype} ({error})") from error


def with_floats(frame: pd.DataFrame, columns: Sequence[str], *, caller: str) -> pd.DataFrame:
    """Return a copy of a frame in which some columns are floats, with missing values as NaN.

    Raises
    ------
    AnalysisError
        Naming the first column that does not.

    Examples
    --------
    >>> with_floats(pd.DataFrame({"step": [0], "value": [True]}), ["value"], caller="fan")["value"].tolist()
    [1.0]
    """
    return frame.assign(**{name: as_floats(frame[name], name, caller=caller) for name in columns})


def series_of_runs(series: object, keys: Sequence[str], *, caller: str) -> pd.DataFrame:
    """Return the rows of time series that can be drawn: those with a finite step and value.

    Raises
    ------
    AnalysisError
        If it is no such frame, a run has a step twice, or no row is finite.
    """
    frame = tidy(series, [*keys, "step", "value"], caller=caller)
    refuse_repeats(frame, [*keys, "step"], caller=caller)
    frame = with_floats(frame, ["step", "value"], caller=caller)
    finite: pd.DataFrame = frame[np.isfinite(frame["step"]) & np.isfinite(frame["value"])]
    if finite.empty:
        raise AnalysisError(
            f"{caller}: needs at least one finite value; given {len(frame)} rows, none finite"
        )
    return finite
