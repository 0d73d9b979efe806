"""One session of a batch: what is sent, what comes back and is kept, and who killed a worker."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mesa_doe.configurations import RunConfiguration
from mesa_doe.errors import ConfigurationError, StudyError, sentence
from mesa_doe.model_run import Recipe
from mesa_doe.runner.checks import ModelKey
from mesa_doe.runner.chunk_sizes import ChunkSizes
from mesa_doe.runner.chunks import Block, Failure, Order, Report, Task, keep
from mesa_doe.runner.dispatch import Outcome, Way, here
from mesa_doe.runner.gathered import Gathered
from mesa_doe.runner.progress import shown
from mesa_doe.study import Entry, Ints, Numbering, Records, StudyWriter, joined

__all__ = ["Batch"]

# Into how many pieces a chunk that killed its worker is cut, to find the run that did.
_PIECES = 8


class Batch:
    """The runs of one session.

    Parameters
    ----------
    configurations : sequence of RunConfiguration
        All of the batch.
    recipes : mapping
    order : Order
    kept : StudyWriter or Gathered
        Where finished runs go.
    sizes : ChunkSizes
    progress : shown

    Attributes
    ----------
    seconds : ndarray of float (runs,)
        Of the runs of this session that are ok; NaN elsewhere.
    recorded : ndarray of bool (runs,)
        Whether this session made them.
    made_by : Way
        How the last of them were made.
    reported : bool
        Whether any of them gave a column.
    failures : int
        Runs of this session that are not ok.
    first_failure : Failure or None
        That of the smallest run id.
    """

    def __init__(
        self,
        configurations: Sequence[RunConfiguration],
        recipes: Mapping[ModelKey, Recipe],
        order: Order,
        kept: StudyWriter | Gathered,
        sizes: ChunkSizes,
        progress: shown,
    ) -> None:
        self._configurations = configurations
        self._recipes = recipes
        self._order = order
        self._kept = kept
        self._sizes = sizes
        self._progress = progress
        self._notes: dict[str, int] = {}
        self._sent = 0
        self._total = 0
        # Of earlier sessions.
        self._has_runs = isinstance(kept, StudyWriter) and bool(kept.entries)
        self.seconds = np.full(len(configurations), np.nan, dtype=np.float32)
        self.recorded = np.zeros(len(configurations), dtype=bool)
        self.made_by: Way = here
        self.reported = False
        self.failures = 0
        self.first_failure: Failure | None = None

    @property
    def notes(self) -> list[str]:
        """What the user should hear once, by the first run that says it."""
        return sorted(self._notes, key=lambda note: (self._notes[note], note))

    def left(self) -> float:
        """Return the seconds of work that were not sent out yet."""
        return self._sizes.left(self._total - self._sent)

    def run(self, positions: Ints, way: Way, suspects_way: Way) -> None:
        """Run configurations; what kills its worker twice, the second time alone, is recorded as crashed.

        Parameters
        ----------
        positions : ndarray of int
        way, suspects_way : Way
            How chunks are run, and how the pieces of a chunk that killed its worker are.

        Raises
        ------
        ConfigurationError
            If the models record nothing.
        StudyError
            If a run failed and that was to stop the batch, or a shard cannot be written.
        KeyboardInterrupt
        """
        suspects: list[Ints] = []
        while len(positions):
            self._sent, self._total = 0, len(positions)
            suspects += self._lost(way(self._tasks(self._sizes.cut(positions))))
            positions = positions[self._sent :]
        while suspects:
            pieces = [piece for chunk in suspects for piece in np.array_split(chunk, _PIECES) if len(piece)]
            suspects = []
            for chunk in self._lost(suspects_way(self._tasks(pieces))):
                if len(chunk) == 1:
                    self._take(self._crashed(chunk))
                else:
                    suspects.append(chunk)

    def _tasks(self, chunks: Iterable[Ints]) -> Iterator[Task]:
        for chunk in chunks:
            self._sent += len(chunk)
            yield Task.of(self._configurations, chunk, self._recipes, self._order)

    def _lost(self, outcomes: Generator[Outcome]) -> Iterator[Ints]:
        """Take what comes back, and yield the runs whose worker died before they were recorded."""
        # Closed at once where this stops early: left to the garbage collector, workers would go on.
        with contextlib.closing(outcomes):
            for task, report in outcomes:
                if report is not None:
                    if report.is_mute:
                        self._take_mute(task, report)
                    self._take(report)
                    continue
                # A worker may die between the writing of a shard and the telling of it.
                if isinstance(self._kept, StudyWriter):
                    for entry in self._kept.find_lost():
                        self._found(self._kept.shards, entry)
                chunk = task.positions[~self.recorded[task.positions]]
                if len(chunk):
                    yield chunk

    def _found(self, folder: Path, entry: Entry) -> None:
        found = Records(folder, [entry], Numbering.of(self._configurations))
        if not self._enter(found.positions):
            return
        bad = {status: len(joined(spans)) for status, spans in entry.not_ok.items()}
        self.failures += sum(bad.values())
        self._progress.add({"ok": len(found) - sum(bad.values()), **bad})

    def _enter(self, positions: Ints) -> bool:
        """Note that runs are recorded, and tell whether they were not before.

        Dask makes a task again whose result was lost with a worker, and the shard of a task may be found
        before its report comes: such runs are counted once.
        """
        are_new = not self.recorded[positions].all()
        self.recorded[positions] = True
        return are_new

    def _take_mute(self, task: Task, report: Report) -> None:
        """Stop where the first runs say that nothing can be read, as all will; later, record it of them."""
        if report.failure is not None and not self._has_runs and not self.recorded.any():
            raise ConfigurationError(report.failure.error)
        if report.block is not None:
            keep(report, self._order.shelf, task.configurations[: len(report.positions)], report.block)

    def _take(self, report: Report) -> None:
        if report.trouble:
            raise StudyError(
                f"a shard of the study cannot be written: {sentence(report.trouble)} What is recorded is "
                "kept: free space or mend the folder, and run the same again"
            )
        failure = report.failure
        if report.entry is not None and isinstance(self._kept, StudyWriter):
            self._kept.record(report.entry)
        elif report.block is not None and isinstance(self._kept, Gathered):
            self._kept.add(report.positions, report.block)
        self._sizes.learn(len(report.positions), float(report.seconds.sum()), report.cells)
        are_new = self._enter(report.positions)
        self.seconds[report.positions[report.ok]] = report.seconds[report.ok]
        self.reported = self.reported or report.reported
        for note in report.notes:
            self._notes[note] = min(int(report.positions[0]), self._notes.get(note, len(self.seconds)))
        if failure and (self.first_failure is None or failure.run_id < self.first_failure.run_id):
            self.first_failure = failure
        if are_new:
            self.failures += int((~report.ok).sum())
            self._progress.add(report.counts)
        if report.interrupted:
            raise KeyboardInterrupt
        if failure is not None and self._order.stop_at_failure:
            message = f"{sentence(failure)} The finished runs are kept\n{failure.traceback}"
            raise StudyError(message.rstrip())

    def _crashed(self, position: Ints) -> Report:
        configuration = self._configurations[int(position[0])]
        failure = Failure(
            configuration.run_id, "crashed", "crashed", "WorkerDied",
            "its worker process died twice, the second time with this run alone: out of memory, a crash in "
            "compiled code, or os._exit", "",
        )  # fmt: skip
        block = Block()
        values: dict[str, Any] = {**vars(failure), "steps": 0.0, "wall_time": 0.0}
        for name, column in block.runs.items():
            column.append(values[name])
        report = Report(position, np.array([False]), np.zeros(1), {"crashed": 1}, [], failure=failure)
        keep(report, self._order.shelf, [configuration], block)
        return report
