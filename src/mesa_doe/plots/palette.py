"""Colours, hatches and lines that are told apart with every common colour blindness."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mesa_doe.errors import AnalysisError
from mesa_doe.plots.naming import NO_PARAMETERS

# Okabe and Ito (2008), told apart with every common colour blindness; yellow, weak on white, comes last.
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000", "#F0E442")
BLUE, VERMILLION = OKABE_ITO[0], OKABE_ITO[5]
INK, GREY = "#222222", "#888888"
# Black is the seed's, and yellow too weak for a line on white.
LINE_COLOURS = OKABE_ITO[:6]
DASHES: tuple[Any, ...] = ("-", "-.", ":", (0, (4, 1)), (0, (3, 1, 1, 1, 1, 1)))


def hatching(*factors: object) -> dict[str, str]:
    """Return the hatches of a bar that involves no parameter only: seed or dummy.

    Returns
    -------
    dict
        Keywords of ``Axes.barh``.

    Examples
    --------
    >>> hatching("density"), hatching("density", "seed")
    ({}, {'hatch': '////', 'edgecolor': 'white'})
    """
    none = any(factor in NO_PARAMETERS for factor in factors)
    return {"hatch": "////", "edgecolor": "white"} if none else {}


def line_styles(factors: Iterable[Any], *, caller: str) -> dict[Any, dict[str, Any]]:
    """Return a style a factor: six colours, then other lines; seed and dummy are black and grey dashes.

    Parameters
    ----------
    factors : iterable
        Different names, in the order in which they get their styles.
    caller : str
        Name of the plot, for the message.

    Returns
    -------
    dict
        Factor to keywords of ``Axes.plot``.

    Raises
    ------
    AnalysisError
        If there are more than thirty factors, beside seed and dummy.

    Examples
    --------
    >>> line_styles(["density", "seed"], caller="spider")["seed"]
    {'color': '#222222', 'linestyle': '--', 'linewidth': 1.8}
    """
    names = list(factors)
    drawn = [name for name in names if name not in NO_PARAMETERS]
    kinds = [(colour, dash) for dash in DASHES for colour in LINE_COLOURS]
    if len(drawn) > len(kinds):
        raise AnalysisError(
            f"{caller}: draws at most {len(kinds)} lines that can be told apart, given {len(drawn)}; "
            "select those that matter, such as the first of a ranking"
        )
    found = dict(zip(drawn, kinds, strict=False)) | {"seed": (INK, "--"), "dummy": (GREY, "--")}
    return {name: {"color": found[name][0], "linestyle": found[name][1], "linewidth": 1.8} for name in names}
