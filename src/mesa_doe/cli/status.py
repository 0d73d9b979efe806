"""``mesa-doe status STUDY``: how far a study is, wherever it is being run."""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING, Any

from mesa_doe.cli.printing import add_format, print_csv, print_json
from mesa_doe.cli.study_argument import add_study
from mesa_doe.errors import are, counted, duration

if TYPE_CHECKING:
    from mesa_doe.study.state import StudyState

__all__ = ["add_status"]

_SECONDS = 2.0
#: Clears a terminal, so that the next look stands where the last one stood.
_CLEAR = "\x1b[H\x1b[2J"


def add_status(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "status",
        help="how far a study is",
        description="Tell how far a study is: one that is finished, was stopped, or is being run by this or "
        "another machine. Nothing in it is changed, and no model is loaded.",
        epilog="Exit codes: 0 the study was read, whatever its state; 1 there is none, or it is damaged.",
    )
    add_study(parser)
    add_format(parser)
    parser.add_argument(
        "--watch", type=_seconds, nargs="?", const=_SECONDS, metavar="SECONDS",
        help=f"look again and again, every {_SECONDS:g} seconds by default, until the study is finished",
    )  # fmt: skip
    parser.set_defaults(run=_status)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"takes seconds above 0, got {text!r}")
    return seconds


def _status(arguments: argparse.Namespace) -> int:
    from mesa_doe.study.state import state_of

    looks = 0
    while True:
        state = state_of(arguments.study)
        if arguments.format == "json":
            print_json(_as_data(state))
        elif arguments.format == "csv":
            print_csv(_as_data(state), header=looks == 0)
        else:
            print(_CLEAR * (looks > 0 and sys.stdout.isatty()) + _as_text(state), flush=True)
        if arguments.watch is None or state.progress == "finished":
            return 0
        looks += 1
        time.sleep(arguments.watch)


def _as_data(state: StudyState) -> dict[str, Any]:
    writers = [
        {"part": writer.part, "host": writer.host, "pid": writer.pid, "since": writer.since}
        for writer in state.writers
    ]
    return {
        "study": str(state.folder),
        "progress": state.progress,
        "planned": state.planned,
        "recorded": state.recorded,
        "pending": state.pending,
        **state.statuses,
        "work_seconds": state.work,
        "runs_per_second": state.pace,
        "remaining_seconds": state.remaining,
        "writers": writers,
        "created": state.created,
        "models": state.models,
        "design": state.design,
        "points": state.points,
        "factors": state.factors,
        "replications": state.replications,
        "set_aside": state.set_aside,
        "ignored": state.ignored,
    }


def _as_text(state: StudyState) -> str:
    statuses = [f"{count} {status}" for status, count in state.statuses.items() if count or status == "ok"]
    recorded = f"{state.recorded} of {state.planned} {are(state.recorded)} recorded"
    rows = [
        ("study", f"{state.folder}, {state.progress}, made {state.created}"),
        ("model", ", ".join(state.models)),
        ("design", _design(state)),
        ("runs", f"{recorded}, {state.pending} pending"),
        ("", ", ".join(statuses)),
        ("work", duration(state.work)),
    ]
    if state.pace is not None and state.remaining is not None:
        left = f"about {duration(state.remaining)} for what is pending"
        rows.append(("pace", f"{state.pace:.3g} runs/s, {left}"))
    rows += [("writer", str(writer)) for writer in state.writers]
    if state.set_aside:
        rows.append(("files", f"{counted(state.set_aside, 'file')} set aside in set-aside/"))
    if state.ignored:
        ignored = f"{counted(state.ignored, 'file')} in shards/ ignored"
        rows.append(("files", f"{ignored}: torn, or of something else"))
    return "\n".join(f"{name:<8}{text}" for name, text in rows)


def _design(state: StudyState) -> str:
    if state.design is None:
        return "none: runs that were built by hand"
    return (
        f"{state.design}, {counted(state.points or 0, 'point')} of {counted(state.factors or 0, 'factor')}, "
        f"{counted(state.replications, 'replication')}"
    )
