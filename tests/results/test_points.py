"""What all that hand results on share: which outputs they take."""

import pytest

import mesa_doe as doe
from mesa_doe.bridges import read_behaviorspace, to_behaviorspace, to_ema


@pytest.fixture(scope="module")
def results():
    design = doe.explicit({"x": [1, 2]})
    runs = design.configurations(lambda x: {"y": x, "z": -x, "word": "w"}, rng=1, seed_policy="common")
    return doe.BatchRunner(runs).run_all()


def behaviorspace(results, outputs, folder):
    to_behaviorspace(results, folder / "table.csv", outputs)
    _, runs = read_behaviorspace(folder / "table.csv")
    return list(runs.columns.drop(["run_id", "point", "iteration", "step"]))


# What hands results on, and the outputs that it then has.
BRIDGES = {
    "to_behaviorspace": behaviorspace,
    "to_ema": lambda results, outputs, folder: list(to_ema(results, outputs)[1]),
    "to_xarray": lambda results, outputs, folder: list(results.to_xarray(outputs)),
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
def test_a_name_or_names_are_taken_in_their_order_and_all_without_one(name, results, tmp_path):
    for outputs, taken in (("y", ["y"]), (["z", "y"], ["z", "y"]), (("y",), ["y"])):
        assert BRIDGES[name](results, outputs, tmp_path) == taken
    every = ["y", "z"] if name == "to_ema" else ["y", "z", "word"]  # words are no outcome of an experiment
    assert BRIDGES[name](results, None, tmp_path) == every
