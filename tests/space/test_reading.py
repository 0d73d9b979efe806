import collections
import enum
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mesa_doe.errors import SpaceError
from mesa_doe.space import Axis, Boolean, Categorical, Constant, Discrete, Integer, Law, ParameterSpace, Real


class Colour(enum.Enum):
    RED = 1


class Plain:
    pass


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        3,
        0.5,
        math.inf,
        1j,
        "abc",
        b"a",
        Colour.RED,
        {"a": [1]},
        len,
        Plain,
        Plain(),
        collections.Counter(),
    ],
)
def test_plain_values_are_constants_and_keep_identity(value):
    space = ParameterSpace(x=value)
    assert space.constants["x"] is value
    assert space["x"] == Constant(value)
    assert len(space) == 0


def test_numpy_scalars_are_python_constants():
    assert type(ParameterSpace(x=np.int64(3)).constants["x"]) is int


@pytest.mark.parametrize(
    "value",
    [
        [1, 2],
        (1, 2),
        {1, 2},
        frozenset([1]),
        range(3),
        np.arange(3),
        np.array(3),
        pd.Series([1]),
        pd.DataFrame({"a": [1]}),
        collections.deque([1]),
        iter([1]),
        Colour,
    ],
    ids=lambda value: type(value).__name__,
)
def test_lists_and_the_like_are_refused_with_the_ways_out(value):
    with pytest.raises(
        SpaceError, match=r"axis 'x': a \w+ is no plain value.*Categorical.*Discrete.*Constant\("
    ):
        ParameterSpace(x=value)


def test_a_list_held_by_constant_is_a_constant():
    held = [1, 2]
    assert ParameterSpace(x=Constant(held)).constants["x"] is held


@pytest.mark.parametrize("kind", [Real, Integer, Discrete, Categorical, Boolean, Constant, Law])
def test_a_class_in_place_of_an_axis_is_refused(kind):
    with pytest.raises(SpaceError, match=rf"axis 'x': {kind.__name__} is a class: write {kind.__name__}\("):
        ParameterSpace(x=kind)


def test_laws_are_wrapped_and_unfrozen_ones_refused():
    assert ParameterSpace(x=stats.beta(2, 5)).axes["x"] == Law(stats.beta(2, 5))
    for law in (stats.beta, stats.poisson, stats.rv_histogram(np.histogram([1, 2]))):
        with pytest.raises(SpaceError, match=r"axis 'x': the law .* is not frozen"):
            ParameterSpace(x=law)
    with pytest.raises(SpaceError, match="is no law of one number"):
        ParameterSpace(x=stats.multivariate_normal([0, 0]))


@pytest.mark.skipif(not hasattr(stats, "Normal"), reason="this scipy has no new laws")
def test_new_laws_are_wrapped_and_their_classes_refused():
    assert ParameterSpace(x=stats.Normal(mu=1.0)).axes["x"] == Law(stats.Normal(mu=1.0))
    with pytest.raises(SpaceError, match=r"axis 'x': Normal is a class: .*stats.Normal\(...\)"):
        ParameterSpace(x=stats.Normal)


def test_nan_is_no_constant():
    with pytest.raises(SpaceError, match="axis 'x': nan cannot be a constant"):
        ParameterSpace(x=math.nan)


@pytest.mark.parametrize("name", ["a b", "1a", "", "class", "None", "x-y"])
def test_names_must_be_keyword_arguments(name):
    with pytest.raises(SpaceError, match=f"axis '{name}': a name must be a Python identifier"):
        ParameterSpace({name: 1})


@pytest.mark.parametrize("name", ["seed", "rng"])
def test_seeds_are_no_parameters(name):
    with pytest.raises(
        SpaceError, match=f"axis '{name}': seeds come from rng= and seed_policy= .*seed_factor=True"
    ):
        ParameterSpace({name: Integer(0, 9)})


def test_names_must_be_strings():
    with pytest.raises(SpaceError, match="axis 3: a name must be a string, got int"):
        ParameterSpace({3: 1})


def test_any_object_with_the_methods_of_an_axis_is_one():
    class Half:
        n_levels = None

        def problems(self):
            return []

        def from_unit(self, u):
            return np.asarray(u) / 2

        def to_unit(self, values):
            return np.asarray(values) * 2

        def outside(self, values):
            return np.asarray(values) > 0.5

        def to_dict(self):
            return {}

    axis: Axis = Half()
    space = ParameterSpace(x=axis)
    assert space.axes["x"] is axis
    assert space.columns_from_unit([[1.0]])["x"].tolist() == [0.5]
