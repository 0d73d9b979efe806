"""Figures as parts of a page: SVG in the colours of the page, or an image where there is too much in it."""

from __future__ import annotations

import base64
import io
import re
import warnings
from collections.abc import Callable
from itertools import count
from typing import Any
from xml.etree import ElementTree

import numpy as np

from mesa_doe._optional import require
from mesa_doe.errors import MesaDoeError
from mesa_doe.report.markup import Markup, element, paragraph

__all__ = ["Figures"]

#: Larger drawings become images.
_MOST_SVG = 400_000
_DPI = 120
# Drawn in place of black, to be told from it.
_INK = "#010203"
_STYLE = {
    "svg.hashsalt": "mesa-doe",  # else ids differ each time
    "svg.fonttype": "none",
    "font.size": 10,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "legend.facecolor": "white",
    "legend.edgecolor": "0.75",
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), _INK),
}
# Inks of the figures, and the white of what stands out on them.
_COLOURS = {
    _INK: "currentColor",
    "#222222": "currentColor",
    "#000000": "currentColor",
    "#666666": "var(--quiet)",
    "#ffffff": "var(--paper)",
}
_REFERENCE = re.compile(r"#([\w-]+)")
_FONT = re.compile(r"(font: [^;']*)'DejaVu Sans'[^;]*")


class Figures:
    """Draws the figures of one page, and gives each ids of its own."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def draw(
        self,
        make: Callable[[], Any],
        label: str,
        caption: str = "",
        *,
        light: bool = False,
        heavy: bool = False,
    ) -> Markup:
        """Return a figure, or why it could not be drawn.

        Parameters
        ----------
        make : callable
            Makes one figure with pyplot, and returns its Axes or an array of them.
        label : str
            What is seen, for those who do not see it.
        caption : str, optional
        light : bool, default False
            Whether it stays on white in a dark page: where colours mean numbers.
        heavy : bool, default False
            Whether there is so much in it that it is an image at once.
        """
        matplotlib = require("matplotlib", extra="plot")
        plt = require("matplotlib.pyplot", extra="plot")
        before = plt.get_fignums()
        with plt.rc_context(), plt.ioff(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of fonts that lack a letter: the page has others
            matplotlib.rcdefaults()
            matplotlib.rcParams.update(_STYLE)
            try:
                drawn = np.asarray(make(), dtype=object).flat[0].figure
                shown = None if heavy else self._svg(drawn, label, light)
                if shown is None:
                    shown = _png(drawn, label, light)
            except (MesaDoeError, ValueError, ElementTree.ParseError) as error:
                # Names that look like formulas, for one: the figure is left out, and the page says so.
                return paragraph(f"{label}: this could not be drawn ({error})", class_="missing")
            finally:
                for number in set(plt.get_fignums()) - set(before):
                    plt.close(number)
        scrolled = element(
            "div",
            shown,
            class_="canvas card" if light else "canvas",
            tabindex="0",
            role="group",
            aria_label=label,
        )
        return element("figure", scrolled, element("figcaption", caption or label))

    def _svg(self, drawn: Any, label: str, light: bool) -> Markup | None:
        file = io.StringIO()
        drawn.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
        if len(file.getvalue()) > _MOST_SVG:
            return None
        root = ElementTree.fromstring(file.getvalue())
        used = {
            name
            for node in root.iter()
            for key, value in node.attrib.items()
            if not key.endswith("id")
            for name in _REFERENCE.findall(value)
        }
        width = float(root.attrib["width"].removesuffix("pt")) * 96 / 72
        root.attrib = {
            "viewBox": root.attrib["viewBox"],
            "width": f"{width:.0f}",
            "role": "img",
            "aria-label": label,
        }
        _clean(root, f"f{next(self._numbers)}-", used, {} if light else _COLOURS)
        return Markup(ElementTree.tostring(root, encoding="unicode", short_empty_elements=False))


def _clean(node: ElementTree.Element, prefix: str, used: set[str], colours: dict[str, str]) -> None:
    """Make SVG a part of HTML: no namespaces or styles for the whole page, and ids that are its own."""
    node.tag = node.tag.rpartition("}")[2]
    found = {}
    for key, value in node.attrib.items():
        key = key.rpartition("}")[2]
        if key == "id":
            if value in used:
                found[key] = prefix + value
            continue
        if key == "href" and value.startswith("#"):
            value = f"#{prefix}{value[1:]}"
        value = value.replace("url(#", f"url(#{prefix}")
        if key == "style":
            value = _FONT.sub(r"\1var(--sans)", value)
            for old, new in colours.items():
                value = value.replace(old, new)
        found[key] = value
    node.attrib = found
    for child in list(node):
        if child.tag.rpartition("}")[2] in ("metadata", "style"):
            node.remove(child)
        else:
            _clean(child, prefix, used, colours)


def _png(drawn: Any, label: str, light: bool) -> Markup:
    file = io.BytesIO()
    drawn.savefig(file, format="png", dpi=_DPI, metadata={"Software": None})
    data = base64.b64encode(file.getvalue()).decode("ascii")
    width, _ = drawn.get_size_inches()
    # Its ink is dark; a dark page turns light and dark round, and keeps the hues.
    ink = None if light else "ink"
    source = f"data:image/png;base64,{data}"
    return element("img", src=source, alt=label, width=f"{width * 96:.0f}", class_=ink)
