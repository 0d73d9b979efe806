import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from SALib.sample import sobol as salib_sobol
from scipy.stats import qmc

from mesa_doe.errors import DesignError, MesaDoeWarning
from mesa_doe.samplers import sobol
from mesa_doe.seeding import library_seed, root_entropy
from mesa_doe.space import Boolean, ParameterSpace, Real
from tests.samplers.samples import cube


def salib(d, n, rng, groups=None, **options):
    problem = {"num_vars": d, "names": [f"x{k}" for k in range(d)], "bounds": [[0, 1]] * d}
    if groups:
        problem["groups"] = groups
    return salib_sobol.sample(problem, n, seed=library_seed(root_entropy(rng)), **options)


@pytest.mark.parametrize("second_order", [False, True])
@pytest.mark.parametrize("scramble", [False, True])
@pytest.mark.parametrize("d", [1, 2, 5])
def test_the_sample_is_salibs_own_for_the_same_seed(second_order, scramble, d):
    design = sobol(cube(d), 16, rng=3, second_order=second_order, scramble=scramble)
    own = salib(d, 16, 3, calc_second_order=second_order, scramble=scramble)
    np.testing.assert_array_equal(design.unit, own)


@pytest.mark.parametrize("seed_factor", [False, True])
@pytest.mark.parametrize("second_order", [False, True])
def test_the_seed_factor_is_one_more_column_of_salibs_sample(seed_factor, second_order):
    design = sobol(cube(2), 8, rng=3, seed_factor=seed_factor, second_order=second_order)
    own = salib(2 + seed_factor, 8, 3, calc_second_order=second_order)
    np.testing.assert_array_equal(design.unit, own)


@settings(deadline=None)
@given(d=st.integers(1, 5), m=st.integers(0, 4), rng=st.integers(0, 10**9), second_order=st.booleans())
def test_a_block_is_a_row_of_a_then_a_with_each_column_of_b_then_b(d, m, rng, second_order):
    n = 2**m
    design = sobol(cube(d), n, rng=rng, second_order=second_order)
    step = 2 * d + 2 if second_order else d + 2
    assert len(design) == n * step
    assert design.blocks.tolist() == [block for block in range(n) for _ in range(step)]
    for block in design.unit.reshape(n, step, d):
        a, b = block[0], block[-1]
        for j in range(d):
            swapped = np.arange(d) == j
            np.testing.assert_array_equal(block[1 + j], np.where(swapped, b, a))
            if second_order:
                np.testing.assert_array_equal(block[1 + d + j], np.where(swapped, a, b))


@pytest.mark.parametrize("rng", range(5))
def test_a_and_b_are_one_sequence_in_twice_the_factors(rng):
    # So that each half of each column of either matrix holds half of the base points, and every quarter
    # of each pair of a power of two.
    unit = sobol(cube(3), 32, rng=rng).unit.reshape(32, 5, 3)
    base = np.hstack([unit[:, 0], unit[:, -1]])
    for column in base.T:
        assert sorted(np.floor(column * 32).astype(int)) == list(range(32))
    own = qmc.Sobol(6, scramble=True, seed=library_seed(root_entropy(rng))).random(32)
    np.testing.assert_array_equal(base, own)


@pytest.mark.parametrize(
    ("n", "neighbours"), [(3, "2 or 4"), (5, "4 or 8"), (1000, "512 or 1024"), (1025, "1024 or 2048")]
)
def test_a_size_that_is_no_power_of_two_is_warned_of_with_its_neighbours(n, neighbours):
    with pytest.warns(MesaDoeWarning, match=rf"n={n} is not a power of two.*use {neighbours}$") as caught:
        design = sobol(cube(1), n, rng=1)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert len(design) == 3 * n


@pytest.mark.parametrize("n", [1, 2, 4, 64])
def test_a_power_of_two_is_not_warned_of(n):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sobol(cube(1), n, rng=1)


def test_an_extension_to_no_power_of_two_is_warned_of_where_it_was_written():
    design = sobol(cube(1), 8, rng=1)
    with pytest.warns(MesaDoeWarning, match="n=12 is not a power of two.*use 8 or 16$") as caught:
        longer = design.extend(12)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(longer.unit, design.extend(16).unit[: len(longer)])


@settings(deadline=None)
@given(n=st.integers(1, 20), more=st.integers(1, 20), second_order=st.booleans(), seed_factor=st.booleans())
def test_a_longer_design_begins_with_the_shorter_one(n, more, second_order, seed_factor):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MesaDoeWarning)
        design = sobol(cube(2), n, rng=5, second_order=second_order, seed_factor=seed_factor)
        longer = design.extend(n + more)
    np.testing.assert_array_equal(longer.unit[: len(design)], design.unit)
    assert longer.points.iloc[: len(design)].equals(design.points)
    if seed_factor:
        assert longer.seed_levels[: len(design)].tolist() == design.seed_levels.tolist()


