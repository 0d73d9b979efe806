"""A study as one file that can be sent: as a data package that any tool reads, and as what it is.

::

    README.md           what is what
    datapackage.json    the tables and their columns, after Data Package 1 of Frictionless Data
    data/               the tables as CSV
    study/              the study itself
    rerun.py            runs it again
    environment.txt     with which versions

The same study gives the same bytes, with one version of zlib: no times, names in order.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from mesa_doe.errors import StudyError, are, counted
from mesa_doe.study.folder import StudyFolder
from mesa_doe.study.ledger import Ledger
from mesa_doe.study.lock import holders
from mesa_doe.study.place import place_of
from mesa_doe.study.reading import FILE, read_document, told_if_damaged
from mesa_doe.study.rerun import requirements_of, rerun_script
from mesa_doe.study.stored_model import qualified_name
from mesa_doe.study.tabular import TableFile, table_files
from mesa_doe.study.unpacking import ROOT, is_ours
from mesa_doe.study.whole_file import whole_file

__all__ = ["archive"]

Pieces: TypeAlias = Callable[[], Iterable[bytes]]

# The least that a zip file can say.
_TIME = (1980, 1, 1, 0, 0, 0)
_PIECE = 1 << 20

_README = """\
# {title}

A study made by mesa-doe{made}: {runs}{state}.
Model: {models}.

- `datapackage.json` describes the tables in `data/`, after Data Package 1 (Frictionless Data). All are CSV in
  UTF-8; every table has `run_id`, the key of `data/runs.csv`. What is missing is empty, as is an empty text;
  infinite numbers are INF and -INF.
- `study/` is the study itself: design, seeds, settings, and all that the runs gave, as Parquet files. In
  Python, `mesa_doe.load("study")` reads it, with all types and the design; nothing in it is executed.
- `rerun.py` runs the study again, and compares. The code of the model is not in here: it has to be installed,
  or to lie beside the script. Limits of time are not recorded: where runs have the status "timeout", give it
  one, as `python rerun.py again 60`, in seconds.
- `environment.txt` has the versions of the libraries: `pip install -r environment.txt`. What the model itself
  needs besides is not known here.

