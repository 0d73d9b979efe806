"""Results as the tables of others: an xarray Dataset, and X and y for scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from mesa_doe._optional import require
from mesa_doe.arrays import Array
from mesa_doe.columns import free_names
from mesa_doe.errors import AnalysisError
from mesa_doe.results.numbers import At, Reduce
from mesa_doe.results.points import Missing, labelled, named_outputs, some_factors, without_missing

if TYPE_CHECKING:
    from mesa_doe.results.results import Results

__all__ = ["to_xarray", "to_xy"]

_DIMENSIONS = ("point", "replication", "step")


def to_xarray(results: Results, outputs: str | Sequence[str] | None = None) -> Any:
    """Return the model's time series as an xarray Dataset, as :meth:`Results.to_xarray` does.

    Parameters
    ----------
    results : Results
    outputs : as of :meth:`Results.to_xarray`

    Returns
    -------
    xarray.Dataset
    """
    xarray = require("xarray", extra="xarray")
    names = results.outputs if outputs is None else named_outputs(results, outputs)
    results.factors()  # which refuses runs without a point
    runs = results.runs
    axes = [np.unique(runs[name].to_numpy(int)) for name in ("point", "iteration")]
    axes.append(np.unique(results.model["step"].to_numpy()))
    row, column = (
        pd.Series(np.searchsorted(axis, runs[name].to_numpy(int)), index=runs.index)
        for axis, name in zip(axes, ("point", "iteration"), strict=False)
    )
    shape = (len(axes[0]), len(axes[1]))

    def of_runs(values: pd.Series[Any], empty: str) -> Any:
        table = np.full(shape, empty, dtype=object)
        table[row, column] = values.fillna(empty)
        return (_DIMENSIONS[:2], table)

    first = runs[~runs["point"].duplicated()].sort_values("point")
    taken = [*_DIMENSIONS, "seed", "status"]
    free = free_names(results.parameters, taken, "_parameter")
    coordinates: dict[str, Any] = dict(zip(_DIMENSIONS, axes, strict=True))
    coordinates |= {
        name: ("point", first[own].to_numpy()) for name, own in zip(free, results.parameters, strict=True)
    }
    coordinates |= {"seed": of_runs(runs["seed"], ""), "status": of_runs(runs["status"], "pending")}
    model = results.model
    where = (row[model["run_id"]].array, column[model["run_id"]].array,
             np.searchsorted(axes[2], model["step"].to_numpy()))  # fmt: skip
    own_names = free_names(names, coordinates, "_output")
    variables = {
        new: (_DIMENSIONS, _spread(model[name].to_numpy(), where, (*shape, len(axes[2]))))
        for new, name in zip(own_names, names, strict=True)
    }
    return xarray.Dataset(variables, coordinates)


def _spread(values: Array, where: Any, shape: tuple[int, ...]) -> Array:
    """Put values at their places; whole numbers and truths stay so where there is no gap."""
    if values.dtype.kind == "O":
        table = np.full(shape, None, dtype=object)
    elif len(values) == np.prod(shape):
        table = np.empty(shape, dtype=values.dtype)
    else:
        table = np.full(shape, np.nan)
    table[where] = values
    return table


def to_xy(
    results: Results,
    output: str,
    at: At = "final",
    *,
    reduce: Reduce | None = None,
    categories: Literal["category", "one-hot"] = "category",
    missing: Missing = "raise",
) -> tuple[pd.DataFrame, pd.Series[float]]:
    """Return the factors X and one output y of every design point, as :meth:`Results.to_xy` does.

    Parameters
    ----------
    results : Results
    output, at, reduce, categories, missing : as of :meth:`Results.to_xy`

    Returns
    -------
    X : DataFrame (points, factors), index ``point``
    y : Series (points,), index ``point``
    """
    if categories not in ("category", "one-hot"):
        raise AnalysisError(f"categories takes 'category' or 'one-hot', got {categories!r}")
    y = without_missing(results, results.points(output, at, reduce=reduce)[["mean"]], missing, "to_xy")
    frame = labelled(some_factors(results), results).loc[y.index]
    if categories == "one-hot":
        levels = [name for name in frame if isinstance(frame[name].dtype, pd.CategoricalDtype)]
        frame = pd.get_dummies(frame, columns=levels, prefix_sep="=", dtype=np.int64)
    return frame, y["mean"].rename(output)
