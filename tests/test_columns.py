"""Columns: typed by what they hold, and joined the same way however the runs were cut into chunks."""

import enum
import itertools
import math
from unittest import mock

import numpy as np
import pandas as pd
import pytest

from mesa_doe import columns as module
from mesa_doe.columns import Table, Tables, as_column, as_values

hypothesis = pytest.importorskip("hypothesis")
given, settings, st = hypothesis.given, hypothesis.settings, hypothesis.strategies


class Colour(enum.Enum):
    RED = 1


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Whole(enum.IntEnum):
    ONE = 1


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([True, False], bool, [True, False]),
        ([np.True_, False], bool, [True, False]),
        ([1, 2], np.int64, [1, 2]),
        ([True, 2], np.int64, [1, 2]),
        ([np.int8(1), np.uint64(2)], np.int64, [1, 2]),
        ([-(2**63), 2**63 - 1], np.int64, [-(2**63), 2**63 - 1]),
        ([1, 2**63], np.float64, [1.0, 2.0**63]),
        ([1, 2.5], np.float64, [1.0, 2.5]),
        ([10**400, -(10**400), 1.5], np.float64, [math.inf, -math.inf, 1.5]),
        ([np.float32(0.5), np.longdouble(2)], np.float64, [0.5, 2.0]),
        (["a", np.str_("b")], object, ["a", "b"]),
        (["a", None], object, ["a", None]),
        (
            ["a", math.nan, pd.NA, True, 2, 0.1, math.inf],
            object,
            ["a", None, None, "True", "2", "0.1", "inf"],
        ),
        ([], np.float64, []),
    ],
)
def test_values_get_the_narrowest_type_that_holds_them(values, dtype, expected):
    column, converted = as_column(values)
    assert column.dtype == dtype
    assert column.tolist() == expected
    assert [type(value) for value in column.tolist()] == [type(value) for value in expected]
    assert not converted


@pytest.mark.parametrize(
    "values",
    [[1, None], [True, None], [0.5, None], [1, pd.NA], [1.5, np.ma.masked], [1, np.datetime64("NaT", "s")]],
)
def test_none_among_numbers_is_nan(values):
    column, converted = as_column(values)
    assert column.dtype == np.float64
    assert column[0] == float(values[0])
    assert math.isnan(column[1])
    assert not converted


def test_nothing_but_none_tells_no_type():
    assert as_column([None, pd.NA]) == (None, False)


class Live:
    pass


class Broken:
    def __repr__(self):
        raise RuntimeError


class BrokenMapping(dict):
    def items(self):
        raise RuntimeError


loop = []
loop.append(loop)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Colour.RED, "RED"),
        (Whole.ONE, "ONE"),
        (Rights.READ | Rights.WRITE, "READ|WRITE"),
        (Rights(0), "<Rights: 0>"),
        ([1, None, "a"], '[1, null, "a"]'),
        ((Colour.RED, Whole.ONE), '["RED", "ONE"]'),
        ({"a": np.arange(2), 1: np.float64(2)}, '{"a": [0, 1], "1": 2.0}'),
        ({1: "a", "1": "b"}, '[["1", "a"], ["1", "b"]]'),
        ({(1, frozenset("ba")): 2}, '{"[1, [\\"a\\", \\"b\\"]]": 2}'),
        ({("b", 1), ("a", 2)}, '[["a", 2], ["b", 1]]'),
        (np.array([[1.5, 2.0]]), "[[1.5, 2.0]]"),
        (np.array([None, "a"], dtype=object), '[null, "a"]'),
        (1 + 2j, "(1+2j)"),
        (b"a", "b'a'"),
        (Broken(), "<Broken: repr failed with RuntimeError>"),
        (loop, "[[...]]"),
        (BrokenMapping(a=1), "{'a': 1}"),
    ],
)
def test_what_is_no_number_becomes_text_and_says_so(value, text):
    column, converted = as_column([value])
    assert column.tolist() == [text]
    assert column.dtype == object
    assert converted


@pytest.mark.parametrize(
    "wrap", [lambda v: v, lambda v: [v], lambda v: {"a": v}, lambda v: {v}, lambda v: {v: 1}]
)
def test_texts_hold_no_addresses(wrap):
    texts = [as_column([wrap(Live())])[0][0] for _ in range(3)]
    assert "Live object" in texts[0]
    assert "0x" not in texts[0]
    assert len(set(texts)) == 1


def test_a_set_of_live_objects_has_one_order():
    class Named(Live):
        def __init__(self, name):
            self.name = name

        def __repr__(self):
            return f"<{self.name} at {hex(id(self))}>"

    texts = {as_column([{Named(name) for name in order}])[0][0] for order in ("abcdef", "fedcba", "cafebd")}
    assert len(texts) == 1


