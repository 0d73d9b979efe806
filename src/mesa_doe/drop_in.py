"""``batch_run``: Mesa's function of that name on every version of Mesa, run by :class:`BatchRunner`."""

from __future__ import annotations

import base64
import bisect
import contextlib
import dataclasses
import inspect
import itertools
import pickle
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from mesa_doe.configurations import RunConfiguration
from mesa_doe.errors import ConfigurationError, MesaDoeWarning, StudyError, counted, listed, warn
from mesa_doe.model_run import recipe_of, run
from mesa_doe.results import Results
from mesa_doe.runner import BatchRunner
from mesa_doe.seeding import root_entropy
from mesa_doe.space.values import is_int

__all__ = ["batch_run"]

#: What seeds one run.
SeedLike: TypeAlias = int | np.integer[Any] | Sequence[int] | np.random.SeedSequence

# A step, the model's values there, and the values of each agent.
_Collected: TypeAlias = tuple[float, dict[str, Any], list[dict[str, Any]]]


def batch_run(
    model_cls: Callable[..., Any],
    parameters: Mapping[str, Any | Iterable[Any]],
    number_processes: int | None = 1,
    iterations: int | None = None,
    data_collection_period: int = -1,
    max_steps: int = 1000,
    display_progress: bool = True,
    rng: SeedLike | Iterable[SeedLike | None] | None = None,
) -> list[dict[str, Any]]:
    """Run a model with every combination of parameter values, and return flat rows.

    A drop-in for ``mesa.batch_run`` as it is in Mesa 3.5.1 (there: mesa/batchrunner.py), which works with
    every Mesa since 3.3, also with those that no longer have one. What is done differently, and why, is
    listed on the page *Coming from mesa.batch_run* of the documentation.

    Parameters
    ----------
    model_cls : type or callable
        A Mesa model class with a ``datacollector``, or a function that returns such a model.
    parameters : mapping of str to object
        One value, or an iterable of values, a keyword; text is one value.
    number_processes : int or None, default 1
        None is all cores.
    iterations : int, optional
        Deprecated as in Mesa 3.4: how many unseeded runs each combination gets.
    data_collection_period : int, default -1
        -1 keeps the last collection of a run; n keeps the first one, each n-th after it, and the last.
    max_steps : int, default 1000
        Stop after this many steps, or earlier if the model sets ``running`` to False.
    display_progress : bool, default True
        Whether to show a bar.
    rng : seed or iterable of seeds, optional
        Each seed runs all combinations once. None is a new seed for each run, which is not shown.

    Returns
    -------
    list of dict
        In the order of ``RunId``: one row a run, kept collection and agent, or one without agent where
        there is none. Keys are ``RunId``, ``iteration``, ``Step``, the parameters, ``rng`` (``seed`` if
        that is what the model takes; neither on Mesa 3.3 unless ``rng=`` was given), the model's
        reporters, ``AgentID`` and the agent's reporters. Values are what the reporters gave.

    Raises
    ------
    ConfigurationError
        Before or with the first run, if no run could be made: an empty iterable, wrong names or settings,
        seeds for a model that takes none, or a model without a data collector.
    StudyError
        If a run killed its worker process, or failed and did not when it was made again.
    Exception
        What the model raised; no further runs are made. The one that failed is made once more, in this
        process, so that the exception is the model's own.

    Warns
    -----
    DeprecationWarning
        If ``iterations`` is given.
    MesaDoeWarning
        If runs collected nothing and have no rows, or no seed reaches the model's randomness.

    Examples
    --------
    >>> import mesa
    >>> class Growth(mesa.Model):
    ...     def __init__(self, rate, rng=None):
    ...         super().__init__(rng=rng)
    ...         self.rate, self.size = rate, 1
    ...         self.datacollector = mesa.DataCollector({"size": "size"})
    ...     def step(self):
    ...         self.size *= self.rate
    ...         self.datacollector.collect(self)
    >>> rows = batch_run(Growth, {"rate": [2, 3]}, rng=42, max_steps=3, display_progress=False)
    >>> rows[1]
    {'RunId': 1, 'iteration': 0, 'Step': 3, 'rate': 3, 'rng': 42, 'size': 27}
    """
    settings = RunConfiguration(
        model_cls,
        run_id=0,
        parameters=parameters,
        max_steps=max_steps,
        data_collection_period=data_collection_period,
    )
    found = settings.problems()
    if number_processes is not None and not _is_positive(number_processes):
        found.append(f"number_processes takes an int from 1 or None (all cores), got {number_processes!r}")
    if found:
        raise ConfigurationError(listed(found, "batch_run cannot start"))
    seeds = _seeds(rng, iterations)
    if iterations is not None:
        warnings.warn(
            f"iterations is deprecated, as in Mesa since 3.4: rng=[None] * {iterations} does the same, and "
            f"rng=range({iterations}) gives runs that can be repeated",
            DeprecationWarning,
            stacklevel=2,
        )
    # A period longer than the run reads each model twice: once it is built, when it can still be refused or
    # told to note its steps, and at its end.
    settings = dataclasses.replace(
        settings, outputs=_Reader(data_collection_period), data_collection_period=max_steps + 1
    )
    runs, shown = _plan(settings, parameters, seeds)
    n_jobs = -1 if number_processes is None else number_processes
    # Asked for processes, as in Mesa, so that a run that kills its own leaves this one alive.
    backend = None if n_jobs == 1 else "loky"
    runner = BatchRunner(
        runs, n_jobs=n_jobs, backend=backend, on_error="raise", display_progress=display_progress
    )
    with warnings.catch_warnings():
        if all(seed is None for seed in seeds):
            # Who gives no seed need not hear that none is obeyed.
            warnings.filterwarnings("ignore", "no seed reaches", MesaDoeWarning)
        results = _run_all(runner)
    # Of a run's two readings the later one replaces the earlier.
    texts = dict(zip(results.model["run_id"], results.model["rows"], strict=True))
    collected: list[list[_Collected]] = [pickle.loads(base64.b64decode(texts[run.run_id])) for run in runs]
    without = sum(not kept for kept in collected)
    if without:
        warn(
            f"{without} of {counted(len(runs), 'run')} collected nothing and have no rows: let the model "
            "call self.datacollector.collect(self)"
        )
    return [
        {"RunId": run.run_id, "iteration": run.iteration, "Step": step, **values, **of_model, **of_agent}
        for run, values, kept in zip(runs, shown, collected, strict=True)
        for step, of_model, agents in kept
        for of_agent in agents or [{}]
    ]


