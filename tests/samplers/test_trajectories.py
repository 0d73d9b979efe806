import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from SALib.analyze import morris as morris_analysis
from SALib.analyze import shapley as shapley_analysis
from SALib.sample import morris as salib_morris
from SALib.sample import shapley as salib_shapley
from scipy import stats

from mesa_doe.errors import DesignError, MesaDoeWarning
from mesa_doe.samplers import morris, shapley
from mesa_doe.seeding import library_seed, root_entropy
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, ParameterSpace, Real
from tests.samplers.samples import cube


def problem(d, groups=None):
    found = {"num_vars": d, "names": [f"x{k}" for k in range(d)], "bounds": [[0, 1]] * d}
    return {**found, "groups": list(groups)} if groups else found


def salib(d, n, rng, groups=None, **options):
    return salib_morris.sample(problem(d, groups), n, seed=library_seed(root_entropy(rng)), **options)


PARITY = [
    ({}, {}),
    ({"levels": 6}, {"num_levels": 6}),
    ({"levels": 2}, {"num_levels": 2}),
    ({"optimal": 4}, {"optimal_trajectories": 4}),
    ({"optimal": 11}, {"optimal_trajectories": 11}),
    ({"optimal": 4, "local": False}, {"optimal_trajectories": 4, "local_optimization": False}),
    ({"groups": {"a": ["x1"], "b": ["x2", "x0"]}}, {"groups": "bab"}),
    (
        {"groups": {"a": ["x1"], "b": ["x2", "x0"]}, "optimal": 3},
        {"groups": "bab", "optimal_trajectories": 3},
    ),
]


@pytest.mark.parametrize(("ours", "theirs"), PARITY, ids=[str(ours) for ours, _ in PARITY])
def test_the_sample_is_salibs_own_for_the_same_seed_but_for_rounding(ours, theirs):
    design = morris(cube(3), 12, rng=3, **ours)
    np.testing.assert_allclose(design.unit, salib(3, 12, 3, **theirs), rtol=0, atol=1e-15)


def steps_of(design):
    trajectories = design.unit.reshape(design.blocks.max() + 1, -1, len(design.factors))
    return np.diff(trajectories, axis=1)


