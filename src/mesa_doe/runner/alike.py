"""Whether runs with the same parameters gave the same, read off what is recorded of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.columns import Table
from mesa_doe.configurations import Configurations, RunConfiguration
from mesa_doe.design import Design
from mesa_doe.design.twins import first_of_twins, identities
from mesa_doe.results import Noise
from mesa_doe.runner.checks import model_key
from mesa_doe.runner.gathered import Gathered
from mesa_doe.study import Ints, Numbering, Records

__all__ = ["Groups", "few_valued", "has_relatives", "needless_runs", "recorded_noise"]

# How many runs tell whether an output has few values.
_ENOUGH = 30


def recorded_noise(
    configurations: Sequence[RunConfiguration], records: Records | Gathered, names: Collection[str]
) -> dict[str, Noise]:
    """Return the noise of those outputs of the model that differ between runs with the same parameters.

    Parameters
    ----------
    configurations : sequence of RunConfiguration
    records : Records or Gathered
        Read part by part, and no further than needed.
    names : collection of str
        Which outputs to look at.

    Returns
    -------
    dict of str to {"seeded", "unseeded"}
        By output, of those that differ: between runs of several seeds, or of one seed too.
    """
    kin, twins = map(Groups, _relatives(configurations))
    numbers = Numbering.of(configurations).runs
    for table in records.parts("model", "") if kin.count else ():
        for groups in (kin, twins):
            groups.look(table, numbers, names)
        if kin.differ.issuperset(names) and (not twins.count or twins.differ.issuperset(names)):
            break
    return {name: "unseeded" if name in twins.differ else "seeded" for name in kin.differ}


def are_alike(configurations: Sequence[RunConfiguration], records: Records | Gathered) -> bool | None:
    """Tell whether runs with the same parameters gave the same in all that is recorded.

    Parameters
    ----------
    configurations : sequence of RunConfiguration
    records : Records or Gathered
        Read part by part, up to the first difference.

    Returns
    -------
    bool or None
        None where there are no two such runs.
    """
    kin, _ = _relatives(configurations)
    numbers = Numbering.of(configurations).runs
    compared = False
    for kind in ("model", "agents", "table"):
        for name in [""] if kind == "model" else records.names(kind):
            groups = Groups(kin)
            for table in records.parts(kind, name) if groups.count else ():
                groups.look(table, numbers)
                if groups.differ:
                    return False
            compared = compared or groups.compared
    return True if compared else None


def has_relatives(configurations: Sequence[RunConfiguration]) -> bool:
    """Tell whether runs differ in their seed alone, so that what is recorded tells what the seed does."""
    if isinstance(configurations, Configurations):
        return configurations.replications > 1 or configurations.seed_policy == "factor"
    points = [one.point for one in configurations if one.point is not None]
    return len(set(points)) < len(points)


def needless_runs(configurations: Sequence[RunConfiguration], records: Records | Gathered) -> str:
    """Say which runs are needless, where in all that is recorded the seed changes nothing."""
    if not isinstance(configurations, Configurations) or not has_relatives(configurations):
        return ""
    alike = are_alike(configurations, records)
    if alike is False:
        return ""
    if configurations.replications > 1:
        same = f"{configurations.replications} replications are the same run"
        all_told, remedy = f"at every point the {same}", "use replications=1"
    else:
        same = "seed is a factor that does nothing"
        all_told = f"in all runs that differ in their seed alone the {same}"
        remedy = "make the design with seed_factor=False"
    if alike:
        return f"{all_told}: the model seems to draw no random numbers; {remedy}"
    return (
        "in the few runs that were repeated, with another seed, the seed changed nothing: if the model "
        f"draws no random numbers, the {same}; {remedy}"
    )


def few_valued(records: Records | Gathered, names: Collection[str]) -> list[str]:
    """Return those outputs of the model whose last values are the same in many runs.

    Runs that agree in one of these may do so by chance; in any other output that is next to impossible.

    Parameters
    ----------
    records : Records or Gathered
        Read until some runs are known.
    names : collection of str
    """
    frames: list[pd.DataFrame] = []
    for table in records.parts("model", ""):
        frames.append(table.to_frame().drop_duplicates("run_id", keep="last"))
        if sum(map(len, frames)) >= _ENOUGH:
            break
    known = pd.concat(frames) if frames else pd.DataFrame()
    return [name for name in names if name in known and known[name].nunique() <= len(known) / 2]


class Groups:
    """Groups of runs, of which the first one of each that is seen is what the others are held against.

    Parameters
    ----------
    of_run : ndarray of int (runs,)
        The group of each run.

    Attributes
    ----------
    count : int
        Of groups that have more than one run.
    differ : set of str
        Columns in which two runs of a group differ.
    compared : bool
        Whether two runs of a group were seen.
    """

    def __init__(self, of_run: Ints) -> None:
        _, group, sizes = np.unique(of_run, return_inverse=True, return_counts=True)
        # A run that is alone has none to be held against.
        number = np.where(sizes > 1, np.cumsum(sizes > 1) - 1, -1)
        self._of_run = number[group]
        self.count = int((sizes > 1).sum())
        self.differ: set[str] = set()
        self.compared = False
        self._first: dict[tuple[str, bool], tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]] = {}

    def look(self, table: Table, numbers: range | Ints, names: Collection[str] | None = None) -> None:
        """Hold the runs of a table against the first ones; ``numbers`` are the ids of all runs, ascending."""
        if not self.count or not table.rows:
            return
        run_ids, digests = _digests(table.to_frame(), names)
        groups = self._of_run[np.searchsorted(np.asarray(numbers), run_ids)]
        member = groups >= 0
        groups = groups[member]
        here, rows = np.unique(groups, return_index=True)
        for key, digest in digests.items():
            empty = np.zeros(self.count, dtype=np.uint64), np.zeros(self.count, dtype=bool)
            first, seen = self._first.setdefault(key, empty)
            digest, new = digest[member], ~seen[here]
            first[here[new]] = digest[rows[new]]
            seen[here] = True
            self.compared = self.compared or len(groups) > int(new.sum())
            if (first[groups] != digest).any():
                self.differ.add(key[0])


def _digests(
    frame: pd.DataFrame, names: Collection[str] | None
) -> tuple[Ints, dict[tuple[str, bool], np.ndarray[Any, np.dtype[np.uint64]]]]:
    """Return a number for each column of each run, by the column's name and whether it is text."""
    run_ids, starts, counts = np.unique(frame["run_id"], return_index=True, return_counts=True)
    # Odd, so that no bit is lost, and another in each row, so that their order counts.
    weights = (2 * (np.arange(len(frame)) - np.repeat(starts, counts)) + 1).astype(np.uint64)
    found = {}
    for name in frame.columns.drop("run_id"):
        if names is None or name in names:
            values = frame[name].to_numpy()
            is_text = values.dtype.kind not in "bif"
            # Whole numbers may be ints in one part and floats in another; a zero is one whatever its sign.
            plain = values.astype(object) if is_text else values.astype(np.float64) + 0.0
            found[name, is_text] = np.add.reduceat(pd.util.hash_array(plain) * weights, starts)
    return run_ids, found


