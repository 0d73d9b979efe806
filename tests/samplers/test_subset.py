import itertools
import math
import re

import numpy as np
import pyDOE3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesa_doe.errors import DesignError
from mesa_doe.samplers import generalized_subset
from tests.samplers.samples import integers


@pytest.mark.parametrize(
    ("counts", "reduction"), [((3, 4, 6), 3), ((2, 2, 2), 2), ((4, 4, 4, 4), 4), ((5, 3), 2), ((3, 4), 3)]
)
def test_generalized_subsets_are_those_of_the_library(counts, reduction):
    design = generalized_subset(integers(*counts), reduction=np.int64(reduction))
    np.testing.assert_array_equal(design.points.to_numpy(), pyDOE3.gsd(list(counts), reduction))
    assert type(design.options["reduction"]) is int


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(2, 6), min_size=2, max_size=4), st.integers(2, 6))
def test_every_level_comes_up_in_about_its_share_or_the_reduction_is_refused(counts, reduction):
    space = integers(*counts)
    if reduction > min(counts):
        with pytest.raises(DesignError, match=f"would leave out levels of.*at most reduction={min(counts)}"):
            generalized_subset(space, reduction=reduction)
        return
    points = generalized_subset(space, reduction=reduction).points
    full = math.prod(counts)
    assert len(points.drop_duplicates()) == len(points) < full
    for name, count in zip(space, counts, strict=True):
        shares = points[name].value_counts()
        assert len(shares) == count
        assert shares.max() <= 2 * shares.min() * math.ceil(count / reduction)


@settings(deadline=None, max_examples=20)
@given(st.lists(st.integers(2, 6), min_size=2, max_size=4), st.integers(2, 6))
def test_the_parts_of_a_generalized_subset_complement_each_other_to_the_full_factorial(counts, reduction):
    space, reduction = integers(*counts), min(reduction, *counts)
    parts = [generalized_subset(space, reduction=reduction, part=part) for part in range(reduction)]
    np.testing.assert_array_equal(parts[0].unit, generalized_subset(space, reduction=reduction).unit)
    rows = [tuple(row) for part in parts for row in part.points.to_numpy().tolist()]
    assert sorted(rows) == sorted(itertools.product(*map(range, counts)))
    assert [part.options["part"] for part in parts] == [*range(reduction)]


@pytest.mark.parametrize("part", [3, -1, 1.0, True, None], ids=repr)
def test_a_part_that_is_none_is_refused_where_the_library_gives_fewer(part):
    assert len(pyDOE3.gsd([3, 3], 3, n=4)) == 3
    with pytest.raises(DesignError, match=r"makes parts 0 to 2, got part=3|part takes an int from 0, got"):
        generalized_subset(integers(3, 3), reduction=3, part=part)


def test_the_library_drops_levels_silently_and_we_refuse_to():
    assert len(np.unique(pyDOE3.gsd([2, 5], 5)[:, 1])) == 2
    with pytest.raises(
        DesignError,
        match=re.escape(
            "reduction=5 would leave out levels of the axes that have fewer: 'x0' (2); use at most "
            "reduction=2"
        ),
    ):
        generalized_subset(integers(2, 5), reduction=5)


@pytest.mark.parametrize("reduction", [1, 0, 2.0, "2", None, True], ids=repr)
def test_a_reduction_that_is_none_is_refused(reduction):
    with pytest.raises(DesignError, match="reduction takes an int from 2, got"):
        generalized_subset(integers(2, 2), reduction=reduction)


def test_one_factor_and_too_many_points_are_refused():
    with pytest.raises(DesignError, match="needs at least two factors, got 1; use full_factorial"):
        generalized_subset(integers(4))
    with pytest.raises(DesignError, match=r"about 50,000,000 points; the most is 10,000,000"):
        generalized_subset(integers(*[10] * 8), reduction=2)
