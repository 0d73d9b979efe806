import os

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
