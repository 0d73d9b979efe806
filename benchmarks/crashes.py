"""Studies that end at each of their calls of the file system, and must go on: ``make crashes``.

Where ``kills.py`` kills at random moments, this one counts. A study is begun, grown, made again, archived;
and just before the k-th file is opened, written, synced, moved, linked or removed its process ends at once,
its disk is full from there on, or somebody presses Ctrl-C: for every k. Then ``doe.load`` must show no rows
but those of a study that nothing disturbed, or say that there is none yet; errors must be ours; and the same
script, run again, must end with the same tables, byte for byte. Arguments, N and names of ways, try every
N-th call only, and these ways.
"""

import errno
import json
import os
import shutil
import signal
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from kills import tables

import mesa_doe as doe

SPACE = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1))
#: Audit events of Python, and two of ours for what it does not tell.
CALLS = {"open", "os.link", "os.mkdir", "os.remove", "os.rename", "os.utime", "fsync", "write_table"}
ENDS = ["crash", "full disk", "Ctrl-C"]
READS = {("open", "r"), ("open", "rb")}
# How a process ended: at the call, with an error that people are told, with any other.
CRASHED, OURS, RAW = 9, 10, 11


def noisy(a, b, rng):
    """Two outputs, and one run that fails until it is mended; another year shifts all."""
    if 0.55 < a < 0.62 and "MENDED" not in os.environ:
        raise ValueError(f"told to fail at {a}")
    return {
        "y": a + b * float(rng.normal()) + int(os.environ.get("SHIFT", 0)),
        "kind": "high" if a > 0.5 else "low",
    }


def runner(store: Path, points: int = 6, **options: Any) -> doe.BatchRunner:
    runs = doe.halton(SPACE, points, rng=1).configurations(
        noisy, rng=2, replications=2, seed_policy="independent"
    )
    return doe.BatchRunner(runs, store=store, chunk_size=3, display_progress=False, **options)


def mistaken(store: Path) -> None:
    """A first script with a mistake, of another design: a study without runs."""
    runs = doe.latin_hypercube(SPACE, 5, rng=3).configurations(noisy, rng=4, outputs=["misspelt"])
    try:
        doe.BatchRunner(runs, store=store, display_progress=False).run_all()
    except doe.ConfigurationError:
        return


def mended(store: Path) -> None:
    os.environ["MENDED"] = "1"
    runner(store, resume="failed").run_all()


def afresh(store: Path) -> None:
    os.environ["SHIFT"] = "100"
    runner(store, resume="all").run_all()


def afresh_by_parts(store: Path) -> None:
    os.environ["SHIFT"] = "100"
    for i in range(2):
        runner(store, resume="all").run_shard(i, of=2)


def extended(store: Path) -> None:
    """The design that is in the study, made longer."""
    stored = doe.load(store).design
    design = stored.extend(6) if len(stored) < 6 else stored
    runs = design.configurations(noisy, rng=2, replications=2, seed_policy="independent")
    doe.BatchRunner(runs, store=store, chunk_size=3, display_progress=False).run_all()


def until(store: Path) -> None:
    """Three sizes, and none of them enough."""
    os.environ["MENDED"] = "1"
    runs = doe.sobol(SPACE, 2, rng=1).configurations(noisy, rng=2, seed_policy="block")
    options: dict[str, Any] = {"chunk_size": 16, "display_progress": False, "analysis": {"resamples": 100}}
    doe.run_until(runs, "y", ci_width=1e-9, max_runs=32, store=store, **options)


def whole(store: Path) -> None:
    runner(store).run_all()


#: What was there before, and what is interrupted.
WAYS: dict[str, tuple[Callable[[Path], Any] | None, Callable[[Path], Any]]] = {
    "begun": (None, lambda store: runner(store, retries=1).run_all()),
    "grown": (lambda store: runner(store, 4).run_all(), whole),
    "begun after a mistake": (mistaken, whole),
    "failed runs made again": (whole, mended),
    "all made again": (whole, afresh),
    "all made again by parts": (whole, afresh_by_parts),
    "its own design extended": (lambda store: runner(store, 4).run_all(), extended),
    "run until": (None, until),
    "part of an array": (
        lambda store: runner(store).run_shard(1, of=2),
        lambda store: runner(store).run_shard(0, of=2),
    ),
    "archived": (whole, lambda store: doe.archive(store, f"{store}.zip")),
}


