"""What the page *Other tools* shows of the EMA Workbench runs: the site is also built without it."""

import warnings

import numpy as np
import pytest

from tests.docs.blocks import blocks

BEFORE = [blocks("bridges.md", "python", name)[0] for name in ("A model as a function", "Named dimensions")]
WORKBENCH = blocks("bridges.md", "python", "The EMA Workbench")


@pytest.mark.filterwarnings("ignore")
def test_the_blocks_on_the_workbench_run_as_they_stand():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that ipyparallel is not installed
        pytest.importorskip("ema_workbench")
    found = {}
    for block in [*BEFORE, *WORKBENCH]:
        exec(block, found)
    assert len(found["sampled"]) == 20
    expected = found["f"](found["sampled"].points[["homophily", "density"]].to_numpy())
    np.testing.assert_array_equal(found["sampled_y"]["pct_happy"], expected)
