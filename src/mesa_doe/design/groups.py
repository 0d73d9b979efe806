"""Groups of factors that a design moves together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from mesa_doe.errors import DesignError, listed
from mesa_doe.space.points import close_to

__all__ = ["Groups", "read_groups", "written_groups"]

#: The factors of each group, by its name.
Groups: TypeAlias = Mapping[str, tuple[str, ...]]


def read_groups(groups: Any, factors: tuple[str, ...], method: str) -> dict[str, tuple[str, ...]]:
    """Check that groups share out the factors, and put them into the order of the factors.

    Returns
    -------
    dict of str to tuple of str
        The group that holds the first factor comes first, and so on.

    Raises
    ------
    DesignError
        Naming every mistake.

    Examples
    --------
    >>> read_groups({"rule": ["c"], "net": ["b", "a"]}, ("a", "b", "c"), "sobol")
    {'net': ('a', 'b'), 'rule': ('c',)}
    """
    if not isinstance(groups, Mapping):
        raise DesignError(
            f"{method}: groups takes a mapping of group names to lists of factors, got {groups!r}"
        )
    problems = []
    homes: dict[str, list[Any]] = {factor: [] for factor in factors}
    for name, members in groups.items():
        if not isinstance(name, str) or not name:
            problems.append(f"the name of a group must be a str, got {name!r}")
        if isinstance(members, str) or not isinstance(members, (list, tuple)) or not members:
            problems.append(f"group {name!r} takes a list of factors, got {members!r}")
            continue
        for factor in members:
            if factor not in factors:
                problems.append(f"group {name!r}: {factor!r} is no factor{close_to(factor, factors)}")
            elif name in homes[factor]:
                problems.append(f"group {name!r} names factor {factor!r} twice")
            else:
                homes[factor].append(name)
    for factor, names in homes.items():
        if not names:
            problems.append(f"factor {factor!r} is in no group; a group may hold one factor")
        elif len(names) > 1:
            problems.append(f"factor {factor!r} is in {' and '.join(map(repr, names))}, must be in one")
    if not problems and len(groups) < 2:
        problems.append(f"at least two groups are needed, got only {next(iter(groups), None)!r}")
    if problems:
        raise DesignError(f"{method}: {listed(problems, 'the groups have mistakes')}")
    ordered: dict[str, tuple[str, ...]] = {}
    for factor in factors:
        name = homes[factor][0]
        ordered[name] = (*ordered.get(name, ()), factor)
    return ordered


def written_groups(groups: Groups) -> str:
    """Write groups in one line.

    Examples
    --------
    >>> written_groups({"net": ("a", "b"), "rule": ("c",)})
    'net: a, b; rule: c'
    """
    return "; ".join(f"{name}: {', '.join(members)}" for name, members in groups.items())