def _seeds(rng: Any, iterations: int | None) -> list[Any]:
    """Return the seed of each iteration, as rows show it."""
    if iterations is not None:
        if rng is not None:
            message = (
                "iterations and rng exclude each other: leave out iterations, and give rng a seed for each"
            )
            raise ConfigurationError(message)
        if not _is_positive(iterations):
            message = f"iterations takes an int from 1, got {iterations!r}"
            raise ConfigurationError(message)
        return [None] * iterations
    seeds = list(rng) if isinstance(rng, Iterable) else [rng]
    if not seeds:
        message = f"rng={rng!r} holds no seed, so nothing would run: give a seed for each iteration, or None"
        raise ConfigurationError(message)
    return [int(seed) if isinstance(seed, np.integer) else seed for seed in seeds]


def _plan(
    settings: RunConfiguration, parameters: Mapping[str, Any], seeds: list[Any]
) -> tuple[list[RunConfiguration], list[dict[str, Any]]]:
    """Return all runs, and of each the parameters and the seed as its rows show them."""
    keyword = recipe_of(settings.model_cls).seed_keyword
    key = "seed" if keyword == "seed" else "rng"
    unseeded = all(seed is None for seed in seeds)
    if keyword is None and not unseeded:
        message = "the model takes neither rng, seed nor scenario, so rng= reaches nothing: let it take rng"
        raise ConfigurationError(message)
    if key in parameters and not unseeded:
        message = f"seeds were given twice, as rng= and as the parameter {key!r}: leave one of them out"
        raise ConfigurationError(message)
    hidden = key in parameters or (unseeded and not _mesa_shows_seeds())
    combinations = _combinations(parameters)
    runs: list[RunConfiguration] = []
    shown: list[dict[str, Any]] = []
    for iteration, seed in enumerate(seeds):
        for values in combinations:
            shown.append(values if hidden else {**values, key: seed})
            given = values if keyword is None else {name: values[name] for name in values if name != key}
            run = dataclasses.replace(
                settings,
                run_id=len(runs),
                iteration=iteration,
                parameters=given,
                seed=None if keyword is None else _model_seed(values.get(key, seed)),
            )
            runs.append(run)
    return runs, shown


