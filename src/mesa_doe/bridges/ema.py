"""To and from the EMA Workbench: its experiments and outcomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import Array
from mesa_doe.bridges.identifiers import identifiers
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, are, counted
from mesa_doe.results import At, Results, Unequal
from mesa_doe.results.numbers import Reduce
from mesa_doe.results.points import Missing, labelled, named_outputs, without_missing
from mesa_doe.samplers import explicit
from mesa_doe.space import ParameterSpace
from mesa_doe.space.values import objects

__all__ = ["from_ema", "to_ema"]

# Columns that the workbench adds to the parameters.
_BOOKKEEPING = ("scenario", "policy", "model")


def to_ema(
    results: Results,
    outputs: str | Sequence[str] | None = None,
    *,
    at: At = "final",
    reduce: Reduce | None = None,
    unequal: Unequal = "refuse",
    missing: Missing = "raise",
) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Return experiments and outcomes as ``perform_experiments`` of the EMA Workbench does.

    Parameters
    ----------
    results : Results
    outputs : str or sequence of str, optional
        By default all outputs of the model that are numbers.
    at, reduce, unequal
        As in ``results.output``; ``at="all"`` gives time series.
    missing : {"raise", "drop"}, default "raise"
        What to do with points that lack a finite value of an output; PRIM would count them as cases that
        are of no interest.

    Returns
    -------
    experiments : DataFrame
        One row a design point: the factors (levels as categories), and ``scenario`` (the point), ``policy``
        (``"None"``) and ``model``.
    outcomes : dict of str to ndarray (points,) or (points, steps)
        Means over the replications that gave a number.

    Raises
    ------
    AnalysisError
        If there is no such output, points are missing, or a factor is called like a column of the workbench.

    Examples
    --------
    >>> from mesa_doe.runner import BatchRunner
    >>> def double(x):
    ...     return {"y": 2 * x}
    >>> runs = explicit({"x": [1, 2]}).configurations(double, rng=1, seed_policy="common")
    >>> experiments, outcomes = to_ema(BatchRunner(runs).run_all())
    >>> experiments.columns.tolist(), outcomes
    (['x', 'scenario', 'policy', 'model'], {'y': array([2., 4.])})
    """
    every = results.factors()  # which refuses runs without a point
    numbers = [name for name in results.outputs if results.model[name].dtype.kind in "bif"]
    # Outputs of agents have other names, which results.output knows.
    names = named_outputs(results, outputs, numbers, of_model=False)
    frames = {name: _means(results, name, at, reduce, unequal) for name in names}
    whole = without_missing(results, pd.concat(frames, axis=1), missing, "to_ema")
    factors = labelled(every, results).loc[whole.index]
    if taken := [name for name in _BOOKKEEPING if name in factors]:
        raise AnalysisError(
            f"the workbench has columns of its own called {', '.join(taken)}: call the factor otherwise"
        )
    model = results.configurations[0].model_cls
    experiments = factors.assign(
        scenario=pd.Categorical(whole.index),
        policy=pd.Categorical(["None"] * len(whole)),
        model=pd.Categorical([getattr(model, "__name__", "model")] * len(whole)),
    )
    is_one = {name: frame.shape[1] == 1 and at != "all" for name, frame in frames.items()}
    outcomes = {
        name: whole[name].to_numpy(np.float64)[:, 0] if is_one[name] else whole[name].to_numpy(np.float64)
        for name in names
    }
    return experiments.reset_index(drop=True), outcomes


def _means(results: Results, name: str, at: At, reduce: Reduce | None, unequal: Unequal) -> pd.DataFrame:
    """Return the mean over replications (points, steps)."""
    values = results.output(name, at, reduce=reduce, unequal=unequal)
    frame = values.to_frame() if isinstance(values, pd.Series) else values
    points = results.runs["point"].reindex(frame.index).astype(np.int64)
    return frame.astype(np.float64).groupby(points.to_numpy()).mean().rename_axis("point")


def from_ema(
    experiments: pd.DataFrame, outcomes: Mapping[str, Any], space: ParameterSpace | None = None
) -> tuple[Design, dict[str, Array]]:
    """Make a design of experiments of the EMA Workbench, and outputs for the analyses here.

    Parameters
    ----------
    experiments : DataFrame
        As ``perform_experiments`` or ``load_results`` returned it.
    outcomes : mapping of str to array_like (experiments, ...)
    space : ParameterSpace, optional
        The ranges that were sampled; without it they are those of the values. Levels that are written as
        text, as ``to_ema`` does, are those of the space.

    Returns
    -------
    design : Design
        Of the uncertainties and levers, for analyses of given data. ``scenario`` is left out; so are
        ``policy`` and ``model``, unless experiments are the same without them. Names become identifiers
        (``"growth rate"`` is ``growth_rate``).
    y : dict of str to ndarray
        The outcomes; NaN where an experiment failed. For ``doe.analyze``, whose outputs are (points,),
        (points, outputs), time steps say, or (points, replications, outputs).

    Raises
    ------
    AnalysisError
        If an outcome has not one value an experiment, or experiments or outcomes are of another kind.
    DesignError
        If an experiment does not lie in the space.

    Examples
    --------
    >>> experiments = pd.DataFrame({"growth rate": [0.1, 0.2], "scenario": [0, 1], "policy": "None"})
    >>> design, y = from_ema(experiments, {"income": np.array([3.0, 4.0])})
    >>> design.points["growth_rate"].tolist(), y["income"].tolist()
    ([0.1, 0.2], [3.0, 4.0])
    """
    _check_kinds(experiments, outcomes)
    # Parts that were put together number their rows alike; a join by them would multiply rows.
    experiments = experiments.reset_index(drop=True)
    own = experiments.drop(columns=list(_BOOKKEEPING), errors="ignore")
    if own.map(repr).duplicated().any():
        needed = [name for name in ("policy", "model") if name in experiments]
        own = own.join(experiments[[name for name in needed if experiments[name].nunique() > 1]])
    axes = {} if space is None else space.axes
    points = {
        name: _levels(column, axes.get(name))
        if isinstance(column.dtype, pd.CategoricalDtype)
        else column.to_numpy()
        for name, column in zip(identifiers(map(str, own)), (own[name] for name in own), strict=True)
    }
    y = {name: _filled(name, values, len(experiments)) for name, values in outcomes.items()}
    return explicit(points, space), y


def _check_kinds(experiments: Any, outcomes: Any) -> None:
    if not isinstance(experiments, pd.DataFrame):
        raise AnalysisError(f"from_ema: experiments takes a DataFrame, got {type(experiments).__name__}")
    if not isinstance(outcomes, Mapping):
        raise AnalysisError(
            f"from_ema: outcomes takes a mapping of names to arrays, got {type(outcomes).__name__}"
        )


def _levels(column: pd.Series[Any], axis: Any) -> Array:
    """Return the levels that categories are, or are written as, which `to_ema` does."""
    levels = getattr(axis, "levels", ())
    written = {str(level): level for level in levels} | {
        level: level for level in levels if isinstance(level, str)
    }
    return objects(written.get(value, value) if isinstance(value, str) else value for value in column)


def _filled(name: str, values: Any, count: int) -> Array:
    array = np.array(values)
    if array.ndim == 0 or len(array) != count:
        there = f"there {are(count)} {counted(count, 'experiment')}"
        raise AnalysisError(f"outcome {name!r} has shape {array.shape}, but {there}")
    failed = np.ma.getmaskarray(values) if np.ma.is_masked(values) else None
    return array if failed is None else np.where(failed, np.nan, array.astype(np.float64))
