"""To and from the tables of NetLogo's BehaviorSpace."""

from __future__ import annotations

import csv
import datetime
import math
import os
import re
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import Array
from mesa_doe.bridges.identifiers import identifiers
from mesa_doe.columns import free_names
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, DesignError, counted, warn
from mesa_doe.results import Results
from mesa_doe.results.points import named_outputs
from mesa_doe.samplers import explicit
from mesa_doe.space.values import is_nan, objects

__all__ = ["read_behaviorspace", "to_behaviorspace"]

_RUN, _STEP, _SEED = "[run number]", "[step]", "random-seed"
_TITLE = "BehaviorSpace results"
# Title, model, experiment, date, and the world: names and values of its edges.
_HEADER_LINES = 6
_WORLD = ("min-pxcor", "max-pxcor", "min-pycor", "max-pycor")
_WHOLE = re.compile(r"[+-]?\d+")
# As Java writes numbers. Python's float would take "1_0" and "nan" too, which are words here.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?|Infinity)|NaN")
_MOST_INT = 2**63


def read_behaviorspace(path: str | os.PathLike[str]) -> tuple[Design, pd.DataFrame]:
    """Read the table that an experiment of NetLogo's BehaviorSpace wrote.

    Parameters
    ----------
    path : str or path
        Of the CSV file of *table output* (not spreadsheet, statistics or lists).

    Returns
    -------
    design : Design
        One point a setting, in the order of the runs; runs of one setting are replications. Names become
        identifiers (``"number-of-sheep"`` is ``number_of_sheep``), variables with one value are constants.
    runs : DataFrame
        One row a run and measured step, by run and step: ``run_id`` (the run number), ``point``,
        ``iteration``, ``step`` and the reporters, called as in NetLogo. Where ``random-seed`` was varied, it
        is the ``seed`` of the runs, not a factor.

    Raises
    ------
    DesignError
        If the file is no such table, is damaged, or nothing was varied in it.

    Notes
    -----
    A column is of ints, floats, or truths (``true``, ``false``) if all its values are; lists, agents and
    colours stay the text that NetLogo wrote. A cell that is empty is missing.

    Different from reading it with pandas: rows of parallel runs, which NetLogo writes as they come, are in
    the order of the runs.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> head = ["BehaviorSpace results", "fire.nlogo", "density", "today", "min-pxcor", "0"]
    >>> rows = ["[run number],tree-density,[step],burned", "1,57,9,97", "2,57,8,95", "3,63,7,36"]
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "table.csv").write_text(chr(10).join(head + rows))
    ...     design, runs = read_behaviorspace(f"{folder}/table.csv")
    >>> design.points["tree_density"].tolist()
    [57, 63]
    >>> runs.drop_duplicates("run_id", keep="last").groupby("point")["burned"].mean().tolist()
    [96.0, 36.0]
    """
    header, rows = _read(Path(path))
    middle = header.index(_STEP)
    columns = [_typed([row[k] for row in rows]) for k in range(len(header))]
    names, reporters = header[1:middle], header[middle + 1 :]
    runs = pd.DataFrame({"run_id": columns[0], "step": columns[middle]})
    settings = pd.DataFrame(dict(zip(identifiers(names), columns[1:middle], strict=True)))
    if _SEED in names:
        runs["seed"] = settings.pop(settings.columns[names.index(_SEED)])
    for name, k in zip(
        free_names(reporters, ("run_id", "point", "iteration", "step", "seed"), "_reporter"),
        range(middle + 1, len(header)),
        strict=True,
    ):
        runs[name] = columns[k]
    runs = runs.sort_values(["run_id", "step"], kind="stable")
    starts = runs.drop_duplicates("run_id")
    settings = settings.loc[starts.index]
    if not any(settings[name].nunique() > 1 for name in settings):
        raise DesignError(f"{str(path)!r}: no variable has more than one value, so there is no design")
    # As text, since what is missing equals nothing.
    points = pd.Series(
        settings.astype(str).groupby(list(settings), sort=False).ngroup().array, starts["run_id"]
    )
    runs.insert(1, "point", points[runs["run_id"]].to_numpy())
    runs.insert(2, "iteration", points.groupby(points).cumcount()[runs["run_id"]].to_numpy())
    return explicit(settings[~points.duplicated().to_numpy()]), runs.reset_index(drop=True)


