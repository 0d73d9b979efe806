"""One suite that every sampler passes; a new one enters it with one example call in `MAKE`."""

import copy
import functools
import importlib.util
import inspect
import math
import pickle
import random
import sys
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mesa_doe import samplers
from mesa_doe.design import Design
from mesa_doe.errors import DesignError, MesaDoeWarning, MissingDependencyError
from mesa_doe.samplers import SAMPLERS
from mesa_doe.samplers.declare import declare
from mesa_doe.space import Boolean, Categorical, Constant, Discrete, Integer, Law, ParameterSpace, Real

LIST_LEVEL = [1, 2]
LEVELS = ["a", LIST_LEVEL, len, None, True, 1]
GIVEN = np.linspace(0, 1, 12)


def space_of_all():
    return ParameterSpace(
        density=Real(0.1, 0.9),
        cost=Real(0.01, 100, log=True),
        width=20,
        radius=Integer(1, 4),
        size=Discrete([1, 10, 100]),
        rate=Discrete([0.5, 2]),
        kind=Categorical(LEVELS),
        rule=Categorical(["random", "sequential"], weights=[0.8, 0.2]),
        switch=Boolean(),
        homophily=stats.beta(2, 5),
        count=stats.poisson(3),
        sites=Constant([3, 4]),
    )


def space_of_four():
    names = ("density", "width", "radius", "kind", "switch", "sites")
    return ParameterSpace({name: space_of_all()[name] for name in names})


def space_of_numbers(*names):
    names = names or ("density", "cost", "width", "radius", "size", "homophily", "count", "sites")
    return ParameterSpace({name: space_of_all()[name] for name in names})


def space_of_reals():
    return space_of_numbers("density", "cost", "width", "homophily", "sites")


def space_of_sixes():
    return space_of_numbers("density", "cost", "width", "size", "kind", "homophily")


def two(space):
    """Choose two levels of the axis that has names, but not two."""
    return {"kind": (LIST_LEVEL, 1)} if "kind" in space else None


