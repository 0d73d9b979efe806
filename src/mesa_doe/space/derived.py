"""`Derived`: a parameter that is computed from others after sampling, and is no factor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from mesa_doe.arrays import Array
from mesa_doe.errors import SpaceError
from mesa_doe.space.rules import Rule

__all__ = ["Derived", "computed", "derived_problems", "in_order"]


@dataclass(frozen=True)
class Derived:
    """A parameter computed from factors, constants and other derived ones; no factor of the design.

    Parameters
    ----------
    expression : str or callable
        Text such as ``"a + 2 * b"`` or ``"density > 0.5"`` (what may stand in one is told by
        `mesa_doe.space.expressions.Expression`), or a function that takes columns as keyword arguments,
        read-only arrays (n,), constants as their values, and returns a column (n,): an array, or a list
        of any objects.

    Examples
    --------
    >>> from mesa_doe.space import Integer, ParameterSpace
    >>> space = ParameterSpace(sheep=Integer(10, 20), ratio=0.5, wolves=Derived("ratio * sheep"))
    >>> space.names, space.derived_columns(space.from_unit([[0.0], [1.0]]))
    (('sheep',), {'wolves': array([ 5., 10.])})
    """

    expression: str | Callable[..., Any]

    def problems(self) -> list[str]:
        """Say what is wrong with the expression itself, a sentence each."""
        return self.rule.problems()

    @property
    def rule(self) -> Rule:
        """The expression or function, made ready."""
        return Rule(self.expression)


def _needs(rules: Mapping[str, Rule], others: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    # A function with ** gets factors and constants only: with the derived ones it would need itself.
    return {
        name: tuple(need for need in rule.names((*others, *rules), others) if need in rules)
        for name, rule in rules.items()
    }


def derived_problems(rules: Mapping[str, Rule], others: Mapping[str, Any]) -> list[str]:
    """Say what is wrong with derived parameters, beside the names of the factors and constants.

    Examples
    --------
    >>> derived_problems({"a": Rule("b + 1"), "b": Rule("2 * a"), "c": Rule("x + y")}, {"x": None})
    ["derived 'c': it names 'y', which is no parameter of the space", "derived 'a', 'b': each needs ..."]
    """
    problems, needs = [], _needs(rules, others)
    for name, rule in rules.items():
        found = rule.problems()
        if not found and name in needs[name]:
            found = ["it needs itself"]
        elif not found:
            found = rule.unknown((*others, *rules))
        problems += [f"derived {name!r}: {problem}" for problem in found]
    try:
        TopologicalSorter({k: [n for n in needed if n != k] for k, needed in needs.items()}).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]
        names = ", ".join(repr(name) for name in needs if name in circle)
        problems.append(f"derived {names}: each needs the other: {' -> '.join(circle)}")
    return problems


def in_order(rules: Mapping[str, Rule], others: Mapping[str, Any]) -> list[tuple[str, tuple[str, ...]]]:
    """List derived parameters, each after those that it needs, and these.

    Examples
    --------
    >>> in_order({"b": Rule("c + x"), "c": Rule("2 * x")}, {"x": None})
    [('c', ()), ('b', ('c',))]
    """
    needs = _needs(rules, others)
    return [(name, needs[name]) for name in TopologicalSorter(needs).static_order()]


def computed(
    rules: Mapping[str, Rule], columns: Mapping[str, Array], constants: Mapping[str, Any], count: int
) -> dict[str, Array]:
    """Compute derived columns, each after those that it needs; in the order of `rules`.

    Raises
    ------
    SpaceError
        Naming the derived parameter that cannot be computed.

    Examples
    --------
    >>> computed({"b": Rule("c + 1"), "c": Rule("2 * x")}, {}, {"x": 3}, 1)
    {'b': array([7]), 'c': array([6])}
    """
    made: dict[str, Array] = {}
    for name, needs in in_order(rules, {**columns, **constants}):
        held = {**columns, **{need: made[need] for need in needs}}
        try:
            made[name] = rules[name].column(held, constants, count)
        except SpaceError as error:
            raise SpaceError(f"derived {name!r}: {error}") from error
    return {name: made[name] for name in rules}
