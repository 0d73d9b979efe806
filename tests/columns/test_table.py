"""Columns join the same way however the runs were cut into chunks."""

import itertools
import math
import pickle
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from mesa_doe.columns import Table, Tables, as_column, as_values
from mesa_doe.columns import table as table_module
from mesa_doe.columns import values as values_module

hypothesis = pytest.importorskip("hypothesis")
given, settings, st = hypothesis.given, hypothesis.settings, hypothesis.strategies

cells = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(width=32),
    st.sampled_from(["", "a", "1"]),
)
kinds = [
    st.booleans(),
    st.integers(-100, 100),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from(["a", "b"]),
    st.none(),
    cells,
]


@st.composite
def runs_and_chunks(draw):
    runs = []
    for run_id in range(draw(st.integers(1, 8))):
        rows = draw(st.integers(0, 3))
        columns = {}
        for name in draw(st.lists(st.sampled_from("abc"), unique=True)):
            kind = draw(st.sampled_from(kinds))
            columns[name] = draw(st.lists(kind, min_size=rows, max_size=rows))
        runs.append((run_id, rows, columns))
    cuts = sorted(draw(st.sets(st.integers(1, len(runs)))) | {0, len(runs)})
    return runs, [(*cut, draw(st.booleans()), draw(st.booleans())) for cut in itertools.pairwise(cuts)]


def table_of(runs, typed=as_column):
    table = Table()
    for run_id, rows, columns in runs:
        table.append(run_id, {name: typed(values)[0] for name, values in columns.items()}, rows)
    return table


def segments_of(table):
    return {
        name: [(start, array.dtype, repr(array.tolist())) for start, array in segments]
        for name, segments in table.compact().segments.items()
    }


@settings(max_examples=200)
@given(runs_and_chunks(), st.integers(0, 3), st.integers(1, 5))
def test_joins_depend_neither_on_how_runs_were_chunked_nor_on_which_values_were_lists(drawn, short, longest):
    runs, chunks = drawn
    expected = table_of(runs)
    frame = expected.to_frame()
    assert len(frame) == sum(rows for _, rows, _ in runs)
    joined = Table()
    with (
        mock.patch.object(values_module, "_SHORT", short),
        mock.patch.object(table_module, "_LONGEST_LIST", longest),
    ):
        whole = table_of(runs, as_values)
        for start, stop, listed, compacted in chunks:
            chunk = table_of(runs[start:stop], as_values if listed else as_column)
            joined.extend(chunk.compact() if compacted else chunk)
            if compacted:
                joined.compact()
    for table in (whole, joined):
        pd.testing.assert_frame_equal(table.to_frame(), frame, check_exact=True)
        assert (table.run_ids, table.counts, table.born) == (expected.run_ids, expected.counts, expected.born)
        assert segments_of(table) == segments_of(expected)


@given(runs_and_chunks())
def test_a_table_that_was_sent_is_the_one_that_was_packed(drawn):
    runs, _ = drawn
    table = table_of(runs, as_values)
    sent = pickle.loads(pickle.dumps(table))
    pd.testing.assert_frame_equal(sent.to_frame(), table.to_frame(), check_exact=True)
    assert (sent.run_ids, sent.counts, sent.born, sent.rows) == (
        table.run_ids,
        table.counts,
        table.born,
        table.rows,
    )
    assert segments_of(sent) == segments_of(table)
    sent.append(99, {"a": [2**40]}, 1)
    assert sent.to_frame()["run_id"].iloc[-1] == 99


