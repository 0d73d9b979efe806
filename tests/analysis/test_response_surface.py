import numpy as np
import pandas as pd
import pytest
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.response_surface import response_surface
from tests.analysis.helpers import COLUMNS, lettered_space, quiet


def values_of(result, output="y"):
    rows = result.to_frame()
    rows = rows[rows["output"] == output]
    names = {"linear": "", "quadratic": "²"}
    text = [
        f"{f}*{p}" if p else f + names[m]
        for m, f, p in zip(rows["measure"], rows["factor"], rows["partner"], strict=True)
    ]
    return rows.set_index(pd.Index(text))


def quadratic(design):
    """In coded units: 3 + a - 2 b + 0.5 c - 2 a² - b² - c² + a b."""
    a, b, c = (2 * design.unit[:, k] - 1 for k in range(3))
    return 3 + a - 2 * b + 0.5 * c - 2 * a**2 - b**2 - c**2 + a * b


EXACT = {"a": 1, "b": -2, "c": 0.5, "a²": -2, "b²": -1, "c²": -1, "a*b": 1, "a*c": 0, "b*c": 0}


@pytest.mark.parametrize(
    "make",
    [
        lambda: doe.central_composite(lettered_space()),
        lambda: doe.box_behnken(lettered_space()),
        lambda: doe.d_optimal(lettered_space(), 12, degree=2, levels=3),
        lambda: doe.full_factorial(lettered_space(), 3),
    ],
)
def test_a_quadratic_without_noise_is_recovered(make):
    design = make()
    result = response_surface(design, quadratic(design))
    rows = values_of(result)
    assert rows["estimate"].to_dict() == pytest.approx(EXACT, abs=1e-9)
    np.testing.assert_allclose(rows[["low", "high"]].T, [rows["estimate"]] * 2, atol=1e-6)
    assert result.settings["intercept"]["y"] == pytest.approx(3)
    assert result.settings["R2"]["y"] == pytest.approx(1)
    assert result.settings["R2_adjusted"]["y"] == pytest.approx(1)
    assert result.warnings == ()


def test_given_data_are_coded_by_the_ends_of_the_points():
    space = doe.ParameterSpace(a=doe.Real(-2, 8), n=doe.Integer(1, 9), k=doe.Real(0.1, 100, log=True))
    design = doe.latin_hypercube(space, 60, rng=1)
    a, n, k = (design.points[name].to_numpy(dtype=float) for name in ("a", "n", "k"))
    result = response_surface(design, (a - 2) ** 2 + n * np.log(k))
    rows = values_of(result)["estimate"]
    assert rows["a²"] == pytest.approx((np.ptp(a) / 2) ** 2)
    assert rows["n*k"] == pytest.approx(np.ptp(n) / 2 * np.ptp(np.log(k)) / 2)
    assert rows["a*n"] == pytest.approx(0, abs=1e-9)


def test_coefficients_and_intervals_are_those_of_statsmodels():
    sm = pytest.importorskip("statsmodels.api")
    design = doe.full_factorial(lettered_space(2), 4)
    a, b = (2 * design.unit - 1).T
    y = np.random.default_rng(1).normal(size=16) + 2 * a
    result = response_surface(design, y, confidence=0.9)
    fit = sm.OLS(y, np.column_stack([np.ones(16), a, b, a**2, b**2, a * b])).fit()
    rows = values_of(result)
    np.testing.assert_allclose(rows["estimate"], fit.params[1:], rtol=1e-9)
    np.testing.assert_allclose(rows[["low", "high"]], fit.conf_int(0.1)[1:], rtol=1e-9)
    assert result.settings["intercept"]["y"] == pytest.approx(fit.params[0])
    assert result.settings["R2"]["y"] == pytest.approx(fit.rsquared)
    assert result.settings["R2_adjusted"]["y"] == pytest.approx(fit.rsquared_adj)
    assert result.settings["error"] == {"y": "what the model leaves"}
    assert result.settings["df"] == {"y": 10}
    assert np.isnan(result.settings["lack_of_fit"]["y"]["p"])


def test_maximum_minimum_and_saddle_are_found_in_native_units():
    design = doe.central_composite(doe.ParameterSpace(a=doe.Real(10, 20), k=doe.Real(1, 100, log=True)))
    a, k = design.points["a"].to_numpy(), np.log10(design.points["k"].to_numpy())
    for sign_a, sign_k, kind in ((-1, -1, "maximum"), (1, 1, "minimum"), (1, -1, "saddle")):
        y = 7 + sign_a * (a - 14) ** 2 + sign_k * (k - 1.5) ** 2
        found = response_surface(design, y).settings["stationary"]["y"]
        assert found["kind"] == kind
        assert found["value"] == pytest.approx(7)
        assert found["point"] == pytest.approx({"a": 14, "k": 10**1.5})
    for y in ((a - 40) ** 2 + k**2, (a + k) ** 2, a):  # outside; a ridge; a plane
        assert response_surface(design, y).settings["stationary"]["y"] is None
    assert response_surface(design, a, order=1).settings["stationary"]["y"] is None


