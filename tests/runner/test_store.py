import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.study.state import state_of
from tests import study_models as models

SPACE = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1))


def noisy(points=12, replications=3, **options):
    design = doe.halton(SPACE, points, rng=1)
    options = {"rng": 2, "replications": replications, "seed_policy": "independent"} | options
    return design.configurations(models.slow_noisy, **options)


def walkers(points=6, replications=2):
    space = doe.ParameterSpace(n=doe.Integer(1, 4), torus=doe.Boolean(), pace=doe.Real(0.1, 2))
    design = doe.latin_hypercube(space, points, rng=1)
    return design.configurations(
        models.Walkers, rng=2, replications=replications, max_steps=5, data_collection_period=1,
        seed_policy="independent",
    )  # fmt: skip


def run(configurations, **options):
    return doe.BatchRunner(configurations, display_progress=False, **options).run_all()


def same(one, other):
    """Hold that two results are equal to the byte, but for the time that runs took."""
    for a, b in (
        (one.runs.drop(columns="wall_time"), other.runs.drop(columns="wall_time")),
        (one.model, other.model),
        *((one.agents[name], other.agents[name]) for name in one.agents),
        *((one.tables[name], other.tables[name]) for name in one.tables),
    ):
        pd.testing.assert_frame_equal(a, b, check_exact=True)
    assert one.agents.keys() == other.agents.keys()
    assert one.tables.keys() == other.tables.keys()


def shards_of(folder):
    return sorted((Path(folder) / "shards").glob("*.parquet"))


def made(folder):
    """Return how many runs the shards of a study hold, twins counted twice."""
    return sum(len(pd.read_parquet(path, columns=["point"])) for path in shards_of(folder))


# ---- a study is what was run ----------------------------------------------------------------------------


@pytest.mark.parametrize("configurations", [noisy(), walkers(), noisy()[5:30:2], list(walkers())])
@pytest.mark.parametrize("options", [{}, {"chunk_size": 5}, {"n_jobs": 2, "chunk_size": 4}])
def test_results_are_the_same_with_and_without_a_store_and_loaded_again(tmp_path, configurations, options):
    expected = run(configurations)
    stored = run(configurations, store=tmp_path / "study", **options)
    same(stored, expected)
    loaded = doe.load(tmp_path / "study")
    same(loaded, expected)
    assert loaded.pending == 0
    assert loaded.noise == stored.noise == expected.noise


def test_a_study_that_is_loaded_knows_its_design_and_how_its_seeds_meet_it(tmp_path):
    design = doe.sobol(SPACE, 8, rng=1)
    stored = run(design.configurations(models.slow_noisy, rng=2), store=tmp_path / "study")
    loaded = doe.load(tmp_path / "study")
    assert loaded.seed_policy == "block"
    pd.testing.assert_frame_equal(
        loaded.sensitivity("y").to_frame(), stored.sensitivity("y").to_frame(), check_exact=True
    )
    assert len(loaded.design.extend(16)) == 2 * len(design)


def test_a_design_whose_twins_were_merged_is_loaded_as_such(tmp_path):
    space = doe.ParameterSpace(a=doe.Discrete([0.25, 0.75]), b=doe.Discrete([0.5, 1.0]))
    once = doe.sobol(space, 8, rng=1).deduplicate()
    stored = run(once.configurations(models.slow_noisy, rng=2), store=tmp_path / "study")
    loaded = doe.load(tmp_path / "study")
    assert loaded.design.twin_of.tolist() == once.twin_of.tolist()
    assert loaded.sensitivity("y").to_frame().equals(stored.sensitivity("y").to_frame())


@pytest.mark.parametrize("what", [3, None, b"study"])
def test_what_is_no_place_is_refused(what):
    with pytest.raises(doe.StudyError, match="load takes the folder of a study, or an archive of one"):
        doe.load(what)


def test_levels_that_no_file_holds_are_run_and_stored_as_text(tmp_path):
    space = doe.ParameterSpace(f=doe.Categorical([abs, float]), x=doe.Discrete([-1, 2]))
    runs = doe.full_factorial(space).configurations(lambda f, x: {"y": f(x)}, rng=1)
    expected = run(runs)
    same(run(runs, store=tmp_path / "study"), expected)
    with pytest.warns(doe.MesaDoeWarning, match="the design of the study could not be saved"):
        loaded = doe.load(tmp_path / "study")
    assert loaded.design is None
    assert loaded.output("y").tolist() == expected.output("y").tolist()
    with pytest.raises(doe.StudyError, match=r"'f' could not be stored exactly"):
        loaded.replay(0)


def area_of(width, height, area):
    return {"y": width + height + area}


@pytest.mark.parametrize("levels", [[None, 2], [0.25, None], [None, True, False], [None, "x"]], ids=str)
def test_none_may_be_a_level_beside_others_of_a_study_that_goes_on(tmp_path, levels):
    design = doe.full_factorial(doe.ParameterSpace(a=doe.Categorical(levels), b=doe.Integer(1, 3)))
    configurations = design.configurations(lambda a, b: {"y": b}, rng=2)
    run(configurations[:4], store=tmp_path / "study")
    results = run(configurations, store=tmp_path / "study")
    loaded = doe.load(tmp_path / "study")
    for frame in (results.runs, loaded.runs, loaded.design.points):
        assert list(map(repr, frame["a"])) == list(map(repr, design.points["a"]))
    assert loaded.pending == 0


