"""Saltelli's sample of SALib, for Sobol indices of factors or of groups of them."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mesa_doe.arrays import IntArray
from mesa_doe.design import SEED_FACTOR, Design, frozen
from mesa_doe.design.groups import read_groups
from mesa_doe.design.salib import unit_problem
from mesa_doe.errors import DesignError
from mesa_doe.samplers.declare import check_bool, check_n, check_size, continues, declare
from mesa_doe.samplers.qmc import warn_if_unbalanced
from mesa_doe.seeding import RNG, library_seed, root_entropy
from mesa_doe.space import ParameterSpace

__all__ = ["sobol"]


@declare(
    library="SALib.sample.sobol",
    purpose="first-, total- and second-order indices",
    points="n(d + 2), or n(2d + 2) with second order; d counts the seed factor, or groups",
    extension="nested",
    random=True,
    groups=True,
    source="Saltelli 2002; Saltelli et al. 2010",
    ordered=True,
    analysis="sobol",
)
def sobol(
    space: ParameterSpace,
    n: int,
    *,
    rng: RNG = None,
    second_order: bool = False,
    seed_factor: bool = False,
    scramble: bool = True,
    groups: Mapping[str, Sequence[str]] | None = None,
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
    groups : mapping of str to sequence of str, optional
        Factors to be exchanged together, such as ``{"network": ["density", "radius"], "rule": ["kind"]}``:
        the indices are then those of the groups, at the cost of as many factors. At least two groups, and
        every factor in one; the seed factor is a group of its own, ``"seed"``.

    Returns
    -------
    Design
        Of n(d + 2) points, n(2d + 2) with second order; d counts the groups where there are any, and the
        seed factor. ``design.blocks`` numbers the blocks, and ``design.groups`` has the groups in the order
        of their first factors, which is that of the rows. ``design.extend(n)`` keeps every point and
        continues the sequence (``"nested"``).

    Raises
    ------
    DesignError
        If ``n`` is less than 1, an option is wrong, or the groups do not share out the factors.

    Warns
    -----
    MesaDoeWarning
        If ``n`` is not a power of two.

    Notes
    -----
    Wraps `SALib.sample.sobol <https://salib.readthedocs.io/en/latest/api.html>`_, asked for the unit
    cube only: its distributions are never used, and integers and categories come from the axes. Unlike
    SALib, second order is off unless it is asked for, since it doubles the cost; and a single group is
    refused, which SALib samples as if there were none and then analyses as one factor.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> space = ParameterSpace(a=Real(0, 1), b=Real(0, 1))
    >>> len(sobol(space, 8, rng=1)), len(sobol(space, 8, rng=1, seed_factor=True))
    (32, 40)
    """
    n = check_n(n, "sobol")
    second_order = check_bool(second_order, "sobol", "second_order")
    seed_factor = check_bool(seed_factor, "sobol", "seed_factor")
    scramble = check_bool(scramble, "sobol", "scramble")
    shared = None if groups is None else _shared(groups, space, seed_factor)
    warn_if_unbalanced(n, "sobol")
    return _sobol(space, n, root_entropy(rng), second_order, seed_factor, scramble, shared)


def _shared(groups: Any, space: ParameterSpace, seed_factor: bool) -> dict[str, tuple[str, ...]]:
    if not seed_factor or not isinstance(groups, Mapping):
        return read_groups(groups, space.names, "sobol")
    if SEED_FACTOR in groups:
        raise DesignError(
            f"sobol: with seed_factor=True the group {SEED_FACTOR!r} is the seed's own; name the group of "
            f"{groups[SEED_FACTOR]!r} otherwise"
        )
    return read_groups({**groups, SEED_FACTOR: [SEED_FACTOR]}, (*space.names, SEED_FACTOR), "sobol")


def _sobol(
    space: ParameterSpace,
    n: int,
    entropy: int,
    second_order: bool,
    seed_factor: bool,
    scramble: bool,
    groups: dict[str, tuple[str, ...]] | None,
) -> Design:
    from SALib.sample import sobol as salib_sobol

    factors = (*space.names, SEED_FACTOR) if seed_factor else space.names
    d = len(factors) if groups is None else len(groups)
    step = d * (2 if second_order else 1) + 2
    check_size(n, "sobol", step)
    problem = unit_problem(factors, groups)
    with warnings.catch_warnings():
        # scipy's own words on powers of two: ours were said already.
        warnings.filterwarnings("ignore", message="The balance properties of Sobol'", category=UserWarning)
        unit = salib_sobol.sample(
            problem, n, calc_second_order=second_order, scramble=scramble, seed=library_seed(entropy)
        )
    blocks = np.repeat(np.arange(n), step)
    options = {
        "n": n,
        "second_order": second_order,
        "seed_factor": seed_factor,
        "scramble": scramble,
        "groups": groups,
        "entropy": entropy,
    }
    return Design(
        space,
        frozen(unit),
        method="sobol",
        options=options,
        blocks=frozen(blocks),
        seed_levels=2 * blocks + np.tile(_has_seed_of_b(d, step), n) if seed_factor else None,
        rows=n * step,
        extension="nested",
        longer=_longer,
        groups=groups,
    )


def _has_seed_of_b(d: int, step: int) -> IntArray:
    """Tell which rows of a block have the second of its two seeds, that of its row of B.

    Told by their places, not by their values: an unscrambled sequence begins with one value for both.
    """
    from_b = np.zeros(step, dtype=np.int64)
    from_b[[d, -1]] = 1
    if step > d + 2:  # second order
        from_b[d + 1 : 2 * d] = 1
    return from_b


@continues("sobol")
def _longer(design: Design, n: int) -> Design:
    warn_if_unbalanced(n, "sobol")
    options = {name: value for name, value in design.options.items() if name not in ("n", "entropy")}
    return _sobol(design.space, n, design.options["entropy"], **options)
