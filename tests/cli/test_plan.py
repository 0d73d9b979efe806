import sys
import time
import warnings

import pytest

from mesa_doe.cli.main import main
from mesa_doe.cli.plan import _pilot, _size
from mesa_doe.cli.study_file import read_study
from tests.cli.studies import NOISY, changed, command, written
from tests.cli.test_run import FAILING


def rows(told):
    return {line[:9].strip(): line[9:] for line in told.splitlines()}


def test_what_would_be_run_is_told_and_measured(tmp_path):
    path = written(tmp_path, f"{NOISY}\n[batch]\nn_jobs = 2")
    told = rows(command("plan", path))
    assert list(told) == [
        "model", "design", "factors", "runs", "seeds", "study", "pilot", "outputs", "time", "memory", "disk",
        "analyses",
    ]  # fmt: skip
    assert told["model"] == "tests.models:noisy, which takes all parameters of the space"
    assert told["design"] == "sobol(n=16, second_order=False, seed_factor=False, scramble=True)"
    assert told["runs"] == "80 points × 2 replications = 160 runs, of at most 1000 steps"
    assert told["study"] == f"{tmp_path / 'study'}, a new folder"
    assert told["pilot"] == "run 0, 53, 106, one at a time: 3 ok"
    assert told["outputs"] == "y, exact"
    assert "for 160 runs, 2 at once" in told["time"]
    assert "was the peak of this process: about" in told["memory"]
    assert [path.name for path in tmp_path.iterdir()] == ["study.toml"]  # nothing is left behind


def test_what_a_study_has_is_left_out(tmp_path):
    path = written(tmp_path)
    command("run", path)
    told = rows(command("plan", path))
    assert told["study"] == f"{tmp_path / 'study'} has 160 of them recorded, 0 would be run"
    assert told["time"].endswith("nothing is left to run")
    assert "disk" not in told
    longer = written(tmp_path, changed("n = 16", "n = 32"))
    told = rows(command("plan", longer))
    assert told["study"].endswith("has 160 of them recorded, 160 would be run")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("rng = 2", "rng = 3", "line 15: runs.rng: it was another when the study was made"),
        ("rng = 2", "rng = 2\nmax_steps = 7", "line 16: runs.max_steps: max_steps was 1000, is 7"),
        ("a = {real = [0, 1]}", "a = {real = [0, 2]}", "line 5: space.a: space.axes.a.high was 1, is 2"),
        ("n = 16\nrng = 1", "n = 16\nrng = 9", "line 12: design.rng: it was another when the study was made"),
        ("n = 16", "n = 16\nscramble = false", "line 12: design.scramble: it was true, is false"),
        ("inert = {boolean = true}", "inert = true", "line 4: space: the parameters were "),
    ],
)
def test_a_study_that_would_be_refused_is_told_by_the_keys(tmp_path, old, new, told):
    command("run", written(tmp_path))
    path = written(tmp_path, changed(old, new))
    for name in ("plan", "run"):
        said = command(name, path, expected=1)
        assert f"the study in {str(tmp_path / 'study')!r} is of other runs than {path}:" in said
        assert told in said
        assert said.endswith("name another folder with --store\n")
    assert "runs     160" not in said