def test_derived_parameters_are_there_when_a_study_is_loaded(tmp_path):
    space = doe.ParameterSpace(width=doe.Real(1, 2), area=doe.Derived("width * height"), height=3)
    runs = doe.latin_hypercube(space, 4, rng=1).configurations(area_of, rng=2, seed_policy="common")
    expected = run(runs, store=tmp_path)
    loaded = doe.load(tmp_path)
    same(loaded, expected)
    assert "area" in loaded.runs
    assert loaded.replay(2).model["y"].tolist() == loaded.model.query("run_id == 2")["y"].tolist()


def kinds(x, box):
    return {"y": x, "kind": repr(box)}


def boxed(value, **rules):
    space = doe.ParameterSpace(x=doe.Real(0, 1), box=doe.Constant(value), **rules)
    return doe.latin_hypercube(space, 3, rng=1).configurations(kinds, rng=2, seed_policy="common")


def unsaved(x):
    return x >= 0


CONTAINERS = [[0, 19], [], [True, 1, 1.0, None, "a"], {"a": [1, {"b": 2.5}]}, [[1, 2], [3, 4]]]


@pytest.mark.parametrize("rules", [{}, {"constraints": [unsaved]}], ids=["saved", "unsaved"])
@pytest.mark.parametrize("value", CONTAINERS, ids=str)
@pytest.mark.filterwarnings("ignore:the design of the study could not be saved")
def test_a_constant_that_is_a_list_or_a_dict_comes_back_as_it_was(tmp_path, value, rules):
    expected = run(boxed(value, **rules))
    same(run(boxed(value, **rules), store=tmp_path / "study"), expected)
    loaded = doe.load(tmp_path / "study")
    same(loaded, expected)
    assert loaded.replay(1).model["kind"].tolist() == [repr(value)]


@pytest.mark.parametrize("value", [(0, 19), [(0, 19)], {0: 19}, {"a": {1}}, [float("inf")]], ids=str)
@pytest.mark.filterwarnings("ignore:the design of the study could not be saved")
def test_a_constant_that_json_would_change_is_not_replayed(tmp_path, value):
    run(boxed(value), store=tmp_path / "study")
    with pytest.raises(doe.StudyError, match="'box' could not be stored exactly"):
        doe.load(tmp_path / "study").replay(0)


@pytest.mark.parametrize("rules", [{}, {"constraints": [unsaved]}], ids=["saved", "unsaved"])
@pytest.mark.filterwarnings("ignore:the design of the study could not be saved")
def test_a_study_whose_constants_were_written_as_text_is_loaded_and_goes_on(tmp_path, rules):
    run(boxed([0, 19], **rules), store=tmp_path / "study")
    path = tmp_path / "study" / "study.json"
    document = json.loads(path.read_text())
    assert document["plan"]["constants"] == {"box": {"value": [0, 19]}}
    document["plan"] |= {"constants": {"box": {"text": "[0, 19]"}}, "inexact": ["box"]}
    path.write_text(json.dumps(document))
    old = doe.load(tmp_path / "study")
    assert len(old) == 3
    if not rules:  # its design has them
        assert old.replay(0).model["kind"].tolist() == ["[0, 19]"]
    same(run(boxed([0, 19], **rules), store=tmp_path / "study"), run(boxed([0, 19], **rules)))
    with pytest.raises(doe.StudyError, match=r"the constants was|the constants were|is of other runs"):
        run(boxed([0, 20], **rules), store=tmp_path / "study")


def spread(model):
    return float(len(model.agents))


@pytest.mark.parametrize("default", [1, -1])
def test_outputs_with_a_period_of_their_own_are_read_at_their_steps_loaded_or_not(tmp_path, default):
    space = doe.ParameterSpace(n=doe.Integer(30, 40))
    runs = doe.halton(space, 2, rng=1).configurations(
        models.Walkers, rng=2, max_steps=5, data_collection_period=default, seed_policy="independent",
        outputs={"mean": 1, "alive": 2, "spread": spread},
    )  # fmt: skip
    whole = run(runs, store=tmp_path)
    reference = run(
        doe.halton(space, 2, rng=1).configurations(
            models.Walkers, rng=2, max_steps=5, data_collection_period=1, seed_policy="independent"
        )
    )
    for results in (whole, doe.load(tmp_path)):
        assert results.output("mean", "mean").tolist() == reference.output("mean", "mean").tolist()
        assert results.output("alive", 2).tolist() == reference.output("alive", 2).tolist()
        assert results.output("alive").tolist() == results.output("spread").tolist()
        with pytest.raises(doe.AnalysisError, match=r"no value of 'alive' at step 1 .*with period 2"):
            results.output("alive", 1)
        assert not results.agents


# ---- resuming -------------------------------------------------------------------------------------------


def test_running_again_runs_only_what_is_missing(tmp_path):
    folder = tmp_path / "study"
    run(noisy(), store=folder, chunk_size=4)
    for path in shards_of(folder)[:3]:
        path.unlink()
    before = made(folder)
    again = run(noisy(), store=folder)
    assert made(folder) == len(noisy())
    assert before == len(noisy()) - 12
    same(again, run(noisy()))


