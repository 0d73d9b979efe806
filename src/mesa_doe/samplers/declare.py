"""What a sampler promises, as data: it fills the docs table and drives the contract tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, ParamSpec, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.design import Design
from mesa_doe.errors import DesignError
from mesa_doe.space import ParameterSpace

__all__ = ["SAMPLERS", "SamplerInfo", "check_n", "check_space", "declare", "table"]

P = ParamSpec("P")
Extension: TypeAlias = Literal["nested", "none"]


@dataclass(frozen=True)
class SamplerInfo:
    """What one sampler promises.

    Parameters
    ----------
    function : callable
    library : str
        The library's function that makes the sample, or ``"mesa-doe"``.
    points : str
        Its cost, as a formula in n and d.
    extension : {"nested", "none"}
        Whether a longer design begins with the shorter one.
    random : bool
        Whether ``rng`` changes the sample.
    source : str
        The paper.
    """

    function: Callable[..., Design]
    library: str
    points: str
    extension: Extension
    random: bool
    source: str


#: Every sampler by name; filled by :func:`declare`.
SAMPLERS: dict[str, SamplerInfo] = {}


def declare(
    *, library: str, points: str, extension: Extension, random: bool, source: str
) -> Callable[[Callable[P, Design]], Callable[P, Design]]:
    """Enter a sampler in the table of samplers; the function itself stays as it is.

    Parameters
    ----------
    library, points, extension, random, source
        As in :class:`SamplerInfo`.

    Returns
    -------
    callable
        The decorator.
    """

    def enter(function: Callable[P, Design]) -> Callable[P, Design]:
        SAMPLERS[function.__name__] = SamplerInfo(function, library, points, extension, random, source)
        return function

    return enter


def table() -> pd.DataFrame:
    """Return the table of samplers.

    Returns
    -------
    DataFrame
        One row a sampler, by name: what it is, library, points, extension and source.

    Examples
    --------
    >>> table().loc["sobol", "extension"]
    'nested'
    """
    rows = {
        name: {
            "what": (info.function.__doc__ or "").strip().splitlines()[0].rstrip("."),
            "library": info.library,
            "points": info.points,
            "extension": info.extension,
            "source": info.source,
        }
        for name, info in sorted(SAMPLERS.items())
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("sampler")


def check_space(space: Any, method: str) -> None:
    """Refuse what is no space, or one with nothing to vary.

    Raises
    ------
    DesignError
    """
    if not isinstance(space, ParameterSpace):
        message = f"{method} takes a ParameterSpace, got {type(space).__name__}: {space!r}"
        raise DesignError(message)
    if len(space) == 0:
        constants = ", ".join(space.constants)
        message = f"{method} needs an axis that varies; this space has only constants ({constants})"
        raise DesignError(message)


def check_n(n: Any, method: str) -> int:
    """Return a size as a plain int, or refuse it.

    Raises
    ------
    DesignError
        If it is no int, or less than 1.
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        message = f"{method}: n takes an int from 1, got {n!r}"
        raise DesignError(message)
    return int(n)
