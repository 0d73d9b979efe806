import itertools
import math
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mesa_doe as doe
from mesa_doe.design import Design
from mesa_doe.errors import AnalysisError, DesignError
from mesa_doe.samplers import (
    base_case,
    concat,
    cross,
    explicit,
    full_factorial,
    grid,
    halton,
    latin_hypercube,
    monte_carlo,
    morris,
    sobol,
)
from mesa_doe.space import Boolean, Categorical, Derived, Integer, ParameterSpace, Real

LEVEL = [1]
RULES = ParameterSpace(rule=Categorical(["a", LEVEL]), torus=Boolean(), width=20)
NUMBERS = ParameterSpace(x=Real(0, 1), n=Integer(1, 4), width=20, height=3)


def test_every_point_of_one_meets_every_point_of_the_other_the_second_fastest():
    a, b = full_factorial(RULES), latin_hypercube(NUMBERS, 5, rng=1)
    design = cross(a, b)
    assert len(design) == 20
    rows = itertools.product(a.points.itertuples(index=False), b.points.itertuples(index=False))
    assert design.points.values.tolist() == [[*left, *right] for left, right in rows]
    np.testing.assert_array_equal(design.unit, [[*p, *q] for p in a.unit for q in b.unit])
    assert design.space.names == ("rule", "torus", "x", "n")
    assert dict(design.space.constants) == {"width": 20, "height": 3}
    assert design.points.dtypes.map(str).tolist() == ["object", "bool", "float64", "int64"]
    assert design.points["rule"].iloc[-1] is LEVEL
    assert design.points.index.name == "point"
    assert design.blocks is None
    assert design.groups is None
    assert design.default_seed_policy == "independent"


@given(st.integers(1, 6), st.integers(1, 6))
def test_each_part_comes_back_by_its_rows(n, m):
    a = monte_carlo(ParameterSpace(x=Real(0, 1), k=Integer(1, 9)), n, rng=1)
    b = halton(ParameterSpace(y=Real(0, 1)), m, rng=1)
    design = cross(a, b)
    np.testing.assert_array_equal(design.unit[::m, :2], a.unit)
    np.testing.assert_array_equal(design.unit[:m, 2:], b.unit)


def test_values_that_were_given_keep_their_last_digit():
    a = explicit(pd.DataFrame({"x": [0.1, 0.30000000000000004, 1 / 3]}))
    design = cross(a, grid(ParameterSpace(k=Boolean())))
    assert design.points["x"].tolist() == [0.1] * 2 + [0.30000000000000004] * 2 + [1 / 3] * 2


def test_a_crossed_design_is_taken_for_neither_and_says_what_it_is():
    a, b = full_factorial(RULES), sobol(ParameterSpace(x=Real(0, 1), y=Real(0, 1)), 4, rng=1)
    design = cross(a, b)
    assert design.method == "cross"
    assert design.options["b"] == {"method": "sobol", "points": 16, "options": dict(b.options)}
    assert repr(design).startswith("<Design: 64 points of 4 factors, cross(a=full_factorial(")
    assert "entropy" not in repr(design)
    assert repr(pickle.loads(pickle.dumps(design))) == repr(design)
    with pytest.raises(AnalysisError, match="sobol needs a design made by sobol, got one made by cross"):
        doe.analyze.sobol(design, np.zeros(64))
    with pytest.raises(DesignError, match="a cross design cannot be extended"):
        design.extend(100)


def test_a_block_is_one_of_both_parts():
    a, b = grid(ParameterSpace(k=Boolean())), morris(ParameterSpace(x=Real(0, 1)), 2, rng=1)
    assert b.blocks.tolist() == [0, 0, 1, 1]
    assert cross(a, b).blocks.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert cross(b, a).blocks.tolist() == [0, 1, 0, 1, 2, 3, 2, 3]
    twice = cross(b, morris(ParameterSpace(y=Real(0, 1)), 3, rng=2))
    assert [len(rows) for rows in pd.Series(range(24)).groupby(twice.blocks).groups.values()] == [4] * 6
    assert cross(a, b).default_seed_policy == "block"


def test_groups_of_either_stay_and_other_factors_are_their_own():
    a = sobol(NUMBERS, 2, rng=1, groups={"g": ["x"], "h": ["n"]})
    assert dict(cross(a, grid(RULES)).groups) == {
        "g": ("x",),
        "h": ("n",),
        "rule": ("rule",),
        "torus": ("torus",),
    }
    b = sobol(ParameterSpace(y=Real(0, 1), z=Real(0, 1)), 2, rng=1, groups={"g": ["y"], "i": ["z"]})
    with pytest.raises(DesignError, match="both designs have a group 'g'; name one otherwise"):
        cross(a, b)