def test_running_a_finished_study_again_runs_nothing(tmp_path):
    folder = tmp_path / "study"
    first = run(noisy(), store=folder)
    shards = shards_of(folder)
    again = run(noisy(), store=folder)
    assert shards_of(folder) == shards
    assert again.noise == first.noise != {}
    same(again, first)


@pytest.mark.parametrize("grown", [noisy(points=16), noisy(replications=5), noisy(points=16, replications=4)])
def test_a_study_grows_in_points_and_replications_and_runs_only_the_new_ones(tmp_path, grown):
    folder = tmp_path / "study"
    run(noisy(), store=folder)
    same(run(grown, store=folder), run(grown))
    assert made(folder) == len(grown)
    same(doe.load(folder), run(grown))


def test_an_extended_design_runs_only_its_new_points(tmp_path):
    design = doe.halton(SPACE, 10, rng=1)
    longer = design.extend(14)
    run(design.configurations(models.slow_noisy, rng=2), store=tmp_path)
    results = run(longer.configurations(models.slow_noisy, rng=2), store=tmp_path)
    assert made(tmp_path) == len(results) == 14


def test_a_part_that_was_run_first_counts_for_the_whole(tmp_path):
    same(run(noisy()[4:20], store=tmp_path), run(noisy()[4:20]))
    same(doe.load(tmp_path), run(noisy()[4:20]))
    same(run(noisy(), store=tmp_path), run(noisy()))
    assert made(tmp_path) == len(noisy())
    same(run(noisy()[4:20], store=tmp_path), run(noisy()[4:20]))
    assert doe.load(tmp_path).pending == 0


def flaky(x, path):
    if not Path(path).exists() and x > 2:
        raise RuntimeError("the licence server is down")
    return {"y": x}


def test_failed_runs_are_made_again_only_when_that_is_asked_for(tmp_path):
    flag = tmp_path / "flag"
    runs = doe.explicit([{"x": k, "path": str(flag)} for k in range(5)]).configurations(flaky, rng=1)
    with pytest.warns(doe.MesaDoeWarning, match="2 of 5 runs failed"):
        assert len(run(runs, store=tmp_path / "study").failures) == 2
    flag.touch()
    assert len(run(runs, store=tmp_path / "study").failures) == 2
    again = run(runs, store=tmp_path / "study", resume="failed")
    assert again.output("y").tolist() == [0, 1, 2, 3, 4]
    assert made(tmp_path / "study") == 7
    assert len(doe.load(tmp_path / "study").failures) == 0
    everything = run(runs, store=tmp_path / "study", resume="all")
    assert made(tmp_path / "study") == 12
    assert len(everything) == 5


def of_version(x, path):
    return {"y": x + int(Path(path).read_text())}


def test_all_runs_that_are_made_again_replace_the_earlier_ones_together(tmp_path):
    folder, version = tmp_path / "study", tmp_path / "version"
    runs = doe.explicit([{"x": k, "path": str(version)} for k in range(6)]).configurations(of_version, rng=1)

    def all_again(stop_after=7):
        def stop(progress):
            if progress.done == stop_after:
                raise KeyboardInterrupt

        runner = doe.BatchRunner(runs, store=folder, resume="all", chunk_size=1, display_progress=stop)
        with contextlib.suppress(KeyboardInterrupt):
            runner.run_all(learn_noise=False)

    version.write_text("0")
    run(runs, store=folder)
    version.write_text("100")
    all_again(stop_after=2)
    # Not four old runs and two new ones, called finished.
    assert doe.load(folder).output("y").tolist() == [100, 101]
    assert (state_of(folder).progress, state_of(folder).pending) == ("stopped", 4)
    all_again(stop_after=4)
    assert doe.load(folder).output("y").tolist() == [100, 101, 102, 103]
    assert run(runs, store=folder).output("y").tolist() == [100, 101, 102, 103, 104, 105]
    assert made(folder) == 6 + 2 + 2 + 2
    version.write_text("200")
    all_again()
    assert doe.load(folder).output("y").tolist() == [200, 201, 202, 203, 204, 205]
    assert state_of(folder).progress == "finished"


def test_a_part_of_a_study_cannot_begin_it_afresh(tmp_path):
    run(noisy(), store=tmp_path)
    with pytest.raises(doe.StudyError, match=r"these are 6 of the 36 runs of that in .*all runs, or another"):
        run(noisy()[:6], store=tmp_path, resume="all")
    assert len(doe.load(tmp_path)) == 36


def test_a_study_without_any_run_takes_the_plan_of_a_mended_script(tmp_path):
    def factory(x, seed):
        return models.Walkers(n=int(x), rng=seed)

    design = doe.explicit({"x": [1, 2]})
    with pytest.raises(doe.ConfigurationError, match="no output 'misspelt'"):
        run(design.configurations(factory, rng=1, outputs=["misspelt"]), store=tmp_path)
    mended = design.configurations(factory, rng=1, max_steps=2, outputs=["agents"])
    assert len(run(mended, store=tmp_path)) == len(doe.load(tmp_path)) == 2
    with pytest.raises(doe.StudyError, match="max_steps was 2, is 3"):
        run(design.configurations(factory, rng=1, max_steps=3, outputs=["agents"]), store=tmp_path)


