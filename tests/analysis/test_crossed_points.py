"""Crossed designs, curves and merged twins, given to analyses of any points: chance is told as such."""

from functools import partial

import numpy as np
import pytest

import mesa_doe as doe
from mesa_doe.errors import AnalysisError
from tests.analysis.helpers import quiet
from tests.analysis.test_dependent_points import METHODS, of, outside, stands_out

POLICIES = doe.full_factorial(doe.ParameterSpace(tax=doe.Boolean(), rate=doe.Integer(1, 4)))
UNIT = doe.Real(0, 1)
DESIGNS = [
    doe.cross(POLICIES, doe.latin_hypercube(doe.ParameterSpace(a=UNIT, inert=UNIT), 40, rng=seed))
    for seed in range(40)
]
CASES = [(design, (17.3 * design.points["a"].to_numpy()) % 1) for design in DESIGNS]
CURVE = doe.fast(doe.ParameterSpace(a=UNIT, b=UNIT, c=UNIT), 129, rng=1)


# Of 40 at 5 %, more than 8 have a chance of 1e-4. As if points were independent it would be 20 to 40.
@pytest.mark.parametrize(
    ("method", "measure", "options"),
    [
        (doe.analyze.delta, "delta", {"resamples": 100}),
        (doe.analyze.delta, "S1", {"resamples": 100, "dummy": False}),
        (doe.analyze.pawn, "median", {"resamples": 100}),
        (doe.analyze.rsa, "p", {"behavioural": 0.5}),
        *((doe.analyze.regression, measure, {"resamples": 100}) for measure in ("SRC", "PRCC")),
        (doe.analyze.response_surface, "linear", {"order": 1}),
        (doe.analyze.response_surface, "linear", {}),
        (doe.analyze.rbd_fast, "S1", {"resamples": 100}),
        (doe.analyze.enhanced_hdmr, "S", {"poly_order": 1}),
    ],
)
def test_inert_factors_of_the_sample_stand_out_no_more_often_than_by_chance(method, measure, options):
    assert stands_out(method, measure, CASES, ["inert"], **options) <= 0.2


@pytest.mark.parametrize(
    ("method", "measure", "options"),
    [
        (doe.analyze.delta, "delta", {"resamples": 100}),
        (doe.analyze.pawn, "median", {"resamples": 100}),
        (doe.analyze.rsa, "p", {"behavioural": 0.5}),
        (doe.analyze.regression, "SRC", {"resamples": 100}),
        (doe.analyze.response_surface, "linear", {"order": 1}),
    ],
)
def test_factors_of_the_other_part_are_told_by_all_points(method, measure, options):
    cases = []
    for seed, design in enumerate(DESIGNS[:10]):
        noise = np.random.default_rng(seed).normal(size=len(design))
        cases.append((design, design.points["tax"] + design.points["a"] + 0.5 * noise))
    assert stands_out(method, measure, cases, ["tax"], **options) == 1
    assert stands_out(method, measure, cases, ["rate"], **options) <= 0.3


def test_uncertainty_of_a_list_that_is_crossed_with_a_sample_is_that_of_the_sample():
    listed = doe.explicit([{"tax": 0.0}, {"tax": 0.5}, {"tax": 1.0}])
    held = []
    for seed in range(40):
        design = doe.cross(listed, doe.monte_carlo(doe.ParameterSpace(a=UNIT), 25, rng=seed))
        y = design.points["a"] + design.points["tax"]
        found = doe.analyze.uncertainty(y, design=design, quantiles=[0.5])
        assert found.settings["units"] == {"all": 25}
        assert "intervals know the chance in points of monte_carlo" in found.notes[0]
        rows = found.to_frame().set_index("statistic").loc["mean"]
        held.append(rows["low"] <= 1 <= rows["high"])
    # Of 40 at 95 %, fewer than 32 have a chance of 1e-4. As if points were independent it would be 28.
    assert np.mean(held) >= 0.8


def test_two_samples_that_are_crossed_are_said_and_have_no_uncertainty():
    design = doe.cross(
        doe.monte_carlo(doe.ParameterSpace(a=UNIT), 20, rng=1),
        doe.monte_carlo(doe.ParameterSpace(b=UNIT), 20, rng=2),
    )
    y = design.points["a"] + design.points["b"]
    with pytest.raises(AnalysisError, match=r"^no interval would hold: the design crosses two samples"):
        doe.analyze.uncertainty(y, design=design)
    with pytest.warns(doe.MesaDoeWarning, match="crosses two samples, monte_carlo and monte_carlo"):
        found = doe.analyze.regression(design, y, resamples=100)
    assert any("know nothing of the chance in the 20 points" in text for text in found.warnings)


