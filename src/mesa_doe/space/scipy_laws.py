"""The two kinds of scipy.stats laws, the frozen and the new objects, read through one small face.

scipy.stats takes half a second to import, so it is imported only once something looks like a law.
"""

from __future__ import annotations

import math
import reprlib
from typing import Any

import numpy as np

from mesa_doe.errors import SpaceError
from mesa_doe.space.values import is_number, plain

__all__ = ["build", "describe", "is_discrete", "is_law", "quantile_function", "shown", "unusable"]

#: Parameters that are data: numbers with their weights, or counts with the edges of their bins.
_OF_DATA = {"values", "histogram"}


def _bases(kind: type) -> list[str]:
    return [base.__name__ for base in kind.__mro__]


def is_law(value: Any) -> bool:
    """Tell whether an object is a law with its parameters: it has quantiles, a cdf and a support.

    Examples
    --------
    >>> from scipy import stats
    >>> is_law(stats.beta(2, 5)), is_law(stats.beta), is_law(3)
    (True, False, False)
    """
    if isinstance(value, type) or _is_unfrozen(value):
        return False
    quantiles = hasattr(value, "ppf") or hasattr(value, "icdf")
    return quantiles and hasattr(value, "cdf") and hasattr(value, "support")


def _is_unfrozen(value: Any) -> bool:
    if not hasattr(value, "freeze"):
        return False
    from scipy import stats

    return isinstance(value, (stats.rv_continuous, stats.rv_discrete))


def unusable(value: Any) -> str | None:
    """Say why an object that looks like one of scipy.stats is no law; None for what does not look so."""
    if _is_unfrozen(value):
        from scipy import stats

        name = str(value.name)
        example = f"stats.{name}(...)" if hasattr(stats, name) else "law() for one that needs none"
        return f"the law {name!r} is not frozen: call it with its parameters, e.g. {example}"
    if isinstance(value, type) and "UnivariateDistribution" in _bases(value):
        return f"{value.__name__} is a class: call it with its parameters, e.g. stats.{value.__name__}(...)"
    if not isinstance(value, type) and type(value).__module__.startswith("scipy.stats") and not is_law(value):
        why = (
            f"a {type(value).__name__} is no law of one number: it has no quantile function, cdf and support"
        )
        ours = "; of data, stats.rv_histogram(np.histogram(data, bins='auto'))() is one"
        return why + (ours if "gaussian_kde" in _bases(type(value)) else "")
    return None


def is_discrete(law: Any) -> bool:
    """Tell whether a law draws from separate values.

    Examples
    --------
    >>> from scipy import stats
    >>> is_discrete(stats.poisson(3)), is_discrete(stats.beta(2, 5))
    (True, False)
    """
    if "UnivariateDistribution" in _bases(type(law)):  # these have both pmf and pdf
        return "DiscreteDistribution" in _bases(type(law))
    face = getattr(law, "dist", law)
    return hasattr(face, "pmf") and not hasattr(face, "pdf")


def quantile_function(law: Any) -> Any:
    """Return the method that turns probabilities into values: `icdf` of new laws, `ppf` of frozen ones."""
    return law.icdf if hasattr(law, "icdf") else law.ppf


def _public_class(law: Any) -> type | None:
    from scipy import stats

    # The class that users write: stats.Normal() is a StandardNormal, which scipy.stats does not export.
    if not type(law).__module__.startswith("scipy.stats"):
        return None
    return next((base for base in type(law).__mro__ if getattr(stats, base.__name__, None) is base), None)


def _made_of_data(dist: Any) -> tuple[str, dict[str, Any]] | None:
    """Return what makes a law of a few numbers with their weights, or of a histogram, again."""
    from scipy import stats

    if type(dist) is stats.rv_histogram:
        counts, edges = dist._histogram
        widths = np.diff(edges)
        # Without a word of the user's, scipy takes bins of several widths for densities, and warns.
        density = not np.allclose(widths, widths[0]) if dist._density is None else bool(dist._density)
        table = [np.asarray(counts).tolist(), np.asarray(edges).tolist()]
        return "rv_histogram", {"histogram": table, "density": density}
    if type(dist).__module__.startswith("scipy.stats") and type(dist).__name__ == "rv_sample":
        return "rv_discrete", {"values": [np.asarray(dist.xk).tolist(), np.asarray(dist.pk).tolist()]}
    return None


