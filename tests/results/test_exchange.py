import enum

import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe import bridges
from mesa_doe.configurations import RunConfiguration
from tests import models


class Kind(enum.Enum):
    PLAIN = 1
    TWICE = 2


SPACE = doe.ParameterSpace(
    x=doe.Real(0, 1), n=doe.Integer(1, 4), torus=doe.Boolean(), kind=doe.Categorical(list(Kind)), width=10
)


def model(x, n, torus, kind, width):
    return {"y": kind.value * (x + n) + 10 * torus, "word": kind.name}


@pytest.fixture(scope="module")
def plain():
    design = doe.latin_hypercube(SPACE, 40, rng=1)
    return doe.BatchRunner(design.configurations(model, rng=1, seed_policy="common")).run_all()


@pytest.fixture(scope="module")
def walks():
    space = doe.ParameterSpace(n=doe.Integer(1, 3), fail_at=doe.Discrete([-1, 2]), pace=1.0)
    design = doe.full_factorial(space)
    runs = design.configurations(models.Walkers, replications=2, rng=1, max_steps=6, data_collection_period=1)
    with pytest.warns(doe.MesaDoeWarning, match="failed"):
        return doe.BatchRunner(runs).run_all()


def test_every_value_is_at_its_place_in_the_dataset(walks):
    data = walks.to_xarray()
    assert data["alive"].dims == ("point", "replication", "step")
    assert dict(data.sizes) == {"point": 6, "replication": 2, "step": 7}
    runs = walks.runs
    merged = walks.model.join(runs[["point", "iteration"]], on="run_id")
    for row in merged.itertuples():
        here = data.sel(point=row.point, replication=row.iteration, step=row.step)
        assert here["alive"].item() == row.alive
        assert here["torus"].item() == row.torus
    there = int(data["alive"].notnull().sum())
    assert there == len(walks.model) < data["alive"].size
    assert data["alive"].dtype == float


def test_coordinates_tell_the_parameters_the_seed_and_the_status(walks):
    data = walks.to_xarray("alive")
    assert list(data) == ["alive"]
    runs = walks.runs.set_index(["point", "iteration"])
    for point in range(6):
        assert data["n"].sel(point=point).item() == runs.loc[(point, 0), "n"]
        assert data["pace"].sel(point=point).item() == 1.0
        for iteration in range(2):
            one = data.sel(point=point, replication=iteration)
            assert one["seed"].item() == runs.loc[(point, iteration), "seed"]
            assert one["status"].item() == runs.loc[(point, iteration), "status"]
    assert set(data["status"].values.ravel()) == {"ok", "failed"}
    means = data["alive"].where(data["fail_at"] == -1, drop=True).mean("replication")
    assert means.sizes["point"] == 3


def test_whole_numbers_stay_whole_where_nothing_is_missing(plain):
    data = plain.to_xarray()
    assert data["n"].dtype == np.int64
    assert data["torus"].dtype == bool
    assert data["kind"].values[0] in set(Kind)
    assert data["y"].shape == (40, 1, 1)
    np.testing.assert_array_equal(data["y"].values.ravel(), plain.output("y"))
    assert data["word"].values.ravel()[0] in ("PLAIN", "TWICE")


def test_names_that_are_taken_get_a_suffix():
    def same(step, replication, y):
        return {"y": y, "status": 1}

    design = doe.explicit({"step": [1, 2], "replication": [1, 2], "y": [3, 4]})
    results = doe.BatchRunner(design.configurations(same, rng=1, seed_policy="common")).run_all()
    data = results.to_xarray()
    assert set(data) == {"y_output", "status_output"}
    assert {"step_parameter", "replication_parameter", "y"} <= set(data.coords)


def test_runs_that_are_pending_are_told():
    design = doe.explicit({"x": [1, 2, 3]})
    runs = design.configurations(lambda x, rng: {"y": rng.normal()}, replications=2, rng=1)
    results = doe.BatchRunner(runs[:3]).run_all()
    data = results.to_xarray()
    assert data["status"].values.tolist() == [["ok", "ok"], ["ok", "pending"]]
    assert np.isnan(data["y"].values[1, 1, 0])