def seed_levels(design, n):
    return design.seed_levels.reshape(n, -1)


@pytest.mark.parametrize("scramble", [False, True])
@pytest.mark.parametrize("d", [1, 3])
def test_with_the_seed_as_a_factor_each_block_has_the_seeds_of_a_and_of_b(d, scramble):
    n = 8
    design = sobol(cube(d), n, rng=1, seed_factor=True, scramble=scramble)
    assert design.factors == (*design.space.names, "seed")
    assert list(design.points) == list(design.space.names)
    assert len(design) == n * (d + 3)
    for block in seed_levels(design, n):
        a, b = block[0], block[-1]
        assert a != b
        # A, AB_1 ... AB_d share A's seed; AB_seed and B have B's.
        assert block.tolist() == [a] * (d + 1) + [b, b]
    assert len(set(design.seed_levels.tolist())) == 2 * n


def test_with_second_order_the_rows_of_b_share_its_seed_but_for_the_one_that_takes_as():
    n, d = 8, 2
    design = sobol(cube(d), n, rng=1, seed_factor=True, second_order=True)
    assert len(design) == n * (2 * (d + 1) + 2)
    for block in seed_levels(design, n):
        a, b = block[0], block[-1]
        # A, AB_1, AB_2, AB_seed, BA_1, BA_2, BA_seed, B
        assert block.tolist() == [a, a, a, b, b, b, a, b]
        assert a != b


@pytest.mark.parametrize("second_order", [False, True])
def test_the_seeds_follow_the_unit_column_of_the_seed(second_order):
    design = sobol(cube(2), 16, rng=1, seed_factor=True, second_order=second_order)
    by_level = {}
    for level, place in zip(design.seed_levels.tolist(), design.unit[:, -1].tolist(), strict=True):
        by_level.setdefault(level, set()).add(place)
    assert len(by_level) == 32
    assert all(len(places) == 1 for places in by_level.values())


def test_the_configurations_of_a_seed_factor_design_have_a_seed_a_level():
    design = sobol(cube(2), 16, rng=1, seed_factor=True)
    configurations = design.configurations(dict, rng=2)
    assert configurations.seed_policy == "factor"
    assert configurations.parameter_names == ["x0", "x1"]
    pairs = {
        (level, run.seed) for level, run in zip(design.seed_levels.tolist(), configurations, strict=True)
    }
    assert len(pairs) == len({level for level, _ in pairs}) == len({seed for _, seed in pairs}) == 32
    longer = design.extend(32).configurations(dict, rng=2)
    assert [run.seed for run in longer][: len(design)] == [run.seed for run in configurations]


def test_options_record_the_call():
    options = sobol(cube(2), 8, rng=1, second_order=True, scramble=False).options
    assert dict(options) == {
        "n": 8,
        "second_order": True,
        "seed_factor": False,
        "scramble": False,
        "groups": None,
        "entropy": root_entropy(1),
    }


def test_a_factor_may_be_called_like_what_salib_keeps_for_itself():
    space = ParameterSpace(names=Real(0, 1), bounds=Boolean(), groups=Real(0, 1), sample_scaled=Real(0, 1))
    np.testing.assert_array_equal(sobol(space, 8, rng=1).unit, sobol(cube(4), 8, rng=1).unit)


def test_an_unscrambled_sequence_with_its_corner_has_finite_values_of_unbounded_laws():
    from scipy import stats

    design = sobol(ParameterSpace(x=stats.norm(), y=stats.gamma(2)), 4, rng=1, scramble=False)
    assert design.unit[0].tolist() == [0, 0]
    assert np.isfinite(design.points.to_numpy()).all()


GROUPS = {"rule": ["x1"], "net": ["x2", "x0"], "rest": ["x3"]}


@pytest.mark.parametrize("second_order", [False, True])
def test_groups_are_salibs_own_for_the_same_seed(second_order):
    design = sobol(cube(4), 16, rng=3, second_order=second_order, groups=GROUPS)
    own = salib(4, 16, 3, groups=["net", "rule", "net", "rest"], calc_second_order=second_order)
    np.testing.assert_array_equal(design.unit, own)
    assert len(design) == 16 * (8 if second_order else 5)


