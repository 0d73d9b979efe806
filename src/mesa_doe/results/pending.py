"""What is said of runs that are pending or failed: how the numbers that they lack are to be had."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mesa_doe.analysis.incomplete import RUN_AGAIN, IncompleteError
from mesa_doe.errors import counted, warn

if TYPE_CHECKING:
    from mesa_doe.results.results import Results

__all__ = ["explained", "tell_of_pending", "what_to_do"]


def what_to_do(results: Results) -> str:
    """Say, in a sentence or two without the last full stop, how to get the numbers that are missing."""
    failed = len(results.failures)
    left_out = _left_out(results)
    if not results.pending and not left_out:
        return RUN_AGAIN if failed else "No run failed: let the model report a number there"
    stored = results.study is not None
    if results.pending:
        told = f"{results.pending} of {counted(len(results.configurations), 'run')} are pending: "
        told += "run the study to its end" if stored else "run all of them"
    else:
        points = len(results.design or ())
        told = f"A part of the configurations was run, without {left_out} of {points} points: run all of them"
    if not failed:
        return told
    # Which runs what is pending, too.
    both = "; resume='failed' runs all of these" if stored else ""
    return f"{told}. {failed} failed: look at results.failures{both}"


def _left_out(results: Results) -> int:
    """Return of how many points of the design no run was asked for."""
    return 0 if results.design is None else len(results.design) - results.runs["point"].nunique()


def tell_of_pending(results: Results, caller: str) -> None:
    """Warn that some runs are pending, for what makes do with those that there are."""
    if results.pending:
        warn(f"results.{caller} reads the runs that are recorded. {what_to_do(results)}")


@contextmanager
def explained(results: Results) -> Generator[None]:
    """Let an analysis that lacks values say what these runs need, which it does not see itself."""
    try:
        yield
    except IncompleteError as error:
        if not results.pending and not _left_out(results):
            raise
        raise IncompleteError(error.found, error.way, what_to_do(results)) from None
