"""Importing what an adapter needs, with the line that installs it."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from mesa_doe.errors import MissingDependencyError


def require(module: str, *, extra: str) -> ModuleType:
    """Import an optional library, or say how to install it.

    Parameters
    ----------
    module : str
        Dotted name of the module, such as ``"matplotlib.pyplot"``.
    extra : str
        The extra of this package that installs it.

    Returns
    -------
    module

    Raises
    ------
    MissingDependencyError
        If the module, or something that it imports, is not installed.

    Examples
    --------
    >>> require("no_such_library", extra="plot")
    Traceback (most recent call last):
    mesa_doe.errors.MissingDependencyError: this needs no_such_library, which is not installed; ...
    """
    try:
        return import_module(module)
    except ImportError as error:
        name = module.partition(".")[0]
        message = (
            f"this needs {name}, which is not installed; "
            f'install it with: pip install "mesa-doe[{extra}]" (import said: {error})'
        )
        raise MissingDependencyError(message) from error


def pydoe() -> ModuleType:
    """Return ``pydoe`` where it is installed, else its archived predecessor ``pyDOE3``.

    Both give the same arrays for the same call; only top-level names and keyword arguments are common.

    Returns
    -------
    module
    """
    try:
        return import_module("pydoe")
    except ImportError:
        return import_module("pyDOE3")
