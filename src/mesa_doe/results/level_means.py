"""Means of an output by the levels of factors, and how sure the noise lets them be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.analysis.contrasts import margin
from mesa_doe.columns import levels_of

__all__ = ["level_means"]

_CONFIDENCE = 0.95


def level_means(
    keys: Sequence[pd.Series[Any]], values: pd.DataFrame, *, seed_policy: str | None
) -> pd.DataFrame:
    """Return the mean of an output at each level of a factor, or each pair of levels of two.

    The points are those of the design, and no sample of others: only the noise makes their mean unsure, and
    what the other factors do is no part of its interval. It needs replications.

    Parameters
    ----------
    keys : sequence of Series, index ``point``
        The values of one factor, or of two.
    values : DataFrame (points, replications), index ``point``
        NaN where a run gave no number.
    seed_policy : str or None
        Under ``"independent"`` the noise is pooled over all points; else points of one replication may share
        theirs, and the means of replications are compared.

    Returns
    -------
    DataFrame
        ``level``, of two factors ``trace``, and ``mean``, ``low`` and ``high``, the ends of the interval of
        95 %; levels in their order.

    Examples
    --------
    >>> values = pd.DataFrame([[1.0, 3.0], [5.0, 7.0]])
    >>> means = level_means([pd.Series(["a", "b"])], values, seed_policy="independent")
    >>> means[["level", "mean", "low"]].round(2).values.tolist()
    [['a', 2.0, -2.3], ['b', 6.0, 1.7]]
    """
    # By a power of two, which rounds nothing: squares of the largest and smallest numbers are no floats.
    largest = np.abs(values.to_numpy(np.float64)).max(initial=0.0, where=values.notna().to_numpy())
    unit = math.ldexp(1.0, math.frexp(largest)[1] - 1)
    values = values / unit
    coded = [levels_of(key) for key in keys]
    codes = [own for own, _ in coded]
    of_points = values.mean(axis=1)
    mean = of_points.groupby(codes).mean()
    noise = values.sub(of_points, axis=0)
    count = values.count(axis=1)
    if seed_policy == "independent":
        degrees: Any = int((count - 1).clip(lower=0).sum())
        variance = float(np.nansum(noise.to_numpy() ** 2)) / max(degrees, 1)
        of_means = (variance / count.where(count > 0)).groupby(codes)
        error = np.sqrt(of_means.sum() / of_means.count() ** 2)
    else:
        each = noise.groupby(codes).mean()
        degrees = each.count(axis=1).to_numpy() - 1
        error = each.sem(axis=1)
    half = margin(error.to_numpy(np.float64), degrees, _CONFIDENCE)
    columns = {
        # Objects, else True would become 1 beside numbers.
        name: pd.Series([levels[code] for code in mean.index.get_level_values(k)], dtype=object)
        for k, (name, (_, levels)) in enumerate(zip(("level", "trace"), coded, strict=False))
    }
    mean *= unit
    half *= unit
    ends = {"mean": mean.array, "low": mean.to_numpy() - half, "high": mean.to_numpy() + half}
    return pd.DataFrame(columns | ends)
