"""Analysis of variance: what factors and pairs of factors explain, tested against the noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mesa_doe.analysis.confounding import written
from mesa_doe.analysis.declare import declare
from mesa_doe.analysis.dependent_points import taken_as_independent
from mesa_doe.analysis.estimates import Label, tidy
from mesa_doe.analysis.level_model import LevelModel, level_model, levels_of
from mesa_doe.analysis.options import checked_bool
from mesa_doe.analysis.outputs import Missing, checked_outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.rounding import ROUNDING
from mesa_doe.analysis.scaling import check_squares, standardised
from mesa_doe.analysis.variation import flat_outputs
from mesa_doe.arrays import FloatArray
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError

__all__ = ["anova"]

# More levels than a category has: a number, whose means level by level tell little.
_MOST_LEVELS = 12


@dataclass(frozen=True)
class _Line:
    """A line of the table: sum of squares (outputs,) over all runs, and degrees of freedom."""

    name: str
    squares: FloatArray
    df: int
    tested: bool = False


@declare(
    library="mesa-doe; a test holds it to statsmodels' anova_lm",
    measures="shares of the sum of squares (eta²), F and p of factors and pairs",
    source="Fisher 1925; type II: Yates 1934",
    most_levels=_MOST_LEVELS,
    intervals=False,
)
def anova(
    design: Design,
    y: Any,
    *,
    interactions: bool = True,
    outputs: Sequence[Any] | None = None,
    missing: Missing = "raise",
    seed_policy: str | None = None,
) -> SensitivityResult:
    """Analysis of variance, every level of a factor a category.

    Parameters
    ----------
    design : Design
        Any whose factors have at most twelve levels.
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design. Replications measure the pure error.
    interactions : bool, default True
        Whether pairs of factors are terms, where the design can tell them.
    outputs : sequence, optional
        Names of the outputs.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave them out and say so.
    seed_policy : str, optional
        How the runs were seeded. Under ``"common"`` replications are blocks: what all points of one share
        is no part of the error.

    Returns
    -------
    SensitivityResult
        Of each term ``share`` (eta²: of the sum of squares of all runs), ``F`` and ``p``; without intervals.
        ``settings["table"]`` has, by output, a row a term and the lines of the error: sum of squares, degrees
        of freedom, mean square, F and p.

    Raises
    ------
    AnalysisError
        If a factor has more than twelve levels, the points cannot tell the main effects apart, outputs are
        missing, or so large or small that their squares are no floats.

    Warns
    -----
    MesaDoeWarning
        If pairs cannot be told apart, there is nothing to test against (of an exact fit F is infinite, or NaN
        where a term explains nothing), an output does not vary, or points come in blocks (of Saltelli's
        scheme, stars, trajectories), which F takes for independent.

    Notes
    -----
    Sums of squares are of type II: what a term explains beyond all that do not contain it; of orthogonal
    designs there is only one type. F is against the pure error of replications, and the line of lack of fit
    tells whether more is to be explained than the terms do. With one replication it is against what the
    terms leave. p is of normal noise that is equal at all points.

    Unlike statsmodels' ``anova_lm``, terms that a design confounds are left out or named together, where
    there they get sums of squares that depend on the order of the terms.

    Points of a block are no independent sample, and there is no F of these sums of squares that counts
    blocks. As strata (Yates 1936), they take away noise that merely adds; of what a seed changes of the
    effects, 9 to 34 % of factors without effect had a p below 0.05. Tests from sums by block (Liang & Zeger
    1986) are no ratios of these mean squares, and of 10 or 20 trajectories called 18 to 23 % of them active.

    References
    ----------
    Fisher 1925, Statistical Methods for Research Workers; Yates 1934, J. Am. Stat. Assoc. 29; blocks: Yates
    1936, Ann. Eugen. 7; Liang & Zeger 1986, Biometrika 73.

    Examples
    --------
    >>> from mesa_doe.samplers import full_factorial
    >>> from mesa_doe.space import Categorical, ParameterSpace
    >>> design = full_factorial(ParameterSpace(kind=Categorical(["a", "b", "c"])))
    >>> result = anova(design, np.array([[1, 2, 3], [2, 3, 4], [5, 6, 7.0]])[:, :, None])
    >>> result.table()[["F", "p"]].round(4).to_numpy().tolist()
    [[13.0, 0.0066]]
    """
    interactions = checked_bool("anova", "interactions", interactions)
    checked = checked_outputs(design, y, names=outputs, missing=missing, method="anova", leaves_out="point")
    _check_levels(design, checked.points)
    model = level_model(design, checked.points, interactions=interactions, method="anova")
    scaled, scale = standardised(checked.values)
    constant = checked.constant
    check_squares("anova", checked.names, scale, constant)
    said = [*checked.said, *model.unvaried(), *model.confounding()]
    said += flat_outputs(checked, seed_policy)
    # Where replications tell the noise of each point, or what all points of one share, blocks do no harm.
    if checked.replications == 1 or seed_policy in ("block", None) or design.merged is not None:
        said += taken_as_independent(design, checked, "anova", "p is too small where there is no effect")
    lines, error = _lines(model, scaled, blocked=seed_policy == "common")
    if error is None:
        said.append(
            "anova has nothing to test against: one replication, and as many terms as points; use "
            "replications, or interactions=False"
        )
    else:
        said += _exact(checked.names, error, constant, len(scaled))
    own = lines[: len(model.terms)]
    total = np.where(constant, np.nan, lines[-1].squares)
    tests = [_test(line, error, constant, len(scaled)) for line in own]
    share, f, p = (
        np.array(rows).T
        for rows in ([line.squares / total for line in own], *([test[k] for test in tests] for k in (0, 1)))
    )
    labels: list[Label] = [(measure, *term.pair) for measure in ("share", "F", "p") for term in model.terms]
    settings = {
        "interactions": interactions,
        "replications": checked.replications,
        "seed_policy": seed_policy,
        "dropped_points": checked.dropped,
        "error": "none" if error is None else error.name,
        "aliases": model.aliases,
        "left_out": model.left_out,
        "table": {
            name: _table(k, lines, error, 1.0 if constant[k] else scale[k] ** 2, constant, len(scaled))
            for k, name in enumerate(checked.names)
        },
    }
    return SensitivityResult(
        "anova",
        tidy(checked.names, labels, np.hstack([share, f, p])),
        settings,
        tuple(said),
        scale="share of the sum of squares",
        plotted=("share",),
    )


def _check_levels(design: Design, points: Any) -> None:
    many = [
        f"{name} ({len(levels)})"
        for name, (_, levels) in levels_of(design, points).items()
        if len(levels) > _MOST_LEVELS
    ]
    if many:
        raise AnalysisError(
            f"anova takes each level as a category, at most {_MOST_LEVELS} a factor, but there are more of "
            f"{', '.join(many)}; regression would do, or a factorial design"
        )


def _lines(model: LevelModel, values: FloatArray, *, blocked: bool) -> tuple[list[_Line], _Line | None]:
    """Return the lines of the table, terms first and the total last, and the one to test against."""
    points, replications, _ = values.shape
    means = values.mean(axis=1)
    lines = [
        _Line(written(term.factors), replications * squares, term.columns.shape[1], tested=True)
        for term, squares in zip(model.terms, model.sums_of_squares(means), strict=True)
    ]
    left, df = replications * model.residual(means), model.residual_df
    error = None
    if replications == 1 and df:
        error = _Line("residual", left, df)
        lines.append(error)
    elif replications > 1:
        within, runs = values - means[:, None], points * (replications - 1)
        if df:
            lines.append(_Line("lack of fit", left, df, tested=True))
        if blocked:
            shared = within.mean(axis=0)
            lines.append(_Line("replications", points * (shared**2).sum(axis=0), replications - 1))
            within, runs = within - shared, runs - replications + 1
        error = _Line("pure error", (within**2).sum(axis=(0, 1)), runs)
        lines.append(error)
    total = ((values - values.mean(axis=(0, 1))) ** 2).sum(axis=(0, 1))
    return [*lines, _Line("total", total, points * replications - 1)], error


def _test(line: _Line, error: _Line | None, constant: Any, points: int) -> tuple[FloatArray, FloatArray]:
    """Return F and p (outputs,)."""
    from scipy.stats import f

    if error is None:
        return np.full(len(constant), np.nan), np.full(len(constant), np.nan)
    mean, noise = (_beyond_rounding(one, points) / one.df for one in (line, error))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(constant, np.nan, mean / noise)
    return ratio, f.sf(ratio, line.df, error.df)


def _beyond_rounding(line: _Line, points: int) -> FloatArray:
    """Return the sum of squares (outputs,): of a model without noise, or a term that explains nothing, 0."""
    return np.where(line.squares <= ROUNDING**2 * points, 0.0, line.squares)


def _exact(names: Sequence[Any], error: _Line, constant: Any, points: int) -> list[str]:
    """Say of which outputs there is no noise at all."""
    why = "the terms leave nothing of it" if error.name == "residual" else "replications do not differ"
    return [
        f"output {name!r}: {why}, so there is no noise to test against: F is infinite where a term explains "
        "something, and NaN where it explains nothing; read the shares"
        for name, noise, flat in zip(names, _beyond_rounding(error, points), constant, strict=True)
        if not noise and not flat
    ]


def _table(
    k: int, lines: list[_Line], error: _Line | None, unit: float, constant: Any, points: int
) -> list[dict[str, Any]]:
    """Return the table of the k-th output, a row a line."""
    rows = []
    for line in lines:
        squares = float(line.squares[k] * unit)
        row: dict[str, Any] = {"line": line.name, "sum of squares": squares, "df": line.df}
        if line.name != "total" or line.tested:
            row["mean square"] = squares / line.df
        if line.tested:
            ratio, p = _test(line, error, constant, points)
            row |= {"F": float(ratio[k]), "p": float(p[k])}
        rows.append(row)
    return rows