def test_constraints_and_derived_parameters_of_both_are_kept():
    a = ParameterSpace({"a": Real(0, 1), "b": Real(0, 1), "s": Derived("a + b")}, constraints=["a < b"])
    b = ParameterSpace({"c": Real(0, 1), "k": 2, "t": Derived("k * c")}, constraints=["c < 0.5"])
    design = cross(halton(a, 4, rng=1), halton(b, 4, rng=1))
    assert design.space.constraints == ("a < b", "c < 0.5")
    assert design.space.satisfied(design.points).all()
    assert list(design.space.derived) == ["s", "t"]
    run = design.configurations(dict, rng=1)[5]
    assert math.isclose(run.parameters["s"], run.parameters["a"] + run.parameters["b"])


def test_correlation_stays_within_each_part():
    matrix = pd.DataFrame([[1, 0.7], [0.7, 1]], index=["a", "b"], columns=["a", "b"])
    a = ParameterSpace({"a": Real(0, 1), "b": Real(0, 1)}, correlation=matrix)
    first = halton(a, 6, rng=1)
    for design in (cross(first, grid(RULES)), cross(grid(RULES), first)):
        assert design.space.correlation.loc[["a", "b"], ["a", "b"]].equals(a.correlation)
        rest = design.space.correlation.loc[["rule", "torus"]].to_numpy()
        assert ((rest == 0) | (rest == 1)).all()
        again = design.space.from_unit(design.unit)
        np.testing.assert_allclose(again[["a", "b"]], design.points[["a", "b"]], rtol=1e-12)
        assert again["rule"].tolist() == design.points["rule"].tolist()
    both = cross(
        first, halton(ParameterSpace({"c": Real(0, 1), "d": Real(0, 1)}, correlation=[[1, 0.3], [0.3, 1]]), 3)
    )
    assert both.space.correlation.to_numpy()[:2, 2:].tolist() == [[0, 0], [0, 0]]
    assert both.space.correlation.loc["c", "d"] == 0.3


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (ParameterSpace(x=Real(0, 2)), "parameter 'x' is in both spaces, as Real"),
        (ParameterSpace(y=Real(0, 1), width=21), "'width' is in both spaces, as Constant.* and as Constant"),
        (ParameterSpace(y=Real(0, 1), width=20.0), "'width' is in both spaces"),
        (ParameterSpace(width=Integer(1, 4)), "'width' is in both spaces, as Constant.* and as Integer"),
        (
            ParameterSpace(y=Real(0, 1), n=Derived("2 * y")),
            "'n' is in both spaces, as Integer.* and as derived",
        ),
    ],
    ids=["factor", "constant", "type", "constant and factor", "derived"],
)
def test_names_that_clash_are_refused_and_shown(other, words):
    with pytest.raises(DesignError, match=words):
        cross(halton(NUMBERS, 2, rng=1), halton(other, 2, rng=1))


def test_all_clashes_are_told_at_once():
    with pytest.raises(DesignError, match=r"do not go together \(2\)") as caught:
        cross(halton(NUMBERS, 2, rng=1), halton(ParameterSpace(x=Real(0, 1), n=Real(0, 1)), 2, rng=1))
    assert "'x'" in str(caught.value)
    assert "'n'" in str(caught.value)


def test_a_function_that_would_be_given_the_other_part_too_is_refused():
    def small(**columns):
        return sum(columns.values()) < 3

    def near(a, rule="a"):
        return a < 0.9

    for function in (small, near):
        space = ParameterSpace({"a": Real(0, 1)}, constraints=[function])
        with pytest.raises(
            DesignError, match=f"constraint {function.__name__} is a function that would be given .*rule"
        ):
            cross(halton(space, 2, rng=1), grid(RULES))
    space = ParameterSpace({"a": Real(0, 1)}, constraints=[lambda a: a < 0.9])
    assert len(cross(halton(space, 2, rng=1), grid(RULES))) == 8


def test_a_seed_that_is_a_factor_and_too_many_points_are_refused():
    seeded = sobol(ParameterSpace(y=Real(0, 1)), 2, rng=1, seed_factor=True)
    with pytest.raises(DesignError, match="the seed is a factor of the sobol design"):
        cross(grid(RULES), seeded)
    large = monte_carlo(ParameterSpace(y=Real(0, 1)), 4000, rng=1)
    with pytest.raises(DesignError, match=r"cross would have 4,000 × 4,000 points; the most is 10,000,000"):
        cross(large, monte_carlo(ParameterSpace(z=Real(0, 1)), 4000, rng=1))


