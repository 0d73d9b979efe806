import itertools
import re
import sys
import types
import warnings

import numpy as np
import pandas as pd
import pytest

from mesa_doe.errors import DesignError, MissingDependencyError
from mesa_doe.samplers import a_optimal, d_optimal, i_optimal, latin_hypercube
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, ParameterSpace, Real
from tests.samplers.samples import coded

A_AND_I = {"A": a_optimal, "I": i_optimal}


def model(codes, degree):
    terms = [
        codes[:, list(chosen)].prod(axis=1)
        for size in range(1, degree + 1)
        for chosen in itertools.combinations_with_replacement(range(codes.shape[1]), size)
    ]
    return np.column_stack([np.ones(len(codes)), *terms])


def d_efficiency(codes, degree):
    x = model(codes, degree)
    return 100 * max(0.0, np.linalg.det(x.T @ x / len(x))) ** (1 / x.shape[1])


def test_a_linear_model_is_learnt_from_an_orthogonal_array_of_corners():
    design = d_optimal(coded(3), 4, levels=3)
    codes = design.points.to_numpy()
    np.testing.assert_allclose(codes.T @ codes, 4 * np.eye(3), atol=1e-12)
    assert design.options["d_efficiency"] == pytest.approx(100)


def test_a_quadratic_model_in_two_factors_is_learnt_from_the_three_by_three_factorial():
    # The best of nine distinct points for it (Atkinson, Donev & Tobias 2007, table 11.6: 46.1 per cent).
    design = d_optimal(coded(2), 9, degree=2)
    assert set(design.points.itertuples(index=False, name=None)) == set(
        itertools.product((-1, 0, 1), repeat=2)
    )
    assert design.options["d_efficiency"] == pytest.approx(46.2, abs=0.05)


@pytest.mark.parametrize("method", ["sequential", "simple_exchange", "fedorov", "modified_fedorov", "detmax"])
@pytest.mark.parametrize(("factors", "n", "degree"), [(2, 6, 2), (3, 6, 1), (2, 10, 3)])
def test_the_efficiency_told_is_that_of_the_points_which_are_all_different(method, factors, n, degree):
    design = d_optimal(coded(factors), n, degree=degree, levels=4, method=method)
    codes = design.points.to_numpy()
    assert len(np.unique(codes, axis=0)) == n
    assert design.options["d_efficiency"] == pytest.approx(d_efficiency(codes, degree), rel=1e-6)
    assert design.options["candidates"] == 4**factors
    # Better than all of a hundred random choices of as many candidates.
    grid = np.array(list(itertools.product(np.linspace(-1, 1, 4), repeat=factors)))
    generator = np.random.default_rng(1)
    chance = [d_efficiency(grid[generator.choice(len(grid), n, replace=False)], degree) for _ in range(100)]
    assert design.options["d_efficiency"] > max(chance)


def test_candidates_may_be_given_and_keep_their_values_exactly():
    space = ParameterSpace(x=Real(0.1, 0.9), n=Integer(1, 9), d=Discrete([1, 10, 100]), s=Boolean(), c=3)
    candidates = latin_hypercube(space, 50, rng=1).points
    design = d_optimal(space, 8, candidates=candidates)
    rows = set(candidates.itertuples(index=False, name=None))
    assert set(design.points.itertuples(index=False, name=None)) <= rows
    assert design.points.dtypes.tolist() == candidates.dtypes.tolist()
    assert design.points.index.tolist() == list(range(8))
    assert space.problems_of(design.points) == []
    again = d_optimal(space, 8, candidates=candidates.to_dict("list"))
    assert again.points.equals(design.points)


def test_candidates_that_come_twice_may_be_chosen_twice():
    corners = pd.DataFrame(list(itertools.product((-1.0, 1.0), repeat=2)) * 2, columns=["x1", "x2"])
    design = d_optimal(coded(2), 8, candidates=corners)
    assert design.points.value_counts().tolist() == [2, 2, 2, 2]


def test_constraints_leave_candidates_out():
    space = ParameterSpace(a=Real(-1, 1), b=Real(-1, 1), constraints=["a + b <= 0.5"])
    points = d_optimal(space, 6, degree=2).points
    assert (points["a"] + points["b"] <= 0.5).all()
    with pytest.raises(DesignError, match=r"candidates do not lie in the space|a \+ b"):
        d_optimal(space, 3, candidates={"a": [0, 1, -1, 1.0], "b": [0, 1, 1, -1.0]})


def test_axes_of_two_names_or_levels_take_part():
    space = ParameterSpace(s=Boolean(), k=Categorical(["u", "v"]), x=Real(0, 1))
    points = d_optimal(space, 4).points
    assert sorted(points["k"]) == ["u", "u", "v", "v"]
    assert points["s"].sum() == 2
    assert set(points["x"]) == {0, 1}


