import warnings

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import fast as salib_fast
from SALib.analyze import rbd_fast as salib_rbd_fast

import mesa_doe as doe
from mesa_doe.analysis.fourier import fast, rbd_fast
from mesa_doe.errors import AnalysisError, MesaDoeWarning
from tests import models

UNIT = {"x0": doe.Real(0, 1), "x1": doe.Real(0, 1), "x2": doe.Real(0, 1)}
ISHIGAMI = {f"x{i}": doe.Real(-np.pi, np.pi) for i in (1, 2, 3)}
PROBLEM = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3}


def some_outputs(design):
    u = design.unit
    return np.column_stack([u[:, 0] + u[:, 1] * u[:, 2], np.exp(3 * u[:, 0]) + 50, u.sum(axis=1) ** 2])


def ishigami(design):
    return np.array([models.ishigami(*row)["y"] for row in design.points.to_numpy()])


def rows(result, measure, output="y"):
    frame = result.to_frame().query("measure == @measure and output == @output")
    return frame.set_index("factor")[["estimate", "low", "high"]]


# ---- FAST --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "M"), [(65, 4), (200, 4), (333, 6)])
def test_fast_equals_salibs(n, M):
    design = doe.fast(doe.ParameterSpace(UNIT), n, rng=3, M=M)
    y = some_outputs(design)
    result = fast(design, y)
    for k in range(3):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            theirs = salib_fast.analyze(PROBLEM, y[:, k], M=M, seed=1)
        for measure in ("S1", "ST"):
            ours = rows(result, measure, f"y{k}")["estimate"]
            np.testing.assert_allclose(ours, theirs[measure], rtol=1e-12, atol=1e-13)
    assert result.to_frame()[["low", "high"]].isna().all(axis=None)


def test_fast_finds_ishigamis_indices():
    design = doe.fast(doe.ParameterSpace(ISHIGAMI), 2001, rng=1)
    result = fast(design, ishigami(design))
    truths = (("S1", models.ISHIGAMI_S1), ("ST", models.ISHIGAMI_ST))
    for measure, truth in truths:
        for factor, exact in truth.items():
            assert rows(result, measure).loc[factor, "estimate"] == pytest.approx(exact, abs=0.04)


def test_fast_is_the_default_for_its_design_and_refuses_others():
    space = doe.ParameterSpace(UNIT)
    with pytest.raises(AnalysisError, match="fast needs a design made by fast, got one made by rbd_fast"):
        fast(doe.rbd_fast(space, 100, rng=1), np.ones(100))


def test_fast_of_a_constant_is_nan_and_says_so():
    design = doe.fast(doe.ParameterSpace(UNIT), 65, rng=1)
    with pytest.warns(MesaDoeWarning, match="output 'y1' is the same"):
        result = fast(design, np.column_stack([design.unit[:, 0], np.full(len(design), 0.1)]))
    assert rows(result, "S1", "y1")["estimate"].isna().all()
    assert rows(result, "ST", "y1")["estimate"].isna().all()
    assert rows(result, "ST", "y0")["estimate"].notna().all()


def test_fast_of_an_output_that_is_constant_along_one_curve():
    design = doe.fast(doe.ParameterSpace(UNIT), 65, rng=1)
    y = design.unit[:, 0].copy()
    y[:65] = 0.5
    with pytest.warns(MesaDoeWarning, match="the same along the whole curve of x0"):
        result = fast(design, y)
    assert rows(result, "S1")["estimate"].isna().tolist() == [True, False, False]


@pytest.mark.parametrize("missing", ["raise", "drop"])
def test_fast_cannot_lose_a_point(missing):
    design = doe.fast(doe.ParameterSpace(UNIT), 65, rng=1)
    y = design.unit[:, 0].copy()
    y[7] = np.nan
    with pytest.raises(AnalysisError, match="points 7"):
        fast(design, y, missing=missing)


