"""The two kinds of scipy.stats laws, the frozen and the new objects, read through one small face.

scipy.stats takes half a second to import, so it is imported only once something looks like a law.
"""

from __future__ import annotations

from typing import Any

from mesa_doe.errors import SpaceError
from mesa_doe.space.values import is_number, plain

__all__ = ["build", "describe", "is_discrete", "is_law", "quantile_function", "shown", "unusable"]


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
        return (
            f"a {type(value).__name__} is no law of one number: it has no quantile function, cdf and support"
        )
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


def describe(law: Any) -> dict[str, Any]:
    """Describe a law of scipy.stats by its name and parameters, from which `build` makes it again.

    Raises
    ------
    SpaceError
        If the law is not one that scipy.stats has under a name, or a parameter is no finite number.
    """
    from scipy import stats

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
    for value in (*args, *kwds.values()):
        if not is_number(value):
            raise SpaceError(
                f"the law {name} cannot be written to JSON: its parameter {value!r} is no finite number"
            )
    return {"distribution": name, "args": args, "kwds": kwds}


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
    new = isinstance(maker, type) and "UnivariateDistribution" in _bases(maker)
    if not new and not _is_unfrozen(maker):
        raise SpaceError(f"scipy.stats has no law called {distribution!r}")
    if not (
        isinstance(args, list) and isinstance(kwds, dict) and all(map(is_number, [*args, *kwds.values()]))
    ):
        raise SpaceError(
            f"parameters of the law {distribution!r} must be finite numbers, got {args!r}, {kwds!r}"
        )
    try:
        return maker(*args, **kwds)
    except (TypeError, ValueError) as error:
        raise SpaceError(
            f"{args!r}, {kwds!r} are no parameters of the law {distribution!r}: {error}"
        ) from error


def shown(law: Any) -> str:
    """Write a law as a user would, e.g. `beta(2, 5)`; its own repr if it has no name."""
    try:
        what = describe(law)
    except SpaceError:
        return repr(law)
    args = [repr(value) for value in what["args"]] + [
        f"{key}={value!r}" for key, value in what["kwds"].items()
    ]
    return f"{what['distribution']}({', '.join(args)})"
