"""What the docs say to install and to make is there; doing it would take minutes and a network."""

import re
import shlex
import subprocess
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.docs.blocks import ROOT, prompted, take

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

INSTALLED = [
    *prompted(take("README.md", "console", "pip install")),
    take("index.md", "sh", "pip install"),
    take("explore.md", "bash", "pip install").splitlines()[0],
]
MADE = [*prompted(take("README.md", "console", "make")), *take("contributing.md", "sh", "make").splitlines()]


@pytest.mark.parametrize("line", INSTALLED)
def test_the_extras_that_are_installed_are_those_of_the_package(line):
    pip, install, what = shlex.split(line, comments=True)
    assert (pip, install) == ("pip", "install")
    wanted = Requirement(re.sub(r"^\.(?=\[)", PROJECT["name"], what))  # in a clone it is called "."
    assert wanted.name == PROJECT["name"]
    assert wanted.extras
    assert wanted.extras <= PROJECT["optional-dependencies"].keys()


@pytest.mark.parametrize("line", MADE)
def test_what_is_made_is_in_the_makefile(line):
    make, target = shlex.split(line, comments=True)
    done = subprocess.run([make, "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout
