"""The plan of a study: all that decides its runs, as JSON and a table, to be held against another."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe._optional import require
from mesa_doe.columns import as_column, free_names
from mesa_doe.configurations import Configurations, RunConfiguration
from mesa_doe.design import Design
from mesa_doe.design.comparing import check_same
from mesa_doe.design.document import arrays_of, document_of
from mesa_doe.design.twins import deduplicated
from mesa_doe.errors import DesignError, SpaceError, StudyError, counted
from mesa_doe.seeding import SeedPlan, holds_drawn_root
from mesa_doe.space.values import plain
from mesa_doe.study.constants import constant_values, described_constant
from mesa_doe.study.numbering import Numbering
from mesa_doe.study.plan_differences import model_differences, setting_differences, space_differences
from mesa_doe.study.reading import DESIGN, ORIGIN, TABLE
from mesa_doe.study.stored_model import Document, StoredModel, described_model, known_outputs
from mesa_doe.study.whole_file import whole_file

__all__ = ["Plan", "plan_of"]

_NAMES = b"mesa_doe.columns"
# How many rows that differ are shown.
_SHOWN = 3
# How many points are held against the design's: those of another one differ from the first on.
_ENOUGH = 1000


@dataclass
class Plan:
    """All that decides the runs of a study.

    Parameters
    ----------
    document : dict
        What JSON holds.
    table : DataFrame
        One row a design point (index: its number), or a run of a list (index: its run id); what is no
        number as text.
    design : Design or None
    drawn : tuple of str
        Which of ``"points"`` and ``"seeds"`` come from ``rng=None``: the same script makes others next time.
    """

    document: Document
    table: pd.DataFrame
    design: Design | None = None
    drawn: tuple[str, ...] = ()

    def write(self, folder: Path) -> None:
        """Write design and table into the folder of a study; the document goes into its study.json."""
        pa, pq = require("pyarrow", extra="store"), require("pyarrow.parquet", extra="store")
        # The design first, as who reads meanwhile looks up the points of the table in it.
        if self.document["design"] and self.document["design"]["saved"] and self.design is not None:
            origin = self.design.origin
            name, design = (DESIGN, self.design) if origin is None else (ORIGIN, origin)
            with whole_file(folder / name) as file:
                design.to_parquet(file)
        arrays = [pa.array(self.table.index.to_numpy())]
        arrays += [pa.array(column.to_numpy(), from_pandas=False) for _, column in self.table.items()]
        names = [self.table.index.name, *self.table.columns]
        table = pa.table(arrays, names=names).replace_schema_metadata({_NAMES: json.dumps(names)})
        with whole_file(folder / TABLE) as file:
            pq.write_table(table, file, write_page_checksum=True)

    @classmethod
    def read(cls, folder: Path, document: Document, longer: Mapping[str, Any] | None = None) -> Plan:
        """Read the plan of a study.

        Raises
        ------
        StudyError
            If a file is missing or damaged.
        """
        pa, pq = require("pyarrow", extra="store"), require("pyarrow.parquet", extra="store")
        # Absolute: pyarrow takes "study:1" for a URI.
        place = folder.absolute()
        try:
            stored = pq.read_table(place / TABLE, page_checksum_verification=True)
            names = json.loads(stored.schema.metadata[_NAMES])
            columns = [column.to_numpy() for column in stored.columns]
            table = pd.DataFrame(index=pd.Index(columns[0], name=names[0]))
            for name, column in zip(names[1:], columns[1:], strict=True):
                table[name] = pd.Series(column, index=table.index, dtype=column.dtype)
            design = _read_design(place, document, longer)
            plan = cls(document, table, design)
            if not plan._is_of_one_design():
                raise ValueError(f"its design is not that of the points in {TABLE}")
        except (pa.ArrowException, OSError, ValueError, KeyError, TypeError) as error:
            closed = next((one for one in (error, error.__cause__) if isinstance(one, PermissionError)), None)
            how = f"is damaged: {error}" if closed is None else f"cannot be read: {closed}"
            raise StudyError(f"the study in {str(folder)!r} {how}") from error
        return plan

    def _is_of_one_design(self) -> bool:
        """Whether the points of the table are points of the design."""
        if self.design is None:
            return True
        points = self.table.index
        if not points.isin(range(len(self.design))).all():
            return False
        columns = {name: column for name, column in self._parameters() if name in self.design.space.names}
        if not columns:  # all are constants
            return True
        first = points[:_ENOUGH]
        own = self.design.points.iloc[first]
        expected, _ = _table("point", first, {}, {name: own[name] for name in columns})
        found = self.table.loc[first, [*columns.values()]].set_axis([*columns], axis=1)
        try:
            check_same(found, expected, Path(TABLE))
        except DesignError:
            return False
        return True

    def differences(self, new: Plan, *, any_source: bool = False) -> list[str]:
        """Return why the runs of another plan are not those of this one, a sentence each.

        More points, replications or runs are none: that is how a study grows.

        Parameters
        ----------
        new : Plan
        any_source : bool
            Whether the code of the models may differ.
        """
        old = self.document
        found = setting_differences(old, new.document)
        for one, other in zip(old["models"], new.document["models"], strict=False):
            found += model_differences(one, other, any_source)
        if len(old["models"]) != len(new.document["models"]):
            counts = [counted(len(one["models"]), "model") for one in (old, new.document)]
            found.append(f"the runs were of {counts[0]}, are of {counts[1]}")
        found += space_differences(old["design"] or {}, new.document["design"] or {})
        return found or self._row_differences(new)

    def covers(self, other: Plan) -> bool:
        """Whether all runs of another plan are runs of this one, by their names."""
        one, two = self.numbering, other.numbering
        return bool((one.positions(*two.keys(np.arange(len(two.runs)))) >= 0).all())

    @property
    def id(self) -> str:
        """What a study that is made of it is called: the same, whichever part of an array makes it."""
        told = hashlib.sha256(json.dumps(self.document, sort_keys=True).encode())
        told.update(pd.util.hash_pandas_object(self.table).to_numpy().tobytes())
        return told.hexdigest()[:32]

    @property
    def numbering(self) -> Numbering:
        """How its runs are called."""
        runs = self.document["runs"]
        return Numbering(
            self.document["replications"], self.table.index.to_numpy() if runs is None else range(*runs)
        )

    def configurations(self) -> Sequence[RunConfiguration]:
        """Return the runs, with their models named and not loaded: see :class:`StoredModel`."""
        if self.document["kind"] == "list":
            return self._list()
        known, rows = self.document, self.table
        design = self.design
        points = int(rows.index[-1]) + 1 if design is None else len(design)
        units = np.zeros(points, dtype=np.int64)
        units[rows.index] = rows["seed_unit"]
        if design is None:
            # A part of a study has not all points; those that it lacks are in none of its runs.
            whole = rows.reindex(np.arange(points), method="bfill")
            columns = {name: whole[column].to_numpy() for name, column in self._parameters()}
        else:
            columns = {name: design.points[name].to_numpy() for name in design.space.names}
            columns |= design.space.derived_columns(design.points)
        configurations = Configurations(
            StoredModel(known["models"][0], known["inexact"] if design is None else ()),
            columns,
            constants=constant_values(known["constants"]) if design is None else design.space.constants,
            replications=known["replications"],
            seeds=SeedPlan(int(known["seed_root"]), units, known["seed_policy"]),
            max_steps=known["max_steps"],
            data_collection_period=known["data_collection_period"],
            outputs=known_outputs(known["models"][0]["outputs"]),
            design=design,
        )
        return configurations[slice(*known["runs"])]

    def _list(self) -> list[RunConfiguration]:
        models = [StoredModel(one, self.document["inexact"]) for one in self.document["models"]]
        settings = ("point", "iteration", "max_steps", "data_collection_period")
        parameters = self._parameters()
        found = []
        for row in self.table.reset_index().to_dict("records"):
            own = {name: None if pd.isna(row[name]) else int(row[name]) for name in settings}
            seed = row["seed"]
            found.append(
                RunConfiguration(
                    models[int(row["model"])],
                    run_id=int(row["run_id"]),
                    parameters={name: row[column] for name, column in parameters},
                    seed=int(seed) if isinstance(seed, str) else None,
                    **own,  # type: ignore[arg-type]
                )
            )
        return found

    @property
    def parameters(self) -> pd.DataFrame:
        """The columns of the table that are parameters: the last ones."""
        return self.table.iloc[:, self.table.shape[1] - len(self.document["parameters"]) :]

    def _parameters(self) -> list[tuple[str, str]]:
        return list(zip(self.document["parameters"], self.parameters.columns, strict=True))

    def _row_differences(self, new: Plan) -> list[str]:
        if not self.covers(new) and not new.covers(self):
            return ["neither has all the runs of the other: use one folder for each, or run the whole"]
        shared = self.table.index.intersection(new.table.index)
        one, other = self.table.loc[shared], new.table.loc[shared]
        found = []
        for name in one.columns:
            before, after = one[name].to_numpy(), other[name].to_numpy()
            same = (before == after) | ((before != before) & (after != after))
            for row in np.flatnonzero(~same)[:_SHOWN].tolist():
                where = f"{one.index.name} {shared[row]}"
                found.append(f"{name} of {where} was {plain(before[row])!r}, is {plain(after[row])!r}")
        return found


def plan_of(configurations: Sequence[RunConfiguration]) -> Plan:
    """Write down what decides the runs of a batch."""
    if isinstance(configurations, Configurations):
        return _plan_of_design(configurations)
    return _plan_of_list(configurations)


def _plan_of_design(configurations: Configurations) -> Plan:
    columns = configurations.columns
    points = np.arange(len(configurations.seeds.units)) + configurations.first_point
    table, inexact = _table("point", points, {"seed_unit": configurations.seeds.units}, columns)
    design = configurations.design
    constants = {name: described_constant(value) for name, value in configurations.constants.items()}
    document = {
        "kind": "design",
        "models": [described_model(configurations)],
        "parameters": [*columns],
        "constants": constants,
        "inexact": [*inexact, *(name for name, one in constants.items() if "text" in one)],
        "max_steps": configurations.max_steps,
        "data_collection_period": configurations.data_collection_period,
        "seed_policy": configurations.seed_policy,
        # As text: JSON's numbers end at 2**53 in many readers.
        "seed_root": str(configurations.seeds.root),
        "replications": configurations.replications,
        "runs": [configurations.runs.start, configurations.runs.stop, configurations.runs.step],
        "design": _design_document(design),
    }
    roots = {"points": {} if design is None else design.options, "seeds": configurations.seeds.root}
    return Plan(document, table, design, tuple(what for what in roots if holds_drawn_root(roots[what])))


def _plan_of_list(configurations: Sequence[RunConfiguration]) -> Plan:
    models: dict[Any, int] = {}
    for one in configurations:
        models.setdefault(_key(one), len(models))
    first = {_key(one): one for one in reversed(configurations)}
    names = list(dict.fromkeys(name for one in configurations for name in one.parameters))
    settings = ("point", "iteration", "seed", "max_steps", "data_collection_period")
    ours: dict[str, Any] = {name: [_setting(one, name) for one in configurations] for name in settings}
    ours["model"] = [models[_key(one)] for one in configurations]
    columns = {name: [one.parameters.get(name) for one in configurations] for name in names}
    table, inexact = _table("run_id", [one.run_id for one in configurations], ours, columns)
    # Not given is not None, and in the table both are a gap.
    absent = [name for name in names if any(name not in one.parameters for one in configurations)]
    document: Document = {
        "kind": "list", "models": [described_model(first[key]) for key in models], "parameters": names,
        "constants": {}, "inexact": list(dict.fromkeys([*inexact, *absent])),
        "max_steps": None, "data_collection_period": None, "seed_policy": None, "seed_root": None,
        "replications": 1, "runs": None, "design": None,
    }  # fmt: skip
    return Plan(document, table)


def _key(one: RunConfiguration) -> Any:
    outputs: Any = one.outputs
    if isinstance(outputs, Mapping):
        outputs = tuple((name, id(value) if callable(value) else value) for name, value in outputs.items())
    elif isinstance(outputs, (list, tuple)):
        outputs = tuple(outputs)
    elif callable(outputs):
        outputs = id(outputs)
    return one.model_cls, one.scenario_cls, outputs


def _setting(one: RunConfiguration, name: str) -> Any:
    value = getattr(one, name)
    return str(int(value)) if name == "seed" and value is not None else value


def _table(
    index: str, numbers: Any, ours: Mapping[str, Any], parameters: Mapping[str, Any]
) -> tuple[pd.DataFrame, list[str]]:
    """Return columns as numbers, bools and text, and the parameters that would not come back as they were.

    Columns of ours keep their names, and a parameter gets one that is free.
    """
    frame = pd.DataFrame(index=pd.Index(np.asarray(numbers, dtype=np.int64), name=index))
    inexact = []
    names = free_names(parameters, [index, *ours], "_parameter")
    for name, values in ours.items():
        frame[name], _ = _stored(values, frame.index)
    for name, (own, values) in zip(names, parameters.items(), strict=True):
        frame[name], is_exact = _stored(values, frame.index)
        inexact += [own] * (not is_exact)
    return frame, inexact


def _stored(values: Any, index: pd.Index[Any]) -> tuple[pd.Series[Any], bool]:
    """Return a column as a file holds it, and whether every value comes back as what it is."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "bif":
        return pd.Series(values, index=index, dtype=values.dtype), True
    items = [plain(value) for value in values]
    array, _ = as_column(items)
    kinds = set(map(type, items))
    if array is None:
        array = np.full(len(index), None, dtype=object)
    kept = {bool: "b", int: "i", float: "f", str: "O", type(None): "O"}
    is_exact = len(kinds) == 1 and kept.get(kinds.pop()) == array.dtype.kind
    return pd.Series(array, index=index, dtype=array.dtype), is_exact


def _design_document(design: Design | None) -> Document | None:
    if design is None:
        return None
    origin = design if design.origin is None else design.origin
    common = {"method": design.method, "factors": [*design.factors], "points": len(design)}
    try:
        known = document_of(origin, arrays_of(origin))
    except (DesignError, SpaceError) as error:
        return {**common, "saved": False, "why": str(error)}
    return {
        **common,
        "saved": True,
        "options": known["options"],
        "groups": known["groups"],
        "space": known["space"],
        "twins": None if design.origin is None else bool(design.options["across_blocks"]),
    }


def _read_design(folder: Path, document: Document, longer: Mapping[str, Any] | None) -> Design | None:
    described = document["design"]
    if not described or not described["saved"]:
        return None
    if described["twins"] is None:
        return Design.from_parquet(folder / DESIGN, longer=longer)
    origin = Design.from_parquet(folder / ORIGIN, longer=longer)
    return deduplicated(origin, across_blocks=described["twins"])