@settings(deadline=None)
@given(home=st.lists(st.integers(0, 3), min_size=2, max_size=6), second_order=st.booleans())
def test_a_row_exchanges_all_factors_of_one_group_in_the_order_of_design_groups(home, second_order):
    names = [f"x{k}" for k in range(len(home))]
    groups = {f"group {g}": [x for x, h in zip(names, home, strict=True) if h == g] for g in set(home)}
    if len(groups) < 2:
        return
    design = sobol(cube(len(home)), 4, rng=1, groups=groups, second_order=second_order)
    step = len(groups) * (2 if second_order else 1) + 2
    for block in design.unit.reshape(4, step, len(home)):
        a, b = block[0], block[-1]
        for k, members in enumerate(design.groups.values()):
            moved = np.isin(names, members)
            np.testing.assert_array_equal(block[1 + k], np.where(moved, b, a))
            if second_order:
                np.testing.assert_array_equal(block[1 + len(groups) + k], np.where(moved, a, b))


def test_a_grouped_design_says_so():
    design = sobol(cube(4), 8, rng=1, groups=GROUPS)
    assert dict(design.groups) == {"net": ("x0", "x2"), "rule": ("x1",), "rest": ("x3",)}
    assert dict(design.options["groups"]) == dict(design.groups)
    assert "of 4 factors in 3 groups (net: x0, x2; rule: x1; rest: x3), sobol(n=8" in repr(design)
    assert design.factors == ("x0", "x1", "x2", "x3")
    assert sobol(cube(4), 8, rng=1).groups is None


def test_a_grouped_design_has_blocks_and_continues():
    design = sobol(cube(4), 8, rng=1, groups=GROUPS)
    assert design.blocks.tolist() == [block for block in range(8) for _ in range(5)]
    assert design.default_seed_policy == "block"
    longer = design.extend(16)
    assert longer.groups == design.groups
    np.testing.assert_array_equal(longer.unit[: len(design)], design.unit)


@pytest.mark.parametrize("second_order", [False, True])
def test_the_seed_factor_is_a_group_of_its_own(second_order):
    design = sobol(
        cube(3), 8, rng=1, seed_factor=True, groups={"all": ["x2", "x0", "x1"]}, second_order=second_order
    )
    assert dict(design.groups) == {"all": ("x0", "x1", "x2"), "seed": ("seed",)}
    for block in seed_levels(design, 8):
        a, b = block[0], block[-1]
        # A, AB_all, AB_seed, [BA_all, BA_seed,] B
        assert block.tolist() == ([a, a, b, b, a, b] if second_order else [a, a, b, b])
    places = dict(zip(design.seed_levels.tolist(), design.unit[:, -1].tolist(), strict=True))
    assert [places[level] for level in design.seed_levels.tolist()] == design.unit[:, -1].tolist()


@pytest.mark.parametrize(
    ("groups", "words"),
    [
        ({"all": ["x0", "x1", "x2"]}, "at least two groups are needed, got only 'all'"),
        ({}, "factor 'x0' is in no group"),
        ({"a": ["x0", "x1"], "b": ["xx2"]}, "group 'b': 'xx2' is no factor; close: 'x2'"),
        ({"a": ["x0", "x1"], "b": ["x1", "x2"]}, "factor 'x1' is in 'a' and 'b', must be in one"),
        ({"a": "x0", "b": ["x1", "x2"]}, "group 'a' takes a list of factors, got 'x0'"),
        ([["x0"], ["x1", "x2"]], "groups takes a mapping of group names to lists of factors"),
        ({"a": ["x0", "x1", "x2"], "seed": ["seed"]}, "'seed' is no factor"),
    ],
    ids=str,
)
def test_groups_that_do_not_share_out_the_factors_are_refused(groups, words):
    with pytest.raises(DesignError, match=words):
        sobol(cube(3), 8, rng=1, groups=groups)


def test_the_group_of_the_seed_cannot_be_given_to_others():
    with pytest.raises(DesignError, match=r"with seed_factor=True the group 'seed' is the seed's own"):
        sobol(cube(2), 8, rng=1, seed_factor=True, groups={"seed": ["x0"], "b": ["x1"]})
    with pytest.raises(DesignError, match="factor 'seed' is in 'a' and 'seed', must be in one"):
        sobol(cube(2), 8, rng=1, seed_factor=True, groups={"a": ["x0", "seed"], "b": ["x1"]})


def test_a_single_group_is_refused_since_salib_samples_it_as_none():
    own = salib(3, 8, 1, groups=["g", "g", "g"], calc_second_order=False)
    np.testing.assert_array_equal(own, sobol(cube(3), 8, rng=1).unit)
    with pytest.raises(DesignError, match="at least two groups"):
        sobol(cube(3), 8, rng=1, groups={"g": ["x0", "x1", "x2"]})
