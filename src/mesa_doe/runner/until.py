"""Runs until it is good enough: a design grows until the intervals of its indices are narrow."""

from __future__ import annotations

import inspect
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.analysis import ANALYSES, SensitivityResult, choose
from mesa_doe.analysis.declare import check_design, suited
from mesa_doe.analysis.dummy import of_dummy
from mesa_doe.analysis.rare_events import told_by_few
from mesa_doe.configurations import Configurations
from mesa_doe.design import Design
from mesa_doe.errors import ConfigurationError, MesaDoeWarning, warn
from mesa_doe.results import At, Results
from mesa_doe.runner.assembling import load
from mesa_doe.runner.batch_runner import BatchRunner
from mesa_doe.runner.rehearsal import rehearsed
from mesa_doe.space.values import is_int
from mesa_doe.study.place import place_of
from mesa_doe.study.reading import is_study

__all__ = ["Until", "run_until"]


@dataclass(frozen=True, eq=False)
class Until:
    """How far :func:`run_until` came.

    Parameters
    ----------
    reached : bool
        Whether all intervals are as narrow as was wanted.
    results : Results
        Of all runs.
    sensitivity : SensitivityResult
        Of the last design.
    history : DataFrame
        A row a size and output: ``n``, ``points``, ``runs``, ``output``, ``width``: of the widest interval.
    """

    reached: bool
    results: Results
    sensitivity: SensitivityResult
    history: pd.DataFrame

    def __repr__(self) -> str:
        last = self.history.iloc[-1]
        word = "reached" if self.reached else "not reached"
        return f"<Until: {word} with {last['runs']} runs>\n{self.history.to_string(index=False)}"


def run_until(
    configurations: Configurations,
    outputs: str | Sequence[str],
    *,
    ci_width: float = 0.05,
    max_runs: int,
    store: str | os.PathLike[str],
    measures: Sequence[str] | None = None,
    at: At = "final",
    method: str | None = None,
    analysis: dict[str, Any] | None = None,
    n_jobs: int | None = 1,
    **options: Any,
) -> Until:
    """Run a design, and twice as long ones, until the intervals of its indices are narrow enough.

    Only new points are run each time; the study in the folder grows, and goes on where it was when the
    same call is made again.

    Parameters
    ----------
    configurations : Configurations
        Of a design that can be extended: its n is the first size.
    outputs : str or sequence of str
        Whose intervals must be narrow.
    ci_width : float, default 0.05
        From ``low`` to ``high``, in the unit of the estimates.
    max_runs : int
        The largest number of runs in all. Those that the study has already are used, however many they are.
    store : str or path
        Folder of the study.
    measures : sequence of str, optional
        Which ones must have narrow intervals; by default those that ``result.plot()`` draws.
    at : as in :meth:`Results.output`
    method : str, optional
        Name of the analysis; by default the one that fits the design.
    analysis : mapping, optional
        Options of the analysis, such as ``{"confidence": 0.9}``, or ``{"reduce": "mean"}`` of an output of
        agents.
    n_jobs, **options
        Of :class:`BatchRunner`. What ``resume`` makes again is made again once, with the first size that is
        run: with ``"all"``, that is all that the study has.

    Returns
    -------
    Until

    Raises
    ------
    ConfigurationError
        If the design cannot be extended, even the first size needs more than ``max_runs``, or the analysis
        has no intervals, or no such measure.
    AnalysisError
        If the analysis does not read the design or take its options, or an output cannot be analysed.

    Warns
    -----
    MesaDoeWarning
        If ``max_runs`` does not suffice.

    Notes
    -----
    Intervals narrow with the square root of the runs. Stopping when an interval looks narrow makes it a
    little too optimistic, the less so the fewer looks there are: hence doubling. On convergence of indices:
    Sarrazin, Pianosi & Wagener 2016.
    """
    design = _checked(configurations, ci_width, max_runs)
    _check_analysis(design, method, measures)
    _check_options(options)
    names = [outputs] if isinstance(outputs, str) else list(outputs)
    replications = configurations.replications
    known = _recorded(store)
    # What is there already costs nothing, so sizes that have been run are not analysed once more.
    while len(longer := _twice(design)) * replications <= known:
        design = longer
    most = max(max_runs, known)
    runs = design.configurations_like(configurations)
    _wanted_measures(rehearsed(runs, method, analysis or {}), measures)
    rows: list[dict[str, Any]] = []
    while True:
        results = BatchRunner(runs, n_jobs, store=store, **options).run_all()
        found = results.sensitivity(names, at, method=method, **(analysis or {}))
        widths = _widths(found, measures)
        rows += [
            {
                "n": design.options["n"],
                "points": len(design),
                "runs": len(runs),
                "output": name,
                "width": width,
            }
            for name, width in widths.items()
        ]
        reached = all(width <= ci_width for width in widths.values())
        if reached:
            break
        longer = _twice(design)
        if len(longer) * replications > most:
            told = ", ".join(
                f"{name!r} {width:.3g}" if np.isfinite(width) else f"of {name!r} unknown"
                for name, width in widths.items()
            )
            warn(
                f"the widest intervals after {len(runs)} runs are {told}; ci_width={ci_width:g} was wanted. "
                f"The next size needs {len(longer) * replications} runs, more than max_runs={max_runs}"
            )
            break
        design = longer
        runs = design.configurations_like(configurations)
        # Else each size would begin afresh, or try what failed once more.
        options |= {"resume": "missing"}
    return Until(reached, results, found, pd.DataFrame(rows))


