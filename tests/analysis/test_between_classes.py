import warnings

import numpy as np
import pytest

import mesa_doe as doe
from mesa_doe.analysis.between_classes import advised_classes, first_order
from mesa_doe.analysis.partition import slices
from tests.analysis.helpers import angles, ishigami, quiet, unit_space


def in_classes(design):
    count = advised_classes(len(design))
    return np.stack([slices(values, count) for values in design.unit.T], axis=1)


def shares(design, y, resamples=100):
    values = np.asarray(y, dtype=float).reshape(len(design), -1)
    return first_order(in_classes(design), values - values.mean(axis=0), resamples, 0.95, 1)


def test_a_step_between_classes_is_all_of_the_variance_and_the_rest_is_chance():
    design = doe.latin_hypercube(unit_space(2), 400, rng=1)
    point, low, high = shares(design, design.unit[:, 0] > 0.5)[:, 0]
    np.testing.assert_allclose([point[0], low[0], high[0]], 1.0, atol=1e-12)
    assert low[1] < 0 < high[1]


def test_the_share_of_a_straight_line_is_what_its_classes_leave_of_it():
    # k classes of equal width leave 1 / k² within; on a grid finer than they are by 50 to one, exactly so
    # but for 1 / 50² of that.
    unit = (np.arange(5000) + 0.5) / 5000
    code = slices(unit, 100)
    point = first_order(code[:, None], (unit - 0.5)[:, None], 100, 0.95, 1)[0, 0, 0]
    within = (1 / 100**2) * (1 - 1 / 50**2) * 4999 / 4900
    assert point == pytest.approx(1 - within, abs=1e-9)


def test_outputs_together_are_what_each_is_alone():
    design = doe.monte_carlo(unit_space(3), 300, rng=1)
    y = np.column_stack([design.unit @ [2, 1, 0], np.exp(design.unit[:, 2])])
    together = shares(design, y)
    for k in range(2):
        np.testing.assert_allclose(together[:, k], shares(design, y[:, k])[:, 0], rtol=1e-12)


@pytest.mark.parametrize("sample", [doe.latin_hypercube, doe.monte_carlo])
def test_intervals_hold_the_truth_of_a_factor_that_bends(sample):
    # Binomial(60, .95): fewer than 51 hits have a chance below 1e-3. Eight classes held it in 17 of 60.
    hits = np.zeros(3)
    for seed in range(60):
        design = sample(angles(), 500, rng=seed)
        _, low, high = shares(design, ishigami(design), resamples=200)[:, 0]
        hits += (low <= [0.313905, 0.442411, 0]) & (high >= [0.313905, 0.442411, 0])
    assert hits.min() >= 51


def test_an_output_without_variance_has_no_share():
    design = doe.monte_carlo(unit_space(2), 100, rng=1)
    with np.errstate(all="raise"):
        assert np.isnan(shares(design, np.zeros(100))).all()


def test_a_resample_of_one_block_alone_makes_no_warning_of_numpys():
    design = doe.morris(unit_space(3), 3, rng=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        result = quiet(doe.analyze.delta, design, design.unit.sum(axis=1), rng=1)
    assert np.isfinite(result.to_frame()["estimate"]).all()
