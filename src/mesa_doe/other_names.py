"""What SALib, pyDOE3, scipy and others call what has another name here, so that errors can say it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable
from typing import Any

from mesa_doe.errors import MesaDoeError

__all__ = ["PYDOE", "SALIB", "check_options", "options_of", "renamed"]

#: SALib's samplers by their modules.
SALIB = {
    "fast_sampler": "fast",
    "ff": "folded_hadamard",
    "finite_diff": "finite_difference",
    "latin": "latin_hypercube",
    "radial_mc": "radial",
    "radial_sobol": "radial",
    "saltelli": "sobol",
}
#: pyDOE3's functions.
PYDOE = {
    "bbdesign": "box_behnken",
    "ccdesign": "central_composite",
    "doehlert_shell_design": "doehlert",
    "doehlert_simplex_design": "doehlert",
    "ff2n": "two_level_factorial",
    "fracfact": "fractional_factorial",
    "fracfact_by_res": "fractional_factorial",
    "fullfact": "full_factorial",
    "get_orthogonal_array": "orthogonal_array",
    "gsd": "generalized_subset",
    "halton_sequence": "halton",
    "korobov_sequence": "korobov",
    "lhs": "latin_hypercube",
    "morris_sampling": "morris",
    "pbdesign": "plackett_burman",
    "random_uniform": "monte_carlo",
    "saltelli_sampling": "sobol",
    "taguchi_design": "orthogonal_array",
}
#: Options of any of them, and of their analyses.
_OPTIONS = {
    "N": "n",
    "calc_second_order": "second_order",
    "conf_level": "confidence",
    "n_samples": "n",
    "num_levels": "levels",
    "num_resamples": "resamples",
    "num_samples": "n",
    "optimal_trajectories": "optimal",
    "random_state": "rng",
    "samples": "n",
    "seed": "rng",
}


def renamed(option: str, known: Collection[str]) -> str:
    """Say what an option of another library is called here, as a clause of a message.

    Parameters
    ----------
    option : str
        As it was typed.
    known : collection of str
        The options that there are.

    Returns
    -------
    str
        Nothing where it is none of theirs, or where nothing takes its place.

    Examples
    --------
    >>> renamed("calc_second_order", ["n", "second_order"]), renamed("skip_values", ["n"])
    ('calc_second_order is second_order here; ', '')
    """
    ours = _OPTIONS.get(option)
    return f"{option} is {ours} here; " if ours in known else ""


def options_of(function: Callable[..., Any]) -> list[str] | None:
    """Return the names of a function's arguments; None where it takes any.

    Examples
    --------
    >>> options_of(lambda space, n, *, rng=None: ...), options_of(lambda space, **options: ...)
    (['space', 'n', 'rng'], None)
    """
    arguments = inspect.signature(function).parameters
    return None if any(a.kind is a.VAR_KEYWORD for a in arguments.values()) else list(arguments)


def check_options(
    caller: str, options: Iterable[str], known: Collection[str] | None, error: type[MesaDoeError]
) -> None:
    """Refuse options that a function does not take.

    Parameters
    ----------
    caller : str
        Its name.
    options : iterable of str
        As they were typed.
    known : collection of str or None
        Those that it takes; None where it takes any.
    error : type
        What is raised.

    Examples
    --------
    >>> from mesa_doe.errors import DesignError
    >>> check_options("morris", ["N"], ["n"], DesignError)
    Traceback (most recent call last):
    mesa_doe.errors.DesignError: morris takes no option 'N'; N is n here; it takes n
    """
    if known is None:
        return
    for option in options:
        if option not in known:
            raise error(
                f"{caller} takes no option {option!r}; {renamed(option, known)}it takes {', '.join(known)}"
            )
