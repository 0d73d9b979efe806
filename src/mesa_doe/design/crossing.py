"""Designs of every point of one with every point of another: which rows share a point of a sample."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import BoolArray, FloatArray, IntArray

__all__ = ["FIXED", "Part", "UnknownParts", "connected", "holds_cross", "parted"]

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
# Designs that keep the factors of another and some of its points, or add some.
_SAME_FACTORS = ("deduplicate", "repeat_center", "subset")


class UnknownParts(Exception):  # noqa: N818
    """It cannot be told which rows share a point of a part."""


@dataclass(frozen=True)
class Part:
    """What the points of a part of a crossed design are to the rows of the whole.

    Parameters
    ----------
    labels : ndarray (rows,) of int
        The point, or block, of the part that each row has.
    points : ndarray (rows,) of int
        The point.
    own : ndarray of bool (factors of the part,)
        Which factors those points are of.
    drawn : bool
        Whether they are a sample.
    given : bool
        Whether they were given by hand: chosen or drawn, nobody knows.
    name : str
        Of the method.
    said : tuple of str, default ()
        What labels leave out.
    """

    labels: IntArray
    points: IntArray
    own: BoolArray
    drawn: bool
    given: bool
    name: str
    said: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many points, or blocks."""
        return len(np.unique(self.labels))


def holds_cross(method: str, options: Mapping[str, Any]) -> bool:
    """Tell whether a design is, or was made of, a crossed one.

    Examples
    --------
    >>> parent = {"method": "cross", "points": 4, "options": {}}
    >>> holds_cross("subset", {"design": parent}), holds_cross("halton", {"n": 4})
    (True, False)
    """
    if method == "cross":
        return True
    return any(holds_cross(one["method"], one["options"]) for one in _parents(method, options))


def parted(method: str, options: Mapping[str, Any], unit: FloatArray, blocks: IntArray | None) -> Part:
    """Tell which rows share a point of the sample that a crossed design holds.

    Rows are told apart by their values and not by their places, of which a subset has others.

    Parameters
    ----------
    method : str
    options : mapping
        Of the design, with those of the designs that it was made of.
    unit : ndarray (rows, factors)
    blocks : ndarray (rows,) of int or None

    Returns
    -------
    Part
        Of the points of the sample. Where both parts are samples, of the larger one, and it is said.

    Raises
    ------
    UnknownParts
        If the values fit no two parts.
    """
    extra = 0
    while method in _SAME_FACTORS:
        # Points in the middle, which are no point of either part.
        extra += method == "repeat_center"
        method, options = options["design"]["method"], options["design"]["options"]
    if method == "cross":
        found = list(_crossed(options["a"], options["b"], unit, blocks, extra))
        if not found:
            raise UnknownParts
        # Of a small subset more than one fits: the fewest points claim the least.
        return min(found, key=lambda part: part.count)
    if method == "concat" and holds_cross(method, options):
        return _behind_each_other(options["designs"], unit, blocks)
    names = [one["method"] for one in _parents(method, options)] or [method]
    points = _alike(unit)
    return Part(
        labels=points if blocks is None else blocks,
        points=points,
        own=np.ones(unit.shape[1], dtype=bool),
        drawn=not FIXED.issuperset(names),
        given={"explicit"}.issuperset(names),
        name=method,
    )


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


def _parents(method: str, options: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    names = {"concat": "designs", "cross": ("a", "b"), **dict.fromkeys(_SAME_FACTORS, ("design",))}
    of = names.get(method, ())
    yield from (options["designs"] if of == "designs" else (options[name] for name in of))


def _crossed(
    a: Mapping[str, Any],
    b: Mapping[str, Any],
    unit: FloatArray,
    blocks: IntArray | None,
    extra: int,
) -> Iterator[Part]:
    """Yield what the rows are, for each way to part the factors that fits the sizes of both parts."""
    for k in range(1, unit.shape[1]):
        of_a, of_b = _alike(unit[:, :k]), _alike(unit[:, k:])
        if of_a.max() >= a["points"] + extra or of_b.max() >= b["points"] + extra:
            continue
        try:
            one = parted(a["method"], a["options"], unit[:, :k], _inner(of_a, of_b, blocks))
            other = parted(b["method"], b["options"], unit[:, k:], _inner(of_b, of_a, blocks))
        except UnknownParts:
            continue
        yield _together(one, other)


def _together(a: Part, b: Part) -> Part:
    """Return the part of two whose points are taken as independent."""
    sampled = [part for part in (a, b) if part.drawn and part.count > 1]
    if not sampled:
        labels = _alike(np.column_stack([a.points, b.points]))
        own = np.ones(len(a.own) + len(b.own), dtype=bool)
        return Part(labels, labels, own, drawn=False, given=False, name=f"{a.name} and {b.name}")
    larger = max(sampled, key=lambda part: part.count)
    said = [*a.said, *b.said]
    if len(sampled) == 2:
        smaller = a if larger is b else b
        # A list of scenarios was chosen, most often, and what it is crossed with was drawn.
        if larger.given or not smaller.given:
            said.append(
                f"the design crosses two samples, {larger.name} and {smaller.name}: its points are taken as "
                f"{larger.count} of the larger one, and intervals and p-values know nothing of the chance in "
                f"the {smaller.count} points of {smaller.name}; sample all factors together instead"
            )
    own = np.concatenate([part.own if part is larger else np.zeros_like(part.own) for part in (a, b)])
    return replace(larger, own=own, said=tuple(said))


def _behind_each_other(designs: Any, unit: FloatArray, blocks: IntArray | None) -> Part:
    """Return the points of designs one after the other, some of them crossed."""
    starts = np.cumsum([0, *(one["points"] for one in designs)])
    if starts[-1] != len(unit):
        raise UnknownParts
    parts = []
    for one, start, end in zip(designs, starts, starts[1:], strict=False):
        own = None if blocks is None else blocks[start:end]
        parts.append(parted(one["method"], one["options"], unit[start:end], own))
    labels, points = (_numbered_on([getattr(part, name) for part in parts]) for name in ("labels", "points"))
    names = " and ".join(dict.fromkeys(part.name for part in parts))
    said = tuple(dict.fromkeys(text for part in parts for text in part.said))
    own = np.all([part.own for part in parts], axis=0)
    drawn, given = any(part.drawn for part in parts), all(part.given for part in parts)
    return Part(labels, points, own, drawn, given, names, said)


def _numbered_on(parts: list[IntArray]) -> IntArray:
    pairs = [np.column_stack([np.full(len(part), k), part]) for k, part in enumerate(parts)]
    return _alike(np.concatenate(pairs))


def _inner(own: IntArray, other: IntArray, blocks: IntArray | None) -> IntArray:
    """Return the blocks of one part: points with the same one of the other are in a block as theirs are."""
    if blocks is None:
        return own
    return connected(own, _alike(np.column_stack([other, blocks])))


def _alike(columns: Any) -> IntArray:
    """Return a number of each row, the same of rows with the same values, in order of appearance."""
    frame = pd.DataFrame(columns)
    found: IntArray = frame.groupby(list(frame.columns), sort=False).ngroup().to_numpy().astype(np.int64)
    return found
