"""To Mesa's own Scenarios, and from what Mesa 4's ``run_scenarios`` keeps of their runs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mesa_doe.configurations import RunConfiguration
from mesa_doe.errors import ConfigurationError, counted, warn
from mesa_doe.model_run import Recipe, Wanted, read_frames
from mesa_doe.results import Results
from mesa_doe.runner.assembling import results_of
from mesa_doe.runner.checks import checked, recipes_of
from mesa_doe.runner.chunks import Block
from mesa_doe.runner.gathered import Gathered

__all__ = ["from_store", "to_scenarios"]

# Where a run failed, in Mesa's words and in ours.
_ORIGINS = {"instantiating": "building", "running": "stepping", "aborted": "crashed"}
# What executors say of a run that ended its worker, where they are not broken by it: ours, and that of Dask.
_DEATHS = {"WorkerDiedError", "KilledWorker"}


def to_scenarios(configurations: Sequence[RunConfiguration]) -> list[Any]:
    """Return one Scenario of Mesa's a run, for ``run_scenarios`` of Mesa 4.

    Parameters
    ----------
    configurations : sequence of RunConfiguration
        Of one model, which takes a Scenario; each run of a design point.

    Returns
    -------
    list of Scenario
        In the order of the runs, of the model's own Scenario class. ``rng`` is the seed of the run;
        ``scenario_id`` is the design point and ``replication_id`` the iteration (Mesa 3.5 has one number,
        the ``run_id``).

    Raises
    ------
    ConfigurationError
        If the model takes no Scenario, or its Scenario takes no ids; there are several models; a run has no
        point; or an argument of the model itself, which is no field of its Scenario, differs between runs.

    Warns
    -----
    MesaDoeWarning
        If there are such arguments, the same in all runs: Mesa's ``RunConfiguration`` takes them.

    Notes
    -----
    Steps, outputs and periods are not of a Scenario: give Mesa's ``RunConfiguration`` its own ``until`` and
    ``outcomes``. It leaves the global generators alone, which :class:`~mesa_doe.BatchRunner` seeds.

    Examples
    --------
    >>> configurations = design.configurations(Schelling, rng=1, replications=5)  # doctest: +SKIP
    >>> with JoblibExecutor(4) as executor:  # doctest: +SKIP
    ...     store = run_scenarios(to_scenarios(configurations), recipe, executor=executor)
    >>> from_store(store, configurations).sensitivity("happy")  # doctest: +SKIP
    """
    pairs = list(_with_scenarios(checked(configurations)))
    _, _, others = pairs[0]
    if others:
        warn(
            f"{', '.join(map(repr, others))} {_are_arguments(others)} of the model itself, which no Scenario "
            f"holds: give Mesa's RunConfiguration model_kwargs={others!r}"
        )
    return [scenario for _, scenario, _ in pairs]


def from_store(store: Any, configurations: Sequence[RunConfiguration]) -> Results:
    """Return the results of runs that ``run_scenarios`` of Mesa 4 made.

    Parameters
    ----------
    store : Store
        What ``run_scenarios`` returned, or another Store of Mesa's.
    configurations : sequence of RunConfiguration
        Those that :func:`to_scenarios` was given. Their ``outputs`` and ``data_collection_period`` say what
        is kept of what the recorders hold.

    Returns
    -------
    Results
        Of the runs that have ended. What Mesa calls aborted is ``crashed``, and so is a run that ended its
        worker under a :class:`~mesa_doe.bridges.JoblibExecutor`. Mesa keeps no times, so ``wall_time`` is
        NaN; ``steps`` is the last time in a run's records, 0 where it has none.

    Raises
    ------
    ConfigurationError
        If the store holds other runs than these, or ``outputs`` has functions, which need the model.

    Examples
    --------
    >>> results = from_store(store, configurations)  # doctest: +SKIP
    """
    known = checked(configurations)
    wanted = Wanted(known[0].outputs, known[0].data_collection_period)
    if wanted.calls:
        raise ConfigurationError(
            "outputs= has functions, which need the models, and a store has none: name outputs, or use "
            "doe.BatchRunner"
        )
    records = _records(store)
    positions, block = [], Block()
    for position, (one, scenario, _) in enumerate(_with_scenarios(known)):
        record = records.pop((one.point, one.iteration), None)
        if record is None:
            continue
        _check_same(one, scenario, record.scenario)
        status = record.status.value
        if status == "PENDING":
            continue
        positions.append(position)
        values: dict[str, Any] = {**_outcome(record), "steps": 0.0, "wall_time": np.nan}
        if status == "SUCCEEDED":
            frames = record.output
            read_frames(frames, wanted).put(block.data, one.run_id)
            times = [
                float(frame["time"].max()) for frame in frames.values() if "time" in frame and len(frame)
            ]
            values["steps"] = max(times, default=0.0)
        for name, column in block.runs.items():
            column.append(values[name])
    if records:
        point, iteration = next(iter(records))
        raise ConfigurationError(
            f"the store holds {counted(len(records), 'run')} that are none of these configurations, scenario "
            f"{point}, replication {iteration} first: give those that to_scenarios was given"
        )
    gathered = Gathered()
    gathered.add(np.array(positions, dtype=np.int64), block)
    return results_of(known, gathered, {})


def _with_scenarios(
    configurations: Sequence[RunConfiguration],
) -> Iterator[tuple[RunConfiguration, Any, Mapping[str, Any]]]:
    """Yield each run, its Scenario, and its parameters that are arguments of the model itself."""
    recipe = _recipe(configurations)
    first: Mapping[str, Any] | None = None
    for one in configurations:
        if one.point is None:
            raise ConfigurationError(
                f"run {one.run_id} has no point, by which Mesa would know it: give it one, or take the "
                "configurations of a design"
            )
        try:
            scenario, others = recipe.scenario_of(
                one.parameters, one.seed, (one.run_id, one.point, one.iteration)
            )
        except TypeError as error:
            raise ConfigurationError(
                f"{_name(recipe.scenario_cls)} cannot be made with its ids ({error}): let it hand on, as "
                "**kwargs, what it does not name to Mesa's Scenario"
            ) from error
        first = others if first is None else first
        differing = [name for name, value in others.items() if not _same(first.get(name), value)]
        if differing:
            raise ConfigurationError(
                f"{', '.join(map(repr, differing))} {_are_arguments(differing)} of {_name(recipe.model_cls)} "
                "itself, which run_scenarios makes the same for all, and not the same in these runs: make "
                f"fields of {_name(recipe.scenario_cls)} of them, or use doe.BatchRunner"
            )
        yield one, scenario, others


def _recipe(configurations: Sequence[RunConfiguration]) -> Recipe:
    recipes = recipes_of(configurations)
    if len(recipes) > 1:
        models = ", ".join(sorted({_name(model) for model, _ in recipes}))
        raise ConfigurationError(
            f"scenarios are of one model, and these runs are of several ({models}): use one call for each"
        )
    return next(iter(recipes.values()))


def _records(store: Any) -> dict[tuple[int | None, int], Any]:
    """Return what a store holds of each run, by point and iteration."""
    parts = (store.succeeded(), store.failed(), store.aborted(), store.pending())
    return {(run.scenario_id, run.replication_id): record for part in parts for run, record in part.items()}


def _outcome(record: Any) -> dict[str, str]:
    """Return how a run ended, in our words."""
    if record.status.value == "SUCCEEDED":
        return {"status": "ok", **dict.fromkeys(("origin", "error_type", "error", "traceback"), "")}
    failure = record.failure
    has_crashed = record.status.value == "ABORTED" or failure.exception_type in _DEATHS
    origin = "aborted" if has_crashed else failure.origin.value
    return {
        "status": "crashed" if has_crashed else "failed",
        "origin": _ORIGINS.get(origin, "collecting"),
        "error_type": failure.exception_type,
        "error": failure.message,
        "traceback": failure.traceback,
    }


def _check_same(one: RunConfiguration, ours: Any, theirs: Any) -> None:
    """See that a store's run is the run of its number: of the same seed and parameters."""
    one_says, other_says = ours.to_dict(), theirs.to_dict()
    differing = [name for name, value in one_says.items() if not _same(value, other_says.get(name))]
    if differing:
        name = differing[0]
        raise ConfigurationError(
            f"scenario {one.point}, replication {one.iteration} of the store is not run {one.run_id}: "
            f"{name} is {other_says.get(name)!r} there and {one_says[name]!r} here; give the configurations "
            "that to_scenarios was given"
        )


def _are_arguments(names: Collection[str]) -> str:
    return "is an argument" if len(names) == 1 else "are arguments"


def _same(one: Any, other: Any) -> bool:
    return one is other or bool(np.array_equal(one, other))


def _name(value: Any) -> str:
    return str(getattr(value, "__name__", repr(value)))
