import numpy as np
import pytest

import mesa_doe as doe
from mesa_doe.analysis.studentised import Spread
from mesa_doe.errors import MesaDoeWarning

TRUTH = np.sqrt(3.25)


def gamma(seed, points=60, replications=4):
    rng = np.random.default_rng(70_000 + seed)
    return rng.gamma(3, 1, (points, 1)) + rng.normal(0, 0.5, (points, replications))


def std_of(y, **options):
    found = doe.analyze.uncertainty(y, quantiles=[], **options).to_frame()
    return found[(found["of"] == "runs") & (found["statistic"] == "std")].iloc[0]


def percentiles(y, rng, resamples=1000):
    drawn = np.random.default_rng(rng).integers(len(y), size=(resamples, len(y)))
    return np.quantile(y[drawn].std(axis=(1, 2)), [0.025, 0.975])


def test_the_standard_error_is_that_of_the_jackknife():
    y = gamma(1, points=4000)
    weight = np.random.default_rng(2).uniform(0.5, 2, len(y))
    sums = np.stack([weight, weight * y.mean(axis=1), weight * (y**2).mean(axis=1)], axis=1)
    log, error = Spread(sums).log_and_error(np.ones((1, len(y))))
    left_out = sums.sum(axis=0) - sums
    mean, square = left_out[:, 1] / left_out[:, 0], left_out[:, 2] / left_out[:, 0]
    logs = np.log(square - mean**2) / 2
    assert error[0] == pytest.approx(np.sqrt((len(y) - 1) * logs.var()), rel=0.01)
    assert log[0] == pytest.approx(logs.mean(), abs=1e-6)


def test_the_interval_of_a_skewed_output_holds_the_truth_where_percentiles_do_not():
    held = np.zeros(2)
    for k in range(200):
        y = gamma(k)
        row = std_of(y, rng=k, resamples=300)
        low, high = percentiles(y, k, 300)
        held += [row["low"] <= TRUTH and not row["high"] < TRUTH, low <= TRUTH <= high]
    # Of 0.91 and 0.84, less and more three standard errors of 200 trials.
    assert held[0] / 200 > 0.85, held
    assert held[1] < held[0] - 6, held


def test_the_interval_does_not_depend_on_unit_or_origin():
    y = gamma(3)
    plain, other = std_of(y), std_of(1e-200 * (y - 7))
    for end in ("low", "high"):
        assert other[end] == pytest.approx(1e-200 * plain[end], rel=1e-6)


@pytest.mark.parametrize("y", [gamma(4, points=24), (gamma(5) > 3).astype(float)], ids=["few", "two values"])
def test_few_points_and_two_values_have_percentiles(y):
    row = std_of(y, rng=5)
    np.testing.assert_allclose([row["low"], row["high"]], percentiles(y, doe.seeding.root_entropy(5)))


def test_a_standard_deviation_that_one_point_makes_has_no_upper_end():
    y = np.random.default_rng(1).normal(size=100)
    y[17] = 1000
    with pytest.warns(MesaDoeWarning, match=r"deviation of runs has an open end \(NaN\): few points"):
        row = std_of(y)
    assert np.isnan(row["high"])
    assert row["low"] < y.std()
