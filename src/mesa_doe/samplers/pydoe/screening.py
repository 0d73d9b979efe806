"""Screening designs: many factors, few points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from mesa_doe._optional import pydoe, require
from mesa_doe.arrays import Array
from mesa_doe.design import Design
from mesa_doe.errors import DesignError
from mesa_doe.samplers.axis_levels import LAW_ENDS
from mesa_doe.samplers.coded import Ends, coded_design
from mesa_doe.samplers.declare import declare, warn_of_axes
from mesa_doe.samplers.pydoe.fractional import fold_over
from mesa_doe.space import ParameterSpace
from mesa_doe.space.values import is_int, plain

__all__ = ["definitive_screening", "plackett_burman"]


@declare(
    library="pyDOE3.pbdesign, fold",
    purpose="screening many factors for main effects",
    points="the next multiple of 4 above d, twice that when folded",
    extension="none",
    random=False,
    source="Plackett & Burman 1946",
    even=False,
    laws="quantiles",
    integers="levels",
    categories=(2,),
    analysis="effects",
)
def plackett_burman(
    space: ParameterSpace,
    *,
    size: int | None = None,
    fold: bool | Sequence[str] = False,
    levels: Ends = None,
    quantiles: tuple[float, float] = LAW_ENDS,
) -> Design:
    """Plackett–Burman design: main effects of many factors from hardly more points than factors.

    Parameters
    ----------
    space : ParameterSpace
    size : int, optional
        Number of points before folding: a multiple of 4 above the number of factors, by default the next.
    fold : bool or sequence of str, default False
        Whether to add the points with all factors reversed (True), or only those named; all reversed,
        main effects are clear of interactions of two factors.
    levels : mapping of str to (low, high), optional
    quantiles : (float, float), default (0.05, 0.95)
        As in :func:`two_level_factorial`.

    Returns
    -------
    Design
        Interactions of two factors are partly confounded with main effects: resolution III.

    Raises
    ------
    DesignError
        If the library has no design of that size, or an axis has names, but not two.

    Notes
    -----
    Wraps ``pyDOE3.pbdesign``. The library fails for 28, 36, 44, 52 and other numbers of points; the next
    that it has is named, and ``size=`` takes it.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> len(plackett_burman(ParameterSpace({f"x{k}": Real(0, 1) for k in range(11)})))
    12
    """
    factors = len(space)
    if size is None:
        points = 4 * (factors // 4 + 1)
    elif not is_int(size) or size % 4 or size <= factors:
        raise DesignError(
            f"plackett_burman: size takes a multiple of 4 above the {factors} factors, got {size!r}"
        )
    else:
        points = int(size)
    codes = _plackett_burman(points)
    if codes is None:
        larger = next(n for n in range(points, 3 * points, 4) if _plackett_burman(n) is not None)
        raise DesignError(
            f"plackett_burman: {pydoe().__name__} has no design of {points} points (for {factors} factors); "
            f"the next that it has is size={larger}"
        )
    fold = plain(fold)
    codes = fold_over(codes[:, :factors], space, fold, "plackett_burman")
    options = {"size": points, "fold": fold if isinstance(fold, bool) else list(fold)}
    return coded_design(
        space, codes, method="plackett_burman", options=options, levels=levels, quantiles=quantiles
    )


def _plackett_burman(points: int) -> Array | None:
    try:
        codes: Array = pydoe().pbdesign(n=points - 1)
    except (AssertionError, ValueError):  # pyDOE3's word for "no such design", and pydoe's
        return None
    return codes


@declare(
    library="pydoe.definitive_screening_design",
    purpose="screening many factors for slopes and curvature",
    points="2d + 1 for even d, 2d + 3 for odd; 1 more with axes of two levels, 3 more with several of them "
    "and method='orth'",
    extension="none",
    random=False,
    source="Jones & Nachtsheim 2011, 2013",
    even=False,
    laws="quantiles",
    integers="levels",
    categories=(2, 3),
    analysis="response_surface",
    axes="ordered",
)
def definitive_screening(
    space: ParameterSpace,
    *,
    method: Literal["dsd", "orth"] = "dsd",
    levels: Ends = None,
    quantiles: tuple[float, float] = LAW_ENDS,
) -> Design:
    """Definitive screening: three levels, main effects clear of all effects of second order.

    Parameters
    ----------
    space : ParameterSpace
    method : {"dsd", "orth"}, default "dsd"
        What to clear where axes of two levels take part: interactions with them, or main effects.
    levels : mapping of str to sequence, optional
        Values to use instead of the ends (and the middle) of an axis; two of a Categorical of more.
    quantiles : (float, float), default (0.05, 0.95)
        What stands for the ends of a law.

    Returns
    -------
    Design

    Raises
    ------
    MissingDependencyError
        If ``pydoe`` is not installed: pyDOE3 has no such design.
    DesignError
        If an axis has names, but not two or three.

    Warns
    -----
    MesaDoeWarning
        If a Categorical axis has more than two levels: they have no order, and the analysis will refuse it.

    Notes
    -----
    Wraps ``pydoe.definitive_screening_design``. Unlike it, axes keep their order, wherever those of two
    levels stand (Boolean, Categorical and numbers with two values).

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> space = ParameterSpace({f"x{k}": Real(0, 1) for k in range(6)})
    >>> len(definitive_screening(space))  # doctest: +SKIP
    13
    """
    library: Any = require("pydoe", extra="pydoe")
    if method not in ("dsd", "orth"):
        raise DesignError(f"definitive_screening: method takes 'dsd' or 'orth', got {method!r}")
    given = levels if isinstance(levels, Mapping) else {}
    two = np.array([_two_levels(axis, given.get(name)) for name, axis in space.axes.items()])
    codes = library.definitive_screening_design(k=int((~two).sum()), n_cat=int(two.sum()), method=method)
    # The library puts the axes of two levels last.
    codes = np.asarray(codes)[:, np.argsort(np.argsort(two, kind="stable"))]
    design = coded_design(
        space,
        codes,
        method="definitive_screening",
        options={"method": method},
        levels=levels,
        quantiles=quantiles,
    )
    warn_of_axes(space, "definitive_screening", instead="name method='anova', which takes it")
    return design


def _two_levels(axis: Any, wanted: Any) -> bool:
    named = axis.from_unit(np.array([0.5])).dtype.kind in "Ob"
    return axis.n_levels == 2 or (named and wanted is not None)
