"""Runs that are ok and gave no number where an analysis needs one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.errors import AnalysisError, some
from mesa_doe.results.outputs import series_of

if TYPE_CHECKING:
    from mesa_doe.results.results import Results

__all__ = ["refuse_gaps", "without_empty_steps"]

Numbers: TypeAlias = "pd.Series[Any] | pd.DataFrame"

# Of which one step without a number leaves none for the run.
_OVER_STEPS = ("mean", "min", "max")
# As many as runs.
_ENDS = {"final": "at their last step", "first": "at their first step"}


def without_empty_steps(numbers: Mapping[str, Numbers]) -> tuple[dict[str, Numbers], list[str]]:
    """Leave out the steps at which no run gave a finite number.

    Parameters
    ----------
    numbers : mapping of str to Series or DataFrame
        By output, one number a run, or one a run and step.

    Returns
    -------
    numbers : dict
        An output without any number is kept as it is.
    said : list of str
        What was left out, as warnings.

    Examples
    --------
    >>> without_empty_steps({"y": pd.DataFrame({0: [np.nan, np.nan], 1: [2.0, np.nan]})})[1]
    ["left out, since no run has a finite value of 'y' there: step 0"]
    """
    kept, said = dict(numbers), []
    for name, values in numbers.items():
        there = np.isfinite(values.to_numpy(np.float64)).any(axis=0)
        if isinstance(values, pd.DataFrame) and there.any() and not there.all():
            kept[name] = values.loc[:, there]
            steps = _steps(values.columns[~there])
            said.append(f"left out, since no run has a finite value of {name!r} there: {steps}")
    return kept, said


def refuse_gaps(
    results: Results, name: str, values: Numbers, *, at: Any, missing: Any, reduce: Any = None
) -> None:
    """Refuse an output of which runs that are ok gave no finite number.

    With ``missing="drop"``, only if that leaves nothing. Runs that failed are for the analysis to refuse.

    Parameters
    ----------
    results : Results
    name : str
        Of the output.
    values : Series or DataFrame, index ``run_id``
        What :meth:`Results.output` gave.
    at, reduce : as of :meth:`Results.output`
    missing : as of :meth:`Results.sensitivity`

    Raises
    ------
    AnalysisError
        With how many runs gave what, where, and what to do.
    """
    array = values.to_numpy(np.float64).reshape(len(values), -1)
    finite = np.isfinite(array)
    lacking = ~finite.all(axis=1)
    if not lacking.any() or (missing == "drop" and finite.any()):
        return
    gaps = array[~finite]
    kinds = {"nothing (None or NaN)": np.isnan(gaps).any(), "an infinite number": np.isinf(gaps).any()}
    where, way = _where(results, name, values, at, reduce)
    ways = [way] if way else []
    if finite.any():
        ways.append("missing='drop' goes on without")
    failed, pending = len(results.failures), results.pending
    first = values.index[lacking][0]
    raise AnalysisError(
        f"{np.count_nonzero(lacking)} of {len(values)} runs that are ok gave "
        f"{' or '.join(kind for kind, is_there in kinds.items() if is_there)} for {name!r} {where} "
        f"(first: run {first} of point {results.runs['point'][first]}); "
        f"{f'{failed} more failed: see results.failures' if failed else 'no run failed'}"
        f"{f'; {pending} are pending' if pending else ''}. "
        f"{'So nothing is left to analyse: let' if missing == 'drop' else 'Let'} the model report a number "
        f"there{''.join(f'; or {one}' for one in ways)}"
    )


def _where(results: Results, name: str, values: Numbers, at: Any, reduce: Any) -> tuple[str, str]:
    """Say where there was no number, and which other ``at=`` passes over it, if one does."""
    if isinstance(values, pd.DataFrame):
        lacking = ~np.isfinite(values.to_numpy(np.float64)).all(axis=0)
        return f"at {_steps(values.columns[lacking])}", ""
    if callable(at):
        return "by the function at=", ""
    if at in _ENDS:
        return _ENDS[at], ""
    if at not in _OVER_STEPS:
        return f"at step {at:g}", ""
    series = series_of(results, name, reduce)
    steps = series["step"][~np.isfinite(series[name])].unique()
    passed_over = series.groupby("run_id")[name].agg(at)
    helps = bool(np.isfinite(passed_over).all())
    return f"at {_steps(np.sort(steps))}", f"at=lambda s: s.{at}() leaves out such steps" if helps else ""


def _steps(steps: Any) -> str:
    return f"step{'s' if len(steps) > 1 else ''} {some(f'{step:g}' for step in steps)}"
