"""How the runs of a batch are called in their study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mesa_doe.configurations import Configurations, RunConfiguration
from mesa_doe.study.ledger import Ints

__all__ = ["Numbering"]


@dataclass(frozen=True)
class Numbering:
    """How the runs of a batch are called in their study: by point and iteration, or (a list) by run id.

    Parameters
    ----------
    replications : int
        1 for a list, whose run ids take the place of points.
    runs : range or ndarray of int
        point × replications + iteration of each run of the batch, in order.
    """

    replications: int
    runs: range | Ints

    @classmethod
    def of(cls, configurations: Sequence[RunConfiguration]) -> Numbering:
        """Return the numbering of a batch."""
        if isinstance(configurations, Configurations):
            return cls(configurations.replications, configurations.runs)
        return cls(1, np.array([one.run_id for one in configurations], dtype=np.int64))

    def keys(self, positions: Ints) -> tuple[Ints, Ints]:
        """Return point and iteration of the runs at some positions."""
        points, iterations = np.divmod(np.asarray(self.runs)[positions], self.replications)
        return points, iterations

    def positions(self, points: Ints, iterations: Ints) -> Ints:
        """Return where in the batch runs are; -1 for those that are not in it."""
        numbers = np.where(iterations < self.replications, points * self.replications + iterations, -1)
        runs = np.asarray(self.runs)
        found = np.minimum(np.searchsorted(runs, numbers), len(runs) - 1)
        return np.where(runs[found] == numbers, found, -1)
