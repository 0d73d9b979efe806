import itertools
import math
import re

import numpy as np
import pyDOE3
import pytest
from scipy import stats

from mesa_doe.errors import DesignError
from mesa_doe.samplers import full_factorial, grid, sparse_grid, sukharev_grid
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, ParameterSpace, Real
from tests.ids import stable_id
from tests.samplers.samples import cube

# Plain grids


def test_a_grid_is_that_of_nested_loops():
    space = ParameterSpace(n=Integer(1, 3), k=Categorical(["a", None]), x=Real(0, 1))
    points = list(grid(space, {"x": 3}).points.itertuples(index=False, name=None))
    assert points == list(itertools.product((1, 2, 3), ("a", None), (0, 0.5, 1)))


@pytest.mark.parametrize(
    ("axis", "k", "ends", "centers"),
    [
        (Real(0, 1), 2, [0, 1], [0.25, 0.75]),
        (Real(0, 1), 5, [0, 0.25, 0.5, 0.75, 1], [0.1, 0.3, 0.5, 0.7, 0.9]),
        (Real(1, 16, log=True), 2, [1, 16], [2, 8]),
        (Integer(1, 9), 3, [1, 5, 9], [2, 5, 8]),
        (Integer(1, 4), 4, [1, 2, 3, 4], [1, 2, 3, 4]),
        (Discrete([1, 10, 100, 1000]), 2, [1, 1000], [10, 1000]),
        (stats.uniform(0, 1), 2, [0.05, 0.95], [0.25, 0.75]),
        (Categorical(["a", "b", "c"]), 2, ["a", "b", "c"], ["a", "b", "c"]),
        (Boolean(), 5, [False, True], [False, True]),
    ],
    ids=stable_id,
)
def test_values_lie_from_end_to_end_or_in_the_middle_of_equal_parts(axis, k, ends, centers):
    for at, expected in (("ends", ends), ("centers", centers)):
        found = grid(ParameterSpace(x=axis), k, at=at).points["x"].tolist()
        assert found == (pytest.approx(expected) if isinstance(expected[0], (int, float)) else expected)


def test_listed_values_stay_as_they_are():
    space = ParameterSpace(x=Real(0, 1), n=Integer(1, 9))
    for at in ("ends", "centers"):
        points = grid(space, {"x": [0.9, 0.2], "n": [3]}, at=at).points
        assert points.to_dict("list") == {"x": [0.9, 0.2], "n": [3, 3]}


def test_a_grid_has_the_points_of_the_full_factorial():
    space = ParameterSpace(n=Integer(1, 3), s=Boolean(), x=Real(0, 1))
    first, second = (
        set(sampler(space, 3).points.itertuples(index=False, name=None)) for sampler in (grid, full_factorial)
    )
    assert first == second


def test_what_is_no_grid_is_refused():
    with pytest.raises(DesignError, match="at takes 'centers' or 'ends', got 'middle'"):
        grid(cube(1), 3, at="middle")
    with pytest.raises(DesignError, match=r"grid would have 100 × 100 × 100 × 100 = 100,000,000 points"):
        grid(cube(4), 100)


# Sukharev grids


@pytest.mark.parametrize(
    ("n", "d"),
    [(8, 3), (27, 3), (64, 3), (125, 3), (216, 3), (1000, 3), (64, 2), (7, 1), (1, 5), (3**10, 10)],
)
def test_a_sukharev_grid_has_the_centres_of_equal_cells(n, d):
    unit = sukharev_grid(cube(d), n).unit
    k = round(n ** (1 / d))
    np.testing.assert_allclose(unit, np.array(list(itertools.product((np.arange(k) + 0.5) / k, repeat=d))))


def test_the_library_misses_whole_roots_and_agrees_where_it_does_not():
    with pytest.raises((ValueError, AssertionError)):
        pyDOE3.sukharev_grid(64, 3)
    np.testing.assert_allclose(
        np.unique(sukharev_grid(cube(3), 27).unit, axis=0), np.unique(pyDOE3.sukharev_grid(27, 3), axis=0)
    )


@pytest.mark.parametrize(("n", "d", "near"), [(63, 3, "27 or 64"), (65, 3, "64 or 125"), (2, 2, "1 or 4")])
def test_a_size_that_is_no_power_is_refused_with_the_nearest(n, d, near):
    with pytest.raises(DesignError, match=f"to the power of {d} .*such as {near}, got n={n}"):
        sukharev_grid(cube(d), n)


def test_a_size_beyond_all_is_refused():
    with pytest.raises(DesignError, match="the most is 10,000,000"):
        sukharev_grid(cube(2), 10**400)


# Sparse grids: a quadrature on their points integrates what a Smolyak rule must


def one_dimensional(step):
    """Return the nodes and weights of the Clenshaw-Curtis rule of a step on [0, 1]."""
    if step == 0:
        return np.array([0.5]), np.array([1.0])
    m = 2**step
    angle = np.pi * np.arange(m + 1) / m
    nodes = (1 - np.cos(angle)) / 2
    # The weights that integrate Chebyshev's polynomials.
    degrees = np.arange(m + 1)
    moments = np.array([0.0 if k % 2 else 1 / (1 - k * k) for k in degrees])
    weights = np.linalg.solve(np.cos(np.outer(degrees, np.pi - angle)), moments)
    return nodes, weights


