"""`Rule`: a column made of other columns, by an expression or by a function of whole columns."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from mesa_doe.arrays import Array
from mesa_doe.errors import SpaceError
from mesa_doe.space.arithmetic import scalar
from mesa_doe.space.expressions import Expression
from mesa_doe.space.points import close_to
from mesa_doe.space.values import as_column, as_numbers, is_number, objects, plain

__all__ = ["Rule"]

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


class Rule:
    """What makes one column of others.

    Parameters
    ----------
    given : str or callable
        An `Expression` as text, or a function that takes columns as keyword arguments, arrays (n,) that
        are read-only (a constant: its value), and returns a column (n,). It gets the parameters that it
        names, all of them if it takes ``**``.

    Examples
    --------
    >>> Rule(lambda a, width: a * width).column({"a": np.array([1, 2])}, {"width": 20}, 2)
    array([20, 40])
    """

    __slots__ = ("expression", "given")

    def __init__(self, given: str | Callable[..., Any]) -> None:
        self.given: Any = given
        self.expression = Expression(given) if isinstance(given, str) else None

    def __eq__(self, other: object) -> bool:
        return self.given == other.given if isinstance(other, Rule) else NotImplemented

    def __hash__(self) -> int:
        return hash((Rule, self.given))

    def __str__(self) -> str:
        return (
            repr(self.given) if isinstance(self.given, str) else getattr(self.given, "__name__", "function")
        )

    def problems(self) -> list[str]:
        """Say what is wrong with the rule itself, a sentence each."""
        if self.expression is not None:
            return self.expression.problems()
        if not callable(self.given):
            return [f"it must be an expression as text or a function of columns, got {self.given!r}"]
        return [
            f"the function takes {p.name!r} by position only, but columns are given by keyword"
            for p in _parameters(self.given)
            if p.kind is p.POSITIONAL_ONLY and p.default is p.empty
        ]

    def names(self, known: Collection[str], spread: Collection[str] | None = None) -> tuple[str, ...]:
        """Return the names that it needs, known or not; where it takes ``**``, all of `spread` too."""
        if self.expression is not None:
            return self.expression.names
        parameters = _parameters(self.given)
        # What a partial holds already would be overwritten by a column of that name.
        bound = self.given.keywords if isinstance(self.given, functools.partial) else {}
        named = [p.name for p in parameters if p.kind in _NAMED and (p.default is p.empty or p.name in known)]
        if any(p.kind is p.VAR_KEYWORD for p in parameters):
            named += [name for name in (known if spread is None else spread) if name not in named]
        return tuple(name for name in named if name not in bound)

    def unknown(self, known: Collection[str]) -> list[str]:
        """Say which names it needs that are not known, a sentence each."""
        return [
            f"it names {name!r}, which is no parameter of the space{close_to(name, known)}"
            for name in self.names(known)
            if name not in known
        ]

    def column(self, columns: Mapping[str, Array], constants: Mapping[str, Any], count: int) -> Array:
        """Compute the column.

        Parameters
        ----------
        columns : mapping of str to ndarray, shape (count,)
        constants : mapping of str to object
        count : int

        Returns
        -------
        ndarray, shape (count,)
            bool, int64, float64 or object.

        Raises
        ------
        SpaceError
            If it cannot be computed, or the function raises, or returns something else.
        """
        names = self.names((*columns, *constants))
        if self.expression is not None:
            held = {name: columns[name] if name in columns else scalar(constants[name]) for name in names}
            return self.expression(held, count)
        given = {name: _locked(columns[name]) if name in columns else constants[name] for name in names}
        try:
            made = self.given(**given)
        except Exception as error:
            hint = ": it gets whole columns, so write & | ~ in place of and, or, not, and np.where for if"
            raise SpaceError(
                f"the function raised {type(error).__name__}: {error}"
                f"{hint if 'truth value of an array' in str(error) else ''}"
            ) from error
        column = tidied(made)
        if len(column) != count:
            raise SpaceError(f"the function returned {len(column)} values for {count} rows")
        return column.copy()  # it may be one of those given, which are read-only


def tidied(values: Any) -> Array:
    """Hold a column that a user made as bool, int64 or float64 where that is all it holds, else as objects.

    Examples
    --------
    >>> tidied([1, 2]).dtype, tidied([1, (2, 3)]).dtype
    (dtype('int64'), dtype('O'))
    """
    try:
        column = as_column(values)
    except SpaceError as error:
        raise SpaceError(f"the function returned no column: {error}") from error
    if column.dtype.kind == "O":
        plainly = [plain(value) for value in column]
        if plainly and all(isinstance(value, bool) for value in plainly):
            return np.array(plainly, dtype=np.bool_)
        return as_numbers(column) if plainly and all(map(is_number, plainly)) else column
    if column.dtype.kind == "f":
        return column.astype(np.float64)
    if column.dtype.kind == "i" or (column.dtype.kind == "u" and column.max(initial=0) < 2**63):
        return column.astype(np.int64)
    return column if column.dtype.kind == "b" else objects(column.tolist())


def _locked(column: Array) -> Array:
    # The same columns go to the next rule and into the design.
    view = column.view()
    view.setflags(write=False)
    return view


def _parameters(function: Any) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some functions written in C tell nothing: they get all columns
        return [inspect.Parameter("columns", inspect.Parameter.VAR_KEYWORD)]
