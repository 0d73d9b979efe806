"""What a command found, as text for people, or as JSON or CSV for programs."""

from __future__ import annotations

import csv
import json
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any, TextIO

__all__ = ["add_format", "duration", "print_csv", "print_json"]


def add_format(parser: ArgumentParser) -> None:
    """Add ``-f``, the same for each command that lists."""
    parser.add_argument(
        "-f", "--format", choices=["table", "json", "csv"], default="table",
        help="for people (the default), or for programs",
    )  # fmt: skip


def print_json(found: Mapping[str, Any], file: TextIO) -> None:
    """Print one object on one line."""
    print(json.dumps(found), file=file, flush=True)


def print_csv(found: Mapping[str, Any], file: TextIO, *, header: bool) -> None:
    """Print one row, what is no plain value as JSON."""
    writer = csv.writer(file, lineterminator="\n")
    if header:
        writer.writerow(found)
    writer.writerow(
        json.dumps(value) if isinstance(value, (list, dict)) else value for value in found.values()
    )
    file.flush()


def duration(seconds: float) -> str:
    """Write seconds as a person would say them.

    Examples
    --------
    >>> duration(7.25), duration(100), duration(5400), duration(200_000)
    ('7.2 s', '100 s', '90 min', '56 h')
    """
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.2g} {unit}" if seconds < 10 * size else f"{seconds / size:.0f} {unit}"
    return f"{seconds:.2g} s" if seconds < 10 else f"{seconds:.0f} s"