def unwarned(call, *arguments, **options):
    """Call on axes, or with a size, that the sampler advises against."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MesaDoeWarning)
        return call(*arguments, **options)


#: One example call a sampler: ``(space, rng) -> Design``, large enough to show every level.
MAKE: dict[str, Callable[..., Design]] = {
    "a_optimal": lambda space, rng: samplers.a_optimal(
        space, 12, candidates=samplers.latin_hypercube(space, 24, rng=0).points, method="sequential"
    ),
    "base_case": lambda space, rng: samplers.base_case(
        space, {name: 3 for name in space if space[name].n_levels is None}
    ),
    "box_behnken": lambda space, rng: samplers.box_behnken(space),
    "central_composite": lambda space, rng: samplers.central_composite(space, face="faced"),
    "d_optimal": lambda space, rng: samplers.d_optimal(
        space, 12, candidates=samplers.latin_hypercube(space, 40, rng=0).points
    ),
    "definitive_screening": lambda space, rng: unwarned(
        samplers.definitive_screening, space, levels=two(space)
    ),
    "doehlert": lambda space, rng: samplers.doehlert(space),
    "explicit": lambda space, rng: samplers.explicit(
        space.from_unit(np.repeat(GIVEN[:, None], len(space), axis=1)), space
    ),
    "fast": lambda space, rng: unwarned(samplers.fast, space, 200, rng=rng),
    "finite_difference": lambda space, rng: unwarned(
        samplers.finite_difference, space, 256, rng=rng, delta=0.1
    ),
    "folded_hadamard": lambda space, rng: samplers.folded_hadamard(space, levels=two(space)),
    "fractional_factorial": lambda space, rng: samplers.fractional_factorial(
        space, resolution=3, levels=two(space)
    ),
    "full_factorial": lambda space, rng: samplers.full_factorial(
        space, {name: 2 for name in space if space[name].n_levels is None}
    ),
    "generalized_subset": lambda space, rng: samplers.generalized_subset(space, 2, reduction=2),
    "grid": lambda space, rng: samplers.grid(
        space, {name: 2 for name in space if space[name].n_levels is None}
    ),
    "halton": lambda space, rng: samplers.halton(space, 500, rng=rng),
    "i_optimal": lambda space, rng: samplers.i_optimal(
        space, 12, candidates=samplers.latin_hypercube(space, 24, rng=0).points, method="sequential"
    ),
    "iman_conover_lhs": lambda space, rng: samplers.iman_conover_lhs(space, 500, rng=rng),
    "korobov": lambda space, rng: samplers.korobov(space, 1000, rng=rng),
    "latin_hypercube": lambda space, rng: samplers.latin_hypercube(space, 1000, rng=rng),
    "latin_hypercube_pydoe": lambda space, rng: samplers.latin_hypercube_pydoe(space, 500, rng=rng),
    "maximin": lambda space, rng: samplers.maximin(space, 60, iterations=20, rng=rng),
    "maxpro": lambda space, rng: samplers.maxpro(space, 60, iterations=20, rng=rng),
    "minimax": lambda space, rng: samplers.minimax(space, 60, iterations=20, rng=rng),
    "monte_carlo": lambda space, rng: samplers.monte_carlo(space, 1000, rng=rng),
    "morris": lambda space, rng: unwarned(samplers.morris, space, 40, rng=rng, levels=12),
    "nearly_orthogonal_lhs": lambda space, rng: samplers.nearly_orthogonal_lhs(
        space, 60, iterations=20, rng=rng
    ),
    "nested_lhs": lambda space, rng: samplers.nested_lhs(space, 500, rng=rng),
    "orthogonal_array": lambda space, rng: samplers.orthogonal_array(
        space, levels={name: 3 for name in space if space[name].n_levels is None}
    ),
    "orthogonal_array_lhs": lambda space, rng: samplers.orthogonal_array_lhs(space, 81, rng=rng),
    "plackett_burman": lambda space, rng: samplers.plackett_burman(space, levels=two(space)),
    "poisson_disk": lambda space, rng: samplers.poisson_disk(space, 20, rng=rng),
    "radial": lambda space, rng: unwarned(samplers.radial, space, 128, rng=rng),
    "random_k_means": lambda space, rng: samplers.random_k_means(space, 60, steps=60, rng=rng),
    "rank1_lattice": lambda space, rng: samplers.rank1_lattice(space, 1000, rng=rng),
    "rbd_fast": lambda space, rng: samplers.rbd_fast(space, 500, rng=rng),
    "shapley": lambda space, rng: samplers.shapley(space, 200, rng=rng),
    "sliced_lhs": lambda space, rng: samplers.sliced_lhs(space, 500, rng=rng),
    "sobol": lambda space, rng: samplers.sobol(space, 256, rng=rng),
    "sobol_sequence": lambda space, rng: samplers.sobol_sequence(space, 512, rng=rng),
    "sparse_grid": lambda space, rng: samplers.sparse_grid(space, 1),
    "sukharev_grid": lambda space, rng: samplers.sukharev_grid(space, 2 ** len(space)),
    "two_level_factorial": lambda space, rng: samplers.two_level_factorial(space, levels=two(space)),
}

#: The space of the examples, where a sampler does not take all axes.
SPACES: dict[str, Callable[[], ParameterSpace]] = {
    "a_optimal": space_of_numbers,
    "box_behnken": space_of_numbers,
    "central_composite": space_of_numbers,
    "d_optimal": space_of_numbers,
    "doehlert": space_of_reals,
    "i_optimal": space_of_numbers,
    "orthogonal_array": space_of_sixes,
    "poisson_disk": space_of_four,
    "sparse_grid": space_of_numbers,
}

#: Examples for a space of three Real axes and one more, where those of `MAKE` are too small to show all
#: values of that axis, or are of levels that it does not have.
ENOUGH: dict[str, Callable[..., Design]] = {
    "a_optimal": lambda space, rng: samplers.a_optimal(space, 8, levels=3, method="sequential"),
    "d_optimal": lambda space, rng: samplers.d_optimal(space, 12, levels=3),
    "generalized_subset": lambda space, rng: samplers.generalized_subset(
        space, {name: 3 for name in space if space[name].n_levels is None}
    ),
    "i_optimal": lambda space, rng: samplers.i_optimal(space, 8, levels=3, method="sequential"),
    "orthogonal_array": lambda space, rng: samplers.orthogonal_array(
        space,
        levels={name: space["more"].n_levels or 3 for name in space if space[name].n_levels is None},
    ),
    "sukharev_grid": lambda space, rng: samplers.sukharev_grid(space, 12 ** len(space)),
}

#: Samplers whose size follows from the space and the method.
UNSIZED = {
    "box_behnken",
    "central_composite",
    "definitive_screening",
    "doehlert",
    "folded_hadamard",
    "fractional_factorial",
    "orthogonal_array",
    "plackett_burman",
    "sparse_grid",
    "two_level_factorial",
}

#: By what the sizes of the tests are multiplied, where a sampler does not take small ones.
TIMES = {"fast": 20, "sukharev_grid": 2}

#: Samplers of a library that may not be installed; of them only what they say then is tested.
OF_PYDOE = {name for name, info in SAMPLERS.items() if info.library.startswith("pydoe.")}
ABSENT = set() if importlib.util.find_spec("pydoe") else OF_PYDOE

EVERY = sorted(set(SAMPLERS) - ABSENT)
EVEN = [name for name in EVERY if SAMPLERS[name].even]
RANDOM = [name for name in EVERY if SAMPLERS[name].random]
#: Without chance, and with every value of a discrete axis in its example.
COMPLETE = ["explicit", "full_factorial", "grid", "orthogonal_array"]
ARGUMENTS = {name: list(inspect.signature(info.function).parameters) for name, info in SAMPLERS.items()}
SIZED = [
    name
    for name in EVERY
    if ARGUMENTS[name][:2] in (["space", "n"], ["space", "levels"]) and name not in UNSIZED
]
WITH_N = [name for name in SIZED if ARGUMENTS[name][1] == "n"]
#: Samplers and their options that take True or False, or something else too.
CHOICES = [
    (name, option.name)
    for name in EVERY
    for option in inspect.signature(SAMPLERS[name].function).parameters.values()
    if "bool" in option.annotation
]


def space_for(name):
    return SPACES.get(name, space_of_all)()


def sized(name, space, n, **options):
    if not SAMPLERS[name].random:
        options.pop("rng", None)
    return SAMPLERS[name].function(space, n * TIMES.get(name, 1), **options)


#: What a sampler cannot be called without, beside the space and a size.
NEEDED = {"fractional_factorial": {"generators": "a b ab"}, "sparse_grid": {"level": 1}}


def bare(name):
    return functools.partial(SAMPLERS[name].function, **NEEDED.get(name, {}))


@pytest.fixture(scope="module")
def designs():
    return {name: make(space_for(name), 1) for name, make in MAKE.items() if name not in ABSENT}


def test_every_declared_sampler_has_an_example_and_every_example_a_sampler():
    assert sorted(MAKE) == sorted(SAMPLERS)


@pytest.mark.parametrize("name", sorted(OF_PYDOE))
def test_a_sampler_of_a_library_that_is_not_installed_says_what_installs_it(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoe", None)
    with pytest.raises(MissingDependencyError, match=r'this needs pydoe.*pip install "mesa-doe\[pydoe\]"'):
        MAKE[name](space_for(name), 1)


def test_a_sampler_that_names_its_space_otherwise_is_told_when_it_is_declared():
    def mine(box, n):
        raise NotImplementedError

    with pytest.raises(TypeError, match="a sampler takes its ParameterSpace as space; mine takes box, n"):
        declare(library="", purpose="", points="n", extension="none", random=False, source="")(mine)
    assert "mine" not in SAMPLERS


def test_every_declared_sampler_is_public_and_in_the_table():
    assert set(EVERY) <= set(samplers.__all__)
    assert samplers.table().index.tolist() == sorted(SAMPLERS)
    for name, info in SAMPLERS.items():
        assert getattr(samplers, name) is info.function


def test_every_sampler_takes_a_size_but_those_that_have_one_or_are_given_their_points():
    assert set(EVERY) - set(SIZED) == {"explicit", *UNSIZED} - ABSENT


@pytest.mark.parametrize("name", EVERY)
def test_randomness_is_declared_by_the_rng_argument(name):
    parameters = inspect.signature(SAMPLERS[name].function).parameters
    assert ("rng" in parameters) == SAMPLERS[name].random
    if SAMPLERS[name].random:
        assert parameters["rng"].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("name", EVERY)
def test_the_table_says_what_each_sampler_is(name):
    row = samplers.table().loc[name]
    assert row["what"]
    assert not row["what"].endswith(".")
    assert row["for"]
    assert not row["for"].endswith(".")
    assert row["library"]
    assert row["points"]
    assert row["extension"] in ("nested", "augmented", "independent", "none")
    assert row["groups"] == ("groups" in ARGUMENTS[name])
    assert row["source"] or row["library"] == "mesa-doe"


@pytest.mark.parametrize("name", EVERY)
def test_the_sample_lies_in_the_unit_cube_a_column_a_factor(designs, name):
    design = designs[name]
    assert design.unit.dtype == np.float64
    assert design.unit.shape == (len(design), len(design.factors))
    assert design.unit.min() >= 0
    assert design.unit.max() <= 1
    assert design.method == name


@pytest.mark.parametrize("name", EVERY)
def test_values_lie_on_their_axes_and_go_back_to_where_they_were_drawn(designs, name):
    design = designs[name]
    space = design.space
    assert tuple(design.points.columns) == space.names
    assert design.points.index.name == "point"
    assert design.points.index.tolist() == list(range(len(design)))
    assert space.problems_of(design.points) == []
    again = space.from_unit(design.unit[:, : len(space)])
    for axis in space:
        if design.points[axis].dtype == np.float64:
            np.testing.assert_allclose(design.points[axis], again[axis], rtol=1e-9)
        else:
            assert design.points[axis].tolist() == again[axis].tolist()


@pytest.mark.parametrize("name", EVERY)
def test_types_are_those_of_the_axes(designs, name):
    types = designs[name].points.dtypes.map(str).to_dict()
    expected = {
        "density": "float64",
        "cost": "float64",
        "radius": "int64",
        "size": "int64",
        "rate": "float64",
        "kind": "object",
        "rule": "object",
        "switch": "bool",
        "homophily": "float64",
        "count": "int64",
    }
    assert types == {axis: expected[axis] for axis in designs[name].space}


@pytest.mark.parametrize("name", [name for name in EVERY if "kind" in space_for(name)])
def test_levels_are_the_very_objects_of_the_axis_and_all_come_up(designs, name):
    drawn = designs[name].points["kind"].tolist()
    assert {id(value) for value in drawn} <= {id(level) for level in LEVELS}
    if name not in EVEN + RANDOM + COMPLETE:
        return
    assert {id(value) for value in drawn} == {id(level) for level in LEVELS}


@pytest.mark.parametrize("name", COMPLETE)
def test_a_complete_design_lists_every_level(designs, name):
    points = designs[name].points
    levels = {
        "radius": {1, 2, 3, 4},
        "size": {1, 10, 100},
        "rate": {0.5, 2.0},
        "switch": {False, True},
        "rule": {"random", "sequential"},
    }
    for axis in levels.keys() & set(points):
        assert set(points[axis]) == levels[axis]


@pytest.mark.parametrize("name", COMPLETE)
def test_levels_that_come_up_whatever_their_weights_are_not_said_to_come_up_in_their_share(name):
    axes = {letter: Categorical(["yes", "no"], weights=[0.8, 0.2]) for letter in "ab"}
    arguments = [{"a": ["yes", "no"], "b": ["yes", "no"]}] if name == "explicit" else []
    design = SAMPLERS[name].function(*arguments, space=ParameterSpace(axes))
    assert (design.points["a"] == "yes").mean() == 0.5
    assert not SAMPLERS[name].even


@pytest.mark.parametrize("name", [name for name in EVEN if name in RANDOM])
def test_each_level_is_drawn_its_share(designs, name):
    # Were the n base points independent, a share would lie within z standard errors of its truth but with
    # probability erfc(z/sqrt 2); for all 19 levels together one in 10^9 falls outside. A sample that fills
    # the cube more evenly lies nearer still.
    design = designs[name]
    z = stats.norm.isf(1e-9 / 19 / 2)
    kinds = {level if level is not LIST_LEVEL else "list": 0 for level in ["a", LIST_LEVEL, len]}
    for value in design.points["kind"].tolist():
        key = "list" if value is LIST_LEVEL else value
        if any(key is level for level in kinds):
            kinds[key] += 1
    shares = [
        *((count / len(design), 1 / 6) for count in kinds.values()),
        *(((design.points["radius"] == level).mean(), 1 / 4) for level in (1, 2, 3, 4)),
        *(((design.points["size"] == level).mean(), 1 / 3) for level in (1, 10, 100)),
        *(((design.points["rate"] == level).mean(), 1 / 2) for level in (0.5, 2)),
        *(((design.points["switch"] == level).mean(), 1 / 2) for level in (False, True)),
        ((design.points["rule"] == "random").mean(), 0.8),
        ((design.points["rule"] == "sequential").mean(), 0.2),
        *(((design.points["count"] == k).mean(), stats.poisson(3).pmf(k)) for k in (1, 2, 3)),
    ]
    assert len(shares) == 19
    for share, truth in shares:
        assert abs(share - truth) <= z * math.sqrt(truth * (1 - truth) / design.options["n"])


@pytest.mark.parametrize("name", [name for name in EVEN if name in RANDOM])
@pytest.mark.parametrize("axis", ["density", "cost", "homophily"])
def test_each_continuous_axis_is_drawn_by_its_law(designs, name, axis):
    # Of n independent points the empirical distribution lies farther than t from the true one with
    # probability at most 2 exp(-2 n t²) (Massart 1990): here one in 10^9. More even samples lie nearer still.
    laws = {
        "density": stats.uniform(0.1, 0.8),
        "cost": stats.loguniform(0.01, 100),
        "homophily": stats.beta(2, 5),
    }
    distance = stats.kstest(designs[name].points[axis], laws[axis].cdf).statistic
    assert distance <= math.sqrt(math.log(2e9) / (2 * designs[name].options["n"]))


def with_one_more(name, axis):
    space = ParameterSpace(a=Real(0, 1), b=Real(0, 1), c=Real(0, 1), more=axis)
    return unwarned(ENOUGH.get(name, MAKE[name]), space, 1)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("levels", [2, 3, 5])
def test_categories_are_taken_as_declared_and_else_refused_by_the_name_of_the_axis(name, levels):
    axis, allowed = Categorical([*"abcde"[:levels]]), SAMPLERS[name].categories
    if allowed is None or levels in allowed:
        assert set(with_one_more(name, axis).points["more"]) == set(axis.levels)
        return
    with pytest.raises(DesignError, match="axis 'more'"):
        with_one_more(name, axis)


@pytest.mark.parametrize("name", EVERY)
def test_a_boolean_is_taken_where_categories_of_two_are(name):
    allowed = SAMPLERS[name].categories
    if allowed is None or 2 in allowed:
        assert set(with_one_more(name, Boolean()).points["more"]) == {False, True}
        return
    with pytest.raises(DesignError, match="axis 'more'"):
        with_one_more(name, Boolean())


@pytest.mark.parametrize("name", EVERY)
def test_of_an_integer_come_all_values_or_those_at_the_levels_of_the_design_as_declared(name):
    # Of 60 even draws, 4 values are all there but with probability 4 (3/4)^60 < 2e-7.
    some = set(with_one_more(name, Integer(1, 4)).points["more"])
    assert some <= {1, 2, 3, 4}
    if SAMPLERS[name].integers == "all":
        assert some == {1, 2, 3, 4}
        return
    if name == "orthogonal_array":
        with pytest.raises(DesignError, match="no array fits 4 axes of 60 levels"):
            with_one_more(name, Integer(1, 60))
        return
    assert len(set(with_one_more(name, Integer(1, 60)).points["more"])) <= 7


@pytest.mark.parametrize("name", EVERY)
def test_a_law_is_sampled_over_its_whole_range_or_between_two_quantiles_as_declared(name):
    probability = stats.norm.cdf(with_one_more(name, stats.norm(3, 2)).points["more"], 3, 2)
    inside = probability.min() > 0.05 - 1e-9 and probability.max() < 0.95 + 1e-9
    assert inside == (SAMPLERS[name].laws == "quantiles")


@pytest.mark.parametrize("name", EVERY)
def test_designs_in_blocks_and_curves_are_declared_to_need_their_order(designs, name):
    # fast has curves, which share no seed; the effects of folded_hadamard are columns of signs, row by row.
    assert SAMPLERS[name].ordered == (designs[name].blocks is not None or name in ("fast", "folded_hadamard"))


@pytest.mark.parametrize("name", EVERY)
def test_constraints_are_kept_as_declared_and_else_refused(name):
    space = ParameterSpace({axis: Real(0, 1) for axis in "abcd"}, constraints=["a + b + c + d < 1.95"])
    if SAMPLERS[name].constraints == "drawn again":
        design = MAKE[name](space, 1)
        assert space.satisfied(design.points).all()
        assert 0 < design.options["acceptance"] < 1
        return
    if SAMPLERS[name].constraints == "left out":
        assert space.satisfied(SAMPLERS[name].function(space, 12).points).all()
        return
    with pytest.raises(DesignError, match=r"breaks? (it|the constraints)"):
        unwarned(MAKE[name], space, 1)


@pytest.mark.parametrize("name", EVERY)
def test_correlated_factors_are_taken_where_that_is_declared_and_else_refused(name):
    wanted = pd.DataFrame([[1, 0.7], [0.7, 1]], index=["a", "b"], columns=["a", "b"])
    space = ParameterSpace({axis: Real(0, 1) for axis in "abcd"}, correlation=wanted)
    if SAMPLERS[name].correlated:
        # Of independent points the rank correlation has a standard error of about (1 - 0.7²)/sqrt(n).
        drawn = MAKE[name](space, 1).points
        assert stats.spearmanr(drawn["a"], drawn["b"]).statistic > 0.7 - 5 * 0.51 / math.sqrt(len(drawn))
        return
    with pytest.raises(DesignError, match="needs independent factors"):
        unwarned(MAKE[name], space, 1)


def mixed_axes(d):
    kinds = [
        Real(0, 1),
        Integer(1, 6),
        Categorical(["a", "b"]),
        Boolean(),
        stats.norm(),
        Discrete([1, 2.5, 7]),
    ]
    return ParameterSpace({f"x{k}": kinds[k % len(kinds)] for k in range(d)})


@pytest.mark.parametrize("name", [name for name in RANDOM if name not in SPACES])
@pytest.mark.parametrize("d", [1, 2, 5, 12])
def test_any_number_of_axes_of_mixed_kinds_is_taken(name, d):
    design = MAKE[name](mixed_axes(d), 1)
    assert design.unit.shape == (len(design), d)
    assert design.space.problems_of(design.points) == []
    assert np.isfinite(design.points.select_dtypes("number").to_numpy(dtype=float)).all()


LAWS = [
    stats.norm(3, 2),
    stats.beta(2, 5),
    stats.expon(),
    stats.triang(0.5, -2, 1),
    stats.poisson(3),
    stats.randint(-1, 3),
    Law(stats.t(2), quantiles=(0.01, 0.99)),
]


@st.composite
def categoricals(draw):
    places = draw(st.lists(st.sampled_from(range(len(LEVELS))), min_size=2, max_size=4, unique=True))
    parts = draw(st.none() | st.lists(st.integers(1, 9), min_size=len(places), max_size=len(places)))
    weights = None if parts is None else [part / sum(parts) for part in parts]
    return Categorical([LEVELS[place] for place in places], weights)


AXES = st.one_of(
    st.builds(lambda low, width: Real(low, low + width), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3)),
    st.builds(lambda low, ratio: Real(low, low * ratio, log=True), st.floats(1e-6, 1), st.floats(1.5, 1e6)),
    st.builds(lambda low, more: Integer(low, low + more), st.integers(-(10**6), 10**6), st.integers(1, 4)),
    st.sets(st.integers(-99, 99) | st.floats(-99, 99), min_size=2, max_size=4).map(sorted).map(Discrete),
    categoricals(),
    st.builds(Boolean),
    st.sampled_from(LAWS),
)


@st.composite
def spaces(draw, fewest, most):
    axes = draw(st.lists(AXES, min_size=fewest, max_size=most))
    return ParameterSpace({"width": 20, **{f"x{k}": axis for k, axis in enumerate(axes)}})


def few_disks(space, rng):
    return samplers.poisson_disk(space, 5, rng=rng)


#: How many factors a sampler takes at least and at most, where that is not any number.
FACTORS = {
    "generalized_subset": (2, 6),
    "latin_hypercube_pydoe": (1, 6),
    "nearly_orthogonal_lhs": (2, 6),
    "poisson_disk": (1, 4),
}


@pytest.mark.parametrize(
    "name",
    [name for name in EVERY if SAMPLERS[name].categories is None and name != "orthogonal_array"],
)
def test_any_space_is_sampled_within_its_axes_by_type_and_again(name):
    # Not at the size of its example, which takes a second.
    make = few_disks if name == "poisson_disk" else MAKE[name]

    @settings(max_examples=6, deadline=None, database=None)
    @given(space=spaces(*FACTORS.get(name, (1, 6))), rng=st.integers(0, 2**64))
    def sampled(space, rng):
        design = unwarned(make, space, rng)
        unit, points = design.unit, design.points
        assert unit.shape == (len(design), len(space))
        assert unit.min() >= 0
        assert unit.max() <= 1
        assert space.problems_of(points) == []
        again = space.from_unit(space.to_unit(points))
        for axis in space:
            kind = points[axis].dtype
            assert kind == space[axis].from_unit(np.empty(0)).dtype
            if kind == np.float64:
                np.testing.assert_allclose(again[axis], points[axis], rtol=1e-6, atol=1e-9)
            else:
                assert all(a is b or a == b for a, b in zip(again[axis], points[axis], strict=True))
        np.testing.assert_array_equal(unwarned(make, space, rng).unit, unit)
        parameters = design.configurations(dict, rng=1, seed_policy="independent")[len(design) - 1].parameters
        assert set(parameters) == {*space, "width"}
        assert not any(isinstance(value, np.generic) for value in parameters.values())
        assert pickle.loads(pickle.dumps(design)).points.equals(points)

    sampled()


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("seed", [0, 7, 2**80], ids=str)
def test_the_same_rng_gives_the_same_design(name, seed):
    first, second, third = (
        MAKE[name](space_for(name), rng) for rng in (seed, np.random.SeedSequence(seed), seed)
    )
    np.testing.assert_array_equal(first.unit, second.unit)
    np.testing.assert_array_equal(first.unit, third.unit)
    assert first.points.equals(second.points)
    assert dict(first.options) == dict(second.options)


@pytest.mark.parametrize("name", RANDOM)
def test_another_rng_gives_another_sample(designs, name):
    for rng in (2, np.random.SeedSequence(1, spawn_key=(0,)), None):
        assert not np.array_equal(MAKE[name](space_for(name), rng).unit, designs[name].unit)


@pytest.mark.parametrize("name", RANDOM)
def test_no_rng_means_fresh_entropy_each_time(name):
    first, second = MAKE[name](space_for(name), None), MAKE[name](space_for(name), None)
    assert first.options["entropy"] != second.options["entropy"]


@pytest.mark.parametrize("name", RANDOM)
def test_a_callers_generator_moves_and_decides_the_sample(name):
    generator, twin = np.random.default_rng(3), np.random.default_rng(3)
    first = MAKE[name](space_for(name), generator)
    second = MAKE[name](space_for(name), generator)
    assert not np.array_equal(first.unit, second.unit)
    np.testing.assert_array_equal(first.unit, MAKE[name](space_for(name), twin).unit)
    assert generator.bit_generator.state != twin.bit_generator.state


@pytest.mark.parametrize("name", RANDOM)
def test_a_callers_seed_sequence_does_not_move(name):
    sequence = np.random.SeedSequence(3)
    MAKE[name](space_for(name), sequence)
    assert sequence.n_children_spawned == 0


@pytest.mark.parametrize("name", EVERY)
def test_the_global_random_states_do_not_move(name):
    np.random.seed(4)  # noqa: NPY002
    random.seed(4)
    before = np.random.get_state(legacy=False), random.getstate()  # noqa: NPY002
    first = MAKE[name](space_for(name), 1)
    after = np.random.get_state(legacy=False), random.getstate()  # noqa: NPY002
    np.testing.assert_equal(after, before)
    np.random.seed(5)  # noqa: NPY002
    random.seed(5)
    np.testing.assert_array_equal(MAKE[name](space_for(name), 1).unit, first.unit)


@pytest.mark.parametrize("name", RANDOM)
@pytest.mark.parametrize(
    "rng",
    [True, 1.0, -1, "1", [1], np.random.RandomState(1), np.bool_(True)],
    ids=lambda rng: type(rng).__name__,
)
def test_an_rng_that_is_none_is_refused_with_what_is_allowed(name, rng):
    with pytest.raises(
        ValueError, match="non-negative int, a numpy SeedSequence, a numpy Generator or None, got"
    ):
        MAKE[name](space_for(name), rng)


@pytest.mark.parametrize("name", EVERY)
def test_the_space_is_kept_and_not_changed(name):
    space = space_for(name)
    design = MAKE[name](space, 1)
    assert design.space is space
    assert space == space_for(name)
    assert repr(space) == repr(space_for(name))


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("copied", [lambda d: pickle.loads(pickle.dumps(d)), copy.deepcopy, copy.copy])
def test_a_design_pickles_and_copies(designs, name, copied):
    design = designs[name]
    again = copied(design)
    np.testing.assert_array_equal(again.unit, design.unit)
    assert not again.unit.flags.writeable
    assert again.points.to_dict("list") == design.points.to_dict("list")
    assert again.points.dtypes.tolist() == design.points.dtypes.tolist()
    assert again.space == design.space
    assert dict(again.options) == dict(design.options)
    assert repr(again) == repr(design)
    with pytest.raises(TypeError, match="mappingproxy"):
        again.options["n"] = 1


@pytest.mark.parametrize("name", SIZED)
@pytest.mark.parametrize("size", [0, -1, 2.5, True, np.True_, "3", 2.0, np.timedelta64(3, "s")], ids=repr)
def test_a_size_that_is_no_int_from_one_is_refused_with_what_is_allowed(name, size):
    allowed = "takes an int from 1"
    with pytest.raises(DesignError, match=allowed) as caught:
        SAMPLERS[name].function(ParameterSpace(x=Real(0, 1)), size)
    assert repr(size) in str(caught.value)


@pytest.mark.parametrize("name", WITH_N)
def test_no_size_is_refused_too(name):
    with pytest.raises(DesignError, match=f"{name}: n takes an int from 1, got None"):
        SAMPLERS[name].function(ParameterSpace(x=Real(0, 1)), None)


@pytest.mark.parametrize("name", WITH_N)
def test_a_size_may_be_a_numpy_int(name):
    design = sized(name, ParameterSpace(x=Real(0, 1)), np.int64(4), rng=1)
    assert type(design.options["n"]) is int
    np.testing.assert_array_equal(
        design.unit, sized(name, ParameterSpace(x=Real(0, 1)), 4, rng=np.int64(1)).unit
    )


def chosen(name, option, value):
    function = functools.partial(bare(name), ParameterSpace({axis: Real(0, 1) for axis in "abc"}))
    rng = {"rng": 1} if SAMPLERS[name].random else {}
    return function(*([8] if name in SIZED else []), **rng, **{option: value})


def test_samplers_have_options_that_take_true_or_false():
    assert {("sobol", "second_order"), ("halton", "scramble"), ("plackett_burman", "fold")} <= set(CHOICES)


@pytest.mark.parametrize(("name", "option"), CHOICES)
@pytest.mark.parametrize("value", ["no", "False", "", 0, 1, 1.0, None, []], ids=repr)
def test_what_is_neither_true_nor_false_is_refused_with_what_is_allowed(name, option, value):
    with pytest.raises(DesignError, match=f"^{name}: {option} takes True(,| or) False") as caught:
        chosen(name, option, value)
    assert str(caught.value).endswith(f"got {value!r}")


@pytest.mark.parametrize(("name", "option"), CHOICES)
@pytest.mark.parametrize("value", [False, True])
def test_true_and_false_may_be_numpys(name, option, value):
    design = chosen(name, option, np.bool_(value))
    assert design.options[option] is value
    np.testing.assert_array_equal(design.unit, chosen(name, option, value).unit)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("space", [None, {"x": Real(0, 1)}, "x"], ids=repr)
def test_what_is_no_space_is_refused_with_what_is_allowed(name, space):
    if name == "explicit" and space is None:
        pytest.skip("explicit reads the space off the points when it is given none")
    arguments = ([{"x": 1}], space) if name == "explicit" else (space, 4) if name in SIZED else (space,)
    with pytest.raises(DesignError, match=f"{name} takes a ParameterSpace, got {type(space).__name__}"):
        bare(name)(*arguments)


@pytest.mark.parametrize("name", EVERY)
def test_a_space_of_constants_only_is_refused_and_they_are_named(name):
    space = ParameterSpace(width=20, height=3)
    arguments = ([{"width": 20}], space) if name == "explicit" else (space, 4) if name in SIZED else (space,)
    with pytest.raises(DesignError, match=r"needs an axis that varies.*only constants \(width, height\)"):
        bare(name)(*arguments)


@pytest.mark.parametrize("name", [name for name in EVERY if name in EVEN + RANDOM + COMPLETE])
def test_one_factor_is_enough(name):
    design = MAKE[name](ParameterSpace(x=Integer(1, 4)), 1)
    assert set(design.points["x"]) == {1, 2, 3, 4}


def small(name, n, **options):
    space = ParameterSpace(x=Real(0, 1), n=Integer(1, 9))
    return unwarned(sized, name, space, n, **options) if name in WITH_N else MAKE[name](space_for(name), 1)


@pytest.mark.parametrize("name", EVERY)
def test_extension_is_what_was_declared(name):
    design = small(name, 8, rng=1)
    assert design.extension == SAMPLERS[name].extension == samplers.table().loc[name, "extension"]
    if design.extension == "none":
        with pytest.raises(DesignError, match=f"a {name} design cannot be extended.*size beforehand, or use"):
            design.extend(10**6)
        return
    longer = design.extend(16)
    assert len(longer) > len(design)
    assert longer.extension == design.extension
    np.testing.assert_array_equal(longer.unit[: len(design)], design.unit)
    assert longer.points.iloc[: len(design)].equals(design.points)
    if design.blocks is not None:
        assert longer.blocks[: len(design)].tolist() == design.blocks.tolist()
    assert {option: longer.options[option] for option in design.options} == {**design.options, "n": 16}
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(design)).extend(16).unit, longer.unit)
    unseeded = small(name, 8)
    np.testing.assert_array_equal(unseeded.extend(16).unit[: len(design)], unseeded.unit)
    assert len(copy.deepcopy(longer).extend(32)) == 2 * len(longer)


@pytest.mark.parametrize("name", [n for n in EVERY if SAMPLERS[n].extension in ("nested", "independent")])
@pytest.mark.parametrize("n", [9, 12, 16, 23])
def test_a_longer_design_is_what_the_sampler_makes_at_once_unless_it_is_augmented(name, n):
    design = small(name, 8, rng=1)
    at_once = small(name, n, rng=1)
    longer = unwarned(design.extend, n)
    np.testing.assert_array_equal(longer.unit, at_once.unit)
    assert dict(longer.options) == dict(at_once.options)
    np.testing.assert_array_equal(longer.extend(32).unit, design.extend(32).unit)


@pytest.mark.parametrize("name", [name for name in EVERY if SAMPLERS[name].extension != "none"])
@pytest.mark.parametrize("n", [0, -1, 4, 8, 16.0, True, None, "16", np.timedelta64(32, "s")], ids=repr)
def test_an_extension_to_no_larger_size_is_refused(name, n):
    design = small(name, 8, rng=1)
    with pytest.raises(
        DesignError, match=r"extend takes the new size, an int larger than n=8, got"
    ) as caught:
        design.extend(n)
    assert repr(n) in str(caught.value)


@pytest.mark.parametrize("name", WITH_N)
def test_more_points_than_a_design_may_have_are_refused_before_they_are_made(name):
    with pytest.raises(DesignError, match=rf"{name}: n=\d+ makes .* points; the most is 10,000,000"):
        small(name, 10**9, rng=1)


@pytest.mark.parametrize("name", [name for name in EVERY if SAMPLERS[name].extension != "none"])
def test_a_design_does_not_grow_beyond_what_it_may_have(name):
    design = small(name, 8, rng=1)
    each = len(design) // 8
    with pytest.raises(DesignError, match=f"{name}: n={2**24 // each} makes .*; the most is 10,000,000"):
        design.extend(2**24 // each)


@pytest.mark.parametrize("name", EVERY)
def test_the_repr_says_size_and_method_in_one_line(designs, name):
    text = repr(designs[name])
    assert text.startswith(
        f"<Design: {len(designs[name])} points of {len(designs[name].factors)} factors, {name}("
    )
    assert "entropy" not in text
    assert "\n" not in text
