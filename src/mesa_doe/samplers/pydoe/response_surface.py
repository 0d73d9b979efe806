"""Response-surface designs: enough points for a quadratic model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from mesa_doe._optional import pydoe
from mesa_doe.design import Design
from mesa_doe.design.gate import MOST_POINTS
from mesa_doe.errors import DesignError
from mesa_doe.samplers.axis_levels import LAW_ENDS
from mesa_doe.samplers.coded import Ends, coded_design
from mesa_doe.samplers.declare import check_count, declare, warn_of_axes
from mesa_doe.space import ParameterSpace
from mesa_doe.space.values import is_int

__all__ = ["box_behnken", "central_composite"]


@declare(
    library="pyDOE3.bbdesign",
    purpose="fitting a quadratic without the corners of the space",
    points="2d(d - 1) + center",
    extension="none",
    random=False,
    source="Box & Behnken 1960",
    even=False,
    laws="quantiles",
    integers="levels",
    categories=(3,),
    analysis="response_surface",
    axes="ordered",
)
def box_behnken(
    space: ParameterSpace,
    *,
    center: int | None = None,
    levels: Ends = None,
    quantiles: tuple[float, float] = LAW_ENDS,
) -> Design:
    """Box–Behnken design: the middles of the edges and the centre, for a quadratic model without corners.

    Parameters
    ----------
    space : ParameterSpace
        At least three factors.
    center : int, optional
        How often the centre is repeated; by default 3 for 3 and 4 factors, 6 for 5 to 7, more beyond.
    levels : mapping of str to sequence, optional
        ``(low, high)`` or ``(low, middle, high)`` to use of an axis.
    quantiles : (float, float), default (0.05, 0.95)
        What stands for the ends of a law; its middle is the median.

    Returns
    -------
    Design
        Repeated centre points last.

    Raises
    ------
    DesignError
        If there are fewer than three factors, or an axis has fewer than three levels, or names but not three.

    Warns
    -----
    MesaDoeWarning
        If an axis has names: three have no order, and the analysis will refuse them.

    Notes
    -----
    Wraps ``pyDOE3.bbdesign``. As there, every pair of factors gets its own four points, which for six
    factors and more is larger than the design printed by Box and Behnken (60 and 84 points without the
    centre for 6 and 7 factors, where theirs have 48 and 56).

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> len(box_behnken(ParameterSpace(a=Real(0, 1), b=Real(0, 1), c=Real(0, 1)), center=3))
    15
    """
    if len(space) < 3:
        raise DesignError(
            f"box_behnken needs at least three factors, got {len(space)}; use central_composite"
        )
    if center is not None:
        center = check_count(center, "box_behnken", "center", 0)
    codes = pydoe().bbdesign(n=len(space), center=center)
    options = {"center": len(codes) - 2 * len(space) * (len(space) - 1)}
    design = coded_design(
        space, codes, method="box_behnken", options=options, levels=levels, quantiles=quantiles
    )
    warn_of_axes(space, "box_behnken", instead="name method='anova', which takes it")
    return design


@declare(
    library="pyDOE3.ccdesign",
    purpose="fitting a quadratic",
    points="2^d + 2d + center",
    extension="none",
    random=False,
    source="Box & Wilson 1951",
    even=False,
    laws="quantiles",
    integers="levels",
    categories=(),
    analysis="response_surface",
    axes="ordered",
)
def central_composite(
    space: ParameterSpace,
    *,
    center: int | tuple[int, int] = (4, 4),
    alpha: Literal["orthogonal", "rotatable"] = "orthogonal",
    face: Literal["inscribed", "faced", "circumscribed"] = "inscribed",
    levels: Ends = None,
    quantiles: tuple[float, float] = LAW_ENDS,
) -> Design:
    """Central composite design: corners, axial points and the centre, for a quadratic model.

    Parameters
    ----------
    space : ParameterSpace
        At least two factors, all of numbers.
    center : int or (int, int), default (4, 4)
        How often the centre is repeated, after the corners and after the axial points; an int for both.
    alpha : {"orthogonal", "rotatable"}, default "orthogonal"
        How far the axial points lie out, in half ranges of the corners. Of no effect when faced.
    face : {"inscribed", "faced", "circumscribed"}, default "inscribed"
        Where the ends of the axes go: to the axial points, with the corners drawn in; to both, with the
        axial points on the faces; or to the corners, with the axial points beyond, which needs ``levels=``
        (or ``quantiles=`` of laws) inside the bounds that leave them room.
    levels : mapping of str to (low, high), optional
    quantiles : (float, float), default (0.05, 0.95)
        What stands for the ends of a law.

    Returns
    -------
    Design
        Corners, centre, axial points, centre; ``design.options["alpha_value"]`` is the distance.

    Raises
    ------
    DesignError
        If an axial point would lie beyond its axis, an axis has too few levels to tell the codes apart
        (5, or 3 when faced), or has names.

    Notes
    -----
    Wraps ``pyDOE3.ccdesign``. Unlike it, the design is inscribed unless said otherwise: circumscribed
    points lie outside the ranges given. Axes of whole numbers take the nearest level.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> space = ParameterSpace(a=Real(0, 1), b=Real(0, 1))
    >>> design = central_composite(space, center=(1, 1), alpha="rotatable")
    >>> len(design), round(design.options["alpha_value"], 3)
    (10, 1.414)
    """
    for name, value, allowed in (
        ("alpha", alpha, ("orthogonal", "rotatable")),
        ("face", face, ("circumscribed", "faced", "inscribed")),
    ):
        if value not in allowed:
            raise DesignError(
                f"central_composite: {name} takes {', '.join(map(repr, allowed))}, got {value!r}"
            )
    if len(space) < 2:
        raise DesignError(
            f"central_composite needs at least two factors, got {len(space)}; use full_factorial"
        )
    if 2 ** len(space) > MOST_POINTS:
        raise DesignError(f"central_composite would have 2^{len(space)} corners; use box_behnken")
    # The library takes pairs only.
    pair: Any = (center, center) if is_int(center) else center
    if not isinstance(pair, Sequence) or isinstance(pair, str) or len(pair) != 2:
        raise DesignError(f"central_composite: center takes an int or two, got {center!r}")
    first, second = (check_count(count, "central_composite", "center", 0) for count in pair)
    codes = np.asarray(pydoe().ccdesign(n=len(space), center=(first, second), alpha=alpha, face=face))
    corner, axial = np.abs(codes[0, 0]), np.abs(codes).max()
    options = {"center": (first, second), "alpha": alpha, "face": face, "alpha_value": float(axial / corner)}
    return coded_design(
        space,
        codes,
        method="central_composite",
        options=options,
        levels=levels,
        quantiles=quantiles,
        names=False,
    )
