"""What lies in a study and is damaged, foreign or no file at all is told, and never believed."""

import contextlib
import json
import os
import random
import shutil
import warnings

import pytest

import mesa_doe as doe
from mesa_doe.study.state import state_of
from tests import study_models as models

SPACE = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1))

pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")


def runner(folder, points=4, rng=1):
    runs = doe.halton(SPACE, points, rng=rng).configurations(models.slow_noisy, rng=2)
    return doe.BatchRunner(runs, store=folder, chunk_size=2, display_progress=False)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished") / "study"
    runner(folder).run_all()
    return folder


@pytest.fixture
def study(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "study")


def all_of(results):
    return results.runs.to_csv() + results.model.to_csv()


@pytest.fixture(scope="module")
def truth(finished):
    return all_of(doe.load(finished))


def flipped(data, chance):
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


@pytest.mark.parametrize("where", ["shards", "ledger"])
def test_a_bit_that_was_damaged_changes_no_table(study, truth, where):
    path = sorted((study / where).iterdir())[0]
    data, chance = path.read_bytes(), random.Random(1)
    runs = set(truth.splitlines())
    for _ in range(20):
        path.write_bytes(flipped(data, chance))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", doe.MesaDoeWarning)
                found = all_of(doe.load(study))
        except doe.StudyError:
            continue
        # At worst the runs of a shard that cannot be read are missing.
        assert set(found.splitlines()) <= runs
        assert where == "shards" or found == truth


@pytest.mark.parametrize("name", ["points.parquet", "design.parquet"])
@pytest.mark.parametrize(("points", "rng"), [(4, 3), (6, 3), (3, 3)])
def test_design_and_points_of_two_studies_are_not_taken_for_one(study, tmp_path, name, points, rng):
    runner(tmp_path / "other", points, rng).run_all()
    shutil.copy(tmp_path / "other" / name, study / name)
    for look in (
        doe.load,
        lambda folder: doe.archive(folder, tmp_path / "it.zip"),
        lambda folder: runner(folder).run_all(),
    ):
        with pytest.raises(doe.StudyError, match="damaged: its design is not that of the points"):
            look(study)


def test_a_study_whose_points_are_longer_than_it_says_is_read(study, truth):
    """As of a process that was killed while the study grew."""
    said = (study / "study.json").read_bytes()
    runner(study, 6).run_all()
    (study / "study.json").write_bytes(said)
    assert all_of(doe.load(study)) == truth
    assert len(runner(study, 6).run_all()) == len(doe.load(study)) == 6


@pytest.mark.parametrize("key", ["max_steps", "models", "runs", "seed_root", "design", "parameters"])
@pytest.mark.parametrize("value", [None, "x", []])
def test_a_plan_that_lacks_something_stops_with_nothing_but_errors_of_a_study(study, tmp_path, key, value):
    document = json.loads((study / "study.json").read_text())
    if value is None:
        del document["plan"][key]
    else:
        document["plan"][key] = value
    (study / "study.json").write_text(json.dumps(document))
    for look in (
        doe.load,
        state_of,
        lambda folder: doe.archive(folder, tmp_path / "it.zip"),
        lambda folder: runner(folder).run_all(),
    ):
        with contextlib.suppress(doe.StudyError):
            look(study)


@pipes
@pytest.mark.parametrize(
    "name", ["study.json", "ledger/" + "0" * 32 + ".jsonl", "locks/whole." + "0" * 32 + ".json"]
)
def test_a_pipe_is_not_waited_for(study, truth, name):
    (study / name).unlink(missing_ok=True)
    os.mkfifo(study / name)
    if name == "study.json":
        with pytest.raises(doe.StudyError, match=r"study\.json is no file"):
            doe.load(study)
        with pytest.raises(doe.StudyError, match=r"study\.json is no file"):
            state_of(study)
    else:
        assert all_of(doe.load(study)) == truth
        assert state_of(study).progress == "finished"


def test_links_of_a_ledger_lead_nowhere_and_into_no_archive(study, truth, tmp_path):
    (tmp_path / "secret").write_text("secret")
    link = study / "ledger" / f"{'0' * 32}.jsonl"
    try:
        link.symlink_to(tmp_path / "secret")
    except OSError:
        pytest.skip("no links may be made here")
    (study / "ledger" / f"{'1' * 32}.jsonl").mkdir()
    assert all_of(doe.load(study)) == truth
    archived = doe.load(doe.archive(study, tmp_path / "it.zip"))
    assert all_of(archived) == truth
    assert b"secret" not in (tmp_path / "it.zip").read_bytes()


def test_a_file_in_the_place_of_the_shards_is_told(study):
    shutil.rmtree(study / "shards")
    (study / "shards").write_text("mine")
    with pytest.raises(doe.StudyError, match="has lost its folder 'shards'"):
        doe.load(study)


def test_a_stranger_with_the_longest_name_is_set_aside(study, truth):
    (study / "shards" / ("x" * 255)).write_text("mine")
    with pytest.warns(doe.MesaDoeWarning, match="set aside"):
        assert all_of(runner(study).run_all()) == truth
    assert [path.read_text() for path in (study / "set-aside").iterdir()] == ["mine"]
