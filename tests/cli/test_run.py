import json
import shutil
import signal
import subprocess
import sys
import time

import pytest

import mesa_doe as doe
from mesa_doe.cli.main import main
from tests import models
from tests.cli.studies import NOISY, changed, command, written
from tests.cli.test_status import mesa_doe
from tests.runner.test_store import same, shards_of

FAILING = """\
[model]
class = "tests.models:Walkers"

[space]
n = {integer = [1, 5]}
fail_at = {discrete = [-1, 3]}

[design]
method = "full_factorial"

[runs]
replications = 2
rng = 3
seed_policy = "independent"
max_steps = 4
outputs = ["alive", "mean"]

[[analysis]]
output = "alive"
method = "anova"

[[analysis]]
output = "alive"
method = "anova"
missing = "drop"
interactions = false
"""


def test_a_study_is_run_and_analysed_and_its_folder_told(tmp_path):
    told = command("run", written(tmp_path))
    results = doe.load(tmp_path / "study")
    assert told == (
        f"<Results: 160 runs (160 ok); outputs y, exact>\nstudy    {tmp_path / 'study'}\n\n"
        f"{results.sensitivity('exact', resamples=100)}\n"
    )


def test_the_same_command_goes_on(tmp_path):
    path = written(tmp_path)
    told = command("run", path)
    shutil.copytree(tmp_path / "study", tmp_path / "whole")
    shards_of(tmp_path / "study")[0].unlink()
    assert doe.load(tmp_path / "study").pending
    assert command("resume", path) == told
    same(doe.load(tmp_path / "study"), doe.load(tmp_path / "whole"))


def test_arguments_come_before_the_file(tmp_path):
    text = f'{NOISY}\n[batch]\nstore = "there"\nn_jobs = 2'
    assert f"study    {tmp_path / 'here'}" in command(
        "run", written(tmp_path, text), "--store", tmp_path / "here", "--n-jobs", 1
    )
    assert not (tmp_path / "there").exists()


@pytest.mark.parametrize("given", ["0", "two"])
def test_processes_that_there_are_not_are_no_mistake_of_the_file(tmp_path, capsys, given):
    with pytest.raises(SystemExit) as ended:
        main(["run", str(written(tmp_path)), "--n-jobs", given])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert f"--n-jobs: takes a whole number other than 0 (-1 is all cores), got '{given}'" in told


def test_the_folder_is_that_of_the_file_wherever_one_stands(tmp_path, monkeypatch):
    written(tmp_path, f'{NOISY}\n[batch]\nstore = "there"')
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    command("run", "../study.toml")
    assert len(doe.load(tmp_path / "there")) == 160


def test_runs_that_fail_are_told_and_the_analyses_that_need_them(tmp_path, capsys):
    path = written(tmp_path, FAILING)
    told = command("run", path, expected=1)
    lines = told.splitlines()
    assert lines[0] == "20 of 20 runs are done (10 ok, 10 failed)"
    assert lines[1].startswith("mesa-doe: 10 of 20 runs failed. The first: run 10 failed while stepping: ")
    assert f"mesa-doe: {path}, line 18: analysis[0]: anova " in told
    assert f"mesa-doe failures {tmp_path / 'study'}" in told
    assert 'missing = "drop"' in told
    assert "results." not in told
    with pytest.raises(SystemExit):
        command("run", path, "--resume", "sometimes")


def test_that_runs_failed_is_no_mistake_of_the_file(tmp_path):
    text = f'{FAILING}\n[[analysis]]\noutput = "mean"\nmethod = "anova"\n'
    path = written(tmp_path, text)
    told = command("run", path, expected=1)
    assert f"mesa-doe: {path} asks for analyses that these runs do not allow (2):\n  - line 18: ana" in told
    assert "mistakes" not in told


def test_what_could_be_analysed_is_printed_all_the_same(tmp_path, capsys):
    assert main(["run", str(written(tmp_path, FAILING))]) == 1
    out = capsys.readouterr().out
    assert "10 ok, 10 failed" in out
    assert f"failures 10 runs: mesa-doe failures {tmp_path / 'study'}" in out
    assert "anova: 'alive'" in out


def test_failed_runs_are_made_again_when_asked(tmp_path):
    path = written(tmp_path, FAILING)
    command("run", path, expected=1)
    before = len(shards_of(tmp_path / "study"))
    command("run", path, expected=1)
    assert len(shards_of(tmp_path / "study")) == before
    told = command("run", path, "--resume", "failed", expected=1)
    assert "10 of 10 runs failed" in told
    assert told.splitlines()[0] == "20 of 20 runs are done (10 failed, 10 made before)"


def test_a_changed_study_is_refused(tmp_path):
    command("run", written(tmp_path))
    told = command("run", written(tmp_path, changed("rng = 2", "rng = 3")), expected=1)
    assert "line 15: runs.rng: it was another when the study was made" in told


LATIN = changed('"sobol"\nn = 16', '"latin_hypercube"\nn = 4', NOISY.partition("[[")[0]).replace(
    '"block"', '"independent"'
)


def test_runs_of_earlier_sessions_are_told_apart_from_those_of_this_one(tmp_path, capsys):
    from mesa_doe.cli.main import main

    for text, line in (
        (LATIN, "8 of 8 runs are done (8 ok)"),
        (changed("n = 4", "n = 4\nextend = 8", LATIN), "16 of 16 runs are done (8 ok, 8 made before)"),
    ):
        assert main(["run", str(written(tmp_path, text))]) == 0
        assert line in capsys.readouterr().err.splitlines()


