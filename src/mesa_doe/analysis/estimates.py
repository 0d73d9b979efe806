"""From arrays of estimates to the tidy frame of a `SensitivityResult`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.arrays import FloatArray

__all__ = ["Label", "tidy"]

#: Measure, factor, and the second factor of an interaction, else "".
Label: TypeAlias = tuple[str, str, str]


def tidy(
    outputs: Sequence[Any],
    labels: Sequence[Label],
    estimate: FloatArray,
    low: FloatArray | None = None,
    high: FloatArray | None = None,
) -> pd.DataFrame:
    """Return one row an estimate.

    Parameters
    ----------
    outputs : sequence
        Names.
    labels : sequence of (measure, factor, partner)
    estimate : ndarray (outputs, labels)
    low, high : ndarray (outputs, labels), optional
        Ends of the intervals; NaN where the method has none.

    Returns
    -------
    DataFrame
        Columns ``output``, ``measure``, ``factor``, ``partner``, ``estimate``, ``low``, ``high``.

    Examples
    --------
    >>> tidy(["y"], [("S1", "a", ""), ("S1", "b", "")], np.array([[0.8, 0.2]]))["estimate"].tolist()
    [0.8, 0.2]
    """
    shape = (len(outputs), len(labels))
    columns = {
        name: np.full(shape, np.nan) if values is None else np.asarray(values, dtype=np.float64)
        for name, values in (("estimate", estimate), ("low", low), ("high", high))
    }
    measure, factor, partner = zip(*labels, strict=True)
    return pd.DataFrame(
        {
            "output": [name for name in outputs for _ in labels],
            "measure": measure * len(outputs),
            "factor": factor * len(outputs),
            "partner": partner * len(outputs),
            **{name: values.reshape(shape).ravel() for name, values in columns.items()},
        }
    )