def test_repeated_points_measure_the_noise_and_the_lack_of_fit():
    design = doe.central_composite(lettered_space(2), center=(3, 3))
    a, b = (2 * design.unit - 1).T
    noise = np.random.default_rng(3).normal(size=len(design))
    centre = (a == 0) & (b == 0)
    result = response_surface(design, 5 * a + noise)
    assert result.settings["error"] == {"y": "repeated points"}
    assert result.settings["df"] == {"y": 5}
    matrix = np.column_stack([np.ones(len(a)), a, b, a**2, b**2, a * b])
    size = np.sqrt(np.diag(np.linalg.inv(matrix.T @ matrix)))[1:]
    pure = noise[centre].var(ddof=1)
    rows = values_of(result)
    half = stats.t.ppf(0.975, 5) * np.sqrt(pure) * size
    np.testing.assert_allclose(rows["high"] - rows["estimate"], half, rtol=1e-9)
    left = ((5 * a + noise - matrix @ np.linalg.lstsq(matrix, 5 * a + noise)[0]) ** 2).sum()
    f = (left - 5 * pure) / 3 / pure
    assert result.settings["lack_of_fit"]["y"]["F"] == pytest.approx(f)
    assert result.settings["lack_of_fit"]["y"]["p"] == pytest.approx(stats.f.sf(f, 3, 5))
    with pytest.warns(
        doe.MesaDoeWarning, match=r"lack of fit.*: use order=2 with interactions=True, or narr"
    ):
        response_surface(design, 90 * a**2 + noise, order=1)
    with pytest.warns(doe.MesaDoeWarning, match="lack of fit.*: use interactions=True, or narrower axes"):
        response_surface(design, 90 * a * b + noise, interactions=False)
    with pytest.warns(
        doe.MesaDoeWarning, match="lack of fit.*another shape: use narrower axes, or a space-f"
    ):
        response_surface(design, 90 * a**2 * b**2 + noise)


def test_without_noise_repeated_points_tell_nothing():
    design = doe.central_composite(lettered_space(2))
    y = np.exp(3 * design.unit[:, 0])
    result = response_surface(design, y)
    assert result.settings["error"] == {"y": "what the model leaves"}
    assert np.isnan(result.settings["lack_of_fit"]["y"]["F"])
    assert result.warnings == ()


def test_common_seeds_leave_no_noise_in_coefficients():
    design = doe.central_composite(lettered_space())
    y = quadratic(design)[:, None, None] + np.random.default_rng(1).normal(size=(1, 4, 1))
    rows = values_of(response_surface(design, y, seed_policy="common"))
    for column in COLUMNS:
        assert rows[column].to_dict() == pytest.approx(EXACT, abs=1e-9)
    wide = values_of(response_surface(design, y, seed_policy="independent"))
    assert (wide["high"] - wide["low"]).min() > 0.1


@pytest.mark.parametrize("policy", ["independent", None])
def test_intervals_cover_and_lack_of_fit_alarms_as_often_as_they_say(policy):
    design = doe.central_composite(lettered_space(2), center=(2, 2))
    a, b = (2 * design.unit - 1).T
    noise = np.random.default_rng(2).normal(size=(len(design), 3, 300))
    result = quiet(response_surface, design, (a * b - a)[:, None, None] + noise, seed_policy=policy)
    rows = result.to_frame()
    rows = rows[rows["measure"] == "interaction"]
    covered = ((rows["low"] <= 1) & (rows["high"] >= 1)).sum()
    assert 274 <= covered <= 296  # binomial(300, 0.95), three deviations
    alarms = sum(found["p"] < 0.05 for found in result.settings["lack_of_fit"].values())
    assert 4 <= alarms <= 26


