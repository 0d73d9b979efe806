import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not (hasattr(os, "fork") and Path("/proc/self/fd").exists()), reason="needs Linux")
def test_a_study_that_ends_anywhere_goes_on_to_the_same_tables():
    """A sample of ``make crashes``."""
    done = subprocess.run(
        [sys.executable, "benchmarks/crashes.py", "13", "grown"],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"crash: [3-9], wrong: 0, full disk: [3-9], Ctrl-C: [3-9]", done.stdout)
