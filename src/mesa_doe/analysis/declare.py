"""Which analysis takes which design, as data: the docs table, the checks and the default choice read it."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, TypeVar, cast

import pandas as pd

from mesa_doe.analysis.dependent_points import correlated, of_given_data
from mesa_doe.analysis.joining import condensed, together
from mesa_doe.analysis.labelled import plain_outputs
from mesa_doe.analysis.options import check_policy
from mesa_doe.analysis.outputs import alike
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, warn
from mesa_doe.other_names import check_options, options_of
from mesa_doe.space import Categorical
from mesa_doe.space.axes import is_continuous

__all__ = [
    "ANALYSES",
    "AnalysisInfo",
    "Axes",
    "check_design",
    "choose",
    "declare",
    "named_by",
    "suited",
    "table",
]

F = TypeVar("F", bound=Callable[..., SensitivityResult])

_DEPENDENT = (
    "the factors are correlated or constrained: what is said of one is partly of those that go along with "
    "it, an inert one included, and shares do not add up"
)

# What Python's way is where a design has no analysis of its own.
_NAME_ONE = "name one with method=:"
_OR_POINTS = ". results.points(output) gives mean and spread a design point"

#: Which axes an analysis makes sense of: all; all but categories without an order; or real numbers alone.
Axes: TypeAlias = Literal["any", "ordered", "real"]


@dataclass(frozen=True, kw_only=True)
class AnalysisInfo:
    """What one analysis promises; called with the analysis, as a decorator, it enters it in the table.

    Parameters
    ----------
    library : str
        The library's function that makes the estimates, or ``"mesa-doe"``.
    measures : str
        What it estimates.
    source : str
        The paper.
    designs : tuple of str, default ()
        Methods of the designs that it reads; empty for an analysis of given data, which takes any.
    default_for : tuple of str, default ()
        Methods of the designs for which ``results.sensitivity`` takes it when none is named.
    axes : {"any", "ordered", "real"}, default "any"
        Which axes it makes sense of: of a category with three levels or more, and of integers.
    groups : bool, default False
        Whether it takes designs whose factors move in groups.
    seed_factor : bool, default False
        Whether it takes designs with the seed as a factor, whose levels have no order.
    least_points : int, default 1
        How many points it needs.
    most_levels : int, optional
        How many values a factor may have in the design.
    intervals : bool, default True
        Whether its estimates have intervals.

    Attributes
    ----------
    function : callable
        ``(design, y, **options) -> SensitivityResult``.
    """

    function: Callable[..., SensitivityResult] = field(init=False)
    library: str
    measures: str
    source: str
    designs: tuple[str, ...] = ()
    default_for: tuple[str, ...] = ()
    axes: Axes = "any"
    groups: bool = False
    seed_factor: bool = False
    least_points: int = 1
    most_levels: int | None = None
    intervals: bool = True

    def __call__(self, function: F) -> F:
        """Enter an analysis; it refuses other designs, gives its warnings, says where factors depend."""
        name = function.__name__
        known = options_of(function)
        known = known and known[2:]  # without the design and y

        @functools.wraps(function)
        def analysis(design: Design, y: Any, *more: Any, **options: Any) -> SensitivityResult:
            if more:  # as SALib's (problem, X, Y)
                raise AnalysisError(
                    f"{name} takes a design and y, and options by name, got {2 + len(more)} arguments; of a "
                    "SALib problem and its sample, from_salib(problem, x, method=...) makes a design"
                )
            check_options(name, options, known, AnalysisError)
            check_policy(name, options.get("seed_policy"))
            check_design(design, name)
            y = plain_outputs(design, y, name)
            result = _each_of_its_points(function, design, y, options)
            dependent = not design.space.is_independent
            said = []
            if not self.designs:
                said = of_given_data(design, name)
                dependent |= correlated(design)
            result = dataclasses.replace(
                result,
                warnings=condensed((*result.warnings, *said)),
                notes=(*result.notes, *((_DEPENDENT,) if dependent else ())),
            )
            for text in result.warnings:
                warn(text)
            return result

        object.__setattr__(self, "function", analysis)
        ANALYSES[name] = self
        return cast(F, analysis)


#: The decorator of every analysis.
declare = AnalysisInfo

#: Every analysis by name; filled by :data:`declare`.
ANALYSES: dict[str, AnalysisInfo] = {}


def _each_of_its_points(
    function: Callable[..., SensitivityResult], design: Design, y: Any, options: dict[str, Any]
) -> SensitivityResult:
    """Analyse outputs of which points may be left out apart, where they lack different ones."""
    if options.get("missing") != "drop":
        return function(design, y, **options)
    every, parts = alike(y, options.get("outputs"), function.__name__)
    if not parts:
        return function(design, y, **options)
    return together([function(design, part, **{**options, "outputs": own}) for part, own in parts], every)


def table() -> pd.DataFrame:
    """Return the table of analyses.

    Returns
    -------
    DataFrame
        One row an analysis, by name: what it estimates, of which designs and axes, whose function it is, and
        the source.

    Examples
    --------
    >>> from mesa_doe.analysis import table  # which knows them all
    >>> table().loc["sobol", "designs"]
    'sobol'
    """
    rows = {
        name: {
            "measures": info.measures,
            "designs": ", ".join(info.designs) or "any",
            "default for": ", ".join(info.default_for),
            "axes": info.axes,
            "groups": info.groups,
            "seed factor": info.seed_factor,
            "intervals": info.intervals,
            "library": info.library,
            "source": info.source,
        }
        for name, info in sorted(ANALYSES.items())
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("analysis")


def choose(design: Design, method: str | None = None) -> Callable[..., SensitivityResult]:
    """Return the analysis that fits a design, or the one that is asked for.

    Parameters
    ----------
    design : Design
    method : str, optional

    Returns
    -------
    callable

    Raises
    ------
    AnalysisError
        If the method is unknown, or none is made for the design.
    """
    if method is None:
        for info in ANALYSES.values():
            if design.method in info.default_for:
                return info.function
        able = ", ".join(suited(design))
        raise AnalysisError(
            f"no analysis is made for designs of {design.method}"
            f"{f'; {_NAME_ONE} {able}' if able else ''}{_OR_POINTS}"
        )
    if method not in ANALYSES:
        raise AnalysisError(f"there is no analysis {method!r}; there are {', '.join(sorted(ANALYSES))}")
    return ANALYSES[method].function


def named_by(text: str, way: str) -> str:
    """Say what :func:`choose` says with the way that an analysis is named where there is no Python.

    Parameters
    ----------
    text : str
        Of any error.
    way : str
        In place of ``name one with method=:``.

    Examples
    --------
    >>> named_by("no analysis is made for designs of grid; name one with method=: anova", "choose")
    'no analysis is made for designs of grid; choose anova'
    """
    return text.replace(_NAME_ONE, way).replace(_OR_POINTS, "")


def check_design(design: Any, method: str) -> None:
    """Refuse a design that the analysis cannot use, and name those that can.

    Raises
    ------
    AnalysisError
    """
    if not isinstance(design, Design):
        is_problem = isinstance(design, Mapping) and "num_vars" in design
        hint = "; of a SALib problem and its sample, from_salib(problem, x) makes one" if is_problem else ""
        if hasattr(design, "sensitivity"):
            hint = f"; of results, call results.sensitivity(output, method={method!r})"
        raise AnalysisError(f"{method} takes a Design, got {type(design).__name__}{hint}")
    if problem := _problem(ANALYSES[method], design):
        able = suited(design)
        remedy = f"; this design can be analysed by {', '.join(able)}" if able else ""
        raise AnalysisError(f"{method} {problem}{remedy}")


def suited(design: Design) -> list[str]:
    """Return the names of the analyses that a design can be given to."""
    return sorted(
        name for name, info in ANALYSES.items() if _problem(info, design) is None and _fits(info, design)
    )


def _fits(info: AnalysisInfo, design: Design) -> bool:
    """Tell whether the size of a design suits an analysis, which says so itself once it has the outputs."""
    if len(design) < info.least_points:
        return False
    most = info.most_levels
    return most is None or all(design.points[name].map(repr).nunique() <= most for name in design.space.axes)


def _problem(info: AnalysisInfo, design: Design) -> str | None:
    if info.designs and design.method not in info.designs:
        return f"needs a design made by {' or '.join(info.designs)}, got one made by {design.method}"
    if design.groups is not None and not info.groups:
        return f"needs factors that move alone, but this design moves {', '.join(design.groups)} as groups"
    if design.seed_levels is not None and not info.seed_factor:
        return "cannot read the seed as a factor: make the design without seed_factor=True"
    axes = design.space.axes.items()
    if info.axes == "real" and (apart := [name for name, axis in axes if not is_continuous(axis)]):
        return f"needs axes of real numbers, but {', '.join(apart)} have values between which nothing lies"
    unordered = [
        name
        for name, axis in axes
        if isinstance(axis, Categorical) and axis.n_levels is not None and axis.n_levels > 2
    ]
    if info.axes == "ordered" and unordered:
        return f"needs axes with an order, but the levels of {', '.join(unordered)} have none"
    return None
