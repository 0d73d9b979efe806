import numpy as np
import pandas as pd
import pytest
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.declare import ANALYSES
from mesa_doe.analysis.effects import effects
from tests.analysis.helpers import COLUMNS, lettered_space, quiet
from tests.random_state import global_state


def values_of(result, measure, output="y"):
    rows = result.to_frame()
    rows = rows[(rows["measure"] == measure) & (rows["output"] == output)]
    names = rows["factor"].where(rows["partner"] == "", rows["factor"] + "*" + rows["partner"])
    return rows.set_index(names)


def codes(design):
    return 2 * design.unit - 1


def test_are_the_textbook_effects_of_a_pilot_plant():
    # Box, Hunter & Hunter 2005, table 5.2: temperature T, concentration C, catalyst K, yield of 2^3 runs.
    design = doe.two_level_factorial(
        doe.ParameterSpace(K=doe.Boolean(), C=doe.Real(20, 40), T=doe.Real(160, 180))
    )
    result = effects(design, np.array([60, 72, 54, 68, 52, 83, 45, 80]))
    found = values_of(result, "effect")["estimate"]
    expected = {"T": 23.0, "C": -5.0, "K": 1.5, "C*T": 1.5, "K*T": 10.0, "K*C": 0.0}
    assert found.to_dict() == pytest.approx(expected, abs=1e-12)
    assert values_of(result, "share")["estimate"].sum() == pytest.approx(1, abs=0.01)  # but for the triple
    means = result.settings["level_means"]["y"]["K"]
    assert means == [(False, pytest.approx(63.5)), (True, pytest.approx(65.0))]
    assert result.settings["df"] == 1
    assert result.warnings == ()


@pytest.mark.parametrize("d", [3, 4, 6])
def test_are_twice_those_of_salib(d):
    from SALib.analyze import ff
    from SALib.sample import ff as sampler

    design = doe.folded_hadamard(lettered_space(d))
    y = np.random.default_rng(d).normal(size=len(design))
    result = quiet(effects, design, y)
    problem = {"num_vars": d, "names": list("abcdef"[:d]), "bounds": [[0, 1]] * d}
    sampler.sample(problem)
    found = ff.analyze({**problem, "names": list("abcdef"[:d]), "num_vars": d}, None, y, second_order=True)
    np.testing.assert_allclose(
        values_of(result, "effect")["estimate"].loc[list("abcdef"[:d])], 2 * found["ME"][:d], rtol=1e-12
    )
    theirs = {
        "*".join(pair): 2 * value for pair, value in zip(found["interaction_names"], found["IE"], strict=True)
    }
    pairs = [name for name in values_of(result, "effect").index if "*" in name]
    assert pairs
    for name in pairs:
        assert values_of(result, "effect").loc[name, "estimate"] == pytest.approx(theirs[name], rel=1e-12)


def test_aliased_interactions_are_given_once_and_named():
    design = doe.fractional_factorial(lettered_space(4), generators={"d": "-a*b*c"})
    a, b, c, _ = codes(design).T
    with pytest.warns(doe.MesaDoeWarning) as caught:
        result = effects(design, a + b * c + 2 * a * b)
    told = {key.replace("*", " × "): [v.replace("*", " × ") for v in value] for key, value in
            design.options["aliases"].items() if "*" in key}  # fmt: skip
    assert (
        result.settings["aliases"] == told == {"a × b": ["-c × d"], "a × c": ["-b × d"], "a × d": ["-b × c"]}
    )
    assert "a × b cannot be told from -c × d" in str(caught[0].message)
    found = values_of(result, "effect")["estimate"]
    assert list(found.index) == ["a", "b", "c", "d", "a*b", "a*c", "a*d"]
    assert found[["a", "a*b", "a*d"]].tolist() == pytest.approx([2, 4, -2])


@pytest.mark.parametrize(
    ("make", "pairs"),
    [
        (lambda: doe.fractional_factorial(lettered_space(3), generators={"c": "a*b"}), 3),
        (lambda: doe.plackett_burman(lettered_space(11)), 55),
        (lambda: doe.plackett_burman(lettered_space(5), size=12), 10),
        (lambda: doe.orthogonal_array(doe.ParameterSpace({n: doe.Integer(1, 3) for n in "abcd"})), 6),
    ],
)
def test_interactions_mixed_with_main_effects_are_left_out_and_said(make, pairs):
    design = make()
    y = np.random.default_rng(1).normal(size=len(design))
    with pytest.warns(doe.MesaDoeWarning, match="not estimated"):
        result = effects(design, y)
    assert len(result.settings["left_out"]) == pairs
    assert (result.to_frame()["partner"] == "").all()
    alone = effects(design, y, interactions=False)
    assert alone.warnings == ()
    pd.testing.assert_frame_equal(alone.to_frame(), result.to_frame())
    for name, effect in values_of(alone, "effect")["estimate"].items():
        high = design.points[name].to_numpy() > 0.5
        assert effect == pytest.approx(y[high].mean() - y[~high].mean())


