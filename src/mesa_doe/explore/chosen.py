"""The run that was chosen: what is known of it, and making it again to compare."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.configurations import RunConfiguration
from mesa_doe.errors import MesaDoeError
from mesa_doe.explore.opened import ALONE, Opened
from mesa_doe.model_run import Run
from mesa_doe.space.values import is_nan
from mesa_doe.study import StoredModel

__all__ = ["Chosen", "Comparison", "chosen_run", "configuration_of", "differences", "replayed", "why_not"]

_LONGEST = 80


@dataclass(frozen=True)
class Chosen:
    """What is known of a run.

    Parameters
    ----------
    run_id : int
    heading : str
        Its design point and replication.
    status : str
        With its origin, where it failed.
    facts, parameters, outputs : dict of str to str
        Seed, steps and seconds; what the model got; what it reported last.
    error, traceback : str
        Empty where it did not fail.
    others : list of int
        All runs of its design point.
    """

    run_id: int
    heading: str
    status: str
    facts: dict[str, str]
    parameters: dict[str, str]
    outputs: dict[str, str]
    error: str
    traceback: str
    others: list[int]


@dataclass(frozen=True)
class Comparison:
    """What came of a run that was made again.

    Parameters
    ----------
    kind : {"same", "different", "not made"}
    lines : list of str
    """

    kind: str
    lines: list[str]


def chosen_run(opened: Opened, run_id: int) -> Chosen:
    """Return what is known of a run."""
    results = opened.results
    row = results.runs.loc[[run_id]]
    # From its own column each: a row of a frame makes floats of ints.
    value = {name: column.iloc[0] for name, column in row.items()}
    own = results.model[results.model["run_id"] == run_id]
    kept = [name for name in results.outputs if len(own)]
    point = value["point"]
    heading = "of no design point" if pd.isna(point) else f"point {point}, replication {value['iteration']}"
    ok = value["status"] == "ok"
    traceback = "" if ok else str(results.failures["traceback"].loc[run_id])
    facts = {"seed": "none" if pd.isna(value["seed"]) else str(value["seed"])}
    facts |= {"steps": f"{value['steps']:g}", "wall time": f"{value['wall_time']:.3g} s"}
    is_own = results.runs.index == run_id if pd.isna(point) else (results.runs["point"] == point).to_numpy()
    return Chosen(
        run_id=run_id,
        heading=heading,
        status=f"failed ({value['origin']})" if value["status"] == "failed" else value["status"],
        facts=facts,
        parameters={name: _short(value[name]) for name in results.parameters},
        outputs={name: _short(own[name].iloc[-1]) for name in kept},
        error="" if ok else _failure(value["error_type"], value["error"]),
        traceback=traceback,
        others=[int(one) for one in results.runs.index[is_own]],
    )


def why_not(opened: Opened, run_id: int) -> str:
    """Return why a run is not made again in this process; empty where it is."""
    status = opened.results.runs["status"].loc[run_id]
    if status not in ("crashed", "timeout"):
        return ""
    what = "killed its process" if status == "crashed" else "took longer than it was allowed"
    folder = opened.folder
    instead = (
        f"results.replay({run_id}) makes it all the same"
        if folder is None
        else f"`mesa-doe replay {shlex.quote(str(folder))} {run_id}` makes it in another"
    )
    return f"This run {what}, so it is not made again in this process: {instead}."


def configuration_of(opened: Opened, run_id: int) -> RunConfiguration:
    """Return what a run is made of, its model imported under the rules of ``results.replay``.

    Raises
    ------
    StudyError
    """
    configuration = opened.results.configuration(run_id)
    if isinstance(configuration.model_cls, StoredModel):
        model = None if opened.model is None else opened.model()
        return configuration.model_cls.restored(
            configuration, model=model, any_source=opened.allow_changed_model
        )
    return configuration


def replayed(opened: Opened, run_id: int) -> Comparison:
    """Make a run again, exactly, and compare what it gives with what is recorded."""
    refused = why_not(opened, run_id)
    if refused:
        return Comparison("not made", [refused])
    recorded = opened.results.runs.loc[run_id]
    failed = recorded["status"] != "ok"
    was = _failure(recorded["error_type"], recorded["error"]) if failed else "it is ok"
    try:
        model = None if opened.model is None else opened.model()
        with ALONE:
            run = opened.results.replay(run_id, model=model, allow_changed_model=opened.allow_changed_model)
    except MesaDoeError as error:
        return Comparison("not made", str(error).splitlines())
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the model raises is what is compared
        told = _failure(type(error).__name__, error)
        if failed and told == was:
            return Comparison("same", [f"It failed again, in the same way: {told}"])
        return Comparison("different", [f"It failed: {told}", f"Recorded: {was}"])
    if failed:
        return Comparison("different", ["It is ok now.", f"Recorded: {was}"])
    own = opened.results.model
    lines = differences(own[own["run_id"] == run_id], run)
    if not lines:
        rows = len(run.model)
        return Comparison("same", [f"All outputs are the same, at {rows} kept step{'s' * (rows != 1)}."])
    noisy = [name for name, noise in opened.results.noise.items() if noise == "unseeded"]
    if noisy:
        lines.append(f"No seed reaches the noise of {', '.join(noisy)}.")
    return Comparison("different", lines)


def differences(recorded: pd.DataFrame, run: Run) -> list[str]:
    """Return in what a run differs from its record, a line an output."""
    again = run.model
    if recorded["step"].tolist() != again["step"].tolist():
        return [f"It has other steps: {_ends(recorded['step'])} recorded, {_ends(again['step'])} now."]
    lines = []
    for name in dict.fromkeys([*recorded.columns, *again.columns]):
        if name == "run_id":
            continue
        # What a model never reported is a gap in the tables of a study.
        before, now = (
            frame[name].tolist() if name in frame else [None] * len(frame) for frame in (recorded, again)
        )
        unlike = [k for k, pair in enumerate(zip(before, now, strict=True)) if not _alike(*pair)]
        if unlike:
            first = unlike[0]
            lines.append(
                f"{name} differs at {len(unlike)} of {len(now)} steps, first at step "
                f"{again['step'].iloc[first]:g}: {_short(before[first])} recorded, {_short(now[first])} now."
            )
    return lines


def _alike(one: Any, other: Any) -> bool:
    if _missing(one) or _missing(other):
        return _missing(one) and _missing(other)
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray):
        return np.array_equal(one, other)
    return bool(one == other)


def _missing(value: Any) -> bool:
    return value is None or is_nan(value)


def _failure(kind: Any, message: Any) -> str:
    return f"{kind}: {message}" if str(message) else str(kind)


def _ends(steps: pd.Series[Any]) -> str:
    return f"{steps.iloc[0]:g} to {steps.iloc[-1]:g}" if len(steps) else "none"


def _short(value: Any) -> str:
    text = f"{value:.10g}" if isinstance(value, (float, np.floating)) else str(value)
    text = str(getattr(value, "__name__", text))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
