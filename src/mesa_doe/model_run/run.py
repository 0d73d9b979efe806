"""One run: build, step, read; whatever happens becomes a record."""

from __future__ import annotations

import inspect
import random
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Literal

import numpy as np
import pandas as pd

from mesa_doe.columns import Tables
from mesa_doe.configurations import RunConfiguration
from mesa_doe.errors import ConfigurationError, listed
from mesa_doe.model_run.collect import Reader, clock
from mesa_doe.model_run.recipe import Recipe, check_names, recipe_of
from mesa_doe.model_run.rows import append_rows, outputs_row
from mesa_doe.seeding import kept_generators

__all__ = ["Run", "check_model", "execute", "run"]


@dataclass
class Run:
    """What came of one run.

    Parameters
    ----------
    run_id : int
    status : {"ok", "failed"}
    origin : str
        Where it failed: ``"building"``, ``"stepping"`` or ``"collecting"``; empty if it did not.
    error_type, error, traceback : str
        Of the exception, or empty.
    steps : float
        The model's clock at the end.
    wall_time : float
        Seconds.
    notes : tuple of str
        What the user should hear once.
    data : Tables
        What the model reported, as typed columns.
    exception : Exception or None
        The exception itself, where the run was made in this process.
    """

    run_id: int
    status: str = "ok"
    origin: str = ""
    error_type: str = ""
    error: str = ""
    traceback: str = ""
    steps: float = 0.0
    wall_time: float = 0.0
    notes: tuple[str, ...] = ()
    data: Tables = field(default_factory=Tables, repr=False)
    exception: BaseException | None = field(default=None, repr=False)

    @property
    def model(self) -> pd.DataFrame:
        """The model's time series: ``run_id``, ``step`` and one column a reporter."""
        return self.data.model.to_frame()

    @property
    def agents(self) -> dict[str, pd.DataFrame]:
        """One frame an agent type: ``run_id``, ``step``, ``agent_id`` and one column a reporter."""
        return {name: table.to_frame() for name, table in self.data.agents.items()}

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The collector's tables by name."""
        return {name: table.to_frame() for name, table in self.data.tables.items()}


def run(configuration: RunConfiguration, *, on_error: Literal["raise", "record"] = "raise") -> Run:
    """Run one configuration, here and now.

    Parameters
    ----------
    configuration : RunConfiguration
    on_error : {"raise", "record"}, default "raise"
        What to do with an exception of the model: raise it, or return it as a failed run.

    Returns
    -------
    Run

    Raises
    ------
    ConfigurationError
        If the configuration fits no run of the model: wrong settings, unknown parameters.

    Examples
    --------
    >>> from mesa_doe.configurations import RunConfiguration
    >>> def double(x):
    ...     return {"y": 2 * x}
    >>> run(RunConfiguration(double, run_id=0, parameters={"x": 4})).model["y"].tolist()
    [8]
    """
    if on_error not in ("raise", "record"):
        message = f"on_error takes 'raise' or 'record', got {on_error!r}"
        raise ConfigurationError(message)
    found = configuration.problems()
    if found:
        raise ConfigurationError(listed(found, "the configuration has problems"))
    recipe = recipe_of(configuration.model_cls, configuration.scenario_cls)
    check_names(recipe, configuration.parameters)
    with kept_generators():
        record = execute(configuration, recipe)
    if record.exception is not None:
        if on_error == "raise":
            raise record.exception
        # The frames of a traceback hold the model, as long as anyone holds the record.
        for error in _chain(record.exception):
            traceback.clear_frames(error.__traceback__)
    return record


def check_model(configuration: RunConfiguration, recipe: Recipe) -> None:
    """Build a model once, and see that there is something to read.

    A plain function is not called: that would be a run. An exception of the model is no answer to this
    question, and will be recorded by the run itself.

    Raises
    ------
    ConfigurationError
        If the model has no collector and no outputs were named.
    """
    if not recipe.is_model or configuration.outputs is not None:
        return
    with kept_generators():
        try:
            model, _ = recipe.build(configuration.parameters, configuration.seed)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - the run of this configuration records it
            _forget_unfinished(error)
            return
    try:
        Reader(model, configuration.outputs, configuration.data_collection_period)
    finally:
        _forget(model)


