"""The study that is in an archive, taken out of it without trusting it.

What leaves the archive is what a study has, by its name; all else stays where it is, wherever it would lead.
Nothing is executed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import zipfile
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

from mesa_doe.errors import StudyError
from mesa_doe.study.reading import FILE, FILES, is_shard_name

try:
    from lzma import LZMAError
except ImportError:  # Python was built without it, and zipfile then reads none
    LZMAError = zlib.error  # type: ignore[assignment, misc]

__all__ = ["ROOT", "is_ours", "unpacked"]

#: Where in an archive the study is.
ROOT = "study/"

_LEDGER = re.compile(r"[0-9a-f]{32}\.jsonl")
_PIECE = 1 << 20


def unpacked(path: str | os.PathLike[str]) -> tuple[Path, TemporaryDirectory[str]]:
    """Unpack the study that is in an archive, and nothing else of it, into a temporary folder.

    Parameters
    ----------
    path : str or path
        Of a file that :func:`mesa_doe.study.archive.archive` wrote.

    Returns
    -------
    study : Path
        The folder of the study, called like the file, ending and all: its name is one that can be loaded.
    temporary : TemporaryDirectory
        In which it lies; who is done calls ``cleanup()``.

    Raises
    ------
    StudyError
        If the file is no such archive, or damaged.
    """
    # The whole name: a file has none that leads elsewhere, while the stem of "...zip" may be "..".
    temporary: TemporaryDirectory[str] = TemporaryDirectory(prefix="mesa-doe-", ignore_cleanup_errors=True)
    study = Path(temporary.name) / Path(path).name
    with contextlib.ExitStack() as stack:
        stack.callback(temporary.cleanup)
        try:
            with zipfile.ZipFile(path) as packed:
                _unpack(packed, study)
        # What zipfile raises of a damaged file, or one that is locked or compressed in another way.
        except (zipfile.BadZipFile, OSError, EOFError, RuntimeError, zlib.error, LZMAError) as error:
            message = f"{str(path)!r} is no archive of a study: {error}"
            if Path(path).suffix == ".toml":
                message += "; the study of a study file is in a folder, which mesa-doe run tells"
            raise StudyError(message) from error
        stack.pop_all()
    return study, temporary


def _unpack(packed: zipfile.ZipFile, folder: Path) -> None:
    for name in ("shards", "ledger"):
        (folder / name).mkdir(parents=True)
    for info in packed.infolist():
        name = info.filename.removeprefix(ROOT)
        # Only names that are known: whatever others say, they lead nowhere, and a link becomes a file.
        if info.filename.startswith(ROOT) and is_ours(name):
            with packed.open(info) as source, (folder / name).open("xb") as target:
                shutil.copyfileobj(source, target, _PIECE)
    if not (folder / FILE).exists():
        raise zipfile.BadZipFile(f"there is no {ROOT}{FILE} in it")


def is_ours(name: str) -> bool:
    """Whether a file of this name belongs to a study.

    Examples
    --------
    >>> is_ours("study.json"), is_ours("shards/../../x.parquet")
    (True, False)
    """
    room, slash, file = name.partition("/")
    if not slash:
        return name in FILES
    return (room == "shards" and is_shard_name(file)) or (room == "ledger" and bool(_LEDGER.fullmatch(file)))
