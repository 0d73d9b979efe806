import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesa_doe.runner.chunks import Block, ChunkSizes


def blocks_of(sizes, seconds):
    for start, stop in sizes:
        block = Block(start, stop)
        block.runs["wall_time"] = [seconds] * (stop - start)
        sizes.learn(block)
        yield start, stop


@given(st.integers(1, 500), st.integers(1, 8), st.floats(1e-6, 10))
def test_chunks_cover_every_run_once_whatever_the_run_time(runs, workers, seconds):
    found = list(blocks_of(ChunkSizes(runs, workers), seconds))
    assert [run for start, stop in found for run in range(start, stop)] == list(range(runs))


def test_chunks_grow_to_about_a_second_of_work():
    found = list(blocks_of(ChunkSizes(10_000, 1), 0.01))
    assert found[0] == (0, 1)
    assert {stop - start for start, stop in found[1:-1]} <= {99, 100, 101}


def test_slow_runs_go_one_by_one():
    assert all(stop - start == 1 for start, stop in blocks_of(ChunkSizes(20, 2), 5.0))


def test_chunks_shrink_towards_the_end_so_that_workers_finish_together():
    sizes = [stop - start for start, stop in blocks_of(ChunkSizes(1000, 2), 1e-5)]
    assert max(sizes) == pytest.approx(250, abs=1)
    assert sizes[-1] == 1
