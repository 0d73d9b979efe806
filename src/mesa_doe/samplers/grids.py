"""Grids of our own: plain, of cell centres, and sparse."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Literal

import numpy as np

from mesa_doe.arrays import Array
from mesa_doe.design import Design
from mesa_doe.design.gate import MOST_POINTS
from mesa_doe.errors import DesignError, listed
from mesa_doe.samplers.axis_levels import Levels, chosen_levels, from_levels
from mesa_doe.samplers.declare import check_count, check_n, declare
from mesa_doe.space import Axis, Boolean, Categorical, ParameterSpace
from mesa_doe.space.values import is_int

__all__ = ["grid", "sparse_grid", "sukharev_grid"]


@declare(
    library="mesa-doe",
    purpose="every combination of few levels",
    points="product of the levels",
    extension="none",
    random=False,
    source="",
    even=False,
    laws="quantiles",
    analysis="effects",
)
def grid(
    space: ParameterSpace,
    levels: Levels | Mapping[str, Levels] | None = None,
    *,
    at: Literal["ends", "centers"] = "ends",
) -> Design:
    """Grid: every combination of evenly spaced values.

    Parameters
    ----------
    space : ParameterSpace
    levels : int, sequence or mapping of str to either, optional
        As in :func:`full_factorial`.
    at : {"ends", "centers"}, default "ends"
        Whether k values of an axis go from end to end (of a law, between its quantiles 0.05 and 0.95), or
        lie in the middle of k parts of equal probability.

    Returns
    -------
    Design
        The last factor changes fastest, as in nested loops.

    Raises
    ------
    DesignError
        As :func:`full_factorial`.

    Examples
    --------
    >>> from mesa_doe.space import Integer, ParameterSpace, Real
    >>> design = grid(ParameterSpace(n=Integer(1, 2), x=Real(0, 1)), 2, at="centers")
    >>> design.points.to_dict("list")
    {'n': [1, 1, 2, 2], 'x': [0.25, 0.75, 0.25, 0.75]}
    """
    if at not in ("ends", "centers"):
        raise DesignError(f"grid: at takes 'centers' or 'ends', got {at!r}")
    natives = chosen_levels(space, levels, "grid")
    if at == "centers":
        for k, (name, axis) in enumerate(space.axes.items()):
            wanted = levels.get(name) if isinstance(levels, Mapping) else levels
            own, count = axis.n_levels, len(natives[k])
            if is_int(wanted) and own != count:
                natives[k] = axis.from_unit((np.arange(count) + 0.5) / count)
    counts = [len(native) for native in natives]
    _check_count(math.prod(counts), f"grid would have {' × '.join(map(str, counts))} =")
    options = {"levels": dict(zip(space, counts, strict=True)), "at": at}
    return from_levels(space, natives, _every(counts), method="grid", options=options)


@declare(
    library="mesa-doe",
    purpose="a grid that comes near to every place",
    points="n = k^d",
    extension="none",
    random=False,
    source="Sukharev 1971",
    even=False,
)
def sukharev_grid(space: ParameterSpace, n: int) -> Design:
    """Sukharev grid: the centres of k^d equal cells, so that no place lies far from a point.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points: the d-th power of a whole number k.

    Returns
    -------
    Design
        The last factor changes fastest.

    Raises
    ------
    DesignError
        If ``n`` is no d-th power; the nearest are named.

    Notes
    -----
    Ours, since ``pyDOE3.sukharev_grid`` fails for 64, 125, 216 or 1000 points in three dimensions.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> sukharev_grid(ParameterSpace(x=Real(0, 1)), 4).points["x"].tolist()
    [0.125, 0.375, 0.625, 0.875]
    """
    n, d = check_n(n, "sukharev_grid"), len(space)
    _check_count(n, "sukharev_grid would have")
    k = _root(n, d)
    if k**d != n:
        raise DesignError(
            f"sukharev_grid: n must be a whole number to the power of {d} (the factors), such as {k**d} or "
            f"{(k + 1) ** d}, got n={n}"
        )
    unit = (_every([k] * d) + 0.5) / k
    return Design(space, unit, method="sukharev_grid", options={"n": n}, rows=n)


@declare(
    library="mesa-doe",
    purpose="an emulator of a smooth model",
    points="1 + 2d for level 1, 1 + 2d + 2d² for level 2",
    extension="none",
    random=False,
    source="Smolyak 1963; Gerstner & Griebel 1998",
    even=False,
    integers="levels",
    categories=(),
)
def sparse_grid(space: ParameterSpace, level: int) -> Design:
    """Sparse grid (Smolyak) on nested Clenshaw–Curtis points, for smooth models of numbers.

    Few points for polynomials of many factors: a fit to them is exact up to a total degree of ``level``.

    Parameters
    ----------
    space : ParameterSpace
        Axes of numbers only.
    level : int
        From 1; a one-dimensional rule of this level has 2^level + 1 points.

    Returns
    -------
    Design
        The centre first, then the points that each level adds: a higher level begins with a lower one.

    Raises
    ------
    DesignError
        If an axis has names, or too few levels for its points to differ.

    Notes
    -----
    These are the points alone. The weights of Smolyak's rule, by which they integrate polynomials of total
    degree 2 level + 1, are not part of the design: some are negative, and so the weights of no sample.
    ``uncertainty`` refuses these points, as those of any grid; take ``sobol_sequence`` for it.

    Ours, since ``pyDOE3.doe_sparse_grid`` is no Smolyak grid. The points are placed by probability; those
    of an unbounded law reach the quantiles at which it is cut.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> sparse_grid(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 1).unit.tolist()
    [[0.5, 0.5], [0.5, 0.0], [0.5, 1.0], [0.0, 0.5], [1.0, 0.5]]
    """
    level, d = check_count(level, "sparse_grid", "level", 1), len(space)
    sizes = [1, 2, *(2 ** (step - 1) for step in range(2, min(level, 40) + 1))]
    total = [1] + [0] * level
    for _ in range(d):
        total = [
            sum(total[t - step] * size for step, size in enumerate(sizes) if step <= t)
            for t in range(level + 1)
        ]
    rows = sum(total)
    _check_count(rows, "sparse_grid would have")
    steps = [_added(step) for step in range(level + 1)]
    problems = [
        f"axis {name!r}: {problem}"
        for name, axis in space.axes.items()
        if (problem := _sparse_problem(axis, np.concatenate(steps)))
    ]
    if problems:
        raise DesignError(listed(problems, "sparse_grid cannot be made"))
    unit = np.concatenate(
        [
            np.array(list(product(*(steps[step] for step in index))))
            for order in range(level + 1)
            for index in _indices(order, d)
        ]
    )
    return Design(space, unit, method="sparse_grid", options={"level": level}, rows=rows)


def _added(step: int) -> Array:
    """Return the points of the one-dimensional rule that the rules below it have not."""
    if step < 2:
        return np.array([0.5]) if step == 0 else np.array([0.0, 1.0])
    points: Array = (1 - np.cos(np.pi * np.arange(1, 2**step, 2) / 2**step)) / 2
    return points


def _indices(order: int, d: int) -> Iterator[tuple[int, ...]]:
    """Yield the tuples of d steps with the sum ``order``, in the order of numbers."""
    if d == 1:
        yield (order,)
        return
    for first in range(order + 1):
        for rest in _indices(order - first, d - 1):
            yield (first, *rest)


def _sparse_problem(axis: Axis, unit: Array) -> str | None:
    if isinstance(axis, (Boolean, Categorical)):
        return (
            f"sparse_grid puts numbers at distances, and {axis!r} has names without any; make it a constant, "
            "or use full_factorial, generalized_subset or orthogonal_array"
        )
    values = len(np.unique(axis.from_unit(unit)))
    if values < len(unit):
        return f"its {len(unit)} points would fall on {values} values of {axis!r}; use a lower level, or grid"
    return None


def _every(counts: list[int]) -> Array:
    index: Array = np.indices(counts).reshape(len(counts), -1).T
    return index


def _root(n: int, d: int) -> int:
    """Return the largest whole k with k^d <= n: floats miss the roots of 64, 125 and 216."""
    k: int = round(n ** (1 / d))
    return k if k**d <= n else k - 1


def _check_count(count: int, what: str) -> None:
    if count > MOST_POINTS:
        raise DesignError(
            f"{what} {count:,} points; the most is {MOST_POINTS:,}: sample with latin_hypercube"
        )
