"""The commands and the cell on the page *Exploring a study* show the study."""

import re
import subprocess
import urllib.request

import pytest

import mesa_doe as doe
from tests.docs.blocks import surroundings, take
from tests.models import noisy

COMMANDS = take("explore.md", "bash")
CELL = take("explore.md", "python", "doe.explorer")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with the study of the page in it."""
    pytest.importorskip("solara", reason="solara is not installed")
    monkeypatch.chdir(tmp_path)
    unit = doe.Real(0, 1)
    design = doe.latin_hypercube(doe.ParameterSpace(a=unit, b=unit, inert=True), 4, rng=1)
    doe.BatchRunner(design.configurations(noisy, rng=2), store="schelling").run_all()
    return tmp_path


def test_the_cell_gives_an_element_of_solara(folder):
    import reacton

    found = {}
    exec(f"{CELL}\nelement = doe.explorer(results)", found)
    assert isinstance(found["element"], reacton.core.Element)


def test_the_command_serves_the_page_at_the_address_that_it_prints(folder):
    _, command = COMMANDS.splitlines()  # what is before it installs
    # Any free port, and no browser, which would be the machine's own.
    started = subprocess.Popen(
        ["bash", "-c", f"exec {command} --port 0 --no-browser"], text=True, cwd=folder,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=surroundings(),
    )  # fmt: skip
    try:
        line = ""
        while not (address := re.search(r"http://\S+", line)):
            line = started.stdout.readline()
            assert line, "it ended without an address"
        with urllib.request.urlopen(address[0], timeout=60) as answer:
            assert "mesa-doe" in answer.read().decode()
    finally:
        started.terminate()
        started.wait(timeout=60)
        started.stdout.close()
