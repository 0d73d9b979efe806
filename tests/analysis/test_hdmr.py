import warnings

import numpy as np
import pytest
from SALib.analyze import enhanced_hdmr as salib_enhanced
from SALib.analyze import hdmr as salib_hdmr

import mesa_doe as doe
from mesa_doe.analysis import spline_fit
from mesa_doe.analysis.hdmr import enhanced_hdmr, hdmr
from mesa_doe.analysis.spline_fit import SplineFit, splines
from mesa_doe.design.salib import unit_problem
from mesa_doe.seeding import kept_generators, library_seed, root_entropy
from tests import models
from tests.analysis.helpers import COLUMNS, angles, ishigami, made, quiet, unit_space

#: Cheap options of each.
BOTH = pytest.mark.parametrize(
    ("analysis", "options"),
    [(hdmr, {"intervals": 2, "resamples": 5}), (enhanced_hdmr, {"poly_order": 2, "resamples": 5})],
)


def lhs(space=None, n=400, rng=1):
    return doe.latin_hypercube(space or unit_space(2), n, rng=rng)


def line(design):
    return 2 * design.unit[:, 0] + design.unit[:, 1]


def values_of(result, measure, column="estimate", output=None):
    return result.table(output)[measure if column == "estimate" else f"{measure}_{column}"].dropna()


def ishigami_sample(n):
    design = lhs(angles(), n)
    return design, ishigami(design)


# ---- what it estimates -------------------------------------------------------------------------------


def salibs(analysis, x, z, fits, seed):
    problem = unit_problem([f"x{k}" for k in range(x.shape[1])])
    if analysis is enhanced_hdmr:
        return salib_enhanced.analyze(problem, x, z, poly_order=2, bootstrap=fits, seed=seed)
    with kept_generators(), warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        np.random.seed(seed)  # noqa: NPY002
        return salib_hdmr.analyze(problem, x, z, m=2, K=fits)