def disturbed(step: Callable[[Path], Any], store: Path, end: str, last: int) -> int:
    """End this process at a call of the file system within the study, or return how many there were."""
    count = 0

    def called(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event not in CALLS or not any(str(one).startswith(str(store)) for one in arguments[:2]):
            return
        count += 1
        if end == "full disk" and count >= last:
            takes_room = event not in ("os.remove", "os.utime") and (event, *arguments[1:2]) not in READS
            if takes_room:
                raise OSError(errno.ENOSPC, "No space left on device")
        elif end == "Ctrl-C" and count == last:
            signal.raise_signal(signal.SIGINT)
        elif end == "crash" and count == last:
            os._exit(CRASHED)

    sync, write = os.fsync, pq.write_table

    def fsync(number: int) -> None:
        called("fsync", (Path(f"/proc/self/fd/{number}").readlink(),))
        sync(number)

    def write_table(table: Any, file: Any, **options: Any) -> None:
        called("write_table", (file,))
        write(table, file, **options)

    os.fsync, pq.write_table = fsync, write_table
    sys.addaudithook(called)
    step(store)
    return count


def apart(work: Callable[..., Any], *arguments: Any) -> tuple[int, Any]:
    """Run in a forked process, and return how that ended and what it said."""
    read, write = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            said, code = work(*arguments), 0
        except BaseException as error:  # noqa: BLE001 - each is told
            ours = isinstance(error, (doe.MesaDoeError, KeyboardInterrupt))
            said, code = f"{type(error).__name__}: {error}", OURS if ours else RAW
        os.write(write, json.dumps(said, default=lambda _: None).encode())
        os._exit(code)
    os.close(write)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return code, json.loads(said) if said else None


def rows(store: Path) -> list[str]:
    """What is read of a study now, a text a run; the first is a fingerprint of all tables."""
    results = doe.load(store)
    runs = results.runs.drop(columns="wall_time")
    assert len(results) + results.pending == len(results.configurations)
    return [tables(results), *runs.to_csv().splitlines()]


def tried(way: str, end: str, last: int, folder: Path, allowed: set[str], expected: list[str]) -> list[str]:
    """Interrupt a study at one call, and return what is wrong then, or after it went on."""
    before, step = WAYS[way]
    store, problems = folder / "study", []
    for path in folder.glob("study*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if before:
        shutil.copytree(folder / "before", store)
    code, said = apart(disturbed, step, store, end, last)
    if code not in (0, OURS) and (end, code) != ("crash", CRASHED):
        problems.append(f"raised {said}")
    archive = Path(f"{store}.zip")
    if archive.exists() and apart(rows, archive)[0]:
        problems.append("an archive that cannot be read")
    archive.unlink(missing_ok=True)
    code, said = apart(rows, store)
    if code == 0 and not set(said[1:]) <= allowed:
        problems.append("other rows are believed")
    if code and ((store / "study.json").exists() or "there is no study in" not in said):
        problems.append(f"it is not read: {said}")
    for work in (step, rows):
        code, said = apart(work, store)
        if code:
            problems.append(f"it does not go on: {said}")
    if code == 0 and said != expected:
        problems.append("OTHER TABLES")
    return problems


def main() -> None:
    """Print how often each way was interrupted, and what went wrong."""
    warnings.simplefilter("ignore")
    every, counts = int(sys.argv[1]) if len(sys.argv) > 1 else 1, Counter[str]()
    with tempfile.TemporaryDirectory() as warm:  # what is imported here need not be in each process
        whole(Path(warm, "study"))
        doe.archive(Path(warm, "study"), Path(warm, "study.zip"))
        rows(Path(warm, "study.zip"))
    for way in sys.argv[2:] or WAYS:
        before, step = WAYS[way]
        folder = Path(tempfile.mkdtemp())
        if before:
            apart(before, folder / "before")
            shutil.copytree(folder / "before", folder / "study")
        _, calls = apart(disturbed, step, folder / "study", "", 0)
        _, expected = apart(rows, folder / "study")
        allowed = {*expected}
        if before not in (None, mistaken):
            allowed |= {*apart(rows, folder / "before")[1]}
        for end in ENDS:
            for last in range(1, calls + 1, every):
                problems = tried(way, end, last, folder, allowed, expected)
                counts[end] += 1
                counts["wrong"] += bool(problems)
                for problem in problems:
                    print(f"{way}, {end} at call {last} of {calls}: {problem}", flush=True)
        print(f"{way}: {calls} calls", flush=True)
        shutil.rmtree(folder)
    print(", ".join(f"{what}: {count}" for what, count in counts.items()))
    if counts["wrong"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
