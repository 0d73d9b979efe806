"""``mesa-doe report STUDY``: a study as one HTML file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from mesa_doe.cli.analyze import ONE_A_RUN, at_of
from mesa_doe.cli.study_argument import add_study
from mesa_doe.errors import StudyError

__all__ = ["add_report", "add_report_option", "place_of"]


def add_report(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "report",
        help="write a study as one HTML file",
        description="Write what was run, the design, failures, outputs, indices and tables of a study to one "
        "HTML file, to be opened by anyone, without a network. No model is loaded, and nothing is run.",
        epilog="Exit codes: 0 the file is written; 1 there is no such study or output, or something else is "
        "where the file should be.",
    )
    add_study(parser)
    parser.add_argument(
        "-o", dest="file", type=Path, metavar="FILE", help="the file (by default STUDY.html, beside it)"
    )
    parser.add_argument(
        "--output", action="append", metavar="NAME",
        help="an output that is shown (by default all, up to twenty); may be repeated",
    )  # fmt: skip
    parser.add_argument("--title", help="of the page (by default the name of the study)")
    parser.add_argument(
        "--at", default="final", type=at_of(*ONE_A_RUN), metavar="STEP",
        help="which number of a run is shown and analysed: final (the default), mean, first, min, max or a "
        "step",
    )  # fmt: skip
    parser.add_argument(
        "--missing", choices=["raise", "drop"], default="raise",
        help="what the analysis does with points of which a run failed (by default there is then none, and "
        "the page says why)",
    )  # fmt: skip
    parser.set_defaults(run=_report)


def add_report_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--report`` to a command that runs a study."""
    parser.add_argument(
        "--report", nargs="?", const=True, type=Path, metavar="FILE",
        help="end with a report (by default to STUDY.html, beside the study's folder)",
    )  # fmt: skip


def place_of(given: Path | bool | None, store: Path) -> Path | None:
    """Return where ``--report`` wants a report, having looked whether one can be written there.

    Parameters
    ----------
    given : Path, True or None
        What ``--report`` says; None is no report.
    store : Path
        Folder of the study.

    Raises
    ------
    StudyError, MissingDependencyError
        As :func:`mesa_doe.write_report`, but before the runs.
    """
    if given is None:
        return None
    from mesa_doe.report.writing import check_place

    path = given if isinstance(given, Path) else _beside(store)
    # Beside the study there is a folder once it has run.
    if path is given and not path.parent.is_dir():
        raise StudyError(
            f"the report cannot be written to {str(path)!r}: there is no folder {str(path.parent)!r}"
        )
    check_place(path)
    return path


def _report(arguments: argparse.Namespace) -> int:
    from mesa_doe.report import write_report
    from mesa_doe.runner import load

    results = load(arguments.study)
    path = _beside(arguments.study) if arguments.file is None else arguments.file
    written = write_report(
        results,
        path,
        title=arguments.title,
        outputs=arguments.output,
        at=arguments.at,
        missing=arguments.missing,
    )
    print(written)
    return 0


def _beside(study: Path) -> Path:
    """Return where the report of a study lies by default.

    Examples
    --------
    >>> _beside(Path("studies/wolf.sheep")).as_posix()
    'studies/wolf.sheep.html'
    """
    if study.is_file():  # an archive
        return study.with_suffix(".html")
    whole = study if study.name else study.resolve()
    return whole.parent / f"{whole.name}.html"
