"""Sliced and nested Latin hypercubes, our own: pydoe's put each slice, or each group, into one corner."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesa_doe.arrays import Array
from mesa_doe.design import Design
from mesa_doe.errors import DesignError
from mesa_doe.samplers.declare import check_n, declare
from mesa_doe.seeding import RNG, root_entropy
from mesa_doe.space import ParameterSpace
from mesa_doe.space.values import is_int

__all__ = ["nested_lhs", "sliced_lhs"]


@declare(
    library="mesa-doe",
    purpose="an even spread in batches, each even too",
    points="n",
    extension="none",
    random=True,
    source="Qian 2012",
    correlated=True,
)
def sliced_lhs(space: ParameterSpace, n: int, *, slices: int = 2, rng: RNG = None) -> Design:
    """Sliced Latin hypercube: one that falls into slices, each a Latin hypercube too.

    For runs in batches, or a slice a scenario.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points in all, a multiple of ``slices``.
    slices : int, default 2
    rng : int, SeedSequence, Generator or None

    Returns
    -------
    Design
        Slice by slice: the first n / slices points are the first.

    Raises
    ------
    DesignError
        If ``n`` is no multiple of ``slices``.

    Notes
    -----
    Ours, since ``pydoe.sliced_lhs`` (1.6) puts all points of a slice into one part of every factor's range:
    its first of two slices never goes beyond the middle.

    Examples
    --------
    >>> from mesa_doe.space import Integer, ParameterSpace
    >>> design = sliced_lhs(ParameterSpace(n=Integer(1, 4)), 8, slices=2, rng=1)
    >>> sorted(design.points["n"][:4]), sorted(design.points["n"][4:])
    ([1, 2, 3, 4], [1, 2, 3, 4])
    """
    n, slices, entropy = _checked(n, "slices", slices, rng, "sliced_lhs")
    generator = np.random.default_rng(entropy)
    unit = np.empty((n, len(space)))
    for k in range(len(space)):
        # Each coarse cell gives one of its fine ones to each slice.
        cells = generator.permuted(np.arange(n).reshape(-1, slices), axis=1)
        unit[:, k] = (generator.permuted(cells.T, axis=1).ravel() + generator.random(n)) / n
    options = {"n": n, "slices": slices, "entropy": entropy}
    return Design(space, _below_one(unit), method="sliced_lhs", options=options, rows=n)


@declare(
    library="mesa-doe",
    purpose="an even spread of which a part is run first, or by a finer model",
    points="n",
    extension="none",
    random=True,
    source="Qian 2009",
    correlated=True,
)
def nested_lhs(space: ParameterSpace, n: int, *, ratio: int = 2, rng: RNG = None) -> Design:
    """Nested Latin hypercube: one whose first n / ratio points are a Latin hypercube too.

    For a cheap model run at all points and an expensive one at the first of them, or a first look.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points in all, a multiple of ``ratio``.
    ratio : int, default 2
    rng : int, SeedSequence, Generator or None

    Returns
    -------
    Design

    Raises
    ------
    DesignError
        If ``n`` is no multiple of ``ratio``.

    Notes
    -----
    Ours, since of the two designs of ``pydoe.nested_lhs`` (1.6) the small one is no part of the large
    one, whose points lie in clusters, ``ratio`` of them in each cell of the small one.

    Examples
    --------
    >>> from mesa_doe.space import Integer, ParameterSpace
    >>> design = nested_lhs(ParameterSpace(n=Integer(1, 4)), 8, ratio=2, rng=1)
    >>> sorted(design.points["n"][:4])
    [1, 2, 3, 4]
    """
    n, ratio, entropy = _checked(n, "ratio", ratio, rng, "nested_lhs")
    generator = np.random.default_rng(entropy)
    unit = np.empty((n, len(space)))
    for k in range(len(space)):
        cells = generator.permuted(np.arange(n).reshape(-1, ratio), axis=1)
        order = np.concatenate(
            [generator.permutation(cells[:, 0]), generator.permutation(cells[:, 1:].ravel())]
        )
        unit[:, k] = (order + generator.random(n)) / n
    options = {"n": n, "ratio": ratio, "entropy": entropy}
    return Design(space, _below_one(unit), method="nested_lhs", options=options, rows=n)


def _below_one(unit: Array) -> Array:
    # (n - 1 + 0.999…) / n may round to 1.
    return np.minimum(unit, np.nextafter(1.0, 0.0))


def _checked(n: Any, name: str, parts: Any, rng: RNG, method: str) -> tuple[int, int, int]:
    n = check_n(n, method)
    if not is_int(parts) or parts < 1 or n % parts:
        raise DesignError(f"{method}: {name} takes an int that divides n={n}, got {parts!r}")
    return n, int(parts), root_entropy(rng)
