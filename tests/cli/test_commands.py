import argparse
import csv
import importlib.metadata
import importlib.resources
import io
import json
import os
import shutil
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path

import mesa
import mesa.examples
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.analysis import ANALYSES
from mesa_doe.cli.analyze import add_analyze
from mesa_doe.cli.example import EXAMPLES, example_files
from mesa_doe.cli.main import main
from mesa_doe.cli.report import add_report
from mesa_doe.results.numbers import AT_WORDS
from mesa_doe.samplers import SAMPLERS
from tests.cli.studies import NOISY, changed, command, written
from tests.cli.test_run import FAILING


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """Return the folder of a study in which half of the runs failed."""
    folder = tmp_path_factory.mktemp("failing")
    command("run", written(folder, FAILING), expected=1)
    return folder / "study"


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    """Return the folder of a Sobol study."""
    folder = tmp_path_factory.mktemp("noisy")
    command("run", written(folder, NOISY))
    return folder / "study"


# ---- failures -------------------------------------------------------------------------------------------


def test_failures_are_listed(failing):
    lines = command("failures", failing).splitlines()
    assert lines[0].split() == ["run_id", "n", "fail_at", "status", "origin", "error_type", "error"]
    assert " ".join(lines[1].split()) == "10 1 3 failed stepping ZeroDivisionError told to fail"
    # Then what there is of each kind, and the way to the tracebacks.
    assert lines[11] == lines[14] == ""
    assert [line.split() for line in lines[12:14]] == [
        ["runs", "status", "origin", "error_type"], ["10", "failed", "stepping", "ZeroDivisionError"]
    ]  # fmt: skip
    assert lines[15:] == [
        f"mesa-doe replay {failing} 10 makes the first again, with its traceback; -f json has all tracebacks"
    ]
    assert "ZeroDivisionError: told to fail" in command("replay", failing, 10, expected=1)


def test_failures_for_programs_have_all_columns(failing):
    expected = doe.load(failing).failures.reset_index()
    found = json.loads(command("failures", failing, "-f", "json"))
    assert [*found[0]] == [*expected]
    assert [one["run_id"] for one in found] == expected["run_id"].tolist()
    assert found[0]["traceback"].startswith("Traceback")
    rows = list(csv.DictReader(io.StringIO(command("failures", failing, "-f", "csv"))))
    assert [row["traceback"] for row in rows] == [one["traceback"] for one in found]


def test_a_study_without_failures_has_none(noisy):
    assert command("failures", noisy) == "none\n"
    assert command("failures", noisy, "-f", "json") == "[]\n"


# ---- replay ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["table", "json", "csv"])
def test_a_run_is_made_again(failing, form):
    told = command("replay", failing, 1, "-f", form)
    expected = doe.load(failing).model.query("run_id == 1").reset_index(drop=True)
    if form == "json":
        assert json.loads(told) == expected.astype(object).to_dict("records")
    elif form == "csv":
        pd.testing.assert_frame_equal(pd.read_csv(io.StringIO(told)), expected, check_dtype=False)
    else:
        assert told.splitlines()[0].split() == ["run_id", "step", "mean", "alive"]


def test_a_run_that_fails_gives_the_traceback_of_the_model(failing):
    told = command("replay", failing, 12, expected=1).splitlines()
    assert told[0] == "Traceback (most recent call last):"
    assert not any("mesa_doe/" in line for line in told)  # nothing of ours before the model's own
    assert told[-1] == "ZeroDivisionError: told to fail"


LEAVES = """\
import os
import sys


def simulate(a, b, inert):
    match os.environ.get("MODEL_LEAVES"):
        case "exit":
            sys.exit(0)
        case "panic":
            raise Panic(0)
    return {"exact": a}

class Panic(BaseException):
    pass
"""


