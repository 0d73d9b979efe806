"""``write_report``: results as one HTML file."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from numbers import Real
from pathlib import Path
from typing import Any

from mesa_doe._optional import require
from mesa_doe.analysis import SensitivityResult
from mesa_doe.analysis.declare import choose, suited
from mesa_doe.analysis.options import check_missing
from mesa_doe.analysis.outputs import Missing
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, MesaDoeError, MesaDoeWarning, StudyError, are, sentence
from mesa_doe.report.indices import Analysed
from mesa_doe.report.outputs import Outputs
from mesa_doe.report.page import MARK, MOST_OUTPUTS, page_of
from mesa_doe.results import At, Results
from mesa_doe.results.length import LENGTH
from mesa_doe.results.numbers import AT_WORDS
from mesa_doe.study.whole_file import whole_file

__all__ = ["check_place", "write_report"]


def write_report(
    results: Results,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    outputs: str | Sequence[str] | None = None,
    analyses: SensitivityResult | Sequence[SensitivityResult] | None = None,
    at: At = "final",
    missing: Missing = "raise",
    command: str | None = None,
) -> Path:
    """Write results as one HTML file that needs nothing else: no network, no Python, no other file.

    It tells what was run and how to run it again, and shows the design, the failures, the outputs, the
    indices and the tables, which can be sorted and saved as CSV. The same results give the same file.

    Parameters
    ----------
    results : Results
    path : str or path
        Of the file. An earlier report is replaced, and nothing else is.
    title : str, optional
        By default the name of the study or of the model.
    outputs : str or sequence of str, optional
        Outputs of the model that are shown; by default all, up to twenty.
    analyses : SensitivityResult or sequence of them, optional
        Shown as they are. By default, the analysis that fits the design is made of the outputs that are
        numbers; an empty list is none.
    at : {"final", "mean", "first", "min", "max"}, step, or callable, default "final"
        Which number of a run is shown and analysed, as in :meth:`Results.output`.
    missing : {"raise", "drop"}, default "raise"
        What the analysis does with points of which a run failed; with ``"raise"`` the page says that there
        are no indices, and why. Given analyses have been made, and take no other.
    command : str, optional
        The line at the command line that makes the runs, where there is one.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    AnalysisError
        If there is no such output, or an argument takes something else.
    StudyError
        If these are no results, something else is at the path, or it cannot be written.
    MissingDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from mesa_doe.runner import BatchRunner
    >>> from mesa_doe.samplers import explicit
    >>> runs = explicit({"x": [1, 2]}).configurations(lambda x: {"y": 2 * x}, rng=1, seed_policy="common")
    >>> with TemporaryDirectory() as folder:
    ...     write_report(BatchRunner(runs).run_all(), f"{folder}/doubled.html").name
    'doubled.html'
    """
    given: Any = results
    if not isinstance(given, Results):
        raise StudyError(
            f"write_report takes results, got {type(given).__name__}; load(path) gives those of a study"
        )
    _check_words(at, missing, analyses)
    path = Path(path)
    check_place(path)
    # What they say stands on the page.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MesaDoeWarning)
        shown = _outputs(results, outputs, at)
        analysed = _analysed(results, shown, analyses, missing)
        page = page_of(results, title, shown, analysed, command)
    try:
        with whole_file(path) as file:
            file.write_text(page, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StudyError(f"the report cannot be written to {str(path)!r}: {error}") from error
    return path


def check_place(path: Path) -> None:
    """Refuse to write over what is no report of ours, or where matplotlib is not installed.

    Raises
    ------
    StudyError, MissingDependencyError
    """
    require("matplotlib", extra="plot")
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            is_ours = MARK.encode() in file.read(1_000)
    except OSError as error:
        raise StudyError(f"the report cannot be written to {str(path)!r}: {error}") from error
    if not is_ours:
        raise StudyError(f"{str(path)!r} is no report of mesa-doe, and is not overwritten: give another path")


def _check_words(at: Any, missing: Any, analyses: Any) -> None:
    words = [word for word in AT_WORDS if word != "all"]
    is_step = isinstance(at, Real) and not isinstance(at, bool)
    if not (callable(at) or is_step or (isinstance(at, str) and at in words)):
        raise AnalysisError(
            f"a report takes one number a run, so at= takes {', '.join(map(repr, words))}, a step or "
            f"a function, got {at!r}"
        )
    check_missing("write_report", missing)
    if missing != "raise" and analyses is not None:
        raise AnalysisError(
            f"missing={missing!r} is for the analysis that a report makes: leave it out with analyses="
        )


def _outputs(results: Results, names: str | Sequence[str] | None, at: Any) -> Outputs:
    known = results.outputs
    wanted = known if names is None else [names] if isinstance(names, str) else list(names)
    if unknown := [name for name in wanted if name not in known and name != LENGTH]:
        told = ", ".join(map(repr, unknown))
        raise AnalysisError(
            f"{told} {are(len(unknown))} no output of the model; "
            f"there are {', '.join(map(str, known)) or 'none'}"
        )
    chosen = list(dict.fromkeys(wanted))[: None if names is not None else MOST_OUTPUTS]
    values: dict[str, Any] = {}
    words, problems = [], {}
    for name in chosen:
        if name in known and results.model[name].dtype.kind not in "bif":
            words.append(name)
            continue
        try:
            values[name] = results.output(name, at)
        except AnalysisError as error:
            problems[name] = str(error)
    if left := wanted[len(chosen) :] if names is None else []:
        problems[f"{left[0]} to {left[-1]}"] = (
            f"the model has {len(known)} outputs, and {MOST_OUTPUTS} are shown where none are named"
        )
    return Outputs(values, words, problems, at)


def _none_of_itself(design: Design) -> str:
    told = f"No analysis: none is made for designs of {design.method} of itself."
    if not (able := suited(design)):
        return told
    return (
        f"{told} These can be asked for: {', '.join(able)}; in Python with write_report(…, "
        "analyses=results.sensitivity(…, method=…)), in a study file with [[analysis]]."
    )


def _analysed(
    results: Results,
    shown: Outputs,
    given: SensitivityResult | Sequence[SensitivityResult] | None,
    missing: Missing,
) -> Analysed:
    if isinstance(given, SensitivityResult):
        return Analysed([given], [])
    if given is not None:
        if wrong := [one for one in given if not isinstance(one, SensitivityResult)]:
            raise AnalysisError(
                f"analyses takes what results.sensitivity gives, got {type(wrong[0]).__name__}"
            )
        return Analysed(list(given), [] if given else ["No analysis was given."])
    design, names = results.design, [*shown.values]
    if design is None:
        return Analysed(
            [], ["No analysis: the runs carry no design. results.sensitivity(…, design=) takes one."]
        )
    try:
        choose(design.origin or design)
    except AnalysisError:
        return Analysed([], [_none_of_itself(design.origin or design)])
    if not names:
        asked = shown.words or shown.problems or not results.outputs
        why = "there is no output that is a number" if asked else "no output was asked for"
        return Analysed([], [f"No analysis: {why}."])

    def analyse(some: list[str]) -> SensitivityResult:
        return results.sensitivity(some, shown.at, missing=missing)

    try:
        return Analysed([analyse(names)], [])
    except MesaDoeError:
        # One output that cannot be analysed says nothing of the others.
        found, problems = [], []
        for name in names:
            try:
                found.append(analyse([name]))
            except MesaDoeError as error:
                problems.append(f"{name} is not analysed: {sentence(error)}")
        return Analysed(found, problems)
