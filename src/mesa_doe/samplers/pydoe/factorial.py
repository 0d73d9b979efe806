"""Full factorial designs: every combination, of any levels or of the two ends."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mesa_doe._optional import pydoe
from mesa_doe.design import Design
from mesa_doe.design.gate import MOST_POINTS
from mesa_doe.errors import DesignError
from mesa_doe.samplers.axis_levels import LAW_ENDS, Levels, chosen_levels, from_levels
from mesa_doe.samplers.coded import Ends, coded_design
from mesa_doe.samplers.declare import declare
from mesa_doe.space import ParameterSpace

__all__ = ["full_factorial", "two_level_factorial"]


@declare(
    library="pyDOE3.fullfact",
    purpose="every combination of few levels",
    points="product of the levels",
    extension="none",
    random=False,
    source="Fisher 1935; Montgomery, Design and Analysis of Experiments",
    even=False,
    laws="quantiles",
    analysis="effects",
)
def full_factorial(space: ParameterSpace, levels: Levels | Mapping[str, Levels] | None = None) -> Design:
    """Full factorial: every combination of the factors' levels.

    Parameters
    ----------
    space : ParameterSpace
    levels : int, sequence or mapping of str to either, optional
        How many levels, or which: one answer for all axes, or one an axis. Axes that have levels of
        their own (Boolean, Categorical, Discrete, Integer) use all of them unless told otherwise; one
        int for all thins out only those axes of numbers that have more. k levels of a Real lie evenly from
        end to end (evenly in the logarithm for ``log=True``), of a law between its quantiles 0.05 and 0.95.
        Values given are kept exactly.

    Returns
    -------
    Design
        The first factor changes fastest.

    Raises
    ------
    DesignError
        If a continuous axis is given no levels, a level is no value of its axis or comes twice, or
        the product of the levels is beyond ten million.

    Notes
    -----
    Wraps ``pyDOE3.fullfact``; its float levels become the axes' own values.

    Examples
    --------
    >>> from mesa_doe.space import Boolean, ParameterSpace, Real
    >>> full_factorial(ParameterSpace(x=Real(0, 1), grass=Boolean()), levels=3).points["x"].tolist()
    [0.0, 0.5, 1.0, 0.0, 0.5, 1.0]
    """
    natives = chosen_levels(space, levels, "full_factorial")
    counts = [len(native) for native in natives]
    if math.prod(counts) > MOST_POINTS:
        raise DesignError(
            f"full_factorial would have {' × '.join(map(str, counts))} = {math.prod(counts):,} points; "
            f"the most is {MOST_POINTS:,}: use fewer levels, or sample with latin_hypercube"
        )
    # The library's levels are floats: ints again, before anything is looked up with them, and short ones.
    index = np.asarray(pydoe().fullfact(levels=counts)).astype(np.min_scalar_type(max(counts)))
    options = {"levels": dict(zip(space, counts, strict=True))}
    return from_levels(space, natives, index, method="full_factorial", options=options)


@declare(
    library="pyDOE3.ff2n",
    purpose="all main effects and interactions of few factors",
    points="2^d",
    extension="none",
    random=False,
    source="Yates 1937; Box, Hunter & Hunter, Statistics for Experimenters",
    even=False,
    laws="quantiles",
    integers="levels",
    categories=(2,),
    analysis="effects",
)
def two_level_factorial(
    space: ParameterSpace, *, levels: Ends = None, quantiles: tuple[float, float] = LAW_ENDS
) -> Design:
    """Two-level full factorial: every combination of the factors' low and high ends.

    Parameters
    ----------
    space : ParameterSpace
    levels : mapping of str to (low, high), optional
        Two values to use instead of the ends of an axis; needed for a Categorical of more than two levels.
    quantiles : (float, float), default (0.05, 0.95)
        What stands for the ends of a law.

    Returns
    -------
    Design
        Of 2^d points; the last factor changes fastest.

    Raises
    ------
    DesignError
        If an axis has names, but not two, or there would be more than ten million points.

    Notes
    -----
    Wraps ``pyDOE3.ff2n``. Unlike it, it gives values, not codes -1 and 1.

    Examples
    --------
    >>> from mesa_doe.space import Boolean, ParameterSpace, Real
    >>> space = ParameterSpace(x=Real(0, 1), grass=Boolean())
    >>> two_level_factorial(space).points["x"].tolist()
    [0.0, 0.0, 1.0, 1.0]
    """
    if 2 ** len(space) > MOST_POINTS:
        raise DesignError(
            f"two_level_factorial would have 2^{len(space)} = {2 ** len(space):,} points; the most is "
            f"{MOST_POINTS:,}: use fractional_factorial or plackett_burman"
        )
    codes = pydoe().ff2n(n_factors=len(space))
    return coded_design(
        space, codes, method="two_level_factorial", options={}, levels=levels, quantiles=quantiles
    )
