import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from mesa_doe.errors import DesignError
from mesa_doe.samplers import latin_hypercube
from mesa_doe.seeding import root_entropy
from mesa_doe.space import Integer, ParameterSpace, Real


def cube(d):
    return ParameterSpace({f"x{k}": Real(0, 1) for k in range(d)})


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"scramble": False},
        {"strength": 2},
        {"optimization": "random-cd"},
        {"optimization": "lloyd"},
        {"strength": 2, "scramble": False},
    ],
    ids=str,
)
def test_the_sample_is_scipys_own(options):
    design = latin_hypercube(cube(3), 25, rng=11, **options)
    engine = qmc.LatinHypercube(d=3, rng=np.random.default_rng(root_entropy(11)), **options)
    np.testing.assert_array_equal(design.unit, engine.random(25))
    np.testing.assert_allclose(design.points.to_numpy(), design.unit, rtol=1e-15)


@settings(deadline=None)
@given(n=st.integers(1, 60), d=st.integers(1, 5), rng=st.integers(0, 2**32), centred=st.booleans())
def test_every_stratum_of_every_factor_is_drawn_once(n, d, rng, centred):
    unit = latin_hypercube(cube(d), n, rng=rng, scramble=not centred).unit
    for column in unit.T:
        assert sorted(np.floor(column * n).astype(int)) == list(range(n))


def test_without_scrambling_points_lie_in_the_centres_of_their_strata():
    unit = latin_hypercube(cube(2), 10, rng=1, scramble=False).unit
    np.testing.assert_allclose(np.sort(unit, axis=0), (np.arange(10)[:, None] + [0.5, 0.5]) / 10, rtol=1e-12)


@pytest.mark.parametrize("p", [2, 3, 5, 7, 11])
@pytest.mark.parametrize("rng", [1, 2])
def test_strength_two_is_an_orthogonal_array_of_the_most_factors_it_allows(p, rng):
    unit = latin_hypercube(cube(p + 1), p**2, rng=rng, strength=2).unit
    for i in range(p + 1):
        assert sorted(np.floor(unit[:, i] * p**2).astype(int)) == list(range(p**2))
        for j in range(i):
            cells = np.floor(unit[:, i] * p).astype(int) * p + np.floor(unit[:, j] * p).astype(int)
            assert sorted(cells) == list(range(p**2))


@pytest.mark.parametrize(("d", "n"), [(2, 8), (2, 16), (2, 1), (5, 9), (2, 36), (2, 2)])
def test_strength_two_of_another_size_is_refused_with_the_rule(d, n):
    with pytest.raises(
        DesignError, match=rf"n = p² with a prime p of at least factors - 1 = {d - 1}, got n={n}"
    ):
        latin_hypercube(cube(d), n, rng=1, strength=2)


@pytest.mark.parametrize("strength", [0, 3, "1", None, True, 1.5], ids=repr)
def test_an_unknown_strength_is_refused_with_the_known(strength):
    with pytest.raises(DesignError, match=r"strength takes 1 or 2, got"):
        latin_hypercube(cube(2), 4, rng=1, strength=strength)


@pytest.mark.parametrize("optimization", ["cd", "", True, 1, ["lloyd"]], ids=repr)
def test_an_unknown_optimization_is_refused_with_the_known(optimization):
    with pytest.raises(DesignError, match=r"optimization takes 'random-cd', 'lloyd' or None, got"):
        latin_hypercube(cube(2), 4, rng=1, optimization=optimization)


@pytest.mark.parametrize(("d", "n"), [(1, 10), (2, 2), (3, 3), (5, 5)])
def test_lloyd_with_too_few_points_for_its_cells_is_refused(d, n):
    with pytest.raises(DesignError, match=rf"more points than factors, got {d} factors and n={n}"):
        latin_hypercube(cube(d), n, rng=1, optimization="lloyd")


@pytest.mark.parametrize("d", [2, 3, 5])
def test_lloyd_with_one_point_more_than_factors_stays_in_the_cube(d):
    assert latin_hypercube(cube(d), d + 1, rng=1, optimization="lloyd").unit.shape == (d + 1, d)


def test_random_cd_keeps_the_strata_and_does_not_raise_the_discrepancy():
    plain = latin_hypercube(cube(3), 20, rng=1)
    better = latin_hypercube(cube(3), 20, rng=1, optimization="random-cd")
    assert sorted(np.floor(better.unit[:, 0] * 20)) == list(range(20))
    assert qmc.discrepancy(better.unit) < qmc.discrepancy(plain.unit)


@settings(deadline=None)
@given(k=st.integers(2, 9), times=st.integers(1, 5), rng=st.integers(0, 999))
def test_each_integer_is_drawn_equally_often_when_n_is_a_multiple_of_their_number(k, times, rng):
    counts = latin_hypercube(ParameterSpace(n=Integer(1, k)), k * times, rng=rng).points["n"].value_counts()
    assert counts.to_dict() == dict.fromkeys(range(1, k + 1), times)


def test_options_record_the_call():
    options = latin_hypercube(cube(2), 9, rng=1, strength=2).options
    assert dict(options) == {
        "n": 9,
        "scramble": True,
        "strength": 2,
        "optimization": None,
        "entropy": root_entropy(1),
    }


def test_a_mean_over_the_strata_has_the_variance_of_the_method():
    # Of f(x) = x the mean over n strata has variance 1/(12 n³) (McKay, Beckman & Conover 1979). The variance
    # of 400 such means, nearly normal and lighter in the tails, has a relative standard error below
    # sqrt(2/400); it lies beyond 6.2 of them with probability 6e-10.
    n, samples = 10, 400
    means = [latin_hypercube(cube(1), n, rng=k).unit.mean() for k in range(samples)]
    ratio = np.var(means) * 12 * n**3
    assert abs(ratio - 1) < 6.2 * math.sqrt(2 / samples)
