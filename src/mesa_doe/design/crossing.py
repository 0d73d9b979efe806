"""Samples that are crossed with something: which rows of a design share a point of one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.design.lineage import OF_A, parents

__all__ = ["FIXED", "Sample", "connected", "rows_alike", "samples_in"]

#: Methods whose points are chosen levels, of which none is drawn: nothing in them is by chance.
FIXED = frozenset(
    {
        "a_optimal",
        "base_case",
        "box_behnken",
        "central_composite",
        "d_optimal",
        "definitive_screening",
        "doehlert",
        "folded_hadamard",
        "fractional_factorial",
        "full_factorial",
        "generalized_subset",
        "grid",
        "i_optimal",
        "orthogonal_array",
        "plackett_burman",
        "sparse_grid",
        "sukharev_grid",
        "two_level_factorial",
    }
)


@dataclass(frozen=True)
class Sample:
    """A part of a design whose points are a sample.

    Parameters
    ----------
    factors : tuple of int
        Their places in the design.
    name : str
        Of the method.
    """

    factors: tuple[int, ...]
    name: str


def samples_in(method: str, options: Mapping[str, Any], factors: tuple[int, ...]) -> list[Sample]:
    """Return the samples that a design crosses with each other, or with levels.

    Parameters
    ----------
    method : str
    options : mapping
        Of the design, with those of the designs that it was made of.
    factors : tuple of int
        The places of its factors.

    Returns
    -------
    list of Sample
        Empty where all points are chosen levels.

    Examples
    --------
    >>> rules = {"method": "grid", "points": 4, "options": {}}
    >>> drawn = {"method": "halton", "points": 9, "options": {"n": 9}}
    >>> samples_in("cross", {"a": rules, "b": drawn, "factors_of_a": 1}, (0, 1, 2))
    [Sample(factors=(1, 2), name='halton')]
    """
    if method == "cross":
        of_a = options[OF_A]
        return [*_samples_of(options["a"], factors[:of_a]), *_samples_of(options["b"], factors[of_a:])]
    if made_of := parents(method, options):
        return _apart([sample for parent in made_of for sample in _samples_of(parent, factors)])
    return [] if method in FIXED else [Sample(factors, method)]


def connected(one: IntArray, other: IntArray) -> IntArray:
    """Return the finest labels that part neither what one nor what the other puts together.

    Examples
    --------
    >>> connected(np.array([0, 0, 1, 2, 3]), np.array([5, 6, 6, 7, 8])).tolist()
    [0, 0, 0, 1, 2]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first, second = (np.unique(labels, return_inverse=True)[1] for labels in (one, other))
    size = int(first.max()) + 1
    whole = size + int(second.max()) + 1
    links = coo_array((np.ones(len(first)), (first, size + second)), shape=(whole, whole))
    found: IntArray = pd.factorize(connected_components(links, directed=False)[1][first])[0].astype(np.int64)
    return found


def rows_alike(columns: FloatArray | IntArray | pd.DataFrame) -> IntArray:
    """Return a number of each row, the same of rows with the same values, in order of appearance.

    Examples
    --------
    >>> rows_alike(np.array([[0.5, 1.0], [0.2, 1.0], [0.5, 1.0]])).tolist()
    [0, 1, 0]
    """
    frame = pd.DataFrame(columns)
    found: IntArray = frame.groupby(list(frame.columns), sort=False).ngroup().to_numpy().astype(np.int64)
    return found


def _samples_of(parent: Mapping[str, Any], factors: tuple[int, ...]) -> list[Sample]:
    return samples_in(parent["method"], parent["options"], factors)


def _apart(samples: list[Sample]) -> list[Sample]:
    """Leave out samples of factors that others have too: of designs behind each other."""
    first = {sample.factors: sample for sample in reversed(samples)}
    return [one for own, one in first.items() if not any(set(other) < set(own) for other in first)]
