"""``BatchRunner``: all configurations through joblib, in any number of processes, with the same results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.columns import Tables
from mesa_doe.configurations import Configurations, RunConfiguration, column_names
from mesa_doe.errors import ConfigurationError, StudyError, counted, warn
from mesa_doe.results import Noise, Results
from mesa_doe.runner.checks import check_models, check_pickles, checked, recipes_of
from mesa_doe.runner.chunks import RUN_COLUMNS, Block
from mesa_doe.runner.dispatch import finished_blocks, task
from mesa_doe.runner.noise import find_noise

__all__ = ["BatchRunner"]


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
        if n_jobs is not None and (not _is_int(n_jobs) or n_jobs == 0):
            message = f"n_jobs takes an int other than 0 (-1 is all cores) or None, got {n_jobs!r}"
            raise ConfigurationError(message)
        if chunk_size is not None and (not _is_int(chunk_size) or chunk_size < 1):
            message = f"chunk_size takes an int from 1 or None, got {chunk_size!r}"
            raise ConfigurationError(message)
        self.configurations = checked(configurations)
        self.n_jobs = None if n_jobs is None else int(n_jobs)
        self.chunk_size = chunk_size
        self.progress = progress
        self._recipes = recipes_of(self.configurations)
        self._blocks: list[Block] = []
        self._noise: dict[str, Noise] = {}
        if n_jobs != 1:
            check_pickles(task(self.configurations, self._recipes, 0, 1))

    def run_all(self) -> Results:
        """Run everything.

        Afterwards up to three short runs are repeated, with their seed and with another, to know of each
        output whether it has noise and whether the seed decides it: ``results.noise``.

        Returns
        -------
        Results

        Raises
        ------
        ConfigurationError
            Before or with the first runs, if the model records nothing and no outputs were named.
        StudyError
            If a worker process died; ``runner.results`` holds the runs that were finished.

        Warns
        -----
        MesaDoeWarning
            If runs failed, or the model did something that a user should know.
        """
        check_models(self.configurations, self._recipes)
        self._blocks, self._noise = [], {}
        for block in finished_blocks(
            self.configurations,
            self._recipes,
            n_jobs=self.n_jobs,
            chunk_size=self.chunk_size,
            progress=self.progress,
        ):
            if not self._blocks:
                _stop_if_nothing_can_be_read(block)
            self._blocks.append(block)
        outcome = self._outcome()
        self._noise = find_noise(self.configurations, self._recipes, outcome)
        results = self._results(outcome)
        self._tell(results)
        return results

    @property
    def results(self) -> Results:
        """The runs that are finished: all of them, or what there was when ``run_all`` was interrupted."""
        if not self._blocks:
            message = "nothing was run yet: call run_all()"
            raise StudyError(message)
        return self._results(self._outcome())

    def _results(self, outcome: pd.DataFrame) -> Results:
        frame, parameters = _configuration_frame(self.configurations)
        runs = pd.concat([frame.iloc[outcome.index], outcome.set_index(frame.index[outcome.index])], axis=1)
        data = Tables()
        for block in self._in_order():
            data.extend(block.data)
        lists_differ = not isinstance(self.configurations, Configurations)
        periods = {c.data_collection_period for c in self.configurations} if lists_differ else set()
        return Results(
            runs,
            data,
            parameters=parameters,
            design=getattr(self.configurations, "design", None),
            seed_policy=getattr(self.configurations, "seed_policy", None),
            noise=self._noise,
            period=self.configurations[0].data_collection_period if len(periods) < 2 else None,
        )

    def _in_order(self) -> list[Block]:
        return sorted(self._blocks, key=lambda block: block.start)

    def _outcome(self) -> pd.DataFrame:
        """Return what the finished runs decided, by their position among the configurations."""
        blocks = self._in_order()
        columns = {name: [value for block in blocks for value in block.runs[name]] for name in RUN_COLUMNS}
        done = np.concatenate([np.arange(block.start, block.stop) for block in blocks])
        outcome = pd.DataFrame(columns, index=done)
        steps = outcome["steps"].to_numpy(np.float64)
        if np.array_equal(steps, steps.astype(np.int64)):
            outcome["steps"] = steps.astype(np.int64)
        return outcome

    def _tell(self, results: Results) -> None:
        unseeded = [name for name, noise in self._noise.items() if noise == "unseeded"]
        if unseeded:
            warn(
                f"no seed reaches the randomness of {', '.join(map(repr, unseeded))}: the same configuration "
                "gives other results each time, and all runs are independent, whatever the seed_policy; "
                "let the model take rng= or seed="
            )
        if self._noise and set(self._noise.values()) == {"none"}:
            self._tell_of_needless_runs()
        for note in dict.fromkeys(note for block in self._in_order() for note in block.notes):
            warn(note)
        failures = results.failures
        if len(failures):
            first = failures.iloc[0]
            warn(
                f"{len(failures)} of {counted(len(results), 'run')} failed; the first, run "
                f"{failures.index[0]}, while {first['origin']}: {first['error_type']}: {first['error']}. "
                "See results.failures"
            )
        if len(failures) < len(results) and not (results.outputs or results.agents or results.tables):
            warn("no run reported any output: the data collector or the outputs function gave no columns")

    def _tell_of_needless_runs(self) -> None:
        replications = getattr(self.configurations, "replications", 1)
        if replications > 1:
            warn(
                f"the model draws no random numbers, so its {replications} replications are the same run; "
                "use replications=1"
            )
        elif getattr(self.configurations, "seed_policy", None) == "factor":
            warn(
                "the model draws no random numbers, so the seed is a factor that does nothing; "
                "make the design with seed_factor=False"
            )


def _stop_if_nothing_can_be_read(first: Block) -> None:
    """Stop where the first runs to finish show that a factory's models record nothing, as all will."""
    if set(first.runs["error_type"]) == {ConfigurationError.__name__}:
        raise ConfigurationError(first.runs["error"][0])


def _is_int(value: Any) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


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
