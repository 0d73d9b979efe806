"""What is checked of configurations before the first run starts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from mesa_doe.configurations import Configurations, RunConfiguration
from mesa_doe.errors import ConfigurationError, listed, some
from mesa_doe.model_run import Recipe, check_model, check_names, recipe_of

__all__ = ["ModelKey", "check_models", "check_pickles", "checked", "model_key", "recipes_of"]

ModelKey: TypeAlias = tuple[Any, Any]
Recipes: TypeAlias = dict[ModelKey, Recipe]


def model_key(configuration: RunConfiguration) -> ModelKey:
    """Return what decides the recipe of a run."""
    return configuration.model_cls, configuration.scenario_cls


def checked(configurations: Any) -> Sequence[RunConfiguration]:
    """Return configurations in the order of ``run_id``, or refuse them with all their problems.

    Raises
    ------
    ConfigurationError
    """
    if not isinstance(configurations, Sequence) or isinstance(configurations, (str, bytes)):
        raise ConfigurationError(
            "BatchRunner takes design.configurations(...) or a list of RunConfiguration, "
            f"got {type(configurations).__name__}"
        )
    if len(configurations) == 0:
        raise ConfigurationError("there are no configurations to run")
    if isinstance(configurations, Configurations):
        backwards = len(configurations) > 1 and configurations[0].run_id > configurations[1].run_id
        return configurations[::-1] if backwards else configurations
    problems: dict[str, None] = {}
    for position, configuration in enumerate(configurations):
        if not isinstance(configuration, RunConfiguration):
            problems[f"configuration {position} is no RunConfiguration but {configuration!r}"] = None
        else:
            problems.update(dict.fromkeys(configuration.problems()))
    if not problems:
        problems.update(dict.fromkeys(_duplicates(configurations)))
    if problems:
        raise ConfigurationError(listed(list(problems), "the configurations have problems"))
    # Tables are built in this order, so the order of the list changes nothing.
    return sorted(configurations, key=lambda configuration: configuration.run_id)


def _duplicates(configurations: Sequence[RunConfiguration]) -> list[str]:
    counts = Counter(configuration.run_id for configuration in configurations)
    twice = sorted(run_id for run_id, count in counts.items() if count > 1)
    if not twice:
        return []
    occur = "occurs" if len(twice) == 1 else "occur"
    return [f"run_id must be unique, but {some(twice, 5)} {occur} more than once"]


def recipes_of(configurations: Sequence[RunConfiguration]) -> Recipes:
    """Return the recipe of each model, having checked each combination of parameter names once.

    Raises
    ------
    ConfigurationError
        If a model does not take a parameter, or lacks one.
    """
    recipes: Recipes = {}
    seen = set()
    for configuration in _one_of_each(configurations):
        key = model_key(configuration)
        if key not in recipes:
            recipes[key] = recipe_of(configuration.model_cls, configuration.scenario_cls)
        names = (key, tuple(configuration.parameters))
        if names not in seen:
            seen.add(names)
            check_names(recipes[key], configuration.parameters)
    return recipes


def check_models(
    configurations: Sequence[RunConfiguration],
    recipes: Mapping[ModelKey, Recipe],
    timeout: float | None = None,
) -> None:
    """Build each model once, in ``timeout`` seconds, and see that there is something to read.

    Raises
    ------
    ConfigurationError
        If one records nothing and no outputs were named.
    """
    seen = set()
    for configuration in _one_of_each(configurations):
        key = model_key(configuration)
        if key not in seen:
            seen.add(key)
            check_model(configuration, recipes[key], timeout)


def check_pickles(task: Any) -> None:
    """See that a task can be sent to another process.

    Raises
    ------
    ConfigurationError
    """
    import cloudpickle

    try:
        cloudpickle.dumps(task)
    except Exception as error:
        raise ConfigurationError(
            "the model, its outputs or a parameter cannot be sent to worker processes "
            f"({type(error).__name__}: {error}); use n_jobs=1, or keep open files, locks and connections out"
        ) from error


def _one_of_each(configurations: Sequence[RunConfiguration]) -> Iterable[RunConfiguration]:
    return [configurations[0]] if isinstance(configurations, Configurations) else configurations
