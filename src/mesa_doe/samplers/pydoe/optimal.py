"""Optimal designs: the candidates that a polynomial model learns most from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe._optional import pydoe, require
from mesa_doe.arrays import Array
from mesa_doe.design import Design
from mesa_doe.errors import DesignError, listed
from mesa_doe.samplers.axis_levels import Levels, chosen_levels
from mesa_doe.samplers.declare import check_count, check_n, declare
from mesa_doe.samplers.native import native_column
from mesa_doe.space import Boolean, Categorical, ParameterSpace
from mesa_doe.space.points import points_frame

__all__ = ["a_optimal", "d_optimal", "i_optimal"]

Method: TypeAlias = Literal["sequential", "simple_exchange", "fedorov", "modified_fedorov", "detmax"]
Candidates: TypeAlias = pd.DataFrame | Mapping[str, Any]

_METHODS = ("sequential", "simple_exchange", "fedorov", "modified_fedorov", "detmax")
#: The search looks at every candidate for every point, in Python.
_MOST_CANDIDATES = 10_000
#: A little of the candidates' own information keeps the first points from being chosen blindly: until
#: there are as many points as terms, every determinant is zero.
_ALPHA = 1e-3

_declare = partial(
    declare,
    points="n",
    extension="none",
    random=False,
    even=False,
    laws="quantiles",
    integers="levels",
    categories=(2,),
    constraints="left out",
    analysis="response_surface",
    axes="ordered",
)


@_declare(
    library="pyDOE3.doe_optimal.optimal_design",
    purpose="fitting a polynomial in few runs: coefficients as precise as can be, together",
    source="Kiefer & Wolfowitz 1959; Fedorov 1972",
)
def d_optimal(
    space: ParameterSpace,
    n: int,
    *,
    degree: int = 1,
    candidates: Candidates | None = None,
    levels: Levels | Mapping[str, Levels] | None = 5,
    method: Method = "simple_exchange",
) -> Design:
    """D-optimal design: the points that leave the coefficients of a polynomial least volume of doubt.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points, at least the number of coefficients, (d + degree)! / (d! degree!).
    degree : int, default 1
        Of the polynomial, products of factors included.
    candidates : DataFrame or mapping of columns, optional
        Points to choose from, a column an axis; by default all combinations of ``levels``. None is chosen
        twice.
    levels : int, sequence or mapping of str to either, default 5
        As in :func:`full_factorial`; how many, or which, values to combine into candidates.
    method : {"sequential", "simple_exchange", "fedorov", "modified_fedorov", "detmax"}
        How to search; the last three look longer, for small sets of candidates.

    Returns
    -------
    Design
        ``design.options["d_efficiency"]`` is in per cent of an orthogonal design.

    Raises
    ------
    DesignError
        If there are too few points or candidates for the polynomial, too many candidates to search, or an
        axis has more than two names.

    Notes
    -----
    Wraps ``optimal_design`` of ``pydoe``, or of ``pyDOE3.doe_optimal``. Unlike it:

    - designs of too few points, which are singular, are refused;
    - the search is given a little of the candidates' own information (``alpha=0.001``). Without, the first
      points are chosen blindly, and four points out of 3³ candidates cannot tell a linear model;
    - candidates come from the axes, not at random.

    The criteria A and I need ``pydoe``: see :func:`a_optimal` and :func:`i_optimal`.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = d_optimal(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 4, degree=1)
    >>> sorted(design.points.itertuples(index=False, name=None))
    [(0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
    """
    return _optimal(space, n, "D", degree, candidates, levels, method)


@_declare(
    library="pydoe.optimal_design",
    purpose="fitting a polynomial in few runs: coefficients as precise as can be, on average",
    source="Chernoff 1953; Atkinson, Donev & Tobias 2007",
)
def a_optimal(
    space: ParameterSpace,
    n: int,
    *,
    degree: int = 1,
    candidates: Candidates | None = None,
    levels: Levels | Mapping[str, Levels] | None = 5,
    method: Method = "simple_exchange",
) -> Design:
    """A-optimal design: the points that leave the coefficients of a polynomial the least mean variance.

    Parameters
    ----------
    space, n, degree, candidates, levels, method
        As in :func:`d_optimal`.

    Returns
    -------
    Design

    Raises
    ------
    MissingDependencyError
        If ``pydoe`` is not installed: pyDOE3 gives singular designs for this criterion.
    DesignError
        As :func:`d_optimal`.

    Notes
    -----
    Wraps ``pydoe.optimal_design`` as :func:`d_optimal` does.
    """
    return _optimal(space, n, "A", degree, candidates, levels, method)


@_declare(
    library="pydoe.optimal_design",
    purpose="fitting a polynomial in few runs: predictions as precise as can be",
    source="Box & Draper 1959; Atkinson, Donev & Tobias 2007",
)
def i_optimal(
    space: ParameterSpace,
    n: int,
    *,
    degree: int = 1,
    candidates: Candidates | None = None,
    levels: Levels | Mapping[str, Levels] | None = 5,
    method: Method = "simple_exchange",
) -> Design:
    """I-optimal design: the points that leave predictions over the candidates the least mean variance.

    Parameters
    ----------
    space, n, degree, candidates, levels, method
        As in :func:`d_optimal`.

    Returns
    -------
    Design

    Raises
    ------
    MissingDependencyError
        If ``pydoe`` is not installed: pyDOE3 gives singular designs for this criterion.
    DesignError
        As :func:`d_optimal`.

    Notes
    -----
    Wraps ``pydoe.optimal_design`` as :func:`d_optimal` does.
    """
    return _optimal(space, n, "I", degree, candidates, levels, method)


def _optimal(
    space: ParameterSpace, n: int, criterion: str, degree: int, candidates: Any, levels: Any, method: str
) -> Design:
    name = f"{criterion.lower()}_optimal"
    n = check_n(n, name)
    degree = check_count(degree, name, "degree", 1)
    if method not in _METHODS:
        raise DesignError(f"{name}: method takes {', '.join(map(repr, sorted(_METHODS)))}, got {method!r}")
    library = pydoe() if criterion == "D" else require("pydoe", extra="pydoe")
    if candidates is None:
        columns = _combinations(space, n, levels, name, library)
    else:
        if problems := space.problems_of(candidates):
            raise DesignError(listed(problems, f"{name}: the candidates do not lie in the space"))
        columns = {key: native_column(axis, candidates[key]) for key, axis in space.axes.items()}
    _check_candidates(len(columns[space.names[0]]), n, name)
    unit = np.column_stack([axis.to_unit(columns[key]) for key, axis in space.axes.items()])
    codes = _codes(unit, space, degree, name)
    terms = math.comb(len(space) + degree, degree)
    if n < terms:
        raise DesignError(
            f"{name}: a polynomial of degree {degree} in {len(space)} factors has {terms} coefficients, "
            f"which n={n} points cannot tell; use at least n={terms}, or a lower degree"
        )
    # The one function that pyDOE3 has not at its top.
    source = library if hasattr(library, "optimal_design") else import_module("pyDOE3.doe_optimal")
    chosen, told = source.optimal_design(
        candidates=codes, n_points=n, degree=degree, criterion=criterion, method=method, alpha=_ALPHA
    )
    rows = _rows(codes, np.asarray(chosen))
    if not told["D_eff"] > 1e-6:
        raise DesignError(
            f"{name}: these candidates do not tell all {terms} coefficients apart; give more of them"
        )
    options = {
        "n": n,
        "degree": degree,
        "method": method,
        "candidates": len(codes),
        "d_efficiency": float(told["D_eff"]),
    }
    points = points_frame({key: column[rows] for key, column in columns.items()}, n)
    return Design(space, space.to_unit(points), method=name, options=options, points=points, rows=n)


def _combinations(space: ParameterSpace, n: int, levels: Any, name: str, library: Any) -> dict[str, Array]:
    """Return all combinations of levels that satisfy the constraints, a column an axis."""
    natives = chosen_levels(space, levels, name)
    counts = [len(native) for native in natives]
    _check_candidates(math.prod(counts), n, name)  # before they are made
    index = np.asarray(library.fullfact(levels=counts)).astype(np.intp)
    columns = {key: native[i] for key, native, i in zip(space, natives, index.T, strict=True)}
    if not space.constraints:
        return columns
    kept = space.satisfied(columns)
    return {key: column[kept] for key, column in columns.items()}


def _check_candidates(count: int, n: int, name: str) -> None:
    if count > _MOST_CANDIDATES:
        raise DesignError(
            f"{name}: {count:,} candidates are too many to search; the most is {_MOST_CANDIDATES:,}: use "
            "fewer levels= (degree + 1 an axis are enough), or give candidates=, such as a Latin hypercube"
        )
    if count < n:
        raise DesignError(f"{name}: n={n} points cannot be chosen from {count} candidates; use more levels=")


def _codes(unit: Array, space: ParameterSpace, degree: int, name: str) -> Array:
    """Scale the candidates to -1 and 1, refusing columns that cannot carry the polynomial."""
    problems = []
    for k, (key, axis) in enumerate(space.axes.items()):
        distinct = len(np.unique(unit[:, k]))
        if isinstance(axis, (Boolean, Categorical)) and (axis.n_levels or 0) > 2:
            problems.append(
                f"axis {key!r}: a polynomial would take the {axis.n_levels} names of {axis!r} for numbers; "
                "use generalized_subset, orthogonal_array or full_factorial, or make it a constant"
            )
        elif distinct < degree + 1:
            problems.append(
                f"axis {key!r}: degree {degree} needs {degree + 1} different values among the candidates, "
                f"and there are {distinct} of {axis!r}; use a lower degree, or more levels="
            )
    if problems:
        raise DesignError(listed(problems, f"{name} cannot be made"))
    low, high = unit.min(axis=0), unit.max(axis=0)
    codes: Array = 2 * (unit - low) / (high - low) - 1
    return codes


def _rows(codes: Array, chosen: Array) -> Array:
    """Find the candidates that were chosen: the library gives their coordinates only."""
    where: dict[bytes, list[int]] = {}
    for row in range(len(codes) - 1, -1, -1):
        where.setdefault(codes[row].tobytes(), []).append(row)
    return np.array([where[np.ascontiguousarray(row).tobytes()].pop() for row in chosen], dtype=np.intp)
