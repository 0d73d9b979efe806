"""Lattices: points evenly spread by a generator."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mesa_doe._optional import pydoe
from mesa_doe.arrays import Array
from mesa_doe.design import Design
from mesa_doe.errors import DesignError
from mesa_doe.samplers.declare import check_bool, check_n, declare
from mesa_doe.seeding import RNG, root_entropy
from mesa_doe.space import ParameterSpace
from mesa_doe.space.values import is_int

__all__ = ["korobov", "rank1_lattice"]


@declare(
    library="pyDOE3.korobov_sequence, cranley_patterson_shift",
    purpose="an even spread, means over the space",
    points="n",
    extension="none",
    random=True,
    source="Korobov 1959; shift: Cranley & Patterson 1976",
    correlated=True,
)
def korobov(
    space: ParameterSpace, n: int, *, generator: int | None = None, shift: bool = True, rng: RNG = None
) -> Design:
    """Korobov lattice: point i has the coordinates i·(1, a, a², …) modulo n.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points.
    generator : int, optional
        The a, without a factor in common with n; by default a good one, the same for the same n and
        number of factors.
    shift : bool, default True
        Whether to shift the lattice by random amounts, wrapping round; if not, points lie in the centres
        of their cells, the same for any ``rng``.
    rng : int, SeedSequence, Generator or None

    Returns
    -------
    Design
        Each factor's range is cut into n cells, and each has one point.

    Raises
    ------
    DesignError
        If n and the generator have a factor in common, so that coordinates would repeat.

    Notes
    -----
    Wraps ``pyDOE3.korobov_sequence`` and ``cranley_patterson_shift``. Unlike the first, it gives unit
    coordinates, not whole numbers, and chooses no generator at random, which there draws from Python's
    global generator. The default is the best of up to 50 by the worst-case error P2 (Sloan & Joe 1994).

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> space = ParameterSpace(a=Real(0, 1), b=Real(0, 1))
    >>> korobov(space, 5, generator=2, shift=False).unit[:, 1].round(1).tolist()
    [0.1, 0.5, 0.9, 0.3, 0.7]
    """
    n = check_n(n, "korobov")
    if generator is None:
        generator = _good_generator(n, len(space))
    elif not is_int(generator):
        raise DesignError(f"korobov: generator takes an int, got {generator!r}")
    generator = int(generator)
    _check_coprime([generator], n, "korobov")
    if generator % n <= 1:  # which the library refuses, though it is right for n = 1 and 2 and one factor
        cells = pydoe().rank1_lattice(num_points=n, dimension=len(space), generator_vector=[1] * len(space))
    else:
        cells = pydoe().korobov_sequence(num_points=n, dimension=len(space), generator_param=generator)
    return _lattice(space, cells, "korobov", {"n": n, "generator": generator}, shift, rng)


@declare(
    library="pyDOE3.rank1_lattice, cranley_patterson_shift",
    purpose="an even spread, means over the space",
    points="n",
    extension="none",
    random=True,
    source="Sloan & Joe 1994; shift: Cranley & Patterson 1976",
    correlated=True,
)
def rank1_lattice(
    space: ParameterSpace,
    n: int,
    *,
    generator: Sequence[int] | None = None,
    shift: bool = True,
    rng: RNG = None,
) -> Design:
    """Rank-1 lattice: point i has the coordinates i·z modulo n.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points.
    generator : sequence of int, optional
        The z, one number a factor, none with a factor in common with n; by default a good one, the same
        for the same n and number of factors.
    shift, rng
        As in :func:`korobov`.

    Returns
    -------
    Design
        Each factor's range is cut into n cells, and each has one point.

    Raises
    ------
    DesignError
        If n and a number of the generator have a factor in common, so that coordinates would repeat.

    Notes
    -----
    Wraps ``pyDOE3.rank1_lattice`` and ``cranley_patterson_shift``. Unlike the first, it gives unit
    coordinates, not whole numbers, and chooses no generator at random, which there draws from numpy's
    global generator. The default is built a factor at a time, each the best of up to 50 by the worst-case
    error P2.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> space = ParameterSpace(a=Real(0, 1), b=Real(0, 1))
    >>> rank1_lattice(space, 5, generator=[1, 3], shift=False).unit[:, 1].round(1).tolist()
    [0.1, 0.7, 0.3, 0.9, 0.5]
    """
    n = check_n(n, "rank1_lattice")
    if generator is None:
        vector = _good_vector(n, len(space))
    else:
        vector = list(generator) if isinstance(generator, (Sequence, np.ndarray)) else []
        if len(vector) != len(space) or not all(map(is_int, vector)):
            raise DesignError(
                f"rank1_lattice: generator takes {len(space)} ints, one a factor, got {generator!r}"
            )
        vector = [int(z) for z in vector]
    _check_coprime(vector, n, "rank1_lattice")
    cells = pydoe().rank1_lattice(
        num_points=n, dimension=len(space), generator_vector=[z % n for z in vector]
    )
    return _lattice(space, cells, "rank1_lattice", {"n": n, "generator": vector}, shift, rng)


def _lattice(
    space: ParameterSpace, cells: Any, method: str, options: dict[str, Any], shift: bool, rng: RNG
) -> Design:
    shift = check_bool(shift, method, "shift")
    entropy, n = root_entropy(rng), options["n"]
    if shift:
        unit = pydoe().cranley_patterson_shift(
            points=np.asarray(cells) / n, seed=np.random.default_rng(entropy)
        )
    else:
        unit = (np.asarray(cells) + 0.5) / n
    options = {**options, "shift": shift, "entropy": entropy}
    return Design(space, unit, method=method, options=options, rows=n)


def _check_coprime(generator: list[int], n: int, method: str) -> None:
    for z in generator:
        if (common := math.gcd(z, n)) > 1:
            raise DesignError(
                f"{method}: the generator's {z} and n={n} have the factor {common} in common, so only "
                f"{n // common} coordinates would differ; choose one without, or leave it out"
            )


def _trials(n: int, factors: int) -> list[int]:
    """Return generators without a factor in common with n, spread over 2 … n - 1; fewer for large designs."""
    count = max(1, min(50, 50_000_000 // (n * factors)))
    # The golden section first: it is right in two dimensions, and the only one where there is time for one.
    wanted = [0.381966 * n, *(np.linspace(0.02, 0.5, count - 1) * n)]
    found = []
    for target in wanted:
        z = max(2, round(target))
        while z < n and math.gcd(z, n) > 1:
            z += 1
        found.append(z if z < n else 1)
    return sorted(set(found))


def _kernel(z: int, n: int, factors: int) -> Array:
    """Return one factor's part of the worst-case error P2, equal weights 1/d."""
    x = (np.arange(n, dtype=np.int64) * z % n) / n
    return 1 + (2 * math.pi**2 / factors) * (x * x - x + 1 / 6)


def _good_generator(n: int, factors: int) -> int:
    def error(a: int) -> float:
        product, z = np.ones(n), 1
        for _ in range(factors):
            product *= _kernel(z, n, factors)
            z = z * a % n
        return float(product.mean())

    return min(_trials(n, factors), key=error)


def _good_vector(n: int, factors: int) -> list[int]:
    vector, product = [1], _kernel(1, n, factors)
    trials = _trials(n, factors) if factors > 1 else []
    for _ in range(1, factors):
        vector.append(min(trials, key=lambda z: float((product * _kernel(z, n, factors)).mean())))
        product *= _kernel(vector[-1], n, factors)
    return vector
