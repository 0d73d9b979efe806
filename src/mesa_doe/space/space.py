"""`ParameterSpace`: the axes and constants of a model, and the way between unit cube and native values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from mesa_doe.errors import SpaceError, listed
from mesa_doe.space.axes import Axis
from mesa_doe.space.from_salib import entries_from_salib
from mesa_doe.space.levels import Constant
from mesa_doe.space.points import close_to, points_problems
from mesa_doe.space.reading import name_problem, read_entry
from mesa_doe.space.serial import entries_from_dict, entries_to_dict
from mesa_doe.space.values import Array, Floats

__all__ = ["ParameterSpace"]


class ParameterSpace:
    """The parameters of a model: what varies (factors, an axis each) and what does not (constants).

    Parameters
    ----------
    mapping : mapping of str to object, optional
        Names and axes, for names held in variables.
    **axes : object
        A name and an axis, a scipy.stats law, or a plain value, which makes a constant.

    Raises
    ------
    SpaceError
        Naming every mistake of every axis at once.

    Examples
    --------
    >>> from mesa_doe.space import Integer, Real
    >>> space = ParameterSpace(density=Real(0.1, 0.9), radius=Integer(1, 4), width=20)
    >>> space.from_unit([[0, 0], [1, 1]]).to_dict("list")
    {'density': [0.1, 0.9], 'radius': [1, 4]}
    """

    __slots__ = ("_entries",)
    __hash__ = None  # type: ignore[assignment]  # constants may be lists
    _entries: dict[str, Axis]

    def __init__(self, mapping: Mapping[str, Any] | None = None, /, **axes: Any) -> None:
        if mapping is not None and not isinstance(mapping, Mapping):
            raise SpaceError(
                f"a parameter space takes a mapping or name=axis, got a {type(mapping).__name__}"
            )
        given = dict(mapping or {})
        problems = [
            f"axis {name!r}: given twice, in the mapping and as a keyword" for name in axes if name in given
        ]
        entries: dict[str, Axis] = {}
        for name, value in {**given, **axes}.items():
            if (problem := name_problem(name)) is not None:
                problems.append(problem)
            try:
                entries[name] = read_entry(value)
                problems += [f"axis {name!r}: {problem}" for problem in entries[name].problems()]
            except SpaceError as error:
                problems.append(f"axis {name!r}: {error}")
        if not given and not axes:
            problems.append(
                "a parameter space needs at least one axis, e.g. ParameterSpace(density=Real(0, 1))"
            )
        if problems:
            raise SpaceError(listed(problems, "the parameter space has mistakes"))
        object.__setattr__(self, "_entries", entries)

    @property
    def axes(self) -> Mapping[str, Axis]:
        """The factors' axes by name, in the order given; read-only."""
        return MappingProxyType(
            {k: axis for k, axis in self._entries.items() if not isinstance(axis, Constant)}
        )

    @property
    def constants(self) -> Mapping[str, Any]:
        """The constants' values by name, in the order given; read-only."""
        return MappingProxyType(
            {k: axis.value for k, axis in self._entries.items() if isinstance(axis, Constant)}
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the factors, in the order given: the columns of a sample."""
        return tuple(self.axes)

    def __len__(self) -> int:
        return len(self.axes)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> Axis:
        try:
            return self._entries[name]
        except KeyError:
            raise KeyError(f"no parameter {name!r}{close_to(name, self._entries)}") from None

    def __eq__(self, other: object) -> bool:
        # As lists: the order of the factors is the order of a sample's columns.
        if not isinstance(other, ParameterSpace):
            return NotImplemented
        return list(self._entries.items()) == list(other._entries.items())

    def __repr__(self) -> str:
        lines = (f"    {name}={_written(axis)}," for name, axis in self._entries.items())
        return "\n".join([f"{type(self).__name__}(", *lines, ")"])

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"a parameter space cannot be changed: make a new one (setting {name!r})")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a parameter space cannot be changed: make a new one (deleting {name!r})")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._entries,)

    def columns_from_unit(self, u: Any) -> dict[str, Array]:
        """Turn points of the unit cube into native values, an array a factor.

        Parameters
        ----------
        u : array_like of float, shape (n, d)
            Unit values from 0 to 1, both included; a column a factor, in the order of `names`.

        Returns
        -------
        dict of str to ndarray, shape (n,)
            float64, int64, bool, or object for categories, whose levels are the objects given.

        Raises
        ------
        SpaceError
            If the shape is another, or a value is not from 0 to 1.
        """
        unit = self._checked_unit(u)
        return {name: axis.from_unit(unit[:, j]) for j, (name, axis) in enumerate(self.axes.items())}

    def from_unit(self, u: Any) -> pd.DataFrame:
        """Turn points of the unit cube into a frame of native values.

        Parameters
        ----------
        u : array_like of float, shape (n, d)
            As in `columns_from_unit`.

        Returns
        -------
        DataFrame, shape (n, d)
            A column a factor; the index is called `point` and counts from 0.
        """
        columns = self.columns_from_unit(u)
        index = pd.RangeIndex(len(np.asarray(u)), name="point")
        # The dtype is said: left to itself, pandas 3 turns an object column of strings into its own strings.
        series = {
            name: pd.Series(column, index=index, dtype=column.dtype) for name, column in columns.items()
        }
        return pd.DataFrame(series, index=index)

    def to_unit(self, points: Any) -> Floats:
        """Turn native values into points of the unit cube that `from_unit` takes back to them.

        Parameters
        ----------
        points : DataFrame or mapping of str to array_like, length n
            A column a factor at least, in any order.

        Returns
        -------
        ndarray of float, shape (n, d)
            A column a factor, in the order of `names`.

        Raises
        ------
        SpaceError
            Naming every missing column and the first wrong value of each.
        """
        if problems := self.problems_of(points):
            raise SpaceError(listed(problems, "the points do not fit the parameter space"))
        if not len(self):
            return np.empty((len(points) if isinstance(points, pd.DataFrame) else 0, 0))
        return np.column_stack([axis.to_unit(points[name]) for name, axis in self.axes.items()])

    def problems_of(self, points: Any) -> list[str]:
        """Say what keeps a table of native values from being points of this space.

        Parameters
        ----------
        points : DataFrame or mapping of str to array_like
            Columns; those that are no parameters are not looked at.

        Returns
        -------
        list of str
            A sentence for each missing column, and for each with values that its axis does not have.
            A column of a constant must hold the constant.

        Examples
        --------
        >>> from mesa_doe.space import Integer
        >>> ParameterSpace(radius=Integer(1, 4)).problems_of({"radius": [1, 5]})
        ["axis 'radius': 5 in row 1 is no value of Integer(low=1, high=4)"]
        """
        return points_problems(self._entries, points)

    def to_dict(self) -> dict[str, Any]:
        """Describe the space in what JSON can hold; `from_dict` makes an equal one of it.

        Raises
        ------
        SpaceError
            If a level, a constant or a law would not come back exactly.
        """
        return entries_to_dict(self._entries)

    @classmethod
    def from_dict(cls, document: Any) -> ParameterSpace:
        """Make the space that `to_dict` described.

        Raises
        ------
        SpaceError
            If the document is not of that form.

        Examples
        --------
        >>> space = ParameterSpace(width=20)
        >>> ParameterSpace.from_dict(space.to_dict()) == space
        True
        """
        return cls(entries_from_dict(document))

    @classmethod
    def from_salib(cls, problem: Any) -> ParameterSpace:
        """Make a space of SALib's problem dictionary, which is not changed.

        Parameters
        ----------
        problem : mapping
            With `names` and `bounds`, and maybe `dists`, `num_vars` and `groups` (each factor its own).

        Raises
        ------
        SpaceError
            If SALib could not sample it, or factors are grouped.

        Examples
        --------
        >>> ParameterSpace.from_salib({"num_vars": 1, "names": ["x"], "bounds": [[0, 1]]}).names
        ('x',)
        """
        return cls(entries_from_salib(problem))

    def _checked_unit(self, u: Any) -> Floats:
        try:
            unit = np.asarray(u, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise SpaceError(f"unit points must be an array of numbers: {error}") from error
        if unit.ndim != 2 or unit.shape[1] != len(self):
            raise SpaceError(
                f"unit points must have shape (n, {len(self)}), a column a factor, got {unit.shape}"
            )
        wrong = ~((unit >= 0) & (unit <= 1))
        if wrong.any():
            i, j = map(int, np.argwhere(wrong)[0])
            raise SpaceError(
                f"axis {self.names[j]!r}: unit values must lie from 0 to 1, got {float(unit[i, j])!r}"
                f" in row {i} ({int(wrong.sum())} such in all)"
            )
        return unit


def _written(axis: Axis) -> str:
    if not isinstance(axis, Constant):
        return repr(axis)
    try:
        return repr(axis.value) if isinstance(read_entry(axis.value), Constant) else repr(axis)
    except SpaceError:
        return repr(axis)
