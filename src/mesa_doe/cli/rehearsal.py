"""The analyses of a study file before there are runs: whether its design allows them, and its model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mesa_doe.cli.toml_file import written
from mesa_doe.cli.wording import in_words_of_a_file
from mesa_doe.errors import AnalysisError, ConfigurationError

if TYPE_CHECKING:
    from mesa_doe.cli.toml_analysis import Analysis
    from mesa_doe.cli.toml_file import TomlFile
    from mesa_doe.cli.toml_lines import Key
    from mesa_doe.configurations import Configurations
    from mesa_doe.runner.checks import Recipes

__all__ = ["note_not_kept", "note_refused", "note_unknown"]


def note_refused(file: TomlFile, configurations: Configurations, analyses: Sequence[Analysis]) -> None:
    """Note the analyses that the design does not allow: it has too few points, say, or too many levels.

    Parameters
    ----------
    file : TomlFile
    configurations : Configurations
        Of the whole design.
    analyses : sequence of Analysis
    """
    from mesa_doe.runner.rehearsal import rehearsed

    for place, analysis in enumerate(analyses):
        # tabulate takes runs and no design; and which points will be dropped, the runs tell.
        if analysis.counts or analysis.options.get("missing") == "drop":
            continue
        options = {name: value for name, value in analysis.options.items() if name not in ("at", "method")}
        try:
            rehearsed(configurations, analysis.options.get("method"), options)
        except AnalysisError as error:
            file.wrong(("analysis", place), in_words_of_a_file(str(error), Path()))


def note_unknown(
    file: TomlFile, configurations: Configurations, recipes: Recipes, analyses: Sequence[Analysis]
) -> None:
    """Note the outputs that the runs will not have, as far as a model tells that is built and not run.

    Parameters
    ----------
    file : TomlFile
    configurations : Configurations
    recipes : dict
        Of their models.
    analyses : sequence of Analysis
    """
    asked: dict[str, list[Key]] = {}
    for place, analysis in enumerate(analyses):
        # The model of another point may have what is dropped at this one's.
        if analysis.options.get("missing") != "drop":
            for name in analysis.outputs:
                asked.setdefault(name, []).append(("analysis", place, "output"))
    for name, problem in _unknown(list(asked), configurations, recipes).items():
        for key in asked[name]:
            file.wrong(key, problem)


def note_not_kept(
    file: TomlFile, configurations: Configurations, recipes: Recipes, analyses: Sequence[Analysis]
) -> None:
    """Note the analyses that look at steps of which none but the last is kept."""
    from mesa_doe.model_run.wanted import Wanted
    from mesa_doe.results.length import LENGTH
    from mesa_doe.runner.checks import model_key

    if not (recipes[model_key(configurations[0])].is_model and configurations.max_steps):
        return
    wanted = Wanted(configurations.outputs, configurations.data_collection_period)
    for place, analysis in enumerate(analyses):
        at = analysis.options.get("at", "final")
        for name in analysis.outputs if at != "final" else []:
            own = [wanted.period_of(name.rpartition(".")[2], kind) for kind in ("model", "agents")]
            if name != LENGTH and all((wanted.period if one is None else one) == -1 for one in own):
                told = f"only the last step of {name!r} is kept, so {written(at)} has nothing to look at: "
                told += "write data_collection_period = 1 under [runs], or the period that you need"
                file.wrong(("analysis", place, "at"), told)


def _unknown(names: Sequence[str], configurations: Configurations, recipes: Recipes) -> Mapping[str, str]:
    """Return what is said of the outputs that there are not, by name."""
    from mesa_doe.analysis.options import check_known
    from mesa_doe.results.length import LENGTH
    from mesa_doe.runner.checks import check_models

    outputs = configurations.outputs if isinstance(configurations.outputs, Mapping) else {}
    functions = [name for name, own in outputs.items() if callable(own)]
    # Of agents "Person.wealth" is an output too, and recorded as "wealth".
    names = [name for name in names if name not in (LENGTH, *functions) and "." not in name]
    if functions and len(functions) == len(outputs):
        said = {}
        for name in names:
            try:
                check_known("output", name, [*functions, LENGTH])
            except AnalysisError as error:
                said[name] = str(error)
        return said
    try:
        check_models([replace(configurations[0], outputs=names)], recipes)
    except ConfigurationError as error:
        return error.of_outputs
    return {}
