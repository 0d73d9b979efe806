"""The parameter space: axes, constants, and the way between the unit cube and native values."""

from mesa_doe.space.axes import Axis, Discrete, Integer, Real
from mesa_doe.space.derived import Derived
from mesa_doe.space.laws import Law
from mesa_doe.space.levels import Boolean, Categorical, Constant
from mesa_doe.space.space import ParameterSpace

__all__ = [
    "Axis",
    "Boolean",
    "Categorical",
    "Constant",
    "Derived",
    "Discrete",
    "Integer",
    "Law",
    "ParameterSpace",
    "Real",
]


def __dir__() -> list[str]:
    # Tab in a notebook offers what is for users, and none of the modules behind it.
    return __all__
