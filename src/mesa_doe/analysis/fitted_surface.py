"""A surface that is fitted to the base points of a design, and whose indices are known without error."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import legvander

from mesa_doe.analysis.bootstrap import drawn_in_groups
from mesa_doe.arrays import FloatArray
from mesa_doe.space import Axis, ParameterSpace

__all__ = ["Surface", "surface_over"]

# Base points a term: a fit leaves noise enough to be seen.
_POINTS_A_TERM = 8
_MOST_TERMS = 256
# Products of terms at all points: a fit takes no longer than what it is for.
_MOST_PRODUCTS = 2**29
_HIGHEST_DEGREE = 10
_RIDGE = 1e-12
# An axis of more levels is as good as continuous.
_MOST_LEVELS = 64
_EACH_LEVEL = 2**10

#: Axes and the degrees of their polynomials, whose product is a term.
Term = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Surface:
    """Products of polynomials that are orthonormal over the unit cube, so that squares are variances.

    Parameters
    ----------
    a, b : ndarray (axes, degrees, blocks)
        Polynomials of each axis, from degree 1 on, at the two points of each block.
    terms : tuple of tuple
    of_axis : tuple of int
        Which factor, or group of factors, an axis belongs to.
    factors : int
        How many there are; with the seed, which moves no surface.
    """

    a: FloatArray
    b: FloatArray
    terms: tuple[Term, ...]
    of_axis: tuple[int, ...]
    factors: int

    def fitted(self, of_a: FloatArray, of_b: FloatArray | None = None) -> FloatArray:
        """Fit outputs (blocks, outputs) of the points a, or of a and b.

        Returns
        -------
        ndarray (1 + terms, outputs)
            Coefficients, of the constant first.
        """
        points = [(self.a, of_a)] if of_b is None else [(self.a, of_a), (self.b, of_b)]
        columns = np.hstack([self._columns(self.terms, curves) for curves, _ in points])
        y = np.concatenate([outputs for _, outputs in points])
        # Nearly orthogonal already, since points are spread evenly; but a level may not be among them.
        products = columns @ columns.T
        products[np.diag_indices_from(products)] += _RIDGE * columns.shape[1]
        found: FloatArray = np.linalg.solve(products, columns @ y)
        return found

    def at_a(self, coefficients: FloatArray) -> FloatArray:
        """Return values (blocks, outputs) at the points a."""
        found: FloatArray = self._columns(self.terms, self.a).T @ coefficients
        return found

    def at_b(self, coefficients: FloatArray) -> FloatArray:
        """Return values (blocks, outputs) at the points b."""
        found: FloatArray = self._columns(self.terms, self.b).T @ coefficients
        return found

    def change(self, coefficients: FloatArray, factor: int, *, of_b: bool = False) -> FloatArray:
        """Return what a factor of b adds (blocks, outputs) at the points a, or one of a at the points b."""
        here, there = (self.b, self.a) if of_b else (self.a, self.b)
        of = [k for k, term in enumerate(self.terms) if factor in self._moved_by(term)]
        terms = [self.terms[k] for k in of]
        moved = np.array([k == factor for k in self.of_axis])
        mixed = np.where(moved[:, None, None], there, here)
        steps = self._columns(terms, mixed)[1:] - self._columns(terms, here)[1:]
        found: FloatArray = steps.T @ coefficients[1:][of]
        return found

    def indices(self, coefficients: FloatArray, *, pairs: bool) -> list[FloatArray]:
        """Return S1 and ST (outputs, factors), and if asked for S2 (outputs, pairs)."""
        variances = coefficients[1:] ** 2
        of_terms = [self._moved_by(term) for term in self.terms]
        factors = range(self.factors)
        holds = [
            [[moved == {k} for moved in of_terms] for k in factors],
            [[k in moved for moved in of_terms] for k in factors],
        ]
        if pairs:
            both = itertools.combinations(factors, 2)
            holds.append([[moved == set(pair) for moved in of_terms] for pair in both])
        with np.errstate(invalid="ignore"):  # of a constant output
            shares = variances / variances.sum(axis=0)
        return [(np.array(of, dtype=np.float64).reshape(-1, len(of_terms)) @ shares).T for of in holds]

    def _moved_by(self, term: Term) -> set[int]:
        return {self.of_axis[axis] for axis, _ in term}

    @staticmethod
    def _columns(terms: Sequence[Term], curves: FloatArray) -> FloatArray:
        """Return values of the terms (1 + terms, blocks), a constant first."""
        columns = np.ones((1 + len(terms), curves.shape[2]))
        for column, term in zip(columns[1:], terms, strict=True):
            for axis, degree in term:
                column *= curves[axis, degree - 1]
        return columns


def surface_over(
    space: ParameterSpace,
    a: FloatArray,
    b: FloatArray,
    of_axis: Sequence[int],
    factors: int,
    *,
    both: bool,
) -> Surface | None:
    """Choose the terms that so many points can tell, simple ones first.

    Parameters
    ----------
    space : ParameterSpace
    a, b : ndarray (blocks, axes)
        Points of the unit cube.
    of_axis, factors
        As of :class:`Surface`.
    both : bool
        Whether outputs of b are fitted too.

    Returns
    -------
    Surface or None
        None if there are too few even for straight lines, or blocks are not drawn in groups.

    Examples
    --------
    >>> from mesa_doe.space import Real
    >>> a, b = np.random.default_rng(1).random((2, 64, 2))
    >>> space = ParameterSpace(p=Real(0, 1), q=Real(0, 1))
    >>> surface = surface_over(space, a, b, [0, 1], 2, both=False)
    >>> coefficients = surface.fitted(a @ [[2.0], [1.0]])
    >>> [shares.round(9).tolist() for shares in surface.indices(coefficients, pairs=True)]
    [[[0.8, 0.2]], [[0.8, 0.2]], [[0.0]]]
    """
    if not drawn_in_groups(len(a)):
        return None
    axes = list(space.axes.values())
    scales = [_scale(axis) for axis in axes]
    highest = [
        _HIGHEST_DEGREE if scale is None else min(len(scale[0]) - 1, _HIGHEST_DEGREE) for scale in scales
    ]
    base = len(a) * (2 if both else 1)
    terms = _simplest(highest, min(base // _POINTS_A_TERM, _MOST_TERMS, int((_MOST_PRODUCTS / base) ** 0.5)))
    if not terms:
        return None
    degrees = max(degree for term in terms for _, degree in term)
    curves = np.zeros((2, len(axes), degrees, len(a)))
    for points, found in zip((a, b), curves, strict=True):
        for j, (axis, scale) in enumerate(zip(axes, scales, strict=True)):
            most = min(highest[j], degrees)
            found[j, :most] = _polynomials(axis, scale, points[:, j], most).T
    return Surface(curves[0], curves[1], terms, tuple(of_axis), factors)


def _scale(axis: Axis) -> tuple[FloatArray, FloatArray] | None:
    """Return the middle of each level's share, and the share; None of continuous axes."""
    if axis.n_levels is None or axis.n_levels > _MOST_LEVELS:
        return None
    # As many of each level, where levels have equal shares.
    count = _EACH_LEVEL * axis.n_levels
    places = axis.to_unit(axis.from_unit((np.arange(count) + 0.5) / count))
    middles, counts = np.unique(places, return_counts=True)
    return middles, counts / count


