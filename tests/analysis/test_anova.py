import numpy as np
import pandas as pd
import pytest
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.anova import anova
from tests.analysis.helpers import quiet


def values_of(result, measure, output="y"):
    rows = result.to_frame()
    rows = rows[(rows["measure"] == measure) & (rows["output"] == output)]
    names = rows["factor"].where(rows["partner"] == "", rows["factor"] + "*" + rows["partner"])
    return rows.set_index(names)["estimate"]


def table_of(result, output="y"):
    return pd.DataFrame(result.settings["table"][output]).set_index("line")


def two_by_two():
    # Montgomery, Design and Analysis of Experiments, 6.2: yield by concentration A and catalyst B.
    design = doe.two_level_factorial(doe.ParameterSpace(A=doe.Real(15, 25), B=doe.Integer(1, 2)))
    y = np.array([[28, 25, 27], [18, 19, 23], [36, 32, 32], [31, 30, 29]], dtype=float)
    return design, y[:, :, None]


def test_is_the_textbook_table_of_two_factors_with_replications():
    design, y = two_by_two()
    result = anova(design, y)
    table = table_of(result)
    squares = {"A": 208.33, "B": 75.0, "A × B": 8.33, "pure error": 31.33, "total": 323.0}
    assert table["sum of squares"].to_dict() == pytest.approx(squares, abs=0.005)
    assert table["df"].tolist() == [1, 1, 1, 8, 11]
    assert table.loc["pure error", "mean square"] == pytest.approx(3.92, abs=0.005)
    assert values_of(result, "F").tolist() == pytest.approx([53.19, 19.15, 2.13], abs=0.005)
    assert values_of(result, "p").tolist() == pytest.approx([0.0001, 0.0024, 0.1828], abs=0.0001)
    assert values_of(result, "share")["A"] == pytest.approx(208.33 / 323, abs=1e-4)
    assert result.settings["error"] == "pure error"
    assert result.warnings == ()


def test_lack_of_fit_is_told_from_pure_error():
    design, y = two_by_two()
    table = table_of(anova(design, y, interactions=False))
    assert table.loc["lack of fit", ["sum of squares", "df"]].tolist() == pytest.approx([8.3333, 1], abs=1e-4)
    assert table.loc["lack of fit", "F"] == pytest.approx(2.13, abs=0.005)


def test_of_one_factor_is_that_of_scipy():
    design = doe.full_factorial(doe.ParameterSpace(kind=doe.Categorical(list("abcd"))))
    y = np.random.default_rng(1).normal(size=(4, 6, 1)) + np.arange(4)[:, None, None] / 2
    result = anova(design, y)
    expected = stats.f_oneway(*y[:, :, 0])
    assert values_of(result, "F")["kind"] == pytest.approx(expected.statistic, rel=1e-10)
    assert values_of(result, "p")["kind"] == pytest.approx(expected.pvalue, rel=1e-10)


@pytest.mark.parametrize("replications", [1, 3])
@pytest.mark.parametrize("lost", [[], [3, 10]])
def test_is_that_of_statsmodels(replications, lost):
    smf = pytest.importorskip("statsmodels.formula.api")
    sm = pytest.importorskip("statsmodels.api")
    space = doe.ParameterSpace(
        {"replications": doe.Integer(1, 3), "total": doe.Boolean(), "C": doe.Integer(1, 3)}
    )
    design = doe.full_factorial(space)
    y = np.random.default_rng(2).normal(size=(len(design), replications, 1))
    y[lost] = np.nan
    result = quiet(anova, design, y, missing="drop")
    data = pd.DataFrame({f"x{k}": design.points[name].astype(str) for k, name in enumerate(design.factors)})
    data = pd.concat([data.assign(y=y[:, r, 0]) for r in range(replications)]).dropna()
    fit = smf.ols("y ~ (C(x0, Sum) + C(x1, Sum) + C(x2, Sum))**2", data).fit()
    expected = sm.stats.anova_lm(fit, typ=2)
    table = pd.DataFrame(result.settings["table"]["y"])
    np.testing.assert_allclose(table["sum of squares"].iloc[:6], expected["sum_sq"].iloc[:6], rtol=1e-9)
    np.testing.assert_allclose(table["df"].iloc[:6], expected["df"].iloc[:6])
    if replications == 1:
        np.testing.assert_allclose(values_of(result, "F"), expected["F"].iloc[:6], rtol=1e-8)
        np.testing.assert_allclose(values_of(result, "p"), expected["PR(>F)"].iloc[:6], rtol=1e-8)
    else:
        rows = table.set_index("line").loc[["lack of fit", "pure error"]]
        assert rows["sum of squares"].sum() == pytest.approx(expected["sum_sq"].iloc[-1])
        assert rows["df"].sum() == expected["df"].iloc[-1]


