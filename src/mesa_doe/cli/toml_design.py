"""``[design]`` and ``[[analysis]]`` of a study file: methods by name, and the options that they take."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from mesa_doe.cli.toml_file import TomlFile
from mesa_doe.cli.toml_lines import Key
from mesa_doe.errors import AnalysisError, MesaDoeError, did_you_mean

if TYPE_CHECKING:
    from mesa_doe.analysis import SensitivityResult
    from mesa_doe.design import Design
    from mesa_doe.results import Results
    from mesa_doe.samplers import SamplerInfo
    from mesa_doe.space import ParameterSpace

__all__ = ["Analysis", "options_of", "read_analyses", "read_design"]

_DESIGN: Key = ("design",)
#: Of ``results.sensitivity``, beside the options of the analysis itself.
_ANALYSIS = ("output", "at", "method", "reduce", "unequal", "missing")
#: Arguments of an analysis that the results give.
_GIVEN = ("design", "y", "outputs", "seed_policy", "missing")


def read_design(file: TomlFile, space: ParameterSpace | None) -> Design | None:
    """Make the design that a file describes; None, having noted why, where it describes none.

    Parameters
    ----------
    file : TomlFile
    space : ParameterSpace or None
        None where there is none, or it has mistakes, which are noted.

    Returns
    -------
    Design or None
    """
    from mesa_doe.samplers import SAMPLERS

    given = file.data.get("design")
    table = file.section(
        _DESIGN,
        given if isinstance(given, dict) else ("method", "options"),
        {"method": 'write method = "latin_hypercube", say; mesa-doe designs lists all'},
    )
    if table is None:
        return None
    method, nested = table["method"], table.get("options", {})
    if not isinstance(method, str) or method not in SAMPLERS:
        file.wrong((*_DESIGN, "method"), _no_such("design", method, SAMPLERS, "mesa-doe designs"))
        return None
    # An option that is itself called method can only be given in a table of its own.
    if not isinstance(nested, dict):
        file.takes((*_DESIGN, "options"), "a table", nested)
        return None
    options = {name: value for name, value in table.items() if name not in ("method", "options")} | nested
    info = SAMPLERS[method]
    parameters = dict(inspect.signature(info.function).parameters)
    space_needed = parameters.pop("space").default is inspect.Parameter.empty
    known = [*parameters, *(["options"] if "options" in table else [])]
    file.unknown(_DESIGN, table, ["method", *known])
    file.unknown((*_DESIGN, "options"), nested, parameters)
    if not _fit(file, options, parameters, info) or not options.keys() <= parameters.keys():
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
        return info.function(space=space, **options)
    except MesaDoeError as error:
        file.blame(error, _DESIGN, (*_DESIGN, "options"))
        return None


def _fit(
    file: TomlFile,
    options: Mapping[str, Any],
    parameters: Mapping[str, inspect.Parameter],
    info: SamplerInfo,
) -> bool:
    """Note the options that a sampler lacks, and switches that are neither true nor false."""
    fits = True
    for name, parameter in parameters.items():
        if name == "rng" and info.random and name not in options:
            why = (
                "it is missing: write rng = 1, say; the points follow from it, and must be the same each time"
            )
            file.wrong((*_DESIGN, name), why)
        elif name not in options and parameter.default is parameter.empty:
            file.wrong((*_DESIGN, name), f"it is missing: {info.function.__name__} needs it")
        # Any text is true in Python, "false" too.
        elif parameter.annotation == "bool" and not isinstance(options.get(name, True), bool):
            file.takes((*_DESIGN, name), "true or false", options[name])
        else:
            continue
        fits = False
    return fits


@dataclass(frozen=True)
class Analysis:
    """What one ``[[analysis]]`` asks of the results.

    Parameters
    ----------
    output : str or list of str
    options : mapping
        Of ``results.sensitivity``.
    """

    output: str | list[str]
    options: Mapping[str, Any]

    def of(self, results: Results) -> SensitivityResult:
        """Analyse results.

        Raises
        ------
        AnalysisError
            As ``results.sensitivity`` does.
        """
        return results.sensitivity(self.output, **self.options)


def read_analyses(file: TomlFile, design: Design | None) -> list[Analysis]:
    """Read what is asked of the results, as far as it can be checked before there are any.

    Parameters
    ----------
    file : TomlFile
    design : Design or None
        None where it has mistakes, which are noted.

    Returns
    -------
    list of Analysis
    """
    tables = file.data.get("analysis", [])
    if not isinstance(tables, list):
        file.wrong(("analysis",), "there may be several, so write [[analysis]]")
        return []
    return [found for place in range(len(tables)) if (found := _analysis(file, place, design)) is not None]


def _analysis(file: TomlFile, place: int, design: Design | None) -> Analysis | None:
    from mesa_doe.analysis.declare import ANALYSES, check_design, choose
    from mesa_doe.analysis.outputs import Missing
    from mesa_doe.results.numbers import At, Reduce, Unequal

    key: Key = ("analysis", place)
    given = file.data["analysis"][place]
    is_table = isinstance(given, dict)
    table = file.section(key, given if is_table else _ANALYSIS, {"output": "write the name of an output"})
    if table is None:
        return None
    method = table.get("method")
    if method is not None and (not isinstance(method, str) or method not in ANALYSES):
        file.wrong((*key, "method"), _no_such("analysis", method, ANALYSES, "mesa-doe analyses"))
        return None
    if design is not None:
        of = design.origin or design
        try:
            function = choose(of, method)
            check_design(of, function.__name__)
        except AnalysisError as error:
            file.wrong((*key, "method"), str(error))
            return None
        file.unknown(key, table, [*_ANALYSIS, *options_of(function)])
    output = table["output"]
    names = output if isinstance(output, list) else [output]
    if not names or not all(isinstance(name, str) for name in names):
        file.takes((*key, "output"), "a name, or a list of names", output)
        return None
    for name, words, numbers in (
        ("at", get_args(At)[0], "a step"),
        ("reduce", get_args(Reduce)[0], ""),
        ("unequal", get_args(Unequal)[0], "a number"),
        ("missing", Missing, ""),
    ):
        texts = get_args(words)
        value = table.get(name, texts[0])
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if value not in texts and not (numbers and is_number):
            what = ", ".join(f'"{text}"' for text in texts) + (f" or {numbers}" if numbers else "")
            file.takes((*key, name), what, value)
    return Analysis(output, {name: value for name, value in table.items() if name != "output"})


def options_of(analysis: Callable[..., Any]) -> list[str]:
    """Return the options of an analysis that the results do not give.

    Examples
    --------
    >>> from mesa_doe.analysis import fast, rsa
    >>> options_of(fast), options_of(rsa)
    ([], ['behavioural', 'bins', 'target'])
    """
    return [name for name in inspect.signature(analysis).parameters if name not in _GIVEN]


def _no_such(what: str, name: Any, known: Iterable[str], command: str) -> str:
    return f"there is no {what} {name!r}: {did_you_mean(name, known)}{command} lists all"
