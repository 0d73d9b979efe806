import numpy as np
import pyDOE3
import pytest

from mesa_doe.errors import DesignError
from mesa_doe.samplers import doehlert
from mesa_doe.space import Integer, ParameterSpace, Real
from tests.samplers.samples import coded, codes_of, quadratic


@pytest.mark.parametrize("factors", [1, 2, 3, 4, 7])
def test_doehlert_has_all_points_at_radius_one_and_at_their_neighbours_distance(factors):
    design = doehlert(coded(factors))
    codes = codes_of(design)
    assert len(codes) == factors**2 + factors + 1
    assert (codes[0] == 0).all()
    np.testing.assert_allclose(np.linalg.norm(codes[1:], axis=1), 1, rtol=1e-12)
    distances = np.linalg.norm(codes[:, None] - codes[None], axis=2)[~np.eye(len(codes), dtype=bool)]
    assert distances.min() == pytest.approx(1, rel=1e-12)
    assert len(np.unique(codes.round(9), axis=0)) == len(codes)
    # Every point is a difference of corners of one simplex: so is its opposite.
    rounded = {tuple(row) for row in (codes.round(9) + 0.0)}
    assert {tuple(row) for row in ((-codes).round(9) + 0.0)} == rounded
    counts = [5, *[7] * (factors - 2), 3] if factors > 1 else [3]
    assert [len(np.unique(column.round(9))) for column in codes.T] == counts
    assert np.linalg.matrix_rank(quadratic(codes)) == (factors + 1) * (factors + 2) // 2


def test_the_textbook_doehlert_design_of_two_factors():
    codes = codes_of(doehlert(coded(2), center=2))
    high = np.sqrt(3) / 2
    expected = [(0, 0), (0, 0), (1, 0), (0.5, high), (-1, 0), (-0.5, -high), (0.5, -high), (-0.5, high)]
    np.testing.assert_allclose(codes, expected, atol=1e-12)


def test_the_librarys_doehlert_designs_are_wrong():
    assert (pyDOE3.doehlert_shell_design(3)[:, 2] == 0).all()
    radii = np.linalg.norm(pyDOE3.doehlert_simplex_design(2), axis=1).round(3)
    assert set(radii) == {0, 0.866, 1, 1.323}


def test_doehlert_refuses_what_it_cannot_be():
    with pytest.raises(DesignError, match="center takes an int from 0, got -1"):
        doehlert(coded(2), center=-1)
    with pytest.raises(
        DesignError, match=r"axis 'n': doehlert asks 5 levels of it, which would fall on 3 values"
    ):
        doehlert(ParameterSpace(n=Integer(1, 3), x=Real(0, 1)))
    assert set(doehlert(ParameterSpace(x=Real(0, 1), n=Integer(1, 9))).points["n"]) == {2, 5, 8}
