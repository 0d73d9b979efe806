"""`Law`: any one-dimensional law of scipy.stats as an axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mesa_doe.arrays import Array, BoolArray, FloatArray
from mesa_doe.errors import SpaceError
from mesa_doe.space.scipy_laws import build, describe, is_discrete, is_law, quantile_function, shown, unusable
from mesa_doe.space.values import as_numbers, as_tuple, is_number

__all__ = ["Law", "law_called"]

_DEFAULT_QUANTILES = (1e-9, 1 - 1e-9)


@dataclass(frozen=True, eq=False, repr=False)
class Law:
    """A law of scipy.stats as an axis; `x=stats.beta(2, 5)` in a parameter space is short for it.

    Parameters
    ----------
    distribution : object
        A frozen law (`stats.beta(2, 5)`, `stats.poisson(3)`) or one of scipy's new law objects
        (`stats.Normal(mu=0, sigma=1)`, `stats.truncate(...)`); discrete laws of whole numbers give ints.
    quantiles : (float, float), default (1e-9, 1 - 1e-9)
        Where the law is cut on a side that has no end: a design's corner points (0.0 and 1.0) get these
        quantiles instead of infinity. A side that has an end is never cut.

    Notes
    -----
    Two laws are equal when their names, parameters and quantiles are; laws without a name in scipy.stats
    (truncated, mixed, your own) only when they hold the same object. Those of data,
    `stats.rv_histogram(np.histogram(data))()` and `stats.rv_discrete(values=([1, 4], [0.2, 0.8]))()`, have
    their numbers as parameters.

    Examples
    --------
    >>> from scipy import stats
    >>> Law(stats.norm(), quantiles=(0.025, 0.975)).from_unit(np.array([0.0, 0.5, 1.0])).round(2)
    array([-1.96,  0.  ,  1.96])
    >>> Law(stats.poisson(3)).from_unit(np.array([0.0, 0.5, 1.0]))
    array([ 0,  3, 18])
    """

    distribution: Any
    quantiles: tuple[float, float] = _DEFAULT_QUANTILES

    def __post_init__(self) -> None:
        object.__setattr__(self, "quantiles", as_tuple(self.quantiles))

    def __repr__(self) -> str:
        cut = "" if self.quantiles == _DEFAULT_QUANTILES else f", quantiles={self.quantiles!r}"
        return f"Law({shown(self.distribution)}{cut})"

    def __eq__(self, other: object) -> bool:
        return self._key() == other._key() if isinstance(other, Law) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        try:
            what = describe(self.distribution)
        except SpaceError:
            return (id(self.distribution), self.quantiles)
        return (what["distribution"], *what["args"], *_hashable(sorted(what["kwds"].items())), self.quantiles)

    # Copied by name: a scipy (1.17, 1.18) Normal(mu=5, sigma=2) comes out of pickle and deepcopy as the
    # standard normal, without a word. A law without a name takes three quantiles along, as witnesses.
    def __reduce__(self) -> tuple[Any, ...]:
        try:
            what = describe(self.distribution)
        except SpaceError:
            return _same_again, (self.distribution, self.quantiles, self._witness())
        return law_called, (what["distribution"], what["args"], what["kwds"], self.quantiles)

    def __deepcopy__(self, memo: dict[int, Any]) -> Law:
        return self

    def _witness(self) -> list[float] | None:
        if not is_law(self.distribution):
            return None
        return [float(x) for x in quantile_function(self.distribution)(np.array([0.1, 0.5, 0.9]))]

    @property
    def n_levels(self) -> int | None:
        """How many values a discrete law with two ends has; None for any other."""
        low, high = self._support()
        if not is_discrete(self.distribution) or not (math.isfinite(low) and math.isfinite(high)):
            return None
        listed = self._listed()
        return round(high - low) + 1 if listed is None else len(listed)

    def problems(self) -> list[str]:
        """Say what is wrong with the law, a sentence each."""
        why = unusable(self.distribution)
        if why is None and not is_law(self.distribution):
            why = f"a law needs a ppf or icdf, a cdf and a support, which {self.distribution!r} has not"
        found = [] if why is None else [why]
        cut = self.quantiles
        if not (
            isinstance(cut, tuple) and len(cut) == 2 and all(map(is_number, cut)) and 0 < cut[0] < cut[1] < 1
        ):
            found.append(f"quantiles must be two numbers with 0 < first < second < 1, got {cut!r}")
        return found or self._law_problems()

    def _law_problems(self) -> list[str]:
        try:
            ends = self.distribution.support()
            if any(np.ndim(end) for end in ends) or np.ndim(quantile_function(self.distribution)(0.5)):
                return ["the law has arrays as parameters, so it is several laws: give one axis to each"]
            if any(math.isnan(float(end)) for end in ends):
                return [f"{shown(self.distribution)} has no support: the law does not allow its parameters"]
            reached = self._quantiles(np.array([0.0, 0.5, 1.0]))
        except Exception as error:  # noqa: BLE001 - a law may be the user's own and raise anything; it is told
            return [f"the law cannot be evaluated: {type(error).__name__}: {error}"]
        if reached.shape != (3,) or not np.isfinite(reached).all():
            return [
                f"{shown(self.distribution)} has quantiles that are not finite: {reached!r} at 0, 0.5 and 1"
            ]
        farthest = np.abs(reached).max()
        if is_discrete(self.distribution) and farthest > 2**53:
            return [f"{shown(self.distribution)} reaches {farthest:g}, beyond 2**53: narrow its quantiles"]
        return []

    def from_unit(self, u: FloatArray) -> Array:
        """Turn unit values (n,) into values (n,): int64 for discrete laws of whole numbers, else float64.

        Raises
        ------
        SpaceError
            If the law gives a value that is not finite.
        """
        u = np.asarray(u, dtype=np.float64)
        values = self._quantiles(u)
        if not np.isfinite(values).all():  # scipy gives up on some quantiles, of beta laws at 1e-120 say
            where = float(u[~np.isfinite(values)][0])
            raise SpaceError(f"{shown(self.distribution)} has no finite quantile at {where!r}")
        if is_discrete(self.distribution) and self._whole():
            return np.rint(values).astype(np.int64)
        return values

    def to_unit(self, values: Any) -> FloatArray:
        """Turn values (n,) into their probabilities (n,), for a discrete law the middle of its step."""
        outside = self.outside(values)
        low, high = self._support()
        inside = low if math.isfinite(low) else high if math.isfinite(high) else 0.0
        x = np.where(outside, inside, as_numbers(values).astype(np.float64))
        p = np.asarray(self.distribution.cdf(x), dtype=np.float64)
        if is_discrete(self.distribution):
            # Less half the step, not the mean with cdf(x - 1): the values may lie closer than 1.
            p = p - np.asarray(self.distribution.pmf(x), dtype=np.float64) / 2
        return np.where(outside, np.nan, np.clip(p, 0, 1))

    def outside(self, values: Any) -> BoolArray:
        """Tell which of the values (n,) the law cannot draw."""
        x = as_numbers(values).astype(np.float64)
        low, high = self._support()
        inside = np.isfinite(x) & (x >= low) & (x <= high)
        if is_discrete(self.distribution):
            # The ends count even where their probability is too small for a float: corner points reach them.
            drawn = np.asarray(self.distribution.pmf(np.where(inside, x, np.nan))) > 0
            inside &= drawn | (x == low) | (x == high)
        return ~inside

    def to_dict(self) -> dict[str, Any]:
        """Describe the axis in what JSON can hold; SpaceError for a law without a name in scipy.stats."""
        what = describe(self.distribution)
        args, kwds = list(map(_written, what["args"])), {k: _written(v) for k, v in what["kwds"].items()}
        return {"kind": "law", **what, "args": args, "kwds": kwds, "quantiles": list(self.quantiles)}

    def _support(self) -> tuple[float, float]:
        low, high = self.distribution.support()
        return float(low), float(high)

    def _quantiles(self, u: FloatArray) -> FloatArray:
        low, high = self._support()
        cut_low = 0.0 if math.isfinite(low) else self.quantiles[0]
        cut_high = 1.0 if math.isfinite(high) else self.quantiles[1]
        values = quantile_function(self.distribution)(np.clip(u, cut_low, cut_high))
        # ppf(0) of a discrete law is one below its support.
        return np.clip(np.asarray(values, dtype=np.float64), low, high)

    def _whole(self) -> bool:
        # Asked of the law, not of the sample: a column's type must not depend on which points were drawn.
        values = self._listed()
        if values is None:
            values = self._quantiles(np.linspace(0, 1, 65))
        elif any(self._quantiles(np.array([0.0, 1.0])) % 1):  # moved by a loc
            return False
        return bool(np.all(np.asarray(values, dtype=np.float64) % 1 == 0))

    def _listed(self) -> Any:
        """Return the values of a law that lists them, an `rv_discrete(values=...)`; else None."""
        return getattr(getattr(self.distribution, "dist", None), "xk", None)


def law_called(distribution: Any, args: Any, kwds: Any, quantiles: Any) -> Law:
    """Make the law that `Law.to_dict` described."""
    args = list(map(_read, args)) if isinstance(args, list) else args
    kwds = {key: _read(value) for key, value in kwds.items()} if isinstance(kwds, dict) else kwds
    return Law(build(distribution, args, kwds), quantiles)


def _written(parameter: Any) -> Any:
    # JSON has no infinity.
    return str(parameter) if isinstance(parameter, float) and math.isinf(parameter) else parameter


def _read(parameter: Any) -> Any:
    return float(parameter) if parameter in ("inf", "-inf") else parameter


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, (list, tuple)) else value


def _same_again(distribution: Any, quantiles: tuple[float, float], witness: list[float] | None) -> Law:
    law = Law(distribution, quantiles)
    found = law._witness()
    if found is not None and not np.allclose(found, witness or math.nan, rtol=1e-9):
        raise SpaceError(
            f"the law {shown(distribution)} was changed by pickling, a fault of scipy: its quantiles at 0.1,"
            f" 0.5 and 0.9 were {witness}, now they are {found}; use a frozen law instead"
        )
    return law
