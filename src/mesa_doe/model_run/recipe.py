"""How a model is built: which keyword takes the seed, which names go to its Scenario, what is refused."""

from __future__ import annotations

import copy
import functools
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mesa_doe.errors import ConfigurationError, did_you_mean, listed
from mesa_doe.model_run.scenarios import (
    ScenarioFields,
    classes_in,
    find_scenario,
    hints_of,
    identity_in_mesa,
    is_bare,
    is_mesa_class,
    is_plain_parameter,
    scenario_fields,
    scenarios_beside,
)

__all__ = ["SEEDS", "Recipe", "recipe_of"]

# Names of a model's random numbers, which no parameter can have.
SEEDS = ("rng", "seed")
_FILLED = {*SEEDS, "scenario"}
_UNCHANGEABLE = frozenset({bool, int, float, str, bytes, type(None)})
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
    filled : frozenset of str
        Keywords filled in here, which are no parameters.
    scenario_cls, scenario_names, scenario_takes_any
        The model's Scenario class, its fields, and whether it takes others.
    scenario_values : dict
        What the model's own default Scenario says, where it is an instance.
    simulator : tuple (keyword, class) or None
        A simulator of Mesa 3 that the model wants, made anew for each run.
    is_model : bool
        Whether calling it surely gives a Mesa model.
    by_position : tuple of str
        Arguments that no keyword reaches.
    """

    model_cls: Callable[..., Any]
    names: frozenset[str]
    required: frozenset[str]
    takes_any: bool
    seed_keyword: str | None
    seed_as_generator: bool = False
    as_mapping: bool = False
    filled: frozenset[str] = frozenset()
    scenario_cls: type | None = None
    scenario_names: frozenset[str] = frozenset()
    scenario_takes_any: bool = False
    scenario_values: Mapping[str, Any] = field(default_factory=dict, hash=False)
    simulator: tuple[str, type] | None = None
    is_model: bool = False
    by_position: tuple[str, ...] = ()

    def problems(self, parameters: Iterable[str]) -> list[str]:
        """Return what is wrong with the names of the parameters, a sentence each."""
        given = [] if self.as_mapping else list(parameters)
        model = _name(self.model_cls)
        takes_any = self.takes_any or self.scenario_takes_any
        allowed = sorted(self.names | self.scenario_names)
        found = []
        for name in given:
            if name in self.filled:
                where = "from the configuration's seed" if name in SEEDS else "anew for each run"
                found.append(f"{model} gets its {name} {where}: {name!r} cannot be a parameter too")
            elif not takes_any and name not in allowed:
                takes = f"it takes {', '.join(allowed)}" if allowed else "it takes no parameters"
                if self.by_position and (name in self.by_position or not allowed):
                    named = f"; by name {takes}" if allowed else ""
                    takes = f"it takes {', '.join(self.by_position)} by position only, and parameters are "
                    takes += f"given by name{named}"
                found.append(f"{model} takes no parameter {name!r}: {did_you_mean(name, allowed)}{takes}")
        missing = sorted(self.required - set(given)) if not self.as_mapping else []
        if missing:
            found.append(
                f"{model} needs {', '.join(map(repr, missing))}, which no axis and no constant gives; "
                "add it to the ParameterSpace (a plain value is a constant), or give a function of the "
                "parameters that returns the model built with it"
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
        keywords: dict[str, Any] = {
            name: value if type(value) in _UNCHANGEABLE else _fresh(value)
            for name, value in parameters.items()
        }
        simulator = None
        if self.scenario_cls is not None:
            # A fresh one for each run: one instance cannot serve two models.
            scenario, keywords = self.scenario_of(keywords, seed)
            keywords["scenario"] = scenario
        arguments: tuple[Any, ...] = ()
        if self.as_mapping:
            arguments, keywords = (keywords,), {}
        if seed is not None and self.seed_keyword in SEEDS:
            value = np.random.default_rng(seed) if self.seed_as_generator else int(seed)
            keywords[self.seed_keyword] = value
        if self.simulator is not None and self.simulator[0] not in keywords:
            simulator = keywords[self.simulator[0]] = self.simulator[1]()
        return self.model_cls(*arguments, **keywords), simulator

    def scenario_of(
        self, parameters: Mapping[str, Any], seed: int | None, run: tuple[int, int, int] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Make the Scenario of a run.

        Parameters
        ----------
        parameters : mapping of str to object
        seed : int or None
        run : tuple (run_id, point, iteration), optional
            What Mesa is to know it by; by default, Mesa counts.

        Returns
        -------
        scenario : object
        others : dict
            The parameters that are arguments of the model itself.

        Raises
        ------
        ConfigurationError
            If the model takes no Scenario.
        """
        if self.scenario_cls is None:
            message = f"{_name(self.model_cls)} takes its parameters as keywords, not a Scenario"
            raise ConfigurationError(message)
        own = {name: value for name, value in parameters.items() if self._goes_to_scenario(name)}
        rng = {} if seed is None else {"rng": int(seed)}
        identity = {} if run is None else identity_in_mesa(self.scenario_cls, *run)
        scenario = self.scenario_cls(**{**self.scenario_values, **own, **rng, **identity})
        return scenario, {name: value for name, value in parameters.items() if name not in own}

    def _goes_to_scenario(self, name: str) -> bool:
        return name not in self.names and (name in self.scenario_names or self.scenario_takes_any)