@settings(deadline=None)
@given(d=st.integers(1, 6), n=st.integers(1, 8), half=st.integers(1, 10), rng=st.integers(0, 2**32))
def test_each_step_moves_one_factor_by_delta_and_each_trajectory_every_factor_once(d, n, half, rng):
    levels = 2 * half
    design = morris(cube(d), n, rng=rng, levels=levels)
    assert len(design) == n * (d + 1)
    assert design.blocks.tolist() == [block for block in range(n) for _ in range(d + 1)]
    # On the grid exactly: whole numbers of its steps.
    grid = design.unit * (levels - 1)
    np.testing.assert_array_equal(np.rint(grid) / (levels - 1), design.unit)
    for steps in np.rint(steps_of(design) * (levels - 1)).astype(int):
        assert sorted(np.nonzero(steps)[1]) == list(range(d))
        assert sorted(np.nonzero(steps)[0]) == list(range(d))
        assert set(np.abs(steps[steps != 0])) == {levels // 2}


@settings(deadline=None)
@given(home=st.lists(st.integers(0, 3), min_size=2, max_size=6), rng=st.integers(0, 2**32))
def test_each_step_moves_all_factors_of_one_group_by_delta_and_no_other(home, rng):
    names = [f"x{k}" for k in range(len(home))]
    groups = {f"group {g}": [x for x, h in zip(names, home, strict=True) if h == g] for g in set(home)}
    if len(groups) < 2:
        return
    design = morris(cube(len(home)), 5, rng=rng, groups=groups)
    assert len(design) == 5 * (len(groups) + 1)
    for steps in steps_of(design):
        moved = [tuple(np.array(names)[step != 0]) for step in steps]
        assert sorted(moved) == sorted(design.groups.values())
        np.testing.assert_allclose(np.abs(steps[steps != 0]), 2 / 3)


@pytest.mark.parametrize("levels", [2, 4, 6, 12])
def test_each_level_of_the_grid_is_reached_its_share(levels):
    # A trajectory visits two levels of a factor, of which one is drawn from the lower half and the other is
    # a half higher; which half a point lies in, and where in it, is uniform. Of 400 independent
    # trajectories, z standard errors are left by one level of 72 in 10^9.
    design = morris(cube(3), 400, rng=1, levels=levels)
    z = stats.norm.isf(1e-9 / 72 / 2)
    for column in design.unit.T:
        counts = np.bincount(np.rint(column * (levels - 1)).astype(int), minlength=levels)
        share = 1 / levels
        assert np.abs(counts / len(column) - share).max() <= z * math.sqrt(share * (1 - share) / 400)


@pytest.mark.parametrize(
    ("axis", "levels"), [(Integer(1, 4), 4), (Integer(1, 4), 8), (Discrete([1, 2, 7]), 6)]
)
def test_an_axis_is_reached_evenly_when_the_levels_are_a_multiple_of_its_values(axis, levels):
    unit = np.arange(levels) / (levels - 1)
    values, counts = np.unique(axis.from_unit(unit), return_counts=True)
    assert len(values) == axis.n_levels
    assert set(counts) == {levels // axis.n_levels}
    drawn = morris(ParameterSpace(x=axis, y=Real(0, 1)), 40, rng=1, levels=levels)
    assert set(drawn.points["x"]) == set(values.tolist())
    assert set(drawn.unit[:, 0]) == set(unit)


def test_a_switch_is_moved_once_a_trajectory():
    design = morris(ParameterSpace(on=Boolean(), x=Real(0, 1)), 20, rng=1)
    moved = np.diff(design.points["on"].to_numpy().reshape(20, 3).astype(int), axis=1)
    assert np.abs(moved).sum(axis=1).tolist() == [1] * 20


def test_unordered_categories_are_warned_of_by_name_and_ordered_ones_are_not():
    space = ParameterSpace(
        kind=Categorical([*"abc"]), rule=Categorical([*"ab"]), on=Boolean(), n=Integer(1, 9)
    )
    with pytest.warns(
        MesaDoeWarning, match="^morris: its analysis .* the levels of kind have no order"
    ) as caught:
        design = morris(space, 4, rng=1)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        design.extend(8)
        morris(ParameterSpace(rule=Categorical([*"ab"]), on=Boolean(), n=Integer(1, 9)), 4, rng=1)


def test_values_of_unbounded_laws_are_finite_at_the_ends_of_the_grid():
    design = morris(ParameterSpace(x=stats.norm(), y=stats.gamma(2)), 10, rng=1)
    assert {0.0, 1.0} <= set(design.unit.ravel())
    assert np.isfinite(design.points.to_numpy()).all()


@pytest.mark.parametrize("groups", [None, {"a": ["x1"], "b": ["x2", "x0"]}], ids=["factors", "groups"])
def test_more_trajectories_begin_with_the_same_ones(groups):
    design = morris(cube(3), 7, rng=1, levels=6, groups=groups)
    longer = design.extend(20)
    assert design.extension == longer.extension == "independent"
    np.testing.assert_array_equal(longer.unit, morris(cube(3), 20, rng=1, levels=6, groups=groups).unit)
    np.testing.assert_array_equal(longer.unit[: len(design)], design.unit)
    assert longer.groups == design.groups


def test_optimal_trajectories_are_chosen_of_n_and_cannot_be_extended():
    design = morris(cube(3), 20, rng=1, optimal=5)
    assert len(design) == 5 * 4
    assert design.blocks.max() == 4
    assert design.extension == "none"
    drawn = {tuple(map(tuple, block)) for block in morris(cube(3), 20, rng=1).unit.reshape(20, 4, 3).tolist()}
    assert {tuple(map(tuple, block)) for block in design.unit.reshape(5, 4, 3).tolist()} <= drawn
    with pytest.raises(
        DesignError, match=r"its trajectories are those of n=20 that lie farthest apart.*leave"
    ):
        design.extend(40)


def spread(design, k):
    blocks = design.unit.reshape(k, -1, len(design.factors))
    pairs = [(i, j) for i in range(k) for j in range(i)]
    return sum(np.linalg.norm(blocks[i][:, None] - blocks[j][None], axis=-1).sum() ** 2 for i, j in pairs)


def test_the_brute_search_finds_trajectories_at_least_as_far_apart_as_the_local_one():
    for rng in range(3):
        local = morris(cube(3), 12, rng=rng, optimal=4)
        brute = morris(cube(3), 12, rng=rng, optimal=4, local=False)
        assert spread(brute, 4) >= spread(local, 4) * (1 - 1e-6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"levels": 5}, "levels takes an even int, got 5; use 4 or 6"),
        ({"levels": 1}, "levels takes an int from 2, got 1"),
        ({"levels": 4.0}, "levels takes an int from 2, got 4.0"),
        ({"levels": True}, "levels takes an int from 2, got True"),
        ({"optimal": 1}, "optimal takes an int from 2, got 1"),
        ({"optimal": True}, "optimal takes an int from 2, got True"),
        ({"optimal": 10}, "optimal must be below n, of which they are chosen, got optimal=10, n=10"),
        ({"groups": {"a": ["x0", "x1", "x2"]}}, "morris: at least two groups are needed, got only 'a'"),
        ({"groups": {"a": ["x0"], "b": ["x1"]}}, "factor 'x2' is in no group"),
    ],
    ids=str,
)
def test_wrong_options_are_refused_with_what_is_allowed(options, words):
    with pytest.raises(DesignError, match=words):
        morris(cube(3), 10, rng=1, **options)


