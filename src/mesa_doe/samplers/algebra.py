"""Designs made of designs: every point of one with every point of another, or one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mesa_doe.arrays import IntArray
from mesa_doe.design import Design
from mesa_doe.design.gate import MOST_POINTS
from mesa_doe.design.lineage import OF_A, parent
from mesa_doe.errors import DesignError
from mesa_doe.samplers.merging import merged_groups, merged_space
from mesa_doe.space import ParameterSpace
from mesa_doe.space.points import points_frame

__all__ = ["concat", "cross"]


def cross(a: Design, b: Design) -> Design:
    """Every point of one design with every point of another: a factorial × a Latin hypercube, say.

    Parameters
    ----------
    a, b : Design
        Over different factors; constants may be in both spaces, with one value.

    Returns
    -------
    Design
        Of ``len(a) * len(b)`` points, those of ``b`` changing fastest, and of the method ``"cross"``, which
        no analysis takes for ``a`` or ``b``. Its space has the factors of ``a``, then those of ``b``, and the
        constraints of both; a correlation within either stays, and there is none between. Where one has
        blocks, points share a block that do so in ``a`` and in ``b``.

    Raises
    ------
    DesignError
        If a parameter is in both spaces, the seed is a factor, or there would be too many points.

    Notes
    -----
    Where one of the two is a sample and the other chosen levels, analyses take the points that share one of
    the sample as one that is independent of others. Of two samples there are no such points: analyses warn,
    and ``uncertainty`` refuses.

    Examples
    --------
    >>> from mesa_doe.samplers import grid, halton
    >>> from mesa_doe.space import Categorical, ParameterSpace, Real
    >>> rules = grid(ParameterSpace(rule=Categorical(["a", "b"]), width=20))
    >>> design = cross(rules, halton(ParameterSpace(x=Real(0, 1), width=20), 3, rng=1))
    >>> design.points["rule"].tolist(), design.space.names
    (['a', 'a', 'a', 'b', 'b', 'b'], ('rule', 'x'))
    """
    _check_designs([a, b], "cross")
    for design in (a, b):
        if design.seed_levels is not None:
            raise DesignError(
                f"cross: the seed is a factor of the {design.method} design, and would be crossed too; make "
                "it with seed_factor=False"
            )
    if len(a) * len(b) > MOST_POINTS:
        raise DesignError(f"cross would have {len(a):,} × {len(b):,} points; the most is {MOST_POINTS:,}")
    space, groups = merged_space(a.space, b.space), merged_groups(a, b)
    of_a, of_b = np.repeat(np.arange(len(a)), len(b)), np.tile(np.arange(len(b)), len(a))
    blocks = None
    if a.blocks is not None or b.blocks is not None:
        blocks = _blocks(a)[of_a] * (_blocks(b).max() + 1) + _blocks(b)[of_b]
    # Taken, not computed anew: values keep their last digit.
    columns = {
        str(name): points[name].to_numpy()[rows]
        for points, rows in ((a.points, of_a), (b.points, of_b))
        for name in points
    }
    return Design(
        space,
        np.hstack([a.unit[of_a], b.unit[of_b]]),
        method="cross",
        options={"a": parent(a), "b": parent(b), OF_A: len(a.factors)},
        blocks=blocks,
        points=points_frame(columns, len(of_a)),
        rows=len(a) * len(b),
        groups=groups,
    )


def concat(*designs: Design) -> Design:
    """One design after the other.

    Parameters
    ----------
    *designs : Design
        At least two, over equal spaces.

    Returns
    -------
    Design
        Of all their points, in order, and of the method ``"concat"``, which no analysis takes for one of
        them. Blocks and seed levels of a later design are numbered on, so that none has the seeds of an
        earlier one; of a design without blocks, each point is its own, if any has blocks. Groups are
        kept if all designs have the same, else there are none.

    Raises
    ------
    DesignError
        If the spaces differ, or the seed is a factor of some only.

    Examples
    --------
    >>> from mesa_doe.samplers import grid, monte_carlo
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> space = ParameterSpace(x=Real(0, 1))
    >>> concat(grid(space, 2), monte_carlo(space, 3, rng=1))
    <Design: 5 points of 1 factors, concat(designs=[grid(levels={'x': 2}, at='ends'), monte_carlo(n=3)])>
    """
    _check_designs(designs, "concat")
    if len(designs) < 2:
        raise DesignError(f"concat takes at least two designs, got {len(designs)}")
    first, *others = designs
    for k, other in enumerate(others, 1):
        if other.space != first.space:
            why = _difference(first.space, other.space)
            raise DesignError(f"concat: design {k} lies in another space than design 0: {why}")
        if (other.seed_levels is None) != (first.seed_levels is None):
            raise DesignError(
                f"concat: the seed must be a factor of all designs or of none, and design {k} differs"
            )
    blocks = None
    if any(design.blocks is not None for design in designs):
        blocks = _numbered_on([_blocks(design) for design in designs])
    levels = [design.seed_levels for design in designs if design.seed_levels is not None]
    groups = first.groups if all(design.groups == first.groups for design in designs) else None
    points, rows = [design.points for design in designs], sum(map(len, designs))
    columns = {name: np.concatenate([one[name].to_numpy() for one in points]) for name in first.space}
    return Design(
        first.space,
        np.vstack([design.unit for design in designs]),
        method="concat",
        options={"designs": tuple(parent(design) for design in designs)},
        blocks=blocks,
        seed_levels=_numbered_on(levels) if levels else None,
        points=points_frame(columns, rows),
        rows=rows,
        groups=groups,
    )


def _check_designs(designs: Sequence[Any], method: str) -> None:
    for k, design in enumerate(designs):
        if not isinstance(design, Design):
            raise DesignError(
                f"{method} takes designs, got {type(design).__name__} at position {k}: {design!r}"
            )


def _blocks(design: Design) -> IntArray:
    return np.arange(len(design)) if design.blocks is None else design.blocks


def _numbered_on(parts: Sequence[IntArray]) -> IntArray:
    starts = np.cumsum([0, *(int(part.max()) + 1 for part in parts[:-1])])
    return np.concatenate([part + start for part, start in zip(parts, starts, strict=True)])


def _difference(first: ParameterSpace, other: ParameterSpace) -> str:
    if first.names != other.names:
        return f"its factors are {', '.join(other.names)}, not {', '.join(first.names)}"
    for name, axis in first.axes.items():
        if other[name] != axis:
            return f"axis {name!r} is {other[name]!r}, not {axis!r}"
    return "in constants, derived parameters, correlation or constraints"
