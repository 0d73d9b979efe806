"""What lies in a study folder, read without the libraries that its tables need.

``mesa-doe status`` starts with no more than this.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mesa_doe.errors import StudyError
from mesa_doe.study.ledger import Entry, Ledger, entry_of

__all__ = [
    "DESIGN",
    "FILE",
    "FILES",
    "FORMAT",
    "ORIGIN",
    "TABLE",
    "VERSION",
    "entries_since",
    "is_shard_name",
    "is_study",
    "read_document",
    "read_entries",
    "shard_files",
    "told_if_damaged",
]

_MAGIC = b"PAR1"

FORMAT = "mesa-doe study"
VERSION = 1
FILE, TABLE, DESIGN, ORIGIN = "study.json", "points.parquet", "design.parquet", "origin.parquet"
#: All files that lie in the folder of a study itself.
FILES = (FILE, TABLE, DESIGN, ORIGIN)


def is_study(path: Path) -> bool:
    """Whether a folder is that of a study, by the file in it.

    Examples
    --------
    >>> is_study(Path("nowhere"))
    False
    """
    return (path / FILE).exists()


def read_document(path: Path) -> dict[str, Any]:
    """Return what ``study.json`` says.

    Raises
    ------
    StudyError
        If there is no study, it is damaged, or a later version wrote it.
    """
    try:
        if not stat.S_ISREG((path / FILE).stat().st_mode):  # a pipe, of which reading never ends
            raise ValueError(f"{FILE} is no file")
        document = json.loads((path / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise StudyError(f"there is no study in {str(path)!r}") from error
    except NotADirectoryError as error:
        raise StudyError(
            f"{str(path)!r} is a file, and no folder of a study; such a folder has a {FILE}"
        ) from error
    except (OSError, ValueError) as error:
        raise StudyError(f"the study in {str(path)!r} cannot be read: {error}") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise StudyError(f"{str(path / FILE)!r} is no study of mesa-doe")
    if document.get("version") != VERSION:
        raise StudyError(
            f"{str(path)!r}: a study of version {VERSION} is read, got {document.get('version')!r}"
        )
    return document


@contextlib.contextmanager
def told_if_damaged(path: Path) -> Iterator[None]:
    """Say that a study is damaged where something is not in it, or is something else than it should be.

    Or that it cannot be read, where that is not allowed.

    Parameters
    ----------
    path : Path
        Its folder.

    Raises
    ------
    StudyError

    Examples
    --------
    >>> with told_if_damaged(Path("study")):
    ...     {}["plan"]
    Traceback (most recent call last):
    mesa_doe.errors.StudyError: the study in 'study' is damaged: KeyError: 'plan'
    """
    try:
        yield
    except StudyError:
        raise
    except PermissionError as error:
        raise StudyError(f"the study in {str(path)!r} cannot be read: {error}") from error
    except (OSError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise StudyError(f"the study in {str(path)!r} is damaged: {type(error).__name__}: {error}") from error


def read_entries(path: Path, study: str) -> tuple[dict[str, Entry], dict[str, str]]:
    """Return what every shard holds, and why other files are none.

    Parameters
    ----------
    path : Path
        The folder of the study.
    study : str
        Its id.

    Raises
    ------
    StudyError
        If the folder of the shards is gone, or the system lets one not be read.
    """
    shards = path / "shards"
    # Before the shards are looked for: what a writer finishes meanwhile is no stranger.
    try:
        there = sorted(file.name for file in shards.iterdir())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise StudyError(
            f"the study in {str(path)!r} has lost its folder 'shards', in which its runs were: bring it "
            "back, or run the same again"
        ) from error
    known = Ledger(path / "ledger").read()
    entries, strangers = {}, {}
    for name, size in sorted(shard_files(shards).items()):
        entry = known.get(name)
        if entry and (entry.study, entry.size) == (study, size) and _is_parquet(shards / name):
            entries[name] = entry
            continue
        try:
            entries[name] = entry_of(shards, name, study)
        except StudyError as error:
            # What is closed, or on a server out of reach, may be ours.
            if getattr(error.__cause__, "errno", None) not in (None, errno.ENOENT):
                raise StudyError(f"the study in {str(path)!r} cannot be read: {error.__cause__}") from error
            strangers[name] = str(error)
    for name in there:
        if name not in entries and name not in strangers and not name.startswith("."):
            strangers[name] = f"{str(shards / name)!r} is no file of a study"
    return entries, strangers


def entries_since(document: Mapping[str, Any], entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that count: those since the study was begun afresh, if it was.

    Parameters
    ----------
    document : mapping
        Of ``study.json``.
    entries : iterable of Entry
    """
    first = (document.get("afresh") or {"session": 0})["session"]
    return [entry for entry in entries if entry.session >= first]


def _is_parquet(path: Path) -> bool:
    """Whether a file begins and ends as one of Parquet: what was overwritten does not, whatever its size."""
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            return False
        file.seek(-len(_MAGIC), os.SEEK_END)
        return file.read() == _MAGIC


def is_shard_name(name: str) -> bool:
    """Whether a file could be one of ours, by its name.

    Examples
    --------
    >>> is_shard_name("0123456789abcdef0123456789abcdef.parquet"), is_shard_name("../runs.parquet")
    (True, False)
    """
    stem, dot, kind = name.partition(".")
    return bool(dot) and kind == "parquet" and len(stem) == 32 and set(stem) <= set("0123456789abcdef")


def shard_files(folder: Path) -> dict[str, int]:
    """Return the files of a folder that could be shards, with their sizes; links are none."""
    with os.scandir(folder) as entries:
        return {
            entry.name: entry.stat(follow_symlinks=False).st_size
            for entry in entries
            if is_shard_name(entry.name) and entry.is_file(follow_symlinks=False)
        }
