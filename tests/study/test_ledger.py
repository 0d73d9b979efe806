import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mesa_doe.study.ledger import Entry, Ledger, joined, spans

ENTRY = Entry("0" * 32 + ".parquet", "id", 10, 1, 3, [[0, 6, 1]], {"failed": [[2, 3, 1]]}, 0.5)


@given(st.lists(st.integers(0, 60), unique=True), st.booleans())
def test_ranges_stand_for_the_numbers_in_their_order(numbers, ascending):
    numbers = sorted(numbers) if ascending else numbers
    assert joined(spans(numbers)).tolist() == numbers
    assert json.loads(json.dumps(spans(np.array(numbers, dtype=np.int64)))) == spans(numbers)


@given(st.integers(0, 99), st.integers(1, 1000), st.integers(1, 50))
def test_a_part_of_an_array_job_is_one_range(start, count, step):
    assert len(spans(np.arange(start, start + count * step, step))) == 1


def test_what_was_written_is_read_by_anyone(tmp_path):
    Ledger(tmp_path).write(ENTRY)
    Ledger(tmp_path).write(ENTRY)
    assert Ledger(tmp_path).read() == {ENTRY.shard: ENTRY}
    assert len(list(tmp_path.iterdir())) == 2


def test_lines_that_are_torn_or_nonsense_are_none(tmp_path):
    Ledger(tmp_path).write(ENTRY)
    (path,) = tmp_path.iterdir()
    whole = path.read_text()
    wrong = json.loads(whole) | {"shard": "1" * 32 + ".parquet", "runs": [["a", 3, 1]]}
    path.write_text('[]\n{"shard": 3}\n\x00\n' + json.dumps(wrong) + "\n" + whole + whole[:30])
    assert Ledger(tmp_path).read() == {ENTRY.shard: ENTRY}
