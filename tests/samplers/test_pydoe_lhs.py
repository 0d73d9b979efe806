import re

import numpy as np
import pyDOE3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist, pdist

from mesa_doe._optional import pydoe
from mesa_doe.errors import DesignError, MesaDoeWarning
from mesa_doe.samplers import (
    definitive_screening,
    iman_conover_lhs,
    latin_hypercube,
    latin_hypercube_pydoe,
    maximin,
    maxpro,
    minimax,
    nearly_orthogonal_lhs,
    nested_lhs,
    random_k_means,
    sliced_lhs,
    table,
)
from mesa_doe.seeding import root_entropy
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, ParameterSpace, Real
from tests.samplers.spaces import cube

CRITERIA = ["maximin", "center", "centermaximin", "correlation"]
SEARCHED = [maximin, maxpro, nearly_orthogonal_lhs]
ONLY_PYDOE = [*SEARCHED, minimax]


def generator(seed):
    return np.random.default_rng(root_entropy(seed))


def is_latin(unit):
    n = len(unit)
    return (np.sort(np.floor(unit * n), axis=0) == np.arange(n)[:, None]).all()


def largest_correlation(unit):
    return np.abs(np.corrcoef(unit.T)[np.triu_indices(unit.shape[1], 1)]).max()


# Criteria of pyDOE


@pytest.mark.parametrize("criterion", ["maximin", "center", "centermaximin"])
def test_criteria_are_those_of_the_library_for_the_same_generator(criterion):
    unit = latin_hypercube_pydoe(cube(3), 20, criterion=criterion, iterations=7, rng=3).unit
    expected = pyDOE3.lhs(3, samples=20, criterion=criterion, iterations=7, seed=generator(3))
    np.testing.assert_array_equal(unit, expected)


@pytest.mark.parametrize("criterion", CRITERIA)
@pytest.mark.parametrize(("n", "factors"), [(3, 2), (20, 5), (100, 3)])
def test_every_criterion_gives_a_latin_hypercube(criterion, n, factors):
    unit = latin_hypercube_pydoe(cube(factors), n, criterion=criterion, rng=1).unit
    assert is_latin(unit)
    if criterion in ("center", "centermaximin"):
        np.testing.assert_allclose(unit * n % 1, 0.5)


def test_correlation_is_chosen_from_all_the_samples_where_the_library_passes_most_over():
    ours = latin_hypercube_pydoe(cube(4), 20, criterion="correlation", iterations=100, rng=1).unit
    stream = generator(1)
    samples = [pyDOE3.lhs(4, samples=20, seed=stream) for _ in range(100)]
    best = min(samples, key=largest_correlation)
    np.testing.assert_array_equal(ours, best)
    theirs = pyDOE3.lhs(4, samples=20, criterion="correlation", iterations=100, seed=generator(1))
    assert largest_correlation(ours) <= largest_correlation(theirs)


def test_more_iterations_give_a_larger_least_distance():
    few, many = (pdist(latin_hypercube_pydoe(cube(3), 15, iterations=k, rng=2).unit).min() for k in (1, 200))
    assert many > few


@pytest.mark.parametrize(
    ("n", "factors", "options", "words"),
    [
        (
            8,
            2,
            {"criterion": "lhsmu"},
            "criterion takes 'center', 'centermaximin', 'correlation', 'maximin', got 'lhs",
        ),
        (8, 2, {"criterion": None}, "got None; latin_hypercube has none"),
        (8, 2, {"iterations": 0}, "iterations takes an int from 1, got 0"),
        (8, 2, {"iterations": 2.0}, "iterations takes an int from 1, got 2.0"),
        (
            1,
            2,
            {},
            "criterion='maximin' needs at least 2 points and 1 factors, got n=1 and 2; use latin_hypercube",
        ),
        (1, 2, {"criterion": "centermaximin"}, "needs at least 2 points"),
        (2, 2, {"criterion": "correlation"}, "needs at least 3 points and 2 factors, got n=2 and 2"),
        (8, 1, {"criterion": "correlation"}, "needs at least 3 points and 2 factors, got n=8 and 1"),
    ],
    ids=repr,
)
def test_what_the_library_crashes_on_is_refused(n, factors, options, words):
    with pytest.raises(DesignError, match=re.escape(words)):
        latin_hypercube_pydoe(cube(factors), n, rng=1, **options)


