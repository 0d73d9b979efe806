"""What made the results, as data that JSON holds: the model's name, versions, the git commit."""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.metadata
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from mesa_doe.errors import StudyError, sentence

__all__ = ["git_state", "git_state_of_script", "is_function", "reference_of", "resolve", "run_by", "versions"]

_PACKAGES = (
    "mesa-doe", "mesa", "numpy", "pandas", "scipy", "SALib", "pyDOE3", "pydoe", "joblib", "networkx",
    "pyarrow",
)  # fmt: skip

_script: ContextVar[Path | None] = ContextVar("script", default=None)

_GIVE_MODEL = (
    "Give the model to the call: replay(run_id, model=...), or --model FILE.py:NAME on the command line"
)
_GUARD = 'That imports the file, so what runs its study has to be below `if __name__ == "__main__":`'


def reference_of(target: Any) -> dict[str, str | None]:
    """Name a model class, factory or function.

    Returns
    -------
    dict
        ``module``, ``qualname`` and ``file`` (absolute, or None where there is none, as in a notebook).
        What has no name to be imported by is described: ``<partial of Schelling>``,
        ``<instance of Factory>``, ``<method build of an instance of Factory>``.

    Examples
    --------
    >>> reference_of(dict)
    {'module': 'builtins', 'qualname': 'dict', 'file': None}
    """
    module, qualname = name_of(target)
    code = target.__code__ if isinstance(target, FunctionType) else None
    files = [getattr(sys.modules.get(module), "__file__", None), getattr(code, "co_filename", None)]
    found = [Path(file) for file in files if isinstance(file, str) and Path(file).is_file()]
    return {"module": module, "qualname": qualname, "file": str(found[0].absolute()) if found else None}


def is_function(outputs: Any) -> bool:
    """Whether a study's ``outputs`` are a function, and not names, of which ``"function"`` may be one.

    Examples
    --------
    >>> one = {"function": {"module": "market", "qualname": "rich", "file": None}}
    >>> is_function(one), is_function({"function": one})
    (True, False)
    """
    if not isinstance(outputs, dict) or [*outputs] != ["function"]:
        return False
    return isinstance(outputs["function"], dict) and "module" in outputs["function"]