@pytest.mark.parametrize(("how", "error"), [("exit", "SystemExit"), ("panic", "Panic")])
def test_a_model_that_leaves_the_process_ends_no_command_as_if_all_were_well(
    tmp_path, monkeypatch, how, error
):
    monkeypatch.setattr(sys, "path", sys.path[:])
    (tmp_path / "model_leaves.py").write_text(LEAVES)
    monkeypatch.chdir(tmp_path)
    text = changed('class = "tests.models:noisy"', 'class = "model_leaves:simulate"')
    path = written(tmp_path, text.replace("replications = 2\n", ""))
    command("run", path)
    monkeypatch.setenv("MODEL_LEAVES", how)
    assert command("replay", "study", 0, expected=1).splitlines()[-1].endswith(f"{error}: 0")
    assert f"{error}: 0" in command("plan", path, "--store", "new", expected=1)
    command("run", path, "--store", "new", expected=1)
    assert set(doe.load("new").failures["error_type"]) == {error}


def test_a_module_that_leaves_the_process_when_it_is_imported_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", sys.path[:])
    (tmp_path / "model_gone.py").write_text("def simulate(a, b, inert):\n    return {'exact': a}\n")
    monkeypatch.chdir(tmp_path)
    text = changed('class = "tests.models:noisy"', 'class = "model_gone:simulate"')
    command("run", written(tmp_path, text.replace("replications = 2\n", "")))
    (tmp_path / "model_gone.py").write_text("raise SystemExit(0)\n")
    del sys.modules["model_gone"]
    told = command("replay", "study", 0, expected=1)
    assert "model_gone:simulate" in told
    assert "cannot be imported: SystemExit: 0" in told


def test_the_model_may_be_given(failing):
    assert command("replay", failing, 1, "--model", "tests.models:Walkers") == command("replay", failing, 1)
    told = command("replay", failing, 1, "--model", "tests.models", expected=1)
    assert told.startswith("mesa-doe: a model is named as package.module:Class or model.py:Class, got ")
    assert "there is no file" in command("replay", failing, 1, "--model", "none.py:Walkers", expected=1)


def test_a_model_beside_the_study_file_is_found_in_the_present_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", sys.path[:])
    (tmp_path / "model_present.py").write_text("def simulate(a, b, inert):\n    return {'exact': a}\n")
    text = changed('class = "tests.models:noisy"', 'file = "model_present.py"\nclass = "simulate"')
    command("run", written(tmp_path, text.replace("replications = 2\n", "")))
    # As a command of its own: this process knows the model by now.
    told = replayed(tmp_path, "study")
    assert (told.returncode, told.stdout.split()[:3]) == (0, ["run_id", "step", "exact"])
    (tmp_path / "elsewhere").mkdir()
    told = replayed(tmp_path / "elsewhere", "../study")
    assert told.returncode == 1
    assert "No module named 'model_present'" in told.stderr
    assert f"it was looked for in {tmp_path / 'elsewhere'} and in what is installed" in told.stderr
    (tmp_path / "model_present.py").write_text("def simulate(a, b, inert):\n    return {'exact': b}\n")
    assert "model_present:simulate has changed" in replayed(tmp_path, "study").stderr


SCRIPT = """\
import mesa_doe as doe

LEVEL = 2


class Scale:
    by = 3


def model(a):
    return {"y": a * LEVEL * Scale.by}


def whole(model):
    return {"z": 1}


if __name__ == "__main__":
    design = doe.halton(doe.ParameterSpace(a=doe.Real(0, 1)), 2, rng=1)
    runs = design.configurations(model, rng=1, outputs=OUTPUTS)
    doe.BatchRunner(runs, store="study", display_progress=False).run_all()
"""


@pytest.fixture
def script(tmp_path):
    """Write and run a script that defines its model and runs a study."""

    def ran(text):
        path = tmp_path / "model_script.py"
        path.write_text(text)
        subprocess.run([sys.executable, path], cwd=tmp_path, check=True, capture_output=True)
        return path

    return ran