def _check_options(options: dict[str, Any]) -> None:
    known = sorted(inspect.signature(BatchRunner).parameters.keys() - {"configurations"})
    for name in options:
        if name not in known:
            raise ConfigurationError(
                f"run_until takes no option {name!r}: options of the analysis go into analysis={{...}}, as "
                f"{{'reduce': 'mean'}}, and those of BatchRunner are {', '.join(known)}"
            )


def _recorded(store: str | os.PathLike[str]) -> int:
    """Return how many runs a study has; what there is to say of it is said when it goes on."""
    if not is_study(place_of(store)):
        return 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MesaDoeWarning)
        return len(load(store))


def _checked(configurations: Any, ci_width: Any, max_runs: Any) -> Design:
    if not isinstance(configurations, Configurations) or not isinstance(configurations.design, Design):
        raise ConfigurationError(
            "run_until takes the configurations of a whole design, design.configurations(...), got "
            f"{type(configurations).__name__}"
        )
    design = configurations.design
    if design.extension == "none" or len(configurations) != len(design) * configurations.replications:
        raise ConfigurationError(
            f"run_until makes a design longer, but this {design.method} design cannot be extended; take "
            "sobol, radial, morris, halton or latin_hypercube"
        )
    if isinstance(ci_width, (bool, str)) or not ci_width > 0:
        raise ConfigurationError(f"ci_width takes a number above 0, got {ci_width!r}")
    if not is_int(max_runs) or max_runs < len(configurations):
        raise ConfigurationError(
            f"max_runs takes an int from {len(configurations)}, the runs of the first size, got {max_runs!r}"
        )
    return design


def _check_analysis(design: Design, method: str | None, measures: Any) -> None:
    analysis = choose(design.origin or design, method)
    name = analysis.__name__
    check_design(design.origin or design, name)
    if not ANALYSES[name].intervals:
        able = ", ".join(one for one in suited(design) if ANALYSES[one].intervals)
        raise ConfigurationError(
            f"run_until waits for narrow intervals, and {name} has none; take method= {able}"
        )
    if isinstance(measures, str) or (measures is not None and not list(measures)):
        raise ConfigurationError(f"measures takes a list of names, such as ['ST'], or None, got {measures!r}")


def _twice(design: Design) -> Design:
    return design.extend(2 * design.options["n"])


def _wanted_measures(found: SensitivityResult, measures: Sequence[str] | None) -> list[str]:
    """Return the measures whose intervals must be narrow, or refuse those that the analysis does not have."""
    have = list(found.to_frame()["measure"].unique())
    wanted = list(measures or found.plotted or have)
    if measures and not set(wanted) <= set(have):
        raise ConfigurationError(
            f"measures takes some of {', '.join(have)}, which {found.method} has here, got {measures!r}"
        )
    return wanted


def _widths(found: SensitivityResult, measures: Sequence[str] | None) -> dict[Any, float]:
    rows = found.to_frame()
    # A dummy is a yardstick, and nobody waits for it.
    rows = rows[rows["measure"].isin(_wanted_measures(found, measures)) & ~of_dummy(rows, found.settings)]
    # An interval that is not known is not narrow, nor is one that too few points with a rare event tell.
    known = (rows["high"] - rows["low"]).mask(told_by_few(rows, found.settings))
    widths = known.fillna(np.inf)
    return {name: float(width) for name, width in widths.groupby(rows["output"], sort=False).max().items()}
