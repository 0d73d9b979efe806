"""``check_factors``: whether each factor reaches the model at all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mesa_doe.configurations import Outputs, RunConfiguration
from mesa_doe.design import Design
from mesa_doe.errors import StudyError
from mesa_doe.model_run import run
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["check_factors"]

# Where an axis is moved to from its middle: near its ends, inside any law's support.
_MOVES = (0.02, 0.25, 0.75, 0.98)
_NUMBERS = (bool, int, float)


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
        Its space says how far each factor is moved: from the middle to near both ends.
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
    middle = RunConfiguration(
        model_cls,
        run_id=0,
        parameters={**_values(design, np.full(len(space), 0.5)), **space.constants},
        max_steps=steps,
        data_collection_period=1,
        seed=root_entropy(rng),
        outputs=outputs,
        scenario_cls=scenario_cls,
    )
    base = _reported(middle)
    if len(base["error"]):
        message = (
            f"the run in the middle of the space failed ({base['error']['error'].iloc[0]}), so it cannot be "
            "told what a factor changes; doe.run of one configuration shows where"
        )
        raise StudyError(message)
    if not set().union(*(frame.columns for frame in base.values())) - {"run_id", "step", "agent_id", "error"}:
        message = f"the model reported nothing in {steps} steps, so it cannot be told what a factor changes"
        raise StudyError(message)
    if not _equal(base, _reported(middle)):
        message = (
            "the model gives different results for the same configuration and seed, so it cannot be told "
            "what a factor changes: look for a random generator that it makes without its seed"
        )
        raise StudyError(message)
    rows = {}
    for column, factor in enumerate(space.names):
        changes, moves = False, 0
        for move in _MOVES:
            unit = np.full(len(space), 0.5)
            unit[column] = move
            moved = dataclasses.replace(middle, parameters={**_values(design, unit), **space.constants})
            here, there = middle.parameters[factor], moved.parameters[factor]
            if here is there or (type(here) in _NUMBERS and here == there):
                continue
            moves += 1
            changes = changes or not _equal(base, _reported(moved))
        rows[factor] = {"changes": changes, "moves": moves}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("factor")


def _values(design: Design, unit: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    columns = design.space.columns_from_unit(unit[None, :])
    return {
        name: column[0].item() if isinstance(column[0], np.generic) else column[0]
        for name, column in columns.items()
    }


def _reported(configuration: RunConfiguration) -> dict[str, pd.DataFrame]:
    record = run(configuration, on_error="record")
    failed = pd.DataFrame({"error": [record.error]} if record.status != "ok" else {})
    return {"": record.model, "error": failed, **record.agents, **record.tables}


def _equal(a: dict[str, pd.DataFrame], b: dict[str, pd.DataFrame]) -> bool:
    return a.keys() == b.keys() and all(a[name].equals(b[name]) for name in a)
