"""The blocks of code on a page of the docs."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def blocks(page, language, section=None):
    """Return the blocks of a language on a page, or in a section of it; cells are Python."""
    text = (DOCS / page).read_text(encoding="utf-8")
    if section is not None:
        [text] = [part for part in text.split("\n## ") if part.startswith(f"{section}\n")]
    fence = r"(?:\{code-cell\} python|python)" if language == "python" else language
    return re.findall(rf"^```{fence}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