def test_a_model_of_the_script_that_ran_the_study_is_the_same_when_it_is_imported(script, tmp_path):
    model = "model_script.py:model"
    path = script(SCRIPT.replace("OUTPUTS", "None"))
    told = replayed(tmp_path, "study").stderr
    assert "--model FILE.py:NAME" in told
    assert 'below `if __name__ == "__main__":`' in told
    told = replayed(tmp_path, "study", "--model", model)
    assert (told.stderr, told.stdout.split()[:3]) == ("", ["run_id", "step", "y"])
    text = path.read_text()
    for old, new in [("LEVEL = 2", "LEVEL = 3"), ("by = 3", "by = 4"), ("a * ", "a + ")]:
        path.write_text(path.read_text().replace(old, new))
    told = replayed(tmp_path, "study", "--model", model).stderr
    for piece in ("LEVEL", "Scale", "model"):
        assert f"__main__:{piece} has changed" in told
    path.write_text(text)
    assert "__main__:whole is new" in replayed(tmp_path, "study", "--model", "model_script:whole").stderr


def test_an_output_of_the_script_that_ran_the_study_is_found_beside_its_model(script, tmp_path):
    path = script(SCRIPT.replace("OUTPUTS", "whole"))
    told = replayed(tmp_path, "study", "--model", "model_script:model")
    assert (told.stderr, told.stdout.split()[:3]) == ("", ["run_id", "step", "z"])
    path.write_text(path.read_text().replace('{"z": 1}', '{"z": 2}'))
    told = replayed(tmp_path, "study", "--model", "model_script:model")
    assert "__main__:whole has changed" in told.stderr


def test_the_script_itself_replays_a_run_whose_output_has_no_name(script, tmp_path):
    text = SCRIPT.replace("OUTPUTS", "lambda model: {'z': 1}")
    script(text)
    told = replayed(tmp_path, "study", "--model", "model_script.py:model").stderr
    assert "__main__:<lambda> cannot be imported: it has no name in its module. Replay the run in the" in told
    assert "by run_all().replay(run_id)" in told
    script(text.replace(".run_all()", ".run_all().replay(0)"))


def test_a_script_that_runs_its_study_when_it_is_imported_is_told_how_not_to(script, tmp_path):
    script(SCRIPT.replace("OUTPUTS", "None").replace("__name__ ==", "__name__ and"))
    told = replayed(tmp_path, "study", "--model", "model_script.py:model")
    assert told.returncode == 1
    assert 'What a file runs as a script has to be below `if __name__ == "__main__":`' in told.stderr


def replayed(folder, study, *options):
    # Not with the present folder on the path, as Python has it with -c.
    arguments = [sys.executable, "-P", "-c", "from mesa_doe.cli.main import main; raise SystemExit(main())"]
    arguments += ["replay", study, "0", *options]
    return subprocess.run(arguments, cwd=folder, capture_output=True, text=True, check=False)


def test_a_run_that_is_none_is_told(failing):
    assert command("replay", failing, 99, expected=1) == "mesa-doe: there is no run 99; runs are 0 to 19\n"


# ---- analyze --------------------------------------------------------------------------------------------


def test_an_output_is_analysed(noisy):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there are few points
        expected = doe.load(noisy).sensitivity(["y", "exact"], resamples=100)
    told = command("analyze", noisy, "y", "exact", "-o", "resamples=100")
    assert told == f"{expected}\n"
    found = json.loads(command("analyze", noisy, "y", "exact", "-o", "resamples=100", "-f", "json"))
    assert [row["estimate"] for row in found] == expected.to_frame()["estimate"].tolist()
    text = command("analyze", noisy, "y", "exact", "-o", "resamples=100", "-f", "csv")
    assert text == expected.to_frame().to_csv(index=False, lineterminator="\r\n")


