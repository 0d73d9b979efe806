"""Which points of a design go together for an analysis that takes any points."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mesa_doe.analysis.outputs import Outputs, too_few
from mesa_doe.columns import Units, units_of
from mesa_doe.design import Design
from mesa_doe.design.dependence import dependence_of, follows_curves

__all__ = ["checked_units_of", "correlated", "of_given_data", "taken_as_independent"]

# Analyses of any points that know of blocks, with p-values or intervals.
_OF_BLOCKS = ("regression", "delta", "pawn", "rsa")
# A correlation between factors that is more than small, and than chance of so many points.
_LEAST_CORRELATION, _LEAST_ERRORS = 0.5, 4.0


def checked_units_of(design: Design, checked: Outputs, method: str) -> Units | None:
    """Return which of the points kept go together, or None where each point stands alone.

    Points of a block of Saltelli's scheme, a star or a trajectory share the values of most factors and, by
    default, a seed, whatever the seed policy of others is. As many independent points as there are points
    would tell much more. So it is of points that have one point of a crossed sample, or whose runs are one
    since they were merged.

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
    found = dependence_of(design)
    units = units_of(found.units, checked.points, found.crossed)
    if units is not None and units.count == 1:
        raise too_few(method, found.noun, checked)
    return replace(units, merged=True) if units is not None and design.merged is not None else units


def taken_as_independent(design: Design, checked: Outputs, method: str, why: str) -> list[str]:
    """Say that an analysis knows nothing of what points go together in a design, if some do.

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
    noun = dependence_of(design).noun
    why_not = f"{noun} whose points share values and seeds" if noun == "blocks" else noun
    return [
        f"{method} takes the {len(units.of)} points as independent, but they are {units.count} {why_not}: "
        f"{why}; use a design without {noun if noun == 'blocks' else 'such points'}, or "
        f"{', '.join(_OF_BLOCKS)}"
    ]


def of_given_data(design: Design, method: str) -> list[str]:
    """Say what an analysis of any points cannot know of how the points of a design hang together.

    Parameters
    ----------
    design : Design
    method : str
        Of the analysis.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from mesa_doe.samplers import fast
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = fast(ParameterSpace(x=Real(0, 1), z=Real(0, 1)), 65, rng=1)
    >>> of_given_data(design, "pawn")[0][:66]
    'pawn takes the 130 points of this design as independent, but those'
    """
    said = [*dependence_of(design).said]
    if curves := follows_curves(design):
        said.append(
            f"{method} takes the {len(design)} points of this design as independent, but those of {curves} "
            "follow curves, along which factors without effect go with others: they stand out far too often; "
            f"use analyze.{curves}, or a design such as latin_hypercube"
        )
    return said


def correlated(design: Design) -> bool:
    """Tell whether factors go along with each other at these points, though nothing in their space says so.

    Parameters
    ----------
    design : Design

    Returns
    -------
    bool
        As of points that were given by hand, or a part of a design. Categories count by their order.

    Examples
    --------
    >>> from mesa_doe.samplers import explicit
    >>> line = np.arange(100.0)
    >>> correlated(explicit({"a": line, "b": line + 50 * np.sin(line)}))
    True
    >>> correlated(explicit({"a": line, "b": 50 * np.sin(line)}))
    False
    """
    moving = design.unit[:, np.ptp(design.unit, axis=0) > 0]
    if moving.shape[1] < 2:
        return False
    between = np.abs(np.corrcoef(moving, rowvar=False))
    np.fill_diagonal(between, 0.0)
    return bool(between.max() > max(_LEAST_CORRELATION, _LEAST_ERRORS / np.sqrt(len(moving))))
