"""Letting go of a model after its run: what Mesa, and the frames of a traceback, hold on to."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["chain", "forget", "forget_agents", "forget_neighbourhoods", "forget_unfinished"]


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that it came from."""
    seen: list[BaseException] = []
    while error is not None and all(error is not other for other in seen):
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


def forget(model: Any) -> None:
    """Let go of a model: two of Mesa's class attributes keep every model alive."""
    forget_agents(model)
    forget_neighbourhoods()


def forget_agents(model: Any) -> None:
    """Let go of what Mesa's agents know of a model: up to Mesa 3.4.1, the counters of their ids."""
    if "mesa.agent" in sys.modules and _agents_have_counters():
        for kind in list(getattr(model, "agent_types", None) or ()):
            ids = getattr(kind, "_ids", None)
            if isinstance(ids, dict):
                ids.pop(model, None)


def forget_neighbourhoods() -> None:
    """Let go of all models' cached neighbourhoods of cells, and with a cell its agents and their model."""
    if "mesa.discrete_space.cell" in sys.modules:
        for clear in _clears_of_cells():
            clear()


@functools.cache
def _agents_have_counters() -> bool:
    return hasattr(getattr(sys.modules["mesa.agent"], "Agent", None), "_ids")


@functools.cache
def _clears_of_cells() -> list[Callable[[], None]]:
    cell = getattr(sys.modules["mesa.discrete_space.cell"], "Cell", None)
    methods = [getattr(cell, name, None) for name in ("get_neighborhood", "_neighborhood")]
    return [clear for clear in (getattr(one, "cache_clear", None) for one in methods) if clear is not None]


def forget_unfinished(error: BaseException) -> None:
    """Let go of a model whose constructor failed: only the frames of the traceback know it."""
    ids = getattr(getattr(sys.modules.get("mesa.agent"), "Agent", None), "_ids", None)
    trace = error.__traceback__
    while isinstance(ids, dict) and trace is not None:
        if trace.tb_frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            known = trace.tb_frame.f_locals
            for model in [m for m in ids if any(m is value for value in known.values())]:
                ids.pop(model)
            if isinstance(known, dict):
                # Up to Python 3.12 a copy, which stays with the frame.
                known.clear()
        trace = trace.tb_next
    forget(None)
