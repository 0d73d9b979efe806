import csv
import io
import json
import os
import shutil
import signal
import subprocess
import sys

import pytest

import mesa_doe as doe
from mesa_doe.errors import StudyError
from mesa_doe.study import reading
from mesa_doe.study.state import state_of
from tests import study_models as models
from tests.runner.test_store import noisy, run, shards_of, walkers


def mesa_doe(*arguments, expected=0):
    """Run the command as a user does, and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "mesa_doe", *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == expected, done.stderr
    return done.stderr if expected else done.stdout


def status(folder):
    return json.loads(mesa_doe("status", folder, "-f", "json"))


def test_a_finished_study_is_described(tmp_path):
    run(noisy(), store=tmp_path, chunk_size=5)
    lines = mesa_doe("status", tmp_path).splitlines()
    assert lines[0].startswith(f"study   {tmp_path}, finished, made 20")
    assert lines[1:5] == [
        "model   tests.study_models:slow_noisy",
        "design  halton, 12 points of 2 factors, 3 replications",
        "runs    36 of 36 are recorded, 0 pending",
        "        36 ok",
    ]
    assert lines[5].startswith("work    0.")
    assert len(lines) == 6


def test_an_archive_is_described_as_its_study(tmp_path):
    run(noisy(), store=tmp_path / "study", chunk_size=5)
    doe.archive(tmp_path / "study", tmp_path / "study.zip")
    expected = status(tmp_path / "study") | {"study": str(tmp_path / "study.zip")}
    assert status(tmp_path / "study.zip") == expected


def test_a_study_file_is_told_from_a_study_in_python(tmp_path):
    (tmp_path / "study.toml").write_text("[model]")
    with pytest.raises(
        StudyError, match="the study of a study file is in a folder, which mesa-doe run tells"
    ):
        state_of(tmp_path / "study.toml")


def test_a_shard_that_a_writer_finishes_meanwhile_is_not_told_as_torn(tmp_path, monkeypatch):
    run(noisy(), store=tmp_path / "study", chunk_size=5)
    [late, *_] = shards_of(tmp_path / "study")
    late.rename(tmp_path / late.name)
    found = reading.shard_files

    def then_one_more(folder):
        known = found(folder)
        shutil.copy(tmp_path / late.name, folder)
        return known

    monkeypatch.setattr(reading, "shard_files", then_one_more)
    assert state_of(tmp_path / "study").ignored == 0


def test_runs_are_counted_as_the_results_count_them(tmp_path):
    runs = doe.explicit([{"x": k} for k in range(100, 130)]).configurations(models.troublesome, rng=1)
    with pytest.warns(doe.MesaDoeWarning, match="1 of 30 runs failed"):
        run(runs, store=tmp_path, chunk_size=7)
    with pytest.warns(doe.MesaDoeWarning, match="1 of 1 run failed"):
        run(runs, store=tmp_path, resume="failed")
    for path in shards_of(tmp_path)[:2]:
        path.unlink()
    loaded, found = doe.load(tmp_path), status(tmp_path)
    counts = loaded.runs["status"].value_counts()
    assert found["planned"] == 30
    assert found["recorded"] == len(loaded)
    assert found["pending"] == loaded.pending > 0
    assert found["progress"] == "stopped"
    for name in ("ok", "failed", "timeout", "crashed"):
        assert found[name] == counts.get(name, 0)


def test_a_study_that_grew_is_counted_once_a_run(tmp_path):
    run(noisy(), store=tmp_path, chunk_size=5)
    run(noisy(points=14, replications=4), store=tmp_path, chunk_size=5)
    found = status(tmp_path)
    assert (found["planned"], found["recorded"], found["pending"]) == (56, 56, 0)
    assert (found["points"], found["factors"], found["replications"]) == (14, 2, 4)


def test_a_part_of_the_runs_is_all_that_is_planned(tmp_path):
    run(noisy()[4:20], store=tmp_path)
    assert status(tmp_path)["planned"] == 16


def test_runs_that_were_built_by_hand_have_no_design(tmp_path):
    run(list(walkers()), store=tmp_path)
    assert "design  none: runs that were built by hand" in mesa_doe("status", tmp_path)
    found = status(tmp_path)
    assert (found["planned"], found["recorded"], found["design"]) == (12, 12, None)


def test_the_ledger_is_not_needed(tmp_path):
    run(noisy(), store=tmp_path, chunk_size=5)
    before = status(tmp_path)
    for path in (tmp_path / "ledger").iterdir():
        path.unlink()
    assert status(tmp_path) == before
    assert not list((tmp_path / "ledger").iterdir())


@pytest.mark.parametrize(("is_torn", "files", "were"), [(False, "1 file", "was"), (True, "2 files", "were")])
def test_files_that_are_not_of_the_study_are_told(tmp_path, is_torn, files, were):
    run(noisy(), store=tmp_path, chunk_size=5)
    (tmp_path / "shards" / "notes.txt").write_text("mine")
    if is_torn:
        torn = shards_of(tmp_path)[0]
        torn.write_bytes(torn.read_bytes()[:100])
    assert f"{files} in shards/ ignored" in mesa_doe("status", tmp_path)
    with pytest.warns(doe.MesaDoeWarning, match=f"{files} in the study {were} set aside"):
        run(noisy(), store=tmp_path)
    assert f"{files} set aside in set-aside/" in mesa_doe("status", tmp_path)


# ---- while it runs --------------------------------------------------------------------------------------


def test_a_study_that_is_running_tells_who_writes_and_the_pace(tmp_path):
    seen = []

    def look(progress):
        if progress.done == 12:
            seen.append(status(tmp_path))
            seen.append(mesa_doe("status", tmp_path))

    doe.BatchRunner(noisy(), store=tmp_path, chunk_size=6, display_progress=look).run_all()
    found, text = seen
    assert found["progress"] == "running"
    assert (found["recorded"], found["pending"]) == (12, 24)
    assert found["remaining_seconds"] == pytest.approx(24 / found["runs_per_second"])
    [writer] = found["writers"]
    assert (writer["part"], writer["pid"]) == (None, os.getpid())
    assert "runs/s, about " in text
    assert f"writer  the whole is being written by process {os.getpid()}" in text


def test_the_parts_of_an_array_job_are_told(tmp_path):
    run(noisy(), store=tmp_path, chunk_size=5)
    runner = doe.BatchRunner(
        noisy(), store=tmp_path, resume="all",
        display_progress=lambda progress: found.append(mesa_doe("status", tmp_path)),
    )  # fmt: skip
    found = []
    runner.run_shard(1, of=3)
    assert f"writer  part 1 of 3 is being written by process {os.getpid()}" in found[-1]


@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_watching_looks_again_until_the_study_is_finished(tmp_path, form):
    watching = []

    def watch(progress):
        if not watching:
            command = [sys.executable, "-m", "mesa_doe", "status", tmp_path, "--watch", "0.01", "-f", form]
            watching.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
            watching.append(watching[0].stdout.readline())

    doe.BatchRunner(noisy(), store=tmp_path, chunk_size=6, display_progress=watch).run_all()
    process, first = watching
    text = first + process.communicate(timeout=60)[0]
    assert process.returncode == 0
    if form == "json":
        looks = [json.loads(line)["progress"] for line in text.splitlines()]
    elif form == "csv":
        looks = [row["progress"] for row in csv.DictReader(io.StringIO(text))]
    else:
        looks = [line.split(", ")[-2] for line in text.splitlines() if line.startswith("study")]
    assert looks[0] == "running"
    assert looks.count("finished") == 1
    assert looks[-1] == "finished"


def test_ctrl_c_ends_watching(tmp_path):
    run(noisy(points=2), store=tmp_path, chunk_size=3)
    shards_of(tmp_path)[0].unlink()
    # A job that a shell runs in the background ignores SIGINT, and so does what it starts.
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    code += "from mesa_doe.cli.main import main; raise SystemExit(main())"
    command = [sys.executable, "-c", code, "status", tmp_path, "--watch", "60"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (130, "")


# ---- formats and errors ---------------------------------------------------------------------------------


def test_json_and_csv_say_the_same(tmp_path):
    run(noisy(), store=tmp_path)
    found = status(tmp_path)
    [row] = csv.DictReader(io.StringIO(mesa_doe("status", tmp_path, "-f", "csv")))
    assert [*row] == [*found]
    for name, value in found.items():
        expected = json.dumps(value) if isinstance(value, list) else "" if value is None else str(value)
        assert row[name] == expected


def test_there_is_no_study_where_there_is_none(tmp_path):
    told = mesa_doe("status", tmp_path / "nothing", expected=1)
    assert told == f"mesa-doe: there is no study in {str(tmp_path / 'nothing')!r}\n"


@pytest.mark.parametrize("content", ["{", '{"format": "mesa-doe study", "version": 1}'])
def test_a_damaged_study_is_told(tmp_path, content):
    run(noisy(points=2), store=tmp_path)
    (tmp_path / "study.json").write_text(content)
    told = mesa_doe("status", tmp_path, expected=1)
    assert told.startswith(f"mesa-doe: the study in {str(tmp_path)!r}")
    assert told.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["status"], ["state"], ["status", ".", "--watch", "soon"]])
def test_wrong_arguments_are_told(arguments):
    assert "usage: mesa-doe" in mesa_doe(*arguments, expected=2)


def test_help_states_the_exit_codes():
    assert "exit codes: 0 done; 1 it could not be done" in mesa_doe("--help")
    assert "Exit codes: 0 the study was read" in mesa_doe("status", "--help")
