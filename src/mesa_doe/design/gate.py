"""The gate that every sample passes: numbers, in the unit cube, one row a point."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.errors import DesignError, listed
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, ParameterSpace, Real
from mesa_doe.space.values import plain

__all__ = [
    "MOST_POINTS",
    "SEED_FACTOR",
    "Extension",
    "check_bool",
    "check_points",
    "check_size",
    "checked_ints",
    "checked_unit",
    "frozen",
    "may_refuse",
]

#: Name of the seed where it is a factor of the design.
SEED_FACTOR = "seed"

#: How many points a sampler makes at most: far more than anybody runs, and few enough to be made at once.
MOST_POINTS = 10_000_000

#: What a longer design promises; each keeps the points that were there. `nested`: it is the one that the
#: sampler makes of the larger n, and as even. `augmented`: the union has the property of the method, though
#: it is not what the sampler would make at once. `independent`: the new points are further draws.
Extension: TypeAlias = Literal["nested", "augmented", "independent", "none"]


def check_size(n: int, method: str, each: int = 1) -> None:
    """Refuse a size of more points than a design may have, before a library is asked for them.

    Parameters
    ----------
    n : int
    method : str
    each : int, default 1
        How many points a block or a trajectory has, of which there are ``n``.

    Raises
    ------
    DesignError

    Examples
    --------
    >>> check_size(2**20, "sobol", 52)
    Traceback (most recent call last):
    mesa_doe.errors.DesignError: sobol: n=1048576 makes 1,048,576 × 52 = 54,525,952 points; the most is \
10,000,000, which is n=192307
    """
    if n * each > MOST_POINTS:
        made = f"{n:,} points" if each == 1 else f"{n:,} × {each} = {n * each:,} points"
        message = f"{method}: n={n} makes {made}; the most is {MOST_POINTS:,}"
        raise DesignError(message if each == 1 else f"{message}, which is n={MOST_POINTS // each}")


def checked_unit(unit: Any, factors: tuple[str, ...], method: str, rows: int | None) -> FloatArray:
    """Return a sample as an array of its own that cannot be written, or refuse it.

    Parameters
    ----------
    unit : array_like (points, factors)
        Copied, unless it is `frozen`.
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
        array = unit if _is_frozen(unit, np.float64) else np.array(unit, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DesignError(f"{where} must be an array of numbers: {error}") from error
    if array.ndim != 2 or array.shape[1] != len(factors):
        raise DesignError(f"{where} must have one column a factor ({len(factors)}), got shape {array.shape}")
    if len(array) == 0 or (rows is not None and len(array) != rows):
        raise DesignError(f"{where} must have {rows or 'at least one'} points, got {len(array)}")
    # A NaN comes out of min and max as NaN, and is not above 0 either.
    if not (array.min(initial=0.0) >= 0.0 and array.max(initial=0.0) <= 1.0):
        bad = np.argwhere(~((array >= 0.0) & (array <= 1.0)))[0]
        raise DesignError(
            f"{where} must lie in the unit cube, got {float(array[tuple(bad)])!r} for factor "
            f"{factors[bad[1]]!r} of point {bad[0]}"
        )
    array.setflags(write=False)
    return array


def checked_ints(name: str, values: Any, points: int) -> IntArray | None:
    """Return numbers of blocks or of seeds as an array of their own, or refuse them.

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
    array = values if _is_frozen(values, np.int64) else np.array(values)
    if array.dtype.kind not in "iu" or array.min(initial=0) < 0:
        raise DesignError(f"{name} takes ints from 0, one a point, got {values!r}")
    array = array.astype(np.int64, copy=False)
    if array.shape != (points,):
        raise DesignError(f"{name} must have one entry a point ({points}), got shape {array.shape}")
    array.setflags(write=False)
    return array


def check_bool(value: Any, method: str, name: str) -> bool:
    """Return a choice as a plain bool, or refuse it: any text would count as True, "no" too.

    Raises
    ------
    DesignError
        If it is neither True nor False.

    Examples
    --------
    >>> check_bool("no", "halton", "scramble")
    Traceback (most recent call last):
    mesa_doe.errors.DesignError: halton: scramble takes True or False, got 'no'
    """
    choice = plain(value)
    if not isinstance(choice, bool):
        raise DesignError(f"{method}: {name} takes True or False, got {value!r}")
    return choice


def frozen(array: Any) -> Any:
    """Return an array, which nobody will write any more: a design keeps it as it is, and copies all others.

    Parameters
    ----------
    array : ndarray
        That its maker gives away; it is made read-only, and so is an array that it is a view of.

    Returns
    -------
    ndarray
        The same.

    Examples
    --------
    >>> frozen(np.zeros(3)).flags.writeable
    False
    """
    for part in _behind(array):
        part.setflags(write=False)
    return array


def _is_frozen(array: Any, dtype: Any) -> bool:
    if type(array) is not np.ndarray or array.dtype != dtype:
        return False
    *_, owner = parts = _behind(array)
    return owner.flags.owndata and not any(part.flags.writeable for part in parts)


def _behind(array: Any) -> list[Any]:
    """List an array, that of which it is a view, and so on."""
    parts = []
    while isinstance(array, np.ndarray):
        parts.append(array)
        array = array.base
    return parts


def may_refuse(space: ParameterSpace) -> bool:
    """Tell whether points of the unit cube may turn out to be none of the space.

    Returns
    -------
    bool
        False where every axis has a value for each unit value, and there are no constraints. A law has
        none where scipy gives up on a quantile; of an axis of a user's own nothing is known.

    Examples
    --------
    >>> may_refuse(ParameterSpace(x=Real(0, 1)))
    False
    >>> may_refuse(ParameterSpace(x=Real(0, 1), constraints=["x > 0"]))
    True
    """
    sure = (Boolean, Categorical, Discrete, Integer, Real)
    return bool(space.constraints) or not all(type(axis) in sure for axis in space.axes.values())


def check_points(points: pd.DataFrame, space: ParameterSpace, rows: int, method: str) -> None:
    """Refuse native values that are not those of the space, or break its constraints.

    Raises
    ------
    DesignError
    """
    if (*points.columns,) != space.names or len(points) != rows:
        raise DesignError(
            f"points must have the columns {space.names!r} and {rows} rows, "
            f"got {(*points.columns,)!r} and {len(points)}"
        )
    if space.constraints and not space.satisfied(points).all():
        raise DesignError(
            f"points of a {method} design break the constraints of the space, and none can be left out "
            "of its pattern; use monte_carlo, sobol_sequence or halton, which draw such points again. "
            + listed(space.problems_of(points), "the points have problems")
        )
