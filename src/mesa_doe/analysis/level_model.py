"""Linear models of factor levels: which terms a design can tell apart, and what they explain."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mesa_doe.analysis.confounding import NOTHING, Term, confounded, estimable, written
from mesa_doe.arrays import Array, FloatArray
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError

__all__ = ["LevelModel", "level_model", "levels_of"]

# Columns of a model whose Gram matrix is inverted in seconds.
_MOST_COLUMNS = 2000
# Names in one warning.
_MOST_NAMED = 6


@dataclass(frozen=True)
class LevelModel:
    """Least squares of the mean, the factors and those pairs that the design can tell.

    Parameters
    ----------
    terms : list of Term
        All main effects, then the interactions that can be estimated.
    levels : dict of str to ndarray
        Native levels of each factor, in the order of its axis.
    codes : dict of str to ndarray (points,)
        Which of them each point has.
    aliases : dict of str to list of str
        Interactions of which only the sum can be told: the term that stands for it, and the others.
    left_out : list of str
        Interactions that are mixed with main effects or partly with one another.
    """

    terms: list[Term]
    levels: dict[str, Array]
    codes: dict[str, Array]
    aliases: dict[str, list[str]]
    left_out: list[str]

    @cached_property
    def matrix(self) -> FloatArray:
        """The model matrix (points, columns), the mean first."""
        points = len(self.terms[0].columns)
        return np.hstack([np.ones((points, 1)), *(term.columns for term in self.terms)])

    @cached_property
    def slices(self) -> list[slice]:
        """Which columns of the matrix each term has."""
        ends = 1 + np.cumsum([0, *(term.columns.shape[1] for term in self.terms)])
        return [slice(int(first), int(last)) for first, last in itertools.pairwise(ends)]

    @cached_property
    def gram(self) -> FloatArray:
        """Products of columns, as means over points (columns, columns)."""
        product: FloatArray = self.matrix.T @ self.matrix / len(self.matrix)
        return product

    @cached_property
    def orthogonal(self) -> bool:
        """Whether no term says anything about another."""
        between = np.abs(self.gram)
        between[0, 0] = 0
        for own in self.slices:
            between[own, own] = 0
        return bool(between.max() < NOTHING)

    @cached_property
    def linear(self) -> FloatArray:
        """What makes coefficients of outputs (columns, points)."""
        if _diagonal(self.gram):
            return self.matrix.T / np.diagonal(self.gram)[:, None] / len(self.matrix)
        found: FloatArray = np.linalg.solve(self.gram, self.matrix.T) / len(self.matrix)
        return found

    @property
    def residual_df(self) -> int:
        """Points beyond the number of coefficients."""
        points, columns = self.matrix.shape
        return int(points - columns)

    def residual(self, means: FloatArray) -> FloatArray:
        """Return the sum of squares that the terms leave (outputs,)."""
        left: FloatArray = ((means - self.matrix @ (self.linear @ means)) ** 2).sum(axis=0)
        return left

    def sums_of_squares(self, means: FloatArray) -> FloatArray:
        """Return what each term explains beyond those that do not contain it (terms, outputs): type II."""
        if _diagonal(self.gram):
            each = np.diagonal(self.gram)[:, None] * (self.linear @ means) ** 2
            return len(means) * np.array([each[own].sum(axis=0) for own in self.slices])
        found = []
        inverses: dict[bytes, FloatArray] = {}
        for term, own in zip(self.terms, self.slices, strict=True):
            kept = self._beside(term, own)
            key = kept.tobytes()
            if key not in inverses:
                inverses[key] = np.linalg.inv(self.gram[np.ix_(kept, kept)])
            inverse = inverses[key]
            place = np.flatnonzero(np.isin(np.flatnonzero(kept), np.arange(own.start, own.stop)))
            products = self.matrix[:, kept].T @ means / len(self.matrix)
            estimate = inverse[place] @ products
            block = np.linalg.solve(inverse[np.ix_(place, place)], estimate)
            found.append(len(self.matrix) * (estimate * block).sum(axis=0))
        return np.array(found)

    def _beside(self, term: Term, own: slice) -> Array:
        """Return which columns are fitted to tell what a term explains beyond the others."""
        kept = np.full(len(self.gram), not self.orthogonal)
        kept[own] = True
        if len(term.factors) == 1:
            for other, columns in zip(self.terms, self.slices, strict=True):
                if len(other.factors) > 1 and term.factors[0] in other.factors:
                    kept[columns] = False
        return kept

    def unvaried(self) -> list[str]:
        """Say which factors have one level alone."""
        return [
            f"factor {name!r} has one level at every point: it has no effect to estimate"
            for name, levels in self.levels.items()
            if len(levels) < 2
        ]

    def confounding(self) -> list[str]:
        """Say which interactions the design cannot tell."""
        said = []
        if self.aliases:
            sums = [
                f"{first} cannot be told from {', '.join(others)}" for first, others in self.aliases.items()
            ]
            more = (
                f"; and {len(sums) - _MOST_NAMED} more in settings['aliases']"
                if len(sums) > _MOST_NAMED
                else ""
            )
            said.append(
                f"{'; '.join(sums[:_MOST_NAMED])}{more}: in this design the estimate of the first is of "
                "their sum"
            )
        if self.left_out:
            named = ", ".join(self.left_out[:_MOST_NAMED])
            more = f" and {len(self.left_out) - _MOST_NAMED} more" if len(self.left_out) > _MOST_NAMED else ""
            said.append(
                f"interactions mixed with main effects or with one another in this design are not estimated "
                f"({named}{more}): what they do is in the terms that they are mixed with"
            )
        return said


def levels_of(design: Design, points: Any) -> dict[str, tuple[Array, Array]]:
    """Return of each factor which level each point has (points,), and the native levels.

    Parameters
    ----------
    design : Design
    points : ndarray of int
        Which points take part.

    Examples
    --------
    >>> from mesa_doe.samplers import full_factorial
    >>> from mesa_doe.space import Boolean, ParameterSpace
    >>> levels_of(full_factorial(ParameterSpace(b=Boolean())), [0, 1])["b"][0].tolist()
    [0, 1]
    """
    found, every = {}, design.points
    for name, axis in design.space.axes.items():
        native = every[name].to_numpy()[points]
        # Levels may not be comparable, but each has a place; those of numbers may differ by rounding.
        place = np.round(axis.to_unit(native), 12)
        _, first, code = np.unique(place, return_index=True, return_inverse=True)
        found[name] = (code.ravel(), native[first])
    return found


def level_model(design: Design, points: Any, *, interactions: bool, method: str) -> LevelModel:
    """Return the model of a design's levels, without the terms that it cannot tell.

    Parameters
    ----------
    design : Design
    points : ndarray of int
        Which points take part.
    interactions : bool
        Whether pairs of factors are terms too.
    method : str
        Name of the analysis, for messages.

    Returns
    -------
    LevelModel

    Raises
    ------
    AnalysisError
        If no factor varies, main effects are confounded, or the model is too large.
    """
    coded = levels_of(design, points)
    moving = {name: found for name, found in coded.items() if len(found[1]) > 1}
    if not moving:
        raise AnalysisError(f"{method} needs a factor that varies, but each has one level at every point")
    pairs = list(itertools.combinations(moving, 2)) if interactions else []
    widths = {name: len(native) - 1 for name, (_, native) in moving.items()}
    columns = 1 + sum(widths.values()) + sum(widths[a] * widths[b] for a, b in pairs)
    if 1 + sum(widths.values()) > min(len(points), _MOST_COLUMNS):
        levels = sum(widths.values()) + len(widths)
        raise AnalysisError(
            f"{method} takes every level as a category, and {levels} levels of {len(widths)} factors are too "
            f"many for {len(points)} points; use regression, or a design of fewer levels"
        )
    if columns > _MOST_COLUMNS:
        raise AnalysisError(
            f"{method}: the interactions of these levels have {columns:,} columns, more than "
            f"{_MOST_COLUMNS:,}; use interactions=False, or a design of fewer levels"
        )
    contrasts = {width: _contrasts(width + 1) for width in set(widths.values())}
    mains = [Term((name,), contrasts[widths[name]][code]) for name, (code, _) in moving.items()]
    of = {term.factors[0]: term.columns for term in mains}
    products = [
        Term((a, b), (of[a][:, :, None] * of[b][:, None, :]).reshape(len(points), -1)) for a, b in pairs
    ]
    if together := [group for group in confounded(mains) if group]:
        alike = "; ".join(", ".join(written(mains[k].factors) for k in group if k >= 0) for group in together)
        raise AnalysisError(
            f"{method}: at these points the main effects of some factors cannot be told apart ({alike}); "
            "use another design, or run the points that are missing"
        )
    kept, aliases, left_out = estimable(mains, products)
    natives = {name: native for name, (_, native) in coded.items()}
    codes = {name: code for name, (code, _) in coded.items()}
    return LevelModel([*mains, *kept], natives, codes, aliases, left_out)


def _diagonal(gram: FloatArray) -> bool:
    """Tell whether columns are orthogonal, as in balanced designs: sparing cubes of their number."""
    return bool((np.abs(gram - np.diag(np.diagonal(gram))) < NOTHING).all())


def _contrasts(levels: int) -> FloatArray:
    """Return orthogonal columns (levels, levels - 1) of mean 0 and mean square 1; -1 and 1 for two."""
    from scipy.linalg import helmert

    columns: FloatArray = -np.sqrt(levels) * helmert(levels).T
    # Exactly -1 and 1: effects of two levels are differences of means.
    return np.round(columns) if levels == 2 else columns
