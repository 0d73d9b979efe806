"""Which analysis takes which design, as data: the docs table and the default choice read it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec

import pandas as pd

from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError

__all__ = ["ANALYSES", "AnalysisInfo", "choose", "declare", "table"]

P = ParamSpec("P")


@dataclass(frozen=True)
class AnalysisInfo:
    """What one analysis promises.

    Parameters
    ----------
    function : callable
        ``(design, y, **options) -> SensitivityResult``.
    designs : tuple of str
        Methods of the designs that it takes, the first being the one that it is the default of.
    measures : str
        What it estimates.
    source : str
    """

    function: Callable[..., SensitivityResult]
    designs: tuple[str, ...]
    measures: str
    source: str


#: Every analysis by name; filled by :func:`declare`.
ANALYSES: dict[str, AnalysisInfo] = {}


def declare(
    *, designs: tuple[str, ...], measures: str, source: str
) -> Callable[[Callable[P, SensitivityResult]], Callable[P, SensitivityResult]]:
    """Enter an analysis in the table; the function itself stays as it is."""

    def enter(function: Callable[P, SensitivityResult]) -> Callable[P, SensitivityResult]:
        ANALYSES[function.__name__] = AnalysisInfo(function, designs, measures, source)
        return function

    return enter


def table() -> pd.DataFrame:
    """Return the table of analyses.

    Returns
    -------
    DataFrame
        One row an analysis, by name: what it estimates, of which designs, and the source.

    Examples
    --------
    >>> table().loc["sobol", "designs"]
    'sobol'
    """
    rows = {
        name: {"measures": info.measures, "designs": ", ".join(info.designs), "source": info.source}
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
        If the method is unknown, or none takes the design.
    """
    if method is None:
        for info in ANALYSES.values():
            if design.method == info.designs[0]:
                return info.function
        made = ", ".join(sorted({name for info in ANALYSES.values() for name in info.designs}))
        message = (
            f"no analysis takes a {design.method} design yet; sensitivity indices can be had from: {made}. "
            "results.points(output) gives mean and spread a design point for any design"
        )
        raise AnalysisError(message)
    if method not in ANALYSES:
        message = f"there is no analysis {method!r}; there are {', '.join(sorted(ANALYSES))}"
        raise AnalysisError(message)
    return ANALYSES[method].function


def check_design(design: Any, method: str) -> None:
    """Refuse a design that the analysis cannot use.

    Raises
    ------
    AnalysisError
    """
    if not isinstance(design, Design):
        message = f"{method} takes a Design, got {type(design).__name__}"
        raise AnalysisError(message)
    allowed = ANALYSES[method].designs
    if design.method not in allowed:
        message = f"{method} needs a design made by {' or '.join(allowed)}, got one made by {design.method}"
        raise AnalysisError(message)
