"""A run in Mesa's own visualisation, stepped by hand."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mesa_doe._optional import require
from mesa_doe.errors import MesaDoeError
from mesa_doe.explore.chosen import configuration_of
from mesa_doe.explore.elements import component, grid, traceback_text
from mesa_doe.explore.opened import Opened
from mesa_doe.explore.portraying import CLASS, attributes_of, by_default, portrayal
from mesa_doe.explore.stepping import Stepped, stepped

__all__ = ["visualisation"]

_MOST_PLOTS = 6


@dataclass(frozen=True)
class _Built:
    """A model that was built, or why not; what is to be shown of it."""

    model: Stepped | None = None
    problem: str = ""
    trace: str = ""


@component
def visualisation(opened: Opened, run_id: int, back: Callable[[], None]) -> None:
    """Build the model of a run, and show it.

    Parameters
    ----------
    opened : Opened
    run_id : int
    back : callable
        Leads back to the study.
    """
    solara = require("solara", extra="explore")
    task = solara.lab.use_task(lambda: _built(opened, run_id), dependencies=[opened, run_id])
    built = task.value if task.finished else None
    with solara.Column(gap="16px", style={"padding": "16px", "max-width": "1600px", "margin": "0 auto"}):
        with solara.Row(style={"align-items": "center", "flex-wrap": "wrap"}):
            solara.Button("Back to the study", icon_name="mdi-arrow-left", outlined=True, on_click=back)
            solara.v.Html(tag="h1", style_="font-size: 24px;", children=[f"Run {run_id}"])
        if built is None:
            solara.ProgressLinear(True)
            solara.Text("Building the model …")
        elif built.model is None:
            solara.Error(built.problem)
            if built.trace:
                traceback_text(built.trace)
        else:
            _shown(opened, run_id, built.model)


def _built(opened: Opened, run_id: int) -> _Built:
    try:
        return _Built(stepped(configuration_of(opened, run_id)))
    except MesaDoeError as error:
        return _Built(problem=str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - a model that cannot be built says why
        return _Built(problem=f"{type(error).__name__}: {error}", trace=traceback.format_exc())


@component
def _shown(opened: Opened, run_id: int, built: Stepped) -> None:
    solara = require("solara", extra="explore")
    # Its parts, not SolaraViz: that keeps the controls in a sidebar, which hides the page on a phone.
    mesa = require("mesa.visualization.solara_viz", extra="explore")
    model, pause = solara.use_reactive(built), solara.use_reactive(200)
    at_once, in_threads = solara.use_reactive(1), solara.use_reactive(False)
    kinds = solara.use_memo(lambda: [CLASS, *attributes_of(_agents_of(built))], [built])
    by = solara.use_reactive(by_default(_agents_of(built)))
    components = solara.use_memo(lambda: _components(opened, built, by.value), [built, by.value])
    # That of the end: a reset has made another.
    solara.use_effect(lambda: lambda: model.peek().close(), [])
    with solara.Card(margin=0):
        with solara.Div(style={"margin-bottom": "12px"}):
            _progress(opened, run_id, model)
        with grid("220px"):
            mesa.ModelController(model, play_interval=pause, render_interval=at_once, use_threads=in_threads)
            solara.SliderInt("ms between steps", pause, min=20, max=2000, step=20)
            if _space_of(built) is not None and len(kinds) > 1:
                solara.Select("Colour agents by", kinds, by)
    if not components:
        solara.Info(
            "Mesa draws nothing of this model: it has no space that Mesa knows, and collects no number."
        )
    with grid("360px"):
        for make in components:
            with solara.Card(margin=0):
                make(model.value)


@component
def _progress(opened: Opened, run_id: int, model: Any) -> None:
    """Say where the run is, and how it ended."""
    solara = require("solara", extra="explore")
    require("mesa.visualization.utils", extra="explore").update_counter.get()
    now: Stepped = model.value
    row = opened.results.runs.loc[run_id]
    if now.failure:
        last = now.failure.strip().splitlines()[-1]
        solara.Error(f"The step after {now.now:g} failed: {last}", dense=True)
        traceback_text(now.failure)
    elif not now.running:
        solara.Success(f"The run ends here, at step {now.now:g}.", dense=True)
    else:
        end = "of" if row["status"] == "ok" else "of a run that failed after"
        solara.Text(
            f"At step {now.now:g} {end} {row['steps']:g}, with the parameters and the seed of the run."
        )


def _components(opened: Opened, built: Stepped, by: str) -> list[Any]:
    """Return Mesa's components: the space, where it can draw it, and a plot of each reporter."""
    mesa = require("mesa.visualization", extra="explore")
    style = require("mesa.visualization.components", extra="explore").AgentPortrayalStyle
    fixed = _ground_of(built)
    shown: list[Any] = []
    space = _space_of(built)
    if space is not None and _is_drawn(space, by, fixed, style):
        portray, colours = portrayal(by, fixed, style)
        shown.append(mesa.make_space_component(portray, post_process=lambda ax: _legend(ax, colours)))
    reporters = getattr(getattr(built, "datacollector", None), "model_reporters", {})
    names = [name for name in reporters if name in opened.outputs]
    return [*shown, *(mesa.make_plot_component(name)[0] for name in names[:_MOST_PLOTS])]


def _space_of(model: Any) -> Any:
    return getattr(model, "grid", getattr(model, "space", None))


def _agents_of(model: Any) -> Any:
    # A class of the user's with a step may be a model without being Mesa's.
    return getattr(model, "agents", ())


def _ground_of(model: Any) -> tuple[type, ...]:
    """Return the class of agents that others stand on; none where none of them moves."""
    fixed = require("mesa.discrete_space", extra="explore").FixedAgent
    return () if all(isinstance(agent, fixed) for agent in _agents_of(model)) else (fixed,)


def _is_drawn(space: Any, by: str, fixed: tuple[type, ...], style: Any) -> bool:
    """Whether Mesa knows how to draw a space: of one that it does not, the page would be an error."""
    figure = require("matplotlib.figure", extra="plot").Figure()
    portray, _ = portrayal(by, fixed, style)
    try:
        require("mesa.visualization", extra="explore").draw_space(space, portray, ax=figure.subplots())
    except Exception:  # noqa: BLE001 - any space may be one that it cannot draw
        return False
    return True


def _legend(ax: Any, colours: dict[str, str]) -> None:
    ax.set_aspect("equal")
    keys = [ax.scatter([], [], color=colour, s=30, label=name) for name, colour in sorted(colours.items())]
    ax.legend(handles=keys, loc="upper left", bbox_to_anchor=(1.0, 1.0), fontsize="small", frameon=False)