@pytest.mark.parametrize(
    "call", [lambda d: cross(d, None), lambda d: concat(d, NUMBERS), lambda d: concat([d, d])]
)
def test_what_is_no_design_is_refused(call):
    with pytest.raises(DesignError, match=r"takes designs, got (NoneType|ParameterSpace|list) at position"):
        call(halton(NUMBERS, 2, rng=1))


def test_one_design_follows_the_other():
    parts = [latin_hypercube(NUMBERS, 4, rng=1), base_case(NUMBERS, {"x": 3}), halton(NUMBERS, 3, rng=1)]
    design = concat(*parts)
    np.testing.assert_array_equal(design.unit, np.vstack([part.unit for part in parts]))
    assert design.points.to_dict("records") == [
        row for part in parts for row in part.points.to_dict("records")
    ]
    assert design.points.dtypes.tolist() == parts[0].points.dtypes.tolist()
    assert design.points.index.tolist() == list(range(len(design)))
    assert design.method == "concat"
    assert [one["method"] for one in design.options["designs"]] == ["latin_hypercube", "base_case", "halton"]
    assert "concat(designs=[latin_hypercube(n=4" in repr(design)
    assert design.space is NUMBERS
    assert design.blocks is None


def test_levels_stay_the_very_objects():
    space = ParameterSpace(rule=Categorical(["a", LEVEL]))
    design = concat(grid(space), grid(space))
    assert design.points["rule"].iloc[3] is LEVEL


def test_blocks_and_seeds_are_numbered_on():
    space = ParameterSpace(x=Real(0, 1))
    first = morris(space, 2, rng=1)
    assert concat(first, monte_carlo(space, 2, rng=1), first).blocks.tolist() == [
        0,
        0,
        1,
        1,
        2,
        3,
        4,
        4,
        5,
        5,
    ]
    one, two = (sobol(space, 2, rng=rng, seed_factor=True) for rng in (1, 2))
    design = concat(one, two)
    assert design.factors == ("x", "seed")
    assert not set(design.seed_levels[: len(one)]) & set(design.seed_levels[len(one) :])
    assert (design.seed_levels[len(one) :] - two.seed_levels == one.seed_levels.max() + 1).all()


def test_groups_that_all_have_are_kept():
    one, two = (sobol(NUMBERS, 2, rng=rng, groups={"a": ["x"], "b": ["n"]}) for rng in (1, 2))
    assert concat(one, two).groups == one.groups
    assert concat(one, halton(NUMBERS, 2, rng=1)).groups is None


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (ParameterSpace(x=Real(0, 1)), "its factors are x, not x, n"),
        (
            ParameterSpace(x=Real(0, 2), n=Integer(1, 4), width=20, height=3),
            "axis 'x' is Real.*high=2.*, not Real",
        ),
        (
            ParameterSpace(x=Real(0, 1), n=Integer(1, 4), width=20, height=4),
            "in constants, derived parameters",
        ),
    ],
    ids=["factors", "axis", "constants"],
)
def test_designs_over_other_spaces_are_refused_with_the_difference(other, words):
    with pytest.raises(DesignError, match=f"design 1 lies in another space than design 0: {words}"):
        concat(halton(NUMBERS, 2, rng=1), halton(other, 2, rng=1))


def test_one_design_alone_and_a_seed_of_some_only_are_refused():
    space = ParameterSpace(x=Real(0, 1))
    with pytest.raises(DesignError, match="at least two designs, got 1"):
        concat(halton(space, 2, rng=1))
    with pytest.raises(DesignError, match="at least two designs, got 0"):
        concat()
    with pytest.raises(DesignError, match="a factor of all designs or of none, and design 1 differs"):
        concat(halton(space, 2, rng=1), sobol(space, 2, rng=1, seed_factor=True))


def test_derived_designs_are_saved_and_read(tmp_path):
    design = concat(
        cross(grid(RULES), latin_hypercube(NUMBERS, 3, rng=1)), cross(grid(RULES), halton(NUMBERS, 2, rng=1))
    )
    part = design.subset("n > 1").repeat_center(2, at={"rule": "a", "torus": True})
    part.to_csv(tmp_path / "plan.csv")
    again = doe.load_design(tmp_path / "plan.csv")
    assert isinstance(again, Design)
    assert dict(again.options) == dict(part.options)
    assert repr(again) == repr(part)
    assert again.points.to_dict("list") == part.points.to_dict("list")
