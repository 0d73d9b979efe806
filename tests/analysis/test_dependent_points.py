"""Designs with blocks, given to analyses of any points: inert factors stand out as often as they should."""

import numpy as np
import pandas as pd
import pytest

import mesa_doe as doe
from mesa_doe.errors import AnalysisError
from tests.analysis.helpers import lettered_space, quiet

SPACE = lettered_space()
DESIGNS = [doe.sobol(SPACE, 64, rng=seed) for seed in range(20)]


def with_noise_of_blocks(design, seed):
    """An output of the first factor alone, and of the seed, which a block shares."""
    noise = np.random.default_rng([7, seed]).normal(size=design.blocks.max() + 1)
    return design.unit[:, 0] + noise[design.blocks]


def outside(rows):
    return (rows["low"] > 0) | (rows["high"] < 0)


def of(result, measure):
    rows = result.to_frame()
    return rows[rows["measure"] == measure].set_index("factor")


def stands_out(method, measure, **options):
    """Return how often the two inert factors of 20 designs are told to have an effect."""
    found = []
    for seed, design in enumerate(DESIGNS):
        rows = of(quiet(method, design, with_noise_of_blocks(design, seed), **options), measure)
        if "dummy" in rows.index:
            told = rows["estimate"] > rows.loc["dummy", "high"]
        else:
            told = rows["estimate"] < 0.05 if measure == "p" else outside(rows)
        found.append(told.loc[["b", "c"]])
    return np.mean(found)


# Of 40 at 5 %, more than 8 have a chance of 1e-4. As if points were independent it would be 12 to 34.
@pytest.mark.parametrize(
    ("method", "measure", "options"),
    [
        (doe.analyze.delta, "delta", {"resamples": 100}),
        (doe.analyze.delta, "S1", {"resamples": 100, "dummy": False}),
        (doe.analyze.pawn, "median", {"resamples": 100}),
    ],
)
def test_inert_factors_stand_out_no_more_often_than_by_chance(method, measure, options):
    assert stands_out(method, measure, **options) <= 0.2


def test_first_order_indices_are_right_on_average_where_blocks_share_noise():
    found = [
        of(quiet(doe.analyze.delta, d, d.unit[:, 0] + 0.5 * with_noise_of_blocks(d, k) / 2), "S1")["estimate"]
        for k, d in enumerate(DESIGNS[:10])
    ]
    # The variances of 1.25 a and of a normal law with deviation 0.25; the error of ten means is 0.02.
    truth = 1.25**2 / 12 / (1.25**2 / 12 + 0.25**2)
    np.testing.assert_allclose(np.mean(found, axis=0), [truth, 0, 0], atol=0.06)


@pytest.mark.parametrize("method", [doe.analyze.delta, doe.analyze.pawn])
def test_designs_of_blocks_of_one_point_are_as_those_without_blocks(method):
    plain = doe.monte_carlo(SPACE, 100, rng=1)
    y = plain.unit @ [2, 1, 0]
    single = doe.Design(SPACE, plain.unit, method="mine", options={}, blocks=np.arange(100)[::-1])
    pd.testing.assert_frame_equal(
        *(quiet(method, design, y, resamples=100).to_frame() for design in (plain, single))
    )


@pytest.mark.parametrize("method", [doe.analyze.delta, doe.analyze.pawn])
def test_points_that_are_missing_leave_the_rest_of_their_block(method):
    design = doe.sobol(SPACE, 64, rng=1)
    y = with_noise_of_blocks(design, 1)
    y[[3, 4, 17]] = np.nan
    found = quiet(method, design, y, resamples=100, missing="drop")
    assert found.settings["points"] == len(design) - 3
    assert np.isfinite(found.to_frame()[["estimate", "low", "high"]]).all(axis=None)


@pytest.mark.parametrize("method", [doe.analyze.delta, doe.analyze.pawn])
def test_one_block_is_refused(method):
    design = doe.Design(
        SPACE, np.random.default_rng(1).random((50, 3)), method="mine", options={}, blocks=[0] * 50
    )
    with pytest.raises(AnalysisError, match="needs at least two blocks, got 1"):
        method(design, design.unit[:, 0])
