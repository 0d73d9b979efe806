"""Factors and an output, of which the rows that hold finite numbers can be drawn.

``caller`` is the name of the plot, for messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.arrays import Array, FloatArray
from mesa_doe.errors import AnalysisError
from mesa_doe.plots.checks import as_floats, same_length
from mesa_doe.plots.groups import is_numeric

Values: TypeAlias = "Sequence[object] | Array | pd.Series[Any]"


def finite_rows(
    frame: pd.DataFrame, values: Values, names: tuple[str, str], *, caller: str
) -> tuple[pd.DataFrame, FloatArray, int]:
    """Return factors and output where both can be drawn, and how many rows were left out.

    Parameters
    ----------
    frame : pandas.DataFrame, shape (n, factors)
        A column a factor.
    values : array_like, shape (n,)
        The output.
    names : (str, str)
        What the user calls the two.

    Returns
    -------
    frame : pandas.DataFrame, shape (kept, factors)
    output : ndarray of float, shape (kept,)
    left_out : int
        Rows with a number that is not finite.

    Raises
    ------
    AnalysisError
        If the lengths differ, numbers are not numbers, or no row is finite.

    Examples
    --------
    >>> finite_rows(pd.DataFrame({"a": [1, 2]}), [np.nan, 3.0], ("frame", "values"), caller="parallel")[1:]
    (array([3.]), 1)
    """
    output = as_floats(values, names[1], caller=caller)
    same_length(frame, output, names, caller=caller)
    kept = np.isfinite(output)
    for name, column in frame.items():
        if is_numeric(column):
            kept &= np.isfinite(as_floats(column, str(name), caller=caller))
    if not kept.any():
        raise AnalysisError(f"{caller}: needs at least one finite row; given {len(output)}, none finite")
    return frame[kept], output[kept], int((~kept).sum())


def finite_pairs(x: Values, y: Values, *, caller: str) -> tuple[pd.Series[Any], FloatArray, int]:
    """Return one factor and the output where both can be drawn, and how many pairs were left out.

    Returns
    -------
    x : pandas.Series, shape (kept,)
    y : ndarray of float, shape (kept,)
    left_out : int

    Raises
    ------
    AnalysisError
        As :func:`finite_rows`, and if `x` has more than one dimension.
    """
    if (dimensions := getattr(x, "ndim", 1)) != 1:
        raise AnalysisError(f"{caller}: x must be one-dimensional, given {dimensions} dimensions")
    factor = pd.Series(x).reset_index(drop=True).to_frame("x")
    frame, output, left_out = finite_rows(factor, y, ("x", "y"), caller=caller)
    return frame["x"], output, left_out
