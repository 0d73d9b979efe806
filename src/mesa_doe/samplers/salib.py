"""Samplers of SALib."""

from __future__ import annotations

import warnings

import numpy as np

from mesa_doe.design import SEED_FACTOR, Design
from mesa_doe.errors import DesignError, MesaDoeWarning
from mesa_doe.samplers.declare import check_n, check_space, declare
from mesa_doe.seeding import RNG, library_seed, root_entropy
from mesa_doe.space import ParameterSpace

__all__ = ["sobol"]


@declare(
    library="SALib.sample.sobol",
    points="n(d + 2), or n(2d + 2) with second order; d counts the seed factor",
    extension="nested",
    random=True,
    source="Saltelli 2002; Saltelli et al. 2010",
)
def sobol(
    space: ParameterSpace,
    n: int,
    *,
    rng: RNG = None,
    second_order: bool = False,
    seed_factor: bool = False,
    scramble: bool = True,
) -> Design:
    """Saltelli's sample for Sobol indices.

    ``n`` base points of a scrambled Sobol sequence in twice the number of factors make matrices A and B;
    each of the ``n`` blocks holds a row of A, of every A with one column of B, and of B.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of blocks; a power of two, else the sequence loses its balance and a warning says so.
    rng : int, SeedSequence, Generator or None
    second_order : bool, default False
        Whether to add the rows that second-order indices need.
    seed_factor : bool, default False
        Whether the seed is one more factor: the model's own noise then gets a first- and a total-order
        index, in place of being smeared over every other factor's.
    scramble : bool, default True
        Owen-type scrambling of the sequence. Unscrambled it begins with a corner of the cube.

    Returns
    -------
    Design
        Of n(d + 2) points, n(2d + 2) with second order, with one more d for the seed factor.
        ``design.blocks`` numbers the blocks. ``design.extend(n)`` keeps every point.

    Raises
    ------
    DesignError
        If ``n`` is less than 1.

    Warns
    -----
    MesaDoeWarning
        If ``n`` is not a power of two.

    Notes
    -----
    Wraps `SALib.sample.sobol <https://salib.readthedocs.io/en/latest/api.html>`_, asked for the unit
    cube only: its distributions are never used, and integers and categories come from the axes. Unlike
    SALib, second order is off unless it is asked for, since it doubles the cost.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> space = ParameterSpace(a=Real(0, 1), b=Real(0, 1))
    >>> len(sobol(space, 8, rng=1)), len(sobol(space, 8, rng=1, seed_factor=True))
    (32, 40)
    """
    check_space(space, "sobol")
    n = check_n(n, "sobol")
    _warn_if_unbalanced(n, stacklevel=3)
    return _sobol(space, n, root_entropy(rng), bool(second_order), bool(seed_factor), bool(scramble))


def _warn_if_unbalanced(n: int, *, stacklevel: int) -> None:
    if n & (n - 1):
        warnings.warn(
            f"sobol: n={n} is not a power of two, so the sequence is not balanced and the indices "
            f"converge more slowly; use {1 << n.bit_length() - 1} or {1 << n.bit_length()}",
            MesaDoeWarning,
            stacklevel=stacklevel,
        )


def _sobol(
    space: ParameterSpace, n: int, entropy: int, second_order: bool, seed_factor: bool, scramble: bool
) -> Design:
    from SALib.sample import sobol as salib_sobol

    factors = [*space.names, SEED_FACTOR] if seed_factor else list(space.names)
    problem = {"num_vars": len(factors), "names": factors, "bounds": [[0.0, 1.0]] * len(factors)}
    with warnings.catch_warnings():
        # scipy's own words on powers of two: ours were said already.
        warnings.filterwarnings("ignore", message="The balance properties of Sobol'", category=UserWarning)
        unit = salib_sobol.sample(
            problem, n, calc_second_order=second_order, scramble=scramble, seed=library_seed(entropy)
        )
    step = len(factors) * (2 if second_order else 1) + 2
    blocks = np.repeat(np.arange(n), step)
    seed_levels = None
    if seed_factor:
        # Each block has two seeds, that of its row of A and that of its row of B. Told by the rows' places,
        # not by their values: an unscrambled sequence begins with one value for both.
        d = len(factors)
        from_b = np.zeros(step, dtype=np.int64)
        from_b[[d, -1]] = 1
        if second_order:
            from_b[d + 1 : 2 * d] = 1
        seed_levels = 2 * blocks + np.tile(from_b, n)
    options = {
        "n": n,
        "second_order": second_order,
        "seed_factor": seed_factor,
        "scramble": scramble,
        "entropy": entropy,
    }
    return Design(
        space,
        unit,
        method="sobol",
        options=options,
        blocks=blocks,
        seed_levels=seed_levels,
        rows=n * step,
        extension=_longer,
    )


def _longer(design: Design, n: int) -> Design:
    n = check_n(n, "sobol.extend")
    if n <= design.options["n"]:
        message = f"extend takes the new number of blocks, more than n={design.options['n']}, got {n}"
        raise DesignError(message)
    _warn_if_unbalanced(n, stacklevel=4)
    options = {name: value for name, value in design.options.items() if name not in ("n", "entropy")}
    return _sobol(design.space, n, design.options["entropy"], **options)
