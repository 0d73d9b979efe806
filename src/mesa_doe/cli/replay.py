"""``mesa-doe replay STUDY RUN``: one run again, with its outputs or its traceback."""

from __future__ import annotations

import argparse
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from mesa_doe.cli.importing import add_model, look_in, named_model
from mesa_doe.cli.printing import add_format, print_frame
from mesa_doe.cli.study_argument import add_study
from mesa_doe.errors import MesaDoeError

__all__ = ["add_replay"]


def add_replay(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "replay",
        help="make one run again",
        description="Make one run of a study again, exactly, in this process, and print what its model "
        "reports, or the traceback if it fails. Nothing in the study is changed. The model is imported by "
        "the name that the study has, from the present folder or what is installed: look at it (mesa-doe "
        "status) before you replay a study that you do not trust.",
        epilog="Exit codes: 0 the run is ok; 1 it failed, or could not be made.",
    )
    add_study(parser)
    parser.add_argument("run_id", type=int, metavar="RUN", help="number of the run")
    add_model(parser)
    add_format(parser)
    parser.set_defaults(run=_replay)


def _replay(arguments: argparse.Namespace) -> int:
    from mesa_doe.runner import load

    look_in(Path.cwd())
    results = load(arguments.study)
    model = None if arguments.model is None else named_model(arguments.model)
    try:
        run = results.replay(arguments.run_id, model=model, allow_changed_model=arguments.allow_changed_model)
    except (MesaDoeError, KeyboardInterrupt):
        raise
    except BaseException as error:  # noqa: BLE001 - whatever the model raises is what was asked for
        sys.stderr.writelines(traceback.format_exception(error.with_traceback(_of_the_model(error))))
        return 1
    print_frame(run.model, arguments.format)
    return 0


def _of_the_model(error: BaseException) -> TracebackType | None:
    """Return the traceback without the frames that led to the model."""
    found = error.__traceback__
    while found is not None and found.tb_frame.f_globals.get("__name__", "").startswith("mesa_doe."):
        found = found.tb_next
    return found or error.__traceback__
