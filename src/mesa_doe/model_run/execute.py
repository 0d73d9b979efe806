"""Runs, one by one: build, step, read; whatever happens becomes a record."""

from __future__ import annotations

import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

from mesa_doe.columns import Tables
from mesa_doe.configurations import Configurations, RunConfiguration
from mesa_doe.errors import StudyError
from mesa_doe.model_run.budget import Budget, OutOfTime
from mesa_doe.model_run.collect import clock
from mesa_doe.model_run.forget import chain, forget, forget_unfinished
from mesa_doe.model_run.generators import GlobalGenerators
from mesa_doe.model_run.last_values import reader_of
from mesa_doe.model_run.recipe import Recipe
from mesa_doe.model_run.record import Run
from mesa_doe.model_run.rows import Reading, outputs_row
from mesa_doe.model_run.wanted import Wanted

__all__ = ["execute", "execute_many"]


# A plain function has one row, at step 0.
_AT_START = [0]


def execute(
    configuration: RunConfiguration,
    recipe: Recipe,
    *,
    timeout: float | None = None,
    into: Tables | None = None,
) -> Run:
    """Run one configuration; never raises what the model raises.

    Call it inside :func:`kept_generators`: it seeds the global generators too, ``random`` from the whole
    seed, ``numpy.random`` from its lowest 32 bits.

    Parameters
    ----------
    configuration : RunConfiguration
    recipe : Recipe
        Of its model.
    timeout : float, optional
        Seconds of wall time to build the model, step it and collect. A run that takes longer is stopped
        and has no data: between steps, and in the main thread of a process (not on Windows) in the
        middle of Python code too, see :class:`Budget`.
    into : Tables, optional
        Tables that a completed run is appended to; by default its own. They are the run's ``data``.

    Returns
    -------
    Run
    """
    runs = _Runs(configuration, recipe, timeout, Tables() if into is None else into, GlobalGenerators())
    return runs.make(configuration.run_id, configuration.parameters, configuration.seed)


def execute_many(
    configurations: Sequence[RunConfiguration],
    recipes: Mapping[tuple[Callable[..., Any], type | None], Recipe],
    *,
    timeout: float | None = None,
    into: Tables,
) -> Iterator[Run]:
    """Run configurations one after the other, into the same tables.

    The runs are those of :func:`execute`. What runs of a :class:`Configurations` share is looked at once.

    Parameters
    ----------
    configurations : sequence of RunConfiguration
    recipes : mapping of (model_cls, scenario_cls) to Recipe
    timeout : float, optional
        Of each run.
    into : Tables
        Completed runs are appended; a run that was not completed leaves nothing.

    Yields
    ------
    Run
        In the order of the configurations, each as it is finished.
    """
    if not isinstance(configurations, Configurations):
        known: dict[Any, GlobalGenerators] = defaultdict(GlobalGenerators)
        for one in configurations:
            key = one.model_cls, one.scenario_cls
            runs = _Runs(one, recipes[key], timeout, into, known[key])
            yield runs.make(one.run_id, one.parameters, one.seed)
        return
    recipe = recipes[configurations.model_cls, configurations.scenario_cls]
    runs = _Runs(configurations, recipe, timeout, into, GlobalGenerators())
    for run_id, parameters, seed in configurations.inputs():
        yield runs.make(run_id, parameters, seed)


