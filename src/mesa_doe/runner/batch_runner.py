"""``BatchRunner``: all configurations through joblib, in any number of processes, with the same results."""

from __future__ import annotations

import pickle
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.columns import Tables
from mesa_doe.configurations import Configurations, RunConfiguration, column_names
from mesa_doe.errors import ConfigurationError, StudyError, listed, warn
from mesa_doe.model_run import Recipe, check_model, check_names, recipe_of
from mesa_doe.results import Results
from mesa_doe.runner.chunks import RUN_COLUMNS, Block, ChunkSizes, model_key, run_chunk
from mesa_doe.runner.probe import Noise, noise_of

__all__ = ["BatchRunner"]

# Seconds that a run may take to be repeated, only to see whether it can be.
_SHORT = 1.0


class BatchRunner:
    """Runs configurations, here or in parallel processes, and gathers what they give.

    Results are the same for any ``n_jobs`` and ``chunk_size``, and for any order of the configurations:
    a run depends on its configuration alone, and tables are in the order of ``run_id``.

    Parameters
    ----------
    configurations : Configurations or sequence of RunConfiguration
        From ``design.configurations(...)``, or built by hand.
    n_jobs : int or None, default 1
        As in joblib: -1 is all cores, None what ``joblib.parallel_config`` says.
    chunk_size : int, optional
        Runs a task; by default about a second of work.
    progress : bool, optional
        Whether to show a bar; by default where a person looks, in a terminal or a notebook.

    Raises
    ------
    ConfigurationError
        If no run could start: no configurations, wrong settings, unknown or missing parameters,
        duplicate run ids, or a model that cannot be sent to other processes.

    Examples
    --------
    >>> from mesa_doe.configurations import RunConfiguration
    >>> def double(x):
    ...     return {"y": 2 * x}
    >>> runs = [RunConfiguration(double, run_id=k, parameters={"x": k}) for k in range(3)]
    >>> BatchRunner(runs).run_all().output("y").tolist()
    [0.0, 2.0, 4.0]
    """

    def __init__(
        self,
        configurations: Sequence[RunConfiguration],
        n_jobs: int | None = 1,
        *,
        chunk_size: int | None = None,
        progress: bool | None = None,
    ) -> None:
        if n_jobs is not None and (isinstance(n_jobs, bool) or not isinstance(n_jobs, int) or n_jobs == 0):
            message = f"n_jobs takes an int other than 0 (-1 is all cores) or None, got {n_jobs!r}"
            raise ConfigurationError(message)
        if chunk_size is not None and (not isinstance(chunk_size, int) or chunk_size < 1):
            message = f"chunk_size takes an int from 1 or None, got {chunk_size!r}"
            raise ConfigurationError(message)
        self.configurations = _checked(configurations)
        self.n_jobs = n_jobs
        self.chunk_size = chunk_size
        self.progress = progress
        self._recipes = _recipes(self.configurations)
        self._blocks: list[Block] = []
        self._noise: Noise = "unknown"
        if n_jobs != 1:
            _check_pickles(self._task(0, 1))

    def run_all(self) -> Results:
        """Run everything.

        Returns
        -------
        Results

        Raises
        ------
        ConfigurationError
            Before the first run, if the model records nothing and no outputs were named.
        StudyError
            If a worker process died; ``runner.results`` holds the runs that were finished.

        Warns
        -----
        MesaDoeWarning
            If runs failed, or the model did something that a user should know.
        """
        self._check_models()
        self._blocks = []
        for block in self._finished_blocks():
            self._blocks.append(block)
        self._noise = self._find_noise()
        results = self.results
        self._tell(results)
        return results

    @property
    def results(self) -> Results:
        """The runs that are finished: all of them, or what there was when ``run_all`` was interrupted."""
        blocks = sorted(self._blocks, key=lambda block: block.start)
        if not blocks:
            message = "nothing was run yet: call run_all()"
            raise StudyError(message)
        frame, parameters = _configuration_frame(self.configurations)
        columns: dict[str, list[Any]] = {
            name: [value for block in blocks for value in block.runs[name]] for name in RUN_COLUMNS
        }
        done = np.concatenate([np.arange(block.start, block.stop) for block in blocks])
        outcome = pd.DataFrame(columns, index=frame.index[done])
        steps = outcome["steps"].to_numpy(np.float64)
        if np.array_equal(steps, steps.astype(np.int64)):
            outcome["steps"] = steps.astype(np.int64)
        runs = pd.concat([frame.iloc[done], outcome], axis=1).sort_index(kind="stable")
        data = Tables()
        for block in blocks:
            data.extend(block.data)
        first = self.configurations[0]
        return Results(
            runs,
            data,
            parameters=parameters,
            design=getattr(self.configurations, "design", None),
            seed_policy=self._seed_policy(),
            period=first.data_collection_period,
        )

    def _seed_policy(self) -> str | None:
        if self._noise == "none":
            return None
        # Runs that no seed reaches differ from each other as if each had a seed of its own.
        return (
            "independent" if self._noise == "unseeded" else getattr(self.configurations, "seed_policy", None)
        )

    def _find_noise(self) -> Noise:
        """Find out by repeating one short run whether seeds reach a model that takes none."""
        if any(recipe.seed_keyword is not None for recipe in self._recipes.values()):
            return "seeded"
        for block in self._blocks:
            for k, (status, seconds) in enumerate(
                zip(block.runs["status"], block.runs["wall_time"], strict=True)
            ):
                if status == "ok" and seconds < _SHORT:
                    configuration = self.configurations[block.start + k]
                    return noise_of(configuration, self._recipes[model_key(configuration)])
        return "unknown"

    def _task(self, start: int, stop: int) -> tuple[int, Sequence[RunConfiguration], Any]:
        part = self.configurations[start:stop]
        if isinstance(part, Configurations):
            part = part.without_design()
        return start, part, self._recipes

    def _finished_blocks(self) -> Iterator[Block]:
        import joblib

        parallel = joblib.Parallel(
            n_jobs=self.n_jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs"
        )
        sizes = ChunkSizes(len(self.configurations), joblib.effective_n_jobs(self.n_jobs), self.chunk_size)
        run = joblib.delayed(run_chunk)
        finished = parallel(run(*self._task(start, stop)) for start, stop in sizes)
        with _bar(len(self.configurations), self.progress) as bar:
            try:
                for block in finished:
                    sizes.learn(block)
                    bar.update(block.stop - block.start)
                    yield block
            except pickle.PicklingError as error:
                message = f"a configuration cannot be sent to worker processes: {error}; use n_jobs=1"
                raise ConfigurationError(message) from error
            except RuntimeError as error:
                # loky's TerminatedWorkerError and BrokenProcessPool are RuntimeErrors.
                done = sum(block.stop - block.start for block in self._blocks)
                message = (
                    f"a worker process died (out of memory, or a crash in compiled code) after {done} of "
                    f"{len(self.configurations)} runs; runner.results holds these. joblib said: {error}"
                )
                raise StudyError(message) from error

    def _check_models(self) -> None:
        seen = set()
        candidates: Sequence[RunConfiguration] = self.configurations
        if isinstance(candidates, Configurations):
            candidates = [candidates[0]]
        for configuration in candidates:
            key = model_key(configuration)
            if key not in seen:
                seen.add(key)
                check_model(configuration, self._recipes[key])

    def _tell(self, results: Results) -> None:
        if self._noise == "unseeded":
            warn(
                "the model draws random numbers that no seed reaches: the same configuration gives other "
                "results each time, and all runs are independent, whatever the seed_policy; let it take "
                "rng= or seed="
            )
        for note in dict.fromkeys(note for block in self._blocks for note in block.notes):
            warn(note)
        failures = results.failures
        if len(failures):
            first = failures.iloc[0]
            warn(
                f"{len(failures)} of {len(results)} runs failed; the first, run {failures.index[0]}, while "
                f"{first['origin']}: {first['error_type']}: {first['error']}. See results.failures"
            )