@BOTH
def test_estimates_are_of_salibs_fit_to_all_points_and_intervals_of_its_fits_to_halves(analysis, options):
    design = lhs(unit_space(3))
    y = line(design) + design.unit[:, 1] * design.unit[:, 2]
    z, seed = (y - y.mean()) / y.std(), library_seed(root_entropy(7))
    with kept_generators(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "subset is set to 400")
        theirs, raw = (salibs(analysis, design.unit, values, 1, seed) for values in (z, y))
        halves = salibs(analysis, design.unit, z, 5, seed)
    ours = quiet(analysis, design, y, rng=7, **options)
    for measure in ("S", "Sa", "Sb"):
        conf = (values_of(ours, measure, "high") - values_of(ours, measure, "low")) / 2
        np.testing.assert_allclose(values_of(ours, measure), theirs[measure], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(conf, halves[f"{measure}_conf"], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(values_of(ours, measure), raw[measure], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(values_of(ours, "ST"), theirs["ST"][:3], rtol=1e-9, atol=1e-12)
    assert ours.settings["explained"]["y"] == pytest.approx(theirs["S_sum"], rel=1e-9)
    assert list(ours.table().index) == ["x0", "x1", "x2", "x0 × x1", "x0 × x2", "x1 × x2"]


@pytest.mark.parametrize("degree", [3, 6])
def test_polynomials_are_salibs_but_for_the_digits_that_it_loses(degree):
    design = lhs(unit_space(3), 700)
    y = np.sin(6 * design.unit[:, 0]) + design.unit[:, 1] * design.unit[:, 2]
    z = (y - y.mean()) / y.std()
    with pytest.warns(UserWarning, match="subset is set to 700"):
        theirs = salib_enhanced.analyze(
            unit_problem(["a", "b", "c"]), design.unit, z, poly_order=degree, bootstrap=1
        )
    ours = quiet(enhanced_hdmr, design, y, poly_order=degree, resamples=2)
    for measure in ("S", "Sa", "Sb"):
        atol = 1e-12 if degree == 3 else 1e-8
        np.testing.assert_allclose(values_of(ours, measure), theirs[measure], rtol=0, atol=atol)


@BOTH
def test_line_has_the_shares_of_its_factors(analysis, options):
    design = lhs()
    result = analysis(design, line(design), **options)
    assert result.warnings == ()
    for measure in ("S", "ST"):
        np.testing.assert_allclose(values_of(result, measure)[:2], [0.8, 0.2], atol=0.02)
        low, high = values_of(result, measure, "low")[:2], values_of(result, measure, "high")[:2]
        assert ((low <= [0.8, 0.2]) & (high >= [0.8, 0.2])).all()
    assert abs(values_of(result, "S").loc["x0 × x1"]) < 1e-3


@pytest.mark.parametrize(("analysis", "options"), [(hdmr, {}), (enhanced_hdmr, {"resamples": 10})])
def test_ishigami_is_read_with_the_default_curves(analysis, options):
    design, y = ishigami_sample(1024)
    result = analysis(design, y, **options)
    s = values_of(result, "S")
    for name, exact in models.ISHIGAMI_S1.items():
        assert s[name] == pytest.approx(exact, abs=0.03)
        assert values_of(result, "ST")[name] == pytest.approx(models.ISHIGAMI_ST[name], abs=0.06)
    for (a, b), exact in models.ISHIGAMI_S2.items():
        assert s[f"{a} × {b}"] == pytest.approx(exact, abs=0.06)


@pytest.mark.parametrize(
    ("analysis", "options"), [(hdmr, {"intervals": 1}), (enhanced_hdmr, {"poly_order": 3})]
)
def test_curves_too_stiff_for_ishigami_are_said_to_leave_much_unexplained(analysis, options):
    design, y = ishigami_sample(700)
    with pytest.warns(doe.MesaDoeWarning, match="terms explain 0.*curves that the (splines|polynomials)"):
        result = analysis(design, y, resamples=5, **options)
    assert values_of(result, "S")["x2"] < 0.3  # truth: 0.44


@BOTH
def test_correlated_factors_share_by_correlation(analysis, options):
    # y = a + b is fitted exactly, so that its parts are moments of the sample: S of a is its covariance with
    # y, of which Sa is its own variance and Sb that with b.
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), correlation=[[1, 0.5], [0.5, 1]])
    design = lhs(space, 1000)
    y = design.points["a"] + design.points["b"]
    result = quiet(analysis, design, y, **options)
    shares = np.cov(design.points.to_numpy().T) / y.var()
    assert shares[0, 1] > 0.1
    np.testing.assert_allclose(values_of(result, "Sa")[:2], np.diag(shares), atol=1e-3)
    np.testing.assert_allclose(values_of(result, "Sb")[:2], shares[0, 1], atol=1e-3)
    np.testing.assert_allclose(values_of(result, "S")[:2], shares.sum(axis=1), atol=1e-3)


def test_hdmr_of_order_one_has_no_pairs():
    design = lhs()
    result = hdmr(design, line(design), order=1, resamples=5)
    assert list(result.table().index) == ["x0", "x1"]
    np.testing.assert_allclose(values_of(result, "ST"), values_of(result, "S"))


def test_enhanced_hdmr_refuses_the_orders_that_salib_fails_at():
    design = lhs()
    for order in (1, 3, True):
        with pytest.raises(doe.AnalysisError, match=r"takes order=2, got .*use hdmr\(order=1\)"):
            enhanced_hdmr(design, line(design), order=order)


def test_salibs_orders_one_and_three_still_fail():
    # When this no longer holds, enhanced_hdmr can take them.
    x = np.random.default_rng(0).random((300, 3))
    for order in (1, 3):
        with pytest.raises((AttributeError, ValueError)), kept_generators():
            salib_enhanced.analyze(unit_problem("abc"), x, x[:, 0], order, 1, 2, seed=1)


# ---- few values, few points --------------------------------------------------------------------------


def test_few_levels_are_fitted_exactly_by_curves_that_they_determine():
    space = doe.ParameterSpace(level=doe.Integer(0, 4), b=doe.Real(0, 1))
    design = lhs(space, 500)
    order = np.array([3, 0, 4, 1, 2])  # not monotone
    y = 2 * order[design.points["level"]] + design.points["b"].to_numpy()
    variances = np.array([2**2 * order.var(), 1 / 12])
    exact = variances / variances.sum()
    for result in (hdmr(design, y, intervals=2), enhanced_hdmr(design, y, poly_order=4, resamples=5)):
        np.testing.assert_allclose(values_of(result, "S")[:2], exact, atol=0.015)


def test_too_few_levels_are_refused_with_what_takes_them():
    # SALib reads memory that nobody wrote (S of 1e156), or makes zeros or NaN of them.
    space = doe.ParameterSpace(flag=doe.Boolean(), five=doe.Integer(1, 5), b=doe.Real(0, 1))
    design = lhs(space, 500)
    y = line(design)
    with pytest.raises(doe.AnalysisError, match=r"'flag' has 2 different.*enhanced_hdmr\(poly_order=1\)"):
        hdmr(design, y, intervals=2)
    with pytest.raises(doe.AnalysisError, match=r"'flag' has 2 different.*degree 6"):
        enhanced_hdmr(design, y)
    assert quiet(enhanced_hdmr, design, y, poly_order=1).table()["S"].notna().all()
    space = doe.ParameterSpace(five=doe.Integer(1, 5), b=doe.Real(0, 1))
    with pytest.raises(doe.AnalysisError, match=r"use hdmr\(intervals=2\) or enhanced_hdmr\(poly_order=4\)"):
        hdmr(lhs(space), np.arange(400))


def test_levels_too_rare_for_half_of_the_points_are_refused():
    u = lhs().unit.copy()
    u[:, 0] = np.arange(400) % 4 / 4
    u[0, 0] = 1  # one point has the fifth value
    with pytest.raises(doe.AnalysisError, match="too uneven, to fit x0"):
        hdmr(made(unit_space(2), u), u[:, 1], intervals=2)


def test_pair_that_salib_leaves_out_is_refused():
    # Its index would read 0, where the product makes a tenth of the variance.
    u = np.random.default_rng(1).random((600, 2))
    u = u[(u < 0.6).any(axis=1)]  # nothing in the corner
    space = doe.ParameterSpace(a=doe.Integer(0, 4), b=doe.Integer(0, 4))
    with pytest.raises(doe.AnalysisError, match="too uneven, to fit a × b"):
        hdmr(made(space, u), u[:, 0] * u[:, 1], intervals=2)


def test_terms_that_the_points_cannot_tell_apart_are_refused():
    u = lhs().unit.copy()
    with pytest.raises(
        doe.AnalysisError, match=r"the points are too few, .* to fit x1, x0 × x1; use more points or a"
    ):
        enhanced_hdmr(made(unit_space(2), np.column_stack([u[:, 0], u[:, 0]])), u[:, 0], poly_order=2)


@BOTH
def test_an_output_that_one_point_alone_decides_has_intervals_of_the_halves_that_have_it(analysis, options):
    design = lhs()
    y = line(design)
    y[7] = 1e200
    result = quiet(analysis, design, y, **{**options, "resamples": 20})
    assert any("of the random halves have no estimate" in text for text in result.warnings)
    assert np.isfinite(result.to_frame()[COLUMNS]).all(axis=None)


@BOTH
def test_fewer_than_300_points_or_two_factors_are_refused(analysis, options):
    design = lhs(n=299)
    with pytest.raises(doe.AnalysisError, match=r"needs 300 points or more, got 299.*regression, rbd_fast"):
        analysis(design, line(design), **options)
    design = lhs(unit_space(1))
    with pytest.raises(doe.AnalysisError, match="needs two factors that vary, got 1"):
        analysis(design, design.unit[:, 0], **options)


def test_fewer_points_than_coefficients_are_refused():
    design = lhs(unit_space(4), 400)
    with pytest.raises(doe.AnalysisError, match="fits 240 coefficients of all terms together to 200 points"):
        enhanced_hdmr(design, line(design))
    design = lhs(unit_space(2), 300)
    with pytest.raises(doe.AnalysisError, match="fits 169 coefficients of a pair of factors to 150 points"):
        hdmr(design, line(design), intervals=10)


def test_few_points_for_the_coefficients_are_said():
    design = lhs(unit_space(4), 400)
    with pytest.warns(doe.MesaDoeWarning, match=r"fits of 112 coefficients to 200 points.*use 448 points"):
        enhanced_hdmr(design, line(design), poly_order=4, resamples=2)


@BOTH
def test_what_chance_gives_a_pair_is_said(analysis, options):
    design = lhs(unit_space(3), 300)
    y = np.random.default_rng(3).normal(size=300)
    result = quiet(analysis, design, y, **{**options, **({} if analysis is hdmr else {"poly_order": 4})})
    told = next(text for text in result.warnings if "does nothing" in text)
    chance = float(told.split("up to ")[1].split(",")[0])
    pairs = values_of(result, "S")[3:]
    assert chance == pytest.approx(pairs.mean(), abs=0.06)


# ---- what must never be silent -----------------------------------------------------------------------


@BOTH
def test_factor_with_one_value_is_nan_with_a_warning_and_leaves_the_others(analysis, options):
    u = lhs(unit_space(3)).unit.copy()
    u[:, 1] = 0.3
    y = 2 * u[:, 0] + u[:, 2]
    with pytest.warns(doe.MesaDoeWarning, match="factor 'x1' has one value"):
        result = analysis(made(unit_space(3), u), y, **options)
    alone = analysis(made(unit_space(2), u[:, [0, 2]]), y, **options)
    shown = result.table()["S"]
    assert shown[["x1", "x0 × x1", "x1 × x2"]].isna().all()
    np.testing.assert_allclose(shown[["x0", "x2", "x0 × x2"]], alone.table()["S"])


@BOTH
@pytest.mark.parametrize("factor", [1e-200, 1e200])
def test_estimates_do_not_depend_on_the_unit_of_the_output(analysis, options, factor):
    design = lhs()
    plain, scaled = (analysis(design, v, **options).to_frame() for v in (line(design), factor * line(design)))
    np.testing.assert_allclose(plain[COLUMNS], scaled[COLUMNS], rtol=1e-6, atol=1e-9)


@BOTH
def test_replications_are_averaged_and_noise_alone_is_said(analysis, options):
    design = lhs()
    y = np.random.default_rng(0).normal(size=(400, 3, 1))
    result = quiet(analysis, design, y, seed_policy="independent", **options)
    assert "no more between design points than between replications" in result.warnings[0]
    alone = quiet(analysis, design, y.mean(axis=1), **options)
    np.testing.assert_allclose(result.to_frame()[COLUMNS], alone.to_frame()[COLUMNS])


@BOTH
def test_unordered_categories_and_seeds_as_factors_are_refused(analysis, options):
    design = lhs(doe.ParameterSpace(kind=doe.Categorical(["a", "b", "c"]), x=doe.Real(0, 1)))
    with pytest.raises(doe.AnalysisError, match="levels of kind have none"):
        analysis(design, line(design), **options)
    design = doe.sobol(unit_space(2), 128, rng=1, seed_factor=True)
    with pytest.raises(
        doe.AnalysisError, match="cannot read the seed as a factor: make the design without seed_factor=True"
    ):
        analysis(design, line(design), **options)


@BOTH
@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"resamples": 1}, "resamples takes an int from 2 to 100, got 1"),
        ({"resamples": 1000}, "resamples takes an int from 2 to 100, got 1000"),
        ({"confidence": 0.3}, "confidence takes a number from 0.5"),
        ({"confidence": "high"}, "confidence takes a number between"),
        ({"missing": "skip"}, "missing takes"),
    ],
)
def test_nonsense_options_are_refused(analysis, options, wrong, match):
    with pytest.raises(doe.AnalysisError, match=match):
        analysis(lhs(), np.arange(400), **{**options, **wrong})


