import numpy as np
import pytest
from scipy import stats

import mesa_doe as doe

TRIANGLE = doe.ParameterSpace({"a": doe.Real(0, 1), "b": doe.Real(0, 1)}, constraints=["a + b < 1"])
DRAWN = [doe.monte_carlo, doe.sobol_sequence, doe.halton]


@pytest.mark.parametrize("sampler", DRAWN)
def test_points_that_break_a_constraint_are_drawn_again_and_the_share_is_told(sampler):
    design = sampler(TRIANGLE, 256, rng=1)
    assert len(design) == 256
    assert TRIANGLE.satisfied(design.points).all()
    # Half of the square: within five standard errors of 256 of about 512.
    assert design.options["acceptance"] == pytest.approx(0.5, abs=5 * 0.5 / np.sqrt(512))
    assert "acceptance=" in repr(design)


@pytest.mark.parametrize("sampler", DRAWN)
def test_a_constrained_design_is_the_beginning_of_the_longer_one(sampler):
    design = sampler(TRIANGLE, 32, rng=1)
    longer = design.extend(128)
    np.testing.assert_array_equal(longer.unit[:32], design.unit)
    assert TRIANGLE.satisfied(longer.points).all()


def test_without_constraints_the_sample_is_the_librarys_own():
    space = doe.ParameterSpace(a=doe.Real(0, 1))
    assert "acceptance" not in doe.monte_carlo(space, 8, rng=1).options


def test_a_constraint_that_leaves_nothing_is_an_error_with_the_count():
    space = doe.ParameterSpace({"a": doe.Real(0, 1)}, constraints=["a > 2"])
    with pytest.raises(
        doe.DesignError, match=r"of \d+ points tried only 0 satisfy the constraints \('a > 2'\)"
    ):
        doe.monte_carlo(space, 4, rng=1)


def test_a_narrow_constraint_is_found_all_the_same():
    space = doe.ParameterSpace({"a": doe.Real(0, 1)}, constraints=["a < 0.002"])
    assert len(doe.monte_carlo(space, 16, rng=1)) == 16


@pytest.mark.parametrize(
    "make",
    [
        lambda s: doe.latin_hypercube(s, 16, rng=1),
        lambda s: doe.sobol(s, 16, rng=1),
        lambda s: doe.full_factorial(s, levels=3),
        lambda s: doe.morris(s, 4, rng=1),
    ],
)
def test_a_pattern_that_a_constraint_would_break_is_refused_with_the_first_bad_point(make):
    with pytest.raises(doe.DesignError, match=r"break the constraints.*use monte_carlo(.|\n)*a \+ b < 1"):
        make(TRIANGLE)


CORRELATED = doe.ParameterSpace(
    {"a": doe.Real(0, 1), "b": stats.norm(0, 1)}, correlation=[[1, 0.8], [0.8, 1]]
)


@pytest.mark.parametrize("name", ["monte_carlo", "sobol_sequence", "halton", "latin_hypercube"])
def test_random_designs_have_the_rank_correlation_of_the_space(name):
    points = getattr(doe, name)(CORRELATED, 2048, rng=1).points
    # Bonett & Wright's standard error of Spearman's rho, five of them.
    error = np.sqrt((1 + 0.8**2 / 2) / (2048 - 3)) * (1 - 0.8**2)
    assert stats.spearmanr(points["a"], points["b"])[0] == pytest.approx(0.8, abs=5 * error)


@pytest.mark.parametrize(
    "make",
    [lambda s: doe.sobol(s, 16), lambda s: doe.morris(s, 4), lambda s: doe.full_factorial(s, levels=3)],
)
def test_patterns_that_a_correlation_would_bend_are_refused_with_what_would_do(make):
    with pytest.raises(doe.DesignError, match=r"needs independent factors.*latin_hypercube.*monte_carlo"):
        make(CORRELATED)


def test_derived_parameters_reach_the_model_and_the_runs():
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), total=doe.Derived("a + b + c"), c=2)
    design = doe.sobol(space, 8, rng=1)
    results = doe.BatchRunner(design.configurations(lambda a, b, c, total: {"y": total}, rng=1)).run_all()
    np.testing.assert_array_equal(results.output("y"), results.runs["total"])
    np.testing.assert_allclose(results.runs["total"], results.runs["a"] + results.runs["b"] + 2)
    assert results.sensitivity("y").table().index.tolist() == ["a", "b"]
    assert doe.check_factors(design, lambda a, b, c, total: {"y": total})["changes"].all()


def test_changing_the_points_of_a_design_changes_no_run():
    design = doe.sobol(doe.ParameterSpace(a=doe.Real(0, 1)), 8, rng=1)
    points = design.points
    points["a"] = 0.0
    points.iloc[:] = points.to_numpy()[::-1]
    assert [run.parameters["a"] for run in design.configurations(dict, rng=1)] == design.points["a"].tolist()
    assert design.points["a"].nunique() > 1
