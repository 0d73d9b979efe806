import warnings

import numpy as np
import pytest
from SALib.analyze import fast as salib_fast
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis import choose
from mesa_doe.analysis.fast import fast
from mesa_doe.errors import AnalysisError, MesaDoeWarning
from tests import models
from tests.analysis.helpers import PROBLEM, angles, ishigami, rows, some_outputs, unit_space


@pytest.mark.parametrize(("n", "M"), [(65, 4), (200, 4), (333, 6)])
def test_fast_equals_salibs(n, M):
    design = doe.fast(unit_space(3), n, rng=3, M=M)
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
    design = doe.fast(angles(), 2001, rng=1)
    result = fast(design, ishigami(design))
    truths = (("S1", models.ISHIGAMI_S1), ("ST", models.ISHIGAMI_ST))
    for measure, truth in truths:
        for factor, exact in truth.items():
            assert rows(result, measure).loc[factor, "estimate"] == pytest.approx(exact, abs=0.04)


def test_fast_is_the_default_for_its_design_and_refuses_others():
    space = unit_space(3)
    assert choose(doe.fast(space, 65, rng=1)) is fast
    with pytest.raises(AnalysisError, match="fast needs a design made by fast, got one made by rbd_fast"):
        fast(doe.rbd_fast(space, 100, rng=1), np.ones(100))


def test_fast_of_an_output_that_is_constant_along_one_curve():
    design = doe.fast(unit_space(3), 65, rng=1)
    y = design.unit[:, 0].copy()
    y[:65] = 0.5
    with pytest.warns(MesaDoeWarning, match="the same along the whole curve of x0"):
        result = fast(design, y)
    assert rows(result, "S1")["estimate"].isna().tolist() == [True, False, False]


@pytest.mark.parametrize("missing", ["raise", "drop"])
def test_fast_cannot_lose_a_point(missing):
    design = doe.fast(unit_space(3), 65, rng=1)
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
    design = doe.fast(unit_space(3), 1001, rng=1)
    noise = np.random.default_rng(1).normal(0, 0.3, (len(design), 4))
    y = (design.unit[:, 0] + 0.5 * design.unit[:, 1])[:, None] + noise
    with pytest.warns(MesaDoeWarning, match="noise inflates every total index"):
        result = fast(design, y[:, :, None], seed_policy="independent", noise="kept")
    (said,) = result.warnings
    told = float(said.split("by about ")[1].split(";")[0])
    assert rows(result, "ST").loc["x2", "estimate"] == pytest.approx(told, abs=0.05)
    assert abs(rows(result, "S1").loc["x2", "estimate"]) < 0.02
    with pytest.warns(MesaDoeWarning, match="smallest total index"):
        fast(design, y[:, 0], seed_policy="independent")
    assert fast(design, y[:, :, None], seed_policy="common").warnings == ()


def test_with_replications_fasts_indices_are_those_of_the_expected_output():
    design = doe.fast(unit_space(3), 1001, rng=1)
    noise = np.random.default_rng(1).normal(0, 0.3, (len(design), 4))
    y = (design.unit[:, 0] + 0.5 * design.unit[:, 1])[:, None] + noise
    result = fast(design, y[:, :, None], seed_policy="independent")
    assert result.warnings == ()
    for measure in ("S1", "ST"):
        assert rows(result, measure)["estimate"].tolist() == pytest.approx([0.8, 0.2, 0], abs=0.05)
    assert result.settings["noise_share"]["y"] == pytest.approx(0.09 / (0.09 + 5 / 48), abs=0.03)
    assert "of the variance of a single run noise is 'y' 0.4" in result.notes[0]


def test_fast_refuses_categories_without_an_order():
    space = doe.ParameterSpace(kind=doe.Categorical(["u", "v", "w"]), b=doe.Real(0, 1))
    design = made_by_fast(space, doe.fast(unit_space(2), 65, rng=1).unit)
    with pytest.raises(
        AnalysisError, match="fast needs axes with an order, but the levels of kind have none"
    ):
        fast(design, np.ones(len(design)))


def test_fast_refuses_outputs_of_another_length_and_curves_that_are_cut():
    design = doe.fast(unit_space(3), 65, rng=1)
    with pytest.raises(AnalysisError, match=r"needs one output a design point.* got \(65,\)"):
        fast(design, np.ones(65))
    curve = made_by_fast(design.space, design.unit[:65])
    with pytest.raises(AnalysisError, match="3 whole curves of n=65 points, but the design has 65"):
        fast(curve, design.unit[:65, 0])


def made_by_fast(space, unit):
    return doe.Design(space, unit, method="fast", options={"n": 65, "M": 4})


@pytest.mark.parametrize("method", ["fast", "rbd_fast"])
def test_an_effect_that_goes_into_a_long_tail_reads_too_low_and_that_is_said(method):
    # S1 of a, a lognormal law with 4.67 of variance beside 1/12, is 0.98.
    space = doe.ParameterSpace(a=stats.lognorm(1), b=doe.Real(0, 1))
    design = getattr(doe, method)(space, 1001, rng=1)
    analyse = getattr(doe.analyze, method)
    with pytest.warns(
        MesaDoeWarning, match="% of a linear effect of a, whose law has a long tail: its S1 is too"
    ):
        found = analyse(design, design.points["a"] + design.points["b"])
    assert found.table().loc["a", "S1"] < 0.85
    # What is linear in the logarithm has no tail.
    assert analyse(design, np.log(design.points["a"])).warnings == ()