@pytest.mark.parametrize("form", ["json", "csv"])
def test_what_must_be_known_of_an_analysis_goes_beside_what_programs_read(failing, form, capsys):
    with pytest.warns(doe.MesaDoeWarning, match="left out|no more than a dummy"):
        expected = doe.load(failing).sensitivity("alive", method="pawn", missing="drop", slides=2)
    said = [*expected.warnings, *expected.notes]
    assert said
    line = ["analyze", failing, "alive", "--method", "pawn", "--missing", "drop", "-o", "slides=2"]
    assert main([*map(str, line), "-f", form]) == 0
    told = capsys.readouterr()
    assert told.err == "".join(f"mesa-doe: {text}\n" for text in said)
    rows = json.loads(told.out) if form == "json" else list(csv.DictReader(io.StringIO(told.out)))
    assert len(rows) == len(expected.to_frame())


def test_at_method_and_missing_are_taken(failing):
    results = doe.load(failing)
    with pytest.warns(doe.MesaDoeWarning, match="left out|no more than a dummy"):
        expected = results.sensitivity("alive", at="final", method="pawn", missing="drop", slides=2)
    arguments = ["alive", "--at", "final", "--method", "pawn", "--missing", "drop", "-o", "slides=2"]
    assert command("analyze", failing, *arguments) == f"{expected}\n"
    assert "only the last step of each run was kept" in command(
        "analyze", failing, "alive", "--at", "2", expected=1
    )


def test_what_is_to_be_done_is_told_in_words_of_the_shell(failing):
    told = command("analyze", failing, "alive", "--method", "pawn", expected=1)
    assert f"Look at mesa-doe failures {failing} and run" in told
    assert "run what failed again (mesa-doe run --resume failed in a study, " in told
    assert told.endswith("with --missing drop\n")


def test_what_cannot_be_analysed_is_told(noisy):
    assert "there is no output 'z'; there are y, exact" in command("analyze", noisy, "z", expected=1)
    assert "there is no analysis 'sobl'" in command("analyze", noisy, "y", "--method", "sobl", expected=1)
    told = command("analyze", noisy, "y", "-o", "resample=100", "-o", "bin=3", expected=1)
    assert (
        "--option bin: there is no such option; there are confidence, dummy, estimator, noise, redu" in told
    )
    assert "--option resample: " in told
    for arguments in (["--at", "end"], ["-o", "resamples"], []):
        with pytest.raises(SystemExit):
            command("analyze", noisy, *(["y", *arguments] if arguments else []))


SERIES = """\
[model]
class = "mesa.examples:Schelling"

[space]
density = {real = [0.6, 0.9]}
homophily = {real = [0.2, 0.9]}
width = 6
height = 6

[design]
method = "sobol"
n = 4
rng = 1

[runs]
rng = 2
max_steps = 3
data_collection_period = 1

[[analysis]]
output = "happy"
at = "all"
unequal = "last"
resamples = 100
"""


@pytest.mark.filterwarnings("ignore:The use of the `seed` keyword argument is deprecated:FutureWarning")
def test_what_is_not_shown_of_an_analysis_over_time_is_told_with_the_way_to_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = command("run", written(tmp_path, SERIES))
    assert "sobol: 'happy' at step 3, the last of 4" in told
    assert told.endswith("\n\n… and 3 earlier steps: mesa-doe run --report shows all\n")
    over_time = ["happy", "--at", "all", "-o", "unequal=last", "-o", "resamples=100"]
    told = command("analyze", "study", *over_time)
    way = "-f csv has all, and mesa-doe explore study draws them"
    assert told.endswith(f"\n\n… and 3 earlier steps: {way}\n")
    rows = list(csv.DictReader(io.StringIO(command("analyze", "study", *over_time, "-f", "csv"))))
    assert {row["step"] for row in rows} == {"0", "1", "2", "3"}
    assert "earlier" not in command("analyze", "study", "happy", "-o", "resamples=100")


