"""``Results`` of a batch from its configurations and what is recorded of them; ``load`` of a study folder."""

from __future__ import annotations

import os
import weakref
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.configurations import Configurations, RunConfiguration, column_names
from mesa_doe.errors import StudyError, warn
from mesa_doe.results import Noise, Results
from mesa_doe.runner.gathered import Gathered
from mesa_doe.samplers import LONGER
from mesa_doe.study import Numbering, Records, StudyFolder
from mesa_doe.study.place import place_of
from mesa_doe.study.reading import told_if_damaged
from mesa_doe.study.unpacking import unpacked

__all__ = ["load", "results_of"]


def load(path: str | os.PathLike[str]) -> Results:
    """Open a study that is finished, was killed, or is still running, for reading.

    Parameters
    ----------
    path : str or path
        The folder given as ``store=`` to :class:`BatchRunner`, or an archive that :func:`mesa_doe.archive`
        wrote, which is unpacked into a temporary folder for as long as the results are there.

    Returns
    -------
    Results
        Of the runs that are recorded now; ``results.pending`` tells how many are not. Nothing in the
        folder is executed or unpickled. A model's name is kept, and imported only by ``results.replay``.

    Raises
    ------
    StudyError
        If there is no study, it is damaged, or a file is no archive of one; or its path is no text in
        UTF-8, which tables are not read from.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from mesa_doe.runner import BatchRunner
    >>> from mesa_doe.samplers import explicit
    >>> def double(x):
    ...     return {"y": 2 * x}
    >>> runs = explicit({"x": [1, 2]}).configurations(double, rng=1, seed_policy="common")
    >>> with TemporaryDirectory() as folder:
    ...     _ = BatchRunner(runs, store=folder).run_all()
    ...     load(folder).output("y").tolist()
    [2.0, 4.0]
    """
    given: Any = path  # whatever was typed
    if not isinstance(given, (str, os.PathLike)):
        raise StudyError(
            f"load takes the folder of a study, or an archive of one, as text or a path, got {given!r}"
        )
    # Tables are read when they are looked at, wherever the process is then.
    place = place_of(path)
    if not place.is_file():
        return _load(place)
    for folder in place.parents[:2]:
        if place.suffix in (".json", ".parquet") and (folder / "study.json").is_file():
            raise StudyError(f"{str(path)!r} is a file of a study: load its folder, {str(folder)!r}")
    study, temporary = unpacked(place)
    try:
        results = _load(study)
    except BaseException:
        temporary.cleanup()
        raise
    weakref.finalize(results, temporary.cleanup)
    return results


def _load(path: Path) -> Results:
    with told_if_damaged(path):
        folder = StudyFolder(path, LONGER)
        if folder.strangers:
            warn(folder.told_strangers("ignored"))
        design = folder.document["plan"]["design"]
        if design and not design["saved"]:
            warn(
                f"the design of the study could not be saved ({design['why']}): its levels are text here. "
                "Analyse it in the script that made it, whose design an analysis takes with design="
            )
        configurations = folder.plan.configurations()
        records = folder.records(Numbering.of(configurations))
        return results_of(configurations, records, folder.document["noise"])


def results_of(
    configurations: Sequence[RunConfiguration], records: Records | Gathered, noise: Mapping[str, Noise]
) -> Results:
    """Return the results of the runs that are recorded; tables are made when they are looked at."""
    lists_differ = not isinstance(configurations, Configurations)
    periods = {one.data_collection_period for one in configurations} if lists_differ else set()
    return Results(
        partial(_runs, configurations, records),  # which pickles, as a lambda does not
        records.tables,
        recorded=len(records),
        configurations=configurations,
        parameters=column_names(_parameter_names(configurations)),
        design=getattr(configurations, "design", None),
        seed_policy=getattr(configurations, "seed_policy", None),
        noise=noise,
        period=configurations[0].data_collection_period if len(periods) < 2 else None,
    )


def _runs(configurations: Sequence[RunConfiguration], records: Records | Gathered) -> pd.DataFrame:
    positions = records.positions
    frame = _configuration_frame(configurations)
    if len(positions) < len(frame):
        frame = frame.iloc[positions]
    outcome = pd.DataFrame(records.outcome(), index=frame.index)
    steps = outcome["steps"].to_numpy(np.float64)
    if np.array_equal(steps, steps.astype(np.int64)):
        outcome["steps"] = steps.astype(np.int64)
    return pd.concat([frame, outcome], axis=1)


def _parameter_names(configurations: Sequence[RunConfiguration]) -> list[str]:
    if isinstance(configurations, Configurations):
        return configurations.parameter_names
    return list(dict.fromkeys(name for one in configurations for name in one.parameters))


def _configuration_frame(configurations: Sequence[RunConfiguration]) -> pd.DataFrame:
    """Return one row a configuration, index ``run_id``."""
    if isinstance(configurations, Configurations):
        return configurations.to_frame()
    names = _parameter_names(configurations)
    points = [c.point for c in configurations]
    frame: dict[str, Any] = {
        "point": pd.Series(points, dtype=object if None in points else np.int64).array,
        "iteration": [int(c.iteration) for c in configurations],
        "seed": [None if c.seed is None else str(int(c.seed)) for c in configurations],
    }
    for name, column in zip(names, column_names(names), strict=True):
        frame[column] = _parameter_column([c.parameters.get(name) for c in configurations])
    return pd.DataFrame(frame, index=pd.Index([int(c.run_id) for c in configurations], name="run_id"))


def _parameter_column(values: list[Any]) -> Any:
    kinds = {type(value) for value in values}
    if kinds in ({int}, {float}, {bool}):
        try:
            return np.array(values, dtype={int: np.int64, float: np.float64, bool: bool}[kinds.pop()])
        except OverflowError:
            pass
    column = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        column[row] = value
    return pd.Series(column, dtype=object).array
