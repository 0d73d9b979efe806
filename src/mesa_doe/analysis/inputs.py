"""What an analysis of given data takes as inputs: every factor as the share of its law that lies below."""

from __future__ import annotations

from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.space.copula import Copula

__all__ = ["level_codes", "shares"]


def shares(design: Design) -> FloatArray:
    """Return the inputs in the unit cube, as they were sampled.

    Uniform whatever the laws are; within the share of a level, discrete factors lie where the sample put
    them, which keeps methods that bin or sort them from meeting ties. Correlated where the space is.

    Parameters
    ----------
    design : Design

    Returns
    -------
    ndarray (points, factors)
        In the order of ``design.factors``.

    Examples
    --------
    >>> from mesa_doe.space import Integer, ParameterSpace
    >>> shares(Design(ParameterSpace(n=Integer(1, 4)), [[0.1], [0.9]], method="mine", options={})).ravel()
    array([0.1, 0.9])
    """
    correlation = design.space.correlation
    return design.unit if correlation is None else Copula(correlation).from_unit(design.unit)


def level_codes(design: Design) -> FloatArray:
    """Return the inputs with discrete factors at the centre of their level's share.

    Parameters
    ----------
    design : Design

    Returns
    -------
    ndarray (points, factors)
        As `shares`, but all points of one level have one value.

    Examples
    --------
    >>> from mesa_doe.space import Integer, ParameterSpace
    >>> design = Design(ParameterSpace(n=Integer(1, 4)), [[0.1], [0.9]], method="mine", options={})
    >>> level_codes(design).ravel()
    array([0.125, 0.875])
    """
    unit, points = shares(design).copy(), design.points
    for j, (name, axis) in enumerate(design.space.axes.items()):
        if axis.n_levels is not None:
            unit[:, j] = axis.to_unit(points[name].to_numpy())
    return unit
