"""Which study an argument means: ``STUDY`` a folder, ``STUDY.toml`` its file; who mixes them up is told."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mesa_doe.errors import ConfigurationError, StudyError

__all__ = ["add_file", "add_study"]


def add_study(parser: argparse.ArgumentParser, *, archives: bool = True) -> None:
    """Add ``STUDY``, a folder; a study file stands for the one that it names.

    Parameters
    ----------
    parser : ArgumentParser
    archives : bool, default True
        Whether it may be an archive too.
    """
    parser.add_argument(
        "study",
        type=Path,
        action=_Read,
        read=_study if archives else _no_archive,
        help=f"folder of the study, {'its archive, ' if archives else ''}or its study file",
    )


def add_file(parser: argparse.ArgumentParser) -> None:
    """Add ``STUDY.toml``, a study file."""
    parser.add_argument(
        "file", type=Path, action=_Read, read=_file, metavar="STUDY.toml", help="the study file"
    )


class _Read(argparse.Action):
    """Keep what is read from a path as the command is called, and not the path."""

    def __init__(self, *, read: Callable[[Path, str], Path], **settings: Any) -> None:
        super().__init__(**settings)
        self._read = read

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *_: object
    ) -> None:
        setattr(namespace, self.dest, self._read(values, parser.prog))


def _study(path: Path, _: str) -> Path:
    return _folder_of(path) if path.suffix == ".toml" and not path.is_dir() else path


def _no_archive(path: Path, command: str) -> Path:
    if path.suffix != ".toml" and path.is_file():
        raise StudyError(f"{str(path)!r} is a file: {command} takes the folder of a study, or its study file")
    return _study(path, command)


def _file(path: Path, command: str) -> Path:
    if path.is_dir():
        raise StudyError(_is_folder(path, command))
    beside = path.with_name(f"{path.name}.toml")
    if not path.exists() and beside.is_file():
        raise StudyError(f"there is no file {str(path)!r}: give {_line(command, beside)}")
    return path


def _folder_of(file: Path) -> Path:
    """Return the folder that a study file names, having looked whether a study is in it."""
    from mesa_doe.cli.study_file import read_store
    from mesa_doe.study.reading import is_study

    folder = read_store(file)
    if not is_study(folder):
        raise StudyError(
            f"{file} names the folder {str(folder)!r}, and there is no study in it: "
            f"{_line('mesa-doe run', file)} makes it; or give the folder that was given with --store"
        )
    return folder


def _is_folder(folder: Path, command: str) -> str:
    from mesa_doe.study.reading import is_study

    if files := _files_of(folder):
        told = " or ".join(_line(command, file) for file in files)
        return f"{str(folder)!r} is the folder of a study: give its file, {told}"
    if is_study(folder):
        return (
            f"{str(folder)!r} is the folder of a study, and no study file beside it or in the present folder "
            "names it: if a script made it, run that again; else give the file and the folder, "
            f"{command} STUDY.toml --store {shlex.quote(str(folder))}"
        )
    return f"{str(folder)!r} is a folder: {command} takes a study file, STUDY.toml"


def _files_of(folder: Path) -> list[Path]:
    """Return the study files that name a folder: those beside it and in the present one."""
    own = folder.resolve()
    # "." and ".." have no name beside which a file could lie.
    beside = (folder if folder.name not in ("", "..") else own).parent
    there = {file.resolve(): file for place in (beside, Path()) for file in place.glob("*.toml")}
    return sorted(file for file in there.values() if _names(file, own))


def _names(file: Path, folder: Path) -> bool:
    from mesa_doe.cli.study_file import read_store

    try:
        return read_store(file).resolve() == folder
    except ConfigurationError:  # of another program, or not finished
        return False


def _line(command: str, path: Path) -> str:
    return f"{command} {shlex.quote(str(path))}"
