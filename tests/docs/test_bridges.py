"""What the page *Other tools* shows of the EMA Workbench runs: the site is also built without it."""

from importlib.util import find_spec

import numpy as np
import pytest

import mesa_doe as doe
from mesa_doe.bridges import to_ema
from tests.docs.blocks import blocks

BEFORE = [blocks("bridges.md", "python", name)[0] for name in ("A model as a function", "Named dimensions")]
WORKBENCH = blocks("bridges.md", "python", "The EMA Workbench")


needs_workbench = pytest.mark.skipif(find_spec("ema_workbench") is None, reason="needs ema_workbench")


@needs_workbench
@pytest.mark.filterwarnings("ignore")
def test_the_blocks_on_the_workbench_run_as_they_stand():
    found = {}
    for block in [*BEFORE, *WORKBENCH]:
        exec(block, found)
    assert len(found["sampled"]) == 20
    expected = found["f"](found["sampled"].points[["homophily", "density"]].to_numpy())
    np.testing.assert_array_equal(found["sampled_y"]["pct_happy"], expected)


@needs_workbench
@pytest.mark.filterwarnings("ignore")
def test_the_recipe_for_prim_takes_all_kinds_of_factors_and_outputs_with_gaps():
    space = doe.ParameterSpace(
        homophily=doe.Real(0, 1),
        radius=doe.Integer(1, 4),
        torus=doe.Boolean(),
        kind=doe.Categorical(["plain", "twice"]),
        start=doe.Categorical([1, None, "x"]),
        width=doe.Discrete([5, 10, 20]),
        height=10,
    )

    def model(homophily, radius, torus, kind, start, width, height):
        return {"pct_happy": np.nan if homophily < 0.05 else 90 - 20 * (radius > 2) * torus + homophily}

    design = doe.latin_hypercube(space, 200, rng=1)
    results = doe.BatchRunner(design.configurations(model, rng=1, seed_policy="common")).run_all()
    with pytest.warns(doe.MesaDoeWarning, match="left out"):
        experiments, outcomes = to_ema(results, "pct_happy", missing="drop")
    (recipe,) = (block for block in WORKBENCH if "prim" in block)
    found = {"experiments": experiments, "outcomes": outcomes, "space": space}
    exec(recipe.replace("prim.Prim(", "box = prim.Prim("), found)
    limits = found["box"].box_lims[-1]
    assert limits["radius"].tolist() == [2.5, 4.0]
    assert limits["torus"].iloc[0] == {True}
    assert experiments["radius"].dtype.kind == "i"