@pytest.mark.parametrize(("n", "optimal"), [(100, 10), (60, 6), (30, 12)])
def test_a_brute_search_that_would_not_end_is_refused(n, optimal):
    with pytest.raises(DesignError, match=r"would compare all [\d,]+ combinations of .*use local=True"):
        morris(cube(2), n, rng=1, optimal=optimal, local=False)


def test_options_record_the_call():
    groups = {"b": ("x1", "x0"), "a": ("x2",)}
    assert dict(morris(cube(3), 5, rng=1, levels=6, optimal=2, local=False, groups=groups).options) == {
        "n": 5,
        "levels": 6,
        "optimal": 2,
        "local": False,
        "groups": {"b": ("x0", "x1"), "a": ("x2",)},
        "entropy": root_entropy(1),
    }


def test_seeds_go_by_trajectory_unless_told_otherwise(capsys):
    for design in (morris(cube(2), 4, rng=1), shapley(cube(2), 4, rng=1)):
        assert design.default_seed_policy == "block"
        seeds = [run.seed for run in design.configurations(dict, rng=2)]
        assert [len(set(seeds[3 * k : 3 * k + 3])) for k in range(4)] == [1] * 4
        assert len(set(seeds)) == 4
        assert f"block of the {design.method} design" in capsys.readouterr().out


@pytest.mark.parametrize("groups", [None, {"b": ["x2", "x0"], "a": ["x1"]}], ids=["factors", "groups"])
def test_salibs_analysis_takes_the_design(groups):
    design = morris(cube(3), 50, rng=1, groups=groups)
    y = design.unit @ [4.0, 2.0, 0.0]
    found = morris_analysis.analyze(
        problem(3, "bab" if groups else None), design.unit, y, num_levels=4, seed=1
    )
    expected = [4.0, 2.0] if groups else [4.0, 2.0, 0.0]
    np.testing.assert_allclose(found["mu_star"], expected, atol=1e-12)


@pytest.mark.parametrize("d", [1, 2, 5])
def test_shapleys_sample_is_salibs_own_for_the_same_seed(d):
    own = salib_shapley.sample(problem(d), 20, seed=library_seed(root_entropy(3)))
    np.testing.assert_array_equal(shapley(cube(d), 20, rng=3).unit, own)


@settings(deadline=None)
@given(d=st.integers(1, 6), n=st.integers(1, 8), rng=st.integers(0, 2**32))
def test_a_shapley_trajectory_exchanges_every_factor_once(d, n, rng):
    design = shapley(cube(d), n, rng=rng)
    assert design.blocks.tolist() == [block for block in range(n) for _ in range(d + 1)]
    for steps in steps_of(design):
        assert sorted(np.nonzero(steps)[1]) == list(range(d))
        assert sorted(np.nonzero(steps)[0]) == list(range(d))


def test_salibs_shapley_analysis_takes_the_unit_sample_though_discrete_values_hide_steps():
    design = shapley(ParameterSpace(n=Integer(1, 3), x=Real(0, 1)), 200, rng=1)
    y = 10.0 * design.points["n"].to_numpy() + design.points["x"].to_numpy()
    found = shapley_analysis.analyze(problem(2), design.unit, y)
    assert found["shapley_normalized"][0] > 0.9
    values = np.column_stack([design.points["n"], design.points["x"]]).astype(float)
    with pytest.raises(ValueError, match="exactly one"):
        shapley_analysis.analyze(problem(2), values, y)
