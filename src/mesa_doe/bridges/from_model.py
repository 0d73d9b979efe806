"""A first parameter space of a model, read off its signature and the controls of its visualisation."""

from __future__ import annotations

import enum
import inspect
import sys
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

from mesa_doe.errors import SpaceError, listed
from mesa_doe.model_run import recipe_of
from mesa_doe.model_run.recipe import SEEDS, Recipe
from mesa_doe.model_run.scenarios import hints_of, read_hints
from mesa_doe.space import Boolean, Categorical, Constant, Integer, ParameterSpace, Real
from mesa_doe.space.reading import read_entry
from mesa_doe.space.values import json_ready

__all__ = ["space_from_model"]

_NOTHING = inspect.Parameter.empty


def space_from_model(
    model_cls: Callable[..., Any],
    model_params: Mapping[str, Any] | None = None,
    /,
    *,
    scenario_cls: type | None = None,
    **axes: Any,
) -> ParameterSpace:
    """Read a parameter space off a model: a first suggestion, to look at and to change.

    Parameters
    ----------
    model_cls : type or callable
        A Mesa model class, or what else makes a model.
    model_params : mapping of str to object, optional
        The controls of the model's ``SolaraViz``: sliders, ``Select``, ``Checkbox``, ``InputText``, as
        objects of Mesa or as dictionaries, and plain values. Mesa's visualisation is not imported.
    scenario_cls : type, optional
        The model's Scenario class, where it cannot be found from the model.
    **axes : object
        As of :class:`ParameterSpace`; these come before all else.

    Returns
    -------
    ParameterSpace
        ============================================  ================================================
        found                                         becomes
        ============================================  ================================================
        slider                                        ``Integer`` or ``Real``, whatever its step
        ``Select``; ``Literal`` and enum annotations  ``Categorical`` (``Boolean`` of True and False)
        ``Checkbox``; bool as annotation or default   ``Boolean``
        anything else                                 a constant, of its value or default
        ============================================  ================================================

        Defaults that are no plain values are left to the model, and so are ``rng`` and ``seed``.

    Raises
    ------
    SpaceError
        If a name is none of the model, a control cannot be read, or a parameter has neither a default nor a
        range; all are named.
    ConfigurationError
        If the model takes a Scenario whose class cannot be found.

    Examples
    --------
    >>> from typing import Literal
    >>> def model(density: float = 0.8, radius: int = 1, torus: bool = True, kind: Literal["a", "b"] = "a"):
    ...     return {"y": density * radius}
    >>> slider = {"type": "SliderFloat", "value": 0.8, "min": 0.1, "max": 0.9, "step": 0.1}
    >>> space_from_model(model, {"density": slider}, radius=Integer(1, 3))
    ParameterSpace(
        density=Real(low=0.1, high=0.9, log=False),
        radius=Integer(low=1, high=3),
        torus=Boolean(),
        kind=Categorical(levels=('a', 'b'), weights=None),
    )
    """
    recipe = recipe_of(model_cls, scenario_cls)
    controls = {name: control for name, control in (model_params or {}).items() if name not in SEEDS}
    entries, problems = _of_the_signature(recipe), []
    for name, control in controls.items():
        if name in axes:
            continue
        try:
            entries[name] = _of_a_control(control)
        except SpaceError as error:
            problems.append(f"{name!r}: {error}")
    entries.update(axes)
    # What could not be read was given all the same: it is not missing too.
    problems += recipe.problems([*entries, *(name for name in controls if name not in entries)])
    if problems:
        raise SpaceError(listed(problems, "no parameter space can be read off the model"))
    return ParameterSpace(entries)


def _of_the_signature(recipe: Recipe) -> dict[str, Any]:
    """Return what annotations and defaults tell, in the order in which the model names its parameters."""
    target = recipe.model_cls
    hints = hints_of(target)
    found: dict[str, Any] = {
        name: (hints.get(name), parameter.default)
        for name, parameter in inspect.signature(target).parameters.items()
        if name in recipe.names
    }
    scenario = recipe.scenario_cls
    if scenario is not None:
        annotated = _hints_of_class(scenario)
        for name in [*annotated, *sorted(recipe.scenario_names)]:
            if name in recipe.scenario_names and name not in found:
                default = recipe.scenario_values.get(name, getattr(scenario, name, _NOTHING))
                found[name] = (annotated.get(name), default)
    entries = {name: _of_a_default(hint, default) for name, (hint, default) in found.items()}
    return {name: entry for name, entry in entries.items() if entry is not None}


def _hints_of_class(cls: type) -> dict[str, Any]:
    """Return the annotations of a class and its bases, None for one that cannot be read."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        own = inspect.get_annotations(base)
        scope = {**vars(base), **vars(sys.modules.get(base.__module__, types.SimpleNamespace()))}
        found |= dict.fromkeys(own) | read_hints(own, scope)
    return found


def _of_a_default(hint: Any, default: Any) -> Any:
    """Return an axis or a constant, or None where there is neither a range nor a plain default."""
    if hint is bool or isinstance(default, bool):
        return Boolean()
    if typing.get_origin(hint) is typing.Literal:
        return _of_levels(typing.get_args(hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return _of_levels(list(hint))
    try:
        return Constant(json_ready(default))
    except SpaceError:
        return None


def _of_levels(levels: Any) -> Any:
    values = list(levels)
    if len(values) == 1:
        return Constant(values[0])
    if all(isinstance(value, bool) for value in values):
        return Boolean()
    return Categorical(values)


def _of_a_control(control: Any) -> Any:
    # As Mesa tells them apart: a slider is an object, other controls are dictionaries with a type.
    if all(hasattr(control, name) for name in ("value", "min", "max", "is_float_slider")):
        return _of_a_slider(control.min, control.max, whole=not control.is_float_slider)
    if not isinstance(control, Mapping):
        # A container is one value of the model here, not levels.
        return Constant(control) if isinstance(control, (list, tuple, set)) else read_entry(control)
    if "type" not in control:
        return Constant(control)
    kind = control["type"]
    needs = {
        "SliderInt": ("min", "max"), "SliderFloat": ("min", "max"), "Select": ("values",), "Checkbox": (),
        "InputText": ("value",),
    }.get(kind)  # fmt: skip
    if needs is None:
        raise SpaceError(
            f"a control of type {kind!r} is not known; there are SliderInt, SliderFloat, Select, Checkbox "
            "and InputText"
        )
    if lacking := [name for name in needs if control.get(name) is None]:
        raise SpaceError(f"the {kind} has no {' and no '.join(lacking)}, got {dict(control)!r}")
    if kind == "Select":
        return _of_levels(control["values"])
    if kind == "Checkbox":
        return Boolean()
    if kind == "InputText":
        return Constant(control["value"])
    return _of_a_slider(control["min"], control["max"], whole=kind == "SliderInt")


def _of_a_slider(low: Any, high: Any, *, whole: bool) -> Any:
    # Its step is that of a hand, not of the model.
    if not low < high:
        return Constant(low)
    return Integer(low, high) if whole else Real(low, high)
