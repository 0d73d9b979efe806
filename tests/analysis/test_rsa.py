import warnings

import numpy as np
import pytest
from SALib.analyze import rsa as salib_rsa
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.rsa import rsa
from mesa_doe.errors import AnalysisError, MesaDoeWarning
from tests.analysis.helpers import PROBLEM, unit_space


@pytest.fixture
def design():
    return doe.latin_hypercube(unit_space(3), 400, rng=1)


# ---- one region --------------------------------------------------------------------------------------


def test_distance_and_p_value_are_scipys(design):
    y = design.unit @ [2, 1, 0]
    found = rsa(design, y, behavioural=(1.5, 2.0)).table()
    inside = (y >= 1.5) & (y <= 2)
    for j, factor in enumerate(design.factors):
        theirs = stats.ks_2samp(design.unit[inside, j], design.unit[~inside, j], method="asymp")
        assert found.loc[factor, "ks"] == pytest.approx(theirs.statistic, rel=1e-12)
        assert found.loc[factor, "p"] == pytest.approx(theirs.pvalue, rel=1e-12)
    assert found["p"].iloc[0] < 1e-6
    assert found["p"].iloc[2] > 0.05


def test_every_way_to_say_what_is_wanted_means_the_same(design):
    y = design.unit[:, 0]
    ways = [(0.75, np.inf), 0.75, lambda values: values >= 0.75]
    found = [rsa(design, y, behavioural=way).to_frame() for way in ways]
    # a Latin hypercube of 400 has 100 points above .75
    for frame in found[1:]:
        np.testing.assert_allclose(frame["estimate"], found[0]["estimate"], rtol=1e-12)
    result = rsa(design, y > 0.75)
    np.testing.assert_allclose(result.to_frame()["estimate"], found[0]["estimate"], rtol=1e-12)
    assert result.settings["behavioural_share"] == {"y": 0.25}


def test_binary_outputs_work_by_default_and_alone_decide(design):
    found = rsa(design, design.unit[:, 0] > 0.5).table()
    assert found.loc["x0", "ks"] == 1.0
    assert (found["p"].iloc[1:] > 0.001).all()


def test_labels_of_a_category_do_not_change_its_distance():
    found = []
    for order in ("abcd", "dbca"):
        space = doe.ParameterSpace(kind=doe.Categorical(list(order)), b=doe.Real(0, 1))
        design = doe.latin_hypercube(space, 400, rng=1)
        wanted = design.points["kind"].isin(["a", "c"]) & (design.points["b"] > 0.5)
        found.append(rsa(design, wanted).table())
    # among the wanted a and c have half each, among the others a sixth: 1 - 1 / 3
    for table in found:
        assert table.loc["kind", "ks"] == pytest.approx(2 / 3, abs=0.06)
        assert table.loc["kind", "p"] < 1e-6


def test_a_factor_of_two_levels_has_one_distance_whatever_its_kind():
    space = doe.ParameterSpace(flag=doe.Boolean(), b=doe.Real(0, 1))
    design = doe.latin_hypercube(space, 400, rng=1)
    assert rsa(design, design.points["flag"]).table().loc["flag", "ks"] == 1.0


@pytest.mark.parametrize("behavioural", [(0, 1, 2), (2, 1), ("a", "b"), 1.5, 0, "low", True])
def test_nonsense_regions_are_refused(design, behavioural):
    with pytest.raises(AnalysisError, match="behavioural takes"):
        rsa(design, design.unit[:, 0], behavioural=behavioural)


def test_regions_of_no_point_or_all_and_other_mistakes_are_told(design):
    y = design.unit[:, 0]
    with pytest.raises(AnalysisError, match="no point is behavioural; its values go from"):
        rsa(design, y, behavioural=(2, 3))
    with pytest.raises(AnalysisError, match="every point is behavioural"):
        rsa(design, y, behavioural=(0, 3))
    with pytest.raises(AnalysisError, match="not yes or no"):
        rsa(design, y)
    with pytest.raises(AnalysisError, match="one bool a point"):
        rsa(design, y, behavioural=lambda values: values)
    with pytest.raises(AnalysisError, match="one of them out"):
        rsa(design, y, behavioural=0.5, bins=4)
    with pytest.raises(AnalysisError, match="say how many with bins="):
        rsa(design, y, behavioural=0.5, target="X")
    with pytest.raises(AnalysisError, match="target takes"):
        rsa(design, y, bins=4, target="Z")
    with pytest.raises(AnalysisError, match="bins takes"):
        rsa(design, y, bins=1)


def test_p_values_are_uniform_where_nothing_acts():
    # 3 * 40 p-values, of which below .05 more than 14 has a chance of 1e-3.
    small = 0
    for seed in range(40):
        design = doe.monte_carlo(unit_space(3), 200, rng=seed)
        y = np.random.default_rng(seed).random(200) > 0.5
        small += (rsa(design, y).table()["p"] < 0.05).sum()
    assert small <= 14


# ---- bins --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("target", ["Y", "X"])
@pytest.mark.parametrize("bins", [2, 5, 20])
def test_bins_are_salibs(design, bins, target):
    y = np.exp(design.unit @ [2, 1, 0]) + 5
    result = rsa(design, y, bins=bins, target=target).to_frame()
    theirs = salib_rsa.analyze(PROBLEM, design.unit, y, bins=bins, target=target)
    ours = result["estimate"].to_numpy().reshape(bins, 3)
    for j, name in enumerate("abc"):
        np.testing.assert_allclose(ours[:, j], theirs[name], rtol=1e-12, atol=1e-12)
    assert list(dict.fromkeys(result["measure"])) == [f"bin{k + 1}" for k in range(bins)]


def test_bins_of_a_binary_output_are_its_two_values(design):
    # where SALib has NaN alone
    found = rsa(design, design.unit[:, 0] > 0.5, bins=4).table()
    assert found["bin1"].notna().all()
    np.testing.assert_allclose(found["bin1"], found["bin2"])
    assert found.loc["x0", "bin1"] > 20 * found.loc["x1", "bin1"]
    assert found["bin3"].isna().all()


def test_categories_have_no_bins_unless_their_levels_are():
    space = doe.ParameterSpace(kind=doe.Categorical(list("abc")), b=doe.Real(0, 1))
    design = doe.latin_hypercube(space, 300, rng=1)
    y = 2 * (design.points["kind"] == "b") + design.points["b"]
    with pytest.warns(MesaDoeWarning, match="kind have levels without an order"):
        found = rsa(design, y, bins=4).table()
    assert found.loc["kind", ["bin1", "bin4"]].isna().all()
    assert found.loc["b", ["bin1", "bin4"]].notna().all()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = rsa(design, y, bins=3, target="X").table()
    assert found.loc["kind", "bin2"] > 3 * found.loc["b", "bin2"]


def test_two_points_that_differ_may_be_chance():
    design = doe.grid(unit_space(1), 2)
    found = doe.analyze.rsa(design, np.array([0, 1])).table()
    assert found.loc["x0", "ks"] == 1.0
    assert found.loc["x0", "p"] == 1.0