# --- joining ------------------------------------------------------------------------------------------------

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
    return (
        runs,
        list(itertools.pairwise(cuts)),
        draw(st.lists(st.booleans(), min_size=8, max_size=8)),
    )


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


@settings(max_examples=300, deadline=None)
@given(runs_and_chunks())
def test_joins_do_not_depend_on_how_runs_were_chunked(drawn):
    runs, chunks, compacted = drawn
    expected = table_of(runs).to_frame()
    assert len(expected) == sum(rows for _, rows, _ in runs)
    joined = Table()
    for (start, stop), compact in zip(chunks, compacted, strict=False):
        chunk = table_of(runs[start:stop])
        joined.extend(chunk.compact() if compact else chunk)
        if compact:
            joined.compact()
    pd.testing.assert_frame_equal(joined.to_frame(), expected, check_exact=True)
    assert joined.to_frame().dtypes.equals(expected.dtypes)


@settings(max_examples=300, deadline=None)
@given(runs_and_chunks(), st.integers(0, 3), st.integers(1, 5))
def test_lists_of_neighbouring_runs_join_into_the_arrays_that_each_run_would_give(drawn, short, longest):
    runs, chunks, listed = drawn
    expected = table_of(runs)
    joined = Table()
    with mock.patch.multiple(module, _SHORT=short, _LONGEST_LIST=longest):
        whole = table_of(runs, as_values)
        for (start, stop), lists in zip(chunks, listed, strict=False):
            joined.extend(table_of(runs[start:stop], as_values if lists else as_column))
    for table in (whole, joined):
        pd.testing.assert_frame_equal(table.to_frame(), expected.to_frame(), check_exact=True)
        assert (table.run_ids, table.counts, table.born) == (expected.run_ids, expected.counts, expected.born)
        assert segments_of(table) == segments_of(expected)


def test_few_values_of_one_type_stay_a_list_and_what_an_array_would_change_does_not():
    for values in ([1.5], [1, 2], [True], ["a", "b"], [np.float64(0.5), 1.0]):
        assert as_values(values)[0] == values
        assert {type(value) for value in as_values(values)[0]} <= {bool, int, float, str}
    for values in ([2**63], [-(2**63) - 1], [1, None], [1, 2.5], [Colour.RED], [[1]], list(range(1000))):
        found, converted = as_values(values)
        assert isinstance(found, np.ndarray)
        assert repr((found, converted)) == repr(as_column(values))
    assert as_values([None]) == (None, False)


def test_a_list_is_the_callers_and_stays_what_it_was():
    table, first = Table(), [1.0]
    table.append(0, {"v": first}, 1)
    table.append(1, {"v": [2.0]}, 1)
    first.append(3.0)
    assert first == [1.0, 3.0]
    assert table.to_frame()["v"].tolist() == [1.0, 2.0]


@settings(max_examples=100, deadline=None)
@given(runs_and_chunks())
def test_all_tables_of_runs_join_alike(drawn):
    runs, chunks, _ = drawn

    def tables_of(part):
        found = Tables()
        for run in part:
            one = Tables(model=table_of([run]), tables={"t": table_of([run])})
            if run[1]:
                one.agents["Walker"] = table_of([run])
            found.extend(one)
        return found

    whole, joined = tables_of(runs), Tables()
    for start, stop in chunks:
        joined.extend(tables_of(runs[start:stop]).compact())
    assert joined.agents.keys() == whole.agents.keys()
    for one, other in (
        (joined.model, whole.model),
        (joined.tables["t"], whole.tables["t"]),
        *((joined.agents[name], whole.agents[name]) for name in whole.agents),
    ):
        pd.testing.assert_frame_equal(one.to_frame(), other.to_frame(), check_exact=True)


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


@settings(max_examples=200, deadline=None)
@given(runs_and_chunks(), st.randoms(use_true_random=False))
def test_rows_and_columns_are_in_the_order_of_the_runs_in_whatever_order_they_came(drawn, random):
    runs, _, _ = drawn
    shuffled = random.sample(runs, len(runs))
    pd.testing.assert_frame_equal(table_of(shuffled).to_frame(), table_of(runs).to_frame(), check_exact=True)


@settings(max_examples=200, deadline=None)
@given(runs_and_chunks(), st.booleans())
def test_cutting_off_a_last_run_leaves_the_table_without_it(drawn, half):
    runs, _, _ = drawn
    *kept, last = runs
    table = table_of(runs)
    if half:  # interrupted after its values were appended and before it was counted
        table.counts.pop()
        table.rows -= last[1]
    table.cut({run_id for run_id, _, _ in kept})
    pd.testing.assert_frame_equal(table.to_frame(), table_of(kept).to_frame(), check_exact=True)
