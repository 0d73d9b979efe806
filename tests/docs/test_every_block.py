"""Each block of code in the docs and the README is run: by the build, a doctest, or a test that took it."""

import importlib
import re
import tomllib
from pathlib import Path

from tests.docs.blocks import DOCS, ROOT, TAKEN, every_block

CELL = "{code-cell} python"
# Not code: what Sphinx makes of them is looked at by its build.
DIRECTIVES = ("{image}", "{toctree}", "{eval-rst}")

#: What cannot be run, by its first line, and why.
NOT_RUN = {
    ("index.md", "text", "ParameterSpace      which parameters vary"): "a drawing",
    ("contributing.md", "text", "cli                         the command line"): "a drawing",
}

# Each test takes its blocks where its module is imported.
for module in sorted(Path(__file__).parent.glob("test_*.py")):
    importlib.import_module(f"tests.docs.{module.stem}")


def reason(block):
    """Return why a block is not run, or an empty text."""
    for (page, language, start), why in NOT_RUN.items():
        if (block.page, block.language) == (page, language) and block.text.startswith(start):
            return why
    return ""


def is_doctest(block):
    return block.page == "README.md" and block.language == "python" and block.text.startswith(">>> ")


def is_run(block):
    return block.language == CELL or is_doctest(block) or block in TAKEN


CODE = [block for block in every_block() if not block.language.startswith(DIRECTIVES)]


def test_every_block_is_run_or_it_is_said_why_not():
    assert [str(block) for block in CODE if not is_run(block) and not reason(block)] == []


def test_what_is_not_run_is_there_and_is_not_run():
    assert len([block for block in CODE if reason(block)]) == len(NOT_RUN)
    assert [str(block) for block in CODE if reason(block) and is_run(block)] == []


def test_no_fence_is_overlooked():
    pages = (ROOT / "README.md", *sorted(DOCS.glob("*.md")))
    fences = sum(
        len(re.findall(r"^\s*(?:```|~~~|:::)", page.read_text(encoding="utf-8"), re.MULTILINE))
        for page in pages
    )
    assert fences == 2 * len(every_block())


def test_the_build_runs_all_cells_and_stops_where_one_raises():
    settings = (DOCS / "conf.py").read_text(encoding="utf-8")
    assert 'nb_execution_mode = "force"' in settings
    assert "nb_execution_raise_on_error = True" in settings
    assert "nb_execution_excludepatterns" not in settings
    for page in {block.page for block in CODE if block.language == CELL}:
        assert (DOCS / page).read_text(encoding="utf-8").startswith("---\nfile_format: mystnb\n"), page
    assert [str(block) for block in CODE if re.search("skip-execution|raises-exception", block.text)] == []


def test_the_doctests_of_the_readme_are_among_the_tests():
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"][
        "ini_options"
    ]
    assert "README.md" in options["testpaths"]
    assert "--doctest-glob=README.md" in options["addopts"]
