"""Where the noise of each output comes from, found by repeating a few short runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.columns import Table
from mesa_doe.configurations import RunConfiguration
from mesa_doe.model_run import Recipe
from mesa_doe.results import Noise
from mesa_doe.results.length import LENGTH
from mesa_doe.runner.alike import Groups
from mesa_doe.runner.checks import ModelKey
from mesa_doe.runner.chunks import Block, Order, Report, Task

__all__ = ["find_noise", "find_rare_noise", "graver"]

# Seconds that a run may take to be repeated, only to see whether it can be.
_SHORT = 0.5
# The share of all work that a longer one may take, and that more than one may take together.
_SHARE, _MORE = 0.01, 0.1
# Of how many runs more the seed is changed.
_MANY = 30
_GRAVITY: tuple[Noise, ...] = ("none", "seeded", "unseeded")


def find_noise(
    configurations: Sequence[RunConfiguration],
    recipes: Mapping[ModelKey, Recipe],
    seconds: np.ndarray[Any, Any],
    timeout: float | None,
    run: Callable[[Sequence[Task]], Sequence[Report | None]],
) -> tuple[dict[str, Noise], dict[str, Noise]]:
    """Repeat the first of the runs that are short, and the middle and the last where they cost little.

    Parameters
    ----------
    configurations : sequence of RunConfiguration
    recipes : mapping
    seconds : ndarray (runs,)
        Of the runs that are ok, in the order of the configurations; NaN elsewhere.
    timeout : float or None
        Seconds a run.
    run : callable
        Makes the runs of some tasks where those of the batch were made; None where a worker died.

    Returns
    -------
    of_model, others : dict of str to {"none", "seeded", "unseeded"}
        By output: it does not vary; it follows the seed; or it varies though the seed is the same. Others are
        those of agents, and ``"steps"`` where lengths of runs vary. Empty where every run takes too long or
        failed.
    """
    positions, work = _first_looked_at(seconds)
    of_model: dict[str, Noise] = {}
    others: dict[str, Noise] = {}
    most = max(_SHORT, _MORE * work)
    for some in (positions[:1], positions[1:]):
        known = [*of_model.values(), *others.values()]
        if known:
            # The first one counts among what they may take.
            spent = 3 * np.cumsum(seconds[positions])
            some = [position for position, until in zip(positions, spent, strict=True) if until <= most][1:]
        # Of outputs that follow the seed, another seed tells no more.
        follow = bool(known) and "none" not in known
        again = [_repeated(configurations[one], recipes, timeout, reseeded=not follow) for one in some]
        for report in run(again):
            here = _noise_in(report)
            of_model, others = graver(of_model, here[0]), graver(others, here[1])
    return of_model, others


def find_rare_noise(
    configurations: Sequence[RunConfiguration],
    recipes: Mapping[ModelKey, Recipe],
    seconds: np.ndarray[Any, Any],
    timeout: float | None,
    run: Callable[[Sequence[Task]], Sequence[Report | None]],
) -> dict[str, Noise]:
    """Change the seed of more runs, if they cost next to nothing: an output of few values often agrees.

    All of them or none, spread over the batch: what is found is not to hang on how fast each one was.

    Parameters
    ----------
    configurations, recipes, seconds, timeout, run
        As in :func:`find_noise`.

    Returns
    -------
    dict of str to {"seeded"}
        Those outputs that another seed changed.
    """
    first, work = _first_looked_at(seconds)
    others = np.setdiff1d(np.flatnonzero(~np.isnan(seconds)), first)
    if not len(others):
        return {}
    places = others[np.unique(np.linspace(0, len(others) - 1, _MANY).astype(np.int64))]
    if 2 * float(seconds[places].sum()) > max(_SHORT, _SHARE * work):
        return {}
    pairs = [
        dataclasses.replace(one, run_id=2 * k + odd, seed=(one.seed or 0) + odd)
        for k, one in enumerate(configurations[position] for position in places.tolist())
        for odd in (0, 1)
    ]
    numbers = np.arange(len(pairs))
    [report] = run([Task.of(pairs, numbers, recipes, Order(timeout=timeout))])
    groups = Groups(numbers // 2)
    if (block := _reported(report)) is not None:
        groups.look(block.data.model, numbers)
    return dict.fromkeys(groups.differ - {"step"}, "seeded")


def _first_looked_at(seconds: np.ndarray[Any, Any]) -> tuple[list[int], float]:
    """Return the first, the middle and the last of the short runs, and the seconds of all."""
    done = np.flatnonzero(~np.isnan(seconds))
    work = float(seconds[done].sum())
    short = done[seconds[done] < max(_SHORT, _SHARE * work)]
    ends = (0, len(short) // 2, -1) if len(short) else ()
    return list(dict.fromkeys(int(short[k]) for k in ends)), work


def graver(known: Mapping[str, Noise], found: Mapping[str, Noise]) -> dict[str, Noise]:
    """Join what is known of the noise of each output: what was once seen to vary does.

    Examples
    --------
    >>> graver({"y": "seeded", "z": "none"}, {"y": "none", "x": "unseeded"})
    {'y': 'seeded', 'z': 'none', 'x': 'unseeded'}
    """
    names = dict.fromkeys([*known, *found])
    return {name: max(known.get(name, "none"), found.get(name, "none"), key=_GRAVITY.index) for name in names}


def _repeated(
    configuration: RunConfiguration,
    recipes: Mapping[ModelKey, Recipe],
    timeout: float | None,
    *,
    reseeded: bool,
) -> Task:
    """Make the task of one configuration twice, and once with another seed."""
    other = (configuration.seed or 0) + 1
    seeds = [configuration.seed, configuration.seed, other] if reseeded else [configuration.seed] * 2
    runs = [dataclasses.replace(configuration, run_id=k, seed=seed) for k, seed in enumerate(seeds)]
    return Task.of(runs, np.arange(len(runs)), recipes, Order(timeout=timeout))


def _noise_in(report: Report | None) -> tuple[dict[str, Noise], dict[str, Noise]]:
    """Compare what two runs of one seed gave, and one of another; nothing where one of the two failed."""
    block = _reported(report)
    if report is None or block is None or not report.ok[:2].all():
        return {}, {}
    runs = len(report.ok)
    of_model = _told_apart(block.data.model, runs)
    others = {
        f"{kind}.{name}": noise
        for kind, table in block.data.agents.items()
        for name, noise in _told_apart(table, runs).items()
    }
    lengths = _judged([pd.Series([steps]) for steps in block.runs["steps"]], unasked="none")
    if lengths != "none" and report.ok.all() and LENGTH not in of_model:
        others[LENGTH] = lengths
    return of_model, others


def _told_apart(table: Table, runs: int) -> dict[str, Noise]:
    """Return the noise of each column of a table."""
    frame = table.to_frame()
    parts = [frame[frame["run_id"] == k].reset_index(drop=True) for k in range(runs)]
    names = frame.columns.drop(["run_id", "step", "agent_id"], errors="ignore")
    return {str(name): _judged([part[name] for part in parts]) for name in names}


def _judged(values: list[pd.Series[Any]], unasked: Noise = "seeded") -> Noise:
    """Judge by two runs of one seed and one of another, which is not made where outputs follow the seed."""
    first, again, *others = values
    if not first.equals(again):
        return "unseeded"
    if not others:
        return unasked
    return "none" if first.equals(others[0]) else "seeded"


def _reported(report: Report | None) -> Block | None:
    """Return what runs reported; nothing where their worker died."""
    if report is not None and report.interrupted:
        raise KeyboardInterrupt
    return None if report is None else report.block
