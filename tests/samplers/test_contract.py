"""One suite that every sampler passes; a new one enters it with one example call in `MAKE`."""

import copy
import inspect
import math
import pickle
import random
from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from mesa_doe import samplers
from mesa_doe.design import Design
from mesa_doe.errors import DesignError
from mesa_doe.samplers import SAMPLERS
from mesa_doe.space import Boolean, Categorical, Constant, Discrete, Integer, ParameterSpace, Real

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


#: One example call a sampler: ``(space, rng) -> Design``, large enough to show every level.
MAKE: dict[str, Callable[..., Design]] = {
    "explicit": lambda space, rng: samplers.explicit(
        space.from_unit(np.repeat(GIVEN[:, None], len(space), axis=1)), space
    ),
    "full_factorial": lambda space, rng: samplers.full_factorial(
        space, {name: 2 for name in space if space[name].n_levels is None}
    ),
    "latin_hypercube": lambda space, rng: samplers.latin_hypercube(space, 1000, rng=rng),
    "sobol": lambda space, rng: samplers.sobol(space, 256, rng=rng),
}

EVERY = sorted(SAMPLERS)
RANDOM = [name for name in EVERY if SAMPLERS[name].random]
ARGUMENTS = {name: list(inspect.signature(info.function).parameters) for name, info in SAMPLERS.items()}
SIZED = [name for name in EVERY if ARGUMENTS[name][:2] in (["space", "n"], ["space", "levels"])]
WITH_N = [name for name in SIZED if ARGUMENTS[name][1] == "n"]


@pytest.fixture(scope="module")
def designs():
    return {name: make(space_of_all(), 1) for name, make in MAKE.items()}


def test_every_declared_sampler_has_an_example_and_every_example_a_sampler():
    assert sorted(MAKE) == EVERY


def test_every_declared_sampler_is_public_and_in_the_table():
    assert set(EVERY) <= set(samplers.__all__)
    assert samplers.table().index.tolist() == EVERY
    for name, info in SAMPLERS.items():
        assert getattr(samplers, name) is info.function


