"""Reading the data recorders of Mesa 3.5 and later: datasets of the model, of agents, and of rows."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mesa_doe.columns import Table, Tables
from mesa_doe.model_run.rows import append_rows, kept_collections, step_column

__all__ = ["read_recorders", "recorders_of"]


def recorders_of(model: Any) -> list[Any]:
    """Return the data recorders that a model holds under any attribute."""
    return [
        value
        for value in vars(model).values()
        if hasattr(value, "get_table_dataframe")
        and any(base.__name__ == "BaseDataRecorder" for base in type(value).__mro__)
    ]


def read_recorders(
    recorders: list[Any], tables: Tables, run_id: int, *, period: int, own_model_table: bool
) -> list[str]:
    """Append what recorders hold to the tables of a run.

    Parameters
    ----------
    recorders : list of Mesa data recorders
    tables : Tables
    run_id : int
    period : int
        Which times to keep, as in :class:`RunConfiguration`.
    own_model_table : bool
        Whether the model's datasets are its time series; else a data collector has those, and each
        dataset is a table of its own name.

    Returns
    -------
    list of str
        What the user should hear once.
    """
    notes: list[str] = []
    model_rows: dict[float, dict[str, Any]] = {}
    for recorder in recorders:
        # A recorder stores the state before time changes, so the last one is still missing here.
        getattr(recorder, "finalise", recorder.collect)()
        for name in recorder.configs:
            dataset = recorder.registry.datasets[name]
            if hasattr(dataset, "add_row"):
                # Each collection stored the same list of all rows.
                columns = {field: [row[field] for row in dataset.data] for field in dataset.fields}
                notes += append_rows(tables.tables.setdefault(name, Table()), run_id, columns)
                continue
            frame = recorder.get_table_dataframe(name)
            if hasattr(dataset, "agents") or hasattr(dataset, "agent_type"):
                table = tables.agents.setdefault(name, Table())
                notes += _append_agents(table, dataset, frame, run_id, period)
            elif "time" in frame.columns and own_model_table:
                # Several datasets of the model share its table: one row a time.
                for row in _kept(frame, [], period).to_dict("records"):
                    whole = model_rows.setdefault(row.pop("time"), {})
                    whole.update({f"{name}.{c}" if c in whole else str(c): row[c] for c in row})
            else:
                steps = None
                if "time" in frame.columns:
                    frame = _kept(frame, [], period)
                    steps = list(frame.pop("time"))
                columns = {column: list(frame[column]) for column in frame.columns}
                notes += append_rows(tables.tables.setdefault(name, Table()), run_id, columns, steps)
    if model_rows:
        steps = sorted(model_rows)
        names = dict.fromkeys(column for step in steps for column in model_rows[step])
        columns = {column: [model_rows[step].get(column) for step in steps] for column in names}
        notes += append_rows(tables.model, run_id, columns, steps)
    return notes


def _append_agents(table: Table, dataset: Any, frame: pd.DataFrame, run_id: int, period: int) -> list[str]:
    if frame.empty:
        fields = [field for field in dataset._attributes if field != "unique_id"]
        return append_rows(table, run_id, {field: [] for field in fields}, [], [])
    key = "unique_id" if "unique_id" in frame.columns else "agent_id"
    kept = _kept(frame, [key], period)
    # Mesa's array of agents holds their ids as floats.
    steps, ids = list(kept.pop("time")), step_column(list(kept.pop(key))).tolist()
    return append_rows(table, run_id, {column: list(kept[column]) for column in kept.columns}, steps, ids)


def _kept(frame: pd.DataFrame, keys: list[str], period: int) -> pd.DataFrame:
    """Return the rows of the times to keep, the last one where a time was recorded twice."""
    frame = frame.drop_duplicates(["time", *keys], keep="last")
    times = list(dict.fromkeys(frame["time"]))
    return frame[frame["time"].isin([times[i] for i in kept_collections(times, period)])].copy()
