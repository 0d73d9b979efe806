"""Reading what a model recorded: its data collector or recorders, or functions of the user's."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from mesa_doe.columns import as_column
from mesa_doe.errors import ConfigurationError
from mesa_doe.model_run.recorders import datasets_of, is_recorder, read_recorders
from mesa_doe.model_run.rows import Reading, Series, kept_at, kept_collections, outputs_row, side_by_side
from mesa_doe.model_run.wanted import Wanted

__all__ = ["Reader", "clock", "places_of_sources"]

_EVERY_AGENT = "Agent"
# Of fewer rows, typing step by step takes longer than it saves.
_FEW = 1000


def clock(model: Any, simulator: Any = None) -> float:
    """Return how far a model is: its simulator's time, its steps, or (Mesa 4) its time."""
    if simulator is not None:
        return float(model.time if hasattr(model, "time") else simulator.time)
    steps = getattr(model, "steps", None)
    if type(steps) is float:
        return steps
    # Mesa 4 counts no steps, so there the name is free for something else of the user's.
    return float(steps if isinstance(steps, (int, float)) else model.time)


class Reader:
    """What one model records, watched from its construction to its end.

    Parameters
    ----------
    model : Mesa model
    wanted : Wanted

    Raises
    ------
    ConfigurationError
        If there is nothing to read, or not all that is wanted.
    """

    def __init__(self, model: Any, wanted: Wanted) -> None:
        self._model = model
        self._wanted = wanted
        self._reading = Reading()
        self._rows: list[tuple[float, dict[str, Any]]] = []
        self._seen: list[float] = []
        self._collector: Any = None
        self._recorders: list[Any] = []
        self._beside_reporters = False
        if wanted.records:
            self._find_sources()
        if wanted.records and not wanted.everything:
            self._check_names()

    def _find_sources(self) -> None:
        collectors, self._recorders = _sources_of(self._model)
        if collectors:
            self._collector = next(iter(collectors.values()))
        if len(collectors) > 1:
            first, *others = collectors
            self._reading.notes.append(
                f"the model has several data collectors: {first!r} is read, not {others}"
            )
        if not self._recorders and not _reads_anything(self._collector):
            raise ConfigurationError(_nothing_to_read(self._model))

    def _check_names(self) -> None:
        available = datasets_of(self._recorders, self._own_model_table)
        for name, has_steps in _collector_names(self._collector).items():
            available[name] = available.get(name, False) or has_steps
        self._wanted.check(available, type(self._model).__name__)
        self._beside_reporters = bool(_model_periods(self._collector, self._wanted))

    @property
    def _own_model_table(self) -> bool:
        return not getattr(self._collector, "model_reporters", None)

    def watch(self, now: float) -> None:
        """Look at the model after its construction and after each step."""
        new = 0
        if self._collector is not None:
            # Up to Mesa 3.4.0 a collector does not say at which step it collected: we saw it happen.
            new = _collections(self._collector) - len(self._seen)
            if new:
                self._seen.extend([now] * new)
        if self._wanted.calls:
            period = self._wanted.period
            # Where functions stand beside reporters they are called when those were, to share their rows.
            if period > 0 and now % period == 0 and (new or not self._beside_reporters):
                self._call(now)

    def saw(self, count: int, now: float) -> None:
        """Take over from someone else who watched, and saw so many collections, the last one at ``now``."""
        self._seen = [now] * count

    def read(self, now: float) -> Reading:
        """Read all that was recorded.

        Parameters
        ----------
        now : float
            The clock at the end of the run.

        Returns
        -------
        Reading
        """
        series: list[Series] = []
        if self._collector is not None:
            series += self._read_collector(self._collector, now)
        if self._recorders:
            series += read_recorders(
                self._recorders, self._reading, self._wanted, own_model_table=self._own_model_table
            )
        if self._wanted.calls:
            if not self._rows or self._rows[-1][0] != now:
                self._call(now)
            names = dict.fromkeys(name for _, row in self._rows for name in row)
            columns = {name: [row.get(name) for _, row in self._rows] for name in names}
            series.append(([step for step, _ in self._rows], columns))
        if series:
            steps, whole = series[0] if len(series) == 1 else side_by_side(series)
            self._reading.add("model", "", whole, steps)
        if self._collector is not None:
            # A model lives on until the garbage collector comes by: its records need not.
            self._collector._agent_records.clear()
            getattr(self._collector, "_agenttype_records", {}).clear()
        return self._reading

    def _call(self, now: float) -> None:
        if self._wanted.reduce is not None:
            row = outputs_row(self._wanted.reduce(self._model), "outputs")
        else:
            row = {name: function(self._model) for name, function in self._wanted.functions.items()}
        self._rows.append((now, row))

    def _read_collector(self, dc: Any, now: float) -> list[Series]:
        by_type = getattr(dc, "_agenttype_records", {})
        kinds = getattr(dc, "agenttype_reporters", {})
        count = _collections(dc)
        if not (count or dc._agent_records or by_type) and self._wants_reporters(dc):
            dc.collect(self._model)
            count = _collections(dc)
            self._seen.append(now)
            self._reading.notes.append(
                "a run ended before the model had collected anything, or the model never collects: its "
                "reporters were read once, at the end of the run"
            )
        if dc.agent_reporters:
            self._read_agents(_EVERY_AGENT, list(dc.agent_reporters), dc._agent_records)
        if kinds:
            for name, kind in zip(_type_names(kinds), kinds, strict=True):
                records = {step: rows.get(kind, []) for step, rows in by_type.items()}
                self._read_agents(name, list(kinds[kind]), records)
        for name, columns in dc.tables.items():
            if self._wanted.period_of(str(name), "tables") is not None:
                self._reading.add("tables", name, columns)
        return self._model_series(dc, count, by_type) if count else []

    def _model_series(self, dc: Any, count: int, by_type: Mapping[Any, Any]) -> list[Series]:
        steps: list[float] = self._seen
        for known in (getattr(dc, "_collection_steps", ()), dc._agent_records, by_type):
            if len(known) == count:
                steps = list(known)
                break
        columns: dict[Any, list[Any]]
        if self._wanted.everything:
            positions = kept_collections(steps, self._wanted.period)
            if len(positions) > 1:
                self._tell_of_lost(dc, positions)
            columns = {name: [values[i] for i in positions] for name, values in dc.model_vars.items()}
            return [([steps[i] for i in positions], columns)]
        periods = _model_periods(dc, self._wanted)
        positions, kept = kept_at(steps, periods.values())
        if len(positions) > 1:
            self._tell_of_lost(dc, positions)
        columns = {
            name: [dc.model_vars[name][i] if i in kept[period] else None for i in positions]
            for name, period in periods.items()
        }
        return [([steps[i] for i in positions], columns)] if columns else []

    def _tell_of_lost(self, dc: Any, positions: list[int]) -> None:
        """Note that values were collected at a step of which later ones are kept."""
        # What we saw happen between two looks may be of several times, as of a simulator's events.
        steps = getattr(dc, "_collection_steps", ())
        if len(steps) != _collections(dc) or len(set(steps)) == len(steps):
            return
        kept = {steps[i]: i for i in positions}
        for i, step in enumerate(steps):
            # Mesa 4 may call both the constructor's collection and that of the first step one of time 0.
            j = kept.get(step, i) if step else i
            if i != j and any(repr(values[i]) != repr(values[j]) for values in dc.model_vars.values()):
                self._reading.notes.append(
                    "the model collects more than once in a step: the last collection of each step is kept, "
                    "as Mesa keeps those of agents, and the others are lost"
                )
                return

    def _wants_reporters(self, dc: Any) -> bool:
        names = (name for name, has_steps in _collector_names(dc).items() if has_steps)
        return any(self._wanted.period_of(name) is not None for name in names)

    def _read_agents(self, name: str, reporters: list[Any], records: Mapping[Any, Any]) -> None:
        places = {}
        for place, reporter in enumerate(reporters):
            period = self._wanted.period_of(str(reporter), name, "agents")
            if period is not None:
                places[reporter] = (place + 2, period)
        if not places:
            return
        steps = list(records)
        positions, kept = kept_at(steps, (period for _, period in places.values()))
        blocks = [records[steps[i]] for i in positions]
        rows = list(itertools.chain.from_iterable(blocks))
        columns = {}
        for reporter, (place, period) in places.items():
            if len(kept[period]) == len(positions):
                columns[reporter] = [row[place] for row in rows]
            else:
                pairs = zip(positions, blocks, strict=True)
                columns[reporter] = [row[place] if i in kept[period] else None for i, b in pairs for row in b]
        # Not the step of each row: of a hundred agents and steps, that array alone would take a millisecond.
        at = np.repeat(np.array([steps[i] for i in positions], dtype=np.float64), list(map(len, blocks)))
        self._reading.add("agents", name, columns, at, _agent_ids(blocks, len(rows)))


