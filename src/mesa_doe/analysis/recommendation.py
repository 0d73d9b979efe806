"""What a pilot says of its points, and a recommended number of replications with its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.analysis.outputs import replicated_output
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.analysis.shown import as_html, labelled, notes_of
from mesa_doe.arrays import FloatArray
from mesa_doe.errors import AnalysisError, counted, some, warn

__all__ = [
    "Pilot",
    "Recommendation",
    "finished",
    "read_pilot",
    "recommended",
    "up_to",
    "whole",
    "without_noise",
]

#: Of a mean nearer to zero than so many standard errors, relative figures are chance.
_NEAR_ZERO = 2.0
# What happens to fewer points than that is taken for impossible.
_UNSEEN = 0.05
# Of values, so that multiples of their spread are floats.
_MOST = 1e300


@dataclass(frozen=True, eq=False, repr=False)
class Recommendation:
    """How many replications, why, and from what.

    Parameters
    ----------
    by : {"precision", "cv", "power"}
    replications : int or None
        Of each design point; None where no number was found, which ``reading`` explains.
    reading : str
        What the number means, in words.
    formula, source : str
        By what, and whose.
    figures : mapping
        The options, and what was computed on the way.
    points : DataFrame
        One row a point of the pilot that was used, index ``point``: ``runs``, ``mean``, ``std`` and the
        ``replications`` that it alone would ask for (missing where no number was found).
    warnings : tuple of str
        What makes the number doubtful.

    Examples
    --------
    >>> from mesa_doe.analysis.power import by_power
    >>> by_power(cohen_f=0.25, settings=2, power=0.8, alpha=0.05).replications
    64
    """

    by: str
    replications: int | None
    reading: str
    formula: str
    source: str
    figures: Mapping[str, Any]
    points: pd.DataFrame = field(default_factory=pd.DataFrame)
    warnings: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row a point of the pilot, as :attr:`points` but a copy.

        Returns
        -------
        DataFrame
        """
        return self.points.copy()

    def to_xarray(self) -> Any:
        """Return the figures of each point of the pilot as labelled arrays.

        Returns
        -------
        xarray.Dataset
            A variable a column of :attr:`points`, with dimension ``point``; NaN where no number was found.
            Without a pilot there is none.

        Raises
        ------
        MissingDependencyError
            If xarray is not installed.

        Examples
        --------
        >>> from mesa_doe.analysis import by_precision
        >>> found = by_precision([[1.0, 1.2, 0.9], [2.0, 2.6, 1.7]], absolute=0.5)
        >>> dict(found.to_xarray().sizes)
        {'point': 2}
        """
        # Of ints that may be missing xarray knows nothing.
        floats = {name: float for name, dtype in self.points.dtypes.items() if dtype == "Int64"}
        rows = self.points.astype(floats)
        return labelled(rows, {"point": list(rows.index)}, list(rows.columns))

    def __repr__(self) -> str:
        return "\n".join([self._head, *self._said])

    def _repr_html_(self) -> str:
        return as_html([(self._head, None)], self._said)

    @property
    def _head(self) -> str:
        count = "not reached" if self.replications is None else f"{self.replications:,}"
        return f"replications by {self.by}: {count}"

    @property
    def _said(self) -> list[str]:
        of_formula = f"{self.formula} ({self.source})"
        return [self.reading, of_formula, *notes_of(self.warnings)]


@dataclass(frozen=True)
class Pilot:
    """Runs of one output: mean and spread of each point that has two or more.

    Parameters
    ----------
    values : ndarray (points, replications)
        NaN where there is no run.
    points : Index (points,)
        How the points are called.
    runs, means, stds : ndarray (points,)
    said : list of str
        What was left out.
    """

    values: FloatArray
    points: pd.Index[Any]
    runs: Any
    means: FloatArray
    stds: FloatArray
    said: list[str]

    def frame(self, needed: FloatArray, **more: Any) -> pd.DataFrame:
        """Return one row a point, with what it asks for."""
        columns = {"runs": self.runs, "mean": self.means, "std": self.stds, **more}
        return pd.DataFrame({**columns, "replications": whole(needed)}, index=self.points)

    def called(self, which: Any) -> list[Any]:
        """Return the names of some points: a mask, or their places."""
        names: list[Any] = self.points[which].tolist()
        return names

    def near_zero(self) -> list[Any]:
        """Return points whose mean cannot be told from zero."""
        near = (self.stds > 0) & (np.abs(self.means) <= _NEAR_ZERO * self.stds / np.sqrt(self.runs))
        return self.called(near)


