"""Which points of a design tell much the same, so that they are no independent ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mesa_doe.arrays import IntArray
from mesa_doe.columns import Crossed
from mesa_doe.design.crossing import UnknownParts, connected, holds_cross, parted

if TYPE_CHECKING:
    from mesa_doe.design.design import Design

__all__ = ["Dependence", "dependence_of", "follows_curves"]

#: Methods whose points follow a curve through the space: two factors go along with each other wherever their
#: frequencies do, and no part of the points is a sample.
_CURVES = frozenset({"fast"})


@dataclass(frozen=True)
class Dependence:
    """Which points go together, and what that does not tell.

    Parameters
    ----------
    units : ndarray (points,) of int or None
        The unit of each point: blocks, points of a sample that is crossed with something, or twins that were
        merged. None where each point stands alone.
    crossed : Crossed or None
        Of which factors the units are, where they are of a part of a crossed design.
    noun : str
        What the units are.
    said : tuple of str
        What the units leave out, as warnings.
    """

    units: IntArray | None
    crossed: Crossed | None = None
    noun: str = "blocks"
    said: tuple[str, ...] = ()


def dependence_of(design: Design) -> Dependence:
    """Tell which points of a design go together.

    Parameters
    ----------
    design : Design

    Returns
    -------
    Dependence

    Examples
    --------
    >>> from mesa_doe.samplers import cross, full_factorial, halton
    >>> from mesa_doe.space import Boolean, ParameterSpace, Real
    >>> rules = full_factorial(ParameterSpace(rule=Boolean()))
    >>> found = dependence_of(cross(rules, halton(ParameterSpace(x=Real(0, 1)), 3, rng=1)))
    >>> found.units.tolist(), found.crossed.own.tolist(), found.noun
    ([0, 1, 2, 0, 1, 2], [False, True], 'points of halton')
    """
    found = _of_lineage(design)
    if design.merged is None:
        return found
    noun = "different points" if found.units is None else found.noun
    units = design.merged if found.units is None else connected(found.units, design.merged)
    return Dependence(units, found.crossed, noun, found.said)


def follows_curves(design: Design) -> str | None:
    """Return the method of a design, or of one that it was made of, whose points follow curves, or None.

    Parameters
    ----------
    design : Design

    Returns
    -------
    str or None

    Examples
    --------
    >>> from mesa_doe.samplers import fast
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = fast(ParameterSpace(x=Real(0, 1), z=Real(0, 1)), 65, rng=1)
    >>> follows_curves(design), follows_curves(design.subset(slice(9)))
    ('fast', 'fast')
    """
    return next((method for method in _methods(design.method, design.options) if method in _CURVES), None)


def _of_lineage(design: Design) -> Dependence:
    if not holds_cross(design.method, design.options):
        return Dependence(design.blocks)
    try:
        part = parted(design.method, design.options, design.unit, design.blocks)
    except UnknownParts:
        unknown = (
            "the design is made of crossed ones in a way that hides which points share values: they are "
            f"taken as {'independent' if design.blocks is None else 'blocks'}, so that intervals may be too "
            "narrow and p-values too small; take parts of designs first, and cross or concat them afterwards"
        )
        return Dependence(design.blocks, said=(unknown,))
    if not part.drawn:
        return Dependence(design.blocks)
    return Dependence(part.labels, Crossed(part.own, part.points), f"points of {part.name}", part.said)


def _methods(method: str, options: Mapping[str, Any]) -> Iterator[str]:
    """Return a method and those of the designs it was made of."""
    yield method
    parents = (options.get("design"), options.get("a"), options.get("b"), *options.get("designs", ()))
    for one in parents:
        if isinstance(one, Mapping) and "method" in one:
            yield from _methods(one["method"], one["options"])
