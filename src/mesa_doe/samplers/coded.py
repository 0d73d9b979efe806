"""Coded designs over any axis: the one place that turns codes from -1 to 1 into values of an axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from mesa_doe.arrays import Array
from mesa_doe.design import Design
from mesa_doe.errors import DesignError, listed
from mesa_doe.samplers.axis_levels import (
    LAW_ENDS,
    from_levels,
    given_levels,
    own_levels,
    repeats,
    unknown_names,
)
from mesa_doe.space import Axis, Boolean, Categorical, Law, ParameterSpace
from mesa_doe.space.values import is_number, level_index

__all__ = ["Ends", "coded_design", "coded_levels"]

#: Chosen levels by axis: ``{"x": (low, high)}``, or one value for each code of the design.
Ends: TypeAlias = Mapping[str, Sequence[Any]] | None


def coded_design(
    space: ParameterSpace,
    codes: Any,
    *,
    method: str,
    options: Mapping[str, Any],
    levels: Ends = None,
    quantiles: tuple[float, float] = LAW_ENDS,
    names: bool = True,
) -> Design:
    """Return the design of a matrix of codes, row by row; rows that repeat stay repeated.

    Parameters
    ----------
    space : ParameterSpace
    codes : array_like (points, factors)
        -1 is the low end of an axis and 1 its high end; axial points may lie beyond.
    method, options
        As in :class:`Design`; ``options`` gets the number of levels of each axis and the quantiles.
    levels, quantiles, names
        As in :func:`coded_levels`.

    Raises
    ------
    DesignError
        As :func:`coded_levels`.

    Examples
    --------
    >>> from mesa_doe.space import Integer, Real
    >>> space = ParameterSpace(x=Real(0, 1), n=Integer(1, 9))
    >>> design = coded_design(space, [[-1, 1], [0, -1], [1, 0]], method="mine", options={})
    >>> design.points.to_dict("list")
    {'x': [0.0, 0.5, 1.0], 'n': [9, 1, 5]}
    """
    codes = np.asarray(codes, dtype=np.float64)
    scales, index = [], np.empty(codes.shape, dtype=np.intp)
    for k in range(codes.shape[1]):
        # Rounded to be told apart only: 1/alpha and -(-1/alpha) may differ in their last digit.
        _, first, index[:, k] = np.unique(np.round(codes[:, k], 12), return_index=True, return_inverse=True)
        scales.append(codes[first, k])
    natives = coded_levels(space, scales, method=method, levels=levels, quantiles=quantiles, names=names)
    said = {"levels": dict(zip(space, map(len, natives), strict=True)), "quantiles": tuple(quantiles)}
    return from_levels(space, natives, index, method=method, options={**options, **said})


def coded_levels(
    space: ParameterSpace,
    scales: Sequence[Array],
    *,
    method: str,
    levels: Any = None,
    quantiles: Any = LAW_ENDS,
    names: bool = True,
) -> list[Array]:
    """Return the native value of each code, an array an axis.

    Numbers: -1 and 1 are the bounds, for laws the quantiles, or the two values chosen; codes between lie
    evenly between (in the logarithm for ``log=True``, in probability for laws, in rank for Integer and
    Discrete, which take the nearest level). Names have no between: they need a level a code.

    Parameters
    ----------
    space : ParameterSpace
    scales : sequence of ndarray
        The codes that each column of the design holds, increasing.
    method : str
        The design, for messages.
    levels : mapping of str to sequence, optional
        ``(low, high)``, or a value for each code.
    quantiles : (float, float), default (0.05, 0.95)
        What stands for the ends of a law.
    names : bool, default True
        Whether the design takes Boolean and Categorical axes that have the right number of levels.

    Raises
    ------
    DesignError
        Naming each axis that the design cannot use, why, and the designs that can.
    """
    if levels is not None and not isinstance(levels, Mapping):
        raise DesignError(
            f"{method}: levels takes a mapping such as {{{space.names[0]!r}: (low, high)}}, got {levels!r}"
        )
    if not (
        isinstance(quantiles, Sequence)
        and len(quantiles) == 2
        and all(map(is_number, quantiles))
        and 0 <= quantiles[0] < quantiles[1] <= 1
    ):
        raise DesignError(
            f"{method}: quantiles takes two numbers with 0 <= first < second <= 1, got {quantiles!r}"
        )
    problems, natives = unknown_names(space, levels), []
    for (name, axis), scale in zip(space.axes.items(), scales, strict=True):
        wanted = None if levels is None else levels.get(name)
        found: Array | str
        if isinstance(axis, (Boolean, Categorical)):
            found = _named(axis, scale, wanted, method) if names else _no_names(axis, method)
        else:
            found = _numbers(axis, scale, wanted, (quantiles[0], quantiles[1]), method)
        if isinstance(found, str):
            problems.append(f"axis {name!r}: {found}")
        else:
            natives.append(found)
    if problems:
        raise DesignError(listed(problems, f"{method} cannot be made"))
    return natives


def _instead(own: int | None) -> str:
    two = "two_level_factorial, fractional_factorial, plackett_burman, " if own == 2 else ""
    return f"{two}full_factorial, generalized_subset or orthogonal_array"


def _listed(axis: Axis, wanted: Any) -> Array | str:
    if isinstance(wanted, str) or not isinstance(wanted, (Sequence, np.ndarray)):
        return f"levels takes the values to use, such as (low, high), got {wanted!r}"
    return given_levels(axis, wanted)


def _named(axis: Boolean | Categorical, scale: Array, wanted: Any, method: str) -> Array | str:
    k, own = len(scale), axis.n_levels
    if wanted is not None:
        native = _listed(axis, wanted)
        if isinstance(native, str) or len(native) == k:
            return native
        return f"{method} asks {k} levels of it, got {len(native)} in levels=: {list(wanted)!r}"
    if own != k:
        listing = f"list {k} of them in levels=, or " if own is not None and own > k else ""
        return f"{method} asks {k} levels of it, and {axis!r} has {own}; {listing}use {_instead(own)}"
    return own_levels(axis, own)


def _no_names(axis: Boolean | Categorical, method: str) -> str:
    return (
        f"{method} puts numbers at distances, and {axis!r} has names without any; "
        f"use {_instead(axis.n_levels)}, or make it a constant"
    )


def _numbers(
    axis: Axis, scale: Array, wanted: Any, quantiles: tuple[float, float], method: str
) -> Array | str:
    k, own = len(scale), axis.n_levels
    ends: Array | None = None
    if wanted is not None:
        given = _listed(axis, wanted)
        if isinstance(given, str):
            return given
        ends = given
        if len(ends) not in (2, k):
            codes = (
                "" if k == 2 else f", or the {k} values of codes {', '.join(f'{code:.3g}' for code in scale)}"
            )
            return f"levels takes (low, high){codes}, got {list(wanted)!r}"
        if (np.diff(ends) <= 0).any():
            return f"levels must increase, got {list(wanted)!r}"
        if len(ends) == k:
            return ends
    position = (scale + 1) / 2
    if own is not None and not isinstance(axis, Law):
        low, high = (0, own - 1) if ends is None else level_index(axis.to_unit(ends), own).tolist()
        rank = np.round(low + position * (high - low))
        outside, unit = (rank < 0) | (rank > own - 1), (rank + 0.5) / own
    else:
        low, high = (
            (quantiles if isinstance(axis, Law) else (0.0, 1.0)) if ends is None else axis.to_unit(ends)
        )
        unit = low * (1 - position) + high * position
        outside = (unit < -1e-12) | (unit > 1 + 1e-12)
    if outside.any():
        return (
            f"code {scale[outside][-1]:.4g} lies beyond {axis!r}; "
            "choose levels= farther inside it, or face='inscribed' or 'faced'"
        )
    native = axis.from_unit(np.clip(unit, 0, 1))
    if ends is not None:
        native[position == 0], native[position == 1] = ends.tolist()
    if repeats(axis, native):
        places = f"{len(np.unique(native))} values of {axis!r}"
        return f"{method} asks {k} levels of it, which would fall on {places}; use {_instead(own)}"
    return native
