"""Constants in a study: as values where JSON gives them back as they are, else as text that shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeAlias

from mesa_doe.columns import as_column
from mesa_doe.errors import SpaceError
from mesa_doe.space.values import json_ready, plain

__all__ = ["constant_values", "described_constant", "same_constants"]

Described: TypeAlias = Mapping[str, Mapping[str, Any]]


def described_constant(value: Any) -> dict[str, Any]:
    """Write down a constant.

    Examples
    --------
    >>> described_constant([0, 19]), described_constant((0, 19))
    ({'value': [0, 19]}, {'text': '[0, 19]'})
    """
    try:
        return {"value": json_ready(plain(value))}
    except SpaceError:
        return {"text": _text(value)}


def constant_values(described: Described) -> dict[str, Any]:
    """Return the constants by name, as values or as text.

    Examples
    --------
    >>> constant_values({"width": {"value": 20}, "ends": {"text": "[0, 19]"}})
    {'width': 20, 'ends': '[0, 19]'}
    """
    return {name: next(iter(one.values())) for name, one in described.items()}


def same_constants(old: Described, new: Described) -> bool:
    """Whether constants are the same, as far as both sides tell.

    Examples
    --------
    >>> same_constants({"ends": {"text": "[0, 19]"}}, {"ends": {"value": [0, 19]}})
    True
    """
    return _told(old, new) == _told(new, old)


def _told(one: Described, other: Described) -> str:
    # Earlier studies hold lists as text.
    found = {
        name: {"text": _text(known["value"])} if "value" in known and "text" in other.get(name, ()) else known
        for name, known in one.items()
    }
    # As JSON, in which 1, 1.0 and true are not equal.
    return json.dumps(found, sort_keys=True)


def _text(value: Any) -> str | None:
    text, _ = as_column([value])
    return None if text is None else str(text[0])
