import math
import pickle

import numpy as np
import pytest
from scipy.stats import qmc

from mesa_doe.design import Design, describing
from mesa_doe.errors import ConfigurationError, DesignError
from mesa_doe.samplers import grid, latin_hypercube, monte_carlo, morris, sobol, two_level_factorial
from mesa_doe.space import Boolean, Categorical, Integer, ParameterSpace, Real

SPACE = ParameterSpace(x=Real(0, 1), n=Integer(1, 4), kind=Categorical(["a", [1], len]), width=20)


def test_sizes_and_promises_are_those_of_the_design():
    told = sobol(SPACE, 8, rng=1, groups={"one": ["x"], "two": ["n", "kind"]}).describe()
    assert (told.method, told.points, told.factors) == ("sobol", 32, ("x", "n", "kind"))
    assert (told.blocks, told.seed_policy, told.extension) == (8, "block", "nested")
    assert told.groups == {"one": ("x",), "two": ("n", "kind")}
    assert told.options["n"] == 8
    assert told.acceptance is None


def test_the_repr_is_a_line_each_and_leaves_out_what_is_not_there():
    text = repr(latin_hypercube(SPACE, 8, rng=1).describe())
    lines = dict(line.split("  ", 1) for line in text.splitlines())
    assert lines["method"].strip() == "latin_hypercube(n=8, scramble=True, strength=1, optimization=None)"
    assert "entropy" not in text
    assert "groups" not in lines
    assert "blocks" not in lines
    assert "acceptance" not in lines
    assert lines["extension"].strip().startswith("augmented: old and new points together")
    assert "one: x; two: n, kind" in repr(
        sobol(SPACE, 4, rng=1, groups={"one": ["x"], "two": ["n", "kind"]}).describe()
    )


def test_a_long_option_does_not_fill_the_screen():
    design = Design(
        SPACE, np.zeros((1, 3)), method="mine", options={"aliases": {"a": list(range(99))}, "n": 1}
    )
    assert "mine(aliases=…, n=1)" in repr(design.describe())


def test_acceptance_is_told_where_points_were_drawn_again():
    space = ParameterSpace({"a": Real(0, 1), "b": Real(0, 1)}, constraints=["a < b"])
    design = monte_carlo(space, 100, rng=1)
    assert design.describe().acceptance == design.options["acceptance"]
    assert "of the points tried satisfy the constraints" in repr(design.describe())
    assert "acceptance=" not in repr(design.describe())


def test_twins_have_the_values_of_an_earlier_point():
    unit = [[0.1, 0.1, 0.1], [0.1, 0.2, 0.3], [0.1, 0.9, 0.1], [0.1, 0.0, 0.2], [0.2, 0.1, 0.1]]
    design = Design(SPACE, unit, method="mine", options={})
    assert design.points["kind"].tolist()[1] == "a"
    assert design.describe().twins == 2


def test_points_with_different_seeds_are_no_twins():
    space = ParameterSpace(n=Integer(1, 2))
    unit = [[0.1, 0.1], [0.2, 0.9], [0.3, 0.1]]
    told = Design(space, unit, method="mine", options={}, seed_levels=[0, 1, 0]).describe()
    assert told.twins == 1
    assert told.seed_policy == "factor"
    assert told.factors == ("n", "seed")


def test_evenness_is_that_of_the_unit_sample():
    design = latin_hypercube(SPACE, 50, rng=1)
    told = design.describe()
    assert told.discrepancy == qmc.discrepancy(design.unit, method="CD")
    gaps = np.linalg.norm(design.unit[:, None] - design.unit[None], axis=2)
    assert math.isclose(told.distance, gaps[np.triu_indices(50, 1)].min())


def test_points_that_differ_in_their_seed_only_lie_apart():
    told = sobol(ParameterSpace(x=Real(0, 1)), 8, rng=1, seed_factor=True).describe()
    assert told.twins == 0
    assert told.distance > 0
    assert "0 (a and b)" in repr(
        two_level_factorial(ParameterSpace(a=Real(0, 1), b=Real(0, 1))).describe()
    ).replace("-0", "minus")


def test_above_the_stated_size_evenness_is_left_out_and_that_is_said(monkeypatch):
    monkeypatch.setattr(describing, "MOST_COMPARED", 7)
    told = latin_hypercube(SPACE, 8, rng=1).describe()
    assert told.discrepancy is None
    assert told.distance is None
    assert repr(told).count("left out: each point with each other, for up to 7 points") == 2


