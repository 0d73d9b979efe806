"""``mesa-doe explore STUDY``: a study as a live page in a browser."""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Any

from mesa_doe._optional import require
from mesa_doe.cli.importing import add_model, look_in, named_model
from mesa_doe.cli.study_argument import add_study
from mesa_doe.errors import MesaDoeWarning

__all__ = ["add_explore"]


def add_explore(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "explore",
        help="look at a study in a browser",
        description="Show a study as a live page: points, the output over a factor, indices over time. A "
        "click on a point shows its run, which can be made again, and stepped in Mesa's own visualisation. "
        "The model is imported and run only then, by the name that the study has, from the present folder or "
        "what is installed: look at it (mesa-doe status) before you replay a study that you do not trust. It "
        "needs the extra explore.",
        epilog="Exit codes: 0 ended by Ctrl-C; 1 there is no such study, or the port is taken.",
    )
    add_study(parser)
    parser.add_argument(
        "--port", type=_port, metavar="N",
        help="of the page; 0 takes a free one (by default 8765, or a free one where that is taken)",
    )  # fmt: skip
    parser.add_argument(
        "--host", default="localhost", metavar="H",
        help="whom to serve: by default this machine alone; anyone who reaches the page can run the model",
    )  # fmt: skip
    parser.add_argument("--no-browser", action="store_true", help="print the address, and open no browser")
    add_model(parser)
    parser.set_defaults(run=_explore)


def _explore(arguments: argparse.Namespace) -> int:
    require("solara", extra="explore")
    from mesa_doe.explore.opened import Opened
    from mesa_doe.explore.serving import serve
    from mesa_doe.runner import load

    def opened() -> Opened:
        model = None if arguments.model is None else lambda: named_model(arguments.model)
        changed = arguments.allow_changed_model
        return Opened(load(arguments.study), model=model, allow_changed_model=changed)

    def ready(address: str) -> None:
        print(f"{address}  (Ctrl-C ends it)", flush=True)

    look_in(Path.cwd())
    # The page shows them.
    warnings.simplefilter("ignore", MesaDoeWarning)
    try:
        serve(
            opened(),
            opened,
            host=arguments.host,
            port=arguments.port,
            browser=not arguments.no_browser,
            ready=ready,
        )
    except KeyboardInterrupt:
        print()
    return 0


def _port(text: str) -> int:
    if not (text.isdecimal() and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"takes a number from 0 to 65535, got {text!r}")
    return int(text)
