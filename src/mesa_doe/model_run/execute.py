"""Runs, one by one: build, step, read; whatever happens becomes a record."""

from __future__ import annotations

import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeAlias

from mesa_doe.columns import Tables, written
from mesa_doe.configurations import Configurations, RunConfiguration
from mesa_doe.errors import StudyError
from mesa_doe.model_run.budget import Budget, OutOfTime
from mesa_doe.model_run.collect import clock
from mesa_doe.model_run.forget import chain, forget_agents, forget_neighbourhoods, forget_unfinished
from mesa_doe.model_run.generators import GlobalGenerators
from mesa_doe.model_run.last_values import Readers
from mesa_doe.model_run.recipe import Recipe
from mesa_doe.model_run.record import Run
from mesa_doe.model_run.rows import Reading, Row, outputs_row, read_row
from mesa_doe.model_run.wanted import Wanted

__all__ = ["execute", "execute_many"]


# Short runs wait for a common look at whether one drew from a global generator: so many, or so many seconds.
_MOST_WAITING = 64
_LONGEST_WAIT = 0.001


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
    [run] = next(runs.made([(configuration.run_id, configuration.parameters, configuration.seed)]))
    return run


def execute_many(
    configurations: Sequence[RunConfiguration],
    recipes: Mapping[tuple[Callable[..., Any], type | None], Recipe],
    *,
    timeout: float | None = None,
    into: Tables,
) -> Iterator[list[Run]]:
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
    list of Run
        In the order of the configurations, as they are finished: one, or some that took less than a
        millisecond together. Only the last of them may have failed.
    """
    if isinstance(configurations, Configurations):
        recipe = recipes[configurations.model_cls, configurations.scenario_cls]
        runs = _Runs(configurations, recipe, timeout, into, GlobalGenerators())
        return runs.made(configurations.inputs())
    return _different(configurations, recipes, timeout, into)


def _different(
    configurations: Sequence[RunConfiguration],
    recipes: Mapping[tuple[Callable[..., Any], type | None], Recipe],
    timeout: float | None,
    into: Tables,
) -> Iterator[list[Run]]:
    """Run configurations that may be of several models."""
    known: dict[Any, GlobalGenerators] = defaultdict(GlobalGenerators)
    for one in configurations:
        key = one.model_cls, one.scenario_cls
        runs = _Runs(one, recipes[key], timeout, into, known[key])
        yield from runs.made([(one.run_id, one.parameters, one.seed)])


Inputs: TypeAlias = tuple[int, Mapping[str, Any], int | None]
_Made: TypeAlias = tuple[Inputs, Run, Reading | Row | None]


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
        self._readers = Readers(self._wanted)
        self._budget = Budget(timeout)
        self._into = into
        self._generators = generators

    def made(self, inputs: Iterable[Inputs]) -> Iterator[list[Run]]:
        """Make runs, one after the other; they are yielded once they are sure of their random numbers."""
        waiting: list[_Made] = []
        waited = 0.0
        for one in inputs:
            try:
                record, reading = self._attempt(*one)
            except KeyboardInterrupt:
                yield from self._sure(waiting)
                raise
            waiting.append((one, record, reading))
            waited += record.wall_time
            if (
                waited > _LONGEST_WAIT
                or len(waiting) == _MOST_WAITING
                or self._generators.are_seeded
                or record.status != "ok"
            ):
                yield from self._sure(waiting)
                waiting, waited = [], 0.0
        yield from self._sure(waiting)

    def _sure(self, waiting: list[_Made]) -> Iterator[list[Run]]:
        """Yield runs, those again that drew from generators not seeded for them."""
        has_seeds = any(seed is not None for (_, _, seed), _, _ in waiting)
        if has_seeds and self._generators.in_vain():
            for one, _, _ in waiting:
                yield self._put([(one, *self._attempt(*one))])
        elif waiting:
            yield self._put(waiting)

    def _put(self, made: list[_Made]) -> list[Run]:
        # Out of reach of the model's errors and the alarm, so a run has all of its rows or none.
        rows = [reading.values for _, _, reading in made if isinstance(reading, Row)]
        if len(rows) == len(made):
            self._into.model.append_rows([record.run_id for _, record, _ in made], rows)
        else:
            for _, record, reading in made:
                if reading is not None:
                    reading.put(self._into, record.run_id)
        forget_neighbourhoods()
        return [record for _, record, _ in made]

    def _attempt(
        self, run_id: int, parameters: Mapping[str, Any], seed: int | None
    ) -> tuple[Run, Reading | Row | None]:
        if seed is not None and self._generators.are_seeded:
            self._generators.ready(seed)
        record = Run(run_id, data=self._into)
        model = reading = None
        # A plain function is built and stepped at once.
        phase = "building" if self._recipe.is_model else "stepping"
        timed = self._budget.seconds is not None
        start = time.perf_counter()
        try:
            with self._budget as budget:
                model, simulator = self._recipe.build(parameters, seed)
                if timed:
                    budget.check()
                if self._recipe.is_model or _is_model(model):
                    reader = self._readers.of(model)
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
                        if timed:
                            budget.check()
                        phase = "collecting"
                        reader.watch(now)
                    phase = "collecting"
                    reading = reader.read(now)
                    if self._recipe.seed_keyword is None or self._recipe.seed_as_generator:
                        record.notes = _seed_notes(self._recipe, seed)
                else:
                    phase = "collecting"
                    reading = self._read_function(model)
                if timed:
                    budget.check()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a model's failure is data; a panic of Rust is no Exception
            reading = None
            self._fail(record, error, phase)
            if model is None:
                forget_unfinished(error)
        else:
            if reading.notes:
                record.notes = (*reading.notes, *record.notes)
        record.wall_time = time.perf_counter() - start
        forget_agents(model)
        return record, reading

    def _read_function(self, result: Any) -> Reading | Row:
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
        return read_row(row, step=0)

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
        record.error = written(_message(record.exception))
        record.traceback = written("".join(traceback.format_exception(error)))


def _is_model(value: Any) -> bool:
    return callable(getattr(value, "step", None)) and not isinstance(value, Mapping)


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001 - an error that cannot be written is recorded all the same
        return f"<its text cannot be had: {type(broken).__name__}>"


def _seed_notes(recipe: Recipe, seed: int | None) -> tuple[str, ...]:
    if recipe.seed_as_generator:
        return (
            "the factory takes rng= and got a numpy Generator, of which Mesa keeps 31 bits for model.random; "
            "let it take seed=, which is a whole 128-bit int",
        )
    if recipe.seed_keyword is None and seed is not None:
        return (
            "the model takes neither seed, rng nor scenario, so it cannot be seeded: a seed decides only "
            "what it draws from random and numpy.random",
        )
    return ()


def _in_collector(trace: TracebackType | None) -> bool:
    """Whether an exception came through a data collector: a reporter's fault, though inside a step."""
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module == "mesa.datacollection" or module.startswith("mesa.experimental.data_collection"):
            return True
        trace = trace.tb_next
    return False
