"""Axes whose values are objects, not numbers: `Categorical`, `Boolean` and the unvarying `Constant`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mesa_doe.arrays import Array, BoolArray, FloatArray, IntArray
from mesa_doe.space.values import as_column, as_tuple, is_nan, is_number, json_ready, objects, plain, same

__all__ = ["Boolean", "Categorical", "Constant"]


@dataclass(frozen=True, eq=False)
class Categorical:
    """A few objects without order, each drawn its equal share or its weight.

    Parameters
    ----------
    levels : sequence
        At least two different objects of any kind; the model gets the very objects given here.
        Levels are different when their types are: `True` and `1` are two levels.
    weights : sequence of float, optional
        The share of each level; positive, and 1 in sum.

    Examples
    --------
    >>> Categorical(["random", "sequential"], weights=[0.8, 0.2]).from_unit(np.array([0.0, 0.79, 1.0]))
    array(['random', 'random', 'sequential'], dtype=object)
    """

    levels: Sequence[Any]
    weights: Sequence[float] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", as_tuple(self.levels))
        object.__setattr__(self, "weights", as_tuple(self.weights))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Categorical):
            return NotImplemented
        if not (isinstance(self.levels, tuple) and isinstance(other.levels, tuple)):
            return self is other
        return (
            self.weights == other.weights
            and len(self.levels) == len(other.levels)
            and all(map(same, self.levels, other.levels))
        )

    def __hash__(self) -> int:
        # Not of the levels: they may be lists.
        return hash((Categorical, len(self.levels), self.weights))

    @property
    def n_levels(self) -> int | None:
        """How many levels there are."""
        return len(self.levels)

    def problems(self) -> list[str]:
        """Say what is wrong with the axis, a sentence each."""
        if not isinstance(self.levels, tuple):
            return [f"levels must be a list or a tuple, which have an order, got {self.levels!r}"]
        if not self.levels:
            return ["at least two levels are needed, got none"]
        if len(self.levels) == 1:
            return [f"a single level is a constant: write name=value, got levels={self.levels!r}"]
        found = [
            f"{level!r} cannot be a level, since it equals nothing" for level in self.levels if is_nan(level)
        ]
        for i, level in enumerate(self.levels):
            if not is_nan(level) and any(same(level, earlier) for earlier in self.levels[:i]):
                found.append(f"level {level!r} is given more than once")
        return found + self._weight_problems()

    def _weight_problems(self) -> list[str]:
        if self.weights is None:
            return []
        if not isinstance(self.weights, tuple):
            return [f"weights must be a list or a tuple of numbers, got {self.weights!r}"]
        found = []
        if len(self.weights) != len(self.levels):
            found.append(f"{len(self.levels)} levels need as many weights, got {len(self.weights)}")
        for level, weight in zip(self.levels, self.weights, strict=False):
            if not is_number(weight):
                found.append(f"the weight of {level!r} must be a finite number, got {weight!r}")
            elif weight == 0:
                found.append(f"level {level!r} has weight 0 and would never be drawn: leave the level out")
            elif weight < 0:
                found.append(f"the weight of {level!r} must be positive, got {weight!r}")
        if not found and abs(math.fsum(self.weights) - 1) > 1e-9:
            found.append(f"weights must sum to 1, got {self.weights!r} with sum {math.fsum(self.weights)!r}")
        return found

    def from_unit(self, u: FloatArray) -> Array:
        """Turn unit values (n,) into an object array (n,) of the levels themselves."""
        index = np.searchsorted(self._edges()[1:], np.asarray(u, dtype=np.float64), side="right")
        chosen: Array = objects(self.levels)[np.minimum(index, len(self.levels) - 1)]
        return chosen

    def to_unit(self, values: Any) -> FloatArray:
        """Turn levels (n,) into the centres (n,) of their shares; NaN where outside."""
        edges = self._edges()
        centres = np.append((edges[:-1] + edges[1:]) / 2, np.nan)
        centre: FloatArray = centres[self._positions(values)]
        return centre

    def outside(self, values: Any) -> BoolArray:
        """Tell which of the values (n,) are no levels."""
        return self._positions(values) < 0

    def to_dict(self) -> dict[str, Any]:
        """Describe the axis in what JSON can hold; SpaceError for levels that would not come back."""
        weights = None if self.weights is None else list(self.weights)
        return {"kind": "categorical", "levels": [json_ready(v) for v in self.levels], "weights": weights}

    def _edges(self) -> FloatArray:
        k = len(self.levels)
        # i/k, not a running sum of 1/k: its rounding would move the border of a level.
        inner = np.arange(1, k) / k if self.weights is None else np.cumsum(self.weights)[:-1]
        return np.concatenate([[0.0], inner, [1.0]])

    def _positions(self, values: Any) -> IntArray:
        hashed: dict[Any, int] = {}
        for i, level in enumerate(self.levels):
            if type(level).__hash__ is not None:
                try:
                    hashed[type(level), level] = i
                except TypeError:  # a tuple of lists
                    continue

        def position(value: Any) -> int:
            try:
                found = hashed.get((type(value), value))
            except TypeError:
                found = None
            if found is not None:
                return found
            return next((i for i, level in enumerate(self.levels) if same(level, value)), -1)

        return np.array([position(value) for value in _plainly(values)], dtype=np.int64)


@dataclass(frozen=True)
class Boolean:
    """A switch: False in the lower half of the unit interval, True in the upper.

    Examples
    --------
    >>> Boolean().from_unit(np.array([0.0, 0.5, 1.0]))
    array([False,  True,  True])
    """

    @property
    def n_levels(self) -> int | None:
        """Two."""
        return 2

    def problems(self) -> list[str]:
        """Say what is wrong with the axis: nothing can be."""
        return []

    def from_unit(self, u: FloatArray) -> Array:
        """Turn unit values (n,) into bools (n,)."""
        return np.asarray(np.asarray(u, dtype=np.float64) >= 0.5)

    def to_unit(self, values: Any) -> FloatArray:
        """Turn bools (n,) into 0.25 and 0.75 (n,); NaN where outside."""
        unit = [0.25 + 0.5 * value if isinstance(value, bool) else np.nan for value in _plainly(values)]
        return np.array(unit, dtype=np.float64)

    def outside(self, values: Any) -> BoolArray:
        """Tell which of the values (n,) are no bools; 0 and 1 are not."""
        return np.array([not isinstance(value, bool) for value in _plainly(values)], dtype=np.bool_)

    def to_dict(self) -> dict[str, Any]:
        """Describe the axis in what JSON can hold."""
        return {"kind": "boolean"}


@dataclass(frozen=True, eq=False)
class Constant:
    """One value for every run; needed only for lists and the like, which are no plain values.

    Parameters
    ----------
    value : object
        Anything but NaN; every run gets this very object.

    Examples
    --------
    >>> Constant([3, 4]).value
    [3, 4]
    """

    value: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", plain(self.value))

    def __eq__(self, other: object) -> bool:
        return same(self.value, other.value) if isinstance(other, Constant) else NotImplemented

    def __hash__(self) -> int:
        return hash((Constant, type(self.value)))

    @property
    def n_levels(self) -> int | None:
        """One."""
        return 1

    def problems(self) -> list[str]:
        """Say what is wrong with the value."""
        return [f"{self.value!r} cannot be a constant, since it equals nothing"] if is_nan(self.value) else []

    def from_unit(self, u: FloatArray) -> Array:
        """Turn unit values (n,) into an object array (n,) of the value itself."""
        return objects([self.value] * len(u))

    def to_unit(self, values: Any) -> FloatArray:
        """Turn values (n,) into 0.5 (n,), the centre of the only share; NaN where outside."""
        return np.where(self.outside(values), np.nan, 0.5)

    def outside(self, values: Any) -> BoolArray:
        """Tell which of the values (n,) are another value."""
        return np.array([not same(self.value, value) for value in _plainly(values)], dtype=np.bool_)

    def to_dict(self) -> dict[str, Any]:
        """Describe the value in what JSON can hold; SpaceError for one that would not come back."""
        return {"kind": "constant", "value": json_ready(self.value)}


def _plainly(values: Any) -> list[Any]:
    return [plain(value) for value in as_column(values)]
