"""What all that hand results on share: which outputs they take."""

import pytest

import mesa_doe as doe
from mesa_doe.bridges import to_behaviorspace, to_ema


@pytest.fixture(scope="module")
def results():
    design = doe.explicit({"x": [1, 2]})
    runs = design.configurations(lambda x: {"y": x, "z": -x, "word": "w"}, rng=1, seed_policy="common")
    return doe.BatchRunner(runs).run_all()


BRIDGES = {
    "to_behaviorspace": lambda results, outputs, folder: to_behaviorspace(
        results, folder / "table.csv", outputs
    ),
    "to_ema": lambda results, outputs, folder: to_ema(results, outputs),
    "to_xarray": lambda results, outputs, folder: results.to_xarray(outputs),
}


@pytest.mark.parametrize("outputs", [[], (), ["y", "y"], 3, [3], [["y"]], ["y", None], {}], ids=repr)
@pytest.mark.parametrize("name", BRIDGES)
def test_what_names_no_different_outputs_is_refused(name, outputs, results, tmp_path):
    with pytest.raises(doe.AnalysisError, match=r"outputs takes .*got .*; there are y, z, word"):
        BRIDGES[name](results, outputs, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", BRIDGES)
def test_an_output_that_is_not_there_is_refused_with_those_that_are(name, results, tmp_path):
    with pytest.raises(doe.AnalysisError, match=r"'zz'.*there are y, z, word"):
        BRIDGES[name](results, ["y", "zz"], tmp_path)


@pytest.mark.parametrize("name", BRIDGES)
def test_a_name_or_names_are_taken(name, results, tmp_path):
    for outputs in ("y", ["z", "y"], ("y",), None):
        BRIDGES[name](results, outputs, tmp_path)
