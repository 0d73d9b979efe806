"""Work in pieces: what one task runs and gives back."""

from __future__ import annotations

import operator
import pickle
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mesa_doe.columns import Tables
from mesa_doe.configurations import Configurations, RunConfiguration
from mesa_doe.errors import ConfigurationError
from mesa_doe.model_run import Recipe, Run, execute, execute_many
from mesa_doe.runner.checks import ModelKey, model_key
from mesa_doe.runner.garbage import collected_between_runs
from mesa_doe.runner.interrupts import held_interrupt
from mesa_doe.seeding import kept_generators
from mesa_doe.study import RUN_COLUMNS, Entry, Ints, Shard, entry_for, write_shard

__all__ = [
    "Block",
    "Failure",
    "Order",
    "Report",
    "Shelf",
    "Task",
    "keep",
    "run_chunk",
    "run_pickled",
]

# Runs seed the process' global generators, so two chunks in threads of one process take turns. A model that
# runs a study of its own does so in the thread that has the turn.
_ONE_AT_A_TIME = threading.RLock()


@dataclass(frozen=True)
class Shelf:
    """Where workers put what runs gave: the shards of a study.

    Parameters
    ----------
    folder : Path
    study : str
    session : int
    replications : int
        In the numbering of the batch.
    """

    folder: Path
    study: str
    session: int
    replications: int


@dataclass(frozen=True)
class Order:
    """How runs are to be made, the same for all of a batch.

    Parameters
    ----------
    shelf : Shelf or None
        None: what runs gave travels back.
    timeout : float or None
        Seconds a run.
    retries : int
        How often a run that is not ok is made again.
    stop_at_failure : bool
    """

    shelf: Shelf | None = None
    timeout: float | None = None
    retries: int = 0
    stop_at_failure: bool = False


@dataclass(frozen=True)
class Task:
    """A chunk, as it is sent to a worker.

    Parameters
    ----------
    positions : ndarray of int
        Of its runs among all configurations, ascending.
    configurations : sequence of RunConfiguration
    recipes : mapping
        By :func:`~mesa_doe.runner.checks.model_key`.
    order : Order
    """

    positions: Ints
    configurations: Sequence[RunConfiguration]
    recipes: Mapping[ModelKey, Recipe]
    order: Order

    @classmethod
    def of(
        cls,
        configurations: Sequence[RunConfiguration],
        positions: Ints,
        recipes: Mapping[ModelKey, Recipe],
        order: Order,
    ) -> Task:
        """Cut the task of some of the runs: it holds only what they need."""
        start, stop = int(positions[0]), int(positions[-1]) + 1
        step = int(positions[1]) - start if len(positions) > 1 else 1
        part: Sequence[RunConfiguration]
        if len(range(start, stop, step)) == len(positions) and (np.diff(positions) == step).all():
            part = configurations[start:stop:step]
        else:
            part = [configurations[position] for position in positions.tolist()]
        if isinstance(part, Configurations):
            part = part.without_design()
            keys = [model_key(part[0])]
        else:
            keys = list(dict.fromkeys(map(model_key, part)))
        return cls(positions, part, {key: recipes[key] for key in keys}, order)


@dataclass
class Block:
    """What runs gave, in memory.

    Parameters
    ----------
    runs : dict of str to list
        One entry a run, columns :data:`RUN_COLUMNS`.
    data : Tables
    """

    runs: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in RUN_COLUMNS})
    data: Tables = field(default_factory=Tables)


@dataclass(frozen=True)
class Failure:
    """The first run of a chunk that is not ok."""

    run_id: int
    status: str
    origin: str
    error_type: str
    error: str
    traceback: str

    def __str__(self) -> str:
        if self.status == "failed":
            text = f": {self.error}" if self.error else ""
            return f"run {self.run_id} failed while {self.origin}: {self.error_type}{text}"
        return f"run {self.run_id} ({self.status}): {self.error}"


@dataclass
class Report:
    """What a worker says of a chunk: small where there is a shelf.

    Parameters
    ----------
    positions : ndarray of int
        Of the runs that were made: fewer than asked for after an interrupt, or at the first failure.
    ok : ndarray of bool
    seconds : ndarray of float
        Of each run.
    counts : dict of str to int
        Runs by status.
    notes : list of str
    reported : bool
        Whether any run gave a column.
    cells : int
        How many values the runs gave.
    block : Block or None
        None where it is in a shard.
    entry : Entry or None
        Of the shard.
    failure : Failure or None
    interrupted : bool
        By Ctrl-C.
    is_mute : bool
        Whether every run ended with a ConfigurationError: its model records nothing or not what is wanted,
        or its outputs are no mapping.
    trouble : str
        Why the shard could not be written, or empty; then nothing of this chunk is kept.
    """

    positions: Ints
    ok: np.ndarray[Any, np.dtype[np.bool_]]
    seconds: np.ndarray[Any, np.dtype[np.float64]]
    counts: dict[str, int]
    notes: list[str]
    reported: bool = False
    cells: int = 0
    block: Block | None = None
    entry: Entry | None = None
    failure: Failure | None = None
    interrupted: bool = False
    is_mute: bool = False
    trouble: str = ""


