"""Orthogonal arrays, Taguchi's among them, and the Latin hypercubes made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from mesa_doe._optional import pydoe, require
from mesa_doe.arrays import Array
from mesa_doe.design import Design
from mesa_doe.errors import DesignError
from mesa_doe.samplers.axis_levels import Levels, chosen_levels, from_levels
from mesa_doe.samplers.declare import check_n, declare
from mesa_doe.seeding import RNG, root_entropy
from mesa_doe.space import ParameterSpace

__all__ = ["orthogonal_array", "orthogonal_array_lhs"]

#: Not orthogonal in either library: 59 pairs of its columns are not, and 31 of its rows are there twice.
_WRONG = "L64(2^31)"


@declare(
    library="pyDOE3.get_orthogonal_array",
    purpose="main effects of factors of several levels",
    points="rows of the array",
    extension="none",
    random=False,
    source="Rao 1947; Taguchi 1987",
    even=False,
    laws="quantiles",
    integers="levels",
    analysis="effects",
)
def orthogonal_array(
    space: ParameterSpace,
    name: str | None = None,
    *,
    levels: Levels | Mapping[str, Levels] | None = None,
) -> Design:
    """Orthogonal array (Taguchi design): each pair of factors has each pair of levels equally often.

    Parameters
    ----------
    space : ParameterSpace
    name : str, optional
        Such as ``"L18(6^1 3^6)"``; by default the array of the fewest points that fits.
    levels : int, sequence or mapping of str to either, optional
        As in :func:`full_factorial`. Each axis takes a column that has as many levels.

    Returns
    -------
    Design
        ``design.options["columns"]`` says which column of the array each factor has, counted from 0.

    Raises
    ------
    DesignError
        If the array has too few columns of the right levels, or none does.

    Notes
    -----
    Wraps ``pyDOE3.get_orthogonal_array``. Unlike ``taguchi_design``, columns may stay unused, and the
    number of levels must be right. Levels are read off the array, since two names there are wrong:
    ``"L27(2^1 3^12)"`` has 13 columns of three levels, ``"L36(3^23)"`` 11 of two and 12 of three.
    ``"L64(2^31)"``, which is not orthogonal, is never used.

    Examples
    --------
    >>> from mesa_doe.space import Integer, ParameterSpace
    >>> design = orthogonal_array(ParameterSpace({name: Integer(1, 3) for name in "abcd"}))
    >>> len(design), design.options["name"]
    (9, 'L9(3^4)')
    """
    arrays = _arrays()
    if name is not None and (not isinstance(name, str) or name not in arrays):
        why = "is not orthogonal" if name == _WRONG else "is none of the arrays"
        raise DesignError(
            f"orthogonal_array: {name!r} {why}; there are {', '.join(sorted(arrays, key=_by_rows))}"
        )
    natives = chosen_levels(space, levels, "orthogonal_array")
    counts = [len(native) for native in natives]
    for chosen in [name] if name is not None else sorted(arrays, key=lambda key: len(arrays[key])):
        columns = _columns(arrays[chosen], counts)
        if columns is not None:
            break
    else:
        have = {key: _described(array) for key, array in arrays.items()}
        offers = [f"{key} has {have[key]}" for key in ([name] if name else sorted(have, key=_by_rows))]
        wanted = ", ".join(f"{n} axes of {k}" for k, n in sorted(Counter(counts).items()))
        raise DesignError(
            f"orthogonal_array: {'that array' if name else 'no array'} {'does not fit' if name else 'fits'} "
            f"{wanted} levels; {'; '.join(offers)}. Choose other levels=, or use generalized_subset"
        )
    options = {
        "name": chosen,
        "levels": dict(zip(space, counts, strict=True)),
        "columns": dict(zip(space, columns, strict=True)),
    }
    return from_levels(space, natives, arrays[chosen][:, columns], method="orthogonal_array", options=options)


@declare(
    library="pydoe.oa_lhd",
    purpose="an even spread of each pair of factors",
    points="n",
    extension="none",
    random=True,
    source="Tang 1993",
)
def orthogonal_array_lhs(space: ParameterSpace, n: int, *, rng: RNG = None) -> Design:
    """Latin hypercube on an orthogonal array: even over each factor and over each pair of them.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Rows of an array whose columns all have the same number of levels, and are at least as many as
        the factors; of two such arrays the one with more levels is taken.
    rng : int, SeedSequence, Generator or None

    Returns
    -------
    Design

    Raises
    ------
    MissingDependencyError
        If ``pydoe`` is not installed: pyDOE3 has no such design.
    DesignError
        If there is no such array; those that fit are named.

    Notes
    -----
    Wraps ``pydoe.oa_lhd``. ``latin_hypercube(strength=2)`` makes such designs of p² points without it.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> space = ParameterSpace(a=Real(0, 1), b=Real(0, 1))
    >>> len(orthogonal_array_lhs(space, 9, rng=1))  # doctest: +SKIP
    9
    """
    n = check_n(n, "orthogonal_array_lhs")
    library: Any = require("pydoe", extra="pydoe")
    fitting = {}
    for name, array in _arrays().items():
        counts = set((array.max(axis=0) + 1).tolist())
        if len(counts) == 1 and array.shape[1] >= len(space):
            fitting[name] = (len(array), counts.pop())
    names = [name for name, (rows, _) in fitting.items() if rows == n]
    if not names:
        sizes = sorted({rows for rows, _ in fitting.values()})
        raise DesignError(
            f"orthogonal_array_lhs: n must be the rows of an array with {len(space)} columns "
            f"({', '.join(map(str, sizes)) or 'none has as many'}), got n={n}"
        )
    name = max(names, key=lambda key: fitting[key][1])
    entropy = root_entropy(rng)
    unit = library.oa_lhd(oa=_arrays()[name][:, : len(space)], seed=np.random.default_rng(entropy))
    options = {"n": n, "name": name, "entropy": entropy}
    return Design(space, unit, method="orthogonal_array_lhs", options=options, rows=n)


def _arrays() -> dict[str, Array]:
    library = pydoe()
    return {
        name: np.asarray(library.get_orthogonal_array(oa_name=name), dtype=np.intp)
        for name in library.list_orthogonal_arrays()
        if name != _WRONG
    }


def _by_rows(name: str) -> tuple[int, str]:
    return int(name[1 : name.index("(")]), name


def _described(array: Array) -> str:
    counts = Counter((array.max(axis=0) + 1).tolist())
    return " and ".join(f"{columns} of {levels}" for levels, columns in sorted(counts.items()))


def _columns(array: Array, counts: list[int]) -> list[int] | None:
    """Give each axis the first free column that has as many levels."""
    free = (array.max(axis=0) + 1).tolist()
    columns = []
    for count in counts:
        if count not in free:
            return None
        columns.append(free.index(count))
        free[columns[-1]] = 0
    return columns
