"""Probes of a model: whether each factor reaches it, and whether its seed does."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe.configurations import Outputs, RunConfiguration
from mesa_doe.design import Design
from mesa_doe.errors import StudyError
from mesa_doe.model_run import Recipe, Run, execute, kept_generators, run
from mesa_doe.seeding import RNG, root_entropy

__all__ = ["Noise", "check_factors", "noise_of"]

Noise: TypeAlias = Literal["none", "seeded", "unseeded", "unknown"]

# Where an axis is moved to from its middle: near its ends, inside any law's support.
_MOVES = (0.02, 0.25, 0.75, 0.98)


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
        If the model gives different results for the same seed, so that nothing can be told.

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
            if moved.parameters[factor] is middle.parameters[factor]:
                continue
            moves += 1
            changes = changes or not _equal(base, _reported(moved))
        rows[factor] = {"changes": changes, "moves": moves}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("factor")


def noise_of(configuration: RunConfiguration, recipe: Recipe) -> Noise:
    """Find out where a model's noise comes from, by running one configuration three times.

    Parameters
    ----------
    configuration : RunConfiguration
    recipe : Recipe

    Returns
    -------
    {"none", "seeded", "unseeded"}
        The model draws no random numbers; its seed decides them; or its seed does not.
    """
    other = dataclasses.replace(configuration, seed=(configuration.seed or 0) + 1)
    with kept_generators():
        first, again, reseeded = (
            _tables(execute(one, recipe)) for one in (configuration, configuration, other)
        )
    if not _equal(first, again):
        return "unseeded"
    return "none" if _equal(first, reseeded) else "seeded"


def _values(design: Design, unit: np.ndarray[Any, np.dtype[np.float64]]) -> dict[str, Any]:
    columns = design.space.columns_from_unit(unit[None, :])
    return {
        name: column[0].item() if isinstance(column[0], np.generic) else column[0]
        for name, column in columns.items()
    }


def _reported(configuration: RunConfiguration) -> dict[str, pd.DataFrame]:
    return _tables(run(configuration, on_error="record"))


def _tables(record: Run) -> dict[str, pd.DataFrame]:
    failed = pd.DataFrame({"error": [record.error]} if record.status != "ok" else {})
    return {"": record.model, "error": failed, **record.agents, **record.tables}


def _equal(a: dict[str, pd.DataFrame], b: dict[str, pd.DataFrame]) -> bool:
    return a.keys() == b.keys() and all(a[name].equals(b[name]) for name in a)
