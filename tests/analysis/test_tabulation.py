import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mesa_doe.analysis.tabulation import tabulate
from mesa_doe.errors import AnalysisError, MesaDoeWarning


def outcomes(n=400, seed=1):
    rng = np.random.default_rng(seed)
    x, rule, inert = rng.random(n), rng.choice(["a", "b", "c"], n), rng.integers(0, 2, n)
    word = np.where(x + (rule == "a") > 0.8 + 0.2 * rng.random(n), "segregated", "mixed")
    return word, pd.DataFrame({"x": x, "rule": rule, "inert": inert})


def test_association_is_scipys():
    word, factors = outcomes()
    found = tabulate(word, factors).association.set_index("factor")
    for factor in ("rule", "inert"):
        table = pd.crosstab(factors[factor], word).to_numpy()
        theirs = stats.chi2_contingency(table, correction=False)
        assert found.loc[factor, "chi2"] == pytest.approx(theirs.statistic, rel=1e-12)
        assert found.loc[factor, "p"] == pytest.approx(theirs.pvalue, rel=1e-9)
        assert found.loc[factor, "dof"] == theirs.dof
        v = stats.contingency.association(table, method="cramer")
        assert found.loc[factor, "cramers_v"] == pytest.approx(v, rel=1e-12)
    assert found.loc["x", "cramers_v"] > 0.25 > 0.15 > found.loc["inert", "cramers_v"]


def test_shares_and_wilson_intervals_are_scipys():
    word, factors = outcomes()
    frame = tabulate(word, factors, confidence=0.9).to_frame()
    for row in frame.itertuples():
        theirs = stats.binomtest(row[4], row.runs)
        ends = theirs.proportion_ci(0.9, method="wilson")
        assert row.share == pytest.approx(theirs.statistic)
        assert row.low == pytest.approx(ends.low, abs=1e-12)
        assert row.high == pytest.approx(ends.high, abs=1e-12)
    assert (frame.groupby("factor")["count"].sum() == 400).all()
    sums = frame.groupby(["factor", "level"])["share"].sum()
    np.testing.assert_allclose(sums, 1)


def test_a_real_factor_is_binned_with_every_run_in_one_bin():
    word, factors = outcomes()
    frame = tabulate(word, factors[["x"]], bins=4).to_frame()
    runs = frame.drop_duplicates("level")["runs"]
    assert runs.tolist() == [100] * 4
    assert frame["level"].iloc[-1].endswith("]")
    many = tabulate(word, {"n": np.repeat(np.arange(20), 20)}, bins=5).to_frame()
    assert many.drop_duplicates("level")["runs"].sum() == 400
    heaped = tabulate(word, {"n": np.r_[np.zeros(390), np.arange(1, 11)]}).to_frame()
    assert heaped.drop_duplicates("level")["runs"].sum() == 400


def test_few_numbers_are_levels_and_levels_keep_their_objects():
    boxes = [(1, 2), (3,)]
    factors = pd.DataFrame({"n": [1, 2] * 20, "flag": [True, False] * 20})
    factors["box"] = pd.Series([boxes[k % 2] for k in range(40)], dtype=object)
    factors["bag"] = pd.Series([[k % 2] for k in range(40)], dtype=object)
    with pytest.warns(MesaDoeWarning, match="40 runs are of 2 different points"):
        found = tabulate(["a", "a", "b", "b"] * 10, factors)
    assert list(found.table("n").index) == [1, 2]
    assert list(found.table("flag").index) == [False, True]
    assert list(found.table("box").index) == boxes
    assert list(found.table("bag").index) == [[0], [1]]
    assert found.table("box").to_numpy().tolist() == [[0.5, 0.5]] * 2


def test_categories_may_be_booleans_or_of_several_types():
    assert list(tabulate([True, False] * 20, {"n": [1, 2] * 20}).table("n")) == [False, True]
    mixed = tabulate([True, 1, "x", True] * 20, {"n": [1, 2] * 40})
    assert [repr(name) for name in mixed.table("n")] == ["True", "1", "'x'"]


def test_levels_without_an_order_stand_as_they_first_appear_and_dates_stay_dates():
    rules = [frozenset({2}), frozenset({1, 3}), frozenset({1})]
    days = list(np.array(["2024-02-01", "2024-01-01", "2024-03-01"], dtype="datetime64[ns]"))
    factors = pd.DataFrame({"rule": rules * 20, "day": pd.Series(days * 20, dtype=object)})
    with pytest.warns(MesaDoeWarning, match="60 runs are of 3 different points"):
        found = tabulate(["a", "b"] * 30, factors)
    assert list(found.table("rule").index) == rules
    assert list(found.table("day").index) == sorted(days)
    assert type(found.table("day").index[0]) is np.datetime64
    assert "2024-01-01" in repr(found)


def test_numbers_of_numpy_are_levels_with_those_of_python():
    n = pd.Series([1, np.int64(1), 2, np.int64(2)] * 10, dtype=object)
    assert [type(level) for level in tabulate(["a", "b"] * 20, {"n": n}).table("n").index] == [int, int]


def test_one_outcome_or_one_level_tells_nothing():
    with pytest.warns(MesaDoeWarning, match="every run has the outcome 'a'"):
        found = tabulate(["a"] * 20, {"n": [1, 2] * 10})
    assert found.association["cramers_v"].isna().all()
    found = tabulate(["a", "b"] * 10, {"n": [1] * 20})
    assert found.association["p"].isna().all()
    assert "nan" in repr(found)


