"""The error tree: every mistake that this package reports.

::

    MesaDoeError (Exception)
    ├── SpaceError            (ValueError)   a parameter space or one of its axes
    ├── DesignError           (ValueError)   a sampler's arguments, or a sample that breaks a promise
    ├── ConfigurationError    (ValueError)   a model, its parameters, seeds or run settings
    ├── StudyError            (RuntimeError) a batch that could not be finished
    ├── AnalysisError         (ValueError)   a design or outputs that an analysis cannot use
    └── MissingDependencyError (ImportError) an optional library that is not installed

    MesaDoeWarning (UserWarning)             what does not stop the work, but must be known

Each child is also the builtin that a caller would catch without knowing us.
"""

from __future__ import annotations

import difflib
import itertools
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "AnalysisError",
    "ConfigurationError",
    "DesignError",
    "MesaDoeError",
    "MesaDoeWarning",
    "MissingDependencyError",
    "SpaceError",
    "StudyError",
]


_MOST_LISTED = 30
# This package, and what stands between two calls of it where a context begins.
_BETWEEN = ("mesa_doe.", "contextlib.")
_UNITS = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


class MesaDoeError(Exception):
    """Base of every error that mesa-doe raises on purpose."""


class SpaceError(MesaDoeError, ValueError):
    """A parameter space, or an axis of one, that cannot be sampled."""


class DesignError(MesaDoeError, ValueError):
    """Arguments of a sampler, or a sample, that make no valid design."""


class ConfigurationError(MesaDoeError, ValueError):
    """A model, parameter, seed or setting that no run could use."""

    #: What is wrong with outputs that were asked for, by their names.
    of_outputs: Mapping[str, str] = {}


class StudyError(MesaDoeError, RuntimeError):
    """A batch of runs that could not be finished; what was computed is kept."""


class AnalysisError(MesaDoeError, ValueError):
    """A design, or outputs of it, that the chosen analysis cannot use."""


class MissingDependencyError(MesaDoeError, ImportError):
    """An optional library that this call needs is not installed."""


class MesaDoeWarning(UserWarning):
    """Something that does not stop the work but changes what a result means."""


def listed(problems: Sequence[str], heading: str) -> str:
    """Join one or more problems into one message, a line each.

    Parameters
    ----------
    problems : sequence of str
        What is wrong, each a whole sentence without a full stop.
    heading : str
        What the problems are of; used when there is more than one.

    Returns
    -------
    str
        The problem alone, or the heading with a bulleted line a problem.

    Examples
    --------
    >>> listed(["low must be below high"], "the space has problems")
    'low must be below high'
    """
    if len(problems) == 1:
        return problems[0]
    shown = [f"  - {problem}" for problem in problems[:_MOST_LISTED]]
    if len(problems) > len(shown):
        shown.append(f"  … and {len(problems) - len(shown)} more")
    return "\n".join([f"{heading} ({len(problems)}):", *shown])


def warn(message: str) -> None:
    """Warn, and show the line of the user's that led here, however deep in this package we are.

    Parameters
    ----------
    message : str
    """
    level, frame = 1, sys._getframe()
    # Up to the dot: a user's own module may be called mesa_doe_mine.
    while frame.f_back is not None and f"{frame.f_globals.get('__name__')}.".startswith(_BETWEEN):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, MesaDoeWarning, stacklevel=level)


def did_you_mean(word: object, known: Iterable[object]) -> str:
    """Ask for the name that a misspelled one may stand for, as the start of a sentence of a message.

    Parameters
    ----------
    word : object
        As it was typed.
    known : iterable of object
        The names that there are.

    Returns
    -------
    str
        The question and a space, or nothing where no name is close.

    Examples
    --------
    >>> did_you_mean("densty", ["density", "width"]), did_you_mean("x", ["density"])
    ("did you mean 'density'? ", '')
    """
    close = difflib.get_close_matches(str(word), [str(name) for name in known], n=1)
    return f"did you mean {close[0]!r}? " if close else ""


def sentence(text: object) -> str:
    """Return an error's text, which may be another's, with a full stop where it has no end.

    Examples
    --------
    >>> sentence("the file is gone"), sentence(ValueError("No such town."))
    ('the file is gone.', 'No such town.')
    """
    told = str(text).rstrip()
    return told if told.endswith((".", "!", "?", "…")) else f"{told}."


def counted(count: int, noun: str) -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> counted(1, "block"), counted(2, "block")
    ('1 block', '2 blocks')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def are(count: int) -> str:
    """Return the verb of a number of things.

    Examples
    --------
    >>> f"1 of 40 {are(1)} done", f"2 of 40 {are(2)} done"
    ('1 of 40 is done', '2 of 40 are done')
    """
    return "is" if count == 1 else "are"


def duration(seconds: float) -> str:
    """Write a time in its two largest units.

    Examples
    --------
    >>> duration(7.25), duration(150), duration(5400), duration(200_000)
    ('7.2 s', '2 min 30 s', '1 h 30 min', '2 d 7 h')
    """
    if seconds < 10:
        return f"{seconds:.2g} s"
    left = round(seconds)
    parts: list[tuple[int, str]] = []
    for name, size in _UNITS:
        count, left = divmod(left, size)
        if count or parts:
            parts.append((count, name))
    return " ".join(f"{count} {name}" for count, name in parts[:2] if count)


def some(items: Iterable[object], most: int = 10) -> str:
    """Write the first of what may be many.

    Examples
    --------
    >>> some([3, 7]), some(range(30), 3)
    ('3, 7', '0, 1, 2, …')
    """
    first = list(itertools.islice(items, most + 1))
    return ", ".join(map(str, first[:most])) + (", …" if len(first) > most else "")
