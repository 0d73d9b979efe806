import copy
import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.optimize
import scipy.stats

import mesa_doe as doe
from mesa_doe.bridges import as_function
from tests import models
from tests.random_state import global_state

UNIT = doe.ParameterSpace(a=doe.Real(0, 1), n=doe.Integer(1, 4))
MIXED = doe.ParameterSpace(a=doe.Real(0, 1), torus=doe.Boolean(), kind=doe.Categorical(["plain", "twice"]))
CUBE = doe.ParameterSpace({name: doe.Real(-np.pi, np.pi) for name in ("x1", "x2", "x3")})


def bowl(a, n):
    return {"y": (a - 0.3) ** 2 + (n - 3) ** 2, "z": 10 * a}


def mixed(a, torus, kind):
    assert type(torus) is bool
    return {"y": a + 10 * torus + 100 * (kind == "twice")}


def noisy(a, n, rng):
    return {"y": a + rng.normal()}


def troubled(a, n):
    if a > 0.7:
        raise ValueError("too much")
    return {"y": a if n < 4 else float("nan")}


def test_a_point_gives_a_number_and_points_give_an_array():
    f = as_function(bowl, UNIT, "y")
    assert f([0.5, 3]) == pytest.approx(0.04)
    assert isinstance(f(np.array([0.5, 3.0])), float)
    y = f([[0.5, 3], [0.3, 1]])
    assert y.shape == (2,)
    np.testing.assert_allclose(y, [0.04, 4])
    assert repr(f) == "<y of bowl as a function of (a, n)>"


def test_several_outputs_stand_side_by_side():
    f = as_function(bowl, UNIT, ["y", "z"])
    np.testing.assert_allclose(f([0.5, 3]), [0.04, 5])
    np.testing.assert_allclose(f([[0.5, 3], [0.3, 1]]), [[0.04, 5], [4, 3]])
    assert as_function(bowl, UNIT, ["y"])([[0.5, 3]]).shape == (1, 1)


def test_the_axis_of_the_points_is_chosen():
    x = np.array([[0.5, 0.3, 0.1], [3, 1, 2]])
    f = as_function(bowl, UNIT, ["y", "z"], axis=1)
    np.testing.assert_array_equal(f(x), as_function(bowl, UNIT, ["y", "z"])(x.T).T)
    assert f(x).shape == (2, 3)
    assert as_function(bowl, UNIT, "y", axis=1)(x).shape == (3,)


def test_levels_go_in_by_name_or_as_objects():
    f = as_function(mixed, MIXED, "y")
    points = [[0.5, True, "twice"], [0.25, False, "plain"]]
    expected = [110.5, 0.25]
    assert f(points[0]) == expected[0]
    assert f({"a": 0.5, "torus": True, "kind": "twice"}) == expected[0]
    np.testing.assert_array_equal(f(points), expected)
    np.testing.assert_array_equal(f(np.array(points, dtype=object)), expected)
    np.testing.assert_array_equal(f(pd.DataFrame(points, columns=["a", "torus", "kind"])), expected)


def test_truths_may_be_0_and_1_in_an_array_of_numbers():
    space = doe.ParameterSpace(a=doe.Real(0, 1), torus=doe.Boolean(), kind="plain")
    f = as_function(mixed, space, "y")
    np.testing.assert_array_equal(f(np.array([[0.5, 1.0], [0.5, 0.0]])), [10.5, 0.5])
    with pytest.raises(doe.DesignError, match=r"axis 'torus': 0\.5 in row 1 is no value of Boolean"):
        f(np.array([[0.5, 1.0], [0.5, 0.5]]))


def test_rounding_at_the_end_of_an_axis_is_forgiven_and_no_more():
    f = as_function(bowl, UNIT, "z")
    assert f([1 + 1e-15, 3]) == 10
    assert f([-1e-15, 3]) == 0
    with pytest.raises(doe.DesignError, match=r"axis 'a': 1\.001 in row 0 is no value of Real"):
        f([1.001, 3])
    with pytest.raises(doe.DesignError, match=r"axis 'n': 2\.5 in row 0"):
        f([0.5, 2.5])


