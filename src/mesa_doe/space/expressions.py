"""`Expression`: a formula or a condition written as text, over columns by name."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from mesa_doe.arrays import Array
from mesa_doe.errors import SpaceError, listed
from mesa_doe.space.arithmetic import Rows
from mesa_doe.space.compiling import ALLOWED, Compiler, Program

__all__ = ["Expression"]

# Python's own parser can be brought down by depth, and so could the functions made of the tree.
_LONGEST = 2000
_DEEPEST = 150


class Expression:
    """A formula or a condition written as text; parsed and checked here, never handed to ``eval``.

    Parameters
    ----------
    text : str
        Names of parameters, numbers, ``+ - * / % **``, comparisons (chained too), ``in [...]``, ``and``,
        ``or``, ``not``, parentheses, ``min``, ``max`` and ``abs``; texts only beside ``==``, ``!=`` and in
        the list after ``in``. It means what it means in Python, for each row.

    Attributes
    ----------
    names : tuple of str
        The names in it, in order of appearance, each once.
    compared : tuple of (str, object)
        Each name that is compared with a literal by ``==``, ``!=`` or ``in``, and that literal.

    Notes
    -----
    The constructor never raises: `problems` says what is wrong. Different from Python: whole numbers stay
    within 64 bits, and what leaves them, or is not finite, is an error, as is a whole number to a negative
    power; numbers alone that cannot be computed (``1 / 0``) are refused even where they are not come to;
    ``and``, ``or`` and ``not`` take truths only; ``True`` and ``1`` are two levels.

    Examples
    --------
    >>> Expression("a < 2 * b <= 6")({"a": np.array([1, 9]), "b": np.array([3, 3])}, 2)
    array([ True, False])
    >>> Expression("a.real").problems()
    ["'a.real' at position 1 is an attribute; allowed are names of parameters, numbers, ..."]
    """

    __slots__ = ("_problems", "_program", "compared", "names", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: tuple[str, ...] = ()
        self.compared: tuple[tuple[str, Any], ...] = ()
        self._program: Program | None = None
        stripped = text.strip()
        tree = _parsed(stripped)
        if isinstance(tree, str):
            self._problems = [tree]
            return
        compiler = Compiler(stripped)
        self._program = compiler.program(tree)
        self._problems = compiler.problems
        self.names = tuple(dict.fromkeys(compiler.names))
        self.compared = tuple(compiler.compared)

    def problems(self) -> list[str]:
        """Say what is wrong with the text, a sentence each."""
        return list(self._problems)

    def __call__(self, columns: Mapping[str, Array], rows: int) -> Array:
        """Compute the expression for each row.

        Parameters
        ----------
        columns : mapping of str to ndarray, shape (rows,) or ()
            bool, int64, float64 or object, for each of `names`.
        rows : int

        Returns
        -------
        ndarray, shape (rows,)
            bool, int64 or float64 (object for the name of a column of objects alone).

        Raises
        ------
        SpaceError
            If the text is wrong, or cannot be computed in a row.
        """
        if self._problems or self._program is None:
            raise SpaceError(listed(self._problems, f"the expression {self.text!r} has mistakes"))
        return np.array(np.broadcast_to(self._program(Rows(columns, rows)), (rows,)))

    def __eq__(self, other: object) -> bool:
        return self.text == other.text if isinstance(other, Expression) else NotImplemented

    def __hash__(self) -> int:
        return hash((Expression, self.text))

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Expression, (self.text,)


def _parsed(text: str) -> ast.expr | str:
    """Return the tree of a text, or what is wrong with it."""
    if not text:
        return f"the expression is empty; {ALLOWED}"
    if len(text) > _LONGEST:
        return f"the expression has {len(text)} characters, the most is {_LONGEST}: use a function instead"
    if not text.isprintable():
        return "the expression must be one line of printable characters: use 'and' to join conditions"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python's, about its own literals
            tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        where = f" at position {error.offset}" if error.offset else " at its end"
        if error.offset and text[error.offset - 1 :].startswith("="):
            where += " (equality is ==)"
        return f"this is no expression: {error.msg}{where}; {ALLOWED}"
    except (MemoryError, RecursionError, ValueError) as error:
        return f"this cannot be parsed: {type(error).__name__}: {error}"
    level: list[ast.AST] = [tree]
    depth = 0
    while level:
        depth += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    if depth > _DEEPEST:
        return f"the expression is nested {depth} deep, the most is {_DEEPEST}: use a function instead"
    return tree
