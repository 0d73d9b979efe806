"""Steps of one factor at a time, read off a design: along trajectories, and from the middle of stars."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mesa_doe.analysis.outputs import Outputs, too_few
from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError

__all__ = ["by_block", "positions", "star_steps", "turns"]


def positions(design: Design) -> FloatArray:
    """Return where the points lie: real factors in the unit cube, the others by level from 0 to 1.

    Parameters
    ----------
    design : Design

    Returns
    -------
    ndarray (points, factors)

    Examples
    --------
    >>> from mesa_doe.space import Integer, ParameterSpace
    >>> space = ParameterSpace(n=Integer(1, 3))
    >>> positions(Design(space, [[0.1], [0.5], [0.9]], method="mine", options={})).ravel().tolist()
    [0.0, 0.5, 1.0]
    """
    places, points = design.unit.copy(), design.points
    for j, (name, axis) in enumerate(design.space.axes.items()):
        values = points[name].to_numpy()
        # A law of counts without an end has no number of levels, but steps between them all the same.
        if axis.n_levels is not None or values.dtype.kind in "iu":
            first, last = axis.to_unit(axis.from_unit(np.array([0.0, 1.0])))
            places[:, j] = (axis.to_unit(values) - first) / (last - first)
    return places


def by_block(values: FloatArray, rows: int) -> FloatArray:
    """Cut points (points, ...) into blocks (blocks, rows, ...).

    Parameters
    ----------
    values : ndarray (points, ...)
    rows : int
        Of a block.

    Returns
    -------
    ndarray (blocks, rows, ...)
    """
    return values.reshape(-1, rows, *values.shape[1:])


def turns(design: Design, checked: Outputs, movers: Sequence[tuple[int, ...]], method: str) -> IntArray:
    """Return at which step of its trajectory each factor or group moves.

    Parameters
    ----------
    design : Design
    checked : Outputs
        Says which points are left.
    movers : sequence of tuple of int
        Positions of the factors that move together.
    method : str
        For messages.

    Returns
    -------
    ndarray (trajectories, movers) of int

    Raises
    ------
    AnalysisError
        If the points are no trajectories of which each step moves one factor or group, or there is but one.

    Examples
    --------
    >>> from mesa_doe.analysis.outputs import checked_outputs
    >>> from mesa_doe.samplers import shapley as sample
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = sample(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 2, rng=1)
    >>> given = checked_outputs(design, design.unit[:, 0], names=None, missing="raise", method="shapley")
    >>> turns(design, given, [(0,), (1,)], "shapley").tolist()
    [[0, 1], [0, 1]]
    """
    rows = len(movers) + 1
    if design.blocks is None or not np.array_equal(design.blocks, np.arange(len(design)) // rows):
        raise AnalysisError(
            f"{method} reads blocks of {rows} rows, but those of this design are others; make it anew"
        )
    unit = by_block(checked.kept(design.unit), rows)
    moves = unit[:, 1:] != unit[:, :-1]
    # Of each factor or group, at which steps it moves: (trajectories, movers, steps).
    own = np.stack([moves[:, :, list(members)].any(axis=2) for members in movers], axis=1)
    found, first = np.flatnonzero(own), len(movers) * np.arange(len(unit) * len(movers))
    regular = len(found) == len(first)
    if regular:
        # Where each moves once, the k-th that is found is of the k-th.
        turn: IntArray = (found - first).reshape(len(unit), -1)
        regular = bool((np.sort(turn, axis=1) == np.arange(len(movers))).all())
    if not regular:
        raise AnalysisError(
            f"{method} reads trajectories each of whose steps moves one factor or group, and each once; "
            f"those of this design are others: make it with doe.{method}"
        )
    if len(unit) < 2:
        raise too_few(method, "trajectories", checked)
    return turn


def star_steps(
    design: Design, checked: Outputs, places: FloatArray, values: FloatArray, method: str
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return steps from the base point of each star, and what they change.

    Parameters
    ----------
    design : Design
    checked : Outputs
        Says which points are left.
    places : ndarray (points of the design, factors)
        In which steps are measured.
    values : ndarray (points left, outputs)
    method : str
        For messages.

    Returns
    -------
    step : ndarray (stars, factors)
    change : ndarray (stars, factors, outputs)
    base : ndarray (stars, outputs)
        Values of the base points.

    Raises
    ------
    AnalysisError
        If the points are no stars, or there is but one.
    """
    factors = len(design.factors)
    rows = factors + 1
    regular = design.blocks is not None and np.array_equal(design.blocks, np.arange(len(design)) // rows)
    if regular:
        unit = by_block(design.unit, rows)
        moved, own = unit[:, 1:] != unit[:, :1], np.eye(factors, dtype=bool)
        # A long step may happen to end where it began, as SALib's do; a short one that is divided by may not.
        regular = not moved[:, ~own].any() and (design.method == "radial" or bool(moved[:, own].all()))
    if not regular:
        raise AnalysisError(
            f"{method} reads stars: a base point, and then {factors} rows each with one factor moved, in the "
            f"order of the factors; those of this design are others: make it with doe.{design.method}"
        )
    stars = by_block(checked.kept(places), rows)
    if len(stars) < 2:
        raise too_few(method, "stars", checked)
    paths = by_block(values, rows)
    step = np.einsum("njj->nj", stars[:, 1:]) - stars[:, 0]
    return step, paths[:, 1:] - paths[:, :1], paths[:, 0]
