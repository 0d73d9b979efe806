"""Outputs in a scale in which their squares are floats, and those that are the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.arrays import BoolArray, FloatArray
from mesa_doe.errors import AnalysisError, some

__all__ = ["check_squares", "constant_outputs", "standardised"]

# Squares of what lies between, and their sums, are floats.
_LEAST_SCALE, _MOST_SCALE = 1e-151, 1e151


def standardised(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Centre each output over all points, and divide by its largest deviation: squares stay finite.

    Parameters
    ----------
    values : ndarray (points, ..., outputs)

    Returns
    -------
    scaled : ndarray, of the same shape
        From -1 to 1; rounding alone where an output is constant.
    scale : ndarray (outputs,)
        What it was divided by.

    Examples
    --------
    >>> standardised(np.array([[1e300], [3e300]]))[0].ravel().tolist()
    [-1.0, 1.0]
    """
    others = tuple(range(values.ndim - 1))
    with np.errstate(over="ignore"):  # the sum may be beyond the largest float, where the values are not
        centre = values.mean(axis=others)
    if not np.isfinite(centre).all():
        centre = (values / values[..., 0].size).sum(axis=others)
    centred = values - centre
    largest = np.abs(centred).max(axis=others)
    size = np.maximum(np.abs(values).max(axis=others), np.finfo(float).tiny)
    # What is left of a constant after its mean is taken away is rounding, not a deviation.
    scale = np.where(np.ptp(centred, axis=others) <= ROUNDING * size, size, largest)
    return centred / scale, scale


def constant_outputs(scaled: FloatArray) -> BoolArray:
    """Tell which outputs are the same at every point.

    Parameters
    ----------
    scaled : ndarray (points, outputs)
        As `standardised` gives them.

    Returns
    -------
    ndarray of bool (outputs,)
    """
    constant: BoolArray = np.ptp(scaled, axis=0) <= ROUNDING
    return constant


def check_squares(method: str, names: Sequence[Any], scale: FloatArray, constant: BoolArray) -> None:
    """Refuse outputs whose squares are no floats, where estimates are in the squared unit of the output.

    Parameters
    ----------
    method : str
    names : sequence
    scale : ndarray (outputs,)
        Largest deviations, as `standardised` gives them.
    constant : ndarray of bool (outputs,)

    Raises
    ------
    AnalysisError

    Examples
    --------
    >>> check_squares("dgsm", ["y"], np.array([1e300]), np.array([False]))
    Traceback (most recent call last):
    mesa_doe.errors.AnalysisError: dgsm: output 'y' deviates from its mean by up to 1e+300, whose square ...
    """
    beyond = ~constant & ((scale < _LEAST_SCALE) | (scale > _MOST_SCALE))
    told = [
        f"output {name!r} deviates from its mean by up to {largest:.3g}"
        for name, largest, is_beyond in zip(names, scale, beyond, strict=True)
        if is_beyond
    ]
    if told:
        raise AnalysisError(
            f"{method}: {some(told)}, whose square is beyond a float; give it in another unit"
        )
