"""A parameter space as what JSON can hold, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from mesa_doe.errors import SpaceError, listed
from mesa_doe.space.axes import Axis, Discrete, Integer, Real
from mesa_doe.space.derived import Derived
from mesa_doe.space.laws import Law, law_called
from mesa_doe.space.levels import Boolean, Categorical, Constant
from mesa_doe.space.rules import Rule
from mesa_doe.space.values import json_ready

__all__ = ["VERSION", "entries_from_dict", "entries_to_dict", "extras_from_dict", "extras_to_dict"]

VERSION = 1


# kind: (class, maker, keys). Every key is required: a document is written whole, so a gap means damage.
_KINDS: dict[str, tuple[type, Callable[..., Axis], tuple[str, ...]]] = {
    "boolean": (Boolean, Boolean, ()),
    "categorical": (Categorical, Categorical, ("levels", "weights")),
    "constant": (Constant, Constant, ("value",)),
    "discrete": (Discrete, Discrete, ("values",)),
    "integer": (Integer, Integer, ("low", "high")),
    "law": (Law, law_called, ("distribution", "args", "kwds", "quantiles")),
    "real": (Real, Real, ("low", "high", "log")),
}


def entries_to_dict(entries: Mapping[str, Axis], others: Sequence[str] = ()) -> dict[str, Any]:
    """Describe axes and constants, in their order, in what JSON gives back exactly.

    Raises
    ------
    SpaceError
        If a value would come back as something else; every such axis is named, beside `others`, problems
        of other parts of the space.

    Examples
    --------
    >>> entries_to_dict({"n": Integer(1, 4)})
    {'version': 1, 'axes': {'n': {'kind': 'integer', 'low': 1, 'high': 4}}}
    """
    axes, problems = {}, []
    for name, axis in entries.items():
        try:
            if not any(type(axis) is kind for kind, _, _ in _KINDS.values()):
                raise SpaceError(f"an axis of the class {type(axis).__name__} cannot be written to JSON")
            axes[name] = json_ready(axis.to_dict())
        except SpaceError as error:
            problems.append(f"axis {name!r}: {error}")
    if problems := [*problems, *others]:
        raise SpaceError(listed(problems, "the parameter space cannot be written to JSON"))
    return {"version": VERSION, "axes": axes}


def entries_from_dict(document: Any) -> dict[str, Axis]:
    """Make the axes and constants that `entries_to_dict` described.

    Raises
    ------
    SpaceError
        If the document is not of that form; every wrong axis is named.
    """
    if not isinstance(document, Mapping):
        raise SpaceError(f"a parameter space is read from a dict, got {type(document).__name__}")
    if type(document.get("version")) is not int or document["version"] != VERSION:
        raise SpaceError(f"the parameter space must have version {VERSION}, got {document.get('version')!r}")
    if not isinstance(document.get("axes"), Mapping):
        raise SpaceError(f"'axes' must be a dict of name: axis, got {document.get('axes')!r}")
    entries, problems = {}, []
    for name, description in document["axes"].items():
        try:
            entries[name] = _entry(description)
        except SpaceError as error:
            problems.append(f"axis {name!r}: {error}")
    if problems:
        raise SpaceError(listed(problems, "the parameter space cannot be read"))
    return entries


def _entry(description: Any) -> Axis:
    if not isinstance(description, Mapping):
        raise SpaceError(f"an axis must be a dict with a kind, got {description!r}")
    kind = description.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise SpaceError(f"kind must be one of {', '.join(sorted(_KINDS))}, got {kind!r}")
    _, maker, keys = _KINDS[kind]
    given = {key: value for key, value in description.items() if key != "kind"}
    if set(given) != set(keys):
        missing = [repr(key) for key in keys if key not in given]
        unknown = sorted(repr(key) for key in given if key not in keys)
        wrong = [
            f"{what} {', '.join(them)}"
            for what, them in (("lacks", missing), ("has unknown", unknown))
            if them
        ]
        raise SpaceError(f"an axis of kind {kind!r} {' and '.join(wrong)}")
    return maker(**given)


def extras_to_dict(
    derived: Mapping[str, Derived], correlation: pd.DataFrame | None, constraints: Sequence[Rule]
) -> tuple[dict[str, Any], list[str]]:
    """Describe what a space has beside axes and constants, and say what cannot be described.

    Examples
    --------
    >>> extras_to_dict({"c": Derived("a + b")}, None, [Rule("a < b"), Rule(max)])
    ({'derived': {'c': 'a + b'}, 'constraints': ['a < b']}, ['constraint max: a function cannot be ...'])
    """
    document: dict[str, Any] = {}
    why = "a function cannot be written to JSON: give the expression as text"
    problems = [f"derived {k!r}: {why}" for k, v in derived.items() if not isinstance(v.expression, str)]
    problems += [f"constraint {rule}: {why}" for rule in constraints if not isinstance(rule.given, str)]
    if derived:
        document["derived"] = {k: v.expression for k, v in derived.items() if isinstance(v.expression, str)}
    if correlation is not None:
        document["correlation"] = correlation.to_numpy().tolist()
    if constraints:
        document["constraints"] = [rule.given for rule in constraints if isinstance(rule.given, str)]
    return document, problems


def extras_from_dict(document: Mapping[str, Any]) -> tuple[dict[str, Derived], Any, Any]:
    """Read a document's derived parameters, correlation and constraints, which `ParameterSpace` checks.

    Raises
    ------
    SpaceError
        If the derived ones are no mapping of names to expressions.
    """
    derived = document.get("derived", {})
    if not isinstance(derived, Mapping) or not all(isinstance(text, str) for text in derived.values()):
        raise SpaceError(f"'derived' must be a dict of name: expression, got {derived!r}")
    correlation, constraints = document.get("correlation"), document.get("constraints")
    return {name: Derived(text) for name, text in derived.items()}, correlation, constraints