def execute(configuration: RunConfiguration, recipe: Recipe) -> Run:
    """Run one configuration; never raises what the model raises.

    Call it inside :func:`kept_generators`: it seeds the global generators too.

    Parameters
    ----------
    configuration : RunConfiguration
    recipe : Recipe
        Of its model.

    Returns
    -------
    Run
    """
    if configuration.seed is not None:
        # Many models draw from the global generators somewhere (Mesa's virus model makes its graph so):
        # unseeded, the same configuration would give other results in another process.
        seed = int(configuration.seed)
        random.seed(seed)
        np.random.seed([seed >> shift & 0xFFFFFFFF for shift in (0, 32, 64, 96)])  # noqa: NPY002
    record = Run(configuration.run_id)
    model = None
    # A plain function is built and stepped at once.
    phase = "building" if recipe.is_model else "stepping"
    start = time.perf_counter()
    try:
        model, simulator = recipe.build(configuration.parameters, configuration.seed)
        if _is_model(model):
            reader = Reader(model, configuration.outputs, configuration.data_collection_period)
            phase = "stepping"
            record.steps = now = clock(model, simulator)
            phase = "collecting"
            reader.watch(now)
            # A model whose clock stands still, or that sets it back, must come to an end too.
            for _ in range(configuration.max_steps):
                if not getattr(model, "running", True) or now >= configuration.max_steps:
                    break
                phase = "stepping"
                if simulator is None:
                    model.step()
                else:
                    simulator.run_for(1)
                record.steps = now = clock(model, simulator)
                phase = "collecting"
                reader.watch(now)
            phase = "collecting"
            record.data = reader.finish(now, configuration.run_id)
            record.notes = (*reader.notes, *_seed_notes(configuration, recipe))
        else:
            phase = "collecting"
            record.data, notes = _function_data(configuration, model)
            record.notes = tuple(notes)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - a model's failure is data
        record.status = "failed"
        record.origin = "collecting" if _in_collector(error.__traceback__) else phase
        record.error_type = type(error).__name__
        record.error = _message(error)
        record.traceback = "".join(traceback.format_exception(error))
        record.exception = error
        if model is None:
            _forget_unfinished(error)
    record.wall_time = time.perf_counter() - start
    _forget(model)
    return record


def _is_model(value: Any) -> bool:
    return not isinstance(value, Mapping) and callable(getattr(value, "step", None))


def _function_data(configuration: RunConfiguration, row: Any) -> tuple[Tables, list[str]]:
    what = f"what {getattr(configuration.model_cls, '__name__', 'the model')} returns"
    if configuration.outputs is not None:
        row, what = configuration.outputs(row), "outputs"
    columns = {name: [value] for name, value in outputs_row(row, what).items()}
    data = Tables()
    return data, append_rows(data.model, configuration.run_id, columns, [0])


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001 - an error that cannot be written is recorded all the same
        return f"<its text cannot be had: {type(broken).__name__}>"


def _seed_notes(configuration: RunConfiguration, recipe: Recipe) -> list[str]:
    if recipe.seed_as_generator:
        return [
            "the factory takes rng= and got a numpy Generator, of which Mesa keeps 31 bits for model.random; "
            "let it take seed=, which is a whole 128-bit int"
        ]
    if recipe.seed_keyword is None and configuration.seed is not None:
        return [
            "the model takes neither seed, rng nor scenario, so it cannot be seeded: a seed decides only "
            "what it draws from random and numpy.random"
        ]
    return []


def _in_collector(trace: TracebackType | None) -> bool:
    """Whether an exception came through a data collector: a reporter's fault, though inside a step."""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module == "mesa.datacollection" or module.startswith("mesa.experimental.data_collection"):
            return True
        trace = trace.tb_next
    return False


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    while error is not None and all(error is not other for other in seen):
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


def _forget(model: Any) -> None:
    """Let go of a model: two of Mesa's class attributes keep every model alive."""
    # Up to Mesa 3.4.1, the counters of agents' ids.
    for kind in list(getattr(model, "agent_types", None) or ()):
        ids = getattr(kind, "_ids", None)
        if isinstance(ids, dict):
            ids.pop(model, None)
    # To this day, the cached neighbourhoods of cells, and with a cell its agents and their model.
    cell = getattr(sys.modules.get("mesa.discrete_space.cell"), "Cell", None)
    for name in ("get_neighborhood", "_neighborhood"):
        clear = getattr(getattr(cell, name, None), "cache_clear", None)
        if clear is not None:
            clear()


def _forget_unfinished(error: BaseException) -> None:
    """Let go of a model whose constructor failed: only the frames of the traceback know it."""
    ids = getattr(getattr(sys.modules.get("mesa.agent"), "Agent", None), "_ids", None)
    trace = error.__traceback__
    while isinstance(ids, dict) and trace is not None:
        if trace.tb_frame.f_code.co_flags & inspect.CO_OPTIMIZED:
            known = trace.tb_frame.f_locals
            for model in [m for m in ids if any(m is value for value in known.values())]:
                ids.pop(model)
            if isinstance(known, dict):
                # Up to Python 3.12 a copy, which stays with the frame.
                known.clear()
        trace = trace.tb_next
    _forget(None)