def test_a_model_of_mesa_gives_the_mean_of_its_replications():
    space = doe.ParameterSpace(pace=doe.Real(0.5, 2), n=4)
    f = as_function(models.Walkers, space, ["alive"], replications=3, max_steps=5, rng=1)
    design = doe.explicit({"pace": [0.5, 1.0, 2.0]}, space)
    runs = design.configurations(
        models.Walkers, replications=3, max_steps=5, rng=1, seed_policy="common", outputs=["alive"]
    )
    expected = doe.BatchRunner(runs).run_all().points("alive")["mean"]
    np.testing.assert_array_equal(f(design.points.to_numpy())[:, 0], expected)


def test_outputs_may_be_of_the_steps_of_the_agents_and_functions_of_the_model():
    space = doe.ParameterSpace(n=doe.Integer(2, 6))
    options = {"max_steps": 3}
    alive = as_function(models.Walkers, space, "alive", at=lambda series: len(series), **options)
    assert alive([4]) == 4  # of steps 0 to 3
    first = as_function(models.Walkers, space, "alive", at=0, **options)
    assert first([4]) == 4
    agents = as_function(models.Walkers, space, "x", at=0, reduce="count", **options)
    np.testing.assert_array_equal(agents([[4], [2]]), [4, 2])
    own = as_function(models.Walkers, space, {"size": lambda model: len(model.agents)}, max_steps=0)
    np.testing.assert_array_equal(own([[4]]), [[4]])


@pytest.mark.parametrize("policy", ["common", "independent"])
def test_a_point_has_its_value_in_any_company(policy):
    f = as_function(noisy, UNIT, "y", replications=2, seed_policy=policy, rng=3)
    x = np.array([[0.1, 1], [0.2, 2], [0.1, 1], [0.3, 4]])
    together = f(x)
    np.testing.assert_array_equal(together, [f(row) for row in x])
    np.testing.assert_array_equal(together[::-1], f(x[::-1]))
    assert together[0] == together[2]
    again = as_function(noisy, UNIT, "y", replications=2, seed_policy=policy, rng=4)
    assert again(x[0]) != together[0]


def test_a_generator_moves_once():
    generator = np.random.default_rng(1)
    f = as_function(noisy, UNIT, "y", rng=generator)
    assert f([0.1, 1]) == f([0.1, 1])
    assert as_function(noisy, UNIT, "y", rng=generator)([0.1, 1]) != f([0.1, 1])
    with pytest.raises(doe.ConfigurationError, match="rng takes"):
        as_function(noisy, UNIT, "y", rng="1")


def test_the_seed_policy_decides_whether_noise_is_shared():
    x = np.column_stack([np.linspace(0, 1, 40), np.ones(40)])
    common = as_function(noisy, UNIT, "y")(x) - x[:, 0]
    assert np.ptp(common) < 1e-12
    own = as_function(noisy, UNIT, "y", seed_policy="independent")(x) - x[:, 0]
    # The sum of squares of 40 standard normal numbers around their mean is chi-squared with 39 degrees of
    # freedom: so far off once in a thousand seeds.
    low, high = np.sqrt(scipy.stats.chi2.ppf([0.0005, 0.9995], 39) / 39)
    assert low < own.std(ddof=1) < high
    assert len(set(own)) == 40


def test_a_failing_run_names_its_point():
    f = as_function(troubled, UNIT, "y")
    with pytest.raises(doe.AnalysisError, match=r"failed at x = \(a=0\.9, n=2\).*ValueError: too much"):
        f([[0.1, 1], [0.9, 2]])
    with pytest.raises(doe.AnalysisError, match=r"'y' is NaN at x = \(a=0\.3, n=4\)"):
        f([[0.1, 1], [0.3, 4]])
    assert f([0.1, 1]) == 0.1


def test_workers_give_the_same():
    x = [[0.1, 1], [0.2, 2], [0.3, 3]]
    f = as_function(noisy, UNIT, "y", seed_policy="independent")
    np.testing.assert_array_equal(as_function(noisy, UNIT, "y", seed_policy="independent", n_jobs=2)(x), f(x))


