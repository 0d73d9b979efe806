"""Trajectories of SALib: Morris' on a grid, and Goda's between two random points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mesa_doe.design import Design, frozen
from mesa_doe.design.groups import read_groups
from mesa_doe.design.salib import unit_problem
from mesa_doe.errors import DesignError
from mesa_doe.samplers.declare import (
    check_bool,
    check_count,
    check_n,
    check_size,
    continues,
    declare,
    warn_of_axes,
)
from mesa_doe.seeding import RNG, library_seed, root_entropy
from mesa_doe.space import ParameterSpace

__all__ = ["morris", "shapley"]

# SALib holds a score of every combination of trajectories.
_MOST_COMBINATIONS = 5_000_000
_MOST_BY_BRUTE_FORCE = 10


@declare(
    library="SALib.sample.morris",
    purpose="screening many factors in few runs",
    points="n(d + 1); d counts groups where there are any; optimal in place of n",
    extension="independent",
    random=True,
    groups=True,
    even=False,
    source="Morris 1991; optimal: Campolongo et al. 2007; local: Ruano et al. 2012",
    ordered=True,
    analysis="morris",
    axes="ordered",
)
def morris(
    space: ParameterSpace,
    n: int,
    *,
    rng: RNG = None,
    levels: int = 4,
    optimal: int | None = None,
    local: bool = True,
    groups: Mapping[str, Sequence[str]] | None = None,
) -> Design:
    """Morris' trajectories for elementary effects: screening at the least cost.

    A trajectory begins anywhere on a grid of the unit cube and moves each factor once, by ``delta =
    levels / (2 (levels - 1))`` of its range up or down, in random order.

    Parameters
    ----------
    space : ParameterSpace
        An axis of k values is sampled evenly if ``levels`` is a multiple of k; with fewer levels than
        values some are never run, and else their shares differ: 3 values at 4 levels get 1/4, 1/4, 1/2.
        Of few values, a step may stay on its value; the analysis leaves it out, and counts effects per step
        between values.
    n : int
        Number of trajectories.
    rng : int, SeedSequence, Generator or None
    levels : int, default 4
        Levels of the grid; even, since only then each is reached equally often.
    optimal : int, optional
        How many of the n trajectories to keep: those that lie farthest apart.
    local : bool, default True
        Whether these are searched step by step, or among all combinations, at most ten of them.
    groups : mapping of str to sequence of str, optional
        Factors to be moved together. At least two groups, and every factor in one.

    Returns
    -------
    Design
        Of n(d + 1) points; d counts the groups where there are any. ``design.blocks`` numbers the
        trajectories. ``design.extend(n)`` keeps every point and draws more trajectories
        (``"independent"``); not with ``optimal``.

    Raises
    ------
    DesignError
        If an option is wrong, or the groups do not share out the factors.

    Warns
    -----
    MesaDoeWarning
        If a Categorical axis has more than two levels: they have no order, and the analysis will refuse it.

    Notes
    -----
    Wraps `SALib.sample.morris <https://salib.readthedocs.io/en/latest/api.html>`_, asked for the unit cube
    only. Unlike SALib: an odd number of levels is an error, not a warning; coordinates lie on the grid
    exactly, without rounding errors that could move a discrete axis by one value; a law's ends are those
    of its quantile range, never infinite.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = morris(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 10, rng=1)
    >>> len(design), design.blocks[:4].tolist()
    (30, [0, 0, 0, 1])
    """
    n = check_n(n, "morris")
    levels = check_count(levels, "morris", "levels", 2)
    if levels % 2:
        raise DesignError(f"morris: levels takes an even int, got {levels}; use {levels - 1} or {levels + 1}")
    local = check_bool(local, "morris", "local")
    if optimal is not None:
        optimal = _checked_optimal(optimal, n, local)
    shared = None if groups is None else read_groups(groups, space.names, "morris")
    warn_of_axes(space, "morris")
    options = {"n": n, "levels": levels, "optimal": optimal, "local": local, "groups": shared}
    return _morris(space, {**options, "entropy": root_entropy(rng)})


def _checked_optimal(optimal: Any, n: int, local: bool) -> int:
    kept = check_count(optimal, "morris", "optimal", 2)
    if kept >= n:
        raise DesignError(
            f"morris: optimal must be below n, of which they are chosen, got optimal={kept}, n={n}"
        )
    if not local and (kept > _MOST_BY_BRUTE_FORCE or math.comb(n, kept) > _MOST_COMBINATIONS):
        raise DesignError(
            f"morris: local=False would compare all {math.comb(n, kept):,} combinations of {kept} in "
            f"{n} trajectories; the most is {_MOST_COMBINATIONS:,}, of {_MOST_BY_BRUTE_FORCE}: use local=True"
        )
    return kept


def _morris(space: ParameterSpace, options: dict[str, Any]) -> Design:
    from SALib.sample import morris as salib_morris

    groups, levels, optimal = options["groups"], options["levels"], options["optimal"]
    step = (len(space) if groups is None else len(groups)) + 1
    check_size(options["n"], "morris", step)
    unit = salib_morris.sample(
        unit_problem(space.names, groups),
        options["n"],
        num_levels=levels,
        optimal_trajectories=optimal,
        local_optimization=options["local"],
        seed=library_seed(options["entropy"]),
    )
    unit *= levels - 1
    np.rint(unit, out=unit)
    unit /= levels - 1
    trajectories = options["n"] if optimal is None else optimal
    return Design(
        space,
        frozen(unit),
        method="morris",
        options=options,
        blocks=frozen(np.repeat(np.arange(trajectories), step)),
        rows=trajectories * step,
        extension="independent" if optimal is None else "none",
        longer=_more,
        groups=groups,
    )


@continues("morris")
def _more(design: Design, n: int) -> Design:
    if design.options["optimal"] is not None:
        raise DesignError(
            "this morris design cannot be extended: its trajectories are those of n="
            f"{design.options['n']} that lie farthest apart, and of more they would be others. Choose its "
            "size beforehand, or leave out optimal"
        )
    # SALib draws one trajectory after the other, so more of them begin with the same ones.
    return _morris(design.space, {**design.options, "n": n})


@declare(
    library="SALib.sample.shapley",
    purpose="Shapley effects",
    points="n(d + 1)",
    extension="none",
    random=True,
    source="Goda 2021",
    ordered=True,
    analysis="shapley",
)
def shapley(space: ParameterSpace, n: int, *, rng: RNG = None) -> Design:
    """Goda's trajectories for Shapley effects: from one random point to another, a factor at a time.

    Parameters
    ----------
    space : ParameterSpace
        Of any axes: neither order nor spacing of levels matters.
    n : int
        Number of trajectories.
    rng : int, SeedSequence, Generator or None

    Returns
    -------
    Design
        Of n(d + 1) points. ``design.blocks`` numbers the trajectories.

    Raises
    ------
    DesignError
        If ``n`` is less than 1.

    Notes
    -----
    Wraps `SALib.sample.shapley <https://salib.readthedocs.io/en/latest/api.html>`_, asked for the unit cube
    only: its analysis looks at which coordinate of ``design.unit`` moves, which discrete values hide.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> len(shapley(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 100, rng=1))
    300
    """
    from SALib.sample import shapley as salib_shapley

    n = check_n(n, "shapley")
    entropy = root_entropy(rng)
    step = len(space) + 1
    check_size(n, "shapley", step)
    return Design(
        space,
        frozen(salib_shapley.sample(unit_problem(space.names), n, seed=library_seed(entropy))),
        method="shapley",
        options={"n": n, "entropy": entropy},
        blocks=frozen(np.repeat(np.arange(n), step)),
        rows=n * step,
    )
