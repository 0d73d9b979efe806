"""Rows that belong together, as the points of a block do: drawn, halved and shuffled as one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mesa_doe.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Crossed", "Units", "units_of"]


@dataclass(frozen=True)
class Crossed:
    """What units are that are points, or blocks, of a sample that is crossed with another design.

    Parameters
    ----------
    own : ndarray of bool (factors,)
        Which factors are the sample's. The others have all their values within each unit.
    points : ndarray (rows,) of int
        The sample's point of each row.
    """

    own: BoolArray
    points: IntArray


@dataclass(frozen=True)
class Units:
    """Which rows belong together.

    Rows of one unit tell much the same: points of a block share most of their values, and the noise of
    their seed. A number of rows that are independent is a number of units.

    Parameters
    ----------
    of : ndarray (rows,) of int
        The unit of each row, numbered from 0 on.
    crossed : Crossed, optional
        Where they are of a sample that is crossed with another design.
    merged : bool, default False
        Whether rows of one unit are one run.
    """

    of: IntArray
    crossed: Crossed | None = None
    merged: bool = False

    @property
    def count(self) -> int:
        """How many units there are."""
        return int(self.of.max()) + 1

    @cached_property
    def _alike(self) -> list[IntArray]:
        """Rows (units, rows of each) of the units of each size."""
        sizes = np.bincount(self.of)
        rows = np.argsort(self.of, kind="stable")
        starts = np.cumsum(sizes) - sizes
        return [
            rows[starts[sizes == size][:, None] + np.arange(size)] for size in np.unique(sizes[sizes > 0])
        ]

    def sums(self, columns: FloatArray) -> FloatArray:
        """Return the sums (units, columns) of the rows of each unit.

        Examples
        --------
        >>> Units(np.array([0, 1, 1])).sums(np.array([[1.0], [2.0], [3.0]])).tolist()
        [[1.0], [5.0]]
        """
        found = [np.bincount(self.of, column, self.count) for column in columns.T]
        return np.stack(found, axis=1) if found else np.empty((self.count, 0))

    def shuffled(self, draws: int, generator: np.random.Generator) -> IntArray:
        """Return rows in an order in which whole units have changed places with others as long.

        What one column has in that order has the structure that it had within units, and no relation to
        other columns: it is as a factor without effect. Of crossed units, rows that share a point of the
        sample change places too, since what varies among them, in all alike, would else be as it was.

        Returns
        -------
        ndarray (draws, rows) of int

        Examples
        --------
        >>> rows = Units(np.array([0, 0, 1, 1])).shuffled(20, np.random.default_rng(1))
        >>> sorted(set(map(tuple, rows.tolist())))
        [(0, 1, 2, 3), (2, 3, 0, 1)]
        """
        found = np.empty((draws, len(self.of)), dtype=np.int64)
        for rows in self._alike:
            turns = generator.permuted(np.tile(np.arange(len(rows)), (draws, 1)), axis=1)
            found[:, rows.ravel()] = rows[turns].reshape(draws, -1)
        if self.crossed is not None:
            points = np.unique(self.crossed.points, return_inverse=True)[1]
            keys = points + generator.random((draws, len(points)))
            within = np.empty_like(found)
            within[:, np.argsort(points, kind="stable")] = np.argsort(keys, axis=1)
            found = np.take_along_axis(within, found, axis=1)
        return found

    def mean_error(self, values: FloatArray, groups: IntArray) -> FloatArray:
        """Return the standard error of the mean of each group, whose rows may be of the same units.

        Parameters
        ----------
        values : ndarray (rows,)
        groups : ndarray (rows,) of int
            The group of each row, numbered from 0 on without gaps.

        Returns
        -------
        ndarray (groups,)
            NaN for a group of one unit.

        References
        ----------
        Liang & Zeger 1986, Biometrika 73, with the factor k/(k - 1) of k units: with one row a unit it is
        the usual one.

        Examples
        --------
        >>> Units(np.array([0, 0, 1, 1])).mean_error(np.array([1.0, 1, 3, 3]), np.zeros(4, dtype=int))
        array([1.])
        """
        counts = np.bincount(groups)
        left = values - (np.bincount(groups, values) / counts)[groups]
        own, at = np.unique(groups * self.count + self.of, return_inverse=True)
        units = np.bincount(own // self.count)
        squares = np.bincount(own // self.count, np.bincount(at, left) ** 2)
        with np.errstate(divide="ignore", invalid="ignore"):
            errors: FloatArray = np.sqrt(np.where(units > 1, units / (units - 1), np.nan) * squares) / counts
        return errors


def units_of(blocks: Any, rows: Any = slice(None), crossed: Crossed | None = None) -> Units | None:
    """Return which rows belong together, or None where each stands alone.

    Parameters
    ----------
    blocks : array_like (all rows,) of int, or None
        As of a design.
    rows : index, optional
        Which of the rows are kept.
    crossed : Crossed, optional
        As of :class:`Units`, of all rows.

    Examples
    --------
    >>> units_of(None), units_of([3, 7, 1])
    (None, None)
    >>> units_of([3, 3, 7], [0, 1, 2]).of.tolist()
    [0, 0, 1]
    """
    if blocks is None:
        return None
    if crossed is not None:
        crossed = Crossed(crossed.own, crossed.points[rows])
    distinct, of = np.unique(np.asarray(blocks)[rows], return_inverse=True)
    return None if len(distinct) == len(of) else Units(of.astype(np.int64), crossed)
