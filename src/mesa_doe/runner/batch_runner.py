"""``BatchRunner``: all configurations, here, in processes or on a cluster, with the same results."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np

from mesa_doe.arrays import Array
from mesa_doe.configurations import RunConfiguration
from mesa_doe.errors import ConfigurationError, StudyError, are, counted, listed, sentence, warn
from mesa_doe.model_run import check_timeout, told_together
from mesa_doe.results import Noise, Results
from mesa_doe.runner.alike import few_valued, has_relatives, needless_runs, recorded_noise
from mesa_doe.runner.assembling import results_of
from mesa_doe.runner.batch import Batch
from mesa_doe.runner.checks import check_models, check_pickles, checked, recipes_of
from mesa_doe.runner.chunk_sizes import ChunkSizes
from mesa_doe.runner.chunks import Order, Report, Shelf, Task, run_chunk
from mesa_doe.runner.dispatch import (
    Outcome,
    Way,
    here,
    suspects_through,
    through_executor,
    through_joblib,
    workers_in,
    workers_of,
)
from mesa_doe.runner.gathered import Gathered
from mesa_doe.runner.interrupts import ended_by_signals
from mesa_doe.runner.noise import find_noise, find_rare_noise, graver
from mesa_doe.runner.progress import Display, check_display, shown
from mesa_doe.runner.resuming import check_none_failed, check_whole
from mesa_doe.space.values import is_int
from mesa_doe.study import Ints, Numbering, Records, StudyWriter, open_study, plan_of
from mesa_doe.study.place import place_of

__all__ = ["BatchRunner"]

Resume = Literal["missing", "failed", "all"]
OnError = Literal["record", "raise"]

# Seconds that it takes to start workers, about: less work than that is quicker done here.
_START_UP = 1.0


class BatchRunner:
    """Runs configurations, here or in parallel processes, and gathers what they give.

    Results are the same for any ``n_jobs``, ``backend``, ``executor`` and ``chunk_size``, for any order of
    the configurations, and after any number of interruptions: a run depends on its configuration alone,
    and tables are in the order of ``run_id``.

    Parameters
    ----------
    configurations : Configurations or sequence of RunConfiguration
        From ``design.configurations(...)``, or built by hand.
    n_jobs : int or None, default 1
        As in joblib: -1 is all cores, None what ``joblib.parallel_config`` says. A sweep of less than
        about a second runs in this process all the same, unless ``store``, ``timeout``, ``retries``,
        ``backend`` or ``executor`` is given.
    store : str or path, optional
        Folder of the study; ``~`` is the user's own. Workers write there what runs gave, and memory stays
        flat; what is recorded there is not run again. Without it, results are kept in memory.
    resume : {"missing", "failed", "all"}, default "missing"
        What is run of a study that has recorded runs: those that are missing, those that are not ok too,
        or all, of which then none may be left out.
    allow_changed_model : bool, default False
        Go on with a study though the code of its model was changed.
    on_error : {"record", "raise"}, default "record"
        Whether a run that fails is a row of the results, or stops the batch; one that a study has recorded
        stops it before it begins.
    retries : int, default 0
        How often a run that fails or takes too long is made again, with the same seed.
    timeout : float, optional
        Seconds that a run may take; one that takes longer is recorded as ``timeout``. Looked at between
        steps, and within a step by a signal where there are some (not on Windows, not in threads).
    backend : str, optional
        A joblib backend of processes: ``"loky"``, or one that was registered.
    executor : concurrent.futures.Executor, optional
        Used in place of joblib: ``client.get_executor()`` of Dask, ``MPIPoolExecutor`` of mpi4py.
        ``n_jobs`` then says how many workers it has, where it does not say so itself.
    chunk_size : int, optional
        Runs a task, and a file of the study; by default about a second of work.
    display_progress : bool or callable, optional
        Whether to show a bar; by default where a person looks, in a terminal or a notebook. Or a function
        that is called with a ``Progress`` after each chunk.

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
        store: str | os.PathLike[str] | None = None,
        resume: Resume = "missing",
        allow_changed_model: bool = False,
        on_error: OnError = "record",
        retries: int = 0,
        timeout: float | None = None,
        backend: str | None = None,
        executor: Any = None,
        chunk_size: int | None = None,
        display_progress: Display = None,
    ) -> None:
        check_display(display_progress)
        check_timeout(timeout)
        # First: whoever gives a model in their place gives them in that of n_jobs.
        self.configurations = checked(configurations)
        problems = [
            message
            for wrong, message in (
                (n_jobs is not None and (not is_int(n_jobs) or n_jobs == 0),
                 f"n_jobs takes an int other than 0 (-1 is all cores) or None, got {n_jobs!r}"),
                (chunk_size is not None and (not is_int(chunk_size) or chunk_size < 1),
                 f"chunk_size takes an int from 1 or None, got {chunk_size!r}"),
                (resume not in get_args(Resume),
                 f"resume takes 'missing', 'failed' or 'all', got {resume!r}"),
                (store is not None and not isinstance(store, (str, os.PathLike)),
                 f"store takes the path of a folder, a str or a Path, got {store!r}"),
                (store is None and resume != "missing",
                 f"resume={resume!r} needs store=, the folder of the study that is resumed"),
                (store is None and allow_changed_model,
                 "allow_changed_model=True needs store=, the folder of the study that goes on"),
                (on_error not in get_args(OnError), f"on_error takes 'record' or 'raise', got {on_error!r}"),
                (not is_int(retries) or retries < 0, f"retries takes an int from 0, got {retries!r}"),
                (backend is not None and executor is not None, "give backend= or executor=, not both"),
                (executor is not None and not callable(getattr(executor, "submit", None)),
                 f"executor takes a concurrent.futures.Executor, got {executor!r}"),
                # The futures of its submit are others, which nothing of the standard library can wait for.
                (callable(getattr(executor, "get_executor", None)),
                 f"executor takes what client.get_executor() gives, got the client itself, {executor!r}"),
            )
            if wrong
        ]  # fmt: skip
        if problems:
            raise ConfigurationError(listed(problems, "the settings have problems"))
        self.n_jobs = None if n_jobs is None else int(n_jobs)
        # The folder meant now, wherever a notebook or a model goes meanwhile.
        self.store = None if store is None else place_of(store)
        self.resume = resume
        self.allow_changed_model = allow_changed_model
        self.on_error = on_error
        self.retries = int(retries)
        self.timeout = timeout
        self.backend = backend
        self.executor = executor
        self.chunk_size = chunk_size
        self.display_progress = display_progress
        self._recipes = recipes_of(self.configurations)
        self._results: Results | None = None
        if n_jobs != 1 or executor is not None or backend is not None:
            check_pickles(Task.of(self.configurations, np.arange(1), self._recipes, Order()))

    def __repr__(self) -> str:
        store = None if self.store is None else str(self.store)
        options = {
            "n_jobs": self.n_jobs, "store": store, "backend": self.backend, "executor": self.executor
        }  # fmt: skip
        told = [f"{name}={value!r}" for name, value in options.items() if value is not None]
        return f"<BatchRunner: {', '.join([counted(len(self.configurations), 'run'), *told])}>"

    def run_all(self, *, learn_noise: bool = True) -> Results:
        """Run everything that is not recorded yet.

        Afterwards up to three short runs are repeated, with their seed and with another, to know of each
        output whether it has noise and whether the seed decides it: ``results.noise``. Of an output that did
        not vary, recorded runs of the same parameters are held against each other too; or where there are
        none, and the output has few values, the seeds of up to 30 more runs are changed, if that takes no
        more than half a second or a hundredth of the time.

        Parameters
        ----------
        learn_noise : bool, default True
            Whether a few short runs are repeated afterwards, so that ``results.noise``, and with it an
            analysis, knows of each output whether it has noise and whether the seed decides it.

        Returns
        -------
        Results

        Raises
        ------
        ConfigurationError
            Before or with the first runs, if the model records nothing and no outputs were named, or if
            what it or the outputs function returns is no mapping.
        StudyError
            If the study is of other runs, or another process writes it; if its folder cannot be written;
            or if a run fails and ``on_error="raise"``. What was finished is kept: in the study, and in
            ``runner.results``.
        KeyboardInterrupt
            After Ctrl-C, in the same way.
        SystemExit
            After a signal of a scheduler (SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU) that would have ended
            the process, in the same way: with a code of 128 and its number.

        Warns
        -----
        MesaDoeWarning
            If runs failed, or the model did something that a user should know.
        """
        return self._run(None, learn_noise=bool(learn_noise))

    def run_shard(self, i: int, *, of: int) -> Results:
        """Run part ``i`` of ``of`` of a study that array jobs of a cluster share.

        Every job runs the same script with the same ``store``, and its own ``i``. Parts are every
        ``of``-th run; the one that is the last to end repeats a few, as :meth:`run_all` does. ``run_all``
        afterwards runs what is left, if anything, and gives the whole.

        Parameters
        ----------
        i : int
            From 0 to ``of - 1``.
        of : int
            How many parts there are.

        Returns
        -------
        Results
            Of all runs that are recorded so far.

        Raises
        ------
        ConfigurationError
            If there is no such part, or no ``store``.
        StudyError, KeyboardInterrupt, SystemExit
            As :meth:`run_all`.
        """
        if self.store is None:
            raise ConfigurationError("run_shard needs store=, the folder of the study that all parts share")
        if not is_int(of) or not is_int(i) or not 0 <= i < of:
            raise ConfigurationError(f"run_shard takes a part i from 0 to of - 1, got i={i!r}, of={of!r}")
        return self._run((int(i), int(of)))

    @property
    def results(self) -> Results:
        """The runs that are finished: all of them, or what there was when the last call was interrupted."""
        if self._results is None:
            raise StudyError("nothing was run yet: call run_all()")
        return self._results

    def _run(self, part: tuple[int, int] | None, *, learn_noise: bool = False) -> Results:
        check_models(self.configurations, self._recipes, self.timeout)
        numbering = Numbering.of(self.configurations)
        with contextlib.ExitStack() as stack:
            stack.enter_context(ended_by_signals())
            kept: StudyWriter | Gathered = Gathered()
            noise: Mapping[str, Noise] = {}
            done = np.empty(0, dtype=np.int64)
            earlier: Records | None = None
            shelf = None
            if self.store is not None:
                plan = plan_of(self.configurations)
                kept = stack.enter_context(
                    open_study(self.store, plan, part=part, any_source=self.allow_changed_model)
                )
                shelf = Shelf(kept.shards.resolve(), kept.id, kept.session, numbering.replications)
                noise = kept.document["noise"]
                if self.resume == "all":
                    check_whole(plan, kept)
                    kept.begin_afresh()
                earlier = kept.records(numbering)
                done = self._done(earlier)
            i, of = part or (0, 1)
            share = np.arange(i, len(self.configurations), of)
            if self.on_error == "raise" and self.resume != "failed":
                check_none_failed(self.configurations, earlier, share)
            wanted = np.setdiff1d(share, done)
            order = Order(shelf, self.timeout, self.retries, self.on_error == "raise")
            batch = self._run_these(wanted, len(share), order, kept, numbering)
            if part is not None and isinstance(kept, StudyWriter):
                kept.look_again()
                # The part that is the last to end looks at the noise, for all.
                learn_noise = kept.is_whole
            self._keep(kept, numbering, noise)
            if isinstance(kept, StudyWriter):
                kept.finish_afresh()
            needless = ""
            # What an interrupt left unknown is made up for.
            if learn_noise and (len(wanted) or not noise):
                records = kept.records(numbering)
                seconds = batch.seconds if len(wanted) else self._seconds(records)
                known = {} if self.resume == "all" else noise
                noise = self._learn_noise(batch.made_by, seconds, records, known)
                if set(noise.values()) == {"none"}:
                    needless = needless_runs(self.configurations, records)
                if isinstance(kept, StudyWriter):
                    kept.save(noise=noise)
        results = self.results
        results.noise = dict(noise)
        self._tell(batch, noise, needless)
        return results

    def _done(self, records: Records) -> Ints:
        """Return the runs that need not be made."""
        # Of resume="all", those that were made since all was begun afresh.
        return records.positions[records.ok] if self.resume == "failed" else records.positions

    def _run_these(
        self, wanted: Ints, total: int, order: Order, kept: StudyWriter | Gathered, numbering: Numbering
    ) -> Batch:
        through, workers = self._way()
        sizes = ChunkSizes(workers, self.chunk_size, growing=order.shelf is not None)
        with shown(self.display_progress, total, total - len(wanted)) as progress:
            batch = Batch(self.configurations, self._recipes, order, kept, sizes, progress)
            way: Way = through
            plain = dataclasses.replace(order, stop_at_failure=False) == Order()
            if through is not here and plain and self.backend is None and self.executor is None:
                way = functools.partial(_here_if_quicker, batch=batch, workers=workers, through=through)
            else:
                batch.made_by = through
            try:
                batch.run(wanted, way, suspects_through(self.executor, workers))
            except BaseException as stop:
                self._keep(kept, numbering, {})
                if not isinstance(stop, KeyboardInterrupt):
                    raise
                state = progress.now()
                how = "is kept in runner.results" if self.store is None else (
                    f"is recorded in {str(self.store)!r}: run the same again to go on"
                )  # fmt: skip
                done = f"{state.done} of {counted(state.total, 'run')} {are(state.done)} done"
                stop.add_note(f"{done}, and what they gave {how}")
                raise
        return batch

    def _way(self) -> tuple[Way, int]:
        """Return how chunks are run, and by how many workers."""
        if self.executor is not None:
            workers = workers_in(self.executor, self.n_jobs)
            return functools.partial(through_executor, executor=self.executor, workers=workers), workers
        workers = workers_of(self.n_jobs, self.backend)
        if workers == 1:
            return here, 1
        return functools.partial(through_joblib, n_jobs=self.n_jobs, backend=self.backend), workers

    def _seconds(self, records: Records | Gathered) -> Array:
        """Return how long runs took that are ok, in the order of the configurations."""
        seconds = np.full(len(self.configurations), np.nan)
        status, wall_time = records.outcome(("status", "wall_time")).values()
        seconds[records.positions] = np.where(np.array(status) == "ok", wall_time, np.nan)
        return seconds

    def _learn_noise(
        self, way: Way, seconds: Array, records: Records | Gathered, known: Mapping[str, Noise]
    ) -> dict[str, Noise]:
        """Repeat a few runs where those of the batch were made, and hold recorded ones against each other."""
        run = functools.partial(_made, way=way)
        try:
            what = self.configurations, self._recipes, seconds, self.timeout, run
            of_model, others = find_noise(*what)
            noise = graver(graver(known, of_model), others)
            # Agents are many, and held against each other in the repeated runs alone.
            quiet = [name for name, one in noise.items() if one == "none" and name not in others]
            if not quiet:
                return noise
            # A few runs that agree say little of an output that has few values.
            noise = graver(noise, recorded_noise(self.configurations, records, quiet))
            quiet = [name for name in quiet if noise[name] == "none"]
            if has_relatives(self.configurations) or not few_valued(records, quiet):
                return noise
            return graver(noise, find_rare_noise(*what))
        except StudyError as error:
            warn(f"all runs are made, but of what noise their outputs have nothing is known: {error}")
            return dict(known)
        except KeyboardInterrupt as stop:
            stop.add_note("all runs are done and in runner.results; what was stopped is the look at noise")
            raise

    def _keep(self, kept: StudyWriter | Gathered, numbering: Numbering, noise: Mapping[str, Noise]) -> None:
        self._results = results_of(self.configurations, kept.records(numbering), noise)

    def _tell(self, batch: Batch, noise: Mapping[str, Noise], needless: str) -> None:
        unseeded = [name for name, one in noise.items() if one == "unseeded"]
        if unseeded:
            warn(
                f"no seed reaches the randomness of {', '.join(map(repr, unseeded))}: the same configuration "
                "gives other results each time, and all runs are independent, whatever the seed_policy; "
                "let the model take rng= or seed="
            )
        if needless:
            warn(needless)
        for note in told_together(batch.notes):
            warn(note)
        first, made = batch.first_failure, int(batch.recorded.sum())
        if batch.failures:
            told = "." if first is None else f". The first: {sentence(first)}"
            warn(f"{batch.failures} of {counted(made, 'run')} failed{told} See results.failures")
        if batch.failures < made and not batch.reported:
            warn("no run reported any output: the data collector or the outputs function gave no columns")


def _made(tasks: Sequence[Task], way: Way) -> list[Report | None]:
    """Return what came of some tasks, in their order."""
    reports = {id(task): report for task, report in way(tasks)}
    return [reports.get(id(task)) for task in tasks]


def _here_if_quicker(
    tasks: Iterable[Task], *, batch: Batch, workers: int, through: Way
) -> Generator[Outcome]:
    """Run here as long as that is quicker than starting workers, as the first runs show."""
    coming = iter(tasks)
    for task in coming:
        yield task, run_chunk(task)
        if batch.left() * (1 - 1 / workers) > _START_UP:
            batch.made_by = through
            yield from through(coming)
            return