@pytest.mark.parametrize(
    ("space", "n", "options", "words"),
    [
        (
            coded(2),
            5,
            {"degree": 2},
            "degree 2 in 2 factors has 6 coefficients, which n=5 points cannot tell",
        ),
        (coded(2), 26, {}, "n=26 points cannot be chosen from 25 candidates; use more levels="),
        (coded(7), 9, {}, "78,125 candidates are too many to search; the most is 10,000: use fewer levels="),
        (coded(2), 4, {"degree": 2, "levels": 2}, "axis 'x1': degree 2 needs 3 different values among the"),
        (coded(2), 4, {"degree": 0}, "degree takes an int from 1, got 0"),
        (coded(2), 4, {"degree": 1.0}, "degree takes an int from 1, got 1.0"),
        (
            coded(2),
            4,
            {"method": "best"},
            "method takes 'detmax', 'fedorov', 'modified_fedorov', 'sequential'",
        ),
        (
            coded(2),
            4,
            {"candidates": {"x1": [0, 9], "x2": [0, 1]}},
            "axis 'x1': 9 in row 1 is no value of Real",
        ),
        (coded(2), 4, {"candidates": {"x1": [0]}}, "axis 'x2': the column is missing"),
        (
            ParameterSpace(x=Real(0, 1), k=Categorical([1, 2, 3])),
            4,
            {},
            "axis 'k': a polynomial would take the 3 names of Categorical(levels=(1, 2, 3), weights=None) "
            "for numbers; use generalized_subset, orthogonal_array or full_factorial, or make it a constant",
        ),
        (ParameterSpace(x=Real(0, 1), s=Boolean()), 9, {"degree": 2}, "axis 's': degree 2 needs 3 different"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_the_polynomial_cannot_be_learnt_from_is_refused(space, n, options, words):
    with pytest.raises(DesignError, match=re.escape(words)):
        d_optimal(space, n, **options)


def test_candidates_on_one_line_are_refused():
    line = {"x1": np.linspace(-1, 1, 9), "x2": np.linspace(-1, 1, 9)}
    with pytest.raises(DesignError, match="do not tell all 3 coefficients apart"):
        d_optimal(coded(2), 4, candidates=line)


@pytest.mark.parametrize("criterion", sorted(A_AND_I))
def test_the_criteria_that_pydoe3_breaks_need_pydoe(criterion, monkeypatch):
    monkeypatch.setitem(sys.modules, "pydoe", None)
    with pytest.raises(MissingDependencyError, match=r'this needs pydoe.*pip install "mesa-doe\[pydoe\]"'):
        A_AND_I[criterion](coded(2), 6, degree=2)


@pytest.mark.parametrize("criterion", sorted(A_AND_I))
def test_pydoe_is_asked_for_the_criterion(criterion, monkeypatch):
    asked = {}

    def optimal_design(**options):
        asked.update(options)
        return options["candidates"][: options["n_points"]], {"D_eff": 50.0}

    import pyDOE3

    fake = types.ModuleType("pydoe")
    fake.optimal_design, fake.fullfact = optimal_design, pyDOE3.fullfact
    monkeypatch.setitem(sys.modules, "pydoe", fake)
    design = A_AND_I[criterion](coded(2), 5, levels=3)
    assert asked["criterion"] == criterion
    assert asked["candidates"].shape == (9, 2)
    assert design.method == f"{criterion.lower()}_optimal"
    np.testing.assert_array_equal(design.points.to_numpy(), asked["candidates"][:5])


@pytest.mark.parametrize("criterion", sorted(A_AND_I))
def test_with_pydoe_the_designs_are_good_by_their_own_criterion(criterion):
    pytest.importorskip("pydoe", reason="pydoe is not installed")
    grid = np.array(list(itertools.product(np.linspace(-1, 1, 5), repeat=2)))
    moments = model(grid, 2).T @ model(grid, 2) / len(grid)

    def doubt(codes):
        x = model(codes, 2)
        inverse = np.linalg.inv(x.T @ x)
        return np.trace(inverse) if criterion == "A" else np.trace(inverse @ moments)

    design = A_AND_I[criterion](coded(2), 9, degree=2)
    generator = np.random.default_rng(1)
    chance = []
    for _ in range(100):
        codes = grid[generator.choice(len(grid), 9, replace=False)]
        if np.linalg.matrix_rank(model(codes, 2)) == 6:
            chance.append(doubt(codes))
    assert doubt(design.points.to_numpy()) < min(chance)


def test_the_library_alone_gives_singular_designs_where_ours_are_the_best_there_are():
    from pyDOE3.doe_optimal import optimal_design

    grid = np.array(list(itertools.product(np.linspace(-1, 1, 3), repeat=3)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scipy's, of singular matrices
        # As it is called by default. How singular its design is, depends on how the machine rounds.
        alone = optimal_design(grid, 4, 1, criterion="D")[1]["D_eff"]
    assert alone < 90
    assert d_optimal(coded(3), 4, levels=3).options["d_efficiency"] == pytest.approx(100)
