"""Work in pieces: what one task runs and gives back, and how large the pieces are."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mesa_doe.columns import Tables
from mesa_doe.configurations import RunConfiguration
from mesa_doe.errors import ConfigurationError
from mesa_doe.model_run import Recipe, execute
from mesa_doe.runner.checks import ModelKey, model_key
from mesa_doe.seeding import kept_generators

__all__ = ["RUN_COLUMNS", "Block", "ChunkSizes", "run_chunk", "run_pickled"]

#: Columns of ``Results.runs`` that a run decides, in order.
RUN_COLUMNS = ("status", "origin", "error_type", "error", "steps", "wall_time", "traceback")

# A second of work makes dispatch cheap; more would only make the bar and the tail coarse.
_SECONDS = 1.0
_MOST_RUNS = 10_000


@dataclass
class Block:
    """What one chunk of runs gave.

    Parameters
    ----------
    start, stop : int
        Positions of its runs among all configurations.
    runs : dict of str to list
        One entry a run, columns :data:`RUN_COLUMNS`.
    data : Tables
    notes : dict of str to None
        What the user should hear once, in order.
    """

    start: int
    stop: int
    runs: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in RUN_COLUMNS})
    data: Tables = field(default_factory=Tables)
    notes: dict[str, None] = field(default_factory=dict)


def run_chunk(
    start: int, configurations: Sequence[RunConfiguration], recipes: Mapping[ModelKey, Recipe]
) -> Block:
    """Run a chunk of configurations; never raises what a model raises.

    Parameters
    ----------
    start : int
        Position of the first of them.
    configurations : sequence of RunConfiguration
    recipes : mapping
        By :func:`model_key`.

    Returns
    -------
    Block
    """
    block = Block(start, start + len(configurations))
    # A thousand failures of one kind hold one text.
    texts: dict[Any, Any] = {}
    with kept_generators():
        for configuration in configurations:
            record = execute(configuration, recipes[model_key(configuration)])
            for name in RUN_COLUMNS:
                value = getattr(record, name)
                block.runs[name].append(texts.setdefault(value, value) if isinstance(value, str) else value)
            block.data.extend(record.data)
            block.notes.update(dict.fromkeys(record.notes))
    block.data.compact()
    return block


def run_pickled(task: bytes) -> Block:
    """Run a chunk in a worker process.

    The task comes as bytes of cloudpickle: joblib itself would send arrays of levels by plain pickle,
    which cannot name what a script or notebook defines, and large arrays as read-only memory maps.

    Raises
    ------
    ConfigurationError
        If the worker cannot load it.
    """
    try:
        start, configurations, recipes = pickle.loads(task)
    except Exception as error:
        message = (
            f"a worker process cannot load the model or its parameters ({type(error).__name__}: {error}); "
            "define them in an importable module or in the script itself, or use n_jobs=1"
        )
        raise ConfigurationError(message) from error
    return run_chunk(start, configurations, recipes)


class ChunkSizes:
    """Cuts runs into chunks of about a second of work, as run times become known.

    Parameters
    ----------
    runs : int
    workers : int
    fixed : int, optional
        The size of every chunk.

    Examples
    --------
    >>> [(start, stop) for start, stop in ChunkSizes(10, workers=1, fixed=4)]
    [(0, 4), (4, 8), (8, 10)]
    """

    def __init__(self, runs: int, workers: int, fixed: int | None = None) -> None:
        self._runs = runs
        self._workers = workers
        self._fixed = fixed
        self._done = 0
        self._seconds = 0.0

    def learn(self, block: Block) -> None:
        """Take a finished chunk's run times into account."""
        self._done += block.stop - block.start
        self._seconds += sum(block.runs["wall_time"])

    def _size(self, left: int) -> int:
        if self._fixed is not None:
            return self._fixed
        if not self._done:
            return 1
        fitting = int(_SECONDS * self._done / max(self._seconds, 1e-9))
        # Towards the end in smaller pieces, so that no worker is left alone with a large one.
        fair = -(-left // (2 * self._workers)) if self._workers > 1 else left
        return max(1, min(fitting, fair, _MOST_RUNS))

    def __iter__(self) -> Iterator[tuple[int, int]]:
        start = 0
        while start < self._runs:
            stop = min(self._runs, start + self._size(self._runs - start))
            yield start, stop
            start = stop
