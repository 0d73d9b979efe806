"""Reading what a user writes into a parameter space: names, axes, laws and plain values."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping
from typing import Any, TypeGuard

from mesa_doe.errors import SpaceError
from mesa_doe.space.axes import Axis
from mesa_doe.space.derived import Derived
from mesa_doe.space.laws import Law
from mesa_doe.space.levels import Constant
from mesa_doe.space.scipy_laws import is_law, unusable

__all__ = ["name_problem", "read_entry"]

_AXIS_METHODS = ("problems", "from_unit", "to_unit", "outside", "to_dict")


def name_problem(name: Any) -> str | None:
    """Say why a name cannot be a parameter's; None if it can.

    Examples
    --------
    >>> name_problem("density") is None
    True
    """
    if not isinstance(name, str):
        return f"axis {name!r}: a name must be a string, got {type(name).__name__}"
    if not name.isidentifier() or keyword.iskeyword(name):
        return (
            f"axis {name!r}: a name must be a Python identifier, as the model gets it as a keyword argument"
        )
    if name in ("rng", "seed"):
        return (
            f"axis {name!r}: seeds come from rng= and seed_policy= of design.configurations;"
            " for the seed as a factor use sobol(..., seed_factor=True)"
        )
    return None


def _is_axis(value: Any) -> TypeGuard[Axis]:
    # Asked of the class: hasattr on the object would compute its properties.
    return all(hasattr(type(value), method) for method in _AXIS_METHODS)


def read_entry(value: Any) -> Axis:
    """Turn a value of a parameter space into an axis: laws are wrapped, plain values are constants.

    Raises
    ------
    SpaceError
        If the value is neither, with a hint at what may have been meant.

    Examples
    --------
    >>> read_entry(20)
    Constant(value=20)
    """
    if _is_axis(value):
        return value
    if isinstance(value, type) and all(hasattr(value, method) for method in _AXIS_METHODS):
        raise SpaceError(f"{value.__name__} is a class: write {value.__name__}(...) with its arguments")
    if value is Derived:
        raise SpaceError("Derived is a class: write Derived(...) with its expression")
    if (why := unusable(value)) is not None:
        raise SpaceError(why)
    if is_law(value):
        return Law(value)
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes, bytearray, Mapping)):
        kind = type(value).__name__
        raise SpaceError(
            f"a {kind} is no plain value: for a range write Real(low, high); for levels Categorical([...]) "
            f"or Discrete([...]); for one constant {kind} Constant({'[...]' if kind == 'list' else '...'}); "
            f"got {value!r}"
        )
    return Constant(value)
