"""Which designs are a sample of the laws of their axes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mesa_doe.design import Design
from mesa_doe.design.crossing import FIXED
from mesa_doe.design.dependence import dependence_of, follows_curves
from mesa_doe.errors import AnalysisError

__all__ = ["CHOSEN", "SAMPLED", "check_sampled", "is_sample"]

#: Methods whose points follow the laws of the axes, each of them: their rows count alike. Of those in blocks
#: (Saltelli's, stars and walks) every row does so by itself.
SAMPLED = frozenset(
    {
        "halton",
        "iman_conover_lhs",
        "korobov",
        "latin_hypercube",
        "latin_hypercube_pydoe",
        "maximin",
        "maxpro",
        "monte_carlo",
        "nearly_orthogonal_lhs",
        "nested_lhs",
        "orthogonal_array_lhs",
        "radial",
        "rank1_lattice",
        "rbd_fast",
        "shapley",
        "sliced_lhs",
        "sobol",
        "sobol_sequence",
    }
)

#: Methods whose points are levels, corners or steps, lie where they are far apart, or are a part of others.
CHOSEN = FIXED | {
    "deduplicate",
    "fast",
    "finite_difference",
    "minimax",
    "morris",
    "poisson_disk",
    "random_k_means",
    "repeat_center",
    "subset",
}


def check_sampled(design: Any) -> tuple[str, ...]:
    """Refuse a design whose points do not follow the laws of its axes.

    Parameters
    ----------
    design : Design

    Returns
    -------
    tuple of str
        What must be known of how its points stand for the laws.

    Raises
    ------
    AnalysisError
        If its points are levels, corners or steps, or follow curves: their spread is the design's, not that
        of the inputs. If two samples are crossed: no interval would hold.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> check_sampled(Design(ParameterSpace(x=Real(0, 1)), [[0.0], [1.0]], method="morris", options={}))
    Traceback (most recent call last):
    mesa_doe.errors.AnalysisError: the design is no sample of the laws of its axes: the points of morris ...
    """
    if not isinstance(design, Design):
        raise AnalysisError(f"check_sampled takes a Design, got {type(design).__name__}")
    if design.origin is not None:
        raise AnalysisError(
            "twins of this design were merged, so that its points no longer count alike; "
            "use design.origin, with y[design.twin_of]"
        )
    if curves := follows_curves(design):
        raise AnalysisError(
            f"the design is no sample of the laws of its axes: the points of {curves} follow curves, along "
            "which factors go with each other, so that an output has another spread; take one of "
            f"{', '.join(sorted(SAMPLED))}"
        )
    methods = list(dict.fromkeys(_methods(design.method, design.options)))
    if others := [method for method in methods if method in CHOSEN]:
        instead = f"take one of {', '.join(sorted(SAMPLED))}"
        if design.method == "cross" and set(methods) & SAMPLED:
            instead = (
                "ask for each of them by itself: points = results.points(output), then "
                'doe.analyze.uncertainty(points["mean"], by=points[…])'
            )
        raise AnalysisError(
            "the design is no sample of the laws of its axes: the points of "
            f"{', '.join(others)} are chosen levels or steps, or a part; {instead}"
        )
    together = dependence_of(design)
    if together.said:
        raise AnalysisError(f"no interval would hold: {together.said[0]}")
    if "explicit" in methods and together.crossed is not None:
        known = f"intervals know the chance in {together.noun}"
        return (f"the points that were given by hand count alike, as if they were chosen: {known}",)
    if "explicit" in methods:
        return ("the points were given by hand: they are read as a sample, each as likely as any other",)
    if foreign := [method for method in methods if method not in SAMPLED]:
        # Of a sampler of the user's, or of another package, nothing else is known.
        names = ", ".join(foreign)
        return (f"the points of {names} are read as a sample of the laws, each as likely as any other",)
    return ("the points follow the laws of the axes, each as likely as any other",)


def is_sample(design: Design) -> bool:
    """Tell whether the points of a design are drawn: not chosen, given by hand, or a part of others.

    Examples
    --------
    >>> from mesa_doe.samplers import full_factorial, halton
    >>> from mesa_doe.space import Integer, ParameterSpace
    >>> space = ParameterSpace(n=Integer(1, 4))
    >>> is_sample(halton(space, 8, rng=1)), is_sample(full_factorial(space))
    (True, False)
    """
    return not any(method in CHOSEN | {"explicit"} for method in _methods(design.method, design.options))


def _methods(method: str, options: Mapping[str, Any]) -> Iterator[str]:
    """Return the samplers of a design, through those that put designs together."""
    together = {"concat": options.get("designs", ()), "cross": (options.get("a"), options.get("b"))}
    for one in together.get(method, ()):
        yield from _methods(one["method"], one["options"])
    if method not in together:
        yield method
