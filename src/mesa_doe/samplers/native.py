"""Values that were given, not drawn: each as its axis would give it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import Array
from mesa_doe.space import Axis
from mesa_doe.space.values import as_column

__all__ = ["at_the_ends", "native_column"]

# A value may miss the end of its axis by this share of the larger end: others scale from the unit cube too.
_ROUNDING = 1e-12


def native_column(axis: Axis, values: Any) -> Array:
    """Return values that lie on an axis as the axis itself would give them.

    Parameters
    ----------
    axis : Axis
    values : array_like (n,)

    Returns
    -------
    ndarray (n,)
        Numbers unchanged, of the axis' own type: whole numbers held as floats become ints. Of levels,
        the axis' own objects.

    Examples
    --------
    >>> from mesa_doe.space import Integer
    >>> native_column(Integer(1, 4), [2.0, 3.0])
    array([2, 3])
    """
    dtype = axis.from_unit(np.array([0.5])).dtype
    if dtype.kind == "O":
        return axis.from_unit(axis.to_unit(values))
    # Not by way of the unit cube, which would cost a real number its last digit.
    return as_column(values).astype(dtype)


def at_the_ends(axis: Axis, values: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers of which those that miss an end of their axis by rounding lie at that end.

    Parameters
    ----------
    axis : Axis
        One of numbers; those of an axis that has levels stay as they are.
    values : Series (n,)
        Not changed.

    Returns
    -------
    Series (n,)

    Examples
    --------
    >>> from mesa_doe.space import Real
    >>> at_the_ends(Real(0.1, 0.3), pd.Series([0.1, 0.1 + 0.2, 0.31])).tolist()
    [0.1, 0.3, 0.31]
    """
    if axis.n_levels is not None or not (outside := axis.outside(values)).any():
        return values
    low, high = axis.from_unit(np.array([0.0, 1.0])).tolist()
    slack = _ROUNDING * max((abs(end) for end in (low, high) if np.isfinite(end)), default=0.0)
    near = outside & values.between(low - slack, high + slack).to_numpy()
    return values.where(~near, values.clip(low, high))
