"""What the library says, in the words of who sits at a command line or writes a study file."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

__all__ = ["in_words_of_a_file", "in_words_of_a_shell", "in_words_of_commands"]

_SETTING = re.compile(r"\b([a-z_]+)='(\w+)'")
# Options of mesa-doe analyze itself; others are given with -o.
_OPTIONS = ("at", "method", "missing")
_FUNCTION = re.compile(r"(?<!in Python )\bat=lambda\b")
# An option whose values follow.
_ASKED = re.compile(r"\b([a-z_]+)=, which takes\b")
# What stands in a section of a study file.
_SECTIONS = {
    r"with outputs=(\{.*?\})?( of design\.configurations)?": "by a function in outputs under [runs]",
    r"make the configurations with data_collection_period=1": "write data_collection_period = 1 under [runs]",
    r" in a study, or retries=": ", or retries under [batch]",
}
_TABULATE = re.compile(r"results\.tabulate\('(.*?)'\)")


def in_words_of_commands(text: str) -> str:
    """Name the command that shows what an attribute of the results has.

    Examples
    --------
    >>> in_words_of_commands("2 of 9 runs failed. See results.failures")
    '2 of 9 runs failed. See mesa-doe failures'
    """
    return text.replace("results.failures", "mesa-doe failures")


def in_words_of_a_shell(text: str, study: Path) -> str:
    """Write what Python would take as ``mesa-doe analyze`` takes it.

    Examples
    --------
    >>> in_words_of_a_shell("Look at results.failures, or missing='drop', or unequal='last'", Path("walks"))
    'Look at mesa-doe failures walks, or --missing drop, or -o unequal=last'
    >>> in_words_of_a_shell("results.tabulate('fate') counts it", Path("walks"))
    'mesa-doe analyze walks fate --method tabulate counts it'
    >>> in_words_of_a_shell("say how with reduce=, which takes 'mean' or 'sum'", Path("walks"))
    "say how with -o reduce=VALUE, which takes 'mean' or 'sum'"
    >>> in_words_of_a_shell("or at=lambda s: s.mean() leaves out such steps", Path("walks"))
    'or in Python at=lambda s: s.mean() leaves out such steps'
    """
    text = _SETTING.sub(lambda found: _as_option(found[1], found[2]), _run_again(text))
    text = _ASKED.sub(lambda found: f"{_as_option(found[1], 'VALUE')}, which takes", text)
    line = f"mesa-doe analyze {shlex.quote(str(study))}"
    text = _TABULATE.sub(lambda found: f"{line} {shlex.quote(found[1])} --method tabulate", text)
    return _without_python(text, study, "name one with --method:")


def in_words_of_a_file(text: str, study: Path) -> str:
    """Write what Python would take as a study file takes it.

    Examples
    --------
    >>> in_words_of_a_file("Look at results.failures, or missing='drop'", Path("walks"))
    'Look at mesa-doe failures walks, or missing = "drop"'
    >>> in_words_of_a_file("results.tabulate('fate') counts it", Path("walks"))
    'method = "tabulate" counts it'
    >>> in_words_of_a_file("reduce it with outputs= of design.configurations", Path("walks"))
    'reduce it by a function in outputs under [runs]'
    """
    text = _TABULATE.sub('method = "tabulate"', _run_again(text))
    text = _ASKED.sub(r"\1 = VALUE, which takes", text)
    for python, own in _SECTIONS.items():
        text = re.sub(python, own, text)
    return _without_python(_SETTING.sub(r'\1 = "\2"', text), study, 'name one as method = "…":')


def _run_again(text: str) -> str:
    text = _FUNCTION.sub("in Python at=lambda", text)
    return text.replace("resume='failed'", "mesa-doe run --resume failed")


def _as_option(name: str, value: str) -> str:
    return f"--{name} {value}" if name in _OPTIONS else f"-o {name}={value}"


def _without_python(text: str, study: Path, way: str) -> str:
    # Only once there is an error: to import it takes a second.
    from mesa_doe.analysis.declare import named_by

    return named_by(text, way).replace("results.failures", f"mesa-doe failures {shlex.quote(str(study))}")
