"""Reading what a model recorded, as columns: its data collector or recorders, or a function of the user's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mesa_doe.columns import Table, Tables
from mesa_doe.errors import ConfigurationError
from mesa_doe.model_run.recorders import read_recorders, recorders_of
from mesa_doe.model_run.rows import append_rows, kept_collections, outputs_row

__all__ = ["Reader", "clock"]

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
        self._recorders = [] if outputs else recorders_of(model)
        if outputs is None and not _reads_anything(self._collector) and not self._recorders:
            name = type(model).__name__
            message = (
                f"{name} has no DataCollector with reporters and no DataRecorder, so there is nothing to "
                "read: give it one, or name the outputs, e.g. "
                "outputs=lambda model: {'agents': len(model.agents)}"
            )
            raise ConfigurationError(message)

    def watch(self, now: float) -> None:
        """Look at the model after its construction and after each step."""
        if self._outputs is not None and self._period > 0 and now % self._period == 0:
            self._read_outputs(now)
        if self._collector is not None:
            # Up to Mesa 3.4.0 a collector does not say at which step it collected: we saw it happen.
            new = _collections(self._collector) - len(self._seen)
            if new:
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
        if self._recorders:
            own_model_table = self._collector is None or not self._collector.model_reporters
            self.notes += read_recorders(
                self._recorders, tables, run_id, period=self._period, own_model_table=own_model_table
            )
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


def _reads_anything(collector: Any) -> bool:
    kinds = ("model_reporters", "agent_reporters", "agenttype_reporters", "tables")
    return any(getattr(collector, kind, None) for kind in kinds)


def _type_names(kinds: Iterable[type]) -> list[str]:
    """Name agent types: by their class, or in full where two classes share a name."""
    short = [kind.__name__ for kind in kinds]
    full = [f"{kind.__module__}.{kind.__qualname__}" for kind in kinds]
    names = [f if short.count(s) > 1 or s == _EVERY_AGENT else s for s, f in zip(short, full, strict=True)]
    # Classes made by one function share even that.
    return [f"{n}#{names[:k].count(n) + 1}" if names.count(n) > 1 else n for k, n in enumerate(names)]


def _collections(collector: Any) -> int:
    # Every reporter's list grows with each collection, so the first one tells for all.
    for values in collector.model_vars.values():
        return len(values)
    return 0


def _collectors_of(model: Any) -> dict[str, Any]:
    attributes = vars(model)
    found: dict[str, Any] = {}
    for name in dict.fromkeys(["datacollector", *attributes]):
        value = attributes.get(name)
        known = any(value is other for other in found.values())
        if hasattr(value, "model_vars") and hasattr(value, "_agent_records") and not known:
            found[name] = value
    return found
