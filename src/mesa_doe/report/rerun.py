"""How to make the runs again: code that does it, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mesa_doe.report.source import Source
from mesa_doe.results import Results
from mesa_doe.study.rerun import Names, lost_parameters, settings_of

__all__ = ["Rerun", "rerun_of"]


@dataclass(frozen=True)
class Rerun:
    """Code that makes the runs again.

    Parameters
    ----------
    code : str
        Python; empty where ``reason`` says why there is none.
    reason : str
    """

    code: str = ""
    reason: str = ""


# Names that the code uses for other things.
_TAKEN = {"again", "columns", "doe", "pd", "replace", "row", "run", "runs", "study", "table", "text"}


def rerun_of(results: Results, source: Source, whole: bool) -> Rerun:
    """Return code that makes the same runs again, in the folder that holds the study or ``runs.csv``.

    Parameters
    ----------
    results : Results
    source : Source
    whole : bool
        Whether the page's table of runs has all of them.
    """
    plan = source.plan
    if len(plan["models"]) != 1:
        return Rerun(
            reason="These runs are of several models; the script that made them has to run them again."
        )
    # Without a folder, the table of runs is all that there is.
    lost = lost_parameters(plan) if source.folder is not None else _lost_in_table(results, source)
    if lost:
        return Rerun(
            reason=f"The values of {', '.join(lost)} could not be written down exactly, so only the script "
            "that made these runs can make them again."
        )
    if source.folder is None and (not whole or results.pending or plan["kind"] != "design"):
        return Rerun(
            reason="These runs were kept in memory, and this page has not all that decides them: the script "
            "that made them can make them again. With store=, a study keeps them."
        )
    if source.folder is None:
        return Rerun(_from_csv(results, source))
    return Rerun(_from_folder(source.folder.name, plan["models"][0], whole=not results.pending))


def _lost_in_table(results: Results, source: Source) -> list[str]:
    """Return the parameters of which the table of runs holds not all values: no numbers, and no texts."""
    apart = _containers(source)
    mixed = [
        name
        for name in _not_numbers(results)
        if name not in apart and not all(isinstance(value, str) for value in results.runs[name])
    ]
    return [repr(name) for name in dict.fromkeys([*source.plan["inexact"], *mixed])]


def _not_numbers(results: Results) -> list[str]:
    return [name for name in results.parameters if results.runs[name].dtype.kind not in "bif"]


def _containers(source: Source) -> dict[str, Any]:
    """Return the constants that the code itself says: a cell of a table holds no list."""
    return {
        name: one["value"]
        for name, one in source.plan["constants"].items()
        if isinstance(one.get("value"), (list, dict))
    }


def _imports(names: Names) -> list[str]:
    return [*names.imports, *(f"# Define or import here: {one}" for one in names.missing)]


def _from_folder(folder: str, described: Mapping[str, Any], *, whole: bool) -> str:
    names = Names(_TAKEN)
    changes = settings_of(described, names)
    lines = [
        "from dataclasses import replace",
        "",
        "import mesa_doe as doe",
        *_imports(names),
        "",
        f"study = doe.load({folder!r})",
        f"runs = [replace(run, {', '.join(changes)}) for run in study.configurations]",
        "again = doe.BatchRunner(runs, n_jobs=-1).run_all()",
    ]
    if whole:
        lines.append("print(again.model.equals(study.model))  # True: the same results to the last digit")
    return "\n".join(lines)


def _from_csv(results: Results, source: Source) -> str:
    names, plan = Names(_TAKEN), source.plan
    described = plan["models"][0]
    first = results.configurations[0]
    apart = _containers(source)
    named = zip(results.parameters, first.parameters, strict=True)
    columns = {column: name for column, name in named if name not in apart}
    constants = f" | {apart!r}" if apart else ""
    settings = [
        "run_id=row['run_id']",
        "point=row['point']",
        "iteration=row['iteration']",
        "seed=int(row['seed'])",
        f"parameters={{name: row[column] for column, name in columns.items()}}{constants}",
        f"max_steps={first.max_steps}",
        f"data_collection_period={first.data_collection_period}",
    ]
    settings += settings_of(described, names)
    lines = [
        "import mesa_doe as doe",
        "import pandas as pd",
        *_imports(names),
        "",
        "# runs.csv is saved from the table of runs at the end of this page.",
        f"text = {['seed', *_not_numbers(results)]!r}",
        "table = pd.read_csv('runs.csv', dtype=dict.fromkeys(text, str), keep_default_na=False)",
        f"columns = {columns!r}",
        "runs = [",
        "    doe.RunConfiguration(",
        *(f"        {setting}," for setting in settings),
        "    )",
        "    for row in table.to_dict('records')",
        "]",
        "again = doe.BatchRunner(runs, n_jobs=-1).run_all()",
    ]
    return "\n".join(lines)