def test_fold_frees_main_effects_and_sorts_the_rest():
    design = doe.plackett_burman(lettered_space(4), size=12, fold=True)
    a, b, c, _ = codes(design).T
    result = quiet(effects, design, a + 2 * b * c)
    assert values_of(result, "effect")["estimate"][["a", "b", "c", "d"]].tolist() == pytest.approx(
        [2, 0, 0, 0]
    )
    assert values_of(result, "effect").loc["b*c", "estimate"] == pytest.approx(4)


def test_factors_of_more_levels_have_shares_and_level_means():
    space = doe.ParameterSpace(kind=doe.Categorical(["x", "y", "z"]), n=doe.Integer(1, 4), on=doe.Boolean())
    design = doe.full_factorial(space)
    kind = design.points["kind"].map({"x": 0.0, "y": 5.0, "z": 1.0}).to_numpy()
    n, on = design.points["n"].to_numpy(), design.points["on"].to_numpy()
    y = kind + n**2 + n * on
    result = effects(design, y)
    shares = values_of(result, "share")["estimate"]
    assert shares.sum() == pytest.approx(1)
    assert shares["kind"] == pytest.approx(np.var([0, 5, 1]) / np.var(y))
    assert shares[["kind*n", "kind*on"]].tolist() == pytest.approx([0, 0], abs=1e-12)
    assert shares["n*on"] > 0.001
    assert list(values_of(result, "effect").index) == ["on"]
    means = dict(result.settings["level_means"]["y"]["kind"])
    assert means == pytest.approx({level: y[design.points["kind"] == level].mean() for level in "xyz"})
    assert result.plotted == ("share",)


def type_two(design, y):
    """Sums of squares by statsmodels, of terms named as in `values_of`."""
    smf = pytest.importorskip("statsmodels.formula.api")
    sm = pytest.importorskip("statsmodels.api")
    data = pd.DataFrame({f"x{k}": design.points[name].astype(str) for k, name in enumerate(design.factors)})
    terms = "+".join(f"C({name}, Sum)" for name in data)
    table = sm.stats.anova_lm(smf.ols(f"y ~ ({terms})**2", data.assign(y=y)).fit(), typ=2)
    return table["sum_sq"].iloc[:-1].to_numpy()


def test_of_points_that_are_not_orthogonal_are_least_squares_and_shares_of_type_two():
    space = doe.ParameterSpace(a=doe.Integer(1, 3), b=doe.Boolean(), c=doe.Integer(1, 3))
    design = doe.full_factorial(space)
    y = np.random.default_rng(2).normal(size=len(design))
    y[[3, 10]] = np.nan
    with pytest.warns(doe.MesaDoeWarning, match=r"left out.*2 points \(3, 10\)"):
        result = effects(design, y, missing="drop")
    assert any("not orthogonal" in note for note in result.notes)
    keep = np.isfinite(y)
    part = doe.explicit(design.points[keep].reset_index(drop=True), space)
    expected = type_two(part, y[keep]) / ((y[keep] - y[keep].mean()) ** 2).sum()
    np.testing.assert_allclose(values_of(result, "share")["estimate"], expected, rtol=1e-9)


def test_points_that_cannot_tell_main_effects_are_refused():
    design = doe.fractional_factorial(lettered_space(3), generators={"c": "a*b"})
    with pytest.raises(doe.AnalysisError, match=r"cannot be told apart|too many"):
        effects(design, [1.0, 2.0, np.nan, np.nan], missing="drop")
    design = doe.two_level_factorial(lettered_space(3))
    y = np.where(design.points["a"] != design.points["b"], np.nan, 1.0) * design.points["c"].to_numpy()
    with pytest.raises(doe.AnalysisError, match=r"cannot be told apart \(a, b\)"):
        effects(design, y, missing="drop")


def noisy(design, replications, rng, common=False, sd=1.0):
    generator = np.random.default_rng(rng)
    shape = (1 if common else len(design), replications, 1)
    return codes(design)[:, :1, None] + sd * generator.normal(size=shape) * np.ones((len(design), 1, 1))


def test_common_seeds_leave_no_noise_in_effects():
    design = doe.two_level_factorial(lettered_space(3))
    y = noisy(design, 5, 1, common=True)
    result = effects(design, y, seed_policy="common")
    rows = values_of(result, "effect")
    np.testing.assert_allclose(rows[COLUMNS].loc["a"], 2, rtol=1e-12)
    np.testing.assert_allclose(rows[COLUMNS].drop("a"), 0, atol=1e-12)
    assert result.settings["error"] == "estimates of each replication"
    assert result.warnings == ()
    wide = values_of(effects(design, y, seed_policy="independent"), "effect").loc["a"]
    assert wide["high"] - wide["low"] > 0.5