def _polynomials(
    axis: Axis, scale: tuple[FloatArray, FloatArray] | None, unit: FloatArray, degrees: int
) -> FloatArray:
    """Return orthonormal polynomials (rows, degrees) of an axis, without the constant."""
    if scale is None:
        norms = np.sqrt(2 * np.arange(1, degrees + 1) + 1)
        return np.asarray(legvander(2 * unit - 1, degrees)[:, 1:] * norms, dtype=np.float64)
    middles, shares = scale
    weights = np.sqrt(shares)[:, None]
    of_levels = np.linalg.qr(legvander(2 * middles - 1, degrees) * weights)[0][:, 1:] / weights
    level = np.searchsorted(middles, axis.to_unit(axis.from_unit(unit)))
    return np.asarray(of_levels[np.minimum(level, len(middles) - 1)], dtype=np.float64)


def _simplest(highest: Sequence[int], most: int) -> tuple[Term, ...]:
    """Return terms of up to three axes by their degree, one more for each axis, as many as there may be."""
    found: list[Term] = []
    for size in range(1, 2 * _HIGHEST_DEGREE):
        more = list(itertools.islice(_of_size(highest, size), most + 1))
        if len(found) + len(more) > most:
            break
        found += more
    return tuple(found)


def _of_size(highest: Sequence[int], size: int) -> Iterator[Term]:
    for order in (1, 2, 3):
        total = size - (order - 1)
        splits = [
            degrees
            for degrees in itertools.product(range(1, total + 1), repeat=order)
            if sum(degrees) == total
        ]
        for axes in itertools.combinations(range(len(highest)), order) if splits else ():
            for degrees in splits:
                if all(degree <= highest[axis] for axis, degree in zip(axes, degrees, strict=True)):
                    yield tuple(zip(axes, degrees, strict=True))