`study/study.json` also has the name of the machine and the path of the model's file there.
"""


class HasStudy(Protocol):
    """Results that may lie in the folder of a study."""

    @property
    def study(self) -> Path | None:
        """The folder; None where there is none."""


def archive(
    study: str | os.PathLike[str] | HasStudy, path: str | os.PathLike[str], *, title: str | None = None
) -> Path:
    """Write a study to one zip file, to be sent or deposited.

    Parameters
    ----------
    study : str, path or Results
        Its folder, or results that lie in one.
    path : str or path
        Of the file; nothing is overwritten.
    title : str, optional
        By default the name of the folder.

    Returns
    -------
    Path
        That of the file.

    Raises
    ------
    StudyError
        If there is no such study, it is being written, something is at ``path`` already, or the file cannot
        be written; or results lie in no study.

    Notes
    -----
    A study that is not finished is archived as it is. Memory stays flat: tables are written shard by shard.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from mesa_doe.runner import BatchRunner
    >>> from mesa_doe.samplers import explicit
    >>> def double(x):
    ...     return {"y": 2 * x}
    >>> runs = explicit({"x": [1, 2]}).configurations(double, rng=1, seed_policy="common")
    >>> with TemporaryDirectory() as folder:
    ...     results = BatchRunner(runs, store=f"{folder}/doubles").run_all()
    ...     sorted(zipfile.ZipFile(archive(results, f"{folder}/doubles.zip")).namelist())[:3]
    ['README.md', 'data/model.csv', 'data/points.csv']
    """
    folder, file = _folder_of(study), Path(path)
    read_document(folder)  # says so where there is no study, of which none can be quiet
    with told_if_damaged(folder):
        _check_quiet(folder)
        opened = StudyFolder(folder)
        written = (folder / FILE).read_bytes()
        members = _members(opened, written, folder.resolve().name if title is None else title)
        _check_free(file)
        try:
            with whole_file(file) as place:
                with zipfile.ZipFile(place, "w") as packed:
                    for name in sorted(members):
                        _add(packed, name, members[name])
                _check_quiet(folder)
                if (folder / FILE).read_bytes() != written:
                    raise StudyError(f"the study in {str(folder)!r} was written meanwhile: archive it again")
                _check_free(file)
        except OSError as error:
            raise StudyError(f"{str(file)!r} cannot be written: {error}") from error
    return file


def _check_free(file: Path) -> None:
    if os.path.lexists(file):
        raise StudyError(f"{str(file)!r} exists, and nothing is overwritten: give another name")


def _folder_of(study: Any) -> Path:
    if isinstance(study, (str, os.PathLike)):
        return place_of(study)
    if not hasattr(study, "study"):
        raise StudyError(f"archive takes the folder of a study, or its results, got {type(study).__name__}")
    if study.study is None:
        raise StudyError("these results are in no study, and only a study is archived: run them with store=")
    return Path(study.study)


def _check_quiet(folder: Path) -> None:
    for holder in holders(folder):
        raise StudyError(f"{holder}: archive the study in {str(folder)!r} when that has ended")


def _members(study: StudyFolder, written: bytes, title: str) -> dict[str, Pieces]:
    """Return what is in an archive by name; a name that ends with a slash is a folder."""
    # Also where they are empty: a study has them.
    members: dict[str, Pieces] = {f"{ROOT}{name}/": tuple for name in ("ledger", "shards")}
    files = [one.name for one in study.path.iterdir()]
    files += [f"ledger/{one.name}" for one in Ledger(study.path / "ledger").files()]
    files += [f"shards/{name}" for name in study.entries]
    members |= {ROOT + name: _pieces_of(study.path / name) for name in files if is_ours(name)}
    members[ROOT + FILE] = lambda: [written]
    made: dict[str, dict[str, Any]] = {}
    resources = table_files(study)
    for table in resources:
        members[f"data/{table.name}.csv"] = _counted(table, made)
    package = {
        "profile": "tabular-data-package",
        "name": re.sub(r"[^a-z0-9._-]+", "-", study.path.resolve().name.lower()).strip("-") or "study",
        "title": title,
        "created": study.document["created"],
    }
    # Its name comes after those of the tables, whose sizes it tells.
    members["datapackage.json"] = lambda: [
        _json({**package, "resources": [_resource(table, made[table.name]) for table in resources]})
    ]
    members["README.md"] = lambda: [_readme(study, title).encode()]
    members["rerun.py"] = lambda: [rerun_script(study.document).encode()]
    members["environment.txt"] = lambda: [requirements_of(study.document).encode()]
    return members


def _counted(table: TableFile, made: dict[str, dict[str, Any]]) -> Pieces:
    """Return the pieces of a table's file, which leave their size and hash when they have been written."""

    def pieces() -> Iterator[bytes]:
        size, digest = 0, hashlib.sha256()
        for piece in table.csv():
            size += len(piece)
            digest.update(piece)
            yield piece
        made[table.name] = {"bytes": size, "hash": f"sha256:{digest.hexdigest()}"}

    return pieces


def _resource(table: TableFile, made: dict[str, Any]) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": table.name,
        "title": table.title,
        "path": f"data/{table.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        **made,
        "schema": table.schema(),
    }


def _readme(study: StudyFolder, title: str) -> str:
    plan = study.document["plan"]
    design = plan["design"]
    made = "" if not design else f", {design['method']} design of {counted(design['points'], 'point')}"
    planned, recorded = len(study.plan.numbering.runs), len(study.records(study.plan.numbering))
    return _README.format(
        title=" ".join(title.split()),
        made=made,
        runs=counted(planned, "run"),
        state="" if recorded == planned else f", of which {recorded} {are(recorded)} recorded",
        models=", ".join(f"`{qualified_name(one['model'])}`" for one in plan["models"]),
    )


def _json(document: dict[str, Any]) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def _pieces_of(path: Path) -> Pieces:
    def pieces() -> Iterator[bytes]:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece

    return pieces


def _add(packed: zipfile.ZipFile, name: str, pieces: Pieces) -> None:
    info = zipfile.ZipInfo(name, _TIME)
    # As on Unix, wherever this runs: a file or a folder that its owner may write and all may read.
    info.create_system = 3
    is_folder = name.endswith("/")
    info.external_attr = (0o040755 << 16 | 0x10) if is_folder else 0o100644 << 16
    # Parquet is compressed.
    info.compress_type = (
        zipfile.ZIP_STORED if is_folder or name.endswith(".parquet") else zipfile.ZIP_DEFLATED
    )
    if is_folder:
        packed.writestr(info, b"")
        return
    with packed.open(info, "w", force_zip64=True) as file:
        for piece in pieces():
            file.write(piece)