def test_outputs_that_are_not_shown_are_told_with_the_way_to_them(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", sys.path[:])
    model = "def simulate(a, b, inert):\n    return {f'y{k}': a + k * b for k in range(7)}\n"
    written(tmp_path, model, "model_of_many.py")
    text = changed('class = "tests.models:noisy"', 'class = "model_of_many:simulate"')
    text = text.replace("replications = 2\n", "")
    names = [f"y{k}" for k in range(7)]
    told = command("run", written(tmp_path, changed('"exact"', json.dumps(names), text)))
    assert "… and 2 more outputs: mesa-doe run --report shows all" in told
    told = command("analyze", tmp_path / "study", *names, "-o", "resamples=100")
    assert (
        f"… and 2 more outputs: -f csv has all, and mesa-doe explore {tmp_path / 'study'} draws them" in told
    )


# ---- export ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_tables_are_exported(failing, tmp_path, form):
    told = command("export", failing, tmp_path / "out", "--format", form).splitlines()
    assert told == [
        f"{tmp_path / 'out' / name}.{form}: {n} rows" for name, n in [("runs", 20), ("model", 10)]
    ]
    read = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}[form]
    results = doe.load(failing)
    runs = read(tmp_path / "out" / f"runs.{form}")
    assert [*runs] == ["run_id", *results.runs.columns, "traceback"]
    assert runs["n"].tolist() == results.runs["n"].tolist()
    assert runs.loc[12, "traceback"] == results.failures.loc[12, "traceback"]
    if form == "parquet":
        pd.testing.assert_frame_equal(read(tmp_path / "out" / "model.parquet"), results.model)
        assert runs["seed"].tolist() == results.runs["seed"].tolist()
    elif form == "json":
        found = json.loads((tmp_path / "out" / "model.json").read_text())
        assert found == results.model.astype(object).to_dict("records")
    assert "nothing is overwritten, and there are" in command(
        "export", failing, tmp_path / "out", "--format", form, expected=1
    )


def test_agents_and_tables_have_files_of_their_own_and_agents_are_analysed(tmp_path):
    text = FAILING.replace('outputs = ["alive", "mean"]', "data_collection_period = 1")
    text = text[: text.index("[[analysis]]")].replace("fail_at = {discrete = [-1, 3]}\n", "")
    command("run", written(tmp_path, text))
    command("export", tmp_path / "study", tmp_path / "out", "--format", "parquet")
    results = doe.load(tmp_path / "study")
    for name, frame in [
        ("agents-Agent", results.agents["Agent"]),
        ("table-deaths", results.tables["deaths"]),
    ]:
        pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "out" / f"{name}.parquet"), frame)
    # An output of agents is asked for with the option that makes it one number.
    name = results.agents["Agent"].columns[-1]
    ask = ["analyze", tmp_path / "study", name, "--method", "pawn", "-o", "slides=2"]
    assert "say how they become one number with -o reduce=VALUE, which takes 'mean'" in command(
        *ask, expected=1
    )
    assert f"pawn: '{name}'" in command(*ask, "-o", "reduce=count")


def test_a_folder_that_cannot_be_made_is_told(noisy, tmp_path):
    (tmp_path / "file").write_text("")
    told = command("export", noisy, tmp_path / "file" / "out", "--format", "csv", expected=1)
    assert told.startswith("mesa-doe: the tables cannot be written to ")


# ---- lists ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "known"), [("designs", SAMPLERS), ("analyses", [*ANALYSES, "tabulate"])])
def test_methods_are_listed_and_described(name, known):
    assert [line.split()[0] for line in command(name).splitlines()[1:]] == sorted(known)
    assert len(json.loads(command(name, "-f", "json"))) == len(known)
    assert len(list(csv.reader(io.StringIO(command(name, "-f", "csv"))))) == len(known) + 1
    told = command(name, "morris")
    assert told.startswith("morris(")
    assert "Parameters\n----------" in told
    [one] = json.loads(command(name, "morris", "-f", "json"))
    assert "morris" in one.values()
    assert "did you mean 'morris'?" in command(name, "moris", expected=1)


# ---- example --------------------------------------------------------------------------------------------


