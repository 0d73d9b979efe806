"""What an axis is, and the axes of numbers: `Real`, `Integer` and `Discrete`.

A constructor never raises: it only tidies (lists to tuples, numpy scalars to Python scalars). What is wrong
is told by `problems`, so that a parameter space can report the mistakes of all its axes at once.
"""

from __future__ import annotations

import decimal
import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mesa_doe.arrays import Array, BoolArray, FloatArray
from mesa_doe.space.values import as_numbers, as_tuple, is_int, is_number, level_index, plain

__all__ = ["Axis", "Discrete", "Integer", "Real", "is_continuous"]


class Axis(Protocol):
    """What every axis of a parameter space can do; any object that does it may be an axis.

    Examples
    --------
    >>> axis: Axis = Integer(1, 4)
    >>> axis.from_unit(np.array([0.0, 0.5, 1.0]))
    array([1, 3, 4])
    """

    @property
    def n_levels(self) -> int | None:
        """How many values there are; None if they are continuous or unbounded."""
        ...

    def problems(self) -> list[str]:
        """Say what is wrong with the axis, a sentence each; empty if it can be sampled."""
        ...

    def from_unit(self, u: FloatArray) -> Array:
        """Turn unit values (n,), 0.0 and 1.0 included, into values of the axis (n,), always of one dtype."""
        ...

    def to_unit(self, values: Any) -> FloatArray:
        """Turn values (n,) into unit values that `from_unit` takes back to them; NaN where outside."""
        ...

    def outside(self, values: Any) -> BoolArray:
        """Tell which of the values (n,) are no values of the axis."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Describe the axis in what JSON can hold."""
        ...


def is_continuous(axis: Axis) -> bool:
    """Whether something lies between any two values of an axis.

    Examples
    --------
    >>> is_continuous(Real(0, 1)), is_continuous(Integer(0, 1))
    (True, False)
    """
    # A law of counts without an end has no number of levels.
    return axis.n_levels is None and axis.from_unit(np.array([0.5])).dtype.kind == "f"