def run_chunk(task: Task) -> Report:
    """Run one chunk; never raises what a model raises.

    Parameters
    ----------
    task : Task

    Returns
    -------
    Report
    """
    order, data = task.order, Tables()
    rows: list[tuple[Any, ...]] = []
    notes, texts = dict[str, None](), dict[str, str]()
    failure, interrupted = None, False
    with _ONE_AT_A_TIME, kept_generators(), collected_between_runs() as collect:
        try:
            for made in execute_many(task.configurations, task.recipes, timeout=order.timeout, into=data):
                record = made[-1]
                if record.status != "ok":
                    record = made[-1] = _tried_again(task, len(rows) + len(made) - 1, record, data)
                    # A thousand failures of one kind hold one text.
                    record.error = texts.setdefault(record.error, record.error)
                    record.traceback = texts.setdefault(record.traceback, record.traceback)
                rows += map(_fields, made)
                collect()
                notes.update(dict.fromkeys(note for one in made for note in one.notes))
                if record.status != "ok" and failure is None:
                    failure = Failure(record.run_id, *(getattr(record, name) for name in _FAILURE))
                    if order.stop_at_failure:
                        break
        except KeyboardInterrupt:
            interrupted = True
            data.cut({run_id for run_id, *_ in rows})
    with held_interrupt() as held:
        report = _reported(task, rows, Block(data=data), list(notes), failure)
    report.interrupted = interrupted or held.rang
    return report


def _reported(
    task: Task, rows: list[tuple[Any, ...]], block: Block, notes: list[str], failure: Failure | None
) -> Report:
    """Keep what runs gave, and say what there is."""
    made = len(rows)
    _, *columns = zip(*rows, strict=True) if rows else [()] * (1 + len(RUN_COLUMNS))
    block.runs = {name: list(column) for name, column in zip(RUN_COLUMNS, columns, strict=True)}
    positions = task.positions[:made]
    status = np.asarray(block.runs["status"], dtype=object)
    report = Report(
        positions, status == "ok", np.asarray(block.runs["wall_time"]), dict(Counter(status)), notes,
        any(table.segments.keys() - {"step"} for table in block.data), block.data.cells, failure=failure,
    )  # fmt: skip
    report.is_mute = set(block.runs["error_type"]) == {ConfigurationError.__name__}
    # Whether to record that runs record nothing is not for a worker to say: it knows its chunk alone.
    shelf = None if report.is_mute or not made else task.order.shelf
    keep(report, shelf, task.configurations[:made], block)
    return report


def keep(
    report: Report, shelf: Shelf | None, configurations: Sequence[RunConfiguration], block: Block
) -> None:
    """Put what runs gave into a shard, or where there is no shelf into the report."""
    report.block = report.entry = None
    if shelf is None:
        block.data.compact()
        report.block = block
        return
    try:
        report.entry = shelve(shelf, configurations, block, report.notes)
    except OSError as error:
        report.trouble = f"{type(error).__name__}: {error}"


_fields = operator.attrgetter("run_id", *RUN_COLUMNS)


def _tried_again(task: Task, row: int, record: Run, data: Tables) -> Run:
    """Make a run that is not ok again, as often as was asked for."""
    for _ in range(task.order.retries):
        configuration = task.configurations[row]
        recipe = task.recipes[model_key(configuration)]
        # It seeds the global generators, which the runs after it are watched by.
        with kept_generators():
            record = execute(configuration, recipe, timeout=task.order.timeout, into=data)
        if record.status == "ok":
            break
    return record


_FAILURE = ("status", "origin", "error_type", "error", "traceback")


def shelve(
    shelf: Shelf, configurations: Sequence[RunConfiguration], block: Block, notes: Sequence[str]
) -> Entry:
    """Write a block as a shard.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    if isinstance(configurations, Configurations):
        run_ids = np.asarray(configurations.runs)
    else:
        run_ids = np.array([one.run_id for one in configurations])
    points, iterations = np.divmod(run_ids, shelf.replications)
    row_of = {run_id: row for row, run_id in enumerate(run_ids.tolist())}
    for table in block.data:
        table.run_ids = [row_of[run_id] for run_id in table.run_ids]
        table.born = {name: (row_of.get(run, -1), place) for name, (run, place) in table.born.items()}
    shard = Shard(points, iterations, block.runs, block.data, notes, shelf.session)
    name = write_shard(shelf.folder, shelf.study, shard)
    return entry_for(shelf.folder, name, shelf.study, shard)


def run_pickled(task: bytes) -> Report:
    """Run a chunk in a worker process.

    The task comes as bytes of cloudpickle: joblib itself would send arrays of levels by plain pickle,
    which cannot name what a script or notebook defines, and large arrays as read-only memory maps.

    Raises
    ------
    ConfigurationError
        If the worker cannot load it.
    """
    try:
        loaded: Task = pickle.loads(task)
    except Exception as error:
        message = (
            f"a worker process cannot load the model or its parameters ({type(error).__name__}: {error}); "
            "define them in an importable module or in the script itself, or use n_jobs=1"
        )
        raise ConfigurationError(message) from error
    return run_chunk(loaded)
