import numpy as np
import pytest
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.one_at_a_time import one_at_a_time
from tests.analysis.helpers import COLUMNS, quiet


def space():
    return doe.ParameterSpace(
        x=doe.Real(0, 1), n=doe.Integer(1, 9), kind=doe.Categorical(["hex", "moore", "von"])
    )


def base_case():
    return doe.base_case(space(), {"x": 5, "n": [2, 9]}, base={"n": 4, "kind": "moore"})


def outputs_of(design):
    kind = design.points["kind"].map({"hex": 7.0, "moore": 1.0, "von": 3.0}).to_numpy()
    x, n = design.points["x"].to_numpy(), design.points["n"].to_numpy()
    return 4 * (x - 0.5) ** 2 + n**2 + kind


def noisy(design, replications, rng, common=False):
    shape = (1 if common else len(design), replications, 1)
    return outputs_of(design)[:, None, None] + np.random.default_rng(rng).normal(size=shape)


def test_changes_are_those_from_the_base_case():
    design = base_case()
    result = one_at_a_time(design, outputs_of(design))
    table = result.table()
    assert table["down"].to_dict() == pytest.approx({"x": 1, "n": -12, "kind": 6})
    assert table["up"].to_dict() == pytest.approx({"x": 1, "n": 65, "kind": 2})
    assert table["swing"].to_dict() == pytest.approx({"x": 1, "n": 77, "kind": 6})
    assert table.filter(like="low").isna().all().all()
    assert result.warnings == ()


def test_least_and_greatest_changes_are_of_all_levels():
    design = doe.base_case(space(), {"x": 5, "n": [2, 9]}, base={"n": 4, "kind": "von"})
    table = one_at_a_time(design, outputs_of(design)).table()
    assert table["least"].to_dict() == pytest.approx({"x": 0, "n": -12, "kind": -2})
    assert table["greatest"].to_dict() == pytest.approx({"x": 1, "n": 65, "kind": 4})
    assert (table["greatest"] - table["least"]).to_dict() == pytest.approx(table["swing"].to_dict())


def test_curves_have_native_levels_in_order_and_the_base_once():
    design = base_case()
    curves = one_at_a_time(design, outputs_of(design)).settings["curves"]["y"]
    assert curves["n"] == [(2, 5.0), (4, 17.0), (9, 82.0)]
    assert curves["kind"] == [("hex", 23.0), ("moore", 17.0), ("von", 19.0)]
    assert [level for level, _ in curves["x"]] == [0, 0.25, 0.5, 0.75, 1]
    assert type(curves["n"][0][0]) is int


def test_base_at_an_end_changes_nothing_there():
    design = doe.base_case(space(), {"x": 2, "n": [1, 5]}, base={"n": 1})
    table = one_at_a_time(design, outputs_of(design)).table()
    assert table.loc["n", ["down", "up", "swing"]].tolist() == [0, 24, 24]


def test_common_seeds_leave_no_noise():
    design = base_case()
    exact = one_at_a_time(design, outputs_of(design)).to_frame()["estimate"]
    rows = one_at_a_time(design, noisy(design, 3, 1, common=True), seed_policy="common").to_frame()
    for column in COLUMNS:
        np.testing.assert_allclose(rows[column], exact, atol=1e-9)


def test_intervals_are_of_differences_in_each_replication():
    design = base_case()
    y = noisy(design, 6, 2)
    rows = one_at_a_time(design, y).to_frame().set_index(["measure", "factor"])
    lowest = design.points.index[design.points["n"] == 2][0]
    expected = stats.ttest_rel(y[lowest, :, 0], y[0, :, 0]).confidence_interval(0.95)
    assert rows.loc[("down", "n"), ["low", "high"]].tolist() == pytest.approx(list(expected))


def test_intervals_cover_the_truth_as_often_as_they_say():
    design = base_case()
    exact = one_at_a_time(design, outputs_of(design)).to_frame().set_index(["measure", "factor"])["estimate"]
    measured = [("up", "kind"), ("greatest", "x"), ("least", "n"), ("swing", "x"), ("swing", "kind")]
    covered = dict.fromkeys(measured, 0)
    for rng in range(200):
        rows = quiet(one_at_a_time, design, noisy(design, 4, rng)).to_frame().set_index(["measure", "factor"])
        for key in covered:
            covered[key] += rows.loc[key, "low"] <= exact[key] <= rows.loc[key, "high"]
    assert all(count >= 180 for count in covered.values()), covered  # binomial(200, 0.95), three deviations


def test_several_outputs_at_once_are_what_each_is_alone():
    design = base_case()
    y = np.concatenate([noisy(design, 3, 1), 1e150 * noisy(design, 3, 2)], axis=2)
    together = one_at_a_time(design, y).to_frame()
    for k in range(2):
        alone = one_at_a_time(design, y[:, :, [k]]).to_frame()
        mine = together[together["output"] == f"y{k}"]
        np.testing.assert_allclose(mine[COLUMNS], alone[COLUMNS], rtol=1e-9)


def test_levels_that_are_missing_are_left_out_but_for_the_base_case():
    design = base_case()
    y = outputs_of(design)
    lost = np.where(np.arange(len(y)) == 1, np.nan, y)
    with pytest.warns(doe.MesaDoeWarning, match="left out"):
        result = one_at_a_time(design, lost, missing="drop")
    assert [level for level, _ in result.settings["curves"]["y"]["x"]] == [0.25, 0.5, 0.75, 1]
    assert result.table().loc["n", "up"] == pytest.approx(65)
    alone = np.where(np.isin(design.points["n"], [2, 9]), np.nan, y)
    assert (
        quiet(one_at_a_time, design, alone, missing="drop")
        .table()
        .loc["n", ["down", "up", "least", "greatest", "swing"]]
        .isna()
        .all()
    )
    with pytest.raises(doe.AnalysisError, match="compares with the base case"):
        one_at_a_time(design, np.where(np.arange(len(y)) == 0, np.nan, y), missing="drop")


def test_is_the_default_of_base_cases_and_can_be_drawn():
    from matplotlib.figure import Figure

    design = base_case()
    assert doe.analysis.choose(design) is one_at_a_time
    axes = one_at_a_time(design, outputs_of(design)).plot(Figure().subplots())
    assert axes.get_xlabel() == "change of the output from the base case"


def test_a_factor_that_matters_at_a_middle_level_is_drawn_with_that_level():
    from matplotlib.figure import Figure

    policies = doe.Categorical(["none", "strict", "mild"])
    design = doe.base_case(
        doe.ParameterSpace(policy=policies, b=doe.Real(0, 1), x=doe.Real(-1, 1)), 5, base={"x": -1}
    )
    policy, b, x = (design.points[name] for name in ("policy", "b", "x"))
    y = policy.map({"none": 0, "strict": 5, "mild": 0}) + b + 4 * (1 - x**2)
    axes = one_at_a_time(design, y.astype(float)).plot(Figure().subplots())
    assert [label.get_text() for label in axes.get_yticklabels()] == ["policy", "x", "b"]
    assert [bar.get_width() for bar in axes.patches] == pytest.approx([0, -0.5, 0, 5, 0.5, 4])
    assert [text.get_text() for text in axes.texts] == ["0", "strict", "1", "0"]
    legend = [text.get_text() for text in axes.get_legend().get_texts()]
    assert legend == ["at a lower level", "at a higher level", "at another category"]
