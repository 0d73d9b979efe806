"""One run, here and now, and what is looked at before the first of many."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from typing import Any, Literal

from mesa_doe.configurations import RunConfiguration
from mesa_doe.errors import ConfigurationError, listed
from mesa_doe.model_run.budget import Budget, check_timeout
from mesa_doe.model_run.collect import Reader
from mesa_doe.model_run.execute import execute
from mesa_doe.model_run.forget import chain, forget, forget_unfinished
from mesa_doe.model_run.recipe import Recipe, check_names, recipe_of
from mesa_doe.model_run.record import Run
from mesa_doe.model_run.wanted import Wanted
from mesa_doe.seeding import kept_generators

__all__ = ["check_model", "run"]


def run(
    configuration: RunConfiguration,
    *,
    on_error: Literal["raise", "record"] = "raise",
    timeout: float | None = None,
) -> Run:
    """Run one configuration, here and now.

    Parameters
    ----------
    configuration : RunConfiguration
    on_error : {"raise", "record"}, default "raise"
        What to do with an exception of the model, or a timeout: raise it, or return it as a failed run.
    timeout : float, optional
        Seconds that the run may take, as in :func:`execute`.

    Returns
    -------
    Run

    Raises
    ------
    ConfigurationError
        If the configuration fits no run of the model: wrong settings, unknown parameters; or if it is none.
    StudyError
        If the time is used up.

    Examples
    --------
    >>> from mesa_doe.configurations import RunConfiguration
    >>> def double(x):
    ...     return {"y": 2 * x}
    >>> run(RunConfiguration(double, run_id=0, parameters={"x": 4})).model["y"].tolist()
    [8]
    """
    if on_error not in ("raise", "record"):
        raise ConfigurationError(f"on_error takes 'raise' or 'record', got {on_error!r}")
    check_timeout(timeout)
    _check_one(configuration)
    found = configuration.problems()
    if found:
        raise ConfigurationError(listed(found, "the configuration has problems"))
    recipe = recipe_of(configuration.model_cls, configuration.scenario_cls)
    check_names(recipe, configuration.parameters)
    with kept_generators():
        record = execute(configuration, recipe, timeout=timeout)
    if record.exception is not None:
        if on_error == "raise":
            raise record.exception
        # The frames of a traceback hold the model, as long as anyone holds the record.
        for error in chain(record.exception):
            traceback.clear_frames(error.__traceback__)
    return record


# A list of configurations may be of thousands.
_LONGEST = 300


def _check_one(configuration: Any) -> None:
    if not isinstance(configuration, RunConfiguration):
        several = isinstance(configuration, Sequence) and not isinstance(configuration, str)
        told = repr(configuration)
        raise ConfigurationError(
            f"run takes one RunConfiguration, got {told if len(told) <= _LONGEST else f'{told[:_LONGEST]}…'}"
            + ("; take one of them, as configurations[0]" if several else "")
        )


def check_model(configuration: RunConfiguration, recipe: Recipe, timeout: float | None = None) -> None:
    """Build a model once, and see that there is something to read.

    A plain function is not called: that would be a run. An exception of the model is no answer to this
    question, nor is a constructor that takes longer than ``timeout`` seconds: they will be recorded by the
    run itself.

    Raises
    ------
    ConfigurationError
        If the model has no collector and no outputs were named, or does not have those that were.
    """
    wanted = Wanted(configuration.outputs, configuration.data_collection_period)
    if not recipe.is_model or not wanted.records:
        return
    with kept_generators():
        try:
            with Budget(timeout):
                model, _ = recipe.build(configuration.parameters, configuration.seed)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - the run of this configuration records it
            forget_unfinished(error)
            return
    try:
        Reader(model, wanted)
    finally:
        forget(model)
