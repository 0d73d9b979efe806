"""A model as a function of numbers, for optimisers and for the analyses of other libraries."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from mesa_doe.arrays import FloatArray
from mesa_doe.configurations import Outputs
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, ConfigurationError, StudyError, listed
from mesa_doe.results import At, Results
from mesa_doe.results.numbers import AT_WORDS, Reduce
from mesa_doe.runner import BatchRunner
from mesa_doe.samplers import explicit
from mesa_doe.samplers.native import at_the_ends
from mesa_doe.seeding import RNG, root_entropy
from mesa_doe.space import Boolean, ParameterSpace
from mesa_doe.space.values import objects, plain

__all__ = ["ModelFunction", "as_function"]


@dataclass(frozen=True, eq=False)
class ModelFunction:
    """What :func:`as_function` returns; call it with points. It has no state, and pickles if the model does.

    Parameters
    ----------
    model : type or callable
    space : ParameterSpace
    names : tuple of str
        Of the outputs.
    one_output : bool
        Whether a point gives a number, or an array with one number an output.
    collect : as ``outputs`` of :class:`RunConfiguration`
    rng : int or SeedSequence
        From which all seeds are derived.
    at, reduce, replications, n_jobs, max_steps, seed_policy, axis, scenario_cls
        As of :func:`as_function`.
    """

    model: Callable[..., Any]
    space: ParameterSpace
    names: tuple[str, ...]
    one_output: bool
    collect: Outputs | None
    rng: int | np.integer[Any] | np.random.SeedSequence
    at: At
    reduce: Reduce | None
    replications: int
    n_jobs: int | None
    max_steps: int
    seed_policy: Literal["common", "independent"]
    axis: Literal[0, 1]
    scenario_cls: type | None

    def __call__(self, x: Any) -> float | FloatArray:
        """Run the model at one or many points, as one batch.

        Parameters
        ----------
        x : array_like (d,) or (n, d), mapping, or DataFrame
            Native values. A mapping of names to values is one point, a DataFrame has a row a point. With
            ``axis=1`` an array is (d, n).

        Returns
        -------
        float or ndarray
            Of one point a number, or (outputs,) for several outputs; of n points (n,) or (n, outputs), with
            ``axis=1`` (outputs, n).

        Raises
        ------
        DesignError
            If a value does not lie on its axis.
        AnalysisError
            If a run fails or an output is NaN, naming the point; or ``x`` has the wrong shape.
        """
        frame, is_one = self._read(x)
        design = explicit(_settled(frame, self.space), self.space)
        values = self._outputs(self._run(design), design)
        if self.one_output:
            values = values[:, 0]
        if is_one:
            return float(values[0]) if self.one_output else values[0]
        return values.T if self.axis == 1 else values

    def _read(self, x: Any) -> tuple[pd.DataFrame, bool]:
        if isinstance(x, pd.DataFrame):
            return x, False
        if isinstance(x, Mapping):
            return pd.DataFrame([dict(x)]), True
        array = np.asarray(x)
        if array.dtype.kind in "US" and not isinstance(x, np.ndarray):
            array = np.array(x, dtype=object)  # a list of numbers and words: the numbers stay numbers
        given = array.shape
        if array.ndim == 2 and self.axis == 1:
            array = array.T
        rows = array.reshape(1, -1) if array.ndim == 1 else array
        d = len(self.space)
        if rows.ndim != 2 or rows.shape[1] != d:
            many = f"({d}, n)" if self.axis == 1 else f"(n, {d})"
            raise AnalysisError(
                f"the function takes x of shape ({d},) or {many}, with {', '.join(self.space.names)} in this "
                f"order, or a DataFrame or mapping of them, got shape {given}; as_function(axis=) says which "
                "axis is that of the points"
            )
        columns = {name: rows[:, k] for k, name in enumerate(self.space.names)}
        return pd.DataFrame(columns).infer_objects(), array.ndim == 1

    def _run(self, design: Design) -> Results:
        runs = _seeded(design, self.seed_policy).configurations(
            self.model,
            replications=self.replications,
            rng=self.rng,
            seed_policy="common" if self.seed_policy == "common" else "block",
            max_steps=self.max_steps,
            data_collection_period=-1 if isinstance(self.at, str) and self.at == "final" else 1,
            outputs=self.collect,
            scenario_cls=self.scenario_cls,
        )
        runner = BatchRunner(runs, n_jobs=self.n_jobs, on_error="raise", display_progress=False)
        try:
            return runner.run_all(learn_noise=False)
        except StudyError as error:
            failures = runner.results.failures
            if failures.empty:
                raise
            first = failures.iloc[0]
            raise AnalysisError(
                f"the model {first['status']} at {_told(design, int(first['point']))}, while "
                f"{first['origin']}: {first['error_type']}: {first['error']}"
            ) from error

    def _outputs(self, results: Results, design: Design) -> FloatArray:
        """Return the means over replications (points, outputs)."""
        shape = (len(design), self.replications)
        runs = range(len(design) * self.replications)
        means = np.empty((len(design), len(self.names)))
        for k, name in enumerate(self.names):
            series = results.output(name, self.at, reduce=self.reduce).reindex(runs)
            values = series.to_numpy(np.float64).reshape(shape)
            if np.isnan(values).any():
                at = int(np.isnan(values).any(axis=1).argmax())
                raise AnalysisError(f"output {name!r} is NaN at {_told(design, at)}")
            means[:, k] = values.mean(axis=1)
        return means

    def __repr__(self) -> str:
        model = getattr(self.model, "__name__", repr(self.model))
        return f"<{', '.join(self.names)} of {model} as a function of ({', '.join(self.space.names)})>"


def as_function(
    model: Callable[..., Any],
    space: ParameterSpace,
    outputs: str | Sequence[str] | Mapping[str, Callable[[Any], Any]],
    *,
    at: At = "final",
    reduce: Reduce | None = None,
    replications: int = 1,
    rng: RNG = 0,
    seed_policy: Literal["common", "independent"] = "common",
    n_jobs: int | None = 1,
    max_steps: int = 1000,
    axis: Literal[0, 1] = 0,
    scenario_cls: type | None = None,
) -> ModelFunction:
    """Make a function ``f(x) -> y`` of a model, which anything that calls functions can call.

    Parameters
    ----------
    model : type or callable
        As of ``design.configurations``.
    space : ParameterSpace
        Its factors, in their order, are the coordinates of ``x``; its constants go to the model too.
    outputs : str, sequence of str, or mapping of str to callable
        Which output, or outputs; or functions ``model -> value`` by the name of the output.
    at, reduce
        Which number of a run, as in ``results.output``; not ``"all"``. ``reduce`` is for outputs of agents,
        not for functions.
    replications : int, default 1
        Runs a point, of which ``y`` is the mean.
    rng : int, SeedSequence, Generator or None, default 0
        Decides all seeds, once, as that of ``design.configurations``: ``f`` gives the same number at the same
        point whenever it is called, with other points or alone.
    seed_policy : {"common", "independent"}, default "common"
        Whether all points have the same seeds, so that they are compared under the same chance, or each has
        seeds of its own (which follow from its values).
    n_jobs : int or None, default 1
        As in :class:`BatchRunner`: one batch a call, so it pays where a call has many points.
    max_steps : int, default 1000
    axis : {0, 1}, default 0
        Which axis of a two-dimensional ``x`` is that of the points: 0 for SALib and scikit-learn, 1 for scipy
        (``sobol_indices``, ``differential_evolution(vectorized=True)``).
    scenario_cls : type, optional
        The model's Scenario class, where it cannot be found from the model.

    Returns
    -------
    ModelFunction
        See there for the shapes of ``x`` and ``y``.

    Raises
    ------
    ConfigurationError
        If an argument is wrong.

    Notes
    -----
    Values are those that the model gets, not shares of the unit cube. An array of floats cannot hold levels:
    for categories call ``f`` with a mapping, a DataFrame or an array of objects. Truths may be 0 and 1.

    A call takes some 20 ms beside the runs, whether for one point or for hundreds.

    With ``seed_policy="common"`` and few replications an optimiser finds the best point for these seeds:
    run the winner again with others. If no seed reaches the randomness of the model (``check_reproducible``
    tells), ``f`` is no function.

    Examples
    --------
    >>> from mesa_doe.space import Integer, ParameterSpace, Real
    >>> def model(a, n):
    ...     return {"y": n * a}
    >>> f = as_function(model, ParameterSpace(a=Real(0, 1), n=Integer(1, 4)), "y")
    >>> f([0.5, 3]), f([[0.5, 3], [1, 4]])
    (1.5, array([1.5, 4. ]))
    """
    collect: dict[str, Any] = (
        dict(outputs) if isinstance(outputs, Mapping) else dict.fromkeys(_listed(outputs))
    )
    names = tuple(collect)
    words = [word for word in AT_WORDS if word != "all"]
    problems = [
        text
        for wrong, text in (
            (not isinstance(space, ParameterSpace), f"space takes a ParameterSpace, got {space!r}"),
            (not names or len(names) < len(_listed(outputs)) or not all(isinstance(n, str) for n in names),
             f"outputs takes a name, different names, or a mapping of names to functions, got {outputs!r}"),
            (isinstance(outputs, Mapping) and not all(map(callable, collect.values())),
             f"outputs takes a function model -> value for each name, got {outputs!r}"),
            (isinstance(outputs, Mapping) and reduce is not None,
             f"outputs takes names beside reduce={reduce!r}, not functions: reduce= is for outputs of "
             "agents; leave it out, and let the functions give one number of the model"),
            (isinstance(at, str) and at not in words,
             f"at takes {', '.join(map(repr, words))}, a step or a function of the series, got {at!r}"),
            (seed_policy not in ("common", "independent"),
             f"seed_policy takes 'common' or 'independent', got {seed_policy!r}"),
            (isinstance(axis, bool) or axis not in (0, 1),
             f"axis takes 0 (a row a point) or 1 (a column a point), got {axis!r}"),
        )
        if wrong
    ]  # fmt: skip
    if problems:
        raise ConfigurationError(listed(problems, "as_function has problems"))
    root = root_entropy(rng)
    return ModelFunction(
        model=model,
        space=space,
        names=names,
        one_output=isinstance(outputs, str),
        # Outputs of agents are reduced afterwards, so everything is kept for them.
        collect=None if reduce is not None else collect,
        # A Generator moves on, so what it gives now is kept.
        rng=rng if isinstance(rng, (int, np.integer, np.random.SeedSequence)) else root,
        at=at,
        reduce=reduce,
        replications=replications,
        n_jobs=n_jobs,
        max_steps=max_steps,
        seed_policy=seed_policy,
        axis=axis,
        scenario_cls=scenario_cls,
    )


def _listed(outputs: Any) -> list[Any]:
    return [outputs] if isinstance(outputs, str) or not np.iterable(outputs) else list(outputs)


def _seeded(design: Design, policy: str) -> Design:
    """Give each point a block of its own, numbered by its place: its seeds follow from it alone."""
    if policy == "common":
        return design
    # Not the position in the call: the same point must have the same seeds in any company.
    digests = [hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in design.unit + 0.0]
    blocks = [int.from_bytes(digest, "little") >> 1 for digest in digests]
    return Design(
        design.space,
        design.unit,
        method=design.method,
        options=design.options,
        blocks=np.array(blocks, dtype=np.int64),
        points=design.points,
    )


def _settled(frame: pd.DataFrame, space: ParameterSpace) -> pd.DataFrame:
    """Return numbers that stand for truths as truths, and those just outside their axis at its end."""
    settled = frame.copy()
    for name, axis in space.axes.items():
        if name not in settled or settled[name].dtype.kind not in "iuf":
            continue
        column = settled[name]
        if isinstance(axis, Boolean):
            settled[name] = objects(bool(value) if value in (0, 1) else value for value in column)
        else:
            settled[name] = at_the_ends(axis, column)
    return settled


def _told(design: Design, point: int) -> str:
    values = {name: plain(column.iloc[point]) for name, column in design.points.items()}
    return "x = (" + ", ".join(f"{name}={value!r}" for name, value in values.items()) + ")"
