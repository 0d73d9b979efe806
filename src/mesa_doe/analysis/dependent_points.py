"""Which points of a design go together for an analysis that takes any points: those of a block."""

from __future__ import annotations

from mesa_doe.analysis.outputs import Outputs, too_few
from mesa_doe.columns import Units, units_of
from mesa_doe.design import Design

__all__ = ["checked_units_of", "taken_as_independent"]

# Analyses of any points that know of blocks, with p-values or intervals.
_OF_BLOCKS = ("regression", "delta", "pawn", "rsa")


def checked_units_of(design: Design, checked: Outputs, method: str) -> Units | None:
    """Return which of the points kept are of one block, or None where each point stands alone.

    Points of a block of Saltelli's scheme, a star or a trajectory share the values of most factors and, by
    default, a seed, whatever the seed policy of others is. As many independent points as there are points
    would tell much more.

    Parameters
    ----------
    design : Design
    checked : Outputs
    method : str
        Of the analysis, for the error.

    Returns
    -------
    Units or None

    Raises
    ------
    AnalysisError
        If all points are of one block.

    Examples
    --------
    >>> from mesa_doe.analysis.outputs import checked_outputs
    >>> from mesa_doe.samplers import halton, morris
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> space = ParameterSpace(a=Real(0, 1), b=Real(0, 1))
    >>> for design in (morris(space, 4, rng=1), halton(space, 4, rng=1)):
    ...     y = checked_outputs(design, design.unit[:, 0], names=None, missing="raise", method="delta")
    ...     units = checked_units_of(design, y, "delta")
    ...     print(units and units.count)
    4
    None
    """
    units = units_of(design.blocks, checked.points)
    if units is not None and units.count == 1:
        raise too_few(method, "blocks", checked)
    return units


def taken_as_independent(design: Design, checked: Outputs, method: str, why: str) -> list[str]:
    """Say that an analysis knows nothing of the blocks of a design, if it has some.

    Parameters
    ----------
    design : Design
    checked : Outputs
    method : str
        Of the analysis.
    why : str
        What is wrong of it then.

    Returns
    -------
    list of str

    Raises
    ------
    AnalysisError
        If all points are of one block.
    """
    units = checked_units_of(design, checked, method)
    if units is None:
        return []
    return [
        f"{method} takes the {len(units.of)} points as independent, but they are {units.count} blocks whose "
        f"points share values and seeds: {why}; use a design without blocks, or {', '.join(_OF_BLOCKS)}"
    ]