def test_a_mended_script_that_is_killed_leaves_no_plan_that_is_half_its_own(tmp_path, monkeypatch):
    def runs(design, rng):
        return design.configurations(models.slow_noisy, rng=rng)

    run(runs(doe.latin_hypercube(SPACE, 3, rng=1), 2), store=tmp_path)
    for shard in shards_of(tmp_path):
        shard.unlink()
    mended = runs(doe.halton(SPACE, 3, rng=1), 2)
    with monkeypatch.context() as killed:
        # As just before study.json is written: the last of what a plan has.
        killed.setattr("mesa_doe.study.folder._write_document", lambda *_, **__: None)
        with pytest.raises(doe.StudyError, match="there is no study"):
            run(mended, store=tmp_path)
    with pytest.raises(doe.StudyError, match="there is no study"):
        doe.load(tmp_path)
    run(mended, store=tmp_path)
    assert json.loads((tmp_path / "study.json").read_text())["plan"]["design"]["method"] == "halton"


def test_a_list_of_runs_grows_though_each_names_its_outputs_anew(tmp_path):
    for count in (2, 4):
        runs = [
            doe.RunConfiguration(flaky, k, parameters={"x": 0, "path": ""}, outputs=["y"])
            for k in range(count)
        ]
        run(runs, store=tmp_path)
    assert made(tmp_path) == 4


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (lambda: noisy(max_steps=7), "max_steps was 1000, is 7"),
        (lambda: noisy(rng=3), r"the root of the seeds \(rng=\) was"),
        (lambda: noisy(seed_policy="common"), 'seed_policy was "independent", is "common"'),
        (lambda: noisy(data_collection_period=3), "data_collection_period was -1, is 3"),
        (lambda: noisy(outputs=models.slow_noisy), "outputs were null, are"),
        (
            lambda: doe.halton(
                doe.ParameterSpace(a=doe.Real(0, 2), b=doe.Real(0, 1)), 12, rng=1
            ).configurations(models.slow_noisy, rng=2, replications=3),
            r"space\..*high was 1.*, is 2",
        ),
        (
            lambda: doe.halton(SPACE, 12, rng=7).configurations(models.slow_noisy, rng=2, replications=3),
            r"a of point 0 was 0\.\d+, is 0\.\d+",
        ),
        (lambda: list(noisy()), 'the kind of configurations was "design", is "list"'),
    ],
)
def test_a_study_of_other_runs_is_refused_with_the_difference(tmp_path, other, words):
    run(noisy(), store=tmp_path)
    with pytest.raises(doe.StudyError, match=words):
        run(other(), store=tmp_path)
    assert made(tmp_path) == len(noisy())


MODEL = """
FACTOR = {factor}

def helper(x):
    return FACTOR * x

def model(x):
    return {{"y": helper(x)}}
"""

SCRIPT = """
import sys
import mesa_doe as doe
sys.path.insert(0, {folder!r})
from own_model import model
runs = doe.explicit([{{"x": k}} for k in range(4)]).configurations(model, rng=1)
results = doe.BatchRunner(runs, store={store!r}, display_progress=False, {options}).run_all()
print(results.output("y").tolist())
"""


def scripted(folder, factor, options=""):
    (folder / "own_model.py").write_text(MODEL.format(factor=factor))
    (folder / "script.py").write_text(
        SCRIPT.format(folder=str(folder), store=str(folder / "study"), options=options)
    )
    return subprocess.run(
        [sys.executable, "-B", folder / "script.py"], capture_output=True, text=True, check=False
    )


def test_a_changed_model_is_refused_unless_that_is_allowed_and_a_replay_says_so(tmp_path, monkeypatch):
    assert scripted(tmp_path, 2).stdout.splitlines()[-1] == "[0.0, 2.0, 4.0, 6.0]"
    refused = scripted(tmp_path, 3)
    assert "FACTOR" in refused.stderr
    assert "allow_changed_model=True" in refused.stderr
    allowed = scripted(tmp_path, 3, "allow_changed_model=True")
    assert allowed.stdout.splitlines()[-1] == "[0.0, 2.0, 4.0, 6.0]", allowed.stderr
    made_with = json.loads((tmp_path / "study" / "study.json").read_text())["made_with"]
    assert [one["changed_model"] for one in made_with] == [[], ["own_model:FACTOR has changed"]]
    again = scripted(tmp_path, 3)
    assert again.stdout.splitlines()[-1] == "[0.0, 2.0, 4.0, 6.0]", again.stderr
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.warns(doe.MesaDoeWarning, match="a run that was made before may have given something else"):
        assert doe.load(tmp_path / "study").replay(1).model["y"].tolist() == [3]


def test_the_ledger_is_made_anew_from_the_shards(tmp_path):
    folder = tmp_path / "study"
    first = run(noisy(), store=folder, chunk_size=5)
    shutil.rmtree(folder / "ledger")
    same(doe.load(folder), first)
    assert not (folder / "ledger").exists()
    shards = shards_of(folder)
    same(run(noisy(), store=folder), first)
    assert shards_of(folder) == shards
    lines = [line for path in (folder / "ledger").iterdir() for line in path.read_text().splitlines()]
    assert {json.loads(line)["shard"] for line in lines} == {path.name for path in shards}