def resolve(reference: Mapping[str, Any], *, main: str | None = None, remedy: str = "") -> Any:
    """Import what :func:`reference_of` named. This runs the code of its module.

    Parameters
    ----------
    reference : mapping
    main : str, optional
        The module in which to look for what was defined in ``__main__``.
    remedy : str, optional
        What helps where it cannot be imported, by default to give the model.

    Raises
    ------
    StudyError
        If it was defined in a script or notebook, inside a function, or is no longer where it was.

    Examples
    --------
    >>> resolve({"module": "builtins", "qualname": "dict", "file": None})
    <class 'dict'>
    """
    module, qualname = str(reference.get("module")), str(reference.get("qualname"))
    if module == "__main__":
        if main is None:
            why = "it was defined in a script, a notebook or at the prompt"
            raise _unresolved(reference, why, remedy or f"{_GIVE_MODEL}. {_GUARD}")
        module = main
    if "<" in qualname:
        raise _unresolved(reference, "it has no name in its module", remedy)
    try:
        found = importlib.import_module(module)
        for name in qualname.split("."):
            found = getattr(found, name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        why = f"{type(error).__name__}: {error}"
        if isinstance(error, ModuleNotFoundError) and module.startswith(error.name or module):
            why += f"; it was looked for in {Path(sys.path[0]).resolve()} and in what is installed"
        raise _unresolved(reference, why, remedy) from error
    if name_of(found) != (module, qualname):
        raise _unresolved(reference, f"there is {found!r} in its place", remedy)
    return found


def _unresolved(reference: Mapping[str, Any], why: str, remedy: str) -> StudyError:
    file = reference.get("file")
    where = "" if file is None else f" (of {str(file)!r})"
    name = f"{reference.get('module')}:{reference.get('qualname')}"
    message = f"{name}{where} cannot be imported: {sentence(why)} {remedy or _GIVE_MODEL}"
    return StudyError(message)


def versions() -> dict[str, str]:
    """Tell the versions of Python, of the platform and of the libraries that are installed.

    Examples
    --------
    >>> versions()["python"] == platform.python_version()
    True
    """
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[package] = importlib.metadata.version(package)
    return found


def git_state(place: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Tell the commit that a file or a folder is at.

    Returns
    -------
    dict or None
        ``commit``, and ``changed``: whether files that git tracks differ from it. None where there is no
        git, no repository or no commit, the file is none of those that git tracks, or git does not answer
        within two seconds.
    """
    place = Path(place)
    folder = place.parent if place.is_file() else place
    # The repository around a file may be another's: a virtual environment lies in any.
    if place.is_file() and not _git("--literal-pathspecs", "ls-files", "--", place.name, folder=folder):
        return None
    lines = _git("status", "--porcelain=v2", "--branch", "-uno", folder=folder)
    commit = next((line.split()[-1] for line in lines if line.startswith("# branch.oid ")), "(initial)")
    if commit == "(initial)":
        return None
    return {"commit": commit, "changed": any(not line.startswith("#") for line in lines)}


def git_state_of_script() -> dict[str, Any] | None:
    """Tell the commit of the script that runs: for a model that no repository tracks, as an installed one.

    Returns
    -------
    dict or None
        As of :func:`git_state`, with ``of``, ``"script"``. None where no script of the user's runs: at a
        prompt, or in a notebook.
    """
    file = _script.get() or getattr(sys.modules.get("__main__"), "__file__", None)
    # A checkout of this package tracks its command line.
    if file is None or Path(file).resolve().is_relative_to(Path(__file__).resolve().parents[1]):
        return None
    state = git_state(file)
    return None if state is None else {**state, "of": "script"}


@contextlib.contextmanager
def run_by(file: Path) -> Iterator[None]:
    """Take a file for the script that runs, as a study file is at the command line."""
    before = _script.set(file)
    try:
        yield
    finally:
        _script.reset(before)


def _git(*words: str, folder: Path) -> list[str]:
    """Return the lines of git's answer in a folder, none where it fails."""
    # Neither a prompt, nor a lock of the index, nor a program that the repository names.
    command = ["git", "-c", "core.fsmonitor=false", *words]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
    try:
        answer = subprocess.run(
            command, cwd=folder, env=environment, timeout=2, check=True, text=True, errors="replace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return []
    return answer.stdout.splitlines()


def name_of(target: Any) -> tuple[str, str]:
    """Return module and qualified name; in the latter ``<`` where it cannot be imported by it."""
    if isinstance(target, functools.partial):
        module, qualname = name_of(target.func)
        return module, f"<partial of {qualname}>"
    if isinstance(target, MethodType):
        owner, name = target.__self__, target.__func__.__name__
        if isinstance(owner, type):
            return owner.__module__, f"{owner.__qualname__}.{name}"
        return type(owner).__module__, f"<method {name} of an instance of {type(owner).__qualname__}>"
    if isinstance(target, (type, FunctionType, BuiltinFunctionType)):
        return str(target.__module__), target.__qualname__
    copied = dict_of(target)  # functools.wraps puts the names of what is wrapped there
    if "__wrapped__" in copied and "__module__" in copied and "__qualname__" in copied:
        return str(copied["__module__"]), str(copied["__qualname__"])
    return type(target).__module__, f"<instance of {type(target).__qualname__}>"


def dict_of(value: Any) -> Mapping[str, Any]:
    """Return the attributes that an object itself holds."""
    # Not getattr or vars: some objects answer to any name, or fail.
    try:
        found = object.__getattribute__(value, "__dict__")
    except AttributeError:
        return {}
    return found if isinstance(found, Mapping) else {}
