import itertools
import re

import numpy as np
import pyDOE3
import pytest
from scipy import stats

from mesa_doe.errors import DesignError, MesaDoeWarning
from mesa_doe.samplers import box_behnken, central_composite, doehlert
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, ParameterSpace, Real
from tests.samplers.samples import coded, codes_of, quadratic


def test_box_behnken_of_three_factors_has_the_twelve_middles_of_the_edges_and_the_centre():
    codes = codes_of(box_behnken(coded(3), center=3))
    edges = {point for point in itertools.product((-1, 0, 1), repeat=3) if point.count(0) == 1}
    assert {tuple(row) for row in codes[:12]} == edges
    assert (codes[12:] == 0).all()
    assert len(codes) == 15


@pytest.mark.parametrize("factors", [3, 4, 5, 6, 7])
@pytest.mark.parametrize("center", [None, 0, 1, 5])
def test_box_behnken_is_that_of_the_library(factors, center):
    design = box_behnken(coded(factors), center=center)
    expected = pyDOE3.bbdesign(factors, center=center)
    np.testing.assert_array_equal(codes_of(design), expected)
    repeated = int((expected == 0).all(axis=1).sum())
    assert design.options["center"] == repeated
    assert len(design) == 2 * factors * (factors - 1) + repeated
    if repeated:
        assert np.linalg.matrix_rank(quadratic(expected)) == (factors + 1) * (factors + 2) // 2


def test_box_behnken_takes_every_kind_of_axis_with_three_levels():
    space = ParameterSpace(
        n=Integer(1, 9), d=Discrete([1, 10, 100]), k=Categorical(["a", "b", "c"]), law=stats.norm(), c=3
    )
    with pytest.warns(
        MesaDoeWarning, match="'response_surface' will refuse .* the levels of k have no order"
    ):
        points = box_behnken(space, levels={"n": (2, 3, 9)}).points
    assert set(points["n"]) == {2, 3, 9}
    assert set(points["d"]) == {1, 10, 100}
    assert set(points["k"]) == {"a", "b", "c"}
    np.testing.assert_allclose(sorted(set(points["law"])), stats.norm.ppf([0.05, 0.5, 0.95]), atol=1e-12)


@pytest.mark.parametrize(
    ("axes", "options", "words"),
    [
        ({"a": Real(0, 1), "b": Real(0, 1)}, {}, "box_behnken needs at least three factors, got 2"),
        ({}, {"center": -1}, "box_behnken: center takes an int from 0, got -1"),
        ({}, {"center": 1.0}, "box_behnken: center takes an int from 0, got 1.0"),
        (
            {"s": Boolean()},
            {},
            "axis 's': box_behnken asks 3 levels of it, and Boolean() has 2; use two_level",
        ),
        ({"s": Integer(1, 2)}, {}, "axis 's': box_behnken asks 3 levels of it, which would fall on 2 values"),
    ],
    ids=repr,
)
def test_what_is_no_box_behnken_design_is_refused(axes, options, words):
    base = {} if len(axes) == 2 else {"x": Real(0, 1), "y": Real(0, 1), "z": Real(0, 1)}
    with pytest.raises(DesignError, match=re.escape(words)):
        box_behnken(ParameterSpace({**base, **axes}), **options)


FACES = {"inscribed": "cci", "faced": "ccf"}


@pytest.mark.parametrize("factors", [2, 3, 5])
@pytest.mark.parametrize("center", [(4, 4), (0, 0), (1, 2)])
@pytest.mark.parametrize("alpha", ["orthogonal", "rotatable"])
@pytest.mark.parametrize("face", sorted(FACES))
def test_central_composite_is_that_of_the_library(factors, center, alpha, face):
    design = central_composite(coded(factors), center=center, alpha=alpha, face=face)
    expected = pyDOE3.ccdesign(factors, center=center, alpha=alpha[0], face=FACES[face])
    np.testing.assert_allclose(codes_of(design), expected, atol=1e-15)
    assert len(design) == 2**factors + 2 * factors + sum(center)
    if sum(center):
        assert np.linalg.matrix_rank(quadratic(expected)) == (factors + 1) * (factors + 2) // 2


