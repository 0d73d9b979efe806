"""What a piece of code says, whatever its layout and the Python that runs it: its source, or bytecode."""

from __future__ import annotations

import ast
import dis
import hashlib
import inspect
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from types import CodeType
from typing import Any

__all__ = ["SourceFile", "bytecode_entry", "digest", "nested_codes", "shape", "uses_of"]

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_METHODS = (ast.FunctionDef, ast.AsyncFunctionDef)
_GLOBAL_READS = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
_IMMATERIAL = {"ctx", "kind", "type_comment", "type_ignores"}


class SourceFile:
    """The source of a file or a notebook's cell, and the code that comes of it."""

    def __init__(self, source: str, name: str) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the user's code: it was told when it was imported
            self.tree = ast.parse(source)
            self.codes = {*nested_codes(compile(self.tree, name, "exec", dont_inherit=True))}
        self._nodes: defaultdict[tuple[int, str], list[ast.AST]] = defaultdict(list)
        for node in ast.walk(self.tree):
            if isinstance(node, (*_DEFINITIONS, ast.Lambda)):
                decorators = getattr(node, "decorator_list", ())
                first = min(one.lineno for one in (node, *decorators))
                self._nodes[first, getattr(node, "name", "<lambda>")].append(node)

    def shape_of(self, code: CodeType) -> str | None:
        """Return what a function's source says; None where its code does not come of this source."""
        if code not in self.codes:
            return None
        return "".join(map(shape, self._nodes[code.co_firstlineno, code.co_name])) or None

    def body_of(self, cls: type, methods: Iterable[CodeType]) -> CodeType | None:
        """Return the code of a class' body; None where its methods do not come of this source."""
        named = [
            code for code in self.codes if code.co_qualname == cls.__qualname__ and not _is_function(code)
        ]
        found = [code for code in named if {*methods} <= {*nested_codes(code)}]
        return max(found, key=lambda code: code.co_firstlineno, default=None)

    def parts_of(self, body: CodeType) -> Iterator[tuple[str, str]]:
        """Return what the source of a class says: of each method, and of the rest."""
        for node in self._nodes[body.co_firstlineno, body.co_name]:
            if isinstance(node, ast.ClassDef):
                yield "", shape(node, without=_METHODS)
                for child in node.body:
                    if isinstance(child, _METHODS):
                        yield f".{child.name}", shape(child)


def shape(node: Any, without: tuple[type[ast.AST], ...] = ()) -> str:
    """Write out a syntax tree, the same on every Python: ``ast.dump`` differs with fields that are empty."""
    if isinstance(node, list):
        return f"[{' '.join(shape(one) for one in node if not isinstance(one, without))}]"
    if not isinstance(node, ast.AST):
        return ascii(node)
    fields = {name: value for name, value in ast.iter_fields(node) if name not in _IMMATERIAL}
    if isinstance(node, (*_DEFINITIONS, ast.Module)) and ast.get_docstring(node, clean=False) is not None:
        fields["body"] = node.body[1:]
    if isinstance(node, ast.JoinedStr):  # of Python 3.12 alone, a format may end in an empty text
        fields["values"] = [one for one in node.values if getattr(one, "value", None) != ""]
    shown = [
        f"{name}={shape(value, without if name == 'body' else ())}"
        for name, value in fields.items()
        if value is not None and value != []
    ]
    return f"({type(node).__name__} {' '.join(shown)})"


def bytecode_entry(code: CodeType) -> str:
    """Stand in for a source that is not to be had: comparable on one version of Python only."""
    version = ".".join(map(str, sys.version_info[:2]))
    return f"bytecode-{version}:{digest(_bytecode(code))}"


def _bytecode(value: Any) -> str:
    """Write out code but for where it stood; its constants are plain, or tuples and frozensets of such."""
    if isinstance(value, CodeType):
        names = (value.co_names, value.co_varnames, value.co_freevars, value.co_cellvars)
        counts = (value.co_argcount, value.co_posonlyargcount, value.co_kwonlyargcount, value.co_flags)
        constants = [_bytecode(one) for one in value.co_consts]
        return repr((value.co_name, value.co_code, value.co_exceptiontable, names, counts, constants))
    if isinstance(value, (tuple, frozenset)):
        parts = [_bytecode(one) for one in value]
        return repr(parts if isinstance(value, tuple) else sorted(parts))
    return ascii(value)


def nested_codes(code: CodeType) -> Iterator[CodeType]:
    """Yield a piece of code, and all that is defined in it."""
    yield code
    for one in code.co_consts:
        if isinstance(one, CodeType):
            yield from nested_codes(one)


def _is_function(code: CodeType) -> bool:
    return bool(code.co_flags & inspect.CO_OPTIMIZED)


def uses_of(code: CodeType) -> tuple[list[list[str]], list[tuple[int, str, tuple[str, ...]]]]:
    """Return the global names that code reads, each with the attributes taken of it, and its imports."""
    names: list[list[str]] = []
    imports = []
    chain: list[str] | None = None
    steps = [step for step in dis.get_instructions(code) if step.opname != "EXTENDED_ARG"]
    for position, step in enumerate(steps):
        if step.opname in _GLOBAL_READS:
            chain = [step.argval]
            names.append(chain)
        elif chain is not None and step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            chain.append(step.argval)
        else:
            chain = None
            if step.opname == "IMPORT_NAME":
                level, wanted = (one.argval for one in steps[position - 2 : position])
                imports.append((level, step.argval, wanted or ()))
    return names, imports


def digest(*texts: str | bytes) -> str:
    """Return the SHA-256 of some texts, one after the other."""
    whole = hashlib.sha256()
    for text in texts:
        whole.update(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return whole.hexdigest()
