"""The Doehlert design, our own: both of pyDOE3's are wrong."""

from __future__ import annotations

import math

import numpy as np

from mesa_doe.arrays import Array
from mesa_doe.design import Design
from mesa_doe.samplers.axis_levels import LAW_ENDS
from mesa_doe.samplers.coded import Ends, coded_design
from mesa_doe.samplers.declare import check_count, declare
from mesa_doe.space import ParameterSpace

__all__ = ["doehlert"]


@declare(
    library="mesa-doe",
    purpose="fitting a quadratic that may move on to a neighbouring region",
    points="d² + d + center",
    extension="none",
    random=False,
    source="Doehlert 1970",
    even=False,
    laws="quantiles",
    integers="levels",
    categories=(),
    analysis="response_surface",
    axes="ordered",
)
def doehlert(
    space: ParameterSpace,
    *,
    center: int = 1,
    levels: Ends = None,
    quantiles: tuple[float, float] = LAW_ENDS,
) -> Design:
    """Doehlert design: a uniform shell, all points at one distance from the centre and their neighbours.

    Parameters
    ----------
    space : ParameterSpace
        Axes of numbers; put those first that are to be varied at more levels: the first factor has 5, the
        last 3, those between 7.
    center : int, default 1
        How often the centre is repeated.
    levels : mapping of str to (low, high), optional
        Codes -1 and 1 of an axis. Only the first factor reaches them; the others' outermost codes are
        ±0.87, ±0.82, … towards ±0.71.
    quantiles : (float, float), default (0.05, 0.95)
        What stands for the ends of a law.

    Returns
    -------
    Design
        The centre first, then the differences of the corners of a regular simplex.

    Raises
    ------
    DesignError
        If an axis has names, or too few levels to tell the codes apart.

    Notes
    -----
    Ours, since of ``pyDOE3``'s two the shell design has zeros in every column from the third and the
    simplex design points at radii 0.87 and 1.32. Axes of whole numbers take the nearest level.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> doehlert(ParameterSpace(a=Real(-1, 1), b=Real(-1, 1))).points["a"].tolist()
    [0.0, 1.0, 0.5, -1.0, -0.5, 0.5, -0.5]
    """
    center = check_count(center, "doehlert", "center", 0)
    codes = np.concatenate([np.zeros((center, len(space))), _shell(len(space))])
    options = {"center": center}
    return coded_design(
        space, codes, method="doehlert", options=options, levels=levels, quantiles=quantiles, names=False
    )


def _shell(d: int) -> Array:
    """Return the differences of the corners of a regular simplex of side 1 that has one in the origin."""
    corners = np.zeros((d + 1, d))
    for i in range(1, d + 1):
        corners[i, : i - 1] = [1 / math.sqrt(2 * j * (j + 1)) for j in range(1, i)]
        corners[i, i - 1] = math.sqrt((i + 1) / (2 * i))
    pairs = [(i, 0) for i in range(1, d + 1)] + [(0, i) for i in range(1, d + 1)]
    pairs += [pair for i in range(1, d + 1) for j in range(i + 1, d + 1) for pair in ((i, j), (j, i))]
    shell: Array = np.array([corners[i] - corners[j] for i, j in pairs])
    return shell
