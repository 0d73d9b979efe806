import gc
import tempfile
from pathlib import Path

import pytest

import mesa_doe as doe
from mesa_doe import archive, load
from tests import models


def test_an_archive_is_loaded_and_leaves_nothing(tmp_path, monkeypatch):
    design = doe.latin_hypercube(doe.ParameterSpace(n=doe.Integer(2, 5)), 6, rng=1)
    runs = design.configurations(models.Walkers, rng=2, max_steps=3, seed_policy="common")
    doe.BatchRunner(runs, store=tmp_path / "study").run_all()
    path = archive(tmp_path / "study", tmp_path / "study.zip")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    loaded = load(path)
    assert loaded.model.equals(load(tmp_path / "study").model)
    assert loaded.replay(2).model.equals(load(tmp_path / "study").replay(2).model)
    assert [*(tmp_path / "temporary").iterdir()] != []
    agents = loaded.agents["Agent"]
    del loaded
    gc.collect()
    assert [*(tmp_path / "temporary").iterdir()] == []
    assert len(agents) > 0
    Path(tmp_path / "no.zip").write_text("no zip")
    with pytest.raises(doe.StudyError, match="is no archive of a study"):
        load(tmp_path / "no.zip")
    assert [*(tmp_path / "temporary").iterdir()] == []
