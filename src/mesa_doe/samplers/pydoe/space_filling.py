"""Space-filling designs: points far from one another, or nowhere far from any place."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesa_doe._optional import pydoe, require
from mesa_doe.design import Design
from mesa_doe.errors import DesignError
from mesa_doe.samplers.declare import check_count, check_n, declare
from mesa_doe.seeding import RNG, root_entropy
from mesa_doe.space import ParameterSpace

__all__ = ["maximin", "maxpro", "minimax", "nearly_orthogonal_lhs", "random_k_means"]


@declare(
    library="pyDOE3.random_k_means",
    purpose="an even spread inside the space",
    points="n",
    extension="none",
    random=True,
    source="MacQueen 1967",
    even=False,
    correlated=True,
)
def random_k_means(space: ParameterSpace, n: int, *, steps: int | None = None, rng: RNG = None) -> Design:
    """Random k-means: the centres of clusters of many random points.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points.
    steps : int, optional
        How many random points; by default 100 n, which takes the square of n in time.
    rng : int, SeedSequence, Generator or None

    Returns
    -------
    Design
        Of points that keep away from the bounds, the more so the more factors there are: not every level
        of an axis need come up.

    Raises
    ------
    DesignError
        If ``n`` or ``steps`` is no size.

    Notes
    -----
    Wraps ``pyDOE3.random_k_means``.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> len(random_k_means(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 4, rng=1))
    4
    """
    n = check_n(n, "random_k_means")
    options = {
        "n": n,
        "steps": 100 * n if steps is None else check_count(steps, "random_k_means", "steps", 1),
    }
    entropy = root_entropy(rng)
    unit = pydoe().random_k_means(
        num_points=n, dimension=len(space), num_steps=options["steps"], seed=np.random.default_rng(entropy)
    )
    return Design(space, unit, method="random_k_means", options={**options, "entropy": entropy}, rows=n)


@declare(
    library="pydoe.nearly_orthogonal_lhs",
    purpose="an even spread of each factor for regression",
    points="n",
    extension="none",
    random=True,
    source="Cioppa & Lucas 2007",
)
def nearly_orthogonal_lhs(space: ParameterSpace, n: int, *, iterations: int = 200, rng: RNG = None) -> Design:
    """Nearly orthogonal Latin hypercube: centres of cells, the largest correlation made small.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points, at least 2.
    iterations : int, default 200
        How many exchanges to try.
    rng : int, SeedSequence, Generator or None

    Returns
    -------
    Design

    Raises
    ------
    MissingDependencyError
        If ``pydoe`` is not installed: pyDOE3 has no such design.
    DesignError
        If ``n`` is less than 2 or ``iterations`` less than 1.

    Notes
    -----
    Wraps ``pydoe.nearly_orthogonal_lhs``.
    """
    return _searched("nearly_orthogonal_lhs", "nearly_orthogonal_lhs", space, n, iterations, rng)


@declare(
    library="pydoe.maximin_design",
    purpose="an even spread for emulators: no two points close",
    points="n",
    extension="none",
    random=True,
    source="Johnson, Moore & Ylvisaker 1990; Morris & Mitchell 1995",
    correlated=True,
)
def maximin(space: ParameterSpace, n: int, *, iterations: int = 200, rng: RNG = None) -> Design:
    """Maximin design: a Latin hypercube whose nearest points lie as far apart as was found.

    Parameters
    ----------
    space, n, iterations, rng
        As in :func:`nearly_orthogonal_lhs`.

    Returns
    -------
    Design

    Raises
    ------
    MissingDependencyError
        If ``pydoe`` is not installed; ``latin_hypercube_pydoe(criterion="maximin")`` needs it not.
    DesignError
        As :func:`nearly_orthogonal_lhs`.

    Notes
    -----
    Wraps ``pydoe.maximin_design``.
    """
    return _searched("maximin", "maximin_design", space, n, iterations, rng)


@declare(
    library="pydoe.maxpro_design",
    purpose="an even spread for emulators of which few factors matter",
    points="n",
    extension="none",
    random=True,
    source="Joseph, Gul & Ba 2015",
    correlated=True,
)
def maxpro(space: ParameterSpace, n: int, *, iterations: int = 200, rng: RNG = None) -> Design:
    """MaxPro design: a Latin hypercube that fills every projection onto fewer factors.

    Parameters
    ----------
    space, n, iterations, rng
        As in :func:`nearly_orthogonal_lhs`.

    Returns
    -------
    Design

    Raises
    ------
    MissingDependencyError
        If ``pydoe`` is not installed: pyDOE3 has no such design.
    DesignError
        As :func:`nearly_orthogonal_lhs`.

    Notes
    -----
    Wraps ``pydoe.maxpro_design``.
    """
    return _searched("maxpro", "maxpro_design", space, n, iterations, rng)


@declare(
    library="pydoe.minimax_design",
    purpose="an even spread for emulators: no place far from a point",
    points="n",
    extension="none",
    random=True,
    source="Johnson, Moore & Ylvisaker 1990",
    even=False,
    correlated=True,
)
def minimax(
    space: ParameterSpace, n: int, *, candidates: int = 1000, iterations: int = 200, rng: RNG = None
) -> Design:
    """Minimax design: no place of the space lies far from a point, as was found.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points.
    candidates : int, default 1000
        How many random places stand for the space; the points are chosen from them.
    iterations : int, default 200
        How many exchanges to try.
    rng : int, SeedSequence, Generator or None

    Returns
    -------
    Design
        Of points that keep away from the bounds; no Latin hypercube.

    Raises
    ------
    MissingDependencyError
        If ``pydoe`` is not installed: pyDOE3 has no such design.
    DesignError
        If there are fewer candidates than points.

    Notes
    -----
    Wraps ``pydoe.minimax_design``.
    """
    count = check_count(candidates, "minimax", "candidates", 1)
    n = check_n(n, "minimax")
    if count <= n:
        raise DesignError(f"minimax: candidates must be more than n={n}, got candidates={count}")
    return _searched("minimax", "minimax_design", space, n, iterations, rng, least=1, n_candidates=count)


def _searched(
    method: str,
    function: str,
    space: ParameterSpace,
    n: Any,
    iterations: Any,
    rng: RNG,
    *,
    least: int = 2,
    **more: int,
) -> Design:
    n = check_n(n, method)
    if n < least:
        raise DesignError(f"{method}: n takes an int from {least}, since it compares points, got n={n}")
    iterations = check_count(iterations, method, "iterations", 1)
    library = require("pydoe", extra="pydoe")
    entropy = root_entropy(rng)
    unit = getattr(library, function)(
        n_points=n,
        n_factors=len(space),
        iterations=iterations,
        seed=np.random.default_rng(entropy),
        **more,
    )
    said = {name.removeprefix("n_"): value for name, value in more.items()}
    options = {"n": n, "iterations": iterations, **said, "entropy": entropy}
    return Design(space, unit, method=method, options=options, rows=n)
