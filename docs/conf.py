"""Sphinx configuration: every code cell of every page is executed by the build."""

import json
import shutil
from importlib.util import find_spec
from pathlib import Path

from mesa_doe import __version__

HERE = Path(__file__).parent


def can_run(notebook: Path) -> bool:
    """Whether what a notebook needs beside the package is installed."""
    metadata = json.loads(notebook.read_text(encoding="utf-8"))["metadata"]
    return all(map(find_spec, metadata.get("mesa_doe", {}).get("requires", [])))


def copy_notebooks() -> None:
    """Copy the project's notebooks that can run below docs/, so that Sphinx runs and shows them too."""
    target = HERE / "notebooks"
    target.mkdir(exist_ok=True)
    notebooks = {path.name: path for path in (HERE.parent / "notebooks").glob("*.ipynb") if can_run(path)}
    for path in target.glob("*.ipynb"):
        if path.name not in notebooks:
            path.unlink()
    for path in notebooks.values():
        # With its time, so that a notebook that has not changed is not run again.
        shutil.copy2(path, target)


copy_notebooks()

project = "mesa-doe"
author = "The mesa-doe developers"
version = release = __version__

extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
templates_path = ["_templates"]
exclude_patterns = ["_build", "jupyter_execute", "**.ipynb_checkpoints"]

# "force", not "cache": a cache does not notice that the package has changed.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_execution_timeout = 120
# Warnings are shown on the pages through `result.warnings`; on stderr they carry the builder's own paths.
nb_output_stderr = "remove"
nb_merge_streams = True
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# Named, since a build on top of an older one looks for new pages too late.
autosummary_generate = ["reference.md"]
# Beside the classes Convergence, Uncertainty and Run, where a file system does not tell case.
autosummary_filename_map = {
    "mesa_doe.analysis.convergence": "mesa_doe.analysis.convergence-function",
    "mesa_doe.analysis.uncertainty": "mesa_doe.analysis.uncertainty-function",
    "mesa_doe.run": "mesa_doe.run-function",
}
autodoc_typehints = "none"
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = f"mesa-doe {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 9,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "navigation_with_keys": False,
}
# The left side lists the pages of the reference; elsewhere it would be empty.
html_sidebars = {page.stem: [] for page in sorted(HERE.glob("*.md")) if page.stem != "reference"} | {
    "notebooks/*": []
}