def test_common_seeds_make_replications_blocks():
    design, y = two_by_two()
    shared = np.random.default_rng(1).normal(size=(1, 3, 1)) * 100
    result = anova(design, y + shared, seed_policy="common")
    alone = anova(design, y, seed_policy="common")
    np.testing.assert_allclose(values_of(result, "F"), values_of(alone, "F"), rtol=1e-9)
    assert table_of(result).loc["pure error", "df"] == 6
    assert table_of(result)["sum of squares"].iloc[:-1].sum() == pytest.approx(
        table_of(result)["sum of squares"]["total"]
    )
    # Noise that all points share is none of the differences between them.
    exact = quiet(anova, design, y[:, :1] + shared, seed_policy="common")
    assert table_of(exact).loc["pure error", "sum of squares"] < 1e-20
    assert (values_of(exact, "p") == 0).all()


def test_false_alarms_are_as_rare_as_p_says():
    design = doe.full_factorial(doe.ParameterSpace(a=doe.Integer(1, 3), b=doe.Boolean()))
    y = np.random.default_rng(5).normal(size=(6, 3, 400))
    rows = quiet(anova, design, y).to_frame()
    p = rows.loc[rows["measure"] == "p"]
    for _, of_term in p.groupby(["factor", "partner"]):
        assert 7 <= (of_term["estimate"] < 0.05).sum() <= 33  # binomial(400, 0.05), three deviations


def test_what_a_fraction_confounds_is_left_out_or_named():
    space = doe.ParameterSpace({name: doe.Real(0, 1) for name in "abcd"})
    design = doe.fractional_factorial(space, generators={"d": "a*b*c"})
    y = np.random.default_rng(1).normal(size=(8, 2, 1)) + 9 * design.unit[:, :1, None]
    with pytest.warns(doe.MesaDoeWarning, match="a × b cannot be told from c × d"):
        result = anova(design, y)
    assert len(values_of(result, "F")) == 7
    saturated = quiet(anova, design, y[:, 0])
    assert "nothing to test against" in saturated.warnings[-1]
    assert values_of(saturated, "F").isna().all()
    assert saturated.settings["error"] == "none"
    assert values_of(saturated, "share").sum() == pytest.approx(1)


def test_numbers_of_many_levels_are_for_regression():
    design = doe.latin_hypercube(doe.ParameterSpace(x=doe.Real(0, 1), on=doe.Boolean()), 20, rng=1)
    with pytest.raises(doe.AnalysisError, match=r"more of x \(20\); regression would do"):
        anova(design, np.arange(20.0))


def test_takes_any_design_of_few_levels():
    design = doe.monte_carlo(doe.ParameterSpace(n=doe.Integer(1, 3), on=doe.Boolean()), 40, rng=1)
    y = 2.0 * design.points["n"].to_numpy() + design.points["on"].to_numpy()
    y = y + 0.1 * np.random.default_rng(1).normal(size=40)
    p = values_of(anova(design, y), "p")
    assert p["n"] < 1e-9
    assert p["on"] < 1e-9
    assert p["n*on"] > 0.001


def test_several_outputs_at_once_are_what_each_is_alone():
    design, y = two_by_two()
    both = np.concatenate([y, 1e150 * np.random.default_rng(1).normal(size=y.shape)], axis=2)
    together = quiet(anova, design, both).to_frame()
    assert np.isfinite(together["estimate"]).all()
    for k in range(2):
        alone = quiet(anova, design, both[:, :, [k]]).to_frame()
        mine = together[together["output"] == f"y{k}"]
        np.testing.assert_allclose(mine["estimate"], alone["estimate"], rtol=1e-9)


@pytest.mark.parametrize(
    ("replications", "why"), [(1, "the terms leave nothing of it"), (2, "replications do not differ")]
)
def test_an_exact_fit_is_said_to_have_no_noise_to_test_against(replications, why):
    design = doe.two_level_factorial(doe.ParameterSpace({name: doe.Real(0, 1) for name in "abc"}))
    y = np.repeat((design.points["a"].to_numpy() > 0.5)[:, None, None], replications, axis=1)
    with pytest.warns(doe.MesaDoeWarning, match=rf"output 'y': {why}, so .* F is infinite .* and NaN"):
        exact = anova(design, y)
    assert values_of(exact, "share").tolist() == pytest.approx([1, 0, 0, 0, 0, 0], abs=1e-12)
    assert values_of(exact, "F")["a"] == np.inf
    assert values_of(exact, "p")["a"] == 0
    assert values_of(exact, "F")[1:].isna().all()
