"""HTML that is escaped where it is made: elements are nested calls, and text in them is text."""

from __future__ import annotations

import html
import json
import re
from typing import Any, TypeAlias

__all__ = ["Child", "Markup", "code", "element", "embedded_json", "joined", "paragraph", "raw"]

_VOID = frozenset({"br", "col", "hr", "img", "meta"})
# What no HTML file can hold: control characters, and halves of surrogate pairs.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


#: What an element may hold: markup as it is, None for nothing, and anything else as text.
Child: TypeAlias = Any


def text(value: Any) -> Markup:
    """Return a value as escaped text.

    Examples
    --------
    >>> text("a < b")
    'a &lt; b'
    """
    return value if isinstance(value, Markup) else Markup(html.escape(_UNPRINTABLE.sub("\ufffd", str(value))))


def joined(*children: Child) -> Markup:
    """Return children one after the other."""
    return Markup("".join(text(child) for child in children if child is not None))


def element(tag: str, *children: Child, **attributes: Any) -> Markup:
    """Return an element with its children.

    Parameters
    ----------
    tag : str
    *children : Markup, None or object
        What is no Markup is escaped; None is left out.
    **attributes : object
        ``class_`` is ``class``, ``aria_label`` is ``aria-label``; True is an attribute without a value, and
        None is none.

    Examples
    --------
    >>> element("p", "1 < 2", element("b", "!"), class_="note")
    '<p class="note">1 &lt; 2<b>!</b></p>'
    """
    written = []
    for name, value in attributes.items():
        if value is not None:
            key = name.rstrip("_").replace("_", "-")
            written.append(f" {key}" if value is True else f' {key}="{text(value)}"')
    start = f"<{tag}{''.join(written)}>"
    return Markup(start if tag in _VOID else f"{start}{joined(*children)}</{tag}>")


def paragraph(*children: Child, **attributes: Any) -> Markup:
    """Return a paragraph."""
    return element("p", *children, **attributes)


def code(value: Any) -> Markup:
    """Return a name or value as it would be typed."""
    return element("code", value)


def raw(tag: str, content: str, **attributes: Any) -> Markup:
    """Return a script or style of this package, which HTML does not unescape.

    Examples
    --------
    >>> raw("style", "a > b { color: red }")
    '<style>a > b { color: red }</style>'
    """
    return element(tag, Markup(content), **attributes)


def embedded_json(value: Any, **attributes: Any) -> Markup:
    r"""Return data for a script to read; nothing in it can end the element.

    Examples
    --------
    >>> embedded_json("</script>", id="data")
    '<script type="application/json" id="data">"\\u003c/script\\u003e"</script>'
    """
    written = json.dumps(value, ensure_ascii=True, separators=(",", ":"))
    for letter in "<>&":
        written = written.replace(letter, f"\\u{ord(letter):04x}")
    return raw("script", written, type="application/json", **attributes)
