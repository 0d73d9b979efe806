"""Constraints: which points of a space are meant, told by expressions or by functions of whole columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mesa_doe.arrays import Array, BoolArray
from mesa_doe.errors import SpaceError
from mesa_doe.space.arithmetic import equal, truths
from mesa_doe.space.axes import Axis
from mesa_doe.space.derived import in_order
from mesa_doe.space.expressions import Expression
from mesa_doe.space.levels import Categorical
from mesa_doe.space.points import close_to
from mesa_doe.space.rules import Rule
from mesa_doe.space.values import plain

__all__ = ["breaks", "constraint_problems", "kept", "read_constraints", "type_problems"]


def read_constraints(given: Any) -> tuple[Rule, ...]:
    """Read what a user writes as ``constraints=``.

    Raises
    ------
    SpaceError
        If it is no list of texts and functions.

    Examples
    --------
    >>> [str(rule) for rule in read_constraints(["a < b"])]
    ["'a < b'"]
    """
    if given is None:
        return ()
    if isinstance(given, (str, bytes, Mapping)) or callable(given) or not isinstance(given, Iterable):
        raise SpaceError(
            "constraints must be a list of expressions or functions, e.g. constraints=['a < b'],"
            f" got {given!r}; for a parameter of that name write ParameterSpace({{'constraints': ...}})"
        )
    return tuple(Rule(plain(one)) for one in given)


def constraint_problems(
    rules: Sequence[Rule], entries: Mapping[str, Any], derived: Iterable[str] = ()
) -> list[str]:
    """Say what is wrong with constraints, beside the names of factors and constants.

    Examples
    --------
    >>> constraint_problems([Rule("a < bb")], {"a": None, "b": None})
    ["constraint 'a < bb': it names 'bb', which is no parameter of the space; close: 'b'"]
    """
    problems = []
    for rule in rules:
        found = rule.problems()
        if not found:
            found = [
                f"it names {name!r}, which is derived after sampling: write its expression out"
                for name in rule.names(tuple(entries))
                if name in derived
            ]
            found += rule.unknown((*entries, *derived))
        if not found and rule.expression is not None and not rule.expression.names:
            found = ["it names no parameter, so it keeps all points or none"]
        problems += [f"constraint {rule}: {problem}" for problem in found]
    return problems


def type_problems(
    rules: Sequence[Rule], derived: Mapping[str, Rule], axes: Mapping[str, Axis], constants: Mapping[str, Any]
) -> list[str]:
    """Say where expressions compute with what is no number, and where constraints give no truths.

    All are tried on a table without rows, whose columns have their types but no values.
    """
    problems, made = [], {name: axis.from_unit(np.empty(0)) for name, axis in axes.items()}
    columns = dict(made)
    for name, needs in in_order(derived, {**axes, **constants}):
        # What a function gives is not known before it is called, nor is what is computed from it.
        if derived[name].expression is not None and all(need in made for need in needs):
            try:
                made[name] = derived[name].column(made, constants, 0)
            except SpaceError as error:
                problems.append(f"derived {name!r}: {error}")
    for rule in rules:
        if rule.expression is not None:
            try:
                kept([rule], columns, constants, 0)
            except SpaceError as error:
                problems.append(str(error))
    labelled = [(f"derived {name!r}", rule) for name, rule in derived.items()]
    labelled += [(f"constraint {rule}", rule) for rule in rules]
    for label, rule in labelled:
        if rule.expression is not None:
            problems += [f"{label}: {problem}" for problem in _no_levels(rule.expression, axes)]
    return problems


def _no_levels(expression: Expression, axes: Mapping[str, Axis]) -> list[str]:
    found = []
    for name, value in expression.compared:
        axis = axes.get(name)
        if isinstance(axis, Categorical) and not any(equal(value, plain(level)) for level in axis.levels):
            close = close_to(value, [level for level in axis.levels if isinstance(level, str)])
            found.append(f"{value!r} is no level of {name!r}{close or f': it has {axis.levels!r}'}")
    return found


def kept(
    rules: Sequence[Rule], columns: Mapping[str, Array], constants: Mapping[str, Any], count: int
) -> BoolArray:
    """Tell which rows satisfy all constraints.

    Raises
    ------
    SpaceError
        Naming the constraint that cannot be computed, or gives no truths.

    Examples
    --------
    >>> kept([Rule("a < width")], {"a": np.array([1, 9])}, {"width": 5}, 2)
    array([ True, False])
    """
    held = np.ones(count, dtype=np.bool_)
    for rule in rules:
        try:
            held &= truths(rule.column(columns, constants, count), str(rule.given), count)
        except SpaceError as error:
            raise SpaceError(f"constraint {rule}: {error}") from error
    return held


def breaks(
    rules: Sequence[Rule], columns: Mapping[str, Array], constants: Mapping[str, Any], count: int
) -> list[str]:
    """Say which constraints are broken, a sentence each, with the values of the first such row.

    Examples
    --------
    >>> breaks([Rule("a < 5")], {"a": np.array([1, 9])}, {}, 2)
    ["constraint 'a < 5': row 1 breaks it, with a=9"]
    """
    problems = []
    for rule in rules:
        try:
            rows = np.flatnonzero(~kept([rule], columns, constants, count))
        except SpaceError as error:
            problems.append(str(error))
            continue
        if len(rows):
            names = [name for name in rule.names((*columns, *constants)) if name in columns]
            values = ", ".join(f"{name}={plain(columns[name][rows[0]])!r}" for name in names)
            more = f" (so do {len(rows) - 1} more)" if len(rows) > 1 else ""
            problems.append(f"constraint {rule}: row {rows[0]} breaks it, with {values}{more}")
    return problems
