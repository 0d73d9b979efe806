"""Names as figures print them: of factors, levels and runs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

LONGEST_LEVEL = 24
# Drawn among the parameters, but none themselves.
NO_PARAMETERS = {"seed": "noise", "dummy": "inert"}


def plain(name: object) -> str:
    r"""Return a name as text that matplotlib prints as it is.

    Examples
    --------
    >>> plain("price_$")
    'price_\\$'
    """
    # Two dollar signs would start a formula, and may make the drawing fail long after this call.
    return str(name).replace("$", r"\$")


def factor_name(factor: object) -> str:
    """Return a factor's label; the seed is said to be noise, and the dummy to be inert.

    Examples
    --------
    >>> factor_name("density"), factor_name("seed"), factor_name("dummy")
    ('density', 'seed (noise)', 'dummy (inert)')
    """
    return f"{factor} ({NO_PARAMETERS[factor]})" if factor in NO_PARAMETERS else plain(factor)


def level_names(levels: Iterable[object]) -> list[str]:
    """Return the labels of a factor's levels, those of functions their names; long ones are cut.

    Examples
    --------
    >>> level_names(["tax on wealth of the upper fifth", max])
    ['tax on wealth of the up…', 'max']
    >>> level_names(["tax on wealth of the upper fifth", "tax on wealth of the upper half"])
    ['tax on weal…upper fifth', 'tax on weal… upper half']
    """
    names = [str(getattr(level, "__name__", level)) for level in levels]
    begun = [name if len(name) <= LONGEST_LEVEL else name[: LONGEST_LEVEL - 1] + "…" for name in names]
    if len(set(begun)) == len(set(names)):
        return [plain(name) for name in begun]
    half = (LONGEST_LEVEL - 1) // 2
    return [plain(name if len(name) <= LONGEST_LEVEL else f"{name[:half]}…{name[-half:]}") for name in names]


def folded(text: str, most: int) -> str:
    r"""Break a text into lines, behind spaces and underscores; a longer word has a line of its own.

    Parameters
    ----------
    text : str
        Such as a name.
    most : int
        Characters of a line.

    Examples
    --------
    >>> folded("mean of wealth_tax_rate", 14)
    'mean of \nwealth_tax_\nrate'
    """
    lines = [""]
    for word in re.findall(r"[^ _\n]*[ _]?|\n", text):
        if word == "\n" or (lines[-1] and len((lines[-1] + word).rstrip()) > most):
            lines.append("")
        lines[-1] += word.strip("\n")
    return "\n".join(lines)


def runs_note(counts: Sequence[int]) -> str:
    """Return the line of a legend that says of how many runs a step is.

    Examples
    --------
    >>> runs_note([9, 9]), runs_note([9, 4])
    ('n=9 runs', 'n=4..9 runs a step')
    """
    fewest, most = min(counts), max(counts)
    return f"n={most} runs" if fewest == most else f"n={fewest}..{most} runs a step"
