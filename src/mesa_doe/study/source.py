"""What a model consists of: a fingerprint of each piece of the user's code that it refers to."""

from __future__ import annotations

import contextlib
import dataclasses
import enum
import functools
import linecache
import sys
import sysconfig
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, TypeAlias

import numpy as np

from mesa_doe.study.provenance import dict_of, name_of, reference_of
from mesa_doe.study.source_text import SourceFile, bytecode_entry, digest, nested_codes, shape, uses_of

__all__ = ["changes", "source_of"]

#: Packages that count by their version, even where they lie beside the model.
_BY_VERSION = ("mesa", "mesa_doe")
_INSTALLED = {"site-packages", "dist-packages"}

_PLAIN = (type(None), bool, int, float, complex, str, bytes, range, type(...))
_NO_DATA = "<an object of another library>"

Namespace: TypeAlias = Mapping[str, Any]

# By id, with the object itself, so that no id is used twice.
_FIRST: dict[int, tuple[Any, str]] = {}


def source_of(target: Any) -> dict[str, str]:
    """Tell what a model consists of: a hash of each piece of the user's code that it refers to.

    Counted are the model itself and, from there on, the functions and classes that its code names, its
    bases, what closures, defaults, ``functools.partial`` and decorators hold, and module-level data
    (numbers, texts, arrays, collections and instances of the user's classes, as they were when this process
    first looked: a cache that the model fills is no change).
    Of a module that a function imports when it runs, the whole file counts, without what it refers to.
    The user's code is what is defined in ``__main__`` (a script, notebook or prompt), or in files in the
    model's package or folder and below. Mesa, the standard library and what is installed count by their
    versions. A model that is itself installed, as Mesa's examples are, has its own folder counted.

    Comments, docstrings and layout do not count, nor does the order of methods. Not seen: what is found
    by name at run time (``getattr``, ``globals()``), files of data, attributes of classes that were
    set from outside, and the state of objects of other libraries.

    Returns
    -------
    dict
        ``module:qualname`` to ``source:…``, the same on every Python; to ``bytecode-3.11:…`` where the
        source is not to be had, or is not that of the code in memory (the file was edited after it was
        imported); or to ``value:…`` for data. ``unreadable`` marks what could not be looked at.

    Examples
    --------
    >>> [*source_of(changes)]
    ['mesa_doe.study.source:changes']
    """
    module, qualname = name_of(target)
    walk = _Walk(_home_of(target), module)
    walk.refer(f"{module}:{qualname}", target)
    return walk.finish()


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Say what differs between what two models consist of.

    Two entries of different kinds, as of source and of bytecode, cannot be compared, which is reported
    as a difference: that they are the same is not known.

    Parameters
    ----------
    old, new : mapping
        From :func:`source_of`.

    Returns
    -------
    list of str
        A sentence each, in the order of the names.

    Examples
    --------
    >>> changes({"m:f": "source:1", "m:SPEED": "value:1"}, {"m:f": "source:2", "m:g": "source:3"})
    ['m:SPEED is no longer part of the model', 'm:f has changed', 'm:g is new in the model']
    """
    found = []
    for name in sorted({*old, *new}):
        if name not in new:
            found.append(f"{name} is no longer part of the model")
        elif name not in old:
            found.append(f"{name} is new in the model")
        elif old[name] != new[name]:
            before, now = (entry.partition(":")[0] for entry in (old[name], new[name]))
            told = "has changed" if before == now else f"cannot be compared: known by {before}, now by {now}"
            found.append(f"{name} {told}")
    return found


def _home_of(target: Any) -> Path:
    """Return the folder (or the file) in and below which code is the user's."""
    reference = reference_of(_unwrapped(target))
    if reference["file"] is None:
        return Path.cwd().resolve()
    file = Path(reference["file"]).resolve()
    if file.parent.name in _INSTALLED:
        return file
    package = str(reference["module"]).partition(".")[0]
    if package not in _BY_VERSION and not _INSTALLED.intersection(file.parts):
        for path in getattr(sys.modules.get(package), "__path__", ()):
            if file.is_relative_to(Path(path).resolve()):
                return Path(path).resolve()
    return file.parent


def _unwrapped(target: Any) -> Any:
    while isinstance(target, (functools.partial, MethodType)):
        target = target.func if isinstance(target, functools.partial) else target.__self__
    named = isinstance(target, (type, FunctionType, BuiltinFunctionType)) or "__wrapped__" in dict_of(target)
    return target if named else type(target)


