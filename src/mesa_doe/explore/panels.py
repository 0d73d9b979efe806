"""Panels of what is chosen: the design, the output over a factor, and the indices."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from mesa_doe._optional import require
from mesa_doe.explore.clouds import of_points, of_runs, point_of, run_of
from mesa_doe.explore.elements import clickable, component, note, plain_table
from mesa_doe.explore.opened import Answer, At, Missing, Opened, at_text
from mesa_doe.explore.pictures import Picture, map_of, of_indices, scatter_of

__all__ = ["Selection", "estimates_panel", "map_panel", "over_time_panel", "scatter_panel"]

# Seconds for which a choice must stand before an analysis begins: a slider passes many.
_PATIENCE = 0.2


@dataclass(frozen=True)
class Selection:
    """What is looked at.

    Parameters
    ----------
    output : str
    at : step or "final"
    factor : str
    second : str or None
    """

    output: str
    at: At
    factor: str
    second: str | None


@component
def map_panel(opened: Opened, selection: Selection, chosen: Any) -> None:
    """Show the design points over two factors, coloured by the output."""
    solara = require("solara", extra="explore")
    output, at, factor, second = selection.output, selection.at, selection.factor, selection.second

    def drawn() -> tuple[Any, Picture]:
        cloud = of_points(opened, output, at)
        if second is None:
            return cloud, Picture(problem="Choose another factor as the second to see the points over both.")
        log = opened.is_log(factor), opened.is_log(second)
        return cloud, map_of(cloud, output, (factor, second), log=log)

    cloud, picture = solara.use_memo(drawn, [opened, selection])
    with solara.Card(f"Design points, by {output}", margin=0):
        alt = f"Design points over {factor} and {second}, coloured by {output} at {at_text(at)}."
        _clickable(opened, cloud, picture, alt, chosen)


@component
def scatter_panel(opened: Opened, selection: Selection, chosen: Any) -> None:
    """Show the output of each run over a factor."""
    solara = require("solara", extra="explore")
    output, at, factor, second = selection.output, selection.at, selection.factor, selection.second

    def drawn() -> tuple[Any, Picture]:
        cloud = of_runs(opened, output, at)
        return cloud, scatter_of(cloud, output, factor, second, log=opened.is_log(factor))

    cloud, picture = solara.use_memo(drawn, [opened, selection])
    with solara.Card(f"{output} over {factor}", margin=0):
        alt = f"{output} at {at_text(at)} of each run over {factor}, with its mean."
        _clickable(opened, cloud, picture, alt, chosen)


def _clickable(opened: Opened, cloud: Any, picture: Picture, alt: str, chosen: Any) -> None:
    solara = require("solara", extra="explore")
    if picture.problem:
        solara.Text(picture.problem)
        return
    clickable(
        source=picture.source,
        alt=alt,
        places=[list(place) for place in picture.places],
        chosen=point_of(opened, cloud, chosen.value),
        event_choose=lambda key: chosen.set(run_of(opened, cloud, int(key))),
    )
    if cloud.left_out:
        note(cloud.left_out)
    if bool(cloud.frame["failed"].any()):
        note("A cross has a run that failed.")


@component
def estimates_panel(opened: Opened, output: str, at: At, missing: Missing, method: str | None) -> None:
    """Show the indices of an output, with their intervals."""
    solara = require("solara", extra="explore")
    with solara.Card(f"Indices of {output} at {at_text(at)}", margin=0):
        answer = _worked_out(opened, output, at, missing, method)
        if answer is None:
            return
        found = answer[0].result
        if found is not None:
            table = found.table(output)
            header = ["factor", *map(str, table.columns)]
            rows = [[str(name), *(f"{value:.3g}" for value in row)] for name, *row in table.itertuples()]
            with solara.Details("Numbers"):
                plain_table(rows, header)
            for text in (*found.warnings, *found.notes):
                solara.Warning(text, dense=True)


@component
def over_time_panel(opened: Opened, output: str, missing: Missing, method: str | None, hold: bool) -> None:
    """Show the indices of an output over the steps."""
    solara = require("solara", extra="explore")
    with solara.Card(f"Indices of {output} over time", margin=0):
        _worked_out(opened, output, "all", missing, method, hold)


def _worked_out(
    opened: Opened, output: str, at: Any, missing: Missing, method: str | None, hold: bool = False
) -> tuple[Answer, Picture] | None:
    """Show the figure of an analysis, which is made in a thread; None until it is there."""
    solara = require("solara", extra="explore")
    key = (opened, output, at, missing, method, hold)
    latest = solara.use_ref(key)
    latest.current = key

    def work() -> tuple[Any, Answer, Picture] | None:
        time.sleep(_PATIENCE)
        if latest.current != key:
            return None
        answer = opened.indices(output, at, missing, method, hold=hold)
        picture = Picture(problem=answer.problem) if answer.result is None else of_indices(answer.result)
        return key, answer, picture

    task = solara.lab.use_task(work, dependencies=[*key])
    done = task.value if task.finished else None
    if done is None or done[0] != key:
        solara.ProgressLinear(True)
        note("Working it out …")
        return None
    _, answer, picture = done
    if picture.problem:
        solara.Info(picture.problem)
    else:
        made = answer.result
        name = made.method.replace("_", " ") if made is not None else ""
        solara.v.Html(
            tag="img",
            attributes={"src": picture.source, "alt": f"{name.capitalize()} of {output}"},
            style_="width: 100%; display: block; background: white;",
        )
    return answer, picture
