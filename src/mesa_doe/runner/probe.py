"""Looking at a model before a sweep: whether factors reach it, and whether its seed decides all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.configurations import Outputs, RunConfiguration
from mesa_doe.design import Design
from mesa_doe.errors import StudyError
from mesa_doe.model_run import run
from mesa_doe.results.length import LENGTH
from mesa_doe.seeding import RNG, root_entropy
from mesa_doe.space import ParameterSpace
from mesa_doe.space.values import plain

__all__ = ["check_factors", "check_reproducible"]

# Where an axis is moved to from its middle: near its ends, inside any law's support.
_MOVES = (0.02, 0.25, 0.75, 0.98)

# Columns of tables that are no outputs.
_INDEX = ["run_id", "step", "agent_id"]


def check_factors(
    design: Design,
    model_cls: Callable[..., Any],
    *,
    steps: int = 5,
    rng: RNG = 0,
    outputs: Outputs | None = None,
    scenario_cls: type | None = None,
) -> pd.DataFrame:
    """Move each factor alone for a few steps, and tell which ones change nothing.

    A factor that changes nothing is often a misspelt or unused argument. It may also act later than
    ``steps``, or only together with another.

    Parameters
    ----------
    design : Design
        Its space says how far each factor is moved: from the middle to near both ends. Where the middle
        breaks a constraint, from the first point of the design; moves that break one are left out.
    model_cls : type or callable
    steps : int, default 5
    rng : int, SeedSequence or Generator, default 0
        The one seed of all these runs.
    outputs, scenario_cls
        As in ``design.configurations``.

    Returns
    -------
    DataFrame, index ``factor``
        ``changes`` (bool): whether any output of the model or its agents differs from the middle run,
        and ``moves``: how many values other than the middle were tried.

    Raises
    ------
    StudyError
        If nothing can be told: the run in the middle of the space fails or reports nothing, or the
        model gives different results for the same seed.

    Examples
    --------
    >>> from mesa_doe.samplers import latin_hypercube
    >>> from mesa_doe.space import ParameterSpace, Real
    >>> design = latin_hypercube(ParameterSpace(a=Real(0, 1), b=Real(0, 1)), 4, rng=1)
    >>> def model(a, b):
    ...     return {"y": a}
    >>> check_factors(design, model)["changes"].to_dict()
    {'a': True, 'b': False}
    """
    space = design.space
    columns = space.columns_from_unit(np.full((1, len(space)), 0.5))
    if not space.satisfied(columns).all():
        columns = {name: design.points[name].to_numpy()[:1] for name in space.names}
    middle = RunConfiguration(
        model_cls,
        run_id=0,
        parameters=_parameters(space, columns),
        max_steps=steps,
        data_collection_period=1,
        seed=root_entropy(rng),
        outputs=outputs,
        scenario_cls=scenario_cls,
    )
    base = _reported(middle)
    if base.failure is not None:
        raise StudyError(
            f"the run in the middle of the space failed ({base.failure}), so it cannot be "
            "told what a factor changes; doe.run of one configuration shows where"
        )
    if not base.outputs():
        raise StudyError(
            f"the model reported nothing in {steps} steps, so it cannot be told what a factor changes"
        )
    if not base.equals(_reported(middle)):
        raise StudyError(
            "the model gives different results for the same configuration and seed, so it cannot be told "
            "what a factor changes: look for a random generator that it makes without its seed"
        )
    rows = {}
    for factor, axis in space.axes.items():
        changes, moves = False, 0
        for move in _MOVES:
            there = {**columns, factor: axis.from_unit(np.array([move]))}
            if _alike(columns[factor][0], there[factor][0]) or not space.satisfied(there).all():
                continue
            moved = dataclasses.replace(middle, parameters=_parameters(space, there))
            moves += 1
            changes = changes or not base.equals(_reported(moved))
        rows[factor] = {"changes": changes, "moves": moves}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("factor")


def check_reproducible(configuration: RunConfiguration) -> pd.Series[bool]:
    """Run one configuration twice, and tell which outputs are the same.

    One that is not draws from a random generator that the seed does not reach, or tells the time.

    Parameters
    ----------
    configuration : RunConfiguration

    Returns
    -------
    Series of bool, index ``output``
        Outputs of the model by name; of agents and tables as ``"type.column"``; and where the model takes
        steps, ``"steps"``: whether both runs lasted as long, unless a reporter is called so.

    Raises
    ------
    StudyError
        If the run fails.

    Examples
    --------
    >>> import random
    >>> def model(x, rng):
    ...     return {"y": x + rng.normal(), "z": random.SystemRandom().random()}
    >>> check_reproducible(RunConfiguration(model, run_id=0, parameters={"x": 1}, seed=2)).to_dict()
    {'y': True, 'z': False}
    """
    once, again = _reported(configuration), _reported(configuration)
    if once.failure is not None:
        raise StudyError(f"the run failed ({once.failure}); doe.run of it shows where")
    ours, theirs = once.outputs(), again.outputs()
    found = {} if once.steps == again.steps == 0 else {LENGTH: once.steps == again.steps}
    found |= {
        label: _alike_outputs(ours.get(label, []), theirs.get(label, [])) for label in {**ours, **theirs}
    }
    return pd.Series(found, name="reproducible", dtype="bool").sort_index().rename_axis("output")


def _parameters(space: ParameterSpace, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords of a model at the one point that columns hold."""
    whole = {**columns, **space.derived_columns(columns)}
    return {**{name: plain(column[0]) for name, column in whole.items()}, **space.constants}


def _alike(here: Any, there: Any) -> bool:
    return here is there or (isinstance(here, np.generic) and here == there)


@dataclass(frozen=True)
class _Reported:
    """What a run gave: frames by their kind and name, as a table may be called like a type of agents."""

    frames: dict[tuple[str, str], pd.DataFrame]
    steps: float
    failure: str | None

    def outputs(self) -> dict[str, list[pd.Series[Any]]]:
        """Return the columns by how an output is called."""
        columns: dict[str, list[pd.Series[Any]]] = {}
        for (_, name), frame in self.frames.items():
            for column in frame.columns.difference(_INDEX, sort=False):
                label = f"{name}.{column}" if name else str(column)
                columns.setdefault(label, []).append(frame[column])
        return columns

    def equals(self, other: _Reported) -> bool:
        """Tell whether both gave the same."""
        if self.failure != other.failure or self.frames.keys() != other.frames.keys():
            return False
        return all(frame.equals(other.frames[key]) for key, frame in self.frames.items())


def _reported(configuration: RunConfiguration) -> _Reported:
    record = run(configuration, on_error="record")
    frames = {("model", ""): record.model}
    frames |= {("agents", name): frame for name, frame in record.agents.items()}
    frames |= {("tables", name): frame for name, frame in record.tables.items()}
    return _Reported(frames, record.steps, None if record.status == "ok" else record.error)


def _alike_outputs(ours: list[pd.Series[Any]], theirs: list[pd.Series[Any]]) -> bool:
    return len(ours) == len(theirs) and all(a.equals(b) for a, b in zip(ours, theirs, strict=True))