def test_steps_and_ids_travel_in_few_bytes():
    table = Table(["step"])
    table.append(0, {"step": np.arange(10_000) // 100, "agent_id": np.arange(10_000) % 100}, 10_000)
    assert len(pickle.dumps(table)) < 2 * 10_000 + 1_000


plain_values = st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.sampled_from("ab"))
plain_rows = st.lists(
    st.one_of(
        st.fixed_dictionaries({"a": plain_values, "b": st.floats()}),
        st.dictionaries(st.sampled_from("abc"), plain_values),
    ),
    min_size=1,
    max_size=4,
)


@given(st.lists(plain_rows, min_size=1, max_size=4), st.randoms(use_true_random=False), st.integers(1, 5))
def test_rows_appended_together_are_those_appended_one_by_one(groups, random, longest):
    run_ids = list(range(sum(map(len, groups))))
    if random.random() < 0.3:
        random.shuffle(run_ids)
    together, alone = Table(), Table()
    ids = iter(run_ids)
    with mock.patch.object(table_module, "_LONGEST_LIST", longest):
        for rows in groups:
            own = [next(ids) for _ in rows]
            together.append_rows(own, rows)
            for run_id, row in zip(own, rows, strict=True):
                alone.append(run_id, {name: [value] for name, value in row.items()}, 1)
    assert (together.run_ids, together.counts, together.born) == (alone.run_ids, alone.counts, alone.born)
    assert segments_of(together) == segments_of(alone)


def test_a_list_is_the_callers_and_stays_what_it_was():
    table, first = Table(), [1.0]
    table.append(0, {"v": first}, 1)
    table.append(1, {"v": [2.0]}, 1)
    first.append(3.0)
    assert first == [1.0, 3.0]
    assert table.to_frame()["v"].tolist() == [1.0, 2.0]


def test_all_tables_of_runs_join_alike():
    def tables_of(*values):
        found = Tables()
        for run_id, value in enumerate(values):
            one = table_of([(run_id, 1, {"v": [value]})])
            agents = {"Walker": one} if value != "none" else {}
            found.extend(Tables(model=one, agents=agents, tables={"t": one}))
        return found.compact()

    whole = tables_of("none", 1, 2.5)
    for table in (whole.model, whole.tables["t"]):
        assert table.to_frame()["v"].tolist() == ["none", "1", "2.5"]
    assert whole.agents["Walker"].to_frame().values.tolist() == [[1, 1], [2, 2.5]]


def cells_of(table):
    """Return the cells of column v; pandas 3 has a type for strings, whose gaps are NaN."""
    column = table.to_frame()["v"]
    if pd.api.types.is_numeric_dtype(column):
        return column.tolist()
    return [None if pd.isna(value) else value for value in column]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ([True], [2], [1, 2]),
        ([True], [0.5], [1.0, 0.5]),
        ([1], [None], [1.0, math.nan]),
        ([True], None, [1.0, math.nan]),
        ([True, 1.5], ["a"], ["1.0", "1.5", "a"]),
        ([True], ["a"], ["True", "a"]),
        ([math.nan], ["a"], [None, "a"]),
        (["a"], None, ["a", None]),
        ([None], None, [math.nan, math.nan]),
    ],
)
def test_a_column_takes_the_narrowest_type_of_all_runs(first, second, expected):
    table = Table()
    table.append(0, {"v": as_column(first)[0]}, len(first))
    if second is None:
        table.append(1, {}, 1)
    else:
        table.append(1, {"v": as_column(second)[0]}, len(second))
    column = cells_of(table)
    assert [repr(value) for value in column] == [repr(value) for value in expected]


def test_a_number_among_texts_is_written_alike_within_a_run_and_across_runs():
    within = as_column(["a", True, 2.5, math.inf, math.nan])[0].tolist()
    table = Table()
    for run_id, values in enumerate((["a"], [True], [2.5], [math.inf], [math.nan])):
        table.append(run_id, {"v": as_column(values)[0]}, 1)
    assert cells_of(table) == within


def test_columns_that_no_row_fills_exist():
    frame = Table(["step"]).to_frame()
    assert frame.columns.tolist() == ["run_id", "step"]
    assert frame.empty


@given(runs_and_chunks(), st.randoms(use_true_random=False))
def test_rows_and_columns_are_in_the_order_of_the_runs_in_whatever_order_they_came(drawn, random):
    runs, _ = drawn
    shuffled = random.sample(runs, len(runs))
    pd.testing.assert_frame_equal(table_of(shuffled).to_frame(), table_of(runs).to_frame(), check_exact=True)


@given(runs_and_chunks(), st.booleans())
def test_cutting_off_a_last_run_leaves_the_table_without_it(drawn, half):
    (*kept, last), _ = drawn
    runs = [*kept, last]
    table = table_of(runs)
    if half:  # interrupted after its values were appended and before it was counted
        table.counts.pop()
        table.rows -= last[1]
    table.cut({run_id for run_id, _, _ in kept})
    pd.testing.assert_frame_equal(table.to_frame(), table_of(kept).to_frame(), check_exact=True)
