"""Numbers and other values as the text of a page."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from mesa_doe.space.values import plain

__all__ = ["alike", "number", "short"]

_LONGEST = 300


def number(value: Any) -> str:
    """Write a number with four digits.

    Examples
    --------
    >>> number(0.123456), number(120), number(float("nan"))
    ('0.1235', '120', '–')
    """
    if not isinstance(value, float):
        return str(value)
    return "–" if math.isnan(value) else f"{value:.4g}".replace("-", "−")


def alike(values: Iterable[float]) -> Callable[[float], str]:
    """Return what writes numbers of one column with as many decimals: four digits of the largest, or three.

    Examples
    --------
    >>> [alike([0.5, 12.25])(value) for value in (0.5, 12.25)]
    ['0.50', '12.25']
    >>> [alike([0.05])(0.05), alike([0.0123])(0.0123)]
    ['0.0500', '0.0123']
    """
    largest = max((abs(value) for value in values if math.isfinite(value)), default=0.0)
    size = math.floor(math.log10(largest)) if largest > 0 else 0
    decimals = max(3 - size, 0) if size > 0 else max(3, 2 - size)
    if not -8 < size < 7:
        return number
    return lambda value: "–" if math.isnan(value) else f"{value + 0.0:.{decimals}f}".replace("-", "−")


def short(value: Any) -> str:
    """Write a value, cut where it is long; functions and classes by their names."""
    value = plain(value)
    told = getattr(value, "__qualname__", None) or (value if isinstance(value, str) else repr(value))
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}…"
