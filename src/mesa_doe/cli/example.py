"""``mesa-doe example NAME``: a study file of a model that Mesa brings along, ready to run and to change."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mesa_doe.errors import ConfigurationError, did_you_mean

__all__ = ["EXAMPLES", "add_example", "example_files"]

#: Names of the examples. Written down, as every command would wait for a look into their folder.
EXAMPLES = (
    "alliance", "boids", "boltzmann", "conway", "epstein", "pd-grid", "schelling", "sugarscape", "virus",
    "wolf-sheep",
)  # fmt: skip


def example_files(name: str) -> dict[str, str]:
    """Return the files of an example: its study, and its functions where the model reports too little.

    Returns
    -------
    dict of str to str
        Texts by the names of the files, the study first.

    Examples
    --------
    >>> list(example_files("conway"))
    ['conway.toml', 'conway_outputs.py']
    """
    from importlib.resources import files

    folder = files("mesa_doe.cli").joinpath("examples")
    found = [folder.joinpath(f"{name}.toml"), folder.joinpath(f"{name}_outputs.py")]
    return {file.name: file.read_text(encoding="utf-8") for file in found if file.is_file()}


def add_example(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "example",
        help="write a study file to begin with",
        description=f"Write NAME.toml, the study of a model that Mesa brings along: {', '.join(EXAMPLES)}. "
        "Where the model reports too little, functions of it are written beside, to NAME_outputs.py. "
        "Each runs in less than a minute.",
        epilog="Exit codes: 0 the files are written; 1 there is no such example, or a file exists.",
    )
    name = parser.add_argument("name", metavar="NAME", help="which one")
    name.names = lambda: EXAMPLES
    parser.set_defaults(run=_example)


def _example(arguments: argparse.Namespace) -> int:
    name = arguments.name
    if name not in EXAMPLES:
        hint = did_you_mean(name, EXAMPLES)
        raise ConfigurationError(f"there is no example {name!r}: {hint}there are {', '.join(EXAMPLES)}")
    texts = example_files(name)
    present = [path for path in texts if Path(path).exists()]
    if present:
        raise ConfigurationError(f"{present[0]} exists, and is not overwritten")
    for path, text in texts.items():
        try:
            with Path(path).open("x", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be written: {error}") from error
    study, *beside = texts
    told = f"{study} and {beside[0]} are" if beside else f"{study} is"
    print(f"{told} written: mesa-doe run {study}")
    return 0
