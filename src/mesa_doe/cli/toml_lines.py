"""Where the keys of a TOML text stand: ``tomllib`` reads values, and forgets their lines."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import TypeAlias

__all__ = ["Key", "key_lines"]

#: Names from the outside in; the tables of an array are numbered from 0.
Key: TypeAlias = tuple[str | int, ...]

# Texts and comments are one token each, so that no bracket or line end in them counts.
_TOKEN = re.compile(
    r"""
      \#[^\n]*
    | (?P<text> \"{3} (?:\\.|[^\\])*? \"{3}(?!\") | '{3} .*? '{3}(?!') | "(?:\\.|[^"\\\n])*" | '[^'\n]*' )
    | (?P<mark> [\[\]{}=.,\n] )
    | (?P<bare> [^\s\[\]{}=.,"'\#]+ )
    """,
    re.VERBOSE | re.DOTALL,
)
_END = "\0"


def key_lines(text: str) -> dict[Key, int]:
    r"""Return the line, counted from 1, on which each key and section first stands.

    Parameters
    ----------
    text : str
        Valid TOML.

    Examples
    --------
    >>> key_lines("[space]\nwidth = 20\ntorus = {boolean = true}")
    {('space',): 1, ('space', 'width'): 2, ('space', 'torus'): 3, ('space', 'torus', 'boolean'): 3}
    """
    return _Scan(text).lines


class _Scan:
    """A walk over the tokens, which trusts that they are valid TOML."""

    def __init__(self, text: str) -> None:
        self.lines: dict[Key, int] = {}
        self._arrays: dict[Key, int] = {}
        self._tokens = _tokens(text)
        self._next()
        section: Key = ()
        while self._token != _END:
            if self._token == "\n":
                self._next()
            elif self._token == "[":
                section = self._header()
            else:
                self._entry(section)

    def _next(self) -> str:
        """Return the token at hand, and take up the one after it."""
        gone = getattr(self, "_token", "")
        self._token, self._line = next(self._tokens)
        return gone

    def _header(self) -> Key:
        self._next()
        is_array = self._token == "["
        if is_array:
            self._next()
        names, line = self._names()
        key: Key = ()
        for name in names:
            key = (*key, name)
            if key in self._arrays and not (is_array and len(key) == len(names)):
                key = (*key, self._arrays[key])
            self.lines.setdefault(key, line)
        if is_array:
            self._arrays[key] = self._arrays.get(key, -1) + 1
            key = (*key, self._arrays[key])
            self.lines[key] = line
        while self._token == "]":
            self._next()
        return key

    def _entry(self, where: Key) -> None:
        names, line = self._names()
        for name in names:
            where = (*where, name)
            self.lines.setdefault(where, line)
        self._next()  # =
        self._value(where)

    def _names(self) -> tuple[list[str], int]:
        names, line = [], self._line
        while self._token not in ("=", "]"):
            name = self._next()
            if name != ".":
                names.append(tomllib.loads(f"x = {name}")["x"] if name[0] in "\"'" else name)
        return names, line

    def _value(self, where: Key) -> None:
        if self._token not in ("[", "{"):
            while self._token not in (",", "]", "}", "\n", _END):
                self._next()
            return
        closing, place = "]" if self._next() == "[" else "}", 0
        while self._token != closing:
            if self._token in (",", "\n"):
                self._next()
            elif closing == "}":
                self._entry(where)
            else:
                self.lines[*where, place] = self._line
                self._value((*where, place))
                place += 1
        self._next()


def _tokens(text: str) -> Iterator[tuple[str, int]]:
    line, counted = 1, 0
    for found in _TOKEN.finditer(text):
        line += text.count("\n", counted, found.start())
        counted = found.start()
        if found.lastgroup is not None:
            yield found[0], line
    yield _END, line
    yield _END, line
