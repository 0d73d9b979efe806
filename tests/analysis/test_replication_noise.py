import itertools

import numpy as np
import pytest

from mesa_doe.analysis.replication_noise import between_replications, noise_shares, nothing_left, shares_told


def product(values):
    """Of the sum and the difference of two points, each a linear function of the outputs."""
    return (values[0] + values[1]) * (values[0] - values[1])


@pytest.mark.parametrize("replications", [2, 3, 5])
def test_products_are_the_mean_over_pairs_of_different_replications(replications):
    runs = np.random.default_rng(1).normal(size=(2, replications, 4))
    pairs = [
        (runs[0, r] + runs[1, r]) * (runs[0, s] - runs[1, s])
        for r, s in itertools.permutations(range(replications), 2)
    ]
    np.testing.assert_allclose(between_replications(product, runs), np.mean(pairs, axis=0), rtol=1e-12)


def test_one_replication_is_multiplied_with_itself():
    runs = np.random.default_rng(1).normal(size=(2, 1, 4))
    assert np.array_equal(between_replications(product, runs), product(runs[:, 0]))


def test_noise_is_no_part_of_products_of_different_replications():
    # Exact: the square of 3 is 9, to which the noise of the mean of two replications adds 1/2.
    runs = 3 + np.random.default_rng(1).normal(size=(40_000, 2, 1))
    assert between_replications(np.square, runs).mean() == pytest.approx(9, abs=4 * np.sqrt(19 / 40_000))
    assert np.square(runs.mean(axis=1)).mean() > 9.4


def test_shares_are_of_the_variance_of_a_single_run():
    shares = noise_shares(
        np.array([3.0, -0.1, 0, 1]), np.array([1, 1, 0, np.nan]), np.array([0, 0, 1, 0], bool)
    )
    assert shares[:2].tolist() == [0.25, 1]
    assert np.isnan(shares[2:]).all()


def test_shares_are_told_once_an_output_and_those_over_time_by_their_largest():
    shares = {("y", 0): 0.1, ("y", 1): 0.3, "z": 0.5, "small": 0.004, "unknown": np.nan}
    (told,) = shares_told(shares, corrected=True, seed_policy=None)
    assert told.endswith("noise is 'y' up to 0.30, 'z' 0.50")


def test_an_output_without_variance_is_told_unless_something_else_is_said():
    indices = np.array([[np.nan, 1], [np.nan, 1], [0, 1]])
    (told,) = nothing_left(["a", "b", "c"], indices, np.array([False, True, False]))
    assert told.startswith("output 'a': when its noise is taken away no variance is left")
