"""Studies of which files and folders are closed to the user who asks for them."""

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

import mesa_doe as doe
from mesa_doe.cli.main import main
from tests.runner.test_store import noisy, run, same

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs Unix")

NOBODY = 65534


@contextlib.contextmanager
def somebody():
    """Be a user to whom permissions apply."""
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "study"
    run(noisy(), store=folder, chunk_size=5)
    return folder


@pytest.fixture
def study(finished):
    """A finished study in a folder into which everybody may look."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    shutil.copytree(finished, folder / "study")
    (folder / "out").mkdir()
    (folder / "out").chmod(0o777)
    yield folder / "study"
    for path in folder.rglob("*"):
        path.chmod(0o755)
    shutil.rmtree(folder)


def close(path):
    """Take all rights from a file or folder, or from the first of those that a pattern names."""
    next(path.parent.glob(path.name)).chmod(0)


@pytest.mark.parametrize(
    "closed",
    [
        "study.json",
        "points.parquet",
        "design.parquet",
        "ledger/*.jsonl",
        "shards/*.parquet",
        "shards",
        "locks",
    ],
)
def test_what_may_not_be_read_is_told_and_not_called_damaged(study, closed):
    close(study / closed)
    with somebody():
        ways = [lambda: doe.archive(study, study.parent / "study.zip"), lambda: run(noisy(), store=study)]
        if closed != "locks":  # who only reads looks at none
            ways.append(lambda: doe.load(study).runs)
        for way in ways:
            with pytest.raises(doe.StudyError, match=r"cannot be (read|written): .*Permission denied"):
                way()
    assert not (study / "set-aside").exists()


def test_shards_that_may_not_be_read_and_are_in_no_ledger_are_no_strangers(study):
    shutil.rmtree(study / "ledger")
    for path in (study / "shards").iterdir():
        path.chmod(0)
    with somebody(), pytest.raises(doe.StudyError, match=r"cannot be read: .*Permission denied"):
        doe.load(study)
    (study / "ledger").mkdir(mode=0o777)
    for path in [study, *study.iterdir()]:
        path.chmod(0o777)
    with somebody(), pytest.raises(doe.StudyError, match=r"cannot be read: .*Permission denied"):
        run(noisy(), store=study)
    for path in (study / "shards").iterdir():
        path.chmod(0o644)
    with somebody():
        assert doe.load(study).pending == 0


def test_a_study_that_may_only_be_read_is_read(study, capsys):
    whole = run(noisy())
    for path in [study, *study.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    out = study.parent / "out"
    pytest.importorskip("matplotlib.pyplot")  # which looks into the home of who imports it
    with somebody():
        results = doe.load(study)
        same(results, whole)
        assert results.replay(7).model["y"].tolist() == whole.model["y"][[7]].tolist()
        doe.write_report(results, out / "report.html")
        doe.archive(study, out / "study.zip")
        for command in ("status", "failures"):
            assert main([command, str(study)]) == 0
        assert main(["export", str(study), str(out / "tables"), "--format", "csv"]) == 0
        with pytest.raises(doe.StudyError, match=r"cannot be written: .*doe.load reads this one"):
            run(noisy(), store=study)
    capsys.readouterr()


def test_a_colleague_goes_on_where_the_folder_lets_one_and_what_is_written_is_as_the_umask_says(study):
    before = os.umask(0o002)
    try:
        shutil.rmtree(study)
        study.mkdir(mode=0o777)
        study.chmod(0o777)
        run(noisy(points=6), store=study)
        for path in study.rglob("*"):
            assert path.stat().st_mode & 0o777 == (0o775 if path.is_dir() else 0o664), path
        if os.geteuid() == 0:  # the group's rights, for one who is in no group
            for path in study.iterdir():
                path.chmod(0o777 if path.is_dir() else 0o664)
        with somebody():
            same(run(noisy(), store=study), run(noisy()))
    finally:
        os.umask(before)
