"""A study in a TOML file: model, space, design, runs and analyses, read into what Python would write.

What a file says is checked as far as it can be before the first run, and every mistake is told at once,
with its key and line. The calls are those of the library, with the values of the file: a study of a file is
the same, to the byte, as the one that a script makes with these values.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from mesa_doe.cli.importing import import_file, import_module, named_at, named_in
from mesa_doe.cli.rehearsal import note_not_kept, note_refused, note_unknown
from mesa_doe.cli.toml_analysis import Analysis, read_analyses
from mesa_doe.cli.toml_design import read_design
from mesa_doe.cli.toml_file import TomlFile
from mesa_doe.cli.toml_lines import Key
from mesa_doe.cli.toml_space import parameter_names, read_space
from mesa_doe.errors import ConfigurationError, MesaDoeError

if TYPE_CHECKING:
    from mesa_doe.configurations import Configurations
    from mesa_doe.design import Design
    from mesa_doe.runner import BatchRunner

__all__ = ["StudyFile", "read_store", "read_study"]

_SECTIONS = ("model", "space", "design", "runs", "batch", "analysis")
_RUNS = ("replications", "rng", "max_steps", "data_collection_period", "seed_policy", "outputs")
# What each takes, and whether a value is that.
_BATCH: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "n_jobs": (
        "a whole number other than 0 (-1 is all cores)",
        lambda value: type(value) is int and value != 0,
    ),
    "store": ("the name of a folder", lambda value: isinstance(value, str)),
    "timeout": (
        "seconds above 0 and below 1e9",
        lambda value: type(value) in (int, float) and 0 < value < 1e9,
    ),
    "retries": ("a whole number from 0", lambda value: type(value) is int and value >= 0),
}


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
            runner = BatchRunner(self.configurations, **{**self.batch, **settings})
        except ConfigurationError as error:
            outputs = (section, "outputs")
            self.file.blame(error, (section,), outputs, default=outputs if section == "runs" else None)
            raise self.file.error() from error
        for note in (note_unknown, note_not_kept):
            note(self.file, self.configurations, recipes, self.analyses)
        self.file.check()
        return runner


def read_study(path: Path) -> StudyFile:
    """Read a study file; the model is imported, and nothing is run.

    Raises
    ------
    ConfigurationError
        Naming every mistake by its key and line.
    """
    file = TomlFile(path)
    file.unknown((), file.data, _SECTIONS)
    design = read_design(file, read_space(file))
    model = _model(file)
    if model is not None:
        _note_names(file, model, design)
    runs = _runs(file, model)
    max_steps = _note_settings(file, runs)
    batch, store = _batch(file)
    analyses = read_analyses(file, design, max_steps)
    if design is None or model is None:
        raise file.error()
    file.check()
    try:
        configurations = design.configurations(model.target, scenario_cls=model.scenario, **runs)
    except MesaDoeError as error:
        file.blame(error, ("runs",))
        raise file.error() from error
    note_refused(file, configurations, analyses)
    file.check()
    return StudyFile(file, configurations, batch, store, analyses)


def read_store(path: Path) -> Path:
    """Read which folder a study file names; no model is imported.

    Raises
    ------
    ConfigurationError
        If a mistake in the names of the sections, or in ``[batch]``, may hide which it is.
    """
    file = TomlFile(path)
    file.unknown((), file.data, _SECTIONS)
    _, store = _batch(file)
    file.check()
    return store


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


def _note_names(file: TomlFile, model: _Model, design: Design | None) -> None:
    """Note the parameters that the model does not take, or lacks."""
    from mesa_doe.model_run import check_names, recipe_of

    names = parameter_names(file)
    if names is None:
        if design is None:
            return
        names = [*design.space.names, *design.space.constants]
    try:
        check_names(recipe_of(model.target, model.scenario), names)
    except ConfigurationError as error:
        file.blame(error, ("space",))


def _runs(file: TomlFile, model: _Model | None) -> dict[str, Any]:
    needed = {
        "rng": "write rng = 1, say; the seeds of all runs follow from it, and must be the same each time"
    }
    file.section(("runs",), _RUNS, needed)
    given = file.data.get("runs")
    table = {name: given[name] for name in _RUNS if name in given} if isinstance(given, dict) else {}
    if isinstance(table.get("outputs"), dict):
        table["outputs"] = {
            name: _output(file, ("runs", "outputs", name), value, model)
            for name, value in table["outputs"].items()
        }
    return table


def _note_settings(file: TomlFile, runs: Mapping[str, Any]) -> int | None:
    """Note the settings that no run could have, and return ``max_steps``; None where it is one of these."""
    import numpy as np

    from mesa_doe.configurations import Configurations, settings_problems
    from mesa_doe.design import Design
    from mesa_doe.design.seeds import check_replications
    from mesa_doe.seeding import SeedPlan, root_entropy, seed_units

    # Of no design, as that may have mistakes of its own; what only it can tell, it says later.
    none = np.empty(0, dtype=np.int64)
    policy = runs.get("seed_policy", "independent")
    settings = {name: value for name, value in runs.items() if name not in ("rng", "seed_policy")}
    settings = {"replications": 1, **settings}
    for check in (
        lambda: root_entropy(runs.get("rng")),
        lambda: seed_units(policy, 0, none),
        lambda: check_replications(policy, settings["replications"]),
        lambda: Configurations(dict, {}, constants={}, seeds=SeedPlan(0, none, "independent"), **settings),
    ):
        try:
            check()
        except ConfigurationError as error:
            file.blame(error, ("runs",))
    default = inspect.signature(Design.configurations).parameters["max_steps"].default
    max_steps = runs.get("max_steps", default)
    return None if settings_problems(dict, max_steps, -1, None) else max_steps


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
    for name, (what, fits) in _BATCH.items():
        if name in table and not fits(table[name]):
            file.takes(("batch", name), what, table[name])
    return table, file.path.parent / str(table.pop("store", file.path.stem))
