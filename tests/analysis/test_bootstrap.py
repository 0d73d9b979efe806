import numpy as np
import pytest

from mesa_doe.analysis.bootstrap import by_outputs, intervals, widened


@pytest.mark.parametrize("groups", [(), (16,), (16, 32)])
def test_intervals_of_an_output_are_the_same_whichever_are_computed_with_it(groups):
    products = np.random.default_rng(1).normal(size=(64, 30, 2))

    def found(some):
        return intervals(products[:, some], lambda means: means, 200, 0.95, 3, groups=groups)

    together = found(slice(None))
    for numbers in (2**21, 2**23):  # four outputs at a time, and one
        in_parts = by_outputs(found, 30, numbers)
        for whole, part in zip(together, in_parts, strict=True):
            np.testing.assert_allclose(part, whole, rtol=1e-12, atol=1e-15)


def test_outputs_come_a_few_at_a_time_in_their_order_and_none_is_left_out():
    seen = []

    def found(some):
        seen.append(some)
        return np.arange(10)[some], np.arange(20).reshape(10, 2)[some]

    one, two = by_outputs(found, 10, 2**21)
    assert one.tolist() == list(range(10))
    assert two.ravel().tolist() == list(range(20))
    assert [(some.start, some.stop) for some in seen] == [(0, 4), (4, 8), (8, 12)]


def test_an_interval_of_few_blocks_is_widened_to_zero_at_most_where_no_resample_was_below():
    low, high = widened(np.array([0.1, -0.1]), np.array([0.3, 0.3]), np.array([0.2, 0.2]), 3, 0.95)
    assert low[0] == 0.0
    assert low[1] < -0.1
    assert (high > 0.3).all()
