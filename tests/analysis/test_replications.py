import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from mesa_doe.analysis.replications import by_cv, by_power, by_precision, recommend_replications
from mesa_doe.errors import AnalysisError, MesaDoeWarning


def pilot(points=4, runs=20, mean=10.0, std=2.0, seed=1):
    return np.random.default_rng(seed).normal(mean, std, (points, runs))


# --- precision ---------------------------------------------------------------------------------------------


def by_hand(std, width, confidence):
    n = 2
    while stats.t.ppf(0.5 + confidence / 2, n - 1) * std / np.sqrt(n) > width:
        n += 1
    return n


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize("width", [0.3, 1.0, 5.0, 50.0])
def test_precision_is_the_first_n_whose_half_width_is_small_enough(confidence, width):
    y = pilot()
    found = by_precision(y, absolute=width, confidence=confidence)
    expected = [by_hand(row.std(ddof=1), width, confidence) for row in y]
    assert found.to_frame()["replications"].tolist() == expected
    assert found.replications == max(expected)


def test_relative_precision_is_a_share_of_each_mean():
    y = pilot() * [[1], [10], [100], [-1000]]
    found = by_precision(y, relative=0.05)
    expected = [by_hand(row.std(ddof=1), 0.05 * abs(row.mean()), 0.95) for row in y]
    assert found.to_frame()["replications"].tolist() == expected
    assert found.to_frame()["replications"].tolist() == by_precision(y).to_frame()["replications"].tolist()
    half = [stats.t.ppf(0.975, 19) * stats.sem(row) for row in y]
    np.testing.assert_allclose(found.to_frame()["half_width"], half, rtol=1e-12)


def test_precision_of_a_table_in_law():
    # Law 2015, example 9.25: 10 replications, mean 2.03, variance 0.31, absolute error 0.25 at 90 % need 16.
    y = np.array([-1.0, 1.0] * 5)
    y = 2.03 + y / y.std(ddof=1) * np.sqrt(0.31)
    assert by_precision(y, absolute=0.25, confidence=0.9).replications == 16
    # Relative error 0.10, which Law turns into 0.09: 27.
    assert by_precision(y, relative=0.1 / 1.1, confidence=0.9).replications == 27


def test_precision_tells_what_an_unlucky_pilot_hides():
    y = pilot(points=1, runs=5)
    frame = by_precision(y, absolute=0.5).to_frame()
    high = y.std(ddof=1) * np.sqrt(4 / stats.chi2.ppf(0.025, 4))
    assert frame["replications_high"].item() == by_hand(high, 0.5, 0.95)


def test_precision_says_up_to_how_many_the_pilot_leaves_open():
    y = pilot(points=3, runs=5) * [[1], [3], [2]]
    found = by_precision(y, absolute=0.5)
    worst = found.to_frame().loc[found.figures["most_demanding_point"]]
    assert worst["replications"] < worst["replications_high"]
    told = f"up to {int(worst['replications_high']):,}, if the noise is as large as its 5 runs leave open;"
    assert told in found.reading


def test_precision_tells_the_most_demanding_point_and_a_quantile():
    y = pilot(points=20) * np.r_[np.ones(19), 5.0][:, None]
    found = by_precision(y, absolute=1.0, quantile=0.9)
    needed = np.sort(found.to_frame()["replications"].to_numpy(dtype=int))
    assert found.figures["most_demanding_point"] == 19
    assert found.figures["replications_at_quantile"] == needed[17]
    assert "most demanding is point 19" in repr(found)
    assert f"for 90% of points {needed[17]} are enough" in repr(found)


def test_the_precision_asked_for_is_reached():
    rng = np.random.default_rng(3)
    n = by_precision(rng.normal(5, 2, 5000), absolute=0.5).replications
    means = rng.normal(5, 2, (4000, n)).mean(axis=1)
    assert np.mean(np.abs(means - 5) <= 0.5) == pytest.approx(0.95, abs=0.015)


def test_a_mean_near_zero_has_no_relative_precision():
    y = np.array([[-1.0, 1.0, -1.0, 1.0], [10.0, 10.5, 9.5, 10.0]])
    with pytest.warns(MesaDoeWarning, match="mean of points 0 cannot be told from zero"):
        found = by_precision(y, relative=0.1)
    assert found.replications is None
    assert "no number up to 1,000,000,000" in repr(found)
    assert found.to_frame()["replications"].isna().tolist() == [True, False]
    assert by_precision(y, absolute=1).replications > 1


# --- stability of the coefficient of variation -------------------------------------------------------------


def settles_by_hand(row, epsilon):
    cv = {n: row[:n].std(ddof=1) / abs(row[:n].mean()) for n in range(2, len(row) + 1)}
    for n in range(2, len(row)):
        if all(abs(cv[n] - cv[m]) < epsilon for m in range(n + 1, len(row) + 1)):
            return n
    return None


