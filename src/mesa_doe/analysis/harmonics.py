"""What a few harmonics miss of effects that go in steps, or into long tails."""

from __future__ import annotations

import numpy as np

from mesa_doe.analysis.outputs import Outputs
from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.space import Axis

__all__ = ["too_low"]

# What a first-order index may lose to harmonics that are not summed before it is said.
_LEAST_LOSS, _LEAST_LOSS_OF_TAILS = 0.01, 0.02
# Of an axis, from its lowest value to its highest.
_POINTS = 4096


def too_low(design: Design, checked: Outputs, first: FloatArray, M: int, larger: str) -> list[str]:
    """Say of which axes M harmonics miss a part of the effect: those of few levels, or with long tails.

    Parameters
    ----------
    design : Design
    checked : Outputs
    first : ndarray (factors, outputs)
        First-order indices.
    M : int
        How many harmonics were summed.
    larger : str
        How more are asked for.

    Returns
    -------
    list of str
    """
    said = []
    for j, name in enumerate(design.factors):
        axis = design.space.axes.get(name)
        if axis is None or axis.n_levels == 1:
            continue
        caught = _caught(axis, M)
        for k, output in enumerate(checked.names):
            loss = first[j, k] * (1 / caught - 1)
            held = f"output {output!r}: M={M} harmonics hold {caught:.0%} of a linear effect of"
            if axis.n_levels is not None and loss >= _LEAST_LOSS:
                said.append(
                    f"{held} {axis.n_levels} levels, less of others: S1 of {name} is too low, by {loss:.2f} "
                    f"or more; use sobol, or {larger}"
                )
            elif (
                axis.n_levels is None
                and loss >= _LEAST_LOSS_OF_TAILS
                and _goes_with_values(design, checked, j, k)
            ):
                said.append(
                    f"{held} {name}, whose law has a long tail: its S1 is too low, by about {loss:.2f}; use "
                    f"sobol, or {larger}"
                )
    return said


def _goes_with_values(design: Design, checked: Outputs, j: int, k: int) -> bool:
    """Tell whether an output is rather linear in the values of a factor than in the share of its law."""
    values = checked.kept(design.points[design.factors[j]].to_numpy(dtype=np.float64))
    both = np.corrcoef([values, checked.kept(design.unit[:, j]), checked.means[:, k]])[2]
    return bool(abs(both[0]) > abs(both[1]))


def _caught(axis: Axis, M: int) -> float:
    """Return the share of the values of an axis, walked up and down, that their first harmonics hold."""
    if axis.n_levels is None:
        values = np.asarray(axis.from_unit((np.arange(_POINTS) + 0.5) / _POINTS), dtype=np.float64)
    else:
        values = np.repeat(np.arange(float(axis.n_levels)), max(1, _POINTS // axis.n_levels))
    power = np.abs(np.fft.rfft(np.concatenate([values, values[::-1]]))[1:]) ** 2
    return float(power[:M].sum() / power.sum())
