"""Results as the page asks for them: outputs, steps, factors and analyses, each worked out once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pandas as pd

from mesa_doe.analysis import SensitivityResult
from mesa_doe.analysis.declare import named_by, suited
from mesa_doe.errors import AnalysisError, MesaDoeError, counted
from mesa_doe.results import Results
from mesa_doe.results.declared import logarithmic

__all__ = ["ALONE", "Answer", "At", "Held", "Missing", "Opened", "at_text"]


@dataclass(frozen=True)
class Held:
    """A step at which a run that has ended has its last value."""

    step: float

    def __call__(self, series: pd.Series[Any]) -> float:
        """Return the value of a series, indexed by step, at this one."""
        return float(series[series.index <= self.step].iloc[-1])


#: Which number of a run: that of a step, or the last.
At: TypeAlias = float | Held | Literal["final"]
Missing: TypeAlias = Literal["raise", "drop"]

#: Held by what seeds or draws from the global generators, which all threads of a server share.
ALONE = threading.RLock()


@dataclass(frozen=True)
class Answer:
    """What an analysis gave, or why there is none.

    Parameters
    ----------
    result : SensitivityResult or None
    problem : str
        Empty where there is a result.
    """

    result: SensitivityResult | None = None
    problem: str = ""


class Opened:
    """Results that are looked at.

    Parameters
    ----------
    results : Results
    model : callable, optional
        Returns the model, where a study that was loaded cannot import it; called when a run is made again.
    allow_changed_model : bool, default False
        Whether its code may differ from that of the study.

    Examples
    --------
    >>> import mesa_doe as doe
    >>> design = doe.full_factorial(doe.ParameterSpace(x=doe.Real(0, 1), kind=doe.Boolean()), 2)
    >>> runs = design.configurations(lambda x, kind: {"y": x, "name": "a"}, rng=1, seed_policy="common")
    >>> opened = Opened(doe.BatchRunner(runs).run_all())
    >>> opened.outputs, opened.words, opened.factors, opened.choices("y")
    (['y'], ['name'], ['x', 'kind'], ['final'])
    """

    def __init__(
        self,
        results: Results,
        *,
        model: Callable[[], Callable[..., Any]] | None = None,
        allow_changed_model: bool = False,
    ) -> None:
        self.results = results
        self.model = model
        self.allow_changed_model = allow_changed_model
        self._series: dict[tuple[str, bool], pd.DataFrame] = {}
        self._answers: dict[Any, Answer] = {}

    @property
    def folder(self) -> Path | None:
        """Of the study; None where the results are in memory only, and cannot be read again."""
        return self.results.study

    @cached_property
    def outputs(self) -> list[str]:
        """The model's outputs that are numbers."""
        model = self.results.model
        return [name for name in self.results.outputs if model[name].dtype.kind in "bif"]

    @property
    def words(self) -> list[str]:
        """Those that are not."""
        return [name for name in self.results.outputs if name not in self.outputs]

    @cached_property
    def by_run(self) -> pd.DataFrame:
        """The factors of each run; where nothing varies, the number of the run stands for one."""
        frame = self.results.factors("runs")
        return frame if len(frame.columns) else pd.DataFrame({"run": frame.index}, index=frame.index)

    @property
    def factors(self) -> list[str]:
        """Names of the factors."""
        return [str(name) for name in self.by_run.columns]

    @cached_property
    def methods(self) -> list[str]:
        """Names of the analyses that can be made of the design."""
        design = self.results.design
        return [] if design is None else suited(design.origin or design)

    def is_log(self, factor: str) -> bool:
        """Whether an axis of the space is logarithmic."""
        return factor in logarithmic(self.results.design)

    def steps(self, output: str, hold: bool = False) -> list[float]:
        """Return the steps at which every run has the output; empty where only the last was kept.

        Parameters
        ----------
        output : str
        hold : bool, default False
            Whether a run that has ended keeps its last value.
        """
        steps = [float(step) for step in self._over_time(output, hold).columns]
        return steps if len(steps) > 1 else []

    def choices(self, output: str, hold: bool = False) -> list[At]:
        """Return which numbers of a run there are: its steps, and its end where runs end apart."""
        steps = self.steps(output, hold)
        if not self.ends_differ(output):
            return [*steps] or ["final"]
        return [Held(step) for step in steps] if hold else [*steps, "final"]

    def ends_differ(self, output: str) -> bool:
        """Whether runs have values after the last step that all of them have."""
        return len(self._over_time(output, True).columns) > len(self._over_time(output, False).columns)

    def values(self, output: str, at: At) -> pd.Series[Any]:
        """Return one number a run, index ``run_id``; runs that are not ok have none."""
        if at == "final":
            last: pd.Series[Any] = self.results.output(output)  # type: ignore[assignment]
            return last
        if isinstance(at, Held):
            return self._over_time(output, True)[at.step].rename(output)
        return self._over_time(output, False)[at].rename(output)

    def indices(
        self,
        output: str,
        at: At | Literal["all"],
        missing: Missing = "raise",
        method: str | None = None,
        *,
        hold: bool = False,
    ) -> Answer:
        """Analyse an output.

        Parameters
        ----------
        output : str
        at : step, "final" or "all"
            ``"all"`` is over the steps.
        missing : {"raise", "drop"}
        method : str, optional
            By default the analysis that fits the design.
        hold : bool, default False
            For ``"all"``, as in :meth:`steps`.
        """
        key = (output, at, missing, method, hold)
        if key not in self._answers:
            with ALONE:
                self._answers[key] = self._answers.get(key) or self._analysed(*key)
        return self._answers[key]

    def _analysed(self, output: str, at: Any, missing: Missing, method: str | None, hold: bool) -> Answer:
        unequal: Any = "refuse" if at != "all" else "last" if hold else "common"
        try:
            return Answer(
                self.results.sensitivity(output, at, unequal=unequal, missing=missing, method=method)
            )
        except MesaDoeError as error:
            return Answer(problem=named_by(str(error), "choose one under Analysis:"))
        except Exception as error:  # noqa: BLE001 - the page says what a library made of these numbers
            return Answer(problem=f"{type(error).__name__}: {error}")

    def _over_time(self, output: str, hold: bool) -> pd.DataFrame:
        key = (output, hold)
        if key not in self._series:
            try:
                whole: Any = self.results.output(output, "all", unequal="last" if hold else "common")
            except AnalysisError:  # only the last step was kept, or no run is ok
                whole = pd.DataFrame(index=self.results.runs.index)
            self._series[key] = whole
        return self._series[key]

    def state(self) -> str:
        """Return how many runs there are, and how many are not ok or not made."""
        results = self.results
        told = [counted(len(results), "run")]
        counts = results.runs["status"].value_counts()
        told += [f"{count} {status}" for status, count in counts.items() if status != "ok"]
        if results.pending:
            told.append(f"{results.pending} pending")
        return ", ".join(told)

    @property
    def has_gaps(self) -> bool:
        """Whether runs that were planned gave nothing."""
        return bool(self.results.pending) or bool((self.results.runs["status"] != "ok").any())


def at_text(at: At) -> str:
    """Return how a choice is called.

    Examples
    --------
    >>> at_text(3.0), at_text("final")
    ('step 3', 'the end of each run')
    """
    if isinstance(at, str):
        return "the end of each run"
    return f"step {at.step if isinstance(at, Held) else at:g}"
