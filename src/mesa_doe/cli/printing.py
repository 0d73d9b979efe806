"""What a command found, as text for people, or as JSON or CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mesa_doe.errors import counted

if TYPE_CHECKING:
    import pandas as pd

    from mesa_doe.analysis import SensitivityResult
    from mesa_doe.cli.tabulated import Tabulated

__all__ = [
    "add_format",
    "print_csv",
    "print_frame",
    "print_json",
    "print_pairs",
    "print_result",
    "records_of",
]

# Of a text in a table for people.
_WIDEST = 60


def add_format(parser: ArgumentParser) -> None:
    """Add ``-f``, the same for each command that lists."""
    parser.add_argument(
        "-f", "--format", choices=["table", "json", "csv"], default="table",
        help="for people (the default), or for programs",
    )  # fmt: skip


def print_json(found: Mapping[str, Any]) -> None:
    """Print one object on one line."""
    print(json.dumps(found), flush=True)


def print_csv(found: Mapping[str, Any], *, header: bool) -> None:
    """Print one row, what is no plain value as JSON."""
    text = io.StringIO()
    writer = csv.writer(text)
    if header:
        writer.writerow(found)
    writer.writerow(
        json.dumps(value) if isinstance(value, (list, dict)) else value for value in found.values()
    )
    print(_with_this_systems_ends(text.getvalue()), end="", flush=True)


def print_frame(frame: pd.DataFrame, form: str) -> None:
    """Print a table to the standard output.

    Parameters
    ----------
    frame : DataFrame
    form : {"table", "json", "csv"}
        For people, with long texts cut; a list of objects on one line; or with a header.
    """
    if form == "json":
        print(json.dumps(records_of(frame), ensure_ascii=False))
    elif form == "csv":
        # Only with this end of a row is a bare carriage return in a text quoted.
        sys.stdout.write(_with_this_systems_ends(frame.to_csv(index=False, lineterminator="\r\n")))
    elif frame.empty:
        print("none")
    else:
        rows = [list(map(str, frame.columns))]
        rows += [list(map(_short, row)) for row in frame.astype(object).itertuples(index=False)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        is_number = [frame.dtypes.iloc[place].kind in "iuf" for place in range(len(widths))]
        for row in rows:
            cells = [
                f"{cell:>{width}}" if right else f"{cell:<{width}}"
                for cell, width, right in zip(row, widths, is_number, strict=True)
            ]
            print("  ".join(cells).rstrip())


def _with_this_systems_ends(text: str) -> str:
    """Leave the carriage return to the file, where it adds one to each line feed by itself."""
    return text if os.linesep == "\n" else text.replace("\r\n", "\n")


def records_of(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as what JSON holds exactly; what is missing or no finite number is null.

    Examples
    --------
    >>> import pandas as pd
    >>> records_of(pd.DataFrame({"n": [1, 2], "x": [0.1, float("nan")]}))
    [{'n': 1, 'x': 0.1}, {'n': 2, 'x': None}]
    """
    names = list(map(str, frame.columns))
    rows = frame.astype(object).itertuples(index=False, name=None)
    return [dict(zip(names, map(_json_value, row), strict=True)) for row in rows]


def _json_value(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    text = str(value).replace("\n", " ")
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def print_result(result: SensitivityResult | Tabulated, rest: str) -> None:
    """Print what an analysis found, for people; ``rest`` is the way to what is not shown of it."""
    # Of Python's way.
    print(str(result).replace("to_frame() has all", rest))
    if (left := len(result.steps) - 1) > 0:
        print(f"\n… and {counted(left, 'earlier step')}: {rest}")


def print_pairs(rows: Sequence[tuple[str, str]]) -> None:
    """Print lines of a name and what there is to say of it."""
    for name, text in rows:
        print(f"{name:<9}{text}")