@pytest.mark.parametrize("epsilon", [0.005, 0.02, 0.1])
def test_cv_is_the_first_n_from_which_it_stays(epsilon):
    y = pilot(points=5, runs=60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = by_cv(y, epsilon=epsilon)
    expected = [settles_by_hand(row, epsilon) for row in y]
    got = [None if pd.isna(n) else n for n in found.to_frame()["replications"]]
    assert got == expected
    assert found.replications == (None if None in expected else max(expected))
    np.testing.assert_allclose(found.to_frame()["cv"], y.std(axis=1, ddof=1) / y.mean(axis=1), rtol=1e-12)


def test_cv_that_has_not_settled_says_that_more_are_needed():
    y = np.array([11.0, 12.0, 11.0, 12.0, 19.0])
    found = by_cv(y, epsilon=0.001)
    assert found.replications is None
    assert "not reached" in repr(found)
    assert "more than the pilot's 5 runs are needed" in repr(found)


def test_two_runs_are_not_said_to_move_but_to_be_too_few_to_tell():
    two = by_cv([[1.0, 2.0], [3.0, 3.5]])
    assert two.replications is None
    words = "two runs do not tell, as three would, whether the coefficient of variation moves, at points 0, 1"
    assert words in two.reading
    assert "still moves" not in two.reading
    with pytest.warns(MesaDoeWarning, match="1 run of the points used have no value"):
        mixed = by_cv([[1.0, 2.0, 1.0], [3.0, 3.5, np.nan]])
    assert "still moves by 0.01 or more, or two runs do not tell" in mixed.reading
    assert "two runs" not in by_cv([1.0, 2.0, 1.0]).reading


def test_cv_that_settles_late_is_said():
    y = np.r_[np.tile([1.0, 3.0], 10), 9.0, 2.0, 2.0, 2.0]
    with pytest.warns(MesaDoeWarning, match="settle in the second half"):
        found = by_cv(y, epsilon=0.05)
    assert found.replications == settles_by_hand(y, 0.05) > 12


def test_cv_that_the_pilot_tells_only_roughly_is_said():
    y = pilot(points=1, runs=400)
    # Of normal values the squared standard error of cv is cv²(1/2 + cv²)/n: twice the root is 0.015.
    assert by_cv(y, epsilon=0.018).warnings == ()
    with pytest.warns(MesaDoeWarning, match=r"runs of points 0 tell .* no better than to ±0\.012, so"):
        found = by_cv(y, epsilon=0.012)
    assert found.replications == settles_by_hand(y[0], 0.012) < 200


def test_cv_about_zero_is_said():
    y = np.tile([-1.0, 1.0], 20)
    with pytest.warns(MesaDoeWarning, match="need not settle: use by='precision'"):
        found = by_cv(y)
    assert found.replications is None


# --- power -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("d", "n"),
    [(0.2, 394), (0.5, 64), (0.8, 26)],  # Cohen 1988; G*Power: two groups, two-sided, .05, .80
)
def test_two_settings_are_the_t_test(d, n):
    assert by_power(cohen_f=d / 2, power=0.8, alpha=0.05).replications == n
    for size, enough in ((n, True), (n - 1, False)):
        t = stats.t.ppf(0.975, 2 * size - 2)
        distribution = stats.nct(2 * size - 2, d * np.sqrt(size / 2))
        assert (distribution.sf(t) + distribution.cdf(-t) >= 0.8) == enough


@pytest.mark.parametrize(
    ("f", "k", "n"),
    # G*Power: 159, 180, 200 in all; R's pwr.anova.test: k = 4, f = .28 needs 35.76.
    [(0.25, 3, 53), (0.25, 4, 45), (0.25, 5, 40), (0.28, 4, 36)],
)
def test_several_settings_are_the_f_test(f, k, n):
    assert by_power(cohen_f=f, settings=k, power=0.8, alpha=0.05).replications == n


@pytest.mark.parametrize(
    ("k", "f", "n"),
    [
        (2, 0.1, 875.55),
        (2, 0.2, 221.02),
        (5, 0.1, 487.08),
        (10, 0.05, 1238.19),
        (10, 0.2, 78.90),
        (50, 0.1, 111.58),
    ],
)
def test_the_defaults_are_seri_and_secchis_table(k, f, n):
    # Table 11.4, from a formula fitted to the exact numbers.
    assert by_power(cohen_f=f, settings=k).replications == pytest.approx(n, rel=0.04)