def test_every_sampler_takes_a_size_but_the_one_that_is_given_its_points():
    assert set(EVERY) - set(SIZED) == {"explicit"}


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
    assert row["library"]
    assert row["points"]
    assert row["extension"] in ("nested", "none")
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
    assert types == {
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


@pytest.mark.parametrize("name", EVERY)
def test_levels_are_the_very_objects_of_the_axis_and_all_come_up(designs, name):
    drawn = designs[name].points["kind"].tolist()
    assert {id(value) for value in drawn} == {id(level) for level in LEVELS}


@pytest.mark.parametrize("name", sorted(set(EVERY) - set(RANDOM)))
def test_a_sampler_without_chance_lists_every_level(designs, name):
    points = designs[name].points
    assert set(points["radius"]) == {1, 2, 3, 4}
    assert set(points["size"]) == {1, 10, 100}
    assert set(points["rate"]) == {0.5, 2.0}
    assert set(points["switch"]) == {False, True}
    assert set(points["rule"]) == {"random", "sequential"}


@pytest.mark.parametrize("name", RANDOM)
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


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("seed", [0, 7, 2**80], ids=str)
def test_the_same_rng_gives_the_same_design(name, seed):
    first, second, third = (
        MAKE[name](space_of_all(), rng) for rng in (seed, np.random.SeedSequence(seed), seed)
    )
    np.testing.assert_array_equal(first.unit, second.unit)
    np.testing.assert_array_equal(first.unit, third.unit)
    assert first.points.equals(second.points)
    assert dict(first.options) == dict(second.options)


@pytest.mark.parametrize("name", RANDOM)
def test_another_rng_gives_another_sample(designs, name):
    for rng in (2, np.random.SeedSequence(1, spawn_key=(0,)), None):
        assert not np.array_equal(MAKE[name](space_of_all(), rng).unit, designs[name].unit)


@pytest.mark.parametrize("name", RANDOM)
def test_no_rng_means_fresh_entropy_each_time(name):
    first, second = MAKE[name](space_of_all(), None), MAKE[name](space_of_all(), None)
    assert first.options["entropy"] != second.options["entropy"]


@pytest.mark.parametrize("name", RANDOM)
def test_a_callers_generator_moves_and_decides_the_sample(name):
    generator, twin = np.random.default_rng(3), np.random.default_rng(3)
    first = MAKE[name](space_of_all(), generator)
    second = MAKE[name](space_of_all(), generator)
    assert not np.array_equal(first.unit, second.unit)
    np.testing.assert_array_equal(first.unit, MAKE[name](space_of_all(), twin).unit)
    assert generator.bit_generator.state != twin.bit_generator.state


@pytest.mark.parametrize("name", RANDOM)
def test_a_callers_seed_sequence_does_not_move(name):
    sequence = np.random.SeedSequence(3)
    MAKE[name](space_of_all(), sequence)
    assert sequence.n_children_spawned == 0


@pytest.mark.parametrize("name", EVERY)
def test_the_global_random_states_do_not_move(name):
    np.random.seed(4)  # noqa: NPY002
    random.seed(4)
    before = np.random.get_state(legacy=False), random.getstate()  # noqa: NPY002
    first = MAKE[name](space_of_all(), 1)
    after = np.random.get_state(legacy=False), random.getstate()  # noqa: NPY002
    np.testing.assert_equal(after, before)
    np.random.seed(5)  # noqa: NPY002
    random.seed(5)
    np.testing.assert_array_equal(MAKE[name](space_of_all(), 1).unit, first.unit)


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
        MAKE[name](space_of_all(), rng)


@pytest.mark.parametrize("name", EVERY)
def test_the_space_is_kept_and_not_changed(name):
    space = space_of_all()
    design = MAKE[name](space, 1)
    assert design.space is space
    assert space == space_of_all()
    assert repr(space) == repr(space_of_all())


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
@pytest.mark.parametrize("size", [0, -1, 2.5, True, np.True_, "3", 2.0], ids=repr)
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
    design = SAMPLERS[name].function(ParameterSpace(x=Real(0, 1)), np.int64(4), rng=1)
    assert type(design.options["n"]) is int
    np.testing.assert_array_equal(
        design.unit, SAMPLERS[name].function(ParameterSpace(x=Real(0, 1)), 4, rng=np.int64(1)).unit
    )


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("space", [None, {"x": Real(0, 1)}, "x"], ids=repr)
def test_what_is_no_space_is_refused_with_what_is_allowed(name, space):
    if name == "explicit" and space is None:
        pytest.skip("explicit reads the space off the points when it is given none")
    call = (lambda: SAMPLERS[name].function([{"x": 1}], space)) if name == "explicit" else None
    with pytest.raises(DesignError, match=f"{name} takes a ParameterSpace, got {type(space).__name__}"):
        (call or (lambda: SAMPLERS[name].function(space, 4)))()


@pytest.mark.parametrize("name", EVERY)
def test_a_space_of_constants_only_is_refused_and_they_are_named(name):
    space = ParameterSpace(width=20, height=3)
    arguments = ([{"width": 20}], space) if name == "explicit" else (space, 4)
    with pytest.raises(DesignError, match=r"needs an axis that varies.*only constants \(width, height\)"):
        SAMPLERS[name].function(*arguments)


@pytest.mark.parametrize("name", EVERY)
def test_one_factor_is_enough(name):
    design = MAKE[name](ParameterSpace(x=Integer(1, 4)), 1)
    assert set(design.points["x"]) == {1, 2, 3, 4}


@pytest.mark.parametrize("name", EVERY)
def test_extension_is_what_was_declared(name):
    space = ParameterSpace(x=Real(0, 1), n=Integer(1, 9))
    design = SAMPLERS[name].function(space, 8, rng=1) if name in WITH_N else MAKE[name](space, 1)
    if SAMPLERS[name].extension == "none":
        with pytest.raises(DesignError, match=f"a {name} design cannot be extended.*size beforehand, or use"):
            design.extend(16)
        return
    longer = design.extend(16)
    assert len(longer) > len(design)
    np.testing.assert_array_equal(longer.unit[: len(design)], design.unit)
    assert longer.points.iloc[: len(design)].equals(design.points)
    assert longer.blocks[: len(design)].tolist() == design.blocks.tolist()
    assert {**longer.options, "n": 8} == dict(design.options)
    np.testing.assert_array_equal(longer.unit, SAMPLERS[name].function(space, 16, rng=1).unit)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(design)).extend(16).unit, longer.unit)
    unseeded = SAMPLERS[name].function(space, 8)
    np.testing.assert_array_equal(unseeded.extend(16).unit[: len(design)], unseeded.unit)
    np.testing.assert_array_equal(copy.deepcopy(longer).extend(32).unit, design.extend(32).unit)


@pytest.mark.parametrize("name", [name for name in EVERY if SAMPLERS[name].extension == "nested"])
@pytest.mark.parametrize("n", [0, -1, 4, 8, 16.0, True, None], ids=repr)
def test_an_extension_to_no_larger_size_is_refused(name, n):
    design = SAMPLERS[name].function(ParameterSpace(x=Real(0, 1)), 8, rng=1)
    with pytest.raises(DesignError, match=r"extend"):
        design.extend(n)


@pytest.mark.parametrize("name", EVERY)
def test_the_repr_says_size_and_method_in_one_line(designs, name):
    text = repr(designs[name])
    assert text.startswith(f"<Design: {len(designs[name])} points of 10 factors, {name}(")
    assert "entropy" not in text
    assert "\n" not in text
