"""A file that is there as a whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

__all__ = ["whole_file"]


@contextlib.contextmanager
def whole_file(path: Path, *, keep: bool = False) -> Iterator[Path]:
    """Write a file beside its place, and move it there when the block has ended.

    Who reads sees the old file or the new one, after a power cut too. If the block or the disk fails, the old
    one stays, and nothing is left of the new.

    Parameters
    ----------
    path : Path
    keep : bool, default False
        Whether a file that is there by then stays: of several processes, the first one to end makes it.

    Yields
    ------
    Path
        Where to write.

    Raises
    ------
    OSError
        If the disk is full, say.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with whole_file(Path(folder, "notes.txt")) as file:
    ...         _ = file.write_text("all of it")
    ...     [(one.name, one.read_text()) for one in Path(folder).iterdir()]
    [('notes.txt', 'all of it')]
    """
    # A name of its own: several processes may get here at once. Absolute: pyarrow takes "study:1" for a URI.
    temporary = path.absolute().with_name(f".{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        # Opened for writing: Windows syncs no other. What another handle wrote is synced too.
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        if not keep:
            temporary.replace(path)
        elif not path.exists():
            _put(temporary, path)
    finally:
        # Once it was moved, there is none. An error of the block says more than one of this.
        with contextlib.suppress(OSError):
            temporary.unlink()
    _sync_folder(path.parent)


def _put(temporary: Path, path: Path) -> None:
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        pass
    except OSError:
        # File systems of sticks and of some servers have no links. Of two that come here at once, the later
        # one then has the word.
        temporary.replace(path)


def _sync_folder(folder: Path) -> None:
    """Make a new name last, where the system lets a folder be opened (Windows does not) and synced."""
    try:
        number = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(number)
    except OSError as error:
        # How some network file systems say that folders cannot be synced.
        if error.errno not in (errno.EINVAL, errno.EBADF, errno.ENOTSUP):
            raise
    finally:
        os.close(number)
