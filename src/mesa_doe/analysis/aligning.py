"""From runs, in whatever order, to outputs in the order of a design whose points they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import FloatArray
from mesa_doe.columns import as_column
from mesa_doe.configurations import column_names
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError
from mesa_doe.space.values import plain

__all__ = ["aligned_outputs", "check_runs"]


def aligned_outputs(design: Design, runs: pd.DataFrame, values: pd.Series[Any] | pd.DataFrame) -> FloatArray:
    """Return one output as an analysis takes it.

    Parameters
    ----------
    design : Design
    runs : DataFrame, index ``run_id``
        ``point``, ``iteration`` and the parameters of every run, as in ``results.runs``.
    values : Series or DataFrame, index ``run_id``
        Of the runs that gave a number; a column a step or output.

    Returns
    -------
    ndarray (points, replications, columns)
        NaN where a run is missing or gave no number.

    Raises
    ------
    AnalysisError
        If the runs are not those of the design: other points, or other parameters.

    Examples
    --------
    >>> from mesa_doe.space import Integer, ParameterSpace
    >>> design = Design(ParameterSpace(n=Integer(1, 4)), [[0.0], [1.0]], method="mine", options={})
    >>> runs = pd.DataFrame({"point": [1, 0], "iteration": [0, 0], "n": [4, 1]}, index=[7, 8])
    >>> aligned_outputs(design, runs, pd.Series([0.5, 0.25], index=[7, 8])).ravel()
    array([0.25, 0.5 ])
    """
    check_runs(design, runs)
    columns = values.to_numpy(np.float64).reshape(len(values), -1)
    y = np.full((len(design), int(runs["iteration"].max()) + 1, columns.shape[1]), np.nan)
    where = runs.loc[values.index, ["point", "iteration"]]
    y[where["point"].to_numpy(int), where["iteration"].to_numpy(int)] = columns
    return y


def check_runs(design: Design, runs: pd.DataFrame) -> None:
    """Refuse a design whose points are not those that were run.

    Parameters
    ----------
    design : Design
    runs : DataFrame
        As of :func:`aligned_outputs`. Levels that no file can hold may be the text that a study has of them.

    Raises
    ------
    AnalysisError
        If the runs have other points, or other parameters.
    """
    numbers = runs[["point", "iteration"]]
    if numbers["point"].isna().any() or numbers.duplicated().any() or int(runs["point"].max()) >= len(design):
        raise AnalysisError(
            f"the runs are not those of the design: it has {len(design)} points, each with each of "
            "its replications once"
        )
    space, own = design.space, design.points
    points = runs["point"].to_numpy(int)
    # As the runs' own table names them: a parameter may be called like one of its columns.
    columns = column_names([*space.names, *space.derived, *space.constants])
    for factor, column in zip(space.names, columns, strict=False):
        if column not in runs.columns:
            raise AnalysisError(f"the runs are not those of the design: they have no parameter {factor!r}")
        given, levels = runs[column].tolist(), own[factor].to_numpy()
        differs = _first_difference(given, levels[points].tolist())
        if differs is None or _first_difference(given, _as_stored(levels)[points].tolist()) is None:
            continue
        raise AnalysisError(
            f"the runs are not those of the design: run {runs.index[differs]} of point {points[differs]} "
            f"has {factor}={given[differs]!r}, the design has {plain(levels[points[differs]])!r}"
        )


def _first_difference(given: list[Any], levels: list[Any]) -> int | None:
    pairs = zip(given, levels, strict=True)
    return next((row for row, (a, b) in enumerate(pairs) if a is not b and not _equal(a, b)), None)


def _as_stored(levels: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return the levels of all points as the table of a study holds them."""
    array, _ = as_column(map(plain, levels))
    return np.full(len(levels), None, dtype=object) if array is None else array


def _equal(a: Any, b: Any) -> bool:
    # What a worker or a file gave back is another object; arrays have no single truth, NaN equals nothing.
    return type(a) is type(b) and ((isinstance(a, (int, float, str)) and a == b) or repr(a) == repr(b))
