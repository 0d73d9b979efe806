"""The error of outputs that lack values: an analysis says what it found, and who knows why, what to do."""

from __future__ import annotations

from mesa_doe.errors import AnalysisError

__all__ = ["RUN_AGAIN", "IncompleteError"]

#: What to do as far as an analysis of an array can tell: it does not see runs that are pending.
RUN_AGAIN = "Look at results.failures and run what failed again (resume='failed' in a study, or retries=)"


class IncompleteError(AnalysisError):
    """Outputs that lack values.

    Parameters
    ----------
    found : str
        What is missing, without a full stop.
    way : str, default ""
        How to go on without, if there is a way.
    remedy : str, default RUN_AGAIN
        What to do, a sentence without its full stop.

    Examples
    --------
    >>> str(IncompleteError("2 points lack a value", "leave them out", "2 runs are pending: run them"))
    '2 points lack a value. 2 runs are pending: run them; or leave them out'
    """

    def __init__(self, found: str, way: str = "", remedy: str = RUN_AGAIN) -> None:
        super().__init__(found, way, remedy)  # with which it is pickled
        self.found, self.way, self.remedy = found, way, remedy

    def __str__(self) -> str:
        return f"{self.found}. {self.remedy}{f'; or {self.way}' if self.way else ''}"
