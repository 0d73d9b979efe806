import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from mesa_doe.errors import DesignError
from mesa_doe.samplers import latin_hypercube
from mesa_doe.seeding import root_entropy
from mesa_doe.space import Integer, ParameterSpace
from tests.samplers.samples import cube


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


def strata(unit, n):
    return [sorted(np.floor(column * n).astype(int)) for column in unit.T]


@settings(deadline=None)
@given(
    n=st.integers(1, 40),
    times=st.lists(st.integers(2, 5), min_size=1, max_size=3),
    d=st.integers(1, 4),
    rng=st.integers(0, 2**32),
)
def test_a_grown_design_holds_one_point_in_each_finer_stratum_of_every_factor(n, times, d, rng):
    design = latin_hypercube(cube(d), n, rng=rng)
    for more in times:
        longer = design.extend(len(design) * more)
        np.testing.assert_array_equal(longer.unit[: len(design)], design.unit)
        assert strata(longer.unit, len(longer)) == [list(range(len(longer)))] * d
        design = longer
    assert design.extension == "augmented"


@settings(deadline=None)
@given(n=st.integers(1, 40), times=st.sampled_from([3, 5, 7]), rng=st.integers(0, 2**32))
def test_a_centred_design_grows_by_odd_multiples_and_stays_centred(n, times, rng):
    longer = latin_hypercube(cube(2), n, rng=rng, scramble=False).extend(times * n)
    centres = (np.arange(times * n) + 0.5) / (times * n)
    np.testing.assert_allclose(np.sort(longer.unit, axis=0), np.column_stack([centres] * 2), rtol=1e-12)


@pytest.mark.parametrize(
    ("scramble", "n", "words"),
    [
        (True, 12, r"n=8 grows to a multiple of it, 16, 24, 32, …, so that.*got 12"),
        (True, 9, r"16, 24, 32, …"),
        (False, 16, r"n=8 grows to an odd multiple of it, 24, 40, 56, …, so that.*got 16"),
        (False, 25, r"24, 40, 56, …"),
    ],
)
def test_another_size_is_refused_with_the_next_that_are_allowed(scramble, n, words):
    with pytest.raises(DesignError, match=words):
        latin_hypercube(cube(2), 8, rng=1, scramble=scramble).extend(n)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"strength": 2}, r"its pairs \(strength=2\)"),
        ({"optimization": "random-cd"}, "its optimization"),
        ({"optimization": "lloyd"}, "its optimization"),
    ],
    ids=str,
)
def test_what_more_points_would_spoil_does_not_grow_and_says_why(options, why):
    design = latin_hypercube(cube(2), 9, rng=1, **options)
    assert design.extension == "none"
    with pytest.raises(DesignError, match=f"cannot be extended: more points would spoil {why}"):
        design.extend(18)


def test_growth_is_recorded_and_decided_by_the_design_alone():
    design = latin_hypercube(cube(2), 5, rng=1)
    longer = design.extend(10).extend(30)
    assert longer.options["n"] == 30
    assert longer.options["grown_from"] == (5, 10)
    np.testing.assert_array_equal(longer.unit, latin_hypercube(cube(2), 5, rng=1).extend(10).extend(30).unit)
    assert not np.array_equal(
        longer.unit[10:], latin_hypercube(cube(2), 5, rng=2).extend(10).extend(30).unit[10:]
    )


def test_two_draws_of_scipys_engine_are_no_hypercube_which_is_why_the_growth_is_ours():
    engine = qmc.LatinHypercube(d=1, rng=np.random.default_rng(1))
    both = np.vstack([engine.random(4), engine.random(4)])
    assert strata(both, 8) != [list(range(8))]


@pytest.mark.parametrize("k", [2, 3, 6])
def test_a_grown_design_draws_each_integer_equally_often(k):
    design = latin_hypercube(ParameterSpace(n=Integer(1, k)), k, rng=1).extend(4 * k)
    assert design.points["n"].value_counts().to_dict() == dict.fromkeys(range(1, k + 1), 4)


def test_the_new_points_of_a_factor_say_nothing_about_those_of_another():
    # The 990 empty strata are filled in a random order for each factor: the rank correlation of the new
    # points has the standard error 1/sqrt(989); it lies beyond 6.2 of them with probability 6e-10.
    unit = latin_hypercube(cube(2), 10, rng=1).extend(1000).unit[10:]
    assert abs(np.corrcoef(unit.T)[0, 1]) < 6.2 / math.sqrt(989)
