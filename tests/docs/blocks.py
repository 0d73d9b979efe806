"""The blocks of code in the docs and the README, and which of them a test has taken to run it."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@dataclass(frozen=True)
class Block:
    page: str
    language: str
    text: str
    section: str = field(compare=False)
    line: int

    def __str__(self):
        return f"{self.page}:{self.line} ({self.language}): {self.text.strip().splitlines()[0]}"


#: What a test has taken. A test takes its blocks where its module is imported.
TAKEN: set[Block] = set()

_FENCE = re.compile(
    r"^(?P<fence>[`~:]{3,})(?P<language>[^\n]*)\n(?P<text>.*?)^(?P=fence)[ ]*$", re.DOTALL | re.MULTILINE
)


def every_block():
    """Return all blocks, in the order of the pages."""
    return [block for page in (ROOT / "README.md", *sorted(DOCS.glob("*.md"))) for block in _of(page)]


def _of(page):
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        before = text[: found.start()]
        _, _, section = before.rpartition("\n## ")
        yield Block(
            page.name,
            found["language"].strip(),
            found["text"],
            section.partition("\n")[0],
            before.count("\n") + 1,
        )


def blocks(page, language, section=None):
    """Take the blocks of a language on a page, or in a section of it; cells are Python."""
    languages = {language, "{code-cell} python"} if language == "python" else {language}
    found = [
        block
        for block in every_block()
        if block.page == page and block.language in languages and section in (None, block.section)
    ]
    TAKEN.update(found)
    return [block.text for block in found]


def take(page, language, containing=""):
    """Take the one block of a language on a page with a text in it."""
    found = [
        block
        for block in every_block()
        if (block.page, block.language) == (page, language) and containing in block.text
    ]
    if len(found) != 1:
        raise LookupError(
            f"{page} has {len(found)} blocks of {language!r} with {containing!r}: name another text"
        )
    [block] = found
    TAKEN.add(block)
    return block.text


def replaced(text, words):
    """Put other words in place of some, each of which is there: fewer points, a folder that there is."""
    for old, new in words.items():
        assert old in text, f"the page no longer says {old!r}"
        text = text.replace(old, new)
    return text


def surroundings(**environment):
    """Return the environment of a user who has activated that of this Python."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, **environment}


def shell(script, folder, name="bash", **environment):
    """Run what a block says to a shell, and return what is printed."""
    done = subprocess.run(
        [name, "-c", script], cwd=folder, capture_output=True, text=True, check=False, timeout=300,
        env=surroundings(**environment),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def prompted(text):
    """Return the commands of a block of a console; one that shows what is printed needs a test of it."""
    lines = text.splitlines()
    assert all(line.startswith("$ ") for line in lines), (
        "what a command prints is shown, and compared by no test"
    )
    return [line.removeprefix("$ ") for line in lines]
