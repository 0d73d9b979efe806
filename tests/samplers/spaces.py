"""Spaces of the tests of samplers."""

from mesa_doe.space import ParameterSpace, Real


def cube(d):
    """A unit cube."""
    return ParameterSpace({f"x{k}": Real(0, 1) for k in range(d)})


def coded(d):
    """A space whose values are the codes -1 to 1 of a design."""
    return ParameterSpace({f"x{k}": Real(-1, 1) for k in range(1, d + 1)})
