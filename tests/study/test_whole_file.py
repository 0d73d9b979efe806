import errno
import os
import stat

import pytest

from mesa_doe.study.whole_file import whole_file


def names(folder):
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("keep", [False, True])
def test_the_file_is_there_with_all_that_was_written(tmp_path, keep):
    with whole_file(tmp_path / "one", keep=keep) as file:
        file.write_text("new")
        assert "one" not in names(tmp_path)
    assert names(tmp_path) == ["one"]
    assert (tmp_path / "one").read_text() == "new"


@pytest.mark.parametrize(("keep", "stays"), [(False, "new"), (True, "old")])
def test_an_earlier_file_is_replaced_unless_it_is_to_stay(tmp_path, keep, stays):
    (tmp_path / "one").write_text("old")
    with whole_file(tmp_path / "one", keep=keep) as file:
        file.write_text("new")
    assert names(tmp_path) == ["one"]
    assert (tmp_path / "one").read_text() == stays


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_where_writing_fails_the_earlier_file_stays_and_nothing_else(tmp_path, error):
    (tmp_path / "one").write_text("old")
    with pytest.raises(type(error)), whole_file(tmp_path / "one") as file:  # noqa: PT012
        file.write_text("ne")
        raise error
    assert names(tmp_path) == ["one"]
    assert (tmp_path / "one").read_text() == "old"


def test_a_block_that_fails_before_it_writes_raises_its_own_error(tmp_path):
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "one"):
        raise ZeroDivisionError
    assert names(tmp_path) == []


@pytest.mark.parametrize("stays", [False, True])
def test_a_file_that_is_to_stay_needs_no_links(tmp_path, monkeypatch, stays):
    def hardlink_to(path, target):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(type(tmp_path), "hardlink_to", hardlink_to)
    if stays:
        (tmp_path / "one").write_text("old")
    with whole_file(tmp_path / "one", keep=True) as file:
        file.write_text("new")
    assert names(tmp_path) == ["one"]
    assert (tmp_path / "one").read_text() == ("old" if stays else "new")


def failing(number, *, folders):
    """Return an fsync that fails with an error of this number, of folders or of files."""
    real = os.fsync

    def fsync(handle):
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        if is_folder == folders:
            raise OSError(number, os.strerror(number))
        real(handle)

    return fsync


def test_what_the_disk_did_not_take_is_not_there(tmp_path, monkeypatch):
    (tmp_path / "one").write_text("old")
    monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC, folders=False))
    with pytest.raises(OSError, match="No space left"), whole_file(tmp_path / "one") as file:
        file.write_text("new")
    assert names(tmp_path) == ["one"]
    assert (tmp_path / "one").read_text() == "old"


@pytest.mark.skipif(os.name == "nt", reason="folders are not synced")
def test_the_file_is_synced_before_it_has_its_name_and_the_folder_afterwards(tmp_path, monkeypatch):
    seen, real = [], os.fsync

    def fsync(handle):
        is_folder = stat.S_ISDIR(os.fstat(handle).st_mode)
        seen.append(("folder" if is_folder else os.fstat(handle).st_size, (tmp_path / "one").exists()))
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with whole_file(tmp_path / "one") as file:
        file.write_text("new")
    assert seen == [(3, False), ("folder", True)]


@pytest.mark.skipif(os.name == "nt", reason="folders are not synced")
def test_a_file_system_that_cannot_sync_folders_will_do_and_one_that_fails_is_told(tmp_path, monkeypatch):
    for number in (errno.EINVAL, errno.ENOTSUP):
        monkeypatch.setattr(os, "fsync", failing(number, folders=True))
        with whole_file(tmp_path / str(number)) as file:
            file.write_text("new")
        assert (tmp_path / str(number)).read_text() == "new"
    monkeypatch.setattr(os, "fsync", failing(errno.EIO, folders=True))
    with pytest.raises(OSError, match=os.strerror(errno.EIO)), whole_file(tmp_path / "one") as file:
        file.write_text("new")