def test_the_largest_correlation_is_named_with_its_factors():
    a = np.array([0.1, 0.3, 0.6, 0.9])
    space = ParameterSpace(a=Real(0, 1), b=Real(5, 9), c=Real(0.1, 10, log=True), d=Boolean())
    design = Design(space, np.c_[a, [0.1, 0.9, 0.2, 0.7], 1 - a, [0, 0, 0, 0]], method="mine", options={})
    told = design.describe()
    assert told.correlated == ("a", "c")
    assert math.isclose(told.correlation, -1)
    assert "-1 (a and c)" in repr(told)


def test_under_a_copula_the_correlation_is_that_of_the_values():
    space = ParameterSpace({"a": Real(0, 1), "b": Real(3, 4)}, correlation=np.array([[1, 0.9], [0.9, 1]]))
    told = latin_hypercube(space, 1000, rng=1).describe()
    # Of 1000 points a correlation of 0.9 has a standard error of (1 - 0.81) / sqrt(1000), about 0.006.
    assert abs(told.correlation - 0.9) < 5 * 0.19 / math.sqrt(1000)


def test_an_orthogonal_design_has_no_correlation_and_one_factor_no_pair():
    told = two_level_factorial(ParameterSpace(a=Real(0, 1), b=Real(0, 1), c=Real(0, 1))).describe()
    assert abs(told.correlation) < 1e-12
    assert told.correlated == ("a", "b")
    told = grid(ParameterSpace(n=Integer(1, 4))).describe()
    assert told.correlation is None
    assert "correlation" not in repr(told)


def test_a_single_point_has_no_distance():
    told = Design(ParameterSpace(x=Real(0, 1)), [[0.5]], method="mine", options={}).describe()
    assert told.distance is None
    assert "minimum distance" not in repr(told)


def test_a_description_pickles_and_cannot_be_changed():
    told = latin_hypercube(ParameterSpace(x=Real(0, 1)), 8, rng=1).describe()
    assert repr(pickle.loads(pickle.dumps(told))) == repr(told)
    with pytest.raises(AttributeError):
        told.points = 9


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "40 points × 1 replication = 40 runs"),
        ({"replications": 3}, "40 points × 3 replications = 120 runs"),
        (
            {"seconds_per_run": 0.01},
            "40 points × 1 replication = 40 runs: at least 0.4 s (0.01 s a run, 1 at once)",
        ),
        ({"replications": 10, "seconds_per_run": 9}, "at least 1 h (9 s a run"),
        (
            {"replications": 100, "seconds_per_run": 60, "n_jobs": 3},
            "at least 22 h 14 min (60 s a run, 3 at once)",
        ),
        ({"replications": 100, "seconds_per_run": 600}, "at least 27 d 18 h"),
    ],
    ids=str,
)
def test_the_cost_is_told_in_runs_and_time(settings, text):
    design = morris(ParameterSpace(**{name: Real(0, 1) for name in "abc"}), 10, rng=1)
    assert text in repr(design.cost(**settings))


def test_the_time_is_that_of_the_fullest_worker():
    design = latin_hypercube(ParameterSpace(x=Real(0, 1)), 5, rng=1)
    cost = design.cost(seconds_per_run=2, n_jobs=4)
    assert (cost.points, cost.runs, cost.seconds) == (5, 5, 4)
    assert design.cost().seconds is None


def test_all_processors_are_counted_as_joblib_does():
    from joblib import cpu_count

    assert latin_hypercube(ParameterSpace(x=Real(0, 1)), 5, rng=1).cost(n_jobs=-1).n_jobs == cpu_count()


def test_wrong_numbers_are_named_all_at_once():
    design = latin_hypercube(ParameterSpace(x=Real(0, 1)), 5, rng=1)
    with pytest.raises(DesignError) as caught:
        design.cost(0, seconds_per_run=-1, n_jobs=0)
    for words in ("replications takes an int from 1, got 0", "seconds_per_run", "n_jobs takes"):
        assert words in str(caught.value)
    with pytest.raises(DesignError, match=r"got nan"):
        design.cost(seconds_per_run=math.nan)


def test_seconds_may_be_numpys_number_but_no_span_of_time():
    design = latin_hypercube(ParameterSpace(x=Real(0, 1)), 5, rng=1)
    assert design.cost(seconds_per_run=np.float32(2)) == design.cost(seconds_per_run=2.0)
    assert type(design.cost(seconds_per_run=np.float32(2)).seconds_per_run) is float
    # Of nanoseconds, numpy's item() is a bare int.
    with pytest.raises(DesignError, match=r"seconds_per_run takes a number from 0, got np\.timedelta64"):
        design.cost(seconds_per_run=np.timedelta64(3, "ns"))


def test_replications_that_would_be_the_same_run_cost_nothing_but_an_error():
    design = sobol(ParameterSpace(x=Real(0, 1)), 4, rng=1, seed_factor=True)
    with pytest.raises(ConfigurationError, match="already names its seed"):
        design.cost(2)
