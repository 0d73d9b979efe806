"""Designs made of designs: every point of one with every point of another, or one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import IntArray
from mesa_doe.design import Design
from mesa_doe.design.gate import MOST_POINTS
from mesa_doe.design.lineage import OF_A, parent
from mesa_doe.errors import DesignError
from mesa_doe.samplers.merging import merged_groups, merged_space
from mesa_doe.space import ParameterSpace

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
            message = (
                f"cross: the seed is a factor of the {design.method} design, and would be crossed too; make "
                "it with seed_factor=False"
            )
            raise DesignError(message)
    if len(a) * len(b) > MOST_POINTS:
        message = f"cross would have {len(a):,} × {len(b):,} points; the most is {MOST_POINTS:,}"
        raise DesignError(message)
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
        points=_frame(columns),
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
        message = f"concat takes at least two designs, got {len(designs)}"
        raise DesignError(message)
    first, *others = designs
    for k, other in enumerate(others, 1):
        if other.space != first.space:
            message = f"concat: design {k} lies in another space than design 0: {_difference(first, other)}"
            raise DesignError(message)
        if (other.seed_levels is None) != (first.seed_levels is None):
            message = f"concat: the seed must be a factor of all designs or of none, and design {k} differs"
            raise DesignError(message)
    blocks = None
    if any(design.blocks is not None for design in designs):
        blocks = _numbered_on([_blocks(design) for design in designs])
    levels = [design.seed_levels for design in designs if design.seed_levels is not None]
    groups = first.groups if all(design.groups == first.groups for design in designs) else None
    points = [design.points for design in designs]
    return Design(
        first.space,
        np.vstack([design.unit for design in designs]),
        method="concat",
        options={"designs": tuple(parent(design) for design in designs)},
        blocks=blocks,
        seed_levels=_numbered_on(levels) if levels else None,
        points=_frame(
            {name: np.concatenate([one[name].to_numpy() for one in points]) for name in first.space}
        ),
        rows=sum(map(len, designs)),
        groups=groups,
    )


def _check_designs(designs: Sequence[Any], method: str) -> None:
    for k, design in enumerate(designs):
        if not isinstance(design, Design):
            message = f"{method} takes designs, got {type(design).__name__} at position {k}: {design!r}"
            raise DesignError(message)


def _blocks(design: Design) -> IntArray:
    return np.arange(len(design)) if design.blocks is None else design.blocks


def _numbered_on(parts: Sequence[IntArray]) -> IntArray:
    starts = np.cumsum([0, *(int(part.max()) + 1 for part in parts[:-1])])
    return np.concatenate([part + start for part, start in zip(parts, starts, strict=True)])


def _frame(columns: dict[str, Any]) -> pd.DataFrame:
    # The dtype is said: left to itself, pandas turns an object column of strings into its own strings.
    series = {name: pd.Series(column, dtype=column.dtype) for name, column in columns.items()}
    return pd.DataFrame(series).rename_axis(index="point")


def _difference(first: Design, other: Design) -> str:
    spaces: list[ParameterSpace] = [first.space, other.space]
    if spaces[0].names != spaces[1].names:
        return f"its factors are {', '.join(spaces[1].names)}, not {', '.join(spaces[0].names)}"
    for name, axis in spaces[0].axes.items():
        if spaces[1][name] != axis:
            return f"axis {name!r} is {spaces[1][name]!r}, not {axis!r}"
    return "in constants, derived parameters, correlation or constraints"
