"""The dummy of analyses of given data: what a factor without effect reads, from which factors are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.analysis.options import checked_bool
from mesa_doe.analysis.partition import slices
from mesa_doe.arrays import BoolArray, FloatArray, IntArray
from mesa_doe.columns import Units
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError

__all__ = ["dummies", "of_dummy", "rows_of", "told_from_dummies"]

# Name of the row that tells what a factor without effect reads.
_DUMMY = "dummy"
# Classes are even whose largest has no more points than so many times the smallest.
_EVEN = 1.5


def rows_of(factors: Sequence[str], method: str, *, dummy: bool) -> list[str]:
    """Name what has a row in the result: the factors, and at the end the dummy if there is one.

    Parameters
    ----------
    factors : sequence of str
        Or groups.
    method : str
        Of the analysis, for the error.
    dummy : bool
        Whether there is a row of a factor without effect.

    Returns
    -------
    list of str

    Raises
    ------
    AnalysisError
        If ``dummy`` is not True or False, or a factor has the name of the dummy.
    """
    if checked_bool(method, "dummy", dummy) and _DUMMY in factors:
        raise AnalysisError(
            f"{method}: a factor of the design is called {_DUMMY!r}, as is the row of dummy=True; use False"
        )
    return [*factors, *([_DUMMY] if dummy else [])]


def of_dummy(estimates: pd.DataFrame, settings: Mapping[str, Any]) -> pd.Series[bool]:
    """Tell which rows of a result are of the dummy; with ``dummy=False`` a factor may have its name.

    Parameters
    ----------
    estimates : DataFrame
        With a column ``factor``.
    settings : mapping
        Of the same result.

    Returns
    -------
    Series of bool

    Examples
    --------
    >>> of_dummy(pd.DataFrame({"factor": ["a", "dummy"]}), {"dummy": True}).tolist()
    [False, True]
    """
    return (estimates["factor"] == _DUMMY) & bool(settings.get("dummy", False))


def told_from_dummies(
    names: Sequence[Any],
    design: Design,
    estimates: FloatArray,
    floors: FloatArray,
    constant: BoolArray,
    measure: str,
) -> tuple[list[str], dict[Any, dict[str, float]]]:
    """Say which factors read no more than a dummy of their kind may, and what these may.

    Parameters
    ----------
    names : sequence
        Of the outputs.
    design : Design
    estimates, floors : ndarray (outputs, factors)
        What factors read, and the upper ends of the intervals of each factor's dummy.
    constant : ndarray of bool (outputs,)
        Outputs of which something else is said; their floors are NaN.
    measure : str
        Of what these are.

    Returns
    -------
    said : list of str
    floors : dict of object to dict of str to float
        By output and factor.

    Examples
    --------
    >>> from mesa_doe.samplers import explicit
    >>> design, values = explicit({"a": [1, 2], "b": [2, 1]}), np.array([[0.1, 0.1]])
    >>> tops = np.array([[0.2, 0.12]])
    >>> said, floors = told_from_dummies(["y"], design, values, tops, np.array([False]), "median")
    >>> said[0][:81]
    "output 'y': a, b read no more than a dummy may by chance (median of 0.200, 0.120)"
    >>> floors
    {'y': {'a': 0.2, 'b': 0.12}}
    """
    factors, seed = design.factors, design.seed_levels is not None
    floors = np.where(constant[:, None], np.nan, floors)
    said = []
    for name, values, tops in zip(names, estimates, floors, strict=True):
        lost = [
            (factor, f"{top:.3f}")
            for factor, value, top in zip(factors, values, tops, strict=True)
            if value <= top
        ]
        if lost:
            who, chance = zip(*lost, strict=True)
            chance = chance[:1] if len(set(chance)) == 1 else chance
            is_seed = [seed and factor == factors[-1] for factor in who]
            remedies = ["more points"] if not all(is_seed) else []
            if any(is_seed):
                remedies.append("sobol for the seed (more points are of other seeds)")
            said.append(
                f"output {name!r}: {', '.join(who)} read no more than a dummy may by chance ({measure} of "
                f"{', '.join(chance)}): no effect can be told; use {' and '.join(remedies)}"
            )
    by_output = zip(names, floors.tolist(), strict=True)
    return said, {name: dict(zip(factors, tops, strict=True)) for name, tops in by_output}


def dummies(
    parts: IntArray, count: int, draws: int, units: Units | None, generator: np.random.Generator
) -> tuple[list[IntArray], IntArray]:
    """Cut points into classes as factors without effect would be, drawn at random, a kind of factor each.

    The fewer points a class has, the further chance moves its outputs: a dummy has as many classes, of
    about as many points, as the factors that it is for.

    Parameters
    ----------
    parts : ndarray (points, factors) of int
        Classes of the factors.
    count : int
        Into how many slices points are cut that all have different values.
    draws : int
    units : Units or None
        Which points go together. A factor has one or few values in each, and so has its dummy: it is a
        factor of the design, of those of its kind, whose units have changed places.
    generator : Generator

    Returns
    -------
    cuts : list of ndarray (draws, points) of int
        The first is of the row of the dummy: of ``count`` slices; with units, of the factors of most classes
        that have no more than these.
    which : ndarray (factors,) of int
        Which of the cuts are each factor's.

    Examples
    --------
    >>> units = Units(np.array([0, 0, 1, 1]))
    >>> cuts, which = dummies(np.array([[0], [0], [1], [1]]), 2, 20, units, np.random.default_rng(1))
    >>> sorted(set(map(tuple, cuts[0].tolist()))), which.tolist()
    ([(0, 0, 1, 1), (1, 1, 0, 0)], [0])
    """
    sampled = np.ones(parts.shape[1], dtype=bool)
    if units is not None and units.crossed is not None:
        # Others vary within units, of which there are more rows: their dummies are lower.
        sampled = units.crossed.own
    kinds = [(bool(own), *_layout(part)) for own, part in zip(sampled, parts.T, strict=True)]
    if units is None:
        cut = slices(np.arange(len(parts)), count)
        cuts: list[IntArray] = [generator.permuted(np.tile(cut, (draws, 1)), axis=1)]
        known = {(True, *_layout(cut)): 0}
    else:
        # Of seeds, which have a few points each, chance alone reads more than most parameters do.
        few = sampled & (parts.max(axis=0) < count)
        sizes = np.where(few if few.any() else sampled, parts.max(axis=0), -1)
        most = np.flatnonzero(sizes == sizes.max())
        cuts = [_shuffled(parts[:, most], draws, units, generator)]
        known = {kinds[most[0]]: 0} if len({kinds[k] for k in most}) == 1 else {}
    for kind in kinds:
        if kind not in known:
            known[kind] = len(cuts)
            own = [k for k, other in enumerate(kinds) if other == kind]
            cuts.append(_shuffled(parts[:, own], draws, units, generator))
    return cuts, np.array([known[kind] for kind in kinds])


def _layout(part: IntArray) -> tuple[int, ...]:
    """Return what tells how much chance moves the outputs of classes: their number, or sizes if uneven."""
    sizes = np.sort(np.bincount(part))
    return (len(sizes),) if sizes[-1] <= _EVEN * sizes[0] else tuple(sizes.tolist())


def _shuffled(parts: IntArray, draws: int, units: Units | None, generator: np.random.Generator) -> IntArray:
    """Return classes (draws, points) of factors drawn at random, whose points or units change places."""
    which = generator.integers(parts.shape[1], size=draws)
    if units is None:
        order = generator.permuted(np.tile(np.arange(len(parts)), (draws, 1)), axis=1)
    else:
        order = units.shuffled(draws, generator)
    found: IntArray = parts[order, which[:, None]]
    return found
