import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from SALib.analyze import fast as fast_analysis
from SALib.analyze import rbd_fast as rbd_fast_analysis
from SALib.sample import fast_sampler, latin

from mesa_doe.errors import DesignError
from mesa_doe.samplers import fast, rbd_fast
from mesa_doe.seeding import library_seed, root_entropy
from mesa_doe.space import Integer, ParameterSpace, Real
from tests.samplers.samples import cube


def problem(d):
    return {"num_vars": d, "names": [f"x{k}" for k in range(d)], "bounds": [[0, 1]] * d}


@pytest.mark.parametrize("d", [1, 2, 5])
@pytest.mark.parametrize(("n", "M"), [(65, 4), (200, 4), (17, 2), (500, 6)])
def test_the_curves_are_salibs_own_for_the_same_seed(d, n, M):
    design = fast(cube(d), n, rng=3, M=M)
    own = fast_sampler.sample(problem(d), n, M=M, seed=library_seed(root_entropy(3)))
    np.testing.assert_array_equal(design.unit, own)
    assert design.unit.shape == (n * d, d)
    assert design.blocks is None
    assert dict(design.options) == {"n": n, "M": M, "entropy": root_entropy(3)}


@settings(deadline=None)
@given(d=st.integers(1, 6), M=st.integers(1, 5), more=st.integers(1, 200), rng=st.integers(0, 2**32))
def test_every_curve_stays_in_the_cube_and_its_own_factor_swings_fastest(d, M, more, rng):
    n = 4 * M**2 + more
    curves = fast(cube(d), n, rng=rng, M=M).unit.reshape(d, n, d)
    for k, curve in enumerate(curves):
        paths = np.abs(np.diff(curve, axis=0)).sum(axis=0)
        assert paths.argmax() == k


@pytest.mark.parametrize(("n", "M"), [(64, 4), (1, 4), (4, 1), (16, 2)])
def test_too_few_points_for_the_harmonics_are_refused(n, M):
    with pytest.raises(DesignError, match=rf"fast: n must be above 4M² = {4 * M**2} for M={M}, got n={n}"):
        fast(cube(2), n, rng=1, M=M)


@pytest.mark.parametrize("M", [0, -1, 4.0, True, "4", None], ids=repr)
def test_harmonics_that_are_no_int_from_one_are_refused(M):
    with pytest.raises(DesignError, match="fast: M takes an int from 1, got"):
        fast(cube(2), 100, rng=1, M=M)


def test_salibs_analysis_takes_the_curves():
    design = fast(cube(2), 500, rng=1)
    y = design.points.to_numpy() @ [2.0, 1.0]
    with pytest.warns(UserWarning, match="confidence"):
        found = fast_analysis.analyze(problem(2), y, M=design.options["M"], seed=1)
    np.testing.assert_allclose(found["S1"], [0.8, 0.2], atol=0.02)


@pytest.mark.parametrize("k", [2, 4, 5])
def test_a_curve_draws_each_value_of_a_discrete_axis_about_equally_often(k):
    # On a curve of 401 points, a prime number, a factor takes 401 evenly spaced phases, each once: of the
    # two halves of its swing each value gets its share but for one point at either end.
    points = fast(ParameterSpace(n=Integer(1, k), x=Real(0, 1)), 401, rng=1).points["n"]
    for curve in (points[:401], points[401:]):
        assert np.abs(curve.value_counts() - 401 / k).max() <= 2


@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_plain_sample_is_salibs_own_for_the_same_seed(d):
    own = latin.sample(problem(d), 30, seed=library_seed(root_entropy(3)))
    np.testing.assert_array_equal(rbd_fast(cube(d), 30, rng=3).unit, own)


@settings(deadline=None)
@given(n=st.integers(1, 60), d=st.integers(1, 5), rng=st.integers(0, 2**32))
def test_the_plain_sample_fills_every_stratum_once(n, d, rng):
    for column in rbd_fast(cube(d), n, rng=rng).unit.T:
        assert sorted(np.floor(column * n).astype(int)) == list(range(n))


def test_the_random_kind_is_numpys_own():
    design = rbd_fast(cube(3), 30, rng=3, kind="monte_carlo")
    np.testing.assert_array_equal(design.unit, np.random.default_rng(root_entropy(3)).random((30, 3)))
    assert dict(design.options) == {"n": 30, "kind": "monte_carlo", "entropy": root_entropy(3)}


@pytest.mark.parametrize("kind", ["lhs", "", None, True, ["monte_carlo"]], ids=repr)
def test_an_unknown_kind_is_refused_with_the_known(kind):
    with pytest.raises(DesignError, match="kind takes 'latin_hypercube' or 'monte_carlo', got"):
        rbd_fast(cube(2), 30, rng=1, kind=kind)


@pytest.mark.parametrize("kind", ["latin_hypercube", "monte_carlo"])
def test_salibs_analysis_takes_the_plain_sample(kind):
    design = rbd_fast(cube(2), 2000, rng=1, kind=kind)
    y = design.points.to_numpy() @ [2.0, 1.0]
    found = rbd_fast_analysis.analyze(problem(2), design.unit, y, num_resamples=2, seed=1)
    np.testing.assert_allclose(found["S1"], [0.8, 0.2], atol=0.1)
