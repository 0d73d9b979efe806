import re

import numpy as np
import pyDOE3
import pytest
from scipy.spatial.distance import cdist, pdist

from mesa_doe.errors import DesignError
from mesa_doe.samplers import maximin, maxpro, minimax, nearly_orthogonal_lhs, random_k_means
from tests.samplers.samples import cube, generator, is_latin, largest_correlation

SEARCHED = [maximin, maxpro, nearly_orthogonal_lhs]


def test_random_k_means_is_that_of_the_library_for_the_same_generator():
    unit = random_k_means(cube(2), 10, steps=300, rng=4).unit
    np.testing.assert_array_equal(unit, pyDOE3.random_k_means(10, 2, num_steps=300, seed=generator(4)))
    default = random_k_means(cube(2), 5, rng=4)
    assert default.options["steps"] == 500
    np.testing.assert_array_equal(default.unit, pyDOE3.random_k_means(5, 2, seed=generator(4)))


def test_random_k_means_leave_no_place_far_from_a_point():
    places = np.random.default_rng(1).random((2000, 2))
    spread = random_k_means(cube(2), 30, rng=1).unit
    chance = [np.random.default_rng(seed).random((30, 2)) for seed in range(20)]
    farthest = [cdist(places, unit).min(axis=1).mean() for unit in [spread, *chance]]
    assert farthest[0] < min(farthest[1:])


@pytest.mark.parametrize("steps", [0, 1.5, "9", True], ids=repr)
def test_steps_that_are_none_are_refused(steps):
    with pytest.raises(DesignError, match="steps takes an int from 1, got"):
        random_k_means(cube(2), 4, steps=steps)


@pytest.mark.parametrize("sampler", SEARCHED, ids=lambda f: f.__name__)
def test_searched_designs_are_latin_hypercubes_better_than_chance_and_those_of_pydoe(library, sampler):
    design = sampler(cube(3), 15, iterations=500, rng=1)
    function = getattr(library, sampler.__name__, None) or getattr(library, f"{sampler.__name__}_design")
    np.testing.assert_array_equal(design.unit, function(15, 3, iterations=500, seed=generator(1)))
    assert is_latin(design.unit)
    plain = [sampler(cube(3), 15, iterations=1, rng=seed).unit for seed in range(20)]

    def badness(unit):
        if sampler is maximin:
            return -pdist(unit).min()
        if sampler is nearly_orthogonal_lhs:
            return largest_correlation(unit)
        gaps = np.prod([pdist(unit[:, [k]]) ** 2 for k in range(3)], axis=0)
        return (1 / gaps).mean()

    assert badness(design.unit) < min(map(badness, plain))


def test_minimax_leaves_no_place_far_away_and_is_that_of_pydoe(library):
    design = minimax(cube(2), 10, candidates=500, iterations=300, rng=1)
    expected = library.minimax_design(10, 2, n_candidates=500, iterations=300, seed=generator(1))
    np.testing.assert_array_equal(design.unit, expected)
    assert design.options["candidates"] == 500


@pytest.mark.parametrize("sampler", SEARCHED, ids=lambda f: f.__name__)
def test_one_point_cannot_be_compared(sampler):
    with pytest.raises(DesignError, match="n takes an int from 2, since it compares points, got n=1"):
        sampler(cube(2), 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"candidates": 8}, "candidates must be more than n=8, got candidates=8"),
        ({"candidates": 0}, "candidates takes an int from 1, got 0"),
        ({"iterations": 0}, "iterations takes an int from 1, got 0"),
    ],
    ids=repr,
)
def test_minimax_refuses_too_few_candidates(options, words):
    with pytest.raises(DesignError, match=re.escape(words)):
        minimax(cube(2), 8, **options)
