"""How a model is built: which keyword takes the seed, which names go to its Scenario, what is refused."""

from __future__ import annotations

import difflib
import functools
import inspect
import sys
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mesa_doe.errors import ConfigurationError, listed

__all__ = ["Recipe", "recipe_of"]

_RANDOM = ("rng", "seed")
_MAPPING_NAMES = ("parameters", "params")
# Where mesa.Model.__init__ lives: its **kwargs end in object.__init__ and take nothing.
_MESA_INIT = ("mesa.model", "mesa.mesa_logging")


@dataclass(frozen=True)
class Recipe:
    """How one model class, factory or function is called.

    Parameters
    ----------
    model_cls : callable
    names : frozenset of str
        Keywords that it takes, without those filled in here (seed, scenario, simulator).
    required : frozenset of str
        Those of ``names`` without a default.
    takes_any : bool
        Whether it takes keywords that it does not name.
    seed_keyword : {"seed", "rng", "scenario", None}
        Where the seed goes; None where the model cannot be seeded.
    seed_as_generator : bool
        Whether the seed goes in as a numpy Generator: for ``rng`` of a plain function.
    as_mapping : bool
        Whether a function takes all parameters as one mapping.
    scenario_cls, scenario_names, scenario_takes_any
        The model's Scenario class, its fields, and whether it takes others.
    simulator : tuple (keyword, class) or None
        A simulator of Mesa 3 that the model wants, made anew for each run.
    is_model : bool
        Whether calling it surely gives a Mesa model.
    """

    model_cls: Callable[..., Any]
    names: frozenset[str]
    required: frozenset[str]
    takes_any: bool
    seed_keyword: str | None
    seed_as_generator: bool = False
    as_mapping: bool = False
    scenario_cls: type | None = None
    scenario_names: frozenset[str] = frozenset()
    scenario_takes_any: bool = False
    simulator: tuple[str, type] | None = None
    is_model: bool = False

    def problems(self, parameters: Iterable[str]) -> list[str]:
        """Return what is wrong with the names of the parameters, a sentence each."""
        given = list(parameters)
        model = _name(self.model_cls)
        found = []
        if not (self.takes_any or self.as_mapping or self.scenario_takes_any):
            allowed = sorted(self.names | self.scenario_names)
            for name in given:
                if name not in allowed:
                    close = difflib.get_close_matches(name, allowed, n=1)
                    hint = f"did you mean {close[0]!r}? " if close else ""
                    takes = f"it takes {', '.join(allowed)}" if allowed else "it takes no parameters"
                    found.append(f"{model} takes no parameter {name!r}: {hint}{takes}")
        missing = sorted(self.required - set(given)) if not self.as_mapping else []
        if missing:
            found.append(
                f"{model} needs {', '.join(map(repr, missing))}, which no axis and no constant gives; "
                "add it to the ParameterSpace (a plain value is a constant)"
            )
        return found

    def build(self, parameters: Mapping[str, Any], seed: int | None) -> tuple[Any, Any]:
        """Call the model.

        Parameters
        ----------
        parameters : mapping of str to object
        seed : int or None

        Returns
        -------
        model : object
            A Mesa model, or the mapping of outputs of a function.
        simulator : object or None
            The simulator that drives the model, where it has one.
        """
        keywords: dict[str, Any] = dict(parameters)
        simulator = None
        if self.scenario_cls is not None:
            own = {name: keywords.pop(name) for name in list(keywords) if self._goes_to_scenario(name)}
            # A fresh Scenario for each run: one instance cannot serve two models.
            keywords["scenario"] = self.scenario_cls(**({} if seed is None else {"rng": seed}), **own)
        if self.as_mapping:
            keywords = {}
        if seed is not None and self.seed_keyword in _RANDOM:
            value = np.random.default_rng(seed) if self.seed_as_generator else int(seed)
            keywords[self.seed_keyword] = value
        if self.simulator is not None and self.simulator[0] not in keywords:
            simulator = keywords[self.simulator[0]] = self.simulator[1]()
        if self.as_mapping:
            return self.model_cls(dict(parameters), **keywords), simulator
        return self.model_cls(**keywords), simulator

    def _goes_to_scenario(self, name: str) -> bool:
        return name not in self.names and (name in self.scenario_names or self.scenario_takes_any)


