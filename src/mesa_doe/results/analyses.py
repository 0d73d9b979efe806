"""From results to an analysis: its numbers in the order of the design, and how the runs were seeded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mesa_doe import analysis
from mesa_doe.analysis import (
    Convergence,
    Recommendation,
    SensitivityResult,
    Tabulation,
    Uncertainty,
    VarianceSplit,
    choose,
)
from mesa_doe.analysis.aligning import aligned_outputs, check_runs
from mesa_doe.analysis.joining import joined
from mesa_doe.analysis.options import check_known
from mesa_doe.analysis.sampled import is_sample
from mesa_doe.arrays import FloatArray, IntArray
from mesa_doe.design import Design
from mesa_doe.design.dependence import dependence_of
from mesa_doe.errors import AnalysisError, warn
from mesa_doe.results.declared import in_declared_order
from mesa_doe.results.gaps import refuse_gaps, without_empty_steps
from mesa_doe.results.length import is_length, lengths
from mesa_doe.results.missing_design import missing_design
from mesa_doe.results.noise import policy_of_noise, policy_of_seeds
from mesa_doe.results.numbers import At, Reduce, Unequal
from mesa_doe.results.options import check_options
from mesa_doe.results.outputs import by_replications, one_number
from mesa_doe.results.outputs import output as output_of
from mesa_doe.results.pending import explained, tell_of_pending
from mesa_doe.space.values import plain

if TYPE_CHECKING:
    from mesa_doe.results.results import Results

__all__ = [
    "convergence",
    "recommend_replications",
    "sensitivity",
    "split_variance",
    "tabulate",
    "uncertainty",
]


def sensitivity(
    results: Results,
    output: str | Sequence[str],
    at: At,
    *,
    reduce: Reduce | None,
    unequal: Unequal,
    method: str | None,
    design: Design | None,
    missing: Any,
    options: Mapping[str, Any],
) -> SensitivityResult:
    """Do what :meth:`Results.sensitivity` says."""
    design = _design_of(results, design)
    asked: Any = output  # whatever was typed
    names = [asked] if isinstance(asked, str) else list(asked) if isinstance(asked, Iterable) else []
    names = [plain(name) for name in names]
    if not names or len(set(names)) < len(names):
        raise AnalysisError(f"output takes a name, or several different ones in a list, got {output!r}")
    numbers = {name: output_of(results, name, at, reduce=reduce, unequal=unequal) for name in names}
    of = design.origin or design
    analyse = choose(of, method)
    check_options("results.sensitivity", options, analyse)
    for name, values in numbers.items():
        refuse_gaps(results, name, values, at=at, reduce=reduce, missing=missing)
    numbers, left_out = without_empty_steps(numbers) if missing == "drop" else (numbers, [])
    # What noise means to the indices differs between outputs that the seed decides and those without.
    policies = {name: policy_of_noise(results, name, design) for name in names}
    parts = []
    for policy in dict.fromkeys(policies.values()):
        some = {name: numbers[name] for name in names if policies[name] == policy}
        y, labels = _aligned(results, design, some, policy)
        with explained(results):
            parts.append(analyse(of, y, outputs=labels, missing=missing, seed_policy=policy, **options))
    found = joined(parts, names)
    for text in left_out:
        warn(text)
    told = getattr(at, "__name__", repr(at)) if callable(at) else at
    settings = {**found.settings, "at": told}
    return replace(found, settings=settings, warnings=(*left_out, *found.warnings))


def convergence(
    results: Results,
    output: str,
    at: At,
    *,
    reduce: Reduce | None,
    method: str | None,
    design: Design | None,
    options: Mapping[str, Any],
) -> Convergence:
    """Do what :meth:`Results.convergence` says."""
    design = _design_of(results, design)
    values = one_number(results, output, at, reduce, "convergence")
    of = design.origin or design
    analyse = choose(of, method)
    check_options("results.convergence", options, analysis.convergence, analyse)
    refuse_gaps(results, output, values, at=at, reduce=reduce, missing=options.get("missing", "raise"))
    policy = policy_of_noise(results, output, design)
    y, labels = _aligned(results, design, {output: values}, policy)
    with explained(results):
        return analysis.convergence(of, y, analysis=analyse, outputs=labels, seed_policy=policy, **options)


def uncertainty(
    results: Results,
    output: str,
    at: At,
    *,
    reduce: Reduce | None,
    by: str | None,
    design: Design | None,
    options: Mapping[str, Any],
) -> Uncertainty:
    """Do what :meth:`Results.uncertainty` says."""
    design = _design_of(results, design)
    values = one_number(results, output, at, reduce, "uncertainty")
    of = design.origin or design
    if by is not None:
        check_known("factor", by, of.space.axes)
    check_options("results.uncertainty", options, analysis.uncertainty)
    refuse_gaps(results, output, values, at=at, reduce=reduce, missing=options.get("missing", "raise"))
    # Merged points are told of where noise is taken for an effect, which a distribution has none of.
    y, _ = _aligned(results, design, {output: values}, None)
    policy = policy_of_noise(results, output, design)
    labels = None if by is None else _labels(of.points[by].tolist())
    with explained(results):
        return analysis.uncertainty(y[:, :, 0], design=of, by=labels, seed_policy=policy, **options)


def _labels(levels: list[Any]) -> list[Any]:
    """Name a level None, which is one like others, where an analysis takes it for a label that is missing."""
    if any(isinstance(level, str) and level == "None" for level in levels):
        return levels
    return ["None" if level is None else level for level in levels]


def split_variance(
    results: Results, output: str, at: At, *, reduce: Reduce | None, options: Mapping[str, Any]
) -> VarianceSplit:
    """Do what :meth:`Results.split_variance` says."""
    check_options("results.split_variance", options, analysis.split_variance)
    tell_of_pending(results, "split_variance")
    values = by_replications(results, one_number(results, output, at, reduce, "split_variance"))
    policy = policy_of_seeds(results, output, results.design)
    units = None if results.design is None else _units(results.design)
    blocks = None if units is None else units.loc[values.index].to_numpy()
    return analysis.split_variance(values, outputs=[output], seed_policy=policy, blocks=blocks, **options)


def recommend_replications(
    results: Results, output: str, at: At, *, reduce: Reduce | None, options: Mapping[str, Any]
) -> Recommendation:
    """Do what :meth:`Results.recommend_replications` says."""
    tell_of_pending(results, "recommend_replications")
    values = one_number(results, output, at, reduce, "recommend_replications")
    return analysis.recommend_replications(by_replications(results, values), **options)


def tabulate(
    results: Results, output: str, *, design: Design | None, options: Mapping[str, Any]
) -> Tabulation:
    """Do what :meth:`Results.tabulate` says."""
    check_options("results.tabulate", options, analysis.tabulate)
    tell_of_pending(results, "tabulate")
    if is_length(results, output):
        outcomes = lengths(results.runs, "final", None).astype(int)
    else:
        check_known("output", output, results.outputs)
        outcomes = results.model.groupby("run_id", sort=True)[output].last(skipna=False)
    there = outcomes.notna().astype(float).replace(0.0, np.nan)
    refuse_gaps(results, output, there, at="final", missing=options.get("missing", "raise"))
    factors = _factors_of_runs(results, design)
    blocks = _units_of_runs(results, design)
    # A run that failed has no outcome, which is for the user to leave out.
    with explained(results):
        return analysis.tabulate(outcomes.reindex(results.runs.index), factors, blocks=blocks, **options)


def _factors_of_runs(results: Results, design: Design | None) -> pd.DataFrame:
    if design is None:
        return in_declared_order(results.factors("runs"), results.design)
    check_runs(design, results.runs)
    factors = design.points.loc[results.runs["point"], design.space.names].set_index(results.runs.index)
    return in_declared_order(factors, design)


def _units_of_runs(results: Results, design: Design | None) -> IntArray | None:
    """Return which runs depend on each other, as those of a block or of one point of a sample do."""
    design = design if design is not None else results.design
    if design is None:
        return None
    units = _units(design)
    if units is None and is_sample(design):
        units = pd.Series(np.arange(len(design)), design.points.index)
    return None if units is None else units.loc[results.runs["point"]].to_numpy()


def _units(design: Design) -> pd.Series[Any] | None:
    """Return which points depend on each other, as those of a block do, by point; None where none do."""
    units = dependence_of(design).units
    return None if units is None else pd.Series(units, design.points.index)


def _design_of(results: Results, design: Design | None) -> Design:
    design = design if design is not None else results.design
    if design is None:
        raise missing_design(results.study)
    return design


def _aligned(
    results: Results,
    design: Design,
    numbers: Mapping[str, pd.Series[Any] | pd.DataFrame],
    policy: str | None,
) -> tuple[FloatArray, list[Any]]:
    """Return outputs (points, replications, outputs) and their labels; over time those are pairs."""
    parts: list[FloatArray] = []
    labels: list[Any] = []
    for name, values in numbers.items():
        y = aligned_outputs(design, results.runs, values)
        over_time = isinstance(values, pd.DataFrame)
        labels += [(name, step) for step in values.columns] if over_time else [name]
        if design.origin is not None:
            if policy is not None and design.options["across_blocks"]:
                apart = design.origin.blocks is None
                warn(
                    f"output {name!r} has noise, but points "
                    f"{'with seeds of their own' if apart else 'of different blocks'} were merged: their "
                    "noise is the same, which the indices take for an effect; "
                    f"{'run the design as it is' if apart else 'deduplicate within blocks'} instead"
                )
            y = y[design.twin_of]
        parts.append(y)
    return np.concatenate(parts, axis=2), labels
