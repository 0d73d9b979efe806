"""The Latin hypercube of scipy.stats.qmc, and its growth by whole grids."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design, frozen
from mesa_doe.errors import DesignError
from mesa_doe.samplers.declare import check_bool, check_n, continues, declare
from mesa_doe.seeding import RNG, root_entropy
from mesa_doe.space import ParameterSpace

__all__ = ["latin_hypercube"]


@declare(
    library="scipy.stats.qmc.LatinHypercube",
    purpose="an even spread of each factor",
    points="n",
    extension="augmented",
    random=True,
    correlated=True,
    source="McKay, Beckman & Conover 1979; strength 2: Tang 1993; growth: Sallaberry, Helton & Hora 2008",
)
def latin_hypercube(
    space: ParameterSpace,
    n: int,
    *,
    rng: RNG = None,
    scramble: bool = True,
    strength: Literal[1, 2] = 1,
    optimization: Literal["random-cd", "lloyd"] | None = None,
) -> Design:
    """Latin hypercube sample.

    Each factor's range is cut into ``n`` strata of equal probability, and each stratum is drawn once.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of points.
    rng : int, SeedSequence, Generator or None
    scramble : bool, default True
        Whether points lie anywhere in their cell, or in its centre.
    strength : {1, 2}, default 1
        2 balances each pair of factors too; ``n`` must then be the square of a prime p with
        p >= factors - 1.
    optimization : {"random-cd", "lloyd"}, optional
        ``"random-cd"`` swaps coordinates to lower the discrepancy; ``"lloyd"`` spreads the points
        evenly, which gives up the strata.

    Returns
    -------
    Design
        Of n points. ``design.extend`` to a multiple of n cuts each stratum into as many and draws a point
        from each that is empty: all points together are a Latin hypercube again (``"augmented"``). Not
        with strength 2 or an optimisation, which the new points would spoil; and without scrambling
        to an odd multiple only, as the centre of a stratum is the centre of a finer one only then.

    Raises
    ------
    DesignError
        If an option is wrong, or ``n`` does not fit the strength.

    Notes
    -----
    Wraps `scipy.stats.qmc.LatinHypercube
    <https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.qmc.LatinHypercube.html>`_. Only
    the unit sample is scipy's; values come from the axes' own quantile functions. The growth is ours:
    scipy's own second ``random(n)`` is another hypercube, and the two together are none.

    Examples
    --------
    >>> from mesa_doe.space import Integer, ParameterSpace
    >>> design = latin_hypercube(ParameterSpace(radius=Integer(1, 4)), 8, rng=1)
    >>> design.points["radius"].value_counts().sort_index().tolist()
    [2, 2, 2, 2]
    """
    from scipy.stats import qmc

    n = check_n(n, "latin_hypercube")
    scramble = check_bool(scramble, "latin_hypercube", "scramble")
    if optimization not in (None, "random-cd", "lloyd"):
        raise DesignError(
            f"latin_hypercube: optimization takes 'random-cd', 'lloyd' or None, got {optimization!r}"
        )
    if optimization == "lloyd" and not 2 <= len(space) < n:
        raise DesignError(
            "latin_hypercube: optimization='lloyd' needs at least two factors and more points than factors, "
            f"got {len(space)} factors and n={n}"
        )
    if isinstance(strength, bool) or strength not in (1, 2):
        raise DesignError(f"latin_hypercube: strength takes 1 or 2, got {strength!r}")
    if strength == 2:
        prime = round(n**0.5)
        if prime**2 != n or any(prime % k == 0 for k in range(2, prime)) or prime < max(2, len(space) - 1):
            raise DesignError(
                f"latin_hypercube: strength=2 needs n = p² with a prime p of at least factors - 1 = "
                f"{len(space) - 1}, got n={n}"
            )
    entropy = root_entropy(rng)
    engine = qmc.LatinHypercube(
        d=len(space),
        scramble=scramble,
        strength=strength,
        optimization=optimization,
        rng=np.random.default_rng(entropy),
    )
    options = {
        "n": n,
        "scramble": scramble,
        "strength": strength,
        "optimization": optimization,
        "entropy": entropy,
    }
    return _design(space, frozen(engine.random(n)), options)


def _design(space: ParameterSpace, unit: FloatArray, options: dict[str, Any]) -> Design:
    plain = options["strength"] == 1 and options["optimization"] is None
    return Design(
        space,
        unit,
        method="latin_hypercube",
        options=options,
        rows=options["n"],
        extension="augmented" if plain else "none",
        longer=_grown,
    )


@continues("latin_hypercube")
def _grown(design: Design, n: int) -> Design:
    options = dict(design.options)
    old, step = options["n"], 1 if options["scramble"] else 2
    if design.extension == "none":
        raise DesignError(
            "this latin_hypercube design cannot be extended: more points would spoil its "
            f"{'pairs (strength=2)' if options['strength'] == 2 else 'optimization'}. "
            "Choose its size beforehand, or begin with a plain one"
        )
    if n % old or (n // old - 1) % step:
        sizes = ", ".join(str(old * (1 + step * k)) for k in (1, 2, 3))
        which = "a multiple" if step == 1 else "an odd multiple"
        raise DesignError(
            f"extend: a latin_hypercube of n={old} grows to {which} of it, {sizes}, …, so that each finer "
            f"stratum holds one point; got {n}"
        )
    rng = np.random.default_rng(np.random.SeedSequence(options["entropy"], spawn_key=(n,)))
    added = np.empty((n - old, design.unit.shape[1]))
    for j, column in enumerate(design.unit.T):
        filled = np.minimum(np.floor(column * n), n - 1)
        empty = rng.permutation(np.setdiff1d(np.arange(n), filled))
        places = rng.random(n - old) if options["scramble"] else 0.5
        added[:, j] = (empty + places) / n
    options |= {"n": n, "grown_from": (*options.get("grown_from", ()), old)}
    return _design(design.space, frozen(np.vstack([design.unit, added])), options)