def test_examples_are_written_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command("example", "virus")
    assert command("example", "virus", expected=1) == "mesa-doe: virus.toml exists, and is not overwritten\n"
    told = command("example", "virsu", expected=1)
    assert (
        told
        == f"mesa-doe: there is no example 'virsu': did you mean 'virus'? there are {', '.join(EXAMPLES)}\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["virus.toml"]


def test_an_example_brings_the_functions_that_its_model_needs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = command("example", "boids")
    assert told == "boids.toml and boids_outputs.py are written: mesa-doe run boids.toml\n"
    text = changed("replications = 5", "replications = 2", (tmp_path / "boids.toml").read_text())
    written(tmp_path, changed("max_steps = 60", "max_steps = 5", text), "boids.toml")
    line = [sys.executable, "-W", "ignore", "-m", "mesa_doe", "run", "boids.toml", "--report"]
    told = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    assert "<Results: 32 runs (32 ok); outputs polarisation>" in told
    assert "polarisation" in (tmp_path / "boids.html").read_text(encoding="utf-8")
    values = doe.load(tmp_path / "boids").output("polarisation")
    assert values.between(0, 1).all()
    (tmp_path / "boids.toml").unlink()
    told = command("example", "boids", expected=1)
    assert told == "mesa-doe: boids_outputs.py exists, and is not overwritten\n"
    assert not (tmp_path / "boids.toml").exists()


def test_the_names_of_the_examples_are_those_of_their_files():
    folder = importlib.resources.files("mesa_doe.cli").joinpath("examples")
    found = [file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")]
    assert sorted(found) == [*EXAMPLES]


def test_there_is_an_example_of_every_model_that_mesa_brings_along():
    named = [tomllib.loads(example_files(name)[f"{name}.toml"])["model"]["class"] for name in EXAMPLES]
    assert sorted(named) == sorted(f"mesa.examples:{name}" for name in mesa.examples.__all__)


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.filterwarnings("ignore:The use of the `seed` keyword argument is deprecated:FutureWarning")
@pytest.mark.filterwarnings("ignore:Random number generator not specified:UserWarning")
def test_every_example_can_be_run(name, tmp_path):
    if name == "alliance" and mesa.__version__.startswith("3.4."):
        pytest.skip("Mesa 3.4's own model raises KeyError in step(), by hand too")
    for file, text in example_files(name).items():
        written(tmp_path, text, file)
    study = tmp_path / f"{name}.toml"
    told = command("plan", study, "--n-jobs", "1", "--pilot", "1")
    assert "pilot    run 0, one at a time: 1 ok" in told
    assert (
        f"analyses {len(tomllib.loads(study.read_text())['analysis'])}, of outputs that the pilot has" in told
    )


# ---- pipes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments", [["designs", "-f", "json"], ["status", "STUDY"], ["run", "FILE"], ["--version"]]
)
@pytest.mark.parametrize("both", [False, True], ids=["stdout", "both"])
def test_a_pipe_that_is_closed_ends_a_command_quietly(noisy, arguments, both):
    names = {"STUDY": noisy, "FILE": noisy.parent / "study.toml"}
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "mesa_doe", *(str(names.get(one, one)) for one in arguments)],
        stdout=write, stderr=write if both else subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(write)
    assert done.returncode == 141
    # Of "run", the warnings of the analyses.
    assert all(line.startswith("mesa-doe: ") for line in (done.stderr or "").splitlines())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk that is always full")
