"""What a study file or an argument names, a model or a function: imported by its name, or from a file."""

from __future__ import annotations

import argparse
import importlib
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from mesa_doe.errors import ConfigurationError, MesaDoeError, did_you_mean

__all__ = ["add_model", "import_file", "import_module", "look_in", "named_at", "named_in", "named_model"]


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add ``--model``, and ``--allow-changed-model``, to a command that makes runs of a study again."""
    parser.add_argument(
        "--model", metavar="FILE.py:CLASS",
        help="the model, where it is in a file or a script, or has moved; also as package.module:CLASS",
    )  # fmt: skip
    parser.add_argument(
        "--allow-changed-model", action="store_true", help="run it though the code of the model was changed"
    )


def named_model(reference: str) -> Callable[..., Any]:
    """Return what ``package.module:Class`` or ``folder/model.py:Class`` names.

    Raises
    ------
    ConfigurationError
        If it cannot be imported.

    Examples
    --------
    >>> named_model("fractions:Fraction")
    <class 'fractions.Fraction'>
    """
    if ":" not in reference:
        raise ConfigurationError(
            f"a model is named as package.module:Class or model.py:Class, got {reference!r}"
        )
    return named_at(reference, Path())


def named_at(reference: str, folder: Path) -> Callable[..., Any]:
    """Return what ``package.module:name`` or ``file.py:name`` names, the file as seen from a folder.

    Raises
    ------
    ConfigurationError
        If it cannot be imported.
    """
    where, _, name = reference.rpartition(":")
    is_file = where.endswith(".py")
    return named_in(import_file(folder / where) if is_file else import_module(where, folder), name)


def import_module(name: str, folder: Path) -> ModuleType:
    """Import a module by its name, which is looked for in a folder and the present one too.

    Raises
    ------
    ConfigurationError
        If there is none, or its own code fails.
    """
    look_in(Path.cwd())
    look_in(folder)
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        message = f"{name} cannot be imported: {_told(error)}"
        if isinstance(error, ModuleNotFoundError) and error.name is not None and name.startswith(error.name):
            message += f"; it was looked for in {folder.resolve()}, {Path.cwd()} and what is installed"
        if isinstance(error, MesaDoeError):  # of a study that the file runs
            message += '. What a file runs as a script has to be below `if __name__ == "__main__":`'
        raise ConfigurationError(message) from error


def import_file(path: Path) -> ModuleType:
    """Import a file as the module of its name, as a script beside it would.

    Raises
    ------
    ConfigurationError
        If there is no such file, its name is no module's, or its own code fails.
    """
    if not path.is_file():
        raise ConfigurationError(f"there is no file {str(path)!r}")
    if not path.stem.isidentifier() or path.suffix != ".py":
        raise ConfigurationError(f"{path.name!r} is no name of a module: name it like my_model.py")
    module = import_module(path.stem, path.parent)
    found = getattr(module, "__file__", None)
    # A worker process imports the model by its name, so that must lead to this file.
    if found is None or Path(found).resolve() != path.resolve():
        raise ConfigurationError(
            f"another module is called {path.stem} ({found or 'built in'}): give {str(path)!r} another name"
        )
    return module


def named_in(module: ModuleType, name: str) -> Callable[..., Any]:
    """Return the class or function of a module that a name says.

    Raises
    ------
    ConfigurationError
        If there is none; close matches are offered.
    """
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if callable(found):
        return found  # type: ignore[no-any-return]
    own = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
    what = "is no class or function" if found is not None else "is not there"
    message = f"{name!r} {what} in {module.__name__}: {did_you_mean(name, own)}it has "
    message += ", ".join(sorted(own)) or "none"
    raise ConfigurationError(message)


def look_in(folder: Path) -> None:
    """Look for modules in a folder, before everywhere else."""
    # Worker processes get this path too.
    path = str(folder.resolve())
    sys.path[:] = [path, *(one for one in sys.path if one != path)]


def _told(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if "importlib" not in frame.filename and frame.filename != __file__]
    where = f" ({inside[-1].filename}, line {inside[-1].lineno})" if inside else ""
    return f"{type(error).__name__}: {error}{where}"
