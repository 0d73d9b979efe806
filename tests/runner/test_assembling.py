import os

import pytest

import mesa_doe as doe


def goes_elsewhere(x):
    os.chdir("/")
    return {"y": x}


def test_a_relative_folder_is_the_one_of_the_time_when_it_was_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runs = doe.explicit({"x": [1, 2, 3]}).configurations(goes_elsewhere, rng=1, seed_policy="common")
    results = doe.BatchRunner(runs, store="study", chunk_size=1).run_all()
    monkeypatch.chdir(tmp_path)
    loaded = doe.load("study")
    monkeypatch.chdir("/")
    assert results.output("y").tolist() == loaded.output("y").tolist() == [1, 2, 3]


@pytest.mark.parametrize("is_archive", [False, True])
def test_a_path_that_is_no_text_is_refused_with_what_to_do(tmp_path, is_archive):
    runs = doe.explicit({"x": [1, 2]}).configurations(lambda x: {"y": x}, rng=1, seed_policy="common")
    study = tmp_path / "study"
    doe.BatchRunner(runs, store=study).run_all()
    whole = doe.archive(study, tmp_path / "whole.zip") if is_archive else study
    named = tmp_path / os.fsdecode(b"st\xffudy.zip")
    try:
        whole.rename(named)
    except (OSError, UnicodeError):
        pytest.skip("such names there are not on this file system")
    with pytest.raises(doe.StudyError, match=r"bytes that are no UTF-8, .*: rename it"):
        doe.load(named)


@pytest.mark.parametrize("given", ["~/study", "~/of ours/ü%20#?/study"])
def test_a_tilde_is_the_folder_of_the_user(tmp_path, monkeypatch, given):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    runs = doe.explicit({"x": [1, 2]}).configurations(lambda x: {"y": x}, rng=1, seed_policy="common")
    doe.BatchRunner(runs, store=given).run_all()
    assert (tmp_path / given[2:] / "study.json").exists()
    assert doe.load(given).output("y").tolist() == [1, 2]
    assert doe.load(doe.archive(given, tmp_path / "it.zip")).output("y").tolist() == [1, 2]


@pytest.mark.parametrize(
    "place", ["~nobody of that name/study", os.fsdecode(b"st\xffudy"), "st\0udy", "study" * 100]
)
def test_a_place_where_no_study_can_be_is_refused_before_anything_runs(tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    runs = doe.explicit({"x": [1, 2]}).configurations(lambda x: {"y": x}, rng=1, seed_policy="common")
    for use in (lambda: doe.BatchRunner(runs, store=place), lambda: doe.load(place)):
        with pytest.raises(doe.StudyError, match=r"write the path in full|no UTF-8|cannot be the place"):
            use()
    assert not list(tmp_path.iterdir())
