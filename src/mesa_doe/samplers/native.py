"""Values that were given, not drawn: each as its axis would give it."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesa_doe.space import Axis
from mesa_doe.space.values import as_column

__all__ = ["native_column"]


def native_column(axis: Axis, values: Any) -> np.ndarray[Any, Any]:
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
