"""The door from Python: the page as an element, in a cell of a notebook or in a Solara application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mesa_doe._optional import require
from mesa_doe.errors import ConfigurationError
from mesa_doe.explore.opened import Opened
from mesa_doe.results import Results

__all__ = ["explorer"]


def explorer(
    results: Results, *, model: Callable[..., Any] | None = None, allow_changed_model: bool = False
) -> Any:
    """Return a live page of results: points, indices over time, and runs to be made again and stepped.

    Parameters
    ----------
    results : Results
        Of :meth:`BatchRunner.run_all`, or of :func:`mesa_doe.load`.
    model, allow_changed_model : as in :meth:`Results.replay`

    Returns
    -------
    solara.Element
        At the end of a cell it is shown; in a Solara application it is a part of the page.

    Raises
    ------
    ConfigurationError
        If these are no results.
    MissingDependencyError
        If Solara is not installed.

    Notes
    -----
    ``mesa-doe explore STUDY`` shows the same page in a browser. No model is imported or run until a run is
    replayed or stepped.
    """
    asked: Any = results  # whatever was typed
    if not isinstance(asked, Results):
        raise ConfigurationError(
            f"explorer takes results, got {asked!r}: doe.load(folder) gives those of a study"
        )
    require("solara", extra="explore")
    from mesa_doe.explore.page import explorer_page
    from mesa_doe.runner import load

    def opened(known: Results) -> Opened:
        given = None if model is None else lambda: model
        return Opened(known, model=given, allow_changed_model=allow_changed_model)

    folder = results.study
    return explorer_page(opened(results), None if folder is None else lambda: opened(load(folder)))
