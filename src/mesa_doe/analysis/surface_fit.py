"""What a fitted surface leaves, and what of that is noise: errors, R² and lack of fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mesa_doe.analysis.contrasts import standard_errors
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.columns import Units

__all__ = ["SurfaceFit", "numbered"]

# Of the points, how much must be left of what tells a coefficient when a unit is left out.
_LEAST_REST = 1e-9


@dataclass(frozen=True)
class SurfaceFit:
    """What a model leaves of outputs that are scaled to deviations of one at most.

    Parameters
    ----------
    matrix : ndarray (points, columns)
        Of the model.
    values : ndarray (points, replications, outputs)
    residuals : ndarray (points, outputs)
        Of the means.
    twins : ndarray of int (points,)
        The same number for repeated points, as of `numbered`.
    seed_policy : str or None
    units : Units, optional
        Which points go together, those of a block: what the model leaves of them is alike.
    """

    matrix: FloatArray
    values: FloatArray
    residuals: FloatArray
    twins: IntArray
    seed_policy: str | None
    units: Units | None = None

    def errors(self, linear: FloatArray) -> tuple[FloatArray, FloatArray, list[str]]:
        """Return standard errors (outputs, coefficients), and of each output their freedom and source."""
        points, replications, count = self.values.shape
        units = self.units
        if units is not None and (replications == 1 or units.merged) and points > self.matrix.shape[1]:
            few = units.merged or units.crossed is not None
            errors = self._without_each(units) if few else self._by_units(linear, units)
            source = f"what the model leaves, by {'unit' if few else 'block'}"
            return errors, np.full(count, units.count - 1.0), [source] * count
        left, df = (self.residuals**2).sum(axis=0), points - self.matrix.shape[1]
        errors, df, source = standard_errors(
            linear, self.values, residual=left, df=df, seed_policy=self.seed_policy
        )
        freedom, sources = np.full(count, float(df)), [source] * count
        pure, pure_df = self._pure()
        if replications == 1 and pure_df:
            # Where the output of repeated points is the same, so were the runs.
            noisy = pure > 0
            size = np.sqrt((linear**2).sum(axis=1))
            errors = np.where(noisy[:, None], np.sqrt(pure / pure_df)[:, None] * size, errors)
            freedom = np.where(noisy, pure_df, freedom)
            sources = ["repeated points" if told else source for told in noisy]
        return errors, freedom, sources

    def explained(self) -> tuple[FloatArray, FloatArray]:
        """Return R² and adjusted R² of the means (outputs,)."""
        points, columns = self.matrix.shape
        means = self.values.mean(axis=1)
        total = ((means - means.mean(axis=0)) ** 2).sum(axis=0)
        left = (self.residuals**2).sum(axis=0) / np.where(total > 0, total, np.nan)
        free = points - columns
        return 1 - left, 1 - left * (points - 1) / free if free else np.full_like(left, np.nan)

    def lack_of_fit(self) -> tuple[FloatArray, FloatArray]:
        """Return F and p (outputs,) of what the model leaves beyond the noise; NaN where that is unknown."""
        from scipy.stats import f

        pure, pure_df = self._pure()
        df = int(self.twins.max()) + 1 - self.matrix.shape[1]
        # Of points that share a seed the test would take one noise for many.
        units = self.units
        shared = units is not None and (units.merged or self.seed_policy in ("block", None))
        if not df or not pure_df or shared:
            return np.full(len(pure), np.nan), np.full(len(pure), np.nan)
        # Means of repeated points are left as far as their residuals; about those means, by noise alone.
        counts = np.bincount(self.twins)
        sums = np.stack([np.bincount(self.twins, column) for column in self.residuals.T], axis=1)
        left = self.values.shape[1] * (sums**2 / counts[:, None]).sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(pure > 0, left / df / (pure / pure_df), np.nan)
        return ratio, f.sf(ratio, df, pure_df)

    def _by_units(self, linear: FloatArray, units: Units) -> FloatArray:
        """Return standard errors (outputs, coefficients) from the sums of what is left of each unit.

        References
        ----------
        Liang & Zeger 1986, Biometrika 73; for few units: Cameron & Miller 2015, J. Hum. Resour. 50.
        """
        points, columns = self.matrix.shape
        few = units.count / (units.count - 1) * (points - 1) / (points - columns)
        scores = np.stack([units.sums((linear * left).T) for left in self.residuals.T])
        errors: FloatArray = np.sqrt(few * (scores**2).sum(axis=1))
        return errors

    def _without_each(self, units: Units) -> FloatArray:
        """Return standard errors (outputs, coefficients) from the fits that leave out one unit each.

        Where all rows of a unit have one value of a factor, a few units may decide on a coefficient, and what
        the model leaves of them is too small.

        Returns
        -------
        ndarray (outputs, coefficients)
            NaN where the model cannot do without a unit.

        References
        ----------
        MacKinnon & White 1985, J. Econometrics 29, of units: Bell & McCaffrey 2002, Survey Methodology 28.
        """
        left, size, right = np.linalg.svd(self.matrix, full_matrices=False)
        moved = np.empty((units.count, left.shape[1], self.residuals.shape[1]))
        order = np.argsort(units.of, kind="stable")
        for k, rows in enumerate(np.split(order, np.cumsum(np.bincount(units.of))[:-1])):
            rest = np.eye(left.shape[1]) - left[rows].T @ left[rows]
            if np.linalg.eigvalsh(rest)[0] < _LEAST_REST:
                return np.full(moved.shape[:0:-1], np.nan)
            moved[k] = np.linalg.solve(rest, left[rows].T @ self.residuals[rows])
        coefficients = np.einsum("jc,ujo->uoc", right / size[:, None], moved)
        errors: FloatArray = np.sqrt((1 - 1 / units.count) * (coefficients**2).sum(axis=0))
        # What is the same in all units, but for rounding, is known as well as that.
        return np.hypot(errors, ROUNDING)

    def _pure(self) -> tuple[FloatArray, int]:
        """Return the sum of squares (outputs,) of single runs that is noise alone, and its freedom."""
        points, replications, _ = self.values.shape
        distinct = int(self.twins.max()) + 1
        means = self.values.mean(axis=1)
        within = self.values - means[:, None]
        if self.seed_policy in ("common", "fixed"):
            # Repeated points are the same runs, and what a replication shares is no error.
            within = within[np.unique(self.twins, return_index=True)[1]]
            within = within - within.mean(axis=0)
            pure, df = (within**2).sum(axis=(0, 1)), (distinct - 1) * (replications - 1)
        else:
            counts = np.bincount(self.twins)[:, None]
            sums = np.stack([np.bincount(self.twins, column) for column in means.T], axis=1)
            between = replications * ((means - (sums / counts)[self.twins]) ** 2).sum(axis=0)
            pure = (within**2).sum(axis=(0, 1)) + between
            df = points * (replications - 1) + points - distinct
        # A model without noise leaves rounding.
        return np.where(pure <= ROUNDING**2 * points * replications, 0.0, pure), df


def numbered(codes: FloatArray) -> IntArray:
    """Return a number of each point (points,), the same of points with the same codes (points, factors).

    Examples
    --------
    >>> numbered(np.array([[0.0], [1.0], [0.0]])).tolist()
    [0, 1, 0]
    """
    numbers: IntArray = np.unique(np.round(codes, 10), axis=0, return_inverse=True)[1].ravel()
    return numbers
