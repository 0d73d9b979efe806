"""The script for array jobs on the page *Clusters* runs as it stands there, with fewer points."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mesa_doe as doe

PAGE = Path(__file__).parents[2] / "docs" / "clusters.md"

MODEL = """
import mesa

class MyModel(mesa.Model):
    def __init__(self, density=0.5, radius=1, rng=None):
        super().__init__(rng=rng)
        self.happy = density * radius + self.random.random()
        self.running = False
        self.datacollector = mesa.DataCollector({"happy": "happy"})
        self.datacollector.collect(self)
"""


@pytest.fixture
def script(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    [text] = [block for block in blocks if "SLURM_ARRAY_TASK_ID" in block]
    assert "doe.sobol(space, 256, " in text
    (tmp_path / "study.py").write_text(text.replace("256", "32"), encoding="utf-8")
    (tmp_path / "my_model.py").write_text(MODEL, encoding="utf-8")

    def run(task=None):
        environment = {name: value for name, value in os.environ.items() if name != "SLURM_ARRAY_TASK_ID"}
        if task is not None:
            environment["SLURM_ARRAY_TASK_ID"] = str(task)
        done = subprocess.run(
            [sys.executable, "study.py"],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_jobs_of_the_array_run_their_parts_and_the_script_alone_the_rest(tmp_path, script):
    script(task=0)
    script(task=7)
    study = doe.load(tmp_path / "study")
    assert len(study) == pytest.approx(2 / 50 * len(study.configurations), rel=0.1)
    told = script()
    assert doe.load(tmp_path / "study").pending == 0
    assert re.search(r"happy.*ST.*density", told)
