"""How long runs lasted, as an output beside those that models report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from mesa_doe.errors import AnalysisError

if TYPE_CHECKING:
    from mesa_doe.results.results import Results

__all__ = ["LENGTH", "is_length", "lengths", "one_length", "took_steps"]

#: The column of the runs that is an output too, if no reporter is called so.
LENGTH = "steps"


def took_steps(results: Results) -> bool:
    """Whether any run made a step."""
    return bool((results.runs["steps"] > 0).any())


def is_length(results: Results, name: Any) -> bool:
    """Whether a name is that of how long runs lasted, and no reporter's."""
    if not (isinstance(name, str) and name == LENGTH and took_steps(results)):
        return False
    return not any(name in frame.columns for frame in (results.model, *results.agents.values()))


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
