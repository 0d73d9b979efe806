import numpy as np
import pandas as pd
import pytest

from mesa_doe.columns import Units, units_of


def test_rows_stand_alone_where_no_block_has_two_of_them():
    assert units_of(None) is None
    assert units_of(np.array([4, 2, 9])) is None
    assert units_of(np.array([4, 4, 9]), [1, 2]) is None
    assert units_of(np.array([4, 4, 9]), [0, 1]).of.tolist() == [0, 0]


def test_shuffling_moves_whole_units_to_places_of_others_as_long():
    units = units_of(np.array([0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4]))
    drawn = units.shuffled(200, np.random.default_rng(1))
    assert (np.sort(drawn, axis=1) == np.arange(11)).all()
    # The two of three rows, and the two of two: four orders, all of them drawn.
    orders = {(*a, *b, *c, *d, 10) for a, c in _both([0, 1, 2], [5, 6, 7]) for b, d in _both([3, 4], [8, 9])}
    assert set(map(tuple, drawn.tolist())) == orders


def _both(one, other):
    return (one, other), (other, one)


def test_error_of_means_is_the_usual_one_where_each_row_is_a_unit():
    generator = np.random.default_rng(1)
    values, groups = generator.random(40), np.arange(40) % 3
    found = Units(np.arange(40)).mean_error(values, groups)
    np.testing.assert_allclose(found, pd.Series(values).groupby(groups).sem(), rtol=1e-12)


def test_error_of_means_is_that_of_the_units_where_their_rows_are_alike():
    values = np.random.default_rng(1).random(20)
    found = Units(np.repeat(np.arange(20), 5)).mean_error(np.repeat(values, 5), np.zeros(100, dtype=int))
    assert found[0] == pytest.approx(values.std(ddof=1) / np.sqrt(20))
    assert np.isnan(Units(np.zeros(3, dtype=int)).mean_error(values[:3], np.zeros(3, dtype=int)))[0]
