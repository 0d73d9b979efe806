import zipfile

import pytest

import mesa_doe as doe
from mesa_doe.study.unpacking import unpacked
from tests.cli.studies import NOISY, command, written


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    """Return the folder of a Sobol study."""
    folder = tmp_path_factory.mktemp("noisy")
    command("run", written(folder, NOISY))
    return folder / "study"


def test_a_study_is_archived_and_reads_back(noisy, tmp_path):
    path = tmp_path / "noisy.zip"
    assert command("archive", noisy, path, "--title", "Two factors") == f"{path}\n"
    folder, temporary = unpacked(path)
    assert doe.load(folder).model.equals(doe.load(noisy).model)
    temporary.cleanup()
    with zipfile.ZipFile(path) as opened:
        assert b'"title": "Two factors"' in opened.read("datapackage.json")
        assert opened.read("README.md").startswith(b"# Two factors\n")


def test_what_cannot_be_archived_is_told(noisy, tmp_path):
    (tmp_path / "there.zip").touch()
    told = command("archive", noisy, tmp_path / "there.zip", expected=1)
    assert "exists, and nothing is overwritten" in told
    told = command("archive", tmp_path, tmp_path / "new.zip", expected=1)
    assert told == f"mesa-doe: there is no study in {str(tmp_path)!r}\n"
