import copy
import itertools
import json
import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from mesa_doe.errors import SpaceError
from mesa_doe.space import Boolean, Categorical, Discrete, Integer, ParameterSpace, Real
from mesa_doe.space.copula import Copula

#: How seldom each statistical test of this file may fail though what it says is true.
ALPHA = 1e-6
THREE = [[1, 0.7, -0.3], [0.7, 1, 0.2], [-0.3, 0.2, 1]]


def space_of_three(correlation=THREE):
    return ParameterSpace(
        {"a": Real(0, 1), "b": stats.expon(), "c": Real(0.01, 10, log=True)}, correlation=correlation
    )


def samples():
    sobol = stats.qmc.Sobol(3, rng=np.random.default_rng(5)).random(2**14)
    return {
        "monte carlo": np.random.default_rng(1).random((2**14, 3)),
        "latin hypercube": stats.qmc.LatinHypercube(3, rng=np.random.default_rng(2)).random(2**14),
        "sobol": sobol,
    }


@pytest.mark.parametrize("kind", ["monte carlo", "latin hypercube", "sobol"])
def test_rank_correlations_come_back_within_their_sampling_error(kind):
    frame = space_of_three().from_unit(samples()[kind])
    n = len(frame)
    found = stats.spearmanr(frame.to_numpy()).statistic
    for i, j in itertools.combinations(range(3), 2):
        # Bonett & Wright (2000): Fisher's z of a rank correlation has variance (1 + rho**2 / 2) / (n - 3).
        error = np.sqrt((1 + THREE[i][j] ** 2 / 2) / (n - 3))
        bound = stats.norm.isf(ALPHA / 2 / 9) * error
        assert abs(np.arctanh(found[i, j]) - np.arctanh(THREE[i][j])) < bound


@pytest.mark.parametrize("kind", ["monte carlo", "latin hypercube", "sobol"])
def test_the_law_of_each_factor_is_unchanged(kind):
    space = space_of_three()
    columns = space.columns_from_unit(samples()[kind])
    for name, law in (("a", stats.uniform()), ("b", stats.expon()), ("c", stats.loguniform(0.01, 10))):
        # Dvoretzky, Kiefer & Wolfowitz with Massart's constant: P(D > e) <= 2 exp(-2 n e**2).
        bound = np.sqrt(np.log(2 * 9 / ALPHA) / 2 / len(columns[name]))
        assert stats.kstest(columns[name], law.cdf).statistic < bound


def test_integers_and_levels_keep_their_shares():
    space = ParameterSpace(
        a=Real(0, 1), n=Integer(1, 6), k=Categorical(["x", "y"], [0.2, 0.8]),
        correlation=[[1, 0.8, 0.5], [0.8, 1, 0.6], [0.5, 0.6, 1]],
    )  # fmt: skip
    frame = space.from_unit(np.random.default_rng(4).random((12_000, 3)))
    counts = frame["n"].value_counts().sort_index()
    assert stats.chisquare(counts).pvalue > ALPHA
    assert stats.binomtest(int((frame["k"] == "x").sum()), 12_000, 0.2).pvalue > ALPHA
    # Ties bring a rank correlation nearer to zero, never to the other sign.
    assert 0.6 < stats.spearmanr(frame["a"], frame["n"]).statistic < 0.8


@given(st.lists(st.lists(st.floats(0.001, 0.999), min_size=3, max_size=3), min_size=1, max_size=10))
def test_to_unit_is_the_inverse_for_continuous_axes(u):
    space = space_of_three()
    np.testing.assert_allclose(space.to_unit(space.from_unit(u)), u, atol=1e-9)


def test_values_of_discrete_axes_come_back():
    space = ParameterSpace(
        n=Integer(1, 6), d=Discrete([1, 10, 100]), s=Boolean(), k=Categorical(["x", "y"]),
        correlation=0.5 * np.ones((4, 4)) + 0.5 * np.eye(4),
    )  # fmt: skip
    frame = space.from_unit(np.random.default_rng(6).random((300, 4)))
    pd.testing.assert_frame_equal(space.from_unit(space.to_unit(frame)), frame)


