"""What runs gave, gathered in memory: the counterpart of a study's records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from mesa_doe.columns import Table, Tables
from mesa_doe.runner.chunks import Block
from mesa_doe.study import RUN_COLUMNS, Ints, Numbering

__all__ = ["Gathered"]


class Gathered:
    """The finished runs of a batch."""

    def __init__(self) -> None:
        self._blocks: list[tuple[Ints, Block]] = []

    def add(self, positions: Ints, block: Block) -> None:
        """Add the runs of a chunk."""
        if len(positions):
            self._blocks.append((positions, block))

    def records(self, _: Numbering) -> Gathered:
        """Return what is recorded of the batch, whose only runs these are."""
        return self

    def __len__(self) -> int:
        return sum(len(positions) for positions, _ in self._blocks)

    @property
    def positions(self) -> Ints:
        """Of the runs in the batch, ascending."""
        return np.sort(self._all_positions())

    def _all_positions(self) -> Ints:
        return np.concatenate([np.empty(0, np.int64), *(positions for positions, _ in self._blocks)])

    def outcome(self, names: Sequence[str] = RUN_COLUMNS) -> dict[str, list[Any]]:
        """Return columns that runs decide, in the order of :attr:`positions`."""
        order = np.argsort(self._all_positions()).tolist()
        columns = {}
        for name in names:
            values = [value for _, block in self._blocks for value in block.runs[name]]
            columns[name] = [values[row] for row in order]
        return columns

    @cached_property
    def tables(self) -> Tables:
        """What models reported."""
        data = Tables()
        for _, block in sorted(self._blocks, key=lambda one: int(one[0][0])):
            data.extend(block.data)
        return data

    def names(self, kind: str) -> list[str]:
        """Return the names of the tables of one kind: ``"model"``, ``"agents"`` or ``"table"``."""
        return sorted({name for _, block in self._blocks for name in _of_kind(block.data, kind)})

    def parts(self, kind: str, name: str) -> Iterator[Table]:
        """Yield what each chunk gave of a table."""
        for _, block in self._blocks:
            if (table := _of_kind(block.data, kind).get(name)) is not None:
                yield table


def _of_kind(data: Tables, kind: str) -> Mapping[str, Table]:
    return {"model": {"": data.model}, "agents": data.agents, "table": data.tables}[kind]
