"""Outputs that name their points: pandas and xarray tell where a row is of another point, or lacking."""

from __future__ import annotations

import sys
from typing import Any

import pandas as pd

from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, some

__all__ = ["check_labels", "plain_outputs"]


def check_labels(design: Design, labels: pd.Index[Any], method: str) -> None:
    """See that rows are the points of a design, in their order.

    Raises
    ------
    AnalysisError
        If a point is not there, or the order is another. Rows too many are told by their number.
    """
    own = design.points.index
    if labels.equals(own):
        return
    if len(labels) == len(own):
        pairs = enumerate(zip(labels, own, strict=True))
        at = next((k for k, (there, here) in pairs if there != here), None)
        if at is None:  # of another type of integers
            return
        raise AnalysisError(
            f"{method} reads outputs in the order of the design, but row {at} is point {labels[at]}: sort it "
            "with .sort_index(), or use results.points(output)"
        )
    lacking = own.difference(labels)
    if len(lacking):
        raise AnalysisError(
            f"{method} needs every point, but {len(lacking)} of {len(own)} have no row in y: points "
            f"{some(lacking)}; give NaN there, as y.reindex(design.points.index) does"
        )


def plain_outputs(design: Design, y: Any, method: str) -> Any:
    """Return outputs that xarray holds as an array of numpy, or by their name; all others as they are.

    Raises
    ------
    AnalysisError
        If there are several variables, or rows are not the points in their order.
    """
    xarray = sys.modules.get("xarray")  # who has such an array has imported it
    if xarray is None or not isinstance(y, (xarray.DataArray, xarray.Dataset)):
        return y
    if isinstance(y, xarray.Dataset):
        raise AnalysisError(
            f"{method} takes one array, got a Dataset of xarray; name one of its variables: "
            f"{some(map(repr, y.data_vars))}"
        )
    if "point" in y.dims and "point" in y.coords:
        check_labels(design, y.indexes["point"], method)
    y = y.transpose(*(name for name in ("point", "replication") if name in y.dims), ...)
    values = y.to_numpy()
    if values.shape == (len(design),) and y.name is not None:
        return pd.Series(values, design.points.index, name=y.name)
    return values[..., None] if "replication" in y.dims and values.ndim == 2 else values
