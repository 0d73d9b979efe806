"""What came of one run."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from mesa_doe.columns import Tables

__all__ = ["Run"]


@dataclass(slots=True)
class Run:
    """What came of one run.

    Parameters
    ----------
    run_id : int
    status : {"ok", "failed", "timeout"}
    origin : str
        Where it failed: ``"building"``, ``"stepping"`` or ``"collecting"``; or ``"timeout"``; empty if it
        did not.
    error_type, error, traceback : str
        Of the exception, or empty.
    steps : float
        The model's clock at the end.
    wall_time : float
        Seconds.
    notes : tuple of str
        What the user should hear once.
    data : Tables
        What the model reported, as typed columns.
    exception : Exception or None
        The exception itself, where the run was made in this process.
    """

    run_id: int
    status: str = "ok"
    origin: str = ""
    error_type: str = ""
    error: str = ""
    traceback: str = ""
    steps: float = 0.0
    wall_time: float = 0.0
    notes: tuple[str, ...] = ()
    data: Tables = field(default_factory=Tables, repr=False)
    exception: BaseException | None = field(default=None, repr=False)

    @property
    def model(self) -> pd.DataFrame:
        """The model's time series: ``run_id``, ``step`` and one column a reporter."""
        return self.data.model.to_frame()

    @property
    def agents(self) -> dict[str, pd.DataFrame]:
        """One frame an agent type: ``run_id``, ``step``, ``agent_id`` and one column a reporter."""
        return {name: table.to_frame() for name, table in self.data.agents.items()}

    @property
    def tables(self) -> dict[str, pd.DataFrame]:
        """The collector's tables by name."""
        return {name: table.to_frame() for name, table in self.data.tables.items()}
