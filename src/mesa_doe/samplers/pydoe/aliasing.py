"""What a regular two-level fraction confounds, read off its matrix: words, resolution, aliases."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from mesa_doe.arrays import Array

__all__ = ["aliases", "defining_words", "resolution_of", "word_lengths"]


def word_lengths(codes: Array) -> dict[int, int]:
    """Count the words of the defining relation by their length.

    Told by MacWilliams' identity from how far the rows lie from the first, which needs no list of the
    2^p words.

    Parameters
    ----------
    codes : ndarray (points, factors) of -1 and 1
        A regular fraction: its rows are a subgroup of all combinations, or a coset of one.

    Returns
    -------
    dict of int to int
        Length and number of words, shortest first; empty for a full factorial.

    Examples
    --------
    >>> word_lengths(np.array([[-1, -1, 1], [-1, 1, -1], [1, -1, -1], [1, 1, 1]]))
    {3: 1}
    """
    points, factors = codes.shape
    distances = np.bincount((codes != codes[0]).sum(axis=1), minlength=factors + 1)
    total = [0] * (factors + 1)
    for distance, count in enumerate(distances.tolist()):
        product = [count]  # count * (1 - z)^distance * (1 + z)^(factors - distance), in Python's exact ints
        for sign in [-1] * distance + [1] * (factors - distance):
            product = [a + sign * b for a, b in zip([*product, 0], [0, *product], strict=True)]
        total = [a + b for a, b in zip(total, product, strict=True)]
    return {length: total[length] // points for length in range(1, factors + 1) if total[length]}


def resolution_of(codes: Array) -> int | None:
    """Return the length of the shortest word; None for a full factorial, which has none."""
    return min(word_lengths(codes), default=None)


def _effects(codes: Array) -> tuple[list[int], list[int]]:
    """Write each column as a product of independent ones: bit 0 is the sign, the others the columns.

    Returns the mask of each column, and which column each bit from 1 on is.
    """
    bits = np.column_stack([np.ones(len(codes), dtype=bool), codes < 0])
    bits = np.unique(bits, axis=0)
    pivots: list[int] = []
    for column in range(bits.shape[1]):
        row = len(pivots)
        found = np.flatnonzero(bits[row:, column])
        if not len(found):
            continue
        bits[[row, row + found[0]]] = bits[[row + found[0], row]]
        others = bits[:, column].copy()
        others[row] = False
        bits[others] ^= bits[row]
        pivots.append(column)
    masks = [
        sum(1 << row for row in np.flatnonzero(bits[: len(pivots), column + 1]).tolist())
        for column in range(codes.shape[1])
    ]
    return masks, [column - 1 for column in pivots[1:]]


def _product(names: list[str], sign: int = 0) -> str:
    return ("-" if sign else "") + "*".join(names)


def defining_words(codes: Array, names: tuple[str, ...]) -> list[str]:
    """Return independent words of the defining relation; the others are their products.

    Parameters
    ----------
    codes : ndarray (points, factors) of -1 and 1
    names : tuple of str

    Returns
    -------
    list of str
        Products of factors that are constant over the design, such as ``"x1*x2*x4"``; those that are -1
        begin with a minus.

    Examples
    --------
    >>> defining_words(np.array([[-1, -1, 1], [-1, 1, -1], [1, -1, -1], [1, 1, 1]]), ("a", "b", "c"))
    ['a*b*c']
    """
    masks, pivots = _effects(codes)
    words = []
    for column, mask in enumerate(masks):
        if column not in pivots:
            word = [pivot for bit, pivot in enumerate(pivots, 1) if mask >> bit & 1]
            words.append(_product([names[k] for k in sorted([*word, column])], mask & 1))
    return words


def aliases(codes: Array, names: tuple[str, ...], order: int = 2) -> dict[str, list[str]]:
    """Return which effects a design cannot tell apart.

    Parameters
    ----------
    codes : ndarray (points, factors) of -1 and 1
    names : tuple of str
    order : int, default 2
        How many factors an interaction may have to be listed.

    Returns
    -------
    dict of str to list of str
        For each group of confounded effects, its first and lowest, and the others, with a minus where the
        signs differ. Effects that stand alone are not listed.

    Examples
    --------
    >>> aliases(np.array([[-1, -1, 1], [-1, 1, -1], [1, -1, -1], [1, 1, 1]]), ("a", "b", "c"))
    {'a': ['b*c'], 'b': ['a*c'], 'c': ['a*b']}
    """
    masks, _ = _effects(codes)
    groups: dict[int, list[tuple[list[str], int]]] = {}
    for size in range(1, order + 1):
        for chosen in combinations(range(len(masks)), size):
            mask = 0
            for k in chosen:
                mask ^= masks[k]
            groups.setdefault(mask >> 1, []).append(([names[k] for k in chosen], mask & 1))
    return {
        _product(first): [_product(effect, sign ^ own) for effect, sign in others]
        for (first, own), *others in groups.values()
        if others
    }
