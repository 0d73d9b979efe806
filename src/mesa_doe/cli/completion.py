"""``mesa-doe completion SHELL``: a script by which a shell completes commands, options and their choices.

What it completes is read off the parser itself, so it cannot differ from what the commands take. The script
holds all of it: nothing is started when a key is pressed.
"""

from __future__ import annotations

import argparse
import functools
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["add_completion"]


def add_completion(commands: Any) -> None:
    """Add the command, which completes those that are there when it runs."""
    parser = commands.add_parser(
        "completion",
        help="print a script that completes commands in a shell",
        description="Print a script by which a shell completes commands, options, their choices, and paths. "
        'In bash: eval "$(mesa-doe completion bash)", in ~/.bashrc. In zsh: the same with zsh, in ~/.zshrc, '
        "after compinit. In fish: mesa-doe completion fish > ~/.config/fish/completions/mesa-doe.fish",
        epilog="Exit codes: 0 done.",
    )
    parser.add_argument("shell", choices=sorted(_SCRIPTS), help="for which shell")
    parser.set_defaults(run=functools.partial(_print, commands))


def _print(commands: Any, arguments: argparse.Namespace) -> int:
    print(_SCRIPTS[arguments.shell](_known(commands)), end="")
    return 0


@dataclass(frozen=True)
class _Value:
    """What an option or an argument may be.

    Parameters
    ----------
    choices : tuple of str
        All that it may be; or those of its ``names``, a function that a command sets on the argument whose
        mistakes it tells itself.
    is_path : bool
        A file or a folder, as that of a study.
    """

    choices: tuple[str, ...]
    is_path: bool


@dataclass(frozen=True)
class _Option:
    """One option of a command.

    Parameters
    ----------
    names : tuple of str
        ``-f`` and ``--format``.
    help : str
    value : _Value or None
        What follows.
    optional : bool
        Whether it may be left out.
    """

    names: tuple[str, ...]
    help: str
    value: _Value | None
    optional: bool


@dataclass(frozen=True)
class _Command:
    """One command; ``argument`` is what any of its arguments may be."""

    help: str
    options: tuple[_Option, ...]
    argument: _Value

    @property
    def names(self) -> tuple[str, ...]:
        """All names of its options."""
        return tuple(name for option in self.options for name in option.names)


def _known(commands: Any) -> dict[str, _Command]:
    """Return all commands, other names of them too."""
    helps = {action.dest: action.help or "" for action in commands._choices_actions}
    described = {id(parser): helps[name] for name, parser in commands.choices.items() if name in helps}
    found = {}
    for name, parser in commands.choices.items():
        values = [_value(action) for action in parser._actions if not action.option_strings]
        found[name] = _Command(
            described[id(parser)],
            tuple(_option(action) for action in parser._actions if action.option_strings),
            _Value(
                tuple(word for value in values for word in value.choices),
                any(value.is_path for value in values),
            ),
        )
    return found


def _option(action: argparse.Action) -> _Option:
    value = None if action.nargs == 0 else _value(action)
    return _Option(tuple(action.option_strings), _first(action.help), value, action.nargs == "?")


def _value(action: argparse.Action) -> _Value:
    known: Callable[[], Iterable[str]] = getattr(action, "names", tuple)
    return _Value(tuple(map(str, action.choices or known())), action.type is Path)


def _first(text: str | None) -> str:
    """Return what a help text says first, on one line.

    Examples
    --------
    >>> _first("for people (the default), or for programs")
    'for people'
    """
    return re.split(r"[;(]", " ".join((text or "").split()))[0].strip().replace("%%", "%")


# ---- bash -------------------------------------------------------------------------------------------------

# Written for bash 3.2, which macOS has: without mapfile, and compopt may be missing.
_BASH = """\
# Completes mesa-doe in bash: eval "$(mesa-doe completion bash)"
_mesa_doe_words() {{
    local one
    while IFS= read -r one; do COMPREPLY+=("$one"); done < <(compgen -W "$1" -- "$2")
}}
_mesa_doe_files() {{
    local one
    compopt -o filenames 2> /dev/null
    while IFS= read -r one; do COMPREPLY+=("$one"); done < <(compgen -f -- "$1")
}}
_mesa_doe() {{
    local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} options
    COMPREPLY=()
    # bash makes three words of --format=csv.
    [[ $before == "=" ]] && before=${{COMP_WORDS[COMP_CWORD-2]}}
    [[ $word == "=" ]] && word=
    if (( COMP_CWORD == 1 )); then
        _mesa_doe_words {commands} "$word"
        return
    fi
    case "${{COMP_WORDS[1]}} $before" in
{values}
    esac
    case "${{COMP_WORDS[1]}}" in
{options}
        *) return ;;
    esac
    if [[ $word == -* ]]; then
        _mesa_doe_words "$options" "$word"
        return
    fi
    case "${{COMP_WORDS[1]}}" in
{arguments}
    esac
}}
complete -F _mesa_doe mesa-doe
"""


