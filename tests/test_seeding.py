import math
import random
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mesa_doe.errors import ConfigurationError
from mesa_doe.samplers import latin_hypercube, sobol
from mesa_doe.seeding import SeedPlan, kept_generators, library_seed, root_entropy, seed_units
from mesa_doe.space import ParameterSpace, Real

SPACE = ParameterSpace(x=Real(0, 1), y=Real(0, 1))

roots = st.integers(0, 2**128 - 1)


# root_entropy, library_seed


@settings(deadline=None)
@given(st.integers(0, 2**200))
def test_an_int_and_its_seed_sequence_have_the_same_root(rng):
    root = root_entropy(rng)
    assert type(root) is int
    assert 0 <= root < 2**128
    assert root == root_entropy(np.random.SeedSequence(rng)) == root_entropy(rng)


def test_a_numpy_int_has_the_root_of_its_int():
    assert {root_entropy(kind(7)) for kind in (np.int8, np.uint64, np.int64)} == {root_entropy(7)}


def test_a_seed_sequence_does_not_move_and_its_children_have_other_roots():
    sequence = np.random.SeedSequence(7)
    first = root_entropy(sequence)
    assert root_entropy(sequence) == first
    assert len({first, *map(root_entropy, sequence.spawn(3))}) == 4


def test_a_generator_is_advanced_and_decides():
    generator, twin = np.random.default_rng(1), np.random.default_rng(1)
    first, second = root_entropy(generator), root_entropy(generator)
    assert first != second
    assert root_entropy(twin) == first
    assert generator.random() != twin.random()


def test_none_is_fresh_entropy():
    assert len({root_entropy(None) for _ in range(10)}) == 10


@pytest.mark.parametrize(
    "rng",
    [True, False, 1.0, -1, np.int64(-1), np.random.RandomState(1), [1], (1,), "1", np.bool_(True), math.nan],
)
def test_what_is_no_rng_is_refused_with_what_is_allowed(rng):
    words = "rng takes a non-negative int, a numpy SeedSequence, a numpy Generator or None, got"
    with pytest.raises(ConfigurationError, match=words):
        root_entropy(rng)


def test_the_roots_of_neighbouring_ints_share_no_bits_beyond_chance():
    # 1000 pairs of 128 bits: the number of equal bits is binomial; 6 standard deviations, 2 in 10^9.
    differing = sum((root_entropy(k) ^ root_entropy(k + 1)).bit_count() for k in range(1000))
    assert abs(differing - 64_000) < 6 * math.sqrt(128_000) / 2


@settings(deadline=None)
@given(roots)
def test_a_library_seed_is_a_python_int_from_one(root):
    assert type(library_seed(root)) is int
    assert 1 <= library_seed(root) < 2**32
    assert library_seed(root) == library_seed(root)


def test_a_library_seed_is_never_zero(monkeypatch):
    # One root in 2**32 gives a zero, which SALib would take for no seed.
    class Zero:
        def __init__(self, entropy):
            pass

        def generate_state(self, n):
            return np.zeros(n, dtype=np.uint32)

    monkeypatch.setattr(np.random, "SeedSequence", Zero)
    assert library_seed(5) == 1


# seed_units


def test_units_say_which_points_share_their_seeds():
    blocks = np.array([0, 0, 1, 1])
    assert seed_units("independent", 4, blocks).tolist() == [0, 1, 2, 3]
    assert seed_units("common", 4, blocks).tolist() == [0, 0, 0, 0]
    assert seed_units("fixed", 4, None).tolist() == [0, 0, 0, 0]
    assert seed_units("block", 4, blocks).tolist() == [0, 0, 1, 1]


def test_an_unknown_policy_is_refused_with_the_known():
    with pytest.raises(
        ConfigurationError, match="seed_policy takes block, common, fixed, independent, got 'crn'"
    ):
        seed_units("crn", 4, None)


def test_blocks_are_needed_where_seeds_go_by_block():
    with pytest.raises(ConfigurationError, match="'independent' or 'common'"):
        seed_units("block", 4, None)


# SeedPlan


