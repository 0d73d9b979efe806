"""Whether a sample was large enough: an analysis of its growing beginnings."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.analysis.declare import ANALYSES
from mesa_doe.analysis.joining import in_order, together
from mesa_doe.analysis.labelled import plain_outputs
from mesa_doe.analysis.options import checked_bool
from mesa_doe.analysis.outputs import Missing, alike, checked_outputs
from mesa_doe.analysis.result import SensitivityResult
from mesa_doe.analysis.settling import Convergence, converged, criteria_of
from mesa_doe.arrays import IntArray
from mesa_doe.design import Design
from mesa_doe.design.dependence import dependence_of, follows_curves
from mesa_doe.errors import AnalysisError, MesaDoeWarning, warn
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["Convergence", "converged", "convergence"]

Analysis: TypeAlias = Callable[..., SensitivityResult]

# By default: all, and the largest powers of two below.
_MOST_SIZES = 6
_LEAST_BLOCKS = 4
# Of the bootstrap in halves, whose intervals nobody reads.
_FEWEST_RESAMPLES = 100


def convergence(
    design: Design,
    y: Any,
    *,
    analysis: Analysis,
    sizes: Sequence[int] | None = None,
    measures: Sequence[str] | None = None,
    threshold: float = 0.05,
    halves: int = 50,
    relative: bool | None = None,
    outputs: Sequence[Any] | None = None,
    rng: RNG = 0,
    missing: Missing = "raise",
    **options: Any,
) -> Convergence:
    """Analyse growing beginnings of a design, to see whether its indices, ranking and screening settle.

    Nothing is run again: each beginning is a smaller design of the same method, with its outputs.

    Parameters
    ----------
    design : Design
    y : array_like (points,), (points, outputs) or (points, replications, outputs)
        Outputs in the order of the design.
    analysis : callable
        An analysis function, such as ``doe.analyze.sobol``.
    sizes : sequence of int, optional
        How many blocks of the design (points, where it has none); by default all of them, and up to five
        powers of two below, of which those are left out that are too few for the analysis.
    measures : sequence of str, optional
        Measures to judge; by default those that the result draws, without interactions. One that factors and
        pairs have is judged by the factors.
    threshold : float, default 0.05
        Below it a factor may be screened out.
    halves : int, default 50
        Random halves of each beginning, whose rankings are compared; 0 leaves ranking out.
    relative : bool, optional
        Whether widths, and the threshold, are shares of the measure's largest estimate in the whole design.
        By default where the analysis measures no share, so that 0.05 has a meaning.
    outputs : sequence, optional
        Names of the outputs.
    rng : int, SeedSequence or Generator, default 0
        Of the analysis, the halves, and the order in which points are taken.
    missing : {"raise", "drop"}, default "raise"
        Where a value is not finite: name the points, or leave them out, with their blocks, and say so. Each
        output has the sizes of the points that it has.
    **options
        Of the analysis.

    Returns
    -------
    Convergence

    Raises
    ------
    AnalysisError
        If the design has no beginnings that the analysis reads, or a size or an option is wrong.

    Warns
    -----
    MesaDoeWarning
        If sizes were left out; and what the analysis says of the whole design. What it says of the smaller
        ones is in their ``results``.

    Notes
    -----
    The criteria are those of Sarrazin et al. 2016: indices have settled if the widest interval is narrow;
    ranking, if factors keep their ranks (the mean of the ranks by which factors move from one resample to
    another, weighted by the square of the larger index, at most which 95 % of the pairs of resamples have);
    screening, if the intervals of factors below the threshold are narrow. Each may hold long before the
    one before it. Measures with a sign are ranked by their size.

    Two things are different. Resamples are halves drawn without replacement, whose spread is that of a
    bootstrap (Shao & Wu 1989), since methods that sort or bin points take repeated ones for an effect.
    A factor counts as below the threshold if its interval reaches below, not its estimate alone, so that a
    small sample does not settle by leaving out what it does not know; where there is none, it is 0.

    Points without blocks are taken in random order, unless the design's sampler goes on where it stopped (a
    sequence): the first points of a grid would all have one level.

    References
    ----------
    Sarrazin, Pianosi & Wagener 2016, Environmental Modelling & Software 79; halves: Shao & Wu 1989, Annals of
    Statistics 17.

    Examples
    --------
    >>> from mesa_doe.analysis.sobol import sobol
    >>> from mesa_doe.samplers import sobol as sample
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = sample(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 256, rng=1)
    >>> found = convergence(design, 2 * design.points["a"] + design.points["b"], analysis=sobol)
    >>> found.criteria["size"].unique().tolist()
    [8, 16, 32, 64, 128, 256]
    >>> converged(found, width=0.3).loc[("y", "ST")].to_dict()
    {'indices': True, 'ranking': True, 'screening': True}
    """
    _check_options(analysis, threshold, halves, relative)
    grown = partial(
        _grown,
        design,
        analysis=analysis,
        ordered=_reads_order(design, analysis),
        sizes=sizes,
        measures=measures,
        threshold=threshold,
        halves=halves,
        relative=relative,
        rng=rng,
        entropy=root_entropy(rng),
        missing=missing,
        options=options,
    )
    y = plain_outputs(design, y, "convergence")
    every, parts = alike(y, outputs, "convergence") if missing == "drop" else ([], [])
    found = _together([grown(part, names) for part, names in parts], every) if parts else grown(y, outputs)
    for warning in found.warnings:
        warn(warning)
    return found


def _grown(
    design: Design,
    y: Any,
    outputs: Sequence[Any] | None,
    *,
    analysis: Analysis,
    ordered: bool,
    sizes: Sequence[int] | None,
    measures: Sequence[str] | None,
    threshold: float,
    halves: int,
    relative: bool | None,
    rng: RNG,
    entropy: int,
    missing: Missing,
    options: Mapping[str, Any],
) -> Convergence:
    """Analyse growing beginnings, of outputs that lack the same values."""
    checked = checked_outputs(
        design,
        y,
        names=outputs,
        missing=missing,
        method="convergence",
        leaves_out="block" if ordered else "point",
    )
    generator = np.random.default_rng(entropy)
    units = design.blocks if ordered else dependence_of(design).units
    unit = "points" if units is None else "blocks"
    places = _places(design, units, checked.points, generator)
    having = f" that have {', '.join(map(str, checked.names))}" if checked.dropped else ""
    asked = _checked_sizes(sizes, int(places.max()) + 1, having)
    known = inspect.signature(analysis).parameters
    # A generator would be another one at each call.
    same = rng if isinstance(rng, (int, np.integer, np.random.SeedSequence)) else entropy
    given = {**options, "outputs": checked.names, **({"rng": same} if "rng" in known else {})}
    # A half's intervals are of no use.
    resamples = given.get("resamples", known["resamples"].default) if "resamples" in known else None
    fewer = dict(given)
    if isinstance(resamples, (int, np.integer)):  # else the analysis says what it takes
        fewer["resamples"] = min(_FEWEST_RESAMPLES, resamples)

    def analysed(taken: IntArray, settled: Mapping[str, Any]) -> SensitivityResult:
        number = np.full(int(places.max()) + 1, -1)
        number[taken] = np.arange(len(taken))
        kept = np.flatnonzero(number[places] >= 0)
        kept = kept[number[places[kept]].argsort(kind="stable")]
        blocks = None if units is None else number[places[kept]]
        part = _part(design, checked.points[kept], blocks, len(taken))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MesaDoeWarning)
            return analysis(part, checked.values[kept], **settled)

    results: dict[int, SensitivityResult] = {}
    resampled: dict[int, list[SensitivityResult]] = {}
    said = list(checked.said)
    # From the largest: what is wrong with the options is then no matter of size.
    for size in asked[::-1]:
        draws = [np.sort(generator.permutation(size)[: size // 2]) for _ in range(halves)]
        try:
            whole = analysed(np.arange(size), given)
            of_halves = [analysed(draw, fewer) for draw in draws]
        except AnalysisError as error:
            if sizes is not None or not results:
                half = ", or a half of them (halves=0 leaves ranking out)" if halves else ""
                raise AnalysisError(
                    f"convergence: the first {size} {unit} cannot be analysed{half}: {error}"
                ) from error
            left = ", ".join(map(str, asked[: asked.index(size) + 1]))
            said.append(f"left out, as too few for the analysis of them or of their halves: {left} ({error})")
            break
        results = {size: whole, **results}
        resampled[size] = of_halves
    last = results[asked[-1]]
    said += last.warnings
    relative = not last.scale.startswith("share") if relative is None else bool(relative)
    criteria = criteria_of(
        results,
        resampled,
        {size: int((places < size).sum()) * checked.replications for size in results},
        measures=measures,
        threshold=threshold,
        relative=relative,
    )
    settings = {"threshold": threshold, "halves": halves, "relative": relative}
    return Convergence(results, criteria, unit, settings, tuple(said))


def _together(parts: Sequence[Convergence], outputs: Sequence[Any]) -> Convergence:
    """Join what was found of different outputs, whose sizes may be others where values are missing."""
    every = sorted({size for part in parts for size in part.results})
    of_size = ([part.results[size] for part in parts if size in part.results] for size in every)
    return replace(
        parts[0],
        results={size: together(found, outputs) for size, found in zip(every, of_size, strict=True)},
        criteria=in_order(pd.concat([part.criteria for part in parts]), outputs),
        warnings=tuple(dict.fromkeys(text for part in parts for text in part.warnings)),
    )


def _check_options(analysis: Any, threshold: Any, halves: Any, relative: Any) -> None:
    if not callable(analysis):
        raise AnalysisError(
            f"convergence: analysis takes a function, such as doe.analyze.sobol, got {analysis!r}"
        )
    is_number = isinstance(threshold, Real) and not isinstance(threshold, bool)
    if not is_number or not 0 <= threshold < np.inf:
        raise AnalysisError(f"convergence: threshold takes a number from 0, got {threshold!r}")
    whole = isinstance(halves, (int, np.integer)) and not isinstance(halves, bool)
    if not whole or halves < 0 or halves == 1:
        raise AnalysisError(
            f"convergence: halves takes an int from 2, or 0 to leave ranking out, got {halves!r}"
        )
    if relative is not None:
        checked_bool("convergence", "relative", relative)


def _reads_order(design: Any, analysis: Any) -> bool:
    """Tell whether the analysis reads the points by their places, or refuse a design without parts."""
    if not isinstance(design, Design):
        raise AnalysisError(f"convergence takes a Design, got {type(design).__name__}")
    infos = [info for info in ANALYSES.values() if info.function is analysis]
    ordered = any(info.designs for info in infos) or (not infos and design.blocks is not None)
    if follows_curves(design) or (ordered and design.blocks is None):
        raise AnalysisError(
            f"the points of a {design.method} design belong together, and no part of them can be analysed: "
            "make designs of several n and compare their results"
        )
    return ordered


def _places(
    design: Design, units: IntArray | None, points: IntArray, generator: np.random.Generator
) -> IntArray:
    """Return when each point is taken: with its unit, or alone."""
    if units is not None:
        first, home = np.unique(units[points], return_index=True, return_inverse=True)[1:]
        return first.argsort().argsort()[home]
    going_on = design.extension in ("nested", "independent")
    return np.arange(len(points)) if going_on else generator.permutation(len(points))


def _checked_sizes(sizes: Any, count: int, having: str) -> list[int]:
    if sizes is None:
        powers = [2**k for k in range(count.bit_length()) if _LEAST_BLOCKS <= 2**k < count]
        return [*powers[1 - _MOST_SIZES :], count]
    try:
        numbers = np.asarray(sizes)
    except ValueError:  # lists of different lengths
        numbers = np.empty(0)
    if (
        numbers.ndim != 1
        or numbers.dtype.kind not in "iu"
        or not len(numbers)
        or (np.diff(numbers) <= 0).any()
        or not 2 <= numbers[0] <= numbers[-1] <= count
    ):
        raise AnalysisError(
            f"convergence: sizes takes ints that increase, from 2 to {count}, the number of blocks (of "
            f"points where there are none){having}, got {sizes!r}"
        )
    return [int(size) for size in numbers]


def _part(design: Design, rows: IntArray, blocks: IntArray | None, size: int) -> Design:
    """Return the design of some points, which make so many blocks or points."""
    return Design(
        design.space,
        design.unit[rows],
        method=design.method,
        options={**design.options, **({"n": size} if "n" in design.options else {})},
        blocks=blocks,
        seed_levels=None if design.seed_levels is None else design.seed_levels[rows],
        points=design.points.iloc[rows].set_axis(pd.RangeIndex(len(rows), name="point")),
        groups=design.groups,
    )
