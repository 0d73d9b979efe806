"""A design as a CSV file of points that a person can read, and a side file with all the rest."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pandas as pd

from mesa_doe.design.comparing import check_same
from mesa_doe.design.document import (
    Arrays,
    arrays_of,
    check_document,
    check_numbers,
    document_of,
    settings_from,
)
from mesa_doe.errors import DesignError

if TYPE_CHECKING:
    from mesa_doe.design.design import Design

__all__ = ["read_csv", "write_csv"]


def _side_file(path: str | os.PathLike[str]) -> Path:
    """Return the path of the file that holds what a CSV file of points does not.

    Examples
    --------
    >>> _side_file("plan.csv").name
    'plan.csv.json'
    """
    # Not plan.json, which may well be a file of the user's.
    return Path(path).with_name(Path(path).name + ".json")


def write_csv(design: Design, path: str | os.PathLike[str]) -> None:
    """Write what :meth:`Design.to_csv` tells."""
    arrays = arrays_of(design)
    document = document_of(design, arrays) | {
        "unit": arrays.unit.tolist(),
        "blocks": None if arrays.blocks is None else arrays.blocks.tolist(),
        "seed_levels": None if arrays.seed_levels is None else arrays.seed_levels.tolist(),
        "given": {name: column.tolist() for name, column in arrays.given.items()},
    }
    # A line a key: the head can be read, though the sample is long. Floats come back to the last digit.
    lines = [f"{json.dumps(key)}: {json.dumps(value, allow_nan=False)}" for key, value in document.items()]
    text = "{\n" + ",\n".join(lines) + "\n}\n"
    design.points.to_csv(path, index="point" not in design.space.names, lineterminator="\n")
    _side_file(path).write_text(text, encoding="utf-8")


def read_csv(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the arguments of ``Design`` that a CSV file and its side file hold.

    Raises
    ------
    DesignError
        If a file is missing or damaged, or the points are not those of the unit sample.
    """
    path, side = Path(path), _side_file(path)
    if not path.is_file():
        raise DesignError(f"there is no file {str(path)!r}")
    if not side.is_file():
        raise DesignError(
            f"{str(path)!r} has no side file {str(side)!r}, which holds the method, space and unit sample of "
            "a saved design: move both together. Points alone are read by explicit"
        )
    try:
        document = json.loads(side.read_text(encoding="utf-8"), parse_constant=_no_number)
    except ValueError as error:
        raise DesignError(f"{str(side)!r} is no JSON file: {error}") from error
    check_document(document, repr(str(side)))
    arrays = _arrays(document, side)
    check_numbers(document, arrays, repr(str(side)))
    settings = settings_from(document, arrays, repr(str(side)))
    try:
        # As it is written: read as values, the level "None" would be missing.
        found = pd.read_csv(path, dtype=str, keep_default_na=False, skip_blank_lines=False)
    except ValueError as error:  # so are pandas' own parser errors
        raise DesignError(f"{str(path)!r} is no CSV file that pandas reads: {error}") from error
    expected = settings["points"]
    check_same(found, expected.reset_index() if "point" not in expected else expected, path)
    return settings


def _arrays(document: dict[str, Any], side: Path) -> Arrays:
    try:
        given = document["given"].items()
        unit = np.array(document["unit"], dtype=np.float64)
        return Arrays(
            unit.reshape(-1, len(document["factors"])),
            None if document["blocks"] is None else np.array(document["blocks"], dtype=np.int64),
            None if document["seed_levels"] is None else np.array(document["seed_levels"], dtype=np.int64),
            {name: np.array(column) for name, column in given if name in document["factors"]},
        )
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise DesignError(
            f"{str(side)!r}: the unit sample of the saved design is damaged ({error})"
        ) from error


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of a design")
