"""Each notebook runs from top to bottom, and is stored without outputs."""

from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def test_there_is_a_first_study():
    assert NOTEBOOKS[0].name == "01_first_study.ipynb"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_is_stored_without_outputs(path):
    cells = nbformat.read(path, as_version=4).cells
    assert [
        cell for cell in cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count)
    ] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(path, tmp_path):
    notebook = nbformat.read(path, as_version=4)
    # What it needs beyond the test extra, or what some Python cannot have.
    for name in notebook.metadata.get("mesa_doe", {}).get("requires", []):
        if find_spec(name) is None:
            pytest.skip(f"{path.name} needs {name}, which is not installed")
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources=resources).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    said = "".join(output["text"] for output in outputs if output.get("name") == "stderr")
    assert "MesaDoeWarning" not in said
    assert any("image/png" in output.get("data", {}) for output in outputs)