@pytest.mark.parametrize(("policy", "df"), [("independent", 16), (None, 2)])
def test_intervals_are_of_student_and_cover_as_often_as_they_say(policy, df):
    design = doe.two_level_factorial(lettered_space(3))
    covered = 0
    for rng in range(100):
        result = quiet(effects, design, noisy(design, 3, rng), seed_policy=policy)
        rows = values_of(result, "effect")
        covered += int(((rows["low"] <= 0) & (rows["high"] >= 0)).loc["c"])
        covered += int(rows.loc["a", "low"] <= 2 <= rows.loc["a", "high"])
    assert result.settings["df"] == df
    assert 180 <= covered <= 199  # binomial(200, 0.95), three deviations
    y = noisy(design, 3, 0)
    rows = values_of(quiet(effects, design, y, seed_policy="independent"), "effect")
    error = np.sqrt(y.var(axis=1, ddof=1).mean() / 3 * 4 / 8)
    half = stats.t.ppf(0.975, 16) * error
    np.testing.assert_allclose(rows["high"] - rows["estimate"], half, rtol=1e-10)


def test_one_replication_takes_the_residual_or_lenth_or_nothing():
    design = doe.two_level_factorial(lettered_space(4))
    y = noisy(design, 1, 3)[:, 0, 0]
    result = effects(design, y)
    assert (result.settings["error"], result.settings["df"]) == ("what the model leaves", 5)
    design = doe.fractional_factorial(lettered_space(7), generators="a b c ab ac bc abc")
    y = 3 * codes(design)[:, 0] + np.random.default_rng(4).normal(size=8)
    result = effects(design, y, interactions=False)
    assert "Lenth" in result.settings["error"]
    assert "Lenth" in repr(result)
    rows = values_of(result, "effect")
    size = rows["estimate"].abs()
    pseudo = 1.5 * size[size < 2.5 * 1.5 * size.median()].median()
    np.testing.assert_allclose(rows["high"] - rows["estimate"], pseudo * stats.t.ppf(0.975, 7 / 3))
    assert rows["low"]["a"] > 0
    small = effects(doe.two_level_factorial(lettered_space(2)), [1.0, 2.0, 3.0, 5.0])
    assert small.settings["error"] == "none"
    assert small.to_frame()["low"].isna().all()
    assert small.notes == (
        "one replication and no points beyond the terms: there are no intervals; use replications",
    )


def test_lenth_of_a_model_without_noise_is_exact():
    design = doe.fractional_factorial(lettered_space(7), generators="a b c ab ac bc abc")
    rows = values_of(effects(design, 3 * codes(design)[:, 0], interactions=False), "effect")
    np.testing.assert_allclose(rows[COLUMNS].loc["a"], 6, atol=1e-9)


def test_several_outputs_at_once_are_what_each_is_alone_and_huge_ones_stay_finite():
    design = doe.two_level_factorial(lettered_space(4))
    y = np.random.default_rng(3).normal(size=(16, 3, 2)) * [1, 1e150]
    together = quiet(effects, design, y).to_frame()
    assert np.isfinite(together["estimate"]).all()
    for k in range(2):
        alone = quiet(effects, design, y[:, :, [k]]).to_frame()
        np.testing.assert_allclose(
            together[together["output"] == f"y{k}"][COLUMNS], alone[COLUMNS], rtol=1e-9
        )


def test_too_many_levels_are_refused():
    with pytest.raises(doe.AnalysisError, match=r"10,000 columns.*interactions=False"):
        effects(doe.grid(lettered_space(2), 100), np.arange(10_000.0))


def test_a_factor_that_never_varies_is_said():
    space = doe.ParameterSpace(a=doe.Real(0, 1), b=doe.Integer(1, 9))
    with pytest.warns(doe.MesaDoeWarning, match="factor 'b' has one level"):
        effects(doe.full_factorial(space, {"a": 3, "b": [4]}), [1.0, 2.0, 4.0])


def test_leaves_the_random_state_the_outputs_and_the_design_as_they_were():
    design = doe.two_level_factorial(lettered_space(3))
    y = np.random.default_rng(0).normal(size=(8, 2, 1))
    kept, unit = y.copy(), design.unit.copy()
    states = global_state()
    first = quiet(effects, design, y).to_frame()
    pd.testing.assert_frame_equal(first, quiet(effects, design, y).to_frame())
    assert global_state() == states
    np.testing.assert_array_equal(y, kept)
    np.testing.assert_array_equal(design.unit, unit)


def test_is_the_default_of_factorial_designs():
    info = ANALYSES["effects"]
    assert info.default_for == info.designs
    assert doe.analysis.choose(doe.two_level_factorial(lettered_space(2))) is effects
