"""Checks of the options that analyses have in common."""

from __future__ import annotations

from collections.abc import Iterable
from numbers import Real
from typing import Any, get_args

import numpy as np

from mesa_doe.arrays import IntArray
from mesa_doe.design.gate import check_bool
from mesa_doe.errors import AnalysisError, DesignError, did_you_mean
from mesa_doe.seeding import SeedPolicy

__all__ = [
    "check_known",
    "check_missing",
    "check_one",
    "check_policy",
    "checked_blocks",
    "checked_bool",
    "checked_bootstrap",
    "checked_int",
    "checked_positive",
    "checked_share",
    "one_of",
]

# How runs may have been seeded; None is unknown, or does not matter.
_POLICIES = (None, "factor", *get_args(SeedPolicy))


def checked_int(method: str, option: str, value: Any, least: int, most: int | None = None) -> int:
    """Return an option that counts, as a plain int.

    Raises
    ------
    AnalysisError
        If it is no int from ``least`` (to ``most``).

    Examples
    --------
    >>> checked_int("hdmr", "order", True, 1, 2)
    Traceback (most recent call last):
    mesa_doe.errors.AnalysisError: hdmr: order takes an int from 1 to 2, got True
    """
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        end = "" if most is None else f" to {most}"
        raise AnalysisError(f"{method}: {option} takes an int from {least}{end}, got {value!r}")
    return int(value)


def checked_share(method: str, option: str, value: Any) -> float:
    """Return an option that lies between 0 and 1, as a plain float.

    Raises
    ------
    AnalysisError
        If it does not, or is no number.
    """
    if not _is_number(value) or not 0 < value < 1:
        raise AnalysisError(f"{method}: {option} takes a number between 0 and 1, got {value!r}")
    return float(value)


def checked_positive(method: str, option: str, value: Any) -> float:
    """Return an option that is a size, as a plain float.

    Raises
    ------
    AnalysisError
        If it is not above 0, infinite, or no number.
    """
    if not _is_number(value) or not 0 < value < np.inf:
        raise AnalysisError(f"{method}: {option} takes a number above 0, got {value!r}")
    return float(value)


def checked_bootstrap(method: str, resamples: Any, confidence: Any) -> tuple[int, float]:
    """Return how many resamples and which level, as plain numbers.

    Raises
    ------
    AnalysisError
        If ``resamples`` is no int from 100, or ``confidence`` no number between 0 and 1.

    Examples
    --------
    >>> checked_bootstrap("morris", 10, 0.95)
    Traceback (most recent call last):
    mesa_doe.errors.AnalysisError: morris: resamples takes an int from 100, got 10
    """
    return (
        checked_int(method, "resamples", resamples, 100),
        checked_share(method, "confidence", confidence),
    )


def checked_blocks(method: str, blocks: Any, count: int, each: str = "point, as design.blocks") -> IntArray:
    """Return which block each point is of, or each run, as it was given.

    Raises
    ------
    AnalysisError
        If there are not as many whole numbers.

    Examples
    --------
    >>> checked_blocks("uncertainty", [0, 0, 1], 3).tolist()
    [0, 0, 1]
    """
    array = np.asarray(blocks)
    if array.shape != (count,) or array.dtype.kind not in "iu":
        raise AnalysisError(
            f"{method}: blocks takes {count} whole numbers, one a {each}; got shape {array.shape} of type "
            f"{array.dtype}"
        )
    return array.astype(np.int64)


def checked_bool(method: str, option: str, value: Any) -> bool:
    """Return a choice as a plain bool, as designs do.

    Raises
    ------
    AnalysisError
        If it is not just True or False: a word in its place would count as True.

    Examples
    --------
    >>> checked_bool("anova", "interactions", np.True_)
    True
    """
    try:
        return check_bool(value, method, option)
    except DesignError as error:
        raise AnalysisError(str(error)) from None


def check_missing(method: str, missing: Any) -> None:
    """Refuse what says nothing of missing values.

    Raises
    ------
    AnalysisError
    """
    if missing not in ("raise", "drop"):
        raise AnalysisError(f"{method}: missing takes 'raise' or 'drop', got {missing!r}")


def check_policy(method: str, policy: Any) -> None:
    """Refuse a way of seeding that there is not.

    Raises
    ------
    AnalysisError
    """
    if policy not in _POLICIES:
        raise AnalysisError(f"{method}: seed_policy takes {', '.join(map(repr, _POLICIES))}, got {policy!r}")


def check_one(what: str, name: Any) -> None:
    """Refuse several names where one is wanted; a tuple may be one.

    Raises
    ------
    AnalysisError

    Examples
    --------
    >>> check_one("output", ["share", "paid"])
    Traceback (most recent call last):
    mesa_doe.errors.AnalysisError: name one output at a time, got ['share', 'paid']
    """
    if isinstance(name, Iterable) and not isinstance(name, (str, tuple)):
        raise AnalysisError(f"name one {what} at a time, got {name!r}")


def check_known(what: str, name: Any, known: Iterable[Any]) -> None:
    """Refuse a name that there is not, with those that there are.

    Parameters
    ----------
    what : str
        Of what it is the name.
    name : object
        As it was typed.
    known : iterable

    Raises
    ------
    AnalysisError

    Examples
    --------
    >>> check_known("factor", "densty", ["density", "width"])
    Traceback (most recent call last):
    mesa_doe.errors.AnalysisError: there is no factor 'densty'; did you mean 'density'? there are density, ...
    """
    check_one(what, name)
    names = list(known)
    if name not in names:
        if isinstance(name, tuple) and any(one in names for one in name):
            check_one(what, list(name))
        there_are = f"there are {', '.join(map(str, names)) or 'none'}"
        raise AnalysisError(f"there is no {what} {name!r}; {did_you_mean(name, names)}{there_are}")


def one_of(what: str, name: Any, known: Iterable[Any]) -> Any:
    """Return the one that is named, or the only one there is where none is.

    Parameters
    ----------
    what : str
        What it is called, as an argument too.
    name : object or None
    known : iterable

    Raises
    ------
    AnalysisError
        If there is no such one, or there are several and none is named.

    Examples
    --------
    >>> one_of("output", None, ["y"])
    'y'
    """
    names = list(known)
    if name is None and len(names) > 1:
        raise AnalysisError(
            f"there are several {what}s ({', '.join(map(str, names))}); choose one with {what}="
        )
    if name is None and names:
        return names[0]
    check_known(what, name, names)
    return name


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