def describe(law: Any) -> dict[str, Any]:
    """Describe a law of scipy.stats by its name and parameters, from which `build` makes it again.

    Raises
    ------
    SpaceError
        If the law is not one that scipy.stats has under a name, or a parameter is no number.

    Examples
    --------
    >>> from scipy import stats
    >>> describe(stats.rv_discrete(values=([2, 8], [0.25, 0.75]))())["kwds"]
    {'values': [[2, 8], [0.25, 0.75]]}
    """
    from scipy import stats

    if (made := _made_of_data(getattr(law, "dist", None))) is not None:
        name, data = made
        moved = {key: plain(value) for key, value in law.kwds.items()}
        return _checked({"distribution": name, "args": list(map(plain, law.args)), "kwds": {**data, **moved}})
    public = getattr(stats, str(getattr(getattr(law, "dist", None), "name", "")), None)
    if public is not None and type(public) is type(law.dist):
        name, args, kwds = law.dist.name, list(map(plain, law.args)), law.kwds
    elif (kind := _public_class(law)) is not None and hasattr(law, "_original_parameters"):
        name, args, kwds = kind.__name__, [], law._original_parameters
    else:
        raise SpaceError(
            "this law cannot be written to JSON: scipy.stats has no name that would give a"
            f" {type(law).__name__} back (stats.beta(2, 5) or stats.Normal(mu=0, sigma=1) have one)"
        )
    kwds = {key: plain(value) for key, value in kwds.items()}
    return _checked({"distribution": name, "args": args, "kwds": kwds})


def _checked(described: dict[str, Any]) -> dict[str, Any]:
    for key, value in [*enumerate(described["args"]), *described["kwds"].items()]:
        if not _is_parameter(value, key):
            raise SpaceError(
                f"the law {described['distribution']} cannot be written to JSON: its parameter {value!r} "
                "is no number"
            )
    return described


def _is_parameter(value: Any, key: object = None) -> bool:
    if key in _OF_DATA:
        return (
            isinstance(value, list)
            and len(value) == 2
            and all(isinstance(row, list) and all(map(is_number, row)) for row in value)
        )
    if key == "density":
        return isinstance(value, bool)
    # A truncated law may have one end.
    return is_number(value) or (isinstance(value, float) and math.isinf(value))


def build(distribution: Any, args: Any, kwds: Any) -> Any:
    """Make the law that `describe` described; nothing but names in scipy.stats is looked up.

    Raises
    ------
    SpaceError
        If the name is no law of scipy.stats, or the parameters are not its own.

    Examples
    --------
    >>> float(build("uniform", [1, 2], {}).mean())
    2.0
    """
    from scipy import stats

    maker: Any = getattr(stats, distribution, None) if isinstance(distribution, str) else None
    if distribution in ("rv_discrete", "rv_histogram") and isinstance(kwds, dict) and _OF_DATA & kwds.keys():
        maker, kwds = _law_of_data(maker, distribution, kwds)
    new = isinstance(maker, type) and "UnivariateDistribution" in _bases(maker)
    if not new and not _is_unfrozen(maker):
        raise SpaceError(f"scipy.stats has no law called {distribution!r}")
    if not (
        isinstance(args, list) and isinstance(kwds, dict) and all(map(_is_parameter, [*args, *kwds.values()]))
    ):
        raise SpaceError(f"parameters of the law {distribution!r} must be numbers, got {args!r}, {kwds!r}")
    try:
        return maker(*args, **kwds)
    except (TypeError, ValueError) as error:
        raise SpaceError(
            f"{args!r}, {kwds!r} are no parameters of the law {distribution!r}: {error}"
        ) from error


def _law_of_data(maker: Any, name: str, kwds: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return the law of these data, and which of its parameters are left."""
    data = {key: value for key, value in kwds.items() if key in (*_OF_DATA, "density")}
    rest = {key: value for key, value in kwds.items() if key not in data}
    if not all(_is_parameter(value, key) for key, value in data.items()):
        raise SpaceError(f"{name} takes two lists of finite numbers, got {data!r}")
    try:
        return maker(**{key: tuple(value) if key in _OF_DATA else value for key, value in data.items()}), rest
    except (TypeError, ValueError) as error:
        raise SpaceError(f"{data!r} are no data of the law {name!r}: {error}") from error


def shown(law: Any) -> str:
    """Write a law as a user would, e.g. `beta(2, 5)`; its own repr if it has no name."""
    try:
        what = describe(law)
    except SpaceError:
        return repr(law)
    # Of a histogram there may be hundreds.
    args = [repr(value) for value in what["args"]] + [
        f"{key}={reprlib.repr(value) if key in _OF_DATA else repr(value)}"
        for key, value in what["kwds"].items()
    ]
    return f"{what['distribution']}({', '.join(args)})"