def _agent_ids(blocks: list[Any], count: int) -> Any:
    """Return the agents' ids, typed once for all steps at which the agents are the same."""
    if count <= _FEW:
        return [row[1] for block in blocks for row in block]
    arrays: list[Any] = []
    last: list[Any] = []
    for block in filter(None, blocks):
        ids = [row[1] for row in block]
        arrays.append(arrays[-1] if ids == last else as_column(ids)[0])
        last = ids
    kinds = {None if array is None else array.dtype for array in arrays}
    if len(kinds) == 1 and None not in kinds:
        return np.concatenate(arrays)
    return [row[1] for block in blocks for row in block]


def _model_periods(collector: Any, wanted: Wanted) -> dict[Any, int]:
    """Return the period of each model reporter that is wanted; a function of the same name goes before it."""
    found = {}
    for name in getattr(collector, "model_vars", ()):
        period = wanted.period_of(str(name), "model")
        if period is not None and name not in wanted.functions:
            found[name] = period
    return found


def _collector_names(collector: Any) -> dict[str, bool]:
    """Return the names by which what a collector holds can be wanted, and whether that has steps."""
    every_agent = getattr(collector, "agent_reporters", {})
    kinds = getattr(collector, "agenttype_reporters", {})
    agents = {_EVERY_AGENT: every_agent} if every_agent else {}
    agents.update(zip(_type_names(kinds), kinds.values(), strict=True))
    with_steps = [str(name) for name in getattr(collector, "model_vars", ())]
    with_steps += ["model"] if with_steps else []
    with_steps += ["agents", *agents] if agents else []
    with_steps += [str(name) for reporters in agents.values() for name in reporters]
    tables = [str(name) for name in getattr(collector, "tables", ())]
    tables += ["tables"] if tables else []
    return {**dict.fromkeys(tables, False), **dict.fromkeys(with_steps, True)}


