"""What Solara's server imports: a page with the study that ``serving.serve`` was given."""

from __future__ import annotations

from typing import Any

from mesa_doe._optional import require
from mesa_doe.explore import serving
from mesa_doe.explore.elements import component
from mesa_doe.explore.page import explorer_page


@component
def _page() -> None:
    solara = require("solara", extra="explore")
    if serving.served is None:
        solara.Error("This page is shown by: mesa-doe explore STUDY")
        return
    opened, reopen = serving.served
    if opened.folder is not None:
        solara.Title(f"{opened.folder.resolve().name} – mesa-doe")
    explorer_page(opened, reopen)


def __getattr__(name: str) -> Any:
    # Solara looks for an element of this name; made when asked for, so that importing this needs no Solara.
    if name == "Page":
        return _page()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
