"""The gate that every sample passes: numbers, in the unit cube, one row a point."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.errors import DesignError, listed
from mesa_doe.space import ParameterSpace

__all__ = [
    "SEED_FACTOR",
    "Extension",
    "FloatArray",
    "IntArray",
    "check_points",
    "checked_ints",
    "checked_unit",
]

#: Name of the seed where it is a factor of the design.
SEED_FACTOR = "seed"

#: What a longer design promises; each keeps the points that were there. `nested`: it is the one that the
#: sampler makes of the larger n, and as even. `augmented`: the union has the property of the method, though
#: it is not what the sampler would make at once. `independent`: the new points are further draws.
Extension: TypeAlias = Literal["nested", "augmented", "independent", "none"]

FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
IntArray: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]


def checked_unit(unit: Any, factors: tuple[str, ...], method: str, rows: int | None) -> FloatArray:
    """Return a sample as an array of its own that cannot be written, or refuse it.

    Parameters
    ----------
    unit : array_like (points, factors)
    factors : tuple of str
    method : str
        For messages.
    rows : int or None
        How many points the method promises.

    Returns
    -------
    ndarray (points, factors)

    Raises
    ------
    DesignError
        If the shape is another, or a value is not from 0 to 1.

    Examples
    --------
    >>> checked_unit([[0.5, 2]], ("a", "b"), "mine", None)
    Traceback (most recent call last):
    mesa_doe.errors.DesignError: the mine sample must lie in the unit cube, got 2.0 for factor 'b' of point 0
    """
    where = f"the {method} sample"
    try:
        array = np.array(unit, dtype=np.float64)
    except (TypeError, ValueError) as error:
        message = f"{where} must be an array of numbers: {error}"
        raise DesignError(message) from error
    if array.ndim != 2 or array.shape[1] != len(factors):
        message = f"{where} must have one column a factor ({len(factors)}), got shape {array.shape}"
        raise DesignError(message)
    if len(array) == 0 or (rows is not None and len(array) != rows):
        message = f"{where} must have {rows or 'at least one'} points, got {len(array)}"
        raise DesignError(message)
    if not np.isfinite(array).all() or array.min(initial=0.0) < 0.0 or array.max(initial=0.0) > 1.0:
        bad = np.argwhere(~((array >= 0.0) & (array <= 1.0)))[0]
        message = (
            f"{where} must lie in the unit cube, got {float(array[tuple(bad)])!r} for factor "
            f"{factors[bad[1]]!r} of point {bad[0]}"
        )
        raise DesignError(message)
    array.setflags(write=False)
    return array


def checked_ints(name: str, values: Any, points: int) -> IntArray | None:
    """Return numbers of blocks or of seeds as an array of their own, or refuse them.

    Parameters
    ----------
    name : str
        What they are, for messages.
    values : array_like (points,) of int, or None
    points : int

    Returns
    -------
    ndarray (points,) of int64, or None

    Raises
    ------
    DesignError
        If they are no ints from 0, or not one a point.

    Examples
    --------
    >>> checked_ints("blocks", [0, 0, 1], 3)
    array([0, 0, 1])
    """
    if values is None:
        return None
    array = np.array(values)
    if array.dtype.kind not in "iu" or array.min(initial=0) < 0:
        message = f"{name} takes ints from 0, one a point, got {values!r}"
        raise DesignError(message)
    array = array.astype(np.int64)
    if array.shape != (points,):
        message = f"{name} must have one entry a point ({points}), got shape {array.shape}"
        raise DesignError(message)
    array.setflags(write=False)
    return array


def check_points(points: pd.DataFrame, space: ParameterSpace, rows: int, method: str) -> None:
    """Refuse native values that are not those of the space, or break its constraints.

    Raises
    ------
    DesignError
    """
    if (*points.columns,) != space.names or len(points) != rows:
        message = (
            f"points must have the columns {space.names!r} and {rows} rows, "
            f"got {(*points.columns,)!r} and {len(points)}"
        )
        raise DesignError(message)
    if space.constraints and not space.satisfied(points).all():
        message = (
            f"points of a {method} design break the constraints of the space, and none can be left out "
            "of its pattern; use monte_carlo, sobol_sequence or halton, which draw such points again. "
        )
        raise DesignError(message + listed(space.problems_of(points), "the points have problems"))
