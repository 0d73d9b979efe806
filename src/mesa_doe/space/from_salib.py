"""SALib's problem dictionary, read into axes.

Different from SALib: every mistake is told at once, the dictionary is not changed, a triangle may lie below
zero, two equal names are a mistake (SALib takes them for a group), and unbounded laws never give infinity.
The meaning of `bounds` for each of `dists` is that of ``SALib.util.scale_samples``.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from typing import Any

from mesa_doe.errors import SpaceError, listed
from mesa_doe.space.axes import Axis, Real
from mesa_doe.space.laws import Law
from mesa_doe.space.scipy_laws import build
from mesa_doe.space.values import as_tuple, is_number

__all__ = ["entries_from_salib"]

_LARGEST = math.log(sys.float_info.max)


def _triang(low: float, high: float, peak: float) -> Axis:
    _require(low < high, f"the start must be below the end, got {low!r} and {high!r}")
    _require(0 <= peak <= 1, f"the peak is a fraction of the width, from 0 to 1, got {peak!r}")
    return Law(build("triang", [peak], {"loc": low, "scale": high - low}))


def _norm(mean: float, sd: float) -> Axis:
    _require(sd > 0, f"the standard deviation must be above zero, got {sd!r}")
    return Law(build("norm", [mean, sd], {}))


def _truncnorm(low: float, high: float, mean: float, sd: float) -> Axis:
    _require(low < high, f"the lower bound must be below the upper, got {low!r} and {high!r}")
    _require(sd > 0, f"the standard deviation must be above zero, got {sd!r}")
    return Law(build("truncnorm", [(low - mean) / sd, (high - mean) / sd], {"loc": mean, "scale": sd}))


def _lognorm(mean: float, sd: float) -> Axis:
    _require(sd > 0, f"the standard deviation of the logarithm must be above zero, got {sd!r}")
    _require(mean < _LARGEST, f"the mean {mean!r} of the logarithm is of numbers beyond the floats")
    return Law(build("lognorm", [sd], {"scale": math.exp(mean)}))


def _weibull(shape: float, scale: float, loc: float = 0) -> Axis:
    _require(shape > 0 and scale > 0, f"shape and scale must be above zero, got {shape!r} and {scale!r}")
    return Law(build("weibull_min", [shape], {"loc": loc, "scale": scale}))


# dist: (axis, what bounds holds, how many numbers that may be)
_DISTS: dict[str, tuple[Callable[..., Axis], str, tuple[int, ...]]] = {
    "lognorm": (_lognorm, "[mean, standard deviation] of the natural logarithm", (2,)),
    "logunif": (lambda low, high: Real(low, high, log=True), "[lower, upper]", (2,)),
    "norm": (_norm, "[mean, standard deviation]", (2,)),
    "triang": (
        lambda *bounds: _triang(*bounds) if len(bounds) == 3 else _triang(0, *bounds),
        "[lower, upper, peak as a fraction of the width]",
        (3, 2),
    ),
    "truncnorm": (_truncnorm, "[lower, upper, mean, standard deviation]", (4,)),
    "unif": (Real, "[lower, upper]", (2,)),
    "weibull": (_weibull, "[shape, scale] or [shape, scale, location]", (2, 3)),
}


def _require(held: bool, otherwise: str) -> None:
    if not held:
        raise SpaceError(otherwise)


def entries_from_salib(problem: Any) -> dict[str, Axis]:
    """Make an axis of each name in SALib's problem, as `ParameterSpace.from_salib` tells.

    Examples
    --------
    >>> entries_from_salib({"names": ["a"], "bounds": [[1, 10]], "dists": ["logunif"]})
    {'a': Real(low=1, high=10, log=True)}
    """
    if not isinstance(problem, Mapping):
        raise SpaceError(f"SALib's problem must be a dict, got {type(problem).__name__}")
    missing = [key for key in ("names", "bounds") if problem.get(key) is None]
    if missing:
        raise SpaceError(f"SALib's problem lacks {' and '.join(map(repr, missing))}")
    names, bounds = as_tuple(problem["names"]), as_tuple(problem["bounds"])
    dists = as_tuple(problem["dists"]) if problem.get("dists") is not None else ("unif",) * len(names)
    problems = _shape_problems(problem, names, bounds, dists)
    entries: dict[str, Axis] = {}
    for name, bound, dist in zip(names, bounds, dists, strict=False) if not problems else ():
        try:
            entries[name] = _entry(as_tuple(bound), dist)
        except SpaceError as error:
            problems.append(f"axis {name!r}: {error}")
    if problems:
        raise SpaceError(listed(problems, "SALib's problem cannot be read"))
    return entries


def _shape_problems(problem: Mapping[str, Any], names: Any, bounds: Any, dists: Any) -> list[str]:
    for key, value in (("names", names), ("bounds", bounds), ("dists", dists)):
        if not isinstance(value, tuple):
            return [f"{key!r} must be a list, got {value!r}"]
    found = [f"name {name!r} must be a string" for name in names if not isinstance(name, str)]
    found += [
        f"name {name!r} is given more than once"
        for i, name in enumerate(names)
        if names.index(name) == i and names.count(name) > 1
    ]
    found += [
        f"{len(names)} names need as many {key}, got {len(values)}"
        for key, values in (("bounds", bounds), ("dists", dists))
        if len(values) != len(names)
    ]
    if problem.get("num_vars") not in (None, len(names)):
        found.append(f"num_vars is {problem['num_vars']!r}, but there are {len(names)} names")
    groups = problem.get("groups")
    groups = () if groups is None else as_tuple(groups)
    if groups and len(set(map(str, groups))) < len(names):
        found.append(
            f"a space has no groups, got {groups!r}: leave them out here and give them to the sampler, sobol "
            "or morris, by groups=; a sample that SALib made of groups is read by doe.from_salib"
        )
    return found


def _entry(bound: Any, dist: Any) -> Axis:
    if not isinstance(dist, str) or dist not in _DISTS:
        raise SpaceError(f"dist must be one of {', '.join(sorted(_DISTS))}, got {dist!r}")
    maker, meaning, counts = _DISTS[dist]
    if not isinstance(bound, tuple) or len(bound) not in counts or not all(map(is_number, bound)):
        raise SpaceError(f"bounds of {dist!r} must be finite numbers {meaning}, got {bound!r}")
    return maker(*bound)