def _model_seed(value: Any) -> int:
    """Return what the model gets: an int itself, so that it draws what it draws under Mesa."""
    if is_int(value) and value >= 0:
        return int(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = np.random.SeedSequence(value)
    # None too becomes a seed: a failed run can then be made again, and no default seed repeats itself.
    return root_entropy(value)


def _mesa_shows_seeds() -> bool:
    """Whether rows show the seed where none was given: Mesa 3.3 knows no rng and has no such column."""
    import mesa

    known = getattr(mesa, "batch_run", None)
    return known is None or "rng" in inspect.signature(known).parameters


def _combinations(parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every combination of the parameters' values; those of the last parameter change first."""
    levels = {name: _levels(values) for name, values in parameters.items()}
    empty = [
        f"parameter {name!r} contains an empty iterable, so nothing would run: give values or leave it out"
        for name, values in levels.items()
        if not values
    ]
    if empty:
        raise ConfigurationError(listed(empty, "the parameters have problems"))
    return [dict(zip(levels, values, strict=True)) for values in itertools.product(*levels.values())]


def _levels(values: Any) -> list[Any]:
    if isinstance(values, str):
        return [values]
    try:
        several = iter(values)
    except TypeError:
        return [values]
    return list(several)


def _is_positive(value: Any) -> bool:
    return is_int(value) and value > 0


@dataclass(frozen=True)
class _Reader:
    """Reads what batch_run shows of a model's data collector.

    It is packed into text: tables hold only numbers and text, but Mesa's users rely on their reporters'
    lists, dictionaries and ints coming back as they are.
    """

    period: int

    def __call__(self, model: Any) -> dict[str, str]:
        import cloudpickle

        collector: Any = getattr(model, "datacollector", None)
        if not hasattr(collector, "model_vars"):
            message = (
                f"{type(model).__name__} has no DataCollector as its attribute datacollector, which is what "
                "batch_run reads: give it one; or use mesa_doe.BatchRunner, which reads other recorders too"
            )
            raise ConfigurationError(message)
        kept = self._kept(model, collector)
        # The collector keeps the agents' values once a step, however often it collected there.
        last = {step: row for row, (step, _) in enumerate(kept)}
        collected: list[_Collected] = [
            (
                int(step) if step == int(step) else step,
                {name: values[position] for name, values in collector.model_vars.items()},
                _agents(collector, step) if last[step] == row else [],
            )
            for row, (step, position) in enumerate(kept)
        ]
        return {"rows": base64.b64encode(cloudpickle.dumps(collected)).decode()}

    def _kept(self, model: Any, collector: Any) -> list[tuple[float, int]]:
        """Return the step and the position of the collections to show."""
        if not collector.model_reporters:
            records = [*collector._agent_records, *getattr(collector, "_agenttype_records", {})]
            steps = list(dict.fromkeys(records))
        else:
            if not hasattr(collector, "_collection_steps") and not _collectors_note_steps():
                _note_steps(model, collector)
            if not hasattr(collector, "_collection_steps"):
                # Mesa's tests take the attribute away, and hold that the steps counted are then those before
                # the end, each shown by the collection before it.
                known = sorted(collector._agent_records)
                counted_steps = self._every(int(model.time))
                return [(step, max(bisect.bisect_right(known, step) - 1, 0)) for step in counted_steps]
            steps = collector._collection_steps
        return [(steps[position], position) for position in self._every(len(steps))]

    def _every(self, count: int) -> list[int]:
        return sorted({*range(0, count, self.period), *range(count)[-1:]})


def _agents(collector: Any, step: float) -> list[dict[str, Any]]:
    """Return the values of each agent, and after them of each agent of a type with reporters of its own."""
    kinds = [(collector.agent_reporters, collector._agent_records.get(step, ()))]
    by_type = getattr(collector, "_agenttype_records", {}).get(step, {})
    kinds += [(collector.agenttype_reporters[kind], records) for kind, records in by_type.items()]
    return [
        {"AgentID": record[1], **dict(zip(reporters, record[2:], strict=True))}
        for reporters, records in kinds
        for record in records
    ]


def _collectors_note_steps() -> bool:
    """Whether collectors say at which steps they collected, as they do from Mesa 3.4.1 on."""
    from mesa import DataCollector

    return hasattr(DataCollector(), "_collection_steps")


def _note_steps(model: Any, collector: Any) -> None:
    """Let a collector of Mesa up to 3.4.0 note from now on at which steps it collects."""
    count = max(map(len, collector.model_vars.values()))
    steps = [0] * count if model.steps == 0 else list(collector._agent_records)
    if len(steps) != count:
        message = (
            "this version of Mesa does not note at which steps a model collected: make the data collector in "
            "the model's __init__ and step after it, report on agents too, or install Mesa 3.4.1 or later"
        )
        raise ConfigurationError(message)
    collect = collector.collect

    def noted(model: Any) -> None:
        steps.append(model.steps)
        collect(model)

    collector._collection_steps, collector.collect = steps, noted


def _run_all(runner: BatchRunner) -> Results:
    """Run everything, and raise what a model raised: the class that callers catch, its own traceback."""
    try:
        return runner.run_all()
    except StudyError as error:
        stop = error
    # Not within the above, where the model's error would seem to come of handling the batch's.
    failed: list[int] = []
    with contextlib.suppress(StudyError):  # there are no results where not one run was finished
        runs = runner.results.runs
        # A run that killed its worker is not made here.
        failed = runs.index[runs["status"] == "failed"].tolist()
    if failed:
        first = runner.configurations[failed[0]]
        try:
            run(first)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            error.add_note(
                f"raised by run {first.run_id} of {len(runner.configurations)} of batch_run, iteration "
                f"{first.iteration}, with {dict(first.parameters)!r}. For mesa_doe.BatchRunner such a run is "
                "a row, and it goes on"
            )
            raise
        stop.add_note("It did not fail when it was made again: the seed does not decide it.")
    raise stop
