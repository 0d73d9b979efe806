"""``mesa-doe``: the commands together."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any, TextIO

from mesa_doe.cli.analyze import add_analyze
from mesa_doe.cli.archive import add_archive
from mesa_doe.cli.completion import add_completion
from mesa_doe.cli.example import add_example
from mesa_doe.cli.explore import add_explore
from mesa_doe.cli.export import add_export
from mesa_doe.cli.failures import add_failures
from mesa_doe.cli.lists import add_analyses, add_designs
from mesa_doe.cli.plan import add_plan
from mesa_doe.cli.printed import Printed
from mesa_doe.cli.replay import add_replay
from mesa_doe.cli.report import add_report
from mesa_doe.cli.run import add_run
from mesa_doe.cli.status import add_status
from mesa_doe.cli.wording import in_words_of_commands
from mesa_doe.errors import MesaDoeError, MesaDoeWarning

__all__ = ["main"]

# As one comes to need them.
_COMMANDS = (
    add_example,
    add_plan,
    add_run,
    add_status,
    add_failures,
    add_replay,
    add_analyze,
    add_report,
    add_explore,
    add_export,
    add_archive,
    add_designs,
    add_analyses,
    add_completion,
)

# What a shell reports of a command that a closed pipe ended.
_SIGPIPE = 141

_EXIT_CODES = """
exit codes: 0 done; 1 it could not be done, and why is said; 2 wrong arguments; 130 ended by Ctrl-C
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.
    """
    parser = argparse.ArgumentParser(
        prog="mesa-doe", description="Designs of experiments for Mesa agent-based models.", epilog=_EXIT_CODES
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version, and end")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in _COMMANDS:
        add(commands)
    printed: list[Any] = [Printed(sys.stdout), Printed(sys.stderr)]
    try:
        with contextlib.redirect_stdout(printed[0]), contextlib.redirect_stderr(printed[1]):
            return _run(parser, arguments)
    except (OSError, UnicodeEncodeError) as error:
        if all(stream.broken is not error for stream in printed):
            raise
        if isinstance(error, BrokenPipeError):
            # Whoever read from a pipe that is closed has seen enough, as head has.
            code = _SIGPIPE
        else:
            code, why = 1, error.strerror if isinstance(error, OSError) else _of_letters(error)
            with contextlib.suppress(OSError):  # of the standard error, which may be as full
                print(f"mesa-doe: what is printed cannot be written: {why}", file=printed[1])
        # Python flushes once more at its end, and would complain.
        for stream in printed:
            with contextlib.suppress(OSError):
                stream.flush()
            if isinstance(stream.broken, OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return code


def _of_letters(error: UnicodeEncodeError) -> str:
    letters = error.object[error.start : error.end]
    return f"{error.encoding}, the encoding of this output, has no {letters!a}; set PYTHONIOENCODING=utf-8"


def _run(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> int:
    """Run the command, and flush all that it printed."""
    try:
        known = parser.parse_args(arguments)
        with warnings.catch_warnings():
            warnings.simplefilter("always", MesaDoeWarning)
            _show_plainly()
            code: int = known.run(known)
        sys.stdout.flush()
    except SystemExit:  # of the parser: --version, --help, wrong arguments
        sys.stdout.flush()
        raise
    except MesaDoeError as error:
        print(f"mesa-doe: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt as stop:
        for note in getattr(stop, "__notes__", []):
            print(f"mesa-doe: {note}", file=sys.stderr)
        return 130
    return code


class _Version(argparse.Action):
    """Print the version: looked up only here, as it takes a while."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"mesa-doe {version('mesa-doe')}")
        parser.exit()


def _show_plainly() -> None:
    """Show our own warnings as the commands' words: where in the code they arose is of no use here."""
    shown = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if issubclass(category, MesaDoeWarning):
            print(f"mesa-doe: {in_words_of_commands(str(message))}", file=sys.stderr)
        else:
            shown(message, category, filename, lineno, file, line)

    warnings.showwarning = show