def test_small_counts_are_said():
    with pytest.warns(MesaDoeWarning, match="too few runs for the chi-squared p of n"):
        tabulate(["a", "b", "a"], {"n": [1, 2, 1]})


def test_runs_without_an_outcome_are_named_or_left_out():
    word, factors = outcomes(40)
    lacking = pd.Series(word, dtype=object)
    lacking[[3, 5]] = [None, np.nan]
    with pytest.raises(AnalysisError, match="2 of 40 runs have no outcome: 3, 5"):
        tabulate(lacking, factors[["inert"]])
    with pytest.warns(MesaDoeWarning, match=r"2 runs \(3, 5\)"):
        found = tabulate(lacking, factors[["inert"]], missing="drop")
    assert found.to_frame()["count"].sum() == 38


@pytest.mark.parametrize(
    ("arguments", "options", "said"),
    [
        ((["a", "b"], {"n": [1, 2, 3]}), {}, "one outcome a run"),
        (([], {}), {}, "one outcome a run"),
        ((["a", None], {"n": [1, 2]}), {"missing": "ignore"}, "missing takes"),
        ((["a", "b"], {"n": [1, 2]}), {"bins": 1}, "bins"),
        ((["a", "b"], {"n": [1, 2]}), {"confidence": 2}, "confidence"),
        (([None, None], {"n": [1, 2]}), {"missing": "drop"}, "2 of 2 runs"),
        ((pd.Series(["a", "b"]), pd.DataFrame({"n": [1, 2]}, index=[1, 0])), {}, "another index"),
    ],
)
def test_what_cannot_be_tabulated_is_refused(arguments, options, said):
    with pytest.raises(AnalysisError, match=said):
        tabulate(*arguments, **options)


def test_tabulation_leaves_its_arguments_alone():
    word, factors = outcomes(40)
    before = factors.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = tabulate(word, factors)
    pd.testing.assert_frame_equal(factors, before)
    with pytest.raises(AnalysisError, match="no factor 'y'"):
        found.table("y")


def test_equal_points_of_a_design_are_not_called_replications():
    twins = {"a": [1, 1, 2, 2] * 10, "b": [1, 1, 2, 2] * 10}
    with pytest.warns(MesaDoeWarning, match="be they replications or equal points of the design, share all"):
        tabulate(["x", "y"] * 20, twins)


def levels_of_blocks(count, each, rng):
    """Factors without effect that a block shares, and an outcome that it shares too, each block anew."""
    blocks = np.repeat(np.arange(count), each)
    factors = pd.DataFrame({"x": rng.integers(0, 2, count)[blocks], "z": rng.random(count * each) < 0.5})
    return np.where(rng.random(count) < 0.4, "rich", "poor")[blocks], factors, blocks


def test_runs_of_one_block_that_are_all_alike_count_as_one():
    rich, x = np.repeat([True, True, False, True] * 10, 5), np.repeat([0, 0, 1, 1] * 10, 5)
    factors = pd.DataFrame({"x": x, "z": np.arange(200) % 8})
    found = tabulate(rich, factors, blocks=np.arange(200) // 5).to_frame()
    alone = tabulate(rich[::5], {"x": x[::5]}).to_frame()
    ends = ["share", "low", "high"]
    assert found[found["factor"] == "x"][ends].to_numpy() == pytest.approx(alone[ends].to_numpy())


def test_blocks_of_one_run_leave_intervals_as_they_are():
    rng = np.random.default_rng(3)
    factors = {"x": rng.integers(0, 3, 200), "z": rng.integers(0, 2, 200)}
    words = rng.choice(["a", "b", "c"], 200)
    with pytest.warns(MesaDoeWarning, match="200 runs are of 6 different points"):
        one = tabulate(words, factors)
    other = tabulate(words, factors, blocks=np.arange(200))
    pd.testing.assert_frame_equal(one.shares, other.shares)
    assert other.association["p"].to_numpy() == pytest.approx(one.association["p"].to_numpy(), abs=0.01)


def test_p_of_blocks_calls_few_factors_without_effect_active():
    # Binomial(200, 0.05): more than 20 have a chance below 1e-3. Taken as independent, 112 do.
    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(100):
        words, factors, blocks = levels_of_blocks(40, 5, rng)
        hits += (tabulate(words, factors, blocks=blocks).association["p"] < 0.05).sum()
    assert hits <= 20


def test_blocks_follow_the_runs_that_have_an_outcome_and_are_whole_numbers():
    words = pd.Series(["a", None, "b", "a", "b", "b"] * 5, dtype=object)
    factors, blocks = pd.DataFrame({"n": [1, 1, 2, 2, 1, 2] * 5}), np.repeat(np.arange(15), 2)
    with pytest.warns(MesaDoeWarning):
        found = tabulate(words, factors, blocks=blocks, missing="drop")
    there = words.notna()
    with pytest.warns(MesaDoeWarning):
        same = tabulate(words[there], factors[there], blocks=blocks[there])
    pd.testing.assert_frame_equal(found.shares, same.shares)
    with pytest.raises(AnalysisError, match="blocks takes 30 whole numbers, one a run; got shape \\(15,\\)"):
        tabulate(words, factors, blocks=np.arange(15), missing="drop")


def test_without_two_blocks_there_is_no_p():
    found = tabulate(["a", "b"] * 10, {"n": [1, 2] * 10}, blocks=np.zeros(20, dtype=int))
    assert np.isnan(found.association["p"][0])
