"""What a parameter space is made of, read from what a user wrote, and every mistake in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mesa_doe.errors import SpaceError
from mesa_doe.space.axes import Axis
from mesa_doe.space.constraints import constraint_problems, read_constraints, type_problems
from mesa_doe.space.copula import Copula, correlation_problems, read_correlation
from mesa_doe.space.derived import Derived, derived_problems
from mesa_doe.space.levels import Constant
from mesa_doe.space.reading import name_problem, read_entry
from mesa_doe.space.rules import Rule

__all__ = ["Parts", "read_parts"]


@dataclass
class Parts:
    """Axes and constants, derived parameters, the copula and the constraints; and what is wrong."""

    entries: dict[str, Axis] = field(default_factory=dict)
    derived: dict[str, Derived] = field(default_factory=dict)
    copula: Copula | None = None
    constraints: tuple[Rule, ...] = ()
    problems: list[str] = field(default_factory=list)


def read_parts(given: Mapping[Any, Any], correlation: Any, constraints: Any) -> Parts:
    """Read a parameter space, and gather its mistakes.

    Examples
    --------
    >>> print(*read_parts({"a": 1, "b": Derived("a + c")}, None, ["a < d"]).problems, sep=chr(10))
    derived 'b': it names 'c', which is no parameter of the space
    constraint 'a < d': it names 'd', which is no parameter of the space
    """
    parts = Parts()
    for name, value in given.items():
        if (problem := name_problem(name)) is not None:
            parts.problems.append(problem)
        if isinstance(value, Derived):
            parts.derived[name] = value
            continue
        try:
            parts.entries[name] = read_entry(value)
            parts.problems += [f"axis {name!r}: {problem}" for problem in parts.entries[name].problems()]
        except SpaceError as error:
            parts.problems.append(f"axis {name!r}: {error}")
    if parts.derived or constraints is not None:
        _read_rules(parts, given, constraints)
    if correlation is not None:
        factors = [
            name
            for name in given
            if name not in parts.derived and not isinstance(parts.entries.get(name), Constant)
        ]
        _read_copula(parts, correlation, factors)
    return parts


def _read_rules(parts: Parts, given: Mapping[Any, Any], constraints: Any) -> None:
    sound = not parts.problems
    # A parameter whose axis has mistakes is still known by its name.
    others = {name: None for name in given if name not in parts.derived}
    rules = {name: derived.rule for name, derived in parts.derived.items()}
    found = derived_problems(rules, others)
    try:
        parts.constraints = read_constraints(constraints)
        found += constraint_problems(parts.constraints, others, parts.derived)
    except SpaceError as error:
        found.append(str(error))
    if sound and not found:
        axes = {name: axis for name, axis in parts.entries.items() if not isinstance(axis, Constant)}
        constants = {name: axis.value for name, axis in parts.entries.items() if isinstance(axis, Constant)}
        found = type_problems(parts.constraints, rules, axes, constants)
    parts.problems += found


def _read_copula(parts: Parts, correlation: Any, factors: list[str]) -> None:
    try:
        matrix = read_correlation(correlation, factors)
    except SpaceError as error:
        parts.problems.append(str(error))
        return
    if found := correlation_problems(matrix, factors):
        parts.problems += found
    elif (copula := Copula(matrix)) != Copula(np.eye(len(factors))):
        parts.copula = copula
