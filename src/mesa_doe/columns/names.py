"""Names of columns that hide none of a table's own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["free_names"]


def free_names(names: Iterable[Any], taken: Iterable[str], suffix: str) -> list[str]:
    """Name columns that join a table which has columns of its own: nothing is overwritten.

    Parameters
    ----------
    names : iterable
        The names wanted, as text.
    taken : iterable of str
        Names that the table already uses.
    suffix : str
        Appended, as often as needed, to a name that clashes.

    Returns
    -------
    list of str
        All different, and none of them taken.

    Examples
    --------
    >>> free_names(["density", "steps"], taken=["steps"], suffix="_parameter")
    ['density', 'steps_parameter']
    """
    wanted, used = [str(name) for name in names], set(taken)
    free = []
    for name in wanted:
        column = name
        while column in used or (column != name and column in wanted):
            column += suffix
        used.add(column)
        free.append(column)
    return free