@pytest.mark.parametrize("rho", [0.999, -0.999, 0.7, -0.3])
def test_corners_are_finite_and_inside(rho):
    space = ParameterSpace(a=stats.norm(), b=stats.norm(), correlation=[[1, rho], [rho, 1]])
    u = list(itertools.product([0.0, 1.0, 1e-300, 1 - 2**-53, 0.5], repeat=2))
    values = np.column_stack(list(space.columns_from_unit(u).values()))
    assert np.isfinite(values).all()
    assert np.isfinite(space.to_unit(space.from_unit(u))).all()
    assert space.problems_of(space.from_unit(u)) == []


def test_factors_that_follow_no_other_keep_every_digit():
    frame = pd.DataFrame([[1, 0.7], [0.7, 1]], index=["b", "d"], columns=["b", "d"])
    axes = {name: Integer(1, 4) for name in "abcd"}
    plain, space = ParameterSpace(axes), ParameterSpace(axes, correlation=frame)
    u = np.array([[i / 4] * 4 for i in range(5)])  # the borders of the levels
    pd.testing.assert_frame_equal(space.from_unit(u)[["a", "b", "c"]], plain.from_unit(u)[["a", "b", "c"]])
    assert Copula(space.correlation).from_unit(u)[:, :3].tolist() == u[:, :3].tolist()


def test_a_frame_of_some_factors_leaves_the_others_independent():
    frame = pd.DataFrame([[0.7, 1], [1, 0.7]], index=["c", "a"], columns=["a", "c"])
    space = space_of_three(frame)
    assert space.correlation.to_numpy().tolist() == [[1, 0, 0.7], [0, 1, 0], [0.7, 0, 1]]
    assert list(space.correlation.index) == list(space.correlation.columns) == ["a", "b", "c"]
    assert not space.is_independent


def test_constants_and_derived_parameters_are_no_factors_of_an_array():
    space = ParameterSpace({"w": 3, "a": Real(0, 1), "b": Real(0, 1)}, correlation=[[1, 0.5], [0.5, 1]])
    assert list(space.correlation) == ["a", "b"]
    with pytest.raises(SpaceError, match="correlation names what is no factor of the space: 'w'"):
        ParameterSpace(
            {"w": 3, "a": Real(0, 1)},
            correlation=pd.DataFrame(np.eye(2), index=["w", "a"], columns=["w", "a"]),
        )


def test_pairs_stand_for_the_frame_that_they_fill():
    frame = pd.DataFrame(
        [[1, 0.6, 0], [0.6, 1, -0.2], [0, -0.2, 1]], index=["c", "a", "b"], columns=["c", "a", "b"]
    )
    pairs = [("c", "a", 0.6), ["a", "b", np.float32(-0.25)]]
    frame.loc["a", "b"] = frame.loc["b", "a"] = -0.25
    assert space_of_three(pairs).correlation.equals(space_of_three(frame).correlation)


def test_no_correlation_is_none():
    for space in (space_of_three(None), space_of_three(np.eye(3))):
        assert space.correlation is None
        assert space.is_independent
        assert space == space_of_three(None)
        u = samples()["sobol"][:50]
        assert (
            space.columns_from_unit(u)["c"].tolist()
            == space_of_three(None).columns_from_unit(u)["c"].tolist()
        )


def test_the_matrix_cannot_be_changed_from_outside():
    matrix = np.array(THREE, dtype=float)
    space = space_of_three(matrix)
    matrix[0, 1] = 0
    told = space.correlation
    told.iloc[0, 1] = 0
    assert space.correlation.to_numpy().tolist() == THREE


def test_every_mistake_is_told_at_once():
    with pytest.raises(SpaceError) as caught:
        space_of_three([[0.9, 1.5, 0.2], [1.5, 1, np.nan], [0.3, 0.1, 1]])
    assert [line[4:] for line in str(caught.value).splitlines()[1:]] == [
        "correlation of 'a' with itself must be 1, got 0.9",
        "correlation of 'a' and 'b' must lie from -1 to 1, got 1.5",
        "correlation of 'a' and 'c' must be one number, got 0.2 and 0.3",
        "correlation of 'b' and 'c' must lie from -1 to 1, got nan",
    ]


