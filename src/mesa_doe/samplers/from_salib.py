"""Samples that SALib made, as designs: for those who have one, or its runs, already."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.design.groups import read_groups
from mesa_doe.errors import DesignError, SpaceError, listed
from mesa_doe.other_names import SALIB, options_of
from mesa_doe.samplers.native import at_the_ends
from mesa_doe.samplers.salib_rows import READERS, Rows, columns_of_factorial
from mesa_doe.space import ParameterSpace
from mesa_doe.space.points import close_to
from mesa_doe.space.values import as_tuple

__all__ = ["from_salib"]

_GROUPED = ("explicit", "latin_hypercube", "monte_carlo", "morris", "sobol")


def from_salib(problem: Mapping[str, Any], x: Any, *, method: str | None = None, **options: Any) -> Design:
    """Make a design of a sample that SALib made, so that runs of it can be analysed here.

    Parameters
    ----------
    problem : mapping
        SALib's: ``names``, ``bounds``, and maybe ``dists``, ``groups`` and ``num_vars``. Not changed.
    x : array_like or DataFrame (points, factors)
        What SALib's sampler returned: native values, all rows in their order.
    method : str, optional
        Which sampler made it, by its name here or SALib's; see the notes. Without it the points are taken as
        they are, for analyses of given data.
    **options
        ``M`` of FAST, by default 4 as in SALib. ``second_order`` of Sobol and ``levels`` of Morris are told
        by the rows, and held against them where they are given.

    Returns
    -------
    Design
        With the values of ``x``, and with blocks, groups and options as in a design of our own sampler. It
        cannot be extended, since the state of SALib's generator is not known.

    Raises
    ------
    DesignError
        If the problem cannot be read, a value is not finite or outside its bounds, or the rows are not those
        of the method, naming the first that is not.

    Notes
    -----
    =======================  ======================================================
    ``method``               sampler of SALib
    =======================  ======================================================
    ``"sobol"``              ``sobol``, ``saltelli``
    ``"morris"``             ``morris``
    ``"fast"``               ``fast_sampler``
    ``"latin_hypercube"``    ``latin``; also ``"rbd_fast"``
    ``"finite_difference"``  ``finite_diff``
    ``"folded_hadamard"``    ``ff``
    ``"shapley"``            ``shapley``
    ``"radial"``             ``radial.radial_sobol``, ``radial.radial_mc``
    ``"monte_carlo"``        none: random points
    ``"explicit"``           any other; the default
    =======================  ======================================================

    SALib's analyzers take on trust that they are called with the options of the sampler, and answer wrongly
    where not; here the rows are asked. Groups that are the names themselves, which SALib's Morris sampler
    writes into the problem, are none. Its ``ff`` writes dummies into the problem, up to a power of two: they
    are factors where ``problem`` has them, and columns beyond its names are left out.

    Examples
    --------
    >>> from SALib.sample import sobol
    >>> problem = {"num_vars": 2, "names": ["a", "b"], "bounds": [[0, 1], [0, 10]]}
    >>> design = from_salib(problem, sobol.sample(problem, 8, seed=1), method="sobol")
    >>> len(design), design.options["second_order"], design.blocks[:7].tolist()
    (48, True, [0, 0, 0, 0, 0, 0, 1])
    """
    method = _method(method)
    read = READERS[method]
    known = [name for name in options_of(read) or () if name != "rows"]
    if unknown := sorted(set(options) - set(known)):
        takes = f"takes {', '.join(known)}" if known else "takes no options"
        raise DesignError(f"from_salib: method={method!r} {takes}, got {', '.join(unknown)}")
    space = _space(problem)
    groups = _groups(problem, space.names, method)
    points = _points(_without_dummies(x, len(space)) if method == "folded_hadamard" else x, space)
    moved = groups or {name: (name,) for name in space.names}
    count = len(space)
    found = read(
        Rows(
            values=points.to_numpy(),
            unit=space.to_unit(_inside(points, space)),
            factors=space.names,
            moved={name: [space.names.index(one) for one in members] for name, members in moved.items()},
            dists=("unif",) * count if problem.get("dists") is None else as_tuple(problem["dists"]),
            bounds=tuple(as_tuple(bound) for bound in problem["bounds"]),
        ),
        **options,
    )
    made = found.options if found.n is None else {"n": found.n, **found.options}
    if method in ("morris", "sobol"):
        made["groups"] = groups
    if method not in ("explicit", "folded_hadamard"):
        made["entropy"] = None
    return Design(
        space,
        found.unit,
        method=method,
        options=made,
        blocks=None if found.step is None else np.arange(len(points)) // found.step,
        points=points,
        longer=_not_longer,
        groups=groups,
    )


def _method(method: Any) -> str:
    """Return the name here."""
    if method is None:
        return "explicit"
    if isinstance(method, str) and (ours := SALIB.get(method, method)) in READERS:
        return ours
    known = ", ".join(map(repr, READERS))
    raise DesignError(f"from_salib: method takes {known}, got {method!r}{close_to(method, READERS)}")


def _space(problem: Any) -> ParameterSpace:
    if isinstance(problem, Mapping):
        # Groups are read here: the space knows none.
        problem = {key: value for key, value in problem.items() if key != "groups"}
    try:
        return ParameterSpace.from_salib(problem)
    except SpaceError as error:
        raise DesignError(f"from_salib: {error}") from error


def _groups(
    problem: Mapping[str, Any], names: tuple[str, ...], method: str
) -> dict[str, tuple[str, ...]] | None:
    given = problem.get("groups")
    labels: Any = () if given is None else as_tuple(given)
    if labels in ((), names):
        return None
    if not isinstance(labels, tuple) or len(labels) != len(names):
        raise DesignError(f"from_salib: groups takes a label for each of {len(names)} names, got {given!r}")
    if method not in _GROUPED:
        raise DesignError(
            f"from_salib: SALib's sampler of a {method} sample reads no groups and moves each factor alone; "
            "leave 'groups' out of the problem"
        )
    members: dict[str, list[str]] = {}
    for label, name in zip(labels, names, strict=True):
        members.setdefault(str(label), []).append(name)
    if len(members) == 1:
        raise DesignError(
            f"from_salib: one group, {labels[0]!r}, holds all factors; SALib samples as if there were none, "
            "so leave 'groups' out of the problem"
        )
    return read_groups(members, names, "from_salib")


def _points(x: Any, space: ParameterSpace) -> pd.DataFrame:
    if isinstance(x, pd.DataFrame):
        if set(x.columns) != set(space.names):
            raise DesignError(f"from_salib: x must have the columns {[*space.names]!r}, got {[*x.columns]!r}")
        x = x[[*space.names]]
    try:
        values: FloatArray = np.array(x, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DesignError(f"from_salib: x must be an array of numbers: {error}") from error
    if values.ndim != 2 or values.shape[1] != len(space) or not len(values):
        raise DesignError(
            f"from_salib: x must have one column a name ({len(space)}), got shape {values.shape}"
        )
    if not np.isfinite(values).all():
        row, j = map(int, np.argwhere(~np.isfinite(values))[0])
        raise DesignError(
            f"from_salib: x is not finite in row {row}: {space.names[j]!r} is {float(values[row, j])!r}. "
            "SALib puts corners of a sample at the ends of a law, which may be infinite; our samplers do not"
        )
    return pd.DataFrame(values, columns=[*space.names], index=pd.RangeIndex(len(values), name="point"))


def _without_dummies(x: Any, count: int) -> Any:
    """Return rows of SALib's ff without the columns beyond the names."""
    values = x if isinstance(x, pd.DataFrame) else np.asarray(x)
    filled = values.ndim == 2 and values.shape[1] == columns_of_factorial(count)
    return values[:, :count] if filled and isinstance(values, np.ndarray) else x


def _inside(points: pd.DataFrame, space: ParameterSpace) -> pd.DataFrame:
    """Return values that miss the end of their axis by rounding at that end."""
    inside = points.copy()
    for name, axis in space.axes.items():
        inside[name] = at_the_ends(axis, points[name])
    if problems := space.problems_of(inside):
        raise DesignError(listed([f"from_salib: {one}" for one in problems], "x does not fit the problem"))
    return inside


def _not_longer(design: Design, _: int) -> NoReturn:
    raise DesignError(
        f"this {design.method} design was read from SALib and cannot be extended: the state of its generator "
        "is not known. Make a new one with our sampler"
    )