def test_an_effect_in_units_is_a_share_of_the_pooled_noise():
    y = pilot(points=3, runs=200) * [[1], [2], [1]]
    sigma = np.sqrt(y.var(axis=1, ddof=1).mean())
    found = by_power(y, effect=1.5)
    assert found.figures["std"] == pytest.approx(sigma, rel=1e-12)
    assert found.figures["cohen_f"] == pytest.approx(1.5 / sigma / 2, rel=1e-12)
    assert found.replications == by_power(cohen_f=1.5 / sigma / 2).replications
    assert found.figures["most_demanding_point"] == 1
    alone = [by_power(cohen_f=0.75 / row.std(ddof=1)).replications for row in y]
    assert found.to_frame()["replications"].tolist() == alone
    # Of four settings, two at the ends and two in the middle.
    four = by_power(y, effect=1.5, settings=4).figures["cohen_f"] * sigma
    assert four == pytest.approx(np.std([0, 0.75, 0.75, 1.5]), rel=1e-12)


def test_the_power_asked_for_is_reached():
    rng = np.random.default_rng(5)
    found = by_power(cohen_f=0.4, settings=3, power=0.9, alpha=0.05)
    means = np.array([-1, 0, 1]) * 0.4 * np.sqrt(3 / 2)
    samples = rng.normal(means, 1, (4000, found.replications, 3))
    p = stats.f_oneway(*np.moveaxis(samples, 2, 0), axis=1).pvalue
    assert np.mean(p < 0.05) == pytest.approx(found.figures["reached"], abs=0.02)


def test_an_effect_in_units_says_up_to_how_many_the_noise_of_the_pilot_leaves_open():
    y = pilot(points=2, runs=4)
    found = by_power(y, effect=2, power=0.9, alpha=0.05)
    # Six degrees of freedom in all.
    sigma = found.figures["std"] * np.sqrt(6 / stats.chi2.ppf(0.025, 6))
    high = by_power(cohen_f=1 / sigma, power=0.9, alpha=0.05).replications
    assert found.figures["replications_high"] == high > found.replications
    assert f"up to {high:,}, if the noise is as large as the pilot leaves open" in repr(found)
    assert "replications_high" not in by_power(y, cohen_f=0.3).figures


def test_more_replications_than_are_needed_are_said():
    found = by_power(pilot(points=2, runs=50, std=1), effect=3)
    assert found.replications < 50
    assert "the pilot's 50 find smaller ones too" in repr(found)


def test_noise_that_differs_is_said():
    y = pilot(points=6) * np.r_[np.ones(5), 9][:, None]
    with pytest.warns(MesaDoeWarning, match=r"point 5 is 2\.\d times that of all pooled"):
        by_power(y, effect=1)


def test_an_effect_too_small_for_any_number():
    found = by_power(cohen_f=1e-6)
    assert found.replications is None
    assert "no number up to" in repr(found)
    assert by_power(cohen_f=100).replications == 2


@pytest.mark.parametrize(("f", "alpha", "power"), [(30, 0.001, 0.95), (100, 0.001, 0.95), (60, 0.0005, 0.99)])
def test_large_effects_are_found_by_two_runs_a_setting_where_the_critical_value_is_far_out(f, alpha, power):
    found = by_power(cohen_f=f, settings=2, alpha=alpha, power=power)
    # n = 2: F(1, 2; λ = 4f²) beyond the critical value of F(1, 2).
    reached = stats.ncf.sf(stats.f.isf(alpha, 1, 2), 1, 2, 4 * f**2)
    assert reached >= power
    assert found.replications == 2
    assert found.figures["reached"] == pytest.approx(reached)


def test_effects_whose_square_is_no_float_are_found_by_two_runs():
    assert by_power(cohen_f=1e200).replications == 2


# --- all three ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["precision", "cv"])
def test_values_whose_spread_may_be_no_float_are_refused_and_no_overflow(by):
    words = r"by_(precision|cv): the pilot has values up to 1e\+308; give it in another unit"
    with pytest.raises(AnalysisError, match=words):
        recommend_replications([1e308, -1e308, 5e307], by=by)


@pytest.mark.parametrize(("by", "options"), [("precision", {}), ("cv", {}), ("power", {"effect": 1.0})])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e300])
def test_an_output_without_noise_needs_one(by, options, value):
    y = np.full((3, 7), value)
    y[1] = value / 3
    found = recommend_replications(y, by=by, **options)
    assert found.replications == 1
    assert "has no noise" in repr(found)
    assert found.to_frame()["replications"].tolist() == [1, 1, 1]


def test_a_pilot_without_noise_tells_what_it_may_have_missed():
    # The upper end of Clopper and Pearson's one-sided interval for no event in seven runs.
    most = stats.binomtest(0, 7, alternative="less").proportion_ci(0.95).high
    found = by_precision(np.ones((3, 7)))
    assert f"7 runs of a point may show none, as an event that up to {100 * most:.0f}% of runs" in repr(found)


