"""Points within a space's constraints: drawn on until enough of them satisfy it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mesa_doe.arrays import FloatArray
from mesa_doe.design import frozen
from mesa_doe.errors import DesignError
from mesa_doe.space import ParameterSpace

__all__ = ["accepted"]

# Beyond this many points tried for each one kept, a constraint leaves too little of the space.
_MOST_TRIED = 10_000


def accepted(
    space: ParameterSpace, n: int, first: Callable[[int], FloatArray], method: str
) -> tuple[FloatArray, dict[str, float]]:
    """Return the first ``n`` points of a stream that satisfy the constraints.

    More points begin with the same ones, so a design drawn so can be extended as without constraints.

    Parameters
    ----------
    space : ParameterSpace
    n : int
    first : callable
        ``first(k)`` gives the first k points of the stream, an array (k, d) of its own.
    method : str
        For messages.

    Returns
    -------
    unit : ndarray (n, d)
    told : dict
        ``acceptance``, the share of points kept; empty without constraints.

    Raises
    ------
    DesignError
        If hardly any point satisfies the constraints.

    Examples
    --------
    >>> from mesa_doe.space import Real
    >>> space = ParameterSpace({"x": Real(0, 1)}, constraints=["x < 0.5"])
    >>> unit, told = accepted(space, 2, lambda k: np.linspace(0, 1, 8)[:k, None], "mine")
    >>> unit.ravel().round(2).tolist(), told
    ([0.0, 0.14], {'acceptance': 1.0})
    """
    if not space.constraints:
        return frozen(first(n)), {}
    size = n
    while True:
        unit = first(size)
        kept = np.flatnonzero(space.satisfied(space.columns_from_unit(unit)))
        if len(kept) >= n:
            return frozen(unit[kept[:n]]), {"acceptance": n / (int(kept[n - 1]) + 1)}
        if size >= _MOST_TRIED * n or (size >= _MOST_TRIED and len(kept) == 0):
            written = ", ".join(map(repr, space.constraints))
            raise DesignError(
                f"{method}: of {size} points tried only {len(kept)} satisfy the constraints ({written}), "
                f"and {n} are wanted; narrow the axes to where they hold"
            )
        # As many as should do at the rate so far, but no leap on the word of a few points.
        size = min(8 * size, 1 + int(1.2 * size * n / max(len(kept), 1)))
