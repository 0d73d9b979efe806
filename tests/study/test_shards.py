import os

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesa_doe.columns import Table, Tables, as_column
from mesa_doe.errors import StudyError
from mesa_doe.study.reading import shard_files
from mesa_doe.study.shards import RUN_COLUMNS, Shard, ShardFile, write_shard

CELLS = {
    "bool": st.booleans(),
    "int": st.integers(-(2**63), 2**63 - 1),
    "float": st.floats(),
    "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=5) | st.none(),
    "nothing": st.none(),
}


@st.composite
def reported(draw):
    """Runs that report columns of any kind, each in its own order, or none."""
    runs = []
    for _ in range(draw(st.integers(1, 6))):
        rows = draw(st.integers(0, 3))
        names = draw(st.lists(st.sampled_from(["a", "b", "a (int)", "step"]), unique=True))
        kinds = {name: CELLS[draw(st.sampled_from(sorted(CELLS)))] for name in names}
        runs.append((rows, {n: draw(st.lists(k, min_size=rows, max_size=rows)) for n, k in kinds.items()}))
    return runs


def table_of(runs, first=0):
    table = Table()
    for run_id, (rows, columns) in enumerate(runs, first):
        table.append(run_id, {name: as_column(values)[0] for name, values in columns.items()}, rows)
    return table


def outcome(runs):
    return {name: [1.5] * runs if name in ("steps", "wall_time") else ["ok"] * runs for name in RUN_COLUMNS}


def written(folder, runs, **settings):
    data = Tables(model=table_of(runs), agents={"A": table_of(runs)}, tables={"t": table_of(runs)})
    keys = range(len(runs))
    return folder / write_shard(folder, "study", Shard(keys, keys, outcome(len(runs)), data, **settings))


@settings(max_examples=150, deadline=None)
@given(reported(), st.data())
def test_tables_that_went_through_shards_are_those_that_did_not(tmp_path_factory, runs, data):
    folder = tmp_path_factory.mktemp("shards")
    cut = data.draw(st.integers(0, len(runs)))
    joined = {"model": Table(), "agents": Table(), "table": Table()}
    for first, part in ((0, runs[:cut]), (cut, runs[cut:])):
        shard = ShardFile(written(folder, part))
        for kind, whole in joined.items():
            table = shard.table(kind, "" if kind == "model" else shard.names(kind)[0])
            table.run_ids = [first + run for run in table.run_ids]
            table.born = {name: (first + run, place) for name, (run, place) in table.born.items()}
            whole.extend(table)
    expected = table_of(runs).to_frame()
    for whole in joined.values():
        pd.testing.assert_frame_equal(whole.to_frame(), expected, check_exact=True)


def test_a_shard_keeps_what_runs_decided_and_what_should_be_said(tmp_path):
    path = written(tmp_path, [(1, {"a": [1]})] * 3, notes=["hear"], session=4)
    shard = ShardFile(path)
    assert (shard.study, shard.session, shard.notes) == ("study", 4, ["hear"])
    columns = shard.columns(["point", "status", "steps"])
    assert columns["point"].tolist() == [0, 1, 2]
    assert columns["status"] == ["ok"] * 3
    assert columns["steps"].tolist() == [1.5] * 3


def test_a_shard_of_runs_that_reported_nothing_is_one(tmp_path):
    shard = ShardFile(written(tmp_path, [(0, {})]))
    assert shard.table("model").to_frame().empty


def test_only_files_that_are_named_like_shards_are_listed(tmp_path):
    path = written(tmp_path, [(1, {"a": [1]})])
    (tmp_path / "notes.parquet").write_bytes(b"")
    (tmp_path / f"{'0' * 32}.parquet").symlink_to(path)
    (tmp_path / f"{'1' * 32}.parquet").mkdir()
    assert shard_files(tmp_path) == {path.name: path.stat().st_size}


@pytest.mark.parametrize("keep", [0, 3, 100, -1])
def test_a_torn_file_is_refused(tmp_path, keep):
    path = written(tmp_path, [(1, {"a": [1]})])
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StudyError, match="is no shard of a study"):
        ShardFile(path)


def test_a_parquet_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / f"{'0' * 32}.parquet"
    pq.write_table(pq.read_table(written(tmp_path, [(1, {"a": [1]})])).replace_schema_metadata(None), path)
    with pytest.raises(StudyError, match="is no shard of a study"):
        ShardFile(path)


def test_nothing_is_left_of_a_shard_that_could_not_be_written(tmp_path, monkeypatch):
    def full(number):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        written(tmp_path, [(1, {"a": [1]})])
    assert list(tmp_path.iterdir()) == []


def test_text_that_is_no_unicode_is_written_out(tmp_path):
    shard = ShardFile(written(tmp_path, [(2, {"a": ["\ud800x", None]}), (1, {"a": ["y"]})]))
    assert shard.table("model").to_frame()["a"].tolist()[::2] == ["\\ud800x", "y"]
