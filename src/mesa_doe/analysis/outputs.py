"""The gate that every analysis passes its outputs through: shape, order, and nothing missing unsaid."""

from __future__ import annotations

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
    kept_points : ndarray (points,) of int
        Which points of the design are left.
    dropped_blocks : list of int
        Blocks left out since a point of theirs is missing.
    """

    names: list[Any]
    means: FloatArray
    noise: FloatArray
    replications: int
    kept_points: np.ndarray[Any, np.dtype[np.int64]]
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
    try:
        array = np.asarray(y, dtype=np.float64)
    except (TypeError, ValueError) as error:
        message = f"{method} needs numbers as outputs: {error}"
        raise AnalysisError(message) from error
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
    array, kept, dropped = _complete(design, array, names, missing, method)
    replications = array.shape[1]
    noise = array.var(axis=1, ddof=1).mean(axis=0) if replications > 1 else np.full(count, np.nan)
    return Outputs(list(names), array.mean(axis=1), noise, replications, kept, dropped)


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
) -> tuple[FloatArray, np.ndarray[Any, np.dtype[np.int64]], list[int]]:
    bad_cells = ~np.isfinite(array)
    bad = bad_cells.any(axis=(1, 2))
    everything = np.arange(len(design))
    if not bad.any():
        return array, everything, []
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
    return array[keep], everything[keep], [int(block) for block in dropped]
