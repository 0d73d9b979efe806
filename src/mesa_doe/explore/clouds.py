"""What is drawn and clicked: one point a run, or one a design point, and how many are left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import IntArray
from mesa_doe.design.dependence import dependence_of
from mesa_doe.explore.opened import At, Opened

__all__ = ["MOST", "Cloud", "of_points", "of_runs", "point_of", "run_of"]

#: Of points in a figure: of more, every other or third one is drawn.
MOST = 4000


@dataclass(frozen=True)
class Cloud:
    """Points of a figure.

    Parameters
    ----------
    frame : DataFrame
        Index: the run, or the design point. Columns ``value`` (NaN where there is none) and ``failed``.
    factors : DataFrame
        Of the same rows.
    whole : int
        How many there are, those left out too.
    noun : str
        What they are.
    blocks : ndarray (rows,) of int or None
        Which of them belong together: the points of a block, or the runs of a point.
    """

    frame: pd.DataFrame
    factors: pd.DataFrame
    whole: int
    noun: str
    blocks: IntArray | None = None

    @property
    def left_out(self) -> str:
        """What the page says of points that are not drawn; empty where all are."""
        if len(self.frame) == self.whole:
            return ""
        return f"{len(self.frame):,} of {self.whole:,} {self.noun} are drawn; the table has all."

    def label(self, place: int, output: str) -> str:
        """Return what is said of one point."""
        row, factors = self.frame.iloc[place], self.factors
        settings = ", ".join(f"{name} {_short(factors[name].iloc[place])}" for name in factors)
        value = "failed" if row["failed"] and np.isnan(row["value"]) else f"{output} {_short(row['value'])}"
        return f"{self.noun[:-1]} {self.frame.index[place]}: {value}\n{settings}"


def of_runs(opened: Opened, output: str, at: At) -> Cloud:
    """Return a point a run."""
    runs, factors = opened.results.runs, opened.by_run
    value = opened.values(output, at).reindex(runs.index).astype(np.float64)
    frame = pd.DataFrame({"value": value, "failed": runs["status"] != "ok"})
    frame, whole = _thinned(frame, MOST), len(frame)
    blocks = _blocks(opened, runs.loc[frame.index, "point"])
    return Cloud(frame, factors.loc[frame.index], whole, "runs", blocks)


def of_points(opened: Opened, output: str, at: At) -> Cloud:
    """Return a point a design point, with the mean of its runs; a run of no point is one itself."""
    runs, factors = opened.results.runs, opened.by_run
    if runs["point"].isna().any():
        return of_runs(opened, output, at)
    value = opened.values(output, at).reindex(runs.index).astype(np.float64)
    point = runs["point"].astype(np.int64)
    failed = (runs["status"] != "ok").groupby(point).any()
    frame = pd.DataFrame({"value": value.groupby(point).mean(), "failed": failed})
    first = factors[~point.duplicated()].set_axis(point[~point.duplicated()].to_numpy(), axis=0)
    frame, whole = _thinned(frame, MOST), len(frame)
    return Cloud(frame, first.loc[frame.index], whole, "points", _blocks(opened, frame.index.to_series()))


def _blocks(opened: Opened, points: pd.Series[Any]) -> IntArray | None:
    if points.isna().any():
        return None
    design, numbers = opened.results.design, points.to_numpy(np.int64)
    units = None if design is None else dependence_of(design).units
    return numbers if units is None else units[numbers]


def run_of(opened: Opened, cloud: Cloud, key: int) -> int:
    """Return the run that a click chooses: of a design point its first one that failed, else its first."""
    if cloud.noun == "runs":
        return key
    runs = opened.results.runs
    own = runs[(runs["point"] == key).to_numpy()]
    failed = own[(own["status"] != "ok").to_numpy()]
    return int((failed if len(failed) else own).index[0])


def point_of(opened: Opened, cloud: Cloud, run_id: int | None) -> int | None:
    """Return the key in a cloud of a run that was chosen."""
    if run_id is None or cloud.noun == "runs":
        return run_id
    return int(opened.results.runs.loc[run_id, "point"])  # type: ignore[arg-type]


def _thinned(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return at most so many rows, evenly from the whole.

    Examples
    --------
    >>> _thinned(pd.DataFrame({"a": range(10)}), 4).index.tolist()
    [0, 3, 6, 9]
    """
    if len(frame) <= most:
        return frame
    return frame.iloc[np.linspace(0, len(frame) - 1, most).round().astype(int)]


def _short(value: Any) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.4g}"
    text = str(getattr(value, "__name__", value))
    return text if len(text) <= 40 else f"{text[:39]}…"
