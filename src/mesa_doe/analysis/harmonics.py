"""What a few harmonics miss of effects that go in steps."""

from __future__ import annotations

from typing import Any

import numpy as np

from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design

__all__ = ["too_low"]

# What a first-order index may lose to harmonics that are not summed before it is said.
_LEAST_LOSS = 0.01


def too_low(design: Design, names: list[Any], first: FloatArray, M: int, method: str) -> list[str]:
    """Say of which discrete axes M harmonics miss a part of the effect.

    Parameters
    ----------
    design : Design
    names : list
        Of the outputs.
    first : ndarray (factors, outputs)
        First-order indices.
    M : int
        How many harmonics were summed.
    method : str
        Of the analysis.

    Returns
    -------
    list of str
    """
    said = []
    for j, name in enumerate(design.factors):
        axis = design.space.axes.get(name)
        if axis is None or axis.n_levels is None or axis.n_levels < 2:
            continue
        caught = _caught(axis.n_levels, M)
        for k, output in enumerate(names):
            index = first[j, k]
            if index * (1 / caught - 1) >= _LEAST_LOSS:
                said.append(
                    f"output {output!r}: M={M} harmonics hold {caught:.0%} of a linear effect of "
                    f"{axis.n_levels} levels, less of others: S1 of {name} is too low, by "
                    f"{index * (1 / caught - 1):.2f} or more; use sobol, or {_more(method)}"
                )
    return said


def _more(method: str) -> str:
    return "a larger M= in the sampler" if method == "fast" else "a larger M="


def _caught(levels: int, M: int) -> float:
    """Return the share of a staircase, walked up and down, that its first harmonics hold."""
    steps = np.repeat(np.arange(float(levels)), max(1, 4096 // levels))
    power = np.abs(np.fft.rfft(np.concatenate([steps, steps[::-1]]))[1:]) ** 2
    return float(power[:M].sum() / power.sum())
