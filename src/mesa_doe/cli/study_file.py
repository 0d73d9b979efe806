"""A study in a TOML file: model, space, design, runs and analyses, read into what Python would write.

What a file says is checked as far as it can be before the first run, and every mistake is told at once,
with its key and line. The calls are those of the library, with the values of the file: a study of a file is
the same, to the byte, as the one that a script makes with these values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mesa_doe.cli.importing import import_file, import_module, named_at, named_in
from mesa_doe.cli.toml_analysis import Analysis, read_analyses
from mesa_doe.cli.toml_design import read_design
from mesa_doe.cli.toml_file import TomlFile
from mesa_doe.cli.toml_lines import Key
from mesa_doe.cli.toml_space import read_space
from mesa_doe.errors import ConfigurationError, MesaDoeError

if TYPE_CHECKING:
    from mesa_doe.configurations import Configurations
    from mesa_doe.runner import BatchRunner

__all__ = ["StudyFile", "read_study"]

_SECTIONS = ("model", "space", "design", "runs", "batch", "analysis")
_RUNS = ("replications", "rng", "max_steps", "data_collection_period", "seed_policy", "outputs")
_BATCH = ("n_jobs", "store", "timeout", "retries")


@dataclass(frozen=True)
class StudyFile:
    """A study as its file describes it.

    Parameters
    ----------
    file : TomlFile
    configurations : Configurations
    batch : mapping
        ``n_jobs``, ``timeout`` and ``retries``, as far as they are given.
    store : Path
        Folder of the study.
    analyses : sequence of Analysis
    """

    file: TomlFile
    configurations: Configurations
    batch: Mapping[str, Any]
    store: Path
    analyses: Sequence[Analysis]

    def runner(self, **settings: Any) -> BatchRunner:
        """Return the runner of the study, having checked the names of the parameters and of the outputs.

        Parameters
        ----------
        **settings
            Of ``BatchRunner``; they come before those of the file.

        Raises
        ------
        ConfigurationError
            Naming the keys that are wrong.
        """
        from mesa_doe.runner import BatchRunner
        from mesa_doe.runner.checks import check_models, recipes_of

        section = "space"
        try:
            recipes = recipes_of(self.configurations)
            section = "runs"
            check_models(self.configurations, recipes)
            section = "batch"
            return BatchRunner(self.configurations, **{**self.batch, **settings})
        except ConfigurationError as error:
            outputs = (section, "outputs")
            self.file.blame(error, (section,), outputs, default=outputs if section == "runs" else None)
            raise self.file.error() from error


def read_study(path: Path) -> StudyFile:
    """Read a study file; the model is imported, and nothing is run.

    Parameters
    ----------
    path : Path

    Returns
    -------
    StudyFile

    Raises
    ------
    ConfigurationError
        Naming every mistake by its key and line.
    """
    file = TomlFile(path)
    file.unknown((), file.data, _SECTIONS)
    design = read_design(file, read_space(file))
    model = _model(file)
    runs = _runs(file, model)
    batch, store = _batch(file)
    analyses = read_analyses(file, design)
    if design is None or model is None:
        raise file.error()
    file.check()
    try:
        configurations = design.configurations(model.target, scenario_cls=model.scenario, **runs)
    except MesaDoeError as error:
        file.blame(error, ("runs",))
        raise file.error() from error
    for place, analysis in enumerate(analyses):
        at = analysis.options.get("at")
        if isinstance(at, (int, float)) and at > configurations.max_steps:
            file.takes(("analysis", place, "at"), f"a step up to max_steps = {configurations.max_steps}", at)
    file.check()
    return StudyFile(file, configurations, batch, store, analyses)


@dataclass(frozen=True)
class _Model:
    module: ModuleType
    target: Callable[..., Any]
    scenario: Any = None


def _model(file: TomlFile) -> _Model | None:
    """Import the model; None, having noted why, where that does not go."""
    needed = {"class": 'write class = "package.module:Class", or file = "model.py" and class = "Class"'}
    table = file.section(("model",), ("class", "file", "scenario"), needed)
    if table is None:
        return None
    wrong = [name for name, value in table.items() if not isinstance(value, str)]
    for name in wrong:
        file.takes(("model", name), "a text", table[name])
    if wrong:
        return None
    where, colon, name = table["class"].rpartition(":")
    if bool(colon) == ("file" in table):
        file.takes(
            ("model", "class"), '"package.module:Class", or "Class" beside file = "model.py"', table["class"]
        )
        return None
    key = "file" if "file" in table else "class"
    try:
        folder = file.path.parent
        module = import_file(folder / table["file"]) if key == "file" else import_module(where, folder)
        key = "class"
        target = named_in(module, name)
        key = "scenario"
        scenario = _named(file, table[key], module) if key in table else None
    except ConfigurationError as error:
        file.wrong(("model", key), str(error))
        return None
    return _Model(module, target, scenario)


def _named(file: TomlFile, reference: str, module: ModuleType) -> Any:
    """Return what "name" is in the model's module, or "module:name" or "file.py:name" elsewhere."""
    return named_at(reference, file.path.parent) if ":" in reference else named_in(module, reference)


def _runs(file: TomlFile, model: _Model | None) -> dict[str, Any]:
    needed = {
        "rng": "write rng = 1, say; the seeds of all runs follow from it, and must be the same each time"
    }
    table = dict(file.section(("runs",), _RUNS, needed) or {})
    if isinstance(table.get("outputs"), dict):
        table["outputs"] = {
            name: _output(file, ("runs", "outputs", name), value, model)
            for name, value in table["outputs"].items()
        }
    return table


def _output(file: TomlFile, key: Key, value: Any, model: _Model | None) -> Any:
    """Return a period, None for that of the runs, or the function that a text names."""
    if isinstance(value, str):
        try:
            return None if model is None else _named(file, value, model.module)
        except ConfigurationError as error:
            file.wrong(key, str(error))
            return None
    if value is False or not isinstance(value, int):
        file.takes(key, "true, a period (-1 is the last step), or the name of a function", value)
    return None if value is True else value


def _batch(file: TomlFile) -> tuple[dict[str, Any], Path]:
    table = dict(file.section(("batch",), _BATCH) or {})
    store = table.pop("store", file.path.stem)
    if not isinstance(store, str):
        file.takes(("batch", "store"), "the name of a folder", store)
        return table, file.path
    return table, file.path.parent / store
