"""High-dimensional model representation: sums of curves and surfaces fitted to given data, by SALib."""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mesa_doe.analysis.declare import check_design, declare
from mesa_doe.analysis.dependent_points import taken_as_independent
from mesa_doe.analysis.estimates import Label, tidy
from mesa_doe.analysis.inputs import level_codes
from mesa_doe.analysis.options import checked_int, checked_share
from mesa_doe.analysis.outputs import Missing, Outputs, checked_outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.variation import (
    constant_outputs,
    flat_outputs,
    noise_units,
    standardised,
    still_factors,
)
from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.design.salib import unit_problem
from mesa_doe.errors import AnalysisError
from mesa_doe.seeding import RNG, kept_generators, library_seed, root_entropy

__all__ = ["enhanced_hdmr", "hdmr"]

_MEASURES = ("S", "Sa", "Sb")
# SALib takes no fewer.
_LEAST_POINTS = 300
# Beyond, SALib's polynomials are not orthogonal: it makes them of determinants of moments.
_LARGEST_ORDER = 8
# Shares of the variance: what chance may add, and what the terms should explain together.
_CHANCE = 0.05
_LEAST_EXPLAINED = 0.7


@declare(
    axes="ordered",
    library="SALib.analyze.hdmr",
    measures="shares of factors and pairs (S), alone (Sa) and by correlation (Sb); of factors in all (ST)",
    source="Li et al. 2010; Rabitz & Aliş 1999",
    least_points=_LEAST_POINTS,
)
def hdmr(
    design: Design,
    y: Any,
    *,
    order: int = 2,
    intervals: int = 4,
    outputs: Sequence[Any] | None = None,
    resamples: int = 20,
    confidence: float = 0.95,
    rng: RNG = 0,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """Split the variance among splines of each factor and each pair of factors, which may be correlated.

    Parameters
    ----------
    design : Design
        Any of 300 points or more, of axes with an order.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design. Replications are averaged.
    order : {1, 2}, default 2
        Whether to fit factors alone, or pairs too.
    intervals : int, default 4
        Intervals of the cubic splines, from 1 to 10: more follow a curve that bends more often.
    outputs : sequence, optional
        Names of the outputs.
    resamples : int, default 20
        From 2 to 100 fits to halves of the points, drawn without replacement, of which intervals are made.
    confidence : float, default 0.95
        Level of the intervals; at least 0.5.
    rng : int, SeedSequence or Generator, default 0
        Of the halves.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave them out and say so.
    seed_policy : str, optional
        How the runs were seeded.

    Returns
    -------
    SensitivityResult
        Measures ``S`` of factors and pairs, its parts ``Sa`` (the term alone) and ``Sb`` (by correlation with
        other terms), and ``ST`` of factors; ``settings["explained"]``, the sum of ``S`` by output.

    Raises
    ------
    AnalysisError
        If points are fewer than 300 or than a fit takes, a factor has too few values for the splines, or
        outputs are missing.

    Warns
    -----
    MesaDoeWarning
        If chance adds to ``S``, the terms explain less than 0.7 of an output, a factor or an output does not
        vary, or the design has blocks (of Saltelli's scheme, stars, trajectories), of which SALib knows
        nothing.

    Notes
    -----
    Wraps `SALib.analyze.hdmr <https://salib.readthedocs.io/en/latest/api.html>`_, which SALib will retire
    for `enhanced_hdmr`; this one takes orders 1 and 2, and is faster. Unlike SALib: estimates are of a fit to
    all points, not means of fits to halves, to which chance adds twice as much; ``rng`` has an effect;
    four intervals, since two miss a curve that bends thrice; outputs are fitted in units of their deviation,
    so that when a fit stops does not depend on their unit; too few values of a factor are refused, where
    SALib reads memory that nobody wrote. Intervals have SALib's width, of normal errors: the spread of fits
    to halves is the error of a fit to all points (Shao & Wu 1989, Ann. Stat. 17).

    Li et al. 2010, J. Phys. Chem. A 114; Rabitz & Aliş 1999, J. Math. Chem. 25.

    Examples
    --------
    >>> from mesa_doe.samplers import latin_hypercube
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = latin_hypercube(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 500, rng=1)
    >>> result = hdmr(design, 2 * design.points["a"] + design.points["b"])
    >>> result.table()["ST"].round(1).dropna().tolist()
    [0.8, 0.2]
    """
    checked_int("hdmr", "order", order, 1, 2)
    checked_int("hdmr", "intervals", intervals, 1, 10)
    data = _data("hdmr", design, y, outputs, missing, resamples, confidence)
    pair = (intervals + 3) ** 2
    _check_values(data, intervals, _spans_splines, "splines", f"{intervals} intervals")
    if order == 2:
        _check_half("hdmr", data, pair, "a pair of factors", "fewer intervals=, or order=1")

    def fit(z: FloatArray, fits: int, seed: int) -> Any:
        from SALib.analyze import hdmr as library

        np.random.seed(seed)  # noqa: NPY002 - its own seed= goes nowhere
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "This method will be retired", DeprecationWarning)
            found = library.analyze(
                unit_problem(data.moving), data.x, z, order, m=intervals, K=fits, alpha=confidence
            )
        _check_fits(data, found, intervals)
        return found

    options = {"order": order, "intervals": intervals}
    remedy = "more points, fewer intervals= or order=1"
    curves = "that the splines cannot follow (more intervals=)"
    return _result("hdmr", data, fit, rng, seed_policy, options, pair if order == 2 else 0, remedy, curves)


