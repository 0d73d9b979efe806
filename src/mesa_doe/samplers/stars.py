"""Stars: from each base point one step a factor, short ones for derivatives or long ones for effects."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.design.salib import unit_problem
from mesa_doe.errors import DesignError
from mesa_doe.samplers.declare import check_n, check_size, continues, declare, warn_of_axes
from mesa_doe.samplers.qmc import sobol_points, warn_if_unbalanced
from mesa_doe.seeding import RNG, kept_generators, library_seed, root_entropy
from mesa_doe.space import ParameterSpace
from mesa_doe.space.values import is_number, plain

__all__ = ["finite_difference", "radial"]


@declare(
    library="scipy.stats.qmc.Sobol, steps by mesa-doe",
    purpose="screening by derivatives (DGSM)",
    points="n(d + 1)",
    extension="nested",
    random=True,
    source="Sobol' & Kucherenko 2009",
    ordered=True,
    analysis="dgsm",
    axes="real",
)
def finite_difference(space: ParameterSpace, n: int, *, rng: RNG = None, delta: float = 0.01) -> Design:
    """Short steps, one a factor, from points all over the cube: for derivative-based measures (DGSM).

    Parameters
    ----------
    space : ParameterSpace
        Derivatives are with respect to the unit cube, so of a law with respect to its probability.
    n : int
        Number of base points; a power of two, else the sequence loses its balance and a warning says so.
    rng : int, SeedSequence, Generator or None
    delta : float, default 0.01
        Length of a step as a share of the unit range, up to 0.5; by default SALib's. A model's own noise
        enters the measure over delta squared: of a noisy one, take 0.1 or more, and the seed by block. Of one
        without noise whose output has narrow peaks take 1e-4, since a step levels what is narrower than it.

    Returns
    -------
    Design
        Of n(d + 1) points: a base point, then that point with one factor after the other moved by delta,
        up or down by chance, where there is room for both. ``design.blocks`` numbers the base points.
        ``design.extend(n)`` keeps every point and continues the sequence (``"nested"``).

    Raises
    ------
    DesignError
        If ``n`` is less than 1, or delta is not above 0 and at most 0.5.

    Warns
    -----
    MesaDoeWarning
        If ``n`` is no power of two, or nothing lies between the values of an axis: there is no derivative
        then, and the analysis will refuse it.

    Notes
    -----
    Rows are those of `SALib.sample.finite_diff <https://salib.readthedocs.io/en/latest/api.html>`_, but it
    is not called: it steps by a share of the value, not of the range, which is nothing at zero; it clips
    points of laws to their parameters; it takes no seed. Base points are a scrambled Sobol sequence, none
    skipped.

    A difference tells the slope in the middle of its step. If all steps went up, as SALib's do, middles would
    lie half a step too high, and a sum of squares would read nu 1.5 % too large at 0.01, or 10 % at 0.1. Of
    steps both ways that is 0.02 % and 2 %: what is left is of the order of the squared step.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> finite_difference(ParameterSpace(a=Real(0, 10), b=Real(0, 1)), 64, rng=1, delta=0.1).unit.shape
    (192, 2)
    """
    n = check_n(n, "finite_difference")
    delta = plain(delta)
    if not is_number(delta) or not 0 < delta <= 0.5:
        raise DesignError(f"finite_difference: delta takes a number above 0 and at most 0.5, got {delta!r}")
    warn_if_unbalanced(n, "finite_difference")
    warn_of_axes(space, "finite_difference")
    return _finite_difference(space, n, root_entropy(rng), float(delta))


def _finite_difference(space: ParameterSpace, n: int, entropy: int, delta: float) -> Design:
    check_size(n, "finite_difference", len(space) + 1)
    base = sobol_points(len(space), n, entropy)
    coin = np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(0,)))
    step = np.where(coin.random(base.shape) < 0.5, delta, -delta)
    has_room = (base + step > 0) & (base + step < 1)
    return _star(
        space,
        base,
        np.where(has_room, base + step, base - step),
        method="finite_difference",
        options={"n": n, "delta": delta, "entropy": entropy},
    )


@declare(
    library="SALib.sample.radial, Sobol points by scipy.stats.qmc.Sobol",
    purpose="screening, and total-order indices",
    points="n(d + 1)",
    extension="nested",
    random=True,
    source="Campolongo, Saltelli & Cariboni 2011",
    ordered=True,
    analysis="radial_effects",
    axes="ordered",
)
def radial(
    space: ParameterSpace,
    n: int,
    *,
    rng: RNG = None,
    kind: Literal["sobol", "monte_carlo"] = "sobol",
) -> Design:
    """Long steps, one a factor, from each base point: for radial effects and Jansen's total indices.

    Parameters
    ----------
    space : ParameterSpace
    n : int
        Number of base points; for ``"sobol"`` a power of two, else a warning says so.
    rng : int, SeedSequence, Generator or None
    kind : {"sobol", "monte_carlo"}, default "sobol"
        Whether base points and the points stepped to are the two halves of a scrambled Sobol sequence
        in twice the factors, or drawn at random.

    Returns
    -------
    Design
        Of n(d + 1) points: a base point, then that point with one factor after the other taken from
        its partner. ``design.blocks`` numbers the base points. ``design.extend(n)`` keeps every point and
        continues the sequence (``"nested"``); not for ``"monte_carlo"``.

    Raises
    ------
    DesignError
        If ``n`` is less than 1, or the kind is unknown.

    Warns
    -----
    MesaDoeWarning
        If the kind is ``"sobol"`` and ``n`` is no power of two, or a Categorical axis has more than two
        levels: radial effects will refuse it, and Jansen's indices will not.

    Notes
    -----
    ``"monte_carlo"`` wraps `SALib.sample.radial.radial_mc
    <https://salib.readthedocs.io/en/latest/api.html>`_ and puts the global generator back, which SALib
    seeds. ``"sobol"`` has the rows of SALib's ``radial_sobol``, which is not called: it takes no seed, and
    some of its steps are of length zero, since its sequence is not scrambled; effects are then 0/0.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> len(radial(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 16, rng=1))
    48
    """
    n = check_n(n, "radial")
    if kind not in ("sobol", "monte_carlo"):
        raise DesignError(f"radial: kind takes 'monte_carlo' or 'sobol', got {kind!r}")
    if kind == "sobol":
        warn_if_unbalanced(n, "radial")
    warn_of_axes(space, "radial", instead="name method='jansen', which takes it")
    return _radial(space, n, root_entropy(rng), kind)


def _radial(space: ParameterSpace, n: int, entropy: int, kind: str) -> Design:
    d = len(space)
    check_size(n, "radial", d + 1)
    if kind == "sobol":
        # With scipy's 30 bits, coordinates of two factors may coincide, which would be a step of zero.
        points = sobol_points(2 * d, n, entropy, bits=53)
        base, partner = points[:, :d], points[:, d:]
    else:
        from SALib.sample.radial import radial_mc

        with kept_generators():
            rows = radial_mc.sample(unit_problem(space.names), n, seed=library_seed(entropy))
        rows = rows.reshape(n, d + 1, d)
        base, partner = rows[:, 0], np.einsum("njj->nj", rows[:, 1:])
    return _star(space, base, partner, method="radial", options={"n": n, "kind": kind, "entropy": entropy})


def _star(
    space: ParameterSpace, base: FloatArray, partner: FloatArray, *, method: str, options: dict[str, Any]
) -> Design:
    n, d = base.shape
    if (base == partner).any():
        raise DesignError(f"{method}: a step has length zero, by a chance of one in 10^10; use another rng")
    rows = np.repeat(base[:, None], d + 1, axis=1)
    factor = np.arange(d)
    rows[:, 1 + factor, factor] = partner
    return Design(
        space,
        rows.reshape(-1, d),
        method=method,
        options=options,
        blocks=np.repeat(np.arange(n), d + 1),
        rows=n * (d + 1),
        extension="none" if options.get("kind") == "monte_carlo" else "nested",
        longer=_continued,
    )


@continues("finite_difference", "radial")
def _continued(design: Design, n: int) -> Design:
    entropy, kind = design.options["entropy"], design.options.get("kind")
    if kind == "monte_carlo":
        raise DesignError(
            "this radial design cannot be extended: SALib draws all base points before their partners, so "
            "a longer one has other points. Choose its size beforehand, or use kind='sobol'"
        )
    warn_if_unbalanced(n, design.method)
    if kind is None:
        return _finite_difference(design.space, n, entropy, design.options["delta"])
    return _radial(design.space, n, entropy, kind)
