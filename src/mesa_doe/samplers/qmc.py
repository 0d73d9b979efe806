"""Sequences of scipy.stats.qmc, and plain chance beside them."""

from __future__ import annotations

import warnings

import numpy as np

from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.errors import warn
from mesa_doe.samplers.declare import check_bool, check_n, continues, declare
from mesa_doe.samplers.rejection import accepted
from mesa_doe.seeding import RNG, root_entropy
from mesa_doe.space import ParameterSpace

__all__ = ["halton", "monte_carlo", "sobol_points", "sobol_sequence", "warn_if_unbalanced"]


@declare(
    library="scipy.stats.qmc.Sobol",
    purpose="an even spread of each pair of factors, that may grow",
    points="n",
    extension="nested",
    random=True,
    correlated=True,
    constraints="drawn again",
    source="Sobol' 1967; Owen 1998",
)
def sobol_sequence(space: ParameterSpace, n: int, *, rng: RNG = None, scramble: bool = True) -> Design:
    """Points of a scrambled Sobol sequence: the cube filled evenly, in every pair of factors too.

    Not the sample for Sobol indices, which is :func:`mesa_doe.sobol`.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points; a power of two, else the sequence loses its balance and a warning says so.
    rng : int, SeedSequence, Generator or None
    scramble : bool, default True
        Owen-type scrambling. Unscrambled, the sequence does not depend on ``rng`` and begins with a
        corner of the cube.

    Returns
    -------
    Design
        Of n points, drawn on past those that break a constraint: ``design.options["acceptance"]`` is
        then the share kept. ``design.extend(n)`` keeps every point and continues the sequence (``"nested"``).

    Raises
    ------
    DesignError
        If ``n`` is less than 1, or ``scramble`` neither True nor False.

    Warns
    -----
    MesaDoeWarning
        If ``n`` is not a power of two.

    Notes
    -----
    Wraps `scipy.stats.qmc.Sobol
    <https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.qmc.Sobol.html>`_. Unlike scipy there
    is no ``optimization``: both kinds move points of the sequence, which is then neither balanced nor
    to be continued. No point is skipped (Owen 2020, https://arxiv.org/abs/2008.08051).

    Examples
    --------
    >>> from mesa_doe.space import Integer, ParameterSpace
    >>> design = sobol_sequence(ParameterSpace(radius=Integer(1, 4)), 8, rng=1)
    >>> design.points["radius"].value_counts().sort_index().tolist()
    [2, 2, 2, 2]
    """
    n = check_n(n, "sobol_sequence")
    scramble = check_bool(scramble, "sobol_sequence", "scramble")
    warn_if_unbalanced(n, "sobol_sequence")
    return _sequence(space, "sobol_sequence", n, root_entropy(rng), scramble)


@declare(
    library="scipy.stats.qmc.Halton",
    purpose="an even spread that may grow, of any size",
    points="n",
    extension="nested",
    random=True,
    correlated=True,
    constraints="drawn again",
    source="Halton 1960; Owen 2017",
)
def halton(space: ParameterSpace, n: int, *, rng: RNG = None, scramble: bool = True) -> Design:
    """Points of a scrambled Halton sequence: the cube filled evenly, with any number of points.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points.
    rng : int, SeedSequence, Generator or None
    scramble : bool, default True
        Unscrambled, the sequence does not depend on ``rng``, and its later factors go in step: of 40
        factors and 64 points, some are perfectly correlated.

    Returns
    -------
    Design
        Of n points, drawn on past those that break a constraint: ``design.options["acceptance"]`` is
        then the share kept. ``design.extend(n)`` keeps every point and continues the sequence (``"nested"``).

    Raises
    ------
    DesignError
        If ``n`` is less than 1, or ``scramble`` neither True nor False.

    Notes
    -----
    Wraps `scipy.stats.qmc.Halton
    <https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.qmc.Halton.html>`_, without its
    ``optimization``, which moves points so that the sequence cannot be continued.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = halton(ParameterSpace(x=Real(0, 1), y=Real(0, 1)), 10, rng=1)
    >>> len(design), len(design.extend(25)), design.extension
    (10, 25, 'nested')
    """
    n = check_n(n, "halton")
    scramble = check_bool(scramble, "halton", "scramble")
    return _sequence(space, "halton", n, root_entropy(rng), scramble)


