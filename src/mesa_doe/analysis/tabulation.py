"""Outcomes that are words: how often each comes up, by factor."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe import plots
from mesa_doe.analysis.incomplete import IncompleteError
from mesa_doe.analysis.options import check_missing, checked_blocks, checked_int, checked_share, one_of
from mesa_doe.analysis.order_statistics import independent
from mesa_doe.analysis.outputs import Missing
from mesa_doe.analysis.shown import as_html, labelled, notes_of
from mesa_doe.arrays import BoolArray, FloatArray, IntArray
from mesa_doe.columns import levels_of
from mesa_doe.errors import AnalysisError, counted, some, warn
from mesa_doe.space.values import objects, plain

__all__ = ["MOST_LEVELS", "Tabulation", "binned", "tabulate"]

#: Numbers of more values than this are binned.
MOST_LEVELS = 10
#: More different numbers than this are no classes.
_MOST_OUTCOMES = 20


@dataclass(frozen=True, eq=False, repr=False)
class Tabulation:
    """An outcome in words, by the levels of each factor.

    Parameters
    ----------
    shares : DataFrame
        One row a factor, level and category: ``factor``, ``level`` (of a number with many values an interval
        in text), ``category``, ``count``, ``runs`` (at the level), ``share``, ``low``, ``high``.
    association : DataFrame
        One row a factor: ``factor``, ``cramers_v``, ``chi2``, ``dof``, ``p``.
    categories : tuple
        The outcomes, in order.
    warnings : tuple of str
        What changes the meaning of the figures.

    Examples
    --------
    >>> tabulate(["a", "b", "a", "b"] * 5, {"x": [1, 2, 1, 2] * 5})
    outcome by x (Cramér's V 1.000, p 7.7e-06)
    level  runs                    a                    b
        1    10 1.000 [0.722, 1.000] 0.000 [0.000, 0.278]
        2    10 0.000 [0.000, 0.278] 1.000 [0.722, 1.000]
    """

    shares: pd.DataFrame
    association: pd.DataFrame
    categories: tuple[Any, ...]
    warnings: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """Return one row a factor, level and category, as :attr:`shares` but a copy.

        Returns
        -------
        DataFrame
        """
        return self.shares.copy()

    def table(self, factor: str) -> pd.DataFrame:
        """Return the shares of one factor, a row a level and a column a category.

        Parameters
        ----------
        factor : str

        Returns
        -------
        DataFrame

        Raises
        ------
        AnalysisError
            If there is no such factor.
        """
        rows, levels = self._of(factor)
        return pd.DataFrame(
            rows["share"].to_numpy().reshape(len(levels), -1),
            index=pd.Index(levels, dtype=object, name="level", tupleize_cols=False),
            columns=pd.Index(self.categories, dtype=object, tupleize_cols=False),
        )

    def to_xarray(self, factor: str | None = None) -> Any:
        """Return the shares of one factor as labelled arrays.

        Parameters
        ----------
        factor : str, optional
            Which factor, since each has its own levels; needed where there are several.

        Returns
        -------
        xarray.Dataset
            Variables ``share``, ``low``, ``high``, ``count`` and ``runs`` (at the level), with dimensions
            ``level`` and ``category``.

        Raises
        ------
        AnalysisError
            If there is no such factor, or there are several and none is chosen.
        MissingDependencyError
            If xarray is not installed.

        Examples
        --------
        >>> found = tabulate(["rich", "poor", "rich", "rich"] * 10, {"n": [1, 1, 2, 2] * 10})
        >>> float(found.to_xarray()["share"].sel(level=1, category="poor"))
        0.5
        """
        rows, levels = self._of(factor)
        labels = {"level": levels, "category": self.categories}
        return labelled(rows, labels, ["share", "low", "high", "count", "runs"])

    def plot(self, ax: Any = None, *, factor: str | None = None) -> Any:
        """Draw the shares at each level of one factor with their intervals, a colour a category.

        Parameters
        ----------
        ax : matplotlib Axes, optional
        factor : str, optional
            Which factor; needed where there are several.

        Returns
        -------
        matplotlib Axes

        Raises
        ------
        AnalysisError
            If there is no such factor, or there are several and none is chosen.

        Examples
        --------
        >>> from matplotlib.figure import Figure
        >>> found = tabulate(["rich", "poor", "rich", "rich"] * 10, {"n": [1, 1, 2, 2] * 10})
        >>> found.plot(Figure().subplots()).get_title()
        'Outcome by n'
        """
        rows, _ = self._of(factor)
        named = pd.DataFrame(
            {
                "factor": rows["level"].map(str),
                "measure": rows["category"].map(str),
                "estimate": rows["share"],
                "low": rows["low"],
                "high": rows["high"],
            }
        )
        title = f"Outcome by {rows['factor'].iloc[0]}"
        return plots.bars(named, ax=ax, title=title, xlabel="share of runs")

    def _of(self, factor: str | None) -> tuple[pd.DataFrame, list[Any]]:
        """Return the rows of one factor, and its levels."""
        rows = self.shares[self.shares["factor"] == one_of("factor", factor, self.association["factor"])]
        return rows, list(rows["level"])[:: len(self.categories)]

    def __repr__(self) -> str:
        parts = [f"{head}\n{text.to_string(index=False)}" for head, text in self._shown]
        return "\n\n".join([*parts, *notes_of(self.warnings)])

    def _repr_html_(self) -> str:
        return as_html(self._shown, notes_of(self.warnings))

    @property
    def _shown(self) -> list[tuple[str, pd.DataFrame]]:
        parts = []
        for factor, v, p in self.association[["factor", "cramers_v", "p"]].itertuples(index=False):
            rows = self.shares[self.shares["factor"] == factor]
            wide = self.table(factor)
            cells = np.array(
                [f"{s:.3f} [{a:.3f}, {b:.3f}]" for s, a, b in rows[["share", "low", "high"]].to_numpy()]
            ).reshape(wide.shape)
            text = pd.DataFrame(cells, columns=wide.columns)
            text.insert(0, "runs", rows["runs"].to_numpy()[:: wide.shape[1]], allow_duplicates=True)
            text.insert(0, "level", [str(level) for level in wide.index], allow_duplicates=True)
            head = f"outcome by {factor} (Cramér's V {v:.3f}, p {p:.2g})"
            parts.append((head, text))
        return parts


def tabulate(
    categories: Any,
    factor_levels: Any,
    *,
    bins: int = 5,
    confidence: float = 0.95,
    missing: Missing = "raise",
    blocks: Any = None,
) -> Tabulation:
    """Count an outcome in words at each level of each factor.

    Parameters
    ----------
    categories : sequence (runs,)
        The outcome of each run: text, booleans or anything that can be told apart; missing where it has none.
    factor_levels : DataFrame or mapping of sequences (runs,)
        The parameters of the same runs, a column a factor. Numbers with more than 10 values are binned.
    bins : int, default 5
        Of about as many runs each.
    confidence : float, default 0.95
        Level of Wilson's intervals.
    missing : {"raise", "drop"}, default "raise"
        Where a run has no outcome: name it, or leave it out and say so.
    blocks : array_like (runs,) of int, optional
        Which runs depend on each other, as those of the points of a block do: intervals and p are then of as
        many independent runs as would know the shares as well.

    Returns
    -------
    Tabulation

    Raises
    ------
    AnalysisError
        If lengths differ, an outcome is missing, or an option is wrong.

    Warns
    -----
    MesaDoeWarning
        If counts are too small for the chi-squared p, several runs have the same factors, or runs were
        left out.

    Notes
    -----
    A category is no number, so its share is counted at each level, and nothing is averaged. Cramér's V is
    (χ²/(N(min(rows, columns) − 1)))^½ without correction: of few runs it is above 0 though there is nothing.
    Without blocks, intervals and p take runs as independent: replications of one point, and equal points,
    share all other factors, too, so that they hold too little doubt; the warning says where that is.

    With blocks, Wilson's intervals are of the number of runs over the design effect of each share, and χ² is
    over the mean design effect of all cells (Rao & Scott 1984), and tested as an F of as many blocks.

    References
    ----------
    Wilson 1927; Cramér 1946, Mathematical methods of statistics, section 21.9; small counts: Cochran 1954;
    blocks: Korn & Graubard 1998, Survey Methodology 24; Rao & Scott 1984, Annals of Statistics 12.

    Examples
    --------
    >>> found = tabulate(["rich", "poor", "rich", "rich"] * 10, {"tax": [0, 1, 0, 1] * 10})
    >>> found.table("tax").loc[1].tolist()
    [0.5, 0.5]
    """
    confidence = checked_share("tabulate", "confidence", confidence)
    bins = checked_int("tabulate", "bins", bins, 2)
    outcomes, factors, kept, said = _checked_outcomes(categories, factor_levels, missing)
    units = None
    if blocks is not None:
        of_runs = checked_blocks("tabulate", blocks, len(kept), "run")[kept]
        units = np.unique(of_runs, return_inverse=True)[1].astype(np.int64)
    codes, names = _levels(outcomes)
    if len(names) == 1:
        said.append(f"every run has the outcome {names[0]!r}: no factor can be told to matter")
    tables, associations = [], []
    sparse = []
    for factor, column in factors.items():
        of_level, levels = binned(column, bins)
        counts = np.zeros((len(levels), len(names)), dtype=np.int64)
        np.add.at(counts, (of_level, codes), 1)
        worth = counts.sum(axis=1, keepdims=True) if units is None else _worth(of_level, codes, counts, units)
        tables.append(_shares(str(factor), levels, names, counts, worth, confidence))
        found = _association(counts)
        if units is not None:
            found["p"] = _p_of_blocks(found, of_level, codes, units)
        associations.append({"factor": str(factor), **found})
        expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / counts.sum()
        if min(counts.shape) > 1 and (expected < 5).mean() > 0.2:
            sparse.append(str(factor))
    if sparse:
        said.append(
            f"too few runs for the chi-squared p of {', '.join(sparse)}: of more than a fifth of the cells "
            "fewer than 5 are expected"
        )
    points = np.unique([_levels(column)[0] for _, column in factors.items()], axis=1).shape[1]
    if units is None and points < len(factors) and factors.shape[1] > 1:
        said.append(
            f"{len(factors)} runs are of {points} different points: those of one, be they replications or "
            "equal points of the design, share all factors, so intervals are too narrow and p too small "
            "where other factors matter"
        )
    for warning in said:
        warn(warning)
    return Tabulation(
        pd.concat(tables, ignore_index=True), pd.DataFrame(associations), tuple(names), tuple(said)
    )


def _checked_outcomes(
    categories: Any, factor_levels: Any, missing: str
) -> tuple[pd.Series[Any], pd.DataFrame, BoolArray, list[str]]:
    check_missing("tabulate", missing)
    factors = factor_levels if isinstance(factor_levels, pd.DataFrame) else pd.DataFrame(factor_levels)
    outcomes = categories if isinstance(categories, pd.Series) else pd.Series(list(categories), dtype=object)
    if len(outcomes) != len(factors) or factors.empty:
        raise AnalysisError(
            "tabulate needs one outcome a run and at least one factor, got "
            f"{counted(len(outcomes), 'outcome')} and factors of shape {factors.shape}"
        )
    both = isinstance(categories, pd.Series) and isinstance(factor_levels, pd.DataFrame)
    if both and not outcomes.index.equals(factors.index):
        raise AnalysisError(
            "tabulate: the outcomes and the factors have another index; use .loc[outcomes.index]"
        )
    if pd.api.types.is_float_dtype(outcomes.dtype) and outcomes.nunique() > _MOST_OUTCOMES:
        raise AnalysisError(
            f"tabulate counts outcomes, but these are {outcomes.nunique()} different numbers; use "
            "uncertainty, or cut them into classes"
        )
    lost = outcomes.isna().to_numpy()
    if not lost.any():
        return outcomes, factors, ~lost, []
    where = some(outcomes.index[lost].tolist())
    if missing == "raise" or lost.all():
        raise IncompleteError(
            f"tabulate: {int(lost.sum())} of {counted(len(lost), 'run')} have no outcome: {where}",
            "leave them out with missing='drop'",
        )
    said = f"left out, since they have no outcome: {counted(int(lost.sum()), 'run')} ({where})"
    return outcomes[~lost], factors[~lost], ~lost, [said]


def _levels(values: pd.Series[Any]) -> tuple[IntArray, list[Any]]:
    """Return the code of each value, and the values in order; levels keep their objects."""
    # Numpy's numbers among objects are levels with Python's: only the types of levels are told apart.
    return levels_of(
        pd.Series(objects(map(plain, values)), dtype=object) if values.dtype == object else values
    )


def binned(column: pd.Series[Any], bins: int = 5) -> tuple[IntArray, list[Any]]:
    """Return the level of each value, and the levels in order: intervals of numbers of more than 10 values.

    Parameters
    ----------
    column : Series
        A factor; none missing.
    bins : int, default 5
        Of about as many values each.

    Returns
    -------
    codes : ndarray of int
    levels : list

    Examples
    --------
    >>> binned(pd.Series([3, 1, 3]))[1], binned(pd.Series(range(12)), 2)[1]
    ([1, 3], ['[0, 5.5)', '[5.5, 11]'])
    """
    if column.dtype.kind not in "iuf" or column.nunique() <= MOST_LEVELS:
        return _levels(column)
    values = column.to_numpy()
    ends = np.unique(np.quantile(values, np.linspace(0, 1, bins + 1)))
    codes = np.clip(np.searchsorted(ends, values, side="right") - 1, 0, len(ends) - 2)
    last = len(ends) - 2
    levels = [
        f"[{low:.4g}, {high:.4g}{']' if k == last else ')'}"
        for k, (low, high) in enumerate(itertools.pairwise(ends.tolist()))
    ]
    kept, codes = np.unique(codes, return_inverse=True)  # quantiles of repeated values leave bins empty
    return codes.astype(np.int64), [levels[k] for k in kept]


def _shares(
    factor: str,
    levels: list[Any],
    names: list[Any],
    counts: IntArray,
    worth: IntArray | FloatArray,
    confidence: float,
) -> pd.DataFrame:
    """Return the rows of one factor; `worth` is of how many independent runs each share is."""
    from scipy.special import ndtri

    runs = np.repeat(counts.sum(axis=1, keepdims=True), len(names), axis=1)
    share = counts / runs
    z = float(ndtri(0.5 + confidence / 2))
    middle = (share + z**2 / (2 * worth)) / (1 + z**2 / worth)
    half = z / (1 + z**2 / worth) * np.sqrt(share * (1 - share) / worth + z**2 / (4 * worth**2))
    return pd.DataFrame(
        {
            "factor": factor,
            "level": pd.Series([level for level in levels for _ in names], dtype=object),
            "category": pd.Series(names * len(levels), dtype=object),
            "count": counts.ravel(),
            "runs": runs.ravel(),
            "share": share.ravel(),
            # Wilson's ends are 0 and 1 exactly where no run, or every run, has the outcome.
            "low": np.where(counts == 0, 0.0, middle - half).ravel(),
            "high": np.where(counts == runs, 1.0, middle + half).ravel(),
        }
    )


def _worth(of_level: IntArray, codes: IntArray, counts: IntArray, units: IntArray) -> FloatArray:
    """Return of how many independent runs the share of each category at each level is (levels, names)."""
    worth = np.empty(counts.shape)
    for level, category in np.ndindex(counts.shape):
        at = of_level == level
        worth[level, category] = _independent(codes[at] == category, units[at])
    return worth


def _independent(inside: BoolArray, units: IntArray) -> float:
    """Return of how many independent runs it is as well known which share of these is inside."""
    weight = np.full(len(inside), 1 / len(inside))
    blocks = np.bincount(units) / len(inside)
    return independent(inside, weight, units, 1 / float(blocks @ blocks))


def _p_of_blocks(found: dict[str, float], of_level: IntArray, codes: IntArray, units: IntArray) -> float:
    """Return the p of a chi-squared whose runs come in blocks."""
    from scipy.special import fdtrc

    dof, blocks = found["dof"], int(units.max()) + 1
    if not dof or blocks < 2:
        return np.nan
    cells = of_level * (codes.max() + 1) + codes
    # What each share's variance is beside that of independent runs, cells less both margins.
    effect = sum(
        sign * (1 - inside.mean()) * len(inside) / _independent(inside, units)
        for sign, part in ((1, cells), (-1, of_level), (-1, codes))
        for inside in (part == value for value in np.unique(part))
    )
    return float(fdtrc(dof, dof * (blocks - 1), found["chi2"] / max(effect, dof)))


def _association(counts: IntArray) -> dict[str, float]:
    from scipy.special import chdtrc

    least = min(counts.shape) - 1
    if least == 0:
        return {"cramers_v": np.nan, "chi2": np.nan, "dof": 0, "p": np.nan}
    total = counts.sum()
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / total
    chi2 = float(((counts - expected) ** 2 / expected).sum())
    dof = (counts.shape[0] - 1) * (counts.shape[1] - 1)
    return {
        "cramers_v": float(np.sqrt(chi2 / (total * least))),
        "chi2": chi2,
        "dof": dof,
        "p": float(chdtrc(dof, chi2)),
    }
