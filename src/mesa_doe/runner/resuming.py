"""What a study that has recorded runs does not let a batch do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mesa_doe.configurations import RunConfiguration
from mesa_doe.errors import StudyError, counted
from mesa_doe.study import Ints, Plan, Records, StudyWriter

__all__ = ["check_none_failed", "check_whole"]


def check_whole(plan: Plan, study: StudyWriter) -> None:
    """Refuse to begin a study afresh with a part of its runs.

    Raises
    ------
    StudyError
    """
    if not plan.covers(study.plan):
        raise StudyError(
            "resume='all' sets all recorded runs of a study aside, and these are "
            f"{len(plan.numbering.runs)} of the {len(study.plan.numbering.runs)} runs of that in "
            f"{str(study.path)!r}: give it the configurations of all runs, or another folder for these"
        )


def check_none_failed(
    configurations: Sequence[RunConfiguration], records: Records | None, share: Ints
) -> None:
    """Refuse to go on, as a batch would have stopped at the first failure, where one is recorded.

    Parameters
    ----------
    configurations : sequence of RunConfiguration
    records : Records or None
    share : ndarray of int
        Positions of the runs that the batch is to make or to find recorded.

    Raises
    ------
    StudyError
    """
    if records is None or not len(failed := np.intersect1d(records.positions[~records.ok], share)):
        return
    told = records.outcome(("error_type", "error"))
    row = int(np.searchsorted(records.positions, failed[0]))
    raise StudyError(
        f"{counted(len(failed), 'recorded run')} failed, the first is run "
        f"{configurations[int(failed[0])].run_id}: {told['error_type'][row]}: {told['error'][row]}\n"
        "on_error='raise' stops there: make what failed again with resume='failed', or go on with "
        "on_error='record'"
    )
