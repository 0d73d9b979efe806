"""The short way to read a run: one data collector with model reporters, of which the last values are kept."""

from __future__ import annotations

from typing import Any

from mesa_doe.model_run.collect import Reader, places_of_sources
from mesa_doe.model_run.rows import Reading, Row, read_row
from mesa_doe.model_run.wanted import Wanted

__all__ = ["LastValues", "Readers"]


class Readers:
    """Finds what reads a model: for one after the other of the same class.

    Parameters
    ----------
    wanted : Wanted
    """

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._types: list[type] = []
        self._name = ""
        self._last_values = LastValues(wanted)

    def of(self, model: Any) -> Reader | LastValues:
        """Return what reads a model: in the short way where that is all there is to it.

        Parameters
        ----------
        model : Mesa model
            Just built; the one before it is read.

        Raises
        ------
        ConfigurationError
            As :class:`Reader`.
        """
        if self._wanted.only_last:
            attributes = vars(model)
            types = [*map(type, attributes.values())]
            # Models of a batch are alike: what may record them is looked for once.
            if types != self._types:
                self._types, places = types, places_of_sources(tuple(types))
                self._name = list(attributes)[places[0]] if len(places) == 1 else ""
            source = attributes.get(self._name)
            if getattr(source, "model_reporters", None) and hasattr(source, "_agent_records"):
                self._last_values.model, self._last_values.collector = model, source
                self._last_values.count = 0
                return self._last_values
        return Reader(model, self._wanted)


class LastValues:
    """Reads the last value of each model reporter, as :class:`Reader` would, of one model after the other.

    Of a short run, to read it in full is a third of its time.

    Parameters
    ----------
    wanted : Wanted

    Attributes
    ----------
    model : Mesa model
    collector : DataCollector
        Its only one.
    count : int
        How many collections were seen.
    """

    __slots__ = ("_seen", "_wanted", "collector", "count", "model")

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._seen = 0.0
        self.model: Any = None
        self.collector: Any = None
        self.count = 0

    def watch(self, now: float) -> None:
        """Look at the model after its construction and after each step."""
        for values in self.collector.model_vars.values():
            if len(values) != self.count:
                self.count, self._seen = len(values), now
            break

    def read(self, now: float) -> Reading | Row:
        """Read what was recorded, in full where there is more than model reporters."""
        dc, model, count = self.collector, self.model, self.count
        self.model = self.collector = None
        if not count or dc.agent_reporters or dc.tables or getattr(dc, "agenttype_reporters", None):
            reader = Reader(model, self._wanted)
            reader.saw(count, self._seen)
            return reader.read(now)
        steps: Any = getattr(dc, "_collection_steps", ())
        step = steps[-1] if len(steps) == count else self._seen
        return read_row({name: values[count - 1] for name, values in dc.model_vars.items()}, step)
