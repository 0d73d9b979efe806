"""Reading what a model recorded: data collectors, data recorders and reducing functions, as columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.columns import Table, Tables, as_column
from mesa_doe.errors import ConfigurationError

__all__ = ["Reader", "append_rows", "clock", "outputs_row"]

_EVERY_AGENT = "Agent"


def clock(model: Any, simulator: Any = None) -> float:
    """Return how far a model is: its simulator's time, its steps, or (Mesa 4) its time."""
    if simulator is not None:
        return float(model.time if hasattr(model, "time") else simulator.time)
    steps = getattr(model, "steps", None)
    # Mesa 4 counts no steps, so there the name is free for something else of the user's.
    return float(steps if isinstance(steps, (int, float)) else model.time)


class Reader:
    """What one model records, watched from its construction to its end.

    Parameters
    ----------
    model : Mesa model
    outputs : callable or None
        ``model -> mapping``: read in place of the model's own collectors.
    period : int
        -1 keeps the last collection; n keeps steps 0, n, 2n, … and the last.

    Raises
    ------
    ConfigurationError
        If there is nothing to read.
    """

    def __init__(self, model: Any, outputs: Callable[[Any], Mapping[str, Any]] | None, period: int) -> None:
        self.notes: list[str] = []
        self._model = model
        self._outputs = outputs
        self._period = period
        self._rows: list[tuple[float, dict[str, Any]]] = []
        self._seen: list[float] = []
        collectors = {} if outputs else _collectors_of(model)
        self._collector = next(iter(collectors.values()), None)
        if len(collectors) > 1:
            first, *others = collectors
            self.notes.append(f"the model has several data collectors: {first!r} is read, not {others}")
        self._recorders = [] if outputs else _recorders_of(model)
        if outputs is None and self._collector is None and not self._recorders:
            name = type(model).__name__
            message = (
                f"{name} has no DataCollector and no DataRecorder, so there is nothing to read: give it "
                f"one, or name the outputs, e.g. outputs=lambda model: {{'agents': len(model.agents)}}"
            )
            raise ConfigurationError(message)

    def watch(self, now: float) -> None:
        """Look at the model after its construction and after each step."""
        if self._outputs is not None and self._period > 0 and now % self._period == 0:
            self._read_outputs(now)
        if self._collector is not None:
            # Up to Mesa 3.4.0 a collector does not say at which step it collected: we saw it happen.
            new = _collections(self._collector) - len(self._seen)
            self._seen.extend([now] * new)

    def finish(self, now: float, run_id: int) -> Tables:
        """Read all that was recorded.

        Parameters
        ----------
        now : float
            The clock at the end of the run.
        run_id : int
            Written into every row.

        Returns
        -------
        Tables
        """
        tables = Tables()
        if self._outputs is not None:
            if not self._rows or self._rows[-1][0] != now:
                self._read_outputs(now)
            steps = [step for step, _ in self._rows]
            names = dict.fromkeys(name for _, row in self._rows for name in row)
            columns = {name: [row.get(name) for _, row in self._rows] for name in names}
            self.notes += append_rows(tables.model, run_id, columns, steps)
        if self._collector is not None:
            self._read_collector(tables, now, run_id)
        self._read_recorders(tables, run_id)
        return tables

    def _read_outputs(self, now: float) -> None:
        row = self._outputs(self._model) if self._outputs is not None else {}
        self._rows.append((now, outputs_row(row, "outputs")))

    def _read_collector(self, tables: Tables, now: float, run_id: int) -> None:
        dc: Any = self._collector
        by_type = getattr(dc, "_agenttype_records", {})
        never = not _collections(dc) and not dc._agent_records and not by_type
        if never and (dc.model_reporters or dc.agent_reporters or getattr(dc, "agenttype_reporters", {})):
            dc.collect(self._model)
            self._seen.append(now)
            self.notes.append("the model never collects: its reporters were read once, at the end of the run")
        count = _collections(dc)
        if count:
            known = (list(getattr(dc, "_collection_steps", ())), list(dc._agent_records), list(by_type))
            steps = next((own for own in known if len(own) == count), self._seen)
            kept = kept_collections(steps, self._period)
            columns = {name: [values[i] for i in kept] for name, values in dc.model_vars.items()}
            self.notes += append_rows(tables.model, run_id, columns, [steps[i] for i in kept])
        if dc.agent_reporters:
            self._read_agents(tables, _EVERY_AGENT, list(dc.agent_reporters), dc._agent_records, run_id)
        kinds = getattr(dc, "agenttype_reporters", {})
        for name, kind in zip(_type_names(kinds), kinds, strict=True):
            records = {step: rows.get(kind, []) for step, rows in by_type.items()}
            self._read_agents(tables, name, list(kinds[kind]), records, run_id)
        for name, columns in dc.tables.items():
            self.notes += append_rows(tables.tables.setdefault(name, Table()), run_id, columns)

    def _read_agents(
        self, tables: Tables, name: str, reporters: list[str], records: Mapping[Any, Any], run_id: int
    ) -> None:
        steps = list(records)
        kept = [steps[i] for i in kept_collections(steps, self._period)]
        rows = [row for step in kept for row in records[step]]
        columns = {reporter: [row[k + 2] for row in rows] for k, reporter in enumerate(reporters)}
        table = tables.agents.setdefault(name, Table())
        steps, ids = [row[0] for row in rows], [row[1] for row in rows]
        self.notes += append_rows(table, run_id, columns, steps, ids)

    def _read_recorders(self, tables: Tables, run_id: int) -> None:
        own_model_table = self._collector is None or not self._collector.model_reporters
        model_rows: dict[float, dict[str, Any]] = {}
        for recorder in self._recorders:
            # A recorder stores the state before time changes, so the last one is still missing here.
            getattr(recorder, "finalise", recorder.collect)()
            for name in recorder.configs:
                dataset = recorder.registry.datasets[name]
                if hasattr(dataset, "add_row"):
                    # Each collection stored the same list of all rows.
                    columns = {field: [row[field] for row in dataset.data] for field in dataset.fields}
                    self.notes += append_rows(tables.tables.setdefault(name, Table()), run_id, columns)
                    continue
                frame = recorder.get_table_dataframe(name)
                if _is_agent_dataset(dataset):
                    self._read_agent_frame(tables, name, dataset, frame, run_id)
                elif "time" not in frame.columns:
                    columns = {column: list(frame[column]) for column in frame.columns}
                    self.notes += append_rows(tables.tables.setdefault(name, Table()), run_id, columns)
                elif own_model_table:
                    # Several datasets of the model share its table: one row a time.
                    for row in self._kept(frame, []).to_dict("records"):
                        whole = model_rows.setdefault(row.pop("time"), {})
                        whole.update({f"{name}.{c}" if c in whole else str(c): row[c] for c in row})
                else:
                    kept = self._kept(frame, [])
                    steps = list(kept.pop("time"))
                    columns = {column: list(kept[column]) for column in kept.columns}
                    table = tables.tables.setdefault(name, Table())
                    self.notes += append_rows(table, run_id, columns, steps)
        if model_rows:
            steps = sorted(model_rows)
            names = dict.fromkeys(column for step in steps for column in model_rows[step])
            columns = {column: [model_rows[step].get(column) for step in steps] for column in names}
            self.notes += append_rows(tables.model, run_id, columns, steps)

    def _read_agent_frame(
        self, tables: Tables, name: str, dataset: Any, frame: pd.DataFrame, run_id: int
    ) -> None:
        table = tables.agents.setdefault(name, Table())
        if frame.empty:
            fields = [field for field in dataset._attributes if field != "unique_id"]
            append_rows(table, run_id, {field: [] for field in fields}, [], [])
            return
        key = "unique_id" if "unique_id" in frame.columns else "agent_id"
        kept = self._kept(frame, [key])
        # Mesa's array of agents holds their ids as floats.
        steps, ids = list(kept.pop("time")), step_column(list(kept.pop(key))).tolist()
        columns = {column: list(kept[column]) for column in kept.columns}
        self.notes += append_rows(table, run_id, columns, steps, ids)

    def _kept(self, frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
        """Return the rows of the times to keep, the last one where a time was recorded twice."""
        frame = frame.drop_duplicates(["time", *keys], keep="last")
        times = list(dict.fromkeys(frame["time"]))
        return frame[frame["time"].isin([times[i] for i in kept_collections(times, self._period)])].copy()


def append_rows(
    table: Table,
    run_id: int,
    columns: Mapping[Any, Sequence[Any]],
    steps: Sequence[float] | None = None,
    agent_ids: Sequence[Any] | None = None,
) -> list[str]:
    """Append the rows of one run to a table, under names that hide none of its own columns.

    Parameters
    ----------
    table : Table
    run_id : int
    columns : mapping of object to sequence (rows,)
        A column named like one of the table's own gets ``_reporter`` appended.
    steps, agent_ids : sequence (rows,), optional
        Of each row, in a table that has them.

    Returns
    -------
    list of str
        What the user should hear once.
    """
    rows = len(steps) if steps is not None else max(map(len, columns.values()), default=0)
    arrays: dict[str, Any] = {"run_id": np.full(rows, run_id, dtype=np.int64)}
    if steps is not None:
        arrays["step"] = step_column(steps)
    if agent_ids is not None:
        arrays["agent_id"], _ = as_column(agent_ids)
    notes = []
    for name, values in zip(_free_names(columns, arrays), columns.values(), strict=True):
        arrays[name], converted = as_column(values)
        if converted:
            notes.append(f"{name!r} holds values that are no numbers or strings; they became text")
    table.append(arrays, rows)
    return notes


def outputs_row(row: Any, what: str) -> dict[str, Any]:
    """Check what a function gave for one row of outputs."""
    if not isinstance(row, Mapping):
        message = (
            f"{what} must be a mapping of names to values, e.g. {{'y': 1.0}}, "
            f"got {type(row).__name__}: {row!r}"
        )
        raise TypeError(message)
    return {str(name): value for name, value in row.items()}


def step_column(steps: Sequence[float]) -> np.ndarray[Any, np.dtype[Any]]:
    """Return steps as ints where they all are whole; Mesa 3.5 counts them as floats."""
    array = np.asarray(steps, dtype=np.float64)
    whole = array.astype(np.int64)
    return whole if np.array_equal(whole, array) else array


def kept_collections(steps: Sequence[float], period: int) -> list[int]:
    """Return the positions of the collections to keep.

    Of several collections at one step the last one counts, as in Mesa's own agent records.

    Parameters
    ----------
    steps : sequence of float
        The step of each collection, in order.
    period : int

    Returns
    -------
    list of int

    Examples
    --------
    >>> kept_collections([0, 1, 2, 3, 4, 5], 2)
    [0, 2, 4, 5]
    >>> kept_collections([0, 1, 2], -1)
    [2]
    """
    last = {step: position for position, step in enumerate(steps)}
    if not last:
        return []
    final = last[steps[-1]]
    if period == -1:
        return [final]
    return sorted({position for step, position in last.items() if step % period == 0} | {final})


def _free_names(names: Iterable[Any], taken: Iterable[str]) -> list[str]:
    wanted, used = [str(name) for name in names], set(taken)
    free = []
    for name in wanted:
        column = name
        while column in used or (column != name and column in wanted):
            column += "_reporter"
        used.add(column)
        free.append(column)
    return free


def _type_names(kinds: Iterable[type]) -> list[str]:
    """Name agent types: by their class, or in full where two classes share a name."""
    short = [kind.__name__ for kind in kinds]
    full = [f"{kind.__module__}.{kind.__qualname__}" for kind in kinds]
    names = [f if short.count(s) > 1 or s == _EVERY_AGENT else s for s, f in zip(short, full, strict=True)]
    # Classes made by one function share even that.
    return [f"{n}#{names[:k].count(n) + 1}" if names.count(n) > 1 else n for k, n in enumerate(names)]


def _collections(collector: Any) -> int:
    return max((len(values) for values in collector.model_vars.values()), default=0)


def _collectors_of(model: Any) -> dict[str, Any]:
    attributes = vars(model)
    found: dict[str, Any] = {}
    for name in dict.fromkeys(["datacollector", *attributes]):
        value = attributes.get(name)
        known = any(value is other for other in found.values())
        if hasattr(value, "model_vars") and hasattr(value, "_agent_records") and not known:
            found[name] = value
    return found


def _is_agent_dataset(dataset: Any) -> bool:
    return hasattr(dataset, "agents") or hasattr(dataset, "agent_type")


def _recorders_of(model: Any) -> list[Any]:
    return [
        value
        for value in vars(model).values()
        if any(base.__name__ == "BaseDataRecorder" for base in type(value).__mro__)
    ]
