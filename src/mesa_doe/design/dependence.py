"""Which points of a design tell much the same, so that they are no independent ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.columns import Crossed
from mesa_doe.design.crossing import Sample, connected, rows_alike, samples_in
from mesa_doe.design.lineage import parents

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

    Examples
    --------
    >>> from mesa_doe.samplers import fast
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = fast(ParameterSpace(x=Real(0, 1), z=Real(0, 1)), 65, rng=1)
    >>> follows_curves(design), follows_curves(design.subset(slice(9)))
    ('fast', 'fast')
    """
    return next((method for method in _roots(design.method, design.options) if method in _CURVES), None)


def _of_lineage(design: Design) -> Dependence:
    """Tell which points share one of a crossed sample, or a block of it; of two samples, of the larger."""
    unit = design.unit
    samples = samples_in(design.method, design.options, tuple(range(unit.shape[1])))
    if not samples or len(samples[0].factors) == unit.shape[1]:
        return Dependence(design.blocks)
    labels = {sample: _labels(unit, sample, design.blocks) for sample in samples}
    counts = {sample: int(own.max()) + 1 for sample, own in labels.items()}
    # A list of scenarios was chosen, most often, and what it is crossed with was drawn.
    order = sorted(samples, key=lambda sample: (counts[sample], sample.name != "explicit"))
    larger = order[-1]
    told = tuple(
        f"the design crosses two samples, {larger.name} and {sample.name}: its points are taken as "
        f"{counts[larger]} of the larger one, and intervals and p-values know nothing of the chance in the "
        f"{counts[sample]} points of {sample.name}; sample all factors together instead"
        for sample in order[:-1]
        if sample.name != "explicit" or larger.name == "explicit"
    )
    own = np.isin(np.arange(unit.shape[1]), larger.factors)
    crossed = Crossed(own, rows_alike(unit[:, own]))
    return Dependence(labels[larger], crossed, f"points of {larger.name}", told)


def _labels(unit: FloatArray, sample: Sample, blocks: IntArray | None) -> IntArray:
    points = rows_alike(unit[:, sample.factors])
    if blocks is None:
        return points
    # Points with the same one of the other part are in a block as those of the sample are.
    others = rows_alike(np.delete(unit, sample.factors, axis=1))
    return connected(points, rows_alike(np.column_stack([others, blocks])))


def _roots(method: str, options: Mapping[str, Any]) -> Iterator[str]:
    """Yield the methods of the samplers that a design goes back to."""
    made_of = parents(method, options)
    for one in made_of:
        yield from _roots(one["method"], one["options"])
    if not made_of:
        yield method
