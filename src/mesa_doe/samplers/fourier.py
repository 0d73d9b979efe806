"""Samples of SALib for the Fourier methods: the search curves of FAST, and the plain sample of RBD-FAST."""

from __future__ import annotations

from typing import Literal

import numpy as np

from mesa_doe.design import Design, frozen
from mesa_doe.design.salib import unit_problem
from mesa_doe.errors import DesignError
from mesa_doe.samplers.declare import check_count, check_n, check_size, declare, warn_of_axes
from mesa_doe.seeding import RNG, library_seed, root_entropy
from mesa_doe.space import ParameterSpace

__all__ = ["fast", "rbd_fast"]


@declare(
    library="SALib.sample.fast_sampler",
    purpose="first- and total-order indices",
    points="n·d, with n > 4M²",
    extension="none",
    random=True,
    source="Cukier et al. 1973; Saltelli, Tarantola & Chan 1999",
    ordered=True,
    analysis="fast",
    axes="ordered",
)
def fast(space: ParameterSpace, n: int, *, rng: RNG = None, M: int = 4) -> Design:
    """Search curves of the extended Fourier amplitude sensitivity test (FAST).

    A curve a factor runs through the cube, along which that factor swings fastest.

    Parameters
    ----------
    space : ParameterSpace
        Only M harmonics are summed, which a discrete axis of few values exceeds: its first-order index
        comes out too low.
    n : int
        Number of points on each curve; more than 4M². The least there are give indices 0.1 to 0.2 off.
    rng : int, SeedSequence, Generator or None
        Decides where on its curve each factor begins.
    M : int, default 4
        Number of harmonics; the analysis takes it from the design.

    Returns
    -------
    Design
        Of n·d points, one curve after the other.

    Raises
    ------
    DesignError
        If ``n`` is not above 4M².

    Warns
    -----
    MesaDoeWarning
        If a Categorical axis has more than two levels: they have no order, and the analysis will refuse it.

    Notes
    -----
    Wraps `SALib.sample.fast_sampler <https://salib.readthedocs.io/en/latest/api.html>`_, asked for the unit
    cube only. Groups, which SALib ignores without a word, are not taken.

    The points are no random sample: two factors go along with each other wherever their frequencies do.
    Analyses other than ``analyze.fast`` warn of that, and ``uncertainty`` refuses.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> len(fast(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 129, rng=1))
    258
    """
    from SALib.sample import fast_sampler

    n = check_n(n, "fast")
    M = check_count(M, "fast", "M", 1)
    if n <= 4 * M**2:
        raise DesignError(f"fast: n must be above 4M² = {4 * M**2} for M={M}, got n={n}")
    check_size(n, "fast", len(space))
    warn_of_axes(space, "fast")
    entropy = root_entropy(rng)
    return Design(
        space,
        frozen(fast_sampler.sample(unit_problem(space.names), n, M=M, seed=library_seed(entropy))),
        method="fast",
        options={"n": n, "M": M, "entropy": entropy},
        rows=n * len(space),
    )


@declare(
    library="SALib.sample.latin",
    purpose="first-order indices, at a cost free of d",
    points="n",
    extension="none",
    random=True,
    source="Tarantola, Gatelli & Mara 2006; Plischke 2010",
    analysis="rbd_fast",
)
def rbd_fast(
    space: ParameterSpace,
    n: int,
    *,
    rng: RNG = None,
    kind: Literal["latin_hypercube", "monte_carlo"] = "latin_hypercube",
) -> Design:
    """Sample for RBD-FAST: first-order indices at a cost that does not grow with the factors.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points.
    rng : int, SeedSequence, Generator or None
    kind : {"latin_hypercube", "monte_carlo"}, default "latin_hypercube"

    Returns
    -------
    Design
        Of n points, whose order does not matter.

    Raises
    ------
    DesignError
        If ``n`` is less than 1, or the kind is unknown.

    Notes
    -----
    Wraps `SALib.sample.latin <https://salib.readthedocs.io/en/latest/api.html>`_, asked for the unit cube
    only; ``"monte_carlo"`` is numpy's own. The analysis takes any other even sample as well.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> len(rbd_fast(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 200, rng=1))
    200
    """
    n = check_n(n, "rbd_fast")
    if kind not in ("latin_hypercube", "monte_carlo"):
        raise DesignError(f"rbd_fast: kind takes 'latin_hypercube' or 'monte_carlo', got {kind!r}")
    entropy = root_entropy(rng)
    if kind == "monte_carlo":
        unit = np.random.default_rng(entropy).random((n, len(space)))
    else:
        from SALib.sample import latin

        unit = latin.sample(unit_problem(space.names), n, seed=library_seed(entropy))
    options = {"n": n, "kind": kind, "entropy": entropy}
    return Design(space, frozen(unit), method="rbd_fast", options=options, rows=n)
