"""``mesa-doe run STUDY.toml``: run what a study file describes and is not run yet, and analyse it."""

from __future__ import annotations

import argparse
import shlex
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesa_doe._optional import require
from mesa_doe.cli.printing import print_pairs, print_result
from mesa_doe.cli.report import add_report_option, place_of
from mesa_doe.cli.study_argument import add_file
from mesa_doe.cli.tabulated import Tabulated
from mesa_doe.cli.wording import in_words_of_a_file
from mesa_doe.errors import MesaDoeError, MesaDoeWarning, StudyError, are, counted, duration

if TYPE_CHECKING:
    from mesa_doe.analysis import SensitivityResult
    from mesa_doe.cli.study_file import StudyFile
    from mesa_doe.results import Results
    from mesa_doe.runner import Progress

__all__ = ["add_run", "add_study_file", "settings_of"]

# How often progress is written where nobody watches a bar.
_SECONDS = 15.0


def add_run(commands: Any) -> None:
    """Add the command, also under the name ``resume``."""
    parser = commands.add_parser(
        "run",
        aliases=["resume"],
        help="run a study file, or go on with it",
        description="Run what a study file describes, and print its analyses. Runs that the study's folder "
        "has recorded are not made again, so the same command goes on after Ctrl-C, a crash or a power cut.",
        epilog="Exit codes: 0 all is run and analysed, runs that failed included; 1 the file has mistakes, "
        "the study could not be finished, or an analysis could not be made; 130 ended by Ctrl-C, and what is "
        "recorded is kept.",
    )
    add_study_file(parser)
    parser.add_argument(
        "--resume", choices=["missing", "failed", "all"], default="missing",
        help="what is run of a study that has runs: those that are missing (the default), those that are not "
        "ok too, or all",
    )  # fmt: skip
    parser.add_argument(
        "--allow-changed-model", action="store_true",
        help="go on though the code of the model was changed",
    )  # fmt: skip
    add_report_option(parser)
    parser.set_defaults(run=_run)


def add_study_file(parser: argparse.ArgumentParser) -> None:
    """Add the study file, and the settings of its batch that may be given in its place."""
    add_file(parser)
    parser.add_argument(
        "--n-jobs",
        type=_processes,
        metavar="N",
        help="processes; -1 is all cores (by default what the file says, or 1)",
    )
    parser.add_argument(
        "--store", type=Path, metavar="DIR",
        help="folder of the study (by default what the file says, or its name without .toml, beside it)",
    )  # fmt: skip


def _processes(text: str) -> int:
    if not text.removeprefix("-").isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"takes a whole number other than 0 (-1 is all cores), got {text!r}")
    return int(text)


def settings_of(arguments: argparse.Namespace, study: StudyFile) -> dict[str, Any]:
    """Return the settings that arguments give, and where the study lies."""
    given = {} if arguments.n_jobs is None else {"n_jobs": arguments.n_jobs}
    return {**given, "store": study.store if arguments.store is None else arguments.store}


def _run(arguments: argparse.Namespace) -> int:
    from mesa_doe.cli.refusal import told_by_key
    from mesa_doe.cli.study_file import read_study
    from mesa_doe.study.provenance import run_by

    require("pyarrow", extra="store")  # what the study is written with
    study = read_study(arguments.file)
    settings = settings_of(arguments, study)
    store = settings["store"]
    report = place_of(arguments.report, store)
    runner = study.runner(
        **settings,
        resume=arguments.resume,
        allow_changed_model=arguments.allow_changed_model,
        display_progress=None if sys.stderr.isatty() else _Lines(),
    )
    try:
        with run_by(arguments.file):
            results = runner.run_all()
    except StudyError as error:
        if told := told_by_key(study, store, any_source=arguments.allow_changed_model):
            raise told from error
        raise
    print(results)
    failed = len(results.failures)
    print_pairs([("study", str(store))])
    if failed:
        print_pairs([("failures", f"{counted(failed, 'run')}: mesa-doe failures {store}")])
    made: list[SensitivityResult | Tabulated] = []
    code = _analyse(study, results, store, made)
    if report is not None:
        from mesa_doe.report import write_report

        command = ["mesa-doe", "run", arguments.file.name]
        if arguments.store is not None:
            command += ["--store", str(arguments.store)]
        indices = [one for one in made if not isinstance(one, Tabulated)]
        asked = not all(analysis.counts for analysis in study.analyses)
        write_report(results, report, analyses=indices if asked else None, command=shlex.join(command))
        print(f"\nreport   {report}")
        if len(indices) < len(made):
            beside = "it counts outputs in words by itself; what the file asks of tabulate stands above"
            print_pairs([("", beside)])
    return code


def _analyse(
    study: StudyFile, results: Results, store: Path, made: list[SensitivityResult | Tabulated]
) -> int:
    code = 0
    for place, analysis in enumerate(study.analyses):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", MesaDoeWarning)  # what they say stands below the table
                result = analysis.of(results)
        except MesaDoeError as error:
            study.file.wrong(("analysis", place), in_words_of_a_file(str(error), store))
            code = 1
        else:
            made.append(result)
            print()
            print_result(result, "mesa-doe run --report shows all")
    if code:
        # The file is right: it is the runs that lack something.
        told = study.file.error("asks for analyses that these runs do not allow")
        print(f"mesa-doe: {told}", file=sys.stderr)
    return code


class _Lines:
    """Progress as lines of a log: not every chunk, but now and then, and at the end."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if progress.done < progress.total and now - self._last < _SECONDS:
            return
        self._last = now
        told = ", ".join(f"{count} {status}" for status, count in progress.statuses.items())
        if before := progress.done - sum(progress.statuses.values()):
            told += f"{', ' if told else ''}{before} made before"
        left = "" if not progress.remaining else f"; about {duration(progress.remaining)} left"
        made = f"{progress.done} of {counted(progress.total, 'run')} {are(progress.done)} done"
        print(f"{made} ({told}){left}", file=sys.stderr)
