import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from SALib.analyze import dgsm, radial_ee, sobol_jansen
from SALib.sample import finite_diff
from SALib.sample.radial import radial_mc, radial_sobol
from scipy import stats
from scipy.stats import qmc

from mesa_doe.errors import DesignError, MesaDoeWarning
from mesa_doe.samplers import finite_difference, radial
from mesa_doe.seeding import kept_generators, library_seed, root_entropy
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, ParameterSpace, Real
from tests.samplers.samples import cube


def problem(d):
    return {"num_vars": d, "names": [f"x{k}" for k in range(d)], "bounds": [[0, 1]] * d}


def stars_of(design):
    d = len(design.factors)
    return design.unit.reshape(-1, d + 1, d)


def check_stars(design, n):
    """Check the rows of a star: each row but the first differs from it in its own factor, and there only."""
    d = len(design.factors)
    assert len(design) == n * (d + 1)
    assert design.blocks.tolist() == [block for block in range(n) for _ in range(d + 1)]
    assert design.default_seed_policy == "block"
    for star in stars_of(design):
        moved = star[1:] != star[0]
        np.testing.assert_array_equal(moved, np.eye(d, dtype=bool))


@settings(deadline=None)
@given(
    d=st.integers(1, 6),
    m=st.integers(0, 5),
    rng=st.integers(0, 2**32),
    delta=st.floats(1e-6, 0.5),
)
def test_each_step_is_delta_of_the_range_and_stays_inside(d, m, rng, delta):
    design = finite_difference(cube(d), 2**m, rng=rng, delta=delta)
    check_stars(design, 2**m)
    stars = stars_of(design)
    steps = np.einsum("njj->nj", stars[:, 1:] - stars[:, :1])
    np.testing.assert_allclose(np.abs(steps), delta, atol=1e-15)
    assert (stars >= 0).all()
    assert (stars <= 1).all()


@pytest.mark.parametrize("delta", [0.01, 0.3])
def test_steps_go_up_and_down_by_chance_where_there_is_room_for_both(delta):
    stars = stars_of(finite_difference(cube(3), 1024, rng=1, delta=delta))
    base = stars[:, 0]
    up = np.einsum("njj->nj", stars[:, 1:] - stars[:, :1]) > 0
    assert up[base < delta].all()
    assert not up[base > 1 - delta].any()
    free = (base > delta) & (base < 1 - delta)
    # No more in one half of the range than in the other, nor in step with another factor.
    for chosen in (free, free & (base < 0.5), free & (base > 0.5), free & up[:, [1, 2, 0]]):
        assert up[chosen].mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(chosen.sum()))


@pytest.mark.parametrize(("delta", "bias"), [(0.1, 0.02), (0.01, 2e-4)])
def test_squared_slopes_of_steps_both_ways_are_off_by_the_squared_step_alone(delta, bias):
    found = []
    for rng in range(20):
        stars = stars_of(finite_difference(cube(2), 256, rng=rng, delta=delta))
        y = (stars**2).sum(axis=2)
        found.append(((y[:, 1:] - y[:, :1]) ** 2).mean() / delta**2)
    spread = np.std(found) / np.sqrt(len(found))
    # Exact: 4/3; from the ends of the range, where steps go one way, comes what is left.
    assert np.mean(found) == pytest.approx(4 / 3, abs=4 / 3 * bias + 4 * spread)
    assert spread < 4 / 3 * 0.5 * delta / 4


def test_base_points_are_scipys_scrambled_sequence():
    own = qmc.Sobol(3, rng=np.random.default_rng(root_entropy(3))).random(16)
    np.testing.assert_array_equal(stars_of(finite_difference(cube(3), 16, rng=3))[:, 0], own)


def test_salib_steps_by_a_share_of_the_value_which_is_why_it_is_not_called():
    own = finite_diff.sample({**problem(2), "bounds": [[0, 1], [0, 1]]}, 64).reshape(64, 3, 2)
    steps = np.einsum("njj->nj", own[:, 1:] - own[:, :1])
    assert steps.min() < 0.001 < 0.009 < steps.max()
    law = {**problem(1), "bounds": [[10, 2]], "dists": ["norm"]}
    assert set(finite_diff.sample(law, 5).reshape(5, 2)[:, 1]) == {10.0}
    ours = finite_difference(ParameterSpace(x=stats.norm(10, 2)), 4, rng=1, delta=0.1)
    assert len(set(ours.points["x"])) == 8


@pytest.mark.parametrize("delta", [0, -0.1, 0.51, 1, "0.1", True, float("nan"), None], ids=repr)
def test_a_delta_outside_half_the_range_is_refused(delta):
    with pytest.raises(DesignError, match=r"delta takes a number above 0 and at most 0\.5, got"):
        finite_difference(cube(2), 8, rng=1, delta=delta)


def test_axes_without_a_derivative_are_warned_of_by_name():
    space = ParameterSpace(
        x=Real(0, 1),
        n=Integer(1, 9),
        size=Discrete([1, 2, 7]),
        on=Boolean(),
        rule=Categorical([*"ab"]),
        count=stats.poisson(3),
        law=stats.norm(),
    )
    with pytest.warns(
        MesaDoeWarning, match=r"values of n, size, on, rule, count, so that .* derivative"
    ) as caught:
        finite_difference(space, 8, rng=1, delta=0.1)
    assert len(caught) == 1
    assert caught[0].filename == __file__


