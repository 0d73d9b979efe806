"""A design as one Parquet file: its points, the columns of its sample, and the rest in the schema."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe._optional import require
from mesa_doe.configurations import column_names
from mesa_doe.design.comparing import check_same, text_of
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

__all__ = ["read_parquet", "write_parquet"]

_KEY = b"mesa_doe.design"


def write_parquet(design: Design, path: str | os.PathLike[str]) -> None:
    """Write what :meth:`Design.to_parquet` tells.

    Raises
    ------
    MissingDependencyError
        If pyarrow is not installed.
    """
    pa, pq = require("pyarrow", extra="store"), require("pyarrow.parquet", extra="store")
    arrays = arrays_of(design)
    document = document_of(design, arrays) | {
        "blocks": arrays.blocks is not None,
        "seed_levels": arrays.seed_levels is not None,
        "given": [*arrays.given],
    }
    columns = [np.arange(len(design)), *(_shown(column) for _, column in design.points.items())]
    columns += [*arrays.unit.T, arrays.blocks, arrays.seed_levels, *arrays.given.values()]
    columns = [column for column in columns if column is not None]
    table = pa.table([pa.array(column) for column in columns], names=_names(document))
    pq.write_table(table.replace_schema_metadata({_KEY: json.dumps(document, allow_nan=False)}), path)


def read_parquet(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the arguments of ``Design`` that a Parquet file holds.

    Raises
    ------
    DesignError
        If the file is missing or was not written by us, or its points are not those of its unit sample.
    MissingDependencyError
        If pyarrow is not installed.
    """
    pa, pq = require("pyarrow", extra="store"), require("pyarrow.parquet", extra="store")
    path = Path(path)
    if not path.is_file():
        raise DesignError(f"there is no file {str(path)!r}")
    try:
        table = pq.read_table(path)
    except (pa.ArrowException, OSError) as error:
        raise DesignError(f"{str(path)!r} is no Parquet file: {error}") from error
    where = repr(str(path))
    try:
        document = json.loads((table.schema.metadata or {}).get(_KEY, b"null"))
    except ValueError as error:
        raise DesignError(f"{where}: the description of the design is damaged ({error})") from error
    check_document(document, where)
    try:
        names = _names(document)
    except (AttributeError, KeyError, TypeError) as error:
        raise DesignError(f"{where}: the description of the design is damaged ({error!r})") from error
    if table.column_names != names:
        raise DesignError(
            f"{where} was changed: it has the columns {table.column_names!r}, but had {names!r}"
        )
    columns = [column.to_numpy() for column in table.columns]
    points, sample = 1 + len(_axes(document)), len(document["factors"])
    rest = iter(columns[points + sample :])
    unit = columns[points : points + sample]
    arrays = Arrays(
        # A design of constants alone has no factor.
        np.column_stack(unit) if unit else np.empty((len(table), 0)),
        next(rest) if document["blocks"] else None,
        next(rest) if document["seed_levels"] else None,
        dict(zip(document["given"], rest, strict=True)),
    )
    settings = settings_from(document, arrays, where)
    expected = settings["points"].reset_index(names=names[0])
    check_same(pd.DataFrame(dict(zip(names, columns[:points], strict=False))), expected, path)
    check_numbers(document, arrays, where)
    return settings


def _axes(document: dict[str, Any]) -> list[str]:
    factors: list[str] = document["factors"]
    return factors[:-1] if document["seed_levels"] else factors


def _names(document: dict[str, Any]) -> list[str]:
    """Name the columns: those of the factors as they are, ours aside where one has that name."""
    axes = _axes(document)
    ours = ["point", *(f"unit:{name}" for name in document["factors"])]
    ours += [name for name in ("blocks", "seed_levels") if document[name]]
    ours += [f"given:{name}" for name in document["given"]]
    names = column_names([*axes, *ours], taken=())
    return [names[len(axes)], *names[: len(axes)], *names[len(axes) + 1 :]]


def _shown(column: pd.Series[Any]) -> Any:
    return column.to_numpy() if column.dtype.kind in "ifb" else [text_of(level) for level in column]
