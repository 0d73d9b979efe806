"""Linear regression of outputs on factors, of values and of ranks: standardised and partial coefficients."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mesa_doe.analysis.bootstrap import ends, undefined_halves, widening
from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.dependent_points import checked_units_of
from mesa_doe.analysis.estimates import tidy
from mesa_doe.analysis.options import checked_bool, checked_bootstrap
from mesa_doe.analysis.outputs import Missing, checked_outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.analysis.scaling import constant_outputs, standardised
from mesa_doe.analysis.variation import flat_outputs, still_factors
from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.columns import Units
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, counted
from mesa_doe.seeding import RNG, root_entropy
from mesa_doe.space import Categorical, Integer

__all__ = ["regression"]

_MEASURES = ("SRC", "PCC", "SRRC", "PRCC")
# Smallest eigenvalue of the correlations between factors: below, some are functions of others.
_COLLINEAR = 1e-10
# A factor whose part in a null vector is larger takes part in the collinearity.
_PART = 1e-3
# R2 below which the literature does not read the coefficients (Saltelli et al. 2008).
_LEAST_R2 = 0.7
_NEARLY_ONE = 1 - 1e-15
# Variance inflation from which coefficients are taken for hardly told apart (Marquardt 1970).
_INFLATED = 10


@declare(
    axes="ordered",
    default_for=(
        "latin_hypercube",
        "latin_hypercube_pydoe",
        "monte_carlo",
        "sobol_sequence",
        "halton",
        "poisson_disk",
        "sliced_lhs",
        "nested_lhs",
        "orthogonal_array_lhs",
        "nearly_orthogonal_lhs",
        "iman_conover_lhs",
        "maximin",
        "maxpro",
        "minimax",
        "korobov",
        "rank1_lattice",
        "random_k_means",
    ),
    library="mesa-doe; a test holds it to statsmodels.OLS",
    measures="standardised coefficients (SRC), partial correlations (PCC), both of ranks too (SRRC, PRCC)",
    source="Saltelli, Andres & Homma 1993; ranks: Iman & Conover 1979; Marino et al. 2008",
)
def regression(
    design: Design,
    y: Any,
    *,
    ranks: bool = True,
    outputs: Sequence[Any] | None = None,
    resamples: int = 1000,
    confidence: float = 0.95,
    rng: RNG = 0,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """Regress outputs on factors: how far a factor moves an output, and in which direction.

    Parameters
    ----------
    design : Design
        Any, of axes with an order; a category of two levels counts as 0 and 1.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design. Replications are averaged.
    ranks : bool, default True
        Whether to regress ranks on ranks too, which holds for any monotone model.
    outputs : sequence, optional
        Names of the outputs.
    resamples : int, default 1000
        Random halves of the points, or of whole blocks; at least 100.
    confidence : float, default 0.95
        Level of the percentile intervals.
    rng : int, SeedSequence or Generator, default 0
        Of the bootstrap.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave them out and say so.
    seed_policy : str, optional
        How the runs were seeded.

    Returns
    -------
    SensitivityResult
        Measures ``SRC`` (standardised regression coefficient), ``PCC`` (partial correlation coefficient)
        and, of ranks, ``SRRC`` and ``PRCC``; ``settings["R2"]`` and ``settings["R2_ranks"]`` by output, and
        ``"R2_adjusted"`` and ``"R2_ranks_adjusted"``, which are 0 on average where there is only noise.

    Raises
    ------
    AnalysisError
        If factors are functions of each other, points are too few, or outputs are missing.

    Warns
    -----
    MesaDoeWarning
        If the regression explains less than 0.7 of an output (R2, adjusted), a factor or an output does not
        vary, or some halves had no estimate.

    Notes
    -----
    In a linear model of independent factors, SRC² is a factor's share of the variance. Factors count by
    their values, those on a log axis too; ranks do not depend on that. Ranks are taken anew in each
    half, and ties share their mean rank. Intervals have the spread over random halves of the points, which
    is that of other samples (Shao & Wu 1989), about the estimate; of correlations by Fisher's z. Coefficients
    of k factors vary as 1/(points - k - 1), of which halves have too little, and so their spread is made
    smaller: of 10 factors and 30 or 50 points it would be 2.4 and 1.4 times too wide. There are no intervals
    of fewer than 2k + 4 points. Points of a block (of Saltelli's scheme, a star, a trajectory) are no
    independent sample: there halves are of whole blocks. Intervals are as wide as Student's t of so few makes
    them.

    R2 grows with every factor: of noise alone, 10 factors explain 0.76 of 14 points, and 0.5 of 20. So it is
    R2 adjusted for their number that is held against 0.7. A note names factors that go along with others so
    closely that they are hardly told apart: where two do the same, the coefficients of both may be near zero.

    Noise between replications lowers R2 and every coefficient towards zero, partial correlations most;
    it does not change which are largest.

    Saltelli, Andres & Homma 1993, Comput. Stat. Data Anal. 15; Iman & Conover 1979, Technometrics 21;
    Marino et al. 2008, J. Theor. Biol. 254; R2: Saltelli et al. 2008, Global sensitivity analysis, 1.2.5;
    variance inflation: Marquardt 1970, Technometrics 12.

    Examples
    --------
    >>> from mesa_doe.samplers import latin_hypercube
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = latin_hypercube(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 500, rng=1)
    >>> result = regression(design, 2 * design.points["a"] - design.points["b"])
    >>> result.table()["SRC"].round(1).tolist()
    [0.9, -0.5]
    """
    resamples, confidence = checked_bootstrap("regression", resamples, confidence)
    ranks = checked_bool("regression", "ranks", ranks)
    checked = checked_outputs(
        design, y, names=outputs, missing=missing, method="regression", leaves_out="run"
    )
    x, _ = standardised(checked.kept(_numbers(design)))
    still = constant_outputs(x)
    moving = [name for name, is_still in zip(design.factors, still, strict=True) if not is_still]
    _check_points(len(x), moving)
    scaled, constant = checked.scaled, checked.constant
    said = [*checked.said, *still_factors(design.factors, still)]
    said += flat_outputs(checked, seed_policy)

    data = np.hstack([x[:, ~still], scaled])
    kinds: list[FloatArray | _Ranks] = [data]
    if ranks:
        kinds.append(_Ranks(np.stack([np.unique(column, return_inverse=True)[1] for column in data.T])))
    root = root_entropy(rng)
    units = checked_units_of(design, checked, "regression")
    wider = _wider(len(x), len(moving), units, confidence)
    lost = np.full(len(checked.names), float(np.isnan(wider)))
    notes: tuple[str, ...] = ()
    cubes, r2 = [], []
    for columns in kinds:
        whole = _correlations(np.ones(len(x)), columns, len(moving))
        _check_collinear(whole[0], moving, "ranks of " if isinstance(columns, _Ranks) else "")
        notes = notes or _going_along(whole[0], moving)
        (found,), (explained,) = _coefficients(*(part[None] for part in whole))
        # The same halves for values and ranks.
        generator = np.random.default_rng(root)
        halves = (_drawn(generator, len(x), units) for _ in range(resamples))
        resampled = [_correlations(half, columns, len(moving)) for half in halves]
        estimates, _ = _coefficients(*(np.stack(parts) for parts in zip(*resampled, strict=True)))
        lost = np.maximum(lost, np.isnan(estimates).any(axis=(2, 3)).mean(axis=0))
        cubes.append(np.stack([found, *_intervals(estimates, found, confidence, wider)]))
        r2.append(np.where(constant, np.nan, explained))
    # Estimates and their ends: (3, outputs, measures, factors).
    measures = _MEASURES[: 2 * len(kinds)]
    cube = np.full((3, len(checked.names), len(measures), len(still)), np.nan)
    cube[..., ~still] = np.concatenate(cubes, axis=2)
    cube[:, constant] = np.nan

    adjusted = [1 - (1 - values) * (len(x) - 1) / (len(x) - len(moving) - 1) for values in r2]
    said += _unexplained(checked.names, r2, adjusted)
    said += undefined_halves(checked.names, lost, constant)
    settings = {
        "points": len(x),
        "resamples": resamples,
        "confidence": confidence,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_points": checked.dropped,
        **{
            f"{name}{kind}": checked.by_output(values)
            for kind, shares in (("", r2), ("_adjusted", adjusted))
            for name, values in zip(("R2", "R2_ranks"), shares, strict=False)
        },
    }
    labels = [(measure, name, "") for measure in measures for name in design.factors]
    frame = tidy(checked.names, labels, *cube)
    return SensitivityResult(
        "regression",
        frame,
        settings,
        tuple(said),
        notes=notes,
        scale="coefficient",
        plotted=("SRC", "PRCC"),
    )


def _numbers(design: Design) -> FloatArray:
    """Return the values of the factors, or what is linear in them: coefficients are standardised."""
    columns, points = [], design.points
    for name, axis in design.space.axes.items():
        values = points[name].to_numpy()
        # By the number of the level: of categories there is no other, and ints may be too large for floats.
        by_level = isinstance(axis, (Categorical, Integer))
        columns.append(axis.to_unit(values) if by_level else values.astype(np.float64))
    return np.stack(columns, axis=1)


@dataclass(frozen=True)
class _Ranks:
    """Columns (columns, points) by the rank of each value among the column's different values."""

    codes: IntArray

    def of(self, weights: FloatArray) -> FloatArray:
        """Return mean ranks (points, columns) where each point counts as often as its weight says.

        Examples
        --------
        >>> _Ranks(np.array([[0, 1, 1]])).of(np.array([2.0, 1.0, 1.0])).ravel().tolist()
        [1.0, 3.0, 3.0]
        """
        ranks: FloatArray = np.empty(self.codes.shape)
        for codes, into in zip(self.codes, ranks, strict=True):
            counts = np.bincount(codes, weights)
            into[...] = (np.cumsum(counts) - counts / 2)[codes]
        return ranks.T


def _drawn(generator: np.random.Generator, points: int, units: Units | None) -> FloatArray:
    """Return which points are in a random half: repeated ones would tie, and lower correlations of ranks."""
    count = points if units is None else units.count
    half = (generator.permutation(count) < count // 2).astype(np.float64)
    return half if units is None else half[units.of]


def _correlations(
    weights: FloatArray, columns: FloatArray | _Ranks, factors: int
) -> tuple[FloatArray, FloatArray]:
    """Return correlations between factors, and of factors with outputs; NaN where one does not vary."""
    values = columns.of(weights) if isinstance(columns, _Ranks) else columns
    share = weights / weights.sum()
    centred = values - share @ values
    weighted = share[:, None] * centred
    variance = np.einsum("ij,ij->j", weighted, centred)
    least = ROUNDING * np.abs(values).max(axis=0)
    deviation = np.where(variance > least**2, np.sqrt(variance), np.nan)
    both = (weighted[:, :factors].T @ centred) / deviation[:factors, None] / deviation
    return both[:, :factors], both[:, factors:]


def _coefficients(between: FloatArray, across: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Turn correlations into coefficients.

    Parameters
    ----------
    between : ndarray (resamples, factors, factors)
    across : ndarray (resamples, factors, outputs)

    Returns
    -------
    coefficients : ndarray (resamples, outputs, 2, factors)
        Standardised coefficients and partial correlations; NaN where factors are collinear.
    r2 : ndarray (resamples, outputs)
    """
    solvable = np.flatnonzero(np.isfinite(between).all(axis=(1, 2)))
    solvable = solvable[np.linalg.eigvalsh(between[solvable])[:, 0] > _COLLINEAR]
    inverse = np.full_like(between, np.nan)
    inverse[solvable] = np.linalg.inv(between[solvable])
    standard = np.swapaxes(inverse @ across, 1, 2)
    r2 = np.einsum("bof,bfo->bo", standard, across)
    # Rounding must not make ±1 of the coefficient of an inert factor where nothing is left unexplained.
    left = np.maximum(1 - r2, ROUNDING)[..., None] * np.diagonal(inverse, axis1=1, axis2=2)[:, None]
    partial = standard / np.sqrt(standard**2 + left)
    return np.stack([standard, partial], axis=2), np.clip(r2, 0, 1)


def _intervals(halves: FloatArray, whole: FloatArray, confidence: float, wider: float) -> FloatArray:
    """Return the spread of halves about the estimate (2, outputs, 2, factors); correlations by Fisher's z."""

    def z(values: FloatArray) -> FloatArray:
        scale: FloatArray = values.copy()
        scale[..., 1, :] = np.arctanh(np.clip(values[..., 1, :], -_NEARLY_ONE, _NEARLY_ONE))
        return scale

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Mean of empty", category=RuntimeWarning)
        scaled = z(halves)
        # About the estimate: half the points have more of the bias that few points have.
        found = z(whole) + wider * ends(scaled - np.nanmean(scaled, axis=0), confidence)
    found[..., 1, :] = np.tanh(found[..., 1, :])
    # An exact ±1 has no finite z.
    return np.stack([np.minimum(found[0], whole), np.maximum(found[1], whole)])


def _wider(points: int, factors: int, units: Units | None, confidence: float) -> float:
    """Return how many times as wide as the spread of halves intervals are; NaN where halves tell nothing."""
    count = points if units is None else units.count
    half = points * (count // 2) / count
    if half <= factors + 1:
        return np.nan
    independent = points - factors if units is None else units.count
    # Of a half, the points beyond the coefficients are fewer than half of those of the whole.
    return float(np.sqrt((half - factors - 1) / (points - half))) * widening(independent, confidence)


def _check_points(points: int, moving: list[str]) -> None:
    if not moving:
        raise AnalysisError("regression needs a factor that varies, but each has one value at every point")
    if points <= len(moving) + 2:
        raise AnalysisError(
            f"regression of {counted(len(moving), 'factor')} needs more than {len(moving) + 2} points, got "
            f"{points}; make a larger design"
        )


def _check_collinear(between: FloatArray, names: list[str], of: str) -> None:
    eigenvalues, vectors = np.linalg.eigh(between)
    parts = np.abs(vectors[:, eigenvalues <= _COLLINEAR]).max(axis=1, initial=0) > _PART
    if parts.any():
        together = ", ".join(itertools.compress(names, parts))
        raise AnalysisError(
            f"regression cannot tell {of}{together} apart, since one is a linear function of the others in "
            f"this design; use another design, or {'ranks=False' if of else 'fewer factors'}"
        )


def _going_along(between: FloatArray, names: list[str]) -> tuple[str, ...]:
    """Name factors of which the points hardly tell what each does beside the others."""
    inflation = np.diagonal(np.linalg.inv(between))
    if not (many := inflation > _INFLATED).any():
        return ()
    return (
        f"{', '.join(itertools.compress(names, many))} go along with other factors so closely (variance "
        f"inflation up to {inflation.max():.3g}) that these points hardly tell them apart: coefficients are "
        "of what a factor does beside the others, and of those that do the same all may be near zero",
    )


def _unexplained(names: Sequence[Any], r2: list[FloatArray], adjusted: list[FloatArray]) -> list[str]:
    said = []
    for name, shares, (sure, *sure_of_ranks) in zip(
        names, zip(*r2, strict=True), zip(*adjusted, strict=True), strict=True
    ):
        if not sure < _LEAST_R2:
            continue
        linear, *monotone = shares
        told = f"output {name!r}: the linear model explains {linear:.2f} of the variance (R2)"
        if sure_of_ranks and sure_of_ranks[0] >= _LEAST_R2:
            told += f", that of ranks {monotone[0]:.2f}: read SRRC and PRCC, not SRC and PCC"
        elif linear >= _LEAST_R2:
            told += (
                f", but {sure:.2f} when adjusted for the number of factors, which explain much of so few "
                "points by chance: use more points"
            )
        else:
            told += f", that of ranks {monotone[0]:.2f}" if monotone else ""
            told += (
                "; the rest is curvature, interactions or noise, which the coefficients do not show: "
                "see rbd_fast, pawn or delta"
            )
        said.append(told)
    return said
