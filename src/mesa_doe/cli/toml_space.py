"""``[space]`` of a study file: axes, laws, derived parameters and constants as TOML writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mesa_doe.cli.toml_file import TomlFile
from mesa_doe.cli.toml_lines import Key
from mesa_doe.errors import SpaceError, did_you_mean

if TYPE_CHECKING:
    from mesa_doe.space import ParameterSpace

__all__ = ["parameter_names", "read_space"]

_SPACE: Key = ("space",)
_OPTIONS = ("constraints", "correlation")

# kind: (what it takes, the type of that, further keys with theirs)
_KINDS: dict[str, tuple[str, type, dict[str, type]]] = {
    "real": ("[low, high]", list, {"log": bool}),
    "integer": ("[low, high]", list, {}),
    "discrete": ("a list of numbers", list, {}),
    "categorical": ("a list of levels", list, {"weights": list}),
    "boolean": ("true", bool, {}),
    "law": ("a name of scipy.stats", str, {"args": list, "kwargs": dict, "quantiles": list}),
    "derived": ("an expression", str, {}),
    "constant": ("any value", object, {}),
}
# The value of each kind that a text alone may be meant for.
_MEANT = {
    "real": "[low, high]", "integer": "[low, high]", "discrete": "[…]", "categorical": "[…]",
    "boolean": "true", "law": '"…"', "derived": '"…"',
}  # fmt: skip
_TYPES = {bool: "true or false", list: "a list", dict: "a table"}


def read_space(file: TomlFile) -> ParameterSpace | None:
    """Return the space that a file describes; None, having noted why, where it describes none.

    Returns
    -------
    ParameterSpace or None
        None also where there is no ``[space]``, without a note: some designs need none.
    """
    from mesa_doe.space import ParameterSpace
    from mesa_doe.space.parts import read_parts

    given = file.data.get("space")
    table = file.section(_SPACE, given if isinstance(given, dict) else ("parameters",))
    if table is None:
        return None
    options: dict[str, Any] = {}
    if _has_options(table):
        table = dict(table)
        options = table.pop("options")
        file.unknown((*_SPACE, "options"), options, _OPTIONS)
    read = {name: _entry(file, (*_SPACE, name), value) for name, value in table.items()}
    entries = {name: entry for name, entry in read.items() if entry is not None}
    if not read:
        file.wrong(_SPACE, "there are no parameters; write name = {real = [0, 1]}, say")
    if not read or len(entries) < len(read):
        # Rules may need what could not be read.
        rules: dict[str, Any] = {}
        entries = {name: entry for name, entry in entries.items() if "derived" not in _kinds(table[name])}
    else:
        rules = {
            "correlation": _correlation(file, options.get("correlation")),
            "constraints": options.get("constraints"),
        }
    parts = read_parts(entries, rules.get("correlation"), rules.get("constraints"))
    for problem in parts.problems:
        _note(file, problem, table)
    return None if parts.problems or not rules else ParameterSpace(entries, **rules)


def parameter_names(file: TomlFile) -> list[str] | None:
    """Return the names of the parameters, also of those with mistakes; None where there is no ``[space]``."""
    table = file.data.get("space")
    if not isinstance(table, dict):
        return None
    return [name for name in table if name != "options" or not _has_options(table)]


def _has_options(table: Mapping[str, Any]) -> bool:
    # A parameter may be called options; then it is an axis, or a plain value.
    return isinstance(table.get("options"), dict) and not table["options"].keys() & _KINDS.keys()


def _note(file: TomlFile, problem: str, table: Mapping[str, Any]) -> None:
    """Note a problem of the space at the key that it is about."""
    for name, value in table.items():
        for label in (f"axis {name!r}: ", f"derived {name!r}: "):
            if problem.startswith(label):
                file.wrong((*_SPACE, name, *_kinds(value)[:1]), problem.removeprefix(label))
                return
    part = "constraints" if problem.startswith("constraint") else "correlation"
    file.wrong((*_SPACE, "options", part), problem)


def _kinds(value: Any) -> list[str]:
    return [kind for kind in _KINDS if kind in value] if isinstance(value, dict) else []


def _entry(file: TomlFile, key: Key, value: Any) -> Any:
    """Return an axis, a `Derived` or a `Constant`; None, having noted why, for what is none of these."""
    from mesa_doe.space import Constant

    if isinstance(value, list):
        why = "a list may be many things: write {real = [low, high]}, {integer = [low, high]}, "
        why += "{discrete = […]}, {categorical = […]} or, for one value that is a list, {constant = […]}"
        if key[-1] in _OPTIONS:
            why += f"; {key[-1]} of the space are given under [space.options]"
        file.wrong(key, why)
        return None
    if isinstance(value, str) and value in _MEANT:
        # The study would lose a factor, and nobody would notice.
        why = f'"{value}" alone is a text that is the same in all runs: an axis is written '
        why += f'{{{value} = {_MEANT[value]}}}, and this text as a constant {{constant = "{value}"}}'
        file.wrong(key, why)
        return None
    if not isinstance(value, dict):
        return Constant(value)
    kinds = _kinds(value)
    if len(kinds) == 1:
        return _axis(file, key, kinds[0], value)
    if kinds:
        file.wrong(key, f"it has {' and '.join(kinds)}, of which one is meant")
        return None
    hint = next(filter(None, (did_you_mean(name, _KINDS) for name in value)), "")
    file.wrong(key, f"its kind is missing: {hint}give it one of {', '.join(_KINDS)}")
    return None


def _axis(file: TomlFile, key: Key, kind: str, table: dict[str, Any]) -> Any:
    what, type_, further = _KINDS[kind]
    value, more = table[kind], {name: table[name] for name in further if name in table}
    file.unknown(key, table, (kind, *further))
    wrong = [name for name in more if not isinstance(more[name], further[name])]
    for name in wrong:
        file.takes((*key, name), _TYPES[further[name]], more[name])
    is_range = kind not in ("real", "integer") or (isinstance(value, list) and len(value) == 2)
    if not isinstance(value, type_) or not is_range or (kind == "boolean" and value is False):
        file.takes((*key, kind), what, value)
        return None
    if wrong or len(table) > 1 + len(more):
        return None
    try:
        return _made(kind, value, more)
    except SpaceError as error:
        file.wrong((*key, kind), f"{error}{_close_law(str(value)) if kind == 'law' else ''}")
        return None


def _made(kind: str, value: Any, more: dict[str, Any]) -> Any:
    from mesa_doe import space
    from mesa_doe.space.scipy_laws import build

    match kind:
        case "real":
            return space.Real(*value, **more)
        case "integer":
            return space.Integer(*value)
        case "discrete":
            return space.Discrete(value)
        case "categorical":
            return space.Categorical(value, **more)
        case "boolean":
            return space.Boolean()
        case "law":
            law = build(value, more.pop("args", []), more.pop("kwargs", {}))
            return space.Law(law, **more)
        case "derived":
            return space.Derived(value)
        case _:
            return space.Constant(value)


def _close_law(name: str) -> str:
    from scipy import stats

    from mesa_doe.space.points import close_to

    return "" if hasattr(stats, name) else close_to(name, stats.__all__)


def _correlation(file: TomlFile, given: Any) -> Any:
    if given is None or (isinstance(given, list) and all(isinstance(row, list) for row in given)):
        return given
    key = (*_SPACE, "options", "correlation")
    file.takes(key, 'pairs such as [["a", "b", 0.5]], or a matrix with a row a factor', given)
    return None
