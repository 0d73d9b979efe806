import re

import numpy as np
import pyDOE3
import pytest
from scipy.spatial.distance import pdist

from mesa_doe.errors import DesignError
from mesa_doe.samplers import iman_conover_lhs, latin_hypercube, latin_hypercube_pydoe
from mesa_doe.space import ParameterSpace, Real
from tests.samplers.samples import cube, generator, is_latin, largest_correlation

CRITERIA = ["maximin", "center", "centermaximin", "correlation"]


@pytest.mark.parametrize("criterion", ["maximin", "center", "centermaximin"])
def test_criteria_are_those_of_the_library_for_the_same_generator(criterion):
    unit = latin_hypercube_pydoe(cube(3), 20, criterion=criterion, iterations=7, rng=3).unit
    expected = pyDOE3.lhs(3, samples=20, criterion=criterion, iterations=7, seed=generator(3))
    np.testing.assert_array_equal(unit, expected)


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize(("n", "factors"), [(3, 2), (20, 5), (100, 3)])
def test_every_criterion_gives_a_latin_hypercube(criterion, n, factors):
    unit = latin_hypercube_pydoe(cube(factors), n, criterion=criterion, rng=1).unit
    assert is_latin(unit)
    if criterion in ("center", "centermaximin"):
        np.testing.assert_allclose(unit * n % 1, 0.5)


def test_correlation_is_chosen_from_all_the_samples_where_the_library_passes_most_over():
    ours = latin_hypercube_pydoe(cube(4), 20, criterion="correlation", iterations=100, rng=1).unit
    stream = generator(1)
    samples = [pyDOE3.lhs(4, samples=20, seed=stream) for _ in range(100)]
    best = min(samples, key=largest_correlation)
    np.testing.assert_array_equal(ours, best)
    theirs = pyDOE3.lhs(4, samples=20, criterion="correlation", iterations=100, seed=generator(1))
    assert largest_correlation(ours) <= largest_correlation(theirs)


def test_more_iterations_give_a_larger_least_distance():
    few, many = (pdist(latin_hypercube_pydoe(cube(3), 15, iterations=k, rng=2).unit).min() for k in (1, 200))
    assert many > few


@pytest.mark.parametrize(
    ("n", "factors", "options", "words"),
    [
        (
            8,
            2,
            {"criterion": "lhsmu"},
            "criterion takes 'center', 'centermaximin', 'correlation', 'maximin', got 'lhs",
        ),
        (8, 2, {"criterion": None}, "got None; latin_hypercube has none"),
        (8, 2, {"iterations": 0}, "iterations takes an int from 1, got 0"),
        (8, 2, {"iterations": 2.0}, "iterations takes an int from 1, got 2.0"),
        (
            1,
            2,
            {},
            "criterion='maximin' needs at least 2 points and 1 factors, got n=1 and 2; use latin_hypercube",
        ),
        (1, 2, {"criterion": "centermaximin"}, "needs at least 2 points"),
        (2, 2, {"criterion": "correlation"}, "needs at least 3 points and 2 factors, got n=2 and 2"),
        (8, 1, {"criterion": "correlation"}, "needs at least 3 points and 2 factors, got n=8 and 1"),
    ],
    ids=repr,
)
def test_what_the_library_crashes_on_is_refused(n, factors, options, words):
    with pytest.raises(DesignError, match=re.escape(words)):
        latin_hypercube_pydoe(cube(factors), n, rng=1, **options)


def test_one_point_in_the_centre_is_a_sample():
    assert latin_hypercube_pydoe(cube(2), 1, criterion="center", rng=1).unit.tolist() == [[0.5, 0.5]]


CORRELATION = [[1, 0.7, 0], [0.7, 1, -0.4], [0, -0.4, 1]]


def spearman(sample):
    return np.corrcoef(sample.argsort(0).argsort(0).T)


@pytest.mark.parametrize("n", [50, 2000])
def test_iman_conover_keeps_the_strata_and_the_correlation_that_a_copula_alone_loses(library, n):
    axes = {f"x{k}": Real(0, 1) for k in range(3)}
    space = ParameterSpace(axes, correlation=CORRELATION)
    values = iman_conover_lhs(space, n, rng=1).points.to_numpy()
    assert is_latin(values)
    assert not is_latin(latin_hypercube(space, n, rng=1).points.to_numpy())
    wanted = np.array(CORRELATION)

    def error(sampler):
        return np.mean(
            [np.abs(spearman(sampler(space, n, rng=k).points.to_numpy()) - wanted) for k in range(20)]
        )

    assert error(iman_conover_lhs) < 0.8 * error(latin_hypercube)
    assert error(iman_conover_lhs) < 1 / n**0.5


def test_iman_conover_is_that_of_pydoe_and_without_a_correlation_leaves_hardly_any(library):
    unit = iman_conover_lhs(cube(4), 100, rng=1).unit
    stream = generator(1)
    sample = library.lhs(4, samples=100, seed=stream)
    np.testing.assert_array_equal(unit, library.iman_conover(sample, np.eye(4), seed=stream))
    assert largest_correlation(unit) < largest_correlation(sample)


def test_iman_conover_of_one_factor_is_a_latin_hypercube(library):
    assert is_latin(iman_conover_lhs(cube(1), 10, rng=1).unit)


def test_iman_conover_needs_more_points_than_factors(library):
    with pytest.raises(DesignError, match="n takes an int above the number of factors 3, got n=3"):
        iman_conover_lhs(cube(3), 3)