def _read(path: Path) -> tuple[list[str], list[list[str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DesignError(f"{str(path)!r} cannot be read: {error}") from error
    header = lines[_HEADER_LINES] if len(lines) > _HEADER_LINES else []
    if not (lines and lines[0] and lines[0][0].startswith(_TITLE)):
        raise DesignError(
            f"{str(path)!r} is no output of BehaviorSpace: its first line must begin with {_TITLE!r}"
        )
    if not header or header[0] != _RUN or _STEP not in header:
        raise DesignError(
            f"{str(path)!r} is not the table output of BehaviorSpace: line {_HEADER_LINES + 1} must name the "
            f"columns, from {_RUN!r} over the variables and {_STEP!r} to the reporters; choose 'Table "
            "output' when you run the experiment"
        )
    rows = [line for line in lines[_HEADER_LINES + 1 :] if line]
    step = header.index(_STEP)
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header) or not (_WHOLE.fullmatch(row[0]) and _NUMBER.fullmatch(row[step])):
            raise DesignError(
                f"{str(path)!r}: row {number} of {len(rows)} has {counted(len(row), 'value')} for "
                f"{len(header)} columns, or no run number and step; was the experiment stopped while it "
                "wrote?"
            )
    if not rows:
        raise DesignError(f"{str(path)!r} has no runs")
    return header, rows


def _typed(texts: list[str]) -> Array:
    known = [text for text in texts if text]
    if known and all(text in ("true", "false") for text in known):
        values = [text == "true" if text else None for text in texts]
        return np.array(values, dtype=bool if len(known) == len(texts) else object)
    if not all(map(_NUMBER.fullmatch, known)):
        return objects(map(_word, texts))
    if len(known) == len(texts) and all(
        _WHOLE.fullmatch(text) and abs(int(text)) < _MOST_INT for text in texts
    ):
        return np.array(list(map(int, texts)), dtype=np.int64)
    return np.array([float(text) if text else math.nan for text in texts])


def _word(text: str) -> str | None:
    # NetLogo may put words between quotes of its own.
    return (text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text) or None


def to_behaviorspace(
    results: Results, path: str | os.PathLike[str], outputs: str | Sequence[str] | None = None
) -> None:
    """Write results as a table of NetLogo's BehaviorSpace, for tools that read those.

    Parameters
    ----------
    results : Results
    path : str or path
        Of the CSV file; one that is there is written over.
    outputs : str or sequence of str, optional
        Which outputs of the model; by default all.

    Raises
    ------
    AnalysisError
        If there is no such output, no run gave any, or the file cannot be written.

    Warns
    -----
    MesaDoeWarning
        If runs failed: they have no rows, as they reported nothing.

    Notes
    -----
    ``[run number]`` is ``run_id`` + 1. Truths are ``true`` and ``false``, levels their text; what is missing
    is an empty cell. There is no world, so its edges are 0. Seeds, which are longer than those of NetLogo,
    are left out.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from mesa_doe.runner import BatchRunner
    >>> def double(x):
    ...     return {"y": 2 * x}
    >>> runs = explicit({"x": [1, 2]}).configurations(double, rng=1, seed_policy="common")
    >>> with TemporaryDirectory() as folder:
    ...     to_behaviorspace(BatchRunner(runs).run_all(), f"{folder}/table.csv")
    ...     design, again = read_behaviorspace(f"{folder}/table.csv")
    >>> design.points["x"].tolist(), again["y"].tolist()
    ([1, 2], [2, 4])
    """
    names = named_outputs(results, outputs, results.outputs)
    runs, model = results.runs, results.model
    failed = int((runs["status"] != "ok").sum())
    if failed:
        warn(f"{counted(failed, 'run')} failed and have no rows in {str(path)!r}: see results.failures")
    from mesa_doe import __version__

    first = results.configurations[0].model_cls
    now = datetime.datetime.now().astimezone()
    date = f"{now:%m/%d/%Y %H:%M:%S}:{now.microsecond // 1000:03d} {now:%z}"
    method = "runs" if results.design is None else results.design.method
    settings = dict(zip(runs.index, runs[results.parameters].itertuples(index=False, name=None), strict=True))
    head = [
        [f"{_TITLE} (mesa-doe {__version__})", "Table version 2.0"],
        [getattr(first, "__name__", "model")],
        [method],
        [date],
        _WORLD,
        ["0"] * len(_WORLD),
        [_RUN, *results.parameters, _STEP, *names],
    ]
    rows = (
        [run + 1, *map(_written, settings[run]), _written(step), *map(_written, values)]
        for run, step, *values in model[["run_id", "step", *names]].itertuples(index=False, name=None)
    )
    try:
        with Path(path).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(chain(head, rows))
    except OSError as error:
        raise AnalysisError(f"{str(path)!r} cannot be written: {error}") from error


def _written(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if value is None or is_nan(value):
        return ""
    if isinstance(value, (float, np.floating)):
        return repr(float(value)).replace("inf", "Infinity")
    return str(value)
