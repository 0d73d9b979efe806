import itertools

import numpy as np
import pyDOE3
import pytest

from mesa_doe.errors import DesignError, MesaDoeWarning
from mesa_doe.samplers import definitive_screening, plackett_burman, table
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, ParameterSpace, Real
from tests.samplers.samples import coded, codes_of


@pytest.mark.parametrize("factors", [1, 2, 3, 4, 7, 8, 11, 12, 15, 19, 23, 28, 31, 39, 47])
def test_plackett_burman_is_balanced_orthogonal_and_that_of_the_library(factors):
    design = plackett_burman(coded(factors))
    codes = codes_of(design)
    assert len(codes) == 4 * (factors // 4 + 1)
    np.testing.assert_array_equal(codes, pyDOE3.pbdesign(factors))
    assert (codes.sum(axis=0) == 0).all()
    np.testing.assert_array_equal(codes.T @ codes, len(codes) * np.eye(factors))


@pytest.mark.parametrize(("factors", "larger"), [(24, 32), (27, 32), (32, 40), (35, 40), (36, 40), (41, 48)])
def test_a_size_that_the_library_has_not_is_refused_with_the_next_which_works(factors, larger):
    if 4 * (factors // 4 + 1) == larger:
        pytest.skip("the library has it")
    with pytest.raises(DesignError, match=f"the next that it has is size={larger}"):
        plackett_burman(coded(factors))
    codes = codes_of(plackett_burman(coded(factors), size=larger))
    assert codes.shape == (larger, factors)
    np.testing.assert_array_equal(codes.T @ codes, larger * np.eye(factors))


@pytest.mark.parametrize("size", [0, 3, 10, 8, -12, "12", True, 12.0], ids=repr)
def test_a_size_that_cannot_be_is_refused(size):
    with pytest.raises(DesignError, match="size takes a multiple of 4 above the 9 factors, got"):
        plackett_burman(coded(9), size=size)


def test_a_folded_plackett_burman_clears_main_effects_of_interactions_of_two():
    codes = codes_of(plackett_burman(coded(11), fold=True))
    assert len(codes) == 24
    for pair in itertools.combinations(range(11), 2):
        assert (codes[:, pair].prod(axis=1) @ codes == 0).all()


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
