"""``mesa-doe designs`` and ``mesa-doe analyses``: what there is."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from mesa_doe.cli.printing import add_format, print_frame
from mesa_doe.cli.tabulated import TABULATE
from mesa_doe.errors import ConfigurationError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["add_analyses", "add_designs", "analysis_names"]

# What the table of analyses, which take a design, does not have.
_COUNTING = {
    "measures": "shares of runs by outcome, in words too, and Cramér's V",
    "designs": "any",
    "default for": "",
    "axes": "any",
    "groups": True,
    "seed factor": True,
    "intervals": True,
    "library": "mesa-doe",
    "source": "Wilson 1927; Cramér 1946",
}


def add_designs(commands: Any) -> None:
    """Add the command."""
    _add(commands, "designs", "methods of [design]", _designs, _samplers)


def add_analyses(commands: Any) -> None:
    """Add the command."""
    _add(commands, "analyses", "methods of [[analysis]]", _analyses, analysis_names)


def analysis_names() -> list[str]:
    """Return the names of all analyses."""
    from mesa_doe.analysis import ANALYSES

    return sorted([*ANALYSES, TABULATE])


def _samplers() -> list[str]:
    from mesa_doe.samplers import SAMPLERS

    return sorted(SAMPLERS)


def _add(
    commands: Any,
    name: str,
    what: str,
    run: Callable[[argparse.Namespace], int],
    names: Callable[[], list[str]],
) -> None:
    parser = commands.add_parser(
        name,
        help=f"list the {what} in a study file",
        description=f"List the {what} in a study file, or describe one with its options. JSON and CSV have "
        "all that is known of each.",
        epilog="Exit codes: 0 done; 1 there is none of that name.",
    )
    method = parser.add_argument("method", nargs="?", help="describe this one")
    method.names = names
    add_format(parser)
    parser.set_defaults(run=run)


def _designs(arguments: argparse.Namespace) -> int:
    from mesa_doe.samplers import SAMPLERS, table

    functions = {name: info.function for name, info in SAMPLERS.items()}
    return _print(arguments, functions, table().reset_index(), ["sampler", "for", "points"])


def _analyses(arguments: argparse.Namespace) -> int:
    import pandas as pd

    from mesa_doe.analysis import ANALYSES, table, tabulate

    functions = {name: info.function for name, info in ANALYSES.items()} | {TABULATE: tabulate}
    counting = pd.DataFrame(_COUNTING, index=pd.Index([TABULATE], name="analysis"))
    whole = pd.concat([table(), counting]).sort_index().reset_index()
    return _print(arguments, functions, whole, ["analysis", "measures", "designs"])


def _print(
    arguments: argparse.Namespace,
    functions: Mapping[str, Callable[..., Any]],
    table: pd.DataFrame,
    shown: list[str],
) -> int:
    if arguments.method is None:
        print_frame(table[shown] if arguments.format == "table" else table, arguments.format)
        return 0
    if arguments.method not in functions:
        hint = did_you_mean(arguments.method, functions)
        raise ConfigurationError(
            f"there is no {shown[0]} {arguments.method!r}: {hint}there are {', '.join(sorted(functions))}"
        )
    if arguments.format == "table":
        function = functions[arguments.method]
        print(f"{arguments.method}{inspect.signature(function)}\n\n{inspect.getdoc(function)}")
    else:
        print_frame(table[table[shown[0]] == arguments.method], arguments.format)
    return 0