def _bash(commands: Mapping[str, _Command]) -> str:
    values, options, arguments = [], [], []
    for name, command in commands.items():
        for option in command.options:
            if option.value is not None and not option.optional:
                patterns = "|".join(shlex.quote(f"{name} {one}") for one in option.names)
                values.append(f"{patterns}) {_bash_reply(option.value)}return ;;")
        options.append(f"{name}) options={_words(command.names)} ;;")
        arguments.append(f"{name}) {_bash_reply(command.argument)};;")
    return _BASH.format(
        commands=_words((*commands, "--help", "--version")),
        values=_indented(values),
        options=_indented(options),
        arguments=_indented(arguments),
    )


def _bash_reply(value: _Value) -> str:
    words = f'_mesa_doe_words {_words(value.choices)} "$word"; ' if value.choices else ""
    return words + ('_mesa_doe_files "$word"; ' if value.is_path else "")


def _words(words: tuple[str, ...]) -> str:
    return shlex.quote(" ".join(words))


def _indented(lines: list[str]) -> str:
    return "\n".join(f"        {line}" for line in lines)


# ---- zsh --------------------------------------------------------------------------------------------------

_ZSH = """\
#compdef mesa-doe
# Completes mesa-doe in zsh: eval "$(mesa-doe completion zsh)", after compinit
_mesa_doe() {{
    local -a commands
    commands=(
{commands}
    )
    if (( CURRENT == 2 )); then
        _describe -t commands 'command' commands
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    case "$command" in
{cases}
    esac
}}
compdef _mesa_doe mesa-doe
"""


def _zsh(commands: Mapping[str, _Command]) -> str:
    told = [f"        {shlex.quote(f'{name}:{one.help}')}" for name, one in commands.items()]
    cases = []
    for name, command in commands.items():
        specs = [*_zsh_options(command), shlex.quote(f"*:argument:{_zsh_values(command.argument)}")]
        lines = " \\\n                ".join(specs)
        cases.append(f"        {shlex.quote(name)})\n            _arguments \\\n                {lines} ;;")
    return _ZSH.format(commands="\n".join(told), cases="\n".join(cases))


def _zsh_options(command: _Command) -> Iterator[str]:
    for option in command.options:
        help_ = re.sub(r"([\[\]:\\])", r"\\\1", option.help)
        colons = "::" if option.optional else ":"
        value = "" if option.value is None else f"{colons}value:{_zsh_values(option.value)}"
        for name in option.names:
            # It may be given again.
            yield shlex.quote(f"*{name}[{help_}]{value}")


def _zsh_values(value: _Value) -> str:
    if value.choices:
        return f"({' '.join(value.choices)})"
    return "_files" if value.is_path else " "


# ---- fish -------------------------------------------------------------------------------------------------


def _fish(commands: Mapping[str, _Command]) -> str:
    lines = [
        "# Completes mesa-doe in fish: ~/.config/fish/completions/mesa-doe.fish",
        "complete -c mesa-doe -e",
        "complete -c mesa-doe -n __fish_use_subcommand -f",
    ]
    for name, command in commands.items():
        lines.append(
            f"complete -c mesa-doe -n __fish_use_subcommand -f -a {_fished(name)} -d {_fished(command.help)}"
        )
        here = f"complete -c mesa-doe -n {_fished(f'__fish_seen_subcommand_from {name}')}"
        # fish offers files wherever it is not told otherwise.
        if not command.argument.is_path:
            lines.append(f"{here} -f -a {_fished(' '.join(command.argument.choices))}")
        for option in command.options:
            names = " ".join(f"-l {one[2:]}" if one[1] == "-" else f"-s {one[1:]}" for one in option.names)
            lines.append(f"{here} {names}{_fish_value(option)} -d {_fished(option.help)}")
    return "\n".join([*lines, ""])


def _fish_value(option: _Option) -> str:
    if option.value is None or option.optional:
        return ""
    if option.value.choices:
        return f" -x -a {_fished(' '.join(option.value.choices))}"
    return " -r -F" if option.value.is_path else " -x"


def _fished(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


_SCRIPTS = {"bash": _bash, "zsh": _zsh, "fish": _fish}
