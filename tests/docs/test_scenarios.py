"""What the page *Other tools* shows of Mesa 4's ``run_scenarios`` runs, where Mesa has it."""

import pytest

from tests.docs.blocks import replaced, take

SCRIPT = take("bridges.md", "python", "run_scenarios")


def test_the_runs_of_a_design_go_through_mesas_runner_and_back():
    pytest.importorskip("mesa.experimental.scenarios.runner", reason="run_scenarios is not there yet")
    found = {}
    exec("import mesa_doe as doe", found)
    exec(replaced(SCRIPT, {"doe.sobol(space, 64,": "doe.sobol(space, 2,", "n_jobs=4": "n_jobs=2"}), found)
    results = found["results"]
    assert results.pending == 0
    assert (results.runs["status"] == "ok").all()
    assert len(results) == len(found["configurations"]) > 0