def smolyak(level, d):
    """Return weights by point, by Smolyak's combination of tensor rules."""
    weights = {}
    for index in itertools.product(range(level + 1), repeat=d):
        left = level - sum(index)
        if not 0 <= left <= d - 1:
            continue
        sign = (-1) ** left * math.comb(d - 1, left)
        rules = [one_dimensional(step) for step in index]
        for places in itertools.product(*(range(len(nodes)) for nodes, _ in rules)):
            point = tuple(round(float(nodes[i]), 12) for (nodes, _), i in zip(rules, places, strict=True))
            part = math.prod(float(w[i]) for (_, w), i in zip(rules, places, strict=True))
            weights[point] = weights.get(point, 0.0) + sign * part
    return weights


@pytest.mark.parametrize(
    ("level", "d"), [(1, 1), (4, 1), (1, 2), (2, 2), (4, 2), (1, 3), (2, 3), (3, 3), (2, 5)]
)
def test_a_sparse_grid_has_the_points_of_smolyaks_rule_and_integrates_its_polynomials(level, d):
    unit = sparse_grid(cube(d), level).unit
    weights = smolyak(level, d)
    points = [tuple(row) for row in unit.round(12)]
    assert len(set(points)) == len(points)
    # Points that the combination gives no weight are its too.
    assert set(points) == set(weights)
    w = np.array([weights[point] for point in points])
    assert w.sum() == pytest.approx(1)
    degree = 2 * level + 1
    for powers in itertools.product(range(degree + 1), repeat=d):
        if sum(powers) <= degree:
            exact = math.prod(1 / (power + 1) for power in powers)
            assert (w * np.prod(unit ** np.array(powers), axis=1)).sum() == pytest.approx(exact, abs=1e-12)


@pytest.mark.parametrize(
    ("level", "d", "count"),
    [(1, 2, 5), (2, 2, 13), (3, 2, 29), (4, 2, 65), (1, 10, 21), (2, 10, 221), (3, 3, 69)],
)
def test_a_sparse_grid_has_the_known_number_of_points(level, d, count):
    assert len(sparse_grid(cube(d), level)) == count


def test_a_higher_level_begins_with_the_lower_ones():
    long = sparse_grid(cube(3), 4).unit
    assert long[0].tolist() == [0.5, 0.5, 0.5]
    for level in (1, 2, 3):
        short = sparse_grid(cube(3), level).unit
        np.testing.assert_array_equal(long[: len(short)], short)


def test_the_librarys_sparse_grid_is_none():
    wrong = pyDOE3.doe_sparse_grid(3, 2, "nonsense")
    np.testing.assert_array_equal(wrong, pyDOE3.doe_sparse_grid(3, 2, "chebyshev"))
    assert abs(wrong.mean() - 0.5) > 0.1
    np.testing.assert_allclose(sparse_grid(cube(2), 3).unit.mean(axis=0), 0.5)


def test_laws_and_whole_numbers_are_placed_by_probability():
    points = sparse_grid(ParameterSpace(law=stats.uniform(0, 8), n=Integer(1, 4)), 1).points
    assert points["law"].tolist() == [4, 4, 4, 0, 8]
    assert points["n"].tolist() == [3, 1, 4, 3, 3]


@pytest.mark.parametrize(
    ("axis", "level", "words"),
    [
        (
            Boolean(),
            1,
            "axis 'k': sparse_grid puts numbers at distances, and Boolean() has names without any",
        ),
        (Categorical(["a", "b", "c"]), 1, "make it a constant, or use full_factorial, generalized_subset or"),
        (
            Integer(1, 2),
            1,
            "axis 'k': its 3 points would fall on 2 values of Integer(low=1, high=2); use a lower",
        ),
        (Integer(1, 6), 3, "axis 'k': its 9 points would fall on"),
        (Real(0, 1), 0, "level takes an int from 1, got 0"),
        (Real(0, 1), 1.0, "level takes an int from 1, got 1.0"),
        (Real(0, 1), 60, "the most is 10,000,000: sample with latin_hypercube"),
    ],
    ids=stable_id,
)
def test_what_no_sparse_grid_can_be_is_refused(axis, level, words):
    with pytest.raises(DesignError, match=re.escape(words)):
        sparse_grid(ParameterSpace(x=Real(0, 1), k=axis), level)


def test_a_constraint_that_breaks_the_structure_is_refused():
    space = ParameterSpace(a=Real(0, 1), b=Real(0, 1), constraints=["a < b + 0.5"])
    for call in (lambda: sparse_grid(space, 1), lambda: sukharev_grid(space, 16), lambda: grid(space, 3)):
        with pytest.raises(DesignError, match="break the constraints of the space, and none can be left out"):
            call()
