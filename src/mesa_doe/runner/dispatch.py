"""Chunks on their way: run here, through joblib, or through an executor; what a dead worker held is told.

Each way yields a finished task with its report, in any order, and a task whose worker died with None.
With ``run=``, what the worker does with the pickled task, tasks may be other things than chunks.
"""

from __future__ import annotations

import concurrent.futures as cf
import functools
import itertools
import os
import uuid
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, TypeAlias, TypeVar

from mesa_doe.errors import ConfigurationError, StudyError, sentence, warn
from mesa_doe.runner.chunks import Report, Task, run_chunk, run_pickled

__all__ = [
    "Outcome",
    "Way",
    "here",
    "isolated",
    "joblib_context",
    "suspects_through",
    "through_executor",
    "through_joblib",
    "workers_in",
    "workers_of",
]

Outcome: TypeAlias = tuple[Task, Report | None]
Way: TypeAlias = Callable[[Iterable[Task]], Generator[Outcome]]
T = TypeVar("T")

_PER_WORKER = 2
#: Tasks a worker in a round that ends when its last task does.
_PER_ROUND = 4

#: Seconds without an answer after which it is asked whether there still is somebody to give one.
_PATIENCE = 10.0

#: What executors say of a task whose worker died: those of the standard library and loky, and Dask's.
_DEATHS = {"BrokenExecutor", "KilledWorker"}
#: How Dask's executor stumbles over the answer of a worker that went away while the answer was on its way.
_LEFT = f"non-iterable {Report.__name__} object"


def here(tasks: Iterable[Task]) -> Generator[Outcome]:
    """Run in this process."""
    for task in tasks:
        yield task, run_chunk(task)


def workers_of(n_jobs: int | None, backend: str | None) -> int:
    """Return how many workers joblib would use.

    Raises
    ------
    ConfigurationError
        If they are threads of this process, or joblib knows no such backend.
    """
    import joblib

    try:
        with joblib_context(backend):
            workers: int = joblib.effective_n_jobs(n_jobs)
            shares_memory = getattr(joblib.Parallel(n_jobs=n_jobs)._backend, "supports_sharedmem", False)
    except ValueError as error:
        raise ConfigurationError(f"joblib knows no backend {backend!r}: {error}") from error
    if workers > 1 and shares_memory:
        raise ConfigurationError(
            "runs cannot share a process: each one seeds the global random generators, and threads would "
            "disturb each other; use a backend of processes (loky), or n_jobs=1"
        )
    return workers


def through_joblib(
    tasks: Iterable[T], n_jobs: int | None, backend: Any, run: Callable[[bytes], Any] = run_pickled
) -> Generator[tuple[T, Any]]:
    """Run in the workers of a joblib backend; ends where a worker dies, with the tasks that were out."""
    import cloudpickle
    import joblib

    out: dict[int, T] = {}

    def sent() -> Iterator[Any]:
        for number, task in enumerate(tasks):
            out[number] = task
            yield joblib.delayed(_numbered)(number, run, cloudpickle.dumps(task))

    with joblib_context(backend):
        parallel = joblib.Parallel(n_jobs=n_jobs, batch_size=1)
        in_rounds = not parallel._backend.supports_return_generator
        if not in_rounds:
            parallel = joblib.Parallel(
                n_jobs=n_jobs, return_as="generator_unordered", batch_size=1,
                pre_dispatch=f"{_PER_WORKER}*n_jobs",
            )  # fmt: skip
    if in_rounds:
        yield from _in_rounds(tasks, parallel, run)
        return
    finished = parallel(sent())
    try:
        for number, report in finished:
            yield out.pop(number), report
    except RuntimeError as error:
        _stop_unless_died(error)
        for task in list(out.values()):
            yield task, None
    finally:
        with warnings.catch_warnings():
            # Of the tasks that are cancelled by this, where the batch was stopped.
            warnings.simplefilter("ignore")
            finished.close()


def joblib_context(backend: str | None) -> Any:
    """Return the context in which joblib uses a backend: Parallel's own backend= breaks that of Dask."""
    import joblib

    return joblib.parallel_config(**({} if backend is None else {"backend": backend}))


def _in_rounds(tasks: Iterable[T], parallel: Any, run: Callable[[bytes], Any]) -> Iterator[tuple[T, Any]]:
    """Run through a backend that gives back nothing before it has everything, as that of Ray."""
    import cloudpickle
    import joblib

    coming = iter(tasks)
    with parallel:
        while sent := list(itertools.islice(coming, _PER_ROUND * parallel._effective_n_jobs())):
            try:
                reports = parallel(joblib.delayed(run)(cloudpickle.dumps(task)) for task in sent)
            except ConfigurationError:
                raise
            except Exception as error:
                raise StudyError(
                    f"the backend of joblib stopped ({type(error).__name__}: {error}). What is recorded is "
                    'kept: run the same again, with backend="loky" if a run kills its worker'
                ) from error
            yield from zip(sent, reports, strict=True)


def _stop_unless_died(error: BaseException) -> None:
    """Raise where a pool broke for another reason than the death of a worker."""
    kinds = {kind.__name__ for kind in type(error).__mro__}
    if "BrokenProcessPool" not in kinds:
        raise error
    if "TerminatedWorkerError" not in kinds:
        raise StudyError(
            f"worker processes cannot take a task: {sentence(error)} Cause: {error.__cause__}"
        ) from error


