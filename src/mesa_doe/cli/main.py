"""``mesa-doe``: the commands together."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from mesa_doe.cli.status import add_status
from mesa_doe.errors import MesaDoeError

__all__ = ["main"]

_COMMANDS = (add_status,)

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
        prog="mesa-doe",
        description="Designs of experiments for Mesa agent-based models.",
        epilog=_EXIT_CODES,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for add in _COMMANDS:
        add(commands)
    known = parser.parse_args(arguments)
    try:
        code: int = known.run(known)
    except MesaDoeError as error:
        print(f"mesa-doe: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code
