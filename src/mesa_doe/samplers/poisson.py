"""The Poisson disk sample of scipy.stats.qmc, with as many points as were asked for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.errors import DesignError
from mesa_doe.samplers.declare import check_n, declare
from mesa_doe.seeding import RNG, root_entropy
from mesa_doe.space import ParameterSpace
from mesa_doe.space.values import is_number, plain

__all__ = ["poisson_disk"]

# scipy looks for neighbours two grid cells away, which is the radius in four factors; in six the growth
# dies after a handful of points.
_MOST_FACTORS = 4
_MOST_POINTS = 100_000
_HALVINGS = 6


@declare(
    library="scipy.stats.qmc.PoissonDisk",
    purpose="an even spread: no two points close",
    points="n",
    extension="none",
    random=True,
    correlated=True,
    even=False,
    source="Bridson 2007",
)
def poisson_disk(space: ParameterSpace, n: int, *, rng: RNG = None, radius: float | None = None) -> Design:
    """Poisson disk sample: chance, but no two points nearer than a radius.

    Parameters
    ----------
    space : ParameterSpace
        Of at most four factors. Distances are those of the unit cube: in probability, and for levels
        in their order.
    n : int
        Number of points.
    rng : int, SeedSequence, Generator or None
    radius : float, optional
        Smallest distance of two points in the unit cube. By default the largest one found that leaves
        room for n points: it is in ``design.options["radius"]``.

    Returns
    -------
    Design
        Of n points, never fewer. Points are a little more frequent at the borders of the cube.

    Raises
    ------
    DesignError
        If the radius leaves no room for n points: with the most points there are at this radius, and
        the largest radius found for n. If there are more than four factors.

    Notes
    -----
    Wraps `scipy.stats.qmc.PoissonDisk
    <https://docs.scipy.org/doc/scipy/reference/generated/scipy.stats.qmc.PoissonDisk.html>`_, whose
    ``random(n)`` gives fewer points without a word if there is no room, and, if there is, the first n of
    a growth from one point: twenty points of radius 0.02 lie in a hundredth of the square. Here the
    whole cube is filled, and n of its points are kept at random. This takes about a millisecond a
    point, six to ten times over where the radius is searched.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = poisson_disk(ParameterSpace(x=Real(0, 1), y=Real(0, 1)), 20, rng=1)
    >>> len(design), 0.15 < design.options["radius"] < 0.25
    (20, True)
    """
    n = check_n(n, "poisson_disk")
    d = len(space)
    if d > _MOST_FACTORS:
        raise DesignError(
            f"poisson_disk takes at most {_MOST_FACTORS} factors, got {d}: in more, scipy's points may lie "
            "nearer than the radius, or run out; use sobol_sequence, or latin_hypercube with "
            "optimization='random-cd'"
        )
    entropy = root_entropy(rng)
    if radius is None:
        radius, points = _largest(d, n, entropy)
    else:
        radius, points = _given(d, n, entropy, radius)
    chooser = np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(n,)))
    unit = points[np.sort(chooser.permutation(len(points))[:n])]
    options = {"n": n, "radius": radius, "entropy": entropy}
    return Design(space, unit, method="poisson_disk", options=options, rows=n)


def _given(d: int, n: int, entropy: int, radius: Any) -> tuple[float, FloatArray]:
    radius = plain(radius)
    if not is_number(radius) or radius <= 0:
        raise DesignError(f"poisson_disk: radius takes a positive number, got {radius!r}")
    radius = float(radius)
    if -d * math.log(radius) > math.log(max(_MOST_POINTS, 10 * n)):
        raise DesignError(
            f"poisson_disk: radius={radius!r} is so small that far more than {_MOST_POINTS:,} points have "
            f"room, of which n={n} would hardly differ from monte_carlo's; use a larger radius, or None"
        )
    points = _filled(d, radius, entropy)
    if len(points) < n:
        raise DesignError(
            f"poisson_disk: radius={radius!r} leaves room for {len(points)} points here, not for n={n}; use "
            f"n={len(points)}, or a radius up to {_largest(d, n, entropy)[0]:.4g}, or radius=None"
        )
    return radius, points


def _largest(d: int, n: int, entropy: int) -> tuple[float, FloatArray]:
    """Return the largest radius found that leaves room for n points, and all that have room."""
    # n·radius^d is 0.6 to 0.8 for many points, and more for few, which lie at the borders.
    low, high = 0.8 * n ** (-1 / d), min(n ** (-1 / d), math.sqrt(d))
    while len(points := _filled(d, low, entropy)) < n:
        low, high = 0.9 * low, low
    while high < math.sqrt(d) and len(more := _filled(d, high, entropy)) >= n:
        low, high, points = high, 1.2 * high, more
    for _ in range(_HALVINGS):
        middle = math.sqrt(low * high)
        if len(more := _filled(d, middle, entropy)) >= n:
            low, points = middle, more
        else:
            high = middle
    return low, points


def _filled(d: int, radius: float, entropy: int) -> FloatArray:
    from scipy.stats import qmc

    engine = qmc.PoissonDisk(d=d, radius=radius, rng=np.random.default_rng(entropy))
    points: FloatArray = engine.fill_space()
    return points
