import math
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import qmc

from mesa_doe.errors import MesaDoeWarning
from mesa_doe.samplers import halton, monte_carlo, sobol_sequence
from mesa_doe.seeding import root_entropy
from mesa_doe.space import Boolean, Integer, ParameterSpace
from tests.samplers.samples import cube


@pytest.mark.parametrize(("sampler", "engine"), [(sobol_sequence, qmc.Sobol), (halton, qmc.Halton)])
@pytest.mark.parametrize("scramble", [False, True])
@pytest.mark.parametrize("d", [1, 2, 5, 12])
def test_the_sequence_is_scipys_own(sampler, engine, scramble, d):
    design = sampler(cube(d), 32, rng=11, scramble=scramble)
    own = engine(d=d, scramble=scramble, rng=np.random.default_rng(root_entropy(11))).random(32)
    np.testing.assert_array_equal(design.unit, own)
    assert design.blocks is None


@pytest.mark.parametrize("d", [1, 3])
def test_monte_carlo_is_numpys_own(d):
    own = np.random.default_rng(root_entropy(11)).random((7, d))
    np.testing.assert_array_equal(monte_carlo(cube(d), 7, rng=11).unit, own)


@settings(deadline=None)
@given(m=st.integers(0, 7), d=st.integers(1, 6), rng=st.integers(0, 2**32))
def test_each_stratum_of_every_factor_holds_one_point_of_a_sobol_sequence(m, d, rng):
    n = 2**m
    for column in sobol_sequence(cube(d), n, rng=rng).unit.T:
        assert sorted(np.floor(column * n).astype(int)) == list(range(n))


@settings(deadline=None)
@given(j=st.integers(0, 5), m=st.integers(0, 4), rng=st.integers(0, 2**32))
def test_the_first_two_factors_of_a_sobol_sequence_share_out_every_grid_of_n_cells(j, m, rng):
    # The first two coordinates are a (0, m, 2)-net: each of the 2^j by 2^m rectangles holds one point.
    x, y = sobol_sequence(cube(2), 2 ** (j + m), rng=rng).unit.T
    cells = np.floor(x * 2**j) * 2**m + np.floor(y * 2**m)
    assert sorted(cells.astype(int)) == list(range(2 ** (j + m)))


@settings(deadline=None)
@given(m=st.integers(0, 4), rng=st.integers(0, 2**32))
def test_each_stratum_of_its_base_holds_one_point_of_a_halton_sequence(m, rng):
    for base, k in ((2, 0), (3, 1), (5, 2)):
        n = base**m
        column = halton(cube(3), n, rng=rng).unit[:, k]
        assert sorted(np.floor(column * n).astype(int)) == list(range(n))


@pytest.mark.parametrize("k", [2, 4, 8])
def test_a_sobol_sequence_draws_each_of_two_to_the_m_values_equally_often(k):
    points = sobol_sequence(ParameterSpace(n=Integer(1, k), on=Boolean()), 8 * k, rng=1).points
    assert points["n"].value_counts().to_dict() == dict.fromkeys(range(1, k + 1), 8)
    assert points["on"].sum() == 4 * k


@pytest.mark.parametrize("sampler", [sobol_sequence, halton, monte_carlo])
@settings(deadline=None)
@given(n=st.integers(1, 60), more=st.integers(1, 60), rng=st.integers(0, 2**32))
def test_a_longer_design_begins_with_the_shorter_one(sampler, n, more, rng):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MesaDoeWarning)
        design = sampler(cube(3), n, rng=rng)
        longer = design.extend(n + more)
        np.testing.assert_array_equal(longer.unit, sampler(cube(3), n + more, rng=rng).unit)
    np.testing.assert_array_equal(longer.unit[:n], design.unit)


def test_an_unscrambled_sequence_continues_too():
    for sampler in (sobol_sequence, halton):
        design = sampler(cube(2), 8, rng=1, scramble=False)
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(design)).extend(16).unit[:8], design.unit)
        assert design.extend(16).options["scramble"] is False


@pytest.mark.parametrize(("n", "neighbours"), [(3, "2 or 4"), (1000, "512 or 1024")])
def test_a_sobol_sequence_of_no_power_of_two_is_warned_of_where_it_was_written(n, neighbours):
    words = f"sobol_sequence: n={n} is not a power of two.*use {neighbours}$"
    with pytest.warns(MesaDoeWarning, match=words) as caught:
        sobol_sequence(cube(1), n, rng=1)
    with pytest.warns(MesaDoeWarning, match=words) as again:
        sobol_sequence(cube(1), 1, rng=1).extend(n)
    assert [len(caught), len(again)] == [1, 1]
    assert caught[0].filename == again[0].filename == __file__


def test_the_other_samples_take_any_size_without_a_word():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [len(sampler(cube(2), 13, rng=1)) for sampler in (halton, monte_carlo)] == [13, 13]


def test_options_record_the_call():
    options = {"n": 4, "scramble": True, "entropy": root_entropy(1)}
    assert dict(sobol_sequence(cube(1), 4, rng=1).options) == options
    assert dict(halton(cube(1), 4, rng=1).options) == options
    assert dict(monte_carlo(cube(1), 4, rng=1).options) == {"n": 4, "entropy": root_entropy(1)}


def test_monte_carlo_draws_are_uniform():
    # Of 2,000 independent draws a factor; one test in 10^9 fails for a right sample.
    unit = monte_carlo(cube(3), 2000, rng=1).unit
    for column in unit.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-9
    for i, j in ((0, 1), (0, 2), (1, 2)):
        assert abs(np.corrcoef(unit[:, i], unit[:, j])[0, 1]) < 6.2 / math.sqrt(2000)


def test_unscrambled_halton_goes_in_step_and_scrambled_does_not():
    def largest(scramble):
        correlations = np.corrcoef(halton(cube(40), 64, rng=1, scramble=scramble).unit.T)
        return np.abs(np.triu(correlations, 1)).max()

    assert largest(scramble=False) > 0.99
    assert largest(scramble=True) < 0.9


def test_an_unscrambled_sequence_with_its_corner_has_finite_values_of_unbounded_laws():
    for sampler in (sobol_sequence, halton):
        design = sampler(ParameterSpace(x=stats.norm(), y=stats.gamma(2)), 4, rng=1, scramble=False)
        assert design.unit[0].tolist() == [0, 0]
        assert np.isfinite(design.points.to_numpy()).all()
