"""Where the noise of each output comes from, found by repeating a few short runs."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.configurations import RunConfiguration
from mesa_doe.model_run import Recipe, execute
from mesa_doe.results import Noise
from mesa_doe.runner.checks import ModelKey, model_key
from mesa_doe.runner.garbage import collected_between_runs
from mesa_doe.seeding import kept_generators

__all__ = ["find_noise", "noise_of"]

# Seconds that a run may take to be repeated, only to see whether it can be.
_SHORT = 0.5
# The share of all work that a longer one may take, and that more than one may take together.
_SHARE, _MORE = 0.01, 0.1
_GRAVITY: tuple[Noise, ...] = ("none", "seeded", "unseeded")


def find_noise(
    configurations: Sequence[RunConfiguration],
    recipes: Mapping[ModelKey, Recipe],
    seconds: np.ndarray[Any, Any],
) -> dict[str, Noise]:
    """Repeat the first of the runs that are short, and the middle and the last where they cost little.

    Parameters
    ----------
    configurations : sequence of RunConfiguration
    recipes : mapping
    seconds : ndarray (runs,)
        Of the runs that are ok, in the order of the configurations; NaN elsewhere.

    Returns
    -------
    dict of str to {"none", "seeded", "unseeded"}
        By output; empty where every run takes too long or failed.
    """
    done = np.flatnonzero(~np.isnan(seconds))
    work = float(seconds[done].sum())
    short = done[seconds[done] < max(_SHORT, _SHARE * work)]
    found: dict[str, Noise] = {}
    spent = 0.0
    for position in dict.fromkeys(int(short[k]) for k in (0, len(short) // 2, -1)) if len(short) else ():
        spent += 3 * float(seconds[position])
        if found and spent > max(_SHORT, _MORE * work):
            break
        configuration = configurations[position]
        for name, noise in noise_of(configuration, recipes[model_key(configuration)], found).items():
            found[name] = max(noise, found.get(name, "none"), key=_GRAVITY.index)
    return found


def noise_of(configuration: RunConfiguration, recipe: Recipe, known: Mapping[str, Noise]) -> dict[str, Noise]:
    """Run one configuration twice with its seed, and once with another where that can tell something.

    Parameters
    ----------
    configuration : RunConfiguration
    recipe : Recipe
    known : mapping of str to {"none", "seeded", "unseeded"}
        What is known of the outputs already: of those that follow the seed, another seed tells no more.

    Returns
    -------
    dict of str to {"none", "seeded", "unseeded"}
        By output: it does not vary; it follows the seed; or it varies though the seed is the same.
    """
    other = dataclasses.replace(configuration, seed=(configuration.seed or 0) + 1)

    def made(one: RunConfiguration) -> pd.DataFrame:
        return execute(one, recipe).data.model.to_frame()

    with kept_generators(), collected_between_runs():
        first, again = made(configuration), made(configuration)
        names = [name for name in first.columns if name not in ("run_id", "step")]
        follow = all(known.get(name, "none") != "none" for name in names)
        reseeded = None if follow else made(other)
    found: dict[str, Noise] = {}
    for name in names:
        varies = reseeded is None or not _same(first, reseeded, name)
        is_same = _same(first, again, name)
        found[name] = "unseeded" if not is_same else "seeded" if varies else "none"
    return found


def _same(one: pd.DataFrame, other: pd.DataFrame, name: str) -> bool:
    return name in other.columns and one[name].equals(other[name])
