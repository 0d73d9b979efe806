"""Sums of splines of each factor and each pair, fitted to a sample: the model of `hdmr`."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mesa_doe.arrays import BoolArray, FloatArray

__all__ = ["SplineFit", "splines"]

# As in SALib: what is added to sums of squares, and when rounds end.
_PENALTY = 0.01
_LEAST_CHANGE = 1e-3
_MOST_ROUNDS = 100


@dataclass(frozen=True)
class SplineFit:
    """Ridge regression of any output of one sample: on curves in rounds, then each surface alone on the rest.

    Parameters
    ----------
    curves : ndarray (factors, points, splines)
        Splines of each factor.
    pairs : bool
        Whether to fit surfaces, too.
    together : bool, default False
        Whether to fit the curves of all factors at once: where rounds lead, but end far from if factors go
        along with each other.

    References
    ----------
    Li et al. 2010, J. Phys. Chem. A 114; all figures are those of SALib.analyze.hdmr.

    Examples
    --------
    >>> x = np.linspace(0, 1, 50)
    >>> fit = SplineFit(27 * np.stack([splines(x, 3), splines(x[::-1] ** 2, 3)]), pairs=True)
    >>> y = x - x.mean()
    >>> terms = fit.terms(y)
    >>> terms.shape, bool(np.abs(terms.sum(axis=0) - y).max() < 1e-3)
    ((3, 50), True)
    """

    curves: FloatArray
    pairs: bool
    together: bool = False

    @cached_property
    def _surfaces(self) -> FloatArray:
        """Products of splines of each pair (pairs, points, products)."""
        factors, points, count = self.curves.shape
        chosen = list(itertools.combinations(range(factors), 2)) if self.pairs else []
        found = np.empty((len(chosen), points, count**2))
        for into, (a, b) in zip(found, chosen, strict=True):
            into[...] = (self.curves[a, :, :, None] * self.curves[b, :, None, :]).reshape(points, -1)
        return found

    @cached_property
    def _of_curves(self) -> FloatArray:
        return _squares(self.curves)

    @cached_property
    def _of_surfaces(self) -> FloatArray:
        return _squares(self._surfaces)

    def lacking(self) -> BoolArray:
        """Tell for which terms there are no points in a part of their range (terms,)."""
        count = self.curves.shape[2]
        curves = np.linalg.matrix_rank(self.curves) < count
        surfaces = (self._surfaces == 0).all(axis=1).any(axis=1)
        return np.concatenate([curves, surfaces])

    def terms(self, y: FloatArray) -> FloatArray:
        """Return what each factor, then each pair, has of an output of mean 0 (terms, points)."""
        found = self._at_once(y) if self.together else self._in_rounds(y)
        coefficients = _coefficients(self._surfaces, self._of_surfaces, y - found.sum(axis=0))
        return np.concatenate([found, _values(self._surfaces, coefficients)])

    def _at_once(self, y: FloatArray) -> FloatArray:
        basis = np.concatenate(self.curves, axis=1)
        coefficients = _coefficients(basis, _squares(basis), y)
        return _values(self.curves, coefficients.reshape(len(self.curves), -1))

    def _in_rounds(self, y: FloatArray) -> FloatArray:
        coefficients = _coefficients(self.curves, self._of_curves, y)
        found = _values(self.curves, coefficients)
        for _ in range(_MOST_ROUNDS):
            before = (coefficients**2).sum(axis=1)
            for j, curve in enumerate(self.curves):
                rest = y - found.sum(axis=0) + found[j]
                coefficients[j] = _coefficients(curve, self._of_curves[j], rest)
                found[j] = curve @ coefficients[j]
            if np.abs((coefficients**2).sum(axis=1) - before).max() <= _LEAST_CHANGE:
                break
        return found


def splines(values: FloatArray, intervals: int) -> FloatArray:
    """Return the cubic splines at values in [0, 1], (values, intervals + 3).

    Examples
    --------
    >>> splines(np.array([0.0, 0.5]), 1).sum(axis=1).round(9).tolist()
    [1.0, 1.0]
    """
    from scipy.interpolate import BSpline

    knots = np.arange(-3, intervals + 4) / intervals
    basis: FloatArray = BSpline.design_matrix(values, knots, 3).toarray()
    return basis


def _squares(basis: FloatArray) -> FloatArray:
    """Return the sums of squares and products of columns, with the penalty (..., columns, columns)."""
    found: FloatArray = np.swapaxes(basis, -1, -2) @ basis + _PENALTY * np.eye(basis.shape[-1])
    return found


def _coefficients(basis: FloatArray, squares: FloatArray, y: FloatArray) -> FloatArray:
    """Return the coefficients (..., columns) of an output on columns (..., points, columns)."""
    solved = np.linalg.solve(squares, (y @ basis)[..., None])
    return np.asarray(solved[..., 0], dtype=np.float64)


def _values(basis: FloatArray, coefficients: FloatArray) -> FloatArray:
    """Return what columns (..., points, columns) have with these coefficients (..., points)."""
    found: FloatArray = (basis @ coefficients[..., None])[..., 0]
    return found
