"""A Gaussian copula: rank correlation between factors, put into a unit sample of independent ones."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import Array, FloatArray
from mesa_doe.errors import SpaceError, listed
from mesa_doe.space.points import close_to
from mesa_doe.space.values import is_number, plain

__all__ = ["Copula", "correlation_problems", "read_correlation"]

# 0.0 and 1.0, and what rounds to them, have normal scores of this quantile: -8.2 and 8.2, not infinity.
_EDGE = 2.0**-53
# An eigenvalue not above this is zero, but for rounding.
_SINGULAR = 1e-10
_ROUNDING = 1e-12


class Copula:
    """Gives independent unit values the rank correlation wanted, and takes it away again.

    Unit values become normal scores, the scores are mixed by the Cholesky factor of the correlation matrix
    ``2 sin(pi rho / 6)``, which gives normal variables the Spearman correlation rho, and become unit
    values again. Each column stays uniform.

    Parameters
    ----------
    spearman : array_like, shape (d, d)
        A correlation matrix without `correlation_problems`.

    Notes
    -----
    Columns that depend on none before them pass unchanged, to the last digit. `to_unit` is the inverse as
    far as floats reach: a point far out against the correlation, such as the corner (0, 1) at 0.7, has an
    independent score beyond 8.2, which a unit value does not hold, and does not come back.

    References
    ----------
    Kruskal (1958), Ordinal measures of association, section 6; Iman & Conover (1982).

    Examples
    --------
    >>> copula = Copula([[1, 0.7], [0.7, 1]])
    >>> copula.from_unit(np.array([[0.9, 0.5], [0.5, 0.2]])).round(3)
    array([[0.9  , 0.821],
           [0.5  , 0.279]])
    """

    __slots__ = ("_mixing", "spearman")

    def __init__(self, spearman: Any) -> None:
        given = np.asarray(spearman, dtype=np.float64)
        # What was computed from data is symmetric only but for rounding.
        self.spearman: FloatArray = (given + given.T) / 2
        np.fill_diagonal(self.spearman, 1)
        self._mixing: FloatArray = np.linalg.cholesky(self.pearson).astype(np.float64)

    @property
    def pearson(self) -> FloatArray:
        """The correlation (d, d) of the normal scores."""
        return _pearson(self.spearman)

    def __eq__(self, other: object) -> bool:
        return np.array_equal(self.spearman, other.spearman) if isinstance(other, Copula) else NotImplemented

    def __hash__(self) -> int:
        return hash((Copula, self.spearman.tobytes()))

    def from_unit(self, u: FloatArray) -> FloatArray:
        """Turn independent unit values (n, d) into correlated ones (n, d)."""
        return self._moved(u, self._mixing)

    def to_unit(self, u: FloatArray) -> FloatArray:
        """Turn correlated unit values (n, d) into the independent ones (n, d) that they come from."""
        return self._moved(u, np.linalg.inv(self._mixing).astype(np.float64))

    def _moved(self, u: FloatArray, mixing: FloatArray) -> FloatArray:
        from scipy.special import ndtr, ndtri

        scores = ndtri(np.clip(u, _EDGE, 1 - _EDGE))
        moved: FloatArray = np.array(u, dtype=np.float64)
        # The others keep their digits: a score and back may move 0.25 across the border of a level.
        mixed = np.flatnonzero(np.tril(self._mixing, -1).any(axis=1))
        moved[:, mixed] = ndtr(scores @ mixing[mixed].T)
        return moved


def _pearson(spearman: FloatArray) -> FloatArray:
    pearson = 2 * np.sin(np.pi * spearman / 6)
    np.fill_diagonal(pearson, 1)
    return pearson


def read_correlation(given: Any, names: Sequence[str]) -> FloatArray:
    """Read what a user writes as ``correlation=`` into a matrix (d, d) in the order of the factors.

    Raises
    ------
    SpaceError
        If it is neither a square table of numbers of the factors nor pairs of them; every wrong name or
        pair is told.

    Examples
    --------
    >>> frame = pd.DataFrame([[1, 0.7], [0.7, 1]], index=["c", "a"], columns=["c", "a"])
    >>> read_correlation(frame, ["a", "b", "c"])
    array([[1. , 0. , 0.7],
           [0. , 1. , 0. ],
           [0.7, 0. , 1. ]])
    >>> read_correlation([("a", "b", 0.5)], ["a", "b"])
    array([[1. , 0.5],
           [0.5, 1. ]])
    """
    shape = f"({len(names)}, {len(names)})"
    form = (
        f"correlation must be a DataFrame by names of factors, an array of shape {shape}, or pairs such as "
        "[('a', 'b', 0.5)]"
    )
    if not isinstance(given, (pd.DataFrame, np.ndarray, list, tuple)):
        raise SpaceError(
            f"{form}, got {given!r}; for a parameter of that name write"
            " ParameterSpace({'correlation': ...})"
        )
    if isinstance(given, (list, tuple)) and any(
        isinstance(value, str) for row in given for value in _items(row)
    ):
        given = _frame_of_pairs(given)
    try:
        matrix: Array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise SpaceError(f"{form}: {error}") from error
    if not isinstance(given, pd.DataFrame):
        if matrix.shape != (len(names), len(names)):
            raise SpaceError(f"{form}, got shape {matrix.shape}")
        return np.array(matrix)
    rows, columns = list(given.index), list(given.columns)
    if len(set(rows)) < len(rows) or len(set(columns)) < len(columns) or set(rows) != set(columns):
        raise SpaceError(
            "correlation must have the same names as rows and columns, each once,"
            f" got {rows!r} and {columns!r}"
        )
    if unknown := [name for name in columns if name not in names]:
        told = ", ".join(f"{name!r}{close_to(name, names)}" for name in unknown)
        raise SpaceError(f"correlation names what is no factor of the space: {told}")
    whole = np.eye(len(names))
    places = [list(names).index(name) for name in rows]
    whole[np.ix_(places, places)] = given[rows].to_numpy(dtype=np.float64)
    return whole


def _items(row: Any) -> Sequence[Any]:
    return row if isinstance(row, (list, tuple)) else ()


def _frame_of_pairs(pairs: Sequence[Any]) -> pd.DataFrame:
    """Return pairs such as ("a", "b", 0.5) as a frame by names."""
    values: dict[frozenset[str], tuple[str, str, float]] = {}
    problems = []
    one: Any
    other: Any
    value: Any
    for place, pair in enumerate(pairs):
        one, other, value = map(plain, pair) if len(_items(pair)) == 3 else (None, None, None)
        if not isinstance(one, str) or not isinstance(other, str) or not is_number(value):
            problems.append(
                f"correlation[{place}] takes two names and a number, as ('a', 'b', 0.5), got {pair!r}"
            )
        elif one == other:
            problems.append(f"correlation[{place}] is of {one!r} with itself, which is 1")
        elif frozenset((one, other)) in values:
            problems.append(f"correlation[{place}]: {one!r} and {other!r} are given twice")
        else:
            values[frozenset((one, other))] = one, other, float(value)
    if problems:
        raise SpaceError(listed(problems, "correlation has problems"))
    names = list(dict.fromkeys(name for one, other, _ in values.values() for name in (one, other)))
    frame = pd.DataFrame(np.eye(len(names)), index=names, columns=names)
    for one, other, value in values.values():
        frame.loc[one, other] = frame.loc[other, one] = value
    return frame


def correlation_problems(matrix: FloatArray, names: Sequence[str]) -> list[str]:
    """Say what keeps a matrix (d, d) from being a correlation that normal variables can have.

    Examples
    --------
    >>> correlation_problems(np.array([[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]]), ["a", "b", "c"])
    ["correlation: 'a'-'b' 0.9, 'a'-'c' 0.9 and 'b'-'c' -0.9 cannot hold together"]
    """
    problems = []
    for i, name in enumerate(names):
        if not abs(matrix[i, i] - 1) <= _ROUNDING:
            problems.append(f"correlation of {name!r} with itself must be 1, got {float(matrix[i, i])!r}")
    for i, j in combinations(range(len(names)), 2):
        pair, one, other = f"correlation of {names[i]!r} and {names[j]!r}", matrix[i, j], matrix[j, i]
        if not (abs(one) <= 1 and abs(other) <= 1):
            wrong = one if not abs(one) <= 1 else other
            problems.append(f"{pair} must lie from -1 to 1, got {float(wrong)!r}")
        elif abs(one - other) > _ROUNDING:
            problems.append(f"{pair} must be one number, got {float(one)!r} and {float(other)!r}")
        elif abs(one) == 1:
            problems.append(f"{pair} is {float(one)!r}: they are one factor, so make one Derived('...')")
    return problems or _conflicts(matrix, names)


def _conflicts(matrix: FloatArray, names: Sequence[str]) -> list[str]:
    pearson = _pearson(matrix)
    smallest = float(np.linalg.eigvalsh(pearson)[0]) if len(names) else 1.0
    if smallest > _SINGULAR:
        return []
    threes = np.array(list(combinations(range(len(names)), 3)), dtype=np.intp).reshape(-1, 3)
    least = np.linalg.eigvalsh(pearson[threes[:, :, None], threes[:, None, :]])[:, 0]
    if len(threes) and least.min() <= _SINGULAR:
        worst = threes[int(np.argmin(least))]
        one, two, last = (
            f"{names[i]!r}-{names[j]!r} {float(matrix[i, j])!r}" for i, j in combinations(worst, 2)
        )
        return [f"correlation: {one}, {two} and {last} cannot hold together"]
    return [
        "correlation must be positive definite once it is a normal one, 2 sin(pi rho / 6): its smallest"
        f" eigenvalue is {smallest:.3g}; bring the correlations nearer to 0"
    ]
