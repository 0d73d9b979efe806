import contextlib
import copy
import math

import numpy as np
import pytest

from mesa_doe.errors import SpaceError
from mesa_doe.space import ParameterSpace, Real

U = np.random.default_rng(7).uniform(0.001, 0.999, 500)

CASES = [
    ("unif", [-3, 7]),
    ("logunif", [0.01, 10]),
    ("triang", [1.0, 3.0, 0.25]),
    ("triang", [3, 0.5]),
    ("norm", [5, 2]),
    ("truncnorm", [0, 6, 5, 2]),
    ("lognorm", [0.5, 0.8]),
    ("weibull", [1.5, 2]),
    ("weibull", [1.5, 2, -1]),
]


@pytest.mark.parametrize(("dist", "bounds"), CASES)
def test_quantiles_are_those_of_salib(dist, bounds):
    util = pytest.importorskip("SALib.util")
    problem = {"num_vars": 1, "names": ["x"], "bounds": [bounds], "dists": [dist]}
    before = copy.deepcopy(problem)
    ours = ParameterSpace.from_salib(problem).columns_from_unit(U[:, None])["x"]
    assert problem == before
    old_triangle = (
        pytest.warns(DeprecationWarning, match="Two-value format")
        if len(bounds) == 2 and dist == "triang"
        else contextlib.nullcontext()
    )
    with old_triangle:
        theirs = util.scale_samples(U[:, None].copy(), copy.deepcopy(problem))[:, 0]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("dist", "bounds"), CASES)
def test_corners_are_finite(dist, bounds):
    space = ParameterSpace.from_salib({"names": ["x"], "bounds": [bounds], "dists": [dist]})
    assert np.isfinite(space.columns_from_unit([[0.0], [1.0]])["x"]).all()


def test_without_dists_all_are_uniform_and_names_keep_their_order():
    bounds = np.array([[0, 1], [2, 3]])
    space = ParameterSpace.from_salib(
        {"names": ["b", "a"], "bounds": bounds, "groups": ["g", "h"], "dists": None}
    )
    assert space == ParameterSpace(b=Real(0, 1), a=Real(2, 3))


def one(**changes):
    return {"num_vars": 1, "names": ["x"], "bounds": [[0, 1]], **changes}


TWO = {"names": ["x", "y"], "bounds": [[0, 1], [0, 1]]}


@pytest.mark.parametrize(
    ("problem", "message"),
    [
        (None, "must be a dict, got NoneType"),
        ({}, "lacks 'names' and 'bounds'"),
        (one(names="x"), "'names' must be a list, got 'x'"),
        (one(dists="unif"), "'dists' must be a list, got 'unif'"),
        (one(num_vars=2), "num_vars is 2, but there are 1 names"),
        (one(bounds=[[0, 1], [0, 1]]), "1 names need as many bounds, got 2"),
        (one(dists=[]), "1 names need as many dists, got 0"),
        (one(names=[3]), "name 3 must be a string"),
        (one(names=[["x"]]), r"name \['x'\] must be a string"),
        (one(names=["x y"]), "a name must be a Python identifier"),
        ({**TWO, "names": ["x", "x"]}, "name 'x' is given more than once"),
        (
            {**TWO, "groups": ["g", "g"]},
            r"a space has no groups, got \('g', 'g'\): .* to the sampler, sobol or morris, by groups=; .*"
            "read by doe.from_salib",
        ),
        (
            one(dists=["uniform"]),
            "axis 'x': dist must be one of lognorm, logunif, norm, triang, .*, weibull, got 'uniform'",
        ),
        (one(dists=[["unif"]]), "dist must be one of"),
        (
            one(bounds=[[0, 1, 2]]),
            r"bounds of 'unif' must be finite numbers \[lower, upper\], got \(0, 1, 2\)",
        ),
        (one(bounds=[["a", 1]]), "must be finite numbers"),
        (one(bounds=[[0, math.inf]]), "must be finite numbers"),
        (one(bounds=[[1, 0]]), "axis 'x': low must be below high, got low=1, high=0"),
        (one(bounds=[[0, 1]], dists=["logunif"]), "low must be above zero"),
        (
            one(bounds=[[0, 1, 2]], dists=["triang"]),
            "the peak is a fraction of the width, from 0 to 1, got 2",
        ),
        (one(bounds=[[1, 0, 0.5]], dists=["triang"]), "the start must be below the end, got 1 and 0"),
        (one(bounds=[[0, 0]], dists=["norm"]), "the standard deviation must be above zero, got 0"),
        (one(bounds=[[0, 1, 0, 0]], dists=["truncnorm"]), "the standard deviation must be above zero, got 0"),
        (
            one(bounds=[[1, 0, 0, 1]], dists=["truncnorm"]),
            "the lower bound must be below the upper, got 1 and 0",
        ),
        (
            one(bounds=[[0, -1]], dists=["lognorm"]),
            "the standard deviation of the logarithm must be above zero",
        ),
        (
            one(bounds=[[800, 1]], dists=["lognorm"]),
            "mean 800 of the logarithm is of numbers beyond the floats",
        ),
        (one(bounds=[[0, 1]], dists=["weibull"]), "shape and scale must be above zero, got 0 and 1"),
    ],
)
def test_a_problem_that_is_none_is_refused(problem, message):
    with pytest.raises(SpaceError, match=message):
        ParameterSpace.from_salib(problem)


def test_every_wrong_factor_is_told_at_once():
    with pytest.raises(SpaceError) as caught:
        ParameterSpace.from_salib({**TWO, "dists": ["norma", "weibull"]})
    assert len(str(caught.value).splitlines()) == 3
