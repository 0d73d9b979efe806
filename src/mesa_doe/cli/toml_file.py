"""A TOML file, and what is wrong in it: every mistake by its key and line, all at once."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mesa_doe.cli.toml_lines import Key, key_lines
from mesa_doe.errors import ConfigurationError, MesaDoeError, did_you_mean, listed

__all__ = ["TomlFile", "problems_of", "spelled", "written"]


class TomlFile:
    """What a file says, and the mistakes that were found in it so far.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    path : Path
    data : dict

    Raises
    ------
    ConfigurationError
        If there is no such file, or it is no TOML.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ConfigurationError(
                f"{path} is no study file, which is a text in UTF-8 ({error})"
            ) from error
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be read: {error}") from error
        try:
            self.data: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{path} is no TOML: {error}{_line_of(error, text)}") from error
        self._lines = key_lines(text)
        self._problems: list[tuple[int, str]] = []

    def line(self, key: Key) -> int:
        """Return the line of a key, or of the nearest that stands around it; 0 where none does."""
        while key and key not in self._lines:
            key = key[:-1]
        return self._lines.get(key, 0)

    def wrong(self, key: Key, why: str) -> None:
        """Note a mistake: the name of the key is put before it."""
        self._problems.append((self.line(key), f"{spelled(key)}: {why}"))

    def takes(self, key: Key, what: str, given: Any) -> None:
        """Note a value that is none of those allowed."""
        self._problems.append((self.line(key), f"{spelled(key)} takes {what}, got {written(given)}"))

    def no_such(self, key: Key, what: str, name: Any, known: Iterable[str], command: str) -> None:
        """Note a name that there is not, with the command that lists those that there are."""
        self.wrong(key, f"there is no {what} {name!r}: {did_you_mean(name, known)}{command} lists all")

    def blame(self, error: MesaDoeError, *sections: Key, default: Key | None = None) -> None:
        """Note what an error says, each problem at the key of these sections that it is about.

        Parameters
        ----------
        error : MesaDoeError
        *sections : Key
            Where the key is looked for, or the text among a list's.
        default : Key, optional
            Whose a problem is that is about none; by default the first section's.
        """
        for problem in problems_of(error):
            # "n takes an int", "sobol: n takes an int", "Model takes no parameter 'n'"
            subjects = re.findall(r"^(?:\w+: )?(\w+)|'(\w+)'", problem)
            named = [
                key
                for found in subjects
                for name in found
                for section in sections
                if name and (key := self._in_section(section, name)) is not None
            ]
            self.wrong(named[0] if named else default or sections[0], problem)

    def _in_section(self, section: Key, name: str) -> Key | None:
        """Return the key of a section that is called so, or the place of a text in a list."""
        if (*section, name) in self._lines:
            return (*section, name)
        value: Any = self.data
        for part in section:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return (*section, value.index(name)) if isinstance(value, list) and name in value else None

    def section(
        self, key: Key, known: Iterable[str], needed: Mapping[str, str] | None = None
    ) -> dict[str, Any] | None:
        """Return a table, having noted the keys that it must not or must have.

        Parameters
        ----------
        key : Key
        known : iterable of str
            The keys that it may have.
        needed : mapping of str to str, optional
            Those that it must have, with what to write.

        Returns
        -------
        dict or None
            None where there is none, or one that cannot be read on.
        """
        table: Any = self.data
        for name in key:
            table = table.get(name) if isinstance(table, dict) else table[name]
        needed = needed or {}
        if table is None:
            for name, hint in needed.items():
                self.wrong((*key, name), f"it is missing: under [{spelled(key)}] {hint}")
            return None
        if not isinstance(table, dict):
            self.takes(key, f"a table with {', '.join(known)}", table)
            return None
        self.unknown(key, table, known)
        lacking = [name for name in needed if name not in table]
        for name in lacking:
            close = difflib.get_close_matches(name, table, n=1)
            there = f", and there is {close[0]!r}" if close else ""
            self.wrong((*key, name), f"it is missing{there}: {needed[name]}")
        return None if lacking else table

    def unknown(self, key: Key, table: Iterable[str], known: Iterable[str]) -> None:
        """Note the keys of a table that nobody would read, with the close matches."""
        allowed = list(known)
        for name in table:
            if name not in allowed:
                hint = did_you_mean(name, allowed)
                there = f"there are {', '.join(allowed)}" if allowed else "there are none"
                self.wrong((*key, name), f"there is no such key: {hint}{there}")

    def check(self) -> None:
        """Refuse the file if there are mistakes.

        Raises
        ------
        ConfigurationError
            That of `error`.
        """
        if self._problems:
            raise self.error()

    def error(self, heading: str = "has mistakes") -> ConfigurationError:
        """Return the error that tells each mistake that was noted, in the order of the lines.

        Parameters
        ----------
        heading : str
            What is said of the file where there are several.
        """
        problems = sorted(dict.fromkeys(self._problems), key=lambda problem: problem[0])
        told = [f"line {line}: {text}" if line else text for line, text in problems]
        if len(told) != 1:
            return ConfigurationError(listed(told, f"{self.path} {heading}"))
        return ConfigurationError(f"{self.path}{', ' if problems[0][0] else ': '}{told[0]}")


def _line_of(error: tomllib.TOMLDecodeError, text: str) -> str:
    """Return the line that an error names: which key it is about, tomllib does not say."""
    found = re.search(r"\(at line (\d+)", str(error))
    return f": {text.splitlines()[int(found[1]) - 1].strip()}" if found else ""


def problems_of(error: MesaDoeError) -> list[str]:
    """Take apart what `listed` put together."""
    heading, *bullets = str(error).split("\n  - ")
    return bullets or [heading]


def spelled(key: Key) -> str:
    """Write a key as its parts are written.

    Examples
    --------
    >>> spelled(("space", "density", "real")), spelled(("analysis", 0, "at"))
    ('space.density.real', 'analysis[0].at')
    """
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).removeprefix(".")


def written(value: Any) -> str:
    """Write a value about as TOML does.

    Examples
    --------
    >>> written(True), written([1, "a"])
    ('true', '[1, "a"]')
    """
    return json.dumps(value, ensure_ascii=False, default=str)
