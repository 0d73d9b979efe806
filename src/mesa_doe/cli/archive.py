"""``mesa-doe archive STUDY FILE.zip``: a study as one file, to be sent or deposited."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mesa_doe.cli.study_argument import add_study

__all__ = ["add_archive"]


def add_archive(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "archive",
        help="write a study to one zip file, to be sent or deposited",
        description="Write a study to one zip file: its tables as a data package that any tool reads "
        "(datapackage.json and CSV), the study itself, a script that runs it again, and the versions of the "
        "libraries. The code of the model is not in it. No model is loaded, and nothing is run.",
        epilog="Exit codes: 0 the file is written; 1 there is no such study, it is being written, or there "
        "is a file of that name.",
    )
    add_study(parser, archives=False)
    parser.add_argument("file", type=Path, metavar="FILE.zip", help="the file; nothing is overwritten")
    parser.add_argument("--title", help="of the data package (by default the name of the folder)")
    parser.set_defaults(run=_archive)


def _archive(arguments: argparse.Namespace) -> int:
    from mesa_doe.study.archive import archive

    print(archive(arguments.study, arguments.file, title=arguments.title))
    return 0
