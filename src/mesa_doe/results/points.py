"""What the tables of other tools are made of: chosen outputs, and factors, of the points that have them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe.analysis.incomplete import IncompleteError
from mesa_doe.analysis.options import check_missing
from mesa_doe.analysis.outputs import Missing
from mesa_doe.errors import AnalysisError, some, warn
from mesa_doe.results.pending import what_to_do

if TYPE_CHECKING:
    from mesa_doe.results.results import Results

__all__ = ["Missing", "labelled", "named_outputs", "some_factors", "without_missing"]


def some_factors(results: Results) -> pd.DataFrame:
    """Return the factors of the recorded points, which are none where runs of no design are all alike.

    Raises
    ------
    AnalysisError
        If there is no factor.
    """
    factors = results.factors()
    if not len(factors.columns):
        raise AnalysisError(
            "these runs carry no design, and no parameter differs between the points that are recorded, so "
            "that no factor is known; run more of them, or analyse them in the script that made the design"
        )
    return factors


def labelled(frame: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Return a frame in which columns of levels are pandas categoricals; numbers and truths stay.

    Levels that are no text are told apart by their text.
    """
    axes = {} if results.design is None else results.design.space.axes
    columns: dict[Any, Any] = {}
    for name in frame:
        column = frame[name]
        if column.dtype.kind in "biuf":
            columns[name] = column
            continue
        axis = axes.get(str(name))
        levels = list(getattr(axis, "levels", dict.fromkeys(map(str, column))))
        texts = [str(level) for level in levels]
        if len(set(texts)) < len(texts):
            raise AnalysisError(
                f"levels of {name!r} are written alike, so no table can tell them apart: {levels!r}"
            )
        columns[name] = pd.Categorical([str(value) for value in column], categories=texts)
    return pd.DataFrame(columns, index=frame.index)


def without_missing(results: Results, values: pd.DataFrame, missing: Missing, caller: str) -> pd.DataFrame:
    """Return the values (points, anything) of every point, or of those that have them all.

    Raises
    ------
    AnalysisError
        If points lack a finite value and ``missing="raise"``, or all do.
    """
    check_missing(caller, missing)
    every = range(len(results.design)) if results.design is not None else results.factors().index
    values = values.reindex(every)
    lacking = ~np.isfinite(values.to_numpy(np.float64)).all(axis=1)
    if not lacking.any():
        return values
    points = values.index[lacking].tolist()
    told = some(points)
    if missing == "raise":
        message = f"{caller}: {len(points)} of {len(values)} points have no finite value: points {told}"
        raise IncompleteError(message, "leave them out with missing='drop'", what_to_do(results))
    if lacking.all():
        raise IncompleteError(f"{caller}: no point has a finite value", remedy=what_to_do(results))
    warn(f"{caller} left out {len(points)} of {len(values)} points, which have no finite value: {told}")
    whole: pd.DataFrame = values[~lacking]
    return whole


def named_outputs(
    results: Results, outputs: Any, default: Sequence[str] = (), *, of_model: bool = True
) -> list[str]:
    """Return the names of the outputs that are asked for, by one name or several.

    Parameters
    ----------
    results : Results
    outputs : str, iterable of str or None
        What was typed.
    default : sequence of str
        What is taken for None.
    of_model : bool, default True
        Whether only outputs of the model will do; else the names are looked up elsewhere.

    Raises
    ------
    AnalysisError
        If these are no names, are none, or name an output twice or one that the model lacks.
    """
    given = default if outputs is None else outputs
    names = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    fits = names and all(isinstance(name, str) for name in names) and len(set(names)) == len(names)
    if not fits or (of_model and not set(names) <= set(results.outputs)):
        told = ", ".join(results.outputs) or "none"
        raise AnalysisError(
            f"outputs takes the name of an output, or different names, got {outputs!r}; there are {told}"
        )
    return names