# ---- what is not ours -----------------------------------------------------------------------------------


def test_torn_and_foreign_files_are_set_aside_and_their_runs_made_again(tmp_path):
    folder, other = tmp_path / "study", tmp_path / "other"
    run(noisy(), store=folder, chunk_size=6)
    run(noisy(points=4), store=other)
    torn = shards_of(folder)[0]
    torn.write_bytes(torn.read_bytes()[:100])
    foreign = shutil.copy(shards_of(other)[0], folder / "shards")
    (folder / "shards" / "notes.txt").write_text("mine")
    with pytest.warns(doe.MesaDoeWarning, match="3 files in the study were ignored"):
        assert doe.load(folder).pending == 6
    with pytest.warns(doe.MesaDoeWarning, match="3 files in the study were set aside"):
        again = run(noisy(), store=folder)
    same(again, run(noisy()))
    kept = sorted(path.name.partition("-")[2] for path in (folder / "set-aside").iterdir())
    assert kept == sorted([torn.name, Path(foreign).name, "notes.txt"])


def test_a_shard_that_was_overwritten_is_set_aside_whatever_its_size(tmp_path):
    run(noisy(), store=tmp_path, chunk_size=6)
    broken = shards_of(tmp_path)[0]
    broken.write_bytes(bytes(broken.stat().st_size))
    with pytest.warns(doe.MesaDoeWarning, match="1 file .* set aside"):
        same(run(noisy(), store=tmp_path), run(noisy()))


def test_a_shard_that_is_damaged_within_is_named_with_what_to_do(tmp_path):
    run(noisy(), store=tmp_path)
    broken = shards_of(tmp_path)[0]
    whole = broken.read_bytes()
    broken.write_bytes(whole[:4] + bytes(len(whole) - 8) + whole[-4:])
    with pytest.raises(doe.StudyError, match=f"{broken.name}.* move it out of the study's folder and run"):
        doe.load(tmp_path).runs  # noqa: B018


def test_shards_of_another_study_are_not_believed_though_the_ledger_lists_them(tmp_path):
    run(noisy(), store=tmp_path)
    (tmp_path / "study.json").unlink()
    with pytest.warns(doe.MesaDoeWarning, match="set aside.*belongs to another study"):
        same(run(noisy(points=4), store=tmp_path), run(noisy(points=4)))


def test_a_study_without_its_shards_says_so(tmp_path):
    run(noisy(), store=tmp_path)
    shutil.rmtree(tmp_path / "shards")
    with pytest.raises(doe.StudyError, match="has lost its folder 'shards'"):
        doe.load(tmp_path)
    same(run(noisy(), store=tmp_path), run(noisy()))


def test_what_a_killed_process_had_half_written_is_set_aside(tmp_path):
    run(noisy(points=4), store=tmp_path)
    for room in (tmp_path, tmp_path / "shards"):
        (room / f".{'0' * 32}.tmp").write_text("half")
    run(noisy(points=4), store=tmp_path)
    assert not list(tmp_path.rglob(".*.tmp"))
    assert [path.read_text() for path in (tmp_path / "set-aside").iterdir()] == ["half", "half"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_study_may_be_called_what_looks_like_an_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for runs in (noisy(points=4), [*noisy(points=4)]):
        store = f"study:{len(runs)}{type(runs).__name__}"
        same(run(runs, store=store), run(runs))
        same(doe.load(store), run(runs))
        assert state_of(Path(store)).pending == 0


def test_a_folder_of_something_else_is_not_touched(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(doe.StudyError, match="holds other files and no study"):
        run(noisy(), store=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "mesa-doe study", "version": 99}'])
def test_a_damaged_study_is_refused(tmp_path, content):
    run(noisy(points=2), store=tmp_path)
    (tmp_path / "study.json").write_text(content)
    with pytest.raises(doe.StudyError, match=r"study"):
        doe.load(tmp_path)


def test_there_is_no_study_where_there_is_none(tmp_path):
    with pytest.raises(doe.StudyError, match="there is no study"):
        doe.load(tmp_path / "nothing")


def test_opening_a_study_imports_and_executes_nothing_of_it(tmp_path):
    (tmp_path / "sly.py").write_text("open('executed', 'w').close()\ndef model(x):\n    return {'y': x}\n")
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import mesa_doe as doe
from sly import model
runs = doe.explicit([{{"x": 1}}]).configurations(model, rng=1)
doe.BatchRunner(runs, store="study", display_progress=False).run_all()
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "executed").unlink()
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path)!r})
import mesa_doe as doe
results = doe.load("study")
print(results, results.model, results.runs)
assert "sly" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, capture_output=True)
    assert not (tmp_path / "executed").exists()


# ---- one writer ----------------------------------------------------------------------------------------


def test_a_second_writer_is_refused_and_a_reader_is_not(tmp_path):
    seen = []

    def look(progress):
        if not seen:
            seen.append(doe.load(tmp_path).pending)
            with pytest.raises(doe.StudyError, match="is being written by"):
                run(noisy(), store=tmp_path)

    doe.BatchRunner(noisy(), store=tmp_path, chunk_size=6, display_progress=look).run_all()
    assert seen == [len(noisy()) - 6]


