"""An executor of joblib's workers, for ``run_scenarios`` of Mesa 4 and whatever else takes one."""

from __future__ import annotations

import concurrent.futures as cf
import functools
import pickle
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, ParamSpec, TypeVar

from mesa_doe.errors import StudyError
from mesa_doe.runner.dispatch import isolated, joblib_context, through_joblib, workers_of

__all__ = ["JoblibExecutor", "WorkerDiedError"]

P = ParamSpec("P")
R = TypeVar("R")

# Seconds without a new call after which a round takes no more. A loop that submits is never that slow.
_PAUSE = 0.05


class WorkerDiedError(StudyError):
    """A call ended the process that ran it."""

    # Not a BrokenExecutor: at the first of these run_scenarios gives up all runs that are left.


class JoblibExecutor(cf.Executor):
    """Runs calls in joblib's workers, and goes on where a call kills its worker.

    It is what :class:`~mesa_doe.BatchRunner` sends its chunks through, as a ``concurrent.futures.Executor``
    of any calls. A call that kills its worker (it runs out of memory, or crashes in C) is found: all that
    were being run are run again, each in a process of its own, and the others go on in new workers, which
    takes a few seconds. The future of the one that does it holds a
    :class:`~mesa_doe.bridges.WorkerDiedError`, and all others their values.

    Parameters
    ----------
    n_jobs : int or None, default None
        As in joblib: -1 is all cores, None what ``joblib.parallel_config`` says, which is 1 by itself.
    backend : str, optional
        A joblib backend of processes: ``"loky"``, or one that was registered; by default that of
        ``joblib.parallel_config``. Only with loky can a call that kills its worker be found.

    Raises
    ------
    ConfigurationError
        If joblib knows no such backend, or it runs threads.

    Notes
    -----
    What differs from the executors of the standard library and of loky:

    - One that lost a worker is not broken.
    - Calls go to the workers in rounds: a round takes calls as long as there are some, and calls that come
      after that wait until it has ended. Submit all at once, as ``run_scenarios`` and ``map`` do.
    - With one job, calls run in a thread of this process, one after another.
    - Functions, arguments and values travel by cloudpickle, so they may be defined in a notebook.
    - Where an exception leaves the ``with`` block, as Ctrl-C does, calls that have not begun are cancelled.

    Examples
    --------
    >>> with JoblibExecutor() as executor:
    ...     list(executor.map(abs, [-1, 2, -3]))
    [1, 2, 3]
    """

    def __init__(self, n_jobs: int | None = None, *, backend: str | None = None) -> None:
        import joblib

        self._workers = workers_of(n_jobs, backend)
        # Of this thread: what parallel_config says is not known in that of the rounds.
        with joblib_context(backend):
            self._backend, _ = joblib.parallel.get_active_backend()
        self._waiting: deque[_Call] = deque()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> cf.Future[R]:
        """Hand over a call; its future is done when the call is.

        Raises
        ------
        RuntimeError
            After :meth:`shutdown`.
        """
        call = _Call(cf.Future(), functools.partial(fn, *args, **kwargs))
        with self._changed:
            if self._is_closed:
                raise RuntimeError("the executor was shut down and takes no more calls: make a new one")
            self._waiting.append(call)
            self._changed.notify_all()
            if self._thread is None:
                # It ends with the last call, so an executor that nobody shuts down keeps no program alive.
                self._thread = threading.Thread(target=self._run, name="mesa-doe-executor")
                self._thread.start()
        return call.future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls.

        Parameters
        ----------
        wait : bool, default True
            Until all calls are done.
        cancel_futures : bool, default False
            Cancel calls that have not begun.
        """
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            thread, waiting = self._thread, list(self._waiting)
        if cancel_futures:
            for call in waiting:
                call.future.cancel()
        if wait and thread is not None:
            thread.join()

    def __exit__(self, *error: object) -> Literal[False]:
        self.shutdown(wait=True, cancel_futures=error[0] is not None)
        return False

    def _run(self) -> None:
        """Run rounds as long as there are calls."""
        while True:
            with self._changed:
                if not self._waiting:
                    self._thread = None
                    return
            self._run_round()

    def _run_round(self) -> None:
        taken: dict[_Call, None] = {}
        suspects = []
        try:
            for call, given in through_joblib(self._taken(taken), self._workers, self._backend, _run_call):
                if given is None:
                    suspects.append(call)
                else:
                    del taken[call]
                    call.settle(given)
            for call, given in isolated(suspects, self._workers, _run_call):
                del taken[call]
                call.settle(_death() if given is None else given)
        except BaseException as error:  # noqa: BLE001 - whoever waits for a future must hear of it
            for call in taken:
                call.future.set_exception(error)

    def _taken(self, taken: dict[_Call, None]) -> Iterator[_Call]:
        """Yield the calls of a round, with what to run as bytes."""
        import cloudpickle

        while (call := self._next()) is not None:
            if not call.future.set_running_or_notify_cancel():
                continue
            try:
                call.work = cloudpickle.dumps(call.work)
            except Exception as error:  # noqa: BLE001 - any object may refuse to be pickled, with any error
                call.future.set_exception(error)
                continue
            taken[call] = None
            yield call

    def _next(self) -> _Call | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closed, timeout=_PAUSE)
            return self._waiting.popleft() if self._waiting else None


@dataclass(eq=False)
class _Call:
    """A call and its future."""

    future: cf.Future[Any]
    work: Any

    def __reduce__(self) -> tuple[Any, ...]:
        # A worker needs the work alone, and a future cannot be pickled.
        return bytes, (self.work,)

    def settle(self, given: bytes) -> None:
        try:
            value, error = pickle.loads(given)
        except Exception as broken:  # noqa: BLE001 - a class may refuse to be loaded, with any error
            value, error = None, broken
        if error is None:
            self.future.set_result(value)
        else:
            self.future.set_exception(error)


def _run_call(call: bytes) -> bytes:
    """Run a call in a worker, and return its value or its error."""
    import cloudpickle

    try:
        pickled: bytes = cloudpickle.dumps((pickle.loads(pickle.loads(call))(), None))
    except BaseException as error:  # noqa: BLE001 - as of the standard library's executors, SystemExit too
        error.add_note(f"In a worker:\n{traceback.format_exc()}")
        return _pickled(error)
    return pickled


def _pickled(error: BaseException) -> bytes:
    import cloudpickle

    try:
        pickled: bytes = cloudpickle.dumps((None, error))
        pickle.loads(pickled)
    except Exception:  # noqa: BLE001 - an error may hold anything, or not be made of its message alone
        notes = "\n".join(error.__notes__)
        pickled = pickle.dumps((None, RuntimeError(f"{type(error).__name__}: {error}\n{notes}")))
    return pickled


def _death() -> bytes:
    error = WorkerDiedError(
        "this call ended the process that ran it, twice: it ran out of memory, called os._exit, or "
        "crashed in C; make it alone, with doe.run if it is a run, to see which"
    )
    return pickle.dumps((None, error))