class _Runs:
    """Runs that differ in their parameters and seed alone."""

    def __init__(
        self,
        settings: RunConfiguration | Configurations,
        recipe: Recipe,
        timeout: float | None,
        into: Tables,
        generators: GlobalGenerators,
    ) -> None:
        self._recipe = recipe
        self._name = getattr(recipe.model_cls, "__name__", "the model")
        self._what = f"what {self._name} returns"
        self._max_steps = settings.max_steps
        self._wanted = Wanted(settings.outputs, settings.data_collection_period)
        self._budget = Budget(timeout)
        self._into = into
        self._generators = generators

    def make(self, run_id: int, parameters: Mapping[str, Any], seed: int | None) -> Run:
        record, reading = self._attempt(run_id, parameters, seed)
        if seed is not None and self._generators.in_vain():
            record, reading = self._attempt(run_id, parameters, seed)
        # Out of reach of the model's errors and the alarm, so a run has all of its rows or none.
        if reading is not None:
            reading.put(self._into, run_id)
        return record

    def _attempt(
        self, run_id: int, parameters: Mapping[str, Any], seed: int | None
    ) -> tuple[Run, Reading | None]:
        if seed is not None:
            self._generators.ready(seed)
        record = Run(run_id, data=self._into)
        model = reading = None
        # A plain function is built and stepped at once.
        phase = "building" if self._recipe.is_model else "stepping"
        start = time.perf_counter()
        try:
            with self._budget as budget:
                model, simulator = self._recipe.build(parameters, seed)
                budget.check()
                if self._recipe.is_model or _is_model(model):
                    reader = reader_of(model, self._wanted)
                    phase = "stepping"
                    record.steps = now = clock(model, simulator)
                    phase = "collecting"
                    reader.watch(now)
                    # A model whose clock stands still, or that sets it back, must come to an end too.
                    for _ in range(self._max_steps):
                        if not getattr(model, "running", True) or now >= self._max_steps:
                            break
                        phase = "stepping"
                        if simulator is None:
                            model.step()
                        else:
                            simulator.run_for(1)
                        record.steps = now = clock(model, simulator)
                        budget.check()
                        phase = "collecting"
                        reader.watch(now)
                    phase = "collecting"
                    reading = reader.read(now)
                    reading.notes += _seed_notes(self._recipe, seed)
                else:
                    phase = "collecting"
                    reading = self._read_function(model)
                budget.check()
        except (Exception, SystemExit, OutOfTime) as error:  # noqa: BLE001 - a model's failure is data
            reading = None
            self._fail(record, error, phase)
            if model is None:
                forget_unfinished(error)
        else:
            record.notes = tuple(reading.notes)
        record.wall_time = time.perf_counter() - start
        forget(model)
        return record, reading

    def _read_function(self, result: Any) -> Reading:
        """Read what a plain function returned."""
        wanted = self._wanted
        row: dict[str, Any] = {}
        if wanted.reduce is not None:
            row = outputs_row(wanted.reduce(result), "outputs")
        elif wanted.records:
            row = outputs_row(result, self._what)
            if not wanted.everything:
                wanted.check(dict.fromkeys(["model", *row], True), self._name)
                row = {key: row[key] for key in row if wanted.period_of(key, "model") is not None}
        for key, function in wanted.functions.items():
            row[key] = function(result)
        reading = Reading()
        reading.add("model", "", {key: [value] for key, value in row.items()}, _AT_START)
        return reading

    def _fail(self, record: Run, error: BaseException, phase: str) -> None:
        phase = "collecting" if _in_collector(error.__traceback__) else phase
        # The model, or a library below it, may have turned the alarm into an error of its own.
        if any(isinstance(one, OutOfTime) for one in chain(error)):
            record.status = record.origin = "timeout"
            record.exception = StudyError(
                f"the run took longer than timeout={self._budget.seconds:g} seconds; it was stopped while "
                f"{phase}, with {record.steps:g} steps finished"
            )
            record.exception.__cause__ = error
        else:
            record.status = "failed"
            record.origin = phase
            record.exception = error
        record.error_type = type(record.exception).__name__
        record.error = _message(record.exception)
        record.traceback = "".join(traceback.format_exception(error))


def _is_model(value: Any) -> bool:
    return callable(getattr(value, "step", None)) and not isinstance(value, Mapping)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001 - an error that cannot be written is recorded all the same
        return f"<its text cannot be had: {type(broken).__name__}>"


def _seed_notes(recipe: Recipe, seed: int | None) -> list[str]:
    if recipe.seed_as_generator:
        return [
            "the factory takes rng= and got a numpy Generator, of which Mesa keeps 31 bits for model.random; "
            "let it take seed=, which is a whole 128-bit int"
        ]
    if recipe.seed_keyword is None and seed is not None:
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
