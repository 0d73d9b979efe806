"""What SALib is given: a fresh problem in the unit cube, whose names cannot mislead it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mesa_doe.design.groups import Groups

__all__ = ["unit_problem"]


def unit_problem(factors: Sequence[str], groups: Groups | None = None) -> dict[str, Any]:
    """Return a problem for SALib, which may write into it.

    Returns
    -------
    dict
        With unit bounds, and names of our own: SALib reads repeated names as groups, and keeps some for
        itself.

    Examples
    --------
    >>> unit_problem(["a", "b"], {"both": ("a", "b")})["groups"]
    ['g0', 'g0']
    """
    problem: dict[str, Any] = {
        "num_vars": len(factors),
        "names": [f"x{k}" for k in range(len(factors))],
        "bounds": [[0.0, 1.0] for _ in factors],
    }
    if groups is not None:
        home = {factor: f"g{k}" for k, members in enumerate(groups.values()) for factor in members}
        problem["groups"] = [home[factor] for factor in factors]
    return problem