@pytest.mark.parametrize(
    ("correlation", "message"),
    [
        (
            [[1, 0.9, 0.9], [0.9, 1, -0.9], [0.9, -0.9, 1]],
            "'a'-'b' 0.9, 'a'-'c' 0.9 and 'b'-'c' -0.9 cannot",
        ),
        (
            [[1, 1, 0], [1, 1, 0], [0, 0, 1]],
            "of 'a' and 'b' is 1.0: they are one factor, so make one Derived",
        ),
        ([[1, -1, 0], [-1, 1, 0], [0, 0, 1]], "'a' and 'b' is -1.0: they are one factor"),
        ([[1, 0.5], [0.5, 1]], r"an array of shape \(3, 3\), or pairs .*, got shape \(2, 2\)"),
        ([1, 2, 3], r"got shape \(3,\)"),
        (
            [["x", 1, 2], [1, 2, 3], [1, 2, 3]],
            r"correlation\[0\] takes two names and a number, as \('a', 'b'",
        ),
        ([("a", "b", 0.5), ("b", "c")], r"correlation\[1\] takes two names and a number.*got \('b', 'c'\)"),
        ([("a", "b", True)], r"correlation\[0\] takes two names and a number"),
        ([("a", "a", 0.5)], r"correlation\[0\] is of 'a' with itself, which is 1"),
        ([("a", "b", 0.5), ("b", "a", 0.5)], r"correlation\[1\]: 'b' and 'a' are given twice"),
        ([("a", "cc", 0.5)], "no factor of the space: 'cc'; close: 'c'"),
        ({"a": 1}, r"or pairs such as \[\('a', 'b', 0.5\)\], got"),
        ([[1, 2, 3], [1]], "correlation must be a DataFrame by names"),
        (pd.DataFrame(np.eye(2), index=["a", "b"], columns=["a", "c"]), "the same names as rows and columns"),
        (pd.DataFrame(np.eye(2), index=["a", "a"], columns=["a", "a"]), "the same names as rows and columns"),
        (
            pd.DataFrame(np.eye(2), index=["a", "cc"], columns=["a", "cc"]),
            "no factor of the space: 'cc'; close: 'c'",
        ),
        (pd.DataFrame(np.eye(3)), "no factor of the space: 0, 1, 2"),
    ],
)
def test_what_is_no_correlation_is_refused(correlation, message):
    with pytest.raises(SpaceError, match=message):
        space_of_three(correlation)


def test_four_that_conflict_only_together_are_told_by_the_eigenvalue():
    matrix = np.full((4, 4), -0.4) + 1.4 * np.eye(4)
    with pytest.raises(SpaceError, match=r"positive definite once it is a normal one, .*eigenvalue is -0.2"):
        ParameterSpace({name: Real(0, 1) for name in "abcd"}, correlation=matrix)


def test_ranks_that_no_normal_variables_have_are_refused_though_they_are_a_correlation():
    matrix = np.full((3, 3), -0.49) + 1.49 * np.eye(3)
    assert np.linalg.eigvalsh(matrix)[0] > 0
    with pytest.raises(SpaceError, match="cannot hold together"):
        space_of_three(matrix)


@pytest.mark.parametrize("given", [Real(0, 1), stats.norm(), 0.5, "a", {"a": 1}])
def test_a_parameter_called_correlation_is_given_in_the_mapping(given):
    with pytest.raises(
        SpaceError, match=r"for a parameter of that name write ParameterSpace\(\{'correlation"
    ):
        ParameterSpace(a=Real(0, 1), correlation=given)


def test_it_goes_through_json_pickle_copies_and_equality():
    space = space_of_three()
    again = ParameterSpace.from_dict(json.loads(json.dumps(space.to_dict())))
    assert again == space
    assert again.to_dict()["correlation"] == THREE
    for twin in (pickle.loads(pickle.dumps(space)), copy.copy(space), copy.deepcopy(space)):
        assert twin == space
    assert space != space_of_three(None)
    assert space != space_of_three(np.array(THREE) * 0.5 + np.eye(3) * 0.5)
    assert f"    correlation={[[float(x) for x in row] for row in THREE]!r}," in repr(space).splitlines()


def test_a_correlation_computed_from_data_is_taken_though_it_is_rounded():
    data = pd.DataFrame(np.random.default_rng(8).random((50, 3)), columns=list("abc"))
    matrix = data.corr("spearman") + np.array([[-1e-16, 1e-16, 0], [0, 1e-16, 0], [0, 0, -1e-16]])
    found = space_of_three(matrix).correlation
    assert found.to_numpy().tolist() == found.to_numpy().T.tolist()
    assert np.diag(found).tolist() == [1, 1, 1]


def test_an_empty_sample_is_an_empty_frame():
    assert space_of_three().from_unit(np.empty((0, 3))).shape == (0, 3)