def _numbered(number: int, run: Callable[[bytes], T], task: bytes) -> tuple[int, T]:
    return number, run(task)


def through_executor(tasks: Iterable[Task], executor: Any, workers: int) -> Generator[Outcome]:
    """Run in the workers of a ``concurrent.futures.Executor``, two tasks for each at a time.

    Raises
    ------
    StudyError
        If the executor takes no more work, its workers cannot do it, or there will be none any more.
    """
    import cloudpickle

    waiting: dict[Any, Task] = {}
    coming = iter(tasks)
    try:
        while True:
            for task in itertools.islice(coming, _PER_WORKER * workers - len(waiting)):
                waiting[_submitted(executor, cloudpickle.dumps(task))] = task
            if not waiting:
                return
            while not (done := cf.wait(waiting, _PATIENCE, cf.FIRST_COMPLETED).done):
                if _is_deserted(executor):
                    raise StudyError(_no_more("its cluster has lost all workers, and starts no others"))
            for future in done:
                yield waiting.pop(future), _result(future)
    finally:
        for future in waiting:
            future.cancel()


def _is_deserted(executor: Any) -> bool:
    """Tell whether an executor of Dask would wait for ever: its cluster has no workers, and none to come.

    One that grows by itself, and one whose workers wait in a queue, may have workers later.
    """
    cluster = getattr(getattr(executor, "_client", None), "cluster", None)
    grows = getattr(cluster, "_adaptive", None) is not None
    return getattr(cluster, "workers", None) == {} and not grows


def _one_by_one(tasks: Iterable[Task], executor: Any) -> Generator[Outcome]:
    """Run in the workers of an executor, one task at a time: what dies then did not die of another."""
    for task in tasks:
        yield from through_executor([task], executor, workers=1)


def _submitted(executor: Any, task: bytes) -> Any:
    # Dask takes two equal calls for one and would answer the second with what the first gave, so each
    # has a name of its own.
    try:
        return executor.submit(_named, uuid.uuid4().hex, task)
    except Exception as error:  # each library has its own for one that is broken or was shut down
        # Below its first line Dask shows the whole task.
        first, _, _ = str(error).partition("\n")
        message = _no_more(f"{type(error).__name__}: {first}")
        if isinstance(error, cf.BrokenExecutor):
            message += "; n_jobs= in place of executor= goes on after a run that kills its worker"
        raise StudyError(message) from error


def _named(_: str, task: bytes) -> Report:
    return run_pickled(task)


def _no_more(why: str) -> str:
    return (
        f"the executor takes no more work ({why}). What is recorded is kept: run the same again with a new "
        "executor"
    )


def _result(future: Any) -> Any:
    """Return the report, or None where the worker died: a task itself raises only what a user must mend.

    Raises
    ------
    ConfigurationError, StudyError
    """
    if future.cancelled():
        raise StudyError(_no_more("it cancelled what it had: it was shut down, or its scheduler went away"))
    error = future.exception()
    if error is None:
        return future.result()
    if isinstance(error, ConfigurationError):
        raise error
    if not {kind.__name__ for kind in type(error).__mro__} & _DEATHS and _LEFT not in str(error):
        # Dask wraps what went wrong in a long text of its own.
        cause = error if error.__cause__ is None else error.__cause__
        raise StudyError(
            f"the workers of the executor cannot run a task ({type(cause).__name__}: {cause}). Do they have "
            "the Python packages of this process, mesa-doe and the model's among them?"
        ) from error
    return None


def isolated(
    tasks: Iterable[T], workers: int, run: Callable[[bytes], Any] = run_pickled
) -> Generator[tuple[T, Any]]:
    """Run each task in a process that no other task shares: where one dies, it is known which."""
    import cloudpickle
    from joblib.externals.loky.process_executor import ProcessPoolExecutor

    coming = iter(tasks)
    idle: list[Any] = []
    waiting: dict[Any, tuple[T, Any]] = {}
    try:
        while True:
            for task in itertools.islice(coming, workers - len(waiting)):
                process = idle.pop() if idle else ProcessPoolExecutor(max_workers=1)
                waiting[process.submit(run, cloudpickle.dumps(task))] = task, process
            if not waiting:
                return
            done, _ = cf.wait(waiting, return_when=cf.FIRST_COMPLETED)
            for future in done:
                task, process = waiting.pop(future)
                error = future.exception()
                if isinstance(error, RuntimeError):
                    _stop_unless_died(error)
                report = _result(future)
                if report is None:
                    process.shutdown(wait=True, kill_workers=True)
                else:
                    idle.append(process)
                yield task, report
    finally:
        for process in [*idle, *(process for _, process in waiting.values())]:
            process.shutdown(wait=True, kill_workers=True)


def suspects_through(executor: Any, workers: int) -> Way:
    """Return the way for tasks of which one kills its worker: where a worker dies, it is known of which."""
    if executor is None:
        return functools.partial(isolated, workers=workers)
    return functools.partial(_one_by_one, executor=executor)


def workers_in(executor: Any, n_jobs: int | None) -> int:
    """Return how many workers an executor has: as ``n_jobs`` says, else as it says itself."""
    if isinstance(n_jobs, int) and n_jobs > 1:
        return n_jobs
    known = getattr(executor, "_max_workers", None)
    if isinstance(known, int) and known > 0:
        return known
    guessed = os.cpu_count() or 1
    warn(f"the executor does not tell how many workers it has; {guessed} get work: n_jobs= tells it")
    return guessed
