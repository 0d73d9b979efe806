"""Pieces of a Solara page: components that are made when they are used, and two that Vue draws."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from mesa_doe._optional import require

__all__ = ["clickable", "component", "grid", "note", "plain_table", "runs_table", "traceback_text"]


def component(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a Solara component of a function when it is first used, so that importing it needs no Solara.

    Raises
    ------
    MissingDependencyError
        When it is used where Solara is not installed.
    """
    return _when_used(function, lambda solara: solara.component)


def _of_vue(file: str) -> Callable[[Callable[..., None]], Callable[..., Any]]:
    """Make a component of a Vue file and of a signature, whose ``event_`` arguments are called from there."""
    return lambda signature: _when_used(signature, lambda solara: solara.component_vue(file))


def _when_used(function: Callable[..., Any], maker: Callable[[Any], Any]) -> Callable[..., Any]:
    made = functools.cache(lambda: maker(require("solara", extra="explore"))(function))

    @functools.wraps(function)
    def element(*arguments: Any, **keywords: Any) -> Any:
        return made()(*arguments, **keywords)

    return element


@_of_vue("clickable.vue")
def clickable(
    source: str,
    alt: str,
    places: list[list[Any]],
    chosen: int | None,
    event_choose: Callable[[int], None] | None = None,
) -> None:
    """Return an element: an image of points, of which one is chosen by a click, or by arrow keys and Enter.

    Parameters
    ----------
    source : str
        Of the image.
    alt : str
        What it shows.
    places : list of [x, y, key, label]
        Where its points are, as shares of its width and its height.
    chosen : int or None
        The key of the point that is ringed.
    event_choose : callable
        Called with the key of a point.
    """


@_of_vue("runs.vue")
def runs_table(
    columns: list[str],
    rows: list[list[Any]],
    chosen: int | None,
    sort: str,
    descending: bool,
    event_choose: Callable[[int], None] | None = None,
    event_sort: Callable[[str], None] | None = None,
) -> None:
    """Return an element: a table of runs, each with a button that chooses it.

    Parameters
    ----------
    columns : list of str
        The first is the run.
    rows : list of list of str
    chosen : int or None
    sort : str
        The column by which they are sorted.
    descending : bool
    event_choose, event_sort : callable
        Called with a run and with a column.
    """


def grid(least: str = "420px") -> Any:
    """Return a container of panels, as many beside each other as fit.

    Parameters
    ----------
    least : str, default "420px"
        Width of the narrowest panel.
    """
    style = {
        "display": "grid",
        "grid-template-columns": f"repeat(auto-fit, minmax(min(100%, {least}), 1fr))",
        "gap": "16px",
        "align-items": "start",
    }
    return require("solara", extra="explore").Div(style=style)


def note(text: str) -> Any:
    """Return a line of small print."""
    html = require("solara", extra="explore").v.Html
    return html(tag="p", style_="font-size: 13px; opacity: 0.75; margin: 4px 0;", children=[text])


def traceback_text(text: str) -> Any:
    """Return a traceback, which scrolls within its box."""
    style = "overflow: auto; max-height: 320px; font-size: 12px; white-space: pre; font-family: monospace;"
    return require("solara", extra="explore").v.Html(tag="pre", style_=style, children=[text])


def plain_table(rows: list[list[str]], header: list[str] | None = None) -> Any:
    """Return a table of texts; without a header the first cell of a row names it."""
    html = require("solara", extra="explore").v.Html
    cell = "text-align: left; padding: 2px 16px 2px 0; overflow-wrap: anywhere; vertical-align: top;"
    head = f"{cell} font-weight: 600;"
    lines = [
        html(tag="tr", children=[
            html(tag="th" if place == 0 else "td", style_=head if place == 0 else cell, children=[text])
            for place, text in enumerate(row)
        ])
        for row in rows
    ]  # fmt: skip
    names = [html(tag="th", style_=head, children=[name]) for name in header or ()]
    top = [html(tag="thead", children=[html(tag="tr", children=names)])] if names else []
    table = html(
        tag="table",
        style_="border-collapse: collapse; font-size: 13px; margin: 6px 0;",
        children=[*top, html(tag="tbody", children=lines)],
    )
    return html(tag="div", style_="overflow-x: auto;", children=[table])
