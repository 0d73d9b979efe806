"""The page: choices above and panels below, or the visualisation of one run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mesa_doe._optional import require
from mesa_doe.errors import MesaDoeError
from mesa_doe.explore.elements import component, grid, note
from mesa_doe.explore.opened import Missing, Opened, at_text
from mesa_doe.explore.panels import Selection, estimates_panel, map_panel, over_time_panel, scatter_panel
from mesa_doe.explore.run_panel import run_panel, runs_panel
from mesa_doe.explore.visualisation import visualisation

__all__ = ["explorer_page"]

_NONE = "none"
_FITTING = "the one that fits the design"


@component
def explorer_page(first: Opened, reopen: Callable[[], Opened] | None = None) -> None:
    """Show a study.

    Parameters
    ----------
    first : Opened
    reopen : callable, optional
        Reads the study again.
    """
    solara = require("solara", extra="explore")
    opened, chosen = solara.use_reactive(first), solara.use_reactive(None)
    stepping, problem = solara.use_reactive(False), solara.use_reactive("")
    study: Opened = opened.value
    if stepping.value:
        visualisation(study, chosen.value, lambda: stepping.set(False))
        return

    def reload(reopen: Callable[[], Opened]) -> None:
        try:
            again = reopen()
        except MesaDoeError as error:
            problem.set(str(error))
            return
        if chosen.value not in again.results.runs.index:
            chosen.set(None)
        opened.set(again)
        problem.set("")

    name = "Results" if study.folder is None else study.folder.resolve().name
    with solara.Column(gap="16px", style={"padding": "16px", "max-width": "1600px", "margin": "0 auto"}):
        with solara.Row(style={"align-items": "baseline", "flex-wrap": "wrap"}):
            solara.v.Html(tag="h1", style_="font-size: 24px;", children=[name])
            solara.Text(study.state())
            if reopen is not None:
                solara.Button("Reload", outlined=True, on_click=lambda: reload(reopen))
        if problem.value:
            solara.Error(problem.value)
        if study.outputs:
            study_panels(study, chosen, lambda: stepping.set(True))
        else:
            solara.Info("No run has reported an output that is a number.")
            run_panel(study, chosen, lambda: stepping.set(True))


@component
def study_panels(opened: Opened, chosen: Any, step_it: Callable[[], None]) -> None:
    """Show what to choose, and the panels of what is chosen.

    Parameters
    ----------
    opened : Opened
    chosen : solara.Reactive of int or None
        The run.
    step_it : callable
        Opens the visualisation.
    """
    solara = require("solara", extra="explore")
    output, factor = solara.use_reactive(opened.outputs[0]), solara.use_reactive(opened.factors[0])
    second = solara.use_reactive(opened.factors[1] if len(opened.factors) > 1 else _NONE)
    when = solara.use_reactive(None)
    drop, hold = solara.use_reactive(False), solara.use_reactive(False)
    analysis = solara.use_reactive(_FITTING)
    # After the study was read again, there may be others.
    name = output.value if output.value in opened.outputs else opened.outputs[0]
    over = factor.value if factor.value in opened.factors else opened.factors[0]
    method = analysis.value if analysis.value in opened.methods else None
    choices = opened.choices(name, hold.value)
    at = when.value if when.value in choices else choices[-1]
    by = second.value if second.value in opened.factors and second.value != over else None
    missing: Missing = "drop" if drop.value else "raise"
    selection = Selection(name, at, over, by)

    with solara.Card(margin=0):
        with grid("200px"):
            solara.Select("Output", opened.outputs, name, on_value=output.set)
            solara.Select("Factor", opened.factors, over, on_value=factor.set)
            others = [_NONE, *(one for one in opened.factors if one != over)]
            solara.Select("Second factor", others, by or _NONE, on_value=second.set)
            if opened.methods:
                solara.Select(
                    "Analysis", [_FITTING, *opened.methods], method or _FITTING, on_value=analysis.set
                )
            with solara.Column(gap="0px"):
                solara.Text(f"At {at_text(at)}", style={"font-size": "14px"})
                if len(choices) > 1:
                    last = len(choices) - 1
                    # Made anew with other choices: it would stay where it was.
                    solara.SliderInt(
                        "", choices.index(at), max=last, thumb_label=False,
                        on_value=lambda place: when.set(choices[place]),
                    ).key(f"{name}, {last}")  # fmt: skip
        for text in _told(opened, name, hold.value):
            note(text)
        with grid("320px"):
            if opened.ends_differ(name):
                solara.Checkbox(label="A run that has ended keeps its last value", value=hold)
            if opened.has_gaps:
                solara.Checkbox(
                    label="Indices without the points of runs that failed or are pending", value=drop
                )
    with grid():
        map_panel(opened, selection, chosen)
        scatter_panel(opened, selection, chosen)
        run_panel(opened, chosen, step_it)
        estimates_panel(opened, name, at, missing, method)
        if opened.steps(name, hold.value):
            over_time_panel(opened, name, missing, method, hold.value)
        runs_panel(opened, name, at, chosen)


def _told(opened: Opened, output: str, hold: bool) -> list[str]:
    """Return what must be known of the choices."""
    told = []
    if opened.ends_differ(output) and not hold:
        told.append("Runs end at different steps: those that all of them have can be chosen, and their ends.")
    if not opened.steps(output, True):
        told.append("Only one step of each run was kept.")
    if opened.words:
        told.append(f"Not shown, since they are no numbers: {', '.join(opened.words)}.")
    return told