def test_fast_says_how_much_of_a_discrete_axis_its_harmonics_miss():
    space = doe.ParameterSpace(level=doe.Integer(0, 4), b=doe.Real(0, 1))
    design = doe.fast(space, 1001, rng=1)
    y = 2 * design.points["level"] + design.points["b"]
    with pytest.warns(MesaDoeWarning, match="M=4 harmonics hold 97% .* 5 levels.* S1 of level is too low"):
        result = fast(design, y)
    # exact: .9897
    assert 0.94 < rows(result, "S1").loc["level", "estimate"] < 0.97
    assert rows(result, "ST").loc["level", "estimate"] == pytest.approx(0.9897, abs=0.01)


def test_fast_says_what_independent_seeds_add_to_its_total_index():
    design = doe.fast(doe.ParameterSpace(UNIT), 1001, rng=1)
    noise = np.random.default_rng(1).normal(0, 0.3, (len(design), 4))
    y = (design.unit[:, 0] + 0.5 * design.unit[:, 1])[:, None] + noise
    with pytest.warns(MesaDoeWarning, match="noise inflates every total index"):
        result = fast(design, y[:, :, None], seed_policy="independent")
    (said,) = result.warnings
    told = float(said.split("by about ")[1].split(";")[0])
    assert rows(result, "ST").loc["x2", "estimate"] == pytest.approx(told, abs=0.05)
    assert abs(rows(result, "S1").loc["x2", "estimate"]) < 0.02
    with pytest.warns(MesaDoeWarning, match="smallest total index"):
        fast(design, y[:, 0], seed_policy="independent")
    assert fast(design, y[:, :, None], seed_policy="common").warnings == ()


def test_fast_refuses_categories_and_outputs_of_another_length():
    design = doe.fast(doe.ParameterSpace(UNIT), 65, rng=1)
    with pytest.raises(AnalysisError, match="shape"):
        fast(design, np.ones(65))
    curve = doe.Design(design.space, design.unit[:65], method="fast", options=dict(design.options))
    with pytest.raises(AnalysisError, match="3 whole curves of n=65 points, but the design has 65"):
        fast(curve, design.unit[:65, 0])


# ---- RBD-FAST ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "M"), [(100, 10), (501, 10), (200, 4)])
@pytest.mark.parametrize("sampler", [doe.latin_hypercube, doe.monte_carlo, doe.sobol_sequence])
def test_rbd_fast_equals_salibs(sampler, n, M):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lengths that are no power of two
        design = sampler(doe.ParameterSpace(UNIT), n, rng=3)
    y = some_outputs(design)
    result = rbd_fast(design, y, M=M, resamples=100)
    for k in range(3):
        theirs = salib_rbd_fast.analyze(PROBLEM, design.unit, y[:, k], M=M, seed=1)
        np.testing.assert_allclose(
            rows(result, "S1", f"y{k}")["estimate"], theirs["S1"], rtol=1e-12, atol=1e-13
        )


def test_rbd_fast_intervals_hold_ishigamis_indices():
    design = doe.rbd_fast(doe.ParameterSpace(ISHIGAMI), 2000, rng=1)
    found = rows(rbd_fast(design, ishigami(design), resamples=400), "S1")
    for factor, exact in models.ISHIGAMI_S1.items():
        assert found.loc[factor, "low"] < exact < found.loc[factor, "high"]
        assert found.loc[factor, "low"] < found.loc[factor, "estimate"] < found.loc[factor, "high"]


def test_rbd_fast_intervals_cover_as_often_as_they_say():
    # Binomial(60, .95): fewer than 51 hits have a chance below 1e-3 (and inert factors are covered more).
    truth = {"x0": 0.8, "x1": 0.2, "x2": 0.0}
    hits = dict.fromkeys(truth, 0)
    for seed in range(60):
        design = doe.monte_carlo(doe.ParameterSpace(UNIT), 300, rng=seed)
        found = rows(rbd_fast(design, design.unit @ [2, 1, 0], resamples=200, rng=seed), "S1")
        for factor, exact in truth.items():
            hits[factor] += found.loc[factor, "low"] <= exact <= found.loc[factor, "high"]
    assert min(hits.values()) >= 51


def category(order):
    return doe.ParameterSpace(kind=doe.Categorical(order), b=doe.Real(0, 1))


