import numpy as np
import pytest
from scipy import stats

import mesa_doe as doe
from mesa_doe.analysis.common_seeds import for_other_seeds, without_each
from mesa_doe.analysis.replication_noise import between_replications

SPACE = doe.ParameterSpace({name: doe.Real(0, 1) for name in "abc"})
WEIGHTS = np.array([2.0, 1.0, 0.5])
SHARES = WEIGHTS**2 / (WEIGHTS**2).sum()
ANALYSES = {
    "sobol": (doe.sobol, doe.analyze.sobol, "ST"),
    "jansen": (doe.radial, doe.analyze.jansen, "ST"),
    "shapley": (doe.shapley, doe.analyze.shapley, "Sh"),
}


def runs_of(design, of_seeds):
    """Outputs whose slopes the seeds change, the same seeds at all points."""
    return (design.unit @ (WEIGHTS[:, None] + of_seeds))[:, :, None]


def ends(name, design, y, policy, **options):
    _, analysis, measure = ANALYSES[name]
    frame = analysis(design, y, seed_policy=policy, resamples=200, **options).to_frame()
    return frame[frame["measure"] == measure][["estimate", "low", "high"]].to_numpy().T


@pytest.mark.parametrize("corrected", [True, False])
def test_means_without_a_replication_are_those_of_the_others(corrected):
    def products(values):
        return np.stack([values, values**2], axis=2)

    runs = np.random.default_rng(1).normal(3, 1, (10, 5, 2))
    found = without_each(products, runs, corrected=corrected)
    for k in range(5):
        others = np.delete(runs, k, axis=1)
        expected = between_replications(products, others, corrected=corrected).mean(axis=0)
        np.testing.assert_allclose(found[k], expected, rtol=1e-12)


def test_a_mean_of_seeds_alone_has_students_interval():
    values = np.random.default_rng(1).normal(size=8)
    without = (values.sum() - values) / 7
    mean = np.array([[values.mean()]])
    low, high = for_other_seeds(mean, mean, mean, without[:, None, None], 0.9)
    students = stats.t.interval(0.9, 7, values.mean(), values.std(ddof=1) / np.sqrt(8))
    np.testing.assert_allclose([low[0, 0], high[0, 0]], students, rtol=1e-12)


@pytest.mark.parametrize("options", [{}, {"noise": "kept"}], ids=str)
@pytest.mark.parametrize("name", ANALYSES)
def test_common_seeds_widen_intervals_and_leave_estimates(name, options):
    design = ANALYSES[name][0](SPACE, 64, rng=1)
    of_seeds = 0.5 * np.random.default_rng(2).normal(size=(3, 6))
    y = runs_of(design, of_seeds)
    own, all_alike = (ends(name, design, y, policy, **options) for policy in ("block", "common"))
    np.testing.assert_allclose(own[0], all_alike[0], rtol=1e-10)
    assert (all_alike[1] < own[1] - 0.01).all()
    assert (all_alike[2] > own[2] + 0.01).all()
    two = [ends(name, design, y[:, :2], policy, **options) for policy in ("block", "common")]
    np.testing.assert_array_equal(*two)


@pytest.mark.parametrize("name", ANALYSES)
def test_what_a_seed_adds_to_all_points_alike_widens_nothing(name):
    design = ANALYSES[name][0](SPACE, 64, rng=1)
    y = runs_of(design, np.zeros((3, 6)))
    shifted = y + np.random.default_rng(3).normal(size=(1, 6, 1))
    np.testing.assert_allclose(
        ends(name, design, shifted, "common"), ends(name, design, y, "common"), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("name", ANALYSES)
def test_where_one_seed_makes_all_the_variance_there_are_no_intervals_and_that_is_said(name):
    design = ANALYSES[name][0](SPACE, 64, rng=1)
    y = (design.unit[:, :1] * [3.0, -0.5, 1.0])[:, :, None]
    with pytest.warns(doe.MesaDoeWarning, match=r"'y' has no intervals \(NaN\): without one of the seeds"):
        estimate, low, high = ends(name, design, y, "common")
    assert np.isfinite(estimate).all()
    assert np.isnan([low, high]).all()


@pytest.mark.parametrize("name", ANALYSES)
def test_intervals_hold_for_other_common_seeds(name):
    held = np.zeros(3)
    of_blocks = np.zeros(3)
    for k in range(60):
        design = ANALYSES[name][0](SPACE, 256, rng=k)
        y = runs_of(design, 0.5 * np.random.default_rng(1000 + k).normal(size=(3, 5)))
        for count, policy in ((held, "common"), (of_blocks, "block")):
            _, low, high = ends(name, design, y, policy)
            count += (low <= SHARES) & (high >= SHARES)
    # Of 0.9, as jackknives of five are too narrow where they are skewed, less three standard errors.
    assert (held / 60 > 0.78).all(), held
    # Of 0.5 and less, more three standard errors.
    assert (of_blocks / 60 < 0.75).all(), of_blocks
