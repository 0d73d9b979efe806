"""Whether the points in a file are those of its unit sample, row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import BoolArray, FloatArray
from mesa_doe.errors import DesignError
from mesa_doe.space.values import plain

__all__ = ["check_same", "text_of"]


# Spreadsheets keep 15 digits, and quantile functions differ by a last digit between versions of scipy. What
# is run is the saved sample, so a difference below this changes nothing.
_RELATIVE = 1e-9


def check_same(found: pd.DataFrame, expected: pd.DataFrame, path: Path) -> None:
    """Refuse a file whose points are not, row by row, those of its unit sample.

    Parameters
    ----------
    found : DataFrame
        As read: texts, or numbers where the file has types.
    expected : DataFrame
    path : Path

    Raises
    ------
    DesignError
        Naming the first difference.

    Examples
    --------
    >>> check_same(pd.DataFrame({"n": ["1", "3"]}), pd.DataFrame({"n": [1, 2]}), Path("plan.csv"))
    Traceback (most recent call last):
    mesa_doe.errors.DesignError: 'plan.csv' was changed: row 1 has n=3, where the unit sample has n=2. ...
    """
    difference = _difference(found, expected)
    if difference is not None:
        raise DesignError(
            f"{str(path)!r} was changed: {difference}. To run points that were edited, read them with "
            f"explicit({str(path)!r}, space): they are then no longer those of the method"
        )


def text_of(value: Any) -> str:
    """Write a level as a file of text does."""
    return "" if value is None else str(value)


def _difference(found: pd.DataFrame, expected: pd.DataFrame) -> str | None:
    if [*found.columns] != [*expected.columns]:
        return f"it has the columns {[*found.columns]!r}, where the design has {[*expected.columns]!r}"
    rows = min(len(found), len(expected))
    equal = np.column_stack(
        [_equal(found[name].iloc[:rows], expected[name].iloc[:rows]) for name in expected]
    )
    if not equal.all():
        row, k = map(int, np.argwhere(~equal)[0])
        name = expected.columns[k]
        there, right = found[name].iloc[row], expected[name].iloc[row]
        # By way of plain values, so that the message shows 0.5 and not np.float64(0.5).
        written = there if isinstance(there, str) else repr(plain(there))
        return f"row {row} has {name}={written}, where the unit sample has {name}={plain(right)!r}"
    if len(found) != len(expected):
        return f"it has {len(found)} rows, where the unit sample has {len(expected)}"
    return None


def _equal(found: pd.Series[Any], expected: pd.Series[Any]) -> BoolArray:
    kind = expected.dtype.kind
    if kind == "f":
        right = expected.to_numpy(dtype=np.float64)
        # A level None beside numbers is a gap in a table of them.
        least = _RELATIVE * 1e-3 * np.nanmax(np.abs(right), initial=0.0)
        equal = np.isclose(_numbers(found), right, rtol=_RELATIVE, atol=least, equal_nan=True)
    elif kind == "i":
        equal = _numbers(found) == expected.to_numpy(dtype=np.float64)
    elif kind == "b":
        # Spreadsheets write TRUE.
        equal = (found.map(str).str.lower() == expected.map(str).str.lower()).to_numpy()
    else:
        # And 1 for the level 1.0.
        texts, right_texts = found.map(text_of), expected.map(text_of)
        equal = (texts == right_texts).to_numpy() | (_numbers(texts) == _numbers(right_texts))
    return np.array(equal, dtype=np.bool_)


def _numbers(column: pd.Series[Any]) -> FloatArray:
    return pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64)
