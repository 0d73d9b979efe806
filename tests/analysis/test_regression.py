import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.bootstrap import widening
from mesa_doe.analysis.declare import ANALYSES
from mesa_doe.analysis.regression import regression
from mesa_doe.samplers.declare import SAMPLERS
from tests import models
from tests.analysis.helpers import COLUMNS, made, quiet, unit_space
from tests.random_state import global_state


def lhs(space=None, n=200, rng=1):
    return doe.latin_hypercube(space or unit_space(3), n, rng=rng)


def some_outputs(design):
    x = design.points.to_numpy(dtype=float)
    noise = np.random.default_rng(5).normal(size=len(design))
    return np.column_stack([x[:, 0] - 2 * x[:, 1] + 0.3 * noise, np.exp(3 * x[:, 0]) + x[:, 1] + noise])


def values_of(result, measure, output="y"):
    rows = result.to_frame()
    return rows.loc[(rows["measure"] == measure) & (rows["output"] == output)].set_index("factor")


def partial_by_residuals(x, y):
    """Correlation of what the other factors leave of one factor, and of the output."""
    found = []
    for j in range(x.shape[1]):
        others = np.column_stack([np.ones(len(x)), np.delete(x, j, axis=1)])
        left = [v - others @ np.linalg.lstsq(others, v, rcond=None)[0] for v in (x[:, j], y)]
        found.append(np.corrcoef(*left)[0, 1])
    return found


@pytest.mark.parametrize("correlation", [None, [[1, 0.7, 0], [0.7, 1, 0], [0, 0, 1]]])
def test_coefficients_are_those_of_statsmodels_and_of_residuals(correlation):
    sm = pytest.importorskip("statsmodels.api")
    axes = {"x0": doe.Real(-3, 8), "x1": doe.Real(0.01, 100, log=True), "x2": doe.Integer(1, 5)}
    design = lhs(doe.ParameterSpace(axes, correlation=correlation))
    y = some_outputs(design)
    result = quiet(regression, design, y, resamples=100)
    x = design.points.to_numpy(dtype=float)
    for k in range(2):
        for standard, partial, r2, change in (
            ("SRC", "PCC", "R2", lambda v: v),
            ("SRRC", "PRCC", "R2_ranks", lambda v: stats.rankdata(v, axis=0)),
        ):
            xs, ys = stats.zscore(change(x)), stats.zscore(change(y[:, k]))
            fit = sm.OLS(ys, sm.add_constant(xs)).fit()
            np.testing.assert_allclose(
                values_of(result, standard, f"y{k}")["estimate"], fit.params[1:], rtol=1e-10, atol=1e-12
            )
            assert result.settings[r2][f"y{k}"] == pytest.approx(fit.rsquared, rel=1e-10)
            np.testing.assert_allclose(
                values_of(result, partial, f"y{k}")["estimate"],
                partial_by_residuals(xs, ys),
                rtol=1e-9,
                atol=1e-12,
            )


def test_squared_coefficients_of_a_linear_model_are_its_shares_of_variance():
    design = lhs(n=2000)
    x = design.unit
    result = regression(design, 3 * x[:, 0] - 2 * x[:, 1] + x[:, 2])
    rows = values_of(result, "SRC")
    exact = np.array([3, -2, 1]) / np.sqrt(14)
    assert ((rows["low"] <= exact) & (exact <= rows["high"])).all()
    np.testing.assert_allclose(rows["estimate"] ** 2, exact**2, atol=0.01)
    assert result.settings["R2"]["y"] == pytest.approx(1)
    assert result.warnings == ()


def test_intervals_are_the_spread_over_halves_ranked_anew_about_the_estimate():
    design = lhs(doe.ParameterSpace(x0=doe.Real(0, 1), x1=doe.Integer(0, 3)), n=30)
    y = np.round(some_outputs(design)[:, 0], 1)
    result = regression(design, y, resamples=100, rng=9)
    generator = np.random.default_rng(doe.seeding.root_entropy(9))
    drawn = [np.flatnonzero(generator.permutation(30) < 15) for _ in range(100)]
    x = design.points.to_numpy(dtype=float)
    found = {"SRC": [], "PCC": [], "SRRC": [], "PRCC": []}
    for rows in drawn:
        for standard, partial, change in (
            ("SRC", "PCC", lambda v: v),
            ("SRRC", "PRCC", lambda v: stats.rankdata(v, axis=0)),
        ):
            xs, ys = stats.zscore(change(x[rows])), stats.zscore(change(y[rows]))
            found[standard].append(np.linalg.lstsq(xs, ys, rcond=None)[0])
            found[partial].append(partial_by_residuals(xs, ys))
    for measure, values in found.items():
        scale, back = (np.arctanh, np.tanh) if "PCC" in measure or measure == "PRCC" else (np.array, np.array)
        whole = values_of(result, measure)["estimate"].to_numpy()
        spread = scale(values) - scale(values).mean(axis=0)
        # Of 15 points, 12 are left beyond two coefficients and the mean, of 30 all but 3; by Student's t.
        wider = np.sqrt(12 / 15) * widening(28, 0.95)
        ends = back(scale(whole) + wider * np.quantile(spread, [0.025, 0.975], axis=0))
        np.testing.assert_allclose(values_of(result, measure)[["low", "high"]].T, ends, rtol=1e-8, atol=1e-10)


