"""Regional sensitivity analysis: which factors decide whether an output is as wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from mesa_doe.analysis.bootstrap import at_a_time
from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.dependent_points import checked_units_of
from mesa_doe.analysis.estimates import tidy
from mesa_doe.analysis.options import checked_int
from mesa_doe.analysis.outputs import Missing, checked_outputs
from mesa_doe.analysis.partition import input_values, unordered
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.variation import flat_outputs
from mesa_doe.arrays import BoolArray, FloatArray
from mesa_doe.columns import Units
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["Behavioural", "rsa"]

#: Which points are as wanted: a range of the output, its quantile from which on, or a function of its values.
Behavioural: TypeAlias = tuple[float, float] | float | Callable[[FloatArray], Any] | None

# Of the blocks, to tell a p-value; and how many numbers of shuffled points are held at once: 32 MB.
_SHUFFLES = 999
_AT_ONCE = 2**22


@declare(
    library="scipy.stats.ks_2samp; binned: mesa-doe, a test holds it to SALib.analyze.rsa",
    measures="distance between the inputs of behavioural and other points (ks, p)",
    source="Hornberger & Spear 1981; binned: Pianosi et al. 2016",
    seed_factor=True,
    intervals=False,
)
def rsa(
    design: Design,
    y: Any,
    *,
    behavioural: Behavioural = None,
    bins: int | None = None,
    target: Literal["Y", "X"] = "Y",
    outputs: Sequence[Any] | None = None,
    rng: RNG = 0,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """Compare the inputs of the points whose output is as wanted (behavioural) with those of all others.

    Parameters
    ----------
    design : Design
        Of any method.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design. Replications are averaged.
    behavioural : (low, high), float or callable, optional
        Which outputs are as wanted: those from low to high (both included; ``inf`` for an open end), those
        at or above this quantile (0 to 1), or those for which ``behavioural(values)`` is true. By default
        the output says so itself: True or 1 against False or 0.
    bins : int, optional
        Instead of one region, compare each of so many parts of equal count with the rest.
    target : {"Y", "X"}, default "Y"
        With ``bins``, what is cut: the output, to see which factors bring each range of it about; or each
        factor, to see where in it the output is sensitive.
    outputs : sequence, optional
        Names of the outputs.
    rng : int, SeedSequence or Generator, default 0
        Of the shuffles of a design with blocks.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave them out and say so.
    seed_policy : str, optional
        How the runs were seeded.

    Returns
    -------
    SensitivityResult
        Measures ``ks``, the largest difference between the two distributions of a factor (0 to 1), and ``p``,
        its p-value. With ``bins``, a measure a part, ``bin1``, ``bin2``, …, in ascending order: the
        Cramér-von Mises statistic, from 0 up; NaN for a part that has no points, or all of them.

    Raises
    ------
    AnalysisError
        If no point is behavioural, or all are, or the options do not fit together.

    Warns
    -----
    MesaDoeWarning
        If an output does not vary.

    Notes
    -----
    A factor whose levels have no order has the difference under the order that separates them most: the sum
    of what the levels gain; its p-value is that of a chi-squared test. With few levels, the p-values of
    factors with an order are larger than exact ones. Where there are many factors, some p-values are small
    by chance. A factor that acts only together with others may show no difference.

    Points of a block (of Saltelli's scheme, a star, a trajectory) are no independent sample. There the
    p-value is a share: of 999 shuffles of whole blocks, and the order that was found, those that bring about
    such a difference or a larger one. So it is at least 0.001 (Phipson & Smyth 2010, Stat. Appl. Genet. Mol.
    Biol. 9).

    Binned statistics are those of `SALib.analyze.rsa
    <https://salib.readthedocs.io/en/latest/api.html>`_, which gives NaN alone for outputs of few values; here
    each of these is a part. A factor without an order has NaN, unless its levels are the parts. There are no
    intervals.

    Examples
    --------
    >>> from mesa_doe.samplers import latin_hypercube
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = latin_hypercube(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 200, rng=1)
    >>> rsa(design, design.points["a"] ** 2, behavioural=(0.25, 1)).table()["ks"].round(1).tolist()
    [1.0, 0.1]
    """
    _check_options(behavioural, bins, target)
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="rsa", leaves_out="run")
    inputs = input_values(design, checked.points)
    free = unordered(design)
    constant = checked.constant
    units = checked_units_of(design, checked, "rsa") if bins is None else None
    root = root_entropy(rng)
    if bins is None:
        labels = [(measure, factor, "") for measure in ("ks", "p") for factor in design.factors]
    else:
        labels = [(f"bin{k + 1}", factor, "") for k in range(bins) for factor in design.factors]
    estimates = np.full((len(checked.names), len(labels)), np.nan)
    shares = {}
    without = [] if bins is None else _without_order(inputs, free, bins, target)
    for k, (name, values) in enumerate(zip(checked.names, checked.means.T, strict=True)):
        if constant[k]:
            continue
        if bins is None:
            chosen = _chosen(values, behavioural, name)
            shares[name] = float(chosen.mean())
            pairs = np.array([_compared(inputs[:, j], chosen, free[j]) for j in range(inputs.shape[1])])
            if units is not None:
                # Of each output anew: what is drawn for one does not hang on the others.
                pairs[:, 1] = _by_chance(
                    pairs[:, 0], inputs, chosen, free, units, np.random.default_rng(root)
                )
            estimates[k] = pairs.T.ravel()
        else:
            columns = [
                np.full(bins, np.nan) if j in without else _binned(inputs[:, j], values, bins, target)
                for j in range(inputs.shape[1])
            ]
            estimates[k] = np.array(columns).T.ravel()

    said = [*checked.said, *flat_outputs(checked, seed_policy)]
    if without:
        said.append(
            f"{', '.join(design.factors[j] for j in without)} have levels without an order, which cannot be "
            "binned: their statistics are NaN; use behavioural="
        )
    settings: dict[str, Any] = {
        "points": len(checked.means),
        "behavioural": behavioural,
        "behavioural_share": shares,
        "bins": bins,
        "target": target if bins is not None else None,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_points": checked.dropped,
    }
    return SensitivityResult(
        "rsa",
        tidy(checked.names, labels, estimates),
        settings,
        tuple(said),
        scale="Kolmogorov-Smirnov distance" if bins is None else "Cramér-von Mises statistic",
        plotted=("ks",) if bins is None else (),
    )


def _check_options(behavioural: Any, bins: Any, target: Any) -> None:
    if target not in ("Y", "X"):
        raise AnalysisError(f"rsa: target takes 'Y' or 'X', got {target!r}")
    if bins is None:
        if target == "X":
            raise AnalysisError("rsa: target='X' cuts the factors into bins; say how many with bins=")
        _check_behavioural(behavioural)
        return
    checked_int("rsa", "bins", bins, 2)
    if behavioural is not None:
        raise AnalysisError("rsa compares one region (behavioural=) or many (bins=); leave one of them out")


def _check_behavioural(behavioural: Any) -> None:
    if behavioural is None or callable(behavioural):
        return
    takes = "rsa: behavioural takes (low, high), a quantile between 0 and 1 or a function of the values"
    if isinstance(behavioural, (tuple, list)):
        numbers = [isinstance(end, (int, float, np.number)) for end in behavioural]
        if len(behavioural) == 2 and all(numbers) and behavioural[0] <= behavioural[1]:
            return
    elif isinstance(behavioural, (float, np.floating)) and 0 < behavioural < 1:
        return
    raise AnalysisError(f"{takes}, got {behavioural!r}")


def _chosen(values: FloatArray, behavioural: Any, name: Any) -> BoolArray:
    """Return which points are behavioural."""
    if behavioural is None:
        if not np.isin(values, (0.0, 1.0)).all():
            raise AnalysisError(
                f"rsa: output {name!r} is not yes or no (1 or 0), so say which of its values are wanted: "
                "behavioural=(low, high), a quantile or a function"
            )
        chosen: BoolArray = values == 1
    elif callable(behavioural):
        answer = np.asarray(behavioural(values.copy()))
        if answer.shape != values.shape or answer.dtype != np.bool_:
            raise AnalysisError(
                f"rsa: behavioural(values) must answer with one bool a point, shape {values.shape}, "
                f"got {answer.dtype} of shape {answer.shape}"
            )
        chosen = answer
    elif isinstance(behavioural, (tuple, list)):
        chosen = (values >= behavioural[0]) & (values <= behavioural[1])
    else:
        chosen = values >= np.quantile(values, behavioural)
    if chosen.all() or not chosen.any():
        raise AnalysisError(
            f"rsa compares behavioural points with others, but of output {name!r} "
            f"{'every' if chosen.all() else 'no'} point is behavioural; its values go from "
            f"{values.min():g} to {values.max():g}"
        )
    return chosen


def _compared(inputs: FloatArray, chosen: BoolArray, free: bool) -> tuple[float, float]:
    """Return the distance between the inputs of two sets of points, and its p-value."""
    from scipy import stats

    if not free:
        # The exact p-value needs distinct values and fails for large samples, the other for two points.
        method = "asymp" if len(inputs) > 2 else "exact"
        found = stats.ks_2samp(inputs[chosen], inputs[~chosen], method=method)
        return float(found.statistic), float(found.pvalue)
    codes = np.unique(inputs, return_inverse=True)[1]
    counts = np.stack([np.bincount(codes[side], minlength=codes.max() + 1) for side in (chosen, ~chosen)])
    if counts.shape[1] == 1:
        return 0.0, 1.0
    shares = counts / counts.sum(axis=1, keepdims=True)
    return float(np.abs(shares[0] - shares[1]).sum() / 2), float(stats.chi2_contingency(counts).pvalue)


def _by_chance(
    distances: FloatArray,
    inputs: FloatArray,
    chosen: BoolArray,
    free: Sequence[bool],
    units: Units,
    generator: np.random.Generator,
) -> FloatArray:
    """Return how often shuffles of whole units bring about the distance of each factor, or a larger one.

    Parameters
    ----------
    distances : ndarray (factors,)
    inputs : ndarray (points, factors)
    chosen : ndarray of bool (points,)
    free : sequence of bool (factors,)
        Which factors have no order.
    units : Units
    generator : Generator

    Returns
    -------
    ndarray (factors,)
        Of all shuffles and the order that was found.
    """
    orders = np.argsort(inputs, axis=0, kind="stable")
    sizes = [np.unique(column, return_counts=True)[1] for column in inputs.T]
    inside, count = int(chosen.sum()), len(chosen)
    reached = np.ones(len(distances))
    for draws in at_a_time(_SHUFFLES, count, _AT_ONCE):
        drawn = chosen[units.shuffled(draws, generator)]
        for j, (order, size) in enumerate(zip(orders.T, sizes, strict=True)):
            counts = np.add.reduceat(drawn[:, order], np.cumsum(size) - size, axis=1, dtype=np.int64)
            apart = counts / inside - (size - counts) / (count - inside)
            upward = np.abs(np.cumsum(apart, axis=1)).max(axis=1)
            found = np.abs(apart).sum(axis=1) / 2 if free[j] else upward
            # Sums in another order than the distance's are equal to it up to rounding.
            reached[j] += np.count_nonzero(found >= distances[j] - 1e-12)
    return reached / (_SHUFFLES + 1)


def _without_order(inputs: FloatArray, free: list[bool], bins: int, target: str) -> list[int]:
    # Levels themselves may be the parts, if there are no more of them.
    return [j for j, no in enumerate(free) if no and (target == "Y" or len(np.unique(inputs[:, j])) > bins)]


def _binned(inputs: FloatArray, values: FloatArray, bins: int, target: str) -> FloatArray:
    """Return the Cramér-von Mises statistic of each part against the rest."""
    from scipy.stats import rankdata

    cut, compared = (values, inputs) if target == "Y" else (inputs, values)
    distinct, part = np.unique(cut, return_inverse=True)
    if len(distinct) > bins:
        part = np.searchsorted(np.quantile(cut, np.linspace(0, 1, bins + 1))[1:-1], cut)
    # Ranked once for all parts: scipy.stats.cramervonmises_2samp sorts every part and its rest anew.
    order = np.argsort(compared, kind="stable")
    ranks, part = rankdata(compared)[order], part[order]
    found = np.full(bins, np.nan)
    for k in range(bins):
        sides = ranks[part == k], ranks[part != k]
        n, m = map(len, sides)
        # Of fewer than two points there is no test.
        if min(n, m) >= 2:
            apart = sum(len(side) * ((side - np.arange(1, len(side) + 1)) ** 2).sum() for side in sides)
            found[k] = apart / (n * m * (n + m)) - (4 * n * m - 1) / (6 * (n + m))
    return found
