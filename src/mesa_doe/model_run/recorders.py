"""Reading the data recorders of Mesa 3.5 and later: datasets of the model, of agents, and of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.model_run.rows import Kind, Reading, Series, kept_at, side_by_side
from mesa_doe.model_run.wanted import Wanted

__all__ = ["datasets_of", "is_recorder", "read_frames", "read_recorders"]


def is_recorder(value: Any) -> bool:
    """Tell whether a value is a data recorder, of Mesa's or derived from it."""
    return hasattr(value, "get_table_dataframe") and any(
        base.__name__ == "BaseDataRecorder" for base in type(value).__mro__
    )


def datasets_of(recorders: list[Any], own_model_table: bool) -> dict[str, bool]:
    """Return the names by which the datasets of recorders can be wanted, and whether those have steps."""
    found: dict[str, bool] = {}
    for recorder in recorders:
        for name in recorder.configs:
            dataset = recorder.registry.datasets[name]
            for one in (name, _kind(dataset, own_model_table)):
                found[one] = found.get(one, False) or not _is_rows(dataset)
            for field in _fields(dataset):
                found[field] = found[f"{name}.{field}"] = True
    return found


def read_recorders(
    recorders: list[Any], reading: Reading, wanted: Wanted, *, own_model_table: bool
) -> list[Series]:
    """Read what recorders hold.

    Parameters
    ----------
    recorders : list of Mesa data recorders
    reading : Reading
        Takes agents and tables.
    wanted : Wanted
    own_model_table : bool
        Whether the model's datasets are its time series; else a data collector has those, and each
        dataset is a table of its own name.

    Returns
    -------
    list of Series
        The model's time series, one a dataset.
    """
    series: list[Series] = []
    taken: set[str] = set()
    for recorder in recorders:
        # A recorder stores the state before time changes, so the last one is still missing here.
        getattr(recorder, "finalise", recorder.collect)()
        for name in recorder.configs:
            dataset = recorder.registry.datasets[name]
            kind = _kind(dataset, own_model_table)
            if not _periods(wanted, _fields(dataset) or [name], name, kind):
                continue
            if _is_rows(dataset):
                # Each collection stored the same list of all rows.
                rows = {field: [row[field] for row in dataset.data] for field in dataset.fields}
                reading.add("tables", name, rows)
                continue
            frame = recorder.get_table_dataframe(name)
            if kind == "agents" and frame.empty:
                # Which has no columns, so the dataset says which there would be.
                empty: dict[str, list[Any]] = {
                    c: [] for c in _periods(wanted, _fields(dataset), name, "agents")
                }
                reading.add("agents", name, empty, [], [])
            else:
                series += _read_frame(reading, wanted, name, kind, frame, taken)
    return series


def read_frames(frames: Mapping[str, pd.DataFrame], wanted: Wanted) -> Reading:
    """Read the frames of a recorder's datasets, as Mesa 4 keeps those of a run.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        By the dataset's name. With ids of agents it is one of agents, with a time one of the model.
    wanted : Wanted
    """
    reading, series, taken = Reading(), list[Series](), set[str]()
    for name, frame in frames.items():
        kind: Kind = "agents" if _agents_of(frame) else "model" if "time" in frame.columns else "tables"
        if _periods(wanted, frame.columns, name, kind):
            series += _read_frame(reading, wanted, name, kind, frame, taken)
    if series:
        steps, columns = series[0] if len(series) == 1 else side_by_side(series)
        reading.add("model", "", columns, steps)
    return reading


def _read_frame(
    reading: Reading, wanted: Wanted, name: str, kind: Kind, frame: pd.DataFrame, taken: set[str]
) -> list[Series]:
    """Read one dataset into agents or tables, or return the series of the model that it is."""
    if kind == "agents":
        _read_agents(reading, wanted, name, frame)
        return []
    if "time" not in frame.columns:
        reading.add("tables", name, {column: list(frame[column]) for column in frame.columns})
        return []
    periods = _periods(wanted, frame.columns.drop("time"), name, kind)
    kept, columns = _kept(frame, [], periods)
    steps = list(kept["time"])
    if kind == "tables":
        reading.add("tables", name, columns, steps)
        return []
    # Several datasets of the model share its table.
    named = {f"{name}.{c}" if c in taken else c: columns[c] for c in columns}
    taken.update(columns)
    return [(steps, named)]


def _is_rows(dataset: Any) -> bool:
    return hasattr(dataset, "add_row")


def _kind(dataset: Any, own_model_table: bool) -> Kind:
    if hasattr(dataset, "agents") or hasattr(dataset, "agent_type"):
        return "agents"
    return "model" if own_model_table and not _is_rows(dataset) else "tables"


def _fields(dataset: Any) -> list[str]:
    return [field for field in getattr(dataset, "_attributes", ()) if field != "unique_id"]


def _periods(wanted: Wanted, columns: Iterable[Any], name: str, kind: Kind) -> dict[Any, int]:
    """Return the period of each column of a dataset that is wanted."""
    found = {c: wanted.period_of(str(c), f"{name}.{c}", name, kind) for c in columns}
    return {column: period for column, period in found.items() if period is not None}


def _read_agents(reading: Reading, wanted: Wanted, name: str, frame: pd.DataFrame) -> None:
    key = _agents_of(frame)
    periods = _periods(wanted, frame.columns.drop(["time", key]), name, "agents")
    kept, columns = _kept(frame, [key], periods)
    ids = kept[key].to_numpy()
    # Mesa's array of agents holds their ids as floats.
    ids = ids.astype(np.int64) if ids.dtype.kind == "f" else ids
    reading.add("agents", name, columns, list(kept["time"]), ids.tolist())


def _agents_of(frame: pd.DataFrame) -> str:
    """Return the name of the column with the ids of agents, or nothing."""
    return next((key for key in ("unique_id", "agent_id") if {key, "time"} <= {*frame.columns}), "")


def _kept(
    frame: pd.DataFrame, keys: list[str], periods: dict[Any, int]
) -> tuple[pd.DataFrame, dict[Any, list[Any]]]:
    """Return the rows of the times to keep, the last one where a time was recorded twice, and the columns."""
    frame = frame.drop_duplicates(["time", *keys], keep="last")
    times = list(dict.fromkeys(frame["time"]))
    positions, own = kept_at(times, periods.values())
    frame = frame[frame["time"].isin([times[i] for i in positions])]
    columns = {}
    for column, period in periods.items():
        at = {times[i] for i in own[period]}
        pairs = zip(frame["time"], frame[column], strict=True)
        columns[column] = [value if time in at else None for time, value in pairs]
    return frame, columns