# ---- failures -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stored", [True, False])
def test_a_study_in_which_runs_raise_hang_and_kill_ends_by_itself(tmp_path, stored):
    runs = doe.explicit([{"x": k} for k in range(200)]).configurations(models.troublesome, rng=1)
    options = {"store": tmp_path} if stored else {}
    with pytest.warns(doe.MesaDoeWarning, match="6 of 200 runs failed"):
        results = run(runs, n_jobs=2, timeout=0.5, **options)
    failures = results.failures
    assert failures["status"].to_dict() == {
        17: "failed", 41: "timeout", 60: "crashed", 117: "failed", 141: "timeout", 161: "crashed",
    }  # fmt: skip
    assert failures["origin"].tolist() == ["stepping", "timeout", "crashed"] * 2
    assert failures["error"].iloc[0] == "told to fail at 17"
    assert len(results) == 200
    assert sorted(set(results.runs.index) - set(results.output("y").index)) == failures.index.tolist()


def test_the_first_failure_stops_the_batch_when_that_is_asked_for(tmp_path):
    runs = doe.explicit([{"x": k} for k in range(50)]).configurations(models.troublesome, rng=1)
    runner = doe.BatchRunner(runs, store=tmp_path, on_error="raise", chunk_size=10)
    with pytest.raises(doe.StudyError, match="run 17 failed while stepping: ValueError: told to fail at 17"):
        runner.run_all()
    assert runner.results.runs["status"].tolist() == ["ok"] * 17 + ["failed"]


def test_a_recorded_failure_stops_the_batch_too_when_that_is_asked_for(tmp_path):
    flag = tmp_path / "flag"
    runs = doe.explicit([{"x": k, "path": str(flag)} for k in range(5)]).configurations(flaky, rng=1)
    again = {"store": tmp_path / "study", "on_error": "raise"}
    with pytest.raises(doe.StudyError, match="run 3 failed while stepping"):
        run(runs, **again)
    with pytest.raises(
        doe.StudyError, match=r"1 recorded run failed, .*run 3: .*licence.*\n.*resume='failed'"
    ):
        run(runs, **again)
    flag.touch()
    assert run(runs, **again, resume="failed").output("y").tolist() == [0, 1, 2, 3, 4]
    assert len(run(runs, **again)) == 5


def trying(x, path):
    with Path(path).open("a") as file:
        file.write("x")
    if len(Path(path).read_text()) < 3:
        raise OSError("busy")
    return {"y": x}


@pytest.mark.parametrize(("retries", "status"), [(1, "failed"), (2, "ok")])
def test_a_run_that_fails_is_made_again_as_often_as_asked(tmp_path, retries, status):
    configuration = doe.RunConfiguration(
        trying, run_id=0, parameters={"x": 1, "path": str(tmp_path / "tries")}
    )
    expected = pytest.warns(doe.MesaDoeWarning) if status == "failed" else contextlib.nullcontext()
    with expected:
        results = run([configuration], retries=retries)
    assert results.runs["status"].tolist() == [status]


def test_ctrl_c_leaves_a_study_that_goes_on(tmp_path):
    def stop(progress):
        if progress.done >= 8:
            raise KeyboardInterrupt

    runner = doe.BatchRunner(noisy(), store=tmp_path, chunk_size=4, display_progress=stop)
    with pytest.raises(KeyboardInterrupt) as caught:
        runner.run_all()
    assert "8 of 36 runs are done" in caught.value.__notes__[0]
    assert "run the same again to go on" in caught.value.__notes__[0]
    assert len(runner.results) == 8
    same(run(noisy(), store=tmp_path), run(noisy()))
    assert made(tmp_path) == 36


def interrupting(x):
    if x == 3:
        raise KeyboardInterrupt
    return {"y": x}


def test_the_runs_of_a_chunk_that_was_interrupted_are_kept(tmp_path):
    runs = doe.explicit([{"x": k} for k in range(6)]).configurations(interrupting, rng=1)
    with pytest.raises(KeyboardInterrupt):
        run(runs, store=tmp_path, chunk_size=6)
    assert doe.load(tmp_path).output("y").tolist() == [0, 1, 2]