def recipe_of(model_cls: Callable[..., Any], scenario_cls: type | None = None) -> Recipe:
    """Find out how a model is called.

    Parameters
    ----------
    model_cls : callable
        A Mesa model class, a factory that returns a model, or a function ``parameters -> mapping``.
    scenario_cls : type, optional
        The model's Scenario class, where it cannot be found: it is looked for in the annotation and the
        default of ``scenario``, in the class' type arguments, and beside the model in its module.

    Returns
    -------
    Recipe

    Raises
    ------
    ConfigurationError
        If the model takes a Scenario whose class cannot be found, or positional-only arguments.
    """
    arguments = _arguments(model_cls)
    target = model_cls
    while isinstance(target, functools.partial):
        target = target.func
    is_model = isinstance(target, type) and callable(getattr(target, "step", None))
    takes_any = any(a.kind is a.VAR_KEYWORD for a in arguments) and not _is_mesa_init(target)
    named = {a.name: a for a in arguments if a.kind in (a.POSITIONAL_OR_KEYWORD, a.KEYWORD_ONLY)}
    hints = _hints(target)

    as_mapping = False
    required_positional = [a for a in arguments if a.default is a.empty and a.name not in _RANDOM]
    if not is_model and len(required_positional) == 1:
        only = required_positional[0]
        as_mapping = only.kind is only.POSITIONAL_ONLY or only.name in _MAPPING_NAMES
    if not as_mapping and any(a.kind is a.POSITIONAL_ONLY and a.default is a.empty for a in arguments):
        message = f"{_name(model_cls)} takes positional-only arguments; parameters are given as keywords"
        raise ConfigurationError(message)

    simulator = _simulator(named, hints)
    filled = {*_RANDOM, "scenario", *([simulator[0]] if simulator else [])}
    if "scenario" in named and scenario_cls is None:
        scenario_cls = _find_scenario(target, named["scenario"], hints)
        if scenario_cls is None and not set(_RANDOM) & set(named):
            raise ConfigurationError(_no_scenario(target))
    if scenario_cls is not None and "scenario" not in named and not takes_any:
        message = f"scenario_cls={_name(scenario_cls)} was given, but {_name(model_cls)} takes no scenario"
        raise ConfigurationError(message)
    fields, any_field = _scenario_fields(scenario_cls)
    return Recipe(
        model_cls=model_cls,
        names=frozenset(set(named) - filled),
        required=frozenset(a.name for a in named.values() if a.default is a.empty and a.name not in filled),
        takes_any=takes_any,
        seed_keyword=_seed_keyword(named, scenario_cls, is_model, takes_any),
        seed_as_generator=not is_model and "seed" not in named and "rng" in named,
        as_mapping=as_mapping,
        scenario_cls=scenario_cls,
        scenario_names=fields,
        scenario_takes_any=any_field,
        simulator=simulator,
        is_model=is_model,
    )


def _arguments(model_cls: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(model_cls).parameters.values())
    except (TypeError, ValueError):
        # Some builtins and C extensions have no signature: they may take anything.
        return [inspect.Parameter("keywords", inspect.Parameter.VAR_KEYWORD)]


def _seed_keyword(
    named: Mapping[str, Any], scenario_cls: type | None, is_model: bool, takes_any: bool
) -> str | None:
    if scenario_cls is not None:
        return "scenario"
    # A model that names both gets rng (Mesa 3.5 deprecates seed); a function gets seed, a plain int.
    for keyword in _RANDOM if is_model else reversed(_RANDOM):
        if keyword in named:
            return keyword
    # Every mesa.Model since 3.0 takes rng, so keywords that are passed on may hold it.
    return "rng" if is_model and takes_any else None


def _is_mesa_init(target: Any) -> bool:
    init = getattr(target, "__init__", None)
    return isinstance(target, type) and getattr(init, "__module__", "") in _MESA_INIT


def _hints(target: Any) -> dict[str, Any]:
    function = target.__init__ if isinstance(target, type) else target  # type: ignore[misc]
    try:
        return typing.get_type_hints(function)
    except Exception:  # noqa: BLE001 - annotations are free text; those that cannot be read tell nothing
        return dict(getattr(function, "__annotations__", {}))


def _classes_in(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _classes_in(argument)


def _is_mesa_class(value: Any, name: str) -> bool:
    """Whether a value is a Mesa class of this name or a child of it, on whatever version."""
    return isinstance(value, type) and any(
        base.__name__ == name and base.__module__.startswith("mesa.") for base in value.__mro__
    )


def _simulator(named: Mapping[str, inspect.Parameter], hints: Mapping[str, Any]) -> tuple[str, type] | None:
    for name in named:
        for cls in _classes_in(hints.get(name)):
            if _is_mesa_class(cls, "Simulator"):
                return name, cls
    return None


def _find_scenario(target: Any, argument: inspect.Parameter, hints: Mapping[str, Any]) -> type | None:
    default = argument.default
    candidates = [*_classes_in(hints.get("scenario")), default, type(default)]
    for base in getattr(target, "__orig_bases__", ()):
        candidates.extend(_classes_in(base))
    for candidate in candidates:
        if _is_mesa_class(candidate, "Scenario"):
            found: type = candidate
            return found
    beside = _scenarios_beside(target)
    return next(iter(beside.values())) if len(beside) == 1 else beside.get(f"{_name(target)}Scenario")


def _scenarios_beside(target: Any) -> dict[str, type]:
    """Return the Scenario classes that the model's own module defines."""
    module = sys.modules.get(getattr(target, "__module__", ""))
    return {
        name: value
        for name, value in vars(module).items()
        if _is_mesa_class(value, "Scenario") and value.__module__ == target.__module__
    } if module else {}  # fmt: skip


def _no_scenario(target: Any) -> str:
    beside = sorted(_scenarios_beside(target))
    found = f" (its module has {', '.join(beside)})" if beside else ""
    return (
        f"{_name(target)} takes a scenario, but which Scenario class is its own cannot be told{found}: "
        "name it with scenario_cls="
    )


def _scenario_fields(scenario_cls: type | None) -> tuple[frozenset[str], bool]:
    if scenario_cls is None:
        return frozenset(), False
    fields: set[str] = set()
    for base in scenario_cls.__mro__:
        if base.__module__.startswith("mesa.") and base.__name__ == "Scenario":
            break
        fields.update(name for name in inspect.get_annotations(base) if not name.startswith("_"))
    fields -= {"rng", "model"}
    # The bare Scenario class holds whatever it is given.
    return frozenset(fields), not fields


def _name(value: Any) -> str:
    return str(getattr(value, "__name__", repr(value)))


def check_names(recipe: Recipe, parameters: Iterable[str]) -> None:
    """Refuse parameters that the model does not take, or lacks.

    Raises
    ------
    ConfigurationError
        Naming every such parameter, with the close match.
    """
    found = recipe.problems(parameters)
    if found:
        raise ConfigurationError(listed(found, f"{_name(recipe.model_cls)} cannot be built"))