@pytest.mark.parametrize("by", ["precision", "cv"])
def test_points_without_noise_beside_others(by):
    y = pilot(points=3, runs=50)
    y[1] = 4
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = recommend_replications(y, by=by)
    assert found.to_frame()["replications"][1] == 1
    assert found.replications is None or found.replications > 1


@pytest.mark.parametrize(("by", "options"), [("precision", {}), ("cv", {}), ("power", {"effect": 1.0})])
def test_missing_runs_are_said(by, options):
    y = pilot(points=3, runs=30)
    y[0, 1:] = np.nan
    y[2, 4] = np.nan
    with pytest.warns(MesaDoeWarning) as caught:
        found = recommend_replications(y, by=by, **options)
    said = " ".join(str(warning.message) for warning in caught)
    assert "points 0 have fewer than two runs" in said
    assert "1 run of the points used" in said
    assert found.to_frame().index.tolist() == [1, 2]
    assert found.to_frame()["runs"].tolist() == [30, 29]


@pytest.mark.parametrize(("by", "options"), [("precision", {}), ("cv", {}), ("power", {"effect": 1.0})])
def test_units_booleans_series_and_arguments(by, options):
    y = pilot(points=1, runs=40, std=1)[0] > 9.5
    before = y.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = recommend_replications(y, by=by, **options)
        of_ints = recommend_replications(pd.Series(y.astype(int)), by=by, **options)
        scaled = recommend_replications(y * 1e200, by=by, **({"effect": 1e200} if options else {}))
    assert found.replications == of_ints.replications == scaled.replications
    np.testing.assert_array_equal(y, before)
    assert repr(pickle.loads(pickle.dumps(found))) == repr(found)
    assert found.source in repr(found)
    assert found.formula in repr(found)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"by": "hope"}, "by takes 'cv', 'power', 'precision', got 'hope'"),
        ({"by": "cv", "relative": 0.1}, "by cv take no relative; they take epsilon, quantile"),
        ({"relative": 0.1, "absolute": 1}, "got both"),
        ({"relative": -0.1}, "relative takes a number above 0"),
        ({"relative": 0}, "relative takes a number above 0, got 0"),
        ({"absolute": "1"}, "absolute takes a number above 0"),
        ({"absolute": 0}, "absolute takes a number above 0"),
        ({"confidence": 95}, "confidence"),
        ({"quantile": 1}, "quantile"),
        ({"by": "cv", "epsilon": 0}, "epsilon"),
        ({"by": "power"}, "effect= or cohen_f="),
        ({"by": "power", "effect": 1, "cohen_f": 1}, "effect= or cohen_f="),
        ({"by": "power", "effect": np.inf}, "effect takes"),
        ({"by": "power", "effect": 1, "settings": 1}, "settings"),
        ({"by": "power", "effect": 1, "power": 1}, "power takes"),
        ({"by": "power", "effect": 1, "alpha": 0}, "alpha takes"),
        ({"by": "power", "effect": 1, "alpha": 0.9, "power": 0.8}, "power must be above alpha"),
    ],
)
def test_options_that_make_no_sense_are_refused(options, said):
    with pytest.raises(AnalysisError, match=said):
        recommend_replications(pilot(), **options)


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (np.ones((3, 1)), "no point has two runs"),
        (np.ones((3, 3, 2)), "takes one output"),
        ([["a", "b"]], "real numbers"),
        ([[1, np.inf]], "infinite"),
        (np.full((2, 2), np.nan), "no point has two runs"),
    ],
)
def test_pilots_that_tell_nothing_are_refused(y, said):
    with pytest.raises(AnalysisError, match=said):
        recommend_replications(y)


def test_an_effect_in_units_needs_a_pilot():
    with pytest.raises(AnalysisError, match="needs a pilot"):
        by_power(effect=1)


@pytest.mark.parametrize("names", [list("pqrstu"), [7, 3, 9, 1, 0, 5]])
def test_the_points_of_a_frame_are_called_by_its_index(names):
    y = pilot(points=6, std=np.array([[1.0], [9.0], [1.0], [1.0], [1.0], [1.0]]))
    y[0, 1:] = np.nan
    frame = pd.DataFrame(y, index=names)
    with pytest.warns(MesaDoeWarning, match=f"points {names[0]} have fewer than two runs"):
        found = by_precision(frame, absolute=1.0)
    assert found.to_frame().index.tolist() == names[1:]
    assert found.to_frame().index.name == "point"
    assert found.figures["most_demanding_point"] == names[1]
    assert f"most demanding is point {names[1]}," in found.reading
    with pytest.warns(MesaDoeWarning, match=f"the noise of point {names[1]} is"):
        assert by_power(frame.iloc[1:], effect=1.0).figures["most_demanding_point"] == names[1]