@pytest.mark.parametrize(("axis", "delta"), [(Integer(1, 10), 0.1), (Integer(1, 20), 0.1), (Boolean(), 0.5)])
def test_a_step_of_whole_values_moves_a_discrete_axis_always(axis, delta):
    with pytest.warns(MesaDoeWarning, match="has no derivative"):
        design = finite_difference(ParameterSpace(x=axis), 64, rng=1, delta=delta)
    x = design.points["x"].to_numpy().astype(int).reshape(64, 2)
    assert set(np.abs(x[:, 1] - x[:, 0])) == {round(axis.n_levels * delta)}


def test_salibs_dgsm_takes_the_design():
    design = finite_difference(cube(3), 64, rng=1)
    found = dgsm.analyze(problem(3), design.unit, design.unit @ [3.0, 1.0, 0.0], seed=1)
    np.testing.assert_allclose(found["vi"], [9, 1, 0], atol=1e-9)


@settings(deadline=None)
@given(d=st.integers(1, 6), n=st.integers(1, 40), rng=st.integers(0, 2**32))
@pytest.mark.parametrize("kind", ["sobol", "monte_carlo"])
def test_a_radial_design_has_no_step_of_length_zero(kind, d, n, rng):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MesaDoeWarning)
        check_stars(radial(cube(d), n, rng=rng, kind=kind), n)


def test_salibs_unscrambled_stars_have_steps_of_length_zero_which_is_why_ours_are_scrambled():
    for d in (2, 3, 5, 10):
        own = radial_sobol.sample(problem(d), 64).reshape(64, d + 1, d)
        assert (np.einsum("njj->nj", own[:, 1:] - own[:, :1]) == 0).any()
        check_stars(radial(cube(d), 64, rng=1), 64)


def test_base_points_and_partners_are_the_halves_of_one_sequence():
    own = qmc.Sobol(6, bits=53, rng=np.random.default_rng(root_entropy(3))).random(16)
    stars = stars_of(radial(cube(3), 16, rng=3))
    np.testing.assert_array_equal(stars[:, 0], own[:, :3])
    np.testing.assert_array_equal(np.einsum("njj->nj", stars[:, 1:]), own[:, 3:])


@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_random_kind_is_salibs_own_for_the_same_seed(d):
    with kept_generators():
        own = radial_mc.sample(problem(d), 20, seed=library_seed(root_entropy(3)))
    np.testing.assert_array_equal(radial(cube(d), 20, rng=3, kind="monte_carlo").unit, own)


def test_the_random_kind_leaves_the_global_generator_as_it_was():
    np.random.seed(4)  # noqa: NPY002
    before = np.random.get_state(legacy=False)  # noqa: NPY002
    radial(cube(2), 8, rng=1, kind="monte_carlo")
    np.testing.assert_equal(np.random.get_state(legacy=False), before)  # noqa: NPY002


@pytest.mark.parametrize("kind", ["mc", "", None, True, ["sobol"]], ids=repr)
def test_an_unknown_kind_is_refused_with_the_known(kind):
    with pytest.raises(DesignError, match="radial: kind takes 'monte_carlo' or 'sobol', got"):
        radial(cube(2), 8, rng=1, kind=kind)


@pytest.mark.parametrize("sampler", [finite_difference, radial])
def test_a_size_that_is_no_power_of_two_is_warned_of_where_it_was_written(sampler):
    design = sampler(cube(2), 4, rng=1)
    for make in (lambda: sampler(cube(2), 6, rng=1), lambda: design.extend(6)):
        words = f"{sampler.__name__}: n=6 is not a power of two.*use 4 or 8$"
        with pytest.warns(MesaDoeWarning, match=words) as caught:
            make()
        assert len(caught) == 1
        assert caught[0].filename == __file__


def test_random_stars_cannot_be_extended_and_say_why():
    design = radial(cube(2), 12, rng=1, kind="monte_carlo")
    assert design.extension == "none"
    with pytest.raises(DesignError, match=r"SALib draws all base points before their partners.*kind='sobol'"):
        design.extend(24)


@pytest.mark.parametrize("kind", ["sobol", "monte_carlo"])
def test_salibs_analyses_take_the_stars(kind):
    design = radial(cube(2), 1024, rng=1, kind=kind)
    y = design.unit @ [2.0, 1.0]
    with kept_generators():
        effects = radial_ee.analyze(problem(2), design.unit, y, 1024, num_resamples=2, seed=1)
        totals = sobol_jansen.analyze(problem(2), y, 1024, num_resamples=2, seed=1)
    np.testing.assert_allclose(np.asarray(effects["mu_star"], dtype=float), [2, 1], rtol=1e-6)
    # Of 1024 independent squared differences the standard error of a total index is below 0.05.
    np.testing.assert_allclose(np.asarray(totals["ST"], dtype=float), [0.8, 0.2], atol=0.2)


def test_options_record_the_call():
    assert dict(finite_difference(cube(1), 8, rng=1, delta=0.25).options) == {
        "n": 8,
        "delta": 0.25,
        "entropy": root_entropy(1),
    }
    assert dict(radial(cube(1), 8, rng=1).options) == {"n": 8, "kind": "sobol", "entropy": root_entropy(1)}
