"""Why runs carry no design, and how they are analysed all the same."""

from __future__ import annotations

from pathlib import Path

from mesa_doe.errors import AnalysisError
from mesa_doe.study.reading import read_document

__all__ = ["missing_design"]


def missing_design(study: Path | None) -> AnalysisError:
    """Return the error of an analysis that is asked of runs without a design.

    Parameters
    ----------
    study : Path or None
        Folder of the study; None where the runs are kept in memory.

    Returns
    -------
    AnalysisError

    Examples
    --------
    >>> str(missing_design(None)).partition(",")[0]
    'these runs carry no design'
    """
    design = None if study is None else read_document(study)["plan"]["design"]
    if not design:
        return AnalysisError(
            "these runs carry no design, which design.configurations(...) and its slices have, and a list of "
            "runs has not; give it with design=design"
        )
    return AnalysisError(
        f"these runs carry no design: the design of the study could not be saved ({design['why']}). Analyse "
        "them in the script that made it, which has the design: give it with design=design, or call its "
        "BatchRunner(..., store=...).run_all() again, which runs nothing that is recorded"
    )
