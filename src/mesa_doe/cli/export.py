"""``mesa-doe export STUDY FOLDER``: the tables of a study, for other programs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesa_doe._optional import require
from mesa_doe.cli.printing import records_of
from mesa_doe.errors import StudyError

if TYPE_CHECKING:
    import pandas as pd

    from mesa_doe.results import Results

__all__ = ["add_export"]


def add_export(commands: Any) -> None:
    """Add the command.

    Parameters
    ----------
    commands : argparse's sub-parsers
    """
    parser = commands.add_parser(
        "export",
        help="write the tables of a study as CSV, Parquet or JSON",
        description="Write the tables of a study to a folder, a file each: runs (with what went wrong), "
        "model, agents-TYPE and table-NAME. They are joined by run_id.",
        epilog="Exit codes: 0 done; 1 there is no such study, or a file of that name exists.",
    )
    parser.add_argument("study", type=Path, help="folder of the study")
    parser.add_argument("folder", type=Path, help="where to; it is made if it is not there")
    parser.add_argument("--format", choices=sorted(_WRITERS), required=True, help="of the files")
    parser.set_defaults(run=_export)


def _csv(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, index=False, lineterminator="\n")


def _json(frame: pd.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        json.dump(records_of(frame), file, ensure_ascii=False)


def _parquet(frame: pd.DataFrame, path: Path) -> None:
    require("pyarrow", extra="store")
    frame.to_parquet(path, index=False)


_WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {"csv": _csv, "json": _json, "parquet": _parquet}


def _export(arguments: argparse.Namespace) -> int:
    from mesa_doe.runner import load

    tables = _tables(load(arguments.study))
    files = {name: arguments.folder / f"{name}.{arguments.format}" for name in tables}
    if there := [str(path) for path in files.values() if path.exists()]:
        message = f"nothing is overwritten, and there are {', '.join(there)}: give another folder"
        raise StudyError(message)
    try:
        arguments.folder.mkdir(parents=True, exist_ok=True)
        for name, frame in tables.items():
            _WRITERS[arguments.format](frame, files[name])
            print(f"{files[name]}: {len(frame)} rows")
    except OSError as error:
        message = f"the tables cannot be written to {str(arguments.folder)!r}: {error}"
        raise StudyError(message) from error
    return 0


def _tables(results: Results) -> dict[str, pd.DataFrame]:
    runs = results.runs
    tracebacks = results.failures["traceback"].reindex(runs.index, fill_value="")
    return {
        "runs": runs.assign(traceback=tracebacks).reset_index(),
        "model": results.model,
        **{f"agents-{_plain(name)}": frame for name, frame in results.agents.items()},
        **{f"table-{_plain(name)}": frame for name, frame in results.tables.items()},
    }


def _plain(name: str) -> str:
    """Write the name of a table so that it names a file in the folder, and nowhere else.

    Examples
    --------
    >>> _plain("Wolf"), _plain("../deaths")
    ('Wolf', '.._deaths')
    """
    return "".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in name)