def test_definitive_screening_has_curvature_without_interactions():
    # The 13 points of six factors, from a conference matrix; pydoe may not be installed.
    c = np.array(
        [
            [0, 1, 1, 1, 1, 1],
            [1, 0, 1, -1, -1, 1],
            [1, 1, 0, 1, -1, -1],
            [1, -1, 1, 0, 1, -1],
            [1, -1, -1, 1, 0, 1],
            [1, 1, -1, -1, 1, 0],
        ]
    )
    codes = np.vstack([c, -c, np.zeros((1, 6))])
    design = doe.Design(lettered_space(6), (codes + 1) / 2, method="definitive_screening", options={})
    result = response_surface(design, 2 * codes[:, 0] - codes[:, 3] ** 2)
    rows = values_of(result)["estimate"]
    assert rows["a"] == pytest.approx(2)
    assert rows["d²"] == pytest.approx(-1)
    assert not any("*" in name for name in rows.index)
    assert result.settings["interactions"] is False


def test_optimal_designs_are_read_with_the_degree_they_were_made_for():
    design = doe.d_optimal(lettered_space(3), 6, degree=1)
    y = 4.0 * design.points["a"].to_numpy()
    result = response_surface(design, y)
    assert result.settings["order"] == 1
    assert values_of(result)["estimate"].to_dict() == pytest.approx({"a": 2, "b": 0, "c": 0}, abs=1e-9)


def test_factors_of_two_levels_have_no_quadratic_term():
    space = doe.ParameterSpace(x=doe.Real(0, 1), on=doe.Boolean(), kind=doe.Categorical(["u", "v"]))
    design = doe.full_factorial(space, 3)
    x, on = design.points["x"].to_numpy(), design.points["on"].to_numpy()
    result = response_surface(design, x**2 + 3 * on)
    rows = values_of(result)["estimate"]
    assert list(rows.index) == ["x", "on", "kind", "x²", "x*on", "x*kind", "on*kind"]
    assert rows["on"] == pytest.approx(1.5)
    assert result.settings["stationary"]["y"] is None


def test_terms_that_cannot_be_told_are_named():
    design = doe.two_level_factorial(lettered_space(3))
    y = np.arange(8.0)
    more = "a design of more points or levels"
    with pytest.raises(
        doe.AnalysisError,
        match=f"10 coefficients need as many points, got 8; use order=1 with interactions=True, or {more}$",
    ):
        response_surface(design, y)
    with pytest.raises(
        doe.AnalysisError, match=f"do not tell apart the mean, a², b², c²; use order=1, or {more}$"
    ):
        response_surface(design, y, interactions=False)
    assert response_surface(design, y, order=1, interactions=True).settings["R2"]["y"] == pytest.approx(1)
    half = doe.fractional_factorial(lettered_space(3), generators={"c": "a*b"})
    twice = doe.explicit(pd.concat([half.points] * 2), half.space)
    with pytest.raises(
        doe.AnalysisError, match=f"a, b × c; b, a × c; c, a × b; use interactions=False, or {more}$"
    ):
        response_surface(twice, y, order=1, interactions=True)
    still = doe.full_factorial(lettered_space(2), {"a": 3, "b": [0.5]})
    with pytest.raises(doe.AnalysisError, match=f"apart b; use {more}$"):
        response_surface(still, y[:3], order=1)


def test_several_outputs_at_once_are_what_each_is_alone():
    design = doe.central_composite(lettered_space())
    generator = np.random.default_rng(1)
    smooth = quadratic(design) ** 3
    y = np.stack([quadratic(design) + generator.normal(size=len(design)), 1e150 * smooth], axis=1)
    together = quiet(response_surface, design, y)
    assert list(together.settings["error"].values()) == ["repeated points", "what the model leaves"]
    for k in range(2):
        alone = quiet(response_surface, design, y[:, k])
        mine = values_of(together, f"y{k}")
        np.testing.assert_allclose(mine[COLUMNS], values_of(alone)[COLUMNS], rtol=1e-9)
        assert together.settings["R2"][f"y{k}"] == pytest.approx(alone.settings["R2"]["y"])


def test_what_it_cannot_fit_is_refused_and_a_constant_has_no_r2():
    design = doe.central_composite(lettered_space())
    y = quadratic(design)
    assert np.isnan(quiet(response_surface, design, np.full(len(y), 0.1)).settings["R2"]["y"])
    with pytest.raises(doe.AnalysisError, match="order takes 1 or 2, got 3"):
        response_surface(design, y, order=3)
    kinds = doe.full_factorial(doe.ParameterSpace(kind=doe.Categorical(["u", "v", "w"])))
    with pytest.raises(doe.AnalysisError, match="needs axes with an order"):
        response_surface(kinds, [1.0, 2.0, 3.0])


def test_is_the_default_of_response_surface_designs():
    for design in (
        doe.central_composite(lettered_space()),
        doe.box_behnken(lettered_space()),
        doe.doehlert(lettered_space()),
    ):
        assert doe.analysis.choose(design) is response_surface
        response_surface(design, quadratic(design))
