"""The options of a design as what JSON can hold, and back: tuples and numbers as keys included."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from mesa_doe.errors import DesignError, listed
from mesa_doe.seeding import DrawnRoot
from mesa_doe.space.values import plain

__all__ = ["options_from_json", "options_to_json"]

# Keys that stand for what JSON has not: they can be no option's name.
_TUPLE, _MAPPING = "()", "{}"


def options_to_json(options: Mapping[str, Any], method: str) -> dict[str, Any]:
    """Describe options in what JSON gives back exactly.

    Raises
    ------
    DesignError
        Naming each option that would come back as something else (a function, an object, …).

    Examples
    --------
    >>> options_to_json({"n": 4, "grown_from": (1, 2)}, "latin_hypercube")
    {'n': 4, 'grown_from': {'()': [1, 2]}}
    """
    made, problems = {}, []
    for name, value in options.items():
        try:
            made[name] = _encoded(value)
        except TypeError as error:
            problems.append(f"option {name!r} of {method}: {error}")
    if problems:
        raise DesignError(listed(problems, f"the {method} design cannot be saved"))
    return made


def options_from_json(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that :func:`options_to_json` described.

    Examples
    --------
    >>> options_from_json({"n": 4, "grown_from": {"()": [1, 2]}})
    {'n': 4, 'grown_from': (1, 2)}
    """
    return {name: _decoded(value) for name, value in document.items()}


def _encoded(value: Any) -> Any:
    value = plain(value)
    if isinstance(value, DrawnRoot):
        # From a file it is the same each time.
        return int(value)
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float and math.isfinite(value):
        return value
    if type(value) is list:
        return [_encoded(item) for item in value]
    if type(value) is tuple:
        return {_TUPLE: [_encoded(item) for item in value]}
    if isinstance(value, Mapping):
        if all(type(key) is str for key in value) and not {_TUPLE, _MAPPING} & set(value):
            return {key: _encoded(item) for key, item in value.items()}
        return {_MAPPING: [[_encoded(key), _encoded(item)] for key, item in value.items()]}
    raise TypeError(f"{value!r} cannot be written to a file and read back as the same {type(value).__name__}")


def _decoded(value: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(item) for item in value]
    if isinstance(value, dict):
        if set(value) == {_TUPLE}:
            return tuple(_decoded(item) for item in value[_TUPLE])
        if set(value) == {_MAPPING}:
            return {_decoded(key): _decoded(item) for key, item in value[_MAPPING]}
        return {key: _decoded(item) for key, item in value.items()}
    return value
