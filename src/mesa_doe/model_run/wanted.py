"""What ``outputs=`` asks for, and what of it a model has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mesa_doe.configurations import Outputs
from mesa_doe.errors import ConfigurationError, did_you_mean, listed

__all__ = ["Wanted"]


class Wanted:
    """Which outputs of a run are kept, and at which steps.

    Parameters
    ----------
    outputs : as in :class:`RunConfiguration`
    period : int
        Of outputs without a period of their own: -1 keeps the last step; n keeps steps 0, n, 2n, … and
        the last.

    Attributes
    ----------
    reduce : callable or None
        ``model -> mapping``: read in place of all that the model records.
    functions : dict of str to callable
        Named functions ``model -> value``.
    everything : bool
        Whether all that the model records is wanted.
    records : bool
        Whether anything that the model records is wanted.
    calls : bool
        Whether there are functions to call.
    only_last : bool
        Whether all that the model records is wanted at its last step, and no more.

    Examples
    --------
    >>> wanted = Wanted({"gini": 10, "agents": None}, period=-1)
    >>> wanted.period_of("gini", "model"), wanted.period_of("wealth", "Agent", "agents")
    (10, -1)
    >>> wanted.period_of("richest", "model") is None
    True
    """

    def __init__(self, outputs: Outputs | None, period: int) -> None:
        self.period = period
        self.reduce: Callable[[Any], Mapping[str, Any]] | None = None
        self.functions: dict[str, Callable[[Any], Any]] = {}
        self._names: dict[str, int | None] | None = None
        if callable(outputs):
            self.reduce, self._names = outputs, {}
        elif outputs is not None:
            asked = outputs if isinstance(outputs, Mapping) else dict.fromkeys(_listed(outputs))
            self.functions = {name: value for name, value in asked.items() if callable(value)}
            self._names = {name: value for name, value in asked.items() if not callable(value)}
        self.everything = self._names is None
        self.records = self.everything or bool(self._names)
        self.calls = self.reduce is not None or bool(self.functions)
        self.only_last = self.everything and period == -1

    def period_of(self, *names: str) -> int | None:
        """Return the period of an output that bears these names, or None where it is not wanted.

        Parameters
        ----------
        *names : str
            From its own to that of its kind: the first of them that was asked for decides.
        """
        if self._names is None:
            return self.period
        for name in names:
            if name in self._names:
                own = self._names[name]
                return self.period if own is None else own
        return None

    def check(self, available: Mapping[str, bool], model: str) -> None:
        """Refuse names that a model does not have.

        Parameters
        ----------
        available : mapping of str to bool
            What the model records, and whether it has steps at which it could be kept or not.
        model : str
            Its name.

        Raises
        ------
        ConfigurationError
            Naming every such name, with the close match; by name in its ``of_outputs``.
        """
        found = {}
        for name, period in (self._names or {}).items():
            if name not in available:
                hint = did_you_mean(name, available)
                known = f"there are {', '.join(sorted(available))}" if available else "it records nothing"
                found[name] = f"{model} has no output {name!r}: {hint}{known}"
            elif period is not None and not available[name]:
                found[name] = f"{name!r} has no steps and is kept whole, so it takes None, not {period!r}"
        if found:
            error = ConfigurationError(listed([*found.values()], "outputs has problems"))
            error.of_outputs = found
            raise error


def _listed(outputs: Any) -> list[str]:
    return [outputs] if isinstance(outputs, str) else list(outputs)