# Bytes a file: too few for the shard, of 8700, or for the plan already, of 5000.
@pytest.mark.parametrize(("n_jobs", "space"), [(1, 6500), (2, 6500), (1, 4000), (1, 2500)])
def test_a_full_disk_is_a_clear_error_and_nothing_is_recorded_that_is_not_on_disk(tmp_path, n_jobs, space):
    code = f"""
import resource, signal
import mesa_doe as doe
from tests.runner.test_store import noisy
if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, ({space}, {space}))
    doe.BatchRunner(noisy(points=64), {n_jobs}, store={str(tmp_path / "study")!r}, chunk_size=192).run_all()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "StudyError" in done.stderr, done.stderr
    assert "free space" in done.stderr
    assert (tmp_path / "study" / "study.json").exists() == (space == 6500)
    if space == 6500:
        assert doe.load(tmp_path / "study").pending == 192
    assert not list(tmp_path.rglob(".*.tmp"))


# ---- many machines -------------------------------------------------------------------------------------


def test_parts_of_an_array_job_make_one_study(tmp_path):
    for i in (2, 0):
        partial = doe.BatchRunner(noisy(), store=tmp_path, display_progress=False).run_shard(i, of=3)
    assert partial.pending == 12
    doe.BatchRunner(noisy(), store=tmp_path, display_progress=False).run_shard(1, of=3)
    same(doe.load(tmp_path), run(noisy()))
    same(run(noisy(), store=tmp_path), run(noisy()))
    assert made(tmp_path) == len(noisy())


def test_parts_that_make_the_study_at_the_same_moment_make_one_where_there_are_no_links(
    tmp_path, monkeypatch
):
    made_first = []

    def hardlink_to(path, target):
        if not made_first:
            made_first.append(path)
            doe.BatchRunner(noisy(), store=tmp_path).run_shard(1, of=2)
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", hardlink_to)
    results = doe.BatchRunner(noisy(), store=tmp_path).run_shard(0, of=2)
    same(results, run(noisy()))
    assert made(tmp_path) == len(noisy())


@pytest.mark.parametrize("arguments", [(3, 3), (-1, 3), (0, 0), (0.5, 2)])
def test_there_is_no_such_part(tmp_path, arguments):
    with pytest.raises(doe.ConfigurationError, match="run_shard takes a part i from 0 to of - 1"):
        doe.BatchRunner(noisy(), store=tmp_path).run_shard(arguments[0], of=arguments[1])


def test_parts_need_a_store():
    with pytest.raises(doe.ConfigurationError, match="run_shard needs store="):
        doe.BatchRunner(noisy()).run_shard(0, of=2)


@pytest.mark.parametrize("stored", [True, False])
def test_an_executor_gives_the_same(tmp_path, stored):
    options = {"store": tmp_path} if stored else {}
    with ProcessPoolExecutor(2) as executor:
        same(run(walkers(), executor=executor, chunk_size=3, **options), run(walkers()))


def test_threads_of_an_executor_take_turns():
    with ThreadPoolExecutor(3) as executor:
        same(run(noisy(), executor=executor, chunk_size=3), run(noisy()))


def test_an_executor_that_broke_is_told_and_the_study_goes_on_with_another(tmp_path):
    runs = doe.explicit([{"x": k} for k in range(58, 80)]).configurations(models.troublesome, rng=1)
    with ProcessPoolExecutor(2) as executor, pytest.raises(doe.StudyError, match="takes no more work"):
        run(runs, executor=executor, chunk_size=1, store=tmp_path)
    with pytest.warns(doe.MesaDoeWarning, match="1 of .* runs failed"):
        results = run(runs, n_jobs=2, backend="loky", store=tmp_path)
    assert results.failures["status"].tolist() == ["crashed"]


# ---- replay ---------------------------------------------------------------------------------------------


def test_a_run_is_replayed_from_its_folder_exactly(tmp_path):
    results = run(walkers(), store=tmp_path)
    again = doe.load(tmp_path).replay(7)
    pd.testing.assert_frame_equal(
        again.model, results.model[results.model["run_id"] == 7].reset_index(drop=True), check_exact=True
    )


def test_there_is_no_such_run_to_replay():
    with pytest.raises(doe.StudyError, match="there is no run 99; runs are 0 to 11"):
        run(walkers()).replay(99)


# ---- kills ----------------------------------------------------------------------------------------------

KILLED = """
import sys
import mesa_doe as doe
from tests.runner.test_store import noisy, run
if __name__ == "__main__":
    run(noisy(points=100), n_jobs={n_jobs}, store={store!r}, chunk_size=10)
