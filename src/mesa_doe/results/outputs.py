"""An output of the runs, by its name: its series, one number a run, or a table of points and replications."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe.analysis.incomplete import IncompleteError
from mesa_doe.analysis.options import check_known, check_one
from mesa_doe.errors import AnalysisError
from mesa_doe.model_run import Wanted
from mesa_doe.results.length import LENGTH, is_length, lengths, one_length, took_steps
from mesa_doe.results.numbers import (
    At,
    Reduce,
    Unequal,
    check_at,
    every_step,
    of_agents,
    one_a_run,
    refuse_column,
)
from mesa_doe.results.pending import what_to_do

if TYPE_CHECKING:
    from mesa_doe.results.results import Results

__all__ = ["by_replications", "one_number", "output", "runs_of_points", "series_of"]


def output(
    results: Results, name: str, at: At, *, reduce: Reduce | None, unequal: Unequal = "refuse"
) -> pd.Series[Any] | pd.DataFrame:
    """Return one number a run, or one a run and step, as :meth:`Results.output` does."""
    check_at(at)
    if at != "all" and unequal != "refuse":
        raise AnalysisError(f"unequal={unequal!r} says how whole series are joined, at='all'; got at={at!r}")
    if is_length(results, name):
        return lengths(results.runs, at, reduce)
    series, period = series_of(results, name, reduce), _period_of(results, name)
    if at != "final" and period == -1 and took_steps(results):
        raise AnalysisError(
            f"only the last step of each run was kept, so at={at!r} has nothing to look at: make the "
            "configurations with data_collection_period=1 (or the period that you need)"
        )
    if at == "all":
        return every_step(series, name, unequal, period=period)
    return one_a_run(series, name, at, period=period)


def one_number(results: Results, name: str, at: At, reduce: Reduce | None, caller: str) -> pd.Series[Any]:
    """Return one number a run.

    Raises
    ------
    AnalysisError
        As of :meth:`Results.output`, or for ``at="all"``.
    """
    check_at(at)
    if at == "all":
        raise AnalysisError(
            f"results.{caller} takes one number a run: at='all' is for output and sensitivity"
        )
    values: Any = output(results, name, at, reduce=reduce)
    one_each: pd.Series[Any] = values
    return one_each


def runs_of_points(results: Results) -> pd.DataFrame:
    """Return the runs.

    Raises
    ------
    AnalysisError
        If some are of no design point.
    """
    if results.runs["point"].isna().any():
        raise AnalysisError(
            "some runs have no point; give their RunConfigurations one, or use results.output"
        )
    return results.runs


def by_replications(results: Results, values: pd.Series[Any]) -> pd.DataFrame:
    """Return one number a run as a row a point and a column a replication, NaN where there is no run."""
    runs = runs_of_points(results)[["point", "iteration"]].astype({"point": np.int64})
    wide = runs.assign(y=values).pivot(index="point", columns="iteration", values="y")
    return wide.astype(np.float64)


def series_of(results: Results, name: str, reduce: Reduce | None) -> pd.DataFrame:
    """Return an output's series at the steps at which it was kept.

    Returns
    -------
    DataFrame
        Columns ``run_id``, ``step`` and the output's name.

    Raises
    ------
    AnalysisError
        If there is no such output, or it is not numeric.
    """
    check_one("output", name)
    model = results.model
    if name not in results.outputs:
        if is_length(results, name):
            raise one_length("it has no course over time")
        found = of_agents(results.agents, name, reduce, model[["run_id", "step"]])
        if found is not None:
            return _on_its_steps(results, found, name)
        _refuse_unknown(results, name)
    if reduce is not None:
        raise AnalysisError(
            f"{name!r} is an output of the model, one a run and step: leave out reduce={reduce!r}, and ask "
            "for outputs of agents apart"
        )
    if model[name].dtype.kind not in "bif":
        raise AnalysisError(
            f"output {name!r} holds text, not numbers: results.tabulate({name!r}) counts it; or reduce "
            "it to a number in the model, or with outputs= of design.configurations"
        )
    return _on_its_steps(results, model[["run_id", "step", name]].astype({name: np.float64}), name)


def _refuse_unknown(results: Results, name: str) -> None:
    if not len(results.model) and not (results.runs["status"] == "ok").any():
        message = f"there is no output {name!r}, as no run was finished"
        raise IncompleteError(message, remedy=what_to_do(results))
    refuse_column(results.tables, name)
    of_all = [f"{kind}.{column}" for kind, frame in results.agents.items() for column in frame.columns[3:]]
    length = [LENGTH] if is_length(results, LENGTH) else []
    check_known("output", name, [*results.outputs, *length, *sorted(of_all)])


def _period_of(results: Results, name: str) -> int | None:
    """Return the period with which an output was kept; None where runs differ."""
    outputs = getattr(results.configurations, "outputs", None)
    if not isinstance(outputs, Mapping) or results.data_collection_period is None:
        return results.data_collection_period
    kind = "model" if name in results.outputs else "agents"
    own = Wanted(outputs, results.data_collection_period).period_of(name.rpartition(".")[2], kind)
    return results.data_collection_period if own is None else own


def _on_its_steps(results: Results, series: pd.DataFrame, name: str) -> pd.DataFrame:
    period = _period_of(results, name)
    if period == results.data_collection_period or period is None:
        return series
    # Outputs of the model share its table: at other steps there is a gap, which is no missing value.
    kept = series["run_id"] != series["run_id"].shift(-1)
    if period > 0:
        kept |= series["step"] % period == 0
    return series[kept]
