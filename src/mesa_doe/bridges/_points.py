"""What the tables of other tools are made of: the factors of each design point, by plain names."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.columns import free_names
from mesa_doe.errors import AnalysisError, warn
from mesa_doe.results import Results

__all__ = ["Missing", "factors_of", "identifiers", "labelled", "without_missing"]

Missing: TypeAlias = Literal["raise", "drop"]

# Names that a parameter of ours cannot have.
_TAKEN = ("rng", "seed")


def factors_of(results: Results) -> pd.DataFrame:
    """Return the factors of every point of which there is a run, index ``point``, by their own names.

    Without a design, factors are the parameters that vary.
    """
    runs = results.runs
    if runs["point"].isna().any():
        message = "some runs have no point; give their RunConfigurations one"
        raise AnalysisError(message)
    runs = runs.astype({"point": np.int64})
    # Not groupby.first: it would turn levels that are containers into missing values.
    frame = runs[~runs["point"].duplicated()].set_index("point")[results.parameters].sort_index()
    if results.design is not None:
        names = results.design.space.names
        factors: pd.DataFrame = frame.iloc[:, : len(names)].set_axis(names, axis=1)
        return factors
    return frame[[name for name in frame if len({repr(value) for value in frame[name]}) > 1]]


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
            message = f"levels of {name!r} are written alike, so no table can tell them apart: {levels!r}"
            raise AnalysisError(message)
        columns[name] = pd.Categorical([str(value) for value in column], categories=texts)
    return pd.DataFrame(columns, index=frame.index)


def without_missing(results: Results, values: pd.DataFrame, missing: Missing, caller: str) -> pd.DataFrame:
    """Return the values (points, anything) of every point, or of those that have them all.

    Raises
    ------
    AnalysisError
        If points lack a finite value and ``missing="raise"``, or all do.
    """
    if missing not in ("raise", "drop"):
        message = f"missing takes 'raise' or 'drop', got {missing!r}"
        raise AnalysisError(message)
    every = range(len(results.design)) if results.design is not None else factors_of(results).index
    values = values.reindex(every)
    lacking = ~np.isfinite(values.to_numpy(np.float64)).all(axis=1)
    if not lacking.any():
        return values
    points = values.index[lacking].tolist()
    some = ", ".join(map(str, points[:10])) + (", …" if len(points) > 10 else "")
    if missing == "raise":
        message = (
            f"{caller}: {len(points)} of {len(values)} points have no finite value: points {some}. Look at "
            "results.failures, or leave them out with missing='drop'"
        )
        raise AnalysisError(message)
    if lacking.all():
        message = f"{caller}: no point has a finite value"
        raise AnalysisError(message)
    warn(f"{caller} left out {len(points)} of {len(values)} points, which have no finite value: {some}")
    whole: pd.DataFrame = values[~lacking]
    return whole


def identifiers(names: Iterable[str]) -> list[str]:
    """Turn names of other tools into names of parameters.

    Examples
    --------
    >>> identifiers(["number-of-sheep", "sorted?", "2nd", "seed"])
    ['number_of_sheep', 'sorted', '_2nd', 'seed_parameter']
    """
    plain = [re.sub(r"\W+", "_", str(name)).strip("_") or "_" for name in names]
    plain = [name if name.isidentifier() else f"_{name}" for name in plain]
    return free_names(plain, (*_TAKEN, *keyword.kwlist), "_parameter")
