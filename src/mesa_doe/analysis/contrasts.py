"""How sure linear functions of the outputs are: effects, coefficients, differences."""

from __future__ import annotations

import numpy as np

from mesa_doe.arrays import FloatArray

__all__ = ["margin", "standard_errors"]


def standard_errors(
    linear: FloatArray,
    values: FloatArray,
    *,
    residual: FloatArray,
    df: int,
    seed_policy: str | None,
) -> tuple[FloatArray, int, str]:
    """Return the standard errors of linear functions of the outputs.

    Parameters
    ----------
    linear : ndarray (estimates, points)
        Estimates are its products with the means of the points.
    values : ndarray (points, replications, outputs)
    residual : ndarray (outputs,)
        Sum of squares that a model leaves of the means, used where there is one replication.
    df : int
        Its degrees of freedom.
    seed_policy : str or None
        Under ``"independent"`` all points tell of one noise. Else points of one replication may share theirs,
        and the estimates of single replications are compared.

    Returns
    -------
    errors : ndarray (outputs, estimates)
        Standard errors; NaN where nothing is known of them.
    df : int
        Of Student's t; 0 where nothing is known.
    source : str
        Where they are from.

    Examples
    --------
    >>> values = np.array([[[1.0], [2.0]], [[3.0], [4.0]]])
    >>> found = standard_errors(
    ...     np.array([[-1.0, 1.0]]), values, residual=np.zeros(1), df=0, seed_policy="common"
    ... )
    >>> found[0].tolist(), found[1]
    ([[0.0]], 1)
    """
    points, replications, _ = values.shape
    size = np.sqrt((linear**2).sum(axis=1))
    if replications > 1 and seed_policy == "independent":
        noise = np.sqrt(values.var(axis=1, ddof=1).mean(axis=0) / replications)
        return noise[:, None] * size, points * (replications - 1), "replications, pooled over points"
    if replications > 1:
        each = np.einsum("ep,pro->oer", linear, values)
        spread = each.std(axis=2, ddof=1) / np.sqrt(replications)
        return spread, replications - 1, "estimates of each replication"
    if df > 0:
        return np.sqrt(residual / df)[:, None] * size, df, "what the model leaves"
    return np.full((len(residual), len(linear)), np.nan), 0, "none"


def margin(errors: FloatArray, df: float | FloatArray, confidence: float) -> FloatArray:
    """Return the half width of Student's intervals; NaN where ``df`` is 0, and nothing is known.

    Parameters
    ----------
    errors : ndarray
        Standard errors.
    df : float or ndarray
    confidence : float

    Returns
    -------
    ndarray

    Examples
    --------
    >>> margin(np.array([1.0]), 16, 0.95).round(2).tolist()
    [2.12]
    """
    from scipy.special import stdtrit

    degrees = np.where(np.asarray(df) > 0, df, np.nan)
    found: FloatArray = errors * stdtrit(degrees, 0.5 + confidence / 2)
    return found
