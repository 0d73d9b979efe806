"""Chunks through joblib: sent, awaited in any order, and shown on a bar."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mesa_doe.configurations import Configurations, RunConfiguration
from mesa_doe.errors import ConfigurationError, StudyError
from mesa_doe.model_run import Recipe
from mesa_doe.runner.checks import ModelKey, model_key
from mesa_doe.runner.chunks import Block, ChunkSizes, run_chunk, run_pickled

__all__ = ["finished_blocks", "task"]


def task(
    configurations: Sequence[RunConfiguration], recipes: Mapping[ModelKey, Recipe], start: int, stop: int
) -> tuple[int, Sequence[RunConfiguration], dict[ModelKey, Recipe]]:
    """Return the arguments of :func:`run_chunk` for some of the runs: only what they need."""
    part = configurations[start:stop]
    if isinstance(part, Configurations):
        part = part.without_design()
        return start, part, {model_key(part[0]): recipes[model_key(part[0])]}
    return start, part, {key: recipes[key] for key in dict.fromkeys(map(model_key, part))}


def finished_blocks(
    configurations: Sequence[RunConfiguration],
    recipes: Mapping[ModelKey, Recipe],
    *,
    n_jobs: int | None,
    chunk_size: int | None,
    progress: bool | None,
) -> Iterator[Block]:
    """Run everything, and yield what is finished as it comes.

    Yields
    ------
    Block

    Raises
    ------
    ConfigurationError
        If workers are threads, or cannot load the model.
    StudyError
        If a worker process died.
    """
    import cloudpickle
    import joblib

    parallel = joblib.Parallel(
        n_jobs=n_jobs, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs"
    )
    workers = joblib.effective_n_jobs(n_jobs)
    if workers > 1 and getattr(parallel._backend, "supports_sharedmem", False):
        message = (
            "runs cannot share a process: each one seeds the global random generators, and threads would "
            "disturb each other; use a backend of processes (loky), or n_jobs=1"
        )
        raise ConfigurationError(message)
    sizes = ChunkSizes(len(configurations), workers, chunk_size)
    here, there = joblib.delayed(run_chunk), joblib.delayed(run_pickled)
    tasks = (task(configurations, recipes, start, stop) for start, stop in sizes)
    finished = parallel(there(cloudpickle.dumps(one)) if workers > 1 else here(*one) for one in tasks)
    done = 0
    with _bar(len(configurations), progress) as bar:
        try:
            for block in finished:
                sizes.learn(block)
                done += block.stop - block.start
                bar.update(block.stop - block.start)
                yield block
        except RuntimeError as error:
            if not any(kind.__name__ == "BrokenProcessPool" for kind in type(error).__mro__):
                raise
            message = (
                f"a worker process died (out of memory, or a crash in compiled code) after {done} of "
                f"{len(configurations)} runs; runner.results holds these. joblib said: {error}"
            )
            raise StudyError(message) from error


def _bar(total: int, progress: bool | None) -> Any:
    with warnings.catch_warnings():
        # In a notebook without ipywidgets tqdm falls back to text, and says so at every import.
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm

    in_notebook = tqdm.__module__ == "tqdm.notebook"
    # None: only where the stream is a terminal.
    disable = not progress if progress is not None else (False if in_notebook else None)
    return tqdm(total=total, unit="run", disable=disable)
