"""The gate that every analysis passes its call through: options, shape, order, and nothing missing unsaid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.analysis.incomplete import RUN_AGAIN, IncompleteError
from mesa_doe.analysis.labelled import check_labels
from mesa_doe.analysis.options import check_missing
from mesa_doe.analysis.rounding import tied
from mesa_doe.analysis.scaling import constant_outputs, standardised
from mesa_doe.arrays import BoolArray, FloatArray, IntArray
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, counted, some

__all__ = [
    "LeftOut",
    "Missing",
    "Outputs",
    "alike",
    "checked_outputs",
    "replicated",
    "replicated_output",
    "too_few",
]

Missing: TypeAlias = Literal["raise", "drop"]
#: What is left out with a value that is missing.
LeftOut: TypeAlias = Literal["block", "point", "run"]

_WAYS = {
    "block": "leave out their whole blocks",
    "point": "leave them out",
    "run": "average the replications that there are",
}


@dataclass(frozen=True)
class Outputs:
    """Outputs of a design: complete, but for replications of an analysis that reads means alone.

    Parameters
    ----------
    names : list
        One an output.
    values : ndarray (points, replications, outputs)
        Of the points kept.
    points : ndarray (points,) of int
        Which points of the design are kept, in order.
    dropped : list of int
        Blocks left out since a point of theirs is missing; without blocks, points.
    said : list of str
        What was left out, as a warning.
    gaps : bool, default False
        Whether values are NaN where a replication is missing.
    """

    names: list[Any]
    values: FloatArray
    points: IntArray
    dropped: list[int]
    said: list[str]
    gaps: bool = False

    @property
    def replications(self) -> int:
        """How many there are of each point."""
        return int(self.values.shape[1])

    def kept(self, rows: FloatArray) -> FloatArray:
        """Return which rows, one a point of the design, are of the points kept; no copy where all are."""
        return rows[self.points] if self.dropped else rows

    @cached_property
    def means(self) -> FloatArray:
        """Means over the replications that there are (points, outputs)."""
        means: FloatArray = (np.nanmean if self.gaps else np.mean)(self.values, axis=1)
        return means if self.replications == 1 else tied(means)

    @cached_property
    def _standardised(self) -> tuple[FloatArray, FloatArray]:
        return standardised(self.means)

    @property
    def scaled(self) -> FloatArray:
        """Means as deviations of at most one (points, outputs)."""
        return self._standardised[0]

    @property
    def scale(self) -> FloatArray:
        """What deviations of the means were divided by (outputs,)."""
        return self._standardised[1]

    @cached_property
    def constant(self) -> BoolArray:
        """Which outputs are the same at every point (outputs,)."""
        return constant_outputs(self.scaled)

    @cached_property
    def runs(self) -> IntArray:
        """How many replications of each point have a value (points, outputs)."""
        runs: IntArray = np.isfinite(self.values).sum(axis=1)
        return runs

    @cached_property
    def noise_deviation(self) -> FloatArray:
        """Root of the variance between replications of one point, averaged over points (outputs,).

        NaN with one replication.
        """
        if self.replications == 1:
            return np.full(len(self.names), np.nan)
        own = self.values - self.means[:, None]
        if self.gaps:
            own = np.nan_to_num(own)
        largest = np.abs(own).max(axis=(0, 1))
        own /= np.where(largest > 0, largest, 1.0)  # so that squares are floats
        free = (self.runs - 1).sum(axis=0)
        squares = (own**2).sum(axis=(0, 1)) / np.maximum(free, 1)
        deviation: FloatArray = np.where(free > 0, largest * np.sqrt(squares), np.nan)
        return deviation

    def by_output(self, values: FloatArray) -> dict[Any, Any]:
        """Return what an array (outputs, ...) has of each output, by name."""
        return dict(zip(self.names, values.tolist(), strict=True))

    @property
    def noise(self) -> FloatArray:
        """Square of the deviation of the noise (outputs,): infinite, or 0, where that is no float."""
        with np.errstate(over="ignore", under="ignore"):
            squares: FloatArray = self.noise_deviation**2
        return squares


def checked_outputs(
    design: Design,
    y: Any,
    *,
    names: Sequence[Any] | None,
    missing: Missing,
    method: str,
    leaves_out: LeftOut = "block",
) -> Outputs:
    """Check outputs against the design.

    Parameters
    ----------
    design : Design
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        A Series or DataFrame must have the points, in their order, as its index.
    names : sequence, optional
        Names of the outputs; by default those of the Series or DataFrame, else ``y0``, ``y1``, ….
    missing : {"raise", "drop"}
        What to do where a value is not finite: name the points, or leave out their whole blocks.
    method : str
        Name of the analysis, for messages.
    leaves_out : {"block", "point", "run"}, default "block"
        What is left out with a missing value: its whole block; its point, by an analysis of any points; or
        its run alone, by one that reads no more than means.

    Returns
    -------
    Outputs

    Raises
    ------
    AnalysisError
        If the shape, the order or a value is wrong, or values are so large that their sum is no float.
    """
    check_missing(method, missing)
    if isinstance(y, (pd.Series, pd.DataFrame)):
        check_labels(design, y.index, method)
        if names is None:
            names = [y.name if y.name is not None else "y"] if isinstance(y, pd.Series) else list(y.columns)
    array = _real_numbers(y, method)
    if array.ndim not in (1, 2, 3) or len(array) != len(design) or array.size == 0:
        raise AnalysisError(
            f"{method} needs one output a design point, in their order: y of shape ({len(design)},), "
            f"({len(design)}, outputs) or ({len(design)}, replications, outputs), got {array.shape}"
        )
    array = array.reshape(len(array), 1, -1) if array.ndim < 3 else array
    count = array.shape[2]
    names = _numbered(count) if names is None else names
    if len(names) != count:
        raise AnalysisError(
            f"{method}: {len(names)} names ({', '.join(map(str, names))}) for {count} outputs"
        )
    if len(set(names)) < count:
        raise AnalysisError(f"{method}: names of outputs must differ, got {', '.join(map(str, names))}")
    checked = _complete(design, array, list(names), missing, method, leaves_out)
    _check_sums(checked, method)
    return checked


def alike(y: Any, names: Any, method: str) -> tuple[list[Any], list[tuple[Any, list[Any]]]]:
    """Part outputs that lack different values, so that none loses points to another.

    Parameters
    ----------
    y : array_like
        As of :func:`checked_outputs`.
    names : sequence, optional
    method : str
        For messages.

    Returns
    -------
    names : list
        Of all outputs.
    parts : list of tuple
        Outputs that lack the same values, and their names; none where all do, or something is wrong with the
        shape or the names.

    Examples
    --------
    >>> names, parts = alike([[1, np.nan, 5], [2, 4, 6]], None, "pawn")
    >>> [part for _, part in parts]
    [['y0', 'y2'], ['y1']]
    """
    array = _real_numbers(y, method)
    if array.ndim not in (2, 3) or array.size == 0:
        return [], []
    frame = isinstance(y, pd.DataFrame)
    count = array.shape[-1]
    names = list(names if names is not None else y.columns if frame else _numbered(count))
    if len(names) != count or len(set(names)) < count:
        return names, []
    lacking = ~np.isfinite(array).reshape(-1, count)
    parts: dict[bytes, list[int]] = {}
    for k in range(count):
        parts.setdefault(lacking[:, k].tobytes(), []).append(k)
    if len(parts) == 1:
        return names, []
    return names, [
        (y.iloc[:, own] if frame else array[..., own], [names[k] for k in own]) for own in parts.values()
    ]


def _check_sums(checked: Outputs, method: str) -> None:
    """Refuse outputs of which there is no mean."""
    largest = np.nanmax(np.abs(checked.values), axis=(0, 1))
    beyond = largest > np.finfo(float).max / checked.values[..., 0].size
    if beyond.any():
        told = [
            f"{name!r} has values up to {most:.3g}"
            for name, most, is_beyond in zip(checked.names, largest, beyond, strict=True)
            if is_beyond
        ]
        raise AnalysisError(
            f"{method}: output {some(told)}, whose sum is beyond a float; give it in another unit"
        )


def replicated(
    y: Any, method: str, names: Sequence[Any] | None = None
) -> tuple[list[Any], FloatArray, pd.Index[Any]]:
    """Check outputs of replicated points, of which some may have more runs than others.

    Parameters
    ----------
    y : array_like (points, replications) or (points, replications, outputs)
        NaN, or masked, where there is no run.
    method : str
        Of whom, for messages.
    names : sequence, optional
        Of the outputs; by default ``y``, or ``y0``, ``y1``, ….

    Returns
    -------
    names : list
    values : ndarray (points, replications, outputs)
        A copy.
    points : Index (points,)
        How the points are called: by the index of a DataFrame, else by their numbers.

    Raises
    ------
    AnalysisError
        If the shape is another, values are no real numbers or infinite, or names do not fit.

    Examples
    --------
    >>> replicated([1, 2, 3], "split_variance")
    Traceback (most recent call last):
    mesa_doe.errors.AnalysisError: split_variance needs y of shape (points, replications) or (points, ...
    """
    array = _real_numbers(y, method)
    if array.ndim not in (2, 3) or array.size == 0:
        raise AnalysisError(
            f"{method} needs y of shape (points, replications) or (points, replications, outputs), got "
            f"{array.shape}"
        )
    values = array.reshape(*array.shape[:2], -1)
    points = y.index if isinstance(y, pd.DataFrame) else pd.RangeIndex(len(values))
    if np.isinf(values).any():
        told = some(points[np.flatnonzero(np.isinf(values).any(axis=(1, 2)))])
        raise AnalysisError(
            f"{method} needs finite values, but points {told} have infinite ones: use NaN for no run"
        )
    count = values.shape[2]
    outputs = list(names) if names is not None else _numbered(count)
    if len(outputs) != count or len(set(outputs)) < count:
        told = ", ".join(map(str, outputs))
        raise AnalysisError(
            f"{method} needs a name of its own for each of {counted(count, 'output')}, got {told}"
        )
    return outputs, values, points


def replicated_output(y: Any, method: str) -> tuple[FloatArray, pd.Index[Any]]:
    """Check one output of replicated points: values (points, replications), and how the points are called.

    Raises
    ------
    AnalysisError
        As :func:`replicated` does, and if there are several outputs.
    """
    _, values, points = replicated(y, method)
    if values.shape[2] > 1:
        raise AnalysisError(
            f"{method} takes one output, (points, replications), got {values.shape[2]}: call it for each"
        )
    return values[:, :, 0], points


def _numbered(count: int) -> list[Any]:
    return ["y"] if count == 1 else [f"y{k}" for k in range(count)]


def _real_numbers(y: Any, method: str) -> FloatArray:
    """Return a copy of outputs as floats; what is masked is missing."""
    raw = y if np.ma.isMaskedArray(y) else _array(y, method)
    if raw.dtype.kind == "O":
        # pandas' own sign of a missing value is no number to numpy.
        lost = np.array([value is pd.NA for value in np.ma.getdata(raw).flat], dtype=bool).reshape(raw.shape)
        raw = raw.copy()
        raw[lost] = np.nan
    if raw.dtype.kind == "O" and not any(isinstance(value, (str, bytes, complex)) for value in raw.flat):
        try:
            raw = raw.astype(np.float64)
        except OverflowError as error:
            raise AnalysisError(
                f"{method}: outputs have ints that are beyond a float; give them in another unit"
            ) from error
        except (TypeError, ValueError):  # told below
            pass
    if raw.dtype.kind not in "biuf":
        raise AnalysisError(
            f"{method} needs real numbers as outputs, got values of type {raw.dtype}; "
            "tabulate counts outcomes that are words"
        )
    floats: FloatArray = np.ma.filled(raw.astype(np.float64), np.nan)
    return floats


def _array(y: Any, method: str) -> np.ndarray[Any, Any]:
    """Return an array, of as many values for each point."""
    try:
        return np.asarray(y)
    except ValueError as error:  # of lists in lists, numpy tells no point
        shapes = [np.shape(np.asarray(one, dtype=object)) for one in y]
        other = next((k for k, shape in enumerate(shapes) if shape != shapes[0]), 0)
        counts = [int(np.prod(shapes[k])) for k in (0, other)]
        told = f", got {counts[0]} of the first and {counts[1]} of point {other}" if other else ""
        raise AnalysisError(
            f"{method} needs as many values of each point{told}: use NaN for a run that there is not"
        ) from error


def _complete(
    design: Design, array: FloatArray, names: list[Any], missing: Missing, method: str, leaves_out: LeftOut
) -> Outputs:
    """Leave out what lacks a value, or refuse it."""
    every = np.arange(len(array), dtype=np.int64)
    good_cells = np.isfinite(array)
    lacking = ~good_cells.all(axis=(1, 2))
    if not lacking.any():
        return Outputs(names, array, every, [], [])
    if array.shape[1] == 1 and leaves_out == "run":
        leaves_out = "point"  # of one replication
    noun = "block" if leaves_out == "block" else "point"
    blocks = design.blocks if noun == "block" else every
    where = _few([str(names[k]) for k in np.flatnonzero(~good_cells.all(axis=(0, 1))).tolist()])
    # Most often one run of several failed: a point that "has no value" would be looked for in vain.
    runs = f" in one or more of {array.shape[1]} replications" if array.shape[1] > 1 else ""
    if missing == "raise" or blocks is None:
        raise IncompleteError(
            f"{method} needs every point, but {np.count_nonzero(lacking)} of {len(design)} lack a finite "
            f"value of {where}{runs}: points {some(np.flatnonzero(lacking))}",
            "" if blocks is None else f"{_WAYS[leaves_out]} with missing='drop'",
        )
    bad = lacking
    if leaves_out == "run":
        bad, runs = ~np.all(good_cells.any(axis=1), axis=1), ""
    dropped = np.unique(blocks[bad])
    keep = ~np.isin(blocks, dropped)
    if not keep.any():
        raise IncompleteError(
            f"{method}: every {noun} lacks a finite value of {where}{runs}; nothing is left to analyse",
            remedy=f"{RUN_AGAIN}, or let the model report a number there",
        )
    said = []
    if len(dropped):
        whole, why = (" whole", "a point of theirs has") if noun == "block" else ("", "they have")
        same = bool((good_cells == good_cells[..., :1]).all())
        said.append(
            f"left out{whole}, since {why} no finite value of {where}{runs}: "
            f"{counted(len(dropped), noun)} ({some(dropped)}); left: {len(np.unique(blocks[keep]))}"
            f"{'' if same else '; all outputs analysed at once lose them'}"
        )
    averaged = lacking & ~bad
    if averaged.any():
        said.append(
            f"averaged over the replications that have a finite value of {where}: "
            f"{counted(int(averaged.sum()), 'point')} ({some(np.flatnonzero(averaged))})"
        )
    kept = np.where(good_cells, array, np.nan)[keep]
    return Outputs(names, kept, every[keep], [int(block) for block in dropped], said, bool(averaged.any()))


def too_few(method: str, what: str, checked: Outputs) -> AnalysisError:
    """Return the error of an analysis that is left with less than two blocks.

    Parameters
    ----------
    method : str
    what : str
        How its blocks are called; there is one left.
    checked : Outputs

    Returns
    -------
    AnalysisError
    """
    start = f"{method} needs at least two {what}, "
    if checked.dropped:
        left = f"but values that are missing leave 1 of {1 + len(checked.dropped)}"
        return IncompleteError(f"{start}{left}")
    return AnalysisError(f"{start}got 1; make the design with a larger n")


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
