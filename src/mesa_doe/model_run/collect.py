"""Reading what a model recorded: data collectors, data recorders and reducing functions, as columns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mesa_doe.columns import Table, Tables, as_column
from mesa_doe.errors import ConfigurationError

__all__ = ["Reader", "clock"]

_EVERY_AGENT = "Agent"


def clock(model: Any, simulator: Any = None) -> float:
    """Return how far a model is: its simulator's time, its steps, or (Mesa 4) its time."""
    if simulator is not None:
        return float(model.time if hasattr(model, "time") else simulator.time)
    steps = getattr(model, "steps", None)
    return float(steps if steps is not None else model.time)


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
        self._collector = None if outputs else _collector_of(model)
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
            self._append(tables.model, run_id, steps, columns)
        if self._collector is not None:
            self._read_collector(tables, now, run_id)
        for recorder in self._recorders:
            self._read_recorder(tables, recorder, run_id)
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
            own_steps = list(getattr(dc, "_collection_steps", ()))
            steps = own_steps if len(own_steps) == count else self._seen
            kept = kept_collections(steps, self._period)
            columns = {name: [values[i] for i in kept] for name, values in dc.model_vars.items()}
            self._append(tables.model, run_id, [steps[i] for i in kept], columns)
        if dc.agent_reporters:
            self._read_agents(tables, _EVERY_AGENT, list(dc.agent_reporters), dc._agent_records, run_id)
        kinds = getattr(dc, "agenttype_reporters", {})
        short = [kind.__name__ for kind in kinds]
        for kind, reporters in kinds.items():
            unique = short.count(kind.__name__) == 1 and kind.__name__ != _EVERY_AGENT
            name = kind.__name__ if unique else f"{kind.__module__}.{kind.__qualname__}"
            records = {step: rows.get(kind, []) for step, rows in by_type.items()}
            self._read_agents(tables, name, list(reporters), records, run_id)
        for name, columns in dc.tables.items():
            table = tables.tables.setdefault(name, Table(["run_id", *columns]))
            self._append(table, run_id, None, columns)

    def _read_agents(
        self, tables: Tables, name: str, reporters: list[str], records: Mapping[Any, Any], run_id: int
    ) -> None:
        steps = list(records)
        kept = [steps[i] for i in kept_collections(steps, self._period)]
        rows = [row for step in kept for row in records[step]]
        table = tables.agents.setdefault(name, Table(["run_id", "step", "agent_id", *map(_free, reporters)]))
        columns = {"agent_id": [row[1] for row in rows]}
        # A reporter may be called like a column of ours: it is set aside, not lost.
        columns.update({_free(r): [row[k + 2] for row in rows] for k, r in enumerate(reporters)})
        self._append(table, run_id, [row[0] for row in rows], columns)

    def _read_recorder(self, tables: Tables, recorder: Any, run_id: int) -> None:
        # A recorder stores the state before time changes, so the last one is still missing here.
        getattr(recorder, "finalise", recorder.collect)()
        own_model_table = self._collector is None or not self._collector.model_reporters
        for name in recorder.configs:
            frame = recorder.get_table_dataframe(name)
            if "time" not in frame.columns or frame.empty:
                columns = {str(column): list(frame[column]) for column in frame.columns}
                self._append(tables.tables.setdefault(name, Table(["run_id"])), run_id, None, columns)
                continue
            keys = [key for key in ("agent_id", "unique_id") if key in frame.columns]
            frame = frame.drop_duplicates(["time", *keys], keep="last")
            times = list(dict.fromkeys(frame["time"]))
            kept = {times[i] for i in kept_collections(times, self._period)}
            frame = frame[frame["time"].isin(kept)]
            steps = list(frame.pop("time"))
            columns = {"agent_id" if c in keys else str(c): list(frame[c]) for c in frame.columns}
            if keys:
                table = tables.agents.setdefault(name, Table(["run_id", "step", "agent_id"]))
            elif own_model_table:
                table = tables.model
            else:
                table = tables.tables.setdefault(name, Table(["run_id", "step"]))
            self._append(table, run_id, steps, columns)

    def _append(
        self, table: Table, run_id: int, steps: Sequence[float] | None, columns: Mapping[str, Sequence[Any]]
    ) -> None:
        rows = len(steps) if steps is not None else max(map(len, columns.values()), default=0)
        arrays: dict[str, Any] = {"run_id": np.full(rows, run_id, dtype=np.int64)}
        if steps is not None:
            arrays["step"] = step_column(steps)
        for name, values in columns.items():
            arrays[_free(name) if name != "agent_id" else name], converted = as_column(values)
            if converted:
                self.notes.append(f"{name!r} holds values that are no numbers or strings; they became text")
        table.append(arrays, rows)


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


def _free(name: str) -> str:
    return f"{name}_reporter" if name in ("run_id", "step", "agent_id") else str(name)


def _collections(collector: Any) -> int:
    return max((len(values) for values in collector.model_vars.values()), default=0)


def _collector_of(model: Any) -> Any:
    attributes = vars(model)
    for value in (attributes.get("datacollector"), *attributes.values()):
        if hasattr(value, "model_vars") and hasattr(value, "_agent_records"):
            return value
    return None


def _recorders_of(model: Any) -> list[Any]:
    return [
        value
        for value in vars(model).values()
        if any(base.__name__ == "BaseDataRecorder" for base in type(value).__mro__)
    ]