@pytest.mark.parametrize("factors", [2, 3, 4])
def test_alphas_are_those_of_the_textbook(factors):
    design = central_composite(coded(factors), alpha="rotatable")
    assert design.options["alpha_value"] == pytest.approx(2 ** (factors / 4), rel=1e-12)
    # Rotatable: the moments of fourth order fit, and so the variance depends on the distance alone.
    codes = codes_of(design) * design.options["alpha_value"]
    pure, mixed = (codes[:, 0] ** 4).sum(), (codes[:, 0] ** 2 * codes[:, 1] ** 2).sum()
    assert pure == pytest.approx(3 * mixed, rel=1e-12)
    design = central_composite(coded(factors), alpha="orthogonal", center=(4, 4))
    points, axial = 2**factors, 2 * factors
    expected = np.sqrt(factors * (1 + 4 / axial) / (1 + 4 / points))
    assert design.options["alpha_value"] == pytest.approx(expected, rel=1e-12)
    # Orthogonal blocks: each has its share of the sum of squares (Box & Hunter 1957).
    codes = codes_of(design) * design.options["alpha_value"]
    first, second = codes[: points + 4], codes[points + 4 :]
    share = (first**2).sum() / (codes**2).sum()
    assert share == pytest.approx(len(first) / (len(first) + len(second)), rel=1e-12)
    assert central_composite(coded(factors), face="faced").options["alpha_value"] == 1


def test_centre_points_stay_repeated_and_in_order():
    design = central_composite(coded(2), center=(2, 3), face="faced")
    where = np.flatnonzero((codes_of(design) == 0).all(axis=1))
    assert where.tolist() == [4, 5, 10, 11, 12]
    assert central_composite(coded(2), center=3).options["center"] == (3, 3)
    assert len(central_composite(coded(2), center=np.int64(1))) == 10


def test_inscribed_points_reach_the_bounds_and_do_not_pass_them():
    space = ParameterSpace(a=Real(10, 20), b=Real(0.01, 100, log=True))
    points = central_composite(space).points
    assert (points["a"].min(), points["a"].max()) == (10, 20)
    assert (points["b"].min(), points["b"].max()) == (0.01, 100)


def test_circumscribed_points_lie_beyond_the_chosen_levels_and_inside_the_axis():
    space = ParameterSpace(a=Real(0, 10), b=Real(0, 1), law=stats.uniform(0, 1))
    design = central_composite(
        space,
        face="circumscribed",
        alpha="rotatable",
        levels={"a": (4, 6), "b": (0.25, 0.75)},
        quantiles=(0.3, 0.7),
    )
    alpha = 2**0.75
    coded = (design.points - [5, 0.5, 0.5]) / [1, 0.25, 0.2]
    np.testing.assert_allclose(coded, pyDOE3.ccdesign(3, alpha="r", face="ccc"), atol=1e-12)
    assert design.points["a"].max() == pytest.approx(5 + alpha)


@pytest.mark.parametrize("levels", [None, {"x1": (-0.9, 0.9)}])
def test_circumscribed_points_beyond_the_bounds_are_refused_with_the_choice(levels):
    with pytest.raises(
        DesignError,
        match=r"axis 'x1': code 1.414 lies beyond Real.*levels= farther inside.*'inscribed' or 'faced'",
    ):
        central_composite(coded(2), face="circumscribed", alpha="rotatable", levels=levels)


def test_whole_numbers_take_the_nearest_level_and_too_few_are_refused():
    space = ParameterSpace(n=Integer(1, 9), x=Real(0, 1))
    assert sorted(set(central_composite(space).points["n"])) == [1, 2, 5, 8, 9]
    assert sorted(set(central_composite(space, face="faced").points["n"])) == [1, 5, 9]
    few = ParameterSpace(n=Integer(1, 4), x=Real(0, 1))
    with pytest.raises(DesignError, match=r"axis 'n': central_composite asks 5 levels.*fall on 3 values"):
        central_composite(few)
    assert set(central_composite(few, face="faced").points["n"]) == {1, 3, 4}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"alpha": "o"}, "alpha takes 'orthogonal', 'rotatable', got 'o'"),
        ({"face": "ccc"}, "face takes 'circumscribed', 'faced', 'inscribed', got 'ccc'"),
        ({"center": (1, 2, 3)}, "center takes an int or two, got (1, 2, 3)"),
        ({"center": (1, -1)}, "center takes an int from 0, got -1"),
        ({"center": "44"}, "center takes an int or two, got '44'"),
    ],
    ids=repr,
)
def test_options_that_are_none_are_refused(options, words):
    with pytest.raises(DesignError, match=re.escape(words)):
        central_composite(coded(2), **options)


@pytest.mark.parametrize("sampler", [central_composite, doehlert])
@pytest.mark.parametrize("axis", [Boolean(), Categorical(["a", "b", "c", "d", "e"])], ids=repr)
def test_names_have_no_distances_and_are_refused_with_what_to_use(sampler, axis):
    with pytest.raises(DesignError, match=r"axis 'k': .*has names without any; use .*make it a constant"):
        sampler(ParameterSpace(x=Real(0, 1), k=axis))
