"""``[[analysis]]`` of a study file: what is asked of the results, checked before there are any."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from mesa_doe.cli.lists import analysis_names
from mesa_doe.cli.tabulated import TABULATE, Tabulated
from mesa_doe.cli.toml_file import TomlFile, written
from mesa_doe.cli.toml_lines import Key
from mesa_doe.cli.wording import in_words_of_a_file
from mesa_doe.errors import AnalysisError, MesaDoeError

if TYPE_CHECKING:
    from mesa_doe.analysis import SensitivityResult
    from mesa_doe.design import Design
    from mesa_doe.results import Results

__all__ = ["Analysis", "options_of", "read_analyses"]

#: Of ``results.sensitivity``, beside the options of the analysis itself.
_ANALYSIS = ("output", "at", "method", "reduce", "unequal", "missing")
#: Of ``results.tabulate``.
_TABULATE = ("output", "method", "missing")
#: Arguments of an analysis that the results give.
_GIVEN = ("blocks", "design", "y", "outputs", "seed_policy", "missing", "categories", "factor_levels")
# What an option may be, by its annotation.
_KINDS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "bool": ("true or false", lambda value: isinstance(value, bool)),
    "int": ("a whole number from 1", lambda value: type(value) is int and value >= 1),
    "float": ("a number", lambda value: type(value) in (int, float)),
    "RNG": ("a whole number from 0", lambda value: type(value) is int and value >= 0),
}


@dataclass(frozen=True)
class Analysis:
    """What one ``[[analysis]]`` asks of the results.

    Parameters
    ----------
    output : str or list of str
    options : mapping
        Of ``results.sensitivity``, or of ``results.tabulate`` where that is the method.
    """

    output: str | list[str]
    options: Mapping[str, Any]

    @property
    def outputs(self) -> list[str]:
        """The names of the outputs."""
        return [self.output] if isinstance(self.output, str) else self.output

    @property
    def counts(self) -> bool:
        """Whether outcomes are counted, which may be words."""
        return self.options.get("method") == TABULATE

    def of(self, results: Results) -> SensitivityResult | Tabulated:
        """Analyse results.

        Raises
        ------
        AnalysisError
            As ``results.sensitivity`` does.
        """
        if not self.counts:
            return results.sensitivity(self.output, **self.options)
        options = {name: value for name, value in self.options.items() if name != "method"}
        return Tabulated.of(results, self.outputs, **options)


def read_analyses(file: TomlFile, design: Design | None, max_steps: int | None = None) -> list[Analysis]:
    """Read what is asked of the results, as far as it can be checked before there are any.

    Parameters
    ----------
    file : TomlFile
    design : Design or None
        None where it has mistakes, which are noted.
    max_steps : int, optional
        Of the runs; without it, any step may be asked for.

    Returns
    -------
    list of Analysis
        To be made only if there are no mistakes.
    """
    tables = file.data.get("analysis", [])
    if not isinstance(tables, list):
        file.wrong(("analysis",), "there may be several, so write [[analysis]]")
        return []
    return [
        found
        for place in range(len(tables))
        if (found := _analysis(file, place, design, max_steps)) is not None
    ]


def _analysis(file: TomlFile, place: int, design: Design | None, max_steps: int | None) -> Analysis | None:
    from mesa_doe.analysis.outputs import Missing
    from mesa_doe.results.numbers import At, Reduce, Unequal

    key: Key = ("analysis", place)
    table = file.data["analysis"][place]
    is_table = isinstance(table, dict)
    file.section(key, table if is_table else _ANALYSIS, {"output": "write the name of an output"})
    if not is_table:
        return None
    _note_method(file, key, table, design)
    output = table.get("output", "")
    names = output if isinstance(output, list) else [output]
    if not names or not all(isinstance(name, str) for name in names):
        file.takes((*key, "output"), "a name, or a list of names", output)
    elif len(set(names)) < len(names) and table.get("method") != TABULATE:
        file.takes((*key, "output"), "several different names in a list", output)
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
        elif name == "at" and is_number and max_steps is not None and not 0 <= value <= max_steps:
            file.takes((*key, name), f"a step from 0 up to max_steps = {max_steps}", value)
    if "unequal" in table and table.get("at") != "all" and table["unequal"] != "refuse":
        file.wrong((*key, "unequal"), 'it says how whole series are joined, which are those of at = "all"')
    return Analysis(output, {name: value for name, value in table.items() if name != "output"})


def _note_method(file: TomlFile, key: Key, table: Mapping[str, Any], design: Design | None) -> None:
    """Note a method that there is not, or that does not fit the design, and what is wrong in its options."""
    from mesa_doe.analysis import tabulate
    from mesa_doe.analysis.declare import check_design, choose

    method = table.get("method")
    if method is not None and method not in analysis_names():
        file.no_such((*key, "method"), "analysis", method, analysis_names(), "mesa-doe analyses")
    elif method == TABULATE:
        file.unknown(key, table, [*_TABULATE, *options_of(tabulate)])
        _note_options(file, key, table, tabulate, design)
    elif design is not None:
        of = design.origin or design
        try:
            function = choose(of, method)
            check_design(of, function.__name__)
        except AnalysisError as error:
            file.wrong((*key, "method"), in_words_of_a_file(str(error), Path()))
        else:
            file.unknown(key, table, [*_ANALYSIS, *options_of(function)])
            _note_options(file, key, table, function, of)


def options_of(analysis: Callable[..., Any]) -> list[str]:
    """Return the options of an analysis that the results do not give.

    Examples
    --------
    >>> from mesa_doe.analysis import rsa
    >>> options_of(rsa)
    ['behavioural', 'bins', 'target', 'rng']
    """
    return [name for name in inspect.signature(analysis).parameters if name not in _GIVEN]


def _note_options(
    file: TomlFile, key: Key, table: Mapping[str, Any], function: Callable[..., Any], design: Design | None
) -> None:
    """Note the values of options that an analysis would refuse once it has the results."""
    parameters = inspect.signature(function).parameters
    for name in options_of(function):
        if name not in table:
            continue
        what, fits = _kind(str(parameters[name].annotation).removesuffix(" | None"))
        if problem := _refused(function, design, name, table[name]):
            file.wrong((*key, name), problem)
        elif not fits(table[name]):
            file.takes((*key, name), what, table[name])


def _kind(annotation: str) -> tuple[str, Callable[[Any], bool]]:
    """Return what an annotation allows, as far as it is known.

    Examples
    --------
    >>> what, fits = _kind("Literal['corrected', 'kept']")
    >>> what, fits("kept"), fits("no")
    ('"corrected" or "kept"', True, False)
    """
    if annotation.startswith("Literal["):
        allowed = ast.literal_eval(annotation.removeprefix("Literal"))
        return " or ".join(map(written, allowed)), lambda value: value in allowed
    return _KINDS.get(annotation, ("", lambda _: True))


def _refused(function: Callable[..., Any], design: Design | None, name: str, value: Any) -> str | None:
    """Return what an analysis says of a value.

    It looks at options before it looks at outputs. Here there are none, and what it says of them, or of
    anything else than the option, is for later.
    """
    try:
        function(design, None, **{name: value})
    except (MesaDoeError, TypeError, ValueError) as error:
        if re.match(rf"(\w+(: | takes ))?{name}\b", str(error)):
            return str(error)
    return None
