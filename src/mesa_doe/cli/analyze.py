"""``mesa-doe analyze STUDY OUTPUT``: the analysis of a study that was run."""

from __future__ import annotations

import argparse
import shlex
import sys
import tomllib
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mesa_doe.cli.lists import analysis_names
from mesa_doe.cli.printing import add_format, print_frame, print_result
from mesa_doe.cli.study_argument import add_study
from mesa_doe.cli.tabulated import TABULATE
from mesa_doe.cli.wording import in_words_of_a_shell
from mesa_doe.errors import AnalysisError, ConfigurationError, MesaDoeWarning, listed

if TYPE_CHECKING:
    from mesa_doe.cli.toml_analysis import Analysis
    from mesa_doe.results import Results

__all__ = ["ONE_A_RUN", "add_analyze", "at_of"]

#: What ``at=`` takes, but for all; written here too, as reading it there takes a second.
ONE_A_RUN = ("final", "mean", "first", "min", "max")


def add_analyze(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "analyze",
        help="which factors explain an output",
        description="Analyse outputs of a study with the analysis that fits its design, or the one named. No "
        "model is loaded, and nothing is run.",
        epilog="Exit codes: 0 done; 1 there is no such study, output or analysis, or points are missing.",
    )
    add_study(parser)
    parser.add_argument("output", nargs="+", metavar="OUTPUT", help="name of an output")
    parser.add_argument(
        "--at", default="final", type=at_of(*ONE_A_RUN, "all"), metavar="STEP",
        help="which number of a run: final (the default), mean, first, min, max, a step, or all for indices "
        "over time",
    )  # fmt: skip
    method = parser.add_argument("--method", help="name of the analysis; mesa-doe analyses lists them")
    method.names = analysis_names
    parser.add_argument(
        "--missing", choices=["raise", "drop"], default="raise",
        help="what to do with points of which a run failed (by default, refuse)",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--option", action="append", default=[], type=_option, metavar="NAME=VALUE",
        help="a further option, as in a study file: -o resamples=200, -o reduce=mean; may be repeated",
    )  # fmt: skip
    add_format(parser)
    parser.set_defaults(run=_analyze)


def at_of(*words: str) -> Callable[[str], str | float]:
    """Return what reads ``--at``: one of some words, or a step.

    Examples
    --------
    >>> at_of("final", "mean")("mean"), at_of("final", "mean")("10")
    ('mean', 10.0)
    """

    def at(text: str) -> str | float:
        if text in words:
            return text
        try:
            return float(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"takes {', '.join(words)} or a step, got {text!r}") from None

    return at


def _option(text: str) -> tuple[str, Any]:
    """Read an option, its value as TOML writes it, or as plain text.

    Examples
    --------
    >>> _option("resamples=200"), _option("estimator=jansen"), _option("interactions=false")
    (('resamples', 200), ('estimator', 'jansen'), ('interactions', False))
    """
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"takes NAME=VALUE, got {text!r}")
    try:
        return name, tomllib.loads(f"x = {value}")["x"]
    except tomllib.TOMLDecodeError:
        return name, value


def _analyze(arguments: argparse.Namespace) -> int:
    from mesa_doe.runner import load

    results = load(arguments.study)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MesaDoeWarning)  # what they say stands with the result
        try:
            result = _asked(arguments, results).of(results)
        except AnalysisError as error:
            raise AnalysisError(in_words_of_a_shell(str(error), arguments.study)) from error
    if arguments.format == "table":
        study = shlex.quote(str(arguments.study))
        print_result(result, f"-f csv has all, and mesa-doe explore {study} draws them")
    else:
        print_frame(result.to_frame(), arguments.format)
        for said in (*result.warnings, *result.notes):
            print(f"mesa-doe: {said}", file=sys.stderr)
    return 0


def _asked(arguments: argparse.Namespace, results: Results) -> Analysis:
    """Return the analysis that arguments ask for, having checked the names in it."""
    from mesa_doe.analysis import tabulate
    from mesa_doe.analysis.declare import choose
    from mesa_doe.analysis.options import check_known
    from mesa_doe.cli.toml_analysis import Analysis, options_of

    method, options = arguments.method, dict(arguments.option)
    if method is not None:
        check_known("analysis", method, analysis_names())
    known = None
    if method == TABULATE:
        known = {*options_of(tabulate)}
    elif options and results.design is not None:
        known = {*options_of(choose(results.design.origin or results.design, method)), "reduce", "unequal"}
    if known is not None and (unknown := sorted(options.keys() - known)):
        told = f"there is no such option; there are {', '.join(sorted(known))}"
        raise ConfigurationError(listed([f"--option {name}: {told}" for name in unknown], "options"))
    output = arguments.output[0] if len(arguments.output) == 1 else arguments.output
    return Analysis(output, {"at": arguments.at, "method": method, "missing": arguments.missing, **options})