@settings(deadline=None)
@given(
    root=roots,
    units=st.lists(st.integers(0, 60), min_size=1, max_size=30),
    replication=st.integers(0, 10**6),
    policy=st.sampled_from(["block", "fixed", "factor"]),
)
def test_seeds_in_bulk_are_those_one_by_one(root, units, replication, policy):
    plan = SeedPlan(root, np.array(units), policy)
    seeds = plan.seeds(slice(None), replication)
    assert seeds == [plan.seed(point, replication) for point in range(len(units))]
    assert all(type(seed) is int and 0 <= seed < 2**128 for seed in seeds)
    assert len(set(seeds)) == len(set(units))
    middle = slice(len(units) // 3, 2 * len(units) // 3 + 1)
    assert (
        plan.seeds(middle, replication) == plan.part(middle).seeds(slice(None), replication) == seeds[middle]
    )


@settings(deadline=None)
@given(root=roots, unit=st.integers(0, 2**62), replication=st.integers(0, 2**62))
def test_units_far_apart_cost_no_more_than_near_ones(root, unit, replication):
    # Everything in between would be more than any memory holds.
    plan = SeedPlan(root, np.array([unit, 0, 2**62, unit]), "block")
    seeds = plan.seeds(slice(None), replication)
    assert seeds == [plan.seed(point, replication) for point in range(4)]
    assert seeds[0] == seeds[3]


def test_no_points_have_no_seeds():
    assert SeedPlan(1, np.arange(5), "independent").seeds(slice(3, 3), 0) == []


def test_seeds_never_change_from_version_to_version():
    # Studies are resumed with them: a change here is a change of every user's results.
    plan = SeedPlan(root_entropy(1), np.arange(3), "independent")
    assert [plan.seeds(slice(None), replication) for replication in range(2)] == [
        [
            26886724653208757385025506796206345786,
            102300785810750891201254525908903310423,
            283297872476415728042716651714536905907,
        ],
        [
            24847836517831204797802398926951476195,
            280521451859155227175760705676650961190,
            134467027896670726180098353127189951827,
        ],
    ]


@settings(deadline=None)
@given(root=roots, n=st.integers(1, 30), more=st.integers(1, 30))
def test_more_points_and_more_replications_keep_all_earlier_seeds(root, n, more):
    short, long = (SeedPlan(root, np.arange(size), "independent") for size in (n, n + more))
    for replication in range(3):
        assert long.seeds(slice(None), replication)[:n] == short.seeds(slice(None), replication)


def test_every_bit_is_set_in_half_of_the_seeds():
    # 128 binomial counts of 10^4 seeds, each within 6 standard deviations (128 * 2e-9 to fail by chance),
    # over points and over replications.
    n = 10_000
    plan = SeedPlan(root_entropy(3), np.arange(n), "independent")
    over_points = plan.seeds(slice(None), 0)
    over_replications = [plan.seed(0, replication) for replication in range(n)]
    for seeds in (over_points, over_replications):
        words = np.array([[seed >> 64, seed & (2**64 - 1)] for seed in seeds], dtype=np.uint64)
        bits = (words[:, :, None] >> np.arange(64, dtype=np.uint64)) & np.uint64(1)
        counts = bits.sum(axis=0).astype(int)
        assert counts.size == 128
        assert np.abs(counts - n / 2).max() < 6 * math.sqrt(n) / 2


def test_no_two_of_a_million_seeds_are_equal():
    # With 128 random bits a collision has probability 1.5e-27.
    plan = SeedPlan(root_entropy(3), np.arange(100_000), "independent")
    seeds = set()
    for replication in range(10):
        seeds.update(plan.seeds(slice(None), replication))
    assert len(seeds) == 1_000_000


def test_other_roots_give_other_seeds():
    seeds = [
        SeedPlan(root_entropy(rng), np.arange(100), "independent").seeds(slice(None), 0) for rng in range(20)
    ]
    assert len({seed for some in seeds for seed in some}) == 2000


# Through designs


def seeds_of(design, **settings):
    runs = design.configurations(dict, **{"rng": 1, "replications": 3, **settings})
    return np.array([run.seed for run in runs], dtype=object).reshape(len(design), -1)


def test_independent_seeds_all_differ():
    seeds = seeds_of(latin_hypercube(SPACE, 50, rng=1), seed_policy="independent")
    assert len(set(seeds.ravel())) == 150


def test_common_seeds_are_the_same_over_points_and_differ_over_replications():
    seeds = seeds_of(latin_hypercube(SPACE, 50, rng=1), seed_policy="common")
    assert (seeds == seeds[0]).all()
    assert len(set(seeds[0])) == 3


def test_block_seeds_are_the_same_in_a_block_and_differ_over_blocks_and_replications():
    design = sobol(SPACE, 16, rng=1)
    seeds = seeds_of(design, seed_policy="block").reshape(16, 4, 3)
    assert (seeds == seeds[:, :1]).all()
    assert len(set(seeds.ravel())) == 48


def test_the_fixed_seed_is_one():
    seeds = seeds_of(latin_hypercube(SPACE, 50, rng=1), seed_policy="fixed", replications=1)
    assert len(set(seeds.ravel())) == 1


@pytest.mark.parametrize("policy", ["independent", "common", "block"])
def test_an_extended_design_with_more_replications_keeps_its_seeds(policy):
    design = sobol(SPACE, 8, rng=1)
    before = seeds_of(design, seed_policy=policy)
    after = seeds_of(design.extend(32), seed_policy=policy, replications=5)
    assert (after[: len(design), :3] == before).all()


def test_an_int_and_its_seed_sequence_give_the_same_seeds():
    design = latin_hypercube(SPACE, 5, rng=1)
    first, second = (
        seeds_of(design, seed_policy="independent", rng=rng) for rng in (9, np.random.SeedSequence(9))
    )
    assert (first == second).all()
    assert not (first == seeds_of(design, seed_policy="independent", rng=10)).any()


def test_a_callers_generator_gives_new_seeds_each_time():
    design, generator = latin_hypercube(SPACE, 5, rng=1), np.random.default_rng(1)
    first, second = (seeds_of(design, seed_policy="independent", rng=generator) for _ in range(2))
    assert not (first == second).any()


@pytest.mark.parametrize(
    "rng", [True, 1.0, -1, np.random.RandomState(1), [1]], ids=lambda rng: type(rng).__name__
)
def test_configurations_refuse_what_is_no_rng(rng):
    with pytest.raises(ConfigurationError, match="rng takes a non-negative int"):
        latin_hypercube(SPACE, 5, rng=1).configurations(dict, rng=rng, seed_policy="independent")


@pytest.mark.parametrize("method", [latin_hypercube, sobol])
@pytest.mark.parametrize("rng", [0, 1, 12345])
def test_one_rng_for_design_and_configurations_does_not_tie_the_sample_to_the_seeds(method, rng):
    # Spearman's rank correlation of n unrelated pairs has standard deviation 1/sqrt(n - 1); 5 of them are
    # passed with probability 6e-7, in these 24 comparisons with 1.4e-5.
    n = 1024
    design = method(SPACE, n, rng=rng)
    step = len(design) // n
    seeds = seeds_of(design, rng=rng, replications=1)[::step, 0]
    for part in (seeds >> 64, seeds & (2**64 - 1)):
        for column in design.unit[::step].T:
            rank = stats.spearmanr(column, part.astype(np.float64)).statistic
            assert abs(rank) < 5 / math.sqrt(n - 1)


def test_the_seeds_leave_the_global_state_alone():
    np.random.seed(4)  # noqa: NPY002
    before = np.random.get_state(legacy=False)  # noqa: NPY002
    seeds_of(latin_hypercube(SPACE, 5, rng=1), seed_policy="independent")
    np.testing.assert_equal(np.random.get_state(legacy=False), before)  # noqa: NPY002


def test_a_seed_is_good_for_python_and_numpy_generators():
    import random

    seed = SeedPlan(root_entropy(1), np.arange(1), "independent").seed(0, 0)
    assert seed.bit_length() > sys.maxsize.bit_length()
    assert random.Random(seed).random() == random.Random(seed).random()
    assert np.random.default_rng(seed).random() == np.random.default_rng(seed).random()


# kept_generators


@pytest.mark.parametrize("error", [None, KeyError], ids=str)
def test_the_global_generators_are_put_back_whatever_happens_meanwhile(error):
    before = random.getstate(), np.random.get_state(legacy=False)  # noqa: NPY002
    try:
        with kept_generators():
            random.seed(1)
            np.random.seed(1)  # noqa: NPY002
            np.random.standard_normal()  # noqa: NPY002
            if error is not None:
                raise error
    except KeyError:
        pass
    np.testing.assert_equal((random.getstate(), np.random.get_state(legacy=False)), before)  # noqa: NPY002