def read_pilot(pilot: Any, method: str) -> Pilot:
    """Read the points of a pilot that have two runs or more.

    Parameters
    ----------
    pilot : array_like (points, replications) or (replications,)
        The index of a DataFrame is what its points are called.
    method : str
        For messages.

    Returns
    -------
    Pilot

    Raises
    ------
    AnalysisError
        If it is no pilot of one output, no point has two runs, or values are too large.
    """
    if not isinstance(pilot, pd.DataFrame):
        pilot = pilot if np.ma.isMaskedArray(pilot) else np.asarray(pilot)
        pilot = pilot[None] if pilot.ndim == 1 else pilot
    values, points = replicated_output(pilot, method)
    runs = np.isfinite(values).sum(axis=1)
    used = runs >= 2
    said = []
    if not used.any():
        raise AnalysisError(
            f"{method} needs a pilot with replications, but no point has two runs: got shape {values.shape}, "
            f"at most {counted(int(runs.max()), 'run')} a point"
        )
    if not used.all():
        said.append(f"points {some(points[~used])} have fewer than two runs, and are left out")
    if runs[used].min() < values.shape[1]:
        lost = int((values.shape[1] - runs[used]).sum())
        said.append(f"{counted(lost, 'run')} of the points used have no value, and are left out")
    kept = values[used]
    size = np.maximum(np.nanmax(np.abs(kept), axis=1, keepdims=True), np.finfo(float).tiny)
    if size.max() > _MOST:
        raise AnalysisError(f"{method}: the pilot has values up to {size.max():.3g}; give it in another unit")
    shrunk = kept / size  # so that squares stay finite
    means = np.nanmean(shrunk, axis=1, keepdims=True)
    own = np.where(np.abs(shrunk - means) <= ROUNDING, 0.0, shrunk - means)
    stds = np.sqrt(np.nansum(own**2, axis=1) / (runs[used] - 1))
    points = pd.Index(points[used], name="point", tupleize_cols=False)
    return Pilot(kept, points, runs[used], (means * size)[:, 0], stds * size[:, 0], said)


def recommended(
    by: str,
    runs: Pilot,
    needed: FloatArray,
    frame: pd.DataFrame,
    said: list[str],
    *,
    quantile: float,
    reading: str,
    lost: str,
    formula: str,
    source: str,
    figures: Mapping[str, Any],
    high: FloatArray | None = None,
) -> Recommendation:
    """Take the most demanding point; tell which it is, up to what it asks for, and what a share does."""
    figures = dict(figures)
    if not runs.stds.any():
        return without_noise(by, runs, formula, source, figures)
    asked = np.where(np.isnan(needed), np.inf, needed)
    at = float(np.quantile(asked, quantile, method="inverted_cdf"))
    worst = int(np.argmax(asked))
    (most_demanding,) = runs.called([worst])
    figures |= {
        "most_demanding_point": most_demanding,
        "quantile": quantile,
        "replications_at_quantile": None if np.isinf(at) else int(at),
        "pilot_runs": (int(runs.runs.min()), int(runs.runs.max())),
    }
    n: int | None = None if np.isinf(asked[worst]) else int(asked[worst])
    if n is None:
        reading = f"{lost} {some(runs.called(np.isinf(asked)))}"
    elif high is not None:
        reading += up_to(high[worst], f"its {runs.runs[worst]} runs leave")
    if len(asked) > 1:
        enough = "no number was found" if np.isinf(at) else f"{int(at):,} are enough"
        reading += (
            f"; most demanding is point {most_demanding}, and for {100 * quantile:g}% of points {enough}"
        )
    return finished(Recommendation(by, n, reading, formula, source, figures, frame, tuple(said)))


def without_noise(
    by: str, runs: Pilot, formula: str, source: str, figures: Mapping[str, Any]
) -> Recommendation:
    """Recommend one run of each point, whose output has no noise that was seen."""
    fewest = int(runs.runs.min())
    # Clopper & Pearson 1934: of an event that no run had.
    unseen = 100 * (1 - _UNSEEN ** (1 / fewest))
    reading = (
        "in this pilot all runs of a point gave the same value: the output has no noise, or noise of which "
        f"{fewest} runs of a point may show none, as an event that up to {unseen:.2g}% of runs have"
    )
    frame = runs.frame(np.ones(len(runs.stds)))
    return finished(Recommendation(by, 1, reading, formula, source, figures, frame, tuple(runs.said)))


def up_to(high: float, left_open: str) -> str:
    """Tell what it takes if the noise is larger than it looks."""
    if np.isnan(high):
        return ""
    return f"; up to {int(high):,}, if the noise is as large as {left_open} open"


def finished(found: Recommendation) -> Recommendation:
    """Give the warnings of a recommendation."""
    for warning in found.warnings:
        warn(warning)
    return found


def whole(values: FloatArray) -> Any:
    """Return numbers as ints, missing where they are NaN."""
    return pd.array([None if np.isnan(value) else int(value) for value in values], dtype="Int64")
