"""The parsed tree of an expression, turned into functions of columns; what has no place in one is told.

Nothing is ever handed to Python's ``eval`` or ``compile``: only the kinds of node that are named here are
turned into calls of `arithmetic`, and a name is nothing but the name of a column.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from mesa_doe.arrays import Array
from mesa_doe.errors import SpaceError
from mesa_doe.space.arithmetic import Rows, calculate, compare, extreme, negate, scalar, size, truths

__all__ = ["ALLOWED", "Compiler", "Program"]

Program: TypeAlias = Callable[[Rows], Array]

ALLOWED = (
    "allowed are names of parameters, numbers, + - * / % **, comparisons, 'in [...]', and, or, not,"
    " parentheses, min(), max() and abs()"
)
_BINARY = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Mod: "%", ast.Pow: "**"}
_COMPARISONS = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_REFUSED: dict[type[ast.AST], str] = {
    ast.Attribute: "an attribute",
    ast.Await: "await",
    ast.Call: "a call of something else than min, max and abs",
    ast.Dict: "a dict",
    ast.DictComp: "a comprehension",
    ast.GeneratorExp: "a comprehension",
    ast.IfExp: "if ... else",
    ast.JoinedStr: "a formatted text",
    ast.Lambda: "a lambda",
    ast.List: "a list that does not follow 'in'",
    ast.ListComp: "a comprehension",
    ast.NamedExpr: "an assignment",
    ast.Set: "a set",
    ast.SetComp: "a comprehension",
    ast.Slice: "a slice",
    ast.Starred: "a starred argument",
    ast.Subscript: "an index",
    ast.Tuple: "a tuple that does not follow 'in'",
    ast.Yield: "yield",
    ast.YieldFrom: "yield",
}


class Compiler:
    """Turns the nodes of one expression into programs, and gathers what it meets on the way.

    Parameters
    ----------
    text : str

    Attributes
    ----------
    names : list of str
        The name of a column for each place where one stands.
    compared : list of (str, object)
        Each name that is compared with a literal by ``==``, ``!=`` or ``in``, and that literal.
    problems : list of str
        What is refused, with its position, a sentence each.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.names: list[str] = []
        self.compared: list[tuple[str, Any]] = []
        self.problems: list[str] = []

    def program(self, node: ast.expr) -> Program:
        """Return the function of rows that a node stands for; a stand-in where it is refused."""
        before = len(self.names)
        match node:
            case ast.Constant(value=bool() | int() | float() as value):
                return self._number(node, value)
            case ast.Constant(value=str()):
                return self._refuse(node, "a text that is not compared by ==, != or in")
            case ast.Constant(value=value):
                return self._refuse(node, f"the value {value!r}")
            case ast.Name(id=name):
                self.names.append(name)
                return lambda rows: rows.column(name)
            case ast.UnaryOp(op=ast.Not()):
                return self._not(node)
            case ast.BoolOp():
                return self._both(node)
            case ast.Compare():
                return self._compare(node)
            case ast.UnaryOp(op=ast.UAdd() | ast.USub()):
                program = self._signed(node)
            case ast.BinOp() if type(node.op) in _BINARY:
                program = self._binary(node)
            case ast.Call(func=ast.Name(id="min" | "max" | "abs")):
                program = self._call(node)
            case ast.BinOp(op=ast.BitAnd() | ast.BitOr()) | ast.UnaryOp(op=ast.Invert()):
                return self._refuse(node, "an operator on bits (for truths write and, or, not)")
            case ast.BinOp():
                return self._refuse(node, "another operator")
            case _:
                return self._refuse(node, _REFUSED.get(type(node), type(node).__name__.lower()))
        if len(self.names) == before and not self.problems:  # numbers only: told now, not while sampling
            try:
                program(Rows({}, 1))
            except SpaceError as error:
                self.problems.append(str(error))
        return program

    def _source(self, node: ast.AST) -> str:
        return ast.get_source_segment(self.text, node) or ast.unparse(node)

    def _refuse(self, node: ast.expr, what: str) -> Program:
        # ast counts the bytes of UTF-8, readers count characters.
        position = len(self.text.encode()[: node.col_offset].decode()) + 1
        self.problems.append(f"{self._source(node)!r} at position {position} is {what}; {ALLOWED}")
        return lambda rows: np.zeros(rows.count)

    def _number(self, node: ast.Constant, value: float) -> Program:
        if abs(value) >= 2**63 and (isinstance(value, int) or value == float("inf")):
            return self._refuse(node, "a number too large")
        held = scalar(value)
        return lambda _: held

    def _not(self, node: ast.UnaryOp) -> Program:
        operand, text = self.program(node.operand), self._source(node.operand)
        return lambda rows: ~truths(operand(rows), text, rows.count)

    def _both(self, node: ast.BoolOp) -> Program:
        parts = [(self.program(value), self._source(value)) for value in node.values]
        conjunction = isinstance(node.op, ast.And)

        def program(rows: Rows) -> Array:
            (first, text), *others = parts
            held = truths(first(rows), text, rows.count)
            for part, text in others:
                # As in Python, a part is computed only where it decides: 'b != 0 and a / b > 1' is safe.
                open_rows = np.flatnonzero(held if conjunction else ~held)
                held[open_rows] = truths(part(rows.at(open_rows)), text, len(open_rows))
            return held

        return program

    def _signed(self, node: ast.UnaryOp) -> Program:
        operand, texts = self.program(node.operand), (self._source(node), self._source(node.operand))
        if isinstance(node.op, ast.USub):
            return lambda rows: negate(operand(rows), texts, rows)
        return lambda rows: extreme(True, [operand(rows)], texts[1:])  # the number itself, if it is one

    def _binary(self, node: ast.BinOp) -> Program:
        symbol = _BINARY[type(node.op)]
        left, right = self.program(node.left), self.program(node.right)
        texts = (self._source(node), self._source(node.left), self._source(node.right))
        return lambda rows: calculate(symbol, left(rows), right(rows), texts, rows)

    def _call(self, node: ast.Call) -> Program:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if node.keywords or (len(node.args) != 1 if name == "abs" else len(node.args) < 2):
            takes = "takes one argument" if name == "abs" else "takes two arguments or more, without names"
            return self._refuse(node, f"a wrong call: {name} {takes}")
        parts, texts = [self.program(arg) for arg in node.args], [self._source(arg) for arg in node.args]
        if name == "abs":
            both = (self._source(node), texts[0])
            return lambda rows: size(parts[0](rows), both, rows)
        return lambda rows: extreme(name == "min", [part(rows) for part in parts], texts)

    def _compare(self, node: ast.Compare) -> Program:
        nodes = [node.left, *node.comparators]
        links = [self._link(op, *nodes[i : i + 2]) for i, op in enumerate(node.ops)]
        operands = [self._operand(node, i) for i in range(len(nodes))]

        def program(rows: Rows) -> Array:
            held = np.ones(rows.count, dtype=np.bool_)
            open_rows, left = np.arange(rows.count), operands[0](rows)
            for link, operand in zip(links, operands[1:], strict=True):
                right = operand(rows.at(open_rows))
                holds = np.broadcast_to(link(left, right), (len(open_rows),))
                held[open_rows] = holds
                open_rows, left = open_rows[holds], right if right.ndim == 0 else right[holds]
            return held

        return program

    def _operand(self, node: ast.Compare, i: int) -> Program:
        operand = [node.left, *node.comparators][i]
        beside = node.ops[max(i - 1, 0) : i + 1]
        if i and isinstance(node.ops[i - 1], (ast.In, ast.NotIn)):
            if i < len(node.ops):
                self._refuse(operand, "a list with a comparison after it")
            return lambda _: np.zeros(())  # the link itself holds the list
        text = isinstance(operand, ast.Constant) and isinstance(operand.value, str)
        if text and all(isinstance(op, (ast.Eq, ast.NotEq)) for op in beside):
            held = scalar(ast.literal_eval(operand))
            return lambda _: held
        return self.program(operand)

    def _link(self, op: ast.cmpop, left: ast.expr, right: ast.expr) -> Callable[[Array, Array], Array]:
        one, other = self._source(left), self._source(right)
        texts = (f"{one} {_written(op)} {other}", one, other)
        if isinstance(op, (ast.In, ast.NotIn)):
            listed = self._listed(right)
            self._note(left, listed)
            held = [scalar(value) for value in listed]

            def among(value: Array, _: Array) -> Array:
                found = np.zeros(value.shape, dtype=np.bool_)
                for literal in held:
                    found = found | compare("==", value, literal, texts)
                return found if isinstance(op, ast.In) else ~found

            return among
        if type(op) not in _COMPARISONS:
            self._refuse(right, f"compared by {_written(op)!r}, which is no comparison of values")
            return lambda value, _: np.zeros(value.shape, dtype=np.bool_)
        symbol = _COMPARISONS[type(op)]
        if symbol in ("==", "!="):
            self._note(left, self._literal(right))
            self._note(right, self._literal(left))
        return lambda a, b: compare(symbol, a, b, texts)

    def _note(self, node: ast.expr, literals: Sequence[Any]) -> None:
        if isinstance(node, ast.Name):
            self.compared += [(node.id, value) for value in literals]

    def _literal(self, node: ast.expr) -> list[Any]:
        match node:
            case ast.Constant(value=bool() | int() | float() | str() as value):
                return [value]
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as value)):
                return [-value]
        return []

    def _listed(self, node: ast.expr) -> list[Any]:
        if not isinstance(node, (ast.List, ast.Tuple)):
            self._refuse(node, "no list: 'in' takes [...] of numbers and texts")
            return []
        found: list[Any] = []
        for element in node.elts:
            if not (literal := self._literal(element)):
                self._refuse(element, "no number or text, which is all that a list may hold")
            found += literal
        return found


def _written(op: ast.cmpop) -> str:
    names = {ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not"}
    return {**_COMPARISONS, **names}[type(op)]
