"""One factor at a time around a reference scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mesa_doe.arrays import Array
from mesa_doe.design import Design
from mesa_doe.errors import DesignError, listed
from mesa_doe.samplers.axis_levels import Levels, chosen_levels, from_levels
from mesa_doe.samplers.declare import declare
from mesa_doe.samplers.native import native_column
from mesa_doe.space import Axis, Boolean, Categorical, ParameterSpace
from mesa_doe.space.points import close_to
from mesa_doe.space.values import objects, plain

__all__ = ["base_case"]

# By this share of the largest level two values may differ and be one.
_ROUNDING = 1e-14


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
    >>> from mesa_doe.space import Boolean, Integer, ParameterSpace
    >>> space = ParameterSpace(n=Integer(1, 9), torus=Boolean())
    >>> base_case(space, {"n": [1, 3, 9]}, base={"n": 3}).points.to_dict("list")
    {'n': [3, 1, 9, 3], 'torus': [False, False, False, True]}
    """
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


def _reference(space: ParameterSpace, base: Any) -> list[Array]:
    """Return the reference value of each axis, an array (1,) as the axis would give it."""
    if base is not None and not isinstance(base, Mapping):
        raise DesignError(f"base_case: base takes a mapping of names to values, got {base!r}")
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


def _is_base(axis: Axis, native: Array, value: Array) -> Any:
    """Tell which levels are the reference value, or miss it by rounding, as 3 * 0.1 misses 0.3."""
    if native.dtype.kind == "O":  # levels may not be comparable, but each has a place of its own
        return axis.to_unit(native) == axis.to_unit(value)
    if native.dtype.kind != "f" or axis.n_levels is not None:
        return native == value
    near = np.abs(native - value) <= _ROUNDING * max(np.abs(native).max(), np.abs(value[0]))
    # Nearness of values is not enough: an axis of logarithms tells 1e-15 from 2e-15.
    return near & (np.abs(axis.to_unit(native) - axis.to_unit(value)) < 1e-9)


def _middle(axis: Axis) -> Array:
    first = isinstance(axis, (Boolean, Categorical))
    return axis.from_unit(np.array([0.0 if first else 0.5]))