@pytest.mark.parametrize(("method", "options"), METHODS)
def test_points_that_are_missing_leave_the_rest_of_their_unit(method, options):
    design, y = CASES[0]
    y = y.copy()
    y[[3, 44, 170]] = np.nan
    if method is doe.analyze.hdmr:
        pytest.skip("three levels and fewer hold no splines")
    if method is doe.analyze.enhanced_hdmr:
        options = {"poly_order": 1}
    found = quiet(method, design, y, **options, missing="drop")
    assert found.settings["dropped_points"] == [3, 44, 170]


def test_anova_says_that_it_takes_points_of_a_sample_as_independent():
    design = doe.cross(POLICIES, doe.monte_carlo(doe.ParameterSpace(n=doe.Integer(1, 3)), 9, rng=1))
    y = design.unit.sum(axis=1) + np.random.default_rng(1).normal(size=len(design))
    with pytest.warns(doe.MesaDoeWarning, match="the 72 points as independent, but they are 9 points of"):
        doe.analyze.anova(design, y, interactions=False)


def test_halves_of_convergence_are_of_whole_units():
    design, y = CASES[0]
    found = quiet(partial(doe.analyze.convergence, analysis=doe.analyze.regression), design, y, halves=4)
    assert list(found.results)[-1] == 40
    assert found.unit == "blocks"


@pytest.mark.parametrize(("method", "options"), [*METHODS, (doe.analyze.discrepancy, {})])
def test_points_that_follow_a_curve_are_said_to(method, options):
    noise = np.random.default_rng(1).normal(size=len(CURVE))
    found = quiet(method, CURVE, CURVE.unit[:, 0] + noise, **options)
    (said,) = [text for text in found.warnings if "curves, along" in text]
    assert said.startswith(f"{found.method} takes the 387 points of this design as independent")
    assert "use analyze.fast, or" in said


def test_its_own_analysis_says_nothing_of_curves():
    found = doe.analyze.fast(CURVE, CURVE.unit[:, 0])
    assert not any("curves" in text for text in found.warnings)


def test_points_that_follow_a_curve_are_no_sample_and_have_no_parts():
    with pytest.raises(AnalysisError, match=r"the points of fast follow curves.*take one of halton"):
        doe.analyze.uncertainty(CURVE.unit[:, 0], design=CURVE)
    with pytest.raises(AnalysisError, match=r"^the points of a fast design belong together"):
        doe.analyze.convergence(CURVE, CURVE.unit[:, 0], analysis=doe.analyze.pawn)


def test_noise_that_merged_twins_share_is_no_effect():
    space = doe.ParameterSpace(a=doe.Integer(1, 9), b=doe.Integer(1, 9))
    cases = []
    for seed in range(20):
        with pytest.warns(doe.MesaDoeWarning, match="deduplicate merged 300 points"):
            once = doe.monte_carlo(space, 300, rng=seed).deduplicate()
        noise = np.random.default_rng(seed).normal(size=len(once))
        cases.append((once.origin, noise[once.twin_of]))
    for method, measure, options in (
        (doe.analyze.delta, "delta", {"resamples": 100}),
        (doe.analyze.pawn, "median", {"resamples": 100}),
        (doe.analyze.rsa, "p", {"behavioural": 0.5}),
        (doe.analyze.regression, "SRC", {"resamples": 100}),
        (doe.analyze.response_surface, "linear", {"order": 1}),
    ):
        assert stands_out(method, measure, cases, ["a", "b"], **options) <= 0.2, method.__name__


def test_surfaces_of_merged_twins_have_errors_of_the_merged_points_with_replications_too():
    space = doe.ParameterSpace(a=doe.Integer(1, 2), b=doe.Integer(1, 2), c=doe.Integer(1, 3))
    told = []
    for seed in range(20):
        with pytest.warns(doe.MesaDoeWarning, match="deduplicate merged"):
            once = doe.monte_carlo(space, 200, rng=seed).deduplicate()
        noise = np.random.default_rng(seed).normal(size=(len(once), 2, 1))
        found = quiet(
            doe.analyze.response_surface,
            once.origin,
            noise[once.twin_of],
            order=1,
            seed_policy="independent",
        )
        told.append(outside(of(found, "linear")))
        assert np.isnan(found.settings["lack_of_fit"]["y"]["p"])
    # Of 60 at 5 %, more than 11 have a chance of 1e-4.
    assert np.mean(told) <= 11 / 60


def test_one_point_that_is_left_is_refused():
    space = doe.ParameterSpace(a=doe.Discrete([1, 2]))
    with pytest.warns(doe.MesaDoeWarning, match="deduplicate merged"):
        once = doe.explicit({"a": [1, 1, 1]}, space).deduplicate()
    with pytest.raises(AnalysisError, match="needs at least two different points, got 1"):
        doe.analyze.rsa(once.origin, [0, 1, 0], behavioural=0.5)
