"""The run that was chosen, and the table to choose it from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mesa_doe._optional import require
from mesa_doe.explore.chosen import chosen_run, replayed, why_not
from mesa_doe.explore.elements import component, plain_table, runs_table, traceback_text
from mesa_doe.explore.listing import columns_of, page_of, pages
from mesa_doe.explore.opened import At, Opened

__all__ = ["run_panel", "runs_panel"]

# Beside two rows of panels.
_TALL = {"grid-row": "span 2"}


@component
def run_panel(opened: Opened, chosen: Any, step_it: Callable[[], None]) -> None:
    """Show what is known of a run, make it again, and open its visualisation.

    Parameters
    ----------
    opened : Opened
    chosen : solara.Reactive of int or None
    step_it : callable
    """
    solara = require("solara", extra="explore")
    replay = solara.lab.use_task(lambda run_id: (run_id, replayed(opened, run_id)), dependencies=None)
    if chosen.value is None or chosen.value not in opened.results.runs.index:
        with solara.Card("Run", margin=0, style=_TALL):
            solara.Text("Click a point, or choose a run in the table.")
        return
    run = chosen_run(opened, chosen.value)
    refused = why_not(opened, run.run_id)
    with solara.Card(f"Run {run.run_id}", margin=0, style=_TALL):
        solara.Text(f"{run.heading}: {run.status}")
        if len(run.others) > 1:
            solara.Select("Runs of this point", run.others, run.run_id, on_value=chosen.set)
        if run.error:
            solara.Error(run.error, dense=True)
            with solara.Details("Traceback"):
                traceback_text(run.traceback)
        plain_table([[name, value] for name, value in run.parameters.items()], ["parameter", "value"])
        if run.outputs:
            plain_table([[name, value] for name, value in run.outputs.items()], ["output", "at the end"])
        plain_table([[name, value] for name, value in run.facts.items()])
        with solara.Row(style={"flex-wrap": "wrap", "padding": "8px 0 12px"}):
            busy = bool(replay.pending)
            solara.Button(
                "Replay", color="primary", disabled=busy or bool(refused), on_click=lambda: replay(run.run_id)
            )
            solara.Button("Step it", color="primary", disabled=busy or bool(refused), on_click=step_it)
        if refused:
            solara.Info(refused, dense=True)
        if busy:
            solara.ProgressLinear(True)
        elif replay.finished and replay.value[0] == run.run_id:
            _compared(replay.value[1])


def _compared(comparison: Any) -> None:
    solara = require("solara", extra="explore")
    show, heading = {
        "same": (solara.Success, "The same."),
        "different": (solara.Warning, "Not the same."),
        "not made": (solara.Error, "The run could not be made."),
    }[comparison.kind]
    show(" ".join([heading, *comparison.lines]), dense=True)


@component
def runs_panel(opened: Opened, output: str, at: At, chosen: Any) -> None:
    """Show the runs, a page at a time."""
    solara = require("solara", extra="explore")
    sort, descending = solara.use_reactive("run"), solara.use_reactive(False)
    page = solara.use_reactive(0)
    columns = columns_of(opened, output)
    by = sort.value if sort.value in columns else "run"
    last = pages(opened) - 1
    here = min(page.value, last)

    def turn(name: str) -> None:
        descending.set(name == by and not descending.value)
        sort.set(name)
        page.set(0)

    with solara.Card("Runs", margin=0, style={"grid-column": "1 / -1"}):
        runs_table(
            columns=columns,
            rows=page_of(opened, output, at, sort=by, descending=descending.value, page=here),
            chosen=chosen.value,
            sort=by,
            descending=descending.value,
            event_choose=lambda run: chosen.set(int(run)),
            event_sort=turn,
        )
        with solara.Row(style={"align-items": "center"}):
            solara.Button("Previous", text=True, disabled=here == 0, on_click=lambda: page.set(here - 1))
            solara.Text(f"page {here + 1} of {last + 1}")
            solara.Button("Next", text=True, disabled=here == last, on_click=lambda: page.set(here + 1))
