"""The short way to read a run: one data collector with model reporters, of which the last values are kept."""

from __future__ import annotations

from typing import Any

from mesa_doe.model_run.collect import Reader, places_of_sources
from mesa_doe.model_run.rows import Reading
from mesa_doe.model_run.wanted import Wanted

__all__ = ["LastValues", "reader_of"]


def reader_of(model: Any, wanted: Wanted) -> Reader | LastValues:
    """Return what reads a model: in the short way where that is all there is to it.

    Parameters
    ----------
    model : Mesa model
        Just built.
    wanted : Wanted

    Returns
    -------
    Reader or LastValues

    Raises
    ------
    ConfigurationError
        As :class:`Reader`.
    """
    if wanted.only_last:
        values = list(vars(model).values())
        places = places_of_sources(tuple(map(type, values)))
        source = values[places[0]] if len(places) == 1 else None
        if getattr(source, "model_reporters", None) and hasattr(source, "_agent_records"):
            return LastValues(model, wanted, source)
    return Reader(model, wanted)


class LastValues:
    """Reads the last value of each model reporter, as :class:`Reader` would.

    Of a short run, to read it in full is a third of its time.

    Parameters
    ----------
    model : Mesa model
    wanted : Wanted
    collector : DataCollector
        Its only one.
    """

    __slots__ = ("_collector", "_count", "_model", "_seen", "_wanted")

    def __init__(self, model: Any, wanted: Wanted, collector: Any) -> None:
        self._model = model
        self._wanted = wanted
        self._collector = collector
        self._count = 0
        self._seen = 0.0

    def watch(self, now: float) -> None:
        """Look at the model after its construction and after each step."""
        for values in self._collector.model_vars.values():
            if len(values) != self._count:
                self._count, self._seen = len(values), now
            break

    def read(self, now: float) -> Reading:
        """Read what was recorded, in full where there is more than model reporters."""
        dc, count = self._collector, self._count
        if not count or dc.agent_reporters or dc.tables or getattr(dc, "agenttype_reporters", None):
            reader = Reader(self._model, self._wanted)
            reader.saw(count, self._seen)
            return reader.read(now)
        steps: Any = getattr(dc, "_collection_steps", ())
        step = steps[-1] if len(steps) == count else self._seen
        reading = Reading()
        reading.add("model", "", {name: [all_[count - 1]] for name, all_ in dc.model_vars.items()}, [step])
        return reading
