"""The tables of a study as CSV files with a schema, written in run order with few shards in memory at once.

A shard is some of the runs, and several writers may have taken turns. So a table is read twice: first for the
type that each column has over all runs, then, shard by shard, for the rows that no later shard can precede.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.columns import Table, as_column
from mesa_doe.configurations import column_names
from mesa_doe.seeding import SeedPlan
from mesa_doe.study.constants import constant_values
from mesa_doe.study.folder import StudyFolder
from mesa_doe.study.plan import Plan
from mesa_doe.study.records import Place, Records
from mesa_doe.study.shards import RUN_COLUMNS, ShardFile

__all__ = ["TableFile", "distinct", "table_files"]

# Each holds all values of those before it.
_KINDS = "bifO"
_DTYPES: dict[str, Any] = {"b": np.bool_, "i": np.int64, "f": np.float64, "O": object}
_TYPES = {"b": "boolean", "i": "integer", "f": "number", "O": "string"}
# As RFC 4180 and Data Package have it; and only so is a bare carriage return in a text quoted.
_END = "\r\n"

_DESCRIPTIONS = {
    "run_id": "number of the run",
    "point": "number of the design point",
    "iteration": "which replication of the point, from 0",
    "seed": "of the model; 128 bits, so a text",
    "status": "ok, failed, timeout or crashed",
    "origin": "what the model did when it failed",
    "wall_time": "seconds that the run took",
    "steps": "that the model made",
}


@dataclass(frozen=True)
class TableFile:
    """A table as a CSV file.

    Parameters
    ----------
    name : str
        Of the file, without its ending.
    title : str
    kinds : mapping of str to str
        Column → kind of its numpy type: ``b``, ``i``, ``f`` or ``O``, which is text.
    frames : callable
        Returns an iterator over the rows, in order.
    key : str, optional
        The column that names a row.
    refers : mapping of str to str
        Column → name of the table of which it is the key.
    """

    name: str
    title: str
    kinds: Mapping[str, str]
    frames: Callable[[], Iterator[pd.DataFrame]]
    key: str | None = None
    refers: Mapping[str, str] = field(default_factory=dict)

    def csv(self) -> Iterator[bytes]:
        """Yield the file, piece by piece. What is missing is empty, as is an empty text."""
        yield _csv(pd.DataFrame(columns=list(self.kinds)), header=True)
        for frame in self.frames():
            yield _csv(frame, header=False)

    def schema(self) -> dict[str, Any]:
        """Return the Table Schema of the file."""
        fields = []
        for name, kind in self.kinds.items():
            one = {"name": name, "type": _TYPES[kind]}
            # Elsewhere these may be names of the user's.
            if name in _DESCRIPTIONS and (self.name == "runs" or name == self.key):
                one["description"] = _DESCRIPTIONS[name]
            fields.append(one)
        found: dict[str, Any] = {"fields": fields, "missingValues": [""]}
        if self.key is not None:
            found["primaryKey"] = self.key
        if self.refers:
            found["foreignKeys"] = [
                {"fields": column, "reference": {"resource": table, "fields": column}}
                for column, table in self.refers.items()
            ]
        return found


def table_files(study: StudyFolder) -> list[TableFile]:
    """Return all tables of a study: runs, points, model, agents of each type, and the named tables."""
    records = study.records(study.plan.numbering)
    known = [("model", "")]
    known += [(kind, name) for kind in ("agents", "table") for name in records.names(kind)]
    titles = [f"{kind} {name}".rstrip() for kind, name in known]
    names = distinct([_plain(title) for title in titles])
    runs = _runs(study.plan, records)
    points = [_points(study.plan)] if "point" in runs.refers else []
    return [
        runs,
        *points,
        *(
            _reported(records, kind, table, name, title)
            for (kind, table), name, title in zip(known, names, titles, strict=True)
        ),
    ]


def distinct(names: Sequence[str]) -> list[str]:
    """Append numbers to names that some file system, which does not tell case, takes for one.

    Examples
    --------
    >>> distinct(["wolf", "Wolf", "wolf-2", "sheep"])
    ['wolf', 'Wolf-3', 'wolf-2', 'sheep']
    """
    wanted, used, found = {name.casefold() for name in names}, set[str](), []
    for name in names:
        free, number = name, 1
        while free.casefold() in used or (free != name and free.casefold() in wanted):
            number += 1
            free = f"{name}-{number}"
        used.add(free.casefold())
        found.append(free)
    return found


def _plain(name: str) -> str:
    """Write a name in the letters that a resource of a data package may have.

    Examples
    --------
    >>> _plain("agents Wolf"), _plain("table ../Tode")
    ('agents-wolf', 'table-..-tode')
    """
    kept = (letter if letter in ".-_" or (letter.isascii() and letter.isalnum()) else "-" for letter in name)
    return "".join(kept).lower()


def _csv(frame: pd.DataFrame, *, header: bool) -> bytes:
    texts: dict[str, Any] = {
        str(name): column.astype(object).where(~np.isinf(column), np.where(column > 0, "INF", "-INF"))
        for name, column in frame.items()
        if column.dtype.kind == "f" and np.isinf(column).any()
    }
    text: str = frame.assign(**texts).to_csv(index=False, header=header, lineterminator=_END)
    return text.encode("utf-8")


# ---- runs and points --------------------------------------------------------------------------------------


def _runs(plan: Plan, records: Records) -> TableFile:
    constants = constant_values(plan.document["constants"])
    columns = column_names([*plan.document["parameters"], *constants])
    own = plan.parameters
    values = {name: _constant(value) for name, value in constants.items()}
    kinds = [_kind(dtype) for dtype in own.dtypes] + [_kind(array.dtype) for array in values.values()]
    outcomes = {name: "f" if name == "wall_time" else "O" for name in RUN_COLUMNS}
    outcomes["steps"] = "i" if _whole_steps(records) else "f"

    def part(place: Place) -> pd.DataFrame:
        order = np.argsort(place.positions)
        frame, rows = _keys(plan, place.positions[order])
        arrays = [column.to_numpy()[rows] for _, column in own.items()]
        arrays += [np.repeat(array, len(frame)) for array in values.values()]
        filled: dict[str, Any] = dict(zip(columns, arrays, strict=True))
        found = ShardFile(records.folder / place.shard).columns(RUN_COLUMNS)
        for name in RUN_COLUMNS:
            column = np.array(found[name], dtype=_DTYPES["f" if name == "steps" else outcomes[name]])
            filled[name] = column[place.rows][order].astype(_DTYPES[outcomes[name]])
        return pd.concat([frame, pd.DataFrame(filled, index=frame.index)], axis=1)

    has_points = plan.document["kind"] == "design"
    return TableFile(
        "runs",
        "runs, and what went wrong",
        {"run_id": "i", "point": "i", "iteration": "i", "seed": "O",
         **dict(zip(columns, kinds, strict=True)), **outcomes},
        lambda: _in_run_order(records, part),
        key="run_id",
        refers={"point": "points"} if has_points else {},
    )  # fmt: skip


def _keys(plan: Plan, positions: Any) -> tuple[pd.DataFrame, Any]:
    """Return the first columns of some runs, and their rows in the table of the plan."""
    numbering, table = plan.numbering, plan.table
    run_ids = np.asarray(numbering.runs)[positions]
    frame = pd.DataFrame({"run_id": run_ids})
    if plan.document["kind"] == "list":
        rows = table.index.get_indexer(pd.Index(run_ids))
        # A run that was built by hand may have no point.
        frame["point"] = pd.to_numeric(table["point"].iloc[rows]).astype("Int64").array
        frame["iteration"] = table["iteration"].to_numpy()[rows]
        frame["seed"] = table["seed"].to_numpy()[rows]
        return frame, rows
    points, iterations = numbering.keys(positions)
    rows = table.index.get_indexer(pd.Index(points))
    units = table["seed_unit"].to_numpy()[rows]
    seeds = np.empty(len(frame), dtype=object)
    for iteration in np.unique(iterations).tolist():
        where = iterations == iteration
        chosen = SeedPlan(int(plan.document["seed_root"]), units[where], plan.document["seed_policy"])
        seeds[where] = [str(seed) for seed in chosen.seeds(slice(None), iteration)]
    return frame.assign(point=points, iteration=iterations, seed=seeds), rows


def _points(plan: Plan) -> TableFile:
    names = column_names(plan.document["parameters"], ("point",))
    frame = plan.parameters.set_axis(names, axis=1).rename_axis("point").reset_index()
    kinds = {str(name): _kind(column.dtype) for name, column in frame.items()}
    return TableFile("points", "points of the design", kinds, lambda: iter([frame]), key="point")


def _constant(value: Any) -> Any:
    array, _ = as_column([value])
    return np.array([None], dtype=object) if array is None else array


def _kind(dtype: Any) -> str:
    return dtype.kind if dtype.kind in _DTYPES else "O"


def _whole_steps(records: Records) -> bool:
    for place in records.places:
        steps = ShardFile(records.folder / place.shard).columns(["steps"])["steps"][place.rows]
        if not (np.isfinite(steps) & (steps == np.floor(steps))).all():
            return False
    return True


# ---- what models reported ---------------------------------------------------------------------------------


def _reported(records: Records, kind: str, table: str, name: str, title: str) -> TableFile:
    kinds = _kinds_of(records, kind, table)

    def part(place: Place) -> pd.DataFrame:
        found = records.part(place, kind, table) or Table()
        for column, its in kinds.items():
            # An array of no rows: what the part has of the column becomes what the whole has.
            found.segments.setdefault(column, []).append((found.rows, np.empty(0, _DTYPES[its])))
            found.born.setdefault(column, (0, 0))
        return found.to_frame()[["run_id", *kinds]]

    return TableFile(
        name, title, {"run_id": "i", **kinds}, lambda: _in_run_order(records, part), refers={"run_id": "runs"}
    )


def _kinds_of(records: Records, kind: str, name: str) -> dict[str, str]:
    """Return the columns of a table in their order, and the kinds that they have over all runs."""
    born: dict[str, tuple[int, int]] = {"step": (-1, 0)} if kind == "model" else {}
    widths = dict.fromkeys(born, -1)
    filled = dict.fromkeys(born, 0)
    rows = 0
    for place in records.places:
        table = records.part(place, kind, name)
        if table is None:
            continue
        rows += table.rows
        for column, segments in table.segments.items():
            born[column] = min(table.born[column], born.get(column, table.born[column]))
            found = [_KINDS.index(array.dtype.kind) for _, array in segments]
            widths[column] = max([*found, widths.get(column, -1)])
            filled[column] = filled.get(column, 0) + sum(len(array) for _, array in segments)
    gap = _KINDS.index("f")
    for column, width in widths.items():
        if width < 0 or filled[column] < rows:
            widths[column] = max(width, gap)
    return {column: _KINDS[widths[column]] for column in sorted(born, key=born.__getitem__)}


def _in_run_order(records: Records, part: Callable[[Place], pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Yield the rows of all shards by ``run_id``; ``part`` returns those of one, ordered."""
    runs = np.asarray(records.numbering.runs)
    places = sorted(records.places, key=lambda place: int(place.positions.min()))
    waiting: list[pd.DataFrame] = []
    for place, following in zip_longest(places, places[1:]):
        waiting.append(part(place))
        ends = [
            len(frame) if following is None else
            int(np.searchsorted(frame["run_id"].to_numpy(), runs[following.positions.min()]))
            for frame in waiting
        ]  # fmt: skip
        ready = [frame.iloc[:end] for frame, end in zip(waiting, ends, strict=True) if end]
        waiting = [frame.iloc[end:] for frame, end in zip(waiting, ends, strict=True) if end < len(frame)]
        if len(ready) == 1:
            yield ready[0]
        elif ready:
            yield pd.concat(ready).sort_values("run_id", kind="stable")
