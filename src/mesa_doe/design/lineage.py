"""What a design was made of: how designs are kept in the options of those made from them, and read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mesa_doe.design.design import Design

__all__ = ["OF_A", "call", "parent", "parents"]

#: The option of ``"cross"`` that says how many factors are those of its first part.
OF_A = "factors_of_a"
_KEYS = {"method", "points", "options"}


def parent(design: Design) -> dict[str, Any]:
    """Return the record of a design for the options of one that is made from it.

    Examples
    --------
    >>> from mesa_doe.design import Design
    >>> from mesa_doe.space import Integer, ParameterSpace
    >>> parent(Design(ParameterSpace(n=Integer(1, 4)), [[0.0], [1.0]], method="mine", options={"k": 2}))
    {'method': 'mine', 'points': 2, 'options': {'k': 2}}
    """
    return {"method": design.method, "points": len(design), "options": dict(design.options)}


def parents(method: str, options: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the records of the designs that one was made of; of what a sampler made, none.

    Examples
    --------
    >>> drawn = {"method": "halton", "points": 9, "options": {"n": 9}}
    >>> parents("subset", {"design": drawn, "which": "a < b"}) == [drawn], parents("halton", {"n": 9})
    (True, [])
    """
    if method == "concat":
        return [*options["designs"]]
    if method == "cross":
        return [options["a"], options["b"]]
    return [options["design"]] if method in ("deduplicate", "repeat_center", "subset") else []


def call(
    method: str,
    options: Mapping[str, Any],
    without: Collection[str] = ("entropy",),
    longest: int | None = None,
) -> str:
    """Write a method with its options as one would call it, without its long number of entropy.

    Parameters
    ----------
    method : str
    options : mapping
    without : collection of str
        Names of options that are left out.
    longest : int, optional
        Values of more characters are written as ``…``.

    Examples
    --------
    >>> call("subset", {"design": {"method": "halton", "points": 9, "options": {"n": 9}}, "which": "a < b"})
    "subset(design=halton(n=9), which='a < b')"
    """
    # What no caller gave.
    hidden = {*without, OF_A}
    shown = [f"{name}={_written(value, longest)}" for name, value in options.items() if name not in hidden]
    return f"{method}({', '.join(shown)})"


def _written(value: Any, longest: int | None) -> str:
    if _is_parent(value):
        return call(value["method"], value["options"], longest=longest)
    if isinstance(value, tuple) and value and all(map(_is_parent, value)):
        return f"[{', '.join(_written(one, longest) for one in value)}]"
    text = repr(value)
    return text if longest is None or len(text) <= longest else "…"


def _is_parent(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == _KEYS