def _relatives(configurations: Sequence[RunConfiguration]) -> tuple[Ints, Ints]:
    """Return for each run the group of those with its parameters, and of those with its seed as well."""
    if not isinstance(configurations, Configurations):
        return _relatives_in_list(configurations)
    points, iterations = np.divmod(np.asarray(configurations.runs), configurations.replications)
    units = configurations.seeds.units[points - configurations.first_point]
    kin, design = points, configurations.design
    if configurations.replications == 1 and isinstance(design, Design):
        # Without the last column: the seed, where it is a factor.
        columns = identities(design)[range(len(design.space.names))]
        # Where all are constants, all points are one.
        kin = first_of_twins(columns)[1][points] if len(columns.columns) else np.zeros_like(points)
    if configurations.seed_policy == "fixed":
        iterations = np.zeros_like(iterations)
    numbers, seeds = np.unique(units, return_inverse=True)
    return kin, (kin * len(numbers) + seeds) * configurations.replications + iterations


def _relatives_in_list(configurations: Sequence[RunConfiguration]) -> tuple[Ints, Ints]:
    """Take a point's number for its parameters, where runs do not differ in their settings."""
    kin: dict[Any, int] = {}
    twins: dict[Any, int] = {}
    groups = []
    for one in configurations:
        run = one.run_id if one.point is None else None
        key = (one.point, run, model_key(one), one.max_steps, one.data_collection_period)
        groups.append((kin.setdefault(key, len(kin)), twins.setdefault((key, one.seed), len(twins))))
    first, second = zip(*groups, strict=True)
    return np.array(first, dtype=np.int64), np.array(second, dtype=np.int64)