@dataclass(frozen=True)
class Real:
    """A range of real numbers, evenly spread, or evenly spread in its logarithm.

    Parameters
    ----------
    low, high : float
        The ends, both reached.
    log : bool, default False
        Whether factors count, not differences: 0.01 to 0.1 gets as many points as 0.1 to 1.

    Examples
    --------
    >>> Real(0.01, 1, log=True).from_unit(np.array([0.0, 0.5, 1.0]))
    array([0.01, 0.1 , 1.  ])
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        for name in ("low", "high", "log"):
            object.__setattr__(self, name, plain(getattr(self, name)))

    @property
    def n_levels(self) -> int | None:
        """None: the values are continuous."""
        return None

    def problems(self) -> list[str]:
        """Say what is wrong with the axis, a sentence each."""
        found = [
            f"{name} must be a finite number, got {value!r}{_as_float(value)}"
            for name, value in (("low", self.low), ("high", self.high))
            if not is_number(value)
        ]
        log: Any = self.log  # whatever was typed
        if not isinstance(log, bool):
            found.append(f"log must be True or False, got {log!r}")
        if not found and not self.low < self.high:
            found.append(f"low must be below high, got low={self.low!r}, high={self.high!r}")
        elif not found and not math.isfinite(float(self.high) - float(self.low)):
            found.append(
                f"the range is wider than a float can hold, got low={self.low!r}, high={self.high!r}"
            )
        elif not found and self.log and self.low <= 0:
            found.append(f"low must be above zero when log=True, got low={self.low!r}")
        return found

    def from_unit(self, u: FloatArray) -> Array:
        """Turn unit values (n,) into float64 values (n,); 0.0 gives `low` and 1.0 gives `high`, exactly."""
        u = np.asarray(u, dtype=np.float64)
        low, high = float(self.low), float(self.high)
        if not self.log:
            # In place, since a column may have millions of values.
            values = high * u
            values += low * (1 - u)
            return np.clip(values, low, high, out=values)
        values = np.clip(np.exp(math.log(low) * (1 - u) + math.log(high) * u), low, high)
        # exp(log(low)) may miss low by a last digit, and a corner of the space should be the number typed.
        return np.where(u == 0, low, np.where(u == 1, high, values))

    def to_unit(self, values: Any) -> FloatArray:
        """Turn values (n,) into unit values (n,); NaN where outside."""
        x = np.where(self.outside(values), np.nan, as_numbers(values).astype(np.float64))
        low, high = float(self.low), float(self.high)
        if self.log:
            x, low, high = np.log(x), math.log(low), math.log(high)
        return np.clip((x - low) / (high - low), 0, 1)

    def outside(self, values: Any) -> BoolArray:
        """Tell which of the values (n,) are no numbers from `low` to `high`."""
        x = as_numbers(values)
        return ~((x >= float(self.low)) & (x <= float(self.high)))

    def to_dict(self) -> dict[str, Any]:
        """Describe the axis in what JSON can hold."""
        return {"kind": "real", "low": self.low, "high": self.high, "log": self.log}


@dataclass(frozen=True)
class Integer:
    """A range of whole numbers, each drawn its equal share.

    Parameters
    ----------
    low, high : int
        The ends, both reached; at most 2**53 values. `to_unit` is exact up to 2**50 values: beyond,
        floats lie too wide apart for the centre of a value's share.

    Examples
    --------
    >>> Integer(1, 4).from_unit(np.array([0.0, 0.24, 0.25, 1.0]))
    array([1, 1, 2, 4])
    """

    low: int
    high: int

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            object.__setattr__(self, name, plain(getattr(self, name)))

    @property
    def n_levels(self) -> int | None:
        """How many whole numbers there are, both ends counted."""
        return self.high - self.low + 1

    def problems(self) -> list[str]:
        """Say what is wrong with the axis, a sentence each."""
        found = []
        for name, value in (("low", self.low), ("high", self.high)):
            if not is_int(value):
                found.append(f"{name} must be an int, got {value!r}{_int_hint(value)}")
            elif not -(2**63) <= value < 2**63:
                found.append(f"{name} must fit into 64 bits, got {value!r}")
        if not found and not self.low < self.high:
            found.append(f"low must be below high, got low={self.low!r}, high={self.high!r}")
        elif not found and self.high - self.low + 1 > 2**53:
            found.append(
                f"at most 2**53 values can be told apart in the unit interval, got low={self.low!r}, "
                f"high={self.high!r}"
            )
        return found

    def from_unit(self, u: FloatArray) -> Array:
        """Turn unit values (n,) into int64 values (n,)."""
        values: Array = level_index(u, self.high - self.low + 1)
        values += self.low
        return values

    def to_unit(self, values: Any) -> FloatArray:
        """Turn values (n,) into the centres (n,) of their shares; NaN where outside."""
        inside = ~self.outside(values)
        unit = np.full(inside.shape, np.nan)
        # Ints until `low` is subtracted: as floats, 2**60 and 2**60 + 1 are one number.
        offset = as_numbers(values)[inside].astype(np.int64) - self.low
        unit[inside] = (offset + 0.5) / (self.high - self.low + 1)
        return unit

    def outside(self, values: Any) -> BoolArray:
        """Tell which of the values (n,) are no whole numbers from `low` to `high`."""
        x = as_numbers(values)
        return np.asarray(~((x >= self.low) & (x <= self.high) & (x == np.floor(x))))

    def to_dict(self) -> dict[str, Any]:
        """Describe the axis in what JSON can hold."""
        return {"kind": "integer", "low": self.low, "high": self.high}


@dataclass(frozen=True, eq=False)
class Discrete:
    """A few chosen numbers in increasing order, each drawn its equal share.

    Parameters
    ----------
    values : sequence of int or float
        At least two; if all are ints the axis gives ints, else floats.

    Examples
    --------
    >>> Discrete([1, 10, 100]).from_unit(np.array([0.0, 0.5, 1.0]))
    array([  1,  10, 100])
    """

    values: Sequence[float]

    def __post_init__(self) -> None:
        values = as_tuple(self.values)
        numbers = isinstance(values, tuple) and all(map(is_number, values))
        if numbers and not all(isinstance(value, int) for value in values):
            values = tuple(map(float, values))
        object.__setattr__(self, "values", values)

    def __eq__(self, other: object) -> bool:
        # (1, 2) == (1.0, 2.0) holds for tuples, but one axis gives ints and the other floats.
        if not isinstance(other, Discrete):
            return NotImplemented
        return bool(self.values == other.values) and [*map(type, self.values)] == [*map(type, other.values)]

    def __hash__(self) -> int:
        return hash((Discrete, self.values))

    @property
    def n_levels(self) -> int | None:
        """How many values there are."""
        return len(self.values)

    def problems(self) -> list[str]:
        """Say what is wrong with the axis, a sentence each."""
        if not isinstance(self.values, tuple):
            return [f"values must be a list or a tuple of numbers, got {self.values!r}"]
        found = [
            f"a value must be a finite number, got {v!r}{_hint(v)}" for v in self.values if not is_number(v)
        ]
        found += [
            f"an int must fit into 64 bits, got {v!r}"
            for v in self.values
            if is_number(v) and isinstance(v, int) and not -(2**63) <= v < 2**63
        ]
        if found:
            return found
        ordered = tuple(sorted(set(self.values)))
        if len(ordered) < 2:
            return [f"at least two different values are needed, got {self.values!r}"]
        if ordered != self.values:
            return [f"values must increase: write {ordered!r}, got {self.values!r}"]
        return []

    def from_unit(self, u: FloatArray) -> Array:
        """Turn unit values (n,) into the values (n,): int64 if all are ints, else float64."""
        chosen: Array = self._array()[level_index(u, len(self.values))]
        return chosen

    def to_unit(self, values: Any) -> FloatArray:
        """Turn values (n,) into the centres (n,) of their shares; NaN where outside."""
        index = np.searchsorted(self._array(), as_numbers(values))
        return np.where(self.outside(values), np.nan, (index + 0.5) / len(self.values))

    def outside(self, values: Any) -> BoolArray:
        """Tell which of the values (n,) are none of the axis' own."""
        return ~np.isin(as_numbers(values), self._array())

    def to_dict(self) -> dict[str, Any]:
        """Describe the axis in what JSON can hold."""
        return {"kind": "discrete", "values": list(self.values)}

    def _array(self) -> Array:
        whole = all(isinstance(value, int) for value in self.values)
        return np.array(self.values, dtype=np.int64 if whole else np.float64)


def _int_hint(value: Any) -> str:
    if is_number(value) and value == int(value):
        return f": write {int(value)}"
    return "; for real numbers use Real(low, high)" if is_number(value) else ""


def _hint(value: Any) -> str:
    if isinstance(value, bool):
        return "; for False and True use Boolean()"
    return "; for names use Categorical([...])" if isinstance(value, str) else _as_float(value)


def _as_float(value: Any) -> str:
    """Offer a float for a number of another kind: models get ints and floats, which JSON and Parquet keep."""
    is_other = isinstance(value, (numbers.Real, decimal.Decimal)) and not isinstance(value, (int, float))
    return f": write {float(value)!r}" if is_other and math.isfinite(value) else ""