def _checked(configurations: Any) -> Sequence[RunConfiguration]:
    if isinstance(configurations, Configurations):
        if len(configurations) == 0:
            message = "there are no configurations to run"
            raise ConfigurationError(message)
        return configurations
    if not isinstance(configurations, Sequence) or isinstance(configurations, (str, bytes)):
        message = (
            "BatchRunner takes design.configurations(...) or a list of RunConfiguration, "
            f"got {type(configurations).__name__}"
        )
        raise ConfigurationError(message)
    if len(configurations) == 0:
        message = "there are no configurations to run"
        raise ConfigurationError(message)
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
    return list(configurations)


def _duplicates(configurations: Sequence[RunConfiguration]) -> list[str]:
    counts = Counter(configuration.run_id for configuration in configurations)
    twice = [run_id for run_id, count in counts.items() if count > 1]
    if not twice:
        return []
    shown = ", ".join(map(str, sorted(twice)[:5])) + (", …" if len(twice) > 5 else "")
    return [f"run_id must be unique, but {shown} occur more than once"]


def _recipes(configurations: Sequence[RunConfiguration]) -> dict[tuple[Any, Any], Recipe]:
    """Return the recipe of each model, having checked every combination of parameter names once."""
    recipes: dict[tuple[Any, Any], Recipe] = {}
    checked = set()
    one_of_each = [configurations[0]] if isinstance(configurations, Configurations) else configurations
    for configuration in one_of_each:
        key = model_key(configuration)
        if key not in recipes:
            recipes[key] = recipe_of(configuration.model_cls, configuration.scenario_cls)
        names = (key, tuple(configuration.parameters))
        if names not in checked:
            checked.add(names)
            check_names(recipes[key], configuration.parameters)
    return recipes