def test_one_point_in_the_centre_is_a_sample():
    assert latin_hypercube_pydoe(cube(2), 1, criterion="center", rng=1).unit.tolist() == [[0.5, 0.5]]


# k-means


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


# Sliced and nested, our own


@settings(deadline=None, max_examples=40)
@given(size=st.integers(1, 12), parts=st.integers(1, 6), factors=st.integers(1, 5), seed=st.integers(0, 999))
def test_the_whole_and_each_slice_are_latin_hypercubes(size, parts, factors, seed):
    unit = sliced_lhs(cube(factors), size * parts, slices=parts, rng=seed).unit
    assert is_latin(unit)
    for part in unit.reshape(parts, size, factors):
        assert is_latin(part)


@settings(deadline=None, max_examples=40)
@given(size=st.integers(1, 12), parts=st.integers(1, 6), factors=st.integers(1, 5), seed=st.integers(0, 999))
def test_the_whole_and_its_first_part_are_latin_hypercubes(size, parts, factors, seed):
    unit = nested_lhs(cube(factors), size * parts, ratio=parts, rng=seed).unit
    assert is_latin(unit)
    assert is_latin(unit[:size])


@pytest.mark.parametrize(("sampler", "name"), [(sliced_lhs, "slices"), (nested_lhs, "ratio")])
@pytest.mark.parametrize("parts", [0, 5, 2.0, "2", True], ids=repr)
def test_parts_that_do_not_divide_are_refused(sampler, name, parts):
    with pytest.raises(DesignError, match=f"{name} takes an int that divides n=12, got"):
        sampler(cube(2), 12, **{name: parts})


def test_the_slices_of_pydoe_lie_in_one_corner_and_its_nested_designs_are_not_nested():
    library = pytest.importorskip("pydoe", reason="pydoe is not installed")
    unit, labels = library.sliced_lhs(3, 10, 2, seed=1)
    assert unit[labels == 0].max() < 0.5 < unit[labels == 1].min()
    small, large = library.nested_lhs(3, 5, 2, seed=1)
    assert not any((np.abs(large - point).max(axis=1) < 1e-9).any() for point in small)
    assert (np.floor(large[0::2] * 5) == np.floor(large[1::2] * 5)).all()


@pytest.fixture
def library():
    return pytest.importorskip("pydoe", reason="pydoe is not installed")


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


CORRELATION = [[1, 0.7, 0], [0.7, 1, -0.4], [0, -0.4, 1]]


def spearman(sample):
    return np.corrcoef(sample.argsort(0).argsort(0).T)


@pytest.mark.parametrize("n", [50, 2000])
def test_iman_conover_keeps_the_strata_and_the_correlation_that_a_copula_alone_loses(library, n):
    axes = {f"x{k}": Real(0, 1) for k in range(3)}
    space = ParameterSpace(axes, correlation=CORRELATION)
    values = iman_conover_lhs(space, n, rng=1).points.to_numpy()
    assert is_latin(values)
    assert not is_latin(latin_hypercube(space, n, rng=1).points.to_numpy())
    wanted = np.array(CORRELATION)

    def error(sampler):
        return np.mean(
            [np.abs(spearman(sampler(space, n, rng=k).points.to_numpy()) - wanted) for k in range(20)]
        )

    assert error(iman_conover_lhs) < 0.8 * error(latin_hypercube)
    assert error(iman_conover_lhs) < 1 / n**0.5


def test_iman_conover_is_that_of_pydoe_and_without_a_correlation_leaves_hardly_any(library):
    unit = iman_conover_lhs(cube(4), 100, rng=1).unit
    stream = generator(1)
    sample = library.lhs(4, samples=100, seed=stream)
    np.testing.assert_array_equal(unit, library.iman_conover(sample, np.eye(4), seed=stream))
    assert largest_correlation(unit) < largest_correlation(sample)


