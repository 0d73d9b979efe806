"""``Results``: what a batch of runs gave, as tidy tables, and the way from there to an analysis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from mesa_doe.analysis import (
    Convergence,
    Recommendation,
    SensitivityResult,
    Tabulation,
    Uncertainty,
    VarianceSplit,
)
from mesa_doe.columns import Tables, free_names
from mesa_doe.configurations import Configurations, RunConfiguration, column_names
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, StudyError
from mesa_doe.model_run import Run, run
from mesa_doe.results.analyses import (
    convergence,
    recommend_replications,
    sensitivity,
    split_variance,
    tabulate,
    uncertainty,
)
from mesa_doe.results.asking import ask
from mesa_doe.results.drawing import Drawings
from mesa_doe.results.exchange import to_xarray, to_xy
from mesa_doe.results.noise import Noise
from mesa_doe.results.numbers import At, Reduce, Unequal
from mesa_doe.results.outputs import one_number, output, runs_of_points
from mesa_doe.study import StoredModel, StoredTables

__all__ = ["Results"]

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
    def study(self) -> Path | None:
        """Folder of the study; None where the runs are kept in memory."""
        return self._tables.records.folder.parent if isinstance(self._tables, StoredTables) else None

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

    def output(
        self, name: str, at: At = "final", *, reduce: Reduce | None = None, unequal: Unequal = "refuse"
    ) -> pd.Series[Any] | pd.DataFrame:
        """Return one number a run, or one a run and step.

        Parameters
        ----------
        name : str
            A column of ``model``; or of an agent table, with ``reduce``: ``"wealth"``, or
            ``"Person.wealth"`` where several types have it; or ``"steps"``, how long each run lasted, if no
            reporter is called so.
        at : {"final", "mean", "first", "min", "max", "all"}, step, or callable, default "final"
            The last kept step, the mean over the kept steps, the first, least or greatest of them (the mean,
            least and greatest are NaN if one of them is), every kept step, the value at a step, or a function
            of the run's series (indexed by step).
        reduce : {"mean", "median", "std", "var", "min", "max", "sum", "count"} or callable, optional
            How the values of all agents of a run and step become one. Of no agents, the sum and the count
            are 0, all else NaN.
        unequal : {"refuse", "common", "last"} or float, default "refuse"
            For ``at="all"``, where runs end at different steps: refuse; keep the steps that all have; hold
            the last value; or take this number for it.

        Returns
        -------
        Series, index ``run_id``
            Of the runs that are ``ok``, in run order; a DataFrame with a column a step for ``at="all"``.

        Raises
        ------
        AnalysisError
            If there is no such output, it is not numeric, or a run has no value at the step.
        """
        return output(self, name, at, reduce=reduce, unequal=unequal)

    def factors(self, of: Literal["points", "runs"] = "points") -> pd.DataFrame:
        """Return the factors of the recorded points, or runs, by the names of the axes.

        Parameters
        ----------
        of : {"points", "runs"}, default "points"

        Returns
        -------
        DataFrame, index ``point`` or ``run_id``
            Values as the model had them. Without a design, factors are the parameters that vary.

        Raises
        ------
        AnalysisError
            If the runs belong to no design points, or ``of`` takes something else.
        """
        if of not in ("points", "runs"):
            raise AnalysisError(f"factors are those of 'points' or of 'runs', got {of!r}")
        frame = self._parameters_of_points() if of == "points" else self.runs[self.parameters]
        if self.design is not None:
            names = self.design.space.names
            return frame.iloc[:, : len(names)].set_axis(names, axis=1)
        return frame[[name for name in frame if len({repr(value) for value in frame[name]}) > 1]]

    def points(self, output: str, at: At = "final", *, reduce: Reduce | None = None) -> pd.DataFrame:
        """Return one row a design point: its parameters and what its replications gave.

        Parameters
        ----------
        output : str
        at, reduce : as in :meth:`output`, but for ``"all"``

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
        values = one_number(self, output, at, reduce, "points")
        frame = self._parameters_of_points()
        frame.columns = pd.Index(column_names(self.parameters, _POINT_COLUMNS))
        by_point = values.groupby(self.runs["point"].reindex(values.index))
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
        configuration = self.configuration(run_id)
        if isinstance(configuration.model_cls, StoredModel):
            configuration = configuration.model_cls.restored(
                configuration, model=model, any_source=allow_changed_model
            )
        return run(configuration)

    def configuration(self, run_id: int) -> RunConfiguration:
        """Return what a run was made of.

        Parameters
        ----------
        run_id : int

        Returns
        -------
        RunConfiguration
            Of a study that was loaded, with a model that is named and not imported: :meth:`replay` does.

        Raises
        ------
        StudyError
            If there is no such run.
        """
        known = self.configurations
        ids = known.runs if isinstance(known, Configurations) else [one.run_id for one in known]
        if run_id not in ids:
            raise StudyError(f"there is no run {run_id!r}; runs are {ids[0]} to {ids[-1]}")
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
        AnalysisError
            If there is no such table or column, or this is no SQL.
        MissingDependencyError
            If DuckDB is not installed.
        """
        return ask(self, sql)

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

    def to_xarray(self, outputs: str | Sequence[str] | None = None) -> Any:
        """Return the model's time series as an xarray Dataset.

        Parameters
        ----------
        outputs : str or sequence of str, optional
            Which outputs of the model; by default all.

        Returns
        -------
        xarray.Dataset
            A variable an output, of dimensions ``point``, ``replication`` and ``step``; NaN (None for text)
            where a run has no value. Parameters are coordinates of the points; ``seed`` (as text) and
            ``status``, which is ``"pending"`` where there is no run, are coordinates of the runs. A parameter
            whose name is taken has ``_parameter`` appended, an output ``_output``.

        Raises
        ------
        AnalysisError
            If there is no such output, or runs have no point.
        MissingDependencyError
            If xarray is not installed.

        Examples
        --------
        >>> from mesa_doe.runner import BatchRunner
        >>> from mesa_doe.samplers import explicit
        >>> def double(x):
        ...     return {"y": 2 * x}
        >>> runs = explicit({"x": [1, 2]}).configurations(double, rng=1, seed_policy="common")
        >>> data = BatchRunner(runs).run_all().to_xarray()
        >>> dict(data.sizes), data["y"].sel(point=1).item()
        ({'point': 2, 'replication': 1, 'step': 1}, 4)
        """
        return to_xarray(self, outputs)

    def to_xy(
        self,
        output: str,
        at: At = "final",
        *,
        reduce: Reduce | None = None,
        categories: Literal["category", "one-hot"] = "category",
        missing: Literal["raise", "drop"] = "raise",
    ) -> tuple[pd.DataFrame, pd.Series[float]]:
        """Return the factors X and one output y of every design point, for surrogates of scikit-learn.

        Parameters
        ----------
        output : str
        at, reduce
            As in :meth:`output`, but for ``"all"``.
        categories : {"category", "one-hot"}, default "category"
            Whether a column of levels is a pandas categorical, or a column of 0 and 1 a level (``"kind=a"``).
        missing : {"raise", "drop"}, default "raise"
            What to do with points that have no finite value.

        Returns
        -------
        X : DataFrame (points, factors), index ``point``
            Native values by the names of the axes, in their order; constants and the seed are left out.
        y : Series (points,), index ``point``
            Means over the replications that gave a number.

        Raises
        ------
        AnalysisError
            If there is no such output, points are missing, or levels cannot be told apart by their text.

        Examples
        --------
        >>> from mesa_doe.runner import BatchRunner
        >>> from mesa_doe.samplers import explicit
        >>> def model(x, kind):
        ...     return {"y": x if kind == "plain" else 2 * x}
        >>> design = explicit({"x": [1, 2], "kind": ["plain", "twice"]})
        >>> results = BatchRunner(design.configurations(model, rng=1, seed_policy="common")).run_all()
        >>> X, y = results.to_xy("y", categories="one-hot")
        >>> X.columns.tolist(), y.tolist()
        (['x', 'kind=plain', 'kind=twice'], [1.0, 4.0])
        """
        return to_xy(self, output, at, reduce=reduce, categories=categories, missing=missing)

    def sensitivity(
        self,
        output: str | Sequence[str],
        at: At = "final",
        *,
        reduce: Reduce | None = None,
        unequal: Unequal = "refuse",
        method: str | None = None,
        design: Design | None = None,
        missing: Literal["raise", "drop"] = "raise",
        **options: Any,
    ) -> SensitivityResult:
        """Analyse outputs with the analysis that fits the design.

        Parameters
        ----------
        output : str or sequence of str
            As in :meth:`output`; several are analysed at once.
        at, reduce, unequal : as in :meth:`output`
            ``at="all"`` gives estimates over time: a row a step, in a column ``step``.
        method : str, optional
            Name of the analysis; by default the one that fits the design.
        design : Design, optional
            Needed only where the runs did not come from ``design.configurations``, or their study was loaded
            and has levels that no file can hold.
        missing : {"raise", "drop"}, default "raise"
            What to do with points of which a run failed or gave no number; steps at which no run gave one are
            left out with them.
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
        return sensitivity(
            self, output, at, reduce=reduce, unequal=unequal, method=method, design=design, missing=missing,
            options=options,
        )  # fmt: skip

    def convergence(
        self,
        output: str,
        at: At = "final",
        *,
        reduce: Reduce | None = None,
        method: str | None = None,
        design: Design | None = None,
        **options: Any,
    ) -> Convergence:
        """Tell how far the estimates of an analysis have settled, on growing beginnings of the design.

        Parameters
        ----------
        output, at, reduce, method, design
            As in :meth:`sensitivity`, but for ``at="all"``.
        **options
            Of :func:`mesa_doe.analyze.convergence` and of the analysis.

        Returns
        -------
        Convergence
        """
        return convergence(self, output, at, reduce=reduce, method=method, design=design, options=options)

    def uncertainty(
        self,
        output: str,
        at: At = "final",
        *,
        reduce: Reduce | None = None,
        by: str | None = None,
        design: Design | None = None,
        **options: Any,
    ) -> Uncertainty:
        """Describe the distribution of an output, the inputs being as the laws of the axes say.

        Parameters
        ----------
        output, at, reduce, design
            As in :meth:`sensitivity`, but for ``at="all"``.
        by : str, optional
            A factor: the distribution at each of its values, or in five bins of more than 10 numbers.
        **options
            Of :func:`mesa_doe.analyze.uncertainty`: ``thresholds=``, ``quantiles=``, ``confidence=``, ….

        Returns
        -------
        Uncertainty
            Of single runs and, with replications, of the means of points.

        Raises
        ------
        AnalysisError
            If the points of the design do not follow the laws, as those of factorial designs.

        Warns
        -----
        MesaDoeWarning
            As :func:`mesa_doe.analyze.uncertainty` does: where all points share their seeds, say, the
            intervals know nothing of the noise.
        """
        return uncertainty(self, output, at, reduce=reduce, by=by, design=design, options=options)

    def split_variance(
        self, output: str, at: At = "final", *, reduce: Reduce | None = None, **options: Any
    ) -> VarianceSplit:
        """Split the variance of an output into that of the parameters and that of the seed.

        Parameters
        ----------
        output, at, reduce
            As in :meth:`sensitivity`, but for ``at="all"``.
        **options
            Of :func:`mesa_doe.analyze.split_variance`.

        Returns
        -------
        VarianceSplit
        """
        return split_variance(self, output, at, reduce=reduce, options=options)

    def recommend_replications(
        self,
        output: str,
        at: At = "final",
        *,
        reduce: Reduce | None = None,
        by: Literal["precision", "cv", "power"] = "precision",
        **options: Any,
    ) -> Recommendation:
        """Recommend a number of replications, these runs being the pilot.

        Parameters
        ----------
        output, at, reduce
            As in :meth:`sensitivity`, but for ``at="all"``.
        by, **options
            As in :func:`mesa_doe.analyze.recommend_replications`.

        Returns
        -------
        Recommendation
        """
        return recommend_replications(self, output, at, reduce=reduce, options={"by": by, **options})

    def tabulate(self, output: str, *, design: Design | None = None, **options: Any) -> Tabulation:
        """Count the last value of an output, text or not, at each level of each factor.

        Parameters
        ----------
        output : str
            A column of ``model``.
        design : Design, optional
            As in :meth:`sensitivity`, for the levels as they are; without any, factors are what varies. Runs
            of a block, or of a point of a sample, count as ``blocks=``.
        **options
            Of :func:`mesa_doe.analyze.tabulate`: ``bins=``, ``confidence=``, ….

        Returns
        -------
        Tabulation
        """
        return tabulate(self, output, design=design, options=options)

    def _parameters_of_points(self) -> pd.DataFrame:
        runs = runs_of_points(self).astype({"point": np.int64})
        # Not groupby.first: it would turn levels that are containers into missing values.
        return runs[~runs["point"].duplicated()].set_index("point")[self.parameters].sort_index()

    @property
    def plot(self) -> Drawings:
        """Figures of the results: ``results.plot.scatter(...)``, ``results.plot.series(...)``, …."""
        return Drawings(self)

    def __len__(self) -> int:
        return self._recorded

    def __repr__(self) -> str:
        counts = Counter(self.runs["status"])
        if self.pending:
            counts["pending"] = self.pending
        told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items(), reverse=True))
        names = ", ".join(self.outputs) or "none"
        return f"<Results: {len(self.configurations)} runs ({told}); outputs {names}>"
