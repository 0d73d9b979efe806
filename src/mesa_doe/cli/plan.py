"""``mesa-doe plan STUDY.toml``: what a study file would run, and what that takes, told from a few runs."""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mesa_doe._optional import require
from mesa_doe.cli.printing import print_pairs
from mesa_doe.cli.run import add_study_file, settings_of
from mesa_doe.cli.wording import in_words_of_a_file
from mesa_doe.errors import AnalysisError, counted, duration

if TYPE_CHECKING:
    from mesa_doe.cli.study_file import StudyFile
    from mesa_doe.configurations import Configurations
    from mesa_doe.results import Results

__all__ = ["add_plan"]

_PILOT = 3
# A first run of more seconds is pilot enough.
_LONG = 10.0
# Of runs that were not ok.
_SHOWN = 5


def add_plan(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "plan",
        help="what a study file would run, and what that takes",
        description="Check a study file and the names in it against the model, and tell what would be run. A "
        "few runs are made, one at a time and in a folder that is removed again; from them, time, memory and "
        "disk of the whole are estimated.",
        epilog="Exit codes: 0 the study can be run; 1 the file has mistakes, the folder of the study is of "
        "other runs, or no run of the pilot was ok.",
    )
    add_study_file(parser)
    parser.add_argument(
        "--pilot", type=_count, default=_PILOT, metavar="RUNS",
        help=f"how many runs are made, {_PILOT} by default; 0 makes none, and estimates nothing",
    )  # fmt: skip
    parser.set_defaults(run=_plan)


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"takes a number of runs from 0, got {text!r}")
    return int(text)


def _plan(arguments: argparse.Namespace) -> int:
    from mesa_doe.cli.refusal import told_by_key
    from mesa_doe.cli.study_file import read_study
    from mesa_doe.runner.dispatch import workers_of

    require("pyarrow", extra="store")  # what the pilot is written with
    study = read_study(arguments.file)
    settings = settings_of(arguments, study)
    workers = workers_of(study.runner(**settings).n_jobs, None)
    if refused := told_by_key(study, settings["store"]):
        raise refused
    stored, pending = _stored(settings["store"], study.configurations)
    print_pairs([*_described(study.configurations), ("study", stored)])
    if arguments.pilot == 0:
        return 0
    pilot = _pilot(study.configurations, arguments.pilot, study.batch.get("timeout"))
    print_pairs(pilot.told(pending, workers))
    if not pilot.ok:
        print(f"mesa-doe: no run of the pilot was ok; the first:\n{pilot.failure}", file=sys.stderr)
        return 1
    _check_outputs(study, pilot.results)
    return 0


def _described(configurations: Configurations) -> list[tuple[str, str]]:
    from mesa_doe.design.lineage import call
    from mesa_doe.study.provenance import reference_of
    from mesa_doe.study.stored_model import qualified_name

    design, model = configurations.design, qualified_name(reference_of(configurations.model_cls))
    return [
        ("model", f"{model}, which takes all parameters of the space"),
        ("design", call(design.method, design.options, ("entropy", "groups", "acceptance"), longest=80)),
        ("factors", ", ".join(design.factors)),
        ("runs", f"{design.cost(configurations.replications)}, of at most {configurations.max_steps} steps"),
        ("seeds", f"seed_policy = {configurations.seed_policy!r}"),
    ]


def _stored(store: Path, configurations: Configurations) -> tuple[str, int]:
    """Say what of the runs the folder has, and how many are left."""
    from mesa_doe.study import Numbering, StudyFolder
    from mesa_doe.study.reading import is_study

    count = len(configurations)
    if not is_study(store):
        return f"{store}, a new folder", count
    recorded = len(StudyFolder(store).records(Numbering.of(configurations)))
    return f"{store} has {recorded} of them recorded, {count - recorded} would be run", count - recorded