def test_nonsense_curves_are_refused():
    for analysis, wrong, match in (
        (hdmr, {"intervals": 0}, "intervals takes an int from 1 to 10, got 0"),
        (hdmr, {"order": 3}, "order takes an int from 1 to 2, got 3"),
        (enhanced_hdmr, {"poly_order": 11}, "poly_order takes an int from 1 to 10, got 11"),
        (enhanced_hdmr, {"poly_order": 2.0}, "poly_order takes an int"),
    ):
        with pytest.raises(doe.AnalysisError, match=match):
            analysis(lhs(), np.arange(400), **wrong)


def test_every_degree_that_is_taken_has_orthonormal_polynomials():
    from mesa_doe.analysis.hdmr import _LARGEST_ORDER

    design = lhs(n=500)
    y = design.unit[:, 0] ** _LARGEST_ORDER
    result = quiet(enhanced_hdmr, design, y, poly_order=_LARGEST_ORDER, resamples=2)
    assert values_of(result, "S")["x0"] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("by_hand", [False, True])
def test_an_inert_factor_that_goes_along_with_another_has_no_share(by_hand):
    space = doe.ParameterSpace(dict.fromkeys("abc", doe.Real(0, 1)), correlation=[("a", "b", 0.9)])
    points = doe.monte_carlo(space, 500, rng=1).points
    design = doe.explicit(points) if by_hand else doe.monte_carlo(space, 500, rng=1)
    y = points["a"] + points["c"] + np.random.default_rng(1).normal(0, 0.1, 500)
    share = quiet(doe.analyze.hdmr, design, y.to_numpy(), order=1).table()["S"]
    # The errors are 0.03; SALib's rounds end at 0.18 and 0.25.
    np.testing.assert_allclose(share, [0.47, 0, 0.47], atol=0.1)


def test_curves_that_are_fitted_at_once_are_what_rounds_come_to(monkeypatch):
    u = np.random.default_rng(1).random((200, 2))
    u[:, 1] = (u[:, 0] + u[:, 1]) / 2
    curves = 8 * np.stack([splines(column, 2) for column in u.T])
    y = np.exp(u[:, 0]) - np.exp(u[:, 0]).mean()
    monkeypatch.setattr(spline_fit, "_LEAST_CHANGE", 0.0)
    monkeypatch.setattr(spline_fit, "_MOST_ROUNDS", 20_000)
    rounds, at_once = (SplineFit(curves, pairs=False, together=way).terms(y) for way in (False, True))
    # What is the same at all points goes from term to term more slowly still, and is in no share.
    np.testing.assert_allclose(
        at_once - at_once.mean(1)[:, None], rounds - rounds.mean(1)[:, None], atol=1e-3
    )