"""


def killed(store, n_jobs, after):
    """Start a study in a process of its own, and kill it, and what it started, after some time."""
    code = KILLED.format(n_jobs=n_jobs, store=str(store))
    child = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not shards_of(store) and child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert shards_of(store)  # else nothing is left to go on with
    time.sleep(after)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


@pytest.mark.parametrize(("n_jobs", "after"), [(1, 0.0), (1, 0.3), (2, 0.1), (2, 0.4)])
def test_a_study_that_was_killed_goes_on_and_ends_with_the_same_tables(tmp_path, n_jobs, after):
    killed(tmp_path / "study", n_jobs, after)
    results = run(noisy(points=100), n_jobs=2, store=tmp_path / "study")
    same(results, run(noisy(points=100)))


# ---- SQL ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stored", [True, False])
def test_tables_answer_sql(tmp_path, stored):
    results = run(walkers(), **({"store": tmp_path} if stored else {}))
    found = results.query("select torus, count(*) as rows from model group by torus order by torus")
    assert found["rows"].sum() == len(results.model)
    joined = results.query('select r.n, a.x from runs r join "Agent" a using (run_id) where r.run_id = 3')
    assert len(joined) == (results.agents["Agent"]["run_id"] == 3).sum()
    assert results.query("select count(*) as c from deaths")["c"].tolist() == [len(results.tables["deaths"])]


def test_sql_reads_no_files():
    with pytest.raises(doe.AnalysisError, match=r"disabled|denied|Permission"):
        run(walkers()).query("select * from read_csv('/etc/passwd')")


# ---- runs that were built by hand -----------------------------------------------------------------------


def any_of(x=1, z=0.5):
    return {"y": x, "kind": f"{type(x).__name__} {type(z).__name__}"}


def by_hand(*parameters):
    return [doe.RunConfiguration(any_of, run_id=k, parameters=one) for k, one in enumerate(parameters)]


def test_a_list_without_points_and_seeds_is_loaded_as_it_was_run(tmp_path):
    runs = by_hand({"x": 1}, {"x": 2}, {"x": 3})
    same(run(runs, store=tmp_path), run(runs))
    loaded = doe.load(tmp_path)
    same(loaded, run(runs))
    assert loaded.replay(2).model["kind"].tolist() == ["int float"]


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        (({"x": 1}, {"z": 1.5}), "x"),
        (({"x": 1}, {"x": True}), "x"),
        (({"x": 1}, {"x": 2.5}), "x"),
        (({"x": 2**70}, {"x": 1}), "x"),
        (({"x": 1, "z": None}, {"x": 2, "z": 1.5}), "z"),
    ],
)
def test_a_parameter_that_would_come_back_as_something_else_is_not_replayed(tmp_path, parameters, name):
    runs = by_hand(*parameters)
    assert run(runs, store=tmp_path).replay(0).model["y"].notna().all()
    loaded = doe.load(tmp_path)
    assert loaded.output("y").tolist() == run(runs).output("y").tolist()
    with pytest.raises(doe.StudyError, match=f"'{name}'.*could not be stored exactly"):
        loaded.replay(0)


# ---- what one run says is not said of all ---------------------------------------------------------------


def picky(x):
    if x == 2:
        raise doe.ConfigurationError("2 is not supported")
    return {"y": x}


@pytest.mark.parametrize("chunk_size", [1, 3, 4])
@pytest.mark.parametrize("stored", [True, False])
def test_a_model_that_raises_our_own_error_in_one_run_does_not_stop_the_others(tmp_path, chunk_size, stored):
    runs = doe.explicit([{"x": k} for k in range(4)]).configurations(picky, rng=1, seed_policy="common")
    with pytest.warns(doe.MesaDoeWarning, match="1 of 4 runs failed"):
        results = run(runs, chunk_size=chunk_size, **({"store": tmp_path} if stored else {}))
    assert results.output("y").tolist() == [0, 1, 3]
    assert results.failures["error"].tolist() == ["2 is not supported"]


def test_a_part_of_an_array_job_tells_the_progress_of_the_part(tmp_path):
    seen = []
    runner = doe.BatchRunner(noisy(), store=tmp_path, chunk_size=6, display_progress=seen.append)
    runner.run_shard(0, of=3)
    assert [(progress.done, progress.total) for progress in seen] == [(6, 12), (12, 12)]
    assert seen[-1].remaining == 0


# ---- roots that were drawn ------------------------------------------------------------------------------


def plain(a, b, seed):
    return {"y": a + b}


@pytest.mark.parametrize(
    ("rngs", "what", "where"),
    [
        ((None, None), "points and seeds", "the sampler and in design.configurations"),
        ((1, None), "seeds", "design.configurations"),
        ((None, 1), "points", "the sampler$"),
    ],
)
def test_a_study_that_the_same_script_cannot_resume_is_told_of_once(tmp_path, rngs, what, where):
    def script():
        design = doe.halton(SPACE, 4, rng=rngs[0])
        return design.configurations(plain, rng=rngs[1], seed_policy="independent")

    runs = script()
    words = f"the same script cannot go on with .*: its {what} come from rng=None.* set rng= in {where}"
    with pytest.warns(doe.MesaDoeWarning, match=words):
        run(runs[:2], store=tmp_path)
    # In a session that keeps them, nothing is wrong.
    assert len(run(runs, store=tmp_path)) == 4
    what = what.replace("and", "and the")
    words = f"the {what} come from rng=None.*: set rng= in the sampler and in design.configurations"
    with pytest.raises(doe.StudyError, match=words):
        run(script(), store=tmp_path)


def test_what_needs_no_rng_is_not_asked_for_one(tmp_path):
    space = doe.ParameterSpace(a=doe.Discrete([0, 1]), b=doe.Discrete([0, 1]))
    run(doe.full_factorial(space).configurations(plain, rng=1), store=tmp_path / "factorial")
    drawn = doe.halton(SPACE, 4)
    drawn.to_parquet(tmp_path / "design.parquet")
    again = doe.load_design(tmp_path / "design.parquet")
    run(again.configurations(plain, rng=1), store=tmp_path / "loaded")


def test_another_difference_of_a_study_that_was_drawn_is_refused_as_ever(tmp_path):
    design = doe.halton(SPACE, 4)
    runs = design.configurations(plain, max_steps=5)
    with pytest.warns(doe.MesaDoeWarning, match="cannot go on with"):
        run(runs, store=tmp_path)
    longer = design.configurations_like(runs)
    longer.max_steps = 6
    with pytest.raises(doe.StudyError, match=r"max_steps was 5, is 6\nuse another folder"):
        run(longer, store=tmp_path)


@pytest.mark.parametrize("name", ["study.json", "points.parquet", "shards"])
def test_a_file_of_a_study_in_place_of_its_folder_is_told(tmp_path, name):
    run(noisy(), store=tmp_path / "study")
    file = tmp_path / "study" / name
    with pytest.raises(doe.StudyError, match=r"is a file of a study: load its folder, '.*study'$"):
        doe.load(shards_of(tmp_path / "study")[0] if name == "shards" else file)
