"""Names of other tools as names of parameters."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable

from mesa_doe.columns import free_names
from mesa_doe.model_run.recipe import SEEDS

__all__ = ["identifiers"]


def identifiers(names: Iterable[str]) -> list[str]:
    """Turn names of other tools into names of parameters.

    Examples
    --------
    >>> identifiers(["number-of-sheep", "sorted?", "2nd", "seed"])
    ['number_of_sheep', 'sorted', '_2nd', 'seed_parameter']
    """
    plain = [re.sub(r"\W+", "_", str(name)).strip("_") or "_" for name in names]
    plain = [name if name.isidentifier() else f"_{name}" for name in plain]
    return free_names(plain, (*SEEDS, *keyword.kwlist), "_parameter")