def test_it_pickles_and_changes_nothing():
    f = as_function(noisy, UNIT, "y")
    x = np.array([[0.1, 1], [0.2, 2]])
    kept = copy.deepcopy(x)
    states = global_state()
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(f))(x), f(x))
    assert global_state() == states
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("x", [[0.5], [0.5, 1, 2], [[0.5, 1, 2]], 0.5, [[[0.5, 1]]]])
def test_a_wrong_shape_is_refused(x):
    with pytest.raises(doe.AnalysisError, match=r"takes x of shape \(2,\) or \(n, 2\), with a, n"):
        as_function(bowl, UNIT, "y")(x)


def test_every_wrong_argument_is_named():
    with pytest.raises(doe.ConfigurationError, match=r"problems \(5\)") as caught:
        as_function(bowl, "space", ["y", "y"], at="all", seed_policy="block", axis=2)
    for text in ("ParameterSpace", "different names", "got 'all'", "got 'block'", "got 2"):
        assert text in str(caught.value)
    with pytest.raises(doe.ConfigurationError, match="function model -> value"):
        as_function(bowl, UNIT, {"y": 3})
    with pytest.raises(doe.ConfigurationError, match="takes names beside reduce='mean', not functions"):
        as_function(bowl, UNIT, {"y": lambda model: 3}, reduce="mean")
    with pytest.raises(doe.ConfigurationError, match="no output 'yy'"):
        as_function(bowl, UNIT, "yy")([0.5, 3])


# What others do with it.


def test_scipy_finds_the_indices_of_ishigami():
    f = as_function(models.ishigami, CUBE, "y", axis=1)
    laws = [scipy.stats.uniform(-np.pi, 2 * np.pi)] * 3
    found = scipy.stats.sobol_indices(func=f, n=1024, dists=laws, rng=np.random.default_rng(1))
    np.testing.assert_allclose(found.first_order.ravel(), list(models.ISHIGAMI_S1.values()), atol=0.05)
    np.testing.assert_allclose(found.total_order.ravel(), list(models.ISHIGAMI_ST.values()), atol=0.05)


def test_scipy_finds_the_indices_of_several_outputs_at_once():
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), n=2)
    f = as_function(lambda a, b, n: {"a": a, "sum": a + n * b}, space, ["a", "sum"], axis=1)
    laws = [scipy.stats.uniform(0, 1)] * 2
    found = scipy.stats.sobol_indices(func=f, n=256, dists=laws, rng=np.random.default_rng(1))
    np.testing.assert_allclose(found.first_order, [[1, 0], [0.2, 0.8]], atol=0.05)


@pytest.mark.parametrize("vectorized", [True, False])
def test_scipy_finds_the_least_value(vectorized):
    f = as_function(bowl, UNIT, "y", axis=1)
    found = scipy.optimize.differential_evolution(
        f, [(0, 1), (1, 4)], integrality=[False, True], rng=1, vectorized=vectorized,
        updating="deferred" if vectorized else "immediate", maxiter=30 if vectorized else 3, polish=False,
        popsize=10 if vectorized else 4,
    )  # fmt: skip
    np.testing.assert_allclose(found.x, [0.3, 3], atol=0.02 if vectorized else 0.4)


def test_salib_evaluates_it():
    from SALib import ProblemSpec

    problem = ProblemSpec({"names": list(CUBE.names), "bounds": [[-np.pi, np.pi]] * 3, "outputs": ["y"]})
    problem.sample_sobol(256, calc_second_order=False, seed=1).evaluate(
        as_function(models.ishigami, CUBE, "y")
    )
    problem.analyze_sobol(calc_second_order=False, seed=1)
    np.testing.assert_allclose(problem.analysis["S1"], list(models.ISHIGAMI_S1.values()), atol=0.1)


def test_optuna_finds_the_best_level():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    f = as_function(mixed, MIXED, "y")

    def objective(trial):
        return f(
            {
                "a": trial.suggest_float("a", 0, 1),
                "torus": trial.suggest_categorical("torus", [False, True]),
                "kind": trial.suggest_categorical("kind", ["plain", "twice"]),
            }
        )

    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=1))
    study.optimize(objective, n_trials=25)
    assert study.best_params["torus"] is True
    assert study.best_params["kind"] == "twice"
    assert study.best_value > 110.5
