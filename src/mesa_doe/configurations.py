"""One run, whole (:class:`RunConfiguration`), and the lazy sequence of all runs of a design."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias, overload

import numpy as np
import pandas as pd

from mesa_doe.arrays import Array
from mesa_doe.columns import free_names
from mesa_doe.errors import ConfigurationError, listed
from mesa_doe.seeding import SeedPlan
from mesa_doe.space.values import is_int, objects, plain

__all__ = ["Configurations", "RunConfiguration", "column_names"]

Columns = Mapping[str, Array]
#: What ``outputs=`` takes, see :class:`RunConfiguration`.
Outputs: TypeAlias = (
    Callable[[Any], Mapping[str, Any]] | str | Sequence[str] | Mapping[str, int | Callable[[Any], Any] | None]
)

#: Columns of every table of runs that a parameter's name could clash with.
BOOKKEEPING = (
    "run_id", "point", "iteration", "seed", "step", "status", "origin", "error_type", "error",
    "steps", "wall_time", "traceback",
)  # fmt: skip

#: How many runs are made at once when iterating.
_AT_ONCE = 10_000
#: How many dictionaries are made in a go: each by itself takes several times as long.
_IN_A_GO = 100


def column_names(parameters: Sequence[str], taken: Sequence[str] = BOOKKEEPING) -> list[str]:
    """Name the parameters' columns in a table that has columns of its own.

    Parameters
    ----------
    parameters : sequence of str
    taken : sequence of str
        Names that the table already uses.

    Returns
    -------
    list of str
        The names themselves, with ``_parameter`` appended where they clash: nothing is overwritten.

    Examples
    --------
    >>> column_names(["density", "steps"])
    ['density', 'steps_parameter']
    """
    return free_names(parameters, taken, "_parameter")


@dataclass(frozen=True, slots=True)
class RunConfiguration:
    """Everything that decides one run; the same configuration gives the same results anywhere.

    The fields up to ``data_collection_period`` are those of the Mesa proposal that this package comes
    from. Mesa 4's experimental class of the same name is a recipe for running many scenarios; what is
    one run here is one ``Scenario`` there.

    Parameters
    ----------
    model_cls : type or callable
        A Mesa model class, a factory that returns a model, or a function ``parameters -> mapping``.
    run_id : int
        The run's number in its batch; unique there. Across batches a run is (point, iteration).
    iteration : int
        Which replication of the design point, from 0.
    parameters : dict
        Keyword arguments of the model.
    max_steps : int, default 1000
        Stop after this many steps, or earlier if the model sets ``running`` to False.
    data_collection_period : int, default -1
        -1 keeps the last collection; n keeps steps 0, n, 2n, … and always the last one.
    point : int or None
        The design point, or None for a run that belongs to no design.
    seed : int or None
        Seed of the model; None leaves the model unseeded.
    outputs : None, str, list of str, mapping, or callable
        What is kept: None is all that the model records. A name is ``"model"``, ``"agents"`` or
        ``"tables"``, or that of a reporter, agent type, table or dataset; all that bears the name is kept.
        A mapping gives each name a period of its own (None is ``data_collection_period``), or a function
        ``model -> value``, called at the kept steps. One function ``model -> mapping`` is called in place
        of the model's own data collector.
    scenario_cls : type or None
        The model's Scenario class, where it cannot be found from the model.

    Examples
    --------
    >>> RunConfiguration(model_cls=dict, run_id=0, iteration=0, parameters={"x": 1}, seed=7).seed
    7
    """

    model_cls: Callable[..., Any]
    run_id: int
    iteration: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)
    max_steps: int = 1000
    data_collection_period: int = -1
    point: int | None = None
    seed: int | None = None
    outputs: Outputs | None = None
    scenario_cls: type | None = None

    def problems(self) -> list[str]:
        """Return what is wrong with the settings, a sentence each; empty where nothing is."""
        found = settings_problems(self.model_cls, self.max_steps, self.data_collection_period, self.outputs)
        parameters: Any = self.parameters
        if not isinstance(parameters, Mapping):
            found.append(f"parameters takes a mapping of names to values, got {parameters!r}")
        elif not all(isinstance(name, str) for name in parameters):
            found.append(f"names of parameters are str, got {sorted(map(repr, parameters))}")
        if self.point is not None and not _is_count(self.point):
            found.append(f"point takes an int from 0 or None, got {self.point!r}")
        if not _is_count(self.run_id) or not _is_count(self.iteration):
            found.append(f"run_id and iteration take ints from 0, got {self.run_id!r} and {self.iteration!r}")
        if self.seed is not None and not _is_count(self.seed):
            found.append(f"seed takes an int from 0 or None, got {self.seed!r}")
        return found


def settings_problems(model_cls: Any, max_steps: Any, period: Any, outputs: Any) -> list[str]:
    """Return what is wrong with the settings that all runs of a batch share."""
    found = []
    if not callable(model_cls):
        found.append(f"model_cls takes a Mesa model class or a function of the parameters, got {model_cls!r}")
    elif type(model_cls).__hash__ is None:
        found.append(
            f"model_cls must be hashable, got {model_cls!r}: a dataclass with __call__ needs frozen=True "
            "or eq=False"
        )
    if not _is_count(max_steps):
        found.append(f"max_steps takes an int from 0, got {max_steps!r}")
    if not _is_period(period):
        found.append(f"data_collection_period takes -1 (the last step) or an int from 1, got {period!r}")
    return found + _outputs_problems(outputs)


def _outputs_problems(outputs: Any) -> list[str]:
    if outputs is None or callable(outputs):
        return []
    if isinstance(outputs, Mapping):
        names = list(outputs)
        found = [
            f"outputs takes for {name!r} a period (-1 or an int from 1), None or a function model -> value, "
            f"got {value!r}"
            for name, value in outputs.items()
            if not (value is None or callable(value) or _is_period(value))
        ]
    elif isinstance(outputs, (str, list, tuple)):
        names, found = [outputs] if isinstance(outputs, str) else list(outputs), []
    else:
        return [
            "outputs takes a name, a list of names, a mapping of names to periods or functions, or a "
            f"function model -> mapping of names to values, got {outputs!r}"
        ]
    if not names:
        found.append("outputs names nothing to keep; None keeps everything")
    if not all(isinstance(name, str) for name in names):
        found.append(f"names of outputs are str, got {sorted(map(repr, names))}")
    return found


def _is_period(value: Any) -> bool:
    return is_int(value) and (value == -1 or value > 0)


def _is_count(value: Any) -> bool:
    return is_int(value) and value >= 0


class Configurations(Sequence[RunConfiguration]):
    """All runs of a design, made when they are asked for.

    Runs are ordered by design point, then by replication; ``run_id`` is the position in the whole.
    Slices are Configurations too, hold only their own points and keep every ``run_id`` and seed.
    Usually made by ``design.configurations(...)``.

    Parameters
    ----------
    model_cls : type or callable
    columns : mapping of str to ndarray (points,)
        Native values of the factors.
    constants : mapping of str to object
    replications : int
    seeds : SeedPlan
        With one unit a point.
    max_steps, data_collection_period, outputs, scenario_cls
        As in :class:`RunConfiguration`, the same for all runs.
    design : object, optional
        Carried along to the results, never looked into.

    Attributes
    ----------
    runs : range
        The ``run_id`` of each run: point × replications + iteration.
    first_point : int
        The design point of the first row of ``columns`` and ``seeds``: a slice holds only its own.

    Raises
    ------
    ConfigurationError
        If a setting is wrong; all that are wrong are named.
    """

    def __init__(
        self,
        model_cls: Callable[..., Any],
        columns: Columns,
        *,
        constants: Mapping[str, Any],
        replications: int,
        seeds: SeedPlan,
        max_steps: int = 1000,
        data_collection_period: int = -1,
        outputs: Outputs | None = None,
        scenario_cls: type | None = None,
        design: Any = None,
    ) -> None:
        found = settings_problems(model_cls, max_steps, data_collection_period, outputs)
        if not _is_count(replications) or replications < 1:
            found.append(f"replications takes an int from 1, got {replications!r}")
        if found:
            raise ConfigurationError(listed(found, "the configurations have problems"))
        self.model_cls = model_cls
        self.constants = dict(constants)
        self.replications = int(replications)
        self.seeds = seeds
        self.max_steps = int(max_steps)
        self.data_collection_period = int(data_collection_period)
        self.outputs = outputs
        self.scenario_cls = scenario_cls
        self.design = design
        self.columns = dict(columns)
        self.first_point = 0
        self.runs = range(len(seeds.units) * self.replications)

    @property
    def seed_policy(self) -> str:
        """How seeds meet design points."""
        return self.seeds.policy

    @property
    def parameter_names(self) -> list[str]:
        """Names of the factors, then of the constants."""
        return [*self.columns, *self.constants]

    def __len__(self) -> int:
        return len(self.runs)

    @overload
    def __getitem__(self, index: int) -> RunConfiguration: ...

    @overload
    def __getitem__(self, index: slice) -> Configurations: ...

    def __getitem__(self, index: int | slice) -> RunConfiguration | Configurations:
        if isinstance(index, slice):
            return self._part(self.runs[index])
        position = range(len(self))[index]
        return next(iter(self._part(self.runs[position : position + 1])))

    def __iter__(self) -> Iterator[RunConfiguration]:
        for run_id, parameters, seed in self.inputs():
            yield self._run(run_id, parameters, seed)

    def inputs(self) -> Iterator[tuple[int, dict[str, Any], int]]:
        """Yield ``run_id``, parameters and seed of each run: all in which they differ.

        Where a run takes microseconds, its :class:`RunConfiguration` would be a good part of them.
        """
        # Part by part: the seeds of a million runs at once would be 200 MB of Python ints.
        for many in _pieces(len(self), _AT_ONCE):
            part = self._part(self.runs[many])
            seeds = part._all_seeds()
            names, count = self.parameter_names, len(part.seeds.units)
            columns = [*map(_plain_list, part.columns.values())]
            columns += [[value] * count for value in self.constants.values()]
            points = list(zip(*columns, strict=True)) if names else [()] * count
            numbers, iterations = np.divmod(np.asarray(part.runs), self.replications)
            rows, iterations = (numbers - part.first_point).tolist(), iterations.tolist()
            for few in _pieces(len(rows), _IN_A_GO):
                parameters = [dict(zip(names, points[row], strict=True)) for row in rows[few]]
                own = [seeds[i][row] for i, row in zip(iterations[few], rows[few], strict=True)]
                yield from zip(part.runs[few], parameters, own, strict=True)

    def _run(self, run_id: int, parameters: dict[str, Any], seed: int) -> RunConfiguration:
        point, iteration = divmod(run_id, self.replications)
        return RunConfiguration(
            model_cls=self.model_cls,
            run_id=run_id,
            iteration=iteration,
            parameters=parameters,
            max_steps=self.max_steps,
            data_collection_period=self.data_collection_period,
            point=point,
            seed=seed,
            outputs=self.outputs,
            scenario_cls=self.scenario_cls,
        )

    def _all_seeds(self) -> list[list[int]]:
        return [self.seeds.seeds(slice(None), iteration) for iteration in range(self.replications)]

    def _part(self, runs: range) -> Configurations:
        part = object.__new__(Configurations)
        part.__dict__.update(self.__dict__)
        rows = slice(0, 0)
        if runs:
            first, last = (run // self.replications - self.first_point for run in sorted((runs[0], runs[-1])))
            rows = slice(first, last + 1)
        part.runs = runs
        part.first_point += rows.start
        part.columns = {name: column[rows] for name, column in self.columns.items()}
        part.seeds = self.seeds.part(rows)
        return part

    def without_design(self) -> Configurations:
        """Return the same runs without the design that they carry: what a worker needs."""
        part = self._part(self.runs)
        part.design = None
        return part

    def to_frame(self) -> pd.DataFrame:
        """Return one row a run.

        Returns
        -------
        DataFrame (runs, 3 + parameters), index ``run_id``
            ``point``, ``iteration``, ``seed`` (128-bit ints as text) and the parameters.
        """
        runs = np.arange(self.runs.start, self.runs.stop, self.runs.step)
        points, iterations = np.divmod(runs, self.replications)
        rows = points - self.first_point
        seeds = self._all_seeds()
        texts = [str(seeds[i][row]) for i, row in zip(iterations.tolist(), rows.tolist(), strict=True)]
        frame: dict[str, Any] = {"point": points, "iteration": iterations, "seed": texts}
        index = pd.Index(runs, name="run_id")
        columns = [column[rows] for column in self.columns.values()]
        columns += [_constant_column(value, len(runs)) for value in self.constants.values()]
        for name, column in zip(column_names(self.parameter_names), columns, strict=True):
            # The dtype is said: left to itself, pandas turns an object column of strings into its own.
            frame[name] = pd.Series(column, index=index, dtype=column.dtype)
        return pd.DataFrame(frame, index=index)

    def __repr__(self) -> str:
        model = getattr(self.model_cls, "__name__", repr(self.model_cls))
        return (
            f"<Configurations: {len(self)} runs of {model} ({len(self.seeds.units)} points × "
            f"{self.replications} replications, seed_policy={self.seed_policy!r}, "
            f"max_steps={self.max_steps})>"
        )


def _pieces(count: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, count, size))


def _plain_list(column: Array) -> list[Any]:
    """Return a column as plain Python values: Mesa 3.5 and many user models reject numpy's numbers."""
    # Not tolist of all columns: it turns dates into bare ints.
    return column.tolist() if column.dtype.kind in "biuf" else [plain(value) for value in column]


def _constant_column(value: Any, rows: int) -> Array:
    """Repeat one value as a column; a container is one value, not many."""
    return np.full(rows, value) if isinstance(value, (bool, int, float)) else objects([value] * rows)
