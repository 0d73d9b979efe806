"""The gate that every analysis passes its outputs through: shape, order, and nothing missing unsaid."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError

__all__ = ["Missing", "Outputs", "checked_outputs"]

FloatArray: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]
Missing: TypeAlias = Literal["raise", "drop"]


@dataclass(frozen=True)
class Outputs:
    """Outputs of a design, complete.

    Parameters
    ----------
    names : list
        One an output.
    means : ndarray (points, outputs)
        Means over replications.
    noise : ndarray (outputs,)
        Variance between replications of one point, averaged over points; NaN with one replication.
    replications : int
    dropped_blocks : list of int
        Blocks left out since a point of theirs is missing.
    """

    names: list[Any]
    means: FloatArray
    noise: FloatArray
    replications: int
    dropped_blocks: list[int]


def checked_outputs(
    design: Design, y: Any, *, names: Sequence[Any] | None, missing: Missing, method: str
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

    Returns
    -------
    Outputs

    Raises
    ------
    AnalysisError
        If the shape, the order or a value is wrong.
    """
    if missing not in ("raise", "drop"):
        message = f"missing takes 'raise' or 'drop', got {missing!r}"
        raise AnalysisError(message)
    if isinstance(y, (pd.Series, pd.DataFrame)):
        _check_index(design, y, method)
        if names is None:
            names = [y.name if y.name is not None else "y"] if isinstance(y, pd.Series) else list(y.columns)
    array = _numbers(y, method)
    if array.ndim not in (1, 2, 3) or len(array) != len(design) or array.size == 0:
        message = (
            f"{method} needs one output a design point, in their order: y of shape ({len(design)},), "
            f"({len(design)}, outputs) or ({len(design)}, replications, outputs), got {array.shape}"
        )
        raise AnalysisError(message)
    array = array.reshape(len(array), 1, -1) if array.ndim < 3 else array
    count = array.shape[2]
    if names is None:
        names = ["y"] if count == 1 else [f"y{k}" for k in range(count)]
    if len(names) != count:
        message = f"{method}: {len(names)} names ({', '.join(map(str, names))}) for {count} outputs"
        raise AnalysisError(message)
    if len(set(names)) < count:
        message = f"{method}: names of outputs must differ, got {', '.join(map(str, names))}"
        raise AnalysisError(message)
    array, dropped = _complete(design, array, names, missing, method)
    replications = array.shape[1]
    noise = array.var(axis=1, ddof=1).mean(axis=0) if replications > 1 else np.full(count, np.nan)
    return Outputs(list(names), array.mean(axis=1), noise, replications, dropped)


def _numbers(y: Any, method: str) -> FloatArray:
    raw = y if np.ma.isMaskedArray(y) else np.asarray(y)
    if raw.dtype.kind == "O" and not any(isinstance(value, (str, bytes, complex)) for value in raw.flat):
        with contextlib.suppress(TypeError, ValueError):  # told below
            raw = raw.astype(np.float64)
    if raw.dtype.kind not in "biuf":
        message = f"{method} needs real numbers as outputs, got values of type {raw.dtype}"
        raise AnalysisError(message)
    floats = raw.astype(np.float64)
    # What is masked is missing.
    array: FloatArray = floats.filled(np.nan) if np.ma.isMaskedArray(floats) else floats
    return array


def _check_index(design: Design, y: Any, method: str) -> None:
    own = design.points.index
    if len(y) == len(own) and not y.index.equals(own):
        at = int(np.argmax(y.index.to_numpy() != own.to_numpy()))
        message = (
            f"{method} reads outputs in the order of the design, but row {at} is point {y.index[at]!r}: "
            "sort it with .sort_index(), or use results.points(output)"
        )
        raise AnalysisError(message)


def _complete(
    design: Design, array: FloatArray, names: Sequence[Any], missing: Missing, method: str
) -> tuple[FloatArray, list[int]]:
    bad_cells = ~np.isfinite(array)
    bad = bad_cells.any(axis=(1, 2))
    if not bad.any():
        return array, []
    points = np.flatnonzero(bad)
    blocks = design.blocks
    if missing == "raise" or blocks is None:
        where = [str(names[k]) for k in np.flatnonzero(bad_cells.any(axis=(0, 1))).tolist()]
        shown = ", ".join(map(str, points[:10])) + (", …" if len(points) > 10 else "")
        remedy = "; or leave out their whole blocks with missing='drop'" if blocks is not None else ""
        message = (
            f"{method} needs every point, but {len(points)} of {len(design)} have no finite value of "
            f"{', '.join(where)}: points {shown}. Look at results.failures and run them again{remedy}"
        )
        raise AnalysisError(message)
    dropped = np.unique(blocks[bad])
    keep = ~np.isin(blocks, dropped)
    if not keep.any():
        message = f"{method}: every block has a point without a finite value; nothing is left to analyse"
        raise AnalysisError(message)
    return array[keep], [int(block) for block in dropped]
