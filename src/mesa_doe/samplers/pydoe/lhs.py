"""Latin hypercube samples by pyDOE's own criteria."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from mesa_doe._optional import pydoe, require
from mesa_doe.design import Design, frozen
from mesa_doe.errors import DesignError
from mesa_doe.samplers.declare import check_count, check_n, declare
from mesa_doe.seeding import RNG, root_entropy
from mesa_doe.space import ParameterSpace
from mesa_doe.space.copula import Copula

__all__ = ["iman_conover_lhs", "latin_hypercube_pydoe"]

_CRITERIA = ("center", "centermaximin", "correlation", "maximin")


@declare(
    library="pyDOE3.lhs",
    purpose="an even spread of each factor, the best of several",
    points="n",
    extension="none",
    random=True,
    source="McKay, Beckman & Conover 1979; maximin: Morris & Mitchell 1995",
    correlated=True,
)
def latin_hypercube_pydoe(
    space: ParameterSpace,
    n: int,
    *,
    criterion: Literal["maximin", "center", "centermaximin", "correlation"] = "maximin",
    iterations: int = 5,
    rng: RNG = None,
) -> Design:
    """Latin hypercube sample, the best of several by pyDOE's criteria.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points.
    criterion : {"maximin", "center", "centermaximin", "correlation"}, default "maximin"
        The largest least distance between points; the centres of the cells; both; or the smallest largest
        correlation between factors.
    iterations : int, default 5
        How many samples to choose from; of no effect for ``"center"``.
    rng : int, SeedSequence, Generator or None

    Returns
    -------
    Design
        Each factor's range is cut into n strata of equal probability, each drawn once.

    Raises
    ------
    DesignError
        If an option is wrong, or there are too few points or factors for the criterion.

    Notes
    -----
    Wraps ``pyDOE3.lhs``. Unlike it, ``"correlation"`` chooses from all ``iterations`` plain samples: the
    library's own choice passes over about three in four of them, taking the diagonal of a correlation
    matrix for other than 1. Its ``"lhsmu"`` is not offered: with a correlation matrix its samples are no
    Latin hypercubes and have another correlation.

    Examples
    --------
    >>> from mesa_doe.space import Integer, ParameterSpace
    >>> design = latin_hypercube_pydoe(ParameterSpace(n=Integer(1, 4), m=Integer(1, 2)), 8, rng=1)
    >>> design.points["n"].value_counts().sort_index().tolist()
    [2, 2, 2, 2]
    """
    n = check_n(n, "latin_hypercube_pydoe")
    if criterion not in _CRITERIA:
        raise DesignError(
            f"latin_hypercube_pydoe: criterion takes {', '.join(map(repr, _CRITERIA))}, got {criterion!r}"
            "; latin_hypercube has none"
        )
    iterations = check_count(iterations, "latin_hypercube_pydoe", "iterations", 1)
    points, factors = {"center": (1, 1), "correlation": (3, 2)}.get(criterion, (2, 1))
    if n < points or len(space) < factors:
        raise DesignError(
            f"latin_hypercube_pydoe: criterion={criterion!r} needs at least {points} points and {factors} "
            f"factors, got n={n} and {len(space)}; use latin_hypercube"
        )
    entropy = root_entropy(rng)
    generator = np.random.default_rng(entropy)
    if criterion == "correlation":
        unit = _least_correlated(len(space), n, iterations, generator)
    else:
        unit = pydoe().lhs(
            n=len(space), samples=n, criterion=criterion, iterations=iterations, seed=generator
        )
    options = {"n": n, "criterion": criterion, "iterations": iterations, "entropy": entropy}
    return Design(space, frozen(unit), method="latin_hypercube_pydoe", options=options, rows=n)


@declare(
    library="pydoe.iman_conover",
    purpose="an even spread of each factor, correlated or not at all",
    points="n",
    extension="none",
    random=True,
    source="Iman & Conover 1982",
    correlated=True,
)
def iman_conover_lhs(space: ParameterSpace, n: int, *, rng: RNG = None) -> Design:
    """Latin hypercube sample put in the order that has the rank correlation of the space.

    Parameters
    ----------
    space : ParameterSpace
        Its ``correlation=`` is the one wanted; without it, factors are left with hardly any.
    n : int
        Number of points, more than there are factors.
    rng : int, SeedSequence, Generator or None

    Returns
    -------
    Design
        Each factor keeps its n strata, drawn once, under correlation too: :func:`latin_hypercube` keeps
        those of the first factor alone. The correlation is nearer to the one wanted than by chance.

    Raises
    ------
    MissingDependencyError
        If ``pydoe`` is not installed: pyDOE3 has no such function.
    DesignError
        If there are no more points than factors, which leaves the order undetermined.

    Notes
    -----
    Wraps ``pydoe.iman_conover`` around ``pydoe.lhs``. The normal scores get the correlation
    ``2 sin(pi rho / 6)``, with which ranks have the correlation rho.
    """
    n = check_n(n, "iman_conover_lhs")
    if n <= len(space):
        raise DesignError(
            f"iman_conover_lhs: n takes an int above the number of factors {len(space)}, got n={n}"
        )
    library = require("pydoe", extra="pydoe")
    entropy = root_entropy(rng)
    generator = np.random.default_rng(entropy)
    unit = library.lhs(n=len(space), samples=n, seed=generator)
    if len(space) > 1:
        copula = Copula(np.eye(len(space)) if space.correlation is None else space.correlation)
        # A design holds independent coordinates, which its space correlates again.
        unit = copula.to_unit(library.iman_conover(unit, copula.pearson, seed=generator))
    options = {"n": n, "entropy": entropy}
    return Design(space, frozen(unit), method="iman_conover_lhs", options=options, rows=n)


def _least_correlated(factors: int, n: int, iterations: int, generator: np.random.Generator) -> Any:
    best, least = None, np.inf
    for _ in range(iterations):
        sample = pydoe().lhs(n=factors, samples=n, seed=generator)
        correlation = np.corrcoef(sample.T)
        largest = np.abs(correlation[np.triu_indices(factors, 1)]).max()
        if largest < least:
            best, least = sample, largest
    return best
