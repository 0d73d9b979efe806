import itertools

import numpy as np
import pytest

import mesa_doe as doe
from mesa_doe.analysis.outputs import checked_outputs
from mesa_doe.analysis.pairs_in_step import pairs_in_step
from tests.analysis.helpers import quiet, unit_space

ESTIMATORS = ("saltelli", "jansen", "janon", "azzini")


def product(design, i, j):
    x = design.unit - 0.5
    return x[:, i] * x[:, j]


def in_step(result):
    return [note for note in result.notes if "in step" in note]


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("seed", [1, 2, 5])
def test_intervals_hold_a_pair_that_six_factors_of_512_blocks_misplace(estimator, seed):
    # Of the first and the fourth factor, the signs in A and in B multiply to one number in all blocks.
    design = doe.sobol(unit_space(6), 512, rng=seed, second_order=True)
    result = quiet(doe.analyze.sobol, design, product(design, 0, 3), estimator=estimator, resamples=100)
    frame = result.to_frame().set_index(["measure", "factor", "partner"])
    first = frame.loc["S1"]
    assert first["estimate"].abs().max() > 0.3
    assert ((first["low"] <= 1e-9) & (first["high"] >= -1e-9)).all()
    pair = frame.loc["S2", "x0", "x3"]
    assert pair["low"] <= 1 <= pair["high"]
    assert len(in_step(result)) == 1
    assert "x0 and x3" in in_step(result)[0]


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_errors_of_a_product_are_those_that_the_estimates_have(estimator):
    design = doe.sobol(unit_space(6), 256, rng=3, second_order=True)
    x = design.unit - design.unit.mean(axis=0)
    y = x[:, 0] * x[:, 3]
    checked = checked_outputs(design, y, names=None, missing="raise", method="sobol")
    (found,) = [one for one in pairs_in_step(design, checked, 6, estimator) if (one.i, one.j) == (0, 3)]
    frame = quiet(doe.analyze.sobol, design, y, estimator=estimator, resamples=100).to_frame()
    first, total, second = (
        frame[frame["measure"] == name]["estimate"].to_numpy() for name in ("S1", "ST", "S2")
    )
    of_pair = np.isin(np.arange(6), [0, 3])
    upper = np.triu_indices(6, 1)
    lack = found.variance
    # Beside, the variance of the product is not that of its factors by a few per cent.
    near = {"abs": 0.1}
    assert first == pytest.approx(found.first + lack * first, **near)
    assert total == pytest.approx(of_pair + found.total + lack * total, **near)
    truth = [pair == (0, 3) for pair in itertools.combinations(range(6), 2)]
    of_both = lack * (first[upper[0]] + first[upper[1]])
    assert second == pytest.approx(truth + found.second[upper] - of_both, **near)


def test_of_factors_that_act_alone_no_interval_is_wider():
    design = doe.sobol(unit_space(6), 512, rng=1)
    y = design.unit @ np.arange(1.0, 7.0)
    result = doe.analyze.sobol(design, y, resamples=100)
    assert in_step(result) == []
    frame = result.table()
    assert (frame["S1_high"] - frame["S1_low"]).max() < 0.2


def test_a_pair_that_the_sequence_spreads_evenly_is_not_named():
    design = doe.sobol(unit_space(6), 1024, rng=1)
    assert in_step(doe.analyze.sobol(design, product(design, 0, 3), resamples=100)) == []


def test_the_seed_as_a_factor_and_a_dummy_have_no_pairs_but_the_columns_that_there_are():
    # With the seed's there are six columns.
    design = doe.sobol(unit_space(5), 256, rng=1, seed_factor=True)
    result = quiet(doe.analyze.sobol, design, product(design, 0, 3), resamples=100, dummy=True)
    assert "x0 and x3" in in_step(result)[0]
    first = result.table().loc["x0":"seed"]
    assert ((first["S1_low"] <= 1e-9) & (first["S1_high"] >= -1e-9)).all()


def test_groups_with_the_seed_as_one_have_the_pairs_of_their_factors():
    groups = {"even": ["x0", "x2"], "odd": ["x1", "x3", "x4"]}
    design = doe.sobol(unit_space(5), 256, rng=1, seed_factor=True, groups=groups)
    result = quiet(doe.analyze.sobol, design, product(design, 0, 3), resamples=100, dummy=True)
    assert "even and odd" in in_step(result)[0]
    assert "seed" not in in_step(result)[0]
    first = result.table().loc[["even", "odd", "seed"]]
    assert ((first["S1_low"] <= 1e-9) & (first["S1_high"] >= -1e-9)).all()


def test_points_that_are_left_are_those_of_which_pairs_are_read():
    design = doe.sobol(unit_space(6), 256, rng=1)
    y = product(design, 0, 3)
    y[:80] = np.nan
    result = quiet(doe.analyze.sobol, design, y, resamples=100, missing="drop")
    assert "246 blocks" in in_step(result)[0]


@pytest.mark.parametrize("seed", [1, 3, 7])
def test_intervals_of_stars_hold_a_pair_that_twelve_factors_of_256_stars_misplace(seed):
    design = doe.radial(unit_space(12), 256, rng=seed)
    y = product(design, 5, 6) + design.unit @ np.full(12, 0.01)
    result = quiet(doe.analyze.jansen, design, y, resamples=100)
    frame = result.to_frame().set_index("factor")
    # All but 0.16 of the variance is the pair's.
    truth = np.full(12, 1e-4 / 12)
    truth[[5, 6]] += 1 / 144
    truth /= 1 / 144 + 12e-4 / 12
    assert ((frame["low"] <= truth) & (truth <= frame["high"]))[["x5", "x6"]].all()
    assert "256 stars of the Sobol sequence" in in_step(result)[0]
    assert "x5 and x6" in in_step(result)[0]


def test_stars_of_points_by_chance_are_not_read_for_pairs():
    design = doe.radial(unit_space(12), 256, rng=1, kind="monte_carlo")
    assert in_step(quiet(doe.analyze.jansen, design, product(design, 5, 6), resamples=100)) == []


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_intervals_of_groups_hold_a_pair_between_them(estimator):
    groups = {"odd": ["x3", "x5"], "even": ["x0", "x2"], "others": ["x1", "x4"]}
    design = doe.sobol(unit_space(6), 512, rng=1, groups=groups, second_order=True)
    result = quiet(doe.analyze.sobol, design, product(design, 0, 3), estimator=estimator, resamples=100)
    frame = result.to_frame().set_index(["measure", "factor", "partner"])
    first = frame.loc["S1"]
    assert first["estimate"].abs().max() > 0.3
    assert ((first["low"] <= 1e-9) & (first["high"] >= -1e-9)).all()
    pair = frame.loc["S2", "even", "odd"]
    assert pair["low"] <= 1 <= pair["high"]
