import csv
import io
import warnings

import mesa
import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from tests.cli.studies import command


class Clashing(mesa.Model):
    """Two tables of which the names are one to a file system, or nearly."""

    def __init__(self, n=1, **kwargs):
        super().__init__(**kwargs)
        self.datacollector = mesa.DataCollector(
            model_reporters={"n": lambda m: n},
            tables={"a/b": ["first"], "a_b": ["second"], "A_b": ["third"]},
        )
        for name, column in (("a/b", "first"), ("a_b", "second"), ("A_b", "third")):
            self.datacollector.add_table_row(name, {column: n})
        self.datacollector.collect(self)


def word(x):
    """Return what may be missing."""
    return {0: "low", 1: "Größe", 2: None, 3: ""}[x]


def outputs(x, kind, twice):
    """Return outputs of all types, some of them in some runs only."""
    found = {
        "whole": 2**40 + x, "real": x / 3, "true": x > 0, "text": f"{kind} {x}", "gap": word(min(x, 2)),
        "none": None, "per/cent": 100 * x,
    }  # fmt: skip
    return found | ({"some": x > 1} if twice else {})


def study_of(model, points, folder, **settings):
    design = doe.explicit(points)
    runs = design.configurations(model, rng=1, seed_policy="independent", replications=2, **settings)
    doe.BatchRunner(runs, store=folder).run_all(learn_noise=False)
    return folder


def with_ends(x, ends):
    return {"y": x}


@pytest.mark.parametrize("form", ["csv", "json", "parquet", "netcdf"])
def test_a_constant_that_is_a_list_is_written_as_json(tmp_path, form):
    space = doe.ParameterSpace(x=doe.Real(0, 1), ends=doe.Constant(["a", 1]))
    runs = doe.latin_hypercube(space, 3, rng=1).configurations(with_ends, rng=1, seed_policy="common")
    doe.BatchRunner(runs, store=tmp_path / "study").run_all()
    command("export", tmp_path / "study", tmp_path / "out", "--format", form)
    if form == "netcdf":
        with pytest.importorskip("xarray").open_dataset(tmp_path / "out" / "model.nc") as data:
            found = data["ends"].to_numpy().ravel().tolist()
    else:
        read = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}[form]
        found = read(tmp_path / "out" / f"runs.{form}")["ends"].tolist()
    assert set(found) == {'["a", 1]'}