def test_iman_conover_of_one_factor_is_a_latin_hypercube(library):
    assert is_latin(iman_conover_lhs(cube(1), 10, rng=1).unit)


def test_iman_conover_needs_more_points_than_factors(library):
    with pytest.raises(DesignError, match="n takes an int above the number of factors 3, got n=3"):
        iman_conover_lhs(cube(3), 3)


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


# Definitive screening


@pytest.mark.parametrize("factors", range(3, 13))
def test_definitive_screening_clears_main_effects_of_all_of_second_order(library, factors):
    space = ParameterSpace({f"x{k}": Real(-1, 1) for k in range(factors)})
    design = definitive_screening(space)
    codes = design.points.to_numpy()
    np.testing.assert_array_equal(codes, library.definitive_screening_design(factors))
    assert len(codes) == 2 * factors + (1 if factors % 2 == 0 else 3)
    gram = codes.T @ codes
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-12)
    for i in range(factors):
        for j in range(i, factors):
            np.testing.assert_allclose(codes.T @ (codes[:, i] * codes[:, j]), 0, atol=1e-12)


def test_definitive_screening_keeps_the_order_of_axes_wherever_those_of_two_levels_stand(library):
    space = ParameterSpace(
        s=Boolean(),
        x=Real(-1, 1),
        k=Categorical(["u", "v", "w"]),
        n=Integer(1, 9),
        d=Discrete([1, 5]),
        y=Real(-1, 1),
    )
    with pytest.warns(
        MesaDoeWarning, match="'response_surface' will refuse .* the levels of k have no order"
    ):
        design = definitive_screening(space, levels={"k": ("w", "u")})
    points = design.points
    assert set(points["s"]) == {False, True}
    assert set(points["k"]) == {"w", "u"}
    assert set(points["d"]) == {1, 5}
    assert set(points["n"]) == {1, 5, 9}
    assert set(points["x"]) == {-1, 0, 1}
    expected = library.definitive_screening_design(3, n_cat=3)
    np.testing.assert_array_equal(points[["x", "y"]], expected[:, [0, 2]])
    np.testing.assert_array_equal(points["n"], 5 + 4 * expected[:, 1])
    np.testing.assert_array_equal(points["s"], expected[:, 3] > 0)


@pytest.mark.parametrize("factors", [6, 7])
@pytest.mark.parametrize(
    ("two", "method", "more"), [(0, "orth", 0), (1, "orth", 1), (3, "dsd", 1), (2, "orth", 3), (4, "orth", 3)]
)
def test_definitive_screening_has_as_many_points_as_the_table_says(library, factors, two, method, more):
    axes = {f"x{k}": Boolean() if k < two else Real(0, 1) for k in range(factors)}
    size = 2 * factors + (3 if factors % 2 else 1) + more
    assert len(definitive_screening(ParameterSpace(axes), method=method)) == size
    assert table().loc["definitive_screening", "points"] == (
        "2d + 1 for even d, 2d + 3 for odd; 1 more with axes of two levels, 3 more with several of them and "
        "method='orth'"
    )


def test_definitive_screening_refuses_names_that_are_not_two(library):
    space = ParameterSpace(x=Real(0, 1), y=Real(0, 1), k=Categorical(["a", "b", "c", "d"]))
    with pytest.raises(DesignError, match="axis 'k': definitive_screening asks"):
        definitive_screening(space)
    with pytest.raises(DesignError, match="method takes 'dsd' or 'orth', got 'x'"):
        definitive_screening(space, method="x")
    with pytest.raises(DesignError, match=r"levels takes a mapping such as \{'x': \(low, high\)\}, got"):
        definitive_screening(space, levels=(0, 1))


def test_the_library_in_use_is_the_successor_where_it_is_installed():
    try:
        import pydoe as successor
    except ImportError:
        assert pydoe() is pyDOE3
    else:
        assert pydoe() is successor
