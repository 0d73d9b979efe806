"""Whether an output is the same but at a few points, which tell an analysis too little."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.arrays import BoolArray, FloatArray
from mesa_doe.design import Design
from mesa_doe.errors import some

__all__ = ["narrow_events", "rare_changes", "rare_events", "told_by_few"]

# Expected blocks with the event, from which on intervals hold: measured, see the docs of analyses.
_FEWEST_OF_BOTH, _FEWEST = 2, 3
# An index that so few blocks do not see, and that nobody looks for.
_NEGLIGIBLE = 0.15


def rare_events(
    names: Sequence[Any],
    base: FloatArray,
    constant: BoolArray,
    *,
    blocks: int,
    of_both: Sequence[str] = (),
    of_one: Sequence[str] = (),
) -> tuple[list[str], dict[Any, list[str]]]:
    """Say of which outputs too few blocks differ from the value that most points have.

    Parameters
    ----------
    names : sequence
        Of the outputs.
    base : ndarray (base points, outputs)
        Points spread over the space: one or two a block.
    constant : ndarray of bool (outputs,)
        Outputs of which something else is said.
    blocks : int
    of_both : sequence of str, default ()
        Measures of which a block tells something only where both its base points have the event.
    of_one : sequence of str, default ()
        Measures of which it does where one has it.

    Returns
    -------
    said : list of str
    few : dict of object to list of str
        By output, the measures whose intervals may be too narrow.

    Examples
    --------
    >>> base = np.repeat([[0.0], [1.0]], [480, 32], axis=0)
    >>> said, few = rare_events(["y"], base, np.array([False]), blocks=256, of_both=["S1"], of_one=["ST"])
    >>> said
    ["output 'y' has one value at all but 0.062 of the base points: S1 is made of blocks whose two base ..."]
    >>> few
    {'y': ['S1']}
    """
    said, few = [], dict[Any, list[str]]()
    for name, part in _shares(names, base, constant):
        start = f"output {name!r} has one value at all but {part:.2g} of the base points: "
        both, one = blocks * part**2, blocks * part
        if of_both and both < _FEWEST_OF_BOTH:
            said.append(
                f"{start}{_listed(of_both)} made of blocks whose two base points both have another, about "
                f"{both:.1f} of {blocks} here, and intervals may be far too narrow; use "
                f"n={_power_of_two(_FEWEST_OF_BOTH / part**2)}"
            )
            few[name] = [*of_both]
        if of_one and one < _FEWEST:
            said.append(
                f"{start}{_listed(of_one)} made of blocks that have another, about {one:.1f} of {blocks} "
                f"here, and intervals may be far too narrow; use n={_power_of_two(_FEWEST / part)}"
            )
            few[name] = [*few.get(name, ()), *of_one]
    return said, few


def rare_changes(
    names: Sequence[Any],
    factors: Sequence[str],
    blocks: FloatArray,
    totals: FloatArray,
    constant: BoolArray,
    *,
    corrected: bool,
    few: Mapping[Any, list[str]],
) -> tuple[list[str], dict[Any, list[str]]]:
    """Say of which factors too few blocks tell ST: where an output jumps, it may read 0 for a large one.

    Parameters
    ----------
    names : sequence
        Of the outputs.
    factors : sequence of str
    blocks : ndarray (blocks, rows of a block, replications, outputs)
        A base point first, and then a row a factor that is changed from there.
    totals : ndarray (outputs, factors)
        ST.
    constant : ndarray of bool (outputs,)
        Outputs of which something else is said.
    corrected : bool
        Whether noise was taken away, by products of two replications: then both must change.
    few : mapping of object to list of str
        As :func:`rare_events` returns it.

    Returns
    -------
    said : list of str
    few : dict of object to list of str
        With ST of these outputs too.

    Examples
    --------
    >>> rows = np.zeros((64, 3, 1, 1))
    >>> rows[:7, 1] = 1.0
    >>> said, few = rare_changes(["y"], ["a", "b"], rows, np.array([[0.9, 0.0]]), np.array([False]),
    ...                          corrected=False, few={"y": ["S1"]})
    >>> said
    ["output 'y' is changed by b in 0 of 64 blocks: from so few ST may read far too little, or 0, and ..."]
    >>> few
    {'y': ['S1', 'ST']}
    """
    said, few, count = [], dict(few), len(blocks)
    changed = (blocks[:, 1 : len(factors) + 1] != blocks[:, :1]).sum(axis=2) >= (2 if corrected else 1)
    for name, seen, total, skip in zip(names, changed.sum(axis=0).T, totals, constant, strict=True):
        # Of an output that hardly ever stays the same, a factor that never changes it does nothing.
        doubtful = (seen < _FEWEST) & ((seen > 0) | (2 * seen.max() < count))
        of_few = _FEWEST * np.maximum(total, 0).sum() / max(seen.sum(), 1)
        # NaN, and what no factor changes, are told elsewhere.
        if skip or not doubtful.any() or not seen.any() or not of_few > _NEGLIGIBLE:
            continue
        told = [f"{factor} in {n}" for factor, n in zip(factors, seen.tolist(), strict=True) if n < _FEWEST]
        twice, more = (", in two replications", ", or more replications") if corrected else ("", "")
        said.append(
            f"output {name!r} is changed by {some(told)} of {count} blocks{twice}: from so few ST may read "
            f"far too little, or 0, and its interval be too narrow; use a larger n{more}"
        )
        few[name] = list(dict.fromkeys([*few.get(name, ()), "ST"]))
    return said, few


def told_by_few(rows: pd.DataFrame, settings: Mapping[str, Any]) -> BoolArray:
    """Tell which estimates are made of so few events that a narrow interval is chance.

    Parameters
    ----------
    rows : DataFrame
        Estimates of a result.
    settings : mapping
        Its settings: ``few_events`` is what :func:`rare_events` returned.

    Returns
    -------
    ndarray of bool (rows,)

    Examples
    --------
    >>> rows = pd.DataFrame({"output": ["y", "y", "z"], "measure": ["S1", "ST", "S1"]})
    >>> told_by_few(rows, {"few_events": {"y": ["S1"]}}).tolist()
    [True, False, False]
    """
    few: Mapping[Any, Sequence[str]] = settings.get("few_events") or {}
    if not few:
        return np.zeros(len(rows), dtype=bool)
    steps = rows["step"] if "step" in rows else rows["output"]
    told: BoolArray = np.array(
        [
            # Over time the key is the pair with the step, or the name where all steps are alike.
            measure in (few.get((name, step)) or few.get(name) or ())
            for name, step, measure in zip(rows["output"], steps, rows["measure"], strict=True)
        ],
        dtype=bool,
    )
    return told


def narrow_events(
    design: Design, names: Sequence[Any], values: FloatArray, constant: BoolArray, *, parts: int, remedy: str
) -> list[str]:
    """Say which outputs may differ from the value that most points have in a region too narrow to be seen.

    Parameters
    ----------
    design : Design
    names : sequence
        Of the outputs.
    values : ndarray (points, outputs)
    constant : ndarray of bool (outputs,)
        Outputs of which something else is said.
    parts : int
        Of the range of a factor, within which the analysis of S1 sees nothing.
    remedy : str

    Returns
    -------
    list of str
    """
    # A level is never parted.
    if all(axis.n_levels is not None and axis.n_levels <= parts for axis in design.space.axes.values()):
        return []
    return [
        f"output {name!r} has one value at all but {part:.2g} of the points: where it has another may be "
        f"narrower than the {parts} parts of a factor that S1 is told from, which then reads too little, and "
        f"its interval as well; use {remedy}"
        for name, part in _shares(names, values, constant)
        if part * parts < 1
    ]


def _shares(names: Sequence[Any], values: FloatArray, constant: BoolArray) -> list[tuple[Any, float]]:
    """Return the share of the points at which each output has another value than at most."""
    shares = (values != np.median(values, axis=0)).mean(axis=0)
    # At half of the points and more, it is no event but the rule.
    return [
        (name, share)
        for name, share, skip in zip(names, shares.tolist(), constant, strict=True)
        if not skip and 0 < share < 0.5
    ]


def _listed(measures: Sequence[str]) -> str:
    return f"{' and '.join(measures)} {'is' if len(measures) == 1 else 'are'}"


def _power_of_two(least: float) -> int:
    return int(2 ** np.ceil(np.log2(least)))
