"""``mesa-doe export STUDY FOLDER``: the tables of a study, for other programs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesa_doe._optional import require
from mesa_doe.cli.printing import records_of
from mesa_doe.cli.study_argument import add_study
from mesa_doe.errors import StudyError, counted, warn

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from mesa_doe.results import Results

__all__ = ["add_export"]


def add_export(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "export",
        help="write the tables of a study as CSV, Parquet, JSON or NetCDF",
        description="Write the tables of a study to a folder, a file each: runs (with what went wrong), "
        "model, agents-TYPE and table-NAME. They are joined by run_id. NetCDF is one file, model.nc: what "
        "the model reported by point, replication and step, and the parameters.",
        epilog="Exit codes: 0 done; 1 there is no such study, or a file of that name exists.",
    )
    add_study(parser)
    parser.add_argument("folder", type=Path, help="where to; it is made if it is not there")
    parser.add_argument("--format", choices=sorted([*_WRITERS, "netcdf"]), required=True, help="of the files")
    parser.set_defaults(run=_export)


def _csv(frame: pd.DataFrame, path: Path) -> None:
    # Only with this end of a row is a bare carriage return in a text quoted.
    frame.to_csv(path, index=False, lineterminator="\r\n")


def _json(frame: pd.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        json.dump(records_of(frame), file, ensure_ascii=False)


def _parquet(frame: pd.DataFrame, path: Path) -> None:
    require("pyarrow", extra="store")
    texts: dict[str, Any] = {}
    for name, column in frame.items():
        # A text that is missing is NaN in newer versions of pandas.
        there = column.dropna() if column.dtype == object else column.iloc[:0]
        kinds = set(map(type, there))
        if len(kinds) > 1 and not kinds <= {int, float}:
            _tell_of_texts(str(name))
            texts[str(name)] = there.map(str).reindex(column.index)
    frame.assign(**texts).to_parquet(path, index=False)


_WRITERS: dict[str, Callable[[pd.DataFrame, Path], None]] = {"csv": _csv, "json": _json, "parquet": _parquet}


def _export(arguments: argparse.Namespace) -> int:
    from mesa_doe.runner import load

    results = load(arguments.study)
    if arguments.format == "netcdf":
        return _export_netcdf(results, arguments.folder)
    tables = _tables(results)
    files = {name: arguments.folder / f"{name}.{arguments.format}" for name in tables}
    _check_free(files.values())
    try:
        arguments.folder.mkdir(parents=True, exist_ok=True)
        for name, frame in tables.items():
            _WRITERS[arguments.format](frame, files[name])
            print(f"{files[name]}: {counted(len(frame), 'row')}")
    except OSError as error:
        raise StudyError(f"the tables cannot be written to {str(arguments.folder)!r}: {error}") from error
    return 0


def _check_free(files: Iterable[Path]) -> None:
    if there := [str(path) for path in files if path.exists()]:
        raise StudyError(f"nothing is overwritten, and there are {', '.join(there)}: give another folder")


def _tables(results: Results) -> dict[str, pd.DataFrame]:
    """Return the tables by the names of their files."""
    from mesa_doe.study.tabular import distinct

    runs = _with_containers_as_json(results.runs)
    tracebacks = results.failures["traceback"].reindex(runs.index, fill_value="")
    tables = {
        "runs": runs.assign(traceback=tracebacks).reset_index(),
        "model": results.model,
        **{f"agents-{name}": frame for name, frame in results.agents.items()},
        **{f"table-{name}": frame for name, frame in results.tables.items()},
    }
    return dict(zip(distinct([_plain(name) for name in tables]), tables.values(), strict=True))


def _with_containers_as_json(runs: pd.DataFrame) -> pd.DataFrame:
    """Write parameters that are lists or dicts as JSON does, as text: no file has cells of them."""
    from mesa_doe.columns import as_column

    held = {
        str(name): as_column(column.tolist())[0]
        for name, column in runs.items()
        if any(isinstance(value, (list, dict)) for value in (column if column.dtype.kind == "O" else ()))
    }
    return runs.assign(**held)


def _plain(name: str) -> str:
    """Write the name of a table so that it names a file in the folder, and nowhere else.

    Examples
    --------
    >>> _plain("Wolf"), _plain("../deaths")
    ('Wolf', '.._deaths')
    """
    return "".join(letter if letter.isalnum() or letter in "-_. " else "_" for letter in name)


# ---- NetCDF -----------------------------------------------------------------------------------------------


def _export_netcdf(results: Results, folder: Path) -> int:
    path = folder / "model.nc"
    _check_free([path])
    # NetCDF 4: version 3, which scipy writes, has no whole numbers of 64 bits.
    for module in ("h5py", "h5netcdf"):
        require(module, extra="xarray")
    data = _storable(results.to_xarray())
    numbers = [name for name, one in data.data_vars.items() if one.dtype.kind in "bif"]
    _tell_of_truths(results, data)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        data.to_netcdf(path, engine="h5netcdf", encoding={name: {"zlib": True} for name in numbers})
    except OSError as error:
        raise StudyError(f"the data cannot be written to {str(path)!r}: {error}") from error
    sizes = ", ".join(counted(size, str(name)) for name, size in data.sizes.items())
    print(f"{path}: {sizes}")
    return 0


def _storable(data: Any) -> Any:
    """Return the dataset with nothing in it but what NetCDF holds: numbers, truths and text."""
    from mesa_doe.study.tabular import distinct

    for name in [name for name, one in data.variables.items() if one.dtype.kind == "O"]:
        values, attributes = _stored(str(name), data[name].to_numpy())
        data[name] = (data[name].dims, values, attributes)
    # A slash would make a group.
    names = [str(name) for name in data.variables]
    plain = distinct([name.replace("/", "_") for name in names])
    new = {old: own for old, own in zip(names, plain, strict=True) if old != own}
    for name in new:
        data[name].attrs["long_name"] = name
    return data.rename(new)


def _stored(name: str, values: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], dict[str, str]]:
    """Return objects as text, or as numbers where that is what they are, and what a reader must know."""
    import numpy as np

    from mesa_doe.columns import as_column

    items = [None if value != value else value for value in values.flat]
    array, _ = as_column(items)
    if array is None or array.dtype.kind != "O":
        return np.full(values.shape, np.nan) if array is None else array.reshape(values.shape), {}
    if not all(item is None or isinstance(item, (str, list, dict)) for item in items):
        _tell_of_texts(name)
    missing = np.array([value is None for value in array])
    if not missing.any():
        return array.reshape(values.shape), {}
    if (array == "").any():
        raise StudyError(
            f"{name!r} has texts that are empty and others that are missing, which NetCDF cannot tell apart: "
            "use --format parquet"
        )
    return np.where(missing, "", array).astype(object).reshape(values.shape), {"missing_value": ""}


def _tell_of_texts(name: str) -> None:
    warn(f"some values of {name!r} are no text, and others are no numbers: all are written as text")


def _tell_of_truths(results: Results, data: Any) -> None:
    """Say which truths became numbers, as they have gaps."""
    names = [name for name in results.outputs if results.model[name].dtype.kind == "b"]
    if lost := [name for name in names if name in data and data[name].dtype.kind == "f"]:
        warn(
            f"{', '.join(map(repr, lost))} has no value at some steps of some runs: true is 1 and false is 0"
        )
