"""An analysis before there are outputs: whether its options and measures exist shows on a made-up one."""

from __future__ import annotations

import contextlib
import copy
import inspect
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from mesa_doe.analysis import ANALYSES, SensitivityResult, choose
from mesa_doe.configurations import Configurations
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, ConfigurationError
from mesa_doe.results.options import check_options
from mesa_doe.space.values import is_int

__all__ = ["rehearsed"]

# Of results.sensitivity, which take the outputs from the runs.
_OF_OUTPUTS = ("reduce", "unequal")
# What run_until gives itself.
_OWN = ("at", "method", "design", "output")
# Nobody reads these intervals, and fewer are refused: by those that fit a model to each, 2.
_RESAMPLES = 100
_FITS = 2
# What an analysis of given data does with so many points, drawn from all, it does with all.
_ENOUGH = 5_000


def rehearsed(configurations: Configurations, method: str | None, options: Any) -> SensitivityResult:
    """Analyse a made-up output of a design, without warnings.

    Parameters
    ----------
    configurations : Configurations
        Of a whole design.
    method : str, optional
        Name of the analysis; by default the one that fits the design.
    options : mapping
        Of ``results.sensitivity`` and of the analysis.

    Returns
    -------
    SensitivityResult
        Its measures are those of the analysis; its estimates mean nothing.

    Raises
    ------
    ConfigurationError
        If the options are no mapping, or one is not theirs.
    AnalysisError
        If the analysis does not take the options, or the design: it has too few points, say.

    Notes
    -----
    The output does not vary: every analysis takes such a one, whatever its options say of the values. Of a
    large design some points may be enough; where the analysis refuses these, all are tried.

    Examples
    --------
    >>> from mesa_doe.samplers import sobol
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = sobol(ParameterSpace(x=Real(0, 1)), 8, rng=1)
    >>> runs = design.configurations(lambda x: {"y": x}, rng=1, seed_policy="common")
    >>> rehearsed(runs, None, {"resamples": 500}).to_frame()["measure"].tolist()
    ['S1', 'ST']
    """
    if not isinstance(options, Mapping):
        raise ConfigurationError(
            f"analysis takes a mapping of options, such as {{'confidence': 0.9}}, or None, got {options!r}"
        )
    for name in _OWN:
        if name in options:
            known = "is known" if name == "design" else "is an argument of run_until itself"
            raise ConfigurationError(f"{name} {known}: leave it out of analysis=")
    design = configurations.design
    of = design.origin or design
    analyse = choose(of, method)
    # A generator of the user's would be moved.
    own = {name: copy.deepcopy(value) for name, value in options.items() if name not in _OF_OUTPUTS}
    check_options("the analysis of run_until", own, analyse)
    own = {**_few_resamples(analyse, own), "seed_policy": configurations.seed_policy}

    def made(points: Design) -> SensitivityResult:
        return analyse(points, np.zeros((len(points), configurations.replications, 1)), **own)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if (some := _some_points(of, analyse.__name__)) is not None:
            with contextlib.suppress(AnalysisError):
                return made(some)
        return made(of)


def _some_points(design: Design, analysis: str) -> Design | None:
    """Return points enough to rehearse with, of which more are never refused; None where all are needed."""
    info = ANALYSES[analysis]
    if len(design) <= _ENOUGH or info.designs or info.most_levels is not None or design.blocks is not None:
        return None
    return design.subset(np.sort(np.random.default_rng(0).permutation(len(design))[:_ENOUGH]))


def _few_resamples(analyse: Any, options: dict[str, Any]) -> dict[str, Any]:
    """Return options with as few resamples as any analysis takes, where that many were wanted."""
    parameter = inspect.signature(analyse).parameters.get("resamples")
    if parameter is None:
        return options
    few = _FITS if parameter.default < _RESAMPLES else _RESAMPLES
    wanted: Any = options.get("resamples", parameter.default)
    return {**options, "resamples": few} if is_int(wanted) and wanted > few else options