def test_what_has_no_point_or_no_such_output_is_refused(plain):
    for wrong in ("yy", [], ["y", "y"]):
        with pytest.raises(doe.AnalysisError, match="there are y, word"):
            plain.to_xarray(wrong)
    loose = doe.BatchRunner([RunConfiguration(lambda x: {"y": x}, run_id=0, parameters={"x": 1})]).run_all()
    with pytest.raises(doe.AnalysisError, match="no point"):
        loose.to_xarray()


def test_x_and_y_are_those_of_the_design(plain):
    X, y = plain.to_xy("y")
    assert X.columns.tolist() == list(SPACE.names)
    pd.testing.assert_frame_equal(X[["x", "n", "torus"]], plain.design.points[["x", "n", "torus"]])
    assert X["kind"].cat.categories.tolist() == ["Kind.PLAIN", "Kind.TWICE"]
    assert X["kind"].tolist() == list(map(str, plain.design.points["kind"]))
    np.testing.assert_array_equal(y, plain.points("y")["mean"])
    assert X.index.equals(y.index)
    assert y.name == "y"


def test_levels_may_be_a_column_each(plain):
    X, _ = plain.to_xy("y", categories="one-hot")
    assert X.columns.tolist() == ["x", "n", "torus", "kind=Kind.PLAIN", "kind=Kind.TWICE"]
    assert (X["kind=Kind.PLAIN"] + X["kind=Kind.TWICE"] == 1).all()
    with pytest.raises(doe.AnalysisError, match="got 'dummies'"):
        plain.to_xy("y", categories="dummies")


def test_the_functions_of_the_bridges_are_these(plain):
    for own, other in zip(plain.to_xy("y", missing="drop"), bridges.to_xy(plain, "y"), strict=True):
        assert own.equals(other)
    assert plain.to_xarray("y").identical(bridges.to_xarray(plain, "y"))


def test_a_surrogate_of_scikit_learn_learns_it(plain):
    ensemble = pytest.importorskip("sklearn.ensemble")
    X, y = plain.to_xy("y", categories="one-hot")
    forest = ensemble.RandomForestRegressor(50, random_state=1).fit(X, y)
    assert forest.score(X, y) > 0.9
    X, y = plain.to_xy("y")
    boosted = ensemble.HistGradientBoostingRegressor(
        max_iter=30, categorical_features="from_dtype", min_samples_leaf=3, random_state=1
    ).fit(X, y)
    assert boosted.score(X, y) > 0.9


def test_missing_points_are_named_or_left_out(walks):
    lost = walks.points("alive").query("replications == 0").index.tolist()
    assert lost
    with pytest.raises(doe.AnalysisError, match=f"to_xy: {len(lost)} of 6 points.*points {lost[0]}"):
        walks.to_xy("alive")
    with pytest.warns(doe.MesaDoeWarning, match=f"left out {len(lost)} of 6 points"):
        X, y = walks.to_xy("alive", missing="drop")
    assert X.index.tolist() == y.index.tolist() == [k for k in range(6) if k not in lost]
    with pytest.raises(doe.AnalysisError, match="got 'keep'"):
        walks.to_xy("alive", missing="keep")


def test_agents_are_reduced(walks):
    with pytest.warns(doe.MesaDoeWarning, match="left out"):
        X, y = walks.to_xy("x", at=0, reduce="count", missing="drop")
    assert len(y) > 0
    np.testing.assert_array_equal(y, X["n"])  # so many walkers there are at first


def test_runs_without_a_design_have_the_parameters_that_vary():
    runs = [
        RunConfiguration(lambda x, n: {"y": x * n}, run_id=k, point=k, parameters={"x": k, "n": 3})
        for k in range(3)
    ]
    X, y = doe.BatchRunner(runs).run_all().to_xy("y")
    assert X.columns.tolist() == ["x"]
    assert y.tolist() == [0, 3, 6]


def test_levels_written_alike_are_refused():
    design = doe.explicit({"x": [1, 2]}, doe.ParameterSpace(x=doe.Categorical([1, 2])))
    results = doe.BatchRunner(design.configurations(lambda x: {"y": x}, rng=1)).run_all()
    assert results.to_xy("y")[0]["x"].tolist() == ["1", "2"]
    twins = doe.ParameterSpace(x=doe.Categorical([1, "1"]))
    design = doe.explicit([{"x": 1}, {"x": "1"}], twins)
    results = doe.BatchRunner(design.configurations(lambda x: {"y": 1}, rng=1)).run_all()
    with pytest.raises(doe.AnalysisError, match="written alike"):
        results.to_xy("y")
