import io
import json
import os
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.study import open_study, plan_of
from mesa_doe.study.archive import archive
from mesa_doe.study.lock import writing
from mesa_doe.study.rerun import requirements_of, rerun_script
from mesa_doe.study.tabular import distinct
from mesa_doe.study.unpacking import unpacked
from tests import models, study_models

HERE = Path(__file__).parents[2]


def mixed(x, kind):
    """Return columns of which the type changes from run to run."""
    values = [1, 0.5, None, True, float("inf"), "a\rb", 'say "no",\nor', "", float("-inf"), float("nan")]
    found = {"any": values[x % 10], "number": [x, x / 3, None][x % 3], "kind": kind}
    return found | ({"late": x > 3} if x > 2 else {})


def above(x, rng):
    """Return one number, for a study by hand."""
    return {"y": x + float(rng.normal())}


def walks(**settings):
    space = doe.ParameterSpace(
        n=doe.Integer(2, 5), pace=doe.Real(0.5, 2), torus=doe.Boolean(), fail_at=doe.Discrete([-1, 2])
    )
    design = doe.latin_hypercube(space, 12, rng=1)
    return design.configurations(
        models.Walkers, replications=2, rng=2, max_steps=5, data_collection_period=1,
        seed_policy="common", **settings,
    )  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Return the folder of a study that three jobs wrote; half of its runs failed."""
    folder = tmp_path_factory.mktemp("studies") / "Walks, noisy"
    for i in range(3):
        with pytest.warns(doe.MesaDoeWarning, match="failed"):
            doe.BatchRunner(walks(), store=folder, chunk_size=3).run_shard(i, of=3)
    return folder


@pytest.fixture(scope="module")
def packed(study, tmp_path_factory):
    """Return the archive of that study."""
    return archive(study, tmp_path_factory.mktemp("archives") / "walks.zip")


def names_in(path):
    with zipfile.ZipFile(path) as opened:
        return opened.namelist()


def text_in(path, name):
    with zipfile.ZipFile(path) as opened:
        return opened.read(name).decode()


def expected(results):
    """Return the tables as pandas writes the whole of them."""
    tracebacks = results.failures["traceback"].reindex(results.runs.index, fill_value="")
    frames = {
        "runs": results.runs.assign(traceback=tracebacks).reset_index(),
        "model": results.model,
        **{f"agents-{name.lower()}": frame for name, frame in results.agents.items()},
        **{f"table-{name}": frame for name, frame in results.tables.items()},
    }
    return {
        f"data/{name}.csv": frame.to_csv(index=False, lineterminator="\r\n") for name, frame in frames.items()
    }


def assert_same_tables(one, other):
    pd.testing.assert_frame_equal(one.runs.drop(columns="wall_time"), other.runs.drop(columns="wall_time"))
    for name, text in expected(one).items():
        if "runs" not in name:
            assert text == expected(other)[name]


def run_script(folder, *arguments, code=0):
    path = os.pathsep.join([str(HERE), str(HERE / "src")])
    done = subprocess.run(
        [sys.executable, "rerun.py", *arguments],
        env={**os.environ, "PYTHONPATH": path, "LOKY_MAX_CPU_COUNT": "1"},
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


# ---- the tables -------------------------------------------------------------------------------------------


def test_the_tables_are_those_of_the_results_to_the_byte(study, packed):
    tables = expected(doe.load(study))
    assert len(tables) == 4
    for name, text in tables.items():
        assert text_in(packed, name) == text
    points = pd.read_csv(io.StringIO(text_in(packed, "data/points.csv")), index_col="point")
    assert points.to_dict("list") == walks().design.points.to_dict("list")


def test_columns_have_one_type_over_all_shards(tmp_path):
    design = doe.explicit({"x": range(20), "kind": ["plain", "twice"] * 10})
    configurations = design.configurations(mixed, rng=1, seed_policy="common")
    for i in (1, 0):
        doe.BatchRunner(configurations, store=tmp_path / "study", chunk_size=1).run_shard(i, of=2)
    path = archive(tmp_path / "study", tmp_path / "study.zip")
    results = doe.load(tmp_path / "study")
    assert text_in(path, "data/model.csv") == expected(results)["data/model.csv"]
    schemas = {
        one["name"]: {field["name"]: field["type"] for field in one["schema"]["fields"]}
        for one in json.loads(text_in(path, "datapackage.json"))["resources"]
    }
    assert schemas["model"] == {
        "run_id": "integer", "step": "integer", "any": "string", "number": "number", "kind": "string",
        "late": "number",
    }  # fmt: skip
    assert schemas["runs"]["x"] == schemas["points"]["x"] == "integer"


def test_infinite_numbers_are_those_of_the_standard(tmp_path):
    runs = doe.explicit({"x": [1.0, 2.0]}).configurations(
        lambda x: {"y": float("inf") if x > 1 else -float("inf"), "z": 0.1}, rng=1, seed_policy="common"
    )
    doe.BatchRunner(runs, store=tmp_path / "study").run_all()
    path = archive(tmp_path / "study", tmp_path / "study.zip")
    assert text_in(path, "data/model.csv").split() == ["run_id,step,y,z", "0,0,-INF,0.1", "1,0,INF,0.1"]


def test_runs_that_were_made_again_count_once(study, tmp_path):
    configurations = walks()[4:20]
    with pytest.warns(doe.MesaDoeWarning, match="failed"):
        doe.BatchRunner(configurations, store=tmp_path / "study", chunk_size=5).run_all()
    with pytest.warns(doe.MesaDoeWarning, match="failed"):
        doe.BatchRunner(configurations, store=tmp_path / "study", resume="failed", chunk_size=2).run_all()
    path = archive(tmp_path / "study", tmp_path / "study.zip")
    for name, text in expected(doe.load(tmp_path / "study")).items():
        assert text_in(path, name) == text


def test_runs_by_hand_have_no_points(tmp_path):
    runs = [
        doe.RunConfiguration(above, run_id=3 * k, point=k or None, seed=k, parameters={"x": k})
        for k in range(4)
    ]
    doe.BatchRunner(runs, store=tmp_path / "study").run_all()
    path = archive(tmp_path / "study", tmp_path / "study.zip")
    assert "data/points.csv" not in names_in(path)
    for name, text in expected(doe.load(tmp_path / "study")).items():
        assert text_in(path, name) == text
    package = json.loads(text_in(path, "datapackage.json"))
    assert "foreignKeys" not in package["resources"][0]["schema"]


def test_a_study_without_runs_is_a_study(study, tmp_path):
    with open_study(tmp_path / "study", plan_of(walks())):
        pass
    path = archive(tmp_path / "study", tmp_path / "study.zip")
    assert text_in(path, "data/runs.csv").count("\n") == 1
    assert "24 runs, of which 0 are recorded" in text_in(path, "README.md")
    folder, temporary = unpacked(path)
    assert doe.load(folder).pending == 24
    temporary.cleanup()


def test_names_that_some_file_system_takes_for_one_are_told_apart():
    assert distinct(["a_b", "A_b", "a_b", "a_b-2"]) == ["a_b", "A_b-3", "a_b-4", "a_b-2"]


# ---- the data package -------------------------------------------------------------------------------------


def test_the_package_tells_all_files_and_keys(study, packed):
    package = json.loads(text_in(packed, "datapackage.json"))
    assert package["name"] == "walks-noisy"
    assert package["title"] == "Walks, noisy"
    assert package["created"] == json.loads((study / "study.json").read_text())["created"]
    assert "licenses" not in package
    resources = {one["name"]: one for one in package["resources"]}
    assert {one["path"] for one in resources.values()} == {n for n in names_in(packed) if n[:5] == "data/"}
    assert resources["runs"]["schema"]["primaryKey"] == "run_id"
    for name in ("model", "agents-agent", "table-deaths"):
        reference = {"resource": "runs", "fields": "run_id"}
        assert resources[name]["schema"]["foreignKeys"] == [{"fields": "run_id", "reference": reference}]


@pytest.mark.filterwarnings("default")  # of the libraries below it
def test_frictionless_finds_it_valid(packed, tmp_path):
    frictionless = pytest.importorskip("frictionless")
    with zipfile.ZipFile(packed) as opened:
        opened.extractall(tmp_path)
    report = frictionless.validate(str(tmp_path / "datapackage.json"))
    (tmp_path / "data" / "model.csv").write_bytes(b"run_id,step,mean,alive,torus\r\n77,a,1,1,line\r\n")
    wrong = frictionless.validate(str(tmp_path / "datapackage.json"))
    assert report.flatten(["type", "message"]) == []
    assert report.stats["tasks"] == 5
    found = {one for [one] in wrong.flatten(["type"])}
    assert {"hash-count", "type-error", "foreign-key"} <= found  # what it looks at


# ---- the archive ------------------------------------------------------------------------------------------


def test_the_same_study_gives_the_same_bytes(study, packed, tmp_path):
    again = archive(study, tmp_path / "other name.zip")
    assert again.read_bytes() == packed.read_bytes()
    assert names_in(again) == sorted(names_in(again))


def test_it_reads_back(study, packed):
    folder, temporary = unpacked(packed)
    assert folder.name == "walks.zip"
    loaded = doe.load(folder)
    assert_same_tables(loaded, doe.load(study))
    np.testing.assert_array_equal(loaded.design.unit, walks().design.unit)
    temporary.cleanup()
    assert not folder.exists()


def test_it_goes_on_where_it_is_unpacked(tmp_path):
    configurations = walks()
    with pytest.warns(doe.MesaDoeWarning, match="failed"):
        doe.BatchRunner(configurations, store=tmp_path / "study").run_shard(0, of=2)
    path = archive(tmp_path / "study", tmp_path / "study.zip")
    assert "24 runs, of which 12 are recorded" in text_in(path, "README.md")
    folder, temporary = unpacked(path)
    with pytest.warns(doe.MesaDoeWarning, match="failed"):
        assert doe.BatchRunner(configurations, store=folder).run_all().pending == 0
    temporary.cleanup()


def test_what_is_not_of_the_study_stays_out(study, tmp_path):
    (study / "notes.txt").write_text("mine")
    (study / "shards" / "stranger.parquet").write_text("torn")
    try:
        names = names_in(archive(study, tmp_path / "study.zip"))
    finally:
        (study / "notes.txt").unlink()
        (study / "shards" / "stranger.parquet").unlink()
    assert not [name for name in names if "notes" in name or "stranger" in name or "locks" in name]


def test_a_study_without_its_ledger_is_archived(study, packed, tmp_path):
    shutil.copytree(study, tmp_path / "Walks, noisy")
    shutil.rmtree(tmp_path / "Walks, noisy" / "ledger")
    with zipfile.ZipFile(archive(tmp_path / "Walks, noisy", tmp_path / "study.zip")) as one:
        names = one.namelist()
    assert names == [name for name in names_in(packed) if name[-6:] != ".jsonl"]


def test_results_are_archived_as_the_folder_that_they_lie_in(study, packed, tmp_path):
    again = archive(doe.load(study), tmp_path / "again.zip")
    assert again.read_bytes() == packed.read_bytes()


def test_what_lies_in_no_study_is_refused(tmp_path):
    runs = doe.explicit({"a": [0.5], "b": [0.5], "inert": [True]}).configurations(models.noisy, rng=1)
    with pytest.raises(doe.StudyError, match=r"these results are in no study.* run them with store="):
        archive(doe.BatchRunner(runs).run_all(), tmp_path / "new.zip")
    with pytest.raises(doe.StudyError, match="archive takes the folder of a study, or its results, got int"):
        archive(3, tmp_path / "new.zip")
    assert not (tmp_path / "new.zip").exists()


def test_nothing_is_overwritten(study, packed):
    before = packed.read_bytes()
    with pytest.raises(doe.StudyError, match="exists, and nothing is overwritten: give another name"):
        archive(study, packed)
    assert packed.read_bytes() == before


def test_where_it_cannot_be_written_is_told(study, tmp_path):
    with pytest.raises(doe.StudyError, match=r"study\.zip' cannot be written: "):
        archive(study, tmp_path / "none" / "study.zip")
    with pytest.raises(doe.StudyError, match="there is no study in"):
        archive(tmp_path, tmp_path / "study.zip")
    file = tmp_path / "study.toml"
    file.touch()
    with pytest.raises(doe.StudyError, match=r"study\.toml' is a file, and no folder of a study"):
        archive(file, tmp_path / "study.zip")


def test_a_study_that_is_being_written_is_refused(study, tmp_path):
    with (
        writing(study, part=None),
        pytest.raises(doe.StudyError, match=r"is being written by process .*: archive the study"),
    ):
        archive(study, tmp_path / "study.zip")
    assert not (tmp_path / "study.zip").exists()


def test_a_study_that_changes_meanwhile_leaves_no_file(study, tmp_path, monkeypatch):
    before = (study / "study.json").read_text()

    def rerun_script(document):
        (study / "study.json").write_text(before + " ")
        return ""

    monkeypatch.setattr("mesa_doe.study.archive.rerun_script", rerun_script)
    try:
        with pytest.raises(doe.StudyError, match="was written meanwhile: archive it again"):
            archive(study, tmp_path / "study.zip")
    finally:
        (study / "study.json").write_text(before)
    assert not (tmp_path / "study.zip").exists()


# ---- archives of others -----------------------------------------------------------------------------------


def spoiled(packed, path, extra=(), leave=()):
    """Write an archive with other members."""
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            if name not in leave:
                new.writestr(name, old.read(name))
        for name, text, mode in extra:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            new.writestr(info, text)
    return path


SHARD = "0123456789abcdef" * 2 + ".parquet"


@pytest.mark.parametrize(
    "name",
    [
        "../evil.txt", "/tmp/evil.txt", "study/../../evil.txt", "study/shards/../../../evil.txt",
        "study/shards/..\\..\\evil.txt", "study/shards/a/evil.parquet", "study/evil.py", "study//study.json",
        f"study/../study/shards/{SHARD}",
    ],
)  # fmt: skip
def test_nothing_gets_out_of_the_temporary_folder(name, packed, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "inner" / "temporary"))
    (tmp_path / "inner" / "temporary").mkdir(parents=True)
    path = spoiled(packed, tmp_path / "evil.zip", [(name, "evil", 0o644)])
    folder, temporary = unpacked(path)
    found = [one for one in tmp_path.rglob("*") if one.is_file() and one != path]
    assert all(folder in one.parents for one in found)
    assert len(found) == len([n for n in names_in(packed) if n.startswith("study/") and n[-1] != "/"])
    temporary.cleanup()


@pytest.mark.parametrize("name", ["...zip", "....zip", ".zip", "study"])
def test_the_name_of_an_archive_leads_nowhere_either(name, packed, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "inner" / "temporary"))
    (tmp_path / "inner" / "temporary").mkdir(parents=True)
    path = Path(shutil.copy(packed, tmp_path / name))
    folder, temporary = unpacked(path)
    assert folder.name == name
    assert [*(tmp_path / "inner" / "temporary").iterdir()] == [Path(temporary.name)]
    assert [*Path(temporary.name).iterdir()] == [folder]
    temporary.cleanup()
    assert not folder.exists()


def test_a_link_becomes_a_file(packed, tmp_path):
    path = spoiled(packed, tmp_path / "evil.zip", [(f"study/shards/{SHARD}", "/etc/passwd", 0o120777)])
    folder, temporary = unpacked(path)
    assert not (folder / "shards" / SHARD).is_symlink()
    assert (folder / "shards" / SHARD).read_text() == "/etc/passwd"
    with pytest.warns(doe.MesaDoeWarning, match="ignored"):
        doe.load(folder)
    temporary.cleanup()


def test_what_is_no_archive_is_told(packed, tmp_path):
    (tmp_path / "text.zip").write_text("no zip")
    twice = tmp_path / "twice.zip"
    with pytest.warns(UserWarning, match="Duplicate name"):
        spoiled(packed, twice, [("study/study.json", "{}", 0o644)])
    torn = tmp_path / "torn.zip"
    data = bytearray(packed.read_bytes())
    data[data.index(b"PAR1") + 100] ^= 255
    torn.write_bytes(data)
    other = spoiled(packed, tmp_path / "other.zip", leave=["study/study.json"])
    squeezed = tmp_path / "squeezed.zip"
    with zipfile.ZipFile(squeezed, "w", zipfile.ZIP_LZMA) as new:
        new.writestr("study/study.json", "{}" * 100)
    data = bytearray(squeezed.read_bytes())
    data[30 + len("study/study.json") + 4] = 255  # the properties of LZMA
    squeezed.write_bytes(data)
    for path in (tmp_path / "text.zip", twice, torn, squeezed, other, tmp_path / "none.zip", tmp_path):
        with pytest.raises(doe.StudyError, match="is no archive of a study: "):
            unpacked(path)


# ---- rerun.py ---------------------------------------------------------------------------------------------


def test_the_script_runs_it_again_in_another_process(study, packed, tmp_path):
    with zipfile.ZipFile(packed) as opened:
        opened.extractall(tmp_path)
    assert "the same to the last digit" in run_script(tmp_path, "again", "60")
    assert_same_tables(doe.load(tmp_path / "again"), doe.load(study))


def test_the_script_finds_a_model_beside_it_and_tells_differences(tmp_path):
    text = "def settings(design, rng):\n    return {'y': design + float(rng.normal())}\n"
    (tmp_path / "market_of_test.py").write_text(text)
    sys.path.insert(0, str(tmp_path))
    try:
        import market_of_test

        space = doe.ParameterSpace(design=doe.Real(0, 1))  # names that the script has for itself
        runs = doe.latin_hypercube(space, 4, rng=1).configurations(
            market_of_test.settings, rng=1, seed_policy="independent"
        )
        doe.BatchRunner(runs, store=tmp_path / "market").run_all()
    finally:
        sys.path.remove(str(tmp_path))
    with zipfile.ZipFile(archive(tmp_path / "market", tmp_path / "market.zip")) as opened:
        opened.extractall(tmp_path / "other")
    script = (tmp_path / "other" / "rerun.py").read_text()
    assert "# market_of_test.py has to lie beside this script" in script
    (tmp_path / "other" / "market_of_test.py").write_text(text.replace("design +", "design -"))
    told = run_script(tmp_path / "other", "elsewhere", code=1)
    assert "these tables differ: model" in told
    assert (tmp_path / "other" / "elsewhere" / "study.json").exists()


class Other(models.Walkers):
    """A second model."""


def last(model):
    """Return an output."""
    return len(model.agents)


def by_hand():
    return [
        doe.RunConfiguration(
            [Other, models.Walkers][k % 2], run_id=2 * k, iteration=k, seed=k, parameters={"n": 2 + k},
            max_steps=2 + k, outputs=[None, "alive"][k % 2],
        )
        for k in range(4)
    ]  # fmt: skip


def screening(**settings):
    space = doe.ParameterSpace(n=doe.Integer(2, 3), torus=doe.Boolean(), pace=0.5)
    design = doe.sobol(space, 4, rng=1).deduplicate()
    return design.configurations(
        models.Walkers, replications=3, rng=2, max_steps=3, outputs={"alive": 1, "last": last}, **settings
    )


def sized(x, corners, weights):
    return {"y": x + corners[1] + weights["b"][0], "kind": type(corners).__name__}


def with_containers(**more):
    corners = {"corners": doe.Constant([0, 19]), "weights": doe.Constant({"a": None, "b": [0.1, "x"]})}
    space = doe.ParameterSpace({"x": doe.Real(0, 1), **corners, **more})
    return doe.latin_hypercube(space, 3, rng=1).configurations(sized, rng=2, seed_policy="common")


@pytest.mark.parametrize(
    "make",
    [
        walks,
        screening,
        lambda: screening()[5:40:2],
        lambda: doe.sobol(
            doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1)), 4, rng=1, seed_factor=True
        ).configurations(study_models.slow_noisy, rng=3),
        by_hand,
        lambda: with_containers(),
    ],
    ids=["design", "deduplicated", "part", "seed factor", "list", "containers"],
)
@pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")
def test_the_script_has_the_runs_of_the_study(make, tmp_path):
    doe.BatchRunner(make(), store=tmp_path / "study").run_all(learn_noise=False)
    document = json.loads((tmp_path / "study" / "study.json").read_text())
    (tmp_path / "rerun.py").write_text(rerun_script(document))
    found = runpy.run_path(str(tmp_path / "rerun.py"))["configurations"]()
    before, after = plan_of(make()), plan_of(found)
    assert before.differences(after) == after.differences(before) == []
    pd.testing.assert_frame_equal(before.table, after.table)
    assert_same_tables(doe.BatchRunner(found).run_all(), doe.load(tmp_path / "study"))


def document_of(configurations, folder):
    doe.BatchRunner(configurations, store=folder).run_all(learn_noise=False)
    return json.loads((folder / "study.json").read_text())


def stops(document, path):
    """Run a script that cannot go on, and return what it says."""
    path.write_text(rerun_script(document))
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(path))
    return str(stop.value)


def test_the_script_says_what_is_to_be_put_in(tmp_path):
    design = doe.explicit({"x": [1, 2]})
    runs = design.configurations(lambda x: {"y": x}, rng=1, seed_policy="common")
    document = document_of(runs, tmp_path / "study")
    assert "first put in where it says so: model, the model (tests.study.test_archive:" in stops(
        document, tmp_path / "rerun.py"
    )
    document["plan"]["models"][0]["model"] |= {"module": "__main__", "qualname": "Market"}
    document["plan"]["models"][0]["outputs"] = {"rich": {"function": {"module": "__main__", "qualname": "f"}}}
    told = stops(document, tmp_path / "rerun.py")
    assert told.endswith("so: Market, the model (__main__:Market); f, the output (__main__:f)")
    # Where it is put in, the script runs.
    script = rerun_script(document)
    line = next(line for line in script.splitlines() if line.startswith("raise SystemExit"))
    (tmp_path / "rerun.py").write_text(script.replace(line, "def Market(x): ...\ndef f(model): ..."))
    found = runpy.run_path(str(tmp_path / "rerun.py"))["configurations"]()
    assert found.model_cls.__name__ == "Market"
    assert [*found.outputs] == ["rich"]


def test_the_script_says_what_could_not_be_written_down(tmp_path):
    runs = [doe.RunConfiguration(dict_of, run_id=k, parameters={"x": [len, k][k]}) for k in (0, 1)]
    told = stops(document_of(runs, tmp_path / "study"), tmp_path / "rerun.py")
    assert "the values of 'x' could not be written down exactly" in told


@pytest.mark.filterwarnings("ignore::mesa_doe.errors.MesaDoeWarning")
def test_an_output_may_be_called_function(tmp_path):
    design = doe.latin_hypercube(doe.ParameterSpace(n=doe.Integer(2, 3)), 2, rng=1)
    runs = design.configurations(
        models.Walkers, rng=1, max_steps=2, seed_policy="common", outputs={"function": last}
    )
    assert "outputs={'function': last}" in rerun_script(document_of(runs, tmp_path / "study"))
    loaded = doe.load(tmp_path / "study")
    assert loaded.outputs == ["function"]
    assert loaded.replay(0).model["function"].tolist() == loaded.output("function").tolist()[:1]


def dict_of(x):
    """Return what is no number."""
    return {"y": 1}


@pytest.mark.parametrize("key", ["module", "qualname"])
def test_nothing_of_the_study_becomes_code(key, tmp_path):
    document = document_of(doe.explicit({"x": [1]}).configurations(dict_of, rng=1, seed_policy="common"),
                           tmp_path / "study")  # fmt: skip
    for evil in (
        "os\nraise ZeroDivisionError\n",
        "x'''\"\"\"\nraise ZeroDivisionError #",
        "import",
        "{body}",
    ):
        document["plan"]["models"][0]["model"][key] = evil
        document["plan"]["models"][0]["model"]["file"] = "/home/x\nraise ZeroDivisionError/os\n.py"
        document["plan"]["models"][0]["outputs"] = [evil]
        assert "first put in" in stops(document, tmp_path / "rerun.py")


# ---- environment.txt --------------------------------------------------------------------------------------


def test_the_environment_is_a_requirements_file(packed, study):
    requirement = pytest.importorskip("packaging.requirements").Requirement
    lines = [line for line in text_in(packed, "environment.txt").splitlines() if not line.startswith("#")]
    found = {one.name: str(one.specifier) for one in map(requirement, lines)}
    made = json.loads((study / "study.json").read_text())["made_with"][-1]["versions"]
    assert found == {n: f"=={v}" for n, v in made.items() if n not in ("python", "platform")}


def test_other_versions_of_earlier_runs_are_told():
    first = {"python": "3.11.7", "platform": "Linux\n-e evil", "mesa": "3.3.1", "no package\n": "1"}
    text = requirements_of({"made_with": [{"versions": first}, {"versions": {**first, "mesa": "3.5.1"}}]})
    assert "# Earlier runs had other versions of mesa: see study/study.json" in text
    assert [line for line in text.splitlines() if not line.startswith("#")] == ["mesa==3.5.1"]