def test_intervals_cover_the_truth_as_often_as_they_say():
    # y = a + e: SRC and PCC are 1 / sqrt(1 + 1) with var(e) = var(a) = 1 / 12.
    covered = 0
    for rng in range(100):
        design = doe.monte_carlo(unit_space(2), 100, rng=rng)
        noise = np.random.default_rng(rng).normal(0, np.sqrt(1 / 12), 100)
        result = quiet(regression, design, design.unit[:, 0] + noise, resamples=200, ranks=False)
        row = values_of(result, "PCC").loc["x0"]
        covered += row["low"] <= np.sqrt(0.5) <= row["high"]
    assert covered >= 87  # binomial(100, 0.95): below 87 with probability 0.0005


def test_intervals_of_many_factors_and_few_points_are_as_wide_as_estimates_of_designs_are_apart():
    found = []
    for rng in range(60):
        design = doe.monte_carlo(unit_space(10), 40, rng=rng)
        y = design.unit[:, 0] + np.random.default_rng(rng).normal(0, 0.3, 40)
        result = quiet(regression, design, y, resamples=100, ranks=False)
        found.append(values_of(result, "SRC")[COLUMNS].to_numpy())
    estimate, low, high = np.moveaxis(found, 2, 0)
    # Of ten factors the deviation of 60 has an error of 3 %; the spread of halves would be 1.65 as wide.
    assert 0.95 < np.mean((high - low) / 3.92 / estimate.std(axis=0)) < 1.3


def test_halves_of_too_few_points_have_no_intervals():
    design = lhs(unit_space(10), n=22)
    y = np.random.default_rng(1).normal(size=22)
    result = quiet(regression, design, y)
    assert "100.0% of the random halves have no estimate" in result.warnings[-1]
    rows = result.to_frame()
    assert rows["estimate"].notna().all()
    assert rows[["low", "high"]].isna().all(axis=None)


def test_what_many_factors_explain_of_few_points_by_chance_is_told():
    design, y = lhs(unit_space(10), n=14), np.random.default_rng(7).normal(size=14)
    result = quiet(regression, design, y, ranks=False)
    assert result.settings["R2"]["y"] > 0.7
    exact = 1 - (1 - result.settings["R2"]["y"]) * 13 / 3
    assert result.settings["R2_adjusted"]["y"] == pytest.approx(exact)
    assert re.search(r"explains 0\.\d\d of the variance \(R2\), but .*\d when adjusted", result.warnings[0])


def test_factors_that_go_along_with_each_other_are_noted():
    u = lhs().unit.copy()
    u[:, 2] = np.clip(u[:, 0] + np.random.default_rng(1).normal(0, 1e-2, 200), 0, 1)
    y = u[:, 0] + u[:, 2] + u[:, 1] + np.random.default_rng(2).normal(0, 0.5, 200)
    result = quiet(regression, made(unit_space(3), u), y)
    assert result.notes[0].startswith("x0, x2 go along with other factors so closely (variance inflation up")
    assert quiet(regression, lhs(), y).notes == ()


def test_monotone_curve_is_read_by_ranks_and_that_is_said():
    design = lhs()
    with pytest.warns(doe.MesaDoeWarning, match=r"that of ranks 1\.00: read SRRC and PRCC"):
        result = regression(design, np.exp(30 * design.unit[:, 0]))
    assert values_of(result, "SRRC").loc["x0", "estimate"] == pytest.approx(1)
    assert abs(values_of(result, "PRCC").loc["x1", "estimate"]) < 0.2


