"""From the tables of runs to numbers: one a run, or one a run and step; of agents, once they are reduced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from mesa_doe.errors import AnalysisError

__all__ = [
    "AT_WORDS",
    "At",
    "Reduce",
    "Unequal",
    "check_at",
    "every_step",
    "of_agents",
    "one_a_run",
    "refuse_column",
]

#: Which number of a run: the last, the mean, first, least or greatest over steps, all, that of a step, or a
#: function of the series.
At: TypeAlias = (
    Literal["final", "mean", "first", "min", "max", "all"] | float | Callable[["pd.Series[Any]"], float]
)
#: The words among them.
AT_WORDS: tuple[str, ...] = get_args(get_args(At)[0])

#: What to do where runs end at different steps.
Unequal: TypeAlias = Literal["refuse", "common", "last"] | float

#: How the values of all agents of a run and step become one.
Reduce: TypeAlias = (
    Literal["mean", "median", "std", "var", "min", "max", "sum", "count"]
    | Callable[["pd.Series[Any]"], float]
)

_REDUCERS: tuple[str, ...] = get_args(get_args(Reduce)[0])
_UNEQUAL: tuple[str, ...] = get_args(get_args(Unequal)[0])
# Of no agents.
_NOTHING = {"sum": 0.0, "count": 0.0}


def check_at(at: Any) -> None:
    """Refuse what names no number of a run.

    Raises
    ------
    AnalysisError
    """
    if callable(at) or _is_number(at) or (isinstance(at, str) and at in AT_WORDS):
        return
    words = ", ".join(map(repr, AT_WORDS))
    raise AnalysisError(f"at takes {words}, a step or a function of the series, got {at!r}")


def one_a_run(series: pd.DataFrame, name: str, at: Any, *, period: int | None) -> pd.Series[Any]:
    """Return one number a run.

    Parameters
    ----------
    series : DataFrame
        Columns ``run_id``, ``step`` and the output's name, in run order.
    name : str
    at : {"final", "mean", "first", "min", "max"}, step or callable
    period : int or None
        With which the output was kept; for messages.

    Returns
    -------
    Series, index ``run_id``

    Raises
    ------
    AnalysisError
        If ``at`` does not return one number, or a run has no value at the step.

    Examples
    --------
    >>> series = pd.DataFrame({"run_id": [0, 0, 1], "step": [0, 1, 0], "y": [1.0, 2.0, 5.0]})
    >>> one_a_run(series, "y", "final", period=1).tolist()
    [2.0, 5.0]
    """
    by_run = series.groupby("run_id", sort=True)[name]
    if callable(at):
        indexed = series.set_index("step").groupby("run_id", sort=True)[name]
        values = {run: _one_number("at(series)", at(one)) for run, one in indexed}
        return pd.Series(values, name=name, dtype=np.float64).rename_axis("run_id")
    if _is_number(at):
        return _at_step(series, name, float(at), period)
    of_steps: pd.Series[Any] = by_run.agg("last" if at == "final" else at, skipna=False)
    return of_steps


def _at_step(series: pd.DataFrame, name: str, step: float, period: int | None) -> pd.Series[Any]:
    here = series.loc[series["step"] == step, ["run_id", name]].set_index("run_id")[name]
    lacking = sorted(set(series["run_id"]) - set(here.index))
    if lacking:
        ends = series.groupby("run_id")["step"].max()
        raise AnalysisError(
            f"{len(lacking)} of {len(ends)} runs have no value of {name!r} at step {step:g} (first: run "
            f"{lacking[0]}; the shortest run ends at step {ends.min():g}, and the runs keep it with period "
            f"{period}); use at='final', 'mean' or a function"
        )
    return here


def every_step(series: pd.DataFrame, name: str, unequal: Any, *, period: int | None) -> pd.DataFrame:
    """Return one number a run and step.

    Parameters
    ----------
    series, name, period
        As of :func:`one_a_run`. Steps off the period, at which some runs ended, are left out.
    unequal : {"refuse", "common", "last"} or float
        Where runs end at different steps: refuse; keep the steps that all runs have; hold the last value of
        a run that has ended; or take this number for it.

    Returns
    -------
    DataFrame, index ``run_id``, columns ``step``

    Raises
    ------
    AnalysisError
        If runs end at different steps and nothing is said of it.

    Examples
    --------
    >>> series = pd.DataFrame({"run_id": [0, 0, 1], "step": [0, 1, 0], "y": [1.0, 2.0, 5.0]})
    >>> every_step(series, "y", "last", period=1).to_numpy().tolist()
    [[1.0, 2.0], [5.0, 5.0]]
    """
    if not (unequal in _UNEQUAL if isinstance(unequal, str) else _is_number(unequal)):
        raise AnalysisError(f"unequal takes 'refuse', 'common', 'last' or a number, got {unequal!r}")
    matrix: pd.DataFrame = series.pivot(index="run_id", columns="step", values=name)
    there = series.assign(there=True).pivot(index="run_id", columns="step", values="there").notna()
    on_period = np.array(
        [period is None or period < 1 or step % period == 0 for step in matrix.columns.to_numpy(float)]
    )
    keep = on_period | there.all(axis=0).to_numpy()
    matrix, there = matrix.loc[:, keep], there.loc[:, keep]
    ends = there.to_numpy()[:, ::-1].argmax(axis=1)
    if not ends.any():
        return matrix
    steps, last = matrix.columns, there.shape[1] - 1 - ends
    if unequal == "refuse":
        raise AnalysisError(
            f"runs end at different steps ({steps[last.min()]:g} to {steps[last.max()]:g}), so {name!r} has "
            "no value at some: say what it is there with unequal='last' (the last value holds), "
            "'common' (only the steps that all runs have) or a number"
        )
    if unequal == "common":
        return matrix.iloc[:, : last.min() + 1]
    values = matrix.to_numpy(np.float64, copy=True)
    ended = np.arange(values.shape[1]) > last[:, None]
    fill = values[np.arange(len(values)), last] if unequal == "last" else np.full(len(values), float(unequal))
    return pd.DataFrame(np.where(ended, fill[:, None], values), matrix.index, steps)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _one_number(what: str, value: Any) -> float:
    """Return what a function of the user's gave as a float; nothing (None) is NaN."""
    if isinstance(value, (np.generic, np.ndarray)) and value.ndim == 0:
        value = value.item()
    if value is None or value is pd.NA:
        return np.nan
    if not isinstance(value, Real):
        got = repr(value) if isinstance(value, (str, complex)) else type(value).__name__
        raise AnalysisError(f"{what} must return one number, got {got}")
    return float(value)