class _Walk:
    """From a target to everything of the user's that it refers to, each once."""

    def __init__(self, home: Path, module: str) -> None:
        self._home = home
        self._not_own = {*_BY_VERSION} - {module.partition(".")[0]}
        self._library = Path(sysconfig.get_path("stdlib")).resolve()
        self._files: dict[str, SourceFile | None] = {}
        self._covered: set[CodeType] = set()
        self._found: defaultdict[str, set[str]] = defaultdict(set)
        # By id, as some objects have no hash; kept, so that no id is used twice.
        self._seen: dict[int, Any] = {}
        self._waiting: list[type | FunctionType] = []

    def finish(self) -> dict[str, str]:
        """Follow every reference, and return what was found."""
        while self._waiting:
            thing = self._waiting.pop()
            try:
                self._class(thing) if isinstance(thing, type) else self._function(thing)
            except Exception:  # noqa: BLE001 – an odd object must not stop a study; it is marked
                self._found[":".join(name_of(thing))].add("unreadable")
        return {name: _joined(entries) for name, entries in sorted(self._found.items())}

    def refer(self, key: str, value: Any) -> None:
        """Take in what the code knows by a name."""
        try:
            text = self._text_at_first(value)
        except Exception:  # noqa: BLE001 – as above
            self._found[key].add("unreadable")
            return
        # A class or function has its entry under its own name.
        if text not in (_NO_DATA, f"<{key.rpartition(':')[2]}>"):
            self._found[key].add(f"value:{digest(text)}")

    def _text_at_first(self, value: Any) -> str:
        """Write out data as it was when it was first looked at: a model may fill a list or a cache itself."""
        if type(value) in _PLAIN or isinstance(value, (type, FunctionType)):
            return self._text(value, {})
        text = self._text(value, {})  # each time, for the code in it
        return _FIRST.setdefault(id(value), (value, text))[1]

    def _follow(self, thing: type | FunctionType) -> None:
        if id(thing) not in self._seen:
            self._seen[id(thing)] = thing
            self._waiting.append(thing)

    def _text(self, value: Any, shown: dict[int, int]) -> str:
        """Write out data, follow the code in it, and name the rest."""
        kind = type(value)
        if kind in _PLAIN:
            return ascii(value).replace(str(self._home), "…")  # a study may be moved
        if isinstance(value, (type, FunctionType)):
            self._follow(value)
            return f"<{value.__qualname__}>"
        if isinstance(value, enum.Enum):
            self._follow(kind)
            return f"<{kind.__qualname__}.{value.name}>"
        if isinstance(value, (np.ndarray, np.generic)):
            # The bytes of objects are their addresses.
            content = self._text(value.tolist(), shown) if value.dtype.hasobject else digest(value.tobytes())
            return f"<{value.dtype.str} {value.shape} {content}>"
        if id(value) in shown:
            return f"#{shown[id(value)]}"
        if not isinstance(value, tuple):  # equal tuples may be one, or not, as the compiler likes
            shown[id(value)] = len(shown)
        inside = [self._text(one, shown) for one in _held_by(value)]
        if self._is_own(kind.__module__, _file_of(kind)):
            self._follow(kind)
            inside += [f"{name}={self._text(one, shown)}" for name, one in _fields_of(value)]
        elif not inside and not isinstance(value, (dict, list, tuple, set, frozenset)):
            return _NO_DATA
        if isinstance(value, dict):
            inside += [f"{self._text(key, shown)}: {self._text(one, shown)}" for key, one in value.items()]
        elif isinstance(value, (list, tuple)):
            plain = {type(one) for one in value} <= {bool, int, float}
            inside += [ascii([*value])] if plain else [self._text(one, shown) for one in value]
        elif isinstance(value, (set, frozenset)):
            inside += sorted(self._text(one, shown) for one in value)
        return f"<{kind.__qualname__}{''.join(f' {one}' for one in inside)}>"

    def _function(self, function: FunctionType) -> None:
        code, namespace = function.__code__, function.__globals__
        module = str(namespace.get("__name__"))
        key = f"{module}:{code.co_qualname}"
        own = self._is_own(module, code.co_filename) and not _is_generated(function)
        known: dict[str, Any] = {}
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            with contextlib.suppress(ValueError):  # a cell that is not filled yet
                known[name] = cell.cell_contents
        self._text(known.pop("__class__", None), {})  # of super(): the class, by no name of the user's
        if own and code not in self._covered:
            file = self._file(code.co_filename)
            shape = None if file is None else file.shape_of(code)
            self._found[key].add(bytecode_entry(code) if shape is None else f"source:{digest(shape)}")
            self._names(code, namespace, module)
            known |= _defaults_of(function)
        for name, value in known.items():
            if own:
                self.refer(f"{key}.{name}", value)
            elif isinstance(value, (type, FunctionType)):  # what another library's decorator wraps
                self._follow(value)
        for value in _held_by(function):
            self._text(value, {})

    def _class(self, cls: type) -> None:
        file_name = _file_of(cls)
        if not self._is_own(cls.__module__, file_name):
            return
        key = f"{cls.__module__}:{cls.__qualname__}"
        for base in (type(cls), *cls.__mro__[1:]):
            self._follow(base)
        methods = _methods_of(cls)
        file = None if file_name is None else self._file(file_name)
        body = None if file is None else file.body_of(cls, [one.__code__ for one in methods])
        if file is None or body is None:
            data = {name: value for name, value in vars(cls).items() if not name.startswith("__")}
            self._found[key].add(f"value:{digest(self._text(data, {}))}")
        else:
            self._covered.update(nested_codes(body))
            for name, shape in file.parts_of(body):
                self._found[key + name].add(f"source:{digest(shape)}")
            namespace = methods[0].__globals__ if methods else vars(sys.modules[cls.__module__])
            self._names(body, namespace, cls.__module__)
        for one in _functions_in(cls):
            self._follow(one)

    def _names(self, code: CodeType, namespace: Namespace, module: str) -> None:
        """Follow the global names that code uses, and what it imports when it runs."""
        for part in nested_codes(code):
            names, imports = uses_of(part)
            for chain in names:
                self._look_up(chain, namespace, module)
            for level, name, wanted in imports:
                self._imported(part.co_filename, level, name, wanted)

    def _look_up(self, chain: list[str], namespace: Namespace, module: str) -> None:
        for depth, name in enumerate(chain, 1):
            if name not in namespace or (name.startswith("__") and name.endswith("__")):
                return
            value = namespace[name]
            if not isinstance(value, ModuleType):
                self.refer(f"{module}:{name}", value)
                return
            module, namespace = value.__name__, vars(value)
            file = namespace.get("__file__")
            if not self._is_own(module, file):
                return
            if depth == len(chain):  # a module that is handed on: anything in it may be used
                self._whole(str(file))

    def _imported(self, file_name: str, level: int, name: str, wanted: Iterable[str]) -> None:
        bases = [Path(file_name).parents[level - 1]] if level else [Path(one).absolute() for one in sys.path]
        for dotted in [name, *(f"{name}.{one}".lstrip(".") for one in wanted)]:
            stems = [base.joinpath(*dotted.split(".")) for base in bases]
            paths = [
                path for stem in stems for path in (stem / "__init__.py", stem.with_name(f"{stem.name}.py"))
            ]
            path = next((str(path) for path in paths if path.is_file()), None)
            if path is not None and self._is_own(dotted, path):
                self._whole(path)

    def _whole(self, path: str) -> None:
        file = self._file(path)
        if file is not None:
            name = Path(path).resolve().relative_to(self._home).as_posix()
            self._found[name].add(f"source:{digest(shape(file.tree))}")

    def _file(self, name: str) -> SourceFile | None:
        if name not in self._files:
            linecache.checkcache(name)
            source = "".join(linecache.getlines(name))  # which notebooks' cells are in, too
            try:
                self._files[name] = SourceFile(source, name) if source else None
            except (SyntaxError, ValueError):
                self._files[name] = None
        return self._files[name]

    def _is_own(self, module: str, file: str | None) -> bool:
        if module == "__main__":
            return True
        if file is None or not Path(file).is_absolute() or module.partition(".")[0] in self._not_own:
            return False
        path = Path(file).resolve()
        if not path.is_relative_to(self._home) or _INSTALLED.intersection(path.relative_to(self._home).parts):
            return False
        return self._home.is_relative_to(self._library) or not path.is_relative_to(self._library)


