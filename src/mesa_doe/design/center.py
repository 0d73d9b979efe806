"""The middle of the unit cube, behind the points of a design."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import FloatArray
from mesa_doe.design.lineage import parent
from mesa_doe.errors import DesignError, listed
from mesa_doe.space import Boolean, Categorical, ParameterSpace
from mesa_doe.space.values import is_int

if TYPE_CHECKING:
    from mesa_doe.design.design import Design

__all__ = ["with_center"]


def with_center(design: Design, k: Any, at: Mapping[str, Any] | None) -> Design:
    """Return what :meth:`Design.repeat_center` tells."""
    if not is_int(k) or k < 1:
        raise DesignError(f"repeat_center takes an int from 1, got {k!r}")
    if design.seed_levels is not None:
        raise DesignError("repeat_center: the seed is a factor of this design, and a seed has no middle")
    unit, levels = _center_of(design.space, at)
    center = np.repeat(unit, int(k), axis=0)
    blocks = design.blocks
    if blocks is not None:
        blocks = np.append(blocks, blocks.max() + 1 + np.arange(int(k)))
    points = pd.concat([design.points, design.space.from_unit(center)], ignore_index=True)
    return type(design)(
        design.space,
        np.vstack([design.unit, center]),
        method="repeat_center",
        options={"design": parent(design), "k": int(k), "at": levels},
        blocks=blocks,
        points=points.rename_axis(index="point"),
        groups=design.groups,
    )


def _center_of(space: ParameterSpace, at: Mapping[str, Any] | None) -> tuple[FloatArray, dict[str, Any]]:
    """Return the middle of the unit cube (1, factors), and the level taken of each axis that has none.

    Examples
    --------
    >>> from mesa_doe.space import Real
    >>> _center_of(ParameterSpace(x=Real(0, 1), kind=Categorical(["a", "b"])), {"kind": "a"})
    (array([[0.5 , 0.25]]), {'kind': 'a'})
    """
    named = {k: axis for k, axis in space.axes.items() if isinstance(axis, (Boolean, Categorical))}
    given: Any = at  # whatever was typed
    if at is not None and not isinstance(given, Mapping):
        raise DesignError(f"repeat_center: at takes a mapping of names to levels, got {at!r}")
    levels = dict(at or {})
    problems = [
        f"axis {name!r} has names without a middle: give its level, as in at={{{name!r}: ...}}"
        for name in named
        if name not in levels
    ]
    for name, level in levels.items():
        if name not in named:
            problems.append(f"at names {name!r}, which is no axis of names; the middle of numbers is taken")
        elif named[name].outside([level])[0]:
            problems.append(f"axis {name!r}: {level!r} is no value of {named[name]!r}")
    if problems:
        raise DesignError(listed(problems, "repeat_center cannot be done"))
    unit = np.array([[named[k].to_unit([levels[k]])[0] if k in named else 0.5 for k in space.names]])
    if broken := space.problems_of(space.from_unit(unit)):
        raise DesignError(listed(broken, "repeat_center: the middle of the cube is no point of the space"))
    return unit, levels
