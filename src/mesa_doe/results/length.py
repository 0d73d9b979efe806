"""How long runs lasted, as an output beside those that models report."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mesa_doe.errors import AnalysisError

__all__ = ["LENGTH", "lengths", "one_length"]

#: The column of the runs that is an output too, if no reporter is called so.
LENGTH = "steps"


def lengths(runs: pd.DataFrame, at: Any, reduce: Any) -> pd.Series[Any]:
    """Return how many steps each run made that is ok.

    Parameters
    ----------
    runs : DataFrame, index ``run_id``
        As ``results.runs``.
    at, reduce : as of :meth:`Results.output`
        Only the defaults.

    Returns
    -------
    Series, index ``run_id``

    Raises
    ------
    AnalysisError
        If another number of a run is asked for, as there is one only.

    Examples
    --------
    >>> lengths(pd.DataFrame({"status": ["ok", "failed"], "steps": [7, 3]}), "final", None).tolist()
    [7.0]
    """
    if at != "final":
        raise one_length(f"leave out at={at!r}")
    if reduce is not None:
        raise one_length(f"leave out reduce={reduce!r}")
    ok: pd.Series[Any] = runs.loc[runs["status"] == "ok", LENGTH].astype(float)
    return ok


def one_length(instead: str) -> AnalysisError:
    """Return the error of a call that takes how long runs lasted for a series."""
    return AnalysisError(f"{LENGTH!r} is how long each run lasted, one number a run: {instead}")
