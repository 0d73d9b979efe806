"""How agents are drawn, of which a study says nothing: by class, or by an attribute of few values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

from mesa_doe.plots import palette

__all__ = ["CLASS", "attributes_of", "by_default", "portrayal"]

#: Agents are coloured by it where no attribute is chosen.
CLASS = "class"
_MOST_VALUES = 8
_MOST_LOOKED_AT = 2000
# Names that authors give to what sets agents of one class apart.
_TELLING = ("type", "state", "condition", "status", "kind", "group", "opinion")


def attributes_of(agents: Iterable[Any]) -> list[str]:
    """Return the attributes of agents that have two to eight plain values, in their order.

    Examples
    --------
    >>> class Agent:
    ...     def __init__(self, unique_id, type):
    ...         self.unique_id, self.type = unique_id, type
    >>> attributes_of([Agent(k, "ab"[k % 2]) for k in range(20)])
    ['type']
    """
    values: dict[str, set[Any]] = {}
    for agent, _ in zip(agents, range(_MOST_LOOKED_AT), strict=False):
        for name, value in getattr(agent, "__dict__", {}).items():
            found = values.setdefault(name, set())
            if not name.startswith("_") and len(found) <= _MOST_VALUES:
                # What is no plain value is as if it had too many.
                is_plain = isinstance(value, (bool, int, str, Enum))
                found.update([value] if is_plain else range(_MOST_VALUES + 1))
    return [name for name, found in values.items() if 2 <= len(found) <= _MOST_VALUES]


def by_default(agents: Iterable[Any]) -> str:
    """Return what agents are coloured by at first: their class, or of one class a telling attribute."""
    known = list(agents)
    if len({type(agent) for agent in known}) > 1:
        return CLASS
    found = attributes_of(known)
    return next((name for name in _TELLING if name in found), CLASS)


def portrayal(
    by: str, fixed: tuple[type, ...], style: Callable[..., Any]
) -> tuple[Callable[[Any], Any], dict[str, str]]:
    """Return a function that says how an agent is drawn, and the colours it has given so far.

    Parameters
    ----------
    by : str
        ``"class"`` or an attribute.
    fixed : tuple of type
        Classes of agents that never move: they are pale squares, for others stand on them.
    style : callable
        Mesa's ``AgentPortrayalStyle``.

    Returns
    -------
    portray : callable
    colours : dict of str to str
        Grows as agents are drawn.
    """
    colours: dict[str, str] = {}

    def portray(agent: Any) -> Any:
        value = type(agent).__name__ if by == CLASS else getattr(agent, by, None)
        name = str(value.name if isinstance(value, Enum) else value)
        # Mesa 3.5 loses agents of another zorder than 1, and alpha: what lies below is pale by its colour.
        pale = isinstance(agent, fixed)
        if name not in colours:
            free = palette.OKABE_ITO[len(colours) :]
            colours[name] = (free[0] if free else palette.GREY) + ("40" if pale else "")
        return style(color=colours[name], size=None, marker="s" if pale else "o", zorder=1)

    return portray, colours
