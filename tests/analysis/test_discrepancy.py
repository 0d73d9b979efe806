import numpy as np
import pytest
from SALib.analyze import discrepancy as salib_discrepancy
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.discrepancy import discrepancy
from mesa_doe.errors import AnalysisError
from tests.analysis.helpers import PROBLEM, ishigami, quiet, unit_space


@pytest.mark.parametrize("kind", ["WD", "CD", "MD", "L2-star"])
def test_equals_salibs(kind):
    design = doe.latin_hypercube(unit_space(3), 200, rng=1)
    y = np.exp(design.unit @ [2, 1, 0]) + 5
    theirs = salib_discrepancy.analyze(PROBLEM, design.unit, y, method=kind)["s_discrepancy"]
    found = discrepancy(design, y, kind=kind).table()
    np.testing.assert_allclose(found["discrepancy"], theirs, rtol=1e-10)
    assert found["discrepancy"].sum() == pytest.approx(1)
    assert found["discrepancy_low"].isna().all()


def test_ranks_the_factors_of_ishigami():
    design = doe.latin_hypercube(
        doe.ParameterSpace({f"x{i}": doe.Real(-np.pi, np.pi) for i in (1, 2, 3)}), 1000, rng=1
    )
    y = ishigami(design)
    found = discrepancy(design, y).table()["discrepancy"]
    assert found.sort_values(ascending=False).index.tolist() == ["x1", "x2", "x3"]


def test_laws_other_than_the_uniform_are_taken():
    # which SALib refuses, as their values are beyond the bounds
    space = doe.ParameterSpace(a=stats.norm(0, 3), b=doe.Real(0, 1))
    design = doe.latin_hypercube(space, 200, rng=1)
    found = discrepancy(design, design.points["a"] + design.points["b"]).table()["discrepancy"]
    assert found["a"] > found["b"]


def test_discrete_axes_are_refused_with_what_would_do():
    space = doe.ParameterSpace(level=doe.Integer(0, 4), b=doe.Real(0, 1))
    design = doe.latin_hypercube(space, 100, rng=1)
    with pytest.raises(AnalysisError, match=r"needs axes of real numbers, but level have .* by .*pawn"):
        discrepancy(design, design.unit[:, 0])
    seeded = doe.sobol(doe.ParameterSpace(a=doe.Real(0, 1)), 16, rng=1, seed_factor=True)
    with pytest.raises(
        AnalysisError, match="cannot read the seed as a factor: make the design without seed_factor=True"
    ):
        discrepancy(seeded, seeded.unit[:, 0])


@pytest.mark.parametrize("kind", ["WD", "CD", "MD", "L2-star"])
def test_an_output_of_two_values_is_refused_with_those_that_rank_its_factors(kind):
    design = doe.latin_hypercube(unit_space(3), 400, rng=1)
    y = design.unit @ [2, 1, 0] > 1.5
    with pytest.raises(AnalysisError, match=r"'y1' takes two values only, .* rsa, pawn and delta read such"):
        discrepancy(design, np.column_stack([design.unit[:, 0], y]), kind=kind)
    for method, measure in (("rsa", "ks"), ("pawn", "median"), ("delta", "delta")):
        found = quiet(getattr(doe.analyze, method), design, y).table()[measure]
        assert found["x0"] > 1.5 * found["x1"] > 1.5 * found["x2"]
    discrepancy(design, design.unit.sum(axis=1).round(), kind=kind)


def test_an_unknown_kind_is_refused():
    design = doe.latin_hypercube(unit_space(3), 100, rng=1)
    with pytest.raises(AnalysisError, match="kind takes 'WD', 'CD', 'MD', 'L2-star', got 'ND'"):
        discrepancy(design, design.unit[:, 0], kind="ND")


def test_a_law_of_counts_without_an_end_is_refused_as_integers_are():
    design = doe.latin_hypercube(doe.ParameterSpace(n=doe.Law(stats.poisson(3)), b=doe.Real(0, 1)), 32, rng=1)
    with pytest.raises(doe.AnalysisError, match="needs axes of real numbers, but n have values between"):
        doe.analyze.discrepancy(design, design.unit[:, 1])
