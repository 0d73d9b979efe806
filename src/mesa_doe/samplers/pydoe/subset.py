"""Generalized subset designs: fractions of factorials of any levels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mesa_doe._optional import pydoe
from mesa_doe.design import Design
from mesa_doe.design.gate import MOST_POINTS
from mesa_doe.errors import DesignError
from mesa_doe.samplers.axis_levels import Levels, chosen_levels, from_levels
from mesa_doe.samplers.declare import check_count, declare
from mesa_doe.space import ParameterSpace

__all__ = ["generalized_subset"]


@declare(
    library="pyDOE3.gsd",
    purpose="a fraction of every combination, of any levels",
    points="about the product of the levels / reduction",
    extension="none",
    random=False,
    source="Surowiec et al. 2017",
    even=False,
    laws="quantiles",
    analysis="effects",
)
def generalized_subset(
    space: ParameterSpace,
    levels: Levels | Mapping[str, Levels] | None = None,
    *,
    reduction: int = 2,
    part: int = 0,
) -> Design:
    """Generalized subset design: a balanced fraction of a factorial of any levels.

    Parameters
    ----------
    space : ParameterSpace
    levels : int, sequence or mapping of str to either, optional
        As in :func:`full_factorial`.
    reduction : int, default 2
        About how many times fewer points than the full factorial; at most the fewest levels of an axis.
    part : int, default 0
        Which of the ``reduction`` designs that complement each other, from 0: together, as by
        :func:`concat`, they are the full factorial, so the next can be run when one has not been enough.

    Returns
    -------
    Design

    Raises
    ------
    DesignError
        If there is only one factor, the reduction would leave out levels, or there is no such part.

    Notes
    -----
    Wraps ``pyDOE3.gsd``. Unlike it, a reduction above the levels of a factor, which silently leaves levels
    out, is refused, and so are parts beyond the last, of which it gives fewer than asked for. The method is
    patented for product testing in processing facilities (US9746850B2).

    Examples
    --------
    >>> from mesa_doe.space import Categorical, Integer, ParameterSpace
    >>> space = ParameterSpace(n=Integer(1, 3), rule=Categorical(list("abcd")), m=Integer(1, 6))
    >>> len(generalized_subset(space, reduction=3))
    24
    """
    natives = chosen_levels(space, levels, "generalized_subset")
    counts = [len(native) for native in natives]
    if len(counts) < 2:
        raise DesignError(
            f"generalized_subset needs at least two factors, got {len(counts)}; use full_factorial"
        )
    reduction = _checked(reduction, counts, space)
    part = check_count(part, "generalized_subset", "part", 0)
    if part >= reduction:
        raise DesignError(
            f"generalized_subset: reduction={reduction} makes parts 0 to {reduction - 1}, got part={part}"
        )
    if math.prod(counts) > MOST_POINTS * reduction:
        raise DesignError(
            f"generalized_subset would have about {math.prod(counts) // reduction:,} points; "
            f"the most is {MOST_POINTS:,}: use fewer levels, or a larger reduction"
        )
    # Python ints, not numpy's, which it refuses.
    found = pydoe().gsd(levels=[int(count) for count in counts], reduction=reduction, n=part + 1)
    index = found[part] if part else found  # one alone is no list
    options = {"levels": dict(zip(space, counts, strict=True)), "reduction": reduction, "part": part}
    return from_levels(space, natives, index, method="generalized_subset", options=options)


def _checked(given: Any, counts: list[int], space: ParameterSpace) -> int:
    reduction = check_count(given, "generalized_subset", "reduction", 2)
    few = [f"{name!r} ({count})" for name, count in zip(space, counts, strict=True) if count < reduction]
    if few:
        raise DesignError(
            f"generalized_subset: reduction={reduction} would leave out levels of the axes that have fewer: "
            f"{', '.join(few)}; use at most reduction={min(counts)}, or orthogonal_array"
        )
    return reduction