@pytest.mark.parametrize("ranks", [True, False])
def test_what_a_line_cannot_explain_is_said_with_methods_that_can(ranks):
    design = lhs(n=1000)
    with pytest.warns(doe.MesaDoeWarning, match=r"explains 0\.0.*see rbd_fast, pawn or delta"):
        result = regression(design, (design.unit[:, 0] - 0.5) ** 2, ranks=ranks)
    measures = ["SRC", "PCC", "SRRC", "PRCC"] if ranks else ["SRC", "PCC"]
    assert list(dict.fromkeys(result.to_frame()["measure"])) == measures
    assert ("R2_ranks" in result.settings) is ranks


def test_inert_factor_of_an_exact_line_has_no_partial_correlation_made_of_rounding():
    design = lhs()
    result = regression(design, 3 * design.unit[:, 0] + 0.1)
    for measure in ("PCC", "PRCC"):
        rows = values_of(result, measure)
        assert rows.loc["x0", "estimate"] == pytest.approx(1)
        np.testing.assert_allclose(rows.loc[["x1", "x2"], COLUMNS].astype(float), 0, atol=1e-6)


def test_two_level_category_counts_by_its_levels():
    space = doe.ParameterSpace(rule=doe.Categorical(["off", "on"]), flag=doe.Boolean(), a=doe.Real(0, 1))
    design = lhs(space, n=400)
    y = 2.0 * (design.points["rule"] == "on") - (design.points["flag"]).astype(float) + design.points["a"]
    rows = values_of(regression(design, y.to_numpy()), "SRC")
    exact = np.array([1, -0.5, np.sqrt(1 / 12)]) / np.sqrt(1 + 0.25 + 1 / 12)
    np.testing.assert_allclose(rows["estimate"], exact, atol=0.05)
    assert (rows["high"] - rows["low"] < 0.15).all()


def test_categories_without_order_groups_and_seeds_as_factors_are_refused():
    space = doe.ParameterSpace(kind=doe.Categorical(["a", "b", "c"]), x=doe.Real(0, 1))
    design = lhs(space)
    with pytest.raises(doe.AnalysisError, match="levels of kind have none"):
        regression(design, design.unit[:, 0])
    design = doe.sobol(unit_space(2), 16, rng=1, seed_factor=True)
    with pytest.raises(
        doe.AnalysisError, match="cannot read the seed as a factor: make the design without seed_factor=True"
    ):
        regression(design, design.unit[:, 0])
    with pytest.raises(doe.AnalysisError, match="takes a Design, got list"):
        regression([1], [1])


def test_collinear_factors_are_named():
    u = lhs().unit.copy()
    u[:, 2] = 1 - u[:, 0]
    with pytest.raises(doe.AnalysisError, match=r"cannot tell x0, x2 apart"):
        regression(made(unit_space(3), u), u[:, 0])
    u[:, 2] = u[:, 0] ** 2
    with pytest.raises(doe.AnalysisError, match=r"cannot tell ranks of x0, x2 apart.*ranks=False"):
        regression(made(unit_space(3), u), u[:, 0])
    assert regression(made(unit_space(3), u), u[:, 0], ranks=False).warnings == ()


def test_factor_with_one_value_is_nan_with_a_warning():
    u = lhs().unit.copy()
    u[:, 1] = 0.3
    with pytest.warns(doe.MesaDoeWarning, match="factor 'x1' has one value at every point"):
        result = regression(made(unit_space(3), u), u[:, 0] + u[:, 2])
    for measure in ("SRC", "PCC", "SRRC", "PRCC"):
        rows = values_of(result, measure)
        assert rows.loc["x1", COLUMNS].isna().all()
        assert rows.loc[["x0", "x2"], "estimate"].notna().all()
    u[:] = 0.5
    with pytest.raises(doe.AnalysisError, match="needs a factor that varies"):
        regression(made(unit_space(3), u), np.arange(200))


def test_too_few_points_are_refused_and_resamples_without_estimate_are_said():
    with pytest.raises(doe.AnalysisError, match="3 factors needs more than 5 points, got 5"):
        regression(lhs(n=5), np.arange(5))
    design = lhs(n=6)
    with pytest.warns(doe.MesaDoeWarning, match=r"% of the random halves have no estimate"):
        result = regression(design, design.unit @ [3, 2, 1])
    assert result.to_frame()["estimate"].notna().all()


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_every_interval_holds_its_estimate(noise):
    for rng in range(20):
        design = doe.latin_hypercube(unit_space(2), 60, rng=rng)
        y = design.unit @ [3, 1] + np.random.default_rng(rng).normal(0, noise, 60)
        frame = regression(design, y, resamples=100).to_frame()
        assert (frame["low"] <= frame["estimate"]).all()
        assert (frame["estimate"] <= frame["high"]).all()


