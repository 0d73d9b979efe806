"""What a sampler promises, as data: it fills the docs table and drives the contract tests."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, ParamSpec, TypeAlias

import pandas as pd

from mesa_doe.design import Design, Extension
from mesa_doe.design.design import Longer
from mesa_doe.design.gate import check_bool, check_size
from mesa_doe.errors import DesignError, warn
from mesa_doe.other_names import check_options, options_of
from mesa_doe.space import Axis, Categorical, ParameterSpace
from mesa_doe.space.axes import is_continuous
from mesa_doe.space.values import is_int

__all__ = [
    "LONGER",
    "SAMPLERS",
    "SamplerInfo",
    "check_bool",
    "check_count",
    "check_n",
    "check_size",
    "continues",
    "declare",
    "table",
    "warn_of_axes",
]

P = ParamSpec("P")

#: Which axes the analysis of a design makes sense of; see :class:`SamplerInfo`.
Axes: TypeAlias = Literal["any", "ordered", "real"]


@dataclass(frozen=True, kw_only=True)
class SamplerInfo:
    """What one sampler promises; called with the sampler, as a decorator, it enters it in the table.

    Parameters
    ----------
    library : str
        The library's function that makes the sample, or ``"mesa-doe"``.
    purpose : str
        What it is for.
    points : str
        Its cost, as a formula in n and d.
    extension : {"nested", "augmented", "independent", "none"}
        What a longer design promises, as in :class:`mesa_doe.Design`; options of one call may rule it out.
    random : bool
        Whether ``rng`` changes the sample.
    source : str
        The paper.
    groups : bool, default False
        Whether factors may be moved in groups.
    even : bool, default True
        Whether each value of a discrete axis comes up in its share, that of its weight or law.
    correlated : bool, default False
        Whether factors may be correlated: the sample has no structure that a copula would break.
    constraints : {"checked", "drawn again", "left out"}, default "checked"
        What becomes of points that break a constraint: the design is refused, others are drawn in their
        place, or they are no candidates.
    ordered : bool, default False
        Whether the analysis reads the points by their places, so that all must be there, in order.
    laws : {"whole", "quantiles"}, default "whole"
        Whether a law is sampled over its whole range, or at levels between its quantiles 0.05 and 0.95.
    integers : {"all", "levels"}, default "all"
        Whether every value of an Integer comes up, given points enough, or those at the design's levels.
    categories : tuple of int, optional
        How many levels a Categorical may have; without it any number.
    analysis : str, optional
        The analysis that the design is made for; without it any of given data.
    axes : {"any", "ordered", "real"}, default "any"
        Which axes that analysis makes sense of: all; all but categories without an order; or real numbers
        alone. It says so itself, on a floor that cannot be asked from here: a test holds the two to each
        other.

    Attributes
    ----------
    function : callable
        The sampler.
    """

    function: Callable[..., Design] = field(init=False)
    library: str
    purpose: str
    points: str
    extension: Extension
    random: bool
    source: str
    groups: bool = False
    even: bool = True
    correlated: bool = False
    constraints: Literal["checked", "drawn again", "left out"] = "checked"
    ordered: bool = False
    laws: Literal["whole", "quantiles"] = "whole"
    integers: Literal["all", "levels"] = "all"
    categories: tuple[int, ...] | None = None
    analysis: str = ""
    axes: Axes = "any"

    def __call__(self, function: Callable[P, Design]) -> Callable[P, Design]:
        """Enter a sampler, and let it refuse options that it does not take, and what is no space for it."""
        method, known = function.__name__, options_of(function)
        parameters = inspect.signature(function).parameters
        if "space" not in parameters:
            raise TypeError(
                f"a sampler takes its ParameterSpace as space; {method} takes {', '.join(parameters)}"
            )
        place, default = [*parameters].index("space"), parameters["space"].default

        @functools.wraps(function)
        def sampler(*args: P.args, **options: P.kwargs) -> Design:
            check_options(method, options, known, DesignError)
            space = args[place] if place < len(args) else options.get("space", default)
            if space is not default:
                _check_space(space, method, self.correlated)
            return function(*args, **options)

        object.__setattr__(self, "function", sampler)
        SAMPLERS[method] = self
        return sampler


#: The decorator of every sampler.
declare = SamplerInfo

#: Every sampler by name; filled by :data:`declare`.
SAMPLERS: dict[str, SamplerInfo] = {}

#: What makes the designs of each method longer, by method; filled by :func:`continues`.
LONGER: dict[str, Longer] = {}


def continues(*methods: str) -> Callable[[Longer], Longer]:
    """Enter what makes designs longer, so that those which come back from a file can grow too.

    Parameters
    ----------
    *methods : str
        The samplers' names.

    Returns
    -------
    callable
        The decorator of a function ``(design, n) -> Design``.
    """

    def enter(function: Longer) -> Longer:
        LONGER.update(dict.fromkeys(methods, function))
        return function

    return enter


def table() -> pd.DataFrame:
    """Return the table of samplers.

    Returns
    -------
    DataFrame
        One row a sampler, by name: what it is and is for, and what it promises, as in :class:`SamplerInfo`.

    Examples
    --------
    >>> table().loc["sobol", "extension"]
    'nested'
    """
    rows = {
        name: {
            "what": (info.function.__doc__ or "").strip().splitlines()[0].rstrip("."),
            "for": info.purpose,
            "library": info.library,
            "points": info.points,
            "ordered": info.ordered,
            "extension": info.extension,
            "laws": info.laws,
            "integers": info.integers,
            "categories": _counts(info.categories),
            "groups": info.groups,
            "even": info.even,
            "correlation": info.correlated,
            "constraints": info.constraints,
            "analysis": info.analysis,
            "axes": info.axes,
            "source": info.source,
        }
        for name, info in sorted(SAMPLERS.items())
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("sampler")


def _counts(levels: tuple[int, ...] | None) -> str:
    if levels is None:
        return "any"
    return "of " + " or ".join(f"{count}" for count in levels) if levels else "none"


def _check_space(space: Any, method: str, correlated: bool) -> None:
    """Refuse what is no space, one with nothing to vary, or one whose correlation the method would break."""
    if not isinstance(space, ParameterSpace):
        hint = ""
        if isinstance(space, Mapping):
            hint = "; ParameterSpace(…) makes one"
            if "num_vars" in space:
                hint = "; of a SALib problem, ParameterSpace.from_salib(problem) makes one"
        raise DesignError(f"{method} takes a ParameterSpace, got {type(space).__name__}: {space!r}{hint}")
    if len(space) == 0:
        constants = ", ".join(space.constants)
        raise DesignError(f"{method} needs an axis that varies; this space has only constants ({constants})")
    if space.correlation is not None and not correlated:
        able = ", ".join(sorted(name for name, info in SAMPLERS.items() if info.correlated))
        raise DesignError(
            f"{method} needs independent factors, but those of this space are correlated: its points lie in "
            f"a pattern that a correlation would bend. Take a space without correlation=, or one of {able}"
        )


def warn_of_axes(space: ParameterSpace, method: str, instead: str = "") -> None:
    """Say which axes the analysis of a design will refuse, while no run has been made for it yet.

    Parameters
    ----------
    space : ParameterSpace
    method : str
        The sampler.
    instead : str, optional
        What else to do, beside another design.

    Warns
    -----
    MesaDoeWarning
        If there is such an axis; with the designs like this one whose analysis takes every axis.
    """
    own = SAMPLERS[method]
    refused = ", ".join(name for name, axis in space.axes.items() if not _read(axis, own.axes))
    if not refused:
        return
    able = [
        name
        for name, info in sorted(SAMPLERS.items())
        if info.analysis and info.axes == "any" and info.categories is None and info.ordered == own.ordered
    ]
    why = (
        f"nothing lies between the values of {refused}, so that the output has no derivative"
        if own.axes == "real"
        else f"the levels of {refused} have no order"
    )
    use = f"use {', '.join(able[:-1])} or {able[-1]}"
    warn(
        f"{method}: its analysis {own.analysis!r} will refuse this design, since {why}; "
        f"{f'{instead}, or ' if instead else ''}{use}"
    )


def _read(axis: Axis, axes: Axes) -> bool:
    if axes == "real":
        return is_continuous(axis)
    return axes == "any" or not isinstance(axis, Categorical) or len(axis.levels) < 3


def check_n(n: Any, method: str) -> int:
    """Return a size as a plain int, or refuse it.

    Raises
    ------
    DesignError
        If it is no int, less than 1, or more than the points that a design may have.
    """
    size = check_count(n, method, "n", 1)
    check_size(size, method)
    return size


def check_count(value: Any, method: str, name: str, least: int) -> int:
    """Return a whole number as a plain int, or refuse it.

    Raises
    ------
    DesignError
        If it is no int, or less than ``least``.

    Examples
    --------
    >>> check_count(0, "morris", "levels", 2)
    Traceback (most recent call last):
    mesa_doe.errors.DesignError: morris: levels takes an int from 2, got 0
    """
    if not is_int(value) or value < least:
        raise DesignError(f"{method}: {name} takes an int from {least}, got {value!r}")
    return int(value)
