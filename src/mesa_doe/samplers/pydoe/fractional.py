"""Two-level fractional factorial designs, their resolution verified and their aliases told."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from string import ascii_lowercase
from typing import Any

import numpy as np

from mesa_doe._optional import pydoe
from mesa_doe.arrays import Array
from mesa_doe.design import Design
from mesa_doe.design.gate import MOST_POINTS
from mesa_doe.errors import DesignError, listed
from mesa_doe.samplers.axis_levels import LAW_ENDS
from mesa_doe.samplers.coded import Ends, coded_design
from mesa_doe.samplers.declare import check_count, declare
from mesa_doe.samplers.pydoe.aliasing import aliases, defining_words, resolution_of, word_lengths
from mesa_doe.space import ParameterSpace
from mesa_doe.space.values import plain

__all__ = ["fold_over", "fractional_factorial"]

Generators = str | Sequence[str] | Mapping[str, str]


@declare(
    library="pyDOE3.fracfact, fracfact_by_res, fold",
    purpose="screening for main effects and some interactions",
    points="2^(d - p), twice that when folded",
    extension="none",
    random=False,
    source="Box & Hunter 1961; Finney 1945",
    even=False,
    laws="quantiles",
    integers="levels",
    categories=(2,),
    analysis="effects",
)
def fractional_factorial(
    space: ParameterSpace,
    *,
    generators: Generators | None = None,
    resolution: int | None = None,
    fold: bool | Sequence[str] = False,
    alias_order: int = 2,
    levels: Ends = None,
    quantiles: tuple[float, float] = LAW_ENDS,
) -> Design:
    """Two-level fractional factorial: a balanced fraction of the combinations of low and high ends.

    Parameters
    ----------
    space : ParameterSpace
    generators : str, sequence of str or mapping of str to str, optional
        Which factors are products of others: by name, ``{"x4": "x1*x2", "x5": "-x1*x3"}``, or as a word a
        factor in the order of the axes, ``"a b c ab -ac"``. Either this or ``resolution``.
    resolution : int, optional
        The smallest allowed length of a word: 3 (main effects clear of one another), 4 (and of
        interactions of two factors), 5 (and those of one another).
    fold : bool or sequence of str, default False
        Whether to add the points with all factors reversed (True), or only those named.
    alias_order : int, default 2
        How many factors an interaction may have to be listed in ``design.options["aliases"]``.
    levels : mapping of str to (low, high), optional
    quantiles : (float, float), default (0.05, 0.95)
        As in :func:`two_level_factorial`.

    Returns
    -------
    Design
        ``design.options`` tells what was verified from the matrix itself: ``resolution`` (None if nothing
        is confounded), ``word_lengths``, ``defining_relation`` (independent words) and ``aliases``.

    Raises
    ------
    DesignError
        If the generators are wrong, the library finds no design of that resolution or one of a lower, or
        an axis has names, but not two.

    Notes
    -----
    Wraps ``pyDOE3.fracfact``, ``fracfact_by_res`` and ``fold``. Unlike them:

    - the resolution is verified: pyDOE3 gives too low a one for (7, 5), (8, 5) and (16, 4) (factors,
      resolution) and misses designs such as (5, 5); ``pydoe`` 1.6 gives them;
    - the letters of generators may come in any order and need not be contiguous;
    - a fold that would only repeat every point is refused.

    Examples
    --------
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> space = ParameterSpace({name: Real(0, 1) for name in "abcd"})
    >>> design = fractional_factorial(space, generators={"d": "a*b*c"})
    >>> len(design), design.options["resolution"], design.options["aliases"]["a*b"]
    (8, 4, ['c*d'])
    """
    if (generators is None) == (resolution is None):
        raise DesignError(
            "fractional_factorial takes either generators= or resolution=, e.g. resolution=4, got "
            f"{'neither' if generators is None else 'both'}"
        )
    alias_order = check_count(alias_order, "fractional_factorial", "alias_order", 1)
    if generators is not None:
        codes, words = _by_generators(generators, space)
    else:
        codes, words = _by_resolution(resolution, len(space)), None
    fold = plain(fold)
    codes = fold_over(codes, space, fold, "fractional_factorial")
    reached = resolution_of(codes)
    if reached is not None and reached < 3:
        alike = [" = ".join([first, *others]) for first, others in aliases(codes, space.names, 1).items()]
        raise DesignError(f"fractional_factorial: the generators confound main effects: {', '.join(alike)}")
    options = {
        "generators": words,
        "fold": fold if isinstance(fold, bool) else list(fold),
        "resolution": reached,
        "word_lengths": word_lengths(codes),
        "defining_relation": defining_words(codes, space.names),
        "aliases": aliases(codes, space.names, alias_order),
    }
    return coded_design(
        space, codes, method="fractional_factorial", options=options, levels=levels, quantiles=quantiles
    )


def fold_over(codes: Array, space: ParameterSpace, fold: Any, method: str) -> Array:
    """Return a two-level design, with the points added that have some or all factors reversed if wanted.

    Raises
    ------
    DesignError
        If a name is no axis, or the added points would be those already there.
    """
    if fold is False:
        return codes
    if not isinstance(fold, bool) and (isinstance(fold, str) or not isinstance(fold, Sequence) or not fold):
        raise DesignError(f"{method}: fold takes True, False or a list of names of factors, got {fold!r}")
    columns = list(space.names if isinstance(fold, bool) else fold)
    if unknown := sorted({str(name) for name in columns if name not in space.names}):
        raise DesignError(
            f"{method}: fold names {', '.join(unknown)}, no axis of the space ({', '.join(space.names)})"
        )
    folded: Array = pydoe().fold(H=codes, columns=sorted({space.names.index(name) for name in columns}))
    if len(np.unique(folded, axis=0)) == len(np.unique(codes, axis=0)):
        raise DesignError(
            f"{method}: fold={fold!r} would only repeat every point, since no word of odd length "
            "in these factors is there to break; leave it out, or fold other factors"
        )
    return folded


def _by_resolution(resolution: Any, factors: int) -> Array:
    resolution = check_count(resolution, "fractional_factorial", "resolution", 3)
    if resolution > factors:
        raise DesignError(
            f"fractional_factorial: a fraction of {factors} factors has at most resolution {factors}, got "
            f"resolution={resolution}; two_level_factorial confounds nothing"
        )
    library = pydoe()
    old = library.__name__ == "pyDOE3"
    hint = (
        'pip install "mesa-doe[pydoe]", whose search is mended, or give generators='
        if old
        else "give generators="
    )
    try:
        codes: Array = library.fracfact_by_res(n=factors, res=resolution)
    except ValueError as error:
        raise DesignError(
            f"fractional_factorial: {library.__name__} finds no design of {factors} factors with "
            f"resolution {resolution} (it says: {error}); {hint}"
        ) from error
    found = resolution_of(codes)
    if found is not None and found < resolution:
        raise DesignError(
            f"fractional_factorial: the design of {factors} factors that {library.__name__} gives for "
            f"resolution {resolution} has only {found}, and is refused; {hint}"
        )
    return codes


def _by_generators(generators: Any, space: ParameterSpace) -> tuple[Array, list[str]]:
    names = space.names
    if isinstance(generators, Mapping):
        words, problems = _words_of(generators, names)
    elif isinstance(generators, (str, Sequence)):
        words = [
            str(word).lower() for word in (generators.split() if isinstance(generators, str) else generators)
        ]
        problems = _word_problems(words, names)
    else:
        words, problems = [], [f"generators takes a str, words or a mapping of names, got {generators!r}"]
    if problems:
        raise DesignError(listed(problems, "fractional_factorial: the generators are wrong"))
    # The library takes the k-th single letter for its k-th column, whatever it is called: "b a" is "a b".
    bases = [word.lstrip("+-") for word in words if len(word.lstrip("+-")) == 1]
    letters = str.maketrans(dict(zip(bases, ascii_lowercase, strict=False)))
    if 2 ** len(bases) > MOST_POINTS:
        raise DesignError(
            f"fractional_factorial would have 2^{len(bases)} points; the most is {MOST_POINTS:,}"
        )
    library = pydoe()
    if len(bases) == len(words):
        # Its check fails where there is no product.
        codes = library.ff2n(n_factors=len(bases)) * [-1.0 if word.startswith("-") else 1.0 for word in words]
    else:
        # It refuses products that come before the last single letter, so those come first, and go back.
        order = sorted(range(len(words)), key=lambda k: len(words[k].lstrip("+-")) > 1)
        mixed = library.fracfact(gen=" ".join(words[k].translate(letters) for k in order))
        codes = mixed[:, np.argsort(order)]
    return codes, words


def _words_of(generators: Mapping[Any, Any], names: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Turn products of names into words, and say what is wrong."""
    bases = [name for name in names if name not in generators]
    if len(bases) > len(ascii_lowercase):
        return [], [f"at most {len(ascii_lowercase)} factors can be independent, got {len(bases)}"]
    letter = dict(zip(bases, ascii_lowercase, strict=False))
    words = {name: letter[name] for name in bases}
    problems = []
    for name, product in generators.items():
        if name not in names:
            problems.append(f"{name!r} is no axis of the space ({', '.join(names)})")
            continue
        text = str(product).replace(" ", "")
        parts = text.lstrip("+-").split("*")
        wrong = [part for part in parts if part not in letter]
        if wrong or len(set(parts)) < len(parts) or len(parts) < 2 or len(text) - len(text.lstrip("+-")) > 1:
            problems.append(
                f"{name!r} takes a product of two or more different factors that are no products "
                f"({', '.join(bases)}), such as 'x1*x2' or '-x1*x2', got {product!r}"
            )
            continue
        words[name] = ("-" if text.startswith("-") else "") + "".join(letter[part] for part in parts)
    return [words.get(name, "") for name in names], problems


def _word_problems(words: list[str], names: tuple[str, ...]) -> list[str]:
    problems = []
    if len(words) != len(names):
        problems.append(f"{len(names)} axes need as many words, got {len(words)}: {' '.join(words)!r}")
    bare = [word.lstrip("+-") for word in words]
    bases = [word for word in bare if len(word) == 1]
    for word, letters in zip(words, bare, strict=True):
        if not re.fullmatch(r"[+-]?[a-zA-Z]+", word):
            problems.append(f"a word is letters with a sign or none, such as 'ab' or '-ab', got {word!r}")
        elif len(set(letters)) < len(letters):
            problems.append(f"a letter comes twice in {word!r}, which cancels it")
        elif len(letters) > 1 and (missing := sorted(set(letters) - set(bases))):
            problems.append(f"{word!r} uses {', '.join(missing)}, which is no factor of its own")
        elif bare.count(letters) > 1 and bare.index(letters) == words.index(word):
            problems.append(f"{letters!r} comes more than once")
    if not bases:
        problems.append("at least one factor must be a single letter")
    if len(bases) > len(ascii_lowercase):
        problems.append(f"at most {len(ascii_lowercase)} factors can be single letters, got {len(bases)}")
    return problems
