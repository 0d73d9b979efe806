"""Which study the argument of a command means: its folder, its archive, or its file."""

import shutil
import sys

import pytest

import mesa_doe as doe
from tests.cli.studies import NOISY, changed, command, written

# What each command takes beside the study.
FURTHER = {
    "status": [],
    "failures": [],
    "replay": [0],
    "analyze": ["y", "-o", "resamples=100"],
    "export": ["tables", "--format", "csv"],
    "report": [],
    "archive": ["study.zip"],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the folder of a study file that was run."""
    folder = tmp_path_factory.mktemp("made")
    command("run", written(folder, NOISY))
    return folder


@pytest.fixture
def here(made, tmp_path, monkeypatch):
    """Return the present folder, with a copy of it."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


# ---- a file, where a study is taken -------------------------------------------------------------------


@pytest.mark.parametrize("name", FURTHER)
def test_a_study_file_means_the_study_that_it_names(here, name):
    told = command(name, "study.toml", *FURTHER[name])
    assert told
    shutil.rmtree(here / "tables", ignore_errors=True)
    (here / "study.zip").unlink(missing_ok=True)
    assert told == command(name, "study", *FURTHER[name])


def test_a_study_file_means_the_folder_of_its_batch(here):
    (here / "study").rename(here / "else where")
    file = written(here, NOISY + '\n[batch]\nstore = "else where"\n')
    assert "else where, finished" in command("status", file)


def test_no_model_is_imported_for_a_study_file(here, monkeypatch):
    text = changed('class = "tests.models:noisy"', 'class = "model_that_is_gone:simulate"')
    written(here, text)
    monkeypatch.setattr(sys, "path", sys.path[:])
    before = sys.path[:]
    assert "finished" in command("status", "study.toml")
    assert sys.path == before


def test_a_study_file_that_was_not_run_is_told_with_the_command_that_does(here):
    written(here, NOISY, "my new.toml")
    assert command("failures", "my new.toml", expected=1) == (
        "mesa-doe: my new.toml names the folder 'my new', and there is no study in it: mesa-doe run "
        "'my new.toml' makes it; or give the folder that was given with --store\n"
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[model", "is no TOML"),
        ("[batch]\nstore = 3", "line 2: batch.store takes the name of a folder, got 3"),
        ("[batch]\nstor = 'x'", "line 2: batch.stor: there is no such key: did you mean 'store'?"),
        ("[project]", "line 1: project: there is no such key"),
    ],
)
def test_a_file_of_which_the_folder_is_not_sure_is_told(here, text, told):
    assert told in command("status", written(here, text), expected=1)


def test_a_study_file_that_is_not_there_is_told(here):
    assert "nothing.toml cannot be read" in command("status", "nothing.toml", expected=1)


def test_a_folder_may_be_called_as_a_file(here):
    (here / "study").rename(here / "odd.toml")
    assert "odd.toml, finished" in command("status", "odd.toml")


def test_an_archive_is_not_archived_again(here):
    doe.archive("study", "study.zip")
    assert command("archive", "study.zip", "again.zip", expected=1) == (
        "mesa-doe: 'study.zip' is a file: mesa-doe archive takes the folder of a study, or its study file\n"
    )


# ---- a folder, where a file is taken ------------------------------------------------------------------


@pytest.mark.parametrize(("name", "runs"), [("run", "run"), ("resume", "run"), ("plan", "plan")])
def test_the_folder_of_a_study_is_told_its_file(here, name, runs):
    assert command(name, "study", expected=1) == (
        f"mesa-doe: 'study' is the folder of a study: give its file, mesa-doe {runs} study.toml\n"
    )


def test_the_file_is_found_that_names_the_folder(here):
    (here / "study").rename(here / "results")
    (here / "inner").mkdir()
    (here / "study.toml").unlink()
    written(here, NOISY + '\n[batch]\nstore = "results"\n', "my own.toml")
    written(here, NOISY + '\n[batch]\nstore = "../results"\n', "inner/far.toml")  # not where one looks
    written(here, "[model", "results.toml")
    written(here, "[project]", "pyproject.toml")
    told = "is the folder of a study: give its file, mesa-doe run 'my own.toml'\n"
    assert command("run", "results", expected=1).endswith(told)


def test_the_file_is_found_from_within_the_folder_and_from_where_it_lies(here, monkeypatch):
    written(here, NOISY + f"\n[batch]\nstore = '{here / 'far' / 'results'}'\n", "study.toml")
    (here / "far").mkdir()
    (here / "study").rename(here / "far" / "results")
    assert "give its file, mesa-doe run study.toml\n" in command("run", "far/results", expected=1)
    written(here / "far", NOISY, "results.toml")
    monkeypatch.chdir(here / "far" / "results")
    told = command("run", ".", expected=1)
    assert f"give its file, mesa-doe run {here / 'far' / 'results.toml'}\n" in told


def test_two_files_that_name_a_folder_are_both_told(here):
    written(here, NOISY + '\n[batch]\nstore = "study"\n', "other.toml")
    told = command("run", "study", expected=1)
    assert told.endswith("give its file, mesa-doe run other.toml or mesa-doe run study.toml\n")


def test_a_study_of_a_script_goes_on_by_the_script(here):
    (here / "study.toml").unlink()
    assert command("resume", "study", expected=1) == (
        "mesa-doe: 'study' is the folder of a study, and no study file beside it or in the present folder "
        "names it: if a script made it, run that again; else give the file and the folder, mesa-doe run "
        "STUDY.toml --store study\n"
    )


def test_a_folder_without_a_study_is_no_study_file(here):
    (here / "new").mkdir()
    told = "mesa-doe: 'new' is a folder: mesa-doe run takes a study file, STUDY.toml\n"
    assert command("run", "new", expected=1) == told


def test_a_name_without_its_ending_is_told_the_file(here):
    shutil.rmtree(here / "study")
    assert command("run", "study", expected=1) == (
        "mesa-doe: there is no file 'study': give mesa-doe run study.toml\n"
    )