def _check_pickles(task: Any) -> None:
    import cloudpickle

    try:
        cloudpickle.dumps(task)
    except Exception as error:
        message = (
            f"the model, its outputs or a parameter cannot be sent to worker processes "
            f"({type(error).__name__}: {error}); use n_jobs=1, or keep open files, locks and connections out"
        )
        raise ConfigurationError(message) from error


def _configuration_frame(configurations: Sequence[RunConfiguration]) -> tuple[pd.DataFrame, list[str]]:
    """Return one row a configuration, index ``run_id``, and which columns are parameters."""
    if isinstance(configurations, Configurations):
        return configurations.to_frame(), column_names(configurations.parameter_names)
    names = list(dict.fromkeys(name for c in configurations for name in c.parameters))
    columns = column_names(names)
    points = [c.point for c in configurations]
    frame: dict[str, Any] = {
        "point": pd.Series(points, dtype=object if None in points else np.int64).array,
        "iteration": [int(c.iteration) for c in configurations],
        "seed": [None if c.seed is None else str(int(c.seed)) for c in configurations],
    }
    for name, column in zip(names, columns, strict=True):
        frame[column] = _parameter_column([c.parameters.get(name) for c in configurations])
    index = pd.Index([int(c.run_id) for c in configurations], name="run_id")
    return pd.DataFrame(frame, index=index), columns


def _parameter_column(values: list[Any]) -> Any:
    kinds = {type(value) for value in values}
    if kinds in ({int}, {float}, {bool}):
        try:
            return np.array(values, dtype={int: np.int64, float: np.float64, bool: bool}[kinds.pop()])
        except OverflowError:
            pass
    column = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        column[row] = value
    return pd.Series(column, dtype=object).array


def _bar(total: int, progress: bool | None) -> Any:
    with warnings.catch_warnings():
        # In a notebook without ipywidgets tqdm falls back to text, and says so at every import.
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm

    in_notebook = tqdm.__module__ == "tqdm.notebook"
    # None: only where the stream is a terminal.
    disable = not progress if progress is not None else (False if in_notebook else None)
    return tqdm(total=total, unit="run", disable=disable)
