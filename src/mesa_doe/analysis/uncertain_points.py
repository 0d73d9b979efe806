"""What `uncertainty` is given of the points: values, weights, groups and units, checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.analysis.incomplete import IncompleteError
from mesa_doe.analysis.options import check_missing
from mesa_doe.analysis.outputs import replicated_output
from mesa_doe.analysis.tabulation import MOST_LEVELS, binned
from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.errors import AnalysisError, counted, some

__all__ = [
    "checked_labels",
    "checked_numbers",
    "checked_shares",
    "checked_values",
    "checked_weights",
]


def checked_values(y: Any, missing: str) -> tuple[FloatArray, list[str]]:
    """Return one output (points, replications), NaN where there is no run, and what was left out."""
    check_missing("uncertainty", missing)
    if isinstance(y, pd.Series):
        y = y.to_frame()
    elif not isinstance(y, pd.DataFrame):
        y = y if np.ma.isMaskedArray(y) else np.asarray(y)
        y = y[:, None] if y.ndim == 1 else y
    values, points = replicated_output(y, "uncertainty")
    lost = ~np.isfinite(values)
    if not lost.any():
        return values, []
    told = some(points[np.flatnonzero(lost.any(axis=1))])
    if missing == "raise" or lost.all():
        raise IncompleteError(
            f"uncertainty: {counted(int(lost.sum()), 'run')} of {lost.size} have no finite value, of points "
            f"{told}",
            "leave them out with missing='drop'",
        )
    none = int(lost.all(axis=1).sum())
    said = (
        f"left out, since they have no finite value: {counted(int(lost.sum()), 'run')} of points {told}"
        f"{f'; {none} of them are lost whole' if none else ''}. If runs fail where outputs are extreme, the "
        "distribution lacks that part"
    )
    return values, [said]


def checked_numbers(given: Any, name: str) -> FloatArray:
    """Return an option that is a sequence of finite numbers."""
    array = np.asarray(list(given) if isinstance(given, (Sequence, np.ndarray)) else None)
    if array.size == 0 and array.ndim == 1:
        return np.empty(0)
    if array.ndim != 1 or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise AnalysisError(f"uncertainty: {name} takes a sequence of finite numbers, got {given!r}")
    return array.astype(np.float64)


def checked_shares(quantiles: Any) -> FloatArray:
    """Return an option that is a sequence of numbers between 0 and 1."""
    shares = checked_numbers(quantiles, "quantiles")
    if ((shares <= 0) | (shares >= 1)).any():
        raise AnalysisError(f"uncertainty: quantiles takes numbers between 0 and 1, got {quantiles!r}")
    return shares


def checked_weights(weights: Any, count: int) -> FloatArray:
    """Return a weight a point, the largest 1."""
    if weights is None:
        return np.ones(count)
    array = np.asarray(weights)
    good = array.shape == (count,) and array.dtype.kind in "iuf" and np.isfinite(array).all()
    if not good or (array < 0).any() or not array.any():
        raise AnalysisError(
            f"uncertainty: weights takes {count} finite numbers from 0, one a point and not all 0, got shape "
            f"{array.shape} of type {array.dtype}"
        )
    scaled: FloatArray = array / array.max()
    return scaled


def checked_labels(by: Any, count: int) -> tuple[IntArray, list[Any]]:
    """Return which group each point belongs to, and what the groups are called: many numbers are binned."""
    if by is None:
        return np.zeros(count, dtype=np.int64), ["all"]
    labels = pd.Series(list(by), dtype=object)
    if len(labels) != count or labels.isna().any():
        raise AnalysisError(
            f"uncertainty: by takes {count} labels, one a point, none of them missing; got {len(labels)}, "
            f"{int(labels.isna().sum())} missing"
        )
    numbers = labels.infer_objects()
    if numbers.dtype.kind in "iuf" and numbers.nunique() > MOST_LEVELS:
        return binned(numbers)
    try:
        codes, groups = pd.factorize(labels)
    except TypeError as error:
        raise AnalysisError(
            "uncertainty: by takes labels that can be hashed, such as the names of levels"
        ) from error
    return codes.astype(np.int64), list(groups)