def test_rbd_fast_of_a_category_does_not_change_with_its_labels():
    height = {"low": 0, "mid": 1, "high": 2, "top": 3}
    found = []
    for order in (["low", "mid", "high", "top"], ["top", "low", "high", "mid"]):
        design = doe.latin_hypercube(category(order), 2000, rng=1)
        y = design.points["kind"].map(height).astype(float) + 0.5 * design.points["b"]
        with pytest.warns(MesaDoeWarning, match="4 levels"):
            found.append(rows(rbd_fast(design, y, resamples=100), "S1").loc["kind", "estimate"])
    # truth: 1.25 / (1.25 + .25 / 12) = .984; SALib reads .83 with alternating labels
    assert found == pytest.approx([0.97, 0.97], abs=0.015)


def test_rbd_fast_of_an_inert_category_is_about_zero():
    design = doe.latin_hypercube(category(list("abcdef")), 2000, rng=1)
    found = rows(rbd_fast(design, design.unit[:, 1], resamples=100), "S1")
    assert abs(found.loc["kind", "estimate"]) < 0.02


def test_rbd_fast_of_a_grid_does_not_take_the_order_of_the_rows_for_an_effect():
    design = doe.grid(doe.ParameterSpace(UNIT), 9)
    found = rows(rbd_fast(design, 2 * design.points["x0"] + design.points["x1"], resamples=100), "S1")
    np.testing.assert_allclose(found["estimate"], [0.8, 0.2, 0.0], atol=0.05)


def test_rbd_fast_is_not_inflated_by_noise():
    design = doe.latin_hypercube(doe.ParameterSpace(UNIT), 2000, rng=1)
    noise = np.random.default_rng(1).normal(0, 0.3, len(design))
    y = design.unit[:, 0] + 0.5 * design.unit[:, 1] + noise
    found = rows(rbd_fast(design, y, resamples=100, seed_policy="independent"), "S1")
    # of the whole variance: .43, .11 and nothing
    np.testing.assert_allclose(found["estimate"], [0.43, 0.107, 0], atol=0.05)
    assert found.loc["x2", "low"] < 0 < found.loc["x2", "high"]


@pytest.mark.parametrize("M", [0, 2.5, True, "4"])
def test_rbd_fast_refuses_a_number_of_harmonics_that_is_none(M):
    design = doe.monte_carlo(doe.ParameterSpace(UNIT), 100, rng=1)
    with pytest.raises(AnalysisError, match="M takes an int from 1"):
        rbd_fast(design, design.unit[:, 0], M=M)


def test_rbd_fast_needs_points_for_its_harmonics():
    design = doe.monte_carlo(doe.ParameterSpace(UNIT), 40, rng=1)
    with pytest.raises(AnalysisError, match="M=10 harmonics need more than 40 points, got 40"):
        rbd_fast(design, design.unit[:, 0])


def test_rbd_fast_says_where_halves_have_no_variance():
    design = doe.monte_carlo(doe.ParameterSpace(UNIT), 100, rng=1)
    y = np.zeros(100)
    y[3] = 1
    with pytest.warns(MesaDoeWarning, match="resamples have no"):
        rbd_fast(design, y, resamples=100)


def test_rbd_fast_takes_rng_of_all_kinds_and_repeats_itself():
    design = doe.monte_carlo(doe.ParameterSpace(UNIT), 100, rng=1)
    y = pd.Series(design.unit[:, 0], index=design.points.index)
    first, again, other = (rbd_fast(design, y, resamples=100, rng=rng).to_frame() for rng in (1, 1, 2))
    pd.testing.assert_frame_equal(first, again)
    assert (first["low"] != other["low"]).all()
    assert (first["estimate"] == other["estimate"]).all()


@pytest.mark.parametrize("points", [41, 42, 60, 80])
def test_halves_of_few_points_give_no_intervals_and_that_is_said(points):
    design = doe.latin_hypercube(doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1)), points, rng=1)
    with pytest.warns(doe.MesaDoeWarning, match=f"no intervals: halves of {points} points are too few"):
        frame = rbd_fast(design, design.unit @ [3, 1]).to_frame()
    assert frame["estimate"].notna().all()
    assert frame[["low", "high"]].isna().all(axis=None)