def _fresh(value: Any) -> Any:
    """Copy a parameter: a model that changes its own must not change the next run's.

    Functions, classes and enum members stay what they are. What cannot be copied (a lock, say) cannot be
    sent to another process either: it is shared by the runs of this one.
    """
    try:
        return copy.deepcopy(value)
    except Exception:  # noqa: BLE001 - any object may refuse to be copied, with any error
        return value


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
    target: Any = model_cls
    while isinstance(target, functools.partial):
        target = target.func
    is_model = isinstance(target, type) and callable(getattr(target, "step", None))
    takes_any = any(a.kind is a.VAR_KEYWORD for a in arguments) and not _is_mesa_init(target)
    only_by_position = [a for a in arguments if a.kind is a.POSITIONAL_ONLY]
    if is_model and any(a.default is a.empty for a in only_by_position):
        raise ConfigurationError(_refused_by_position(model_cls, only_by_position))
    own = {a.name: a for a in arguments if a.kind in (a.POSITIONAL_OR_KEYWORD, a.KEYWORD_ONLY)}
    named, hints = own, hints_of(target)
    if is_model and takes_any and not own.keys() & _FILLED:
        passed_on, further_hints = _passed_on(target)
        named, hints = {**passed_on, **own}, {**further_hints, **hints}
    simulator = _simulator(named, hints)
    scenario_cls, plain = _scenario_of(target, named, hints, scenario_cls, is_model)
    if scenario_cls is not None and "scenario" not in named and not takes_any:
        message = f"scenario_cls={_name(scenario_cls)} was given, but {_name(model_cls)} takes no scenario"
        raise ConfigurationError(message)
    seed_keyword = _seed_keyword(named, scenario_cls, is_model)
    filled = {
        *(SEEDS if seed_keyword else ()),
        *(("scenario",) if seed_keyword == "scenario" or ("scenario" in named and not plain) else ()),
        *(simulator[:1] if simulator else ()),
    }
    names = own.keys() - filled
    required = {name for name in names if own[name].default is inspect.Parameter.empty}
    fields = ScenarioFields()
    if scenario_cls is not None:
        default = named["scenario"].default if "scenario" in named else None
        fields = scenario_fields(scenario_cls, default)
    return Recipe(
        model_cls=model_cls,
        names=frozenset(names),
        required=frozenset(required | (fields.required - names)),
        takes_any=takes_any,
        seed_keyword=seed_keyword,
        seed_as_generator=not is_model and seed_keyword == "rng",
        as_mapping=not is_model and _takes_mapping(model_cls, arguments),
        filled=frozenset(filled),
        scenario_cls=scenario_cls,
        scenario_names=fields.names,
        scenario_takes_any=fields.takes_any,
        scenario_values=fields.values,
        simulator=simulator,
        is_model=is_model,
        by_position=(
            *(a.name for a in only_by_position),
            *(f"*{a.name}" for a in arguments if a.kind is a.VAR_POSITIONAL and not _is_mesa_init(target)),
        ),
    )


