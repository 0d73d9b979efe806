"""SALib's fractional factorial: a Hadamard matrix and its mirror image."""

from __future__ import annotations

import numpy as np

from mesa_doe.design import Design
from mesa_doe.design.salib import unit_problem
from mesa_doe.samplers.axis_levels import LAW_ENDS
from mesa_doe.samplers.coded import Ends, coded_design
from mesa_doe.samplers.declare import declare
from mesa_doe.space import ParameterSpace

__all__ = ["folded_hadamard"]


@declare(
    library="SALib.sample.ff",
    purpose="screening many factors for main effects",
    points="2·2^k with the least 2^k ≥ d",
    extension="none",
    random=False,
    source="Saltelli et al. 2008, Global Sensitivity Analysis: The Primer",
    even=False,
    ordered=True,
    laws="quantiles",
    integers="levels",
    categories=(2,),
    analysis="effects",
)
def folded_hadamard(
    space: ParameterSpace, *, levels: Ends = None, quantiles: tuple[float, float] = LAW_ENDS
) -> Design:
    """Folded two-level fraction of SALib (its ``ff``): main effects clear of all two-factor interactions.

    Parameters
    ----------
    space : ParameterSpace
    levels : mapping of str to sequence, optional
        Two values to use in place of the ends of an axis.
    quantiles : tuple of float, default (0.05, 0.95)
        The ends of a law.

    Returns
    -------
    Design
        Of 2·2^k points, twice the smallest power of two that is at least the number of factors.

    Raises
    ------
    DesignError
        If an axis has names, but not two.

    Notes
    -----
    Wraps `SALib.sample.ff <https://salib.readthedocs.io/en/latest/api.html>`_. Unlike SALib, the caller's
    names are not changed, and the dummy columns that fill the matrix up are left out: they are no
    parameters of the model. ``SALib.analyze.ff`` wants them back; it reads the outputs alone, so any
    problem of d names, extended by ``SALib.sample.ff`` itself, will do.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = folded_hadamard(ParameterSpace(a=Real(0, 1), b=Real(0, 1), c=Real(0, 1)))
    >>> len(design), design.points.mean().tolist()
    (8, [0.5, 0.5, 0.5])
    """
    from SALib.sample import ff

    unit = ff.sample(unit_problem(space.names))[:, : len(space)]
    codes = 2.0 * np.asarray(unit) - 1.0
    return coded_design(
        space, codes, method="folded_hadamard", options={}, levels=levels, quantiles=quantiles
    )