def _joined(entries: set[str]) -> str:
    """Make one of several under one name: getter and setter, or the closures of one function."""
    if len(entries) == 1:
        return next(iter(entries))
    kinds = sorted({entry.partition(":")[0] for entry in entries})
    return f"{'+'.join(kinds)}:{digest(*sorted(entries))}"


def _defaults_of(function: FunctionType) -> dict[str, Any]:
    defaults = function.__defaults__ or ()
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    return {
        **dict(zip(names[len(names) - len(defaults) :], defaults, strict=True)),
        **(function.__kwdefaults__ or {}),
    }


def _is_generated(function: FunctionType) -> bool:
    """Whether a function was made up by ``dataclass`` and the like, which then give it another name."""
    code = function.__code__
    renamed = code.co_qualname != function.__qualname__ and "__wrapped__" not in vars(function)
    return code.co_filename.startswith("<") and (renamed or code.co_qualname.startswith("__create_fn__."))


def _functions_in(cls: type) -> list[FunctionType]:
    members = [one for value in vars(cls).values() for one in (value, *_held_by(value))]
    return [one for one in members if isinstance(one, FunctionType)]


def _methods_of(cls: type) -> list[FunctionType]:
    """Return the functions that stand in the class' own body."""
    inside = f"{cls.__qualname__}."
    return [one for one in _functions_in(cls) if one.__code__.co_qualname.startswith(inside)]


def _file_of(cls: type) -> str | None:
    methods = _methods_of(cls)
    if methods:
        return methods[0].__code__.co_filename
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return file if isinstance(file, str) else None


def _held_by(value: Any) -> list[Any]:
    """Return what a wrapper holds."""
    if isinstance(value, (functools.partial, functools.partialmethod)):
        return [value.func, value.args, value.keywords]
    if isinstance(value, MethodType):
        return [value.__func__, value.__self__]
    if isinstance(value, (staticmethod, classmethod)):
        return [value.__func__]
    if isinstance(value, property):
        return [one for one in (value.fget, value.fset, value.fdel) if one is not None]
    if isinstance(value, functools.cached_property):
        return [value.func]
    wrapped = dict_of(value).get("__wrapped__")
    return [] if wrapped is None else [wrapped]


def _fields_of(value: Any) -> list[tuple[str, Any]]:
    if dataclasses.is_dataclass(value):
        return [(field.name, getattr(value, field.name)) for field in dataclasses.fields(value)]
    return [*dict_of(value).items()]