@pytest.mark.parametrize("arguments", [["designs", "-f", "json"], ["status", "STUDY"], ["run", "FILE"]])
@pytest.mark.parametrize("both", [False, True], ids=["stdout", "both"])
def test_a_disk_that_is_full_is_told_in_one_line(noisy, arguments, both):
    names = {"STUDY": noisy, "FILE": noisy.parent / "study.toml"}
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mesa_doe", *(str(names.get(one, one)) for one in arguments)],
            stdout=full, stderr=full if both else subprocess.PIPE, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    if not both:
        told = "mesa-doe: what is printed cannot be written: No space left on device"
        assert told in done.stderr.splitlines()
        assert all(line.startswith("mesa-doe: ") for line in done.stderr.splitlines())


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_head_gets_its_line_and_nobody_complains():
    pipe = f"'{sys.executable}' -m mesa_doe designs | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", pipe], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 141)  # all may be written before head has gone
    assert done.stdout.startswith("sampler ")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_another_pipe_that_is_closed_is_an_error_as_any():
    code = (
        "from mesa_doe import samplers\nfrom mesa_doe.cli.main import main\n"
        "def table():\n    print('begun')\n    raise BrokenPipeError(32, 'the pipe to a worker')\n"
        "samplers.table = table\nraise SystemExit(main(['designs']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "begun\n")
    assert done.stderr.endswith("BrokenPipeError: [Errno 32] the pipe to a worker\n")


def test_a_model_that_breaks_a_pipe_has_failed(tmp_path):
    text = changed('class = "tests.models:noisy"', 'class = "breaks_a_pipe:broken"')
    model = "def broken(a, b, inert):\n    raise BrokenPipeError(32, 'its socket')\n"
    written(tmp_path, model, "breaks_a_pipe.py")
    assert "BrokenPipeError" in command("run", written(tmp_path, text), expected=1)


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"mesa-doe {importlib.metadata.version('mesa-doe')}\n"


# ---- all ------------------------------------------------------------------------------------------------

COMMANDS = [
    "example", "plan", "run", "resume", "status", "failures", "replay", "analyze", "report", "explore",
    "export", "archive", "designs", "analyses",
]  # fmt: skip


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_exit_codes(name, capsys):
    with pytest.raises(SystemExit) as caught:
        main([name, "--help"])
    assert caught.value.code == 0
    told = capsys.readouterr().out
    assert "Exit codes: 0 " in told
    assert " 1 " in told.partition("Exit codes:")[2]


@pytest.mark.parametrize("name", ["failures", "replay", "analyze", "export"])
def test_there_is_no_study_where_there_is_none(name, tmp_path):
    further = {"replay": [0], "analyze": ["y"], "export": [tmp_path / "out", "--format", "csv"]}.get(name, [])
    told = command(name, tmp_path / "none", *further, expected=1)
    assert told == f"mesa-doe: there is no study in {str(tmp_path / 'none')!r}\n"


def test_help_waits_for_no_library_and_no_other_part_of_the_package():
    code = "import sys; before = set(sys.modules)\nfrom mesa_doe.cli.main import main\n"
    code += f"for command in {['', *COMMANDS]}:\n    try:\n        main([*command.split(), '--help'])\n"
    code += "    except SystemExit:\n        pass\nprint(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    imported = set(done.stdout.splitlines()[-1].split())
    assert "mesa_doe.cli.status" in imported
    ours = {".".join(name.split(".")[:2]) for name in imported if name.startswith("mesa_doe.")}
    assert ours == {"mesa_doe.cli", "mesa_doe.errors", "mesa_doe._optional"}
    others = {name.partition(".")[0] for name in imported} - {"mesa_doe", "lazy_loader"}
    assert others <= sys.stdlib_module_names
    assert "importlib.resources" not in imported


@pytest.mark.parametrize("command_of", [add_analyze, add_report])
def test_at_takes_the_words_that_python_takes(command_of):
    parser = argparse.ArgumentParser()
    command_of(parser.add_subparsers())
    (own,) = parser._subparsers._group_actions[0].choices.values()
    at = next(action for action in own._actions if action.dest == "at")
    words = [word for word in AT_WORDS if word != "all" or command_of is add_analyze]
    assert [at.type(word) for word in words] == words
    assert all(word in at.help for word in words)


def test_an_output_that_cannot_hold_what_is_printed_says_what_to_set():
    line = [sys.executable, "-m", "mesa_doe", "designs"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    told = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert told.stderr == (
        "mesa-doe: what is printed cannot be written: ascii, the encoding of this output, has no '\\u2026'; "
        "set PYTHONIOENCODING=utf-8\n"
    )
    environment["PYTHONIOENCODING"] = "utf-8"
    told = subprocess.run(line, env=environment, capture_output=True, encoding="utf-8", check=True)
    assert "…" in told.stdout
