"""The analyses of a study file before there are runs: whether its design allows them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mesa_doe.cli.wording import in_words_of_a_file
from mesa_doe.errors import AnalysisError

if TYPE_CHECKING:
    from mesa_doe.cli.toml_analysis import Analysis
    from mesa_doe.cli.toml_file import TomlFile
    from mesa_doe.configurations import Configurations

__all__ = ["note_refused"]


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