def _nothing_to_read(model: Any) -> str:
    return (
        f"{type(model).__name__} has no DataCollector with reporters and no DataRecorder, so there is "
        "nothing to read: give it one, or name the outputs, e.g. "
        "outputs=lambda model: {'agents': len(model.agents)}"
    )


def _reads_anything(dc: Any) -> bool:
    return dc is not None and bool(
        dc.model_reporters or dc.agent_reporters or getattr(dc, "agenttype_reporters", None) or dc.tables
    )


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


@functools.lru_cache(maxsize=100)
def places_of_sources(types: tuple[type, ...]) -> list[int]:
    """Return which of a model's attributes may record it, by their types: the same for most of a batch.

    To look at twenty attributes of each model would take a good part of a short run.
    """
    return [place for place, cls in enumerate(types) if hasattr(cls, "collect")]


def _sources_of(model: Any) -> tuple[dict[str, Any], list[Any]]:
    """Return the data collectors that a model holds, by attribute, and its data recorders."""
    collectors, recorders = {}, []
    attributes = vars(model)
    values = list(attributes.values())
    for place in places_of_sources(tuple(map(type, values))):
        value = values[place]
        if hasattr(value, "model_vars") and hasattr(value, "_agent_records"):
            collectors[list(attributes)[place]] = value
        elif is_recorder(value):
            recorders.append(value)
    if len(collectors) > 1:
        # The one under Mesa's own name goes first; one object under two names is one.
        first = {name: collectors[name] for name in ("datacollector",) if name in collectors}
        objects = {id(value): name for name, value in reversed(list({**first, **collectors}.items()))}
        collectors = {name: collectors[name] for name in reversed(list(objects.values()))}
    return collectors, recorders
