"""``Results``: what a batch of runs gave, as tidy tables, and the way from there to an analysis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from numbers import Real
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from mesa_doe import plots
from mesa_doe._optional import require
from mesa_doe.analysis import SensitivityResult, choose
from mesa_doe.analysis.aligning import aligned_outputs
from mesa_doe.columns import Tables, free_names
from mesa_doe.configurations import Configurations, RunConfiguration, column_names
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, StudyError, warn
from mesa_doe.model_run import Run, Wanted, run
from mesa_doe.seeding import policy_of
from mesa_doe.study import StoredModel, StoredTables

__all__ = ["Noise", "Results"]

#: Whether an output varies between runs of one configuration, and whether the seed decides it.
Noise: TypeAlias = Literal["none", "seeded", "unseeded"]

At: TypeAlias = Literal["final", "mean"] | float | Callable[["pd.Series[Any]"], float]

_POINT_COLUMNS = ("point", "replications", "mean", "std", "sem")


class Results:
    """What a batch of runs gave.

    Made by :meth:`BatchRunner.run_all`.

    Parameters
    ----------
    runs : callable
        Returns one row a run, index ``run_id``, with ``traceback``; called when it is looked at.
    tables : Tables or StoredTables
        What the models reported.
    recorded : int
        How many runs these are.
    configurations : sequence of RunConfiguration
        Of all runs that were planned.
    parameters : sequence of str
        Columns of ``runs`` that are parameters.
    design : Design, optional
        Whose points the runs are.
    seed_policy : str, optional
        How runs were seeded; None for runs built by hand.
    noise : mapping of str to {"none", "seeded", "unseeded"}, optional
        By output, what repeating a few runs showed.
    period : int or None, default -1
        The data collection period of the runs; None where they differ.

    Attributes
    ----------
    configurations : sequence of RunConfiguration
    parameters : list of str
    design : Design or None
    seed_policy : str or None
    noise : dict
    data_collection_period : int or None
    """

    def __init__(
        self,
        runs: Callable[[], pd.DataFrame],
        tables: Tables | StoredTables,
        *,
        recorded: int,
        configurations: Sequence[RunConfiguration],
        parameters: list[str],
        design: Design | None = None,
        seed_policy: str | None = None,
        noise: Mapping[str, Noise] | None = None,
        period: int | None = -1,
    ) -> None:
        self._recorded = recorded
        self.configurations = configurations
        self.parameters = list(parameters)
        self.design = design
        self.seed_policy = seed_policy
        self.noise = dict(noise or {})
        self.data_collection_period = period
        self._make_runs = runs
        self._tables = tables

    @cached_property
    def _all_runs(self) -> pd.DataFrame:
        return self._make_runs()

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run that is recorded, index ``run_id``.

        Columns ``point``, ``iteration``, ``seed`` (128-bit ints as text), the parameters, ``status``
        (``ok``, ``failed``, ``timeout`` or ``crashed``), ``origin``, ``error_type``, ``error``, ``steps``
        and ``wall_time`` (seconds).
        """
        return self._all_runs.drop(columns="traceback")

    @property
    def pending(self) -> int:
        """How many of the planned runs are not recorded."""
        return len(self.configurations) - len(self)

    @cached_property
    def model(self) -> pd.DataFrame:
        """The models' time series: ``run_id``, ``step`` and one column a reporter, in run order."""
        return self._tables.model.to_frame()

    @cached_property
    def agents(self) -> dict[str, pd.DataFrame]:
        """Agent type → frame of ``run_id``, ``step``, ``agent_id`` and one column a reporter.

        What ``agent_reporters`` collect of agents of any type is under ``"Agent"``.
        """
        return {name: self._tables.agents[name].to_frame() for name in sorted(self._tables.agents)}

    @cached_property
    def tables(self) -> dict[str, pd.DataFrame]:
        """Name → frame of ``run_id`` and the columns of the collector's table of that name."""
        return {name: self._tables.tables[name].to_frame() for name in sorted(self._tables.tables)}

    @property
    def failures(self) -> pd.DataFrame:
        """The rows of ``runs`` that are not ``ok``, with their ``traceback``."""
        failed = self.runs["status"] != "ok"
        return self._all_runs[failed.to_numpy()]

    @property
    def outputs(self) -> list[str]:
        """Names of the model's outputs."""
        return [name for name in self.model.columns if name not in ("run_id", "step")]

    def output(self, name: str, at: At = "final") -> pd.Series[Any]:
        """Return one number a run.

        Parameters
        ----------
        name : str
            A column of ``model``.
        at : {"final", "mean"}, step, or callable, default "final"
            The last kept step, the mean over the kept steps (NaN if one of them is), the value at a step,
            or a function of the run's series (indexed by step).

        Returns
        -------
        Series, index ``run_id``
            Of the runs that are ``ok``, in run order.

        Raises
        ------
        AnalysisError
            If there is no such output, it is not numeric, or a run has no value at the step.
        """
        model = self._numeric(name)
        known: Any = at
        if known not in ("final", "mean") if isinstance(known, str) else not _is_step_or_function(known):
            message = f"at takes 'final', 'mean', a step or a function of the series, got {at!r}"
            raise AnalysisError(message)
        if at != "final" and self._period_of(name) == -1 and self._lost_steps:
            message = (
                f"only the last step of each run was kept, so at={at!r} has nothing to look at: make the "
                "configurations with data_collection_period=1 (or the period that you need)"
            )
            raise AnalysisError(message)
        by_run = model.groupby("run_id", sort=True)[name]
        if callable(at):
            series = model.set_index("step").groupby("run_id", sort=True)[name]
            values = {run: at(one) for run, one in series}
            return pd.Series(values, name=name, dtype=np.float64).rename_axis("run_id")
        if at == "final":
            return by_run.last(skipna=False)
        if at == "mean":
            return by_run.mean(skipna=False)
        return self._at_step(model, name, at)

    @property
    def _lost_steps(self) -> bool:
        """Whether runs took steps that were not kept."""
        return bool((self.runs["steps"] > 0).any())

    def _at_step(self, model: pd.DataFrame, name: str, step: float) -> pd.Series[Any]:
        here = model.loc[model["step"] == step, ["run_id", name]].set_index("run_id")[name]
        lacking = sorted(set(model["run_id"]) - set(here.index))
        if lacking:
            ends = model.groupby("run_id")["step"].max()
            message = (
                f"{len(lacking)} of {len(ends)} runs have no value of {name!r} at step {step:g} (first: run "
                f"{lacking[0]}; the shortest run ends at step {ends.min():g}, and the runs "
                f"keep it with period {self._period_of(name)}); use at='final', 'mean' or a "
                "function"
            )
            raise AnalysisError(message)
        return here

    def _period_of(self, name: str) -> int | None:
        """Return the period with which an output was kept; None where runs differ."""
        outputs = getattr(self.configurations, "outputs", None)
        if not isinstance(outputs, Mapping) or self.data_collection_period is None:
            return self.data_collection_period
        own = Wanted(outputs, self.data_collection_period).period_of(name, "model")
        return self.data_collection_period if own is None else own

    def _numeric(self, name: str) -> pd.DataFrame:
        model = self.model
        if name not in self.outputs:
            done = "" if len(model) else "; no run was finished: see results.failures"
            message = f"there is no output {name!r}; there are {', '.join(self.outputs) or 'none'}{done}"
            raise AnalysisError(message)
        if model[name].dtype.kind not in "bif":
            message = (
                f"output {name!r} holds text, not numbers; reduce it to a number in the model, or with "
                "outputs= of design.configurations"
            )
            raise AnalysisError(message)
        series = model[["run_id", "step", name]].astype({name: np.float64})
        period = self._period_of(name)
        if period == self.data_collection_period or period is None:
            return series
        # Outputs of the model share its table: at other steps there is a gap, which is no missing value.
        kept = series["run_id"] != series["run_id"].shift(-1)
        if period > 0:
            kept |= series["step"] % period == 0
        return series[kept]

    def points(self, name: str, at: At = "final") -> pd.DataFrame:
        """Return one row a design point: its parameters and what its replications gave.

        Parameters
        ----------
        name : str
        at : as in :meth:`output`

        Returns
        -------
        DataFrame, index ``point``
            The parameters, ``replications`` (those that gave a number; the others are left out), ``mean``,
            ``std`` (ddof 1) and ``sem``, the standard error of the mean.

        Raises
        ------
        AnalysisError
            If the runs belong to no design points.
        """
        if self.runs["point"].isna().any():
            message = "some runs have no point; give their RunConfigurations one, or use results.output"
            raise AnalysisError(message)
        values = self.output(name, at)
        runs = self.runs
        # Not groupby.first: it would turn levels that are containers into missing values.
        frame = runs[~runs["point"].duplicated()].set_index("point")[self.parameters].sort_index()
        frame.columns = pd.Index(column_names(self.parameters, _POINT_COLUMNS))
        by_point = values.groupby(runs["point"].reindex(values.index))
        frame["replications"] = by_point.count().reindex(frame.index, fill_value=0).astype(np.int64)
        frame["mean"] = by_point.mean().reindex(frame.index)
        frame["std"] = by_point.std(ddof=1).reindex(frame.index)
        frame["sem"] = frame["std"] / np.sqrt(frame["replications"].where(frame["replications"] > 0))
        return frame

    def replay(
        self, run_id: int, *, model: Callable[..., Any] | None = None, allow_changed_model: bool = False
    ) -> Run:
        """Make one run again, exactly, in this process.

        Parameters
        ----------
        run_id : int
        model : type or callable, optional
            The model, where a study that was loaded cannot import it: one that a notebook or a script
            defines.
        allow_changed_model : bool, default False
            Whether its code may differ from that of the study.

        Returns
        -------
        Run
            What ``doe.run`` gives; a model's exception is raised.

        Raises
        ------
        StudyError
            If there is no such run, its model cannot be imported or was changed, or a parameter was
            stored as text only.
        """
        configuration = self._configuration(run_id)
        if isinstance(configuration.model_cls, StoredModel):
            configuration = configuration.model_cls.restored(
                configuration, model=model, any_source=allow_changed_model
            )
        return run(configuration)

    def _configuration(self, run_id: int) -> RunConfiguration:
        known = self.configurations
        ids = known.runs if isinstance(known, Configurations) else [one.run_id for one in known]
        if run_id not in ids:
            message = f"there is no run {run_id!r}; runs are {ids[0]} to {ids[-1]}"
            raise StudyError(message)
        return known[ids.index(run_id)]

    def query(self, sql: str) -> pd.DataFrame:
        """Ask the tables with SQL, through DuckDB.

        Parameters
        ----------
        sql : str
            Tables are ``runs``, ``model``, and the agent types and named tables by their names (in double
            quotes where they are no plain words; where two share a name, agents keep it and the other is
            ``table_`` and the name).

        Returns
        -------
        DataFrame

        Raises
        ------
        MissingDependencyError
            If DuckDB is not installed.
        """
        duckdb = require("duckdb", extra="sql")
        tables = {
            **{f"table_{n}" if n in self.agents else n: t for n, t in self.tables.items()},
            **self.agents,
        }
        with duckdb.connect(":memory:", config={"enable_external_access": "false"}) as connection:
            for name, frame in {**tables, "model": self.model, "runs": self.runs.reset_index()}.items():
                connection.register(name, frame)
            answer: pd.DataFrame = connection.execute(sql).df()
        return answer

    def to_records(self) -> list[dict[str, Any]]:
        """Return one dictionary a run and kept step: run, parameters and the model's outputs.

        Returns
        -------
        list of dict
            Keys ``run_id``, ``point``, ``iteration``, ``seed``, the parameters, ``step`` and the outputs
            (``_output`` appended where a name clashes). Values are plain Python objects. A failed run
            reported nothing, and has no record: it is in ``failures``.
        """
        columns = ["point", "iteration", "seed", *self.parameters]
        left = self.runs[columns].reset_index()
        free = free_names(self.outputs, {*left.columns, "step"}, "_output")
        right = self.model.rename(columns=dict(zip(self.outputs, free, strict=True)))
        merged = left.merge(right, on="run_id", how="inner", validate="one_to_many")
        return merged.astype(object).to_dict("records")  # type: ignore[return-value]

    def sensitivity(
        self,
        output: str,
        at: At = "final",
        *,
        method: str | None = None,
        design: Design | None = None,
        missing: Literal["raise", "drop"] = "raise",
        **options: Any,
    ) -> SensitivityResult:
        """Analyse one output with the analysis that fits the design.

        Parameters
        ----------
        output : str
            A column of ``model``.
        at : as in :meth:`output`
        method : str, optional
            Name of the analysis; by default the one that fits the design.
        design : Design, optional
            Needed only where the runs did not come from ``design.configurations``.
        missing : {"raise", "drop"}, default "raise"
            What to do with points of which a run failed or gave no number.
        **options
            Of the analysis, such as ``resamples=`` and ``confidence=``.

        Returns
        -------
        SensitivityResult

        Raises
        ------
        AnalysisError
            If there is no design, no analysis for it, or points are missing.
        """
        design = design if design is not None else self.design
        if design is None:
            message = (
                "these runs carry no design: they were not made by design.configurations(...); "
                "give it with results.sensitivity(..., design=design)"
            )
            raise AnalysisError(message)
        own = {"outputs", "seed_policy"} & options.keys()
        if own:
            message = f"results.sensitivity knows {', '.join(sorted(own))} itself; leave it out"
            raise AnalysisError(message)
        y = aligned_outputs(design, self.runs, self.output(output, at))
        policy = self._policy(design, output)
        if design.origin is not None:
            if policy is not None and design.options["across_blocks"]:
                warn(
                    f"output {output!r} has noise, but points of different blocks were merged: their noise "
                    "is the same, which the indices take for an effect; deduplicate within blocks instead"
                )
            y, design = y[design.twin_of], design.origin
        analyse = choose(design, method)
        return analyse(design, y, outputs=[output], missing=missing, seed_policy=policy, **options)

    def _policy(self, design: Design, output: str) -> str | None:
        """Return how the runs were seeded, as it matters to one output."""
        noise = self.noise.get(output)
        if noise == "none":
            return None
        if noise == "unseeded":
            # As if each run had a seed of its own.
            return "independent"
        if self.seed_policy is None:
            seeds, points, iterations = (self.runs[c].tolist() for c in ("seed", "point", "iteration"))
            return policy_of(seeds, points, iterations, design.blocks)
        return self.seed_policy

    def plot_scatter(self, output: str, factor: str, at: At = "final", ax: Any = None) -> Any:
        """Draw one output of every design point over one factor, with its binned conditional mean.

        Parameters
        ----------
        output, factor : str
        at : as in :meth:`output`
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes
        """
        frame = self.points(output, at)
        if factor not in self.parameters:
            message = f"there is no parameter {factor!r}; there are {', '.join(self.parameters)}"
            raise AnalysisError(message)
        column = frame.columns[self.parameters.index(factor)]
        return plots.scatter(frame[column], frame["mean"], ax=ax, xlabel=factor, ylabel=output)

    def plot_series(self, output: str, ax: Any = None) -> Any:
        """Draw the time series of one output over all runs: median and quantile bands.

        Parameters
        ----------
        output : str
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes
        """
        series = self._numeric(output).rename(columns={output: "value"})
        return plots.fan(series, ax=ax, ylabel=output)

    def __len__(self) -> int:
        return self._recorded

    def __repr__(self) -> str:
        counts = Counter(self.runs["status"])
        if self.pending:
            counts["pending"] = self.pending
        told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items(), reverse=True))
        names = ", ".join(self.outputs) or "none"
        return f"<Results: {len(self.configurations)} runs ({told}); outputs {names}>"


def _is_step_or_function(value: Any) -> bool:
    return callable(value) or (isinstance(value, Real) and not isinstance(value, bool))
