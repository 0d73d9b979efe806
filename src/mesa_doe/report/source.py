"""Where results come from: the study's record of itself, or what can be told of runs in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mesa_doe.results import Results
from mesa_doe.study import plan_of
from mesa_doe.study.provenance import versions
from mesa_doe.study.reading import read_document
from mesa_doe.study.stored_model import qualified_name

__all__ = ["Source", "source_of_results"]


@dataclass(frozen=True)
class Source:
    """What is known of how results were made.

    Parameters
    ----------
    folder : Path or None
        Of the study; None for runs in memory.
    created : str or None
    plan : mapping
        As in ``study.json``.
    sessions : list of mapping
        What wrote the study, each time that something of it had changed.
    """

    folder: Path | None
    created: str | None
    plan: Mapping[str, Any]
    sessions: list[Mapping[str, Any]]

    @property
    def models(self) -> list[str]:
        """Names of the models, as they are imported."""
        return [qualified_name(one["model"]) for one in self.plan["models"]]


def source_of_results(results: Results) -> Source:
    """Return where results come from."""
    if results.study is not None:
        document = read_document(results.study)
        # "." has no name.
        return Source(results.study.resolve(), document["created"], document["plan"], document["made_with"])
    return Source(None, None, plan_of(results.configurations).document, [{"versions": versions()}])
