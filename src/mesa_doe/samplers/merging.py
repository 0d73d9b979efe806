"""Two spaces as one, and the groups of two designs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.design import Design
from mesa_doe.errors import DesignError, listed
from mesa_doe.space import ParameterSpace
from mesa_doe.space.rules import Rule
from mesa_doe.space.values import same

__all__ = ["merged_groups", "merged_space"]


def merged_space(a: ParameterSpace, b: ParameterSpace) -> ParameterSpace:
    """Return the space of the factors of both, with what is derived, correlated and excluded in either.

    Parameters
    ----------
    a, b : ParameterSpace
        Constants may be in both, with one value; nothing else may.

    Returns
    -------
    ParameterSpace
        Factors of ``a``, then of ``b``. Those of one are independent of those of the other.

    Raises
    ------
    DesignError
        Naming every clash.

    Examples
    --------
    >>> from mesa_doe.space import Real
    >>> merged_space(ParameterSpace(x=Real(0, 1), k=1), ParameterSpace(y=Real(0, 1), k=1))
    ParameterSpace(
        x=Real(low=0, high=1, log=False),
        k=1,
        y=Real(low=0, high=1, log=False),
    )
    """
    entries_a, entries_b = _entries(a), _entries(b)
    problems = [
        f"parameter {name!r} is in both spaces, as {_what(a, name)} and as {_what(b, name)}"
        for name in entries_a
        if name in entries_b and not _same_constant(a, b, name)
    ]
    known = tuple({**entries_a, **entries_b})
    for space, own in ((a, entries_a), (b, entries_b)):
        # A function that takes ** gets every parameter there is, and one with a default gets one of its name.
        problems += [
            f"{label} is a function that would be given parameters of the other space too "
            f"({', '.join(more)}); write one that names its own"
            for label, rule in _rules(space)
            if (more := [name for name in rule.names(known) if name not in rule.names(own)])
        ]
    if problems:
        raise DesignError(listed(problems, "cross: the spaces do not go together"))
    names = (*a.names, *b.names)
    correlation = None
    if a.correlation is not None or b.correlation is not None:
        correlation = pd.DataFrame(np.eye(len(names)), index=names, columns=names)
        for space in (a, b):
            if space.correlation is not None:
                correlation.loc[[*space.names], [*space.names]] = space.correlation
    constraints = [*a.constraints, *(rule for rule in b.constraints if rule not in a.constraints)]
    return ParameterSpace(
        {**entries_a, **entries_b}, correlation=correlation, constraints=constraints or None
    )


def merged_groups(a: Design, b: Design) -> dict[str, tuple[str, ...]] | None:
    """Return the groups of both designs; a factor in none is its own. None if neither has groups.

    Raises
    ------
    DesignError
        If a name is that of a group of both.
    """
    if a.groups is None and b.groups is None:
        return None
    groups_a, groups_b = (
        dict(design.groups) if design.groups is not None else {name: (name,) for name in design.factors}
        for design in (a, b)
    )
    if twice := sorted(set(groups_a) & set(groups_b)):
        raise DesignError(
            f"cross: both designs have a group {', '.join(map(repr, twice))}; name one otherwise"
        )
    return {**groups_a, **groups_b}


def _entries(space: ParameterSpace) -> dict[str, Any]:
    return {name: space[name] for name in (*space.axes, *space.constants)} | dict(space.derived)


def _rules(space: ParameterSpace) -> Iterator[tuple[str, Rule]]:
    yield from ((f"derived {name!r}", derived.rule) for name, derived in space.derived.items())
    yield from ((f"constraint {Rule(given)}", Rule(given)) for given in space.constraints)


def _same_constant(a: ParameterSpace, b: ParameterSpace, name: str) -> bool:
    return name in a.constants and name in b.constants and same(a.constants[name], b.constants[name])


def _what(space: ParameterSpace, name: str) -> str:
    return f"derived {space.derived[name]!r}" if name in space.derived else repr(space[name])
