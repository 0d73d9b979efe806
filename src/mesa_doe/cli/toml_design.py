"""``[design]`` of a study file: a method by its name, and the options that it takes."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mesa_doe.cli.toml_file import TomlFile
from mesa_doe.cli.toml_lines import Key
from mesa_doe.errors import DesignError, MesaDoeError

if TYPE_CHECKING:
    from mesa_doe.design import Design
    from mesa_doe.samplers import SamplerInfo
    from mesa_doe.space import ParameterSpace

__all__ = ["read_design"]

_DESIGN: Key = ("design",)
# Keys that are no options of the sampler.
_OURS = ("method", "options", "extend")


def read_design(file: TomlFile, space: ParameterSpace | None) -> Design | None:
    """Make the design that a file describes; None, having noted why, where it describes none.

    Parameters
    ----------
    file : TomlFile
    space : ParameterSpace or None
        None where there is none, or it has mistakes, which are noted.
    """
    from mesa_doe.samplers import SAMPLERS

    given = file.data.get("design")
    table = file.section(
        _DESIGN,
        given if isinstance(given, dict) else _OURS,
        {"method": 'write method = "latin_hypercube", say; mesa-doe designs lists all'},
    )
    if table is None:
        return None
    method, nested = table["method"], table.get("options", {})
    if not isinstance(method, str) or method not in SAMPLERS:
        file.no_such((*_DESIGN, "method"), "design", method, SAMPLERS, "mesa-doe designs")
        return None
    # An option that is itself called method can only be given in a table of its own.
    if not isinstance(nested, dict):
        file.takes((*_DESIGN, "options"), "a table", nested)
        return None
    options = {name: value for name, value in table.items() if name not in _OURS} | nested
    info = SAMPLERS[method]
    parameters = dict(inspect.signature(info.function).parameters)
    space_needed = parameters.pop("space").default is inspect.Parameter.empty
    known = [*parameters, *(name for name in ("options", "extend") if name in table)]
    file.unknown(_DESIGN, table, ["method", *known])
    file.unknown((*_DESIGN, "options"), nested, parameters)
    where = {name: (*_DESIGN, *(["options"] if name in nested else []), name) for name in options}
    if not _fit(file, options, where, parameters, info) or not options.keys() <= parameters.keys():
        return None
    if space is None:
        if "space" in file.data:
            return None
        if space_needed:
            file.wrong(("space",), "the section is missing: it says which parameters vary, and how")
            return None
    if method == "explicit" and isinstance(options["points"], str):
        options["points"] = file.path.parent / options["points"]
    try:
        return _extended(file, info.function(space=space, **options), table.get("extend", []))
    except MesaDoeError as error:
        # What is wrong in groups or in a file of points is told by the names in it.
        name = "points" if method == "explicit" else "groups" if "group" in str(error) else ""
        default = where.get(name)
        file.blame(error, _DESIGN, (*_DESIGN, "options"), *([default] if default else []), default=default)
    return None


def _extended(file: TomlFile, design: Design, sizes: Any) -> Design | None:
    """Let a design grow to one size after another, as ``design.extend`` does."""
    given = sizes if isinstance(sizes, list) else [sizes]
    for place, size in enumerate(given):
        try:
            design = design.extend(size)
        except DesignError as error:
            file.wrong((*_DESIGN, "extend", *([place] if isinstance(sizes, list) else [])), str(error))
            return None
    return design


def _fit(
    file: TomlFile,
    options: Mapping[str, Any],
    where: Mapping[str, Key],
    parameters: Mapping[str, inspect.Parameter],
    info: SamplerInfo,
) -> bool:
    """Note the options that a sampler lacks, what is no size, and switches neither true nor false."""
    fits = True
    for name, parameter in parameters.items():
        if name == "rng" and info.random and name not in options:
            why = (
                "it is missing: write rng = 1, say; the points follow from it, and must be the same each time"
            )
            file.wrong((*_DESIGN, name), why)
        elif name not in options and parameter.default is parameter.empty:
            file.wrong((*_DESIGN, name), f"it is missing: {info.function.__name__} needs it")
        # The sampler would say so too, but is not asked where the space has mistakes.
        elif name == "n" and name in options and (why := _no_size(options[name], info.function.__name__)):
            file.wrong(where[name], why)
        # In TOML's words: a sampler would ask for True, which TOML does not know.
        elif parameter.annotation == "bool" and not isinstance(options.get(name, True), bool):
            file.takes(where[name], "true or false", options[name])
        else:
            continue
        fits = False
    return fits


def _no_size(n: Any, method: str) -> str:
    """Return why no sampler takes a size; empty where it does."""
    from mesa_doe.samplers.declare import check_n

    try:
        check_n(n, method)
    except DesignError as error:
        return str(error)
    return ""