@declare(
    library="numpy.random.Generator.random",
    purpose="plain chance, and means with their standard error",
    points="n",
    extension="independent",
    random=True,
    correlated=True,
    constraints="drawn again",
    source="Metropolis & Ulam 1949",
)
def monte_carlo(space: ParameterSpace, n: int, *, rng: RNG = None) -> Design:
    """Points drawn independently: plain chance, what the other samples are measured against.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points.
    rng : int, SeedSequence, Generator or None

    Returns
    -------
    Design
        Of n points, drawn on past those that break a constraint: ``design.options["acceptance"]`` is
        then the share kept. ``design.extend(n)`` keeps every point and draws more (``"independent"``).

    Raises
    ------
    DesignError
        If ``n`` is less than 1.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> len(monte_carlo(ParameterSpace(x=Real(0, 1)), 100, rng=1))
    100
    """
    return _monte_carlo(space, check_n(n, "monte_carlo"), root_entropy(rng))


def sobol_points(
    d: int, n: int, entropy: int, *, scramble: bool = True, bits: int | None = None
) -> FloatArray:
    """Return the first points of a Sobol sequence in the unit cube.

    Parameters
    ----------
    d, n : int
        Factors and points.
    entropy : int
        Decides the scrambling.
    scramble : bool, default True
    bits : int, optional
        Of each coordinate; scipy's default is 30, so coordinates of different factors may coincide.

    Returns
    -------
    ndarray (n, d)

    Examples
    --------
    >>> sobol_points(2, 2, 1, scramble=False).tolist()
    [[0.0, 0.0], [0.5, 0.5]]
    """
    from scipy.stats import qmc

    engine = qmc.Sobol(d=d, scramble=scramble, bits=bits, rng=np.random.default_rng(entropy))
    with warnings.catch_warnings():
        # scipy's own words on powers of two: ours were said already.
        warnings.filterwarnings("ignore", message="The balance properties of Sobol'", category=UserWarning)
        points: FloatArray = engine.random(n)
    return points


def warn_if_unbalanced(n: int, method: str) -> None:
    """Say that a Sobol sequence is balanced at powers of two only.

    Warns
    -----
    MesaDoeWarning
        If ``n`` is not a power of two; with its neighbours that are.
    """
    if n & (n - 1):
        warn(
            f"{method}: n={n} is not a power of two, so the sequence is not balanced and estimates "
            f"converge more slowly; use {1 << n.bit_length() - 1} or {1 << n.bit_length()}"
        )


def _sequence(space: ParameterSpace, method: str, n: int, entropy: int, scramble: bool) -> Design:
    from scipy.stats import qmc

    def first(count: int) -> FloatArray:
        if method == "sobol_sequence":
            return sobol_points(len(space), count, entropy, scramble=scramble)
        engine = qmc.Halton(d=len(space), scramble=scramble, rng=np.random.default_rng(entropy))
        points: FloatArray = engine.random(count)
        return points

    unit, told = accepted(space, n, first, method)
    options = {"n": n, "scramble": scramble, **told, "entropy": entropy}
    return Design(space, unit, method=method, options=options, rows=n, extension="nested", longer=_continued)


@continues("sobol_sequence", "halton")
def _continued(design: Design, n: int) -> Design:
    if design.method == "sobol_sequence":
        warn_if_unbalanced(n, "sobol_sequence")
    options = design.options
    return _sequence(design.space, design.method, n, options["entropy"], options["scramble"])


def _monte_carlo(space: ParameterSpace, n: int, entropy: int) -> Design:
    # Numbers are drawn row by row, so more rows begin with the same ones.
    unit, told = accepted(
        space, n, lambda count: np.random.default_rng(entropy).random((count, len(space))), "monte_carlo"
    )
    return Design(
        space,
        unit,
        method="monte_carlo",
        options={"n": n, **told, "entropy": entropy},
        rows=n,
        extension="independent",
        longer=_drawn_on,
    )


@continues("monte_carlo")
def _drawn_on(design: Design, n: int) -> Design:
    return _monte_carlo(design.space, n, design.options["entropy"])
