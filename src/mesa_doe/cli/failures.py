"""``mesa-doe failures STUDY``: the runs of a study that are not ok."""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING, Any

from mesa_doe.cli.printing import add_format, print_frame
from mesa_doe.cli.study_argument import add_study

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["add_failures"]

# What tells kinds of failures apart.
_KIND = ["status", "origin", "error_type"]


def add_failures(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "failures",
        help="the runs of a study that are not ok",
        description="List the runs that failed, took too long or killed their process: where, why, and with "
        "which parameters; then how many there are of each kind. JSON and CSV have the traceback and all "
        "parameters too.",
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
        failures = failures[["run_id", *factors, *_KIND, "error"]]
    print_frame(failures, arguments.format)
    if arguments.format == "table" and len(failures):
        print()
        print_frame(_kinds(failures), "table")
        first = f"mesa-doe replay {shlex.quote(str(arguments.study))} {failures['run_id'].iloc[0]}"
        print(f"\n{first} makes the first again, with its traceback; -f json has all tracebacks")
    return 0


def _kinds(failures: pd.DataFrame) -> pd.DataFrame:
    """Count the runs of each kind, the most frequent first."""
    counts = failures.groupby(_KIND, dropna=False, sort=False).size().rename("runs").reset_index()
    return counts.sort_values("runs", ascending=False, kind="stable")[["runs", *_KIND]]
