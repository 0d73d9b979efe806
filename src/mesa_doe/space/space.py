"""`ParameterSpace`: the axes and constants of a model, and the way between unit cube and native values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from mesa_doe.arrays import Array, BoolArray, FloatArray
from mesa_doe.errors import SpaceError, listed
from mesa_doe.seeding import RNG, root_entropy
from mesa_doe.space.axes import Axis
from mesa_doe.space.constraints import breaks, kept
from mesa_doe.space.copula import Copula
from mesa_doe.space.derived import Derived, computed
from mesa_doe.space.from_salib import entries_from_salib
from mesa_doe.space.levels import Constant
from mesa_doe.space.parts import read_parts
from mesa_doe.space.points import close_to, points_frame, points_problems, typed_columns
from mesa_doe.space.reading import read_entry
from mesa_doe.space.rules import Rule
from mesa_doe.space.serial import entries_from_dict, entries_to_dict, extras_from_dict, extras_to_dict
from mesa_doe.space.table import table_of
from mesa_doe.space.values import is_int

__all__ = ["ParameterSpace"]

# Rows of which the values are computed at once: so many that their temporary arrays stay in the cache.
_AT_ONCE = 65_536


class ParameterSpace:
    """The parameters of a model: what varies (factors, an axis each) and what does not (constants).

    Parameters
    ----------
    mapping : mapping of str to object, optional
        Names and axes, for names held in variables.
    correlation : list of tuple, DataFrame, or array_like, shape (d, d), optional
        Rank (Spearman) correlation wanted between factors: pairs such as ``[("a", "b", 0.5)]``, or a frame by
        names of some or all factors, the others being independent, or an array in the order of `names`. See
        the notes.
    constraints : list of str or callable, optional
        Which points are meant: conditions such as ``"low < high"``, ``"kind != 'random' or n > 3"`` (parsed,
        never evaluated by Python; see `mesa_doe.space.expressions.Expression`), or functions that take
        columns of factors as keyword arguments, arrays (n,) that are read-only (and constants, as their
        values), and return an array (n,) of bools. Samplers keep the points that satisfy all.
    **axes : object
        A name and an axis, a scipy.stats law, a `Derived`, or a plain value, which makes a constant. A
        parameter called `correlation` or `constraints` must be given in the mapping.

    Raises
    ------
    SpaceError
        Naming every mistake of every axis, of the correlation and of the constraints at once.

    Notes
    -----
    Correlation is put in by a Gaussian copula inside `from_unit`: the unit cube stays one of independent
    coordinates, and each factor keeps its law. Factors after the first correlated one no longer have the
    strata of a Latin hypercube. The correlation holds for the shares of the unit interval: where an axis has
    few values, ties bring that of the values nearer to zero, and levels count in the order listed.

    Sobol indices, and every other decomposition of variance, assume independent factors: under correlation
    or constraints the shares of two factors cannot be told apart, and the indices mean nothing.
    `is_independent` tells, so that an analysis can refuse.

    Examples
    --------
    >>> from mesa_doe.space import Integer, Real
    >>> space = ParameterSpace(density=Real(0.1, 0.9), radius=Integer(1, 4), width=20)
    >>> space.from_unit([[0, 0], [1, 1]]).to_dict("list")
    {'density': [0.1, 0.9], 'radius': [1, 4]}
    """

    __slots__ = ("_constraints", "_copula", "_derived", "_entries")
    __hash__ = None  # type: ignore[assignment]  # constants may be lists
    _entries: dict[str, Axis]
    _derived: dict[str, Derived]
    _copula: Copula | None
    _constraints: tuple[Rule, ...]

    def __init__(
        self,
        mapping: Mapping[str, Any] | None = None,
        /,
        *,
        correlation: Any = None,
        constraints: Any = None,
        **axes: Any,
    ) -> None:
        if mapping is not None and not isinstance(mapping, Mapping):
            raise SpaceError(
                f"a parameter space takes a mapping or name=axis, got a {type(mapping).__name__}"
            )
        given = dict(mapping or {})
        problems = [
            f"axis {name!r}: given twice, in the mapping and as a keyword" for name in axes if name in given
        ]
        parts = read_parts({**given, **axes}, correlation, constraints)
        problems += parts.problems
        if not given and not axes:
            problems.append(
                "a parameter space needs at least one axis, e.g. ParameterSpace(density=Real(0, 1))"
            )
        if problems and {"names", "bounds"} <= given.keys():
            problems.append("of a SALib problem, ParameterSpace.from_salib(problem) makes a space")
        if problems:
            raise SpaceError(listed(problems, "the parameter space has mistakes"))
        object.__setattr__(self, "_entries", parts.entries)
        object.__setattr__(self, "_derived", parts.derived)
        object.__setattr__(self, "_copula", parts.copula)
        object.__setattr__(self, "_constraints", parts.constraints)

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

    @property
    def derived(self) -> Mapping[str, Derived]:
        """The derived parameters by name, in the order given; read-only. No factors, and not in `axes`."""
        return MappingProxyType(self._derived)

    @property
    def correlation(self) -> pd.DataFrame | None:
        """The rank correlation of all factors (d, d), by their names; None where they are not correlated."""
        if self._copula is None:
            return None
        return pd.DataFrame(self._copula.spearman.copy(), index=self.names, columns=self.names)

    @property
    def constraints(self) -> tuple[str | Callable[..., Any], ...]:
        """The constraints, texts and functions, as given."""
        return tuple(rule.given for rule in self._constraints)

    @property
    def is_independent(self) -> bool:
        """Whether factors vary independently: there is no correlation and no constraint.

        Examples
        --------
        >>> from mesa_doe.space import Real
        >>> ParameterSpace(a=Real(0, 1), b=Real(0, 1), constraints=["a < b"]).is_independent
        False
        """
        return self._copula is None and not self._constraints

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
            if name in self._derived:
                raise KeyError(f"{name!r} has no axis, since it is derived: see space.derived") from None
            raise KeyError(f"no parameter {name!r}{close_to(name, self._entries)}") from None

    def __eq__(self, other: object) -> bool:
        # As lists: the order of the factors is the order of a sample's columns.
        if not isinstance(other, ParameterSpace):
            return NotImplemented
        return (
            list(self._entries.items()) == list(other._entries.items())
            and list(self._derived.items()) == list(other._derived.items())
            and self._copula == other._copula
            and self._constraints == other._constraints
        )

    def __repr__(self) -> str:
        lines = [f"    {name}={_written(axis)}," for name, axis in self._entries.items()]
        lines += [f"    {name}={derived!r}," for name, derived in self._derived.items()]
        if self._copula is not None:
            lines.append(f"    correlation={self._copula.spearman.tolist()!r},")
        if self._constraints:
            lines.append(f"    constraints={list(self.constraints)!r},")
        return "\n".join([f"{type(self).__name__}(", *lines, ")"])

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"a parameter space cannot be changed: make a new one (setting {name!r})")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a parameter space cannot be changed: make a new one (deleting {name!r})")

    def __reduce__(self) -> tuple[Any, ...]:
        correlation = None if self._copula is None else self._copula.spearman
        return _again, (type(self), {**self._entries, **self._derived}, correlation, self.constraints)

    def replace(self, mapping: Mapping[str, Any] | None = None, /, **axes: Any) -> ParameterSpace:
        """Make a space in which some parameters are others: factors that are fixed, ranges that are narrower.

        Parameters
        ----------
        mapping : mapping of str to object, optional
            Names of parameters of this space, and what they are to be, as when a space is made.
        **axes : object
            The same by keyword.

        Returns
        -------
        ParameterSpace
            With its parameters in the order that they have here, its constraints, and its correlation as far
            as it is of factors that still vary.

        Raises
        ------
        SpaceError
            If there is no such parameter, or the new space would have mistakes.

        Examples
        --------
        >>> from mesa_doe.space import Integer, Real
        >>> space = ParameterSpace(density=Real(0.1, 0.9), radius=Integer(1, 4), width=20)
        >>> space.replace(radius=2, width=40)
        ParameterSpace(
            density=Real(low=0.1, high=0.9, log=False),
            radius=2,
            width=40,
        )
        """
        changes = {**(mapping or {}), **axes}
        here: dict[str, Any] = {**self._entries, **self._derived}
        if problems := [
            f"no parameter {name!r}{close_to(name, here)}" for name in changes if name not in here
        ]:
            raise SpaceError(listed(problems, "replace takes parameters of the space"))
        # Twice: only a space says which of the new values are factors.
        correlation = self.correlation
        if correlation is not None:
            names = ParameterSpace({**here, **changes}).names
            left = [name for name in self.names if name in names]
            correlation = correlation.loc[left, left] if len(left) > 1 else None
        return ParameterSpace({**here, **changes}, correlation=correlation, constraints=self.constraints)

    def table(self) -> pd.DataFrame:
        """Return the parameters as a table, as a paper or the description of a model has it.

        Returns
        -------
        DataFrame
            The index is called `parameter`. Columns `kind` (of axis, or constant or derived), `values`, and
            `levels`, their number, all text.

        Examples
        --------
        >>> from mesa_doe.space import Boolean, Real
        >>> ParameterSpace(density=Real(0.1, 0.9), torus=Boolean(), width=20).table()
                       kind       values      levels
        parameter
        density        Real   0.1 to 0.9  continuous
        torus       Boolean  False, True           2
        width      constant           20
        """
        return table_of(self._entries, self._derived)

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
        if self._copula is not None:
            unit = self._copula.from_unit(unit)
        return {name: _column(axis, unit[:, j]) for j, (name, axis) in enumerate(self.axes.items())}

    def from_unit(self, u: Any) -> pd.DataFrame:
        """Turn points of the unit cube into a frame of native values.

        Parameters
        ----------
        u : array_like of float, shape (n, d)
            As in `columns_from_unit`.

        Returns
        -------
        DataFrame, shape (n, d)
            A column a factor; the index is called `point` and counts from 0. Points that break a constraint
        are given too: see `satisfied`.
        """
        return points_frame(self.columns_from_unit(u), len(np.asarray(u)))

    def to_unit(self, points: Any) -> FloatArray:
        """Turn native values into points of the unit cube that `from_unit` takes back to them.

        Parameters
        ----------
        points : DataFrame or mapping of str to array_like, length n
            A column a factor at least, in any order.

        Returns
        -------
        ndarray of float, shape (n, d)
            A column a factor, in the order of `names`; independent coordinates, also under correlation.
            There, points far out against it come back as near as floats allow (see `copula.Copula`).

        Raises
        ------
        SpaceError
            Naming every missing column and the first wrong value of each. Constraints are not asked.
        """
        if problems := points_problems(self._entries, points):
            raise SpaceError(listed(problems, "the points do not fit the parameter space"))
        if not len(self):
            return np.empty((len(points) if isinstance(points, pd.DataFrame) else 0, 0))
        unit: FloatArray = np.column_stack([axis.to_unit(points[name]) for name, axis in self.axes.items()])
        return unit if self._copula is None else self._copula.to_unit(unit)

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
            A column of a constant must hold the constant. Where there are none, one for each constraint that
            a row breaks. Columns of derived parameters are not looked at.

        Examples
        --------
        >>> from mesa_doe.space import Integer
        >>> ParameterSpace(radius=Integer(1, 4)).problems_of({"radius": [1, 5]})
        ["axis 'radius': 5 in row 1 is no value of Integer(low=1, high=4)"]
        """
        if (problems := points_problems(self._entries, points)) or not self._constraints:
            return problems
        columns, count = typed_columns(self.axes, points)
        return breaks(self._constraints, columns, self.constants, count)

    def satisfied(self, points: Any) -> BoolArray:
        """Tell which points satisfy all constraints.

        Parameters
        ----------
        points : DataFrame or mapping of str to array_like, length n
            Native values, a column a factor at least; not checked against the axes.

        Returns
        -------
        ndarray of bool, shape (n,)
            True everywhere if there are no constraints.

        Raises
        ------
        SpaceError
            If a column is missing, or a constraint cannot be computed in a row (division by zero, ...).

        Examples
        --------
        >>> from mesa_doe.space import Real
        >>> space = ParameterSpace(a=Real(0, 1), b=Real(0, 1), constraints=["a < b"])
        >>> space.satisfied({"a": [0.1, 0.9], "b": [0.5, 0.5]})
        array([ True, False])
        """
        columns, count = typed_columns(self.axes, points)
        return kept(self._constraints, columns, self.constants, count)

    def acceptance(self, n: int = 10_000, *, rng: RNG = 0) -> float:
        """Estimate which share of the points of the unit cube satisfies all constraints.

        Parameters
        ----------
        n : int, default 10_000
            How many random points are tried; the standard error is at most ``0.5 / sqrt(n)``.
        rng : int, SeedSequence, Generator or None, default 0

        Returns
        -------
        float

        Raises
        ------
        SpaceError
            If ``n`` is no int from 1, or a constraint cannot be computed at a point.
        ConfigurationError
            If ``rng`` is nothing that numbers can be drawn by.

        Examples
        --------
        >>> from mesa_doe.space import Real
        >>> space = ParameterSpace(a=Real(0, 1), b=Real(0, 1), constraints=["a < b"])
        >>> round(space.acceptance(), 1)
        0.5
        """
        if not is_int(n) or n < 1:
            raise SpaceError(f"acceptance: n takes an int from 1, got {n!r}")
        root = root_entropy(rng)
        if not self._constraints:
            return 1.0
        unit = np.random.default_rng(root).random((n, len(self)))
        return float(self.satisfied(self.columns_from_unit(unit)).mean())

    def derived_columns(self, points: Any) -> dict[str, Array]:
        """Compute the derived parameters of points.

        Parameters
        ----------
        points : DataFrame or mapping of str to array_like, length n
            Native values, a column a factor at least; constants are known.

        Returns
        -------
        dict of str to ndarray, shape (n,)
            bool, int64 or float64; object where a function returns other things. In the order given.

        Raises
        ------
        SpaceError
            If a column is missing, or a derived parameter cannot be computed in a row.

        Examples
        --------
        >>> from mesa_doe.space import Integer
        >>> space = ParameterSpace(a=Integer(1, 9), width=20, area=Derived("a * width"))
        >>> space.derived_columns({"a": [1, 2]})
        {'area': array([20, 40])}
        """
        if not self._derived:
            return {}
        columns, count = typed_columns(self.axes, points)
        rules = {name: derived.rule for name, derived in self._derived.items()}
        return computed(rules, columns, self.constants, count)

    def to_dict(self) -> dict[str, Any]:
        """Describe the space in what JSON can hold; `from_dict` makes an equal one of it.

        Raises
        ------
        SpaceError
            If a level, a constant or a law would not come back exactly, or a constraint or derived parameter
            is a function.
        """
        extras, problems = extras_to_dict(self._derived, self.correlation, self._constraints)
        return {**entries_to_dict(self._entries, problems), **extras}

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
        entries = entries_from_dict(document)
        derived, correlation, constraints = extras_from_dict(document)
        if twice := [repr(name) for name in derived if name in entries]:
            raise SpaceError(f"both an axis and derived: {', '.join(twice)}")
        return cls({**entries, **derived}, correlation=correlation, constraints=constraints)

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

    def _checked_unit(self, u: Any) -> FloatArray:
        try:
            unit = np.asarray(u, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise SpaceError(f"unit points must be an array of numbers: {error}") from error
        if unit.ndim != 2 or unit.shape[1] != len(self):
            raise SpaceError(
                f"unit points must have shape (n, {len(self)}), a column a factor, got {unit.shape}"
            )
        # Two passes without a copy; min and max of what holds a NaN are NaN.
        if not (unit.min(initial=0) >= 0 and unit.max(initial=0) <= 1):
            wrong = ~((unit >= 0) & (unit <= 1))
            i, j = map(int, np.argwhere(wrong)[0])
            raise SpaceError(
                f"axis {self.names[j]!r}: unit values must lie from 0 to 1, got {float(unit[i, j])!r}"
                f" in row {i} ({int(wrong.sum())} such in all)"
            )
        return unit


def _column(axis: Axis, u: FloatArray) -> Array:
    values = axis.from_unit(u[:_AT_ONCE])
    if len(u) <= _AT_ONCE:
        return values
    column = np.empty(len(u), dtype=values.dtype)
    column[:_AT_ONCE] = values
    for start in range(_AT_ONCE, len(u), _AT_ONCE):
        column[start : start + _AT_ONCE] = axis.from_unit(u[start : start + _AT_ONCE])
    return column


def _again(cls: type[ParameterSpace], entries: Any, correlation: Any, constraints: Any) -> ParameterSpace:
    return cls(entries, correlation=correlation, constraints=constraints)


def _written(axis: Axis) -> str:
    if not isinstance(axis, Constant):
        return repr(axis)
    try:
        return repr(axis.value) if isinstance(read_entry(axis.value), Constant) else repr(axis)
    except SpaceError:
        return repr(axis)