POINTS = {"x": [0, 1, 2], "kind": ["plain", "double", "plain"], "twice": [True, False, True]}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return the folder of a study with outputs of all types."""
    return study_of(outputs, POINTS, tmp_path_factory.mktemp("outputs") / "study")


@pytest.fixture
def dataset(study, tmp_path):
    """Return its NetCDF file, opened."""
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    exported(study, tmp_path)
    with xarray.open_dataset(tmp_path / "model.nc", engine="h5netcdf") as opened:
        yield opened


def exported(study, folder, form="netcdf"):
    """Export here, where a warning can be caught."""
    from argparse import Namespace

    from mesa_doe.cli.export import _export

    return _export(Namespace(study=study, folder=folder, format=form))


def test_no_table_is_lost_where_names_meet(tmp_path):
    study = study_of(Clashing, {"n": [3, 4]}, tmp_path / "study", max_steps=0)
    command("export", study, tmp_path / "tables", "--format", "csv")
    found = {path.stem: pd.read_csv(path) for path in (tmp_path / "tables").glob("table-*.csv")}
    assert {name: [*frame][1] for name, frame in found.items()} == {
        "table-A_b": "third", "table-a_b-2": "first", "table-a_b-3": "second",
    }  # fmt: skip
    assert all(len(frame) == 4 for frame in found.values())


BROKEN = ["a\rb", "c\r\nd", "e\nf"]


def broken(x):
    """Return a text of two lines, as some system ends them."""
    return {"text": BROKEN[x], "y": x}


def test_a_carriage_return_in_a_text_ends_no_row(tmp_path):
    study = study_of(broken, {"x": range(3)}, tmp_path / "study")
    command("export", study, tmp_path / "tables", "--format", "csv")
    with (tmp_path / "tables" / "model.csv").open(newline="", encoding="utf-8") as file:
        assert [row["text"] for row in csv.DictReader(file)] == [text for text in BROKEN for _ in (0, 1)]
    printed = command("replay", study, 0, "-f", "csv")
    assert [row["text"] for row in csv.DictReader(io.StringIO(printed, newline=""))] == BROKEN[:1]


def test_netcdf_has_points_replications_and_steps(study, dataset):
    assert dict(dataset.sizes) == {"point": 3, "replication": 2, "step": 1}
    runs = doe.load(study).runs
    assert dataset["seed"].to_numpy().ravel().tolist() == runs["seed"].tolist()
    assert set(dataset["status"].to_numpy().ravel()) == {"ok"}


@pytest.mark.parametrize(("name", "kind"), [("whole", "i"), ("real", "f"), ("true", "b"), ("text", "U")])
def test_netcdf_keeps_types(name, kind, study, dataset):
    expected = doe.load(study).model[name].to_numpy().reshape(3, 2, 1)
    assert dataset[name].dtype.kind.replace("O", "U") == kind
    np.testing.assert_array_equal(dataset[name].to_numpy(), expected)


def test_netcdf_keeps_parameters(dataset):
    assert {name: dataset[name].to_numpy().tolist() for name in POINTS} == POINTS
    assert dataset["twice"].dtype == bool


def test_netcdf_keeps_what_is_missing(dataset):
    gap = dataset["gap"].to_numpy()[:, 0, 0].tolist()
    assert gap[:2] == ["low", "Größe"]
    assert gap[2] != gap[2]
    assert np.isnan(dataset["none"].to_numpy()).all()
    assert dataset["some"].to_numpy()[[0, 2], 0, 0].tolist() == [0, 1]  # as in results.model
    assert np.isnan(dataset["some"].to_numpy()[1]).all()


def test_a_slash_makes_no_group(dataset):
    assert dataset["per_cent"].attrs["long_name"] == "per/cent"


def test_texts_that_cannot_be_told_apart_are_refused(tmp_path):
    pytest.importorskip("h5netcdf")
    study = study_of(lambda x: {"w": word(x), "y": x}, {"x": range(4)}, tmp_path / "study")
    told = command("export", study, tmp_path / "out", "--format", "netcdf", expected=1)
    assert told.startswith("mesa-doe: 'w' has texts that are empty and others that are missing, which NetCDF")
    assert not (tmp_path / "out").exists()


def test_levels_of_several_types_are_written_as_text_and_told(tmp_path):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    study = study_of(lambda x: {"y": len(str(x))}, {"x": [1, "auto", 2.5]}, tmp_path / "study")
    with pytest.warns(doe.MesaDoeWarning, match="some values of 'x' are no text, and others are no numbers"):
        exported(study, tmp_path / "out")
    with xarray.open_dataset(tmp_path / "out" / "model.nc", engine="h5netcdf") as data:
        assert data["x"].to_numpy().tolist() == ["1", "auto", "2.5"]


@pytest.mark.parametrize("levels", [[1, "auto", 2.5], [True, 1, "x"], [0.5, True], [None, "a", 2]], ids=str)
def test_levels_of_several_types_are_written_to_parquet_as_text_and_told(tmp_path, levels):
    design = doe.full_factorial(doe.ParameterSpace(x=doe.Categorical(levels)))
    runs = design.configurations(lambda x: {"y": len(str(x))}, rng=1)
    study = tmp_path / "study"
    doe.BatchRunner(runs, store=study).run_all()
    with pytest.warns(doe.MesaDoeWarning, match="some values of 'x' are no text, and others are no numbers"):
        exported(study, tmp_path / "out", "parquet")
    written = pd.read_parquet(tmp_path / "out" / "runs.parquet")["x"]
    assert [None if value != value else value for value in written] == [
        None if level is None else str(level) for level in levels
    ]


def test_a_text_that_is_missing_stays_missing_in_parquet(tmp_path):
    study = study_of(lambda x: {"word": "late" if x > 1 else None}, {"x": [1, 2, 3]}, tmp_path / "study")
    with warnings.catch_warnings():
        warnings.simplefilter("error", doe.MesaDoeWarning)
        exported(study, tmp_path / "out", "parquet")
    written = pd.read_parquet(tmp_path / "out" / "model.parquet")["word"]
    assert written.isna().tolist() == [True] * 2 + [False] * 4
    assert written.tolist()[2:] == ["late"] * 4


def truth(x):
    """Fail at 2."""
    return {"true": 1 / (x - 2) > 0}


def test_truths_that_become_numbers_are_told(tmp_path):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    with pytest.warns(doe.MesaDoeWarning, match="failed"):
        study = study_of(truth, {"x": [1, 2, 3]}, tmp_path / "study")
    with pytest.warns(doe.MesaDoeWarning, match="'true' has no value at some steps of some runs"):
        exported(study, tmp_path / "out")
    with xarray.open_dataset(tmp_path / "out" / "model.nc", engine="h5netcdf") as data:
        np.testing.assert_array_equal(data["true"].to_numpy()[:, 0, 0], [0, np.nan, 1])
        assert data["status"].to_numpy()[:, 0].tolist() == ["ok", "failed", "ok"]


def test_netcdf_overwrites_nothing(study, tmp_path):
    pytest.importorskip("h5netcdf")
    (tmp_path / "model.nc").write_text("mine")
    told = command("export", study, tmp_path, "--format", "netcdf", expected=1)
    assert "nothing is overwritten, and there are" in told
    assert (tmp_path / "model.nc").read_text() == "mine"


def test_a_library_that_is_not_there_is_told(study, tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "h5netcdf", None)
    told = command("export", study, tmp_path, "--format", "netcdf", expected=1)
    assert 'pip install "mesa-doe[xarray]"' in told