def test_a_study_grows_as_it_does_in_python(tmp_path):
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), inert=doe.Boolean())
    design = doe.latin_hypercube(space, 4, rng=1)
    settings = {"rng": 2, "replications": 2, "seed_policy": "independent"}
    command("run", written(tmp_path, LATIN))
    for extend, n in (("8", 8), ("[8, 24]", 24)):
        before = len(doe.load(tmp_path / "study"))
        path = written(tmp_path, changed("n = 4", f"n = 4\nextend = {extend}", LATIN))
        told = command("plan", path, "--pilot", 0)
        assert f"has {before} of them recorded, {2 * n - before} would be run" in told
        command("run", path)
        design = design.extend(n)
        runs = design.configurations(models.noisy, **settings)
        doe.BatchRunner(runs, store=tmp_path / f"python{n}").run_all()
        same(doe.load(tmp_path / "study"), doe.load(tmp_path / f"python{n}"))
    # Nothing of it is in the folder alone: the file makes the same study anew.
    command("run", path, "--store", tmp_path / "anew")
    same(doe.load(tmp_path / "anew"), doe.load(tmp_path / "study"))


@pytest.mark.parametrize(
    ("had", "has", "told"),
    [
        (
            "n = 4",
            "n = 8",
            "n = 4 was run, and n = 8 has other points; to let the study grow, write n = 4 and",
        ),
        ("n = 4", "n = 6", "n=4 grows to a multiple of it, 8, 12, 16"),
        ("n = 4\nextend = 8", "n = 16", "to let the study grow, write n = 4 and extend = [8, 16]\n"),
        ("n = 4\nextend = 8", "n = 8", "n = 8 has other points; go on with n = 4 and extend = 8\n"),
        ("n = 9\nstrength = 2", "n = 25\nstrength = 2", "n = 25 has other points; this latin_hypercube des"),
    ],
)
def test_how_a_study_grows_is_told_where_it_was_tried_by_n(tmp_path, had, has, told):
    command("run", written(tmp_path, changed("n = 4", had, LATIN)))
    found = command("run", written(tmp_path, changed("n = 4", has, LATIN)), expected=1)
    assert "line 11: design.n: " in found
    assert told in found
    assert " of point " not in found


def test_another_method_is_told_by_its_name(tmp_path):
    command("run", written(tmp_path, LATIN))
    path = written(tmp_path, changed('"latin_hypercube"', '"monte_carlo"', LATIN))
    told = command("run", path, expected=1)
    assert 'line 10: design.method: it was "latin_hypercube", is "monte_carlo"\n' in told


def test_a_changed_model_is_refused_unless_it_is_allowed(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", sys.path[:])
    module = tmp_path / "model_changing.py"

    def is_now(code):
        module.write_text(f"def simulate(a, b, inert):\n    return {{'exact': {code}}}\n")
        sys.modules.pop("model_changing", None)
        shutil.rmtree(tmp_path / "__pycache__", ignore_errors=True)

    is_now("a")
    text = changed('class = "tests.models:noisy"', 'file = "model_changing.py"\nclass = "simulate"')
    path = written(tmp_path, text.replace("replications = 2\n", ""))
    command("run", path)
    is_now("a + 1")
    replay = ["replay", tmp_path / "study", 1, "--model", f"{module}:simulate"]
    for arguments in (replay, ["run", path]):
        told = command(*arguments, expected=1)
        assert "model_changing:simulate has changed" in told
        assert "--allow-changed-model" in told
        command(*arguments, "--allow-changed-model")
    sys.modules.pop("model_changing")


def test_a_folder_that_holds_other_things_is_not_written_to(tmp_path):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "notes.txt").write_text("mine")
    assert "holds other files and no study" in command("run", written(tmp_path), expected=1)


def test_warnings_are_told_in_plain_words(tmp_path, capsys):
    from mesa_doe.cli.main import main

    text = changed("n = 16", "n = 12").replace("replications = 2\n", "")
    assert main(["run", str(written(tmp_path, text))]) == 0
    told = capsys.readouterr().err.splitlines()
    assert told[0].startswith("mesa-doe: sobol: n=12 is not a power of two")
    assert told[-1] == "60 of 60 runs are done (60 ok)"


def test_ctrl_c_keeps_what_is_recorded_and_tells_how_to_go_on(tmp_path):
    text = changed("tests.models:noisy", "tests.study_models:slow_noisy").replace(
        "inert = {boolean = true}\n", ""
    )
    path = written(tmp_path, changed("n = 16", "n = 512", text))
    code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    code += "from mesa_doe.cli.main import main; raise SystemExit(main())"
    arguments = [sys.executable, "-c", code, "run", path]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("study/shards/*.parquet")) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in told
    recorded = json.loads(mesa_doe("status", tmp_path / "study", "-f", "json"))["recorded"]
    assert 0 < recorded < 4096
    verb = "is" if recorded == 1 else "are"
    assert f"{recorded} of 4096 runs {verb} done, and what they gave is recorded in" in told


def test_an_example_runs_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command("example", "wolf-sheep") == "wolf-sheep.toml is written: mesa-doe run wolf-sheep.toml\n"
    text = (tmp_path / "wolf-sheep.toml").read_text()
    (tmp_path / "wolf-sheep.toml").write_text(text.replace("n = 10 ", "n = 2 ").replace("-1  ", "1  "))
    told = mesa_doe("run", "wolf-sheep.toml")
    assert "<Results: 28 runs (28 ok); outputs Wolves, Sheep, Grass>" in told
    assert "morris: 'Wolves'" in told
