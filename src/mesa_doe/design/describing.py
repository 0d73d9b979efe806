"""``Description``: what can be told of a design before it is run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from mesa_doe.arrays import FloatArray
from mesa_doe.design.groups import written_groups
from mesa_doe.design.lineage import call
from mesa_doe.design.twins import identities

if TYPE_CHECKING:
    from mesa_doe.design.design import Design

__all__ = ["MOST_COMPARED", "Description", "describe"]

#: Up to how many points each is compared with each other.
MOST_COMPARED = 10_000

_PROMISES = {
    "nested": "nested: a longer design is the one that the sampler makes of the larger n",
    "augmented": "augmented: old and new points together have the property of the method",
    "independent": "independent: new points are further draws",
    "none": "none: it cannot be extended",
}


@dataclass(frozen=True, repr=False)
class Description:
    """What can be told of a design before it is run; shown as a table of lines.

    Attributes
    ----------
    method : str
    options : mapping
    points : int
    factors : tuple of str
    groups : mapping of str to tuple of str, or None
    blocks : int or None
        How many blocks or trajectories the points come in.
    seed_policy : str
        How seeds meet points, unless another policy is asked for.
    extension : str
        What a longer design promises.
    acceptance : float or None
        The share of the points tried that satisfy the constraints, where others were drawn again.
    twins : int
        How many points have the values of an earlier one, its seed included where the seed is a factor.
    discrepancy : float or None
        Centred L2 discrepancy of the unit sample (0 is perfectly even), the seed's column included;
        None above 10,000 points.
    distance : float or None
        Smallest distance between two points in the unit cube; None above 10,000 points, or of one point.
    correlation : float or None
        The correlation of two factors that is largest in size: of values as shares of their axis' law,
        levels in the order listed. None where no two factors vary.
    correlated : tuple of two str, or None
        Between which factors.
    """

    method: str
    options: Any
    points: int
    factors: tuple[str, ...]
    groups: Any
    blocks: int | None
    seed_policy: str
    extension: str
    acceptance: float | None
    twins: int
    discrepancy: float | None
    distance: float | None
    correlation: float | None
    correlated: tuple[str, str] | None

    def __repr__(self) -> str:
        lines = {
            "method": call(self.method, self.options, ("entropy", "groups", "acceptance"), longest=80),
            "points": f"{self.points:,}",
            "factors": f"{len(self.factors)}: {', '.join(self.factors)}",
        }
        if self.groups is not None:
            lines["groups"] = written_groups(self.groups)
        if self.blocks is not None:
            lines["blocks"] = f"{self.blocks:,}"
        lines["default seed policy"] = self.seed_policy
        lines["extension"] = _PROMISES[self.extension]
        if self.acceptance is not None:
            lines["acceptance"] = f"{self.acceptance:.3g} of the points tried satisfy the constraints"
        lines["twins of earlier points"] = f"{self.twins:,}"
        if self.points > MOST_COMPARED:
            left_out = f"left out: each point with each other, for up to {MOST_COMPARED:,} points"
            lines["centred discrepancy"] = lines["minimum distance"] = left_out
        else:
            lines["centred discrepancy"] = f"{self.discrepancy:.3g}"
            if self.distance is not None:
                lines["minimum distance"] = f"{self.distance:.3g} in the unit cube"
        if self.correlated is not None:
            # + 0.0 turns -0.0 into 0.0.
            lines["largest correlation"] = (
                f"{round(self.correlation or 0.0, 6) + 0.0:.3g} ({' and '.join(self.correlated)})"
            )
        width = max(map(len, lines))
        return "\n".join(f"{name:<{width}}  {text}" for name, text in lines.items())


def describe(design: Design) -> Description:
    """Return what :meth:`Design.describe` tells.

    Examples
    --------
    >>> from mesa_doe.design import Design
    >>> from mesa_doe.space import Integer, ParameterSpace
    >>> space = ParameterSpace(n=Integer(1, 2))
    >>> describe(Design(space, [[0.0], [0.25], [1.0]], method="mine", options={})).twins
    1
    """
    space, unit, points = design.space, design.unit, design.points
    places = {name: axis.to_unit(points[name]) for name, axis in space.axes.items()}
    correlation, correlated = _largest_correlation(places)
    few = len(design) <= MOST_COMPARED
    return Description(
        method=design.method,
        options=dict(design.options),
        points=len(design),
        factors=design.factors,
        groups=None if design.groups is None else dict(design.groups),
        blocks=None if design.blocks is None else len(np.unique(design.blocks)),
        seed_policy=design.default_seed_policy,
        extension=design.extension,
        acceptance=design.options.get("acceptance"),
        twins=int(identities(design).duplicated().sum()),
        discrepancy=_discrepancy(unit) if few else None,
        distance=_distance(unit) if few and len(design) > 1 else None,
        correlation=correlation,
        correlated=correlated,
    )


def _discrepancy(unit: FloatArray) -> float:
    from scipy.stats import qmc

    return float(qmc.discrepancy(unit, method="CD"))


def _distance(unit: FloatArray) -> float:
    from scipy.spatial import cKDTree

    distances, _ = cKDTree(unit).query(unit, k=[2])
    return float(distances.min())


def _largest_correlation(places: dict[str, FloatArray]) -> tuple[float | None, tuple[str, str] | None]:
    varied = {name: column for name, column in places.items() if np.ptp(column) > 0}
    if len(varied) < 2:
        return None, None
    matrix = np.corrcoef(np.array(list(varied.values())))
    pairs = list(combinations(range(len(varied)), 2))
    i, j = max(pairs, key=lambda pair: abs(matrix[pair]))
    names = list(varied)
    return float(np.clip(matrix[i, j], -1, 1)), (names[i], names[j])
