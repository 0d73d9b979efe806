"""``mesa-doe failures STUDY``: the runs of a study that are not ok."""

from __future__ import annotations

import argparse
from typing import Any

from mesa_doe.cli.printing import add_format, print_frame
from mesa_doe.cli.study_argument import add_study

__all__ = ["add_failures"]


def add_failures(commands: Any) -> None:
    """Add the command.

    Parameters
    ----------
    commands : argparse's sub-parsers
    """
    parser = commands.add_parser(
        "failures",
        help="the runs of a study that are not ok",
        description="List the runs that failed, took too long or killed their process: where, why, and with "
        "which parameters. JSON and CSV have the traceback and all parameters too.",
        epilog="Exit codes: 0 the study was read, whether runs failed or not; 1 there is none, or it is "
        "damaged.",
    )
    add_study(parser)
    add_format(parser)
    parser.set_defaults(run=_failures)


def _failures(arguments: argparse.Namespace) -> int:
    from mesa_doe.runner import load

    results = load(arguments.study)
    failures = results.failures.reset_index()
    if arguments.format == "table":
        # Factors come first; what does not vary explains nothing.
        varied = None if results.design is None else len(results.design.space)
        factors = results.parameters[:varied]
        failures = failures[["run_id", *factors, "status", "origin", "error_type", "error"]]
    print_frame(failures, arguments.format)
    return 0