@pytest.mark.parametrize("name", ["plan", "run"])
def test_what_the_study_is_written_with_is_looked_for_first(tmp_path, name, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main([name, str(written(tmp_path))]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert (
        'this needs pyarrow, which is not installed; install it with: pip install "mesa-doe[store]"'
        in told.err
    )


def test_a_step_that_no_run_has_is_told_at_its_key(tmp_path):
    text = changed(
        'output = "alive"\nmethod = "anova"\nmissing', 'output = "alive"\nat = 2\nmissing', FAILING
    )
    text = text.replace("max_steps = 4", "max_steps = 4\ndata_collection_period = 3")
    path = written(tmp_path, text)
    told = command("plan", path, expected=1)
    assert f"{path}, line 25: analysis[1].at: " in told
    assert 'use at = "final"' in told


def test_the_pilot_may_be_left_out_or_larger(tmp_path):
    assert list(rows(command("plan", written(tmp_path), "--pilot", 0)))[-1] == "study"
    told = rows(command("plan", written(tmp_path), "--pilot", 7))
    assert told["pilot"] == "run 0, 22, 44, 66, 88, 110, 132, one at a time: 7 ok"
    with pytest.raises(SystemExit):
        command("plan", written(tmp_path), "--pilot", -1)


def test_outputs_that_the_runs_do_not_give_are_told(tmp_path):
    path = written(tmp_path, changed('output = "exact"', 'output = ["y", "z"]'))
    told = command("plan", path, expected=1)
    assert told == (
        f"mesa-doe: {path}, line 20: analysis[0].output: there is no output 'z'; there are y, exact\n"
    )


def test_a_model_that_always_fails_is_told_with_its_traceback(tmp_path):
    text = changed("fail_at = {discrete = [-1, 3]}", "fail_at = 2", FAILING)
    told = command("plan", written(tmp_path, text), expected=1)
    assert told.startswith("mesa-doe: no run of the pilot was ok; the first:\nTraceback")
    assert told.rstrip().endswith("ZeroDivisionError: told to fail")


def test_each_run_of_the_pilot_that_failed_says_why(tmp_path, capsys):
    assert main(["plan", str(written(tmp_path, FAILING))]) == 0
    told = capsys.readouterr().out
    assert "pilot    run 0, 6, 12, one at a time: 2 ok, 1 failed\n" in told
    assert "failed   run 12 while stepping: ZeroDivisionError: told to fail\n" in told


def test_of_many_runs_that_failed_the_first_say_why(tmp_path):
    told = command("plan", written(tmp_path, FAILING), "--pilot", 20)
    assert told.count("failed   run ") == 5
    assert "         … and 5 more runs\n" in told


def test_runs_that_took_all_their_time_count_in_the_time(tmp_path):
    text = changed("tests.models:noisy", "tests.cli.test_plan:dawdling").replace("replications = 2\n", "")
    study = read_study(written(tmp_path, text))
    pilot = _pilot(study.configurations, 8, 0.3)
    counts = pilot.results.runs["status"].value_counts()
    assert set(counts.index) == {"ok", "timeout"}
    assert len(pilot.seconds) == 8
    told = pilot.told(80, 1)
    assert told[0][1].endswith(f"{counts['ok']} ok, {counts['timeout']} timeout")
    assert any(name == "timeout" and "took longer than timeout=0.3 seconds" in text for name, text in told)


NEEDLESS = "if the model draws no random numbers, the 2 replications are the same run; use replications=1"


def test_what_the_pilot_warns_of_is_told(tmp_path):
    path = written(tmp_path, changed("tests.models:noisy", "tests.cli.test_plan:deterministic"))
    assert rows(command("plan", path))["note"].endswith(NEEDLESS)


def test_what_the_pilot_warns_of_is_told_where_nothing_is_left_to_run(tmp_path):
    path = written(tmp_path, changed("tests.models:noisy", "tests.cli.test_plan:deterministic"))
    command("run", path)
    told = rows(command("plan", path))
    assert told["time"].endswith("nothing is left to run")
    assert told["note"].endswith(NEEDLESS)


def test_what_the_pilot_warns_of_is_told_where_no_run_was_ok(tmp_path, capsys):
    path = written(tmp_path, changed("tests.models:noisy", "tests.cli.test_plan:doomed"))
    assert main(["plan", str(path)]) == 1
    told = rows(capsys.readouterr().out)
    assert told["pilot"].endswith("0 ok, 3 failed")
    assert told["note"] == "a division is near"


def deterministic(a, b, inert):
    return {"exact": a + b}


def dawdling(a, b, inert):
    if inert:
        time.sleep(60)
    return {"exact": a + b}


def doomed(a, b, inert):
    warnings.warn("a division is near", stacklevel=1)
    return {"exact": 1 / 0}


def test_sizes_are_told_in_units():
    assert [_size(0), _size(5e9), _size(123_456)] == ["0 bytes", "5 GB", "123 kB"]