@declare(
    axes="ordered",
    library="SALib.analyze.enhanced_hdmr",
    measures="shares of factors and pairs (S), alone (Sa) and by correlation (Sb); of factors in all (ST)",
    source="Gao, Sahin & Vrugt 2023; Li & Rabitz 2012",
    least_points=_LEAST_POINTS,
)
def enhanced_hdmr(
    design: Design,
    y: Any,
    *,
    order: int = 2,
    poly_order: int = 6,
    outputs: Sequence[Any] | None = None,
    resamples: int = 20,
    confidence: float = 0.95,
    rng: RNG = 0,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """Split the variance among polynomials of each factor and each pair, a pair free of its factors alone.

    Parameters
    ----------
    design : Design
        Any of 300 points or more, of axes with an order.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design. Replications are averaged.
    order : {2}, default 2
        SALib's orders 1 and 3 fail; for factors alone use `hdmr`.
    poly_order : int, default 6
        Degree of the polynomials, from 1 to 8.
    outputs, resamples, confidence, rng, missing, seed_policy
        As of `hdmr`.

    Returns
    -------
    SensitivityResult
        As of `hdmr`.

    Raises
    ------
    AnalysisError
        If points are fewer than 300 or than the coefficients take, a factor has no more values than the
        degree, or outputs are missing.

    Warns
    -----
    MesaDoeWarning
        As `hdmr` does, and if points are few for the coefficients.

    Notes
    -----
    Wraps `SALib.analyze.enhanced_hdmr <https://salib.readthedocs.io/en/latest/api.html>`_. Unlike SALib:
    estimates and intervals are made as in `hdmr`; degree 6, since 3 misses a curve that bends thrice
    (Ishigami's second factor: 0.02 of 0.44); at most 8, since its polynomials beyond are not orthogonal;
    points fewer than coefficients are refused, where SALib's fit explains anything. All coefficients are
    solved for at once, in time that grows with the cube of their number.

    Gao, Sahin & Vrugt 2023, Water Resour. Res. 59; Li & Rabitz 2012, J. Math. Chem. 50.

    Examples
    --------
    >>> from mesa_doe.samplers import latin_hypercube
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = latin_hypercube(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 400, rng=1)
    >>> result = enhanced_hdmr(design, design.points["a"] * design.points["b"], poly_order=2)
    >>> [round(x, 1) for x in result.to_frame().query("measure == 'ST'")["estimate"]]
    [0.6, 0.6]
    """
    if order != 2 or isinstance(order, bool):
        message = (
            f"enhanced_hdmr takes order=2, got {order!r}: SALib's other orders fail; for factors alone use "
            "hdmr(order=1)"
        )
        raise AnalysisError(message)
    checked_int("enhanced_hdmr", "poly_order", poly_order, 1, _LARGEST_ORDER)
    data = _data("enhanced_hdmr", design, y, outputs, missing, resamples, confidence)
    factors = len(data.moving)
    total = factors * poly_order + math.comb(factors, 2) * poly_order**2
    _check_values(data, poly_order, _spans_polynomials, "polynomials", f"degree {poly_order}")
    _check_half("enhanced_hdmr", data, total, "all terms together", "a lower poly_order=, or hdmr")
    if data.half < 2 * total:
        data.said.append(
            f"enhanced_hdmr makes its intervals of fits of {total} coefficients to {data.half} points, half "
            f"of the design: they are too wide; use {4 * total} points or a lower poly_order="
        )

    def fit(z: FloatArray, fits: int, seed: int) -> Any:
        from SALib.analyze import enhanced_hdmr as library

        return library.analyze(
            unit_problem(data.moving),
            data.x,
            z,
            poly_order=poly_order,
            bootstrap=fits,
            subset=len(z) if fits == 1 else None,
            alpha=confidence,
            seed=seed,
        )

    options = {"order": order, "poly_order": poly_order}
    remedy = "more points or a lower poly_order="
    curves = "that the polynomials cannot follow (a higher poly_order=)"
    return _result("enhanced_hdmr", data, fit, rng, seed_policy, options, poly_order**2, remedy, curves)


@dataclass(frozen=True)
class _Data:
    """What is fitted: inputs that vary, and outputs."""

    factors: tuple[str, ...]
    moving: list[str]
    x: FloatArray
    checked: Outputs
    resamples: int
    confidence: float
    said: list[str]

    @property
    def half(self) -> int:
        """How many points one fit takes."""
        return len(self.x) // 2


def _data(
    method: str,
    design: Design,
    y: Any,
    outputs: Sequence[Any] | None,
    missing: Missing,
    resamples: Any,
    confidence: Any,
) -> _Data:
    check_design(design, method)
    resamples = checked_int(method, "resamples", resamples, 2, 100)
    confidence = checked_share(method, "confidence", confidence)
    if confidence < 0.5:
        message = f"{method}: confidence takes a number from 0.5, got {confidence!r}"
        raise AnalysisError(message)
    checked = checked_outputs(
        design, y, names=outputs, missing=missing, method=method, given_data=True, means_only=True
    )
    x = checked.kept(level_codes(design))
    still = constant_outputs(x)
    moving = [name for name, is_still in zip(design.factors, still, strict=True) if not is_still]
    others = "use regression, rbd_fast, pawn or delta"
    if len(moving) < 2:
        message = f"{method} needs two factors that vary, got {len(moving)}; {others}"
        raise AnalysisError(message)
    if len(x) < _LEAST_POINTS:
        message = (
            f"{method} needs {_LEAST_POINTS} points or more, got {len(x)}; make a larger design, or {others}"
        )
        raise AnalysisError(message)
    said = [*checked.said, *still_factors(design.factors, still)]
    why = "inert factors read too much, and intervals are too narrow"
    said += taken_as_independent(design, checked, method, why)
    return _Data(design.factors, moving, x[:, ~still], checked, resamples, confidence, said)


def _check_half(method: str, data: _Data, coefficients: int, what: str, remedy: str) -> None:
    if data.half <= coefficients:
        message = (
            f"{method} fits {coefficients} coefficients of {what} to {data.half} points, half of the design; "
            f"use more than {2 * coefficients + 1} points, {remedy}"
        )
        raise AnalysisError(message)


def _spans_splines(values: FloatArray, intervals: int) -> bool:
    """Tell whether values in [0, 1] determine a cubic spline."""
    return bool(np.linalg.matrix_rank(_splines(values, intervals)) == intervals + 3)


def _splines(values: FloatArray, intervals: int) -> FloatArray:
    """Return the cubic splines at values in [0, 1], (values, intervals + 3)."""
    from scipy.interpolate import BSpline

    knots = np.arange(-3, intervals + 4) / intervals
    basis: FloatArray = BSpline.design_matrix(values, knots, 3).toarray()
    return basis


def _spans_polynomials(values: FloatArray, degree: int) -> bool:
    return len(values) > degree


def _check_values(
    data: _Data, size: int, spans: Callable[[FloatArray, int], bool], what: str, how: str
) -> None:
    for name, column in zip(data.moving, data.x.T, strict=True):
        values = np.unique(column)
        if not spans((values - values[0]) / (values[-1] - values[0]), size):
            count = len(values)
            able = [f"hdmr(intervals={min(count - 3, 10)})"] if count > 3 else []
            able += [f"enhanced_hdmr(poly_order={min(count - 1, _LARGEST_ORDER)})"]
            message = (
                f"factor {name!r} has {count} different values here, too few for {what} of {how}; "
                f"use {' or '.join(able)}, or regression, rbd_fast or pawn"
            )
            raise AnalysisError(message)


def _check_fits(data: _Data, found: Any, intervals: int) -> None:
    """Refuse fits of which SALib left out a term unsaid: in that half, points are missing where it lies."""
    lacking, chosen = [], found["idx"].T
    if len(chosen) > 1:  # of all points it is known
        unit = (data.x - data.x.min(axis=0)) / np.ptp(data.x, axis=0)
        lacking += [
            name
            for name, column in zip(data.moving, unit.T, strict=True)
            if np.linalg.matrix_rank(_splines(column, intervals)[chosen]).min() < intervals + 3
        ]
    if found["Em"]["maxorder"] == 2:
        left_out = (found["Em"]["C2"] == 0).all(axis=0).any(axis=1)
        pairs = itertools.combinations(data.moving, 2)
        lacking += [" × ".join(pair) for pair in itertools.compress(pairs, left_out)]
    if lacking:
        message = (
            f"hdmr: half of the points are too few, or too uneven, to fit {', '.join(lacking)}; "
            "use more points or fewer intervals="
        )
        raise AnalysisError(message)


def _result(
    method: str,
    data: _Data,
    fit: Callable[[FloatArray, int, int], Any],
    rng: RNG,
    seed_policy: str | None,
    options: dict[str, int],
    pair: int,
    remedy: str,
    curves: str,
) -> SensitivityResult:
    """Fit every output, and put the terms back in their places."""
    names = data.checked.names
    seed = library_seed(root_entropy(rng))
    scaled, _ = standardised(data.checked.means)
    constant = constant_outputs(scaled)
    said = data.said + flat_outputs(data.checked, constant, units=noise_units(data.checked, seed_policy))
    labels = _labels(data.factors, bool(pair))
    place = {label: k for k, label in enumerate(labels)}
    taken = [place[label] for label in _labels(data.moving, bool(pair))]
    estimate = np.full((len(names), len(labels)), np.nan)
    half_width = estimate.copy()
    explained = np.full(len(names), np.nan)
    for k in np.flatnonzero(~constant):
        z = scaled[:, k] / scaled[:, k].std()
        with kept_generators():
            found = fit(z, 1, seed)
            halves = fit(z, data.resamples, seed)
        estimate[k, taken] = _terms(found, "", len(data.moving))
        half_width[k, taken] = _terms(halves, "_conf", len(data.moving))
        explained[k] = found["S"].sum()
        said += _reading(names[k], data, found, pair, remedy, curves)
    settings = {
        "points": len(data.x),
        **options,
        "resamples": data.resamples,
        "confidence": data.confidence,
        "replications": data.checked.replications,
        "seed_policy": seed_policy,
        "dropped_points": data.checked.dropped,
        "explained": dict(zip(names, explained.tolist(), strict=True)),
    }
    frame = tidy(names, labels, estimate, estimate - half_width, estimate + half_width)
    return SensitivityResult(method, frame, settings, tuple(said), plotted=("S", "ST"))


def _labels(factors: Sequence[str], pairs: bool) -> list[Label]:
    terms = [(name, "") for name in factors]
    terms += itertools.combinations(factors, 2) if pairs else []
    return [
        *((measure, *term) for measure in _MEASURES for term in terms),
        *(("ST", name, "") for name in factors),
    ]


def _terms(found: Any, suffix: str, factors: int) -> FloatArray:
    # SALib fills the totals up with NaN, to as many as there are terms.
    parts = [found[f"{measure}{suffix}"] for measure in _MEASURES]
    return np.concatenate([*parts, np.asarray(found[f"ST{suffix}"], dtype=np.float64)[:factors]])


def _reading(name: Any, data: _Data, found: Any, pair: int, remedy: str, curves: str) -> list[str]:
    """Say how much of an output chance or nothing explains."""
    said = []
    alone, together = found["S"][: len(data.moving)].sum(), found["S"].sum()
    chance = pair / len(data.x) * (1 - alone)
    if chance >= _CHANCE:
        said.append(
            f"output {name!r}: a pair of factors that does nothing may read S of up to {chance:.2f}, since "
            f"its {pair} coefficients are fitted to {len(data.x)} points; use {remedy}"
        )
    if together < _LEAST_EXPLAINED:
        said.append(
            f"output {name!r}: the terms explain {together:.2f} of the variance; the rest is noise, "
            f"interactions that are not fitted, or curves {curves}"
        )
    return said
