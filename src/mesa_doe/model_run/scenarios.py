"""Scenarios of Mesa 3.5 and later: which class a model takes, and which parameters are its fields."""

from __future__ import annotations

import inspect
import sys
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "ScenarioFields",
    "classes_in",
    "find_scenario",
    "hints_of",
    "identity_in_mesa",
    "is_bare",
    "is_mesa_class",
    "is_plain_parameter",
    "read_hints",
    "scenario_fields",
    "scenarios_beside",
]

# Keywords of Scenario itself, on one version or another.
_OWN = frozenset({"rng", "model", "scenario_id", "replication_id"})


def hints_of(target: Any) -> dict[str, Any]:
    """Return the annotations of a model's arguments; those that cannot be read tell nothing."""
    function = inspect.unwrap(target.__init__ if isinstance(target, type) else target)  # type: ignore[misc]
    return read_hints(getattr(function, "__annotations__", {}), getattr(function, "__globals__", {}))


def read_hints(annotations: Mapping[str, Any], scope: dict[str, Any]) -> dict[str, Any]:
    """Return what annotations mean, as far as they can be read with the names of a scope."""
    found = {}
    for name, annotation in annotations.items():
        # One by one: a name imported under TYPE_CHECKING must not hide the others.
        holder = types.SimpleNamespace(__annotations__={name: annotation})
        try:
            found.update(typing.get_type_hints(holder, scope))
        except Exception:  # noqa: BLE001 - annotations are free text
            continue
    return found


def classes_in(annotation: Any) -> Iterator[type]:
    """Yield the classes that an annotation names, from left to right."""
    if isinstance(annotation, type):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from classes_in(argument)


def is_mesa_class(value: Any, name: str) -> bool:
    """Whether a value is a Mesa class of this name or a child of it, on whatever version."""
    return isinstance(value, type) and any(
        base.__name__ == name and base.__module__.startswith("mesa.") for base in value.__mro__
    )


def identity_in_mesa(scenario_cls: type, run_id: int, point: int, iteration: int) -> dict[str, int]:
    """Return the keywords that tell a Scenario which it is: point and replication, or in 3.5 one number."""
    for base in scenario_cls.__mro__:
        if is_mesa_class(base, "Scenario") and is_bare(base):
            if "scenario_id" in inspect.signature(base).parameters:
                return {"scenario_id": point, "replication_id": iteration}
            break
    return {"_scenario_id": run_id}


def is_bare(scenario_cls: type) -> bool:
    """Whether a Scenario class is Mesa's own, which declares no fields."""
    return scenario_cls.__name__ == "Scenario" and scenario_cls.__module__.startswith("mesa.experimental.")


def find_scenario(target: Any, argument: inspect.Parameter, hints: Mapping[str, Any]) -> type | None:
    """Return the Scenario class of a model, or None where it cannot be told.

    It is looked for in the default of ``scenario``, its annotation, the type arguments of the model and
    its bases, and in the modules that define them. Mesa's own Scenario, which has no fields, comes last.
    """
    candidates = [argument.default, type(argument.default), *classes_in(hints.get("scenario"))]
    for owner in _owners(target):
        for base in vars(owner).get("__orig_bases__", ()):
            candidates.extend(classes_in(base))
    found: list[type] = [candidate for candidate in candidates if is_mesa_class(candidate, "Scenario")]
    for candidate in found:
        if not is_bare(candidate):
            return candidate
    for owner in _owners(target):
        beside = scenarios_beside(owner)
        if beside:
            only = next(iter(beside.values())) if len(beside) == 1 else None
            return beside.get(f"{owner.__name__}Scenario", only)
    return found[0] if found else None


def scenarios_beside(target: Any) -> dict[str, type]:
    """Return the Scenario classes that the model's own module defines."""
    name = getattr(target, "__module__", "")
    return {
        value.__name__: value
        for value in vars(sys.modules.get(name, types.SimpleNamespace())).values()
        if is_mesa_class(value, "Scenario") and value.__module__ == name and not is_bare(value)
    }


def is_plain_parameter(
    target: Any, argument: inspect.Parameter, hints: Mapping[str, Any], is_model: bool
) -> bool:
    """Whether ``scenario``, of no known Scenario class, is a parameter that only happens to be called so."""
    named = set(classes_in(hints.get("scenario"))) - {type(None)}
    if argument.default not in (None, argument.empty) or any(not is_mesa_class(c, "Scenario") for c in named):
        return True
    if is_model and hasattr(sys.modules.get("mesa.model"), "Scenario"):
        return False
    return not any(map(scenarios_beside, _owners(target)))


@dataclass(frozen=True)
class ScenarioFields:
    """What a Scenario class takes.

    Parameters
    ----------
    names, required : frozenset of str
    takes_any : bool
        Whether any name will do: Mesa's own Scenario holds whatever it is given.
    values : dict
        Of the model's default Scenario, where that is an instance: its class does not know them.
    """

    names: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    takes_any: bool = False
    values: Mapping[str, Any] = field(default_factory=dict, hash=False)


def scenario_fields(scenario_cls: type, default: Any) -> ScenarioFields:
    """Find out what a Scenario class takes, and what the model's own default of it says."""
    arguments = inspect.signature(scenario_cls).parameters.values()
    named = {a.name: a for a in arguments if a.kind in (a.POSITIONAL_OR_KEYWORD, a.KEYWORD_ONLY)}
    names = set(named)
    required = {name for name, a in named.items() if a.default is a.empty}
    passes_on = any(a.kind is a.VAR_KEYWORD for a in arguments)
    for base in scenario_cls.__mro__ if passes_on else ():
        if base.__module__.startswith("mesa.") and base.__name__ == "Scenario":
            break
        declared = {
            name for name, hint in inspect.get_annotations(base).items() if "ClassVar" not in str(hint)
        }
        required.update(name for name in declared if not hasattr(scenario_cls, name))
        # A value needs no annotation to be a field.
        names.update(declared, (name for name, value in vars(base).items() if _is_value(value)))
    names = {name for name in names - _OWN if not name.startswith("_")}
    given = vars(default) if type(default) is scenario_cls else {}
    values = {name: given[name] for name in given if name not in _OWN and (passes_on or name in names)}
    return ScenarioFields(
        names=frozenset(names | values.keys()),
        required=frozenset((required & names) - values.keys()),
        takes_any=passes_on and not names,
        values=values,
    )


def _is_value(value: Any) -> bool:
    return not (callable(value) or hasattr(value, "__get__"))


def _owners(target: Any) -> list[Any]:
    """Return what may say more of a model: itself and its bases, the function alone."""
    return list(target.__mro__) if isinstance(target, type) else [target]
