import math
import re

import numpy as np
import pyDOE3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mesa_doe.errors import DesignError
from mesa_doe.samplers import korobov, rank1_lattice
from mesa_doe.space import Integer, ParameterSpace
from tests.ids import stable_id
from tests.samplers.samples import cube

BOTH = [korobov, rank1_lattice]


@pytest.mark.parametrize(("n", "a"), [(5, 2), (89, 34), (100, 33), (64, np.int64(5))])
def test_a_korobov_lattice_is_that_of_the_library_in_cell_centres(n, a):
    design = korobov(cube(3), n, generator=a, shift=False)
    np.testing.assert_allclose(design.unit, (pyDOE3.korobov_sequence(n, 3, int(a)) + 0.5) / n)
    assert design.options["generator"] == a
    assert type(design.options["generator"]) is int


@pytest.mark.parametrize("generator", [[1, 3, 7], (1, 7, 11), np.array([1, 13, 27]), [-1, 103, 3]])
def test_a_rank_1_lattice_is_that_of_the_library_in_cell_centres(generator):
    design = rank1_lattice(cube(3), 100, generator=generator, shift=False)
    np.testing.assert_allclose(design.unit, (pyDOE3.rank1_lattice(100, 3, generator) + 0.5) / 100)


@pytest.mark.parametrize("sampler", BOTH)
def test_a_shift_moves_all_points_alike_and_wraps_round(sampler):
    plain = sampler(cube(4), 101, shift=False).unit
    shifted = sampler(cube(4), 101, rng=1).unit
    moved = (shifted - plain) % 1
    np.testing.assert_allclose(moved, np.tile(moved[0], (101, 1)), atol=1e-12)
    assert len(np.unique(moved[0].round(6))) == 4
    np.testing.assert_array_equal(plain, sampler(cube(4), 101, shift=False, rng=5).unit)
    assert not np.array_equal(shifted, sampler(cube(4), 101, rng=2).unit)


@settings(deadline=None, max_examples=60)
@given(n=st.integers(1, 600), factors=st.integers(1, 8), shift=st.booleans(), sampler=st.sampled_from(BOTH))
def test_every_default_generator_has_no_factor_in_common_with_n_and_fills_each_stratum(
    n, factors, shift, sampler
):
    design = sampler(cube(factors), n, shift=shift, rng=3)
    generator = design.options["generator"]
    for z in [generator] if sampler is korobov else generator:
        assert math.gcd(z, n) == 1
    first = design.unit[0] % (1 / n)  # how far into its cell each point lies
    strata = np.round((design.unit - first) * n).astype(int) % n
    np.testing.assert_array_equal(np.sort(strata, axis=0), np.tile(np.arange(n)[:, None], factors))


def test_the_default_in_two_dimensions_is_as_good_as_fibonaccis():
    assert korobov(cube(2), 89).options["generator"] in (34, 55)
    assert korobov(cube(2), 144).options["generator"] in (55, 89)


@pytest.mark.parametrize("sampler", BOTH)
@pytest.mark.parametrize("n", [128, 499, 1000])
def test_a_smooth_function_is_integrated_far_better_than_by_chance(sampler, n):
    # The worst-case error P2 of the default is below that of the average over all generators, which is
    # bounded by the theory of lattice rules (Sloan & Joe 1994); here by a function of that class.
    unit = sampler(cube(4), n, rng=1).unit
    values = np.prod(1 + (2 * math.pi**2 / 4) * (unit**2 - unit + 1 / 6) / 4, axis=1)
    assert abs(values.mean() - 1) < 0.1 * values.std() / math.sqrt(n)


def test_a_lattice_gives_each_integer_its_share():
    points = rank1_lattice(ParameterSpace(n=Integer(1, 6), m=Integer(1, 5)), 300, rng=1).points
    assert set(points["n"].value_counts()) == {50}
    assert set(points["m"].value_counts()) == {60}


@pytest.mark.parametrize(
    ("sampler", "generator", "words"),
    [
        (
            korobov,
            6,
            "generator's 6 and n=100 have the factor 2 in common, so only 50 coordinates would differ",
        ),
        (korobov, 0, "generator's 0 and n=100 have the factor 100 in common"),
        (korobov, 2.0, "generator takes an int, got 2.0"),
        (korobov, True, "generator takes an int, got True"),
        (korobov, [1, 3], "generator takes an int, got [1, 3]"),
        (
            rank1_lattice,
            [1, 5],
            "generator's 5 and n=100 have the factor 5 in common, so only 20 coordinates",
        ),
        (rank1_lattice, [1], "generator takes 2 ints, one a factor, got [1]"),
        (rank1_lattice, [1, 3.0], "generator takes 2 ints, one a factor, got [1, 3.0]"),
        (rank1_lattice, 3, "generator takes 2 ints, one a factor, got 3"),
    ],
    ids=stable_id,
)
def test_a_generator_that_repeats_coordinates_or_is_none_is_refused(sampler, generator, words):
    with pytest.raises(DesignError, match=re.escape(words)):
        sampler(cube(2), 100, generator=generator)


def test_a_generator_of_one_gives_the_diagonal():
    unit = korobov(cube(2), 4, generator=1, shift=False).unit
    np.testing.assert_array_equal(unit[:, 0], unit[:, 1])
