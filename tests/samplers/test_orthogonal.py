import itertools
from collections import Counter

import numpy as np
import pyDOE3
import pytest
from scipy import stats

from mesa_doe.errors import DesignError
from mesa_doe.samplers import orthogonal_array, orthogonal_array_lhs
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, ParameterSpace, Real
from tests.samplers.samples import integers

WRONG = "L64(2^31)"


ARRAYS = [name for name in pyDOE3.list_orthogonal_arrays() if name != WRONG]


def counts_of(name):
    return (pyDOE3.get_orthogonal_array(name).max(axis=0) + 1).tolist()


@pytest.mark.parametrize("name", ARRAYS)
def test_every_array_is_balanced_over_each_pair_of_factors_and_that_of_the_library(name):
    design = orthogonal_array(integers(*counts_of(name)), name)
    points = design.points.to_numpy()
    np.testing.assert_array_equal(points, pyDOE3.get_orthogonal_array(name))
    assert design.options["name"] == name
    for i, j in itertools.combinations(range(points.shape[1]), 2):
        pairs = Counter(zip(points[:, i], points[:, j], strict=True))
        combinations = (points[:, i].max() + 1) * (points[:, j].max() + 1)
        assert set(pairs.values()) == {len(points) / combinations}


def test_the_array_that_is_not_orthogonal_is_never_used():
    array = pyDOE3.get_orthogonal_array(WRONG)
    assert len(np.unique(array, axis=0)) == 33  # of 64 rows
    assert len(orthogonal_array(integers(*[2] * 31))) == 32
    with pytest.raises(
        DesignError, match=r"'L64\(2\^31\)' is not orthogonal; there are L4\(2\^3\), L8\(2\^7\), L9"
    ):
        orthogonal_array(integers(2, 2), WRONG)
    with pytest.raises(DesignError, match=r"no array fits 32 axes of 2 levels"):
        orthogonal_array(integers(*[2] * 32))


@pytest.mark.parametrize(
    ("counts", "name"),
    [
        ([2, 2], "L4(2^3)"),
        ([2] * 4, "L8(2^7)"),
        ([2] * 11, "L12(2^11)"),
        ([2] * 12, "L16(2^15)"),
        ([3] * 4, "L9(3^4)"),
        ([3] * 5, "L18(6^1 3^6)"),
        ([3] * 13, "L27(2^1 3^12)"),  # whose name is wrong: it has 13 columns of three
        ([4] * 5, "L16(4^5)"),
        ([3, 6, 3], "L18(6^1 3^6)"),
        ([2, 3], "L36(3^23)"),  # so is this one's: it has 11 of two and 12 of three
        ([5, 2, 5], "L50(2^1 5^11)"),
        ([4, 2, 4], "L32(2^1 4^9)"),
    ],
)
def test_the_smallest_array_that_fits_is_found_by_its_levels_not_its_name(counts, name):
    design = orthogonal_array(integers(*counts))
    assert design.options["name"] == name
    assert design.options["levels"] == dict(zip(design.space, counts, strict=True))
    array = pyDOE3.get_orthogonal_array(name)
    columns = list(design.options["columns"].values())
    assert len(set(columns)) == len(columns)
    np.testing.assert_array_equal(design.points.to_numpy(), array[:, columns])


def test_axes_of_every_kind_take_columns_of_their_levels():
    space = ParameterSpace(
        x=Real(0, 1),
        k=Categorical(["a", None, (1, 2), len, "b", 6]),
        n=Integer(1, 9),
        d=Discrete([1, 10, 100]),
        law=stats.uniform(0, 1),
        c=3,
    )
    design = orthogonal_array(space, levels={"x": 3, "n": [1, 2, 9], "law": 3})
    assert design.options["name"] == "L18(6^1 3^6)"
    assert Counter(design.points["n"]) == {1: 6, 2: 6, 9: 6}
    assert Counter(map(id, design.points["k"])) == {id(level): 3 for level in space["k"].levels}
    np.testing.assert_allclose(sorted(set(design.points["law"])), [0.05, 0.5, 0.95])


def test_what_fits_no_array_is_refused_with_what_there_is():
    with pytest.raises(DesignError) as caught:
        orthogonal_array(integers(7, 7, 2))
    assert "no array fits 1 axes of 2, 2 axes of 7 levels; L4(2^3) has 3 of 2;" in str(caught.value)
    assert "L36(3^23) has 11 of 2 and 12 of 3" in str(caught.value)
    assert WRONG not in str(caught.value)
    with pytest.raises(
        DesignError, match=r"that array does not fit 5 axes of 3 levels; L9\(3\^4\) has 4 of 3"
    ):
        orthogonal_array(integers(*[3] * 5), "L9(3^4)")
    with pytest.raises(DesignError, match=r"'L5' is none of the arrays; there are L4"):
        orthogonal_array(integers(2, 2), "L5")
    with pytest.raises(DesignError, match=r"\{'x0': 2\} is none of the arrays"):
        orthogonal_array(integers(2, 2), {"x0": 2})  # levels= in the place of the name
    with pytest.raises(DesignError, match="axis 'x': it is continuous or unbounded; say how many levels"):
        orthogonal_array(ParameterSpace(x=Real(0, 1), s=Boolean()))


@pytest.mark.parametrize(("n", "factors", "s"), [(9, 4, 3), (16, 5, 4), (16, 6, 2), (25, 6, 5), (64, 9, 4)])
def test_latin_hypercubes_on_arrays_fill_each_factor_and_each_pair(n, factors, s):
    pytest.importorskip("pydoe", reason="pydoe is not installed")
    unit = orthogonal_array_lhs(ParameterSpace({f"x{k}": Real(0, 1) for k in range(factors)}), n, rng=1).unit
    assert (np.sort(np.floor(unit * n), axis=0) == np.arange(n)[:, None]).all()
    for i, j in itertools.combinations(range(factors), 2):
        cells = Counter(zip(np.floor(unit[:, i] * s), np.floor(unit[:, j] * s), strict=True))
        assert set(cells.values()) == {n // s**2}


def test_a_size_that_no_array_has_is_refused_with_those_that_fit():
    pytest.importorskip("pydoe", reason="pydoe is not installed")
    with pytest.raises(
        DesignError, match=r"rows of an array with 6 columns \(8, 12, 16, 25, 27, 32, 64, 81\), got n=9"
    ):
        orthogonal_array_lhs(integers(*[2] * 6), 9, rng=1)
