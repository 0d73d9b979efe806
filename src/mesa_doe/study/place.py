"""Where a study is, from what was typed."""

from __future__ import annotations

import os
from pathlib import Path

from mesa_doe.errors import StudyError

__all__ = ["place_of"]


def place_of(path: str | os.PathLike[str]) -> Path:
    """Return an absolute path, ``~`` as a shell understands it: the place meant now, wherever one goes later.

    Raises
    ------
    StudyError
        If no file can be at such a path, or it is no text in UTF-8, of which pyarrow reads and writes none.

    Examples
    --------
    >>> place_of("~/study") == Path.home() / "study"
    True
    """
    try:
        place = Path(path).expanduser().absolute()
        os.fspath(place).encode()
    except RuntimeError as error:  # ~somebody who is not there
        raise StudyError(
            f"{os.fspath(path)!r}: {error}; write the path in full, or './~…' for a folder of that name"
        ) from error
    except UnicodeEncodeError as error:
        raise StudyError(
            f"{os.fspath(path)!r} has bytes that are no UTF-8, and tables cannot be read or written there: "
            "rename it, or take another"
        ) from error
    try:
        os.lstat(place)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except (OSError, ValueError) as error:  # a name is too long, has a zero byte, or may not be looked at
        reason = error.strerror if isinstance(error, OSError) else error
        raise StudyError(f"{os.fspath(path)!r} cannot be the place of a study: {reason}") from error
    return place