@dataclass(frozen=True)
class _Pilot:
    """What a few runs showed.

    Parameters
    ----------
    results : Results
    seconds : list of float
        Of each run that was ok, or took all its time.
    bytes_a_run, bytes_a_file : float
        On disk.
    peak : int or None
        Bytes of memory that this process had at most; None where the system does not tell.
    notes : tuple of str
        What the runs warned of.
    """

    results: Results
    seconds: list[float]
    bytes_a_run: float
    bytes_a_file: float
    peak: int | None
    notes: tuple[str, ...]

    @property
    def ok(self) -> int:
        """How many runs were ok."""
        return int((self.results.runs["status"] == "ok").sum())

    @property
    def failure(self) -> str:
        """The traceback of the first run that failed."""
        return str(self.results.failures["traceback"].iloc[0])

    def told(self, pending: int, workers: int) -> list[tuple[str, str]]:
        """Say what was measured, what follows for the runs that are left, and what the runs warned of."""
        return self._measured(pending, workers) + [("note", note) for note in self.notes]

    def _measured(self, pending: int, workers: int) -> list[tuple[str, str]]:
        made = ", ".join(map(str, self.results.runs.index))
        counts = self.results.runs["status"].value_counts().drop("ok", errors="ignore").sort_index()
        told = ", ".join([f"{self.ok} ok", *(f"{count} {status}" for status, count in counts.items())])
        rows = [("pilot", f"run {made}, one at a time: {told}"), *_failed(self.results)]
        if not self.ok:
            return rows
        mean = sum(self.seconds) / len(self.seconds)
        each = f"{duration(mean)} a run ({duration(min(self.seconds))} to {duration(max(self.seconds))})"
        rows.append(("outputs", ", ".join([*self.results.outputs, *self.results.agents]) or "none"))
        if pending == 0:
            return [*rows, ("time", f"{each}; nothing is left to run")]
        least = duration(-(-pending // workers) * mean)
        rows.append(("time", f"{each}: at least {least} for {counted(pending, 'run')}, {workers} at once"))
        if self.peak is not None:
            everywhere = _size(self.peak * (1 if workers == 1 else workers + 1))
            peak = f"{_size(self.peak)} was the peak of this process"
            rows.append(("memory", f"{peak}: about {everywhere} in all"))
        # A file holds about a second of runs, or more.
        files = min(pending, pending * mean + workers)
        disk = _size(pending * self.bytes_a_run + files * self.bytes_a_file)
        sizes = f"{_size(self.bytes_a_run)} a run, {_size(self.bytes_a_file)} a file"
        return [*rows, ("disk", f"{sizes}: about {disk} at most")]


def _failed(results: Results) -> list[tuple[str, str]]:
    """Say of the first runs that were not ok what happened, a line each."""
    failures = results.failures
    shown = failures[["status", "origin", "error_type", "error"]].head(_SHOWN)
    rows = []
    for run_id, status, origin, kind, error in shown.itertuples(name=None):
        where = f" while {origin}" if status == "failed" else ""
        rows.append((status, f"run {run_id}{where}: {kind}: {' '.join(str(error).split())}"))
    if len(failures) > _SHOWN:
        rows.append(("", f"… and {counted(len(failures) - _SHOWN, 'more run')}"))
    return rows


def _pilot(configurations: Configurations, count: int, timeout: float | None) -> _Pilot:
    """Make the first run, and then runs all over the design, so that both sizes of a file are known."""
    from mesa_doe.runner import BatchRunner

    step = max(1, len(configurations) // count)
    some = configurations[::step][:count]
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")

        def run(part: Configurations, name: str) -> tuple[Results, int]:
            store = Path(folder, name)
            results = BatchRunner(
                part, store=store, timeout=timeout, chunk_size=len(part), display_progress=False
            ).run_all()
            for table in (results.runs, results.model, results.agents, results.tables, results.failures):
                len(table)  # read, before the folder is gone
            return results, sum(path.stat().st_size for path in (store / "shards").iterdir())

        results, size = run(some[:1], "one")
        a_run, a_file = float(size), 0.0
        # The first run also pays for imports and caches, so its time counts only where it is the only one.
        if len(some) > 1 and results.runs["wall_time"].iloc[0] < _LONG:
            caught.clear()
            results, all_of_them = run(some, "some")
            a_run = (all_of_them - size) / (len(some) - 1)
            a_run, a_file = (a_run, size - a_run) if 0 < a_run < size else (all_of_them / len(some), 0.0)
    runs = results.runs
    notes = dict.fromkeys(
        str(one.message) for one in caught if "See results.failures" not in str(one.message)
    )
    # What fails at once would make all seem quick; what takes too long takes that long.
    lasted = runs.loc[runs["status"].isin(["ok", "timeout"]), "wall_time"].tolist()
    return _Pilot(results, lasted, a_run, a_file, _peak(), tuple(notes))


def _peak() -> int | None:
    """Return the most memory that this process had at once, in bytes."""
    try:
        import resource
    except ImportError:  # on Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _check_outputs(study: StudyFile, results: Results) -> None:
    """See that the runs give what the analyses want.

    Raises
    ------
    ConfigurationError
        Naming the keys of those that ask for something else.
    """
    from mesa_doe.analysis.options import check_known
    from mesa_doe.results.length import LENGTH

    for place, analysis in enumerate(study.analyses):
        how: Mapping[str, Any] = {
            name: analysis.options[name] for name in ("at", "reduce", "unequal") if name in analysis.options
        }
        for output in analysis.outputs:
            try:
                if analysis.counts:
                    check_known("output", output, [*results.outputs, LENGTH])
                else:
                    results.output(output, **how)
            except AnalysisError as error:
                # Where the output itself is there, the number of a run that is asked for is not.
                key = "at" if "at" in how and _is_there(results, output, how) else "output"
                study.file.wrong(("analysis", place, key), in_words_of_a_file(str(error), study.store))
    study.file.check()
    if study.analyses:
        print_pairs([("analyses", f"{len(study.analyses)}, of outputs that the pilot has")])


def _is_there(results: Results, output: str, how: Mapping[str, Any]) -> bool:
    try:
        results.output(output, **{name: value for name, value in how.items() if name != "at"})
    except AnalysisError:
        return False
    return True


def _size(count: float) -> str:
    """Write bytes as a person would say them.

    Examples
    --------
    >>> _size(80), _size(1_500), _size(2_340_000), _size(23_400_000)
    ('80 bytes', '1.5 kB', '2.3 MB', '23 MB')
    """
    for size, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if count >= size:
            return f"{count / size:.2g} {unit}" if count < 100 * size else f"{count / size:.0f} {unit}"
    return f"{count:.0f} bytes"
