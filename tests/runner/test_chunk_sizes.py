import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesa_doe.runner.chunk_sizes import ChunkSizes


def chunks(runs, workers, seconds, cells=0, growing=False):
    """Cut runs that take so long each, learning from each chunk before the next is cut."""
    sizes = ChunkSizes(workers, growing=growing)
    for chunk in sizes.cut(np.arange(runs)):
        yield chunk
        sizes.learn(len(chunk), seconds * len(chunk), cells * len(chunk))


@given(st.integers(0, 500), st.integers(1, 8), st.floats(1e-6, 10))
def test_chunks_cover_every_run_once_whatever_the_run_time(runs, workers, seconds):
    found = [run for chunk in chunks(runs, workers, seconds) for run in chunk.tolist()]
    assert found == list(range(runs))


def test_chunks_grow_to_about_a_second_of_work():
    found = [len(chunk) for chunk in chunks(10_000, 1, 0.01)]
    assert found[0] == 1
    assert set(found[2:-1]) <= {99, 100, 101}


def test_files_of_a_day_are_some_thousands_and_none_holds_more_than_a_hundredth_of_the_time_so_far():
    a_day = 2 * 86_400 * 10  # of two workers and runs of a tenth of a second
    found = np.array([len(chunk) for chunk in chunks(a_day, 2, 0.1, growing=True)])
    assert len(found) < 5_000
    assert len(list(chunks(a_day, 2, 0.1))) > 150_000
    before = np.concatenate([[0], np.cumsum(found)[:-1]]) * 0.1 / 2
    assert (found * 0.1 <= np.maximum(1, before / 100) + 0.1).all()
    assert found.max() == 600


def test_runs_that_give_much_go_in_smaller_chunks():
    found = [len(chunk) for chunk in chunks(10_000, 1, 0.001, cells=100_000, growing=True)]
    assert max(found[2:]) == 20
    assert {len(chunk) for chunk in chunks(20, 1, 0.001, cells=10**8)} == {1}


def test_slow_runs_go_one_by_one():
    assert {len(chunk) for chunk in chunks(20, 2, 5.0)} == {1}


def test_chunks_shrink_towards_the_end_so_that_workers_finish_together():
    sizes = [len(chunk) for chunk in chunks(1000, 2, 1e-5)]
    assert max(sizes) <= 250
    assert sizes[-1] == 1


def test_the_first_run_which_is_slow_for_other_reasons_is_forgotten():
    sizes = ChunkSizes(1)
    sizes.learn(1, 2.0)
    assert sizes.left(10) == 20
    sizes.learn(1, 0.001)
    assert sizes.left(10) == pytest.approx(0.01)


def test_a_fixed_size_is_kept():
    assert [len(chunk) for chunk in ChunkSizes(2, fixed=4).cut(np.arange(10))] == [4, 4, 2]
