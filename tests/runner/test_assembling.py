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
    with pytest.raises(doe.StudyError, match="there is no study in"):
        doe.load(named)
    try:
        whole.rename(named)
    except (OSError, UnicodeError):
        pytest.skip("such names there are not on this file system")
    with pytest.raises(doe.StudyError, match=r"bytes that are no UTF-8, .*: rename it"):
        doe.load(named)