def _takes_mapping(function: Callable[..., Any], arguments: list[inspect.Parameter]) -> bool:
    """Whether a function's only argument, beside optional ones and the seed, is a mapping of parameters."""
    needed = [
        a
        for a in arguments
        if a.default is a.empty and a.kind not in (a.VAR_POSITIONAL, a.VAR_KEYWORD) and a.name not in SEEDS
    ]
    if len(needed) == 1 and needed[0].kind is not inspect.Parameter.KEYWORD_ONLY:
        only = needed[0]
        return only.kind is only.POSITIONAL_ONLY or only.name in _MAPPING_NAMES
    only_by_position = [a for a in needed if a.kind is a.POSITIONAL_ONLY]
    if only_by_position:
        raise ConfigurationError(_refused_by_position(function, only_by_position))
    return False


def _refused_by_position(function: Callable[..., Any], arguments: list[inspect.Parameter]) -> str:
    return (
        f"{_name(function)} takes {', '.join(a.name for a in arguments)} as positional-only arguments, but "
        "parameters are given by name: take the / out of its signature"
    )


def _scenario_of(
    target: Any, named: Mapping[str, Any], hints: Mapping[str, Any], given: type | None, is_model: bool
) -> tuple[type | None, bool]:
    """Return the Scenario class, and whether ``scenario`` is a plain parameter instead."""
    if given is not None or "scenario" not in named:
        return given, False
    found = find_scenario(target, named["scenario"], hints)
    if _is_mesa_init(target):
        # mesa.Model itself takes any Scenario, so that it takes the bare one says nothing of the model.
        return (None if found is None or is_bare(found) else found), False
    plain = found is None and is_plain_parameter(target, named["scenario"], hints, is_model)
    if found is None and not plain and not named.keys() & set(SEEDS):
        raise ConfigurationError(_no_scenario(target))
    return found, plain


def _arguments(model_cls: Callable[..., Any]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(model_cls).parameters.values())
    except (TypeError, ValueError):
        # Some builtins and C extensions have no signature: they may take anything.
        return [inspect.Parameter("keywords", inspect.Parameter.VAR_KEYWORD)]


def _seed_keyword(named: Mapping[str, Any], scenario_cls: type | None, is_model: bool) -> str | None:
    if scenario_cls is not None:
        return "scenario"
    # A model that names both gets rng (Mesa 3.5 deprecates seed); a function gets seed, a plain int.
    for keyword in SEEDS if is_model else reversed(SEEDS):
        if keyword in named:
            return keyword
    return None


def _passed_on(model_cls: type) -> tuple[dict[str, inspect.Parameter], dict[str, Any]]:
    """Return what of seed, rng and scenario a class' ``**kwargs`` reach first, and its annotations."""
    inits = [base for base in model_cls.__mro__ if "__init__" in vars(base)]
    for base in inits[1:]:
        if _is_mesa_init(base) or base is object:
            break
        arguments = _arguments(base)
        found = {a.name: a for a in arguments if a.name in _FILLED}
        if found or not any(a.kind is a.VAR_KEYWORD for a in arguments):
            return found, hints_of(base)
    # Every mesa.Model since 3.0 takes rng.
    return {"rng": inspect.Parameter("rng", inspect.Parameter.KEYWORD_ONLY)}, {}


def _is_mesa_init(target: Any) -> bool:
    init = getattr(target, "__init__", None)
    return isinstance(target, type) and getattr(init, "__module__", "") in _MESA_INIT


def _simulator(named: Mapping[str, inspect.Parameter], hints: Mapping[str, Any]) -> tuple[str, type] | None:
    for name in named:
        for cls in classes_in(hints.get(name)):
            if is_mesa_class(cls, "Simulator"):
                return name, cls
    return None


def _no_scenario(target: Any) -> str:
    beside = sorted(scenarios_beside(target))
    found = f" (its module has {', '.join(beside)})" if beside else ""
    return (
        f"{_name(target)} takes a scenario, but which Scenario class is its own cannot be told{found}: "
        "name it with scenario_cls="
    )


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
