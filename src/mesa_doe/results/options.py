"""Options that results pass on to an analysis: refused where it does not take them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from mesa_doe.errors import AnalysisError
from mesa_doe.other_names import renamed

__all__ = ["check_options"]

# What results know themselves, and give to every analysis.
_KNOWN = {"outputs", "seed_policy", "blocks"}
_DATA = {"design", "y", "analysis", "categories", "factor_levels", "options"}


def check_options(caller: str, options: Mapping[str, Any], *functions: Callable[..., Any]) -> None:
    """Refuse options that none of the functions takes.

    Raises
    ------
    AnalysisError
    """
    taken = {name for function in functions for name in inspect.signature(function).parameters}
    allowed = sorted(taken - _KNOWN - _DATA)
    for name in options:
        if name in _KNOWN:
            raise AnalysisError(f"{caller} knows {name} itself; leave it out")
        if name not in allowed:
            takes = f"{renamed(name, allowed)}it takes {', '.join(allowed)}"
            raise AnalysisError(f"{caller} takes no option {name!r} here; {takes}")