def test_noise_shrinks_coefficients_towards_zero_and_keeps_their_order():
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Real(0, 1), inert=doe.Real(0, 1))
    runs = lhs(space, n=500).configurations(models.noisy, rng=2)
    results = doe.BatchRunner(runs).run_all()
    result = quiet(regression, results.design, results.points("y")["mean"].to_numpy())
    prcc = values_of(result, "PRCC")["estimate"]
    assert 0.5 < prcc["a"] < 0.9
    assert prcc["a"] > prcc["b"] > abs(prcc["inert"])


# ---- what must never be silent -----------------------------------------------------------------------


def test_constant_output_is_nan_with_a_warning_and_leaves_the_others():
    design = lhs()
    y = np.column_stack([np.full(200, 5.1), design.unit[:, 0]])
    with pytest.warns(
        doe.MesaDoeWarning, match=r"'still' is the same \(5\.1\) at every design point"
    ) as told:
        result = regression(design, y, outputs=["still", "moving"])
    assert len(told) == 1
    assert result.table("still").isna().all(axis=None)
    assert result.table("moving").loc["x0", "SRC"] == pytest.approx(1)
    assert np.isnan(result.settings["R2"]["still"])


def test_coefficients_do_not_depend_on_units():
    u = lhs().unit
    y = some_outputs(made(unit_space(3), u))[:, 0]
    plain = regression(made(unit_space(3), u), y).to_frame()
    wide = doe.ParameterSpace(x0=doe.Real(0, 1.7e308), x1=doe.Real(0, 1e-300), x2=doe.Real(5, 6))
    large = regression(made(wide, u), 1e200 * y).to_frame()
    np.testing.assert_allclose(plain[COLUMNS], large[COLUMNS], rtol=1e-8, atol=1e-10)


def test_large_ints_are_told_apart():
    space = doe.ParameterSpace(x0=doe.Integer(2**60, 2**60 + 5), x1=doe.Real(0, 1))
    design = lhs(space)
    result = regression(design, design.unit[:, 0])
    assert values_of(result, "SRC").loc["x0", "estimate"] > 0.9


def test_replications_are_averaged_and_noise_alone_is_said():
    design = lhs()
    y = np.random.default_rng(0).normal(size=(200, 5, 1))
    result = quiet(regression, design, y, seed_policy="independent")
    assert "no more between design points than between replications" in result.warnings[0]
    alone = quiet(regression, design, y.mean(axis=1))
    np.testing.assert_allclose(result.to_frame()[COLUMNS], alone.to_frame()[COLUMNS])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"resamples": 10}, "resamples takes an int from 100"),
        ({"confidence": 1}, "confidence takes a number between 0 and 1"),
        ({"ranks": "yes"}, "ranks takes True or False, got 'yes'"),
        ({"missing": "skip"}, "missing takes"),
    ],
)
def test_nonsense_options_are_refused(options, match):
    with pytest.raises(doe.AnalysisError, match=match):
        regression(lhs(), np.arange(200), **options)


def test_nothing_of_the_callers_is_changed_and_the_same_rng_gives_the_same():
    design = lhs()
    y = some_outputs(design)
    before, unit = y.copy(), design.unit.copy()
    state = global_state()
    first, again = (quiet(regression, design, y, rng=3).to_frame() for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    assert global_state() == state
    np.testing.assert_array_equal(y, before)
    np.testing.assert_array_equal(design.unit, unit)


def test_it_is_declared_for_designs_that_exist():
    info = ANALYSES["regression"]
    assert info.axes == "ordered"
    assert set(info.default_for) <= set(SAMPLERS)


def test_plot_draws_one_measure_of_values_and_one_of_ranks():
    design = lhs()
    ax = regression(design, design.unit[:, 0], resamples=100).plot(Figure().subplots())
    told = [text.get_text().rsplit(" ", 1)[-1] for text in ax.get_legend().get_texts()]
    assert told == ["SRC", "PRCC"]
    assert ax.get_xlabel() == "coefficient"  # a PRCC is no standardised one
    alone = regression(design, design.unit[:, 0], ranks=False, resamples=100).plot(Figure().subplots())
    assert alone.get_legend() is None
    assert alone.get_xlabel() == "standardised coefficient SRC"
