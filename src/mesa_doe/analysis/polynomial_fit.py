"""Sums of polynomials of each factor and each pair, fitted to a sample: the model of `enhanced_hdmr`."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from mesa_doe.arrays import BoolArray, FloatArray, IntArray

__all__ = ["PolynomialFit", "polynomials"]

# A column of which less than this share is its own is a sum of others.
_NOTHING = 1e-10


@dataclass(frozen=True)
class PolynomialFit:
    """Least squares of any output of one sample on all terms at once, pairs free of their factors alone.

    Parameters
    ----------
    curves : ndarray (factors, points, polynomials)
        Polynomials of each factor, without the constant.

    Notes
    -----
    SALib.analyze.enhanced_hdmr has for each pair the polynomials of its factors a second time, and of all
    solutions takes that whose surfaces have the least products with them (D-MORPH). Here these are taken
    away from the products of a pair beforehand, which is the same solution, without columns twice.

    References
    ----------
    Li & Rabitz 2012, J. Math. Chem. 50; Gao, Sahin & Vrugt 2023, Water Resour. Res. 59.

    Examples
    --------
    >>> x = np.random.default_rng(1).random((2, 50))
    >>> fit = PolynomialFit(np.stack([polynomials(values, 2) for values in x]))
    >>> y = x[0] * x[1]
    >>> terms = fit.terms(y - y.mean())
    >>> terms.shape, bool(abs(terms[2] @ x[0]) < 0.1)
    ((3, 50), True)
    """

    curves: FloatArray

    @cached_property
    def _matrix(self) -> FloatArray:
        """Columns of each factor, then of each pair (points, columns)."""
        points = self.curves.shape[1]
        pairs = []
        for a, b in itertools.combinations(self.curves, 2):
            products = (a[:, :, None] * b[:, None, :]).reshape(points, -1)
            alone = np.hstack([a, b])
            # Neither with the factors' columns nor with a constant should products have anything in common.
            tested = np.hstack([np.ones((points, 1)), alone]).T
            shared = np.linalg.lstsq(tested @ alone, tested @ products)[0]
            pairs.append(products - alone @ shared)
        return np.hstack([*self.curves, *pairs])

    @cached_property
    def _parted(self) -> tuple[FloatArray, FloatArray]:
        """Orthogonal columns, and how those of the matrix are made of them."""
        q, r = np.linalg.qr(self._matrix)
        return q, r

    def lacking(self) -> BoolArray:
        """Tell which terms cannot be told from others at these points (terms,)."""
        _, r = self._parted
        nothing = np.abs(np.diagonal(r)) <= _NOTHING * np.linalg.norm(r, axis=0)
        return np.array([part.any() for part in np.split(nothing, self._ends)])

    def terms(self, y: FloatArray) -> FloatArray:
        """Return what each factor, then each pair, has of an output of mean 0 (terms, points)."""
        from scipy.linalg import solve_triangular

        q, r = self._parted
        coefficients = solve_triangular(r, q.T @ y)
        parts = np.split(self._matrix, self._ends, axis=1), np.split(coefficients, self._ends)
        return np.stack([columns @ own for columns, own in zip(*parts, strict=True)])

    @property
    def _ends(self) -> IntArray:
        """Where the columns of each term but the last end."""
        factors, _, count = self.curves.shape
        sizes = [count] * factors + [count**2] * math.comb(factors, 2)
        return np.cumsum(sizes)[:-1]


def polynomials(values: FloatArray, degree: int) -> FloatArray:
    """Return polynomials that are orthogonal over all values and to a constant, of mean square 1.

    Examples
    --------
    >>> np.abs(polynomials(np.array([0.0, 1.0]), 1)).round(9).tolist()
    [[1.0], [1.0]]
    """
    from numpy.polynomial.legendre import legvander

    low, high = values.min(), values.max()
    # Legendre's are nearly so: of bare powers digits would be lost.
    nearly = legvander((2 * values - low - high) / (high - low), degree)
    found: FloatArray = np.linalg.qr(nearly)[0][:, 1:] * np.sqrt(len(values))
    return found