def of_agents(
    agents: Mapping[str, pd.DataFrame], name: str, reduce: Any, kept: pd.DataFrame
) -> pd.DataFrame | None:
    """Return the series of an output of agents, reduced to one number a run and step.

    Parameters
    ----------
    agents : mapping of str to DataFrame
        As ``results.agents``.
    name : str
        A column of one of them, or ``"Type.column"``.
    reduce : str, callable or None
    kept : DataFrame
        ``run_id`` and ``step`` at which agents were looked at: there may have been none.

    Returns
    -------
    DataFrame or None
        Columns ``run_id``, ``step`` and the name; None where agents have no such output.

    Raises
    ------
    AnalysisError
        If agents of several types have it, it holds no numbers, nothing is said of how to reduce it, or
        ``reduce`` does not return one number.
    """
    having = {
        kind: column
        for kind, frame in agents.items()
        for column in frame.columns.drop(["run_id", "step", "agent_id"], errors="ignore")
        if name in (column, f"{kind}.{column}")
    }
    if not having:
        return None
    if len(having) > 1:
        named = ", ".join(f"{kind}.{column}" for kind, column in having.items())
        raise AnalysisError(f"agents of several types have {name!r}; name one: {named}")
    (kind, column), *_ = having.items()
    if reduce is None or (isinstance(reduce, str) and reduce not in _REDUCERS):
        raise AnalysisError(
            f"{name!r} is an output of agents, many a run: say how they become one number with reduce=, "
            f"which takes {', '.join(map(repr, _REDUCERS))} or a function, got {reduce!r}"
        )
    frame = agents[kind]
    if frame[column].dtype.kind not in "bif":
        raise AnalysisError(
            f"output {name!r} of agents holds text, not numbers; reduce it in the model, or with outputs="
        )
    groups = frame.astype({column: np.float64}).groupby(["run_id", "step"], sort=True)[column]
    by = (lambda values: _one_number("reduce(values)", reduce(values))) if callable(reduce) else reduce
    reduced = groups.agg(by)
    every = reduced.index.union(pd.MultiIndex.from_frame(kept[["run_id", "step"]]))
    nothing = _NOTHING.get(reduce, np.nan) if isinstance(reduce, str) else np.nan
    whole: pd.DataFrame = reduced.reindex(every, fill_value=nothing).rename(name).astype(float).reset_index()
    return whole


def refuse_column(tables: Mapping[str, pd.DataFrame], name: str) -> None:
    """Refuse what is no output but a table of a collector or recorder, or a column of one.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        As ``results.tables``.
    name : str
        A table, a column, or ``"table.column"``.

    Raises
    ------
    AnalysisError

    Examples
    --------
    >>> refuse_column({"deaths": pd.DataFrame({"run_id": [0], "age": [80]})}, "age")
    Traceback (most recent call last):
    mesa_doe.errors.AnalysisError: 'age' is in results.tables['deaths'], which has any number of rows a ...
    """
    for table, frame in tables.items():
        columns = frame.columns.drop("run_id")
        if name in (table, *columns, *(f"{table}.{column}" for column in columns)):
            raise AnalysisError(
                f"{name!r} is in results.tables[{table!r}], which has any number of rows a run: make a "
                "number of it with outputs={name: function of the model} of design.configurations"
            )
